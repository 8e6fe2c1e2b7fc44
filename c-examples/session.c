/* A lease kept alive, a key on it, and what to do when it is lost: how a program says
 * "I am here" to others.
 *
 * usage: session [ENDPOINTS] [SECONDS] */
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(etcd_status_t status, etcd_error_t *err) {
    if (status >= 0) return;
    fprintf(stderr, "%s: %s\n", etcd_status_name(status), err->message);
    exit(1);
}

int main(int argc, char **argv) {
    const char *endpoints = argc > 1 ? argv[1] : "mem:";
    int rounds = argc > 2 ? atoi(argv[2]) : 3;
    etcd_client_t *client;
    etcd_lease_grant_response_t *lease;
    etcd_put_options_t with_lease = ETCD_PUT_OPTIONS_INIT;
    etcd_lease_keep_alive_t *session;
    etcd_error_t *err = NULL;
    etcd_status_t status = ETCD_EMPTY;
    int64_t id;

    check(etcd_client_open_endpoints(endpoints, &client, &err), err);
    check(etcd_lease_grant(client, 10, NULL, &lease, &err), err);
    id = lease->id;
    printf("lease of %d s\n", (int)lease->ttl);
    etcd_lease_grant_response_free(lease);
    check(etcd_lease_keep_alive_open(client, id, NULL, NULL, NULL, &session, &err), err);

    with_lease.lease = id;
    check(etcd_kv_put(client, etcd_str("example/here"), etcd_str("yes"), &with_lease, NULL, &err), err);

    for (; rounds > 0 && status == ETCD_EMPTY; rounds--) {
        /* Before each piece of work that only the holder may do: is there time for it? */
        if (etcd_lease_keep_alive_left_ms(session) > 2000) printf("here, and working\n");
        /* Only the end is reported. */
        status = etcd_lease_keep_alive_next(session, 1000, NULL, &err);
    }
    if (status < 0) {
        /* The key is gone, or will be: stop, or begin again with a new lease. */
        printf("lost: %s\n", err->message);
        etcd_error_free(err);
    }
    etcd_lease_keep_alive_close(session);
    /* Others need not wait for the lease to run out. */
    if (status == ETCD_EMPTY) {
        check(etcd_lease_revoke(client, id, NULL, NULL, &err), err);
        printf("gone\n");
    }
    etcd_client_close(client);
    return status == ETCD_EMPTY ? 0 : 1;
}
