//! Writes of a key on the condition that it is as it was seen, and with a
//! lease of its own.

use super::bytes;
use super::exports::{call, response, Work};
use super::kv::*;
use super::pairs::*;
use super::response::{first, hand_out, unread, Reply};
use super::types::{etcd_bytes_t, etcd_header_t, etcd_kv_t};
use crate::client::kv::Keys;
use crate::client::lease::with_new_lease;
use crate::client::txn::{if_unchanged, Op, Seen};
use crate::client::{Call, Client};
use crate::error::{Error, Result};
use crate::wire::decode::{self, Malformed, Part, DELETE_RANGE, PUT, RANGE};
use crate::wire::proto::LeaseGrantResponse;

/// The end of an etcd_kv_put_if_absent_async() or another write with a condition;
/// its response is an etcd_if_response_t.
pub const ETCD_EVENT_IF_RESPONSE: i32 = 106;

/// Reply to a write with a condition. Free it with etcd_if_response_free().
#[repr(C)]
pub struct etcd_if_response_t {
    /// The member that answered; header.revision is the revision of the write, if there was one.
    pub header: etcd_header_t,
    /// If the condition held: with ETCD_PREV_KV, the key before the write. Otherwise the current
    /// key. NULL if it does not exist.
    pub kv: *const etcd_kv_t,
    /// Whether the condition held, and the write was done.
    pub succeeded: bool,
}

// The pairs, and the message that they point into.
response!(etcd_if_response_t, (Vec<etcd_kv_t>, Vec<u8>), etcd_if_response_free);

impl Reply for etcd_if_response_t {
    fn parse(message: Vec<u8>, prefix: &[u8]) -> Result<(Self, Self::Storage)> {
        let mut only = Err(Malformed.into());
        let decoded = decode::txn(&message, |part| {
            only = match part {
                Part::Range(reply) => Pairs::read(&RANGE, reply, prefix),
                Part::Put(reply) => Pairs::read(&PUT, reply, prefix),
                Part::Delete(reply) => Pairs::read(&DELETE_RANGE, reply, prefix),
                Part::Txn(_) => Err(Malformed.into()),
            };
        });
        let (header, succeeded) = decoded?;
        let header = header.ok_or(Malformed)?;
        let (_, kvs) = only?;
        let public = etcd_if_response_t { header: header.into(), kv: first(&kvs), succeeded };
        Ok((public, (kvs, message)))
    }
}

fn revision<'a>(seen: i64) -> Result<Seen<'a>> {
    match seen < 0 {
        true => Err(Error::invalid(format!("seen_revision is {seen}"))),
        false => Ok(Seen::Revision(seen)),
    }
}

unsafe fn put_if(
    client: &Client,
    key: etcd_bytes_t,
    seen: Seen<'_>,
    value: etcd_bytes_t,
    options: *const etcd_put_options_t,
) -> Result<Call> {
    let (how, common) = put_options(options)?;
    let key = bytes(key, "key")?;
    let put = Op::put(key, bytes(value, "value")?, &how)?;
    client.commit(&if_unchanged(key, seen, put)?, common)
}

unsafe fn delete_if(
    client: &Client,
    key: etcd_bytes_t,
    seen: Seen<'_>,
    options: *const etcd_delete_options_t,
) -> Result<Call> {
    match delete_options(key, options)? {
        (Keys::One(key), prev_kv, common) => {
            let delete = Op::delete(Keys::One(key), prev_kv)?;
            client.commit(&if_unchanged(key, seen, delete)?, common)
        }
        _ => Err(Error::invalid(
            "range_end, ETCD_PREFIX, ETCD_FROM_KEY: the condition is for one key",
        )),
    }
}

call! {
    /// Creates a key: writes it if it does not exist.
    ///
    /// The call is one transaction, and fails as etcd_kv_put() does. It is not an error if the
    /// condition does not hold: then succeeded is false, kv is the key as it is, and nothing was
    /// changed.
    ///
    /// @param key Any bytes; not empty.
    /// @param value Any bytes.
    fn etcd_kv_put_if_absent(
        client, key: etcd_bytes_t, value: etcd_bytes_t, options: *const etcd_put_options_t,
    ) -> etcd_if_response_t {
        put_if(client, key, Seen::Revision(0), value, options)
    }
    async etcd_kv_put_if_absent_async => ETCD_EVENT_IF_RESPONSE
}

call! {
    /// Writes a key if it has the value that the caller has seen.
    ///
    /// Apart from the condition the same as etcd_kv_put_if_absent().
    ///
    /// @param key Any bytes; not empty.
    /// @param seen_value The value that the key must have; any bytes.
    /// @param value Any bytes.
    fn etcd_kv_put_if_value(
        client, key: etcd_bytes_t, seen_value: etcd_bytes_t, value: etcd_bytes_t,
        options: *const etcd_put_options_t,
    ) -> etcd_if_response_t {
        put_if(client, key, Seen::Value(bytes(seen_value, "seen_value")?), value, options)
    }
    async etcd_kv_put_if_value_async => ETCD_EVENT_IF_RESPONSE
}

call! {
    /// Writes a key if it has not changed since the caller has seen it.
    ///
    /// Apart from the condition the same as etcd_kv_put_if_absent(). Where several programs
    /// write one key, each reads it, writes it with this call, and starts again with the
    /// returned kv if the write did not succeed.
    ///
    /// @param key Any bytes; not empty.
    /// @param seen_revision The mod_revision that the caller has seen; 0 if the key must not exist.
    /// @param value Any bytes.
    fn etcd_kv_put_if_revision(
        client, key: etcd_bytes_t, seen_revision: i64, value: etcd_bytes_t,
        options: *const etcd_put_options_t,
    ) -> etcd_if_response_t {
        put_if(client, key, revision(seen_revision)?, value, options)
    }
    async etcd_kv_put_if_revision_async => ETCD_EVENT_IF_RESPONSE
}

call! {
    /// Deletes a key if it has the value that the caller has seen.
    ///
    /// Apart from the condition the same as etcd_kv_put_if_absent(). The options must mean one
    /// key: without range_end, ETCD_PREFIX and ETCD_FROM_KEY.
    ///
    /// @param key Any bytes; not empty.
    /// @param seen_value The value that the key must have; any bytes.
    fn etcd_kv_delete_if_value(
        client, key: etcd_bytes_t, seen_value: etcd_bytes_t, options: *const etcd_delete_options_t,
    ) -> etcd_if_response_t {
        delete_if(client, key, Seen::Value(bytes(seen_value, "seen_value")?), options)
    }
    async etcd_kv_delete_if_value_async => ETCD_EVENT_IF_RESPONSE
}

call! {
    /// Deletes a key if it has not changed since the caller has seen it.
    ///
    /// Apart from the condition the same as etcd_kv_put_if_absent(). The options must mean one
    /// key: without range_end, ETCD_PREFIX and ETCD_FROM_KEY.
    ///
    /// @param key Any bytes; not empty.
    /// @param seen_revision The mod_revision that the caller has seen.
    fn etcd_kv_delete_if_revision(
        client, key: etcd_bytes_t, seen_revision: i64, options: *const etcd_delete_options_t,
    ) -> etcd_if_response_t {
        delete_if(client, key, revision(seen_revision)?, options)
    }
    async etcd_kv_delete_if_revision_async => ETCD_EVENT_IF_RESPONSE
}

call! {
    /// Writes a key with a new lease of its own, which is not renewed: the key is deleted when
    /// the lease ends.
    ///
    /// The call grants a lease and puts the key. It fails as etcd_kv_put() does, and the outcome
    /// is that of the put. The lease is revoked if the key was not written. An asynchronous call
    /// that is cancelled between the two steps has the outcome ETCD_MAYBE_APPLIED.
    ///
    /// @param key Any bytes; not empty.
    /// @param value Any bytes.
    /// @param ttl Seconds, at least 1. Servers raise small values: etcd to 2 s by default.
    /// @param options Without a lease. The deadline is for both steps.
    /// @param[out] out It has the lease, and the ttl that the server granted.
    /// @return ETCD_ERR_LEASE_TTL_TOO_LARGE.
    fn etcd_kv_put_ttl(
        client, key: etcd_bytes_t, value: etcd_bytes_t, ttl: i64, options: *const etcd_put_options_t,
    ) -> Option<etcd_put_response_t> {
        let (how, common) = put_options(options)?;
        if how.lease != 0 || how.ignore_lease {
            return Err(Error::invalid(
                "lease, ETCD_PUT_IGNORE_LEASE: the key gets a lease of its own",
            ));
        }
        let (key, value) = (bytes(key, "key")?, bytes(value, "value")?);
        let grant = client.grant(ttl, 0, common)?;
        let put = client.put_later(key, value, &how, common)?;
        let (core, prefix) = (client.core().clone(), client.namespace().prefix.clone());
        Ok(Work {
            stub: None,
            changes: true,
            waits: false,
            future: async move { with_new_lease(&core, grant, put, |_| Ok(())).await },
            response: move |(lease, message): (LeaseGrantResponse, Vec<u8>)| {
                let (mut response, storage) = etcd_put_response_t::parse(message, &prefix)
                    .map_err(|error| unread(error, true))?;
                (response.lease, response.ttl) = (lease.id, lease.ttl);
                Ok(hand_out(response, storage))
            },
        })
    }
    async etcd_kv_put_ttl_async => ETCD_EVENT_PUT_RESPONSE
}
