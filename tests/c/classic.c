/* Every call of the classic tier, as a program of old would make it: with
 * etcd-api.h alone.
 *
 * classic ENDPOINTS PREFIX: all it does is below PREFIX.
 */
#define _POSIX_C_SOURCE 200809L
#include <etcd-api.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void fail(int line, const char *what) {
  fprintf(stderr, "%s:%d: %s\n", __FILE__, line, what);
  _exit(1);
}

#define CHECK(condition) \
  do {                   \
    if (!(condition)) fail(__LINE__, #condition); \
  } while (0)

static const char *servers, *prefix;
static etcd_session session;

/* PREFIX/rest, in one of a few buffers. */
static char *key(const char *rest) {
  static __thread char buffers[4][200];
  static __thread int next;
  char *buffer = buffers[next++ % 4];
  snprintf(buffer, sizeof buffers[0], "%s/%s", prefix, rest);
  return buffer;
}

static void nap(long ms) {
  struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
  nanosleep(&time, NULL);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The key has this value; NULL: there is none. */
static int has(const char *k, const char *expected) {
  char *value = etcd_get(session, k);
  int same = expected == NULL || value == NULL ? expected == value : strcmp(value, expected) == 0;
  if (!same) fprintf(stderr, "%s is %s\n", k, value == NULL ? "NULL" : value);
  free(value);
  return same;
}

static void opens(void) {
  char host[] = "127.0.0.1", store[] = "mem:opens";
  etcd_server list[3] = { { host, 1 }, { host, 2 }, { NULL, 0 } };
  etcd_server none[1] = { { NULL, 0 } };
  etcd_server memory[2] = { { store, 0 }, { NULL, 0 } };
  etcd_session other = etcd_open(list);
  CHECK(other != NULL);
  etcd_close(other);
  other = etcd_open(memory);
  CHECK(other != NULL && etcd_set(other, "a", "b", NULL, 0) == ETCD_OK);
  etcd_close(other);
  CHECK(etcd_open(none) == NULL && etcd_open(NULL) == NULL);
  CHECK(etcd_open_str(NULL) == NULL && etcd_open_str("") == NULL && etcd_open_str(" ,;") == NULL);
  CHECK(etcd_open_str("host:port") == NULL);
  other = etcd_open_str("localhost:1, localhost:2;localhost\tlocalhost:3\r\nlocalhost:4");
  CHECK(other != NULL);
  etcd_close_str(other);
  etcd_close_str(other);
  etcd_close(NULL);
  etcd_close_str(NULL);
}

static void keys_and_values(void) {
  size_t size = 1 << 20;
  char *large = malloc(size + 1);
  memset(large, 'x', size);
  large[size] = 0;
  CHECK(has(key("k"), NULL));
  CHECK(etcd_set(session, key("k"), "one", NULL, 0) == ETCD_OK && has(key("k"), "one"));
  CHECK(etcd_set(session, key("k"), "", NULL, 0) == ETCD_OK && has(key("k"), ""));
  CHECK(etcd_set(session, key("k"), large, NULL, 0) == ETCD_OK && has(key("k"), large));
  CHECK(etcd_set(session, key("k"), "small", large, 0) == ETCD_OK && has(key("k"), "small"));
  free(large);
  const char *odd[] = { "a b", "?q=1&r=2", "%41+%", "k;x=y", "\xc3\xa9\xe2\x82\xac", "\x01\x7f\xff", "a//b", "#" };
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
    CHECK(etcd_set(session, key(odd[i]), odd[i], NULL, 0) == ETCD_OK && has(key(odd[i]), odd[i]));
    CHECK(etcd_set(session, key(odd[i]), "new&ttl=1", odd[i], 0) == ETCD_OK);
    CHECK(has(key(odd[i]), "new&ttl=1") && etcd_delete(session, key(odd[i])) == ETCD_OK);
  }
  CHECK(etcd_delete(session, key("k")) == ETCD_OK && has(key("k"), NULL));
  CHECK(etcd_delete(session, key("k")) == ETCD_PROTOCOL_ERROR);
  /* Without a value it deletes. */
  CHECK(etcd_set(session, key("k"), "v", NULL, 0) == ETCD_OK);
  CHECK(etcd_set(session, key("k"), NULL, "w", 0) == ETCD_PROTOCOL_ERROR && has(key("k"), "v"));
  CHECK(etcd_set(session, key("k"), NULL, "v", 0) == ETCD_OK && has(key("k"), NULL));
  CHECK(etcd_set(session, key("k"), NULL, NULL, 0) == ETCD_PROTOCOL_ERROR);
}

static void preconditions(void) {
  char *k = key("precond");
  CHECK(etcd_set(session, k, "v", "x", 0) == ETCD_PROTOCOL_ERROR && has(k, NULL));
  CHECK(etcd_set(session, k, "v", "", 0) == ETCD_PROTOCOL_ERROR && has(k, NULL));
  CHECK(etcd_set(session, k, "one", NULL, 0) == ETCD_OK);
  CHECK(etcd_set(session, k, "two", "One", 0) == ETCD_PROTOCOL_ERROR && has(k, "one"));
  CHECK(etcd_set(session, k, "two", "one", 0) == ETCD_OK && has(k, "two"));
  CHECK(etcd_set(session, k, "", "two", 60) == ETCD_OK && has(k, ""));
  CHECK(etcd_set(session, k, "three", "", 60) == ETCD_OK && has(k, "three"));
  CHECK(etcd_set(session, k, "x", "three2", 60) == ETCD_PROTOCOL_ERROR && has(k, "three"));
  CHECK(etcd_delete(session, k) == ETCD_OK);
}

static void times_to_live(void) {
  double start = now();
  CHECK(etcd_set(session, key("short"), "v", NULL, 2) == ETCD_OK);
  CHECK(etcd_set(session, key("freed"), "v", NULL, 2) == ETCD_OK);
  CHECK(etcd_set(session, key("freed"), "kept", NULL, 0) == ETCD_OK);
  CHECK(etcd_set(session, key("again"), "v", NULL, 2) == ETCD_OK);
  nap(1000);
  CHECK(etcd_set(session, key("again"), "v", "v", 60) == ETCD_OK);
  CHECK(has(key("short"), "v"));
  char *value;
  while ((value = etcd_get(session, key("short"))) != NULL) {
    free(value);
    CHECK(now() - start < 2 + 3 + 2);
    nap(20);
  }
  CHECK(now() - start >= 2);
  nap(1500);
  CHECK(has(key("freed"), "kept") && has(key("again"), "v"));
  CHECK(etcd_delete(session, key("freed")) == ETCD_OK && etcd_delete(session, key("again")) == ETCD_OK);
}

static void directories(void) {
  char expected[1000];
  const char *names[] = { "dir/b/c", "dir/a", "dir/b/d/e", "dir/a-b", "dir/a/x", "dir2", "dir-", "dir//z" };
  size_t count = sizeof names / sizeof names[0];
  for (size_t i = 0; i < count; i++)
    CHECK(etcd_set(session, key(names[i]), "v", NULL, 0) == ETCD_OK);
  snprintf(expected, sizeof expected, "%s/dir//z\n%s/dir/a\n%s/dir/a-b\n%s/dir/b", prefix, prefix, prefix, prefix);
  CHECK(has(key("dir"), expected) && has(key("dir/"), expected));
  snprintf(expected, sizeof expected, "%s/dir/b/c\n%s/dir/b/d", prefix, prefix);
  CHECK(has(key("dir/b"), expected));
  CHECK(has(key("dir/b/c/none"), NULL) && has(key("di"), NULL));
  CHECK(etcd_delete(session, key("dir")) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_set(session, key("dir"), "value", NULL, 0) == ETCD_OK && has(key("dir"), "value"));
  CHECK(etcd_delete(session, key("dir")) == ETCD_OK);
  for (size_t i = 0; i < count; i++) CHECK(etcd_delete(session, key(names[i])) == ETCD_OK);
  CHECK(has(key("dir"), NULL));
}

static void *change_later(void *unused) {
  (void)unused;
  nap(300);
  CHECK(etcd_set(session, key("w2"), "not it", NULL, 0) == ETCD_OK);
  CHECK(etcd_set(session, key("w"), "1", NULL, 0) == ETCD_OK);
  CHECK(etcd_set(session, key("w-x"), "not it", NULL, 0) == ETCD_OK);
  CHECK(etcd_set(session, key("w/a"), "2", NULL, 0) == ETCD_OK);
  CHECK(etcd_delete(session, key("w")) == ETCD_OK);
  CHECK(etcd_set(session, key("w/short"), "3", NULL, 2) == ETCD_OK);
  return NULL;
}

static void watches(void) {
  pthread_t thread;
  char *k, *v;
  int index = 0, first, before;
  CHECK(pthread_create(&thread, NULL, change_later, NULL) == 0);
  CHECK(etcd_watch(session, key("w"), &k, &v, NULL, &index) == ETCD_OK);
  CHECK(strcmp(k, key("w")) == 0 && strcmp(v, "1") == 0 && index > 0);
  free(k);
  free(v);
  first = index;
  struct { const char *key, *value; } rest[] = {
    { "w/a", "2" }, { "w", NULL }, { "w/short", "3" }, { "w/short", NULL },
  };
  /* On with each index plus one; then all again from the first, on another session. */
  for (int round = 0; round < 2; round++) {
    etcd_session own = round == 0 ? session : etcd_open_str(servers);
    index = first;
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
      before = index++;
      CHECK(etcd_watch(own, key("w"), &k, &v, &index, &index) == ETCD_OK);
      CHECK(index > before && strcmp(k, key(rest[i].key)) == 0);
      CHECK(rest[i].value == NULL ? v == NULL : v != NULL && strcmp(v, rest[i].value) == 0);
      free(k);
      free(v);
    }
    if (own != session) etcd_close_str(own);
  }
  pthread_join(thread, NULL);
  /* Without an index to return, and one event by itself. */
  CHECK(etcd_watch(session, key("w"), &k, &v, &first, NULL) == ETCD_OK && strcmp(v, "1") == 0);
  free(k);
  free(v);
  CHECK(etcd_delete(session, key("w/a")) == ETCD_OK && etcd_delete(session, key("w2")) == ETCD_OK);
  CHECK(etcd_delete(session, key("w-x")) == ETCD_OK);
}

static void *lock_later(void *result) {
  char *index = NULL;
  if (etcd_lock(session, key("lock"), 2, NULL, &index) == ETCD_OK) *(char **)result = index;
  return NULL;
}

static void locks(void) {
  char *index, *renewed, *other = NULL;
  pthread_t thread;
  CHECK(etcd_lock(session, key("lock"), 5, NULL, &index) == ETCD_OK && index != NULL);
  CHECK(pthread_create(&thread, NULL, lock_later, &other) == 0);
  for (int i = 0; i < 5; i++) {
    nap(500);
    CHECK(etcd_lock(session, key("lock"), 5, index, &renewed) == ETCD_OK && strcmp(renewed, index) == 0);
    free(renewed);
    CHECK(other == NULL);
  }
  CHECK(etcd_lock(session, key("lock"), 5, index, NULL) == ETCD_OK);
  CHECK(etcd_unlock(session, key("lock"), index) == ETCD_OK);
  pthread_join(thread, NULL);
  CHECK(other != NULL && strcmp(other, index) != 0);
  /* Neither renews nor releases what has become another's. */
  renewed = index;
  CHECK(etcd_lock(session, key("lock"), 5, renewed, &renewed) == ETCD_PROTOCOL_ERROR && renewed == NULL);
  CHECK(etcd_unlock(session, key("lock"), index) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_lock(session, key("lock"), 2, other, NULL) == ETCD_OK);
  free(index);
  /* Not renewed any more, it is lost, and said to be. */
  double start = now();
  CHECK(etcd_lock(session, key("lock"), 60, NULL, &index) == ETCD_OK);
  CHECK(now() - start > 1 && now() - start < 2 + 3 + 2);
  CHECK(etcd_lock(session, key("lock"), 2, other, &renewed) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_unlock(session, key("lock"), other) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_unlock(session, key("lock"), index) == ETCD_OK && has(key("lock"), NULL));
  free(index);
  free(other);
}

static void leaders(void) {
  char *leader = etcd_leader(session), *end;
  CHECK(leader != NULL && strtoull(leader, &end, 16) != 0 && *end == 0);
  free(leader);
}

static void bad_arguments(void) {
  char *k, *v, *index;
  int out = 7, negative = -1;
  etcd_session closed = etcd_open_str(servers);
  etcd_close(closed);
  etcd_session bad[] = { NULL, closed, (etcd_session)(size_t)1, &out };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CHECK(etcd_get(bad[i], "k") == NULL && etcd_leader(bad[i]) == NULL);
    CHECK(etcd_set(bad[i], "k", "v", NULL, 0) != ETCD_OK && etcd_delete(bad[i], "k") != ETCD_OK);
    CHECK(etcd_watch(bad[i], "k", &k, &v, NULL, &out) != ETCD_OK && k == NULL && v == NULL);
    CHECK(etcd_lock(bad[i], "k", 5, NULL, &index) != ETCD_OK && index == NULL);
    CHECK(etcd_unlock(bad[i], "k", "1.1") != ETCD_OK);
  }
  CHECK(etcd_get(session, NULL) == NULL && etcd_delete(session, NULL) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_set(session, NULL, "v", NULL, 0) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_set(session, "", "v", NULL, 0) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_set(session, "", "v", "p", 9) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_delete(session, "") == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_watch(session, NULL, &k, &v, NULL, NULL) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_watch(session, "k", NULL, &v, NULL, NULL) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_watch(session, "k", &k, NULL, NULL, NULL) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_watch(session, "k", &k, &v, &negative, &out) == ETCD_PROTOCOL_ERROR && out == 7);
  CHECK(etcd_lock(session, NULL, 5, NULL, &index) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_lock(session, "", 5, NULL, &index) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_lock(session, "k", 0, NULL, &index) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_lock(session, "k", 5, NULL, NULL) == ETCD_PROTOCOL_ERROR);
  const char *indexes[] = { "", "1", "404 page not found\n", "1.", ".1", "zz.1", "1.1.1", "0.0" };
  for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
    CHECK(etcd_lock(session, "k", 5, indexes[i], &index) == ETCD_PROTOCOL_ERROR && index == NULL);
    CHECK(etcd_unlock(session, "k", indexes[i]) == ETCD_PROTOCOL_ERROR);
  }
  CHECK(etcd_lock(session, "k", 5, "123.45", &index) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_unlock(session, "k", NULL) == ETCD_PROTOCOL_ERROR);
  CHECK(etcd_unlock(session, NULL, "1.1") == ETCD_PROTOCOL_ERROR);
}

int main(int argc, char **argv) {
  CHECK(argc == 3);
  alarm(100);
  servers = argv[1];
  prefix = argv[2];
  session = etcd_open_str(servers);
  CHECK(session != NULL);
  opens();
  keys_and_values();
  preconditions();
  times_to_live();
  directories();
  watches();
  locks();
  leaders();
  bad_arguments();
  CHECK(has(prefix, NULL));
  etcd_close_str(session);
  return 0;
}
