/* Administration from many threads: what is read belongs to its caller, and of those who take
 * a lock one at a time has it, also with little stack.
 *
 * admin ENDPOINTS ROUNDS */
#include "check.h"
#include <etcd-admin.h>

enum { THREADS = 6, SMALL = 64 * 1024 };

static etcd_client_t *client;
static const char *endpoints;
static int rounds, inside, granted;

static void look(void) {
  etcd_member_list_response_t *members = NULL;
  etcd_maintenance_status_response_t *status = NULL;
  size_t i, k;
  OK(etcd_member_list(client, NULL, &members, &err));
  OK(etcd_maintenance_status(client, endpoints, NULL, &status, &err));
  CHECK(members->member_count == 1);
  for (i = 0; i < members->member_count; i++) {
    const etcd_member_t *member = members->members[i];
    CHECK(member->id == status->header.member_id && strlen(member->name) > 0);
    for (k = 0; k < member->client_url_count; k++)
      CHECK(strncmp(member->client_urls[k], "http", 4) == 0);
    for (k = 0; k < member->peer_url_count; k++)
      CHECK(strncmp(member->peer_urls[k], "http", 4) == 0);
  }
  CHECK(strncmp(status->version, "3.", 2) == 0 && status->error_count == 0);
  CHECK(status->leader == status->header.member_id && status->storage_version != NULL);
  etcd_maintenance_status_response_free(status);
  etcd_member_list_response_free(members);
}

static void *work(void *argument) {
  etcd_lease_grant_response_t *lease = NULL;
  int i;
  OK(etcd_lease_grant(client, 60, NULL, &lease, &err));
  for (i = 0; i < rounds; i++) {
    etcd_lock_service_lock_response_t *lock = NULL;
    look();
    OK(etcd_lock_service_lock(client, text("admin/c"), lease->id, NULL, &lock, &err));
    CHECK(__sync_add_and_fetch(&inside, 1) == 1);
    granted++;
    CHECK(__sync_sub_and_fetch(&inside, 1) == 0);
    OK(etcd_lock_service_unlock(client, lock->key, NULL, NULL, &err));
    etcd_lock_service_lock_response_free(lock);
  }
  OK(etcd_lease_revoke(client, lease->id, NULL, NULL, &err));
  etcd_lease_grant_response_free(lease);
  return argument;
}

int main(int argc, char **argv) {
  pthread_attr_t attributes;
  pthread_t threads[THREADS];
  int i;
  alarm(120);
  CHECK(argc > 2);
  endpoints = argv[1];
  rounds = number(argv[2]);
  client = open_client(endpoints);
  CHECK(pthread_attr_init(&attributes) == 0);
  CHECK(pthread_attr_setstacksize(&attributes, SMALL) == 0);
  for (i = 0; i < THREADS; i++)
    CHECK(pthread_create(&threads[i], &attributes, work, NULL) == 0);
  for (i = 0; i < THREADS; i++) join(threads[i]);
  CHECK(granted == THREADS * rounds);
  etcd_client_close(client);
  settles(count_threads, 1, "threads");
  return 0;
}
