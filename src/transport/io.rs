//! A socket that counts what crosses it.

#![forbid(unsafe_code)]

use crate::observe::counters::Counter;
use crate::observe::Telemetry;
use crate::sys::{self, Unread};
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, RawFd};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
use std::task::{ready, Context, Poll};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Notify;

/// One connection's life, shared by its socket, its keeper and its calls.
pub struct Traffic {
    /// The socket's number while it is open, else -1.
    socket: AtomicI32,
    /// Bytes the kernel has taken.
    pub sent: AtomicU64,
    /// `sent` when the latest request was handed to HTTP/2, plus 1; 0 = never.
    pub queued: AtomicU64,
    /// When bytes last arrived, in milliseconds as of [`now_ms`]; 0 = never.
    pub heard: AtomicU64,
    /// Requests without a complete reply, of which the server allows so many at once.
    pub streams: AtomicUsize,
    pub stream_ended: Notify,
    /// When a call last found the server silent; see [`Traffic::doubtful`].
    pub doubted: AtomicU64,
    /// Asks the keeper to look whether the server lives.
    pub probe: Notify,
    /// Tells the keeper that the connection takes no further calls.
    pub retire: Notify,
    /// The endpoint is not the client's any more: streams go elsewhere.
    left: AtomicBool,
    leaving: Notify,
    telemetry: Arc<Telemetry>,
}

impl Traffic {
    pub fn new(telemetry: Arc<Telemetry>) -> Traffic {
        Traffic {
            socket: AtomicI32::new(-1),
            sent: AtomicU64::new(0),
            queued: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            streams: AtomicUsize::new(0),
            stream_ended: Notify::new(),
            doubted: AtomicU64::new(0),
            probe: Notify::new(),
            retire: Notify::new(),
            left: AtomicBool::new(false),
            leaving: Notify::new(),
            telemetry,
        }
    }

    /// Whether requests wait for HTTP/2 to write them.
    pub fn is_queueing(&self) -> bool {
        self.queued.load(Relaxed) == self.sent.load(Relaxed) + 1
    }

    /// What the socket has to say; called where it cannot be closed meanwhile,
    /// in a task of the runtime that owns it.
    pub fn unread(&self) -> Unread {
        match self.socket.load(Relaxed) {
            -1 => Unread::End,
            socket => sys::unread(socket),
        }
    }

    /// A byte of the same millisecond does not count: it was most often there
    /// before, and would speak for a server that says nothing any more.
    pub fn heard_since(&self, moment: u64) -> bool {
        self.heard.load(Relaxed) > moment
    }

    /// Silent when it was last asked, and since.
    pub fn doubtful(&self) -> bool {
        let doubted = self.doubted.load(Relaxed);
        doubted != 0 && !self.heard_since(doubted)
    }

    pub fn leave(&self) {
        self.left.store(true, Relaxed);
        self.leaving.notify_waiters();
    }

    /// Returns when streams are to go elsewhere.
    pub async fn left(&self) {
        let mut leaving = std::pin::pin!(self.leaving.notified());
        leaving.as_mut().enable();
        if !self.left.load(Relaxed) {
            leaving.await;
        }
    }

    pub fn doubt(&self) {
        self.doubted.store(now_ms(), Relaxed);
        self.probe.notify_one();
    }
}

/// Milliseconds since the first use, never 0.
pub fn now_ms() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_millis() as u64 + 1
}

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// The socket under TLS or HTTP/2.
pub struct CountedSocket {
    socket: Socket,
    traffic: Arc<Traffic>,
}

impl CountedSocket {
    pub fn tcp(socket: TcpStream, traffic: Arc<Traffic>) -> CountedSocket {
        traffic.socket.store(socket.as_raw_fd(), Relaxed);
        CountedSocket { socket: Socket::Tcp(socket), traffic }
    }

    pub fn unix(socket: UnixStream, traffic: Arc<Traffic>) -> CountedSocket {
        traffic.socket.store(socket.as_raw_fd(), Relaxed);
        CountedSocket { socket: Socket::Unix(socket), traffic }
    }

    fn number(&self) -> RawFd {
        match &self.socket {
            Socket::Tcp(socket) => socket.as_raw_fd(),
            Socket::Unix(socket) => socket.as_raw_fd(),
        }
    }
}

impl Drop for CountedSocket {
    fn drop(&mut self) {
        self.traffic.socket.store(-1, Relaxed);
    }
}

impl AsyncRead for CountedSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_read(cx, buffer),
            Socket::Unix(socket) => Pin::new(socket).poll_read(cx, buffer),
        })?;
        let count = buffer.filled().len() - before;
        if count > 0 {
            self.traffic.telemetry.counters.add(Counter::BytesReceived, count as u64);
            self.traffic.heard.store(now_ms(), Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for CountedSocket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(data)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let number = self.number();
        loop {
            let sent = match &self.socket {
                Socket::Tcp(socket) => {
                    ready!(socket.poll_write_ready(cx))?;
                    socket.try_io(Interest::WRITABLE, || sys::send(number, data))
                }
                Socket::Unix(socket) => {
                    ready!(socket.poll_write_ready(cx))?;
                    socket.try_io(Interest::WRITABLE, || sys::send(number, data))
                }
            };
            match sent {
                Ok(count) => {
                    self.traffic.sent.fetch_add(count as u64, Relaxed);
                    self.traffic.telemetry.counters.add(Counter::BytesSent, count as u64);
                    return Poll::Ready(Ok(count));
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Poll::Ready(Err(e)),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_shutdown(cx),
            Socket::Unix(socket) => Pin::new(socket).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_before_is_no_sign_of_life() {
        let (traffic, moment) = (Traffic::new(Arc::default()), now_ms());
        traffic.heard.store(moment, Relaxed);
        assert!(!traffic.heard_since(moment), "the answer to the call before");
        traffic.doubted.store(moment, Relaxed);
        assert!(traffic.doubtful());
        traffic.heard.store(moment + 1, Relaxed);
        assert!(traffic.heard_since(moment) && !traffic.doubtful());
    }
}
