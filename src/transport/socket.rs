//! A socket that counts the bytes it sends and receives.

#![forbid(unsafe_code)]

use super::connection::{now_ms, ConnectionState};
use crate::observe::counters::Counter;
use crate::sys;
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, RawFd};
use std::pin::Pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// What a client of HTTP/2 says first. It is written by itself, and held back until more
/// follows: a segment for it alone would wake the server for nothing.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The socket under TLS or HTTP/2.
pub struct CountedSocket {
    socket: Socket,
    state: Arc<ConnectionState>,
    /// What is left of the preface, which goes with the next bytes.
    held: &'static [u8],
}

impl CountedSocket {
    pub fn tcp(socket: TcpStream, state: Arc<ConnectionState>) -> CountedSocket {
        state.socket_opened(socket.as_raw_fd());
        CountedSocket { socket: Socket::Tcp(socket), state, held: &[] }
    }

    pub fn unix(socket: UnixStream, state: Arc<ConnectionState>) -> CountedSocket {
        state.socket_opened(socket.as_raw_fd());
        CountedSocket { socket: Socket::Unix(socket), state, held: &[] }
    }

    fn descriptor(&self) -> RawFd {
        match &self.socket {
            Socket::Tcp(socket) => socket.as_raw_fd(),
            Socket::Unix(socket) => socket.as_raw_fd(),
        }
    }
}

impl Drop for CountedSocket {
    fn drop(&mut self) {
        self.state.socket_closed();
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
            self.state.telemetry.counters.add(Counter::BytesReceived, count as u64);
            self.state.heard.store(now_ms(), Relaxed);
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
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.state.sent.load(Relaxed) == 0 && matches!(data, [only] if **only == *PREFACE) {
            self.held = PREFACE;
            return Poll::Ready(Ok(PREFACE.len()));
        }
        while !self.held.is_empty() {
            let with: Vec<_> = [IoSlice::new(self.held)].iter().chain(data).copied().collect();
            let count = ready!(self.poll_send(cx, &with))?;
            let held = count.min(self.held.len());
            self.held = &self.held[held..];
            if count > held {
                return Poll::Ready(Ok(count - held));
            }
        }
        self.poll_send(cx, data)
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

impl CountedSocket {
    fn poll_send(&self, cx: &mut Context<'_>, data: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let descriptor = self.descriptor();
        loop {
            let sent = match &self.socket {
                Socket::Tcp(socket) => {
                    ready!(socket.poll_write_ready(cx))?;
                    socket.try_io(Interest::WRITABLE, || sys::send(descriptor, data))
                }
                Socket::Unix(socket) => {
                    ready!(socket.poll_write_ready(cx))?;
                    socket.try_io(Interest::WRITABLE, || sys::send(descriptor, data))
                }
            };
            match sent {
                Ok(count) => {
                    self.state.sent.fetch_add(count as u64, Relaxed);
                    self.state.telemetry.counters.add(Counter::BytesSent, count as u64);
                    return Poll::Ready(Ok(count));
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Poll::Ready(Err(e)),
            }
        }
    }
}
