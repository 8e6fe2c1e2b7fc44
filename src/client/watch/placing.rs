//! Which watch is on which lane, and what becomes of it when that ends.

#![forbid(unsafe_code)]

use super::entry::{Place, NOTICE_SIZE};
use super::hub::{Command, Work};
use super::lane::{Creation, Held, Lane};
use super::Message;
use crate::client::core::{Core, Server};
use crate::client::token::Token;
use crate::error::{printable, Error, Result};
use crate::observe::counters::Counter;
use crate::observe::log::Level;
use crate::status::*;
use crate::transport::Failure;
use crate::wire::watch;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// New tokens in a row that bring no watch.
const MAX_RENEWALS: u32 = 3;
/// Lanes at a time: one, and one for slow readers or with a token that takes no
/// new watches.
const LANES: usize = 2;
/// A lane that has lived so long has not failed at once.
const LIVED: Duration = Duration::from_secs(5);

/// What to do about a failure.
enum Verdict {
    End,
    /// With a new token.
    Renew,
    Again,
}

impl Work {
    /// Puts those that wait on a lane, or sees to it that there will be one.
    pub(super) fn place(&mut self) {
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
                let lane = Lane::open(self.core.clone(), self.opened, slow, self.avoid.clone());
                self.opening = Some(Box::pin(lane));
            }
            _ => {}
        }
    }

    pub(super) fn opened(&mut self, lane: Result<Lane>) {
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
    pub(super) fn abandon(&mut self, at: usize) -> Vec<u64> {
        let mut lane = self.lanes.remove(at);
        if let Some(Held { watch, batches, .. }) = lane.held.take() {
            if let (Some(entry), Some(first)) = (self.watches.get_mut(&watch), batches.front()) {
                entry.position.rewind(first.first);
            }
        }
        let moved: Vec<u64> = lane.abandon().collect();
        for watch in &moved {
            if let Some(entry) = self.watches.get_mut(watch) {
                entry.broken |= matches!(entry.place, Place::On(..));
            }
            self.wait(*watch);
        }
        moved
    }

    pub(super) fn created(&mut self, at: usize, creation: Creation, head: &watch::Head<'_>) {
        let Creation { watch, after, .. } = creation;
        self.avoid = None;
        let lane = &mut self.lanes[at];
        if head.watch_id < 0 {
            self.wait(watch);
            return self.lost(at, Failure::Malformed("a watch with no number".to_owned()));
        }
        if let Some(other) = lane.watches.insert(head.watch_id, watch) {
            self.wait(other);
            let why = "two watches with one number";
            return self.lost(at, Failure::Malformed(why.to_owned()));
        }
        let place = Place::On(lane.number, head.watch_id);
        lane.requests.created(head.header.revision, after);
        let Some(entry) = self.watches.get_mut(&watch) else { return self.leave(place) };
        entry.place = place;
        entry.created = after;
        if std::mem::take(&mut entry.broken) {
            let revision = entry.position.resume();
            let (telemetry, name) = (&self.core.telemetry, self.lanes[at].server(&self.core));
            telemetry.counters.add(Counter::WatchesResumed, 1);
            let message = format_args!("goes on with revision {revision}");
            telemetry.log.emit(Level::Info, "watch", name, ETCD_OK, message);
        }
        entry.renewals = 0;
        entry.leaderless.clear();
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

    /// The server has ended a watch, or not begun it.
    pub(super) fn refused(&mut self, at: usize, watch: u64, head: &watch::Head<'_>) {
        let words = printable(&String::from_utf8_lossy(head.cancel_reason));
        let error = match (head.compact_revision, &*words) {
            (0, "") => Error::new(ETCD_ERR_UNAVAILABLE, "the server cancelled the watch"),
            // gRPC's "unknown": the words say more than any code.
            (0, words) => {
                let refusal = Failure::Refused { code: 2, message: words.to_owned() };
                Error { grpc: None, ..refusal.into_error(false) }
            }
            (revision, _) => {
                let why = format!("the events before revision {revision} are compacted away");
                Error { revision, ..Error::new(ETCD_ERR_COMPACTED, why) }
            }
        };
        let error = self.at(at, error);
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        // No longer known to the server.
        entry.broken |= matches!(entry.place, Place::On(..));
        entry.place = Place::Asking;
        match verdict(&self.core, &error, &mut entry.renewals) {
            Verdict::End if error.status == ETCD_ERR_COMPACTED && entry.spec.resync => {
                // It begins anew.
                entry.broken = false;
                let message = format_args!("{}; the keys are told instead", error.message);
                let log = &self.core.telemetry.log;
                log.emit(Level::Warn, "watch", &error.endpoint, error.status, message);
                self.core.telemetry.counters.add(Counter::WatchesResynced, 1);
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

    pub(super) fn renew(&mut self, old: Token) {
        if std::mem::replace(&mut self.renewing, true) {
            return;
        }
        let core = self.core.clone();
        self.start(async move {
            Command::Renewed(match &core.server {
                Server::Cluster(cluster) => cluster.new_token(&old).await.map(drop),
                Server::Embedded(_) => Ok(()),
            })
        });
    }

    /// A lane has ended: its watches go elsewhere, or end with it.
    pub(super) fn lost(&mut self, at: usize, failure: Failure) {
        let too_large = matches!(failure, Failure::TooLarge { .. });
        let error = self.at(at, failure.into_error(false));
        let (member, token) = (self.lanes[at].member.clone(), self.lanes[at].token.clone());
        let members = match &self.core.server {
            Server::Cluster(cluster) => cluster.channel.subchannels(),
            Server::Embedded(_) => Vec::new(),
        };
        if self.lanes[at].since.elapsed() >= LIVED {
            self.backoff.reset();
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
            if let (true, Some(member)) = (leaderless, &member) {
                entry.had_no_leader(member);
            }
            let given_up = entry.spec.require_leader && entry.no_leader_at_all(&members);
            match verdict(&self.core, &error, &mut entry.renewals) {
                Verdict::Again if !(leaderless && given_up) => {}
                Verdict::Renew => renew = true,
                Verdict::Again | Verdict::End => self.end(watch, error.clone()),
            }
        }
        match renew {
            true => self.renew(token),
            false => {
                self.avoid = member;
                self.delay();
            }
        }
    }

    pub(super) fn at(&self, at: usize, error: Error) -> Error {
        error.at(self.lanes[at].server(&self.core))
    }
}

fn verdict(core: &Core, error: &Error, renewals: &mut u32) -> Verdict {
    let Server::Cluster(cluster) = &core.server else { return Verdict::End };
    let denied = error.status == ETCD_ERR_PERMISSION_DENIED;
    match error.status {
        // A watch with a token that has expired is told that it has no rights.
        status
            if (is_about_token(status) || denied)
                && cluster.tokens.has_login()
                && *renewals < MAX_RENEWALS =>
        {
            *renewals = if denied { MAX_RENEWALS } else { *renewals + 1 };
            Verdict::Renew
        }
        // A server's trouble, not its last word.
        ETCD_ERR_BAD_REPLY
        | ETCD_ERR_GRPC_INTERNAL
        | ETCD_ERR_GRPC_CANCELLED
        | ETCD_ERR_WATCH_CANCELLED => Verdict::Again,
        status if is_retryable(status) => Verdict::Again,
        _ => Verdict::End,
    }
}
