//! Whom a client asks: a cluster, or the engine in this process.

#![forbid(unsafe_code)]

use super::call::{
    closed, no_memory, no_reply, Call, CallOptions, Deadline, Method, Progress, Timeout,
};
use super::cluster::Cluster;
use super::methods;
use super::namespace::Namespace;
use crate::embedded::{Engine, RpcStatus, NO_MEMORY, NO_MEMORY_TO_REPLY};
use crate::error::{Error, Result};
use crate::observe::log::Level;
use crate::observe::Telemetry;
use crate::status::*;
use crate::transport::Failure;
use crate::wire::encode;
use bytes::Bytes;
use prost::Message;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::timeout;

/// What calls share: the part of a client that the runtime works on.
pub struct Core {
    pub server: Server,
    pub closed: AtomicBool,
    /// For calls that name no deadline; None waits for ever.
    pub timeout: Option<Duration>,
    pub namespace: Namespace,
    /// Bytes of one request at most.
    pub max_send: usize,
    /// Leases of no more use, which the close revokes.
    pub orphaned: Mutex<Vec<i64>>,
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
        counted
            .ended(self.ask(call))
            .inspect_err(|error| call.log_too_large(error, &self.telemetry))
    }

    /// The same of a call that waits for others.
    async fn wait(&self, call: &Call, progress: &Progress) -> Result<Vec<u8>> {
        let counted = self.telemetry.counters.call();
        progress.sending.store(true, Relaxed);
        let message = call.request.frame.slice(encode::PREFIX..);
        let answer = self.engine.wait(call.request.path, &message);
        let limit = call.timeout.unwrap_or(Duration::MAX);
        counted.ended(match timeout(limit, answer).await {
            Ok(answer) => self.result(call, answer),
            Err(_) => Err(no_reply(call, limit, &self.name)),
        })
    }

    fn ask(&self, call: &Call) -> Result<Vec<u8>> {
        let message = call.request.frame.slice(encode::PREFIX..);
        self.result(call, self.engine.call(call.request.path, &message))
    }

    fn result(&self, call: &Call, answer: Result<Vec<u8>, RpcStatus>) -> Result<Vec<u8>> {
        let failure = match answer {
            Ok(reply) if reply.len() > self.max_receive => {
                let (size, limit) = (reply.len(), self.max_receive);
                Failure::TooLarge { size, limit, beginning: Vec::new() }
            }
            Ok(reply) => return Ok(reply),
            Err(RpcStatus { code: code @ (NO_MEMORY | NO_MEMORY_TO_REPLY), message }) => {
                let error = Error::new(ETCD_ERR_NO_MEMORY, message).at(&self.name);
                let maybe = code == NO_MEMORY_TO_REPLY && call.effect.changes();
                return Err(error.maybe_applied(maybe));
            }
            Err(RpcStatus { code, message }) => Failure::Refused { code, message },
        };
        Err(methods::error(call, failure).at(&self.name))
    }
}

impl Core {
    pub async fn run(&self, call: &Call, progress: &Progress) -> Result<Vec<u8>> {
        match &self.server {
            Server::Cluster(cluster) => call.ended(cluster.run(call, progress).await),
            Server::Embedded(embedded) if call.waits => {
                call.ended(embedded.wait(call, progress).await)
            }
            Server::Embedded(embedded) => call.ended(embedded.run(call)),
        }
    }

    /// Without a wait, if the server is in this process.
    pub fn run_embedded(&self, call: &Call) -> Option<Result<Vec<u8>>> {
        match &self.server {
            Server::Cluster(_) => None,
            Server::Embedded(embedded) => Some(call.ended(embedded.run(call))),
        }
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
        log.emit(Level::Error, what, "", ETCD_ERR_INTERNAL, format_args!("{defect}"));
        Error::new(ETCD_ERR_INTERNAL, defect)
    }

    /// Whether a member that names this revision is behind what the client has been told.
    pub fn lags(&self, revision: i64) -> bool {
        match &self.server {
            Server::Cluster(cluster) => revision < cluster.store().revision(),
            Server::Embedded(_) => false,
        }
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

    /// Until when a call that names no deadline may take.
    pub fn deadline(&self) -> Deadline {
        Deadline::after(self.timeout)
    }

    /// How long a call with these options may take; None is for ever.
    pub fn limit(&self, options: CallOptions) -> Option<Duration> {
        match options.timeout {
            None => self.timeout,
            Some(Timeout::After(timeout)) => Some(timeout),
            Some(Timeout::Never) => None,
        }
    }

    /// When something that takes several calls must be over.
    pub fn until(&self, options: CallOptions) -> Deadline {
        Deadline::after(self.limit(options))
    }

    pub fn fits(&self, size: usize) -> Result<()> {
        if size <= self.max_send {
            return Ok(());
        }
        let why = format!("{size} bytes to send, the send limit is {}", self.max_send);
        Err(Error::new(ETCD_ERR_SEND_TOO_LARGE, why))
    }

    /// A call whose message is encoded.
    pub fn framed(&self, method: Method, frame: Bytes, options: CallOptions) -> Call {
        let mut call = method.framed(frame, self.limit(options));
        call.request.require_leader = options.require_leader;
        call
    }

    /// A call by its message, whose keys are whole.
    pub fn message(
        &self,
        method: Method,
        message: &impl Message,
        options: CallOptions,
    ) -> Result<Call> {
        let frame = encode::frame(message).ok_or_else(|| no_memory(message.encoded_len()))?;
        Ok(self.framed(method, frame, options))
    }
}
