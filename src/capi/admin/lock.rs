//! The lock service of etcd's servers.

use super::header;
use crate::admin::lock::{lock, unlock, Locked};
use crate::capi::bytes;
use crate::capi::exports::{call, response, Work};
use crate::capi::options::{common, copy, etcd_call_options_t};
use crate::capi::pairs::etcd_header_response_t;
use crate::capi::response::hand_out;
use crate::capi::types::{etcd_bytes_t, etcd_header_t};
use crate::error::Result;
use etcd_client::UnlockResponse;

/// Reply to etcd_lock_service_lock(). Made by the library; read it, never copy it or take its
/// size: later versions append fields. Free it with etcd_lock_service_lock_response_free().
#[repr(C)]
pub struct etcd_lock_service_lock_response_t {
    /// The member that answered, and the revision of the store then.
    pub header: etcd_header_t,
    /// The key that stands for the lock: it is there for as long as the lock is held. Valid
    /// until the response is freed.
    pub key: etcd_bytes_t,
}

response!(etcd_lock_service_lock_response_t, Vec<u8>, etcd_lock_service_lock_response_free);

fn locked(reply: Locked) -> Result<*mut etcd_lock_service_lock_response_t> {
    let header = header(reply.header.as_ref()).map_err(|error| error.maybe_applied(true))?;
    let public = etcd_lock_service_lock_response_t { header, key: reply.key[..].into() };
    Ok(hand_out(public, reply.key))
}

fn unlocked(reply: UnlockResponse) -> Result<*mut etcd_header_response_t> {
    let header = header(reply.header()).map_err(|error| error.maybe_applied(true))?;
    Ok(hand_out(etcd_header_response_t { header }, ()))
}

call! {
    /// Takes a lock, by the lock service of the servers, and waits while others hold it.
    ///
    /// The lock is the key NAME/LEASE, as that of `etcdctl lock`: the creator of the first key
    /// that begins with NAME/ holds the lock, until the key is deleted or its lease ends. Keep
    /// the lease alive, see etcd_lease_keep_alive_open(), also during this call. With a lease
    /// that holds the lock already, the call returns at once.
    ///
    /// Once a server has the call, it is not repeated. After an error with the outcome
    /// ETCD_MAYBE_APPLIED the lock may be held, or may still be granted: revoke the lease. Servers
    /// before 3.5 grant the lock even if the lease was lost during the wait.
    ///
    /// @param name Any bytes, also none.
    /// @param lease The lease that the lock lives with; not 0. The server would grant one that
    /// ends after a minute, whether the lock is held or not.
    /// @param options timeout_ms 0 is no deadline.
    /// @return ETCD_ERR_LEASE_NOT_FOUND, ETCD_ERR_LEASE_LOST if the lease has ended during the
    /// wait.
    fn etcd_lock_service_lock(
        client, name: etcd_bytes_t, lease: i64, options: *const etcd_call_options_t,
    ) -> etcd_lock_service_lock_response_t {
        let options = copy(options)?;
        let common = common(options.timeout_ms, options.flags, 0)?;
        Ok(Work::asked(lock(client, bytes(name, "name")?, lease, common)?, locked))
    }
}

call! {
    /// Releases a lock: deletes the key that stands for it. Its lease goes on.
    ///
    /// It is no error if there is no such key. Any key is deleted, also one that is not a
    /// lock's. Once a server has the call, it is not repeated.
    ///
    /// @param key The key that etcd_lock_service_lock() returned.
    /// @return ETCD_ERR_EMPTY_KEY.
    fn etcd_lock_service_unlock(
        client, key: etcd_bytes_t, options: *const etcd_call_options_t,
    ) -> Option<etcd_header_response_t> {
        let options = copy(options)?;
        let common = common(options.timeout_ms, options.flags, 0)?;
        Ok(Work::asked(unlock(client, bytes(key, "key")?, common)?, unlocked))
    }
}
