//! The members of a cluster.

#![forbid(unsafe_code)]

use crate::client::methods::MEMBER_LIST;
use crate::client::stubs::Asked;
use crate::client::{CallOptions, Client};
use crate::error::Result;
use etcd_client::MemberListResponse;
use std::future::Future;

/// MemberListRequest.linearizable, which etcd-client always leaves out.
const LINEARIZABLE: &[u8] = &[0x08, 1];

/// Etcd 3.4 does not know the difference, and answers from what the member has.
pub fn member_list(
    client: &Client,
    serializable: bool,
    options: CallOptions,
) -> Asked<impl Future<Output = Result<MemberListResponse>>> {
    let fields = if serializable { &[] } else { LINEARIZABLE };
    let stub = client.stub(MEMBER_LIST, options).with(fields);
    stub.ask(async |mut etcd| etcd.member_list().await)
}
