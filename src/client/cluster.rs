//! The servers of a cluster: which one takes a call, how often it is tried, and what a
//! failure means.

#![forbid(unsafe_code)]

use super::call::{no_reply, retry_backoff, Call, Effect, Progress};
use super::hedge::Budget;
use super::methods;
use super::options::EndpointPolicy;
use super::ticker::Ticker;
use super::token::{Token, Tokens};
use crate::error::{Error, Outcome, Result};
use crate::observe::counters::Counter;
use crate::observe::log::Level;
use crate::observe::Telemetry;
use crate::status::*;
use crate::sync::IgnorePoison;
use crate::transport::now_ms;
use crate::transport::Selected;
use crate::transport::{unary, Channel, Failure, Known, Mismatch, StoreIdentity, Subchannel};
use futures_util::future::{select, Either};
use http::HeaderValue;
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// After so long without a byte from the server it is probed. If that is not answered
/// either, other calls prefer other members, and a read is also sent to another one.
const HEDGE_DELAY: Duration = Duration::from_millis(400);
/// A member that is cut off from the others answers reads only after 7 s. A slow read is
/// therefore also sent to another member, once, and calls prefer others for a while.
const SLOW: Duration = Duration::from_secs(2);

/// The reply to an attempt, or why there is none, and whose that is.
type Attempt = Result<(Arc<Subchannel>, Vec<u8>), (Arc<Subchannel>, Failure)>;

/// A request on its way to a member.
#[derive(Clone, Copy)]
struct Sent<'a> {
    call: &'a Call,
    selected: &'a Selected,
    token: Option<&'a HeaderValue>,
    progress: &'a Progress,
    /// When, as [`now_ms`] has it.
    began: u64,
}

/// The servers, and the token to ask them with.
pub struct Cluster {
    pub channel: Channel,
    pub policy: EndpointPolicy,
    pub tokens: Tokens,
    pub max_receive: usize,
    pub ticker: Ticker,
    pub hedges: Budget,
    /// Limits streamed ranges at a time. One that is not read keeps a part of the
    /// connection's window, which all calls share.
    pub range_streams: Arc<Semaphore>,
    pub telemetry: Arc<Telemetry>,
}

impl Cluster {
    /// What is known of the store, from calls and streams.
    pub fn store(&self) -> &StoreIdentity {
        self.channel.store()
    }

    pub async fn run(&self, call: &Call, progress: &Progress) -> Result<Vec<u8>> {
        let counted = self.telemetry.counters.call();
        self.hedges.earn();
        let mut last = None;
        let work = self.with_token(call, progress, &mut last);
        let result = match call.timeout {
            None => work.await,
            Some(limit) => match timeout(limit, work).await {
                Ok(result) => result,
                Err(_) => Err(self.timed_out(call, progress, last, limit)),
            },
        };
        counted.ended(match result {
            Err(error) if progress.doubt.load(Relaxed) => Err(error.maybe_applied(true)),
            result => result,
        })
    }

    /// The deadline has passed. `last` is how the last attempt ended.
    fn timed_out(
        &self,
        call: &Call,
        progress: &Progress,
        last: Option<Error>,
        limit: Duration,
    ) -> Error {
        if progress.sending.load(Relaxed) {
            return no_reply(call, limit, &self.member(progress));
        }
        self.not_asked(call.member.as_ref(), progress, last, limit)
    }

    /// The deadline has passed and no server is being asked. `member`: the only one to ask.
    pub fn not_asked(
        &self,
        member: Option<&Arc<Subchannel>>,
        progress: &Progress,
        last: Option<Error>,
        limit: Duration,
    ) -> Error {
        let limit = limit.as_millis();
        let (is_up, why_down) = match member {
            None => (self.channel.pick(None).is_some(), self.channel.why_down()),
            Some(member) => match member.why_down() {
                None => (true, String::new()),
                Some(why) => (false, format!("{}: {why}", member.name())),
            },
        };
        match last {
            Some(mut last) if is_up => {
                last.message = format!("{} (tried for {limit} ms)", last.message);
                last.maybe_applied(false)
            }
            _ => {
                let message = match why_down {
                    why if why.is_empty() => format!("no answer within {limit} ms"),
                    why => format!("no server within {limit} ms: {why}"),
                };
                Error::new(ETCD_ERR_UNAVAILABLE, message).at(&self.member(progress))
            }
        }
    }

    /// The endpoint that a call is about: the one it was sent to, or the only one.
    pub fn member(&self, progress: &Progress) -> String {
        let tried = progress.subchannel.lock().ignore_poison();
        match (&*tried, &self.channel.subchannels()[..]) {
            (Some(subchannel), _) => subchannel.name().to_owned(),
            (None, [only]) => only.name().to_owned(),
            _ => String::new(),
        }
    }

    /// The token to use now; the first call of a client with a login fetches it.
    pub async fn token(&self) -> Result<Token> {
        self.tokens.current(|login| self.log_in(login)).await
    }

    /// A token newer than `old`, which a server has refused.
    pub async fn new_token(&self, old: &Token) -> Result<Token> {
        self.tokens.renew(old, |login| self.log_in(login)).await
    }

    async fn log_in(&self, login: Call) -> Result<Vec<u8>> {
        self.retry(&login, None, &Progress::default(), &mut None).await
    }

    /// Makes a call with a token, and with a new one when a server refuses it.
    async fn with_token(
        &self,
        call: &Call,
        progress: &Progress,
        last: &mut Option<Error>,
    ) -> Result<Vec<u8>> {
        let mut token = match self.tokens.has_login() {
            true => {
                // The reason, if the deadline passes before the next login.
                *last = self.tokens.failure();
                Box::pin(self.token()).await?
            }
            false => self.tokens.given(),
        };
        *last = None;
        let mut renewals = 0;
        loop {
            let error = match self.retry(call, token.value.as_ref(), progress, last).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            // Such a refusal comes before anything is done (etcd 3.4 to 3.7).
            if !self.tokens.worth_renewing(error.status, &mut renewals) {
                return Err(error);
            }
            progress.ended(Outcome::NotApplied);
            self.count_retry(call, &error);
            token = Box::pin(self.new_token(&token)).await?;
        }
    }

    /// Tries one member after another, as long as repeating does no harm.
    async fn retry(
        &self,
        call: &Call,
        token: Option<&HeaderValue>,
        progress: &Progress,
        last: &mut Option<Error>,
    ) -> Result<Vec<u8>> {
        let mut avoid: Option<Arc<Subchannel>> = None;
        let mut backoff = retry_backoff();
        for tries in 1.. {
            let reads = call.effect == Effect::Read && token.is_none() && !self.tokens.has_login();
            let selected = self.select(call, avoid.as_ref(), reads, progress).await?;
            *progress.subchannel.lock().ignore_poison() = Some(selected.subchannel.clone());
            let known = call.ordered.then(|| self.store().known());
            let sent = Sent { call, selected: &selected, token, progress, began: now_ms() };
            let attempt = match selected.on_trial {
                false => self.attempt(sent).await,
                true => match Box::pin(self.beside_probe(sent)).await {
                    Some(attempt) => attempt,
                    None => continue,
                },
            };
            let (subchannel, error, again) = match attempt {
                Ok((subchannel, reply)) => match self.check(&subchannel, &reply, known) {
                    Ok(()) => {
                        selected.connection.state.served.store(true, Relaxed);
                        if call.member.is_none() {
                            self.channel.prefer(&subchannel);
                        }
                        return Ok(reply);
                    }
                    // What it did was perhaps done to the wrong store.
                    Err(error) => {
                        let again = is_about_store(error.status) && call.effect.repeatable();
                        (subchannel, error.maybe_applied(call.effect.changes()), again)
                    }
                },
                Err((subchannel, failure)) => {
                    let (error, again) = self.classify(call, failure);
                    if is_members_fault(&error) {
                        subchannel.deprioritise();
                    }
                    (subchannel, error, again)
                }
            };
            let error = error.at(subchannel.name());
            if !again {
                call.log_too_large(&error, &self.telemetry);
                return Err(error);
            }
            self.count_retry(call, &error);
            progress.ended(error.outcome);
            *last = Some(error);
            avoid = Some(subchannel);
            if tries % self.channel.len() == 0 {
                Box::pin(sleep(backoff.next())).await;
            }
        }
        unreachable!("the loop has no end")
    }

    /// Compares a reply with what is known of the store.
    fn check(&self, from: &Subchannel, reply: &[u8], known: Option<Known>) -> Result<()> {
        let checked = self.store().check(&from.witness, reply, known.as_ref());
        checked.map_err(|Mismatch { error, quarantine }| {
            let (name, log) = (from.name(), &self.telemetry.log);
            match quarantine {
                true => from.quarantine(error.clone().at(name)),
                false => {
                    let message = format_args!("{}", error.message);
                    log.emit(Level::Warn, "connection", name, error.status, message);
                }
            }
            error
        })
    }

    /// Selects the member for the next attempt.
    async fn select(
        &self,
        call: &Call,
        avoid: Option<&Arc<Subchannel>>,
        reads: bool,
        progress: &Progress,
    ) -> Result<Selected> {
        match &call.member {
            None => match self.channel.pick(avoid) {
                Some(selected) => Ok(selected),
                None if reads => Box::pin(self.channel.ready_for_reads(avoid)).await,
                None => Box::pin(self.channel.ready(avoid)).await,
            },
            Some(member) => {
                *progress.subchannel.lock().ignore_poison() = Some(member.clone());
                Box::pin(self.channel.ready_on(member)).await
            }
        }
    }

    /// Counts and logs that a call is sent again, if its deadline allows.
    fn count_retry(&self, call: &Call, error: &Error) {
        self.telemetry.counters.add(Counter::Retries, 1);
        let message = format_args!("{}: {}; once more", call.request.path, error.message);
        self.telemetry.log.emit(Level::Debug, "call", &error.endpoint, error.status, message);
    }

    /// Logs that a server has become suspect.
    fn log_silent(&self, selected: &Selected, waited: Duration) {
        let message = format_args!("silent for {} ms; others are preferred", waited.as_millis());
        let name = selected.subchannel.name();
        self.telemetry.log.emit(Level::Warn, "connection", name, ETCD_ERR_TIMEOUT, message);
    }

    /// What a failure means, and whether the call may be sent again.
    fn classify(&self, call: &Call, failure: Failure) -> (Error, bool) {
        let effect = call.effect;
        // None: the server's error decides.
        let again = match failure {
            Failure::Refused { .. } => None,
            Failure::NotSent(_) => Some(true),
            Failure::Lost(_) => Some(effect.repeatable()),
            _ => Some(false),
        };
        let error = methods::error(call, failure);
        let again = again.unwrap_or_else(|| match error.status {
            ETCD_ERR_INVALID_AUTH_TOKEN | ETCD_ERR_AUTH_OLD_REVISION => false,
            ETCD_ERR_NOT_SUPPORTED_FOR_LEARNER => self.channel.len() > 1 && call.member.is_none(),
            // Refused before anything is done, writes too.
            ETCD_ERR_NO_LEADER | ETCD_ERR_TOO_MANY_REQUESTS => true,
            status => effect.repeatable() && is_retryable(status),
        });
        (error, again)
    }

    /// Asks one member, and a second one if the call may be repeated and waits too long.
    async fn attempt(&self, sent: Sent<'_>) -> Attempt {
        let Sent { call, selected, token, progress, .. } = sent;
        let (limit, sending) = (self.max_receive, &progress.sending);
        let first = pin!(unary(selected, &call.request, token, limit, sending));
        self.reply(sent, first).await
    }

    /// Sends a call that only reads on a connection that is on trial. None if the call has to
    /// be sent anew, because that was not admitted or another one came up before.
    async fn beside_probe(&self, sent: Sent<'_>) -> Option<Attempt> {
        let Sent { call, selected, progress, .. } = sent;
        let sending = AtomicBool::new(false);
        let mut first = pin!(unary(selected, &call.request, None, self.max_receive, &sending));
        let mut admitted = pin!(self.channel.admitted(selected));
        match select(admitted.as_mut(), first.as_mut()).await {
            Either::Left((false, _)) => None,
            Either::Left((true, _)) => {
                progress.sending.store(sending.load(Relaxed), Relaxed);
                Some(self.reply(sent, first).await)
            }
            Either::Right((result, _)) => admitted.await.then(|| of(&selected.subchannel, result)),
        }
    }

    /// Waits for the reply to a first attempt, or to a second one.
    async fn reply(
        &self,
        sent: Sent<'_>,
        mut first: Pin<&mut impl Future<Output = Result<Vec<u8>, Failure>>>,
    ) -> Attempt {
        let selected = sent.selected;
        if sent.call.waits {
            return of(&selected.subchannel, first.await);
        }
        match self.ticker.timeout(HEDGE_DELAY, first.as_mut()).await {
            Some(result) => of(&selected.subchannel, result),
            None => Box::pin(self.hedge(sent, first)).await,
        }
    }

    /// Goes on with a slow attempt, and if it may be repeated starts a second one.
    async fn hedge(
        &self,
        sent: Sent<'_>,
        mut first: Pin<&mut impl Future<Output = Result<Vec<u8>, Failure>>>,
    ) -> Attempt {
        let Sent { call, selected, token, progress, began } = sent;
        let state = &selected.connection.state;
        let (other, waited) = loop {
            let waited = Duration::from_millis(now_ms().saturating_sub(began));
            let silent = !state.heard_since(began);
            let suspect = silent && state.doubt();
            if suspect && state.is_news() {
                self.log_silent(selected, waited);
            }
            if !silent && waited >= SLOW {
                selected.subchannel.deprioritise();
            }
            let elsewhere = call.effect.repeatable() && call.member.is_none();
            if elsewhere && (suspect || waited >= SLOW) {
                match self.channel.pick(Some(&selected.subchannel)) {
                    Some(other)
                        if !other.connection.is(&selected.connection) && self.hedges.spend() =>
                    {
                        break (other, waited)
                    }
                    _ => {}
                }
            }
            let pause = if silent && !suspect { state.patience() } else { HEDGE_DELAY };
            if let Some(result) = self.ticker.timeout(pause, first.as_mut()).await {
                return of(&selected.subchannel, result);
            }
        };
        progress.doubt.fetch_or(call.effect.changes(), Relaxed);
        let slow = Error::new(ETCD_ERR_TIMEOUT, format!("slow, for {} ms", waited.as_millis()));
        self.count_retry(call, &slow.at(selected.subchannel.name()));
        let sent = AtomicBool::new(false);
        let limit = self.max_receive;
        let mut second = pin!(unary(&other, &call.request, token, limit, &sent));
        let (first_ended, result) = match select(first.as_mut(), second.as_mut()).await {
            Either::Left((result, _)) => (true, result),
            Either::Right((result, _)) => (false, result),
        };
        // After a failure that may be retried the other one may still answer.
        let failed = matches!(&result, Err(why) if self.classify(call, why.clone()).1);
        match (first_ended, failed) {
            (true, false) => of(&selected.subchannel, result),
            (false, false) => of(&other.subchannel, result),
            (true, true) => of(&other.subchannel, second.await),
            (false, true) => of(&selected.subchannel, first.await),
        }
    }
}

fn of<T>(
    subchannel: &Arc<Subchannel>,
    result: Result<T, Failure>,
) -> Result<(Arc<Subchannel>, T), (Arc<Subchannel>, Failure)> {
    match result {
        Ok(reply) => Ok((subchannel.clone(), reply)),
        Err(why) => Err((subchannel.clone(), why)),
    }
}

/// Another member may be able to do it: this one has no leader, lags, is about to stop, or
/// is a learner.
fn is_members_fault(error: &Error) -> bool {
    error.grpc == Some(14)
        || matches!(error.status, ETCD_ERR_NOT_SUPPORTED_FOR_LEARNER | ETCD_ERR_TOO_MANY_REQUESTS)
}
