//! Leases.

#![forbid(unsafe_code)]

use super::call::{Call, Effect, Progress};
use super::kv::{empty, positive, Common};
use super::server::{Core, Deadline, Method};
use super::Client;
use crate::error::{Error, Outcome, Result};
use crate::wire::proto::{LeaseGrantResponse, LeaseRevokeRequest, LeaseRevokeResponse};
use std::time::Duration;
use tokio::time::timeout;

/// Granting twice leaves one lease that nobody uses, and that expires.
pub const GRANT: Method =
    Method { path: "/etcdserverpb.Lease/LeaseGrant", effect: Effect::Repeatable };
const REVOKE: Method =
    Method { path: "/etcdserverpb.Lease/LeaseRevoke", effect: Effect::Repeatable };
/// A stream of one request and one reply. A ttl of 0 says that the lease is gone.
pub const KEEP_ALIVE: Method =
    Method { path: "/etcdserverpb.Lease/LeaseKeepAlive", effect: Effect::Repeatable };

pub const TIME_TO_LIVE: Method =
    Method { path: "/etcdserverpb.Lease/LeaseTimeToLive", effect: Effect::Read };

impl Client {
    /// With an id of 0 the server chooses one.
    pub fn grant(&self, ttl: i64, id: i64, common: Common) -> Result<Call> {
        positive("ttl", ttl)?;
        // Whoever chose the id can find out whether it is in use.
        let effect = if id == 0 { GRANT.effect } else { Effect::Write };
        Ok(self.call(GRANT.path, effect, empty()?.number(1, ttl).number(2, id), common))
    }

    pub fn revoke(&self, id: i64, common: Common) -> Result<Call> {
        let frame = empty()?.number(1, known(id)?);
        let call = self.call(REVOKE.path, REVOKE.effect, frame, common);
        Ok(Call { revokes: Some(id), ..call })
    }

    pub fn keep_alive_once(&self, id: i64, common: Common) -> Result<Call> {
        Ok(self.call(KEEP_ALIVE.path, KEEP_ALIVE.effect, empty()?.number(1, known(id)?), common))
    }

    pub fn time_to_live(&self, id: i64, keys: bool, common: Common) -> Result<Call> {
        let frame = empty()?.number(1, known(id)?).flag(2, keys);
        Ok(self.call(TIME_TO_LIVE.path, TIME_TO_LIVE.effect, frame, common))
    }

    pub fn leases(&self, common: Common) -> Result<Call> {
        Ok(self.call("/etcdserverpb.Lease/LeaseLeases", Effect::Read, empty()?, common))
    }
}

/// Does a write with a lease of its own; when it was not done, that is given back.
pub async fn with_new_lease(
    core: &Core,
    grant: Call,
    write: impl FnOnce(i64) -> Result<Call>,
    check: impl FnOnce(&[u8]) -> Result<()>,
) -> Result<(LeaseGrantResponse, Vec<u8>)> {
    let until = Deadline::after(grant.timeout);
    let granted = core.run(&grant, &Progress::default()).await;
    let granted = granted.and_then(|reply| GRANT.reply::<LeaseGrantResponse>(reply));
    // Without its key, a lease is nothing that anybody could see.
    let lease = granted.map_err(|error| error.maybe_applied(false))?;
    let written = async {
        let call = Call { timeout: until.left(), ..write(lease.id)? };
        let reply = core.run(&call, &Progress::default()).await?;
        check(&reply).map(|()| reply)
    };
    let written = written.await;
    if written.as_ref().is_err_and(|error| error.outcome == Outcome::NotApplied) {
        give_back(core, lease.id).await;
    }
    Ok((lease, written?))
}

/// 0 is what keys without a lease have.
pub fn known(id: i64) -> Result<i64> {
    match id {
        0 => Err(Error::invalid("id is 0, which is no lease")),
        id => Ok(id),
    }
}

/// The same for all together while a client is closed.
const AT_CLOSE: Duration = Duration::from_millis(400);
/// How long anybody waits for what is not needed any more to be taken away.
const TIDY: Duration = Duration::from_secs(1);

/// What those whose work was cut short by the close could not end themselves.
pub async fn give_back_left_behind(core: &Core) {
    let leases = std::mem::take(&mut *core.left_behind.lock().unwrap());
    let all = leases.into_iter().map(|id| give_back(core, id));
    let _ = timeout(AT_CLOSE, futures_util::future::join_all(all)).await;
}

/// Ends a lease that is of no more use, or else lets it expire.
pub async fn give_back(core: &Core, id: i64) {
    let until = Deadline::after(Some(TIDY));
    let _: Result<LeaseRevokeResponse> = core.ask(REVOKE, &LeaseRevokeRequest { id }, until).await;
}
