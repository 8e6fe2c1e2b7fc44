//! Lies of watches.

use super::support::checker::Kind;
use super::support::history::*;
use super::support::proxy::Rng;
use super::{pick, states, Doctored};

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

pub const ALL: Doctored = &[
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
    ("a watch from now on begins too late", Kind::Missing, |history, rng| {
        let watcher = history.watchers.iter_mut().find(|it| it.due > it.start)?;
        let first = watcher.due + 1 + rng.below(20) as i64;
        let is_due = |it: &Event| it.kv.revision >= watcher.due && it.kv.revision < first;
        let due = history.truth.events().any(is_due);
        for told in &mut watcher.told {
            match told {
                Told::Events(events) => events.retain(|it| it.kv.revision >= first),
                other => *other = Told::Events(Vec::new()),
            }
        }
        due.then_some(())
    }),
    (
        "a watch from now on leaves one out that came before it had to",
        Kind::Missing,
        |history, _| {
            let watcher = history.watchers.iter_mut().find(|it| it.due > it.start)?;
            let (start, due) = (watcher.start, watcher.due);
            let early = |it: &&Event| (start..due).contains(&it.kv.revision);
            let mut early = history.truth.events().filter(early).cloned();
            let first = early.next()?;
            let skipped = early.any(|it| it.kv.revision > first.kv.revision);
            for told in &mut watcher.told {
                match told {
                    Told::Events(events) => events.retain(|it| it.kv.revision >= due),
                    other => *other = Told::Events(Vec::new()),
                }
            }
            watcher.told.insert(0, Told::Events(vec![first]));
            skipped.then_some(())
        },
    ),
    ("two revisions come in one delivery", Kind::Merged, |history, rng| {
        let place = place(history, rng, |watcher, _| !watcher.merge)?;
        let next = place.delivery + 1;
        let next = place.told[next..].iter().position(|it| matches!(it, Told::Events(_)))? + next;
        let Told::Events(mut more) = place.told.remove(next) else { return None };
        if let Told::Events(events) = &mut place.told[place.delivery] {
            events.append(&mut more);
        }
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
    (
        "a transaction comes in two deliveries, with progress in between",
        Kind::ProgressAhead,
        |history, rng| {
            let same = |_: &Watcher, events: &[Event]| matches!(events, [a, b, ..] if a.kv.revision == b.kv.revision);
            let mut place = place(history, rng, same)?;
            let (at, revision) = (place.event + 1, place.event().kv.revision);
            let rest = place.events().split_off(at);
            let more = [Told::Progress(revision), Told::Events(rest)];
            let next = place.delivery + 1;
            drop(place.told.splice(next..next, more));
            Some(())
        },
    ),
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
    ("an event has another lease", Kind::WrongFields, |history, rng| {
        place(history, rng, |watcher, _| watcher.fields)?.event().kv.lease += 1;
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
    (
        "an event lacks a previous value that was not compacted away",
        Kind::WrongPrev,
        |history, rng| {
            let has = |watcher: &Watcher, events: &[Event]| {
                watcher.compacted > 0 && events[0].prev.is_some()
            };
            place(history, rng, has)?.event().prev = None;
            Some(())
        },
    ),
    ("the first put of a key has a previous value", Kind::WrongPrev, |history, rng| {
        let first = |watcher: &Watcher, events: &[Event]| watcher.prev && events[0].kv.version == 1;
        let mut place = place(history, rng, first)?;
        let kv = place.event().kv.clone();
        place.event().prev = Some(Kv { revision: kv.revision - 1, ..kv });
        Some(())
    }),
    ("a previous value is not the one before", Kind::WrongPrev, |history, rng| {
        let old = history.clone();
        let has = |watcher: &Watcher, events: &[Event]| {
            watcher.prev && events[0].prev.as_ref().is_some_and(|prev| prev.version > 1)
        };
        let mut place = place(history, rng, has)?;
        let prev = place.event().prev.as_mut()?;
        *prev = states(&old, &prev.key, prev.revision - 1).0.pop()?;
        Some(())
    }),
    ("a previous value comes unasked", Kind::WrongPrev, |history, rng| {
        let mut place = place(history, rng, |watcher, _| !watcher.prev)?;
        place.event().prev = Some(Kv::default());
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
    ("progress covers an event that comes later", Kind::ProgressAhead, |history, rng| {
        let place = place(history, rng, |_, _| true)?;
        let progress = |it: &Told| matches!(it, Told::Progress(_));
        let at = place.told.iter().position(progress)?;
        let next = place.told[at..].iter().find_map(|it| match it {
            Told::Events(events) => events.first(),
            _ => None,
        });
        place.told[at] = Told::Progress(next?.kv.revision);
        Some(())
    }),
    ("progress is behind what was told", Kind::ProgressBehind, |history, rng| {
        let mut place = place(history, rng, |_, _| true)?;
        let revision = place.events().last()?.kv.revision - 1;
        place.told.insert(place.delivery + 1, Told::Progress(revision));
        Some(())
    }),
    ("progress goes back", Kind::ProgressBehind, |history, rng| {
        let told = &mut pick(history.watchers.iter_mut(), rng)?.told;
        let at = told.iter().position(|it| matches!(it, Told::Progress(_)))?;
        let Told::Progress(revision) = told[at] else { return None };
        told.insert(at + 1, Told::Progress(revision - 1));
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
        let revision = history.watchers.last()?.compacted + 1;
        place(history, rng, |_, _| true)?.told.push(Told::Compacted(revision));
        Some(())
    }),
    ("a watch ends by a compaction of what it does not need", Kind::Ended, |history, rng| {
        let in_time = |it: &&mut Watcher| it.compacted > 0 && it.start == it.compacted;
        let watcher = pick(history.watchers.iter_mut().filter(in_time), rng)?;
        watcher.told = vec![Told::Compacted(watcher.compacted)];
        Some(())
    }),
    ("a watch fails", Kind::Ended, |history, rng| {
        place(history, rng, |_, _| true)?.told.push(Told::Failed("no reason".into()));
        Some(())
    }),
];
