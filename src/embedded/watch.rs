//! Watches: positions in the log, from which a stream reads on when it is asked for a
//! response. A write only notifies streams that something has changed, and a watch that
//! is not read costs nothing.
//!
//! The watchers of a stream share one position. Those that begin before it, in the past,
//! are behind: each has its own until it has caught up.

#![forbid(unsafe_code)]

use super::engine::Engine;
use super::fragment::fragments;
use super::interest::Interest;
use super::span::Span;
use super::store::{Change, State, Version};
use crate::status::{self, ETCD_ERR_COMPACTED};
use crate::wire::proto::event::EventType;
use crate::wire::proto::watch_create_request::FilterType;
use crate::wire::proto::watch_request::RequestUnion;
use crate::wire::proto::{Event, KeyValue, WatchCreateRequest, WatchRequest, WatchResponse};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;

/// How much is read under one lock.
const CHANGES: usize = 256;
const BYTES: usize = 1 << 20;
/// The interval of progress responses to a watch that asked for them.
const PROGRESS: Duration = Duration::from_secs(600);
/// The id in responses to no watch, or to all of a stream.
const NO_WATCH: i64 = -1;

pub struct WatchStream {
    engine: Arc<Engine>,
    watchers: BTreeMap<i64, Watcher>,
    interest: Interest,
    /// All revisions before this one were delivered to all that are not behind.
    next: i64,
    /// Watchers whose own position is before the shared one.
    behind: BTreeSet<i64>,
    /// Watchers that asked for progress responses.
    notified: usize,
    next_id: i64,
    ready: VecDeque<WatchResponse>,
    /// A progress request waits to be answered, until all watchers have caught up.
    progress_asked: bool,
    progress_due: Duration,
}

struct Watcher {
    key: Bytes,
    range_end: Bytes,
    /// The first revision it wants. While it is behind: all before were delivered.
    next: i64,
    puts: bool,
    deletes: bool,
    prev_kv: bool,
    fragment: bool,
    progress_notify: bool,
    /// Nothing was delivered since the last progress response was due.
    idle: bool,
}

impl Watcher {
    /// Of a change of its keys.
    fn wants(&self, change: &Change) -> bool {
        let kind = if change.is_put { self.puts } else { self.deletes };
        kind && self.next <= change.modified
    }
}

/// Of a change that has put this version, or none.
fn event(state: &State, change: &Change, put: Option<&Version>, with_previous: bool) -> Event {
    let Change { key, modified, .. } = change;
    let created = put.is_some_and(|version| version.created == *modified);
    let before = modified - 1;
    // As in etcd: none if the revision before is compacted.
    let previous = (with_previous && !created && before >= state.compacted)
        .then(|| state.get(key, before))
        .flatten();
    let (kind, kv) = match put {
        Some(version) => (EventType::Put, version.key_value(key)),
        None => (
            EventType::Delete,
            KeyValue { key: key.clone(), mod_revision: *modified, ..KeyValue::default() },
        ),
    };
    Event {
        r#type: kind as i32,
        kv: Some(kv),
        prev_kv: previous.map(|(key, version)| version.key_value(key)),
    }
}

impl WatchStream {
    /// One bidirectional Watch stream.
    pub fn open(engine: &Arc<Engine>) -> WatchStream {
        engine.streams.fetch_add(1, Relaxed);
        let progress_due = engine.clock().now().saturating_add(PROGRESS);
        WatchStream {
            engine: engine.clone(),
            watchers: BTreeMap::new(),
            interest: Interest::default(),
            next: 0,
            behind: BTreeSet::new(),
            notified: 0,
            next_id: 0,
            ready: VecDeque::new(),
            progress_asked: false,
            progress_due,
        }
    }

    /// A create, cancel or progress request.
    pub fn send(&mut self, request: WatchRequest) {
        match request.request_union {
            Some(RequestUnion::CreateRequest(request)) => self.create(request),
            Some(RequestUnion::CancelRequest(request)) => self.cancel(request.watch_id),
            // Without a watch there is no answer.
            Some(RequestUnion::ProgressRequest(_)) => {
                self.progress_asked = !self.watchers.is_empty();
            }
            None => {}
        }
    }

    fn create(&mut self, request: WatchCreateRequest) {
        let revision = self.engine.read(|state| state.revision);
        let created = WatchResponse {
            header: self.engine.header(revision),
            created: true,
            ..WatchResponse::default()
        };
        let response = match self.admit(request, revision) {
            Ok(watch_id) => WatchResponse { watch_id, ..created },
            Err(why) => WatchResponse {
                watch_id: NO_WATCH,
                canceled: true,
                cancel_reason: why.to_owned(),
                ..created
            },
        };
        self.ready.push_back(response);
    }

    fn admit(&mut self, request: WatchCreateRequest, revision: i64) -> Result<i64, &'static str> {
        // An empty key stands for the smallest one.
        let key = if request.key.is_empty() { Bytes::from_static(b"\0") } else { request.key };
        if request.start_revision < 0 {
            let text = status::find(ETCD_ERR_COMPACTED).map_or("", |status| status.text);
            return Err(text.trim_end_matches('\0'));
        }
        if Span::new(&key, &request.range_end).is_empty() {
            return Err("mvcc: watcher range is empty");
        }
        if request.watch_id != 0 && self.watchers.contains_key(&request.watch_id) {
            return Err("mvcc: duplicate watch ID provided on the WatchStream");
        }
        let id = if request.watch_id == 0 { self.free_id() } else { request.watch_id };
        let next = match request.start_revision {
            0 => revision + 1,
            start => start,
        };
        let is_let_through = |kind: FilterType| !request.filters.contains(&(kind as i32));
        let watcher = Watcher {
            next,
            puts: is_let_through(FilterType::Noput),
            deletes: is_let_through(FilterType::Nodelete),
            prev_kv: request.prev_kv,
            fragment: request.fragment,
            progress_notify: request.progress_notify,
            idle: true,
            key,
            range_end: request.range_end,
        };
        if self.watchers.is_empty() {
            self.next = next.min(revision + 1);
        }
        if next < self.next {
            self.behind.insert(id);
        }
        self.notified += usize::from(watcher.progress_notify);
        self.interest.add(id, &watcher.key, &watcher.range_end);
        self.watchers.insert(id, watcher);
        Ok(id)
    }

    fn remove(&mut self, id: i64) -> bool {
        let Some(watcher) = self.watchers.remove(&id) else { return false };
        self.behind.remove(&id);
        self.notified -= usize::from(watcher.progress_notify);
        self.interest.remove(id, &watcher.key, &watcher.range_end);
        true
    }

    /// All revisions before this one were delivered, or are not wanted.
    fn position(&self, id: i64, watcher: &Watcher) -> i64 {
        match self.behind.contains(&id) {
            true => watcher.next,
            false => watcher.next.max(self.next),
        }
    }

    fn free_id(&mut self) -> i64 {
        while self.watchers.contains_key(&self.next_id) {
            self.next_id += 1;
        }
        self.next_id += 1;
        self.next_id - 1
    }

    fn cancel(&mut self, watch_id: i64) {
        if self.remove(watch_id) {
            let revision = self.engine.read(|state| state.revision);
            self.ready.push_back(WatchResponse {
                header: self.engine.header(revision),
                watch_id,
                canceled: true,
                ..WatchResponse::default()
            });
        }
    }

    /// The next response. The future may be dropped and called again: nothing is lost.
    pub async fn next(&mut self) -> WatchResponse {
        let engine = self.engine.clone();
        loop {
            // Registered before the check, so that no change is missed.
            let changed = engine.changed.notified();
            if let Some(response) = self.ready.pop_front() {
                return response;
            }
            let caught_up = self.catch_up();
            if !self.ready.is_empty() {
                continue;
            }
            if !caught_up {
                // A long log must not keep other tasks waiting.
                tokio::task::yield_now().await;
                continue;
            }
            match self.notified {
                0 => changed.await,
                _ => tokio::select! {
                    () = changed => {}
                    () = engine.clock().sleep_until(self.progress_due) => self.tell_progress(),
                },
            }
        }
    }

    /// Reads on for those who are behind, and for all others. True if there was nothing
    /// to read.
    fn catch_up(&mut self) -> bool {
        if self.watchers.is_empty() {
            return true;
        }
        let hindmost = self.behind.iter().map(|id| self.watchers[id].next).min();
        let caught_up = hindmost.is_none();
        if let Some(hindmost) = hindmost {
            self.read_stretch(hindmost, true);
        }
        let end = self.read_stretch(self.next, false);
        match end.filter(|_| caught_up) {
            None => false,
            Some(revision) => {
                if std::mem::take(&mut self.progress_asked) {
                    self.ready.push_back(progress(&self.engine, NO_WATCH, revision));
                }
                true
            }
        }
    }

    /// Reads the log at once for all who are behind, or for all who are not, from the
    /// position of the last one to the end of some revision. Returns the current revision
    /// if there was nothing to read.
    fn read_stretch(&mut self, from: i64, behind: bool) -> Option<i64> {
        let engine = self.engine.clone();
        let mut stretch = Stretch { behind, revision: from, read: 0, events: BTreeMap::new() };
        loop {
            match engine.read(|state| self.read_on(state, &mut stretch)) {
                Reading::Within => {}
                Reading::Until(revision) => {
                    self.deliver(stretch, revision);
                    return None;
                }
                Reading::Compacted(revision) => {
                    self.end_compacted(revision);
                    return None;
                }
                Reading::Nothing(revision) => {
                    self.deliver(stretch, revision);
                    return Some(revision);
                }
            }
        }
    }

    /// Collects a bounded number of changes for the watchers that want them.
    fn read_on(&self, state: &State, stretch: &mut Stretch) -> Reading {
        if stretch.revision < state.compacted {
            return Reading::Compacted(state.compacted);
        }
        let mut changes = state.changes(stretch.revision, stretch.read);
        let (mut count, mut bytes) = (0, 0);
        let following = loop {
            let Some(change) = changes.next() else { break None };
            if count == CHANGES || bytes >= BYTES {
                break Some(change.modified);
            }
            if change.modified > stretch.revision {
                (stretch.revision, stretch.read) = (change.modified, 0);
            }
            stretch.read += 1;
            count += 1;
            let mut ids = self.interest.of(&change.key).peekable();
            let put = ids.peek().and_then(|_| state.put_by(change));
            for id in ids {
                let watcher = &self.watchers[&id];
                if watcher.wants(change) && self.behind.contains(&id) == stretch.behind {
                    let event = event(state, change, put, watcher.prev_kv);
                    bytes += event.kv.as_ref().map_or(0, |kv| kv.key.len() + kv.value.len());
                    stretch.events.entry(id).or_default().push(event);
                }
            }
        };
        match following {
            None if count == 0 => Reading::Nothing(state.revision),
            Some(revision) if revision == stretch.revision => Reading::Within,
            _ => Reading::Until(stretch.revision),
        }
    }

    /// Delivers the collected events, when no revision is read in part.
    fn deliver(&mut self, stretch: Stretch, revision: i64) {
        for (watch_id, events) in stretch.events {
            let Some(watcher) = self.watchers.get_mut(&watch_id) else { continue };
            watcher.idle = false;
            let header = self.engine.header(revision);
            let response = WatchResponse { header, watch_id, events, ..WatchResponse::default() };
            match watcher.fragment {
                true => self.ready.extend(fragments(response)),
                false => self.ready.push_back(response),
            }
        }
        if !stretch.behind {
            self.next = self.next.max(revision + 1);
            return;
        }
        let watchers = &mut self.watchers;
        self.behind.retain(|id| {
            let Some(watcher) = watchers.get_mut(id) else { return false };
            watcher.next = watcher.next.max(revision + 1);
            watcher.next < self.next
        });
    }

    /// Ends the watchers whose position in the log is compacted.
    fn end_compacted(&mut self, compacted: i64) {
        let watchers = self.watchers.iter();
        let ended = watchers.filter(|(id, watcher)| self.position(**id, watcher) < compacted);
        for watch_id in ended.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.remove(watch_id);
            self.ready.push_back(WatchResponse {
                // etcd names no revision here.
                header: self.engine.header(0),
                watch_id,
                canceled: true,
                compact_revision: compacted,
                ..WatchResponse::default()
            });
        }
        self.next = self.next.max(compacted);
    }

    fn tell_progress(&mut self) {
        let engine = &self.engine;
        self.progress_due = engine.clock().now().saturating_add(PROGRESS);
        let revision = engine.read(|state| state.revision);
        for (id, watcher) in self.watchers.iter_mut().filter(|(_, w)| w.progress_notify) {
            let has_all = self.next > revision && !self.behind.contains(id);
            if watcher.idle && has_all {
                self.ready.push_back(progress(engine, *id, revision));
            }
            watcher.idle = true;
        }
    }
}

/// A response that says that all revisions up to this one were delivered.
fn progress(engine: &Engine, watch_id: i64, revision: i64) -> WatchResponse {
    WatchResponse { header: engine.header(revision), watch_id, ..WatchResponse::default() }
}

/// What is read of the log at once.
struct Stretch {
    /// For the watchers that are behind, rather than for all others.
    behind: bool,
    /// The position: a revision, and how many of its changes were read.
    revision: i64,
    read: usize,
    /// What each watcher gets.
    events: BTreeMap<i64, Vec<Event>>,
}

enum Reading {
    /// The same revision has more changes.
    Within,
    /// All changes up to and including this revision were read.
    Until(i64),
    /// The position is compacted: the log begins here.
    Compacted(i64),
    /// There is nothing after this revision.
    Nothing(i64),
}

impl Drop for WatchStream {
    fn drop(&mut self) {
        self.engine.streams.fetch_sub(1, Relaxed);
    }
}
