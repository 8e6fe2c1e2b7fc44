/* What is opened and closed at once costs nothing afterwards: calls are served, and memory is as before.
 *
 * storm ENDPOINTS COUNT */
#include "check.h"

enum { MAX_GROWTH_KB = 48 << 10 };

static etcd_client_t *client;
static etcd_queue_t *queue;

static void a_watch(int i) {
  etcd_watch_options_t options = ETCD_WATCH_OPTIONS_INIT;
  etcd_watch_t *watch;
  (void)i;
  options.flags = ETCD_WATCH_NO_WAIT;
  OK(etcd_watch_open(client, text("storm/k"), &options, NULL, NULL, &watch, &err));
  etcd_watch_close(watch);
}

static void a_watch_on_a_queue(int i) {
  etcd_watch_t *watch;
  (void)i;
  OK(etcd_watch_open(client, text("storm/k"), NULL, queue, NULL, &watch, &err));
  etcd_watch_close(watch);
}

static void a_lease(int i) {
  etcd_lease_keep_alive_t *keep_alive;
  OK(etcd_lease_keep_alive_open(client, i + 1, NULL, NULL, NULL, &keep_alive, &err));
  etcd_lease_keep_alive_close(keep_alive);
}

static void the_same_lease(int i) {
  (void)i;
  a_lease(0);
}

static void connection_states(int i) {
  etcd_connection_watch_t *connections;
  (void)i;
  OK(etcd_connection_watch_open(client, queue, NULL, &connections, &err));
  etcd_connection_watch_close(connections);
}

static void a_range(int i) {
  etcd_range_t *range;
  (void)i;
  OK(etcd_range_open(client, text("storm/k"), NULL, &range, &err));
  etcd_range_close(range);
}

static void a_queue(int i) {
  etcd_queue_t *other;
  (void)i;
  OK(etcd_queue_new(NULL, &other, &err));
  etcd_queue_free(other);
}

static void a_cancelled_call(int i) {
  etcd_call_t *call;
  etcd_event_t *event;
  (void)i;
  OK(etcd_kv_get_async(client, text("storm/k"), NULL, queue, NULL, &call, &err));
  etcd_call_cancel(call);
  while (etcd_queue_next(queue, 0, &event, NULL) == ETCD_OK) etcd_event_free(event);
}

static long peak_kb(void) {
  struct rusage usage;
  CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  return usage.ru_maxrss;
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*open_and_close)(int i);
  } all[] = {{"a watch", a_watch},
             {"a watch on a queue", a_watch_on_a_queue},
             {"a lease", a_lease},
             {"the same lease", the_same_lease},
             {"connection states", connection_states},
             {"a range", a_range},
             {"a queue", a_queue},
             {"a cancelled call", a_cancelled_call}};
  size_t which;
  CHECK(argc == 3);
  alarm(300);
  for (which = 0; which < sizeof all / sizeof *all; which++) {
    long before;
    int i, count = atoi(argv[2]);
    client = open_client(argv[1]);
    OK(etcd_queue_new(NULL, &queue, &err));
    OK(etcd_kv_put(client, text("storm/k"), text("v"), NULL, NULL, &err));
    before = peak_kb();
    for (i = 0; i < count; i++) all[which].open_and_close(i);
    for (i = 0; i < 10; i++) OK(etcd_kv_put(client, text("storm/k"), text("v"), NULL, NULL, &err));
    if (peak_kb() - before > MAX_GROWTH_KB) FAIL("%s: %ld KiB more", all[which].name, peak_kb() - before);
    etcd_queue_free(queue);
    etcd_client_close(client);
  }
  return 0;
}
