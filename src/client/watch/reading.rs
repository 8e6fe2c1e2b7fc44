//! What is heard on lanes, on its way to the readers.

#![forbid(unsafe_code)]

use super::entry::Place;
use super::hub::{Command, Work, PROGRESS};
use super::lane::{Held, Lane};
use super::position::{Batch, Stop};
use super::progress;
use crate::client::core::Server;
use crate::error::{Error, Result};
use crate::observe::counters::Counter;
use crate::status::ETCD_ERR_REPLY_TOO_LARGE;
use crate::transport::Failure;
use crate::wire::decode::Header;
use crate::wire::watch;
use bytes::Bytes;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// How long a stream waits for a reader to make room before its watch is cancelled
/// for a while, and for one that makes a little at a time. Waiting is cheaper than
/// having the server find the place again.
struct Patience {
    hold: Duration,
    longest: Duration,
}

/// History comes in pieces that are larger than any reader has room for, also
/// for those who read fast.
const ANY: Patience =
    Patience { hold: Duration::from_millis(20), longest: Duration::from_millis(200) };
const SLOW: Patience =
    Patience { hold: Duration::from_millis(100), longest: Duration::from_secs(1) };

impl Patience {
    fn with(lane: &Lane) -> Patience {
        if lane.slow {
            SLOW
        } else {
            ANY
        }
    }
}

/// A server that is busy forgets a progress request.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// The watch id of an answer that is for all watches of a stream.
const ALL: i64 = -1;

impl Work {
    pub(super) fn heard(&mut self, at: usize, message: Result<Bytes, Failure>) {
        let message = match message {
            Ok(message) => message,
            Err(failure) => return self.lost(at, failure),
        };
        let Ok(head) = watch::head(&message) else {
            return self.lost(at, Failure::Malformed("not an answer to a watch".to_owned()));
        };
        if let Err(error) = self.learned(at, head.header) {
            return self.lost(at, Failure::Lost(error.message));
        }
        let lane = &mut self.lanes[at];
        if head.created {
            let Some(creation) = lane.creating.pop_front() else {
                let why = "an answer to a watch that nobody asked for";
                return self.lost(at, Failure::Malformed(why.to_owned()));
            };
            return match head.canceled {
                true => self.refused(at, creation.watch, &head),
                false => self.created(at, creation, &head),
            };
        }
        if !head.canceled {
            lane.requests.heard(head.header.revision);
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
        let taken = entry.position.take(&message, &head);
        let again = std::mem::take(&mut entry.position.duplicates);
        self.core.telemetry.counters.add(Counter::WatchDuplicates, again);
        match taken {
            Ok(batches) => {
                self.backoff.reset();
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

    /// Another cluster's member is not to be asked again.
    fn learned(&self, at: usize, header: Header) -> Result<()> {
        let (Server::Cluster(cluster), Some(subchannel)) =
            (&self.core.server, &self.lanes[at].member)
        else {
            return Ok(());
        };
        let learned = cluster.store().observe(header.cluster_id, header.revision);
        learned.inspect_err(|error| subchannel.quarantine(error.clone().at(subchannel.name())))
    }

    /// For what the reader has no room for, the lane waits a little; then it lets the
    /// server keep it.
    pub(super) fn deliver(&mut self, at: usize, watch: u64, batches: Vec<Batch>) {
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        let mut batches = VecDeque::from(batches);
        if batches.iter().map(Batch::size).sum::<usize>() > entry.mailbox.room() {
            // Or else a few events would keep all that came with them.
            batches.iter_mut().for_each(Batch::detach);
        }
        let left = entry.deliver(batches, &self.core.telemetry.counters);
        if !left.is_empty() {
            let (lane, since) = (&mut self.lanes[at], Instant::now());
            let until = since + Patience::with(lane).hold;
            lane.held = Some(Held { watch, batches: left, since, until });
        }
    }

    /// The reader has made room for more.
    pub(super) fn deliver_held(&mut self, number: u64, watch: u64) {
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.number == number) else { return };
        let patience = Patience::with(lane);
        let Some(held) = &mut lane.held else { return };
        let Some(entry) = self.watches.get_mut(&watch).filter(|_| held.watch == watch) else {
            return;
        };
        held.batches =
            entry.deliver(std::mem::take(&mut held.batches), &self.core.telemetry.counters);
        held.until = (Instant::now() + patience.hold).min(held.since + patience.longest);
        if held.batches.is_empty() {
            lane.held = None;
            lane.listen_again();
        }
    }

    /// Calls a watch off until its reader has room, and then asks for the rest again.
    pub(super) fn rest(&mut self, watch: u64, first: Option<i64>) {
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        if let Some(first) = first {
            entry.position.rewind(first);
        }
        entry.slow = true;
        self.core.telemetry.counters.add(Counter::WatchesPaused, 1);
        let place = std::mem::replace(&mut entry.place, Place::Resting);
        self.leave(place);
    }

    /// A server has sent everything up to this revision on one of its lanes.
    pub(super) fn progressed(&mut self, at: usize, header: Header) {
        let lane = &mut self.lanes[at];
        for watch in lane.watches.values() {
            let Some(entry) = self.watches.get_mut(watch) else { continue };
            if !lane.requests.speak_for(entry.created) {
                continue;
            }
            entry.position.notice(header.revision);
            // A member may lag behind, or answer somebody who asked before.
            let Some((first, last)) = self.asking.get_mut(watch) else { continue };
            if *first <= header.revision && entry.tell_progress(header) {
                match last.revision <= header.revision {
                    true => drop(self.asking.remove(watch)),
                    false => *first = last.revision,
                }
            }
        }
        lane.requests.answered();
    }

    /// Tells those who ask and have come so far anyway, and asks all servers how
    /// far they are, those that answer exactly: about watches that begin later than
    /// now, some say nothing.
    pub(super) fn ask_for_progress(&mut self) {
        let (lanes, watches) = (&self.lanes, &mut self.watches);
        let held =
            |watch| lanes.iter().filter_map(|lane| lane.held.as_ref()).any(|it| it.watch == watch);
        self.asking.retain(|&watch, (_, last)| match watches.get_mut(&watch) {
            Some(entry) => held(watch) || !entry.tell_progress(*last),
            None => false,
        });
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
                    let (number, member) = (lane.number, lane.member.clone());
                    if let (Server::Cluster(cluster), Some(member)) = (&self.core.server, member) {
                        let cluster = cluster.clone();
                        self.start(async move {
                            Command::Exact(number, progress::is_exact(&cluster, &member).await)
                        });
                    }
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
}
