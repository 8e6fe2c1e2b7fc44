//! What all replies have in common: a header, or the status of a failed call.

#![forbid(unsafe_code)]

use crate::status::{self, etcd_status_t};
use crate::wire::proto::ResponseHeader;

/// The status of a call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcStatus {
    /// The gRPC code.
    pub code: i32,
    /// etcd's own text.
    pub message: String,
}

/// The status as the table of status codes describes it.
pub fn refuse(code: etcd_status_t) -> RpcStatus {
    let (grpc, text) = status::find(code).map_or((13, ""), |status| (status.grpc, status.text));
    RpcStatus { code: grpc, message: text.trim_end_matches('\0').to_owned() }
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
