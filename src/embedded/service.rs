//! The engine's calls by their gRPC paths.

#![forbid(unsafe_code)]

use super::reply::{refuse, RpcStatus};
use super::Engine;
use crate::status::{ETCD_ERR_AUTH_NOT_ENABLED, ETCD_ERR_REQUEST_TOO_LARGE};
use prost::Message;
use std::sync::Arc;

/// The largest request that etcd accepts.
const MAX_WRITE: usize = 1_572_864;
const UNIMPLEMENTED: i32 = 12;
const INTERNAL: i32 = 13;

/// Calls that the engine does not serve, "Service/Method", one a line.
const MISSING: &str = include_str!("missing.txt");

impl Engine {
    /// Serves a unary call. LeaseKeepAlive counts as one: each request has one response.
    pub fn call(&self, path: &str, message: &[u8]) -> Result<Vec<u8>, RpcStatus> {
        match path {
            "/etcdserverpb.KV/Range" => serve(message, |r| self.range(r)),
            "/etcdserverpb.KV/Put" => serve_write(message, |r| self.put(r)),
            "/etcdserverpb.KV/DeleteRange" => serve_write(message, |r| self.delete_range(r)),
            "/etcdserverpb.KV/Txn" => serve_write(message, |r| self.txn(r)),
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

    /// The same, with the calls whose answer may have to wait for those of others.
    pub async fn wait(self: &Arc<Self>, path: &str, message: &[u8]) -> Result<Vec<u8>, RpcStatus> {
        match path {
            "/v3lockpb.Lock/Lock" => {
                self.lock(decoded(message)?).await.map(|response| response.encode_to_vec())
            }
            _ => self.call(path, message),
        }
    }
}

fn decoded<Q: Message + Default>(message: &[u8]) -> Result<Q, RpcStatus> {
    Q::decode(message).map_err(|e| RpcStatus {
        code: INTERNAL,
        message: format!("the request cannot be decoded: {e}"),
    })
}

fn serve<Q: Message + Default, A: Message>(
    message: &[u8],
    call: impl FnOnce(Q) -> Result<A, RpcStatus>,
) -> Result<Vec<u8>, RpcStatus> {
    call(decoded(message)?).map(|response| response.encode_to_vec())
}

fn serve_write<Q: Message + Default, A: Message>(
    message: &[u8],
    call: impl FnOnce(Q) -> Result<A, RpcStatus>,
) -> Result<Vec<u8>, RpcStatus> {
    match message.len() > MAX_WRITE {
        true => Err(refuse(ETCD_ERR_REQUEST_TOO_LARGE)),
        false => serve(message, call),
    }
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
            let serve = |message| engine.wait(&path, message).now_or_never().unwrap();
            let response = serve(&message).unwrap();
            // Every response has its header first.
            let response = CompactionResponse::decode(&response[..]).unwrap();
            let header = response.header.unwrap();
            assert!(header.cluster_id != 0 && header.member_id != 0 && header.raft_term == 2);
            let these = (header.cluster_id, header.member_id);
            assert_eq!(*ids.get_or_insert(these), these);
            let refusal = serve(b"\xff").unwrap_err();
            assert_eq!(refusal.code, 13, "{call}: {}", refusal.message);
        }
        let status = StatusResponse::decode(
            &engine.call("/etcdserverpb.Maintenance/Status", b"").unwrap()[..],
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
            let refusal = engine.call(&format!("/{missing}"), b"").unwrap_err();
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
            let refusal = engine.call(path, b"").unwrap_err();
            assert_eq!((refusal.code, refusal.message.as_str()), (code, message));
        }
    }

    #[test]
    fn writes_have_a_largest_size() {
        let engine = engine();
        let of_size = |size: usize| {
            let overhead = put("a", &"v".repeat(size - 20)).encoded_len() - (size - 20);
            put("a", &"v".repeat(size - overhead)).encode_to_vec()
        };
        assert_eq!(of_size(MAX_WRITE).len(), MAX_WRITE);
        assert!(engine.call("/etcdserverpb.KV/Put", &of_size(MAX_WRITE)).is_ok());
        for path in ["Put", "DeleteRange", "Txn"] {
            let path = format!("/etcdserverpb.KV/{path}");
            let refusal = engine.call(&path, &of_size(MAX_WRITE + 1)).unwrap_err();
            assert_eq!(
                (refusal.code, &refusal.message[..]),
                (3, "etcdserver: request is too large")
            );
        }
        assert!(engine.call("/etcdserverpb.KV/Range", &of_size(MAX_WRITE + 1)).is_ok());
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
                let _ = engine.call(&format!("/etcdserverpb.{path}"), &message);
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
        assert_eq!(engine.call("/etcdserverpb.KV/Txn", &deep).unwrap_err().code, 13);
    }
}
