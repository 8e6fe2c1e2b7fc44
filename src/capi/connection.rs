//! The states of a client's connections.

use super::client::etcd_client_t;
use super::error::etcd_error_t;
use super::queue::etcd_queue_t;
use super::response::{hand_out, take_back};
use super::stream::{self, Delivery, Source};
use super::{guard, handle, out, quiet};
use crate::error::{printable, Result};
use crate::observe::connections::{Changes, Notice, State};
use crate::status::*;
use crate::sync::mailbox::Mailbox;
use std::ffi::{c_char, c_void, CString};

/// A stream of the states of a client's connections. Opaque; close it with
/// etcd_connection_watch_close().
pub struct etcd_connection_watch_t(());

handle::kind!(8, etcd_connection_watch_t, stream::Stream<Changes>, "connection");

/// A state of an etcd_connection_watch_open(); the response is an
/// etcd_connection_watch_response_t. The last event has an error in its place.
pub const ETCD_EVENT_CONNECTION_WATCH: i32 = 133;

/// The endpoint is not connected; see reason.
pub const ETCD_CONNECTION_DOWN: i32 = 91;
/// The endpoint is connected, and a server has answered.
pub const ETCD_CONNECTION_UP: i32 = 92;
/// The endpoint was removed from the client's list. No further responses follow for it.
pub const ETCD_CONNECTION_GONE: i32 = 93;

/// The state of an endpoint. Free it with etcd_connection_watch_response_free().
#[repr(C)]
pub struct etcd_connection_watch_response_t {
    /// The endpoint, as it was given.
    pub endpoint: *const c_char,
    /// Why it is down, for people; "" if it is not. Never NULL.
    pub reason: *const c_char,
    /// How often it was connected since it was added to the list. If it has grown by more than
    /// one, changes in between were merged.
    pub opened: u64,
    /// ETCD_CONNECTION_DOWN, ETCD_CONNECTION_UP or ETCD_CONNECTION_GONE. Later versions
    /// may add numbers.
    pub state: i32,
    /// Always 0.
    pub reserved: u32,
}

type Storage = (CString, CString);

impl Source for Changes {
    type Item = Notice;
    fn mailbox(&self) -> &Mailbox<Notice> {
        Changes::mailbox(self)
    }
}

impl Delivery for Notice {
    type Response = etcd_connection_watch_response_t;
    const EVENT: i32 = ETCD_EVENT_CONNECTION_WATCH;

    fn response(self) -> Result<*mut etcd_connection_watch_response_t> {
        let text = |text: &str| CString::new(printable(text)).unwrap_or_default();
        let (endpoint, now) = self.read();
        let (state, reason) = match &now.state {
            State::Down(why) => (ETCD_CONNECTION_DOWN, &**why),
            State::Up => (ETCD_CONNECTION_UP, ""),
            State::Gone => (ETCD_CONNECTION_GONE, ""),
        };
        let storage = (text(endpoint), text(reason));
        let public = etcd_connection_watch_response_t {
            endpoint: storage.0.as_ptr(),
            reason: storage.1.as_ptr(),
            opened: now.opened,
            state,
            reserved: 0,
        };
        Ok(hand_out(public, storage))
    }

    unsafe fn free(response: *mut etcd_connection_watch_response_t) {
        take_back::<_, Storage>(response);
    }
}

/// Watches the states of a client's connections.
///
/// The first responses are the current states of all endpoints. Others follow when an endpoint is
/// connected or lost, is down for another reason, or is removed. Only the latest state of each
/// endpoint is queued; intermediate changes are merged. At most one response per endpoint is
/// pending. mem: is one endpoint, which is up. The stream ends with ETCD_ERR_CLOSED when the client
/// is closed.
///
/// @param client    Open client.
/// @param queue     Where the responses go, as events of type ETCD_EVENT_CONNECTION_WATCH; the last
///                  one has an error. NULL: they are taken with etcd_connection_watch_next().
/// @param user_data Returned by etcd_event_user_data(); never read.
/// @param[out] out  The stream; close it with etcd_connection_watch_close(), also after its end.
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED or
///         ETCD_ERR_NO_RESOURCES.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_connection_watch_open(
    client: *mut etcd_client_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    out: *mut *mut etcd_connection_watch_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        let queue = stream::queue(queue)?;
        let changes = client.core().telemetry.connections.open();
        out.write(stream::open::<etcd_connection_watch_t, _>(&client, changes, queue, user_data)?);
        Ok(ETCD_OK)
    })
}

/// Returns the next response of a stream without a queue.
///
/// @param connection  Open stream.
/// @param wait_ms   How long to wait, in milliseconds: 0 not at all,
///                  ETCD_WAIT_FOREVER without a limit; no other negative number.
/// @param[out] out  The response; free it with etcd_connection_watch_response_free(). NULL unless
///                  ETCD_OK.
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_EMPTY if nothing came in time, ETCD_ERR_INVALID_ARGUMENT,
///         ETCD_ERR_BAD_HANDLE, also if it is closed during the wait, ETCD_ERR_FORKED, or
///         ETCD_ERR_CLOSED once the client is closed.
/// @par Thread safety  Any thread, any number at once; each response is taken once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_connection_watch_next(
    connection: *mut etcd_connection_watch_t,
    wait_ms: i32,
    out: *mut *mut etcd_connection_watch_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        stream::next(connection, wait_ms, out)
    })
}

/// Closes a stream. Connections are not affected.
///
/// A wait in etcd_connection_watch_next() ends with ETCD_ERR_BAD_HANDLE.
///
/// @param connection  May be NULL, or closed already.
/// @par Thread safety  Any thread, also in a queue's callback.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_connection_watch_close(connection: *mut etcd_connection_watch_t) {
    quiet(|| stream::close(connection));
}

/// Frees a response and all that it points to.
///
/// @param response  May be NULL. Not one that belongs to an event.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_connection_watch_response_free(
    response: *mut etcd_connection_watch_response_t,
) {
    quiet(|| <Notice as Delivery>::free(response));
}
