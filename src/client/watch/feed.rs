//! A watch that lives as long as somebody asks it for more: opened again after
//! any break, where it was, on another member if there is one.

#![forbid(unsafe_code)]

use super::position::{Batch, Position, Stop};
use super::Spec;
use crate::client::call::{Cluster, FIRST_PAUSE, LONGEST_PAUSE};
use crate::client::kv::no_memory;
use crate::client::server::{Core, Server};
use crate::client::token::Token;
use crate::embedded::WatchStream;
use crate::error::{Error, Result};
use crate::status::*;
use crate::transport::jitter::jittered;
use crate::transport::{Failure, Request, Stream};
use crate::wire::encode;
use crate::wire::proto::watch_create_request::FilterType;
use crate::wire::proto::watch_request::RequestUnion;
use crate::wire::proto::{WatchCreateRequest, WatchRequest, WatchResponse};
use http::uri::PathAndQuery;
use prost::Message;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// For a server's word that a watch exists.
const CREATION: Duration = Duration::from_secs(5);
/// New tokens in a row that bring no watch.
const MAX_RENEWALS: u32 = 3;

pub struct Feed {
    core: Arc<Core>,
    spec: Spec,
    position: Position,
    open: Option<Open>,
    pause: Duration,
    renewals: u32,
    /// The member that failed last.
    avoid: Option<usize>,
}

struct Open {
    messages: Messages,
    /// The server has said that the watch exists.
    created: bool,
    member: usize,
    token: Token,
}

enum Messages {
    Network(Box<Stream>),
    Embedded(WatchStream),
}

impl Messages {
    async fn next(&mut self) -> Result<WatchResponse, Failure> {
        match self {
            Messages::Embedded(stream) => Ok(stream.next().await),
            Messages::Network(stream) => {
                let message = bytes::Bytes::from(stream.next().await?);
                WatchResponse::decode(message).map_err(|e| Failure::Malformed(e.to_string()))
            }
        }
    }
}

impl Feed {
    /// Begins with the events of revision `start`, which must be known: "from
    /// now on" would be another moment after each break.
    pub fn new(core: Arc<Core>, spec: Spec, start: i64) -> Feed {
        let limit = match &core.server {
            Server::Cluster(cluster) => cluster.max_receive,
            Server::Embedded(embedded) => embedded.max_receive,
        };
        let position = Position::new(start, limit);
        Feed { core, spec, position, open: None, pause: FIRST_PAUSE, renewals: 0, avoid: None }
    }

    /// Ends the stream; the next call of [`Feed::next`] opens another.
    pub fn rest(&mut self) {
        self.open = None;
    }

    /// The next events, a revision's all together. May be dropped while it
    /// waits, and called again. An error is final.
    pub async fn next(&mut self) -> Result<Vec<Batch>> {
        loop {
            let Some(open) = &mut self.open else {
                self.begin().await?;
                continue;
            };
            let response = match open.created {
                true => open.messages.next().await,
                false => timeout(CREATION, open.messages.next()).await.unwrap_or_else(|_| {
                    let limit = CREATION.as_millis();
                    Err(Failure::Lost(format!("no answer to the watch within {limit} ms")))
                }),
            };
            open.created = true;
            let error = match response.map(|response| self.position.take(response)) {
                Ok(Ok(batches)) => {
                    (self.renewals, self.avoid) = (0, None);
                    if batches.is_empty() {
                        continue;
                    }
                    self.pause = FIRST_PAUSE;
                    return Ok(batches);
                }
                Ok(Err(Stop::Compacted(revision))) => {
                    let why = format!("the events up to revision {revision} are compacted away");
                    return Err(self.error(ETCD_ERR_COMPACTED, why));
                }
                Ok(Err(Stop::TooLarge(size))) => {
                    let why = format!("a revision of {size} bytes is over the receive limit");
                    return Err(self.error(ETCD_ERR_REPLY_TOO_LARGE, why));
                }
                Ok(Err(Stop::Nonsense(why))) => self.error(ETCD_ERR_PROTOCOL, why),
                Ok(Err(Stop::Cancelled(why))) if why.is_empty() => {
                    self.error(ETCD_ERR_UNAVAILABLE, "the server cancelled the watch")
                }
                // gRPC's "unknown": the words say more than any code.
                Ok(Err(Stop::Cancelled(why))) => self.error(of_server_error(2, &why), why),
                Err(Failure::Refused { code, message }) => {
                    self.error(of_server_error(code, &message), message)
                }
                Err(Failure::NotSent(why) | Failure::Lost(why)) => {
                    self.error(ETCD_ERR_UNAVAILABLE, why)
                }
                Err(Failure::Malformed(why)) => self.error(ETCD_ERR_PROTOCOL, why),
                Err(Failure::TooLarge(size)) => {
                    let why = format!("an answer of {size} bytes is over the receive limit");
                    return Err(self.error(ETCD_ERR_REPLY_TOO_LARGE, why));
                }
                Err(Failure::NoMemory(size)) => {
                    self.error(ETCD_ERR_NO_MEMORY, format!("no memory for {size} bytes"))
                }
            };
            self.recover(error).await?;
        }
    }

    fn error(&self, status: etcd_status_t, message: impl Into<String>) -> Error {
        let error = Error::new(status, message);
        match (&self.core.server, &self.open) {
            (Server::Embedded(embedded), _) => error.at(&embedded.name),
            (Server::Cluster(cluster), Some(open)) => error.at(cluster.channel.name(open.member)),
            (Server::Cluster(_), None) => error,
        }
    }

    /// Makes ready for another attempt, or says that there is no use in one.
    async fn recover(&mut self, error: Error) -> Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let Server::Cluster(cluster) = &self.core.server else { return Err(error) };
        match error.status {
            // A watch with a token that has expired is told that it has no rights.
            ETCD_ERR_INVALID_AUTH_TOKEN
            | ETCD_ERR_AUTH_OLD_REVISION
            | ETCD_ERR_USER_EMPTY
            | ETCD_ERR_PERMISSION_DENIED
                if cluster.tokens.has_login() && self.renewals < MAX_RENEWALS =>
            {
                let denied = error.status == ETCD_ERR_PERMISSION_DENIED;
                self.renewals = if denied { MAX_RENEWALS } else { self.renewals + 1 };
                return match Box::pin(cluster.tokens.renew(cluster, &open.token)).await {
                    Err(error) if !is_retryable(error.status) => Err(error),
                    _ => Ok(()),
                };
            }
            // A server's trouble, not its last word.
            ETCD_ERR_PROTOCOL
            | ETCD_ERR_GRPC_INTERNAL
            | ETCD_ERR_GRPC_CANCELLED
            | ETCD_ERR_WATCH_CANCELED => {}
            status if is_retryable(status) => {}
            _ => return Err(error),
        }
        self.avoid = Some(open.member);
        self.delay().await;
        Ok(())
    }

    /// Tries to open a stream; waits for a member for ever.
    async fn begin(&mut self) -> Result<()> {
        let request = self.spec.create(self.position.resume());
        let cluster = match &self.core.server {
            Server::Cluster(cluster) => cluster,
            Server::Embedded(embedded) => {
                let mut stream = embedded.engine.watch();
                stream.send(request);
                let messages = Messages::Embedded(stream);
                let token = Token::default();
                self.open = Some(Open { messages, created: true, member: 0, token });
                return Ok(());
            }
        };
        let attempt = self.attempt(cluster, &request).await;
        match attempt {
            Ok(open) => self.open = Some(open),
            Err(error) if !is_retryable(error.status) => return Err(error),
            Err(_) => self.delay().await,
        }
        Ok(())
    }

    async fn attempt(&self, cluster: &Arc<Cluster>, request: &WatchRequest) -> Result<Open> {
        let token = cluster.tokens.current(cluster).await?;
        let picked = match cluster.channel.pick(self.avoid) {
            Some(picked) => picked,
            None => cluster.channel.ready(self.avoid).await,
        };
        let frame = encode::frame(request);
        let frame = frame.ok_or_else(|| no_memory(request.encoded_len()))?;
        let path = PathAndQuery::from_static("/etcdserverpb.Watch/Watch");
        // A member that is cut off from the others would be silent for ever.
        let first = Request { path, frame, require_leader: true };
        let limit = cluster.max_receive;
        match Stream::open(&picked, &first, token.value.as_ref(), limit).await {
            Ok(stream) => {
                let messages = Messages::Network(Box::new(stream));
                Ok(Open { messages, created: false, member: picked.index, token })
            }
            Err(_) => Err(Error::new(ETCD_ERR_UNAVAILABLE, "the connection was lost")),
        }
    }

    async fn delay(&mut self) {
        sleep(jittered(self.pause)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

impl Spec {
    fn create(&self, start_revision: i64) -> WatchRequest {
        let filters = match self.deletes_only {
            true => vec![FilterType::Noput as i32],
            false => Vec::new(),
        };
        let create = WatchCreateRequest {
            key: self.key.clone(),
            range_end: self.range_end.clone(),
            start_revision,
            filters,
            // Without it the server's answers may outgrow any limit.
            fragment: true,
            // A watch that resumes where it last heard of the store is not
            // overtaken by a compaction because nothing happened to its keys.
            progress_notify: true,
            ..Default::default()
        };
        WatchRequest { request_union: Some(RequestUnion::CreateRequest(create)) }
    }
}
