/* There is an error exactly if the status is negative: of every function that has an err, with
 * nothing and with good arguments, and of every status that is neither success nor error.
 *
 * errors ENDPOINTS */
#include "check.h"
#include <etcd-admin.h>

#define GARBAGE(type) ((type)(uintptr_t)0xfa5a5a5a5a5a5a5aULL)

static const char *endpoints;
static long calls;
static etcd_status_t last;

static void fits(etcd_status_t status, const etcd_error_t *error, const char *what) {
  if (error == GARBAGE(etcd_error_t *)) FAIL("%s leaves err as it was", what);
  if ((status < 0) != (error != NULL)) FAIL("%s: %d and error %p", what, status, (const void *)error);
  if (error != NULL) CHECK(error->status == status && error->message[0] != 0 && error->endpoint != NULL);
  last = status;
  calls++;
}

/* The call passes &err. */
#define FITS(call)                                \
  do {                                            \
    etcd_error_t *err = GARBAGE(etcd_error_t *);  \
    etcd_status_t got_ = (call);                  \
    fits(got_, err, #call);                       \
    etcd_error_free(err);                         \
  } while (0)

/* As the call before, but without an err. */
#define SAME(call)                                                     \
  do {                                                                 \
    etcd_status_t before_ = last, got_ = (call);                       \
    if (got_ != before_) FAIL("%s: %d, not %d", #call, got_, before_); \
  } while (0)

#define IS(status, call)                                                                   \
  do {                                                                                     \
    FITS(call);                                                                            \
    if (last != (status)) FAIL("%s: %s, not %s", #call, etcd_status_name(last), #status);  \
  } while (0)

/* The event that a call on `queue` ends with. */
#define ENDS(status, call)                                                          \
  do {                                                                              \
    IS(ETCD_OK, call);                                                              \
    IS(ETCD_OK, etcd_queue_next(queue, 10000, &event, &err));                       \
    fits(etcd_event_status(event), etcd_event_error(event), #call);                 \
    if (last != (status)) FAIL("%s: %s", #call, etcd_status_name(last));            \
    etcd_event_free(event);                                                         \
  } while (0)

/* What the generated calls use. */
static etcd_queue_t *new_queue(void) {
  etcd_queue_t *queue = NULL;
  OK(etcd_queue_new(NULL, &queue, &err));
  return queue;
}

static void free_queue(etcd_queue_t *queue) { etcd_queue_free(queue); }

static void ignore(etcd_event_t *event, void *arg) {
  (void)event;
  (void)arg;
}

static etcd_counters_t counters = ETCD_COUNTERS_INIT;
static etcd_counters_t *GOOD_etcd_counters_t = &counters;
static etcd_txn_t *GOOD_etcd_txn_t;
static etcd_op_t *GOOD_etcd_op_t;
static etcd_range_t *GOOD_etcd_range_t;
static etcd_watch_t *GOOD_etcd_watch_t;
static etcd_lease_keep_alive_t *GOOD_etcd_lease_keep_alive_t;
static etcd_connection_watch_t *GOOD_etcd_connection_watch_t;
static etcd_lease_session_t *GOOD_etcd_lease_session_t;
static etcd_mutex_t *GOOD_etcd_mutex_t;
static etcd_election_t *GOOD_etcd_election_t;
static etcd_election_observer_t *GOOD_etcd_election_observer_t;
static etcd_stm_t *GOOD_etcd_stm_t;
static etcd_status_t GOOD_etcd_stm_cb(etcd_stm_t *stm, void *arg) {
  (void)arg;
  return etcd_stm_put(stm, text("good/stm"), text("v"), 0);
}
static const etcd_call_options_t brief = {sizeof(etcd_call_options_t), 20, 0};

#include "errors.h"

static void arrives(etcd_client_t *client, etcd_queue_t *queue) {
  OK(etcd_kv_put_async(client, text("errors/k"), text("v"), NULL, queue, NULL, NULL, &err));
}

static void wake(etcd_queue_t *queue) { CHECK(etcd_queue_wake(queue) == ETCD_OK); }

static void queues(etcd_client_t *client) {
  etcd_queue_t *queue = new_queue();
  etcd_event_t *event = NULL;
  size_t count;
  arrives(client, queue);
  IS(ETCD_OK, etcd_queue_next(queue, 10000, &event, &err));
  etcd_event_free(event);
  IS(ETCD_EMPTY, etcd_queue_next(queue, 0, &event, &err));
  wake(queue);
  IS(ETCD_WOKEN, etcd_queue_next(queue, 0, &event, &err));
  arrives(client, queue);
  IS(ETCD_OK, etcd_queue_next_batch(queue, 10000, &event, 1, &count, &err));
  etcd_event_free(event);
  IS(ETCD_EMPTY, etcd_queue_next_batch(queue, 0, &event, 1, &count, &err));
  wake(queue);
  IS(ETCD_WOKEN, etcd_queue_next_batch(queue, 0, &event, 1, &count, &err));
  arrives(client, queue);
  IS(ETCD_OK, etcd_queue_dispatch(queue, 10000, ignore, NULL, &count, &err));
  IS(ETCD_EMPTY, etcd_queue_dispatch(queue, 0, ignore, NULL, &count, &err));
  wake(queue);
  IS(ETCD_WOKEN, etcd_queue_dispatch(queue, 0, ignore, NULL, &count, &err));
  arrives(client, queue);
  IS(ETCD_OK, etcd_queue_dispatch_handlers(queue, 10000, &count, &err));
  IS(ETCD_EMPTY, etcd_queue_dispatch_handlers(queue, 0, &count, &err));
  wake(queue);
  IS(ETCD_WOKEN, etcd_queue_dispatch_handlers(queue, 0, &count, &err));
  free_queue(queue);
}

/* Streams and pages, with what comes before nothing comes. */
static void streams(etcd_client_t *client, int64_t lease) {
  etcd_call_options_t notify = ETCD_CALL_OPTIONS_INIT;
  etcd_watch_response_t *changes = NULL;
  etcd_lease_keep_alive_response_t *renewal = NULL;
  etcd_connection_watch_response_t *state = NULL;
  etcd_get_response_t *page = NULL;
  etcd_queue_t *queue = new_queue();
  etcd_event_t *event = NULL;
  OK(etcd_watch_open(client, text("errors/w"), NULL, NULL, NULL, &GOOD_etcd_watch_t, &err));
  IS(ETCD_EMPTY, etcd_watch_next(GOOD_etcd_watch_t, 0, &changes, &err));
  put(client, "errors/w", "v");
  IS(ETCD_OK, etcd_watch_next(GOOD_etcd_watch_t, 10000, &changes, &err));
  etcd_watch_response_free(changes);
  notify.flags = ETCD_LEASE_KEEP_ALIVE_NOTIFY;
  OK(etcd_lease_keep_alive_open(client, lease, &notify, NULL, NULL, &GOOD_etcd_lease_keep_alive_t, &err));
  IS(ETCD_OK, etcd_lease_keep_alive_next(GOOD_etcd_lease_keep_alive_t, 10000, &renewal, &err));
  etcd_lease_keep_alive_response_free(renewal);
  IS(ETCD_EMPTY, etcd_lease_keep_alive_next(GOOD_etcd_lease_keep_alive_t, 0, &renewal, &err));
  OK(etcd_connection_watch_open(client, NULL, NULL, &GOOD_etcd_connection_watch_t, &err));
  IS(ETCD_OK, etcd_connection_watch_next(GOOD_etcd_connection_watch_t, 10000, &state, &err));
  etcd_connection_watch_response_free(state);
  IS(ETCD_EMPTY, etcd_connection_watch_next(GOOD_etcd_connection_watch_t, 0, &state, &err));
  OK(etcd_election_observer_open(client, text("errors/e"), NULL, NULL, NULL, &GOOD_etcd_election_observer_t, &err));
  IS(ETCD_OK, etcd_election_observer_next(GOOD_etcd_election_observer_t, 10000, NULL, &err));
  IS(ETCD_EMPTY, etcd_election_observer_next(GOOD_etcd_election_observer_t, 0, NULL, &err));
  OK(etcd_range_open(client, text("errors/w"), NULL, &GOOD_etcd_range_t, &err));
  IS(ETCD_OK, etcd_range_next(GOOD_etcd_range_t, &page, &err));
  etcd_get_response_free(page);
  IS(ETCD_END, etcd_range_next(GOOD_etcd_range_t, &page, &err));
  ENDS(ETCD_END, etcd_range_next_async(GOOD_etcd_range_t, queue, NULL, NULL, &err));
  etcd_range_close(GOOD_etcd_range_t);
  OK(etcd_range_open(client, text("errors/w"), NULL, &GOOD_etcd_range_t, &err));
  ENDS(ETCD_OK, etcd_range_next_async(GOOD_etcd_range_t, queue, NULL, NULL, &err));
  ENDS(ETCD_ERR_LEASE_NOT_FOUND, etcd_lease_keep_alive_once_async(client, 1, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

int main(int argc, char **argv) {
  etcd_lease_grant_response_t *lease = NULL;
  etcd_client_t *client;
  alarm(120);
  CHECK(argc > 1);
  endpoints = argv[1];
  client = open_client(endpoints);
  OK(etcd_lease_grant(client, 600, NULL, &lease, &err));
  queues(client);
  streams(client, lease->id);
  GOOD_etcd_txn_t = etcd_txn_new();
  OK(etcd_op_new_get(text("errors/k"), NULL, &GOOD_etcd_op_t, &err));
  OK(etcd_lease_session_open(client, NULL, &GOOD_etcd_lease_session_t, &err));
  OK(etcd_mutex_open(GOOD_etcd_lease_session_t, text("errors/lock"), &GOOD_etcd_mutex_t, &err));
  OK(etcd_election_open(GOOD_etcd_lease_session_t, text("errors/election"), &GOOD_etcd_election_t, &err));
  every_function();
  etcd_election_observer_close(GOOD_etcd_election_observer_t);
  etcd_election_close(GOOD_etcd_election_t);
  etcd_mutex_close(GOOD_etcd_mutex_t);
  etcd_lease_session_close(GOOD_etcd_lease_session_t);
  etcd_op_free(GOOD_etcd_op_t);
  etcd_txn_free(GOOD_etcd_txn_t);
  etcd_range_close(GOOD_etcd_range_t);
  etcd_watch_close(GOOD_etcd_watch_t);
  etcd_lease_keep_alive_close(GOOD_etcd_lease_keep_alive_t);
  etcd_connection_watch_close(GOOD_etcd_connection_watch_t);
  OK(etcd_lease_revoke(client, lease->id, NULL, NULL, &err));
  etcd_lease_grant_response_free(lease);
  etcd_client_close(client);
  printf("%ld calls\n", calls);
  return 0;
}
