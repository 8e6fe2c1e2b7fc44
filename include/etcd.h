/* SPDX-License-Identifier: MIT OR Apache-2.0
 * Generated from src/ by `make header`: do not edit. */

#ifndef ETCD_H
#define ETCD_H

/**
 * @file etcd.h
 * libetcd: etcd v3 for C.
 *
 * See also docs/c-api.md: ownership, threads, errors, queues, fork and signals.
 *
 * Contents:
 * - @ref etcd_version "Versions"
 * - @ref etcd_errors "Statuses and errors"
 * - @ref etcd_types "Bytes, keys and headers"
 * - @ref etcd_calls "Calls, their options and their responses"
 * - @ref etcd_log "Log"
 * - @ref etcd_client "Clients"
 * - @ref etcd_kv "Keys and values"
 * - @ref etcd_if "Writes with a condition"
 * - @ref etcd_range "Large ranges, page by page"
 * - @ref etcd_txn "Transactions and operations"
 * - @ref etcd_lease "Leases"
 * - @ref etcd_watch "Watches"
 * - @ref etcd_wait "Waits for a key"
 * - @ref etcd_lease_session "Sessions"
 * - @ref etcd_mutex "Locks"
 * - @ref etcd_election "Elections"
 * - @ref etcd_stm "Transactions of memory"
 * - @ref etcd_queue "Queues and events"
 * - @ref etcd_connection "States of connections"
 * - @ref etcd_counters "Counters"
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** The version of this header: the first number. */
#define ETCD_VERSION_MAJOR 0
/** The version of this header: the second number. */
#define ETCD_VERSION_MINOR 1
/** The version of this header: the third number. */
#define ETCD_VERSION_PATCH 0
/** The version of this header: major << 16 | minor << 8 | patch. For \#if too. */
#define ETCD_VERSION_NUMBER 0x000100u

#ifndef ETCD_API
/** Stands before every function: a program may define it before the include. */
#define ETCD_API extern
#endif

/** @def ETCD_MUST_USE
 * Stands before every function whose result must not be ignored. */
#if (defined(__cplusplus) && __cplusplus >= 201703L) || \
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

#ifdef __cplusplus
extern "C" {
#endif

/** @cond */
typedef struct etcd_bytes_t etcd_bytes_t;
typedef struct etcd_call_options_t etcd_call_options_t;
typedef struct etcd_client_endpoints_t etcd_client_endpoints_t;
typedef struct etcd_client_options_t etcd_client_options_t;
typedef struct etcd_compare_options_t etcd_compare_options_t;
typedef struct etcd_connection_watch_response_t etcd_connection_watch_response_t;
typedef struct etcd_counters_t etcd_counters_t;
typedef struct etcd_delete_options_t etcd_delete_options_t;
typedef struct etcd_delete_response_t etcd_delete_response_t;
typedef struct etcd_election_leader_response_t etcd_election_leader_response_t;
typedef struct etcd_error_t etcd_error_t;
typedef struct etcd_get_options_t etcd_get_options_t;
typedef struct etcd_get_response_t etcd_get_response_t;
typedef struct etcd_handler_t etcd_handler_t;
typedef struct etcd_header_response_t etcd_header_response_t;
typedef struct etcd_header_t etcd_header_t;
typedef struct etcd_if_response_t etcd_if_response_t;
typedef struct etcd_kv_t etcd_kv_t;
typedef struct etcd_lease_grant_options_t etcd_lease_grant_options_t;
typedef struct etcd_lease_grant_response_t etcd_lease_grant_response_t;
typedef struct etcd_lease_keep_alive_response_t etcd_lease_keep_alive_response_t;
typedef struct etcd_lease_list_response_t etcd_lease_list_response_t;
typedef struct etcd_lease_session_options_t etcd_lease_session_options_t;
typedef struct etcd_lease_session_response_t etcd_lease_session_response_t;
typedef struct etcd_lease_time_to_live_response_t etcd_lease_time_to_live_response_t;
typedef struct etcd_log_record_t etcd_log_record_t;
typedef struct etcd_op_response_t etcd_op_response_t;
typedef struct etcd_ownership_response_t etcd_ownership_response_t;
typedef struct etcd_put_options_t etcd_put_options_t;
typedef struct etcd_put_response_t etcd_put_response_t;
typedef struct etcd_queue_options_t etcd_queue_options_t;
typedef struct etcd_range_options_t etcd_range_options_t;
typedef struct etcd_stm_options_t etcd_stm_options_t;
typedef struct etcd_txn_response_t etcd_txn_response_t;
typedef struct etcd_watch_event_t etcd_watch_event_t;
typedef struct etcd_watch_options_t etcd_watch_options_t;
typedef struct etcd_watch_response_t etcd_watch_response_t;
/** @endcond */

/**
 * @defgroup etcd_handles Handles
 * What is opened or made, used by any number of threads, and closed or freed once.
 *
 * A handle looks like a pointer, but is a number that the library looks up. A call with a handle
 * that is NULL, closed, or of another kind returns ETCD_ERR_BAD_HANDLE and does nothing; one that
 * was inherited by a child process returns ETCD_ERR_FORKED. Closing a handle is safe at any time,
 * from any thread, also while other threads use it: every wait on it ends. A second close does
 * nothing, and NULL may be closed.
 *
 * Only an event is memory of the caller: it is used by one thread at a time, and freed once.
 * @{
 */

/**
 * A client of one cluster. Opaque; may be used by any number of threads.
 */
typedef struct etcd_client_t etcd_client_t;

/**
 * A range that is read page by page. Opaque; belongs to its client.
 */
typedef struct etcd_range_t etcd_range_t;

/**
 * A get, put, delete or transaction that can be executed any number of times. Opaque. It never
 * changes, and belongs to no client.
 */
typedef struct etcd_op_t etcd_op_t;

/**
 * A transaction under construction. Opaque; belongs to no client.
 */
typedef struct etcd_txn_t etcd_txn_t;

/**
 * A lease that is kept alive. Opaque; close it with etcd_lease_keep_alive_close().
 */
typedef struct etcd_lease_keep_alive_t etcd_lease_keep_alive_t;

/**
 * A watch. Opaque; close it with etcd_watch_close().
 */
typedef struct etcd_watch_t etcd_watch_t;

/**
 * A session: a lease that is kept alive until it is closed. Opaque; belongs to its client.
 */
typedef struct etcd_lease_session_t etcd_lease_session_t;

/**
 * A lock. Opaque; belongs to its session.
 */
typedef struct etcd_mutex_t etcd_mutex_t;

/**
 * What tells who leads. Opaque; belongs to its client.
 */
typedef struct etcd_election_observer_t etcd_election_observer_t;

/**
 * A candidate of an election. Opaque; belongs to its session.
 */
typedef struct etcd_election_t etcd_election_t;

/**
 * A transaction of memory while its function runs. Opaque; valid until the function returns.
 */
typedef struct etcd_stm_t etcd_stm_t;

/**
 * A call in progress that can be cancelled. Opaque; never needs freeing.
 */
typedef struct etcd_call_t etcd_call_t;

/**
 * Something that happened. Opaque; free it with etcd_event_free(). Memory, not
 * a handle: using one after freeing it is the caller's fault.
 */
typedef struct etcd_event_t etcd_event_t;

/**
 * A queue of events. Opaque; belongs to no client and serves any number of them.
 */
typedef struct etcd_queue_t etcd_queue_t;

/**
 * A stream of the states of a client's connections. Opaque; close it with
 * etcd_connection_watch_close().
 */
typedef struct etcd_connection_watch_t etcd_connection_watch_t;

/** @} */

/**
 * @defgroup etcd_version Versions
 *
 * @{
 */

/**
 * The library's version: major << 16 | minor << 8 | patch.
 *
 * Compare with ETCD_VERSION_NUMBER, the version of the header. A library is
 * compatible with programs compiled against any older header.
 *
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API uint32_t etcd_version_number(void);

/**
 * The library's version as text, such as "0.1.0".
 *
 * @return A static string.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API const char *etcd_version_string(void);

/** @} */

/**
 * @defgroup etcd_errors Statuses and errors
 * Every call that can fail returns a status. 0 is success; a positive status is no error,
 * such as ETCD_EMPTY where nothing came in time; a negative status is an error. An
 * etcd_error_t goes with a negative status, and only with one: test `status < 0` before
 * you read it.
 *
 * These statuses may be returned by any call: ETCD_ERR_INVALID_ARGUMENT,
 * ETCD_ERR_BAD_HANDLE, ETCD_ERR_UNSUPPORTED, ETCD_ERR_FORKED, ETCD_ERR_NO_RESOURCES,
 * ETCD_ERR_NO_MEMORY; by any call that asks a server also ETCD_ERR_TIMEOUT,
 * ETCD_ERR_UNAVAILABLE, ETCD_ERR_CLOSED, ETCD_ERR_SEND_TOO_LARGE,
 * ETCD_ERR_REPLY_TOO_LARGE and the errors of servers.
 * @{
 */

/**
 * The call changed nothing, and never will.
 */
#define ETCD_NOT_APPLIED 0

/**
 * The call may have taken effect, or may still do so: ask before repeating it.
 */
#define ETCD_MAYBE_APPLIED 1

/**
 * For outcome: the call was applied, though it failed. Reserved: no call says so yet.
 */
#define ETCD_APPLIED 2

/**
 * Result of every call that can fail: ETCD_OK, a positive "nothing yet", or a negative error.
 *
 * -1 to -99: found by the library. -100-N: gRPC code N from the server, where
 * the message is none of etcd's own. -200 and below: one of etcd's own errors.
 */
typedef int32_t etcd_status_t;

/**
 * What went wrong, and what became of the call.
 *
 * Read it as a response (@ref etcd_calls). Free it with etcd_error_free().
 */
struct etcd_error_t {
  /**
   * The status that the call returned.
   */
  etcd_status_t status;
  /**
   * The gRPC code (1 to 16) in the server's answer; -1 if the library found the error.
   */
  int32_t grpc_code;
  /**
   * ETCD_NOT_APPLIED or ETCD_MAYBE_APPLIED. Reads are NOT_APPLIED, but for ETCD_ERR_INTERNAL.
   */
  int32_t outcome;
  /**
   * Always 0.
   */
  uint32_t reserved;
  /**
   * The endpoint concerned, as it was given; "" if none or several. Never NULL.
   */
  const char *endpoint;
  /**
   * What happened, in words, one line of UTF-8. Never NULL.
   */
  const char *message;
  /**
   * Of a watch: with ETCD_ERR_COMPACTED the oldest revision that can still be watched, with
   * ETCD_ERR_REPLY_TOO_LARGE the first one that was not delivered. Else 0.
   */
  int64_t revision;
};

/**
 * Success.
 */
#define ETCD_OK 0

/**
 * Nothing arrived before the wait ended; more may come. Not an error.
 */
#define ETCD_EMPTY 10

/**
 * etcd_queue_wake() ended the wait. Not an error.
 */
#define ETCD_WOKEN 11

/**
 * The stream is at its end: nothing more comes. Not an error.
 */
#define ETCD_END 12

/**
 * An argument is wrong; the message names it.
 */
#define ETCD_ERR_INVALID_ARGUMENT -1

/**
 * The handle is NULL, closed, of another kind, or was never one.
 */
#define ETCD_ERR_BAD_HANDLE -2

/**
 * The client was closed while the call was in progress.
 */
#define ETCD_ERR_CLOSED -3

/**
 * The process has forked since the handle was made; open a new one in the child.
 */
#define ETCD_ERR_FORKED -4

/**
 * The deadline passed while a server had the request.
 */
#define ETCD_ERR_TIMEOUT -5

/**
 * etcd_call_cancel() ended the call.
 */
#define ETCD_ERR_CANCELLED -6

/**
 * No server could be reached, or the connection was lost during the call.
 */
#define ETCD_ERR_UNAVAILABLE -7

/**
 * An options field or flag that this version of the library does not know.
 */
#define ETCD_ERR_UNSUPPORTED -8

/**
 * A defect in the library; please report the message.
 */
#define ETCD_ERR_INTERNAL -9

/**
 * Memory is short.
 */
#define ETCD_ERR_NO_MEMORY -10

/**
 * The system gives no further thread, descriptor or handle.
 */
#define ETCD_ERR_NO_RESOURCES -11

/**
 * A file named in the options could not be read.
 */
#define ETCD_ERR_IO -12

/**
 * A certificate or key in the options cannot be used.
 */
#define ETCD_ERR_TLS -13

/**
 * The server's answer is not what etcd would send.
 */
#define ETCD_ERR_BAD_REPLY -14

/**
 * Key and value are larger than the client's send limit.
 */
#define ETCD_ERR_SEND_TOO_LARGE -15

/**
 * The reply is larger than the client's receive limit. A write was applied all the same.
 */
#define ETCD_ERR_REPLY_TOO_LARGE -16

/**
 * The key does not have the value that the call asked for.
 */
#define ETCD_ERR_PRECONDITION -17

/**
 * The lock is not, or no longer, held: it was released, or its time ran out.
 */
#define ETCD_ERR_LOCK_LOST -18

/**
 * Another cluster answered than the one that answered the client first. Its
 * members are not used; see etcd_client_set_endpoints().
 */
#define ETCD_ERR_CLUSTER_CHANGED -19

/**
 * The store has gone back to an earlier revision: it was restored from a backup
 * or emptied. What was written since is gone, and what the client knows of it
 * is wrong. Its members are not used; to go on, open another client.
 */
#define ETCD_ERR_REVISION_REGRESSED -20

/**
 * The lease was not renewed in time: it has ended, or will without a further sign.
 */
#define ETCD_ERR_LEASE_LOST -21

/**
 * The session has, or waits for, what the call asks for.
 */
#define ETCD_ERR_IN_USE -22

/**
 * Others have changed what a transaction of memory has read, at each of its tries.
 */
#define ETCD_ERR_CONFLICT -23

/**
 * gRPC code 1: the operation was cancelled.
 */
#define ETCD_ERR_GRPC_CANCELLED -101

/**
 * gRPC code 2: unknown error.
 */
#define ETCD_ERR_GRPC_UNKNOWN -102

/**
 * gRPC code 3: invalid argument.
 */
#define ETCD_ERR_GRPC_INVALID_ARGUMENT -103

/**
 * gRPC code 4: the deadline passed in the server.
 */
#define ETCD_ERR_GRPC_DEADLINE_EXCEEDED -104

/**
 * gRPC code 5: not found.
 */
#define ETCD_ERR_GRPC_NOT_FOUND -105

/**
 * gRPC code 6: already exists.
 */
#define ETCD_ERR_GRPC_ALREADY_EXISTS -106

/**
 * gRPC code 7: permission denied.
 */
#define ETCD_ERR_GRPC_PERMISSION_DENIED -107

/**
 * gRPC code 8: a resource or size limit was reached.
 */
#define ETCD_ERR_GRPC_RESOURCE_EXHAUSTED -108

/**
 * gRPC code 9: the state of the system does not allow this.
 */
#define ETCD_ERR_GRPC_FAILED_PRECONDITION -109

/**
 * gRPC code 10: aborted.
 */
#define ETCD_ERR_GRPC_ABORTED -110

/**
 * gRPC code 11: out of range.
 */
#define ETCD_ERR_GRPC_OUT_OF_RANGE -111

/**
 * gRPC code 12: the server does not know this call.
 */
#define ETCD_ERR_GRPC_UNIMPLEMENTED -112

/**
 * gRPC code 13: internal error.
 */
#define ETCD_ERR_GRPC_INTERNAL -113

/**
 * gRPC code 14: unavailable.
 */
#define ETCD_ERR_GRPC_UNAVAILABLE -114

/**
 * gRPC code 15: data loss.
 */
#define ETCD_ERR_GRPC_DATA_LOSS -115

/**
 * gRPC code 16: not authenticated.
 */
#define ETCD_ERR_GRPC_UNAUTHENTICATED -116

/**
 * The request names no key.
 */
#define ETCD_ERR_EMPTY_KEY -200

/**
 * The key does not exist.
 */
#define ETCD_ERR_KEY_NOT_FOUND -201

/**
 * A put that keeps the old value was given one.
 */
#define ETCD_ERR_VALUE_PROVIDED -202

/**
 * A put that keeps the old lease was given one.
 */
#define ETCD_ERR_LEASE_PROVIDED -203

/**
 * More operations in a transaction than the server takes (128 by default).
 */
#define ETCD_ERR_TOO_MANY_OPS -204

/**
 * A transaction puts one key twice.
 */
#define ETCD_ERR_DUPLICATE_KEY -205

/**
 * The server does not accept this client's API version.
 */
#define ETCD_ERR_INVALID_CLIENT_API_VERSION -206

/**
 * Unknown sort order or target.
 */
#define ETCD_ERR_INVALID_SORT_OPTION -207

/**
 * The revision asked for has been compacted away.
 */
#define ETCD_ERR_COMPACTED -208

/**
 * The revision asked for does not exist yet.
 */
#define ETCD_ERR_FUTURE_REVISION -209

/**
 * The server's storage quota is used up.
 */
#define ETCD_ERR_NO_SPACE -210

/**
 * No such lease, or it has expired.
 */
#define ETCD_ERR_LEASE_NOT_FOUND -211

/**
 * The chosen lease id is in use.
 */
#define ETCD_ERR_LEASE_EXISTS -212

/**
 * A lease lives at most 9,000,000,000 seconds.
 */
#define ETCD_ERR_LEASE_TTL_TOO_LARGE -213

/**
 * The server cancelled the watch.
 */
#define ETCD_ERR_WATCH_CANCELLED -214

/**
 * The member id is in use.
 */
#define ETCD_ERR_MEMBER_EXISTS -215

/**
 * A member with these peer URLs exists.
 */
#define ETCD_ERR_PEER_URL_EXISTS -216

/**
 * Too few started members to change the membership safely.
 */
#define ETCD_ERR_MEMBER_NOT_ENOUGH_STARTED -217

/**
 * The peer URLs cannot be parsed.
 */
#define ETCD_ERR_MEMBER_BAD_URLS -218

/**
 * No member has this id.
 */
#define ETCD_ERR_MEMBER_NOT_FOUND -219

/**
 * The member is not a learner.
 */
#define ETCD_ERR_MEMBER_NOT_LEARNER -220

/**
 * The learner has not caught up.
 */
#define ETCD_ERR_LEARNER_NOT_READY -221

/**
 * The cluster takes no further learner.
 */
#define ETCD_ERR_TOO_MANY_LEARNERS -222

/**
 * The request was meant for another cluster.
 */
#define ETCD_ERR_CLUSTER_ID_MISMATCH -223

/**
 * Larger than the server's request limit (1.5 MiB by default).
 */
#define ETCD_ERR_REQUEST_TOO_LARGE -224

/**
 * The server is overloaded and refused the request.
 */
#define ETCD_ERR_TOO_MANY_REQUESTS -225

/**
 * Authentication needs a user named root.
 */
#define ETCD_ERR_ROOT_USER_NOT_EXIST -226

/**
 * Authentication needs root to have the role root.
 */
#define ETCD_ERR_ROOT_ROLE_NOT_EXIST -227

/**
 * The user exists.
 */
#define ETCD_ERR_USER_ALREADY_EXISTS -228

/**
 * The call carried no user.
 */
#define ETCD_ERR_USER_EMPTY -229

/**
 * No such user.
 */
#define ETCD_ERR_USER_NOT_FOUND -230

/**
 * The role exists.
 */
#define ETCD_ERR_ROLE_ALREADY_EXISTS -231

/**
 * No such role.
 */
#define ETCD_ERR_ROLE_NOT_FOUND -232

/**
 * The call named no role.
 */
#define ETCD_ERR_ROLE_EMPTY -233

/**
 * Wrong user name or password.
 */
#define ETCD_ERR_AUTH_FAILED -234

/**
 * The call carried no permission.
 */
#define ETCD_ERR_PERMISSION_NOT_GIVEN -235

/**
 * The user may not do this.
 */
#define ETCD_ERR_PERMISSION_DENIED -236

/**
 * The user does not have this role.
 */
#define ETCD_ERR_ROLE_NOT_GRANTED -237

/**
 * The role does not have this permission.
 */
#define ETCD_ERR_PERMISSION_NOT_GRANTED -238

/**
 * The server does not use authentication.
 */
#define ETCD_ERR_AUTH_NOT_ENABLED -239

/**
 * The token is unknown to the server or has expired.
 */
#define ETCD_ERR_INVALID_AUTH_TOKEN -240

/**
 * The change of users or roles is not allowed.
 */
#define ETCD_ERR_INVALID_AUTH_MGMT -241

/**
 * Users or roles changed after the token was issued.
 */
#define ETCD_ERR_AUTH_OLD_REVISION -242

/**
 * The member knows of no leader.
 */
#define ETCD_ERR_NO_LEADER -243

/**
 * Only the leader can do this.
 */
#define ETCD_ERR_NOT_LEADER -244

/**
 * The leader changed while the call was in progress.
 */
#define ETCD_ERR_LEADER_CHANGED -245

/**
 * The cluster's version lacks this.
 */
#define ETCD_ERR_NOT_CAPABLE -246

/**
 * The member is stopping.
 */
#define ETCD_ERR_STOPPED -247

/**
 * The server gave up waiting.
 */
#define ETCD_ERR_SERVER_TIMEOUT -248

/**
 * The server gave up waiting after a leader was lost.
 */
#define ETCD_ERR_SERVER_TIMEOUT_LEADER_FAIL -249

/**
 * The server gave up waiting after it lost its peers.
 */
#define ETCD_ERR_SERVER_TIMEOUT_CONNECTION_LOST -250

/**
 * The member lags behind the cluster.
 */
#define ETCD_ERR_SERVER_TIMEOUT_WAIT_APPLIED -251

/**
 * The server gave up moving the leader.
 */
#define ETCD_ERR_SERVER_TIMEOUT_LEADER_TRANSFER -252

/**
 * Too few healthy members to change the membership safely.
 */
#define ETCD_ERR_UNHEALTHY -253

/**
 * The member has found its data to be corrupt.
 */
#define ETCD_ERR_CORRUPT -254

/**
 * The member is a learner and cannot answer this.
 */
#define ETCD_ERR_NOT_SUPPORTED_FOR_LEARNER -255

/**
 * The leader cannot be moved to that member.
 */
#define ETCD_ERR_BAD_LEADER_TRANSFEREE -256

/**
 * The cluster's version is not known.
 */
#define ETCD_ERR_CLUSTER_VERSION_UNAVAILABLE -257

/**
 * The target version cannot be parsed.
 */
#define ETCD_ERR_WRONG_DOWNGRADE_VERSION_FORMAT -258

/**
 * No downgrade to that version.
 */
#define ETCD_ERR_INVALID_DOWNGRADE_TARGET_VERSION -259

/**
 * A downgrade is in progress.
 */
#define ETCD_ERR_DOWNGRADE_IN_PROCESS -260

/**
 * No downgrade is in progress.
 */
#define ETCD_ERR_NO_INFLIGHT_DOWNGRADE -261

/**
 * The server cancelled the request.
 */
#define ETCD_ERR_REQUEST_CANCELLED -262

/**
 * The request's time ran out in the server.
 */
#define ETCD_ERR_SERVER_DEADLINE_EXCEEDED -263

/**
 * The member stopped being the leader while it served a lease.
 */
#define ETCD_ERR_NOT_PRIMARY_LESSOR -264

/**
 * Frees an error.
 *
 * @param error  May be NULL.
 * @par Thread safety  Any thread; once.
 * @since 0.1
 */
ETCD_API void etcd_error_free(etcd_error_t *error);

/**
 * A status's name, such as "ETCD_ERR_TIMEOUT".
 *
 * @param status  Any number.
 * @return A static string; "ETCD_ERR_?" for a number this version does not know.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API const char *etcd_status_name(etcd_status_t status);

/**
 * What a status means, in a few words; for etcd's own errors the server's text.
 *
 * @param status  Any number.
 * @return A static string; "unknown status" for a number this version does not know.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API const char *etcd_status_message(etcd_status_t status);

/**
 * Whether the same call may succeed a little later or on another member.
 *
 * Says nothing of a write that may have been applied: look at the outcome
 * first. Reads are repeated by the library itself until their deadline.
 *
 * @param status  Any number.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API bool etcd_status_is_retryable(etcd_status_t status);

/**
 * Whether the call took too long: its deadline passed, or a server gave up waiting.
 *
 * Each of these four predicates is false for ETCD_OK, for positive statuses and for numbers
 * that this version does not know. No status is of two of them.
 *
 * @param status  Any number.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API bool etcd_status_is_timeout(etcd_status_t status);

/**
 * Whether no server could be reached, or none that can serve now, such as without a leader.
 *
 * @param status  Any number.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API bool etcd_status_is_unavailable(etcd_status_t status);

/**
 * Whether the servers refuse the caller: a wrong user, password or token, or a user without
 * permission.
 *
 * @param status  Any number.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API bool etcd_status_is_auth(etcd_status_t status);

/**
 * Whether what the call is about does not exist: a lease, member, user, role or key.
 *
 * A get or delete of a key that does not exist is no error.
 *
 * @param status  Any number.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API bool etcd_status_is_not_found(etcd_status_t status);

/**
 * Whether a write that ended with this status may have been applied.
 *
 * The worst case: etcd_error_t.outcome knows more, such as that a connection
 * was never made.
 *
 * @param status  Any number; ETCD_OK is applied.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API bool etcd_status_may_be_applied(etcd_status_t status);

/** @} */

/**
 * @defgroup etcd_types Bytes, keys and headers
 * Structures that other structures contain.
 * @{
 */

/**
 * For timeout_ms: no deadline.
 */
#define ETCD_TIMEOUT_NONE UINT32_MAX

/**
 * For wait_ms: wait until something arrives.
 */
#define ETCD_WAIT_FOREVER -1

/**
 * Any bytes, not NUL-terminated; {NULL, 0} is the empty string.
 *
 * Frozen: 16 bytes.
 */
struct etcd_bytes_t {
  /**
   * May be NULL when len is 0.
   */
  const uint8_t *data;
  /**
   * Number of bytes.
   */
  size_t len;
};

/**
 * A key with its value and history: etcd's KeyValue.
 *
 * Frozen: 64 bytes.
 */
struct etcd_kv_t {
  /**
   * The key.
   */
  etcd_bytes_t key;
  /**
   * The value.
   */
  etcd_bytes_t value;
  /**
   * The revision at which the key was created, after its last deletion.
   */
  int64_t create_revision;
  /**
   * The revision of the last change.
   */
  int64_t mod_revision;
  /**
   * Number of changes since creation; 1 for a new key.
   */
  int64_t version;
  /**
   * The lease that the key is attached to; 0 for none.
   */
  int64_t lease;
};

/**
 * The member that answered, and the revision of the store.
 *
 * Frozen: 32 bytes.
 */
struct etcd_header_t {
  /**
   * The cluster that answered.
   */
  uint64_t cluster_id;
  /**
   * The member that answered.
   */
  uint64_t member_id;
  /**
   * The store's revision; of a write that changed anything, the revision of the write.
   */
  int64_t revision;
  /**
   * The Raft term of the member.
   */
  uint64_t raft_term;
};

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
#define ETCD_BYTES(literal) etcd_bytes("" literal, sizeof(literal) - 1)

/** @} */

/**
 * @defgroup etcd_calls Calls, their options and their responses
 * A call on a client blocks until the reply, the deadline, or etcd_client_close(). What
 * it is given is copied.
 *
 * Options are structures that begin with their size. Initialise one with its INIT macro,
 * set what you need, and pass a pointer; NULL means all defaults, and so does 0 in any
 * field. A field or a flag that the library does not know is refused with
 * ETCD_ERR_UNSUPPORTED.
 *
 * Flags: bits 0 to 7 are never a flag, so that no constant of another sort is taken for
 * one. Bits 8 to 15 mean the same in every call. Bits 16 to 29 belong to one family of
 * calls, such as ETCD_GET_, and are reused by the others. Bits 30 and 31 are the flags of
 * etcd_client_options_t.
 *
 * Responses are made by the library. Read a response, but never copy the structure or
 * take its size: later versions append fields. It is valid until it is freed, also
 * after its client is closed, and so is all that it points to. It may be read by several
 * threads at once, and is freed once, by any thread. NULL may be freed.
 *
 * A function whose name ends in _async starts the call and returns at once. It takes the
 * arguments of the call, and a queue (see @ref etcd_queue) in place of out and err for
 * the response: the end of the call, successful or not, arrives on the queue as an event
 * of the kind that is named there. `user_data` is returned by etcd_event_user_data() and
 * is never read. `call` may be NULL; else it is set to a handle for etcd_call_cancel(),
 * which need not be freed. If the function fails, its error is in err, and no event
 * comes. Calls end in any order.
 * @{
 */

/**
 * For any call's flags: a member that knows of no leader refuses the call at
 * once, and it goes to another; ETCD_ERR_NO_LEADER if none does by the deadline.
 */
#define ETCD_REQUIRE_LEADER 0x100u

/**
 * For calls on keys: all keys that begin with the key; with an empty key, all keys.
 */
#define ETCD_PREFIX 0x200u

/**
 * For calls on keys: the key and all after it; with an empty key, all keys.
 */
#define ETCD_FROM_KEY 0x400u

/**
 * For calls that change keys, and watches: return what is replaced or deleted.
 */
#define ETCD_PREV_KV 0x800u

/**
 * For reads: answered by one member from what it has, quicker and perhaps stale.
 */
#define ETCD_SERIALIZABLE 0x1000u

/**
 * Options of the calls that need no more. Begin with ETCD_CALL_OPTIONS_INIT.
 */
struct etcd_call_options_t {
  /**
   * Set by ETCD_CALL_OPTIONS_INIT.
   */
  size_t size;
  /**
   * Deadline in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
   */
  uint32_t timeout_ms;
  /**
   * ETCD_REQUIRE_LEADER, and what the call's own comment names.
   */
  uint32_t flags;
};

/** Initialises an etcd_call_options_t. */
#define ETCD_CALL_OPTIONS_INIT \
  { sizeof(etcd_call_options_t), 0, 0 }

/** @} */

/**
 * @defgroup etcd_log Log
 * Lines for people, given to a function of the program.
 * @{
 */

/**
 * For etcd_client_options_t.log_level: defects in the library.
 */
#define ETCD_LOG_ERROR 3

/**
 * For etcd_client_options_t.log_level: also troubles: connections that are lost or refused,
 * watches and leases that have ended.
 */
#define ETCD_LOG_WARN 4

/**
 * For etcd_client_options_t.log_level: also new connections, watches that were resumed after a
 * break, new tokens. The default.
 */
#define ETCD_LOG_INFO 6

/**
 * For etcd_client_options_t.log_level: also each retry of a call.
 */
#define ETCD_LOG_DEBUG 7

/**
 * A line of the log. It is valid until the callback returns; later versions append fields. The
 * texts are never NULL and have no control characters. They never have passwords, tokens, keys
 * or values.
 */
struct etcd_log_record_t {
  /**
   * ETCD_LOG_ERROR to ETCD_LOG_DEBUG.
   */
  uint32_t level;
  /**
   * The status of the error; ETCD_OK if there is none.
   */
  etcd_status_t status;
  /**
   * The subject: "connection", "call", "token", "watch" or "lease"; later versions add
   * others.
   */
  const char *what;
  /**
   * The endpoint as it was given; "" for none.
   */
  const char *endpoint;
  /**
   * What happened, for people, without endpoint, level and time; about 1 KiB at most. The
   * wording may change between versions.
   */
  const char *message;
};

/**
 * Receives a line of a client's log, and the client's log_arg. It is called on the library's
 * thread and on threads that make calls, also by several threads at once. Calls wait while it
 * runs: it should be quick, and must not wait for a lock that is held around calls into the
 * library. In it, calls on clients, queues and other handles fail with ETCD_ERR_UNSUPPORTED; a
 * function without a result does nothing: what was to be closed or freed stays open. Afterwards
 * a line with ETCD_ERR_UNSUPPORTED says so. It is not called after etcd_client_close() has
 * returned.
 */
typedef void (*etcd_log_cb)(const etcd_log_record_t *record, void *arg);

/** @} */

/**
 * @defgroup etcd_client Clients
 * A client belongs to one cluster. One is enough for a program: any number of threads
 * use it at once.
 * @{
 */

/**
 * For etcd_client_options_t.flags: send user and password, or the token, also to endpoints that
 * are neither https nor on this machine. Others on the network can read them.
 */
#define ETCD_CLIENT_PLAINTEXT_PASSWORD 0x40000000u

/**
 * For etcd_client_options_t.flags: INSECURE. Encrypt, but accept any certificate. An attacker on
 * the network can read and change everything, user and password included. For tests. Excludes
 * ca_file, ca_pem, crl_file, crl_pem and server_name.
 */
#define ETCD_CLIENT_INSECURE_SKIP_VERIFY 0x80000000u

/**
 * How to reach a cluster. Begin with ETCD_CLIENT_OPTIONS_INIT; zero in any field means its
 * default. etcd_client_open() copies everything. Secrets are wiped from memory when they are not
 * needed any more.
 *
 * PEM files are read by etcd_client_open(), and again for each new connection, so that
 * certificates can be replaced while the program runs. Existing connections keep theirs. If a new
 * file cannot be used, the last usable one is, and errors of connecting say so. A pipe is read
 * only once. PEM text in memory does not change.
 */
struct etcd_client_options_t {
  /**
   * Set by ETCD_CLIENT_OPTIONS_INIT.
   */
  size_t size;
  /**
   * Required: endpoints, separated by comma, semicolon or white space, at most 8 KiB in all.
   * Each is host:port, http://host:port, https://host:port or unix:/path. IPv6 addresses are
   * written in brackets; the port defaults to 2379. Without a scheme, TLS is used if a CA, a
   * certificate or ETCD_CLIENT_INSECURE_SKIP_VERIFY is given. A single mem: or mem:NAME is an
   * etcd in the memory of this process; clients with the same name share a store, see
   * etcd_mem_drop().
   */
  const char *endpoints;
  /**
   * User name for etcd's authentication; requires password.
   */
  const char *user;
  /**
   * The user's password. Refused for endpoints where others could read it, see
   * ETCD_CLIENT_PLAINTEXT_PASSWORD.
   */
  const char *password;
  /**
   * File of PEM certificates that may sign a server's certificate. Default, without ca_pem
   * too: those that the system trusts.
   */
  const char *ca_file;
  /**
   * File with the client's PEM certificate chain; requires a key.
   */
  const char *cert_file;
  /**
   * File with the client's PEM private key, not encrypted.
   */
  const char *key_file;
  /**
   * The name that servers' certificates must have. Default: the host of the endpoint; for a unix
   * socket, the name of its file.
   */
  const char *server_name;
  /**
   * The PEM text, in place of ca_file.
   */
  etcd_bytes_t ca_pem;
  /**
   * The PEM text, in place of cert_file.
   */
  etcd_bytes_t cert_pem;
  /**
   * The PEM text, in place of key_file.
   */
  etcd_bytes_t key_pem;
  /**
   * The deadline of calls without their own, in milliseconds; default 5000, ETCD_TIMEOUT_NONE
   * for none.
   */
  uint32_t timeout_ms;
  /**
   * ETCD_CLIENT_ flags.
   */
  uint32_t flags;
  /**
   * The timeout of one attempt to connect, TLS included, in milliseconds; default 3000.
   */
  uint32_t connect_timeout_ms;
  /**
   * A connection in use is pinged after it was silent for this time, in milliseconds; default
   * 10000, at least 100, ETCD_TIMEOUT_NONE for never. A connection is in use while a call or a
   * stream, such as a watch, waits on it. The ping is a small call; etcd does not limit how
   * often it is made.
   */
  uint32_t ping_interval_ms;
  /**
   * The timeout of a ping, in milliseconds; default 5000. Without an answer the connection is
   * closed: its streams move to another one, its writes end with ETCD_ERR_UNAVAILABLE. A dead
   * endpoint is therefore left after the sum of both times, 15 s by default.
   */
  uint32_t ping_timeout_ms;
  /**
   * The size of the largest request, key and value together, in bytes; default 2 MiB. etcd's
   * own limit is 1.5 MiB unless configured.
   */
  uint32_t max_send_bytes;
  /**
   * The size of the largest reply in bytes; default 64 MiB. No reply takes more than three
   * times as much memory: a reply of very many, very small keys is refused earlier.
   */
  uint32_t max_receive_bytes;
  /**
   * The interval at which etcd_client_sync() is done in the background, in milliseconds; default
   * 0 for never, at least 100. An attempt that fails, or takes 5 s, changes nothing.
   */
  uint32_t auto_sync_interval_ms;
  /**
   * File of PEM revocation lists (X509 CRL) of one or several CAs. Every certificate in a
   * server's chain except the root is then checked. A certificate is refused as revoked also if
   * there is no list of the CA that signed it, or if the next update of the list is overdue.
   * Existing connections are not closed.
   */
  const char *crl_file;
  /**
   * The PEM text, in place of crl_file.
   */
  etcd_bytes_t crl_pem;
  /**
   * A token that the servers accept, such as a JSON web token, in place of user and password. It
   * is sent unchanged and never renewed: when a server refuses it, calls fail with the server's
   * error, such as ETCD_ERR_INVALID_AUTH_TOKEN. Like a password, it is refused for endpoints
   * where others could read it.
   */
  const char *token;
  /**
   * If not empty, the client sees only the keys that begin with this prefix, without it: it is
   * added to every key that is sent, and cut off every key that is received. Any bytes. It
   * applies to every call, watch and lock, including etcd-api.h. Open-ended ranges stop at the
   * end of the prefix. etcd_lease_time_to_live() lists only keys below it. A key that equals the
   * prefix is not visible. Size limits include the prefix. Leases, revisions and compaction
   * belong to the whole cluster: revoking a lease deletes its keys under any prefix. The
   * prefix is no protection: use roles for that.
   */
  etcd_bytes_t key_prefix;
  /**
   * Receives the lines of the client's log; NULL for no log.
   */
  etcd_log_cb log_callback;
  /**
   * Passed to log_callback; never read.
   */
  void *log_arg;
  /**
   * The most detailed level that is logged, ETCD_LOG_ERROR to ETCD_LOG_DEBUG; default
   * ETCD_LOG_INFO.
   */
  uint32_t log_level;
  /**
   * Must be 0.
   */
  uint32_t log_reserved;
};

/** Initialises an etcd_client_options_t. */
#define ETCD_CLIENT_OPTIONS_INIT \
  { sizeof(etcd_client_options_t), ETCD_NULL, ETCD_NULL, ETCD_NULL, ETCD_NULL, ETCD_NULL, ETCD_NULL, ETCD_NULL, { ETCD_NULL, 0 }, { ETCD_NULL, 0 }, { ETCD_NULL, 0 }, 0, 0, 0, 0, 0, 0, 0, 0, ETCD_NULL, { ETCD_NULL, 0 }, ETCD_NULL, { ETCD_NULL, 0 }, ETCD_NULL, ETCD_NULL, 0, 0 }

/**
 * A client's endpoints. Free it with etcd_client_endpoints_free().
 */
struct etcd_client_endpoints_t {
  /**
   * The endpoints, as they were given or as the cluster announces them.
   */
  const char *const *names;
  /**
   * Number of elements of names; at least 1.
   */
  size_t name_count;
};

/**
 * Opens a client.
 *
 * Does not block: the client connects in the background, and no server needs to be reachable.
 * Calls wait for a connection until their deadline. The first client of a process starts the
 * library's thread, which serves all clients. A host name is looked up on a temporary thread.
 *
 * @param options   Must have endpoints. Copied.
 * @param[out] out  The client; close it with etcd_client_close().
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED, ETCD_ERR_IO,
 *         ETCD_ERR_TLS, ETCD_ERR_NO_MEMORY or ETCD_ERR_NO_RESOURCES.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_client_open(const etcd_client_options_t *options,
    etcd_client_t **out, etcd_error_t **err);

/**
 * Opens a client with default options.
 *
 * @param endpoints  As etcd_client_options_t.endpoints, such as "localhost:2379".
 * @param[out] out   The client; close it with etcd_client_close().
 * @param[out] err   May be NULL. On failure an error; free it with etcd_error_free().
 * @return As etcd_client_open().
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_client_open_endpoints(const char *endpoints,
    etcd_client_t **out, etcd_error_t **err);

/**
 * Closes a client.
 *
 * Every call in progress on it, in any thread, ends with ETCD_ERR_CLOSED; later calls fail with
 * ETCD_ERR_BAD_HANDLE. Responses and errors stay valid. The function returns within a second, but
 * not before a log callback in progress has returned. The close of the last client ends the
 * library's thread. In a child process, the close of a client of the parent does nothing.
 *
 * @param client  May be NULL, or closed already.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API void etcd_client_close(etcd_client_t *client);

/**
 * Returns the error of the latest classic call (etcd-api.h) on a client.
 *
 * Those calls return one of three results, or NULL; this is the reason. If several threads use
 * the client it is the reason of the call that ended last.
 *
 * @param client    Open client; a classic session is one too.
 * @param[out] out  The error; free it with etcd_error_free(). NULL if the call
 *                  succeeded, or if there was none.
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_client_last_error(etcd_client_t *client, etcd_error_t **out);

/**
 * Removes a store from the memory of this process.
 *
 * The next client that is opened with this endpoint has an empty store. Open clients keep the old
 * one, which is freed when the last of them is closed. A child process has none of its parent's
 * stores.
 *
 * @param endpoint  mem: or mem:NAME, as it was opened. An unknown name is no error.
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK or ETCD_ERR_INVALID_ARGUMENT.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_mem_drop(const char *endpoint, etcd_error_t **err);

/**
 * Returns the client's current endpoints. Does not block.
 *
 * @param client    Open client.
 * @param[out] out  The list; free it with etcd_client_endpoints_free().
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_client_endpoints(etcd_client_t *client,
    etcd_client_endpoints_t **out, etcd_error_t **err);

/**
 * Frees a list of endpoints.
 *
 * @param endpoints  May be NULL.
 * @par Thread safety  Any thread; once.
 * @since 0.1
 */
ETCD_API void etcd_client_endpoints_free(etcd_client_endpoints_t *endpoints);

/**
 * Replaces the endpoints of a client while it works.
 *
 * Does not block. An endpoint that is in both lists keeps its connection. When an endpoint is
 * removed, calls in progress on it may fail, and watches move to another endpoint without losing
 * an event. Calls wait until one of the new endpoints is connected, as after etcd_client_open().
 *
 * The settings of etcd_client_open() apply to the new endpoints. A client with TLS cannot change
 * to endpoints without it, nor the other way round, and a password is not sent in the clear. A
 * client belongs to one cluster: members of another one are refused with
 * ETCD_ERR_CLUSTER_CHANGED. Open another client for them.
 *
 * @param client     Open client; not one of mem:.
 * @param endpoints  As etcd_client_options_t.endpoints, but not mem:. Copied.
 * @param[out] err   May be NULL. On failure an error, and the endpoints are unchanged; free it
 *                   with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_client_set_endpoints(etcd_client_t *client, const char *endpoints,
    etcd_error_t **err);

/**
 * Replaces the client's endpoints by those of the cluster's members.
 *
 * Does what etcd_client_set_endpoints() does, with the client URLs of all members that have
 * started and are not learners. URLs that the client cannot use are left out: those of another
 * scheme (https if it uses TLS, else http), those to which it must not send its password, and
 * loopback addresses unless the member that answered was reached by one. If none is left, or none
 * of them answers, nothing changes. Members must announce URLs that can be reached from the
 * client (--advertise-client-urls). With mem: the call succeeds and changes nothing.
 *
 * @param client    Open client.
 * @param options   NULL for all defaults.
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK; ETCD_ERR_UNAVAILABLE, also if no URL can be used or answers;
 *         ETCD_ERR_TIMEOUT, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED,
 *         ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED, ETCD_ERR_CLOSED, or a server's error.
 * @par Blocking  Until the cluster has answered, or the deadline.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_client_sync(etcd_client_t *client, const etcd_call_options_t *options,
    etcd_error_t **err);

/** @} */

/**
 * @defgroup etcd_kv Keys and values
 *
 * @{
 */

/**
 * For get: return keys without their values.
 */
#define ETCD_GET_KEYS_ONLY 0x10000u

/**
 * For get: return the number of keys only; wins over ETCD_GET_KEYS_ONLY.
 */
#define ETCD_GET_COUNT_ONLY 0x20000u

/**
 * For get: only the first key found by sort_target, such as the smallest, or with
 * ETCD_SORT_BY_CREATE the oldest. Excludes sort_order and limit.
 */
#define ETCD_GET_FIRST 0x40000u

/**
 * For get: only the last key found by sort_target, such as the largest, or with
 * ETCD_SORT_BY_MOD the one changed last. Excludes sort_order and limit.
 */
#define ETCD_GET_LAST 0x80000u

/**
 * For put: keep the value; the key must exist, and the value given be empty.
 */
#define ETCD_PUT_IGNORE_VALUE 0x100000u

/**
 * For put: keep the lease; the key must exist, and the lease given be 0.
 */
#define ETCD_PUT_IGNORE_LEASE 0x200000u

/**
 * For compact: return when the space has been freed too, not only decided upon.
 */
#define ETCD_COMPACT_PHYSICAL 0x400000u

/**
 * For sort_order: by key, ascending. With another sort_target: by that, ascending, but with a limit
 * only the first keys are sorted, one more than the limit, and the last of them is left out.
 */
#define ETCD_SORT_NONE 0

/**
 * For sort_order: smallest first, before the limit is applied.
 */
#define ETCD_SORT_ASCEND 21

/**
 * For sort_order: largest first, before the limit is applied.
 */
#define ETCD_SORT_DESCEND 22

/**
 * For sort_target: the key.
 */
#define ETCD_SORT_BY_KEY 0

/**
 * For sort_target: the version.
 */
#define ETCD_SORT_BY_VERSION 31

/**
 * For sort_target: the revision of the creation.
 */
#define ETCD_SORT_BY_CREATE 32

/**
 * For sort_target: the revision of the last change.
 */
#define ETCD_SORT_BY_MOD 33

/**
 * For sort_target: the value.
 */
#define ETCD_SORT_BY_VALUE 34

/**
 * An etcd_kv_get_async() or etcd_kv_wait_for_async() has ended; the response is an
 * etcd_get_response_t.
 */
#define ETCD_EVENT_GET_RESPONSE 101

/**
 * An etcd_kv_put_async() has ended; the response is an etcd_put_response_t.
 */
#define ETCD_EVENT_PUT_RESPONSE 102

/**
 * An etcd_kv_delete_async() has ended; the response is an etcd_delete_response_t.
 */
#define ETCD_EVENT_DELETE_RESPONSE 103

/**
 * An etcd_kv_compact_async() has ended; the response is an etcd_header_response_t.
 */
#define ETCD_EVENT_COMPACT_RESPONSE 104

/**
 * Options of etcd_kv_get(). Begin with ETCD_GET_OPTIONS_INIT.
 */
struct etcd_get_options_t {
  /**
   * Set by ETCD_GET_OPTIONS_INIT.
   */
  size_t size;
  /**
   * When not empty: all keys from the key up to, but not with, this one.
   * Excludes ETCD_PREFIX and ETCD_FROM_KEY. Empty means the key alone, so
   * check an end that was computed.
   */
  etcd_bytes_t range_end;
  /**
   * Deadline in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
   */
  uint32_t timeout_ms;
  /**
   * ETCD_PREFIX or ETCD_FROM_KEY, ETCD_GET_FIRST or ETCD_GET_LAST, ETCD_SERIALIZABLE,
   * ETCD_GET_KEYS_ONLY, ETCD_GET_COUNT_ONLY, ETCD_REQUIRE_LEADER.
   */
  uint32_t flags;
  /**
   * Read the keys as they were at this revision; 0 as they are now.
   * ETCD_ERR_COMPACTED if it is gone, ETCD_ERR_FUTURE_REVISION if it is to come.
   */
  int64_t revision;
  /**
   * Return at most so many keys, and say whether there are more; 0 for all.
   */
  int64_t limit;
  /**
   * When not 0: only keys whose last change is of this revision or later.
   * The response's count does not heed this, nor the next three.
   */
  int64_t min_mod_revision;
  /**
   * When not 0: only keys whose last change is of this revision or earlier.
   */
  int64_t max_mod_revision;
  /**
   * When not 0: only keys created at this revision or later.
   */
  int64_t min_create_revision;
  /**
   * When not 0: only keys created at this revision or earlier.
   */
  int64_t max_create_revision;
  /**
   * ETCD_SORT_NONE, ETCD_SORT_ASCEND or ETCD_SORT_DESCEND.
   */
  int32_t sort_order;
  /**
   * An ETCD_SORT_BY_ number.
   */
  int32_t sort_target;
};

/** Initialises an etcd_get_options_t. */
#define ETCD_GET_OPTIONS_INIT \
  { sizeof(etcd_get_options_t), { ETCD_NULL, 0 }, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/**
 * Reply to a get. Free it with etcd_get_response_free().
 */
struct etcd_get_response_t {
  /**
   * The member that answered, and the revision of the store.
   */
  etcd_header_t header;
  /**
   * The keys found, in ascending order unless the options say otherwise.
   */
  const etcd_kv_t *kvs;
  /**
   * Number of elements of kvs.
   */
  size_t kv_count;
  /**
   * Number of keys in the range, without regard to the limit.
   */
  int64_t count;
  /**
   * Whether the range has more keys than kvs.
   */
  bool more;
};

/**
 * Options of etcd_kv_put(). Begin with ETCD_PUT_OPTIONS_INIT.
 */
struct etcd_put_options_t {
  /**
   * Set by ETCD_PUT_OPTIONS_INIT.
   */
  size_t size;
  /**
   * Deadline in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
   */
  uint32_t timeout_ms;
  /**
   * ETCD_PREV_KV, ETCD_PUT_IGNORE_VALUE, ETCD_PUT_IGNORE_LEASE, ETCD_REQUIRE_LEADER.
   */
  uint32_t flags;
  /**
   * A lease, with which the key goes; 0 for none, also if it had one.
   */
  int64_t lease;
};

/** Initialises an etcd_put_options_t. */
#define ETCD_PUT_OPTIONS_INIT \
  { sizeof(etcd_put_options_t), 0, 0, 0 }

/**
 * Reply to a put. Free it with etcd_put_response_free().
 */
struct etcd_put_response_t {
  /**
   * The member that answered; header.revision is the revision of the put.
   */
  etcd_header_t header;
  /**
   * With ETCD_PREV_KV, the key before the put. NULL if it did not exist.
   */
  const etcd_kv_t *prev_kv;
  /**
   * After etcd_kv_put_ttl(), the lease of the key; else 0.
   */
  int64_t lease;
  /**
   * After etcd_kv_put_ttl(), the ttl that the server granted, in seconds; else 0.
   */
  int64_t ttl;
};

/**
 * Options of etcd_kv_delete(). Begin with ETCD_DELETE_OPTIONS_INIT.
 */
struct etcd_delete_options_t {
  /**
   * Set by ETCD_DELETE_OPTIONS_INIT.
   */
  size_t size;
  /**
   * When not empty: all keys from the key up to, but not with, this one.
   * Excludes ETCD_PREFIX and ETCD_FROM_KEY. Empty means the key alone, so
   * check an end that was computed.
   */
  etcd_bytes_t range_end;
  /**
   * Deadline in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
   */
  uint32_t timeout_ms;
  /**
   * ETCD_PREFIX or ETCD_FROM_KEY, ETCD_PREV_KV, ETCD_REQUIRE_LEADER.
   */
  uint32_t flags;
};

/** Initialises an etcd_delete_options_t. */
#define ETCD_DELETE_OPTIONS_INIT \
  { sizeof(etcd_delete_options_t), { ETCD_NULL, 0 }, 0, 0 }

/**
 * Reply to a delete. Free it with etcd_delete_response_free().
 */
struct etcd_delete_response_t {
  /**
   * The member that answered; header.revision is the revision of the delete, if it deleted
   * anything.
   */
  etcd_header_t header;
  /**
   * Number of keys deleted; 0 is no error.
   */
  int64_t deleted;
  /**
   * With ETCD_PREV_KV, the keys before the delete.
   */
  const etcd_kv_t *prev_kvs;
  /**
   * Number of elements of prev_kvs.
   */
  size_t prev_kv_count;
};

/**
 * Reply to a call that returns nothing else. Free it with etcd_header_response_free().
 */
struct etcd_header_response_t {
  /**
   * The member that answered, and the revision of the store.
   */
  etcd_header_t header;
};

/**
 * Reads one key, or all keys of a range.
 *
 * The read is linearizable: it sees every write that was acknowledged before it began.
 * It is repeated until the deadline when a connection or a member fails, on another member
 * if there is one, and it is sent to a second member when the first is slow.
 *
 * @param client Open client.
 * @param key Any bytes; empty only with ETCD_PREFIX or ETCD_FROM_KEY.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_get_response_free(). A key that does not exist
 *   is success with kv_count 0.
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_REPLY_TOO_LARGE, ETCD_ERR_COMPACTED, ETCD_ERR_FUTURE_REVISION, or a
 *   status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_get(etcd_client_t *client, etcd_bytes_t key,
    const etcd_get_options_t *options, etcd_get_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_kv_get() and returns at once; it ends with an event of kind ETCD_EVENT_GET_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_get_async(etcd_client_t *client, etcd_bytes_t key,
    const etcd_get_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Writes one key.
 *
 * The request is sent to a server at most once. If the reply is lost, the outcome of the
 * error is ETCD_MAYBE_APPLIED, and the caller must read the key before it writes again.
 * Puts that are started together may be applied in any order.
 *
 * @param client Open client.
 * @param key Any bytes; not empty.
 * @param value Any bytes.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_put_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_NO_SPACE, ETCD_ERR_LEASE_NOT_FOUND, or a status that any call
 *   returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_put(etcd_client_t *client, etcd_bytes_t key,
    etcd_bytes_t value, const etcd_put_options_t *options, etcd_put_response_t **out,
    etcd_error_t **err);

/**
 * Starts etcd_kv_put() and returns at once; it ends with an event of kind ETCD_EVENT_PUT_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_put_async(etcd_client_t *client, etcd_bytes_t key,
    etcd_bytes_t value, const etcd_put_options_t *options, etcd_queue_t *queue, void *user_data,
    etcd_call_t **call, etcd_error_t **err);

/**
 * Deletes one key, or all keys of a range.
 *
 * The request is sent to a server at most once, as that of etcd_kv_put(). It is not an
 * error if there is nothing to delete.
 *
 * @param client Open client.
 * @param key Any bytes; empty only with ETCD_PREFIX or ETCD_FROM_KEY.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_delete_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_delete(etcd_client_t *client, etcd_bytes_t key,
    const etcd_delete_options_t *options, etcd_delete_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_kv_delete() and returns at once; it ends with an event of kind ETCD_EVENT_DELETE_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_delete_async(etcd_client_t *client, etcd_bytes_t key,
    const etcd_delete_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Discards the history before a revision.
 *
 * Reads and watches of earlier revisions then fail with ETCD_ERR_COMPACTED. The present
 * keys and values stay. The request is sent to a server at most once. With
 * ETCD_COMPACT_PHYSICAL there is no deadline unless one is given.
 *
 * @param client Open client.
 * @param revision The oldest revision to keep; at least 1.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_header_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_COMPACTED if it was compacted before, ETCD_ERR_FUTURE_REVISION, or
 *   a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_compact(etcd_client_t *client, int64_t revision,
    const etcd_call_options_t *options, etcd_header_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_kv_compact() and returns at once; it ends with an event of kind ETCD_EVENT_COMPACT_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_compact_async(etcd_client_t *client, int64_t revision,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Frees an etcd_get_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_get_response_free(etcd_get_response_t *response);

/**
 * Frees an etcd_put_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_put_response_free(etcd_put_response_t *response);

/**
 * Frees an etcd_delete_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_delete_response_free(etcd_delete_response_t *response);

/**
 * Frees an etcd_header_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_header_response_free(etcd_header_response_t *response);

/** @} */

/**
 * @defgroup etcd_if Writes with a condition
 * Each is one transaction. Whether the condition held is in the response: it is no error
 * if it did not.
 * @{
 */

/**
 * The end of an etcd_kv_put_if_absent_async() or another write with a condition;
 * its response is an etcd_if_response_t.
 */
#define ETCD_EVENT_IF_RESPONSE 106

/**
 * Reply to a write with a condition. Free it with etcd_if_response_free().
 */
struct etcd_if_response_t {
  /**
   * The member that answered; header.revision is the revision of the write, if there was one.
   */
  etcd_header_t header;
  /**
   * If the condition held: with ETCD_PREV_KV, the key before the write. Otherwise the current
   * key. NULL if it does not exist.
   */
  const etcd_kv_t *kv;
  /**
   * Whether the condition held, and the write was done.
   */
  bool succeeded;
};

/**
 * Frees an etcd_if_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_if_response_free(etcd_if_response_t *response);

/**
 * Creates a key: writes it if it does not exist.
 *
 * The call is one transaction, and fails as etcd_kv_put() does. It is not an error if the
 * condition does not hold: then succeeded is false, kv is the key as it is, and nothing was
 * changed.
 *
 * @param client Open client.
 * @param key Any bytes; not empty.
 * @param value Any bytes.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_if_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_put_if_absent(etcd_client_t *client, etcd_bytes_t key,
    etcd_bytes_t value, const etcd_put_options_t *options, etcd_if_response_t **out,
    etcd_error_t **err);

/**
 * Starts etcd_kv_put_if_absent() and returns at once; it ends with an event of kind ETCD_EVENT_IF_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_put_if_absent_async(etcd_client_t *client,
    etcd_bytes_t key, etcd_bytes_t value, const etcd_put_options_t *options, etcd_queue_t *queue,
    void *user_data, etcd_call_t **call, etcd_error_t **err);

/**
 * Writes a key if it has the value that the caller has seen.
 *
 * Apart from the condition the same as etcd_kv_put_if_absent().
 *
 * @param client Open client.
 * @param key Any bytes; not empty.
 * @param seen_value The value that the key must have; any bytes.
 * @param value Any bytes.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_if_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_put_if_value(etcd_client_t *client, etcd_bytes_t key,
    etcd_bytes_t seen_value, etcd_bytes_t value, const etcd_put_options_t *options,
    etcd_if_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_kv_put_if_value() and returns at once; it ends with an event of kind ETCD_EVENT_IF_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_put_if_value_async(etcd_client_t *client,
    etcd_bytes_t key, etcd_bytes_t seen_value, etcd_bytes_t value, const etcd_put_options_t *options,
    etcd_queue_t *queue, void *user_data, etcd_call_t **call, etcd_error_t **err);

/**
 * Writes a key if it has not changed since the caller has seen it.
 *
 * Apart from the condition the same as etcd_kv_put_if_absent(). Where several programs
 * write one key, each reads it, writes it with this call, and starts again with the
 * returned kv if the write did not succeed.
 *
 * @param client Open client.
 * @param key Any bytes; not empty.
 * @param seen_revision The mod_revision that the caller has seen; 0 if the key must not exist.
 * @param value Any bytes.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_if_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_put_if_revision(etcd_client_t *client, etcd_bytes_t key,
    int64_t seen_revision, etcd_bytes_t value, const etcd_put_options_t *options,
    etcd_if_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_kv_put_if_revision() and returns at once; it ends with an event of kind ETCD_EVENT_IF_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_put_if_revision_async(etcd_client_t *client,
    etcd_bytes_t key, int64_t seen_revision, etcd_bytes_t value, const etcd_put_options_t *options,
    etcd_queue_t *queue, void *user_data, etcd_call_t **call, etcd_error_t **err);

/**
 * Deletes a key if it has the value that the caller has seen.
 *
 * Apart from the condition the same as etcd_kv_put_if_absent(). The options must mean one
 * key: without range_end, ETCD_PREFIX and ETCD_FROM_KEY.
 *
 * @param client Open client.
 * @param key Any bytes; not empty.
 * @param seen_value The value that the key must have; any bytes.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_if_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_delete_if_value(etcd_client_t *client, etcd_bytes_t key,
    etcd_bytes_t seen_value, const etcd_delete_options_t *options, etcd_if_response_t **out,
    etcd_error_t **err);

/**
 * Starts etcd_kv_delete_if_value() and returns at once; it ends with an event of kind ETCD_EVENT_IF_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_delete_if_value_async(etcd_client_t *client,
    etcd_bytes_t key, etcd_bytes_t seen_value, const etcd_delete_options_t *options,
    etcd_queue_t *queue, void *user_data, etcd_call_t **call, etcd_error_t **err);

/**
 * Deletes a key if it has not changed since the caller has seen it.
 *
 * Apart from the condition the same as etcd_kv_put_if_absent(). The options must mean one
 * key: without range_end, ETCD_PREFIX and ETCD_FROM_KEY.
 *
 * @param client Open client.
 * @param key Any bytes; not empty.
 * @param seen_revision The mod_revision that the caller has seen.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_if_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_delete_if_revision(etcd_client_t *client,
    etcd_bytes_t key, int64_t seen_revision, const etcd_delete_options_t *options,
    etcd_if_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_kv_delete_if_revision() and returns at once; it ends with an event of kind ETCD_EVENT_IF_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_delete_if_revision_async(etcd_client_t *client,
    etcd_bytes_t key, int64_t seen_revision, const etcd_delete_options_t *options,
    etcd_queue_t *queue, void *user_data, etcd_call_t **call, etcd_error_t **err);

/**
 * Writes a key with a new lease of its own, which is not renewed: the key is deleted when
 * the lease ends.
 *
 * The call grants a lease and puts the key. It fails as etcd_kv_put() does, and the outcome
 * is that of the put. The lease is revoked if the key was not written. An asynchronous call
 * that is cancelled between the two steps has the outcome ETCD_MAYBE_APPLIED.
 *
 * @param client Open client.
 * @param key Any bytes; not empty.
 * @param value Any bytes.
 * @param ttl Seconds, at least 1. Servers raise small values: etcd to 2 s by default.
 * @param options May be NULL for defaults. Without a lease. The deadline is for both steps.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_put_response_free(). It has the lease, and the ttl that the server granted.
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_LEASE_TTL_TOO_LARGE, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_put_ttl(etcd_client_t *client, etcd_bytes_t key,
    etcd_bytes_t value, int64_t ttl, const etcd_put_options_t *options, etcd_put_response_t **out,
    etcd_error_t **err);

/**
 * Starts etcd_kv_put_ttl() and returns at once; it ends with an event of kind ETCD_EVENT_PUT_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_put_ttl_async(etcd_client_t *client, etcd_bytes_t key,
    etcd_bytes_t value, int64_t ttl, const etcd_put_options_t *options, etcd_queue_t *queue,
    void *user_data, etcd_call_t **call, etcd_error_t **err);

/** @} */

/**
 * @defgroup etcd_range Large ranges, page by page
 *
 * @{
 */

/**
 * Options of etcd_range_open(). Begin with ETCD_RANGE_OPTIONS_INIT.
 */
struct etcd_range_options_t {
  /**
   * Set by ETCD_RANGE_OPTIONS_INIT.
   */
  size_t size;
  /**
   * If not empty, the range is [key, range_end). Excludes ETCD_PREFIX and ETCD_FROM_KEY. Empty
   * means the key alone, so check an end that was computed.
   */
  etcd_bytes_t range_end;
  /**
   * The deadline of each page in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
   */
  uint32_t timeout_ms;
  /**
   * ETCD_PREFIX or ETCD_FROM_KEY, ETCD_SERIALIZABLE, ETCD_GET_KEYS_ONLY,
   * ETCD_REQUIRE_LEADER.
   */
  uint32_t flags;
  /**
   * The revision to read at; 0 for the revision at the first page.
   */
  int64_t revision;
  /**
   * The largest number of keys in a page; 0 for 1000. A page has fewer if it would exceed the
   * client's max_receive_bytes.
   */
  int64_t limit;
  /**
   * As in etcd_get_options_t. With any of these four, or with ETCD_SORT_DESCEND, a server reads
   * the whole rest of the range for each page.
   */
  int64_t min_mod_revision;
  /**
   * As in etcd_get_options_t.
   */
  int64_t max_mod_revision;
  /**
   * As in etcd_get_options_t.
   */
  int64_t min_create_revision;
  /**
   * As in etcd_get_options_t.
   */
  int64_t max_create_revision;
  /**
   * The order of the keys: ETCD_SORT_NONE or ETCD_SORT_ASCEND, which are the same here, or
   * ETCD_SORT_DESCEND.
   */
  int32_t sort_order;
  /**
   * Must be 0.
   */
  uint32_t reserved;
};

/** Initialises an etcd_range_options_t. */
#define ETCD_RANGE_OPTIONS_INIT \
  { sizeof(etcd_range_options_t), { ETCD_NULL, 0 }, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/**
 * Begins to read a range page by page. No server is asked yet.
 *
 * All pages are of one revision, whatever is written meanwhile: together they have every key of
 * the range once. The number of keys does not matter, since neither side holds more than a page
 * and what is on its way. Servers that can (etcd 3.7) send all pages but the first as one stream.
 * Others count what is left of the range for each reply: they are asked for up to four times as
 * much as before each time, up to about 1 MiB or 10,000 keys, which come in pages all the same. A
 * page that is kept keeps the memory of the reply that it came in.
 *
 * @param client   Open client.
 * @param key      Any bytes, copied; empty only with ETCD_PREFIX or ETCD_FROM_KEY.
 * @param options  May be NULL for defaults. Copied.
 * @param[out] out The iterator; close it with etcd_range_close().
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_SORT_OPTION,
 *         ETCD_ERR_UNSUPPORTED, ETCD_ERR_NO_RESOURCES, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_range_open(etcd_client_t *client, etcd_bytes_t key,
    const etcd_range_options_t *options, etcd_range_t **out, etcd_error_t **err);

/**
 * Returns the next page of a range.
 *
 * There is always a first page, without keys if the range is empty; later pages have keys. In
 * each page, header has the revision of all pages: a watch from that revision plus 1 continues
 * the range. count is the number of keys in the whole range; more says whether other pages follow.
 *
 * An error does not move the iterator: a call that failed because no server was reachable may be
 * made again. After ETCD_ERR_COMPACTED the rest of the range is gone. The call blocks until the
 * page is there, its deadline passes, or the client or the iterator is closed. Like etcd_kv_get() it is retried
 * until then.
 *
 * @param iter     Iterator.
 * @param[out] out The page; free it with etcd_get_response_free(). NULL after the last.
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK with a page, ETCD_END after the last one, or an error as
 *         etcd_kv_get(); ETCD_ERR_REPLY_TOO_LARGE only for a single key that is too
 *         large, ETCD_ERR_CLOSED if the client is closed, ETCD_ERR_BAD_HANDLE if the iterator is.
 * @par Thread safety  Any thread; calls at the same time return different pages.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_range_next(etcd_range_t *iter, etcd_get_response_t **out,
    etcd_error_t **err);

/**
 * Starts etcd_range_next() and returns at once.
 *
 * The page arrives on the queue as ETCD_EVENT_GET_RESPONSE. After the last page the event has the
 * status ETCD_END, and neither response nor error. Start the next call when the page is there:
 * calls at the same time return different pages in any order. A cancelled call does not move the
 * iterator.
 *
 * @param iter      Iterator.
 * @param queue     As etcd_kv_get_async().
 * @param user_data As etcd_kv_get_async().
 * @param[out] call As etcd_kv_get_async().
 * @param[out] err  As etcd_kv_get_async().
 * @return As etcd_kv_get_async().
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_range_next_async(etcd_range_t *iter, etcd_queue_t *queue,
    void *user_data, etcd_call_t **call, etcd_error_t **err);

/**
 * Closes an iterator, at any point of the range. Pages stay valid.
 *
 * Calls in progress on it end with ETCD_ERR_BAD_HANDLE.
 *
 * @param iter  May be NULL, or closed already.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API void etcd_range_close(etcd_range_t *iter);

/**
 * Computes the end of the range of all keys with a prefix: the range_end for the prefix as key.
 *
 * The end is not longer than the prefix. For a prefix that is empty, or has only bytes 0xff, it is
 * one byte, "\0": the end of all keys. (With a range_end, an empty key is refused: use "\0" as
 * the key.)
 *
 * @param prefix   Any bytes.
 * @param[out] end Receives the end; may be NULL if capacity is 0, and may be the prefix itself.
 * @param capacity The size of that buffer. Nothing is written if it is too small.
 * @return The length of the end; 0 only if the prefix has a length and no data.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API size_t etcd_prefix_end(etcd_bytes_t prefix, uint8_t *end, size_t capacity);

/** @} */

/**
 * @defgroup etcd_txn Transactions and operations
 *
 * @{
 */

/**
 * For branch: done if all compares hold.
 */
#define ETCD_BRANCH_THEN 61

/**
 * For branch: done otherwise.
 */
#define ETCD_BRANCH_ELSE 62

/**
 * For target: the number of changes since the key's creation.
 */
#define ETCD_TARGET_VERSION 0

/**
 * For target: the revision of the key's creation.
 */
#define ETCD_TARGET_CREATE 41

/**
 * For target: the revision of the key's last change.
 */
#define ETCD_TARGET_MOD 42

/**
 * For target: the key's value. False for a key that does not exist.
 */
#define ETCD_TARGET_VALUE 43

/**
 * For target: the lease that the key goes with.
 */
#define ETCD_TARGET_LEASE 44

/**
 * For relation: the two are equal.
 */
#define ETCD_COMPARE_EQUAL 0

/**
 * For relation: what the key has is greater.
 */
#define ETCD_COMPARE_GREATER 51

/**
 * For relation: what the key has is less.
 */
#define ETCD_COMPARE_LESS 52

/**
 * For relation: the two differ.
 */
#define ETCD_COMPARE_NOT_EQUAL 53

/**
 * The end of an etcd_txn_commit_async(); its response is an etcd_txn_response_t.
 */
#define ETCD_EVENT_TXN_RESPONSE 105

/**
 * The reply to one operation of a transaction, or to etcd_kv_do(): one of the pointers, the others
 * are NULL.
 *
 * Frozen: 48 bytes.
 */
struct etcd_op_response_t {
  /**
   * ETCD_EVENT_GET_RESPONSE, ETCD_EVENT_PUT_RESPONSE, ETCD_EVENT_DELETE_RESPONSE or
   * ETCD_EVENT_TXN_RESPONSE.
   */
  int32_t kind;
  /**
   * Always 0.
   */
  uint32_t reserved;
  /**
   * To a get.
   */
  const etcd_get_response_t *range;
  /**
   * To a put.
   */
  const etcd_put_response_t *put;
  /**
   * To a delete.
   */
  const etcd_delete_response_t *deleted;
  /**
   * To a transaction in the transaction.
   */
  const etcd_txn_response_t *txn;
  /**
   * NULL; for operations of later versions.
   */
  const void *other;
};

/**
 * Reply to a transaction. Free it with etcd_txn_response_free().
 */
struct etcd_txn_response_t {
  /**
   * The member that answered; header.revision is that of the transaction if it changed
   * something. In replies inside it only the revision may be set.
   */
  etcd_header_t header;
  /**
   * Replies to the operations of the branch that was done, in their order.
   */
  const etcd_op_response_t *responses;
  /**
   * Number of elements of responses.
   */
  size_t response_count;
  /**
   * Whether all compares held, and with that which branch it was.
   */
  bool succeeded;
};

/**
 * A condition. Begin with ETCD_COMPARE_OPTIONS_INIT, which says that the key's
 * version is 0, that is, that it does not exist.
 */
struct etcd_compare_options_t {
  /**
   * Set by ETCD_COMPARE_OPTIONS_INIT.
   */
  size_t size;
  /**
   * When not empty: the condition is for all keys from the key up to, but not
   * with, this one, and holds if it does for each of them that exists; where
   * none does, as for a single key that does not exist.
   */
  etcd_bytes_t range_end;
  /**
   * With ETCD_TARGET_VALUE: what the value is compared with, byte by byte.
   */
  etcd_bytes_t value;
  /**
   * With any other target: what it is compared with. A key that does not
   * exist has 0 everywhere.
   */
  int64_t number;
  /**
   * An ETCD_COMPARE_ number.
   */
  int32_t target;
  /**
   * ETCD_COMPARE_EQUAL, ETCD_COMPARE_GREATER, ETCD_COMPARE_LESS or ETCD_COMPARE_NOT_EQUAL.
   */
  int32_t relation;
  /**
   * ETCD_PREFIX or ETCD_FROM_KEY.
   */
  uint32_t flags;
  /**
   * Must be 0.
   */
  uint32_t reserved;
};

/** Initialises an etcd_compare_options_t. */
#define ETCD_COMPARE_OPTIONS_INIT \
  { sizeof(etcd_compare_options_t), { ETCD_NULL, 0 }, { ETCD_NULL, 0 }, 0, 0, 0, 0, 0 }

/**
 * Frees an etcd_txn_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_txn_response_free(etcd_txn_response_t *response);

/**
 * Makes an empty transaction.
 *
 * It has compares, and two lists of operations, of which one is done, at once and in order:
 * ETCD_BRANCH_THEN if all compares hold, ETCD_BRANCH_ELSE otherwise. What is added is copied. It
 * may be committed any number of times, by any client.
 *
 * The functions that add to it return a status that may be ignored. The first error stays in
 * the transaction with its message: later additions do nothing and return its status, and
 * etcd_txn_commit(), etcd_op_new_txn() and an etcd_txn_nest() of the transaction fail with it.
 * Nothing is sent then. A transaction with an error can only be freed.
 *
 * @return  The transaction; free it with etcd_txn_free(). NULL if too many handles are open: every
 *          function that gets it then fails with ETCD_ERR_BAD_HANDLE, the commit too.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_txn_t *etcd_txn_new(void);

/**
 * Frees a transaction. Commits in progress go on.
 *
 * @param txn  May be NULL, or freed already.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API void etcd_txn_free(etcd_txn_t *txn);

/**
 * Adds a condition.
 *
 * @param txn      Transaction.
 * @param key      Any bytes, copied; empty only with ETCD_PREFIX or ETCD_FROM_KEY.
 * @param options  The condition; NULL: that the key does not exist. Copied.
 * @return May be ignored. ETCD_OK; ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_EMPTY_KEY,
 *         ETCD_ERR_TOO_MANY_OPS, ETCD_ERR_SEND_TOO_LARGE or ETCD_ERR_UNSUPPORTED, which stay in the
 *         transaction (see etcd_txn_new()); or the error that is in it. If the transaction itself
 *         is wrong, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED, and in a log callback
 *         ETCD_ERR_UNSUPPORTED: these do not stay.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_txn_compare(etcd_txn_t *txn, etcd_bytes_t key,
    const etcd_compare_options_t *options);

/**
 * Adds the condition that a key has a value, or one that is greater, less or different. It does
 * not hold for a key that does not exist.
 *
 * @param txn       Transaction.
 * @param key       Any bytes but none. Copied.
 * @param relation  As etcd_compare_options_t.relation.
 * @param value     What the key's value is compared with, byte by byte. Copied.
 * @return As etcd_txn_compare().
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_txn_compare_value(etcd_txn_t *txn, etcd_bytes_t key, int32_t relation,
    etcd_bytes_t value);

/**
 * Adds a condition on a number of a key's history. All of them are 0 for a key that does not
 * exist.
 *
 * @param txn       Transaction.
 * @param key       Any bytes but none. Copied.
 * @param target    ETCD_TARGET_VERSION, ETCD_TARGET_CREATE, ETCD_TARGET_MOD or ETCD_TARGET_LEASE.
 * @param relation  As etcd_compare_options_t.relation.
 * @param number    What the key's number is compared with.
 * @return As etcd_txn_compare().
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_txn_compare_number(etcd_txn_t *txn, etcd_bytes_t key, int32_t target,
    int32_t relation, int64_t number);

/**
 * Adds a get.
 *
 * @param txn      Transaction.
 * @param branch   ETCD_BRANCH_THEN or ETCD_BRANCH_ELSE.
 * @param key      As etcd_kv_get(). Copied.
 * @param options  May be NULL for defaults; without a deadline, which is the commit's. Copied.
 * @return As etcd_txn_compare(), or ETCD_ERR_INVALID_SORT_OPTION, which stays too.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_txn_get(etcd_txn_t *txn, int32_t branch, etcd_bytes_t key,
    const etcd_get_options_t *options);

/**
 * Adds a put. A transaction may put a key once in each branch.
 *
 * @param txn      Transaction.
 * @param branch   ETCD_BRANCH_THEN or ETCD_BRANCH_ELSE.
 * @param key      As etcd_kv_put(). Copied.
 * @param value    As etcd_kv_put(). Copied.
 * @param options  May be NULL for defaults; without a deadline, which is the commit's. Copied.
 * @return As etcd_txn_compare().
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_txn_put(etcd_txn_t *txn, int32_t branch, etcd_bytes_t key,
    etcd_bytes_t value, const etcd_put_options_t *options);

/**
 * Adds a delete.
 *
 * @param txn      Transaction.
 * @param branch   ETCD_BRANCH_THEN or ETCD_BRANCH_ELSE.
 * @param key      As etcd_kv_delete(). Copied.
 * @param options  May be NULL for defaults; without a deadline, which is the commit's. Copied.
 * @return As etcd_txn_compare().
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_txn_delete(etcd_txn_t *txn, int32_t branch, etcd_bytes_t key,
    const etcd_delete_options_t *options);

/**
 * Adds a transaction as an operation: a copy of it as it is now. Its compares
 * see the store as it was before the outer one.
 *
 * @param txn      Transaction.
 * @param branch   ETCD_BRANCH_THEN or ETCD_BRANCH_ELSE.
 * @param nested   Another transaction, or the same. At most 30 may stand in each other, with
 *                 65,536 compares and operations in all.
 * @return As etcd_txn_compare(). An error of the nested one stays in the outer one: that it is no
 *         transaction, or one that is in it.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_txn_nest(etcd_txn_t *txn, int32_t branch, const etcd_txn_t *nested);

/**
 * Executes a transaction: all operations of one branch, or none.
 *
 * It is not an error if the compares do not hold: the response says which branch was
 * executed. The call fails as etcd_kv_put() does and is sent to a server at most once; a
 * transaction that only reads is repeated as etcd_kv_get() is. Servers take 128 operations
 * in a branch, and 1.5 MiB in all, unless they are configured otherwise.
 *
 * If something could not be added to the transaction, the call fails with that error, and
 * nothing is sent (see etcd_txn_new()).
 *
 * @param client Open client.
 * @param txn The transaction. It stays as it is; an asynchronous call copies it.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_txn_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_TOO_MANY_OPS, ETCD_ERR_DUPLICATE_KEY, or an error of one of the
 *   operations, of which then none was executed, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_txn_commit(etcd_client_t *client, const etcd_txn_t *txn,
    const etcd_call_options_t *options, etcd_txn_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_txn_commit() and returns at once; it ends with an event of kind ETCD_EVENT_TXN_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_txn_commit_async(etcd_client_t *client,
    const etcd_txn_t *txn, const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data,
    etcd_call_t **call, etcd_error_t **err);

/**
 * Creates a get.
 *
 * @param key      As etcd_kv_get(). Copied.
 * @param options  May be NULL for defaults; without a deadline, which is given to the call that
 *                 executes it. Copied.
 * @param[out] out The operation; free it with etcd_op_free().
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_SORT_OPTION,
 *         ETCD_ERR_UNSUPPORTED, ETCD_ERR_NO_RESOURCES or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_op_new_get(etcd_bytes_t key,
    const etcd_get_options_t *options, etcd_op_t **out, etcd_error_t **err);

/**
 * Creates a put.
 *
 * @param key      As etcd_kv_put(). Copied.
 * @param value    As etcd_kv_put(). Copied.
 * @param options  As etcd_op_new_get().
 * @param[out] out The operation; free it with etcd_op_free().
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
 * @return As etcd_op_new_get(), or ETCD_ERR_SEND_TOO_LARGE.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_op_new_put(etcd_bytes_t key, etcd_bytes_t value,
    const etcd_put_options_t *options, etcd_op_t **out, etcd_error_t **err);

/**
 * Creates a delete.
 *
 * @param key      As etcd_kv_delete(). Copied.
 * @param options  As etcd_op_new_get().
 * @param[out] out The operation; free it with etcd_op_free().
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
 * @return As etcd_op_new_get().
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_op_new_delete(etcd_bytes_t key,
    const etcd_delete_options_t *options, etcd_op_t **out, etcd_error_t **err);

/**
 * Creates an operation from a transaction: a copy of its current state.
 *
 * @param txn      Transaction.
 * @param[out] out The operation; free it with etcd_op_free().
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_NO_RESOURCES, ETCD_ERR_BAD_HANDLE,
 *         ETCD_ERR_FORKED, or the error that is in the transaction (see etcd_txn_new()).
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_op_new_txn(const etcd_txn_t *txn, etcd_op_t **out,
    etcd_error_t **err);

/**
 * Frees an operation. Calls in progress and transactions that it was added to keep their copy.
 *
 * @param op  May be NULL, or freed already.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API void etcd_op_free(etcd_op_t *op);

/**
 * Adds an operation to a transaction, as etcd_txn_get(), etcd_txn_put() and etcd_txn_delete() do.
 *
 * @param txn     Transaction.
 * @param branch  ETCD_BRANCH_THEN or ETCD_BRANCH_ELSE.
 * @param op      The operation. It is not changed.
 * @return As etcd_txn_compare(). A wrong op is ETCD_ERR_BAD_HANDLE, which the transaction keeps.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_txn_add(etcd_txn_t *txn, int32_t branch, const etcd_op_t *op);

/**
 * Executes an operation. It may be executed any number of times.
 *
 * The call does what etcd_kv_get(), etcd_kv_put(), etcd_kv_delete() or etcd_txn_commit()
 * does, and fails as that does. The kind of the response says which of them it was. The
 * event that ends an asynchronous call is that of the operation:
 * ETCD_EVENT_GET_RESPONSE, ETCD_EVENT_PUT_RESPONSE, ETCD_EVENT_DELETE_RESPONSE or
 * ETCD_EVENT_TXN_RESPONSE, with the response of that kind.
 *
 * @param client Open client.
 * @param op The operation. It is not changed, and may be freed as soon as the call returns.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_op_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, the errors of that call, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_do(etcd_client_t *client, const etcd_op_t *op,
    const etcd_call_options_t *options, etcd_op_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_kv_do() and returns at once; it ends with an event that the comment there names.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_do_async(etcd_client_t *client, const etcd_op_t *op,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Frees the response of etcd_kv_do() and all that it points to.
 *
 * @param response  May be NULL. Not one that is an element of another response.
 * @par Thread safety  Any thread; once.
 * @since 0.1
 */
ETCD_API void etcd_op_response_free(etcd_op_response_t *response);

/** @} */

/**
 * @defgroup etcd_lease Leases
 *
 * @{
 */

/**
 * For etcd_lease_time_to_live(): return the lease's keys too.
 */
#define ETCD_LEASE_KEYS 0x10000u

/**
 * The end of an etcd_lease_grant_async(); its response is an etcd_lease_grant_response_t.
 */
#define ETCD_EVENT_LEASE_GRANT_RESPONSE 111

/**
 * The end of an etcd_lease_revoke_async(); its response is an etcd_header_response_t.
 */
#define ETCD_EVENT_LEASE_REVOKE_RESPONSE 112

/**
 * The end of an etcd_lease_keep_alive_once_async(); its response is an
 * etcd_lease_keep_alive_response_t.
 */
#define ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE 113

/**
 * The end of an etcd_lease_time_to_live_async(); its response is an
 * etcd_lease_time_to_live_response_t.
 */
#define ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE 114

/**
 * The end of an etcd_lease_list_async(); its response is an etcd_lease_list_response_t.
 */
#define ETCD_EVENT_LEASE_LIST_RESPONSE 115

/**
 * An event of an etcd_lease_keep_alive_open(). With ETCD_OK it is a renewal, and the response is
 * an etcd_lease_keep_alive_response_t. Any other status is the end; no event follows.
 */
#define ETCD_EVENT_LEASE_KEEP_ALIVE 132

/**
 * For etcd_lease_keep_alive_open(): deliver renewals too, not only the end.
 */
#define ETCD_LEASE_KEEP_ALIVE_NOTIFY 0x20000u

/**
 * Reply to a grant. Free it with etcd_lease_grant_response_free().
 */
struct etcd_lease_grant_response_t {
  /**
   * The member that answered, and its revision.
   */
  etcd_header_t header;
  /**
   * The lease; never 0.
   */
  int64_t id;
  /**
   * Its time to live as granted, in seconds.
   */
  int64_t ttl;
};

/**
 * Reply to a renewal. Free it with etcd_lease_keep_alive_response_free().
 */
struct etcd_lease_keep_alive_response_t {
  /**
   * The member that answered, and its revision.
   */
  etcd_header_t header;
  /**
   * The lease.
   */
  int64_t id;
  /**
   * Seconds that it has from now on.
   */
  int64_t ttl;
};

/**
 * Reply to etcd_lease_time_to_live(). Free it with etcd_lease_time_to_live_response_free().
 */
struct etcd_lease_time_to_live_response_t {
  /**
   * The member that answered, and its revision.
   */
  etcd_header_t header;
  /**
   * The lease.
   */
  int64_t id;
  /**
   * Whole seconds left; -1 if there is no such lease.
   */
  int64_t ttl;
  /**
   * Seconds that it was granted; 0 if there is no such lease.
   */
  int64_t granted_ttl;
  /**
   * With ETCD_LEASE_KEYS its keys, in no order; valid until the response is freed.
   */
  const etcd_bytes_t *keys;
  /**
   * Number of elements of keys.
   */
  size_t key_count;
};

/**
 * Reply to a listing. Free it with etcd_lease_list_response_free().
 */
struct etcd_lease_list_response_t {
  /**
   * The member that answered, and its revision.
   */
  etcd_header_t header;
  /**
   * The leases; valid until the response is freed.
   */
  const int64_t *ids;
  /**
   * Number of elements of ids.
   */
  size_t id_count;
};

/**
 * Options of etcd_lease_grant(). Begin with ETCD_LEASE_GRANT_OPTIONS_INIT.
 */
struct etcd_lease_grant_options_t {
  /**
   * Set by ETCD_LEASE_GRANT_OPTIONS_INIT.
   */
  size_t size;
  /**
   * The lease's id, any number; 0 lets the server choose one. With an id of its
   * own a caller can ask later whether a grant without an answer was made.
   */
  int64_t id;
  /**
   * Deadline in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for none.
   */
  uint32_t timeout_ms;
  /**
   * ETCD_REQUIRE_LEADER.
   */
  uint32_t flags;
};

/** Initialises an etcd_lease_grant_options_t. */
#define ETCD_LEASE_GRANT_OPTIONS_INIT \
  { sizeof(etcd_lease_grant_options_t), 0, 0, 0 }

/**
 * Frees an etcd_lease_grant_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_lease_grant_response_free(etcd_lease_grant_response_t *response);

/**
 * Frees an etcd_lease_keep_alive_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_lease_keep_alive_response_free(etcd_lease_keep_alive_response_t *response);

/**
 * Frees an etcd_lease_time_to_live_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_lease_time_to_live_response_free(etcd_lease_time_to_live_response_t *response);

/**
 * Frees an etcd_lease_list_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_lease_list_response_free(etcd_lease_list_response_t *response);

/**
 * Grants a lease: keys that are put with it are deleted when it ends.
 *
 * A lease ends ttl seconds after it was granted or last renewed, or when it is revoked. A
 * call whose reply is lost is repeated, and may then leave behind a lease that is not
 * known to any client. That cannot happen with an id that the caller has chosen.
 *
 * @param client Open client.
 * @param ttl Seconds, 1 to 9,000,000,000. Servers raise small values: etcd to 2 by default. The
 *   response has the ttl that was granted.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_lease_grant_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_LEASE_EXISTS, ETCD_ERR_LEASE_TTL_TOO_LARGE, or a status that any
 *   call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_grant(etcd_client_t *client, int64_t ttl,
    const etcd_lease_grant_options_t *options, etcd_lease_grant_response_t **out,
    etcd_error_t **err);

/**
 * Starts etcd_lease_grant() and returns at once; it ends with an event of kind ETCD_EVENT_LEASE_GRANT_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_grant_async(etcd_client_t *client, int64_t ttl,
    const etcd_lease_grant_options_t *options, etcd_queue_t *queue, void *user_data,
    etcd_call_t **call, etcd_error_t **err);

/**
 * Revokes a lease: ends it and deletes its keys, in one revision.
 *
 * A call whose reply is lost is repeated: ETCD_ERR_LEASE_NOT_FOUND with the outcome
 * ETCD_MAYBE_APPLIED may mean that the first attempt has revoked it.
 *
 * @param client Open client.
 * @param id The lease.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_header_response_free(). header.revision is that of the deletion of the keys, if there
 *   were any.
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_LEASE_NOT_FOUND, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_revoke(etcd_client_t *client, int64_t id,
    const etcd_call_options_t *options, etcd_header_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_lease_revoke() and returns at once; it ends with an event of kind ETCD_EVENT_LEASE_REVOKE_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_revoke_async(etcd_client_t *client, int64_t id,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Renews a lease once: gives it its whole ttl again.
 *
 * Do this when a third of the ttl has passed, or use etcd_lease_keep_alive_open(). Count
 * the ttl from before the call: the server counts from a moment during it.
 *
 * @param client Open client.
 * @param id The lease.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_lease_keep_alive_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_LEASE_NOT_FOUND if it has ended, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_keep_alive_once(etcd_client_t *client, int64_t id,
    const etcd_call_options_t *options, etcd_lease_keep_alive_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_lease_keep_alive_once() and returns at once; it ends with an event of kind ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_keep_alive_once_async(etcd_client_t *client,
    int64_t id, const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data,
    etcd_call_t **call, etcd_error_t **err);

/**
 * Returns how long a lease has to live, and with ETCD_LEASE_KEYS its keys.
 *
 * It is not an error if the lease does not exist: then its ttl is -1.
 *
 * @param client Open client.
 * @param id The lease.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_lease_time_to_live_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_time_to_live(etcd_client_t *client, int64_t id,
    const etcd_call_options_t *options, etcd_lease_time_to_live_response_t **out,
    etcd_error_t **err);

/**
 * Starts etcd_lease_time_to_live() and returns at once; it ends with an event of kind ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_time_to_live_async(etcd_client_t *client, int64_t id,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Lists all leases of the cluster.
 * @param client Open client.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_lease_list_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_list(etcd_client_t *client,
    const etcd_call_options_t *options, etcd_lease_list_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_lease_list() and returns at once; it ends with an event of kind ETCD_EVENT_LEASE_LIST_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_list_async(etcd_client_t *client,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Keeps a lease alive until the handle is closed or the lease ends.
 *
 * The library's thread renews the lease at once, and then each time a third of its granted ttl has
 * passed. The program cannot delay it. Renewal goes on through broken connections, restarted
 * members and new leaders, as long as the lease lives. All leases of a client share one stream. A
 * lease may be kept alive by several handles at no further cost.
 *
 * The end is delivered once, for one of these reasons:
 *
 * ETCD_ERR_LEASE_LOST: no server has renewed the lease within its ttl. The time counts from the
 * moment at which the last answered renewal was sent, or the grant, if this client has granted the
 * lease. The end is delivered within a second. After the process or the machine was stopped, it
 * comes before any renewal. The message says why renewals failed. The lease is not kept alive
 * again by itself.
 *
 * ETCD_ERR_LEASE_NOT_FOUND: the lease has expired or was revoked. If another client has revoked
 * it, the next renewal notices that, after a third of the ttl.
 *
 * ETCD_ERR_NO_LEADER, with ETCD_REQUIRE_LEADER only: no member that can be reached knows of a leader,
 * so that nobody can renew the lease now. It may live on: without the flag, the library
 * would go on until it is renewed or lost.
 *
 * ETCD_ERR_CLOSED: the client was closed. Any other error: the servers refuse to renew this lease,
 * such as ETCD_ERR_PERMISSION_DENIED.
 *
 * Servers before 3.4.38, 3.5.23 and 3.6.5 may renew a revoked lease for a moment. After a
 * connection was lost the library therefore asks the leader for each of its leases.
 *
 * @param client    Open client.
 * @param id        The lease, not 0. The first renewal shows whether it exists.
 * @param options   May be NULL for defaults. Copied. Flags: ETCD_LEASE_KEEP_ALIVE_NOTIFY,
 *                  ETCD_REQUIRE_LEADER. timeout_ms: how long the first renewal may
 *                  take. It is ignored while the client knows how long the lease lives:
 *                  because it keeps the lease alive already, or has granted or renewed it.
 * @param queue     Where ETCD_EVENT_LEASE_KEEP_ALIVE events go; NULL: call etcd_lease_keep_alive_next().
 * @param user_data Returned by etcd_event_user_data(); never read.
 * @param[out] out  The handle; close it with etcd_lease_keep_alive_close().
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED, ETCD_ERR_BAD_HANDLE,
 *         ETCD_ERR_CLOSED, ETCD_ERR_FORKED or ETCD_ERR_NO_RESOURCES. It does not block.
 * @par Thread safety  Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_keep_alive_open(etcd_client_t *client, int64_t id,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data,
    etcd_lease_keep_alive_t **out, etcd_error_t **err);

/**
 * Waits for the next renewal, or the end, of a lease without a queue.
 *
 * With ETCD_LEASE_KEEP_ALIVE_NOTIFY each call returns the latest renewal that was not returned
 * yet. Without the flag, a call returns when the lease has ended.
 *
 * @param keep_alive Open handle.
 * @param wait_ms    As etcd_queue_next().
 * @param[out] out   The latest renewal; may be NULL if it is not wanted. Free it with
 *                   etcd_lease_keep_alive_response_free(). NULL unless ETCD_OK.
 * @param[out] err   May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_EMPTY if nothing came in time; the end of the lease as in
 *         etcd_lease_keep_alive_open(), as often as it is called; ETCD_ERR_INVALID_ARGUMENT,
 *         ETCD_ERR_BAD_HANDLE, also if it is closed during the wait, or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread, any number at once; each renewal is taken once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_keep_alive_next(etcd_lease_keep_alive_t *keep_alive,
    int32_t wait_ms, etcd_lease_keep_alive_response_t **out, etcd_error_t **err);

/**
 * Returns how long the lease certainly lives.
 *
 * Call it before an action that only the holder of the lease may do, and finish within that time.
 * The result is right also if the program was just stopped for longer than the ttl. To
 * guard a write to etcd itself, do not rely on this clock: write in a transaction that
 * compares that a key of the lease still exists.
 *
 * The time counts from the moment at which the last answered renewal was sent. Before the first
 * renewal it counts from the grant, if this client has granted the lease: by
 * etcd_lease_grant(), etcd_kv_put_ttl() or their asynchronous forms. The client remembers the
 * grants and single renewals of up to 4,096 leases until their ttl is over; those that end
 * last are kept.
 *
 * @param keep_alive  May be NULL, or closed: 0.
 * @return Milliseconds, a lower bound: the lease may live longer, and ends earlier only if it is
 *         revoked. 0 if it is not kept alive any more, or if it was granted elsewhere and not renewed yet.
 * @par Thread safety  Any thread, any number at once. Does not block.
 * @since 0.1
 */
ETCD_API int64_t etcd_lease_keep_alive_left_ms(const etcd_lease_keep_alive_t *keep_alive);

/**
 * Stops renewing a lease. The lease is not revoked: it lives until its ttl is over.
 *
 * Nothing more is delivered; a wait in etcd_lease_keep_alive_next() ends with ETCD_ERR_BAD_HANDLE.
 * Other handles of the same lease are not affected.
 *
 * @param keep_alive  May be NULL, or closed already.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API void etcd_lease_keep_alive_close(etcd_lease_keep_alive_t *keep_alive);

/** @} */

/**
 * @defgroup etcd_watch Watches
 *
 * @{
 */

/**
 * For a watch: leave out the events of keys that were put.
 */
#define ETCD_WATCH_NO_PUT 0x10000u

/**
 * For a watch: leave out the events of keys that were deleted or have expired. With
 * ETCD_WATCH_NO_PUT too, the watch has no events: it tells how far the store has come.
 */
#define ETCD_WATCH_NO_DELETE 0x20000u

/**
 * For a watch that is on no queue: return an ETCD_WATCH_RESPONSE_CREATED response when a server has
 * created it. A watch on a queue always does.
 */
#define ETCD_WATCH_CREATED_NOTIFY 0x40000u

/**
 * For a watch: pass on the server's progress notifications, as ETCD_WATCH_RESPONSE_PROGRESS
 * responses. etcd sends one when nothing has happened for 10 minutes.
 */
#define ETCD_WATCH_PROGRESS_NOTIFY 0x80000u

/**
 * For a watch: one response may have the events of several revisions, if they have arrived
 * together. This is faster when there are many events.
 */
#define ETCD_WATCH_MERGE 0x100000u

/**
 * For a watch: when events are lost to a compaction, or one is larger than the client receives,
 * deliver the keys as they are now (ETCD_WATCH_RESPONSE_SNAPSHOT) and continue, instead of ending
 * with ETCD_ERR_COMPACTED or ETCD_ERR_REPLY_TOO_LARGE.
 */
#define ETCD_WATCH_RESYNC 0x200000u

/**
 * For a watch that is on no queue and has no start_revision: do not wait for the server. Changes
 * before the ETCD_WATCH_RESPONSE_CREATED response, which ETCD_WATCH_CREATED_NOTIFY asks for, may be
 * missed. A watch on a queue never waits, and neither does one with a start_revision.
 */
#define ETCD_WATCH_NO_WAIT 0x400000u

/**
 * From etcd_watch_open(); its response is an etcd_watch_response_t. The last event has an error
 * and no response.
 */
#define ETCD_EVENT_WATCH 131

/**
 * What a response is: events. All of a revision are in one response, unless it is larger than the
 * client's max_receive_bytes. Then it comes in several, and all but the last have `more` set.
 */
#define ETCD_WATCH_RESPONSE_EVENTS 71

/**
 * What a response is: the watch has been created. It comes once, before all others. Every event
 * after its revision is delivered.
 */
#define ETCD_WATCH_RESPONSE_CREATED 72

/**
 * What a response is: progress. Every event up to its revision has been delivered.
 */
#define ETCD_WATCH_RESPONSE_PROGRESS 73

/**
 * What a response is: with ETCD_WATCH_RESYNC, the keys that exist at its revision, each as the
 * event of its last put. If `more` is set, another response continues it. All keys that are not
 * in it are deleted. It starts again with the smallest key if a compaction interferes.
 */
#define ETCD_WATCH_RESPONSE_SNAPSHOT 74

/**
 * What happened to a key: it was put. The key is new if kv.create_revision equals kv.mod_revision.
 */
#define ETCD_KV_PUT 81

/**
 * What happened to a key: it was deleted, or has expired.
 */
#define ETCD_KV_DELETE 82

/**
 * Options of etcd_watch_open(). Begin with ETCD_WATCH_OPTIONS_INIT.
 */
struct etcd_watch_options_t {
  /**
   * Set by ETCD_WATCH_OPTIONS_INIT.
   */
  size_t size;
  /**
   * When not empty: all keys from the key up to, but not with, this one.
   * Excludes ETCD_PREFIX and ETCD_FROM_KEY. Empty means the key alone, so
   * check an end that was computed.
   */
  etcd_bytes_t range_end;
  /**
   * Begin with the events of this revision, which may be in the future; 0: with those of the
   * next change.
   */
  int64_t start_revision;
  /**
   * Deadline in milliseconds for the creation of the watch, where the call waits for that; 0 for
   * the client's, ETCD_TIMEOUT_NONE for none. The watch itself has none.
   */
  uint32_t timeout_ms;
  /**
   * ETCD_PREFIX or ETCD_FROM_KEY, ETCD_PREV_KV, the ETCD_WATCH_ flags; with
   * ETCD_REQUIRE_LEADER it ends with ETCD_ERR_NO_LEADER when all members that can be reached,
   * one after the other, have said that they know of none, instead of waiting.
   */
  uint32_t flags;
  /**
   * Bytes of events that wait for their reader; then the server keeps them, but for those that it
   * has sent by then. Of these a client keeps up to max_receive_bytes for all its slow readers.
   * Default 1 MiB. One revision may be larger, up to the client's max_receive_bytes.
   */
  uint32_t max_bytes;
  /**
   * Must be 0.
   */
  uint32_t reserved;
};

/** Initialises an etcd_watch_options_t. */
#define ETCD_WATCH_OPTIONS_INIT \
  { sizeof(etcd_watch_options_t), { ETCD_NULL, 0 }, 0, 0, 0, 0, 0 }

/**
 * One change of one key.
 *
 * Frozen: 80 bytes.
 */
struct etcd_watch_event_t {
  /**
   * The key after this change. Of a deleted key only the key and, in mod_revision, the revision
   * of the deletion.
   */
  etcd_kv_t kv;
  /**
   * With ETCD_PREV_KV, the key before this change. NULL if it did not exist, or if that revision
   * has been compacted.
   */
  const etcd_kv_t *prev_kv;
  /**
   * ETCD_KV_PUT or ETCD_KV_DELETE.
   */
  int32_t kind;
  /**
   * Always 0.
   */
  uint32_t reserved;
};

/**
 * A response of a watch. Free it with etcd_watch_response_free().
 */
struct etcd_watch_response_t {
  /**
   * Who answered; its revision may be ahead of the events.
   */
  etcd_header_t header;
  /**
   * ETCD_WATCH_RESPONSE_EVENTS, ETCD_WATCH_RESPONSE_CREATED, ETCD_WATCH_RESPONSE_PROGRESS or ETCD_WATCH_RESPONSE_SNAPSHOT.
   * Later versions add numbers; ignore those you do not know.
   */
  int32_t kind;
  /**
   * Always 0.
   */
  uint32_t reserved;
  /**
   * The revision up to which the watch is complete with this response. To resume, open a watch
   * at this plus 1: it misses no event and repeats none. While `more` is set on events, it is the
   * revision before theirs.
   */
  int64_t revision;
  /**
   * In the order in which it happened; valid until the response is freed.
   */
  const etcd_watch_event_t *events;
  /**
   * Number of elements of events.
   */
  size_t event_count;
  /**
   * The next response continues this ETCD_WATCH_RESPONSE_SNAPSHOT, or the revision of these events.
   */
  bool more;
};

/**
 * Watches one key, or all keys of a range.
 *
 * Every event is delivered once and in order, those of one revision together unless they are larger
 * than max_receive_bytes (ETCD_WATCH_RESPONSE_EVENTS). When a connection, a member or a token fails,
 * the watch resumes where it was, on another member if necessary, for as long as that takes. It ends
 * with an error, its last response, in four cases. Events are lost to a compaction:
 * ETCD_ERR_COMPACTED; events before error->revision no longer exist, so read the keys again and
 * watch from there, or use ETCD_WATCH_RESYNC. A single event is larger than max_receive_bytes, and
 * than 4 MiB: ETCD_ERR_REPLY_TOO_LARGE; it is of error->revision, so watch from there with a larger
 * limit or without ETCD_PREV_KV, or from the next revision, or use ETCD_WATCH_RESYNC. The server
 * refuses the watch, such as with ETCD_ERR_PERMISSION_DENIED. The client is closed.
 *
 * A slow reader delays no other reader: events beyond max_bytes stay at the server and are
 * requested when there is room again.
 *
 * On a queue, the call never waits: the first response is ETCD_WATCH_RESPONSE_CREATED. Without
 * start_revision, changes before that response may be missed. On no queue and without
 * start_revision, the call waits until a server has the watch: changes after it has returned are
 * delivered. With start_revision, or with ETCD_WATCH_NO_WAIT, it returns at once.
 *
 * @param client    Open client.
 * @param key       Any bytes, copied; empty only with ETCD_PREFIX or ETCD_FROM_KEY.
 * @param options   May be NULL for defaults.
 * @param queue     Where the responses go, as events of kind ETCD_EVENT_WATCH; the
 *                  last one has an error. NULL: they are taken with etcd_watch_next().
 * @param user_data Given back by etcd_event_user_data(); never followed.
 * @param[out] out  The watch; close it with etcd_watch_close(), also after its end.
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_EMPTY_KEY, ETCD_ERR_UNSUPPORTED,
 *         ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED, ETCD_ERR_NO_RESOURCES, and where it waits
 *         what etcd_kv_get() returns.
 * @par Thread safety  Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_watch_open(etcd_client_t *client, etcd_bytes_t key,
    const etcd_watch_options_t *options, etcd_queue_t *queue, void *user_data, etcd_watch_t **out,
    etcd_error_t **err);

/**
 * Takes the next response of a watch that is on no queue.
 *
 * @param watch     Open watch.
 * @param wait_ms   How long to wait for one, in milliseconds: 0 not at all,
 *                  ETCD_WAIT_FOREVER without end; no other negative number.
 * @param[out] out  The response; free it with etcd_watch_response_free(). NULL unless
 *                  ETCD_OK.
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_EMPTY if nothing came in time, ETCD_ERR_INVALID_ARGUMENT,
 *         ETCD_ERR_BAD_HANDLE, also for a watch that is closed meanwhile, ETCD_ERR_FORKED, or
 *         the reason why the watch has ended, again and again.
 * @par Thread safety  Any thread, any number at once; each response is taken once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_watch_next(etcd_watch_t *watch, int32_t wait_ms,
    etcd_watch_response_t **out, etcd_error_t **err);

/**
 * Requests an ETCD_WATCH_RESPONSE_PROGRESS response.
 *
 * It comes when every event up to some revision has been delivered, and that revision is not older
 * than what the caller has written before this call. Servers before 3.4.25 and 3.5.8 would name
 * revisions whose events they have not sent yet, and are not asked: with these the response comes
 * only if that much has been delivered already, or if the watch begins later.
 *
 * @param watch     Open watch.
 * @return ETCD_OK, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread, any number at once; one response may be for several requests.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_watch_request_progress(etcd_watch_t *watch);

/**
 * Closes a watch.
 *
 * Nothing more is delivered. On a queue, the call waits for callbacks of the queue that run on other
 * threads, unless it is called in one of them. A wait in etcd_watch_next() ends with
 * ETCD_ERR_BAD_HANDLE.
 *
 * @param watch  May be NULL, or closed already.
 * @par Thread safety  Any thread, also in a callback.
 * @since 0.1
 */
ETCD_API void etcd_watch_close(etcd_watch_t *watch);

/**
 * Frees a response and all that it points to.
 *
 * @param response  May be NULL. Not one that belongs to an event.
 * @par Thread safety  Any thread; once.
 * @since 0.1
 */
ETCD_API void etcd_watch_response_free(etcd_watch_response_t *response);

/** @} */

/**
 * @defgroup etcd_wait Waits for a key
 *
 * @{
 */

/**
 * Waits until a key exists, or until it does not.
 *
 * It returns at once if it is so already. Each state is noticed, however short, unless its
 * history is compacted meanwhile. The wait goes on through outages.
 *
 * @param client Open client.
 * @param key Any bytes, not empty.
 * @param exists Whether to wait until it exists.
 * @param options May be NULL for defaults. timeout_ms 0 is no deadline.
 * @param[out] out The reply; free it with etcd_get_response_free(). The key as it was when it
 *   was put; none if it does not exist. header.revision is the one at which it is so.
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_EMPTY_KEY; ETCD_ERR_TIMEOUT if it is not so by the deadline, or a
 *   status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_wait_for(etcd_client_t *client, etcd_bytes_t key,
    bool exists, const etcd_call_options_t *options, etcd_get_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_kv_wait_for() and returns at once; it ends with an event of kind ETCD_EVENT_GET_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_kv_wait_for_async(etcd_client_t *client, etcd_bytes_t key,
    bool exists, const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data,
    etcd_call_t **call, etcd_error_t **err);

/** @} */

/**
 * @defgroup etcd_lease_session Sessions
 * A session is a lease that the library grants, keeps alive and revokes. What is locked
 * and won with it ends with it.
 * @{
 */

/**
 * For etcd_lease_session_open(): a lease that is lost is replaced by a new one, and the first one
 * is waited for as long as it takes.
 */
#define ETCD_LEASE_SESSION_REPLACE 0x40000u

/**
 * The end of an etcd_lease_session_lease_async(); its response is an
 * etcd_lease_session_response_t.
 */
#define ETCD_EVENT_LEASE_SESSION_RESPONSE 141

/**
 * The end of an etcd_lease_session_lost_async(), with an error in place of an
 * etcd_header_response_t.
 */
#define ETCD_EVENT_LEASE_SESSION_LOST 142

/**
 * The end of an etcd_lease_session_end_async(); its response is an
 * etcd_header_response_t.
 */
#define ETCD_EVENT_LEASE_SESSION_END 143

/**
 * The lease of a session. Free it with etcd_lease_session_response_free().
 */
struct etcd_lease_session_response_t {
  /**
   * The lease, for keys that are to live with the session.
   */
  int64_t lease;
  /**
   * As it was granted, in seconds.
   */
  int64_t ttl;
};

/**
 * Options of etcd_lease_session_open(). Begin with ETCD_LEASE_SESSION_OPTIONS_INIT.
 */
struct etcd_lease_session_options_t {
  /**
   * Set by ETCD_LEASE_SESSION_OPTIONS_INIT.
   */
  size_t size;
  /**
   * A lease that exists; 0 for a new one. Two sessions of one lease are one to others: locks
   * do not keep them apart.
   */
  int64_t lease;
  /**
   * Of a new lease, in seconds; 0 for 60. Servers raise small values.
   */
  int64_t ttl;
  /**
   * ETCD_LEASE_SESSION_REPLACE.
   */
  uint32_t flags;
  /**
   * Must be 0.
   */
  uint32_t reserved;
};

/** Initialises an etcd_lease_session_options_t. */
#define ETCD_LEASE_SESSION_OPTIONS_INIT \
  { sizeof(etcd_lease_session_options_t), 0, 0, 0, 0 }

/**
 * Frees an etcd_lease_session_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_lease_session_response_free(etcd_lease_session_response_t *response);

/**
 * Opens a session: a lease that is granted and kept alive in the background, and revoked when
 * the session is closed.
 *
 * It does not wait. etcd_lease_session_lease() says whether a lease was granted, and
 * etcd_lease_session_lost() when it is lost. Without ETCD_LEASE_SESSION_REPLACE the session ends
 * if no lease is granted within the client's timeout. Locks and elections need a session, and what they
 * have ends with its lease. A session may have any number of them. Its lease is kept alive as
 * by etcd_lease_keep_alive_open().
 *
 * @param client   Open client.
 * @param options  May be NULL for defaults. Copied.
 * @param[out] out The session; close it with etcd_lease_session_close().
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED, ETCD_ERR_BAD_HANDLE,
 *         ETCD_ERR_FORKED or ETCD_ERR_NO_RESOURCES.
 * @par Thread safety  Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_session_open(etcd_client_t *client,
    const etcd_lease_session_options_t *options, etcd_lease_session_t **out, etcd_error_t **err);

/**
 * Returns the lease of a session, and waits until it has one.
 *
 * With ETCD_LEASE_SESSION_REPLACE the session has another lease after a loss: call it again.
 *
 * @param session Open session.
 * @param options May be NULL for defaults. timeout_ms 0 is no deadline.
 * @param[out] out The reply; free it with etcd_lease_session_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, Why the session has ended, or has got no lease: ETCD_ERR_LEASE_LOST,
 *   ETCD_ERR_LEASE_NOT_FOUND, ETCD_ERR_LEASE_TTL_TOO_LARGE, or why no server was reached, or a
 *   status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_session_lease(etcd_lease_session_t *session,
    const etcd_call_options_t *options, etcd_lease_session_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_lease_session_lease() and returns at once; it ends with an event of kind ETCD_EVENT_LEASE_SESSION_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_session_lease_async(etcd_lease_session_t *session,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Waits until a session has lost a lease, and returns the reason as its error.
 *
 * The reasons are those of etcd_lease_keep_alive_open(), and the time is the same: within a
 * second of the deadline of the lease.
 *
 * @param session Open session.
 * @param lease The lease, as etcd_lease_session_lease() returned it; 0 for the one that the
 *   session has now, or else will have first.
 * @param options May be NULL for defaults. timeout_ms 0 is no deadline.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_header_response_free(). Always NULL.
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, Never ETCD_OK. ETCD_ERR_LEASE_LOST, also if the session has another lease by
 *   now; ETCD_ERR_LEASE_NOT_FOUND; ETCD_ERR_TIMEOUT if it is not lost by the deadline, or a
 *   status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_session_lost(etcd_lease_session_t *session,
    int64_t lease, const etcd_call_options_t *options, etcd_header_response_t **out,
    etcd_error_t **err);

/**
 * Starts etcd_lease_session_lost() and returns at once; it ends with an event of kind ETCD_EVENT_LEASE_SESSION_LOST.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_session_lost_async(etcd_lease_session_t *session,
    int64_t lease, const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data,
    etcd_call_t **call, etcd_error_t **err);

/**
 * Ends a session and revokes its lease, and waits for that.
 *
 * Close the session afterwards. After an error the lease ends with its ttl.
 *
 * @param session Open session.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_header_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_LEASE_NOT_FOUND if there is no lease, or it has ended before, or a
 *   status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_session_end(etcd_lease_session_t *session,
    const etcd_call_options_t *options, etcd_header_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_lease_session_end() and returns at once; it ends with an event of kind ETCD_EVENT_LEASE_SESSION_END.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lease_session_end_async(etcd_lease_session_t *session,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Returns how long the lease of a session certainly lives: as etcd_lease_keep_alive_left_ms().
 *
 * @param session  May be NULL, or closed: 0.
 * @return Milliseconds, a lower bound; 0 if the session has no lease.
 * @par Thread safety  Any thread, any number at once. Does not block.
 * @since 0.1
 */
ETCD_API int64_t etcd_lease_session_left_ms(const etcd_lease_session_t *session);

/**
 * Ends a session, and leaves its lease and what goes with it to the ttl.
 *
 * Close the session afterwards.
 *
 * @param session  May be NULL, or closed already.
 * @par Thread safety  Any thread. Does not block.
 * @since 0.1
 */
ETCD_API void etcd_lease_session_orphan(etcd_lease_session_t *session);

/**
 * Closes a session. Its lease is revoked in the background, also when the client is closed next:
 * see etcd_lease_session_end() to wait for that.
 *
 * Calls in progress on the session end with ETCD_ERR_BAD_HANDLE. Locks and elections of the
 * session are lost.
 *
 * @param session  May be NULL, or closed already.
 * @par Thread safety  Any thread. Does not block.
 * @since 0.1
 */
ETCD_API void etcd_lease_session_close(etcd_lease_session_t *session);

/** @} */

/**
 * @defgroup etcd_mutex Locks
 *
 * @{
 */

/**
 * The end of an etcd_mutex_lock_async(), etcd_mutex_try_lock_async() or
 * etcd_mutex_check_async(); its response is an etcd_ownership_response_t.
 */
#define ETCD_EVENT_MUTEX_RESPONSE 144

/**
 * The end of an etcd_mutex_unlock_async(); its response is an
 * etcd_header_response_t.
 */
#define ETCD_EVENT_MUTEX_UNLOCK 145

/**
 * The end of an etcd_mutex_lost_async(), with an error in place of an etcd_header_response_t.
 */
#define ETCD_EVENT_MUTEX_LOST 146

/**
 * A lock or a leadership, and whose it is. Free it with etcd_ownership_response_free().
 */
struct etcd_ownership_response_t {
  /**
   * The key that stands for it: it is there for as long as it is held. Valid until the
   * response is freed.
   */
  etcd_bytes_t key;
  /**
   * The revision at which the key was created. It grows from each holder to the next: a
   * resource outside of etcd can refuse whoever comes with a smaller one than before.
   */
  int64_t create_revision;
  /**
   * The lease of the key.
   */
  int64_t lease;
  /**
   * Whether it is this handle's. Else the rest is about whoever has it.
   */
  bool held;
};

/**
 * Frees an etcd_ownership_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_ownership_response_free(etcd_ownership_response_t *response);

/**
 * Opens a lock. Nothing is locked yet.
 *
 * The locks of one name exclude each other, in all programs, also those of Go programs that use
 * etcd's concurrency package, and of `etcdctl lock`. The lock is the key NAME/LEASE, with the
 * lease of the session. Those who wait are served in the order of their coming. Any other key
 * that begins with NAME/ is in the line too, and never leaves it: put none there.
 *
 * A lock alone protects nothing outside of etcd: its holder may be stopped until it is
 * another's. Let writes to etcd depend on it with etcd_mutex_fence(), and pass create_revision
 * to what else you write to.
 *
 * @param session  Open session.
 * @param name     Any bytes, not empty, copied.
 * @param[out] out The lock; close it with etcd_mutex_close().
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE,
 *         ETCD_ERR_FORKED or ETCD_ERR_NO_RESOURCES. It does not block.
 * @par Thread safety  Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_mutex_open(etcd_lease_session_t *session,
    etcd_bytes_t name, etcd_mutex_t **out, etcd_error_t **err);

/**
 * Takes a lock, and waits while others hold it.
 *
 * A wait that ends with an error, is cancelled, or whose handle is closed leaves no key
 * behind: ETCD_MAYBE_APPLIED says that it is not removed yet, which is tried until the lease
 * has ended. A waiter whose session is lost returns at once.
 *
 * A session has one key for a name: two handles of one session do not wait for each other.
 * After a wait that was cancelled, the name is in use until its key is removed.
 *
 * @param mutex Open mutex.
 * @param options May be NULL for defaults. timeout_ms 0 is no deadline.
 * @param[out] out The reply; free it with etcd_ownership_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_IN_USE if the session has the lock already, or waits for it;
 *   ETCD_ERR_TIMEOUT; ETCD_ERR_LEASE_LOST, ETCD_ERR_LEASE_NOT_FOUND or ETCD_ERR_LOCK_LOST if
 *   the session, or the place in the line, was lost during the wait, or a status that any call
 *   returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_mutex_lock(etcd_mutex_t *mutex,
    const etcd_call_options_t *options, etcd_ownership_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_mutex_lock() and returns at once; it ends with an event of kind ETCD_EVENT_MUTEX_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_mutex_lock_async(etcd_mutex_t *mutex,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Takes a lock if nobody has it. It does not wait for others.
 *
 * @param mutex Open mutex.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_ownership_response_free(). held says whether the
 *   lock was taken.
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_OK also if another has the lock; ETCD_ERR_IN_USE if the session has the
 *   lock already, or waits for it; ETCD_ERR_LEASE_LOST, ETCD_ERR_LEASE_NOT_FOUND, or a status
 *   that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_mutex_try_lock(etcd_mutex_t *mutex,
    const etcd_call_options_t *options, etcd_ownership_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_mutex_try_lock() and returns at once; it ends with an event of kind ETCD_EVENT_MUTEX_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_mutex_try_lock_async(etcd_mutex_t *mutex,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Releases a lock. A later lock of the same name is never released by it.
 *
 * After an error the call may be repeated, also one with ETCD_MAYBE_APPLIED: if an earlier
 * call has released the lock, that is a success.
 *
 * @param mutex Open mutex.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_header_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_LOCK_LOST if the handle has no lock, or has lost it, or a status
 *   that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_mutex_unlock(etcd_mutex_t *mutex,
    const etcd_call_options_t *options, etcd_header_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_mutex_unlock() and returns at once; it ends with an event of kind ETCD_EVENT_MUTEX_UNLOCK.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_mutex_unlock_async(etcd_mutex_t *mutex,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Asks the store whether a lock is still held.
 *
 * The answer is of the past when it arrives: etcd_mutex_fence() makes a transaction that
 * depends on it.
 *
 * @param mutex Open mutex.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_ownership_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_OK if it is held, ETCD_ERR_LOCK_LOST if not, or a status that any call
 *   returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_mutex_check(etcd_mutex_t *mutex,
    const etcd_call_options_t *options, etcd_ownership_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_mutex_check() and returns at once; it ends with an event of kind ETCD_EVENT_MUTEX_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_mutex_check_async(etcd_mutex_t *mutex,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Waits until a lock that is held is lost, and returns the reason as its error.
 *
 * It is lost when its session is, see etcd_lease_session_lost(), or when its key is deleted
 * by anybody.
 *
 * @param mutex Open mutex.
 * @param options May be NULL for defaults. timeout_ms 0 is no deadline.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_header_response_free(). Always NULL.
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, Never ETCD_OK. ETCD_ERR_LOCK_LOST if the key is deleted, the lock is
 *   released by this handle, or was not held; ETCD_ERR_LEASE_LOST, ETCD_ERR_LEASE_NOT_FOUND;
 *   ETCD_ERR_TIMEOUT if it is not lost by the deadline, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_mutex_lost(etcd_mutex_t *mutex,
    const etcd_call_options_t *options, etcd_header_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_mutex_lost() and returns at once; it ends with an event of kind ETCD_EVENT_MUTEX_LOST.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_mutex_lost_async(etcd_mutex_t *mutex,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Adds a condition to a transaction: that the lock is still held when it is done.
 *
 * @param mutex  Lock that is held.
 * @param txn    Transaction under construction.
 * @return ETCD_OK, ETCD_ERR_LOCK_LOST if the handle has no lock, and what
 *         etcd_txn_compare_number() returns. The commit returns the same error.
 * @par Thread safety  Any thread, any number at once. Does not block.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_mutex_fence(etcd_mutex_t *mutex, etcd_txn_t *txn);

/**
 * Closes a lock. If it is held, or waited for, it is released in the background.
 *
 * Calls in progress on the lock end with ETCD_ERR_BAD_HANDLE.
 *
 * @param mutex  May be NULL, or closed already.
 * @par Thread safety  Any thread. Does not block.
 * @since 0.1
 */
ETCD_API void etcd_mutex_close(etcd_mutex_t *mutex);

/** @} */

/**
 * @defgroup etcd_election Elections
 *
 * @{
 */

/**
 * The end of an etcd_election_campaign_async() or etcd_election_resume_async(); its response is
 * an etcd_ownership_response_t.
 */
#define ETCD_EVENT_ELECTION_RESPONSE 147

/**
 * The end of an etcd_election_proclaim_async(); its response is an etcd_header_response_t.
 */
#define ETCD_EVENT_ELECTION_PROCLAIM 148

/**
 * The end of an etcd_election_resign_async(); its response is an etcd_header_response_t.
 */
#define ETCD_EVENT_ELECTION_RESIGN 149

/**
 * The end of an etcd_election_lost_async(), with an error in place of an
 * etcd_header_response_t.
 */
#define ETCD_EVENT_ELECTION_LOST 150

/**
 * The end of an etcd_election_leader_async(); its response is an
 * etcd_election_leader_response_t.
 */
#define ETCD_EVENT_ELECTION_LEADER 151

/**
 * Who leads, from an etcd_election_observer_open(); the response is an
 * etcd_election_leader_response_t. The last event has an error in its place.
 */
#define ETCD_EVENT_ELECTION_OBSERVE 152

/**
 * Who leads. Free it with etcd_election_leader_response_free().
 */
struct etcd_election_leader_response_t {
  /**
   * header.revision is the one at which it is so.
   */
  etcd_header_t header;
  /**
   * The key of the leader, and the value that it has proclaimed. NULL if nobody leads.
   */
  const etcd_kv_t *leader;
};

/**
 * Frees an etcd_election_leader_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_election_leader_response_free(etcd_election_leader_response_t *response);

/**
 * Opens an election as a candidate, who does not stand yet.
 *
 * The candidates of one name exclude each other, in all programs, also those of Go programs that
 * use etcd's concurrency package, and of `etcdctl elect`. Each is the key NAME/LEASE, with the
 * lease of the session, and the oldest key leads. A name is used for locks or for an election.
 *
 * What is said of locks at etcd_mutex_open() holds for a leader too.
 *
 * @param session  Open session.
 * @param name     Any bytes, not empty, copied.
 * @param[out] out The candidate; close it with etcd_election_close().
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE,
 *         ETCD_ERR_FORKED or ETCD_ERR_NO_RESOURCES. It does not block.
 * @par Thread safety  Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_open(etcd_lease_session_t *session,
    etcd_bytes_t name, etcd_election_t **out, etcd_error_t **err);

/**
 * Stands for election, and waits until this candidate leads.
 *
 * As etcd_mutex_lock(): a wait that ends with an error leaves no key behind, and a candidate
 * whose session is lost returns at once and never leads.
 *
 * @param election Open election.
 * @param value What observers are told of the leader, such as its address. Copied.
 * @param options May be NULL for defaults. timeout_ms 0 is no deadline.
 * @param[out] out The reply; free it with etcd_ownership_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_IN_USE if the session stands in this election already;
 *   ETCD_ERR_TIMEOUT; ETCD_ERR_LEASE_LOST, ETCD_ERR_LEASE_NOT_FOUND or ETCD_ERR_LOCK_LOST if
 *   the session, or the place in the line, was lost during the wait, or a status that any call
 *   returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_campaign(etcd_election_t *election,
    etcd_bytes_t value, const etcd_call_options_t *options, etcd_ownership_response_t **out,
    etcd_error_t **err);

/**
 * Starts etcd_election_campaign() and returns at once; it ends with an event of kind ETCD_EVENT_ELECTION_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_campaign_async(etcd_election_t *election,
    etcd_bytes_t value, const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data,
    etcd_call_t **call, etcd_error_t **err);

/**
 * Leads again after a restart of the program, if nobody has led since.
 *
 * The session has the lease of that time: see etcd_lease_session_options_t.
 *
 * @param election Open election.
 * @param create_revision What etcd_election_campaign() returned.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_ownership_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_LOCK_LOST if the key is not there any more; ETCD_ERR_IN_USE, or a
 *   status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_resume(etcd_election_t *election,
    int64_t create_revision, const etcd_call_options_t *options, etcd_ownership_response_t **out,
    etcd_error_t **err);

/**
 * Starts etcd_election_resume() and returns at once; it ends with an event of kind ETCD_EVENT_ELECTION_RESPONSE.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_resume_async(etcd_election_t *election,
    int64_t create_revision, const etcd_call_options_t *options, etcd_queue_t *queue,
    void *user_data, etcd_call_t **call, etcd_error_t **err);

/**
 * Changes the value of the leader.
 *
 * @param election Open election.
 * @param value The new value. Copied.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_header_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_LOCK_LOST if this candidate does not lead, or a status that any
 *   call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_proclaim(etcd_election_t *election,
    etcd_bytes_t value, const etcd_call_options_t *options, etcd_header_response_t **out,
    etcd_error_t **err);

/**
 * Starts etcd_election_proclaim() and returns at once; it ends with an event of kind ETCD_EVENT_ELECTION_PROCLAIM.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_proclaim_async(etcd_election_t *election,
    etcd_bytes_t value, const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data,
    etcd_call_t **call, etcd_error_t **err);

/**
 * Gives up the leadership. A later one is never ended by it.
 *
 * It may be repeated after an error, as etcd_mutex_unlock().
 *
 * @param election Open election.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_header_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_LOCK_LOST if this candidate does not lead, or a status that any
 *   call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_resign(etcd_election_t *election,
    const etcd_call_options_t *options, etcd_header_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_election_resign() and returns at once; it ends with an event of kind ETCD_EVENT_ELECTION_RESIGN.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_resign_async(etcd_election_t *election,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Waits until a candidate that leads does so no longer, and returns the reason as its error.
 *
 * @param election Open election.
 * @param options May be NULL for defaults. timeout_ms 0 is no deadline.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_header_response_free(). Always NULL.
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, Never ETCD_OK. As etcd_mutex_lost(), or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_lost(etcd_election_t *election,
    const etcd_call_options_t *options, etcd_header_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_election_lost() and returns at once; it ends with an event of kind ETCD_EVENT_ELECTION_LOST.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_lost_async(etcd_election_t *election,
    const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data, etcd_call_t **call,
    etcd_error_t **err);

/**
 * Adds a condition to a transaction: that the candidate still leads when it is done.
 *
 * @param election  Candidate that leads.
 * @param txn       Transaction under construction.
 * @return As etcd_mutex_fence().
 * @par Thread safety  Any thread, any number at once. Does not block.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_election_fence(etcd_election_t *election, etcd_txn_t *txn);

/**
 * Closes a candidate. If it leads, or stands, its key is removed in the background.
 *
 * Calls in progress on it end with ETCD_ERR_BAD_HANDLE.
 *
 * @param election  May be NULL, or closed already.
 * @par Thread safety  Any thread. Does not block.
 * @since 0.1
 */
ETCD_API void etcd_election_close(etcd_election_t *election);

/**
 * Returns who leads. It is not an error if nobody does.
 *
 * @param client Open client.
 * @param name The name of the election. Copied.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_election_leader_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_leader(etcd_client_t *client, etcd_bytes_t name,
    const etcd_call_options_t *options, etcd_election_leader_response_t **out, etcd_error_t **err);

/**
 * Starts etcd_election_leader() and returns at once; it ends with an event of kind ETCD_EVENT_ELECTION_LEADER.
 *
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_leader_async(etcd_client_t *client,
    etcd_bytes_t name, const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data,
    etcd_call_t **call, etcd_error_t **err);

/**
 * Tells who leads an election: now, and at each change.
 *
 * Every change of the leader or of its value is told once and in order, also that nobody leads,
 * whatever happens to servers and connections. Only if the history that it needs was compacted
 * meanwhile, changes in between are not known to anybody. Those who only stand are not told.
 *
 * The end is delivered once: ETCD_ERR_CLOSED when the client is closed, or an error that will
 * not pass, such as ETCD_ERR_PERMISSION_DENIED.
 *
 * @param client    Open client.
 * @param name      The name of the election, not empty, copied.
 * @param options   May be NULL for defaults. Copied. timeout_ms and flags must be 0.
 * @param queue     Where ETCD_EVENT_ELECTION_OBSERVE events go; NULL: call
 *                  etcd_election_observer_next().
 * @param user_data Returned by etcd_event_user_data(); never read.
 * @param[out] out  The handle; close it with etcd_election_observer_close().
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED,
 *         ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED or ETCD_ERR_NO_RESOURCES. It does not block.
 * @par Thread safety  Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_observer_open(etcd_client_t *client,
    etcd_bytes_t name, const etcd_call_options_t *options, etcd_queue_t *queue, void *user_data,
    etcd_election_observer_t **out, etcd_error_t **err);

/**
 * Waits for the next change of an observer without a queue. The first is the present leader.
 *
 * @param observer Open handle.
 * @param wait_ms  As etcd_queue_next().
 * @param[out] out May be NULL if it is not wanted. Who leads; free it with
 *                 etcd_election_leader_response_free(). NULL unless ETCD_OK.
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_EMPTY if nothing came in time; the end as in
 *         etcd_election_observer_open(), as often as it is called; ETCD_ERR_INVALID_ARGUMENT,
 *         ETCD_ERR_BAD_HANDLE, also if it is closed during the wait, or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread, any number at once; each change is taken once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_election_observer_next(etcd_election_observer_t *observer,
    int32_t wait_ms, etcd_election_leader_response_t **out, etcd_error_t **err);

/**
 * Closes an observer. The election goes on.
 *
 * A wait in etcd_election_observer_next() ends with ETCD_ERR_BAD_HANDLE.
 *
 * @param observer  May be NULL, or closed already.
 * @par Thread safety  Any thread, also in a queue's callback.
 * @since 0.1
 */
ETCD_API void etcd_election_observer_close(etcd_election_observer_t *observer);

/** @} */

/**
 * @defgroup etcd_stm Transactions of memory
 *
 * @{
 */

/**
 * For isolation: all reads are of one revision, and neither what was read nor what is written
 * was changed since by others.
 */
#define ETCD_STM_SERIALIZABLE_SNAPSHOT 0

/**
 * For isolation: all reads are of one revision, and unchanged.
 */
#define ETCD_STM_SERIALIZABLE 65

/**
 * For isolation: each key is read once, and unchanged.
 */
#define ETCD_STM_REPEATABLE_READS 66

/**
 * For isolation: reads are of what was committed; nothing is checked.
 */
#define ETCD_STM_READ_COMMITTED 67

/**
 * The function of a transaction: it reads and writes with etcd_stm_get(), etcd_stm_put() and the
 * others, and may be called several times. It must do nothing else that matters.
 *
 * @param stm  Valid until the function returns.
 * @param arg  As it was given to etcd_stm_run().
 * @return ETCD_OK to commit; a negative number aborts, and etcd_stm_run() returns it.
 */
typedef etcd_status_t (*etcd_stm_cb)(etcd_stm_t *stm, void *arg);

/**
 * Options of etcd_stm_run(). Begin with ETCD_STM_OPTIONS_INIT.
 */
struct etcd_stm_options_t {
  /**
   * Set by ETCD_STM_OPTIONS_INIT.
   */
  size_t size;
  /**
   * An ETCD_STM_ number.
   */
  int32_t isolation;
  /**
   * How often the function is called at most; 0 for as often as there is time.
   */
  uint32_t max_tries;
  /**
   * Deadline of all tries together in milliseconds; 0 for the client's, ETCD_TIMEOUT_NONE for
   * none.
   */
  uint32_t timeout_ms;
  /**
   * Must be 0.
   */
  uint32_t flags;
};

/** Initialises an etcd_stm_options_t. */
#define ETCD_STM_OPTIONS_INIT \
  { sizeof(etcd_stm_options_t), 0, 0, 0, 0 }

/**
 * Runs a function as a transaction: what it writes is committed at once if what it read is
 * unchanged, else the function is called again.
 *
 * The function runs on this thread. Between tries there are growing pauses with jitter. A try
 * after a conflict knows what the one before has read without asking a server again. Servers
 * take 128 conditions and 128 writes.
 *
 * If the outcome of the commit is not known, it is not tried again: the error says
 * ETCD_MAYBE_APPLIED.
 *
 * @param client   Open client.
 * @param function Called once for each try.
 * @param arg      Handed to the function; never read.
 * @param options  May be NULL for defaults. Copied.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *                 etcd_header_response_free(). header.revision is that of the commit.
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK; what the function returned, if that is negative: then nothing was written;
 *         ETCD_ERR_CONFLICT after max_tries; ETCD_ERR_TIMEOUT, also if the tries take that long;
 *         ETCD_ERR_TOO_MANY_OPS, or a status that any call returns.
 * @par Thread safety  Any thread, any number at once; also in the callback of a queue.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_stm_run(etcd_client_t *client, etcd_stm_cb function,
    void *arg, const etcd_stm_options_t *options, etcd_header_response_t **out, etcd_error_t **err);

/**
 * Reads a key in the function of a transaction, as the transaction sees it: with what it has
 * written itself.
 *
 * A key that it has written has 0 in place of its revisions and its version.
 *
 * @param stm      Transaction in progress.
 * @param key      Any bytes, not empty.
 * @param[out] out The reply, whose header is all 0; free it with etcd_get_response_free().
 *                 kv_count is 0 if the key does not exist.
 * @param[out] err May be NULL. On failure an error; free it with etcd_error_free(). Nothing is
 *                 committed then, whatever the function returns.
 * @return ETCD_OK, ETCD_ERR_EMPTY_KEY, or as etcd_kv_get(). After ETCD_ERR_COMPACTED the function
 *         is called again.
 * @par Thread safety  Any thread, until the function returns.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_stm_get(etcd_stm_t *stm, etcd_bytes_t key,
    etcd_get_response_t **out, etcd_error_t **err);

/**
 * Reads all keys with a prefix in the function of a transaction, as the transaction sees them.
 *
 * The commit checks that no key with the prefix is new, changed or gone: one condition for the
 * prefix and one for each key.
 *
 * @param stm      Transaction in progress.
 * @param prefix   Any bytes; empty for all keys.
 * @param[out] out The reply; free it with etcd_get_response_free().
 * @param[out] err As etcd_stm_get().
 * @return As etcd_stm_get().
 * @par Thread safety  As etcd_stm_get().
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_stm_get_prefix(etcd_stm_t *stm, etcd_bytes_t prefix,
    etcd_get_response_t **out, etcd_error_t **err);

/**
 * Puts a key in the function of a transaction.
 *
 * @param stm   Transaction in progress.
 * @param key   Any bytes, not empty, copied.
 * @param value Any bytes, copied.
 * @param lease The lease that the key goes with; 0 for none.
 * @return ETCD_OK, ETCD_ERR_EMPTY_KEY, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or
 *         ETCD_ERR_FORKED.
 * @par Thread safety  As etcd_stm_get(). It asks no server.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_stm_put(etcd_stm_t *stm, etcd_bytes_t key, etcd_bytes_t value,
    int64_t lease);

/**
 * Deletes a key in the function of a transaction. It is no error if it does not exist.
 *
 * @param stm Transaction in progress.
 * @param key Any bytes, not empty, copied.
 * @return As etcd_stm_put().
 * @par Thread safety  As etcd_stm_put().
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_stm_delete(etcd_stm_t *stm, etcd_bytes_t key);

/** @} */

/**
 * @defgroup etcd_queue Queues and events
 * The kind of an event is defined beside the call or stream that it belongs to, with the
 * type of its response. 101 to 110 are calls on keys, 111 to 120 calls on leases, 131 to
 * 150 streams; 121 to 130 and 151 to 200 are free for families to come.
 * @{
 */

/**
 * Takes back a user_data when a queue is freed. It must not throw.
 */
typedef void (*etcd_drop_cb)(void *user_data, void *arg);

/**
 * Options for etcd_queue_new(). Begin with ETCD_QUEUE_OPTIONS_INIT.
 */
struct etcd_queue_options_t {
  /**
   * Set by ETCD_QUEUE_OPTIONS_INIT.
   */
  size_t size;
  /**
   * Called by etcd_queue_free() for each user_data that is not NULL and still out: once for
   * each call or stream that has it. NULL: nothing is called.
   */
  etcd_drop_cb drop_callback;
  /**
   * Given to the callback; never followed.
   */
  void *arg;
};

/** Initialises an etcd_queue_options_t. */
#define ETCD_QUEUE_OPTIONS_INIT \
  { sizeof(etcd_queue_options_t), ETCD_NULL, ETCD_NULL }

/**
 * Takes an event; called where etcd_queue_dispatch() was, or on the thread that
 * etcd_queue_start_dispatcher() has started. The event is freed when it returns,
 * unless it calls etcd_event_keep(); the response can be had beyond that with
 * etcd_event_take_response(). It may call anything in this library, also what
 * blocks or frees.
 */
typedef void (*etcd_event_cb)(etcd_event_t *event, void *arg);

/**
 * A callback of its own for one call or stream, for etcd_queue_dispatch_handlers().
 * Begin with ETCD_HANDLER_INIT. Its address is the user_data of the call, and it
 * must stay where it is until the last event of that came.
 */
struct etcd_handler_t {
  /**
   * Set by ETCD_HANDLER_INIT.
   */
  size_t size;
  /**
   * NULL: the events are dropped, and the drop callback of the queue is not called for them.
   */
  etcd_event_cb callback;
  /**
   * Given to the callback; never followed.
   */
  void *arg;
};

/** Initialises an etcd_handler_t. */
#define ETCD_HANDLER_INIT \
  { sizeof(etcd_handler_t), ETCD_NULL, ETCD_NULL }

/**
 * What sort of event it is.
 *
 * @param event  May be NULL: 0.
 * @return An ETCD_EVENT_ number. Later versions add numbers; ignore those you do not know.
 * @par Thread safety  One thread at a time for each event.
 * @since 0.1
 */
ETCD_API int32_t etcd_event_kind(const etcd_event_t *event);

/**
 * The user_data of the call or stream that the event belongs to.
 *
 * @param event  May be NULL: NULL.
 * @par Thread safety  One thread at a time for each event.
 * @since 0.1
 */
ETCD_API void *etcd_event_user_data(const etcd_event_t *event);

/**
 * How the call ended.
 *
 * @param event  May be NULL: ETCD_ERR_INVALID_ARGUMENT.
 * @return What the blocking call would have returned; ETCD_ERR_CANCELLED after etcd_call_cancel().
 * @par Thread safety  One thread at a time for each event.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_event_status(const etcd_event_t *event);

/**
 * The error of a failed call.
 *
 * @param event  May be NULL: NULL.
 * @return Not NULL exactly if the status is negative; valid until the event is freed.
 * @par Thread safety  One thread at a time for each event.
 * @since 0.1
 */
ETCD_API const etcd_error_t *etcd_event_error(const etcd_event_t *event);

/**
 * The response that an event carries.
 *
 * Its type goes with the kind, and is named where the kind is defined.
 *
 * @param event  May be NULL: NULL.
 * @param kind   The kind that the caller expects.
 * @return NULL if the event is of another kind, and if its status is not ETCD_OK; else valid
 *         until the event is freed.
 * @par Thread safety  One thread at a time for each event.
 * @since 0.1
 */
ETCD_API const void *etcd_event_response(const etcd_event_t *event, int32_t kind);

/**
 * Takes the response out of an event, so that it outlives the event.
 *
 * @param event  May be NULL: NULL.
 * @param kind   As in etcd_event_response().
 * @return As etcd_event_response(), but the caller frees it with the function of its type. NULL
 *         if it was taken before.
 * @since 0.1
 */
ETCD_API void *etcd_event_take_response(etcd_event_t *event, int32_t kind);

/**
 * Keeps an event that a callback was given: it is not freed when the callback returns.
 *
 * @param event  May be NULL: NULL. One that the caller owns already stays as it is.
 * @return The event; free it with etcd_event_free(), at any time and on any thread.
 * @since 0.1
 */
ETCD_API etcd_event_t *etcd_event_keep(etcd_event_t *event);

/**
 * Frees an event with its response or error.
 *
 * @param event  May be NULL.
 * @par Thread safety  Any thread; once.
 * @since 0.1
 */
ETCD_API void etcd_event_free(etcd_event_t *event);

/**
 * Ends a call early.
 *
 * Its event still comes, with ETCD_ERR_CANCELLED unless the call had ended
 * before, with its event still waiting in the queue. A write may have been
 * applied all the same: see the error's outcome.
 *
 * @param call  A handle from an _async call.
 * @return ETCD_OK, ETCD_ERR_FORKED, or ETCD_ERR_BAD_HANDLE if its event was taken already.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_call_cancel(etcd_call_t *call);

/**
 * Makes a queue.
 *
 * @param options   May be NULL for defaults. Copied.
 * @param[out] out  The queue; free it with etcd_queue_free().
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED or ETCD_ERR_NO_RESOURCES.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_queue_new(const etcd_queue_options_t *options,
    etcd_queue_t **out, etcd_error_t **err);

/**
 * Frees a queue and the events in it.
 *
 * Waits in etcd_queue_next() end with ETCD_ERR_BAD_HANDLE. Calls in progress continue, and their
 * events are dropped; streams continue until they are closed. The descriptor is closed when the
 * last of these calls has ended: remove it from any poll set first.
 *
 * The call waits for callbacks of this queue that run on other threads, unless it is called in one
 * of them. It does not wait for a thread that uses an event which etcd_queue_next() returned: let
 * such threads finish first if the drop callback frees what they use. Two callbacks of different
 * queues must not free or close what belongs to the other's queue: each would wait for the other.
 *
 * Then the drop callback of etcd_queue_options_t, if there is one, is called for each
 * user_data that is still out: that of a call whose event was not taken, and that of a stream which
 * is not closed and whose last event was not taken. When etcd_queue_free() has returned, nothing is
 * called any more. If it is called in a callback, the user_data of callbacks that run at that time
 * is dropped when they return.
 *
 * @param queue  May be NULL, or freed already.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API void etcd_queue_free(etcd_queue_t *queue);

/**
 * A descriptor that is readable while the queue holds an event.
 *
 * For poll, epoll, select or an event loop, level-triggered. Never read from
 * it, write to it or close it: it belongs to the queue. It is closed on exec.
 * When it is readable, call etcd_queue_next() with wait_ms 0 until it returns
 * ETCD_EMPTY.
 *
 * @param queue  Open queue.
 * @return The descriptor, or -1 if the queue is not open or descriptors are short.
 * @par Thread safety  Any thread.
 * @since 0.1
 */
ETCD_API int etcd_queue_fd(const etcd_queue_t *queue);

/**
 * Takes the next event.
 *
 * @param queue     Open queue.
 * @param wait_ms   How long to wait for one, in milliseconds: 0 not at all,
 *                  ETCD_WAIT_FOREVER without end; no other negative number.
 * @param[out] out  The event; free it with etcd_event_free(). NULL unless ETCD_OK.
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_EMPTY if nothing came in time, ETCD_WOKEN after etcd_queue_wake(),
 *         ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread, any number at once; each event is taken once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_queue_next(etcd_queue_t *queue, int32_t wait_ms,
    etcd_event_t **out, etcd_error_t **err);

/**
 * Takes the events that are there, at once.
 *
 * Waits for the first as etcd_queue_next() does, and for no other.
 *
 * @param queue       Open queue.
 * @param wait_ms     As etcd_queue_next().
 * @param[out] events Room for `capacity` events; free each with etcd_event_free().
 * @param capacity    At least 1.
 * @param[out] count  How many came; 0 unless ETCD_OK.
 * @param[out] err    May be NULL. On failure an error; free it with etcd_error_free().
 * @return As etcd_queue_next().
 * @par Thread safety  Any thread, any number at once; each event is taken once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_queue_next_batch(etcd_queue_t *queue, int32_t wait_ms,
    etcd_event_t **events, size_t capacity, size_t *count, etcd_error_t **err);

/**
 * Makes one etcd_queue_next(), the one in progress or the next, return ETCD_WOKEN.
 *
 * @param queue  Open queue.
 * @return ETCD_OK, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread. Not from a signal handler.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_queue_wake(etcd_queue_t *queue);

/**
 * Calls back for each event that is there.
 *
 * Waits for the first as etcd_queue_next() does, and for no other. Events that
 * the callbacks bring about are left for the next call.
 *
 * @param queue      Open queue. A callback may free it: then nothing more is called.
 * @param wait_ms    As etcd_queue_next().
 * @param callback   Called on this thread, one event after the other. Not NULL.
 * @param arg        Given to the callback; never followed.
 * @param[out] count May be NULL. How many events that were; 0 unless ETCD_OK.
 * @param[out] err   May be NULL. On failure an error; free it with etcd_error_free().
 * @return As etcd_queue_next().
 * @par Thread safety  Any thread, any number at once; each event is given to one of them. A
 *      callback must not throw.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_queue_dispatch(etcd_queue_t *queue, int32_t wait_ms,
    etcd_event_cb callback, void *arg, size_t *count, etcd_error_t **err);

/**
 * Calls the handler of each event that is there.
 *
 * As etcd_queue_dispatch(), but the user_data of each event is the address of an
 * etcd_handler_t, whose callback is called; an event with NULL is dropped. Only for
 * a queue all of whose calls and streams have such a user_data.
 *
 * A handler that does not begin with its size is ETCD_ERR_UNSUPPORTED: no more is called, and
 * its event stays first in the queue.
 *
 * @param queue      Open queue. A callback may free it: then nothing more is called.
 * @param wait_ms    As etcd_queue_next().
 * @param[out] count May be NULL. How many events that were; 0 unless ETCD_OK.
 * @param[out] err   May be NULL. On failure an error; free it with etcd_error_free().
 * @return As etcd_queue_next(), or ETCD_ERR_UNSUPPORTED.
 * @par Thread safety  Any thread, any number at once; each event is given to one of them. A
 *      callback must not throw.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_queue_dispatch_handlers(etcd_queue_t *queue,
    int32_t wait_ms, size_t *count, etcd_error_t **err);

/**
 * Starts a thread that calls back for each event, for programs without a loop.
 *
 * It ends when the queue is freed. Like all threads of this library it takes no
 * signals. What its callbacks do keeps only this queue waiting: they may block.
 *
 * @param queue     Open queue that has no such thread yet.
 * @param callback  Called on the thread, one event after the other. Not NULL.
 * @param arg       Given to the callback; never followed.
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT if it has one, ETCD_ERR_NO_RESOURCES,
 *         ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread. A callback must not throw.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_queue_start_dispatcher(etcd_queue_t *queue,
    etcd_event_cb callback, void *arg, etcd_error_t **err);

/**
 * Starts a thread that calls the handler of each event.
 *
 * As etcd_queue_start_dispatcher(), with the handlers of
 * etcd_queue_dispatch_handlers(). A handler that does not begin with its size ends the
 * thread; its event and those after it stay in the queue, which then takes no other such thread.
 *
 * @param queue     Open queue that has no such thread yet.
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return As etcd_queue_start_dispatcher().
 * @par Thread safety  Any thread. A callback must not throw.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_queue_start_handler_dispatcher(etcd_queue_t *queue,
    etcd_error_t **err);

/** @} */

/**
 * @defgroup etcd_connection States of connections
 *
 * @{
 */

/**
 * A state of an etcd_connection_watch_open(); the response is an
 * etcd_connection_watch_response_t. The last event has an error in its place.
 */
#define ETCD_EVENT_CONNECTION_WATCH 133

/**
 * The endpoint is not connected; see reason.
 */
#define ETCD_CONNECTION_DOWN 91

/**
 * The endpoint is connected, and a server has answered.
 */
#define ETCD_CONNECTION_UP 92

/**
 * The endpoint was removed from the client's list. No further responses follow for it.
 */
#define ETCD_CONNECTION_GONE 93

/**
 * The state of an endpoint. Free it with etcd_connection_watch_response_free().
 */
struct etcd_connection_watch_response_t {
  /**
   * The endpoint, as it was given.
   */
  const char *endpoint;
  /**
   * Why it is down, for people; "" if it is not. Never NULL.
   */
  const char *reason;
  /**
   * How often it was connected since it was added to the list. If it has grown by more than
   * one, changes in between were merged.
   */
  uint64_t opened;
  /**
   * ETCD_CONNECTION_DOWN, ETCD_CONNECTION_UP or ETCD_CONNECTION_GONE. Later versions
   * may add numbers.
   */
  int32_t state;
  /**
   * Always 0.
   */
  uint32_t reserved;
};

/**
 * Watches the states of a client's connections.
 *
 * The first responses are the current states of all endpoints. Others follow when an endpoint is
 * connected or lost, is down for another reason, or is removed. Only the latest state of each
 * endpoint is queued; intermediate changes are merged. At most one response per endpoint is
 * pending. mem: is one endpoint, which is up. The stream ends with ETCD_ERR_CLOSED when the client
 * is closed.
 *
 * @param client    Open client.
 * @param queue     Where the responses go, as events of type ETCD_EVENT_CONNECTION_WATCH; the last
 *                  one has an error. NULL: they are taken with etcd_connection_watch_next().
 * @param user_data Returned by etcd_event_user_data(); never read.
 * @param[out] out  The stream; close it with etcd_connection_watch_close(), also after its end.
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE, ETCD_ERR_FORKED or
 *         ETCD_ERR_NO_RESOURCES.
 * @par Thread safety  Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_connection_watch_open(etcd_client_t *client,
    etcd_queue_t *queue, void *user_data, etcd_connection_watch_t **out, etcd_error_t **err);

/**
 * Returns the next response of a stream without a queue.
 *
 * @param connection  Open stream.
 * @param wait_ms   How long to wait, in milliseconds: 0 not at all,
 *                  ETCD_WAIT_FOREVER without a limit; no other negative number.
 * @param[out] out  The response; free it with etcd_connection_watch_response_free(). NULL unless
 *                  ETCD_OK.
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_EMPTY if nothing came in time, ETCD_ERR_INVALID_ARGUMENT,
 *         ETCD_ERR_BAD_HANDLE, also if it is closed during the wait, ETCD_ERR_FORKED, or
 *         ETCD_ERR_CLOSED once the client is closed.
 * @par Thread safety  Any thread, any number at once; each response is taken once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_connection_watch_next(etcd_connection_watch_t *connection,
    int32_t wait_ms, etcd_connection_watch_response_t **out, etcd_error_t **err);

/**
 * Closes a stream. Connections are not affected.
 *
 * A wait in etcd_connection_watch_next() ends with ETCD_ERR_BAD_HANDLE.
 *
 * @param connection  May be NULL, or closed already.
 * @par Thread safety  Any thread, also in a queue's callback.
 * @since 0.1
 */
ETCD_API void etcd_connection_watch_close(etcd_connection_watch_t *connection);

/**
 * Frees a response and all that it points to.
 *
 * @param response  May be NULL. Not one that belongs to an event.
 * @par Thread safety  Any thread; once.
 * @since 0.1
 */
ETCD_API void etcd_connection_watch_response_free(etcd_connection_watch_response_t *response);

/** @} */

/**
 * @defgroup etcd_counters Counters
 *
 * @{
 */

/**
 * Counters of a client since it was opened; they never fall. Begin with ETCD_COUNTERS_INIT;
 * later versions append fields.
 */
struct etcd_counters_t {
  /**
   * Set by ETCD_COUNTERS_INIT.
   */
  size_t size;
  /**
   * Calls begun. A call counts once, however often it is sent. The library's own calls are
   * included, such as those that begin a watch. Streams of watches, keepalives and pages are
   * not.
   */
  uint64_t calls;
  /**
   * Calls that ended with an error, or were cancelled.
   */
  uint64_t calls_failed;
  /**
   * Number of times a call was sent again, or to a second member.
   */
  uint64_t retries;
  /**
   * Connections that were established. 0 for mem:.
   */
  uint64_t connections_opened;
  /**
   * Connections that have ended without being closed by the client.
   */
  uint64_t connections_lost;
  /**
   * Number of times a watch was resumed after a break.
   */
  uint64_t watches_resumed;
  /**
   * Number of times a watch was cancelled because its reader fell behind, and later resumed
   * from the next event.
   */
  uint64_t watches_paused;
  /**
   * Number of times the current keys were delivered in place of events that were compacted
   * away, with ETCD_WATCH_RESYNC.
   */
  uint64_t watches_resynced;
  /**
   * Events delivered to the readers of watches.
   */
  uint64_t watch_events;
  /**
   * Events that a server sent twice, and that were dropped.
   */
  uint64_t watch_duplicates;
  /**
   * Authentication tokens fetched, the first included.
   */
  uint64_t token_refreshes;
  /**
   * Renewals requested for leases of etcd_lease_keep_alive_open().
   */
  uint64_t keep_alives_sent;
  /**
   * Renewals answered.
   */
  uint64_t keep_alives_answered;
  /**
   * Kept-alive leases that were not ended by this client: lost, refused, or revoked by
   * another client.
   */
  uint64_t leases_lost;
  /**
   * Bytes written to connections, TLS and HTTP/2 included.
   */
  uint64_t bytes_sent;
  /**
   * Bytes read from connections.
   */
  uint64_t bytes_received;
};

/** Initialises an etcd_counters_t. */
#define ETCD_COUNTERS_INIT \
  { sizeof(etcd_counters_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/**
 * Reads a client's counters.
 *
 * Does not block, and does not slow the client down. Each number is exact; the numbers are
 * not all of one moment.
 *
 * @param client        Open client.
 * @param[in,out] counters  Begin with ETCD_COUNTERS_INIT. Fields that this version does not
 *                      know are set to 0. Unchanged after a failure.
 * @param[out] err      May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_UNSUPPORTED, ETCD_ERR_BAD_HANDLE or
 *         ETCD_ERR_FORKED.
 * @par Thread safety  Any thread, any number at once.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_client_counters(etcd_client_t *client, etcd_counters_t *counters,
    etcd_error_t **err);

/**
 * Returns a client's counters, and the state of its connections, as text for Prometheus.
 *
 * The names are the fields of etcd_counters_t between "libetcd_" and "_total", and
 * libetcd_connection_up, each with a HELP and a TYPE line. Prometheus accepts a name once in a
 * text: a program with several clients serves each text on a page of its own, or writes one
 * text from etcd_client_counters().
 *
 * @param client    Open client.
 * @param label     Value of a label `client` on every line; NULL or "" for no label.
 * @param[out] out  The text, with a newline at its end; free it with etcd_text_free().
 * @param[out] err  May be NULL. On failure an error; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_INVALID_ARGUMENT, ETCD_ERR_BAD_HANDLE or ETCD_ERR_FORKED.
 * @par Thread safety  Any thread, any number at once.
 * @since 0.1
 */
ETCD_API etcd_status_t etcd_client_counters_text(etcd_client_t *client, const char *label,
    char **out, etcd_error_t **err);

/**
 * Frees a text of etcd_client_counters_text().
 *
 * @param text  May be NULL. Its length must not have been changed.
 * @par Thread safety  Any thread; once.
 * @since 0.1
 */
ETCD_API void etcd_text_free(char *text);

/** @} */

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* ETCD_H */
