//! The checker of histories itself: it takes right ones for right, and finds what is wrong with doctored ones.

mod support;

use std::collections::BTreeMap;
use support::checker::{check, report, Kind};
use support::history::*;
use support::proxy::Rng;
use support::{scaled, seed};

/// One key after another, as etcd numbers them.
struct Store {
    /// By revision.
    past: Vec<BTreeMap<String, Kv>>,
    log: Vec<Event>,
}

impl Store {
    fn revision(&self) -> i64 {
        self.past.len() as i64 - 1
    }

    fn at(&self, key: &str, revision: i64) -> Option<Kv> {
        self.past[revision as usize].get(key).cloned()
    }

    fn serve(&mut self, op: &Op, rng: &mut Rng) -> Outcome {
        let behind = if op.serializable { rng.below(3) as i64 } else { 0 };
        let mut revision = (self.revision() - behind).max(1);
        let saw = self.at(&op.key, revision);
        let holds = op.only_at.is_none_or(|at| at == saw.as_ref().map_or(0, |kv| kv.revision));
        let changed = holds && !op.writes.is_empty() && (saw.is_some() || !op.is_delete());
        if changed {
            revision += 1;
            let mut now = self.past.last().unwrap().clone();
            for (key, value) in &op.writes {
                let (key, prev) = (key.clone(), now.remove(key));
                let (create, version) =
                    prev.as_ref().map_or((revision, 1), |prev| (prev.create, prev.version + 1));
                let kv = match value.clone() {
                    None => Kv { key, revision, ..Kv::default() },
                    Some(value) => Kv { key, value, create, revision, version },
                };
                if value.is_some() {
                    now.insert(kv.key.clone(), kv.clone());
                }
                self.log.push(Event { kv, deleted: value.is_none(), prev });
            }
            self.past.push(now);
        }
        Outcome::Done { revision, changed, saw }
    }
}

const COUNTER: &str = "c/n";

fn any_op(client: usize, number: usize, store: &Store, rng: &mut Rng) -> Op {
    let key = format!("k/{}", rng.below(6));
    let value = Some(format!("{client}-{number}"));
    let done = Outcome::Done { revision: 0, changed: false, saw: None };
    let mut op = Op {
        client,
        key: key.clone(),
        writes: vec![(key.clone(), value.clone())],
        only_at: None,
        serializable: false,
        called: 0,
        returned: 0,
        outcome: [Outcome::NotApplied, Outcome::Maybe, done.clone()][rng.below(20).min(2) as usize]
            .clone(),
    };
    match rng.below(10) {
        0..4 => {}
        4 => op.writes = vec![(key, None)],
        5 | 6 => {
            let then = store.revision() - rng.below(4).saturating_sub(2) as i64;
            op.only_at = Some(store.at(COUNTER, then.max(1)).map_or(0, |kv| kv.revision));
            op.writes = [COUNTER, "c/log"].map(|key| (key.to_owned(), value.clone())).to_vec();
            op.key = COUNTER.into();
        }
        other => {
            op.writes.clear();
            op.serializable = other == 9;
            op.outcome = done;
        }
    }
    op
}

/// A history that could have been: clients whose calls overlap, writes in doubt that are done late or never, and
/// watchers of all kinds. The last one ends by compaction.
fn history(seed: u64) -> History {
    let mut rng = Rng::new(seed);
    let mut store = Store { past: vec![BTreeMap::new(); 2], log: Vec::new() };
    let mut ops: Vec<Op> = Vec::new();
    // Of each client the op under way, and whether the server has seen it.
    let mut running: [Option<(usize, bool)>; 6] = [None; 6];
    let mut late: Vec<usize> = Vec::new();
    for time in 0..1500 {
        let client = rng.below(6) as usize;
        running[client] = match running[client] {
            None => {
                let op = any_op(client, ops.len(), &store, &mut rng);
                ops.push(Op { called: time, ..op });
                Some((ops.len() - 1, false))
            }
            Some((at, false)) => {
                match ops[at].outcome {
                    Outcome::NotApplied => {}
                    Outcome::Maybe => late.push(at),
                    Outcome::Done { .. } => ops[at].outcome = store.serve(&ops[at], &mut rng),
                }
                Some((at, true))
            }
            Some((at, true)) => {
                ops[at].returned = time;
                None
            }
        };
        if rng.below(8) == 0 && !late.is_empty() {
            let op = late.swap_remove(rng.below(late.len() as u64) as usize);
            store.serve(&ops[op], &mut rng);
        }
    }
    for (at, _) in running.into_iter().flatten() {
        let done = matches!(ops[at].outcome, Outcome::Done { revision: 1.., .. });
        ops[at].returned = 1500;
        if !done {
            ops[at].outcome = Outcome::Maybe;
        }
    }
    let (revision, compacted) = (store.revision(), store.revision() / 2);
    let ranges =
        [("a", "z"), ("k/", "k0"), ("c/", "c0"), ("k/3", "k/30"), ("k/", "k0"), ("a", "z")];
    let watcher = |(i, (from, to)): (usize, (&str, &str))| Watcher {
        name: i.to_string(),
        from: from.into(),
        to: to.into(),
        start: if i % 2 == 0 { 1 } else { compacted - 20 },
        until: revision,
        puts: i != 4,
        deletes: i != 3,
        prev: i < 3,
        fields: i != 2,
        told: Vec::new(),
    };
    let mut watchers: Vec<_> = ranges.into_iter().enumerate().map(watcher).collect();
    for watcher in &mut watchers {
        tell(watcher, &store.log, &mut rng);
    }
    let ended = watchers.last_mut().unwrap();
    let early = |told: &Told| matches!(told, Told::Events(events) if events.last().unwrap().kv.revision < compacted - 2);
    ended.told.retain(early);
    ended.told.push(Told::Compacted(compacted));
    let all = ("", "~");
    let mut truth = Watcher { name: "truth".into(), prev: true, ..watcher((0, all)) };
    truth.told.push(Told::Events(store.log));
    History { ops, truth, watchers, revision, compacted }
}

/// Whole revisions, a few a delivery, and now and then a progress notice.
fn tell(watcher: &mut Watcher, log: &[Event], rng: &mut Rng) {
    let wanted: Vec<_> = log.iter().filter(|event| watcher.wants(event)).cloned().collect();
    let mut batch: Vec<Event> = Vec::new();
    for events in wanted.chunk_by(|a, b| a.kv.revision == b.kv.revision) {
        let next = events[0].kv.revision;
        if rng.below(3) == 0 && !batch.is_empty() {
            let last = batch.last().unwrap().kv.revision;
            watcher.told.push(Told::Events(std::mem::take(&mut batch)));
            if rng.below(3) == 0 {
                let covered = last + rng.below((next - last) as u64) as i64;
                watcher.told.push(Told::Progress(covered));
            }
        }
        batch.extend_from_slice(events);
    }
    watcher.told.push(Told::Events(batch));
}

#[test]
fn right_histories_are_taken_for_right() {
    let seed = seed("right_histories_are_taken_for_right");
    for i in 0..200 {
        let violations = check(&history(seed.wrapping_add(i)));
        assert!(violations.is_empty(), "seed {seed} + {i}:\n{}", report(&violations));
    }
}

#[test]
fn doctored_histories_are_found_out() {
    let seed = seed("doctored_histories_are_found_out");
    assert!(DOCTORED.len() >= 20);
    let seeds = scaled(500);
    for (name, kind, doctor) in DOCTORED {
        let mut doctored = 0;
        for i in 0..seeds as u64 {
            let mut history = history(seed.wrapping_add(i));
            let mut rng = Rng::new(seed.wrapping_add(i));
            if doctor(&mut history, &mut rng).is_none() {
                continue; // this history has no place for it
            }
            doctored += 1;
            let violations = check(&history);
            let caught = violations.iter().any(|violation| violation.kind == *kind);
            assert!(caught, "{name}, seed {seed} + {i}:\n{}", report(&violations));
        }
        assert!(doctored * 2 > seeds, "{name}: only {doctored} of {seeds} histories");
    }
}

fn pick<T>(candidates: impl IntoIterator<Item = T>, rng: &mut Rng) -> Option<T> {
    let mut candidates: Vec<T> = candidates.into_iter().collect();
    (!candidates.is_empty())
        .then(|| candidates.swap_remove(rng.below(candidates.len() as u64) as usize))
}

fn pick_op<'a>(
    history: &'a mut History,
    rng: &mut Rng,
    fits: impl Fn(&Op) -> bool,
) -> Option<&'a mut Op> {
    pick(history.ops.iter_mut().filter(|op| fits(op)), rng)
}

fn is_put(op: &Op) -> bool {
    op.changed() && !op.is_delete()
}

fn is_get(op: &Op) -> bool {
    op.writes.is_empty() && !op.serializable && op.revision().is_some()
}

fn saw(op: &mut Op) -> &mut Option<Kv> {
    match &mut op.outcome {
        Outcome::Done { saw, .. } => saw,
        other => panic!("{other:?}"),
    }
}

/// The states of a key through a revision, and those after it.
fn states(history: &History, key: &str, revision: i64) -> (Vec<Kv>, Vec<Kv>) {
    let puts = history.truth.events().filter(|event| event.kv.key == key && !event.deleted);
    puts.map(|event| event.kv.clone()).partition(|kv| kv.revision <= revision)
}

/// Replaces what a read of a key saw by one of the states that `choose` gives for its revision.
fn misread(
    history: &mut History,
    rng: &mut Rng,
    choose: impl Fn((Vec<Kv>, Vec<Kv>)) -> Vec<Kv>,
) -> Option<()> {
    let old = history.clone();
    let wrong = |op: &Op| {
        let states = choose(states(&old, &op.key, op.revision().unwrap_or(0)));
        states.into_iter().find(|state| Some(state) != op.saw())
    };
    let op = pick_op(history, rng, |op| is_get(op) && wrong(op).is_some())?;
    *saw(op) = wrong(op);
    Some(())
}

/// Removes from the truth what fits of the writes of an op.
fn forget(history: &mut History, op: &Op, fits: impl Fn(&Event) -> bool) {
    let revision = op.revision().unwrap();
    for told in &mut history.truth.told {
        if let Told::Events(events) = told {
            events.retain(|event| event.kv.revision != revision || !fits(event));
        }
    }
}

/// One more write at the end of the truth.
fn append(history: &mut History, key: &str, value: Option<&str>) {
    history.revision += 1;
    let (key, revision) = (key.to_owned(), history.revision);
    let kv = Kv { key, value: value.unwrap_or_default().into(), revision, ..Kv::default() };
    history.truth.told.push(Told::Events(vec![Event { kv, deleted: value.is_none(), prev: None }]));
}

fn again(history: &mut History, rng: &mut Rng, fits: impl Fn(&Op) -> bool) -> Option<()> {
    let (key, value) = pick_op(history, rng, fits)?.writes[0].clone();
    append(history, &key, value.as_deref());
    Some(())
}

/// A delete of a key with no delete in doubt, which could account for anything.
fn plain_delete(history: &History, rng: &mut Rng) -> Option<usize> {
    let of = |key: &str| {
        let key = key.to_owned();
        history.ops.iter().filter(move |op| op.is_delete() && op.key == key)
    };
    let plain =
        |op: &Op| op.is_delete() && op.changed() && of(&op.key).all(|op| op.revision().is_some());
    let ops = history.ops.iter().enumerate().filter(|(_, op)| plain(op));
    pick(ops.map(|(i, _)| i), rng)
}

/// A delivery to a watcher that does not end, and an event in it.
struct Place<'a> {
    told: &'a mut Vec<Told>,
    delivery: usize,
    event: usize,
}

impl Place<'_> {
    fn events(&mut self) -> &mut Vec<Event> {
        match &mut self.told[self.delivery] {
            Told::Events(events) => events,
            other => panic!("{other:?}"),
        }
    }

    fn event(&mut self) -> &mut Event {
        let at = self.event;
        &mut self.events()[at]
    }
}

/// Of those whose watcher and events from there on fit.
fn place<'a>(
    history: &'a mut History,
    rng: &mut Rng,
    fits: impl Fn(&Watcher, &[Event]) -> bool,
) -> Option<Place<'a>> {
    let mut places = Vec::new();
    let endless = history.watchers.len() - 1;
    for (i, watcher) in history.watchers[..endless].iter().enumerate() {
        for (delivery, told) in watcher.told.iter().enumerate() {
            if let Told::Events(events) = told {
                let fitting = (0..events.len()).filter(|at| fits(watcher, &events[*at..]));
                places.extend(fitting.map(|event| (i, delivery, event)));
            }
        }
    }
    let (watcher, delivery, event) = pick(places, rng)?;
    Some(Place { told: &mut history.watchers[watcher].told, delivery, event })
}

/// Tells a watcher an event of the truth that fits.
fn tell_also(
    history: &mut History,
    rng: &mut Rng,
    fits: impl Fn(&Watcher, &Event) -> bool,
) -> Option<()> {
    let endless = history.watchers.len() - 1;
    let events: Vec<Event> = history.truth.events().cloned().collect();
    let pairs = history.watchers[..endless].iter_mut().flat_map(|watcher| {
        let fitting = events.iter().find(|event| fits(watcher, event));
        fitting.map(|event| (watcher, event.clone()))
    });
    let (watcher, event) = pick(pairs, rng)?;
    watcher.told.push(Told::Events(vec![event]));
    Some(())
}

fn in_range(watcher: &Watcher, event: &Event) -> bool {
    (&watcher.from..&watcher.to).contains(&&event.kv.key)
}

type Doctor = fn(&mut History, &mut Rng) -> Option<()>;

const DOCTORED: &[(&str, Kind, Doctor)] = &[
    ("an acknowledged put is lost", Kind::LostWrite, |history, rng| {
        let op = pick_op(history, rng, is_put)?.clone();
        forget(history, &op, |_| true);
        Some(())
    }),
    ("an acknowledged delete is lost", Kind::LostWrite, |history, rng| {
        let op = pick_op(history, rng, |op| op.is_delete() && op.changed())?.clone();
        forget(history, &op, |_| true);
        Some(())
    }),
    ("a put is applied twice", Kind::AppliedTwice, |history, rng| again(history, rng, is_put)),
    ("a delete is applied twice", Kind::AppliedTwice, |history, rng| {
        let key = history.ops[plain_delete(history, rng)?].key.clone();
        append(history, &key, None);
        Some(())
    }),
    ("a put in doubt is applied twice", Kind::AppliedTwice, |history, rng| {
        let values: Vec<_> = history.truth.events().map(|it| it.kv.value.clone()).collect();
        again(history, rng, |op| {
            op.outcome == Outcome::Maybe
                && matches!(&op.writes[..], [(_, Some(value)), ..] if values.contains(value))
        })
    }),
    ("a put was not applied, and was", Kind::FalseNotApplied, |history, rng| {
        pick_op(history, rng, is_put)?.outcome = Outcome::NotApplied;
        Some(())
    }),
    ("a delete was not applied, and was", Kind::FalseNotApplied, |history, rng| {
        let op = plain_delete(history, rng)?;
        history.ops[op].outcome = Outcome::NotApplied;
        Some(())
    }),
    ("a swap was refused, and done", Kind::FalseNotApplied, |history, rng| {
        let op = pick_op(history, rng, |op| op.only_at.is_some() && op.changed())?;
        let saw = saw(op).clone();
        op.outcome = Outcome::Done { revision: op.revision()?, changed: false, saw };
        Some(())
    }),
    ("a put's revision is another", Kind::WrongRevision, |history, rng| {
        let op = pick_op(history, rng, is_put)?;
        let saw = saw(op).clone();
        op.outcome = Outcome::Done { revision: op.revision()? + 1, changed: true, saw };
        Some(())
    }),
    ("half a transaction", Kind::Torn, |history, rng| {
        let op = pick_op(history, rng, |op| op.writes.len() == 2 && op.changed())?.clone();
        forget(history, &op, |event| event.kv.key == COUNTER);
        Some(())
    }),
    ("nobody's put", Kind::Foreign, |history, _| {
        append(history, "k/1", Some("nobody's"));
        Some(())
    }),
    ("a write comes before one that had returned", Kind::RealTime, |history, rng| {
        let end = history.ops.iter().map(|op| op.returned).max()?;
        let last = history.ops.iter().filter_map(Op::revision).max()?;
        let op = pick_op(history, rng, |op| op.changed() && op.revision() < Some(last))?;
        (op.called, op.returned) = (end + 1, end + 2);
        Some(())
    }),
    ("a put in doubt comes before its call", Kind::RealTime, |history, rng| {
        let end = history.ops.iter().map(|op| op.returned).max()?;
        let values: Vec<_> = history.truth.events().map(|it| it.kv.value.clone()).collect();
        let op = pick_op(history, rng, |op| {
            op.outcome == Outcome::Maybe
                && matches!(&op.writes[..], [(_, Some(value)), ..] if values[..values.len() - 9].contains(value))
        })?;
        (op.called, op.returned) = (end + 1, end + 2);
        Some(())
    }),
    ("a read is older than what had returned", Kind::StaleRead, |history, rng| {
        let end = history.ops.iter().map(|op| op.returned).max()?;
        let last = history.ops.iter().filter_map(Op::revision).max()?;
        let op = pick_op(history, rng, |op| is_get(op) && op.revision().is_some_and(|r| r < last))?;
        (op.called, op.returned) = (end + 1, end + 2);
        Some(())
    }),
    ("a read is older than its revision", Kind::StaleRead, |history, rng| {
        misread(history, rng, |(past, _)| past)
    }),
    ("a read finds nothing", Kind::StaleRead, |history, rng| {
        let op = pick_op(history, rng, |op| is_get(op) && op.saw().is_some())?;
        *saw(op) = None;
        Some(())
    }),
    ("a read is newer than its revision", Kind::FutureRead, |history, rng| {
        misread(history, rng, |(_, future)| future)
    }),
    ("a read has a revision that is not yet", Kind::FutureRead, |history, rng| {
        let revision = history.revision + 1;
        let op = pick_op(history, rng, is_get)?;
        op.outcome = Outcome::Done { revision, changed: false, saw: saw(op).clone() };
        Some(())
    }),
    ("a read finds what never was", Kind::WrongRead, |history, rng| {
        let op = pick_op(history, rng, |op| is_get(op) && op.saw().is_some())?;
        saw(op).as_mut()?.version += 1;
        Some(())
    }),
    ("a swap is done that does not hold", Kind::WrongCompare, |history, rng| {
        *pick_op(history, rng, |op| op.only_at.is_some() && op.changed())?.only_at.as_mut()? += 1;
        Some(())
    }),
    ("a swap is refused that holds", Kind::WrongCompare, |history, rng| {
        let refused = |op: &Op| op.only_at.is_some() && op.revision().is_some() && !op.changed();
        let op = pick_op(history, rng, refused)?;
        op.only_at = Some(op.saw().map_or(0, |kv| kv.revision));
        Some(())
    }),
    ("a write replies with another previous value", Kind::WrongPrev, |history, rng| {
        let op = pick_op(history, rng, |op| op.changed() && op.saw().is_some())?;
        saw(op).as_mut()?.value.push('x');
        Some(())
    }),
    ("an event is dropped", Kind::Missing, |history, rng| {
        let mut place = place(history, rng, |_, _| true)?;
        let at = place.event;
        place.events().remove(at);
        Some(())
    }),
    ("a delivery is dropped", Kind::Missing, |history, rng| {
        let place = place(history, rng, |_, _| true)?;
        place.told.remove(place.delivery);
        Some(())
    }),
    ("an event comes twice", Kind::Duplicated, |history, rng| {
        let mut place = place(history, rng, |_, _| true)?;
        let (at, event) = (place.event, place.event().clone());
        place.events().insert(at, event);
        Some(())
    }),
    ("a delivery comes again later", Kind::Duplicated, |history, rng| {
        let place = place(history, rng, |_, _| true)?;
        place.told.push(place.told[place.delivery].clone());
        Some(())
    }),
    ("two events change places", Kind::Reordered, |history, rng| {
        let mut place = place(history, rng, |_, events| events.len() > 1)?;
        let at = place.event;
        place.events().swap(at, at + 1);
        Some(())
    }),
    ("a revision comes in two deliveries", Kind::Split, |history, rng| {
        let same = |_: &Watcher, events: &[Event]| matches!(events, [a, b, ..] if a.kv.revision == b.kv.revision);
        let mut place = place(history, rng, same)?;
        let at = place.event + 1;
        let rest = place.events().split_off(at);
        place.told.insert(place.delivery + 1, Told::Events(rest));
        Some(())
    }),
    ("an event has another value", Kind::Altered, |history, rng| {
        place(history, rng, |_, events| !events[0].deleted)?.event().kv.value.push('x');
        Some(())
    }),
    ("a put is told as a delete", Kind::Altered, |history, rng| {
        place(history, rng, |_, events| !events[0].deleted)?.event().deleted = true;
        Some(())
    }),
    ("an event has another version", Kind::WrongFields, |history, rng| {
        place(history, rng, |watcher, _| watcher.fields)?.event().kv.version += 1;
        Some(())
    }),
    ("an event has another create revision", Kind::WrongFields, |history, rng| {
        place(history, rng, |watcher, _| watcher.fields)?.event().kv.create -= 1;
        Some(())
    }),
    ("an event has another previous value", Kind::WrongPrev, |history, rng| {
        let has = |watcher: &Watcher, events: &[Event]| watcher.prev && events[0].prev.is_some();
        place(history, rng, has)?.event().prev.as_mut()?.value.push('x');
        Some(())
    }),
    ("an event lacks its previous value", Kind::WrongPrev, |history, rng| {
        let has = |watcher: &Watcher, events: &[Event]| watcher.prev && events[0].prev.is_some();
        place(history, rng, has)?.event().prev = None;
        Some(())
    }),
    ("an event never was", Kind::Invented, |history, rng| {
        let revision = history.revision + 1;
        place(history, rng, |_, _| true)?.event().kv.revision = revision;
        Some(())
    }),
    ("an event is outside of the range", Kind::Unwanted, |history, rng| {
        tell_also(history, rng, |watcher, event| !in_range(watcher, event))
    }),
    ("an event is filtered out", Kind::Unwanted, |history, rng| {
        let wanted = |watcher: &Watcher, event: &Event| {
            if event.deleted {
                watcher.deletes
            } else {
                watcher.puts
            }
        };
        tell_also(history, rng, |watcher, event| {
            in_range(watcher, event) && !wanted(watcher, event)
        })
    }),
    ("an event is before the start", Kind::Unwanted, |history, rng| {
        tell_also(history, rng, |watcher, event| {
            in_range(watcher, event) && event.kv.revision < watcher.start
        })
    }),
    ("progress comes before the events", Kind::ProgressAhead, |history, rng| {
        let mut place = place(history, rng, |_, _| true)?;
        let revision = place.events()[0].kv.revision;
        place.told.insert(place.delivery, Told::Progress(revision));
        Some(())
    }),
    ("progress is beyond the end", Kind::ProgressAhead, |history, rng| {
        let revision = history.revision + 1;
        place(history, rng, |_, _| true)?.told.push(Told::Progress(revision));
        Some(())
    }),
    ("an event comes after the end", Kind::AfterEnd, |history, _| {
        let event = history.truth.events().last()?.clone();
        history.watchers.last_mut()?.told.push(Told::Events(vec![event]));
        Some(())
    }),
    ("compaction is told twice", Kind::AfterEnd, |history, _| {
        let told = &mut history.watchers.last_mut()?.told;
        told.push(told.last()?.clone());
        Some(())
    }),
    ("a watch ends by a compaction that was not", Kind::Ended, |history, rng| {
        let revision = history.compacted + 1;
        place(history, rng, |_, _| true)?.told.push(Told::Compacted(revision));
        Some(())
    }),
    ("a watch fails", Kind::Ended, |history, rng| {
        place(history, rng, |_, _| true)?.told.push(Told::Failed("no reason".into()));
        Some(())
    }),
];
