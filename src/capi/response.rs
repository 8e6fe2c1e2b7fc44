//! Responses: structures that C reads, made here, each with the memory it points into.

use crate::client::{Call, Client};
use crate::error::Result;
use crate::status::{etcd_status_t, ETCD_OK};

/// A public structure, and what it is made of.
pub trait Response: Sized {
    /// The type of the event that carries it.
    const EVENT: i32;
    /// What it points into; lives as long.
    type Storage;

    /// The response in a server's message.
    fn parse(message: Vec<u8>) -> Result<(Self, Self::Storage)>;

    /// The same, as it is handed out.
    fn decode(message: Vec<u8>) -> Result<*mut Self> {
        let (public, storage) = Self::parse(message)?;
        Ok(Box::into_raw(Box::new(Owned { public, _storage: storage })).cast())
    }

    unsafe fn free(response: *mut Self) {
        if !response.is_null() {
            drop(Box::from_raw(response.cast::<Owned<Self, Self::Storage>>()));
        }
    }
}

#[repr(C)]
struct Owned<T, S> {
    public: T,
    _storage: S,
}

/// Runs a call; the response goes to `out`, or nowhere if that is NULL.
pub unsafe fn run<T: Response>(
    client: &Client,
    call: Call,
    out: *mut *mut T,
) -> Result<etcd_status_t> {
    let changes = call.effect.changes();
    let message = client.run(call)?;
    if !out.is_null() {
        out.write(T::decode(message).map_err(|e| e.maybe_applied(changes))?);
    }
    Ok(ETCD_OK)
}
