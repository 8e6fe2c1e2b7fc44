/* A name server that never answers: close does not wait for it, and threads
 * that do are not piled up. Runs where /etc/resolv.conf names such a server.
 *
 * silent_dns HOST:PORT ROUNDS */
#include "check.h"

static etcd_client_t *client;

static void *hang(void *unused) {
  etcd_get_options_t forever = ETCD_GET_OPTIONS_INIT;
  etcd_get_response_t *response = NULL;
  etcd_error_t *err = NULL;
  etcd_status_t status;
  (void)unused;
  forever.timeout_ms = ETCD_TIMEOUT_NONE;
  status = etcd_kv_get(client, text("k"), &forever, &response, &err);
  /* The other one: this thread came late. */
  if (status != ETCD_ERR_CLOSED && status != ETCD_ERR_BAD_HANDLE) FAIL("%s", etcd_status_name(status));
  CHECK(response == NULL);
  etcd_error_free(err);
  return NULL;
}

int main(int argc, char **argv) {
  int rounds, i;
  alarm(60);
  CHECK(argc > 2);
  rounds = number(argv[2]);
  for (i = 0; i < rounds; i++) {
    pthread_t caller;
    int64_t began;
    client = open_client(argv[1]);
    caller = start(hang, NULL);
    sleep_ms(i == 0 ? 300 : 20);
    began = now_ms();
    etcd_client_close(client);
    if (now_ms() - began > 1000) FAIL("close took %d ms", (int)(now_ms() - began));
    join(caller);
    if (now_ms() - began > 1000) FAIL("the call ended after %d ms", (int)(now_ms() - began));
    /* This one, at most one that still asks for the name, and after many clients in a row the
     * library's. */
    if (count_threads() > (i < 16 ? 2 : 3)) FAIL("%d threads after %d rounds", count_threads(), i + 1);
    if (i == 0 && count_threads() != 2) FAIL("nobody asks for the name: is the name server silent?");
  }
  return 0;
}
