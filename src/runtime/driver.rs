//! Who drives the runtime: its own thread, a lone caller, a queue's reader, or,
//! between two calls of the latter two, nobody.
//!
//! Knows of nothing but locks and what it drives, so that `tests/driver.rs` can run
//! this file under every order in which threads may take their steps.

#![forbid(unsafe_code)]

use crate::sync::{AtomicU32, AtomicUsize, Condvar, IgnorePoison, Instant, Mutex, MutexGuard};
use crate::sys::{self, ThreadNumber};
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Calls in a row, each alone and soon after the last, before a caller leads.
pub const STREAK: u32 = 16;
const SOON: Duration = Duration::from_millis(1);
/// How long sockets may be unattended between two calls of a leader.
pub const UNATTENDED: Duration = Duration::from_millis(4);
/// The longest time between two looks of the thread while a leader's call takes long.
pub const MAX_LOOK: Duration = Duration::from_millis(64);

/// What is driven.
pub trait Engine {
    fn block_on<F: Future>(&self, until: F) -> F::Output;
    /// Whether the calling thread may block on it.
    fn may_block_on() -> bool;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The library's thread.
    Thread,
    /// Between two calls of a leader. The thread looks every [`UNATTENDED`].
    Nobody,
    /// A caller, or a queue's reader.
    Leader,
    /// The last client is closed.
    Stopped,
}

struct State {
    who: Who,
    /// When a blocking call began that was alone, or a leader left.
    last_call: Instant,
    /// Calls led since the thread last looked.
    led: u32,
    /// The reader of a queue that drove last: work it hands in is sent when it
    /// comes back, unless that takes longer than [`UNATTENDED`].
    reader: Option<ThreadNumber>,
    /// The reader that did not come back in time.
    late: Option<ThreadNumber>,
    /// The thread that has opened a client, and leads at once.
    opener: Option<ThreadNumber>,
    /// Tells of the work that the reader has handed in since.
    deferred: Vec<Arc<Notify>>,
    /// A thread waits to be granted the runtime.
    requested: bool,
}

pub struct Driver<E> {
    engine: E,
    state: Mutex<State>,
    /// Wakes the thread when it is to drive, or to stop.
    take_over: Condvar,
    /// Wakes the thread that has requested the runtime.
    granted: Condvar,
    /// Ends the thread's drive.
    release: Notify,
    /// Calls in progress, of all clients.
    calls: AtomicUsize,
    /// Blocking calls in a row, each alone and soon after the last.
    streak: AtomicU32,
}

impl State {
    fn enter(&mut self) {
        self.who = Who::Leader;
        self.led += 1;
    }
}

impl<E: Engine> Driver<E> {
    /// The thread is to call [`Driver::run`]. It drives, unless who has opened a client is
    /// `expected` to.
    pub fn new(engine: E, expected: bool) -> Self {
        let state = State {
            who: if expected { Who::Nobody } else { Who::Thread },
            last_call: Instant::now(),
            led: 0,
            reader: None,
            late: None,
            opener: None,
            deferred: Vec::new(),
            requested: false,
        };
        Driver {
            engine,
            state: Mutex::new(state),
            take_over: Condvar::new(),
            granted: Condvar::new(),
            release: Notify::new(),
            calls: AtomicUsize::new(0),
            streak: AtomicU32::new(0),
        }
    }

    pub fn engine(&self) -> &E {
        &self.engine
    }

    /// Poisoned or not: its values are in order at each moment, and the thread must live on.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().ignore_poison()
    }

    pub fn begin(&self) {
        self.calls.fetch_add(1, Relaxed);
    }

    pub fn end(&self) {
        self.calls.fetch_sub(1, Relaxed);
    }

    /// Makes sure that a thread drives.
    pub fn ensure_driven(&self) {
        let mut state = self.state();
        if state.who == Who::Nobody {
            state.who = Who::Thread;
            self.take_over.notify_one();
        }
    }

    /// The same if a reader drove last: what it has left may be what the caller waits for.
    pub fn ensure_driven_for_reader(&self) {
        let deferring = self.state().reader.is_some();
        if deferring {
            self.ensure_driven();
        }
    }

    /// Work was handed in. `changed` announces it, if it is not announced already.
    pub fn hand_in(&self, changed: Option<&Arc<Notify>>) {
        let mut state = self.state();
        if state.who == Who::Nobody && state.reader == Some(sys::this_thread()) {
            state.deferred.extend(changed.cloned());
            return;
        }
        drop(state);
        if let Some(changed) = changed {
            changed.notify_one();
        }
        self.ensure_driven();
    }

    /// The same of the work of a client that the caller has opened, and is expected to use, or
    /// is about to close: it has time until somebody drives, which is soon.
    pub fn defer(&self, changed: &Arc<Notify>) {
        let mut state = self.state();
        state.opener = Some(sys::this_thread());
        match state.who {
            Who::Nobody => state.deferred.push(changed.clone()),
            _ => {
                drop(state);
                changed.notify_one();
            }
        }
    }

    /// Lets the caller drive, if nobody does, for something that is no call.
    pub fn lead_unattended(&self) -> Option<Lead<'_, E>> {
        let state = self.state();
        let free = state.who == Who::Nobody && E::may_block_on();
        free.then(|| self.enter(state, Duration::ZERO, None, &|calls| calls == 0))?
    }

    /// Lets the caller drive for the one call it has begun, if no other is in progress
    /// and that has been so for a while, or if it has just opened a client.
    pub fn lead(&self) -> Option<Lead<'_, E>> {
        if self.calls.load(Relaxed) != 1 {
            self.streak.store(0, Relaxed);
            return None;
        }
        let mut state = self.state();
        let now = Instant::now();
        let soon = now.duration_since(state.last_call) < SOON;
        state.last_call = now;
        let streak = if soon { self.streak.load(Relaxed).saturating_add(1) } else { 0 };
        self.streak.store(streak, Relaxed);
        let opened = state.who == Who::Nobody && state.opener == Some(sys::this_thread());
        if (streak < STREAK && !opened) || !E::may_block_on() {
            return None;
        }
        let lead = self.enter(state, UNATTENDED, None, &|calls| calls == 1);
        if lead.is_none() {
            self.streak.store(0, Relaxed);
        }
        lead
    }

    /// Lets a queue's reader drive, if so many calls in progress are its `alone`; it must be
    /// one that may block on the engine. `late` is called if the thread had to take over
    /// since it drove last.
    pub fn lead_as_reader<'a>(
        &'a self,
        until: Option<Instant>,
        alone: &'a dyn Fn(usize) -> bool,
        late: impl FnOnce(),
    ) -> Option<Lead<'a, E>> {
        let calls = self.calls.load(Relaxed);
        if calls == 0 || !alone(calls) {
            return None;
        }
        let me = Some(sys::this_thread());
        let mut state = self.state();
        if state.late == me {
            state.late = None;
            late();
            return None;
        }
        let left = until.map_or(MAX_LOOK, |until| until.saturating_duration_since(Instant::now()));
        self.enter(state, left, me, alone)
    }

    /// Waits so long for the thread to release the runtime.
    fn enter<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        patience: Duration,
        reader: Option<ThreadNumber>,
        alone: &'a dyn Fn(usize) -> bool,
    ) -> Option<Lead<'a, E>> {
        if state.who == Who::Thread && !state.requested {
            state.requested = true;
            self.release.notify_one();
            state = self
                .granted
                .wait_timeout_while(state, patience, |state| state.requested)
                .ignore_poison()
                .0;
            if std::mem::take(&mut state.requested) || state.who != Who::Leader {
                return None;
            }
        } else if state.who == Who::Nobody {
            state.enter();
        } else {
            return None;
        }
        state.reader = reader;
        Some(Lead { driver: self, alone })
    }

    fn drive<F: Future>(&self, until: F) -> F::Output {
        self.engine.block_on(async {
            // Where a wake costs no system call.
            let deferred = std::mem::take(&mut self.state().deferred);
            deferred.iter().for_each(|changed| changed.notify_one());
            until.await
        })
    }

    /// The thread: drives, and looks after what leaders leave, until it is stopped.
    pub fn run(&self) {
        loop {
            let is_thread = self.state().who == Who::Thread;
            if is_thread {
                // Tasks catch their own panics; this is for the runtime's.
                let _ = catch_unwind(AssertUnwindSafe(|| self.drive(self.release.notified())));
            }
            if !self.stand_by() {
                return;
            }
        }
    }

    /// Lets others drive until it is the thread's turn; false once it is to stop.
    fn stand_by(&self) -> bool {
        let mut state = self.state();
        if state.who == Who::Thread && state.requested {
            state.requested = false;
            state.enter();
            self.granted.notify_one();
        }
        // A call handed in before this moment counts on the thread.
        if state.who == Who::Thread && self.calls.load(Relaxed) == 0 {
            state.who = Who::Nobody;
        }
        let mut wait = UNATTENDED;
        loop {
            match state.who {
                Who::Stopped => return false,
                Who::Thread => break,
                Who::Nobody | Who::Leader => {}
            }
            state.led = 0;
            state = self.take_over.wait_timeout(state, wait).ignore_poison().0;
            match state.who {
                Who::Nobody if state.led == 0 => {
                    state.who = Who::Thread;
                    state.late = state.reader;
                }
                // One long call: no need to look so often.
                Who::Leader if state.led == 0 => wait = (wait * 2).min(MAX_LOOK),
                _ => wait = UNATTENDED,
            }
        }
        self.streak.store(0, Relaxed);
        true
    }

    pub fn stop(&self) {
        let mut state = self.state();
        state.who = Who::Stopped;
        state.requested = false;
        drop(state);
        self.granted.notify_one();
        self.take_over.notify_one();
        self.release.notify_one();
    }
}

/// The right to drive; goes back when it is dropped.
pub struct Lead<'a, E: Engine> {
    driver: &'a Driver<E>,
    /// Whether so many calls in progress are all the leader's.
    alone: &'a dyn Fn(usize) -> bool,
}

impl<E: Engine> Lead<'_, E> {
    pub fn drive<F: Future>(&self, until: F) -> F::Output {
        self.driver.drive(until)
    }
}

impl<E: Engine> Drop for Lead<'_, E> {
    fn drop(&mut self) {
        let driver = self.driver;
        let mut state = driver.state();
        state.last_call = Instant::now();
        if state.who == Who::Leader {
            // Also if `alone` panics.
            state.who = Who::Thread;
            if (self.alone)(driver.calls.load(Relaxed)) {
                state.who = Who::Nobody;
            }
        }
        // The thread has looked since, and looks seldom by now.
        let seldom = state.led == 0;
        state.led += u32::from(seldom);
        if state.who != Who::Nobody || seldom {
            driver.take_over.notify_one();
        }
    }
}
