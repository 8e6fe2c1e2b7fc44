//! The completion queue: everything asynchronous arrives here.

use super::error::etcd_error_t;
use super::event::{etcd_event_t, Content, Ended};
use super::options::{self, Options};
use super::user_data::{etcd_drop_cb, Held, Registry};
use super::{guard, handle, out, quiet, wait};
use crate::error::{Error, Result};
use crate::runtime::Reader;
use crate::status::*;
use crate::sync::queue::{Next, Queue};
use crate::sync::IgnorePoison;
use crate::sys::{self, ThreadNumber};
use std::ffi::{c_int, c_void};
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A queue of events. Opaque; belongs to no client and serves any number of them.
pub struct etcd_queue_t(());

handle::kind!(2, etcd_queue_t, EventQueue, "queue");

/// Options for etcd_queue_new(). Begin with ETCD_QUEUE_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_queue_options_t {
    /// Set by ETCD_QUEUE_OPTIONS_INIT.
    pub size: usize,
    /// Called by etcd_queue_free() for each user_data that is not NULL and still out: once for
    /// each call or stream that has it. NULL: nothing is called.
    pub drop_callback: etcd_drop_cb,
    /// Given to the callback; never followed.
    pub arg: *mut c_void,
}

unsafe impl Options for etcd_queue_options_t {
    const NAME: &'static str = "etcd_queue_options_t";
    const FIRST_SIZE: usize = 24;
}

/// What a queue holds: made into events by its reader, on the reader's thread.
pub enum Pending {
    Call(Ended),
    /// Something longer has ended; what makes an event of that.
    Work(Held, Box<dyn FnOnce() -> Content + Send>),
    /// There is something to take from a stream.
    Stream(Held, Arc<dyn OnQueue>),
}

/// A stream as a queue's reader sees it.
pub trait OnQueue: Send + Sync {
    /// The next event, unless another reader was faster or the stream is closed. With the last
    /// one the user_data is the caller's again.
    fn take(&self, held: Held, user_data: &Registry) -> Option<Content>;
}

impl Pending {
    pub(super) fn held(&self) -> Held {
        match self {
            Pending::Stream(held, _) | Pending::Work(held, _) => *held,
            Pending::Call(ended) => ended.held,
        }
    }
}

/// A queue, and who dispatches it.
#[derive(Default)]
pub struct EventQueue {
    pub(super) queue: Queue<Pending>,
    /// Calls in progress whose ends go here.
    owed: AtomicUsize,
    /// Streams that deliver here.
    pub(super) streams: Arc<AtomicUsize>,
    reader: Reader,
    pub(super) calls: Calls,
    pub user_data: Registry,
    pub(super) dispatcher: Mutex<Option<JoinHandle<()>>>,
}

/// Threads that are calling back, so that who ends something can wait for them.
#[derive(Default)]
pub(super) struct Calls {
    running: Mutex<Running>,
    ended: Condvar,
}

#[derive(Default)]
struct Running {
    begun: u64,
    calls: Vec<(u64, ThreadNumber)>,
    /// Threads that wait for an end: to wake none would cost a system call too.
    waiters: usize,
}

pub(super) struct Calling<'a>(&'a Calls, u64);

impl Calls {
    pub(super) fn begin(&self) -> Calling<'_> {
        let mut running = self.running.lock().ignore_poison();
        running.begun += 1;
        let call = running.begun;
        running.calls.push((call, sys::this_thread()));
        Calling(self, call)
    }
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        let mut running = self.0.running.lock().ignore_poison();
        running.calls.retain(|&(call, _)| call != self.1);
        if running.waiters > 0 {
            self.0.ended.notify_all();
        }
    }
}

impl Deref for EventQueue {
    type Target = Queue<Pending>;
    fn deref(&self) -> &Queue<Pending> {
        &self.queue
    }
}

impl EventQueue {
    /// A call begins whose end goes here.
    pub fn call_begins(&self) {
        self.owed.fetch_add(1, Relaxed);
    }

    pub fn call_ends(&self) {
        self.owed.fetch_sub(1, Relaxed);
    }

    /// What a reader gets, and with it the user_data of a call. None if a stream has nothing more to
    /// deliver, or if the user_data was dropped.
    pub(super) fn event(&self, pending: Pending) -> Option<*mut etcd_event_t> {
        let content = match pending {
            Pending::Stream(held, stream) => stream.take(held, &self.user_data)?,
            Pending::Work(held, content) => self.user_data.release(held).then(content)?,
            Pending::Call(ended) => self.user_data.release(ended.held).then(|| ended.content())?,
        };
        Some(content.event())
    }

    /// What `take` makes of the next that comes, or the status that nothing does.
    pub(super) fn next<R>(
        &self,
        wait: Option<Duration>,
        mut take: impl FnMut(Pending) -> Option<R>,
    ) -> Result<Result<R, etcd_status_t>> {
        let until = wait.and_then(|wait| Instant::now().checked_add(wait));
        loop {
            match self.queue.take() {
                // What a stream had to say may have been taken, or called off.
                Next::Item(pending) => match take(pending) {
                    Some(taken) => return Ok(Ok(taken)),
                    None => continue,
                },
                Next::Woken => return Ok(Err(ETCD_WOKEN)),
                Next::Closed => return Err(Error::new(ETCD_ERR_BAD_HANDLE, "the queue was freed")),
                Next::Empty => {}
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                return Ok(Err(ETCD_EMPTY));
            }
            let alone = |calls, streams: Option<usize>| {
                calls == self.owed.load(Relaxed)
                    && streams.is_none_or(|all| all > 0 && all == self.streams.load(Relaxed))
                    && !self.queue.is_awaited()
            };
            self.reader.wait(until, &alone, self.queue.readable(), || self.queue.wait(until));
        }
    }

    /// Takes what is there without a wait, at most so often, until `take` says false.
    pub(super) fn more(&self, most: usize, mut take: impl FnMut(Pending) -> Option<bool>) {
        for _ in 0..most {
            match self.next(Some(Duration::ZERO), &mut take) {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => break,
                Ok(Err(status)) => {
                    // A wake is for the next call.
                    if status == ETCD_WOKEN {
                        self.queue.wake();
                    }
                    break;
                }
                // Freed in a callback, which is no failure.
                Err(_) => break,
            }
        }
    }

    /// Waits until callbacks that other threads have begun have ended. False, at
    /// once, in a callback: two could wait for each other.
    pub fn wait_for_callbacks(&self) -> bool {
        let me = sys::this_thread();
        let mut running = self.calls.running.lock().ignore_poison();
        let before = running.begun;
        if running.calls.iter().any(|&(_, thread)| thread == me) {
            return false;
        }
        while running.calls.iter().any(|&(call, _)| call <= before) {
            running.waiters += 1;
            running = self.calls.ended.wait(running).ignore_poison();
            running.waiters -= 1;
        }
        true
    }
}

/// Makes a queue.
///
/// @param options   May be NULL for defaults. Copied.
/// @param[out] out  The queue; free it with etcd_queue_free().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED or ETCD_ERR_NO_RESOURCES.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_queue_new(
    options: *const etcd_queue_options_t,
    out: *mut *mut etcd_queue_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let etcd_queue_options_t { drop_callback, arg, .. } = options::copy(options)?;
        let user_data = Registry::new(drop_callback, arg);
        out.write(handle::insert(Arc::new(EventQueue { user_data, ..Default::default() }))?);
        Ok(ETCD_OK)
    })
}

/// Frees a queue and the events in it.
///
/// Waits in etcd_queue_next() end with ETCD_ERR_BAD_HANDLE. Calls in progress continue, and their
/// events are dropped; streams continue until they are closed. The descriptor is closed when the
/// last of these calls has ended: remove it from any poll set first.
///
/// The call waits for callbacks of this queue that run on other threads, unless it is called in one
/// of them. It does not wait for a thread that uses an event which etcd_queue_next() returned: let
/// such threads finish first if the drop callback frees what they use. Two callbacks of different
/// queues must not free or close what belongs to the other's queue: each would wait for the other.
///
/// Then the drop callback of etcd_queue_options_t, if there is one, is called for each
/// user_data that is still out: that of a call whose event was not taken, and that of a stream which
/// is not closed and whose last event was not taken. When etcd_queue_free() has returned, nothing is
/// called any more. If it is called in a callback, the user_data of callbacks that run at that time
/// is dropped when they return.
///
/// @param queue  May be NULL, or freed already.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_queue_free(queue: *mut etcd_queue_t) {
    quiet(|| {
        let Ok(queue) = handle::remove(queue) else { return };
        queue.close();
        let outside = queue.wait_for_callbacks();
        let dispatcher = queue.dispatcher.lock().ignore_poison().take();
        if let (true, Some(thread)) = (outside, dispatcher) {
            let _ = thread.join();
        }
        queue.user_data.drop_all();
    });
}

/// A descriptor that is readable while the queue holds an event.
///
/// For poll, epoll, select or an event loop, level-triggered. Never read from
/// it, write to it or close it: it belongs to the queue. It is closed on exec.
/// When it is readable, call etcd_queue_next() with wait_ms 0 until it returns
/// ETCD_EMPTY.
///
/// @param queue  Open queue.
/// @return The descriptor, or -1 if the queue is not open or descriptors are short.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_queue_fd(queue: *const etcd_queue_t) -> c_int {
    let fd = quiet(|| handle::get(queue).ok().and_then(|queue| queue.fd().ok()));
    fd.unwrap_or(-1)
}

/// Takes the next event.
///
/// @param queue     Open queue.
/// @param wait_ms   How long to wait for one, in milliseconds: 0 not at all,
///                  ETCD_WAIT_FOREVER without end; no other negative number.
/// @param[out] out  The event; free it with etcd_event_free(). NULL unless ETCD_OK.
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_EMPTY if nothing came in time, ETCD_WOKEN after etcd_queue_wake(),
///         ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread, any number at once; each event is taken once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_queue_next(
    queue: *mut etcd_queue_t,
    wait_ms: i32,
    out: *mut *mut etcd_event_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        let queue = handle::get(queue)?;
        match queue.next(wait(wait_ms)?, |pending| queue.event(pending))? {
            Ok(event) => out.write(event),
            Err(status) => return Ok(status),
        }
        Ok(ETCD_OK)
    })
}

/// Takes the events that are there, at once.
///
/// Waits for the first as etcd_queue_next() does, and for no other.
///
/// @param queue       Open queue.
/// @param wait_ms     As etcd_queue_next().
/// @param[out] events Room for `capacity` events; free each with etcd_event_free().
/// @param capacity    At least 1.
/// @param[out] count  How many came; 0 unless ETCD_OK.
/// @param[out] err    May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_queue_next().
/// @par Thread safety  Any thread, any number at once; each event is taken once.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_queue_next_batch(
    queue: *mut etcd_queue_t,
    wait_ms: i32,
    events: *mut *mut etcd_event_t,
    capacity: usize,
    count: *mut usize,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        if !count.is_null() {
            count.write(0);
        }
        if count.is_null() || events.is_null() || capacity == 0 {
            return Err(Error::invalid("events or count is NULL, or capacity is 0"));
        }
        let queue = handle::get(queue)?;
        match queue.next(wait(wait_ms)?, |pending| queue.event(pending))? {
            Ok(event) => events.write(event),
            Err(status) => return Ok(status),
        }
        let mut taken = 1;
        queue.more(capacity - 1, |pending| {
            events.add(taken).write(queue.event(pending)?);
            taken += 1;
            Some(true)
        });
        count.write(taken);
        Ok(ETCD_OK)
    })
}

/// Makes one etcd_queue_next(), the one in progress or the next, return ETCD_WOKEN.
///
/// @param queue  Open queue.
/// @return ETCD_OK, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread. Not from a signal handler.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_queue_wake(queue: *mut etcd_queue_t) -> etcd_status_t {
    guard(std::ptr::null_mut(), || {
        handle::get(queue)?.wake();
        Ok(ETCD_OK)
    })
}
