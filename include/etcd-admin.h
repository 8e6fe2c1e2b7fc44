/* SPDX-License-Identifier: MIT OR Apache-2.0
 * Generated from src/ by `make header`: do not edit. */

#ifndef ETCD_ADMIN_H
#define ETCD_ADMIN_H

/**
 * @file etcd-admin.h
 * libetcd: administration of etcd v3.
 *
 * What holds for the calls of etcd.h holds for these, such as options, errors and responses. They only
 * block: none has a form that ends with an `_async`.
 *
 * Contents:
 * - @ref etcd_member "Members of a cluster"
 * - @ref etcd_maintenance "Maintenance"
 * - @ref etcd_lock_service "The lock service"
 */

#include "etcd.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @cond */
typedef struct etcd_lock_service_lock_response_t etcd_lock_service_lock_response_t;
typedef struct etcd_maintenance_status_response_t etcd_maintenance_status_response_t;
typedef struct etcd_member_list_response_t etcd_member_list_response_t;
typedef struct etcd_member_t etcd_member_t;
/** @endcond */

/**
 * @defgroup etcd_member Members of a cluster
 *
 * @{
 */

/**
 * A member of the cluster. Made by the library; read it, never copy it or take its size:
 * later versions append fields.
 */
struct etcd_member_t {
  /**
   * Its number; never 0.
   */
  uint64_t id;
  /**
   * Its name, as configured; "" until it has started for the first time. Never NULL.
   */
  const char *name;
  /**
   * Where the other members reach it.
   */
  const char *const *peer_urls;
  /**
   * Number of elements of peer_urls.
   */
  size_t peer_url_count;
  /**
   * Where clients reach it, as it says itself; none until it has started.
   */
  const char *const *client_urls;
  /**
   * Number of elements of client_urls.
   */
  size_t client_url_count;
  /**
   * Whether it only learns: it has no vote, and answers few calls.
   */
  bool is_learner;
};

/**
 * Reply to etcd_member_list(). Made by the library; read it, never copy it or take its size:
 * later versions append fields. Free it with etcd_member_list_response_free().
 */
struct etcd_member_list_response_t {
  /**
   * The member that answered; the revision may be 0.
   */
  etcd_header_t header;
  /**
   * The members; valid until the response is freed.
   */
  const etcd_member_t *const *members;
  /**
   * Number of elements of members.
   */
  size_t member_count;
};

/**
 * Frees an etcd_member_list_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_member_list_response_free(etcd_member_list_response_t *response);

/**
 * Lists the members of the cluster.
 *
 * The list is the one that the cluster has agreed on, unless ETCD_SERIALIZABLE asks for
 * what one member knows of it. Servers before 3.5 always answer with the latter. With mem:
 * there is one member, without a URL.
 *
 * @param client Open client.
 * @param options May be NULL for defaults. Flags: ETCD_SERIALIZABLE, ETCD_REQUIRE_LEADER.
 * @param[out] out The reply; free it with etcd_member_list_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_member_list(etcd_client_t *client,
    const etcd_call_options_t *options, etcd_member_list_response_t **out, etcd_error_t **err);

/** @} */

/**
 * @defgroup etcd_maintenance Maintenance
 *
 * @{
 */

/**
 * Reply to etcd_maintenance_status(). Made by the library; read it, never copy it or take its
 * size: later versions append fields. Free it with etcd_maintenance_status_response_free().
 *
 * Fields that the server does not know are 0 or "".
 */
struct etcd_maintenance_status_response_t {
  /**
   * The member, and the revision that it has come to.
   */
  etcd_header_t header;
  /**
   * The version of the server, such as "3.6.4". Never NULL.
   */
  const char *version;
  /**
   * The version of its data, from 3.6 on. Never NULL.
   */
  const char *storage_version;
  /**
   * Bytes of its database file.
   */
  int64_t db_size;
  /**
   * Bytes of it that are in use; a defragmentation frees the others.
   */
  int64_t db_size_in_use;
  /**
   * Bytes that the database may take, from 3.6 on.
   */
  int64_t db_size_quota;
  /**
   * The member that it knows as the leader; 0 for none.
   */
  uint64_t leader;
  /**
   * The Raft term that it knows.
   */
  uint64_t raft_term;
  /**
   * The last entry of the Raft log that it knows to be committed.
   */
  uint64_t raft_index;
  /**
   * The last entry of the Raft log that it has applied.
   */
  uint64_t raft_applied_index;
  /**
   * What is wrong with it, such as an alarm, in words; valid until the response is freed.
   */
  const char *const *errors;
  /**
   * Number of elements of errors.
   */
  size_t error_count;
  /**
   * Whether it only learns: it has no vote, and answers few calls.
   */
  bool is_learner;
};

/**
 * Frees an etcd_maintenance_status_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_maintenance_status_response_free(etcd_maintenance_status_response_t *response);

/**
 * Returns the state of one member.
 *
 * To see all of a cluster, open a client with all endpoints, or call etcd_client_sync(),
 * and ask for each.
 *
 * @param client Open client.
 * @param endpoint One of the client's endpoints; NULL for the member that answers other calls.
 *   Another one is ETCD_ERR_INVALID_ARGUMENT.
 * @param options May be NULL for defaults.
 * @param[out] out The reply; free it with etcd_maintenance_status_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_maintenance_status(etcd_client_t *client,
    const char *endpoint, const etcd_call_options_t *options,
    etcd_maintenance_status_response_t **out, etcd_error_t **err);

/** @} */

/**
 * @defgroup etcd_lock_service The lock service
 *
 * @{
 */

/**
 * Reply to etcd_lock_service_lock(). Made by the library; read it, never copy it or take its
 * size: later versions append fields. Free it with etcd_lock_service_lock_response_free().
 */
struct etcd_lock_service_lock_response_t {
  /**
   * The member that answered, and the revision of the store then.
   */
  etcd_header_t header;
  /**
   * The key that stands for the lock: it is there for as long as the lock is held. Valid
   * until the response is freed.
   */
  etcd_bytes_t key;
};

/**
 * Frees an etcd_lock_service_lock_response_t and all that it points to.
 *
 * @param response  May be NULL.
 * @since 0.1
 */
ETCD_API void etcd_lock_service_lock_response_free(etcd_lock_service_lock_response_t *response);

/**
 * Takes a lock, by the lock service of the servers, and waits while others hold it.
 *
 * The lock is the key NAME/LEASE, as that of `etcdctl lock`: the creator of the first key
 * that begins with NAME/ holds the lock, until the key is deleted or its lease ends. Keep
 * the lease alive, see etcd_lease_keep_alive_open(), also during this call. With a lease
 * that holds the lock already, the call returns at once.
 *
 * Once a server has the call, it is not repeated. After an error with the outcome
 * ETCD_MAYBE_APPLIED the lock may be held, or may still be granted: revoke the lease. Servers
 * before 3.5 grant the lock even if the lease was lost during the wait.
 *
 * @param client Open client.
 * @param name Any bytes, also none.
 * @param lease The lease that the lock lives with; not 0. The server would grant one that ends
 *   after a minute, whether the lock is held or not.
 * @param options May be NULL for defaults. timeout_ms 0 is no deadline.
 * @param[out] out The reply; free it with etcd_lock_service_lock_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_LEASE_NOT_FOUND, ETCD_ERR_LEASE_LOST if the lease has ended during
 *   the wait, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lock_service_lock(etcd_client_t *client, etcd_bytes_t name,
    int64_t lease, const etcd_call_options_t *options, etcd_lock_service_lock_response_t **out,
    etcd_error_t **err);

/**
 * Releases a lock: deletes the key that stands for it. Its lease goes on.
 *
 * It is no error if there is no such key. Any key is deleted, also one that is not a
 * lock's. Once a server has the call, it is not repeated.
 *
 * @param client Open client.
 * @param key The key that etcd_lock_service_lock() returned.
 * @param options May be NULL for defaults.
 * @param[out] out May be NULL if the reply is not wanted; else free it with
 *   etcd_header_response_free().
 * @param[out] err May be NULL. The error after a failure; free it with etcd_error_free().
 * @return ETCD_OK, ETCD_ERR_EMPTY_KEY, or a status that any call returns.
 * @par Thread safety Any thread, any number at once.
 * @since 0.1
 */
ETCD_MUST_USE ETCD_API etcd_status_t etcd_lock_service_unlock(etcd_client_t *client,
    etcd_bytes_t key, const etcd_call_options_t *options, etcd_header_response_t **out,
    etcd_error_t **err);

/** @} */

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* ETCD_ADMIN_H */
