/* close while threads call again and again: every call must end, and with
 * CLOSED or BAD_HANDLE. Before close some of the threads are held up by a
 * signal handler, wherever they are: in the middle of handing in a call, too.
 *
 * close_race ENDPOINTS ROUNDS CALLERS SUBMITTERS */
#include "check.h"

static volatile int stop;
static int calls;
static etcd_client_t *client;

static unsigned draw(void) {
  static unsigned state = 1;
  state = state * 1103515245 + 12345;
  return state >> 16;
}

static void hold_up(int signal) {
  (void)signal;
  sleep_ms(4);
}

static void *call(void *unused) {
  etcd_status_t status = ETCD_OK;
  etcd_error_t *err = NULL;
  int64_t began = 0;
  (void)unused;
  while (status == ETCD_OK) {
    etcd_get_response_t *response = NULL;
    began = now_ms();
    status = etcd_kv_get(client, text("race"), NULL, &response, &err);
    etcd_get_response_free(response);
    __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  }
  if (status != ETCD_ERR_CLOSED && status != ETCD_ERR_BAD_HANDLE)
    FAIL("%s after %d ms: %s", etcd_status_name(status), (int)(now_ms() - began), err->message);
  CHECK(err->outcome == ETCD_NOT_APPLIED);
  etcd_error_free(err);
  return NULL;
}

static int take(etcd_queue_t *queue) {
  etcd_event_t *event = NULL;
  etcd_status_t status;
  OK(etcd_queue_next(queue, 5000, &event, &err));
  status = etcd_event_status(event);
  if (status != ETCD_OK && status != ETCD_ERR_CLOSED) FAIL("%s", etcd_status_name(status));
  etcd_event_free(event);
  return 1;
}

/* Hands in calls without waiting; every one that was taken comes to an end. */
static void *submit(void *unused) {
  etcd_queue_t *queue = NULL;
  etcd_status_t status = ETCD_OK;
  long begun = 0, ended = 0;
  (void)unused;
  OK(etcd_queue_new(NULL, &queue, &err));
  while (!stop && status == ETCD_OK) {
    status = etcd_kv_get_async(client, text("race"), NULL, queue, NULL, NULL, NULL);
    begun += status == ETCD_OK;
    /* Not so many at once that ending them all takes its time. */
    if (begun - ended == 200) ended += take(queue);
  }
  if (status != ETCD_OK && status != ETCD_ERR_BAD_HANDLE) FAIL("%s", etcd_status_name(status));
  while (ended < begun) ended += take(queue);
  etcd_queue_free(queue);
  return NULL;
}

int main(int argc, char **argv) {
  struct sigaction action;
  int i, rounds, callers, submitters;
  CHECK(argc > 4);
  rounds = number(argv[2]);
  callers = number(argv[3]);
  submitters = number(argv[4]);
  memset(&action, 0, sizeof action);
  action.sa_handler = hold_up;
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  for (i = 0; i < rounds; i++) {
    pthread_t threads[16];
    int64_t began;
    int t;
    alarm(15);
    stop = 0;
    calls = 0;
    client = open_client(argv[1]);
    for (t = 0; t < callers; t++) threads[t] = start(call, NULL);
    /* Long enough for one that is alone to get the library's sockets to itself. */
    while (__atomic_load_n(&calls, __ATOMIC_RELAXED) < 25) usleep(300);
    usleep((useconds_t)(draw() % 2000));
    /* Few enough at once: their calls are in the way of the others'. */
    for (t = callers; t < callers + submitters; t++) threads[t] = start(submit, NULL);
    usleep((useconds_t)(100 + draw() % 1000));
    for (t = submitters > 0 ? callers : 0; t < callers + submitters; t++) pthread_kill(threads[t], SIGUSR1);
    usleep((useconds_t)(draw() % 2000));
    began = now_ms();
    etcd_client_close(client);
    if (now_ms() - began > 1000) FAIL("close took %d ms in round %d", (int)(now_ms() - began), i);
    stop = 1;
    for (t = 0; t < callers + submitters; t++) join(threads[t]);
    if (now_ms() - began > 1500)
      FAIL("the calls ended %d ms after close in round %d", (int)(now_ms() - began), i);
  }
  return 0;
}
