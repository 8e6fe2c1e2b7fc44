//! How far a watch has come in the history, and which events of a response are new.

#![forbid(unsafe_code)]

use super::batch::{Batch, BATCH_SIZE};
use crate::client::namespace;
use crate::wire::decode::KeyValue;
use crate::wire::memory_cost::EVENT;
use crate::wire::watch::{Events, Head};
use bytes::Bytes;

/// Several revisions go into one batch until it has so many bytes.
const MERGED: usize = 256 << 10;

/// A response that etcd would not send, and why.
#[derive(Debug, PartialEq)]
pub struct Malformed(pub &'static str);

const NOT_FROM_ETCD: Malformed = Malformed("an event that etcd would not send");
const CHANGED: Malformed = Malformed("a revision that has fewer events than before");

pub struct Position {
    /// All revisions before it were delivered, or had nothing for this watch. 0 if the server is to
    /// choose where it begins.
    next: i64,
    /// Where it began, by its reader's wish; that revision may be yet to come.
    start: i64,
    /// The last revision that was reported to the reader.
    reported: i64,
    /// Ends with a revision that may continue in the next response.
    partial: Batch,
    /// Events of the revision `next` that were delivered: it is too large for one batch.
    begun: usize,
    /// Those of them that the stream has yet to repeat.
    repeated: usize,
    /// Bytes of one batch at most, its events counted as they are in memory.
    limit: usize,
    merge: bool,
    /// What all keys begin with.
    pub prefix: Bytes,
    /// Events that were dropped because they came before, since this was last read.
    pub duplicates: u64,
}

impl Position {
    /// `limit`: bytes of one batch; a larger revision comes in several. `merge`: several
    /// revisions to a batch.
    pub fn new(next: i64, limit: usize, merge: bool) -> Position {
        Position {
            next,
            start: next,
            reported: 0,
            partial: Batch::default(),
            begun: 0,
            repeated: 0,
            limit,
            merge,
            prefix: Bytes::new(),
            duplicates: 0,
        }
    }

    /// Where a new stream has to begin. What is incomplete is dropped.
    pub fn resume(&mut self) -> i64 {
        self.partial = Batch::default();
        self.repeated = self.begun;
        self.next
    }

    /// The first revision that is not delivered, if the next event is of this one.
    pub fn next_from(&self, revision: i64) -> i64 {
        match self.is_whole() {
            true => revision.max(self.next),
            false => self.partial.first.max(self.next),
        }
    }

    /// The revision that the store has certainly had, if servers tell the truth.
    pub fn reached(&self) -> i64 {
        if self.next > self.start {
            self.next - 1
        } else {
            0
        }
    }

    /// Whether the server is to choose where it begins.
    pub fn is_open(&self) -> bool {
        self.next == 0
    }

    /// The server's choice, if it had one.
    pub fn begin_after(&mut self, revision: i64) {
        if self.next == 0 {
            self.next = revision.saturating_add(1);
        }
    }

    /// To a revision of which nothing was delivered.
    pub fn go_to(&mut self, revision: i64) {
        self.next = revision;
        self.begun = 0;
        self.reported = self.reported.min(revision - 1);
        self.partial = Batch::default();
    }

    /// Back to a batch that could not be delivered.
    pub fn rewind(&mut self, batch: &Batch) {
        self.go_to(batch.first);
        self.begun = batch.begun;
    }

    /// The revision to report as progress, at least this one and never less than before.
    /// None if the watch has not reached it.
    pub fn progress(&mut self, revision: i64) -> Option<i64> {
        let reached = self.is_whole() && revision < self.next;
        reached.then(|| {
            self.reported = self.reported.max(revision);
            self.reported
        })
    }

    /// Whether no revision is incomplete.
    pub fn is_whole(&self) -> bool {
        self.partial.count == 0 && self.begun == 0
    }

    /// Nothing up to this revision is missing. False if that was known, or if a
    /// revision is incomplete.
    pub fn notice(&mut self, revision: i64) -> bool {
        let advances = self.is_whole() && revision >= self.next;
        if advances {
            self.next = revision.saturating_add(1);
        }
        advances
    }

    /// Whether the new events of a response come with the pairs that they changed; None if they
    /// changed none.
    pub fn has_previous(&self, message: &[u8], head: &Head<'_>) -> Option<bool> {
        let mut changed = false;
        for event in Events::new(&message[head.events.clone()]) {
            let Ok(event) = event else { break };
            if event.kv.mod_revision >= self.next {
                if event.prev_kv.is_some() {
                    return Some(true);
                }
                changed |= event.deleted || event.kv.version > 1;
            }
        }
        changed.then_some(false)
    }

    /// The new events of a response: whole revisions, and those that are too large in parts.
    pub fn take(&mut self, message: &Bytes, head: &Head<'_>) -> Result<Vec<Batch>, Malformed> {
        let part = self.new_events(message, head)?;
        let mut batches = Vec::new();
        let mut last = self.partial.revision;
        // Where in the part the current batch begins, and its last revision.
        let (mut start, mut of_revision) = (0, 0);
        // What the batch had before its last revision.
        let mut whole: Option<(usize, usize, i64)> = None;
        let mut size = self.partial.bytes();
        let mut count = self.partial.count;
        let mut events = Events::new(&part);
        loop {
            let at = part.len() - events.left();
            let Some(event) = events.next() else { break };
            let event = event.map_err(|_| NOT_FROM_ETCD)?;
            let own = |kv: &KeyValue<'_>| namespace::name(&self.prefix, kv.key).is_some();
            if !own(&event.kv) || !event.prev_kv.iter().all(own) {
                return Err(Malformed("an event of a key without the prefix"));
            }
            let revision = event.kv.mod_revision;
            if revision < last {
                return Err(Malformed("events out of order"));
            }
            if self.begun > 0 && self.partial.count == 0 && revision > self.next {
                return Err(CHANGED);
            }
            last = revision;
            let end = part.len() - events.left();
            if revision > self.partial.revision {
                if self.partial.count > 0 {
                    whole = Some((at, self.partial.count, self.partial.revision));
                    if !self.merge || self.partial.bytes() + (at - start) >= MERGED {
                        self.partial.add(part.slice(start..at));
                        batches.extend(self.finish(head));
                        (start, whole) = (at, None);
                    }
                }
                if self.partial.count == 0 {
                    self.partial.first = revision;
                }
                self.partial.revision = revision;
                (of_revision, size, count) = (at, 0, 0);
            }
            let more = (size + (end - at)).max((count + 1) * EVENT / 3);
            if more > self.limit && count > 0 {
                if let Some(before) = whole.take() {
                    batches.extend(self.finish_before(before, &part, start, head));
                    start = of_revision;
                }
                self.partial.add(part.slice(start..at));
                batches.push(self.part(head));
                (start, of_revision, size, count) = (at, at, 0, 0);
            }
            self.partial.count += 1;
            (size, count) = (size + (end - at), count + 1);
        }
        match (head.fragment, whole) {
            // What a fragment ends with may go on in the next one.
            (true, Some(before)) => {
                batches.extend(self.finish_before(before, &part, start, head));
                self.partial.add(part.slice(of_revision..));
            }
            (true, None) => self.partial.add(part.slice(start..)),
            (false, _) => {
                self.partial.add(part.slice(start..));
                batches.extend(self.finish(head));
            }
        }
        Ok(batches)
    }

    /// The events without those that came before: servers before 3.4.25 and 3.5.8 may
    /// send events twice.
    fn new_events(&mut self, message: &Bytes, head: &Head<'_>) -> Result<Bytes, Malformed> {
        let part = message.slice(head.events.clone());
        let mut events = Events::new(&part);
        let mut at = 0;
        while let Some(event) = events.next() {
            let event = event.map_err(|_| NOT_FROM_ETCD)?;
            let revision = event.kv.mod_revision;
            if revision == self.next && self.repeated > 0 {
                self.repeated -= 1;
            } else if revision < self.next {
                self.duplicates += 1;
            } else {
                break;
            }
            at = part.len() - events.left();
        }
        let fresh = part.slice(at..);
        // Otherwise a few events would keep much memory that is not counted.
        Ok(match message.len() > 2 * (BATCH_SIZE + fresh.len()) {
            true => Bytes::copy_from_slice(&fresh),
            false => fresh,
        })
    }

    /// The current batch, which is whole now.
    fn finish(&mut self, head: &Head<'_>) -> Option<Batch> {
        let hidden = self.prefix.len();
        let whole = Batch { header: head.header, hidden, ..std::mem::take(&mut self.partial) };
        if whole.count == 0 {
            return None;
        }
        let whole = Batch { begun: std::mem::take(&mut self.begun), ..whole };
        self.next = whole.revision.saturating_add(1);
        self.reported = whole.revision;
        Some(whole)
    }

    /// What the current batch had before its last revision, which begins a new one.
    fn finish_before(
        &mut self,
        (end, count, revision): (usize, usize, i64),
        part: &Bytes,
        start: usize,
        head: &Head<'_>,
    ) -> Option<Batch> {
        let (rest, last) = (self.partial.count - count, self.partial.revision);
        self.partial.add(part.slice(start..end));
        (self.partial.count, self.partial.revision) = (count, revision);
        let finished = self.finish(head);
        self.partial = Batch { first: last, revision: last, count: rest, ..Batch::default() };
        finished
    }

    /// The current batch, whose revision goes on in the next one.
    fn part(&mut self, head: &Head<'_>) -> Batch {
        let revision = self.partial.revision;
        let rest = Batch { first: revision, revision, ..Batch::default() };
        let part = std::mem::replace(&mut self.partial, rest);
        let (begun, hidden) = (self.begun, self.prefix.len());
        self.next = revision;
        self.begun += part.count;
        Batch { header: head.header, hidden, begun, more: true, ..part }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::proto::{Event, KeyValue, WatchResponse};
    use crate::wire::watch;
    use prost::Message;

    fn response(revisions: &[i64], fragment: bool) -> Bytes {
        let event = |&mod_revision: &i64| Event {
            kv: Some(KeyValue { key: "k".into(), mod_revision, version: 1, ..Default::default() }),
            ..Default::default()
        };
        let events = revisions.iter().map(event).collect();
        WatchResponse { events, fragment, ..Default::default() }.encode_to_vec().into()
    }

    fn take(position: &mut Position, message: Bytes) -> Result<Vec<Batch>, Malformed> {
        position.take(&message, &watch::head(&message).unwrap())
    }

    /// First and last revision, and all there are in between.
    fn shape(batches: Result<Vec<Batch>, Malformed>) -> Vec<(i64, i64, usize)> {
        let batches = batches.unwrap();
        for batch in &batches {
            let revisions: Vec<_> = batch.events().map(|event| event.kv.mod_revision).collect();
            assert_eq!(revisions.len(), batch.count);
            assert_eq!(revisions.first(), Some(&batch.first));
            assert_eq!(revisions.last(), Some(&batch.revision));
        }
        batches.iter().map(|batch| (batch.first, batch.revision, batch.count)).collect()
    }

    fn position(next: i64) -> Position {
        Position::new(next, 1000, false)
    }

    #[test]
    fn revisions_are_whole_in_order_and_once() {
        let mut position = position(5);
        let taken = take(&mut position, response(&[3, 4, 5, 5, 6], false));
        assert_eq!(shape(taken), [(5, 5, 2), (6, 6, 1)]);
        assert_eq!(shape(take(&mut position, response(&[5, 6, 6], false))), []);
        assert_eq!(shape(take(&mut position, response(&[], false))), []);
        assert_eq!(position.resume(), 7);
        assert_eq!(shape(take(&mut position, response(&[9], false))), [(9, 9, 1)]);
        assert_eq!(position.resume(), 10);
    }

    #[test]
    fn fragments_are_merged_and_a_broken_one_is_asked_for_again() {
        let mut position = position(1);
        assert_eq!(shape(take(&mut position, response(&[1, 2], true))), [(1, 1, 1)]);
        assert_eq!(shape(take(&mut position, response(&[2, 2], true))), []);
        let taken = take(&mut position, response(&[2, 3], false));
        assert_eq!(shape(taken), [(2, 2, 4), (3, 3, 1)]);
        assert_eq!(shape(take(&mut position, response(&[4, 5], true))), [(4, 4, 1)]);
        assert_eq!(position.resume(), 5);
        assert_eq!(shape(take(&mut position, response(&[5, 5], false))), [(5, 5, 2)]);
    }

    #[test]
    fn several_revisions_to_a_batch_but_never_a_part_of_one() {
        let mut position = Position::new(2, 1000, true);
        let taken = take(&mut position, response(&[1, 2, 2, 3, 5], false));
        assert_eq!(shape(taken), [(2, 5, 4)]);
        assert_eq!(shape(take(&mut position, response(&[6, 7, 8, 8], true))), [(6, 7, 2)]);
        assert_eq!(shape(take(&mut position, response(&[8], true))), []);
        assert_eq!(shape(take(&mut position, response(&[8, 9, 10], true))), [(8, 9, 5)]);
        assert_eq!(position.resume(), 10);
        assert_eq!(shape(take(&mut position, response(&[10, 10, 11], false))), [(10, 11, 3)]);
        assert_eq!(position.resume(), 12);
    }

    #[test]
    fn any_history_in_any_pieces() {
        for seed in 0..200 {
            let mut chance = fastrand::Rng::with_seed(seed);
            let merge = chance.bool();
            let mut position = Position::new(1, 1 << 20, merge);
            let mut history = Vec::new();
            for revision in 1..40 {
                history.extend(std::iter::repeat_n(revision, chance.usize(..4)));
            }
            let (mut got, mut at) = (Vec::new(), 0);
            while at < history.len() {
                let end = chance.usize(at..=history.len());
                // As servers do: only a fragment ends within a revision.
                let within = end > 0 && history.get(end) == Some(&history[end - 1]);
                let message = response(&history[at..end], within || chance.bool());
                let batches = take(&mut position, message);
                shape(Ok(batches.as_ref().unwrap().clone()));
                for mut batch in batches.unwrap() {
                    batch.detach();
                    assert!(merge || batch.first == batch.revision);
                    got.push(batch.events().map(|e| e.kv.mod_revision).collect::<Vec<_>>());
                }
                at = end;
                if chance.usize(..5) == 0 {
                    let next = position.resume();
                    at = history.iter().position(|&r| r >= next).unwrap_or(history.len());
                }
            }
            got.extend(take(&mut position, response(&[], false)).unwrap().iter().map(|batch| {
                batch.events().map(|event| event.kv.mod_revision).collect::<Vec<_>>()
            }));
            for pair in got.windows(2) {
                assert!(pair[0].last() < pair[1].first(), "seed {seed}: a revision is split");
            }
            assert_eq!(got.concat(), history, "seed {seed}");
        }
    }

    #[test]
    fn progress_never_goes_back() {
        let mut position = position(5);
        assert_eq!((position.progress(3), position.progress(5)), (Some(3), None));
        take(&mut position, response(&[6, 8], false)).unwrap();
        assert_eq!((position.progress(7), position.progress(9)), (Some(8), None));
        assert!(position.notice(12));
        assert_eq!((position.progress(10), position.progress(9)), (Some(10), Some(10)));
        take(&mut position, response(&[13], true)).unwrap();
        assert_eq!(position.progress(12), None);
        position.go_to(6);
        assert_eq!((position.progress(6), position.progress(4)), (None, Some(5)));
    }

    #[test]
    fn notices_move_an_idle_watch_on() {
        let mut position = position(5);
        assert!(!position.notice(4));
        assert!(position.notice(9));
        assert!(!position.notice(9) && !position.notice(3));
        assert_eq!(position.resume(), 10);
        take(&mut position, response(&[11], true)).unwrap();
        assert!(!position.notice(12));
        position.go_to(8);
        assert_eq!(position.resume(), 8);
    }

    #[test]
    fn keys_come_without_the_prefix_and_others_are_malformed() {
        let taken = |prefix: &'static [u8]| {
            let mut position = position(1);
            position.prefix = Bytes::from_static(prefix);
            let event = |key: &'static str| {
                let kv =
                    KeyValue { key: key.into(), mod_revision: 1, version: 1, ..Default::default() };
                Event { kv: Some(kv.clone()), prev_kv: Some(kv), ..Default::default() }
            };
            let events = vec![event("p/a"), event("p/b")];
            let message = WatchResponse { events, ..Default::default() }.encode_to_vec();
            take(&mut position, message.into())
        };
        let batches = taken(b"p/").unwrap();
        let names: Vec<_> =
            batches[0].events().map(|event| (event.kv.key, event.prev_kv.unwrap().key)).collect();
        assert_eq!(names, [(&b"a"[..], &b"a"[..]), (b"b", b"b")]);
        for other in [&b"p/a"[..], b"q/", b"p/ab"] {
            assert!(matches!(taken(other), Err(Malformed(_))));
        }
    }

    #[test]
    fn what_ends_a_stream() {
        let malformed = take(&mut position(1), response(&[3, 2], false));
        assert!(matches!(malformed, Err(Malformed(_))));
        let malformed = take(&mut position(1), response(&[0], false));
        assert!(matches!(malformed, Err(Malformed(_))));
        // Many revisions together may be larger than the limit.
        for merge in [false, true] {
            let mut position = Position::new(1, 1000, merge);
            for i in 1..100 {
                let taken = take(&mut position, response(&[2 * i, 2 * i + 1], true));
                assert!(!shape(taken).is_empty());
            }
        }
    }

    #[test]
    fn a_revision_that_is_too_large_comes_in_parts() {
        // Each event counts as 70 bytes.
        for merge in [false, true] {
            let mut position = Position::new(5, 1000, merge);
            let parts = |taken: Result<Vec<Batch>, Malformed>| {
                let batches = taken.as_ref().unwrap().clone();
                let shape = shape(taken).into_iter().zip(batches);
                shape
                    .map(|((_, last, count), b)| (last, b.begun, count, b.more))
                    .collect::<Vec<_>>()
            };
            let history = [[5].repeat(3), [6].repeat(32), [7].repeat(2)].concat();
            let taken = take(&mut position, response(&history[..30], true));
            assert_eq!(parts(taken), [(5, 0, 3, false), (6, 0, 14, true)]);
            assert!(!position.is_whole() && !position.notice(9));
            assert_eq!((position.progress(5), position.progress(6)), (None, None));
            // The stream breaks: what was delivered is not delivered again.
            assert_eq!(position.resume(), 6);
            assert_eq!(parts(take(&mut position, response(&history[3..10], true))), []);
            let taken = take(&mut position, response(&history[10..], false));
            let batches = taken.as_ref().unwrap().clone();
            assert_eq!(parts(taken)[0], (6, 14, 14, true));
            assert_eq!(batches[1].begun, 28);
            assert_eq!((position.resume(), position.duplicates), (8, 0));
            // Back to a part that the reader had no room for.
            position.rewind(&batches[1]);
            assert_eq!(position.resume(), 6);
            let taken = take(&mut position, response(&history[3..], false));
            let rest = match merge {
                true => vec![(7, 28, 6, false)],
                false => vec![(6, 28, 4, false), (7, 0, 2, false)],
            };
            assert_eq!(parts(taken), rest);
            position.rewind(&batches[1]);
            position.resume();
            let fewer = take(&mut position, response(&[[6].repeat(28), vec![7]].concat(), false));
            assert_eq!(fewer, Err(CHANGED));
        }
    }

    #[test]
    fn what_comes_again_is_counted() {
        let mut position = Position::new(3, 1000, false);
        let message: Bytes = WatchResponse {
            events: [1, 2, 2, 3]
                .map(|mod_revision| Event {
                    kv: Some(KeyValue {
                        key: "k".into(),
                        create_revision: 1,
                        mod_revision,
                        version: 1,
                        ..Default::default()
                    }),
                    ..Default::default()
                })
                .to_vec(),
            ..Default::default()
        }
        .encode_to_vec()
        .into();
        let head = crate::wire::watch::head(&message).unwrap();
        assert_eq!(position.take(&message, &head).unwrap().len(), 1);
        assert_eq!(position.duplicates, 3);
    }
}
