//! All watches of a client, on few streams: put there again after any break,
//! each where it was, on another member if there is one.

#![forbid(unsafe_code)]

use super::entry::{Entry, Place};
use super::lane::{heard, Lane};
use super::position::Position;
use super::{now, resync, Message, Spec};
use crate::client::call::{closed, retry_backoff, Deadline};
use crate::client::core::Core;
use crate::error::{Error, Result};
use crate::observe::log::Level;
use crate::status::{is_about_store, is_retryable};
use crate::sync::mailbox::Mailbox;
use crate::transport::backoff::Backoff;
use crate::transport::{Failure, Subchannel};
use crate::wire::decode::Header;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, Instant};

/// For a server's word that a watch exists.
const CREATION: Duration = Duration::from_secs(5);
/// How often servers are asked how far they are, so that no compaction overtakes
/// a watch whose keys do not change.
pub(super) const PROGRESS: Duration = Duration::from_secs(60);

/// Where watches are handed in.
#[derive(Default)]
pub struct Hub {
    inbox: Mutex<Inbox>,
    changed: Notify,
    watches: AtomicU64,
}

#[derive(Default)]
struct Inbox {
    commands: Vec<Command>,
    /// Nobody serves any more.
    closed: bool,
}

pub enum Command {
    Open {
        watch: u64,
        spec: Box<Spec>,
        start: Option<i64>,
        mailbox: Arc<Mailbox<Message>>,
    },
    /// The reader has made room, or wants no more.
    Changed(u64),
    AskForProgress(u64),
    /// At which revision that was.
    Asked(u64, Result<Header>),
    /// Where a watch that began "now" begins, or goes on.
    Begin(u64, Result<i64>),
    /// Whether the store is still the one that it was.
    Checked(u64, Result<Header>),
    /// What became of a new token.
    Renewed(Result<()>),
    /// Whether the server of a lane answers progress requests exactly.
    Exact(u64, Option<bool>),
}

impl Hub {
    pub fn number(&self) -> u64 {
        self.watches.fetch_add(1, Relaxed)
    }

    pub fn send(&self, command: Command) {
        let mut inbox = self.inbox.lock().unwrap();
        if !inbox.closed {
            inbox.commands.push(command);
            drop(inbox);
            return self.changed.notify_one();
        }
        drop(inbox);
        if let Command::Open { mailbox, .. } = command {
            mailbox.end(closed());
        }
    }

    fn take(&self) -> Vec<Command> {
        std::mem::take(&mut self.inbox.lock().unwrap().commands)
    }

    /// Serves watches until it is dropped, which ends them, even if it was never polled.
    pub fn run(self: Arc<Hub>, core: Arc<Core>) -> impl Future<Output = ()> {
        let mut work = Work {
            hub: self,
            core,
            watches: HashMap::new(),
            waiting: VecDeque::new(),
            asking: HashMap::new(),
            lanes: Vec::new(),
            opening: None,
            opened: 0,
            renewing: false,
            avoid: None,
            backoff: retry_backoff(),
            not_before: Instant::now(),
            progress: Instant::now() + PROGRESS,
            tasks: JoinSet::new(),
        };
        async move {
            loop {
                work.place();
                let due = work.due();
                let Work { hub, lanes, opening, tasks, .. } = &mut work;
                tokio::select! {
                    () = hub.changed.notified() => work.hub.take().into_iter().for_each(|it| work.obey(it)),
                    lane = async { opening.as_mut().unwrap().await }, if opening.is_some() => work.opened(lane),
                    (at, message) = heard(lanes), if !lanes.is_empty() => work.heard(at, message),
                    Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
                    () = sleep_until(due) => work.tick(),
                }
            }
        }
    }
}

pub(super) struct Work {
    pub(super) hub: Arc<Hub>,
    pub(super) core: Arc<Core>,
    pub(super) watches: HashMap<u64, Entry>,
    /// Those that have no lane; some may be gone meanwhile.
    pub(super) waiting: VecDeque<u64>,
    /// Those whose readers want to know how far they are: what revision they must
    /// have come to for the first who asked, and for the last.
    pub(super) asking: HashMap<u64, (i64, Header)>,
    /// The last one takes new watches.
    pub(super) lanes: Vec<Lane>,
    pub(super) opening: Option<Pin<Box<dyn Future<Output = Result<Lane>> + Send>>>,
    pub(super) opened: u64,
    pub(super) renewing: bool,
    /// The member that failed last.
    pub(super) avoid: Option<Arc<Subchannel>>,
    pub(super) backoff: Backoff,
    /// No lane is opened earlier.
    pub(super) not_before: Instant,
    pub(super) progress: Instant,
    /// Calls that watches need; they report by commands.
    pub(super) tasks: JoinSet<()>,
}

impl Drop for Work {
    fn drop(&mut self) {
        let error = self.core.ended("watch", "a defect in the library ended the watch");
        let mut inbox = self.hub.inbox.lock().unwrap();
        inbox.closed = true;
        let left = std::mem::take(&mut inbox.commands);
        drop(inbox);
        for entry in self.watches.values() {
            entry.mailbox.end(error.clone());
        }
        for command in left {
            if let Command::Open { mailbox, .. } = command {
                mailbox.end(error.clone());
            }
        }
    }
}

impl Work {
    fn obey(&mut self, command: Command) {
        match command {
            Command::Open { watch, spec, start, mailbox } => {
                let limit = self.core.max_receive();
                let mut position = Position::new(start.unwrap_or(0), limit, spec.merge);
                position.prefix = spec.prefix.clone();
                if start.is_none() {
                    self.ask_where_to_begin(watch, &spec);
                }
                let entry = Entry {
                    announced: !spec.created_notify,
                    spec,
                    mailbox,
                    position,
                    place: Place::Asking,
                    broken: false,
                    created: 0,
                    questions: 0,
                    slow: false,
                    fragment: false,
                    renewals: 0,
                    leaderless: Vec::new(),
                };
                self.watches.insert(watch, entry);
                if start.is_some() {
                    self.wait(watch);
                }
            }
            Command::Changed(watch) => self.reader_changed(watch),
            Command::AskForProgress(watch) => {
                let Some(entry) = self.watches.get_mut(&watch) else { return };
                entry.questions += 1;
                if entry.questions == 1 {
                    self.ask_how_far(watch);
                }
            }
            Command::Asked(watch, header) => {
                let Some(entry) = self.watches.get_mut(&watch) else { return };
                // For those who have asked, and maybe written, since that was sent.
                if std::mem::take(&mut entry.questions) > 1 {
                    entry.questions = 1;
                    self.ask_how_far(watch);
                }
                if let Ok(header) = header {
                    let asked = self.asking.entry(watch).or_insert((header.revision, header));
                    if header.revision > asked.1.revision {
                        asked.1 = header;
                    }
                    self.ask_for_progress();
                }
            }
            Command::Begin(watch, Ok(revision)) => {
                if let Some(entry) = self.watches.get_mut(&watch) {
                    entry.position.rewind(revision);
                    self.wait(watch);
                }
            }
            Command::Begin(watch, Err(error)) => self.end(watch, error),
            Command::Checked(watch, Err(error)) if is_about_store(error.status) => {
                self.end(watch, error);
            }
            // A member that lags, and sends the events when it has them.
            Command::Checked(..) => {}
            Command::Renewed(result) => {
                self.renewing = false;
                match result {
                    Err(error) if !is_retryable(error.status) => self.end_waiting(&error),
                    Err(_) => self.delay(),
                    Ok(()) => {}
                }
            }
            Command::Exact(number, exact) => {
                if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.number == number) {
                    lane.exact = exact;
                    if exact == Some(true) {
                        self.ask_for_progress();
                    }
                }
            }
        }
    }

    /// Runs a call whose end is a command.
    pub(super) fn start(&mut self, call: impl Future<Output = Command> + Send + 'static) {
        let hub = self.hub.clone();
        self.tasks.spawn(async move { hub.send(call.await) });
    }

    fn ask_where_to_begin(&mut self, watch: u64, spec: &Spec) {
        let (core, key) = (self.core.clone(), spec.key.clone());
        self.start(async move {
            let now = now(&core, &key, Deadline::NEVER).await;
            Command::Begin(watch, now.map(|header| header.revision + 1))
        });
    }

    /// One question at a time, which may take as long as no server is there.
    fn ask_how_far(&mut self, watch: u64) {
        let Some(entry) = self.watches.get(&watch) else { return };
        let (core, key) = (self.core.clone(), entry.spec.key.clone());
        self.start(async move { Command::Asked(watch, now(&core, &key, Deadline::NEVER).await) });
    }

    /// A member has not come as far as the watch has: the others know whether the
    /// store has gone back.
    pub(super) fn check_store(&mut self, watch: u64) {
        let Some(entry) = self.watches.get(&watch) else { return };
        let (core, key) = (self.core.clone(), entry.spec.key.clone());
        self.start(async move { Command::Checked(watch, now(&core, &key, Deadline::NEVER).await) });
    }

    fn reader_changed(&mut self, watch: u64) {
        let Some(entry) = self.watches.get(&watch) else { return };
        match (entry.mailbox.is_closed(), entry.place) {
            (true, _) => drop(self.forget(watch)),
            (false, Place::Resting) => self.wait(watch),
            (false, Place::On(number, _)) => self.deliver_held(number, watch),
            (false, _) => {}
        }
    }

    pub(super) fn wait(&mut self, watch: u64) {
        if let Some(entry) = self.watches.get_mut(&watch) {
            if entry.place != Place::Waiting {
                entry.place = Place::Waiting;
                self.waiting.push_back(watch);
            }
        }
    }

    /// Takes it off its lane.
    pub(super) fn leave(&mut self, place: Place) {
        let Place::On(number, watch_id) = place else { return };
        if let Some(at) = self.lanes.iter().position(|lane| lane.number == number) {
            let lane = &mut self.lanes[at];
            let watch = lane.watches.get(&watch_id).copied();
            drop(lane.held.take_if(|held| Some(held.watch) == watch));
            if let Err(failure) = self.lanes[at].cancel(watch_id) {
                self.lost(at, failure);
            } else if self.lanes[at].is_empty() {
                self.lanes.remove(at);
            }
        }
    }

    fn forget(&mut self, watch: u64) -> Option<Entry> {
        self.asking.remove(&watch);
        let entry = self.watches.remove(&watch)?;
        self.leave(entry.place);
        Some(entry)
    }

    pub(super) fn end(&mut self, watch: u64, error: Error) {
        if let Some(entry) = self.forget(watch) {
            let message = format_args!("ended: {}", error.message);
            let log = &self.core.telemetry.log;
            log.emit(Level::Warn, "watch", &error.endpoint, error.status, message);
            entry.mailbox.end(error);
        }
    }

    pub(super) fn end_waiting(&mut self, error: &Error) {
        for watch in std::mem::take(&mut self.waiting) {
            if self.watches.get(&watch).is_some_and(|entry| entry.place == Place::Waiting) {
                self.end(watch, error.clone());
            }
        }
    }

    pub(super) fn delay(&mut self) {
        self.not_before = Instant::now() + self.backoff.next();
    }

    /// When [`Work::tick`] has something to do.
    fn due(&self) -> Instant {
        let heard = self.lanes.iter().filter(|lane| lane.held.is_none());
        let creation = heard.filter_map(|lane| lane.creating.front());
        let creation = creation.map(|creation| creation.since + CREATION).min();
        let held = self.lanes.iter().filter_map(|lane| Some(lane.held.as_ref()?.until)).min();
        let idle = self.waiting.is_empty() || self.opening.is_some() || self.renewing;
        let opening = (!idle).then_some(self.not_before);
        [creation, held, opening].into_iter().flatten().fold(self.progress, Instant::min)
    }

    fn tick(&mut self) {
        let overdue = |lane: &Lane| {
            let front = lane.creating.front();
            lane.held.is_none() && front.is_some_and(|it| it.since.elapsed() >= CREATION)
        };
        while let Some(at) = self.lanes.iter().position(overdue) {
            let limit = CREATION.as_millis();
            self.lost(at, Failure::Lost(format!("no answer to a watch within {limit} ms")));
        }
        for lane in &mut self.lanes {
            if let Some(held) = lane.held.take_if(|held| held.until <= Instant::now()) {
                lane.listen_again();
                let first = held.batches.front().map(|batch| batch.first);
                return self.rest(held.watch, first);
            }
        }
        if Instant::now() >= self.progress {
            self.ask_for_progress();
        }
    }

    /// What the keys are now takes the place of the events that are gone.
    pub(super) fn resynchronise(&mut self, watch: u64) {
        let Some(entry) = self.watches.get(&watch) else { return };
        let (core, spec) = (self.core.clone(), entry.spec.clone());
        let mailbox = entry.mailbox.clone();
        self.start(
            async move { Command::Begin(watch, resync::list(&core, &spec, &mailbox).await) },
        );
    }
}
