//! The engine's calls by their gRPC paths.

#![forbid(unsafe_code)]

use super::reply::{no_memory, no_memory_to_reply, refuse, RpcStatus};
use super::{txn, write, Engine};
use crate::status::{ETCD_ERR_AUTH_NOT_ENABLED, ETCD_ERR_REQUEST_TOO_LARGE};
use crate::sys::{has_room, LARGE};
use crate::wire::decode::Put;
use crate::wire::encode;
use bytes::{Buf, Bytes};
use prost::encoding::encoded_len_varint;
use prost::Message;
use std::sync::Arc;

/// The largest entry of its log that etcd makes of a write.
const MAX_ENTRY: usize = 1_572_864;
/// The largest message of any call that etcd receives.
const MAX_MESSAGE: usize = MAX_ENTRY + (512 << 10);
const RESOURCE_EXHAUSTED: i32 = 8;
const UNIMPLEMENTED: i32 = 12;
const INTERNAL: i32 = 13;

/// Calls that the engine does not serve, "Service/Method", one a line.
const MISSING: &str = include_str!("missing.txt");

impl Engine {
    /// Serves a unary call. LeaseKeepAlive counts as one: each request has one response.
    pub fn call(&self, path: &str, message: &Bytes) -> Result<Vec<u8>, RpcStatus> {
        match path {
            // Not copied: nothing of it is stored.
            "/etcdserverpb.KV/Range" => self.range_reply(&decoded(message.clone())?),
            "/etcdserverpb.KV/Put" => {
                check_message(message.len())?;
                let request = Put::decode(message).map_err(|_| undecodable("not a put"))?;
                self.check_size(message, || write::check_put(request).map(|()| true))?;
                self.put_reply(request)
            }
            "/etcdserverpb.KV/DeleteRange" => {
                let check = || write::check_delete(&decoded(&message[..])?).map(|()| true);
                self.check_size(message, check)?;
                serve(message, |r| self.delete_range(r))
            }
            "/etcdserverpb.KV/Txn" => {
                self.check_size(message, || {
                    let request = decoded(&message[..])?;
                    txn::check(&request).map(|()| txn::is_logged(&request))
                })?;
                serve(message, |r| self.txn(r))
            }
            "/etcdserverpb.KV/Compact" => serve(message, |r| self.compact(r)),
            "/etcdserverpb.Lease/LeaseGrant" => serve(message, |r| self.lease_grant(r)),
            "/etcdserverpb.Lease/LeaseRevoke" => serve(message, |r| self.lease_revoke(r)),
            "/etcdserverpb.Lease/LeaseKeepAlive" => serve(message, |r| self.lease_keep_alive(r)),
            "/etcdserverpb.Lease/LeaseTimeToLive" => serve(message, |r| self.lease_time_to_live(r)),
            "/etcdserverpb.Lease/LeaseLeases" => serve(message, |r| self.lease_leases(r)),
            "/etcdserverpb.Cluster/MemberList" => serve(message, |r| self.member_list(r)),
            "/etcdserverpb.Maintenance/Status" => serve(message, |r| self.status(r)),
            "/v3lockpb.Lock/Unlock" => serve(message, |r| self.unlock(r)),
            "/etcdserverpb.Auth/Authenticate" => Err(refuse(ETCD_ERR_AUTH_NOT_ENABLED)),
            _ => Err(unknown(path)),
        }
    }

    /// The limit for what etcd writes to its log. It comes after the checks that do not
    /// need the state; `check` says whether the request is logged at all.
    fn check_size(
        &self,
        message: &[u8],
        check: impl FnOnce() -> Result<bool, RpcStatus>,
    ) -> Result<(), RpcStatus> {
        let fits = message.len() + self.entry_overhead(message.len()) <= MAX_ENTRY;
        match fits || !check()? {
            true => Ok(()),
            false => Err(refuse(ETCD_ERR_REQUEST_TOO_LARGE)),
        }
    }

    /// What etcd's log entry has beside a request: the tag and the length of the request,
    /// and a header with an id, which begins with the last 16 bits of the member's.
    fn entry_overhead(&self, size: usize) -> usize {
        let id = self.member_id() << 48;
        let header = 2 + 1 + 1 + encoded_len_varint(id);
        header + 1 + encoded_len_varint(size as u64)
    }

    /// The same, with the calls whose answer may have to wait for those of others.
    pub async fn wait(self: &Arc<Self>, path: &str, message: &Bytes) -> Result<Vec<u8>, RpcStatus> {
        match path {
            "/v3lockpb.Lock/Lock" => encoded(&self.lock(decoded(&message[..])?).await?),
            _ => self.call(path, message),
        }
    }
}

/// Keys and values are copies, or parts of the message if that is `Bytes`.
fn decoded<Q: Message + Default>(message: impl Buf) -> Result<Q, RpcStatus> {
    check_message(message.remaining())?;
    Q::decode(message).map_err(|error| undecodable(&error.to_string()))
}

fn check_message(size: usize) -> Result<(), RpcStatus> {
    if size > MAX_MESSAGE {
        let message = format!("grpc: received message larger than max ({size} vs. {MAX_MESSAGE})");
        return Err(RpcStatus { code: RESOURCE_EXHAUSTED, message });
    }
    if size >= LARGE && !has_room(size) {
        return Err(no_memory(size));
    }
    Ok(())
}

fn undecodable(why: &str) -> RpcStatus {
    RpcStatus { code: INTERNAL, message: format!("the request cannot be decoded: {why}") }
}

fn serve<Q: Message + Default, A: Message>(
    message: &[u8],
    call: impl FnOnce(Q) -> Result<A, RpcStatus>,
) -> Result<Vec<u8>, RpcStatus> {
    encoded(&call(decoded(message)?)?)
}

fn encoded(response: &impl Message) -> Result<Vec<u8>, RpcStatus> {
    encode::message(response).ok_or_else(|| no_memory_to_reply(response.encoded_len()))
}

fn unknown(path: &str) -> RpcStatus {
    let name = path.strip_prefix('/').unwrap_or(path);
    let message = match MISSING.lines().any(|missing| missing == name) {
        true => format!("{name} is not available: the embedded engine does not have it yet"),
        false => format!("unknown method {name}"),
    };
    RpcStatus { code: UNIMPLEMENTED, message }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::wire::proto::*;
    use futures_util::FutureExt;

    #[test]
    fn every_path_is_served() {
        let engine = engine();
        let txn = then(vec![range_op("a", "")]);
        let grant = LeaseGrantRequest { ttl: 10, id: 3 };
        let cases = [
            ("KV/Put", put("a", "1").encode_to_vec()),
            ("KV/Range", range("a", "").encode_to_vec()),
            ("KV/Txn", txn.encode_to_vec()),
            ("KV/DeleteRange", delete("a", "").encode_to_vec()),
            ("KV/Compact", compact(2).encode_to_vec()),
            ("Lease/LeaseGrant", grant.encode_to_vec()),
            ("Lease/LeaseKeepAlive", LeaseKeepAliveRequest { id: 3 }.encode_to_vec()),
            ("Lease/LeaseTimeToLive", LeaseTimeToLiveRequest { id: 3, keys: true }.encode_to_vec()),
            ("Lease/LeaseLeases", vec![]),
            ("Lease/LeaseRevoke", LeaseRevokeRequest { id: 3 }.encode_to_vec()),
            ("Cluster/MemberList", vec![]),
            ("Maintenance/Status", vec![]),
            ("Lock/Lock", LockRequest { name: "n".into(), lease: 0 }.encode_to_vec()),
            ("Lock/Unlock", UnlockRequest { key: "n/1".into() }.encode_to_vec()),
        ];
        let mut ids = None;
        for (call, message) in cases {
            let package = if call.starts_with("Lock/") { "v3lockpb" } else { "etcdserverpb" };
            let path = format!("/{package}.{call}");
            let serve =
                |message: Vec<u8>| engine.wait(&path, &message.into()).now_or_never().unwrap();
            let response = serve(message).unwrap();
            // Every response has its header first.
            let response = CompactionResponse::decode(&response[..]).unwrap();
            let header = response.header.unwrap();
            assert!(header.cluster_id != 0 && header.member_id != 0 && header.raft_term == 2);
            let these = (header.cluster_id, header.member_id);
            assert_eq!(*ids.get_or_insert(these), these);
            let refusal = serve(b"\xff".to_vec()).unwrap_err();
            assert_eq!(refusal.code, 13, "{call}: {}", refusal.message);
        }
        let status = StatusResponse::decode(
            &engine.call("/etcdserverpb.Maintenance/Status", &Bytes::new()).unwrap()[..],
        );
        let status = status.unwrap();
        assert_eq!(Some((status.header.unwrap().cluster_id, status.leader)), ids);
        assert_eq!((status.raft_index, status.raft_applied_index, status.raft_term), (4, 4, 2));
        assert!(status.version.starts_with("3.7."));
    }

    #[test]
    fn what_is_missing_says_so() {
        let engine = engine();
        for missing in MISSING.lines() {
            let refusal = engine.call(&format!("/{missing}"), &Bytes::new()).unwrap_err();
            assert_eq!(refusal.code, 12);
            assert!(refusal.message.starts_with(missing), "{}", refusal.message);
            assert!(refusal.message.contains("does not have it yet"), "{}", refusal.message);
        }
        assert!(MISSING.lines().count() > 30);
        for (path, code, message) in [
            ("/etcdserverpb.KV/Nothing", 12, "unknown method etcdserverpb.KV/Nothing"),
            ("", 12, "unknown method "),
            ("/etcdserverpb.Auth/Authenticate", 9, "etcdserver: authentication is not enabled"),
        ] {
            let refusal = engine.call(path, &Bytes::new()).unwrap_err();
            assert_eq!((refusal.code, refusal.message.as_str()), (code, message));
        }
    }

    #[test]
    fn requests_have_a_largest_size() {
        for _ in 0..20 {
            let engine = engine();
            let most = MAX_ENTRY - 8 - encoded_len_varint(engine.member_id() << 48);
            let call = |call: &str, message: Vec<u8>| {
                let response = engine.call(&format!("/etcdserverpb.KV/{call}"), &message.into());
                response.map_err(|status| (status.code, status.message)).map(drop)
            };
            let too_large = Err((3, "etcdserver: request is too large".to_owned()));
            let key = |size: usize| "k".repeat(size);
            for (size, expected) in [(most, &Ok(())), (most + 1, &too_large)] {
                // A field of 128 KiB to 2 MiB: a tag and three bytes of length.
                let largest = put("a", &"v".repeat(size - 3 - 4)).encode_to_vec();
                assert_eq!(largest.len(), size);
                assert_eq!(&call("Put", largest), expected);
                let largest = delete(&key(size - 4), "").encode_to_vec();
                assert_eq!((largest.len(), &call("DeleteRange", largest)), (size, expected));
                let largest = then(vec![delete_op(&key(size - 12), "")]).encode_to_vec();
                assert_eq!((largest.len(), &call("Txn", largest)), (size, expected));
                // Not logged, unless it is nested.
                let reads = range_op(&key(size - 12), "");
                assert_eq!(call("Txn", then(vec![reads.clone()]).encode_to_vec()), Ok(()));
                let nested = then(vec![txn_op(vec![], vec![reads], vec![])]).encode_to_vec();
                assert_eq!(call("Txn", nested), too_large);
                assert_eq!(call("Range", range(&key(size), "").encode_to_vec()), Ok(()));
            }
            let refused = call("Put", put("", &key(most + 1)).encode_to_vec());
            assert_eq!(refused, Err((3, "etcdserver: key is not provided".to_owned())));
            let largest = range(&key(MAX_MESSAGE - 4), "").encode_to_vec();
            assert_eq!(call("Range", largest), Ok(()));
            let text = "grpc: received message larger than max (2097153 vs. 2097152)".to_owned();
            let largest = range(&key(MAX_MESSAGE - 3), "").encode_to_vec();
            assert_eq!(call("Range", largest), Err((8, text.clone())));
            let largest = put("", &key(MAX_MESSAGE - 3)).encode_to_vec();
            assert_eq!(call("Put", largest), Err((8, text)));
        }
    }

    #[test]
    fn garbage_is_never_more_than_refused() {
        let engine = engine();
        let mut chance = fastrand::Rng::with_seed(7);
        for path in ["KV/Txn", "KV/Put", "KV/Range", "Lease/LeaseGrant", "KV/Compact"] {
            for _ in 0..2000 {
                let valid = then(vec![put_op("a", "1"), range_op("a", "\0")]).encode_to_vec();
                let mut message = valid;
                for _ in 0..chance.usize(1..4) {
                    let at = chance.usize(..message.len());
                    message[at] = chance.u8(..);
                }
                let _ = engine.call(&format!("/etcdserverpb.{path}"), &message.into());
            }
        }
        // Nesting beyond what the decoder follows.
        let deep = (0..1000).fold(vec![], |inner: Vec<u8>, _| {
            let wrap = |tag: u8, inner: &[u8]| {
                let mut outer = vec![tag];
                prost::encode_length_delimiter(inner.len(), &mut outer).unwrap();
                outer.extend_from_slice(inner);
                outer
            };
            wrap(0x12, &wrap(0x22, &inner))
        });
        assert_eq!(engine.call("/etcdserverpb.KV/Txn", &deep.into()).unwrap_err().code, 13);
    }
}
