//! The endpoints of an open client: read, set, and taken from the cluster.

use super::client::etcd_client_t;
use super::error::etcd_error_t;
use super::options::*;
use super::response::first;
use super::{guard, handle, out, quiet, text};
use crate::status::*;
use std::ffi::{c_char, CString};

/// A client's endpoints. Made by the library; read it, never copy it or take its
/// size: later versions append fields. Free it with etcd_client_endpoints_free().
#[repr(C)]
pub struct etcd_client_endpoints_t {
    /// Each as it was given, or as the cluster has it; valid until the list is freed.
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

/// The client's present list of endpoints. Does not block.
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

/// Replaces the client's endpoints, in the middle of its work.
///
/// Does not block. An endpoint that was in the old list too keeps its connection.
/// Of one that is gone, calls in progress end as they may, and watches go on
/// elsewhere without losing an event. Until one of the new list is connected,
/// calls wait as after etcd_client_open().
///
/// What was given at open holds for the new list too: the TLS settings, which
/// must have been in use, or not, as they are to be now; and that a password is
/// not sent in the clear. A client belongs to one cluster for its life: members
/// of another are refused, see ETCD_ERR_CLUSTER_CHANGED; open another client.
///
/// @param client     Open client; not one of mem:, which stays with its store.
/// @param endpoints  As etcd_client_options_t.endpoints, but not mem:. Copied.
/// @param[out] err   May be NULL. On failure an error; free it with
///                   etcd_error_free(). The old list then stays.
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

/// Asks the cluster for its members and replaces the client's endpoints by theirs.
///
/// As etcd_client_set_endpoints() with the client URLs of all members that have
/// started and are not learners. URLs that do not suit the client are left out:
/// those with another scheme than its own (https if it uses TLS, else http), and
/// those to which it must not send its password. If none is left, nothing
/// changes. Members must announce URLs that are good where the client runs
/// (--advertise-client-urls). With mem: it succeeds and changes nothing.
///
/// @param client    Open client.
/// @param options   NULL for all defaults.
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK; ETCD_ERR_UNAVAILABLE, also if no URL can be used;
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
