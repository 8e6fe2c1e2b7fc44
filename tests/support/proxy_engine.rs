//! The proxy's thread: a poll loop over all connections. See `proxy` for what the faults mean.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::process::Port;
use super::proxy::{Counters, Dir, Fault, Order, Rng};

/// Bytes on their way in one direction.
struct Pipe {
    /// With the time before which they must not go out.
    chunks: VecDeque<(Instant, Vec<u8>)>,
    held: usize,
    /// No drop of a drip, and no end of the stream, before this time.
    next_drop: Instant,
    /// The reading side has ended; the end goes out after the last byte.
    eof: bool,
    eof_sent: bool,
    /// What CutAfter still lets through.
    left: Option<u64>,
    /// Bytes before the next one that Corrupt changes.
    intact: u64,
    /// A black hole took something: the rest of the stream means nothing any more.
    lost: bool,
}

impl Pipe {
    fn new() -> Pipe {
        Pipe {
            chunks: VecDeque::new(),
            held: 0,
            next_drop: Instant::now(),
            eof: false,
            eof_sent: false,
            left: None,
            intact: 0,
            lost: false,
        }
    }
}

struct Connection {
    /// The client and the server; no server when the connection began in a fault that forwards nothing.
    sides: [Option<TcpStream>; 2],
    /// pipes[i] reads from sides[i] and writes to the other.
    pipes: [Pipe; 2],
    fault: Fault,
    /// HalfClose: time of the RST.
    reset_at: Option<Instant>,
}

/// How a connection ends.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// Both sides have ended by themselves.
    Natural,
    /// One side was reset: so is the other.
    PassedOn,
    Cut,
    Reset,
}

/// A reader further behind than this makes the writer wait, as on a real connection.
const MAX_HELD: usize = 256 << 10;

pub struct Engine {
    listener: Option<TcpListener>,
    lease: Port,
    upstream: SocketAddr,
    fault: Fault,
    rng: Rng,
    counters: Arc<Counters>,
    connections: Vec<Connection>,
    wakes: UnixStream,
}

impl Engine {
    pub fn new(
        lease: Port,
        upstream: SocketAddr,
        rng: Rng,
        counters: Arc<Counters>,
        wakes: UnixStream,
    ) -> Engine {
        let connections = Vec::new();
        Engine {
            listener: None,
            lease,
            upstream,
            fault: Fault::Pass,
            rng,
            counters,
            connections,
            wakes,
        }
    }

    pub fn run(&mut self, orders: Receiver<(Order, Sender<()>)>) {
        let mut polls: Vec<libc::pollfd> = Vec::new();
        let mut scratch = vec![0; 64 << 10];
        loop {
            polls.clear();
            poll_for(&mut polls, Some(self.wakes.as_raw_fd()), libc::POLLIN);
            poll_for(&mut polls, self.listener.as_ref().map(|l| l.as_raw_fd()), libc::POLLIN);
            let now = Instant::now();
            let mut wake_at: Option<Instant> = None;
            for connection in &self.connections {
                connection.interests(now, &mut polls, &mut wake_at);
            }
            let timeout =
                wake_at.map_or(-1, |at| at.saturating_duration_since(now).as_millis() as i32 + 1);
            // SAFETY: the vector holds that many entries.
            unsafe { libc::poll(polls.as_mut_ptr(), polls.len() as libc::nfds_t, timeout) };

            if polls[0].revents != 0 {
                while matches!(self.wakes.read(&mut scratch), Ok(n) if n > 0) {}
                loop {
                    match orders.try_recv() {
                        Ok((order, done)) => {
                            self.obey(order);
                            let _ = done.send(());
                        }
                        Err(TryRecvError::Empty) => break,
                        Err(TryRecvError::Disconnected) => return,
                    }
                }
                continue; // the polled list is out of date
            }
            let (rng, counters) = (&mut self.rng, &self.counters);
            let mut ready = polls[2..].chunks_exact(2);
            self.connections.retain_mut(|connection| {
                let ready = ready.next().unwrap();
                let ready = [ready[0].revents, ready[1].revents];
                match connection.work(ready, &mut scratch, rng, counters) {
                    Some(end) => connection.finish(end, counters),
                    None => true,
                }
            });
            if polls[1].revents != 0 {
                self.accept();
            }
            self.counters.open.store(self.connections.len(), Relaxed);
        }
    }

    pub fn listen(&mut self) {
        let limit = Instant::now() + Duration::from_secs(10);
        while self.listener.is_none() {
            match TcpListener::bind(("127.0.0.1", self.lease.number())) {
                Ok(listener) => {
                    listener.set_nonblocking(true).unwrap();
                    self.listener = Some(listener);
                }
                Err(error) => assert!(Instant::now() < limit, "proxy port: {error}"),
            }
        }
    }

    fn obey(&mut self, order: Order) {
        let fault = match order {
            Order::Upstream(upstream) => {
                self.upstream = upstream;
                return;
            }
            Order::Set(fault) => {
                self.accept(); // who has connected so far is an existing connection
                self.fault = fault;
                match fault {
                    Fault::Refuse => self.listener = None,
                    _ => self.listen(),
                }
                fault
            }
            Order::Once(fault) => {
                self.accept();
                fault
            }
        };
        let (rng, counters) = (&mut self.rng, &self.counters);
        self.connections.retain_mut(|connection| match connection.begin(fault, rng) {
            Some(end) => connection.finish(end, counters),
            None => true,
        });
        self.counters.open.store(self.connections.len(), Relaxed);
    }

    fn accept(&mut self) {
        while let Some(Ok((client, _))) = self.listener.as_ref().map(|listener| listener.accept()) {
            self.counters.accepted.fetch_add(1, Relaxed);
            let both = Fault::BlackHole(Dir::Both);
            let forwards =
                ![Fault::Cut, Fault::Reset, Fault::HalfClose, both].contains(&self.fault);
            // On loopback this is immediate; the limit is for a listener that is stopped and has a full backlog.
            let server = forwards
                .then(|| TcpStream::connect_timeout(&self.upstream, Duration::from_millis(500)));
            let refused = matches!(server, Some(Err(_)));
            let mut connection = Connection {
                sides: [Some(client), server.and_then(Result::ok)],
                pipes: [Pipe::new(), Pipe::new()],
                fault: Fault::Pass,
                reset_at: None,
            };
            for side in connection.sides.iter().flatten() {
                side.set_nonblocking(true).unwrap();
                side.set_nodelay(true).unwrap();
            }
            // Nobody upstream: the client learns it as it would without us, nearly (RST instead of "refused").
            let end = if refused {
                Some(End::PassedOn)
            } else {
                connection.begin(self.fault, &mut self.rng)
            };
            if end.is_none_or(|end| connection.finish(end, &self.counters)) {
                self.connections.push(connection);
            }
        }
    }
}

fn poll_for(polls: &mut Vec<libc::pollfd>, fd: Option<RawFd>, events: i16) {
    // poll() skips negative descriptors. Nothing to wait for is one too, or a hang-up would wake us without end.
    let fd = if events == 0 { -1 } else { fd.unwrap_or(-1) };
    polls.push(libc::pollfd { fd, events, revents: 0 });
}

impl Connection {
    /// Puts a fault in force; Some when it ends the connection now.
    fn begin(&mut self, fault: Fault, rng: &mut Rng) -> Option<End> {
        let swallows =
            |fault: Fault, pipe: usize| matches!(fault, Fault::BlackHole(dir) if dir.covers(pipe));
        for (i, pipe) in self.pipes.iter_mut().enumerate() {
            if pipe.lost && !swallows(fault, i) {
                return Some(End::Reset);
            }
            pipe.left = match fault {
                Fault::CutAfter(dir, bytes) if dir.covers(i) => Some(bytes),
                Fault::CutWithin(dir, bytes) if dir.covers(i) => Some(rng.below(bytes)),
                _ => None,
            };
            if let Fault::Corrupt(_, every) = fault {
                pipe.intact = rng.below(2 * every);
            }
            // What a delay or a drip held back goes now.
            pipe.next_drop = Instant::now();
            for (due, _) in &mut pipe.chunks {
                *due = pipe.next_drop;
            }
        }
        self.fault = fault;
        match fault {
            Fault::Cut => return Some(End::Cut),
            Fault::Reset => return Some(End::Reset),
            Fault::HalfClose if self.reset_at.is_none() => {
                let _ = self.sides[0].as_ref()?.shutdown(Shutdown::Write);
                self.reset_at = Some(Instant::now() + Duration::from_millis(1 + rng.below(10)));
            }
            // A connection that has no server can serve nobody once the fault is over.
            Fault::BlackHole(Dir::Both) | Fault::HalfClose => {}
            _ if self.sides[1].is_none() => return Some(End::Reset),
            _ => {}
        }
        None
    }

    /// What to wait for: two entries, and perhaps a time.
    fn interests(
        &self,
        now: Instant,
        polls: &mut Vec<libc::pollfd>,
        wake_at: &mut Option<Instant>,
    ) {
        let mut events = [0; 2];
        let mut at =
            |time: Instant| *wake_at = Some(wake_at.map_or(time, |before| before.min(time)));
        if let Some(time) = self.reset_at {
            at(time);
        } else if self.fault != Fault::Freeze {
            for (i, pipe) in self.pipes.iter().enumerate() {
                if !pipe.eof && pipe.held < MAX_HELD {
                    events[i] |= libc::POLLIN;
                }
                match pipe.ready_at(self.fault, i) {
                    Some(time) if time <= now => events[1 - i] |= libc::POLLOUT,
                    Some(time) => at(time),
                    None => {}
                }
            }
        }
        for (side, events) in self.sides.iter().zip(events) {
            poll_for(polls, side.as_ref().map(|side| side.as_raw_fd()), events);
        }
    }

    /// Moves what can be moved; Some when the connection is over.
    fn work(
        &mut self,
        ready: [i16; 2],
        scratch: &mut [u8],
        rng: &mut Rng,
        counters: &Counters,
    ) -> Option<End> {
        let now = Instant::now();
        if let Some(time) = self.reset_at {
            return (time <= now).then_some(End::Reset);
        }
        if self.fault == Fault::Freeze {
            return None;
        }
        for (i, ready) in ready.into_iter().enumerate() {
            if ready & !libc::POLLOUT != 0 {
                if let Some(end) = self.read(i, now, scratch, rng) {
                    return Some(end);
                }
            }
            if let Some(end) = self.write(i, now, counters) {
                return Some(end);
            }
        }
        let over = self.pipes.iter().all(|pipe| pipe.eof_sent);
        over.then_some(End::Natural)
    }

    fn read(&mut self, i: usize, now: Instant, scratch: &mut [u8], rng: &mut Rng) -> Option<End> {
        let pipe = &mut self.pipes[i];
        if pipe.eof || pipe.held >= MAX_HELD {
            return None;
        }
        let swallow = matches!(self.fault, Fault::BlackHole(dir) if dir.covers(i));
        match self.sides[i].as_mut()?.read(scratch) {
            Ok(0) if swallow && i == 0 => return Some(End::Natural), // the client gave up
            Ok(0) => pipe.eof = true,
            Ok(_) if swallow => {}
            Ok(n) => {
                let delay = match self.fault {
                    Fault::Delay(dir, delay) if dir.covers(i) => delay,
                    Fault::Reorder(dir, most) if dir.covers(i) => {
                        Duration::from_micros(rng.below(most.as_micros() as u64))
                    }
                    _ => Duration::ZERO,
                };
                if let Fault::Corrupt(dir, every) = self.fault {
                    if dir.covers(i) {
                        pipe.corrupt(&mut scratch[..n], every, rng);
                    }
                }
                pipe.chunks.push_back((now + delay, scratch[..n].to_vec()));
                pipe.held += n;
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                return None
            }
            // The server's reset stays unknown to the client in a black hole.
            Err(_) if swallow && i == 1 => pipe.eof = true,
            Err(_) => return Some(End::PassedOn),
        }
        pipe.lost |= swallow;
        None
    }

    fn write(&mut self, i: usize, now: Instant, counters: &Counters) -> Option<End> {
        let pipe = &mut self.pipes[i];
        while pipe.ready_at(self.fault, i).is_some_and(|time| time <= now) {
            if pipe.left == Some(0) {
                return Some(End::Cut);
            }
            let to = self.sides[1 - i].as_mut()?;
            let Some((_, chunk)) = pipe.chunks.front_mut() else {
                let _ = to.shutdown(Shutdown::Write);
                pipe.eof_sent = true;
                return None;
            };
            let mut most =
                chunk.len().min(pipe.left.unwrap_or(u64::MAX).try_into().unwrap_or(usize::MAX));
            if let Fault::Drip(dir, bytes, _) = self.fault {
                most = if dir.covers(i) { most.min(bytes) } else { most };
            }
            let sent = match to.write(&chunk[..most]) {
                Ok(sent) => sent,
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
                {
                    return None
                }
                Err(_) => return Some(End::PassedOn),
            };
            counters.bytes[i].fetch_add(sent as u64, Relaxed);
            chunk.drain(..sent);
            pipe.held -= sent;
            if chunk.is_empty() {
                pipe.chunks.pop_front();
            }
            pipe.left = pipe.left.map(|left| left - sent as u64);
            if pipe.left == Some(0) {
                return Some(End::Cut);
            }
            match self.fault {
                Fault::Drip(dir, _, every) if dir.covers(i) => pipe.next_drop = now + every,
                _ => {}
            }
        }
        None
    }

    /// Closes both sides. Returns false, for `retain`.
    fn finish(&mut self, end: End, counters: &Counters) -> bool {
        if matches!(end, End::Cut | End::Reset) {
            counters.cuts.fetch_add(1, Relaxed);
        }
        for side in self.sides.iter_mut().flat_map(Option::take) {
            if matches!(end, End::Reset | End::PassedOn) {
                let linger = libc::linger { l_onoff: 1, l_linger: 0 };
                let size = std::mem::size_of_val(&linger) as libc::socklen_t;
                // SAFETY: an open socket, and an option value of the size that is told.
                unsafe {
                    let value = (&raw const linger).cast();
                    libc::setsockopt(
                        side.as_raw_fd(),
                        libc::SOL_SOCKET,
                        libc::SO_LINGER,
                        value,
                        size,
                    );
                }
            }
        }
        false
    }
}

impl Pipe {
    fn corrupt(&mut self, bytes: &mut [u8], every: u64, rng: &mut Rng) {
        let mut at = self.intact;
        while let Some(byte) = bytes.get_mut(at as usize) {
            *byte ^= 1 << rng.below(8);
            at += 1 + rng.below(2 * every);
        }
        self.intact = at - bytes.len() as u64;
    }

    /// When the next bytes (or the end of the stream) may go out.
    fn ready_at(&self, fault: Fault, i: usize) -> Option<Instant> {
        if matches!(fault, Fault::BlackHole(dir) if dir.covers(i)) {
            return None;
        }
        match (self.chunks.front(), fault) {
            (Some((due, _)), Fault::Drip(dir, ..)) if dir.covers(i) => {
                Some(self.next_drop.max(*due))
            }
            (Some((due, _)), _) => Some(*due),
            (None, _) if self.eof && !self.eof_sent => Some(self.next_drop),
            (None, _) => None,
        }
    }
}
