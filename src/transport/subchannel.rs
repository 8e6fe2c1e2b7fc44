//! One endpoint of a channel: whether it is connected, and how good it is to use.

#![forbid(unsafe_code)]

use super::connection::{now_ms, Connection};
use super::endpoint::Endpoint;
use super::store_identity::Witness;
use crate::error::{Error, Result};
use crate::observe::connections;
use crate::observe::counters::Counter;
use crate::observe::log::Level;
use crate::observe::Telemetry;
use crate::status::*;
use crate::sync::IgnorePoison;
use http::uri::Authority;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// How long other members are preferred to one that had a problem.
const DEPRIORITISED_MS: u64 = 5_000;

pub enum Connectivity {
    Up(Connection),
    /// With the reason.
    Down(Error),
}

impl Connectivity {
    fn why_down(&self) -> Option<&Error> {
        match self {
            Connectivity::Up(_) => None,
            Connectivity::Down(why) => Some(why),
        }
    }
}

pub struct Subchannel {
    pub endpoint: Endpoint,
    pub authority: Authority,
    connectivity: Mutex<Connectivity>,
    /// A connection on which the probe has not been answered.
    tried: Mutex<Option<Connection>>,
    begun: AtomicBool,
    /// Until when others are preferred, as of [`now_ms`]; 0 = they are not.
    deprioritised: AtomicU64,
    /// What it has said of the store.
    pub witness: Arc<Witness>,
    /// Notifies the maintaining task that the endpoint has left the list.
    pub leaving: Notify,
    pub telemetry: Arc<Telemetry>,
    observed: Arc<connections::Endpoint>,
}

/// A subchannel that is up, or on trial, selected for one attempt.
#[derive(Clone)]
pub struct Selected {
    pub subchannel: Arc<Subchannel>,
    pub connection: Connection,
    /// Only for what does no harm on a wrong server, and is believed once it is admitted.
    pub on_trial: bool,
}

impl Selected {
    /// Selects this one, if it is up.
    pub fn of(subchannel: &Arc<Subchannel>) -> Option<Selected> {
        let connection = subchannel.connection()?;
        Some(Selected { subchannel: subchannel.clone(), connection, on_trial: false })
    }

    pub fn on_trial(subchannel: &Arc<Subchannel>, connection: &Connection) -> Selected {
        let (subchannel, connection) = (subchannel.clone(), connection.clone());
        Selected { subchannel, connection, on_trial: true }
    }
}

/// While it is kept, reads may go beside the probe.
pub struct OnTrial<'a>(&'a Subchannel);

impl Drop for OnTrial<'_> {
    fn drop(&mut self) {
        *self.0.tried.lock().ignore_poison() = None;
    }
}

/// The state of an endpoint that is not connected.
pub fn down(why: impl Into<String>) -> Error {
    Error::new(ETCD_ERR_UNAVAILABLE, why)
}

impl Subchannel {
    pub fn new(endpoint: Endpoint, telemetry: Arc<Telemetry>) -> Result<Subchannel, String> {
        let authority = endpoint.authority();
        let why = "not connected yet".to_owned();
        let observed =
            telemetry.connections.add(&endpoint.name, connections::State::Down(why.clone()));
        Ok(Subchannel {
            authority: authority.parse().map_err(|_| format!("\"{authority}\" is no host"))?,
            observed,
            endpoint,
            connectivity: Mutex::new(Connectivity::Down(down(why))),
            tried: Mutex::default(),
            begun: AtomicBool::new(false),
            deprioritised: AtomicU64::new(0),
            witness: Arc::default(),
            leaving: Notify::new(),
            telemetry,
        })
    }

    pub fn name(&self) -> &str {
        &self.endpoint.name
    }

    /// True for the first caller, which must start the maintaining task.
    pub fn begin(&self) -> bool {
        !self.begun.swap(true, Relaxed)
    }

    pub fn connection(&self) -> Option<Connection> {
        match &*self.connectivity.lock().ignore_poison() {
            Connectivity::Up(connection) => Some(connection.clone()),
            Connectivity::Down(_) => None,
        }
    }

    pub fn try_out(&self, connection: &Connection) -> OnTrial<'_> {
        *self.tried.lock().ignore_poison() = Some(connection.clone());
        OnTrial(self)
    }

    /// The connection that is on trial, unless the last server that was tried was a wrong one.
    pub fn tried(&self) -> Option<Connection> {
        self.tried.lock().ignore_poison().clone().filter(|_| self.quarantined().is_none())
    }

    /// How good it would be to use this endpoint now: 0 is best, None is down.
    pub fn rank(&self) -> Option<u32> {
        match &*self.connectivity.lock().ignore_poison() {
            // A silent server leaves the outcome of a write unknown. One without a
            // leader only delays it.
            Connectivity::Up(connection) if connection.state.is_suspect() => Some(2),
            Connectivity::Up(_) => Some(u32::from(self.is_deprioritised())),
            Connectivity::Down(_) => None,
        }
    }

    fn is_deprioritised(&self) -> bool {
        match self.deprioritised.load(Relaxed) {
            0 => false,
            until => now_ms() < until,
        }
    }

    /// The member answers, but cannot do what a member should: for a while it is
    /// used only if no other is up.
    pub fn deprioritise(&self) {
        self.deprioritised.store(now_ms() + DEPRIORITISED_MS, Relaxed);
    }

    pub fn why_down(&self) -> Option<String> {
        self.connectivity.lock().ignore_poison().why_down().map(|why| why.message.clone())
    }

    /// Why the server must not be used although it answers.
    pub fn quarantined(&self) -> Option<Error> {
        match &*self.connectivity.lock().ignore_poison() {
            Connectivity::Down(why) if why.status != ETCD_ERR_UNAVAILABLE => Some(why.clone()),
            _ => None,
        }
    }

    /// The only place where the connectivity changes; false if it never will again.
    /// With `only`, nothing happens unless that is the connection in use.
    pub fn set(&self, connectivity: Connectivity, only: Option<&Connection>) -> bool {
        let mut now = self.connectivity.lock().ignore_poison();
        match (&*now, only) {
            (Connectivity::Down(why), _) if why.status == ETCD_ERR_REVISION_REGRESSED => {
                return false
            }
            (Connectivity::Down(_), Some(_)) => return true,
            (Connectivity::Up(used), Some(only)) if !Arc::ptr_eq(&used.state, &only.state) => {
                return true
            }
            (Connectivity::Up(used), _) => used.state.retire.notify_one(),
            _ => {}
        }
        let after = connectivity.why_down().cloned();
        let before = std::mem::replace(&mut *now, connectivity);
        drop(now);
        self.report(before.why_down(), after.as_ref());
        true
    }

    /// Sends no further calls on this connection. Calls in progress go on.
    pub fn retire(&self, connection: &Connection) {
        let why = down("the server closed the connection");
        self.set(Connectivity::Down(why), Some(connection));
    }

    /// The server has given an answer after which it must not be used. A server of
    /// another cluster may be replaced by the right one. A store that has gone back
    /// stays quarantined, even after its revision has caught up.
    pub fn quarantine(&self, why: Error) {
        self.set(Connectivity::Down(why), None);
    }

    /// The endpoint has left the list: streams end at once, calls in progress go on.
    pub fn leave(&self) {
        self.telemetry.connections.remove(&self.observed);
        let message = format_args!("not in the list of endpoints any more");
        self.telemetry.log.emit(Level::Info, "connection", self.name(), ETCD_OK, message);
        if let Some(connection) = self.connection() {
            connection.state.leave();
        }
        self.leaving.notify_one();
    }

    /// Reports a change to counters, log and observers; None is up.
    fn report(&self, before: Option<&Error>, after: Option<&Error>) {
        let message = |error: Option<&Error>| error.map(|error| error.message.clone());
        let why = message(after);
        if message(before) == why {
            return;
        }
        let Telemetry { counters, log, connections } = &*self.telemetry;
        if self.observed.is_gone() {
            return;
        }
        counters.add(Counter::ConnectionsOpened, u64::from(after.is_none()));
        counters.add(Counter::ConnectionsLost, u64::from(before.is_none()));
        let state = why.map_or(connections::State::Up, connections::State::Down);
        connections.change(&self.observed, state);
        let what = "connection";
        match after {
            None => log.emit(Level::Info, what, self.name(), ETCD_OK, format_args!("connected")),
            Some(why) => {
                let message = format_args!("{}", why.message);
                log.emit(Level::Warn, what, self.name(), why.status, message);
            }
        }
    }
}

impl Drop for Subchannel {
    fn drop(&mut self) {
        self.telemetry.connections.remove(&self.observed);
    }
}
