//! A queue's reader, which may drive the runtime while it waits.

#![forbid(unsafe_code)]

use super::driver::{Alone, Engine as _, STREAK, UNATTENDED};
use super::{running, Engine, Shared};
use crate::sync::IgnorePoison;
use std::future::{pending, Future};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::time::sleep_until;

/// All readers of a queue, taken for one.
#[derive(Default)]
pub struct Reader(Mutex<Habit>);

/// A longer wait counts as much, so that a quiet hour is soon forgotten.
const LONGEST: Duration = Duration::from_millis(64);

/// How it spends its time. What was 32 waits ago counts half, and so on.
#[derive(Default)]
struct Habit {
    waits: u32,
    waiting: Duration,
    away: Duration,
    left: Option<Instant>,
}

impl Habit {
    fn comes(&mut self, now: Instant) {
        self.away += self.left.map_or(Duration::ZERO, |left| now.duration_since(left));
        self.waits += 1;
        if self.waits == 4 * STREAK {
            self.waits /= 2;
            self.waiting /= 2;
            self.away /= 2;
        }
    }

    fn leaves(&mut self, came: Instant) {
        let now = Instant::now();
        self.waiting += now.duration_since(came).min(LONGEST);
        self.left = Some(now);
    }

    /// Then little is left unattended if it drives.
    fn mostly_waits(&self) -> bool {
        self.waits >= STREAK && self.away * 2 < self.waiting
    }

    /// Otherwise the thread would be woken for each event, as if it drove.
    fn is_brisk(&self) -> bool {
        self.waiting < UNATTENDED * self.waits
    }
}

impl Reader {
    fn habit(&self) -> MutexGuard<'_, Habit> {
        self.0.lock().ignore_poison()
    }

    /// Waits for the queue: drives until it is `ready`, if all that is in progress is the
    /// queue's `alone`, and calls `wait` otherwise. May return early.
    pub fn wait(
        &self,
        until: Option<Instant>,
        alone: Alone<'_>,
        ready: impl Future<Output = ()>,
        wait: impl FnOnce(),
    ) {
        let came = Instant::now();
        let (mostly_waits, brisk) = {
            let mut habit = self.habit();
            habit.comes(came);
            (habit.mostly_waits(), habit.is_brisk())
        };
        // A thread inside a runtime of its own must not share ours: the last to drop it
        // ends it, which is not allowed there.
        let may_lead = mostly_waits && Engine::may_block_on();
        let shared = may_lead.then(current).flatten();
        let late = || *self.habit() = Habit::default();
        let lead =
            shared.as_ref().and_then(|shared| shared.lead_as_reader(until, brisk, alone, late));
        let led = lead.map(|lead| {
            lead.drive(async {
                tokio::select! {
                    biased;
                    () = ready => {}
                    () = lead.released() => {}
                    () = passed(until) => {}
                }
            });
        });
        if led.is_none() {
            drop(shared);
            // What another reader has left may be what this one waits for.
            if let Some(running) = &*running() {
                running.shared.ensure_driven_for_reader();
            }
            wait();
        }
        self.habit().leaves(came);
    }
}

async fn passed(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until.into()).await,
        None => pending().await,
    }
}

/// The runtime, while there is one.
fn current() -> Option<Arc<Shared>> {
    running().as_ref().map(|running| running.shared.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_is_mostly_away_does_not_drive() {
        let ms = Duration::from_millis;
        let mut now = Instant::now();
        let mut habit = Habit::default();
        let mut day = |waiting: u64, away: u64| {
            habit.comes(now);
            now += ms(waiting);
            habit.waiting += ms(waiting);
            habit.left = Some(now);
            now += ms(away);
            habit.mostly_waits()
        };
        let ends: Vec<_> = (0..STREAK).map(|_| day(3, 1)).collect();
        assert!(ends[..ends.len() - 1].iter().all(|&mostly| !mostly), "not known long enough");
        assert!(day(3, 1));
        assert!((0..1000).all(|_| day(3, 1)));
        assert!((0..100).any(|_| !day(1, 3)), "never noticed");
        assert!((0..100).all(|_| !day(1, 3)));
        assert!((0..100).any(|_| day(3, 1)), "never forgiven");
    }
}
