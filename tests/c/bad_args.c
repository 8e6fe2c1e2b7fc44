/* Arguments that are wrong, in every place of every function: an error each
 * time one is due, at once, and nothing is read that should not be.
 *
 * bad_args ENDPOINTS STEP: every STEPth case of the long tables. */
#include "check.h"
#include <etcd-admin.h>
#include <etcd-api.h>

#include <limits.h>
#include <stddef.h>
#include <sys/mman.h>

static long calls;
static int step;
static etcd_client_t *client;
static etcd_queue_t *queue;

/* Not readable, never to be read. */
static const void *const NOWHERE = (const void *)(uintptr_t)4096;
#define GARBAGE(type) ((type)(uintptr_t)0xfa5a5a5a5a5a5a5aULL)

static uint64_t draw(void) {
  static uint64_t state = 20240607;
  uint64_t z = state += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

enum function { GET, PUT, DELETE, GET_ASYNC, PUT_ASYNC, DELETE_ASYNC, FUNCTIONS };

struct arguments {
  etcd_client_t *client;
  etcd_bytes_t key, value;
  const void *options;
  etcd_queue_t *queue;
};

static struct arguments good(void) {
  struct arguments all;
  all.client = client;
  all.key = text("bad/key");
  all.value = text("value");
  all.options = NULL;
  all.queue = queue;
  return all;
}

/* The call must fail like this, quickly, and leave its outs NULL. */
static void fails(enum function function, struct arguments with, etcd_status_t expected,
                  const char *what) {
  etcd_get_response_t *range = GARBAGE(etcd_get_response_t *);
  etcd_put_response_t *put = GARBAGE(etcd_put_response_t *);
  etcd_delete_response_t *gone = GARBAGE(etcd_delete_response_t *);
  etcd_call_t *op = GARBAGE(etcd_call_t *);
  etcd_error_t *err = GARBAGE(etcd_error_t *);
  etcd_status_t status = ETCD_OK;
  int64_t began = now_ms();
  switch (function) {
    case GET:
      status = etcd_kv_get(with.client, with.key, with.options, &range, &err);
      break;
    case PUT:
      status = etcd_kv_put(with.client, with.key, with.value, with.options, &put, &err);
      break;
    case DELETE:
      status = etcd_kv_delete(with.client, with.key, with.options, &gone, &err);
      break;
    case GET_ASYNC:
      status = etcd_kv_get_async(with.client, with.key, with.options, with.queue, NULL, &op, &err);
      break;
    case PUT_ASYNC:
      status = etcd_kv_put_async(with.client, with.key, with.value, with.options, with.queue, NULL,
                                 &op, &err);
      break;
    default:
      status = etcd_kv_delete_async(with.client, with.key, with.options, with.queue, NULL, &op, &err);
  }
  calls++;
  if (status != expected)
    FAIL("%s: function %d: %s, not %s", what, function, etcd_status_name(status),
         etcd_status_name(expected));
  if (now_ms() - began > 1000) FAIL("%s: function %d took %d ms", what, function, (int)(now_ms() - began));
  CHECK(err != GARBAGE(etcd_error_t *) && err != NULL && err->status == status);
  CHECK(err->message[0] != 0 && err->endpoint[0] == 0 && err->grpc_code == -1);
  CHECK(err->outcome == ETCD_NOT_APPLIED && err->reserved == 0);
  CHECK(function != GET || range == NULL);
  CHECK(function != PUT || put == NULL);
  CHECK(function != DELETE || gone == NULL);
  CHECK(function < GET_ASYNC || op == NULL);
  etcd_error_free(err);
}

/* For handles of all three kinds: all but `live`, which is one. */
static void bad_handles(void (*try)(void *handle, const char *what), const void *live) {
  etcd_client_t *closed = open_client("127.0.0.1:1");
  etcd_queue_t *freed = NULL;
  etcd_call_t *op = NULL;
  etcd_event_t *event = NULL;
  uint64_t bit;
  int i;
  etcd_client_close(closed);
  OK(etcd_queue_new(NULL, &freed, &err));
  OK(etcd_kv_get_async(client, text("bad/key"), NULL, freed, NULL, &op, &err));
  OK(etcd_queue_next(freed, 10000, &event, &err));
  etcd_event_free(event);
  etcd_queue_free(freed);
  try(NULL, "NULL");
  try(closed, "a closed client");
  try(freed, "a freed queue");
  try(op, "an op that has ended");
  if (live != client) try(client, "a client");
  if (live != queue) try(queue, "a queue");
  try((void *)&closed, "an address");
  for (bit = 1; bit != 0; bit <<= 1) try((void *)((uintptr_t)live ^ bit), "one bit wrong");
  for (i = 1; i <= 300; i += step) try((void *)(uintptr_t)i, "a small number");
  for (i = 1; i <= 300; i += step) try((void *)(uintptr_t)-i, "a negative number");
  for (i = 0; i < 500; i += step) try((void *)(uintptr_t)draw(), "a random number");
}

/* The error of a wrong handle: one bit of it says how many forks ago it was made. */
static etcd_status_t wrong(etcd_status_t got) {
  return got == ETCD_ERR_FORKED ? ETCD_ERR_FORKED : ETCD_ERR_BAD_HANDLE;
}

/* A wrong session, with arguments that are good and that are not. */
static void classic_fails(etcd_session session, etcd_status_t status) {
  etcd_result expected = status == ETCD_ERR_FORKED ? ETCD_WTF : ETCD_PROTOCOL_ERROR;
  const char *keys[] = { "k", NULL };
  etcd_error_t *error = GARBAGE(etcd_error_t *);
  int i, index = 7;
  for (i = 0; i < 2; i++) {
    char *key = GARBAGE(char *), *value = GARBAGE(char *), *lock = GARBAGE(char *);
    CHECK(etcd_get(session, keys[i]) == NULL && etcd_leader(session) == NULL);
    CHECK(etcd_set(session, keys[i], keys[i], keys[i], 1) == expected);
    CHECK(etcd_delete(session, keys[i]) == expected);
    CHECK(etcd_watch(session, keys[i], &key, &value, &index, &index) == expected);
    CHECK(etcd_watch(session, keys[i], NULL, NULL, NULL, NULL) == expected);
    CHECK(etcd_lock(session, keys[i], 1, keys[i], &lock) == expected);
    CHECK(etcd_unlock(session, keys[i], keys[i]) == expected);
    CHECK(key == NULL && value == NULL && lock == NULL && index == 7);
  }
  CHECK(etcd_client_last_error(session, &error) == status && error == NULL);
  CHECK(etcd_client_last_error(session, NULL) < 0);
  etcd_close_str(session);
  calls += 19;
}

/* What the generated rows take for good. */
static etcd_client_t *closed_client;
static etcd_txn_t *GOOD_etcd_txn_t;
static etcd_op_t *GOOD_etcd_op_t;
static etcd_lease_session_t *GOOD_etcd_lease_session_t, *closed_session;
static etcd_mutex_t *GOOD_etcd_mutex_t, *closed_mutex;
static etcd_election_t *GOOD_etcd_election_t, *closed_election;

static etcd_status_t GOOD_etcd_stm_cb(etcd_stm_t *stm, void *arg) {
  (void)arg;
  return etcd_stm_put(stm, text("good/stm"), text("v"), 0);
}

#define REFUSED(status, call) \
  do {                        \
    EXPECT(status, call);     \
    calls++;                  \
  } while (0)

#include "bad_calls.h"

/* The client, the options, the queue and the out of every call, each wrong in turn. */
static void every_call(void) {
  etcd_client_options_t of_client = ETCD_CLIENT_OPTIONS_INIT;
  etcd_client_t *none = GARBAGE(etcd_client_t *);
  uint32_t bit;
  of_client.endpoints = "mem:";
  for (bit = 1; bit < ETCD_CLIENT_PLAINTEXT_PASSWORD; bit <<= 1) {
    of_client.flags = bit;
    REFUSED(ETCD_ERR_UNSUPPORTED, etcd_client_open(&of_client, &none, &err));
  }
  CHECK(none == NULL);
  closed_client = open_client("127.0.0.1:1");
  etcd_client_close(closed_client);
  GOOD_etcd_txn_t = etcd_txn_new();
  OK(etcd_op_new_get(text("bad/key"), NULL, &GOOD_etcd_op_t, &err));
  OK(etcd_lease_session_open(client, NULL, &closed_session, &err));
  OK(etcd_mutex_open(closed_session, text("bad/lock"), &closed_mutex, &err));
  OK(etcd_election_open(closed_session, text("bad/election"), &closed_election, &err));
  etcd_mutex_close(closed_mutex);
  etcd_election_close(closed_election);
  etcd_lease_session_close(closed_session);
  OK(etcd_lease_session_open(client, NULL, &GOOD_etcd_lease_session_t, &err));
  OK(etcd_mutex_open(GOOD_etcd_lease_session_t, text("bad/lock"), &GOOD_etcd_mutex_t, &err));
  OK(etcd_election_open(GOOD_etcd_lease_session_t, text("bad/election"), &GOOD_etcd_election_t, &err));
  bad_calls();
  etcd_election_close(GOOD_etcd_election_t);
  etcd_mutex_close(GOOD_etcd_mutex_t);
  etcd_lease_session_close(GOOD_etcd_lease_session_t);
  etcd_op_free(GOOD_etcd_op_t);
  etcd_txn_free(GOOD_etcd_txn_t);
}

/* Compacting, with one thing wrong at a time. */
static void compactions(void) {
  static const int64_t revisions[] = {0, -1, INT64_MIN};
  etcd_header_response_t *out = GARBAGE(etcd_header_response_t *);
  etcd_call_t *op = GARBAGE(etcd_call_t *);
  size_t i;
  for (i = 0; i < 3; i++) {
    EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_compact(client, revisions[i], NULL, &out, &err));
    CHECK(out == NULL);
    EXPECT(ETCD_ERR_INVALID_ARGUMENT,
           etcd_kv_compact_async(client, revisions[i], NULL, queue, NULL, &op, &err));
    CHECK(op == NULL);
  }
  CHECK(etcd_kv_compact(client, 0, NULL, NULL, NULL) == ETCD_ERR_INVALID_ARGUMENT);
  etcd_header_response_free(NULL);
  calls += 13;
}

static void leases(void) {
  etcd_lease_grant_response_t *granted = GARBAGE(etcd_lease_grant_response_t *);
  etcd_call_t *op = GARBAGE(etcd_call_t *);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_grant(client, 0, NULL, &granted, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_grant(client, INT64_MIN, NULL, &granted, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_grant_async(client, 0, NULL, queue, NULL, &op, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_revoke(client, 0, NULL, NULL, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_revoke_async(client, 0, NULL, queue, NULL, &op, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_keep_alive_once(client, 0, NULL, NULL, &err));
  CHECK(granted == NULL && op == NULL);
  etcd_lease_grant_response_free(NULL);
  etcd_header_response_free(NULL);
  etcd_lease_keep_alive_response_free(NULL);
  etcd_lease_time_to_live_response_free(NULL);
  etcd_lease_list_response_free(NULL);
  calls += 20;
}

/* Every call on a keepalive with one that is none. */
static void try_keep_alive(void *handle, const char *what) {
  etcd_lease_keep_alive_response_t *renewal = GARBAGE(etcd_lease_keep_alive_response_t *);
  etcd_status_t status = etcd_lease_keep_alive_next(handle, ETCD_WAIT_FOREVER, &renewal, NULL);
  if (status != wrong(status) || renewal != NULL) FAIL("%s: %s", what, etcd_status_name(status));
  CHECK(etcd_lease_keep_alive_left_ms(handle) == 0);
  etcd_lease_keep_alive_close(handle);
  calls += 3;
}

static void keep_alives(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_lease_keep_alive_t *kept = GARBAGE(etcd_lease_keep_alive_t *);
  etcd_lease_grant_response_t *lease = NULL;
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_lease_keep_alive_open(NULL, 1, NULL, NULL, NULL, &kept, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_keep_alive_open(client, 0, NULL, NULL, NULL, &kept, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_keep_alive_open(client, 1, NULL, NULL, NULL, NULL, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE,
         etcd_lease_keep_alive_open(client, 1, NULL, GARBAGE(etcd_queue_t *), NULL, &kept, &err));
  options.flags = ETCD_PREFIX;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_lease_keep_alive_open(client, 1, &options, NULL, NULL, &kept, &err));
  options.size--;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_lease_keep_alive_open(client, 1, &options, NULL, NULL, &kept, &err));
  CHECK(kept == NULL);
  OK(etcd_lease_grant(client, 60, NULL, &lease, &err));
  OK(etcd_lease_keep_alive_open(client, lease->id, NULL, queue, NULL, &kept, &err));
  /* Its news go to the queue. */
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_keep_alive_next(kept, 0, NULL, &err));
  etcd_lease_keep_alive_close(kept);
  OK(etcd_lease_keep_alive_open(client, lease->id, NULL, NULL, NULL, &kept, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_lease_keep_alive_next(kept, -2, NULL, &err));
  CHECK(etcd_lease_keep_alive_next(kept, INT_MIN, NULL, NULL) == ETCD_ERR_INVALID_ARGUMENT);
  EXPECT(ETCD_EMPTY, etcd_lease_keep_alive_next(kept, 0, NULL, &err));
  bad_handles(try_keep_alive, kept);
  etcd_lease_keep_alive_close(kept);
  etcd_lease_keep_alive_close(kept);
  etcd_lease_grant_response_free(lease);
  calls += 15;
}

/* Every call on a transaction with one that is none. */
static void try_txn(void *handle, const char *what) {
  etcd_txn_response_t *out = GARBAGE(etcd_txn_response_t *);
  etcd_call_t *op = GARBAGE(etcd_call_t *);
  etcd_bytes_t k = text("k");
  etcd_txn_t *good_one = etcd_txn_new();
  etcd_status_t expected = wrong(etcd_txn_compare(handle, k, NULL));
  if (expected >= 0) FAIL("%s: taken for a transaction", what);
  EXPECT(expected, etcd_txn_compare_value(handle, k, ETCD_COMPARE_EQUAL, k));
  EXPECT(expected, etcd_txn_compare_number(handle, k, ETCD_TARGET_MOD, ETCD_COMPARE_EQUAL, 1));
  EXPECT(expected, etcd_txn_get(handle, ETCD_BRANCH_THEN, k, NULL));
  EXPECT(expected, etcd_txn_put(handle, ETCD_BRANCH_THEN, k, text("v"), NULL));
  EXPECT(expected, etcd_txn_delete(handle, ETCD_BRANCH_THEN, k, NULL));
  EXPECT(expected, etcd_txn_nest(handle, ETCD_BRANCH_THEN, good_one));
  EXPECT(expected, etcd_txn_add(handle, ETCD_BRANCH_THEN, GOOD_etcd_op_t));
  EXPECT(expected, etcd_txn_commit(client, handle, NULL, &out, &err));
  EXPECT(expected, etcd_txn_commit_async(client, handle, NULL, queue, NULL, &op, &err));
  CHECK(out == NULL && op == NULL);
  /* A part that is none stays, for without it the transaction would be another. */
  OK(etcd_txn_commit(client, good_one, NULL, NULL, &err));
  EXPECT(expected, etcd_txn_nest(good_one, ETCD_BRANCH_THEN, handle));
  EXPECT(expected, etcd_txn_get(good_one, ETCD_BRANCH_THEN, k, NULL));
  EXPECT(expected, etcd_txn_commit(client, good_one, NULL, NULL, &err));
  etcd_txn_free(handle);
  etcd_txn_free(good_one);
  calls += 15;
}

/* The call on `txn`, a new transaction, fails like this, and so does the commit. */
#define STAYS(expected, call)                                             \
  do {                                                                    \
    etcd_txn_t *txn = etcd_txn_new();                                     \
    EXPECT(expected, call);                                               \
    EXPECT(expected, etcd_txn_get(txn, ETCD_BRANCH_THEN, k, NULL));       \
    EXPECT(expected, etcd_txn_commit(client, txn, NULL, NULL, &err));     \
    etcd_txn_free(txn);                                                   \
    calls += 4;                                                           \
  } while (0)

static void transactions(void) {
  etcd_compare_options_t condition = ETCD_COMPARE_OPTIONS_INIT;
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_txn_response_t *out = GARBAGE(etcd_txn_response_t *);
  etcd_bytes_t k = text("k"), bad = bytes(NULL, 1), large = bytes(NOWHERE, SIZE_MAX);
  etcd_txn_t *txn = etcd_txn_new();
  CHECK(txn != NULL);
  bad_handles(try_txn, txn);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_txn_commit(NULL, txn, NULL, &out, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_txn_commit_async(NULL, txn, NULL, queue, NULL, NULL, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_txn_commit_async(client, txn, NULL, NULL, NULL, NULL, &err));
  options.flags = ETCD_PREFIX;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_txn_commit(client, txn, &options, &out, &err));
  options.size = 0;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_txn_commit(client, txn, &options, &out, &err));
  CHECK(out == NULL);
  STAYS(ETCD_ERR_INVALID_ARGUMENT, etcd_txn_compare(txn, bad, NULL));
  STAYS(ETCD_ERR_INVALID_ARGUMENT, etcd_txn_compare_value(txn, k, ETCD_COMPARE_EQUAL, bad));
  STAYS(ETCD_ERR_SEND_TOO_LARGE, etcd_txn_compare_value(txn, large, ETCD_COMPARE_EQUAL, k));
  STAYS(ETCD_ERR_INVALID_ARGUMENT,
        etcd_txn_compare_number(txn, k, ETCD_COMPARE_LESS, ETCD_COMPARE_EQUAL, 1));
  STAYS(ETCD_ERR_INVALID_ARGUMENT, etcd_txn_put(txn, ETCD_BRANCH_ELSE, k, bytes(NULL, 9), NULL));
  STAYS(ETCD_ERR_SEND_TOO_LARGE, etcd_txn_put(txn, ETCD_BRANCH_ELSE, k, large, NULL));
  condition.reserved = 1;
  STAYS(ETCD_ERR_UNSUPPORTED, etcd_txn_compare(txn, k, &condition));
  condition.size--;
  STAYS(ETCD_ERR_UNSUPPORTED, etcd_txn_compare(txn, k, &condition));
  etcd_txn_response_free(NULL);
  /* None of it got into this one. */
  OK(etcd_txn_commit(client, txn, NULL, &out, &err));
  CHECK(out->succeeded && out->response_count == 0 && out->responses == NULL);
  etcd_txn_response_free(out);
  etcd_txn_free(txn);
  etcd_txn_free(txn);
  calls += 10;
}

/* Every call on an iterator with one that is none. */
static void try_iter(void *handle, const char *what) {
  etcd_get_response_t *page = GARBAGE(etcd_get_response_t *);
  etcd_status_t expected = wrong(etcd_range_next(handle, &page, NULL));
  if (expected >= 0) FAIL("%s: taken for an iterator", what);
  EXPECT(expected, etcd_range_next(handle, &page, &err));
  EXPECT(expected, etcd_range_next_async(handle, queue, NULL, NULL, &err));
  CHECK(page == NULL);
  etcd_range_close(handle);
  calls += 4;
}

static void pages(void) {
  etcd_range_options_t options = ETCD_RANGE_OPTIONS_INIT;
  etcd_range_t *iter = GARBAGE(etcd_range_t *);
  etcd_get_response_t *page = GARBAGE(etcd_get_response_t *);
  uint8_t end[4] = { 9, 9, 9, 9 };
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_range_open(NULL, text("k"), NULL, &iter, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_range_open(client, text("k"), NULL, NULL, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_range_open(client, bytes(NULL, 1), NULL, &iter, &err));
  EXPECT(ETCD_ERR_SEND_TOO_LARGE, etcd_range_open(client, bytes(NOWHERE, SIZE_MAX), NULL, &iter, &err));
  options.reserved = 1;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_range_open(client, text("k"), &options, &iter, &err));
  options.reserved = 0;
  options.flags = ETCD_GET_COUNT_ONLY;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_range_open(client, text("k"), &options, &iter, &err));
  options.flags = 0;
  options.size--;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_range_open(client, text("k"), &options, &iter, &err));
  CHECK(iter == NULL);
  OK(etcd_range_open(client, text("bad/pages"), NULL, &iter, &err));
  bad_handles(try_iter, iter);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_range_next(iter, NULL, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_range_next_async(iter, NULL, NULL, NULL, &err));
  OK(etcd_range_next(iter, &page, &err));
  CHECK(page->kv_count == 0 && !page->more && page->header.revision > 0);
  etcd_get_response_free(page);
  CHECK(etcd_range_next(iter, &page, NULL) == ETCD_END && page == NULL);
  etcd_range_close(iter);
  etcd_range_close(iter);
  etcd_range_close(NULL);

  CHECK(etcd_prefix_end(bytes(NULL, 3), end, sizeof end) == 0);
  CHECK(etcd_prefix_end(bytes(NOWHERE, SIZE_MAX), end, sizeof end) == 0);
  CHECK(etcd_prefix_end(text("k"), NULL, 100) == 1 && etcd_prefix_end(text("abc"), end, 2) == 3);
  CHECK(end[0] == 9 && end[3] == 9);
  calls += 18;
}

static void conditions(void) {
  etcd_delete_options_t of_delete = ETCD_DELETE_OPTIONS_INIT;
  etcd_if_response_t *out = GARBAGE(etcd_if_response_t *);
  etcd_bytes_t k = text("k"), v = text("v"), bad = bytes(NULL, 1);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_put_if_absent(client, bad, v, NULL, &out, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_put_if_value(client, k, bad, v, NULL, &out, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_put_if_value(client, k, v, bad, NULL, &out, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_put_if_revision(client, k, -1, v, NULL, &out, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_delete_if_value(client, k, bad, NULL, &out, &err));
  EXPECT(ETCD_ERR_EMPTY_KEY, etcd_kv_delete_if_revision(client, text(""), 1, NULL, &out, &err));
  of_delete.flags = ETCD_PREFIX;
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_delete_if_value(client, k, v, &of_delete, &out, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_put_ttl_async(client, k, v, 0, NULL, queue, NULL, NULL, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_put_ttl(client, k, v, 0, NULL, NULL, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_put_ttl(client, bad, v, 9, NULL, NULL, &err));
  CHECK(out == NULL);
  etcd_if_response_free(NULL);
  calls += 25;
}

/* Every call on a request with one that is none. */
static void try_request(void *handle, const char *what) {
  etcd_op_response_t *out = GARBAGE(etcd_op_response_t *);
  etcd_txn_t *txn = etcd_txn_new();
  etcd_status_t expected = wrong(etcd_kv_do(client, handle, NULL, &out, NULL));
  if (expected >= 0) FAIL("%s: taken for a request", what);
  EXPECT(expected, etcd_kv_do_async(client, handle, NULL, queue, NULL, NULL, &err));
  EXPECT(expected, etcd_txn_add(txn, ETCD_BRANCH_THEN, handle));
  CHECK(out == NULL);
  etcd_op_free(handle);
  etcd_txn_free(txn);
  calls += 4;
}

static void requests(void) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_op_t *request = GARBAGE(etcd_op_t *);
  etcd_op_response_t *out = GARBAGE(etcd_op_response_t *);
  etcd_txn_t *txn = NULL;
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_op_new_get(text("k"), NULL, NULL, &err));
  EXPECT(ETCD_ERR_EMPTY_KEY, etcd_op_new_get(text(""), NULL, &request, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_op_new_put(text("k"), bytes(NULL, 1), NULL, &request, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_op_new_delete(bytes(NULL, 1), NULL, &request, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_op_new_txn(NULL, &request, &err));
  CHECK(request == NULL);
  OK(etcd_op_new_get(text("k"), NULL, &request, &err));
  bad_handles(try_request, request);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_kv_do(NULL, request, NULL, &out, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_kv_do_async(client, request, NULL, NULL, NULL, NULL, &err));
  options.flags = ETCD_PREFIX;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_kv_do(client, request, &options, &out, &err));
  CHECK(out == NULL);
  txn = etcd_txn_new();
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_txn_add(txn, 2, request));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_txn_add(txn, ETCD_BRANCH_THEN, request));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_txn_add(NULL, ETCD_BRANCH_THEN, request));
  etcd_txn_free(txn);
  OK(etcd_kv_do(client, request, NULL, NULL, &err));
  etcd_op_response_free(NULL);
  etcd_op_free(request);
  etcd_op_free(request);
  etcd_op_free(NULL);
  calls += 15;
}

/* Names of stores, and lists of servers. */
/* Endpoints of an open client: every list that open refuses, and none is changed. */
static void endpoints(void) {
  static const char *const bad[] = {"", " ,;", "ftp://a:1", "a:0", "::1", "mem:", "mem:x",
                                    "127.0.0.1:1,mem:", "https://127.0.0.1:1", "127.0.0.1:1,https://127.0.0.1:2"};
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_client_endpoints_t *list = GARBAGE(etcd_client_endpoints_t *);
  etcd_client_t *nobody = open_client("127.0.0.1:1;http://localhost");
  char *longest = malloc(10000);
  size_t i;
  CHECK(longest != NULL);
  memset(longest, 'a', 9999);
  longest[9999] = 0;
  for (i = 0; i < sizeof bad / sizeof *bad; i++)
    EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_set_endpoints(nobody, bad[i], &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_set_endpoints(nobody, NULL, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_set_endpoints(nobody, longest, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_set_endpoints(nobody, "\xff:1", &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_client_set_endpoints(NULL, "127.0.0.1:1", &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_client_endpoints((etcd_client_t *)queue, &list, &err));
  CHECK(list == NULL);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_endpoints(nobody, NULL, &err));
  OK(etcd_client_endpoints(nobody, &list, &err));
  CHECK(list->name_count == 2 && strcmp(list->names[0], "127.0.0.1:1") == 0);
  CHECK(strcmp(list->names[1], "http://localhost:2379") == 0);
  etcd_client_endpoints_free(list);
  etcd_client_endpoints_free(NULL);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_client_sync((etcd_client_t *)queue, NULL, &err));
  options.timeout_ms = 50;
  EXPECT(ETCD_ERR_UNAVAILABLE, etcd_client_sync(nobody, &options, &err));
  options.flags = ETCD_PREFIX;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_client_sync(nobody, &options, &err));
  options.flags = 0;
  options.size = 8;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_client_sync(nobody, &options, &err));
  etcd_client_close(nobody);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_client_sync(nobody, NULL, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_client_set_endpoints(nobody, "127.0.0.1:1", &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_client_endpoints(nobody, &list, &err));
  free(longest);
  calls += 23;
}

static void stores(void) {
  char store[] = "mem:bad", *host = store;
  etcd_server servers[2];
  const char *names[] = { "", "mem", "memory:", "host:1", "http://mem:", " mem:" };
  size_t i;
  for (i = 0; i < sizeof names / sizeof names[0]; i++)
    EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_mem_drop(names[i], &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_mem_drop(NULL, &err));
  CHECK(etcd_mem_drop(NULL, NULL) == ETCD_ERR_INVALID_ARGUMENT);
  OK(etcd_mem_drop("mem:never-opened", &err));
  CHECK(etcd_client_last_error(client, NULL) == ETCD_ERR_INVALID_ARGUMENT);
  memset(servers, 0, sizeof servers);
  servers[0].host = host;
  servers[0].port = 65535;
  etcd_close(etcd_open(servers));
  host[0] = 1;
  CHECK(etcd_open(servers) == NULL);
  host[0] = 0;
  CHECK(etcd_open(servers) == NULL && etcd_open(NULL) == NULL && etcd_open_str(NULL) == NULL);
  calls += 16;
}

static void try_client(void *handle, const char *what) {
  struct arguments with = good();
  etcd_get_response_t *none = NULL;
  etcd_status_t expected;
  int function;
  with.client = handle;
  expected = wrong(etcd_kv_get(handle, text("k"), NULL, &none, NULL));
  for (function = 0; function < FUNCTIONS; function++) fails(function, with, expected, what);
  classic_fails(handle, expected);
  etcd_client_close(handle);
  calls += 2;
}

static void try_queue(void *handle, const char *what) {
  struct arguments with = good();
  etcd_event_t *event = GARBAGE(etcd_event_t *);
  etcd_status_t expected = wrong(etcd_queue_wake(handle));
  int function;
  with.queue = handle;
  for (function = GET_ASYNC; function < FUNCTIONS; function++) fails(function, with, expected, what);
  EXPECT(expected, etcd_queue_next(handle, ETCD_WAIT_FOREVER, &event, &err));
  CHECK(event == NULL);
  CHECK(etcd_queue_wake(handle) == expected);
  CHECK(etcd_queue_fd(handle) == -1);
  etcd_queue_free(handle);
  calls += 5;
}

static void try_op(void *handle, const char *what) {
  etcd_status_t status = etcd_call_cancel(handle);
  if (status != wrong(status)) FAIL("%s: %s", what, etcd_status_name(status));
  calls++;
}

static void handles(void) {
  etcd_call_t *op = NULL;
  etcd_event_t *event = NULL;
  bad_handles(try_client, client);
  bad_handles(try_queue, queue);
  OK(etcd_kv_get_async(client, text("bad/key"), NULL, queue, NULL, &op, &err));
  bad_handles(try_op, op);
  OK(etcd_queue_next(queue, 10000, &event, &err));
  etcd_event_free(event);
}

static void nulls(void) {
  etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
  etcd_client_t *none = GARBAGE(etcd_client_t *);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_open(NULL, &none, &err));
  CHECK(none == NULL);
  none = GARBAGE(etcd_client_t *);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_open(&options, &none, &err));
  CHECK(none == NULL);
  options.endpoints = "127.0.0.1:1";
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_open(&options, NULL, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_open_endpoints(NULL, &none, &err));
  CHECK(none == NULL);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_open_endpoints("127.0.0.1:1", NULL, &err));
  CHECK(etcd_client_open_endpoints(NULL, NULL, NULL) == ETCD_ERR_INVALID_ARGUMENT);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_kv_get(client, text("k"), NULL, NULL, &err));
  CHECK(etcd_kv_get(client, text("k"), NULL, NULL, NULL) == ETCD_ERR_INVALID_ARGUMENT);
  CHECK(etcd_kv_get(NULL, text("k"), NULL, NULL, NULL) < 0);
  CHECK(etcd_kv_put(NULL, text("k"), text("v"), NULL, NULL, NULL) == ETCD_ERR_BAD_HANDLE);
  CHECK(etcd_kv_delete(NULL, text("k"), NULL, NULL, NULL) == ETCD_ERR_BAD_HANDLE);
  CHECK(etcd_kv_get_async(client, text("k"), NULL, NULL, NULL, NULL, NULL) == ETCD_ERR_BAD_HANDLE);
  CHECK(etcd_kv_put_async(client, text("k"), text("v"), NULL, NULL, NULL, NULL, NULL) == ETCD_ERR_BAD_HANDLE);
  CHECK(etcd_kv_delete_async(client, text("k"), NULL, NULL, NULL, NULL, NULL) == ETCD_ERR_BAD_HANDLE);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_new(NULL, NULL, &err));
  CHECK(etcd_queue_new(NULL, NULL, NULL) == ETCD_ERR_INVALID_ARGUMENT);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_next(queue, 0, NULL, &err));
  CHECK(etcd_queue_next(queue, 0, NULL, NULL) == ETCD_ERR_INVALID_ARGUMENT);
  CHECK(etcd_queue_wake(NULL) == ETCD_ERR_BAD_HANDLE && etcd_call_cancel(NULL) == ETCD_ERR_BAD_HANDLE);
  CHECK(etcd_queue_fd(NULL) == -1);
  CHECK(etcd_event_kind(NULL) == 0 && etcd_event_user_data(NULL) == NULL);
  CHECK(etcd_event_status(NULL) == ETCD_ERR_INVALID_ARGUMENT && etcd_event_error(NULL) == NULL);
  CHECK(etcd_event_response(NULL, 0) == NULL && etcd_event_response(NULL, ETCD_EVENT_GET_RESPONSE) == NULL);
  CHECK(etcd_event_take_response(NULL, 0) == NULL && etcd_event_keep(NULL) == NULL);
  etcd_event_free(NULL);
  etcd_get_response_free(NULL);
  etcd_put_response_free(NULL);
  etcd_delete_response_free(NULL);
  etcd_error_free(NULL);
  etcd_client_close(NULL);
  etcd_queue_free(NULL);
  calls += 32;
}

static void lengths(void) {
  static const size_t long_ones[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, (size_t)1 << 32, (size_t)INT_MAX + 1,
                                     INT_MAX, (4u << 20) + 1, (2u << 20) + 1};
  etcd_get_options_t get = ETCD_GET_OPTIONS_INIT;
  etcd_delete_options_t gone = ETCD_DELETE_OPTIONS_INIT;
  struct arguments with;
  size_t i;
  int function;
  for (i = 0; i < sizeof long_ones / sizeof *long_ones; i++)
    for (function = 0; function < FUNCTIONS; function++) {
      with = good();
      with.key = bytes(NOWHERE, long_ones[i]);
      fails(function, with, ETCD_ERR_SEND_TOO_LARGE, "a long key");
      with.key = bytes(NULL, long_ones[i] % 1000 + 1);
      fails(function, with, ETCD_ERR_INVALID_ARGUMENT, "a key without memory");
      with.key = text("");
      fails(function, with, ETCD_ERR_EMPTY_KEY, "an empty key");
      with.key = bytes(NULL, 0);
      fails(function, with, ETCD_ERR_EMPTY_KEY, "an empty key");
      with.key = bytes(NOWHERE, 0);
      fails(function, with, ETCD_ERR_EMPTY_KEY, "an empty key somewhere");
      with = good();
      if (function == PUT || function == PUT_ASYNC) {
        with.value = bytes(NOWHERE, long_ones[i]);
        fails(function, with, ETCD_ERR_SEND_TOO_LARGE, "a long value");
        with.value = bytes(NULL, long_ones[i] % 1000 + 1);
        fails(function, with, ETCD_ERR_INVALID_ARGUMENT, "a value without memory");
        with.key = bytes(NULL, 0);
        with.value = bytes(NOWHERE, 2u << 20);
        fails(function, with, ETCD_ERR_EMPTY_KEY, "no key, and a value that need not be read");
      } else {
        etcd_bytes_t *end = function == GET || function == GET_ASYNC ? &get.range_end : &gone.range_end;
        with.options = function == GET || function == GET_ASYNC ? (void *)&get : (void *)&gone;
        *end = bytes(NOWHERE, long_ones[i]);
        fails(function, with, ETCD_ERR_SEND_TOO_LARGE, "a long end");
        *end = bytes(NULL, long_ones[i] % 1000 + 1);
        fails(function, with, ETCD_ERR_INVALID_ARGUMENT, "an end without memory");
        *end = text("z");
        with.key = bytes(NULL, 0);
        fails(function, with, ETCD_ERR_EMPTY_KEY, "an empty key and an end");
      }
    }
}

static void flags(void) {
  static const uint32_t known[] = {
      ETCD_REQUIRE_LEADER | ETCD_PREFIX | ETCD_FROM_KEY | ETCD_SERIALIZABLE | ETCD_GET_KEYS_ONLY |
          ETCD_GET_COUNT_ONLY | ETCD_GET_FIRST | ETCD_GET_LAST,
      ETCD_REQUIRE_LEADER | ETCD_PREV_KV | ETCD_PUT_IGNORE_VALUE | ETCD_PUT_IGNORE_LEASE,
      ETCD_REQUIRE_LEADER | ETCD_PREFIX | ETCD_FROM_KEY | ETCD_PREV_KV};
  etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
  etcd_client_t *none = NULL;
  int function, bit;
  options.endpoints = "127.0.0.1:1";
  for (bit = 0; bit < 32; bit++) {
    uint32_t flag = (uint32_t)1 << bit;
    for (function = 0; function < FUNCTIONS; function++) {
      etcd_get_options_t get = ETCD_GET_OPTIONS_INIT;
      etcd_put_options_t put = ETCD_PUT_OPTIONS_INIT;
      etcd_delete_options_t gone = ETCD_DELETE_OPTIONS_INIT;
      struct arguments with = good();
      get.flags = put.flags = gone.flags = flag;
      with.options = function % 3 == 0 ? (void *)&get : function % 3 == 1 ? (void *)&put : (void *)&gone;
      if (!(flag & known[function % 3])) fails(function, with, ETCD_ERR_UNSUPPORTED, "an unknown flag");
      if (function % 3 == 1) continue;
      get.flags = gone.flags = ETCD_PREFIX | ETCD_FROM_KEY;
      fails(function, with, ETCD_ERR_INVALID_ARGUMENT, "prefix and from-key");
      get.flags = gone.flags = bit % 2 ? ETCD_PREFIX : ETCD_FROM_KEY;
      get.range_end = gone.range_end = text("z");
      fails(function, with, ETCD_ERR_INVALID_ARGUMENT, "an end and a flag");
    }
    options.flags = flag;
    if (!(flag & (ETCD_CLIENT_PLAINTEXT_PASSWORD | ETCD_CLIENT_INSECURE_SKIP_VERIFY)))
      EXPECT(ETCD_ERR_UNSUPPORTED, etcd_client_open(&options, &none, &err));
    options.flags = 0;
    calls++;
  }
}

/* Options of `size` bytes, at the end of their memory, in which all after the
 * size is zero but perhaps one byte: taken for what they are, or refused. */
static void one_size(int function, size_t first, size_t known, size_t size, size_t off, size_t nonzero) {
  size_t room = size > sizeof size ? size : sizeof size;
  uint8_t *memory = malloc(room + off);
  struct arguments with = good();
  int right = size >= first && size <= known + 4096 && nonzero == 0;
  CHECK(memory != NULL);
  memset(memory, 0, room + off);
  memcpy(memory + off, &size, sizeof size);
  if (nonzero != 0) memory[off + nonzero] = 1;
  with.options = memory + off;
  with.key = text(""); /* Found after the options are. */
  if (function < FUNCTIONS) {
    fails(function, with, right ? ETCD_ERR_EMPTY_KEY : ETCD_ERR_UNSUPPORTED, "a size");
  } else {
    etcd_client_t *none = GARBAGE(etcd_client_t *);
    EXPECT(right ? ETCD_ERR_INVALID_ARGUMENT : ETCD_ERR_UNSUPPORTED,
           etcd_client_open((const void *)(memory + off), &none, &err));
    CHECK(none == NULL);
    calls++;
  }
  free(memory);
}

static void sizes(void) {
  static const size_t known[] = {sizeof(etcd_get_options_t), sizeof(etcd_put_options_t),
                                 sizeof(etcd_delete_options_t)};
  /* As they were when they were first published. */
  static const size_t oldest[] = {32, 16, 32};
  size_t size, off;
  int function;
  for (function = 0; function <= FUNCTIONS; function++) {
    size_t now = function < FUNCTIONS ? known[function % 3] : sizeof(etcd_client_options_t);
    size_t first = function < FUNCTIONS ? oldest[function % 3] : 144;
    for (size = 0; size <= now + 5000; size += size < now + 100 ? 1 : (size_t)(37 * step)) {
      one_size(function, first, now, size, size % 8, 0);
      if (size > now) one_size(function, first, now, size, 0, now);
      if (size > now) one_size(function, first, now, size, 0, now + draw() % (size - now));
    }
    for (off = 0; off < 8; off++) one_size(function, first, now, now, off, 0);
    /* Sizes that no memory has: nothing but the size may be read. */
    for (off = 0; off < 64; off += 1) {
      size_t huge = SIZE_MAX >> off;
      struct arguments with = good();
      if (huge <= now + 4096) break;
      with.options = &huge;
      if (function < FUNCTIONS) fails(function, with, ETCD_ERR_UNSUPPORTED, "a huge size");
    }
  }
}

/* `count` times a letter at the very end of readable memory, and no NUL. */
static char *unterminated(size_t count) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (count + page - 1) / page * page;
  char *at = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(at != MAP_FAILED && mprotect(at + room, page, PROT_NONE) == 0);
  memset(at, 'a', room);
  return at + room - count;
}

static int is_file(size_t offset) {
  return offset == offsetof(etcd_client_options_t, ca_file) ||
         offset == offsetof(etcd_client_options_t, cert_file) ||
         offset == offsetof(etcd_client_options_t, key_file) ||
         offset == offsetof(etcd_client_options_t, crl_file);
}

static void texts(void) {
  static const char *const not_utf8[] = {"\xff", "a\x80", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80", "a\xe2\x82", "\n\x1b[2J\xff"};
  static const char *const not_endpoints[] = {
      "", " ", ",", ";;", "ftp://a:1", "a:0", "a:65536", "a:-1", "a:+1", "a:1x", ":1", "http://", "https://:1",
      "unix:", "unix://", "[::1", "::1", "[x]:1", "a b:", "a\x01:1", "http://u:p@a:1", "127.0.0.1:1,:", "a:99999999999999999999",
      "\xc3\xa9:1", "http://a:1 http://", "://a"};
  size_t offsets[] = {offsetof(etcd_client_options_t, endpoints), offsetof(etcd_client_options_t, user),
                      offsetof(etcd_client_options_t, password), offsetof(etcd_client_options_t, ca_file),
                      offsetof(etcd_client_options_t, cert_file), offsetof(etcd_client_options_t, key_file),
                      offsetof(etcd_client_options_t, server_name), offsetof(etcd_client_options_t, crl_file),
                      offsetof(etcd_client_options_t, token)};
  size_t pems[] = {offsetof(etcd_client_options_t, ca_pem), offsetof(etcd_client_options_t, cert_pem),
                   offsetof(etcd_client_options_t, key_pem), offsetof(etcd_client_options_t, crl_pem)};
  char *longest = unterminated(8193), *too_long = malloc(1 << 20);
  etcd_client_t *none = NULL;
  size_t field, i;
  CHECK(too_long != NULL);
  memset(too_long, 'a', (1 << 20) - 1);
  too_long[(1 << 20) - 1] = 0;
  for (field = 0; field < sizeof offsets / sizeof *offsets; field++) {
    for (i = 0; i < sizeof not_utf8 / sizeof *not_utf8 + 2; i++) {
      size_t utf8 = sizeof not_utf8 / sizeof *not_utf8;
      const char *value = i < utf8 ? not_utf8[i] : i == utf8 ? longest : too_long;
      etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
      options.endpoints = "127.0.0.1:1";
      memcpy((char *)&options + offsets[field], &value, sizeof value);
      /* File names are any bytes, so these are names of files that do not exist. */
      EXPECT(i < utf8 && is_file(offsets[field]) ? ETCD_ERR_IO : ETCD_ERR_INVALID_ARGUMENT,
             etcd_client_open(&options, &none, &err));
      CHECK(none == NULL);
      calls++;
      if (field == 0) EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_open_endpoints(value, &none, &err));
    }
  }
  for (i = 0; i < sizeof not_endpoints / sizeof *not_endpoints; i++) {
    EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_open_endpoints(not_endpoints[i], &none, &err));
    CHECK(none == NULL);
    calls++;
  }
  for (i = 0; i < 4; i++) {
    static const size_t lens[] = {SIZE_MAX, (size_t)INT_MAX + 1};
    etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
    etcd_bytes_t pem = bytes(NULL, 7);
    size_t l;
    options.endpoints = "https://127.0.0.1:1";
    memcpy((char *)&options + pems[i], &pem, sizeof pem);
    EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_open(&options, &none, &err));
    for (l = 0; l < 2; l++) {
      etcd_status_t status;
      pem = bytes(NOWHERE, lens[l]);
      memcpy((char *)&options + pems[i], &pem, sizeof pem);
      status = etcd_client_open(&options, &none, NULL);
      CHECK(status < 0 && none == NULL);
    }
    pem = text("no PEM at all\n");
    memcpy((char *)&options + pems[i], &pem, sizeof pem);
    CHECK(etcd_client_open(&options, &none, NULL) < 0 && none == NULL);
    calls += 4;
  }
  {
    etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
    options.endpoints = "mem:";
    options.key_prefix = bytes(NULL, 7);
    EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_open(&options, &none, &err));
    options.key_prefix = bytes(NOWHERE, SIZE_MAX);
    EXPECT(ETCD_ERR_SEND_TOO_LARGE, etcd_client_open(&options, &none, &err));
    CHECK(none == NULL);
    calls += 2;
  }
  free(too_long);
}

static void waits(void) {
  etcd_event_t *event = GARBAGE(etcd_event_t *);
  int32_t wait = INT32_MIN;
  for (; wait < -2; wait /= 2, event = GARBAGE(etcd_event_t *)) {
    EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_next(queue, wait, &event, &err));
    EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_next(queue, -2, &event, &err));
    EXPECT(ETCD_EMPTY, etcd_queue_next(queue, 0, &event, &err));
    CHECK(event == NULL);
    calls += 3;
  }
}

static void never_called(etcd_event_t *event, void *arg) {
  FAIL("called with %p and %p", (const void *)event, arg);
}

static void dispatching(void) {
  etcd_event_t *events[2] = {NULL, NULL};
  size_t count = 7;
#define REFUSED_OF(status, call)      \
  do {                                \
    count = 7;                        \
    EXPECT(status, call);             \
    CHECK(count == 0);                \
    calls++;                          \
  } while (0)
  REFUSED_OF(ETCD_EMPTY, etcd_queue_next_batch(queue, 0, events, 2, &count, &err));
  REFUSED_OF(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_next_batch(queue, -2, events, 2, &count, &err));
  REFUSED_OF(ETCD_ERR_BAD_HANDLE, etcd_queue_next_batch(NULL, 0, events, 2, &count, &err));
  REFUSED_OF(ETCD_EMPTY, etcd_queue_dispatch(queue, 0, never_called, NULL, &count, &err));
  REFUSED_OF(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_dispatch(queue, 0, NULL, NULL, &count, &err));
  REFUSED_OF(ETCD_EMPTY, etcd_queue_dispatch_handlers(queue, 0, &count, &err));
  REFUSED_OF(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_dispatch_handlers(queue, -9, &count, &err));
  REFUSED_OF(ETCD_ERR_BAD_HANDLE, etcd_queue_dispatch_handlers(GARBAGE(etcd_queue_t *), 0, &count, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_start_dispatcher(queue, NULL, NULL, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_queue_start_handler_dispatcher(NULL, &err));
  REFUSED_OF(ETCD_ERR_INVALID_ARGUMENT,
             etcd_queue_dispatch(queue, -9, never_called, NULL, &count, &err));
  REFUSED_OF(ETCD_ERR_BAD_HANDLE,
             etcd_queue_dispatch(GARBAGE(etcd_queue_t *), 0, never_called, NULL, &count, &err));
  REFUSED_OF(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_next_batch(queue, 0, NULL, 2, &count, &err));
  REFUSED_OF(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_next_batch(queue, 0, events, 0, &count, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_queue_next_batch(queue, 0, events, 2, NULL, &err));
  EXPECT(ETCD_EMPTY, etcd_queue_dispatch(queue, 0, never_called, NULL, NULL, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_queue_start_dispatcher(NULL, never_called, NULL, &err));
  CHECK(events[0] == NULL && events[1] == NULL);
  calls += 3;
}

static void watches(void) {
  etcd_watch_options_t options = ETCD_WATCH_OPTIONS_INIT;
  etcd_watch_t *watch = GARBAGE(etcd_watch_t *);
  etcd_watch_response_t *response = GARBAGE(etcd_watch_response_t *);
  etcd_bytes_t none = {NULL, 3};
  uint32_t bit;
#define NO_WATCH(status, handle, key, with, on)                                     \
  do {                                                                              \
    watch = GARBAGE(etcd_watch_t *);                                                \
    EXPECT(status, etcd_watch_open(handle, key, with, on, NULL, &watch, &err));     \
    CHECK(watch == NULL);                                                           \
    calls++;                                                                        \
  } while (0)
  NO_WATCH(ETCD_ERR_BAD_HANDLE, NULL, text("k"), NULL, NULL);
  NO_WATCH(ETCD_ERR_BAD_HANDLE, GARBAGE(etcd_client_t *), text("k"), NULL, NULL);
  NO_WATCH(ETCD_ERR_BAD_HANDLE, client, text("k"), NULL, GARBAGE(etcd_queue_t *));
  NO_WATCH(ETCD_ERR_EMPTY_KEY, client, text(""), NULL, NULL);
  NO_WATCH(ETCD_ERR_INVALID_ARGUMENT, client, none, NULL, NULL);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT,
         etcd_watch_open(client, text("k"), NULL, NULL, NULL, NULL, &err));
  for (bit = 1; bit != 0; bit <<= 1) {
    const uint32_t known = ETCD_REQUIRE_LEADER | ETCD_PREFIX | ETCD_FROM_KEY | ETCD_PREV_KV |
                           (127u << 16);
    options.flags = bit;
    if ((bit & known) == 0) NO_WATCH(ETCD_ERR_UNSUPPORTED, client, text("k"), &options, NULL);
  }
  options.flags = ETCD_PREFIX | ETCD_FROM_KEY;
  NO_WATCH(ETCD_ERR_INVALID_ARGUMENT, client, text("k"), &options, NULL);
  options.flags = 0;
  options.reserved = 1;
  NO_WATCH(ETCD_ERR_UNSUPPORTED, client, text("k"), &options, NULL);
  options.reserved = 0;
  options.start_revision = INT64_MIN;
  NO_WATCH(ETCD_ERR_INVALID_ARGUMENT, client, text("k"), &options, NULL);
  options.start_revision = 0;
  options.size = 8;
  NO_WATCH(ETCD_ERR_UNSUPPORTED, client, text("k"), &options, NULL);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_watch_next(NULL, 0, &response, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_watch_next((etcd_watch_t *)(void *)client, 0, &response, &err));
  CHECK(response == NULL);
  CHECK(etcd_watch_request_progress(NULL) == ETCD_ERR_BAD_HANDLE);
  CHECK(etcd_watch_request_progress(GARBAGE(etcd_watch_t *)) == ETCD_ERR_BAD_HANDLE);
  etcd_watch_close(NULL);
  etcd_watch_close(GARBAGE(etcd_watch_t *));
  etcd_watch_response_free(NULL);
  OK(etcd_watch_open(client, text("bad/key"), NULL, NULL, NULL, &watch, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_watch_next(watch, 0, NULL, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_watch_next(watch, -2, &response, &err));
  EXPECT(ETCD_EMPTY, etcd_watch_next(watch, 0, &response, &err));
  etcd_watch_close(watch);
  etcd_watch_close(watch);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_watch_next(watch, 0, &response, &err));
  calls += 16;
}

static void never_logged(const etcd_log_record_t *record, void *arg) {
  (void)record;
  (void)arg;
  abort();
}

static void insides(void) {
  struct {
    etcd_counters_t known;
    uint64_t later[4];
  } counters = {ETCD_COUNTERS_INIT, {1, 2, 3, 4}};
  etcd_counters_t small = ETCD_COUNTERS_INIT;
  etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
  etcd_client_t *none = GARBAGE(etcd_client_t *);
  etcd_connection_watch_t *connection = GARBAGE(etcd_connection_watch_t *);
  etcd_connection_watch_response_t *response = GARBAGE(etcd_connection_watch_response_t *);
  char *page = GARBAGE(char *);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_counters(client, NULL, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_client_counters(NULL, &small, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_client_counters(GARBAGE(etcd_client_t *), &small, &err));
  small.size = sizeof small - 8;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_client_counters(client, &small, &err));
  CHECK(small.calls == 0 && small.size == sizeof small - 8);
  /* Of a later version: what this one does not count is 0, and no more is written. */
  counters.known.size = sizeof counters - sizeof counters.later[3];
  OK(etcd_client_counters(client, &counters.known, &err));
  CHECK(counters.known.calls > 0 && counters.known.size == sizeof counters - 8);
  CHECK(counters.later[0] == 0 && counters.later[2] == 0 && counters.later[3] == 4);
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_counters_text(client, NULL, NULL, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_counters_text(client, "\xff", &page, &err));
  CHECK(page == NULL);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_client_counters_text(NULL, NULL, &page, &err));
  OK(etcd_client_counters_text(client, "a\"b\\c\nd", &page, &err));
  CHECK(strstr(page, "{client=\"a\\\"b\\\\c\\nd\"} ") != NULL);
  etcd_text_free(page);
  etcd_text_free(NULL);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_connection_watch_open(NULL, NULL, NULL, &connection, &err));
  CHECK(connection == NULL);
  EXPECT(ETCD_ERR_BAD_HANDLE,
         etcd_connection_watch_open(client, GARBAGE(etcd_queue_t *), NULL, &connection, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_connection_watch_open(client, NULL, NULL, NULL, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_connection_watch_next(NULL, 0, &response, &err));
  EXPECT(ETCD_ERR_BAD_HANDLE,
         etcd_connection_watch_next((etcd_connection_watch_t *)(void *)client, 0, &response, &err));
  CHECK(response == NULL);
  etcd_connection_watch_close(NULL);
  etcd_connection_watch_close(GARBAGE(etcd_connection_watch_t *));
  etcd_connection_watch_response_free(NULL);
  OK(etcd_connection_watch_open(client, NULL, NULL, &connection, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_connection_watch_next(connection, 0, NULL, &err));
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_connection_watch_next(connection, -2, &response, &err));
  etcd_connection_watch_close(connection);
  etcd_connection_watch_close(connection);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_connection_watch_next(connection, 0, &response, &err));
  options.endpoints = "mem:";
  options.log_callback = never_logged;
  options.log_level = 5;
  EXPECT(ETCD_ERR_INVALID_ARGUMENT, etcd_client_open(&options, &none, &err));
  options.log_level = ETCD_LOG_DEBUG;
  options.log_reserved = 1;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_client_open(&options, &none, &err));
  CHECK(none == NULL);
  calls += 22;
}

static void statuses(void) {
  int32_t status;
  for (status = -400; status < 100; status++) {
    const char *name = etcd_status_name(status), *message = etcd_status_message(status);
    CHECK(strncmp(name, "ETCD_", 5) == 0 && message[0] != 0);
    CHECK(etcd_status_is_retryable(status) == 0 || status < 0);
    CHECK(etcd_status_may_be_applied(status) == 1 || status < 0);
    CHECK(status < 0 || !(etcd_status_is_timeout(status) || etcd_status_is_unavailable(status) ||
                          etcd_status_is_auth(status) || etcd_status_is_not_found(status)));
  }
  CHECK(etcd_status_is_timeout(ETCD_ERR_TIMEOUT) && etcd_status_is_timeout(ETCD_ERR_SERVER_TIMEOUT));
  CHECK(etcd_status_is_unavailable(ETCD_ERR_UNAVAILABLE) && etcd_status_is_unavailable(ETCD_ERR_NO_LEADER));
  CHECK(etcd_status_is_auth(ETCD_ERR_AUTH_FAILED) && etcd_status_is_auth(ETCD_ERR_PERMISSION_DENIED));
  CHECK(etcd_status_is_not_found(ETCD_ERR_LEASE_NOT_FOUND) && !etcd_status_is_not_found(ETCD_ERR_TIMEOUT));
  CHECK(etcd_str(NULL).len == 0 && equal(ETCD_BYTES("a\0b"), bytes("a\0b", 3)));
  CHECK(strcmp(etcd_status_name(INT32_MIN), "ETCD_ERR_?") == 0);
  CHECK(strcmp(etcd_status_message(INT32_MAX), "unknown status") == 0);
  calls += 2002;
}

static void administration(void) {
  static const char *const endpoints[] = {"bad", "mem:bad", "http://", "a,b", ",", "\xff", "x:y:z"};
  etcd_maintenance_status_response_t *status = GARBAGE(etcd_maintenance_status_response_t *);
  etcd_lock_service_lock_response_t *lock = GARBAGE(etcd_lock_service_lock_response_t *);
  etcd_header_response_t *gone = GARBAGE(etcd_header_response_t *);
  size_t i;
  for (i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++)
    REFUSED(ETCD_ERR_INVALID_ARGUMENT,
            etcd_maintenance_status(client, endpoints[i], NULL, &status, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT,
          etcd_lock_service_lock(client, bytes(NULL, 1), 1, NULL, &lock, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT,
          etcd_lock_service_lock(client, text("bad/key"), 0, NULL, &lock, &err));
  REFUSED(ETCD_ERR_SEND_TOO_LARGE,
          etcd_lock_service_lock(client, bytes(NOWHERE, SIZE_MAX), 1, NULL, &lock, &err));
  REFUSED(ETCD_ERR_INVALID_ARGUMENT,
          etcd_lock_service_unlock(client, bytes(NULL, 1), NULL, &gone, &err));
  REFUSED(ETCD_ERR_EMPTY_KEY, etcd_lock_service_unlock(client, text(""), NULL, &gone, &err));
  CHECK(status == NULL && lock == NULL && gone == NULL);
  etcd_member_list_response_free(NULL);
  etcd_maintenance_status_response_free(NULL);
  etcd_lock_service_lock_response_free(NULL);
  calls += 3;
}

int main(int argc, char **argv) {
  int descriptors;
  alarm(300);
  CHECK(argc > 2);
  step = number(argv[2]);
  client = open_client(argv[1]);
  OK(etcd_queue_new(NULL, &queue, &err));
  works(client, "bad/key");
  descriptors = count_descriptors();
  handles();
  every_call();
  nulls();
  lengths();
  flags();
  sizes();
  texts();
  waits();
  dispatching();
  watches();
  insides();
  statuses();
  compactions();
  leases();
  keep_alives();
  transactions();
  pages();
  conditions();
  requests();
  stores();
  endpoints();
  administration();
  /* Nothing of it has left a trace. */
  settles(count_descriptors, descriptors, "descriptors");
  works(client, "bad/key");
  etcd_queue_free(queue);
  etcd_client_close(client);
  settles(count_threads, 1, "threads");
  printf("%ld calls\n", calls);
  CHECK(step > 1 || calls >= 10000);
  return 0;
}
