/* Opening and closing again and again: threads, descriptors and memory are as
 * they were.
 *
 * leaks ENDPOINTS ROUNDS UNREACHABLE */
#include "check.h"

static const char *endpoints, *unreachable;

static void one(int i) {
  etcd_queue_t *queue = NULL;
  etcd_event_t *event = NULL;
  etcd_client_t *client = open_client(endpoints), *second = NULL;
  etcd_client_t *down = open_client(unreachable);
  etcd_get_options_t short_one = ETCD_GET_OPTIONS_INIT;
  etcd_get_response_t *response = NULL;
  short_one.timeout_ms = 5;
  OK(etcd_queue_new(NULL, &queue, &err));
  CHECK(etcd_queue_fd(queue) >= 0);
  get(client, "leaks/none", NULL);
  CHECK(count_threads() == 2);
  OK(etcd_kv_get_async(client, text("leaks"), NULL, queue, NULL, NULL, &err));
  if (i % 2 == 0) {
    OK(etcd_queue_next(queue, 10000, &event, &err));
    etcd_event_free(event);
    second = open_client(endpoints);
    CHECK(count_threads() == 2);
  }
  if (i % 8 == 0) {
    EXPECT(ETCD_ERR_UNAVAILABLE, etcd_kv_get(down, text("k"), &short_one, &response, &err));
    CHECK(response == NULL);
  }
  if (i % 3 == 0) etcd_queue_free(queue);
  etcd_client_close(client);
  etcd_client_close(second);
  etcd_client_close(down);
  if (i % 3 != 0) etcd_queue_free(queue);
}

int main(int argc, char **argv) {
  int rounds, i, descriptors, first;
  long before, after;
  alarm(300);
  CHECK(argc > 3);
  endpoints = argv[1];
  rounds = number(argv[2]);
  unreachable = argv[3];
  descriptors = count_descriptors();
  CHECK(count_threads() == 1);
  /* What is made once for the process, and what malloc keeps for the next time. */
  first = rounds / 5;
  for (i = 0; i < first; i++) one(i);
  before = self_status("VmRSS");
  for (i = 0; i < rounds; i++) one(i);
  settles(count_threads, 1, "threads");
  settles(count_descriptors, descriptors, "descriptors");
  after = self_status("VmRSS");
  printf("%d rounds: from %ld to %ld KiB\n", rounds, before, after);
  /* Three clients a round: a leak of 1 KiB each would show. */
  if (after - before > 128 + 3L * rounds) FAIL("from %ld to %ld KiB", before, after);
  return 0;
}
