//! One attempt to reach one endpoint: name, socket, TLS, HTTP/2.

#![forbid(unsafe_code)]

use super::candidates::{share, Candidates};
use super::connection::{ConnectionState, Sender};
use super::endpoint::{Address, Endpoint};
use super::reason::{alert_reason, h2_reason, io_reason, tls_reason};
use super::resolve::resolve;
use super::socket::CountedSocket;
use super::tls::Tls;
use crate::observe::Telemetry;
use bytes::Bytes;
use futures_util::FutureExt;
use h2::client::{Builder, Connection};
use h2::{Ping, PingPong};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{timeout, Instant};

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub type Driver = Connection<Box<dyn Stream>, Bytes>;

/// A connection that may be used.
pub struct Connected {
    pub sender: Sender,
    pub driver: Driver,
    pub state: Arc<ConnectionState>,
    /// Which of the name's addresses it leads to.
    pub address: Option<SocketAddr>,
}

/// HTTP/2 receive windows: large enough that a reply of a few MiB needs no window
/// update, small enough for a thousand connections.
pub const STREAM_WINDOW: u32 = 4 << 20;
pub const CONNECTION_WINDOW: u32 = 24 << 20;
/// A server's headers have some hundred bytes.
const MAX_HEADERS: u32 = 32 * 1024;
/// How many abandoned calls are remembered, so that their late replies are ignored.
const RESET_STREAMS: usize = 1024;
/// Assumed until the server's settings arrive; etcd itself sets no limit.
const ASSUMED_STREAMS: usize = 4096;

pub async fn connect(
    endpoint: &Endpoint,
    tls: Option<&Tls>,
    within: Duration,
    candidates: &mut Candidates,
    telemetry: &Arc<Telemetry>,
) -> Result<Connected, String> {
    let tls = tls.filter(|_| endpoint.tls);
    let failed = match timeout(within, each(endpoint, tls, within, candidates, telemetry)).await {
        Ok(Ok(connected)) => return Ok(connected),
        Ok(Err(why)) => why,
        Err(_) => too_late(within),
    };
    // The reason may be the TLS files.
    Err(match tls.and_then(Tls::trouble) {
        Some(trouble) => format!("{failed}; the changed TLS files were not used: {trouble}"),
        None => failed,
    })
}

/// The same text whatever was late: the log repeats a reason only when it changes.
fn too_late(within: Duration) -> String {
    format!("no connection within {} ms", within.as_millis())
}

/// Tries the addresses one after another, each with its share of the time.
async fn each(
    endpoint: &Endpoint,
    tls: Option<&Tls>,
    within: Duration,
    candidates: &mut Candidates,
    telemetry: &Arc<Telemetry>,
) -> Result<Connected, String> {
    let state = || Arc::new(ConnectionState::new(telemetry.clone()));
    let deadline = Instant::now() + within;
    let (host, port) = match &endpoint.address {
        Address::Tcp { host, port } => (host, *port),
        Address::Unix(path) => return unix(path, endpoint, tls, within, state()).await,
    };
    let addresses =
        resolve(host, port).await.map_err(|e| format!("cannot resolve \"{host}\": {e}"))?;
    let count = addresses.len();
    let mut failures = BTreeMap::new();
    for (i, address) in candidates.in_order(addresses).into_iter().enumerate() {
        let share = share(deadline.saturating_duration_since(Instant::now()), count - i);
        let attempt = tcp(address, endpoint, tls, share, state());
        let why = match timeout(share, attempt).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(why)) => why,
            Err(_) => too_late(within),
        };
        candidates.failed(address);
        failures.insert(address, why);
    }
    Err(reason(host, &failures))
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

async fn tcp(
    address: SocketAddr,
    endpoint: &Endpoint,
    tls: Option<&Tls>,
    within: Duration,
    state: Arc<ConnectionState>,
) -> Result<Connected, String> {
    let end = Instant::now() + within;
    let socket =
        TcpStream::connect(address).await.map_err(|e| format!("connect: {}", io_reason(&e)))?;
    prepare(&socket).map_err(|e| format!("socket option: {e}"))?;
    let socket = CountedSocket::tcp(socket, state.clone());
    let left = end.saturating_duration_since(Instant::now());
    let connected = handshake(socket, endpoint, tls, left, state).await?;
    Ok(Connected { address: Some(address), ..connected })
}

async fn unix(
    path: &str,
    endpoint: &Endpoint,
    tls: Option<&Tls>,
    within: Duration,
    state: Arc<ConnectionState>,
) -> Result<Connected, String> {
    let socket =
        UnixStream::connect(path).await.map_err(|e| format!("connect: {}", io_reason(&e)))?;
    let socket = CountedSocket::unix(socket, state.clone());
    handshake(socket, endpoint, tls, within, state).await
}

/// TLS and HTTP/2 on a socket.
async fn handshake(
    socket: CountedSocket,
    endpoint: &Endpoint,
    tls: Option<&Tls>,
    within: Duration,
    state: Arc<ConnectionState>,
) -> Result<Connected, String> {
    let stream: Box<dyn Stream> = match tls {
        None => Box::new(socket),
        Some(tls) => {
            let name = tls.server_name(endpoint.server_name())?;
            // The other half is for the handshake.
            let connector = tls.connector(within / 2).await;
            let stream = connector.connect(name, socket).await.map_err(|e| tls_reason(&e))?;
            if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                return Err("TLS: the server does not speak HTTP/2".to_owned());
            }
            Box::new(stream)
        }
    };
    let (sender, mut driver) = Builder::new()
        .enable_push(false)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_max_send_streams(ASSUMED_STREAMS)
        .max_header_list_size(MAX_HEADERS)
        // Late replies to abandoned calls are no attack: by default h2 closes a
        // connection after 1024 of them.
        .max_local_error_reset_streams(None)
        .max_concurrent_reset_streams(RESET_STREAMS)
        .max_send_buffer_size(16 << 20)
        .handshake(stream)
        .await
        .map_err(|e| format!("HTTP/2: {e}"))?;
    let mut pings = driver.ping_pong().ok_or("HTTP/2: no pings")?;
    answered(&mut driver, &mut pings).await.map_err(|e| match (e, endpoint.tls) {
        (e, true) => refused_after_handshake(e.as_ref()),
        (Some(e), false) => format!("no HTTP/2 server, or one that expects TLS: {}", h2_reason(&e)),
        (None, _) => "no HTTP/2 server, or one that expects TLS: it hung up".to_owned(),
    })?;
    Ok(Connected { sender, driver, state, address: None })
}

/// Waits until the server has answered a ping. Kernels accept connections for
/// processes that hang, not every port speaks HTTP/2, and a TLS 1.3 server checks the
/// client's certificate after the client's handshake is complete: the outcome of a
/// call sent before the server's first answer could be unknown. etcd allows one ping
/// on a connection without calls.
async fn answered(driver: &mut Driver, pings: &mut PingPong) -> Result<(), Option<h2::Error>> {
    pings.send_ping(Ping::opaque()).map_err(Some)?;
    poll_fn(|cx| match driver.poll_unpin(cx) {
        Poll::Ready(Ok(())) => Poll::Ready(Err(None)),
        Poll::Ready(Err(e)) => Poll::Ready(Err(Some(e))),
        Poll::Pending => pings.poll_pong(cx).map_ok(drop).map_err(Some),
    })
    .await
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

fn prepare(socket: &TcpStream) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    // For idle connections, on which etcd forbids HTTP/2 pings.
    let keepalive = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(30))
        .with_interval(Duration::from_secs(10))
        .with_retries(3);
    socket2::SockRef::from(socket).set_tcp_keepalive(&keepalive)
}
