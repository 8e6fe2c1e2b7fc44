//! Transactions: built step by step, committed as often as wanted.

#![forbid(unsafe_code)]

use super::call::{Call, Effect};
use super::kv::{no_memory, Common, Keys, Reading, Writing};
use super::Client;
use crate::error::{Error, Result};
use crate::status::{ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_TOO_MANY_OPS};
use crate::wire::encode;
use crate::wire::proto::compare::{CompareResult, CompareTarget, TargetUnion};
use crate::wire::proto::request_op::Request;
use crate::wire::proto::{Compare, DeleteRangeRequest, PutRequest, RequestOp, TxnRequest};
use bytes::Bytes;
use prost::Message;
use std::borrow::Cow;

/// Compares and operations in all, those of nested transactions too. More than
/// any server takes unless it is configured to.
const MOST_OPS: usize = 1 << 16;
/// How deep transactions may stand in each other; servers decode no more.
const MOST_NESTED: usize = 30;

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
}

/// Which of the two lists an operation goes to.
#[derive(Clone, Copy)]
pub enum Branch {
    Then,
    Else,
}

impl Txn {
    fn count(&mut self, more: usize) -> Result<()> {
        if self.count + more > MOST_OPS {
            let why = format!("more than {MOST_OPS} compares and operations");
            return Err(Error::new(ETCD_ERR_TOO_MANY_OPS, why));
        }
        self.count += more;
        Ok(())
    }

    /// `target` and `result` are the numbers of etcd's enums.
    pub fn compare(
        &mut self,
        keys: Keys<'_>,
        target: i32,
        result: i32,
        operand: Operand<'_>,
    ) -> Result<()> {
        let target = CompareTarget::try_from(target)
            .map_err(|_| Error::invalid(format!("target is {target}")))?;
        if CompareResult::try_from(result).is_err() {
            return Err(Error::invalid(format!("result is {result}")));
        }
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
            result,
            target: target as i32,
            key: Bytes::copy_from_slice(key),
            range_end: Bytes::copy_from_slice(&range_end),
            target_union: Some(union),
        });
        Ok(())
    }

    pub fn get(&mut self, branch: Branch, keys: Keys<'_>, reading: &Reading) -> Result<()> {
        self.push(branch, Request::RequestRange(reading.request(keys)?))
    }

    pub fn put(&mut self, branch: Branch, key: &[u8], value: &[u8], how: &Writing) -> Result<()> {
        let (key, _) = Keys::One(key).span()?;
        let put = PutRequest {
            key: Bytes::copy_from_slice(key),
            value: Bytes::copy_from_slice(value),
            lease: how.lease,
            prev_kv: how.prev_kv,
            ignore_value: how.ignore_value,
            ignore_lease: how.ignore_lease,
        };
        self.push(branch, Request::RequestPut(put))
    }

    pub fn delete(&mut self, branch: Branch, keys: Keys<'_>, prev_kv: bool) -> Result<()> {
        let (key, range_end) = keys.span()?;
        let delete = DeleteRangeRequest {
            key: Bytes::copy_from_slice(key),
            range_end: Bytes::copy_from_slice(&range_end),
            prev_kv,
        };
        self.push(branch, Request::RequestDeleteRange(delete))
    }

    /// A copy of the other one, as it is now.
    pub fn nest(&mut self, branch: Branch, other: Txn) -> Result<()> {
        let Txn { request, depth, count, nested } = other;
        if depth + 1 > MOST_NESTED {
            let why = format!("more than {MOST_NESTED} transactions in each other");
            return Err(Error::new(ETCD_ERR_INVALID_ARGUMENT, why));
        }
        self.count(count)?;
        self.push(branch, Request::RequestTxn(request))?;
        self.nested += nested + 1;
        self.depth = self.depth.max(depth + 1);
        Ok(())
    }

    fn push(&mut self, branch: Branch, request: Request) -> Result<()> {
        self.count(1)?;
        let list = match branch {
            Branch::Then => &mut self.request.success,
            Branch::Else => &mut self.request.failure,
        };
        list.push(RequestOp { request: Some(request) });
        Ok(())
    }
}

fn only_reads(request: &TxnRequest) -> bool {
    request.success.iter().chain(&request.failure).all(|op| match &op.request {
        Some(Request::RequestRange(_)) => true,
        Some(Request::RequestTxn(nested)) => only_reads(nested),
        _ => false,
    })
}

impl Client {
    /// One that only reads may be repeated like a read.
    pub fn commit(&self, txn: &Txn, common: Common) -> Result<Call> {
        let mut request = Cow::Borrowed(&txn.request);
        let prefix = &self.namespace().prefix;
        if !prefix.is_empty() {
            // At least; before anything is copied.
            let longer = prefix.len().saturating_mul(txn.count - txn.nested);
            self.fits(request.encoded_len().saturating_add(longer))?;
            self.namespace().place_txn(request.to_mut());
        }
        let size = request.encoded_len();
        self.fits(size)?;
        let frame = encode::frame(&*request).ok_or_else(|| no_memory(size))?;
        let effect = if only_reads(&request) { Effect::Read } else { Effect::Write };
        Ok(self.framed("/etcdserverpb.KV/Txn", effect, frame, common))
    }
}
