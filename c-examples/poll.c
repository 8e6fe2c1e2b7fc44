/* One poll() for a queue and a pipe: a timer's signal puts a number, each put is read back, and a watch sees it.
 * usage: poll [ENDPOINTS] */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <etcd.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { PUTS = 3 };

struct app {
    etcd_client_t *client;
    etcd_queue_t *queue;
    int put, got, seen;
};

static int ticks[2]; /* a pipe */

/* Runs on a thread of this program: those of the library take no signals. */
static void tick(int number)
{
    int saved = errno;

    (void)number;
    if (write(ticks[1], "", 1) < 0) { /* full: the loop has ticks enough */ }
    errno = saved;
}

static int make_pipe(void)
{
    if (pipe(ticks) == 0 && fcntl(ticks[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(ticks[1], F_SETFL, O_NONBLOCK) == 0) return 0;
    perror("poll: pipe");
    return -1;
}

static int start_timer(void)
{
    const struct itimerval every = { { 0, 100 * 1000 }, { 0, 100 * 1000 } };
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = tick;
    if (sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &every, NULL) == 0) return 0;
    perror("poll: timer");
    return -1;
}

static int die(const char *what, etcd_error_t *error)
{
    fprintf(stderr, "poll: %s: %s: %s\n", what, etcd_status_name(error->status), error->message);
    etcd_error_free(error);
    return -1;
}

static void print(const char *what, const etcd_kv_t *kv)
{
    printf("%s %.*s\n", what, (int)kv->value.len, (const char *)kv->value.data);
}

static int on_tick(struct app *app)
{
    etcd_error_t *error;
    char value[12];
    char byte;

    if (read(ticks[0], &byte, 1) != 1 || app->put == PUTS) return 0;
    snprintf(value, sizeof value, "%d", ++app->put);
    /* Key and value are copied. The call is over when its event is here, by its deadline at the latest. */
    return etcd_kv_put_async(app->client, etcd_str("poll/n"), etcd_str(value), NULL, app->queue, NULL, NULL, &error)
        ? die("put", error) : 0;
}

static int on_event(struct app *app, const etcd_event_t *event)
{
    const etcd_watch_response_t *response;
    const etcd_get_response_t *found;
    etcd_error_t *error;
    size_t i;

    if (etcd_event_status(event) != ETCD_OK) { /* of a call, or the last word of the watch */
        fprintf(stderr, "poll: %s\n", etcd_event_error(event)->message);
        return -1;
    }
    switch (etcd_event_kind(event)) {
    case ETCD_EVENT_PUT_RESPONSE:
        return etcd_kv_get_async(app->client, etcd_str("poll/n"), NULL, app->queue, NULL, NULL, &error) ? die("get", error) : 0;
    case ETCD_EVENT_GET_RESPONSE:
        found = etcd_event_response(event, ETCD_EVENT_GET_RESPONSE);
        for (i = 0; i < found->kv_count; i++) print("get", &found->kvs[i]);
        app->got++;
        break;
    case ETCD_EVENT_WATCH:
        response = etcd_event_response(event, ETCD_EVENT_WATCH);
        if (response->kind == ETCD_WATCH_RESPONSE_CREATED) return start_timer(); /* it sees what is put from now on */
        for (i = 0; i < response->event_count; i++, app->seen++) print("watch", &response->events[i].kv);
        break;
    }
    return 0;
}

/* All that is there, without waiting. */
static int on_events(struct app *app)
{
    etcd_event_t *event;
    etcd_error_t *error;
    etcd_status_t status;
    int result;

    while ((status = etcd_queue_next(app->queue, 0, &event, &error)) == ETCD_OK) {
        result = on_event(app, event);
        etcd_event_free(event);
        if (result) return result;
    }
    return status == ETCD_EMPTY ? 0 : die("queue", error);
}

static int loop(struct app *app)
{
    struct pollfd wait[2] = { { etcd_queue_fd(app->queue), POLLIN, 0 }, { ticks[0], POLLIN, 0 } };

    if (wait[0].fd < 0) return -1; /* poll() would overlook it */
    while (app->got < PUTS || app->seen < PUTS) {
        if (poll(wait, 2, -1) < 0) {
            if (errno == EINTR) continue;
            perror("poll");
            return -1;
        }
        if (wait[0].revents && on_events(app)) return -1;
        if (wait[1].revents && on_tick(app)) return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct app app = { NULL, NULL, 0, 0, 0 };
    etcd_watch_t *watch = NULL;
    etcd_error_t *error;
    int result;

    if (etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &app.client, &error)
        || etcd_queue_new(NULL, &app.queue, &error)
        || etcd_watch_open(app.client, etcd_str("poll/n"), NULL, app.queue, NULL, &watch, &error))
        result = die("open", error);
    else
        result = make_pipe() || loop(&app);
    etcd_watch_close(watch);
    etcd_queue_free(app.queue);
    etcd_client_close(app.client);
    return result ? EXIT_FAILURE : EXIT_SUCCESS;
}
