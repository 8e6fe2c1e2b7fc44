/* How much memory a program with one busy client has.
 *
 * resident ENDPOINTS */
#include "check.h"

int main(int argc, char **argv) {
  etcd_client_t *client;
  int i;
  alarm(60);
  CHECK(argc > 1);
  client = open_client(argv[1]);
  put(client, "resident", "x");
  for (i = 0; i < 1000; i++) get(client, "resident", "x");
  printf("%ld\n", self_status("VmRSS"));
  etcd_client_close(client);
  return 0;
}
