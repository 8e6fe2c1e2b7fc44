//! What programs build with etcd: sessions, locks, and the rest of `src/recipes`.

pub mod election;
pub mod mutex;
pub mod ownership;
pub mod session;
pub mod stm;
pub mod wait;

use super::bytes;
use super::options::{common, copy, etcd_call_options_t};
use super::owned::Owned;
use super::pairs::etcd_header_response_t;
use super::response::hand_out;
use super::types::etcd_bytes_t;
use crate::client::{Deadline, Timeout};
use crate::error::{Error, Result};
use crate::status::*;
use crate::wire::proto::ResponseHeader;
use std::convert::Infallible;
use std::future::Future;

/// Until when a call that waits for others may take: for ever, unless it says so.
unsafe fn patience(options: *const etcd_call_options_t) -> Result<Deadline> {
    let options = copy(options)?;
    Ok(match common(options.timeout_ms, options.flags, 0)?.timeout {
        Some(Timeout::After(limit)) => Deadline::after(Some(limit)),
        _ => Deadline::NEVER,
    })
}

/// Until when any other call may take.
unsafe fn deadline<T: Send + Sync + 'static>(
    owned: &Owned<T>,
    options: *const etcd_call_options_t,
) -> Result<Deadline> {
    let options = copy(options)?;
    let common = common(options.timeout_ms, options.flags, 0)?;
    Ok(owned.open()?.core().until(common))
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
