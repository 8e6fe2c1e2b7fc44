//! Opening and closing clients.

use super::error::etcd_error_t;
use super::log::{self, etcd_log_cb};
use super::options::{copy, Options as Growing};
use super::types::{etcd_bytes_t, ETCD_TIMEOUT_NONE};
use super::{bytes, guard, handle, known_flags, out, path, quiet, text};
use crate::classic::Session;
use crate::client::{Client, Config, PemSource};
use crate::embedded;
use crate::error::{Error, Result};
use crate::runtime::check_headroom;
use crate::status::*;
use crate::transport::endpoint;
use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Duration;

/// A client of one cluster. Opaque; may be used by any number of threads.
pub struct etcd_client_t(());

handle::kind!(1, etcd_client_t, Session, "client");

/// For etcd_client_options_t.flags: send user and password, or the token, also to endpoints that
/// are neither https nor on this machine. Others on the network can read them.
pub const ETCD_CLIENT_PLAINTEXT_PASSWORD: u32 = 1 << 30;

/// For etcd_client_options_t.flags: INSECURE. Encrypt, but accept any certificate. An attacker on
/// the network can read and change everything, user and password included. For tests. Excludes
/// ca_file, ca_pem, crl_file, crl_pem and server_name.
pub const ETCD_CLIENT_INSECURE_SKIP_VERIFY: u32 = 1 << 31;

/// How to reach a cluster. Begin with ETCD_CLIENT_OPTIONS_INIT; zero in any field means its
/// default. etcd_client_open() copies everything. Secrets are wiped from memory when they are not
/// needed any more.
///
/// PEM files are read by etcd_client_open(), and again for each new connection, so that
/// certificates can be replaced while the program runs. Existing connections keep theirs. If a new
/// file cannot be used, the last usable one is, and errors of connecting say so. A pipe is read
/// only once. PEM text in memory does not change.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_client_options_t {
    /// Set by ETCD_CLIENT_OPTIONS_INIT.
    pub size: usize,
    /// Required: endpoints, separated by comma, semicolon or white space, at most 8 KiB in all.
    /// Each is host:port, http://host:port, https://host:port or unix:/path. IPv6 addresses are
    /// written in brackets; the port defaults to 2379. Without a scheme, TLS is used if a CA, a
    /// certificate or ETCD_CLIENT_INSECURE_SKIP_VERIFY is given. A single mem: or mem:NAME is an
    /// etcd in the memory of this process; clients with the same name share a store, see
    /// etcd_mem_drop().
    pub endpoints: *const c_char,
    /// User name for etcd's authentication; requires password.
    pub user: *const c_char,
    /// The user's password. Refused for endpoints where others could read it, see
    /// ETCD_CLIENT_PLAINTEXT_PASSWORD.
    pub password: *const c_char,
    /// File of PEM certificates that may sign a server's certificate. Default, without ca_pem
    /// too: those that the system trusts.
    pub ca_file: *const c_char,
    /// File with the client's PEM certificate chain; requires a key.
    pub cert_file: *const c_char,
    /// File with the client's PEM private key, not encrypted.
    pub key_file: *const c_char,
    /// The name that servers' certificates must have. Default: the host of the endpoint; for a unix
    /// socket, the name of its file.
    pub server_name: *const c_char,
    /// The PEM text, in place of ca_file.
    pub ca_pem: etcd_bytes_t,
    /// The PEM text, in place of cert_file.
    pub cert_pem: etcd_bytes_t,
    /// The PEM text, in place of key_file.
    pub key_pem: etcd_bytes_t,
    /// The deadline of calls without their own, in milliseconds; default 5000, ETCD_TIMEOUT_NONE
    /// for none.
    pub timeout_ms: u32,
    /// ETCD_CLIENT_ flags.
    pub flags: u32,
    /// The timeout of one attempt to connect, TLS included, in milliseconds; default 3000.
    pub connect_timeout_ms: u32,
    /// A connection in use is pinged after it was silent for this time, in milliseconds; default
    /// 10000, at least 100, ETCD_TIMEOUT_NONE for never. A connection is in use while a call or a
    /// stream, such as a watch, waits on it. The ping is a small call; etcd does not limit how
    /// often it is made.
    pub ping_interval_ms: u32,
    /// The timeout of a ping, in milliseconds; default 5000. Without an answer the connection is
    /// closed: its streams move to another one, its writes end with ETCD_ERR_UNAVAILABLE. A dead
    /// endpoint is therefore left after the sum of both times, 15 s by default.
    pub ping_timeout_ms: u32,
    /// The size of the largest request, key and value together, in bytes; default 2 MiB. etcd's
    /// own limit is 1.5 MiB unless configured.
    pub max_send_bytes: u32,
    /// The size of the largest reply in bytes; default 64 MiB. No reply takes more than three
    /// times as much memory: a reply of very many, very small keys is refused earlier.
    pub max_receive_bytes: u32,
    /// The interval at which etcd_client_sync() is done in the background, in milliseconds; default
    /// 0 for never, at least 100. An attempt that fails, or takes 5 s, changes nothing.
    pub auto_sync_interval_ms: u32,
    /// File of PEM revocation lists (X509 CRL) of one or several CAs. Every certificate in a
    /// server's chain except the root is then checked. A certificate is refused as revoked also if
    /// there is no list of the CA that signed it, or if the next update of the list is overdue.
    /// Existing connections are not closed.
    pub crl_file: *const c_char,
    /// The PEM text, in place of crl_file.
    pub crl_pem: etcd_bytes_t,
    /// A token that the servers accept, such as a JSON web token, in place of user and password. It
    /// is sent unchanged and never renewed: when a server refuses it, calls fail with the server's
    /// error, such as ETCD_ERR_INVALID_AUTH_TOKEN. Like a password, it is refused for endpoints
    /// where others could read it.
    pub token: *const c_char,
    /// If not empty, the client sees only the keys that begin with this prefix, without it: it is
    /// added to every key that is sent, and cut off every key that is received. Any bytes. It
    /// applies to every call, watch and lock, including etcd-api.h. Open-ended ranges stop at the
    /// end of the prefix. etcd_lease_time_to_live() lists only keys below it. A key that equals the
    /// prefix is not visible. Size limits include the prefix. Leases, revisions and compaction
    /// belong to the whole cluster: revoking a lease deletes its keys under any prefix. The
    /// prefix is no protection: use roles for that.
    pub key_prefix: etcd_bytes_t,
    /// Receives the lines of the client's log; NULL for no log.
    pub log_callback: etcd_log_cb,
    /// Passed to log_callback; never read.
    pub log_arg: *mut c_void,
    /// The most detailed level that is logged, ETCD_LOG_ERROR to ETCD_LOG_DEBUG; default
    /// ETCD_LOG_INFO.
    pub log_level: u32,
    /// Must be 0.
    pub log_reserved: u32,
}

unsafe impl Growing for etcd_client_options_t {
    const NAME: &'static str = "etcd_client_options_t";
    const FIRST_SIZE: usize = 144;
}

fn or(value: u32, default: usize) -> usize {
    match value {
        0 => default,
        given => given as usize,
    }
}

fn millis(value: u32, default: Duration) -> Duration {
    match value {
        0 => default,
        given => Duration::from_millis(given.into()),
    }
}

/// The same where ETCD_TIMEOUT_NONE is for ever, or never.
fn limit(value: u32, default: Option<Duration>) -> Option<Duration> {
    match value {
        0 => default,
        ETCD_TIMEOUT_NONE => None,
        given => Some(Duration::from_millis(given.into())),
    }
}

unsafe fn pem<'a>(memory: etcd_bytes_t, file: *const c_char, name: &str) -> Result<PemSource<'a>> {
    let text = bytes(memory, &format!("{name}_pem"))?;
    Ok(PemSource { text, file: path(file, &format!("{name}_file"))? })
}

unsafe fn config<'a>(given: &etcd_client_options_t) -> Result<Config<'a>> {
    known_flags(given.flags, ETCD_CLIENT_PLAINTEXT_PASSWORD | ETCD_CLIENT_INSECURE_SKIP_VERIFY)?;
    if given.log_reserved != 0 {
        return Err(Error::new(ETCD_ERR_UNSUPPORTED, "reserved must be 0"));
    }
    let level = log::level(given.log_level)
        .ok_or_else(|| Error::invalid(format!("log_level is {}", given.log_level)))?;
    let default = Config::default();
    Ok(Config {
        endpoints: text(given.endpoints, "endpoints")?.unwrap_or_default(),
        user: text(given.user, "user")?,
        password: text(given.password, "password")?,
        token: text(given.token, "token")?,
        ca: pem(given.ca_pem, given.ca_file, "ca")?,
        crl: pem(given.crl_pem, given.crl_file, "crl")?,
        certificate: pem(given.cert_pem, given.cert_file, "cert")?,
        key: pem(given.key_pem, given.key_file, "key")?,
        server_name: text(given.server_name, "server_name")?,
        plaintext_password: given.flags & ETCD_CLIENT_PLAINTEXT_PASSWORD != 0,
        insecure_skip_verify: given.flags & ETCD_CLIENT_INSECURE_SKIP_VERIFY != 0,
        timeout: limit(given.timeout_ms, default.timeout),
        connect_timeout: millis(given.connect_timeout_ms, default.connect_timeout),
        ping_interval: limit(given.ping_interval_ms, default.ping_interval),
        ping_timeout: millis(given.ping_timeout_ms, default.ping_timeout),
        auto_sync_interval: match given.auto_sync_interval_ms {
            0 => None,
            given => Some(Duration::from_millis(given.into())),
        },
        max_send: or(given.max_send_bytes, default.max_send),
        max_receive: or(given.max_receive_bytes, default.max_receive),
        key_prefix: bytes(given.key_prefix, "key_prefix")?,
        log: log::log(level, given.log_callback, given.log_arg),
    })
}

/// Opens a client and makes a handle of it.
pub(super) unsafe fn open_checked(
    options: *const etcd_client_options_t,
) -> Result<*mut etcd_client_t> {
    handle::not_in_a_log_callback()?;
    check_headroom()?;
    let opened = Arc::new(Session::new(Client::open(config(&copy(options)?)?.check()?)?));
    handle::insert(opened.clone()).inspect_err(|_| opened.close())
}

/// The same with default options.
pub(super) unsafe fn open_endpoints(endpoints: *const c_char) -> Result<*mut etcd_client_t> {
    let mut options: etcd_client_options_t = copy(std::ptr::null())?;
    options.size = size_of::<etcd_client_options_t>();
    options.endpoints = endpoints;
    open_checked(&options)
}

/// Opens a client.
///
/// Does not block: the client connects in the background, and no server needs to be reachable.
/// Calls wait for a connection until their deadline. The first client of a process starts the
/// library's thread, which serves all clients. A host name is looked up on a temporary thread.
///
/// @param options   Must have endpoints. Copied.
/// @param[out] out  The client; close it with etcd_client_close().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED, ETCD_ERR_IO,
///         ETCD_ERR_TLS, ETCD_ERR_NO_MEMORY or ETCD_ERR_NO_RESOURCES.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_client_open(
    options: *const etcd_client_options_t,
    out: *mut *mut etcd_client_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        out.write(open_checked(options)?);
        Ok(ETCD_OK)
    })
}

/// Opens a client with default options.
///
/// @param endpoints  As etcd_client_options_t.endpoints, such as "localhost:2379".
/// @param[out] out   The client; close it with etcd_client_close().
/// @param[out] err   May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_client_open().
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_client_open_endpoints(
    endpoints: *const c_char,
    out: *mut *mut etcd_client_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        out.write(open_endpoints(endpoints)?);
        Ok(ETCD_OK)
    })
}

/// Closes a client.
///
/// Every call in progress on it, in any thread, ends with ETCD_ERR_CLOSED; later calls fail with
/// ETCD_ERR_BAD_HANDLE. Responses and errors stay valid. The function returns within a second, but
/// not before a log callback in progress has returned. The close of the last client ends the
/// library's thread. In a child process, the close of a client of the parent does nothing.
///
/// @param client  May be NULL, or closed already.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_client_close(client: *mut etcd_client_t) {
    quiet(|| {
        if let Ok(client) = handle::remove(client) {
            client.close();
        }
    });
}

/// Returns the error of the latest classic call (etcd-api.h) on a client.
///
/// Those calls return one of three results, or NULL; this is the reason. If several threads use
/// the client it is the reason of the call that ended last.
///
/// @param client    Open client; a classic session is one too.
/// @param[out] out  The error; free it with etcd_error_free(). NULL if the call
///                  succeeded, or if there was none.
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_client_last_error(
    client: *mut etcd_client_t,
    out: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(std::ptr::null_mut(), || {
        let out = self::out(out, "out")?;
        if let Some(error) = handle::get(client)?.last_error() {
            out.write(etcd_error_t::new(error));
        }
        Ok(ETCD_OK)
    })
}

/// Removes a store from the memory of this process.
///
/// The next client that is opened with this endpoint has an empty store. Open clients keep the old
/// one, which is freed when the last of them is closed. A child process has none of its parent's
/// stores.
///
/// @param endpoint  mem: or mem:NAME, as it was opened. An unknown name is no error.
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK or ETCD_ERR_INVALID_ARGUMENT.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_mem_drop(
    endpoint: *const c_char,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let text = text(endpoint, "endpoint")?.unwrap_or_default();
        let store = endpoint::embedded(text)
            .ok_or_else(|| Error::invalid("endpoint: not mem: or mem:NAME"))?;
        embedded::forget(store);
        Ok(ETCD_OK)
    })
}
