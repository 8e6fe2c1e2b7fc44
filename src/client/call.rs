//! One call: which member, how often, until when, and what became of it.

use super::token::Tokens;
use crate::error::{Error, Outcome, Result};
use crate::status::*;
use crate::transport::channel::Picked;
use crate::transport::io::now_ms;
use crate::transport::jitter::jittered;
use crate::transport::{exchange, Channel, Failure, Request};
use bytes::Bytes;
use futures_util::future::{select, Either};
use http::uri::PathAndQuery;
use http::HeaderValue;
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// After so long without a byte from the server a call doubts it: it asks for
/// a ping, other calls go elsewhere, and a read is also sent elsewhere.
const PATIENCE: Duration = Duration::from_millis(400);
/// A member that is alive but cut off from the others answers reads only after
/// its own 7 s, so a slow read is also sent elsewhere, once.
const SLOW: Duration = Duration::from_secs(2);
pub const FIRST_PAUSE: Duration = Duration::from_millis(25);
pub const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// New tokens for one call: users and roles may be changing under us.
const MAX_RENEWALS: u32 = 3;

/// What a call does to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Read,
    /// Changes it, and must not be repeated once a server may have it.
    Write,
    /// Changes it, and does no harm when it is done twice.
    Repeatable,
}

impl Effect {
    pub fn changes(self) -> bool {
        self != Effect::Read
    }

    fn repeatable(self) -> bool {
        self != Effect::Write
    }
}

pub struct Call {
    pub request: Request,
    pub effect: Effect,
    /// None waits for ever.
    pub timeout: Option<Duration>,
    /// The lease that it ends.
    pub revokes: Option<i64>,
}

impl Call {
    pub fn new(path: PathAndQuery, effect: Effect, frame: Bytes) -> Call {
        let request = Request { path, frame, require_leader: false };
        Call { request, effect, timeout: None, revokes: None }
    }

    /// The error that a server's refusal is.
    pub fn refused(&self, code: i32, message: String) -> Error {
        let status = of_server_error(code, &message);
        // Said of a reply, after the request was served.
        let unsendable = message.contains("trying to send message larger than max");
        let maybe = self.effect.changes() && (unsendable || may_be_applied(status));
        let mut error = Error::new(status, message).maybe_applied(maybe);
        error.grpc = Some(code);
        error
    }

    pub fn reply_too_large(&self, size: usize, limit: usize) -> Error {
        // Of memory: as it is, or once it is read.
        let why = format!("the reply takes {size} bytes, the receive limit is {limit}");
        Error::new(ETCD_ERR_REPLY_TOO_LARGE, why).maybe_applied(self.effect.changes())
    }
}

/// No attempt was made yet.
const NO_MEMBER: usize = usize::MAX;

/// How far a call has come: what its caller is told when it is cut short.
pub struct Progress {
    /// While a server may have it.
    sent: AtomicBool,
    /// The endpoint of the latest attempt.
    member: AtomicUsize,
    /// An attempt that was repeated may have been applied.
    doubt: AtomicBool,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress {
            sent: AtomicBool::new(false),
            member: AtomicUsize::new(NO_MEMBER),
            doubt: AtomicBool::new(false),
        }
    }
}

impl Progress {
    /// Whether a server has it, or may have done it.
    pub fn sent(&self) -> bool {
        self.sent.load(Relaxed) || self.doubt.load(Relaxed)
    }

    /// The attempt is over, and did nothing that must not be done again.
    fn ended(&self, how: Outcome) {
        self.sent.store(false, Relaxed);
        self.doubt.fetch_or(how == Outcome::MaybeApplied, Relaxed);
    }
}

/// The servers, and the right to ask them.
pub struct Cluster {
    pub channel: Channel,
    pub tokens: Tokens,
    pub max_receive: usize,
    /// Streamed ranges at once. One that nobody reads keeps a window's worth of
    /// the connection, which all calls share.
    pub range_streams: Arc<Semaphore>,
}

impl Cluster {
    pub async fn run(self: &Arc<Cluster>, call: &Call, progress: &Progress) -> Result<Vec<u8>> {
        let mut last = None;
        let work = self.authorized(call, progress, &mut last);
        let result = match call.timeout {
            None => work.await,
            Some(limit) => match timeout(limit, work).await {
                Ok(result) => result,
                Err(_) => Err(self.too_late(call, progress, last, limit)),
            },
        };
        match result {
            Err(error) if progress.doubt.load(Relaxed) => Err(error.maybe_applied(true)),
            result => result,
        }
    }

    /// The deadline has passed. `last` is how the last attempt ended.
    fn too_late(
        &self,
        call: &Call,
        progress: &Progress,
        last: Option<Error>,
        limit: Duration,
    ) -> Error {
        let limit = limit.as_millis();
        if progress.sent.load(Relaxed) {
            let error = Error::new(ETCD_ERR_TIMEOUT, format!("no reply within {limit} ms"));
            return error.maybe_applied(call.effect.changes()).at(self.member(progress));
        }
        match last {
            Some(mut last) if self.channel.pick(None).is_some() => {
                last.message = format!("{} (tried for {limit} ms)", last.message);
                last.maybe_applied(false)
            }
            _ => {
                let message = match self.channel.why_down() {
                    why if why.is_empty() => format!("no answer within {limit} ms"),
                    why => format!("no server within {limit} ms: {why}"),
                };
                Error::new(ETCD_ERR_UNAVAILABLE, message).at(self.member(progress))
            }
        }
    }

    /// The endpoint that a call is about: the one it was sent to, or the only one.
    pub fn member(&self, progress: &Progress) -> &str {
        match progress.member.load(Relaxed) {
            NO_MEMBER if self.channel.len() > 1 => "",
            NO_MEMBER => self.channel.name(0),
            index => self.channel.name(index),
        }
    }

    /// With a token, and a new one when a server refuses it.
    async fn authorized(
        self: &Arc<Cluster>,
        call: &Call,
        progress: &Progress,
        last: &mut Option<Error>,
    ) -> Result<Vec<u8>> {
        let mut token = match self.tokens.has_login() {
            true => Box::pin(self.tokens.current(self)).await?,
            false => self.tokens.given(),
        };
        let mut renewals = 0;
        loop {
            let error = match self.persist(call, token.value.as_ref(), progress, last).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            // Each of the three is said before anything is done (etcd 3.4 to 3.7).
            if !is_about_token(error.status) || !self.tokens.has_login() || renewals == MAX_RENEWALS
            {
                return Err(error);
            }
            renewals += 1;
            progress.ended(Outcome::NotApplied);
            token = Box::pin(self.tokens.renew(self, &token)).await?;
        }
    }

    /// On one member after another, as long as repeating does no harm.
    pub async fn persist(
        &self,
        call: &Call,
        token: Option<&HeaderValue>,
        progress: &Progress,
        last: &mut Option<Error>,
    ) -> Result<Vec<u8>> {
        let mut avoid = None;
        let mut pause = FIRST_PAUSE;
        for tries in 1.. {
            let picked = match self.channel.pick(avoid) {
                Some(picked) => picked,
                None => Box::pin(self.channel.ready(avoid)).await,
            };
            progress.member.store(picked.index, Relaxed);
            let (index, failure) = match self.attempt(call, &picked, token, progress).await {
                Ok((index, reply)) => {
                    self.channel.prefer(index);
                    return Ok(reply);
                }
                Err(failed) => failed,
            };
            let (error, again) = self.judge(call, failure);
            let error = error.at(self.channel.name(index));
            if !again {
                return Err(error);
            }
            progress.ended(error.outcome);
            *last = Some(error);
            avoid = Some(index);
            if tries % self.channel.len() == 0 {
                Box::pin(sleep(jittered(pause))).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        unreachable!("the loop has no end")
    }

    /// On a certain member, once.
    pub async fn run_on(self: &Arc<Cluster>, member: usize, call: &Call) -> Result<Vec<u8>> {
        let down = || Error::new(ETCD_ERR_UNAVAILABLE, "the member is not connected");
        let picked = self.channel.member(member).ok_or_else(down)?;
        let token = self.tokens.current(self).await?;
        let sent = AtomicBool::new(false);
        let limit = self.max_receive;
        let asked = exchange::unary(&picked, &call.request, token.value.as_ref(), limit, &sent);
        let asked = timeout(call.timeout.unwrap_or(Duration::MAX), asked).await;
        match asked.unwrap_or_else(|_| Err(Failure::Lost("no reply in time".to_owned()))) {
            Ok(reply) => Ok(reply),
            Err(failure) => Err(self.judge(call, failure).0.at(self.channel.name(member))),
        }
    }

    /// What a failure means, and whether the call may be sent again.
    fn judge(&self, call: &Call, failure: Failure) -> (Error, bool) {
        match failure {
            Failure::NotSent(why) => (Error::new(ETCD_ERR_UNAVAILABLE, why), true),
            Failure::Lost(why) => {
                let error = Error::new(ETCD_ERR_UNAVAILABLE, why);
                (error.maybe_applied(call.effect.changes()), call.effect.repeatable())
            }
            Failure::Refused { code, message } => {
                let error = call.refused(code, message);
                // Before 3.5.17 etcd may do a part of such a transaction (#18667).
                let half_done = call.effect == Effect::Write
                    && call.request.path == "/etcdserverpb.KV/Txn"
                    && matches!(error.status, ETCD_ERR_COMPACTED | ETCD_ERR_FUTURE_REVISION);
                let maybe = half_done || error.outcome == Outcome::MaybeApplied;
                let error = error.maybe_applied(maybe);
                let again = match error.status {
                    ETCD_ERR_INVALID_AUTH_TOKEN | ETCD_ERR_AUTH_OLD_REVISION => false,
                    ETCD_ERR_NOT_SUPPORTED_FOR_LEARNER => self.channel.len() > 1,
                    ETCD_ERR_NO_LEADER => true,
                    status => call.effect.repeatable() && is_retryable(status),
                };
                (error, again)
            }
            Failure::TooLarge(size) => (call.reply_too_large(size, self.max_receive), false),
            Failure::NoMemory(size) => {
                let why = format!("no memory for a reply of {size} bytes");
                (Error::new(ETCD_ERR_NO_MEMORY, why).maybe_applied(call.effect.changes()), false)
            }
            Failure::Malformed(why) => {
                (Error::new(ETCD_ERR_PROTOCOL, why).maybe_applied(call.effect.changes()), false)
            }
        }
    }

    /// On one member; what may be repeated and waits too long also on a second.
    async fn attempt(
        &self,
        call: &Call,
        picked: &Picked,
        token: Option<&HeaderValue>,
        progress: &Progress,
    ) -> Result<(usize, Vec<u8>), (usize, Failure)> {
        let index = picked.index;
        let began = now_ms();
        let (limit, sent) = (self.max_receive, &progress.sent);
        let mut first = pin!(exchange::unary(picked, &call.request, token, limit, sent));
        match timeout(PATIENCE, first.as_mut()).await {
            Ok(result) => result.map(|reply| (index, reply)).map_err(|why| (index, why)),
            Err(_) => Box::pin(self.outlast(call, picked, token, began, first, progress)).await,
        }
    }

    /// Goes on with an attempt that is slow, and if it may be repeated with a second one.
    async fn outlast(
        &self,
        call: &Call,
        picked: &Picked,
        token: Option<&HeaderValue>,
        began: u64,
        mut first: Pin<&mut impl Future<Output = Result<Vec<u8>, Failure>>>,
        progress: &Progress,
    ) -> Result<(usize, Vec<u8>), (usize, Failure)> {
        let index = picked.index;
        let traffic = &picked.connection.traffic;
        let mut waited = PATIENCE;
        let other = loop {
            let silent = !traffic.heard_since(began);
            if silent {
                traffic.doubt();
            }
            if call.effect.repeatable() && (silent || waited >= SLOW) {
                match self.channel.pick(Some(index)) {
                    Some(other) if other.index != index => break other,
                    _ => {}
                }
            }
            if let Ok(result) = timeout(PATIENCE, first.as_mut()).await {
                return result.map(|reply| (index, reply)).map_err(|why| (index, why));
            }
            waited += PATIENCE;
        };
        progress.doubt.fetch_or(call.effect.changes(), Relaxed);
        let sent = AtomicBool::new(false);
        let limit = self.max_receive;
        let mut second = pin!(exchange::unary(&other, &call.request, token, limit, &sent));
        let (mut from, mut result) = match select(first.as_mut(), second.as_mut()).await {
            Either::Left((result, _)) => (index, result),
            Either::Right((result, _)) => (other.index, result),
        };
        if matches!(&result, Err(why) if self.judge(call, why.clone()).1) {
            // The other one may still answer.
            (from, result) = match from == index {
                true => (other.index, second.await),
                false => (index, first.await),
            };
        }
        result.map(|reply| (from, reply)).map_err(|why| (from, why))
    }
}
