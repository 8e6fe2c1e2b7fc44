//! Calls whose ends go to a queue.

use super::call::{etcd_call_t, ticket, Ticket};
use super::clear;
use super::event::{Content, Ended};
use super::handle;
use super::queue::{etcd_queue_t, EventQueue, Pending};
use super::response::{Reply, Response};
use super::user_data::Held;
use super::without_panic;
use crate::client::stubs::Stub;
use crate::client::{AbortRegistration, Call, Client};
use crate::error::Result;
use crate::status::*;
use std::ffi::c_void;
use std::future::Future;
use std::sync::Arc;

/// Where the end of an asynchronous call goes, and what its event says.
pub struct Destination {
    pub kind: i32,
    pub queue: *mut etcd_queue_t,
    pub user_data: *mut c_void,
    pub call: *mut *mut etcd_call_t,
}

/// A call in progress whose end goes to a queue.
struct Owed(Arc<EventQueue>);

impl Owed {
    fn to(queue: Arc<EventQueue>) -> Owed {
        queue.call_begins();
        Owed(queue)
    }

    /// After all that can fail: a caller whose call failed keeps its user_data.
    fn hold(&self, user_data: *mut c_void) -> Result<Held> {
        self.0.user_data.hold(user_data)
    }

    fn pay(self, end: Pending) {
        self.0.push(end);
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.0.call_ends();
    }
}

/// What a call holds on to until its end; after it nothing can fail.
struct Accepted {
    queue: Owed,
    held: Held,
    ticket: Option<Ticket>,
    abort: Option<AbortRegistration>,
}

unsafe fn accept(to: &Destination) -> Result<Accepted> {
    let queue = Owed::to(handle::get(to.queue)?);
    let (ticket, abort) = ticket(to.call)?;
    // The queue may be freed meanwhile. The ticket takes back the handle that was handed out.
    let held = queue.hold(to.user_data).inspect_err(|_| clear(to.call))?;
    Ok(Accepted { queue, held, ticket, abort })
}

unsafe fn free<T: Response>(response: *mut c_void) {
    T::free(response.cast());
}

fn decode<T: Reply>(message: Vec<u8>, prefix: &[u8]) -> Result<*mut c_void> {
    T::decode(message, prefix).map(<*mut T>::cast)
}

/// Starts a call whose end goes to the queue.
pub(super) unsafe fn submit<T: Reply>(
    client: &Client,
    call: Call,
    to: Destination,
) -> Result<etcd_status_t> {
    let Accepted { queue, held, ticket, abort } = accept(&to)?;
    let kind = to.kind;
    let changes = call.effect.changes();
    let prefix = client.namespace().prefix.clone();
    let done = move |result| {
        queue.pay(Pending::Call(Ended {
            kind,
            held,
            changes,
            result,
            decode: decode::<T>,
            prefix,
            free: free::<T>,
            _ticket: ticket,
        }));
    };
    client.submit(call, abort, Box::new(done));
    Ok(ETCD_OK)
}

/// Starts something longer whose end goes to the queue; `response` is called on
/// the thread of its reader.
pub(super) unsafe fn submit_work<T: Response, R: Send + 'static>(
    client: &Client,
    stub: Option<Stub>,
    waits: bool,
    work: impl Future<Output = Result<R>> + Send + 'static,
    response: impl FnOnce(Result<R>) -> Result<*mut T> + Send + 'static,
    to: Destination,
) -> Result<etcd_status_t> {
    let Accepted { queue, held, ticket, abort } = accept(&to)?;
    let kind = to.kind;
    let done = move |result| {
        let content = Box::new(move || {
            let _ticket = ticket;
            let result = without_panic(true, || response(result)).map(<*mut T>::cast);
            Content { kind, user_data: held.user_data, result, free: free::<T> }
        });
        queue.pay(Pending::Work(held, content));
    };
    client.start(stub, waits, work, abort, done);
    Ok(ETCD_OK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::user_data::Registry;
    use std::ptr::{null_mut, NonNull};

    unsafe extern "C" fn drop_it(_: *mut c_void, _: *mut c_void) {}

    /// As it is for a caller that has looked it up before it is removed.
    #[test]
    fn a_call_that_a_freed_queue_refuses_has_no_handle() {
        let user_data = Registry::new(Some(drop_it), null_mut());
        user_data.drop_all();
        let mut queue = EventQueue::default();
        queue.user_data = user_data;
        let queue = handle::insert::<etcd_queue_t>(Arc::new(queue)).unwrap();
        let mut call = NonNull::dangling().as_ptr();
        let user_data = NonNull::<c_void>::dangling().as_ptr();
        let to = Destination { kind: 0, queue, user_data, call: &raw mut call };
        assert_eq!(unsafe { accept(&to) }.err().unwrap().status, ETCD_ERR_BAD_HANDLE);
        assert!(call.is_null());
        handle::remove(queue).unwrap();
    }
}
