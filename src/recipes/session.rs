//! A session: a lease that is kept alive as long as the program wants, as in etcd's concurrency
//! package. What locks and elections put into the store goes with it.

#![forbid(unsafe_code)]

use crate::client::keepalive::KeepAlive;
use crate::client::{retry_backoff, rng, Deadline, Handle};
use crate::error::{Error, Outcome, Result};
use crate::status::*;
use crate::sync::IgnorePoison;
use crate::wire::proto::ResponseHeader;
use std::collections::HashSet;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long a session that is closed waits for the lease that is being granted.
const TIDY: Duration = Duration::from_secs(1);

/// Seconds, as in etcd's concurrency package.
pub const DEFAULT_TTL: i64 = 60;

#[derive(Clone, Copy)]
pub struct Options {
    /// An existing lease; 0 for a new one.
    pub lease: i64,
    /// Of a new lease, in seconds.
    pub ttl: i64,
    /// A lease that is lost is replaced by a new one.
    pub replace: bool,
}

/// A lease of a session.
pub struct Lease {
    pub id: i64,
    /// As it was granted, in seconds.
    pub ttl: i64,
    keep_alive: KeepAlive,
}

#[derive(Clone)]
enum State {
    /// There is no lease, or none yet; why the one before was lost.
    Without(Option<Error>),
    With(Arc<Lease>),
    Ended(Error),
}

pub struct Session {
    pub client: Handle,
    state: watch::Sender<State>,
    closing: CancellationToken,
    /// The lease is not the session's to revoke any more.
    orphaned: AtomicBool,
    /// Names of locks that are held or waited for: the session has one key for each.
    claims: Mutex<HashSet<Vec<u8>>>,
}

fn ended() -> Error {
    Error::new(ETCD_ERR_CLOSED, "the session was closed")
}

impl Session {
    /// The session, and the work that keeps it: it ends after the session, and revokes the lease.
    pub fn open(
        client: Handle,
        options: Options,
    ) -> (Arc<Session>, impl Future<Output = ()> + Send) {
        let session = Arc::new(Session {
            client,
            state: watch::Sender::new(State::Without(None)),
            closing: CancellationToken::new(),
            orphaned: AtomicBool::new(false),
            claims: Mutex::default(),
        });
        (session.clone(), async move { Life { session, owed: None }.live(options).await })
    }

    /// The lease, as soon as there is one.
    pub async fn lease(&self) -> Result<Arc<Lease>> {
        let mut state = self.state.subscribe();
        loop {
            match &*state.borrow_and_update() {
                State::With(lease) => return Ok(lease.clone()),
                State::Ended(error) => return Err(error.clone()),
                State::Without(_) => {}
            }
            if state.changed().await.is_err() {
                return Err(ended());
            }
        }
    }

    /// The same within a time.
    pub async fn lease_until(&self, until: Deadline) -> Result<Arc<Lease>> {
        until.limit("the session has no lease yet", self.lease()).await
    }

    /// Waits until the session has that lease no longer, and says why.
    pub async fn lost(&self, lease: i64) -> Error {
        let mut state = self.state.subscribe();
        loop {
            match &*state.borrow_and_update() {
                State::With(now) if now.id == lease => {}
                State::Ended(error) | State::Without(Some(error)) => return error.clone(),
                State::Without(None) | State::With(_) => {
                    return Error::new(ETCD_ERR_LEASE_LOST, "the session has another lease by now")
                }
            }
            if state.changed().await.is_err() {
                return ended();
            }
        }
    }

    /// Whether it has that lease, which lives.
    pub fn has(&self, lease: i64) -> bool {
        match &*self.state.borrow() {
            State::With(with) => with.id == lease && !with.keep_alive.left().is_zero(),
            _ => false,
        }
    }

    /// How long the lease certainly lives.
    pub fn left(&self) -> Duration {
        match &*self.state.borrow() {
            State::With(lease) => lease.keep_alive.left(),
            _ => Duration::ZERO,
        }
    }

    /// Ends the session; its work revokes the lease.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Ends the session and leaves the lease that it has to its ttl; one that is being granted
    /// is revoked. Its id, if there is one.
    pub fn orphan(&self) -> Option<i64> {
        let mut lease = None;
        self.change(|state| {
            if let State::With(with) = state {
                lease = Some(with.id);
                self.orphaned.store(true, Relaxed);
            }
            State::Ended(ended())
        });
        self.closing.cancel();
        lease
    }

    /// Changes the state, unless the session has ended.
    fn change(&self, next: impl FnOnce(&State) -> State) {
        self.state.send_if_modified(|state| {
            let goes_on = !matches!(state, State::Ended(_));
            if goes_on {
                *state = next(state);
            }
            goes_on
        });
    }

    /// Ends the session and revokes the lease.
    pub async fn end(&self, until: Deadline) -> Result<ResponseHeader> {
        let none = || Error::new(ETCD_ERR_LEASE_NOT_FOUND, "the session has no lease");
        let lease = self.orphan().ok_or_else(none)?;
        let mut owed = Owed { client: &self.client, lease: Some(lease) };
        let reply = self.client.revoke(lease, until).await?;
        owed.lease = None;
        Ok(reply.header.unwrap_or_default())
    }

    /// Takes a name for one lock. None if the session has it already.
    pub fn claim(self: &Arc<Session>, name: &[u8]) -> Option<Claim> {
        let fresh = self.claims.lock().ignore_poison().insert(name.to_vec());
        fresh.then(|| Claim { session: self.clone(), name: name.to_vec() })
    }
}

/// The only use of a name in a session, until it is dropped.
pub struct Claim {
    pub session: Arc<Session>,
    pub name: Vec<u8>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.session.claims.lock().ignore_poison().remove(&self.name);
    }
}

/// A lease to be revoked. If that is cut short by the close of the client, the close does it.
pub struct Owed<'a> {
    pub client: &'a Handle,
    pub lease: Option<i64>,
}

impl Drop for Owed<'_> {
    fn drop(&mut self) {
        if let Some(lease) = self.lease {
            self.client.orphan(lease);
        }
    }
}

/// The work of a session. Dropped half way, when the client is closed, it gives back the lease.
struct Life {
    session: Arc<Session>,
    /// A lease that the session has, or may have been granted.
    owed: Option<i64>,
}

impl Drop for Life {
    fn drop(&mut self) {
        self.session.change(|_| State::Ended(ended()));
        if let Some(lease) = self.owed() {
            self.session.client.orphan(lease);
        }
    }
}

impl Life {
    async fn live(mut self, options: Options) {
        let Life { session, owed } = &mut self;
        let end = session.keep(options, owed).await;
        session.change(|_| State::Ended(end));
        if let Some(lease) = self.owed() {
            self.session.client.give_back(lease).await;
            self.owed = None;
        }
    }

    /// What is to be given back.
    fn owed(&self) -> Option<i64> {
        self.owed.filter(|_| !self.session.orphaned.load(Relaxed))
    }
}

impl Session {
    /// Has a lease, and replaces one that is lost if that is wanted. Returns why there is none.
    async fn keep(&self, options: Options, owed: &mut Option<i64>) -> Error {
        let mut backoff = retry_backoff();
        let mut wanted = options.lease;
        let mut had = false;
        loop {
            let begun = tokio::select! {
                begun = self.begin(wanted, options.ttl, owed) => begun,
                // A lease that is revoked before it is granted would be left.
                () = async {
                    self.closing.cancelled().await;
                    sleep(TIDY).await;
                } => return ended(),
            };
            let error = match begun {
                Ok(lease) => {
                    backoff.reset();
                    had = true;
                    let lease = Arc::new(lease);
                    self.change(|_| State::With(lease.clone()));
                    tokio::select! {
                        biased;
                        () = self.closing.cancelled() => ended(),
                        error = lease.keep_alive.lost() => error,
                    }
                }
                Err(error) => error,
            };
            let gone = matches!(error.status, ETCD_ERR_LEASE_LOST | ETCD_ERR_LEASE_NOT_FOUND);
            if !options.replace || !gone && !is_retryable(error.status) {
                return error;
            }
            // Only a lease that is gone is replaced by another.
            if gone {
                wanted = 0;
            }
            if had {
                self.change(|_| State::Without(Some(error)));
            }
            let pause = self.closing.run_until_cancelled(sleep(backoff.next()));
            if pause.await.is_none() {
                return ended();
            }
        }
    }

    async fn begin(&self, wanted: i64, ttl: i64, owed: &mut Option<i64>) -> Result<Lease> {
        let (client, until) = (&self.client, self.client.deadline());
        let (id, ttl) = match wanted {
            0 => {
                // Chosen here, so that it can be given back whatever becomes of the reply.
                let id = rng().i64(1..);
                *owed = Some(id);
                match client.grant_as(id, ttl, until).await {
                    Ok(granted) => (granted.id, granted.ttl),
                    Err(error) => {
                        if error.outcome == Outcome::MaybeApplied {
                            client.give_back(id).await;
                        }
                        *owed = None;
                        return Err(error);
                    }
                }
            }
            id => match client.keep_alive_once(id, until).await?.ttl {
                ttl @ 1.. => (id, ttl),
                _ => return Err(Error::new(ETCD_ERR_LEASE_NOT_FOUND, "the lease has ended")),
            },
        };
        *owed = Some(id);
        let first = Duration::from_secs(u64::try_from(ttl).unwrap_or(1));
        Ok(Lease { id, ttl, keep_alive: client.keep_alive(id, first)? })
    }
}
