//! Leases.

#![forbid(unsafe_code)]

use super::call::Effect;
use super::server::{Core, Deadline, Method};
use crate::error::Result;
use crate::wire::proto::{LeaseRevokeRequest, LeaseRevokeResponse};
use std::time::Duration;

/// Granting twice leaves one lease that nobody uses, and that expires.
pub const GRANT: Method =
    Method { path: "/etcdserverpb.Lease/LeaseGrant", effect: Effect::Repeatable };
const REVOKE: Method =
    Method { path: "/etcdserverpb.Lease/LeaseRevoke", effect: Effect::Repeatable };
/// A stream of one request and one reply. A ttl of 0 says that the lease is gone.
pub const KEEP_ALIVE: Method =
    Method { path: "/etcdserverpb.Lease/LeaseKeepAlive", effect: Effect::Repeatable };

/// How long anybody waits for what is not needed any more to be taken away.
const TIDY: Duration = Duration::from_secs(1);

/// Ends a lease that is of no more use, or else lets it expire.
pub async fn give_back(core: &Core, id: i64) {
    let until = Deadline::after(Some(TIDY));
    let _: Result<LeaseRevokeResponse> = core.ask(REVOKE, &LeaseRevokeRequest { id }, until).await;
}
