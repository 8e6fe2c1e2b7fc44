//! What a queue delivers.

use super::call::Ticket;
use super::error::etcd_error_t;
use super::quiet;
use super::response::unread;
use super::types::UserData;
use super::user_data::Held;
use crate::error::{Error, Result};
use crate::status::*;
use bytes::Bytes;
use std::cell::Cell;
use std::ffi::c_void;

/// Something that happened. Opaque; free it with etcd_event_free(). Memory, not
/// a handle: using one after freeing it is the caller's fault.
pub struct etcd_event_t {
    kind: i32,
    user_data: *mut c_void,
    status: etcd_status_t,
    error: *mut etcd_error_t,
    /// Of the type that goes with the kind; NULL after a failure.
    response: *mut c_void,
    free: unsafe fn(*mut c_void),
    /// Where etcd_event_keep() says so to whoever calls back; NULL outside of callbacks.
    kept: *const Cell<bool>,
}

/// Calls back with the event, and frees it unless the callback keeps it.
pub(super) unsafe fn lend(event: *mut etcd_event_t, callback: impl FnOnce()) {
    // Not in the event, which may be freed by another thread once it is kept.
    let kept = Cell::new(false);
    (*event).kept = &kept;
    callback();
    if !kept.get() {
        etcd_event_free(event);
    }
}

impl Drop for etcd_event_t {
    fn drop(&mut self) {
        // SAFETY: made by this library, owned by the event, and freed once.
        unsafe {
            super::error::etcd_error_free(self.error);
            (self.free)(self.response);
        }
    }
}

/// A call that has ended, not decoded yet.
pub struct Ended {
    pub kind: i32,
    pub held: Held,
    pub changes: bool,
    pub result: Result<Vec<u8>>,
    pub decode: fn(Vec<u8>, &[u8]) -> Result<*mut c_void>,
    /// What the client puts before keys.
    pub prefix: Bytes,
    pub free: unsafe fn(*mut c_void),
    pub _ticket: Option<Ticket>,
}

impl Ended {
    pub fn content(self) -> Content {
        let Ended {
            kind, held: Held { user_data, .. }, changes, result, decode, prefix, free, ..
        } = self;
        // Otherwise the end of a call would be lost with the panic.
        let decode = |message| super::without_panic(changes, || decode(message, &prefix));
        let result =
            result.and_then(|message| decode(message).map_err(|error| unread(error, changes)));
        Content { kind, user_data, result, free }
    }
}

/// What an event is made of.
pub struct Content {
    pub kind: i32,
    pub user_data: UserData,
    pub result: Result<*mut c_void>,
    pub free: unsafe fn(*mut c_void),
}

impl Content {
    pub fn event(self) -> *mut etcd_event_t {
        let (status, error, response) = match self.result {
            Ok(response) => (ETCD_OK, std::ptr::null_mut(), response),
            // An error exists exactly if the status is negative.
            Err(Error { status: status @ 0.., .. }) => {
                (status, std::ptr::null_mut(), std::ptr::null_mut())
            }
            Err(error) => (error.status, etcd_error_t::new(error), std::ptr::null_mut()),
        };
        let Content { kind, user_data: UserData(user_data), free, .. } = self;
        let kept = std::ptr::null();
        let event = etcd_event_t { kind, user_data, status, error, response, free, kept };
        Box::into_raw(Box::new(event))
    }
}

/// What sort of event it is.
///
/// @param event  May be NULL: 0.
/// @return An ETCD_EVENT_ number. Later versions add numbers; ignore those you do not know.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_kind(event: *const etcd_event_t) -> i32 {
    event.as_ref().map_or(0, |event| event.kind)
}

/// The user_data of the call or stream that the event belongs to.
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
/// @return What the blocking call would have returned; ETCD_ERR_CANCELLED after etcd_call_cancel().
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_status(event: *const etcd_event_t) -> etcd_status_t {
    event.as_ref().map_or(ETCD_ERR_INVALID_ARGUMENT, |event| event.status)
}

/// The error of a failed call.
///
/// @param event  May be NULL: NULL.
/// @return Not NULL exactly if the status is negative; valid until the event is freed.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_error(event: *const etcd_event_t) -> *const etcd_error_t {
    event.as_ref().map_or(std::ptr::null(), |event| event.error)
}

/// The response that an event carries.
///
/// Its type goes with the kind, and is named where the kind is defined.
///
/// @param event  May be NULL: NULL.
/// @param kind   The kind that the caller expects.
/// @return NULL if the event is of another kind, and if its status is not ETCD_OK; else valid
///         until the event is freed.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_response(
    event: *const etcd_event_t,
    kind: i32,
) -> *const c_void {
    let event = event.as_ref().filter(|event| event.kind == kind);
    event.map_or(std::ptr::null(), |event| event.response)
}

/// Takes the response out of an event, so that it outlives the event.
///
/// @param event  May be NULL: NULL.
/// @param kind   As in etcd_event_response().
/// @return As etcd_event_response(), but the caller frees it with the function of its type. NULL
///         if it was taken before.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_take_response(
    event: *mut etcd_event_t,
    kind: i32,
) -> *mut c_void {
    let event = event.as_mut().filter(|event| event.kind == kind);
    event.map_or(std::ptr::null_mut(), |event| {
        std::mem::replace(&mut event.response, std::ptr::null_mut())
    })
}

/// Keeps an event that a callback was given: it is not freed when the callback returns.
///
/// @param event  May be NULL: NULL. One that the caller owns already stays as it is.
/// @return The event; free it with etcd_event_free(), at any time and on any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_keep(event: *mut etcd_event_t) -> *mut etcd_event_t {
    if let Some(event) = event.as_mut() {
        let kept = std::mem::replace(&mut event.kept, std::ptr::null());
        if let Some(kept) = kept.as_ref() {
            kept.set(true);
        }
    }
    event
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::user_data::Registry;

    #[test]
    fn a_panic_on_the_thread_of_a_reader_is_the_end_of_the_call() {
        let registry = Registry::default();
        let held = registry.hold(std::ptr::null_mut()).unwrap();
        unsafe fn free(_: *mut c_void) {}
        let ended = Ended {
            kind: 1,
            held,
            changes: true,
            result: Ok(Vec::new()),
            decode: |_, _| panic!("on purpose"),
            prefix: Bytes::new(),
            free,
            _ticket: None,
        };
        let error = ended.content().result.unwrap_err();
        assert_eq!(error.status, crate::status::ETCD_ERR_INTERNAL);
        assert_eq!(error.outcome, crate::error::Outcome::MaybeApplied);
    }
}
