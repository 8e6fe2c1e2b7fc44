//! The numbers of the ABI, never reused.

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
/// The session has, or waits for, what the call asks for.
pub const ETCD_ERR_IN_USE: etcd_status_t = -22;
/// Others have changed what a transaction of memory has read, at each of its tries.
pub const ETCD_ERR_CONFLICT: etcd_status_t = -23;

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
