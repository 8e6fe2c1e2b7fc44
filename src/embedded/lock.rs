//! The lock service, by the rules of etcd's own: the keys `NAME/LEASE` wait in the order of
//! their creation, and the first one holds the lock.

#![forbid(unsafe_code)]

use super::engine::Engine;
use super::reply::RpcStatus;
use super::span::{Span, Way};
use super::store::{State, Version};
use crate::wire::proto::*;
use bytes::Bytes;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;

/// The ttl of the lease that a lock without one gets, in seconds.
const DEFAULT_TTL: i64 = 60;
const UNKNOWN: i32 = 2;

/// A key in line, which leaves it unless the lock is granted.
struct Place {
    engine: Arc<Engine>,
    name: Bytes,
    key: Bytes,
    created: i64,
    granted: bool,
}

impl Place {
    /// The revision of the store, if no key is before the own one.
    fn first(&self, state: &State) -> Option<Result<i64, RpcStatus>> {
        // '0' is the byte after '/'.
        let (line, end) = ([&self.name[..], b"/"].concat(), [&self.name[..], b"0"].concat());
        let mut waits = false;
        let mut look = |_: &Bytes, version: &Version| {
            waits |= version.created < self.created;
            if waits {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let line = Span::new(&line, &end);
        state.stretch(line, Way::Up, None, usize::MAX, state.revision, &mut look);
        if waits {
            return None;
        }
        let own = state.get(&self.key, state.revision).map(|(_, version)| version.created);
        Some(match own == Some(self.created) {
            true => Ok(state.revision),
            false => {
                Err(RpcStatus { code: UNKNOWN, message: "mutex: session is expired".to_owned() })
            }
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.engine.streams.fetch_sub(1, Relaxed);
        if !self.granted {
            self.engine.write(|state| {
                let own = state.get(&self.key, state.revision);
                if own.is_some_and(|(_, version)| version.created == self.created) {
                    state.delete(Span::One(&self.key), |_, _| ());
                }
            });
        }
    }
}

impl Engine {
    /// Waits for the lock. The key leaves the line when the future is dropped before.
    pub async fn lock(self: &Arc<Self>, request: LockRequest) -> Result<LockResponse, RpcStatus> {
        let LockRequest { name, lease } = request;
        let lease = match lease {
            0 => self.lease_grant(LeaseGrantRequest { ttl: DEFAULT_TTL, id: 0 })?.id,
            lease => lease,
        };
        let key: Bytes = [&name[..], format!("/{lease:x}").as_bytes()].concat().into();
        let created = self.write(|state| {
            // With the same lease it is the same lock.
            if let Some((_, version)) = state.get(&key, state.revision) {
                return Ok(version.created);
            }
            state.lessor.check(lease)?;
            state.put(key.clone(), |_, _| (Bytes::new(), lease));
            Ok(state.revision)
        })?;
        // Who waits is notified of changes as a watch is.
        self.streams.fetch_add(1, Relaxed);
        let mut place = Place { engine: self.clone(), name, key, created, granted: false };
        loop {
            // Registered before the look, so that no change is missed.
            let changed = self.changed.notified();
            match self.read(|state| place.first(state)) {
                None => changed.await,
                Some(result) => {
                    let revision = result?;
                    place.granted = true;
                    let key = place.key.clone();
                    return Ok(LockResponse { header: self.header(revision), key });
                }
            }
        }
    }

    /// Deletes a key, which need not be that of a lock.
    pub fn unlock(&self, request: UnlockRequest) -> Result<UnlockResponse, RpcStatus> {
        let request = DeleteRangeRequest { key: request.key, ..Default::default() };
        Ok(UnlockResponse { header: self.delete_range(request)?.header })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use futures_util::FutureExt;
    use std::future::Future;
    use std::pin::Pin;
    use std::time::Duration;

    type Waiting = Pin<Box<dyn Future<Output = Result<LockResponse, RpcStatus>>>>;

    fn lock(engine: &Arc<Engine>, name: &str, lease: i64) -> Waiting {
        let (engine, name) = (engine.clone(), bytes(name));
        Box::pin(async move { engine.lock(LockRequest { name, lease }).await })
    }

    fn poll(waiting: &mut Waiting) -> Option<Result<(Bytes, i64), String>> {
        let result = waiting.as_mut().now_or_never()?;
        let result = result.map(|reply| (reply.key, revision(&reply.header)));
        Some(result.map_err(|refusal| refusal.message))
    }

    fn granted(key: &str, revision: i64) -> Option<Result<(Bytes, i64), String>> {
        Some(Ok((bytes(key), revision)))
    }

    fn grant(engine: &Engine, ids: impl IntoIterator<Item = i64>) {
        for id in ids {
            engine.lease_grant(LeaseGrantRequest { id, ttl: 10 }).unwrap();
        }
    }

    fn unlock(engine: &Engine, key: &str) -> i64 {
        revision(&engine.unlock(UnlockRequest { key: bytes(key) }).unwrap().header)
    }

    fn line(engine: &Engine) -> usize {
        engine.range(range("n/", "n0")).unwrap().kvs.len()
    }

    #[test]
    fn locks_are_granted_in_the_order_of_the_line() {
        let engine = engine();
        grant(&engine, [0x1a, 2, 3]);
        let mut first = lock(&engine, "n", 0x1a);
        assert_eq!(poll(&mut first), granted("n/1a", 2));
        // It holds the lock already.
        assert_eq!(poll(&mut lock(&engine, "n", 0x1a)), granted("n/1a", 2));
        let (mut second, mut third) = (lock(&engine, "n", 2), lock(&engine, "n", 3));
        assert_eq!((poll(&mut second), poll(&mut third)), (None, None));
        // Other names are other locks, also those that begin alike.
        assert_eq!(poll(&mut lock(&engine, "n/", 2)), granted("n//2", 5));
        assert_eq!(poll(&mut lock(&engine, "", 2)), granted("/2", 6));
        assert_eq!((poll(&mut second), poll(&mut third)), (None, None));
        assert_eq!(unlock(&engine, "n/1a"), 7);
        assert_eq!((poll(&mut third), poll(&mut second)), (None, granted("n/2", 7)));
        // A second time it is nobody's key.
        assert_eq!(unlock(&engine, "n/1a"), 7);
        engine.lease_revoke(LeaseRevokeRequest { id: 2 }).unwrap();
        assert_eq!(poll(&mut third), granted("n/3", 8));
        assert_eq!(engine.unlock(UnlockRequest::default()).unwrap_err().code, 3);
    }

    #[test]
    fn who_waits_is_woken_and_leaves_the_line_when_it_gives_up() {
        let engine = engine();
        grant(&engine, 1..=4);
        let mut holder = lock(&engine, "n", 1);
        assert!(poll(&mut holder).is_some());
        drop(holder);
        assert_eq!(line(&engine), 1);
        let (mut second, mut third) = (lock(&engine, "n", 2), lock(&engine, "n", 3));
        assert_eq!((poll(&mut second), poll(&mut third)), (None, None));
        assert_eq!((line(&engine), engine.streams.load(Relaxed)), (3, 2));
        drop(second);
        assert_eq!((line(&engine), engine.streams.load(Relaxed)), (2, 1));
        let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
        tokio.block_on(async {
            let waiting = tokio::spawn({
                let engine = engine.clone();
                async move { engine.lock(LockRequest { name: bytes("n"), lease: 4 }).await }
            });
            tokio::task::yield_now().await;
            unlock(&engine, "n/1");
            assert!(poll(&mut third).unwrap().is_ok());
            unlock(&engine, "n/3");
            assert_eq!(waiting.await.unwrap().unwrap().key, "n/4");
        });
        assert_eq!((line(&engine), engine.streams.load(Relaxed)), (1, 0));
    }

    #[test]
    fn a_lock_is_no_older_than_its_lease() {
        let engine = engine();
        let refused = poll(&mut lock(&engine, "n", 9)).unwrap().unwrap_err();
        assert_eq!(refused, "etcdserver: requested lease not found");
        grant(&engine, [1]);
        assert!(poll(&mut lock(&engine, "n", 1)).is_some());
        engine.clock().advance(Duration::from_secs(5));
        grant(&engine, [2, 3]);
        let (mut second, mut third) = (lock(&engine, "n", 2), lock(&engine, "n", 3));
        assert_eq!((poll(&mut second), poll(&mut third)), (None, None));
        engine.lease_revoke(LeaseRevokeRequest { id: 2 }).unwrap();
        assert_eq!(poll(&mut second), None, "told at its turn, as by etcd");
        engine.clock().advance(Duration::from_secs(5));
        assert_eq!(line(&engine), 1);
        assert_eq!(poll(&mut second), Some(Err("mutex: session is expired".to_owned())));
        assert!(poll(&mut third).unwrap().is_ok());
        // Without a lease it gets one that nobody renews.
        let mut own = lock(&engine, "m", 0);
        assert!(poll(&mut own).unwrap().is_ok());
        engine.clock().advance(Duration::from_secs(60));
        assert!(engine.range(range("m", "n")).unwrap().kvs.is_empty());
    }
}
