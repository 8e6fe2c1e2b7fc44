//! Renews leases in time, all of them on one stream that is opened again after any break.

#![forbid(unsafe_code)]

use super::{Keeper, Lease};
use crate::client::call::{retry_backoff, Deadline};
use crate::client::cluster::Cluster;
use crate::client::core::{Core, Server};
use crate::client::methods::{LEASE_KEEP_ALIVE, LEASE_TIME_TO_LIVE};
use crate::client::token::Token;
use crate::error::{Error, Result};
use crate::observe::counters::Counter;
use crate::status::*;
use crate::sys::boot_time;
use crate::transport::backoff::Backoff;
use crate::transport::{now_ms, ConnectionState};
use crate::transport::{Failure, Stream, Subchannel};
use crate::wire::encode;
use crate::wire::proto::*;
use futures_util::future::{BoxFuture, FutureExt};
use prost::Message;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// Until a renewal without an answer is asked for again.
const AGAIN: Duration = Duration::from_millis(500);
/// Leases that are due so shortly after another are renewed with it.
const TOGETHER: Duration = Duration::from_millis(100);
/// Timers stand still while the machine sleeps, and deadlines do not.
const NAP: Duration = Duration::from_millis(500);
/// With nothing to renew.
const IDLE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a stream may owe answers, in milliseconds: without a byte from a
/// member when there is another; when there is another; when there is none.
const SILENT: u64 = 500;
const SLOW: u64 = 2_000;
const STUCK: u64 = 5_000;
/// Answers in a row before anything else is looked at.
const MANY: usize = 256;

struct Entry {
    lease: Arc<Lease>,
    /// When to ask for a renewal.
    due: Duration,
    /// When to look at it: its place in the order.
    wake: Duration,
    /// Renewed before the latest break, and not since.
    doubt: bool,
}

enum Line {
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

enum News {
    Opened(Result<Box<Open>>),
    Answer(Result<Vec<u8>, Failure>),
}

impl Line {
    /// May be dropped while it waits, and called again.
    async fn next(&mut self) -> News {
        match self {
            Line::Closed => std::future::pending().await,
            Line::Opening(opening) => News::Opened(opening.await.map(Box::new)),
            Line::Open(open) => News::Answer(open.stream.next().await),
        }
    }
}

/// For a second opinion.
const CHECK: Duration = Duration::from_secs(5);

/// A second opinion on a lease.
type Check = BoxFuture<'static, (i64, Result<LeaseTimeToLiveResponse>)>;

pub struct Renewer {
    core: Arc<Core>,
    keeper: Arc<Keeper>,
    entries: HashMap<i64, Entry>,
    wakes: BTreeSet<(Duration, i64)>,
    line: Line,
    /// What the stream owes, in the order in which servers answer: lease, and when it was sent.
    asked: VecDeque<(i64, Duration)>,
    /// Since when it owes without having given anything, as of [`now_ms`].
    owes_since: u64,
    backoff: Backoff,
    /// Before the next stream is opened; zero while renewals are answered.
    pause: Duration,
    token_renewals: u32,
    /// Refused by a server.
    stale: Option<Token>,
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

/// Said of the request itself: no other attempt would fare better.
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
            line: Line::Closed,
            asked: VecDeque::new(),
            owes_since: 0,
            backoff: retry_backoff(),
            pause: Duration::ZERO,
            token_renewals: 0,
            stale: None,
            avoid: None,
            doubts: VecDeque::new(),
            check: None,
        }
    }

    pub async fn run(mut self) {
        let keeper = self.keeper.clone();
        loop {
            self.take_news();
            // Before anything is believed that has arrived late.
            self.tend(boot_time());
            let nap = match self.wakes.first() {
                Some((wake, _)) => wake.saturating_sub(boot_time()).min(NAP),
                None => IDLE,
            };
            tokio::select! {
                biased;
                news = self.line.next() => self.on_line(news),
                () = keeper.changed.notified() => {}
                (id, found) = async { self.check.as_mut().unwrap().await }, if self.check.is_some() => {
                    self.check = None;
                    self.found(id, found);
                }
                () = sleep(nap) => self.look_at_line(),
            }
            self.begin_check();
        }
    }

    fn take_news(&mut self) {
        for lease in self.keeper.news() {
            let now = boot_time();
            let known = self.entries.get(&lease.id).is_some_and(|e| Arc::ptr_eq(&e.lease, &lease));
            match lease.lives(now, &self.keeper) {
                true => {
                    self.drop_entry(lease.id);
                    let entry = Entry { lease: lease.clone(), due: now, wake: now, doubt: false };
                    self.wakes.insert((now, lease.id));
                    self.entries.insert(lease.id, entry);
                }
                false => {
                    self.keeper.forget(&lease);
                    if known {
                        self.drop_entry(lease.id);
                    }
                }
            }
        }
        if self.entries.is_empty() {
            self.line = Line::Closed;
            self.asked.clear();
        }
    }

    fn drop_entry(&mut self, id: i64) {
        if let Some(entry) = self.entries.remove(&id) {
            self.wakes.remove(&(entry.wake, id));
        }
    }

    /// A lease that is over.
    fn forget(&mut self, id: i64) {
        if let Some(entry) = self.entries.get(&id) {
            self.keeper.forget(&entry.lease);
        }
        self.drop_entry(id);
    }

    /// When to look at a lease again: when it is due, but not before a moment.
    fn plan(&mut self, id: i64, earliest: Duration) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        self.wakes.remove(&(entry.wake, id));
        entry.wake = entry.due.max(earliest).min(entry.lease.deadline());
        self.wakes.insert((entry.wake, id));
    }

    /// Ends what is over, and renews what is due.
    fn tend(&mut self, now: Duration) {
        if self.wakes.first().is_none_or(|(wake, _)| *wake > now) {
            return;
        }
        let soon = now + TOGETHER;
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
            // One that could not be asked for is due still.
            self.plan(id, soon);
        }
    }

    /// Asks for those that are due, if that can be done now.
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
                    self.answered(answer, sent);
                }
            }
            return;
        }
        let Line::Open(open) = &mut self.line else { return self.open_line() };
        count(ids.len());
        let mut frame = Vec::with_capacity(16 * ids.len());
        for id in &ids {
            encode::append(&mut frame, &LeaseKeepAliveRequest { id: *id });
        }
        let sent = boot_time();
        let result = open.stream.send(frame.into());
        if self.asked.is_empty() {
            self.owes_since = now_ms();
        }
        for id in ids {
            self.asked.push_back((id, sent));
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.due = sent + AGAIN;
            }
        }
        if let Err(failure) = result {
            self.broken(failure);
        }
    }

    fn on_line(&mut self, news: News) {
        match news {
            News::Opened(Ok(open)) => {
                self.line = Line::Open(open);
                self.stale = None;
                let now = boot_time();
                let ids: Vec<_> = self.entries.keys().copied().collect();
                self.renew(&ids, now);
                ids.into_iter().for_each(|id| self.plan(id, now + AGAIN));
            }
            News::Opened(Err(error)) => {
                self.line = Line::Closed;
                // The latest token may have changed; it is asked for anew.
                self.stale = None;
                if is_final(&error) {
                    return self.end_all(&error);
                }
                self.rest();
                self.keeper.note(Some(error));
                self.open_line();
            }
            News::Answer(first) => {
                let mut next = Some(News::Answer(first));
                for _ in 0..MANY {
                    let Some(News::Answer(answer)) = next else { return };
                    let answer = answer.and_then(|message| {
                        LeaseKeepAliveResponse::decode(&*message)
                            .map_err(|e| Failure::Malformed(e.to_string()))
                    });
                    match answer {
                        Ok(answer) => self.take(answer),
                        Err(failure) => return self.broken(failure),
                    }
                    next = self.line.next().now_or_never();
                }
                // The last of many.
                if let Some(news) = next {
                    self.on_line(news);
                }
            }
        }
    }

    /// An answer from the stream.
    fn take(&mut self, answer: LeaseKeepAliveResponse) {
        let place = self.asked.iter().position(|(id, _)| *id == answer.id);
        let Some((_, sent)) = place.and_then(|place| self.asked.remove(place)) else { return };
        self.owes_since = now_ms();
        if !self.pause.is_zero() {
            (self.pause, self.token_renewals, self.avoid) = (Duration::ZERO, 0, None);
            self.backoff.reset();
            self.keeper.note(None);
        }
        self.answered(answer, sent);
    }

    fn answered(&mut self, answer: LeaseKeepAliveResponse, sent: Duration) {
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

    /// The stream has ended, or is given up.
    fn broken(&mut self, failure: Failure) {
        let Line::Open(open) = std::mem::replace(&mut self.line, Line::Closed) else { return };
        let Server::Cluster(cluster) = &self.core.server else { return };
        let cluster = cluster.clone();
        let error = failure.into_error(false).at(open.member.name());
        let asked = std::mem::take(&mut self.asked);
        let now = boot_time();
        for (id, _) in &asked {
            if let Some(entry) = self.entries.get_mut(id) {
                entry.due = now;
            }
        }
        for entry in self.entries.values_mut() {
            entry.doubt = true;
        }
        self.rest();
        if cluster.tokens.worth_renewing(error.status, &mut self.token_renewals) {
            self.stale = Some(open.token);
        } else if is_final(&error) {
            // Servers answer one after the other: it is said of the first in the line.
            self.backoff.reset();
            self.rest();
            if let Some((id, _)) = asked.front() {
                if let Some(entry) = self.entries.get(id) {
                    entry.lease.lose(error.clone(), &self.keeper);
                }
                self.forget(*id);
            }
        } else {
            self.avoid = Some(open.member);
        }
        self.keeper.note(Some(error));
        if !asked.is_empty() {
            self.open_line();
        }
    }

    fn rest(&mut self) {
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

    fn open_line(&mut self) {
        let (Server::Cluster(cluster), Line::Closed) = (&self.core.server, &self.line) else {
            return;
        };
        let opening = open(cluster.clone(), self.pause, self.avoid.clone(), self.stale.clone());
        self.line = Line::Opening(opening.boxed());
    }

    /// Whether the stream still answers, as far as it owes it.
    fn look_at_line(&mut self) {
        let (Server::Cluster(cluster), Line::Open(open)) = (&self.core.server, &self.line) else {
            return;
        };
        let waited = now_ms().saturating_sub(self.owes_since);
        if self.asked.is_empty() || waited < SILENT {
            return;
        }
        let silent = !open.state.heard_since(self.owes_since);
        if silent {
            open.state.suspect();
        }
        let other = cluster.channel.pick(Some(&open.member));
        let elsewhere = other.is_some_and(|other| !Arc::ptr_eq(&other.subchannel, &open.member));
        let limit = match (elsewhere, silent) {
            (true, true) => SILENT,
            (true, false) => SLOW,
            (false, _) => STUCK,
        };
        if waited >= limit {
            self.broken(Failure::Lost(format!("no answer to a renewal within {waited} ms")));
        }
    }

    /// Servers before 3.4.38, 3.5.23 and 3.6.5 may renew what was revoked, when
    /// members or leaders have changed. After a break the first answer for each
    /// lease is therefore looked into, by a question that goes to the leader.
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
            // One that hangs must not keep others from theirs.
            let until = Deadline::after(Some(CHECK));
            (id, core.ask(LEASE_TIME_TO_LIVE, &request, until).await)
        };
        self.check = Some(check.boxed());
    }

    fn found(&mut self, id: i64, found: Result<LeaseTimeToLiveResponse>) {
        // Without an answer the next renewal will tell.
        if let (Ok(LeaseTimeToLiveResponse { ttl: ..=-1, .. }), Some(entry)) =
            (found, self.entries.get(&id))
        {
            entry.lease.lose(super::gone(), &self.keeper);
            self.forget(id);
        }
    }
}

/// Waits for a member for ever.
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
    let path = LEASE_KEEP_ALIVE.path();
    let (stream, selected) = cluster.stream(path, avoid, &token, cluster.max_receive).await?;
    let state = selected.connection.state.clone();
    Ok(Open { stream, state, member: selected.subchannel, token })
}
