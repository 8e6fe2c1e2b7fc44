//! One watch, as the hub has it.

#![forbid(unsafe_code)]

use super::position::{Batch, Position};
use super::{Message, Spec};
use crate::observe::counters::{Counter, Counters};
use crate::sync::mailbox::Mailbox;
use crate::transport::Subchannel;
use crate::wire::decode::Header;
use std::collections::VecDeque;
use std::sync::Arc;

/// A message without events, in memory.
pub const NOTICE_SIZE: usize = 128;

pub struct Entry {
    pub spec: Box<Spec>,
    pub mailbox: Arc<Mailbox<Message>>,
    pub position: Position,
    pub place: Place,
    /// A server had it, and does no longer.
    pub broken: bool,
    /// Progress requests on its lane before it.
    pub created: u64,
    /// Its reader has asked so often how far it is, since the question was sent on.
    pub questions: u64,
    /// The reader was told that it exists, or does not want to know.
    pub announced: bool,
    /// Its reader had too much to read.
    pub slow: bool,
    /// The server is to cut answers that are large: not at once, because etcd
    /// takes time with the square of the number of events for that.
    pub fragment: bool,
    pub renewals: u32,
    /// Members that had no leader, since one had.
    pub leaderless: Vec<Arc<Subchannel>>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    /// For a lane.
    Waiting,
    Creating,
    /// Known to the server of this lane by this number.
    On(u64, i64),
    /// For the reader to make room.
    Resting,
    /// For a call that says where to begin.
    Asking,
}

impl Entry {
    pub fn had_no_leader(&mut self, member: &Arc<Subchannel>) {
        if !self.leaderless.iter().any(|other| Arc::ptr_eq(other, member)) {
            self.leaderless.push(member.clone());
        }
    }

    /// Whether none of these members had one.
    pub fn no_leader_at_all(&self, members: &[Arc<Subchannel>]) -> bool {
        members.iter().all(|one| self.leaderless.iter().any(|other| Arc::ptr_eq(other, one)))
    }

    /// Gives back what the reader has no room for.
    pub fn deliver(&self, mut batches: VecDeque<Batch>, counters: &Counters) -> VecDeque<Batch> {
        let mut taken = 0;
        let items = std::iter::from_fn(|| {
            // Asked for another one when the last was taken; counted before it can be read.
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

    /// That it has come to a revision at least; not to a reader who has enough to
    /// read: a later notice says more.
    pub fn tell_progress(&mut self, header: Header) -> bool {
        let Some(revision) = self.position.progress(header.revision) else { return false };
        let message = Message::Progress(header, revision);
        self.mailbox.push([(message, NOTICE_SIZE)]).is_none()
    }
}
