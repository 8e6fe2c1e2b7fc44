//! The hidden runtime: one thread for all clients of the process, started at
//! the first open and joined at the last close. In a program that opens and closes clients
//! one after another it stays for [`LINGER`].
//!
//! Who drives it changes, see `driver.rs`. Normally the thread does. A caller that
//! makes one blocking call after another, with no other call in progress, is granted the
//! runtime and drives it from its own thread ("leads"), which saves two thread switches
//! a call. The thread takes over as soon as there is a second call, or none. The same
//! goes for the reader of a queue that does little but wait for its calls and streams.

#![forbid(unsafe_code)]

mod driver;
mod reader;

pub use driver::Open;
pub use reader::Reader;

use crate::error::panics::silence_thread;
use crate::error::{Error, Result};
use crate::status::{ETCD_ERR_NO_MEMORY, ETCD_ERR_NO_RESOURCES};
use crate::sync::oneshot::Oneshot;
use crate::sync::IgnorePoison;
use crate::sys::{self, ForkLocal};
use driver::{Driver, STREAK};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::time::timeout_at;

/// Enough for TLS handshakes, which run on this stack.
const STACK: usize = 1 << 20;
/// A process that opens a client so soon after its last close is likely to do so again.
const LINGER: Duration = Duration::from_millis(100);
/// What opening a client takes at its worst. Refused early, because a failed
/// allocation half way would abort the host.
const HEADROOM: usize = 16 << 20;
/// A caller leads only with this much stack: a handshake may run on it.
const LEADER_STACK: usize = 256 * 1024;

pub type Lead<'a> = driver::Lead<'a, Engine>;
type Shared = Driver<Engine>;

/// What is driven.
pub struct Engine {
    tokio: tokio::runtime::Runtime,
    nursery: Arc<Nursery>,
}

/// Starts tasks from within the runtime, where that costs no system call.
#[derive(Default)]
struct Nursery {
    tasks: Mutex<Vec<Task>>,
    changed: Arc<Notify>,
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Nursery {
    async fn run(self: Arc<Nursery>) {
        loop {
            let changed = self.changed.notified();
            let idle_since = running().as_ref().and_then(|running| running.idle_since);
            match idle_since {
                None => changed.await,
                Some(since) => drop(timeout_at((since + LINGER).into(), changed).await),
            }
            if expire() {
                return;
            }
            let tasks = std::mem::take(&mut *self.tasks.lock().ignore_poison());
            tasks.into_iter().for_each(|task| drop(tokio::spawn(task)));
        }
    }
}

impl driver::Engine for Engine {
    fn block_on<F: Future>(&self, until: F) -> F::Output {
        self.tokio.block_on(until)
    }

    /// It needs stack, and a thread that is not within a runtime already, nor
    /// ending: its thread-local variables are gone then.
    fn may_block_on() -> bool {
        let no_runtime = match tokio::runtime::Handle::try_current() {
            Ok(_) => false,
            Err(e) => e.is_missing_context(),
        };
        no_runtime && sys::stack_left() >= LEADER_STACK
    }
}

#[derive(Default)]
struct Process {
    running: Mutex<Option<Running>>,
    openings: Mutex<Openings>,
}

/// Clients that are opened soon after the last one was closed.
#[derive(Default)]
struct Openings {
    closed: Option<Instant>,
    in_a_row: u32,
}

impl Openings {
    /// There is a client.
    fn opened(&mut self) {
        let soon = self.closed.is_some_and(|closed| closed.elapsed() < LINGER);
        self.in_a_row = if soon { self.in_a_row.saturating_add(1) } else { 0 };
    }

    /// There is none any more.
    fn closed(&mut self) {
        self.closed = Some(Instant::now());
    }

    /// Whether the opener is expected to make its calls at once, and to open another client
    /// after this one. A program that does so only a few times finds nothing left behind.
    fn are_a_habit(&self) -> bool {
        self.in_a_row >= STREAK
    }
}

struct Running {
    users: usize,
    /// Since when there are none.
    idle_since: Option<Instant>,
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

fn process() -> &'static Process {
    static PROCESS: ForkLocal<Process> = ForkLocal::new();
    PROCESS.get()
}

fn running() -> MutexGuard<'static, Option<Running>> {
    process().running.lock().ignore_poison()
}

fn openings() -> MutexGuard<'static, Openings> {
    process().openings.lock().ignore_poison()
}

/// Ends the runtime if nobody has used it for long enough.
fn expire() -> bool {
    let mut running = running();
    let idle = running.as_ref().and_then(|running| running.idle_since);
    let expired = idle.is_some_and(|since| since.elapsed() >= LINGER);
    if expired {
        // The thread ends by itself.
        running.take().into_iter().for_each(|ended| ended.shared.stop());
    }
    expired
}

/// A client's share in the runtime; the last one dropped ends it.
pub struct Runtime {
    shared: Arc<Shared>,
    generation: u32,
}

/// A call in progress, as far as the runtime is concerned.
pub struct InProgress(Arc<Shared>);

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Runtime {
    pub fn acquire() -> Result<Runtime> {
        let generation = sys::fork_generation();
        let mut running = running();
        if let Some(running) = &mut *running {
            if running.idle_since.take().is_some() {
                openings().opened();
            }
            running.users += 1;
            return Ok(Runtime { shared: running.shared.clone(), generation });
        }
        openings().opened();
        let started = start()?;
        let shared = started.shared.clone();
        *running = Some(started);
        Ok(Runtime { shared, generation })
    }

    /// Starts a task, at once or when the caller drives, which is expected soon.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let nursery = &self.shared.engine().nursery;
        nursery.tasks.lock().ignore_poison().push(Box::pin(task));
        self.shared.defer(&nursery.changed);
    }

    /// Announces work that is done when the caller drives, which is expected soon.
    pub fn defer(&self, changed: &Arc<Notify>) {
        self.shared.defer(changed);
    }

    /// Notes a call; it is in progress until the result is dropped.
    pub fn begin(&self) -> InProgress {
        self.shared.begin();
        InProgress(self.shared.clone())
    }

    /// Notes a stream, also in the count of its reader, until the result is dropped.
    pub fn open(&self, of_reader: &Arc<AtomicUsize>) -> Open {
        self.shared.open(of_reader)
    }

    /// Makes sure that a thread drives, before the caller waits.
    pub fn ensure_driven(&self) {
        self.shared.ensure_driven();
    }

    /// Work was handed in. `changed` announces it, if it is not announced already.
    pub fn hand_in(&self, changed: Option<&Arc<Notify>>) {
        self.shared.hand_in(changed);
    }

    /// Lets the caller drive the runtime for the one call it has begun, if no other is
    /// in progress and that has been so for a while.
    pub fn lead(&self) -> Option<Lead<'_>> {
        self.shared.lead()
    }

    /// A blocking call has ended which another thread drove.
    pub fn waited(&self) {
        self.shared.waited();
    }

    /// The calls to come are to show again that callers may drive for them.
    pub fn end_streak(&self) {
        self.shared.end_streak();
    }

    /// Lets the caller drive, if nobody does, for something that is no call.
    pub fn lead_unattended(&self) -> Option<Lead<'_>> {
        self.shared.lead_unattended()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if self.generation != sys::fork_generation() {
            // The parent's: its threads do not exist here, its locks may never open.
            std::mem::forget(self.shared.clone());
            return;
        }
        let ended = {
            let mut running = running();
            match &mut *running {
                Some(of_us) if of_us.users > 1 => {
                    of_us.users -= 1;
                    None
                }
                _ => {
                    let mut openings = openings();
                    openings.closed();
                    match &mut *running {
                        Some(last) if openings.are_a_habit() => {
                            last.users = 0;
                            last.idle_since = Some(Instant::now());
                            last.shared.defer(&last.shared.engine().nursery.changed);
                            None
                        }
                        _ => running.take(),
                    }
                }
            }
        };
        if let Some(Running { shared, thread, .. }) = ended {
            shared.stop();
            let _ = thread.join();
        }
    }
}

/// Before anything is done for a new client.
pub fn check_headroom() -> Result<()> {
    match sys::memory_available(HEADROOM) {
        true => Ok(()),
        false => Err(Error::new(ETCD_ERR_NO_MEMORY, "no memory to start")),
    }
}

fn start() -> Result<Running> {
    let expected = openings().are_a_habit();
    let failed =
        |e: std::io::Error| Error::new(ETCD_ERR_NO_RESOURCES, format!("cannot start: {e}"));
    let started = Arc::new(Oneshot::default());
    let starting = Starting { started: Some(started.clone()), expected };
    let thread = std::thread::Builder::new().name("etcd".into()).stack_size(STACK);
    let thread = sys::with_signals_blocked(|| thread.spawn(|| starting.run())).map_err(failed)?;
    match started.wait() {
        Some(Ok(shared)) => Ok(Running { users: 1, idle_since: None, shared, thread }),
        Some(Err(e)) => {
            let _ = thread.join();
            Err(failed(e))
        }
        None => Err(Error::new(ETCD_ERR_NO_RESOURCES, "cannot start: the thread has died")),
    }
}

/// How the thread's start went; None if it did not get that far.
type Start = Option<std::io::Result<Arc<Shared>>>;

/// Reports the start to the thread that waits for it, even if it panics.
struct Starting {
    started: Option<Arc<Oneshot<Start>>>,
    expected: bool,
}

impl Starting {
    fn tell(&mut self, how: Start) {
        if let Some(started) = self.started.take() {
            started.fill(how);
        }
    }

    fn run(mut self) {
        match shared(self.expected) {
            Ok(shared) => {
                self.tell(Some(Ok(shared.clone())));
                silence_thread();
                shared.run();
            }
            Err(e) => self.tell(Some(Err(e))),
        }
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        self.tell(None);
    }
}

fn shared(expected: bool) -> std::io::Result<Arc<Shared>> {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let nursery = Arc::<Nursery>::default();
    tokio.spawn(nursery.clone().run());
    Ok(Arc::new(Driver::new(Engine { tokio, nursery }, expected)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::Relaxed;

    #[test]
    fn a_panic_while_the_state_is_held_ends_nothing() {
        let shared = shared(false).unwrap();
        let ours = shared.clone();
        let thread = std::thread::spawn(move || ours.run());
        shared.begin();
        let looks = AtomicUsize::new(0);
        let alone = |_, _| match looks.fetch_add(1, Relaxed) {
            0 => true,
            _ => panic!("on purpose"),
        };
        drop(shared.lead_as_reader(None, true, &alone, || {}).unwrap());
        shared.end();
        let done = Arc::new(Oneshot::default());
        let fill = done.clone();
        shared.engine().tokio.spawn(async move { fill.fill(()) });
        shared.ensure_driven();
        assert_eq!(done.wait_for(Duration::from_secs(10)), Some(()));
        shared.stop();
        thread.join().unwrap();
    }

    #[test]
    fn only_openings_in_a_row_are_a_habit() {
        let mut openings = Openings::default();
        for _ in 0..=STREAK {
            assert!(!openings.are_a_habit());
            openings.opened();
            openings.closed();
        }
        assert!(openings.are_a_habit());
        openings.closed = Instant::now().checked_sub(LINGER);
        openings.opened();
        assert!(!openings.are_a_habit());
    }
}
