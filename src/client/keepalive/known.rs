//! Until when leases surely live that nothing keeps alive: what this client was told when it
//! granted or renewed them.

#![forbid(unsafe_code)]

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// Those that end first are forgotten when there are more.
const MOST: usize = 4096;

/// Deadlines by lease, on the clock that goes on while the machine sleeps.
#[derive(Default)]
pub struct Known {
    deadlines: HashMap<i64, Duration>,
    order: BTreeSet<(Duration, i64)>,
}

impl Known {
    /// The latest answer counts: with it the lease may be another of the same id.
    pub fn learn(&mut self, id: i64, deadline: Duration) {
        self.forget(id);
        self.deadlines.insert(id, deadline);
        self.order.insert((deadline, id));
        if self.order.len() > MOST {
            let (_, first) = self.order.pop_first().unwrap();
            self.deadlines.remove(&first);
        }
    }

    pub fn forget(&mut self, id: i64) {
        if let Some(deadline) = self.deadlines.remove(&id) {
            self.order.remove(&(deadline, id));
        }
    }

    /// The deadline of a lease, unless it has passed: the lease may live then all the same.
    pub fn deadline(&self, id: i64, now: Duration) -> Option<Duration> {
        self.deadlines.get(&id).copied().filter(|deadline| *deadline > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_latest_answer_counts_until_its_deadline() {
        let mut known = Known::default();
        assert_eq!(known.deadline(7, s(0)), None);
        known.learn(7, s(10));
        known.learn(8, s(20));
        assert_eq!((known.deadline(7, s(9)), known.deadline(7, s(10))), (Some(s(10)), None));
        known.learn(7, s(5));
        assert_eq!((known.deadline(7, s(0)), known.deadline(8, s(0))), (Some(s(5)), Some(s(20))));
        known.forget(7);
        known.forget(7);
        assert_eq!((known.deadline(7, s(0)), known.order.len()), (None, 1));
    }

    #[test]
    fn the_number_of_leases_is_bounded() {
        let mut known = Known::default();
        let count = 3 * MOST as u64;
        for id in 0..count {
            // The latest first.
            known.learn(id as i64, s(count - id));
            known.learn(id as i64, s(count - id));
        }
        assert_eq!((known.deadlines.len(), known.order.len()), (MOST, MOST));
        let ids = 0..count as i64;
        assert!(ids.clone().all(|id| known.deadline(id, s(0)).is_some() == (id < MOST as i64)));
        ids.for_each(|id| known.forget(id));
        assert!(known.deadlines.is_empty() && known.order.is_empty());
    }
}
