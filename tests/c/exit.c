/* Ways of ending a program, or a thread, with the library in use.
 *
 * exit ENDPOINTS WAY */
#include "check.h"

static const char *endpoints;
static etcd_client_t *shared;
static volatile int calling;

static void *call(void *argument) {
  (void)argument;
  for (;;) {
    etcd_get_response_t *response = NULL;
    etcd_error_t *err = NULL;
    if (etcd_kv_get(shared, text("exit"), NULL, &response, &err) != ETCD_OK) etcd_error_free(err);
    etcd_get_response_free(response);
    __atomic_add_fetch(&calling, 1, __ATOMIC_RELAXED);
  }
  return NULL;
}

/* Waits in a queue for something that never comes. */
static void *wait_for_nothing(void *queue) {
  etcd_event_t *event = NULL;
  etcd_status_t status = etcd_queue_next(queue, ETCD_WAIT_FOREVER, &event, NULL);
  (void)status;
  return NULL;
}

static void busy(int threads) {
  etcd_queue_t *queue = NULL;
  shared = open_client(endpoints);
  OK(etcd_queue_new(NULL, &queue, &err));
  for (; threads > 0; threads--) start(call, NULL);
  start(wait_for_nothing, queue);
  while (calling < 30) sleep_ms(1);
}

static void use(etcd_client_t *client, int times) {
  for (; times > 0; times--) works(client, "exit");
}

static void close_shared(void) {
  use(shared, 40);
  etcd_client_close(shared);
}

static pthread_key_t at_thread_exit;

/* A program that keeps a client for each thread closes it from here, after
 * the thread's other data is gone. */
static void close_own(void *client) {
  use(client, 40);
  etcd_client_close(client);
}

static void *thread_with_own_client(void *argument) {
  etcd_client_t *client = open_client(endpoints);
  if (argument != NULL) use(client, 40);
  CHECK(pthread_setspecific(at_thread_exit, client) == 0);
  pthread_exit(NULL);
}

int main(int argc, char **argv) {
  const char *way;
  int i;
  alarm(60);
  CHECK(argc > 2);
  endpoints = argv[1];
  way = argv[2];
  if (strcmp(way, "idle") == 0) {
    calling = 30;
    busy(0);
    use(shared, 30);
  } else if (strcmp(way, "calls") == 0) {
    busy(8);
  } else if (strcmp(way, "closing") == 0) {
    busy(8);
    etcd_client_close(shared);
  } else if (strcmp(way, "atexit") == 0) {
    CHECK(atexit(close_shared) == 0);
    shared = open_client(endpoints);
    use(shared, 40);
  } else if (strcmp(way, "atexit-first") == 0) {
    CHECK(atexit(close_shared) == 0);
    shared = open_client(endpoints);
  } else if (strcmp(way, "atexit-busy") == 0) {
    CHECK(atexit(close_shared) == 0);
    busy(8);
  } else if (strcmp(way, "thread") == 0) {
    CHECK(pthread_key_create(&at_thread_exit, close_own) == 0);
    for (i = 0; i < 40; i++) join(start(thread_with_own_client, i % 2 == 0 ? &i : NULL));
    settles(count_threads, 1, "threads");
  } else {
    FAIL("what is %s?", way);
  }
  exit(0);
}
