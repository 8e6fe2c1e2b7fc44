/* What the C test programs share; the first thing that each includes.
 *
 * A program gets the endpoints as its first argument, says what went wrong and
 * ends with 0 only if nothing did. Its own alarm() ends it when it hangs.
 */
#ifndef CHECK_H
#define CHECK_H

#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <etcd.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* _exit: other threads may be in the middle of calls. */
static inline void fail(const char *file, int line, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "%s:%d: ", file, line);
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\n");
  va_end(arguments);
  fflush(NULL);
  _exit(1);
}

#define FAIL(...) fail(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(condition)                \
  do {                                  \
    if (!(condition)) FAIL("%s", #condition); \
  } while (0)

/* err's value before the call: tells a call that does not touch it. */
#define UNTOUCHED ((etcd_error_t *)(uintptr_t)8)

static inline void check_status(etcd_status_t expected, etcd_status_t got, etcd_error_t *err,
                                const char *call, const char *file, int line) {
  if (err == UNTOUCHED) err = NULL;
  else if (got < 0 && err == NULL) fail(file, line, "%s: %d and no error", call, got);
  else if (got >= 0 && err != NULL) fail(file, line, "%s: %d and an error", call, got);
  else if (got < 0 && (err->status != got || err->message == NULL || err->endpoint == NULL ||
                       err->message[0] == 0 || strchr(err->message, '\n') != NULL || err->reserved != 0))
    fail(file, line, "%s: %d and an error that does not fit it", call, got);
  if (got != expected)
    fail(file, line, "%s: %s, not %s: %s", call, etcd_status_name(got),
         etcd_status_name(expected), err != NULL ? err->message : "-");
}

/* The call must end like this; it passes &err, and the error must fit the status. */
#define EXPECT(expected, call)                                          \
  do {                                                                  \
    etcd_error_t *err = UNTOUCHED;                                      \
    etcd_status_t got_ = (call);                                        \
    check_status((expected), got_, err, #call, __FILE__, __LINE__);     \
    if (err != UNTOUCHED) etcd_error_free(err);                         \
  } while (0)
#define OK(call) EXPECT(ETCD_OK, call)

static inline etcd_bytes_t bytes(const void *data, size_t len) { return etcd_bytes(data, len); }

static inline etcd_bytes_t text(const char *text) { return etcd_str(text); }

static inline int equal(etcd_bytes_t a, etcd_bytes_t b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void sleep_ms(long ms) {
  struct timespec left;
  left.tv_sec = ms / 1000;
  left.tv_nsec = ms % 1000 * 1000000;
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

static inline pthread_t start(void *(*run)(void *), void *argument) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, run, argument) == 0);
  return thread;
}

static inline void join(pthread_t thread) { CHECK(pthread_join(thread, NULL) == 0); }

static inline etcd_client_t *open_client(const char *endpoints) {
  etcd_client_t *client = NULL;
  OK(etcd_client_open_endpoints(endpoints, &client, &err));
  CHECK(client != NULL);
  return client;
}

static inline void put(etcd_client_t *client, const char *key, const char *value) {
  OK(etcd_kv_put(client, text(key), text(value), NULL, NULL, &err));
}

/* Reads a key that has, or has not (NULL), this value. */
static inline void get(etcd_client_t *client, const char *key, const char *value) {
  etcd_get_response_t *response = NULL;
  OK(etcd_kv_get(client, text(key), NULL, &response, &err));
  CHECK(response->kv_count == (value != NULL ? 1u : 0u));
  if (value != NULL && !equal(response->kvs[0].value, text(value)))
    FAIL("%s is not %s", key, value);
  etcd_get_response_free(response);
}

/* All is well with this client: used after something bad has happened. */
static inline void works(etcd_client_t *client, const char *key) {
  put(client, key, "it works");
  get(client, key, "it works");
}

/* Entries of a directory of /proc/self, without the two dots. */
static inline int count_entries(const char *path) {
  DIR *dir = opendir(path);
  int count = 0;
  CHECK(dir != NULL);
  while (readdir(dir) != NULL) count++;
  closedir(dir);
  return count - 2;
}

static inline int count_threads(void) { return count_entries("/proc/self/task"); }

/* Without the one that counting takes. */
static inline int count_descriptors(void) { return count_entries("/proc/self/fd") - 1; }

/* A number from /proc/self/status, such as VmRSS in KiB. */
static inline long self_status(const char *name) {
  FILE *file = fopen("/proc/self/status", "r");
  char line[256];
  long value = -1;
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
      value = strtol(line + strlen(name) + 1, NULL, 10);
  fclose(file);
  CHECK(value >= 0);
  return value;
}

/* Waits until the count is back at `expected`: a thread that was joined, or a
 * socket that was closed, may show a moment longer. */
static inline void settles(int (*count)(void), int expected, const char *what) {
  int64_t limit = now_ms() + 5000;
  while (count() != expected) {
    if (now_ms() > limit) FAIL("%d %s, not %d", count(), what, expected);
    sleep_ms(5);
  }
}

static inline int number(const char *argument) { return (int)strtol(argument, NULL, 10); }

/* A child process, which must end by itself with 0. */
static inline void ends_well(pid_t child) {
  int status = 0;
  pid_t ended;
  while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR) {
  }
  CHECK(ended == child);
  if (WIFSIGNALED(status)) FAIL("the child was killed by signal %d", WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) FAIL("the child ended with %d", WEXITSTATUS(status));
}

#endif
