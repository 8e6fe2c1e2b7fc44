/* Benchmark of libetcd, through its public header only.
 *
 *   bench-libetcd ENDPOINT WORKLOAD [N] [CONCURRENCY]
 *
 * prints one JSON line. Workloads: get, put (one blocking caller); getc, putc
 * (CONCURRENCY threads on one client, default 32; under a name that ends in
 * -queue as many calls in flight from one thread through a queue, default 64);
 * list1k, list10k (a prefix of so many keys, each of them read); cold (new
 * client, first get, closed); watch (N passes in which each of CONCURRENCY
 * watches reads 100,000 events of history); rss (N watches, default 1,000: the
 * memory they take); lease (N leases, default 1,000, of 6 s kept alive for
 * BENCH_SECS, default 12: one operation is a renewal). Needs the peers' seed: get/..., l1k/..., lak/..., wtn/...,
 * but for mem:, which it seeds itself.
 */
#define _GNU_SOURCE
#include <etcd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { KEYS = 10000, WARM_UP = 1000, EVENTS = 100000, EVENTS_PER_TXN = 100 };
static const char VALUE[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static etcd_client_t *client;
static uint64_t *latency;

static void check(etcd_status_t status, etcd_error_t *error) {
  if (status == ETCD_OK) return;
  fprintf(stderr, "bench-libetcd: %s: %s\n", etcd_status_name(status), error ? error->message : "");
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static const char *key_of(char *buffer, int put, long i) {
  sprintf(buffer, "%s%012ld", put ? "put/" : "get/", i % KEYS);
  return buffer;
}

static void check_value(const etcd_get_response_t *response) {
  if (response->kv_count != 1 || response->kvs[0].value.len != 64) {
    fprintf(stderr, "bench-libetcd: bad value\n");
    exit(1);
  }
}

static void one(int put, long i) {
  char key[32];
  etcd_error_t *error = NULL;
  if (put) {
    etcd_put_response_t *response;
    check(etcd_kv_put(client, etcd_str(key_of(key, 1, i)), etcd_str(VALUE), NULL, &response, &error), error);
    etcd_put_response_free(response);
  } else {
    etcd_get_response_t *response;
    check(etcd_kv_get(client, etcd_str(key_of(key, 0, i)), NULL, &response, &error), error);
    check_value(response);
    etcd_get_response_free(response);
  }
}

/* What the process and, if BENCH_SERVER_PID names it, the server have used. */
struct usage {
  uint64_t wall, user, sys, switches, server;
  long max_rss, rss;
};

static uint64_t server_cpu(void) {
  const char *pid = getenv("BENCH_SERVER_PID");
  char path[64];
  unsigned long user = 0, sys = 0;
  if (!pid || !*pid) return 0;
  snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
  FILE *f = fopen(path, "r");
  if (!f) return 0;
  if (fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) != 2)
    user = sys = 0;
  fclose(f);
  return (user + sys) * (1000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

static long rss_kb(void) {
  long size = 0, rss = 0;
  FILE *f = fopen("/proc/self/statm", "r");
  if (f && fscanf(f, "%ld %ld", &size, &rss) != 2) rss = 0;
  if (f) fclose(f);
  return rss * (sysconf(_SC_PAGESIZE) / 1024);
}

static struct usage usage_now(void) {
  struct rusage r;
  struct usage u;
  u.server = server_cpu();
  getrusage(RUSAGE_SELF, &r);
  u.user = (uint64_t)r.ru_utime.tv_sec * 1000000u + (uint64_t)r.ru_utime.tv_usec;
  u.sys = (uint64_t)r.ru_stime.tv_sec * 1000000u + (uint64_t)r.ru_stime.tv_usec;
  u.switches = (uint64_t)(r.ru_nvcsw + r.ru_nivcsw);
  u.max_rss = r.ru_maxrss;
  u.rss = rss_kb();
  u.wall = now_ns();
  return u;
}

static int by_value(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

/* of: how many operations each of the n measurements was. */
static void report(const char *workload, long n, long of, long conc, struct usage a,
                   struct usage b) {
  double ops = (double)n * (double)of, wall = (double)(b.wall - a.wall) / 1e9;
  qsort(latency, (size_t)n, sizeof *latency, by_value);
  printf("{\"peer\":\"libetcd\",\"workload\":\"%s\",\"n\":%ld,\"conc\":%ld,\"ops_per_s\":%.1f,"
         "\"p50_us\":%.2f,\"p99_us\":%.2f,\"cpu_us_per_op\":%.4f,\"rss_kb\":%ld,"
         "\"sys_us_per_op\":%.4f,\"csw_per_op\":%.4f,\"maxrss_kb\":%ld,"
         "\"srv_cpu_us_per_op\":%.4f,\"wall_s\":%.4f,\"rss_delta_kb\":%ld}\n",
         workload, n, conc, ops / wall, (double)latency[n / 2] / 1e3,
         (double)latency[(size_t)((double)(n - 1) * 0.99)] / 1e3,
         (double)(b.user + b.sys - a.user - a.sys) / ops, rss_kb(), (double)(b.sys - a.sys) / ops,
         (double)(b.switches - a.switches) / ops, b.max_rss, (double)(b.server - a.server) / ops,
         wall, rss_kb() - a.rss);
}

struct share {
  pthread_t thread;
  int put;
  long from, to;
};
static atomic_int ready, go;

static void *caller(void *argument) {
  const struct share *share = argument;
  ready++;
  while (!go) usleep(500);
  for (long i = share->from; i < share->to; i++) {
    uint64_t start = now_ns();
    one(share->put, i);
    latency[i] = now_ns() - start;
  }
  return NULL;
}

static struct usage from_threads(int put, long n, long conc) {
  struct share *shares = calloc((size_t)conc, sizeof *shares);
  struct usage before;
  for (long i = 0; i < conc; i++) {
    shares[i].put = put;
    shares[i].from = i * (n / conc);
    shares[i].to = (i + 1) * (n / conc);
    pthread_create(&shares[i].thread, NULL, caller, &shares[i]);
  }
  while (ready < conc) usleep(1000);
  before = usage_now();
  go = 1;
  for (long i = 0; i < conc; i++) pthread_join(shares[i].thread, NULL);
  free(shares);
  return before;
}

static void start(int put, etcd_queue_t *queue, long i) {
  char key[32];
  etcd_error_t *error = NULL;
  void *tag = (void *)(intptr_t)i;
  latency[i] = now_ns();
  if (put)
    check(etcd_kv_put_async(client, etcd_str(key_of(key, 1, i)), etcd_str(VALUE), NULL, queue, tag, NULL,
                            &error), error);
  else
    check(etcd_kv_get_async(client, etcd_str(key_of(key, 0, i)), NULL, queue, tag, NULL, &error), error);
}

static struct usage through_queue(int put, long n, long conc) {
  etcd_queue_t *queue;
  etcd_error_t *error = NULL;
  struct usage before;
  long next = 0;
  check(etcd_queue_new(NULL, &queue, &error), error);
  before = usage_now();
  while (next < conc && next < n) start(put, queue, next++);
  for (long done = 0; done < n; done++) {
    etcd_event_t *event;
    check(etcd_queue_next(queue, ETCD_WAIT_FOREVER, &event, &error), error);
    check(etcd_event_status(event), NULL);
    if (!put) check_value(etcd_event_response(event, ETCD_EVENT_GET_RESPONSE));
    long i = (long)(intptr_t)etcd_event_user_data(event);
    latency[i] = now_ns() - latency[i];
    etcd_event_free(event);
    if (next < n) start(put, queue, next++);
  }
  etcd_queue_free(queue);
  return before;
}

/* Reads EVENTS events of one watch, each looked at. */
static void *reader(void *argument) {
  etcd_watch_options_t options = ETCD_WATCH_OPTIONS_INIT;
  etcd_error_t *error = NULL;
  etcd_watch_t *watch;
  size_t sum = 0, seen = 0;
  options.flags = ETCD_PREFIX | ETCD_WATCH_MERGE;
  options.start_revision = *(const int64_t *)argument;
  check(etcd_watch_open(client, etcd_str("wtn/"), &options, NULL, NULL, &watch, &error), error);
  while (seen < EVENTS) {
    etcd_watch_response_t *response;
    check(etcd_watch_next(watch, ETCD_WAIT_FOREVER, &response, &error), error);
    for (size_t i = 0; i < response->event_count; i++)
      sum += response->events[i].kv.key.len + response->events[i].kv.value.len;
    seen += response->event_count;
    etcd_watch_response_free(response);
  }
  etcd_watch_close(watch);
  if (!sum) exit(1);
  return NULL;
}

static struct usage watch_history(long n, long conc) {
  struct usage before = usage_now();
  etcd_get_response_t *response;
  etcd_error_t *error = NULL;
  pthread_t *threads = calloc((size_t)conc, sizeof *threads);
  int64_t from;
  check(etcd_kv_get(client, etcd_str("wtn/000000000000"), NULL, &response, &error), error);
  if (response->kv_count != 1) exit(1);
  from = response->kvs[0].mod_revision;
  etcd_get_response_free(response);
  for (long i = -1; i < n; i++) {
    if (i == 0) before = usage_now();
    /* At other moments of the server's own rhythm of 100 ms. */
    if (i >= 0) usleep((useconds_t)(i * 37 % 100) * 1000);
    uint64_t begun = now_ns();
    for (long k = 0; k < conc; k++) pthread_create(&threads[k], NULL, reader, &from);
    for (long k = 0; k < conc; k++) pthread_join(threads[k], NULL);
    if (i >= 0) latency[i] = now_ns() - begun;
  }
  free(threads);
  return before;
}

static struct usage open_watches(long n) {
  struct usage before = usage_now();
  etcd_error_t *error = NULL;
  etcd_queue_t *queue;
  check(etcd_queue_new(NULL, &queue, &error), error);
  for (long i = 0; i < n; i++) {
    char key[32];
    etcd_watch_t *watch;
    etcd_watch_options_t options = ETCD_WATCH_OPTIONS_INIT;
    uint64_t begun = now_ns();
    options.flags = ETCD_WATCH_CREATED_NOTIFY;
    sprintf(key, "rss/%012ld", i);
    check(etcd_watch_open(client, etcd_str(key), &options, queue, NULL, &watch, &error), error);
    latency[i] = now_ns() - begun;
  }
  for (long told = 0; told < n; told++) {
    etcd_event_t *event;
    check(etcd_queue_next(queue, ETCD_WAIT_FOREVER, &event, &error), error);
    check(etcd_event_status(event), NULL);
    etcd_event_free(event);
  }
  return before;
}

/* Keeps n leases alive for a while, told of each renewal; how many there were. */
static long keep_alive(long n, struct usage *before, struct usage *after) {
  const char *given = getenv("BENCH_SECS");
  double seconds = given ? atof(given) : 12;
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  int64_t *ids = calloc((size_t)n, sizeof *ids);
  etcd_error_t *error = NULL;
  etcd_queue_t *queue;
  long renewals = 0;
  uint64_t end;
  options.flags = ETCD_LEASE_KEEP_ALIVE_NOTIFY;
  check(etcd_queue_new(NULL, &queue, &error), error);
  for (long i = 0; i < n; i++) {
    etcd_lease_grant_response_t *granted;
    check(etcd_lease_grant(client, 6, NULL, &granted, &error), error);
    ids[i] = granted->id;
    etcd_lease_grant_response_free(granted);
  }
  *before = usage_now();
  end = before->wall + (uint64_t)(seconds * 1e9);
  for (long i = 0; i < n; i++) {
    etcd_lease_keep_alive_t *kept;
    check(etcd_lease_keep_alive_open(client, ids[i], &options, queue, NULL, &kept, &error), error);
  }
  while (now_ns() < end) {
    etcd_event_t *event;
    if (etcd_queue_next(queue, (int)((end - now_ns()) / 1000000u), &event, &error) != ETCD_OK)
      continue;
    check(etcd_event_status(event), NULL);
    etcd_event_free(event);
    renewals++;
  }
  *after = usage_now();
  free(ids);
  return renewals;
}

/* What get, list1k, list10k and watch read, in the store of this process. */
static void seed(void) {
  static const struct { const char *prefix; long count; } seeds[] = {
    { "get/", KEYS }, { "l1k/", 1000 }, { "lak/", 10000 },
  };
  for (size_t s = 0; s < sizeof seeds / sizeof *seeds; s++)
    for (long i = 0; i < seeds[s].count; i++) {
      char key[32];
      etcd_error_t *error = NULL;
      sprintf(key, "%s%012ld", seeds[s].prefix, i);
      check(etcd_kv_put(client, etcd_str(key), etcd_str(VALUE), NULL, NULL, &error), error);
    }
  for (long i = 0; i < EVENTS; i += EVENTS_PER_TXN) {
    etcd_error_t *error = NULL;
    etcd_txn_t *txn = etcd_txn_new();
    for (long k = i; k < i + EVENTS_PER_TXN; k++) {
      char key[32];
      sprintf(key, "wtn/%012ld", k);
      etcd_txn_put(txn, ETCD_BRANCH_THEN, etcd_str(key), etcd_str(VALUE), NULL);
    }
    check(etcd_txn_commit(client, txn, NULL, NULL, &error), error);
    etcd_txn_free(txn);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: bench-libetcd ENDPOINT WORKLOAD [N] [CONCURRENCY]\n");
    return 2;
  }
  const char *workload = argv[2];
  size_t name = strlen(argv[0]);
  int in_flight = name > 6 && !strcmp(argv[0] + name - 6, "-queue");
  long n = argc > 3 ? atol(argv[3]) : 0, conc = argc > 4 ? atol(argv[4]) : 0, of = 1;
  int put = !strncmp(workload, "put", 3);
  etcd_error_t *error = NULL;
  struct usage before, after = { 0 };

  check(etcd_client_open_endpoints(argv[1], &client, &error), error);
  if (!strncmp(argv[1], "mem:", 4)) seed();
  if (!strcmp(workload, "get") || !strcmp(workload, "put")) {
    if (!n) n = 20000;
    conc = 1;
    latency = calloc((size_t)n, sizeof *latency);
    for (long i = 0; i < WARM_UP; i++) one(put, i);
    before = usage_now();
    for (long i = 0; i < n; i++) {
      uint64_t begun = now_ns();
      one(put, i);
      latency[i] = now_ns() - begun;
    }
  } else if (!strcmp(workload, "getc") || !strcmp(workload, "putc")) {
    if (!n) n = 60000;
    if (!conc) conc = in_flight ? 64 : 32;
    n = n / conc * conc;
    latency = calloc((size_t)n, sizeof *latency);
    for (long i = 0; i < WARM_UP; i++) one(put, i);
    before = in_flight ? through_queue(put, n, conc) : from_threads(put, n, conc);
  } else if (!strcmp(workload, "list1k") || !strcmp(workload, "list10k")) {
    int ten = !strcmp(workload, "list10k");
    etcd_get_options_t options = ETCD_GET_OPTIONS_INIT;
    size_t sum = 0;
    options.flags = ETCD_PREFIX;
    conc = 1;
    if (!n) n = ten ? 100 : 600;
    latency = calloc((size_t)n, sizeof *latency);
    for (long i = -n / 10; i < n; i++) {
      etcd_get_response_t *response;
      if (i == 0 || n < 10) before = usage_now();
      uint64_t begun = now_ns();
      check(etcd_kv_get(client, etcd_str(ten ? "lak/" : "l1k/"), &options, &response, &error), error);
      if (response->kv_count != (ten ? 10000u : 1000u)) {
        fprintf(stderr, "bench-libetcd: not seeded\n");
        return 1;
      }
      for (size_t k = 0; k < response->kv_count; k++)
        sum += response->kvs[k].key.data[0] + response->kvs[k].key.len +
               response->kvs[k].value.data[0] + response->kvs[k].value.len;
      etcd_get_response_free(response);
      if (i >= 0) latency[i] = now_ns() - begun;
    }
    if (!sum) return 1;
  } else if (!strcmp(workload, "watch")) {
    if (!n) n = 8;
    if (!conc) conc = 1;
    of = EVENTS * conc;
    latency = calloc((size_t)n, sizeof *latency);
    before = watch_history(n, conc);
  } else if (!strcmp(workload, "rss")) {
    if (!n) n = 1000;
    conc = 1;
    latency = calloc((size_t)n, sizeof *latency);
    one(0, 0);
    before = open_watches(n);
  } else if (!strcmp(workload, "lease")) {
    conc = 1;
    latency = calloc(1, sizeof *latency);
    n = keep_alive(n ? n : 1000, &before, &after);
    of = n;
    n = 1;
  } else if (!strcmp(workload, "cold")) {
    etcd_client_close(client);
    if (!n) n = 300;
    conc = 1;
    latency = calloc((size_t)n, sizeof *latency);
    before = usage_now();
    for (long i = 0; i < n; i++) {
      uint64_t begun = now_ns();
      check(etcd_client_open_endpoints(argv[1], &client, &error), error);
      one(0, i);
      etcd_client_close(client);
      latency[i] = now_ns() - begun;
    }
    client = NULL;
  } else {
    fprintf(stderr, "bench-libetcd: no workload \"%s\"\n", workload);
    return 2;
  }
  if (!after.wall) after = usage_now();
  report(workload, n, of, conc, before, after);
  etcd_client_close(client);
  free(latency);
  return 0;
}
