//! What handles of a client's objects stand for.

use super::exports::{Of, Work};
use super::handle::{self, Kind};
use crate::classic::Session as Client;
use crate::client::closed;
use crate::error::{Error, Result};
use crate::status::ETCD_ERR_BAD_HANDLE;
use std::future::Future;
use std::sync::{Arc, Weak};
use tokio_util::sync::CancellationToken;

/// An object of a client, which it does not keep open.
pub struct Owned<T> {
    client: Weak<Client>,
    pub object: Arc<T>,
    closing: CancellationToken,
    /// What messages call the handle.
    name: &'static str,
}

/// Makes a handle for an object of a client.
pub fn insert<K: Kind<Target = Owned<T>>, T: Send + Sync + 'static>(
    client: Weak<Client>,
    object: Arc<T>,
) -> Result<*mut K> {
    let owned = Owned { client, object, closing: CancellationToken::new(), name: K::NAME };
    handle::insert(Arc::new(owned))
}

/// Ends every wait on a handle, and then the object, on the runtime; unless the client is closed.
pub fn close<K: Kind<Target = Owned<T>>, T: Send + Sync + 'static>(
    handle: *const K,
    end: impl FnOnce(&T) + Send + 'static,
) {
    let Ok(owned) = handle::remove(handle) else { return };
    owned.closing.cancel();
    if let Some(client) = owned.client.upgrade() {
        client.spawn(async move { end(&owned.object) });
    }
}

impl<T: Send + Sync + 'static> Of for Owned<T> {
    fn client(self: &Arc<Self>) -> Result<Arc<Client>> {
        self.open()
    }
}

impl<T: Send + Sync + 'static> Owned<T> {
    /// The client, unless it is closed.
    pub fn open(&self) -> Result<Arc<Client>> {
        self.client.upgrade().ok_or_else(closed)
    }

    /// Makes a handle for another object of the same client.
    pub fn insert<K: Kind<Target = Owned<U>>, U: Send + Sync + 'static>(
        &self,
        object: Arc<U>,
    ) -> Result<*mut K> {
        insert(self.client.clone(), object)
    }

    /// What ends when the handle is closed. Nobody knows then how far it has come.
    pub fn until_closed<R>(
        &self,
        work: impl Future<Output = Result<R>> + Send + 'static,
    ) -> impl Future<Output = Result<R>> + Send + 'static {
        let (closing, name) = (self.closing.clone(), self.name);
        async move {
            let closed = || Error::new(ETCD_ERR_BAD_HANDLE, format!("{name}: closed"));
            let done = closing.run_until_cancelled(work).await;
            done.unwrap_or_else(|| Err(closed().maybe_applied(true)))
        }
    }

    /// Work on the object, which ends when the handle is closed.
    pub fn work<R, F, M>(
        &self,
        work: impl FnOnce(Arc<T>) -> F,
        response: M,
    ) -> Work<impl Future<Output = Result<R>> + Send + 'static, M>
    where
        R: Send + 'static,
        F: Future<Output = Result<R>> + Send + 'static,
    {
        let future = self.until_closed(work(self.object.clone()));
        Work { stub: None, changes: true, waits: true, future, response }
    }
}
