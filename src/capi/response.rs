//! Responses: structures that C reads, made here, each with the memory it points into.

use crate::client::{Call, Client};
use crate::error::{Error, Result};
use crate::status::{self, etcd_status_t, ETCD_OK};
use crate::wire::decode::Malformed;
use prost::Message;

/// A public structure, and what it is made of: see the macro `response!`.
pub trait Response: Sized + 'static {
    /// What it points into; lives as long.
    type Storage;

    unsafe fn free(response: *mut Self) {
        take_back::<Self, Self::Storage>(response);
    }
}

/// A response that is read from one message of a server.
pub trait Reply: Response {
    /// The response in a server's message, whose keys begin with the prefix.
    fn parse(message: Vec<u8>, prefix: &[u8]) -> Result<(Self, Self::Storage)>;

    /// The same, as it is handed out.
    fn decode(message: Vec<u8>, prefix: &[u8]) -> Result<*mut Self> {
        let (public, storage) = Self::parse(message, prefix)?;
        Ok(hand_out(public, storage))
    }
}

/// A structure for C, with what it points into.
pub fn hand_out<T, S>(public: T, storage: S) -> *mut T {
    Box::into_raw(Box::new(Owned { public, _storage: storage })).cast()
}

/// Frees what [`hand_out`] has made.
pub unsafe fn take_back<T, S>(public: *mut T) {
    if !public.is_null() {
        drop(Box::from_raw(public.cast::<Owned<T, S>>()));
    }
}

#[repr(C)]
struct Owned<T, S> {
    public: T,
    _storage: S,
}

/// Runs a call; the response goes to `out`, or nowhere if that is NULL.
pub unsafe fn run<T: Reply>(
    client: &Client,
    call: Call,
    out: *mut *mut T,
) -> Result<etcd_status_t> {
    let changes = call.effect.changes();
    let message = client.run(call)?;
    if !out.is_null() {
        let prefix = &client.namespace().prefix;
        out.write(T::decode(message, prefix).map_err(|e| unread(e, changes))?);
    }
    Ok(ETCD_OK)
}

/// The error of a reply that says no, or that cannot be read: then what it was
/// for may have been done.
pub fn unread(error: Error, changes: bool) -> Error {
    let says_no = status::ETCD_ERR_LEASE_NOT_FOUND == error.status;
    error.maybe_applied(changes && !says_no)
}

/// The first of an array that C reads; NULL for an empty one.
pub fn first<T>(all: &[T]) -> *const T {
    all.first().map_or(std::ptr::null(), |first| first)
}

/// A reply that is small enough to be read into a structure of its own.
pub fn typed<R: Message + Default>(message: Vec<u8>) -> Result<R> {
    R::decode(bytes::Bytes::from(message)).map_err(|_| Malformed.into())
}
