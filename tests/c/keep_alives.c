/* Many handles of keepalives, opened and closed in every state, leave nothing behind.
 *
 * keep_alives ENDPOINTS COUNT */
#include "check.h"

static long resident_kib(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  long size, resident;
  CHECK(file && fscanf(file, "%ld %ld", &size, &resident) == 2);
  fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void come_and_go(etcd_client_t *client, etcd_queue_t *queue, int64_t lease, int count) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_lease_keep_alive_t *last = NULL, *kept = NULL;
  etcd_event_t *event = NULL;
  int i;
  options.flags = ETCD_LEASE_KEEP_ALIVE_NOTIFY;
  for (i = 0; i < count; i++) {
    /* One that exists, and those that do not. */
    int64_t id = i % 2 ? lease : 1000000 + i;
    OK(etcd_lease_keep_alive_open(client, id, &options, i % 3 ? queue : NULL, NULL, &kept, &err));
    if (i % 10 == 0) usleep(1000);
    etcd_lease_keep_alive_close(last);
    last = kept;
    while (etcd_queue_next(queue, 0, &event, NULL) == ETCD_OK) etcd_event_free(event);
  }
  etcd_lease_keep_alive_close(last);
  etcd_lease_keep_alive_close(last);
}

int main(int argc, char **argv) {
  etcd_client_t *client;
  etcd_queue_t *queue = NULL;
  etcd_lease_grant_response_t *lease = NULL;
  long before, after;
  int count;
  alarm(60);
  CHECK(argc > 2);
  count = number(argv[2]);
  client = open_client(argv[1]);
  OK(etcd_queue_new(NULL, &queue, &err));
  OK(etcd_lease_grant(client, 3600, NULL, &lease, &err));
  come_and_go(client, queue, lease->id, count / 2);
  before = resident_kib();
  come_and_go(client, queue, lease->id, count);
  after = resident_kib();
  if (after - before > 1024) FAIL("%ld KiB became %ld", before, after);
  etcd_lease_grant_response_free(lease);
  etcd_queue_free(queue);
  etcd_client_close(client);
  return 0;
}
