//! Leases: their ids, deadlines and keys.

#![forbid(unsafe_code)]

use super::reply::{refuse, RpcStatus};
use crate::status::{
    ETCD_ERR_LEASE_EXISTS, ETCD_ERR_LEASE_NOT_FOUND, ETCD_ERR_LEASE_TTL_TOO_LARGE,
};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Seconds. The minimum is that of etcd with its default election timeout.
const MIN_TTL: i64 = 2;
const MAX_TTL: i64 = 9_000_000_000;

#[derive(Default)]
pub struct Lessor {
    leases: BTreeMap<i64, Lease>,
    /// Soonest first.
    deadlines: BTreeSet<(Duration, i64)>,
}

pub struct Lease {
    /// Seconds, as granted.
    pub ttl: i64,
    deadline: Duration,
    pub keys: BTreeSet<Bytes>,
}

/// For ids, not for secrets.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

impl Lease {
    /// Whole seconds left, without the fraction.
    pub fn left(&self, now: Duration) -> i64 {
        let left = self.deadline.saturating_sub(now).as_secs();
        i64::try_from(left).unwrap_or(i64::MAX)
    }
}

fn deadline(ttl: i64, now: Duration) -> Duration {
    now.saturating_add(Duration::from_secs(ttl.unsigned_abs()))
}

impl Lessor {
    /// The id and ttl that were granted.
    pub fn grant(&mut self, id: i64, ttl: i64, now: Duration) -> Result<(i64, i64), RpcStatus> {
        if ttl > MAX_TTL {
            return Err(refuse(ETCD_ERR_LEASE_TTL_TOO_LARGE));
        }
        let id = match id {
            0 => self.free_id(),
            taken if self.leases.contains_key(&taken) => return Err(refuse(ETCD_ERR_LEASE_EXISTS)),
            free => free,
        };
        let ttl = ttl.max(MIN_TTL);
        let lease = Lease { ttl, deadline: deadline(ttl, now), keys: BTreeSet::new() };
        self.deadlines.insert((lease.deadline, id));
        self.leases.insert(id, lease);
        Ok((id, ttl))
    }

    fn free_id(&self) -> i64 {
        loop {
            let id = (random() >> 1) as i64;
            if id != 0 && !self.leases.contains_key(&id) {
                return id;
            }
        }
    }

    /// Ends a lease. The caller deletes its keys.
    pub fn remove(&mut self, id: i64) -> Result<Lease, RpcStatus> {
        let lease = self.leases.remove(&id).ok_or_else(|| refuse(ETCD_ERR_LEASE_NOT_FOUND))?;
        self.deadlines.remove(&(lease.deadline, id));
        Ok(lease)
    }

    /// Restarts the full ttl and returns it.
    pub fn renew(&mut self, id: i64, now: Duration) -> Option<i64> {
        let lease = self.leases.get_mut(&id)?;
        self.deadlines.remove(&(lease.deadline, id));
        lease.deadline = deadline(lease.ttl, now);
        self.deadlines.insert((lease.deadline, id));
        Some(lease.ttl)
    }

    pub fn get(&self, id: i64) -> Option<&Lease> {
        self.leases.get(&id)
    }

    /// Whether a key can be attached to the lease; 0 is no lease.
    pub fn check(&self, id: i64) -> Result<(), RpcStatus> {
        match id == 0 || self.leases.contains_key(&id) {
            true => Ok(()),
            false => Err(refuse(ETCD_ERR_LEASE_NOT_FOUND)),
        }
    }

    /// Moves a key from one lease to another; 0 is none.
    pub fn move_key(&mut self, key: &Bytes, from: i64, to: i64) {
        if from == to {
            return;
        }
        if let Some(lease) = self.leases.get_mut(&from) {
            lease.keys.remove(key);
        }
        if let Some(lease) = self.leases.get_mut(&to) {
            lease.keys.insert(key.clone());
        }
    }

    /// The deadline of the lease that ends next, and its id.
    pub fn next(&self) -> Option<(Duration, i64)> {
        self.deadlines.first().copied()
    }

    /// All of them, soonest first.
    pub fn ids(&self) -> impl Iterator<Item = i64> + '_ {
        self.deadlines.iter().map(|(_, id)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn grants() {
        let mut lessor = Lessor::default();
        // Id, ttl, and the ttl or the gRPC code that it gets.
        let cases = [
            (7, 10, Ok(10)),
            (7, 10, Err(9)),
            (-8, 1, Ok(2)),
            (9, 0, Ok(2)),
            (10, i64::MIN, Ok(2)),
            (11, MAX_TTL, Ok(MAX_TTL)),
            (12, MAX_TTL + 1, Err(11)),
            (13, i64::MAX, Err(11)),
        ];
        for (id, ttl, expected) in cases {
            let granted = lessor.grant(id, ttl, Duration::MAX / 2);
            let granted = granted.map(|(had, ttl)| (had == id).then_some(ttl)).map_err(|e| e.code);
            assert_eq!(granted, expected.map(Some), "{id} {ttl}");
        }
        assert!((0..100).all(|_| lessor.grant(0, 5, seconds(1)).unwrap().0 > 0));
    }

    #[test]
    fn ends_come_in_order_and_a_renewal_puts_one_off() {
        let mut lessor = Lessor::default();
        for (id, ttl) in [(1, 10), (2, 5), (3, 7)] {
            lessor.grant(id, ttl, seconds(100)).unwrap();
        }
        assert_eq!(lessor.ids().collect::<Vec<_>>(), [2, 3, 1]);
        assert_eq!(lessor.next(), Some((seconds(105), 2)));
        assert_eq!(lessor.renew(2, seconds(104)), Some(5));
        assert_eq!(lessor.next(), Some((seconds(107), 3)));
        assert_eq!(lessor.renew(4, seconds(104)), None);
        assert_eq!(lessor.get(2).unwrap().left(seconds(104) + Duration::from_millis(1)), 4);
        assert_eq!(lessor.get(2).unwrap().left(seconds(200)), 0);
        assert!(lessor.remove(3).is_ok());
        assert_eq!(lessor.remove(3).err().unwrap().code, 5);
        assert_eq!(lessor.ids().collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn a_key_has_one_lease() {
        let mut lessor = Lessor::default();
        lessor.grant(1, 10, seconds(0)).unwrap();
        lessor.grant(2, 10, seconds(0)).unwrap();
        let key = Bytes::from_static(b"k");
        let holders = |lessor: &Lessor| [1, 2].map(|id| lessor.get(id).unwrap().keys.len());
        for (from, to, expected) in [(0, 1, [1, 0]), (1, 2, [0, 1]), (2, 2, [0, 1]), (2, 0, [0, 0])]
        {
            lessor.move_key(&key, from, to);
            assert_eq!(holders(&lessor), expected);
        }
        assert!(lessor.check(0).is_ok() && lessor.check(1).is_ok());
        assert_eq!(lessor.check(3).err().unwrap().code, 5);
    }
}
