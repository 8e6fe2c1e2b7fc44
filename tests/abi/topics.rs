//! Which headers there are, and what stands in each, in the order in which people read.

pub struct Header {
    pub file: &'static str,
    pub about: &'static str,
    pub includes: &'static [&'static str],
    /// Between the includes and the first declaration.
    pub preamble: String,
    pub topics: &'static [Topic],
}

/// What belongs together: constants, types and functions.
pub struct Topic {
    pub id: &'static str,
    pub title: &'static str,
    /// What is the same for all of it, said once.
    pub about: &'static str,
    pub sources: &'static [&'static str],
    /// C that no Rust stands for, after the rest.
    pub code: &'static str,
}

pub const HANDLES: &str = "\
    What is opened or made, used by any number of threads, and closed or freed once.

    A handle looks like a pointer, but is a number that the library looks up. A call with a handle
    that is NULL, closed, or of another kind returns ETCD_ERR_BAD_HANDLE and does nothing; one that
    was inherited by a child process returns ETCD_ERR_FORKED. Closing a handle is safe at any time,
    from any thread, also while other threads use it: every wait on it ends. A second close does
    nothing, and NULL may be closed.

    Only an event is memory of the caller: it is used by one thread at a time, and freed once.";

const API: &str = "
#ifndef ETCD_API
/** Stands before every function: a program may define it before the include. */
#define ETCD_API extern
#endif
";

const MACROS: &str = "
/** @def ETCD_MUST_USE
 * Stands before every function whose result must not be ignored. */
#if (defined(__cplusplus) && __cplusplus >= 201703L) || \\
    (defined(__STDC_VERSION__) && __STDC_VERSION__ > 201710L)
#define ETCD_MUST_USE [[nodiscard]]
#elif defined(__GNUC__)
#define ETCD_MUST_USE __attribute__((__warn_unused_result__))
#else
#define ETCD_MUST_USE
#endif

/** @def ETCD_INLINE
 * Stands before the few functions that the header itself contains. */
#if defined(__cplusplus) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 199901L)
#define ETCD_INLINE static inline
#elif defined(__GNUC__)
#define ETCD_INLINE static __inline__
#else
#define ETCD_INLINE static
#endif

/** @def ETCD_NULL
 * NULL in the macros that initialise structures. */
#if defined(__cplusplus) && __cplusplus >= 201103L
#define ETCD_NULL nullptr
#else
#define ETCD_NULL NULL
#endif
";

const BYTES: &str = "\
/**
 * The bytes at an address.
 *
 * @param data  May be NULL when len is 0. Not copied.
 * @param len   Number of bytes.
 * @return What keys and values are given as.
 * @since 0.1
 */
ETCD_INLINE etcd_bytes_t etcd_bytes(const void *data, size_t len) {
  etcd_bytes_t bytes;
#ifdef __cplusplus
  bytes.data = static_cast<const uint8_t *>(data);
#else
  bytes.data = (const uint8_t *)data;
#endif
  bytes.len = len;
  return bytes;
}

/**
 * The bytes of a C string, without the NUL at its end.
 *
 * @param text  NULL is the empty string. Not copied.
 * @return What keys and values are given as.
 * @since 0.1
 */
ETCD_INLINE etcd_bytes_t etcd_str(const char *text) {
  return etcd_bytes(text, text ? strlen(text) : 0);
}

/** The bytes of a string literal, in which there may be NULs, without the one at its end. */
#define ETCD_BYTES(literal) etcd_bytes(\"\" literal, sizeof(literal) - 1)

";

const STANDARD: &[&str] = &["<stdbool.h>", "<stddef.h>", "<stdint.h>", "<string.h>"];

const ETCD: &[Topic] = &[
    Topic {
        id: "etcd_version",
        title: "Versions",
        about: "",
        sources: &["src/capi/version.rs"],
        code: "",
    },
    Topic {
        id: "etcd_errors",
        title: "Statuses and errors",
        about: "
            Every call that can fail returns a status. 0 is success; a positive status is no error,
            such as ETCD_EMPTY where nothing came in time; a negative status is an error. An
            etcd_error_t goes with a negative status, and only with one: test `status < 0` before
            you read it.

            These statuses may be returned by any call: ETCD_ERR_INVALID_ARGUMENT,
            ETCD_ERR_BAD_HANDLE, ETCD_ERR_UNSUPPORTED, ETCD_ERR_FORKED, ETCD_ERR_NO_RESOURCES,
            ETCD_ERR_NO_MEMORY; by any call that asks a server also ETCD_ERR_TIMEOUT,
            ETCD_ERR_UNAVAILABLE, ETCD_ERR_CLOSED, ETCD_ERR_SEND_TOO_LARGE,
            ETCD_ERR_REPLY_TOO_LARGE and the errors of servers.",
        sources: &["src/error/status/codes.rs", "src/capi/error.rs"],
        code: "",
    },
    Topic {
        id: "etcd_types",
        title: "Bytes, keys and headers",
        about: "Structures that other structures contain.",
        sources: &["src/capi/types.rs"],
        code: BYTES,
    },
    Topic {
        id: "etcd_calls",
        title: "Calls, their options and their responses",
        about: "
            A call on a client blocks until the reply, the deadline, or etcd_client_close(). What
            it is given is copied.

            Options are structures that begin with their size. Initialise one with its INIT macro,
            set what you need, and pass a pointer; NULL means all defaults, and so does 0 in any
            field. A field or a flag that the library does not know is refused with
            ETCD_ERR_UNSUPPORTED.

            Flags: bits 0 to 7 are never a flag, so that no constant of another sort is taken for
            one. Bits 8 to 15 mean the same in every call. Bits 16 to 29 belong to one family of
            calls, such as ETCD_GET_, and are reused by the others. Bits 30 and 31 are the flags of
            etcd_client_options_t.

            Responses are made by the library. Read a response, but never copy the structure or
            take its size: later versions append fields. It is valid until it is freed, also
            after its client is closed, and so is all that it points to. It may be read by several
            threads at once, and is freed once, by any thread. NULL may be freed.

            A function whose name ends in _async starts the call and returns at once. It takes the
            arguments of the call, and a queue (see @ref etcd_queue) in place of out and err for
            the response: the end of the call, successful or not, arrives on the queue as an event
            of the kind that is named there. `user_data` is returned by etcd_event_user_data() and
            is never read. `call` may be NULL; else it is set to a handle for etcd_call_cancel(),
            which need not be freed. If the function fails, its error is in err, and no event
            comes. Calls end in any order.",
        sources: &["src/capi/options.rs"],
        code: "",
    },
    Topic {
        id: "etcd_log",
        title: "Log",
        about: "Lines for people, given to a function of the program.",
        sources: &["src/capi/log.rs"],
        code: "",
    },
    Topic {
        id: "etcd_client",
        title: "Clients",
        about: "
            A client belongs to one cluster. One is enough for a program: any number of threads
            use it at once.",
        sources: &["src/capi/client.rs", "src/capi/endpoints.rs"],
        code: "",
    },
    Topic {
        id: "etcd_kv",
        title: "Keys and values",
        about: "",
        sources: &["src/capi/kv.rs", "src/capi/pairs.rs"],
        code: "",
    },
    Topic {
        id: "etcd_if",
        title: "Writes with a condition",
        about: "
            Each is one transaction. Whether the condition held is in the response: it is no error
            if it did not.",
        sources: &["src/capi/condition.rs"],
        code: "",
    },
    Topic {
        id: "etcd_range",
        title: "Large ranges, page by page",
        about: "",
        sources: &["src/capi/page.rs"],
        code: "",
    },
    Topic {
        id: "etcd_txn",
        title: "Transactions and operations",
        about: "",
        sources: &["src/capi/txn.rs", "src/capi/request.rs"],
        code: "",
    },
    Topic {
        id: "etcd_lease",
        title: "Leases",
        about: "",
        sources: &["src/capi/lease.rs", "src/capi/keepalive.rs"],
        code: "",
    },
    Topic {
        id: "etcd_watch",
        title: "Watches",
        about: "",
        sources: &["src/capi/watch.rs"],
        code: "",
    },
    Topic {
        id: "etcd_wait",
        title: "Waits for a key",
        about: "",
        sources: &["src/capi/recipes/wait.rs"],
        code: "",
    },
    Topic {
        id: "etcd_lease_session",
        title: "Sessions",
        about: "
            A session is a lease that the library grants, keeps alive and revokes. What is locked
            and won with it ends with it.",
        sources: &["src/capi/recipes/session.rs"],
        code: "",
    },
    Topic {
        id: "etcd_mutex",
        title: "Locks",
        about: "",
        sources: &["src/capi/recipes/ownership.rs", "src/capi/recipes/mutex.rs"],
        code: "",
    },
    Topic {
        id: "etcd_election",
        title: "Elections",
        about: "",
        sources: &["src/capi/recipes/election.rs"],
        code: "",
    },
    Topic {
        id: "etcd_stm",
        title: "Transactions of memory",
        about: "",
        sources: &["src/capi/recipes/stm.rs"],
        code: "",
    },
    Topic {
        id: "etcd_queue",
        title: "Queues and events",
        about: "\
            The kind of an event is defined beside the call or stream that it belongs to, with the
            type of its response. 101 to 110 are calls on keys, 111 to 120 calls on leases, 131 to
            150 streams; 121 to 130 and 151 to 200 are free for families to come.",
        sources: &[
            "src/capi/event.rs",
            "src/capi/call.rs",
            "src/capi/user_data.rs",
            "src/capi/queue.rs",
            "src/capi/dispatch.rs",
        ],
        code: "",
    },
    Topic {
        id: "etcd_connection",
        title: "States of connections",
        about: "",
        sources: &["src/capi/connection.rs"],
        code: "",
    },
    Topic {
        id: "etcd_counters",
        title: "Counters",
        about: "",
        sources: &["src/capi/counters.rs"],
        code: "",
    },
];

const ADMIN: &[Topic] = &[
    Topic {
        id: "etcd_member",
        title: "Members of a cluster",
        about: "",
        sources: &["src/capi/admin/cluster.rs"],
        code: "",
    },
    Topic {
        id: "etcd_maintenance",
        title: "Maintenance",
        about: "",
        sources: &["src/capi/admin/maintenance.rs"],
        code: "",
    },
    Topic {
        id: "etcd_lock_service",
        title: "The lock service",
        about: "",
        sources: &["src/capi/admin/lock.rs"],
        code: "",
    },
];

pub fn headers() -> [Header; 3] {
    let number = |text: &str| text.parse::<u32>().unwrap();
    let (major, minor, patch) = (
        number(env!("CARGO_PKG_VERSION_MAJOR")),
        number(env!("CARGO_PKG_VERSION_MINOR")),
        number(env!("CARGO_PKG_VERSION_PATCH")),
    );
    let versions = format!(
        "
/** The version of this header: the first number. */
#define ETCD_VERSION_MAJOR {major}
/** The version of this header: the second number. */
#define ETCD_VERSION_MINOR {minor}
/** The version of this header: the third number. */
#define ETCD_VERSION_PATCH {patch}
/** The version of this header: major << 16 | minor << 8 | patch. For \\#if too. */
#define ETCD_VERSION_NUMBER {:#08x}u
",
        major << 16 | minor << 8 | patch
    );
    [
        Header {
            file: "etcd.h",
            about:
                "libetcd: etcd v3 for C.\n\nSee also docs/c-api.md: ownership, threads, errors, \
                    queues, fork and signals.",
            includes: STANDARD,
            preamble: format!("{versions}{API}{MACROS}"),
            topics: ETCD,
        },
        Header {
            file: "etcd-admin.h",
            about:
                "libetcd: administration of etcd v3.\n\nWhat holds for the calls of etcd.h holds \
                    for these, such as options, errors and responses. They only\nblock: none has a \
                    form that ends with an `_async`.",
            includes: &["\"etcd.h\""],
            preamble: String::new(),
            topics: ADMIN,
        },
        Header {
            file: "etcd-api.h",
            about: "libetcd: the classic interface, that of the old etcd-api, on etcd v3.\n\n\
                    Programs written for it compile without a change; see docs/etcd-api.md. It \
                    may be included\ntogether with etcd.h, in either order.",
            includes: STANDARD,
            preamble: API.to_owned(),
            topics: &[Topic {
                id: "etcd_classic",
                title: "The classic calls",
                about: "",
                sources: &["src/capi/classic.rs"],
                code: "",
            }],
        },
    ]
}
