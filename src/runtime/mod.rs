//! The hidden runtime: one thread for all clients of the process, started at
//! the first open and joined at the last close.
//!
//! Who drives it changes. Normally the thread does. A lone caller that makes
//! one blocking call after another is let in to drive it from its own thread
//! ("leads"), which saves two thread switches a call; the thread takes over
//! again as soon as there is a second call, or none. The same goes for the reader
//! of a queue who does little but wait for the calls he has in progress there.

#![forbid(unsafe_code)]

mod reader;

pub use reader::Reader;

use crate::error::panics::silence_thread;
use crate::error::{Error, Result};
use crate::status::{ETCD_ERR_NO_MEMORY, ETCD_ERR_NO_RESOURCES};
use crate::sync::oneshot::Oneshot;
use crate::sys::{self, ForkLocal, ThreadNumber};
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Enough for TLS handshakes, which run on this stack.
const STACK: usize = 1 << 20;
/// What opening a client takes at its worst. Refused early, because a failed
/// allocation half way would abort the host.
const HEADROOM: usize = 16 << 20;
/// A caller leads only with this much stack: a handshake may run on it.
const LEADER_STACK: usize = 256 * 1024;
/// Calls in a row, each alone and soon after the last, before a caller leads.
const STREAK: u32 = 16;
const SOON: Duration = Duration::from_millis(1);
/// How long sockets may go unattended between two calls of a leader.
const UNATTENDED: Duration = Duration::from_millis(4);
/// How seldom our thread looks while a leader's call takes long.
const LONGEST_LOOK: Duration = Duration::from_millis(64);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Driver {
    /// Our thread.
    Thread,
    /// Nobody: between two calls of a leader. Our thread looks every [`UNATTENDED`].
    Nobody,
    /// A caller.
    Leader,
    /// The last client is closed.
    Stopped,
}

struct Turn {
    driver: Driver,
    streak: u32,
    last_call: Instant,
    /// Calls led since the thread last looked.
    led: u32,
    /// The reader of a queue who drove last: what he hands in is sent when he
    /// comes back, unless that takes him longer than [`UNATTENDED`].
    reader: Option<ThreadNumber>,
    /// Tells of what he has handed in since.
    handed_in: Vec<Arc<Notify>>,
    /// A reader waits for our thread to let go.
    asked: bool,
}

struct Shared {
    tokio: tokio::runtime::Runtime,
    turn: Mutex<Turn>,
    /// Wakes our thread when it is to drive, or to stop.
    take_over: Condvar,
    /// Lets in the reader who has asked.
    let_in: Condvar,
    /// Makes whoever drives for nobody in particular let go.
    let_go: Notify,
    /// Calls in progress, of all clients.
    calls: AtomicUsize,
    /// Somebody would lead: our thread lets go when the last call has ended.
    wanted: AtomicBool,
}

#[derive(Default)]
struct Process {
    running: Mutex<Option<Running>>,
}

struct Running {
    users: usize,
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

fn process() -> &'static Process {
    static PROCESS: ForkLocal<Process> = ForkLocal::new();
    PROCESS.get()
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
        if self.0.calls.fetch_sub(1, Relaxed) == 1 && self.0.wanted.load(Relaxed) {
            self.0.let_go.notify_one();
        }
    }
}

impl Runtime {
    pub fn acquire() -> Result<Runtime> {
        let generation = sys::fork_generation();
        let mut running = process().running.lock().unwrap();
        if let Some(running) = &mut *running {
            running.users += 1;
            return Ok(Runtime { shared: running.shared.clone(), generation });
        }
        let started = start()?;
        let shared = started.shared.clone();
        *running = Some(started);
        Ok(Runtime { shared, generation })
    }

    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.shared.tokio.spawn(task);
        self.attend();
    }

    /// Notes a call; it is in progress until the result is dropped.
    pub fn begin(&self) -> InProgress {
        self.shared.calls.fetch_add(1, Relaxed);
        InProgress(self.shared.clone())
    }

    /// Sees to it that somebody drives, before the caller waits.
    pub fn attend(&self) {
        self.shared.attend();
    }

    /// Work was handed in of which `news` tells, if it is not known of already.
    pub fn handed_in(&self, news: Option<&Arc<Notify>>) {
        let mut turn = self.shared.turn.lock().unwrap();
        if turn.driver == Driver::Nobody && turn.reader == Some(sys::this_thread()) {
            turn.handed_in.extend(news.cloned());
            return;
        }
        drop(turn);
        if let Some(news) = news {
            news.notify_one();
        }
        self.attend();
    }

    /// Lets the caller drive the runtime for one blocking call, if it is alone
    /// and has been for a while.
    pub fn lead(&self) -> Option<Lead<'_>> {
        let shared = &*self.shared;
        let mut turn = shared.turn.lock().unwrap();
        let now = Instant::now();
        let alone = shared.calls.load(Relaxed) == 0;
        let soon = now.duration_since(turn.last_call) < SOON;
        turn.last_call = now;
        turn.streak = if alone && soon { turn.streak.saturating_add(1) } else { 0 };
        shared.wanted.store(turn.streak >= STREAK && may_lead(), Relaxed);
        if turn.driver != Driver::Nobody || !alone || !may_lead() {
            return None;
        }
        turn.enter(None);
        Some(Lead { shared, alone: &|calls| calls == 0 })
    }
}

impl Turn {
    fn enter(&mut self, reader: Option<ThreadNumber>) {
        self.driver = Driver::Leader;
        self.led += 1;
        self.reader = reader;
    }
}

impl Shared {
    fn attend(&self) {
        let mut turn = self.turn.lock().unwrap();
        if turn.driver == Driver::Nobody {
            turn.driver = Driver::Thread;
            self.take_over.notify_one();
        }
    }

    fn drive<F: Future>(&self, until: F) -> F::Output {
        self.tokio.block_on(async {
            // Where a wake costs no system call.
            let handed_in = std::mem::take(&mut self.turn.lock().unwrap().handed_in);
            handed_in.iter().for_each(|news| news.notify_one());
            until.await
        })
    }
}

/// The right to drive the runtime; goes back when it is dropped.
pub struct Lead<'a> {
    shared: &'a Shared,
    /// Whether so many calls in progress are all his who leads.
    alone: &'a dyn Fn(usize) -> bool,
}

impl Lead<'_> {
    pub fn drive<F: Future>(&self, call: F) -> F::Output {
        self.shared.drive(call)
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let mut turn = self.shared.turn.lock().unwrap();
        turn.last_call = Instant::now();
        if turn.driver == Driver::Leader {
            let alone = (self.alone)(self.shared.calls.load(Relaxed));
            if alone {
                turn.driver = Driver::Nobody;
            } else {
                (turn.driver, turn.reader) = (Driver::Thread, None);
            }
        }
        // Our thread has looked since, and looks seldom by now.
        let seldom = turn.led == 0;
        turn.led += u32::from(seldom);
        if turn.driver != Driver::Nobody || seldom {
            self.shared.take_over.notify_one();
        }
    }
}

/// Driving needs stack, and a thread that is not driving a runtime already, nor
/// ending: its thread-local variables are gone then.
fn may_lead() -> bool {
    let no_runtime = match tokio::runtime::Handle::try_current() {
        Ok(_) => false,
        Err(e) => e.is_missing_context(),
    };
    no_runtime && sys::stack_left() >= LEADER_STACK
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if self.generation != sys::fork_generation() {
            // The parent's: its threads do not exist here, its locks may never open.
            std::mem::forget(self.shared.clone());
            return;
        }
        let ended = {
            let mut running = process().running.lock().unwrap();
            match &mut *running {
                Some(of_us) if of_us.users > 1 => {
                    of_us.users -= 1;
                    None
                }
                _ => running.take(),
            }
        };
        if let Some(Running { shared, thread, .. }) = ended {
            {
                let mut turn = shared.turn.lock().unwrap();
                turn.driver = Driver::Stopped;
                turn.asked = false;
                shared.let_in.notify_one();
            }
            shared.take_over.notify_one();
            shared.let_go.notify_one();
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
    let failed =
        |e: std::io::Error| Error::new(ETCD_ERR_NO_RESOURCES, format!("cannot start: {e}"));
    let started = Arc::new(Oneshot::default());
    let starting = Starting(Some(started.clone()));
    let thread = std::thread::Builder::new().name("etcd".into()).stack_size(STACK);
    let thread = sys::with_signals_blocked(|| thread.spawn(|| starting.run())).map_err(failed)?;
    match started.wait() {
        Some(Ok(shared)) => Ok(Running { users: 1, shared, thread }),
        Some(Err(e)) => {
            let _ = thread.join();
            Err(failed(e))
        }
        None => Err(Error::new(ETCD_ERR_NO_RESOURCES, "cannot start: the thread has died")),
    }
}

/// How the thread's start went; None if it did not get that far.
type Start = Option<std::io::Result<Arc<Shared>>>;

/// Tells whoever waits, whatever happens to the thread.
struct Starting(Option<Arc<Oneshot<Start>>>);

impl Starting {
    fn tell(&mut self, how: Start) {
        if let Some(started) = self.0.take() {
            started.fill(how);
        }
    }

    fn run(mut self) {
        match shared() {
            Ok(shared) => {
                self.tell(Some(Ok(shared.clone())));
                run(&shared);
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

fn shared() -> std::io::Result<Arc<Shared>> {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let turn = Turn {
        driver: Driver::Thread,
        streak: 0,
        last_call: Instant::now(),
        led: 0,
        reader: None,
        handed_in: Vec::new(),
        asked: false,
    };
    Ok(Arc::new(Shared {
        tokio,
        turn: Mutex::new(turn),
        take_over: Condvar::new(),
        let_in: Condvar::new(),
        let_go: Notify::new(),
        calls: AtomicUsize::new(0),
        wanted: AtomicBool::new(false),
    }))
}

/// Our thread.
fn run(shared: &Shared) {
    silence_thread();
    loop {
        // Tasks catch their own panics; this is for the runtime's.
        let _ = catch_unwind(AssertUnwindSafe(|| shared.drive(shared.let_go.notified())));
        let mut turn = shared.turn.lock().unwrap();
        if turn.driver == Driver::Thread && turn.asked {
            turn.asked = false;
            turn.enter(None);
            shared.let_in.notify_one();
        }
        // A call handed in before this moment counts on us.
        if turn.driver == Driver::Thread && shared.calls.load(Relaxed) == 0 {
            turn.driver = Driver::Nobody;
        }
        let mut wait = UNATTENDED;
        loop {
            match turn.driver {
                Driver::Stopped => return,
                Driver::Thread => break,
                Driver::Nobody | Driver::Leader => {}
            }
            turn.led = 0;
            turn = shared.take_over.wait_timeout(turn, wait).unwrap().0;
            match turn.driver {
                Driver::Nobody if turn.led == 0 => turn.driver = Driver::Thread,
                // One long call: no need to look so often.
                Driver::Leader if turn.led == 0 => wait = (wait * 2).min(LONGEST_LOOK),
                _ => wait = UNATTENDED,
            }
        }
        turn.streak = 0;
        shared.wanted.store(false, Relaxed);
    }
}
