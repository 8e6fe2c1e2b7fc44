//! The task that keeps an endpoint connected.

#![forbid(unsafe_code)]

use super::backoff::Backoff;
use super::candidates::Candidates;
use super::connect::{connect, Connected, Driver};
use super::connection::{Connection, ConnectionState};
use super::endpoint::Endpoint;
use super::failure::Failure;
use super::probe::{identify, watch_over};
use super::reason::h2_reason;
use super::store_identity::StoreIdentity;
use super::subchannel::{down, Connectivity, Selected, Subchannel};
use super::tls::Tls;
use crate::error::{Error, Result};
use crate::observe::log::Level;
use crate::observe::Telemetry;
use futures_util::FutureExt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
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
    let timing = network.timing;
    let mut leaving = pin!(subchannel.leaving.notified());
    let (mut draining, mut retired) = (JoinSet::new(), Vec::<Weak<ConnectionState>>::new());
    let mut backoff = Backoff::new(MIN_PAUSE, MAX_PAUSE);
    let mut candidates = Candidates::default();
    loop {
        let (endpoint, tls) = (&subchannel.endpoint, network.tls.as_ref());
        let connecting =
            connect(endpoint, tls, timing.connect, &mut candidates, &subchannel.telemetry);
        let connected = tokio::select! {
            connected = connecting => connected,
            () = &mut leaving => break,
        };
        let (mut up_since, mut used) = (None, None);
        let why = match connected {
            Err(why) => Some(down(why)),
            Ok(Connected { sender, driver, state, address }) => {
                used = address;
                let connection = Connection { sender, state: state.clone() };
                let selected =
                    || Selected { subchannel: subchannel.clone(), connection: connection.clone() };
                let mut life = Box::pin(live(driver, selected(), timing));
                let admitted = tokio::select! {
                    why = &mut life => Err(why),
                    admitted = admit(selected(), network) => admitted,
                    () = &mut leaving => break,
                };
                match admitted {
                    Err(why) => Some(why),
                    Ok(()) => {
                        if !subchannel.set(Connectivity::Up(connection), None) {
                            break;
                        }
                        up_since = Some(Instant::now());
                        network.changed.notify_waiters();
                        tokio::select! {
                            why = &mut life => Some(why),
                            () = state.retire.notified() => {
                                retired.retain(|old| old.strong_count() > 0);
                                retired.push(Arc::downgrade(&state));
                                draining.spawn(drain(life, state));
                                None
                            }
                            () = &mut leaving => {
                                // It may have come up after it was told to leave.
                                state.leave();
                                draining.spawn(drain(life, state));
                                break;
                            }
                        }
                    }
                }
            }
        };
        // Before any other task runs: a call that has just failed must not come back here.
        if why.is_some_and(|why| !subchannel.set(Connectivity::Down(why), None)) {
            break;
        }
        network.changed.notify_waiters();
        // However it ended, the name's other addresses are better now.
        used.into_iter().for_each(|address| candidates.failed(address));
        // A connection that is lost at once is no better than one that is refused.
        if up_since.is_some_and(|since| since.elapsed() > MAX_PAUSE) {
            backoff.reset();
        }
        while draining.try_join_next().is_some() {}
        tokio::select! {
            () = sleep(backoff.next()) => {}
            () = &mut leaving => break,
        }
    }
    subchannel.set(Connectivity::Down(down("not in the list of endpoints")), None);
    retired.iter().filter_map(Weak::upgrade).for_each(|old| old.leave());
    while draining.join_next().await.is_some() {}
}

/// Tries an endpoint that is not in the list: whether a member of the store answers there.
pub async fn try_out(endpoint: &Endpoint, network: &Network) -> Result<()> {
    // Nothing of it is counted or shown.
    let (mut candidates, telemetry) = (Candidates::default(), Arc::<Telemetry>::default());
    let subchannel = Subchannel::new(endpoint.clone(), telemetry.clone()).map_err(down)?;
    let (tls, timing) = (network.tls.as_ref(), network.timing);
    let connecting = connect(endpoint, tls, timing.connect, &mut candidates, &telemetry);
    let Connected { sender, driver, state, .. } = connecting.await.map_err(down)?;
    let (subchannel, connection) = (Arc::new(subchannel), Connection { sender, state });
    let selected = || Selected { subchannel: subchannel.clone(), connection: connection.clone() };
    tokio::select! {
        why = live(driver, selected(), timing) => Err(why),
        admitted = admit(selected(), network) => admitted,
    }
}

/// Asks a server for its cluster before any call may reach it.
async fn admit(selected: Selected, network: &Network) -> Result<()> {
    let (limit, began) = (network.timing.connect, Instant::now());
    let answer = timeout(limit, identify(&selected)).await;
    selected.connection.state.answered_within(began.elapsed());
    match answer {
        Ok(Ok(reply)) => {
            let subchannel = &selected.subchannel;
            let checked = network.store.check(&subchannel.witness, &reply, None);
            checked.map_err(|mismatch| mismatch.error.at(subchannel.name()))
        }
        Ok(Err(Failure::NotSent(why) | Failure::Lost(why))) => Err(down(why)),
        // The replies to calls will carry the cluster's id.
        Ok(Err(_)) => Ok(()),
        Err(_) => Err(down(format!("no answer to a call within {} ms", limit.as_millis()))),
    }
}

/// Runs a connection to its end and returns the reason.
async fn live(driver: Driver, selected: Selected, timing: Timing) -> Error {
    tokio::select! {
        end = driver => match end {
            Ok(()) => down("the server closed the connection"),
            Err(e) => down(format!("connection lost: {}", h2_reason(&e))),
        },
        why = watch_over(&selected, timing.ping_interval, timing.ping_timeout) => down(why),
    }
}

/// Runs a connection until its calls in progress have ended, then closes it.
async fn drain(mut life: impl Future<Output = Error> + Unpin, state: Arc<ConnectionState>) {
    while state.streams.load(Relaxed) > 0 {
        if timeout(DRAINED_CHECK, &mut life).await.is_ok() {
            return;
        }
    }
}
