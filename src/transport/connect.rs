//! One attempt to reach one endpoint: name, socket, TLS, HTTP/2.

#![forbid(unsafe_code)]

use super::connection::{ConnectionState, Sender};
use super::endpoint::{Address, Endpoint};
use super::reason::{alert_reason, h2_reason, io_reason, tls_reason};
use super::resolve::resolve;
use super::socket::CountedSocket;
use super::tls::Tls;
use bytes::Bytes;
use futures_util::FutureExt;
use h2::client::{Builder, Connection};
use h2::{Ping, PingPong};
use std::future::poll_fn;
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
}

/// HTTP/2 receive windows: large enough that a reply of a few MiB needs no window
/// update, small enough for a thousand connections.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
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
    state: &Arc<ConnectionState>,
) -> Result<Connected, String> {
    let tls = tls.filter(|_| endpoint.tls);
    let failed = match timeout(within, attempt(endpoint, tls, within, state)).await {
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

async fn attempt(
    endpoint: &Endpoint,
    tls: Option<&Tls>,
    within: Duration,
    state: &Arc<ConnectionState>,
) -> Result<Connected, String> {
    let deadline = Instant::now() + within;
    let socket = match &endpoint.address {
        Address::Tcp { host, port } => {
            CountedSocket::tcp(tcp(host, *port, within).await?, state.clone())
        }
        Address::Unix(path) => {
            let socket = UnixStream::connect(path)
                .await
                .map_err(|e| format!("connect: {}", io_reason(&e)))?;
            CountedSocket::unix(socket, state.clone())
        }
    };
    let stream: Box<dyn Stream> = match tls {
        None => Box::new(socket),
        Some(tls) => {
            let name = tls.server_name(endpoint.server_name())?;
            // The other half is for the handshake.
            let half = deadline.saturating_duration_since(Instant::now()) / 2;
            let connector = tls.connector(half).await;
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
    Ok(Connected { sender, driver })
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

/// Tries a host's addresses in order, each with its share of the time left.
async fn tcp(host: &str, port: u16, within: Duration) -> Result<TcpStream, String> {
    let deadline = Instant::now() + within;
    let addresses =
        resolve(host, port).await.map_err(|e| format!("cannot resolve \"{host}\": {e}"))?;
    let mut failure = format!("\"{host}\" has no address");
    for (i, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / (addresses.len() - i) as u32;
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => {
                prepare(&socket).map_err(|e| format!("socket option: {e}"))?;
                return Ok(socket);
            }
            Ok(Err(e)) => failure = format!("connect: {}", io_reason(&e)),
            Err(_) => failure = too_late(within),
        }
    }
    Err(failure)
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
