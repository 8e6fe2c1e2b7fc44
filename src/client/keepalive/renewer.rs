//! Renews leases in time, all on one stream, which is opened again after any break.

#![forbid(unsafe_code)]

use super::{Keeper, Lease};
use crate::client::call::{retry_backoff, Deadline};
use crate::client::cluster::Cluster;
use crate::client::core::{Core, Server};
use crate::client::leaderless::Leaderless;
use crate::client::methods::{LEASE_KEEP_ALIVE, LEASE_TIME_TO_LIVE};
use crate::client::token::Token;
use crate::error::{Error, Result};
use crate::observe::counters::Counter;
use crate::status::*;
use crate::sys::boot_time;
use crate::transport::backoff::Backoff;
use crate::transport::{now_ms, ConnectionState};
use crate::transport::{Failure, Stream, Subchannel};
use crate::wire::decode::MAX_REVISION;
use crate::wire::encode;
use crate::wire::proto::*;
use futures_util::future::{BoxFuture, FutureExt};
use prost::Message;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// After so long without an answer a renewal is requested again.
const RESEND: Duration = Duration::from_millis(500);
/// Leases that are due within this time are renewed together.
const BATCH: Duration = Duration::from_millis(100);
/// Timers stand still while the machine sleeps; deadlines do not.
const MAX_SLEEP: Duration = Duration::from_millis(500);
/// The sleep with nothing to renew.
const IDLE: Duration = Duration::from_secs(24 * 60 * 60);
/// How many milliseconds a stream may owe answers: if there is another member and this
/// one is silent; if there is another member; if there is none.
const SILENT: u64 = 500;
const SLOW: u64 = 2_000;
const STUCK: u64 = 5_000;
/// Answers in a row before anything else is done.
const MAX_ANSWERS: usize = 256;

struct Entry {
    lease: Arc<Lease>,
    /// When to request a renewal.
    due: Duration,
    /// When to look at it; also in `wakes`.
    wake: Duration,
    /// Not renewed since the latest break.
    doubt: bool,
}

enum StreamState {
    Closed,
    Opening(BoxFuture<'static, Result<Open>>),
    Open(Box<Open>),
}

struct Open {
    stream: Stream,
    state: Arc<ConnectionState>,
    member: Arc<Subchannel>,
    token: Token,
}

enum StreamEvent {
    Opened(Result<Box<Open>>),
    Answer(Result<Vec<u8>, Failure>),
}

impl StreamState {
    /// May be dropped while it waits, and called again.
    async fn next(&mut self) -> StreamEvent {
        match self {
            StreamState::Closed => std::future::pending().await,
            StreamState::Opening(opening) => StreamEvent::Opened(opening.await.map(Box::new)),
            StreamState::Open(open) => {
                let answer = open.stream.next().await;
                StreamEvent::Answer(answer.and_then(|answer| answer.ok_or_else(Failure::ended)))
            }
        }
    }
}

/// How long a check may take.
const CHECK: Duration = Duration::from_secs(5);

/// Asks the leader whether a lease lives.
type Check = BoxFuture<'static, (i64, Result<LeaseTimeToLiveResponse>)>;

pub struct Renewer {
    core: Arc<Core>,
    keeper: Arc<Keeper>,
    entries: HashMap<i64, Entry>,
    wakes: BTreeSet<(Duration, i64)>,
    stream: StreamState,
    /// Renewals without an answer, in the order in which servers answer: lease, and when it
    /// was sent.
    unanswered: VecDeque<(i64, Duration)>,
    /// Since when there is no answer, as of [`now_ms`].
    owes_since: u64,
    backoff: Backoff,
    /// Before the next stream is opened; zero while renewals are answered.
    pause: Duration,
    token_renewals: u32,
    /// Refused by a server.
    stale: Option<Token>,
    /// Since the last answer.
    leaderless: Leaderless,
    /// The member that failed last.
    avoid: Option<Arc<Subchannel>>,
    doubts: VecDeque<i64>,
    check: Option<Check>,
}

impl Drop for Renewer {
    fn drop(&mut self) {
        let error = self.core.ended("lease", "a defect in the library ended the renewals");
        self.keeper.close(&error);
    }
}

/// The error is about the request itself: another attempt would fail too.
fn is_final(error: &Error) -> bool {
    let class = find(error.status).map_or(-1, |status| status.grpc);
    matches!(class, 3 | 5 | 7 | 12 | 16)
}

impl Renewer {
    pub fn new(core: Arc<Core>, keeper: Arc<Keeper>) -> Renewer {
        Renewer {
            core,
            keeper,
            entries: HashMap::new(),
            wakes: BTreeSet::new(),
            stream: StreamState::Closed,
            unanswered: VecDeque::new(),
            owes_since: 0,
            backoff: retry_backoff(),
            pause: Duration::ZERO,
            token_renewals: 0,
            stale: None,
            leaderless: Leaderless::default(),
            avoid: None,
            doubts: VecDeque::new(),
            check: None,
        }
    }

    pub async fn run(mut self) {
        let keeper = self.keeper.clone();
        loop {
            self.take_changes();
            // Before answers that have arrived late are used.
            self.renew_due(boot_time());
            let pause = match self.wakes.first() {
                Some((wake, _)) => wake.saturating_sub(boot_time()).min(MAX_SLEEP),
                None => IDLE,
            };
            tokio::select! {
                biased;
                event = self.stream.next() => self.on_stream(event),
                () = keeper.changed.notified() => {}
                (id, found) = async { self.check.as_mut().unwrap().await }, if self.check.is_some() => {
                    self.check = None;
                    self.on_checked(id, found);
                }
                () = sleep(pause) => {}
            }
            // In every turn: leases may come and go faster than any sleep ends.
            self.check_stream();
            self.begin_check();
        }
    }

    fn take_changes(&mut self) {
        for lease in self.keeper.take_changes() {
            let now = boot_time();
            let ours = self.entries.get(&lease.id).is_some_and(|e| Arc::ptr_eq(&e.lease, &lease));
            match lease.lives(now, &self.keeper) {
                true => {
                    self.drop_entry(lease.id);
                    let entry = Entry { lease: lease.clone(), due: now, wake: now, doubt: false };
                    self.wakes.insert((now, lease.id));
                    self.entries.insert(lease.id, entry);
                }
                false => {
                    self.keeper.forget(&lease);
                    if ours {
                        self.drop_entry(lease.id);
                    }
                }
            }
        }
        if self.entries.is_empty() {
            self.stream = StreamState::Closed;
            self.unanswered.clear();
            self.leaderless.clear();
        }
    }

    fn drop_entry(&mut self, id: i64) {
        if let Some(entry) = self.entries.remove(&id) {
            self.wakes.remove(&(entry.wake, id));
        }
    }

    /// A lease has ended.
    fn forget(&mut self, id: i64) {
        if let Some(entry) = self.entries.get(&id) {
            self.keeper.forget(&entry.lease);
        }
        self.drop_entry(id);
    }

    /// Plans the next look at a lease: when it is due, but not before `earliest`.
    fn plan(&mut self, id: i64, earliest: Duration) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        self.wakes.remove(&(entry.wake, id));
        entry.wake = entry.due.max(earliest).min(entry.lease.deadline());
        self.wakes.insert((entry.wake, id));
    }

    /// Ends leases whose deadline has passed, and renews those that are due.
    fn renew_due(&mut self, now: Duration) {
        if self.wakes.first().is_none_or(|(wake, _)| *wake > now) {
            return;
        }
        let soon = now + BATCH;
        let mut ids: Vec<_> = self.wakes.range(..=(soon, i64::MAX)).map(|(_, id)| *id).collect();
        ids.retain(|id| {
            let Some(entry) = self.entries.get(id) else { return false };
            let lives = entry.lease.lives(now, &self.keeper);
            if !lives {
                self.forget(*id);
            }
            lives
        });
        self.renew(&ids, soon);
        for id in ids {
            // One that could not be requested is still due.
            self.plan(id, soon);
        }
    }

    /// Requests renewals of those that are due, if there is a stream.
    fn renew(&mut self, ids: &[i64], until: Duration) {
        let due = |id: &&i64| self.entries.get(id).is_some_and(|entry| entry.due <= until);
        let ids: Vec<i64> = ids.iter().filter(due).copied().collect();
        if ids.is_empty() {
            return;
        }
        let core = self.core.clone();
        let count = |sent: usize| core.telemetry.counters.add(Counter::KeepAlivesSent, sent as u64);
        if let Server::Embedded(embedded) = &core.server {
            count(ids.len());
            for id in ids {
                let sent = boot_time();
                if let Ok(answer) = embedded.engine.lease_keep_alive(LeaseKeepAliveRequest { id }) {
                    self.renewed(answer, sent);
                }
            }
            return;
        }
        let StreamState::Open(open) = &mut self.stream else { return self.open_stream() };
        count(ids.len());
        let mut frame = Vec::with_capacity(16 * ids.len());
        for id in &ids {
            encode::append(&mut frame, &LeaseKeepAliveRequest { id: *id });
        }
        let sent = boot_time();
        let result = open.stream.send(frame.into());
        if self.unanswered.is_empty() {
            self.owes_since = now_ms();
        }
        for id in ids {
            self.unanswered.push_back((id, sent));
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.due = sent + RESEND;
            }
        }
        if let Err(failure) = result {
            self.stream_failed(failure);
        }
    }

    fn on_stream(&mut self, event: StreamEvent) {
        match event {
            StreamEvent::Opened(Ok(open)) => {
                self.stream = StreamState::Open(open);
                self.stale = None;
                let now = boot_time();
                let ids: Vec<_> = self.entries.keys().copied().collect();
                self.renew(&ids, now);
                ids.into_iter().for_each(|id| self.plan(id, now + RESEND));
            }
            StreamEvent::Opened(Err(error)) => {
                self.stream = StreamState::Closed;
                // The latest token may have changed; it is read again.
                self.stale = None;
                if is_final(&error) || is_about_store(error.status) {
                    return self.end_all(&error);
                }
                self.back_off();
                self.keeper.set_trouble(Some(error));
                self.open_stream();
            }
            StreamEvent::Answer(first) => {
                let mut next = Some(StreamEvent::Answer(first));
                for _ in 0..MAX_ANSWERS {
                    let Some(StreamEvent::Answer(answer)) = next else { return };
                    let answer = answer.and_then(|message| {
                        LeaseKeepAliveResponse::decode(&*message)
                            .map_err(|e| Failure::Malformed(e.to_string()))
                    });
                    match answer.and_then(|answer| self.observed(answer)) {
                        Ok(answer) => self.take(answer),
                        Err(failure) => return self.stream_failed(failure),
                    }
                    next = self.stream.next().now_or_never();
                }
                // One more than the limit.
                if let Some(event) = next {
                    self.on_stream(event);
                }
            }
        }
    }

    /// Compares an answer with what is known of the store. A member of another cluster is not
    /// used again.
    fn observed(&self, answer: LeaseKeepAliveResponse) -> Result<LeaseKeepAliveResponse, Failure> {
        let (Server::Cluster(cluster), StreamState::Open(open)) = (&self.core.server, &self.stream)
        else {
            return Ok(answer);
        };
        let (cluster_id, revision) =
            answer.header.as_ref().map_or((0, 0), |header| (header.cluster_id, header.revision));
        if !(0..=MAX_REVISION).contains(&revision) {
            return Err(Failure::Malformed(format!("revision {revision}")));
        }
        let member = &open.member;
        match cluster.store().observe(&member.witness, cluster_id, revision) {
            Ok(()) => Ok(answer),
            Err(error) => {
                member.quarantine(error.clone().at(member.name()));
                Err(Failure::Lost(error.message))
            }
        }
    }

    /// A server has answered.
    fn take(&mut self, answer: LeaseKeepAliveResponse) {
        let at = self.unanswered.iter().position(|(id, _)| *id == answer.id);
        let Some((_, sent)) = at.and_then(|at| self.unanswered.remove(at)) else { return };
        self.owes_since = now_ms();
        if !self.pause.is_zero() {
            (self.pause, self.token_renewals, self.avoid) = (Duration::ZERO, 0, None);
            self.backoff.reset();
            self.leaderless.clear();
            self.keeper.set_trouble(None);
        }
        self.renewed(answer, sent);
    }

    fn renewed(&mut self, answer: LeaseKeepAliveResponse, sent: Duration) {
        self.core.telemetry.counters.add(Counter::KeepAlivesAnswered, 1);
        let Some(entry) = self.entries.get_mut(&answer.id) else { return };
        let (id, ttl) = (answer.id, answer.ttl);
        if !entry.lease.answer(answer, sent, &self.keeper) {
            return self.forget(id);
        }
        entry.due = sent.saturating_add(Duration::from_secs(ttl.unsigned_abs()) / 3);
        if std::mem::take(&mut entry.doubt) {
            self.doubts.push_back(id);
        }
        let now = boot_time();
        self.plan(id, now);
    }

    /// The stream has failed, or is abandoned.
    fn stream_failed(&mut self, failure: Failure) {
        let StreamState::Open(open) = std::mem::replace(&mut self.stream, StreamState::Closed)
        else {
            return;
        };
        let Server::Cluster(cluster) = &self.core.server else { return };
        let cluster = cluster.clone();
        let error = failure.into_error(false).at(open.member.name());
        let unanswered = std::mem::take(&mut self.unanswered);
        let now = boot_time();
        for (id, _) in &unanswered {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.due = now;
            }
        }
        for entry in self.entries.values_mut() {
            entry.doubt = true;
        }
        self.back_off();
        if cluster.tokens.worth_renewing(error.status, &mut self.token_renewals) {
            self.stale = Some(open.token);
        } else if is_final(&error) {
            // Servers answer in order: the error is about the first one.
            self.backoff.reset();
            self.back_off();
            if let Some((id, _)) = unanswered.front() {
                if let Some(entry) = self.entries.get(id) {
                    entry.lease.lose(error.clone(), &self.keeper);
                }
                self.forget(*id);
            }
        } else {
            let members = cluster.channel.subchannels();
            if error.status == ETCD_ERR_NO_LEADER && self.leaderless.add(&open.member, &members) {
                self.keeper.no_leader(&error);
            }
            self.avoid = Some(open.member);
        }
        self.keeper.set_trouble(Some(error));
        // Also if no renewal is due for long: the store may have become another.
        if !self.entries.is_empty() {
            self.open_stream();
        }
    }

    fn back_off(&mut self) {
        self.pause = self.backoff.next();
    }

    fn end_all(&mut self, error: &Error) {
        for id in self.entries.keys().copied().collect::<Vec<_>>() {
            if let Some(entry) = self.entries.get(&id) {
                entry.lease.lose(error.clone(), &self.keeper);
            }
            self.forget(id);
        }
    }

    fn open_stream(&mut self) {
        let (Server::Cluster(cluster), StreamState::Closed) = (&self.core.server, &self.stream)
        else {
            return;
        };
        let opening = open(cluster.clone(), self.pause, self.avoid.clone(), self.stale.clone());
        self.stream = StreamState::Opening(opening.boxed());
    }

    /// Abandons the stream if it owes answers for too long.
    fn check_stream(&mut self) {
        let (Server::Cluster(cluster), StreamState::Open(open)) = (&self.core.server, &self.stream)
        else {
            return;
        };
        let waited = now_ms().saturating_sub(self.owes_since);
        if self.unanswered.is_empty() || waited < SILENT {
            return;
        }
        let silent = !open.state.heard_since(self.owes_since);
        if silent {
            open.state.doubt();
        }
        let other = cluster.channel.pick(Some(&open.member));
        let elsewhere = other.is_some_and(|other| !Arc::ptr_eq(&other.subchannel, &open.member));
        let limit = match (elsewhere, silent) {
            (true, true) => SILENT,
            (true, false) => SLOW,
            (false, _) => STUCK,
        };
        if waited >= limit {
            self.stream_failed(Failure::Lost(format!("no answer to a renewal within {waited} ms")));
        }
    }

    /// Servers before 3.4.38, 3.5.23 and 3.6.5 may renew a revoked lease when members or
    /// leaders have changed. After a break the first answer for each lease is therefore
    /// checked by a request that goes to the leader.
    fn begin_check(&mut self) {
        if self.check.is_some() {
            return;
        }
        let Some(id) = self.doubts.pop_front().filter(|id| self.entries.contains_key(id)) else {
            return;
        };
        let core = self.core.clone();
        let check = async move {
            let request = LeaseTimeToLiveRequest { id, keys: false };
            // One that hangs must not block the others.
            let until = Deadline::after(Some(CHECK));
            (id, core.ask(LEASE_TIME_TO_LIVE, &request, until).await)
        };
        self.check = Some(check.boxed());
    }

    fn on_checked(&mut self, id: i64, found: Result<LeaseTimeToLiveResponse>) {
        // Without an answer the next renewal decides.
        if let (Ok(LeaseTimeToLiveResponse { ttl: ..=-1, .. }), Some(entry)) =
            (found, self.entries.get(&id))
        {
            entry.lease.lose(super::gone(), &self.keeper);
            self.forget(id);
        }
    }
}

/// Waits for a member without a limit.
async fn open(
    cluster: Arc<Cluster>,
    pause: Duration,
    avoid: Option<Arc<Subchannel>>,
    stale: Option<Token>,
) -> Result<Open> {
    sleep(pause).await;
    let token = match &stale {
        Some(stale) => cluster.new_token(stale).await?,
        None => cluster.token().await?,
    };
    let path = LEASE_KEEP_ALIVE.path;
    let (stream, selected) = cluster.stream(path, avoid, &token, cluster.max_receive).await?;
    let state = selected.connection.state.clone();
    Ok(Open { stream, state, member: selected.subchannel, token })
}
