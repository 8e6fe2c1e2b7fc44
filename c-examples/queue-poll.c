/* Several calls in flight at once, and one descriptor to wait for.
 * usage: queue-poll [ENDPOINTS] */
#define _POSIX_C_SOURCE 200809L
#include <etcd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { CALLS = 10 };

static int die(const char *what, etcd_error_t *error)
{
    fprintf(stderr, "%s: %s: %s\n", what, etcd_status_name(error->status), error->message);
    etcd_error_free(error);
    return EXIT_FAILURE;
}

/* Takes all that has arrived, without waiting; returns how much, or -1. */
static int drain(etcd_queue_t *queue)
{
    etcd_event_t *event;
    etcd_error_t *error;
    etcd_status_t status;
    int taken = 0;

    for (; (status = etcd_queue_next(queue, 0, &event, &error)) == ETCD_OK; taken++) {
        const int *number = etcd_event_user_data(event);
        if (etcd_event_status(event) == ETCD_OK)
            printf("put %d: revision %lld\n", *number, (long long)etcd_event_put_response(event)->header.revision);
        else
            printf("put %d: %s\n", *number, etcd_event_error(event)->message);
        etcd_event_free(event);
    }
    if (status == ETCD_EMPTY) return taken;
    die("queue", error);
    return -1;
}

static int run(etcd_client_t *client, etcd_queue_t *queue)
{
    const etcd_bytes_t key = { (const uint8_t *)"queue", 5 }, value = { (const uint8_t *)"value", 5 };
    struct pollfd wait = { etcd_queue_fd(queue), POLLIN, 0 };
    static int numbers[CALLS];
    etcd_error_t *error;
    int i, taken;

    for (i = 0; i < CALLS; i++) {
        numbers[i] = i;
        if (etcd_kv_put_async(client, key, value, NULL, queue, &numbers[i], NULL, &error)) return die("put", error);
    }
    for (i = 0; i < CALLS; i += taken) { /* a program's event loop; every call ends by its deadline */
        if (poll(&wait, 1, -1) < 0 || (taken = drain(queue)) < 0) return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    etcd_client_t *client = NULL;
    etcd_queue_t *queue = NULL;
    etcd_error_t *error;
    int result;

    if (etcd_client_open_url(argc > 1 ? argv[1] : "localhost:2379", &client, &error) || etcd_queue_new(&queue, &error))
        result = die("open", error);
    else
        result = run(client, queue);
    etcd_queue_free(queue);
    etcd_client_close(client);
    return result;
}
