//! One watch stream to one member, with the watches that are on it.

#![forbid(unsafe_code)]

use super::batch::Batch;
use super::progress::Requests;
use crate::client::cluster::Cluster;
use crate::client::core::{Core, Server};
use crate::client::methods::WATCH;
use crate::client::token::Token;
use crate::embedded;
use crate::error::Result;
use crate::transport::{now_ms, ConnectionState, Failure, Selected, Stream, Subchannel};
use crate::wire::encode;
use crate::wire::proto::watch_request::RequestUnion;
use crate::wire::proto::{WatchCancelRequest, WatchProgressRequest, WatchRequest};
use bytes::Bytes;
use prost::Message;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The least limit of a response, which may be for any watch. Servers cut responses at
/// 2 MiB unless configured, but never an event, which may have two values.
const MIN_LIMIT: usize = 4 << 20;

enum Messages {
    Network(Box<Stream>),
    Embedded(Box<embedded::WatchStream>),
}

/// Events of a watch that wait for its reader to make room, for a limited time.
pub struct Held {
    pub watch: u64,
    pub batches: VecDeque<Batch>,
    pub since: Instant,
    /// When the reader has last taken something, or as `since`.
    pub moved: Instant,
}

/// A watch that the server has not confirmed yet.
pub struct Creation {
    pub watch: u64,
    /// Since when a response is awaited.
    pub since: Instant,
    /// Progress requests that were sent before it.
    pub after: u64,
}

pub struct WatchStream {
    messages: Messages,
    /// Differs from those of earlier streams.
    pub number: u64,
    pub since: Instant,
    /// None for the engine.
    connection: Option<Arc<ConnectionState>>,
    /// When the connection was last looked at, as it did not confirm a watch.
    looked: Instant,
    /// None for the engine.
    pub member: Option<Arc<Subchannel>>,
    /// The token that it was opened with.
    pub token: Token,
    /// For watches whose readers had no room: they keep each other waiting.
    pub slow: bool,
    /// The server refused the token: it takes no more watches on this stream.
    pub stale: bool,
    /// Events for which a reader has no room. Nothing else is read until it has.
    pub held: Option<Held>,
    /// Requested, in the order in which the server confirms them.
    pub creating: VecDeque<Creation>,
    /// The others, by the server's watch id.
    pub watches: HashMap<i64, u64>,
    /// The progress requests on it.
    pub requests: Requests,
    /// Whether the server answers progress requests exactly, once known.
    pub exact: Option<bool>,
}

impl WatchStream {
    /// Opens one to the best member; waits until there is one.
    pub async fn open(
        core: Arc<Core>,
        number: u64,
        slow: bool,
        avoid: Option<Arc<Subchannel>>,
    ) -> Result<WatchStream> {
        let (messages, selected, token) = match &core.server {
            Server::Embedded(embedded) => (
                Messages::Embedded(Box::new(embedded::WatchStream::open(&embedded.engine))),
                None,
                Token::default(),
            ),
            Server::Cluster(cluster) => {
                let (messages, selected, token) = network(cluster, avoid).await?;
                (messages, Some(selected), token)
            }
        };
        Ok(WatchStream {
            exact: matches!(messages, Messages::Embedded(_)).then_some(true),
            messages,
            number,
            since: Instant::now(),
            connection: selected.as_ref().map(|it| it.connection.state.clone()),
            looked: Instant::now(),
            member: selected.map(|it| it.subchannel),
            token,
            slow,
            stale: false,
            held: None,
            creating: VecDeque::new(),
            watches: HashMap::new(),
            requests: Requests::default(),
        })
    }

    /// The endpoint of its member.
    pub fn server<'a>(&'a self, core: &'a Core) -> &'a str {
        match (&core.server, &self.member) {
            (Server::Embedded(embedded), _) => &embedded.name,
            (Server::Cluster(_), member) => {
                member.as_ref().map_or("", |subchannel| subchannel.name())
            }
        }
    }

    /// Whether it has no watches but one: nobody waits while that is held.
    pub fn has_one(&self) -> bool {
        self.creating.is_empty() && self.watches.len() == 1
    }

    /// Starts the time of unconfirmed watches again, after a time without reading.
    pub fn listen_again(&mut self) {
        self.creating.iter_mut().for_each(|creation| creation.since = Instant::now());
    }

    /// Since when the server has not confirmed a watch, or since its connection was last looked
    /// at.
    pub fn unconfirmed(&self) -> Option<Instant> {
        let first = self.creating.front().filter(|_| self.held.is_none())?;
        self.connection.is_some().then(|| first.since.max(self.looked))
    }

    /// Whether the server has confirmed no watch for so long, and then not answered a probe.
    pub fn is_silent(&mut self, patience: Duration) -> bool {
        let (Some(since), Some(state)) = (self.unconfirmed(), &self.connection) else {
            return false;
        };
        if since.elapsed() < patience {
            return false;
        }
        let waited = self.creating.front().map_or(Duration::ZERO, |first| first.since.elapsed());
        self.looked = Instant::now();
        !state.heard_since(now_ms().saturating_sub(waited.as_millis() as u64)) && state.doubt()
    }

    pub fn is_empty(&self) -> bool {
        self.creating.is_empty() && self.watches.is_empty()
    }

    pub fn create(&mut self, watch: u64, request: RequestUnion) -> Result<(), Failure> {
        let (since, after) = (Instant::now(), self.requests.sent());
        self.creating.push_back(Creation { watch, since, after });
        self.send(request)
    }

    /// Cancels a watch; later messages for it are ignored.
    pub fn cancel(&mut self, watch_id: i64) -> Result<(), Failure> {
        self.watches.remove(&watch_id);
        self.send(RequestUnion::CancelRequest(WatchCancelRequest { watch_id }))
    }

    pub fn ask_for_progress(&mut self) -> Result<(), Failure> {
        if let Messages::Network(_) = self.messages {
            self.requests.send(); // the engine sends all in order
        }
        self.send(RequestUnion::ProgressRequest(WatchProgressRequest {}))
    }

    /// The watch that a response is for; None if it was cancelled, or never created.
    pub fn find(&mut self, watch_id: i64, canceled: bool) -> Option<u64> {
        match canceled {
            true => self.watches.remove(&watch_id),
            false => self.watches.get(&watch_id).copied(),
        }
    }

    fn send(&mut self, request: RequestUnion) -> Result<(), Failure> {
        let request = WatchRequest { request_union: Some(request) };
        match &mut self.messages {
            Messages::Embedded(stream) => {
                stream.send(request);
                Ok(())
            }
            Messages::Network(stream) => match encode::frame(&request) {
                Some(frame) => stream.send(frame),
                None => Err(Failure::NoMemory(request.encoded_len())),
            },
        }
    }

    /// May be dropped while it waits, and called again.
    async fn next(&mut self) -> Result<Bytes, Failure> {
        match &mut self.messages {
            _ if self.held.is_some() => std::future::pending().await,
            Messages::Embedded(stream) => {
                let response = stream.next().await;
                let message = encode::message(&response).map(Bytes::from);
                message.ok_or_else(|| Failure::NoMemory(response.encoded_len()))
            }
            Messages::Network(stream) => {
                stream.next().await?.map(Bytes::from).ok_or_else(Failure::ended)
            }
        }
    }

    /// All watches on it, which move to other streams.
    pub fn into_watches(self) -> impl Iterator<Item = u64> {
        let creating = self.creating.into_iter().map(|creation| creation.watch);
        creating.chain(self.watches.into_values())
    }
}

async fn network(
    cluster: &Arc<Cluster>,
    avoid: Option<Arc<Subchannel>>,
) -> Result<(Messages, Selected, Token)> {
    let token = cluster.token().await?;
    let limit = cluster.max_receive.max(MIN_LIMIT);
    let (stream, selected) = cluster.stream(WATCH.path, avoid, &token, limit).await?;
    Ok((Messages::Network(Box::new(stream)), selected, token))
}

/// The next message of any of the streams, at most two, and the index of its stream.
pub async fn next_message(streams: &mut [WatchStream]) -> (usize, Result<Bytes, Failure>) {
    // Responses that have arrived already must not keep other tasks waiting.
    tokio::task::coop::consume_budget().await;
    match streams {
        [stream] => (0, stream.next().await),
        [one, other, ..] => tokio::select! {
            message = one.next() => (0, message),
            message = other.next() => (1, message),
        },
        [] => std::future::pending().await,
    }
}
