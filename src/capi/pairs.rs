//! Replies that have key-value pairs, and those of the other calls on keys.

use super::exports::response;
use super::response::{first, hand_out, Reply};
use super::types::{etcd_header_t, etcd_kv_t};
use crate::client::namespace::own_name;
use crate::client::page::Page;
use crate::error::{Error, Result};
use crate::status::*;
use crate::sys;
use crate::wire::decode::{
    self, KeyValue, Shape, DELETE_RANGE, HEADER_ONLY, PUT, RANGE, RANGE_PART,
};
use crate::wire::proto;
use bytes::Bytes;

/// An etcd_kv_get_async() or etcd_kv_wait_for_async() has ended; the response is an
/// etcd_get_response_t.
pub const ETCD_EVENT_GET_RESPONSE: i32 = 101;
/// An etcd_kv_put_async() has ended; the response is an etcd_put_response_t.
pub const ETCD_EVENT_PUT_RESPONSE: i32 = 102;
/// An etcd_kv_delete_async() has ended; the response is an etcd_delete_response_t.
pub const ETCD_EVENT_DELETE_RESPONSE: i32 = 103;
/// An etcd_kv_compact_async() has ended; the response is an etcd_header_response_t.
pub const ETCD_EVENT_COMPACT_RESPONSE: i32 = 104;

/// Reply to a get. Free it with etcd_get_response_free().
#[repr(C)]
pub struct etcd_get_response_t {
    /// The member that answered, and the revision of the store.
    pub header: etcd_header_t,
    /// The keys found, in ascending order unless the options say otherwise.
    pub kvs: *const etcd_kv_t,
    /// Number of elements of kvs.
    pub kv_count: usize,
    /// Number of keys in the range, without regard to the limit.
    pub count: i64,
    /// Whether the range has more keys than kvs.
    pub more: bool,
}

/// Reply to a put. Free it with etcd_put_response_free().
#[repr(C)]
pub struct etcd_put_response_t {
    /// The member that answered; header.revision is the revision of the put.
    pub header: etcd_header_t,
    /// With ETCD_PREV_KV, the key before the put. NULL if it did not exist.
    pub prev_kv: *const etcd_kv_t,
    /// After etcd_kv_put_ttl(), the lease of the key; else 0.
    pub lease: i64,
    /// After etcd_kv_put_ttl(), the ttl that the server granted, in seconds; else 0.
    pub ttl: i64,
}

/// Reply to a delete. Free it with etcd_delete_response_free().
#[repr(C)]
pub struct etcd_delete_response_t {
    /// The member that answered; header.revision is the revision of the delete, if it deleted
    /// anything.
    pub header: etcd_header_t,
    /// Number of keys deleted; 0 is no error.
    pub deleted: i64,
    /// With ETCD_PREV_KV, the keys before the delete.
    pub prev_kvs: *const etcd_kv_t,
    /// Number of elements of prev_kvs.
    pub prev_kv_count: usize,
}

/// Reply to a call that returns nothing else. Free it with etcd_header_response_free().
#[repr(C)]
pub struct etcd_header_response_t {
    /// The member that answered, and the revision of the store.
    pub header: etcd_header_t,
}

response!(etcd_get_response_t, Pairs, etcd_get_response_free);
response!(etcd_put_response_t, Pairs, etcd_put_response_free);
response!(etcd_delete_response_t, Pairs, etcd_delete_response_free);
response!(etcd_header_response_t, (), etcd_header_response_free);

/// Key-value pairs, and the message that they point into.
pub struct Pairs {
    kvs: Vec<etcd_kv_t>,
    _message: Bytes,
}

impl Pairs {
    fn decode(
        shape: &Shape,
        message: impl Into<Bytes>,
        prefix: &[u8],
    ) -> Result<(decode::Reply, Pairs)> {
        let message = message.into();
        let (reply, kvs) = Pairs::read(shape, &message, prefix)?;
        Ok((reply, Pairs { kvs, _message: message }))
    }

    /// The pairs point into the message, each key behind the prefix.
    pub fn read(
        shape: &Shape,
        message: &[u8],
        prefix: &[u8],
    ) -> Result<(decode::Reply, Vec<etcd_kv_t>)> {
        let mut kvs: Vec<etcd_kv_t> = Vec::new();
        let mut failed = None;
        let reply = shape.decode(message, |kv, expected| {
            if failed.is_some() {
                return;
            }
            match own_name(prefix, kv.key) {
                Err(error) => failed = Some(error),
                Ok(_) if kvs.len() == kvs.capacity() && !sys::reserve(&mut kvs, expected) => {
                    let why = "no memory for the keys of the reply";
                    failed = Some(Error::new(ETCD_ERR_NO_MEMORY, why));
                }
                Ok(key) => kvs.push(KeyValue { key, ..kv }.into()),
            }
        });
        match failed {
            Some(error) => Err(error),
            None => Ok((reply?, kvs)),
        }
    }
}

impl Reply for etcd_get_response_t {
    fn parse(message: Vec<u8>, prefix: &[u8]) -> Result<(Self, Pairs)> {
        let (reply, pairs) = Pairs::decode(&RANGE, message, prefix)?;
        Ok((etcd_get_response_t::new(reply, &pairs.kvs), pairs))
    }
}

impl etcd_get_response_t {
    /// One that is a part of a range, whose keys begin with the prefix.
    pub(super) fn page(page: &Page, prefix: &[u8]) -> Result<*mut etcd_get_response_t> {
        let (_, pairs) = Pairs::decode(&RANGE_PART, page.message.clone(), prefix)?;
        let totals = decode::Reply { header: page.header, count: page.count, more: page.more };
        Ok(hand_out(etcd_get_response_t::new(totals, &pairs.kvs), pairs))
    }

    pub(super) fn new(reply: decode::Reply, kvs: &[etcd_kv_t]) -> etcd_get_response_t {
        etcd_get_response_t {
            header: reply.header.into(),
            kvs: first(kvs),
            kv_count: kvs.len(),
            count: reply.count,
            more: reply.more,
        }
    }
}

impl etcd_get_response_t {
    /// One that no server has sent as a whole.
    pub fn made_of(
        header: proto::ResponseHeader,
        kvs: &[proto::KeyValue],
    ) -> *mut etcd_get_response_t {
        let parts: Vec<&[u8]> = kvs.iter().flat_map(|kv| [&kv.key[..], &kv.value[..]]).collect();
        let message = Bytes::from(parts.concat());
        let mut rest = &message[..];
        let mut next = |part: &[u8]| {
            let (part, others) = rest.split_at(part.len());
            rest = others;
            part
        };
        let own = |kv: &proto::KeyValue| {
            let (key, value) = (next(&kv.key), next(&kv.value));
            etcd_kv_t::from(KeyValue { key, value, ..KeyValue::from(kv) })
        };
        let kvs: Vec<etcd_kv_t> = kvs.iter().map(own).collect();
        let public = etcd_get_response_t {
            header: header.into(),
            kvs: first(&kvs),
            kv_count: kvs.len(),
            count: i64::try_from(kvs.len()).unwrap_or(i64::MAX),
            more: false,
        };
        hand_out(public, Pairs { kvs, _message: message })
    }
}

impl Reply for etcd_put_response_t {
    fn parse(message: Vec<u8>, prefix: &[u8]) -> Result<(Self, Pairs)> {
        let (reply, pairs) = Pairs::decode(&PUT, message, prefix)?;
        Ok((etcd_put_response_t::new(reply, &pairs.kvs), pairs))
    }
}

impl etcd_put_response_t {
    pub(super) fn new(reply: decode::Reply, kvs: &[etcd_kv_t]) -> etcd_put_response_t {
        etcd_put_response_t { header: reply.header.into(), prev_kv: first(kvs), lease: 0, ttl: 0 }
    }
}

impl Reply for etcd_delete_response_t {
    fn parse(message: Vec<u8>, prefix: &[u8]) -> Result<(Self, Pairs)> {
        let (reply, pairs) = Pairs::decode(&DELETE_RANGE, message, prefix)?;
        Ok((etcd_delete_response_t::new(reply, &pairs.kvs), pairs))
    }
}

impl etcd_delete_response_t {
    pub(super) fn new(reply: decode::Reply, kvs: &[etcd_kv_t]) -> etcd_delete_response_t {
        etcd_delete_response_t {
            header: reply.header.into(),
            deleted: reply.count,
            prev_kvs: first(kvs),
            prev_kv_count: kvs.len(),
        }
    }
}

impl Reply for etcd_header_response_t {
    fn parse(message: Vec<u8>, prefix: &[u8]) -> Result<(Self, ())> {
        let (reply, _) = Pairs::decode(&HEADER_ONLY, message, prefix)?;
        Ok((etcd_header_response_t { header: reply.header.into() }, ()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;

    #[test]
    fn a_reply_with_a_key_that_was_not_asked_for_is_refused() {
        let kv = |key: &'static str| proto::KeyValue {
            key: key.into(),
            mod_revision: 1,
            version: 1,
            ..Default::default()
        };
        let header = Some(proto::ResponseHeader::default());
        let kvs = vec![kv("p/a"), kv("p/b")];
        let message =
            proto::RangeResponse { header, kvs, count: 2, ..Default::default() }.encode_to_vec();
        for (prefix, known) in [("", true), ("p/", true), ("p/a", false), ("q/", false)] {
            let status = match etcd_get_response_t::parse(message.clone(), prefix.as_bytes()) {
                Ok((response, _)) => {
                    assert_eq!(response.kv_count, 2);
                    ETCD_OK
                }
                Err(error) => error.status,
            };
            let expected = if known { ETCD_OK } else { ETCD_ERR_BAD_REPLY };
            assert_eq!(status, expected, "{prefix}");
        }
    }
}
