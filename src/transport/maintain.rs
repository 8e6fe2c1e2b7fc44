//! The task that keeps an endpoint connected.

#![forbid(unsafe_code)]

use super::backoff::Backoff;
use super::candidates::Candidates;
use super::connection::ConnectionState;
use super::demand::Demand;
use super::endpoint::Endpoint;
use super::store_identity::StoreIdentity;
use super::subchannel::{down, Connectivity, Subchannel};
use super::tls::Tls;
use super::trial::{establish, Admitted};
use crate::error::{Error, Result};
use crate::observe::log::Level;
use crate::observe::Telemetry;
use futures_util::FutureExt;
use std::future::{pending, Future};
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{yield_now, JoinSet};
use tokio::time::{sleep, timeout, Instant};

const MIN_PAUSE: Duration = Duration::from_millis(25);
const MAX_PAUSE: Duration = Duration::from_secs(1);
/// How often to check whether the last call of a retired connection has ended.
const DRAINED_CHECK: Duration = Duration::from_millis(500);

#[derive(Clone, Copy)]
pub struct Timing {
    /// For one attempt to connect, TLS included.
    pub connect: Duration,
    /// A connection on which calls wait is probed after so long without a byte.
    pub ping_interval: Duration,
    /// For the answer to a probe.
    pub ping_timeout: Duration,
}

/// What all subchannels of a channel share.
pub struct Network {
    pub tls: Option<Tls>,
    pub timing: Timing,
    /// Notified when a subchannel has come up, or an attempt has failed.
    pub changed: Notify,
    pub demand: Demand,
    pub store: StoreIdentity,
    pub telemetry: Arc<Telemetry>,
}

/// Keeps the endpoint connected until it is dropped, or until it has left the list
/// and its last call has ended.
pub async fn maintain(subchannel: Arc<Subchannel>, network: Arc<Network>) {
    loop {
        // A panic must not cost the endpoint.
        let life = AssertUnwindSafe(reconnect(&subchannel, &network));
        let Err(panic) = life.catch_unwind().await else { return };
        let Error { status, message, .. } = Error::defect(&*panic);
        let log = &subchannel.telemetry.log;
        log.emit(Level::Error, "connection", subchannel.name(), status, format_args!("{message}"));
        subchannel.set(Connectivity::Down(down(message)), None);
        sleep(MAX_PAUSE).await;
    }
}

/// Connects, and again whenever the connection is lost.
async fn reconnect(subchannel: &Arc<Subchannel>, network: &Network) {
    let mut leaving = pin!(subchannel.leaving.notified());
    let (mut draining, mut retired) = (JoinSet::new(), Vec::<Weak<ConnectionState>>::new());
    let mut pauses = Pauses::default();
    let mut candidates = Candidates::default();
    let (mut down_now, mut next) = (None, None);
    loop {
        let admitted = match next.take() {
            Some(admitted) => Ok(admitted),
            None => tokio::select! {
                admitted = establish(subchannel, network, &mut candidates, None) => admitted,
                () = &mut leaving => break,
            },
        };
        let (mut was_good, mut used) = (None, None);
        let why = match admitted {
            Err(why) => Some(why),
            Ok(Admitted { connection, mut life, address }) => {
                let state = connection.state.clone();
                if !subchannel.set(Connectivity::Up(connection), None) {
                    break;
                }
                down_now = None;
                let up_since = Instant::now();
                used = address;
                network.changed.notify_waiters();
                let why = tokio::select! {
                    why = &mut life => Some(why),
                    () = state.retire.notified() => {
                        retired.retain(|old| old.strong_count() > 0);
                        retired.push(Arc::downgrade(&state));
                        draining.spawn(drain(life, state.clone()));
                        None
                    }
                    other = elsewhere(subchannel, network, &mut candidates, &state, address) => {
                        draining.spawn(drain(life, state.clone()));
                        next = Some(other);
                        Some(down("silent; another address of the name answers"))
                    }
                    () = &mut leaving => {
                        // It may have come up after it was told to leave.
                        state.leave();
                        draining.spawn(drain(life, state));
                        break;
                    }
                };
                was_good = Some((state, up_since.elapsed() > MAX_PAUSE));
                why
            }
        };
        // Before any other task runs: a call that has just failed must not come back here.
        if why.is_some_and(|why| !subchannel.set(Connectivity::Down(why), None)) {
            break;
        }
        // However it ended, the name's other addresses are better now.
        used.into_iter().for_each(|address| candidates.failed(address));
        while draining.try_join_next().is_some() {}
        if let (Some(_), Some((silent, _))) = (&next, &was_good) {
            silent.leave();
            continue;
        }
        network.changed.notify_waiters();
        down_now.get_or_insert_with(|| network.demand.down());
        // Replies that came with the end are taken up first.
        yield_now().await;
        let was_good = was_good.is_some_and(|(state, old)| old || state.served.load(Relaxed));
        tokio::select! {
            () = network.demand.pause(pauses.after(was_good)) => {}
            () = &mut leaving => break,
        }
    }
    subchannel.set(Connectivity::Down(down("not in the list of endpoints")), None);
    retired.iter().filter_map(Weak::upgrade).for_each(|old| old.leave());
    while draining.join_next().await.is_some() {}
}

/// Returns a connection to another address of the name, when the one in use owes an answer
/// and the other gives one. It tries once each time that a probe is overdue.
async fn elsewhere(
    subchannel: &Arc<Subchannel>,
    network: &Network,
    candidates: &mut Candidates,
    state: &ConnectionState,
    used: Option<SocketAddr>,
) -> Admitted {
    if used.is_none() {
        return pending().await;
    }
    loop {
        state.overdue.notified().await;
        let answered = async {
            while state.is_suspect() {
                sleep(MIN_PAUSE).await;
            }
        };
        tokio::select! {
            biased;
            () = answered => {}
            other = establish(subchannel, network, candidates, used) => match other {
                Ok(other) if state.is_suspect() => return other,
                _ => {}
            },
        }
    }
}

/// The pauses before the next attempt to connect.
struct Pauses(Backoff);

impl Default for Pauses {
    fn default() -> Self {
        Pauses(Backoff::new(MIN_PAUSE, MAX_PAUSE))
    }
}

impl Pauses {
    /// After an attempt that failed, or a connection that was `good`: calls were answered on
    /// it, or it lasted. One that is lost at once is no better than one that is refused.
    fn after(&mut self, good: bool) -> Duration {
        if good {
            self.0.reset();
        }
        self.0.next()
    }
}

/// Tries an endpoint that is not in the list: whether a member of the store answers there.
pub async fn try_out(endpoint: &Endpoint, network: &Network) -> Result<()> {
    // Nothing of it is counted or shown.
    let subchannel = Subchannel::new(endpoint.clone(), Arc::default()).map_err(down)?;
    let (subchannel, mut candidates) = (Arc::new(subchannel), Candidates::default());
    establish(&subchannel, network, &mut candidates, None).await.map(drop)
}

/// Runs a connection until its calls in progress have ended, then closes it.
async fn drain(mut life: impl Future<Output = Error> + Unpin, state: Arc<ConnectionState>) {
    while state.streams.load(Relaxed) > 0 {
        if timeout(DRAINED_CHECK, &mut life).await.is_ok() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_unless_connections_are_of_use() {
        let mut pauses = Pauses::default();
        let lost_at_once: Vec<_> = (0..20).map(|_| pauses.after(false)).collect();
        assert!(lost_at_once[10..].iter().all(|pause| *pause >= MAX_PAUSE / 2));
        for _ in 0..20 {
            let pause = pauses.after(true);
            assert!(pause <= MIN_PAUSE && pause >= MIN_PAUSE / 2, "{pause:?}");
        }
        assert!(pauses.after(false) > MIN_PAUSE / 2);
    }
}
