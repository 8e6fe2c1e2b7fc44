//! Passes one value from one thread to another that waits for it.

#![forbid(unsafe_code)]

use super::{Condvar, IgnorePoison, Mutex};
use std::time::{Duration, Instant};

pub struct Oneshot<T> {
    slot: Mutex<Slot<T>>,
    filled: Condvar,
}

struct Slot<T> {
    value: Option<T>,
    /// A thread waits: to wake none would cost a system call too.
    awaited: bool,
}

impl<T> Default for Oneshot<T> {
    fn default() -> Self {
        let slot = Slot { value: None, awaited: false };
        Oneshot { slot: Mutex::new(slot), filled: Condvar::new() }
    }
}

impl<T> Oneshot<T> {
    pub fn fill(&self, value: T) {
        let mut slot = self.slot.lock().ignore_poison();
        slot.value = Some(value);
        let awaited = slot.awaited;
        drop(slot);
        if awaited {
            self.filled.notify_one();
        }
    }

    pub fn wait(&self) -> T {
        let mut slot = self.slot.lock().ignore_poison();
        loop {
            if let Some(value) = slot.value.take() {
                return value;
            }
            slot.awaited = true;
            slot = self.filled.wait(slot).ignore_poison();
        }
    }

    /// None if nothing comes in time.
    pub fn wait_for(&self, limit: Duration) -> Option<T> {
        let deadline = Instant::now() + limit;
        let mut slot = self.slot.lock().ignore_poison();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match slot.value.take() {
                Some(value) => return Some(value),
                None if left.is_zero() => return None,
                None => {}
            }
            slot.awaited = true;
            slot = self.filled.wait_timeout(slot, left).ignore_poison().0;
        }
    }
}
