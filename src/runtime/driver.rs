//! Who drives the runtime: its own thread, a lone caller, a queue's reader, or,
//! between two calls of the latter two, nobody.
//!
//! Knows of nothing but locks and what it drives, so that `tests/driver/` can run
//! this file under every order in which threads may take their steps.

#![forbid(unsafe_code)]

use crate::sync::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize};
use crate::sync::{Condvar, IgnorePoison, Instant, Mutex, MutexGuard};
use crate::sys::{self, ThreadNumber};
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Calls in a row, each alone and begun soon after the end of the last, before a caller leads.
pub const STREAK: u32 = 16;
const SOON: Duration = Duration::from_millis(1);
/// How long a leader may be away, at least, before the thread takes over.
pub const UNATTENDED: Duration = Duration::from_millis(4);
/// The same at most: so long the thread sleeps between two looks.
pub const LOOK: Duration = Duration::from_millis(8);
/// How long a reader that waits without end waits for the runtime.
const PATIENCE: Duration = Duration::from_millis(64);

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
    /// Between two calls of a leader. The thread looks within [`LOOK`].
    Nobody,
    /// A caller, or a queue's reader.
    Leader,
    /// The last client is closed.
    Stopped,
}

struct State {
    who: Who,
    /// When a leader left.
    left: Instant,
    /// A leader has come since the thread last looked.
    came: bool,
    /// When the thread looks next, unless it is woken. None: only then.
    look: Option<Instant>,
    /// The leader only waits for streams, and gives way to one that makes calls.
    for_streams: bool,
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
    /// Whether `who` is anybody; changed under the lock, and read without it.
    attended: AtomicBool,
    /// Wakes the thread when it is to drive, or to stop.
    take_over: Condvar,
    /// Wakes the thread that has requested the runtime.
    granted: Condvar,
    /// Ends the thread's drive, or that of a leader which gives way.
    release: Notify,
    /// Calls in progress, of all clients.
    calls: AtomicUsize,
    /// Streams that somebody reads, of all clients.
    streams: Arc<AtomicUsize>,
    /// Blocking calls in a row, each alone and soon after the last.
    streak: AtomicU32,
    /// When the last of them ended, in nanoseconds since `began`.
    last_call: AtomicU64,
    began: Instant,
}

/// A stream that somebody reads, in all counts that it belongs to.
pub struct Open([Arc<AtomicUsize>; 2]);

impl Drop for Open {
    fn drop(&mut self) {
        for count in &self.0 {
            count.fetch_sub(1, Relaxed);
        }
    }
}

/// What of all that is in progress must be a leader's: so many calls and, if it leads for its
/// streams, so many streams.
pub type Alone<'a> = &'a dyn Fn(usize, Option<usize>) -> bool;

impl<E: Engine> Driver<E> {
    /// The thread is to call [`Driver::run`]. It drives, unless who has opened a client is
    /// `expected` to.
    pub fn new(engine: E, expected: bool) -> Self {
        let began = Instant::now();
        let state = State {
            who: if expected { Who::Nobody } else { Who::Thread },
            left: began,
            came: false,
            look: None,
            for_streams: false,
            reader: None,
            late: None,
            opener: None,
            deferred: Vec::new(),
            requested: false,
        };
        Driver {
            engine,
            state: Mutex::new(state),
            attended: AtomicBool::new(!expected),
            take_over: Condvar::new(),
            granted: Condvar::new(),
            release: Notify::new(),
            calls: AtomicUsize::new(0),
            streams: Arc::default(),
            streak: AtomicU32::new(0),
            last_call: AtomicU64::new(0),
            began,
        }
    }

    pub fn engine(&self) -> &E {
        &self.engine
    }

    /// Poisoned or not: its values are in order at each moment, and the thread must live on.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().ignore_poison()
    }

    /// Who hands in a call adds it before it looks whether anybody drives, and a leader looks
    /// at the calls after it has left: one of the two sees the other.
    fn set(&self, state: &mut State, who: Who) {
        state.who = who;
        self.attended.store(who != Who::Nobody, SeqCst);
    }

    fn enter(&self, state: &mut State) {
        self.set(state, Who::Leader);
        state.came = true;
        state.for_streams = false;
    }

    pub fn begin(&self) {
        self.calls.fetch_add(1, SeqCst);
    }

    pub fn end(&self) {
        self.calls.fetch_sub(1, Relaxed);
    }

    /// Notes a stream, also in the count of its reader, until the result is dropped.
    pub fn open(&self, of_reader: &Arc<AtomicUsize>) -> Open {
        let counts = [self.streams.clone(), of_reader.clone()];
        for count in &counts {
            count.fetch_add(1, Relaxed);
        }
        Open(counts)
    }

    /// Makes sure that a thread drives.
    pub fn ensure_driven(&self) {
        if !self.attended.load(SeqCst) {
            self.attend(self.state());
        }
    }

    fn attend(&self, mut state: MutexGuard<'_, State>) {
        if state.who == Who::Nobody {
            self.set(&mut state, Who::Thread);
            self.take_over.notify_one();
        }
    }

    /// The same if a reader drove last: what it has left may be what the caller waits for.
    pub fn ensure_driven_for_reader(&self) {
        if !self.attended.load(SeqCst) {
            let state = self.state();
            if state.reader.is_some() {
                self.attend(state);
            }
        }
    }

    /// Work was handed in. `changed` announces it, if it is not announced already.
    pub fn hand_in(&self, changed: Option<&Arc<Notify>>) {
        if !self.attended.load(SeqCst) {
            let mut state = self.state();
            if state.who == Who::Nobody && state.reader == Some(sys::this_thread()) {
                state.deferred.extend(changed.cloned());
                return;
            }
        }
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
        free.then(|| self.enter_for(state, Duration::ZERO, None, false, &|calls, _| calls == 0))?
    }

    fn note_call(&self) {
        let now = Instant::now().duration_since(self.began);
        self.last_call.store(now.as_nanos() as u64, Relaxed);
    }

    /// A blocking call has ended which another thread drove.
    pub fn waited(&self) {
        if self.calls.load(Relaxed) == 0 {
            self.note_call();
        }
    }

    /// The calls to come are to show again that callers may drive for them.
    pub fn end_streak(&self) {
        self.streak.store(0, Relaxed);
    }

    /// Lets the caller drive for the one call it has begun, if no other is in progress
    /// and that has been so for a while, or if it is the reader that drove last, or has just
    /// opened a client.
    pub fn lead(&self) -> Option<Lead<'_, E>> {
        if self.calls.load(Relaxed) != 1 {
            if self.streak.load(Relaxed) != 0 {
                self.streak.store(0, Relaxed);
            }
            return None;
        }
        let now = Instant::now().duration_since(self.began);
        let last = Duration::from_nanos(self.last_call.load(Relaxed));
        let soon = now.saturating_sub(last) < SOON;
        let streak = if soon { self.streak.load(Relaxed).saturating_add(1) } else { 0 };
        self.streak.store(streak, Relaxed);
        if streak < STREAK && self.attended.load(Relaxed) {
            return None;
        }
        let me = Some(sys::this_thread());
        let state = self.state();
        let free = state.who == Who::Nobody;
        let reader = state.reader.filter(|_| free && state.reader == me);
        let at_once = reader.is_some() || (free && state.opener == me);
        if (streak < STREAK && !at_once) || !E::may_block_on() {
            return None;
        }
        let lead = self.enter_for(state, UNATTENDED, reader, false, &|calls, _| calls == 1);
        if lead.is_none() {
            self.streak.store(0, Relaxed);
        }
        lead
    }

    /// Lets a queue's reader drive, if all that is in progress is its own; it must be one that
    /// may block on the engine. `late` is called if the thread had to take over since it drove
    /// last.
    pub fn lead_as_reader<'a>(
        &'a self,
        until: Option<Instant>,
        brisk: bool,
        alone: Alone<'a>,
        late: impl FnOnce(),
    ) -> Option<Lead<'a, E>> {
        let calls = self.calls.load(Relaxed);
        let for_streams = calls == 0;
        if (for_streams && !brisk) || !alone(calls, for_streams.then(|| self.streams())) {
            return None;
        }
        let me = Some(sys::this_thread());
        let mut state = self.state();
        if state.late == me {
            state.late = None;
            late();
            return None;
        }
        // Another leader makes calls, and is expected back.
        if for_streams && state.who == Who::Nobody && state.reader != me {
            return None;
        }
        let left = until.map_or(PATIENCE, |until| until.saturating_duration_since(Instant::now()));
        self.enter_for(state, left, me, for_streams, alone)
    }

    fn streams(&self) -> usize {
        self.streams.load(Relaxed)
    }

    /// Waits so long for who drives to release the runtime.
    fn enter_for<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        patience: Duration,
        reader: Option<ThreadNumber>,
        for_streams: bool,
        alone: Alone<'a>,
    ) -> Option<Lead<'a, E>> {
        let gives_way = match state.who {
            Who::Thread => true,
            Who::Leader => state.for_streams && !for_streams,
            Who::Nobody | Who::Stopped => false,
        };
        if gives_way && !state.requested {
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
            self.enter(&mut state);
        } else {
            return None;
        }
        state.reader = reader;
        state.for_streams = for_streams;
        Some(Lead { driver: self, for_streams, alone })
    }

    /// Gives the runtime to the thread that has requested it.
    fn grant(&self, state: &mut State) -> bool {
        let granted = std::mem::take(&mut state.requested);
        if granted {
            self.enter(state);
            self.granted.notify_one();
        }
        granted
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
        if state.who == Who::Thread && !self.grant(&mut state) {
            return true;
        }
        loop {
            let wait = match state.who {
                Who::Stopped => return false,
                Who::Thread => break,
                Who::Nobody => {
                    let away = Instant::now().duration_since(state.left);
                    if away >= UNATTENDED {
                        state.late = state.reader;
                        self.set(&mut state, Who::Thread);
                        break;
                    }
                    LOOK - away
                }
                Who::Leader if state.came => LOOK,
                // It takes long, and wakes the thread when it leaves.
                Who::Leader => Duration::MAX,
            };
            state.came = false;
            state.look = (wait != Duration::MAX).then(|| Instant::now() + wait);
            state = self.take_over.wait_timeout(state, wait).ignore_poison().0;
        }
        self.streak.store(0, Relaxed);
        true
    }

    pub fn stop(&self) {
        let mut state = self.state();
        self.set(&mut state, Who::Stopped);
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
    for_streams: bool,
    /// Whether all that is in progress is the leader's.
    alone: Alone<'a>,
}

impl<E: Engine> Lead<'_, E> {
    pub fn drive<F: Future>(&self, until: F) -> F::Output {
        self.driver.drive(until)
    }

    /// Returns when the leader is to give way.
    pub async fn released(&self) {
        match self.for_streams {
            true => self.driver.release.notified().await,
            false => std::future::pending().await,
        }
    }
}

impl<E: Engine> Drop for Lead<'_, E> {
    fn drop(&mut self) {
        let driver = self.driver;
        driver.note_call();
        let mut state = driver.state();
        if state.who != Who::Leader || driver.grant(&mut state) {
            return;
        }
        state.left = Instant::now();
        driver.set(&mut state, Who::Nobody);
        let streams = self.for_streams.then(|| driver.streams());
        let alone = || (self.alone)(driver.calls.load(SeqCst), streams);
        let within = state.left + LOOK;
        if !catch_unwind(AssertUnwindSafe(alone)).unwrap_or(false) {
            driver.set(&mut state, Who::Thread);
        } else if state.look.is_some_and(|look| look <= within) {
            return;
        }
        state.look = Some(within);
        driver.take_over.notify_one();
    }
}
