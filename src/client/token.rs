//! The authentication token: fetched when a server asks for one, by one call
//! for all that need it.

#![forbid(unsafe_code)]

use super::call::{no_memory, Call};
use super::methods::AUTHENTICATE;
use super::options::{Login, Secret};
use crate::error::{Error, Result};
use crate::observe::counters::Counter;
use crate::observe::log::Level;
use crate::observe::Telemetry;
use crate::status::*;
use crate::sync::IgnorePoison;
use crate::wire::{decode, encode};
use bytes::Bytes;
use http::HeaderValue;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{sleep_until, Instant};
use zeroize::Zeroizing;

/// New tokens in a row that are of no use: users and roles may be changing under us.
const MAX_RENEWALS: u32 = 3;

/// In which there are two logins at most: one costs a server up to half a second of a
/// processor, and calls that are refused would be repeated without end.
const TWO_LOGINS: Duration = Duration::from_secs(1);

/// A token and which attempt brought it. None: the server wants none.
#[derive(Clone, Default)]
pub struct Token {
    pub value: Option<HeaderValue>,
    attempt: u64,
}

#[derive(Default)]
struct Latest {
    token: Token,
    /// How the latest attempt failed, if it did: for those who waited for it.
    failed: Option<Error>,
}

/// When the last two logins began.
#[derive(Default)]
struct Pace {
    before: Option<Instant>,
    last: Option<Instant>,
}

impl Pace {
    /// Waits until another one may begin.
    async fn next(&mut self) {
        if let Some(before) = self.before {
            sleep_until(before + TWO_LOGINS).await;
        }
        self.before = self.last.replace(Instant::now());
    }
}

pub struct Tokens {
    /// User and password, where a token can be asked for.
    login: Option<(String, Secret)>,
    /// Where it cannot: what the caller gave.
    given: Option<HeaderValue>,
    latest: Mutex<Latest>,
    /// Held by the call that is asking for a token.
    asking: tokio::sync::Mutex<Pace>,
    telemetry: Arc<Telemetry>,
}

impl Tokens {
    pub fn new(login: Option<Login>, telemetry: Arc<Telemetry>) -> Tokens {
        let (login, given) = match login {
            Some(Login::Password { user, password }) => (Some((user, password)), None),
            Some(Login::Token(token)) => (None, Some(token)),
            None => (None, None),
        };
        Tokens { login, given, latest: Mutex::default(), asking: Default::default(), telemetry }
    }

    /// The token that is never renewed, if there is one.
    pub fn given(&self) -> Token {
        Token { value: self.given.clone(), attempt: 0 }
    }

    pub fn has_login(&self) -> bool {
        self.login.is_some()
    }

    /// Whether a server's refusal calls for a new token; counts those. Servers refuse
    /// a token before they do anything (etcd 3.4 to 3.7).
    pub fn worth_renewing(&self, refusal: etcd_status_t, renewals: &mut u32) -> bool {
        let worth = is_about_token(refusal) && self.has_login() && *renewals < MAX_RENEWALS;
        *renewals += u32::from(worth);
        worth
    }

    /// How the latest login failed, if it did.
    pub fn failure(&self) -> Option<Error> {
        self.latest.lock().ignore_poison().failed.clone()
    }

    /// The token to use now. `ask` runs a call without a token.
    pub async fn current(&self, ask: impl AsyncFnOnce(Call) -> Result<Vec<u8>>) -> Result<Token> {
        if self.login.is_none() {
            return Ok(self.given());
        }
        let token = {
            let latest = self.latest.lock().ignore_poison();
            if latest.token.attempt > 0 && latest.failed.is_none() {
                return Ok(latest.token.clone());
            }
            latest.token.clone()
        };
        self.renew(&token, ask).await
    }

    /// A token newer than `old`, which a server has refused.
    pub async fn renew(
        &self,
        old: &Token,
        ask: impl AsyncFnOnce(Call) -> Result<Vec<u8>>,
    ) -> Result<Token> {
        let mut pace = self.asking.lock().await;
        {
            let latest = self.latest.lock().ignore_poison();
            if latest.token.attempt > old.attempt {
                return latest.failed.clone().map_or_else(|| Ok(latest.token.clone()), Err);
            }
        }
        pace.next().await;
        let result = self.authenticate(ask).await;
        let mut latest = self.latest.lock().ignore_poison();
        latest.token.attempt += 1;
        let before = latest.failed.take();
        let result = match result {
            Ok(value) => {
                latest.token.value = value;
                Ok(latest.token.clone())
            }
            Err(error) => {
                latest.token.value = None;
                latest.failed = Some(error.clone());
                Err(error)
            }
        };
        drop(latest);
        observe(&self.telemetry, before, &result);
        result
    }

    async fn authenticate(
        &self,
        ask: impl AsyncFnOnce(Call) -> Result<Vec<u8>>,
    ) -> Result<Option<HeaderValue>> {
        let Some((user, password)) = &self.login else { return Ok(None) };
        let size = user.len() + password.len();
        let frame = encode::authenticate(user, password).ok_or_else(|| no_memory(size))?;
        match ask(AUTHENTICATE.framed(frame, None)).await {
            Ok(reply) => {
                let reply = Bytes::from_owner(Zeroizing::new(reply));
                let found = decode::token(&reply).ok().map(|found| reply.slice_ref(found));
                let token = found.and_then(secret_header);
                let why = "the server's reply to the login has no token in it";
                token.map(Some).ok_or_else(|| Error::new(ETCD_ERR_BAD_REPLY, why))
            }
            Err(error) if error.status == ETCD_ERR_AUTH_NOT_ENABLED => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Counts and logs a login; `before` is how the attempt before this one failed.
fn observe(
    Telemetry { counters, log, .. }: &Telemetry,
    before: Option<Error>,
    result: &Result<Token>,
) {
    match result {
        Ok(token) => {
            if token.value.is_some() {
                counters.add(Counter::TokenRefreshes, 1);
                log.emit(Level::Info, "token", "", ETCD_OK, format_args!("a new token"));
            }
        }
        Err(error) => {
            let known = before.is_some_and(|before| before.status == error.status);
            let level = if known { Level::Debug } else { Level::Warn };
            let message = format_args!("no token: {}", error.message);
            log.emit(level, "token", &error.endpoint, error.status, message);
        }
    }
}

/// A token as a call's header carries it; None if it is not text, or empty.
pub fn secret_header(token: Bytes) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_maybe_shared(token).ok()?;
    // Never to be kept in a compression table, or shown.
    header.set_sensitive(true);
    (!header.is_empty()).then_some(header)
}
