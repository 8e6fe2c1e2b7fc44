//! Watchers that write down what they are told, for the checker.

use super::ffi::{timeout, Client, Queue, Result};
use super::history::{Event, Kv, Told, Watcher};
use super::proxy::Rng;
use super::recorder::{kv, now};
use super::session::Session;
use super::watch::{self, batch_of, dispatched_by, next_of, Watch, WatchOptions};
use etcd::capi::options::*;
use etcd::capi::watch::*;
use etcd::status::*;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

const LIMIT_US: u64 = 60_000_000;

/// The revision that watchers have to come to, as soon as it is known; then within a minute.
pub struct Goal {
    revision: AtomicI64,
    limit: AtomicU64,
}

impl Goal {
    pub fn unknown() -> Goal {
        Goal { revision: AtomicI64::new(i64::MAX), limit: AtomicU64::new(u64::MAX) }
    }

    pub fn at(revision: i64) -> Goal {
        let goal = Goal::unknown();
        goal.set(revision);
        goal
    }

    pub fn set(&self, revision: i64) {
        self.limit.store(now() + LIMIT_US, SeqCst);
        self.revision.store(revision, SeqCst);
    }

    pub fn revision(&self) -> i64 {
        self.revision.load(SeqCst)
    }

    fn is_late(&self) -> bool {
        now() > self.limit.load(SeqCst)
    }
}

/// What one watches, and how it reads.
#[derive(Clone, Copy)]
pub struct Plan {
    pub name: &'static str,
    pub key: &'static str,
    /// Empty for the key alone, or with ETCD_PREFIX.
    pub range_end: &'static str,
    pub flags: u32,
    pub max_bytes: u32,
    /// From now on, whatever start it is given.
    pub from_now: bool,
    /// In every way that a queue can be read.
    pub queued: bool,
    /// Is closed now and then, and opened where it was.
    pub reopens: bool,
    /// Does not read for some hundred ms now and then.
    pub pauses: bool,
    /// Asks for progress, and after its last event too.
    pub asks: bool,
}

pub const ALL: Plan = Plan {
    name: "all",
    key: "",
    range_end: "",
    flags: ETCD_PREFIX,
    max_bytes: 0,
    from_now: false,
    queued: false,
    reopens: false,
    pauses: false,
    asks: false,
};

impl Plan {
    /// The same as the checker wants it.
    fn watcher(&self, start: i64) -> Watcher {
        let has = |flag| self.flags & flag != 0;
        let to = match self.key.strip_suffix('/') {
            Some(name) if has(ETCD_PREFIX) => format!("{name}0"),
            _ if self.range_end.is_empty() => format!("{}\0", self.key),
            _ => self.range_end.to_owned(),
        };
        Watcher {
            puts: !has(ETCD_WATCH_NO_PUT),
            deletes: !has(ETCD_WATCH_NO_DELETE),
            prev: has(ETCD_PREV_KV),
            merge: has(ETCD_WATCH_MERGE),
            ..Watcher::new(self.name, self.key, &to, start)
        }
    }

    fn open(&self, client: &Client, queue: &Queue, start: i64, tag: usize) -> Result<Watch> {
        let (key, range_end) = (self.key.as_bytes(), self.range_end.as_bytes());
        let (flags, max_bytes) = (self.flags, self.max_bytes);
        let options = WatchOptions { range_end, start, flags, max_bytes, timeout_ms: 30_000 };
        match self.queued {
            true => Watch::on(queue, client, key, options, tag),
            false => Watch::open(client, key, options),
        }
    }
}

/// What is there within 50 ms.
fn read(
    watch: &Watch,
    queue: Option<&Queue>,
    tag: usize,
    rng: &mut Rng,
) -> Vec<Result<watch::Told>> {
    const WAIT_MS: i32 = 50;
    let Some(queue) = queue else { return watch.next(WAIT_MS).transpose().into_iter().collect() };
    let tagged = match rng.below(3) {
        0 => next_of(queue, WAIT_MS).into_iter().collect(),
        1 => batch_of(queue, WAIT_MS),
        _ => dispatched_by(queue, WAIT_MS),
    };
    let ours = |(whose, told)| {
        assert_eq!(whose, tag, "a watch that is closed goes on");
        told
    };
    tagged.into_iter().map(ours).collect()
}

fn event(change: &watch::Change) -> Event {
    let prev = change.prev_kv.as_ref().map(kv);
    Event { kv: kv(&change.kv), deleted: change.deleted, prev }
}

/// Watches by a plan from a revision on until the goal is told to have been reached.
pub fn watch(client: &Client, plan: &Plan, start: i64, goal: &Goal, seed: u64) -> Watcher {
    let (mut rng, queue) = (Rng::new(seed), Queue::new());
    let revision = || client.get(b"now", timeout(30_000));
    let mut log = plan.watcher(start);
    let mut tag = 1;
    let mut watch = if plan.from_now {
        log.start = revision().unwrap().revision + 1;
        let watch = plan.open(client, &queue, 0, tag);
        log.due = revision().unwrap().revision + 1;
        watch
    } else {
        plan.open(client, &queue, start, tag)
    }
    .unwrap();
    let mut last = log.start - 1;
    // Of those on a queue: the last that has begun.
    let mut begun = 0;
    let mut asked = now();
    loop {
        log.until = goal.revision();
        if last >= log.until {
            return log;
        }
        if goal.is_late() {
            let why = format!("was not told of {} in time, but of {last}", log.until);
            log.told.push(Told::Failed(why));
            return log;
        }
        if plan.pauses && rng.below(50) == 0 {
            std::thread::sleep(Duration::from_millis(100 + rng.below(400)));
        }
        if plan.reopens && last >= log.start && rng.below(30) == 0 {
            drop(watch);
            tag += 1;
            watch = plan.open(client, &queue, last + 1, tag).unwrap();
        }
        if plan.asks && now() > asked + 50_000 {
            watch.ask_for_progress();
            asked = now();
        }
        for response in read(&watch, plan.queued.then_some(&queue), tag, &mut rng) {
            match response {
                Ok(told) if plan.queued && begun < tag => {
                    begun = tag;
                    if told.kind != ETCD_WATCH_RESPONSE_CREATED {
                        log.told.push(Told::Failed(format!("before its beginning: {told:?}")));
                    }
                }
                Ok(told) if told.kind == ETCD_WATCH_RESPONSE_EVENTS => {
                    let events: Vec<_> = told.events.iter().map(event).collect();
                    last = events.last().map_or(0, |event| event.kv.revision);
                    log.told.push(Told::Events(events));
                    if last != told.revision {
                        let why = format!("events through {last} told as {}", told.revision);
                        log.told.push(Told::Failed(why));
                    }
                }
                Ok(told) if told.kind == ETCD_WATCH_RESPONSE_PROGRESS => {
                    last = last.max(told.revision);
                    log.told.push(Told::Progress(told.revision));
                }
                Ok(told) => log.told.push(Told::Failed(format!("{told:?}"))),
                Err(end) if end.status == ETCD_ERR_COMPACTED => {
                    log.told.push(Told::Compacted(end.revision));
                    return log;
                }
                Err(end) => {
                    log.told.push(Told::Failed(format!("{end:?}")));
                    return log;
                }
            }
        }
    }
}

/// Watches a prefix that ends with '/', or one key, from a revision on and through another by the classic calls.
/// They give one event each, and only key, value and index, so a revision counts as one delivery.
pub fn watch_classic(session: &Session, keys: &str, start: i64, goal: &Goal) -> Watcher {
    let to = match keys.strip_suffix('/') {
        Some(name) => format!("{name}0"),
        None => format!("{keys}/0"),
    };
    let name = format!("of {keys} from {start}");
    let watcher = Watcher::new(&name, keys, &to, start);
    let mut watcher = Watcher { prev: false, fields: false, ..watcher };
    let mut last = start - 1;
    loop {
        watcher.until = goal.revision();
        if last >= watcher.until {
            return watcher;
        }
        match session.watch(keys, Some(last as i32 + 1)) {
            Ok((index, key, value)) => {
                let (deleted, revision) = (value.is_none(), i64::from(index));
                let value = value.unwrap_or_default();
                let kv = Kv { key, value, revision, ..Kv::default() };
                let event = Event { kv, deleted, prev: None };
                match watcher.told.last_mut() {
                    Some(Told::Events(events)) if last == revision => events.push(event),
                    _ => watcher.told.push(Told::Events(vec![event])),
                }
                last = revision;
            }
            Err(failed) => {
                watcher.told.push(Told::Failed(format!("{failed}: {:?}", session.last_error())));
                return watcher;
            }
        }
    }
}
