//! How far a watch has come in the history, and what a response adds to that.

#![forbid(unsafe_code)]

use crate::wire::proto::{Event, WatchResponse};
use prost::Message;

/// The events of one revision that a watch is for: all of them, together.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    pub revision: i64,
    pub events: Vec<Event>,
}

/// Why there is nothing more to come on a stream.
#[derive(Debug, PartialEq)]
pub enum Stop {
    /// What comes next has been compacted away, up to this revision.
    Compacted(i64),
    /// The server's words.
    Cancelled(String),
    /// Not what etcd would send.
    Nonsense(&'static str),
}

pub struct Position {
    /// All revisions before it were delivered, or had nothing for this watch.
    next: i64,
    /// Events whose response continues in the next one.
    partial: Vec<Event>,
    partial_bytes: usize,
    limit: usize,
}

impl Position {
    /// `limit`: bytes of one response, its fragments together.
    pub fn new(next: i64, limit: usize) -> Position {
        Position { next, partial: Vec::new(), partial_bytes: 0, limit }
    }

    /// Where a new stream has to begin. What the old one left half said is forgotten.
    pub fn resume(&mut self) -> i64 {
        self.partial.clear();
        self.partial_bytes = 0;
        self.next
    }

    /// What a response brings that was not there before, whole revisions only.
    pub fn take(&mut self, response: WatchResponse) -> Result<Vec<Batch>, Stop> {
        if response.canceled {
            return Err(match response.compact_revision {
                0 => Stop::Cancelled(response.cancel_reason),
                revision => Stop::Compacted(revision),
            });
        }
        for event in response.events {
            let revision = event.kv.as_ref().map_or(0, |kv| kv.mod_revision);
            let last = self.partial.last().map_or(0, mod_revision);
            if revision <= 0 || revision < last {
                return Err(Stop::Nonsense("an event without a revision, or out of order"));
            }
            // Servers before 3.4.25 and 3.5.8 may say things twice.
            if revision >= self.next {
                self.partial_bytes += event.encoded_len();
                self.partial.push(event);
            }
        }
        if self.partial_bytes > self.limit {
            return Err(Stop::Nonsense("events larger than the receive limit"));
        }
        if response.fragment {
            return Ok(Vec::new());
        }
        self.partial_bytes = 0;
        let mut batches: Vec<Batch> = Vec::new();
        for event in std::mem::take(&mut self.partial) {
            let revision = mod_revision(&event);
            match batches.last_mut() {
                Some(batch) if batch.revision == revision => batch.events.push(event),
                _ => batches.push(Batch { revision, events: vec![event] }),
            }
        }
        if let Some(last) = batches.last() {
            self.next = last.revision.saturating_add(1);
        }
        Ok(batches)
    }
}

fn mod_revision(event: &Event) -> i64 {
    event.kv.as_ref().map_or(0, |kv| kv.mod_revision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::proto::KeyValue;

    fn response(revisions: &[i64], fragment: bool) -> WatchResponse {
        let event = |&mod_revision: &i64| Event {
            kv: Some(KeyValue { mod_revision, ..Default::default() }),
            ..Default::default()
        };
        WatchResponse {
            events: revisions.iter().map(event).collect(),
            fragment,
            ..Default::default()
        }
    }

    fn shape(batches: Result<Vec<Batch>, Stop>) -> Vec<(i64, usize)> {
        batches.unwrap().iter().map(|batch| (batch.revision, batch.events.len())).collect()
    }

    #[test]
    fn revisions_are_whole_in_order_and_once() {
        let mut position = Position::new(5, 1000);
        assert_eq!(shape(position.take(response(&[3, 4, 5, 5, 6], false))), [(5, 2), (6, 1)]);
        assert_eq!(shape(position.take(response(&[5, 6, 6], false))), []);
        assert_eq!(shape(position.take(response(&[], false))), []);
        assert_eq!(position.resume(), 7);
        assert_eq!(shape(position.take(response(&[9], false))), [(9, 1)]);
        assert_eq!(position.resume(), 10);
    }

    #[test]
    fn fragments_are_merged_and_a_broken_one_is_asked_for_again() {
        let mut position = Position::new(1, 1000);
        assert_eq!(shape(position.take(response(&[1, 2], true))), []);
        assert_eq!(shape(position.take(response(&[2, 2], true))), []);
        assert_eq!(shape(position.take(response(&[2, 3], false))), [(1, 1), (2, 4), (3, 1)]);
        assert_eq!(shape(position.take(response(&[4], true))), []);
        assert_eq!(position.resume(), 4);
        assert_eq!(shape(position.take(response(&[4, 4], false))), [(4, 2)]);
    }

    #[test]
    fn what_ends_a_stream() {
        let mut position = Position::new(1, 100);
        let ended = |compact_revision, reason: &str| WatchResponse {
            canceled: true,
            compact_revision,
            cancel_reason: reason.to_owned(),
            ..Default::default()
        };
        assert_eq!(position.take(ended(7, "")), Err(Stop::Compacted(7)));
        assert_eq!(position.take(ended(0, "why")), Err(Stop::Cancelled("why".to_owned())));
        for nonsense in [&[0][..], &[-1], &[3, 2]] {
            let taken = Position::new(1, 100).take(response(nonsense, false));
            assert!(matches!(taken, Err(Stop::Nonsense(_))), "{nonsense:?}");
        }
        let endless = std::iter::repeat_with(|| position.take(response(&[1; 10], true)));
        assert!(endless.take(10).any(|taken| matches!(taken, Err(Stop::Nonsense(_)))));
    }
}
