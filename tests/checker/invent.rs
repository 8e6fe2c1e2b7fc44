//! Histories that could have been.

use super::support::history::*;
use super::support::proxy::Rng;
use std::collections::BTreeMap;

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
        let holds = op.only_if.as_ref().is_none_or(|seen| seen.holds(saw.as_ref()));
        let changed = holds && !op.writes.is_empty() && (saw.is_some() || !op.is_delete());
        if changed {
            revision += 1;
            let mut now = self.past.last().unwrap().clone();
            for (key, value) in &op.writes {
                let (key, prev) = (key.clone(), now.remove(key));
                if prev.is_none() && value.is_none() {
                    continue;
                }
                let (create, version) =
                    prev.as_ref().map_or((revision, 1), |prev| (prev.create, prev.version + 1));
                let kv = match value.clone() {
                    None => Kv { key, revision, ..Kv::default() },
                    Some(value) => Kv { key, value, create, revision, version, lease: op.lease },
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

pub const COUNTER: &str = "c/n";

fn any_op(client: usize, number: usize, store: &Store, rng: &mut Rng) -> Op {
    let key = format!("k/{}", rng.below(6));
    let value = Some(format!("{client}-{number}"));
    let done = Outcome::Done { revision: 0, changed: false, saw: None };
    let mut op = Op {
        client,
        key: key.clone(),
        writes: vec![(key.clone(), value.clone())],
        only_if: None,
        lease: 7 * rng.below(2) as i64,
        serializable: false,
        called: 0,
        returned: 0,
        outcome: [Outcome::NotApplied, Outcome::Maybe, done.clone()][rng.below(20).min(2) as usize]
            .clone(),
    };
    // A key as it is, or was a moment ago; by its value if it has one.
    let seen = |key: &str, rng: &mut Rng| {
        let then = store.revision() - rng.below(4).saturating_sub(2) as i64;
        match store.at(key, then.max(1)) {
            Some(kv) if rng.below(2) == 0 => Seen::Value(kv.value),
            kv => Seen::Revision(kv.map_or(0, |kv| kv.revision)),
        }
    };
    match rng.below(16) {
        0..4 => {}
        4 => op.writes = vec![(key, None)],
        5 | 6 => {
            op.only_if = Some(seen(COUNTER, rng));
            op.writes = [COUNTER, "c/log"].map(|key| (key.to_owned(), value.clone())).to_vec();
            op.key = COUNTER.into();
        }
        7 | 8 => op.only_if = Some(seen(&key, rng)),
        9 | 10 => {
            // There is nothing to say of a delete on condition that there is nothing.
            op.only_if = Some(seen(&key, rng)).filter(|seen| *seen != Seen::Revision(0));
            op.writes = vec![(key, None)];
        }
        11 | 12 => {
            let first = rng.below(6);
            for i in 1..4 {
                let also = rng.below(2) == 0;
                op.writes.push((format!("t/{}", (first + i) % 6), value.clone().filter(|_| also)));
            }
        }
        other => {
            op.writes.clear();
            op.serializable = other == 15;
            op.outcome = done;
        }
    }
    if op.writes.iter().all(|(_, value)| value.is_none()) {
        op.lease = 0;
    }
    op
}

/// A history that could have been: clients whose calls overlap, writes in doubt that are done late or never, and
/// watchers of all kinds. Two of them are there when half of the history is gone; the last one ends by that.
pub fn history(seed: u64) -> History {
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
    let revision = store.revision();
    let compacted = store.log[store.log.len() / 2].kv.revision;
    let watcher =
        |name, from, to, start| Watcher { until: revision, ..Watcher::new(name, from, to, start) };
    let mut watchers = vec![
        watcher("everything", "a", "z", 1),
        Watcher { merge: false, ..watcher("one by one", "a", "z", 20) },
        Watcher { due: 40, ..watcher("from now on", "a", "z", 30) },
        Watcher { fields: false, prev: false, ..watcher("classic", "k/", "k0", 1) },
        watcher("one key", "k/3", "k/30", 1),
        Watcher { deletes: false, ..watcher("puts", "k/", "k0", compacted - 20) },
        Watcher { puts: false, merge: false, ..watcher("deletes", "k/", "k0", 1) },
        Watcher { prev: false, ..watcher("of several keys", "c/", "u", 1) },
        Watcher { compacted, ..watcher("just in time", "a", "z", compacted) },
        Watcher { compacted, ..watcher("too late", "a", "z", compacted - 20) },
    ];
    for watcher in &mut watchers {
        tell(watcher, &store.log, &mut rng);
    }
    let ended = watchers.last_mut().unwrap();
    let early = |told: &Told| match told {
        Told::Events(events) => events.last().unwrap().kv.revision < compacted - 2,
        Told::Progress(revision) => *revision < compacted - 2,
        _ => false,
    };
    ended.told.retain(early);
    ended.told.push(Told::Compacted(compacted));
    let mut truth = watcher("truth", "", "~", 1);
    truth.told.push(Told::Events(store.log));
    History { ops, truth, watchers, revision }
}

/// Whole revisions, a few a delivery or each alone, and now and then a progress notice.
fn tell(watcher: &mut Watcher, log: &[Event], rng: &mut Rng) {
    let begin = watcher.start + rng.below((watcher.due - watcher.start + 1) as u64) as i64;
    let wanted = log.iter().filter(|it| watcher.wants(it) && it.kv.revision >= begin);
    let mut wanted: Vec<_> = wanted.cloned().collect();
    for event in &mut wanted {
        if !watcher.prev || event.kv.revision <= watcher.compacted {
            event.prev = None;
        }
    }
    let mut batch: Vec<Event> = Vec::new();
    for events in wanted.chunk_by(|a, b| a.kv.revision == b.kv.revision) {
        let next = events[0].kv.revision;
        if (!watcher.merge || rng.below(3) == 0) && !batch.is_empty() {
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
