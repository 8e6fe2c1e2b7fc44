//! Callbacks for the events of a queue, on the caller's thread or on one of the library's.

use super::error::etcd_error_t;
use super::event::{etcd_event_t, lend};
use super::options::{self, Options};
use super::queue::{etcd_queue_t, EventQueue, Pending};
use super::types::UserData;
use super::{guard, handle, wait};
use crate::error::panics::caught;
use crate::error::{Error, Result};
use crate::status::*;
use crate::sync::IgnorePoison;
use crate::sys;
use std::ffi::c_void;
use std::time::Duration;

/// As the system gives it to threads; callbacks are the host's code.
const DISPATCHER_STACK: usize = 8 << 20;

/// Takes an event; called where etcd_queue_dispatch() was, or on the thread that
/// etcd_queue_start_dispatcher() has started. The event is freed when it returns,
/// unless it calls etcd_event_keep(); the response can be had beyond that with
/// etcd_event_take_response(). It may call anything in this library, also what
/// blocks or frees.
pub type etcd_event_cb = Option<unsafe extern "C" fn(event: *mut etcd_event_t, arg: *mut c_void)>;

/// A callback of its own for one call or stream, for etcd_queue_dispatch_handlers().
/// Begin with ETCD_HANDLER_INIT. Its address is the user_data of the call, and it
/// must stay where it is until the last event of that came.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_handler_t {
    /// Set by ETCD_HANDLER_INIT.
    pub size: usize,
    /// NULL: the events are dropped, and the drop callback of the queue is not called for them.
    pub callback: etcd_event_cb,
    /// Given to the callback; never followed.
    pub arg: *mut c_void,
}

unsafe impl Options for etcd_handler_t {
    const NAME: &'static str = "etcd_handler_t";
    const FIRST_SIZE: usize = 24;
}

/// Where events go that are dispatched.
#[derive(Clone, Copy)]
enum Target {
    One(etcd_event_cb, UserData),
    /// To the handler that is the user_data of each.
    Handlers,
}

impl Target {
    unsafe fn new(callback: etcd_event_cb, arg: *mut c_void) -> Result<Target> {
        match callback {
            None => Err(Error::invalid("callback is NULL")),
            callback => Ok(Target::One(callback, UserData(arg))),
        }
    }

    /// Who is called, and with what.
    unsafe fn of(self, user_data: *mut c_void) -> Result<(etcd_event_cb, *mut c_void)> {
        match self {
            Target::One(callback, UserData(arg)) => Ok((callback, arg)),
            Target::Handlers if user_data.is_null() => Ok((None, user_data)),
            Target::Handlers => {
                let handler = options::copy(user_data.cast::<etcd_handler_t>())?;
                Ok((handler.callback, handler.arg))
            }
        }
    }
}

impl EventQueue {
    /// Dispatches what is there, after a wait for the first; how many that were,
    /// or the status that there was none.
    unsafe fn dispatch(
        &self,
        wait: Option<Duration>,
        target: Target,
    ) -> Result<Result<usize, etcd_status_t>> {
        let mut refused = None;
        let mut call = |pending: Pending, there: &mut usize| {
            *there = self.queue.len();
            // Before the look whether it is closed: who closes waits for what has begun.
            let _calling = self.calls.begin();
            if self.queue.is_closed() {
                return None;
            }
            // Before it is followed, so that it is not dropped until the callback has ended.
            let held = pending.held();
            let _in_use = self.user_data.borrow(held)?;
            let (callback, arg) = match target.of(held.user_data.0) {
                Ok(callback) => callback,
                Err(error) => {
                    self.queue.put_back(pending);
                    refused = Some(error);
                    return Some(false);
                }
            };
            let event = self.event(pending)?;
            lend(event, || {
                if let Some(callback) = callback {
                    callback(event, arg);
                }
            });
            Some(true)
        };
        // Not those that the callbacks themselves bring about.
        let mut there = 0;
        let first = match self.next(wait, |pending| call(pending, &mut there))? {
            Ok(first) => first,
            Err(status) => return Ok(Err(status)),
        };
        let mut count = usize::from(first);
        if first {
            self.more(there, |pending| {
                let called = call(pending, &mut 0)?;
                count += usize::from(called);
                Some(called)
            });
        }
        match refused {
            // The caller learns of it when it comes first.
            Some(error) if count == 0 => Err(error),
            _ => Ok(Ok(count)),
        }
    }
}

/// Calls back for each event that is there.
///
/// Waits for the first as etcd_queue_next() does, and for no other. Events that
/// the callbacks bring about are left for the next call.
///
/// @param queue      Open queue. A callback may free it: then nothing more is called.
/// @param wait_ms    As etcd_queue_next().
/// @param callback   Called on this thread, one event after the other. Not NULL.
/// @param arg        Given to the callback; never followed.
/// @param[out] count May be NULL. How many events that were; 0 unless ETCD_OK.
/// @param[out] err   May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_queue_next().
/// @par Thread safety  Any thread, any number at once; each event is given to one of them. A
///      callback must not throw.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_queue_dispatch(
    queue: *mut etcd_queue_t,
    wait_ms: i32,
    callback: etcd_event_cb,
    arg: *mut c_void,
    count: *mut usize,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        if !count.is_null() {
            count.write(0);
        }
        dispatch(queue, wait_ms, Target::new(callback, arg)?, count)
    })
}

/// Calls the handler of each event that is there.
///
/// As etcd_queue_dispatch(), but the user_data of each event is the address of an
/// etcd_handler_t, whose callback is called; an event with NULL is dropped. Only for
/// a queue all of whose calls and streams have such a user_data.
///
/// A handler that does not begin with its size is ETCD_ERR_UNSUPPORTED: no more is called, and
/// its event stays first in the queue.
///
/// @param queue      Open queue. A callback may free it: then nothing more is called.
/// @param wait_ms    As etcd_queue_next().
/// @param[out] count May be NULL. How many events that were; 0 unless ETCD_OK.
/// @param[out] err   May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_queue_next(), or ETCD_ERR_UNSUPPORTED.
/// @par Thread safety  Any thread, any number at once; each event is given to one of them. A
///      callback must not throw.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_queue_dispatch_handlers(
    queue: *mut etcd_queue_t,
    wait_ms: i32,
    count: *mut usize,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        if !count.is_null() {
            count.write(0);
        }
        dispatch(queue, wait_ms, Target::Handlers, count)
    })
}

unsafe fn dispatch(
    queue: *mut etcd_queue_t,
    wait_ms: i32,
    target: Target,
    count: *mut usize,
) -> Result<etcd_status_t> {
    match handle::get(queue)?.dispatch(wait(wait_ms)?, target)? {
        Ok(dispatched) if !count.is_null() => count.write(dispatched),
        Ok(_) => {}
        Err(status) => return Ok(status),
    }
    Ok(ETCD_OK)
}

/// Starts a thread that calls back for each event, for programs without a loop.
///
/// It ends when the queue is freed. Like all threads of this library it takes no
/// signals. What its callbacks do keeps only this queue waiting: they may block.
///
/// @param queue     Open queue that has no such thread yet.
/// @param callback  Called on the thread, one event after the other. Not NULL.
/// @param arg       Given to the callback; never followed.
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT if it has one, ETCD_ERR_NO_RESOURCES,
///         ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
/// @par Thread safety  Any thread. A callback must not throw.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_queue_start_dispatcher(
    queue: *mut etcd_queue_t,
    callback: etcd_event_cb,
    arg: *mut c_void,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || start_dispatcher(queue, Target::new(callback, arg)?))
}

/// Starts a thread that calls the handler of each event.
///
/// As etcd_queue_start_dispatcher(), with the handlers of
/// etcd_queue_dispatch_handlers(). A handler that does not begin with its size ends the
/// thread; its event and those after it stay in the queue, which then takes no other such thread.
///
/// @param queue     Open queue that has no such thread yet.
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return As etcd_queue_start_dispatcher().
/// @par Thread safety  Any thread. A callback must not throw.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_queue_start_handler_dispatcher(
    queue: *mut etcd_queue_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || start_dispatcher(queue, Target::Handlers))
}

unsafe fn start_dispatcher(queue: *mut etcd_queue_t, target: Target) -> Result<etcd_status_t> {
    let queue = handle::get(queue)?;
    let mut dispatcher = queue.dispatcher.lock().ignore_poison();
    if dispatcher.is_some() {
        return Err(Error::invalid("the queue has a dispatcher already"));
    }
    let ours = queue.clone();
    let thread = std::thread::Builder::new().name("etcd-dispatch".into());
    let thread = thread.stack_size(DISPATCHER_STACK);
    let started = sys::with_signals_blocked(|| {
        thread.spawn(move || {
            // Until the queue is freed; not for a defect.
            while !matches!(caught(|| ours.dispatch(None, target)), Ok(Err(_))) {}
        })
    });
    let started = started
        .map_err(|e| Error::new(ETCD_ERR_NO_RESOURCES, format!("cannot start a thread: {e}")))?;
    *dispatcher = Some(started);
    Ok(ETCD_OK)
}
