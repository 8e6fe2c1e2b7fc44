//! What a queue delivers.

use super::error::etcd_error_t;
use super::handle;
use super::kv::{etcd_delete_response_t, etcd_put_response_t, etcd_range_response_t, Response};
use super::queue::{etcd_op_t, etcd_queue_t};
use super::quiet;
use crate::client::{AbortHandle, Call, Client};
use crate::error::Result;
use crate::status::*;
use std::ffi::c_void;
use std::sync::Arc;

/// The end of an etcd_kv_get_async().
pub const ETCD_EVENT_RANGE_RESPONSE: i32 = 1;
/// The end of an etcd_kv_put_async().
pub const ETCD_EVENT_PUT_RESPONSE: i32 = 2;
/// The end of an etcd_kv_delete_async().
pub const ETCD_EVENT_DELETE_RESPONSE: i32 = 3;

/// Something that happened. Opaque; free it with etcd_event_free(). Memory, not
/// a handle: using one after freeing it is the caller's fault.
pub struct etcd_event_t {
    kind: i32,
    user_data: *mut c_void,
    status: etcd_status_t,
    error: *mut etcd_error_t,
    range: *mut etcd_range_response_t,
    put: *mut etcd_put_response_t,
    delete: *mut etcd_delete_response_t,
}

impl Drop for etcd_event_t {
    fn drop(&mut self) {
        // SAFETY: made by this library, owned by the event, and freed once.
        unsafe {
            super::error::etcd_error_free(self.error);
            Response::free(self.range);
            Response::free(self.put);
            Response::free(self.delete);
        }
    }
}

/// The caller's pointer, carried and never followed.
struct UserData(*mut c_void);
// SAFETY: nothing is read or written through it.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

/// Makes an op's handle stale when the end of the op is taken, or lost.
struct Ticket(u64);

impl Drop for Ticket {
    fn drop(&mut self) {
        let _ = handle::remove(self.0 as *const etcd_op_t);
    }
}

/// An event on its way to the reader, who decodes it.
pub struct Pending {
    kind: i32,
    user_data: UserData,
    changes: bool,
    result: Result<Vec<u8>>,
    _ticket: Option<Ticket>,
}

impl Pending {
    pub(super) fn event(self) -> *mut etcd_event_t {
        let null: *mut c_void = std::ptr::null_mut();
        let mut event = etcd_event_t {
            kind: self.kind,
            user_data: self.user_data.0,
            status: ETCD_OK,
            error: null.cast(),
            range: null.cast(),
            put: null.cast(),
            delete: null.cast(),
        };
        let decoded = self.result.and_then(|message| {
            let decoded = match self.kind {
                ETCD_EVENT_PUT_RESPONSE => Response::decode(message).map(|put| event.put = put),
                ETCD_EVENT_DELETE_RESPONSE => {
                    Response::decode(message).map(|delete| event.delete = delete)
                }
                _ => Response::decode(message).map(|range| event.range = range),
            };
            decoded.map_err(|e| e.maybe_applied(self.changes))
        });
        if let Err(error) = decoded {
            event.status = error.status;
            event.error = etcd_error_t::new(error);
        }
        Box::into_raw(Box::new(event))
    }
}

/// Starts a call whose end goes to the queue.
pub(super) unsafe fn submit(
    client: &Client,
    call: Call,
    kind: i32,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_op_t,
) -> Result<etcd_status_t> {
    let queue = handle::get(queue)?;
    let user_data = UserData(user_data);
    let changes = call.effect.changes();
    let (ticket, abort) = if op.is_null() {
        (None, None)
    } else {
        let (abort, registration) = AbortHandle::new_pair();
        let handle = handle::insert::<etcd_op_t>(Arc::new(abort))?;
        op.write(handle);
        (Some(Ticket(handle as u64)), Some(registration))
    };
    let done = move |result| {
        queue.push(Pending { kind, user_data, changes, result, _ticket: ticket });
    };
    client.submit(call, abort, Box::new(done));
    Ok(ETCD_OK)
}

unsafe fn read<T: Default>(event: *const etcd_event_t, of: impl FnOnce(&etcd_event_t) -> T) -> T {
    quiet(|| event.as_ref().map(of).unwrap_or_default())
}

/// What an event is: one of the ETCD_EVENT_ numbers.
///
/// @param event  May be NULL: 0. Later versions add numbers; ignore those you do not know.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_type(event: *const etcd_event_t) -> i32 {
    read(event, |event| event.kind)
}

/// The user_data of the call that the event belongs to.
///
/// @param event  May be NULL: NULL.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_user_data(event: *const etcd_event_t) -> *mut c_void {
    event.as_ref().map_or(std::ptr::null_mut(), |event| event.user_data)
}

/// How the call ended.
///
/// @param event  May be NULL: ETCD_ERR_INVALID_ARGUMENT.
/// @return What the blocking call would have returned; ETCD_ERR_CANCELLED after etcd_op_cancel().
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_status(event: *const etcd_event_t) -> etcd_status_t {
    event.as_ref().map_or(ETCD_ERR_INVALID_ARGUMENT, |event| event.status)
}

/// The error of a failed call.
///
/// @param event  May be NULL: NULL.
/// @return NULL after success; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_error(event: *const etcd_event_t) -> *const etcd_error_t {
    event.as_ref().map_or(std::ptr::null(), |event| event.error)
}

/// The response of a successful get.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_range_response(
    event: *const etcd_event_t,
) -> *const etcd_range_response_t {
    event.as_ref().map_or(std::ptr::null(), |event| event.range)
}

/// The response of a successful put.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_put_response(
    event: *const etcd_event_t,
) -> *const etcd_put_response_t {
    event.as_ref().map_or(std::ptr::null(), |event| event.put)
}

/// The response of a successful delete.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_delete_response(
    event: *const etcd_event_t,
) -> *const etcd_delete_response_t {
    event.as_ref().map_or(std::ptr::null(), |event| event.delete)
}

/// Frees an event with its response or error.
///
/// @param event  May be NULL.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_free(event: *mut etcd_event_t) {
    quiet(|| {
        if !event.is_null() {
            drop(Box::from_raw(event));
        }
    });
}
