/* Large writes while a proxy breaks the connections, in a program that leaves
 * SIGPIPE as it is: one write without MSG_NOSIGNAL on a thread that does not
 * block the signal ends it. Stops when its standard input ends.
 *
 * sigpipe ENDPOINTS THREADS */
#include "check.h"

enum { VALUE = 60000 };
static const char *endpoints;
static volatile int stop;
static long calls, failures;
static pthread_mutex_t count = PTHREAD_MUTEX_INITIALIZER;

static void *load(void *argument) {
  static uint8_t value[VALUE];
  etcd_client_t *client = open_client(endpoints);
  char name[40];
  long done = 0, failed = 0;
  int i;
  snprintf(name, sizeof name, "sigpipe/%d", *(int *)argument);
  while (!stop) {
    /* A few small calls in a row first: a lone caller then runs the library's
     * sockets on its own thread, where SIGPIPE is not blocked. */
    for (i = 0; i < 40 && !stop; i++) {
      etcd_get_response_t *response = NULL;
      etcd_status_t status;
      if (i < 20)
        status = etcd_kv_get(client, text("sigpipe/none"), NULL, &response, NULL);
      else if (i % 2 == 0)
        status = etcd_kv_put(client, text(name), bytes(value, VALUE), NULL, NULL, NULL);
      else
        status = etcd_kv_get(client, text(name), NULL, &response, NULL);
      etcd_get_response_free(response);
      done++;
      failed += status != ETCD_OK;
    }
  }
  etcd_client_close(client);
  pthread_mutex_lock(&count);
  calls += done;
  failures += failed;
  pthread_mutex_unlock(&count);
  return NULL;
}

int main(int argc, char **argv) {
  struct sigaction before;
  pthread_t threads[16];
  int numbers[16], i, count;
  char end;
  alarm(590);
  CHECK(argc > 2);
  endpoints = argv[1];
  count = number(argv[2]);
  CHECK(sigaction(SIGPIPE, NULL, &before) == 0 && before.sa_handler == SIG_DFL);
  for (i = 0; i < count; i++) {
    numbers[i] = i;
    threads[i] = start(load, &numbers[i]);
  }
  while (read(0, &end, 1) > 0) {
  }
  stop = 1;
  for (i = 0; i < count; i++) join(threads[i]);
  CHECK(sigaction(SIGPIPE, NULL, &before) == 0 && before.sa_handler == SIG_DFL);
  {
    etcd_client_t *client = open_client(endpoints);
    works(client, "sigpipe/after");
    etcd_client_close(client);
  }
  printf("%ld calls, %ld failures\n", calls, failures);
  CHECK(calls - failures > 0);
  return 0;
}
