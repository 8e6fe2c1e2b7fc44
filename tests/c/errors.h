/* Generated from include/ by `make header`: do not edit. */

static void of_etcd_client_open(void) {
  etcd_client_t *out = NULL;
  FITS(etcd_client_open(NULL, NULL, &err));
  SAME(etcd_client_open(NULL, NULL, NULL));
  FITS(etcd_client_open(NULL, &out, &err));
  etcd_client_close(out);
}

static void of_etcd_client_open_endpoints(void) {
  etcd_client_t *out = NULL;
  FITS(etcd_client_open_endpoints(NULL, NULL, &err));
  SAME(etcd_client_open_endpoints(NULL, NULL, NULL));
  FITS(etcd_client_open_endpoints("mem:good", &out, &err));
  etcd_client_close(out);
}

static void of_etcd_mem_drop(void) {
  FITS(etcd_mem_drop(NULL, &err));
  SAME(etcd_mem_drop(NULL, NULL));
  FITS(etcd_mem_drop("mem:good", &err));
}

static void of_etcd_client_endpoints(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_client_endpoints_t *out = NULL;
  FITS(etcd_client_endpoints(NULL, NULL, &err));
  SAME(etcd_client_endpoints(NULL, NULL, NULL));
  FITS(etcd_client_endpoints(client, &out, &err));
  etcd_client_endpoints_free(out);
  etcd_client_close(client);
}

static void of_etcd_client_set_endpoints(void) {
  etcd_client_t *client = open_client(endpoints);
  FITS(etcd_client_set_endpoints(NULL, NULL, &err));
  SAME(etcd_client_set_endpoints(NULL, NULL, NULL));
  FITS(etcd_client_set_endpoints(client, "mem:good", &err));
  etcd_client_close(client);
}

static void of_etcd_client_sync(void) {
  etcd_client_t *client = open_client(endpoints);
  FITS(etcd_client_sync(NULL, NULL, &err));
  SAME(etcd_client_sync(NULL, NULL, NULL));
  FITS(etcd_client_sync(client, NULL, &err));
  etcd_client_close(client);
}

static void of_etcd_kv_get(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_get_response_t *out = NULL;
  FITS(etcd_kv_get(NULL, text(""), NULL, NULL, &err));
  SAME(etcd_kv_get(NULL, text(""), NULL, NULL, NULL));
  FITS(etcd_kv_get(client, text("good/key"), NULL, &out, &err));
  etcd_get_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_get_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_get_async(NULL, text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_get_async(NULL, text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_get_async(client, text("good/key"), NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_kv_put(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_put_response_t *out = NULL;
  FITS(etcd_kv_put(NULL, text(""), text(""), NULL, NULL, &err));
  SAME(etcd_kv_put(NULL, text(""), text(""), NULL, NULL, NULL));
  FITS(etcd_kv_put(client, text("good/key"), text("good/key"), NULL, &out, &err));
  etcd_put_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_put_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_put_async(NULL, text(""), text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_put_async(NULL, text(""), text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_put_async(client, text("good/key"), text("good/key"), NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_kv_delete(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_delete_response_t *out = NULL;
  FITS(etcd_kv_delete(NULL, text(""), NULL, NULL, &err));
  SAME(etcd_kv_delete(NULL, text(""), NULL, NULL, NULL));
  FITS(etcd_kv_delete(client, text("good/key"), NULL, &out, &err));
  etcd_delete_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_delete_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_delete_async(NULL, text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_delete_async(NULL, text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_delete_async(client, text("good/key"), NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_kv_compact(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_header_response_t *out = NULL;
  FITS(etcd_kv_compact(NULL, 0, NULL, NULL, &err));
  SAME(etcd_kv_compact(NULL, 0, NULL, NULL, NULL));
  FITS(etcd_kv_compact(client, 1, NULL, &out, &err));
  etcd_header_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_compact_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_compact_async(NULL, 0, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_compact_async(NULL, 0, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_compact_async(client, 1, NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_kv_put_if_absent(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_if_response_t *out = NULL;
  FITS(etcd_kv_put_if_absent(NULL, text(""), text(""), NULL, NULL, &err));
  SAME(etcd_kv_put_if_absent(NULL, text(""), text(""), NULL, NULL, NULL));
  FITS(etcd_kv_put_if_absent(client, text("good/key"), text("good/key"), NULL, &out, &err));
  etcd_if_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_put_if_absent_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_put_if_absent_async(NULL, text(""), text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_put_if_absent_async(NULL, text(""), text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_put_if_absent_async(client, text("good/key"), text("good/key"), NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_kv_put_if_value(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_if_response_t *out = NULL;
  FITS(etcd_kv_put_if_value(NULL, text(""), text(""), text(""), NULL, NULL, &err));
  SAME(etcd_kv_put_if_value(NULL, text(""), text(""), text(""), NULL, NULL, NULL));
  FITS(etcd_kv_put_if_value(client, text("good/key"), text("good/key"), text("good/key"), NULL, &out, &err));
  etcd_if_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_put_if_value_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_put_if_value_async(NULL, text(""), text(""), text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_put_if_value_async(NULL, text(""), text(""), text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_put_if_value_async(client, text("good/key"), text("good/key"), text("good/key"), NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_kv_put_if_revision(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_if_response_t *out = NULL;
  FITS(etcd_kv_put_if_revision(NULL, text(""), 0, text(""), NULL, NULL, &err));
  SAME(etcd_kv_put_if_revision(NULL, text(""), 0, text(""), NULL, NULL, NULL));
  FITS(etcd_kv_put_if_revision(client, text("good/key"), 1, text("good/key"), NULL, &out, &err));
  etcd_if_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_put_if_revision_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_put_if_revision_async(NULL, text(""), 0, text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_put_if_revision_async(NULL, text(""), 0, text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_put_if_revision_async(client, text("good/key"), 1, text("good/key"), NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_kv_delete_if_value(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_if_response_t *out = NULL;
  FITS(etcd_kv_delete_if_value(NULL, text(""), text(""), NULL, NULL, &err));
  SAME(etcd_kv_delete_if_value(NULL, text(""), text(""), NULL, NULL, NULL));
  FITS(etcd_kv_delete_if_value(client, text("good/key"), text("good/key"), NULL, &out, &err));
  etcd_if_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_delete_if_value_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_delete_if_value_async(NULL, text(""), text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_delete_if_value_async(NULL, text(""), text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_delete_if_value_async(client, text("good/key"), text("good/key"), NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_kv_delete_if_revision(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_if_response_t *out = NULL;
  FITS(etcd_kv_delete_if_revision(NULL, text(""), 0, NULL, NULL, &err));
  SAME(etcd_kv_delete_if_revision(NULL, text(""), 0, NULL, NULL, NULL));
  FITS(etcd_kv_delete_if_revision(client, text("good/key"), 1, NULL, &out, &err));
  etcd_if_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_delete_if_revision_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_delete_if_revision_async(NULL, text(""), 0, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_delete_if_revision_async(NULL, text(""), 0, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_delete_if_revision_async(client, text("good/key"), 1, NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_kv_put_ttl(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_put_response_t *out = NULL;
  FITS(etcd_kv_put_ttl(NULL, text(""), text(""), 0, NULL, NULL, &err));
  SAME(etcd_kv_put_ttl(NULL, text(""), text(""), 0, NULL, NULL, NULL));
  FITS(etcd_kv_put_ttl(client, text("good/key"), text("good/key"), 1, NULL, &out, &err));
  etcd_put_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_put_ttl_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_put_ttl_async(NULL, text(""), text(""), 0, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_put_ttl_async(NULL, text(""), text(""), 0, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_put_ttl_async(client, text("good/key"), text("good/key"), 1, NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_range_open(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_range_t *out = NULL;
  FITS(etcd_range_open(NULL, text(""), NULL, NULL, &err));
  SAME(etcd_range_open(NULL, text(""), NULL, NULL, NULL));
  FITS(etcd_range_open(client, text("good/key"), NULL, &out, &err));
  etcd_range_close(out);
  etcd_client_close(client);
}

static void of_etcd_range_next(void) {
  etcd_get_response_t *out = NULL;
  FITS(etcd_range_next(NULL, NULL, &err));
  SAME(etcd_range_next(NULL, NULL, NULL));
  FITS(etcd_range_next(GOOD_etcd_range_t, &out, &err));
  etcd_get_response_free(out);
}

static void of_etcd_range_next_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_range_next_async(NULL, NULL, NULL, NULL, &err));
  SAME(etcd_range_next_async(NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_range_next_async(GOOD_etcd_range_t, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_txn_commit(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_txn_response_t *out = NULL;
  FITS(etcd_txn_commit(NULL, NULL, NULL, NULL, &err));
  SAME(etcd_txn_commit(NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_txn_commit(client, GOOD_etcd_txn_t, NULL, &out, &err));
  etcd_txn_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_txn_commit_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_txn_commit_async(NULL, NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_txn_commit_async(NULL, NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_txn_commit_async(client, GOOD_etcd_txn_t, NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_op_new_get(void) {
  etcd_op_t *out = NULL;
  FITS(etcd_op_new_get(text(""), NULL, NULL, &err));
  SAME(etcd_op_new_get(text(""), NULL, NULL, NULL));
  FITS(etcd_op_new_get(text("good/key"), NULL, &out, &err));
  etcd_op_free(out);
}

static void of_etcd_op_new_put(void) {
  etcd_op_t *out = NULL;
  FITS(etcd_op_new_put(text(""), text(""), NULL, NULL, &err));
  SAME(etcd_op_new_put(text(""), text(""), NULL, NULL, NULL));
  FITS(etcd_op_new_put(text("good/key"), text("good/key"), NULL, &out, &err));
  etcd_op_free(out);
}

static void of_etcd_op_new_delete(void) {
  etcd_op_t *out = NULL;
  FITS(etcd_op_new_delete(text(""), NULL, NULL, &err));
  SAME(etcd_op_new_delete(text(""), NULL, NULL, NULL));
  FITS(etcd_op_new_delete(text("good/key"), NULL, &out, &err));
  etcd_op_free(out);
}

static void of_etcd_op_new_txn(void) {
  etcd_op_t *out = NULL;
  FITS(etcd_op_new_txn(NULL, NULL, &err));
  SAME(etcd_op_new_txn(NULL, NULL, NULL));
  FITS(etcd_op_new_txn(GOOD_etcd_txn_t, &out, &err));
  etcd_op_free(out);
}

static void of_etcd_kv_do(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_op_response_t *out = NULL;
  FITS(etcd_kv_do(NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_do(NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_do(client, GOOD_etcd_op_t, NULL, &out, &err));
  etcd_op_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_do_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_do_async(NULL, NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_do_async(NULL, NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_do_async(client, GOOD_etcd_op_t, NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_lease_grant(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_lease_grant_response_t *out = NULL;
  FITS(etcd_lease_grant(NULL, 0, NULL, NULL, &err));
  SAME(etcd_lease_grant(NULL, 0, NULL, NULL, NULL));
  FITS(etcd_lease_grant(client, 1, NULL, &out, &err));
  etcd_lease_grant_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_lease_grant_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_lease_grant_async(NULL, 0, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_lease_grant_async(NULL, 0, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_lease_grant_async(client, 1, NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_lease_revoke(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_header_response_t *out = NULL;
  FITS(etcd_lease_revoke(NULL, 0, NULL, NULL, &err));
  SAME(etcd_lease_revoke(NULL, 0, NULL, NULL, NULL));
  FITS(etcd_lease_revoke(client, 1, NULL, &out, &err));
  etcd_header_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_lease_revoke_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_lease_revoke_async(NULL, 0, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_lease_revoke_async(NULL, 0, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_lease_revoke_async(client, 1, NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_lease_keep_alive_once(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_lease_keep_alive_response_t *out = NULL;
  FITS(etcd_lease_keep_alive_once(NULL, 0, NULL, NULL, &err));
  SAME(etcd_lease_keep_alive_once(NULL, 0, NULL, NULL, NULL));
  FITS(etcd_lease_keep_alive_once(client, 1, NULL, &out, &err));
  etcd_lease_keep_alive_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_lease_keep_alive_once_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_lease_keep_alive_once_async(NULL, 0, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_lease_keep_alive_once_async(NULL, 0, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_lease_keep_alive_once_async(client, 1, NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_lease_time_to_live(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_lease_time_to_live_response_t *out = NULL;
  FITS(etcd_lease_time_to_live(NULL, 0, NULL, NULL, &err));
  SAME(etcd_lease_time_to_live(NULL, 0, NULL, NULL, NULL));
  FITS(etcd_lease_time_to_live(client, 1, NULL, &out, &err));
  etcd_lease_time_to_live_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_lease_time_to_live_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_lease_time_to_live_async(NULL, 0, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_lease_time_to_live_async(NULL, 0, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_lease_time_to_live_async(client, 1, NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_lease_list(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_lease_list_response_t *out = NULL;
  FITS(etcd_lease_list(NULL, NULL, NULL, &err));
  SAME(etcd_lease_list(NULL, NULL, NULL, NULL));
  FITS(etcd_lease_list(client, NULL, &out, &err));
  etcd_lease_list_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_lease_list_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_lease_list_async(NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_lease_list_async(NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_lease_list_async(client, NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_lease_keep_alive_open(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  etcd_lease_keep_alive_t *out = NULL;
  FITS(etcd_lease_keep_alive_open(NULL, 0, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_lease_keep_alive_open(NULL, 0, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_lease_keep_alive_open(client, 1, NULL, queue, NULL, &out, &err));
  etcd_lease_keep_alive_close(out);
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_lease_keep_alive_next(void) {
  etcd_lease_keep_alive_response_t *out = NULL;
  FITS(etcd_lease_keep_alive_next(NULL, 0, NULL, &err));
  SAME(etcd_lease_keep_alive_next(NULL, 0, NULL, NULL));
  FITS(etcd_lease_keep_alive_next(GOOD_etcd_lease_keep_alive_t, 1, &out, &err));
  etcd_lease_keep_alive_response_free(out);
}

static void of_etcd_watch_open(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  etcd_watch_t *out = NULL;
  FITS(etcd_watch_open(NULL, text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_watch_open(NULL, text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_watch_open(client, text("good/key"), NULL, queue, NULL, &out, &err));
  etcd_watch_close(out);
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_watch_next(void) {
  etcd_watch_response_t *out = NULL;
  FITS(etcd_watch_next(NULL, 0, NULL, &err));
  SAME(etcd_watch_next(NULL, 0, NULL, NULL));
  FITS(etcd_watch_next(GOOD_etcd_watch_t, 1, &out, &err));
  etcd_watch_response_free(out);
}

static void of_etcd_kv_wait_for(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_get_response_t *out = NULL;
  FITS(etcd_kv_wait_for(NULL, text(""), 0, NULL, NULL, &err));
  SAME(etcd_kv_wait_for(NULL, text(""), 0, NULL, NULL, NULL));
  FITS(etcd_kv_wait_for(client, text("good/key"), 1, &brief, &out, &err));
  etcd_get_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_kv_wait_for_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_kv_wait_for_async(NULL, text(""), 0, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_kv_wait_for_async(NULL, text(""), 0, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_kv_wait_for_async(client, text("good/key"), 1, NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_lease_session_open(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_lease_session_t *out = NULL;
  FITS(etcd_lease_session_open(NULL, NULL, NULL, &err));
  SAME(etcd_lease_session_open(NULL, NULL, NULL, NULL));
  FITS(etcd_lease_session_open(client, NULL, &out, &err));
  etcd_lease_session_close(out);
  etcd_client_close(client);
}

static void of_etcd_lease_session_lease(void) {
  etcd_lease_session_response_t *out = NULL;
  FITS(etcd_lease_session_lease(NULL, NULL, NULL, &err));
  SAME(etcd_lease_session_lease(NULL, NULL, NULL, NULL));
  FITS(etcd_lease_session_lease(GOOD_etcd_lease_session_t, &brief, &out, &err));
  etcd_lease_session_response_free(out);
}

static void of_etcd_lease_session_lease_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_lease_session_lease_async(NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_lease_session_lease_async(NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_lease_session_lease_async(GOOD_etcd_lease_session_t, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_lease_session_lost(void) {
  etcd_header_response_t *out = NULL;
  FITS(etcd_lease_session_lost(NULL, 0, NULL, NULL, &err));
  SAME(etcd_lease_session_lost(NULL, 0, NULL, NULL, NULL));
  FITS(etcd_lease_session_lost(GOOD_etcd_lease_session_t, 1, &brief, &out, &err));
  etcd_header_response_free(out);
}

static void of_etcd_lease_session_lost_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_lease_session_lost_async(NULL, 0, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_lease_session_lost_async(NULL, 0, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_lease_session_lost_async(GOOD_etcd_lease_session_t, 1, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_lease_session_end(void) {
  etcd_header_response_t *out = NULL;
  FITS(etcd_lease_session_end(NULL, NULL, NULL, &err));
  SAME(etcd_lease_session_end(NULL, NULL, NULL, NULL));
  FITS(etcd_lease_session_end(GOOD_etcd_lease_session_t, NULL, &out, &err));
  etcd_header_response_free(out);
}

static void of_etcd_lease_session_end_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_lease_session_end_async(NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_lease_session_end_async(NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_lease_session_end_async(GOOD_etcd_lease_session_t, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_mutex_open(void) {
  etcd_mutex_t *out = NULL;
  FITS(etcd_mutex_open(NULL, text(""), NULL, &err));
  SAME(etcd_mutex_open(NULL, text(""), NULL, NULL));
  FITS(etcd_mutex_open(GOOD_etcd_lease_session_t, text("good/key"), &out, &err));
  etcd_mutex_close(out);
}

static void of_etcd_mutex_lock(void) {
  etcd_ownership_response_t *out = NULL;
  FITS(etcd_mutex_lock(NULL, NULL, NULL, &err));
  SAME(etcd_mutex_lock(NULL, NULL, NULL, NULL));
  FITS(etcd_mutex_lock(GOOD_etcd_mutex_t, &brief, &out, &err));
  etcd_ownership_response_free(out);
}

static void of_etcd_mutex_lock_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_mutex_lock_async(NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_mutex_lock_async(NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_mutex_lock_async(GOOD_etcd_mutex_t, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_mutex_try_lock(void) {
  etcd_ownership_response_t *out = NULL;
  FITS(etcd_mutex_try_lock(NULL, NULL, NULL, &err));
  SAME(etcd_mutex_try_lock(NULL, NULL, NULL, NULL));
  FITS(etcd_mutex_try_lock(GOOD_etcd_mutex_t, NULL, &out, &err));
  etcd_ownership_response_free(out);
}

static void of_etcd_mutex_try_lock_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_mutex_try_lock_async(NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_mutex_try_lock_async(NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_mutex_try_lock_async(GOOD_etcd_mutex_t, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_mutex_unlock(void) {
  etcd_header_response_t *out = NULL;
  FITS(etcd_mutex_unlock(NULL, NULL, NULL, &err));
  SAME(etcd_mutex_unlock(NULL, NULL, NULL, NULL));
  FITS(etcd_mutex_unlock(GOOD_etcd_mutex_t, NULL, &out, &err));
  etcd_header_response_free(out);
}

static void of_etcd_mutex_unlock_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_mutex_unlock_async(NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_mutex_unlock_async(NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_mutex_unlock_async(GOOD_etcd_mutex_t, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_mutex_check(void) {
  etcd_ownership_response_t *out = NULL;
  FITS(etcd_mutex_check(NULL, NULL, NULL, &err));
  SAME(etcd_mutex_check(NULL, NULL, NULL, NULL));
  FITS(etcd_mutex_check(GOOD_etcd_mutex_t, NULL, &out, &err));
  etcd_ownership_response_free(out);
}

static void of_etcd_mutex_check_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_mutex_check_async(NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_mutex_check_async(NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_mutex_check_async(GOOD_etcd_mutex_t, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_mutex_lost(void) {
  etcd_header_response_t *out = NULL;
  FITS(etcd_mutex_lost(NULL, NULL, NULL, &err));
  SAME(etcd_mutex_lost(NULL, NULL, NULL, NULL));
  FITS(etcd_mutex_lost(GOOD_etcd_mutex_t, &brief, &out, &err));
  etcd_header_response_free(out);
}

static void of_etcd_mutex_lost_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_mutex_lost_async(NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_mutex_lost_async(NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_mutex_lost_async(GOOD_etcd_mutex_t, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_election_open(void) {
  etcd_election_t *out = NULL;
  FITS(etcd_election_open(NULL, text(""), NULL, &err));
  SAME(etcd_election_open(NULL, text(""), NULL, NULL));
  FITS(etcd_election_open(GOOD_etcd_lease_session_t, text("good/key"), &out, &err));
  etcd_election_close(out);
}

static void of_etcd_election_campaign(void) {
  etcd_ownership_response_t *out = NULL;
  FITS(etcd_election_campaign(NULL, text(""), NULL, NULL, &err));
  SAME(etcd_election_campaign(NULL, text(""), NULL, NULL, NULL));
  FITS(etcd_election_campaign(GOOD_etcd_election_t, text("good/key"), &brief, &out, &err));
  etcd_ownership_response_free(out);
}

static void of_etcd_election_campaign_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_election_campaign_async(NULL, text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_election_campaign_async(NULL, text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_election_campaign_async(GOOD_etcd_election_t, text("good/key"), NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_election_resume(void) {
  etcd_ownership_response_t *out = NULL;
  FITS(etcd_election_resume(NULL, 0, NULL, NULL, &err));
  SAME(etcd_election_resume(NULL, 0, NULL, NULL, NULL));
  FITS(etcd_election_resume(GOOD_etcd_election_t, 1, NULL, &out, &err));
  etcd_ownership_response_free(out);
}

static void of_etcd_election_resume_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_election_resume_async(NULL, 0, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_election_resume_async(NULL, 0, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_election_resume_async(GOOD_etcd_election_t, 1, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_election_proclaim(void) {
  etcd_header_response_t *out = NULL;
  FITS(etcd_election_proclaim(NULL, text(""), NULL, NULL, &err));
  SAME(etcd_election_proclaim(NULL, text(""), NULL, NULL, NULL));
  FITS(etcd_election_proclaim(GOOD_etcd_election_t, text("good/key"), NULL, &out, &err));
  etcd_header_response_free(out);
}

static void of_etcd_election_proclaim_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_election_proclaim_async(NULL, text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_election_proclaim_async(NULL, text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_election_proclaim_async(GOOD_etcd_election_t, text("good/key"), NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_election_resign(void) {
  etcd_header_response_t *out = NULL;
  FITS(etcd_election_resign(NULL, NULL, NULL, &err));
  SAME(etcd_election_resign(NULL, NULL, NULL, NULL));
  FITS(etcd_election_resign(GOOD_etcd_election_t, NULL, &out, &err));
  etcd_header_response_free(out);
}

static void of_etcd_election_resign_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_election_resign_async(NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_election_resign_async(NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_election_resign_async(GOOD_etcd_election_t, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_election_lost(void) {
  etcd_header_response_t *out = NULL;
  FITS(etcd_election_lost(NULL, NULL, NULL, &err));
  SAME(etcd_election_lost(NULL, NULL, NULL, NULL));
  FITS(etcd_election_lost(GOOD_etcd_election_t, &brief, &out, &err));
  etcd_header_response_free(out);
}

static void of_etcd_election_lost_async(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_election_lost_async(NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_election_lost_async(NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_election_lost_async(GOOD_etcd_election_t, NULL, queue, NULL, NULL, &err));
  free_queue(queue);
}

static void of_etcd_election_leader(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_election_leader_response_t *out = NULL;
  FITS(etcd_election_leader(NULL, text(""), NULL, NULL, &err));
  SAME(etcd_election_leader(NULL, text(""), NULL, NULL, NULL));
  FITS(etcd_election_leader(client, text("good/key"), NULL, &out, &err));
  etcd_election_leader_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_election_leader_async(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  FITS(etcd_election_leader_async(NULL, text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_election_leader_async(NULL, text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_election_leader_async(client, text("good/key"), NULL, queue, NULL, NULL, &err));
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_election_observer_open(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  etcd_election_observer_t *out = NULL;
  FITS(etcd_election_observer_open(NULL, text(""), NULL, NULL, NULL, NULL, &err));
  SAME(etcd_election_observer_open(NULL, text(""), NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_election_observer_open(client, text("good/key"), NULL, queue, NULL, &out, &err));
  etcd_election_observer_close(out);
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_election_observer_next(void) {
  etcd_election_leader_response_t *out = NULL;
  FITS(etcd_election_observer_next(NULL, 0, NULL, &err));
  SAME(etcd_election_observer_next(NULL, 0, NULL, NULL));
  FITS(etcd_election_observer_next(GOOD_etcd_election_observer_t, 1, &out, &err));
  etcd_election_leader_response_free(out);
}

static void of_etcd_stm_run(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_header_response_t *out = NULL;
  FITS(etcd_stm_run(NULL, NULL, NULL, NULL, NULL, &err));
  SAME(etcd_stm_run(NULL, NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_stm_run(client, GOOD_etcd_stm_cb, NULL, NULL, &out, &err));
  etcd_header_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_stm_get(void) {
  etcd_get_response_t *out = NULL;
  FITS(etcd_stm_get(NULL, text(""), NULL, &err));
  SAME(etcd_stm_get(NULL, text(""), NULL, NULL));
  FITS(etcd_stm_get(GOOD_etcd_stm_t, text("good/key"), &out, &err));
  etcd_get_response_free(out);
}

static void of_etcd_stm_get_prefix(void) {
  etcd_get_response_t *out = NULL;
  FITS(etcd_stm_get_prefix(NULL, text(""), NULL, &err));
  SAME(etcd_stm_get_prefix(NULL, text(""), NULL, NULL));
  FITS(etcd_stm_get_prefix(GOOD_etcd_stm_t, text("good/key"), &out, &err));
  etcd_get_response_free(out);
}

static void of_etcd_queue_new(void) {
  etcd_queue_t *out = NULL;
  FITS(etcd_queue_new(NULL, NULL, &err));
  SAME(etcd_queue_new(NULL, NULL, NULL));
  FITS(etcd_queue_new(NULL, &out, &err));
  etcd_queue_free(out);
}

static void of_etcd_queue_next(void) {
  etcd_queue_t *queue = new_queue();
  etcd_event_t *out = NULL;
  FITS(etcd_queue_next(NULL, 0, NULL, &err));
  SAME(etcd_queue_next(NULL, 0, NULL, NULL));
  FITS(etcd_queue_next(queue, 1, &out, &err));
  etcd_event_free(out);
  free_queue(queue);
}

static void of_etcd_queue_next_batch(void) {
  etcd_queue_t *queue = new_queue();
  etcd_event_t *out = NULL;
  size_t count = 0;
  FITS(etcd_queue_next_batch(NULL, 0, NULL, 0, NULL, &err));
  SAME(etcd_queue_next_batch(NULL, 0, NULL, 0, NULL, NULL));
  FITS(etcd_queue_next_batch(queue, 1, &out, 1, &count, &err));
  etcd_event_free(out);
  free_queue(queue);
}

static void of_etcd_queue_dispatch(void) {
  etcd_queue_t *queue = new_queue();
  size_t count = 0;
  FITS(etcd_queue_dispatch(NULL, 0, NULL, NULL, NULL, &err));
  SAME(etcd_queue_dispatch(NULL, 0, NULL, NULL, NULL, NULL));
  FITS(etcd_queue_dispatch(queue, 1, ignore, NULL, &count, &err));
  free_queue(queue);
}

static void of_etcd_queue_dispatch_handlers(void) {
  etcd_queue_t *queue = new_queue();
  size_t count = 0;
  FITS(etcd_queue_dispatch_handlers(NULL, 0, NULL, &err));
  SAME(etcd_queue_dispatch_handlers(NULL, 0, NULL, NULL));
  FITS(etcd_queue_dispatch_handlers(queue, 1, &count, &err));
  free_queue(queue);
}

static void of_etcd_queue_start_dispatcher(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_queue_start_dispatcher(NULL, NULL, NULL, &err));
  SAME(etcd_queue_start_dispatcher(NULL, NULL, NULL, NULL));
  FITS(etcd_queue_start_dispatcher(queue, ignore, NULL, &err));
  free_queue(queue);
}

static void of_etcd_queue_start_handler_dispatcher(void) {
  etcd_queue_t *queue = new_queue();
  FITS(etcd_queue_start_handler_dispatcher(NULL, &err));
  SAME(etcd_queue_start_handler_dispatcher(NULL, NULL));
  FITS(etcd_queue_start_handler_dispatcher(queue, &err));
  free_queue(queue);
}

static void of_etcd_connection_watch_open(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_queue_t *queue = new_queue();
  etcd_connection_watch_t *out = NULL;
  FITS(etcd_connection_watch_open(NULL, NULL, NULL, NULL, &err));
  SAME(etcd_connection_watch_open(NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_connection_watch_open(client, queue, NULL, &out, &err));
  etcd_connection_watch_close(out);
  etcd_client_close(client);
  free_queue(queue);
}

static void of_etcd_connection_watch_next(void) {
  etcd_connection_watch_response_t *out = NULL;
  FITS(etcd_connection_watch_next(NULL, 0, NULL, &err));
  SAME(etcd_connection_watch_next(NULL, 0, NULL, NULL));
  FITS(etcd_connection_watch_next(GOOD_etcd_connection_watch_t, 1, &out, &err));
  etcd_connection_watch_response_free(out);
}

static void of_etcd_client_counters(void) {
  etcd_client_t *client = open_client(endpoints);
  FITS(etcd_client_counters(NULL, NULL, &err));
  SAME(etcd_client_counters(NULL, NULL, NULL));
  FITS(etcd_client_counters(client, GOOD_etcd_counters_t, &err));
  etcd_client_close(client);
}

static void of_etcd_client_counters_text(void) {
  etcd_client_t *client = open_client(endpoints);
  char *out = NULL;
  FITS(etcd_client_counters_text(NULL, NULL, NULL, &err));
  SAME(etcd_client_counters_text(NULL, NULL, NULL, NULL));
  FITS(etcd_client_counters_text(client, "mem:good", &out, &err));
  etcd_text_free(out);
  etcd_client_close(client);
}

static void of_etcd_member_list(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_member_list_response_t *out = NULL;
  FITS(etcd_member_list(NULL, NULL, NULL, &err));
  SAME(etcd_member_list(NULL, NULL, NULL, NULL));
  FITS(etcd_member_list(client, NULL, &out, &err));
  etcd_member_list_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_maintenance_status(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_maintenance_status_response_t *out = NULL;
  FITS(etcd_maintenance_status(NULL, NULL, NULL, NULL, &err));
  SAME(etcd_maintenance_status(NULL, NULL, NULL, NULL, NULL));
  FITS(etcd_maintenance_status(client, "mem:good", NULL, &out, &err));
  etcd_maintenance_status_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_lock_service_lock(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_lock_service_lock_response_t *out = NULL;
  FITS(etcd_lock_service_lock(NULL, text(""), 0, NULL, NULL, &err));
  SAME(etcd_lock_service_lock(NULL, text(""), 0, NULL, NULL, NULL));
  FITS(etcd_lock_service_lock(client, text("good/key"), 1, &brief, &out, &err));
  etcd_lock_service_lock_response_free(out);
  etcd_client_close(client);
}

static void of_etcd_lock_service_unlock(void) {
  etcd_client_t *client = open_client(endpoints);
  etcd_header_response_t *out = NULL;
  FITS(etcd_lock_service_unlock(NULL, text(""), NULL, NULL, &err));
  SAME(etcd_lock_service_unlock(NULL, text(""), NULL, NULL, NULL));
  FITS(etcd_lock_service_unlock(client, text("good/key"), NULL, &out, &err));
  etcd_header_response_free(out);
  etcd_client_close(client);
}

static void every_function(void) {
  of_etcd_client_open();
  of_etcd_client_open_endpoints();
  of_etcd_mem_drop();
  of_etcd_client_endpoints();
  of_etcd_client_set_endpoints();
  of_etcd_client_sync();
  of_etcd_kv_get();
  of_etcd_kv_get_async();
  of_etcd_kv_put();
  of_etcd_kv_put_async();
  of_etcd_kv_delete();
  of_etcd_kv_delete_async();
  of_etcd_kv_compact();
  of_etcd_kv_compact_async();
  of_etcd_kv_put_if_absent();
  of_etcd_kv_put_if_absent_async();
  of_etcd_kv_put_if_value();
  of_etcd_kv_put_if_value_async();
  of_etcd_kv_put_if_revision();
  of_etcd_kv_put_if_revision_async();
  of_etcd_kv_delete_if_value();
  of_etcd_kv_delete_if_value_async();
  of_etcd_kv_delete_if_revision();
  of_etcd_kv_delete_if_revision_async();
  of_etcd_kv_put_ttl();
  of_etcd_kv_put_ttl_async();
  of_etcd_range_open();
  of_etcd_range_next();
  of_etcd_range_next_async();
  of_etcd_txn_commit();
  of_etcd_txn_commit_async();
  of_etcd_op_new_get();
  of_etcd_op_new_put();
  of_etcd_op_new_delete();
  of_etcd_op_new_txn();
  of_etcd_kv_do();
  of_etcd_kv_do_async();
  of_etcd_lease_grant();
  of_etcd_lease_grant_async();
  of_etcd_lease_revoke();
  of_etcd_lease_revoke_async();
  of_etcd_lease_keep_alive_once();
  of_etcd_lease_keep_alive_once_async();
  of_etcd_lease_time_to_live();
  of_etcd_lease_time_to_live_async();
  of_etcd_lease_list();
  of_etcd_lease_list_async();
  of_etcd_lease_keep_alive_open();
  of_etcd_lease_keep_alive_next();
  of_etcd_watch_open();
  of_etcd_watch_next();
  of_etcd_kv_wait_for();
  of_etcd_kv_wait_for_async();
  of_etcd_lease_session_open();
  of_etcd_lease_session_lease();
  of_etcd_lease_session_lease_async();
  of_etcd_lease_session_lost();
  of_etcd_lease_session_lost_async();
  of_etcd_lease_session_end();
  of_etcd_lease_session_end_async();
  of_etcd_mutex_open();
  of_etcd_mutex_lock();
  of_etcd_mutex_lock_async();
  of_etcd_mutex_try_lock();
  of_etcd_mutex_try_lock_async();
  of_etcd_mutex_unlock();
  of_etcd_mutex_unlock_async();
  of_etcd_mutex_check();
  of_etcd_mutex_check_async();
  of_etcd_mutex_lost();
  of_etcd_mutex_lost_async();
  of_etcd_election_open();
  of_etcd_election_campaign();
  of_etcd_election_campaign_async();
  of_etcd_election_resume();
  of_etcd_election_resume_async();
  of_etcd_election_proclaim();
  of_etcd_election_proclaim_async();
  of_etcd_election_resign();
  of_etcd_election_resign_async();
  of_etcd_election_lost();
  of_etcd_election_lost_async();
  of_etcd_election_leader();
  of_etcd_election_leader_async();
  of_etcd_election_observer_open();
  of_etcd_election_observer_next();
  of_etcd_stm_run();
  of_etcd_stm_get();
  of_etcd_stm_get_prefix();
  of_etcd_queue_new();
  of_etcd_queue_next();
  of_etcd_queue_next_batch();
  of_etcd_queue_dispatch();
  of_etcd_queue_dispatch_handlers();
  of_etcd_queue_start_dispatcher();
  of_etcd_queue_start_handler_dispatcher();
  of_etcd_connection_watch_open();
  of_etcd_connection_watch_next();
  of_etcd_client_counters();
  of_etcd_client_counters_text();
  of_etcd_member_list();
  of_etcd_maintenance_status();
  of_etcd_lock_service_lock();
  of_etcd_lock_service_unlock();
}
