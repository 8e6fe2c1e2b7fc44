/* Closing a handle ends every wait on it: with ETCD_ERR_BAD_HANDLE if it is the handle itself, and with
 * ETCD_ERR_CLOSED if it is the client.
 *
 * waits UNREACHABLE */
#include "check.h"

static etcd_client_t *client;
static etcd_queue_t *queue, *queue_of_callbacks;
static etcd_watch_t *watch;
static etcd_lease_keep_alive_t *keep_alive;
static etcd_connection_watch_t *connections;
static etcd_range_t *range;
static etcd_election_observer_t *observer;

static void ignore(etcd_event_t *event, void *arg) {
  (void)event;
  (void)arg;
}

static etcd_status_t watch_next(etcd_error_t **err) {
  etcd_watch_response_t *out;
  return etcd_watch_next(watch, ETCD_WAIT_FOREVER, &out, err);
}

static etcd_status_t keep_alive_next(etcd_error_t **err) {
  return etcd_lease_keep_alive_next(keep_alive, ETCD_WAIT_FOREVER, NULL, err);
}

static etcd_status_t connection_next(etcd_error_t **err) {
  etcd_connection_watch_response_t *out;
  etcd_status_t status;
  /* How the endpoint is now comes first. */
  while ((status = etcd_connection_watch_next(connections, ETCD_WAIT_FOREVER, &out, err)) == ETCD_OK) {
    etcd_connection_watch_response_free(out);
  }
  return status;
}

static etcd_status_t range_next(etcd_error_t **err) {
  etcd_get_response_t *out;
  return etcd_range_next(range, &out, err);
}

static etcd_status_t observer_next(etcd_error_t **err) {
  return etcd_election_observer_next(observer, ETCD_WAIT_FOREVER, NULL, err);
}

static etcd_status_t queue_next(etcd_error_t **err) {
  etcd_event_t *out;
  return etcd_queue_next(queue, ETCD_WAIT_FOREVER, &out, err);
}

static etcd_status_t queue_next_batch(etcd_error_t **err) {
  etcd_event_t *out[4];
  size_t count;
  return etcd_queue_next_batch(queue, ETCD_WAIT_FOREVER, out, 4, &count, err);
}

static etcd_status_t queue_dispatch(etcd_error_t **err) {
  return etcd_queue_dispatch(queue_of_callbacks, ETCD_WAIT_FOREVER, ignore, NULL, NULL, err);
}

static etcd_status_t queue_dispatch_handlers(etcd_error_t **err) {
  return etcd_queue_dispatch_handlers(queue_of_callbacks, ETCD_WAIT_FOREVER, NULL, err);
}

struct wait {
  etcd_status_t (*call)(etcd_error_t **err);
  etcd_status_t expected;
  int of_client;
  pthread_t thread;
};

static void *waits(void *arg) {
  const struct wait *wait = arg;
  EXPECT(wait->expected, wait->call(&err));
  return NULL;
}

/* Each call twice at the same time. */
static void round_of(int close_the_client) {
  struct wait all[] = {{watch_next, 0, 1, 0},      {keep_alive_next, 0, 1, 0},  {connection_next, 0, 1, 0},
                       {range_next, 0, 1, 0},      {queue_next, 0, 0, 0},       {queue_next_batch, 0, 0, 0},
                       {queue_dispatch, 0, 0, 0},  {queue_dispatch_handlers, 0, 0, 0},
                       {observer_next, 0, 1, 0},   {observer_next, 0, 1, 0},
                       {watch_next, 0, 1, 0},      {keep_alive_next, 0, 1, 0},  {connection_next, 0, 1, 0},
                       {range_next, 0, 1, 0},      {queue_next, 0, 0, 0},       {queue_next_batch, 0, 0, 0},
                       {queue_dispatch, 0, 0, 0},  {queue_dispatch_handlers, 0, 0, 0}};
  enum { COUNT = sizeof all / sizeof *all };
  etcd_watch_options_t options = ETCD_WATCH_OPTIONS_INIT;
  etcd_range_options_t range_options = ETCD_RANGE_OPTIONS_INIT;
  etcd_call_options_t for_ever = ETCD_CALL_OPTIONS_INIT;
  etcd_queue_t *of_range;
  etcd_event_t *event;
  int i;
  options.start_revision = 1;
  for_ever.timeout_ms = range_options.timeout_ms = ETCD_TIMEOUT_NONE;
  OK(etcd_watch_open(client, text("k"), &options, NULL, NULL, &watch, &err));
  OK(etcd_lease_keep_alive_open(client, 4711, &for_ever, NULL, NULL, &keep_alive, &err));
  OK(etcd_connection_watch_open(client, NULL, NULL, &connections, &err));
  OK(etcd_range_open(client, text("k"), &range_options, &range, &err));
  OK(etcd_election_observer_open(client, text("k"), NULL, NULL, NULL, &observer, &err));
  OK(etcd_queue_new(NULL, &queue, &err));
  OK(etcd_queue_new(NULL, &queue_of_callbacks, &err));
  OK(etcd_queue_new(NULL, &of_range, &err));
  OK(etcd_range_next_async(range, of_range, NULL, NULL, &err));
  for (i = 0; i < COUNT; i++) {
    all[i].expected = close_the_client && all[i].of_client ? ETCD_ERR_CLOSED : ETCD_ERR_BAD_HANDLE;
    CHECK(pthread_create(&all[i].thread, NULL, waits, &all[i]) == 0);
  }
  usleep(100000);
  if (close_the_client) etcd_client_close(client);
  else {
    etcd_watch_close(watch);
    etcd_lease_keep_alive_close(keep_alive);
    etcd_connection_watch_close(connections);
    etcd_range_close(range);
    etcd_election_observer_close(observer);
  }
  etcd_queue_free(queue);
  etcd_queue_free(queue_of_callbacks);
  for (i = 0; i < COUNT; i++) CHECK(pthread_join(all[i].thread, NULL) == 0);
  OK(etcd_queue_next(of_range, 10000, &event, &err));
  CHECK(etcd_event_status(event) == (close_the_client ? ETCD_ERR_CLOSED : ETCD_ERR_BAD_HANDLE));
  CHECK(etcd_event_error(event) != NULL);
  etcd_event_free(event);
  etcd_queue_free(of_range);
  if (close_the_client) {
    etcd_watch_close(watch);
    etcd_lease_keep_alive_close(keep_alive);
    etcd_connection_watch_close(connections);
    etcd_range_close(range);
    etcd_election_observer_close(observer);
  }
}

int main(int argc, char **argv) {
  int close_the_client;
  CHECK(argc == 2);
  alarm(60);
  for (close_the_client = 0; close_the_client < 2; close_the_client++) {
    int i;
    for (i = 0; i < 5; i++) {
      OK(etcd_client_open_endpoints(argv[1], &client, &err));
      round_of(close_the_client);
      etcd_client_close(client);
    }
  }
  return 0;
}
