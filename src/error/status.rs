//! Status codes: the numbers of the ABI, never reused, and what etcd's errors mean.
//!
//! Server errors are recognised by message first and gRPC code second: several
//! arrive as code Unknown, and one code covers many (etcd 3.4 to 3.7).

#![forbid(unsafe_code)]

/// Result of every call that can fail: ETCD_OK, a positive "nothing yet", or a negative error.
///
/// -1 to -99: found by the library. -100-N: gRPC code N from the server, where
/// the message is none of etcd's own. -200 and below: one of etcd's own errors.
pub type etcd_status_t = i32;

/// Success.
pub const ETCD_OK: etcd_status_t = 0;
/// Nothing arrived before the wait ended; more may come. Not an error.
pub const ETCD_EMPTY: etcd_status_t = 10;
/// etcd_queue_wake() ended the wait. Not an error.
pub const ETCD_WOKEN: etcd_status_t = 11;
/// The stream is at its end: nothing more comes. Not an error.
pub const ETCD_END: etcd_status_t = 12;

/// An argument is wrong; the message names it.
pub const ETCD_ERR_INVALID_ARGUMENT: etcd_status_t = -1;
/// The handle is NULL, closed, of another kind, or was never one.
pub const ETCD_ERR_BAD_HANDLE: etcd_status_t = -2;
/// The client was closed while the call was in progress.
pub const ETCD_ERR_CLOSED: etcd_status_t = -3;
/// The process has forked since the handle was made; open a new one in the child.
pub const ETCD_ERR_FORKED: etcd_status_t = -4;
/// The deadline passed while a server had the request.
pub const ETCD_ERR_TIMEOUT: etcd_status_t = -5;
/// etcd_call_cancel() ended the call.
pub const ETCD_ERR_CANCELLED: etcd_status_t = -6;
/// No server could be reached, or the connection was lost during the call.
pub const ETCD_ERR_UNAVAILABLE: etcd_status_t = -7;
/// An options field or flag that this version of the library does not know.
pub const ETCD_ERR_UNSUPPORTED: etcd_status_t = -8;
/// A defect in the library; please report the message.
pub const ETCD_ERR_INTERNAL: etcd_status_t = -9;
/// Memory is short.
pub const ETCD_ERR_NO_MEMORY: etcd_status_t = -10;
/// The system gives no further thread, descriptor or handle.
pub const ETCD_ERR_NO_RESOURCES: etcd_status_t = -11;
/// A file named in the options could not be read.
pub const ETCD_ERR_IO: etcd_status_t = -12;
/// A certificate or key in the options cannot be used.
pub const ETCD_ERR_TLS: etcd_status_t = -13;
/// The server's answer is not what etcd would send.
pub const ETCD_ERR_BAD_REPLY: etcd_status_t = -14;
/// Key and value are larger than the client's send limit.
pub const ETCD_ERR_SEND_TOO_LARGE: etcd_status_t = -15;
/// The reply is larger than the client's receive limit. A write was applied all the same.
pub const ETCD_ERR_REPLY_TOO_LARGE: etcd_status_t = -16;
/// The key does not have the value that the call asked for.
pub const ETCD_ERR_PRECONDITION: etcd_status_t = -17;
/// The lock is not, or no longer, held: it was released, or its time ran out.
pub const ETCD_ERR_LOCK_LOST: etcd_status_t = -18;
/// Another cluster answered than the one that answered the client first. Its
/// members are not used; see etcd_client_set_endpoints().
pub const ETCD_ERR_CLUSTER_CHANGED: etcd_status_t = -19;
/// The store has gone back to an earlier revision: it was restored from a backup
/// or emptied. What was written since is gone, and what the client knows of it
/// is wrong. Its members are not used; to go on, open another client.
pub const ETCD_ERR_REVISION_REGRESSED: etcd_status_t = -20;
/// The lease was not renewed in time: it has ended, or will without a further sign.
pub const ETCD_ERR_LEASE_LOST: etcd_status_t = -21;

/// gRPC code 1: the operation was cancelled.
pub const ETCD_ERR_GRPC_CANCELLED: etcd_status_t = -101;
/// gRPC code 2: unknown error.
pub const ETCD_ERR_GRPC_UNKNOWN: etcd_status_t = -102;
/// gRPC code 3: invalid argument.
pub const ETCD_ERR_GRPC_INVALID_ARGUMENT: etcd_status_t = -103;
/// gRPC code 4: the deadline passed in the server.
pub const ETCD_ERR_GRPC_DEADLINE_EXCEEDED: etcd_status_t = -104;
/// gRPC code 5: not found.
pub const ETCD_ERR_GRPC_NOT_FOUND: etcd_status_t = -105;
/// gRPC code 6: already exists.
pub const ETCD_ERR_GRPC_ALREADY_EXISTS: etcd_status_t = -106;
/// gRPC code 7: permission denied.
pub const ETCD_ERR_GRPC_PERMISSION_DENIED: etcd_status_t = -107;
/// gRPC code 8: a resource or size limit was reached.
pub const ETCD_ERR_GRPC_RESOURCE_EXHAUSTED: etcd_status_t = -108;
/// gRPC code 9: the state of the system does not allow this.
pub const ETCD_ERR_GRPC_FAILED_PRECONDITION: etcd_status_t = -109;
/// gRPC code 10: aborted.
pub const ETCD_ERR_GRPC_ABORTED: etcd_status_t = -110;
/// gRPC code 11: out of range.
pub const ETCD_ERR_GRPC_OUT_OF_RANGE: etcd_status_t = -111;
/// gRPC code 12: the server does not know this call.
pub const ETCD_ERR_GRPC_UNIMPLEMENTED: etcd_status_t = -112;
/// gRPC code 13: internal error.
pub const ETCD_ERR_GRPC_INTERNAL: etcd_status_t = -113;
/// gRPC code 14: unavailable.
pub const ETCD_ERR_GRPC_UNAVAILABLE: etcd_status_t = -114;
/// gRPC code 15: data loss.
pub const ETCD_ERR_GRPC_DATA_LOSS: etcd_status_t = -115;
/// gRPC code 16: not authenticated.
pub const ETCD_ERR_GRPC_UNAUTHENTICATED: etcd_status_t = -116;

/// The request names no key.
pub const ETCD_ERR_EMPTY_KEY: etcd_status_t = -200;
/// The key does not exist.
pub const ETCD_ERR_KEY_NOT_FOUND: etcd_status_t = -201;
/// A put that keeps the old value was given one.
pub const ETCD_ERR_VALUE_PROVIDED: etcd_status_t = -202;
/// A put that keeps the old lease was given one.
pub const ETCD_ERR_LEASE_PROVIDED: etcd_status_t = -203;
/// More operations in a transaction than the server takes (128 by default).
pub const ETCD_ERR_TOO_MANY_OPS: etcd_status_t = -204;
/// A transaction puts one key twice.
pub const ETCD_ERR_DUPLICATE_KEY: etcd_status_t = -205;
/// The server does not accept this client's API version.
pub const ETCD_ERR_INVALID_CLIENT_API_VERSION: etcd_status_t = -206;
/// Unknown sort order or target.
pub const ETCD_ERR_INVALID_SORT_OPTION: etcd_status_t = -207;
/// The revision asked for has been compacted away.
pub const ETCD_ERR_COMPACTED: etcd_status_t = -208;
/// The revision asked for does not exist yet.
pub const ETCD_ERR_FUTURE_REVISION: etcd_status_t = -209;
/// The server's storage quota is used up.
pub const ETCD_ERR_NO_SPACE: etcd_status_t = -210;
/// No such lease, or it has expired.
pub const ETCD_ERR_LEASE_NOT_FOUND: etcd_status_t = -211;
/// The chosen lease id is in use.
pub const ETCD_ERR_LEASE_EXISTS: etcd_status_t = -212;
/// A lease lives at most 9,000,000,000 seconds.
pub const ETCD_ERR_LEASE_TTL_TOO_LARGE: etcd_status_t = -213;
/// The server cancelled the watch.
pub const ETCD_ERR_WATCH_CANCELLED: etcd_status_t = -214;
/// The member id is in use.
pub const ETCD_ERR_MEMBER_EXISTS: etcd_status_t = -215;
/// A member with these peer URLs exists.
pub const ETCD_ERR_PEER_URL_EXISTS: etcd_status_t = -216;
/// Too few started members to change the membership safely.
pub const ETCD_ERR_MEMBER_NOT_ENOUGH_STARTED: etcd_status_t = -217;
/// The peer URLs cannot be parsed.
pub const ETCD_ERR_MEMBER_BAD_URLS: etcd_status_t = -218;
/// No member has this id.
pub const ETCD_ERR_MEMBER_NOT_FOUND: etcd_status_t = -219;
/// The member is not a learner.
pub const ETCD_ERR_MEMBER_NOT_LEARNER: etcd_status_t = -220;
/// The learner has not caught up.
pub const ETCD_ERR_LEARNER_NOT_READY: etcd_status_t = -221;
/// The cluster takes no further learner.
pub const ETCD_ERR_TOO_MANY_LEARNERS: etcd_status_t = -222;
/// The request was meant for another cluster.
pub const ETCD_ERR_CLUSTER_ID_MISMATCH: etcd_status_t = -223;
/// Larger than the server's request limit (1.5 MiB by default).
pub const ETCD_ERR_REQUEST_TOO_LARGE: etcd_status_t = -224;
/// The server is overloaded and refused the request.
pub const ETCD_ERR_TOO_MANY_REQUESTS: etcd_status_t = -225;
/// Authentication needs a user named root.
pub const ETCD_ERR_ROOT_USER_NOT_EXIST: etcd_status_t = -226;
/// Authentication needs root to have the role root.
pub const ETCD_ERR_ROOT_ROLE_NOT_EXIST: etcd_status_t = -227;
/// The user exists.
pub const ETCD_ERR_USER_ALREADY_EXISTS: etcd_status_t = -228;
/// The call carried no user.
pub const ETCD_ERR_USER_EMPTY: etcd_status_t = -229;
/// No such user.
pub const ETCD_ERR_USER_NOT_FOUND: etcd_status_t = -230;
/// The role exists.
pub const ETCD_ERR_ROLE_ALREADY_EXISTS: etcd_status_t = -231;
/// No such role.
pub const ETCD_ERR_ROLE_NOT_FOUND: etcd_status_t = -232;
/// The call named no role.
pub const ETCD_ERR_ROLE_EMPTY: etcd_status_t = -233;
/// Wrong user name or password.
pub const ETCD_ERR_AUTH_FAILED: etcd_status_t = -234;
/// The call carried no permission.
pub const ETCD_ERR_PERMISSION_NOT_GIVEN: etcd_status_t = -235;
/// The user may not do this.
pub const ETCD_ERR_PERMISSION_DENIED: etcd_status_t = -236;
/// The user does not have this role.
pub const ETCD_ERR_ROLE_NOT_GRANTED: etcd_status_t = -237;
/// The role does not have this permission.
pub const ETCD_ERR_PERMISSION_NOT_GRANTED: etcd_status_t = -238;
/// The server does not use authentication.
pub const ETCD_ERR_AUTH_NOT_ENABLED: etcd_status_t = -239;
/// The token is unknown to the server or has expired.
pub const ETCD_ERR_INVALID_AUTH_TOKEN: etcd_status_t = -240;
/// The change of users or roles is not allowed.
pub const ETCD_ERR_INVALID_AUTH_MGMT: etcd_status_t = -241;
/// Users or roles changed after the token was issued.
pub const ETCD_ERR_AUTH_OLD_REVISION: etcd_status_t = -242;
/// The member knows of no leader.
pub const ETCD_ERR_NO_LEADER: etcd_status_t = -243;
/// Only the leader can do this.
pub const ETCD_ERR_NOT_LEADER: etcd_status_t = -244;
/// The leader changed while the call was in progress.
pub const ETCD_ERR_LEADER_CHANGED: etcd_status_t = -245;
/// The cluster's version lacks this.
pub const ETCD_ERR_NOT_CAPABLE: etcd_status_t = -246;
/// The member is stopping.
pub const ETCD_ERR_STOPPED: etcd_status_t = -247;
/// The server gave up waiting.
pub const ETCD_ERR_SERVER_TIMEOUT: etcd_status_t = -248;
/// The server gave up waiting after a leader was lost.
pub const ETCD_ERR_SERVER_TIMEOUT_LEADER_FAIL: etcd_status_t = -249;
/// The server gave up waiting after it lost its peers.
pub const ETCD_ERR_SERVER_TIMEOUT_CONNECTION_LOST: etcd_status_t = -250;
/// The member lags behind the cluster.
pub const ETCD_ERR_SERVER_TIMEOUT_WAIT_APPLIED: etcd_status_t = -251;
/// The server gave up moving the leader.
pub const ETCD_ERR_SERVER_TIMEOUT_LEADER_TRANSFER: etcd_status_t = -252;
/// Too few healthy members to change the membership safely.
pub const ETCD_ERR_UNHEALTHY: etcd_status_t = -253;
/// The member has found its data to be corrupt.
pub const ETCD_ERR_CORRUPT: etcd_status_t = -254;
/// The member is a learner and cannot answer this.
pub const ETCD_ERR_NOT_SUPPORTED_FOR_LEARNER: etcd_status_t = -255;
/// The leader cannot be moved to that member.
pub const ETCD_ERR_BAD_LEADER_TRANSFEREE: etcd_status_t = -256;
/// The cluster's version is not known.
pub const ETCD_ERR_CLUSTER_VERSION_UNAVAILABLE: etcd_status_t = -257;
/// The target version cannot be parsed.
pub const ETCD_ERR_WRONG_DOWNGRADE_VERSION_FORMAT: etcd_status_t = -258;
/// No downgrade to that version.
pub const ETCD_ERR_INVALID_DOWNGRADE_TARGET_VERSION: etcd_status_t = -259;
/// A downgrade is in progress.
pub const ETCD_ERR_DOWNGRADE_IN_PROCESS: etcd_status_t = -260;
/// No downgrade is in progress.
pub const ETCD_ERR_NO_INFLIGHT_DOWNGRADE: etcd_status_t = -261;
/// The server cancelled the request.
pub const ETCD_ERR_REQUEST_CANCELLED: etcd_status_t = -262;
/// The request's time ran out in the server.
pub const ETCD_ERR_SERVER_DEADLINE_EXCEEDED: etcd_status_t = -263;
/// The member stopped being the leader while it served a lease.
pub const ETCD_ERR_NOT_PRIMARY_LESSOR: etcd_status_t = -264;

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

/// What a server's refusal is called. Some servers wrap etcd's text in more
/// ("rpc error: code = ... desc = ..."), some drop its prefix.
pub fn of_server_error(grpc: i32, message: &str) -> etcd_status_t {
    let text = message.rsplit_once(" desc = ").map_or(message, |(_, text)| text);
    let text = text.strip_prefix("etcdserver: ").unwrap_or(text);
    let known = STATUSES.iter().filter(|status| status.code <= -200);
    for status in known {
        let ours = status.text.trim_end_matches('\0');
        if ours.strip_prefix("etcdserver: ") == Some(text) {
            return status.code;
        }
    }
    match text {
        "lease not found" => ETCD_ERR_LEASE_NOT_FOUND,
        // Of raft: it has no leader, or one that hands over. Nothing was proposed.
        "raft proposal dropped" => ETCD_ERR_NO_LEADER,
        "raft: stopped" => ETCD_ERR_STOPPED,
        "request cancelled" => ETCD_ERR_REQUEST_CANCELLED,
        "auth: authentication failed, password was given for no password user" => {
            ETCD_ERR_AUTH_FAILED
        }
        _ if (1..=16).contains(&grpc) => -100 - grpc,
        _ => ETCD_ERR_GRPC_UNKNOWN,
    }
}

/// Whether a write that failed with this answer may have been applied, or may
/// still be (etcd 3.4 to 3.7; `NO_SPACE` because the write that trips the
/// quota is applied and refused all the same).
pub fn may_be_applied(code: etcd_status_t) -> bool {
    match code {
        ETCD_ERR_TOO_MANY_REQUESTS | ETCD_ERR_NO_LEADER | ETCD_ERR_NOT_LEADER => false,
        // Found before anything is sent.
        ETCD_ERR_INVALID_ARGUMENT
        | ETCD_ERR_BAD_HANDLE
        | ETCD_ERR_FORKED
        | ETCD_ERR_UNSUPPORTED
        | ETCD_ERR_NO_RESOURCES
        | ETCD_ERR_IO
        | ETCD_ERR_TLS
        | ETCD_ERR_SEND_TOO_LARGE
        | ETCD_ERR_PRECONDITION
        | ETCD_ERR_LOCK_LOST
        | ETCD_ERR_LEASE_LOST => false,
        ETCD_ERR_NO_SPACE | ETCD_ERR_CORRUPT => true,
        _ => match find(code).map_or(-1, |status| status.grpc) {
            // Checked before, or at, the point of applying.
            3 | 5 | 6 | 7 | 9 | 11 | 12 | 16 => false,
            // gRPC's own size limits come before the handler.
            8 => false,
            _ => true,
        },
    }
}

/// Whether a server does not like the token that a call came with.
pub fn is_about_token(code: etcd_status_t) -> bool {
    matches!(code, ETCD_ERR_INVALID_AUTH_TOKEN | ETCD_ERR_AUTH_OLD_REVISION | ETCD_ERR_USER_EMPTY)
}

/// Whether the servers are not those, or not what, the client knew.
pub fn is_about_store(code: etcd_status_t) -> bool {
    matches!(code, ETCD_ERR_CLUSTER_CHANGED | ETCD_ERR_REVISION_REGRESSED)
}

/// Whether the same call may succeed a little later or on another member. Says
/// nothing of writes that may have been applied: see the outcome.
pub fn is_retryable(code: etcd_status_t) -> bool {
    match code {
        ETCD_ERR_TIMEOUT
        | ETCD_ERR_UNAVAILABLE
        | ETCD_ERR_NO_MEMORY
        | ETCD_ERR_NO_RESOURCES
        | ETCD_ERR_TOO_MANY_REQUESTS
        | ETCD_ERR_NOT_PRIMARY_LESSOR
        | ETCD_ERR_NOT_SUPPORTED_FOR_LEARNER
        | ETCD_ERR_INVALID_AUTH_TOKEN
        | ETCD_ERR_AUTH_OLD_REVISION
        | ETCD_ERR_SERVER_TIMEOUT_LEADER_TRANSFER => true,
        // Unavailable, and etcd's own errors that carry it.
        _ => find(code).is_some_and(|status| status.grpc == 14),
    }
}

/// Whether a deadline passed, the client's or a server's.
pub fn is_timeout(code: etcd_status_t) -> bool {
    matches!(
        code,
        ETCD_ERR_TIMEOUT
            | ETCD_ERR_GRPC_DEADLINE_EXCEEDED
            | ETCD_ERR_SERVER_TIMEOUT
            | ETCD_ERR_SERVER_TIMEOUT_LEADER_FAIL
            | ETCD_ERR_SERVER_TIMEOUT_CONNECTION_LOST
            | ETCD_ERR_SERVER_TIMEOUT_WAIT_APPLIED
            | ETCD_ERR_SERVER_TIMEOUT_LEADER_TRANSFER
            | ETCD_ERR_SERVER_DEADLINE_EXCEEDED
    )
}

/// Whether no server could be reached, or none that can serve now.
pub fn is_unavailable(code: etcd_status_t) -> bool {
    matches!(
        code,
        ETCD_ERR_UNAVAILABLE
            | ETCD_ERR_GRPC_UNAVAILABLE
            | ETCD_ERR_NO_LEADER
            | ETCD_ERR_NOT_LEADER
            | ETCD_ERR_LEADER_CHANGED
            | ETCD_ERR_STOPPED
            | ETCD_ERR_UNHEALTHY
            | ETCD_ERR_CLUSTER_VERSION_UNAVAILABLE
    )
}

/// Whether the servers refuse who asks.
pub fn is_auth(code: etcd_status_t) -> bool {
    matches!(
        code,
        ETCD_ERR_GRPC_UNAUTHENTICATED
            | ETCD_ERR_GRPC_PERMISSION_DENIED
            | ETCD_ERR_AUTH_FAILED
            | ETCD_ERR_PERMISSION_DENIED
            | ETCD_ERR_INVALID_AUTH_TOKEN
            | ETCD_ERR_INVALID_AUTH_MGMT
            | ETCD_ERR_AUTH_OLD_REVISION
            | ETCD_ERR_USER_EMPTY
    )
}

/// Whether what the call is about does not exist.
pub fn is_not_found(code: etcd_status_t) -> bool {
    matches!(
        code,
        ETCD_ERR_GRPC_NOT_FOUND
            | ETCD_ERR_KEY_NOT_FOUND
            | ETCD_ERR_LEASE_NOT_FOUND
            | ETCD_ERR_MEMBER_NOT_FOUND
            | ETCD_ERR_USER_NOT_FOUND
            | ETCD_ERR_ROLE_NOT_FOUND
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_errors_are_recognised_by_text_in_every_wrapping() {
        for status in STATUSES.iter().filter(|status| status.code <= -200) {
            let text = status.text.trim_end_matches('\0');
            let wrapped = format!("rpc error: code = Unknown desc = {text}");
            let bare = text.strip_prefix("etcdserver: ").unwrap();
            for message in [text, &wrapped, bare] {
                assert_eq!(of_server_error(2, message), status.code, "{message}");
            }
        }
        assert_eq!(of_server_error(5, "lease not found"), ETCD_ERR_LEASE_NOT_FOUND);
        // What etcd does not translate: the text, may it be applied, may it be retried.
        for (text, status, applied, retryable) in [
            ("raft proposal dropped", ETCD_ERR_NO_LEADER, false, true),
            ("raft: stopped", ETCD_ERR_STOPPED, true, true),
            ("etcdserver: request cancelled", ETCD_ERR_REQUEST_CANCELLED, true, false),
            (
                "auth: authentication failed, password was given for no password user",
                ETCD_ERR_AUTH_FAILED,
                false,
                false,
            ),
        ] {
            let known = of_server_error(2, text);
            assert_eq!(known, status, "{text}");
            assert_eq!(
                (may_be_applied(known), is_retryable(known)),
                (applied, retryable),
                "{text}"
            );
        }
        assert_eq!(of_server_error(12, "unknown service"), ETCD_ERR_GRPC_UNIMPLEMENTED);
        assert_eq!(of_server_error(99, "?"), ETCD_ERR_GRPC_UNKNOWN);
    }

    #[test]
    fn every_status_is_of_one_class_at_most() {
        let classes = [is_timeout, is_unavailable, is_auth, is_not_found];
        let of = |class: fn(etcd_status_t) -> bool| {
            STATUSES.iter().filter(move |status| class(status.code))
        };
        for status in STATUSES {
            let count = classes.iter().filter(|class| class(status.code)).count();
            assert!(count <= 1 && (count == 0 || status.code < 0), "{}", status.name);
        }
        assert_eq!(classes.map(|class| of(class).count()), [8, 8, 8, 6]);
        // What the names promise.
        for status in STATUSES {
            let named = |word| status.name.contains(word);
            assert!(!named("TIMEOUT") || is_timeout(status.code), "{}", status.name);
            let found = named("NOT_FOUND") && !is_not_found(status.code);
            assert!(!found, "{}", status.name);
        }
        for unknown in [1, 13, -99, -199, i32::MIN, i32::MAX] {
            assert!(!classes.iter().any(|class| class(unknown)));
        }
    }

    #[test]
    fn codes_and_names_are_unique() {
        for (i, a) in STATUSES.iter().enumerate() {
            for b in &STATUSES[i + 1..] {
                assert!(a.code != b.code && a.name != b.name, "{}", a.name);
            }
        }
    }

    #[test]
    fn refusals_before_the_proposal_are_not_applied_and_doubts_are() {
        for code in [
            ETCD_ERR_EMPTY_KEY,
            ETCD_ERR_DUPLICATE_KEY,
            ETCD_ERR_REQUEST_TOO_LARGE,
            ETCD_ERR_LEASE_NOT_FOUND,
            ETCD_ERR_PERMISSION_DENIED,
            ETCD_ERR_INVALID_AUTH_TOKEN,
            ETCD_ERR_AUTH_OLD_REVISION,
            ETCD_ERR_USER_EMPTY,
            ETCD_ERR_TOO_MANY_REQUESTS,
            ETCD_ERR_NO_LEADER,
            ETCD_ERR_GRPC_RESOURCE_EXHAUSTED,
            ETCD_ERR_GRPC_UNIMPLEMENTED,
        ] {
            assert!(!may_be_applied(code), "{code}");
        }
        for code in [
            ETCD_ERR_SERVER_TIMEOUT,
            ETCD_ERR_SERVER_TIMEOUT_LEADER_FAIL,
            ETCD_ERR_SERVER_TIMEOUT_CONNECTION_LOST,
            ETCD_ERR_SERVER_TIMEOUT_WAIT_APPLIED,
            ETCD_ERR_SERVER_TIMEOUT_LEADER_TRANSFER,
            ETCD_ERR_LEADER_CHANGED,
            ETCD_ERR_STOPPED,
            ETCD_ERR_NO_SPACE,
            ETCD_ERR_UNAVAILABLE,
            ETCD_ERR_TIMEOUT,
            ETCD_ERR_GRPC_UNKNOWN,
            ETCD_ERR_GRPC_INTERNAL,
            ETCD_ERR_GRPC_UNAVAILABLE,
        ] {
            assert!(may_be_applied(code), "{code}");
        }
    }
}
