//! How long to wait before trying again.

#![forbid(unsafe_code)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Pauses that double from `first` to `longest`, each with jitter, so that
/// clients do not retry in step.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub fn new(first: Duration, longest: Duration) -> Backoff {
        Backoff { first, longest, next: first }
    }

    /// The pause before the next attempt.
    pub fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.longest);
        jittered(pause)
    }

    /// After a success the next pause is the first one again.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

/// A random duration between half of `pause` and all of it.
pub fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + rng().f64() / 2.0)
}

/// Each use has its own seed: a generator kept by thread or process would give
/// the same numbers on both sides of a fork.
pub fn rng() -> fastrand::Rng {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let process = u64::from(std::process::id());
    fastrand::Rng::with_seed(now.as_nanos() as u64 ^ process << 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(20), ms(100));
        for full in [20, 40, 80, 100, 100] {
            let pause = backoff.next();
            assert!(pause >= ms(full) / 2 && pause <= ms(full), "{pause:?} of {full} ms");
        }
        backoff.reset();
        assert!(backoff.next() <= ms(20));
        assert!(Backoff::new(ms(1), Duration::MAX).next() <= ms(1));
    }
}
