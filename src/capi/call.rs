//! Calls in progress that can be cancelled.

use super::{guard, handle};
use crate::client::{AbortHandle, AbortRegistration};
use crate::error::Result;
use crate::status::*;
use std::sync::Arc;

/// A call in progress that can be cancelled. Opaque; never needs freeing.
pub struct etcd_call_t(());

handle::kind!(3, etcd_call_t, AbortHandle, "call");

/// Makes a call's handle stale when its event is taken, or lost.
pub struct Ticket(u64);

impl Drop for Ticket {
    fn drop(&mut self) {
        let _ = handle::remove(self.0 as *const etcd_call_t);
    }
}

/// What a call needs that may be cancelled; nothing if `call` is NULL.
pub(super) unsafe fn ticket(
    call: *mut *mut etcd_call_t,
) -> Result<(Option<Ticket>, Option<AbortRegistration>)> {
    if call.is_null() {
        return Ok((None, None));
    }
    let (abort, registration) = AbortHandle::new_pair();
    let handle = handle::insert::<etcd_call_t>(Arc::new(abort))?;
    call.write(handle);
    Ok((Some(Ticket(handle as u64)), Some(registration)))
}

/// Ends a call early.
///
/// Its event still comes, with ETCD_ERR_CANCELLED unless the call had ended
/// before, with its event still waiting in the queue. A write may have been
/// applied all the same: see the error's outcome.
///
/// @param call  A handle from an _async call.
/// @return ETCD_OK, ETCD_ERR_FORKED, or ETCD_ERR_BAD_HANDLE if its event was taken already.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_call_cancel(call: *mut etcd_call_t) -> etcd_status_t {
    guard(std::ptr::null_mut(), || {
        handle::get(call)?.abort();
        Ok(ETCD_OK)
    })
}
