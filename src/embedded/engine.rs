//! One store with its leases and watches, and the calls that it serves.

#![forbid(unsafe_code)]

use super::clock::Clock;
use super::counts::Counts;
use super::lessor::random;
use super::reply::{header, no_memory_to_reply, RpcStatus, NO_MEMORY};
use super::rows::Message;
use super::span::Span;
use super::store::{State, ROW};
use super::view::View;
use super::{range, txn, write};
use crate::sys::reserve;
use crate::wire::decode::Put;
use crate::wire::encode::{self, MAX_HEADER, PAIR_FIELD};
use crate::wire::proto::*;
use bytes::Bytes;
use prost::Message as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::sync::Notify;

/// How many changes a compaction frees under one lock.
const SWEEP: usize = 256;
const PAUSE: Duration = Duration::from_micros(10);
const TERM: u64 = 2;
const VERSION: &str = "3.7.0-embedded";
const NEVER: u64 = u64::MAX;

pub struct Engine {
    /// A panic poisons it: a store with half a write must not answer.
    state: RwLock<State>,
    pub(super) counts: Counts,
    clock: Clock,
    cluster_id: u64,
    member_id: u64,
    /// What all headers have, encoded.
    ids: Vec<u8>,
    /// When the next lease ends, in nanoseconds of the clock, so that most calls need not
    /// look at the leases.
    due: AtomicU64,
    /// Notified when a lease ends sooner than the last deadline known.
    sooner: Notify,
    /// The number of watch streams. Without one nobody is notified of changes.
    pub(super) streams: AtomicUsize,
    pub(super) changed: Notify,
}

impl Engine {
    pub fn new(clock: Clock) -> Arc<Engine> {
        let (cluster_id, member_id) = (random() | 1, random() | 1);
        let ids = ResponseHeader { cluster_id, member_id, raft_term: TERM, revision: 0 };
        Arc::new(Engine {
            state: RwLock::default(),
            counts: Counts::default(),
            clock,
            cluster_id,
            member_id,
            ids: ids.encode_to_vec(),
            due: AtomicU64::new(NEVER),
            sooner: Notify::new(),
            streams: AtomicUsize::new(0),
            changed: Notify::new(),
        })
    }

    /// Returns the reply encoded, as keys and values were written into it.
    pub fn range_reply(&self, request: &RangeRequest) -> Result<Vec<u8>, RpcStatus> {
        range::check(request)?;
        let (found, Message(mut reply)) = self.read_steadily(|view| {
            let mut message = Message::default();
            let found = range::range(view, request, Some(&self.counts), &mut message)?;
            Ok((found, message))
        })?;
        encode::header(&mut reply, &self.ids, found.revision);
        encode::number(&mut reply, 3, found.more.into());
        encode::number(&mut reply, 4, found.count);
        Ok(reply)
    }

    /// Returns the reply encoded.
    pub fn put_reply(&self, request: Put<'_>) -> Result<Vec<u8>, RpcStatus> {
        write::check_put(request)?;
        let value = Bytes::copy_from_slice(request.value);
        let (revision, previous) = self.write(|state| {
            state.lessor.check(request.lease)?;
            state.check_kept(request)?;
            let bytes = request.key.len() + request.value.len();
            state.make_room(std::iter::once(Span::One(request.key)), bytes)?;
            let previous = state.put_request(request, value);
            Ok((state.revision, previous))
        })?;
        let previous = previous.as_ref().map(|(key, version)| version.in_place(key));
        let size = MAX_HEADER + previous.map_or(0, |kv| PAIR_FIELD + kv.encoded_len());
        let mut reply = Vec::new();
        if !reserve(&mut reply, size) {
            return Err(no_memory_to_reply(size));
        }
        encode::header(&mut reply, &self.ids, revision);
        if let Some(kv) = previous {
            encode::pair(&mut reply, 2, kv);
        }
        Ok(reply)
    }

    pub fn delete_range(
        &self,
        request: DeleteRangeRequest,
    ) -> Result<DeleteRangeResponse, RpcStatus> {
        write::check_delete(&request)?;
        let mut response = self.write(|state| {
            let span = Span::new(&request.key, &request.range_end);
            let replies = if request.prev_kv { state.rows(span) * ROW } else { 0 };
            state.make_room(std::iter::once(span), replies)?;
            Ok(state.delete_request(&request))
        })?;
        self.stamp(&mut response.header);
        Ok(response)
    }

    pub fn txn(&self, request: TxnRequest) -> Result<TxnResponse, RpcStatus> {
        txn::check(&request)?;
        let mut response = match txn::is_read_only(&request) {
            true => self.read_steadily(|view| txn::read(view, request.clone()))?,
            false => self.write(|state| txn::write(state, request))?,
        };
        self.stamp(&mut response.header);
        Ok(response)
    }

    pub fn compact(&self, request: CompactionRequest) -> Result<CompactionResponse, RpcStatus> {
        let revision = self.write(|state| {
            state.compact(request.revision)?;
            Ok(state.revision)
        })?;
        while self.write(|state| state.sweep(SWEEP)) {
            // Otherwise a thread that waits for the lock finds it taken again when it wakes up.
            std::thread::sleep(PAUSE);
        }
        Ok(CompactionResponse { header: self.header(revision) })
    }

    pub fn lease_grant(&self, request: LeaseGrantRequest) -> Result<LeaseGrantResponse, RpcStatus> {
        let (revision, (id, ttl)) = self.write(|state| {
            let granted = state.lessor.grant(request.id, request.ttl, self.clock.now())?;
            Ok((state.revision, granted))
        })?;
        Ok(LeaseGrantResponse { header: self.header(revision), id, ttl, error: String::new() })
    }

    pub fn lease_revoke(
        &self,
        request: LeaseRevokeRequest,
    ) -> Result<LeaseRevokeResponse, RpcStatus> {
        let revision = self.write(|state| {
            state.revoke(request.id)?;
            Ok(state.revision)
        })?;
        Ok(LeaseRevokeResponse { header: self.header(revision) })
    }

    /// An unknown lease gets a ttl of 0.
    pub fn lease_keep_alive(
        &self,
        request: LeaseKeepAliveRequest,
    ) -> Result<LeaseKeepAliveResponse, RpcStatus> {
        let id = request.id;
        let (revision, renewed) =
            self.write(|state| (state.revision, state.lessor.renew(id, self.clock.now())));
        let ttl = renewed.unwrap_or(0);
        Ok(LeaseKeepAliveResponse { header: self.header(revision), id, ttl })
    }

    /// An unknown lease gets a ttl of -1.
    pub fn lease_time_to_live(
        &self,
        request: LeaseTimeToLiveRequest,
    ) -> Result<LeaseTimeToLiveResponse, RpcStatus> {
        let id = request.id;
        Ok(self.read(|state| {
            let mut response = LeaseTimeToLiveResponse {
                header: self.header(state.revision),
                id,
                ttl: -1,
                ..LeaseTimeToLiveResponse::default()
            };
            if let Some(lease) = state.lessor.get(id) {
                response.ttl = lease.left(self.clock.now());
                response.granted_ttl = lease.ttl;
                if request.keys {
                    response.keys = lease.keys.iter().cloned().collect();
                }
            }
            response
        }))
    }

    pub fn lease_leases(&self, _: LeaseLeasesRequest) -> Result<LeaseLeasesResponse, RpcStatus> {
        Ok(self.read(|state| LeaseLeasesResponse {
            header: self.header(state.revision),
            leases: state.lessor.ids().map(|id| LeaseStatus { id }).collect(),
        }))
    }

    pub fn status(&self, _: StatusRequest) -> Result<StatusResponse, RpcStatus> {
        let revision = self.read(|state| state.revision);
        Ok(StatusResponse {
            header: self.header(revision),
            version: VERSION.to_owned(),
            leader: self.member_id,
            raft_index: revision.unsigned_abs(),
            raft_applied_index: revision.unsigned_abs(),
            raft_term: TERM,
            ..StatusResponse::default()
        })
    }

    /// The engine is the only member, and has no URL.
    pub fn member_list(&self, _: MemberListRequest) -> Result<MemberListResponse, RpcStatus> {
        let only = Member { id: self.member_id, name: "mem".to_owned(), ..Member::default() };
        Ok(MemberListResponse { header: self.header(0), members: vec![only] })
    }

    /// Revokes leases when they are due, for ever. Any number may run at once.
    pub async fn run_leases(&self) {
        loop {
            // Registered before the check, so that no grant is missed.
            let sooner = self.sooner.notified();
            match self.read(|state| state.lessor.next()) {
                None => sooner.await,
                Some((due, _)) => tokio::select! {
                    () = sooner => {}
                    () = self.clock.sleep_until(due) => {}
                },
            }
        }
    }

    pub(super) fn member_id(&self) -> u64 {
        self.member_id
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn header(&self, revision: i64) -> Option<ResponseHeader> {
        let mut header = header(revision);
        self.stamp(&mut header);
        header
    }

    fn stamp(&self, header: &mut Option<ResponseHeader>) {
        if let Some(header) = header {
            header.cluster_id = self.cluster_id;
            header.member_id = self.member_id;
            header.raft_term = TERM;
        }
    }

    /// The time, if a lease is due.
    fn overdue(&self) -> Option<Duration> {
        let due = self.due.load(Relaxed);
        let now = (due != NEVER).then(|| self.clock.now())?;
        (nanoseconds(now) >= due).then_some(now)
    }

    /// One access to the state, after leases that are due were revoked.
    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        if self.overdue().is_some() {
            self.write(|_| ());
        }
        look(&self.state.read().unwrap())
    }

    /// A read that locks the state several times. If a compaction overtakes the revision
    /// at which it began, it starts again, and the last attempt keeps the lock.
    fn read_steadily<T>(
        &self,
        read: impl Fn(&View<'_>) -> Result<T, RpcStatus>,
    ) -> Result<T, RpcStatus> {
        if self.overdue().is_some() {
            self.write(|_| ());
        }
        let shared = View::shared(&self.state);
        for _ in 0..2 {
            match read(&shared) {
                Err(status) if status.code != NO_MEMORY => {}
                result => return result,
            }
        }
        read(&View::held(&self.state.read().unwrap()))
    }

    /// One write, after leases that are due were revoked. Notifies watches and timers.
    pub(super) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.write().unwrap();
        let before = state.revision;
        if let Some(now) = self.overdue() {
            state.expire(now);
        }
        let result = change(&mut state);
        state.end_write();
        let due = state.lessor.next().map_or(NEVER, |(due, _)| nanoseconds(due));
        let known = self.due.load(Relaxed);
        if due != known {
            self.due.store(due, Relaxed);
        }
        let changed = state.revision != before;
        drop(state);
        if due < known {
            self.sooner.notify_waiters();
        }
        if changed && self.streams.load(Relaxed) > 0 {
            self.changed.notify_waiters();
        }
        result
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use futures_util::FutureExt;

    const SECOND: Duration = Duration::from_secs(1);

    fn grant(engine: &Engine, id: i64, ttl: i64) {
        engine.lease_grant(LeaseGrantRequest { id, ttl }).unwrap();
    }

    fn time_to_live(engine: &Engine, id: i64, keys: bool) -> LeaseTimeToLiveResponse {
        engine.lease_time_to_live(LeaseTimeToLiveRequest { id, keys }).unwrap()
    }

    fn leases(engine: &Engine) -> Vec<i64> {
        let leases = engine.lease_leases(LeaseLeasesRequest {}).unwrap().leases;
        leases.into_iter().map(|lease| lease.id).collect()
    }

    #[test]
    fn a_lease_is_over_for_the_first_call_after_its_end() {
        type Call = fn(&Engine) -> bool;
        let calls: [(&str, Call); 7] = [
            ("range", |e| e.range(range("a", "")).unwrap().count == 1),
            ("txn", |e| {
                let response = e.txn(then(vec![range_op("a", "")])).unwrap();
                revision(&response.header) == 2
            }),
            ("delete", |e| e.delete_range(delete("a", "")).unwrap().deleted == 1),
            ("put", |e| e.put(PutRequest { lease: 1, ..put("b", "") }).is_ok()),
            ("keep alive", |e| {
                e.lease_keep_alive(LeaseKeepAliveRequest { id: 1 }).unwrap().ttl == 5
            }),
            ("time to live", |e| time_to_live(e, 1, false).granted_ttl == 5),
            ("leases", |e| leases(e) == [1]),
        ];
        for (name, lives) in calls {
            for (milliseconds, expected) in [(4999, true), (5000, false)] {
                let engine = engine();
                grant(&engine, 1, 5);
                engine.put(PutRequest { lease: 1, ..put("a", "") }).unwrap();
                engine.clock().advance(Duration::from_millis(milliseconds));
                assert_eq!(lives(&engine), expected, "{name} after {milliseconds} ms");
            }
        }
    }

    #[test]
    fn leases_live_as_they_are_told() {
        let engine = engine();
        for (id, ttl) in [(1, 10), (2, 5), (3, 20)] {
            grant(&engine, id, ttl);
        }
        assert_eq!(leases(&engine), [2, 1, 3]);
        for key in ["z", "a", "m"] {
            engine.put(PutRequest { lease: 1, ..put(key, "") }).unwrap();
        }
        engine.put(PutRequest { lease: 3, ..put("m", "") }).unwrap();
        engine.clock().advance(Duration::from_millis(4200));
        let one = time_to_live(&engine, 1, true);
        assert_eq!((one.id, one.ttl, one.granted_ttl), (1, 5, 10));
        assert_eq!(one.keys, ["a", "z"]);
        assert!(time_to_live(&engine, 3, false).keys.is_empty());
        let unknown = time_to_live(&engine, 4, true);
        assert_eq!((unknown.id, unknown.ttl, unknown.granted_ttl), (4, -1, 0));

        let renewed = engine.lease_keep_alive(LeaseKeepAliveRequest { id: 1 }).unwrap();
        assert_eq!((renewed.id, renewed.ttl), (1, 10));
        let unknown = engine.lease_keep_alive(LeaseKeepAliveRequest { id: 4 }).unwrap();
        assert_eq!((unknown.id, unknown.ttl), (4, 0));
        engine.clock().advance(SECOND * 6);
        assert_eq!(leases(&engine), [1, 3]);
        engine.delete_range(delete("a", "")).unwrap();
        let revoked = engine.lease_revoke(LeaseRevokeRequest { id: 1 }).unwrap();
        assert_eq!(revision(&revoked.header), 7);
        assert_eq!(engine.lease_revoke(LeaseRevokeRequest { id: 1 }).unwrap_err().code, 5);
        assert_eq!(engine.range(range("a", "\0")).unwrap().kvs[0].key, "m");
    }

    #[test]
    fn lease_errors_are_etcds() {
        let engine = engine();
        grant(&engine, 1, 10);
        let cases = [
            (1, 10, 9, "etcdserver: lease already exists"),
            (2, 9_000_000_001, 11, "etcdserver: too large lease TTL"),
        ];
        for (id, ttl, code, message) in cases {
            let refusal = engine.lease_grant(LeaseGrantRequest { id, ttl }).unwrap_err();
            assert_eq!((refusal.code, &refusal.message[..]), (code, message));
        }
        let refusal = engine.lease_revoke(LeaseRevokeRequest { id: 9 }).unwrap_err();
        assert_eq!(
            (refusal.code, &refusal.message[..]),
            (5, "etcdserver: requested lease not found")
        );
    }

    #[test]
    fn leases_end_by_themselves_while_somebody_runs_them() {
        let engine = engine();
        // Not through a call, which would revoke it.
        let count = || engine.state.read().unwrap().lessor.ids().count();
        let mut runners = [(); 2].map(|()| Box::pin(engine.run_leases()));
        let mut run = || assert!(runners.iter_mut().all(|r| r.as_mut().now_or_never().is_none()));
        run();
        grant(&engine, 1, 10);
        run();
        grant(&engine, 2, 5);
        run();
        for (seconds, left) in [(4, 2), (1, 1), (4, 1), (1, 0)] {
            engine.clock().advance(SECOND * seconds);
            run();
            assert_eq!(count(), left);
        }
        // A sleeper is woken, rather than asked.
        let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        tokio.block_on(async {
            let runner = tokio::spawn({
                let engine = engine.clone();
                async move { engine.run_leases().await }
            });
            tokio::task::yield_now().await;
            grant(&engine, 3, 10);
            tokio::task::yield_now().await;
            grant(&engine, 4, 5);
            for (seconds, left) in [(4, 2), (1, 1), (5, 0)] {
                tokio::task::yield_now().await;
                engine.clock().advance(SECOND * seconds);
                tokio::task::yield_now().await;
                assert_eq!(count(), left);
            }
            runner.abort();
        });
    }

    #[test]
    fn compaction_refuses_and_closes_as_etcds_does() {
        let engine = engine();
        for value in ["1", "2", "3"] {
            engine.put(put("a", value)).unwrap();
        }
        for (at, code) in [(5, 11), (3, 0), (3, 11), (2, 11), (4, 0)] {
            let result = engine.compact(compact(at));
            assert_eq!(result.as_ref().map_or_else(|refusal| refusal.code, |_| 0), code, "{at}");
            assert!(result.is_err() || revision(&result.unwrap().header) == 4);
        }
        assert_eq!(engine.range(at("a", "", 3)).unwrap_err().code, 11);
        assert_eq!(shown(&engine.range(at("a", "", 4)).unwrap()), "a=3");
    }
}
