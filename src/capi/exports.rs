//! What all exported calls have in common, said once.
//!
//! The header, the tests of bad arguments and the Python declarations are made from the same
//! text: tests/abi reads these macros where the compiler expands them.

use super::response::{run, Reply, Response};
use super::submit::{submit, submit_work, Destination};
use crate::client::stubs::{Asked, Stub};
use crate::client::{Call, Client};
use crate::error::Result;
use crate::status::*;
use std::future::Future;

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
    pub future: F,
    pub response: M,
}

impl<F, M> Work<F, M> {
    /// One call through etcd-client.
    pub fn asked(Asked { stub, future }: Asked<F>, response: M) -> Work<F, M> {
        Work { stub: Some(stub), future, response }
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
        let result = client.wait_through(self.stub, self.future)?;
        if !out.is_null() {
            out.write((self.response)(result)?);
        }
        Ok(ETCD_OK)
    }

    unsafe fn submit(self, client: &Client, to: Destination) -> Result<etcd_status_t> {
        let Work { stub, future, response } = self;
        submit_work(client, stub, future, move |result: Result<R>| response(result?), to)
    }
}

/// A call on a client: its comment, its arguments, the type of its response (an `Option` where
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
        // Modules and functions have names of their own.
        mod $name {
            use super::*;

            pub(super) unsafe fn request(
                $client: &$crate::client::Client
                $(, $argument: $type)*
            ) -> $crate::error::Result<impl $crate::capi::exports::Request<$response>> $body
        }

        $(#[$doc])*
        #[no_mangle]
        #[must_use]
        pub unsafe extern "C" fn $name(
            client: *mut $crate::capi::client::etcd_client_t,
            $($argument: $type,)*
            out: *mut *mut $response,
            err: *mut *mut $crate::capi::error::etcd_error_t,
        ) -> $crate::status::etcd_status_t {
            use $crate::capi::exports::Request;
            $crate::capi::guard(err, || {
                $crate::capi::$check(out)?;
                let client = $crate::capi::handle::get(client)?;
                $name::request(&client $(, $argument)*)?.run(&client, out)
            })
        }
    };
    (
        @twin $twin:ident $name:ident
        ($client:ident $(, $argument:ident: $type:ty)* $(,)?) $event:ident
    ) => {
        /// Starts the call and returns at once.
        #[no_mangle]
        #[must_use]
        pub unsafe extern "C" fn $twin(
            client: *mut $crate::capi::client::etcd_client_t,
            $($argument: $type,)*
            queue: *mut $crate::capi::queue::etcd_queue_t,
            user_data: *mut std::ffi::c_void,
            call: *mut *mut $crate::capi::call::etcd_call_t,
            err: *mut *mut $crate::capi::error::etcd_error_t,
        ) -> $crate::status::etcd_status_t {
            use $crate::capi::exports::Request;
            use $crate::capi::submit::Destination;
            $crate::capi::guard(err, || {
                $crate::capi::clear(call);
                let client = $crate::capi::handle::get(client)?;
                let to = Destination { kind: $event, queue, user_data, call };
                $name::request(&client $(, $argument)*)?.submit(&client, to)
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
