//! Leases: granted, kept alive, looked at, revoked.

use super::client::etcd_client_t;
use super::error::etcd_error_t;
use super::event::{
    submit, ETCD_EVENT_LEASE_GRANT_RESPONSE, ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE,
    ETCD_EVENT_LEASE_LIST_RESPONSE, ETCD_EVENT_LEASE_REVOKE_RESPONSE,
    ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE,
};
use super::options::*;
use super::queue::{etcd_call_t, etcd_queue_t};
use super::response::{first, run, typed, Response};
use super::types::{etcd_bytes_t, etcd_header_t};
use super::{clear, guard, handle, out, quiet};
use crate::client::namespace::name;
use crate::client::{Call, Client};
use crate::error::{printable, Error, Result};
use crate::status::*;
use crate::wire::decode::Malformed;
use crate::wire::proto::*;
use bytes::Bytes;
use std::ffi::c_void;

/// For etcd_lease_time_to_live(): return the lease's keys too.
pub const ETCD_LEASE_KEYS: u32 = 1 << 16;

/// Options of etcd_lease_grant(). Begin with ETCD_LEASE_GRANT_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_lease_grant_options_t {
    /// Set by ETCD_LEASE_GRANT_OPTIONS_INIT.
    pub size: usize,
    /// The lease's id, any number; 0 lets the server choose one. With an id of its
    /// own a caller can ask later whether a grant without an answer was made.
    pub id: i64,
    /// Deadline in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
    pub timeout_ms: u32,
    /// ETCD_REQUIRE_LEADER.
    pub flags: u32,
}

unsafe impl Options for etcd_lease_grant_options_t {
    const NAME: &'static str = "etcd_lease_grant_options_t";
    const FIRST_SIZE: usize = 24;
}

/// Reply to a grant. Made by the library; read it, never copy it or take its
/// size: later versions append fields. Free it with etcd_lease_grant_response_free().
#[repr(C)]
pub struct etcd_lease_grant_response_t {
    /// Who answered.
    pub header: etcd_header_t,
    /// The lease; never 0.
    pub id: i64,
    /// Its time to live as granted, in seconds.
    pub ttl: i64,
}

/// Reply to a revocation. Made by the library; read it, never copy it or take its
/// size: later versions append fields. Free it with etcd_lease_revoke_response_free().
#[repr(C)]
pub struct etcd_lease_revoke_response_t {
    /// Who answered; header.revision is that of the deletion of its keys, if it had any.
    pub header: etcd_header_t,
}

/// Reply to a renewal. Made by the library; read it, never copy it or take its
/// size: later versions append fields. Free it with etcd_lease_keep_alive_response_free().
#[repr(C)]
pub struct etcd_lease_keep_alive_response_t {
    /// Who answered.
    pub header: etcd_header_t,
    /// The lease.
    pub id: i64,
    /// Seconds that it has from now on.
    pub ttl: i64,
}

/// Reply to the question how long a lease has to live. Made by the library; read
/// it, never copy it or take its size: later versions append fields. Free it
/// with etcd_lease_time_to_live_response_free().
#[repr(C)]
pub struct etcd_lease_time_to_live_response_t {
    /// Who answered.
    pub header: etcd_header_t,
    /// The lease.
    pub id: i64,
    /// Whole seconds left; -1 if there is no such lease.
    pub ttl: i64,
    /// Seconds that it was granted; 0 if there is no such lease.
    pub granted_ttl: i64,
    /// With ETCD_LEASE_KEYS its keys, in no order; valid until the response is freed.
    pub keys: *const etcd_bytes_t,
    /// Number of elements of keys.
    pub key_count: usize,
}

/// Reply to a listing. Made by the library; read it, never copy it or take its
/// size: later versions append fields. Free it with etcd_lease_list_response_free().
#[repr(C)]
pub struct etcd_lease_list_response_t {
    /// Who answered.
    pub header: etcd_header_t,
    /// The leases; valid until the response is freed.
    pub ids: *const i64,
    /// Number of elements of ids.
    pub id_count: usize,
}

fn header(header: Option<ResponseHeader>) -> Result<etcd_header_t> {
    // etcd has never sent a reply without one.
    let header = header.filter(|header| header.revision >= 0);
    let header = header.ok_or(Malformed)?;
    Ok(etcd_header_t {
        cluster_id: header.cluster_id,
        member_id: header.member_id,
        revision: header.revision,
        raft_term: header.raft_term,
    })
}

impl Response for etcd_lease_grant_response_t {
    const EVENT: i32 = ETCD_EVENT_LEASE_GRANT_RESPONSE;
    type Storage = ();
    fn parse(message: Vec<u8>, _: &[u8]) -> Result<(Self, ())> {
        let LeaseGrantResponse { header: from, id, ttl, error } = typed(message)?;
        if !error.is_empty() {
            return Err(Error::new(ETCD_ERR_BAD_REPLY, printable(&error)));
        }
        if id == 0 || ttl <= 0 {
            return Err(Malformed.into());
        }
        Ok((etcd_lease_grant_response_t { header: header(from)?, id, ttl }, ()))
    }
}

impl Response for etcd_lease_revoke_response_t {
    const EVENT: i32 = ETCD_EVENT_LEASE_REVOKE_RESPONSE;
    type Storage = ();
    fn parse(message: Vec<u8>, _: &[u8]) -> Result<(Self, ())> {
        let reply: LeaseRevokeResponse = typed(message)?;
        Ok((etcd_lease_revoke_response_t { header: header(reply.header)? }, ()))
    }
}

impl Response for etcd_lease_keep_alive_response_t {
    const EVENT: i32 = ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE;
    type Storage = ();
    fn parse(message: Vec<u8>, _: &[u8]) -> Result<(Self, ())> {
        let LeaseKeepAliveResponse { header: from, id, ttl } = typed(message)?;
        if ttl <= 0 {
            return Err(Error::new(ETCD_ERR_LEASE_NOT_FOUND, "the lease has ended"));
        }
        Ok((etcd_lease_keep_alive_response_t { header: header(from)?, id, ttl }, ()))
    }
}

impl Response for etcd_lease_time_to_live_response_t {
    const EVENT: i32 = ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE;
    type Storage = (Vec<etcd_bytes_t>, Vec<Bytes>);
    fn parse(message: Vec<u8>, prefix: &[u8]) -> Result<(Self, Self::Storage)> {
        let LeaseTimeToLiveResponse { header: from, id, ttl, granted_ttl, keys } = typed(message)?;
        let views: Vec<etcd_bytes_t> =
            keys.iter().filter_map(|key| name(prefix, key)).map(Into::into).collect();
        let public = etcd_lease_time_to_live_response_t {
            header: header(from)?,
            id,
            ttl,
            granted_ttl,
            keys: first(&views),
            key_count: views.len(),
        };
        Ok((public, (views, keys)))
    }
}

impl Response for etcd_lease_list_response_t {
    const EVENT: i32 = ETCD_EVENT_LEASE_LIST_RESPONSE;
    type Storage = Vec<i64>;
    fn parse(message: Vec<u8>, _: &[u8]) -> Result<(Self, Vec<i64>)> {
        let reply: LeaseLeasesResponse = typed(message)?;
        let ids: Vec<i64> = reply.leases.iter().map(|lease| lease.id).collect();
        let public = etcd_lease_list_response_t {
            header: header(reply.header)?,
            ids: first(&ids),
            id_count: ids.len(),
        };
        Ok((public, ids))
    }
}

unsafe fn grant(
    client: &Client,
    ttl: i64,
    options: *const etcd_lease_grant_options_t,
) -> Result<Call> {
    let options = copy(options)?;
    client.grant(ttl, options.id, common(options.timeout_ms, options.flags, 0)?)
}

unsafe fn revoke(client: &Client, id: i64, options: *const etcd_call_options_t) -> Result<Call> {
    let options = copy(options)?;
    client.revoke(id, common(options.timeout_ms, options.flags, 0)?)
}

unsafe fn keep_alive_once(
    client: &Client,
    id: i64,
    options: *const etcd_call_options_t,
) -> Result<Call> {
    let options = copy(options)?;
    client.keep_alive_once(id, common(options.timeout_ms, options.flags, 0)?)
}

unsafe fn time_to_live(
    client: &Client,
    id: i64,
    options: *const etcd_call_options_t,
) -> Result<Call> {
    let options = copy(options)?;
    let common = common(options.timeout_ms, options.flags, ETCD_LEASE_KEYS)?;
    client.time_to_live(id, options.flags & ETCD_LEASE_KEYS != 0, common)
}

unsafe fn list(client: &Client, options: *const etcd_call_options_t) -> Result<Call> {
    let options = copy(options)?;
    client.leases(common(options.timeout_ms, options.flags, 0)?)
}

/// Makes a lease: keys that are put with it are deleted when it ends.
///
/// It ends ttl seconds after it was granted or last kept alive, or when it is
/// revoked. A call that is lost on the way is repeated, and may then leave a lease
/// behind that nobody knows; not so with an id of the caller's choice.
///
/// @param client   Open client.
/// @param ttl      Seconds, 1 to 9,000,000,000. Servers raise small ones: etcd to 2 by default.
///                 The response has what was granted.
/// @param options  May be NULL for defaults.
/// @param[out] out The reply; free it with etcd_lease_grant_response_free().
/// @param[out] err May be NULL. On failure an error with the outcome; free it with
///                 etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_LEASE_EXISTS, ETCD_ERR_LEASE_TTL_TOO_LARGE, ETCD_ERR_TIMEOUT,
///         ETCD_ERR_UNAVAILABLE, ETCD_ERR_CLOSED, ETCD_ERR_INVALID_ARGUMENT,
///         ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED or an error of the server's.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_grant(
    client: *mut etcd_client_t,
    ttl: i64,
    options: *const etcd_lease_grant_options_t,
    out: *mut *mut etcd_lease_grant_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        run(&client, grant(&client, ttl, options)?, out)
    })
}

/// Ends a lease and deletes its keys, in one revision.
///
/// A call that is lost on the way is repeated: ETCD_ERR_LEASE_NOT_FOUND with the
/// outcome ETCD_MAYBE_APPLIED may mean that the first attempt has done it.
///
/// @param client   Open client.
/// @param id       The lease.
/// @param options  May be NULL for defaults.
/// @param[out] out May be NULL if the reply is not wanted; else free it with
///                 etcd_lease_revoke_response_free().
/// @param[out] err May be NULL. On failure an error with the outcome; free it with
///                 etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_LEASE_NOT_FOUND, ETCD_ERR_TIMEOUT,
///         ETCD_ERR_UNAVAILABLE, ETCD_ERR_CLOSED, ETCD_ERR_INVALID_ARGUMENT,
///         ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED or an error of the server's.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_revoke(
    client: *mut etcd_client_t,
    id: i64,
    options: *const etcd_call_options_t,
    out: *mut *mut etcd_lease_revoke_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(out);
        let client = handle::get(client)?;
        run(&client, revoke(&client, id, options)?, out)
    })
}

/// Gives a lease its whole ttl again.
///
/// A good time for it is when a third of the ttl has passed. Count the ttl from
/// before the call: the server counts from a moment during it.
///
/// @param client   Open client.
/// @param id       The lease.
/// @param options  May be NULL for defaults.
/// @param[out] out May be NULL if the reply is not wanted; else free it with
///                 etcd_lease_keep_alive_response_free().
/// @param[out] err May be NULL. On failure an error with the outcome; free it with
///                 etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_LEASE_NOT_FOUND if it has ended, ETCD_ERR_TIMEOUT,
///         ETCD_ERR_UNAVAILABLE, ETCD_ERR_CLOSED, ETCD_ERR_INVALID_ARGUMENT,
///         ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED or an error of the server's.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_keep_alive_once(
    client: *mut etcd_client_t,
    id: i64,
    options: *const etcd_call_options_t,
    out: *mut *mut etcd_lease_keep_alive_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(out);
        let client = handle::get(client)?;
        run(&client, keep_alive_once(&client, id, options)?, out)
    })
}

/// Says how long a lease has to live, and with ETCD_LEASE_KEYS its keys.
///
/// A lease that does not exist is no error: its ttl is -1.
///
/// @param client   Open client.
/// @param id       The lease.
/// @param options  May be NULL for defaults.
/// @param[out] out The reply; free it with etcd_lease_time_to_live_response_free().
/// @param[out] err May be NULL. On failure an error with the outcome; free it with
///                 etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_TIMEOUT,
///         ETCD_ERR_UNAVAILABLE, ETCD_ERR_CLOSED, ETCD_ERR_INVALID_ARGUMENT,
///         ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED or an error of the server's.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_time_to_live(
    client: *mut etcd_client_t,
    id: i64,
    options: *const etcd_call_options_t,
    out: *mut *mut etcd_lease_time_to_live_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        run(&client, time_to_live(&client, id, options)?, out)
    })
}

/// Lists all leases of the cluster.
///
/// @param client   Open client.
/// @param options  May be NULL for defaults.
/// @param[out] out The reply; free it with etcd_lease_list_response_free().
/// @param[out] err May be NULL. On failure an error with the outcome; free it with
///                 etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_TIMEOUT,
///         ETCD_ERR_UNAVAILABLE, ETCD_ERR_CLOSED, ETCD_ERR_INVALID_ARGUMENT,
///         ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED or an error of the server's.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_list(
    client: *mut etcd_client_t,
    options: *const etcd_call_options_t,
    out: *mut *mut etcd_lease_list_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        run(&client, list(&client, options)?, out)
    })
}

/// Starts etcd_lease_grant() and returns at once.
///
/// The end of the call, successful or not, arrives on the queue as an event of
/// type ETCD_EVENT_LEASE_GRANT_RESPONSE.
///
/// @param client    Open client.
/// @param ttl        As etcd_lease_grant().
/// @param options   May be NULL for defaults. Copied.
/// @param queue     Open queue, which may serve any number of clients.
/// @param user_data Given back by etcd_event_user_data(); never followed.
/// @param[out] op   As etcd_kv_get_async().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_kv_get_async().
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_grant_async(
    client: *mut etcd_client_t,
    ttl: i64,
    options: *const etcd_lease_grant_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let client = handle::get(client)?;
        let call = grant(&client, ttl, options)?;
        submit::<etcd_lease_grant_response_t>(&client, call, queue, user_data, op)
    })
}

/// Starts etcd_lease_revoke() and returns at once.
///
/// The end of the call, successful or not, arrives on the queue as an event of
/// type ETCD_EVENT_LEASE_REVOKE_RESPONSE.
///
/// @param client    Open client.
/// @param id         As etcd_lease_revoke().
/// @param options   May be NULL for defaults. Copied.
/// @param queue     Open queue, which may serve any number of clients.
/// @param user_data Given back by etcd_event_user_data(); never followed.
/// @param[out] op   As etcd_kv_get_async().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_kv_get_async().
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_revoke_async(
    client: *mut etcd_client_t,
    id: i64,
    options: *const etcd_call_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let client = handle::get(client)?;
        let call = revoke(&client, id, options)?;
        submit::<etcd_lease_revoke_response_t>(&client, call, queue, user_data, op)
    })
}

/// Starts etcd_lease_keep_alive_once() and returns at once.
///
/// The end of the call, successful or not, arrives on the queue as an event of
/// type ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE.
///
/// @param client    Open client.
/// @param id         As etcd_lease_keep_alive_once().
/// @param options   May be NULL for defaults. Copied.
/// @param queue     Open queue, which may serve any number of clients.
/// @param user_data Given back by etcd_event_user_data(); never followed.
/// @param[out] op   As etcd_kv_get_async().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_kv_get_async().
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_keep_alive_once_async(
    client: *mut etcd_client_t,
    id: i64,
    options: *const etcd_call_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let client = handle::get(client)?;
        let call = keep_alive_once(&client, id, options)?;
        submit::<etcd_lease_keep_alive_response_t>(&client, call, queue, user_data, op)
    })
}

/// Starts etcd_lease_time_to_live() and returns at once.
///
/// The end of the call, successful or not, arrives on the queue as an event of
/// type ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE.
///
/// @param client    Open client.
/// @param id         As etcd_lease_time_to_live().
/// @param options   May be NULL for defaults. Copied.
/// @param queue     Open queue, which may serve any number of clients.
/// @param user_data Given back by etcd_event_user_data(); never followed.
/// @param[out] op   As etcd_kv_get_async().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_kv_get_async().
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_time_to_live_async(
    client: *mut etcd_client_t,
    id: i64,
    options: *const etcd_call_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let client = handle::get(client)?;
        let call = time_to_live(&client, id, options)?;
        submit::<etcd_lease_time_to_live_response_t>(&client, call, queue, user_data, op)
    })
}

/// Starts etcd_lease_list() and returns at once.
///
/// The end of the call, successful or not, arrives on the queue as an event of
/// type ETCD_EVENT_LEASE_LIST_RESPONSE.
///
/// @param client    Open client.
/// @param options   May be NULL for defaults. Copied.
/// @param queue     Open queue, which may serve any number of clients.
/// @param user_data Given back by etcd_event_user_data(); never followed.
/// @param[out] op   As etcd_kv_get_async().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_kv_get_async().
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_lease_list_async(
    client: *mut etcd_client_t,
    options: *const etcd_call_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let client = handle::get(client)?;
        let call = list(&client, options)?;
        submit::<etcd_lease_list_response_t>(&client, call, queue, user_data, op)
    })
}

/// Frees a response and all that it points to.
///
/// @param response  May be NULL. Not one that belongs to an event.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_lease_grant_response_free(
    response: *mut etcd_lease_grant_response_t,
) {
    quiet(|| Response::free(response));
}

/// Frees a response and all that it points to.
///
/// @param response  May be NULL. Not one that belongs to an event.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_lease_revoke_response_free(
    response: *mut etcd_lease_revoke_response_t,
) {
    quiet(|| Response::free(response));
}

/// Frees a response and all that it points to.
///
/// @param response  May be NULL. Not one that belongs to an event.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_lease_keep_alive_response_free(
    response: *mut etcd_lease_keep_alive_response_t,
) {
    quiet(|| Response::free(response));
}

/// Frees a response and all that it points to.
///
/// @param response  May be NULL. Not one that belongs to an event.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_lease_time_to_live_response_free(
    response: *mut etcd_lease_time_to_live_response_t,
) {
    quiet(|| Response::free(response));
}

/// Frees a response and all that it points to.
///
/// @param response  May be NULL. Not one that belongs to an event.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_lease_list_response_free(response: *mut etcd_lease_list_response_t) {
    quiet(|| Response::free(response));
}
