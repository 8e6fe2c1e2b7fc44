//! A part of the store for a client of its own: all keys that begin with a
//! prefix, under the names that are left without it.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::status::ETCD_ERR_BAD_REPLY;
use crate::wire::proto::request_op::Request;
use crate::wire::proto::response_op::Response;
use crate::wire::proto::*;
use bytes::Bytes;

/// With the empty prefix, the whole store. A key that is the prefix itself is in
/// no namespace: it would have no name.
pub struct Namespace {
    pub prefix: Bytes,
    /// Where the keys with the prefix end.
    end: Bytes,
}

impl Namespace {
    pub fn new(prefix: &[u8]) -> Namespace {
        Namespace { prefix: Bytes::copy_from_slice(prefix), end: prefix_end(prefix).into() }
    }

    /// The two parts of the key that a name stands for.
    pub fn key_parts<'a>(&'a self, name: &'a [u8]) -> [&'a [u8]; 2] {
        [&self.prefix, name]
    }

    /// The same of a range's end, as etcd's messages have it: empty for none, and
    /// one zero byte for the end of all keys.
    pub fn end_parts<'a>(&'a self, end: &'a [u8]) -> [&'a [u8]; 2] {
        match end {
            [] => [&[], &[]],
            [0] => [&self.end, &[]],
            end => [&self.prefix, end],
        }
    }

    pub fn key(&self, name: &[u8]) -> Bytes {
        self.key_parts(name).concat().into()
    }

    pub fn end(&self, end: &[u8]) -> Bytes {
        self.end_parts(end).concat().into()
    }

    fn add_prefix(&self, key: &mut Bytes, end: &mut Bytes) {
        *key = self.key(key);
        *end = self.end(end);
    }
}

/// The end of the range that holds just the keys with this prefix.
pub fn prefix_end(prefix: &[u8]) -> Vec<u8> {
    let kept = prefix.iter().rposition(|&byte| byte != 0xff);
    match kept {
        Some(last) => {
            let mut end = prefix[..=last].to_vec();
            end[last] += 1;
            end
        }
        // There is none: to the end of all keys.
        None => vec![0],
    }
}

/// A request that has names.
pub trait Named {
    /// Makes keys of them.
    fn add_prefix(&mut self, namespace: &Namespace);
}

impl Named for RangeRequest {
    fn add_prefix(&mut self, namespace: &Namespace) {
        namespace.add_prefix(&mut self.key, &mut self.range_end);
    }
}

impl Named for PutRequest {
    fn add_prefix(&mut self, namespace: &Namespace) {
        self.key = namespace.key(&self.key);
    }
}

impl Named for DeleteRangeRequest {
    fn add_prefix(&mut self, namespace: &Namespace) {
        namespace.add_prefix(&mut self.key, &mut self.range_end);
    }
}

impl Named for TxnRequest {
    fn add_prefix(&mut self, namespace: &Namespace) {
        for compare in &mut self.compare {
            namespace.add_prefix(&mut compare.key, &mut compare.range_end);
        }
        for op in self.success.iter_mut().chain(&mut self.failure) {
            match &mut op.request {
                Some(Request::RequestRange(get)) => get.add_prefix(namespace),
                Some(Request::RequestPut(put)) => put.add_prefix(namespace),
                Some(Request::RequestDeleteRange(delete)) => delete.add_prefix(namespace),
                Some(Request::RequestTxn(nested)) => nested.add_prefix(namespace),
                None => {}
            }
        }
    }
}

/// A reply that has keys.
pub trait Keyed {
    /// Makes names of them.
    fn strip_prefix(&mut self, namespace: &Namespace) -> Result<()>;
}

impl Namespace {
    fn strip<'a>(&self, kvs: impl IntoIterator<Item = &'a mut KeyValue>) -> Result<()> {
        kvs.into_iter().try_for_each(|kv| {
            kv.key = kv.key.slice_ref(own_name(&self.prefix, &kv.key)?);
            Ok(())
        })
    }
}

impl Keyed for RangeResponse {
    fn strip_prefix(&mut self, namespace: &Namespace) -> Result<()> {
        namespace.strip(&mut self.kvs)
    }
}

impl Keyed for PutResponse {
    fn strip_prefix(&mut self, namespace: &Namespace) -> Result<()> {
        namespace.strip(&mut self.prev_kv)
    }
}

impl Keyed for DeleteRangeResponse {
    fn strip_prefix(&mut self, namespace: &Namespace) -> Result<()> {
        namespace.strip(&mut self.prev_kvs)
    }
}

impl Keyed for TxnResponse {
    fn strip_prefix(&mut self, namespace: &Namespace) -> Result<()> {
        self.responses.iter_mut().try_for_each(|op| match &mut op.response {
            Some(Response::ResponseRange(get)) => get.strip_prefix(namespace),
            Some(Response::ResponsePut(put)) => put.strip_prefix(namespace),
            Some(Response::ResponseDeleteRange(delete)) => delete.strip_prefix(namespace),
            Some(Response::ResponseTxn(nested)) => nested.strip_prefix(namespace),
            None => Ok(()),
        })
    }
}

/// The name of a key, if it has one below the prefix.
pub fn name<'a>(prefix: &[u8], key: &'a [u8]) -> Option<&'a [u8]> {
    let name = match prefix {
        // To compare with nothing, libc reads at an address that nothing is at, which
        // takes some processors as long as all else that is done with a key.
        [] => key,
        _ => key.strip_prefix(prefix)?,
    };
    (!name.is_empty()).then_some(name)
}

/// The same of a key that was asked for by its name.
pub fn own_name<'a>(prefix: &[u8], key: &'a [u8]) -> Result<&'a [u8]> {
    let why = "the reply has a key without the client's key_prefix";
    name(prefix, key).ok_or_else(|| Error::new(ETCD_ERR_BAD_REPLY, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ends() {
        for (prefix, end, expected) in [
            (&b"a/"[..], &b""[..], &b""[..]),
            (b"a/", b"\0", b"a0"),
            (b"a/", b"\0\0", b"a/\0\0"),
            (b"a/", b"z", b"a/z"),
            (b"\xff\xff", b"\0", b"\0"),
            (b"\xff\xff", b"z", b"\xff\xffz"),
            (b"a\xff", b"\0", b"b"),
            (b"", b"\0", b"\0"),
            (b"", b"", b""),
            (b"", b"z", b"z"),
        ] {
            assert_eq!(Namespace::new(prefix).end(end), expected, "{prefix:?} {end:?}");
        }
        assert_eq!(Namespace::new(b"a/").key(b"k"), "a/k");
        assert_eq!(name(b"a/", b"a/k"), Some(&b"k"[..]));
        for key in [&b"a/"[..], b"a", b"b/k", b""] {
            assert_eq!(own_name(b"a/", key).unwrap_err().status, ETCD_ERR_BAD_REPLY);
        }
    }

    #[test]
    fn prefix_ends() {
        assert_eq!(prefix_end(b"a"), b"b");
        assert_eq!(prefix_end(b"a\xff"), b"b");
        assert_eq!(prefix_end(b"a\xff\xff"), b"b");
        assert_eq!(prefix_end(b"\xff\xff"), b"\0");
        assert_eq!(prefix_end(b""), b"\0");
        assert_eq!(prefix_end(b"a\0"), b"a\x01");
    }
}
