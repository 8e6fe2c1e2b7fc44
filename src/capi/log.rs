//! The log.

use super::types::UserData;
use crate::error::printable;
use crate::observe::log::{Level, Log, Record};
use crate::status::etcd_status_t;
use std::ffi::{c_char, c_void, CString};

/// For etcd_client_options_t.log_level: defects in the library.
pub const ETCD_LOG_ERROR: u32 = 3;
/// For etcd_client_options_t.log_level: also troubles: connections that are lost or refused,
/// watches and leases that have ended.
pub const ETCD_LOG_WARN: u32 = 4;
/// For etcd_client_options_t.log_level: also new connections, watches that were resumed after a
/// break, new tokens. The default.
pub const ETCD_LOG_INFO: u32 = 6;
/// For etcd_client_options_t.log_level: also each retry of a call.
pub const ETCD_LOG_DEBUG: u32 = 7;

/// A line of the log. It is valid until the callback returns; later versions append fields. The
/// texts are never NULL and have no control characters. They never have passwords, tokens, keys
/// or values.
#[repr(C)]
pub struct etcd_log_record_t {
    /// ETCD_LOG_ERROR to ETCD_LOG_DEBUG.
    pub level: u32,
    /// The status of the error; ETCD_OK if there is none.
    pub status: etcd_status_t,
    /// The subject: "connection", "call", "token", "watch" or "lease"; later versions add
    /// others.
    pub what: *const c_char,
    /// The endpoint as it was given; "" for none.
    pub endpoint: *const c_char,
    /// What happened, for people, without endpoint, level and time; about 1 KiB at most. The
    /// wording may change between versions.
    pub message: *const c_char,
}

/// Receives a line of a client's log, and the client's log_arg. It is called on the library's
/// thread and on threads that make calls, also by several threads at once. Calls wait while it
/// runs: it should be quick, and must not wait for a lock that is held around calls into the
/// library. In it, calls on clients, queues and other handles fail with ETCD_ERR_UNSUPPORTED; a
/// function without a result does nothing: what was to be closed or freed stays open. Afterwards
/// a line with ETCD_ERR_UNSUPPORTED says so. It is not called after etcd_client_close() has
/// returned.
pub type etcd_log_cb =
    Option<unsafe extern "C" fn(record: *const etcd_log_record_t, arg: *mut c_void)>;

pub(super) fn level(level: u32) -> Option<Level> {
    match level {
        ETCD_LOG_ERROR => Some(Level::Error),
        ETCD_LOG_WARN => Some(Level::Warn),
        0 | ETCD_LOG_INFO => Some(Level::Info),
        ETCD_LOG_DEBUG => Some(Level::Debug),
        _ => None,
    }
}

/// A log that goes to the callback, or nowhere.
pub(super) fn log(level: Level, callback: etcd_log_cb, arg: *mut c_void) -> Log {
    let Some(callback) = callback else { return Log::default() };
    let arg = UserData(arg);
    let sink = move |record: &Record<'_>| {
        // All of it is moved here, not the bare pointer.
        let whole = arg;
        let UserData(arg) = whole;
        let line = |text: &str| CString::new(printable(text)).unwrap_or_default();
        let what = line(record.what);
        let (endpoint, message) = (line(record.endpoint), line(&record.message.to_string()));
        let record = etcd_log_record_t {
            level: record.level as u32,
            status: record.status,
            what: what.as_ptr(),
            endpoint: endpoint.as_ptr(),
            message: message.as_ptr(),
        };
        // SAFETY: the caller's function, as promised until close.
        unsafe { callback(&record, arg) };
    };
    Log::new(level, Box::new(sink))
}
