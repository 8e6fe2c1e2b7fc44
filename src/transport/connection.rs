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
use std::time::{Duration, Instant};
use tokio::sync::Notify;

pub type Sender = SendRequest<Bytes>;

/// How long a server that is alive may take to answer a probe, besides the way there and back.
const MIN_PATIENCE: Duration = Duration::from_millis(100);
const MAX_PATIENCE: Duration = Duration::from_secs(1);

/// A connection that accepts calls.
#[derive(Clone)]
pub struct Connection {
    pub sender: Sender,
    pub state: Arc<ConnectionState>,
}

impl Connection {
    pub fn is(&self, other: &Connection) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
    }
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
    /// The server has shown that it may be used.
    pub admitted: AtomicBool,
    /// A call has been answered, or a stream has brought a message.
    pub served: AtomicBool,
    /// Since when a probe is owed an answer, because a call found the server silent; 0 = none.
    doubted: AtomicU64,
    /// The doubt of which [`ConnectionState::is_news`] has told.
    told: AtomicU64,
    /// What the first call took, in milliseconds.
    round_trip: AtomicU64,
    /// Asks the maintaining task to check whether the server is alive.
    pub probe: Notify,
    /// Notifies the maintaining task that a probe is not answered in time.
    pub overdue: Notify,
    /// Notifies the maintaining task that the connection accepts no further calls.
    pub retire: Notify,
    /// The endpoint has left the client's list, or uses another address: streams must move.
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
            admitted: AtomicBool::new(false),
            served: AtomicBool::new(false),
            doubted: AtomicU64::new(0),
            told: AtomicU64::new(0),
            round_trip: AtomicU64::new(0),
            probe: Notify::new(),
            overdue: Notify::new(),
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

    /// A call has found the server silent: it is probed. True if that is not answered in time,
    /// so that the server is more than busy.
    pub fn doubt(&self) -> bool {
        let doubted = self.doubted.load(Relaxed);
        if doubted == 0 || self.heard_since(doubted) {
            self.doubted.store(now_ms(), Relaxed);
            self.probe.notify_one();
        }
        self.is_suspect()
    }

    /// A probe that was sent then has not been answered in time, nor has anything else come.
    pub fn owes_since(&self, moment: u64) {
        let doubted = self.doubted.load(Relaxed);
        if doubted == 0 || self.heard_since(doubted) {
            self.doubted.store(moment, Relaxed);
        }
        self.overdue.notify_one();
    }

    /// The server has answered a probe.
    pub fn trust(&self) {
        self.doubted.store(0, Relaxed);
    }

    /// Whether the server owes the answer to a probe for too long.
    pub fn is_suspect(&self) -> bool {
        let doubted = self.doubted.load(Relaxed);
        doubted != 0
            && !self.heard_since(doubted)
            && Duration::from_millis(now_ms().saturating_sub(doubted)) >= self.patience()
    }

    /// True once for each time that the server is suspect.
    pub fn is_news(&self) -> bool {
        let doubted = self.doubted.load(Relaxed);
        self.told.swap(doubted, Relaxed) != doubted
    }

    /// The first call has been answered, after so long.
    pub fn answered_within(&self, round_trip: Duration) {
        self.round_trip.store(round_trip.as_millis() as u64, Relaxed);
    }

    /// How long the answer to a probe may take.
    pub fn patience(&self) -> Duration {
        let round_trip = Duration::from_millis(self.round_trip.load(Relaxed));
        (MIN_PATIENCE + 2 * round_trip).min(MAX_PATIENCE)
    }

    /// Streams must move to another connection.
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
        state.doubted.store(moment, Relaxed);
        assert!(!state.is_suspect(), "it has time to answer");
        state.doubted.store(1, Relaxed);
        state.heard.store(1, Relaxed);
        std::thread::sleep(MIN_PATIENCE);
        assert!(state.doubt() && state.is_suspect() && state.is_news() && !state.is_news());
        state.heard.store(2, Relaxed);
        assert!(!state.is_suspect());
        assert!(!state.doubt(), "a new one");
        assert!(state.doubted.load(Relaxed) > 1);
        state.answered_within(Duration::from_millis(150));
        assert_eq!(state.patience(), Duration::from_millis(400));
    }
}
