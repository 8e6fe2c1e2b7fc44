//! Locks, by the rules of etcd's own concurrency package: the keys `NAME/LEASE`
//! wait in the order of their creation, and the first one holds the lock.

#![forbid(unsafe_code)]

use super::call::{retry_backoff, Deadline, Effect, Method};
use super::core::Core;
use super::lease;
use super::methods::{LEASE_GRANT, LEASE_KEEP_ALIVE};
use super::namespace::prefix_end;
use super::watch::{Hub, Spec, Watch};
use crate::error::{Error, Outcome, Result};
use crate::status::*;
use crate::wire::proto::compare::{CompareResult, CompareTarget, TargetUnion};
use crate::wire::proto::range_request::{SortOrder, SortTarget};
use crate::wire::proto::request_op::Request;
use crate::wire::proto::response_op::Response;
use crate::wire::proto::*;
use crate::wire::watch::Event;
use bytes::Bytes;
use futures_util::future::{select, Either};
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, Instant};

/// Putting a waiter's own key if it is not there, however often.
const ENTER: Method = Method::new("/etcdserverpb.KV/Txn", Effect::Repeatable).ordered();
/// A transaction that only reads.
const LOOK: Method = Method::new("/etcdserverpb.KV/Txn", Effect::Read).ordered();
/// Deleting a certain creation of a key: a second attempt could not tell
/// whether the first one did it.
const LEAVE: Method = Method::new("/etcdserverpb.KV/Txn", Effect::Write).ordered();

const LAST_PAUSE: Duration = Duration::from_millis(25);
/// A lease that is no older need not be renewed for its holder.
const FRESH: Duration = Duration::from_millis(50);

/// A lock that was granted. The revision of the key's creation is the fencing token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    pub name: Vec<u8>,
    pub lease: i64,
    pub create_revision: i64,
}

impl Lock {
    pub fn key(&self) -> Bytes {
        key(&self.name, self.lease)
    }
}

fn key(name: &[u8], lease: i64) -> Bytes {
    let mut key = name.to_vec();
    key.extend_from_slice(format!("/{lease:x}").as_bytes());
    key.into()
}

fn lost() -> Error {
    Error::new(ETCD_ERR_LOCK_LOST, "the lock is no longer held")
}

/// Waits for the lock; then it is left to the caller, who has `ttl` seconds (at
/// least; etcd raises small ones) until he must renew it.
///
/// Getting in line has a deadline. Waiting has none: it goes on through outages,
/// and at the end of the line if the place in it was lost in one.
pub async fn lock(core: Arc<Core>, hub: Arc<Hub>, name: Vec<u8>, ttl: i64) -> Result<Lock> {
    let mut until = Deadline::after(core.timeout);
    let mut backoff = retry_backoff();
    loop {
        match attempt(&core, &hub, &name, ttl, &mut until).await {
            Ok(Some(lock)) => return Ok(lock),
            Ok(None) => {}
            Err(error) if until.left().is_none() && is_retryable(error.status) => {}
            Err(error) => return Err(error),
        }
        sleep(backoff.next()).await;
    }
}

/// Gets in line once; None if the place in it was lost.
async fn attempt(
    core: &Core,
    hub: &Arc<Hub>,
    name: &[u8],
    ttl: i64,
    until: &mut Deadline,
) -> Result<Option<Lock>> {
    // Servers count the ttl from a moment after this one.
    let begun = Instant::now();
    let request = LeaseGrantRequest { ttl, id: 0 };
    let lease: LeaseGrantResponse = core.ask(LEASE_GRANT, &request, *until).await?;
    let _unfinished = Unfinished { core, lease: lease.id };
    let seconds = u64::try_from(lease.ttl).unwrap_or(1).max(1);
    let result = match enter(core, name, lease.id, *until).await {
        Ok((lock, true)) if begun.elapsed() < FRESH => Ok(lock),
        Ok((lock, _)) => {
            *until = Deadline::NEVER;
            wait(core, hub, &lock, Duration::from_secs(seconds)).await.map(|()| lock)
        }
        Err(error) => Err(error),
    };
    let error = match result {
        Ok(lock) => return Ok(Some(lock)),
        Err(error) => error,
    };
    // What is left of the attempt must not keep others waiting.
    lease::give_back(core, lease.id).await;
    match error.status {
        ETCD_ERR_LOCK_LOST | ETCD_ERR_LEASE_NOT_FOUND => Ok(None),
        _ => Err(error),
    }
}

/// Waits in line with a lease that is kept alive, and renews it at the end.
async fn wait(core: &Core, hub: &Arc<Hub>, lock: &Lock, ttl: Duration) -> Result<()> {
    let turn = pin!(first_in_line(core, hub, lock));
    match select(turn, pin!(keep_alive(core, lock.lease, ttl))).await {
        Either::Left((result, _)) => result?,
        Either::Right((error, _)) => return Err(error),
    }
    // A holder gets what is left of the ttl: a late answer is asked for again.
    loop {
        let begun = Instant::now();
        renew(core, lock, Deadline::NEVER).await?;
        if begun.elapsed() < ttl / 10 {
            return Ok(());
        }
    }
}

/// A place in line that is neither taken nor given back when it is dropped:
/// closing the client ends the wait in the middle.
struct Unfinished<'a> {
    core: &'a Core,
    lease: i64,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if self.core.closed.load(Relaxed) {
            self.core.orphaned.lock().unwrap().push(self.lease);
        }
    }
}

/// Puts the key that waits, and says whether it is the first.
async fn enter(core: &Core, name: &[u8], lease: i64, until: Deadline) -> Result<(Lock, bool)> {
    let key = key(name, lease);
    let put = PutRequest { key: key.clone(), lease, ..Default::default() };
    let line = Spec::line(name);
    let first = RangeRequest {
        key: line.key,
        range_end: line.range_end,
        limit: 1,
        sort_order: SortOrder::Ascend as i32,
        sort_target: SortTarget::Create as i32,
        keys_only: true,
        ..Default::default()
    };
    let request = TxnRequest {
        compare: vec![created(&key, 0)],
        success: vec![op(Request::RequestPut(put)), op(Request::RequestRange(first.clone()))],
        failure: vec![get(&key), op(Request::RequestRange(first))],
    };
    let reply: TxnResponse = core.ask(ENTER, &request, until).await?;
    let create_revision = match reply.succeeded {
        true => reply.header.unwrap_or_default().revision,
        // Our own, put by an attempt whose reply was lost.
        false => first_kv(&reply, 0).ok_or_else(lost)?.create_revision,
    };
    let is_first = first_kv(&reply, 1).is_some_and(|kv| kv.key == key);
    Ok((Lock { name: name.to_vec(), lease, create_revision }, is_first))
}

impl Spec {
    /// The keys that wait for a lock, as they go.
    fn line(name: &[u8]) -> Spec {
        let prefix = [name, b"/"].concat();
        let range_end = prefix_end(&prefix);
        Spec { no_puts: true, merge: true, ..Spec::new(prefix, range_end) }
    }
}

/// Waits until nobody is before us.
async fn first_in_line(core: &Core, hub: &Arc<Hub>, lock: &Lock) -> Result<()> {
    let spec = Spec::line(&lock.name);
    let own = lock.key();
    loop {
        let before = RangeRequest {
            key: spec.key.clone(),
            range_end: spec.range_end.clone(),
            limit: 1,
            sort_order: SortOrder::Descend as i32,
            sort_target: SortTarget::Create as i32,
            max_create_revision: lock.create_revision - 1,
            keys_only: true,
            ..Default::default()
        };
        let request = TxnRequest {
            success: vec![get(&own), op(Request::RequestRange(before))],
            ..Default::default()
        };
        let reply: TxnResponse = core.ask(LOOK, &request, Deadline::NEVER).await?;
        if first_kv(&reply, 0).map(|kv| kv.create_revision) != Some(lock.create_revision) {
            return Err(lost());
        }
        let Some(before) = first_kv(&reply, 1).map(|kv| kv.key.clone()) else { return Ok(()) };
        let revision = reply.header.unwrap_or_default().revision;
        let watch = Watch::open(hub, spec.clone(), Some(revision + 1));
        let gone = |event: Event<'_>| event.kv.key == before || event.kv.key == own;
        loop {
            match watch.next_async().await {
                Ok(batch) if !batch.events().any(gone) => {}
                Ok(_) => break,
                // Looking again says what the events would have said.
                Err(error) if error.status == ETCD_ERR_COMPACTED => break,
                Err(error) => return Err(error),
            }
        }
    }
}

/// Renews a waiter's lease until it is gone.
async fn keep_alive(core: &Core, id: i64, ttl: Duration) -> Error {
    let mut pause = ttl / 3;
    loop {
        sleep(pause).await;
        let until = Deadline::after(Some(ttl / 3));
        pause = match core.ask(LEASE_KEEP_ALIVE, &LeaseKeepAliveRequest { id }, until).await {
            Ok(LeaseKeepAliveResponse { ttl: ..=0, .. }) => return lost(),
            Ok(_) => ttl / 3,
            Err(error) if is_retryable(error.status) => Duration::from_millis(25),
            Err(error) => return error,
        };
    }
}

/// Gives the holder of a lock its whole ttl again, from the moment of the call.
pub async fn renew(core: &Core, lock: &Lock, until: Deadline) -> Result<()> {
    // The lease is the caller's to name: only with the key it is that of a lock.
    if !is_held(core, lock, until).await? {
        return Err(lost());
    }
    let request = LeaseKeepAliveRequest { id: lock.lease };
    let reply: LeaseKeepAliveResponse = core.ask(LEASE_KEEP_ALIVE, &request, until).await?;
    // Servers before 3.4.38 and 3.5.23 may have renewed what they had revoked,
    // and the key may be gone without its lease: only the key tells.
    match reply.ttl > 0 && is_held(core, lock, until).await? {
        true => Ok(()),
        false => Err(lost()),
    }
}

async fn is_held(core: &Core, lock: &Lock, until: Deadline) -> Result<bool> {
    let request = TxnRequest { success: vec![get(&lock.key())], ..Default::default() };
    let reply: TxnResponse = core.ask(LOOK, &request, until).await?;
    let kv = first_kv(&reply, 0);
    Ok(kv.is_some_and(|kv| (kv.create_revision, kv.lease) == (lock.create_revision, lock.lease)))
}

/// Releases the lock, and never a later one on the same name.
pub async fn unlock(core: &Core, lock: &Lock, until: Deadline) -> Result<()> {
    let key = lock.key();
    let delete = DeleteRangeRequest { key: key.clone(), ..Default::default() };
    let request = TxnRequest {
        compare: vec![created(&key, lock.create_revision)],
        success: vec![op(Request::RequestDeleteRange(delete))],
        failure: Vec::new(),
    };
    let mut backoff = retry_backoff();
    let mut doubt = false;
    loop {
        let error = match core.ask::<TxnResponse>(LEAVE, &request, until).await {
            // An attempt before may have done it late.
            Ok(reply) if reply.succeeded || doubt => break,
            // Not ours: nor is, then, the lease that the caller names.
            Ok(_) => return Err(lost()),
            Err(error) => error,
        };
        doubt = doubt || error.outcome == Outcome::MaybeApplied;
        let error = error.maybe_applied(doubt);
        // Whether it was that attempt or the end of the lease does not matter.
        if doubt {
            match is_held(core, lock, until).await {
                Ok(false) => break,
                Ok(true) => {}
                Err(_) => return Err(error),
            }
        }
        let over = until.left().is_some_and(|left| left < LAST_PAUSE);
        if over || !is_retryable(error.status) {
            return Err(error);
        }
        sleep(backoff.next()).await;
    }
    lease::give_back(core, lock.lease).await;
    Ok(())
}

fn op(request: Request) -> RequestOp {
    RequestOp { request: Some(request) }
}

fn get(key: &Bytes) -> RequestOp {
    op(Request::RequestRange(RangeRequest { key: key.clone(), ..Default::default() }))
}

/// That the key was created at a revision; 0: that it does not exist.
fn created(key: &Bytes, revision: i64) -> Compare {
    Compare {
        result: CompareResult::Equal as i32,
        target: CompareTarget::Create as i32,
        key: key.clone(),
        target_union: Some(TargetUnion::CreateRevision(revision)),
        range_end: Bytes::new(),
    }
}

/// What the transaction's read number `index` found.
fn first_kv(reply: &TxnResponse, index: usize) -> Option<&KeyValue> {
    match reply.responses.get(index)?.response.as_ref()? {
        Response::ResponseRange(range) => range.kvs.first(),
        _ => None,
    }
}
