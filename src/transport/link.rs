//! One endpoint: kept connected in the background, and left when it is dead.

#![forbid(unsafe_code)]

use super::backoff::Backoff;
use super::channel::Picked;
use super::connect::{connect, describe, Connected, Driver, Sender};
use super::endpoint::Endpoint;
use super::exchange::{self, Request};
use super::history::History;
use super::io::{now_ms, Traffic};
use super::tls::Tls;
use super::Failure;
use crate::error::{Error, Result};
use crate::observe::connections;
use crate::observe::counters::Counter;
use crate::observe::log::Level;
use crate::observe::Telemetry;
use crate::status::*;
use bytes::Bytes;
use futures_util::FutureExt;
use http::uri::{Authority, PathAndQuery};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout, Instant};

const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long others are preferred to a member that was in trouble.
const SHUN_MS: u64 = 5_000;
/// How often to look whether a connection's last call has ended.
const DRAINED_CHECK: Duration = Duration::from_millis(500);
/// A reply to a probe has some hundred bytes.
const PROBE_LIMIT: usize = 64 * 1024;

#[derive(Clone, Copy)]
pub struct Timing {
    /// For one attempt to connect, TLS included.
    pub connect: Duration,
    /// After so long without a sign of life a connection on which something is
    /// awaited is asked for one.
    pub ping_interval: Duration,
    /// For the answer.
    pub ping_timeout: Duration,
}

/// What all endpoints of a client have in common.
pub struct Network {
    pub tls: Option<Tls>,
    pub timing: Timing,
    /// Tells of each link that has come up, or failed to.
    pub news: Notify,
    pub history: History,
    pub telemetry: Arc<Telemetry>,
}

/// A connection that takes calls.
#[derive(Clone)]
pub struct Connection {
    pub sender: Sender,
    pub traffic: Arc<Traffic>,
}

enum State {
    Up(Connection),
    /// And why.
    Down(Error),
}

impl State {
    fn why_down(&self) -> Option<&Error> {
        match self {
            State::Up(_) => None,
            State::Down(why) => Some(why),
        }
    }
}

pub struct Link {
    pub endpoint: Endpoint,
    pub authority: Authority,
    state: Mutex<State>,
    begun: AtomicBool,
    /// Until when others are preferred, as of [`now_ms`].
    shunned: AtomicU64,
    /// Tells the keeper that the endpoint is out of the list.
    leaving: Notify,
    telemetry: Arc<Telemetry>,
    seen: Arc<connections::Endpoint>,
}

fn down(why: impl Into<String>) -> Error {
    Error::new(ETCD_ERR_UNAVAILABLE, why)
}

impl Link {
    pub fn new(endpoint: Endpoint, telemetry: Arc<Telemetry>) -> Result<Link, String> {
        let authority = endpoint.authority();
        let why = "not connected yet".to_owned();
        Ok(Link {
            authority: authority.parse().map_err(|_| format!("\"{authority}\" is no host"))?,
            seen: telemetry.connections.add(&endpoint.name, connections::State::Down(why.clone())),
            endpoint,
            state: Mutex::new(State::Down(down(why))),
            begun: AtomicBool::new(false),
            shunned: AtomicU64::new(0),
            leaving: Notify::new(),
            telemetry,
        })
    }

    pub fn name(&self) -> &str {
        &self.endpoint.name
    }

    /// True for the first one who asks: he has to see to it that it is maintained.
    pub fn begin(&self) -> bool {
        !self.begun.swap(true, Relaxed)
    }

    pub fn connection(&self) -> Option<Connection> {
        match &*self.state.lock().unwrap() {
            State::Up(connection) => Some(connection.clone()),
            State::Down(_) => None,
        }
    }

    /// How good it would be to use this link now: 0 is best, None is down.
    pub fn rank(&self) -> Option<u32> {
        match &*self.state.lock().unwrap() {
            // A write is in doubt where nothing answers, and only late where no leader is.
            State::Up(connection) if connection.traffic.doubtful() => Some(2),
            State::Up(_) => Some(u32::from(self.is_shunned())),
            State::Down(_) => None,
        }
    }

    fn is_shunned(&self) -> bool {
        match self.shunned.load(Relaxed) {
            0 => false,
            until => now_ms() < until,
        }
    }

    /// It answers, but cannot do what a member should: for a while the last to be asked.
    pub fn shun(&self) {
        self.shunned.store(now_ms() + SHUN_MS, Relaxed);
    }

    pub fn why_down(&self) -> Option<String> {
        self.state.lock().unwrap().why_down().map(|why| why.message.clone())
    }

    /// Why its server must not be used, though it answers.
    pub fn barred(&self) -> Option<Error> {
        match &*self.state.lock().unwrap() {
            State::Down(why) if why.status != ETCD_ERR_UNAVAILABLE => Some(why.clone()),
            _ => None,
        }
    }

    /// The only place where the state changes; false if it never will again.
    /// With `only`, nothing happens unless that is the connection in use.
    fn enter(&self, state: State, only: Option<&Connection>) -> bool {
        let mut now = self.state.lock().unwrap();
        match (&*now, only) {
            (State::Down(why), _) if why.status == ETCD_ERR_REVISION_REGRESSED => return false,
            (State::Down(_), Some(_)) => return true,
            (State::Up(used), Some(only)) if !Arc::ptr_eq(&used.traffic, &only.traffic) => {
                return true
            }
            (State::Up(used), _) => used.traffic.retire.notify_one(),
            _ => {}
        }
        let after = state.why_down().cloned();
        let before = std::mem::replace(&mut *now, state);
        drop(now);
        self.changed(before.why_down(), after.as_ref());
        true
    }

    /// Takes no further calls on this connection; those in progress end as they may.
    pub fn retire(&self, connection: &Connection) {
        let why = down("the server closed the connection");
        self.enter(State::Down(why), Some(connection));
    }

    /// The server has given an answer after which it must not be used. One of
    /// another cluster may be replaced; a store that has gone back stays suspect
    /// even when it has come as far again.
    pub fn bar(&self, why: Error) {
        self.enter(State::Down(why), None);
    }

    /// The endpoint is out of the list: calls in progress end as they may, streams at once.
    pub fn leave(&self) {
        self.telemetry.connections.remove(&self.seen);
        let message = format_args!("not in the list of endpoints any more");
        self.telemetry.log.tell(Level::Info, "connection", self.name(), ETCD_OK, message);
        if let Some(connection) = self.connection() {
            connection.traffic.leave();
        }
        self.leaving.notify_one();
    }

    /// Tells those who look inside; None is up.
    fn changed(&self, before: Option<&Error>, after: Option<&Error>) {
        let message = |error: Option<&Error>| error.map(|error| error.message.clone());
        let why = message(after);
        if message(before) == why {
            return;
        }
        let Telemetry { counters, log, connections } = &*self.telemetry;
        if self.seen.is_gone() {
            return;
        }
        counters.add(Counter::ConnectionsOpened, u64::from(after.is_none()));
        counters.add(Counter::ConnectionsLost, u64::from(before.is_none()));
        let state = why.map_or(connections::State::Up, connections::State::Down);
        connections.change(&self.seen, state);
        let what = "connection";
        match after {
            None => log.tell(Level::Info, what, self.name(), ETCD_OK, format_args!("connected")),
            Some(why) => {
                let message = format_args!("{}", why.message);
                log.tell(Level::Warn, what, self.name(), why.status, message);
            }
        }
    }

    /// Keeps the endpoint connected until dropped, or until it leaves the list
    /// and its last call has ended.
    pub async fn maintain(self: Arc<Link>, network: Arc<Network>) {
        loop {
            // A defect must not cost the endpoint.
            let life = AssertUnwindSafe(self.connect_again_and_again(&network));
            let Err(panic) = life.catch_unwind().await else { return };
            let Error { status, message, .. } = Error::defect(&*panic);
            let log = &self.telemetry.log;
            log.tell(Level::Error, "connection", self.name(), status, format_args!("{message}"));
            self.enter(State::Down(down(message)), None);
            sleep(LONGEST_PAUSE).await;
        }
    }

    /// Connects, and again whenever the connection is lost.
    async fn connect_again_and_again(self: &Arc<Link>, network: &Network) {
        let timing = network.timing;
        let mut leaving = pin!(self.leaving.notified());
        let (mut draining, mut retired) = (JoinSet::new(), Vec::<Weak<Traffic>>::new());
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let traffic = Arc::new(Traffic::new(self.telemetry.clone()));
            let connecting =
                connect(&self.endpoint, network.tls.as_ref(), timing.connect, &traffic);
            let connected = tokio::select! {
                connected = connecting => connected,
                () = &mut leaving => break,
            };
            let mut since = None;
            let why = match connected {
                Err(why) => Some(down(why)),
                Ok(Connected { sender, driver }) => {
                    let connection = Connection { sender, traffic: traffic.clone() };
                    let picked = Picked { link: self.clone(), connection: connection.clone() };
                    let mut life = Box::pin(live(driver, picked, timing));
                    let admitted = tokio::select! {
                        why = &mut life => Err(why),
                        admitted = self.admit(&connection, network) => admitted,
                        () = &mut leaving => break,
                    };
                    match admitted {
                        Err(why) => Some(why),
                        Ok(()) => {
                            if !self.enter(State::Up(connection), None) {
                                break;
                            }
                            since = Some(Instant::now());
                            network.news.notify_waiters();
                            tokio::select! {
                                why = &mut life => Some(why),
                                () = traffic.retire.notified() => {
                                    retired.retain(|old| old.strong_count() > 0);
                                    retired.push(Arc::downgrade(&traffic));
                                    draining.spawn(drain(life, traffic));
                                    None
                                }
                                () = &mut leaving => {
                                    // It may have come up after it was told to leave.
                                    traffic.leave();
                                    draining.spawn(drain(life, traffic));
                                    break;
                                }
                            }
                        }
                    }
                }
            };
            // Before anything else runs: a call that has just failed must not come back here.
            if why.is_some_and(|why| !self.enter(State::Down(why), None)) {
                break;
            }
            network.news.notify_waiters();
            // One that is taken and dropped again is no better than one refused.
            if since.is_some_and(|since| since.elapsed() > LONGEST_PAUSE) {
                backoff.reset();
            }
            while draining.try_join_next().is_some() {}
            tokio::select! {
                () = sleep(backoff.next()) => {}
                () = &mut leaving => break,
            }
        }
        self.enter(State::Down(down("not in the list of endpoints")), None);
        retired.iter().filter_map(Weak::upgrade).for_each(|old| old.leave());
        while draining.join_next().await.is_some() {}
    }

    /// Asks a server for its cluster before any call may reach it.
    async fn admit(self: &Arc<Link>, connection: &Connection, network: &Network) -> Result<()> {
        let picked = Picked { link: self.clone(), connection: connection.clone() };
        let limit = network.timing.connect;
        match timeout(limit, identity(&picked)).await {
            Ok(Ok(reply)) => network.history.check(&reply, None).map_err(|e| e.at(self.name())),
            Ok(Err(Failure::NotSent(why) | Failure::Lost(why))) => Err(down(why)),
            // The replies to calls will tell.
            Ok(Err(_)) => Ok(()),
            Err(_) => Err(down(format!("no answer to a call within {} ms", limit.as_millis()))),
        }
    }
}

/// A call that every server answers, if only by refusing it. In place of HTTP/2
/// pings: etcd closes connections that are pinged more than once in 5 s.
struct Probe {
    path: &'static str,
    frame: &'static [u8],
}

/// Whether there is a certain key, as the member itself knows it: the cheapest
/// question whose answer says whose the store is.
const KEY: Probe = Probe {
    path: "/etcdserverpb.KV/Range",
    // Key "\0", serializable, count_only.
    frame: &[0, 0, 0, 0, 7, 0x0a, 1, 0, 0x38, 1, 0x48, 1],
};

/// Says so too, and to those without a token as well, but goes through a server's
/// consensus and its files.
const STATUS: Probe = Probe { path: "/etcdserverpb.Maintenance/Status", frame: &[0; 5] };

impl Probe {
    async fn ask(&self, picked: &Picked, sent: &AtomicBool) -> Result<Vec<u8>, Failure> {
        let path = PathAndQuery::from_static(self.path);
        let frame = Bytes::from_static(self.frame);
        let request = Request { path, frame, require_leader: false };
        exchange::unary(picked, &request, None, PROBE_LIMIT, sent).await
    }
}

/// Who a server is, as far as it tells strangers.
async fn identity(picked: &Picked) -> Result<Vec<u8>, Failure> {
    let sent = AtomicBool::new(false);
    match KEY.ask(picked, &sent).await {
        Err(Failure::Refused { code, message })
            if is_about_token(of_server_error(code, &message)) =>
        {
            STATUS.ask(picked, &sent).await
        }
        result => result,
    }
}

/// Lets the calls in progress on a connection end, then closes it.
async fn drain(mut life: impl Future<Output = Error> + Unpin, traffic: Arc<Traffic>) {
    while traffic.streams.load(Relaxed) > 0 {
        if timeout(DRAINED_CHECK, &mut life).await.is_ok() {
            return;
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.telemetry.connections.remove(&self.seen);
    }
}

/// Runs a connection to its end and says why it ended.
async fn live(driver: Driver, picked: Picked, timing: Timing) -> Error {
    tokio::select! {
        end = driver => match end {
            Ok(()) => down("the server closed the connection"),
            Err(e) => down(format!("connection lost: {}", describe(&e))),
        },
        why = keep(&picked, timing) => down(why),
    }
}

/// Looks whether the server lives when something is awaited of it and nothing
/// comes; returns when it is dead.
async fn keep(picked: &Picked, timing: Timing) -> String {
    let traffic = &*picked.connection.traffic;
    if timing.ping_interval == Duration::MAX {
        return std::future::pending().await;
    }
    loop {
        let silent = || Duration::from_millis(now_ms().saturating_sub(traffic.heard.load(Relaxed)));
        let pause = match timing.ping_interval.saturating_sub(silent()) {
            // Nothing was awaited.
            Duration::ZERO => timing.ping_interval,
            left => left,
        };
        let asked = timeout(pause, traffic.probe.notified()).await.is_ok();
        let due = asked || silent() >= timing.ping_interval;
        if !due || traffic.streams.load(Relaxed) == 0 {
            continue;
        }
        let (began, sent) = (now_ms(), AtomicBool::new(false));
        let asked = timeout(timing.ping_timeout, KEY.ask(picked, &sent)).await;
        if matches!(asked, Ok(Ok(_) | Err(Failure::Refused { .. }))) {
            traffic.doubted.store(0, Relaxed);
        }
        // Unsent, because the server takes no more calls at once, it proves nothing.
        if asked.is_err() && sent.load(Relaxed) && !traffic.heard_since(began) {
            let waited = timing.ping_timeout.as_millis();
            return format!("no sign of life within {waited} ms of asking for one");
        }
    }
}
