/* A queue in libuv's loop: a timer of libuv's puts a number, and a watch sees it. Build with pkg-config's libetcd libuv.
 * usage: libuv [ENDPOINTS] */
#define _POSIX_C_SOURCE 200809L
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { PUTS = 3 };

struct app {
    etcd_client_t *client;
    etcd_queue_t *queue;
    etcd_watch_t *watch;
    uv_poll_t poll;
    uv_timer_t timer;
    int started, put, seen, failed;
};

static void complain(const char *what, const etcd_error_t *error)
{
    fprintf(stderr, "libuv: %s: %s: %s\n", what, etcd_status_name(error->status), error->message);
}

/* Leaves nothing for the loop to wait for, so uv_run() returns. */
static void stop(struct app *app)
{
    if (uv_is_closing((uv_handle_t *)&app->poll)) return;
    uv_close((uv_handle_t *)&app->poll, NULL);
    uv_close((uv_handle_t *)&app->timer, NULL);
}

static void fail(struct app *app, const char *what, const etcd_error_t *error)
{
    complain(what, error);
    app->failed = 1;
    stop(app);
}

static void on_timer(uv_timer_t *timer)
{
    struct app *app = timer->data;
    etcd_error_t *error;
    char value[12];

    snprintf(value, sizeof value, "%d", ++app->started);
    if (app->started == PUTS) uv_timer_stop(timer);
    if (etcd_kv_put_async(app->client, etcd_str("libuv/n"), etcd_str(value), NULL, app->queue, NULL, NULL, &error)) {
        fail(app, "put", error);
        etcd_error_free(error);
    }
}

static void on_event(etcd_event_t *event, void *arg)
{
    struct app *app = arg;
    const etcd_watch_response_t *response = etcd_event_response(event, ETCD_EVENT_WATCH);
    size_t i;

    if (etcd_event_status(event) != ETCD_OK) {
        fail(app, "event", etcd_event_error(event));
        return;
    }
    if (etcd_event_kind(event) == ETCD_EVENT_PUT_RESPONSE) printf("put %d\n", ++app->put);
    /* The watch has begun, and sees what is put from now on. */
    if (response && response->kind == ETCD_WATCH_RESPONSE_CREATED) uv_timer_start(&app->timer, on_timer, 50, 50);
    for (i = 0; response && i < response->event_count; i++, app->seen++) {
        const etcd_bytes_t *value = &response->events[i].kv.value;
        printf("watch %.*s\n", (int)value->len, (const char *)value->data);
    }
    if (app->put == PUTS && app->seen >= PUTS) stop(app);
}

static void on_readable(uv_poll_t *poll, int uv_status, int readable)
{
    struct app *app = poll->data;
    etcd_error_t *error;
    etcd_status_t status;

    (void)readable;
    if (uv_status < 0) {
        fprintf(stderr, "libuv: poll: %s\n", uv_strerror(uv_status));
        app->failed = 1;
        stop(app);
        return;
    }
    status = etcd_queue_dispatch(app->queue, 0, on_event, app, NULL, &error);
    if (status != ETCD_OK && status != ETCD_EMPTY) {
        fail(app, "queue", error);
        etcd_error_free(error);
    }
}

/* Returns 0, or an error of libuv's. What was begun is closed by the loop. */
static int run(struct app *app, uv_loop_t *loop)
{
    int result = uv_poll_init(loop, &app->poll, etcd_queue_fd(app->queue));

    if (result) return result;
    uv_timer_init(loop, &app->timer); /* cannot fail, as in libuv's manual */
    app->poll.data = app->timer.data = app;
    result = uv_poll_start(&app->poll, UV_READABLE, on_readable);
    if (result) stop(app);
    uv_run(loop, UV_RUN_DEFAULT);
    return result;
}

int main(int argc, char **argv)
{
    struct app app;
    etcd_error_t *error;
    uv_loop_t loop;
    int result;

    memset(&app, 0, sizeof app);
    if ((result = uv_loop_init(&loop))) {
        fprintf(stderr, "libuv: %s\n", uv_strerror(result));
        return EXIT_FAILURE;
    }
    if (etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &app.client, &error)
        || etcd_queue_new(NULL, &app.queue, &error)
        || etcd_watch_open(app.client, etcd_str("libuv/n"), NULL, app.queue, NULL, &app.watch, &error)) {
        complain("open", error);
        etcd_error_free(error);
        app.failed = 1;
    } else if ((result = run(&app, &loop))) {
        fprintf(stderr, "libuv: %s\n", uv_strerror(result));
        app.failed = 1;
    }
    /* libuv first: the descriptor is closed with the queue. */
    uv_loop_close(&loop);
    etcd_watch_close(app.watch);
    etcd_queue_free(app.queue);
    etcd_client_close(app.client);
    return app.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
