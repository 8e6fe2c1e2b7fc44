//! The completion queue: everything asynchronous arrives here.

use super::error::etcd_error_t;
use super::event::etcd_event_t;
use super::{guard, handle, out, quiet};
use crate::error::Error;
use crate::queue::{Next, Queue};
use crate::status::*;
use std::ffi::c_int;
use std::sync::Arc;
use std::time::Duration;

/// A queue of events. Opaque; belongs to no client and serves any number of them.
pub struct etcd_queue_t(());

/// A call in progress that can be cancelled. Opaque; never needs freeing.
pub struct etcd_op_t(());

/// Makes a queue.
///
/// @param[out] out  The queue; free it with etcd_queue_free().
/// @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
/// @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT or ETCD_ERR_NO_RESOURCES.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_queue_new(
    out: *mut *mut etcd_queue_t,
    err: *mut *mut etcd_error_t,
) -> etcd_status_t {
    guard(err, || {
        let out = self::out(out, "out")?;
        out.write(handle::insert(Arc::new(Queue::default()))?);
        Ok(ETCD_OK)
    })
}

/// Frees a queue and the events in it.
///
/// Waits in etcd_queue_next() end with ETCD_ERR_BAD_HANDLE. Calls in progress go on,
/// and their ends are dropped. The descriptor is closed when the last of these
/// calls has ended: take it out of any poll set first.
///
/// @param queue  May be NULL, or freed already.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_queue_free(queue: *mut etcd_queue_t) {
    quiet(|| {
        if let Ok(queue) = handle::remove(queue) {
            queue.close();
        }
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
        let wait = match wait_ms {
            -1 => None,
            0.. => Some(Duration::from_millis(wait_ms as u64)),
            _ => return Err(Error::invalid(format!("wait_ms is {wait_ms}"))),
        };
        match handle::get(queue)?.next(wait) {
            Next::Item(pending) => out.write(pending.event()),
            Next::Empty => return Ok(ETCD_EMPTY),
            Next::Woken => return Ok(ETCD_WOKEN),
            Next::Closed => return Err(Error::new(ETCD_ERR_BAD_HANDLE, "the queue was freed")),
        }
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

/// Ends a call early.
///
/// Its event still comes, with ETCD_ERR_CANCELLED unless the call had ended
/// before, with its event still waiting in the queue. A write may have been applied all the same: see the error's outcome.
///
/// @param op  A handle from an _async call.
/// @return ETCD_OK, ETCD_ERR_FORKED, or ETCD_ERR_BAD_HANDLE if its event was taken already.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_op_cancel(op: *mut etcd_op_t) -> etcd_status_t {
    guard(std::ptr::null_mut(), || {
        handle::get(op)?.abort();
        Ok(ETCD_OK)
    })
}
