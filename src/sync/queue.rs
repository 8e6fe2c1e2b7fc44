//! A queue between the runtime and any number of readers, with a descriptor
//! that is readable while the queue holds something.

#![forbid(unsafe_code)]

use super::{Condvar, IgnorePoison, Mutex};
use crate::sys::EventFd;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::os::fd::RawFd;
use std::task::{Poll, Waker};
use std::time::Instant;

pub struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    /// Calls of wake() that have ended no wait yet.
    wakes: usize,
    closed: bool,
    sleepers: usize,
    /// Wakers of readers that drive a runtime while they wait; some may have ended.
    drivers: Vec<Waker>,
    /// Created on demand: to raise it costs a system call.
    fd: Option<EventFd>,
}

/// How a wait for an item ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<T> {
    Item(T),
    Woken,
    Empty,
    Closed,
}

impl<T> State<T> {
    fn is_readable(&self) -> bool {
        !self.items.is_empty() || self.wakes > 0 || self.closed
    }

    fn take(&mut self) -> Option<Next<T>> {
        let taken = if self.closed {
            return Some(Next::Closed);
        } else if self.wakes > 0 {
            self.wakes -= 1;
            Next::Woken
        } else {
            Next::Item(self.items.pop_front()?)
        };
        if let (false, Some(fd)) = (self.is_readable(), &self.fd) {
            fd.lower();
        }
        Some(taken)
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let items = VecDeque::new();
        let state =
            State { items, wakes: 0, closed: false, sleepers: 0, drivers: Vec::new(), fd: None };
        Queue { state: Mutex::new(state), filled: Condvar::new() }
    }
}

impl<T> Queue<T> {
    fn change(&self, change: impl FnOnce(&mut State<T>)) {
        let mut state = self.state.lock().ignore_poison();
        let was_readable = state.is_readable();
        change(&mut state);
        if let (false, true, Some(fd)) = (was_readable, state.is_readable(), &state.fd) {
            fd.raise();
        }
        let wake = state.sleepers > 0;
        let drivers = std::mem::take(&mut state.drivers);
        drop(state);
        drivers.into_iter().for_each(Waker::wake);
        if wake {
            self.filled.notify_one();
        }
    }

    /// Adds an item; a closed queue drops it.
    pub fn push(&self, item: T) {
        self.change(|state| {
            if !state.closed {
                state.items.push_back(item);
            }
        });
    }

    /// Puts back what was taken last; a closed queue drops it.
    pub fn put_back(&self, item: T) {
        self.change(|state| {
            if !state.closed {
                state.items.push_front(item);
            }
        });
    }

    /// Ends one wait, the current or the next one.
    pub fn wake(&self) {
        self.change(|state| state.wakes += 1);
    }

    /// Drops what the queue holds and ends every wait, now and later.
    pub fn close(&self) {
        let mut items = VecDeque::new();
        self.change(|state| {
            state.closed = true;
            std::mem::swap(&mut items, &mut state.items);
        });
        self.filled.notify_all();
    }

    /// Takes what is there, without waiting.
    pub fn take(&self) -> Next<T> {
        self.state.lock().ignore_poison().take().unwrap_or(Next::Empty)
    }

    /// Returns when there is something to take or time is up; may return early.
    pub fn wait(&self, until: Option<Instant>) {
        let mut state = self.state.lock().ignore_poison();
        if state.is_readable() {
            return;
        }
        state.sleepers += 1;
        state = match until {
            None => self.filled.wait(state).ignore_poison(),
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                self.filled.wait_timeout(state, left).ignore_poison().0
            }
        };
        state.sleepers -= 1;
    }

    /// The same for a task, which may do other work meanwhile.
    pub async fn readable(&self) {
        poll_fn(|cx| {
            let mut state = self.state.lock().ignore_poison();
            if state.is_readable() {
                return Poll::Ready(());
            }
            if !state.drivers.iter().any(|driver| driver.will_wake(cx.waker())) {
                state.drivers.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    /// Whether threads wait in [`Queue::wait`].
    pub fn is_awaited(&self) -> bool {
        self.state.lock().ignore_poison().sleepers > 0
    }

    /// How many items it holds.
    pub fn len(&self) -> usize {
        self.state.lock().ignore_poison().items.len()
    }

    pub fn is_closed(&self) -> bool {
        self.state.lock().ignore_poison().closed
    }

    /// The descriptor: level-triggered; callers must never read or close it.
    pub fn fd(&self) -> io::Result<RawFd> {
        let mut state = self.state.lock().ignore_poison();
        if state.fd.is_none() {
            let fd = EventFd::new()?;
            if state.is_readable() {
                fd.raise();
            }
            state.fd = Some(fd);
        }
        Ok(state.fd.as_ref().map_or(-1, EventFd::number))
    }
}
