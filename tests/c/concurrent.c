/* Everything at once: calls, opens and closes, queues freed under waiting
 * threads, cancelled operations.
 *
 * concurrent ENDPOINTS SECONDS */
#include "check.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

static const char *endpoints;
static volatile int stop;
static long calls;

static void *call(void *client) {
  uint8_t value[3000];
  char name[40];
  int i;
  memset(value, 'v', sizeof value);
  snprintf(name, sizeof name, "concurrent/%lx", (long)pthread_self());
  for (i = 0; !stop; i++) {
    size_t size = (size_t)i * 37 % sizeof value;
    etcd_get_response_t *response = NULL;
    OK(etcd_kv_put(client, text(name), bytes(value, size), NULL, NULL, &err));
    OK(etcd_kv_get(client, text(name), NULL, &response, &err));
    CHECK(response->kv_count == 1 && response->kvs[0].value.len == size);
    etcd_get_response_free(response);
    __atomic_add_fetch(&calls, 2, __ATOMIC_RELAXED);
  }
  return NULL;
}

static void *open_and_close(void *other) {
  while (!stop) {
    etcd_client_t *client = open_client(endpoints);
    get(client, "concurrent/none", NULL);
    EXPECT(ETCD_ERR_BAD_HANDLE, etcd_queue_next((etcd_queue_t *)client, 0, (etcd_event_t **)&other, &err));
    etcd_client_close(client);
    etcd_client_close(client);
  }
  return NULL;
}

/* Operations begun on a queue end exactly once, cancelled or not. */
static void *operations(void *client) {
  enum { EACH = 30 };
  etcd_queue_t *queue = NULL;
  int seen[EACH], i;
  OK(etcd_queue_new(NULL, &queue, &err));
  while (!stop) {
    etcd_call_t *ops[EACH];
    memset(seen, 0, sizeof seen);
    for (i = 0; i < EACH; i++) {
      ops[i] = NULL;
      if (i % 2 == 0) OK(etcd_kv_get_async(client, text("concurrent/q"), NULL, queue, &seen[i], &ops[i], &err));
      else OK(etcd_kv_put_async(client, text("concurrent/q"), text("q"), NULL, queue, &seen[i], &ops[i], &err));
    }
    for (i = 0; i < EACH; i += 3) {
      etcd_status_t status = etcd_call_cancel(ops[i]);
      CHECK(status == ETCD_OK);
    }
    for (i = 0; i < EACH; i++) {
      etcd_event_t *event = NULL;
      int *mine;
      etcd_status_t status;
      OK(etcd_queue_next(queue, 10000, &event, &err));
      mine = etcd_event_user_data(event);
      CHECK(mine >= seen && mine < seen + EACH && ++*mine == 1);
      status = etcd_event_status(event);
      if (status != ETCD_OK) {
        CHECK(status == ETCD_ERR_CANCELLED && (mine - seen) % 3 == 0);
        CHECK((mine - seen) % 2 == 1 || etcd_event_error(event)->outcome == ETCD_NOT_APPLIED);
      }
      etcd_event_free(event);
    }
    for (i = 0; i < EACH; i++) CHECK(etcd_call_cancel(ops[i]) == ETCD_ERR_BAD_HANDLE);
    EXPECT(ETCD_EMPTY, etcd_queue_next(queue, 0, (etcd_event_t **)&ops[0], &err));
  }
  etcd_queue_free(queue);
  return NULL;
}

static void *wait_in_queue(void *queue) {
  etcd_event_t *event = NULL;
  for (;;) {
    etcd_error_t *err = NULL;
    etcd_status_t status = etcd_queue_next(queue, ETCD_WAIT_FOREVER, &event, &err);
    etcd_event_free(event);
    if (status == ETCD_OK || status == ETCD_WOKEN) continue;
    if (status != ETCD_ERR_BAD_HANDLE) FAIL("%s", etcd_status_name(status));
    etcd_error_free(err);
    return NULL;
  }
}

/* A queue is freed while threads wait in it, and while calls are on their way to it. */
static void *free_queues(void *client) {
  int i, round;
  for (round = 0; !stop; round++) {
    etcd_queue_t *queue = NULL;
    pthread_t waiters[3];
    OK(etcd_queue_new(NULL, &queue, &err));
    if (round % 2 == 0) CHECK(etcd_queue_fd(queue) >= 0);
    for (i = 0; i < 3; i++) waiters[i] = start(wait_in_queue, queue);
    for (i = 0; i < 10; i++)
      OK(etcd_kv_get_async(client, text("concurrent/f"), NULL, queue, NULL, NULL, &err));
    if (round % 4 == 0) CHECK(etcd_queue_wake(queue) == ETCD_OK);
    if (round % 3 == 0) sleep_ms(2);
    etcd_queue_free(queue);
    for (i = 0; i < 3; i++) join(waiters[i]);
    CHECK(etcd_queue_wake(queue) == ETCD_ERR_BAD_HANDLE);
  }
  return NULL;
}

/* A server that is there: it refuses the first request of a connection, by which a client makes
 * sure of it; then it takes every call and answers none. */
static char silent[40];
static int listener;
static int connected;

static int take(int fd) {
  /* HEADERS of stream 1; and their answer: ":status: 200" and "grpc-status: 12". */
  static const uint8_t first[6] = {1, 4, 0, 0, 0, 1};
  static const uint8_t refusal[] = "\0\0\021\1\5\0\0\0\1\210\0\013grpc-status\00212";
  uint8_t words[65536];
  ssize_t count = read(fd, words, sizeof words);
  if (count <= 0) return 0;
  if (memmem(words, (size_t)count, first, sizeof first) != NULL) {
    CHECK(write(fd, refusal, sizeof refusal - 1) == (ssize_t)sizeof refusal - 1);
    __atomic_add_fetch(&connected, 1, __ATOMIC_RELAXED);
  }
  return 1;
}

static void *be_silent(void *unused) {
  static const uint8_t settings[9] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
  struct pollfd fds[64];
  nfds_t count = 1, i;
  (void)unused;
  fds[0].fd = listener;
  fds[0].events = POLLIN;
  while (poll(fds, count, -1) > 0) {
    if (fds[0].revents != 0) {
      int fd = accept(listener, NULL, NULL);
      if (fd < 0) break; /* Shut down. */
      CHECK(count < 64 && write(fd, settings, sizeof settings) == (ssize_t)sizeof settings);
      fds[count].fd = fd;
      fds[count].events = POLLIN;
      fds[count++].revents = 0;
    }
    for (i = 1; i < count; i++)
      if (fds[i].revents != 0 && !take(fds[i].fd)) {
        close(fds[i].fd);
        fds[i] = fds[--count];
      }
  }
  for (i = 1; i < count; i++) close(fds[i].fd);
  close(listener);
  return NULL;
}

static pthread_t start_silence(void) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, size) == 0);
  CHECK(listen(listener, 16) == 0 && getsockname(listener, (struct sockaddr *)&address, &size) == 0);
  snprintf(silent, sizeof silent, "127.0.0.1:%d", ntohs(address.sin_port));
  return start(be_silent, NULL);
}

static int64_t closed_at;

/* A call to a server that never answers, ended by close. */
static void *hanging_call(void *client) {
  etcd_put_options_t forever = ETCD_PUT_OPTIONS_INIT;
  etcd_error_t *err = NULL;
  etcd_put_response_t *response = NULL;
  etcd_status_t status;
  forever.timeout_ms = ETCD_TIMEOUT_NONE;
  status = etcd_kv_put(client, text("k"), text("v"), &forever, &response, &err);
  if (closed_at == 0) FAIL("the call ended before close with %s", etcd_status_name(status));
  if (now_ms() - closed_at > 1000) FAIL("the call ended %d ms after close", (int)(now_ms() - closed_at));
  CHECK(status == ETCD_ERR_CLOSED && response == NULL && err != NULL && err->status == status);
  /* The server has it and has not answered. */
  CHECK(err->outcome == ETCD_MAYBE_APPLIED);
  etcd_error_free(err);
  return NULL;
}

static void *hanging_read(void *client) {
  etcd_get_options_t forever = ETCD_GET_OPTIONS_INIT;
  etcd_get_response_t *response = NULL;
  etcd_error_t *err = NULL;
  etcd_status_t status;
  forever.timeout_ms = ETCD_TIMEOUT_NONE;
  status = etcd_kv_get(client, text("k"), &forever, &response, &err);
  if (status != ETCD_ERR_CLOSED) FAIL("%s", etcd_status_name(status));
  CHECK(now_ms() - closed_at <= 1000 && response == NULL && err->outcome == ETCD_NOT_APPLIED);
  etcd_error_free(err);
  return NULL;
}

static void close_under_calls(int how_many) {
  int before = __atomic_load_n(&connected, __ATOMIC_RELAXED);
  etcd_client_t *client = open_client(silent);
  etcd_queue_t *queue = NULL;
  etcd_put_options_t forever = ETCD_PUT_OPTIONS_INIT;
  pthread_t threads[16];
  int64_t began;
  int i;
  forever.timeout_ms = ETCD_TIMEOUT_NONE;
  OK(etcd_queue_new(NULL, &queue, &err));
  closed_at = 0;
  for (i = 0; i < how_many; i++) threads[i] = start(i % 2 == 0 ? hanging_call : hanging_read, client);
  for (i = 0; i < 5; i++)
    OK(etcd_kv_put_async(client, text("k"), text("v"), &forever, queue, NULL, NULL, &err));
  while (__atomic_load_n(&connected, __ATOMIC_RELAXED) == before) sleep_ms(5);
  sleep_ms(150); /* For the calls, now that they can be sent. */
  began = closed_at = now_ms();
  etcd_client_close(client);
  if (now_ms() - began > 1000) FAIL("close took %d ms", (int)(now_ms() - began));
  for (i = 0; i < how_many; i++) join(threads[i]);
  for (i = 0; i < 5; i++) {
    etcd_event_t *event = NULL;
    OK(etcd_queue_next(queue, 1000, &event, &err));
    CHECK(etcd_event_status(event) == ETCD_ERR_CLOSED);
    CHECK(etcd_event_error(event)->outcome == ETCD_MAYBE_APPLIED);
    etcd_event_free(event);
  }
  etcd_queue_free(queue);
}

int main(int argc, char **argv) {
  void *(*others[])(void *) = {open_and_close, open_and_close, operations, operations, free_queues};
  enum { OTHERS = sizeof others / sizeof *others };
  pthread_t threads[8 + OTHERS];
  etcd_client_t *client;
  int i;
  alarm(120);
  CHECK(argc > 2);
  endpoints = argv[1];
  client = open_client(endpoints);
  for (i = 0; i < 8; i++) threads[i] = start(call, client);
  for (i = 0; i < OTHERS; i++) threads[8 + i] = start(others[i], client);
  sleep_ms(1000L * number(argv[2]));
  stop = 1;
  for (i = 0; i < 8 + OTHERS; i++) join(threads[i]);
  printf("%ld calls\n", calls);
  CHECK(calls > 0);
  threads[0] = start_silence();
  for (i = 1; i <= 8; i *= 2) close_under_calls(i);
  CHECK(shutdown(listener, SHUT_RDWR) == 0);
  join(threads[0]);
  etcd_client_close(client);
  settles(count_threads, 1, "threads");
  return 0;
}
