/* Generated from include/ by `make header`: do not edit. */

static const int32_t numbers[] = { 0, 1, 0, 0, 1, 2, 0, 10, 11, 12, 3, 4, 6, 7, 0, 21, 22, 0, 31, 32, 33, 34, 61, 62, 0, 41, 42, 43, 44, 0, 51, 52, 53, 71, 72, 73, 74, 81, 82, 0, 65, 66, 67, 91, 92, 93, 0, 1, 2 };

static void read_etcd_error_t(const etcd_error_t *x);
static void read_etcd_kv_t(const etcd_kv_t *x);
static void read_etcd_header_t(const etcd_header_t *x);
static void read_etcd_log_record_t(const etcd_log_record_t *x);
static void read_etcd_client_endpoints_t(const etcd_client_endpoints_t *x);
static void read_etcd_get_response_t(const etcd_get_response_t *x);
static void read_etcd_put_response_t(const etcd_put_response_t *x);
static void read_etcd_delete_response_t(const etcd_delete_response_t *x);
static void read_etcd_header_response_t(const etcd_header_response_t *x);
static void read_etcd_if_response_t(const etcd_if_response_t *x);
static void read_etcd_op_response_t(const etcd_op_response_t *x);
static void read_etcd_txn_response_t(const etcd_txn_response_t *x);
static void read_etcd_lease_grant_response_t(const etcd_lease_grant_response_t *x);
static void read_etcd_lease_keep_alive_response_t(const etcd_lease_keep_alive_response_t *x);
static void read_etcd_lease_time_to_live_response_t(const etcd_lease_time_to_live_response_t *x);
static void read_etcd_lease_list_response_t(const etcd_lease_list_response_t *x);
static void read_etcd_watch_event_t(const etcd_watch_event_t *x);
static void read_etcd_watch_response_t(const etcd_watch_response_t *x);
static void read_etcd_lease_session_response_t(const etcd_lease_session_response_t *x);
static void read_etcd_ownership_response_t(const etcd_ownership_response_t *x);
static void read_etcd_election_leader_response_t(const etcd_election_leader_response_t *x);
static void read_etcd_connection_watch_response_t(const etcd_connection_watch_response_t *x);
static void read_etcd_member_t(const etcd_member_t *x);
static void read_etcd_member_list_response_t(const etcd_member_list_response_t *x);
static void read_etcd_maintenance_status_response_t(const etcd_maintenance_status_response_t *x);
static void read_etcd_lock_service_lock_response_t(const etcd_lock_service_lock_response_t *x);

static void read_etcd_error_t(const etcd_error_t *x) {
  read_number((uint64_t)x->status);
  read_number((uint64_t)x->grpc_code);
  read_number((uint64_t)x->outcome);
  CHECK(x->reserved == 0);
  read_text(x->endpoint);
  read_text(x->message);
  read_number((uint64_t)x->revision);
}

static void read_etcd_kv_t(const etcd_kv_t *x) {
  read_bytes(x->key);
  read_bytes(x->value);
  read_number((uint64_t)x->create_revision);
  read_number((uint64_t)x->mod_revision);
  read_number((uint64_t)x->version);
  read_number((uint64_t)x->lease);
}

static void read_etcd_header_t(const etcd_header_t *x) {
  read_number((uint64_t)x->cluster_id);
  read_number((uint64_t)x->member_id);
  read_number((uint64_t)x->revision);
  read_number((uint64_t)x->raft_term);
}

static void read_etcd_log_record_t(const etcd_log_record_t *x) {
  read_number((uint64_t)x->level);
  read_number((uint64_t)x->status);
  read_text(x->what);
  read_text(x->endpoint);
  read_text(x->message);
}

static void read_etcd_client_endpoints_t(const etcd_client_endpoints_t *x) {
  size_t i;
  for (i = 0; i < x->name_count; i++) read_text(x->names[i]);
  CHECK(x->name_count == 0 || x->names != NULL);
  read_number((uint64_t)x->name_count);
}

static void read_etcd_get_response_t(const etcd_get_response_t *x) {
  size_t i;
  read_etcd_header_t(&x->header);
  for (i = 0; i < x->kv_count; i++) read_etcd_kv_t(&x->kvs[i]);
  CHECK(x->kv_count == 0 || x->kvs != NULL);
  read_number((uint64_t)x->kv_count);
  read_number((uint64_t)x->count);
  read_number((uint64_t)x->more);
}

static void read_etcd_put_response_t(const etcd_put_response_t *x) {
  read_etcd_header_t(&x->header);
  if (x->prev_kv != NULL) read_etcd_kv_t(x->prev_kv);
  read_number((uint64_t)x->lease);
  read_number((uint64_t)x->ttl);
}

static void read_etcd_delete_response_t(const etcd_delete_response_t *x) {
  size_t i;
  read_etcd_header_t(&x->header);
  read_number((uint64_t)x->deleted);
  for (i = 0; i < x->prev_kv_count; i++) read_etcd_kv_t(&x->prev_kvs[i]);
  CHECK(x->prev_kv_count == 0 || x->prev_kvs != NULL);
  read_number((uint64_t)x->prev_kv_count);
}

static void read_etcd_header_response_t(const etcd_header_response_t *x) {
  read_etcd_header_t(&x->header);
}

static void read_etcd_if_response_t(const etcd_if_response_t *x) {
  read_etcd_header_t(&x->header);
  if (x->kv != NULL) read_etcd_kv_t(x->kv);
  read_number((uint64_t)x->succeeded);
}

static void read_etcd_op_response_t(const etcd_op_response_t *x) {
  read_number((uint64_t)x->kind);
  CHECK(x->reserved == 0);
  if (x->range != NULL) read_etcd_get_response_t(x->range);
  if (x->put != NULL) read_etcd_put_response_t(x->put);
  if (x->deleted != NULL) read_etcd_delete_response_t(x->deleted);
  if (x->txn != NULL) read_etcd_txn_response_t(x->txn);
  CHECK(x->other == NULL);
}

static void read_etcd_txn_response_t(const etcd_txn_response_t *x) {
  size_t i;
  read_etcd_header_t(&x->header);
  for (i = 0; i < x->response_count; i++) read_etcd_op_response_t(&x->responses[i]);
  CHECK(x->response_count == 0 || x->responses != NULL);
  read_number((uint64_t)x->response_count);
  read_number((uint64_t)x->succeeded);
}

static void read_etcd_lease_grant_response_t(const etcd_lease_grant_response_t *x) {
  read_etcd_header_t(&x->header);
  read_number((uint64_t)x->id);
  read_number((uint64_t)x->ttl);
}

static void read_etcd_lease_keep_alive_response_t(const etcd_lease_keep_alive_response_t *x) {
  read_etcd_header_t(&x->header);
  read_number((uint64_t)x->id);
  read_number((uint64_t)x->ttl);
}

static void read_etcd_lease_time_to_live_response_t(const etcd_lease_time_to_live_response_t *x) {
  size_t i;
  read_etcd_header_t(&x->header);
  read_number((uint64_t)x->id);
  read_number((uint64_t)x->ttl);
  read_number((uint64_t)x->granted_ttl);
  for (i = 0; i < x->key_count; i++) read_bytes(x->keys[i]);
  CHECK(x->key_count == 0 || x->keys != NULL);
  read_number((uint64_t)x->key_count);
}

static void read_etcd_lease_list_response_t(const etcd_lease_list_response_t *x) {
  size_t i;
  read_etcd_header_t(&x->header);
  for (i = 0; i < x->id_count; i++) read_number((uint64_t)x->ids[i]);
  CHECK(x->id_count == 0 || x->ids != NULL);
  read_number((uint64_t)x->id_count);
}

static void read_etcd_watch_event_t(const etcd_watch_event_t *x) {
  read_etcd_kv_t(&x->kv);
  if (x->prev_kv != NULL) read_etcd_kv_t(x->prev_kv);
  read_number((uint64_t)x->kind);
  CHECK(x->reserved == 0);
}

static void read_etcd_watch_response_t(const etcd_watch_response_t *x) {
  size_t i;
  read_etcd_header_t(&x->header);
  read_number((uint64_t)x->kind);
  CHECK(x->reserved == 0);
  read_number((uint64_t)x->revision);
  for (i = 0; i < x->event_count; i++) read_etcd_watch_event_t(&x->events[i]);
  CHECK(x->event_count == 0 || x->events != NULL);
  read_number((uint64_t)x->event_count);
  read_number((uint64_t)x->more);
}

static void read_etcd_lease_session_response_t(const etcd_lease_session_response_t *x) {
  read_number((uint64_t)x->lease);
  read_number((uint64_t)x->ttl);
}

static void read_etcd_ownership_response_t(const etcd_ownership_response_t *x) {
  read_bytes(x->key);
  read_number((uint64_t)x->create_revision);
  read_number((uint64_t)x->lease);
  read_number((uint64_t)x->held);
}

static void read_etcd_election_leader_response_t(const etcd_election_leader_response_t *x) {
  read_etcd_header_t(&x->header);
  if (x->leader != NULL) read_etcd_kv_t(x->leader);
}

static void read_etcd_connection_watch_response_t(const etcd_connection_watch_response_t *x) {
  read_text(x->endpoint);
  read_text(x->reason);
  read_number((uint64_t)x->opened);
  read_number((uint64_t)x->state);
  CHECK(x->reserved == 0);
}

static void read_etcd_member_t(const etcd_member_t *x) {
  size_t i;
  read_number((uint64_t)x->id);
  read_text(x->name);
  for (i = 0; i < x->peer_url_count; i++) read_text(x->peer_urls[i]);
  CHECK(x->peer_url_count == 0 || x->peer_urls != NULL);
  read_number((uint64_t)x->peer_url_count);
  for (i = 0; i < x->client_url_count; i++) read_text(x->client_urls[i]);
  CHECK(x->client_url_count == 0 || x->client_urls != NULL);
  read_number((uint64_t)x->client_url_count);
  read_number((uint64_t)x->is_learner);
}

static void read_etcd_member_list_response_t(const etcd_member_list_response_t *x) {
  size_t i;
  read_etcd_header_t(&x->header);
  for (i = 0; i < x->member_count; i++) read_etcd_member_t(x->members[i]);
  CHECK(x->member_count == 0 || x->members != NULL);
  read_number((uint64_t)x->member_count);
}

static void read_etcd_maintenance_status_response_t(const etcd_maintenance_status_response_t *x) {
  size_t i;
  read_etcd_header_t(&x->header);
  read_text(x->version);
  read_text(x->storage_version);
  read_number((uint64_t)x->db_size);
  read_number((uint64_t)x->db_size_in_use);
  read_number((uint64_t)x->db_size_quota);
  read_number((uint64_t)x->leader);
  read_number((uint64_t)x->raft_term);
  read_number((uint64_t)x->raft_index);
  read_number((uint64_t)x->raft_applied_index);
  for (i = 0; i < x->error_count; i++) read_text(x->errors[i]);
  CHECK(x->error_count == 0 || x->errors != NULL);
  read_number((uint64_t)x->error_count);
  read_number((uint64_t)x->is_learner);
}

static void read_etcd_lock_service_lock_response_t(const etcd_lock_service_lock_response_t *x) {
  read_etcd_header_t(&x->header);
  read_bytes(x->key);
}

struct room_etcd_call_options_t {
  etcd_call_options_t o;
  uint8_t tail[TAIL];
};

static etcd_call_options_t *any_etcd_call_options_t(struct room_etcd_call_options_t *room) {
  const etcd_call_options_t init = ETCD_CALL_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.timeout_ms = any_uint32_t("etcd_call_options_t.timeout_ms");
  room->o.flags = any_uint32_t("etcd_call_options_t.flags");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_client_options_t {
  etcd_client_options_t o;
  uint8_t tail[TAIL];
};

static etcd_client_options_t *any_etcd_client_options_t(struct room_etcd_client_options_t *room) {
  const etcd_client_options_t init = ETCD_CLIENT_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.endpoints = any_text("etcd_client_options_t.endpoints");
  room->o.user = any_text("etcd_client_options_t.user");
  room->o.password = any_text("etcd_client_options_t.password");
  room->o.ca_file = any_text("etcd_client_options_t.ca_file");
  room->o.cert_file = any_text("etcd_client_options_t.cert_file");
  room->o.key_file = any_text("etcd_client_options_t.key_file");
  room->o.server_name = any_text("etcd_client_options_t.server_name");
  room->o.ca_pem = any_etcd_bytes_t("etcd_client_options_t.ca_pem");
  room->o.cert_pem = any_etcd_bytes_t("etcd_client_options_t.cert_pem");
  room->o.key_pem = any_etcd_bytes_t("etcd_client_options_t.key_pem");
  room->o.timeout_ms = any_uint32_t("etcd_client_options_t.timeout_ms");
  room->o.flags = any_uint32_t("etcd_client_options_t.flags");
  room->o.connect_timeout_ms = any_uint32_t("etcd_client_options_t.connect_timeout_ms");
  room->o.ping_interval_ms = any_uint32_t("etcd_client_options_t.ping_interval_ms");
  room->o.ping_timeout_ms = any_uint32_t("etcd_client_options_t.ping_timeout_ms");
  room->o.max_send_bytes = any_uint32_t("etcd_client_options_t.max_send_bytes");
  room->o.max_receive_bytes = any_uint32_t("etcd_client_options_t.max_receive_bytes");
  room->o.auto_sync_interval_ms = any_uint32_t("etcd_client_options_t.auto_sync_interval_ms");
  room->o.crl_file = any_text("etcd_client_options_t.crl_file");
  room->o.crl_pem = any_etcd_bytes_t("etcd_client_options_t.crl_pem");
  room->o.token = any_text("etcd_client_options_t.token");
  room->o.key_prefix = any_etcd_bytes_t("etcd_client_options_t.key_prefix");
  room->o.log_callback = any_etcd_log_cb("etcd_client_options_t.log_callback");
  room->o.log_arg = any_argument("etcd_client_options_t.log_arg");
  room->o.log_level = any_uint32_t("etcd_client_options_t.log_level");
  room->o.log_reserved = any_uint32_t("etcd_client_options_t.log_reserved");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_get_options_t {
  etcd_get_options_t o;
  uint8_t tail[TAIL];
};

static etcd_get_options_t *any_etcd_get_options_t(struct room_etcd_get_options_t *room) {
  const etcd_get_options_t init = ETCD_GET_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.range_end = any_etcd_bytes_t("etcd_get_options_t.range_end");
  room->o.timeout_ms = any_uint32_t("etcd_get_options_t.timeout_ms");
  room->o.flags = any_uint32_t("etcd_get_options_t.flags");
  room->o.revision = any_int64_t("etcd_get_options_t.revision");
  room->o.limit = any_int64_t("etcd_get_options_t.limit");
  room->o.min_mod_revision = any_int64_t("etcd_get_options_t.min_mod_revision");
  room->o.max_mod_revision = any_int64_t("etcd_get_options_t.max_mod_revision");
  room->o.min_create_revision = any_int64_t("etcd_get_options_t.min_create_revision");
  room->o.max_create_revision = any_int64_t("etcd_get_options_t.max_create_revision");
  room->o.sort_order = any_int32_t("etcd_get_options_t.sort_order");
  room->o.sort_target = any_int32_t("etcd_get_options_t.sort_target");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_put_options_t {
  etcd_put_options_t o;
  uint8_t tail[TAIL];
};

static etcd_put_options_t *any_etcd_put_options_t(struct room_etcd_put_options_t *room) {
  const etcd_put_options_t init = ETCD_PUT_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.timeout_ms = any_uint32_t("etcd_put_options_t.timeout_ms");
  room->o.flags = any_uint32_t("etcd_put_options_t.flags");
  room->o.lease = any_int64_t("etcd_put_options_t.lease");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_delete_options_t {
  etcd_delete_options_t o;
  uint8_t tail[TAIL];
};

static etcd_delete_options_t *any_etcd_delete_options_t(struct room_etcd_delete_options_t *room) {
  const etcd_delete_options_t init = ETCD_DELETE_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.range_end = any_etcd_bytes_t("etcd_delete_options_t.range_end");
  room->o.timeout_ms = any_uint32_t("etcd_delete_options_t.timeout_ms");
  room->o.flags = any_uint32_t("etcd_delete_options_t.flags");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_range_options_t {
  etcd_range_options_t o;
  uint8_t tail[TAIL];
};

static etcd_range_options_t *any_etcd_range_options_t(struct room_etcd_range_options_t *room) {
  const etcd_range_options_t init = ETCD_RANGE_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.range_end = any_etcd_bytes_t("etcd_range_options_t.range_end");
  room->o.timeout_ms = any_uint32_t("etcd_range_options_t.timeout_ms");
  room->o.flags = any_uint32_t("etcd_range_options_t.flags");
  room->o.revision = any_int64_t("etcd_range_options_t.revision");
  room->o.limit = any_int64_t("etcd_range_options_t.limit");
  room->o.min_mod_revision = any_int64_t("etcd_range_options_t.min_mod_revision");
  room->o.max_mod_revision = any_int64_t("etcd_range_options_t.max_mod_revision");
  room->o.min_create_revision = any_int64_t("etcd_range_options_t.min_create_revision");
  room->o.max_create_revision = any_int64_t("etcd_range_options_t.max_create_revision");
  room->o.sort_order = any_int32_t("etcd_range_options_t.sort_order");
  room->o.reserved = any_uint32_t("etcd_range_options_t.reserved");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_compare_options_t {
  etcd_compare_options_t o;
  uint8_t tail[TAIL];
};

static etcd_compare_options_t *any_etcd_compare_options_t(struct room_etcd_compare_options_t *room) {
  const etcd_compare_options_t init = ETCD_COMPARE_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.range_end = any_etcd_bytes_t("etcd_compare_options_t.range_end");
  room->o.value = any_etcd_bytes_t("etcd_compare_options_t.value");
  room->o.number = any_int64_t("etcd_compare_options_t.number");
  room->o.target = any_int32_t("etcd_compare_options_t.target");
  room->o.relation = any_int32_t("etcd_compare_options_t.relation");
  room->o.flags = any_uint32_t("etcd_compare_options_t.flags");
  room->o.reserved = any_uint32_t("etcd_compare_options_t.reserved");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_lease_grant_options_t {
  etcd_lease_grant_options_t o;
  uint8_t tail[TAIL];
};

static etcd_lease_grant_options_t *any_etcd_lease_grant_options_t(struct room_etcd_lease_grant_options_t *room) {
  const etcd_lease_grant_options_t init = ETCD_LEASE_GRANT_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.id = any_int64_t("etcd_lease_grant_options_t.id");
  room->o.timeout_ms = any_uint32_t("etcd_lease_grant_options_t.timeout_ms");
  room->o.flags = any_uint32_t("etcd_lease_grant_options_t.flags");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_watch_options_t {
  etcd_watch_options_t o;
  uint8_t tail[TAIL];
};

static etcd_watch_options_t *any_etcd_watch_options_t(struct room_etcd_watch_options_t *room) {
  const etcd_watch_options_t init = ETCD_WATCH_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.range_end = any_etcd_bytes_t("etcd_watch_options_t.range_end");
  room->o.start_revision = any_int64_t("etcd_watch_options_t.start_revision");
  room->o.timeout_ms = any_uint32_t("etcd_watch_options_t.timeout_ms");
  room->o.flags = any_uint32_t("etcd_watch_options_t.flags");
  room->o.max_bytes = any_uint32_t("etcd_watch_options_t.max_bytes");
  room->o.reserved = any_uint32_t("etcd_watch_options_t.reserved");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_lease_session_options_t {
  etcd_lease_session_options_t o;
  uint8_t tail[TAIL];
};

static etcd_lease_session_options_t *any_etcd_lease_session_options_t(struct room_etcd_lease_session_options_t *room) {
  const etcd_lease_session_options_t init = ETCD_LEASE_SESSION_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.lease = any_int64_t("etcd_lease_session_options_t.lease");
  room->o.ttl = any_int64_t("etcd_lease_session_options_t.ttl");
  room->o.flags = any_uint32_t("etcd_lease_session_options_t.flags");
  room->o.reserved = any_uint32_t("etcd_lease_session_options_t.reserved");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_stm_options_t {
  etcd_stm_options_t o;
  uint8_t tail[TAIL];
};

static etcd_stm_options_t *any_etcd_stm_options_t(struct room_etcd_stm_options_t *room) {
  const etcd_stm_options_t init = ETCD_STM_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.isolation = any_int32_t("etcd_stm_options_t.isolation");
  room->o.max_tries = any_uint32_t("etcd_stm_options_t.max_tries");
  room->o.timeout_ms = any_uint32_t("etcd_stm_options_t.timeout_ms");
  room->o.flags = any_uint32_t("etcd_stm_options_t.flags");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_queue_options_t {
  etcd_queue_options_t o;
  uint8_t tail[TAIL];
};

static etcd_queue_options_t *any_etcd_queue_options_t(struct room_etcd_queue_options_t *room) {
  const etcd_queue_options_t init = ETCD_QUEUE_OPTIONS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.drop_callback = any_etcd_drop_cb("etcd_queue_options_t.drop_callback");
  room->o.arg = any_argument("etcd_queue_options_t.arg");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

struct room_etcd_counters_t {
  etcd_counters_t o;
  uint8_t tail[TAIL];
};

static etcd_counters_t *any_etcd_counters_t(struct room_etcd_counters_t *room) {
  const etcd_counters_t init = ETCD_COUNTERS_INIT;
  memset(room, 0, sizeof *room);
  room->o = init;
  room->o.calls = any_uint64_t("etcd_counters_t.calls");
  room->o.calls_failed = any_uint64_t("etcd_counters_t.calls_failed");
  room->o.retries = any_uint64_t("etcd_counters_t.retries");
  room->o.connections_opened = any_uint64_t("etcd_counters_t.connections_opened");
  room->o.connections_lost = any_uint64_t("etcd_counters_t.connections_lost");
  room->o.watches_resumed = any_uint64_t("etcd_counters_t.watches_resumed");
  room->o.watches_paused = any_uint64_t("etcd_counters_t.watches_paused");
  room->o.watches_resynced = any_uint64_t("etcd_counters_t.watches_resynced");
  room->o.watch_events = any_uint64_t("etcd_counters_t.watch_events");
  room->o.watch_duplicates = any_uint64_t("etcd_counters_t.watch_duplicates");
  room->o.token_refreshes = any_uint64_t("etcd_counters_t.token_refreshes");
  room->o.keep_alives_sent = any_uint64_t("etcd_counters_t.keep_alives_sent");
  room->o.keep_alives_answered = any_uint64_t("etcd_counters_t.keep_alives_answered");
  room->o.leases_lost = any_uint64_t("etcd_counters_t.leases_lost");
  room->o.bytes_sent = any_uint64_t("etcd_counters_t.bytes_sent");
  room->o.bytes_received = any_uint64_t("etcd_counters_t.bytes_received");
  any_size(&room->o.size, sizeof init, room->tail);
  return any_presence() ? &room->o : NULL;
}

enum kind {
  KIND_char,
  KIND_etcd_call_t,
  KIND_etcd_client_endpoints_t,
  KIND_etcd_client_t,
  KIND_etcd_connection_watch_response_t,
  KIND_etcd_connection_watch_t,
  KIND_etcd_delete_response_t,
  KIND_etcd_election_leader_response_t,
  KIND_etcd_election_observer_t,
  KIND_etcd_election_t,
  KIND_etcd_error_t,
  KIND_etcd_event_t,
  KIND_etcd_get_response_t,
  KIND_etcd_header_response_t,
  KIND_etcd_if_response_t,
  KIND_etcd_lease_grant_response_t,
  KIND_etcd_lease_keep_alive_response_t,
  KIND_etcd_lease_keep_alive_t,
  KIND_etcd_lease_list_response_t,
  KIND_etcd_lease_session_response_t,
  KIND_etcd_lease_session_t,
  KIND_etcd_lease_time_to_live_response_t,
  KIND_etcd_lock_service_lock_response_t,
  KIND_etcd_maintenance_status_response_t,
  KIND_etcd_member_list_response_t,
  KIND_etcd_mutex_t,
  KIND_etcd_op_response_t,
  KIND_etcd_op_t,
  KIND_etcd_ownership_response_t,
  KIND_etcd_put_response_t,
  KIND_etcd_queue_t,
  KIND_etcd_range_t,
  KIND_etcd_txn_response_t,
  KIND_etcd_txn_t,
  KIND_etcd_watch_response_t,
  KIND_etcd_watch_t,
  KINDS
};

static void end_char(void *x) { etcd_text_free(x); }
static void end_etcd_call_t(void *x) { etcd_call_cancel(x); }
static void end_etcd_client_endpoints_t(void *x) { etcd_client_endpoints_free(x); }
static void end_etcd_client_t(void *x) { etcd_client_close(x); }
static void end_etcd_connection_watch_response_t(void *x) { etcd_connection_watch_response_free(x); }
static void end_etcd_connection_watch_t(void *x) { etcd_connection_watch_close(x); }
static void end_etcd_delete_response_t(void *x) { etcd_delete_response_free(x); }
static void end_etcd_election_leader_response_t(void *x) { etcd_election_leader_response_free(x); }
static void end_etcd_election_observer_t(void *x) { etcd_election_observer_close(x); }
static void end_etcd_election_t(void *x) { etcd_election_close(x); }
static void end_etcd_error_t(void *x) { etcd_error_free(x); }
static void end_etcd_event_t(void *x) { etcd_event_free(x); }
static void end_etcd_get_response_t(void *x) { etcd_get_response_free(x); }
static void end_etcd_header_response_t(void *x) { etcd_header_response_free(x); }
static void end_etcd_if_response_t(void *x) { etcd_if_response_free(x); }
static void end_etcd_lease_grant_response_t(void *x) { etcd_lease_grant_response_free(x); }
static void end_etcd_lease_keep_alive_response_t(void *x) { etcd_lease_keep_alive_response_free(x); }
static void end_etcd_lease_keep_alive_t(void *x) { etcd_lease_keep_alive_close(x); }
static void end_etcd_lease_list_response_t(void *x) { etcd_lease_list_response_free(x); }
static void end_etcd_lease_session_response_t(void *x) { etcd_lease_session_response_free(x); }
static void end_etcd_lease_session_t(void *x) { etcd_lease_session_close(x); }
static void end_etcd_lease_time_to_live_response_t(void *x) { etcd_lease_time_to_live_response_free(x); }
static void end_etcd_lock_service_lock_response_t(void *x) { etcd_lock_service_lock_response_free(x); }
static void end_etcd_maintenance_status_response_t(void *x) { etcd_maintenance_status_response_free(x); }
static void end_etcd_member_list_response_t(void *x) { etcd_member_list_response_free(x); }
static void end_etcd_mutex_t(void *x) { etcd_mutex_close(x); }
static void end_etcd_op_response_t(void *x) { etcd_op_response_free(x); }
static void end_etcd_op_t(void *x) { etcd_op_free(x); }
static void end_etcd_ownership_response_t(void *x) { etcd_ownership_response_free(x); }
static void end_etcd_put_response_t(void *x) { etcd_put_response_free(x); }
static void end_etcd_queue_t(void *x) { etcd_queue_free(x); }
static void end_etcd_range_t(void *x) { etcd_range_close(x); }
static void end_etcd_txn_response_t(void *x) { etcd_txn_response_free(x); }
static void end_etcd_txn_t(void *x) { etcd_txn_free(x); }
static void end_etcd_watch_response_t(void *x) { etcd_watch_response_free(x); }
static void end_etcd_watch_t(void *x) { etcd_watch_close(x); }

static const struct {
  int is_handle;
  void (*end)(void *x);
} kinds[KINDS] = {
  { 0, end_char },
  { 1, end_etcd_call_t },
  { 0, end_etcd_client_endpoints_t },
  { 1, end_etcd_client_t },
  { 0, end_etcd_connection_watch_response_t },
  { 1, end_etcd_connection_watch_t },
  { 0, end_etcd_delete_response_t },
  { 0, end_etcd_election_leader_response_t },
  { 1, end_etcd_election_observer_t },
  { 1, end_etcd_election_t },
  { 0, end_etcd_error_t },
  { 0, end_etcd_event_t },
  { 0, end_etcd_get_response_t },
  { 0, end_etcd_header_response_t },
  { 0, end_etcd_if_response_t },
  { 0, end_etcd_lease_grant_response_t },
  { 0, end_etcd_lease_keep_alive_response_t },
  { 1, end_etcd_lease_keep_alive_t },
  { 0, end_etcd_lease_list_response_t },
  { 0, end_etcd_lease_session_response_t },
  { 1, end_etcd_lease_session_t },
  { 0, end_etcd_lease_time_to_live_response_t },
  { 0, end_etcd_lock_service_lock_response_t },
  { 0, end_etcd_maintenance_status_response_t },
  { 0, end_etcd_member_list_response_t },
  { 1, end_etcd_mutex_t },
  { 0, end_etcd_op_response_t },
  { 1, end_etcd_op_t },
  { 0, end_etcd_ownership_response_t },
  { 0, end_etcd_put_response_t },
  { 1, end_etcd_queue_t },
  { 1, end_etcd_range_t },
  { 0, end_etcd_txn_response_t },
  { 1, end_etcd_txn_t },
  { 0, end_etcd_watch_response_t },
  { 1, end_etcd_watch_t },
};

static void keep(enum kind kind, void *x);

static void keep_char(char *x) {
  if (x != NULL) read_text(x);
  keep(KIND_char, x);
}

static void keep_etcd_call_t(etcd_call_t *x) {
  keep(KIND_etcd_call_t, x);
}

static void keep_etcd_client_endpoints_t(etcd_client_endpoints_t *x) {
  if (x != NULL) read_etcd_client_endpoints_t(x);
  keep(KIND_etcd_client_endpoints_t, x);
}

static void keep_etcd_client_t(etcd_client_t *x) {
  keep(KIND_etcd_client_t, x);
}

static void keep_etcd_connection_watch_response_t(etcd_connection_watch_response_t *x) {
  if (x != NULL) read_etcd_connection_watch_response_t(x);
  keep(KIND_etcd_connection_watch_response_t, x);
}

static void keep_etcd_connection_watch_t(etcd_connection_watch_t *x) {
  keep(KIND_etcd_connection_watch_t, x);
}

static void keep_etcd_delete_response_t(etcd_delete_response_t *x) {
  if (x != NULL) read_etcd_delete_response_t(x);
  keep(KIND_etcd_delete_response_t, x);
}

static void keep_etcd_election_leader_response_t(etcd_election_leader_response_t *x) {
  if (x != NULL) read_etcd_election_leader_response_t(x);
  keep(KIND_etcd_election_leader_response_t, x);
}

static void keep_etcd_election_observer_t(etcd_election_observer_t *x) {
  keep(KIND_etcd_election_observer_t, x);
}

static void keep_etcd_election_t(etcd_election_t *x) {
  keep(KIND_etcd_election_t, x);
}

static void keep_etcd_error_t(etcd_error_t *x) {
  if (x != NULL) read_etcd_error_t(x);
  keep(KIND_etcd_error_t, x);
}

static void keep_etcd_event_t(etcd_event_t *x) {
  if (x != NULL) read_event(x);
  keep(KIND_etcd_event_t, x);
}

static void keep_etcd_get_response_t(etcd_get_response_t *x) {
  if (x != NULL) read_etcd_get_response_t(x);
  keep(KIND_etcd_get_response_t, x);
}

static void keep_etcd_header_response_t(etcd_header_response_t *x) {
  if (x != NULL) read_etcd_header_response_t(x);
  keep(KIND_etcd_header_response_t, x);
}

static void keep_etcd_if_response_t(etcd_if_response_t *x) {
  if (x != NULL) read_etcd_if_response_t(x);
  keep(KIND_etcd_if_response_t, x);
}

static void keep_etcd_lease_grant_response_t(etcd_lease_grant_response_t *x) {
  if (x != NULL) read_etcd_lease_grant_response_t(x);
  keep(KIND_etcd_lease_grant_response_t, x);
}

static void keep_etcd_lease_keep_alive_response_t(etcd_lease_keep_alive_response_t *x) {
  if (x != NULL) read_etcd_lease_keep_alive_response_t(x);
  keep(KIND_etcd_lease_keep_alive_response_t, x);
}

static void keep_etcd_lease_keep_alive_t(etcd_lease_keep_alive_t *x) {
  keep(KIND_etcd_lease_keep_alive_t, x);
}

static void keep_etcd_lease_list_response_t(etcd_lease_list_response_t *x) {
  if (x != NULL) read_etcd_lease_list_response_t(x);
  keep(KIND_etcd_lease_list_response_t, x);
}

static void keep_etcd_lease_session_response_t(etcd_lease_session_response_t *x) {
  if (x != NULL) read_etcd_lease_session_response_t(x);
  keep(KIND_etcd_lease_session_response_t, x);
}

static void keep_etcd_lease_session_t(etcd_lease_session_t *x) {
  keep(KIND_etcd_lease_session_t, x);
}

static void keep_etcd_lease_time_to_live_response_t(etcd_lease_time_to_live_response_t *x) {
  if (x != NULL) read_etcd_lease_time_to_live_response_t(x);
  keep(KIND_etcd_lease_time_to_live_response_t, x);
}

static void keep_etcd_lock_service_lock_response_t(etcd_lock_service_lock_response_t *x) {
  if (x != NULL) read_etcd_lock_service_lock_response_t(x);
  keep(KIND_etcd_lock_service_lock_response_t, x);
}

static void keep_etcd_maintenance_status_response_t(etcd_maintenance_status_response_t *x) {
  if (x != NULL) read_etcd_maintenance_status_response_t(x);
  keep(KIND_etcd_maintenance_status_response_t, x);
}

static void keep_etcd_member_list_response_t(etcd_member_list_response_t *x) {
  if (x != NULL) read_etcd_member_list_response_t(x);
  keep(KIND_etcd_member_list_response_t, x);
}

static void keep_etcd_mutex_t(etcd_mutex_t *x) {
  keep(KIND_etcd_mutex_t, x);
}

static void keep_etcd_op_response_t(etcd_op_response_t *x) {
  if (x != NULL) read_etcd_op_response_t(x);
  keep(KIND_etcd_op_response_t, x);
}

static void keep_etcd_op_t(etcd_op_t *x) {
  keep(KIND_etcd_op_t, x);
}

static void keep_etcd_ownership_response_t(etcd_ownership_response_t *x) {
  if (x != NULL) read_etcd_ownership_response_t(x);
  keep(KIND_etcd_ownership_response_t, x);
}

static void keep_etcd_put_response_t(etcd_put_response_t *x) {
  if (x != NULL) read_etcd_put_response_t(x);
  keep(KIND_etcd_put_response_t, x);
}

static void keep_etcd_queue_t(etcd_queue_t *x) {
  keep(KIND_etcd_queue_t, x);
}

static void keep_etcd_range_t(etcd_range_t *x) {
  keep(KIND_etcd_range_t, x);
}

static void keep_etcd_txn_response_t(etcd_txn_response_t *x) {
  if (x != NULL) read_etcd_txn_response_t(x);
  keep(KIND_etcd_txn_response_t, x);
}

static void keep_etcd_txn_t(etcd_txn_t *x) {
  keep(KIND_etcd_txn_t, x);
}

static void keep_etcd_watch_response_t(etcd_watch_response_t *x) {
  if (x != NULL) read_etcd_watch_response_t(x);
  keep(KIND_etcd_watch_response_t, x);
}

static void keep_etcd_watch_t(etcd_watch_t *x) {
  keep(KIND_etcd_watch_t, x);
}

static void keep_response(int32_t kind, void *x) {
  switch (kind) {
  case ETCD_EVENT_GET_RESPONSE: keep_etcd_get_response_t(x); break;
  case ETCD_EVENT_PUT_RESPONSE: keep_etcd_put_response_t(x); break;
  case ETCD_EVENT_DELETE_RESPONSE: keep_etcd_delete_response_t(x); break;
  case ETCD_EVENT_COMPACT_RESPONSE: keep_etcd_header_response_t(x); break;
  case ETCD_EVENT_IF_RESPONSE: keep_etcd_if_response_t(x); break;
  case ETCD_EVENT_TXN_RESPONSE: keep_etcd_txn_response_t(x); break;
  case ETCD_EVENT_LEASE_GRANT_RESPONSE: keep_etcd_lease_grant_response_t(x); break;
  case ETCD_EVENT_LEASE_REVOKE_RESPONSE: keep_etcd_header_response_t(x); break;
  case ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE: keep_etcd_lease_keep_alive_response_t(x); break;
  case ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE: keep_etcd_lease_time_to_live_response_t(x); break;
  case ETCD_EVENT_LEASE_LIST_RESPONSE: keep_etcd_lease_list_response_t(x); break;
  case ETCD_EVENT_LEASE_KEEP_ALIVE: keep_etcd_lease_keep_alive_response_t(x); break;
  case ETCD_EVENT_WATCH: keep_etcd_watch_response_t(x); break;
  case ETCD_EVENT_LEASE_SESSION_RESPONSE: keep_etcd_lease_session_response_t(x); break;
  case ETCD_EVENT_LEASE_SESSION_LOST: keep_etcd_header_response_t(x); break;
  case ETCD_EVENT_LEASE_SESSION_END: keep_etcd_header_response_t(x); break;
  case ETCD_EVENT_MUTEX_RESPONSE: keep_etcd_ownership_response_t(x); break;
  case ETCD_EVENT_MUTEX_UNLOCK: keep_etcd_header_response_t(x); break;
  case ETCD_EVENT_MUTEX_LOST: keep_etcd_header_response_t(x); break;
  case ETCD_EVENT_ELECTION_RESPONSE: keep_etcd_ownership_response_t(x); break;
  case ETCD_EVENT_ELECTION_PROCLAIM: keep_etcd_header_response_t(x); break;
  case ETCD_EVENT_ELECTION_RESIGN: keep_etcd_header_response_t(x); break;
  case ETCD_EVENT_ELECTION_LOST: keep_etcd_header_response_t(x); break;
  case ETCD_EVENT_ELECTION_LEADER: keep_etcd_election_leader_response_t(x); break;
  case ETCD_EVENT_ELECTION_OBSERVE: keep_etcd_election_leader_response_t(x); break;
  case ETCD_EVENT_CONNECTION_WATCH: keep_etcd_connection_watch_response_t(x); break;
  default: FAIL("kind %d has a response", kind);
  }
}

static void read_response(int32_t kind, const void *x) {
  switch (kind) {
  case ETCD_EVENT_GET_RESPONSE: read_etcd_get_response_t(x); break;
  case ETCD_EVENT_PUT_RESPONSE: read_etcd_put_response_t(x); break;
  case ETCD_EVENT_DELETE_RESPONSE: read_etcd_delete_response_t(x); break;
  case ETCD_EVENT_COMPACT_RESPONSE: read_etcd_header_response_t(x); break;
  case ETCD_EVENT_IF_RESPONSE: read_etcd_if_response_t(x); break;
  case ETCD_EVENT_TXN_RESPONSE: read_etcd_txn_response_t(x); break;
  case ETCD_EVENT_LEASE_GRANT_RESPONSE: read_etcd_lease_grant_response_t(x); break;
  case ETCD_EVENT_LEASE_REVOKE_RESPONSE: read_etcd_header_response_t(x); break;
  case ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE: read_etcd_lease_keep_alive_response_t(x); break;
  case ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE: read_etcd_lease_time_to_live_response_t(x); break;
  case ETCD_EVENT_LEASE_LIST_RESPONSE: read_etcd_lease_list_response_t(x); break;
  case ETCD_EVENT_LEASE_KEEP_ALIVE: read_etcd_lease_keep_alive_response_t(x); break;
  case ETCD_EVENT_WATCH: read_etcd_watch_response_t(x); break;
  case ETCD_EVENT_LEASE_SESSION_RESPONSE: read_etcd_lease_session_response_t(x); break;
  case ETCD_EVENT_LEASE_SESSION_LOST: read_etcd_header_response_t(x); break;
  case ETCD_EVENT_LEASE_SESSION_END: read_etcd_header_response_t(x); break;
  case ETCD_EVENT_MUTEX_RESPONSE: read_etcd_ownership_response_t(x); break;
  case ETCD_EVENT_MUTEX_UNLOCK: read_etcd_header_response_t(x); break;
  case ETCD_EVENT_MUTEX_LOST: read_etcd_header_response_t(x); break;
  case ETCD_EVENT_ELECTION_RESPONSE: read_etcd_ownership_response_t(x); break;
  case ETCD_EVENT_ELECTION_PROCLAIM: read_etcd_header_response_t(x); break;
  case ETCD_EVENT_ELECTION_RESIGN: read_etcd_header_response_t(x); break;
  case ETCD_EVENT_ELECTION_LOST: read_etcd_header_response_t(x); break;
  case ETCD_EVENT_ELECTION_LEADER: read_etcd_election_leader_response_t(x); break;
  case ETCD_EVENT_ELECTION_OBSERVE: read_etcd_election_leader_response_t(x); break;
  case ETCD_EVENT_CONNECTION_WATCH: read_etcd_connection_watch_response_t(x); break;
  default: FAIL("kind %d has a response", kind);
  }
}

static void fuzz_etcd_version_number(void) {
  begin("etcd_version_number");
  uint32_t got = etcd_version_number();
  ended();
  read_number((uint64_t)got);
}

static void fuzz_etcd_version_string(void) {
  begin("etcd_version_string");
  const char *got = etcd_version_string();
  ended();
  read_text(got);
}

static void fuzz_etcd_error_free(void) {
  etcd_error_t *error = take(KIND_etcd_error_t);
  begin("etcd_error_free");
  etcd_error_free(error);
  ended();
}

static void fuzz_etcd_status_name(void) {
  etcd_status_t status = any_etcd_status_t("status");
  begin("etcd_status_name");
  const char *got = etcd_status_name(status);
  ended();
  read_text(got);
}

static void fuzz_etcd_status_message(void) {
  etcd_status_t status = any_etcd_status_t("status");
  begin("etcd_status_message");
  const char *got = etcd_status_message(status);
  ended();
  read_text(got);
}

static void fuzz_etcd_status_is_retryable(void) {
  etcd_status_t status = any_etcd_status_t("status");
  begin("etcd_status_is_retryable");
  bool got = etcd_status_is_retryable(status);
  ended();
  read_number((uint64_t)got);
}

static void fuzz_etcd_status_is_timeout(void) {
  etcd_status_t status = any_etcd_status_t("status");
  begin("etcd_status_is_timeout");
  bool got = etcd_status_is_timeout(status);
  ended();
  read_number((uint64_t)got);
}

static void fuzz_etcd_status_is_unavailable(void) {
  etcd_status_t status = any_etcd_status_t("status");
  begin("etcd_status_is_unavailable");
  bool got = etcd_status_is_unavailable(status);
  ended();
  read_number((uint64_t)got);
}

static void fuzz_etcd_status_is_auth(void) {
  etcd_status_t status = any_etcd_status_t("status");
  begin("etcd_status_is_auth");
  bool got = etcd_status_is_auth(status);
  ended();
  read_number((uint64_t)got);
}

static void fuzz_etcd_status_is_not_found(void) {
  etcd_status_t status = any_etcd_status_t("status");
  begin("etcd_status_is_not_found");
  bool got = etcd_status_is_not_found(status);
  ended();
  read_number((uint64_t)got);
}

static void fuzz_etcd_status_may_be_applied(void) {
  etcd_status_t status = any_etcd_status_t("status");
  begin("etcd_status_may_be_applied");
  bool got = etcd_status_may_be_applied(status);
  ended();
  read_number((uint64_t)got);
}

static void fuzz_etcd_client_open(void) {
  struct room_etcd_client_options_t options_room;
  const etcd_client_options_t *options = any_etcd_client_options_t(&options_room);
  OUT(etcd_client_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_client_open");
  etcd_status_t got = etcd_client_open(options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_client_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_client_open_endpoints(void) {
  const char *endpoints = any_text("endpoints");
  OUT(etcd_client_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_client_open_endpoints");
  etcd_status_t got = etcd_client_open_endpoints(endpoints, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_client_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_client_close(void) {
  etcd_client_t *client = last(KIND_etcd_client_t);
  begin("etcd_client_close");
  etcd_client_close(client);
  ended();
}

static void fuzz_etcd_client_last_error(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  OUT(etcd_error_t, out);
  begin("etcd_client_last_error");
  etcd_status_t got = etcd_client_last_error(client, at_out);
  ended();
  is_possible(got);
  if (at_out != NULL) keep_last_error(got, out);
}

static void fuzz_etcd_mem_drop(void) {
  const char *endpoint = any_text("endpoint");
  OUT(etcd_error_t, err);
  begin("etcd_mem_drop");
  etcd_status_t got = etcd_mem_drop(endpoint, at_err);
  ended();
  is_possible(got);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_client_endpoints(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  OUT(etcd_client_endpoints_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_client_endpoints");
  etcd_status_t got = etcd_client_endpoints(client, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_client_endpoints_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_client_endpoints_free(void) {
  etcd_client_endpoints_t *endpoints = take(KIND_etcd_client_endpoints_t);
  begin("etcd_client_endpoints_free");
  etcd_client_endpoints_free(endpoints);
  ended();
}

static void fuzz_etcd_client_set_endpoints(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  const char *endpoints = any_text("endpoints");
  OUT(etcd_error_t, err);
  begin("etcd_client_set_endpoints");
  etcd_status_t got = etcd_client_set_endpoints(client, endpoints, at_err);
  ended();
  is_possible(got);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_client_sync(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_error_t, err);
  begin("etcd_client_sync");
  etcd_status_t got = etcd_client_sync(client, options, at_err);
  ended();
  is_possible(got);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_get(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_get_options_t options_room;
  const etcd_get_options_t *options = any_etcd_get_options_t(&options_room);
  OUT(etcd_get_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_kv_get");
  etcd_status_t got = etcd_kv_get(client, key, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_get_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_get_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_get_options_t options_room;
  const etcd_get_options_t *options = any_etcd_get_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_get_async");
  etcd_status_t got = etcd_kv_get_async(client, key, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_put(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  OUT(etcd_put_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_kv_put");
  etcd_status_t got = etcd_kv_put(client, key, value, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_put_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_put_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_put_async");
  etcd_status_t got = etcd_kv_put_async(client, key, value, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_delete(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_delete_options_t options_room;
  const etcd_delete_options_t *options = any_etcd_delete_options_t(&options_room);
  OUT(etcd_delete_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_kv_delete");
  etcd_status_t got = etcd_kv_delete(client, key, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_delete_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_delete_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_delete_options_t options_room;
  const etcd_delete_options_t *options = any_etcd_delete_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_delete_async");
  etcd_status_t got = etcd_kv_delete_async(client, key, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_compact(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  int64_t revision = any_int64_t("revision");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_header_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_kv_compact");
  etcd_status_t got = etcd_kv_compact(client, revision, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_header_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_compact_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  int64_t revision = any_int64_t("revision");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_compact_async");
  etcd_status_t got = etcd_kv_compact_async(client, revision, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_get_response_free(void) {
  etcd_get_response_t *response = take(KIND_etcd_get_response_t);
  begin("etcd_get_response_free");
  etcd_get_response_free(response);
  ended();
}

static void fuzz_etcd_put_response_free(void) {
  etcd_put_response_t *response = take(KIND_etcd_put_response_t);
  begin("etcd_put_response_free");
  etcd_put_response_free(response);
  ended();
}

static void fuzz_etcd_delete_response_free(void) {
  etcd_delete_response_t *response = take(KIND_etcd_delete_response_t);
  begin("etcd_delete_response_free");
  etcd_delete_response_free(response);
  ended();
}

static void fuzz_etcd_header_response_free(void) {
  etcd_header_response_t *response = take(KIND_etcd_header_response_t);
  begin("etcd_header_response_free");
  etcd_header_response_free(response);
  ended();
}

static void fuzz_etcd_if_response_free(void) {
  etcd_if_response_t *response = take(KIND_etcd_if_response_t);
  begin("etcd_if_response_free");
  etcd_if_response_free(response);
  ended();
}

static void fuzz_etcd_kv_put_if_absent(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  OUT(etcd_if_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_kv_put_if_absent");
  etcd_status_t got = etcd_kv_put_if_absent(client, key, value, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_if_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_put_if_absent_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_put_if_absent_async");
  etcd_status_t got = etcd_kv_put_if_absent_async(client, key, value, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_put_if_value(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t seen_value = any_etcd_bytes_t("seen_value");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  OUT(etcd_if_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_kv_put_if_value");
  etcd_status_t got = etcd_kv_put_if_value(client, key, seen_value, value, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_if_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_put_if_value_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t seen_value = any_etcd_bytes_t("seen_value");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_put_if_value_async");
  etcd_status_t got = etcd_kv_put_if_value_async(client, key, seen_value, value, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_put_if_revision(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  int64_t seen_revision = any_int64_t("seen_revision");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  OUT(etcd_if_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_kv_put_if_revision");
  etcd_status_t got = etcd_kv_put_if_revision(client, key, seen_revision, value, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_if_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_put_if_revision_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  int64_t seen_revision = any_int64_t("seen_revision");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_put_if_revision_async");
  etcd_status_t got = etcd_kv_put_if_revision_async(client, key, seen_revision, value, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_delete_if_value(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t seen_value = any_etcd_bytes_t("seen_value");
  struct room_etcd_delete_options_t options_room;
  const etcd_delete_options_t *options = any_etcd_delete_options_t(&options_room);
  OUT(etcd_if_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_kv_delete_if_value");
  etcd_status_t got = etcd_kv_delete_if_value(client, key, seen_value, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_if_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_delete_if_value_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t seen_value = any_etcd_bytes_t("seen_value");
  struct room_etcd_delete_options_t options_room;
  const etcd_delete_options_t *options = any_etcd_delete_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_delete_if_value_async");
  etcd_status_t got = etcd_kv_delete_if_value_async(client, key, seen_value, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_delete_if_revision(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  int64_t seen_revision = any_int64_t("seen_revision");
  struct room_etcd_delete_options_t options_room;
  const etcd_delete_options_t *options = any_etcd_delete_options_t(&options_room);
  OUT(etcd_if_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_kv_delete_if_revision");
  etcd_status_t got = etcd_kv_delete_if_revision(client, key, seen_revision, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_if_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_delete_if_revision_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  int64_t seen_revision = any_int64_t("seen_revision");
  struct room_etcd_delete_options_t options_room;
  const etcd_delete_options_t *options = any_etcd_delete_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_delete_if_revision_async");
  etcd_status_t got = etcd_kv_delete_if_revision_async(client, key, seen_revision, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_put_ttl(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  int64_t ttl = any_int64_t("ttl");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  OUT(etcd_put_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_kv_put_ttl");
  etcd_status_t got = etcd_kv_put_ttl(client, key, value, ttl, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_put_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_put_ttl_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  int64_t ttl = any_int64_t("ttl");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_put_ttl_async");
  etcd_status_t got = etcd_kv_put_ttl_async(client, key, value, ttl, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_range_open(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_range_options_t options_room;
  const etcd_range_options_t *options = any_etcd_range_options_t(&options_room);
  OUT(etcd_range_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_range_open");
  etcd_status_t got = etcd_range_open(client, key, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_range_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_range_next(void) {
  etcd_range_t *iter = any_handle(KIND_etcd_range_t);
  OUT(etcd_get_response_t, out);
  OUT(etcd_error_t, err);
  may_take(A_CALL);
  begin("etcd_range_next");
  etcd_status_t got = etcd_range_next(iter, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_get_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_range_next_async(void) {
  etcd_range_t *iter = any_handle(KIND_etcd_range_t);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_range_next_async");
  etcd_status_t got = etcd_range_next_async(iter, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_range_close(void) {
  etcd_range_t *iter = last(KIND_etcd_range_t);
  begin("etcd_range_close");
  etcd_range_close(iter);
  ended();
}

static void fuzz_etcd_prefix_end(void) {
  etcd_bytes_t prefix = any_etcd_bytes_t("prefix");
  uint8_t end[ROOM];
  size_t capacity = below(ROOM + 1);
  begin("etcd_prefix_end");
  size_t got = etcd_prefix_end(prefix, end, capacity);
  ended();
  read_number((uint64_t)got);
}

static void fuzz_etcd_txn_response_free(void) {
  etcd_txn_response_t *response = take(KIND_etcd_txn_response_t);
  begin("etcd_txn_response_free");
  etcd_txn_response_free(response);
  ended();
}

static void fuzz_etcd_txn_new(void) {
  begin("etcd_txn_new");
  etcd_txn_t *got = etcd_txn_new();
  ended();
  keep_etcd_txn_t(got);
}

static void fuzz_etcd_txn_free(void) {
  etcd_txn_t *txn = last(KIND_etcd_txn_t);
  begin("etcd_txn_free");
  etcd_txn_free(txn);
  ended();
}

static void fuzz_etcd_txn_compare(void) {
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_compare_options_t options_room;
  const etcd_compare_options_t *options = any_etcd_compare_options_t(&options_room);
  begin("etcd_txn_compare");
  etcd_status_t got = etcd_txn_compare(txn, key, options);
  ended();
  is_possible(got);
}

static void fuzz_etcd_txn_compare_value(void) {
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  int32_t relation = any_int32_t("relation");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  begin("etcd_txn_compare_value");
  etcd_status_t got = etcd_txn_compare_value(txn, key, relation, value);
  ended();
  is_possible(got);
}

static void fuzz_etcd_txn_compare_number(void) {
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  int32_t target = any_int32_t("target");
  int32_t relation = any_int32_t("relation");
  int64_t number = any_int64_t("number");
  begin("etcd_txn_compare_number");
  etcd_status_t got = etcd_txn_compare_number(txn, key, target, relation, number);
  ended();
  is_possible(got);
}

static void fuzz_etcd_txn_get(void) {
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  int32_t branch = any_int32_t("branch");
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_get_options_t options_room;
  const etcd_get_options_t *options = any_etcd_get_options_t(&options_room);
  begin("etcd_txn_get");
  etcd_status_t got = etcd_txn_get(txn, branch, key, options);
  ended();
  is_possible(got);
}

static void fuzz_etcd_txn_put(void) {
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  int32_t branch = any_int32_t("branch");
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  begin("etcd_txn_put");
  etcd_status_t got = etcd_txn_put(txn, branch, key, value, options);
  ended();
  is_possible(got);
}

static void fuzz_etcd_txn_delete(void) {
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  int32_t branch = any_int32_t("branch");
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_delete_options_t options_room;
  const etcd_delete_options_t *options = any_etcd_delete_options_t(&options_room);
  begin("etcd_txn_delete");
  etcd_status_t got = etcd_txn_delete(txn, branch, key, options);
  ended();
  is_possible(got);
}

static void fuzz_etcd_txn_nest(void) {
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  int32_t branch = any_int32_t("branch");
  etcd_txn_t *nested = any_handle(KIND_etcd_txn_t);
  begin("etcd_txn_nest");
  etcd_status_t got = etcd_txn_nest(txn, branch, nested);
  ended();
  is_possible(got);
}

static void fuzz_etcd_txn_commit(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_txn_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_txn_commit");
  etcd_status_t got = etcd_txn_commit(client, txn, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_txn_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_txn_commit_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_txn_commit_async");
  etcd_status_t got = etcd_txn_commit_async(client, txn, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_op_new_get(void) {
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_get_options_t options_room;
  const etcd_get_options_t *options = any_etcd_get_options_t(&options_room);
  OUT(etcd_op_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_op_new_get");
  etcd_status_t got = etcd_op_new_get(key, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_op_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_op_new_put(void) {
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_put_options_t options_room;
  const etcd_put_options_t *options = any_etcd_put_options_t(&options_room);
  OUT(etcd_op_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_op_new_put");
  etcd_status_t got = etcd_op_new_put(key, value, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_op_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_op_new_delete(void) {
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_delete_options_t options_room;
  const etcd_delete_options_t *options = any_etcd_delete_options_t(&options_room);
  OUT(etcd_op_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_op_new_delete");
  etcd_status_t got = etcd_op_new_delete(key, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_op_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_op_new_txn(void) {
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  OUT(etcd_op_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_op_new_txn");
  etcd_status_t got = etcd_op_new_txn(txn, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_op_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_op_free(void) {
  etcd_op_t *op = last(KIND_etcd_op_t);
  begin("etcd_op_free");
  etcd_op_free(op);
  ended();
}

static void fuzz_etcd_txn_add(void) {
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  int32_t branch = any_int32_t("branch");
  etcd_op_t *op = any_handle(KIND_etcd_op_t);
  begin("etcd_txn_add");
  etcd_status_t got = etcd_txn_add(txn, branch, op);
  ended();
  is_possible(got);
}

static void fuzz_etcd_kv_do(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_op_t *op = any_handle(KIND_etcd_op_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_op_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_kv_do");
  etcd_status_t got = etcd_kv_do(client, op, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_op_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_do_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_op_t *op = any_handle(KIND_etcd_op_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_do_async");
  etcd_status_t got = etcd_kv_do_async(client, op, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_op_response_free(void) {
  etcd_op_response_t *response = take(KIND_etcd_op_response_t);
  begin("etcd_op_response_free");
  etcd_op_response_free(response);
  ended();
}

static void fuzz_etcd_lease_grant_response_free(void) {
  etcd_lease_grant_response_t *response = take(KIND_etcd_lease_grant_response_t);
  begin("etcd_lease_grant_response_free");
  etcd_lease_grant_response_free(response);
  ended();
}

static void fuzz_etcd_lease_keep_alive_response_free(void) {
  etcd_lease_keep_alive_response_t *response = take(KIND_etcd_lease_keep_alive_response_t);
  begin("etcd_lease_keep_alive_response_free");
  etcd_lease_keep_alive_response_free(response);
  ended();
}

static void fuzz_etcd_lease_time_to_live_response_free(void) {
  etcd_lease_time_to_live_response_t *response = take(KIND_etcd_lease_time_to_live_response_t);
  begin("etcd_lease_time_to_live_response_free");
  etcd_lease_time_to_live_response_free(response);
  ended();
}

static void fuzz_etcd_lease_list_response_free(void) {
  etcd_lease_list_response_t *response = take(KIND_etcd_lease_list_response_t);
  begin("etcd_lease_list_response_free");
  etcd_lease_list_response_free(response);
  ended();
}

static void fuzz_etcd_lease_grant(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  int64_t ttl = any_int64_t("ttl");
  struct room_etcd_lease_grant_options_t options_room;
  const etcd_lease_grant_options_t *options = any_etcd_lease_grant_options_t(&options_room);
  OUT(etcd_lease_grant_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_lease_grant");
  etcd_status_t got = etcd_lease_grant(client, ttl, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_lease_grant_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_grant_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  int64_t ttl = any_int64_t("ttl");
  struct room_etcd_lease_grant_options_t options_room;
  const etcd_lease_grant_options_t *options = any_etcd_lease_grant_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_lease_grant_async");
  etcd_status_t got = etcd_lease_grant_async(client, ttl, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_revoke(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  int64_t id = any_int64_t("id");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_header_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_lease_revoke");
  etcd_status_t got = etcd_lease_revoke(client, id, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_header_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_revoke_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  int64_t id = any_int64_t("id");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_lease_revoke_async");
  etcd_status_t got = etcd_lease_revoke_async(client, id, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_keep_alive_once(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  int64_t id = any_int64_t("id");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_lease_keep_alive_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_lease_keep_alive_once");
  etcd_status_t got = etcd_lease_keep_alive_once(client, id, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_lease_keep_alive_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_keep_alive_once_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  int64_t id = any_int64_t("id");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_lease_keep_alive_once_async");
  etcd_status_t got = etcd_lease_keep_alive_once_async(client, id, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_time_to_live(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  int64_t id = any_int64_t("id");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_lease_time_to_live_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_lease_time_to_live");
  etcd_status_t got = etcd_lease_time_to_live(client, id, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_lease_time_to_live_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_time_to_live_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  int64_t id = any_int64_t("id");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_lease_time_to_live_async");
  etcd_status_t got = etcd_lease_time_to_live_async(client, id, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_list(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_lease_list_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_lease_list");
  etcd_status_t got = etcd_lease_list(client, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_lease_list_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_list_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_lease_list_async");
  etcd_status_t got = etcd_lease_list_async(client, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_keep_alive_open(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  int64_t id = any_int64_t("id");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_or_none(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_lease_keep_alive_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_lease_keep_alive_open");
  etcd_status_t got = etcd_lease_keep_alive_open(client, id, options, queue, user_data, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_lease_keep_alive_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_keep_alive_next(void) {
  etcd_lease_keep_alive_t *keep_alive = any_handle(KIND_etcd_lease_keep_alive_t);
  int32_t wait_ms = any_int32_t("wait_ms");
  OUT(etcd_lease_keep_alive_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_lease_keep_alive_next");
  etcd_status_t got = etcd_lease_keep_alive_next(keep_alive, wait_ms, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_lease_keep_alive_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_keep_alive_left_ms(void) {
  etcd_lease_keep_alive_t *keep_alive = any_handle(KIND_etcd_lease_keep_alive_t);
  begin("etcd_lease_keep_alive_left_ms");
  int64_t got = etcd_lease_keep_alive_left_ms(keep_alive);
  ended();
  read_number((uint64_t)got);
}

static void fuzz_etcd_lease_keep_alive_close(void) {
  etcd_lease_keep_alive_t *keep_alive = last(KIND_etcd_lease_keep_alive_t);
  begin("etcd_lease_keep_alive_close");
  etcd_lease_keep_alive_close(keep_alive);
  ended();
}

static void fuzz_etcd_watch_open(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_watch_options_t options_room;
  const etcd_watch_options_t *options = any_etcd_watch_options_t(&options_room);
  etcd_queue_t *queue = any_or_none(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_watch_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_watch_open");
  etcd_status_t got = etcd_watch_open(client, key, options, queue, user_data, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_watch_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_watch_next(void) {
  etcd_watch_t *watch = any_handle(KIND_etcd_watch_t);
  int32_t wait_ms = any_int32_t("wait_ms");
  OUT(etcd_watch_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_watch_next");
  etcd_status_t got = etcd_watch_next(watch, wait_ms, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_watch_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_watch_request_progress(void) {
  etcd_watch_t *watch = any_handle(KIND_etcd_watch_t);
  begin("etcd_watch_request_progress");
  etcd_status_t got = etcd_watch_request_progress(watch);
  ended();
  is_possible(got);
}

static void fuzz_etcd_watch_close(void) {
  etcd_watch_t *watch = last(KIND_etcd_watch_t);
  begin("etcd_watch_close");
  etcd_watch_close(watch);
  ended();
}

static void fuzz_etcd_watch_response_free(void) {
  etcd_watch_response_t *response = take(KIND_etcd_watch_response_t);
  begin("etcd_watch_response_free");
  etcd_watch_response_free(response);
  ended();
}

static void fuzz_etcd_kv_wait_for(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  bool exists = any_bool("exists");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_get_response_t, out);
  OUT(etcd_error_t, err);
  if (!one_in(50)) return;
  may_take(FOR_EVER);
  begin("etcd_kv_wait_for");
  etcd_status_t got = etcd_kv_wait_for(client, key, exists, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_get_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_kv_wait_for_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  bool exists = any_bool("exists");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_kv_wait_for_async");
  etcd_status_t got = etcd_kv_wait_for_async(client, key, exists, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_session_response_free(void) {
  etcd_lease_session_response_t *response = take(KIND_etcd_lease_session_response_t);
  begin("etcd_lease_session_response_free");
  etcd_lease_session_response_free(response);
  ended();
}

static void fuzz_etcd_lease_session_open(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  struct room_etcd_lease_session_options_t options_room;
  const etcd_lease_session_options_t *options = any_etcd_lease_session_options_t(&options_room);
  OUT(etcd_lease_session_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_lease_session_open");
  etcd_status_t got = etcd_lease_session_open(client, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_lease_session_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_session_lease(void) {
  etcd_lease_session_t *session = any_handle(KIND_etcd_lease_session_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_lease_session_response_t, out);
  OUT(etcd_error_t, err);
  if (!one_in(50)) return;
  may_take(FOR_EVER);
  begin("etcd_lease_session_lease");
  etcd_status_t got = etcd_lease_session_lease(session, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_lease_session_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_session_lease_async(void) {
  etcd_lease_session_t *session = any_handle(KIND_etcd_lease_session_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_lease_session_lease_async");
  etcd_status_t got = etcd_lease_session_lease_async(session, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_session_lost(void) {
  etcd_lease_session_t *session = any_handle(KIND_etcd_lease_session_t);
  int64_t lease = any_int64_t("lease");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_header_response_t, out);
  OUT(etcd_error_t, err);
  if (!one_in(50)) return;
  may_take(FOR_EVER);
  begin("etcd_lease_session_lost");
  etcd_status_t got = etcd_lease_session_lost(session, lease, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_header_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_session_lost_async(void) {
  etcd_lease_session_t *session = any_handle(KIND_etcd_lease_session_t);
  int64_t lease = any_int64_t("lease");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_lease_session_lost_async");
  etcd_status_t got = etcd_lease_session_lost_async(session, lease, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_session_end(void) {
  etcd_lease_session_t *session = any_handle(KIND_etcd_lease_session_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_header_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_lease_session_end");
  etcd_status_t got = etcd_lease_session_end(session, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_header_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_session_end_async(void) {
  etcd_lease_session_t *session = any_handle(KIND_etcd_lease_session_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_lease_session_end_async");
  etcd_status_t got = etcd_lease_session_end_async(session, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lease_session_left_ms(void) {
  etcd_lease_session_t *session = any_handle(KIND_etcd_lease_session_t);
  begin("etcd_lease_session_left_ms");
  int64_t got = etcd_lease_session_left_ms(session);
  ended();
  read_number((uint64_t)got);
}

static void fuzz_etcd_lease_session_orphan(void) {
  etcd_lease_session_t *session = any_handle(KIND_etcd_lease_session_t);
  begin("etcd_lease_session_orphan");
  etcd_lease_session_orphan(session);
  ended();
}

static void fuzz_etcd_lease_session_close(void) {
  etcd_lease_session_t *session = last(KIND_etcd_lease_session_t);
  begin("etcd_lease_session_close");
  etcd_lease_session_close(session);
  ended();
}

static void fuzz_etcd_ownership_response_free(void) {
  etcd_ownership_response_t *response = take(KIND_etcd_ownership_response_t);
  begin("etcd_ownership_response_free");
  etcd_ownership_response_free(response);
  ended();
}

static void fuzz_etcd_mutex_open(void) {
  etcd_lease_session_t *session = any_handle(KIND_etcd_lease_session_t);
  etcd_bytes_t name = any_etcd_bytes_t("name");
  OUT(etcd_mutex_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_mutex_open");
  etcd_status_t got = etcd_mutex_open(session, name, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_mutex_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_mutex_lock(void) {
  etcd_mutex_t *mutex = any_handle(KIND_etcd_mutex_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_ownership_response_t, out);
  OUT(etcd_error_t, err);
  if (!one_in(50)) return;
  may_take(FOR_EVER);
  begin("etcd_mutex_lock");
  etcd_status_t got = etcd_mutex_lock(mutex, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_ownership_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_mutex_lock_async(void) {
  etcd_mutex_t *mutex = any_handle(KIND_etcd_mutex_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_mutex_lock_async");
  etcd_status_t got = etcd_mutex_lock_async(mutex, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_mutex_try_lock(void) {
  etcd_mutex_t *mutex = any_handle(KIND_etcd_mutex_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_ownership_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_mutex_try_lock");
  etcd_status_t got = etcd_mutex_try_lock(mutex, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_ownership_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_mutex_try_lock_async(void) {
  etcd_mutex_t *mutex = any_handle(KIND_etcd_mutex_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_mutex_try_lock_async");
  etcd_status_t got = etcd_mutex_try_lock_async(mutex, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_mutex_unlock(void) {
  etcd_mutex_t *mutex = any_handle(KIND_etcd_mutex_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_header_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_mutex_unlock");
  etcd_status_t got = etcd_mutex_unlock(mutex, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_header_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_mutex_unlock_async(void) {
  etcd_mutex_t *mutex = any_handle(KIND_etcd_mutex_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_mutex_unlock_async");
  etcd_status_t got = etcd_mutex_unlock_async(mutex, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_mutex_check(void) {
  etcd_mutex_t *mutex = any_handle(KIND_etcd_mutex_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_ownership_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_mutex_check");
  etcd_status_t got = etcd_mutex_check(mutex, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_ownership_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_mutex_check_async(void) {
  etcd_mutex_t *mutex = any_handle(KIND_etcd_mutex_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_mutex_check_async");
  etcd_status_t got = etcd_mutex_check_async(mutex, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_mutex_lost(void) {
  etcd_mutex_t *mutex = any_handle(KIND_etcd_mutex_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_header_response_t, out);
  OUT(etcd_error_t, err);
  if (!one_in(50)) return;
  may_take(FOR_EVER);
  begin("etcd_mutex_lost");
  etcd_status_t got = etcd_mutex_lost(mutex, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_header_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_mutex_lost_async(void) {
  etcd_mutex_t *mutex = any_handle(KIND_etcd_mutex_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_mutex_lost_async");
  etcd_status_t got = etcd_mutex_lost_async(mutex, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_mutex_fence(void) {
  etcd_mutex_t *mutex = any_handle(KIND_etcd_mutex_t);
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  begin("etcd_mutex_fence");
  etcd_status_t got = etcd_mutex_fence(mutex, txn);
  ended();
  is_possible(got);
}

static void fuzz_etcd_mutex_close(void) {
  etcd_mutex_t *mutex = last(KIND_etcd_mutex_t);
  begin("etcd_mutex_close");
  etcd_mutex_close(mutex);
  ended();
}

static void fuzz_etcd_election_leader_response_free(void) {
  etcd_election_leader_response_t *response = take(KIND_etcd_election_leader_response_t);
  begin("etcd_election_leader_response_free");
  etcd_election_leader_response_free(response);
  ended();
}

static void fuzz_etcd_election_open(void) {
  etcd_lease_session_t *session = any_handle(KIND_etcd_lease_session_t);
  etcd_bytes_t name = any_etcd_bytes_t("name");
  OUT(etcd_election_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_election_open");
  etcd_status_t got = etcd_election_open(session, name, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_election_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_campaign(void) {
  etcd_election_t *election = any_handle(KIND_etcd_election_t);
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_ownership_response_t, out);
  OUT(etcd_error_t, err);
  if (!one_in(50)) return;
  may_take(FOR_EVER);
  begin("etcd_election_campaign");
  etcd_status_t got = etcd_election_campaign(election, value, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_ownership_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_campaign_async(void) {
  etcd_election_t *election = any_handle(KIND_etcd_election_t);
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_election_campaign_async");
  etcd_status_t got = etcd_election_campaign_async(election, value, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_resume(void) {
  etcd_election_t *election = any_handle(KIND_etcd_election_t);
  int64_t create_revision = any_int64_t("create_revision");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_ownership_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_election_resume");
  etcd_status_t got = etcd_election_resume(election, create_revision, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_ownership_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_resume_async(void) {
  etcd_election_t *election = any_handle(KIND_etcd_election_t);
  int64_t create_revision = any_int64_t("create_revision");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_election_resume_async");
  etcd_status_t got = etcd_election_resume_async(election, create_revision, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_proclaim(void) {
  etcd_election_t *election = any_handle(KIND_etcd_election_t);
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_header_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_election_proclaim");
  etcd_status_t got = etcd_election_proclaim(election, value, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_header_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_proclaim_async(void) {
  etcd_election_t *election = any_handle(KIND_etcd_election_t);
  etcd_bytes_t value = any_etcd_bytes_t("value");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_election_proclaim_async");
  etcd_status_t got = etcd_election_proclaim_async(election, value, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_resign(void) {
  etcd_election_t *election = any_handle(KIND_etcd_election_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_header_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_election_resign");
  etcd_status_t got = etcd_election_resign(election, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_header_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_resign_async(void) {
  etcd_election_t *election = any_handle(KIND_etcd_election_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_election_resign_async");
  etcd_status_t got = etcd_election_resign_async(election, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_lost(void) {
  etcd_election_t *election = any_handle(KIND_etcd_election_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_header_response_t, out);
  OUT(etcd_error_t, err);
  if (!one_in(50)) return;
  may_take(FOR_EVER);
  begin("etcd_election_lost");
  etcd_status_t got = etcd_election_lost(election, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_header_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_lost_async(void) {
  etcd_election_t *election = any_handle(KIND_etcd_election_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_election_lost_async");
  etcd_status_t got = etcd_election_lost_async(election, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_fence(void) {
  etcd_election_t *election = any_handle(KIND_etcd_election_t);
  etcd_txn_t *txn = any_handle(KIND_etcd_txn_t);
  begin("etcd_election_fence");
  etcd_status_t got = etcd_election_fence(election, txn);
  ended();
  is_possible(got);
}

static void fuzz_etcd_election_close(void) {
  etcd_election_t *election = last(KIND_etcd_election_t);
  begin("etcd_election_close");
  etcd_election_close(election);
  ended();
}

static void fuzz_etcd_election_leader(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t name = any_etcd_bytes_t("name");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_election_leader_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_election_leader");
  etcd_status_t got = etcd_election_leader(client, name, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_election_leader_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_leader_async(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t name = any_etcd_bytes_t("name");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_call_t, call);
  OUT(etcd_error_t, err);
  begin("etcd_election_leader_async");
  etcd_status_t got = etcd_election_leader_async(client, name, options, queue, user_data, at_call, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_call, call)) keep_etcd_call_t(call);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_observer_open(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t name = any_etcd_bytes_t("name");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  etcd_queue_t *queue = any_or_none(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_election_observer_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_election_observer_open");
  etcd_status_t got = etcd_election_observer_open(client, name, options, queue, user_data, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_election_observer_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_observer_next(void) {
  etcd_election_observer_t *observer = any_handle(KIND_etcd_election_observer_t);
  int32_t wait_ms = any_int32_t("wait_ms");
  OUT(etcd_election_leader_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_election_observer_next");
  etcd_status_t got = etcd_election_observer_next(observer, wait_ms, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_election_leader_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_election_observer_close(void) {
  etcd_election_observer_t *observer = last(KIND_etcd_election_observer_t);
  begin("etcd_election_observer_close");
  etcd_election_observer_close(observer);
  ended();
}

static void fuzz_etcd_stm_run(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_stm_cb function = any_etcd_stm_cb("function");
  void *arg = any_argument("arg");
  struct room_etcd_stm_options_t options_room;
  const etcd_stm_options_t *options = any_etcd_stm_options_t(&options_room);
  OUT(etcd_header_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_stm_run");
  etcd_status_t got = etcd_stm_run(client, function, arg, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_header_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_stm_get(void) {
  etcd_stm_t *stm = any_stm();
  etcd_bytes_t key = any_etcd_bytes_t("key");
  OUT(etcd_get_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_stm_get");
  etcd_status_t got = etcd_stm_get(stm, key, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_get_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_stm_get_prefix(void) {
  etcd_stm_t *stm = any_stm();
  etcd_bytes_t prefix = any_etcd_bytes_t("prefix");
  OUT(etcd_get_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_stm_get_prefix");
  etcd_status_t got = etcd_stm_get_prefix(stm, prefix, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_get_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_stm_put(void) {
  etcd_stm_t *stm = any_stm();
  etcd_bytes_t key = any_etcd_bytes_t("key");
  etcd_bytes_t value = any_etcd_bytes_t("value");
  int64_t lease = any_int64_t("lease");
  begin("etcd_stm_put");
  etcd_status_t got = etcd_stm_put(stm, key, value, lease);
  ended();
  is_possible(got);
}

static void fuzz_etcd_stm_delete(void) {
  etcd_stm_t *stm = any_stm();
  etcd_bytes_t key = any_etcd_bytes_t("key");
  begin("etcd_stm_delete");
  etcd_status_t got = etcd_stm_delete(stm, key);
  ended();
  is_possible(got);
}

static void fuzz_etcd_event_kind(void) {
  etcd_event_t *event = take(KIND_etcd_event_t);
  begin("etcd_event_kind");
  int32_t got = etcd_event_kind(event);
  ended();
  read_number((uint64_t)got);
  keep_etcd_event_t(event);
}

static void fuzz_etcd_event_user_data(void) {
  etcd_event_t *event = take(KIND_etcd_event_t);
  begin("etcd_event_user_data");
  void *got = etcd_event_user_data(event);
  ended();
  is_user_data(got);
  keep_etcd_event_t(event);
}

static void fuzz_etcd_event_status(void) {
  etcd_event_t *event = take(KIND_etcd_event_t);
  begin("etcd_event_status");
  etcd_status_t got = etcd_event_status(event);
  ended();
  is_possible(got);
  keep_etcd_event_t(event);
}

static void fuzz_etcd_event_error(void) {
  etcd_event_t *event = take(KIND_etcd_event_t);
  begin("etcd_event_error");
  const etcd_error_t *got = etcd_event_error(event);
  ended();
  if (got != NULL) read_etcd_error_t(got);
  keep_etcd_event_t(event);
}

static void fuzz_etcd_event_response(void) {
  etcd_event_t *event = take(KIND_etcd_event_t);
  int32_t kind = any_kind(event);
  begin("etcd_event_response");
  const void *got = etcd_event_response(event, kind);
  ended();
  if (got != NULL) read_response(kind, got);
  keep_etcd_event_t(event);
}

static void fuzz_etcd_event_take_response(void) {
  etcd_event_t *event = take(KIND_etcd_event_t);
  int32_t kind = any_kind(event);
  begin("etcd_event_take_response");
  void *got = etcd_event_take_response(event, kind);
  ended();
  if (got != NULL) keep_response(kind, got);
  keep_etcd_event_t(event);
}

static void fuzz_etcd_event_keep(void) {
  etcd_event_t *event = take(KIND_etcd_event_t);
  begin("etcd_event_keep");
  etcd_event_t *got = etcd_event_keep(event);
  ended();
  CHECK(got == event);
  keep_etcd_event_t(event);
}

static void fuzz_etcd_event_free(void) {
  etcd_event_t *event = take(KIND_etcd_event_t);
  begin("etcd_event_free");
  etcd_event_free(event);
  ended();
}

static void fuzz_etcd_call_cancel(void) {
  etcd_call_t *call = last(KIND_etcd_call_t);
  begin("etcd_call_cancel");
  etcd_status_t got = etcd_call_cancel(call);
  ended();
  is_possible(got);
}

static void fuzz_etcd_queue_new(void) {
  struct room_etcd_queue_options_t options_room;
  const etcd_queue_options_t *options = any_etcd_queue_options_t(&options_room);
  OUT(etcd_queue_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_queue_new");
  etcd_status_t got = etcd_queue_new(options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_queue_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_queue_free(void) {
  etcd_queue_t *queue = last(KIND_etcd_queue_t);
  may_take(A_CALL);
  begin("etcd_queue_free");
  etcd_queue_free(queue);
  ended();
}

static void fuzz_etcd_queue_fd(void) {
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  begin("etcd_queue_fd");
  int got = etcd_queue_fd(queue);
  ended();
  read_number((uint64_t)got);
}

static void fuzz_etcd_queue_next(void) {
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  int32_t wait_ms = any_int32_t("wait_ms");
  OUT(etcd_event_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_queue_next");
  etcd_status_t got = etcd_queue_next(queue, wait_ms, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_event_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_queue_next_batch(void) {
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  int32_t wait_ms = any_int32_t("wait_ms");
  etcd_event_t *events[ROOM] = { NULL };
  size_t capacity = below(ROOM + 1);
  size_t count = ROOM + 1;
  OUT(etcd_error_t, err);
  begin("etcd_queue_next_batch");
  etcd_status_t got = etcd_queue_next_batch(queue, wait_ms, events, capacity, &count, at_err);
  ended();
  is_possible(got);
  got_events(got, events, count, capacity);
  CHECK(got == ETCD_OK || count == 0);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_queue_wake(void) {
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  begin("etcd_queue_wake");
  etcd_status_t got = etcd_queue_wake(queue);
  ended();
  is_possible(got);
}

static void fuzz_etcd_queue_dispatch(void) {
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  int32_t wait_ms = any_int32_t("wait_ms");
  etcd_event_cb callback = any_etcd_event_cb("callback");
  void *arg = any_argument("arg");
  size_t count = ROOM + 1;
  OUT(etcd_error_t, err);
  begin("etcd_queue_dispatch");
  etcd_status_t got = etcd_queue_dispatch(queue, wait_ms, callback, arg, &count, at_err);
  ended();
  is_possible(got);
  CHECK(got == ETCD_OK || count == 0);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_queue_dispatch_handlers(void) {
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  int32_t wait_ms = any_int32_t("wait_ms");
  size_t count = ROOM + 1;
  OUT(etcd_error_t, err);
  begin("etcd_queue_dispatch_handlers");
  etcd_status_t got = etcd_queue_dispatch_handlers(queue, wait_ms, &count, at_err);
  ended();
  is_possible(got);
  CHECK(got == ETCD_OK || count == 0);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_queue_start_dispatcher(void) {
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  etcd_event_cb callback = any_etcd_event_cb("callback");
  void *arg = any_argument("arg");
  OUT(etcd_error_t, err);
  begin("etcd_queue_start_dispatcher");
  etcd_status_t got = etcd_queue_start_dispatcher(queue, callback, arg, at_err);
  ended();
  is_possible(got);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_queue_start_handler_dispatcher(void) {
  etcd_queue_t *queue = any_handle(KIND_etcd_queue_t);
  OUT(etcd_error_t, err);
  begin("etcd_queue_start_handler_dispatcher");
  etcd_status_t got = etcd_queue_start_handler_dispatcher(queue, at_err);
  ended();
  is_possible(got);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_connection_watch_open(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_queue_t *queue = any_or_none(KIND_etcd_queue_t);
  void *user_data = any_argument("user_data");
  OUT(etcd_connection_watch_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_connection_watch_open");
  etcd_status_t got = etcd_connection_watch_open(client, queue, user_data, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_connection_watch_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_connection_watch_next(void) {
  etcd_connection_watch_t *connection = any_handle(KIND_etcd_connection_watch_t);
  int32_t wait_ms = any_int32_t("wait_ms");
  OUT(etcd_connection_watch_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_connection_watch_next");
  etcd_status_t got = etcd_connection_watch_next(connection, wait_ms, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_connection_watch_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_connection_watch_close(void) {
  etcd_connection_watch_t *connection = last(KIND_etcd_connection_watch_t);
  begin("etcd_connection_watch_close");
  etcd_connection_watch_close(connection);
  ended();
}

static void fuzz_etcd_connection_watch_response_free(void) {
  etcd_connection_watch_response_t *response = take(KIND_etcd_connection_watch_response_t);
  begin("etcd_connection_watch_response_free");
  etcd_connection_watch_response_free(response);
  ended();
}

static void fuzz_etcd_client_counters(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  struct room_etcd_counters_t counters_room;
  etcd_counters_t *counters = any_etcd_counters_t(&counters_room);
  OUT(etcd_error_t, err);
  begin("etcd_client_counters");
  etcd_status_t got = etcd_client_counters(client, counters, at_err);
  ended();
  is_possible(got);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_client_counters_text(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  const char *label = any_text("label");
  OUT(char, out);
  OUT(etcd_error_t, err);
  begin("etcd_client_counters_text");
  etcd_status_t got = etcd_client_counters_text(client, label, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_char(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_text_free(void) {
  char *text = take(KIND_char);
  begin("etcd_text_free");
  etcd_text_free(text);
  ended();
}

static void fuzz_etcd_member_list_response_free(void) {
  etcd_member_list_response_t *response = take(KIND_etcd_member_list_response_t);
  begin("etcd_member_list_response_free");
  etcd_member_list_response_free(response);
  ended();
}

static void fuzz_etcd_member_list(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_member_list_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_member_list");
  etcd_status_t got = etcd_member_list(client, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_member_list_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_maintenance_status_response_free(void) {
  etcd_maintenance_status_response_t *response = take(KIND_etcd_maintenance_status_response_t);
  begin("etcd_maintenance_status_response_free");
  etcd_maintenance_status_response_free(response);
  ended();
}

static void fuzz_etcd_maintenance_status(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  const char *endpoint = any_text("endpoint");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_maintenance_status_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_maintenance_status");
  etcd_status_t got = etcd_maintenance_status(client, endpoint, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_maintenance_status_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lock_service_lock_response_free(void) {
  etcd_lock_service_lock_response_t *response = take(KIND_etcd_lock_service_lock_response_t);
  begin("etcd_lock_service_lock_response_free");
  etcd_lock_service_lock_response_free(response);
  ended();
}

static void fuzz_etcd_lock_service_lock(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t name = any_etcd_bytes_t("name");
  int64_t lease = any_int64_t("lease");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_lock_service_lock_response_t, out);
  OUT(etcd_error_t, err);
  if (!one_in(50)) return;
  may_take(FOR_EVER);
  begin("etcd_lock_service_lock");
  etcd_status_t got = etcd_lock_service_lock(client, name, lease, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_lock_service_lock_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_lock_service_unlock(void) {
  etcd_client_t *client = any_handle(KIND_etcd_client_t);
  etcd_bytes_t key = any_etcd_bytes_t("key");
  struct room_etcd_call_options_t options_room;
  const etcd_call_options_t *options = any_etcd_call_options_t(&options_room);
  OUT(etcd_header_response_t, out);
  OUT(etcd_error_t, err);
  begin("etcd_lock_service_unlock");
  etcd_status_t got = etcd_lock_service_unlock(client, key, options, at_out, at_err);
  ended();
  is_possible(got);
  if (is_there(got, (void **)at_out, out)) keep_etcd_header_response_t(out);
  if (at_err != NULL) fits(got, err);
}

static void fuzz_etcd_open(void) {
  const etcd_server *server_list = any_servers();
  begin("etcd_open");
  etcd_session got = etcd_open(server_list);
  ended();
  keep_etcd_client_t(got);
}

static void fuzz_etcd_open_str(void) {
  const char *server_names = any_text("server_names");
  begin("etcd_open_str");
  etcd_session got = etcd_open_str(server_names);
  ended();
  keep_etcd_client_t(got);
}

static void fuzz_etcd_close(void) {
  etcd_session session = last(KIND_etcd_client_t);
  begin("etcd_close");
  etcd_close(session);
  ended();
}

static void fuzz_etcd_close_str(void) {
  etcd_session session = last(KIND_etcd_client_t);
  begin("etcd_close_str");
  etcd_close_str(session);
  ended();
}

static void fuzz_etcd_get(void) {
  etcd_session session = any_handle(KIND_etcd_client_t);
  const char *key = any_text("key");
  may_take(A_CALL);
  begin("etcd_get");
  char *got = etcd_get(session, key);
  ended();
  free(got);
}

static void fuzz_etcd_watch(void) {
  etcd_session session = any_handle(KIND_etcd_client_t);
  const char *pfx = any_text("pfx");
  OUT(char, keyp);
  OUT(char, valuep);
  int index_in = any_index();
  int index_out = -7;
  if (!one_in(50)) return;
  may_take(FOR_EVER);
  begin("etcd_watch");
  etcd_result got = etcd_watch(session, pfx, at_keyp, at_valuep, &index_in, &index_out);
  ended();
  CHECK(got >= 0 && got <= ETCD_WTF);
  if (at_keyp != NULL) got_classic(got, keyp);
  if (at_valuep != NULL) got_classic(got, valuep);
  CHECK(got == ETCD_OK || index_out == -7);
}

static void fuzz_etcd_set(void) {
  etcd_session session = any_handle(KIND_etcd_client_t);
  const char *key = any_text("key");
  const char *value = any_text("value");
  const char *precond = any_text("precond");
  unsigned int ttl = any_uint32_t("ttl");
  may_take(A_CALL);
  begin("etcd_set");
  etcd_result got = etcd_set(session, key, value, precond, ttl);
  ended();
  CHECK(got >= 0 && got <= ETCD_WTF);
}

static void fuzz_etcd_delete(void) {
  etcd_session session = any_handle(KIND_etcd_client_t);
  const char *key = any_text("key");
  may_take(A_CALL);
  begin("etcd_delete");
  etcd_result got = etcd_delete(session, key);
  ended();
  CHECK(got >= 0 && got <= ETCD_WTF);
}

static void fuzz_etcd_leader(void) {
  etcd_session session = any_handle(KIND_etcd_client_t);
  may_take(A_CALL);
  begin("etcd_leader");
  char *got = etcd_leader(session);
  ended();
  free(got);
}

static void fuzz_etcd_lock(void) {
  etcd_session session = any_handle(KIND_etcd_client_t);
  const char *key = any_text("key");
  unsigned int ttl = any_uint32_t("ttl");
  const char *index_in = any_text("index_in");
  OUT(char, index_out);
  if (!one_in(50)) return;
  may_take(FOR_EVER);
  begin("etcd_lock");
  etcd_result got = etcd_lock(session, key, ttl, index_in, at_index_out);
  ended();
  CHECK(got >= 0 && got <= ETCD_WTF);
  if (at_index_out != NULL) got_classic(got, index_out);
}

static void fuzz_etcd_unlock(void) {
  etcd_session session = any_handle(KIND_etcd_client_t);
  const char *key = any_text("key");
  const char *index = any_text("index");
  may_take(A_CALL);
  begin("etcd_unlock");
  etcd_result got = etcd_unlock(session, key, index);
  ended();
  CHECK(got >= 0 && got <= ETCD_WTF);
}

static const struct {
  const char *name;
  void (*call)(void);
  int waits;
} exports[] = {
  { "etcd_version_number", fuzz_etcd_version_number, 0 },
  { "etcd_version_string", fuzz_etcd_version_string, 0 },
  { "etcd_error_free", fuzz_etcd_error_free, 0 },
  { "etcd_status_name", fuzz_etcd_status_name, 0 },
  { "etcd_status_message", fuzz_etcd_status_message, 0 },
  { "etcd_status_is_retryable", fuzz_etcd_status_is_retryable, 0 },
  { "etcd_status_is_timeout", fuzz_etcd_status_is_timeout, 0 },
  { "etcd_status_is_unavailable", fuzz_etcd_status_is_unavailable, 0 },
  { "etcd_status_is_auth", fuzz_etcd_status_is_auth, 0 },
  { "etcd_status_is_not_found", fuzz_etcd_status_is_not_found, 0 },
  { "etcd_status_may_be_applied", fuzz_etcd_status_may_be_applied, 0 },
  { "etcd_client_open", fuzz_etcd_client_open, 0 },
  { "etcd_client_open_endpoints", fuzz_etcd_client_open_endpoints, 0 },
  { "etcd_client_close", fuzz_etcd_client_close, 0 },
  { "etcd_client_last_error", fuzz_etcd_client_last_error, 0 },
  { "etcd_mem_drop", fuzz_etcd_mem_drop, 0 },
  { "etcd_client_endpoints", fuzz_etcd_client_endpoints, 0 },
  { "etcd_client_endpoints_free", fuzz_etcd_client_endpoints_free, 0 },
  { "etcd_client_set_endpoints", fuzz_etcd_client_set_endpoints, 0 },
  { "etcd_client_sync", fuzz_etcd_client_sync, 0 },
  { "etcd_kv_get", fuzz_etcd_kv_get, 0 },
  { "etcd_kv_get_async", fuzz_etcd_kv_get_async, 0 },
  { "etcd_kv_put", fuzz_etcd_kv_put, 0 },
  { "etcd_kv_put_async", fuzz_etcd_kv_put_async, 0 },
  { "etcd_kv_delete", fuzz_etcd_kv_delete, 0 },
  { "etcd_kv_delete_async", fuzz_etcd_kv_delete_async, 0 },
  { "etcd_kv_compact", fuzz_etcd_kv_compact, 0 },
  { "etcd_kv_compact_async", fuzz_etcd_kv_compact_async, 0 },
  { "etcd_get_response_free", fuzz_etcd_get_response_free, 0 },
  { "etcd_put_response_free", fuzz_etcd_put_response_free, 0 },
  { "etcd_delete_response_free", fuzz_etcd_delete_response_free, 0 },
  { "etcd_header_response_free", fuzz_etcd_header_response_free, 0 },
  { "etcd_if_response_free", fuzz_etcd_if_response_free, 0 },
  { "etcd_kv_put_if_absent", fuzz_etcd_kv_put_if_absent, 0 },
  { "etcd_kv_put_if_absent_async", fuzz_etcd_kv_put_if_absent_async, 0 },
  { "etcd_kv_put_if_value", fuzz_etcd_kv_put_if_value, 0 },
  { "etcd_kv_put_if_value_async", fuzz_etcd_kv_put_if_value_async, 0 },
  { "etcd_kv_put_if_revision", fuzz_etcd_kv_put_if_revision, 0 },
  { "etcd_kv_put_if_revision_async", fuzz_etcd_kv_put_if_revision_async, 0 },
  { "etcd_kv_delete_if_value", fuzz_etcd_kv_delete_if_value, 0 },
  { "etcd_kv_delete_if_value_async", fuzz_etcd_kv_delete_if_value_async, 0 },
  { "etcd_kv_delete_if_revision", fuzz_etcd_kv_delete_if_revision, 0 },
  { "etcd_kv_delete_if_revision_async", fuzz_etcd_kv_delete_if_revision_async, 0 },
  { "etcd_kv_put_ttl", fuzz_etcd_kv_put_ttl, 0 },
  { "etcd_kv_put_ttl_async", fuzz_etcd_kv_put_ttl_async, 0 },
  { "etcd_range_open", fuzz_etcd_range_open, 0 },
  { "etcd_range_next", fuzz_etcd_range_next, 1 },
  { "etcd_range_next_async", fuzz_etcd_range_next_async, 0 },
  { "etcd_range_close", fuzz_etcd_range_close, 0 },
  { "etcd_prefix_end", fuzz_etcd_prefix_end, 0 },
  { "etcd_txn_response_free", fuzz_etcd_txn_response_free, 0 },
  { "etcd_txn_new", fuzz_etcd_txn_new, 0 },
  { "etcd_txn_free", fuzz_etcd_txn_free, 0 },
  { "etcd_txn_compare", fuzz_etcd_txn_compare, 0 },
  { "etcd_txn_compare_value", fuzz_etcd_txn_compare_value, 0 },
  { "etcd_txn_compare_number", fuzz_etcd_txn_compare_number, 0 },
  { "etcd_txn_get", fuzz_etcd_txn_get, 0 },
  { "etcd_txn_put", fuzz_etcd_txn_put, 0 },
  { "etcd_txn_delete", fuzz_etcd_txn_delete, 0 },
  { "etcd_txn_nest", fuzz_etcd_txn_nest, 0 },
  { "etcd_txn_commit", fuzz_etcd_txn_commit, 0 },
  { "etcd_txn_commit_async", fuzz_etcd_txn_commit_async, 0 },
  { "etcd_op_new_get", fuzz_etcd_op_new_get, 0 },
  { "etcd_op_new_put", fuzz_etcd_op_new_put, 0 },
  { "etcd_op_new_delete", fuzz_etcd_op_new_delete, 0 },
  { "etcd_op_new_txn", fuzz_etcd_op_new_txn, 0 },
  { "etcd_op_free", fuzz_etcd_op_free, 0 },
  { "etcd_txn_add", fuzz_etcd_txn_add, 0 },
  { "etcd_kv_do", fuzz_etcd_kv_do, 0 },
  { "etcd_kv_do_async", fuzz_etcd_kv_do_async, 0 },
  { "etcd_op_response_free", fuzz_etcd_op_response_free, 0 },
  { "etcd_lease_grant_response_free", fuzz_etcd_lease_grant_response_free, 0 },
  { "etcd_lease_keep_alive_response_free", fuzz_etcd_lease_keep_alive_response_free, 0 },
  { "etcd_lease_time_to_live_response_free", fuzz_etcd_lease_time_to_live_response_free, 0 },
  { "etcd_lease_list_response_free", fuzz_etcd_lease_list_response_free, 0 },
  { "etcd_lease_grant", fuzz_etcd_lease_grant, 0 },
  { "etcd_lease_grant_async", fuzz_etcd_lease_grant_async, 0 },
  { "etcd_lease_revoke", fuzz_etcd_lease_revoke, 0 },
  { "etcd_lease_revoke_async", fuzz_etcd_lease_revoke_async, 0 },
  { "etcd_lease_keep_alive_once", fuzz_etcd_lease_keep_alive_once, 0 },
  { "etcd_lease_keep_alive_once_async", fuzz_etcd_lease_keep_alive_once_async, 0 },
  { "etcd_lease_time_to_live", fuzz_etcd_lease_time_to_live, 0 },
  { "etcd_lease_time_to_live_async", fuzz_etcd_lease_time_to_live_async, 0 },
  { "etcd_lease_list", fuzz_etcd_lease_list, 0 },
  { "etcd_lease_list_async", fuzz_etcd_lease_list_async, 0 },
  { "etcd_lease_keep_alive_open", fuzz_etcd_lease_keep_alive_open, 0 },
  { "etcd_lease_keep_alive_next", fuzz_etcd_lease_keep_alive_next, 0 },
  { "etcd_lease_keep_alive_left_ms", fuzz_etcd_lease_keep_alive_left_ms, 0 },
  { "etcd_lease_keep_alive_close", fuzz_etcd_lease_keep_alive_close, 0 },
  { "etcd_watch_open", fuzz_etcd_watch_open, 0 },
  { "etcd_watch_next", fuzz_etcd_watch_next, 0 },
  { "etcd_watch_request_progress", fuzz_etcd_watch_request_progress, 0 },
  { "etcd_watch_close", fuzz_etcd_watch_close, 0 },
  { "etcd_watch_response_free", fuzz_etcd_watch_response_free, 0 },
  { "etcd_kv_wait_for", fuzz_etcd_kv_wait_for, 1 },
  { "etcd_kv_wait_for_async", fuzz_etcd_kv_wait_for_async, 0 },
  { "etcd_lease_session_response_free", fuzz_etcd_lease_session_response_free, 0 },
  { "etcd_lease_session_open", fuzz_etcd_lease_session_open, 0 },
  { "etcd_lease_session_lease", fuzz_etcd_lease_session_lease, 1 },
  { "etcd_lease_session_lease_async", fuzz_etcd_lease_session_lease_async, 0 },
  { "etcd_lease_session_lost", fuzz_etcd_lease_session_lost, 1 },
  { "etcd_lease_session_lost_async", fuzz_etcd_lease_session_lost_async, 0 },
  { "etcd_lease_session_end", fuzz_etcd_lease_session_end, 0 },
  { "etcd_lease_session_end_async", fuzz_etcd_lease_session_end_async, 0 },
  { "etcd_lease_session_left_ms", fuzz_etcd_lease_session_left_ms, 0 },
  { "etcd_lease_session_orphan", fuzz_etcd_lease_session_orphan, 0 },
  { "etcd_lease_session_close", fuzz_etcd_lease_session_close, 0 },
  { "etcd_ownership_response_free", fuzz_etcd_ownership_response_free, 0 },
  { "etcd_mutex_open", fuzz_etcd_mutex_open, 0 },
  { "etcd_mutex_lock", fuzz_etcd_mutex_lock, 1 },
  { "etcd_mutex_lock_async", fuzz_etcd_mutex_lock_async, 0 },
  { "etcd_mutex_try_lock", fuzz_etcd_mutex_try_lock, 0 },
  { "etcd_mutex_try_lock_async", fuzz_etcd_mutex_try_lock_async, 0 },
  { "etcd_mutex_unlock", fuzz_etcd_mutex_unlock, 0 },
  { "etcd_mutex_unlock_async", fuzz_etcd_mutex_unlock_async, 0 },
  { "etcd_mutex_check", fuzz_etcd_mutex_check, 0 },
  { "etcd_mutex_check_async", fuzz_etcd_mutex_check_async, 0 },
  { "etcd_mutex_lost", fuzz_etcd_mutex_lost, 1 },
  { "etcd_mutex_lost_async", fuzz_etcd_mutex_lost_async, 0 },
  { "etcd_mutex_fence", fuzz_etcd_mutex_fence, 0 },
  { "etcd_mutex_close", fuzz_etcd_mutex_close, 0 },
  { "etcd_election_leader_response_free", fuzz_etcd_election_leader_response_free, 0 },
  { "etcd_election_open", fuzz_etcd_election_open, 0 },
  { "etcd_election_campaign", fuzz_etcd_election_campaign, 1 },
  { "etcd_election_campaign_async", fuzz_etcd_election_campaign_async, 0 },
  { "etcd_election_resume", fuzz_etcd_election_resume, 0 },
  { "etcd_election_resume_async", fuzz_etcd_election_resume_async, 0 },
  { "etcd_election_proclaim", fuzz_etcd_election_proclaim, 0 },
  { "etcd_election_proclaim_async", fuzz_etcd_election_proclaim_async, 0 },
  { "etcd_election_resign", fuzz_etcd_election_resign, 0 },
  { "etcd_election_resign_async", fuzz_etcd_election_resign_async, 0 },
  { "etcd_election_lost", fuzz_etcd_election_lost, 1 },
  { "etcd_election_lost_async", fuzz_etcd_election_lost_async, 0 },
  { "etcd_election_fence", fuzz_etcd_election_fence, 0 },
  { "etcd_election_close", fuzz_etcd_election_close, 0 },
  { "etcd_election_leader", fuzz_etcd_election_leader, 0 },
  { "etcd_election_leader_async", fuzz_etcd_election_leader_async, 0 },
  { "etcd_election_observer_open", fuzz_etcd_election_observer_open, 0 },
  { "etcd_election_observer_next", fuzz_etcd_election_observer_next, 0 },
  { "etcd_election_observer_close", fuzz_etcd_election_observer_close, 0 },
  { "etcd_stm_run", fuzz_etcd_stm_run, 0 },
  { "etcd_stm_get", fuzz_etcd_stm_get, 0 },
  { "etcd_stm_get_prefix", fuzz_etcd_stm_get_prefix, 0 },
  { "etcd_stm_put", fuzz_etcd_stm_put, 0 },
  { "etcd_stm_delete", fuzz_etcd_stm_delete, 0 },
  { "etcd_event_kind", fuzz_etcd_event_kind, 0 },
  { "etcd_event_user_data", fuzz_etcd_event_user_data, 0 },
  { "etcd_event_status", fuzz_etcd_event_status, 0 },
  { "etcd_event_error", fuzz_etcd_event_error, 0 },
  { "etcd_event_response", fuzz_etcd_event_response, 0 },
  { "etcd_event_take_response", fuzz_etcd_event_take_response, 0 },
  { "etcd_event_keep", fuzz_etcd_event_keep, 0 },
  { "etcd_event_free", fuzz_etcd_event_free, 0 },
  { "etcd_call_cancel", fuzz_etcd_call_cancel, 0 },
  { "etcd_queue_new", fuzz_etcd_queue_new, 0 },
  { "etcd_queue_free", fuzz_etcd_queue_free, 1 },
  { "etcd_queue_fd", fuzz_etcd_queue_fd, 0 },
  { "etcd_queue_next", fuzz_etcd_queue_next, 0 },
  { "etcd_queue_next_batch", fuzz_etcd_queue_next_batch, 0 },
  { "etcd_queue_wake", fuzz_etcd_queue_wake, 0 },
  { "etcd_queue_dispatch", fuzz_etcd_queue_dispatch, 0 },
  { "etcd_queue_dispatch_handlers", fuzz_etcd_queue_dispatch_handlers, 0 },
  { "etcd_queue_start_dispatcher", fuzz_etcd_queue_start_dispatcher, 0 },
  { "etcd_queue_start_handler_dispatcher", fuzz_etcd_queue_start_handler_dispatcher, 0 },
  { "etcd_connection_watch_open", fuzz_etcd_connection_watch_open, 0 },
  { "etcd_connection_watch_next", fuzz_etcd_connection_watch_next, 0 },
  { "etcd_connection_watch_close", fuzz_etcd_connection_watch_close, 0 },
  { "etcd_connection_watch_response_free", fuzz_etcd_connection_watch_response_free, 0 },
  { "etcd_client_counters", fuzz_etcd_client_counters, 0 },
  { "etcd_client_counters_text", fuzz_etcd_client_counters_text, 0 },
  { "etcd_text_free", fuzz_etcd_text_free, 0 },
  { "etcd_member_list_response_free", fuzz_etcd_member_list_response_free, 0 },
  { "etcd_member_list", fuzz_etcd_member_list, 0 },
  { "etcd_maintenance_status_response_free", fuzz_etcd_maintenance_status_response_free, 0 },
  { "etcd_maintenance_status", fuzz_etcd_maintenance_status, 0 },
  { "etcd_lock_service_lock_response_free", fuzz_etcd_lock_service_lock_response_free, 0 },
  { "etcd_lock_service_lock", fuzz_etcd_lock_service_lock, 1 },
  { "etcd_lock_service_unlock", fuzz_etcd_lock_service_unlock, 0 },
  { "etcd_open", fuzz_etcd_open, 0 },
  { "etcd_open_str", fuzz_etcd_open_str, 0 },
  { "etcd_close", fuzz_etcd_close, 0 },
  { "etcd_close_str", fuzz_etcd_close_str, 0 },
  { "etcd_get", fuzz_etcd_get, 1 },
  { "etcd_watch", fuzz_etcd_watch, 1 },
  { "etcd_set", fuzz_etcd_set, 1 },
  { "etcd_delete", fuzz_etcd_delete, 1 },
  { "etcd_leader", fuzz_etcd_leader, 1 },
  { "etcd_lock", fuzz_etcd_lock, 1 },
  { "etcd_unlock", fuzz_etcd_unlock, 1 },
};
