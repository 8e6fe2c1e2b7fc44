//! The classic tier: etcd-api's eleven calls, as they always were.

use super::client::{etcd_client_t, open_endpoints};
use super::types::etcd_bytes_t;
use super::{bytes, clear, handle};
use crate::classic::Session;
use crate::error::panics::caught;
use crate::error::{Error, Outcome, Result};
use crate::status::{self, ETCD_ERR_NO_MEMORY};
use crate::sys::Uncancelled;
use std::ffi::{c_char, c_int, c_uint, c_ushort, c_void, CStr, CString};
use std::sync::Arc;

/// How a call ended: ETCD_OK, ETCD_PROTOCOL_ERROR or ETCD_WTF.
pub type etcd_result = i32;

/// Done.
pub const ETCD_OK: etcd_result = 0;
/// Surely refused: a bad argument, no such key, another value than the
/// precondition, a lock that is not held, a compacted index, no permission.
/// Nothing was changed.
pub const ETCD_PROTOCOL_ERROR: etcd_result = 1;
/// Anything else: no server answered, or the answer was lost, and then a change
/// may have been made.
pub const ETCD_WTF: etcd_result = 2;

/// Where a server listens.
#[repr(C)]
pub struct etcd_server {
    /// Host name or address; also an endpoint that needs no port: unix:/path,
    /// or mem:NAME alone. NULL ends a list.
    pub host: *mut c_char,
    /// TCP port; 0 for 2379.
    pub port: c_ushort,
}

/// An open session. It is an etcd_client_t * too: the calls of etcd.h take it,
/// and the calls here take a client that etcd_client_open() has opened, with
/// TLS or a password if need be.
pub type etcd_session = *mut c_void;

/// Opens a session with a list of servers.
///
/// Quick: connecting goes on in the background, and no server needs to be
/// reachable. The list is copied.
///
/// @param server_list  Ended by one whose host is NULL.
/// @return The session; close it with etcd_close(). NULL if the list is empty or cannot be
///         understood, or memory or threads are short.
/// @par Thread safety  Any thread.
#[no_mangle]
pub unsafe extern "C" fn etcd_open(server_list: *const etcd_server) -> etcd_session {
    opened(|| {
        let mut list = Vec::new();
        let mut next = server_list;
        while !next.is_null() && !(*next).host.is_null() {
            let etcd_server { host, port } = next.read();
            list.extend_from_slice(&endpoint(CStr::from_ptr(host).to_bytes(), port));
            list.push(b' ');
            next = next.add(1);
        }
        let list = CString::new(list).map_err(|_| Error::invalid("host"))?;
        open_endpoints(list.as_ptr())
    })
}

/// A server as an endpoint of a list.
fn endpoint(host: &[u8], port: c_ushort) -> Vec<u8> {
    let lower = host.to_ascii_lowercase();
    let whole = lower.starts_with(b"unix:") || lower.starts_with(b"mem:");
    let port = if port == 0 { String::new() } else { format!(":{port}") };
    let bare_ipv6 =
        std::str::from_utf8(host).is_ok_and(|h| h.parse::<std::net::Ipv6Addr>().is_ok());
    match (whole, bare_ipv6) {
        (true, _) => host.to_vec(),
        (_, true) => [b"[", host, b"]", port.as_bytes()].concat(),
        _ => [host, port.as_bytes()].concat(),
    }
}

/// Opens a session with servers in a string.
///
/// @param server_names  host:port, separated by comma, semicolon or white space; the port
///                      defaults to 2379. Also http://host:port, https://host:port,
///                      unix:/path, or alone mem: or mem:NAME, a store inside this process.
/// @return The session; close it with etcd_close_str(). NULL as for etcd_open();
///         etcd_client_open_endpoints() of etcd.h reports the reason.
/// @par Thread safety  Any thread.
#[no_mangle]
pub unsafe extern "C" fn etcd_open_str(server_names: *const c_char) -> etcd_session {
    opened(|| open_endpoints(server_names))
}

unsafe fn opened(open: impl FnOnce() -> Result<*mut etcd_client_t>) -> etcd_session {
    let _whole = Uncancelled::new();
    let opened = caught(open);
    opened.map_or(std::ptr::null_mut(), |opened| opened.unwrap_or(std::ptr::null_mut()).cast())
}

/// Closes a session. Calls in progress on it, in any thread, end.
///
/// @param session  May be NULL, or closed already.
/// @par Thread safety  Any thread.
#[no_mangle]
pub unsafe extern "C" fn etcd_close(session: etcd_session) {
    super::client::etcd_client_close(session.cast());
}

/// The same as etcd_close().
///
/// @param session  May be NULL, or closed already.
/// @par Thread safety  Any thread.
#[no_mangle]
pub unsafe extern "C" fn etcd_close_str(session: etcd_session) {
    super::client::etcd_client_close(session.cast());
}

/// Runs a call on a session and notes how it ended.
unsafe fn run<T>(session: etcd_session, call: impl FnOnce(&Session) -> Result<T>) -> Result<T> {
    let _whole = Uncancelled::new();
    let known: Result<Arc<Session>> = handle::get(session.cast::<etcd_client_t>());
    let session = known?;
    let result = caught(|| call(&session));
    let result = result.unwrap_or_else(|panic| Err(Error::defect(&*panic).maybe_applied(true)));
    let _ = caught(|| session.note(result.as_ref().err().cloned()));
    result
}

fn result(result: Result<()>) -> etcd_result {
    match result {
        Ok(()) => ETCD_OK,
        Err(error) if is_refusal(&error) => ETCD_PROTOCOL_ERROR,
        Err(_) => ETCD_WTF,
    }
}

/// Whether the call was refused: nothing was done, and to repeat it is of no use.
fn is_refusal(error: &Error) -> bool {
    // The second: an index that an int cannot hold.
    let nobody_said = [status::ETCD_ERR_FORKED, status::ETCD_ERR_UNSUPPORTED];
    // A status that leaves a write in doubt is no answer to a question either.
    error.outcome == Outcome::NotApplied
        && !status::may_be_applied(error.status)
        && !status::is_retryable(error.status)
        && !nobody_said.contains(&error.status)
}

/// A string argument, of any length; NULL is an error.
unsafe fn string<'a>(string: *const c_char, name: &str) -> Result<&'a [u8]> {
    match optional(string, name)? {
        Some(string) => Ok(string),
        None => Err(Error::invalid(format!("{name} is NULL"))),
    }
}

unsafe fn optional<'a>(string: *const c_char, name: &str) -> Result<Option<&'a [u8]>> {
    if string.is_null() {
        return Ok(None);
    }
    let len = libc::strlen(string);
    bytes(etcd_bytes_t { data: string.cast(), len }, name).map(Some)
}

/// A string that the caller passes to free().
unsafe fn allocated(text: &[u8]) -> Result<*mut c_char> {
    let copy = libc::malloc(text.len() + 1).cast::<u8>();
    if copy.is_null() {
        let why = format!("no memory for a string of {} bytes", text.len());
        return Err(Error::new(ETCD_ERR_NO_MEMORY, why));
    }
    copy.copy_from_nonoverlapping(text.as_ptr(), text.len());
    copy.add(text.len()).write(0);
    Ok(copy.cast())
}

/// Reads a key.
///
/// A key that has no value, but has others below it ("dir/a" and "dir/b/c" are
/// below "dir"), gives the whole names of those directly below ("dir/a" and
/// "dir/b"), one a line, sorted; "dir/" asks for them even if "dir" has a
/// value, "" for those at the top.
///
/// @param session  Open session.
/// @param key      The key, exactly as it is stored.
/// @return The value, which the caller passes to free(); what follows a zero byte in it is
///         cut off. NULL if there is no such key or no answer: see etcd_client_last_error().
/// @par Thread safety  Any thread, any number at once. At most 5 seconds, unless
///      etcd_client_open() was given another timeout; that holds for all calls with a deadline.
#[no_mangle]
pub unsafe extern "C" fn etcd_get(session: etcd_session, key: *const c_char) -> *mut c_char {
    let value = run(session, |session| allocated(&session.get(string(key, "key")?)?));
    value.unwrap_or(std::ptr::null_mut())
}

/// Waits for a change of a key, or of one below it ("pfx" and "pfx/...").
///
/// The first call, without an index, waits for what happens from now on. The
/// next asks with the index of the last event plus one, and so on: then no event
/// is missed, through outages too, and those of one transaction come one a call
/// with the same index. The session remembers where each thread is in that. Has
/// no deadline: goes on until something happens or the session is closed.
///
/// @param session         Open session.
/// @param pfx             The key.
/// @param[out] keyp       The key that changed; the caller passes it to free().
/// @param[out] valuep     Its value, which the caller passes to free(); NULL if it was deleted
///                        or has expired.
/// @param index_in        Where to begin; NULL, or one of 0, from now on. An index (an etcd
///                        revision) of long ago may have been compacted away: then
///                        ETCD_PROTOCOL_ERROR.
/// @param[out] index_out  The index of the event; may be NULL, or the same as index_in. An
///                        index beyond INT_MAX is ETCD_WTF.
/// @return ETCD_OK, ETCD_PROTOCOL_ERROR or ETCD_WTF; then the out-parameters are NULL and
///         index_out is untouched.
/// @par Thread safety  Any thread, any number at once.
#[no_mangle]
pub unsafe extern "C" fn etcd_watch(
    session: etcd_session,
    pfx: *const c_char,
    keyp: *mut *mut c_char,
    valuep: *mut *mut c_char,
    index_in: *const c_int,
    index_out: *mut c_int,
) -> etcd_result {
    clear(keyp);
    clear(valuep);
    result(run(session, |session| {
        if keyp.is_null() || valuep.is_null() {
            return Err(Error::invalid("keyp or valuep is NULL"));
        }
        let index = index_in.as_ref().copied();
        let change = session.watch(string(pfx, "pfx")?, index)?;
        let key = allocated(&change.key)?;
        if let Some(value) = change.value {
            valuep.write(allocated(&value).inspect_err(|_| libc::free(key.cast()))?);
        }
        keyp.write(key);
        if !index_out.is_null() {
            index_out.write(change.index);
        }
        Ok(())
    }))
}

/// Writes a key.
///
/// @param session  Open session.
/// @param key      The key, stored exactly as given; not "".
/// @param value    Its value. NULL deletes the key, as etcd_delete() does.
/// @param precond  If not NULL, the value that the key must have; otherwise the call is
///                 refused with ETCD_PROTOCOL_ERROR. A key that does not exist has none, not
///                 even "".
/// @param ttl      Seconds after which the key is deleted, unless it is set again before; etcd
///                 makes 2 of 1. 0 for never. Each such call makes a lease that lives so long.
/// @return ETCD_OK, ETCD_PROTOCOL_ERROR or ETCD_WTF.
/// @par Thread safety  Any thread, any number at once.
#[no_mangle]
pub unsafe extern "C" fn etcd_set(
    session: etcd_session,
    key: *const c_char,
    value: *const c_char,
    precond: *const c_char,
    ttl: c_uint,
) -> etcd_result {
    result(run(session, |session| {
        let (key, precond) = (string(key, "key")?, optional(precond, "precond")?);
        match optional(value, "value")? {
            Some(value) => session.set(key, value, precond, ttl),
            None => session.delete(key, precond),
        }
    }))
}

/// Deletes a key, and only it, not what is below it.
///
/// @param session  Open session.
/// @param key      The key.
/// @return ETCD_OK; ETCD_PROTOCOL_ERROR also if there is no such key; ETCD_WTF.
/// @par Thread safety  Any thread, any number at once.
#[no_mangle]
pub unsafe extern "C" fn etcd_delete(session: etcd_session, key: *const c_char) -> etcd_result {
    result(run(session, |session| session.delete(string(key, "key")?, None)))
}

/// Says which member leads the cluster.
///
/// @param session  Open session.
/// @return The member's id in hexadecimal, which the caller passes to free(); NULL if none
///         leads or answers.
/// @par Thread safety  Any thread, any number at once.
#[no_mangle]
pub unsafe extern "C" fn etcd_leader(session: etcd_session) -> *mut c_char {
    let leader = run(session, |session| allocated(session.leader()?.as_bytes()));
    leader.unwrap_or(std::ptr::null_mut())
}

/// Gets a lock, or renews one.
///
/// Without index_in it gets in line for the lock and waits for its turn, as long
/// as that takes or until the session is closed. From then on the lock is held
/// for ttl seconds (less a tenth at most, if the answer was slow), unless it is
/// renewed with its index, and then for ttl seconds from when that call was made:
/// nothing renews it behind the caller's back. `etcdctl lock` with the same name
/// waits in the same line.
///
/// A process that ends while it waits stays in line until ttl is over; closing
/// the session takes it out.
///
/// With index_in it returns at once, with ETCD_PROTOCOL_ERROR if the lock is no
/// longer held: then another session may hold it.
///
/// A holder that was stopped for longer than ttl seconds does not know that it has
/// lost the lock until it asks. What must not be done twice needs more than a lock.
///
/// @param session         Open session.
/// @param key             The name of the lock, not "".
/// @param ttl             Seconds, not 0; etcd makes 2 of 1. When a lock is renewed, it keeps
///                        those that it was granted with.
/// @param index_in        NULL, or the index of a lock that is held.
/// @param[out] index_out  The index of the lock; the caller passes it to free(). May be NULL
///                        when a lock is renewed.
/// @return ETCD_OK, ETCD_PROTOCOL_ERROR or ETCD_WTF; then index_out is NULL.
/// @par Thread safety  Any thread, any number at once; threads that get the lock of one name
///      with one session exclude each other too.
#[no_mangle]
pub unsafe extern "C" fn etcd_lock(
    session: etcd_session,
    key: *const c_char,
    ttl: c_uint,
    index_in: *const c_char,
    index_out: *mut *mut c_char,
) -> etcd_result {
    // A copy: both may be the same variable.
    let index_in = optional(index_in, "index_in").map(|index| index.map(<[u8]>::to_vec));
    clear(index_out);
    result(run(session, |session| {
        let (key, index_in) = (string(key, "key")?, index_in?);
        if ttl == 0 {
            return Err(Error::invalid("ttl is 0"));
        }
        if index_out.is_null() && index_in.is_none() {
            return Err(Error::invalid("index_out is NULL"));
        }
        let index = match index_in {
            None => session.lock(key, ttl)?.into_bytes(),
            Some(index) => session.renew(key, &index).map(|()| index)?,
        };
        if !index_out.is_null() {
            index_out.write(allocated(&index)?);
        }
        Ok(())
    }))
}

/// Releases a lock.
///
/// @param session  Open session; it need not be the one that got the lock.
/// @param key      The name of the lock.
/// @param index    Its index.
/// @return ETCD_OK; ETCD_PROTOCOL_ERROR if the lock is not, or no longer, held; ETCD_WTF.
/// @par Thread safety  Any thread, any number at once.
#[no_mangle]
pub unsafe extern "C" fn etcd_unlock(
    session: etcd_session,
    key: *const c_char,
    index: *const c_char,
) -> etcd_result {
    result(run(session, |session| session.unlock(string(key, "key")?, string(index, "index")?)))
}
