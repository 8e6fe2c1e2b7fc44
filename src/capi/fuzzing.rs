//! What fuzz/ feeds with bytes, and what must hold for any of them: servers are not trusted.

use super::condition::etcd_if_response_t;
use super::lease::*;
use super::pairs::*;
use super::response::Reply;
use super::txn::{etcd_op_response_t, etcd_txn_response_t};
use super::types::{etcd_bytes_t, etcd_kv_t};
use crate::client::watch::fuzzing;
use crate::transport;
use crate::wire::decode;
use std::hint::black_box;

/// A stream of gRPC frames: a choice of the call, the pieces and the limit, and the bytes.
pub fn frames(data: &[u8]) {
    transport::fuzzing::frames(data);
}

/// The messages of a watch: a choice of the watch's options, and then each with its length.
pub fn watches(data: &[u8]) {
    fuzzing::watches(data);
}

/// A reply, as each of those that it might be; first the length of the client's key prefix.
pub fn replies(data: &[u8]) {
    let Some((&length, message)) = data.split_first() else { return };
    let prefix = &b"a/b"[..usize::from(length % 4)];
    // SAFETY: each is read where it says that it may be, before it is freed.
    unsafe {
        as_one::<etcd_get_response_t>(message, prefix, |x| kvs(x.kvs, x.kv_count));
        as_one::<etcd_put_response_t>(message, prefix, |x| kvs(x.prev_kv, one(x.prev_kv)));
        as_one::<etcd_delete_response_t>(message, prefix, |x| kvs(x.prev_kvs, x.prev_kv_count));
        as_one::<etcd_header_response_t>(message, prefix, |x| assert!(x.header.revision >= 0));
        as_one::<etcd_if_response_t>(message, prefix, |x| kvs(x.kv, one(x.kv)));
        as_one::<etcd_txn_response_t>(message, prefix, |x| operations(x));
        as_one::<etcd_lease_grant_response_t>(message, prefix, |x| assert!(x.id != 0 && x.ttl > 0));
        as_one::<etcd_lease_keep_alive_response_t>(message, prefix, |x| assert!(x.ttl > 0));
        as_one::<etcd_lease_time_to_live_response_t>(message, prefix, |x| {
            array(x.keys, x.key_count).iter().for_each(|key| bytes(*key));
        });
        as_one::<etcd_lease_list_response_t>(message, prefix, |x| {
            black_box(array(x.ids, x.id_count).iter().sum::<i64>());
        });
    }
    let _ = black_box((decode::token(message), decode::header(message)));
    if let Ok(cut) = decode::cut(message, usize::from(length)) {
        assert!(cut.at <= message.len() && (!cut.more || cut.at < message.len()));
    }
    if let Ok(part) = decode::streamed(message) {
        assert!(part.len() <= message.len());
    }
}

unsafe fn as_one<T: Reply>(message: &[u8], prefix: &[u8], read: impl FnOnce(&T)) {
    if let Ok(response) = T::decode(message.to_vec(), prefix) {
        read(&*response);
        T::free(response);
    }
}

unsafe fn array<'a, T>(first: *const T, count: usize) -> &'a [T] {
    match count {
        0 => &[],
        _ => std::slice::from_raw_parts(first, count),
    }
}

fn one<T>(first: *const T) -> usize {
    usize::from(!first.is_null())
}

unsafe fn bytes(bytes: etcd_bytes_t) {
    black_box(array(bytes.data, bytes.len).iter().map(|&byte| u64::from(byte)).sum::<u64>());
}

unsafe fn kvs(first: *const etcd_kv_t, count: usize) {
    for kv in array(first, count) {
        assert!(kv.mod_revision > 0 && kv.version > 0);
        bytes(kv.key);
        bytes(kv.value);
    }
}

unsafe fn operations(txn: &etcd_txn_response_t) {
    let all: &[etcd_op_response_t] = array(txn.responses, txn.response_count);
    for op in all {
        assert_eq!(one(op.range) + one(op.put) + one(op.deleted) + one(op.txn), 1);
        if let Some(x) = op.range.as_ref() {
            kvs(x.kvs, x.kv_count);
        }
        if let Some(x) = op.put.as_ref() {
            kvs(x.prev_kv, one(x.prev_kv));
        }
        if let Some(x) = op.deleted.as_ref() {
            kvs(x.prev_kvs, x.prev_kv_count);
        }
        if let Some(x) = op.txn.as_ref() {
            operations(x);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    fn corpus(name: &str, target: impl Fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut inputs = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            target(&fs::read(entry.unwrap().path()).unwrap());
            inputs += 1;
        }
        assert!(inputs > 20, "{}: {inputs}", folder.display());
    }

    #[test]
    fn what_a_server_once_sent_in_frames_does_no_harm() {
        corpus("frames", super::frames);
    }

    #[test]
    fn what_a_server_once_replied_does_no_harm() {
        corpus("replies", super::replies);
    }

    #[test]
    fn what_a_server_once_sent_to_watches_does_no_harm() {
        corpus("watches", super::watches);
    }
}
