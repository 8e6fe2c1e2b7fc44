//! All watches of a client, on few streams: put there again after any break,
//! each where it was, on another member if there is one.

#![forbid(unsafe_code)]

use super::lane::{heard, Held, Lane};
use super::position::{Batch, Position, Stop};
use super::{now, Message, Spec};
use crate::client::call::{FIRST_PAUSE, LONGEST_PAUSE};
use crate::client::server::{Core, Server};
use crate::client::{closed, Deadline};
use crate::error::{printable, Error, Result};
use crate::mailbox::Mailbox;
use crate::status::*;
use crate::transport::jitter::jittered;
use crate::transport::Failure;
use crate::wire::decode::Header;
use crate::wire::watch;
use bytes::Bytes;
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
/// New tokens in a row that bring no watch.
const MAX_RENEWALS: u32 = 3;
/// Lanes at a time: one, and one for slow readers or with a token that takes no
/// new watches.
const LANES: usize = 2;
/// For a slow reader to make room before his watch is called off for a while. It
/// is cheaper to wait for him than to have the server find the place again.
const HOLD: Duration = Duration::from_millis(100);
/// For one who makes a little room at a time.
const LONGEST_HOLD: Duration = Duration::from_secs(1);
/// A lane that has lived so long has not failed at once.
const LIVED: Duration = Duration::from_secs(5);
/// How often servers are asked how far they are, so that no compaction overtakes
/// a watch whose keys do not change.
const PROGRESS: Duration = Duration::from_secs(60);
/// A server that is busy forgets a progress request.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// A message without events, in memory.
const NOTICE_SIZE: usize = 128;
/// The watch id of an answer that is for all watches of a stream.
const ALL: i64 = -1;

/// Where watches are handed in.
#[derive(Default)]
pub struct Hub {
    /// None once the client is closed.
    inbox: Mutex<Inbox>,
    changed: Notify,
    watches: AtomicU64,
}

#[derive(Default)]
struct Inbox {
    commands: Vec<Command>,
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
    /// The revision at which that was.
    Asked(u64, Result<i64>),
    /// Where a watch that began "now" begins, or goes on.
    Begin(u64, Result<i64>),
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
            pause: FIRST_PAUSE,
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

struct Entry {
    spec: Box<Spec>,
    mailbox: Arc<Mailbox<Message>>,
    position: Position,
    place: Place,
    /// The reader was told that it exists, or does not want to know.
    announced: bool,
    /// Its reader had too much to read.
    slow: bool,
    /// The server is to cut answers that are large: not at once, because etcd
    /// takes time with the square of the number of events for that.
    fragment: bool,
    renewals: u32,
    /// Members that had no leader, since one had.
    leaderless: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// For a lane.
    Waiting,
    Creating,
    /// Known to the server of this lane by this number.
    On(u64, i64),
    /// For the reader to make room.
    Resting,
    /// For a call that says where to begin.
    Asking,
}

struct Work {
    hub: Arc<Hub>,
    core: Arc<Core>,
    watches: HashMap<u64, Entry>,
    /// Those that have no lane; some may be gone meanwhile.
    waiting: VecDeque<u64>,
    /// Those whose readers want to know how far they are, and what revision they
    /// must have come to, once that is known.
    asking: HashMap<u64, Option<i64>>,
    /// The last one takes new watches.
    lanes: Vec<Lane>,
    opening: Option<Pin<Box<dyn Future<Output = Result<Lane>> + Send>>>,
    opened: u64,
    renewing: bool,
    /// The member that failed last.
    avoid: Option<usize>,
    pause: Duration,
    /// No lane is opened earlier.
    not_before: Instant,
    progress: Instant,
    /// Calls that watches need; they report by commands.
    tasks: JoinSet<()>,
}

/// What to do about a failure.
enum Verdict {
    End,
    /// With a new token.
    Renew,
    Again,
}

impl Drop for Work {
    fn drop(&mut self) {
        let error = match self.core.closed.load(Relaxed) {
            true => closed(),
            false => Error::new(ETCD_ERR_INTERNAL, "a defect in the library ended the watch"),
        };
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
                if let Some(entry) = self.watches.get(&watch) {
                    let (core, key) = (self.core.clone(), entry.spec.key.clone());
                    self.asking.insert(watch, None);
                    self.start(async move {
                        Command::Asked(watch, now(&core, &key, Deadline::NEVER).await)
                    });
                }
            }
            Command::Asked(watch, revision) => {
                if let (Some(asked), Ok(revision)) = (self.asking.get_mut(&watch), revision) {
                    *asked = Some(revision);
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
    fn start(&mut self, call: impl Future<Output = Command> + Send + 'static) {
        let hub = self.hub.clone();
        self.tasks.spawn(async move { hub.send(call.await) });
    }

    fn ask_where_to_begin(&mut self, watch: u64, spec: &Spec) {
        let (core, key) = (self.core.clone(), spec.key.clone());
        self.start(async move {
            let now = now(&core, &key, Deadline::NEVER).await;
            Command::Begin(watch, now.map(|revision| revision + 1))
        });
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

    fn wait(&mut self, watch: u64) {
        if let Some(entry) = self.watches.get_mut(&watch) {
            if entry.place != Place::Waiting {
                entry.place = Place::Waiting;
                self.waiting.push_back(watch);
            }
        }
    }

    /// Takes it off its lane.
    fn leave(&mut self, place: Place) {
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

    fn end(&mut self, watch: u64, error: Error) {
        if let Some(entry) = self.forget(watch) {
            entry.mailbox.end(error);
        }
    }

    fn end_waiting(&mut self, error: &Error) {
        for watch in std::mem::take(&mut self.waiting) {
            if self.watches.get(&watch).is_some_and(|entry| entry.place == Place::Waiting) {
                self.end(watch, error.clone());
            }
        }
    }

    fn delay(&mut self) {
        self.not_before = Instant::now() + jittered(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// When [`Work::tick`] has something to do.
    fn due(&self) -> Instant {
        let heard = self.lanes.iter().filter(|lane| lane.held.is_none());
        let creation = heard.filter_map(|lane| lane.creating.front());
        let creation = creation.map(|&(_, since)| since + CREATION).min();
        let held = self.lanes.iter().filter_map(|lane| Some(lane.held.as_ref()?.until)).min();
        let idle = self.waiting.is_empty() || self.opening.is_some() || self.renewing;
        let opening = (!idle).then_some(self.not_before);
        [creation, held, opening].into_iter().flatten().fold(self.progress, Instant::min)
    }

    fn tick(&mut self) {
        let overdue = |lane: &Lane| {
            let front = lane.creating.front();
            lane.held.is_none() && front.is_some_and(|(_, since)| since.elapsed() >= CREATION)
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

    /// Asks all servers how far they are, those that answer exactly.
    fn ask_for_progress(&mut self) {
        let in_vain = self.lanes.iter().all(|lane| lane.exact == Some(false));
        let again = if self.asking.is_empty() || in_vain { PROGRESS } else { ASK_AGAIN };
        self.progress = Instant::now() + again;
        let mut at = 0;
        while at < self.lanes.len() {
            let lane = &mut self.lanes[at];
            at += 1;
            match lane.exact {
                None => {
                    lane.exact = Some(false);
                    let (core, lane) = (self.core.clone(), lane.number);
                    let member = self.lanes[at - 1].member;
                    self.start(async move {
                        Command::Exact(lane, super::progress_is_exact(&core, member).await)
                    });
                }
                Some(true) if !lane.watches.is_empty() => {
                    if let Err(failure) = lane.ask_for_progress() {
                        at -= 1;
                        self.lost(at, failure);
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// Puts those that wait on a lane, or sees to it that there will be one.
    fn place(&mut self) {
        if self.renewing {
            return;
        }
        let (mut left, mut wanted) = (VecDeque::new(), None);
        while let Some(watch) = self.waiting.pop_front() {
            let Some(entry) = self.watches.get_mut(&watch) else { continue };
            if entry.place != Place::Waiting {
                continue;
            }
            let fits = |lane: &Lane| lane.slow == entry.slow && !lane.stale;
            let Some(at) = self.lanes.iter().position(fits) else {
                wanted = wanted.or(Some(entry.slow));
                left.push_back(watch);
                continue;
            };
            entry.place = Place::Creating;
            let request = entry.spec.create(entry.position.resume(), entry.fragment);
            if let Err(failure) = self.lanes[at].create(watch, request) {
                self.lost(at, failure);
            }
        }
        self.waiting = left;
        self.lanes.retain(|lane| !lane.is_empty());
        match wanted {
            Some(slow) if self.opening.is_none() && Instant::now() >= self.not_before => {
                self.opened += 1;
                let lane = Lane::open(self.core.clone(), self.opened, slow, self.avoid);
                self.opening = Some(Box::pin(lane));
            }
            _ => {}
        }
    }

    fn opened(&mut self, lane: Result<Lane>) {
        self.opening = None;
        match lane {
            Ok(lane) => {
                if self.lanes.len() == LANES {
                    let stale = self.lanes.iter().position(|lane| lane.stale);
                    self.abandon(stale.unwrap_or(0));
                }
                self.lanes.push(lane);
            }
            Err(error) if !is_retryable(error.status) => self.end_waiting(&error),
            Err(_) => self.delay(),
        }
    }

    /// Moves the watches of a lane.
    fn abandon(&mut self, at: usize) -> Vec<u64> {
        let mut lane = self.lanes.remove(at);
        if let Some(Held { watch, batches, .. }) = lane.held.take() {
            if let (Some(entry), Some(first)) = (self.watches.get_mut(&watch), batches.front()) {
                entry.position.rewind(first.first);
            }
        }
        let moved: Vec<u64> = lane.abandon().collect();
        moved.iter().for_each(|&watch| self.wait(watch));
        moved
    }

    fn heard(&mut self, at: usize, message: Result<Bytes, Failure>) {
        let message = match message {
            Ok(message) => message,
            Err(failure) => return self.lost(at, failure),
        };
        let Ok(head) = watch::head(&message) else {
            return self.lost(at, Failure::Malformed("not an answer to a watch".to_owned()));
        };
        let lane = &mut self.lanes[at];
        if head.created {
            let Some((watch, _)) = lane.creating.pop_front() else {
                let why = "an answer to a watch that nobody asked for";
                return self.lost(at, Failure::Malformed(why.to_owned()));
            };
            return match head.canceled {
                true => self.refused(at, watch, &head),
                false => self.created(at, watch, &head),
            };
        }
        if head.watch_id == ALL {
            return self.progressed(at, head.header);
        }
        let Some(watch) = lane.find(head.watch_id, head.canceled) else { return };
        if head.canceled {
            return self.refused(at, watch, &head);
        }
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        if head.events.is_empty() && !head.fragment && entry.position.is_whole() {
            if entry.position.notice(head.header.revision) && entry.spec.progress_notify {
                entry.tell_progress(head.header);
            }
            return;
        }
        match entry.position.take(&message, &head) {
            Ok(batches) => {
                self.pause = FIRST_PAUSE;
                self.deliver(at, watch, batches);
            }
            Err(Stop::Nonsense(why)) => self.lost(at, Failure::Malformed(why.to_owned())),
            Err(Stop::TooLarge(size)) => {
                let why = format!("a revision of {size} bytes is over the receive limit");
                let error = self.at(at, Error::new(ETCD_ERR_REPLY_TOO_LARGE, why));
                self.end(watch, error);
            }
        }
    }

    fn created(&mut self, at: usize, watch: u64, head: &watch::Head<'_>) {
        self.avoid = None;
        let lane = &mut self.lanes[at];
        if let Some(other) = lane.watches.insert(head.watch_id, watch) {
            self.wait(other);
            let why = "two watches with one number";
            return self.lost(at, Failure::Malformed(why.to_owned()));
        }
        let place = Place::On(lane.number, head.watch_id);
        let Some(entry) = self.watches.get_mut(&watch) else { return self.leave(place) };
        entry.place = place;
        entry.renewals = 0;
        entry.leaderless.clear();
        if !entry.announced {
            let message = Message::Created(head.header, entry.position.resume() - 1);
            entry.announced = entry.mailbox.push([(message, NOTICE_SIZE)]).is_none();
        }
        if self.asking.contains_key(&watch) {
            self.ask_for_progress();
        }
    }

    /// The server has ended a watch, or not begun it.
    fn refused(&mut self, at: usize, watch: u64, head: &watch::Head<'_>) {
        let words = printable(&String::from_utf8_lossy(head.cancel_reason));
        let error = match (head.compact_revision, &*words) {
            (0, "") => Error::new(ETCD_ERR_UNAVAILABLE, "the server cancelled the watch"),
            // gRPC's "unknown": the words say more than any code.
            (0, words) => Error::new(of_server_error(2, words), words),
            (revision, _) => {
                let why = format!("the events before revision {revision} are compacted away");
                Error { revision, ..Error::new(ETCD_ERR_COMPACTED, why) }
            }
        };
        let error = self.at(at, error);
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        // No longer known to the server.
        entry.place = Place::Asking;
        match verdict(&self.core, &error, &mut entry.renewals) {
            Verdict::End if error.status == ETCD_ERR_COMPACTED && entry.spec.resync => {
                self.resynchronise(watch);
            }
            Verdict::End => self.end(watch, error),
            Verdict::Renew => {
                self.wait(watch);
                let lane = &mut self.lanes[at];
                lane.stale = true;
                let token = lane.token.clone();
                self.renew(token);
            }
            Verdict::Again => {
                self.wait(watch);
                self.lost(at, Failure::Lost(error.message));
            }
        }
        self.lanes.retain(|lane| !lane.is_empty());
    }

    fn renew(&mut self, old: crate::client::token::Token) {
        if std::mem::replace(&mut self.renewing, true) {
            return;
        }
        let core = self.core.clone();
        self.start(async move {
            Command::Renewed(match &core.server {
                Server::Cluster(cluster) => cluster.tokens.renew(cluster, &old).await.map(drop),
                Server::Embedded(_) => Ok(()),
            })
        });
    }

    /// A lane has ended: its watches go elsewhere, or end with it.
    fn lost(&mut self, at: usize, failure: Failure) {
        let too_large = matches!(failure, Failure::TooLarge(_));
        let error = match failure {
            Failure::Refused { code, message } => {
                Error::new(of_server_error(code, &message), message)
            }
            Failure::NotSent(why) | Failure::Lost(why) => Error::new(ETCD_ERR_UNAVAILABLE, why),
            Failure::Malformed(why) => Error::new(ETCD_ERR_PROTOCOL, why),
            Failure::TooLarge(size) => {
                let why = format!("an answer of {size} bytes is over the receive limit");
                Error::new(ETCD_ERR_REPLY_TOO_LARGE, why)
            }
            Failure::NoMemory(size) => {
                Error::new(ETCD_ERR_NO_MEMORY, format!("no memory for {size} bytes"))
            }
        };
        let error = self.at(at, error);
        let (member, token) = (self.lanes[at].member, self.lanes[at].token.clone());
        if self.lanes[at].since.elapsed() >= LIVED {
            self.pause = FIRST_PAUSE;
        }
        let moved = self.abandon(at);
        // One that did not have its answers cut is to blame, not those that did.
        let is_whole = |watch: &u64| self.watches.get(watch).is_some_and(|it| !it.fragment);
        let blameless = too_large && moved.iter().any(is_whole);
        let mut renew = false;
        for watch in moved {
            let Some(entry) = self.watches.get_mut(&watch) else { continue };
            if too_large && (!std::mem::replace(&mut entry.fragment, true) || blameless) {
                continue;
            }
            let leaderless = error.status == ETCD_ERR_NO_LEADER;
            if leaderless && !entry.leaderless.contains(&member) {
                entry.leaderless.push(member);
            }
            let given_up =
                entry.spec.require_leader && entry.leaderless.len() >= self.core.members();
            match verdict(&self.core, &error, &mut entry.renewals) {
                Verdict::Again if !(leaderless && given_up) => {}
                Verdict::Renew => renew = true,
                Verdict::Again | Verdict::End => self.end(watch, error.clone()),
            }
        }
        match renew {
            true => self.renew(token),
            false => {
                self.avoid = Some(member);
                self.delay();
            }
        }
    }

    fn at(&self, at: usize, error: Error) -> Error {
        match &self.core.server {
            Server::Embedded(embedded) => error.at(&embedded.name),
            Server::Cluster(cluster) => error.at(cluster.channel.name(self.lanes[at].member)),
        }
    }

    /// Of what the reader has no room for, a slow lane waits; any other lets the
    /// server keep it.
    fn deliver(&mut self, at: usize, watch: u64, batches: Vec<Batch>) {
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        let mut batches = VecDeque::from(batches);
        if batches.iter().map(Batch::size).sum::<usize>() > entry.mailbox.room() {
            // Or else a few events would keep all that came with them.
            batches.iter_mut().for_each(Batch::detach);
        }
        let left = entry.deliver(batches);
        let Some(first) = left.front().map(|batch| batch.first) else { return };
        match entry.slow {
            true => {
                let since = Instant::now();
                let held = Held { watch, batches: left, since, until: since + HOLD };
                self.lanes[at].held = Some(held);
            }
            false => self.rest(watch, Some(first)),
        }
    }

    /// The reader has made room for more.
    fn deliver_held(&mut self, number: u64, watch: u64) {
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.number == number) else { return };
        let Some(held) = &mut lane.held else { return };
        let Some(entry) = self.watches.get_mut(&watch).filter(|_| held.watch == watch) else {
            return;
        };
        held.batches = entry.deliver(std::mem::take(&mut held.batches));
        held.until = (Instant::now() + HOLD).min(held.since + LONGEST_HOLD);
        if held.batches.is_empty() {
            lane.held = None;
            lane.listen_again();
        }
    }

    /// Calls a watch off until its reader has room, and then asks for the rest again.
    fn rest(&mut self, watch: u64, first: Option<i64>) {
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        if let Some(first) = first {
            entry.position.rewind(first);
        }
        entry.slow = true;
        let place = std::mem::replace(&mut entry.place, Place::Resting);
        self.leave(place);
    }

    /// A server has sent everything up to this revision on one of its lanes.
    fn progressed(&mut self, at: usize, header: Header) {
        for watch in self.lanes[at].watches.values() {
            let Some(entry) = self.watches.get_mut(watch) else { continue };
            entry.position.notice(header.revision);
            // A member may lag behind, or answer somebody who asked before.
            let asked = self.asking.get(watch).copied().flatten();
            if asked.is_some_and(|asked| asked <= header.revision) && entry.tell_progress(header) {
                self.asking.remove(watch);
            }
        }
    }

    /// What the keys are now takes the place of the events that are gone.
    fn resynchronise(&mut self, watch: u64) {
        let Some(entry) = self.watches.get(&watch) else { return };
        let (core, spec) = (self.core.clone(), entry.spec.clone());
        let mailbox = entry.mailbox.clone();
        self.start(async move {
            Command::Begin(watch, super::resync::list(&core, &spec, &mailbox).await)
        });
    }
}

impl Entry {
    /// Gives back what the reader has no room for.
    fn deliver(&self, mut batches: VecDeque<Batch>) -> VecDeque<Batch> {
        let items = std::iter::from_fn(|| {
            let batch = batches.pop_front()?;
            let size = batch.size();
            Some((Message::Events(batch), size))
        });
        if let Some(Message::Events(refused)) = self.mailbox.push(items) {
            batches.push_front(refused);
        }
        batches
    }

    /// Not to a reader who has enough to read: a later notice says more.
    fn tell_progress(&self, header: Header) -> bool {
        let message = Message::Progress(header, header.revision);
        self.position.is_whole() && self.mailbox.push([(message, NOTICE_SIZE)]).is_none()
    }
}

fn verdict(core: &Core, error: &Error, renewals: &mut u32) -> Verdict {
    let Server::Cluster(cluster) = &core.server else { return Verdict::End };
    match error.status {
        // A watch with a token that has expired is told that it has no rights.
        ETCD_ERR_INVALID_AUTH_TOKEN
        | ETCD_ERR_AUTH_OLD_REVISION
        | ETCD_ERR_USER_EMPTY
        | ETCD_ERR_PERMISSION_DENIED
            if cluster.tokens.has_login() && *renewals < MAX_RENEWALS =>
        {
            let denied = error.status == ETCD_ERR_PERMISSION_DENIED;
            *renewals = if denied { MAX_RENEWALS } else { *renewals + 1 };
            Verdict::Renew
        }
        // A server's trouble, not its last word.
        ETCD_ERR_PROTOCOL
        | ETCD_ERR_GRPC_INTERNAL
        | ETCD_ERR_GRPC_CANCELLED
        | ETCD_ERR_WATCH_CANCELED => Verdict::Again,
        status if is_retryable(status) => Verdict::Again,
        _ => Verdict::End,
    }
}
