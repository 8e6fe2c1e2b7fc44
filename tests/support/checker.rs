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
    /// A put with another lease than was asked for.
    WrongLease,
    Missing,
    Duplicated,
    Reordered,
    /// One revision in two deliveries.
    Split,
    /// Two revisions in one delivery, unasked.
    Merged,
    /// An event that never was.
    Invented,
    /// Outside of a watch's range, filters or start.
    Unwanted,
    /// With another value or type.
    Altered,
    /// With another create revision, version or lease.
    WrongFields,
    /// A watch event, or the reply to a write, with a wrong previous key-value pair.
    WrongPrev,
    /// A progress notice before an event that it covers.
    ProgressAhead,
    /// A progress notice that takes back what was told before.
    ProgressBehind,
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
            let Kv { key, value, revision, lease, .. } = event.kv.clone();
            let states = log.states.entry(key.clone()).or_default();
            let last = states.last();
            if last.is_some_and(|(at, _)| *at == revision) {
                continue; // a second time, of which the check of the truth as a watcher tells
            }
            let prev = last.and_then(|(_, kv)| kv.clone());
            let (create, version) = prev.as_ref().map_or((revision, 0), |p| (p.create, p.version));
            let kv = match event.deleted {
                true => Kv { key, revision, ..Kv::default() },
                false => Kv { key, value, revision, create, version: version + 1, lease },
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
            assert!(op.writes.len() < 2 || op.writes.iter().any(|(_, value)| value.is_some()));
            for (key, value) in &op.writes {
                match (value, &op.outcome) {
                    (Some(value), _) => {
                        let same = values.insert((key.as_str(), value.as_str()), i);
                        assert!(same.is_none(), "two ops write {value} to {key}");
                    }
                    (None, Outcome::Done { revision, changed: true, .. }) => {
                        deletes.insert((key.as_str(), *revision), i);
                    }
                    (None, Outcome::Maybe) if op.is_delete() => {
                        doubtful.entry(key).or_default().push(i);
                    }
                    (None, _) => {}
                }
            }
        }
        // A delete has no value: in doubt, the one that could be there first is taken, and one with a condition
        // before others, as it fits one state only. As none has a latest time, that finds a place for each event
        // if there is a way.
        for waiting in doubtful.values_mut() {
            waiting.sort_by_key(|i| (ops[*i].only_if.is_none(), bounds[*i]));
        }
        let mut places = vec![Vec::new(); ops.len()];
        let (mut strange, mut leased) = (Vec::new(), Vec::new());
        for events in self.log.events.chunk_by(|a, b| a.kv.revision == b.kv.revision) {
            let put_by = |event: &Event| match event.deleted {
                false => values.get(&(event.kv.key.as_str(), event.kv.value.as_str())).copied(),
                true => None,
            };
            for event in events {
                let (key, revision) = (event.kv.key.as_str(), event.kv.revision);
                let deletes_it = |op: &usize| ops[*op].writes.contains(&(key.to_owned(), None));
                let op = match event.deleted {
                    false => put_by(event),
                    // Of a transaction that also puts; or alone.
                    true => events.iter().filter_map(put_by).find(deletes_it).or_else(|| {
                        deletes.get(&(key, revision)).copied().or_else(|| {
                            let waiting = doubtful.get_mut(key)?;
                            let fits = |i: &usize| {
                                let seen = ops[*i].only_if.as_ref();
                                bounds[*i] < revision
                                    && seen.is_none_or(|seen| seen.holds(event.prev.as_ref()))
                            };
                            let at = waiting.iter().position(fits)?;
                            Some(waiting.remove(at))
                        })
                    }),
                };
                match op {
                    None => strange.push(event.clone()),
                    Some(op) => {
                        places[op].push(revision);
                        if !event.deleted && event.kv.lease != ops[op].lease {
                            leased.push((op, event.kv.lease));
                        }
                    }
                }
            }
        }
        strange.iter().for_each(|event| self.strange(event));
        for (op, lease) in leased {
            let op = &ops[op];
            self.found(Kind::WrongLease, format!("{op}: with {lease} instead of {}", op.lease));
        }
        places
    }

    /// An event that no op accounts for.
    fn strange(&mut self, event: &Event) {
        let mine = |op: &&Op| event.deleted && op.is_delete() && op.key == event.kv.key;
        let mut deletes: Vec<&Op> = self.history.ops.iter().filter(mine).collect();
        // Who says that it was not, or that it was not there.
        let denies = |op: &Op| match op.outcome {
            Outcome::NotApplied => true,
            Outcome::Done { revision, changed, .. } => !changed && revision == event.kv.revision,
            Outcome::Maybe => false,
        };
        deletes.sort_by_key(|op| !denies(op));
        let who = deletes.first();
        let kind = match who {
            None => Kind::Foreign,
            Some(op) if denies(op) => Kind::FalseNotApplied,
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
        let is_whole = |at: &i64| {
            // What is not there is not deleted.
            let due = op
                .writes
                .iter()
                .filter(|(key, value)| value.is_some() || self.log.state(key, at - 1).is_some());
            due.count() == places.iter().filter(|place| *place == at).count()
        };
        let torn = (!revisions.iter().all(is_whole)).then_some(Kind::Torn);
        for kind in kind.into_iter().chain(torn) {
            self.found(kind, format!("{op}: in the history at {places:?}"));
        }
    }

    /// What an op saw, and how it compared, at the revision before its writes.
    fn seen(&mut self, op: &Op, revision: i64, changed: bool) {
        let truth = self.log.state(&op.key, revision).cloned();
        if op.only_if.as_ref().is_some_and(|seen| seen.holds(truth.as_ref()) != changed) {
            self.found(Kind::WrongCompare, format!("{op}: the key was {truth:?}"));
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
        let position = |kv: &Kv| {
            let of_revision = wanted.partition_point(|it| it.kv.revision < kv.revision);
            let mut rest = wanted[of_revision..].iter();
            let same = rest.position(|it| it.kv.key == kv.key || it.kv.revision > kv.revision)?;
            let at = of_revision + same;
            (wanted[at].kv.revision == kv.revision).then_some(at)
        };
        let mut seen = vec![false; wanted.len()];
        // All before it has been told, or was told as missing.
        let mut next = 0;
        // The revision of the last event, what was promised to have been told, and the last word.
        let (mut previous, mut promised, mut end) = (0, 0, None);
        for delivery in &watcher.told {
            if let Some(end) = end {
                add(Kind::AfterEnd, format!("{delivery:?} after {end:?}"));
            }
            match delivery {
                Told::Progress(revision) => {
                    let due = |it: &&&Event| next > 0 || it.kv.revision >= watcher.due;
                    let event = wanted[next..].iter().find(due);
                    if let Some(event) = event.filter(|it| it.kv.revision <= *revision) {
                        add(Kind::ProgressAhead, format!("{revision} before {}", told(event)));
                    }
                    if *revision > self.history.revision {
                        add(Kind::ProgressAhead, format!("{revision} is beyond the last"));
                    }
                    if *revision < promised.max(previous) {
                        let before = promised.max(previous);
                        add(Kind::ProgressBehind, format!("{revision} after {before}"));
                    }
                    promised = *revision;
                }
                Told::Compacted(at) => {
                    let due = watcher.start.max(previous.max(promised) + 1);
                    if *at > watcher.compacted || *at <= due {
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
                        let Some(at) = position(&event.kv) else {
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
                    if let (Some(first), Some(last)) = (events.first(), events.last()) {
                        if first.kv.revision != last.kv.revision && !watcher.merge {
                            add(Kind::Merged, format!("{} and {}", told(first), told(last)));
                        }
                        previous = last.kv.revision;
                    }
                }
            }
        }
        let complete = match end {
            Some(_) => wanted[..next].iter().map(|it| it.kv.revision).next_back().unwrap_or(0),
            None => watcher.until,
        };
        let begun = seen.iter().position(|seen| *seen).unwrap_or(seen.len());
        for (i, event) in wanted.iter().enumerate().filter(|(i, _)| !seen[*i]) {
            let due = i > begun || event.kv.revision >= watcher.due;
            if due && event.kv.revision <= complete {
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
    let fields = |kv: &Kv| (kv.create, kv.version, kv.lease);
    compare(Kind::WrongFields, !of.fields || fields(kv) == fields(right));
    // etcd looks it up in the revision before the event's.
    let compacted = kv.revision <= of.compacted && event.prev.is_none();
    let prev = truth.prev.as_ref().filter(|_| of.prev);
    compare(Kind::WrongPrev, event.prev.as_ref() == prev || compacted);
}

fn told(event: &Event) -> String {
    let Kv { key, value, revision, .. } = &event.kv;
    match event.deleted {
        true => format!("{revision}: {key} deleted"),
        false => format!("{revision}: {key} = {value}"),
    }
}
