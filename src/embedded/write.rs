//! Puts and deletes, alone or in a transaction.
//!
//! All checks come before the first change, and changes cannot fail: a transaction
//! applies as a whole or not at all.

#![forbid(unsafe_code)]

use super::reply::{header, refuse, RpcStatus};
use super::span::Span;
use super::store::{State, Version};
use crate::status::{
    ETCD_ERR_EMPTY_KEY, ETCD_ERR_KEY_NOT_FOUND, ETCD_ERR_LEASE_PROVIDED, ETCD_ERR_VALUE_PROVIDED,
};
use crate::wire::decode::Put;
use crate::wire::proto::{DeleteRangeRequest, DeleteRangeResponse};
use bytes::Bytes;

/// The checks that do not need the state.
pub fn check_put(request: Put<'_>) -> Result<(), RpcStatus> {
    if request.key.is_empty() {
        return Err(refuse(ETCD_ERR_EMPTY_KEY));
    }
    if request.ignore_value && !request.value.is_empty() {
        return Err(refuse(ETCD_ERR_VALUE_PROVIDED));
    }
    if request.ignore_lease && request.lease != 0 {
        return Err(refuse(ETCD_ERR_LEASE_PROVIDED));
    }
    Ok(())
}

pub fn check_delete(request: &DeleteRangeRequest) -> Result<(), RpcStatus> {
    match request.key.is_empty() {
        true => Err(refuse(ETCD_ERR_EMPTY_KEY)),
        false => Ok(()),
    }
}

impl State {
    /// A put that keeps the old value or lease needs an existing key.
    pub fn check_kept(&self, request: Put<'_>) -> Result<(), RpcStatus> {
        let keeps = request.ignore_value || request.ignore_lease;
        match keeps && self.get(request.key, self.revision).is_none() {
            true => Err(refuse(ETCD_ERR_KEY_NOT_FOUND)),
            false => Ok(()),
        }
    }

    /// Returns what was there before, if that is asked for.
    pub fn put_request(&mut self, request: Put<'_>, value: Bytes) -> Option<(Bytes, Version)> {
        let mut previous = None;
        self.put(Bytes::copy_from_slice(request.key), |key, before: &Version| {
            previous = (request.prev_kv && before.is_live()).then(|| (key.clone(), before.clone()));
            let value = if request.ignore_value { before.value.clone() } else { value };
            let lease = if request.ignore_lease { before.lease } else { request.lease };
            (value, lease)
        });
        previous
    }

    pub fn delete_request(&mut self, request: &DeleteRangeRequest) -> DeleteRangeResponse {
        let span = Span::new(&request.key, &request.range_end);
        let mut prev_kvs = Vec::new();
        let deleted = self.delete(span, |key, before| {
            if request.prev_kv {
                prev_kvs.push(before.key_value(key));
            }
        });
        DeleteRangeResponse { header: header(self.revision), deleted, prev_kvs }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::wire::proto::{KeyValue, LeaseGrantRequest, PutRequest};

    fn kv(
        key: &str,
        value: &str,
        created: i64,
        modified: i64,
        version: i64,
        lease: i64,
    ) -> KeyValue {
        KeyValue {
            key: bytes(key),
            value: bytes(value),
            create_revision: created,
            mod_revision: modified,
            version,
            lease,
        }
    }

    #[test]
    fn a_key_goes_through_its_life() {
        let engine = engine();
        engine.lease_grant(LeaseGrantRequest { ttl: 60, id: 5 }).unwrap();
        let with = |value, change: fn(&mut PutRequest)| {
            let mut request = PutRequest { prev_kv: true, ..put("a", value) };
            change(&mut request);
            request
        };
        assert_eq!(engine.put(with("1", |_| ())).unwrap().prev_kv, None);
        let steps = [
            (with("2", |p| p.lease = 5), kv("a", "1", 2, 2, 1, 0)),
            (with("3", |p| p.ignore_lease = true), kv("a", "2", 2, 3, 2, 5)),
            (with("", |p| p.ignore_value = true), kv("a", "3", 2, 4, 3, 5)),
            (with("", |_| ()), kv("a", "3", 2, 5, 4, 0)),
        ];
        for (n, (request, before)) in steps.into_iter().enumerate() {
            let response = engine.put(request).unwrap();
            assert_eq!(response.prev_kv, Some(before));
            assert_eq!(revision(&response.header), n as i64 + 3);
        }
        let delete = DeleteRangeRequest { prev_kv: true, ..delete("a", "") };
        let response = engine.delete_range(delete.clone()).unwrap();
        assert_eq!(response.prev_kvs, [kv("a", "", 2, 6, 5, 0)]);
        assert_eq!((response.deleted, revision(&response.header)), (1, 7));
        let response = engine.delete_range(delete).unwrap();
        assert_eq!((response.deleted, response.prev_kvs.len()), (0, 0));
        assert_eq!(revision(&response.header), 7);
        assert_eq!(engine.put(with("9", |_| ())).unwrap().prev_kv, None);
        assert_eq!(engine.range(range("a", "")).unwrap().kvs, [kv("a", "9", 8, 8, 1, 0)]);
    }

    #[test]
    fn refused_writes() {
        let engine = engine();
        let with = |key, value, change: fn(&mut PutRequest)| {
            let mut request = put(key, value);
            change(&mut request);
            engine.put(request).unwrap_err()
        };
        let cases = [
            (with("", "1", |_| ()), 3, "etcdserver: key is not provided"),
            (with("a", "1", |p| p.ignore_value = true), 3, "etcdserver: value is provided"),
            (
                with("a", "", |p| (p.ignore_lease, p.lease) = (true, 1)),
                3,
                "etcdserver: lease is provided",
            ),
            (with("a", "", |p| p.ignore_value = true), 3, "etcdserver: key not found"),
            (with("a", "1", |p| p.ignore_lease = true), 3, "etcdserver: key not found"),
            (with("a", "1", |p| p.lease = 1), 5, "etcdserver: requested lease not found"),
            (
                engine.delete_range(delete("", "")).unwrap_err(),
                3,
                "etcdserver: key is not provided",
            ),
        ];
        for (refusal, code, message) in cases {
            assert_eq!((refusal.code, refusal.message.as_str()), (code, message));
        }
        assert_eq!(revision(&engine.range(range("a", "")).unwrap().header), 1);
    }

    #[test]
    fn a_range_is_deleted_in_one_revision() {
        let engine = engine();
        for key in ["a", "b", "c", "d"] {
            engine.put(put(key, key)).unwrap();
        }
        let cases = [
            ("b", "d", 2, 6, "a=a d=d"),
            ("b", "d", 0, 6, "a=a d=d"),
            ("d", "a", 0, 6, "a=a d=d"),
            ("b", "\0", 1, 7, "a=a"),
            ("\0", "\0", 1, 8, ""),
        ];
        for (key, end, deleted, revision_then, left) in cases {
            let response = engine.delete_range(delete(key, end)).unwrap();
            assert_eq!((response.deleted, revision(&response.header)), (deleted, revision_then));
            assert_eq!(shown(&engine.range(range("a", "\0")).unwrap()), left);
        }
        assert_eq!(shown(&engine.range(at("a", "\0", 5)).unwrap()), "a=a b=b c=c d=d");
    }
}
