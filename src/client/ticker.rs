//! One timer for all calls of a client that may have to be hedged. A timer for each call
//! would often be the earliest of the runtime, and each new earliest timer costs a system
//! call, even if it ends at a tick that others share.

#![forbid(unsafe_code)]

use futures_util::future::{select, Either};
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, Instant};

const TICK: Duration = Duration::from_millis(50);

#[derive(Default)]
pub struct Ticker {
    waiting: AtomicUsize,
    ticking: AtomicBool,
    begin: Notify,
    tick: Notify,
}

/// Somebody that needs ticks.
struct Waiting<'a>(&'a Ticker);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Relaxed);
    }
}

impl Ticker {
    /// Ticks while anybody waits.
    pub async fn run(&self) {
        loop {
            self.begin.notified().await;
            while self.waiting.load(Relaxed) > 0 {
                sleep(TICK).await;
                self.tick.notify_waiters();
            }
            self.ticking.store(false, Relaxed);
        }
    }

    /// What becomes of the work, or None if that takes longer, by up to a tick.
    pub async fn timeout<F: Future>(
        &self,
        limit: Duration,
        mut work: Pin<&mut F>,
    ) -> Option<F::Output> {
        let began = Instant::now();
        self.waiting.fetch_add(1, Relaxed);
        let _waiting = Waiting(self);
        loop {
            let tick = pin!(self.tick.notified());
            if !self.ticking.swap(true, Relaxed) {
                self.begin.notify_one();
            }
            match select(work.as_mut(), tick).await {
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
    fn what_takes_long_is_left_and_the_ticker_rests_again() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let ticker = std::sync::Arc::new(Ticker::default());
            let ours = ticker.clone();
            tokio::spawn(async move { ours.run().await });
            for _ in 0..2 {
                assert_eq!(ticker.timeout(TICK, pin!(ready(7))).await, Some(7));
                let began = Instant::now();
                assert_eq!(ticker.timeout(2 * TICK, pin!(pending::<()>())).await, None);
                assert!(began.elapsed() >= 2 * TICK);
                // For ever, if it does not rest.
                while ticker.ticking.load(Relaxed) {
                    sleep(TICK).await;
                }
            }
        });
    }
}
