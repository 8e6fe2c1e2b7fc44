//! The model: the library's driver and queue on the locks of `shuttle`, with a time of its own,
//! a flag in the place of tokio, and a runtime whose calls are made as the library makes them.

use futures_util::future::{select, Either};
use shuttle::rand::{thread_rng, Rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::atomic::{AtomicBool, AtomicUsize};
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
#[path = "../../src/runtime/driver.rs"]
pub mod driver;

#[allow(dead_code)]
#[path = "../../src/sync/queue.rs"]
pub mod queue;

#[path = "../../src/sync/poison.rs"]
mod poison;

/// What those files take from the library.
pub mod sync {
    pub use super::poison::IgnorePoison;
    pub use super::{Condvar, Instant};
    pub use shuttle::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize};
    pub use shuttle::sync::{Mutex, MutexGuard};
}

pub mod sys {
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

use driver::{Driver, Engine, Open, LOOK};
use queue::{Next, Queue};
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
pub struct Flag {
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
pub struct Runtime(pub Arc<Driver<Flag>>);

/// A queue, the calls in progress whose ends go there, and the streams that deliver there.
#[derive(Clone, Default)]
pub struct Ends {
    pub queue: Arc<Queue<()>>,
    pub owed: Arc<AtomicUsize>,
    streams: Arc<AtomicUsize>,
}

impl Runtime {
    /// Runs `body`, then the runtime is stopped, which must find an end.
    pub fn run<T>(body: impl FnOnce(&Runtime) -> T) -> T {
        Runtime::run_for(false, body)
    }

    /// The same for one who opens clients one after another.
    pub fn run_for<T>(opener: bool, body: impl FnOnce(&Runtime) -> T) -> T {
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
    pub fn submit(&self, ends: &Ends) {
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
    pub fn open_client(&self, ends: &Ends) {
        let (engine, ends) = (self.0.engine(), ends.clone());
        engine.inbox.lock().unwrap().push(Box::new(move || ends.queue.push(())));
        self.0.defer(&engine.changed);
    }

    /// A stream that delivers to a queue.
    pub fn open(&self, ends: &Ends) -> Open {
        self.0.open(&ends.streams)
    }

    /// A socket has an event of a stream. Nobody is told but who drives.
    pub fn receive(&self, ends: &Ends) {
        let (engine, ends) = (self.0.engine(), ends.clone());
        engine.inbox.lock().unwrap().push(Box::new(move || ends.queue.push(())));
        engine.changed.notify_one();
    }

    /// A blocking call: led, if the caller is let in, else handed in.
    pub fn call(&self) -> bool {
        self.call_for(Duration::ZERO)
    }

    /// One that takes so long.
    pub fn call_for(&self, time: Duration) -> bool {
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
    pub fn sleep(&self, ends: &Ends) {
        self.0.ensure_driven_for_reader();
        ends.queue.wait(None);
    }

    /// The next end of a call, as `Reader` of the library waits for it. False if the
    /// queue is closed. True is added to `late` if the thread had to take over before.
    pub fn next(&self, ends: &Ends, late: &mut bool) -> bool {
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
pub fn long_waits() -> usize {
    let latest = Instant::now() + LOOK;
    let long = |wait: &&Condvar| wait.0.end().is_some_and(|end| end > latest);
    TIMED.with_borrow(|timed| timed.iter().filter(long).count())
}

pub fn join<const N: usize>(threads: [thread::JoinHandle<()>; N]) {
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
pub fn check(orders: usize, body: impl Fn() + Send + Sync + Clone + 'static) {
    explore(RandomScheduler::new(orders / 2), body.clone());
    explore(PctScheduler::new(3, orders / 2), body);
}

/// As [`check`], while waits with a limit may end at any time.
pub fn check_with_clock(orders: usize, body: impl Fn() + Send + Sync + 'static) {
    explore(RandomScheduler::new(orders), move || {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let clock = thread::spawn(move || clock(&stopped));
        body();
        stop.store(true, Relaxed);
        clock.join().unwrap();
    });
}
