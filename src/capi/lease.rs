//! Leases: granted, kept alive, looked at, revoked.

use super::exports::{call, response};
use super::options::*;
use super::pairs::etcd_header_response_t;
use super::response::{first, typed, Reply};
use super::types::{etcd_bytes_t, etcd_header_t};
use crate::client::namespace::name;
use crate::error::{printable, Error, Result};
use crate::status::*;
use crate::wire::decode::Malformed;
use crate::wire::proto::*;
use bytes::Bytes;

/// For etcd_lease_time_to_live(): return the lease's keys too.
pub const ETCD_LEASE_KEYS: u32 = 1 << 16;

/// The end of an etcd_lease_grant_async(); its response is an etcd_lease_grant_response_t.
pub const ETCD_EVENT_LEASE_GRANT_RESPONSE: i32 = 111;
/// The end of an etcd_lease_revoke_async(); its response is an etcd_header_response_t.
pub const ETCD_EVENT_LEASE_REVOKE_RESPONSE: i32 = 112;
/// The end of an etcd_lease_keep_alive_once_async(); its response is an
/// etcd_lease_keep_alive_response_t.
pub const ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE: i32 = 113;
/// The end of an etcd_lease_time_to_live_async(); its response is an
/// etcd_lease_time_to_live_response_t.
pub const ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE: i32 = 114;
/// The end of an etcd_lease_list_async(); its response is an etcd_lease_list_response_t.
pub const ETCD_EVENT_LEASE_LIST_RESPONSE: i32 = 115;

/// Options of etcd_lease_grant(). Begin with ETCD_LEASE_GRANT_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_lease_grant_options_t {
    /// Set by ETCD_LEASE_GRANT_OPTIONS_INIT.
    pub size: usize,
    /// The lease's id, any number; 0 lets the server choose one. With an id of its
    /// own a caller can ask later whether a grant without an answer was made.
    pub id: i64,
    /// Deadline in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
    pub timeout_ms: u32,
    /// ETCD_REQUIRE_LEADER.
    pub flags: u32,
}

unsafe impl Options for etcd_lease_grant_options_t {
    const NAME: &'static str = "etcd_lease_grant_options_t";
    const FIRST_SIZE: usize = 24;
}

/// Reply to a grant. Free it with etcd_lease_grant_response_free().
#[repr(C)]
pub struct etcd_lease_grant_response_t {
    /// The member that answered, and its revision.
    pub header: etcd_header_t,
    /// The lease; never 0.
    pub id: i64,
    /// Its time to live as granted, in seconds.
    pub ttl: i64,
}

/// Reply to a renewal. Free it with etcd_lease_keep_alive_response_free().
#[repr(C)]
pub struct etcd_lease_keep_alive_response_t {
    /// The member that answered, and its revision.
    pub header: etcd_header_t,
    /// The lease.
    pub id: i64,
    /// Seconds that it has from now on.
    pub ttl: i64,
}

/// Reply to etcd_lease_time_to_live(). Free it with etcd_lease_time_to_live_response_free().
#[repr(C)]
pub struct etcd_lease_time_to_live_response_t {
    /// The member that answered, and its revision.
    pub header: etcd_header_t,
    /// The lease.
    pub id: i64,
    /// Whole seconds left; -1 if there is no such lease.
    pub ttl: i64,
    /// Seconds that it was granted; 0 if there is no such lease.
    pub granted_ttl: i64,
    /// With ETCD_LEASE_KEYS its keys, in no order; valid until the response is freed.
    pub keys: *const etcd_bytes_t,
    /// Number of elements of keys.
    pub key_count: usize,
}

/// Reply to a listing. Free it with etcd_lease_list_response_free().
#[repr(C)]
pub struct etcd_lease_list_response_t {
    /// The member that answered, and its revision.
    pub header: etcd_header_t,
    /// The leases; valid until the response is freed.
    pub ids: *const i64,
    /// Number of elements of ids.
    pub id_count: usize,
}

fn header(header: Option<ResponseHeader>) -> Result<etcd_header_t> {
    // etcd has never sent a reply without one.
    let header = header.filter(|header| header.revision >= 0);
    let header = header.ok_or(Malformed)?;
    Ok(etcd_header_t {
        cluster_id: header.cluster_id,
        member_id: header.member_id,
        revision: header.revision,
        raft_term: header.raft_term,
    })
}

response!(etcd_lease_grant_response_t, (), etcd_lease_grant_response_free);
response!(etcd_lease_keep_alive_response_t, (), etcd_lease_keep_alive_response_free);
response!(
    etcd_lease_time_to_live_response_t,
    (Vec<etcd_bytes_t>, Vec<Bytes>),
    etcd_lease_time_to_live_response_free
);
response!(etcd_lease_list_response_t, Vec<i64>, etcd_lease_list_response_free);

impl Reply for etcd_lease_grant_response_t {
    fn parse(message: Vec<u8>, _: &[u8]) -> Result<(Self, ())> {
        let LeaseGrantResponse { header: from, id, ttl, error } = typed(message)?;
        if !error.is_empty() {
            return Err(Error::new(ETCD_ERR_BAD_REPLY, printable(&error)));
        }
        if id == 0 || ttl <= 0 {
            return Err(Malformed.into());
        }
        Ok((etcd_lease_grant_response_t { header: header(from)?, id, ttl }, ()))
    }
}

impl Reply for etcd_lease_keep_alive_response_t {
    fn parse(message: Vec<u8>, _: &[u8]) -> Result<(Self, ())> {
        let LeaseKeepAliveResponse { header: from, id, ttl } = typed(message)?;
        if ttl <= 0 {
            return Err(Error::new(ETCD_ERR_LEASE_NOT_FOUND, "the lease has ended"));
        }
        Ok((etcd_lease_keep_alive_response_t { header: header(from)?, id, ttl }, ()))
    }
}

impl Reply for etcd_lease_time_to_live_response_t {
    fn parse(message: Vec<u8>, prefix: &[u8]) -> Result<(Self, Self::Storage)> {
        let LeaseTimeToLiveResponse { header: from, id, ttl, granted_ttl, keys } = typed(message)?;
        let views: Vec<etcd_bytes_t> =
            keys.iter().filter_map(|key| name(prefix, key)).map(Into::into).collect();
        let public = etcd_lease_time_to_live_response_t {
            header: header(from)?,
            id,
            ttl,
            granted_ttl,
            keys: first(&views),
            key_count: views.len(),
        };
        Ok((public, (views, keys)))
    }
}

impl Reply for etcd_lease_list_response_t {
    fn parse(message: Vec<u8>, _: &[u8]) -> Result<(Self, Vec<i64>)> {
        let reply: LeaseLeasesResponse = typed(message)?;
        let ids: Vec<i64> = reply.leases.iter().map(|lease| lease.id).collect();
        let public = etcd_lease_list_response_t {
            header: header(reply.header)?,
            ids: first(&ids),
            id_count: ids.len(),
        };
        Ok((public, ids))
    }
}

call! {
    /// Grants a lease: keys that are put with it are deleted when it ends.
    ///
    /// A lease ends ttl seconds after it was granted or last renewed, or when it is revoked. A
    /// call whose reply is lost is repeated, and may then leave behind a lease that is not
    /// known to any client. That cannot happen with an id that the caller has chosen.
    ///
    /// @param ttl Seconds, 1 to 9,000,000,000. Servers raise small values: etcd to 2 by default.
    /// The response has the ttl that was granted.
    /// @return ETCD_ERR_LEASE_EXISTS, ETCD_ERR_LEASE_TTL_TOO_LARGE.
    fn etcd_lease_grant(
        client, ttl: i64, options: *const etcd_lease_grant_options_t,
    ) -> etcd_lease_grant_response_t {
        let options = copy(options)?;
        client.grant(ttl, options.id, common(options.timeout_ms, options.flags, 0)?)
    }
    async etcd_lease_grant_async => ETCD_EVENT_LEASE_GRANT_RESPONSE
}

call! {
    /// Revokes a lease: ends it and deletes its keys, in one revision.
    ///
    /// A call whose reply is lost is repeated: ETCD_ERR_LEASE_NOT_FOUND with the outcome
    /// ETCD_MAYBE_APPLIED may mean that the first attempt has revoked it.
    ///
    /// @param id The lease.
    /// @param[out] out header.revision is that of the deletion of the keys, if there were any.
    /// @return ETCD_ERR_LEASE_NOT_FOUND.
    fn etcd_lease_revoke(
        client, id: i64, options: *const etcd_call_options_t,
    ) -> Option<etcd_header_response_t> {
        let options = copy(options)?;
        client.revoke(id, common(options.timeout_ms, options.flags, 0)?)
    }
    async etcd_lease_revoke_async => ETCD_EVENT_LEASE_REVOKE_RESPONSE
}

call! {
    /// Renews a lease once: gives it its whole ttl again.
    ///
    /// Do this when a third of the ttl has passed, or use etcd_lease_keep_alive_open(). Count
    /// the ttl from before the call: the server counts from a moment during it.
    ///
    /// @param id The lease.
    /// @return ETCD_ERR_LEASE_NOT_FOUND if it has ended.
    fn etcd_lease_keep_alive_once(
        client, id: i64, options: *const etcd_call_options_t,
    ) -> Option<etcd_lease_keep_alive_response_t> {
        let options = copy(options)?;
        client.keep_alive_once(id, common(options.timeout_ms, options.flags, 0)?)
    }
    async etcd_lease_keep_alive_once_async => ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE
}

call! {
    /// Returns how long a lease has to live, and with ETCD_LEASE_KEYS its keys.
    ///
    /// It is not an error if the lease does not exist: then its ttl is -1.
    ///
    /// @param id The lease.
    fn etcd_lease_time_to_live(
        client, id: i64, options: *const etcd_call_options_t,
    ) -> etcd_lease_time_to_live_response_t {
        let options = copy(options)?;
        let common = common(options.timeout_ms, options.flags, ETCD_LEASE_KEYS)?;
        client.time_to_live(id, options.flags & ETCD_LEASE_KEYS != 0, common)
    }
    async etcd_lease_time_to_live_async => ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE
}

call! {
    /// Lists all leases of the cluster.
    fn etcd_lease_list(client, options: *const etcd_call_options_t) -> etcd_lease_list_response_t {
        let options = copy(options)?;
        client.leases(common(options.timeout_ms, options.flags, 0)?)
    }
    async etcd_lease_list_async => ETCD_EVENT_LEASE_LIST_RESPONSE
}
