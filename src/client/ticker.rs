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
/// Who waits for more ticks is woken on the way.
const TICKS: usize = 16;

#[derive(Default)]
pub struct Ticker {
    waiting: AtomicUsize,
    ticking: AtomicBool,
    begin: Notify,
    /// Ticks so far.
    now: AtomicUsize,
    /// By the tick that they wait for: to wake all at each tick would cost more than all
    /// else if many calls take long.
    ticks: [Notify; TICKS],
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
                let now = self.now.fetch_add(1, Relaxed) + 1;
                self.ticks[now % TICKS].notify_waiters();
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
        let mut left = limit;
        loop {
            // The next one comes at any moment.
            let ticks = left.as_nanos().div_ceil(TICK.as_nanos()) as usize + 1;
            let tick = self.now.load(Relaxed) + ticks.min(TICKS - 1);
            let tick = pin!(self.ticks[tick % TICKS].notified());
            if !self.ticking.swap(true, Relaxed) {
                self.begin.notify_one();
            }
            match select(work.as_mut(), tick).await {
                Either::Left((result, _)) => return Some(result),
                Either::Right(_) => left = limit.saturating_sub(began.elapsed()),
            }
            if left.is_zero() {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, poll_fn, ready};
    use std::task::Poll;

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

    #[test]
    fn who_waits_is_woken_when_its_time_is_up_and_not_before() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let ticker = std::sync::Arc::new(Ticker::default());
            let ours = ticker.clone();
            tokio::spawn(async move { ours.run().await });
            for (ticks, most) in [(1, 2), (8, 2), (20, 4)] {
                let mut polls = 0;
                let counted = poll_fn(|_| {
                    polls += 1;
                    Poll::<()>::Pending
                });
                let (limit, began) = (ticks * TICK, Instant::now());
                assert_eq!(ticker.timeout(limit, pin!(counted)).await, None);
                assert!(began.elapsed() >= limit);
                assert!(polls <= most, "{polls} polls in {ticks} ticks");
            }
        });
    }
}
