/* Every classic call at once in many threads, on sessions that are closed in
 * the middle of it: each call ends, and with a result.
 *
 * classic_race ENDPOINTS ROUNDS THREADS */
#include "check.h"
#include <etcd-api.h>

static etcd_session session;
static volatile int closed;

static void one_call(unsigned *seed, char **lock) {
  char key[20], *k = NULL, *v = NULL;
  int index = 1;
  etcd_result result = ETCD_OK;
  snprintf(key, sizeof key, "race/%u", rand_r(seed) % 4);
  switch (rand_r(seed) % 9) {
    case 0:
      free(etcd_get(session, key));
      break;
    case 1:
      result = etcd_set(session, key, "v", NULL, 0);
      break;
    case 2:
      result = etcd_set(session, key, "v", "v", 9);
      break;
    case 3:
      result = etcd_delete(session, key);
      break;
    case 4:
      free(etcd_leader(session));
      break;
    case 5: /* often ends only with the session */
      result = etcd_watch(session, key, &k, &v, NULL, NULL);
      break;
    case 6:
      result = etcd_watch(session, "race", &k, &v, &index, &index);
      break;
    case 7:
      if (*lock != NULL) break;
      result = etcd_lock(session, "race-lock", 9, NULL, lock);
      CHECK((result == ETCD_OK) == (*lock != NULL));
      break;
    default:
      if (*lock == NULL) break;
      result = etcd_unlock(session, "race-lock", *lock);
      free(*lock);
      *lock = NULL;
  }
  CHECK(result >= ETCD_OK && result <= ETCD_WTF);
  free(k);
  free(v);
}

static void *caller(void *number) {
  unsigned seed = (unsigned)(uintptr_t)number;
  char *lock = NULL;
  while (!closed) one_call(&seed, &lock);
  free(lock);
  return NULL;
}

int main(int argc, char **argv) {
  pthread_t threads[32];
  int round, i, count, rounds;
  alarm(280);
  CHECK(argc == 4);
  rounds = number(argv[2]);
  count = number(argv[3]);
  for (round = 0; round < rounds; round++) {
    etcd_session keep = etcd_open_str(argv[1]);
    session = etcd_open_str(argv[1]);
    closed = 0;
    for (i = 0; i < count; i++)
      threads[i] = start(caller, (void *)(uintptr_t)(round * 100 + i));
    sleep_ms(5 + round % 40);
    closed = 1;
    etcd_close_str(session);
    for (i = 0; i < count; i++) join(threads[i]);
    etcd_close_str(keep);
  }
  settles(count_threads, 1, "threads");
  return 0;
}
