//! Dispatches the messages of streams to the watches and their readers.

#![forbid(unsafe_code)]

use super::batch::Batch;
use super::entry::{Assignment, Entry};
use super::hub::Command;
use super::position::Malformed;
use super::progress;
use super::stream::{Held, WatchStream};
use super::task::{Task, PROGRESS};
use crate::client::core::Server;
use crate::error::Result;
use crate::observe::counters::Counter;
use crate::transport::Failure;
use crate::wire::decode::Header;
use crate::wire::watch;
use bytes::Bytes;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// How long a stream with several watches waits for a reader to make room before the watch is
/// paused, and at most, for a reader that makes a little room at a time. To wait is cheaper
/// than to have the server search its history again.
struct HoldLimits {
    hold: Duration,
    longest: Duration,
}

/// History comes in pieces that are larger than the room of any reader, even a fast one.
const ANY: HoldLimits =
    HoldLimits { hold: Duration::from_millis(20), longest: Duration::from_millis(200) };
const SLOW: HoldLimits =
    HoldLimits { hold: Duration::from_millis(100), longest: Duration::from_secs(1) };

/// How long a stream waits for a reader whose watch is the only one on it.
const ALONE: Duration = Duration::from_secs(5);

/// Until when a stream waits for the reader of what it holds.
pub(super) fn held_until(stream: &WatchStream) -> Option<Instant> {
    let held = stream.held.as_ref()?;
    let HoldLimits { hold, longest } = if stream.slow { SLOW } else { ANY };
    Some(match stream.has_one() {
        true => held.moved + ALONE,
        false => (held.moved + hold).min(held.since + longest),
    })
}

/// A busy server drops progress requests.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// The watch id of a response for all watches of a stream.
const ALL: i64 = -1;

impl Task {
    pub(super) fn on_message(&mut self, at: usize, message: Result<Bytes, Failure>) {
        let message = match message {
            Ok(message) => message,
            Err(Failure::TooLarge { size, limit, beginning }) => {
                return self.too_large(at, size, limit, &beginning);
            }
            Err(failure) => return self.stream_failed(at, failure),
        };
        let Ok(head) = watch::head(&message) else {
            return self.stream_failed(at, Failure::Malformed("not a watch response".to_owned()));
        };
        if let Err(error) = self.observe_header(at, head.header) {
            self.stream_failed(at, Failure::Lost(error.message.clone()));
            self.failure = Some(error);
            return;
        }
        let stream = &mut self.streams[at];
        if head.created {
            let Some(creation) = stream.creating.pop_front() else {
                let why = "a response to a watch that was not requested";
                return self.stream_failed(at, Failure::Malformed(why.to_owned()));
            };
            return match head.canceled {
                true => self.on_cancelled(at, creation.watch, &head),
                false => self.on_created(at, creation, &head),
            };
        }
        if !head.canceled {
            stream.requests.received(head.header.revision);
        }
        if head.watch_id == ALL {
            return self.on_progress(at, head.header);
        }
        let Some(watch) = stream.find(head.watch_id, head.canceled) else { return };
        if head.canceled {
            return self.on_cancelled(at, watch, &head);
        }
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        if head.events.is_empty() && !head.fragment && entry.position.is_whole() {
            if entry.position.notice(head.header.revision) && entry.spec.progress_notify {
                entry.report_progress(head.header);
            }
            return;
        }
        if entry.lacks_previous(&message, &head) {
            let assignment = entry.assignment;
            self.enqueue(watch);
            return self.unassign(assignment);
        }
        let taken = entry.position.take(&message, &head);
        let again = std::mem::take(&mut entry.position.duplicates);
        self.core.telemetry.counters.add(Counter::WatchDuplicates, again);
        match taken {
            Ok(batches) => {
                self.backoff.reset();
                self.deliver(at, watch, batches);
            }
            Err(Malformed(why)) => self.stream_failed(at, Failure::Malformed(why.to_owned())),
        }
    }

    /// Compares a header with what is known of the store. A member of another cluster is
    /// not used again.
    fn observe_header(&self, at: usize, header: Header) -> Result<()> {
        let (Server::Cluster(cluster), Some(subchannel)) =
            (&self.core.server, &self.streams[at].member)
        else {
            return Ok(());
        };
        let observed =
            cluster.store().observe(&subchannel.witness, header.cluster_id, header.revision);
        observed.inspect_err(|error| subchannel.quarantine(error.clone().at(subchannel.name())))
    }

    /// Delivers batches. If the reader has no room the stream waits a little, and then
    /// pauses the watch.
    pub(super) fn deliver(&mut self, at: usize, watch: u64, batches: Vec<Batch>) {
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        let mut batches = VecDeque::from(batches);
        if batches.iter().map(Batch::size).sum::<usize>() > entry.mailbox.room() {
            // Otherwise a few events would keep all that came with them in memory.
            batches.iter_mut().for_each(Batch::detach);
        }
        let left = entry.deliver(batches, &self.core.telemetry.counters);
        if !left.is_empty() {
            let since = Instant::now();
            self.streams[at].held = Some(Held { watch, batches: left, since, moved: since });
        }
    }

    /// The reader has made room.
    pub(super) fn deliver_held(&mut self, number: u64, watch: u64) {
        let Some(stream) = self.streams.iter_mut().find(|stream| stream.number == number) else {
            return;
        };
        let Some(held) = &mut stream.held else { return };
        let Some(entry) = self.watches.get_mut(&watch).filter(|_| held.watch == watch) else {
            return;
        };
        held.batches =
            entry.deliver(std::mem::take(&mut held.batches), &self.core.telemetry.counters);
        held.moved = Instant::now();
        if held.batches.is_empty() {
            stream.held = None;
            stream.listen_again();
        }
    }

    /// Cancels a watch until its reader has room. What was received is kept as far as all that
    /// are paused may keep; the watch resumes after it.
    pub(super) fn pause(&mut self, watch: u64, mut batches: VecDeque<Batch>) {
        let kept: usize = self.watches.values().map(Entry::kept_bytes).sum();
        let mut room = self.core.max_receive().saturating_sub(kept);
        let Some(entry) = self.watches.get_mut(&watch) else { return };
        let fits = |batch: &Batch| {
            room = room.saturating_sub(batch.size());
            room > 0
        };
        let count = batches.iter().map(fits).take_while(|fits| *fits).count();
        if let Some(first) = batches.get(count) {
            entry.position.rewind(first);
        }
        batches.truncate(count);
        entry.kept = batches;
        entry.slow = true;
        self.core.telemetry.counters.add(Counter::WatchesPaused, 1);
        let assignment = std::mem::replace(&mut entry.assignment, Assignment::Paused);
        self.unassign(assignment);
    }

    /// A server has sent all events up to this revision on a stream.
    pub(super) fn on_progress(&mut self, at: usize, header: Header) {
        let stream = &mut self.streams[at];
        for watch in stream.watches.values() {
            let Some(entry) = self.watches.get_mut(watch) else { continue };
            if !stream.requests.includes(entry.created) {
                continue;
            }
            entry.position.notice(header.revision);
            // A member may lag, or answer an earlier request.
            let Some((first, last)) = self.asking.get_mut(watch) else { continue };
            if *first <= header.revision && entry.report_progress(header) {
                match last.revision <= header.revision {
                    true => drop(self.asking.remove(watch)),
                    false => *first = last.revision,
                }
            }
        }
        stream.requests.answered();
    }

    /// Reports progress to readers that asked for a revision that their watch has reached,
    /// and sends progress requests to all servers that answer exactly: some are silent about
    /// watches that begin in the future.
    pub(super) fn ask_for_progress(&mut self) {
        let (streams, watches) = (&self.streams, &mut self.watches);
        let held = |watch| {
            streams.iter().filter_map(|stream| stream.held.as_ref()).any(|it| it.watch == watch)
        };
        self.asking.retain(|&watch, (_, last)| match watches.get_mut(&watch) {
            Some(entry) => held(watch) || !entry.report_progress(*last),
            None => false,
        });
        let in_vain = self.streams.iter().all(|stream| stream.exact == Some(false));
        let again = if self.asking.is_empty() || in_vain { PROGRESS } else { ASK_AGAIN };
        self.progress = Instant::now() + again;
        let mut at = 0;
        while at < self.streams.len() {
            let stream = &mut self.streams[at];
            at += 1;
            match stream.exact {
                None => {
                    stream.exact = Some(false);
                    let (number, member) = (stream.number, stream.member.clone());
                    if let (Server::Cluster(cluster), Some(member)) = (&self.core.server, member) {
                        let cluster = cluster.clone();
                        self.spawn(
                            move |exact: Result<_>| Command::Exact(number, exact.ok().flatten()),
                            async move { Ok(progress::is_exact(&cluster, &member).await) },
                        );
                    }
                }
                Some(true) if !stream.watches.is_empty() => {
                    if let Err(failure) = stream.ask_for_progress() {
                        at -= 1;
                        self.stream_failed(at, failure);
                    }
                }
                Some(_) => {}
            }
        }
    }
}
