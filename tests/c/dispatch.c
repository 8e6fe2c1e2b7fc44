/* Callbacks: on the caller's thread, and on one of the library's.
 *
 * dispatch ENDPOINTS COUNT */
#include "check.h"

static etcd_client_t *client;
static int total;

struct tally {
  etcd_handler_t handler;
  etcd_queue_t *queue;
  pthread_t thread;
  int puts, told, begun, others, ended;
};

static void note(etcd_event_t *event, void *arg) {
  const etcd_watch_response_t *watch = etcd_event_response(event, ETCD_EVENT_WATCH);
  struct tally *tally = arg;
  tally->thread = pthread_self();
  if (etcd_event_status(event) != ETCD_OK) {
    tally->ended++;
    return;
  }
  switch (etcd_event_kind(event)) {
    case ETCD_EVENT_PUT_RESPONSE: tally->puts++; break;
    case ETCD_EVENT_WATCH:
      tally->begun += watch->kind == ETCD_WATCH_RESPONSE_CREATED;
      tally->told += (int)watch->event_count;
      break;
    default: tally->others++;
  }
}

static struct tally fresh(void) {
  struct tally tally;
  memset(&tally, 0, sizeof tally);
  OK(etcd_queue_new(NULL, &tally.queue, &err));
  tally.handler.size = sizeof tally.handler;
  tally.handler.callback = note;
  return tally;
}

static void put_all(struct tally *tally, void *user_data) {
  int i;
  for (i = 0; i < total; i++) {
    OK(etcd_kv_put_async(client, text("dispatch/k"), text("v"), NULL, tally->queue, user_data, NULL,
                         &err));
  }
}

static void one_callback_for_all(void) {
  struct tally tally = fresh();
  size_t count;
  put_all(&tally, NULL);
  while (tally.puts < total) {
    int before = tally.puts;
    OK(etcd_queue_dispatch(tally.queue, 10000, note, &tally, &count, &err));
    CHECK(count > 0 && (size_t)(tally.puts - before) == count);
  }
  EXPECT(ETCD_EMPTY, etcd_queue_dispatch(tally.queue, 0, note, &tally, &count, &err));
  CHECK(count == 0 && pthread_equal(tally.thread, pthread_self()));
  CHECK(etcd_queue_wake(tally.queue) == ETCD_OK);
  EXPECT(ETCD_WOKEN, etcd_queue_dispatch(tally.queue, -1, note, &tally, NULL, &err));
  etcd_queue_free(tally.queue);
}

/* Each call with its own; those without one are dropped. */
static void a_callback_for_each(void) {
  struct tally one = fresh(), other = fresh(), none = fresh();
  etcd_watch_options_t options = ETCD_WATCH_OPTIONS_INIT;
  etcd_watch_t *watch = NULL;
  one.handler.arg = &one;
  other.handler.arg = &other;
  none.handler.callback = NULL;
  other.queue = none.queue = one.queue;
  OK(etcd_watch_open(client, text("dispatch/k"), &options, one.queue, &other.handler, &watch, &err));
  while (!other.begun) OK(etcd_queue_dispatch_handlers(one.queue, 10000, NULL, &err));
  put_all(&one, &one.handler);
  put_all(&one, NULL);
  put_all(&one, &none.handler);
  while (one.puts < total || other.told < 3 * total) {
    OK(etcd_queue_dispatch_handlers(one.queue, 10000, NULL, &err));
  }
  CHECK(one.told == 0 && other.puts == 0 && none.puts == 0);
  etcd_watch_close(watch);
  etcd_queue_free(one.queue);
}

/* Numbers are no handlers, and a callback that is none is refused. */
static void user_data_is_not_followed(void) {
  struct tally tally = fresh();
  etcd_handler_t handler;
  etcd_event_t *event = NULL;
  size_t count = 7;
  put_all(&tally, (void *)42);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_dispatch(tally.queue, 0, NULL, NULL, &count, &err));
  CHECK(count == 0);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_start_dispatcher(tally.queue, NULL, NULL, &err));
  while (tally.puts < total) {
    OK(etcd_queue_dispatch(tally.queue, 10000, note, &tally, NULL, &err));
  }
  /* A handler without a size loses no event. */
  memset(&handler, 0, sizeof handler);
  OK(etcd_kv_put_async(client, text("dispatch/k"), text("v"), NULL, tally.queue, &handler, NULL, &err));
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_queue_dispatch_handlers(tally.queue, 10000, &count, &err));
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_queue_dispatch_handlers(tally.queue, 10000, &count, &err));
  OK(etcd_queue_next(tally.queue, 0, &event, &err));
  CHECK(count == 0 && etcd_event_user_data(event) == &handler);
  etcd_event_free(event);
  etcd_queue_free(tally.queue);
}

struct kept {
  etcd_event_t *event;
  etcd_put_response_t *response;
};

static void keep(etcd_event_t *event, void *arg) {
  struct kept *kept = arg;
  if (kept->event == NULL) {
    kept->event = etcd_event_keep(event);
    CHECK(kept->event == event && etcd_event_keep(event) == event);
    return;
  }
  CHECK(etcd_event_take_response(event, ETCD_EVENT_GET_RESPONSE) == NULL);
  kept->response = etcd_event_take_response(event, ETCD_EVENT_PUT_RESPONSE);
  CHECK(etcd_event_take_response(event, ETCD_EVENT_PUT_RESPONSE) == NULL);
  CHECK(etcd_event_response(event, ETCD_EVENT_PUT_RESPONSE) == NULL);
}

/* An event, and a response, beyond the callback that was given them. */
static void kept_and_taken(void) {
  struct tally tally = fresh();
  struct kept kept = { NULL, NULL };
  const etcd_put_response_t *put;
  int i;
  for (i = 0; i < 2; i++) {
    OK(etcd_kv_put_async(client, text("dispatch/k"), text("v"), NULL, tally.queue, NULL, NULL, &err));
    OK(etcd_queue_dispatch(tally.queue, 10000, keep, &kept, NULL, &err));
  }
  etcd_queue_free(tally.queue);
  put = etcd_event_response(kept.event, ETCD_EVENT_PUT_RESPONSE);
  CHECK(put->header.revision > 0 && kept.response->header.revision > put->header.revision);
  etcd_put_response_free(kept.response);
  etcd_event_free(kept.event);
}

static void in_batches(void) {
  struct tally tally = fresh();
  etcd_event_t *events[16];
  size_t count, i;
  int taken = 0;
  put_all(&tally, &tally);
  while (taken < total) {
    OK(etcd_queue_next_batch(tally.queue, 10000, events, 16, &count, &err));
    CHECK(count >= 1 && count <= 16);
    for (i = 0; i < count; i++) {
      CHECK(etcd_event_status(events[i]) == ETCD_OK && etcd_event_user_data(events[i]) == &tally);
      etcd_event_free(events[i]);
    }
    taken += (int)count;
  }
  CHECK(taken == total);
  EXPECT(ETCD_EMPTY, etcd_queue_next_batch(tally.queue, 0, events, 16, &count, &err));
  etcd_queue_free(tally.queue);
}

/* Calls that block, and closing, are allowed in a callback. */
struct busy {
  struct tally tally;
  etcd_client_t *own;
  etcd_watch_t *watch;
  volatile int done;
};

static void blocks_and_closes(etcd_event_t *event, void *arg) {
  struct busy *busy = arg;
  (void)event;
  if (busy->done) return;
  works(busy->own, "dispatch/busy");
  etcd_watch_close(busy->watch);
  etcd_client_close(busy->own);
  busy->done = 1;
}

static void a_thread_of_its_own(void) {
  struct tally tally = fresh();
  struct busy busy;
  int threads = count_threads(), i;
  memset(&busy, 0, sizeof busy);
  busy.tally = fresh();
  OK(etcd_queue_start_dispatcher(tally.queue, note, &tally, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_start_dispatcher(tally.queue, note, &tally, &err));
  CHECK(count_threads() == threads + 1);
  put_all(&tally, NULL);
  for (i = 0; i < 1000 && *(volatile int *)&tally.puts < total; i++) usleep(10000);
  etcd_queue_free(tally.queue);
  /* Freed means that nobody is called any more. */
  CHECK(tally.puts == total && !pthread_equal(tally.thread, pthread_self()));
  settles(count_threads, threads, "threads");

  busy.own = open_client(getenv("DISPATCH_ENDPOINTS"));
  OK(etcd_watch_open(busy.own, text("dispatch/k"), NULL, busy.tally.queue, NULL, &busy.watch, &err));
  OK(etcd_queue_start_dispatcher(busy.tally.queue, blocks_and_closes, &busy, &err));
  works(client, "dispatch/k");
  for (i = 0; i < 1000 && !busy.done; i++) usleep(10000);
  CHECK(busy.done);
  etcd_queue_free(busy.tally.queue);
  settles(count_threads, threads, "threads");
}

/* A handler without a size ends the thread: its event and those after it stay. */
static void a_thread_that_ends(void) {
  struct tally tally = fresh();
  etcd_handler_t wrong = ETCD_HANDLER_INIT;
  etcd_event_t *event = NULL;
  int threads = count_threads(), i;
  wrong.size = 0;
  wrong.callback = note;
  tally.handler.arg = wrong.arg = &tally;
  OK(etcd_queue_start_handler_dispatcher(tally.queue, &err));
  CHECK(count_threads() == threads + 1);
  put_all(&tally, &tally.handler);
  for (i = 0; i < 1000 && *(volatile int *)&tally.puts < total; i++) usleep(10000);
  OK(etcd_kv_put_async(client, text("dispatch/k"), text("v"), NULL, tally.queue, &wrong, NULL, &err));
  settles(count_threads, threads, "threads");
  put_all(&tally, &tally.handler);
  for (i = 0; i <= total; i++) {
    OK(etcd_queue_next(tally.queue, 10000, &event, &err));
    CHECK(etcd_event_status(event) == ETCD_OK);
    CHECK(etcd_event_user_data(event) == (i == 0 ? &wrong : &tally.handler));
    etcd_event_free(event);
  }
  CHECK(tally.puts == total);
  etcd_queue_free(tally.queue);
}

/* What is closed is called no more, and is not in the middle of a call. */
static volatile int inside;

static void slow(etcd_event_t *event, void *arg) {
  (void)event;
  (void)arg;
  inside = 1;
  usleep(300000);
  inside = 0;
}

static void closed_and_freed(int free_queue) {
  struct tally tally = fresh();
  etcd_watch_t *watch = NULL;
  etcd_handler_t *handler = malloc(sizeof *handler);
  int i;
  handler->size = sizeof *handler;
  handler->callback = slow;
  handler->arg = NULL;
  OK(etcd_watch_open(client, text("dispatch/k"), NULL, tally.queue, handler, &watch, &err));
  OK(etcd_queue_start_handler_dispatcher(tally.queue, &err));
  for (i = 0; i < 3; i++) works(client, "dispatch/k");
  for (i = 0; i < 1000 && !inside; i++) usleep(10000);
  CHECK(inside);
  if (free_queue) etcd_queue_free(tally.queue);
  else etcd_watch_close(watch);
  CHECK(!inside);
  memset(handler, 0x5a, sizeof *handler);
  free(handler);
  etcd_watch_close(watch);
  etcd_queue_free(tally.queue);
}

/* A queue that is freed in its own callback. */
static void frees(etcd_event_t *event, void *arg) {
  struct tally *tally = arg;
  (void)event;
  tally->puts++;
  etcd_queue_free(tally->queue);
}

static void freed_in_its_callback(void) {
  struct tally here = fresh(), there = fresh();
  int threads = count_threads();
  put_all(&here, NULL);
  OK(etcd_queue_dispatch(here.queue, 10000, frees, &here, NULL, &err));
  CHECK(here.puts == 1);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_queue_dispatch(here.queue, 0, frees, &here, NULL, &err));
  put_all(&there, NULL);
  OK(etcd_queue_start_dispatcher(there.queue, frees, &there, &err));
  settles(count_threads, threads, "threads");
  CHECK(there.puts == 1);
}

int main(int argc, char **argv) {
  alarm(120);
  CHECK(argc > 2);
  total = number(argv[2]);
  setenv("DISPATCH_ENDPOINTS", argv[1], 1);
  client = open_client(argv[1]);
  works(client, "dispatch/k");
  one_callback_for_all();
  a_callback_for_each();
  user_data_is_not_followed();
  kept_and_taken();
  in_batches();
  a_thread_of_its_own();
  a_thread_that_ends();
  closed_and_freed(0);
  closed_and_freed(1);
  freed_in_its_callback();
  etcd_client_close(client);
  settles(count_threads, 1, "threads");
  return 0;
}
