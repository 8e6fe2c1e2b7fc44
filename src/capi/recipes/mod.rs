//! What programs build with etcd: sessions, locks, and the rest of `src/recipes`.

pub mod election;
pub mod mutex;
pub mod ownership;
pub mod session;
pub mod stm;
pub mod wait;

use super::bytes;
use super::exports::{Of, Work};
use super::handle::{self, Kind};
use super::options::{common, copy, etcd_call_options_t};
use super::pairs::etcd_header_response_t;
use super::response::hand_out;
use super::types::etcd_bytes_t;
use crate::classic::Session as Client;
use crate::client::{Deadline, Timeout};
use crate::error::{Error, Result};
use crate::status::*;
use crate::wire::proto::ResponseHeader;
use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Weak};
use tokio_util::sync::CancellationToken;

/// What a recipe's handle stands for. It keeps no client open.
pub struct Owned<T> {
    client: Weak<Client>,
    object: Arc<T>,
    closed: CancellationToken,
    /// What messages call the handle.
    name: &'static str,
}

/// Makes a handle for an object of a client.
fn insert<K: Kind<Target = Owned<T>>, T: Send + Sync + 'static>(
    client: Weak<Client>,
    object: Arc<T>,
) -> Result<*mut K> {
    let owned = Owned { client, object, closed: CancellationToken::new(), name: K::NAME };
    handle::insert(Arc::new(owned))
}

fn closed() -> Error {
    Error::new(ETCD_ERR_CLOSED, "the client was closed")
}

impl<T: Send + Sync + 'static> Of for Owned<T> {
    fn client(self: &Arc<Self>) -> Result<Arc<Client>> {
        self.client.upgrade().ok_or_else(closed)
    }
}

impl<T: Send + Sync + 'static> Owned<T> {
    /// Ends every wait on it. The client, unless it is closed.
    fn close(&self) -> Option<Arc<Client>> {
        self.closed.cancel();
        self.client.upgrade()
    }

    /// Work on the object, which ends when the handle is closed.
    fn work<R, F, M>(
        &self,
        work: impl FnOnce(Arc<T>) -> F,
        response: M,
    ) -> Work<impl Future<Output = Result<R>> + Send + 'static, M>
    where
        R: Send + 'static,
        F: Future<Output = Result<R>> + Send + 'static,
    {
        let (work, closed, name) = (work(self.object.clone()), self.closed.clone(), self.name);
        let future = async move {
            let done = closed.run_until_cancelled(work).await;
            let closed = || {
                let closed = Error::new(ETCD_ERR_BAD_HANDLE, format!("{name}: closed"));
                closed.maybe_applied(true)
            };
            done.unwrap_or_else(|| Err(closed()))
        };
        Work { stub: None, changes: true, waits: true, future, response }
    }
}

/// Until when a call that waits for others may take: for ever, unless it says so.
unsafe fn patience(options: *const etcd_call_options_t) -> Result<Deadline> {
    let options = copy(options)?;
    Ok(match common(options.timeout_ms, options.flags, 0)?.timeout {
        Some(Timeout::After(limit)) => Deadline::after(Some(limit)),
        _ => Deadline::NEVER,
    })
}

/// Until when any other call may take.
unsafe fn deadline<T>(owned: &Owned<T>, options: *const etcd_call_options_t) -> Result<Deadline> {
    let options = copy(options)?;
    let common = common(options.timeout_ms, options.flags, 0)?;
    Ok(owned.client.upgrade().ok_or_else(closed)?.core().until(common))
}

/// Waits for the end of something, which is an error, until then.
async fn ended(until: Deadline, end: impl Future<Output = Error>) -> Result<Infallible> {
    until.limit("it has not ended in time", async { Err(end.await) }).await
}

/// The response of work that ends only with an error.
fn never<T>(result: Infallible) -> Result<*mut T> {
    match result {}
}

/// The response of work that has nothing else to say.
fn header_only(header: ResponseHeader) -> Result<*mut etcd_header_response_t> {
    Ok(hand_out(etcd_header_response_t { header: header.into() }, ()))
}

/// The name of a line.
unsafe fn line_name(name: etcd_bytes_t) -> Result<Vec<u8>> {
    match bytes(name, "name")? {
        [] => Err(Error::new(ETCD_ERR_EMPTY_KEY, "name is empty")),
        name => Ok(name.to_vec()),
    }
}
