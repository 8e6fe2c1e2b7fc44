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
    /// One revision has more bytes than the client takes.
    TooLarge(usize),
}

pub struct Position {
    /// All revisions before it were delivered, or had nothing for this watch.
    next: i64,
    /// A revision that may continue in the next response.
    partial: Batch,
    partial_bytes: usize,
    limit: usize,
}

impl Position {
    /// `limit`: bytes of one revision.
    pub fn new(next: i64, limit: usize) -> Position {
        Position { next, partial: Batch::default(), partial_bytes: 0, limit }
    }

    /// Where a new stream has to begin. What the old one left half said is forgotten.
    pub fn resume(&mut self) -> i64 {
        self.partial = Batch::default();
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
        // A notice that everything up to this revision was sent. (In a response
        // with events the header may be ahead of them.)
        let idle = response.events.is_empty() && !response.created && !response.fragment;
        if idle && self.partial.events.is_empty() {
            let notice = response.header.map_or(0, |header| header.revision);
            self.next = self.next.max(notice.saturating_add(1));
        }
        let mut batches: Vec<Batch> = Vec::new();
        let mut last = self.partial.revision;
        for event in response.events {
            let revision = mod_revision(&event);
            if revision <= 0 || revision < last {
                return Err(Stop::Nonsense("an event without a revision, or out of order"));
            }
            last = revision;
            // Servers before 3.4.25 and 3.5.8 may say things twice.
            if revision < self.next {
                continue;
            }
            if revision > self.partial.revision {
                batches.extend(self.finish());
                self.partial.revision = revision;
            }
            self.partial_bytes += event.encoded_len();
            self.partial.events.push(event);
            if self.partial_bytes > self.limit {
                return Err(Stop::TooLarge(self.partial_bytes));
            }
        }
        // What a fragment ends with may go on in the next one.
        if !response.fragment {
            batches.extend(self.finish());
        }
        Ok(batches)
    }

    /// The revision under way, which is whole now.
    fn finish(&mut self) -> Option<Batch> {
        let whole = std::mem::take(&mut self.partial);
        self.partial_bytes = 0;
        if whole.events.is_empty() {
            return None;
        }
        self.next = whole.revision.saturating_add(1);
        Some(whole)
    }
}

fn mod_revision(event: &Event) -> i64 {
    event.kv.as_ref().map_or(0, |kv| kv.mod_revision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::proto::{KeyValue, ResponseHeader};

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
        assert_eq!(shape(position.take(response(&[1, 2], true))), [(1, 1)]);
        assert_eq!(shape(position.take(response(&[2, 2], true))), []);
        assert_eq!(shape(position.take(response(&[2, 3], false))), [(2, 4), (3, 1)]);
        assert_eq!(shape(position.take(response(&[4, 5], true))), [(4, 1)]);
        assert_eq!(position.resume(), 5);
        assert_eq!(shape(position.take(response(&[5, 5], false))), [(5, 2)]);
    }

    #[test]
    fn notices_move_an_idle_watch_on() {
        let notice = |revision, created| WatchResponse {
            header: Some(ResponseHeader { revision, ..Default::default() }),
            created,
            ..Default::default()
        };
        let mut position = Position::new(5, 1000);
        // The header of a creation says nothing of what was sent.
        assert_eq!(shape(position.take(notice(90, true))), []);
        assert_eq!(position.resume(), 5);
        assert_eq!(shape(position.take(notice(9, false))), []);
        assert_eq!(position.resume(), 10);
        assert_eq!(shape(position.take(notice(3, false))), []);
        assert_eq!(position.resume(), 10);
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
        assert!(endless.take(10).any(|taken| matches!(taken, Err(Stop::TooLarge(_)))));
        // Many revisions together may be larger.
        let mut position = Position::new(1, 100);
        for i in 1..100 {
            assert!(!shape(position.take(response(&[2 * i, 2 * i + 1], true))).is_empty());
        }
    }
}
