//! The endpoints of an open client: read, set, and taken from the cluster.

use super::client::etcd_client_t;
use super::error::etcd_error_t;
use super::options::*;
use super::response::first;
use super::{guard, handle, out, quiet, text};
use crate::status::*;
use std::ffi::{c_char, CString};

/// A client's endpoints. Free it with etcd_client_endpoints_free().
#[repr(C)]
pub struct etcd_client_endpoints_t {
    /// The endpoints, as they were given or as the cluster announces them.
    pub names: *const *const c_char,
    /// Number of elements of names; at least 1.
    pub name_count: usize,
}

#[repr(C)]
struct Owned {
    public: etcd_client_endpoints_t,
    pointers: Vec<*const c_char>,
    names: Vec<CString>,
}

/// Returns the client's current endpoints. Does not block.
///
/// @param client    Open client.
/// @param[out] out  The list; free it with etcd_client_endpoints_free().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_client_endpoints(
    client: *mut etcd_client_t,
    out: *mut *mut etcd_client_endpoints_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let all = handle::get(client)?.endpoints();
        let names: Vec<_> = all.into_iter().filter_map(|name| CString::new(name).ok()).collect();
        let pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
        let public =
            etcd_client_endpoints_t { names: first(&pointers), name_count: pointers.len() };
        out.write(Box::into_raw(Box::new(Owned { public, pointers, names })).cast());
        Ok(ETCD_OK)
    })
}

/// Frees a list of endpoints.
///
/// @param endpoints  May be NULL.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_client_endpoints_free(endpoints: *mut etcd_client_endpoints_t) {
    quiet(|| {
        if !endpoints.is_null() {
            let Owned { public: _, pointers, names } = *Box::from_raw(endpoints.cast::<Owned>());
            drop((pointers, names));
        }
    });
}

/// Replaces the endpoints of a client while it works.
///
/// Does not block. An endpoint that is in both lists keeps its connection. When an endpoint is
/// removed, calls in progress on it may fail, and watches move to another endpoint without losing
/// an event. Calls wait until one of the new endpoints is connected, as after etcd_client_open().
///
/// The settings of etcd_client_open() apply to the new endpoints. A client with TLS cannot change
/// to endpoints without it, nor the other way round, and a password is not sent in the clear. A
/// client belongs to one cluster: members of another one are refused with
/// ETCD_ERR_CLUSTER_CHANGED. Open another client for them.
///
/// @param client     Open client; not one of mem:.
/// @param endpoints  As etcd_client_options_t.endpoints, but not mem:. Copied.
/// @param[out] err   May be NULL. On failure an error, and the endpoints are unchanged; free it
///                   with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_client_set_endpoints(
    client: *mut etcd_client_t,
    endpoints: *const c_char,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let client = handle::get(client)?;
        client.set_endpoints(text(endpoints, "endpoints")?.unwrap_or_default())?;
        Ok(ETCD_OK)
    })
}

/// Replaces the client's endpoints by those of the cluster's members.
///
/// Does what etcd_client_set_endpoints() does, with the client URLs of all members that have
/// started and are not learners. URLs that the client cannot use are left out: those of another
/// scheme (https if it uses TLS, else http), those to which it must not send its password, and
/// loopback addresses unless the member that answered was reached by one. If none is left, or none
/// of them answers, nothing changes. Members must announce URLs that can be reached from the
/// client (--advertise-client-urls). With mem: the call succeeds and changes nothing.
///
/// @param client    Open client.
/// @param options   NULL for all defaults.
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK; ETCD_ERR_UNAVAILABLE, also if no URL can be used or answers;
///         ETCD_ERR_TIMEOUT, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED,
///         ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED, ETCD_ERR_CLOSED, or a server's error.
/// @par Blocking  Until the cluster has answered, or the deadline.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_client_sync(
    client: *mut etcd_client_t,
    options: *const etcd_call_options_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let client = handle::get(client)?;
        let options = copy(options)?;
        client.sync(common(options.timeout_ms, options.flags, 0)?)?;
        Ok(ETCD_OK)
    })
}

#[cfg(test)]
mod tests {
    use super::super::client::{etcd_client_close, open_endpoints};
    use super::super::error::etcd_error_free;
    use super::super::error::ETCD_NOT_APPLIED;
    use super::*;
    use std::ptr::null_mut;
    use std::time::Duration;

    #[test]
    fn a_sync_that_is_cut_short_has_changed_nothing() {
        // SAFETY: all pointers are to what lives here.
        unsafe {
            // Nobody listens there.
            let client = open_endpoints(c"127.0.0.1:1".as_ptr()).unwrap() as usize;
            let syncing = std::thread::spawn(move || {
                let mut options = copy::<etcd_call_options_t>(std::ptr::null()).unwrap();
                options.size = size_of_val(&options);
                options.timeout_ms = u32::MAX;
                let mut err = null_mut();
                let status = etcd_client_sync(client as *mut _, &options, &mut err);
                let outcome = (*err).outcome;
                etcd_error_free(err);
                (status, outcome)
            });
            std::thread::sleep(Duration::from_millis(500));
            etcd_client_close(client as *mut _);
            assert_eq!(syncing.join().unwrap(), (ETCD_ERR_CLOSED, ETCD_NOT_APPLIED));
        }
    }
}
