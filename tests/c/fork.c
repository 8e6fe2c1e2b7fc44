/* fork() in a program that has clients, queues and calls: the child is told
 * so at once, may begin anew, and does the parent no harm.
 *
 * fork ENDPOINTS ROUNDS */
#include "check.h"
#include <etcd-admin.h>
#include <etcd-api.h>

static const char *endpoints;
static volatile int stop;

/* One call in a child, again when it took long: the machine may be busy. */
#define AT_ONCE(call)                                           \
  do {                                                          \
    int tries_ = 0;                                             \
    int64_t began_;                                             \
    do {                                                        \
      if (tries_++ == 10) FAIL("%s: always over 10 ms", #call); \
      began_ = now_ms();                                        \
      call;                                                     \
    } while (now_ms() - began_ >= 10);                          \
  } while (0)
#define FORKED(call) AT_ONCE(EXPECT(ETCD_ERR_FORKED, call))

static void classic_calls_are_refused(etcd_session session) {
  etcd_error_t *error = NULL;
  char *key, *value, *index;
  AT_ONCE(CHECK(etcd_get(session, "k") == NULL && etcd_leader(session) == NULL));
  AT_ONCE(CHECK(etcd_set(session, "k", "v", NULL, 0) == ETCD_WTF));
  AT_ONCE(CHECK(etcd_set(session, "k", "v", "p", 9) == ETCD_WTF));
  AT_ONCE(CHECK(etcd_delete(session, "k") == ETCD_WTF));
  AT_ONCE(CHECK(etcd_watch(session, "k", &key, &value, NULL, NULL) == ETCD_WTF));
  AT_ONCE(CHECK(etcd_lock(session, "k", 5, NULL, &index) == ETCD_WTF));
  AT_ONCE(CHECK(etcd_unlock(session, "k", "1.1") == ETCD_WTF));
  AT_ONCE(CHECK(etcd_client_last_error(session, &error) == ETCD_ERR_FORKED));
  CHECK(key == NULL && value == NULL && index == NULL && error == NULL);
}

static etcd_lease_keep_alive_t *kept;
static etcd_range_t *pages;

static void every_call_is_refused(etcd_client_t *client, etcd_queue_t *queue, etcd_call_t *op) {
  etcd_get_response_t *range = (etcd_get_response_t *)&range;
  etcd_put_response_t *put = (etcd_put_response_t *)&put;
  etcd_delete_response_t *gone = (etcd_delete_response_t *)&gone;
  etcd_client_endpoints_t *endpoints_of = (etcd_client_endpoints_t *)&endpoints_of;
  etcd_event_t *event = (etcd_event_t *)&event;
  etcd_call_t *fresh = (etcd_call_t *)&fresh;
  etcd_watch_t *watch = (etcd_watch_t *)&watch;
  etcd_connection_watch_t *connection = (etcd_connection_watch_t *)&connection;
  etcd_counters_t counters = ETCD_COUNTERS_INIT;
  char *page = (char *)&page;
  size_t count = 1;
  etcd_lease_keep_alive_t *fresh_kept = (etcd_lease_keep_alive_t *)&fresh_kept;
  FORKED(etcd_kv_get(client, text("k"), NULL, &range, &err));
  FORKED(etcd_kv_put(client, text("k"), text("v"), NULL, &put, &err));
  FORKED(etcd_kv_delete(client, text("k"), NULL, &gone, &err));
  CHECK(range == NULL && put == NULL && gone == NULL);
  FORKED(etcd_kv_get_async(client, text("k"), NULL, queue, NULL, &fresh, &err));
  CHECK(fresh == NULL);
  FORKED(etcd_kv_put_async(client, text("k"), text("v"), NULL, queue, NULL, &fresh, &err));
  FORKED(etcd_kv_delete_async(client, text("k"), NULL, queue, NULL, NULL, &err));
  FORKED(etcd_kv_compact(client, 1, NULL, NULL, &err));
  FORKED(etcd_txn_commit(client, NULL, NULL, NULL, &err));
  {
    etcd_range_t *iter = (etcd_range_t *)&iter;
    etcd_if_response_t *reply = (etcd_if_response_t *)&reply;
    FORKED(etcd_range_open(client, text("k"), NULL, &iter, &err));
    FORKED(etcd_kv_put_if_absent(client, text("k"), text("v"), NULL, &reply, &err));
    FORKED(etcd_kv_delete_if_revision_async(client, text("k"), 1, NULL, queue, NULL, NULL, &err));
    FORKED(etcd_kv_put_ttl(client, text("k"), text("v"), 5, NULL, NULL, &err));
    FORKED(etcd_kv_put_ttl_async(client, text("k"), text("v"), 5, NULL, queue, NULL, NULL, &err));
    FORKED(etcd_range_next_async(pages, queue, NULL, NULL, &err));
    FORKED(etcd_kv_do(client, NULL, NULL, NULL, &err));
    CHECK(iter == NULL && reply == NULL);
  }
  {
    etcd_member_list_response_t *members = (etcd_member_list_response_t *)&members;
    etcd_maintenance_status_response_t *status = (etcd_maintenance_status_response_t *)&status;
    etcd_lock_service_lock_response_t *lock = (etcd_lock_service_lock_response_t *)&lock;
    FORKED(etcd_member_list(client, NULL, &members, &err));
    FORKED(etcd_maintenance_status(client, NULL, NULL, &status, &err));
    FORKED(etcd_lock_service_lock(client, text("k"), 1, NULL, &lock, &err));
    FORKED(etcd_lock_service_unlock(client, text("k"), NULL, NULL, &err));
    CHECK(members == NULL && status == NULL && lock == NULL);
  }
  FORKED(etcd_lease_revoke(client, 1, NULL, NULL, &err));
  FORKED(etcd_lease_keep_alive_once_async(client, 1, NULL, queue, NULL, NULL, &err));
  FORKED(etcd_lease_keep_alive_open(client, 1, NULL, queue, NULL, &fresh_kept, &err));
  FORKED(etcd_lease_keep_alive_next(kept, ETCD_WAIT_FOREVER, NULL, &err));
  AT_ONCE(CHECK(etcd_lease_keep_alive_left_ms(kept) == 0));
  AT_ONCE(etcd_lease_keep_alive_close(kept));
  CHECK(fresh_kept == NULL);
  FORKED(etcd_kv_compact_async(client, 1, NULL, queue, NULL, NULL, &err));
  FORKED(etcd_watch_open(client, text("k"), NULL, NULL, NULL, &watch, &err));
  FORKED(etcd_queue_next_batch(queue, 0, &event, 1, &count, &err));
  FORKED(etcd_queue_dispatch_handlers(queue, 0, &count, &err));
  FORKED(etcd_queue_start_handler_dispatcher(queue, &err));
  CHECK(watch == NULL && count == 0);
  FORKED(etcd_client_endpoints(client, &endpoints_of, &err));
  FORKED(etcd_client_set_endpoints(client, "127.0.0.1:1", &err));
  FORKED(etcd_client_sync(client, NULL, &err));
  CHECK(endpoints_of == NULL);
  FORKED(etcd_connection_watch_open(client, NULL, NULL, &connection, &err));
  FORKED(etcd_client_counters(client, &counters, &err));
  FORKED(etcd_client_counters_text(client, NULL, &page, &err));
  CHECK(connection == NULL && page == NULL && counters.calls == 0);
  FORKED(etcd_queue_next(queue, 0, &event, &err));
  FORKED(etcd_queue_next(queue, ETCD_WAIT_FOREVER, &event, &err));
  CHECK(event == NULL);
  AT_ONCE(CHECK(etcd_queue_wake(queue) == ETCD_ERR_FORKED));
  AT_ONCE(CHECK(etcd_call_cancel(op) == ETCD_ERR_FORKED));
  AT_ONCE(CHECK(etcd_queue_fd(queue) == -1));
  classic_calls_are_refused(client);
}

static void child_begins_anew(etcd_client_t *client, etcd_queue_t *queue, const char *key) {
  etcd_client_t *own = open_client(endpoints);
  etcd_queue_t *own_queue = NULL;
  etcd_event_t *event = NULL;
  int i;
  OK(etcd_queue_new(NULL, &own_queue, &err));
  for (i = 0; i < 40; i++) works(own, key);
  OK(etcd_kv_get_async(own, text(key), NULL, own_queue, own, NULL, &err));
  /* The old beside the new. */
  FORKED(etcd_kv_get_async(own, text(key), NULL, queue, NULL, NULL, &err));
  FORKED(etcd_kv_get_async(client, text(key), NULL, own_queue, NULL, NULL, &err));
  OK(etcd_queue_next(own_queue, 5000, &event, &err));
  CHECK(etcd_event_status(event) == ETCD_OK && etcd_event_user_data(event) == own);
  etcd_event_free(event);
  etcd_queue_free(own_queue);
  etcd_client_close(own);
  CHECK(count_threads() == 1);
}

/* All that a child does; both ways of ending are a program's right. */
static void child(etcd_client_t *client, etcd_queue_t *queue, etcd_call_t *op,
                  etcd_get_response_t *response, int round) {
  char key[40];
  alarm(60);
  snprintf(key, sizeof key, "fork/child/%d", round);
  if (round % 3 == 0) {
    AT_ONCE(etcd_client_close(client));
    AT_ONCE(etcd_queue_free(queue));
  }
  every_call_is_refused(client, queue, op);
  if (round % 2 == 0) child_begins_anew(client, queue, key);
  /* Memory is the child's own copy. */
  etcd_get_response_free(response);
  AT_ONCE(etcd_client_close(client));
  AT_ONCE(etcd_queue_free(queue));
  AT_ONCE(etcd_client_close(client));
  every_call_is_refused(client, queue, op);
  if (round % 2 == 0) exit(0);
  _exit(0);
}

static pid_t fork_child(etcd_client_t *client, etcd_queue_t *queue, etcd_call_t *op,
                        etcd_get_response_t *response, int round) {
  pid_t pid;
  fflush(NULL);
  pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) child(client, queue, op, response, round);
  return pid;
}

/* Holds the library's locks as often as possible: calls, opens, closes, errors. */
static void *busy(void *argument) {
  etcd_client_t *shared = argument;
  while (!stop) {
    etcd_client_t *client = open_client(endpoints);
    etcd_queue_t *queue = NULL;
    etcd_call_t *op = NULL;
    etcd_get_response_t *response = NULL, *nothing = NULL;
    etcd_event_t *event = NULL;
    OK(etcd_queue_new(NULL, &queue, &err));
    OK(etcd_kv_get_async(shared, text("fork/a"), NULL, queue, NULL, &op, &err));
    OK(etcd_kv_get(shared, text("fork/a"), NULL, &response, &err));
    EXPECT(ETCD_ERR_EMPTY_KEY, etcd_kv_get(client, text(""), NULL, &nothing, &err));
    OK(etcd_queue_next(queue, 10000, &event, &err));
    etcd_event_free(event);
    etcd_get_response_free(response);
    etcd_queue_free(queue);
    etcd_client_close(client);
  }
  return NULL;
}

int main(int argc, char **argv) {
  etcd_client_t *client;
  etcd_queue_t *queue = NULL;
  etcd_call_t *op = NULL;
  etcd_event_t *event = NULL;
  etcd_get_response_t *response = NULL;
  etcd_lease_grant_response_t *lease = NULL;
  pthread_t threads[4];
  int i, rounds;
  alarm(300);
  CHECK(argc > 2);
  endpoints = argv[1];
  rounds = number(argv[2]);
  client = open_client(endpoints);
  OK(etcd_queue_new(NULL, &queue, &err));
  CHECK(etcd_queue_fd(queue) >= 0);
  for (i = 0; i < 40; i++) works(client, "fork/a"); /* A lone caller has the library's sockets. */
  OK(etcd_kv_get(client, text("fork/a"), NULL, &response, &err));
  OK(etcd_lease_grant(client, 10, NULL, &lease, &err));
  OK(etcd_lease_keep_alive_open(client, lease->id, NULL, NULL, NULL, &kept, &err));
  OK(etcd_range_open(client, text("k"), NULL, &pages, &err));
  etcd_lease_grant_response_free(lease);
  OK(etcd_kv_get_async(client, text("fork/a"), NULL, queue, NULL, &op, &err));
  for (i = 0; i < 6; i++) {
    ends_well(fork_child(client, queue, op, response, i));
    works(client, "fork/a");
  }
  OK(etcd_queue_next(queue, 10000, &event, &err));
  CHECK(etcd_event_status(event) == ETCD_OK);
  etcd_event_free(event);

  for (i = 0; i < 4; i++) threads[i] = start(busy, client);
  for (i = 0; i < rounds; i++) {
    OK(etcd_kv_get_async(client, text("fork/a"), NULL, queue, NULL, &op, &err));
    ends_well(fork_child(client, queue, op, response, i));
    works(client, "fork/a");
    OK(etcd_queue_next(queue, 10000, &event, &err));
    etcd_event_free(event);
  }
  stop = 1;
  for (i = 0; i < 4; i++) join(threads[i]);
  /* The parent's goes on. */
  CHECK(etcd_lease_keep_alive_left_ms(kept) > 0);
  etcd_lease_keep_alive_close(kept);
  etcd_range_close(pages);
  etcd_get_response_free(response);
  etcd_queue_free(queue);
  etcd_client_close(client);
  settles(count_threads, 1, "threads");
  return 0;
}
