//! How many calls may be sent to a second member: a tenth of them, so that members which
//! are slow because they have too much to do do not get twice as much.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// What one costs; every call brings 1.
const PRICE: u32 = 10;
/// For the calls in progress when a member falls silent.
const FIRST: u32 = 100 * PRICE;
const MOST: u32 = 1000 * PRICE;

pub struct Budget(AtomicU32);

impl Default for Budget {
    fn default() -> Self {
        Budget(AtomicU32::new(FIRST))
    }
}

impl Budget {
    /// A call is made. Two that meet may count as one, which is cheaper than counting both.
    pub fn earn(&self) {
        let saved = self.0.load(Relaxed);
        if saved < MOST {
            self.0.store(saved + 1, Relaxed);
        }
    }

    /// Whether one more may be sent twice.
    pub fn spend(&self) -> bool {
        self.0.fetch_update(Relaxed, Relaxed, |saved| saved.checked_sub(PRICE)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_the_calls_may_be_sent_twice() {
        let budget = Budget::default();
        let spent = |calls: u32| (0..calls).filter(|_| budget.spend()).count();
        assert_eq!(spent(1000), 100);
        for calls in [9, 1] {
            assert!(!budget.spend());
            (0..calls).for_each(|_| budget.earn());
        }
        assert_eq!(spent(1000), 1);
        let twice = (0..1000).filter(|_| {
            budget.earn();
            budget.spend()
        });
        assert_eq!(twice.count(), 100);
        (0..100_000).for_each(|_| budget.earn());
        assert_eq!(spent(10_000), 1000);
    }
}
