//! What all replies have in common: a header, or the status of a failed call.

#![forbid(unsafe_code)]

use crate::status::{self, etcd_status_t};
use crate::wire::proto::ResponseHeader;

/// The status of a call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcStatus {
    /// The gRPC code, or one of the two below.
    pub code: i32,
    /// etcd's own text.
    pub message: String,
}

/// The status as the table of status codes describes it.
pub fn refuse(code: etcd_status_t) -> RpcStatus {
    let (grpc, text) = status::find(code).map_or((13, ""), |status| (status.grpc, status.text));
    RpcStatus { code: grpc, message: text.trim_end_matches('\0').to_owned() }
}

/// There was too little memory to do anything.
pub const NO_MEMORY: i32 = -1;
/// It was done, and there is too little memory for the reply.
pub const NO_MEMORY_TO_REPLY: i32 = -2;

pub fn no_memory(size: usize) -> RpcStatus {
    let message = format!("no memory for {size} bytes in the store");
    RpcStatus { code: NO_MEMORY, message }
}

pub fn no_memory_to_reply(size: usize) -> RpcStatus {
    let message = format!("no memory for a reply of {size} bytes");
    RpcStatus { code: NO_MEMORY_TO_REPLY, message }
}

/// The header of replies inside a transaction. The engine stamps its ids on others.
pub fn header(revision: i64) -> Option<ResponseHeader> {
    Some(ResponseHeader { revision, ..ResponseHeader::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_what_the_table_says() {
        let compacted = refuse(status::ETCD_ERR_COMPACTED);
        assert_eq!(compacted.code, 11);
        assert_eq!(compacted.message, "etcdserver: mvcc: required revision has been compacted");
    }
}
