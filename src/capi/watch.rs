//! Watches.

use super::client::etcd_client_t;
use super::error::etcd_error_t;
use super::options::*;
use super::pairs::Pairs;
use super::queue::etcd_queue_t;
use super::response::{first, hand_out, take_back};
use super::stream::{self, Delivery, Source};
use super::types::{etcd_bytes_t, etcd_header_t, etcd_kv_t};
use super::{guard, handle, out, quiet};
use crate::client::kv::Keys;
use crate::client::watch::{Batch, Listed, Message, Spec, Watch, DEFAULT_BOUND};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::status::*;
use crate::sync::mailbox::Mailbox;
use crate::wire::decode::RANGE_PART;
use bytes::Bytes;
use std::ffi::c_void;

/// A watch. Opaque; close it with etcd_watch_close().
pub struct etcd_watch_t(());

handle::kind!(5, etcd_watch_t, stream::Stream<Watch>, "watch");

/// For a watch: leave out the events of keys that were put.
pub const ETCD_WATCH_NO_PUT: u32 = 1 << 16;
/// For a watch: leave out the events of keys that were deleted or have expired. With
/// ETCD_WATCH_NO_PUT too, the watch has no events: it tells how far the store has come.
pub const ETCD_WATCH_NO_DELETE: u32 = 1 << 17;
/// For a watch that is on no queue: return an ETCD_WATCH_RESPONSE_CREATED response when a server has
/// created it. A watch on a queue always does.
pub const ETCD_WATCH_CREATED_NOTIFY: u32 = 1 << 18;
/// For a watch: pass on the server's progress notifications, as ETCD_WATCH_RESPONSE_PROGRESS
/// responses. etcd sends one when nothing has happened for 10 minutes.
pub const ETCD_WATCH_PROGRESS_NOTIFY: u32 = 1 << 19;
/// For a watch: one response may have the events of several revisions, if they have arrived
/// together. This is faster when there are many events.
pub const ETCD_WATCH_MERGE: u32 = 1 << 20;
/// For a watch: when events are lost to a compaction, or one is larger than the client receives,
/// deliver the keys as they are now (ETCD_WATCH_RESPONSE_SNAPSHOT) and continue, instead of ending
/// with ETCD_ERR_COMPACTED or ETCD_ERR_REPLY_TOO_LARGE.
pub const ETCD_WATCH_RESYNC: u32 = 1 << 21;
/// For a watch that is on no queue and has no start_revision: do not wait for the server. Changes
/// before the ETCD_WATCH_RESPONSE_CREATED response, which ETCD_WATCH_CREATED_NOTIFY asks for, may be
/// missed. A watch on a queue never waits, and neither does one with a start_revision.
pub const ETCD_WATCH_NO_WAIT: u32 = 1 << 22;

/// From etcd_watch_open(); its response is an etcd_watch_response_t. The last event has an error
/// and no response.
pub const ETCD_EVENT_WATCH: i32 = 131;

/// What a response is: events. All of a revision are in one response, unless it is larger than the
/// client's max_receive_bytes. Then it comes in several, and all but the last have `more` set.
pub const ETCD_WATCH_RESPONSE_EVENTS: i32 = 71;
/// What a response is: the watch has been created. It comes once, before all others. Every event
/// after its revision is delivered.
pub const ETCD_WATCH_RESPONSE_CREATED: i32 = 72;
/// What a response is: progress. Every event up to its revision has been delivered.
pub const ETCD_WATCH_RESPONSE_PROGRESS: i32 = 73;
/// What a response is: with ETCD_WATCH_RESYNC, the keys that exist at its revision, each as the
/// event of its last put. If `more` is set, another response continues it. All keys that are not
/// in it are deleted. It starts again with the smallest key if a compaction interferes.
pub const ETCD_WATCH_RESPONSE_SNAPSHOT: i32 = 74;

/// What happened to a key: it was put. The key is new if kv.create_revision equals kv.mod_revision.
pub const ETCD_KV_PUT: i32 = 81;
/// What happened to a key: it was deleted, or has expired.
pub const ETCD_KV_DELETE: i32 = 82;

/// Options of etcd_watch_open(). Begin with ETCD_WATCH_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_watch_options_t {
    /// Set by ETCD_WATCH_OPTIONS_INIT.
    pub size: usize,
    /// When not empty: all keys from the key up to, but not with, this one.
    /// Excludes ETCD_PREFIX and ETCD_FROM_KEY. Empty means the key alone, so
    /// check an end that was computed.
    pub range_end: etcd_bytes_t,
    /// Begin with the events of this revision, which may be in the future; 0: with those of the
    /// next change.
    pub start_revision: i64,
    /// Deadline in milliseconds for the creation of the watch, where the call waits for that; 0 for
    /// the client's, ETCD_TIMEOUT_NONE for none. The watch itself has none.
    pub timeout_ms: u32,
    /// ETCD_PREFIX or ETCD_FROM_KEY, ETCD_PREV_KV, the ETCD_WATCH_ flags; with
    /// ETCD_REQUIRE_LEADER it ends with ETCD_ERR_NO_LEADER when all members that can be reached,
    /// one after the other, have said that they know of none, instead of waiting.
    pub flags: u32,
    /// Bytes of events that wait for their reader; then the server keeps them, but for those that it
    /// has sent by then. Of these a client keeps up to max_receive_bytes for all its slow readers.
    /// Default 1 MiB. One revision may be larger, up to the client's max_receive_bytes.
    pub max_bytes: u32,
    /// Must be 0.
    pub reserved: u32,
}

unsafe impl Options for etcd_watch_options_t {
    const NAME: &'static str = "etcd_watch_options_t";
    const FIRST_SIZE: usize = 48;
}

/// One change of one key.
///
/// Frozen: 80 bytes.
#[repr(C)]
pub struct etcd_watch_event_t {
    /// The key after this change. Of a deleted key only the key and, in mod_revision, the revision
    /// of the deletion.
    pub kv: etcd_kv_t,
    /// With ETCD_PREV_KV, the key before this change. NULL if it did not exist, or if that revision
    /// has been compacted.
    pub prev_kv: *const etcd_kv_t,
    /// ETCD_KV_PUT or ETCD_KV_DELETE.
    pub kind: i32,
    /// Always 0.
    pub reserved: u32,
}

/// A response of a watch. Free it with etcd_watch_response_free().
#[repr(C)]
pub struct etcd_watch_response_t {
    /// Who answered; its revision may be ahead of the events.
    pub header: etcd_header_t,
    /// ETCD_WATCH_RESPONSE_EVENTS, ETCD_WATCH_RESPONSE_CREATED, ETCD_WATCH_RESPONSE_PROGRESS or ETCD_WATCH_RESPONSE_SNAPSHOT.
    /// Later versions add numbers; ignore those you do not know.
    pub kind: i32,
    /// Always 0.
    pub reserved: u32,
    /// The revision up to which the watch is complete with this response. To resume, open a watch
    /// at this plus 1: it misses no event and repeats none. While `more` is set on events, it is the
    /// revision before theirs.
    pub revision: i64,
    /// In the order in which it happened; valid until the response is freed.
    pub events: *const etcd_watch_event_t,
    /// Number of elements of events.
    pub event_count: usize,
    /// The next response continues this ETCD_WATCH_RESPONSE_SNAPSHOT, or the revision of these events.
    pub more: bool,
}

/// What a response points into.
#[derive(Default)]
pub struct Storage {
    _events: Vec<etcd_watch_event_t>,
    _previous: Vec<etcd_kv_t>,
    _batch: Batch,
    _message: Bytes,
}

impl Source for Watch {
    type Item = Message;
    const IS_URGENT: bool = true;
    fn mailbox(&self) -> &Mailbox<Message> {
        Watch::mailbox(self)
    }
}

impl Delivery for Message {
    type Response = etcd_watch_response_t;
    const EVENT: i32 = ETCD_EVENT_WATCH;

    fn response(self) -> Result<*mut etcd_watch_response_t> {
        let empty = |kind, header, revision| etcd_watch_response_t {
            header,
            kind,
            reserved: 0,
            revision,
            events: std::ptr::null(),
            event_count: 0,
            more: false,
        };
        Ok(match self {
            Message::Created(header, revision) => {
                let public = empty(ETCD_WATCH_RESPONSE_CREATED, header.into(), revision);
                hand_out(public, Storage::default())
            }
            Message::Progress(header, revision) => {
                let public = empty(ETCD_WATCH_RESPONSE_PROGRESS, header.into(), revision);
                hand_out(public, Storage::default())
            }
            Message::Events(batch) => {
                let (events, previous) = events(&batch);
                let public = etcd_watch_response_t {
                    events: first(&events),
                    event_count: events.len(),
                    more: batch.more,
                    ..empty(ETCD_WATCH_RESPONSE_EVENTS, batch.header.into(), batch.complete())
                };
                let (_events, _previous) = (events, previous);
                hand_out(
                    public,
                    Storage { _events, _previous, _batch: batch, ..Storage::default() },
                )
            }
            Message::Keys(Listed { page, prefix }) => {
                let (_, kvs) = Pairs::read(&RANGE_PART, &page.message, &prefix)?;
                let _events: Vec<_> = kvs.into_iter().map(put).collect();
                let public = etcd_watch_response_t {
                    events: first(&_events),
                    event_count: _events.len(),
                    more: page.more,
                    ..empty(ETCD_WATCH_RESPONSE_SNAPSHOT, page.header.into(), page.header.revision)
                };
                hand_out(public, Storage { _events, _message: page.message, ..Storage::default() })
            }
        })
    }

    unsafe fn free(response: *mut etcd_watch_response_t) {
        take_back::<_, Storage>(response);
    }
}

fn put(kv: etcd_kv_t) -> etcd_watch_event_t {
    etcd_watch_event_t { kv, prev_kv: std::ptr::null(), kind: ETCD_KV_PUT, reserved: 0 }
}

/// The events of a batch, and what was before them, which they point to.
fn events(batch: &Batch) -> (Vec<etcd_watch_event_t>, Vec<etcd_kv_t>) {
    let mut events = Vec::with_capacity(batch.count);
    let mut previous: Vec<etcd_kv_t> = Vec::new();
    for (at, event) in batch.events().enumerate() {
        let mut public = put(event.kv.into());
        public.kind = if event.deleted { ETCD_KV_DELETE } else { ETCD_KV_PUT };
        if let Some(before) = event.prev_kv {
            // All at once: those that are there must not move.
            previous.reserve_exact(if previous.is_empty() { batch.count - at } else { 0 });
            previous.push(before.into());
            public.prev_kv = previous.last().map_or(std::ptr::null(), |last| last);
        }
        events.push(public);
    }
    (events, previous)
}

const FLAGS: u32 = ETCD_PREFIX
    | ETCD_FROM_KEY
    | ETCD_PREV_KV
    | ETCD_WATCH_NO_PUT
    | ETCD_WATCH_NO_DELETE
    | ETCD_WATCH_CREATED_NOTIFY
    | ETCD_WATCH_PROGRESS_NOTIFY
    | ETCD_WATCH_MERGE
    | ETCD_WATCH_RESYNC
    | ETCD_WATCH_NO_WAIT;

unsafe fn spec(key: etcd_bytes_t, options: &etcd_watch_options_t) -> Result<Spec> {
    let keys = keys(key, options.range_end, options.flags)?;
    if matches!(keys, Keys::Range(first, end) if end <= first && end != [0]) {
        return Err(Error::invalid("range_end is not after the key"));
    }
    let (key, range_end) = keys.span()?;
    let has = |flag| options.flags & flag != 0;
    Ok(Spec {
        no_puts: has(ETCD_WATCH_NO_PUT),
        no_deletes: has(ETCD_WATCH_NO_DELETE),
        prev_kv: has(ETCD_PREV_KV),
        merge: has(ETCD_WATCH_MERGE),
        created_notify: has(ETCD_WATCH_CREATED_NOTIFY),
        progress_notify: has(ETCD_WATCH_PROGRESS_NOTIFY),
        require_leader: has(ETCD_REQUIRE_LEADER),
        resync: has(ETCD_WATCH_RESYNC),
        bound: match options.max_bytes {
            0 => DEFAULT_BOUND,
            bytes => bytes as usize,
        },
        ..Spec::new(Bytes::copy_from_slice(key), Bytes::copy_from_slice(&range_end))
    })
}

/// Watches one key, or all keys of a range.
///
/// Every event is delivered once and in order, those of one revision together unless they are larger
/// than max_receive_bytes (ETCD_WATCH_RESPONSE_EVENTS). When a connection, a member or a token fails,
/// the watch resumes where it was, on another member if necessary, for as long as that takes. It ends
/// with an error, its last response, in four cases. Events are lost to a compaction:
/// ETCD_ERR_COMPACTED; events before error->revision no longer exist, so read the keys again and
/// watch from there, or use ETCD_WATCH_RESYNC. A single event is larger than max_receive_bytes, and
/// than 4 MiB: ETCD_ERR_REPLY_TOO_LARGE; it is of error->revision, so watch from there with a larger
/// limit or without ETCD_PREV_KV, or from the next revision, or use ETCD_WATCH_RESYNC. The server
/// refuses the watch, such as with ETCD_ERR_PERMISSION_DENIED. The client is closed.
///
/// A slow reader delays no other reader: events beyond max_bytes stay at the server and are
/// requested when there is room again.
///
/// On a queue, the call never waits: the first response is ETCD_WATCH_RESPONSE_CREATED. Without
/// start_revision, changes before that response may be missed. On no queue and without
/// start_revision, the call waits until a server has the watch: changes after it has returned are
/// delivered. With start_revision, or with ETCD_WATCH_NO_WAIT, it returns at once.
///
/// @param client    Open client.
/// @param key       Any bytes, copied; empty only with ETCD_PREFIX or ETCD_FROM_KEY.
/// @param options   May be NULL for defaults.
/// @param queue     Where the responses go, as events of kind ETCD_EVENT_WATCH; the
///                  last one has an error. NULL: they are taken with etcd_watch_next().
/// @param user_data Given back by etcd_event_user_data(); never followed.
/// @param[out] out  The watch; close it with etcd_watch_close(), also after its end.
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_EMPTY_KEY, ETCD_ERR_UNSUPPORTED,
///         ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED, ETCD_ERR_NO_RESOURCES, and where it waits
///         what etcd_kv_get() returns.
/// @par Thread safety  Any thread, any number at once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_watch_open(
    client: *mut etcd_client_t,
    key: etcd_bytes_t,
    options: *const etcd_watch_options_t,
    queue: *mut etcd_queue_t,
    user_data: *mut c_void,
    out: *mut *mut etcd_watch_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let client = handle::get(client)?;
        let queue = stream::queue(queue)?;
        let options = copy(options)?;
        if options.reserved != 0 {
            return Err(Error::new(ETCD_ERR_UNSUPPORTED, "reserved must be 0"));
        }
        let common = common(options.timeout_ms, options.flags, FLAGS)?;
        let mut spec = spec(key, &options)?;
        spec.created_notify |= queue.is_some();
        let watch = match options.start_revision {
            ..0 => {
                let why = format!("start_revision is {}", options.start_revision);
                return Err(Error::invalid(why));
            }
            0 if queue.is_some() || options.flags & ETCD_WATCH_NO_WAIT != 0 => {
                Client::watch(&client, spec, None)
            }
            0 => Client::watch_from_now(&client, spec, client.limit(common))?,
            start => Client::watch(&client, spec, Some(start)),
        };
        out.write(stream::open::<etcd_watch_t, _>(&client, watch, queue, user_data)?);
        Ok(ETCD_OK)
    })
}

/// Takes the next response of a watch that is on no queue.
///
/// @param watch     Open watch.
/// @param wait_ms   How long to wait for one, in milliseconds: 0 not at all,
///                  ETCD_WAIT_FOREVER without end; no other negative number.
/// @param[out] out  The response; free it with etcd_watch_response_free(). NULL unless
///                  ETCD_OK.
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_EMPTY if nothing came in time, ETCD_ERR_INVALID_ARGUMENT,
///         ETCD_ERR_BAD_HANDLE, also for a watch that is closed meanwhile, ETCD_ERR_FORKED, or
///         the reason why the watch has ended, again and again.
/// @par Thread safety  Any thread, any number at once; each response is taken once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_watch_next(
    watch: *mut etcd_watch_t,
    wait_ms: i32,
    out: *mut *mut etcd_watch_response_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        stream::next(watch, wait_ms, out)
    })
}

/// Requests an ETCD_WATCH_RESPONSE_PROGRESS response.
///
/// It comes when every event up to some revision has been delivered, and that revision is not older
/// than what the caller has written before this call. Servers before 3.4.25 and 3.5.8 would name
/// revisions whose events they have not sent yet, and are not asked: with these the response comes
/// only if that much has been delivered already, or if the watch begins later.
///
/// @param watch     Open watch.
/// @return ETCD_OK, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread, any number at once; one response may be for several requests.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_watch_request_progress(watch: *mut etcd_watch_t) -> etcd_status_t {
    guard(std::ptr::null_mut(), || {
        handle::get(watch)?.source.ask_for_progress();
        Ok(ETCD_OK)
    })
}

/// Closes a watch.
///
/// Nothing more is delivered. On a queue, the call waits for callbacks of the queue that run on other
/// threads, unless it is called in one of them. A wait in etcd_watch_next() ends with
/// ETCD_ERR_BAD_HANDLE.
///
/// @param watch  May be NULL, or closed already.
/// @par Thread safety  Any thread, also in a callback.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_watch_close(watch: *mut etcd_watch_t) {
    quiet(|| stream::close(watch));
}

/// Frees a response and all that it points to.
///
/// @param response  May be NULL. Not one that belongs to an event.
/// @par Thread safety  Any thread; once.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_watch_response_free(response: *mut etcd_watch_response_t) {
    quiet(|| <Message as Delivery>::free(response));
}

#[cfg(test)]
mod tests {
    use super::super::client::{etcd_client_close, open_endpoints};
    use super::*;
    use crate::client::watch::Spec;
    use std::time::{Duration, Instant};

    #[test]
    fn who_asks_again_and_again_keeps_one_question_waiting() {
        // Nobody listens there.
        // SAFETY: a literal.
        let handle = unsafe { open_endpoints(c"127.0.0.1:1".as_ptr()).unwrap() };
        let client = handle::get(handle).unwrap();
        let watch = crate::client::Client::watch(&client, Spec::new("k", ""), Some(1));
        let calls = || client.core().telemetry.counters.all()[0];
        let until = Instant::now() + Duration::from_secs(30);
        while calls() == 0 && Instant::now() < until {
            watch.ask_for_progress();
            std::thread::sleep(Duration::from_millis(1));
        }
        (0..50).for_each(|_| watch.ask_for_progress());
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(calls(), 1);
        // SAFETY: opened above.
        unsafe { etcd_client_close(handle) };
    }
}
