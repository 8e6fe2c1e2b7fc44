/* pthread_cancel of threads in calls: they end when the call has returned, and
 * the library goes on.
 *
 * cancel ENDPOINTS */
#include "check.h"

static etcd_client_t *client;
static etcd_queue_t *queue;
static int calls;

static void *read_again_and_again(void *unused) {
  (void)unused;
  for (;;) {
    get(client, "cancel/none", NULL);
    __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    pthread_testcancel();
  }
  return NULL;
}

static void *take_again_and_again(void *unused) {
  (void)unused;
  for (;;) {
    etcd_event_t *event = NULL;
    OK(etcd_kv_get_async(client, text("cancel/none"), NULL, queue, NULL, NULL, &err));
    OK(etcd_queue_next(queue, ETCD_WAIT_FOREVER, &event, &err));
    etcd_event_free(event);
    __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    pthread_testcancel();
  }
  return NULL;
}

int main(int argc, char **argv) {
  void *(*kinds[])(void *) = {read_again_and_again, take_again_and_again};
  int i;
  CHECK(argc > 1);
  alarm(60);
  client = open_client(argv[1]);
  OK(etcd_queue_new(NULL, &queue, &err));
  CHECK(etcd_queue_fd(queue) >= 0);
  for (i = 0; i < 20; i++) {
    pthread_t thread;
    void *result = NULL;
    calls = 0;
    thread = start(kinds[i % 2], NULL);
    while (__atomic_load_n(&calls, __ATOMIC_RELAXED) < 50) usleep(300);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    works(client, "cancel");
  }
  etcd_queue_free(queue);
  etcd_client_close(client);
  return 0;
}
