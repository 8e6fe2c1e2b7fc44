//! One attempt to reach one address of an endpoint: socket, TLS, HTTP/2.

#![forbid(unsafe_code)]

use super::connection::{Connection, ConnectionState, Sender};
use super::endpoint::Endpoint;
use super::reason::{io_reason, tls_reason};
use super::socket::CountedSocket;
use super::tls::Tls;
use crate::observe::Telemetry;
use bytes::Bytes;
use h2::client::{self, Builder};
use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub type Driver = client::Connection<Box<dyn Stream>, Bytes>;

/// A connection on which the server has not said a word of HTTP/2.
pub struct Connected {
    pub connection: Connection,
    pub driver: Driver,
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

/// Where an endpoint's server may be.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    Tcp(SocketAddr),
    Unix(&'a str),
}

pub async fn connect(
    target: Target<'_>,
    endpoint: &Endpoint,
    tls: Option<&Tls>,
    within: Duration,
    telemetry: &Arc<Telemetry>,
) -> Result<Connected, String> {
    let end = Instant::now() + within;
    let state = Arc::new(ConnectionState::new(telemetry.clone()));
    let refused = |e| format!("connect: {}", io_reason(&e));
    let socket = match target {
        Target::Tcp(address) => {
            let socket = TcpStream::connect(address).await.map_err(refused)?;
            prepare(&socket).map_err(|e| format!("socket option: {e}"))?;
            CountedSocket::tcp(socket, state.clone())
        }
        Target::Unix(path) => {
            let socket = UnixStream::connect(path).await.map_err(refused)?;
            CountedSocket::unix(socket, state.clone())
        }
    };
    let left = end.saturating_duration_since(Instant::now());
    handshake(socket, endpoint, tls, left, state).await
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
    let (sender, driver) = Builder::new()
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
    // The settings wait to be written, and the first request goes with them.
    state.queued.store(state.sent.load(Relaxed) + 1, Relaxed);
    Ok(Connected { connection: Connection { sender, state }, driver })
}

/// Whether a server that speaks HTTP/2 has sent its settings.
pub fn has_settings(sender: &Sender) -> bool {
    sender.current_max_send_streams() != ASSUMED_STREAMS
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
