/* Holds a lock again and again, and shows that nobody else does meanwhile: by a
 * directory that can be made only once.
 *
 * lock ENDPOINTS NAME ROUNDS THREADS DIRECTORY */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <etcd-api.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char **arguments;
static etcd_session session;

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  _exit(1);
}

static void *hold(void *unused) {
  struct timespec moment = { 0, 5000000 };
  char *index;
  int i;
  for (i = atoi(arguments[3]); i > 0; i--) {
    if (etcd_lock(session, arguments[2], 10, NULL, &index) != ETCD_OK) fail("etcd_lock");
    if (mkdir(arguments[5], 0700) != 0) fail("somebody else holds the lock");
    nanosleep(&moment, NULL);
    if (i % 3 == 0 && etcd_lock(session, arguments[2], 10, index, NULL) != ETCD_OK) fail("renew");
    if (rmdir(arguments[5]) != 0) fail("somebody else held the lock");
    if (etcd_unlock(session, arguments[2], index) != ETCD_OK) fail("etcd_unlock");
    free(index);
  }
  return unused;
}

int main(int argc, char **argv) {
  pthread_t threads[16];
  int i, count;
  if (argc != 6) return 2;
  alarm(280);
  arguments = argv;
  count = atoi(argv[4]);
  session = etcd_open_str(argv[1]);
  if (session == NULL) fail("etcd_open_str");
  for (i = 0; i < count; i++)
    if (pthread_create(&threads[i], NULL, hold, NULL) != 0) fail("pthread_create");
  for (i = 0; i < count; i++) pthread_join(threads[i], NULL);
  etcd_close_str(session);
  return 0;
}
