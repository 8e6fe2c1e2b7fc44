//! Elections.

use super::ownership::{answer, etcd_ownership_response_t, fence};
use super::session::etcd_lease_session_t;
use super::{deadline, ended, header_only, line_name, never, patience};
use crate::capi::client::etcd_client_t;
use crate::capi::error::etcd_error_t;
use crate::capi::exports::{call, response, Work};
use crate::capi::handle::kind;
use crate::capi::options::{common, copy, etcd_call_options_t};
use crate::capi::owned::{self, Owned};
use crate::capi::pairs::etcd_header_response_t;
use crate::capi::queue::etcd_queue_t;
use crate::capi::response::{hand_out, Response};
use crate::capi::stream::{self, Delivery, Source};
use crate::capi::txn::etcd_txn_t;
use crate::capi::types::{etcd_bytes_t, etcd_header_t, etcd_kv_t};
use crate::capi::{bytes, clear, guard, handle, known_flags, out, quiet};
use crate::client::kv::KeyValue;
use crate::client::{closed, AbortHandle};
use crate::error::{Error, Result};
use crate::recipes::election::{self, Election, Leadership};
use crate::status::*;
use crate::sync::mailbox::Mailbox;
use crate::wire::decode;
use futures_util::future::Abortable;
use std::ffi::c_void;
use std::sync::Arc;

/// A candidate of an election. Opaque; belongs to its session.
pub struct etcd_election_t(());

kind!(14, etcd_election_t, Owned<Election>, "election");

/// What tells who leads. Opaque; belongs to its client.
pub struct etcd_election_observer_t(());

kind!(15, etcd_election_observer_t, stream::Stream<Observer>, "observer");

/// The end of an etcd_election_campaign_async() or etcd_election_resume_async(); its response is
/// an etcd_ownership_response_t.
pub const ETCD_EVENT_ELECTION_RESPONSE: i32 = 147;
/// The end of an etcd_election_proclaim_async(); its response is an etcd_header_response_t.
pub const ETCD_EVENT_ELECTION_PROCLAIM: i32 = 148;
/// The end of an etcd_election_resign_async(); its response is an etcd_header_response_t.
pub const ETCD_EVENT_ELECTION_RESIGN: i32 = 149;
/// The end of an etcd_election_lost_async(), with an error in place of an
/// etcd_header_response_t.
pub const ETCD_EVENT_ELECTION_LOST: i32 = 150;
/// The end of an etcd_election_leader_async(); its response is an
/// etcd_election_leader_response_t.
pub const ETCD_EVENT_ELECTION_LEADER: i32 = 151;
/// Who leads, from an etcd_election_observer_open(); the response is an
/// etcd_election_leader_response_t. The last event has an error in its place.
pub const ETCD_EVENT_ELECTION_OBSERVE: i32 = 152;

/// Who leads. Free it with etcd_election_leader_response_free().
#[repr(C)]
pub struct etcd_election_leader_response_t {
    /// header.revision is the one at which it is so.
    pub header: etcd_header_t,
    /// The key of the leader, and the value that it has proclaimed. NULL if nobody leads.
    pub leader: *const etcd_kv_t,
}

type Storage = Option<Box<(etcd_kv_t, KeyValue)>>;

response!(etcd_election_leader_response_t, Storage, etcd_election_leader_response_free);

fn leadership(of: Leadership) -> Result<*mut etcd_election_leader_response_t> {
    let header = of.header.into();
    let storage = of.leader.map(|kv| Box::new((etcd_kv_t::from(decode::KeyValue::from(&kv)), kv)));
    let leader = storage.as_ref().map_or(std::ptr::null(), |storage| &raw const storage.0);
    Ok(hand_out(etcd_election_leader_response_t { header, leader }, storage))
}

/// Opens an election as a candidate, who does not stand yet.
///
/// The candidates of one name exclude each other, in all programs, also those of Go programs that
/// use etcd's concurrency package, and of `etcdctl elect`. Each is the key NAME/LEASE, with the
/// lease of the session, and the oldest key leads. A name is used for locks or for an election.
///
/// What is said of locks at etcd_mutex_open() holds for a leader too.
///
/// @param session  Open session.
/// @param name     Any bytes, not empty, copied.
/// @param[out] out The candidate; close it with etcd_election_close().
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE,
///         ETCD_ERR_FORKED or ETCD_ERR_NO_RESOURCES. It does not block.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_election_open(
    session: *mut etcd_lease_session_t,
    name: etcd_bytes_t,
    out: *mut *mut etcd_election_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let session = handle::get(session)?;
        let election = Arc::new(Election::new(session.object.clone(), line_name(name)?));
        out.write(session.insert(election)?);
        Ok(ETCD_OK)
    })
}

call! {
    /// Stands for election, and waits until this candidate leads.
    ///
    /// As etcd_mutex_lock(): a wait that ends with an error leaves no key behind, and a candidate
    /// whose session is lost returns at once and never leads.
    ///
    /// @param value What observers are told of the leader, such as its address. Copied.
    /// @param options timeout_ms 0 is no deadline.
    /// @return ETCD_ERR_IN_USE if the session stands in this election already;
    /// ETCD_ERR_TIMEOUT; ETCD_ERR_LEASE_LOST, ETCD_ERR_LEASE_NOT_FOUND or ETCD_ERR_LOCK_LOST if
    /// the session, or the place in the line, was lost during the wait.
    fn etcd_election_campaign(
        on election: etcd_election_t, value: etcd_bytes_t, options: *const etcd_call_options_t,
    ) -> etcd_ownership_response_t {
        let (value, until) = (bytes(value, "value")?.to_vec(), patience(options)?);
        let campaign =
            move |election: Arc<Election>| async move { election.campaign(&value, until).await };
        Ok(election.work(campaign, |place| answer(true, place)))
    }
    async etcd_election_campaign_async => ETCD_EVENT_ELECTION_RESPONSE
}

call! {
    /// Leads again after a restart of the program, if nobody has led since.
    ///
    /// The session has the lease of that time: see etcd_lease_session_options_t.
    ///
    /// @param create_revision What etcd_election_campaign() returned.
    /// @return ETCD_ERR_LOCK_LOST if the key is not there any more; ETCD_ERR_IN_USE.
    fn etcd_election_resume(
        on election: etcd_election_t, create_revision: i64, options: *const etcd_call_options_t,
    ) -> etcd_ownership_response_t {
        let until = deadline(election, options)?;
        let resume = move |election: Arc<Election>| async move {
            election.resume(create_revision, until).await
        };
        Ok(election.work(resume, |place| answer(true, place)).changes_nothing())
    }
    async etcd_election_resume_async => ETCD_EVENT_ELECTION_RESPONSE
}

call! {
    /// Changes the value of the leader.
    ///
    /// @param value The new value. Copied.
    /// @return ETCD_ERR_LOCK_LOST if this candidate does not lead.
    fn etcd_election_proclaim(
        on election: etcd_election_t, value: etcd_bytes_t, options: *const etcd_call_options_t,
    ) -> Option<etcd_header_response_t> {
        let (value, until) = (bytes(value, "value")?.to_vec(), deadline(election, options)?);
        let proclaim =
            move |election: Arc<Election>| async move { election.proclaim(&value, until).await };
        Ok(election.work(proclaim, header_only))
    }
    async etcd_election_proclaim_async => ETCD_EVENT_ELECTION_PROCLAIM
}

call! {
    /// Gives up the leadership. A later one is never ended by it.
    ///
    /// It may be repeated after an error, as etcd_mutex_unlock().
    ///
    /// @return ETCD_ERR_LOCK_LOST if this candidate does not lead.
    fn etcd_election_resign(
        on election: etcd_election_t, options: *const etcd_call_options_t,
    ) -> Option<etcd_header_response_t> {
        let until = deadline(election, options)?;
        let resign = move |election: Arc<Election>| async move { election.resign(until).await };
        Ok(election.work(resign, header_only))
    }
    async etcd_election_resign_async => ETCD_EVENT_ELECTION_RESIGN
}

call! {
    /// Waits until a candidate that leads does so no longer, and returns the reason as its error.
    ///
    /// @param options timeout_ms 0 is no deadline.
    /// @param[out] out Always NULL.
    /// @return Never ETCD_OK. As etcd_mutex_lost().
    fn etcd_election_lost(
        on election: etcd_election_t, options: *const etcd_call_options_t,
    ) -> Option<etcd_header_response_t> {
        let until = patience(options)?;
        let lost =
            move |election: Arc<Election>| ended(until, async move { election.lost().await });
        Ok(election.work(lost, never).changes_nothing())
    }
    async etcd_election_lost_async => ETCD_EVENT_ELECTION_LOST
}

/// Adds a condition to a transaction: that the candidate still leads when it is done.
///
/// @param election  Candidate that leads.
/// @param txn       Transaction under construction.
/// @return As etcd_mutex_fence().
/// @par Thread safety  Any thread, any number at once. Does not block.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_election_fence(
    election: *mut etcd_election_t,
    txn: *mut etcd_txn_t,
) -> etcd_status_t {
    fence(txn, || handle::get(election)?.object.place())
}

/// Closes a candidate. If it leads, or stands, its key is removed in the background.
///
/// Calls in progress on it end with ETCD_ERR_BAD_HANDLE.
///
/// @param election  May be NULL, or closed already.
/// @par Thread safety  Any thread. Does not block.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_election_close(election: *mut etcd_election_t) {
    quiet(|| owned::close(election, Election::close));
}

call! {
    /// Returns who leads. It is not an error if nobody does.
    ///
    /// @param name The name of the election. Copied.
    fn etcd_election_leader(
        client, name: etcd_bytes_t, options: *const etcd_call_options_t,
    ) -> etcd_election_leader_response_t {
        let options = copy(options)?;
        let until = client.core().until(common(options.timeout_ms, options.flags, 0)?);
        let (client, name) = (client.handle(), line_name(name)?);
        let future = async move { election::leader(&client, &name, until).await };
        let (stub, changes, waits) = (None, false, false);
        Ok(Work { stub, changes, waits, future, response: leadership })
    }
    async etcd_election_leader_async => ETCD_EVENT_ELECTION_LEADER
}

/// Tells who leads, until it is dropped.
pub struct Observer {
    mailbox: Arc<Mailbox<Leadership>>,
    work: AbortHandle,
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.mailbox.close();
        self.work.abort();
    }
}

impl Source for Observer {
    type Item = Leadership;
    fn mailbox(&self) -> &Mailbox<Leadership> {
        &self.mailbox
    }
}

impl Delivery for Leadership {
    type Response = etcd_election_leader_response_t;
    const EVENT: i32 = ETCD_EVENT_ELECTION_OBSERVE;
    fn response(self) -> Result<*mut etcd_election_leader_response_t> {
        leadership(self)
    }
    unsafe fn free(response: *mut etcd_election_leader_response_t) {
        Response::free(response);
    }
}

/// Ends the mailbox when the work is over, however it is.
struct Ends(Arc<Mailbox<Leadership>>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.end(closed());
    }
}

/// How much waits for a reader before the line is not followed further.
const BOUND: usize = 64 * 1024;

/// Tells who leads an election: now, and at each change.
///
/// Every change of the leader or of its value is told once and in order, also that nobody leads,
/// whatever happens to servers and connections. Only if the history that it needs was compacted
/// meanwhile, changes in between are not known to anybody. Those who only stand are not told.
///
/// The end is delivered once: ETCD_ERR_CLOSED when the client is closed, or an error that will
/// not pass, such as ETCD_ERR_PERMISSION_DENIED.
///
/// @param client    Open client.
/// @param name      The name of the election, not empty, copied.
/// @param options   May be NULL for defaults. Copied. timeout_ms and flags must be 0.
/// @param queue     Where ETCD_EVENT_ELECTION_OBSERVE events go; NULL: call
///                  etcd_election_observer_next().
/// @param user_data Returned by etcd_event_user_data(); never read.
/// @param[out] out  The handle; close it with etcd_election_observer_close().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED,
///         ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED or ETCD_ERR_NO_RESOURCES. It does not block.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_election_observer_open(
    client: *mut etcd_client_t,
    name: etcd_bytes_t,
    options: *const etcd_call_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    out: *mut *mut etcd_election_observer_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        let options = copy(options)?;
        known_flags(options.flags, 0)?;
        if options.timeout_ms != 0 {
            return Err(Error::invalid("timeout_ms: an observer has no deadline"));
        }
        let (name, queue) = (line_name(name)?, stream::queue(queue)?);
        let mailbox = Arc::new(Mailbox::new(BOUND, Arc::new(|| ())));
        let (work, registration) = AbortHandle::new_pair();
        let observer = Observer { mailbox: mailbox.clone(), work };
        out.write(stream::open(&client, observer, queue, user_data)?);
        // Before the work begins: it may be dropped at once.
        let (ends, client_of_work) = (Ends(mailbox), client.handle());
        let work = async move {
            let error = election::observe(&client_of_work, &name, &ends.0).await;
            ends.0.end(error);
        };
        client.spawn(async move { Abortable::new(work, registration).await.unwrap_or_default() });
        Ok(ETCD_OK)
    })
}

/// Waits for the next change of an observer without a queue. The first is the present leader.
///
/// @param observer Open handle.
/// @param wait_ms  As etcd_queue_next().
/// @param[out] out May be NULL if it is not wanted. Who leads; free it with
///                 etcd_election_leader_response_free(). NULL unless ETCD_OK.
/// @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_EMPTY if nothing came in time; the end as in
///         etcd_election_observer_open(), as often as it is called; ETCD_ERR_INVALID_ARGUMENT,
///         ETCD_ERR_BAD_HANDLE, also if it is closed during the wait, or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread, any number at once; each change is taken once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_election_observer_next(
    observer: *mut etcd_election_observer_t,
    wait_ms: i32,
    out: *mut *mut etcd_election_leader_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        clear(out);
        stream::next(observer, wait_ms, out)
    })
}

/// Closes an observer. The election goes on.
///
/// A wait in etcd_election_observer_next() ends with ETCD_ERR_BAD_HANDLE.
///
/// @param observer  May be NULL, or closed already.
/// @par Thread safety  Any thread, also in a queue's callback.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_election_observer_close(observer: *mut etcd_election_observer_t) {
    quiet(|| stream::close(observer));
}
