/* A job that one program does at a time. It writes only while it has the lock, and ends when the lock is lost.
 * usage: lock [ENDPOINTS] */
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>

static void check(etcd_status_t status, etcd_error_t **error) {
    if (status >= 0) return;
    fprintf(stderr, "lock: %s: %s\n", etcd_status_name(status), (*error)->message);
    exit(EXIT_FAILURE);
}

/* A step of the job, which is done only if the lock is still ours then: a program may be stopped at any moment. */
static int write_step(etcd_client_t *client, etcd_mutex_t *lock, const char *step) {
    etcd_txn_response_t *done = NULL;
    etcd_error_t *error = NULL;
    etcd_txn_t *txn = etcd_txn_new();
    etcd_status_t status;
    int succeeded;
    etcd_mutex_fence(lock, txn); /* what fails here fails the commit */
    etcd_txn_put(txn, ETCD_BRANCH_THEN, etcd_str("job/step"), etcd_str(step), NULL);
    status = etcd_txn_commit(client, txn, NULL, &done, &error);
    if (status != ETCD_ERR_LOCK_LOST) check(status, &error); /* known to be lost already */
    succeeded = done != NULL && done->succeeded;
    etcd_error_free(error);
    etcd_txn_response_free(done);
    etcd_txn_free(txn);
    return succeeded;
}

int main(int argc, char **argv) {
    etcd_lease_session_options_t of_session = ETCD_LEASE_SESSION_OPTIONS_INIT;
    etcd_ownership_response_t *ours;
    etcd_client_t *client;
    etcd_lease_session_t *session;
    etcd_mutex_t *lock;
    etcd_queue_t *queue;
    etcd_event_t *event;
    etcd_error_t *error = NULL;
    of_session.ttl = 10; /* how long the others wait if this program is gone */
    check(etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, &error), &error);
    check(etcd_lease_session_open(client, &of_session, &session, &error), &error);
    check(etcd_mutex_open(session, etcd_str("job/lock"), &lock, &error), &error);
    check(etcd_queue_new(NULL, &queue, &error), &error);

    check(etcd_mutex_lock(lock, NULL, &ours, &error), &error);
    printf("locked: %.*s\n", (int)ours->key.len, (const char *)ours->key.data);
    /* Nothing else may write what the job writes; what is not in etcd gets ours->create_revision along. */
    check(etcd_mutex_lost_async(lock, NULL, queue, NULL, NULL, &error), &error);
    if (write_step(client, lock, "1")) puts("step 1");

    /* What an administrator does who deletes the key. */
    check(etcd_kv_delete(client, ours->key, NULL, NULL, &error), &error);
    check(etcd_queue_next(queue, 10000, &event, &error), &error);
    printf("lost: %s\n", etcd_event_error(event)->message);
    etcd_event_free(event);
    if (!write_step(client, lock, "2")) puts("step 2 is left to others");

    etcd_ownership_response_free(ours);
    etcd_queue_free(queue);
    etcd_mutex_close(lock);
    etcd_lease_session_close(session);
    etcd_client_close(client);
    return 0;
}
