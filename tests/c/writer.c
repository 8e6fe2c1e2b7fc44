/* Sets PREFIX/1 to 1, PREFIX/2 to 2 and so on, each exactly once, whatever
 * happens to the server. Says each number when it is sure of it.
 *
 * writer ENDPOINTS PREFIX COUNT */
#define _POSIX_C_SOURCE 200809L
#include <etcd-api.h>
#include <etcd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static etcd_session session;

/* How the latest call failed. */
static etcd_status_t reason(int32_t *outcome) {
  etcd_error_t *error = NULL;
  etcd_status_t status = ETCD_OK;
  if (etcd_client_last_error(session, &error) == ETCD_OK && error != NULL) {
    status = error->status;
    *outcome = error->outcome;
  }
  etcd_error_free(error);
  return status;
}

/* After a lost answer: whether it is there. Asks until somebody knows. */
static int is_there(const char *key, const char *expected) {
  for (;;) {
    int32_t outcome = 0;
    char *value = etcd_get(session, key);
    if (value != NULL) {
      if (strcmp(value, expected) != 0) exit(3);
      free(value);
      return 1;
    }
    if (reason(&outcome) == ETCD_ERR_KEY_NOT_FOUND) return 0;
  }
}

int main(int argc, char **argv) {
  char key[100], value[20];
  int i, doubts = 0;
  if (argc != 4) return 2;
  alarm(280);
  session = etcd_open_str(argv[1]);
  if (session == NULL) return 2;
  for (i = 1; i <= atoi(argv[3]); i++) {
    snprintf(key, sizeof key, "%s/%d", argv[2], i);
    snprintf(value, sizeof value, "%d", i);
    for (;;) {
      int32_t outcome = ETCD_NOT_APPLIED;
      etcd_result result = etcd_set(session, key, value, NULL, 0);
      if (result == ETCD_OK) break;
      if (result != ETCD_WTF) return 4;
      reason(&outcome);
      if (outcome != ETCD_MAYBE_APPLIED) continue;
      doubts++;
      if (is_there(key, value)) break;
    }
    printf("%d\n", i);
    fflush(stdout);
  }
  fprintf(stderr, "%d answers were lost\n", doubts);
  etcd_close_str(session);
  return 0;
}
