//! A TCP proxy that misbehaves on demand: one thread, one upstream, faults switched at run time. Any client can be
//! pointed at it, also a C program started by the test: its address is `endpoint()`.

use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{channel, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::process::Port;
use super::proxy_engine::Engine;

/// Which bytes a fault is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dir {
    Both,
    ToServer,
    ToClient,
}

impl Dir {
    /// Pipe 0 carries requests, pipe 1 replies.
    pub(super) fn covers(self, pipe: usize) -> bool {
        self == Dir::Both || (self == Dir::ToServer) == (pipe == 0)
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Fault {
    /// None: bytes, ends and resets go through.
    Pass,
    /// Closes both sides at once; a new connection right after it was accepted.
    Cut,
    /// The same with RST.
    Reset,
    /// FIN toward the client and RST 1 to 10 ms later.
    HalfClose,
    /// Lets this many bytes of each connection through, from now on, and cuts it right after them (0: instead of the
    /// first one). With `Both` each direction has its own count.
    CutAfter(Dir, u64),
    /// The same with a number of its own for each connection, drawn below this one.
    CutWithin(Dir, u64),
    /// Everything arrives later by so much, in order.
    Delay(Dir, Duration),
    /// So many bytes each time this long has passed.
    Drip(Dir, usize, Duration),
    /// Each piece is held back for a time of its own, drawn below this one. TCP has one order within a connection's
    /// direction, so what changes places is what goes through different connections, or both ways through one.
    Reorder(Dir, Duration),
    /// Flips one bit of every so many bytes, on average. TLS finds it out; without TLS nothing in HTTP/2 or etcd does
    /// where it hits a key, a value or a number.
    Corrupt(Dir, u64),
    /// Accepts, reads, says nothing. What it swallowed is lost, so such a connection is reset when the fault ends.
    BlackHole(Dir),
    /// Nothing moves, nothing is lost: all goes on when the fault ends.
    Freeze,
    /// Nobody listens; connections that exist go on.
    Refuse,
}

/// splitmix64: the same seed gives the same choices.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 ..= limit - 1
    pub fn below(&mut self, limit: u64) -> u64 {
        self.draw() % limit.max(1)
    }

    /// Any fault but `Refuse` and `Corrupt`, with parameters at which a client with deadlines of seconds can still get
    /// on.
    pub fn fault(&mut self) -> Fault {
        let dir = [Dir::Both, Dir::ToServer, Dir::ToClient][self.below(3) as usize];
        match self.below(11) {
            0 => Fault::Pass,
            1 => Fault::Cut,
            2 => Fault::Reset,
            3 => Fault::HalfClose,
            4 => Fault::CutAfter(dir, self.below(4096)),
            5 => Fault::CutWithin(dir, 65_536),
            6 => Fault::Delay(dir, Duration::from_millis(self.below(300))),
            7 => Fault::Drip(
                dir,
                1 + self.below(64) as usize,
                Duration::from_millis(1 + self.below(5)),
            ),
            8 => Fault::BlackHole(dir),
            9 => Fault::Reorder(dir, Duration::from_millis(self.below(300))),
            _ => Fault::Freeze,
        }
    }
}

#[derive(Default)]
pub(super) struct Counters {
    pub accepted: AtomicU64,
    pub cuts: AtomicU64,
    pub open: AtomicUsize,
    pub bytes: [AtomicU64; 2],
}

pub(super) enum Order {
    /// For the connections that exist and those to come.
    Set(Fault),
    /// Only for those that exist.
    Once(Fault),
    Upstream(SocketAddr),
}

pub struct Proxy {
    port: u16,
    seed: u64,
    counters: Arc<Counters>,
    current: Mutex<(Fault, SocketAddr)>,
    /// None once dropped: that ends the thread. Each order is answered when it is in force.
    orders: Option<Sender<(Order, Sender<()>)>>,
    waker: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Forwards to `upstream`; the seed decides every random choice.
    pub fn start(upstream: SocketAddr, seed: u64) -> Proxy {
        let lease = Port::lease();
        let port = lease.number();
        let counters = Arc::new(Counters::default());
        let (waker, wakes) = UnixStream::pair().unwrap();
        let (orders, receiver) = channel();
        for end in [&waker, &wakes] {
            end.set_nonblocking(true).unwrap();
        }
        let mut engine = Engine::new(lease, upstream, Rng::new(seed), counters.clone(), wakes);
        engine.listen();
        let thread = std::thread::Builder::new().name(format!("proxy {port}"));
        let thread = thread.spawn(move || engine.run(receiver)).unwrap();
        let current = Mutex::new((Fault::Pass, upstream));
        Proxy { port, seed, counters, current, orders: Some(orders), waker, thread: Some(thread) }
    }

    /// To a port of 127.0.0.1.
    pub fn to_port(port: u16, seed: u64) -> Proxy {
        Proxy::start(SocketAddr::from(([127, 0, 0, 1], port)), seed)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// "127.0.0.1:port"
    pub fn endpoint(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The fault of all connections from now on, those that exist included; in force when this returns. A Cut, Reset
    /// or HalfClose goes on for new connections until the next `set`.
    pub fn set(&self, fault: Fault) {
        self.current.lock().unwrap().0 = fault;
        self.order(Order::Set(fault));
    }

    /// Only the connections that exist get this fault (until the next `set`), new ones do not.
    pub fn once(&self, fault: Fault) {
        self.order(Order::Once(fault));
    }

    /// Where new connections go.
    pub fn set_upstream(&self, upstream: SocketAddr) {
        self.current.lock().unwrap().1 = upstream;
        self.order(Order::Upstream(upstream));
    }

    pub fn accepted(&self) -> u64 {
        self.counters.accepted.load(Relaxed)
    }

    /// Connections that a fault has ended.
    pub fn cuts(&self) -> u64 {
        self.counters.cuts.load(Relaxed)
    }

    /// Connections of this moment.
    pub fn open(&self) -> usize {
        self.counters.open.load(Relaxed)
    }

    /// Forwarded so far.
    pub fn bytes_to_server(&self) -> u64 {
        self.counters.bytes[0].load(Relaxed)
    }

    pub fn bytes_to_client(&self) -> u64 {
        self.counters.bytes[1].load(Relaxed)
    }

    fn order(&self, order: Order) {
        let (done, wait) = channel();
        self.orders.as_ref().unwrap().send((order, done)).unwrap();
        let _ = (&self.waker).write(&[0]);
        wait.recv().expect("the proxy's thread lives");
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fault, upstream) = *self.current.lock().unwrap();
        write!(f, "Proxy {{ {} -> {upstream}, seed: {}, {fault:?}, ", self.endpoint(), self.seed)?;
        write!(f, "accepted: {}, open: {}, cuts: {} }}", self.accepted(), self.open(), self.cuts())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.orders = None;
        let _ = (&self.waker).write(&[0]);
        let _ = self.thread.take().unwrap().join();
    }
}
