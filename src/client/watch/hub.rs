//! Where readers hand in commands for the task that serves a client's watches.

#![forbid(unsafe_code)]

use super::{Message, Spec};
use crate::client::call::closed;
use crate::error::Result;
use crate::sync::mailbox::Mailbox;
use crate::sync::oneshot::Oneshot;
use crate::sync::IgnorePoison;
use crate::wire::decode::Header;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// Commands that are executed in one turn.
const MAX_TAKEN: usize = 256;

#[derive(Default)]
pub struct Hub {
    inbox: Mutex<Inbox>,
    pub(super) changed: Notify,
    watches: AtomicU64,
}

#[derive(Default)]
struct Inbox {
    commands: VecDeque<Command>,
    /// The task has ended.
    closed: bool,
}

/// Tells whoever opens a watch, if it waits, that the watch has begun, or why it has not.
#[derive(Default)]
pub struct Begun(pub Option<Arc<Oneshot<Result<()>>>>);

impl Begun {
    pub fn report(&mut self, result: Result<()>) {
        if let Some(slot) = self.0.take() {
            slot.fill(result);
        }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.report(Err(closed()));
    }
}

pub enum Command {
    Open {
        watch: u64,
        spec: Box<Spec>,
        start: Option<i64>,
        mailbox: Arc<Mailbox<Message>>,
        begun: Begun,
    },
    /// Whoever opened the watch has waited for its beginning for so long, and waits no more.
    GiveUp(u64, Duration),
    /// The reader has made room, or has closed the watch.
    ReaderChanged(u64),
    AskForProgress(u64),
    /// The store's revision, for a reader that asked for progress.
    Revision(u64, Result<Header>),
    /// The revision from which a watch begins or goes on.
    Start(u64, Result<i64>),
    /// The store's revision, for a watch that had come to this one before.
    StoreChecked(u64, i64, Result<Header>),
    /// A new token was requested.
    TokenRenewed(Result<()>),
    /// Whether the server of a stream answers progress requests exactly.
    Exact(u64, Option<bool>),
}

impl Hub {
    /// The number of a new watch.
    pub fn number(&self) -> u64 {
        self.watches.fetch_add(1, Relaxed)
    }

    pub fn send(&self, command: Command) {
        let mut inbox = self.inbox.lock().ignore_poison();
        if !inbox.closed {
            inbox.commands.push_back(command);
            drop(inbox);
            return self.changed.notify_one();
        }
        drop(inbox);
        if let Command::Open { mailbox, .. } = command {
            mailbox.end(closed());
        }
    }

    /// Some commands: a great many must not keep other tasks waiting.
    pub(super) fn take(&self) -> Vec<Command> {
        let mut inbox = self.inbox.lock().ignore_poison();
        let count = inbox.commands.len().min(MAX_TAKEN);
        let taken = inbox.commands.drain(..count).collect();
        if !inbox.commands.is_empty() {
            self.changed.notify_one();
        }
        taken
    }

    /// Takes no more commands. Returns those that nobody has taken.
    pub(super) fn close(&self) -> VecDeque<Command> {
        let mut inbox = self.inbox.lock().ignore_poison();
        inbox.closed = true;
        std::mem::take(&mut inbox.commands)
    }
}
