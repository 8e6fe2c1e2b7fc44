//! How soon an endpoint that is down is tried again: as soon as it may be while somebody needs
//! a connection, else all of a long list in turn, so that their attempts cost next to nothing.

#![forbid(unsafe_code)]

use super::connection::now_ms;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// So many endpoints are tried as often as one alone.
const FREE: u32 = 20;

#[derive(Default)]
pub struct Demand {
    /// Endpoints that are down.
    down: AtomicUsize,
    /// Who waits for a connection.
    waiting: AtomicUsize,
    /// When somebody last wished for another connection, as of [`now_ms`].
    wished: AtomicU64,
    begun: Notify,
}

/// Counts one until it is dropped.
pub struct Counted<'a>(&'a AtomicUsize);

impl Counted<'_> {
    fn new(count: &AtomicUsize) -> Counted<'_> {
        count.fetch_add(1, SeqCst);
        Counted(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Demand {
    /// An endpoint is down until the result is dropped.
    pub fn down(&self) -> Counted<'_> {
        Counted::new(&self.down)
    }

    /// Somebody waits for a connection until the result is dropped.
    pub fn wait(&self) -> Counted<'_> {
        let waiting = Counted::new(&self.waiting);
        self.begun.notify_waiters();
        waiting
    }

    /// Somebody uses what is up, and would rather have another connection.
    pub fn wish(&self) {
        self.wished.store(now_ms(), SeqCst);
        self.begun.notify_waiters();
    }

    /// Before the next attempt: `pause` while somebody needs a connection, else as many times
    /// that as there are endpoints too many.
    pub async fn pause(&self, pause: Duration) {
        let began = now_ms();
        sleep(pause).await;
        let down = u32::try_from(self.down.load(SeqCst)).unwrap_or(u32::MAX);
        let rest = (pause / FREE).saturating_mul(down.saturating_sub(FREE));
        // Registered before the look at who needs one.
        let mut begun = pin!(self.begun.notified());
        begun.as_mut().enable();
        let needed = self.waiting.load(SeqCst) > 0 || self.wished.load(SeqCst) >= began;
        if !needed && !rest.is_zero() {
            tokio::select! {
                () = sleep(rest) => {}
                () = begun => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    const PAUSE: Duration = Duration::from_millis(10);
    const LONG: Duration = Duration::from_secs(10);

    async fn is_short(demand: &Demand) -> bool {
        timeout(LONG, demand.pause(PAUSE)).await.is_ok()
    }

    #[tokio::test]
    async fn a_long_list_waits_unless_somebody_needs_it() {
        let demand = Demand::default();
        let down: Vec<_> = (0..FREE).map(|_| demand.down()).collect();
        assert!(is_short(&demand).await);
        // They would wait for an hour.
        let more: Vec<_> = (0..10_000_000).map(|_| demand.down()).collect();
        assert!(timeout(20 * PAUSE, demand.pause(PAUSE)).await.is_err());
        let waiting = demand.wait();
        assert!(is_short(&demand).await);
        drop(waiting);
        for waits in [true, false] {
            let need = async {
                sleep(20 * PAUSE).await;
                match waits {
                    true => drop(demand.wait()),
                    false => demand.wish(),
                }
            };
            assert!(tokio::join!(is_short(&demand), need).0);
        }
        // A wish that comes before the least pause is over counts too.
        let wish = async { demand.wish() };
        assert!(tokio::join!(is_short(&demand), wish).0);
        drop((down, more));
        assert!(is_short(&demand).await);
    }
}
