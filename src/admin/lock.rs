//! The lock service of etcd's servers. Names and keys are those of the client's namespace.

#![forbid(unsafe_code)]

use crate::client::methods::{LOCK, UNLOCK};
use crate::client::namespace::own_name;
use crate::client::stubs::Asked;
use crate::client::{CallOptions, Client, Timeout};
use crate::error::{Error, Result};
use crate::status::ETCD_ERR_EMPTY_KEY;
use etcd_client::{LockOptions, ResponseHeader, UnlockResponse};
use std::future::Future;

pub struct Locked {
    pub header: Option<ResponseHeader>,
    /// There for as long as the lock is held.
    pub key: Vec<u8>,
}

/// Takes as long as others hold the lock.
pub fn lock(
    client: &Client,
    name: &[u8],
    lease: i64,
    options: CallOptions,
) -> Result<Asked<impl Future<Output = Result<Locked>>>> {
    if lease == 0 {
        // The server would grant one that ends after a minute, however long the lock is held.
        return Err(Error::invalid("lease is 0: a lock needs a lease that its holder renews"));
    }
    let timeout = options.timeout.or(Some(Timeout::Never));
    let stub = client.stub(LOCK, CallOptions { timeout, ..options });
    let namespace = client.namespace();
    let (name, prefix) = (namespace.key(name), namespace.prefix.clone());
    let how = Some(LockOptions::new().with_lease(lease));
    let asked = stub.ask(async move |mut etcd| etcd.lock(name, how).await);
    Ok(asked.then(move |result| {
        let mut response = result?;
        let header = response.take_header();
        let key = own_name(&prefix, response.key());
        let key = key.map_err(|error| error.maybe_applied(true))?.to_vec();
        Ok(Locked { header, key })
    }))
}

pub fn unlock(
    client: &Client,
    key: &[u8],
    options: CallOptions,
) -> Result<Asked<impl Future<Output = Result<UnlockResponse>>>> {
    if key.is_empty() {
        return Err(Error::new(ETCD_ERR_EMPTY_KEY, "the key is empty"));
    }
    let key = client.namespace().key(key);
    let stub = client.stub(UNLOCK, options);
    Ok(stub.ask(async move |mut etcd| etcd.unlock(key).await))
}
