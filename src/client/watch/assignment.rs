//! Assigns watches to streams, and decides what happens to them when a stream ends.

#![forbid(unsafe_code)]

use super::entry::{Assignment, Previous, NOTICE_SIZE};
use super::hub::Command;
use super::stream::{Creation, Held, WatchStream};
use super::task::Task;
use super::Message;
use crate::client::core::{Core, Server};
use crate::client::token::Token;
use crate::error::{printable, Error, Result};
use crate::observe::counters::Counter;
use crate::observe::log::Level;
use crate::status::*;
use crate::transport::Failure;
use crate::wire::watch;
use std::time::Duration;
use tokio::time::Instant;

/// New tokens in a row without a created watch.
const MAX_RENEWALS: u32 = 3;
/// One, and one for slow readers or with a token that takes no new watches.
pub const MAX_STREAMS: usize = 2;
/// Watches that wait on a stream for the server's confirmation. So one that is closed before it was
/// requested costs nothing, and a great many do not fill the memory of both sides.
const MAX_CREATING: usize = 256;
/// The backoff starts again for a stream that has lived so long.
const LIVED: Duration = Duration::from_secs(5);

/// What to do about a failure.
enum Verdict {
    End,
    /// With a new token.
    Renew,
    Again,
}

impl Task {
    /// Assigns the watches that wait to a stream, or opens one.
    pub(super) fn assign(&mut self) {
        self.wanted = None;
        if self.renewing {
            return;
        }
        for slow in [false, true] {
            while let Some(watch) = self.next_waiting(slow) {
                let fits = |stream: &WatchStream| stream.slow == slow && !stream.stale;
                let Some(at) = self.streams.iter().position(fits) else {
                    self.wanted = self.wanted.or(Some(slow));
                    break;
                };
                if self.streams[at].creating.len() >= MAX_CREATING {
                    break;
                }
                self.waiting[usize::from(slow)].pop_front();
                let Some(entry) = self.watches.get_mut(&watch) else { continue };
                entry.assignment = Assignment::Creating;
                let request = entry.spec.create(entry.position.resume(), entry.fragment);
                if let Err(failure) = self.streams[at].create(watch, request) {
                    self.stream_failed(at, failure);
                }
            }
        }
        self.streams.retain(|stream| !stream.is_empty());
        match self.wanted {
            Some(slow) if self.opening.is_none() && Instant::now() >= self.not_before => {
                self.opened += 1;
                let stream =
                    WatchStream::open(self.core.clone(), self.opened, slow, self.avoid.clone());
                self.opening = Some(Box::pin(stream));
            }
            _ => {}
        }
    }

    /// The first that still waits for such a stream.
    fn next_waiting(&mut self, slow: bool) -> Option<u64> {
        let waiting = &mut self.waiting[usize::from(slow)];
        while let Some(&watch) = waiting.front() {
            let entry = self.watches.get(&watch);
            if entry.is_some_and(|it| it.assignment == Assignment::Waiting && it.slow == slow) {
                return Some(watch);
            }
            waiting.pop_front();
        }
        None
    }

    pub(super) fn on_opened(&mut self, stream: Result<WatchStream>) {
        self.opening = None;
        match stream {
            Ok(stream) => {
                if self.streams.len() == MAX_STREAMS {
                    let stale = self.streams.iter().position(|stream| stream.stale);
                    self.close_stream(stale.unwrap_or(0));
                }
                self.streams.push(stream);
            }
            Err(error) if !is_retryable(error.status) => self.end_waiting(&error),
            Err(error) => self.delay(Some(error)),
        }
    }

    /// Removes a stream and enqueues its watches.
    pub(super) fn close_stream(&mut self, at: usize) -> Vec<u64> {
        let mut stream = self.streams.remove(at);
        if let Some(Held { watch, batches, .. }) = stream.held.take() {
            if let (Some(entry), Some(first)) = (self.watches.get_mut(&watch), batches.front()) {
                entry.position.rewind(first);
            }
        }
        let moved: Vec<u64> = stream.into_watches().collect();
        for watch in &moved {
            if let Some(entry) = self.watches.get_mut(watch) {
                entry.broken |= matches!(entry.assignment, Assignment::On(..));
            }
            self.enqueue(*watch);
        }
        moved
    }

    pub(super) fn on_created(&mut self, at: usize, creation: Creation, head: &watch::Head<'_>) {
        let Creation { watch, after, .. } = creation;
        (self.avoid, self.failure) = (None, None);
        let stream = &mut self.streams[at];
        if head.watch_id < 0 {
            self.enqueue(watch);
            return self.stream_failed(at, Failure::Malformed("a watch with no number".to_owned()));
        }
        if let Some(other) = stream.watches.insert(head.watch_id, watch) {
            self.enqueue(other);
            let why = "two watches with one number";
            return self.stream_failed(at, Failure::Malformed(why.to_owned()));
        }
        let assignment = Assignment::On(stream.number, head.watch_id);
        stream.requests.created(head.header.revision, after);
        let Some(entry) = self.watches.get_mut(&watch) else { return self.unassign(assignment) };
        if entry.position.is_open() && self.core.lags(head.header.revision) {
            // What was written before the watch was opened is not for it.
            entry.assignment = Assignment::Asking;
            self.unassign(assignment);
            return self.ask_start(watch);
        }
        entry.assignment = assignment;
        entry.created = after;
        entry.position.begin_after(head.header.revision);
        if std::mem::take(&mut entry.broken) {
            let revision = entry.position.resume();
            let (telemetry, name) = (&self.core.telemetry, self.streams[at].server(&self.core));
            telemetry.counters.add(Counter::WatchesResumed, 1);
            let message = format_args!("goes on with revision {revision}");
            telemetry.log.emit(Level::Info, "watch", name, ETCD_OK, message);
        }
        if entry.previous == Previous::Sure {
            entry.previous = Previous::Unsure;
        }
        entry.renewals = 0;
        entry.leaderless.clear();
        entry.begun.report(Ok(()));
        if !entry.announced {
            let message = Message::Created(head.header, entry.position.resume() - 1);
            entry.announced = entry.mailbox.push([(message, NOTICE_SIZE)]).is_none();
        }
        let lags = head.header.revision < entry.position.resume() - 1;
        if self.asking.contains_key(&watch) {
            self.ask_for_progress();
        }
        if lags {
            self.check_store(watch);
        }
    }

    /// The server has ended a watch, or refused to begin it.
    pub(super) fn on_cancelled(&mut self, at: usize, watch: u64, head: &watch::Head<'_>) {
        let reason = printable(&String::from_utf8_lossy(head.cancel_reason));
        let error = match (head.compact_revision, &*reason) {
            (0, "") => Error::new(ETCD_ERR_UNAVAILABLE, "the server cancelled the watch"),
            // gRPC's "unknown": the text says more than a code.
            (0, reason) => {
                let refusal = Failure::Refused { code: 2, message: reason.to_owned() };
                Error { grpc: None, ..refusal.into_error(false) }
            }
            (revision, _) => {
                let why = format!("the events before revision {revision} are compacted away");
                Error { revision, ..Error::new(ETCD_ERR_COMPACTED, why) }
            }
        };
        let error = self.at(at, error);
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        // The server does not know it any more.
        entry.broken |= matches!(entry.assignment, Assignment::On(..));
        entry.assignment = Assignment::Asking;
        match verdict(&self.core, &error, &mut entry.renewals) {
            Verdict::End if error.status == ETCD_ERR_COMPACTED => self.lose(watch, error),
            Verdict::End => self.end(watch, error),
            Verdict::Renew => {
                self.enqueue(watch);
                let stream = &mut self.streams[at];
                stream.stale = true;
                let token = stream.token.clone();
                self.renew(token);
            }
            Verdict::Again => {
                self.enqueue(watch);
                self.stream_failed(at, Failure::Lost(error.message));
            }
        }
        self.streams.retain(|stream| !stream.is_empty());
    }

    /// A watch cannot have what comes next. It ends, or its reader gets the keys instead.
    fn lose(&mut self, watch: u64, error: Error) {
        let Some(entry) = self.watches.get_mut(&watch).filter(|it| it.spec.resync) else {
            return self.end(watch, error);
        };
        entry.assignment = Assignment::Asking;
        // It does not resume.
        entry.broken = false;
        let message = format_args!("{}; the keys are delivered instead", error.message);
        let log = &self.core.telemetry.log;
        log.emit(Level::Warn, "watch", &error.endpoint, error.status, message);
        self.core.telemetry.counters.add(Counter::WatchesResynced, 1);
        self.resynchronise(watch);
    }

    /// A response is over the receive limit. The watch that it is for gets smaller ones from
    /// now on; if this was the smallest, it loses it. Other watches only move.
    pub(super) fn too_large(&mut self, at: usize, size: usize, limit: usize, beginning: &[u8]) {
        let beginning = watch::beginning(beginning);
        let whose =
            beginning.and_then(|(id, first)| Some((self.streams[at].find(id, false)?, first)));
        let Some((watch, first)) = whose else {
            let why = format!("a response of {size} bytes that is for no watch");
            return self.stream_failed(at, Failure::Malformed(why));
        };
        let error =
            self.at(at, Failure::TooLarge { size, limit, beginning: vec![] }.into_error(false));
        self.close_stream(at);
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        if std::mem::replace(&mut entry.fragment, true) {
            let revision = entry.position.next_from(first);
            self.delay(None);
            self.lose(watch, Error { revision, ..error });
        }
    }

    pub(super) fn renew(&mut self, old: Token) {
        if std::mem::replace(&mut self.renewing, true) {
            return;
        }
        let core = self.core.clone();
        self.spawn(Command::TokenRenewed, async move {
            match &core.server {
                Server::Cluster(cluster) => cluster.new_token(&old).await.map(drop),
                Server::Embedded(_) => Ok(()),
            }
        });
    }

    /// A stream has failed: its watches move to another one, or end with it.
    pub(super) fn stream_failed(&mut self, at: usize, failure: Failure) {
        let error = self.at(at, failure.into_error(false));
        let (member, token) = (self.streams[at].member.clone(), self.streams[at].token.clone());
        let members = match &self.core.server {
            Server::Cluster(cluster) => cluster.channel.subchannels(),
            Server::Embedded(_) => Vec::new(),
        };
        if self.streams[at].since.elapsed() >= LIVED {
            self.backoff.reset();
        }
        let moved = self.close_stream(at);
        let mut renew = false;
        for watch in moved {
            let Some(entry) = self.watches.get_mut(&watch) else { continue };
            let no_leader = match (error.status, &member) {
                (ETCD_ERR_NO_LEADER, Some(member)) => entry.leaderless.add(member, &members),
                _ => false,
            };
            let given_up = no_leader && entry.spec.require_leader;
            match verdict(&self.core, &error, &mut entry.renewals) {
                Verdict::Again if !given_up => {}
                Verdict::Renew => renew = true,
                Verdict::Again | Verdict::End => self.end(watch, error.clone()),
            }
        }
        match renew {
            true => self.renew(token),
            false => {
                self.avoid = member;
                self.delay(Some(error));
            }
        }
    }

    pub(super) fn at(&self, at: usize, error: Error) -> Error {
        error.at(self.streams[at].server(&self.core))
    }
}

fn verdict(core: &Core, error: &Error, renewals: &mut u32) -> Verdict {
    let Server::Cluster(cluster) = &core.server else { return Verdict::End };
    let denied = error.status == ETCD_ERR_PERMISSION_DENIED;
    match error.status {
        // etcd reports an expired token of a watch as a denied permission.
        status
            if (is_about_token(status) || denied)
                && cluster.tokens.has_login()
                && *renewals < MAX_RENEWALS =>
        {
            *renewals = if denied { MAX_RENEWALS } else { *renewals + 1 };
            Verdict::Renew
        }
        // The server's trouble, which may pass.
        ETCD_ERR_BAD_REPLY
        | ETCD_ERR_GRPC_INTERNAL
        | ETCD_ERR_GRPC_CANCELLED
        | ETCD_ERR_WATCH_CANCELLED => Verdict::Again,
        status if is_retryable(status) => Verdict::Again,
        _ => Verdict::End,
    }
}
