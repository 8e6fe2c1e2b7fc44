//! etcd's calls by path, and what each does to the store.

#![forbid(unsafe_code)]

use super::call::{Call, Effect, Method};
use crate::error::{Error, Outcome};
use crate::status::{ETCD_ERR_COMPACTED, ETCD_ERR_FUTURE_REVISION};
use crate::transport::Failure;

pub const GET: Method = Method::new("/etcdserverpb.KV/Range", Effect::Read).ordered();
/// The same as a stream of parts.
pub const GET_STREAM: Method = Method::new("/etcdserverpb.KV/RangeStream", Effect::Read);
pub const PUT: Method = Method::new("/etcdserverpb.KV/Put", Effect::Write).ordered();
pub const DELETE: Method = Method::new("/etcdserverpb.KV/DeleteRange", Effect::Write).ordered();
/// One that only reads is a read; see [`super::txn`].
pub const TXN: Method = Method::new("/etcdserverpb.KV/Txn", Effect::Write).ordered();
pub const COMPACT: Method = Method::new("/etcdserverpb.KV/Compact", Effect::Write);

/// A second grant leaves an unused lease, which expires.
pub const LEASE_GRANT: Method = Method::new("/etcdserverpb.Lease/LeaseGrant", Effect::Repeatable);
pub const LEASE_REVOKE: Method = Method::new("/etcdserverpb.Lease/LeaseRevoke", Effect::Repeatable);
/// A stream. As a call it has one request and one reply, where a ttl of 0 says that the
/// lease is gone.
pub const LEASE_KEEP_ALIVE: Method =
    Method::new("/etcdserverpb.Lease/LeaseKeepAlive", Effect::Repeatable);
pub const LEASE_TIME_TO_LIVE: Method =
    Method::new("/etcdserverpb.Lease/LeaseTimeToLive", Effect::Read);
pub const LEASE_LEASES: Method = Method::new("/etcdserverpb.Lease/LeaseLeases", Effect::Read);

pub const WATCH: Method = Method::new("/etcdserverpb.Watch/Watch", Effect::Read);

pub const MEMBER_LIST: Method = Method::new("/etcdserverpb.Cluster/MemberList", Effect::Read);
pub const STATUS: Method = Method::new("/etcdserverpb.Maintenance/Status", Effect::Read);
/// A second login does no harm, so that it is repeated like a read.
pub const AUTHENTICATE: Method = Method::new("/etcdserverpb.Auth/Authenticate", Effect::Read);

/// The answer waits until nobody else holds the lock. Not to be repeated: a server that is
/// called off deletes the key, which is that of the other attempt too.
pub const LOCK: Method = Method::new("/v3lockpb.Lock/Lock", Effect::Write).waits();
pub const UNLOCK: Method = Method::new("/v3lockpb.Lock/Unlock", Effect::Write);

/// The error of a call that has no reply. It is the same of the engine in this process, which
/// never does a part of a transaction, so that a program meets there what servers do.
pub fn error(call: &Call, failure: Failure) -> Error {
    let refused = matches!(failure, Failure::Refused { .. });
    let error = failure.into_error(call.effect.changes());
    // Before 3.5.17 etcd may do a part of such a transaction (#18667).
    let half_done = refused
        && call.effect == Effect::Write
        && call.request.path == TXN.path
        && matches!(error.status, ETCD_ERR_COMPACTED | ETCD_ERR_FUTURE_REVISION);
    let maybe = half_done || error.outcome == Outcome::MaybeApplied;
    error.maybe_applied(maybe)
}
