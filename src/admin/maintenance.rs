//! The state of members.

#![forbid(unsafe_code)]

use crate::client::methods::STATUS;
use crate::client::stubs::Asked;
use crate::client::{CallOptions, Client};
use crate::error::Result;
use etcd_client::StatusResponse;
use std::future::Future;

/// Of the member with this endpoint, or of any.
pub fn status(
    client: &Client,
    endpoint: Option<&str>,
    options: CallOptions,
) -> Result<Asked<impl Future<Output = Result<StatusResponse>>>> {
    let member = endpoint.map(|endpoint| client.member_at(endpoint)).transpose()?;
    let stub = client.stub(STATUS, options).on(member.flatten());
    Ok(stub.ask(async |mut etcd| etcd.status().await))
}
