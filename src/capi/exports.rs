//! What all exported calls have in common, said once.
//!
//! The header, the tests of bad arguments and the Python declarations are made from the same
//! text: tests/abi reads these macros where the compiler expands them.

use super::response::{run, Reply, Response};
use super::submit::{submit, submit_work, Destination};
use crate::classic::Session;
use crate::client::stubs::{Asked, Stub};
use crate::client::{Call, Client};
use crate::error::Result;
use crate::status::*;
use std::future::Future;
use std::sync::Arc;

/// What a handle stands for: something of a client.
pub trait Of {
    fn client(self: &Arc<Self>) -> Result<Arc<Session>>;
}

impl Of for Session {
    fn client(self: &Arc<Session>) -> Result<Arc<Session>> {
        Ok(self.clone())
    }
}

/// What a call asks for, once its arguments are good.
pub trait Request<T> {
    /// Waits for the response, which goes to `out`, or nowhere if that is NULL.
    unsafe fn run(self, client: &Client, out: *mut *mut T) -> Result<etcd_status_t>;
    /// Returns at once; the response goes to the queue.
    unsafe fn submit(self, client: &Client, to: Destination) -> Result<etcd_status_t>;
}

impl<T: Reply> Request<T> for Call {
    unsafe fn run(self, client: &Client, out: *mut *mut T) -> Result<etcd_status_t> {
        run(client, self, out)
    }

    unsafe fn submit(self, client: &Client, to: Destination) -> Result<etcd_status_t> {
        submit::<T>(client, self, to)
    }
}

/// More than a [`Call`]: a future, and what makes a response of its result.
pub struct Work<F, M> {
    /// If it is one call through etcd-client.
    pub stub: Option<Stub>,
    /// Cut short, it may have changed the store.
    pub changes: bool,
    /// It waits for what others do, and does not count as a call in progress.
    pub waits: bool,
    pub future: F,
    pub response: M,
}

impl<F, M> Work<F, M> {
    /// One call through etcd-client.
    pub fn asked(Asked { stub, future }: Asked<F>, response: M) -> Work<F, M> {
        Work { stub: Some(stub), changes: true, waits: false, future, response }
    }

    /// For work that reads.
    pub fn changes_nothing(self) -> Work<F, M> {
        Work { changes: false, ..self }
    }
}

impl<T, R, F, M> Request<T> for Work<F, M>
where
    T: Response,
    R: Send + 'static,
    F: Future<Output = Result<R>> + Send + 'static,
    M: FnOnce(R) -> Result<*mut T> + Send + 'static,
{
    unsafe fn run(self, client: &Client, out: *mut *mut T) -> Result<etcd_status_t> {
        let Work { stub, changes, waits, future, response } = self;
        let result = client.wait_through(stub, waits, future);
        let result = of_work(result, changes)?;
        if !out.is_null() {
            out.write(response(result)?);
        }
        Ok(ETCD_OK)
    }

    unsafe fn submit(self, client: &Client, to: Destination) -> Result<etcd_status_t> {
        let Work { stub, changes, waits, future, response } = self;
        let response = move |result: Result<R>| response(of_work(result, changes)?);
        submit_work(client, stub, waits, future, response, to)
    }
}

/// The result of work, which may have been cut short.
fn of_work<R>(result: Result<R>, changes: bool) -> Result<R> {
    result.map_err(|error| if changes { error } else { error.maybe_applied(false) })
}

/// A call on a client, or `on` another handle: its comment, its arguments, the type of its response (an `Option` where
/// `out` may be NULL), and what makes a [`Request`] of the arguments. `async` names its
/// asynchronous twin and the kind of the event that ends it.
///
/// The comment has what only this call can say: the lines on the client, the options, the outs,
/// the statuses of all calls and on threads are added in the header.
macro_rules! call {
    (
        $(#[$doc:meta])*
        fn $name:ident $arguments:tt -> Option<$response:ident> $body:block
        $(async $twin:ident => $event:ident)?
    ) => {
        call! { @call optional $(#[$doc])* $name $arguments $response $body }
        $(call! { @twin $twin $name $arguments $event })?
    };
    (
        $(#[$doc:meta])*
        fn $name:ident $arguments:tt -> $response:ident $body:block
        $(async $twin:ident => $event:ident)?
    ) => {
        call! { @call required $(#[$doc])* $name $arguments $response $body }
        $(call! { @twin $twin $name $arguments $event })?
    };
    (
        @call $check:ident $(#[$doc:meta])* $name:ident
        ($client:ident $(, $argument:ident: $type:ty)* $(,)?) $response:ident $body:block
    ) => {
        call! {
            @call $check $(#[$doc])* $name
            (on $client: $crate::capi::client::etcd_client_t as $crate::client::Client $(, $argument: $type)*)
            $response $body
        }
    };
    (
        @call $check:ident $(#[$doc:meta])* $name:ident
        (on $handle:ident: $kind:ty $(, $argument:ident: $type:ty)* $(,)?)
        $response:ident $body:block
    ) => {
        call! {
            @call $check $(#[$doc])* $name
            (on $handle: $kind as <$kind as $crate::capi::handle::Kind>::Target $(, $argument: $type)*)
            $response $body
        }
    };
    (
        @call $check:ident $(#[$doc:meta])* $name:ident
        (on $handle:ident: $kind:ty as $target:ty $(, $argument:ident: $type:ty)* $(,)?)
        $response:ident $body:block
    ) => {
        // Modules and functions have names of their own.
        mod $name {
            use super::*;

            pub(super) unsafe fn request(
                $handle: &$target
                $(, $argument: $type)*
            ) -> $crate::error::Result<impl $crate::capi::exports::Request<$response>> $body
        }

        $(#[$doc])*
        #[no_mangle]
        #[must_use]
        pub unsafe extern "C" fn $name(
            $handle: *mut $kind,
            $($argument: $type,)*
            out: *mut *mut $response,
            err: *mut *mut $crate::capi::error::etcd_error_t,
        ) -> $crate::status::etcd_status_t {
            use $crate::capi::exports::{Of, Request};
            $crate::capi::guard(err, || {
                $crate::capi::$check(out)?;
                let $handle = $crate::capi::handle::get($handle)?;
                $name::request(&$handle $(, $argument)*)?.run(&*$handle.client()?, out)
            })
        }
    };
    (
        @twin $twin:ident $name:ident
        ($client:ident $(, $argument:ident: $type:ty)* $(,)?) $event:ident
    ) => {
        call! { @twin $twin $name (on $client: $crate::capi::client::etcd_client_t $(, $argument: $type)*) $event }
    };
    (
        @twin $twin:ident $name:ident
        (on $handle:ident: $kind:ty $(, $argument:ident: $type:ty)* $(,)?) $event:ident
    ) => {
        /// Starts the call and returns at once.
        #[no_mangle]
        #[must_use]
        pub unsafe extern "C" fn $twin(
            $handle: *mut $kind,
            $($argument: $type,)*
            queue: *mut $crate::capi::queue::etcd_queue_t,
            user_data: *mut std::ffi::c_void,
            call: *mut *mut $crate::capi::call::etcd_call_t,
            err: *mut *mut $crate::capi::error::etcd_error_t,
        ) -> $crate::status::etcd_status_t {
            use $crate::capi::exports::{Of, Request};
            use $crate::capi::submit::Destination;
            $crate::capi::guard(err, || {
                $crate::capi::clear(call);
                let $handle = $crate::capi::handle::get($handle)?;
                let to = Destination { kind: $event, queue, user_data, call };
                $name::request(&$handle $(, $argument)*)?.submit(&*$handle.client()?, to)
            })
        }
    };
}

/// A response: its structure, the memory that it points into, and the function that frees it.
macro_rules! response {
    ($response:ident, $storage:ty, $free:ident) => {
        impl $crate::capi::response::Response for $response {
            type Storage = $storage;
        }

        /// Frees a response.
        #[no_mangle]
        pub unsafe extern "C" fn $free(response: *mut $response) {
            $crate::capi::quiet(|| $crate::capi::response::Response::free(response));
        }
    };
}

pub(super) use {call, response};
