//! A lock, by the rules of etcd's concurrency package: it excludes Go programs and
//! `etcdctl lock` on the same name.

#![forbid(unsafe_code)]

use super::line::{self, Entered, Place};
use super::session::{Claim, Session};
use super::wait::wait_for;
use crate::client::{Deadline, Retry};
use crate::error::{Error, Outcome, Result};
use crate::status::*;
use crate::sync::IgnorePoison;
use crate::wire::proto::ResponseHeader;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// How long a wait that has ended takes, at most, to remove its key before it returns.
const TIDY: Duration = Duration::from_secs(1);

/// How long after an attempt without an answer its key may still come.
const LATE: Duration = Duration::from_secs(10);
/// How often it is looked whether it has come, while the name is in use.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

pub struct Mutex {
    session: Arc<Session>,
    name: Vec<u8>,
    state: std::sync::Mutex<State>,
    released: Notify,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// A lock that is gone was released, perhaps: nobody has been told yet.
    released: bool,
    closed: bool,
}

/// A lock that was granted, and is not known to be released.
struct Held {
    place: Place,
    waiting: Waiting,
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
        Mutex { session, name, state: Default::default(), released: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().ignore_poison()
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
                    biased;
                    error = session.lost(waiting.lease) => Err(error),
                    result = line::turn(&session.client, &self.name, &entered.place) => result,
                }
            };
            if let Err(error) = until.limit("its turn did not come in time", turn).await {
                return Err(waiting.gives_up(error).await);
            }
        }
        self.hold(waiting, entered.place).await
    }

    /// Takes the lock if nobody has it.
    pub async fn try_lock(&self, until: Deadline) -> Result<Tried> {
        let (waiting, entered) = self.enter(b"", until).await?;
        if entered.is_first() {
            return self.hold(waiting, entered.place).await.map(Tried::Held);
        }
        match waiting.withdraw().await {
            Ok(_) => Ok(Tried::Taken(entered.first())),
            Err(error) => Err(error.maybe_applied(true)),
        }
    }

    async fn enter(&self, value: &[u8], until: Deadline) -> Result<(Waiting, Entered)> {
        let claim = self.claim()?;
        let lease = self.session.lease_until(until).await?.id;
        let mut waiting = Waiting { claim: Some(claim), lease, place: None, late: false };
        let client = &self.session.client;
        let mut retry = Retry::new(until);
        let mut doubt = false;
        let entered = loop {
            // While there is no answer: the wait may be dropped here.
            waiting.late = true;
            let entered = line::enter(client, &self.name, lease, value, false, until).await;
            doubt |= entered.as_ref().is_err_and(|error| error.outcome == Outcome::MaybeApplied);
            waiting.late = doubt;
            let error = match entered {
                Ok(entered) => break entered,
                Err(error) => error,
            };
            if !retry.after(&error).await {
                return Err(waiting.gives_up(error).await);
            }
        };
        waiting.place = Some(entered.place.clone());
        // The key of a session that was left behind, and is used again.
        if entered.value.as_ref().is_some_and(|before| before != value) {
            if let Err(error) = line::write(client, &entered.place, value, until).await {
                return Err(waiting.gives_up(error).await);
            }
        }
        Ok((waiting, entered))
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
        if !line::is_first(&self.session.client, &self.name, &place, until).await? {
            return Err(line::lost());
        }
        let known = Some(place.clone());
        let waiting = Waiting { claim: Some(claim), lease, place: known, late: false };
        self.hold(waiting, place).await
    }

    /// Changes the value of the key.
    pub async fn write(&self, value: &[u8], until: Deadline) -> Result<ResponseHeader> {
        line::write(&self.session.client, &self.place()?, value, until).await
    }

    /// Unless it was closed, or the session has lost the lease, before the answer came.
    async fn hold(&self, waiting: Waiting, place: Place) -> Result<Place> {
        let gone = Error::new(ETCD_ERR_LEASE_LOST, "the session has lost its lease");
        if !self.session.has(waiting.lease) {
            return Err(waiting.gives_up(gone).await);
        }
        let mut state = self.state();
        if state.closed {
            drop(state);
            // Dropped, it is removed.
            return Err(Error::new(ETCD_ERR_BAD_HANDLE, "it was closed").maybe_applied(true));
        }
        *state = State::default();
        state.held = Some(Held { place: place.clone(), waiting, doubt: false });
        Ok(place)
    }

    /// The lock, if it was granted and not released since.
    pub fn place(&self) -> Result<Place> {
        self.state().held.as_ref().map(|held| held.place.clone()).ok_or_else(not_held)
    }

    /// Releases the lock, and never a later one on the same name. It may be called again after
    /// an error.
    pub async fn unlock(&self, until: Deadline) -> Result<ResponseHeader> {
        let (place, doubt) = {
            let mut state = self.state();
            if std::mem::take(&mut state.released) {
                return Ok(ResponseHeader::default());
            }
            let held = state.held.as_mut().ok_or_else(not_held)?;
            // Also if the call is cut short.
            (held.place.clone(), std::mem::replace(&mut held.doubt, true))
        };
        let result = line::leave(&self.session.client, &place, doubt, until).await;
        match &result {
            Err(error) if error.status != ETCD_ERR_LOCK_LOST => {
                let mut state = self.state();
                if let Some(held) = state.held.as_mut().filter(|held| held.place == place) {
                    held.doubt = doubt || error.outcome == Outcome::MaybeApplied;
                }
            }
            _ => self.forget(&place, false),
        }
        result
    }

    /// The lock, if the store says that it is held.
    pub async fn check(&self, until: Deadline) -> Result<Place> {
        let place = self.place()?;
        match line::is_held(&self.session.client, &place, until).await? {
            true => Ok(place),
            false => {
                self.forget(&place, true);
                Err(line::lost())
            }
        }
    }

    /// It is held no longer. `found`: the caller of a release that was in doubt does not know.
    fn forget(&self, place: &Place, found: bool) {
        let mut state = self.state();
        let Some(mut held) = state.held.take_if(|held| held.place == *place) else { return };
        state.released = found && held.doubt;
        drop(state);
        held.waiting.left();
        self.released.notify_waiters();
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
            error = line::gone(&self.session.client, &place) => {
                // Another error says nothing of the lock.
                if error.status != ETCD_ERR_LOCK_LOST {
                    return error;
                }
                error
            }
            () = released => return not_held(),
        };
        self.forget(&place, true);
        lost
    }

    /// Nobody waits for the lock any more, and nobody holds it: what of it is in the store is
    /// removed.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let held = state.held.take();
        drop(state);
        self.released.notify_waiters();
        // Dropped, it is removed.
        drop(held);
    }
}

/// A key that is in line, or may be. Dropped, it is removed.
struct Waiting {
    /// None once it is somebody else's to remove.
    claim: Option<Claim>,
    lease: i64,
    /// The key, once it is known to be there.
    place: Option<Place>,
    /// There was an attempt without an answer, whose key may come later.
    late: bool,
}

impl Waiting {
    /// Removes the key, if it is there; whether none is left. What fails is tried again later.
    async fn withdraw(mut self) -> Result<bool> {
        let Some(Claim { session, name }) = &self.claim else { return Ok(true) };
        let (key, until) = (line::key(name, self.lease), Deadline::after(Some(TIDY)));
        let place = self.place.as_ref();
        let found = line::withdraw(&session.client, &key, self.lease, place, until).await?;
        let gone = found || !self.late;
        self.left();
        Ok(gone)
    }

    /// The same after an error, which says then whether the key is gone.
    async fn gives_up(self, error: Error) -> Error {
        let gone = self.withdraw().await.unwrap_or(false);
        error.maybe_applied(!gone)
    }

    /// The key is gone.
    fn left(&mut self) {
        if let Some(claim) = self.claim.take().filter(|_| self.late) {
            let client = claim.session.client.clone();
            client.later(sweep(claim.session.clone(), claim.name.clone(), self.lease));
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(claim) = self.claim.take() {
            let client = claim.session.client.clone();
            client.later(remove(claim, self.lease, self.place.take(), self.late));
        }
    }
}

/// Removes the key of a lock until it is gone: with its lease at the latest.
async fn remove(claim: Claim, lease: i64, place: Option<Place>, late: bool) {
    let (session, name) = (claim.session.clone(), claim.name.clone());
    let (client, key) = (&session.client, line::key(&name, lease));
    let removed = async {
        let mut retry = Retry::new(Deadline::NEVER);
        loop {
            let until = client.deadline();
            match line::withdraw(client, &key, lease, place.as_ref(), until).await {
                Err(error) if retry.after(&error).await => {}
                _ => return,
            }
        }
    };
    tokio::select! {
        biased;
        // What an orphaned session has is left to its ttl.
        _ = session.lost(lease) => return,
        () = removed => {}
    }
    drop(claim);
    if late {
        sweep(session, name, lease).await;
    }
}

/// Removes what attempts without an answer may still put. The name may be used meanwhile.
async fn sweep(session: Arc<Session>, name: Vec<u8>, lease: i64) {
    let (client, key) = (&session.client, line::key(&name, lease));
    let end = Deadline::after(Some(LATE));
    let swept = async {
        while end.limit("", wait_for(client, &key, true)).await.is_ok() {
            // Whoever uses the name now removes it.
            if let Some(_claim) = session.claim(&name) {
                let _ = line::withdraw(client, &key, lease, None, client.deadline()).await;
            }
            sleep(LOOK_AGAIN).await;
        }
    };
    tokio::select! {
        biased;
        _ = session.lost(lease) => {}
        () = swept => {}
    }
}
