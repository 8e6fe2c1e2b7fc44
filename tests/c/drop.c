/* What becomes of the user_data that is out when a queue is freed.
 *
 * drop ENDPOINTS UNREACHABLE */
#include "check.h"

static const char *endpoints, *unreachable;
static pthread_t dropper;

/* Memory of its own for each call: the sanitizer tells of one that is lost, or freed twice. */
static int *fresh(int value) {
  int *memory = malloc(sizeof *memory);
  *memory = value;
  return memory;
}

static void drop(void *user_data, void *arg) {
  dropper = pthread_self();
  *(int *)arg += *(int *)user_data;
  free(user_data);
}

static etcd_queue_t *new_queue(int *dropped) {
  etcd_queue_options_t options = ETCD_QUEUE_OPTIONS_INIT;
  etcd_queue_t *queue;
  options.drop_callback = drop;
  options.arg = dropped;
  *dropped = 0;
  OK(etcd_queue_new(&options, &queue, &err));
  return queue;
}

static etcd_client_t *client_of(const char *where) {
  etcd_client_t *client;
  OK(etcd_client_open_endpoints(where, &client, &err));
  return client;
}

static etcd_event_t *next(etcd_queue_t *queue) {
  etcd_event_t *event;
  OK(etcd_queue_next(queue, 10000, &event, &err));
  return event;
}

static void ask(etcd_client_t *client, etcd_queue_t *queue, int *user_data) {
  OK(etcd_kv_get_async(client, text("drop/k"), NULL, queue, user_data, NULL, &err));
}

/* Calls in progress, and events that nobody took; not those that somebody did, nor NULL. */
static void calls(void) {
  etcd_client_t *client = client_of(endpoints), *nobody = client_of(unreachable);
  int dropped, i, *mine;
  etcd_queue_t *queue = new_queue(&dropped);
  etcd_event_t *event;
  for (i = 0; i < 3; i++) ask(client, queue, fresh(1));
  for (i = 0; i < 3; i++) ask(nobody, queue, fresh(10));
  ask(nobody, queue, NULL);
  event = next(queue);
  mine = etcd_event_user_data(event);
  CHECK(*mine == 1);
  etcd_queue_free(queue);
  CHECK(dropped == 2 * 1 + 3 * 10 && pthread_equal(dropper, pthread_self()));
  CHECK(etcd_event_user_data(event) == mine);
  etcd_event_free(event);
  free(mine);
  etcd_queue_free(queue);
  CHECK(dropped == 32);
  etcd_client_close(nobody);
  etcd_client_close(client);
}

/* A call that is refused leaves its user_data with the caller. */
static void refused(void) {
  etcd_client_t *client = client_of(endpoints);
  int dropped, *mine = fresh(1);
  etcd_queue_t *queue = new_queue(&dropped), *freed = new_queue(&dropped);
  etcd_call_t *call;
  etcd_watch_t *watch;
  etcd_queue_free(freed);
  EXPECT(ETCD_ERR_EMPTY_KEY, etcd_kv_get_async(client, text(""), NULL, queue, mine, &call, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_kv_get_async(client, text("k"), NULL, freed, mine, &call, &err));
  EXPECT(ETCD_ERR_EMPTY_KEY, etcd_watch_open(client, text(""), NULL, queue, mine, &watch, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_watch_open(client, text("k"), NULL, freed, mine, &watch, &err));
  etcd_queue_free(queue);
  CHECK(dropped == 0);
  free(mine);
  etcd_client_close(client);
}

/* Open streams; not those that are closed, nor those whose end was taken. */
static void streams(void) {
  etcd_client_t *client = client_of(endpoints), *other = client_of(endpoints);
  int dropped, *closed = fresh(1), *ended = fresh(10);
  etcd_queue_t *queue = new_queue(&dropped);
  etcd_watch_t *open_watch, *closed_watch, *ended_watch, *untaken_watch;
  etcd_connection_watch_t *connections;
  etcd_lease_keep_alive_t *keep_alive;
  etcd_event_t *event;
  OK(etcd_watch_open(client, text("drop/k"), NULL, queue, closed, &closed_watch, &err));
  OK(etcd_watch_open(other, text("drop/k"), NULL, queue, ended, &ended_watch, &err));
  etcd_watch_close(closed_watch);
  etcd_client_close(other);
  for (;;) {
    int status;
    event = next(queue);
    status = etcd_event_status(event);
    CHECK(etcd_event_user_data(event) == ended || etcd_event_user_data(event) == closed);
    etcd_event_free(event);
    if (status == ETCD_ERR_CLOSED) break;
    CHECK(status == ETCD_OK);
  }
  other = client_of(endpoints);
  OK(etcd_watch_open(other, text("drop/k"), NULL, queue, fresh(100), &untaken_watch, &err));
  etcd_client_close(other);
  OK(etcd_watch_open(client, text("drop/k"), NULL, queue, fresh(1000), &open_watch, &err));
  OK(etcd_connection_watch_open(client, queue, fresh(10000), &connections, &err));
  OK(etcd_lease_keep_alive_open(client, 4711, NULL, queue, fresh(100000), &keep_alive, &err));
  etcd_queue_free(queue);
  CHECK(dropped == 111100);
  etcd_watch_close(ended_watch);
  etcd_watch_close(untaken_watch);
  etcd_watch_close(open_watch);
  etcd_connection_watch_close(connections);
  etcd_lease_keep_alive_close(keep_alive);
  CHECK(dropped == 111100);
  free(closed);
  free(ended);
  etcd_client_close(client);
}

/* The queue of an event's own stream, freed in its callback: the user_data stays until that returns. */
struct last {
  etcd_queue_t *queue;
  int *dropped;
};

static void free_queue(etcd_event_t *event, void *arg) {
  struct last *last = arg;
  int *mine = etcd_event_user_data(event);
  etcd_queue_free(last->queue);
  CHECK(*last->dropped == 10 && *mine == 1);
}

static void in_a_callback(void) {
  etcd_client_t *client = client_of(endpoints), *nobody = client_of(unreachable);
  int dropped;
  etcd_queue_t *queue = new_queue(&dropped);
  struct last last = {queue, &dropped};
  etcd_watch_t *watch;
  ask(nobody, queue, fresh(10));
  OK(etcd_watch_open(client, text("drop/k"), NULL, queue, fresh(1), &watch, &err));
  OK(etcd_queue_dispatch(queue, 10000, free_queue, &last, NULL, &err));
  CHECK(dropped == 11);
  etcd_watch_close(watch);
  etcd_client_close(nobody);
  etcd_client_close(client);
}

/* Others start calls, take events and call back while the queue is freed: each memory is freed once. */
static etcd_queue_t *shared_queue;
static etcd_client_t *shared_client;

static void free_user_data(etcd_event_t *event, void *arg) {
  (void)arg;
  free(etcd_event_user_data(event));
}

static void *starts(void *arg) {
  (void)arg;
  for (;;) {
    int *mine = fresh(1);
    if (etcd_kv_get_async(shared_client, text("drop/k"), NULL, shared_queue, mine, NULL, NULL) != ETCD_OK) {
      free(mine);
      return NULL;
    }
  }
}

static void *takes(void *arg) {
  etcd_event_t *event;
  while (etcd_queue_next(shared_queue, -1, &event, NULL) == ETCD_OK) {
    free_user_data(event, arg);
    etcd_event_free(event);
  }
  return NULL;
}

static void *dispatches(void *arg) {
  while (etcd_queue_dispatch(shared_queue, -1, free_user_data, arg, NULL, NULL) == ETCD_OK) {
  }
  return NULL;
}

static void everything_at_once(void) {
  void *(*bodies[])(void *) = {starts, starts, takes, dispatches};
  pthread_t threads[4];
  int round, i, dropped;
  shared_client = client_of(endpoints);
  for (round = 0; round < 30; round++) {
    shared_queue = new_queue(&dropped);
    if (round % 2) OK(etcd_queue_start_dispatcher(shared_queue, free_user_data, NULL, &err));
    for (i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, bodies[i], NULL) == 0);
    usleep(3000);
    etcd_queue_free(shared_queue);
    for (i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  }
  etcd_client_close(shared_client);
}

int main(int argc, char **argv) {
  CHECK(argc == 3);
  endpoints = argv[1];
  unreachable = argv[2];
  alarm(60);
  calls();
  refused();
  streams();
  in_a_callback();
  everything_at_once();
  return 0;
}
