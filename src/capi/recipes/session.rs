//! Sessions: leases that the library keeps.

use super::{deadline, ended, header_only, never, patience};
use crate::capi::client::etcd_client_t;
use crate::capi::error::etcd_error_t;
use crate::capi::exports::{call, response};
use crate::capi::handle::kind;
use crate::capi::options::{copy, etcd_call_options_t, Options};
use crate::capi::owned::{self, Owned};
use crate::capi::pairs::etcd_header_response_t;
use crate::capi::response::hand_out;
use crate::capi::{guard, handle, known_flags, out, quiet};
use crate::error::Error;
use crate::recipes::session::{self, Lease, Session};
use crate::status::*;
use std::sync::Arc;

/// A session: a lease that is kept alive until it is closed. Opaque; belongs to its client.
pub struct etcd_lease_session_t(());

kind!(12, etcd_lease_session_t, Owned<Session>, "session");

/// For etcd_lease_session_open(): a lease that is lost is replaced by a new one, and the first one
/// is waited for as long as it takes.
pub const ETCD_LEASE_SESSION_REPLACE: u32 = 1 << 18;

/// The end of an etcd_lease_session_lease_async(); its response is an
/// etcd_lease_session_response_t.
pub const ETCD_EVENT_LEASE_SESSION_RESPONSE: i32 = 141;
/// The end of an etcd_lease_session_lost_async(), with an error in place of an
/// etcd_header_response_t.
pub const ETCD_EVENT_LEASE_SESSION_LOST: i32 = 142;
/// The end of an etcd_lease_session_end_async(); its response is an
/// etcd_header_response_t.
pub const ETCD_EVENT_LEASE_SESSION_END: i32 = 143;

/// Options of etcd_lease_session_open(). Begin with ETCD_LEASE_SESSION_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_lease_session_options_t {
    /// Set by ETCD_LEASE_SESSION_OPTIONS_INIT.
    pub size: usize,
    /// A lease that exists; 0 for a new one. Two sessions of one lease are one to others: locks
    /// do not keep them apart.
    pub lease: i64,
    /// Of a new lease, in seconds; 0 for 60. Servers raise small values.
    pub ttl: i64,
    /// ETCD_LEASE_SESSION_REPLACE.
    pub flags: u32,
    /// Must be 0.
    pub reserved: u32,
}

unsafe impl Options for etcd_lease_session_options_t {
    const NAME: &'static str = "etcd_lease_session_options_t";
    const FIRST_SIZE: usize = 32;
}

/// The lease of a session. Free it with etcd_lease_session_response_free().
#[repr(C)]
pub struct etcd_lease_session_response_t {
    /// The lease, for keys that are to live with the session.
    pub lease: i64,
    /// As it was granted, in seconds.
    pub ttl: i64,
}

response!(etcd_lease_session_response_t, (), etcd_lease_session_response_free);

/// Opens a session: a lease that is granted and kept alive in the background, and revoked when
/// the session is closed.
///
/// It does not wait. etcd_lease_session_lease() says whether a lease was granted, and
/// etcd_lease_session_lost() when it is lost. Without ETCD_LEASE_SESSION_REPLACE the session ends
/// if no lease is granted within the client's timeout. Locks and elections need a session, and what they
/// have ends with its lease. A session may have any number of them. Its lease is kept alive as
/// by etcd_lease_keep_alive_open().
///
/// @param client   Open client.
/// @param options  May be NULL for defaults. Copied.
/// @param[out] out The session; close it with etcd_lease_session_close().
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED, ETCD_ERR_BAD_HANDLE,
///         ETCD_ERR_FORKED or ETCD_ERR_NO_RESOURCES.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_session_open(
    client: *mut etcd_client_t,
    options: *const etcd_lease_session_options_t,
    out: *mut *mut etcd_lease_session_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        let options = copy(options)?;
        known_flags(options.flags, ETCD_LEASE_SESSION_REPLACE)?;
        if options.reserved != 0 {
            return Err(Error::new(ETCD_ERR_UNSUPPORTED, "reserved must be 0"));
        }
        let ttl = match options.ttl {
            0 => session::DEFAULT_TTL,
            ttl @ 1.. => ttl,
            ttl => return Err(Error::invalid(format!("ttl is {ttl}"))),
        };
        let replace = options.flags & ETCD_LEASE_SESSION_REPLACE != 0;
        let options = session::Options { lease: options.lease, ttl, replace };
        let (session, life) = Session::open(client.handle(), options);
        out.write(owned::insert(Arc::downgrade(&client), session)?);
        client.spawn(life);
        Ok(ETCD_OK)
    })
}

call! {
    /// Returns the lease of a session, and waits until it has one.
    ///
    /// With ETCD_LEASE_SESSION_REPLACE the session has another lease after a loss: call it again.
    ///
    /// @param options timeout_ms 0 is no deadline.
    /// @return Why the session has ended, or has got no lease: ETCD_ERR_LEASE_LOST,
    /// ETCD_ERR_LEASE_NOT_FOUND, ETCD_ERR_LEASE_TTL_TOO_LARGE, or why no server was reached.
    fn etcd_lease_session_lease(
        on session: etcd_lease_session_t, options: *const etcd_call_options_t,
    ) -> etcd_lease_session_response_t {
        let until = patience(options)?;
        let lease = move |session: Arc<Session>| async move { session.lease_until(until).await };
        Ok(session.work(lease, |lease: Arc<Lease>| {
            Ok(hand_out(etcd_lease_session_response_t { lease: lease.id, ttl: lease.ttl }, ()))
        }).changes_nothing())
    }
    async etcd_lease_session_lease_async => ETCD_EVENT_LEASE_SESSION_RESPONSE
}

call! {
    /// Waits until a session has lost a lease, and returns the reason as its error.
    ///
    /// The reasons are those of etcd_lease_keep_alive_open(), and the time is the same: within a
    /// second of the deadline of the lease.
    ///
    /// @param lease The lease, as etcd_lease_session_lease() returned it; 0 for the one that the
    /// session has now, or else will have first.
    /// @param options timeout_ms 0 is no deadline.
    /// @param[out] out Always NULL.
    /// @return Never ETCD_OK. ETCD_ERR_LEASE_LOST, also if the session has another lease by now;
    /// ETCD_ERR_LEASE_NOT_FOUND; ETCD_ERR_TIMEOUT if it is not lost by the deadline.
    fn etcd_lease_session_lost(
        on session: etcd_lease_session_t, lease: i64, options: *const etcd_call_options_t,
    ) -> Option<etcd_header_response_t> {
        let until = patience(options)?;
        let lost = move |session: Arc<Session>| ended(until, async move {
            match lease {
                0 => match session.lease().await {
                    Ok(lease) => session.lost(lease.id).await,
                    Err(error) => error,
                },
                lease => session.lost(lease).await,
            }
        });
        Ok(session.work(lost, never).changes_nothing())
    }
    async etcd_lease_session_lost_async => ETCD_EVENT_LEASE_SESSION_LOST
}

call! {
    /// Ends a session and revokes its lease, and waits for that.
    ///
    /// Close the session afterwards. After an error the lease ends with its ttl.
    ///
    /// @return ETCD_ERR_LEASE_NOT_FOUND if there is no lease, or it has ended before.
    fn etcd_lease_session_end(
        on session: etcd_lease_session_t, options: *const etcd_call_options_t,
    ) -> Option<etcd_header_response_t> {
        let until = deadline(session, options)?;
        let end = move |session: Arc<Session>| async move { session.end(until).await };
        Ok(session.work(end, header_only))
    }
    async etcd_lease_session_end_async => ETCD_EVENT_LEASE_SESSION_END
}

/// Returns how long the lease of a session certainly lives: as etcd_lease_keep_alive_left_ms().
///
/// @param session  May be NULL, or closed: 0.
/// @return Milliseconds, a lower bound; 0 if the session has no lease.
/// @par Thread safety  Any thread, any number at once. Does not block.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_lease_session_left_ms(session: *const etcd_lease_session_t) -> i64 {
    quiet(|| {
        let left = handle::get(session).map(|session| session.object.left());
        left.map_or(0, |left| i64::try_from(left.as_millis()).unwrap_or(i64::MAX))
    })
}

/// Ends a session, and leaves its lease and what goes with it to the ttl.
///
/// Close the session afterwards.
///
/// @param session  May be NULL, or closed already.
/// @par Thread safety  Any thread. Does not block.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_lease_session_orphan(session: *mut etcd_lease_session_t) {
    quiet(|| {
        if let Ok(session) = handle::get(session) {
            session.object.orphan();
        }
    });
}

/// Closes a session. Its lease is revoked in the background, also when the client is closed next:
/// see etcd_lease_session_end() to wait for that.
///
/// Calls in progress on the session end with ETCD_ERR_BAD_HANDLE. Locks and elections of the
/// session are lost.
///
/// @param session  May be NULL, or closed already.
/// @par Thread safety  Any thread. Does not block.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_lease_session_close(session: *mut etcd_lease_session_t) {
    quiet(|| owned::close(session, Session::close));
}
