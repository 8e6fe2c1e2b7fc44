//! Locks, by the rules of etcd's own concurrency package: the keys `NAME/LEASE`
//! wait in the order of their creation, and the first one holds the lock.

#![forbid(unsafe_code)]

use crate::client::kv::{GetOptions, KeyValue, Keys, PutOptions, SortOrder, SortTarget};
use crate::client::txn::{Branch, CompareResult, CompareTarget, Op, Operand};
use crate::client::txn::{Response, Txn, TxnResponse};
use crate::client::watch::Spec;
use crate::client::{retry_backoff, Deadline, Handle};
use crate::error::{Error, Outcome, Result};
use crate::status::*;
use std::time::Duration;
use tokio::time::{sleep, Instant};

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
    pub fn key(&self) -> Vec<u8> {
        key(&self.name, self.lease)
    }
}

fn key(name: &[u8], lease: i64) -> Vec<u8> {
    [name, format!("/{lease:x}").as_bytes()].concat()
}

fn lost() -> Error {
    Error::new(ETCD_ERR_LOCK_LOST, "the lock is no longer held")
}

/// Waits for the lock. From then on the caller renews it: it has `ttl` seconds, or more
/// where etcd raises small values.
///
/// To join the line has a deadline. To wait has none: the wait goes on through outages, at
/// the end of the line if its place was lost in one.
pub async fn lock(client: Handle, name: Vec<u8>, ttl: i64) -> Result<Lock> {
    let mut until = client.deadline();
    let mut backoff = retry_backoff();
    loop {
        match attempt(&client, &name, ttl, &mut until).await {
            Ok(Some(lock)) => return Ok(lock),
            Ok(None) => {}
            Err(error) if until.left().is_none() && is_retryable(error.status) => {}
            Err(error) => return Err(error),
        }
        sleep(backoff.next()).await;
    }
}

/// Joins the line once; None if the place in it was lost.
async fn attempt(
    client: &Handle,
    name: &[u8],
    ttl: i64,
    until: &mut Deadline,
) -> Result<Option<Lock>> {
    // Servers count the ttl from a later moment.
    let begun = Instant::now();
    let granted = client.grant(ttl, *until).await?;
    let mut unfinished = Unfinished { client, lease: Some(granted.id) };
    let ttl = Duration::from_secs(u64::try_from(granted.ttl).unwrap_or(1).max(1));
    let result = match enter(client, name, granted.id, *until).await {
        Ok((lock, true)) if begun.elapsed() < FRESH => Ok(lock),
        Ok((lock, _)) => {
            *until = Deadline::NEVER;
            wait(client, &lock, ttl).await.map(|()| lock)
        }
        Err(error) => Err(error),
    };
    let error = match result {
        Ok(lock) => {
            unfinished.lease = None;
            return Ok(Some(lock));
        }
        Err(error) => error,
    };
    // What is left of the attempt must not keep others waiting.
    client.give_back(granted.id).await;
    match error.status {
        ETCD_ERR_LOCK_LOST | ETCD_ERR_LEASE_LOST | ETCD_ERR_LEASE_NOT_FOUND => Ok(None),
        _ => Err(error),
    }
}

/// A lease whose lock is not granted yet. The close of the client ends the wait in the
/// middle, and then revokes it.
struct Unfinished<'a> {
    client: &'a Handle,
    lease: Option<i64>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(lease) = self.lease {
            self.client.orphan(lease);
        }
    }
}

/// Waits in line with a lease that is kept alive, and renews it at the end.
async fn wait(client: &Handle, lock: &Lock, ttl: Duration) -> Result<()> {
    let keep_alive = client.keep_alive(lock.lease, ttl)?;
    tokio::select! {
        error = keep_alive.lost() => return Err(error),
        result = first_in_line(client, lock) => result?,
    }
    drop(keep_alive);
    // A holder gets what is left of the ttl: after a late answer it is renewed again.
    loop {
        let begun = Instant::now();
        renew(client, lock, Deadline::NEVER).await?;
        if begun.elapsed() < ttl / 10 {
            return Ok(());
        }
    }
}

/// The first or the last of the keys in line.
fn one_of_line(order: SortOrder, max_create_revision: i64) -> GetOptions {
    GetOptions {
        limit: 1,
        sort_order: order,
        sort_target: SortTarget::Create,
        max_create_revision,
        keys_only: true,
        ..Default::default()
    }
}

/// What the keys of the line begin with.
fn line(name: &[u8]) -> Vec<u8> {
    [name, b"/"].concat()
}

/// Puts the key that waits, and says whether it is the first.
async fn enter(client: &Handle, name: &[u8], lease: i64, until: Deadline) -> Result<(Lock, bool)> {
    let (key, line) = (key(name, lease), line(name));
    let first = Op::get(Keys::Prefix(&line), &one_of_line(SortOrder::Ascend, 0))?;
    let put = PutOptions { lease, ..Default::default() };
    let mut txn = created(&key, 0)?;
    txn.add(Branch::Then, Op::put(&key, b"", &put)?)?;
    txn.add(Branch::Then, first.clone())?;
    txn.add(Branch::Else, get(&key)?)?;
    txn.add(Branch::Else, first)?;
    let reply = client.txn(&txn.repeatable(), until).await?;
    let create_revision = match reply.succeeded {
        true => reply.header.unwrap_or_default().revision,
        // An attempt whose reply was lost has put the key.
        false => first_kv(&reply, 0).ok_or_else(lost)?.create_revision,
    };
    let is_first = first_kv(&reply, 1).is_some_and(|kv| kv.key == key);
    Ok((Lock { name: name.to_vec(), lease, create_revision }, is_first))
}

/// Waits until no key is before the own one. Each waiter watches two keys, its own and the
/// one before it, so that the end of a lock wakes one waiter.
async fn first_in_line(client: &Handle, lock: &Lock) -> Result<()> {
    let (own, line) = (lock.key(), line(&lock.name));
    let before = lock.create_revision.checked_sub(1).ok_or_else(lost)?;
    let before = one_of_line(SortOrder::Descend, before);
    let mut look = Txn::default();
    look.add(Branch::Then, get(&own)?)?;
    look.add(Branch::Then, Op::get(Keys::Prefix(&line), &before)?)?;
    loop {
        let reply = client.txn(&look, Deadline::NEVER).await?;
        if first_kv(&reply, 0).map(|kv| kv.create_revision) != Some(lock.create_revision) {
            return Err(lost());
        }
        let Some(before) = first_kv(&reply, 1).map(|kv| kv.key.clone()) else { return Ok(()) };
        let now = reply.header.unwrap_or_default().revision;
        let next = now.checked_add(1).ok_or_else(lost)?;
        let end_of = |key: &[u8]| {
            let spec = Spec { no_puts: true, ..Spec::new(key.to_vec(), "") };
            client.watch(spec, Some(next))
        };
        let (ours, theirs) = (end_of(&own), end_of(&before));
        let ended = tokio::select! {
            ended = ours.next_async() => ended,
            ended = theirs.next_async() => ended,
        };
        match ended {
            // Another look says which key it was, or what the compacted events were.
            Ok(_) => {}
            Err(error) if error.status == ETCD_ERR_COMPACTED => {}
            Err(error) => return Err(error),
        }
    }
}

/// Gives the holder of a lock its whole ttl again, from the moment of the call.
pub async fn renew(client: &Handle, lock: &Lock, until: Deadline) -> Result<()> {
    // The caller names the lease: only with the key it is that of a lock.
    if !is_held(client, lock, until).await? {
        return Err(lost());
    }
    let reply = client.keep_alive_once(lock.lease, until).await?;
    // Servers before 3.4.38 and 3.5.23 may have renewed what they had revoked,
    // and the key may be gone without its lease: only the key tells.
    match reply.ttl > 0 && is_held(client, lock, until).await? {
        true => Ok(()),
        false => Err(lost()),
    }
}

async fn is_held(client: &Handle, lock: &Lock, until: Deadline) -> Result<bool> {
    let reply = client.get(Keys::One(&lock.key()), &GetOptions::default(), until).await?;
    let held = (lock.create_revision, lock.lease);
    Ok(reply.kvs.first().is_some_and(|kv| (kv.create_revision, kv.lease) == held))
}

/// Releases the lock, and never a later one on the same name.
pub async fn unlock(client: &Handle, lock: &Lock, until: Deadline) -> Result<()> {
    let key = lock.key();
    let mut leave = created(&key, lock.create_revision)?;
    leave.add(Branch::Then, Op::delete(Keys::One(&key), false)?)?;
    let mut backoff = retry_backoff();
    let mut doubt = false;
    loop {
        let error = match client.txn(&leave, until).await {
            // An attempt before may have done it late.
            Ok(reply) if reply.succeeded || doubt => break,
            // The lock is another's: so is the lease that the caller names.
            Ok(_) => return Err(lost()),
            Err(error) => error,
        };
        doubt = doubt || error.outcome == Outcome::MaybeApplied;
        let error = error.maybe_applied(doubt);
        // Whether it was that attempt or the end of the lease does not matter.
        if doubt {
            match is_held(client, lock, until).await {
                Ok(false) => break,
                Ok(true) => {}
                Err(_) => return Err(error),
            }
        }
        let pause = backoff.next();
        let over = until.left().is_some_and(|left| left < pause);
        if over || !is_retryable(error.status) {
            return Err(error);
        }
        sleep(pause).await;
    }
    client.give_back(lock.lease).await;
    Ok(())
}

fn get(key: &[u8]) -> Result<Op> {
    Op::get(Keys::One(key), &GetOptions::default())
}

/// A transaction for a key that was created at a revision; 0: that does not exist.
fn created(key: &[u8], revision: i64) -> Result<Txn> {
    let mut txn = Txn::default();
    let operand = Operand::Number(revision);
    txn.compare(Keys::One(key), CompareTarget::Create, CompareResult::Equal, operand)?;
    Ok(txn)
}

/// What the transaction's read number `index` found.
fn first_kv(reply: &TxnResponse, index: usize) -> Option<&KeyValue> {
    match reply.responses.get(index)?.response.as_ref()? {
        Response::ResponseRange(range) => range.kvs.first(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Client, Options};
    use std::sync::atomic::Ordering::Relaxed;

    #[test]
    fn the_close_revokes_no_lease_of_a_lock_that_is_granted() {
        let key_prefix = b"p/".to_vec();
        let options = Options { key_prefix, ..Options::of_store("lock-at-close") };
        let client = Client::open(options).unwrap();
        let handle = client.handle();
        let core = client.core().clone();
        let granted = client.wait(async move {
            // The close begins while the call is in progress, and comes too late.
            core.closed.store(true, Relaxed);
            let lock = lock(handle.clone(), b"name".to_vec(), 60).await?;
            let orphaned = core.orphaned.lock().unwrap().clone();
            core.closed.store(false, Relaxed);
            assert_eq!(orphaned, [0; 0]);
            unlock(&handle, &lock, Deadline::NEVER).await.map(|()| lock)
        });
        assert_eq!(granted.unwrap().name, b"name");
        client.close();
    }
}
