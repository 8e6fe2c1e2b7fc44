//! The C ABI: check arguments, convert, guard, call down. No logic.
//!
//! Every exported function runs inside [`guard`] or [`quiet`]; nothing here
//! trusts a pointer it can check, and no Rust type crosses by value.

#![allow(non_camel_case_types)]
#![allow(clippy::missing_safety_doc)] // The contract is in the header, for C programmers.

pub mod admin;
pub mod call;
pub mod classic;
pub mod client;
pub mod condition;
pub mod connection;
pub mod counters;
pub mod dispatch;
pub mod endpoints;
pub mod error;
pub mod event;
mod exports;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod handle;
pub mod keepalive;
pub mod kv;
pub mod lease;
pub mod log;
pub mod options;
pub mod owned;
pub mod page;
pub mod pairs;
pub mod queue;
pub mod recipes;
pub mod request;
mod response;
mod stream;
mod submit;
pub mod txn;
pub mod types;
pub mod user_data;
pub mod version;
pub mod watch;

use crate::error::panics::caught;
use crate::error::{Error, Result};
use crate::status::*;
use crate::sys::Uncancelled;
use error::etcd_error_t;
use std::any::Any;
use std::ffi::{c_char, CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;
use types::{etcd_bytes_t, ETCD_WAIT_FOREVER};

/// Longest text argument: endpoint lists; paths and names are far shorter.
const MAX_TEXT: usize = 8 * 1024;

/// Runs an export's body. A panic becomes `ETCD_ERR_INTERNAL`; an error goes to
/// `err`, which is NULL after success.
unsafe fn guard(
    err: *mut *mut etcd_error_t,
    body: impl FnOnce() -> Result<etcd_status_t>,
) -> etcd_status_t {
    let _whole = Uncancelled::new();
    let result = without_panic(true, body);
    if !err.is_null() {
        err.write(std::ptr::null_mut());
    }
    match result {
        Ok(status) => status,
        Err(error) => {
            let status = error.status;
            if !err.is_null() {
                err.write(etcd_error_t::new(error));
            }
            status
        }
    }
}

/// Runs the body; a panic in it is an error, of a call that `changes` something.
fn without_panic<T>(changes: bool, body: impl FnOnce() -> Result<T>) -> Result<T> {
    let defect = |panic: Box<dyn Any + Send>| Error::defect(&*panic).maybe_applied(changes);
    caught(body).unwrap_or_else(|panic| Err(defect(panic)))
}

/// For exports that cannot fail: a panic becomes the default.
fn quiet<T: Default>(body: impl FnOnce() -> T) -> T {
    let _whole = Uncancelled::new();
    caught(body).unwrap_or_default()
}

/// An out-parameter, set to NULL before anything can fail.
unsafe fn out<T>(out: *mut *mut T, name: &str) -> Result<*mut *mut T> {
    if out.is_null() {
        return Err(Error::invalid(format!("{name} is NULL")));
    }
    out.write(std::ptr::null_mut());
    Ok(out)
}

/// The out-parameter of a call that is made for its response.
unsafe fn required<T>(out: *mut *mut T) -> Result<()> {
    self::out(out, "out").map(drop)
}

/// That of a call that may be made without.
unsafe fn optional<T>(out: *mut *mut T) -> Result<()> {
    clear(out);
    Ok(())
}

/// An out-parameter that may be NULL.
unsafe fn clear<T>(out: *mut *mut T) {
    if !out.is_null() {
        out.write(std::ptr::null_mut());
    }
}

/// A key or value argument.
unsafe fn bytes<'a>(bytes: etcd_bytes_t, name: &str) -> Result<&'a [u8]> {
    // No message is longer, and no slice may be.
    if bytes.len > i32::MAX as usize {
        let why = format!("{name}: {} bytes", bytes.len);
        return Err(Error::new(ETCD_ERR_SEND_TOO_LARGE, why));
    }
    match (bytes.data.is_null(), bytes.len) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Error::invalid(format!("{name}: data is NULL and len is not 0"))),
        (false, len) => Ok(std::slice::from_raw_parts(bytes.data, len)),
    }
}

/// The bytes of a C string, of which there are few.
unsafe fn c_bytes<'a>(string: *const c_char, name: &str) -> Result<&'a [u8]> {
    if string.is_null() {
        return Ok(&[]);
    }
    if libc::strnlen(string, MAX_TEXT + 1) > MAX_TEXT {
        return Err(Error::invalid(format!("{name}: longer than {MAX_TEXT} bytes")));
    }
    Ok(CStr::from_ptr(string).to_bytes())
}

/// A text argument; NULL and "" are none.
unsafe fn text<'a>(text: *const c_char, name: &str) -> Result<Option<&'a str>> {
    match std::str::from_utf8(c_bytes(text, name)?) {
        Ok("") => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(Error::invalid(format!("{name}: not UTF-8"))),
    }
}

/// A text for C: no NUL may end it early.
fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "?")).unwrap_or_default()
}

/// A file's name, which on Linux is any bytes; NULL and "" are none.
unsafe fn path<'a>(path: *const c_char, name: &str) -> Result<Option<&'a Path>> {
    let bytes = c_bytes(path, name)?;
    Ok((!bytes.is_empty()).then(|| Path::new(OsStr::from_bytes(bytes))))
}

/// A wait_ms argument; None waits for ever.
fn wait(wait_ms: i32) -> Result<Option<Duration>> {
    match wait_ms {
        ETCD_WAIT_FOREVER => Ok(None),
        0.. => Ok(Some(Duration::from_millis(wait_ms as u64))),
        _ => Err(Error::invalid(format!("wait_ms is {wait_ms}"))),
    }
}

/// Refuses flag bits that the call does not know.
fn known_flags(flags: u32, known: u32) -> Result<()> {
    match flags & !known {
        0 => Ok(()),
        unknown => {
            Err(Error::new(ETCD_ERR_UNSUPPORTED, format!("flags: {unknown:#x} is not known here")))
        }
    }
}
