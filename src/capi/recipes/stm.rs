//! Software transactional memory.

use super::header_only;
use crate::capi::client::etcd_client_t;
use crate::capi::error::etcd_error_t;
use crate::capi::handle::kind;
use crate::capi::options::{copy, timeout, Options};
use crate::capi::pairs::{etcd_get_response_t, etcd_header_response_t};
use crate::capi::types::etcd_bytes_t;
use crate::capi::{bytes, guard, handle, known_flags, optional, out};
use crate::classic::Session as Client;
use crate::client::{retry_backoff, CallOptions};
use crate::error::{Error, Result};
use crate::recipes::stm::{Attempt, Commit, Isolation, Read};
use crate::status::*;
use crate::wire::proto::ResponseHeader;
use std::ffi::c_void;
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::time::sleep;

/// A transaction of memory while its function runs. Opaque; valid until the function returns.
pub struct etcd_stm_t(());

kind!(16, etcd_stm_t, Running, "stm");

/// For isolation: all reads are of one revision, and neither what was read nor what is written
/// was changed since by others.
pub const ETCD_STM_SERIALIZABLE_SNAPSHOT: i32 = 0;
/// For isolation: all reads are of one revision, and unchanged.
pub const ETCD_STM_SERIALIZABLE: i32 = 65;
/// For isolation: each key is read once, and unchanged.
pub const ETCD_STM_REPEATABLE_READS: i32 = 66;
/// For isolation: reads are of what was committed; nothing is checked.
pub const ETCD_STM_READ_COMMITTED: i32 = 67;

/// Options of etcd_stm_run(). Begin with ETCD_STM_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_stm_options_t {
    /// Set by ETCD_STM_OPTIONS_INIT.
    pub size: usize,
    /// An ETCD_STM_ number.
    pub isolation: i32,
    /// How often the function is called at most; 0 for as often as there is time.
    pub max_tries: u32,
    /// Deadline of all tries together in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for
    /// none.
    pub timeout_ms: u32,
    /// Must be 0.
    pub flags: u32,
}

unsafe impl Options for etcd_stm_options_t {
    const NAME: &'static str = "etcd_stm_options_t";
    const FIRST_SIZE: usize = 24;
}

/// The function of a transaction: it reads and writes with etcd_stm_get(), etcd_stm_put() and the
/// others, and may be called several times. It must do nothing else that matters.
///
/// @param stm  Valid until the function returns.
/// @param arg  As it was given to etcd_stm_run().
/// @return ETCD_OK to commit; a negative number aborts, and etcd_stm_run() returns it.
pub type etcd_stm_cb =
    Option<unsafe extern "C" fn(stm: *mut etcd_stm_t, arg: *mut c_void) -> etcd_status_t>;

/// An attempt in progress. None after its end.
pub struct Running {
    client: Arc<Client>,
    attempt: Arc<Mutex<Option<Attempt>>>,
}

fn over() -> Error {
    Error::new(ETCD_ERR_BAD_HANDLE, "stm: its function has returned")
}

fn isolation(number: i32) -> Result<Isolation> {
    match number {
        ETCD_STM_SERIALIZABLE_SNAPSHOT => Ok(Isolation::SerializableSnapshot),
        ETCD_STM_SERIALIZABLE => Ok(Isolation::Serializable),
        ETCD_STM_REPEATABLE_READS => Ok(Isolation::RepeatableReads),
        ETCD_STM_READ_COMMITTED => Ok(Isolation::ReadCommitted),
        other => Err(Error::invalid(format!("isolation is {other}"))),
    }
}

/// Runs a function as a transaction: what it writes is committed at once if what it read is
/// unchanged, else the function is called again.
///
/// The function runs on this thread. Between tries there are growing pauses with jitter. A try
/// after a conflict knows what the one before has read without asking a server again. Servers
/// take 128 conditions and 128 writes.
///
/// If the outcome of the commit is not known, it is not tried again: the error says
/// ETCD_MAYBE_APPLIED.
///
/// @param client   Open client.
/// @param function Called once for each try.
/// @param arg      Handed to the function; never read.
/// @param options  May be NULL for defaults. Copied.
/// @param[out] out May be NULL if the reply is not wanted; else free it with
///                 etcd_header_response_free(). header.revision is that of the commit.
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK; what the function returned, if that is negative: then nothing was written;
///         ETCD_ERR_CONFLICT after max_tries; ETCD_ERR_TIMEOUT, also if the tries take that long;
///         ETCD_ERR_TOO_MANY_OPS, or a status that any call returns.
/// @par Thread safety  Any thread, any number at once; also in the callback of a queue.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_stm_run(
    client: *mut etcd_client_t,
    function: etcd_stm_cb,
    arg: *mut c_void,
    options: *const etcd_stm_options_t,
    out: *mut *mut etcd_header_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        optional(out)?;
        let client = handle::get(client)?;
        let options = copy(options)?;
        known_flags(options.flags, 0)?;
        let function = function.ok_or_else(|| Error::invalid("function is NULL"))?;
        let timeout = timeout(options.timeout_ms);
        let until = client.core().until(CallOptions { timeout, require_leader: false });
        let mut attempt = Attempt::new(client.handle(), isolation(options.isolation)?, until);
        let mut backoff = retry_backoff();
        let mut tries = 0;
        let header = loop {
            tries += 1;
            attempt = match one_try(&client, attempt, |stm| function(stm, arg))? {
                Tried::Commit(attempt) => match client.wait(attempt.commit())? {
                    Commit::Done(header) => break header,
                    Commit::Conflict(next) => *next,
                },
                Tried::Again(next) => next,
            };
            let pause = backoff.next();
            let late = until.left().is_some_and(|left| left <= pause);
            if late || tries == options.max_tries {
                let status = if late { ETCD_ERR_TIMEOUT } else { ETCD_ERR_CONFLICT };
                let why = format!("others have written meanwhile, at each of {tries} tries");
                return Err(Error::new(status, why));
            }
            let paused = client.wait(async move {
                sleep(pause).await;
                Ok(())
            });
            paused.map_err(|error| error.maybe_applied(false))?;
        };
        if !out.is_null() {
            out.write(header_only(header)?);
        }
        Ok(ETCD_OK)
    })
}

enum Tried {
    Commit(Attempt),
    Again(Attempt),
}

/// Calls the function for an attempt.
unsafe fn one_try(
    client: &Arc<Client>,
    attempt: Attempt,
    function: impl FnOnce(*mut etcd_stm_t) -> etcd_status_t,
) -> Result<Tried> {
    let attempt = Arc::new(Mutex::new(Some(attempt)));
    let running = Running { client: client.clone(), attempt: attempt.clone() };
    let stm = handle::insert::<etcd_stm_t>(Arc::new(running))?;
    let status = function(stm);
    handle::remove(stm)?;
    let mut attempt = attempt.blocking_lock().take().ok_or_else(over)?;
    match (attempt.failed.take(), status) {
        // The revision of its reads is gone.
        (Some(error), _) if error.status == ETCD_ERR_COMPACTED => Ok(Tried::Again(attempt.again())),
        (Some(error), _) => Err(error),
        (None, ETCD_OK) => Ok(Tried::Commit(attempt)),
        (None, ..=-1) => {
            Err(Error::new(status, "the function of the transaction does not want to commit"))
        }
        (None, _) => Err(Error::invalid(format!("the function returned {status}"))),
    }
}

unsafe fn reply(stm: *mut etcd_stm_t, read: Read) -> Result<*mut etcd_get_response_t> {
    let stm = handle::get(stm)?;
    let attempt = stm.attempt.clone();
    let kvs = stm.client.wait(async move {
        let mut attempt = attempt.lock().await;
        attempt.as_mut().ok_or_else(over)?.read(read).await
    });
    let kvs = kvs.map_err(|error| error.maybe_applied(false))?;
    Ok(etcd_get_response_t::made_of(ResponseHeader::default(), &kvs))
}

/// Reads a key in the function of a transaction, as the transaction sees it: with what it has
/// written itself.
///
/// A key that it has written has 0 in place of its revisions and its version.
///
/// @param stm      Transaction in progress.
/// @param key      Any bytes, not empty.
/// @param[out] out The reply, whose header is all 0; free it with etcd_get_response_free().
///                 kv_count is 0 if the key does not exist.
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free(). Nothing is
///                 committed then, whatever the function returns.
/// @return ETCD_OK, ETCD_ERR_EMPTY_KEY, or as etcd_kv_get(). After ETCD_ERR_COMPACTED the function
///         is called again.
/// @par Thread safety  Any thread, until the function returns.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_stm_get(
    stm: *mut etcd_stm_t,
    key: etcd_bytes_t,
    out: *mut *mut etcd_get_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        out.write(reply(stm, Read::Key(bytes(key, "key")?.to_vec()))?);
        Ok(ETCD_OK)
    })
}

/// Reads all keys with a prefix in the function of a transaction, as the transaction sees them.
///
/// The commit checks that no key with the prefix is new, changed or gone: one condition for the
/// prefix and one for each key.
///
/// @param stm      Transaction in progress.
/// @param prefix   Any bytes; empty for all keys.
/// @param[out] out The reply; free it with etcd_get_response_free().
/// @param[out] err As etcd_stm_get().
/// @return As etcd_stm_get().
/// @par Thread safety  As etcd_stm_get().
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_stm_get_prefix(
    stm: *mut etcd_stm_t,
    prefix: etcd_bytes_t,
    out: *mut *mut etcd_get_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        out.write(reply(stm, Read::Prefix(bytes(prefix, "prefix")?.to_vec()))?);
        Ok(ETCD_OK)
    })
}

/// Puts a key in the function of a transaction.
///
/// @param stm   Transaction in progress.
/// @param key   Any bytes, not empty, copied.
/// @param value Any bytes, copied.
/// @param lease The lease that the key goes with; 0 for none.
/// @return ETCD_OK, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or
///         ETCD_ERR_FORKED.
/// @par Thread safety  As etcd_stm_get(). It asks no server.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_stm_put(
    stm: *mut etcd_stm_t,
    key: etcd_bytes_t,
    value: etcd_bytes_t,
    lease: i64,
) -> etcd_status_t {
    change(stm, key, move |attempt, key| {
        attempt.put(key, bytes(value, "value")?, lease);
        Ok(())
    })
}

/// Deletes a key in the function of a transaction. It is no error if it does not exist.
///
/// @param stm Transaction in progress.
/// @param key Any bytes, not empty, copied.
/// @return As etcd_stm_put().
/// @par Thread safety  As etcd_stm_put().
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_stm_delete(stm: *mut etcd_stm_t, key: etcd_bytes_t) -> etcd_status_t {
    change(stm, key, |attempt, key| {
        attempt.delete(key);
        Ok(())
    })
}

unsafe fn change(
    stm: *mut etcd_stm_t,
    key: etcd_bytes_t,
    change: impl FnOnce(&mut Attempt, &[u8]) -> Result<()>,
) -> etcd_status_t {
    guard(std::ptr::null_mut(), || {
        let stm = handle::get(stm)?;
        let key = bytes(key, "key")?;
        if key.is_empty() {
            return Err(Error::new(ETCD_ERR_EMPTY_KEY, "the key is empty"));
        }
        let mut attempt = stm.attempt.blocking_lock();
        change(attempt.as_mut().ok_or_else(over)?, key)?;
        Ok(ETCD_OK)
    })
}
