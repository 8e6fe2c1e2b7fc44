//! Writes requests into one gRPC frame, and the pairs of replies.

#![forbid(unsafe_code)]

use super::decode::KeyValue;
use crate::sys;
use bytes::Bytes;
use prost::encoding::encoded_len_varint;
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

    pub fn bytes(self, field: u32, value: &[u8]) -> Encoder {
        self.joined(field, [value, &[]])
    }

    /// One value from two parts.
    pub fn joined(mut self, field: u32, [first, second]: [&[u8]; 2]) -> Encoder {
        let length = first.len() + second.len();
        if length > 0 {
            begin(&mut self.0, field, length);
            self.0.extend_from_slice(first);
            self.0.extend_from_slice(second);
        }
        self
    }

    /// An integer or the number of an enum.
    #[inline]
    pub fn number(mut self, field: u32, value: i64) -> Encoder {
        number(&mut self.0, field, value);
        self
    }

    #[inline]
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

#[inline]
fn varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

/// What comes before the bytes of a field.
fn begin(message: &mut Vec<u8>, field: u32, length: usize) {
    varint(message, u64::from(field << 3 | 2));
    varint(message, length as u64);
}

/// A field that is a number, unless it is the default.
#[inline]
pub fn number(message: &mut Vec<u8>, field: u32, value: i64) {
    if value != 0 {
        varint(message, u64::from(field << 3));
        varint(message, value as u64);
    }
}

#[inline]
fn bytes(message: &mut Vec<u8>, field: u32, value: &[u8]) {
    if !value.is_empty() {
        begin(message, field, value.len());
        message.extend_from_slice(value);
    }
}

/// The bytes of a header at most, as a field.
pub const MAX_HEADER: usize = 48;

/// The header of a reply: its encoded ids, and a revision.
pub fn header(message: &mut Vec<u8>, ids: &[u8], revision: i64) {
    begin(message, 1, ids.len() + number_len(revision));
    message.extend_from_slice(ids);
    number(message, 3, revision);
}

/// What a pair takes at most beside its own length, as a field.
pub const PAIR_FIELD: usize = 11;

/// A field that is a pair, as prost encodes it.
pub fn pair(message: &mut Vec<u8>, field: u32, kv: KeyValue<'_>) {
    begin(message, field, kv.encoded_len());
    bytes(message, 1, kv.key);
    number(message, 2, kv.create_revision);
    number(message, 3, kv.mod_revision);
    number(message, 4, kv.version);
    bytes(message, 5, kv.value);
    number(message, 6, kv.lease);
}

impl KeyValue<'_> {
    pub fn encoded_len(&self) -> usize {
        let numbers = [self.create_revision, self.mod_revision, self.version, self.lease];
        let texts = [self.key, self.value].into_iter().filter(|text| !text.is_empty());
        let texts = texts.map(|text| 1 + encoded_len_varint(text.len() as u64) + text.len());
        texts.sum::<usize>() + numbers.into_iter().map(number_len).sum::<usize>()
    }
}

fn number_len(value: i64) -> usize {
    match value {
        0 => 0,
        value => 1 + encoded_len_varint(value as u64),
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

#[cfg(test)]
mod tests {
    use super::super::proto;
    use super::*;
    use prost::Message;

    #[test]
    fn replies_are_encoded_as_prost_encodes_them() {
        let numbers = [0, 1, 127, 128, 300, 1 << 40, i64::MAX, -1];
        let long = "long".repeat(60);
        let texts = ["", "k", &long];
        for (n, number) in numbers.into_iter().enumerate() {
            for (key, value) in texts.into_iter().zip(texts.into_iter().rev()) {
                let [create_revision, mod_revision, version, lease] =
                    [number, numbers[n / 2], numbers[(n + 3) % 8], numbers[(n + 5) % 8]];
                let kv = KeyValue {
                    key: key.as_bytes(),
                    value: value.as_bytes(),
                    create_revision,
                    mod_revision,
                    version,
                    lease,
                };
                let mut ours = Vec::new();
                let ids = proto::ResponseHeader {
                    cluster_id: u64::MAX,
                    member_id: 7,
                    ..Default::default()
                };
                header(&mut ours, &ids.encode_to_vec(), number);
                pair(&mut ours, 2, kv);
                let theirs = proto::PutResponse {
                    header: Some(proto::ResponseHeader { revision: number, ..ids }),
                    prev_kv: Some(proto::KeyValue {
                        key: Bytes::copy_from_slice(key.as_bytes()),
                        value: Bytes::copy_from_slice(value.as_bytes()),
                        create_revision,
                        mod_revision,
                        version,
                        lease,
                    }),
                };
                assert_eq!(ours, theirs.encode_to_vec());
            }
        }
    }
}
