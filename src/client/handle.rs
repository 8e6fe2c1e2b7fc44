//! The client for tasks: cheap to clone, and every call is awaited. Keys are those of the
//! client's namespace, in requests, in replies and in events.

#![forbid(unsafe_code)]

use super::call::{Call, CallOptions, Deadline, Method, Progress};
use super::core::Core;
use super::dispatcher::{Inbox, Work};
use super::keepalive::{KeepAlive, Keeper, Wants};
use super::kv::{GetOptions, Keys, PutOptions};
use super::lease;
use super::methods::*;
use super::namespace::Keyed;
use super::txn::{Txn, TxnResponse};
use super::watch::{Hub, Spec, Watch};
use crate::error::Result;
use crate::sync::IgnorePoison;
use crate::wire::proto::{
    DeleteRangeResponse, LeaseGrantResponse, LeaseKeepAliveResponse, LeaseRevokeResponse,
    PutResponse, RangeResponse,
};
use prost::Message;
use std::future::Future;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct Handle {
    core: Arc<Core>,
    hub: Arc<Hub>,
    keeper: Arc<Keeper>,
    inbox: Arc<Inbox>,
}

// Whole, though not every call has a recipe that needs it.
#[allow(dead_code)]
impl Handle {
    pub fn new(core: Arc<Core>, hub: Arc<Hub>, keeper: Arc<Keeper>, inbox: Arc<Inbox>) -> Handle {
        Handle { core, hub, keeper, inbox }
    }

    async fn run<R: Message + Default>(&self, method: Method, call: Result<Call>) -> Result<R> {
        let call = call?;
        method.reply(self.core.run(&call, &Progress::default()).await?)
    }

    async fn run_named<R: Message + Default + Keyed>(
        &self,
        method: Method,
        call: Result<Call>,
    ) -> Result<R> {
        let mut reply: R = self.run(method, call).await?;
        let stripped = reply.strip_prefix(&self.core.namespace);
        stripped.map_err(|error| error.maybe_applied(method.effect.changes()))?;
        Ok(reply)
    }

    pub async fn get(
        &self,
        keys: Keys<'_>,
        how: &GetOptions,
        options: impl Into<CallOptions>,
    ) -> Result<RangeResponse> {
        self.run_named(GET, self.core.get(keys, how, options.into())).await
    }

    pub async fn put(
        &self,
        key: &[u8],
        value: &[u8],
        how: &PutOptions,
        options: impl Into<CallOptions>,
    ) -> Result<PutResponse> {
        self.run_named(PUT, self.core.put(key, value, how, options.into())).await
    }

    pub async fn delete(
        &self,
        keys: Keys<'_>,
        prev_kv: bool,
        options: impl Into<CallOptions>,
    ) -> Result<DeleteRangeResponse> {
        self.run_named(DELETE, self.core.delete(keys, prev_kv, options.into())).await
    }

    pub async fn txn(&self, txn: &Txn, options: impl Into<CallOptions>) -> Result<TxnResponse> {
        self.run_named(TXN, self.core.commit(txn, options.into())).await
    }

    /// Begins with the events of revision `start`, or with those to come.
    pub fn watch(&self, spec: Spec, start: Option<i64>) -> Watch {
        Watch::open(&self.hub, spec.within(&self.core.namespace), start)
    }

    /// The server chooses the id.
    pub async fn grant(
        &self,
        ttl: i64,
        options: impl Into<CallOptions>,
    ) -> Result<LeaseGrantResponse> {
        self.grant_as(0, ttl, options).await
    }

    /// With that id.
    pub async fn grant_as(
        &self,
        id: i64,
        ttl: i64,
        options: impl Into<CallOptions>,
    ) -> Result<LeaseGrantResponse> {
        self.run(LEASE_GRANT, self.core.grant(ttl, id, &self.keeper, options.into())).await
    }

    pub async fn revoke(
        &self,
        lease: i64,
        options: impl Into<CallOptions>,
    ) -> Result<LeaseRevokeResponse> {
        let call = self.core.revoke(lease, &self.keeper, options.into());
        self.run(LEASE_REVOKE, call).await
    }

    pub async fn keep_alive_once(
        &self,
        lease: i64,
        options: impl Into<CallOptions>,
    ) -> Result<LeaseKeepAliveResponse> {
        let call = self.core.keep_alive_once(lease, &self.keeper, options.into());
        self.run(LEASE_KEEP_ALIVE, call).await
    }

    /// Keeps a lease alive until the result is dropped. `first`: how long the first
    /// renewal may take.
    pub fn keep_alive(&self, lease: i64, first: Duration) -> Result<KeepAlive> {
        KeepAlive::open(&self.keeper, lease, Some(first), Wants::default())
    }

    /// Revokes a lease of no more use, or leaves it to expire if that takes long.
    pub async fn give_back(&self, lease: i64) {
        lease::give_back(&self.core, lease).await;
    }

    /// The same for work that is dropped: when the client is closed, the close revokes it.
    pub fn orphan(&self, lease: i64) {
        if self.core.closed.load(Relaxed) {
            self.core.orphaned.lock().ignore_poison().push(lease);
        }
    }

    /// Does something later, on behalf of a task that is dropped now; not if the client is closed.
    pub fn later(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.inbox.put(Work::Task(Box::pin(work)));
    }

    /// Until when work that names no deadline may take.
    pub fn deadline(&self) -> Deadline {
        self.core.deadline()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Client, Options};
    use super::*;

    #[test]
    fn keys_are_those_of_the_namespace() {
        let open = |key_prefix: &[u8]| {
            let key_prefix = key_prefix.to_vec();
            Client::open(Options { key_prefix, ..Options::of_store("handle") }).unwrap()
        };
        let (client, whole) = (open(b"p/"), open(b""));
        let (ours, all, never) = (client.handle(), whole.handle(), Deadline::NEVER);
        let work = async move {
            let lease = ours.grant(60, never).await?.id;
            let watch = ours.watch(Spec::new("k", ""), Some(1));
            let how = PutOptions { lease, ..Default::default() };
            ours.put(b"k", b"v", &how, never).await?;
            assert_eq!(watch.next_async().await?.events().next().unwrap().kv.key, b"k");
            let found = all.get(Keys::Prefix(b""), &GetOptions::default(), never).await?;
            assert_eq!(found.kvs[0].key, "p/k");
            let found = ours.get(Keys::Prefix(b""), &GetOptions::default(), never).await?;
            assert_eq!(found.kvs[0].key, "k");
            let deleted = ours.delete(Keys::One(b"k"), true, never).await?;
            assert_eq!(deleted.prev_kvs[0].key, "k");
            let keep_alive = ours.keep_alive(lease, Duration::from_secs(60))?;
            // Since the grant, for nothing has renewed it yet.
            assert!(keep_alive.left() > Duration::from_secs(50));
            ours.revoke(lease, never).await?;
            keep_alive.lost().await;
            Ok(())
        };
        client.wait(work).unwrap();
        client.close();
        whole.close();
    }
}
