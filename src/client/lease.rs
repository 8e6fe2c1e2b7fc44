//! Leases.

#![forbid(unsafe_code)]

use super::call::{Call, Effect};
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

    /// Writes something with a lease of its own. One that nothing came of is given back.
    pub fn with_new_lease<T>(
        &self,
        ttl: i64,
        common: Common,
        until: Deadline,
        write: impl FnOnce(&LeaseGrantResponse) -> Result<T>,
    ) -> Result<T> {
        let call = Call { timeout: until.left(), ..self.grant(ttl, 0, common)? };
        let granted = self.run(call).and_then(|reply| GRANT.reply::<LeaseGrantResponse>(reply));
        // Without its key, a lease is nothing that anybody could see.
        let lease = granted.map_err(|error| error.maybe_applied(false))?;
        let written = write(&lease);
        match &written {
            Err(error) if error.outcome == Outcome::NotApplied => {
                let core = self.core().clone();
                let _ = self.wait(async move {
                    give_back(&core, lease.id).await;
                    Ok(())
                });
            }
            _ => {}
        }
        written
    }

    pub fn leases(&self, common: Common) -> Result<Call> {
        Ok(self.call("/etcdserverpb.Lease/LeaseLeases", Effect::Read, empty()?, common))
    }
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
