/* What an ordinary program does with keys, every function that gives memory
 * out included: run under AddressSanitizer and valgrind, it must be clean.
 *
 * kv ENDPOINTS PREFIX [ROUNDS] */
#include "check.h"

#include <poll.h>

static const char *prefix;

/* PREFIX/NAME, valid until the fourth call from now. */
static etcd_bytes_t key(const char *name) {
  static char names[4][200];
  static int next;
  char *into = names[next++ % 4];
  snprintf(into, sizeof names[0], "%s/%s", prefix, name);
  return text(into);
}

static void one_key(etcd_client_t *client) {
  static const uint8_t any[] = {0, 1, 255, 0, 128, 'x', 0};
  etcd_put_options_t keep = ETCD_PUT_OPTIONS_INIT;
  etcd_delete_options_t old = ETCD_DELETE_OPTIONS_INIT;
  etcd_put_response_t *first = NULL, *second = NULL;
  etcd_get_response_t *range = NULL;
  etcd_delete_response_t *gone = NULL;
  OK(etcd_kv_put(client, key("one"), bytes(any, sizeof any), NULL, &first, &err));
  CHECK(first->prev_kv == NULL && first->header.revision > 1);
  OK(etcd_kv_get(client, key("one"), NULL, &range, &err));
  CHECK(range->kv_count == 1 && range->count == 1 && !range->more);
  CHECK(equal(range->kvs[0].key, key("one")));
  CHECK(equal(range->kvs[0].value, bytes(any, sizeof any)));
  CHECK(range->kvs[0].mod_revision == first->header.revision && range->kvs[0].version == 1);
  CHECK(range->kvs[0].create_revision == first->header.revision && range->kvs[0].lease == 0);
  etcd_get_response_free(range);
  keep.flags = ETCD_PREV_KV;
  OK(etcd_kv_put(client, key("one"), bytes(NULL, 0), &keep, &second, &err));
  CHECK(second->prev_kv != NULL && equal(second->prev_kv->value, bytes(any, sizeof any)));
  CHECK(second->header.revision > first->header.revision);
  etcd_put_response_free(first);
  etcd_put_response_free(second);
  old.flags = ETCD_PREV_KV;
  OK(etcd_kv_delete(client, key("one"), &old, &gone, &err));
  CHECK(gone->deleted == 1 && gone->prev_kv_count == 1 && gone->prev_kvs[0].version == 2);
  CHECK(equal(gone->prev_kvs[0].value, bytes(NULL, 0)));
  etcd_delete_response_free(gone);
  OK(etcd_kv_delete(client, key("one"), NULL, &gone, &err));
  CHECK(gone->deleted == 0 && gone->prev_kv_count == 0);
  etcd_delete_response_free(gone);
  OK(etcd_kv_get(client, key("one"), NULL, &range, &err));
  CHECK(range->kv_count == 0 && range->count == 0);
  etcd_get_response_free(range);
}

static void ranges(etcd_client_t *client) {
  etcd_get_options_t options = ETCD_GET_OPTIONS_INIT;
  etcd_delete_options_t all = ETCD_DELETE_OPTIONS_INIT;
  etcd_get_response_t *range = NULL;
  etcd_delete_response_t *gone = NULL;
  char name[20];
  int i;
  for (i = 0; i < 20; i++) {
    snprintf(name, sizeof name, "range/%02d", i);
    OK(etcd_kv_put(client, key(name), text(name), NULL, NULL, &err));
  }
  options.flags = ETCD_PREFIX;
  OK(etcd_kv_get(client, key("range/"), &options, &range, &err));
  CHECK(range->kv_count == 20 && range->count == 20 && !range->more);
  for (i = 0; i < 20; i++) {
    snprintf(name, sizeof name, "range/%02d", i);
    CHECK(equal(range->kvs[i].key, key(name)) && equal(range->kvs[i].value, text(name)));
  }
  etcd_get_response_free(range);
  options.flags = 0;
  options.range_end = key("range/15");
  OK(etcd_kv_get(client, key("range/05"), &options, &range, &err));
  CHECK(range->kv_count == 10 && equal(range->kvs[9].value, text("range/14")));
  etcd_get_response_free(range);
  options.range_end = bytes(NULL, 0);
  options.flags = ETCD_FROM_KEY;
  OK(etcd_kv_get(client, key("range/10"), &options, &range, &err));
  CHECK(range->kv_count >= 10);
  etcd_get_response_free(range);
  all.flags = ETCD_PREFIX | ETCD_PREV_KV;
  OK(etcd_kv_delete(client, key("range/"), &all, &gone, &err));
  CHECK(gone->deleted == 20 && gone->prev_kv_count == 20);
  etcd_delete_response_free(gone);
}

static void big_value(etcd_client_t *client) {
  size_t size = 1 << 20;
  uint8_t *value = malloc(size);
  etcd_get_response_t *range = NULL;
  size_t i;
  CHECK(value != NULL);
  for (i = 0; i < size; i++) value[i] = (uint8_t)(i * 7 + i / 251);
  OK(etcd_kv_put(client, key("big"), bytes(value, size), NULL, NULL, &err));
  OK(etcd_kv_get(client, key("big"), NULL, &range, &err));
  CHECK(range->kv_count == 1 && equal(range->kvs[0].value, bytes(value, size)));
  etcd_get_response_free(range);
  OK(etcd_kv_delete(client, key("big"), NULL, NULL, &err));
  free(value);
}

static void errors(etcd_client_t *client) {
  etcd_get_options_t options = ETCD_GET_OPTIONS_INIT;
  etcd_get_response_t *range = NULL;
  EXPECT(ETCD_ERR_EMPTY_KEY, etcd_kv_put(client, text(""), text("x"), NULL, NULL, &err));
  EXPECT(ETCD_ERR_EMPTY_KEY, etcd_kv_get(client, text(""), NULL, &range, &err));
  options.flags = 1u << 31;
  EXPECT(ETCD_ERR_UNSUPPORTED, etcd_kv_get(client, text("a"), &options, &range, &err));
  CHECK(range == NULL);
  /* Nobody who wants no details has to free any. */
  CHECK(etcd_kv_get(client, text(""), NULL, &range, NULL) == ETCD_ERR_EMPTY_KEY);
}

/* Puts, gets and deletes of many keys at once; some are cancelled, and some
 * of the ends are left in the queue. */
static void queue(etcd_client_t *client) {
  etcd_queue_t *queue = NULL;
  etcd_event_t *event = NULL;
  etcd_call_t *op = NULL;
  struct pollfd ready;
  char name[30];
  static int number[60];
  int i, puts = 0, gets = 0, deletes = 0, cancelled = 0;
  OK(etcd_queue_new(NULL, &queue, &err));
  ready.fd = etcd_queue_fd(queue);
  ready.events = POLLIN;
  CHECK(ready.fd >= 0 && poll(&ready, 1, 0) == 0);
  EXPECT(ETCD_EMPTY, etcd_queue_next(queue, 0, &event, &err));
  CHECK(event == NULL);
  for (i = 0; i < 60; i++) {
    etcd_bytes_t name_of;
    snprintf(name, sizeof name, "queue/%02d", i % 20);
    name_of = key(name);
    number[i] = i;
    op = NULL;
    switch (i % 3) {
      case 0:
        OK(etcd_kv_put_async(client, name_of, text(name), NULL, queue, &number[i], &op, &err));
        break;
      case 1:
        OK(etcd_kv_get_async(client, name_of, NULL, queue, &number[i], &op, &err));
        break;
      default:
        OK(etcd_kv_delete_async(client, name_of, NULL, queue, &number[i], NULL, &err));
    }
    CHECK((op != NULL) == (i % 3 < 2));
    if (i % 10 == 3 && op != NULL) CHECK(etcd_call_cancel(op) == ETCD_OK);
  }
  for (i = 0; i < 50; i++) {
    int *which;
    etcd_status_t status;
    CHECK(poll(&ready, 1, 10000) == 1);
    OK(etcd_queue_next(queue, 10000, &event, &err));
    which = etcd_event_user_data(event);
    CHECK(which >= number && which < number + 60 && *which == (int)(which - number));
    status = etcd_event_status(event);
    CHECK((status == ETCD_OK) == (etcd_event_error(event) == NULL));
    CHECK(status == ETCD_OK || (status == ETCD_ERR_CANCELLED && *which % 10 == 3));
    cancelled += status != ETCD_OK;
    switch (etcd_event_kind(event)) {
      case ETCD_EVENT_PUT_RESPONSE:
        puts++;
        CHECK(*which % 3 == 0 && (etcd_event_response(event, ETCD_EVENT_PUT_RESPONSE) != NULL) == (status == ETCD_OK));
        CHECK(etcd_event_response(event, ETCD_EVENT_GET_RESPONSE) == NULL && etcd_event_response(event, ETCD_EVENT_DELETE_RESPONSE) == NULL);
        break;
      case ETCD_EVENT_GET_RESPONSE:
        gets++;
        CHECK(*which % 3 == 1 && (etcd_event_response(event, ETCD_EVENT_GET_RESPONSE) != NULL) == (status == ETCD_OK));
        CHECK(etcd_event_response(event, ETCD_EVENT_PUT_RESPONSE) == NULL && etcd_event_response(event, ETCD_EVENT_DELETE_RESPONSE) == NULL);
        break;
      case ETCD_EVENT_DELETE_RESPONSE:
        deletes++;
        CHECK(*which % 3 == 2 && ((const etcd_delete_response_t *)etcd_event_response(event, ETCD_EVENT_DELETE_RESPONSE))->deleted <= 1);
        CHECK(etcd_event_response(event, ETCD_EVENT_GET_RESPONSE) == NULL && etcd_event_response(event, ETCD_EVENT_PUT_RESPONSE) == NULL);
        break;
      default:
        FAIL("an event of type %d", etcd_event_kind(event));
    }
    etcd_event_free(event);
  }
  CHECK(puts + gets + deletes == 50 && cancelled <= 6);
  CHECK(etcd_queue_wake(queue) == ETCD_OK);
  do {
    etcd_error_t *err = NULL;
    etcd_status_t status = etcd_queue_next(queue, 10000, &event, &err);
    CHECK(err == NULL);
    if (status == ETCD_WOKEN) break;
    CHECK(status == ETCD_OK);
    etcd_event_free(event);
  } while (1);
  etcd_queue_free(queue);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_queue_next(queue, 0, &event, &err));
}

int main(int argc, char **argv) {
  int rounds = argc > 3 ? number(argv[3]) : 1;
  etcd_client_t *client;
  etcd_get_response_t *kept = NULL;
  alarm(240);
  CHECK(argc > 2);
  prefix = argv[2];
  CHECK(etcd_version_number() == ETCD_VERSION_NUMBER && etcd_version_string()[0] != 0);
  client = open_client(argv[1]);
  for (; rounds > 0; rounds--) {
    one_key(client);
    ranges(client);
    big_value(client);
    errors(client);
    queue(client);
  }
  /* A response outlives the client. */
  OK(etcd_kv_put(client, key("kept"), text("value"), NULL, NULL, &err));
  OK(etcd_kv_get(client, key("kept"), NULL, &kept, &err));
  etcd_client_close(client);
  EXPECT(ETCD_ERR_BAD_HANDLE, etcd_kv_put(client, text("a"), text("b"), NULL, NULL, &err));
  CHECK(kept->kv_count == 1 && equal(kept->kvs[0].value, text("value")));
  etcd_get_response_free(kept);
  etcd_client_close(client);
  return 0;
}
