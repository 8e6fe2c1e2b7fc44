//! Short forms of requests, for the tests.

#![forbid(unsafe_code)]

use super::{Clock, Engine, RpcStatus};
use crate::wire::proto::request_op::Request;
use crate::wire::proto::watch_request::RequestUnion;
use crate::wire::proto::*;
use bytes::Bytes;
use prost::Message;
use std::sync::Arc;

impl Engine {
    pub fn range(&self, request: RangeRequest) -> Result<RangeResponse, RpcStatus> {
        Ok(RangeResponse::decode(&self.range_reply(&request)?[..]).unwrap())
    }

    pub fn put(&self, request: PutRequest) -> Result<PutResponse, RpcStatus> {
        Ok(PutResponse::decode(&self.put_reply((&request).into())?[..]).unwrap())
    }
}

pub fn engine() -> Arc<Engine> {
    Engine::new(Clock::manual())
}

pub fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

pub fn put(key: &str, value: &str) -> PutRequest {
    PutRequest { key: bytes(key), value: bytes(value), ..PutRequest::default() }
}

pub fn range(key: &str, end: &str) -> RangeRequest {
    RangeRequest { key: bytes(key), range_end: bytes(end), ..RangeRequest::default() }
}

pub fn at(key: &str, end: &str, revision: i64) -> RangeRequest {
    RangeRequest { revision, ..range(key, end) }
}

pub fn delete(key: &str, end: &str) -> DeleteRangeRequest {
    DeleteRangeRequest { key: bytes(key), range_end: bytes(end), prev_kv: false }
}

pub fn compact(revision: i64) -> CompactionRequest {
    CompactionRequest { revision, physical: false }
}

pub fn put_op(key: &str, value: &str) -> RequestOp {
    op(Request::RequestPut(put(key, value)))
}

pub fn range_op(key: &str, end: &str) -> RequestOp {
    op(Request::RequestRange(range(key, end)))
}

pub fn delete_op(key: &str, end: &str) -> RequestOp {
    op(Request::RequestDeleteRange(delete(key, end)))
}

pub fn txn_op(
    compare: Vec<Compare>,
    success: Vec<RequestOp>,
    failure: Vec<RequestOp>,
) -> RequestOp {
    op(Request::RequestTxn(TxnRequest { compare, success, failure }))
}

pub fn op(request: Request) -> RequestOp {
    RequestOp { request: Some(request) }
}

pub fn then(success: Vec<RequestOp>) -> TxnRequest {
    TxnRequest { compare: vec![], success, failure: vec![] }
}

pub fn watch(request: WatchCreateRequest) -> WatchRequest {
    WatchRequest { request_union: Some(RequestUnion::CreateRequest(request)) }
}

/// The keys and values found, "a=1 b=2".
pub fn shown(response: &RangeResponse) -> String {
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    let shown = response.kvs.iter().map(|kv| format!("{}={}", text(&kv.key), text(&kv.value)));
    shown.collect::<Vec<_>>().join(" ")
}

pub fn revision(header: &Option<ResponseHeader>) -> i64 {
    header.as_ref().unwrap().revision
}
