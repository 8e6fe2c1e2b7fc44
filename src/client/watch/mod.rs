//! Watches: every event of some keys, in order and once, whatever happens to
//! servers and connections.

#![forbid(unsafe_code)]

mod feed;
mod position;

pub use feed::Feed;
pub use position::Batch;

use super::call::Effect;
use super::server::{Core, Deadline, Method};
use super::{closed, Client};
use crate::error::{Error, Result};
use crate::status::ETCD_ERR_INTERNAL;
use crate::wire::proto::{RangeRequest, RangeResponse};
use bytes::Bytes;
use prost::Message;
use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex};
use tokio::sync::Notify;

/// Bytes of events that wait for a reader before a watch lets the server keep
/// them, which it does anyway. One revision may be larger.
const MOST_WAITING: usize = 1 << 20;

/// What a watch is for.
#[derive(Clone)]
pub struct Spec {
    pub key: Bytes,
    /// As in a range: empty for the key alone.
    pub range_end: Bytes,
    pub deletes_only: bool,
}

/// A watch that goes on between its reader's visits; ends when it is dropped.
pub struct Watch(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    filled: Condvar,
    /// Tells the pump that there is room again, or no reader.
    changed: Notify,
}

#[derive(Default)]
struct State {
    batches: VecDeque<Batch>,
    bytes: usize,
    /// What the reader gets after the last batch.
    end: Option<Error>,
    abandoned: bool,
}

impl Client {
    /// Begins with the events of revision `start`, or with those to come.
    pub fn watch(&self, spec: Spec, start: Option<i64>) -> Watch {
        let shared = Arc::new(Shared::default());
        let mut pump = Pump { core: self.core.clone(), shared: shared.clone() };
        self.spawn(async move {
            let Err(error) = pump.run(spec, start).await else { return };
            pump.end(error);
        });
        Watch(shared)
    }
}

impl Watch {
    /// Waits for the next revision with events. An error is final.
    pub fn next(&self) -> Result<Batch> {
        let mut state = self.0.state.lock().unwrap();
        loop {
            if let Some(batch) = state.batches.pop_front() {
                state.bytes -= size(&batch);
                drop(state);
                self.0.changed.notify_one();
                return Ok(batch);
            }
            match &state.end {
                Some(error) => return Err(error.clone()),
                None => state = self.0.filled.wait(state).unwrap(),
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.state.lock().unwrap().abandoned = true;
        self.0.changed.notify_one();
    }
}

fn size(batch: &Batch) -> usize {
    batch.events.iter().map(Message::encoded_len).sum()
}

/// The writing end; tells the reader even if it is dropped half way.
struct Pump {
    core: Arc<Core>,
    shared: Arc<Shared>,
}

impl Pump {
    /// Ends well only when there is no reader left.
    async fn run(&mut self, spec: Spec, start: Option<i64>) -> Result<()> {
        let start = match start {
            Some(start) => start,
            None => now(&self.core, &spec.key).await? + 1,
        };
        let mut feed = Feed::new(self.core.clone(), spec, start);
        loop {
            tokio::select! {
                batches = feed.next() => self.push(batches?),
                () = self.shared.changed.notified() => {}
            }
            while !self.has_room() {
                if self.shared.state.lock().unwrap().abandoned {
                    return Ok(());
                }
                feed.rest();
                self.shared.changed.notified().await;
            }
        }
    }

    fn push(&self, batches: Vec<Batch>) {
        let mut state = self.shared.state.lock().unwrap();
        state.bytes += batches.iter().map(size).sum::<usize>();
        state.batches.extend(batches);
        self.shared.filled.notify_one();
    }

    fn has_room(&self) -> bool {
        let state = self.shared.state.lock().unwrap();
        !state.abandoned && state.bytes < MOST_WAITING
    }

    fn end(&self, error: Error) {
        self.shared.state.lock().unwrap().end.get_or_insert(error);
        self.shared.filled.notify_all();
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.end(match self.core.closed.load(Relaxed) {
            true => closed(),
            false => Error::new(ETCD_ERR_INTERNAL, "a defect in the library ended the watch"),
        });
    }
}

/// The revision that the store has come to, asked in a way that whoever may
/// watch the key may ask.
pub async fn now(core: &Core, key: &Bytes) -> Result<i64> {
    let range = Method { path: "/etcdserverpb.KV/Range", effect: Effect::Read };
    let request = RangeRequest { key: key.clone(), count_only: true, ..Default::default() };
    let reply: RangeResponse = core.ask(range, &request, Deadline::NEVER).await?;
    Ok(reply.header.unwrap_or_default().revision)
}
