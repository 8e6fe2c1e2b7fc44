//! Whether a history could have been. No search: etcd tells the order, by the revision in each reply.

use super::history::*;
use std::collections::{BTreeMap, HashMap};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Acknowledged, and not in the history.
    LostWrite,
    AppliedTwice,
    /// Said to be not applied, or not to have changed anything, and is in the history.
    FalseNotApplied,
    /// Acknowledged, and in the history at another revision.
    WrongRevision,
    /// A part of a transaction.
    Torn,
    /// In the history, and written by nobody.
    Foreign,
    /// A write before something that had returned when it was called.
    RealTime,
    /// A read of something older than its revision, or than what had returned when it was called.
    StaleRead,
    /// A read of something newer than its revision.
    FutureRead,
    /// A read of something that never was.
    WrongRead,
    /// A compare that was decided the wrong way.
    WrongCompare,
    Missing,
    Duplicated,
    Reordered,
    /// One revision in two deliveries.
    Split,
    /// An event that never was.
    Invented,
    /// Outside of a watch's range, filters or start.
    Unwanted,
    /// With another value or type.
    Altered,
    /// With another create revision or version.
    WrongFields,
    /// A watch event, or the reply to a write, with a wrong previous key-value pair.
    WrongPrev,
    /// A progress notice before an event that it covers.
    ProgressAhead,
    /// A watch that goes on after its end.
    AfterEnd,
    /// A watch that ends for no reason.
    Ended,
}

#[derive(Debug)]
pub struct Violation {
    pub kind: Kind,
    pub what: String,
}

/// The numbers of each kind and the first few of them; empty if there are none.
pub fn report(violations: &[Violation]) -> String {
    let mut kinds: BTreeMap<Kind, Vec<&str>> = BTreeMap::new();
    violations.iter().for_each(|it| kinds.entry(it.kind).or_default().push(&it.what));
    let lines = kinds.iter().map(|(kind, all)| {
        format!("{kind:?}: {}\n  {}\n", all.len(), all[..all.len().min(4)].join("\n  "))
    });
    lines.collect()
}

pub fn check(history: &History) -> Vec<Violation> {
    let mut checker = Checker { history, log: Log::new(&history.truth), found: Vec::new() };
    checker.ops();
    checker.watcher(&history.truth);
    history.watchers.iter().for_each(|watcher| checker.watcher(watcher));
    checker.found
}

/// The true history, replayed: all events with all fields, and each key's states.
struct Log {
    events: Vec<Event>,
    states: HashMap<String, Vec<(i64, Option<Kv>)>>,
}

impl Log {
    fn new(truth: &Watcher) -> Log {
        let mut told: Vec<&Event> = truth.events().collect();
        told.sort_by_key(|event| event.kv.revision);
        let mut log = Log { events: Vec::new(), states: HashMap::new() };
        for event in told {
            let Kv { key, value, revision, .. } = event.kv.clone();
            let states = log.states.entry(key.clone()).or_default();
            let last = states.last();
            if last.is_some_and(|(at, _)| *at == revision) {
                continue; // a second time, of which the check of the truth as a watcher tells
            }
            let prev = last.and_then(|(_, kv)| kv.clone());
            let (create, version) = prev.as_ref().map_or((revision, 0), |p| (p.create, p.version));
            let kv = match event.deleted {
                true => Kv { key, revision, ..Kv::default() },
                false => Kv { key, value, revision, create, version: version + 1 },
            };
            states.push((revision, (!event.deleted).then(|| kv.clone())));
            log.events.push(Event { kv, deleted: event.deleted, prev });
        }
        log
    }

    fn states(&self, key: &str) -> &[(i64, Option<Kv>)] {
        self.states.get(key).map_or(&[], |states| states)
    }

    fn state(&self, key: &str, revision: i64) -> Option<&Kv> {
        let states = self.states(key);
        let after = states.partition_point(|(at, _)| *at <= revision);
        states[..after].last()?.1.as_ref()
    }
}

struct Checker<'a> {
    history: &'a History,
    log: Log,
    found: Vec<Violation>,
}

impl Checker<'_> {
    fn found(&mut self, kind: Kind, what: String) {
        self.found.push(Violation { kind, what });
    }

    fn ops(&mut self) {
        let history = self.history;
        let bounds = bounds(&history.ops);
        let places = self.places(&bounds);
        for ((op, places), bound) in history.ops.iter().zip(places).zip(bounds) {
            self.placed(op, &places);
            let place = match op.outcome {
                Outcome::NotApplied => continue,
                Outcome::Maybe => match places.first() {
                    Some(place) => *place,
                    None => continue,
                },
                Outcome::Done { revision, .. } => revision,
            };
            let changed = op.outcome == Outcome::Maybe || op.changed();
            if !op.serializable && place < bound + i64::from(changed) {
                let kind = if changed { Kind::RealTime } else { Kind::StaleRead };
                self.found(kind, format!("{op}: at {place}, called when {bound} had returned"));
            }
            self.seen(op, place - i64::from(changed), changed);
        }
    }

    /// The revisions at which each op is in the log, once for each of its writes.
    fn places(&mut self, bounds: &[i64]) -> Vec<Vec<i64>> {
        let ops = &self.history.ops;
        let (mut values, mut deletes) = (HashMap::new(), HashMap::new());
        let mut doubtful: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, op) in ops.iter().enumerate() {
            for (key, value) in &op.writes {
                match (value, &op.outcome) {
                    (Some(value), _) => {
                        let same = values.insert((key.as_str(), value.as_str()), i);
                        assert!(same.is_none(), "two ops write {value} to {key}");
                    }
                    (None, Outcome::Done { revision, changed: true, .. }) => {
                        deletes.insert((key.as_str(), *revision), i);
                    }
                    (None, Outcome::Maybe) => doubtful.entry(key).or_default().push(i),
                    (None, _) => {}
                }
            }
        }
        // A delete has no value: in doubt, the one that could be there first is taken. As none has a
        // latest time, that finds a place for each event if there is a way.
        for waiting in doubtful.values_mut() {
            waiting.sort_by_key(|i| std::cmp::Reverse(bounds[*i]));
        }
        let mut places = vec![Vec::new(); ops.len()];
        let mut strange = Vec::new();
        for event in &self.log.events {
            let Kv { key, value, revision, .. } = &event.kv;
            let (key, revision) = (key.as_str(), *revision);
            let op = match event.deleted {
                false => values.get(&(key, value.as_str())).copied(),
                true => deletes.get(&(key, revision)).copied().or_else(|| {
                    let waiting = doubtful.get_mut(key)?;
                    waiting.pop_if(|i| bounds[*i] < revision)
                }),
            };
            match op {
                Some(op) => places[op].push(revision),
                None => strange.push(event.clone()),
            }
        }
        strange.iter().for_each(|event| self.strange(event));
        places
    }

    /// An event that no op accounts for.
    fn strange(&mut self, event: &Event) {
        let mine = |op: &&Op| event.deleted && op.is_delete() && op.key == event.kv.key;
        let mut deletes: Vec<&Op> = self.history.ops.iter().filter(mine).collect();
        deletes.sort_by_key(|op| op.outcome != Outcome::NotApplied);
        let who = deletes.first();
        let kind = match who {
            None => Kind::Foreign,
            Some(op) if op.outcome == Outcome::NotApplied => Kind::FalseNotApplied,
            Some(_) => Kind::AppliedTwice,
        };
        let who = who.map_or("nobody's".into(), |op| format!("perhaps {op}"));
        self.found(kind, format!("{}: {who}", told(event)));
    }

    fn placed(&mut self, op: &Op, places: &[i64]) {
        let mut revisions = places.to_vec();
        revisions.dedup();
        let kind = match &op.outcome {
            Outcome::Done { revision, changed: true, .. } => match &revisions[..] {
                [] => Some(Kind::LostWrite),
                [at] if at != revision => Some(Kind::WrongRevision),
                [_] => None,
                _ => Some(Kind::AppliedTwice),
            },
            Outcome::Maybe if revisions.len() > 1 => Some(Kind::AppliedTwice),
            Outcome::Maybe => None,
            _ => (!revisions.is_empty()).then_some(Kind::FalseNotApplied),
        };
        let torn = (places.len() != revisions.len() * op.writes.len()).then_some(Kind::Torn);
        for kind in kind.into_iter().chain(torn) {
            self.found(kind, format!("{op}: in the history at {places:?}"));
        }
    }

    /// What an op saw, and how it compared, at the revision before its writes.
    fn seen(&mut self, op: &Op, revision: i64, changed: bool) {
        let truth = self.log.state(&op.key, revision).cloned();
        if let Some(only_at) = op.only_at {
            let at = truth.as_ref().map_or(0, |kv| kv.revision);
            if (at == only_at) != changed {
                self.found(Kind::WrongCompare, format!("{op}: the key was at {at}"));
            }
        }
        let Outcome::Done { saw, .. } = &op.outcome else { return };
        if revision > self.history.revision {
            self.found(Kind::FutureRead, format!("{op}: the last is {}", self.history.revision));
        }
        if *saw == truth {
            return;
        }
        let states = self.log.states(&op.key);
        let is_it = |(_, state): &(i64, Option<Kv>)| state == saw;
        let after = states.partition_point(|(at, _)| *at <= revision);
        let kind = match changed {
            true => Kind::WrongPrev,
            false if saw.is_none() || states[..after].iter().any(is_it) => Kind::StaleRead,
            false if states[after..].iter().any(is_it) => Kind::FutureRead,
            false => Kind::WrongRead,
        };
        let what = format!("{op}: saw {saw:?}, at {revision} it was {truth:?}");
        self.found(kind, what);
    }

    fn watcher(&mut self, watcher: &Watcher) {
        let mut found = Vec::new();
        let mut add = |kind, what: String| {
            found.push(Violation { kind, what: format!("watcher {}: {what}", watcher.name) });
        };
        let wanted: Vec<&Event> = self.log.events.iter().filter(|it| watcher.wants(it)).collect();
        let position: HashMap<(i64, &str), usize> =
            wanted.iter().enumerate().map(|(i, it)| ((it.kv.revision, &*it.kv.key), i)).collect();
        let mut seen = vec![false; wanted.len()];
        // All before it has been told, or was told as missing.
        let mut next = 0;
        let (mut previous, mut end) = (0, None);
        for delivery in &watcher.told {
            if let Some(end) = end {
                add(Kind::AfterEnd, format!("{delivery:?} after {end:?}"));
            }
            match delivery {
                Told::Progress(revision) => {
                    if let Some(event) = wanted.get(next).filter(|it| it.kv.revision <= *revision) {
                        add(Kind::ProgressAhead, format!("{revision} before {}", told(event)));
                    }
                    if *revision > self.history.revision {
                        add(Kind::ProgressAhead, format!("{revision} is beyond the last"));
                    }
                }
                Told::Compacted(at) => {
                    let due = watcher.start.max(previous + 1);
                    if *at > self.history.compacted || *at <= due {
                        add(Kind::Ended, format!("{delivery:?} when {due} was due"));
                    }
                    end = Some(delivery);
                }
                Told::Failed(why) => {
                    add(Kind::Ended, why.clone());
                    end = Some(delivery);
                }
                Told::Events(events) => {
                    for event in events {
                        let Some(&at) = position.get(&(event.kv.revision, &*event.kv.key)) else {
                            add(self.stranger(event), told(event));
                            continue;
                        };
                        differences(event, wanted[at], watcher, &mut add);
                        if seen[at] {
                            add(Kind::Duplicated, told(event));
                        } else if at < next {
                            add(Kind::Reordered, told(event));
                        } else if event.kv.revision == previous {
                            add(Kind::Split, told(event));
                        }
                        seen[at] = true;
                        next = next.max(at + 1);
                    }
                    previous = events.last().map_or(previous, |last| last.kv.revision);
                }
            }
        }
        let complete = match end {
            Some(_) => wanted[..next].iter().map(|it| it.kv.revision).next_back().unwrap_or(0),
            None => watcher.until,
        };
        for (event, _) in wanted.iter().zip(&seen).filter(|(_, seen)| !**seen) {
            if event.kv.revision <= complete {
                add(Kind::Missing, told(event));
            }
        }
        self.found.append(&mut found);
    }

    /// An event that a watcher should not have been told.
    fn stranger(&self, event: &Event) -> Kind {
        let states = self.log.states(&event.kv.key);
        match states.binary_search_by_key(&event.kv.revision, |(at, _)| *at) {
            Ok(_) => Kind::Unwanted,
            Err(_) => Kind::Invented,
        }
    }
}

/// For each op the highest revision that had returned when it was called.
fn bounds(ops: &[Op]) -> Vec<i64> {
    let mut returned: Vec<_> =
        ops.iter().filter_map(|op| Some((op.returned, op.revision()?))).collect();
    returned.sort();
    let mut highest = 0;
    for (_, revision) in &mut returned {
        highest = highest.max(*revision);
        *revision = highest;
    }
    let before = |called| returned.partition_point(|(at, _)| *at < called);
    ops.iter().map(|op| returned[..before(op.called)].last().map_or(0, |it| it.1)).collect()
}

fn differences(event: &Event, truth: &Event, of: &Watcher, add: &mut impl FnMut(Kind, String)) {
    let (kv, right) = (&event.kv, &truth.kv);
    let mut compare = |kind, same: bool| {
        if !same {
            add(kind, format!("{event:?} instead of {truth:?}"));
        }
    };
    compare(Kind::Altered, (&kv.value, event.deleted) == (&right.value, truth.deleted));
    let same = (kv.create, kv.version) == (right.create, right.version);
    compare(Kind::WrongFields, !of.fields || same);
    compare(Kind::WrongPrev, !of.prev || event.prev == truth.prev);
}

fn told(event: &Event) -> String {
    let Kv { key, value, revision, .. } = &event.kv;
    match event.deleted {
        true => format!("{revision}: {key} deleted"),
        false => format!("{revision}: {key} = {value}"),
    }
}
