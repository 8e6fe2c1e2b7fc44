//! A connection to a server, and what is known of its state.

#![forbid(unsafe_code)]

use crate::observe::Telemetry;
use crate::sys::{self, Unread};
use bytes::Bytes;
use h2::client::SendRequest;
use std::os::fd::RawFd;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
use std::time::Instant;
use tokio::sync::Notify;

pub type Sender = SendRequest<Bytes>;

/// A connection that accepts calls.
#[derive(Clone)]
pub struct Connection {
    pub sender: Sender,
    pub state: Arc<ConnectionState>,
}

/// Shared by a connection's socket, its maintaining task and its calls.
pub struct ConnectionState {
    /// The socket's descriptor while it is open, else -1.
    socket: AtomicI32,
    /// Bytes that the kernel has accepted.
    pub sent: AtomicU64,
    /// The value of `sent` when the latest request was handed to HTTP/2, plus 1; 0 = never.
    pub queued: AtomicU64,
    /// When bytes last arrived, as of [`now_ms`]; 0 = never.
    pub heard: AtomicU64,
    /// Requests without a complete reply. The server limits their number.
    pub streams: AtomicUsize,
    pub stream_ended: Notify,
    /// When a call last found the server silent; see [`ConnectionState::is_suspect`].
    pub suspected: AtomicU64,
    /// Asks the maintaining task to check whether the server is alive.
    pub probe: Notify,
    /// Notifies the maintaining task that the connection accepts no further calls.
    pub retire: Notify,
    /// The endpoint has left the client's list, so that streams must move.
    left: AtomicBool,
    leaving: Notify,
    pub telemetry: Arc<Telemetry>,
}

impl ConnectionState {
    pub fn new(telemetry: Arc<Telemetry>) -> ConnectionState {
        ConnectionState {
            socket: AtomicI32::new(-1),
            sent: AtomicU64::new(0),
            queued: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            streams: AtomicUsize::new(0),
            stream_ended: Notify::new(),
            suspected: AtomicU64::new(0),
            probe: Notify::new(),
            retire: Notify::new(),
            left: AtomicBool::new(false),
            leaving: Notify::new(),
            telemetry,
        }
    }

    pub fn socket_opened(&self, socket: RawFd) {
        self.socket.store(socket, Relaxed);
    }

    pub fn socket_closed(&self) {
        self.socket.store(-1, Relaxed);
    }

    /// Whether requests wait for HTTP/2 to write them.
    pub fn is_queueing(&self) -> bool {
        self.queued.load(Relaxed) == self.sent.load(Relaxed) + 1
    }

    /// What the socket has to be read. Must be called in a task of the runtime that
    /// owns the socket, where it cannot be closed meanwhile.
    pub fn unread(&self) -> Unread {
        match self.socket.load(Relaxed) {
            -1 => Unread::End,
            socket => sys::unread(socket),
        }
    }

    /// A byte of the same millisecond does not count: most often it had arrived
    /// before, and would be taken for a sign of life of a silent server.
    pub fn heard_since(&self, moment: u64) -> bool {
        self.heard.load(Relaxed) > moment
    }

    /// Whether the server was silent when a call last waited for it, and has been since.
    pub fn is_suspect(&self) -> bool {
        let suspected = self.suspected.load(Relaxed);
        suspected != 0 && !self.heard_since(suspected)
    }

    /// A call has found the server silent.
    pub fn suspect(&self) {
        self.suspected.store(now_ms(), Relaxed);
        self.probe.notify_one();
    }

    /// Streams must move to another endpoint.
    pub fn leave(&self) {
        self.left.store(true, Relaxed);
        self.leaving.notify_waiters();
    }

    /// Returns after [`ConnectionState::leave`].
    pub async fn left(&self) {
        let mut leaving = pin!(self.leaving.notified());
        leaving.as_mut().enable();
        if !self.left.load(Relaxed) {
            leaving.await;
        }
    }
}

/// Milliseconds since the first use, never 0.
pub fn now_ms() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_millis() as u64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_before_is_no_sign_of_life() {
        let (state, moment) = (ConnectionState::new(Arc::default()), now_ms());
        state.heard.store(moment, Relaxed);
        assert!(!state.heard_since(moment), "the answer to the call before");
        state.suspected.store(moment, Relaxed);
        assert!(state.is_suspect());
        state.heard.store(moment + 1, Relaxed);
        assert!(state.heard_since(moment) && !state.is_suspect());
    }
}
