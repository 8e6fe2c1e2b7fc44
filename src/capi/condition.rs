//! Writes of a key on the condition that it is as it was seen, and with a
//! lease of its own.

use super::client::etcd_client_t;
use super::error::etcd_error_t;
use super::event::{submit, submit_work, ETCD_EVENT_IF_RESPONSE};
use super::kv::*;
use super::pairs::{etcd_put_response_t, Pairs};
use super::queue::{etcd_call_t, etcd_queue_t};
use super::response::{first, run, unread, Response};
use super::types::{etcd_bytes_t, etcd_header_t, etcd_kv_t};
use super::{bytes, clear, guard, handle, out, quiet};
use crate::client::kv::Keys;
use crate::client::lease::with_new_lease;
use crate::client::txn::{if_unchanged, Op, Seen};
use crate::client::{Call, Client};
use crate::error::{Error, Result};
use crate::status::*;
use crate::wire::decode::{self, Malformed, Part, DELETE_RANGE, PUT, RANGE};
use crate::wire::proto::LeaseGrantResponse;
use std::ffi::c_void;
use std::future::Future;

/// Reply to a write with a condition. Made by the library; read it, never copy it
/// or take its size: later versions append fields. Free it with
/// etcd_if_response_free().
#[repr(C)]
pub struct etcd_if_response_t {
    /// Who answered; header.revision is that of the write, if there was one.
    pub header: etcd_header_t,
    /// After success what was there before, with ETCD_PREV_KV; else what is there.
    /// NULL if there is nothing. Valid until the response is freed.
    pub kv: *const etcd_kv_t,
    /// Whether the condition held, and with that whether the write was done.
    pub succeeded: bool,
}

impl Response for etcd_if_response_t {
    const EVENT: i32 = ETCD_EVENT_IF_RESPONSE;
    /// The pairs, and the message that they point into.
    type Storage = (Vec<etcd_kv_t>, Vec<u8>);
    fn parse(message: Vec<u8>, prefix: &[u8]) -> Result<(Self, Self::Storage)> {
        let mut only = Err(Malformed.into());
        let decoded = decode::txn(&message, |part| {
            only = match part {
                Part::Range(reply) => Pairs::read(&RANGE, reply, prefix),
                Part::Put(reply) => Pairs::read(&PUT, reply, prefix),
                Part::Delete(reply) => Pairs::read(&DELETE_RANGE, reply, prefix),
                Part::Txn(_) => Err(Malformed.into()),
            };
        });
        let (header, succeeded) = decoded?;
        let header = header.ok_or(Malformed)?;
        let (_, kvs) = only?;
        let public = etcd_if_response_t { header: header.into(), kv: first(&kvs), succeeded };
        Ok((public, (kvs, message)))
    }
}

fn revision<'a>(seen: i64) -> Result<Seen<'a>> {
    match seen < 0 {
        true => Err(Error::invalid(format!("seen is {seen}"))),
        false => Ok(Seen::Revision(seen)),
    }
}

unsafe fn put_if(
    client: &Client,
    key: etcd_bytes_t,
    seen: Seen<'_>,
    value: etcd_bytes_t,
    options: *const etcd_put_options_t,
) -> Result<Call> {
    let (how, common) = put_options(options)?;
    let key = bytes(key, "key")?;
    let put = Op::put(key, bytes(value, "value")?, &how)?;
    client.commit(&if_unchanged(key, seen, put)?, common)
}

unsafe fn delete_if(
    client: &Client,
    key: etcd_bytes_t,
    seen: Seen<'_>,
    options: *const etcd_delete_options_t,
) -> Result<Call> {
    match delete_options(key, options)? {
        (Keys::One(key), prev_kv, common) => {
            let delete = Op::delete(Keys::One(key), prev_kv)?;
            client.commit(&if_unchanged(key, seen, delete)?, common)
        }
        _ => Err(Error::invalid(
            "range_end, ETCD_PREFIX, ETCD_FROM_KEY: the condition is for one key",
        )),
    }
}

/// Creates a key: writes it if it does not exist.
///
/// One transaction; blocks and fails as etcd_kv_put() does. That the condition does
/// not hold is no error: then succeeded is false, kv is what the key is now, and
/// nothing was changed.
///
/// @param client   Open client.
/// @param key      Any bytes but none, copied.
/// @param value    Any bytes, copied.
/// @param options  May be NULL for defaults, as of etcd_kv_put().
/// @param[out] out The reply; free it with etcd_if_response_free().
/// @param[out] err May be NULL. On failure an error with the outcome; free it with
///                 etcd_error_free().
/// @return As etcd_kv_put().
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_put_if_absent(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    value: etcd_bytes_t,
    options: *const etcd_put_options_t,
    out: *mut *mut etcd_if_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        run(&client, put_if(&client, key, Seen::Revision(0), value, options)?, out)
    })
}

/// Starts etcd_kv_put_if_absent() and returns at once.
///
/// The end of the call, successful or not, arrives on the queue as an event of
/// type ETCD_EVENT_IF_RESPONSE.
///
/// @param client    Open client.
/// @param key       As etcd_kv_put_if_absent(). Copied.
/// @param value     Any bytes, copied.
/// @param options   May be NULL for defaults. Copied.
/// @param queue     Open queue, which may serve any number of clients.
/// @param user_data Given back by etcd_event_user_data(); never followed.
/// @param[out] op   As etcd_kv_get_async().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_kv_get_async(), or ETCD_ERR_SEND_TOO_LARGE.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_put_if_absent_async(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    value: etcd_bytes_t,
    options: *const etcd_put_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let client = handle::get(client)?;
        let call = put_if(&client, key, Seen::Revision(0), value, options)?;
        submit::<etcd_if_response_t>(&client, call, queue, user_data, op)
    })
}

/// Writes a key if it has the value that the caller has seen.
///
/// As etcd_kv_put_if_absent().
///
/// @param client   Open client.
/// @param key      Any bytes but none, copied.
/// @param seen     The value it must have; any bytes, copied.
/// @param value    Any bytes, copied.
/// @param options  May be NULL for defaults, as of etcd_kv_put().
/// @param[out] out The reply; free it with etcd_if_response_free().
/// @param[out] err May be NULL. On failure an error with the outcome; free it with
///                 etcd_error_free().
/// @return As etcd_kv_put().
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_put_if_value(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    seen: etcd_bytes_t,
    value: etcd_bytes_t,
    options: *const etcd_put_options_t,
    out: *mut *mut etcd_if_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        run(&client, put_if(&client, key, Seen::Value(bytes(seen, "seen")?), value, options)?, out)
    })
}

/// Starts etcd_kv_put_if_value() and returns at once.
///
/// The end of the call, successful or not, arrives on the queue as an event of
/// type ETCD_EVENT_IF_RESPONSE.
///
/// @param client    Open client.
/// @param key       As etcd_kv_put_if_value(). Copied.
/// @param seen      The value it must have; any bytes, copied.
/// @param value     Any bytes, copied.
/// @param options   May be NULL for defaults. Copied.
/// @param queue     Open queue, which may serve any number of clients.
/// @param user_data Given back by etcd_event_user_data(); never followed.
/// @param[out] op   As etcd_kv_get_async().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_kv_get_async(), or ETCD_ERR_SEND_TOO_LARGE.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_put_if_value_async(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    seen: etcd_bytes_t,
    value: etcd_bytes_t,
    options: *const etcd_put_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let client = handle::get(client)?;
        let call = put_if(&client, key, Seen::Value(bytes(seen, "seen")?), value, options)?;
        submit::<etcd_if_response_t>(&client, call, queue, user_data, op)
    })
}

/// Writes a key if it has not changed since the caller has seen it.
///
/// As etcd_kv_put_if_absent(). Where two writers have one key, each reads it, writes
/// it with this call, and if it did not succeed begins anew with the kv returned.
///
/// @param client   Open client.
/// @param key      Any bytes but none, copied.
/// @param seen     Its mod_revision as the caller has seen it; 0 if it must not exist.
/// @param value    Any bytes, copied.
/// @param options  May be NULL for defaults, as of etcd_kv_put().
/// @param[out] out The reply; free it with etcd_if_response_free().
/// @param[out] err May be NULL. On failure an error with the outcome; free it with
///                 etcd_error_free().
/// @return As etcd_kv_put().
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_put_if_revision(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    seen: i64,
    value: etcd_bytes_t,
    options: *const etcd_put_options_t,
    out: *mut *mut etcd_if_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        run(&client, put_if(&client, key, revision(seen)?, value, options)?, out)
    })
}

/// Starts etcd_kv_put_if_revision() and returns at once.
///
/// The end of the call, successful or not, arrives on the queue as an event of
/// type ETCD_EVENT_IF_RESPONSE.
///
/// @param client    Open client.
/// @param key       As etcd_kv_put_if_revision(). Copied.
/// @param seen      Its mod_revision as the caller has seen it; 0 if it must not exist.
/// @param value     Any bytes, copied.
/// @param options   May be NULL for defaults. Copied.
/// @param queue     Open queue, which may serve any number of clients.
/// @param user_data Given back by etcd_event_user_data(); never followed.
/// @param[out] op   As etcd_kv_get_async().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_kv_get_async(), or ETCD_ERR_SEND_TOO_LARGE.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_put_if_revision_async(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    seen: i64,
    value: etcd_bytes_t,
    options: *const etcd_put_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let client = handle::get(client)?;
        let call = put_if(&client, key, revision(seen)?, value, options)?;
        submit::<etcd_if_response_t>(&client, call, queue, user_data, op)
    })
}

/// Deletes a key if it has the value that the caller has seen.
///
/// As etcd_kv_put_if_absent().
///
/// @param client   Open client.
/// @param key      Any bytes but none, copied.
/// @param seen     The value it must have; any bytes, copied.
/// @param options  May be NULL for defaults, as of etcd_kv_delete(); for one key.
/// @param[out] out The reply; free it with etcd_if_response_free().
/// @param[out] err May be NULL. On failure an error with the outcome; free it with
///                 etcd_error_free().
/// @return As etcd_kv_put().
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_delete_if_value(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    seen: etcd_bytes_t,
    options: *const etcd_delete_options_t,
    out: *mut *mut etcd_if_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        run(&client, delete_if(&client, key, Seen::Value(bytes(seen, "seen")?), options)?, out)
    })
}

/// Starts etcd_kv_delete_if_value() and returns at once.
///
/// The end of the call, successful or not, arrives on the queue as an event of
/// type ETCD_EVENT_IF_RESPONSE.
///
/// @param client    Open client.
/// @param key       As etcd_kv_delete_if_value(). Copied.
/// @param seen      The value it must have; any bytes, copied.
/// @param options   May be NULL for defaults. Copied.
/// @param queue     Open queue, which may serve any number of clients.
/// @param user_data Given back by etcd_event_user_data(); never followed.
/// @param[out] op   As etcd_kv_get_async().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_kv_get_async(), or ETCD_ERR_SEND_TOO_LARGE.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_delete_if_value_async(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    seen: etcd_bytes_t,
    options: *const etcd_delete_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let client = handle::get(client)?;
        let call = delete_if(&client, key, Seen::Value(bytes(seen, "seen")?), options)?;
        submit::<etcd_if_response_t>(&client, call, queue, user_data, op)
    })
}

/// Deletes a key if it has not changed since the caller has seen it.
///
/// As etcd_kv_put_if_absent().
///
/// @param client   Open client.
/// @param key      Any bytes but none, copied.
/// @param seen     Its mod_revision as the caller has seen it.
/// @param options  May be NULL for defaults, as of etcd_kv_delete(); for one key.
/// @param[out] out The reply; free it with etcd_if_response_free().
/// @param[out] err May be NULL. On failure an error with the outcome; free it with
///                 etcd_error_free().
/// @return As etcd_kv_put().
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_delete_if_revision(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    seen: i64,
    options: *const etcd_delete_options_t,
    out: *mut *mut etcd_if_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        run(&client, delete_if(&client, key, revision(seen)?, options)?, out)
    })
}

/// Starts etcd_kv_delete_if_revision() and returns at once.
///
/// The end of the call, successful or not, arrives on the queue as an event of
/// type ETCD_EVENT_IF_RESPONSE.
///
/// @param client    Open client.
/// @param key       As etcd_kv_delete_if_revision(). Copied.
/// @param seen      Its mod_revision as the caller has seen it.
/// @param options   May be NULL for defaults. Copied.
/// @param queue     Open queue, which may serve any number of clients.
/// @param user_data Given back by etcd_event_user_data(); never followed.
/// @param[out] op   As etcd_kv_get_async().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_kv_get_async(), or ETCD_ERR_SEND_TOO_LARGE.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_delete_if_revision_async(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    seen: i64,
    options: *const etcd_delete_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let client = handle::get(client)?;
        let call = delete_if(&client, key, revision(seen)?, options)?;
        submit::<etcd_if_response_t>(&client, call, queue, user_data, op)
    })
}

/// Writes a key that is gone after a while: with a lease of its own, which is not
/// renewed.
///
/// A grant and a put; fails as etcd_kv_put() does, and the outcome is that of the
/// put. When the key was not written the lease is given back.
///
/// @param client   Open client.
/// @param key      Any bytes but none, copied.
/// @param value    Any bytes, copied.
/// @param ttl      Seconds; at least 1. Servers have a least ttl of their own, 2 s as a rule.
/// @param options  May be NULL for defaults; without a lease. The deadline is for both.
/// @param[out] out May be NULL if the reply is not wanted; else with the lease, and with the
///                 ttl that the server granted; free it with etcd_put_response_free().
/// @param[out] err May be NULL. On failure an error with the outcome; free it with
///                 etcd_error_free().
/// @return As etcd_kv_put(), or ETCD_ERR_LEASE_TTL_TOO_LARGE.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_put_ttl(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    value: etcd_bytes_t,
    ttl: i64,
    options: *const etcd_put_options_t,
    out: *mut *mut etcd_put_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(out);
        let client = handle::get(client)?;
        let work = put_ttl(&client, key, value, ttl, options)?;
        let written = client.wait(work)?;
        if !out.is_null() {
            out.write(with_lease(written, &client.namespace().prefix)?);
        }
        Ok(ETCD_OK)
    })
}

/// Starts etcd_kv_put_ttl() and returns at once.
///
/// Its end arrives on the queue as ETCD_EVENT_PUT_RESPONSE. Cancelled half way it
/// may have been done: the outcome says MAYBE.
///
/// @param client    Open client.
/// @param key       As etcd_kv_put_ttl().
/// @param value     As etcd_kv_put_ttl().
/// @param ttl       As etcd_kv_put_ttl().
/// @param options   As etcd_kv_put_ttl().
/// @param queue     As etcd_kv_get_async().
/// @param user_data As etcd_kv_get_async().
/// @param[out] op   As etcd_kv_get_async().
/// @param[out] err  As etcd_kv_get_async().
/// @return As etcd_kv_get_async().
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_kv_put_ttl_async(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    value: etcd_bytes_t,
    ttl: i64,
    options: *const etcd_put_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    op: *mut *mut etcd_call_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(op);
        let client = handle::get(client)?;
        let work = put_ttl(&client, key, value, ttl, options)?;
        let prefix = client.namespace().prefix.clone();
        let response = move |written: Result<_>| with_lease(written?, &prefix);
        submit_work(&client, work, response, queue, user_data, op)
    })
}

type WithLease = (LeaseGrantResponse, Vec<u8>);

unsafe fn put_ttl(
    client: &Client,
    key: etcd_bytes_t,
    value: etcd_bytes_t,
    ttl: i64,
    options: *const etcd_put_options_t,
) -> Result<impl Future<Output = Result<WithLease>> + Send + 'static> {
    let (how, common) = put_options(options)?;
    if how.lease != 0 || how.ignore_lease {
        return Err(Error::invalid(
            "lease, ETCD_PUT_IGNORE_LEASE: the key gets a lease of its own",
        ));
    }
    let (key, value) = (bytes(key, "key")?, bytes(value, "value")?);
    let grant = client.grant(ttl, 0, common)?;
    let put = client.put_later(key, value, &how, common)?;
    let core = client.core().clone();
    Ok(async move { with_new_lease(&core, grant, put, |_| Ok(())).await })
}

fn with_lease((lease, message): WithLease, prefix: &[u8]) -> Result<*mut etcd_put_response_t> {
    let response = etcd_put_response_t::decode(message, prefix).map_err(|e| unread(e, true))?;
    // SAFETY: made just now.
    unsafe { ((*response).lease, (*response).ttl) = (lease.id, lease.ttl) };
    Ok(response)
}

/// Frees a response and all that it points to.
///
/// @param response  May be NULL. Not one that belongs to an event.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_if_response_free(response: *mut etcd_if_response_t) {
    quiet(|| Response::free(response));
}
