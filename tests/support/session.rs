//! The classic calls, as C calls them, in a form that is easy to test with.

use super::ffi::{text, Failure};
use etcd::capi::classic::*;
use etcd::capi::client::etcd_client_last_error;
use etcd::capi::error::etcd_error_free;
use std::ffi::{c_char, c_int, CString};
use std::ptr::{null, null_mut};

/// A session; closed when dropped.
pub struct Session(pub etcd_session);
unsafe impl Send for Session {}
unsafe impl Sync for Session {}

/// An event: index, key, value.
pub type Change = (c_int, String, Option<String>);

fn c(text: &str) -> CString {
    CString::new(text).unwrap()
}

fn or_null(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(null(), |text| text.as_ptr())
}

/// Takes a string that the library has allocated.
unsafe fn take(string: *mut c_char) -> Option<String> {
    if string.is_null() {
        return None;
    }
    let copy = text(string);
    libc::free(string.cast());
    Some(copy)
}

impl Session {
    pub fn open(servers: &str) -> Session {
        let session = unsafe { etcd_open_str(c(servers).as_ptr()) };
        assert!(!session.is_null());
        Session(session)
    }

    pub fn get(&self, key: &str) -> Option<String> {
        unsafe { take(etcd_get(self.0, c(key).as_ptr())) }
    }

    pub fn set(&self, key: &str, value: &str, precond: Option<&str>, ttl: u32) -> etcd_result {
        let precond = precond.map(c);
        let (key, value) = (c(key), c(value));
        unsafe { etcd_set(self.0, key.as_ptr(), value.as_ptr(), or_null(&precond), ttl) }
    }

    pub fn delete(&self, key: &str) -> etcd_result {
        unsafe { etcd_delete(self.0, c(key).as_ptr()) }
    }

    pub fn leader(&self) -> Option<String> {
        unsafe { take(etcd_leader(self.0)) }
    }

    pub fn watch(&self, prefix: &str, index: Option<c_int>) -> Result<Change, etcd_result> {
        let (mut key, mut value, mut out) = (null_mut(), null_mut(), -1);
        let index = index.as_ref().map_or(null(), std::ptr::from_ref);
        let prefix = c(prefix);
        unsafe {
            match etcd_watch(self.0, prefix.as_ptr(), &mut key, &mut value, index, &mut out) {
                ETCD_OK => Ok((out, take(key).unwrap(), take(value))),
                failed => {
                    assert!(key.is_null() && value.is_null() && out == -1);
                    Err(failed)
                }
            }
        }
    }

    /// The index of the lock.
    pub fn lock(&self, name: &str, ttl: u32) -> Result<String, etcd_result> {
        self.lock_or_renew(name, ttl, None)
    }

    pub fn renew(&self, name: &str, ttl: u32, index: &str) -> etcd_result {
        match self.lock_or_renew(name, ttl, Some(index)) {
            Ok(same) => {
                assert_eq!(same, index);
                ETCD_OK
            }
            Err(failed) => failed,
        }
    }

    fn lock_or_renew(
        &self,
        name: &str,
        ttl: u32,
        index: Option<&str>,
    ) -> Result<String, etcd_result> {
        let index = index.map(c);
        let mut out = null_mut();
        unsafe {
            match etcd_lock(self.0, c(name).as_ptr(), ttl, or_null(&index), &mut out) {
                ETCD_OK => Ok(take(out).unwrap()),
                failed => {
                    assert!(out.is_null());
                    Err(failed)
                }
            }
        }
    }

    pub fn unlock(&self, name: &str, index: &str) -> etcd_result {
        unsafe { etcd_unlock(self.0, c(name).as_ptr(), c(index).as_ptr()) }
    }

    pub fn last_error(&self) -> Option<Failure> {
        let mut error = null_mut();
        unsafe {
            assert_eq!(etcd_client_last_error(self.0.cast(), &mut error), 0);
            let failure = (!error.is_null()).then(|| super::ffi::failure_of(error));
            etcd_error_free(error);
            failure
        }
    }

    pub fn close(&self) {
        unsafe { etcd_close_str(self.0) };
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.close();
    }
}
