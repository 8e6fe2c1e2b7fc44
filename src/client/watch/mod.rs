//! Watches: every event of some keys, in order and once, whatever happens to
//! servers and connections.

#![forbid(unsafe_code)]

mod assignment;
mod batch;
mod dispatch;
mod entry;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod hub;
mod position;
mod progress;
mod resync;
mod stream;
mod task;

pub use assignment::MAX_STREAMS;
pub use batch::Batch;
pub use hub::Hub;
pub use resync::Listed;
pub use task::serve;

use super::call::Deadline;
use super::core::Core;
use super::methods::GET;
use super::namespace::Namespace;
use crate::error::{Error, Result};
use crate::status::ETCD_ERR_CLOSED;
use crate::sync::mailbox::{Mailbox, Taken};
use crate::sync::oneshot::Oneshot;
use crate::wire::decode::{Header, HEADER_ONLY};
use crate::wire::proto::watch_create_request::FilterType;
use crate::wire::proto::watch_request::RequestUnion;
use crate::wire::proto::{RangeRequest, WatchCreateRequest};
use bytes::Bytes;
use hub::{Begun, Command};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of events that wait for a reader before the watch is paused; the server keeps
/// the rest anyway. One revision may be larger.
pub const DEFAULT_BOUND: usize = 1 << 20;

/// What to watch, and how.
#[derive(Clone)]
pub struct Spec {
    pub key: Bytes,
    /// As in a range: empty for the key alone.
    pub range_end: Bytes,
    pub no_puts: bool,
    pub no_deletes: bool,
    pub prev_kv: bool,
    /// Several revisions to a batch.
    pub merge: bool,
    pub created_notify: bool,
    pub progress_notify: bool,
    /// The watch ends when no member has a leader.
    pub require_leader: bool,
    /// If history is compacted away, the current keys are delivered instead.
    pub resync: bool,
    pub bound: usize,
    /// The client's key prefix, which is cut off the keys of events.
    pub prefix: Bytes,
}

impl Spec {
    pub fn new(key: impl Into<Bytes>, range_end: impl Into<Bytes>) -> Spec {
        Spec {
            key: key.into(),
            range_end: range_end.into(),
            no_puts: false,
            no_deletes: false,
            prev_kv: false,
            merge: false,
            created_notify: false,
            progress_notify: false,
            require_leader: false,
            resync: false,
            bound: DEFAULT_BOUND,
            prefix: Bytes::new(),
        }
    }

    /// The same with the client's key prefix.
    pub fn within(self, namespace: &Namespace) -> Spec {
        Spec {
            key: namespace.key(&self.key),
            range_end: namespace.end(&self.range_end),
            prefix: namespace.prefix.clone(),
            ..self
        }
    }

    fn create(&self, start_revision: i64, fragment: bool) -> RequestUnion {
        let filters = [(self.no_puts, FilterType::Noput), (self.no_deletes, FilterType::Nodelete)];
        let filters = filters.iter().filter(|(wanted, _)| *wanted);
        RequestUnion::CreateRequest(WatchCreateRequest {
            key: self.key.clone(),
            range_end: self.range_end.clone(),
            start_revision,
            filters: filters.map(|(_, filter)| *filter as i32).collect(),
            prev_kv: self.prev_kv,
            fragment,
            // Moves an idle watch on, so that no compaction overtakes it.
            progress_notify: true,
            ..Default::default()
        })
    }
}

/// What is delivered to a reader.
pub enum Message {
    Events(Batch),
    /// The watch exists; all events after this revision follow.
    Created(Header, i64),
    /// All events up to this revision were delivered.
    Progress(Header, i64),
    /// Events are missing; these are the current keys.
    Keys(Listed),
}

/// A watch as its reader has it. It ends when it is dropped.
pub struct Watch {
    number: u64,
    hub: Arc<Hub>,
    mailbox: Arc<Mailbox<Message>>,
}

impl Watch {
    /// Begins with the events of revision `start`, or with those to come.
    pub fn open(hub: &Arc<Hub>, spec: Spec, start: Option<i64>) -> Watch {
        Watch::open_and_tell(hub, spec, start, Begun::default())
    }

    /// Begins with the events to come. The result is filled when a server has the watch.
    pub fn begin(hub: &Arc<Hub>, spec: Spec) -> (Watch, Arc<Oneshot<Result<()>>>) {
        let begun = Arc::new(Oneshot::default());
        let watch = Watch::open_and_tell(hub, spec, None, Begun(Some(begun.clone())));
        (watch, begun)
    }

    /// Fills the result of [`Watch::begin`] with an error, if it is empty after so long.
    pub fn give_up(&self, waited: Duration) {
        self.hub.send(Command::GiveUp(self.number, waited));
    }

    fn open_and_tell(hub: &Arc<Hub>, spec: Spec, start: Option<i64>, begun: Begun) -> Watch {
        let hub = hub.clone();
        let watch = hub.number();
        let ours = Arc::downgrade(&hub);
        let on_room = Arc::new(move || {
            if let Some(hub) = ours.upgrade() {
                hub.send(Command::ReaderChanged(watch));
            }
        });
        let mailbox = Arc::new(Mailbox::new(spec.bound, on_room));
        let (spec, to) = (Box::new(spec), mailbox.clone());
        hub.send(Command::Open { watch, spec, start, mailbox: to, begun });
        Watch { number: watch, hub, mailbox }
    }

    pub fn mailbox(&self) -> &Mailbox<Message> {
        &self.mailbox
    }

    /// Requests a `Progress` message, once the watch has reached the revision of the store.
    pub fn ask_for_progress(&self) {
        self.hub.send(Command::AskForProgress(self.number));
    }

    /// Waits for the next revision with events. An error is final.
    pub fn next(&self) -> Result<Batch> {
        loop {
            if let Some(batch) = events(self.mailbox.next(None))? {
                return Ok(batch);
            }
        }
    }

    /// The same for a task.
    pub async fn next_async(&self) -> Result<Batch> {
        loop {
            if let Some(batch) = events(self.mailbox.next_async().await)? {
                return Ok(batch);
            }
        }
    }
}

fn events(taken: Taken<Message>) -> Result<Option<Batch>> {
    match taken {
        Taken::Item(Message::Events(batch)) => Ok(Some(batch)),
        Taken::Item(_) | Taken::Nothing => Ok(None),
        Taken::End(error) => Err(error),
        Taken::Closed => Err(Error::new(ETCD_ERR_CLOSED, "the watch was closed")),
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.mailbox.close();
    }
}

/// A header with the store's revision, by a read that anybody who may watch the key may make.
pub async fn now(core: &Core, key: &Bytes, until: Deadline) -> Result<Header> {
    let request = RangeRequest { key: key.clone(), count_only: true, ..Default::default() };
    let reply = core.ask_raw(GET, &request, until).await?;
    Ok(HEADER_ONLY.decode(&reply, |_, _| ())?.header)
}
