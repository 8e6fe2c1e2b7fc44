//! What goes on delivering until it is closed: to a caller who waits for it, or
//! onto a queue.

use super::event::Content;
use super::handle::{self, Kind};
use super::queue::{etcd_queue_t, EventQueue, OnQueue, Pending};
use super::user_data::{Held, Registry};
use super::{clear, wait, without_panic};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::runtime::Open;
use crate::status::*;
use crate::sync::mailbox::{Mailbox, Taken};
use std::ffi::c_void;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The reading end of something that delivers.
pub trait Source: Send + Sync + 'static {
    type Item: Send + 'static;
    /// Somebody may wait for each item, also if it is on no queue.
    const IS_URGENT: bool = false;
    fn mailbox(&self) -> &Mailbox<Self::Item>;
    /// Waits for an item; `None` waits for ever.
    fn next(&self, wait: Option<Duration>) -> Taken<Self::Item> {
        self.mailbox().next(wait)
    }
}

/// An item as C sees it.
pub trait Delivery: Send + 'static {
    type Response;
    /// The type of the event that carries it.
    const EVENT: i32;
    fn response(self) -> Result<*mut Self::Response>;
    unsafe fn free(response: *mut Self::Response);
}

/// A source, and what its events carry.
pub struct Stream<S> {
    pub source: S,
    /// Where its events go.
    queue: Option<Arc<EventQueue>>,
    /// What they carry.
    held: OnceLock<Held>,
    _open: Option<Open>,
}

impl<S: Source> OnQueue for Stream<S>
where
    S::Item: Delivery,
{
    fn take(&self, held: Held, user_data: &Registry) -> Option<Content> {
        let result = match self.source.mailbox().take_one() {
            // Only looked at: who takes events itself must not be left to drop it after the free.
            Taken::Item(_) if !user_data.has(held) => return None,
            Taken::Item(item) => match self.response(item) {
                Ok(response) => Ok(response.cast()),
                Err(_) => return self.take(held, user_data),
            },
            Taken::End(error) => user_data.release(held).then_some(Err(error))?,
            Taken::Nothing | Taken::Closed => return None,
        };
        unsafe fn free<D: Delivery>(response: *mut c_void) {
            D::free(response.cast());
        }
        let (kind, user_data) = (S::Item::EVENT, held.user_data);
        Some(Content { kind, user_data, result, free: free::<S::Item> })
    }
}

impl<S: Source> Stream<S>
where
    S::Item: Delivery,
{
    /// One that cannot be made is missing: that ends the stream.
    fn response(&self, item: S::Item) -> Result<*mut <S::Item as Delivery>::Response> {
        let response = without_panic(false, || item.response());
        response.inspect_err(|error| self.source.mailbox().cut(error.clone()))
    }
}

/// Makes a handle for the source; its events go to the queue, if there is one.
pub unsafe fn open<K, S>(
    client: &Client,
    source: S,
    queue: Option<Arc<EventQueue>>,
    user_data: *mut c_void,
) -> Result<*mut K>
where
    S: Source,
    S::Item: Delivery,
    K: Kind<Target = Stream<S>>,
{
    let open = match &queue {
        Some(queue) => Some(client.open_stream(&queue.streams)),
        None => S::IS_URGENT.then(|| client.open_stream(&Arc::default())),
    };
    let stream =
        Arc::new(Stream { source, queue: queue.clone(), held: OnceLock::new(), _open: open });
    let handle = handle::insert::<K>(stream.clone())?;
    let Some(queue) = queue else { return Ok(handle) };
    // After all that can fail: a caller whose call failed keeps its user_data.
    let held = queue.user_data.hold(user_data).inspect_err(|_| close(handle))?;
    let held = *stream.held.get_or_init(|| held);
    let ours = Arc::downgrade(&stream);
    stream.source.mailbox().attach(Arc::new(move || {
        if let Some(stream) = ours.upgrade() {
            queue.push(Pending::Stream(held, stream));
        }
    }));
    Ok(handle)
}

/// The queue of that handle; NULL is none.
pub unsafe fn queue(queue: *mut etcd_queue_t) -> Result<Option<Arc<EventQueue>>> {
    match queue.is_null() {
        true => Ok(None),
        false => handle::get(queue).map(Some),
    }
}

/// Takes the next item from a stream that is on no queue.
pub unsafe fn next<K, S>(
    handle: *const K,
    wait_ms: i32,
    out: *mut *mut <S::Item as Delivery>::Response,
) -> Result<etcd_status_t>
where
    S: Source,
    S::Item: Delivery,
    K: Kind<Target = Stream<S>>,
{
    clear(out);
    let stream = handle::get(handle)?;
    let wait = wait(wait_ms)?;
    if stream.queue.is_some() {
        return Err(Error::invalid("its events go to a queue"));
    }
    match stream.source.next(wait) {
        Taken::Item(item) => {
            let response = stream.response(item)?;
            match out.is_null() {
                true => S::Item::free(response),
                false => out.write(response),
            }
            Ok(ETCD_OK)
        }
        Taken::Nothing => Ok(ETCD_EMPTY),
        Taken::End(error) => Err(error),
        Taken::Closed => Err(Error::new(ETCD_ERR_BAD_HANDLE, format!("{}: closed", K::NAME))),
    }
}

/// Nothing more is delivered from now on, nor is anybody in the middle of that.
pub fn close<K, S>(handle: *const K)
where
    S: Source,
    K: Kind<Target = Stream<S>>,
{
    if let Ok(stream) = handle::remove(handle) {
        stream.source.mailbox().close();
        if let Some(queue) = &stream.queue {
            stream.held.get().map(|held| queue.user_data.release(*held));
            queue.wait_for_callbacks();
        }
    }
}
