/* No loop: a thread of the library's calls back, each call and the watch with a function of its own.
 * usage: callbacks [ENDPOINTS]; build with -pthread */
#include <etcd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { PUTS = 3 };

/* What both threads use. */
struct app {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int begun, put, seen, failed;
};

static void add(struct app *app, int *counter, size_t count)
{
    pthread_mutex_lock(&app->mutex);
    *counter += (int)count;
    pthread_cond_signal(&app->changed);
    pthread_mutex_unlock(&app->mutex);
}

static void on_put(etcd_event_t *event, void *arg)
{
    struct app *app = arg;
    const etcd_error_t *error = etcd_event_error(event);

    if (error) {
        fprintf(stderr, "callbacks: put: %s, %s\n", error->message,
                error->outcome == ETCD_MAYBE_APPLIED ? "may have been applied" : "not applied");
        add(app, &app->failed, 1);
    } else {
        printf("put\n");
        add(app, &app->put, 1);
    }
}

/* Freed with the event when this returns, unless it is kept or taken. */
static void on_watch(etcd_event_t *event, void *arg)
{
    struct app *app = arg;
    const etcd_watch_response_t *response = etcd_event_response(event, ETCD_EVENT_WATCH);
    size_t i;

    if (!response) {
        fprintf(stderr, "callbacks: the watch has ended: %s\n", etcd_event_error(event)->message);
        add(app, &app->failed, 1);
        return;
    }
    for (i = 0; i < response->event_count; i++) {
        const etcd_bytes_t *value = &response->events[i].kv.value;
        printf("watch %.*s\n", (int)value->len, (const char *)value->data);
    }
    if (response->kind == ETCD_WATCH_RESPONSE_CREATED) add(app, &app->begun, 1);
    else add(app, &app->seen, response->event_count);
}

int main(int argc, char **argv)
{
    static const char *const values[PUTS] = { "one", "two", "three" };
    struct app app = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0 };
    /* They stay where they are until the queue is freed. */
    etcd_handler_t put_handler = ETCD_HANDLER_INIT, watch_handler = ETCD_HANDLER_INIT;
    etcd_client_t *client = NULL;
    etcd_queue_t *queue = NULL;
    etcd_watch_t *watch = NULL;
    etcd_error_t *error = NULL;
    int i, failed;

    put_handler.callback = on_put;
    watch_handler.callback = on_watch;
    put_handler.arg = watch_handler.arg = &app;
    if (etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &client, &error)) goto done;
    if (etcd_queue_new(NULL, &queue, &error)) goto done;
    if (etcd_queue_start_handler_dispatcher(queue, &error)) goto done;
    if (etcd_watch_open(client, etcd_str("callbacks/k"), NULL, queue, &watch_handler, &watch, &error)) goto done;

    /* The first event of a watch says that it has begun: what is put from now on is seen. */
    pthread_mutex_lock(&app.mutex);
    while (!app.failed && !app.begun) pthread_cond_wait(&app.changed, &app.mutex);
    pthread_mutex_unlock(&app.mutex);
    for (i = 0; i < PUTS; i++)
        if (etcd_kv_put_async(client, etcd_str("callbacks/k"), etcd_str(values[i]), NULL, queue, &put_handler, NULL, &error))
            goto done;

    pthread_mutex_lock(&app.mutex);
    while (!app.failed && (app.put < PUTS || app.seen < PUTS)) pthread_cond_wait(&app.changed, &app.mutex);
    pthread_mutex_unlock(&app.mutex);

done:
    if (error) fprintf(stderr, "callbacks: %s: %s\n", etcd_status_name(error->status), error->message);
    etcd_watch_close(watch);
    etcd_queue_free(queue); /* from here on nothing is called back, and app is this thread's alone */
    etcd_client_close(client);
    failed = app.failed || error != NULL;
    etcd_error_free(error);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
