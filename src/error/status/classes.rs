//! What a status means: for the outcome of a write, for a repetition, for a program that branches.
//!
//! Server errors are recognised by message first and gRPC code second: several
//! arrive as code Unknown, and one code covers many (etcd 3.4 to 3.7).

#![forbid(unsafe_code)]

use super::codes::*;
use super::table::{find, STATUSES};

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
        // Of a server that stops: of raft, of the store, and of the lock service's own client.
        "raft: stopped" | "mvcc: closed" => ETCD_ERR_STOPPED,
        _ if text.starts_with("etcdclient: leases keep alive halted") => ETCD_ERR_STOPPED,
        // Of the lock service, to who waits for a lock: its lease has ended; its watch has.
        "mutex: session is expired" => ETCD_ERR_LEASE_LOST,
        "lost watcher waiting for delete" => ETCD_ERR_WATCH_CANCELLED,
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
        | ETCD_ERR_LEASE_LOST
        | ETCD_ERR_IN_USE
        | ETCD_ERR_CONFLICT => false,
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
            ("mvcc: closed", ETCD_ERR_STOPPED, true, true),
            ("etcdclient: leases keep alive halted", ETCD_ERR_STOPPED, true, true),
            (
                "etcdclient: leases keep alive halted: context canceled",
                ETCD_ERR_STOPPED,
                true,
                true,
            ),
            ("mutex: session is expired", ETCD_ERR_LEASE_LOST, false, false),
            ("lost watcher waiting for delete", ETCD_ERR_WATCH_CANCELLED, true, false),
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
