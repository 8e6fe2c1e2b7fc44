/* SPDX-License-Identifier: MIT OR Apache-2.0
 * Generated from src/ by `make header`: do not edit. */

#ifndef ETCD_API_H
#define ETCD_API_H

/**
 * @file etcd-api.h
 * libetcd: the classic interface, that of the old etcd-api, on etcd v3.
 *
 * Programs written for it compile without a change; see docs/etcd-api.md. It may be included
 * together with etcd.h, in either order.
 *
 * Contents:
 * - @ref etcd_classic "The classic calls"
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef ETCD_API
/** Stands before every function: a program may define it before the include. */
#define ETCD_API extern
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** @cond */
typedef struct etcd_server etcd_server;
/** @endcond */

/**
 * @defgroup etcd_classic The classic calls
 *
 * @{
 */

/**
 * An open session. It is an etcd_client_t * too: the calls of etcd.h take it,
 * and the calls here take a client that etcd_client_open() has opened, with
 * TLS or a password if need be.
 */
typedef void *etcd_session;

/**
 * Where a server listens.
 */
struct etcd_server {
  /**
   * Host name or address; also an endpoint that needs no port: unix:/path,
   * or mem:NAME alone. NULL ends a list.
   */
  char *host;
  /**
   * TCP port; 0 for 2379.
   */
  unsigned short port;
};

/**
 * How a call ended: ETCD_OK, ETCD_PROTOCOL_ERROR or ETCD_WTF.
 */
typedef int32_t etcd_result;

/**
 * Done.
 */
#define ETCD_OK 0

/**
 * Surely refused: a bad argument, no such key, another value than the
 * precondition, a lock that is not held, a compacted index, no permission.
 * Nothing was changed.
 */
#define ETCD_PROTOCOL_ERROR 1

/**
 * Anything else: no server answered, or the answer was lost, and then a change
 * may have been made.
 */
#define ETCD_WTF 2

/**
 * Opens a session with a list of servers.
 *
 * Quick: connecting goes on in the background, and no server needs to be
 * reachable. The list is copied.
 *
 * @param server_list  Ended by one whose host is NULL.
 * @return The session; close it with etcd_close(). NULL if the list is empty or cannot be
 *         understood, or memory or threads are short.
 * @par Thread safety  Any thread.
 */
ETCD_API etcd_session etcd_open(const etcd_server *server_list);

/**
 * Opens a session with servers in a string.
 *
 * @param server_names  host:port, separated by comma, semicolon or white space; the port
 *                      defaults to 2379. Also http://host:port, https://host:port,
 *                      unix:/path, or alone mem: or mem:NAME, a store inside this process.
 * @return The session; close it with etcd_close_str(). NULL as for etcd_open();
 *         etcd_client_open_endpoints() of etcd.h reports the reason.
 * @par Thread safety  Any thread.
 */
ETCD_API etcd_session etcd_open_str(const char *server_names);

/**
 * Closes a session. Calls in progress on it, in any thread, end.
 *
 * @param session  May be NULL, or closed already.
 * @par Thread safety  Any thread.
 */
ETCD_API void etcd_close(etcd_session session);

/**
 * The same as etcd_close().
 *
 * @param session  May be NULL, or closed already.
 * @par Thread safety  Any thread.
 */
ETCD_API void etcd_close_str(etcd_session session);

/**
 * Reads a key.
 *
 * A key that has no value, but has others below it ("dir/a" and "dir/b/c" are
 * below "dir"), gives the whole names of those directly below ("dir/a" and
 * "dir/b"), one a line, sorted; "dir/" asks for them even if "dir" has a
 * value, "" for those at the top.
 *
 * @param session  Open session.
 * @param key      The key, exactly as it is stored.
 * @return The value, which the caller passes to free(); what follows a zero byte in it is
 *         cut off. NULL if there is no such key or no answer: see etcd_client_last_error().
 * @par Thread safety  Any thread, any number at once. At most 5 seconds, unless
 *      etcd_client_open() was given another timeout; that holds for all calls with a deadline.
 */
ETCD_API char *etcd_get(etcd_session session, const char *key);

/**
 * Waits for a change of a key, or of one below it ("pfx" and "pfx/...").
 *
 * The first call, without an index, waits for what happens from now on. The
 * next asks with the index of the last event plus one, and so on: then no event
 * is missed, through outages too, and those of one transaction come one a call
 * with the same index. The session remembers where each thread is in that. Has
 * no deadline: goes on until something happens or the session is closed.
 *
 * @param session         Open session.
 * @param pfx             The key.
 * @param[out] keyp       The key that changed; the caller passes it to free().
 * @param[out] valuep     Its value, which the caller passes to free(); NULL if it was deleted
 *                        or has expired.
 * @param index_in        Where to begin; NULL, or one of 0, from now on. An index (an etcd
 *                        revision) of long ago may have been compacted away: then
 *                        ETCD_PROTOCOL_ERROR.
 * @param[out] index_out  The index of the event; may be NULL, or the same as index_in. An
 *                        index beyond INT_MAX is ETCD_WTF.
 * @return ETCD_OK, ETCD_PROTOCOL_ERROR or ETCD_WTF; then the out-parameters are NULL and
 *         index_out is untouched.
 * @par Thread safety  Any thread, any number at once.
 */
ETCD_API etcd_result etcd_watch(etcd_session session, const char *pfx, char **keyp, char **valuep,
    const int *index_in, int *index_out);

/**
 * Writes a key.
 *
 * @param session  Open session.
 * @param key      The key, stored exactly as given; not "".
 * @param value    Its value. NULL deletes the key, as etcd_delete() does.
 * @param precond  If not NULL, the value that the key must have; otherwise the call is
 *                 refused with ETCD_PROTOCOL_ERROR. A key that does not exist has none, not
 *                 even "".
 * @param ttl      Seconds after which the key is deleted, unless it is set again before; etcd
 *                 makes 2 of 1. 0 for never. Each such call makes a lease that lives so long.
 * @return ETCD_OK, ETCD_PROTOCOL_ERROR or ETCD_WTF.
 * @par Thread safety  Any thread, any number at once.
 */
ETCD_API etcd_result etcd_set(etcd_session session, const char *key, const char *value,
    const char *precond, unsigned int ttl);

/**
 * Deletes a key, and only it, not what is below it.
 *
 * @param session  Open session.
 * @param key      The key.
 * @return ETCD_OK; ETCD_PROTOCOL_ERROR also if there is no such key; ETCD_WTF.
 * @par Thread safety  Any thread, any number at once.
 */
ETCD_API etcd_result etcd_delete(etcd_session session, const char *key);

/**
 * Says which member leads the cluster.
 *
 * @param session  Open session.
 * @return The member's id in hexadecimal, which the caller passes to free(); NULL if none
 *         leads or answers.
 * @par Thread safety  Any thread, any number at once.
 */
ETCD_API char *etcd_leader(etcd_session session);

/**
 * Gets a lock, or renews one.
 *
 * Without index_in it gets in line for the lock and waits for its turn, as long
 * as that takes or until the session is closed. From then on the lock is held
 * for ttl seconds (less a tenth at most, if the answer was slow), unless it is
 * renewed with its index, and then for ttl seconds from when that call was made:
 * nothing renews it behind the caller's back. `etcdctl lock` with the same name
 * waits in the same line.
 *
 * A process that ends while it waits stays in line until ttl is over; closing
 * the session takes it out.
 *
 * With index_in it returns at once, with ETCD_PROTOCOL_ERROR if the lock is no
 * longer held: then another session may hold it.
 *
 * A holder that was stopped for longer than ttl seconds does not know that it has
 * lost the lock until it asks. What must not be done twice needs more than a lock.
 *
 * @param session         Open session.
 * @param key             The name of the lock, not "".
 * @param ttl             Seconds, not 0; etcd makes 2 of 1. When a lock is renewed, it keeps
 *                        those that it was granted with.
 * @param index_in        NULL, or the index of a lock that is held.
 * @param[out] index_out  The index of the lock; the caller passes it to free(). May be NULL
 *                        when a lock is renewed.
 * @return ETCD_OK, ETCD_PROTOCOL_ERROR or ETCD_WTF; then index_out is NULL.
 * @par Thread safety  Any thread, any number at once; threads that get the lock of one name
 *      with one session exclude each other too.
 */
ETCD_API etcd_result etcd_lock(etcd_session session, const char *key, unsigned int ttl,
    const char *index_in, char **index_out);

/**
 * Releases a lock.
 *
 * @param session  Open session; it need not be the one that got the lock.
 * @param key      The name of the lock.
 * @param index    Its index.
 * @return ETCD_OK; ETCD_PROTOCOL_ERROR if the lock is not, or no longer, held; ETCD_WTF.
 * @par Thread safety  Any thread, any number at once.
 */
ETCD_API etcd_result etcd_unlock(etcd_session session, const char *key, const char *index);

/** @} */

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* ETCD_API_H */
