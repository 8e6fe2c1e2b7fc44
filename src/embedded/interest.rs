//! Which watchers of a stream want a key, without a look at each of them.

#![forbid(unsafe_code)]

use super::span::Span;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap};

type Ids = BTreeSet<i64>;

/// Watchers by what they watch.
#[derive(Default)]
pub struct Interest {
    keys: HashMap<Bytes, Ids>,
    /// By length, so that a key is looked up once for each length in use.
    prefixes: BTreeMap<usize, HashMap<Bytes, Ids>>,
    /// All other ranges, which are few: each change is compared with each of them.
    others: BTreeMap<i64, (Bytes, Bytes)>,
}

impl Interest {
    pub fn add(&mut self, id: i64, key: &Bytes, range_end: &Bytes) {
        let ids = match Span::new(key, range_end) {
            Span::One(_) => self.keys.entry(key.clone()),
            span if span.is_prefix() => {
                self.prefixes.entry(key.len()).or_default().entry(key.clone())
            }
            _ => {
                self.others.insert(id, (key.clone(), range_end.clone()));
                return;
            }
        };
        ids.or_default().insert(id);
    }

    /// Undoes [`add`](Interest::add) with the same arguments.
    pub fn remove(&mut self, id: i64, key: &Bytes, range_end: &Bytes) {
        if self.others.remove(&id).is_some() {
            return;
        }
        if range_end.is_empty() {
            return forget(&mut self.keys, key, id);
        }
        if let Some(prefixes) = self.prefixes.get_mut(&key.len()) {
            forget(prefixes, key, id);
            if prefixes.is_empty() {
                self.prefixes.remove(&key.len());
            }
        }
    }

    /// The watchers of a key, each once and in no order.
    pub fn of<'a>(&'a self, key: &'a [u8]) -> impl Iterator<Item = i64> + 'a {
        let prefixes = self.prefixes.range(..=key.len());
        let prefixes = prefixes.filter_map(|(length, prefixes)| prefixes.get(&key[..*length]));
        let others = self.others.iter();
        let others = others.filter(|(_, (start, end))| Span::new(start, end).contains(key));
        let listed = self.keys.get(key).into_iter().chain(prefixes).flatten();
        listed.chain(others.map(|(id, _)| id)).copied()
    }
}

/// Nothing stays of a key that has no watcher.
fn forget(lists: &mut HashMap<Bytes, Ids>, key: &Bytes, id: i64) {
    if let Some(ids) = lists.get_mut(key) {
        ids.remove(&id);
        if ids.is_empty() {
            lists.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    /// The last byte one higher: of a prefix the end, if the byte is not 0xff.
    fn next(key: &Bytes) -> Bytes {
        let (last, rest) = key.split_last().unwrap();
        [rest, &[last.wrapping_add(1)]].concat().into()
    }

    #[test]
    fn it_finds_what_a_look_at_all_finds() {
        let given = std::env::var("LIBETCD_SEED").ok().map(|seed| seed.parse().unwrap());
        let seed = given.unwrap_or_else(|| fastrand::u64(..));
        eprintln!("LIBETCD_SEED={seed}");
        let mut chance = Rng::with_seed(seed);
        // Few bytes, with both ends of what a byte can be, so that ranges and keys meet.
        let key = |chance: &mut Rng, least: usize| -> Bytes {
            let length = chance.usize(least..5);
            (0..length).map(|_| *chance.choice(&[0, b'a', b'b', 0xfe, 0xff]).unwrap()).collect()
        };
        let mut watchers: BTreeMap<i64, (Bytes, Bytes)> = BTreeMap::new();
        let mut interest = Interest::default();
        for step in 0..20_000 {
            let id = chance.i64(0..60);
            if let Some((start, end)) = watchers.remove(&id) {
                interest.remove(id, &start, &end);
            } else {
                let start = key(&mut chance, 1);
                let end = match chance.u8(..4) {
                    0 => Bytes::new(),
                    1 => next(&start),
                    2 => Bytes::from_static(b"\0"),
                    _ => key(&mut chance, 1),
                };
                interest.add(id, &start, &end);
                watchers.insert(id, (start, end));
            }
            let changed = key(&mut chance, 0);
            let mut found: Vec<i64> = interest.of(&changed).collect();
            found.sort_unstable();
            let wanted = watchers
                .iter()
                .filter(|(_, (start, end))| Span::new(start, end).contains(&changed));
            assert!(found.iter().eq(wanted.map(|(id, _)| id)), "step {step}: {changed:?}");
        }
        for (id, (start, end)) in watchers {
            interest.remove(id, &start, &end);
        }
        assert!(interest.keys.is_empty() && interest.prefixes.is_empty());
        assert!(interest.others.is_empty());
    }
}
