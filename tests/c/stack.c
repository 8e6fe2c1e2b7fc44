/* Calls where there is little stack, or where it is not the thread's own.
 *
 * stack ENDPOINTS */
#include "check.h"

#include <sys/mman.h>
#include <ucontext.h>

enum { SMALL = 64 * 1024, MANY = 200 };
static const char *endpoints;

static void all_calls(etcd_client_t *client) {
  etcd_get_options_t prefix = ETCD_GET_OPTIONS_INIT;
  etcd_get_response_t *range = NULL;
  etcd_queue_t *queue = NULL;
  etcd_event_t *event = NULL;
  etcd_call_t *op = NULL;
  int i;
  OK(etcd_queue_new(NULL, &queue, &err));
  /* Many in a row and nothing else: whoever calls like this may be let in to
   * drive the library's sockets, which takes more stack than there is here. */
  for (i = 0; i < MANY; i++) put(client, "stack/a", "x");
  for (i = 0; i < MANY; i++) get(client, "stack/a", "x");
  prefix.flags = ETCD_PREFIX;
  for (i = 0; i < MANY; i++) {
    OK(etcd_kv_get(client, text("stack/"), &prefix, &range, &err));
    etcd_get_response_free(range);
    OK(etcd_kv_delete(client, text("stack/b"), NULL, NULL, &err));
  }
  for (i = 0; i < MANY; i++) {
    OK(etcd_kv_put_async(client, text("stack/c"), text("y"), NULL, queue, NULL, &op, &err));
    if (i % 2 == 0) etcd_call_cancel(op);
    OK(etcd_queue_next(queue, 10000, &event, &err));
    etcd_event_free(event);
  }
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_get(client, bytes(NULL, 3), NULL, &range, &err));
  etcd_queue_free(queue);
}

static void everything(void) {
  etcd_client_t *client = open_client(endpoints);
  all_calls(client);
  etcd_client_close(client);
}

static void *on_thread(void *argument) {
  if (argument != NULL) all_calls(argument);
  else everything();
  return NULL;
}

static void on_small_thread(etcd_client_t *client) {
  pthread_attr_t attributes;
  pthread_t thread;
  CHECK(pthread_attr_init(&attributes) == 0);
  CHECK(pthread_attr_setstacksize(&attributes, SMALL) == 0);
  CHECK(pthread_create(&thread, &attributes, on_thread, client) == 0);
  pthread_attr_destroy(&attributes);
  join(thread);
}

/* A stack that a program made itself, as those with coroutines do, with a
 * page below it that must not be touched. `from` is where mappings are: above
 * the calling thread's own stack and below it. */
static ucontext_t caller, coroutine;
static void run(void) { everything(); }

static void on_coroutine(uint8_t *stack) {
  CHECK(getcontext(&coroutine) == 0);
  coroutine.uc_stack.ss_sp = stack;
  coroutine.uc_stack.ss_size = SMALL;
  coroutine.uc_link = &caller;
  makecontext(&coroutine, run, 0);
  CHECK(swapcontext(&caller, &coroutine) == 0);
}

static uint8_t *map(size_t size) {
  void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(at != MAP_FAILED);
  return at;
}

static uint8_t *guarded(uint8_t *pages) {
  CHECK(mprotect(pages, 4096, PROT_NONE) == 0);
  return pages + 4096;
}

static uint8_t *above, *below;

static void *coroutines(void *argument) {
  char here = 0;
  CHECK(above > (uint8_t *)&here && below < (uint8_t *)&here);
  if (argument != NULL) on_coroutine(below);
  else on_coroutine(above);
  return NULL;
}

int main(int argc, char **argv) {
  etcd_client_t *client;
  pthread_attr_t attributes;
  pthread_t thread;
  uint8_t *arena;
  size_t size = 1 << 20;
  const char *which = argc > 2 ? argv[2] : "small";
  alarm(120);
  CHECK(argc > 1);
  endpoints = argv[1];
  if (strcmp(which, "small") == 0) {
    /* The client's first call with little stack, and its later ones. */
    on_small_thread(NULL);
    client = open_client(endpoints);
    all_calls(client);
    on_small_thread(client);
    all_calls(client);
    on_small_thread(client);
    etcd_client_close(client);
    return 0;
  }
  /* One block: a coroutine's stack, a thread's, another coroutine's. */
  arena = map(3 * size);
  below = guarded(arena + size - SMALL - 4096);
  above = guarded(arena + 3 * size - SMALL - 4096);
  CHECK(pthread_attr_init(&attributes) == 0);
  CHECK(pthread_attr_setstack(&attributes, arena + size, size) == 0);
  CHECK(pthread_create(&thread, &attributes, coroutines, strcmp(which, "below") == 0 ? &below : NULL) == 0);
  join(thread);
  on_coroutine(above);
  return 0;
}
