//! A lock, by the rules of etcd's concurrency package: it excludes Go programs and
//! `etcdctl lock` on the same name.

#![forbid(unsafe_code)]

use super::line::{self, Entered, Place};
use super::session::{Claim, Session};
use crate::client::{retry_backoff, Deadline};
use crate::error::{Error, Outcome, Result};
use crate::status::*;
use crate::sync::IgnorePoison;
use crate::wire::proto::ResponseHeader;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// How long a wait that has ended takes, at most, to remove its key before it returns.
const TIDY: Duration = Duration::from_secs(1);

pub struct Mutex {
    session: Arc<Session>,
    name: Vec<u8>,
    held: std::sync::Mutex<Option<Held>>,
    released: Notify,
}

/// A lock that was granted, and is not known to be released.
struct Held {
    place: Place,
    claim: Option<Claim>,
    /// A release of it may have been done.
    doubt: bool,
}

/// What a try found.
pub enum Tried {
    Held(Place),
    /// The key that has the lock, of another session.
    Taken(Place),
}

fn not_held() -> Error {
    Error::new(ETCD_ERR_LOCK_LOST, "the lock is not held by this handle")
}

impl Mutex {
    pub fn new(session: Arc<Session>, name: Vec<u8>) -> Mutex {
        Mutex { session, name, held: std::sync::Mutex::default(), released: Notify::new() }
    }

    /// Waits until the lock is held.
    pub async fn lock(&self, until: Deadline) -> Result<Place> {
        self.take(b"", until).await
    }

    /// The same with a value for the key.
    pub async fn take(&self, value: &[u8], until: Deadline) -> Result<Place> {
        let (waiting, entered) = self.enter(value, until).await?;
        if !entered.is_first() {
            let session = &self.session;
            let turn = async {
                tokio::select! {
                    error = session.lost(waiting.lease) => Err(error),
                    result = line::turn(&session.client, &self.name, &entered.place) => result,
                }
            };
            if let Err(error) = until.limit("its turn did not come in time", turn).await {
                return Err(waiting.gives_up(error).await);
            }
        }
        Ok(self.hold(waiting.keep(), entered.place))
    }

    /// Takes the lock if nobody has it.
    pub async fn try_lock(&self, until: Deadline) -> Result<Tried> {
        let (waiting, entered) = self.enter(b"", until).await?;
        if entered.is_first() {
            return Ok(Tried::Held(self.hold(waiting.keep(), entered.place)));
        }
        match waiting.withdraw().await {
            Ok(()) => Ok(Tried::Taken(entered.first())),
            Err(error) => Err(error.maybe_applied(true)),
        }
    }

    async fn enter(&self, value: &[u8], until: Deadline) -> Result<(Waiting, Entered)> {
        let claim = self.claim()?;
        let lease = self.session.lease_until(until).await?.id;
        let waiting = Waiting { claim: Some(claim), lease };
        let client = &self.session.client;
        let entered = async {
            let entered = line::enter(client, &self.name, lease, value, until).await?;
            // The key of a session that was left behind, and is used again.
            if entered.value.as_ref().is_some_and(|before| before != value) {
                line::write(client, &entered.place, value, until).await?;
            }
            Ok(entered)
        };
        match entered.await {
            Ok(entered) => Ok((waiting, entered)),
            Err(error) => Err(waiting.gives_up(error).await),
        }
    }

    fn claim(&self) -> Result<Claim> {
        let busy = "the session has this already, or waits for it";
        let claim = self.session.claim(&self.name);
        claim.ok_or_else(|| Error::new(ETCD_ERR_IN_USE, busy))
    }

    /// Holds again what a handle held before, with the lease that the session has.
    pub async fn resume(&self, create_revision: i64, until: Deadline) -> Result<Place> {
        let claim = self.claim()?;
        let lease = self.session.lease_until(until).await?.id;
        let place = Place { key: line::key(&self.name, lease), lease, create_revision };
        match line::is_held(&self.session.client, &place, until).await? {
            true => Ok(self.hold(Some(claim), place)),
            false => Err(line::lost()),
        }
    }

    /// Changes the value of the key.
    pub async fn write(&self, value: &[u8], until: Deadline) -> Result<ResponseHeader> {
        line::write(&self.session.client, &self.place()?, value, until).await
    }

    fn hold(&self, claim: Option<Claim>, place: Place) -> Place {
        *self.held.lock().ignore_poison() =
            Some(Held { place: place.clone(), claim, doubt: false });
        place
    }

    /// The lock, if it was granted and not released since.
    pub fn place(&self) -> Result<Place> {
        let held = self.held.lock().ignore_poison();
        held.as_ref().map(|held| held.place.clone()).ok_or_else(not_held)
    }

    /// Releases the lock, and never a later one on the same name. It may be called again after
    /// an error.
    pub async fn unlock(&self, until: Deadline) -> Result<ResponseHeader> {
        let (place, doubt) = {
            let held = self.held.lock().ignore_poison();
            let held = held.as_ref().ok_or_else(not_held)?;
            (held.place.clone(), held.doubt)
        };
        let result = line::leave(&self.session.client, &place, doubt, until).await;
        match &result {
            Err(error) if error.status != ETCD_ERR_LOCK_LOST => {
                if let Some(held) = &mut *self.held.lock().ignore_poison() {
                    held.doubt |= held.place == place && error.outcome == Outcome::MaybeApplied;
                }
            }
            _ => self.forget(&place),
        }
        result
    }

    /// The lock, if the store says that it is held.
    pub async fn check(&self, until: Deadline) -> Result<Place> {
        let place = self.place()?;
        match line::is_held(&self.session.client, &place, until).await? {
            true => Ok(place),
            false => {
                self.forget(&place);
                Err(line::lost())
            }
        }
    }

    /// It is held no longer.
    fn forget(&self, place: &Place) {
        let mut held = self.held.lock().ignore_poison();
        if held.as_ref().is_some_and(|held| held.place == *place) {
            *held = None;
            self.released.notify_waiters();
        }
    }

    /// Waits until the lock is lost, and says why.
    pub async fn lost(&self) -> Error {
        // Before the look, so that no release is missed.
        let released = self.released.notified();
        let place = match self.place() {
            Ok(place) => place,
            Err(error) => return error,
        };
        let lost = tokio::select! {
            error = self.session.lost(place.lease) => error,
            error = line::gone(&self.session.client, &place) => error,
            () = released => return not_held(),
        };
        self.forget(&place);
        lost
    }

    /// Nobody waits for the lock any more, and nobody holds it: what of it is in the store is
    /// removed.
    pub async fn close(&self) {
        let held = self.held.lock().ignore_poison().take();
        self.released.notify_waiters();
        if let Some(Held { place, claim: Some(claim), .. }) = held {
            remove(claim, place.lease).await;
        }
    }
}

/// A key that is in line, or may be. Dropped, it is removed.
struct Waiting {
    /// None once it is somebody else's to remove.
    claim: Option<Claim>,
    lease: i64,
}

impl Waiting {
    /// The key stays.
    fn keep(mut self) -> Option<Claim> {
        self.claim.take()
    }

    /// Removes the key; what fails is tried again later.
    async fn withdraw(mut self) -> Result<()> {
        if let Some(Claim { session, name }) = &self.claim {
            let (key, until) = (line::key(name, self.lease), Deadline::after(Some(TIDY)));
            line::withdraw(&session.client, &key, self.lease, until).await?;
            self.claim = None;
        }
        Ok(())
    }

    /// The same after an error, which says then whether the key is gone.
    async fn gives_up(self, error: Error) -> Error {
        let removed = self.withdraw().await;
        error.maybe_applied(removed.is_err())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(claim) = self.claim.take() {
            let client = claim.session.client.clone();
            client.later(remove(claim, self.lease));
        }
    }
}

/// Removes the key of a lock until it is gone: with its lease at the latest.
async fn remove(claim: Claim, lease: i64) {
    let session = claim.session.clone();
    let key = line::key(&claim.name, lease);
    let mut backoff = retry_backoff();
    let removed = async {
        loop {
            match line::withdraw(&session.client, &key, lease, session.client.deadline()).await {
                Err(error) if is_retryable(error.status) => sleep(backoff.next()).await,
                _ => return,
            }
        }
    };
    tokio::select! {
        biased;
        // What an orphaned session has is left to its ttl.
        _ = session.lost(lease) => {}
        () = removed => {}
    }
}
