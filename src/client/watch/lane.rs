//! One stream of calls to one member, with the watches that are on it.

#![forbid(unsafe_code)]

use super::position::Batch;
use super::progress::Requests;
use crate::client::cluster::Cluster;
use crate::client::core::{Core, Server};
use crate::client::methods::WATCH;
use crate::client::token::Token;
use crate::embedded::WatchStream;
use crate::error::Result;
use crate::transport::{Failure, Stream, Subchannel};
use crate::wire::encode;
use crate::wire::proto::watch_request::RequestUnion;
use crate::wire::proto::{WatchCancelRequest, WatchProgressRequest, WatchRequest};
use bytes::Bytes;
use prost::Message;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::time::Instant;

/// For an answer, which may be for any watch: servers cut them at 2 MiB, unless
/// they are configured, but never an event, and that may have a value twice.
const SMALLEST_LIMIT: usize = 4 << 20;

enum Messages {
    Network(Box<Stream>),
    Embedded(WatchStream),
}

/// Events of a watch that wait for room, until a moment.
pub struct Held {
    pub watch: u64,
    pub batches: VecDeque<Batch>,
    pub since: Instant,
    pub until: Instant,
}

/// A watch that the server has not confirmed yet.
pub struct Creation {
    pub watch: u64,
    /// When an answer began to be waited for.
    pub since: Instant,
    /// Progress requests before it.
    pub after: u64,
}

pub struct Lane {
    messages: Messages,
    /// Tells this lane from those before it.
    pub number: u64,
    pub since: Instant,
    /// None for the engine.
    pub member: Option<Arc<Subchannel>>,
    /// What the calls on it are allowed by.
    pub token: Token,
    /// For watches whose readers had too much to read: they keep each other waiting.
    pub slow: bool,
    /// A server that refused the token takes no more watches on this lane.
    pub stale: bool,
    /// What a reader has no room for; nothing else is read until it has.
    pub held: Option<Held>,
    /// In the order in which the server will confirm them.
    pub creating: VecDeque<Creation>,
    /// The others, by the number that the server gave them.
    pub watches: HashMap<i64, u64>,
    /// For progress.
    pub requests: Requests,
    /// Whether an answer to a progress request may be believed, once known.
    pub exact: Option<bool>,
}

impl Lane {
    /// Opens one on the best member, once there is one.
    pub async fn open(
        core: Arc<Core>,
        number: u64,
        slow: bool,
        avoid: Option<Arc<Subchannel>>,
    ) -> Result<Lane> {
        let (messages, member, token) = match &core.server {
            Server::Embedded(embedded) => {
                (Messages::Embedded(WatchStream::open(&embedded.engine)), None, Token::default())
            }
            Server::Cluster(cluster) => {
                let (messages, subchannel, token) = network(cluster, avoid).await?;
                (messages, Some(subchannel), token)
            }
        };
        Ok(Lane {
            exact: matches!(messages, Messages::Embedded(_)).then_some(true),
            messages,
            number,
            since: Instant::now(),
            member,
            token,
            slow,
            stale: false,
            held: None,
            creating: VecDeque::new(),
            watches: HashMap::new(),
            requests: Requests::default(),
        })
    }

    /// The endpoint that it is to.
    pub fn server<'a>(&'a self, core: &'a Core) -> &'a str {
        match (&core.server, &self.member) {
            (Server::Embedded(embedded), _) => &embedded.name,
            (Server::Cluster(_), member) => {
                member.as_ref().map_or("", |subchannel| subchannel.name())
            }
        }
    }

    /// Begins to wait for answers anew, after a time without a look at them.
    pub fn listen_again(&mut self) {
        self.creating.iter_mut().for_each(|creation| creation.since = Instant::now());
    }

    pub fn is_empty(&self) -> bool {
        self.creating.is_empty() && self.watches.is_empty()
    }

    pub fn create(&mut self, watch: u64, request: RequestUnion) -> Result<(), Failure> {
        let (since, after) = (Instant::now(), self.requests.sent());
        self.creating.push_back(Creation { watch, since, after });
        self.send(request)
    }

    /// Calls off a watch; what the server still says of it is of no interest.
    pub fn cancel(&mut self, watch_id: i64) -> Result<(), Failure> {
        self.watches.remove(&watch_id);
        self.send(RequestUnion::CancelRequest(WatchCancelRequest { watch_id }))
    }

    pub fn ask_for_progress(&mut self) -> Result<(), Failure> {
        if let Messages::Network(_) = self.messages {
            self.requests.send(); // the engine tells of all in order
        }
        self.send(RequestUnion::ProgressRequest(WatchProgressRequest {}))
    }

    /// The watch that an answer is for; None if it was called off, or never was.
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
            Messages::Embedded(stream) => Ok(stream.next().await.encode_to_vec().into()),
            Messages::Network(stream) => stream.next().await.map(Bytes::from),
        }
    }

    /// All watches on it, which have to go elsewhere.
    pub fn abandon(self) -> impl Iterator<Item = u64> {
        let creating = self.creating.into_iter().map(|creation| creation.watch);
        creating.chain(self.watches.into_values())
    }
}

async fn network(
    cluster: &Arc<Cluster>,
    avoid: Option<Arc<Subchannel>>,
) -> Result<(Messages, Arc<Subchannel>, Token)> {
    let token = cluster.token().await?;
    let limit = cluster.max_receive.max(SMALLEST_LIMIT);
    let (stream, selected) = cluster.stream(WATCH.path(), avoid, &token, limit).await?;
    Ok((Messages::Network(Box::new(stream)), selected.subchannel, token))
}

/// The next message on one of the lanes, of which there are two at most, and on which.
pub async fn heard(lanes: &mut [Lane]) -> (usize, Result<Bytes, Failure>) {
    // Answers that have arrived already are not to keep other tasks waiting.
    tokio::task::coop::consume_budget().await;
    match lanes {
        [lane] => (0, lane.next().await),
        [one, other, ..] => tokio::select! {
            message = one.next() => (0, message),
            message = other.next() => (1, message),
        },
        [] => std::future::pending().await,
    }
}
