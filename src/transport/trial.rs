//! Connects an endpoint: tries one address after another until a server has shown that it
//! may be used.

#![forbid(unsafe_code)]

use super::candidates::{share, Candidates};
use super::connect::{connect, has_settings, Connected, Driver, Target};
use super::connection::Connection;
use super::endpoint::Address;
use super::failure::Failure;
use super::maintain::{Network, Timing};
use super::probe::{identify, watch_over};
use super::reason::{alert_reason, h2_reason};
use super::resolve::resolve;
use super::subchannel::{down, Selected, Subchannel};
use super::tls::Tls;
use crate::error::{Error, Result};
use crate::status::ETCD_ERR_UNAVAILABLE;
use futures_util::future::BoxFuture;
use futures_util::FutureExt;
use std::collections::BTreeMap;
use std::future::ready;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::{timeout, Instant};

/// A connection that may be used.
pub struct Admitted {
    pub connection: Connection,
    /// Runs the connection to its end, and returns the reason.
    pub life: BoxFuture<'static, Error>,
    /// Which of the name's addresses it leads to.
    pub address: Option<SocketAddr>,
}

/// Connects the endpoint, to the best of its candidates that works, but not to `except`.
pub async fn establish(
    subchannel: &Arc<Subchannel>,
    network: &Network,
    candidates: &mut Candidates,
    except: Option<SocketAddr>,
) -> Result<Admitted> {
    let trouble = network.tls.as_ref().filter(|_| subchannel.endpoint.tls);
    each(subchannel, network, candidates, except).await.map_err(|mut failed| {
        // The reason may be the TLS files.
        if let Some(trouble) = trouble.and_then(Tls::trouble) {
            let message = &failed.message;
            failed.message = format!("{message}; the changed TLS files were not used: {trouble}");
        }
        failed
    })
}

/// The same text whatever was late: the log repeats a reason only when it changes.
fn too_late(within: Duration) -> Error {
    down(format!("no connection within {} ms", within.as_millis()))
}

/// Tries the addresses one after another, each with its share of the time.
async fn each(
    subchannel: &Arc<Subchannel>,
    network: &Network,
    candidates: &mut Candidates,
    except: Option<SocketAddr>,
) -> Result<Admitted> {
    let within = network.timing.connect;
    let deadline = Instant::now() + within;
    let (host, port) = match &subchannel.endpoint.address {
        Address::Tcp { host, port } => (host, *port),
        Address::Unix(path) => {
            return attempt(Target::Unix(path), subchannel, network, within).await
        }
    };
    let addresses = match timeout(within, resolve(host, port)).await {
        Ok(Ok(addresses)) => addresses,
        Ok(Err(e)) => return Err(down(format!("cannot resolve \"{host}\": {e}"))),
        Err(_) => return Err(too_late(within)),
    };
    let mut addresses = candidates.in_order(addresses);
    addresses.retain(|address| except != Some(*address));
    let count = addresses.len();
    let mut failures = BTreeMap::new();
    for (i, address) in addresses.into_iter().enumerate() {
        let share = share(deadline.saturating_duration_since(Instant::now()), count - i);
        let failed = match attempt(Target::Tcp(address), subchannel, network, share).await {
            Ok(admitted) => return Ok(Admitted { address: Some(address), ..admitted }),
            Err(error) => error,
        };
        candidates.failed(address);
        if failed.status != ETCD_ERR_UNAVAILABLE {
            return Err(failed);
        }
        failures.insert(address, failed.message);
    }
    Err(down(reason(host, &failures)))
}

/// Why none of the addresses is of use, in the same words whichever was tried first.
fn reason(host: &str, failures: &BTreeMap<SocketAddr, String>) -> String {
    let Some(first) = failures.values().next() else { return format!("\"{host}\" has no address") };
    match failures.values().all(|why| why == first) {
        true => first.clone(),
        false => {
            let each = failures.iter().map(|(address, why)| format!("{}: {why}", address.ip()));
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

/// Connects, and lets the server show which one it is.
async fn attempt(
    target: Target<'_>,
    subchannel: &Arc<Subchannel>,
    network: &Network,
    within: Duration,
) -> Result<Admitted> {
    let mut connected = None;
    let limit = network.timing.connect;
    match timeout(within, on_trial(target, subchannel, network, within, &mut connected)).await {
        Ok(result) => result,
        Err(_) if connected.is_some_and(|connection| has_settings(&connection.sender)) => {
            Err(down(format!("no answer to a call within {} ms", limit.as_millis())))
        }
        Err(_) => Err(too_late(limit)),
    }
}

/// Sends the probe, and beside it calls that only read. Others must wait: kernels accept
/// connections for processes that hang, not every port speaks HTTP/2, and a TLS 1.3 server
/// checks the client's certificate after the client's handshake is complete. The outcome of
/// a call sent before the server's first answer could be unknown.
async fn on_trial(
    target: Target<'_>,
    subchannel: &Arc<Subchannel>,
    network: &Network,
    within: Duration,
    connected: &mut Option<Connection>,
) -> Result<Admitted> {
    let (endpoint, tls) = (&subchannel.endpoint, network.tls.as_ref());
    let tls = tls.filter(|_| endpoint.tls);
    let connecting = connect(target, endpoint, tls, within, &subchannel.telemetry);
    let Connected { connection, driver } = connecting.await.map_err(down)?;
    let connection = connected.insert(connection).clone();
    let selected = Selected::on_trial(subchannel, &connection);
    let _on_trial = subchannel.try_out(&connection);
    network.changed.notify_waiters();
    let mut life: BoxFuture<_> = Box::pin(live(driver, selected.clone(), network.timing));
    let mut admitted = pin!(admit(&selected, network));
    tokio::select! {
        // The probe is the first request.
        biased;
        admitted = &mut admitted => admitted?,
        // The answer may have come with the end.
        why = &mut life => match admitted.now_or_never() {
            Some(Ok(())) => life = Box::pin(ready(why)),
            Some(Err(error)) if error.status != ETCD_ERR_UNAVAILABLE => return Err(error),
            _ => return Err(why),
        }
    }
    connection.state.admitted.store(true, Relaxed);
    Ok(Admitted { connection, life, address: None })
}

/// Asks a server for its cluster before a call that writes may reach it.
async fn admit(selected: &Selected, network: &Network) -> Result<()> {
    let began = Instant::now();
    let answer = identify(selected).await;
    selected.connection.state.answered_within(began.elapsed());
    match answer {
        Ok(reply) => {
            let subchannel = &selected.subchannel;
            let checked = network.store.check(&subchannel.witness, &reply, None);
            checked.map_err(|mismatch| mismatch.error.at(subchannel.name()))
        }
        Err(Failure::NotSent(why) | Failure::Lost(why)) => Err(down(why)),
        // The replies to calls will carry the cluster's id.
        Err(_) => Ok(()),
    }
}

/// Runs a connection to its end and returns the reason.
async fn live(driver: Driver, selected: Selected, timing: Timing) -> Error {
    // What is sent first goes out together.
    yield_now().await;
    tokio::select! {
        end = driver => down(why_ended(end.err(), &selected)),
        why = watch_over(&selected, timing.ping_interval, timing.ping_timeout) => down(why),
    }
}

fn why_ended(e: Option<h2::Error>, selected: &Selected) -> String {
    match (e, selected.subchannel.endpoint.tls) {
        (Some(e), _) if has_settings(&selected.connection.sender) => {
            format!("connection lost: {}", h2_reason(&e))
        }
        (None, _) if has_settings(&selected.connection.sender) => {
            "the server closed the connection".to_owned()
        }
        (e, true) => refused_after_handshake(e.as_ref()),
        (Some(e), false) => format!("no HTTP/2 server, or one that expects TLS: {}", h2_reason(&e)),
        (None, _) => "no HTTP/2 server, or one that expects TLS: it hung up".to_owned(),
    }
}

/// A server that refuses the client's certificate says so in an alert, which a reset
/// may overtake.
fn refused_after_handshake(e: Option<&h2::Error>) -> String {
    let why = e.map_or_else(|| "the server hung up".to_owned(), h2_reason);
    match why.split_once("alert: ") {
        Some((_, alert)) => format!("TLS: {}", alert_reason(alert)),
        None => format!("TLS: {why}; does the server ask for a client certificate?"),
    }
}
