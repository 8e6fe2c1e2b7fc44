//! Requests, written into one gRPC frame.

use crate::sys;
use bytes::Bytes;

/// The gRPC frame header: not compressed, and the message's length.
pub const PREFIX: usize = 5;

/// A message under construction. Fields that hold their default are left out.
pub struct Encoder(Vec<u8>);

impl Encoder {
    /// `expected`: about how long the fields will be together. None: no memory.
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

    pub fn bytes(mut self, field: u32, value: &[u8]) -> Encoder {
        if !value.is_empty() {
            self.varint(u64::from(field << 3 | 2));
            self.varint(value.len() as u64);
            self.0.extend_from_slice(value);
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

    pub fn finish(mut self) -> Bytes {
        let length = (self.0.len() - PREFIX) as u32;
        self.0[1..PREFIX].copy_from_slice(&length.to_be_bytes());
        self.0.into()
    }
}

/// Adds a small message in its frame to others.
pub fn append(frames: &mut Vec<u8>, message: &impl prost::Message) {
    frames.push(0);
    frames.extend_from_slice(&(message.encoded_len() as u32).to_be_bytes());
    message.encode_raw(frames);
}

/// A typed message in its frame. None: no memory.
pub fn frame(message: &impl prost::Message) -> Option<Bytes> {
    let mut encoder = Encoder::new(message.encoded_len())?;
    message.encode_raw(&mut encoder.0);
    Some(encoder.finish())
}
