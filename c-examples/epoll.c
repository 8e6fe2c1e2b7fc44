/* Many puts, a few in flight at a time, with epoll; a timerfd is the time for all of them, and cancels what is left.
 * usage: epoll [ENDPOINTS [MILLISECONDS]] */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { PUTS = 12, IN_FLIGHT = 4 };

struct put {
    int number;
    etcd_call_t *op; /* NULL: none in this place */
};

struct app {
    etcd_client_t *client;
    etcd_queue_t *queue;
    struct put puts[IN_FLIGHT];
    int to_start, started, ended, failed;
};

static int die(const char *what, etcd_error_t *error)
{
    fprintf(stderr, "epoll: %s: %s: %s\n", what, etcd_status_name(error->status), error->message);
    etcd_error_free(error);
    return -1;
}

/* Fills the free places. The address of one is the user_data, and comes back with the event. */
static int start(struct app *app)
{
    etcd_error_t *error;
    char name[24];
    int i;

    for (i = 0; i < IN_FLIGHT && app->started < app->to_start; i++) {
        struct put *put = &app->puts[i];
        if (put->op) continue;
        put->number = app->started;
        snprintf(name, sizeof name, "epoll/%d", put->number);
        if (etcd_kv_put_async(app->client, etcd_str(name), etcd_str("value"), NULL, app->queue, put, &put->op, &error))
            return die("put", error);
        app->started++;
    }
    return 0;
}

static void finish(struct app *app, const etcd_event_t *event)
{
    struct put *put = etcd_event_user_data(event);
    const etcd_error_t *error = etcd_event_error(event);

    if (error) {
        printf("put %d: %s, %s\n", put->number, etcd_status_name(error->status),
               error->outcome == ETCD_MAYBE_APPLIED ? "may have been applied" : "not applied");
        app->failed++;
    } else {
        printf("put %d: done\n", put->number);
    }
    put->op = NULL; /* a handle ends with its event, and needs no freeing */
    app->ended++;
}

/* One batch: if there is more the descriptor stays readable, and others get their turn before. */
static int on_queue(struct app *app)
{
    etcd_event_t *events[IN_FLIGHT];
    etcd_error_t *error;
    size_t count, i;
    etcd_status_t status = etcd_queue_next_batch(app->queue, 0, events, IN_FLIGHT, &count, &error);

    if (status != ETCD_OK) return status == ETCD_EMPTY ? 0 : die("queue", error);
    for (i = 0; i < count; i++) {
        finish(app, events[i]);
        etcd_event_free(events[i]);
    }
    return start(app);
}

/* What is cancelled ends with an event as everything does, so the loop goes on until all have come. */
static void on_timer(struct app *app, int timer)
{
    uint64_t times;
    int i;

    if (read(timer, &times, sizeof times) < 0) return;
    printf("time is up\n");
    app->to_start = app->started;
    for (i = 0; i < IN_FLIGHT; i++)
        if (app->puts[i].op) etcd_call_cancel(app->puts[i].op); /* ended meanwhile: its event is on the queue */
}

static int add(int epoll, int fd)
{
    struct epoll_event event;

    memset(&event, 0, sizeof event);
    event.events = EPOLLIN; /* level-triggered */
    event.data.fd = fd;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int loop(struct app *app, int epoll, int timer)
{
    if (start(app)) return -1;
    while (app->ended < app->to_start) {
        struct epoll_event ready[2];
        int i, count = epoll_wait(epoll, ready, 2, -1);
        if (count < 0 && errno != EINTR) {
            perror("epoll_wait");
            return -1;
        }
        for (i = 0; i < count; i++) {
            if (ready[i].data.fd == timer) on_timer(app, timer);
            else if (on_queue(app)) return -1;
        }
    }
    return app->failed;
}

static int run(struct app *app, long milliseconds)
{
    struct itimerspec once = { { 0, 0 }, { milliseconds / 1000, milliseconds % 1000 * 1000 * 1000 } };
    int epoll = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    int result = -1;

    if (epoll < 0 || timer < 0 || timerfd_settime(timer, 0, &once, NULL) || add(epoll, timer)
        || add(epoll, etcd_queue_fd(app->queue)))
        perror("epoll");
    else
        result = loop(app, epoll, timer);
    if (timer >= 0) close(timer);
    if (epoll >= 0) close(epoll);
    return result;
}

int main(int argc, char **argv)
{
    struct app app;
    etcd_error_t *error;
    int result;

    memset(&app, 0, sizeof app);
    app.to_start = PUTS;
    if (etcd_client_open_endpoints(argc > 1 ? argv[1] : "localhost:2379", &app.client, &error)
        || etcd_queue_new(NULL, &app.queue, &error))
        result = die("open", error);
    else
        result = run(&app, argc > 2 ? strtol(argv[2], NULL, 10) : 10000);
    etcd_queue_free(app.queue); /* with the events in it */
    etcd_client_close(app.client);
    return result ? EXIT_FAILURE : EXIT_SUCCESS;
}
