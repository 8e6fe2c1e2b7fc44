//! What a call is: its request, its effect, its deadline and how far it has come.

#![forbid(unsafe_code)]

use crate::error::{Error, Outcome, Result};
use crate::observe::log::Level;
use crate::observe::Telemetry;
use crate::status::*;
use crate::transport::backoff::Backoff;
use crate::transport::{Request, Subchannel};
use crate::wire::encode;
use bytes::Bytes;
use prost::Message;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{sleep, timeout, Instant};

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

    pub fn repeatable(self) -> bool {
        self != Effect::Write
    }
}

/// Called once, on the thread that drives the runtime; must not block.
pub type OnEnd = Box<dyn Fn(&Result<Vec<u8>>) + Send + Sync>;

pub struct Call {
    pub request: Request,
    pub effect: Effect,
    /// The reply is of a state no older than any that was known before.
    pub ordered: bool,
    /// None waits for ever.
    pub timeout: Option<Duration>,
    /// Its answer waits for what others do: that it is slow in coming tells nothing of a member.
    pub waits: bool,
    /// The only one to ask.
    pub member: Option<Arc<Subchannel>>,
    /// Called with the result, also if no caller waits for it.
    pub on_end: Option<OnEnd>,
}

impl Call {
    pub fn new(path: &'static str, effect: Effect, frame: Bytes) -> Call {
        let request = Request { path, frame, require_leader: false };
        let (timeout, on_end, member) = (None, None, None);
        Call { request, effect, ordered: false, timeout, waits: false, member, on_end }
    }

    /// Calls `on_end` with the result.
    pub fn ended(&self, result: Result<Vec<u8>>) -> Result<Vec<u8>> {
        if let Some(on_end) = &self.on_end {
            on_end(&result);
        }
        result
    }

    /// Logs that a reply is over the limit, which a caller may take for a server's fault.
    pub fn log_too_large(&self, error: &Error, telemetry: &Telemetry) {
        if error.status == ETCD_ERR_REPLY_TOO_LARGE {
            let (path, message) = (self.request.path, &error.message);
            let message = format_args!("{path}: {message}");
            telemetry.log.emit(Level::Warn, "call", &error.endpoint, error.status, message);
        }
    }
}

/// How far a call has come, for the error if it is cut short.
#[derive(Default)]
pub struct Progress {
    /// While a server may have it.
    pub sending: AtomicBool,
    /// The endpoint of the latest attempt.
    pub subchannel: Mutex<Option<Arc<Subchannel>>>,
    /// An attempt that was repeated may have been applied.
    pub doubt: AtomicBool,
}

impl Progress {
    /// Whether a server has it, or may have done it.
    pub fn sent(&self) -> bool {
        self.sending.load(Relaxed) || self.doubt.load(Relaxed)
    }

    /// The attempt is over, and did nothing that must not be done again.
    pub fn ended(&self, how: Outcome) {
        self.sending.store(false, Relaxed);
        self.doubt.fetch_or(how == Outcome::MaybeApplied, Relaxed);
    }
}

/// One of etcd's calls, without its messages.
#[derive(Clone, Copy)]
pub struct Method {
    pub path: &'static str,
    pub effect: Effect,
    /// As in [`Call`].
    ordered: bool,
    waits: bool,
}

impl Method {
    pub const fn new(path: &'static str, effect: Effect) -> Method {
        Method { path, effect, ordered: false, waits: false }
    }

    /// No member that lags answers it.
    pub const fn ordered(self) -> Method {
        Method { ordered: true, ..self }
    }

    /// Its answer waits for what others do.
    pub const fn waits(self) -> Method {
        Method { waits: true, ..self }
    }

    pub fn framed(self, frame: Bytes, timeout: Option<Duration>) -> Call {
        let call = Call::new(self.path, self.effect, frame);
        Call { ordered: self.ordered, waits: self.waits, timeout, ..call }
    }

    pub fn call(self, request: &impl Message, until: Deadline) -> Result<Call> {
        let frame = encode::frame(request).ok_or_else(|| no_memory(request.encoded_len()))?;
        Ok(self.framed(frame, until.left()))
    }

    pub fn reply<R: Message + Default>(self, message: Vec<u8>) -> Result<R> {
        R::decode(Bytes::from(message)).map_err(|e| {
            let error = Error::new(ETCD_ERR_BAD_REPLY, format!("the reply is no message: {e}"));
            error.maybe_applied(self.effect.changes())
        })
    }
}

/// The options of every call.
#[derive(Clone, Copy, Default)]
pub struct CallOptions {
    /// None: the client's own.
    pub timeout: Option<Timeout>,
    pub require_leader: bool,
}

#[derive(Clone, Copy)]
pub enum Timeout {
    After(Duration),
    Never,
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

    /// Does work that may take until then; `late` says what was not done in time.
    pub async fn limit<T>(self, late: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        let limit = self.left().unwrap_or(Duration::MAX);
        let late = |_| Err(Error::new(ETCD_ERR_TIMEOUT, late));
        timeout(limit, work).await.unwrap_or_else(late)
    }
}

/// Of what takes several calls: a member that knows no leader would only keep it waiting.
impl From<Deadline> for CallOptions {
    fn from(until: Deadline) -> CallOptions {
        let timeout = until.left().map_or(Timeout::Never, Timeout::After);
        CallOptions { timeout: Some(timeout), require_leader: true }
    }
}

pub fn require_positive(name: &str, number: i64) -> Result<()> {
    match number > 0 {
        true => Ok(()),
        false => Err(Error::invalid(format!("{name} is {number}"))),
    }
}

pub fn no_memory(size: usize) -> Error {
    Error::new(ETCD_ERR_NO_MEMORY, format!("no memory for a request of {size} bytes"))
}

/// The pauses between attempts.
pub fn retry_backoff() -> Backoff {
    Backoff::new(Duration::from_millis(25), Duration::from_millis(500))
}

/// The attempts at something that takes several calls.
pub struct Retry {
    backoff: Backoff,
    until: Deadline,
}

impl Retry {
    pub fn new(until: Deadline) -> Retry {
        Retry { backoff: retry_backoff(), until }
    }

    /// Pauses before another attempt; false if the error is final, or there is no time left.
    pub async fn after(&mut self, error: &Error) -> bool {
        let pause = self.backoff.next();
        let late = self.until.left().is_some_and(|left| left < pause);
        let again = !late && is_retryable(error.status);
        if again {
            sleep(pause).await;
        }
        again
    }
}

/// The deadline has passed while a server had what it was asked.
pub fn no_answer(limit: Duration) -> Error {
    Error::new(ETCD_ERR_TIMEOUT, format!("no reply within {} ms", limit.as_millis()))
}

/// The same of a call that this one had.
pub fn no_reply(call: &Call, limit: Duration, member: &str) -> Error {
    no_answer(limit).maybe_applied(call.effect.changes()).at(member)
}

/// Why a call ends when its client is closed.
pub fn closed() -> Error {
    Error::new(ETCD_ERR_CLOSED, "the client was closed")
}
