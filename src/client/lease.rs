//! Leases.

#![forbid(unsafe_code)]

use super::call::{require_positive, Call, CallOptions, Deadline, Effect, OnEnd, Progress};
use super::core::Core;
use super::keepalive::{nonzero_lease, Keeper};
use super::methods::*;
use crate::error::{Outcome, Result};
use crate::status::ETCD_ERR_LEASE_NOT_FOUND;
use crate::sync::IgnorePoison;
use crate::sys::boot_time;
use crate::wire::proto::*;
use prost::Message;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

impl Core {
    /// With an id of 0 the server chooses one. `keeper` learns how long the lease lives.
    pub fn grant(
        &self,
        ttl: i64,
        id: i64,
        keeper: &Arc<Keeper>,
        options: CallOptions,
    ) -> Result<Call> {
        require_positive("ttl", ttl)?;
        let call = self.message(LEASE_GRANT, &LeaseGrantRequest { ttl, id }, options)?;
        // A caller that chose the id can find out whether it is in use.
        let effect = if id == 0 { call.effect } else { Effect::Write };
        let on_end = tells(keeper, |reply: LeaseGrantResponse| (reply.id, reply.ttl));
        Ok(Call { effect, on_end: Some(on_end), ..call })
    }

    /// `keeper` keeps the lease alive no longer.
    pub fn revoke(&self, id: i64, keeper: &Arc<Keeper>, options: CallOptions) -> Result<Call> {
        let id = nonzero_lease(id)?;
        let call = self.message(LEASE_REVOKE, &LeaseRevokeRequest { id }, options)?;
        let keeper = keeper.clone();
        let on_end: OnEnd = Box::new(move |result| match result {
            Err(error) if error.status != ETCD_ERR_LEASE_NOT_FOUND => {}
            _ => keeper.revoked(id),
        });
        Ok(Call { on_end: Some(on_end), ..call })
    }

    /// `keeper` learns how long the lease lives.
    pub fn keep_alive_once(
        &self,
        id: i64,
        keeper: &Arc<Keeper>,
        options: CallOptions,
    ) -> Result<Call> {
        let request = LeaseKeepAliveRequest { id: nonzero_lease(id)? };
        let call = self.message(LEASE_KEEP_ALIVE, &request, options)?;
        let on_end = tells(keeper, move |reply: LeaseKeepAliveResponse| (id, reply.ttl));
        Ok(Call { on_end: Some(on_end), ..call })
    }

    pub fn time_to_live(&self, id: i64, keys: bool, options: CallOptions) -> Result<Call> {
        let request = LeaseTimeToLiveRequest { id: nonzero_lease(id)?, keys };
        self.message(LEASE_TIME_TO_LIVE, &request, options)
    }

    pub fn leases(&self, options: CallOptions) -> Result<Call> {
        self.message(LEASE_LEASES, &LeaseLeasesRequest {}, options)
    }
}

/// Tells the keeper the id and the ttl of a reply. The ttl counts from now, before the first
/// attempt: a later one may have been answered.
fn tells<R: Message + Default + 'static>(
    keeper: &Arc<Keeper>,
    read: impl Fn(R) -> (i64, i64) + Send + Sync + 'static,
) -> OnEnd {
    let (keeper, sent) = (keeper.clone(), boot_time());
    Box::new(move |result| {
        if let Some(reply) = result.as_ref().ok().and_then(|reply| R::decode(&**reply).ok()) {
            let (id, ttl) = read(reply);
            keeper.told(id, ttl, sent);
        }
    })
}

/// Grants a lease and writes with it. A write that was surely not done has its lease revoked.
pub async fn with_new_lease(
    core: &Core,
    grant: Call,
    write: impl FnOnce(i64) -> Result<Call>,
    check: impl FnOnce(&[u8]) -> Result<()>,
) -> Result<(LeaseGrantResponse, Vec<u8>)> {
    let until = Deadline::after(grant.timeout);
    let granted = core.run(&grant, &Progress::default()).await;
    let granted = granted.and_then(|reply| LEASE_GRANT.reply::<LeaseGrantResponse>(reply));
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

/// How long a caller waits until a lease that it does not need is revoked.
const TIDY: Duration = Duration::from_secs(1);
/// The same for the close, which revokes all of them at once.
const TIDY_AT_CLOSE: Duration = Duration::from_millis(400);

/// Revokes the leases of work that the close has cut short.
pub async fn give_back_orphaned(core: &Core) {
    let leases = std::mem::take(&mut *core.orphaned.lock().ignore_poison());
    let all = leases.into_iter().map(|id| give_back(core, id));
    let _ = timeout(TIDY_AT_CLOSE, futures_util::future::join_all(all)).await;
}

/// Revokes a lease of no more use; if that fails, the lease expires.
pub async fn give_back(core: &Core, id: i64) {
    let until = Deadline::after(Some(TIDY));
    let _: Result<LeaseRevokeResponse> =
        core.ask(LEASE_REVOKE, &LeaseRevokeRequest { id }, until).await;
}
