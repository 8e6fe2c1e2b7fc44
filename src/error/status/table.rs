//! Every status with its name and text, and the gRPC code of etcd's own errors (etcd 3.4 to 3.7).

#![forbid(unsafe_code)]

use super::codes::*;

/// One status code.
pub struct Status {
    pub code: etcd_status_t,
    /// As in the header, with a NUL for C.
    pub name: &'static str,
    /// What it means, with a NUL for C; for etcd's own errors the server's text.
    pub text: &'static str,
    /// The gRPC code that etcd sends it with; -1 for none.
    pub grpc: i32,
}

macro_rules! statuses {
    ($($code:ident $grpc:literal $text:literal,)*) => {
        &[$(Status {
            code: $code,
            name: concat!(stringify!($code), "\0"),
            text: concat!($text, "\0"),
            grpc: $grpc,
        },)*]
    };
}

/// Every status code; a test holds it against the header.
#[rustfmt::skip]
pub const STATUSES: &[Status] = statuses![
    ETCD_OK 0 "success",
    ETCD_EMPTY -1 "nothing yet",
    ETCD_WOKEN -1 "woken",
    ETCD_END -1 "the end",
    ETCD_ERR_INVALID_ARGUMENT -1 "invalid argument",
    ETCD_ERR_BAD_HANDLE -1 "not an open handle",
    ETCD_ERR_CLOSED -1 "the client was closed",
    ETCD_ERR_FORKED -1 "the handle belongs to the parent process",
    ETCD_ERR_TIMEOUT -1 "the deadline passed",
    ETCD_ERR_CANCELLED -1 "the call was cancelled",
    ETCD_ERR_UNAVAILABLE -1 "no server could be reached",
    ETCD_ERR_UNSUPPORTED -1 "not supported by this version of the library",
    ETCD_ERR_INTERNAL -1 "internal error",
    ETCD_ERR_NO_MEMORY -1 "out of memory",
    ETCD_ERR_NO_RESOURCES -1 "out of threads or descriptors",
    ETCD_ERR_IO -1 "a file could not be read",
    ETCD_ERR_TLS -1 "TLS failed",
    ETCD_ERR_BAD_REPLY -1 "the server's answer makes no sense",
    ETCD_ERR_SEND_TOO_LARGE -1 "the request is larger than the send limit",
    ETCD_ERR_REPLY_TOO_LARGE -1 "the reply is larger than the receive limit",
    ETCD_ERR_PRECONDITION -1 "the key does not have the expected value",
    ETCD_ERR_LOCK_LOST -1 "the lock is not held",
    ETCD_ERR_CLUSTER_CHANGED -1 "another cluster answered",
    ETCD_ERR_REVISION_REGRESSED -1 "the store has gone back to an earlier revision",
    ETCD_ERR_LEASE_LOST -1 "the lease was not renewed in time",
    ETCD_ERR_IN_USE -1 "the session has this already, or waits for it",
    ETCD_ERR_CONFLICT -1 "others have changed what was read",
    ETCD_ERR_GRPC_CANCELLED 1 "the operation was cancelled",
    ETCD_ERR_GRPC_UNKNOWN 2 "unknown error",
    ETCD_ERR_GRPC_INVALID_ARGUMENT 3 "invalid argument",
    ETCD_ERR_GRPC_DEADLINE_EXCEEDED 4 "the deadline passed in the server",
    ETCD_ERR_GRPC_NOT_FOUND 5 "not found",
    ETCD_ERR_GRPC_ALREADY_EXISTS 6 "already exists",
    ETCD_ERR_GRPC_PERMISSION_DENIED 7 "permission denied",
    ETCD_ERR_GRPC_RESOURCE_EXHAUSTED 8 "a resource or size limit was reached",
    ETCD_ERR_GRPC_FAILED_PRECONDITION 9 "the state of the system does not allow this",
    ETCD_ERR_GRPC_ABORTED 10 "aborted",
    ETCD_ERR_GRPC_OUT_OF_RANGE 11 "out of range",
    ETCD_ERR_GRPC_UNIMPLEMENTED 12 "the server does not know this call",
    ETCD_ERR_GRPC_INTERNAL 13 "internal error",
    ETCD_ERR_GRPC_UNAVAILABLE 14 "unavailable",
    ETCD_ERR_GRPC_DATA_LOSS 15 "data loss",
    ETCD_ERR_GRPC_UNAUTHENTICATED 16 "not authenticated",
    ETCD_ERR_EMPTY_KEY 3 "etcdserver: key is not provided",
    ETCD_ERR_KEY_NOT_FOUND 3 "etcdserver: key not found",
    ETCD_ERR_VALUE_PROVIDED 3 "etcdserver: value is provided",
    ETCD_ERR_LEASE_PROVIDED 3 "etcdserver: lease is provided",
    ETCD_ERR_TOO_MANY_OPS 3 "etcdserver: too many operations in txn request",
    ETCD_ERR_DUPLICATE_KEY 3 "etcdserver: duplicate key given in txn request",
    ETCD_ERR_INVALID_CLIENT_API_VERSION 3 "etcdserver: invalid client api version",
    ETCD_ERR_INVALID_SORT_OPTION 3 "etcdserver: invalid sort option",
    ETCD_ERR_COMPACTED 11 "etcdserver: mvcc: required revision has been compacted",
    ETCD_ERR_FUTURE_REVISION 11 "etcdserver: mvcc: required revision is a future revision",
    ETCD_ERR_NO_SPACE 8 "etcdserver: mvcc: database space exceeded",
    ETCD_ERR_LEASE_NOT_FOUND 5 "etcdserver: requested lease not found",
    ETCD_ERR_LEASE_EXISTS 9 "etcdserver: lease already exists",
    ETCD_ERR_LEASE_TTL_TOO_LARGE 11 "etcdserver: too large lease TTL",
    ETCD_ERR_WATCH_CANCELLED 1 "etcdserver: watch canceled",
    ETCD_ERR_MEMBER_EXISTS 9 "etcdserver: member ID already exist",
    ETCD_ERR_PEER_URL_EXISTS 9 "etcdserver: Peer URLs already exists",
    ETCD_ERR_MEMBER_NOT_ENOUGH_STARTED 9 "etcdserver: re-configuration failed due to not enough started members",
    ETCD_ERR_MEMBER_BAD_URLS 3 "etcdserver: given member URLs are invalid",
    ETCD_ERR_MEMBER_NOT_FOUND 5 "etcdserver: member not found",
    ETCD_ERR_MEMBER_NOT_LEARNER 9 "etcdserver: can only promote a learner member",
    ETCD_ERR_LEARNER_NOT_READY 9 "etcdserver: can only promote a learner member which is in sync with leader",
    ETCD_ERR_TOO_MANY_LEARNERS 9 "etcdserver: too many learner members in cluster",
    ETCD_ERR_CLUSTER_ID_MISMATCH 9 "etcdserver: cluster ID mismatch",
    ETCD_ERR_REQUEST_TOO_LARGE 3 "etcdserver: request is too large",
    ETCD_ERR_TOO_MANY_REQUESTS 8 "etcdserver: too many requests",
    ETCD_ERR_ROOT_USER_NOT_EXIST 9 "etcdserver: root user does not exist",
    ETCD_ERR_ROOT_ROLE_NOT_EXIST 9 "etcdserver: root user does not have root role",
    ETCD_ERR_USER_ALREADY_EXISTS 9 "etcdserver: user name already exists",
    ETCD_ERR_USER_EMPTY 3 "etcdserver: user name is empty",
    ETCD_ERR_USER_NOT_FOUND 9 "etcdserver: user name not found",
    ETCD_ERR_ROLE_ALREADY_EXISTS 9 "etcdserver: role name already exists",
    ETCD_ERR_ROLE_NOT_FOUND 9 "etcdserver: role name not found",
    ETCD_ERR_ROLE_EMPTY 3 "etcdserver: role name is empty",
    ETCD_ERR_AUTH_FAILED 3 "etcdserver: authentication failed, invalid user ID or password",
    ETCD_ERR_PERMISSION_NOT_GIVEN 3 "etcdserver: permission not given",
    ETCD_ERR_PERMISSION_DENIED 7 "etcdserver: permission denied",
    ETCD_ERR_ROLE_NOT_GRANTED 9 "etcdserver: role is not granted to the user",
    ETCD_ERR_PERMISSION_NOT_GRANTED 9 "etcdserver: permission is not granted to the role",
    ETCD_ERR_AUTH_NOT_ENABLED 9 "etcdserver: authentication is not enabled",
    ETCD_ERR_INVALID_AUTH_TOKEN 16 "etcdserver: invalid auth token",
    ETCD_ERR_INVALID_AUTH_MGMT 3 "etcdserver: invalid auth management",
    ETCD_ERR_AUTH_OLD_REVISION 3 "etcdserver: revision of auth store is old",
    ETCD_ERR_NO_LEADER 14 "etcdserver: no leader",
    ETCD_ERR_NOT_LEADER 9 "etcdserver: not leader",
    ETCD_ERR_LEADER_CHANGED 14 "etcdserver: leader changed",
    ETCD_ERR_NOT_CAPABLE 9 "etcdserver: not capable",
    ETCD_ERR_STOPPED 14 "etcdserver: server stopped",
    ETCD_ERR_SERVER_TIMEOUT 14 "etcdserver: request timed out",
    ETCD_ERR_SERVER_TIMEOUT_LEADER_FAIL 14 "etcdserver: request timed out, possibly due to previous leader failure",
    ETCD_ERR_SERVER_TIMEOUT_CONNECTION_LOST 14 "etcdserver: request timed out, possibly due to connection lost",
    ETCD_ERR_SERVER_TIMEOUT_WAIT_APPLIED 14 "etcdserver: request timed out, waiting for the applied index took too long",
    ETCD_ERR_SERVER_TIMEOUT_LEADER_TRANSFER 2 "etcdserver: request timed out, leader transfer took too long",
    ETCD_ERR_UNHEALTHY 14 "etcdserver: unhealthy cluster",
    ETCD_ERR_CORRUPT 15 "etcdserver: corrupt cluster",
    ETCD_ERR_NOT_SUPPORTED_FOR_LEARNER 9 "etcdserver: rpc not supported for learner",
    ETCD_ERR_BAD_LEADER_TRANSFEREE 9 "etcdserver: bad leader transferee",
    ETCD_ERR_CLUSTER_VERSION_UNAVAILABLE 9 "etcdserver: cluster version not found during downgrade",
    ETCD_ERR_WRONG_DOWNGRADE_VERSION_FORMAT 3 "etcdserver: wrong downgrade target version format",
    ETCD_ERR_INVALID_DOWNGRADE_TARGET_VERSION 3 "etcdserver: invalid downgrade target version",
    ETCD_ERR_DOWNGRADE_IN_PROCESS 9 "etcdserver: cluster has a downgrade job in progress",
    ETCD_ERR_NO_INFLIGHT_DOWNGRADE 9 "etcdserver: no inflight downgrade job",
    ETCD_ERR_REQUEST_CANCELLED 1 "etcdserver: request canceled",
    ETCD_ERR_SERVER_DEADLINE_EXCEEDED 4 "etcdserver: context deadline exceeded",
    ETCD_ERR_NOT_PRIMARY_LESSOR 2 "etcdserver: not a primary lessor",
];

/// The entry of a code, if it is one of ours.
pub fn find(code: etcd_status_t) -> Option<&'static Status> {
    STATUSES.iter().find(|status| status.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_unique() {
        for (i, a) in STATUSES.iter().enumerate() {
            for b in &STATUSES[i + 1..] {
                assert!(a.code != b.code && a.name != b.name, "{}", a.name);
            }
        }
    }
}
