/* A host with signal handlers, in a storm of signals: handlers run on the
 * host's threads only, and no call ever fails for a signal.
 *
 * signals ENDPOINTS MILLISECONDS */
#include "check.h"

#include <sys/syscall.h>
#include <sys/time.h>

enum { CALLERS = 4 };
static const char *endpoints;
static volatile int stop;
static long handled, calls;
static volatile pid_t ours;
static volatile sig_atomic_t on_wrong_thread;

static void handler(int signal) {
  int before = errno;
  (void)signal;
  if ((pid_t)syscall(SYS_gettid) == ours) on_wrong_thread = 1;
  __atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
  errno = before;
}

static void *call(void *client) {
  etcd_queue_t *queue = NULL;
  OK(etcd_queue_new(NULL, &queue, &err));
  while (!stop) {
    etcd_event_t *event = NULL;
    etcd_client_t *second;
    works(client, "signals");
    OK(etcd_kv_get_async(client, text("signals"), NULL, queue, NULL, NULL, &err));
    OK(etcd_queue_next(queue, 10000, &event, &err));
    CHECK(etcd_event_status(event) == ETCD_OK);
    etcd_event_free(event);
    EXPECT(ETCD_EMPTY, etcd_queue_next(queue, 3, &event, &err));
    second = open_client(endpoints);
    get(second, "signals/none", NULL);
    etcd_client_close(second);
    __atomic_add_fetch(&calls, 5, __ATOMIC_RELAXED);
  }
  etcd_queue_free(queue);
  return NULL;
}

/* The thread of the process that is not the host's. */
static pid_t find_ours(void) {
  DIR *dir = opendir("/proc/self/task");
  struct dirent *entry;
  pid_t found = 0;
  CHECK(dir != NULL);
  while ((entry = readdir(dir)) != NULL) {
    pid_t task = (pid_t)strtol(entry->d_name, NULL, 10);
    if (task == 0 || task == getpid()) continue;
    CHECK(found == 0);
    found = task;
  }
  closedir(dir);
  CHECK(found != 0);
  return found;
}

/* All but those that a fault of the thread itself raises, and the two that
 * nobody can block. 32 and 33 belong to libc. */
static void blocks_the_right_ones(pid_t task) {
  static const int open[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGKILL, SIGSTOP};
  char path[60], line[200];
  unsigned long long blocked = 0, expected = ~0ULL;
  FILE *file;
  size_t i;
  snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)task);
  file = fopen(path, "r");
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "SigBlk:", 7) == 0) blocked = strtoull(line + 7, NULL, 16);
  fclose(file);
  for (i = 0; i < sizeof open / sizeof *open; i++) expected &= ~(1ULL << (open[i] - 1));
  expected &= ~(3ULL << 31);
  blocked &= ~(3ULL << 31);
  if (blocked != expected) FAIL("our thread blocks %llx, not %llx", blocked, expected);
}

static void dispositions(struct sigaction *all) {
  int signal;
  for (signal = 1; signal < NSIG; signal++)
    if (sigaction(signal, NULL, &all[signal]) != 0) memset(&all[signal], 0, sizeof *all);
}

int main(int argc, char **argv) {
  static struct sigaction before[NSIG], after[NSIG];
  static const int signals[] = {SIGALRM, SIGUSR1, SIGINT, SIGCHLD, SIGPIPE, SIGTERM};
  struct itimerval timer, none;
  struct sigaction action;
  sigset_t mask_before, mask_after;
  pthread_t threads[CALLERS];
  etcd_client_t *client;
  int64_t limit;
  size_t i;
  int round = 0, signal;
  CHECK(argc > 2);
  endpoints = argv[1];
  memset(&action, 0, sizeof action);
  action.sa_handler = handler; /* Without SA_RESTART. */
  for (i = 0; i < sizeof signals / sizeof *signals; i++) CHECK(sigaction(signals[i], &action, NULL) == 0);
  dispositions(before);
  /* pthread_sigmask() writes only as much of a set as the kernel knows. */
  memset(&mask_before, 0, sizeof mask_before);
  memset(&mask_after, 0, sizeof mask_after);
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask_before) == 0);
  client = open_client(endpoints);
  works(client, "signals");
  ours = find_ours();
  blocks_the_right_ones(ours);
  for (i = 0; i < CALLERS; i++) threads[i] = start(call, client);
  memset(&none, 0, sizeof none);
  timer = none;
  timer.it_value.tv_usec = timer.it_interval.tv_usec = 700;
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  limit = now_ms() + number(argv[2]);
  while (now_ms() < limit) {
    /* At the process, for whichever thread will have it, and at each caller. */
    kill(getpid(), signals[(size_t)round % (sizeof signals / sizeof *signals)]);
    pthread_kill(threads[round % CALLERS], signals[(size_t)round % 3]);
    round++;
    usleep(200);
  }
  CHECK(setitimer(ITIMER_REAL, &none, NULL) == 0);
  stop = 1;
  for (i = 0; i < CALLERS; i++) join(threads[i]);
  CHECK(!on_wrong_thread);
  blocks_the_right_ones(find_ours());
  works(client, "signals");
  etcd_client_close(client);
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask_after) == 0);
  CHECK(memcmp(&mask_before, &mask_after, sizeof mask_before) == 0);
  dispositions(after);
  for (signal = 1; signal < NSIG; signal++)
    if (before[signal].sa_handler != after[signal].sa_handler || before[signal].sa_flags != after[signal].sa_flags)
      FAIL("the disposition of signal %d has changed", signal);
  printf("%ld calls, %ld signals handled\n", calls, handled);
  CHECK(calls > 0 && handled > 100);
  return 0;
}
