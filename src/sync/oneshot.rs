//! Passes one value from one thread to another that waits for it.

#![forbid(unsafe_code)]

use super::{Condvar, IgnorePoison, Mutex};
use std::time::{Duration, Instant};

pub struct Oneshot<T> {
    value: Mutex<Option<T>>,
    filled: Condvar,
}

impl<T> Default for Oneshot<T> {
    fn default() -> Self {
        Oneshot { value: Mutex::new(None), filled: Condvar::new() }
    }
}

impl<T> Oneshot<T> {
    pub fn fill(&self, value: T) {
        *self.value.lock().ignore_poison() = Some(value);
        self.filled.notify_one();
    }

    pub fn wait(&self) -> T {
        let mut value = self.value.lock().ignore_poison();
        loop {
            match value.take() {
                Some(value) => return value,
                None => value = self.filled.wait(value).ignore_poison(),
            }
        }
    }

    /// None if nothing comes in time.
    pub fn wait_for(&self, limit: Duration) -> Option<T> {
        let deadline = Instant::now() + limit;
        let mut value = self.value.lock().ignore_poison();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match value.take() {
                Some(value) => return Some(value),
                None if left.is_zero() => return None,
                None => value = self.filled.wait_timeout(value, left).ignore_poison().0,
            }
        }
    }
}
