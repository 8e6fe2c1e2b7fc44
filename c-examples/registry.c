/* A service registry: a key with an address for as long as the program lives, and news of all others. ^C ends it. */
#define _GNU_SOURCE
#include <etcd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

static void check(etcd_status_t status, etcd_error_t **error) {
    if (status >= 0) return;
    fprintf(stderr, "registry: %s: %s\n", etcd_status_name(status), (*error)->message);
    exit(EXIT_FAILURE);
}

/* The last event, of the watch or of the lease, has an error: then the key is gone, or will be. */
static void on_event(etcd_event_t *event, void *out) {
    const etcd_watch_response_t *watch = etcd_event_response(event, ETCD_EVENT_WATCH);
    etcd_error_t *why = (etcd_error_t *)etcd_event_error(event); /* belongs to the event */
    check(etcd_event_status(event), &why);
    for (size_t i = 0; watch && i < watch->event_count; i++) {
        const etcd_kv_t *kv = &watch->events[i].kv;
        fprintf(out, "%s %.*s %.*s\n", watch->events[i].kind == ETCD_KV_PUT ? "up" : "down", (int)kv->key.len,
                (const char *)kv->key.data, (int)kv->value.len, (const char *)kv->value.data);
    }
    fflush(out);
}

int main(int argc, char **argv) {
    /* From the beginning of history; where that is compacted, the keys as they are now. */
    etcd_watch_options_t all = { .size = sizeof all, .start_revision = 1, .flags = ETCD_PREFIX | ETCD_WATCH_RESYNC };
    etcd_client_t *client;
    etcd_queue_t *queue;
    etcd_watch_t *watch;
    etcd_lease_grant_response_t *lease;
    etcd_lease_keep_alive_t *keep_alive;
    etcd_error_t *error = NULL;
    struct epoll_event ready = { .events = EPOLLIN };
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    sigset_t signals;
    if (argc < 3) return puts("usage: registry services/NAME ADDRESS [ENDPOINTS]");
    sigemptyset(&signals), sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    check(etcd_client_open_endpoints(argc > 3 ? argv[3] : "localhost:2379", &client, &error), &error);
    check(etcd_queue_new(NULL, &queue, &error), &error);
    check(etcd_watch_open(client, etcd_str("services/"), &all, queue, NULL, &watch, &error), &error);
    check(etcd_lease_grant(client, 10, NULL, &lease, &error), &error);
    check(etcd_lease_keep_alive_open(client, lease->id, NULL, queue, NULL, &keep_alive, &error), &error);
    etcd_put_options_t put = { .size = sizeof put, .lease = lease->id };
    check(etcd_kv_put(client, etcd_str(argv[1]), etcd_str(argv[2]), &put, NULL, &error), &error);
    epoll_ctl(epoll, EPOLL_CTL_ADD, signalfd(-1, &signals, SFD_CLOEXEC), &ready); /* known by 0 */
    ready.data.fd = etcd_queue_fd(queue);
    epoll_ctl(epoll, EPOLL_CTL_ADD, ready.data.fd, &ready);
    while (epoll_wait(epoll, &ready, 1, -1) != 1 || ready.data.fd)
        check(etcd_queue_dispatch(queue, 0, on_event, stdout, NULL, &error), &error);
    check(etcd_lease_revoke(client, lease->id, NULL, NULL, &error), &error); /* the others need not wait */
    etcd_queue_free(queue);
    etcd_client_close(client); /* ends the watch and the keep-alive */
    return 0;
}
