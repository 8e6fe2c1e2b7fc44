//! Leases that are kept alive.

use super::client::etcd_client_t;
use super::error::etcd_error_t;
use super::lease::etcd_lease_keep_alive_response_t;
use super::options::*;
use super::queue::etcd_queue_t;
use super::response::{Reply, Response};
use super::stream::{self, Delivery, Source};
use super::types::ETCD_TIMEOUT_NONE;
use super::{clear, guard, handle, known_flags, out, quiet};
use crate::client::keepalive::{KeepAlive, Renewal, Wants};
use crate::error::Result;
use crate::status::*;
use crate::sync::mailbox::{Mailbox, Taken};
use prost::Message;
use std::ffi::c_void;
use std::time::Duration;

/// A lease that is kept alive. Opaque; close it with etcd_lease_keep_alive_close().
pub struct etcd_lease_keep_alive_t(());

handle::kind!(6, etcd_lease_keep_alive_t, stream::Stream<KeepAlive>, "keep_alive");

/// An event of an etcd_lease_keep_alive_open(). With ETCD_OK it is a renewal, and the response is
/// an etcd_lease_keep_alive_response_t. Any other status is the end; no event follows.
pub const ETCD_EVENT_LEASE_KEEP_ALIVE: i32 = 132;

/// For etcd_lease_keep_alive_open(): deliver renewals too, not only the end.
pub const ETCD_LEASE_KEEP_ALIVE_NOTIFY: u32 = 1 << 17;

impl Source for KeepAlive {
    type Item = Renewal;
    fn mailbox(&self) -> &Mailbox<Renewal> {
        self.mailbox()
    }
    fn next(&self, wait: Option<Duration>) -> Taken<Renewal> {
        self.next(wait)
    }
}

impl Delivery for Renewal {
    type Response = etcd_lease_keep_alive_response_t;
    const EVENT: i32 = ETCD_EVENT_LEASE_KEEP_ALIVE;
    fn response(self) -> Result<*mut etcd_lease_keep_alive_response_t> {
        Reply::decode(self.latest().encode_to_vec(), &[])
    }
    unsafe fn free(response: *mut etcd_lease_keep_alive_response_t) {
        Response::free(response);
    }
}

/// Keeps a lease alive until the handle is closed or the lease ends.
///
/// The library's thread renews the lease at once, and then each time a third of its granted ttl has
/// passed. The program cannot delay it. Renewal goes on through broken connections, restarted
/// members and new leaders, as long as the lease lives. All leases of a client share one stream. A
/// lease may be kept alive by several handles at no further cost.
///
/// The end is delivered once, for one of these reasons:
///
/// ETCD_ERR_LEASE_LOST: no server has renewed the lease within its ttl. The time counts from the
/// moment at which the last answered renewal was sent, or the grant, if this client has granted the
/// lease. The end is delivered within a second. After the process or the machine was stopped, it
/// comes before any renewal. The message says why renewals failed. The lease is not kept alive
/// again by itself.
///
/// ETCD_ERR_LEASE_NOT_FOUND: the lease has expired or was revoked. If another client has revoked
/// it, the next renewal notices that, after a third of the ttl.
///
/// ETCD_ERR_NO_LEADER, with ETCD_REQUIRE_LEADER only: no member that can be reached knows of a leader,
/// so that nobody can renew the lease now. It may live on: without the flag, the library
/// would go on until it is renewed or lost.
///
/// ETCD_ERR_CLOSED: the client was closed. Any other error: the servers refuse to renew this lease,
/// such as ETCD_ERR_PERMISSION_DENIED.
///
/// Servers before 3.4.38, 3.5.23 and 3.6.5 may renew a revoked lease for a moment. After a
/// connection was lost the library therefore asks the leader for each of its leases.
///
/// @param client    Open client.
/// @param id        The lease, not 0. The first renewal shows whether it exists.
/// @param options   May be NULL for defaults. Copied. Flags: ETCD_LEASE_KEEP_ALIVE_NOTIFY,
///                  ETCD_REQUIRE_LEADER. timeout_ms: how long the first renewal may
///                  take. It is ignored while the client knows how long the lease lives:
///                  because it keeps the lease alive already, or has granted or renewed it.
/// @param queue     Where ETCD_EVENT_LEASE_KEEP_ALIVE events go; NULL: call etcd_lease_keep_alive_next().
/// @param user_data Returned by etcd_event_user_data(); never read.
/// @param[out] out  The handle; close it with etcd_lease_keep_alive_close().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED, ETCD_ERR_BAD_HANDLE,
///         ETCD_ERR_CLOSED, ETCD_ERR_FORKED or ETCD_ERR_NO_RESOURCES. It does not block.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_keep_alive_open(
    client: *mut etcd_client_t,
    id: i64,
    options: *const etcd_call_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    out: *mut *mut etcd_lease_keep_alive_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        let options = copy(options)?;
        known_flags(options.flags, ETCD_LEASE_KEEP_ALIVE_NOTIFY | ETCD_REQUIRE_LEADER)?;
        let queue = stream::queue(queue)?;
        let first = match options.timeout_ms {
            0 => client.deadline().left(),
            ETCD_TIMEOUT_NONE => None,
            ms => Some(Duration::from_millis(ms.into())),
        };
        let wants = Wants {
            renewals: options.flags & ETCD_LEASE_KEEP_ALIVE_NOTIFY != 0,
            leader: options.flags & ETCD_REQUIRE_LEADER != 0,
        };
        let source = client.keep_alive(id, first, wants)?;
        out.write(stream::open(&client, source, queue, user_data)?);
        Ok(ETCD_OK)
    })
}

/// Waits for the next renewal, or the end, of a lease without a queue.
///
/// With ETCD_LEASE_KEEP_ALIVE_NOTIFY each call returns the latest renewal that was not returned
/// yet. Without the flag, a call returns when the lease has ended.
///
/// @param keep_alive Open handle.
/// @param wait_ms    As etcd_queue_next().
/// @param[out] out   The latest renewal; may be NULL if it is not wanted. Free it with
///                   etcd_lease_keep_alive_response_free(). NULL unless ETCD_OK.
/// @param[out] err   May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_EMPTY if nothing came in time; the end of the lease as in
///         etcd_lease_keep_alive_open(), as often as it is called; ETCD_ERR_INVALID_ARGUMENT,
///         ETCD_ERR_BAD_HANDLE, also if it is closed during the wait, or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread, any number at once; each renewal is taken once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_keep_alive_next(
    keep_alive: *mut etcd_lease_keep_alive_t,
    wait_ms: i32,
    out: *mut *mut etcd_lease_keep_alive_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(out);
        stream::next(keep_alive, wait_ms, out)
    })
}

/// Returns how long the lease certainly lives.
///
/// Call it before an action that only the holder of the lease may do, and finish within that time.
/// The result is right also if the program was just stopped for longer than the ttl. To
/// guard a write to etcd itself, do not rely on this clock: write in a transaction that
/// compares that a key of the lease still exists.
///
/// The time counts from the moment at which the last answered renewal was sent. Before the first
/// renewal it counts from the grant, if this client has granted the lease: by
/// etcd_lease_grant(), etcd_kv_put_ttl() or their asynchronous forms. The client remembers the
/// grants and single renewals of up to 4,096 leases until their ttl is over; those that end
/// last are kept.
///
/// @param keep_alive  May be NULL, or closed: 0.
/// @return Milliseconds, a lower bound: the lease may live longer, and ends earlier only if it is
///         revoked. 0 if it is not kept alive any more, or if it was granted elsewhere and not renewed yet.
/// @par Thread safety  Any thread, any number at once. Does not block.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_lease_keep_alive_left_ms(
    keep_alive: *const etcd_lease_keep_alive_t,
) -> i64 {
    quiet(|| {
        let left = handle::get(keep_alive).map(|stream| stream.source.left());
        left.map_or(0, |left| i64::try_from(left.as_millis()).unwrap_or(i64::MAX))
    })
}

/// Stops renewing a lease. The lease is not revoked: it lives until its ttl is over.
///
/// Nothing more is delivered; a wait in etcd_lease_keep_alive_next() ends with ETCD_ERR_BAD_HANDLE.
/// Other handles of the same lease are not affected.
///
/// @param keep_alive  May be NULL, or closed already.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_lease_keep_alive_close(keep_alive: *mut etcd_lease_keep_alive_t) {
    quiet(|| stream::close(keep_alive));
}
