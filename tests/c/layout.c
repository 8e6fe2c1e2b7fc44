/* Where everything in the public structures is, for ever. A response may grow
 * at its end, an options structure too: then its size here, and nothing else,
 * may change. The leaves may not change at all. */
#include <etcd-admin.h>
#include <etcd-api.h>
#include <etcd.h>

#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#define AT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #type "." #field)

SIZE(etcd_status_t, 4);

SIZE(etcd_bytes_t, 16);
AT(etcd_bytes_t, data, 0);
AT(etcd_bytes_t, len, 8);

SIZE(etcd_kv_t, 64);
AT(etcd_kv_t, key, 0);
AT(etcd_kv_t, value, 16);
AT(etcd_kv_t, create_revision, 32);
AT(etcd_kv_t, mod_revision, 40);
AT(etcd_kv_t, version, 48);
AT(etcd_kv_t, lease, 56);

SIZE(etcd_header_t, 32);
AT(etcd_header_t, cluster_id, 0);
AT(etcd_header_t, member_id, 8);
AT(etcd_header_t, revision, 16);
AT(etcd_header_t, raft_term, 24);

SIZE(etcd_error_t, 40);
AT(etcd_error_t, status, 0);
AT(etcd_error_t, grpc_code, 4);
AT(etcd_error_t, outcome, 8);
AT(etcd_error_t, reserved, 12);
AT(etcd_error_t, endpoint, 16);
AT(etcd_error_t, message, 24);
AT(etcd_error_t, revision, 32);

SIZE(etcd_queue_options_t, 24);
AT(etcd_queue_options_t, size, 0);
AT(etcd_queue_options_t, drop_callback, 8);
AT(etcd_queue_options_t, arg, 16);
SIZE(etcd_handler_t, 24);
AT(etcd_handler_t, size, 0);
AT(etcd_handler_t, callback, 8);
AT(etcd_handler_t, arg, 16);

SIZE(etcd_watch_options_t, 48);
AT(etcd_watch_options_t, size, 0);
AT(etcd_watch_options_t, range_end, 8);
AT(etcd_watch_options_t, start_revision, 24);
AT(etcd_watch_options_t, timeout_ms, 32);
AT(etcd_watch_options_t, flags, 36);
AT(etcd_watch_options_t, max_bytes, 40);
AT(etcd_watch_options_t, reserved, 44);

SIZE(etcd_watch_event_t, 80);
AT(etcd_watch_event_t, kv, 0);
AT(etcd_watch_event_t, prev_kv, 64);
AT(etcd_watch_event_t, kind, 72);
AT(etcd_watch_event_t, reserved, 76);

SIZE(etcd_watch_response_t, 72);
AT(etcd_watch_response_t, header, 0);
AT(etcd_watch_response_t, kind, 32);
AT(etcd_watch_response_t, reserved, 36);
AT(etcd_watch_response_t, revision, 40);
AT(etcd_watch_response_t, events, 48);
AT(etcd_watch_response_t, event_count, 56);
AT(etcd_watch_response_t, more, 64);

SIZE(etcd_client_options_t, 216);
AT(etcd_client_options_t, size, 0);
AT(etcd_client_options_t, endpoints, 8);
AT(etcd_client_options_t, user, 16);
AT(etcd_client_options_t, password, 24);
AT(etcd_client_options_t, ca_file, 32);
AT(etcd_client_options_t, cert_file, 40);
AT(etcd_client_options_t, key_file, 48);
AT(etcd_client_options_t, server_name, 56);
AT(etcd_client_options_t, ca_pem, 64);
AT(etcd_client_options_t, cert_pem, 80);
AT(etcd_client_options_t, key_pem, 96);
AT(etcd_client_options_t, timeout_ms, 112);
AT(etcd_client_options_t, flags, 116);
AT(etcd_client_options_t, connect_timeout_ms, 120);
AT(etcd_client_options_t, ping_interval_ms, 124);
AT(etcd_client_options_t, ping_timeout_ms, 128);
AT(etcd_client_options_t, max_send_bytes, 132);
AT(etcd_client_options_t, max_receive_bytes, 136);
AT(etcd_client_options_t, auto_sync_interval_ms, 140);
AT(etcd_client_options_t, crl_file, 144);
AT(etcd_client_options_t, crl_pem, 152);
AT(etcd_client_options_t, token, 168);
AT(etcd_client_options_t, key_prefix, 176);
AT(etcd_client_options_t, log_callback, 192);
AT(etcd_client_options_t, log_arg, 200);
AT(etcd_client_options_t, log_level, 208);
AT(etcd_client_options_t, log_reserved, 212);

SIZE(etcd_log_record_t, 32);
AT(etcd_log_record_t, level, 0);
AT(etcd_log_record_t, status, 4);
AT(etcd_log_record_t, what, 8);
AT(etcd_log_record_t, endpoint, 16);
AT(etcd_log_record_t, message, 24);

SIZE(etcd_counters_t, 136);
AT(etcd_counters_t, size, 0);
AT(etcd_counters_t, calls, 8);
AT(etcd_counters_t, calls_failed, 16);
AT(etcd_counters_t, retries, 24);
AT(etcd_counters_t, connections_opened, 32);
AT(etcd_counters_t, connections_lost, 40);
AT(etcd_counters_t, watches_resumed, 48);
AT(etcd_counters_t, watches_paused, 56);
AT(etcd_counters_t, watches_resynced, 64);
AT(etcd_counters_t, watch_events, 72);
AT(etcd_counters_t, watch_duplicates, 80);
AT(etcd_counters_t, token_refreshes, 88);
AT(etcd_counters_t, keep_alives_sent, 96);
AT(etcd_counters_t, keep_alives_answered, 104);
AT(etcd_counters_t, leases_lost, 112);
AT(etcd_counters_t, bytes_sent, 120);
AT(etcd_counters_t, bytes_received, 128);

SIZE(etcd_connection_watch_response_t, 32);
AT(etcd_connection_watch_response_t, endpoint, 0);
AT(etcd_connection_watch_response_t, reason, 8);
AT(etcd_connection_watch_response_t, opened, 16);
AT(etcd_connection_watch_response_t, state, 24);
AT(etcd_connection_watch_response_t, reserved, 28);

SIZE(etcd_client_endpoints_t, 16);
AT(etcd_client_endpoints_t, names, 0);
AT(etcd_client_endpoints_t, name_count, 8);

SIZE(etcd_get_options_t, 88);
AT(etcd_get_options_t, size, 0);
AT(etcd_get_options_t, range_end, 8);
AT(etcd_get_options_t, timeout_ms, 24);
AT(etcd_get_options_t, flags, 28);
AT(etcd_get_options_t, revision, 32);
AT(etcd_get_options_t, limit, 40);
AT(etcd_get_options_t, min_mod_revision, 48);
AT(etcd_get_options_t, max_mod_revision, 56);
AT(etcd_get_options_t, min_create_revision, 64);
AT(etcd_get_options_t, max_create_revision, 72);
AT(etcd_get_options_t, sort_order, 80);
AT(etcd_get_options_t, sort_target, 84);

SIZE(etcd_put_options_t, 24);
AT(etcd_put_options_t, size, 0);
AT(etcd_put_options_t, timeout_ms, 8);
AT(etcd_put_options_t, flags, 12);
AT(etcd_put_options_t, lease, 16);

SIZE(etcd_call_options_t, 16);
AT(etcd_call_options_t, size, 0);
AT(etcd_call_options_t, timeout_ms, 8);
AT(etcd_call_options_t, flags, 12);

SIZE(etcd_delete_options_t, 32);
AT(etcd_delete_options_t, size, 0);
AT(etcd_delete_options_t, range_end, 8);
AT(etcd_delete_options_t, timeout_ms, 24);
AT(etcd_delete_options_t, flags, 28);

SIZE(etcd_get_response_t, 64);
AT(etcd_get_response_t, header, 0);
AT(etcd_get_response_t, kvs, 32);
AT(etcd_get_response_t, kv_count, 40);
AT(etcd_get_response_t, count, 48);
AT(etcd_get_response_t, more, 56);

SIZE(etcd_put_response_t, 56);
AT(etcd_put_response_t, header, 0);
AT(etcd_put_response_t, prev_kv, 32);
AT(etcd_put_response_t, lease, 40);
AT(etcd_put_response_t, ttl, 48);

SIZE(etcd_delete_response_t, 56);
AT(etcd_delete_response_t, header, 0);
AT(etcd_delete_response_t, deleted, 32);
AT(etcd_delete_response_t, prev_kvs, 40);
AT(etcd_delete_response_t, prev_kv_count, 48);

SIZE(etcd_header_response_t, 32);
AT(etcd_header_response_t, header, 0);

SIZE(etcd_range_options_t, 88);
AT(etcd_range_options_t, size, 0);
AT(etcd_range_options_t, range_end, 8);
AT(etcd_range_options_t, timeout_ms, 24);
AT(etcd_range_options_t, flags, 28);
AT(etcd_range_options_t, revision, 32);
AT(etcd_range_options_t, limit, 40);
AT(etcd_range_options_t, min_mod_revision, 48);
AT(etcd_range_options_t, max_mod_revision, 56);
AT(etcd_range_options_t, min_create_revision, 64);
AT(etcd_range_options_t, max_create_revision, 72);
AT(etcd_range_options_t, sort_order, 80);
AT(etcd_range_options_t, reserved, 84);

SIZE(etcd_if_response_t, 48);
AT(etcd_if_response_t, header, 0);
AT(etcd_if_response_t, kv, 32);
AT(etcd_if_response_t, succeeded, 40);

SIZE(etcd_compare_options_t, 64);
AT(etcd_compare_options_t, size, 0);
AT(etcd_compare_options_t, range_end, 8);
AT(etcd_compare_options_t, value, 24);
AT(etcd_compare_options_t, number, 40);
AT(etcd_compare_options_t, target, 48);
AT(etcd_compare_options_t, relation, 52);
AT(etcd_compare_options_t, flags, 56);
AT(etcd_compare_options_t, reserved, 60);

SIZE(etcd_op_response_t, 48);
AT(etcd_op_response_t, kind, 0);
AT(etcd_op_response_t, reserved, 4);
AT(etcd_op_response_t, range, 8);
AT(etcd_op_response_t, put, 16);
AT(etcd_op_response_t, deleted, 24);
AT(etcd_op_response_t, txn, 32);
AT(etcd_op_response_t, other, 40);

SIZE(etcd_txn_response_t, 56);
AT(etcd_txn_response_t, header, 0);
AT(etcd_txn_response_t, responses, 32);
AT(etcd_txn_response_t, response_count, 40);
AT(etcd_txn_response_t, succeeded, 48);

SIZE(etcd_lease_grant_options_t, 24);
AT(etcd_lease_grant_options_t, size, 0);
AT(etcd_lease_grant_options_t, id, 8);
AT(etcd_lease_grant_options_t, timeout_ms, 16);
AT(etcd_lease_grant_options_t, flags, 20);

SIZE(etcd_lease_grant_response_t, 48);
AT(etcd_lease_grant_response_t, header, 0);
AT(etcd_lease_grant_response_t, id, 32);
AT(etcd_lease_grant_response_t, ttl, 40);

SIZE(etcd_lease_keep_alive_response_t, 48);
AT(etcd_lease_keep_alive_response_t, header, 0);
AT(etcd_lease_keep_alive_response_t, id, 32);
AT(etcd_lease_keep_alive_response_t, ttl, 40);

SIZE(etcd_lease_time_to_live_response_t, 72);
AT(etcd_lease_time_to_live_response_t, header, 0);
AT(etcd_lease_time_to_live_response_t, id, 32);
AT(etcd_lease_time_to_live_response_t, ttl, 40);
AT(etcd_lease_time_to_live_response_t, granted_ttl, 48);
AT(etcd_lease_time_to_live_response_t, keys, 56);
AT(etcd_lease_time_to_live_response_t, key_count, 64);

SIZE(etcd_lease_list_response_t, 48);
AT(etcd_lease_list_response_t, header, 0);
AT(etcd_lease_list_response_t, ids, 32);
AT(etcd_lease_list_response_t, id_count, 40);

SIZE(etcd_lease_session_options_t, 32);
AT(etcd_lease_session_options_t, size, 0);
AT(etcd_lease_session_options_t, lease, 8);
AT(etcd_lease_session_options_t, ttl, 16);
AT(etcd_lease_session_options_t, flags, 24);
AT(etcd_lease_session_options_t, reserved, 28);

SIZE(etcd_lease_session_response_t, 16);
AT(etcd_lease_session_response_t, lease, 0);
AT(etcd_lease_session_response_t, ttl, 8);

SIZE(etcd_stm_options_t, 24);
AT(etcd_stm_options_t, size, 0);
AT(etcd_stm_options_t, isolation, 8);
AT(etcd_stm_options_t, max_tries, 12);
AT(etcd_stm_options_t, timeout_ms, 16);
AT(etcd_stm_options_t, flags, 20);

SIZE(etcd_ownership_response_t, 40);
AT(etcd_ownership_response_t, key, 0);
AT(etcd_ownership_response_t, create_revision, 16);
AT(etcd_ownership_response_t, lease, 24);
AT(etcd_ownership_response_t, held, 32);

SIZE(etcd_election_leader_response_t, 40);
AT(etcd_election_leader_response_t, header, 0);
AT(etcd_election_leader_response_t, leader, 32);

SIZE(etcd_member_t, 56);
AT(etcd_member_t, id, 0);
AT(etcd_member_t, name, 8);
AT(etcd_member_t, peer_urls, 16);
AT(etcd_member_t, peer_url_count, 24);
AT(etcd_member_t, client_urls, 32);
AT(etcd_member_t, client_url_count, 40);
AT(etcd_member_t, is_learner, 48);

SIZE(etcd_member_list_response_t, 48);
AT(etcd_member_list_response_t, header, 0);
AT(etcd_member_list_response_t, members, 32);
AT(etcd_member_list_response_t, member_count, 40);

SIZE(etcd_maintenance_status_response_t, 128);
AT(etcd_maintenance_status_response_t, header, 0);
AT(etcd_maintenance_status_response_t, version, 32);
AT(etcd_maintenance_status_response_t, storage_version, 40);
AT(etcd_maintenance_status_response_t, db_size, 48);
AT(etcd_maintenance_status_response_t, db_size_in_use, 56);
AT(etcd_maintenance_status_response_t, db_size_quota, 64);
AT(etcd_maintenance_status_response_t, leader, 72);
AT(etcd_maintenance_status_response_t, raft_term, 80);
AT(etcd_maintenance_status_response_t, raft_index, 88);
AT(etcd_maintenance_status_response_t, raft_applied_index, 96);
AT(etcd_maintenance_status_response_t, errors, 104);
AT(etcd_maintenance_status_response_t, error_count, 112);
AT(etcd_maintenance_status_response_t, is_learner, 120);

SIZE(etcd_lock_service_lock_response_t, 48);
AT(etcd_lock_service_lock_response_t, header, 0);
AT(etcd_lock_service_lock_response_t, key, 32);

SIZE(etcd_server, 16);
AT(etcd_server, host, 0);
AT(etcd_server, port, 8);

int main(void) { return 0; }
