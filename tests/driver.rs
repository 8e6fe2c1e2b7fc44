//! The driver's protocol under every order in which threads may take their steps, with a
//! flag in the place of tokio: `shuttle` runs the library's own files on its own locks.

use shuttle::rand::{thread_rng, Rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{future, thread, Config, MaxSteps, Runner};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::ops::Add;
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

#[allow(dead_code)]
#[path = "../src/runtime/driver.rs"]
mod driver;

#[allow(dead_code)]
#[path = "../src/sync/queue.rs"]
mod queue;

#[path = "../src/sync/poison.rs"]
mod poison;

/// What those files take from the library.
mod sync {
    pub use super::poison::IgnorePoison;
    pub use super::{Condvar, Instant};
    pub use shuttle::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize};
    pub use shuttle::sync::{Mutex, MutexGuard};
}

mod sys {
    pub type ThreadNumber = shuttle::thread::ThreadId;

    pub fn this_thread() -> ThreadNumber {
        shuttle::thread::current().id()
    }

    /// No model looks at it.
    pub struct EventFd;

    impl EventFd {
        pub fn new() -> std::io::Result<EventFd> {
            Ok(EventFd)
        }

        pub fn raise(&self) {}

        pub fn lower(&self) {}

        pub fn number(&self) -> i32 {
            -1
        }
    }
}

use driver::{Driver, Engine, Open, LOOK, STREAK};
use futures_util::future::{select, Either};
use queue::{Next, Queue};
use shuttle::sync::atomic::{AtomicBool, AtomicUsize};
use sync::{IgnorePoison, Mutex, MutexGuard};

/// How fast the machine is decides nothing: time passes where a wait is ended by it, and
/// where a test says so.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(Duration);

impl Instant {
    pub fn now() -> Instant {
        Instant(NOW.get())
    }

    pub fn duration_since(self, earlier: Instant) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    pub fn saturating_duration_since(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, more: Duration) -> Instant {
        Instant(self.0.saturating_add(more))
    }
}

fn pass(time: Duration) {
    NOW.set(NOW.get() + time);
}

/// shuttle's waits have no end of time. Here [`Clock`] ends them.
#[derive(Clone, Default)]
pub struct Condvar(Arc<Timed>);

#[derive(Default)]
struct Timed {
    condvar: shuttle::sync::Condvar,
    /// When the wait in progress ends.
    end: std::sync::Mutex<Option<Instant>>,
}

/// Of a wait that time does not end.
const NEVER: Instant = Instant(Duration::MAX);

impl Timed {
    fn set(&self, end: Option<Instant>) {
        *self.end.lock().unwrap() = end;
    }

    fn end(&self) -> Option<Instant> {
        *self.end.lock().unwrap()
    }
}

thread_local! {
    /// Waits that may end by time, of the execution that is running.
    static TIMED: RefCell<Vec<Condvar>> = const { RefCell::new(Vec::new()) };
    static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

type Waited<'a, T> =
    Result<(MutexGuard<'a, T>, ()), std::sync::PoisonError<(MutexGuard<'a, T>, ())>>;

impl Condvar {
    pub fn new() -> Self {
        Condvar::default()
    }

    pub fn notify_one(&self) {
        self.0.set(None);
        self.0.condvar.notify_one();
    }

    pub fn notify_all(&self) {
        self.0.set(None);
        self.0.condvar.notify_all();
    }

    pub fn wait<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
    ) -> std::sync::LockResult<MutexGuard<'a, T>> {
        self.0.condvar.wait(guard)
    }

    pub fn wait_timeout<'a, T>(&self, guard: MutexGuard<'a, T>, limit: Duration) -> Waited<'a, T> {
        self.0.set(Some(Instant::now() + limit));
        TIMED.with_borrow_mut(|timed| timed.push(self.clone()));
        let guard = self.0.condvar.wait(guard).unwrap();
        TIMED.with_borrow_mut(|timed| timed.retain(|one| !Arc::ptr_eq(&one.0, &self.0)));
        self.0.set(None);
        Ok((guard, ()))
    }

    pub fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        limit: Duration,
        mut goes_on: impl FnMut(&mut T) -> bool,
    ) -> Waited<'a, T> {
        if goes_on(&mut guard) {
            return self.wait_timeout(guard, limit);
        }
        Ok((guard, ()))
    }
}

/// Ends timed waits, each at any time.
fn clock(stop: &AtomicBool) {
    while !stop.load(Relaxed) {
        thread::yield_now();
        let any = |timed: &mut Vec<Condvar>| match timed.len() {
            0 => None,
            len => timed.get(thread_rng().gen_range(0..2 * len)).cloned(),
        };
        let Some(condvar) = TIMED.with_borrow_mut(any) else { continue };
        let Some(end) = condvar.0.end().filter(|end| *end != NEVER) else { continue };
        NOW.set(NOW.get().max(end.0));
        // It may not have begun to wait: then its time is not up.
        condvar.0.condvar.notify_all();
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// In the place of tokio and all that runs on it: what is handed in is sent, and answered
/// a step later.
#[derive(Default)]
struct Flag {
    driven: AtomicBool,
    inbox: Mutex<Vec<Job>>,
    changed: Arc<Notify>,
    sent: Mutex<Vec<Job>>,
}

impl Flag {
    async fn work(&self) {
        loop {
            let answered = self.sent.lock().unwrap().len();
            for _ in 0..answered {
                future::yield_now().await;
                let job = self.sent.lock().unwrap().remove(0);
                job();
            }
            self.changed.notified().await;
            let fresh = std::mem::take(&mut *self.inbox.lock().unwrap());
            self.sent.lock().unwrap().extend(fresh);
        }
    }
}

impl Engine for Flag {
    fn block_on<F: Future>(&self, until: F) -> F::Output {
        assert!(!self.driven.swap(true, Relaxed), "two drive at once");
        let output = future::block_on(async {
            match select(pin!(until), pin!(self.work())).await {
                Either::Left((output, _)) => output,
                Either::Right(_) => unreachable!(),
            }
        });
        self.driven.store(false, Relaxed);
        output
    }

    fn may_block_on() -> bool {
        true
    }
}

/// A runtime with its thread.
#[derive(Clone)]
struct Runtime(Arc<Driver<Flag>>);

/// A queue, the calls in progress whose ends go there, and the streams that deliver there.
#[derive(Clone, Default)]
struct Ends {
    queue: Arc<Queue<()>>,
    owed: Arc<AtomicUsize>,
    streams: Arc<AtomicUsize>,
}

impl Runtime {
    /// Runs `body`, then the runtime is stopped, which must find an end.
    fn run<T>(body: impl FnOnce(&Runtime) -> T) -> T {
        Runtime::run_for(false, body)
    }

    /// The same for one who opens clients one after another.
    fn run_for<T>(opener: bool, body: impl FnOnce(&Runtime) -> T) -> T {
        let runtime = Runtime(Arc::new(Driver::new(Flag::default(), opener)));
        let driver = runtime.0.clone();
        let thread = thread::spawn(move || driver.run());
        let output = body(&runtime);
        runtime.0.stop();
        thread.join().unwrap();
        output
    }

    fn hand_in(&self, job: Job) {
        let engine = self.0.engine();
        let mut inbox = engine.inbox.lock().unwrap();
        inbox.push(job);
        let news = (inbox.len() == 1).then_some(&engine.changed);
        drop(inbox);
        self.0.hand_in(news);
    }

    /// Begins a call whose end goes to a queue.
    fn submit(&self, ends: &Ends) {
        let (runtime, ends) = (self.clone(), ends.clone());
        self.0.begin();
        ends.owed.fetch_add(1, Relaxed);
        self.hand_in(Box::new(move || {
            ends.queue.push(());
            ends.owed.fetch_sub(1, Relaxed);
            runtime.0.end();
        }));
    }

    /// What a client that is opened begins with.
    fn open_client(&self, ends: &Ends) {
        let (engine, ends) = (self.0.engine(), ends.clone());
        engine.inbox.lock().unwrap().push(Box::new(move || ends.queue.push(())));
        self.0.defer(&engine.changed);
    }

    /// A stream that delivers to a queue.
    fn open(&self, ends: &Ends) -> Open {
        self.0.open(&ends.streams)
    }

    /// A socket has an event of a stream. Nobody is told but who drives.
    fn receive(&self, ends: &Ends) {
        let (engine, ends) = (self.0.engine(), ends.clone());
        engine.inbox.lock().unwrap().push(Box::new(move || ends.queue.push(())));
        engine.changed.notify_one();
    }

    /// A blocking call: led, if the caller is let in, else handed in.
    fn call(&self) -> bool {
        self.call_for(Duration::ZERO)
    }

    /// One that takes so long.
    fn call_for(&self, time: Duration) -> bool {
        self.0.begin();
        let lead = self.0.lead();
        let led = lead.is_some();
        match lead {
            Some(lead) => {
                lead.drive(async {
                    pass(time);
                    future::yield_now().await;
                });
                drop(lead);
                self.0.end();
            }
            None => {
                let (runtime, ends) = (self.clone(), Ends::default());
                let end = ends.clone();
                self.hand_in(Box::new(move || {
                    pass(time);
                    runtime.0.end();
                    end.queue.push(());
                }));
                self.0.ensure_driven();
                while ends.queue.take() == Next::Empty {
                    ends.queue.wait(None);
                }
                self.0.waited();
            }
        }
        led
    }

    /// Waits for an end without driving.
    fn sleep(&self, ends: &Ends) {
        self.0.ensure_driven_for_reader();
        ends.queue.wait(None);
    }

    /// The next end of a call, as `Reader` of the library waits for it. False if the
    /// queue is closed. True is added to `late` if the thread had to take over before.
    fn next(&self, ends: &Ends, late: &mut bool) -> bool {
        loop {
            match ends.queue.take() {
                Next::Closed => return false,
                Next::Empty => {}
                _ => return true,
            }
            let alone = |calls, streams: Option<usize>| {
                calls == ends.owed.load(Relaxed)
                    && streams.is_none_or(|all| all > 0 && all == ends.streams.load(Relaxed))
                    && !ends.queue.is_awaited()
            };
            let lead = self.0.lead_as_reader(None, true, &alone, || *late = true);
            match lead {
                Some(lead) => {
                    lead.drive(select(pin!(ends.queue.readable()), pin!(lead.released())));
                }
                None => self.sleep(ends),
            }
        }
    }
}

/// Waits that could last longer than [`LOOK`] from now and have not been ended.
fn long_waits() -> usize {
    let latest = Instant::now() + LOOK;
    let long = |wait: &&Condvar| wait.0.end().is_some_and(|end| end > latest);
    TIMED.with_borrow(|timed| timed.iter().filter(long).count())
}

fn join<const N: usize>(threads: [thread::JoinHandle<()>; N]) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn explore(scheduler: impl Scheduler + 'static, body: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    // A thread that sleeps for ever while the clock runs.
    config.max_steps = MaxSteps::FailAfter(100_000);
    Runner::new(scheduler, config).run(move || {
        TIMED.take();
        NOW.take();
        body();
    });
}

/// In so many orders, half of them with few changes of the running thread.
fn check(orders: usize, body: impl Fn() + Send + Sync + Clone + 'static) {
    explore(RandomScheduler::new(orders / 2), body.clone());
    explore(PctScheduler::new(3, orders / 2), body);
}

/// As [`check`], while waits with a limit may end at any time.
fn check_with_clock(orders: usize, body: impl Fn() + Send + Sync + 'static) {
    explore(RandomScheduler::new(orders), move || {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let clock = thread::spawn(move || clock(&stopped));
        body();
        stop.store(true, Relaxed);
        clock.join().unwrap();
    });
}

/// Two readers and a caller; whether the thread had to take over from a reader.
fn together() -> bool {
    Runtime::run(|runtime| {
        let read = |runtime: Runtime| {
            let (ends, mut late) = (Ends::default(), false);
            for flight in [2, 1, 0, 2, 0] {
                (0..flight).for_each(|_| runtime.submit(&ends));
                assert!(runtime.next(&ends, &mut late));
            }
            assert_eq!(ends.queue.take(), Next::Empty);
            late
        };
        let readers = [runtime.clone(), runtime.clone()];
        let readers = readers.map(|runtime| thread::spawn(move || read(runtime)));
        for _ in 0..4 {
            runtime.call();
        }
        readers.into_iter().any(|reader| reader.join().unwrap())
    })
}

#[test]
fn no_call_is_forgotten() {
    check_with_clock(300, || {
        together();
    });
}

#[test]
fn no_wake_up_needs_time_and_no_reader_is_late_for_others() {
    check(1_000, || assert!(!together()));
}

#[test]
fn a_call_that_is_handed_in_while_a_leader_leaves_is_made() {
    check(4_000, || {
        Runtime::run(|runtime| {
            runtime.0.begin();
            let alone = |calls, _| calls == 1;
            let lead = runtime.0.lead_as_reader(None, true, &alone, || ()).unwrap();
            let ours = runtime.clone();
            let caller = thread::spawn(move || assert!(!ours.call()));
            drop(lead);
            // Nobody else comes who would drive.
            join([caller]);
            runtime.0.end();
        });
    });
}

#[test]
fn others_need_not_wait_for_a_reader_that_is_away() {
    check(1_000, || {
        Runtime::run(|runtime| {
            let (ends, mut late) = (Ends::default(), false);
            runtime.submit(&ends);
            runtime.submit(&ends);
            assert!(runtime.next(&ends, &mut late));
            assert!(runtime.next(&ends, &mut late));
            let ours = runtime.clone();
            join([thread::spawn(move || assert!(!ours.call()))]);
            runtime.submit(&ends);
            assert!(runtime.next(&ends, &mut late));
            assert!(!late, "for what others did");
            runtime.submit(&ends);
            // What was left is the end that another reader waits for, which does not drive.
            let ours = runtime.clone();
            let other = move || {
                while ends.queue.take() == Next::Empty {
                    ours.sleep(&ends);
                }
            };
            join([thread::spawn(other)]);
        });
    });
}

#[test]
fn what_a_reader_leaves_is_done_soon() {
    check_with_clock(1_000, || {
        Runtime::run(|runtime| {
            let (ends, mut late) = (Ends::default(), false);
            runtime.submit(&ends);
            runtime.submit(&ends);
            for _ in 0..2 {
                assert!(runtime.next(&ends, &mut late));
                assert_eq!(long_waits(), 0, "the thread looks too seldom");
            }
            runtime.submit(&ends);
            // Without a look at the runtime.
            while ends.queue.take() == Next::Empty {
                ends.queue.wait(None);
            }
        });
    });
}

/// The same of a reader that waits for a stream, for long.
#[test]
fn a_reader_that_leaves_after_a_long_wait_is_missed_soon() {
    check_with_clock(1_000, || {
        Runtime::run(|runtime| {
            let ends = Ends::default();
            let _stream = runtime.open(&ends);
            for _ in 0..3 {
                let server = thread::spawn({
                    let (runtime, ends) = (runtime.clone(), ends.clone());
                    move || {
                        (0..20).for_each(|_| thread::yield_now());
                        runtime.receive(&ends);
                    }
                });
                assert!(runtime.next(&ends, &mut false));
                assert_eq!(long_waits(), 0, "the thread looks too seldom");
                server.join().unwrap();
            }
        });
    });
}

#[test]
fn a_reader_leads_for_its_streams_and_their_events_need_no_time() {
    let kept = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = kept.clone();
    check(1_000, move || {
        let kept = count.clone();
        Runtime::run(|runtime| {
            let (ends, mut late) = (Ends::default(), false);
            let _stream = runtime.open(&ends);
            let (ours, events) = (runtime.clone(), ends.clone());
            let server = thread::spawn(move || (0..5).for_each(|_| ours.receive(&events)));
            for _ in 0..5 {
                assert!(runtime.next(&ends, &mut late));
            }
            server.join().unwrap();
            assert!(!late);
            // It drove last, so its own call needs no other thread.
            kept.fetch_add(runtime.call().into(), Relaxed);
        });
    });
    assert!(kept.load(Relaxed) > 0, "it never led");
}

/// A reader of a stream without events, and somebody that makes calls meanwhile.
fn beside_a_reader(calls: impl FnOnce(&Runtime)) {
    Runtime::run(|runtime| {
        let ends = Ends::default();
        let _stream = runtime.open(&ends);
        let (ours, events) = (runtime.clone(), ends.clone());
        let reader = thread::spawn(move || while ours.next(&events, &mut false) {});
        calls(runtime);
        ends.queue.close();
        reader.join().unwrap();
    });
}

#[test]
fn a_reader_that_waits_for_streams_gives_way_to_callers() {
    let led = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (by_callers, by_readers) = (led.clone(), led.clone());
    // No request may wait for time.
    check(200, move || {
        let led = by_callers.clone();
        beside_a_reader(|runtime| {
            let calls = (0..2 * STREAK).filter(|_| runtime.call()).count();
            led.fetch_add(calls, Relaxed);
        });
    });
    assert!(led.load(Relaxed) > 0, "no caller led");
    check(200, move || {
        let led = by_readers.clone();
        beside_a_reader(|runtime| {
            let (ends, mut late) = (Ends::default(), false);
            for flight in [2, 1, 1, 1, 0] {
                (0..flight).for_each(|_| runtime.submit(&ends));
                assert!(runtime.next(&ends, &mut late));
            }
            led.fetch_add(usize::from(late), Relaxed);
        });
    });
}

#[test]
fn events_come_whoever_else_makes_calls() {
    check_with_clock(500, || {
        Runtime::run(|runtime| {
            let ends = Ends::default();
            let _stream = runtime.open(&ends);
            let server = thread::spawn({
                let (runtime, ends) = (runtime.clone(), ends.clone());
                move || (0..5).for_each(|_| runtime.receive(&ends))
            });
            let caller = thread::spawn({
                let runtime = runtime.clone();
                move || {
                    for _ in 0..STREAK + 4 {
                        runtime.call();
                    }
                }
            });
            for _ in 0..5 {
                assert!(runtime.next(&ends, &mut false));
            }
            join([server, caller]);
        });
    });
}

#[test]
fn a_lone_caller_of_slow_calls_leads_too() {
    let led = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = led.clone();
    check(50, move || {
        let led = count.clone();
        Runtime::run(|runtime| {
            let slow = Duration::from_millis(3);
            let calls = (0..2 * STREAK).filter(|_| runtime.call_for(slow)).count();
            led.fetch_add(calls, Relaxed);
        });
    });
    assert!(led.load(Relaxed) > 0);
}

#[test]
fn a_lone_caller_leads_until_there_is_another() {
    let led = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = led.clone();
    check_with_clock(50, move || {
        let led = count.clone();
        Runtime::run(|runtime| {
            let ours = runtime.clone();
            let caller = thread::spawn(move || {
                let led = (0..2 * STREAK).filter(|_| ours.call()).count();
                ours.call();
                led
            });
            runtime.call();
            led.fetch_add(caller.join().unwrap(), Relaxed);
        });
    });
    assert!(led.load(Relaxed) > 0);
}

#[test]
fn readers_of_runtimes_that_have_ended_are_woken() {
    check(500, || {
        let ends = Ends::default();
        let readers = [(); 2].map(|()| {
            Runtime::run(|runtime| {
                runtime.0.begin();
                ends.owed.fetch_add(1, Relaxed);
                let (runtime, ours) = (runtime.clone(), ends.clone());
                let reader = thread::spawn(move || while runtime.next(&ours, &mut false) {});
                thread::yield_now();
                // The end of its call goes to one that only looks.
                ends.owed.fetch_sub(1, Relaxed);
                ends.queue.push(());
                ends.queue.take();
                reader
            })
        });
        ends.queue.close();
        join(readers);
    });
}

#[test]
fn who_opens_a_client_leads_at_once_and_what_it_leaves_is_done_soon() {
    check(1_000, || {
        Runtime::run_for(true, |runtime| {
            runtime.open_client(&Ends::default());
            assert!(runtime.call() && runtime.call());
            let other = runtime.clone();
            join([thread::spawn(move || assert!(!other.call()))]);
            drop(runtime.0.lead_unattended());
        });
    });
    check_with_clock(1_000, || {
        Runtime::run_for(true, |runtime| {
            let ends = Ends::default();
            for _ in 0..2 {
                runtime.open_client(&ends);
                while ends.queue.take() == Next::Empty {
                    ends.queue.wait(None);
                }
                runtime.call();
            }
        });
    });
}
