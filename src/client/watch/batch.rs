//! Events on their way to a reader, in the memory that they were received in.

#![forbid(unsafe_code)]

use crate::wire::decode::{Header, KeyValue};
use crate::wire::watch::{Event, Events};
use bytes::Bytes;

/// A batch in memory, without its events.
pub(super) const BATCH_SIZE: usize = 128;

/// The events of one whole revision, of several on request, or of a part of one that is
/// too large.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Of the response that it came in; its revision may be ahead of the events.
    pub header: Header,
    /// The revision of the first event.
    pub first: i64,
    /// That of the last.
    pub revision: i64,
    pub count: usize,
    /// Events of the first revision that earlier batches had.
    pub begun: usize,
    /// The last revision goes on in the next batch.
    pub more: bool,
    /// The length of the client's key prefix, which readers do not see.
    pub(super) hidden: usize,
    /// The events as they were received.
    pub(super) part: Bytes,
    /// The later fragments of a revision.
    pub(super) fragments: Vec<Bytes>,
}

impl Batch {
    pub fn events<'a>(&'a self) -> impl Iterator<Item = Event<'a>> {
        let parts = std::iter::once(&self.part).chain(&self.fragments);
        // Each event of a batch was read once without a failure.
        let events = parts.flat_map(|part| Events::new(part)).filter_map(Result::ok);
        let without_prefix = |kv: KeyValue<'a>| KeyValue { key: &kv.key[self.hidden..], ..kv };
        events.map(move |event| Event {
            kv: without_prefix(event.kv),
            prev_kv: event.prev_kv.map(without_prefix),
            ..event
        })
    }

    pub(super) fn add(&mut self, part: Bytes) {
        match (part.is_empty(), self.part.is_empty()) {
            (true, _) => {}
            (false, true) => self.part = part,
            (false, false) => self.fragments.push(part),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.part.len() + self.fragments.iter().map(Bytes::len).sum::<usize>()
    }

    /// The memory that it takes, about.
    pub fn size(&self) -> usize {
        BATCH_SIZE + self.bytes()
    }

    /// The last revision that is complete with it.
    pub fn complete(&self) -> i64 {
        self.revision - i64::from(self.more)
    }

    /// Copies the events out of the response, which may be far larger.
    pub fn detach(&mut self) {
        for part in std::iter::once(&mut self.part).chain(&mut self.fragments) {
            *part = Bytes::copy_from_slice(part);
        }
    }
}
