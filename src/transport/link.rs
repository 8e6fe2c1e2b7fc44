//! One endpoint: kept connected in the background, pinged while it is in use.

#![forbid(unsafe_code)]

use super::connect::{connect, describe, Connected, Driver, Sender};
use super::endpoint::Endpoint;
use super::io::{now_ms, Traffic};
use super::jitter::jittered;
use super::tls::Tls;
use crate::error::Error;
use futures_util::FutureExt;
use h2::{Ping, PingPong};
use http::uri::Authority;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout, Instant};

/// etcd closes connections that are pinged more than once in 5 s.
pub const LEAST_PING_INTERVAL: Duration = Duration::from_secs(6);
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy)]
pub struct Timing {
    /// For one attempt to connect, TLS included.
    pub connect: Duration,
    /// After so long without a sign of life a busy connection is pinged.
    pub ping_interval: Duration,
    /// For the answer to a ping.
    pub ping_timeout: Duration,
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
    Down(String),
}

pub struct Link {
    pub endpoint: Endpoint,
    pub authority: Authority,
    state: Mutex<State>,
}

impl Link {
    pub fn new(endpoint: Endpoint) -> Result<Link, String> {
        let authority = endpoint.authority();
        Ok(Link {
            authority: authority.parse().map_err(|_| format!("\"{authority}\" is no host"))?,
            endpoint,
            state: Mutex::new(State::Down("not connected yet".to_owned())),
        })
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
            State::Up(connection) if connection.traffic.doubtful() => Some(1),
            State::Up(_) => Some(0),
            State::Down(_) => None,
        }
    }

    pub fn why_down(&self) -> Option<String> {
        match &*self.state.lock().unwrap() {
            State::Up(_) => None,
            State::Down(why) => Some(why.clone()),
        }
    }

    /// Takes no further calls on this connection; those in progress end as they may.
    pub fn retire(&self, connection: &Connection) {
        let mut state = self.state.lock().unwrap();
        if matches!(&*state, State::Up(now) if Arc::ptr_eq(&now.traffic, &connection.traffic)) {
            *state = State::Down("the server closed the connection".to_owned());
            connection.traffic.retire.notify_one();
        }
    }

    /// Keeps the endpoint connected until dropped.
    pub async fn maintain(self: Arc<Link>, tls: Option<Tls>, timing: Timing, up: Arc<Notify>) {
        loop {
            // It returns only by a panic: a defect must not cost the endpoint.
            let life = AssertUnwindSafe(self.connect_again_and_again(tls.as_ref(), timing, &up));
            if let Err(panic) = life.catch_unwind().await {
                *self.state.lock().unwrap() = State::Down(Error::defect(&*panic).message);
            }
            sleep(LONGEST_PAUSE).await;
        }
    }

    /// Connects, and again whenever the connection is lost.
    async fn connect_again_and_again(&self, tls: Option<&Tls>, timing: Timing, up: &Notify) {
        let mut draining = JoinSet::new();
        let mut pause = FIRST_PAUSE;
        loop {
            let traffic = Arc::new(Traffic::default());
            let connected = connect(&self.endpoint, tls, timing.connect, &traffic).await;
            let since = connected.is_ok().then(Instant::now);
            let why = match connected {
                Err(why) => why,
                Ok(Connected { sender, driver, pings }) => {
                    let connection = Connection { sender, traffic: traffic.clone() };
                    *self.state.lock().unwrap() = State::Up(connection);
                    up.notify_waiters();
                    let mut life = Box::pin(live(driver, pings, traffic.clone(), timing));
                    tokio::select! {
                        why = &mut life => why,
                        _ = traffic.retire.notified() => {
                            draining.spawn(life);
                            "the server closed the connection".to_owned()
                        }
                    }
                }
            };
            // Before anything else runs: a call that has just failed must not come back here.
            *self.state.lock().unwrap() = State::Down(why);
            // One that is taken and dropped again is no better than one refused.
            if since.is_some_and(|since| since.elapsed() > LONGEST_PAUSE) {
                pause = FIRST_PAUSE;
            }
            while draining.try_join_next().is_some() {}
            sleep(jittered(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Runs a connection to its end and says why it ended.
async fn live(driver: Driver, pings: PingPong, traffic: Arc<Traffic>, timing: Timing) -> String {
    tokio::select! {
        end = driver => match end {
            Ok(()) => "the server closed the connection".to_owned(),
            Err(e) => format!("connection lost: {}", describe(&e)),
        },
        why = keep(pings, &traffic, timing) => why,
    }
}

/// Pings a connection that is in use and silent; returns when it is dead.
async fn keep(mut pings: PingPong, traffic: &Traffic, timing: Timing) -> String {
    let mut last: Option<Instant> = None;
    loop {
        let asked = tokio::select! {
            _ = sleep(timing.ping_interval) => false,
            _ = traffic.probe.notified() => true,
        };
        let silent = now_ms().saturating_sub(traffic.heard.load(Relaxed));
        // etcd counts pings without a call in progress as abuse.
        let due = timing.ping_interval != Duration::MAX
            && traffic.streams.load(Relaxed) > 0
            && (asked || u128::from(silent) >= timing.ping_interval.as_millis())
            && last.is_none_or(|last| last.elapsed() >= LEAST_PING_INTERVAL);
        if !due {
            continue;
        }
        last = Some(Instant::now());
        if pings.send_ping(Ping::opaque()).is_err() {
            return std::future::pending().await;
        }
        loop {
            let sent = now_ms();
            match timeout(timing.ping_timeout, poll_fn(|cx| pings.poll_pong(cx))).await {
                Ok(Ok(_)) => break,
                Ok(Err(_)) => return std::future::pending().await,
                Err(_) if traffic.heard_since(sent) => {}
                Err(_) => {
                    let waited = timing.ping_timeout.as_millis();
                    return format!("no answer to an HTTP/2 ping within {waited} ms");
                }
            }
        }
    }
}
