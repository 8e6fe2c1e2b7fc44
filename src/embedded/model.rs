//! A model of the engine that keeps every state there ever was in a list, and
//! looks through all of it for every answer.

#![forbid(unsafe_code)]

use crate::wire::proto::compare::TargetUnion;
use crate::wire::proto::request_op::Request;
use crate::wire::proto::response_op::Response;
use crate::wire::proto::*;
use std::cmp::Ordering;
use std::collections::BTreeMap;

pub type Snapshot = BTreeMap<Vec<u8>, KeyValue>;
pub type Reply<T> = Result<T, (i32, &'static str)>;

pub const KEY_EMPTY: (i32, &str) = (3, "etcdserver: key is not provided");
pub const KEY_NOT_FOUND: (i32, &str) = (3, "etcdserver: key not found");
pub const LEASE_NOT_FOUND: (i32, &str) = (5, "etcdserver: requested lease not found");
pub const COMPACTED: (i32, &str) = (11, "etcdserver: mvcc: required revision has been compacted");
pub const FUTURE: (i32, &str) = (11, "etcdserver: mvcc: required revision is a future revision");
pub const DUPLICATE: (i32, &str) = (3, "etcdserver: duplicate key given in txn request");

pub struct Model {
    /// By revision.
    pub snapshots: Vec<Snapshot>,
    pub compacted: i64,
    /// Id to ttl and end.
    pub leases: BTreeMap<i64, (i64, u64)>,
    pub now: u64,
    pub events: Vec<Event>,
}

fn within(key: &[u8], start: &[u8], end: &[u8]) -> bool {
    match end {
        [] => key == start,
        [0] => key >= start,
        _ => key >= start && key < end,
    }
}

fn found(snapshot: &Snapshot, key: &[u8], end: &[u8]) -> Vec<KeyValue> {
    snapshot.values().filter(|kv| within(&kv.key, key, end)).cloned().collect()
}

pub fn revision_only(revision: i64) -> Option<ResponseHeader> {
    Some(ResponseHeader { revision, ..Default::default() })
}

impl Model {
    pub fn new() -> Model {
        Model {
            snapshots: vec![Snapshot::new(); 2],
            compacted: -1,
            leases: BTreeMap::new(),
            now: 0,
            events: Vec::new(),
        }
    }

    pub fn current(&self) -> i64 {
        self.snapshots.len() as i64 - 1
    }

    fn latest(&self) -> Snapshot {
        self.snapshots.last().unwrap().clone()
    }

    /// A write that has begun: its state, events, and the revision it would get.
    pub fn draft(&self) -> Draft {
        let snapshot = self.latest();
        Draft { snapshot, events: Vec::new(), before: self.current() }
    }

    pub fn commit(&mut self, draft: Draft) {
        if !draft.events.is_empty() {
            self.snapshots.push(draft.snapshot);
            self.events.extend(draft.events);
        }
    }

    pub fn range(&self, draft: Option<&Draft>, request: &RangeRequest) -> Reply<RangeResponse> {
        let current = draft.map_or(self.current(), Draft::revision);
        let at = if request.revision <= 0 { current } else { request.revision };
        if at > current {
            return Err(FUTURE);
        }
        if at < self.compacted {
            return Err(COMPACTED);
        }
        let snapshot = match draft {
            Some(draft) if at == draft.revision() => &draft.snapshot,
            _ => &self.snapshots[at as usize],
        };
        let mut kvs = found(snapshot, &request.key, &request.range_end);
        let count = kvs.len() as i64;
        let header = revision_only(current);
        if request.count_only {
            return Ok(RangeResponse { header, count, ..Default::default() });
        }
        let limit = if request.limit > 0 { request.limit as usize } else { 1000 };
        let filtered = [
            request.min_mod_revision,
            request.max_mod_revision,
            request.min_create_revision,
            request.max_create_revision,
        ]
        .iter()
        .any(|revision| *revision != 0);
        let (order, target) = (request.sort_order, request.sort_target);
        if order == 0 && !filtered {
            kvs.truncate(limit + 1);
        }
        let at_most = |revision: i64, most: i64| most == 0 || revision <= most;
        kvs.retain(|kv| {
            kv.mod_revision >= request.min_mod_revision
                && kv.create_revision >= request.min_create_revision
                && at_most(kv.mod_revision, request.max_mod_revision)
                && at_most(kv.create_revision, request.max_create_revision)
        });
        let number = |kv: &KeyValue| [0, kv.version, kv.create_revision, kv.mod_revision, 0];
        let by = |a: &KeyValue, b: &KeyValue| match target {
            0 => a.key.cmp(&b.key),
            4 => a.value.cmp(&b.value),
            _ => number(a)[target as usize].cmp(&number(b)[target as usize]),
        };
        match order {
            2 => kvs.sort_by(|a, b| by(b, a)),
            _ => kvs.sort_by(by),
        }
        let more = kvs.len() > limit;
        kvs.truncate(limit);
        if request.keys_only {
            kvs.iter_mut().for_each(|kv| kv.value.clear());
        }
        Ok(RangeResponse { header, kvs, more, count })
    }

    pub fn check_put(&self, request: &PutRequest) -> Reply<()> {
        let keeps = request.ignore_value || request.ignore_lease;
        if keeps && !self.latest().contains_key(&request.key[..]) {
            return Err(KEY_NOT_FOUND);
        }
        match request.lease == 0 || self.leases.contains_key(&request.lease) {
            true => Ok(()),
            false => Err(LEASE_NOT_FOUND),
        }
    }

    fn holds(&self, compare: &Compare) -> bool {
        let missing = [KeyValue::default()];
        let found = found(self.snapshots.last().unwrap(), &compare.key, &compare.range_end);
        if found.is_empty() && compare.target == 3 {
            return false;
        }
        let order = |kv: &KeyValue| match &compare.target_union {
            Some(TargetUnion::Version(n)) => kv.version.cmp(n),
            Some(TargetUnion::CreateRevision(n)) => kv.create_revision.cmp(n),
            Some(TargetUnion::ModRevision(n)) => kv.mod_revision.cmp(n),
            Some(TargetUnion::Lease(n)) => kv.lease.cmp(n),
            Some(TargetUnion::Value(value)) => kv.value.cmp(value),
            None => unreachable!("the test names one"),
        };
        let fits = |kv: &KeyValue| match (compare.result, order(kv)) {
            (0, order) => order == Ordering::Equal,
            (1, order) => order == Ordering::Greater,
            (2, order) => order == Ordering::Less,
            (_, order) => order != Ordering::Equal,
        };
        if found.is_empty() { &missing[..] } else { &found[..] }.iter().all(fits)
    }

    /// The operations that will run, with the compares decided.
    fn chosen<'a>(&self, request: &'a TxnRequest) -> (bool, &'a [RequestOp]) {
        let succeeded = request.compare.iter().all(|compare| self.holds(compare));
        (succeeded, if succeeded { &request.success } else { &request.failure })
    }

    /// `cleared` are the starts of what was deleted before, from a key on.
    fn check_txn(&self, request: &TxnRequest, cleared: &mut Vec<Vec<u8>>) -> Reply<()> {
        self.chosen(request).1.iter().try_for_each(|op| match op.request.as_ref().unwrap() {
            Request::RequestPut(put)
                if (put.ignore_value || put.ignore_lease)
                    && cleared.iter().any(|start| put.key >= start[..]) =>
            {
                Err(KEY_NOT_FOUND)
            }
            Request::RequestPut(put) => self.check_put(put),
            Request::RequestTxn(txn) => self.check_txn(txn, cleared),
            Request::RequestRange(range) if range.revision > self.current() => Err(FUTURE),
            Request::RequestRange(range)
                if range.revision != 0 && range.revision < self.compacted =>
            {
                Err(COMPACTED)
            }
            Request::RequestDeleteRange(delete) if delete.range_end == "\0" => {
                cleared.push(delete.key.to_vec());
                Ok(())
            }
            _ => Ok(()),
        })
    }

    fn run_txn(&self, draft: &mut Draft, request: &TxnRequest) -> TxnResponse {
        let (succeeded, ops) = self.chosen(request);
        let mut responses = Vec::new();
        for op in ops {
            let response = match op.request.as_ref().unwrap() {
                Request::RequestRange(range) => {
                    Response::ResponseRange(self.range(Some(draft), range).unwrap())
                }
                Request::RequestPut(put) => Response::ResponsePut(draft.put(put)),
                Request::RequestDeleteRange(delete) => {
                    Response::ResponseDeleteRange(draft.delete(delete))
                }
                Request::RequestTxn(txn) => Response::ResponseTxn(self.run_txn(draft, txn)),
            };
            responses.push(ResponseOp { response: Some(response) });
        }
        TxnResponse { header: revision_only(0), succeeded, responses }
    }

    pub fn txn(&mut self, request: &TxnRequest) -> Reply<TxnResponse> {
        changes(&request.success)?;
        changes(&request.failure)?;
        self.check_txn(request, &mut Vec::new())?;
        let mut draft = self.draft();
        let mut response = self.run_txn(&mut draft, request);
        response.header = revision_only(draft.revision());
        self.commit(draft);
        Ok(response)
    }

    pub fn revoke(&mut self, id: i64) -> Reply<()> {
        self.leases.remove(&id).ok_or(LEASE_NOT_FOUND)?;
        let mut draft = self.draft();
        for key in self.keys_of(id) {
            draft.delete(&DeleteRangeRequest { key, ..Default::default() });
        }
        self.commit(draft);
        Ok(())
    }

    pub fn keys_of(&self, id: i64) -> Vec<bytes::Bytes> {
        self.latest().into_values().filter(|kv| kv.lease == id).map(|kv| kv.key).collect()
    }

    pub fn expire(&mut self) {
        let mut due: Vec<_> = self.leases.iter().map(|(id, (_, end))| (*end, *id)).collect();
        due.retain(|(end, _)| *end <= self.now);
        due.sort();
        for (_, id) in due {
            self.revoke(id).unwrap();
        }
    }
}

/// Puts and deletes of a list of operations, or its refusal. As etcd checks it:
/// deletes of this list first, then what is nested in turn, then its puts.
type Changes = (Vec<Vec<u8>>, Vec<(Vec<u8>, Vec<u8>)>);

fn changes(ops: &[RequestOp]) -> Reply<Changes> {
    let (mut puts, mut deletes): Changes = Default::default();
    let hit = |deletes: &[(Vec<u8>, Vec<u8>)], key: &[u8]| {
        deletes.iter().any(|(start, end)| end != b"\0" && within(key, start, end))
    };
    let requests = || ops.iter().map(|op| op.request.as_ref().unwrap());
    for request in requests() {
        if let Request::RequestDeleteRange(delete) = request {
            deletes.push((delete.key.to_vec(), delete.range_end.to_vec()));
        }
    }
    for request in requests() {
        if let Request::RequestTxn(txn) = request {
            let (then, or_else) = (changes(&txn.success)?, changes(&txn.failure)?);
            if then.0.iter().chain(&or_else.0).any(|key| puts.contains(key) || hit(&deletes, key)) {
                return Err(DUPLICATE);
            }
            for branch in [then, or_else] {
                puts.extend(branch.0);
                deletes.extend(branch.1);
            }
        }
    }
    for request in requests() {
        if let Request::RequestPut(put) = request {
            if puts.contains(&put.key.to_vec()) || hit(&deletes, &put.key) {
                return Err(DUPLICATE);
            }
            puts.push(put.key.to_vec());
        }
    }
    Ok((puts, deletes))
}

pub struct Draft {
    pub snapshot: Snapshot,
    pub events: Vec<Event>,
    pub before: i64,
}

impl Draft {
    fn revision(&self) -> i64 {
        self.before + i64::from(!self.events.is_empty())
    }

    pub fn put(&mut self, request: &PutRequest) -> PutResponse {
        let revision = self.before + 1;
        let before = self.snapshot.get(&request.key[..]).cloned();
        let kv = KeyValue {
            key: request.key.clone(),
            create_revision: before.as_ref().map_or(revision, |kv| kv.create_revision),
            mod_revision: revision,
            version: before.as_ref().map_or(1, |kv| kv.version + 1),
            value: match request.ignore_value {
                true => before.as_ref().unwrap().value.clone(),
                false => request.value.clone(),
            },
            lease: match request.ignore_lease {
                true => before.as_ref().unwrap().lease,
                false => request.lease,
            },
        };
        self.snapshot.insert(request.key.to_vec(), kv.clone());
        self.events.push(Event { r#type: 0, kv: Some(kv), prev_kv: before.clone() });
        let prev_kv = before.filter(|_| request.prev_kv);
        PutResponse { header: revision_only(revision), prev_kv }
    }

    pub fn delete(&mut self, request: &DeleteRangeRequest) -> DeleteRangeResponse {
        let gone = found(&self.snapshot, &request.key, &request.range_end);
        for before in &gone {
            self.snapshot.remove(&before.key[..]);
            let key = before.key.clone();
            let kv = KeyValue { key, mod_revision: self.before + 1, ..Default::default() };
            self.events.push(Event { r#type: 1, kv: Some(kv), prev_kv: Some(before.clone()) });
        }
        DeleteRangeResponse {
            header: revision_only(self.revision()),
            deleted: gone.len() as i64,
            prev_kvs: if request.prev_kv { gone } else { vec![] },
        }
    }
}
