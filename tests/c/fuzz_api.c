/* Random calls over all exports, by several threads that share clients, queues, streams and
 * responses: handles that are good, closed, of another kind, garbage or NULL, options of any size and
 * content, callbacks that call back. After each call: there is an error exactly if the status is negative,
 * what was not delivered is NULL, what was can be read to its end, nothing is the library's defect, and no
 * call took longer than its deadline.
 *
 * fuzz_api SEED CALLS THREADS UNREACHABLE [ENDPOINTS]
 *
 * With the same seed each thread draws the same numbers; what others do between its calls may differ. */
#include "check.h"
#include <etcd-admin.h>
#include <etcd-api.h>

enum { SLOTS = 6, ROOM = 8, TAIL = 24, MAX_THREADS = 16, BLOCK = 1 << 18 };
/* Milliseconds. The default of clients, and what bounds a call without a deadline: the janitor. */
enum { A_CALL = 5000, FOR_EVER = 90000, SLACK = 1500 };

static const char *endpoints[4];
static uint32_t endpoint_count;
static const char *unreachable;
static uint64_t seed;
static long left;
/* The longest time by which a thread that slept was late: this machine is slow, and not the library. */
static int64_t stall;
static int over;

/* ---- What each thread has. ---- */

struct worker {
  uint64_t random;
  const char *call;
  int64_t began;
  /* How long the call may take. */
  int64_t limit;
  /* In a callback, which others wait for. */
  int nested;
  /* Whether this call's arguments may be wrong in any way; else most are such as programs use. */
  int wild;
  /* Whether the call has succeeded, if it says so. */
  int good;
};

static struct worker workers[MAX_THREADS];
static __thread struct worker *self;
static __thread struct worker foreign;

static uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

static struct worker *me(void) {
  static uint64_t threads;
  if (self == NULL) {
    /* A thread of the library, in a callback. */
    foreign.random = mix(seed ^ mix(1000 + __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED)));
    self = &foreign;
  }
  return self;
}

static uint64_t next_random(void) { return mix(me()->random++); }
static uint32_t below(uint32_t n) { return (uint32_t)(next_random() >> 33) % n; }
static int one_in(uint32_t n) { return below(n) == 0; }
static int wild_one_in(uint32_t n) { return below(n) == 0 && me()->wild; }

#undef FAIL
#define FAIL(...)                                                                        \
  do {                                                                                   \
    fprintf(stderr, "LIBETCD_SEED=%llu: in %s: ", (unsigned long long)seed, me()->call); \
    fail(__FILE__, __LINE__, __VA_ARGS__);                                               \
  } while (0)

static void may_take(int64_t ms) {
  if (ms > me()->limit) me()->limit = ms;
}

static void begin(const char *name) {
  me()->call = name;
  me()->began = now_ms();
}

static void ended(void) {
  struct worker *of = me();
  int64_t took = now_ms() - of->began;
  int64_t late = took - of->limit;
  if (late > SLACK + 3 * __atomic_load_n(&stall, __ATOMIC_RELAXED))
    FAIL("it took %lld ms, and may take %lld", (long long)took, (long long)of->limit);
  of->limit = 0;
}

/* ---- Reading all that the library returns. ---- */

static volatile uint64_t sink;
static void read_number(uint64_t x) { sink ^= x; }

static void read_bytes(etcd_bytes_t x) {
  size_t i;
  for (i = 0; i < x.len; i++) sink ^= x.data[i];
}

static void read_text(const char *x) {
  CHECK(x != NULL);
  read_number(strlen(x));
}

static void read_event(const etcd_event_t *event);

/* What an honest server and a correct library never make. */
static void is_possible(etcd_status_t status) {
  CHECK(status != ETCD_ERR_INTERNAL);
  if (status == ETCD_ERR_BAD_REPLY || status == ETCD_ERR_CLUSTER_CHANGED || status == ETCD_ERR_REVISION_REGRESSED)
    FAIL("%s", etcd_status_name(status));
  if (status > 0) CHECK(status == ETCD_EMPTY || status == ETCD_WOKEN || status == ETCD_END);
  CHECK(strcmp(etcd_status_name(status), "ETCD_ERR_?") != 0);
  me()->good = status >= 0;
}

static void read_etcd_error_t(const etcd_error_t *x);

static void fits_error(etcd_status_t status, const etcd_error_t *error) {
  if (error != NULL && (status == ETCD_ERR_INTERNAL || status == ETCD_ERR_BAD_REPLY)) FAIL("%s", error->message);
  is_possible(status);
  if ((status < 0) != (error != NULL)) FAIL("%s and error %p", etcd_status_name(status), (const void *)error);
  if (error == NULL) return;
  read_etcd_error_t(error);
  CHECK(error->status == status);
  /* One line, and not empty. */
  if (error->message[0] == 0 || strchr(error->message, '\n') != NULL) FAIL("message \"%s\"", error->message);
  CHECK(error->outcome == ETCD_NOT_APPLIED || error->outcome == ETCD_MAYBE_APPLIED);
}

/* ---- Out-parameters. ---- */

#define GARBAGE ((void *)(uintptr_t)0xfa5a5a5a5a5a5a50u)
/* One of the type, and where it goes: nowhere, now and then. */
#define OUT(type, name) \
  type *name = GARBAGE, **at_##name = one_in(8) ? NULL : &name

static int32_t numbers_at(uint32_t i);

static int is_there(etcd_status_t status, void **at, const void *value) {
  if (at == NULL) return 0;
  if (value == GARBAGE) FAIL("an out-parameter is left as it was");
  if ((status == ETCD_OK) != (value != NULL)) FAIL("%s and out %p", etcd_status_name(status), value);
  return value != NULL;
}

static void fits(etcd_status_t status, etcd_error_t *error);
static void keep_last_error(etcd_status_t status, etcd_error_t *error);
static void got_classic(etcd_result result, char *text);
static void got_events(etcd_status_t status, etcd_event_t **events, size_t count, size_t capacity);

#include "fuzz_arguments.h"

/* ---- Callbacks, and what they are told. ---- */

static void on_event(etcd_event_t *event, void *arg);
static etcd_handler_t handlers[] = {
  { sizeof(etcd_handler_t), on_event, &handlers[0] },
  { sizeof(etcd_handler_t), on_event, &handlers[1] },
  { sizeof(etcd_handler_t), NULL, NULL },
  /* One that is not begun with its INIT. */
  { 0, on_event, &handlers[3] },
};

static void *any_argument(const char *name) {
  (void)name;
  if (one_in(4)) return NULL;
  return &handlers[below(one_in(100) ? 4 : 3)];
}

static int is_handler(const void *x) {
  size_t i;
  for (i = 0; i < sizeof handlers / sizeof *handlers; i++)
    if (x == &handlers[i]) return 1;
  return 0;
}

static void is_user_data(const void *x) { CHECK(x == NULL || is_handler(x)); }

static void on_drop(void *user_data, void *arg) {
  CHECK(is_handler(user_data));
  is_user_data(arg);
}

static etcd_event_cb any_etcd_event_cb(const char *name) {
  (void)name;
  return one_in(30) ? NULL : on_event;
}

/* One that is over, or of another thread, or in progress: where a function of this one runs. */
static etcd_stm_t *any_stm(void);
static etcd_status_t on_stm(etcd_stm_t *stm, void *arg);

static etcd_stm_cb any_etcd_stm_cb(const char *name) {
  (void)name;
  return one_in(30) ? NULL : on_stm;
}

static etcd_drop_cb any_etcd_drop_cb(const char *name) {
  (void)name;
  return one_in(2) ? on_drop : NULL;
}

static void on_log(const etcd_log_record_t *record, void *arg);

static etcd_log_cb any_etcd_log_cb(const char *name) {
  (void)name;
  return one_in(3) ? on_log : NULL;
}

/* ---- Objects that all threads share. ---- */

static void *any_handle(int kind);
static void *any_or_none(int kind);
static void *last(int kind);
static void *take(int kind);
static int32_t any_kind(const etcd_event_t *event);
static int32_t numbers_at(uint32_t i);

#include "fuzz_calls.h"

static int32_t numbers_at(uint32_t i) { return numbers[i % (sizeof numbers / sizeof *numbers)]; }

static void *slots[KINDS][SLOTS];
/* Handles that were closed. */
static void *closed[KINDS];

/* Ends what was in the slot: a handle that others may be using, or memory that is this thread's now. */
static void put_in(int kind, uint32_t slot, void *x) {
  void *old = __atomic_exchange_n(&slots[kind][slot], x, __ATOMIC_ACQ_REL);
  if (old == NULL) return;
  if (kinds[kind].is_handle) __atomic_store_n(&closed[kind], old, __ATOMIC_RELAXED);
  /* Calls go on without their handles too. */
  if (kind == KIND_etcd_call_t && one_in(2)) return;
  kinds[kind].end(old);
}

static void keep(enum kind kind, void *x) {
  if (x != NULL) put_in(kind, below(SLOTS), x);
}

/* For this thread alone. */
static void *take(int kind) { return __atomic_exchange_n(&slots[kind][below(SLOTS)], NULL, __ATOMIC_ACQ_REL); }

static void new_client(void) {
  etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
  etcd_client_t *client = NULL;
  etcd_status_t status;
  options.endpoints = one_in(16) ? unreachable : endpoints[below(endpoint_count)];
  options.timeout_ms = 1 + below(100);
  status = etcd_client_open(&options, &client, NULL);
  CHECK(status == ETCD_OK);
  keep_etcd_client_t(client);
}

static void new_queue(void) {
  etcd_queue_t *queue = NULL;
  etcd_status_t status = etcd_queue_new(NULL, &queue, NULL);
  CHECK(status == ETCD_OK);
  keep_etcd_queue_t(queue);
}

static void *open_handle(int kind) {
  void *x = NULL;
  int i;
  for (i = 0; i < 4 && x == NULL; i++) {
    x = __atomic_load_n(&slots[kind][below(SLOTS)], __ATOMIC_ACQUIRE);
    if (x != NULL) break;
    if (kind == KIND_etcd_client_t) new_client();
    if (kind == KIND_etcd_queue_t) new_queue();
    if (kind == KIND_etcd_txn_t) keep_etcd_txn_t(etcd_txn_new());
  }
  return x;
}

static void *any_handle(int kind) {
  uintptr_t x;
  if (!me()->wild) return open_handle(kind);
  switch (below(20)) {
  case 0: return NULL;
  case 1: return __atomic_load_n(&closed[kind], __ATOMIC_RELAXED);
  case 2: return (void *)(uintptr_t)next_random();
  case 3:
    x = (uintptr_t)open_handle(kind);
    return (void *)(x ^ (uintptr_t)1 << below(64));
  case 4:
    do kind = (int)below(KINDS);
    while (!kinds[kind].is_handle);
    return open_handle(kind);
  default: return open_handle(kind);
  }
}

static void *any_or_none(int kind) { return one_in(2) ? NULL : any_handle(kind); }

/* One that is to be closed, by which others may be waiting. */
static void *last(int kind) {
  void *x;
  if (one_in(4)) return any_handle(kind);
  x = take(kind);
  if (x != NULL) __atomic_store_n(&closed[kind], x, __ATOMIC_RELAXED);
  return x;
}

static int32_t any_kind(const etcd_event_t *event) {
  return one_in(4) ? ETCD_EVENT_GET_RESPONSE + (int32_t)below(40) : etcd_event_kind(event);
}

static void read_event(const etcd_event_t *event) {
  int32_t kind = etcd_event_kind(event);
  const void *response = etcd_event_response(event, kind);
  fits_error(etcd_event_status(event), etcd_event_error(event));
  is_user_data(etcd_event_user_data(event));
  CHECK(response == NULL || etcd_event_status(event) == ETCD_OK);
  if (response != NULL) read_response(kind, response);
  if (response != NULL && kind == ETCD_EVENT_PUT_RESPONSE)
    __atomic_store_n(&revision, ((const etcd_put_response_t *)response)->header.revision, __ATOMIC_RELAXED);
  if (response != NULL && kind == ETCD_EVENT_LEASE_GRANT_RESPONSE)
    __atomic_store_n(&leases[below(SLOTS)], ((const etcd_lease_grant_response_t *)response)->id, __ATOMIC_RELAXED);
}

static void fits(etcd_status_t status, etcd_error_t *error) {
  if (error == GARBAGE) FAIL("err is left as it was");
  fits_error(status, error);
  keep_etcd_error_t(error);
}

static void keep_last_error(etcd_status_t status, etcd_error_t *error) {
  if (error == GARBAGE) FAIL("out is left as it was");
  CHECK(status == ETCD_OK || error == NULL);
  if (error != NULL) fits_error(error->status, error);
  keep_etcd_error_t(error);
}

static void got_classic(etcd_result result, char *value) {
  if (value == GARBAGE) FAIL("an out-parameter is left as it was");
  CHECK(result == ETCD_OK || value == NULL);
  if (value != NULL) read_text(value);
  free(value);
}

static void got_events(etcd_status_t status, etcd_event_t **events, size_t count, size_t capacity) {
  size_t i;
  CHECK(count <= capacity && (status == ETCD_OK) == (count > 0));
  for (i = 0; i < ROOM; i++) {
    CHECK((events[i] != NULL) == (i < count));
    keep_etcd_event_t(events[i]);
  }
}

/* ---- Calls. ---- */

static long made[sizeof exports / sizeof *exports];
static long good[sizeof exports / sizeof *exports];

static void random_call(void) {
  uint32_t i = below(sizeof exports / sizeof *exports);
  if (me()->nested && exports[i].waits) return;
  __atomic_add_fetch(&made[i], 1, __ATOMIC_RELAXED);
  me()->good = 1;
  me()->wild = one_in(3);
  exports[i].call();
  if (me()->good) __atomic_add_fetch(&good[i], 1, __ATOMIC_RELAXED);
}

/* A call in a callback, of which the thread may be in the middle of another. */
static void nested_call(void) {
  struct worker *of = me(), before = *of;
  of->nested = 1;
  of->limit = 0;
  random_call();
  of->nested = before.nested;
  of->call = before.call;
  of->began = before.began;
  /* The call around waits for it. */
  of->limit = before.limit + 200;
}

static void on_event(etcd_event_t *event, void *arg) {
  is_user_data(arg);
  CHECK(event != NULL);
  read_event(event);
  if (one_in(4)) keep_etcd_event_t(etcd_event_keep(event));
  if (one_in(8) && !me()->nested) nested_call();
}

static etcd_stm_t *last_stm;

static etcd_stm_t *any_stm(void) { return __atomic_load_n(&last_stm, __ATOMIC_RELAXED); }

static etcd_status_t on_stm(etcd_stm_t *stm, void *arg) {
  etcd_get_response_t *out = NULL;
  is_user_data(arg);
  __atomic_store_n(&last_stm, stm, __ATOMIC_RELAXED);
  is_possible(etcd_stm_get(stm, any_etcd_bytes_t("key"), &out, NULL));
  etcd_get_response_free(out);
  is_possible(etcd_stm_put(stm, any_etcd_bytes_t("key"), any_etcd_bytes_t("value"), any_int64_t("lease")));
  if (one_in(2)) is_possible(etcd_stm_delete(stm, any_etcd_bytes_t("key")));
  return one_in(4) ? ETCD_ERR_CONFLICT : ETCD_OK;
}

static void on_log(const etcd_log_record_t *record, void *arg) {
  etcd_get_response_t *out = GARBAGE;
  etcd_client_t *client = __atomic_load_n(&slots[KIND_etcd_client_t][0], __ATOMIC_RELAXED);
  etcd_status_t status;
  is_user_data(arg);
  read_etcd_log_record_t(record);
  status = etcd_kv_get(client, text("a"), NULL, &out, NULL);
  CHECK(status == (client == NULL ? ETCD_ERR_BAD_HANDLE : ETCD_ERR_UNSUPPORTED) && out == NULL);
}

static void *work(void *of) {
  self = of;
  while (__atomic_sub_fetch(&left, 1, __ATOMIC_RELAXED) >= 0) random_call();
  return NULL;
}

/* Closes what others may be waiting on, so that no wait is for ever, and sees how slow this machine is. */
static void *janitor(void *of) {
  int64_t at = now_ms();
  int round;
  self = of;
  for (round = 0; !__atomic_load_n(&over, __ATOMIC_ACQUIRE); round++) {
    int64_t late, now;
    int kind = (int)below(KINDS);
    sleep_ms(10);
    now = now_ms();
    late = now - at - 10;
    if (late > __atomic_load_n(&stall, __ATOMIC_RELAXED)) __atomic_store_n(&stall, late, __ATOMIC_RELAXED);
    if (round % 2 == 0 && kinds[kind].is_handle) put_in(kind, below(SLOTS), NULL);
    at = now_ms();
  }
  return NULL;
}

static void hangs(int signal) {
  int i;
  (void)signal;
  fprintf(stderr, "LIBETCD_SEED=%llu: it hangs\n", (unsigned long long)seed);
  for (i = 0; i < MAX_THREADS; i++)
    if (workers[i].call != NULL)
      fprintf(stderr, "thread %d: %s for %lld ms\n", i, workers[i].call, (long long)(now_ms() - workers[i].began));
  _exit(1);
}

int main(int argc, char **argv) {
  int threads = count_threads(), descriptors = count_descriptors(), count, i, j;
  pthread_t all[MAX_THREADS], closer;
  long calls = 0;
  CHECK(argc >= 5);
  seed = strtoull(argv[1], NULL, 10);
  left = strtol(argv[2], NULL, 10);
  count = number(argv[3]);
  unreachable = argv[4];
  endpoints[endpoint_count++] = "mem:";
  endpoints[endpoint_count++] = "mem:other";
  if (argc > 5) endpoints[endpoint_count++] = argv[5];
  CHECK(count > 0 && count < MAX_THREADS);
  signal(SIGALRM, hangs);
  alarm((unsigned)(120 + left / 500));
  for (i = 0; i <= count; i++) workers[i].random = mix(seed + (uint64_t)i);
  self = &workers[count];
  for (i = 0; i < BLOCK; i++) block[i] = (uint8_t)next_random();
  for (i = 0; i < (int)sizeof texts - 1; i++) texts[i] = (char)(1 + below(one_in(3) ? 255 : 126));
  closer = start(janitor, &workers[count]);
  for (i = 0; i < count; i++) all[i] = start(work, &workers[i]);
  for (i = 0; i < count; i++) join(all[i]);
  __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
  join(closer);
  /* Callbacks that are still running may open others. */
  for (j = 0; j < 3; j++)
    for (i = 0; i < KINDS * SLOTS; i++) put_in(i % KINDS, (uint32_t)(i / KINDS), NULL);
  settles(count_threads, threads, "threads");
  settles(count_descriptors, descriptors, "descriptors");
  for (i = 0; i < (int)(sizeof exports / sizeof *exports); i++) {
    if (made[i] == 0) FAIL("%s was not called", exports[i].name);
    /* Some need what others have left. */
    if (argc > 5 && good[i] == 0 && made[i] > 2000) FAIL("%s never succeeded in %ld calls", exports[i].name, made[i]);
    calls += made[i];
  }
  printf("%ld calls, the machine was at most %lld ms late\n", calls, (long long)stall);
  return 0;
}
