//! The engine's only source of time.

#![forbid(unsafe_code)]

use crate::sync::IgnorePoison;
use crate::sys;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// The runtime's timers stop while the machine is suspended; the clock does not. So
/// sleepers check the clock at least this often.
const NAP: Duration = Duration::from_secs(1);

/// Time since some beginning: the system's, or one that a test moves.
#[derive(Clone)]
pub struct Clock(Option<Arc<Manual>>);

#[derive(Default)]
struct Manual {
    now: Mutex<Duration>,
    moved: Notify,
}

impl Clock {
    pub fn system() -> Clock {
        Clock(None)
    }

    /// Moves only by [`advance`](Clock::advance).
    #[cfg(test)]
    pub fn manual() -> Clock {
        Clock(Some(Arc::default()))
    }

    pub fn now(&self) -> Duration {
        match &self.0 {
            None => sys::boot_time(),
            Some(manual) => *manual.now.lock().ignore_poison(),
        }
    }

    /// Moves a manual clock; no effect on the system's.
    #[cfg(test)]
    pub fn advance(&self, by: Duration) {
        if let Some(manual) = &self.0 {
            let mut now = manual.now.lock().ignore_poison();
            *now = now.saturating_add(by);
            drop(now);
            manual.moved.notify_waiters();
        }
    }

    pub async fn sleep_until(&self, due: Duration) {
        loop {
            // Registered before the check, so that no move is missed.
            let moved = self.0.as_ref().map(|manual| manual.moved.notified());
            let left = due.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            match moved {
                Some(moved) => moved.await,
                None => tokio::time::sleep(left.min(NAP)).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn the_system_clock_goes_on() {
        let clock = Clock::system();
        let before = clock.now();
        std::thread::sleep(Duration::from_millis(2));
        assert!(clock.now() >= before + Duration::from_millis(2));
    }

    #[test]
    fn a_manual_clock_goes_when_it_is_told_to_and_wakes_who_waits() {
        let clock = Clock::manual();
        let mut sleep = Box::pin(clock.sleep_until(Duration::from_secs(2)));
        assert!(sleep.as_mut().now_or_never().is_none());
        clock.advance(Duration::from_millis(1999));
        assert!(sleep.as_mut().now_or_never().is_none());
        clock.advance(Duration::from_millis(1));
        assert!(sleep.now_or_never().is_some());
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Duration::MAX);
    }
}
