//! The reader of a queue, who may drive the runtime while he waits.

#![forbid(unsafe_code)]

use super::{may_lead, process, Driver, Lead, Shared, LONGEST_LOOK, STREAK};
use crate::sys;
use std::future::{pending, Future};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::sleep_until;

/// A queue's readers, who are taken for one.
#[derive(Default)]
pub struct Reader(Mutex<Habit>);

/// How he spends his time: half of the past counts, and half of what was before.
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
        self.waiting += now.duration_since(came);
        self.left = Some(now);
    }

    /// If he does, next to nothing is left unattended while he drives.
    fn mostly_waits(&self) -> bool {
        self.waits >= STREAK && self.away * 2 < self.waiting
    }
}

impl Reader {
    /// Waits for his queue: driving until it is `ready`, if so many calls in
    /// progress are his `alone`, else in `wait`. May return early.
    pub fn wait(
        &self,
        until: Option<Instant>,
        alone: &dyn Fn(usize) -> bool,
        ready: impl Future<Output = ()>,
        wait: impl FnOnce(),
    ) {
        let came = Instant::now();
        let mostly_waits = {
            let mut habit = self.0.lock().unwrap();
            habit.comes(came);
            habit.mostly_waits()
        };
        // Whoever is within a runtime of his own must not hold ours: it could be
        // he who has to end it.
        let shared = (mostly_waits && may_lead()).then(current).flatten();
        let lead = shared.as_ref().and_then(|shared| self.lead(shared, until, alone));
        let led = lead.map(|lead| {
            lead.drive(async {
                tokio::select! {
                    biased;
                    () = ready => {}
                    () = passed(until) => {}
                }
            });
        });
        if led.is_none() {
            drop(shared);
            attend();
            wait();
        }
        self.0.lock().unwrap().leaves(came);
    }

    fn lead<'a>(
        &self,
        shared: &'a Shared,
        until: Option<Instant>,
        alone: &'a dyn Fn(usize) -> bool,
    ) -> Option<Lead<'a>> {
        let calls = shared.calls.load(Relaxed);
        if calls == 0 || !alone(calls) {
            return None;
        }
        let me = Some(sys::this_thread());
        let mut turn = shared.turn.lock().unwrap();
        match turn.driver {
            Driver::Nobody => {}
            Driver::Thread if turn.reader == me => {
                // He has not come back in time.
                turn.reader = None;
                *self.0.lock().unwrap() = Habit::default();
                return None;
            }
            Driver::Thread if !turn.asked => {
                turn.asked = true;
                shared.let_go.notify_one();
                while turn.asked {
                    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
                    if left == Some(Duration::ZERO) {
                        turn.asked = false;
                        return None;
                    }
                    let left = left.unwrap_or(LONGEST_LOOK);
                    turn = shared.let_in.wait_timeout(turn, left).unwrap().0;
                }
                if turn.driver != Driver::Leader {
                    return None;
                }
            }
            _ => return None,
        }
        turn.enter(me);
        Some(Lead { shared, alone })
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
    process().running.lock().unwrap().as_ref().map(|running| running.shared.clone())
}

/// Sees to it that somebody drives if a reader did last: what he has left may be
/// what another one waits for.
fn attend() {
    if let Some(running) = &*process().running.lock().unwrap() {
        let shared = &running.shared;
        if shared.turn.lock().unwrap().reader.is_some() {
            shared.attend();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_who_is_mostly_away_does_not_drive() {
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
