//! The state of members.

use super::{header, Texts};
use crate::admin::maintenance::status;
use crate::capi::exports::{call, response, Work};
use crate::capi::options::{common, copy, etcd_call_options_t};
use crate::capi::response::hand_out;
use crate::capi::text;
use crate::capi::types::etcd_header_t;
use crate::error::Result;
use etcd_client::StatusResponse;
use std::ffi::c_char;

/// Reply to etcd_maintenance_status(). Made by the library; read it, never copy it or take its
/// size: later versions append fields. Free it with etcd_maintenance_status_response_free().
///
/// Fields that the server does not know are 0 or "".
#[repr(C)]
pub struct etcd_maintenance_status_response_t {
    /// The member, and the revision that it has come to.
    pub header: etcd_header_t,
    /// The version of the server, such as "3.6.4". Never NULL.
    pub version: *const c_char,
    /// The version of its data, from 3.6 on. Never NULL.
    pub storage_version: *const c_char,
    /// Bytes of its database file.
    pub db_size: i64,
    /// Bytes of it that are in use; a defragmentation frees the others.
    pub db_size_in_use: i64,
    /// Bytes that the database may take, from 3.6 on.
    pub db_size_quota: i64,
    /// The member that it knows as the leader; 0 for none.
    pub leader: u64,
    /// The Raft term that it knows.
    pub raft_term: u64,
    /// The last entry of the Raft log that it knows to be committed.
    pub raft_index: u64,
    /// The last entry of the Raft log that it has applied.
    pub raft_applied_index: u64,
    /// What is wrong with it, such as an alarm, in words; valid until the response is freed.
    pub errors: *const *const c_char,
    /// Number of elements of errors.
    pub error_count: usize,
    /// Whether it only learns: it has no vote, and answers few calls.
    pub is_learner: bool,
}

response!(etcd_maintenance_status_response_t, Texts, etcd_maintenance_status_response_free);

fn response(reply: StatusResponse) -> Result<*mut etcd_maintenance_status_response_t> {
    let mut texts = Texts::default();
    let public = etcd_maintenance_status_response_t {
        header: header(reply.header())?,
        version: texts.text(reply.version()),
        storage_version: texts.text(reply.storage_version()),
        db_size: reply.db_size(),
        db_size_in_use: reply.raft_used_db_size(),
        db_size_quota: reply.db_size_quota(),
        leader: reply.leader(),
        raft_term: reply.raft_term(),
        raft_index: reply.raft_index(),
        raft_applied_index: reply.raft_applied_index(),
        errors: texts.list(reply.errors()),
        error_count: reply.errors().len(),
        is_learner: reply.is_learner(),
    };
    Ok(hand_out(public, texts))
}

call! {
    /// Returns the state of one member.
    ///
    /// To see all of a cluster, open a client with all endpoints, or call etcd_client_sync(),
    /// and ask for each.
    ///
    /// @param endpoint One of the client's endpoints; NULL for the member that answers other
    /// calls. Another one is ETCD_ERR_INVALID_ARGUMENT.
    fn etcd_maintenance_status(
        client, endpoint: *const c_char, options: *const etcd_call_options_t,
    ) -> etcd_maintenance_status_response_t {
        let options = copy(options)?;
        let common = common(options.timeout_ms, options.flags, 0)?;
        Ok(Work::asked(status(client, text(endpoint, "endpoint")?, common)?, response))
    }
}
