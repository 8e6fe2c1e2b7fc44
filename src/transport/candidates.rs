//! The addresses of an endpoint's name: each is a candidate of its own. One that has
//! failed comes after those that have not, or not lately.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// What an address gets of the time to connect, even if none is left for the last ones:
/// those come first in the next attempt.
const MIN_SHARE: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct Candidates {
    /// When each last failed, by the count of failures.
    failed: BTreeMap<SocketAddr, u64>,
    failures: u64,
}

impl Candidates {
    /// The addresses that the name has now, the best first.
    pub fn in_order(&mut self, mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
        self.failed.retain(|address, _| addresses.contains(address));
        addresses.sort_by_key(|address| self.failed.get(address));
        addresses
    }

    pub fn failed(&mut self, address: SocketAddr) {
        self.failures += 1;
        self.failed.insert(address, self.failures);
    }
}

/// The time for one of `count` addresses, of which none has been tried.
pub fn share(left: Duration, count: usize) -> Duration {
    (left / count as u32).max(MIN_SHARE).min(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_failed_longest_ago_comes_first() {
        let [a, b, c] = [1, 2, 3].map(|host| SocketAddr::from(([127, 0, 0, host], 1)));
        let mut candidates = Candidates::default();
        assert_eq!(candidates.in_order(vec![a, b, c]), [a, b, c]);
        candidates.failed(a);
        assert_eq!(candidates.in_order(vec![a, b, c]), [b, c, a]);
        candidates.failed(b);
        candidates.failed(c);
        candidates.failed(a);
        assert_eq!(candidates.in_order(vec![a, b, c]), [b, c, a]);
        // What the name has no more is forgotten.
        assert_eq!(candidates.in_order(vec![a, b]), [b, a]);
        assert_eq!(candidates.in_order(vec![a, b, c]), [c, b, a]);
    }

    #[test]
    fn each_has_a_second_or_all_that_is_left() {
        let second = Duration::from_secs(1);
        assert_eq!(share(10 * second, 2), 5 * second);
        assert_eq!(share(3 * second, 8), second);
        assert_eq!(share(second / 2, 2), second / 2);
    }
}
