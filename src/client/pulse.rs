//! One timer for the patience of all calls of a client: one for each would cost
//! each of them a system call, since it is sooner than all others.

#![forbid(unsafe_code)]

use futures_util::future::{select, Either};
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, Instant};

const BEAT: Duration = Duration::from_millis(50);

#[derive(Default)]
pub struct Pulse {
    waiting: AtomicUsize,
    beating: AtomicBool,
    begin: Notify,
    beat: Notify,
}

/// Somebody for whom it has to beat.
struct Waiting<'a>(&'a Pulse);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Relaxed);
    }
}

impl Pulse {
    /// Beats while anybody waits.
    pub async fn run(&self) {
        loop {
            self.begin.notified().await;
            while self.waiting.load(Relaxed) > 0 {
                sleep(BEAT).await;
                self.beat.notify_waiters();
            }
            self.beating.store(false, Relaxed);
        }
    }

    /// What becomes of the work, or None if that takes longer, by up to a beat.
    pub async fn timeout<F: Future>(
        &self,
        limit: Duration,
        mut work: Pin<&mut F>,
    ) -> Option<F::Output> {
        let began = Instant::now();
        self.waiting.fetch_add(1, Relaxed);
        let _waiting = Waiting(self);
        loop {
            let beat = pin!(self.beat.notified());
            if !self.beating.swap(true, Relaxed) {
                self.begin.notify_one();
            }
            match select(work.as_mut(), beat).await {
                Either::Left((result, _)) => return Some(result),
                Either::Right(_) if began.elapsed() >= limit => return None,
                Either::Right(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[test]
    fn what_takes_long_is_left_and_the_pulse_rests_again() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let pulse = std::sync::Arc::new(Pulse::default());
            let ours = pulse.clone();
            tokio::spawn(async move { ours.run().await });
            for _ in 0..2 {
                assert_eq!(pulse.timeout(BEAT, pin!(ready(7))).await, Some(7));
                let began = Instant::now();
                assert_eq!(pulse.timeout(2 * BEAT, pin!(pending::<()>())).await, None);
                assert!(began.elapsed() >= 2 * BEAT);
                // For ever, if it does not rest.
                while pulse.beating.load(Relaxed) {
                    sleep(BEAT).await;
                }
            }
        });
    }
}
