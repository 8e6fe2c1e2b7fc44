//! get, put and delete.

use super::bytes;
use super::exports::call;
use super::options::*;
use super::pairs::*;
use super::types::etcd_bytes_t;
use crate::client::kv::{GetOptions, Keys, PutOptions};
use crate::client::{CallOptions, Timeout};
use crate::error::{Error, Result};
use crate::status::*;
use crate::wire::proto::range_request::{SortOrder, SortTarget};

/// For get: return keys without their values.
pub const ETCD_GET_KEYS_ONLY: u32 = 1 << 16;
/// For get: return the number of keys only; wins over ETCD_GET_KEYS_ONLY.
pub const ETCD_GET_COUNT_ONLY: u32 = 1 << 17;
/// For get: only the first key found by sort_target, such as the smallest, or with
/// ETCD_SORT_BY_CREATE the oldest. Excludes sort_order and limit.
pub const ETCD_GET_FIRST: u32 = 1 << 18;
/// For get: only the last key found by sort_target, such as the largest, or with
/// ETCD_SORT_BY_MOD the one changed last. Excludes sort_order and limit.
pub const ETCD_GET_LAST: u32 = 1 << 19;
/// For put: keep the value; the key must exist, and the value given be empty.
pub const ETCD_PUT_IGNORE_VALUE: u32 = 1 << 20;
/// For put: keep the lease; the key must exist, and the lease given be 0.
pub const ETCD_PUT_IGNORE_LEASE: u32 = 1 << 21;
/// For compact: return when the space has been freed too, not only decided upon.
pub const ETCD_COMPACT_PHYSICAL: u32 = 1 << 22;

/// For sort_order: by key, ascending. With another sort_target: by that, ascending, but with a limit
/// only the first keys are sorted, one more than the limit, and the last of them is left out.
pub const ETCD_SORT_NONE: i32 = 0;
/// For sort_order: smallest first, before the limit is applied.
pub const ETCD_SORT_ASCEND: i32 = 21;
/// For sort_order: largest first, before the limit is applied.
pub const ETCD_SORT_DESCEND: i32 = 22;

/// For sort_target: the key.
pub const ETCD_SORT_BY_KEY: i32 = 0;
/// For sort_target: the version.
pub const ETCD_SORT_BY_VERSION: i32 = 31;
/// For sort_target: the revision of the creation.
pub const ETCD_SORT_BY_CREATE: i32 = 32;
/// For sort_target: the revision of the last change.
pub const ETCD_SORT_BY_MOD: i32 = 33;
/// For sort_target: the value.
pub const ETCD_SORT_BY_VALUE: i32 = 34;

/// Options of etcd_kv_get(). Begin with ETCD_GET_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_get_options_t {
    /// Set by ETCD_GET_OPTIONS_INIT.
    pub size: usize,
    /// When not empty: all keys from the key up to, but not with, this one.
    /// Excludes ETCD_PREFIX and ETCD_FROM_KEY. Empty means the key alone, so
    /// check an end that was computed.
    pub range_end: etcd_bytes_t,
    /// Deadline in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
    pub timeout_ms: u32,
    /// ETCD_PREFIX or ETCD_FROM_KEY, ETCD_GET_FIRST or ETCD_GET_LAST, ETCD_SERIALIZABLE,
    /// ETCD_GET_KEYS_ONLY, ETCD_GET_COUNT_ONLY, ETCD_REQUIRE_LEADER.
    pub flags: u32,
    /// Read the keys as they were at this revision; 0 as they are now.
    /// ETCD_ERR_COMPACTED if it is gone, ETCD_ERR_FUTURE_REVISION if it is to come.
    pub revision: i64,
    /// Return at most so many keys, and say whether there are more; 0 for all.
    pub limit: i64,
    /// When not 0: only keys whose last change is of this revision or later.
    /// The response's count does not heed this, nor the next three.
    pub min_mod_revision: i64,
    /// When not 0: only keys whose last change is of this revision or earlier.
    pub max_mod_revision: i64,
    /// When not 0: only keys created at this revision or later.
    pub min_create_revision: i64,
    /// When not 0: only keys created at this revision or earlier.
    pub max_create_revision: i64,
    /// ETCD_SORT_NONE, ETCD_SORT_ASCEND or ETCD_SORT_DESCEND.
    pub sort_order: i32,
    /// An ETCD_SORT_BY_ number.
    pub sort_target: i32,
}

/// Options of etcd_kv_put(). Begin with ETCD_PUT_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_put_options_t {
    /// Set by ETCD_PUT_OPTIONS_INIT.
    pub size: usize,
    /// Deadline in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
    pub timeout_ms: u32,
    /// ETCD_PREV_KV, ETCD_PUT_IGNORE_VALUE, ETCD_PUT_IGNORE_LEASE, ETCD_REQUIRE_LEADER.
    pub flags: u32,
    /// A lease, with which the key goes; 0 for none, also if it had one.
    pub lease: i64,
}

/// Options of etcd_kv_delete(). Begin with ETCD_DELETE_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_delete_options_t {
    /// Set by ETCD_DELETE_OPTIONS_INIT.
    pub size: usize,
    /// When not empty: all keys from the key up to, but not with, this one.
    /// Excludes ETCD_PREFIX and ETCD_FROM_KEY. Empty means the key alone, so
    /// check an end that was computed.
    pub range_end: etcd_bytes_t,
    /// Deadline in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
    pub timeout_ms: u32,
    /// ETCD_PREFIX or ETCD_FROM_KEY, ETCD_PREV_KV, ETCD_REQUIRE_LEADER.
    pub flags: u32,
}

unsafe impl Options for etcd_get_options_t {
    const NAME: &'static str = "etcd_get_options_t";
    const FIRST_SIZE: usize = 32;
}

unsafe impl Options for etcd_put_options_t {
    const NAME: &'static str = "etcd_put_options_t";
    const FIRST_SIZE: usize = 16;
}

unsafe impl Options for etcd_delete_options_t {
    const NAME: &'static str = "etcd_delete_options_t";
    const FIRST_SIZE: usize = 32;
}

const GET_FLAGS: u32 = ETCD_PREFIX
    | ETCD_FROM_KEY
    | ETCD_SERIALIZABLE
    | ETCD_GET_KEYS_ONLY
    | ETCD_GET_COUNT_ONLY
    | ETCD_GET_FIRST
    | ETCD_GET_LAST;
const PUT_FLAGS: u32 = ETCD_PREV_KV | ETCD_PUT_IGNORE_VALUE | ETCD_PUT_IGNORE_LEASE;
const DELETE_FLAGS: u32 = ETCD_PREFIX | ETCD_FROM_KEY | ETCD_PREV_KV;

/// The options of a call, split in what is for it alone and what is for any call.
pub(super) unsafe fn get_options<'a>(
    key: etcd_bytes_t,
    options: *const etcd_get_options_t,
) -> Result<(Keys<'a>, GetOptions, CallOptions)> {
    let options = copy(options)?;
    let common = common(options.timeout_ms, options.flags, GET_FLAGS)?;
    let (limit, sort_order) = match options.flags & (ETCD_GET_FIRST | ETCD_GET_LAST) {
        0 => (options.limit, sort_order(options.sort_order)?),
        ETCD_GET_FIRST if (options.limit, options.sort_order) == (0, 0) => (1, SortOrder::Ascend),
        ETCD_GET_LAST if (options.limit, options.sort_order) == (0, 0) => (1, SortOrder::Descend),
        _ => {
            let why = "ETCD_GET_FIRST, ETCD_GET_LAST, and sort_order with limit exclude each other";
            return Err(Error::invalid(why));
        }
    };
    let reading = GetOptions {
        revision: options.revision,
        limit,
        sort_order,
        sort_target: sort_target(options.sort_target)?,
        serializable: options.flags & ETCD_SERIALIZABLE != 0,
        keys_only: options.flags & ETCD_GET_KEYS_ONLY != 0,
        count_only: options.flags & ETCD_GET_COUNT_ONLY != 0,
        min_mod_revision: options.min_mod_revision,
        max_mod_revision: options.max_mod_revision,
        min_create_revision: options.min_create_revision,
        max_create_revision: options.max_create_revision,
    };
    Ok((keys(key, options.range_end, options.flags)?, reading, common))
}

pub(super) fn sort_order(number: i32) -> Result<SortOrder> {
    match number {
        ETCD_SORT_NONE => Ok(SortOrder::None),
        ETCD_SORT_ASCEND => Ok(SortOrder::Ascend),
        ETCD_SORT_DESCEND => Ok(SortOrder::Descend),
        other => Err(Error::new(ETCD_ERR_INVALID_SORT_OPTION, format!("sort_order is {other}"))),
    }
}

fn sort_target(number: i32) -> Result<SortTarget> {
    match number {
        ETCD_SORT_BY_KEY => Ok(SortTarget::Key),
        ETCD_SORT_BY_VERSION => Ok(SortTarget::Version),
        ETCD_SORT_BY_CREATE => Ok(SortTarget::Create),
        ETCD_SORT_BY_MOD => Ok(SortTarget::Mod),
        ETCD_SORT_BY_VALUE => Ok(SortTarget::Value),
        other => Err(Error::new(ETCD_ERR_INVALID_SORT_OPTION, format!("sort_target is {other}"))),
    }
}

pub(super) unsafe fn put_options(
    options: *const etcd_put_options_t,
) -> Result<(PutOptions, CallOptions)> {
    let options = copy(options)?;
    let common = common(options.timeout_ms, options.flags, PUT_FLAGS)?;
    let how = PutOptions {
        lease: options.lease,
        prev_kv: options.flags & ETCD_PREV_KV != 0,
        ignore_value: options.flags & ETCD_PUT_IGNORE_VALUE != 0,
        ignore_lease: options.flags & ETCD_PUT_IGNORE_LEASE != 0,
    };
    Ok((how, common))
}

pub(super) unsafe fn delete_options<'a>(
    key: etcd_bytes_t,
    options: *const etcd_delete_options_t,
) -> Result<(Keys<'a>, bool, CallOptions)> {
    let options = copy(options)?;
    let common = common(options.timeout_ms, options.flags, DELETE_FLAGS)?;
    let prev_kv = options.flags & ETCD_PREV_KV != 0;
    Ok((keys(key, options.range_end, options.flags)?, prev_kv, common))
}

call! {
    /// Reads one key, or all keys of a range.
    ///
    /// The read is linearizable: it sees every write that was acknowledged before it began.
    /// It is repeated until the deadline when a connection or a member fails, on another member
    /// if there is one, and it is sent to a second member when the first is slow.
    ///
    /// @param key Any bytes; empty only with ETCD_PREFIX or ETCD_FROM_KEY.
    /// @param[out] out A key that does not exist is success with kv_count 0.
    /// @return ETCD_ERR_REPLY_TOO_LARGE, ETCD_ERR_COMPACTED, ETCD_ERR_FUTURE_REVISION.
    fn etcd_kv_get(client, key: etcd_bytes_t, options: *const etcd_get_options_t) -> etcd_get_response_t {
        let (keys, reading, common) = get_options(key, options)?;
        client.get(keys, &reading, common)
    }
    async etcd_kv_get_async => ETCD_EVENT_GET_RESPONSE
}

call! {
    /// Writes one key.
    ///
    /// The request is sent to a server at most once. If the reply is lost, the outcome of the
    /// error is ETCD_MAYBE_APPLIED, and the caller must read the key before it writes again.
    /// Puts that are started together may be applied in any order.
    ///
    /// @param key Any bytes; not empty.
    /// @param value Any bytes.
    /// @return ETCD_ERR_NO_SPACE, ETCD_ERR_LEASE_NOT_FOUND.
    fn etcd_kv_put(
        client, key: etcd_bytes_t, value: etcd_bytes_t, options: *const etcd_put_options_t,
    ) -> Option<etcd_put_response_t> {
        let (how, common) = put_options(options)?;
        client.put(bytes(key, "key")?, bytes(value, "value")?, &how, common)
    }
    async etcd_kv_put_async => ETCD_EVENT_PUT_RESPONSE
}

call! {
    /// Deletes one key, or all keys of a range.
    ///
    /// The request is sent to a server at most once, as that of etcd_kv_put(). It is not an
    /// error if there is nothing to delete.
    ///
    /// @param key Any bytes; empty only with ETCD_PREFIX or ETCD_FROM_KEY.
    fn etcd_kv_delete(
        client, key: etcd_bytes_t, options: *const etcd_delete_options_t,
    ) -> Option<etcd_delete_response_t> {
        let (keys, prev_kv, common) = delete_options(key, options)?;
        client.delete(keys, prev_kv, common)
    }
    async etcd_kv_delete_async => ETCD_EVENT_DELETE_RESPONSE
}

call! {
    /// Discards the history before a revision.
    ///
    /// Reads and watches of earlier revisions then fail with ETCD_ERR_COMPACTED. The present
    /// keys and values stay. The request is sent to a server at most once. With
    /// ETCD_COMPACT_PHYSICAL there is no deadline unless one is given.
    ///
    /// @param revision The oldest revision to keep; at least 1.
    /// @return ETCD_ERR_COMPACTED if it was compacted before, ETCD_ERR_FUTURE_REVISION.
    fn etcd_kv_compact(
        client, revision: i64, options: *const etcd_call_options_t,
    ) -> Option<etcd_header_response_t> {
        let options = copy(options)?;
        let mut common = common(options.timeout_ms, options.flags, ETCD_COMPACT_PHYSICAL)?;
        let physical = options.flags & ETCD_COMPACT_PHYSICAL != 0;
        // Nobody knows how long that takes.
        common.timeout = common.timeout.or(physical.then_some(Timeout::Never));
        client.compact(revision, physical, common)
    }
    async etcd_kv_compact_async => ETCD_EVENT_COMPACT_RESPONSE
}
