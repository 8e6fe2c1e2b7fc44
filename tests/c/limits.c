/* Opening and calling when the system gives no more memory, descriptors or
 * threads: an error or success, never a hang or a crash, and all is well again
 * when the limit is lifted.
 *
 * limits ENDPOINTS WHAT FROM TO [TRIED]: each step is a process of its own; TRIED
 * takes the place of the endpoints while there is a limit. */
#include "check.h"

#include <malloc.h>
#include <sys/types.h>

static const char *endpoints, *tried;

static void limit(int resource, rlim_t value) {
  struct rlimit now;
  CHECK(getrlimit(resource, &now) == 0);
  now.rlim_cur = value < now.rlim_max ? value : now.rlim_max;
  CHECK(setrlimit(resource, &now) == 0);
}

static rlim_t usual(int resource) {
  struct rlimit now;
  CHECK(getrlimit(resource, &now) == 0);
  return now.rlim_cur;
}

/* An error that fits: the status is one that shortage may cause. */
static void is_shortage(etcd_status_t status, etcd_error_t *err, const char *what) {
  switch (status) {
    case ETCD_ERR_NO_MEMORY:
    case ETCD_ERR_NO_RESOURCES:
    case ETCD_ERR_UNAVAILABLE:
    case ETCD_ERR_TIMEOUT:
      break;
    default:
      FAIL("%s: %s: %s", what, etcd_status_name(status), err == NULL ? "-" : err->message);
  }
  printf("%s: %s: %s\n", what, etcd_status_name(status), err == NULL ? "-" : err->message);
  etcd_error_free(err);
}

/* What a program does with a client, whether or not it goes well. */
static int try_all(void) {
  etcd_client_options_t options = ETCD_CLIENT_OPTIONS_INIT;
  etcd_client_t *client = NULL;
  etcd_queue_t *queue = NULL;
  etcd_event_t *event = NULL;
  etcd_get_response_t *response = NULL;
  etcd_error_t *err = NULL;
  etcd_status_t status;
  int ok = 1, i;
  options.endpoints = tried;
  options.timeout_ms = tried == endpoints ? 400 : 30;
  status = etcd_client_open(&options, &client, &err);
  if (status != ETCD_OK) {
    CHECK(client == NULL && err != NULL);
    is_shortage(status, err, "open");
    return 0;
  }
  for (i = 0; i < 3; i++) {
    status = etcd_kv_put(client, text("limits"), text("x"), NULL, NULL, &err);
    if (status != ETCD_OK) is_shortage(status, err, "put"), ok = 0;
    status = etcd_kv_get(client, text("limits"), NULL, &response, &err);
    if (status != ETCD_OK) is_shortage(status, err, "get"), ok = 0;
    etcd_get_response_free(response);
  }
  status = etcd_queue_new(NULL, &queue, &err);
  if (status != ETCD_OK) {
    is_shortage(status, err, "queue");
    ok = 0;
  } else {
    if (etcd_queue_fd(queue) < 0) ok = 0;
    status = etcd_kv_get_async(client, text("limits"), NULL, queue, NULL, NULL, &err);
    if (status != ETCD_OK) is_shortage(status, err, "get_async"), ok = 0;
    else {
      OK(etcd_queue_next(queue, 2000, &event, &err));
      etcd_event_free(event);
    }
  }
  etcd_queue_free(queue);
  etcd_client_close(client);
  return ok;
}

static void recovers(void) {
  etcd_client_t *client = open_client(endpoints);
  works(client, "limits/after");
  etcd_client_close(client);
  settles(count_threads, 1, "threads");
}

/* So many MiB more than the program has now. */
static void memory(int step) {
  rlim_t before = usual(RLIMIT_AS);
  limit(RLIMIT_AS, ((rlim_t)self_status("VmSize") << 10) + ((rlim_t)step << 20));
  printf("%d MiB: %s\n", step, try_all() ? "works" : "fails");
  limit(RLIMIT_AS, before);
}

/* The same in steps of 32 KiB, so that each of the first allocations is the one to fail. */
static void memory_fine(int step) {
  rlim_t before = usual(RLIMIT_AS);
  limit(RLIMIT_AS, ((rlim_t)self_status("VmSize") << 10) + ((rlim_t)step << 15));
  printf("%d KiB: %s\n", 32 * step, try_all() ? "works" : "fails");
  limit(RLIMIT_AS, before);
}

/* The same with a client that is open already: its calls, and a second client. */
static void memory_later(int step) {
  rlim_t before = usual(RLIMIT_AS);
  etcd_client_t *client = open_client(endpoints);
  works(client, "limits/later");
  limit(RLIMIT_AS, ((rlim_t)self_status("VmSize") << 10) + ((rlim_t)step << 20));
  printf("%d MiB: %s\n", step, try_all() ? "works" : "fails");
  limit(RLIMIT_AS, before);
  works(client, "limits/later");
  etcd_client_close(client);
}

/* A reply of 24 MiB with so many MiB to spare. */
static void big_reply(int step) {
  enum { PARTS = 24 };
  rlim_t before = usual(RLIMIT_AS);
  etcd_client_t *client = open_client(endpoints);
  etcd_get_options_t prefix = ETCD_GET_OPTIONS_INIT;
  etcd_get_response_t *response = NULL;
  etcd_error_t *err = NULL;
  etcd_status_t status;
  uint8_t *value = calloc(1, 1 << 20);
  char key[40];
  int i;
  CHECK(value != NULL);
  prefix.flags = ETCD_PREFIX;
  OK(etcd_kv_get(client, text("limits/big/"), &prefix, &response, &err));
  for (i = (int)response->kv_count; i < PARTS; i++) {
    snprintf(key, sizeof key, "limits/big/%d", i);
    OK(etcd_kv_put(client, text(key), bytes(value, 1 << 20), NULL, NULL, &err));
  }
  etcd_get_response_free(response);
  response = NULL;
  free(value);
  limit(RLIMIT_AS, ((rlim_t)self_status("VmSize") << 10) + ((rlim_t)step << 20));
  status = etcd_kv_get(client, text("limits/big/"), &prefix, &response, &err);
  limit(RLIMIT_AS, before);
  if (status != ETCD_OK) {
    CHECK(response == NULL);
    is_shortage(status, err, "big reply");
  } else {
    CHECK(response->kv_count == PARTS);
    printf("%d MiB: works\n", step);
  }
  etcd_get_response_free(response);
  works(client, "limits/later");
  etcd_client_close(client);
}

/* Writes of one kind to a store in this process, until so many MiB are full: each is done or
 * is not, and says so. */
static void full(int step) {
  rlim_t before = usual(RLIMIT_AS);
  etcd_client_t *client = open_client(endpoints);
  etcd_get_options_t prefix = ETCD_GET_OPTIONS_INIT;
  etcd_get_response_t *response = NULL;
  etcd_error_t *err = NULL;
  etcd_status_t status = ETCD_OK;
  size_t size = step % 3 == 2 ? 300000 : 20;
  uint8_t *value = calloc(1, size);
  etcd_delete_options_t old = ETCD_DELETE_OPTIONS_INIT;
  int64_t written = 0, revision;
  int gone = 0;
  char key[40];
  CHECK(value != NULL);
  OK(etcd_kv_put(client, text("limits/first"), text("x"), NULL, NULL, &err));
  OK(etcd_kv_get(client, text("limits/first"), NULL, &response, &err));
  revision = response->header.revision;
  etcd_get_response_free(response);
  response = NULL;
  limit(RLIMIT_AS, ((rlim_t)self_status("VmSize") << 10) + ((rlim_t)step << 20));
  while (status == ETCD_OK) {
    /* One key, or many, or large values. */
    snprintf(key, sizeof key, "limits/full/%08d", step % 3 == 0 ? 0 : (int)written);
    status = etcd_kv_put(client, text(key), bytes(value, size), NULL, NULL, &err);
    if (status == ETCD_OK) written++;
  }
  CHECK(status == ETCD_ERR_NO_MEMORY);
  CHECK(err != NULL && err->outcome == ETCD_NOT_APPLIED);
  etcd_error_free(err);
  err = NULL;
  prefix.flags = ETCD_PREFIX;
  status = etcd_kv_get(client, text("limits/full/"), &prefix, &response, &err);
  if (status != ETCD_OK) is_shortage(status, err, "list");
  etcd_get_response_free(response);
  response = NULL;
  err = NULL;
  /* All of it or nothing. */
  old.flags = ETCD_PREFIX | ETCD_PREV_KV;
  status = etcd_kv_delete(client, text("limits/full/"), &old, NULL, &err);
  if (status == ETCD_OK || err->outcome == ETCD_MAYBE_APPLIED) gone = 1;
  if (status != ETCD_OK) is_shortage(status, err, "delete");
  err = NULL;
  limit(RLIMIT_AS, before);
  OK(etcd_kv_get(client, text("limits/full/"), &prefix, &response, &err));
  CHECK(response->header.revision == revision + written + gone);
  CHECK(response->count == (gone ? 0 : step % 3 == 0 ? written > 0 : written));
  etcd_get_response_free(response);
  printf("%d MiB: full after %d\n", step, (int)written);
  works(client, "limits/later");
  etcd_client_close(client);
  free(value);
}

static void descriptors(int step) {
  rlim_t before = usual(RLIMIT_NOFILE);
  limit(RLIMIT_NOFILE, (rlim_t)step);
  printf("%d descriptors: %s\n", step, try_all() ? "works" : "fails");
  limit(RLIMIT_NOFILE, before);
}

/* Nobody else has processes under this number, and root has no limit. */
static void threads(int step) {
  rlim_t before = usual(RLIMIT_NPROC);
  uid_t user = (uid_t)(500000000 + getpid());
  if (getuid() == 0) CHECK(setresuid(user, user, 0) == 0);
  limit(RLIMIT_NPROC, (rlim_t)step);
  printf("%d threads: %s\n", step, try_all() ? "works" : "fails");
  limit(RLIMIT_NPROC, before);
}

int main(int argc, char **argv) {
  void (*what)(int);
  int from, to, i;
  CHECK(argc > 4);
  endpoints = argv[1];
  tried = argc > 5 ? argv[5] : endpoints;
  if (strcmp(argv[2], "memory") == 0) what = memory;
  else if (strcmp(argv[2], "memory-fine") == 0) what = memory_fine;
  else if (strcmp(argv[2], "memory-later") == 0) what = memory_later;
  else if (strcmp(argv[2], "big-reply") == 0) what = big_reply;
  else if (strcmp(argv[2], "full") == 0) what = full;
  else if (strcmp(argv[2], "descriptors") == 0) what = descriptors;
  else what = threads;
  /* glibc reserves 64 MiB of addresses for each thread's heap, which would hide the limit. */
  CHECK(mallopt(M_ARENA_MAX, 1) == 1);
  from = number(argv[3]);
  to = number(argv[4]);
  for (i = from; i <= to; i++) {
    pid_t child;
    int status = 0;
    fflush(NULL);
    child = fork();
    if (child == 0) {
      alarm(20);
      what(i);
      recovers();
      exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) printf("step %d: signal %d\n", i, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0) printf("step %d: ended with %d\n", i, WEXITSTATUS(status));
    else continue;
    status = 1;
    argc = 0;
  }
  fflush(NULL);
  if (argc == 0) FAIL("not every step was survived");
  return 0;
}
