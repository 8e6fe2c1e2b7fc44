//! What the first of a line has.

use crate::capi::exports::response;
use crate::capi::response::hand_out;
use crate::capi::txn::etcd_txn_t;
use crate::capi::types::etcd_bytes_t;
use crate::capi::{guard, handle};
use crate::error::Result;
use crate::recipes::line::{self, Place};
use crate::status::*;
use crate::sync::IgnorePoison;

/// A lock or a leadership, and whose it is. Free it with etcd_ownership_response_free().
#[repr(C)]
pub struct etcd_ownership_response_t {
    /// The key that stands for it: it is there for as long as it is held. Valid until the
    /// response is freed.
    pub key: etcd_bytes_t,
    /// The revision at which the key was created. It grows from each holder to the next: a
    /// resource outside of etcd can refuse whoever comes with a smaller one than before.
    pub create_revision: i64,
    /// The lease of the key.
    pub lease: i64,
    /// Whether it is this handle's. Else the rest is about whoever has it.
    pub held: bool,
}

response!(etcd_ownership_response_t, Vec<u8>, etcd_ownership_response_free);

pub fn answer(held: bool, place: Place) -> Result<*mut etcd_ownership_response_t> {
    let Place { key, lease, create_revision } = place;
    let public = etcd_ownership_response_t { key: key[..].into(), create_revision, lease, held };
    Ok(hand_out(public, key))
}

/// Makes the commit of a transaction depend on a place that is held.
pub unsafe fn fence(txn: *mut etcd_txn_t, place: impl FnOnce() -> Result<Place>) -> etcd_status_t {
    guard(std::ptr::null_mut(), || {
        let txn = handle::get(txn)?;
        let place = place();
        txn.lock().ignore_poison().change(|txn| line::fence(txn, &place?))?;
        Ok(ETCD_OK)
    })
}
