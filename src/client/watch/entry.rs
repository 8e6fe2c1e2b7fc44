//! The state of one watch in the task that serves it.

#![forbid(unsafe_code)]

use super::batch::Batch;
use super::hub::Begun;
use super::position::Position;
use super::{Message, Spec};
use crate::client::leaderless::Leaderless;
use crate::error::Error;
use crate::observe::counters::{Counter, Counters};
use crate::sync::mailbox::Mailbox;
use crate::wire::decode::Header;
use crate::wire::watch::Head;
use std::collections::VecDeque;
use std::sync::Arc;

/// A message without events, in memory.
pub const NOTICE_SIZE: usize = 128;

pub struct Entry {
    pub spec: Box<Spec>,
    pub mailbox: Arc<Mailbox<Message>>,
    pub position: Position,
    pub assignment: Assignment,
    /// A server had it, and has it no longer.
    pub broken: bool,
    /// Progress requests that were sent on its stream before it.
    pub created: u64,
    /// How often its reader asked for progress since the store was asked for its revision.
    pub questions: u64,
    /// Whom to tell that a server has it.
    pub begun: Begun,
    /// `Created` was delivered, or is not wanted.
    pub announced: bool,
    /// Its reader had no room.
    pub slow: bool,
    /// What was received before it was paused.
    pub kept: VecDeque<Batch>,
    /// The server fragments large responses. Not from the beginning: etcd takes quadratic
    /// time for that.
    pub fragment: bool,
    pub previous: Previous,
    pub renewals: u32,
    /// Since the watch was last created.
    pub leaderless: Leaderless,
}

/// Whether the events of a watch come with the pairs that they changed, if it wants them.
#[derive(Clone, Copy, PartialEq)]
pub enum Previous {
    /// etcd (3.4 to 3.7) may leave them out while it creates the watch.
    Unsure,
    /// They were left out: the watch is created again.
    Missed,
    /// What is left out now, the server does not have.
    Sure,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Assignment {
    /// Waits for a stream.
    Waiting,
    /// Requested on a stream, not yet confirmed.
    Creating,
    /// On this stream, with this watch id of the server.
    On(u64, i64),
    /// Until the reader makes room.
    Paused,
    /// For a call that finds where to begin.
    Asking,
}

impl Entry {
    /// The reader gets this after all that was delivered.
    pub fn end(&mut self, error: Error) {
        self.begun.report(Err(error.clone()));
        self.mailbox.end(error);
    }

    /// Whether a response has to be asked for again, since it lacks the pairs before.
    pub fn lacks_previous(&mut self, message: &[u8], head: &Head<'_>) -> bool {
        if !self.spec.prev_kv || self.previous == Previous::Sure {
            return false;
        }
        let Some(has) = self.position.has_previous(message, head) else { return false };
        let again = !has && self.previous == Previous::Unsure;
        self.previous = if again { Previous::Missed } else { Previous::Sure };
        again
    }

    /// Returns the batches that the reader has no room for.
    pub fn deliver(&self, mut batches: VecDeque<Batch>, counters: &Counters) -> VecDeque<Batch> {
        let mut taken = 0;
        let items = std::iter::from_fn(|| {
            // The mailbox asks for the next one when it has taken the last: counted before
            // it can be read.
            counters.add(Counter::WatchEvents, std::mem::take(&mut taken));
            let batch = batches.pop_front()?;
            taken = batch.count as u64;
            let size = batch.size();
            Some((Message::Events(batch), size))
        });
        if let Some(Message::Events(refused)) = self.mailbox.push(items) {
            batches.push_front(refused);
        }
        batches
    }

    /// Delivers what was kept. False if some is left.
    pub fn deliver_kept(&mut self, counters: &Counters) -> bool {
        let kept = std::mem::take(&mut self.kept);
        self.kept = self.deliver(kept, counters);
        self.kept.is_empty()
    }

    pub fn kept_bytes(&self) -> usize {
        self.kept.iter().map(Batch::size).sum()
    }

    /// Reports that the watch has reached a revision. False if it has not, or if the reader has
    /// no room: a later report says more.
    pub fn report_progress(&mut self, header: Header) -> bool {
        if !self.kept.is_empty() {
            return false;
        }
        let Some(revision) = self.position.progress(header.revision) else { return false };
        let message = Message::Progress(header, revision);
        self.mailbox.push([(message, NOTICE_SIZE)]).is_none()
    }
}
