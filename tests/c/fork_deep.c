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
    alarm(55);
    status = etcd_kv_get(client, text("k"), NULL, &response, &err);
    /* Handles count forks up to 255 and then from 0 again. */
    if (status != (i % 256 ? ETCD_ERR_FORKED : ETCD_ERR_BAD_HANDLE)) FAIL("fork %d: %s", i, etcd_status_name(status));
    etcd_error_free(err);
    OK(etcd_client_open_endpoints(argv[1], &own, &err));
    if (i % 32 == 0) works(own, "fork_deep");
    etcd_client_close(own);
  }
  return 0;
}
