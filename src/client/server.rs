//! Whom a client asks: a cluster, or the engine in this process.

#![forbid(unsafe_code)]

use super::call::{Call, Cluster, Effect, Progress};
use super::closed;
use super::keepalive::Keeper;
use super::kv::no_memory;
use super::namespace::Namespace;
use super::watch::Hub;
use crate::embedded::Engine;
use crate::error::{Error, Result};
use crate::observe::log::Level;
use crate::observe::Telemetry;
use crate::status::*;
use crate::wire::encode;
use http::uri::PathAndQuery;
use prost::Message;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// What calls share: the part of a client that the runtime works on.
pub struct Core {
    pub server: Server,
    pub closed: AtomicBool,
    /// For calls that name no deadline; None waits for ever.
    pub timeout: Option<Duration>,
    pub namespace: Namespace,
    /// Leases that are of no more use, for the close to give back.
    pub left_behind: Mutex<Vec<i64>>,
    /// All watches.
    pub hub: Arc<Hub>,
    pub keeper: Arc<Keeper>,
    pub telemetry: Arc<Telemetry>,
}

pub enum Server {
    Cluster(Arc<Cluster>),
    Embedded(Embedded),
}

pub struct Embedded {
    pub engine: Arc<Engine>,
    /// As the endpoint was given.
    pub name: String,
    pub max_receive: usize,
    pub telemetry: Arc<Telemetry>,
}

impl Embedded {
    pub fn run(&self, call: &Call) -> Result<Vec<u8>> {
        let counted = self.telemetry.counters.call();
        counted.ended(self.ask(call)).inspect_err(|error| too_large(&self.telemetry, call, error))
    }

    fn ask(&self, call: &Call) -> Result<Vec<u8>> {
        let message = &call.request.frame[encode::PREFIX..];
        match self.engine.call(call.request.path.path(), message) {
            Ok(reply) if reply.len() > self.max_receive => {
                Err(call.reply_too_large(reply.len(), self.max_receive).at(&self.name))
            }
            Ok(reply) => Ok(reply),
            Err(refusal) => Err(call.refused(refusal.code, refusal.message).at(&self.name)),
        }
    }
}

/// Logs that a reply went over the limit, which a caller may take for a server's fault.
pub fn too_large(telemetry: &Telemetry, call: &Call, error: &Error) {
    if error.status == ETCD_ERR_REPLY_TOO_LARGE {
        let (path, message) = (&call.request.path, &error.message);
        let message = format_args!("{path}: {message}");
        telemetry.log.tell(Level::Warn, "call", &error.endpoint, error.status, message);
    }
}

impl Core {
    pub async fn run(&self, call: &Call, progress: &Progress) -> Result<Vec<u8>> {
        match &self.server {
            Server::Cluster(cluster) => self.note(call, cluster.run(call, progress).await),
            Server::Embedded(embedded) => self.note(call, embedded.run(call)),
        }
    }

    /// Without a wait, if the server is in this process.
    pub fn run_embedded(&self, call: &Call) -> Option<Result<Vec<u8>>> {
        match &self.server {
            Server::Cluster(_) => None,
            Server::Embedded(embedded) => Some(self.note(call, embedded.run(call))),
        }
    }

    /// Draws the consequences of a reply.
    fn note(&self, call: &Call, result: Result<Vec<u8>>) -> Result<Vec<u8>> {
        match (&result, call.revokes) {
            (Ok(_), Some(id)) => self.keeper.revoked(id),
            (Err(error), Some(id)) if error.status == ETCD_ERR_LEASE_NOT_FOUND => {
                self.keeper.revoked(id);
            }
            _ => {}
        }
        result
    }

    /// The endpoint that a call is about.
    pub fn member(&self, progress: &Progress) -> String {
        match &self.server {
            Server::Cluster(cluster) => cluster.member(progress),
            Server::Embedded(embedded) => embedded.name.clone(),
        }
    }

    /// Why a task of the client's has ended that lasts as long as the client.
    pub fn ended(&self, what: &'static str, defect: &str) -> Error {
        if self.closed.load(Relaxed) {
            return closed();
        }
        let log = &self.telemetry.log;
        log.tell(Level::Error, what, "", ETCD_ERR_INTERNAL, format_args!("{defect}"));
        Error::new(ETCD_ERR_INTERNAL, defect)
    }

    /// Bytes of one reply at most.
    pub fn max_receive(&self) -> usize {
        match &self.server {
            Server::Cluster(cluster) => cluster.max_receive,
            Server::Embedded(embedded) => embedded.max_receive,
        }
    }

    /// A call by its messages, for callers that are tasks themselves.
    pub async fn ask<R: Message + Default>(
        &self,
        method: Method,
        request: &impl Message,
        until: Deadline,
    ) -> Result<R> {
        method.reply(self.ask_raw(method, request, until).await?)
    }

    /// The same with the reply's message as it came.
    pub async fn ask_raw(
        &self,
        method: Method,
        request: &impl Message,
        until: Deadline,
    ) -> Result<Vec<u8>> {
        let call = method.call(request, until)?;
        self.run(&call, &Progress::default()).await
    }
}

/// What one of etcd's calls is, besides its messages.
#[derive(Clone, Copy)]
pub struct Method {
    pub path: &'static str,
    pub effect: Effect,
}

/// What a member is, and how it is.
pub const STATUS: Method =
    Method { path: "/etcdserverpb.Maintenance/Status", effect: Effect::Read };

impl Method {
    pub fn call(self, request: &impl Message, until: Deadline) -> Result<Call> {
        let frame = encode::frame(request).ok_or_else(|| no_memory(request.encoded_len()))?;
        let mut call = Call::new(PathAndQuery::from_static(self.path), self.effect, frame);
        call.timeout = until.left();
        Ok(call)
    }

    pub fn reply<R: Message + Default>(self, message: Vec<u8>) -> Result<R> {
        R::decode(bytes::Bytes::from(message)).map_err(|e| {
            let error = Error::new(ETCD_ERR_BAD_REPLY, format!("the reply is no message: {e}"));
            error.maybe_applied(self.effect.changes())
        })
    }
}

/// When something that takes several calls must be over; None is never.
#[derive(Clone, Copy)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    pub const NEVER: Deadline = Deadline(None);

    pub fn after(timeout: Option<Duration>) -> Deadline {
        Deadline(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    pub fn left(self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }
}
