//! Locks.

use super::ownership::{answer, etcd_ownership_response_t, fence};
use super::session::etcd_lease_session_t;
use super::{deadline, ended, header_only, line_name, never, patience};
use crate::capi::error::etcd_error_t;
use crate::capi::exports::call;
use crate::capi::handle::kind;
use crate::capi::options::etcd_call_options_t;
use crate::capi::owned::{self, Owned};
use crate::capi::pairs::etcd_header_response_t;
use crate::capi::txn::etcd_txn_t;
use crate::capi::types::etcd_bytes_t;
use crate::capi::{guard, handle, out, quiet};
use crate::recipes::mutex::{Mutex, Tried};
use crate::status::*;
use std::sync::Arc;

/// A lock. Opaque; belongs to its session.
pub struct etcd_mutex_t(());

kind!(13, etcd_mutex_t, Owned<Mutex>, "mutex");

/// The end of an etcd_mutex_lock_async(), etcd_mutex_try_lock_async() or
/// etcd_mutex_check_async(); its response is an etcd_ownership_response_t.
pub const ETCD_EVENT_MUTEX_RESPONSE: i32 = 144;
/// The end of an etcd_mutex_unlock_async(); its response is an
/// etcd_header_response_t.
pub const ETCD_EVENT_MUTEX_UNLOCK: i32 = 145;
/// The end of an etcd_mutex_lost_async(), with an error in place of an etcd_header_response_t.
pub const ETCD_EVENT_MUTEX_LOST: i32 = 146;

/// Opens a lock. Nothing is locked yet.
///
/// The locks of one name exclude each other, in all programs, also those of Go programs that use
/// etcd's concurrency package, and of `etcdctl lock`. The lock is the key NAME/LEASE, with the
/// lease of the session. Those who wait are served in the order of their coming. Any other key
/// that begins with NAME/ is in the line too, and never leaves it: put none there.
///
/// A lock alone protects nothing outside of etcd: its holder may be stopped until it is
/// another's. Let writes to etcd depend on it with etcd_mutex_fence(), and pass create_revision
/// to what else you write to.
///
/// @param session  Open session.
/// @param name     Any bytes, not empty, copied.
/// @param[out] out The lock; close it with etcd_mutex_close().
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE,
///         ETCD_ERR_FORKED or ETCD_ERR_NO_RESOURCES. It does not block.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_mutex_open(
    session: *mut etcd_lease_session_t,
    name: etcd_bytes_t,
    out: *mut *mut etcd_mutex_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let session = handle::get(session)?;
        let mutex = Arc::new(Mutex::new(session.object.clone(), line_name(name)?));
        out.write(session.insert(mutex)?);
        Ok(ETCD_OK)
    })
}

call! {
    /// Takes a lock, and waits while others hold it.
    ///
    /// A wait that ends with an error, is cancelled, or whose handle is closed leaves no key
    /// behind: ETCD_MAYBE_APPLIED says that it is not removed yet, which is tried until the lease
    /// has ended. A waiter whose session is lost returns at once.
    ///
    /// A session has one key for a name: two handles of one session do not wait for each other.
    /// After a wait that was cancelled, the name is in use until its key is removed.
    ///
    /// @param options timeout_ms 0 is no deadline.
    /// @return ETCD_ERR_IN_USE if the session has the lock already, or waits for it;
    /// ETCD_ERR_TIMEOUT; ETCD_ERR_LEASE_LOST, ETCD_ERR_LEASE_NOT_FOUND or ETCD_ERR_LOCK_LOST if
    /// the session, or the place in the line, was lost during the wait.
    fn etcd_mutex_lock(
        on mutex: etcd_mutex_t, options: *const etcd_call_options_t,
    ) -> etcd_ownership_response_t {
        let until = patience(options)?;
        let lock = move |mutex: Arc<Mutex>| async move { mutex.lock(until).await };
        Ok(mutex.work(lock, |place| answer(true, place)))
    }
    async etcd_mutex_lock_async => ETCD_EVENT_MUTEX_RESPONSE
}

call! {
    /// Takes a lock if nobody has it. It does not wait for others.
    ///
    /// @param[out] out held says whether the lock was taken.
    /// @return ETCD_OK also if another has the lock; ETCD_ERR_IN_USE if the session has the lock
    /// already, or waits for it; ETCD_ERR_LEASE_LOST, ETCD_ERR_LEASE_NOT_FOUND.
    fn etcd_mutex_try_lock(
        on mutex: etcd_mutex_t, options: *const etcd_call_options_t,
    ) -> etcd_ownership_response_t {
        let until = deadline(mutex, options)?;
        let lock = move |mutex: Arc<Mutex>| async move { mutex.try_lock(until).await };
        Ok(mutex.work(lock, |tried| match tried {
            Tried::Held(place) => answer(true, place),
            Tried::Taken(place) => answer(false, place),
        }))
    }
    async etcd_mutex_try_lock_async => ETCD_EVENT_MUTEX_RESPONSE
}

call! {
    /// Releases a lock. A later lock of the same name is never released by it.
    ///
    /// After an error the call may be repeated, also one with ETCD_MAYBE_APPLIED: if an earlier
    /// call has released the lock, that is a success.
    ///
    /// @return ETCD_ERR_LOCK_LOST if the handle has no lock, or has lost it.
    fn etcd_mutex_unlock(
        on mutex: etcd_mutex_t, options: *const etcd_call_options_t,
    ) -> Option<etcd_header_response_t> {
        let until = deadline(mutex, options)?;
        let unlock = move |mutex: Arc<Mutex>| async move { mutex.unlock(until).await };
        Ok(mutex.work(unlock, header_only))
    }
    async etcd_mutex_unlock_async => ETCD_EVENT_MUTEX_UNLOCK
}

call! {
    /// Asks the store whether a lock is still held.
    ///
    /// The answer is of the past when it arrives: etcd_mutex_fence() makes a transaction that
    /// depends on it.
    ///
    /// @return ETCD_OK if it is held, ETCD_ERR_LOCK_LOST if not.
    fn etcd_mutex_check(
        on mutex: etcd_mutex_t, options: *const etcd_call_options_t,
    ) -> Option<etcd_ownership_response_t> {
        let until = deadline(mutex, options)?;
        let check = move |mutex: Arc<Mutex>| async move { mutex.check(until).await };
        Ok(mutex.work(check, |place| answer(true, place)).changes_nothing())
    }
    async etcd_mutex_check_async => ETCD_EVENT_MUTEX_RESPONSE
}

call! {
    /// Waits until a lock that is held is lost, and returns the reason as its error.
    ///
    /// It is lost when its session is, see etcd_lease_session_lost(), or when its key is deleted
    /// by anybody.
    ///
    /// @param options timeout_ms 0 is no deadline.
    /// @param[out] out Always NULL.
    /// @return Never ETCD_OK. ETCD_ERR_LOCK_LOST if the key is deleted, the lock is released by
    /// this handle, or was not held; ETCD_ERR_LEASE_LOST, ETCD_ERR_LEASE_NOT_FOUND;
    /// ETCD_ERR_TIMEOUT if it is not lost by the deadline.
    fn etcd_mutex_lost(
        on mutex: etcd_mutex_t, options: *const etcd_call_options_t,
    ) -> Option<etcd_header_response_t> {
        let until = patience(options)?;
        let lost = move |mutex: Arc<Mutex>| ended(until, async move { mutex.lost().await });
        Ok(mutex.work(lost, never).changes_nothing())
    }
    async etcd_mutex_lost_async => ETCD_EVENT_MUTEX_LOST
}

/// Adds a condition to a transaction: that the lock is still held when it is done.
///
/// @param mutex  Lock that is held.
/// @param txn    Transaction under construction.
/// @return ETCD_OK, ETCD_ERR_LOCK_LOST if the handle has no lock, and what
///         etcd_txn_compare_number() returns. The commit returns the same error.
/// @par Thread safety  Any thread, any number at once. Does not block.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_mutex_fence(
    mutex: *mut etcd_mutex_t,
    txn: *mut etcd_txn_t,
) -> etcd_status_t {
    fence(txn, || handle::get(mutex)?.object.place())
}

/// Closes a lock. If it is held, or waited for, it is released in the background.
///
/// Calls in progress on the lock end with ETCD_ERR_BAD_HANDLE.
///
/// @param mutex  May be NULL, or closed already.
/// @par Thread safety  Any thread. Does not block.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_mutex_close(mutex: *mut etcd_mutex_t) {
    quiet(|| owned::close(mutex, Mutex::close));
}
