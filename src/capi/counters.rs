//! Counters.

use super::client::etcd_client_t;
use super::error::etcd_error_t;
use super::options::{fill, Options};
use super::{guard, handle, out, quiet, text};
use crate::error::Error;
use crate::observe::counters;
use crate::status::*;
use std::ffi::{c_char, CString};

/// Counters of a client since it was opened; they never fall. Begin with ETCD_COUNTERS_INIT;
/// later versions append fields.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_counters_t {
    /// Set by ETCD_COUNTERS_INIT.
    pub size: usize,
    /// Calls begun. A call counts once, however often it is sent. The library's own calls are
    /// included, such as those that begin a watch. Streams of watches, keepalives and pages are
    /// not.
    pub calls: u64,
    /// Calls that ended with an error, or were cancelled.
    pub calls_failed: u64,
    /// Number of times a call was sent again, or to a second member.
    pub retries: u64,
    /// Connections that were established. 0 for mem:.
    pub connections_opened: u64,
    /// Connections that have ended without being closed by the client.
    pub connections_lost: u64,
    /// Number of times a watch was resumed after a break.
    pub watches_resumed: u64,
    /// Number of times a watch was cancelled because its reader fell behind, and later resumed
    /// from the next event.
    pub watches_paused: u64,
    /// Number of times the current keys were delivered in place of events that were compacted
    /// away, with ETCD_WATCH_RESYNC.
    pub watches_resynced: u64,
    /// Events delivered to the readers of watches.
    pub watch_events: u64,
    /// Events that a server sent twice, and that were dropped.
    pub watch_duplicates: u64,
    /// Authentication tokens fetched, the first included.
    pub token_refreshes: u64,
    /// Renewals requested for leases of etcd_lease_keep_alive_open().
    pub keep_alives_sent: u64,
    /// Renewals answered.
    pub keep_alives_answered: u64,
    /// Kept-alive leases that were not ended by this client: lost, refused, or revoked by
    /// another client.
    pub leases_lost: u64,
    /// Bytes written to connections, TLS and HTTP/2 included.
    pub bytes_sent: u64,
    /// Bytes read from connections.
    pub bytes_received: u64,
}

unsafe impl Options for etcd_counters_t {
    const NAME: &'static str = "etcd_counters_t";
    const FIRST_SIZE: usize = 136;
}

/// Reads a client's counters.
///
/// Does not block, and does not slow the client down. Each number is exact; the numbers are
/// not all of one moment.
///
/// @param client        Open client.
/// @param[in,out] counters  Begin with ETCD_COUNTERS_INIT. Fields that this version does not
///                      know are set to 0. Unchanged after a failure.
/// @param[out] err      May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED, ETCD_ERR_BAD_HANDLE or
///         ETCD_ERR_FORKED.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_client_counters(
    client: *mut etcd_client_t,
    counters: *mut etcd_counters_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        if counters.is_null() {
            return Err(Error::invalid("counters is NULL"));
        }
        let all = handle::get(client)?.core().telemetry.counters.all();
        let mut fields = [0; counters::COUNT + 1];
        fields[1..].copy_from_slice(&all);
        // SAFETY: a size and the counters, in the order in which they are numbered.
        fill(counters, std::mem::transmute::<[u64; counters::COUNT + 1], etcd_counters_t>(fields))?;
        Ok(ETCD_OK)
    })
}

/// Returns a client's counters, and the state of its connections, as text for Prometheus.
///
/// The names are the fields of etcd_counters_t between "libetcd_" and "_total", and
/// libetcd_connection_up, each with a HELP and a TYPE line. Prometheus accepts a name once in a
/// text: a program with several clients serves each text on a page of its own, or writes one
/// text from etcd_client_counters().
///
/// @param client    Open client.
/// @param label     Value of a label `client` on every line; NULL or "" for no label.
/// @param[out] out  The text, with a newline at its end; free it with etcd_text_free().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_client_counters_text(
    client: *mut etcd_client_t,
    label: *const c_char,
    out: *mut *mut c_char,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        let label = text(label, "label")?.unwrap_or_default();
        let telemetry = &client.core().telemetry;
        let text = counters::text(&telemetry.counters, label, &telemetry.connections.all());
        let text = CString::new(text).map_err(|_| Error::invalid("a NUL in a name"))?;
        out.write(text.into_raw());
        Ok(ETCD_OK)
    })
}

/// Frees a text of etcd_client_counters_text().
///
/// @param text  May be NULL. Its length must not have been changed.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_text_free(text: *mut c_char) {
    quiet(|| {
        if !text.is_null() {
            drop(CString::from_raw(text));
        }
    });
}
