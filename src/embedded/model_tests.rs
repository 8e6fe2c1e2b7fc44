//! Random calls on the engine and on the model. Every reply must be the same,
//! and so must the events that are watched.

#![forbid(unsafe_code)]

use super::model::*;
use super::testing::*;
use super::{Clock, Engine, RpcStatus, WatchStream};
use crate::wire::proto::compare::TargetUnion;
use crate::wire::proto::request_op::Request;
use crate::wire::proto::*;
use fastrand::Rng;
use futures_util::FutureExt;
use std::time::{Duration, SystemTime};

/// Random requests; few keys, so that they meet.
struct Chance(Rng);

impl Chance {
    fn one_in(&mut self, n: u32) -> bool {
        self.0.u32(..n) == 0
    }

    fn key(&mut self) -> &'static str {
        self.0.choice(["a", "b", "c", "d", "e", "f", "aa"]).unwrap()
    }

    fn end(&mut self) -> &'static str {
        self.0.choice(["", "", "", "\0", "b", "c", "d", "z"]).unwrap()
    }

    fn lease(&mut self) -> i64 {
        if self.one_in(2) {
            self.0.i64(1..6)
        } else {
            0
        }
    }

    fn range(&mut self, current: i64) -> RangeRequest {
        let mut maybe = |n: i64| if self.one_in(8) { self.0.i64(0..=n + 1) } else { 0 };
        let filters = [maybe(current), maybe(current), maybe(current), maybe(current)];
        let revision =
            if self.one_in(2) { self.0.i64((current - 20).max(-2)..=current + 1) } else { 0 };
        let key = if self.one_in(40) { "" } else { self.key() };
        RangeRequest {
            limit: if self.one_in(2) { self.0.i64(-1..5) } else { 0 },
            sort_order: self.0.i32(0..3),
            sort_target: self.0.i32(0..5),
            serializable: self.one_in(2),
            keys_only: self.one_in(5),
            count_only: self.one_in(8),
            min_mod_revision: filters[0],
            max_mod_revision: filters[1],
            min_create_revision: filters[2],
            max_create_revision: filters[3],
            ..at(key, self.end(), revision)
        }
    }

    fn put(&mut self) -> PutRequest {
        let (ignore_value, ignore_lease) = (self.one_in(6), self.one_in(6));
        let value = if ignore_value { String::new() } else { self.0.u8(..10).to_string() };
        let lease = if ignore_lease { 0 } else { self.lease() };
        let prev_kv = self.one_in(2);
        PutRequest { lease, prev_kv, ignore_value, ignore_lease, ..put(self.key(), &value) }
    }

    fn delete(&mut self) -> DeleteRangeRequest {
        DeleteRangeRequest { prev_kv: self.one_in(2), ..delete(self.key(), self.end()) }
    }

    fn compare(&mut self, current: i64) -> Compare {
        let n = self.0.i64((current - 6).max(0)..=current + 1);
        let (target, union) = match self.0.u8(..5) {
            0 => (0, TargetUnion::Version(self.0.i64(0..4))),
            1 => (1, TargetUnion::CreateRevision(n)),
            2 => (2, TargetUnion::ModRevision(n)),
            3 => (3, TargetUnion::Value(bytes(&self.0.u8(..10).to_string()))),
            _ => (4, TargetUnion::Lease(self.lease())),
        };
        Compare {
            result: self.0.i32(0..4),
            target,
            key: bytes(self.key()),
            range_end: bytes(self.end()),
            target_union: Some(union),
        }
    }

    fn txn(&mut self, current: i64, depth: u32) -> TxnRequest {
        let compare = (0..self.0.u32(..3)).map(|_| self.compare(current)).collect();
        let mut branch = || (0..self.0.u32(..4)).map(|_| self.op(current, depth)).collect();
        let (success, failure) = (branch(), branch());
        TxnRequest { compare, success, failure }
    }

    fn op(&mut self, current: i64, depth: u32) -> RequestOp {
        op(match self.0.u8(..8) {
            0..3 => Request::RequestPut(self.put()),
            3 => Request::RequestDeleteRange(self.delete()),
            4 | 5 if depth < 3 => Request::RequestTxn(self.txn(current, depth + 1)),
            _ => Request::RequestRange(RangeRequest { key: bytes("a"), ..self.range(current) }),
        })
    }
}

/// Without what the model does not know: who answers.
fn plain(header: &mut Option<ResponseHeader>) {
    let header = header.as_mut().unwrap();
    assert!(header.cluster_id != 0 && header.member_id != 0);
    *header = ResponseHeader { revision: header.revision, ..Default::default() };
}

macro_rules! same {
    ($got:expr, $expected:expr, $($what:tt)*) => {{
        let mut got: Result<_, RpcStatus> = $got;
        if let Ok(response) = &mut got {
            plain(&mut response.header);
        }
        let expected = $expected.map_err(|(code, message)| RpcStatus { code, message: message.into() });
        assert_eq!(got, expected, $($what)*);
    }};
}

fn watched(stream: &mut WatchStream) -> Vec<Event> {
    let mut events = Vec::new();
    for _ in 0..20 {
        while let Some(response) = stream.next().now_or_never() {
            assert!(!response.canceled);
            events.extend(response.events);
        }
    }
    events
}

fn run(seed: u64, steps: usize) {
    let mut chance = Chance(Rng::with_seed(seed));
    let clock = Clock::manual();
    let engine = Engine::new(clock.clone());
    let mut model = Model::new();
    let mut stream = WatchStream::open(&engine);
    let everything = WatchCreateRequest { prev_kv: true, ..Default::default() };
    stream.send(watch(WatchCreateRequest { range_end: bytes("\0"), ..everything }));
    for step in 0..steps {
        let what = format!("seed {seed}, step {step}");
        let current = model.current();
        match chance.0.u8(..20) {
            0..5 => {
                let request = chance.range(current);
                let expected = match request.key.is_empty() {
                    true => Err(KEY_EMPTY),
                    false => model.range(None, &request),
                };
                same!(engine.range(request.clone()), expected, "{what}: {request:?}");
            }
            5..9 => {
                let request = chance.put();
                // Alone, it is asked for its lease first.
                let known = request.lease == 0 || model.leases.contains_key(&request.lease);
                let check = if known { model.check_put(&request) } else { Err(LEASE_NOT_FOUND) };
                let expected = check.map(|()| {
                    let mut draft = model.draft();
                    let response = draft.put(&request);
                    model.commit(draft);
                    response
                });
                same!(engine.put(request.clone()), expected, "{what}: {request:?}");
            }
            9 => {
                let request = chance.delete();
                let mut draft = model.draft();
                let expected: Reply<_> = Ok(draft.delete(&request));
                model.commit(draft);
                same!(engine.delete_range(request.clone()), expected, "{what}: {request:?}");
            }
            10..16 => {
                let request = chance.txn(current, 0);
                let expected = model.txn(&request);
                same!(engine.txn(request.clone()), expected, "{what}: {request:?}");
            }
            16 if chance.one_in(3) => {
                let revision = chance.0.i64((current - 30).max(0)..=current + 1);
                let expected = if revision <= model.compacted {
                    Err(COMPACTED)
                } else if revision > current {
                    Err(FUTURE)
                } else {
                    model.compacted = revision;
                    Ok(CompactionResponse { header: revision_only(current) })
                };
                same!(engine.compact(compact(revision)), expected, "{what}: compact {revision}");
            }
            17 => {
                let (id, ttl) = (chance.0.i64(1..6), chance.0.i64(0..20));
                let expected = match model.leases.contains_key(&id) {
                    true => Err((9, "etcdserver: lease already exists")),
                    false => {
                        let ttl = ttl.max(2);
                        model.leases.insert(id, (ttl, model.now + ttl as u64));
                        let header = revision_only(current);
                        Ok(LeaseGrantResponse { header, id, ttl, error: String::new() })
                    }
                };
                same!(engine.lease_grant(LeaseGrantRequest { id, ttl }), expected, "{what}: grant");
            }
            18 => {
                let id = chance.0.i64(1..6);
                let header = revision_only(current);
                if chance.one_in(3) {
                    let expected = model
                        .revoke(id)
                        .map(|()| LeaseRevokeResponse { header: revision_only(model.current()) });
                    same!(
                        engine.lease_revoke(LeaseRevokeRequest { id }),
                        expected,
                        "{what}: revoke"
                    );
                } else if chance.one_in(2) {
                    let now = model.now;
                    let renewed = model.leases.get_mut(&id).map(|(ttl, end)| {
                        *end = now + *ttl as u64;
                        *ttl
                    });
                    let ttl = renewed.unwrap_or(0);
                    let expected: Reply<_> = Ok(LeaseKeepAliveResponse { header, id, ttl });
                    let request = LeaseKeepAliveRequest { id };
                    same!(engine.lease_keep_alive(request), expected, "{what}: keep alive");
                } else {
                    let (granted_ttl, ttl) = match model.leases.get(&id) {
                        Some((ttl, end)) => (*ttl, (end - model.now) as i64),
                        None => (0, -1),
                    };
                    let keys = model.keys_of(id);
                    let expected: Reply<_> =
                        Ok(LeaseTimeToLiveResponse { header, id, ttl, granted_ttl, keys });
                    let request = LeaseTimeToLiveRequest { id, keys: true };
                    same!(engine.lease_time_to_live(request), expected, "{what}: time to live");
                }
            }
            _ => {
                let seconds = chance.0.u64(..4);
                clock.advance(Duration::from_secs(seconds));
                model.now += seconds;
                model.expire();
            }
        }
        // Compaction must not have to end this watch, nor hide what was before.
        let mut expected = std::mem::take(&mut model.events);
        for event in &mut expected {
            let kv = event.kv.as_ref().unwrap();
            let before = kv.mod_revision - 1;
            let created = event.r#type == 0 && kv.create_revision == kv.mod_revision;
            let told = !created && before >= model.compacted;
            event.prev_kv =
                model.snapshots[before as usize].get(&kv.key[..]).filter(|_| told).cloned();
        }
        assert_eq!(watched(&mut stream), expected, "{what}");
    }
}

#[test]
fn the_engine_does_what_the_model_does() {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let fresh = now.as_nanos() as u64 % 1_000_000;
    for seed in (0..20).chain([fresh]) {
        run(seed, 1500);
    }
}
