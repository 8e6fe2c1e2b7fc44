//! Errors as C sees them.

use super::c_string;
use crate::error::{one_line, Error, Outcome};
use crate::status::{self, etcd_status_t};
use std::ffi::{c_char, CString};

/// The call changed nothing, and never will.
pub const ETCD_NOT_APPLIED: i32 = 0;
/// The call may have taken effect, or may still do so: ask before repeating it.
pub const ETCD_MAYBE_APPLIED: i32 = 1;
/// For outcome: the call was applied, though it failed. Reserved: no call says so yet.
pub const ETCD_APPLIED: i32 = 2;

/// What went wrong, and what became of the call.
///
/// Read it as a response (@ref etcd_calls). Free it with etcd_error_free().
#[repr(C)]
pub struct etcd_error_t {
    /// The status that the call returned.
    pub status: etcd_status_t,
    /// The gRPC code (1 to 16) in the server's answer; -1 if the library found the error.
    pub grpc_code: i32,
    /// ETCD_NOT_APPLIED or ETCD_MAYBE_APPLIED. Reads are NOT_APPLIED, but for ETCD_ERR_INTERNAL.
    pub outcome: i32,
    /// Always 0.
    pub reserved: u32,
    /// The endpoint concerned, as it was given; "" if none or several. Never NULL.
    pub endpoint: *const c_char,
    /// What happened, in words, one line of UTF-8. Never NULL.
    pub message: *const c_char,
    /// Of a watch: with ETCD_ERR_COMPACTED the oldest revision that can still be watched, with
    /// ETCD_ERR_REPLY_TOO_LARGE the first one that was not delivered. Else 0.
    pub revision: i64,
}

#[repr(C)]
struct Owned {
    public: etcd_error_t,
    endpoint: CString,
    message: CString,
}

impl etcd_error_t {
    pub(super) fn new(error: Error) -> *mut etcd_error_t {
        // It may name what the caller gave, such as a file.
        let message = c_string(&one_line(&error.message));
        let endpoint = c_string(&error.endpoint);
        let public = etcd_error_t {
            status: error.status,
            grpc_code: error.grpc.unwrap_or(-1),
            outcome: match error.outcome {
                Outcome::NotApplied => ETCD_NOT_APPLIED,
                Outcome::MaybeApplied => ETCD_MAYBE_APPLIED,
            },
            reserved: 0,
            endpoint: endpoint.as_ptr(),
            message: message.as_ptr(),
            revision: error.revision,
        };
        Box::into_raw(Box::new(Owned { public, endpoint, message })).cast()
    }
}

/// Frees an error.
///
/// @param error  May be NULL.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_error_free(error: *mut etcd_error_t) {
    super::quiet(|| {
        if !error.is_null() {
            drop(Box::from_raw(error.cast::<Owned>()));
        }
    });
}

/// A status's name, such as "ETCD_ERR_TIMEOUT".
///
/// @param status  Any number.
/// @return A static string; "ETCD_ERR_?" for a number this version does not know.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub extern "C" fn etcd_status_name(status: etcd_status_t) -> *const c_char {
    status::find(status).map_or("ETCD_ERR_?\0", |status| status.name).as_ptr().cast()
}

/// What a status means, in a few words; for etcd's own errors the server's text.
///
/// @param status  Any number.
/// @return A static string; "unknown status" for a number this version does not know.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub extern "C" fn etcd_status_message(status: etcd_status_t) -> *const c_char {
    status::find(status).map_or("unknown status\0", |status| status.text).as_ptr().cast()
}

/// Whether the same call may succeed a little later or on another member.
///
/// Says nothing of a write that may have been applied: look at the outcome
/// first. Reads are repeated by the library itself until their deadline.
///
/// @param status  Any number.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub extern "C" fn etcd_status_is_retryable(status: etcd_status_t) -> bool {
    super::quiet(|| status::is_retryable(status))
}

/// Whether the call took too long: its deadline passed, or a server gave up waiting.
///
/// Each of these four predicates is false for ETCD_OK, for positive statuses and for numbers
/// that this version does not know. No status is of two of them.
///
/// @param status  Any number.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub extern "C" fn etcd_status_is_timeout(status: etcd_status_t) -> bool {
    super::quiet(|| status::is_timeout(status))
}

/// Whether no server could be reached, or none that can serve now, such as without a leader.
///
/// @param status  Any number.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub extern "C" fn etcd_status_is_unavailable(status: etcd_status_t) -> bool {
    super::quiet(|| status::is_unavailable(status))
}

/// Whether the servers refuse the caller: a wrong user, password or token, or a user without
/// permission.
///
/// @param status  Any number.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub extern "C" fn etcd_status_is_auth(status: etcd_status_t) -> bool {
    super::quiet(|| status::is_auth(status))
}

/// Whether what the call is about does not exist: a lease, member, user, role or key.
///
/// A get or delete of a key that does not exist is no error.
///
/// @param status  Any number.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub extern "C" fn etcd_status_is_not_found(status: etcd_status_t) -> bool {
    super::quiet(|| status::is_not_found(status))
}

/// Whether a write that ended with this status may have been applied.
///
/// The worst case: etcd_error_t.outcome knows more, such as that a connection
/// was never made.
///
/// @param status  Any number; ETCD_OK is applied.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub extern "C" fn etcd_status_may_be_applied(status: etcd_status_t) -> bool {
    super::quiet(|| status >= 0 || status::may_be_applied(status))
}
