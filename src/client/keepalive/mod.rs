//! Leases that are kept alive: the state of each, and its readers.

#![forbid(unsafe_code)]

mod known;
mod renewer;

pub use renewer::Renewer;

use crate::error::{Error, Result};
use crate::observe::counters::Counter;
use crate::observe::log::Level;
use crate::observe::Telemetry;
use crate::status::{ETCD_ERR_LEASE_LOST, ETCD_ERR_LEASE_NOT_FOUND, ETCD_OK};
use crate::sync::mailbox::{Mailbox, Taken};
use crate::sync::IgnorePoison;
use crate::sys::boot_time;
use crate::wire::proto::LeaseKeepAliveResponse;
use known::Known;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;

/// All leases that a client keeps alive. Locks are taken in this order: this one, a
/// lease's, a mailbox's.
pub struct Keeper {
    state: Mutex<Kept>,
    /// Why renewals fail now. The reason, if a lease is lost meanwhile.
    trouble: Mutex<Option<Error>>,
    changed: Notify,
    telemetry: Arc<Telemetry>,
}

#[derive(Default)]
struct Kept {
    leases: HashMap<i64, Arc<Lease>>,
    /// Begun or ended since the renewer last looked.
    changed: Vec<Arc<Lease>>,
    /// Leases that are not kept alive, or not yet.
    known: Known,
    /// Why the renewer has ended.
    ended: Option<Error>,
}

/// One lease, for any number of readers. All times are of the clock that goes on while the
/// machine sleeps.
struct Lease {
    id: i64,
    state: Mutex<State>,
}

struct State {
    /// A server has granted or renewed it: only then is the deadline certain.
    certain: bool,
    /// When it counts as lost. Only an answer moves it, counted from when the request was sent.
    deadline: Duration,
    latest: LeaseKeepAliveResponse,
    end: Option<Error>,
    readers: Vec<Reader>,
}

struct Reader {
    mailbox: Arc<Mailbox<Renewal>>,
    wants: Wants,
}

/// What a reader is told besides the end of the lease.
#[derive(Clone, Copy, Default)]
pub struct Wants {
    pub renewals: bool,
    /// That no member knows of a leader. This ends the reader, and not the lease.
    pub leader: bool,
}

/// There was a renewal. A reader sees the latest one, also if it has missed others.
pub struct Renewal(Arc<Lease>);

impl Renewal {
    pub fn latest(&self) -> LeaseKeepAliveResponse {
        self.0.state.lock().ignore_poison().latest
    }
}

fn gone() -> Error {
    Error::new(ETCD_ERR_LEASE_NOT_FOUND, "the lease has ended")
}

impl Lease {
    /// Whether it is kept alive. Ends it if its deadline has passed.
    fn lives(&self, now: Duration, keeper: &Keeper) -> bool {
        let state = self.state.lock().ignore_poison();
        if state.end.is_none() && now >= state.deadline {
            drop(state);
            self.lose(keeper.lost(), keeper);
            return false;
        }
        state.end.is_none()
    }

    fn deadline(&self) -> Duration {
        self.state.lock().ignore_poison().deadline
    }

    /// How long it certainly lives.
    fn left(&self, now: Duration, keeper: &Keeper) -> Duration {
        let lives = self.lives(now, keeper);
        let state = self.state.lock().ignore_poison();
        match lives && state.certain && state.end.is_none() {
            true => state.deadline.saturating_sub(now),
            false => Duration::ZERO,
        }
    }

    /// The first end counts, and nothing is delivered after it. Whether it is this one.
    fn end(&self, error: &Error) -> bool {
        let mut state = self.state.lock().ignore_poison();
        if state.end.is_some() {
            return false;
        }
        state.end = Some(error.clone());
        let readers = std::mem::take(&mut state.readers);
        drop(state);
        readers.iter().for_each(|reader| reader.mailbox.cut(error.clone()));
        true
    }

    /// The lease has ended against the will of its readers.
    fn lose(&self, error: Error, keeper: &Keeper) {
        if self.end(&error) {
            keeper.state.lock().ignore_poison().known.forget(self.id);
            let Telemetry { counters, log, .. } = &*keeper.telemetry;
            counters.add(Counter::LeasesLost, 1);
            let message = format_args!("{:x}: {}", self.id, error.message);
            log.emit(Level::Warn, "lease", &error.endpoint, error.status, message);
        }
    }

    /// Takes the answer to a request of the time `sent`, unless it is too late. Whether the
    /// lease lives on.
    fn answer(
        self: &Arc<Lease>,
        response: LeaseKeepAliveResponse,
        sent: Duration,
        keeper: &Keeper,
    ) -> bool {
        if !self.lives(boot_time(), keeper) {
            return false;
        }
        let mut state = self.state.lock().ignore_poison();
        let Ok(ttl @ 1..) = u64::try_from(response.ttl) else {
            drop(state);
            self.lose(gone(), keeper);
            return false;
        };
        if state.end.is_some() {
            return false;
        }
        let deadline = sent.saturating_add(Duration::from_secs(ttl));
        state.deadline = match state.certain {
            true => state.deadline.max(deadline),
            false => deadline,
        };
        state.certain = true;
        state.latest = response;
        let wants = state.readers.iter().filter(|reader| reader.wants.renewals);
        let wants: Vec<_> = wants.map(|reader| reader.mailbox.clone()).collect();
        drop(state);
        for mailbox in wants {
            // An item that is there already is read as this one.
            mailbox.push([(Renewal(self.clone()), 1)]);
        }
        true
    }
}

impl Keeper {
    pub fn new(telemetry: Arc<Telemetry>) -> Keeper {
        let (state, trouble, changed) = Default::default();
        Keeper { state, trouble, changed, telemetry }
    }

    fn begin(&self, id: i64, deadline: Duration, reader: Reader) -> Result<Arc<Lease>> {
        let shared = self.state.lock().ignore_poison().leases.get(&id).cloned();
        // A lease whose deadline has passed must not be shared.
        if let Some(lease) = shared {
            lease.lives(boot_time(), self);
        }
        let mut kept = self.state.lock().ignore_poison();
        if let Some(error) = &kept.ended {
            return Err(error.clone());
        }
        if let Some(lease) = kept.leases.get(&id) {
            let mut state = lease.state.lock().ignore_poison();
            if state.end.is_none() {
                state.readers.push(reader);
                return Ok(lease.clone());
            }
        }
        let known = kept.known.deadline(id, boot_time());
        let state = State {
            certain: known.is_some(),
            deadline: known.unwrap_or(deadline),
            latest: LeaseKeepAliveResponse::default(),
            end: None,
            readers: vec![reader],
        };
        let lease = Arc::new(Lease { id, state: Mutex::new(state) });
        kept.leases.insert(id, lease.clone());
        kept.changed.push(lease.clone());
        self.changed.notify_one();
        Ok(lease)
    }

    /// Removes readers that have closed; after the last one the lease is not renewed any more.
    fn prune(&self, id: i64) {
        let mut kept = self.state.lock().ignore_poison();
        let Some(lease) = kept.leases.get(&id).cloned() else { return };
        let mut state = lease.state.lock().ignore_poison();
        let (left, rest) = std::mem::take(&mut state.readers)
            .into_iter()
            .partition::<Vec<_>, _>(|reader| reader.mailbox.is_closed());
        state.readers = rest;
        let unwanted = state.readers.is_empty() && state.end.is_none();
        let certain = state.certain.then_some(state.deadline);
        drop(state);
        if unwanted {
            // A call may have renewed it meanwhile.
            let known = kept.known.deadline(id, Duration::ZERO);
            if let Some(deadline) = certain.max(known) {
                kept.known.learn(id, deadline);
            }
            // It has no readers.
            self.retire(kept, id, gone());
        }
        drop(left);
    }

    /// A call has revoked the lease: nothing more is delivered of it.
    pub fn revoked(&self, id: i64) {
        let mut kept = self.state.lock().ignore_poison();
        kept.known.forget(id);
        if kept.leases.contains_key(&id) {
            self.retire(kept, id, gone());
        }
    }

    /// The answer to a call of the time `sent`: the lease lives for `ttl` seconds, or has ended.
    pub fn told(&self, id: i64, ttl: i64, sent: Duration) {
        let known = &mut self.state.lock().ignore_poison().known;
        match u64::try_from(ttl) {
            Ok(ttl @ 1..) => known.learn(id, sent.saturating_add(Duration::from_secs(ttl))),
            _ => known.forget(id),
        }
    }

    fn retire(&self, mut kept: MutexGuard<'_, Kept>, id: i64, error: Error) {
        let Some(lease) = kept.leases.remove(&id) else { return };
        kept.changed.push(lease.clone());
        drop(kept);
        lease.end(&error);
        self.changed.notify_one();
    }

    /// Takes the leases that have changed; those that have ended are in no map any more.
    fn take_changes(&self) -> Vec<Arc<Lease>> {
        std::mem::take(&mut self.state.lock().ignore_poison().changed)
    }

    /// No member knows of a leader. Ends the readers that want to know.
    fn no_leader(&self, error: &Error) {
        let leases: Vec<_> = self.state.lock().ignore_poison().leases.values().cloned().collect();
        for lease in leases {
            let mut state = lease.state.lock().ignore_poison();
            let (ended, rest) = std::mem::take(&mut state.readers)
                .into_iter()
                .partition::<Vec<_>, _>(|reader| reader.wants.leader);
            state.readers = rest;
            drop(state);
            if !ended.is_empty() {
                self.prune(lease.id);
            }
            ended.iter().for_each(|reader| reader.mailbox.cut(error.clone()));
        }
    }

    /// The renewer has ended the lease.
    fn forget(&self, lease: &Arc<Lease>) {
        let mut kept = self.state.lock().ignore_poison();
        if kept.leases.get(&lease.id).is_some_and(|kept| Arc::ptr_eq(kept, lease)) {
            kept.leases.remove(&lease.id);
        }
    }

    /// The renewer has ended.
    fn close(&self, error: &Error) {
        let mut kept = self.state.lock().ignore_poison();
        kept.ended = Some(error.clone());
        let (leases, changed) =
            (std::mem::take(&mut kept.leases), std::mem::take(&mut kept.changed));
        drop(kept);
        for lease in leases.into_values() {
            lease.end(error);
        }
        drop(changed);
    }

    fn lost(&self) -> Error {
        let late = "the lease was not renewed in time";
        match &*self.trouble.lock().ignore_poison() {
            None => Error::new(ETCD_ERR_LEASE_LOST, late),
            Some(trouble) => {
                let why = format!("{late}: {}", trouble.message);
                Error::new(ETCD_ERR_LEASE_LOST, why).at(&trouble.endpoint)
            }
        }
    }

    fn set_trouble(&self, trouble: Option<Error>) {
        let before = std::mem::replace(&mut *self.trouble.lock().ignore_poison(), trouble.clone());
        let log = &self.telemetry.log;
        match (before, trouble) {
            (None, Some(error)) => {
                let message = format_args!("no renewals for now: {}", error.message);
                log.emit(Level::Warn, "lease", &error.endpoint, error.status, message);
            }
            (Some(_), None) => {
                log.emit(Level::Info, "lease", "", ETCD_OK, format_args!("renewals go on"));
            }
            _ => {}
        }
    }
}

/// A lease that is kept alive for a reader, until this is dropped.
pub struct KeepAlive {
    keeper: Arc<Keeper>,
    lease: Arc<Lease>,
    mailbox: Arc<Mailbox<Renewal>>,
}

/// 0 means no lease.
pub fn nonzero_lease(id: i64) -> Result<i64> {
    match id {
        0 => Err(Error::invalid("id is 0, which is no lease")),
        id => Ok(id),
    }
}

impl KeepAlive {
    /// Keeps a lease alive until the result is dropped. `first`: how long the first renewal
    /// may take, since the time to live is unknown until then.
    pub fn open(
        keeper: &Arc<Keeper>,
        id: i64,
        first: Option<Duration>,
        wants: Wants,
    ) -> Result<KeepAlive> {
        let (id, keeper) = (nonzero_lease(id)?, keeper.clone());
        let pruned = Arc::downgrade(&keeper);
        let on_room = move || {
            if let Some(keeper) = pruned.upgrade() {
                keeper.prune(id);
            }
        };
        let mailbox = Arc::new(Mailbox::new(1, Arc::new(on_room)));
        let deadline = first.and_then(|first| boot_time().checked_add(first));
        let reader = Reader { mailbox: mailbox.clone(), wants };
        let lease = keeper.begin(id, deadline.unwrap_or(Duration::MAX), reader)?;
        Ok(KeepAlive { keeper, lease, mailbox })
    }

    /// The mailbox, after a look at the clock: the renewer may not have run yet.
    pub fn mailbox(&self) -> &Mailbox<Renewal> {
        self.lease.lives(boot_time(), &self.keeper);
        &self.mailbox
    }

    /// The process may have been stopped during the wait, and the lease have ended since.
    pub fn next(&self, wait: Option<Duration>) -> Taken<Renewal> {
        match self.mailbox().next(wait) {
            Taken::Item(_) if !self.lease.lives(boot_time(), &self.keeper) => {
                self.mailbox.next(Some(Duration::ZERO))
            }
            taken => taken,
        }
    }

    /// Waits for the end of the lease, and says why it ended.
    pub async fn lost(&self) -> Error {
        loop {
            match self.mailbox.next_async().await {
                Taken::End(error) => return error,
                Taken::Closed => return gone(),
                Taken::Item(_) | Taken::Nothing => {}
            }
        }
    }

    /// How long the lease certainly lives; zero if that is unknown, or if it has ended.
    pub fn left(&self) -> Duration {
        self.lease.left(boot_time(), &self.keeper)
    }
}

impl Drop for KeepAlive {
    fn drop(&mut self) {
        self.mailbox.close();
    }
}
