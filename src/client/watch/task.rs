//! The task that serves all watches of a client, on few streams. After a break it puts
//! each watch on a stream again, from where it was, on another member if there is one.

#![forbid(unsafe_code)]

use super::dispatch::held_until;
use super::entry::{Assignment, Entry, Previous};
use super::hub::{Command, Hub};
use super::position::Position;
use super::stream::{next_message, WatchStream};
use super::{now, resync};
use crate::client::call::{no_answer, retry_backoff, Deadline, Progress};
use crate::client::core::{Core, Server};
use crate::client::leaderless::Leaderless;
use crate::error::{Error, Result};
use crate::observe::log::Level;
use crate::status::{is_about_store, is_retryable, ETCD_ERR_INTERNAL, ETCD_ERR_REVISION_REGRESSED};
use crate::transport::backoff::Backoff;
use crate::transport::{Failure, Subchannel};
use crate::wire::decode::Header;
use futures_util::FutureExt;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, Instant};

/// How long a server may take to confirm a watch.
const CREATION: Duration = Duration::from_secs(5);
/// How soon a server that has not confirmed a watch is probed.
const DOUBT: Duration = Duration::from_millis(400);
/// How often servers are asked for progress, so that no compaction overtakes a watch
/// whose keys do not change.
pub(super) const PROGRESS: Duration = Duration::from_secs(60);

pub(super) struct Task {
    pub(super) hub: Arc<Hub>,
    pub(super) core: Arc<Core>,
    pub(super) watches: HashMap<u64, Entry>,
    /// Watches that wait for a stream, and those that wait for one of slow readers; some may have
    /// ended.
    pub(super) waiting: [VecDeque<u64>; 2],
    /// There is no stream for a watch that waits: the kind of stream to open.
    pub(super) wanted: Option<bool>,
    /// Watches whose readers asked for progress: the revision to reach for the first
    /// request, and for the last.
    pub(super) asking: HashMap<u64, (i64, Header)>,
    /// The last one takes new watches.
    pub(super) streams: Vec<WatchStream>,
    pub(super) opening: Option<Pin<Box<dyn Future<Output = Result<WatchStream>> + Send>>>,
    pub(super) opened: u64,
    pub(super) renewing: bool,
    /// Why a stream has failed, or could not be opened, since a watch was last created.
    pub(super) failure: Option<Error>,
    /// The member that failed last.
    pub(super) avoid: Option<Arc<Subchannel>>,
    pub(super) backoff: Backoff,
    /// No stream is opened earlier.
    pub(super) not_before: Instant,
    pub(super) progress: Instant,
    /// Calls that watches need; they report by commands.
    pub(super) tasks: JoinSet<()>,
}

/// Serves watches until the future is dropped. The drop ends them, even if it was never
/// polled.
pub fn serve(hub: Arc<Hub>, core: Arc<Core>) -> impl Future<Output = ()> {
    let mut task = Task::new(hub, core);
    async move {
        loop {
            task.assign();
            let due = task.due();
            let Task { hub, streams, opening, tasks, .. } = &mut task;
            tokio::select! {
                () = hub.changed.notified() => task.hub.take().into_iter().for_each(|it| task.execute(it)),
                stream = async { opening.as_mut().unwrap().await }, if opening.is_some() => task.on_opened(stream),
                (at, message) = next_message(streams), if !streams.is_empty() => task.on_message(at, message),
                Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
                () = sleep_until(due) => task.tick(),
            }
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let error = self.core.ended("watch", "a defect in the library ended the watch");
        let left = self.hub.close();
        for entry in self.watches.values_mut() {
            entry.end(error.clone());
        }
        for command in left {
            if let Command::Open { mailbox, mut begun, .. } = command {
                begun.report(Err(error.clone()));
                mailbox.end(error.clone());
            }
        }
    }
}

impl Task {
    fn new(hub: Arc<Hub>, core: Arc<Core>) -> Task {
        Task {
            hub,
            core,
            watches: HashMap::new(),
            waiting: Default::default(),
            wanted: None,
            asking: HashMap::new(),
            streams: Vec::new(),
            opening: None,
            opened: 0,
            renewing: false,
            failure: None,
            avoid: None,
            backoff: retry_backoff(),
            not_before: Instant::now(),
            progress: Instant::now() + PROGRESS,
            tasks: JoinSet::new(),
        }
    }

    fn execute(&mut self, command: Command) {
        match command {
            Command::Open { watch, spec, start, mailbox, begun } => {
                let limit = self.core.max_receive();
                let mut position = Position::new(start.unwrap_or(0), limit, spec.merge);
                position.prefix = spec.prefix.clone();
                let entry = Entry {
                    announced: !spec.created_notify,
                    spec,
                    mailbox,
                    position,
                    assignment: Assignment::Asking,
                    broken: false,
                    created: 0,
                    questions: 0,
                    begun,
                    slow: false,
                    kept: VecDeque::new(),
                    fragment: false,
                    previous: Previous::Unsure,
                    renewals: 0,
                    leaderless: Leaderless::default(),
                };
                self.watches.insert(watch, entry);
                self.enqueue(watch);
            }
            Command::GiveUp(watch, waited) => self.give_up(watch, waited),
            Command::ReaderChanged(watch) => self.reader_changed(watch),
            Command::AskForProgress(watch) => {
                let Some(entry) = self.watches.get_mut(&watch) else { return };
                entry.questions += 1;
                if entry.questions == 1 {
                    self.ask_revision(watch);
                }
            }
            Command::Revision(watch, header) => {
                let Some(entry) = self.watches.get_mut(&watch) else { return };
                // For requests, maybe after a write, since that was sent.
                if std::mem::take(&mut entry.questions) > 1 {
                    entry.questions = 1;
                    self.ask_revision(watch);
                }
                match header {
                    Ok(header) => {
                        let asked = self.asking.entry(watch).or_insert((header.revision, header));
                        if header.revision > asked.1.revision {
                            asked.1 = header;
                        }
                        self.ask_for_progress();
                    }
                    Err(error) if error.status == ETCD_ERR_INTERNAL => self.end(watch, error),
                    Err(_) => {}
                }
            }
            Command::Start(watch, Ok(revision)) => {
                if let Some(entry) = self.watches.get_mut(&watch) {
                    entry.position.go_to(revision);
                    self.enqueue(watch);
                }
            }
            Command::Start(watch, Err(error)) => self.end(watch, error),
            Command::StoreChecked(watch, _, Err(error))
                if is_about_store(error.status) || error.status == ETCD_ERR_INTERNAL =>
            {
                self.end(watch, error);
            }
            Command::StoreChecked(watch, reached, Ok(header)) if header.revision < reached => {
                let now = header.revision;
                let why = format!("the store is at revision {now}, the watch at {reached}");
                self.end(watch, Error::new(ETCD_ERR_REVISION_REGRESSED, why));
            }
            // The member lags, and sends the events when it has them.
            Command::StoreChecked(..) => {}
            Command::TokenRenewed(result) => {
                self.renewing = false;
                match result {
                    Err(error) if !is_retryable(error.status) => self.end_waiting(&error),
                    Err(error) => self.delay(Some(error)),
                    Ok(()) => {}
                }
            }
            Command::Exact(number, exact) => {
                if let Some(stream) = self.streams.iter_mut().find(|stream| stream.number == number)
                {
                    stream.exact = exact;
                    if exact == Some(true) {
                        self.ask_for_progress();
                    }
                }
            }
        }
    }

    /// Runs a call that reports by a command. Without one a watch would wait for ever, so
    /// that a panic is reported too.
    pub(super) fn spawn<T: Send + 'static>(
        &mut self,
        report: impl FnOnce(Result<T>) -> Command + Send + 'static,
        call: impl Future<Output = Result<T>> + Send + 'static,
    ) {
        let hub = self.hub.clone();
        self.tasks.spawn(async move {
            let result = AssertUnwindSafe(call).catch_unwind().await;
            hub.send(report(result.unwrap_or_else(|panic| Err(Error::defect(&*panic)))));
        });
    }

    /// One at a time: it may take as long as no server is reachable.
    fn ask_revision(&mut self, watch: u64) {
        let Some(entry) = self.watches.get(&watch) else { return };
        let (core, key) = (self.core.clone(), entry.spec.key.clone());
        self.spawn(move |now| Command::Revision(watch, now), async move {
            now(&core, &key, Deadline::NEVER).await
        });
    }

    /// Finds the revision from which a watch begins that begins now.
    pub(super) fn ask_start(&mut self, watch: u64) {
        let Some(entry) = self.watches.get(&watch) else { return };
        let (core, key) = (self.core.clone(), entry.spec.key.clone());
        self.spawn(move |start| Command::Start(watch, start), async move {
            now(&core, &key, Deadline::NEVER).await.map(|now| now.revision + 1)
        });
    }

    /// A member is behind the watch: asks the others whether the store has gone back.
    pub(super) fn check_store(&mut self, watch: u64) {
        let Some(entry) = self.watches.get(&watch) else { return };
        let (core, key) = (self.core.clone(), entry.spec.key.clone());
        let reached = entry.position.reached();
        self.spawn(move |now| Command::StoreChecked(watch, reached, now), async move {
            now(&core, &key, Deadline::NEVER).await
        });
    }

    fn reader_changed(&mut self, watch: u64) {
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        match (entry.mailbox.is_closed(), entry.assignment) {
            (true, _) => drop(self.remove(watch)),
            (false, Assignment::Paused) => {
                if entry.deliver_kept(&self.core.telemetry.counters) {
                    self.enqueue(watch);
                }
            }
            (false, Assignment::On(number, _)) => self.deliver_held(number, watch),
            (false, _) => {}
        }
    }

    pub(super) fn enqueue(&mut self, watch: u64) {
        if let Some(entry) = self.watches.get_mut(&watch) {
            if entry.assignment != Assignment::Waiting {
                entry.assignment = Assignment::Waiting;
                self.waiting[usize::from(entry.slow)].push_back(watch);
            }
        }
    }

    /// Takes a watch off its stream.
    pub(super) fn unassign(&mut self, assignment: Assignment) {
        let Assignment::On(number, watch_id) = assignment else { return };
        if let Some(at) = self.streams.iter().position(|stream| stream.number == number) {
            let stream = &mut self.streams[at];
            let watch = stream.watches.get(&watch_id).copied();
            drop(stream.held.take_if(|held| Some(held.watch) == watch));
            if let Err(failure) = self.streams[at].cancel(watch_id) {
                self.stream_failed(at, failure);
            } else if self.streams[at].is_empty() {
                self.streams.remove(at);
            }
        }
    }

    fn remove(&mut self, watch: u64) -> Option<Entry> {
        self.asking.remove(&watch);
        let entry = self.watches.remove(&watch)?;
        self.unassign(entry.assignment);
        for waiting in &mut self.waiting {
            // So that those that have ended cost nothing, and their removal little.
            if waiting.len() > 2 * self.watches.len() + 64 {
                waiting.retain(|watch| self.watches.contains_key(watch));
            }
        }
        Some(entry)
    }

    pub(super) fn end(&mut self, watch: u64, error: Error) {
        if let Some(mut entry) = self.remove(watch) {
            let message = format_args!("ended: {}", error.message);
            let log = &self.core.telemetry.log;
            log.emit(Level::Warn, "watch", &error.endpoint, error.status, message);
            entry.end(error);
        }
    }

    /// Whoever opened a watch waits no more for its beginning.
    fn give_up(&mut self, watch: u64, waited: Duration) {
        if self.watches.get(&watch).is_none_or(|it| it.begun.0.is_none()) {
            return;
        }
        let asked = |it: &&WatchStream| it.creating.iter().any(|creation| creation.watch == watch);
        let asked = self.streams.iter().find(asked).filter(|_| self.failure.is_none());
        let error = match (&self.core.server, asked) {
            (Server::Cluster(cluster), None) => {
                let last = self.failure.clone().or_else(|| cluster.tokens.failure());
                cluster.not_asked(None, &Progress::default(), last, waited)
            }
            (_, stream) => {
                let name = stream.map_or("", |stream| stream.server(&self.core));
                no_answer(waited).at(name)
            }
        };
        if let Some(mut entry) = self.remove(watch) {
            entry.end(error);
        }
    }

    pub(super) fn end_waiting(&mut self, error: &Error) {
        for watch in std::mem::take(&mut self.waiting).into_iter().flatten() {
            if self.watches.get(&watch).is_some_and(|entry| entry.assignment == Assignment::Waiting)
            {
                self.end(watch, error.clone());
            }
        }
    }

    pub(super) fn delay(&mut self, why: Option<Error>) {
        self.failure = why.or(self.failure.take());
        self.not_before = Instant::now() + self.backoff.next();
    }

    /// When [`Task::tick`] is due.
    fn due(&self) -> Instant {
        let read = self.streams.iter().filter(|stream| stream.held.is_none());
        let creation = read.filter_map(|stream| stream.creating.front());
        let creation = creation.map(|creation| creation.since + CREATION).min();
        let doubt = self.streams.iter().filter_map(WatchStream::unconfirmed).min();
        let doubt = doubt.map(|since| since + DOUBT);
        let held = self.streams.iter().filter_map(held_until).min();
        let idle = self.wanted.is_none() || self.opening.is_some() || self.renewing;
        let opening = (!idle).then_some(self.not_before);
        [creation, doubt, held, opening].into_iter().flatten().fold(self.progress, Instant::min)
    }

    fn tick(&mut self) {
        let overdue = |stream: &WatchStream| {
            let front = stream.creating.front();
            stream.held.is_none() && front.is_some_and(|it| it.since.elapsed() >= CREATION)
        };
        while let Some(at) = self.streams.iter().position(overdue) {
            let limit = CREATION.as_millis();
            self.stream_failed(
                at,
                Failure::Lost(format!("no answer to a watch within {limit} ms")),
            );
        }
        for at in 0..self.streams.len() {
            if self.streams[at].is_silent(DOUBT) && self.has_other_than(at) {
                let why = "the server has not answered a probe, nor confirmed a watch";
                return self.stream_failed(at, Failure::Lost(why.to_owned()));
            }
        }
        for stream in &mut self.streams {
            if held_until(stream).is_some_and(|until| until <= Instant::now()) {
                let held = stream.held.take();
                stream.listen_again();
                return held.into_iter().for_each(|held| self.pause(held.watch, held.batches));
            }
        }
        if Instant::now() >= self.progress {
            self.ask_for_progress();
        }
    }

    /// Whether another member than that of this stream can be asked.
    fn has_other_than(&self, at: usize) -> bool {
        let (Server::Cluster(cluster), Some(member)) =
            (&self.core.server, &self.streams[at].member)
        else {
            return false;
        };
        let other = cluster.channel.pick(Some(member));
        other.is_some_and(|other| !Arc::ptr_eq(&other.subchannel, member))
    }

    /// Delivers the current keys in place of the events that are compacted away.
    pub(super) fn resynchronise(&mut self, watch: u64) {
        let Some(entry) = self.watches.get(&watch) else { return };
        let (core, spec) = (self.core.clone(), entry.spec.clone());
        let mailbox = entry.mailbox.clone();
        self.spawn(move |start| Command::Start(watch, start), async move {
            resync::list(&core, &spec, &mailbox).await
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::Spec;
    use super::*;
    use crate::client::{Client, Options};
    use crate::sync::mailbox::{Mailbox, Taken};

    /// What becomes of a watch for which such a call was made, and panics.
    async fn after_a_panic<T: Send + 'static>(
        core: &Arc<Core>,
        report: impl FnOnce(u64, Result<T>) -> Command + Send + 'static,
    ) -> Error {
        let mut task = Task::new(Arc::default(), core.clone());
        let mailbox = Arc::new(Mailbox::new(1000, Arc::new(|| ())));
        let spec = Box::new(Spec::new("k", ""));
        let (to, begun) = (mailbox.clone(), Default::default());
        let opened = Command::Open { watch: 1, spec, start: Some(1), mailbox: to, begun };
        task.execute(opened);
        task.renewing = true;
        task.spawn(|result| report(1, result), async {
            crate::error::panics::silence_thread();
            panic!("on purpose")
        });
        while task.tasks.join_next().await.is_some() {}
        task.hub.take().into_iter().for_each(|it| task.execute(it));
        match mailbox.take_one() {
            Taken::End(error) => error,
            _ => panic!("the watch is silent"),
        }
    }

    #[test]
    fn a_panic_in_a_call_of_a_watch_ends_the_watch() {
        let client = Client::open(Options::of_store("panics")).unwrap();
        let core = client.core().clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            for error in [
                after_a_panic(&core, Command::Start).await,
                after_a_panic(&core, Command::Revision).await,
                after_a_panic(&core, |watch, now| Command::StoreChecked(watch, 5, now)).await,
                after_a_panic(&core, |_, renewed| Command::TokenRenewed(renewed)).await,
            ] {
                assert_eq!(error.status, ETCD_ERR_INTERNAL, "{error:?}");
                assert!(error.message.contains("on purpose"), "{error:?}");
            }
        });
        client.close();
    }
}
