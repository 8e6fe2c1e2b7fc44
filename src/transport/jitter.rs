//! Chance, so that clients do not act in step.

#![forbid(unsafe_code)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seeded anew for each use: a generator kept by thread or process would give
/// the same numbers on both sides of a fork.
pub fn chance() -> fastrand::Rng {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let process = u64::from(std::process::id());
    fastrand::Rng::with_seed(now.as_nanos() as u64 ^ process << 32)
}

/// Between half of the pause and all of it.
pub fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + chance().f64() / 2.0)
}
