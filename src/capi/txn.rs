//! Transactions.

use super::exports::{call, response};
use super::kv::*;
use super::options::*;
use super::pairs::*;
use super::response::{first, Reply};
use super::types::{etcd_bytes_t, etcd_header_t, etcd_kv_t};
use super::{bytes, guard, handle, known_flags, quiet};
use crate::client::kv::Keys;
use crate::client::txn::{Branch, Builder, Op, Operand, Txn};
use crate::client::CallOptions;
use crate::error::{Error, Result};
use crate::status::*;
use crate::sync::IgnorePoison;
use crate::wire::decode::{self, Malformed, Part, Shape, DELETE_RANGE, PUT, RANGE};
use crate::wire::proto::compare::{CompareResult, CompareTarget};
use std::any::Any;
use std::ffi::c_void;
use std::sync::{Arc, Mutex};

/// A transaction under construction. Opaque; belongs to no client.
pub struct etcd_txn_t(());

handle::kind!(4, etcd_txn_t, Mutex<Builder>, "txn");

/// For branch: done if all compares hold.
pub const ETCD_BRANCH_THEN: i32 = 61;
/// For branch: done otherwise.
pub const ETCD_BRANCH_ELSE: i32 = 62;

/// For target: the number of changes since the key's creation.
pub const ETCD_TARGET_VERSION: i32 = 0;
/// For target: the revision of the key's creation.
pub const ETCD_TARGET_CREATE: i32 = 41;
/// For target: the revision of the key's last change.
pub const ETCD_TARGET_MOD: i32 = 42;
/// For target: the key's value. False for a key that does not exist.
pub const ETCD_TARGET_VALUE: i32 = 43;
/// For target: the lease that the key goes with.
pub const ETCD_TARGET_LEASE: i32 = 44;

/// For relation: the two are equal.
pub const ETCD_COMPARE_EQUAL: i32 = 0;
/// For relation: what the key has is greater.
pub const ETCD_COMPARE_GREATER: i32 = 51;
/// For relation: what the key has is less.
pub const ETCD_COMPARE_LESS: i32 = 52;
/// For relation: the two differ.
pub const ETCD_COMPARE_NOT_EQUAL: i32 = 53;

/// The end of an etcd_txn_commit_async(); its response is an etcd_txn_response_t.
pub const ETCD_EVENT_TXN_RESPONSE: i32 = 105;

/// A condition. Begin with ETCD_COMPARE_OPTIONS_INIT, which says that the key's
/// version is 0, that is, that it does not exist.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etcd_compare_options_t {
    /// Set by ETCD_COMPARE_OPTIONS_INIT.
    pub size: usize,
    /// When not empty: the condition is for all keys from the key up to, but not
    /// with, this one, and holds if it does for each of them that exists; where
    /// none does, as for a single key that does not exist.
    pub range_end: etcd_bytes_t,
    /// With ETCD_TARGET_VALUE: what the value is compared with, byte by byte.
    pub value: etcd_bytes_t,
    /// With any other target: what it is compared with. A key that does not
    /// exist has 0 everywhere.
    pub number: i64,
    /// An ETCD_COMPARE_ number.
    pub target: i32,
    /// ETCD_COMPARE_EQUAL, ETCD_COMPARE_GREATER, ETCD_COMPARE_LESS or ETCD_COMPARE_NOT_EQUAL.
    pub relation: i32,
    /// ETCD_PREFIX or ETCD_FROM_KEY.
    pub flags: u32,
    /// Must be 0.
    pub reserved: u32,
}

unsafe impl Options for etcd_compare_options_t {
    const NAME: &'static str = "etcd_compare_options_t";
    const FIRST_SIZE: usize = 64;
}

/// The reply to one operation of a transaction, or to etcd_kv_do(): one of the pointers, the others
/// are NULL.
///
/// Frozen: 48 bytes.
#[repr(C)]
pub struct etcd_op_response_t {
    /// ETCD_EVENT_GET_RESPONSE, ETCD_EVENT_PUT_RESPONSE, ETCD_EVENT_DELETE_RESPONSE or
    /// ETCD_EVENT_TXN_RESPONSE.
    pub kind: i32,
    /// Always 0.
    pub reserved: u32,
    /// To a get.
    pub range: *const etcd_get_response_t,
    /// To a put.
    pub put: *const etcd_put_response_t,
    /// To a delete.
    pub deleted: *const etcd_delete_response_t,
    /// To a transaction in the transaction.
    pub txn: *const etcd_txn_response_t,
    /// NULL; for operations of later versions.
    pub other: *const c_void,
}

impl etcd_op_response_t {
    pub(super) const NONE: etcd_op_response_t = etcd_op_response_t {
        kind: 0,
        reserved: 0,
        range: std::ptr::null(),
        put: std::ptr::null(),
        deleted: std::ptr::null(),
        txn: std::ptr::null(),
        other: std::ptr::null(),
    };
}

/// Reply to a transaction. Free it with etcd_txn_response_free().
#[repr(C)]
pub struct etcd_txn_response_t {
    /// The member that answered; header.revision is that of the transaction if it changed
    /// something. In replies inside it only the revision may be set.
    pub header: etcd_header_t,
    /// Replies to the operations of the branch that was done, in their order.
    pub responses: *const etcd_op_response_t,
    /// Number of elements of responses.
    pub response_count: usize,
    /// Whether all compares held, and with that which branch it was.
    pub succeeded: bool,
}

/// What a response's parts are kept in.
pub struct Tree {
    _parts: Vec<Box<dyn Any>>,
    _message: Vec<u8>,
}

response!(etcd_txn_response_t, Tree, etcd_txn_response_free);

impl Reply for etcd_txn_response_t {
    fn parse(message: Vec<u8>, prefix: &[u8]) -> Result<(Self, Tree)> {
        let mut parts: Vec<Box<dyn Any>> = Vec::new();
        let public = branch_of(&message, prefix, &mut parts, 0)?;
        Ok((public, Tree { _parts: parts, _message: message }))
    }
}

/// Deeper than any transaction that can be built here.
const DEEPEST: usize = 64;

/// A transaction's response; what it points to goes to `parts`.
fn branch_of(
    message: &[u8],
    prefix: &[u8],
    parts: &mut Vec<Box<dyn Any>>,
    depth: usize,
) -> Result<etcd_txn_response_t> {
    if depth > DEEPEST {
        return Err(Malformed.into());
    }
    let mut responses = Vec::new();
    let mut failed = None;
    let decoded = decode::txn(message, |part| match failed {
        Some(_) => {}
        None => match op_of(part, prefix, parts, depth) {
            Ok(response) => responses.push(response),
            Err(error) => failed = Some(error),
        },
    });
    let (header, succeeded) = decoded?;
    if let Some(error) = failed {
        return Err(error);
    }
    // Replies inside may go without, the whole never did.
    let header = header.or((depth > 0).then(Default::default));
    let public = etcd_txn_response_t {
        header: header.ok_or(Malformed)?.into(),
        responses: first(&responses),
        response_count: responses.len(),
        succeeded,
    };
    parts.push(Box::new(responses));
    Ok(public)
}

/// Moves a structure to where it stays.
fn keep<T: Any>(parts: &mut Vec<Box<dyn Any>>, part: T) -> *const T {
    let part = Box::new(part);
    let at: *const T = &*part;
    parts.push(part);
    at
}

fn op_of(
    part: Part<'_>,
    prefix: &[u8],
    parts: &mut Vec<Box<dyn Any>>,
    depth: usize,
) -> Result<etcd_op_response_t> {
    let mut response = etcd_op_response_t::NONE;
    let pairs = |shape: &Shape, message, parts: &mut Vec<Box<dyn Any>>| -> Result<_> {
        let (reply, kvs): (_, Vec<etcd_kv_t>) = Pairs::read(shape, message, prefix)?;
        // Where the vector's elements are they stay.
        let kvs = keep(parts, kvs);
        Ok((reply, kvs))
    };
    match part {
        Part::Range(message) => {
            let (reply, kvs) = pairs(&RANGE, message, parts)?;
            // SAFETY: kept by `parts`, which outlive the response.
            let range = etcd_get_response_t::new(reply, unsafe { &*kvs });
            response.kind = ETCD_EVENT_GET_RESPONSE;
            response.range = keep(parts, range);
        }
        Part::Put(message) => {
            let (reply, kvs) = pairs(&PUT, message, parts)?;
            // SAFETY: as above.
            let put = etcd_put_response_t::new(reply, unsafe { &*kvs });
            response.kind = ETCD_EVENT_PUT_RESPONSE;
            response.put = keep(parts, put);
        }
        Part::Delete(message) => {
            let (reply, kvs) = pairs(&DELETE_RANGE, message, parts)?;
            // SAFETY: as above.
            let deleted = etcd_delete_response_t::new(reply, unsafe { &*kvs });
            response.kind = ETCD_EVENT_DELETE_RESPONSE;
            response.deleted = keep(parts, deleted);
        }
        Part::Txn(message) => {
            let txn = branch_of(message, prefix, parts, depth + 1)?;
            response.kind = ETCD_EVENT_TXN_RESPONSE;
            response.txn = keep(parts, txn);
        }
    }
    Ok(response)
}

/// Which list an operation goes to.
pub(super) fn branch(number: i32) -> Result<Branch> {
    match number {
        ETCD_BRANCH_THEN => Ok(Branch::Then),
        ETCD_BRANCH_ELSE => Ok(Branch::Else),
        other => Err(Error::invalid(format!("branch is {other}"))),
    }
}

/// What options of an operation cannot say: a transaction has one deadline and goes to one member.
fn only_operation(common: CallOptions) -> Result<()> {
    match common.timeout.is_some() || common.require_leader {
        true => Err(Error::invalid(
            "timeout_ms and ETCD_REQUIRE_LEADER belong to the commit, or to etcd_kv_do()",
        )),
        false => Ok(()),
    }
}

/// The operations of transactions, and of requests.
pub(super) unsafe fn get_op(key: etcd_bytes_t, options: *const etcd_get_options_t) -> Result<Op> {
    let (keys, reading, common) = get_options(key, options)?;
    only_operation(common)?;
    Op::get(keys, &reading)
}

pub(super) unsafe fn put_op(
    key: etcd_bytes_t,
    value: etcd_bytes_t,
    options: *const etcd_put_options_t,
) -> Result<Op> {
    let (how, common) = put_options(options)?;
    only_operation(common)?;
    Op::put(bytes(key, "key")?, bytes(value, "value")?, &how)
}

pub(super) unsafe fn delete_op(
    key: etcd_bytes_t,
    options: *const etcd_delete_options_t,
) -> Result<Op> {
    let (keys, prev_kv, common) = delete_options(key, options)?;
    only_operation(common)?;
    Op::delete(keys, prev_kv)
}

/// Changes a transaction under construction.
pub(super) unsafe fn change(
    txn: *mut etcd_txn_t,
    change: impl FnOnce(&mut Txn) -> Result<()>,
) -> etcd_status_t {
    // The error is told by the commit.
    guard(std::ptr::null_mut(), || {
        let txn = handle::get(txn)?;
        let mut txn = txn.lock().ignore_poison();
        txn.change(change).map(|()| ETCD_OK)
    })
}

/// A copy of a transaction as it is now, as an operation.
pub(super) fn txn_op(txn: *const etcd_txn_t) -> Result<Op> {
    let txn: Arc<Mutex<Builder>> = handle::get(txn)?;
    let txn = txn.lock().ignore_poison();
    Ok(Op::txn(txn.built()?.clone()))
}

unsafe fn compare(
    txn: &mut Txn,
    key: etcd_bytes_t,
    options: *const etcd_compare_options_t,
) -> Result<()> {
    let options = copy(options)?;
    known_flags(options.flags, ETCD_PREFIX | ETCD_FROM_KEY)?;
    if options.reserved != 0 {
        return Err(Error::new(ETCD_ERR_UNSUPPORTED, "reserved must be 0"));
    }
    let value = bytes(options.value, "value")?;
    let operand = match (options.target, value, options.number) {
        (ETCD_TARGET_VALUE, value, 0) => Operand::Value(value),
        (ETCD_TARGET_VALUE, ..) => return Err(Error::invalid("number with ETCD_TARGET_VALUE")),
        (_, [], number) => Operand::Number(number),
        _ => return Err(Error::invalid("value without ETCD_TARGET_VALUE")),
    };
    let keys = keys(key, options.range_end, options.flags)?;
    txn.compare(keys, target(options.target)?, relation(options.relation)?, operand)
}

fn target(number: i32) -> Result<CompareTarget> {
    match number {
        ETCD_TARGET_VERSION => Ok(CompareTarget::Version),
        ETCD_TARGET_CREATE => Ok(CompareTarget::Create),
        ETCD_TARGET_MOD => Ok(CompareTarget::Mod),
        ETCD_TARGET_VALUE => Ok(CompareTarget::Value),
        ETCD_TARGET_LEASE => Ok(CompareTarget::Lease),
        other => Err(Error::invalid(format!("target is {other}"))),
    }
}

fn relation(number: i32) -> Result<CompareResult> {
    match number {
        ETCD_COMPARE_EQUAL => Ok(CompareResult::Equal),
        ETCD_COMPARE_GREATER => Ok(CompareResult::Greater),
        ETCD_COMPARE_LESS => Ok(CompareResult::Less),
        ETCD_COMPARE_NOT_EQUAL => Ok(CompareResult::NotEqual),
        other => Err(Error::invalid(format!("relation is {other}"))),
    }
}

/// Makes an empty transaction.
///
/// It has compares, and two lists of operations, of which one is done, at once and in order:
/// ETCD_BRANCH_THEN if all compares hold, ETCD_BRANCH_ELSE otherwise. What is added is copied. It
/// may be committed any number of times, by any client.
///
/// The functions that add to it return a status that may be ignored. The first error stays in
/// the transaction with its message: later additions do nothing and return its status, and
/// etcd_txn_commit(), etcd_op_new_txn() and an etcd_txn_nest() of the transaction fail with it.
/// Nothing is sent then. A transaction with an error can only be freed.
///
/// @return  The transaction; free it with etcd_txn_free(). NULL if too many handles are open: every
///          function that gets it then fails with ETCD_ERR_BAD_HANDLE, the commit too.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn etcd_txn_new() -> *mut etcd_txn_t {
    let new = || handle::insert(Arc::new(Mutex::new(Builder::default()))).ok();
    quiet(new).unwrap_or(std::ptr::null_mut())
}

/// Frees a transaction. Commits in progress go on.
///
/// @param txn  May be NULL, or freed already.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_txn_free(txn: *mut etcd_txn_t) {
    quiet(|| {
        let _ = handle::remove(txn);
    });
}

/// Adds a condition.
///
/// @param txn      Transaction.
/// @param key      Any bytes, copied; empty only with ETCD_PREFIX or ETCD_FROM_KEY.
/// @param options  The condition; NULL: that the key does not exist. Copied.
/// @return May be ignored. ETCD_OK; ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_EMPTY_KEY,
///         ETCD_ERR_TOO_MANY_OPS, ETCD_ERR_SEND_TOO_LARGE or ETCD_ERR_UNSUPPORTED, which stay in the
///         transaction (see etcd_txn_new()); or the error that is in it. If the transaction itself
///         is wrong, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED, and in a log callback
///         ETCD_ERR_UNSUPPORTED: these do not stay.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_txn_compare(
    txn: *mut etcd_txn_t,
    key: etcd_bytes_t,
    options: *const etcd_compare_options_t,
) -> etcd_status_t {
    change(txn, |txn| compare(txn, key, options))
}

/// Adds the condition that a key has a value, or one that is greater, less or different. It does
/// not hold for a key that does not exist.
///
/// @param txn       Transaction.
/// @param key       Any bytes but none. Copied.
/// @param relation  As etcd_compare_options_t.relation.
/// @param value     What the key's value is compared with, byte by byte. Copied.
/// @return As etcd_txn_compare().
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_txn_compare_value(
    txn: *mut etcd_txn_t,
    key: etcd_bytes_t,
    relation: i32,
    value: etcd_bytes_t,
) -> etcd_status_t {
    change(txn, |txn| {
        let value = Operand::Value(bytes(value, "value")?);
        let key = Keys::One(bytes(key, "key")?);
        txn.compare(key, CompareTarget::Value, self::relation(relation)?, value)
    })
}

/// Adds a condition on a number of a key's history. All of them are 0 for a key that does not
/// exist.
///
/// @param txn       Transaction.
/// @param key       Any bytes but none. Copied.
/// @param target    ETCD_TARGET_VERSION, ETCD_TARGET_CREATE, ETCD_TARGET_MOD or ETCD_TARGET_LEASE.
/// @param relation  As etcd_compare_options_t.relation.
/// @param number    What the key's number is compared with.
/// @return As etcd_txn_compare().
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_txn_compare_number(
    txn: *mut etcd_txn_t,
    key: etcd_bytes_t,
    target: i32,
    relation: i32,
    number: i64,
) -> etcd_status_t {
    change(txn, |txn| {
        let key = Keys::One(bytes(key, "key")?);
        let number = Operand::Number(number);
        txn.compare(key, self::target(target)?, self::relation(relation)?, number)
    })
}

/// Adds a get.
///
/// @param txn      Transaction.
/// @param branch   ETCD_BRANCH_THEN or ETCD_BRANCH_ELSE.
/// @param key      As etcd_kv_get(). Copied.
/// @param options  May be NULL for defaults; without a deadline, which is the commit's. Copied.
/// @return As etcd_txn_compare(), or ETCD_ERR_INVALID_SORT_OPTION, which stays too.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_txn_get(
    txn: *mut etcd_txn_t,
    branch: i32,
    key: etcd_bytes_t,
    options: *const etcd_get_options_t,
) -> etcd_status_t {
    change(txn, |txn| txn.add(self::branch(branch)?, get_op(key, options)?))
}

/// Adds a put. A transaction may put a key once in each branch.
///
/// @param txn      Transaction.
/// @param branch   ETCD_BRANCH_THEN or ETCD_BRANCH_ELSE.
/// @param key      As etcd_kv_put(). Copied.
/// @param value    As etcd_kv_put(). Copied.
/// @param options  May be NULL for defaults; without a deadline, which is the commit's. Copied.
/// @return As etcd_txn_compare().
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_txn_put(
    txn: *mut etcd_txn_t,
    branch: i32,
    key: etcd_bytes_t,
    value: etcd_bytes_t,
    options: *const etcd_put_options_t,
) -> etcd_status_t {
    change(txn, |txn| txn.add(self::branch(branch)?, put_op(key, value, options)?))
}

/// Adds a delete.
///
/// @param txn      Transaction.
/// @param branch   ETCD_BRANCH_THEN or ETCD_BRANCH_ELSE.
/// @param key      As etcd_kv_delete(). Copied.
/// @param options  May be NULL for defaults; without a deadline, which is the commit's. Copied.
/// @return As etcd_txn_compare().
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_txn_delete(
    txn: *mut etcd_txn_t,
    branch: i32,
    key: etcd_bytes_t,
    options: *const etcd_delete_options_t,
) -> etcd_status_t {
    change(txn, |txn| txn.add(self::branch(branch)?, delete_op(key, options)?))
}

/// Adds a transaction as an operation: a copy of it as it is now. Its compares
/// see the store as it was before the outer one.
///
/// @param txn      Transaction.
/// @param branch   ETCD_BRANCH_THEN or ETCD_BRANCH_ELSE.
/// @param nested   Another transaction, or the same. At most 30 may stand in each other, with
///                 65,536 compares and operations in all.
/// @return As etcd_txn_compare(). An error of the nested one stays in the outer one: that it is no
///         transaction, or one that is in it.
/// @par Thread safety  Any thread.
/// @since 0.1
#[no_mangle]
pub unsafe extern "C" fn etcd_txn_nest(
    txn: *mut etcd_txn_t,
    branch: i32,
    nested: *const etcd_txn_t,
) -> etcd_status_t {
    guard(std::ptr::null_mut(), || {
        // Copied before the other is locked: they may be the same, or nest each other.
        let nested = txn_op(nested);
        let txn = handle::get(txn)?;
        let mut txn = txn.lock().ignore_poison();
        txn.change(|txn| txn.add(self::branch(branch)?, nested?)).map(|()| ETCD_OK)
    })
}

call! {
    /// Executes a transaction: all operations of one branch, or none.
    ///
    /// It is not an error if the compares do not hold: the response says which branch was
    /// executed. The call fails as etcd_kv_put() does and is sent to a server at most once; a
    /// transaction that only reads is repeated as etcd_kv_get() is. Servers take 128 operations
    /// in a branch, and 1.5 MiB in all, unless they are configured otherwise.
    ///
    /// If something could not be added to the transaction, the call fails with that error, and
    /// nothing is sent (see etcd_txn_new()).
    ///
    /// @param txn The transaction. It stays as it is; an asynchronous call copies it.
    /// @return ETCD_ERR_TOO_MANY_OPS, ETCD_ERR_DUPLICATE_KEY, or an error of one of the operations,
    /// of which then none was executed.
    fn etcd_txn_commit(
        client, txn: *const etcd_txn_t, options: *const etcd_call_options_t,
    ) -> Option<etcd_txn_response_t> {
        let txn = handle::get(txn)?;
        let options = copy(options)?;
        let common = common(options.timeout_ms, options.flags, 0)?;
        let txn = txn.lock().ignore_poison();
        client.commit(txn.built()?, common)
    }
    async etcd_txn_commit_async => ETCD_EVENT_TXN_RESPONSE
}
