//! Transactions: built step by step, committed as often as wanted.

#![forbid(unsafe_code)]

use super::call::{Call, CallOptions, Effect, Method};
use super::core::Core;
use super::kv::{GetOptions, Keys, PutOptions};
use super::methods::{DELETE, GET, PUT, TXN};
use super::namespace::Named;
use crate::error::{Error, Result};
use crate::status::{ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_TOO_MANY_OPS};
use crate::wire::proto::compare::TargetUnion;
pub use crate::wire::proto::compare::{CompareResult, CompareTarget};
use crate::wire::proto::request_op::Request;
pub use crate::wire::proto::response_op::Response;
pub use crate::wire::proto::TxnResponse;
use crate::wire::proto::{Compare, DeleteRangeRequest, PutRequest, RequestOp, TxnRequest};
use bytes::Bytes;
use prost::Message;
use std::borrow::Cow;

/// Compares and operations in all, those of nested transactions too. More than
/// any server takes unless it is configured to.
const MAX_OPS: usize = 1 << 16;
/// How deep transactions may stand in each other; servers decode no more.
const MAX_NESTED: usize = 30;

/// What is compared with a key's value, or with a number of its history.
pub enum Operand<'a> {
    Value(&'a [u8]),
    Number(i64),
}

/// A transaction under construction.
#[derive(Clone, Default)]
pub struct Txn {
    request: TxnRequest,
    /// How many stand in each other below this one.
    depth: usize,
    /// Compares and operations in all.
    count: usize,
    /// Those of them that are transactions, and have no key.
    nested: usize,
    repeatable: bool,
}

/// Which of the two lists an operation goes to.
#[derive(Clone, Copy)]
pub enum Branch {
    Then,
    Else,
}

impl Txn {
    /// Says that it does no harm when it is done twice.
    pub fn repeatable(self) -> Txn {
        Txn { repeatable: true, ..self }
    }

    fn count(&mut self, more: usize) -> Result<()> {
        if self.count + more > MAX_OPS {
            let why = format!("more than {MAX_OPS} compares and operations");
            return Err(Error::new(ETCD_ERR_TOO_MANY_OPS, why));
        }
        self.count += more;
        Ok(())
    }

    pub fn compare(
        &mut self,
        keys: Keys<'_>,
        target: CompareTarget,
        result: CompareResult,
        operand: Operand<'_>,
    ) -> Result<()> {
        let union = match (target, operand) {
            (CompareTarget::Value, Operand::Value(value)) => {
                TargetUnion::Value(Bytes::copy_from_slice(value))
            }
            (CompareTarget::Version, Operand::Number(number)) => TargetUnion::Version(number),
            (CompareTarget::Create, Operand::Number(number)) => TargetUnion::CreateRevision(number),
            (CompareTarget::Mod, Operand::Number(number)) => TargetUnion::ModRevision(number),
            (CompareTarget::Lease, Operand::Number(number)) => TargetUnion::Lease(number),
            _ => {
                return Err(Error::invalid(
                    "value goes with a comparison of values, and number not",
                ))
            }
        };
        let (key, range_end) = keys.span()?;
        self.count(1)?;
        self.request.compare.push(Compare {
            result: result as i32,
            target: target as i32,
            key: Bytes::copy_from_slice(key),
            range_end: Bytes::copy_from_slice(&range_end),
            target_union: Some(union),
        });
        Ok(())
    }

    /// Adds an operation.
    pub fn add(&mut self, branch: Branch, op: Op) -> Result<()> {
        let Op { request, depth, count, nested } = op;
        if depth > MAX_NESTED {
            let why = format!("more than {MAX_NESTED} transactions in each other");
            return Err(Error::new(ETCD_ERR_INVALID_ARGUMENT, why));
        }
        self.count(count)?;
        let list = match branch {
            Branch::Then => &mut self.request.success,
            Branch::Else => &mut self.request.failure,
        };
        list.push(RequestOp { request: Some(request) });
        self.depth = self.depth.max(depth);
        self.nested += nested;
        Ok(())
    }
}

/// A transaction that is built without a look at each step: the first error stays.
#[derive(Default)]
pub struct Builder {
    txn: Txn,
    failed: Option<Error>,
}

impl Builder {
    /// Changes the transaction, unless an earlier change has failed.
    pub fn change(&mut self, change: impl FnOnce(&mut Txn) -> Result<()>) -> Result<()> {
        self.built()?;
        change(&mut self.txn).map_err(|error| self.failed.insert(error).clone())
    }

    /// The transaction, if all of it was added.
    pub fn built(&self) -> Result<&Txn> {
        match &self.failed {
            None => Ok(&self.txn),
            Some(error) => Err(error.clone()),
        }
    }
}

/// An operation: done alone, or as a part of transactions.
#[derive(Clone)]
pub struct Op {
    request: Request,
    /// How many transactions stand in each other here.
    depth: usize,
    /// Compares and operations in all, itself included.
    count: usize,
    /// Those of them that are transactions, and have no key.
    nested: usize,
}

/// What an operation is, and with that what is replied to it.
#[derive(Clone, Copy)]
pub enum Kind {
    Get,
    Put,
    Delete,
    Txn,
}

impl Op {
    fn single(request: Request) -> Op {
        Op { request, depth: 0, count: 1, nested: 0 }
    }

    pub fn get(keys: Keys<'_>, reading: &GetOptions) -> Result<Op> {
        Ok(Op::single(Request::RequestRange(reading.request(keys)?)))
    }

    pub fn put(key: &[u8], value: &[u8], how: &PutOptions) -> Result<Op> {
        let (key, _) = Keys::One(key).span()?;
        Ok(Op::single(Request::RequestPut(PutRequest {
            key: Bytes::copy_from_slice(key),
            value: Bytes::copy_from_slice(value),
            lease: how.lease,
            prev_kv: how.prev_kv,
            ignore_value: how.ignore_value,
            ignore_lease: how.ignore_lease,
        })))
    }

    pub fn delete(keys: Keys<'_>, prev_kv: bool) -> Result<Op> {
        let (key, range_end) = keys.span()?;
        Ok(Op::single(Request::RequestDeleteRange(DeleteRangeRequest {
            key: Bytes::copy_from_slice(key),
            range_end: Bytes::copy_from_slice(&range_end),
            prev_kv,
        })))
    }

    pub fn txn(txn: Txn) -> Op {
        let Txn { request, depth, count, nested, .. } = txn;
        Op {
            request: Request::RequestTxn(request),
            depth: depth + 1,
            count: count + 1,
            nested: nested + 1,
        }
    }

    pub fn kind(&self) -> Kind {
        match self.request {
            Request::RequestRange(_) => Kind::Get,
            Request::RequestPut(_) => Kind::Put,
            Request::RequestDeleteRange(_) => Kind::Delete,
            Request::RequestTxn(_) => Kind::Txn,
        }
    }
}

fn only_reads(request: &TxnRequest) -> bool {
    request.success.iter().chain(&request.failure).all(|op| match &op.request {
        Some(Request::RequestRange(_)) => true,
        Some(Request::RequestTxn(nested)) => only_reads(nested),
        _ => false,
    })
}

/// Whether a member may answer by itself, of a state that is not the latest
/// (etcd 3.4 to 3.7): that is so without any operation too.
fn is_serializable(request: &TxnRequest) -> bool {
    request.success.iter().chain(&request.failure).all(|op| match &op.request {
        Some(Request::RequestRange(range)) => range.serializable,
        _ => false,
    })
}

/// A change of a key on the condition that it is as it was seen, or else a look at it.
pub fn if_unchanged(key: &[u8], seen: Seen<'_>, change: Op) -> Result<Txn> {
    let one = Keys::One(key);
    let (target, operand) = match seen {
        Seen::Value(value) => (CompareTarget::Value, Operand::Value(value)),
        Seen::Revision(revision) => (CompareTarget::Mod, Operand::Number(revision)),
    };
    let mut txn = Txn::default();
    txn.compare(one, target, CompareResult::Equal, operand)?;
    txn.add(Branch::Then, change)?;
    txn.add(Branch::Else, Op::get(one, &GetOptions::default())?)?;
    Ok(txn)
}

/// What a key is expected to be.
#[derive(Clone, Copy)]
pub enum Seen<'a> {
    Value(&'a [u8]),
    /// Of its last change; 0 if it does not exist.
    Revision(i64),
}

impl Core {
    /// A transaction that only reads may be repeated like a read.
    pub fn commit(&self, txn: &Txn, options: CallOptions) -> Result<Call> {
        let call = self.transaction(&txn.request, txn.count - txn.nested, options)?;
        let repeatable = txn.repeatable && call.effect.changes();
        let effect = if repeatable { Effect::Repeatable } else { call.effect };
        Ok(Call { effect, ..call })
    }

    /// An operation alone.
    pub fn perform(&self, op: &Op, options: CallOptions) -> Result<Call> {
        let keys = op.count - op.nested;
        match &op.request {
            Request::RequestRange(get) => {
                let call = self.named(GET, get, keys, options)?;
                Ok(Call { ordered: !get.serializable, ..call })
            }
            Request::RequestPut(put) => self.named(PUT, put, keys, options),
            Request::RequestDeleteRange(delete) => self.named(DELETE, delete, keys, options),
            Request::RequestTxn(txn) => self.transaction(txn, keys, options),
        }
    }

    fn transaction(&self, txn: &TxnRequest, keys: usize, options: CallOptions) -> Result<Call> {
        let effect = if only_reads(txn) { Effect::Read } else { Effect::Write };
        let call = self.named(TXN, txn, keys, options)?;
        Ok(Call { effect, ordered: !is_serializable(txn), ..call })
    }

    /// A call whose message has so many keys, or more with the ends of ranges.
    fn named<M: Message + Named + Clone>(
        &self,
        method: Method,
        message: &M,
        keys: usize,
        options: CallOptions,
    ) -> Result<Call> {
        let mut message = Cow::Borrowed(message);
        let namespace = &self.namespace;
        if !namespace.prefix.is_empty() {
            // At least; before anything is copied.
            let longer = namespace.prefix.len().saturating_mul(keys);
            self.fits(message.encoded_len().saturating_add(longer))?;
            message.to_mut().add_prefix(namespace);
        }
        self.fits(message.encoded_len())?;
        self.message(method, &*message, options)
    }
}
