//! get, put and delete: from arguments to calls. They are encoded by hand: prost takes a
//! message that owns its fields, which costs a call on `mem:` 10 % for a get, and 20 % for a
//! put and a delete. Over a network the difference is not measurable.

#![forbid(unsafe_code)]

use super::call::{no_memory, require_positive, Call, CallOptions};
use super::core::Core;
use super::methods::{COMPACT, DELETE, GET, PUT};
use super::namespace::prefix_end;
use crate::error::{Error, Result};
use crate::status::ETCD_ERR_EMPTY_KEY;
use crate::wire::encode::Encoder;
pub use crate::wire::proto::range_request::{SortOrder, SortTarget};
pub use crate::wire::proto::KeyValue;
use crate::wire::proto::{CompactionRequest, RangeRequest};
use bytes::Bytes;
use std::borrow::Cow;

/// Which keys a get or delete is for.
#[derive(Clone, Copy)]
pub enum Keys<'a> {
    One(&'a [u8]),
    /// From the first up to, but not with, the second.
    Range(&'a [u8], &'a [u8]),
    /// All that begin with it; with the empty prefix, all.
    Prefix(&'a [u8]),
    /// It and all after it.
    From(&'a [u8]),
}

/// The options of a get; zero is the default of each.
#[derive(Clone, Copy, Default)]
pub struct GetOptions {
    pub revision: i64,
    pub limit: i64,
    pub sort_order: SortOrder,
    pub sort_target: SortTarget,
    pub serializable: bool,
    pub keys_only: bool,
    pub count_only: bool,
    pub min_mod_revision: i64,
    pub max_mod_revision: i64,
    pub min_create_revision: i64,
    pub max_create_revision: i64,
}

impl GetOptions {
    fn check(&self) -> Result<()> {
        for (name, number) in [
            ("revision", self.revision),
            ("limit", self.limit),
            ("min_mod_revision", self.min_mod_revision),
            ("max_mod_revision", self.max_mod_revision),
            ("min_create_revision", self.min_create_revision),
            ("max_create_revision", self.max_create_revision),
        ] {
            if number < 0 {
                return Err(Error::invalid(format!("{name} is {number}")));
            }
        }
        Ok(())
    }

    /// Keys come in ascending order anyway; asked for it, a server collects all of
    /// them before it heeds the limit.
    fn order(&self) -> SortOrder {
        match (self.sort_order, self.sort_target) {
            (SortOrder::Ascend, SortTarget::Key) => SortOrder::None,
            (order, _) => order,
        }
    }

    /// As an operation of a transaction.
    pub fn request(&self, keys: Keys<'_>) -> Result<RangeRequest> {
        self.check()?;
        let (key, end) = keys.span()?;
        Ok(RangeRequest {
            key: Bytes::copy_from_slice(key),
            range_end: Bytes::copy_from_slice(&end),
            limit: self.limit,
            revision: self.revision,
            sort_order: self.order() as i32,
            sort_target: self.sort_target as i32,
            serializable: self.serializable,
            keys_only: self.keys_only,
            count_only: self.count_only,
            min_mod_revision: self.min_mod_revision,
            max_mod_revision: self.max_mod_revision,
            min_create_revision: self.min_create_revision,
            max_create_revision: self.max_create_revision,
        })
    }

    fn encode(&self, frame: Encoder) -> Result<Encoder> {
        self.check()?;
        Ok(frame
            .number(3, self.limit)
            .number(4, self.revision)
            .number(5, self.order() as i64)
            .number(6, self.sort_target as i64)
            .flag(7, self.serializable)
            .flag(8, self.keys_only)
            .flag(9, self.count_only)
            .number(10, self.min_mod_revision)
            .number(11, self.max_mod_revision)
            .number(12, self.min_create_revision)
            .number(13, self.max_create_revision))
    }
}

/// The options of a put.
#[derive(Clone, Copy, Default)]
pub struct PutOptions {
    pub lease: i64,
    pub prev_kv: bool,
    pub ignore_value: bool,
    pub ignore_lease: bool,
}

/// A field of a put, which may stand anywhere in the message.
const LEASE: u32 = 3;

impl PutOptions {
    fn encode(&self, frame: Encoder) -> Encoder {
        let frame = frame.number(LEASE, self.lease).flag(4, self.prev_kv);
        frame.flag(5, self.ignore_value).flag(6, self.ignore_lease)
    }
}

impl<'a> Keys<'a> {
    /// The key and the range's end, as etcd's messages have them.
    pub fn span(self) -> Result<(&'a [u8], Cow<'a, [u8]>)> {
        const ONE: [u8; 1] = [0];
        let or_first = |key: &'a [u8]| if key.is_empty() { &ONE[..] } else { key };
        match self {
            Keys::One([]) | Keys::Range([], _) => {
                Err(Error::new(ETCD_ERR_EMPTY_KEY, "the key is empty"))
            }
            Keys::One(key) => Ok((key, Cow::Borrowed(&[]))),
            Keys::Range(first, end) => Ok((first, end.into())),
            Keys::Prefix(prefix) => Ok((or_first(prefix), prefix_end(prefix).into())),
            Keys::From(first) => Ok((or_first(first), Cow::Borrowed(&ONE))),
        }
    }

    /// How many bytes, before each key and end too.
    fn len(self, before: usize) -> usize {
        match self {
            Keys::Range(first, end) => first.len() + end.len() + 2 * before,
            Keys::One(key) => key.len() + before,
            Keys::From(key) => key.len() + 2 * before,
            Keys::Prefix(prefix) => 2 * (prefix.len() + before),
        }
    }
}

impl Core {
    /// A request that begins with the keys, and has so many bytes more.
    fn keyed(&self, keys: Keys<'_>, more: usize) -> Result<Encoder> {
        let namespace = &self.namespace;
        let size = keys.len(namespace.prefix.len()).saturating_add(more);
        self.fits(size)?;
        let (key, end) = keys.span()?;
        let encoder = Encoder::new(size).ok_or_else(|| no_memory(size))?;
        Ok(encoder.joined(1, namespace.key_parts(key)).joined(2, namespace.end_parts(&end)))
    }

    pub fn get(&self, keys: Keys<'_>, how: &GetOptions, options: CallOptions) -> Result<Call> {
        let frame = how.encode(self.keyed(keys, 0)?)?.finish();
        Ok(Call { ordered: !how.serializable, ..self.framed(GET, frame, options) })
    }

    fn put_frame(&self, key: &[u8], value: &[u8], how: &PutOptions) -> Result<Encoder> {
        Ok(how.encode(self.keyed(Keys::One(key), value.len())?.bytes(2, value)))
    }

    pub fn put(
        &self,
        key: &[u8],
        value: &[u8],
        how: &PutOptions,
        options: CallOptions,
    ) -> Result<Call> {
        Ok(self.framed(PUT, self.put_frame(key, value, how)?.finish(), options))
    }

    /// A put that waits for its lease.
    pub fn put_later(
        &self,
        key: &[u8],
        value: &[u8],
        how: &PutOptions,
        options: CallOptions,
    ) -> Result<impl FnOnce(i64) -> Result<Call> + Send + 'static> {
        let frame = self.put_frame(key, value, how)?;
        Ok(move |lease| {
            let mut call = PUT.framed(frame.number(LEASE, lease).finish(), None);
            call.request.require_leader = options.require_leader;
            Ok(call)
        })
    }

    pub fn delete(&self, keys: Keys<'_>, prev_kv: bool, options: CallOptions) -> Result<Call> {
        let frame = self.keyed(keys, 0)?.flag(3, prev_kv).finish();
        Ok(self.framed(DELETE, frame, options))
    }

    pub fn compact(&self, revision: i64, physical: bool, options: CallOptions) -> Result<Call> {
        require_positive("revision", revision)?;
        self.message(COMPACT, &CompactionRequest { revision, physical }, options)
    }
}
