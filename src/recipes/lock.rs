//! The lock of the classic tier: granted with a lease of its own, and from then on renewed by
//! its holder or lost. See `line.rs` for who holds it.

#![forbid(unsafe_code)]

use super::line::{self, lost, Place};
use super::session::Owed;
use crate::client::{retry_backoff, Deadline, Handle};
use crate::error::Result;
use crate::status::*;
use std::time::Duration;
use tokio::time::{sleep, Instant};

/// A lease that is no older need not be renewed for its holder.
const FRESH: Duration = Duration::from_millis(50);

/// Waits for the lock. From then on the caller renews it: it has `ttl` seconds, or more
/// where etcd raises small values.
///
/// To join the line has a deadline. To wait has none: the wait goes on through outages, at
/// the end of the line if its place was lost in one.
pub async fn lock(client: Handle, name: Vec<u8>, ttl: i64) -> Result<Place> {
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
) -> Result<Option<Place>> {
    // Servers count the ttl from a later moment.
    let begun = Instant::now();
    let granted = client.grant(ttl, *until).await?;
    // The close of the client ends the wait in the middle, and then revokes it.
    let mut unfinished = Owed { client, lease: Some(granted.id) };
    let ttl = Duration::from_secs(u64::try_from(granted.ttl).unwrap_or(1).max(1));
    let result = match line::enter(client, name, granted.id, b"", true, *until).await {
        Ok(entered) if entered.is_first() && begun.elapsed() < FRESH => Ok(entered.place),
        Ok(entered) => {
            *until = Deadline::NEVER;
            wait(client, name, &entered.place, ttl).await.map(|()| entered.place)
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

/// Waits in line with a lease that is kept alive, and renews it at the end.
async fn wait(client: &Handle, name: &[u8], lock: &Place, ttl: Duration) -> Result<()> {
    let keep_alive = client.keep_alive(lock.lease, ttl)?;
    tokio::select! {
        error = keep_alive.lost() => return Err(error),
        result = line::turn(client, name, lock) => result?,
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

/// Gives the holder of a lock its whole ttl again, from the moment of the call.
pub async fn renew(client: &Handle, lock: &Place, until: Deadline) -> Result<()> {
    // The caller names the lease: only with the key it is that of a lock.
    if !line::is_held(client, lock, until).await? {
        return Err(lost());
    }
    let reply = client.keep_alive_once(lock.lease, until).await?;
    // Servers before 3.4.38 and 3.5.23 may have renewed what they had revoked,
    // and the key may be gone without its lease: only the key tells.
    match reply.ttl > 0 && line::is_held(client, lock, until).await? {
        true => Ok(()),
        false => Err(lost()),
    }
}

/// Releases the lock, and never a later one on the same name.
pub async fn unlock(client: &Handle, lock: &Place, until: Deadline) -> Result<()> {
    line::leave(client, lock, false, until).await?;
    client.give_back(lock.lease).await;
    Ok(())
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
        assert!(granted.unwrap().key.starts_with(b"name/"));
        client.close();
    }
}
