//! What a range puts the pairs into that it finds: a list, or right away the reply.

#![forbid(unsafe_code)]

use super::store::Version;
use crate::sys;
use crate::wire::decode::KeyValue;
use crate::wire::encode::{self, MAX_HEADER, PAIR_FIELD};
use bytes::Bytes;

pub trait Rows {
    /// Sees that there is memory for a pair; false if there is none.
    fn make_room(&mut self, key: &Bytes, version: &Version) -> bool;
    fn push(&mut self, key: &Bytes, version: &Version, keys_only: bool);
}

pub type List = Vec<(Bytes, Version)>;

impl Rows for List {
    fn make_room(&mut self, _: &Bytes, _: &Version) -> bool {
        let more = self.len().max(4);
        self.len() < self.capacity() || sys::reserve(self, more)
    }

    fn push(&mut self, key: &Bytes, version: &Version, keys_only: bool) {
        let value = if keys_only { Bytes::new() } else { version.value.clone() };
        Vec::push(self, (key.clone(), Version { value, ..*version }));
    }
}

/// The fields of a RangeResponse.
#[derive(Default)]
pub struct Message(pub Vec<u8>);

/// What a pair takes at most beside its key and value: four numbers, and two lengths.
const PAIR: usize = PAIR_FIELD + 4 * 11 + 2 * 11;
/// What the reply has beside its pairs.
const REST: usize = MAX_HEADER + 4 + 2 + 11;

impl Rows for Message {
    fn make_room(&mut self, key: &Bytes, version: &Version) -> bool {
        let Message(bytes) = self;
        let size = key.len() + version.value.len() + PAIR + REST;
        bytes.capacity() - bytes.len() >= size || sys::reserve(bytes, size.max(bytes.len()))
    }

    fn push(&mut self, key: &Bytes, version: &Version, keys_only: bool) {
        let kv = version.in_place(key);
        let value = if keys_only { &[] } else { kv.value };
        encode::pair(&mut self.0, 2, KeyValue { value, ..kv });
    }
}
