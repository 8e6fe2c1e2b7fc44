//! Operations as values: made once, executed alone or in transactions.

use super::error::etcd_error_t;
use super::exports::{call, Request};
use super::kv::*;
use super::options::*;
use super::pairs::*;
use super::response::{unread, Reply, Response};
use super::submit::{submit, Destination};
use super::txn::*;
use super::types::etcd_bytes_t;
use super::{guard, handle, out, quiet};
use crate::client::txn::{Kind, Op};
use crate::client::{Call, Client};
use crate::error::Result;
use crate::status::*;
use std::sync::Arc;

/// A get, put, delete or transaction that can be executed any number of times. Opaque. It never
/// changes, and belongs to no client.
pub struct etcd_op_t(());

handle::kind!(11, etcd_op_t, Op, "op");

/// Hands out what was made.
unsafe fn make(
    out: *mut *mut etcd_op_t,
    err: *mut *mut etcd_error_t,
    op: impl FnOnce() -> Result<Op>,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        out.write(handle::insert(Arc::new(op()?))?);
        Ok(ETCD_OK)
    })
}

/// A call whose response is that of its operation.
struct Perform {
    call: Call,
    kind: Kind,
}

impl Request<etcd_op_response_t> for Perform {
    unsafe fn run(
        self,
        client: &Client,
        out: *mut *mut etcd_op_response_t,
    ) -> Result<etcd_status_t> {
        let changes = self.call.effect.changes();
        let message = client.run(self.call)?;
        if !out.is_null() {
            let response = decoded(self.kind, message, &client.namespace().prefix)
                .map_err(|error| unread(error, changes))?;
            out.write(Box::into_raw(Box::new(response)));
        }
        Ok(ETCD_OK)
    }

    unsafe fn submit(self, client: &Client, to: Destination) -> Result<etcd_status_t> {
        let (submit, kind): (unsafe fn(_, _, _) -> _, _) = match self.kind {
            Kind::Get => (submit::<etcd_get_response_t>, ETCD_EVENT_GET_RESPONSE),
            Kind::Put => (submit::<etcd_put_response_t>, ETCD_EVENT_PUT_RESPONSE),
            Kind::Delete => (submit::<etcd_delete_response_t>, ETCD_EVENT_DELETE_RESPONSE),
            Kind::Txn => (submit::<etcd_txn_response_t>, ETCD_EVENT_TXN_RESPONSE),
        };
        submit(client, self.call, Destination { kind, ..to })
    }
}

fn decoded(kind: Kind, message: Vec<u8>, prefix: &[u8]) -> Result<etcd_op_response_t> {
    let mut response = etcd_op_response_t::NONE;
    match kind {
        Kind::Get => {
            response.kind = ETCD_EVENT_GET_RESPONSE;
            response.range = Reply::decode(message, prefix)?;
        }
        Kind::Put => {
            response.kind = ETCD_EVENT_PUT_RESPONSE;
            response.put = Reply::decode(message, prefix)?;
        }
        Kind::Delete => {
            response.kind = ETCD_EVENT_DELETE_RESPONSE;
            response.deleted = Reply::decode(message, prefix)?;
        }
        Kind::Txn => {
            response.kind = ETCD_EVENT_TXN_RESPONSE;
            response.txn = Reply::decode(message, prefix)?;
        }
    }
    Ok(response)
}

/// Creates a get.
///
/// @param key      As etcd_kv_get(). Copied.
/// @param options  May be NULL for defaults; without a deadline, which is given to the call that
///                 executes it. Copied.
/// @param[out] out The operation; free it with etcd_op_free().
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_SORT_OPTION,
///         ETCD_ERR_UNSUPPORTED, ETCD_ERR_NO_RESOURCES or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_op_new_get(
    key: etcd_bytes_t,
    options: *const etcd_get_options_t,
    out: *mut *mut etcd_op_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    make(out, err, || get_op(key, options))
}

/// Creates a put.
///
/// @param key      As etcd_kv_put(). Copied.
/// @param value    As etcd_kv_put(). Copied.
/// @param options  As etcd_op_new_get().
/// @param[out] out The operation; free it with etcd_op_free().
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_op_new_get(), or ETCD_ERR_SEND_TOO_LARGE.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_op_new_put(
    key: etcd_bytes_t,
    value: etcd_bytes_t,
    options: *const etcd_put_options_t,
    out: *mut *mut etcd_op_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    make(out, err, || put_op(key, value, options))
}

/// Creates a delete.
///
/// @param key      As etcd_kv_delete(). Copied.
/// @param options  As etcd_op_new_get().
/// @param[out] out The operation; free it with etcd_op_free().
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_op_new_get().
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_op_new_delete(
    key: etcd_bytes_t,
    options: *const etcd_delete_options_t,
    out: *mut *mut etcd_op_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    make(out, err, || delete_op(key, options))
}

/// Creates an operation from a transaction: a copy of its current state.
///
/// @param txn      Transaction.
/// @param[out] out The operation; free it with etcd_op_free().
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_NO_RESOURCES, ETCD_ERR_BAD_HANDLE,
///         ETCD_ERR_FORKED, or the error that is in the transaction (see etcd_txn_new()).
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_op_new_txn(
    txn: *const etcd_txn_t,
    out: *mut *mut etcd_op_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    make(out, err, || txn_op(txn))
}

/// Frees an operation. Calls in progress and transactions that it was added to keep their copy.
///
/// @param op  May be NULL, or freed already.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_op_free(op: *mut etcd_op_t) {
    quiet(|| {
        let _ = handle::remove(op);
    });
}

/// Adds an operation to a transaction, as etcd_txn_get(), etcd_txn_put() and etcd_txn_delete() do.
///
/// @param txn     Transaction.
/// @param branch  ETCD_BRANCH_THEN or ETCD_BRANCH_ELSE.
/// @param op      The operation. It is not changed.
/// @return As etcd_txn_compare(). A wrong op is ETCD_ERR_BAD_HANDLE, which the transaction keeps.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_txn_add(
    txn: *mut etcd_txn_t,
    branch: i32,
    op: *const etcd_op_t,
) -> etcd_status_t {
    change(txn, |txn| {
        let op = handle::get(op)?;
        txn.add(self::branch(branch)?, Op::clone(&op))
    })
}

/// The kind is that of the operation: see [`Perform`].
const EVENT_OF_OP: i32 = 0;

call! {
    /// Executes an operation. It may be executed any number of times.
    ///
    /// The call does what etcd_kv_get(), etcd_kv_put(), etcd_kv_delete() or etcd_txn_commit()
    /// does, and fails as that does. The kind of the response says which of them it was. The
    /// event that ends an asynchronous call is that of the operation:
    /// ETCD_EVENT_GET_RESPONSE, ETCD_EVENT_PUT_RESPONSE, ETCD_EVENT_DELETE_RESPONSE or
    /// ETCD_EVENT_TXN_RESPONSE, with the response of that kind.
    ///
    /// @param op The operation. It is not changed, and may be freed as soon as the call returns.
    /// @return the errors of that call.
    fn etcd_kv_do(
        client, op: *const etcd_op_t, options: *const etcd_call_options_t,
    ) -> Option<etcd_op_response_t> {
        let op = handle::get(op)?;
        let options = copy(options)?;
        let common = common(options.timeout_ms, options.flags, 0)?;
        Ok(Perform { call: client.perform(&op, common)?, kind: op.kind() })
    }
    async etcd_kv_do_async => EVENT_OF_OP
}

/// Frees the response of etcd_kv_do() and all that it points to.
///
/// @param response  May be NULL. Not one that is an element of another response.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_op_response_free(response: *mut etcd_op_response_t) {
    quiet(|| {
        if response.is_null() {
            return;
        }
        let response = Box::from_raw(response);
        Response::free(response.range.cast_mut());
        Response::free(response.put.cast_mut());
        Response::free(response.deleted.cast_mut());
        Response::free(response.txn.cast_mut());
    });
}
