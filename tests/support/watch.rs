//! Watches, as C opens them, in a form that is easy to test with.

use super::ffi::*;
use etcd::capi::dispatch::*;
use etcd::capi::event::*;
use etcd::capi::options::ETCD_PREFIX;
use etcd::capi::queue::*;
use etcd::capi::watch::*;
use etcd::status::*;
use std::ffi::c_void;
use std::ptr::null_mut;

/// Options, zero unless set.
#[derive(Clone, Copy, Default)]
pub struct WatchOptions<'a> {
    pub range_end: &'a [u8],
    pub start: i64,
    pub flags: u32,
    pub max_bytes: u32,
    pub timeout_ms: u32,
}

/// All keys below one.
pub const PREFIX: WatchOptions<'static> =
    WatchOptions { range_end: &[], start: 0, flags: ETCD_PREFIX, max_bytes: 0, timeout_ms: 0 };

/// The same with flags.
pub fn with(flags: u32) -> WatchOptions<'static> {
    WatchOptions { flags: ETCD_PREFIX | flags, ..PREFIX }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    pub deleted: bool,
    pub kv: Kv,
    pub prev_kv: Option<Kv>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub kind: i32,
    pub revision: i64,
    pub events: Vec<Change>,
    pub more: bool,
}

impl Told {
    /// Keys and values; no value: deleted.
    pub fn changes(&self) -> Vec<(String, Option<String>)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let change = |it: &Change| (text(&it.kv.key), (!it.deleted).then(|| text(&it.kv.value)));
        self.events.iter().map(change).collect()
    }

    pub fn revisions(&self) -> Vec<i64> {
        self.events.iter().map(|event| event.kv.mod_revision).collect()
    }
}

/// One of [`Told::changes`]: a put.
pub fn is(key: &str, value: &str) -> (String, Option<String>) {
    (key.to_owned(), Some(value.to_owned()))
}

/// One of them: a deletion.
pub fn gone(key: &str) -> (String, Option<String>) {
    (key.to_owned(), None)
}

pub unsafe fn told(response: &etcd_watch_response_t) -> Told {
    let events = (0..response.event_count).map(|at| {
        let event = &*response.events.add(at);
        Change {
            deleted: event.kind == ETCD_KV_DELETE,
            kv: kv(&event.kv),
            prev_kv: event.prev_kv.as_ref().map(|before| kv(before)),
        }
    });
    Told {
        kind: response.kind,
        revision: response.revision,
        events: events.collect(),
        more: response.more,
    }
}

/// A watch; closed when dropped.
pub struct Watch(pub *mut etcd_watch_t);
unsafe impl Send for Watch {}
unsafe impl Sync for Watch {}

unsafe fn open(
    client: &Client,
    key: &[u8],
    options: WatchOptions<'_>,
    queue: *mut etcd_queue_t,
    tag: usize,
) -> Result<Watch> {
    let options = etcd_watch_options_t {
        size: size_of::<etcd_watch_options_t>(),
        range_end: bytes(options.range_end),
        start_revision: options.start,
        timeout_ms: options.timeout_ms,
        flags: options.flags,
        max_bytes: options.max_bytes,
        reserved: 0,
    };
    let (mut watch, mut error) = (null_mut(), null_mut());
    let tag = tag as *mut c_void;
    let opened =
        etcd_watch_open(client.0, bytes(key), &options, queue, tag, &mut watch, &mut error);
    check(opened, error).map(|()| Watch(watch))
}

impl Watch {
    pub fn open(client: &Client, key: &[u8], options: WatchOptions<'_>) -> Result<Watch> {
        unsafe { open(client, key, options, null_mut(), 0) }
    }

    pub fn on(
        queue: &Queue,
        client: &Client,
        key: &[u8],
        options: WatchOptions<'_>,
        tag: usize,
    ) -> Result<Watch> {
        unsafe { open(client, key, options, queue.0, tag) }
    }

    /// None if nothing came in time.
    pub fn next(&self, wait_ms: i32) -> Result<Option<Told>> {
        let (mut out, mut error) = (null_mut(), null_mut());
        unsafe {
            let status = etcd_watch_next(self.0, wait_ms, &mut out, &mut error);
            check(status, error)?;
            if status == ETCD_EMPTY {
                assert!(out.is_null());
                return Ok(None);
            }
            let read = told(&*out);
            etcd_watch_response_free(out);
            Ok(Some(read))
        }
    }

    /// The next within 10 s.
    pub fn told(&self) -> Told {
        self.next(10_000).unwrap().expect("something within 10 s")
    }

    /// The revision of the end by compaction, within 10 s.
    pub fn compacted(&self) -> i64 {
        let end = self.next(10_000).unwrap_err();
        assert_eq!(end.status, ETCD_ERR_COMPACTED);
        end.revision
    }

    pub fn ask_for_progress(&self) {
        assert_eq!(unsafe { etcd_watch_request_progress(self.0) }, ETCD_OK);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        unsafe { etcd_watch_close(self.0) };
    }
}

/// Whose, and what.
pub type Tagged = (usize, Result<Told>);

unsafe fn tagged(event: *const etcd_event_t) -> Tagged {
    assert_eq!(etcd_event_kind(event), ETCD_EVENT_WATCH);
    let result = match etcd_event_status(event) {
        ETCD_OK => Ok(told(&*super::ffi::response(event, ETCD_EVENT_WATCH))),
        _ => {
            assert!(etcd_event_response(event, ETCD_EVENT_WATCH).is_null());
            Err(failure_of(etcd_event_error(event)))
        }
    };
    (etcd_event_user_data(event) as usize, result)
}

/// The next event of a queue that watches are on.
pub fn next_of(queue: &Queue, wait_ms: i32) -> Option<Tagged> {
    let mut event = null_mut();
    unsafe {
        match etcd_queue_next(queue.0, wait_ms, &mut event, null_mut()) {
            ETCD_EMPTY => return None,
            status => assert_eq!(status, ETCD_OK),
        }
        let read = tagged(event);
        etcd_event_free(event);
        Some(read)
    }
}

/// The same for several at once.
pub fn batch_of(queue: &Queue, wait_ms: i32) -> Vec<Tagged> {
    let (mut events, mut count) = ([null_mut(); 16], 0);
    let (to, room) = (events.as_mut_ptr(), events.len());
    unsafe {
        match etcd_queue_next_batch(queue.0, wait_ms, to, room, &mut count, null_mut()) {
            ETCD_EMPTY => assert_eq!(count, 0),
            status => assert_eq!((status, count > 0), (ETCD_OK, true)),
        }
        let read = events[..count].iter().map(|&event| {
            let read = tagged(event);
            etcd_event_free(event);
            read
        });
        read.collect()
    }
}

/// The same by callbacks.
pub fn dispatched_by(queue: &Queue, wait_ms: i32) -> Vec<Tagged> {
    unsafe extern "C" fn take(event: *mut etcd_event_t, to: *mut c_void) {
        (*to.cast::<Vec<Tagged>>()).push(tagged(event));
    }
    let (mut all, mut count) = (Vec::<Tagged>::new(), 0);
    let to = std::ptr::from_mut(&mut all).cast();
    unsafe {
        match etcd_queue_dispatch(queue.0, wait_ms, Some(take), to, &mut count, null_mut()) {
            ETCD_EMPTY => assert_eq!(count, 0),
            status => assert_eq!(status, ETCD_OK),
        }
    }
    assert_eq!(all.len(), count);
    all
}

/// Takes the beginnings of so many watches, which come before all else.
pub fn begun(queue: &Queue, watches: usize) {
    for _ in 0..watches {
        let (_, told) = next_of(queue, 10_000).expect("a beginning within 10 s");
        assert_eq!(told.unwrap().kind, ETCD_WATCH_RESPONSE_CREATED);
    }
}

/// Puts text; returns the revision.
pub fn put(client: &Client, key: &str, value: &str) -> i64 {
    client.put(key.as_bytes(), value.as_bytes(), DEFAULT).unwrap().revision
}
