//! Lies of calls.

use super::invent::COUNTER;
use super::support::checker::Kind;
use super::support::history::*;
use super::support::proxy::Rng;
use super::{pick, states, Doctored};

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

fn is_transaction(op: &Op) -> bool {
    op.writes.len() > 1 && op.changed()
}

/// A revision of a transaction that did what fits.
fn transaction(history: &History, rng: &mut Rng, fits: impl Fn(&[&Event]) -> bool) -> Option<i64> {
    let events: Vec<_> = history.truth.events().collect();
    let mut several = events.chunk_by(|a, b| a.kv.revision == b.kv.revision);
    let several = several.by_ref().filter(|events| events.len() > 1 && fits(events));
    pick(several.map(|events| events[0].kv.revision), rng)
}

/// Changes one event of the truth.
fn rewrite(history: &mut History, revision: i64, change: impl FnOnce(&mut Vec<Event>, usize)) {
    for told in &mut history.truth.told {
        let Told::Events(events) = told else { continue };
        let last = events.iter().rposition(|event| event.kv.revision == revision);
        if let Some(last) = last {
            return change(events, last);
        }
    }
}

pub const ALL: Doctored = &[
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
        let op = pick_op(history, rng, |op| op.only_if.is_some() && is_put(op))?;
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
    ("a delete that found nothing did delete", Kind::FalseNotApplied, |history, rng| {
        let op = plain_delete(history, rng)?;
        let op = &mut history.ops[op];
        let revision = op.revision()?;
        op.outcome = Outcome::Done { revision, changed: false, saw: None };
        Some(())
    }),
    ("half a transaction", Kind::Torn, |history, rng| {
        let op = pick_op(history, rng, |op| op.key == COUNTER && is_transaction(op))?.clone();
        forget(history, &op, |event| event.kv.key == COUNTER);
        Some(())
    }),
    ("a delete of a transaction is left out", Kind::Torn, |history, rng| {
        let puts_and_deletes = |events: &[&Event]| events.iter().any(|event| event.deleted);
        let revision = transaction(history, rng, puts_and_deletes)?;
        for told in &mut history.truth.told {
            if let Told::Events(events) = told {
                events.retain(|event| event.kv.revision != revision || !event.deleted);
            }
        }
        Some(())
    }),
    (
        "the last part of a transaction has a revision of its own",
        Kind::AppliedTwice,
        |history, rng| {
            let last = history.revision;
            let revision = transaction(history, rng, |events| {
                let end = events.last();
                end.is_some_and(|it| it.kv.revision < last && !it.deleted)
            })?;
            rewrite(history, revision, |events, at| {
                let mut part = events.remove(at);
                part.kv.revision = last + 1;
                events.push(part);
            });
            history.revision += 1;
            Some(())
        },
    ),
    ("a transaction deletes what it should not", Kind::Foreign, |history, rng| {
        let revision = transaction(history, rng, |_| true)?;
        rewrite(history, revision, |events, at| {
            let kv = Kv { key: "t/x".into(), revision, ..Kv::default() };
            events.insert(at, Event { kv, deleted: true, prev: None });
        });
        Some(())
    }),
    ("a put has no lease, or another", Kind::WrongLease, |history, rng| {
        pick_op(history, rng, is_put)?.lease += 1;
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
        let by_revision = |op: &Op| matches!(op.only_if, Some(Seen::Revision(_))) && op.changed();
        let op = pick_op(history, rng, by_revision)?;
        op.only_if = Some(Seen::Revision(op.saw().map_or(0, |kv| kv.revision) + 1));
        Some(())
    }),
    ("a write is done though the value is another", Kind::WrongCompare, |history, rng| {
        let by_value = |op: &Op| matches!(op.only_if, Some(Seen::Value(_))) && op.changed();
        pick_op(history, rng, by_value)?.only_if = Some(Seen::Value("another".into()));
        Some(())
    }),
    ("a key is created that was there", Kind::WrongCompare, |history, rng| {
        let there = |op: &Op| is_put(op) && op.only_if.is_none() && op.saw().is_some();
        pick_op(history, rng, there)?.only_if = Some(Seen::Revision(0));
        Some(())
    }),
    ("a delete in doubt is done that does not hold", Kind::FalseNotApplied, |history, rng| {
        // Another that was not applied is the nearest to account for it.
        let op = plain_delete(history, rng)?;
        let op = &mut history.ops[op];
        (op.outcome, op.only_if) = (Outcome::Maybe, Some(Seen::Value("another".into())));
        let lie = Op { outcome: Outcome::NotApplied, only_if: None, ..op.clone() };
        history.ops.push(lie);
        Some(())
    }),
    ("a swap is refused that holds", Kind::WrongCompare, |history, rng| {
        let refused = |op: &Op| op.only_if.is_some() && op.revision().is_some() && !op.changed();
        let op = pick_op(history, rng, refused)?;
        op.only_if = Some(Seen::Revision(op.saw().map_or(0, |kv| kv.revision)));
        Some(())
    }),
    ("a write replies with another previous value", Kind::WrongPrev, |history, rng| {
        let op = pick_op(history, rng, |op| op.changed() && op.saw().is_some())?;
        saw(op).as_mut()?.value.push('x');
        Some(())
    }),
];
