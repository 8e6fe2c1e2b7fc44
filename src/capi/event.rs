//! What a queue delivers.

use super::condition::etcd_if_response_t;
use super::connection::etcd_connection_watch_response_t;
use super::error::etcd_error_t;
use super::exports::Destination;
use super::handle;
use super::lease::{
    etcd_lease_grant_response_t, etcd_lease_keep_alive_response_t, etcd_lease_list_response_t,
    etcd_lease_time_to_live_response_t,
};
use super::pairs::*;
use super::queue::{etcd_call_t, Owed};
use super::quiet;
use super::response::{unread, Reply, Response};
use super::stream::OnQueue;
use super::txn::etcd_txn_response_t;
use super::watch::etcd_watch_response_t;
use crate::client::{AbortHandle, AbortRegistration, Call, Client};
use crate::error::{Error, Result};
use crate::status::*;
use bytes::Bytes;
use std::ffi::c_void;
use std::future::Future;
use std::sync::Arc;

/// The end of an etcd_kv_get_async().
pub const ETCD_EVENT_GET_RESPONSE: i32 = 1;
/// The end of an etcd_kv_put_async().
pub const ETCD_EVENT_PUT_RESPONSE: i32 = 2;
/// The end of an etcd_kv_delete_async().
pub const ETCD_EVENT_DELETE_RESPONSE: i32 = 3;
/// The end of an etcd_kv_compact_async().
pub const ETCD_EVENT_COMPACT_RESPONSE: i32 = 4;
/// The end of an etcd_lease_grant_async().
pub const ETCD_EVENT_LEASE_GRANT_RESPONSE: i32 = 5;
/// The end of an etcd_lease_revoke_async().
pub const ETCD_EVENT_LEASE_REVOKE_RESPONSE: i32 = 6;
/// The end of an etcd_lease_keep_alive_once_async().
pub const ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE: i32 = 7;
/// The end of an etcd_lease_time_to_live_async().
pub const ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE: i32 = 8;
/// The end of an etcd_lease_list_async().
pub const ETCD_EVENT_LEASE_LIST_RESPONSE: i32 = 9;
/// The end of an etcd_txn_commit_async().
pub const ETCD_EVENT_TXN_RESPONSE: i32 = 10;
/// News of an etcd_lease_keep_alive_open(): with ETCD_OK a renewal, else the end, after
/// which nothing comes.
pub const ETCD_EVENT_LEASE_KEEP_ALIVE: i32 = 12;

/// Something that a watch tells.
pub const ETCD_EVENT_WATCH: i32 = 11;
/// How an endpoint is, on a stream of etcd_connection_watch_open().
pub const ETCD_EVENT_CONNECTION_WATCH: i32 = 13;
/// The end of an etcd_kv_put_if_absent_async() or another write with a condition.
pub const ETCD_EVENT_IF_RESPONSE: i32 = 20;

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

unsafe fn free<T: Response>(response: *mut c_void) {
    T::free(response.cast());
}

fn decode<T: Reply>(message: Vec<u8>, prefix: &[u8]) -> Result<*mut c_void> {
    T::decode(message, prefix).map(<*mut T>::cast)
}

/// The caller's pointer, carried and never followed.
#[derive(Clone, Copy)]
pub struct UserData(pub *mut c_void);
// SAFETY: nothing is read or written through it.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

/// Makes an op's handle stale when the end of the op is taken, or lost.
struct Ticket(u64);

impl Drop for Ticket {
    fn drop(&mut self) {
        let _ = handle::remove(self.0 as *const etcd_call_t);
    }
}

/// What a queue holds: made into events by the reader, on his thread.
pub enum Pending {
    Call(Ended),
    /// Something longer has ended; what makes an event of that.
    Work(Box<dyn FnOnce() -> Content + Send>),
    /// There is something to take from a stream.
    Stream(Arc<dyn OnQueue>),
}

/// A call that has ended.
pub struct Ended {
    kind: i32,
    user_data: UserData,
    changes: bool,
    result: Result<Vec<u8>>,
    decode: fn(Vec<u8>, &[u8]) -> Result<*mut c_void>,
    /// What the client puts before keys.
    prefix: Bytes,
    free: unsafe fn(*mut c_void),
    _ticket: Option<Ticket>,
}

/// What an event is made of.
pub struct Content {
    pub kind: i32,
    pub user_data: UserData,
    pub result: Result<*mut c_void>,
    pub free: unsafe fn(*mut c_void),
}

impl Pending {
    /// None if a stream has nothing more to say.
    pub(super) fn event(self) -> Option<*mut etcd_event_t> {
        let content = match self {
            Pending::Stream(stream) => stream.take()?,
            Pending::Work(content) => content(),
            Pending::Call(ended) => {
                let Ended { kind, user_data, changes, result, decode, prefix, free, .. } = ended;
                let result = result.and_then(|message| {
                    decode(message, &prefix).map_err(|error| unread(error, changes))
                });
                Content { kind, user_data, result, free }
            }
        };
        let (status, error, response) = match content.result {
            Ok(response) => (ETCD_OK, std::ptr::null_mut(), response),
            Err(Error { status: ETCD_END, .. }) => {
                (ETCD_END, std::ptr::null_mut(), std::ptr::null_mut())
            }
            Err(error) => (error.status, etcd_error_t::new(error), std::ptr::null_mut()),
        };
        let Content { kind, user_data: UserData(user_data), free, .. } = content;
        let event = etcd_event_t { kind, user_data, status, error, response, free };
        Some(Box::into_raw(Box::new(event)))
    }
}

/// Starts a call whose end goes to the queue.
pub(super) unsafe fn submit<T: Reply>(
    client: &Client,
    call: Call,
    to: Destination,
) -> Result<etcd_status_t> {
    let queue = Owed::to(handle::get(to.queue)?);
    let (kind, user_data) = (to.kind, UserData(to.user_data));
    let changes = call.effect.changes();
    let prefix = client.namespace().prefix.clone();
    let (ticket, abort) = ticket(to.call)?;
    let done = move |result| {
        queue.pay(Pending::Call(Ended {
            kind,
            user_data,
            changes,
            result,
            decode: decode::<T>,
            prefix,
            free: free::<T>,
            _ticket: ticket,
        }));
    };
    client.submit(call, abort, Box::new(done));
    Ok(ETCD_OK)
}

/// Starts something longer whose end goes to the queue; `response` is called on
/// the thread of its reader.
pub(super) unsafe fn submit_work<T: Response, R: Send + 'static>(
    client: &Client,
    work: impl Future<Output = Result<R>> + Send + 'static,
    response: impl FnOnce(Result<R>) -> Result<*mut T> + Send + 'static,
    to: Destination,
) -> Result<etcd_status_t> {
    let queue = Owed::to(handle::get(to.queue)?);
    let (kind, user_data) = (to.kind, UserData(to.user_data));
    let (ticket, abort) = ticket(to.call)?;
    let done = move |result| {
        queue.pay(Pending::Work(Box::new(move || {
            let _ticket = ticket;
            let result = response(result).map(<*mut T>::cast);
            Content { kind, user_data, result, free: free::<T> }
        })));
    };
    client.start(work, abort, done);
    Ok(ETCD_OK)
}

/// What an op needs that may be cancelled.
unsafe fn ticket(op: *mut *mut etcd_call_t) -> Result<(Option<Ticket>, Option<AbortRegistration>)> {
    if op.is_null() {
        return Ok((None, None));
    }
    let (abort, registration) = AbortHandle::new_pair();
    let handle = handle::insert::<etcd_call_t>(Arc::new(abort))?;
    op.write(handle);
    Ok((Some(Ticket(handle as u64)), Some(registration)))
}

unsafe fn read<T: Default>(event: *const etcd_event_t, of: impl FnOnce(&etcd_event_t) -> T) -> T {
    quiet(|| event.as_ref().map(of).unwrap_or_default())
}

unsafe fn response_of<T>(event: *const etcd_event_t, kind: i32) -> *const T {
    let event = event.as_ref().filter(|event| event.kind == kind);
    event.map_or(std::ptr::null(), |event| event.response.cast())
}

/// What an event is: one of the ETCD_EVENT_ numbers.
///
/// @param event  May be NULL: 0. Later versions add numbers; ignore those you do not know.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_kind(event: *const etcd_event_t) -> i32 {
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
pub unsafe extern "C" fn etcd_event_get_response(
    event: *const etcd_event_t,
) -> *const etcd_get_response_t {
    response_of(event, ETCD_EVENT_GET_RESPONSE)
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
    response_of(event, ETCD_EVENT_PUT_RESPONSE)
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
    response_of(event, ETCD_EVENT_DELETE_RESPONSE)
}

/// The response of a successful compaction.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_compact_response(
    event: *const etcd_event_t,
) -> *const etcd_header_response_t {
    response_of(event, ETCD_EVENT_COMPACT_RESPONSE)
}

/// The response of a successful call: a granted lease.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_lease_grant_response(
    event: *const etcd_event_t,
) -> *const etcd_lease_grant_response_t {
    response_of(event, ETCD_EVENT_LEASE_GRANT_RESPONSE)
}

/// The response of a successful call: a revoked lease.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_lease_revoke_response(
    event: *const etcd_event_t,
) -> *const etcd_header_response_t {
    response_of(event, ETCD_EVENT_LEASE_REVOKE_RESPONSE)
}

/// The response of a successful call, or of ETCD_EVENT_LEASE_KEEP_ALIVE: a renewed lease.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_lease_keep_alive_response(
    event: *const etcd_event_t,
) -> *const etcd_lease_keep_alive_response_t {
    match event.as_ref() {
        Some(event) if event.kind == ETCD_EVENT_LEASE_KEEP_ALIVE => event.response.cast(),
        _ => response_of(event, ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE),
    }
}

/// The response of a successful call: a look at a lease.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_lease_time_to_live_response(
    event: *const etcd_event_t,
) -> *const etcd_lease_time_to_live_response_t {
    response_of(event, ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE)
}

/// The response of a successful call: a listing of leases.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_lease_list_response(
    event: *const etcd_event_t,
) -> *const etcd_lease_list_response_t {
    response_of(event, ETCD_EVENT_LEASE_LIST_RESPONSE)
}

/// The response of a transaction that was done.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_txn_response(
    event: *const etcd_event_t,
) -> *const etcd_txn_response_t {
    response_of(event, ETCD_EVENT_TXN_RESPONSE)
}

/// What a watch tells.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events, and when the watch has ended; else valid until the event is
///         freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_watch_response(
    event: *const etcd_event_t,
) -> *const etcd_watch_response_t {
    response_of(event, ETCD_EVENT_WATCH)
}

/// The response of a write with a condition.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events; else valid until the event is freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_if_response(
    event: *const etcd_event_t,
) -> *const etcd_if_response_t {
    response_of(event, ETCD_EVENT_IF_RESPONSE)
}

/// How an endpoint is.
///
/// @param event  May be NULL: NULL.
/// @return NULL for other events, and when the client is closed; else valid until the event is
///         freed, with which it goes.
/// @par Thread safety  One thread at a time for each event.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_event_connection_watch_response(
    event: *const etcd_event_t,
) -> *const etcd_connection_watch_response_t {
    response_of(event, ETCD_EVENT_CONNECTION_WATCH)
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
