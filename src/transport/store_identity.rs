//! Which store a client talks to: its cluster's id, and the revision it has reached.
//! A reply that contradicts is an error, never data.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::status::{ETCD_ERR_CLUSTER_CHANGED, ETCD_ERR_REVISION_REGRESSED};
use crate::wire::decode;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

#[derive(Default)]
pub struct StoreIdentity {
    /// The first cluster that answered; 0 = none yet.
    cluster: AtomicU64,
    revision: AtomicI64,
}

impl StoreIdentity {
    /// The highest revision that a server has named.
    pub fn revision(&self) -> i64 {
        self.revision.load(Relaxed)
    }

    /// Takes note of a cluster's id and revision; 0 is no information.
    pub fn observe(&self, cluster: u64, revision: i64) -> Result<()> {
        let ours = match self.cluster.load(Relaxed) {
            0 => match self.cluster.compare_exchange(0, cluster, Relaxed, Relaxed) {
                Ok(_) => cluster,
                Err(ours) => ours,
            },
            ours => ours,
        };
        if cluster != ours && cluster != 0 {
            let why = format!("cluster {cluster:x} answered; the client's is {ours:x}");
            return Err(Error::new(ETCD_ERR_CLUSTER_CHANGED, why));
        }
        if revision > self.revision() {
            self.revision.fetch_max(revision, Relaxed);
        }
        Ok(())
    }

    /// Checks a reply. `known` is the revision that was known when the request was
    /// sent, if no older state may answer it.
    pub fn check(&self, reply: &[u8], known: Option<i64>) -> Result<()> {
        let Some(header) = decode::header(reply) else { return Ok(()) };
        self.observe(header.cluster_id, header.revision)?;
        match known {
            Some(known) if header.revision < known => {
                let now = header.revision;
                let why = format!(
                    "the store is at revision {now} and was at {known}: restored or emptied?"
                );
                Err(Error::new(ETCD_ERR_REVISION_REGRESSED, why))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::proto::{PutResponse, ResponseHeader};
    use prost::Message;

    fn reply(cluster_id: u64, revision: i64) -> Vec<u8> {
        let header = Some(ResponseHeader { cluster_id, revision, ..Default::default() });
        PutResponse { header, prev_kv: None }.encode_to_vec()
    }

    #[test]
    fn a_cluster_is_one_and_goes_forward() {
        let store = StoreIdentity::default();
        assert!(
            store.check(b"\xff", Some(1)).is_ok(),
            "without a header there is nothing to check"
        );
        assert!(store.check(&reply(0, 3), None).is_ok());
        assert!(store.check(&reply(u64::MAX, 5), Some(0)).is_ok());
        assert_eq!(store.revision(), 5);
        // A member that lags behind may answer a serializable read.
        assert!(store.check(&reply(u64::MAX, 4), None).is_ok());
        assert!(store.check(&reply(u64::MAX, 5), Some(5)).is_ok());
        let back = store.check(&reply(u64::MAX, 4), Some(5)).unwrap_err();
        assert_eq!(back.status, ETCD_ERR_REVISION_REGRESSED);
        let other = store.check(&reply(0xabc, 9), Some(5)).unwrap_err();
        assert_eq!(other.status, ETCD_ERR_CLUSTER_CHANGED);
        assert!(other.message.contains("abc") && other.message.contains("ffffffffffffffff"));
        assert_eq!(store.revision(), 5, "another cluster's revisions mean nothing");
    }
}
