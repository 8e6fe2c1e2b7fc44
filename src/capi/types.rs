//! Small structures that never change.

use crate::wire::decode::{Header, KeyValue};
use crate::wire::proto::ResponseHeader;
use std::ffi::c_void;

/// Any bytes, not NUL-terminated; {NULL, 0} is the empty string.
///
/// Frozen: 16 bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_bytes_t {
    /// May be NULL when len is 0.
    pub data: *const u8,
    /// Number of bytes.
    pub len: usize,
}

impl From<&[u8]> for etcd_bytes_t {
    fn from(bytes: &[u8]) -> etcd_bytes_t {
        etcd_bytes_t { data: bytes.as_ptr(), len: bytes.len() }
    }
}

/// A key with its value and history: etcd's KeyValue.
///
/// Frozen: 64 bytes.
#[repr(C)]
pub struct etcd_kv_t {
    /// The key.
    pub key: etcd_bytes_t,
    /// The value.
    pub value: etcd_bytes_t,
    /// The revision at which the key was created, after its last deletion.
    pub create_revision: i64,
    /// The revision of the last change.
    pub mod_revision: i64,
    /// Number of changes since creation; 1 for a new key.
    pub version: i64,
    /// The lease that the key is attached to; 0 for none.
    pub lease: i64,
}

impl From<KeyValue<'_>> for etcd_kv_t {
    fn from(kv: KeyValue<'_>) -> etcd_kv_t {
        etcd_kv_t {
            key: kv.key.into(),
            value: kv.value.into(),
            create_revision: kv.create_revision,
            mod_revision: kv.mod_revision,
            version: kv.version,
            lease: kv.lease,
        }
    }
}

/// The member that answered, and the revision of the store.
///
/// Frozen: 32 bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_header_t {
    /// The cluster that answered.
    pub cluster_id: u64,
    /// The member that answered.
    pub member_id: u64,
    /// The store's revision; of a write that changed anything, the revision of the write.
    pub revision: i64,
    /// The Raft term of the member.
    pub raft_term: u64,
}

impl From<ResponseHeader> for etcd_header_t {
    fn from(header: ResponseHeader) -> etcd_header_t {
        let ResponseHeader { cluster_id, member_id, revision, raft_term } = header;
        etcd_header_t { cluster_id, member_id, revision, raft_term }
    }
}

impl From<Header> for etcd_header_t {
    fn from(header: Header) -> etcd_header_t {
        etcd_header_t {
            cluster_id: header.cluster_id,
            member_id: header.member_id,
            revision: header.revision,
            raft_term: header.raft_term,
        }
    }
}

/// For timeout_ms: no deadline.
pub const ETCD_TIMEOUT_NONE: u32 = u32::MAX;
/// For wait_ms: wait until something arrives.
pub const ETCD_WAIT_FOREVER: i32 = -1;

/// The caller's pointer, carried and never followed.
#[derive(Clone, Copy)]
pub struct UserData(pub *mut c_void);
// SAFETY: nothing is read or written through it.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}
