//! Writes requests into one gRPC frame.

#![forbid(unsafe_code)]

use crate::sys;
use bytes::Bytes;
use zeroize::Zeroizing;

/// The length of a gRPC frame header: a compression flag and the message's length.
pub const PREFIX: usize = 5;

/// A message under construction. Fields that hold their default are left out.
pub struct Encoder(Vec<u8>);

impl Encoder {
    /// `expected` is about the length of all fields. None: no memory.
    pub fn new(expected: usize) -> Option<Encoder> {
        let mut frame = Vec::new();
        if !sys::reserve(&mut frame, PREFIX + expected + 32) {
            return None;
        }
        frame.resize(PREFIX, 0);
        Some(Encoder(frame))
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub fn bytes(self, field: u32, value: &[u8]) -> Encoder {
        self.joined(field, [value, &[]])
    }

    /// One value from two parts.
    pub fn joined(mut self, field: u32, [first, second]: [&[u8]; 2]) -> Encoder {
        let length = first.len() + second.len();
        if length > 0 {
            self.varint(u64::from(field << 3 | 2));
            self.varint(length as u64);
            self.0.extend_from_slice(first);
            self.0.extend_from_slice(second);
        }
        self
    }

    /// An integer or the number of an enum.
    pub fn number(mut self, field: u32, value: i64) -> Encoder {
        if value != 0 {
            self.varint(u64::from(field << 3));
            self.varint(value as u64);
        }
        self
    }

    pub fn flag(self, field: u32, value: bool) -> Encoder {
        self.number(field, value.into())
    }

    pub fn finish(self) -> Bytes {
        self.framed().into()
    }

    /// The same for a message with secrets: wiped once nobody needs it.
    fn finish_secret(self) -> Bytes {
        Bytes::from_owner(Zeroizing::new(self.framed()))
    }

    fn framed(mut self) -> Vec<u8> {
        let length = (self.0.len() - PREFIX) as u32;
        self.0[1..PREFIX].copy_from_slice(&length.to_be_bytes());
        self.0
    }
}

/// A message without a frame. None: no memory.
pub fn message(message: &impl prost::Message) -> Option<Vec<u8>> {
    let mut encoded = Vec::new();
    if !sys::reserve(&mut encoded, message.encoded_len()) {
        return None;
    }
    message.encode_raw(&mut encoded);
    Some(encoded)
}

/// Adds a small message in its frame to others.
pub fn append(frames: &mut Vec<u8>, message: &impl prost::Message) {
    frames.push(0);
    frames.extend_from_slice(&(message.encoded_len() as u32).to_be_bytes());
    message.encode_raw(frames);
}

/// A field that no etcd knows, and each skips: HTTP/2 copies so many of a frame's
/// first bytes to a buffer that is never wiped, and writes the rest from where it
/// lies. Whoever listens to TLS does not learn the password's length as such either.
const PADDING: [u8; 256] = [0; 256];
const PADDING_FIELD: u32 = 1000;

/// An AuthenticateRequest that leaves no copy of the password behind. None: no memory.
pub fn authenticate(user: &str, password: &str) -> Option<Bytes> {
    // Enough at once: a buffer that grows leaves its old self behind.
    let encoder = Encoder::new(user.len() + password.len() + PADDING.len())?;
    let encoder = encoder.bytes(PADDING_FIELD, &PADDING);
    Some(encoder.bytes(1, user.as_bytes()).bytes(2, password.as_bytes()).finish_secret())
}

/// A typed message in its frame. None: no memory.
pub fn frame(message: &impl prost::Message) -> Option<Bytes> {
    let mut encoder = Encoder::new(message.encoded_len())?;
    message.encode_raw(&mut encoder.0);
    Some(encoder.finish())
}
