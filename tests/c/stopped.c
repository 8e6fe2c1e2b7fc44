/* Is stopped for twice the ttl of a lease that it keeps alive: whatever it
 * asks first when it goes on, it learns of the loss.
 *
 * stopped ENDPOINTS left|next|waiting|queue */
#include "check.h"

static etcd_client_t *client;
static etcd_queue_t *queue;
static etcd_lease_keep_alive_t *kept;

static int64_t boot_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void begin(int on_queue) {
  etcd_call_options_t options = ETCD_CALL_OPTIONS_INIT;
  etcd_lease_grant_response_t *lease = NULL;
  options.flags = ETCD_LEASE_KEEP_ALIVE_NOTIFY;
  OK(etcd_lease_grant(client, 2, NULL, &lease, &err));
  OK(etcd_lease_keep_alive_open(client, lease->id, &options, on_queue ? queue : NULL, NULL, &kept, &err));
  etcd_lease_grant_response_free(lease);
}

/* The news of a handle or a queue; ETCD_EMPTY for none. */
static etcd_status_t news(int on_queue, int wait_ms) {
  etcd_event_t *event = NULL;
  etcd_status_t status;
  if (!on_queue) return etcd_lease_keep_alive_next(kept, wait_ms, NULL, NULL);
  status = etcd_queue_next(queue, wait_ms, &event, NULL);
  if (status == ETCD_OK) status = etcd_event_status(event);
  etcd_event_free(event);
  return status;
}

int main(int argc, char **argv) {
  int on_queue, waiting, left, wait_ms, renewals = 0;
  int64_t last, now;
  alarm(60);
  CHECK(argc > 2);
  on_queue = strcmp(argv[2], "queue") == 0;
  waiting = strcmp(argv[2], "waiting") == 0;
  left = strcmp(argv[2], "left") == 0;
  wait_ms = waiting ? ETCD_WAIT_FOREVER : 0;
  client = open_client(argv[1]);
  OK(etcd_queue_new(NULL, &queue, &err));
  begin(on_queue);
  for (last = boot_ms();; last = now) {
    etcd_status_t status = ETCD_EMPTY;
    int64_t remains = 1;
    /* Renewals pile up meanwhile. */
    if (!waiting) usleep(700 * 1000);
    if (left) remains = etcd_lease_keep_alive_left_ms(kept);
    else status = news(on_queue, wait_ms);
    now = boot_ms();
    if (now - last > 3000) {
      /* A queue may say nothing for a moment, but no more good news. */
      if (on_queue && status == ETCD_EMPTY) status = news(on_queue, 1000);
      if (left && remains != 0) FAIL("%d ms left after a stop of %d", (int)remains, (int)(now - last));
      if (!left && status != ETCD_ERR_LEASE_LOST) FAIL("after the stop: %s", etcd_status_name(status));
      break;
    }
    renewals += status == ETCD_OK;
    if (remains <= 0 && renewals > 0) FAIL("lost before the stop");
    if (left) renewals = etcd_lease_keep_alive_left_ms(kept) > 0;
    if (status < 0) FAIL("before the stop: %s", etcd_status_name(status));
  }
  CHECK(renewals > 0);
  CHECK(etcd_lease_keep_alive_left_ms(kept) == 0);
  /* On a queue once, and never again. */
  CHECK(news(on_queue, 1000) == (on_queue ? ETCD_EMPTY : ETCD_ERR_LEASE_LOST));
  etcd_lease_keep_alive_close(kept);
  /* The client goes on. */
  begin(0);
  OK(etcd_lease_keep_alive_next(kept, 5000, NULL, &err));
  etcd_lease_keep_alive_close(kept);
  etcd_queue_free(queue);
  etcd_client_close(client);
  return 0;
}
