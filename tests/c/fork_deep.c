/* A line of forks, each child the parent of the next: however deep, a handle
 * from above is told from one's own.
 *
 * fork_deep ENDPOINTS DEPTH */
#include "check.h"

int main(int argc, char **argv) {
  etcd_client_t *client;
  int depth, i;
  CHECK(argc > 2);
  depth = number(argv[2]);
  client = open_client(argv[1]);
  works(client, "fork_deep");
  for (i = 1; i <= depth; i++) {
    etcd_get_response_t *response = NULL;
    etcd_client_t *own = NULL;
    etcd_error_t *err = NULL;
    etcd_status_t status;
    pid_t child = fork();
    if (child > 0) {
      ends_well(child);
      exit(0);
    }
    CHECK(child == 0);
    alarm(20);
    status = etcd_kv_get(client, text("k"), NULL, &response, &err);
    if (status != ETCD_ERR_FORKED) FAIL("fork %d: %s", i, etcd_status_name(status));
    etcd_error_free(err);
    /* There may be an end to beginning anew, but never a hang. */
    status = etcd_client_open_endpoints(argv[1], &own, &err);
    if (status == ETCD_OK && i % 50 == 0) works(own, "fork_deep");
    if (status != ETCD_OK && status != ETCD_ERR_FORKED)
      FAIL("fork %d: open: %s", i, etcd_status_name(status));
    if (status != ETCD_OK) etcd_error_free(err);
    etcd_client_close(own);
  }
  return 0;
}
