//! The state: every key with its versions, and the log of all changes.
//!
//! Readers need no copies: a revision is a snapshot, which does not change until it
//! is compacted.

#![forbid(unsafe_code)]

use super::lessor::Lessor;
use super::reply::{no_memory, refuse, RpcStatus};
use super::span::{Span, Way};
use crate::status::{ETCD_ERR_COMPACTED, ETCD_ERR_FUTURE_REVISION};
use crate::sys::{has_room, LARGE};
use crate::wire::decode;
use crate::wire::proto::KeyValue;
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::time::Duration;

/// A key after one change. The default stands for a key that never existed.
#[derive(Clone, Default)]
pub struct Version {
    pub created: i64,
    pub modified: i64,
    /// Counts from 1; 0 once the key is deleted.
    pub version: i64,
    pub lease: i64,
    pub value: Bytes,
}

impl Version {
    pub fn is_live(&self) -> bool {
        self.version > 0
    }

    pub fn key_value(&self, key: &Bytes) -> KeyValue {
        self.clone().into_key_value(key.clone())
    }

    pub fn into_key_value(self, key: Bytes) -> KeyValue {
        KeyValue {
            key,
            create_revision: self.created,
            mod_revision: self.modified,
            version: self.version,
            value: self.value,
            lease: self.lease,
        }
    }

    /// Without a copy of key and value.
    pub fn in_place<'a>(&'a self, key: &'a [u8]) -> decode::KeyValue<'a> {
        decode::KeyValue {
            key,
            value: &self.value,
            create_revision: self.created,
            mod_revision: self.modified,
            version: self.version,
            lease: self.lease,
        }
    }
}

/// Versions of a key from which on another one may need much memory at once.
const DEEP: usize = LARGE / (2 * size_of::<Version>());
/// About what a change takes beside its key and value.
const CHANGE: usize = 300;
/// About what a list that grows takes at most for one of its keys.
pub const ROW: usize = 3 * size_of::<KeyValue>();
/// After writes of so many bytes: whether there is memory left is asked again.
const ASK: usize = 1 << 20;

/// The history of a key. Two versions have the same revision when nested
/// transactions put and delete a key in one; the later one counts.
#[derive(Default)]
struct Key {
    latest: Version,
    older: VecDeque<Version>,
}

impl Key {
    fn at(&self, revision: i64) -> Option<&Version> {
        let version = match self.latest.modified <= revision {
            true => &self.latest,
            false => {
                let newer = self.older.partition_point(|v| v.modified <= revision);
                self.older.get(newer.checked_sub(1)?)?
            }
        };
        version.is_live().then_some(version)
    }

    /// What was put at a revision. One that has also deleted it has done so before or after.
    fn put_at(&self, revision: i64) -> Option<&Version> {
        let is_it = |v: &&Version| v.modified == revision && v.is_live();
        Some(&self.latest).filter(is_it).or_else(|| {
            let from = self.older.partition_point(|v| v.modified < revision);
            self.older.range(from..).find(is_it)
        })
    }

    fn push(&mut self, version: Version) {
        let before = std::mem::replace(&mut self.latest, version);
        if before.modified > 0 {
            self.older.push_back(before);
        }
    }

    /// Bytes that one more version takes at once, where these are many.
    fn growth(&self) -> usize {
        let (length, size) = (self.older.len(), size_of::<Version>());
        let grows = length == self.older.capacity() && length >= DEEP;
        if grows {
            2 * length * size
        } else {
            0
        }
    }

    /// Drops versions that only readers of revisions below this one could see; true if
    /// none is left.
    fn forget_before(&mut self, revision: i64) -> bool {
        while let Some(oldest) = self.older.front() {
            let next = self.older.get(1).unwrap_or(&self.latest);
            let superseded = next.modified <= revision;
            if !superseded && (oldest.is_live() || oldest.modified > revision) {
                return false;
            }
            self.older.pop_front();
        }
        if self.older.capacity() > 0 {
            self.older = VecDeque::new();
        }
        !self.latest.is_live() && self.latest.modified <= revision
    }
}

/// One entry of the log. The version is in the key's history.
pub struct Change {
    pub key: Bytes,
    pub modified: i64,
    pub is_put: bool,
}

pub struct State {
    /// The revision of the last change, which may be part of a write in progress.
    pub revision: i64,
    /// The write in progress has changed something: its further changes have the same revision.
    writing: bool,
    /// Revisions below this one cannot be read. -1 means never compacted, as in etcd.
    pub compacted: i64,
    keys: BTreeMap<Bytes, Key>,
    /// Oldest first, without compacted changes.
    log: VecDeque<Change>,
    /// Some key has had a long history.
    deep: bool,
    /// About what was written since it was known that there is memory left.
    spent: usize,
    pub lessor: Lessor,
}

impl Default for State {
    fn default() -> State {
        State {
            revision: 1,
            writing: false,
            compacted: -1,
            keys: BTreeMap::new(),
            log: VecDeque::new(),
            deep: false,
            spent: ASK,
            lessor: Lessor::default(),
        }
    }
}

impl State {
    /// The revision to read at for a request of this one; 0 or less is the current one.
    pub fn readable(&self, asked: i64, current: i64) -> Result<i64, RpcStatus> {
        let revision = if asked <= 0 { current } else { asked };
        if revision > current {
            return Err(refuse(ETCD_ERR_FUTURE_REVISION));
        }
        if revision < self.compacted {
            return Err(refuse(ETCD_ERR_COMPACTED));
        }
        Ok(revision)
    }

    pub fn get(&self, key: &[u8], revision: i64) -> Option<(&Bytes, &Version)> {
        let (key, history) = self.keys.get_key_value(key)?;
        history.at(revision).map(|version| (key, version))
    }

    /// Visits at most `most` keys of the span, from its beginning or from a key that was
    /// visited, until the visitor breaks. Returns the last key visited, if there are more.
    pub fn stretch(
        &self,
        span: Span<'_>,
        way: Way,
        after: Option<&[u8]>,
        most: usize,
        revision: i64,
        visit: &mut impl FnMut(&Bytes, &Version) -> ControlFlow<()>,
    ) -> Option<Bytes> {
        let bounds = match after {
            None => span.bounds(),
            Some(key) => span.bounds_after(key, way),
        };
        let mut keys = self.keys.range::<[u8], _>(bounds?);
        let mut next = || match way {
            Way::Up => keys.next(),
            Way::Down => keys.next_back(),
        };
        let mut last = None;
        for _ in 0..most {
            let (key, history) = next()?;
            if let Some(version) = history.at(revision) {
                if visit(key, version).is_break() {
                    return None;
                }
            }
            last = Some(key);
        }
        next().and(last).cloned()
    }

    /// The log from a revision on, without the first few changes.
    pub fn changes(&self, revision: i64, skip: usize) -> impl Iterator<Item = &Change> {
        let start = self.log.partition_point(|change| change.modified < revision);
        self.log.range((start + skip).min(self.log.len())..)
    }

    /// What a change has put; none if it was a deletion.
    pub fn put_by(&self, change: &Change) -> Option<&Version> {
        let history = change.is_put.then(|| self.keys.get(&change.key)).flatten();
        history?.put_at(change.modified)
    }

    fn write_revision(&self) -> i64 {
        self.revision + i64::from(!self.writing)
    }

    /// The next change begins a new revision.
    pub fn end_write(&mut self) {
        self.writing = false;
    }

    /// Puts a version that is made from the one before it.
    pub fn put(&mut self, key: Bytes, make: impl FnOnce(&Bytes, &Version) -> (Bytes, i64)) {
        self.revision = self.write_revision();
        self.writing = true;
        let entry = self.keys.entry(key);
        let key = entry.key().clone();
        let history = entry.or_default();
        let before = &history.latest;
        let (value, lease) = make(&key, before);
        let created = if before.is_live() { before.created } else { self.revision };
        let version =
            Version { created, modified: self.revision, version: before.version + 1, lease, value };
        self.lessor.move_key(&key, before.lease, lease);
        history.push(version);
        self.deep |= history.older.len() >= DEEP;
        self.log.push_back(Change { key, modified: self.revision, is_put: true });
    }

    /// How many keys there may be to tell of in a reply.
    pub fn rows(&self, span: Span<'_>) -> usize {
        match (span, span.bounds()) {
            (Span::One(_), _) | (_, None) => 1,
            (_, Some(bounds)) => self.keys.range::<[u8], _>(bounds).count(),
        }
    }

    /// Before a write of these keys, with so many bytes: sees that there is memory for it.
    /// Nothing is changed otherwise.
    pub fn make_room<'a>(
        &mut self,
        spans: impl Iterator<Item = Span<'a>>,
        bytes: usize,
    ) -> Result<(), RpcStatus> {
        let (mut changes, mut growth) = (0, 0);
        for span in spans {
            if let Span::One(key) = span {
                changes += 1;
                let history = if self.deep { self.keys.get(key) } else { None };
                growth += history.map_or(0, Key::growth);
            } else if let Some(bounds) = span.bounds() {
                for (_, history) in self.keys.range::<[u8], _>(bounds) {
                    changes += usize::from(history.latest.is_live());
                    growth += history.growth();
                }
            }
        }
        let grows = self.log.capacity() - self.log.len() < changes;
        if grows && self.log.try_reserve(changes).is_err() {
            return Err(no_memory(changes * size_of::<Change>()));
        }
        let size = bytes + changes * CHANGE + growth;
        self.spent = self.spent.saturating_add(size);
        if self.spent >= ASK || grows {
            if !has_room(size) {
                self.spent = ASK;
                return Err(no_memory(size));
            }
            self.spent = 0;
        }
        Ok(())
    }

    /// Deletes the keys of a span and returns how many there were.
    pub fn delete(&mut self, span: Span<'_>, mut gone: impl FnMut(&Bytes, &Version)) -> i64 {
        let modified = self.write_revision();
        let Some(bounds) = span.bounds() else { return 0 };
        let mut deleted = 0;
        for (key, history) in self.keys.range_mut::<[u8], _>(bounds) {
            if history.latest.is_live() {
                gone(key, &history.latest);
                self.lessor.move_key(key, history.latest.lease, 0);
                history.push(Version { modified, ..Version::default() });
                self.log.push_back(Change { key: key.clone(), modified, is_put: false });
                deleted += 1;
            }
        }
        if deleted > 0 {
            self.revision = modified;
            self.writing = true;
        }
        deleted
    }

    /// Ends a lease and deletes its keys, in key order and in one revision.
    pub fn revoke(&mut self, id: i64) -> Result<(), RpcStatus> {
        for key in self.lessor.remove(id)?.keys {
            self.delete(Span::One(&key), |_, _| ());
        }
        Ok(())
    }

    /// Revokes the leases that are due, each in its own revision.
    pub fn expire(&mut self, now: Duration) {
        while let Some((_, id)) = self.lessor.next().filter(|(due, _)| *due <= now) {
            let _ = self.revoke(id);
            self.end_write();
        }
    }

    /// Makes the revisions below unreadable; [`sweep`](State::sweep) frees their versions.
    pub fn compact(&mut self, revision: i64) -> Result<(), RpcStatus> {
        if revision <= self.compacted {
            return Err(refuse(ETCD_ERR_COMPACTED));
        }
        if revision > self.revision {
            return Err(refuse(ETCD_ERR_FUTURE_REVISION));
        }
        self.compacted = revision;
        Ok(())
    }

    /// Drops at most so many compacted changes and the versions that they replaced; true
    /// if there is more to drop.
    pub fn sweep(&mut self, most: usize) -> bool {
        let compacted = |change: &Change| change.modified < self.compacted;
        let count = self.log.iter().take(most).take_while(|change| compacted(change)).count();
        for Change { key, modified, .. } in self.log.drain(..count) {
            if self.keys.get_mut(&key).is_some_and(|key| key.forget_before(modified)) {
                self.keys.remove(&key);
            }
        }
        // The memory of a long log that became short is released.
        if self.log.len() < self.log.capacity() / 4 {
            self.log.shrink_to(self.log.len() * 2);
        }
        count == most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(state: &mut State, key: &'static str, value: &'static str) {
        state.put(Bytes::from_static(key.as_bytes()), |_, _| {
            (Bytes::from_static(value.as_bytes()), 0)
        });
        state.end_write();
    }

    fn delete(state: &mut State, key: &str) {
        state.delete(Span::One(key.as_bytes()), |_, _| ());
        state.end_write();
    }

    fn value(state: &State, key: &str, revision: i64) -> Option<Bytes> {
        state.get(key.as_bytes(), revision).map(|(_, version)| version.value.clone())
    }

    #[test]
    fn compaction_has_bounds() {
        let mut state = State::default();
        put(&mut state, "a", "1");
        for (revision, code) in
            [(-1, 11), (3, 11), (i64::MAX, 11), (0, 0), (0, 11), (2, 0), (1, 11), (2, 11)]
        {
            let refusal = state.compact(revision).err();
            assert_eq!(refusal.map_or(0, |refusal| refusal.code), code, "{revision}");
        }
    }

    #[test]
    fn compaction_keeps_what_can_be_read_and_frees_the_rest() {
        let mut state = State::default();
        for value in ["1", "2", "3"] {
            put(&mut state, "a", value); // 2, 3, 4
        }
        put(&mut state, "b", "1"); // 5
        delete(&mut state, "b"); // 6
        put(&mut state, "a", "4"); // 7
        put(&mut state, "b", "2"); // 8
        delete(&mut state, "b"); // 9

        state.compact(6).unwrap();
        while state.sweep(1) {}
        assert_eq!(state.log.len(), 4);
        for (key, at, expected) in [
            ("a", 6, Some("3")),
            ("a", 7, Some("4")),
            ("b", 6, None),
            ("b", 8, Some("2")),
            ("b", 9, None),
        ] {
            assert_eq!(value(&state, key, at), expected.map(|e| Bytes::from_static(e.as_bytes())));
        }
        assert_eq!(state.changes(1, 0).map(|c| c.modified).collect::<Vec<_>>(), [6, 7, 8, 9]);
        assert_eq!(state.changes(8, 1).map(|c| c.modified).collect::<Vec<_>>(), [9]);
        assert_eq!(state.changes(8, 9).count(), 0);

        put(&mut state, "c", "1"); // 10
        state.compact(10).unwrap();
        while state.sweep(3) {}
        let left: Vec<_> = state.keys.iter().map(|(key, k)| (&key[..], k.older.len())).collect();
        assert_eq!(left, [(&b"a"[..], 0), (b"c", 0)]);
        assert_eq!(state.log.len(), 1);
    }

    #[test]
    fn memory_is_bounded_by_what_is_kept() {
        let mut state = State::default();
        for n in 0..10_000 {
            put(&mut state, "a", "1");
            put(&mut state, "b", "1");
            delete(&mut state, "b");
            if n % 100 == 0 {
                state.compact(state.revision).unwrap();
                while state.sweep(128) {}
                assert!(state.keys.len() <= 2 && state.log.capacity() < 1024);
            }
        }
        assert!(state.keys.values().all(|key| key.older.len() < 300));
    }

    #[test]
    fn a_lease_takes_its_keys_with_it() {
        let mut state = State::default();
        let second = Duration::from_secs(1);
        for (id, ttl) in [(1, 5), (2, 3), (3, 4), (4, 60)] {
            state.lessor.grant(id, ttl, second).unwrap();
        }
        for (key, lease) in [("z", 1), ("a", 1), ("m", 2)] {
            state.put(Bytes::from_static(key.as_bytes()), |_, _| (Bytes::new(), lease));
            state.end_write();
        }
        state.expire(second * 6);
        let log: Vec<_> = state.changes(5, 0).map(|c| (&c.key[..], c.modified)).collect();
        assert_eq!(log, [(&b"m"[..], 5), (b"a", 6), (b"z", 6)]);
        assert_eq!(state.lessor.ids().collect::<Vec<_>>(), [4]);
        assert!(state.revoke(4).is_ok() && state.revoke(4).is_err());
        assert_eq!(state.revision, 6);
    }
}
