"""What include/*.h declares. Generated from there by `make header`: do not edit."""

from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_int, c_int32, c_int64, c_size_t, c_uint,
                    c_uint32, c_uint64, c_void_p)
from struct import Struct
from typing import Any, Dict, List, Tuple

# --- Numbers ---

ETCD_VERSION_MAJOR = 0
ETCD_VERSION_MINOR = 1
ETCD_VERSION_PATCH = 0
ETCD_VERSION_NUMBER = 0x000100
ETCD_NOT_APPLIED = 0
ETCD_MAYBE_APPLIED = 1
ETCD_APPLIED = 2
ETCD_OK = 0
ETCD_EMPTY = 10
ETCD_WOKEN = 11
ETCD_END = 12
ETCD_ERR_INVALID_ARGUMENT = -1
ETCD_ERR_BAD_HANDLE = -2
ETCD_ERR_CLOSED = -3
ETCD_ERR_FORKED = -4
ETCD_ERR_TIMEOUT = -5
ETCD_ERR_CANCELLED = -6
ETCD_ERR_UNAVAILABLE = -7
ETCD_ERR_UNSUPPORTED = -8
ETCD_ERR_INTERNAL = -9
ETCD_ERR_NO_MEMORY = -10
ETCD_ERR_NO_RESOURCES = -11
ETCD_ERR_IO = -12
ETCD_ERR_TLS = -13
ETCD_ERR_BAD_REPLY = -14
ETCD_ERR_SEND_TOO_LARGE = -15
ETCD_ERR_REPLY_TOO_LARGE = -16
ETCD_ERR_PRECONDITION = -17
ETCD_ERR_LOCK_LOST = -18
ETCD_ERR_CLUSTER_CHANGED = -19
ETCD_ERR_REVISION_REGRESSED = -20
ETCD_ERR_LEASE_LOST = -21
ETCD_ERR_IN_USE = -22
ETCD_ERR_CONFLICT = -23
ETCD_ERR_GRPC_CANCELLED = -101
ETCD_ERR_GRPC_UNKNOWN = -102
ETCD_ERR_GRPC_INVALID_ARGUMENT = -103
ETCD_ERR_GRPC_DEADLINE_EXCEEDED = -104
ETCD_ERR_GRPC_NOT_FOUND = -105
ETCD_ERR_GRPC_ALREADY_EXISTS = -106
ETCD_ERR_GRPC_PERMISSION_DENIED = -107
ETCD_ERR_GRPC_RESOURCE_EXHAUSTED = -108
ETCD_ERR_GRPC_FAILED_PRECONDITION = -109
ETCD_ERR_GRPC_ABORTED = -110
ETCD_ERR_GRPC_OUT_OF_RANGE = -111
ETCD_ERR_GRPC_UNIMPLEMENTED = -112
ETCD_ERR_GRPC_INTERNAL = -113
ETCD_ERR_GRPC_UNAVAILABLE = -114
ETCD_ERR_GRPC_DATA_LOSS = -115
ETCD_ERR_GRPC_UNAUTHENTICATED = -116
ETCD_ERR_EMPTY_KEY = -200
ETCD_ERR_KEY_NOT_FOUND = -201
ETCD_ERR_VALUE_PROVIDED = -202
ETCD_ERR_LEASE_PROVIDED = -203
ETCD_ERR_TOO_MANY_OPS = -204
ETCD_ERR_DUPLICATE_KEY = -205
ETCD_ERR_INVALID_CLIENT_API_VERSION = -206
ETCD_ERR_INVALID_SORT_OPTION = -207
ETCD_ERR_COMPACTED = -208
ETCD_ERR_FUTURE_REVISION = -209
ETCD_ERR_NO_SPACE = -210
ETCD_ERR_LEASE_NOT_FOUND = -211
ETCD_ERR_LEASE_EXISTS = -212
ETCD_ERR_LEASE_TTL_TOO_LARGE = -213
ETCD_ERR_WATCH_CANCELLED = -214
ETCD_ERR_MEMBER_EXISTS = -215
ETCD_ERR_PEER_URL_EXISTS = -216
ETCD_ERR_MEMBER_NOT_ENOUGH_STARTED = -217
ETCD_ERR_MEMBER_BAD_URLS = -218
ETCD_ERR_MEMBER_NOT_FOUND = -219
ETCD_ERR_MEMBER_NOT_LEARNER = -220
ETCD_ERR_LEARNER_NOT_READY = -221
ETCD_ERR_TOO_MANY_LEARNERS = -222
ETCD_ERR_CLUSTER_ID_MISMATCH = -223
ETCD_ERR_REQUEST_TOO_LARGE = -224
ETCD_ERR_TOO_MANY_REQUESTS = -225
ETCD_ERR_ROOT_USER_NOT_EXIST = -226
ETCD_ERR_ROOT_ROLE_NOT_EXIST = -227
ETCD_ERR_USER_ALREADY_EXISTS = -228
ETCD_ERR_USER_EMPTY = -229
ETCD_ERR_USER_NOT_FOUND = -230
ETCD_ERR_ROLE_ALREADY_EXISTS = -231
ETCD_ERR_ROLE_NOT_FOUND = -232
ETCD_ERR_ROLE_EMPTY = -233
ETCD_ERR_AUTH_FAILED = -234
ETCD_ERR_PERMISSION_NOT_GIVEN = -235
ETCD_ERR_PERMISSION_DENIED = -236
ETCD_ERR_ROLE_NOT_GRANTED = -237
ETCD_ERR_PERMISSION_NOT_GRANTED = -238
ETCD_ERR_AUTH_NOT_ENABLED = -239
ETCD_ERR_INVALID_AUTH_TOKEN = -240
ETCD_ERR_INVALID_AUTH_MGMT = -241
ETCD_ERR_AUTH_OLD_REVISION = -242
ETCD_ERR_NO_LEADER = -243
ETCD_ERR_NOT_LEADER = -244
ETCD_ERR_LEADER_CHANGED = -245
ETCD_ERR_NOT_CAPABLE = -246
ETCD_ERR_STOPPED = -247
ETCD_ERR_SERVER_TIMEOUT = -248
ETCD_ERR_SERVER_TIMEOUT_LEADER_FAIL = -249
ETCD_ERR_SERVER_TIMEOUT_CONNECTION_LOST = -250
ETCD_ERR_SERVER_TIMEOUT_WAIT_APPLIED = -251
ETCD_ERR_SERVER_TIMEOUT_LEADER_TRANSFER = -252
ETCD_ERR_UNHEALTHY = -253
ETCD_ERR_CORRUPT = -254
ETCD_ERR_NOT_SUPPORTED_FOR_LEARNER = -255
ETCD_ERR_BAD_LEADER_TRANSFEREE = -256
ETCD_ERR_CLUSTER_VERSION_UNAVAILABLE = -257
ETCD_ERR_WRONG_DOWNGRADE_VERSION_FORMAT = -258
ETCD_ERR_INVALID_DOWNGRADE_TARGET_VERSION = -259
ETCD_ERR_DOWNGRADE_IN_PROCESS = -260
ETCD_ERR_NO_INFLIGHT_DOWNGRADE = -261
ETCD_ERR_REQUEST_CANCELLED = -262
ETCD_ERR_SERVER_DEADLINE_EXCEEDED = -263
ETCD_ERR_NOT_PRIMARY_LESSOR = -264
ETCD_TIMEOUT_NONE = 0xffffffff
ETCD_WAIT_FOREVER = -1
ETCD_REQUIRE_LEADER = 0x100
ETCD_PREFIX = 0x200
ETCD_FROM_KEY = 0x400
ETCD_PREV_KV = 0x800
ETCD_SERIALIZABLE = 0x1000
ETCD_LOG_ERROR = 3
ETCD_LOG_WARN = 4
ETCD_LOG_INFO = 6
ETCD_LOG_DEBUG = 7
ETCD_CLIENT_PLAINTEXT_PASSWORD = 0x40000000
ETCD_CLIENT_INSECURE_SKIP_VERIFY = 0x80000000
ETCD_GET_KEYS_ONLY = 0x10000
ETCD_GET_COUNT_ONLY = 0x20000
ETCD_GET_FIRST = 0x40000
ETCD_GET_LAST = 0x80000
ETCD_PUT_IGNORE_VALUE = 0x100000
ETCD_PUT_IGNORE_LEASE = 0x200000
ETCD_COMPACT_PHYSICAL = 0x400000
ETCD_SORT_NONE = 0
ETCD_SORT_ASCEND = 21
ETCD_SORT_DESCEND = 22
ETCD_SORT_BY_KEY = 0
ETCD_SORT_BY_VERSION = 31
ETCD_SORT_BY_CREATE = 32
ETCD_SORT_BY_MOD = 33
ETCD_SORT_BY_VALUE = 34
ETCD_EVENT_GET_RESPONSE = 101
ETCD_EVENT_PUT_RESPONSE = 102
ETCD_EVENT_DELETE_RESPONSE = 103
ETCD_EVENT_COMPACT_RESPONSE = 104
ETCD_EVENT_IF_RESPONSE = 106
ETCD_BRANCH_THEN = 61
ETCD_BRANCH_ELSE = 62
ETCD_TARGET_VERSION = 0
ETCD_TARGET_CREATE = 41
ETCD_TARGET_MOD = 42
ETCD_TARGET_VALUE = 43
ETCD_TARGET_LEASE = 44
ETCD_COMPARE_EQUAL = 0
ETCD_COMPARE_GREATER = 51
ETCD_COMPARE_LESS = 52
ETCD_COMPARE_NOT_EQUAL = 53
ETCD_EVENT_TXN_RESPONSE = 105
ETCD_LEASE_KEYS = 0x10000
ETCD_EVENT_LEASE_GRANT_RESPONSE = 111
ETCD_EVENT_LEASE_REVOKE_RESPONSE = 112
ETCD_EVENT_LEASE_KEEP_ALIVE_ONCE_RESPONSE = 113
ETCD_EVENT_LEASE_TIME_TO_LIVE_RESPONSE = 114
ETCD_EVENT_LEASE_LIST_RESPONSE = 115
ETCD_EVENT_LEASE_KEEP_ALIVE = 132
ETCD_LEASE_KEEP_ALIVE_NOTIFY = 0x20000
ETCD_WATCH_NO_PUT = 0x10000
ETCD_WATCH_NO_DELETE = 0x20000
ETCD_WATCH_CREATED_NOTIFY = 0x40000
ETCD_WATCH_PROGRESS_NOTIFY = 0x80000
ETCD_WATCH_MERGE = 0x100000
ETCD_WATCH_RESYNC = 0x200000
ETCD_WATCH_NO_WAIT = 0x400000
ETCD_EVENT_WATCH = 131
ETCD_WATCH_RESPONSE_EVENTS = 71
ETCD_WATCH_RESPONSE_CREATED = 72
ETCD_WATCH_RESPONSE_PROGRESS = 73
ETCD_WATCH_RESPONSE_SNAPSHOT = 74
ETCD_KV_PUT = 81
ETCD_KV_DELETE = 82
ETCD_LEASE_SESSION_REPLACE = 0x40000
ETCD_EVENT_LEASE_SESSION_RESPONSE = 141
ETCD_EVENT_LEASE_SESSION_LOST = 142
ETCD_EVENT_LEASE_SESSION_END = 143
ETCD_EVENT_MUTEX_RESPONSE = 144
ETCD_EVENT_MUTEX_UNLOCK = 145
ETCD_EVENT_MUTEX_LOST = 146
ETCD_EVENT_ELECTION_RESPONSE = 147
ETCD_EVENT_ELECTION_PROCLAIM = 148
ETCD_EVENT_ELECTION_RESIGN = 149
ETCD_EVENT_ELECTION_LOST = 150
ETCD_EVENT_ELECTION_LEADER = 151
ETCD_EVENT_ELECTION_OBSERVE = 152
ETCD_STM_SERIALIZABLE_SNAPSHOT = 0
ETCD_STM_SERIALIZABLE = 65
ETCD_STM_REPEATABLE_READS = 66
ETCD_STM_READ_COMMITTED = 67
ETCD_EVENT_CONNECTION_WATCH = 133
ETCD_CONNECTION_DOWN = 91
ETCD_CONNECTION_UP = 92
ETCD_CONNECTION_GONE = 93
ETCD_PROTOCOL_ERROR = 1
ETCD_WTF = 2

# --- Callbacks ---

LogCb = CFUNCTYPE(None, c_void_p, c_void_p)
StmCb = CFUNCTYPE(c_int32, c_void_p, c_void_p)
DropCb = CFUNCTYPE(None, c_void_p, c_void_p)
EventCb = CFUNCTYPE(None, c_void_p, c_void_p)

# --- Structures that the caller makes ---


class Bytes(Structure):
    _fields_ = [("data", c_char_p), ("len", c_size_t)]


class CallOptions(Structure):
    _fields_ = [("size", c_size_t), ("timeout_ms", c_uint32), ("flags", c_uint32)]


class ClientOptions(Structure):
    _fields_ = [
        ("size", c_size_t), ("endpoints", c_char_p), ("user", c_char_p), ("password", c_char_p), ("ca_file", c_char_p),
        ("cert_file", c_char_p), ("key_file", c_char_p), ("server_name", c_char_p), ("ca_pem", Bytes),
        ("cert_pem", Bytes), ("key_pem", Bytes), ("timeout_ms", c_uint32), ("flags", c_uint32),
        ("connect_timeout_ms", c_uint32), ("ping_interval_ms", c_uint32), ("ping_timeout_ms", c_uint32),
        ("max_send_bytes", c_uint32), ("max_receive_bytes", c_uint32), ("auto_sync_interval_ms", c_uint32),
        ("crl_file", c_char_p), ("crl_pem", Bytes), ("token", c_char_p), ("key_prefix", Bytes), ("log_callback", LogCb),
        ("log_arg", c_void_p), ("log_level", c_uint32), ("log_reserved", c_uint32),
    ]


class GetOptions(Structure):
    _fields_ = [
        ("size", c_size_t), ("range_end", Bytes), ("timeout_ms", c_uint32), ("flags", c_uint32), ("revision", c_int64),
        ("limit", c_int64), ("min_mod_revision", c_int64), ("max_mod_revision", c_int64),
        ("min_create_revision", c_int64), ("max_create_revision", c_int64), ("sort_order", c_int32),
        ("sort_target", c_int32),
    ]


class PutOptions(Structure):
    _fields_ = [("size", c_size_t), ("timeout_ms", c_uint32), ("flags", c_uint32), ("lease", c_int64)]


class DeleteOptions(Structure):
    _fields_ = [("size", c_size_t), ("range_end", Bytes), ("timeout_ms", c_uint32), ("flags", c_uint32)]


class RangeOptions(Structure):
    _fields_ = [
        ("size", c_size_t), ("range_end", Bytes), ("timeout_ms", c_uint32), ("flags", c_uint32), ("revision", c_int64),
        ("limit", c_int64), ("min_mod_revision", c_int64), ("max_mod_revision", c_int64),
        ("min_create_revision", c_int64), ("max_create_revision", c_int64), ("sort_order", c_int32),
        ("reserved", c_uint32),
    ]


class CompareOptions(Structure):
    _fields_ = [
        ("size", c_size_t), ("range_end", Bytes), ("value", Bytes), ("number", c_int64), ("target", c_int32),
        ("relation", c_int32), ("flags", c_uint32), ("reserved", c_uint32),
    ]


class LeaseGrantOptions(Structure):
    _fields_ = [("size", c_size_t), ("id", c_int64), ("timeout_ms", c_uint32), ("flags", c_uint32)]


class WatchOptions(Structure):
    _fields_ = [
        ("size", c_size_t), ("range_end", Bytes), ("start_revision", c_int64), ("timeout_ms", c_uint32),
        ("flags", c_uint32), ("max_bytes", c_uint32), ("reserved", c_uint32),
    ]


class LeaseSessionOptions(Structure):
    _fields_ = [("size", c_size_t), ("lease", c_int64), ("ttl", c_int64), ("flags", c_uint32), ("reserved", c_uint32)]


class StmOptions(Structure):
    _fields_ = [
        ("size", c_size_t), ("isolation", c_int32), ("max_tries", c_uint32), ("timeout_ms", c_uint32),
        ("flags", c_uint32),
    ]


class QueueOptions(Structure):
    _fields_ = [("size", c_size_t), ("drop_callback", DropCb), ("arg", c_void_p)]


class Handler(Structure):
    _fields_ = [("size", c_size_t), ("callback", EventCb), ("arg", c_void_p)]


class Counters(Structure):
    _fields_ = [
        ("size", c_size_t), ("calls", c_uint64), ("calls_failed", c_uint64), ("retries", c_uint64),
        ("connections_opened", c_uint64), ("connections_lost", c_uint64), ("watches_resumed", c_uint64),
        ("watches_paused", c_uint64), ("watches_resynced", c_uint64), ("watch_events", c_uint64),
        ("watch_duplicates", c_uint64), ("token_refreshes", c_uint64), ("keep_alives_sent", c_uint64),
        ("keep_alives_answered", c_uint64), ("leases_lost", c_uint64), ("bytes_sent", c_uint64),
        ("bytes_received", c_uint64),
    ]


# --- Structures that the library makes, for struct: quicker than those of ctypes ---

BYTES = Struct("=QQ")
ERROR = Struct("=iiiIQQq")
KV = Struct("=QQQQqqqq")
HEADER = Struct("=QQqQ")
LOG_RECORD = Struct("=IiQQQ")
CLIENT_ENDPOINTS = Struct("=QQ")
GET_RESPONSE = Struct("=32sQQq?7x")
PUT_RESPONSE = Struct("=32sQqq")
DELETE_RESPONSE = Struct("=32sqQQ")
HEADER_RESPONSE = Struct("=32s")
IF_RESPONSE = Struct("=32sQ?7x")
OP_RESPONSE = Struct("=iIQQQQQ")
TXN_RESPONSE = Struct("=32sQQ?7x")
LEASE_GRANT_RESPONSE = Struct("=32sqq")
LEASE_KEEP_ALIVE_RESPONSE = Struct("=32sqq")
LEASE_TIME_TO_LIVE_RESPONSE = Struct("=32sqqqQQ")
LEASE_LIST_RESPONSE = Struct("=32sQQ")
WATCH_EVENT = Struct("=64sQiI")
WATCH_RESPONSE = Struct("=32siIqQQ?7x")
LEASE_SESSION_RESPONSE = Struct("=qq")
OWNERSHIP_RESPONSE = Struct("=QQqq?7x")
ELECTION_LEADER_RESPONSE = Struct("=32sQ")
CONNECTION_WATCH_RESPONSE = Struct("=QQQiI")
MEMBER = Struct("=QQQQQQ?7x")
MEMBER_LIST_RESPONSE = Struct("=32sQQ")
MAINTENANCE_STATUS_RESPONSE = Struct("=32sQQqqqQQQQQQ?7x")
LOCK_SERVICE_LOCK_RESPONSE = Struct("=32sQQ")

# --- Functions: the types of the result and of the arguments ---

OUT = POINTER(c_void_p)
FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {
    "etcd_version_number": (c_uint32, []),
    "etcd_version_string": (c_char_p, []),
    "etcd_error_free": (None, [c_void_p]),
    "etcd_status_name": (c_char_p, [c_int32]),
    "etcd_status_message": (c_char_p, [c_int32]),
    "etcd_status_is_retryable": (c_bool, [c_int32]),
    "etcd_status_is_timeout": (c_bool, [c_int32]),
    "etcd_status_is_unavailable": (c_bool, [c_int32]),
    "etcd_status_is_auth": (c_bool, [c_int32]),
    "etcd_status_is_not_found": (c_bool, [c_int32]),
    "etcd_status_may_be_applied": (c_bool, [c_int32]),
    "etcd_client_open": (c_int32, [c_void_p, OUT, OUT]),
    "etcd_client_open_endpoints": (c_int32, [c_char_p, OUT, OUT]),
    "etcd_client_close": (None, [c_void_p]),
    "etcd_client_last_error": (c_int32, [c_void_p, OUT]),
    "etcd_mem_drop": (c_int32, [c_char_p, OUT]),
    "etcd_client_endpoints": (c_int32, [c_void_p, OUT, OUT]),
    "etcd_client_endpoints_free": (None, [c_void_p]),
    "etcd_client_set_endpoints": (c_int32, [c_void_p, c_char_p, OUT]),
    "etcd_client_sync": (c_int32, [c_void_p, c_void_p, OUT]),
    "etcd_kv_get": (c_int32, [c_void_p, Bytes, c_void_p, OUT, OUT]),
    "etcd_kv_get_async": (c_int32, [c_void_p, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_kv_put": (c_int32, [c_void_p, Bytes, Bytes, c_void_p, OUT, OUT]),
    "etcd_kv_put_async": (c_int32, [c_void_p, Bytes, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_kv_delete": (c_int32, [c_void_p, Bytes, c_void_p, OUT, OUT]),
    "etcd_kv_delete_async": (c_int32, [c_void_p, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_kv_compact": (c_int32, [c_void_p, c_int64, c_void_p, OUT, OUT]),
    "etcd_kv_compact_async": (c_int32, [c_void_p, c_int64, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_get_response_free": (None, [c_void_p]),
    "etcd_put_response_free": (None, [c_void_p]),
    "etcd_delete_response_free": (None, [c_void_p]),
    "etcd_header_response_free": (None, [c_void_p]),
    "etcd_if_response_free": (None, [c_void_p]),
    "etcd_kv_put_if_absent": (c_int32, [c_void_p, Bytes, Bytes, c_void_p, OUT, OUT]),
    "etcd_kv_put_if_absent_async": (c_int32, [c_void_p, Bytes, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_kv_put_if_value": (c_int32, [c_void_p, Bytes, Bytes, Bytes, c_void_p, OUT, OUT]),
    "etcd_kv_put_if_value_async": (c_int32, [c_void_p, Bytes, Bytes, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_kv_put_if_revision": (c_int32, [c_void_p, Bytes, c_int64, Bytes, c_void_p, OUT, OUT]),
    "etcd_kv_put_if_revision_async": (c_int32, [
        c_void_p, Bytes, c_int64, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT,
    ]),
    "etcd_kv_delete_if_value": (c_int32, [c_void_p, Bytes, Bytes, c_void_p, OUT, OUT]),
    "etcd_kv_delete_if_value_async": (c_int32, [c_void_p, Bytes, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_kv_delete_if_revision": (c_int32, [c_void_p, Bytes, c_int64, c_void_p, OUT, OUT]),
    "etcd_kv_delete_if_revision_async": (c_int32, [c_void_p, Bytes, c_int64, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_kv_put_ttl": (c_int32, [c_void_p, Bytes, Bytes, c_int64, c_void_p, OUT, OUT]),
    "etcd_kv_put_ttl_async": (c_int32, [c_void_p, Bytes, Bytes, c_int64, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_range_open": (c_int32, [c_void_p, Bytes, c_void_p, OUT, OUT]),
    "etcd_range_next": (c_int32, [c_void_p, OUT, OUT]),
    "etcd_range_next_async": (c_int32, [c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_range_close": (None, [c_void_p]),
    "etcd_prefix_end": (c_size_t, [Bytes, c_void_p, c_size_t]),
    "etcd_txn_response_free": (None, [c_void_p]),
    "etcd_txn_new": (c_void_p, []),
    "etcd_txn_free": (None, [c_void_p]),
    "etcd_txn_compare": (c_int32, [c_void_p, Bytes, c_void_p]),
    "etcd_txn_compare_value": (c_int32, [c_void_p, Bytes, c_int32, Bytes]),
    "etcd_txn_compare_number": (c_int32, [c_void_p, Bytes, c_int32, c_int32, c_int64]),
    "etcd_txn_get": (c_int32, [c_void_p, c_int32, Bytes, c_void_p]),
    "etcd_txn_put": (c_int32, [c_void_p, c_int32, Bytes, Bytes, c_void_p]),
    "etcd_txn_delete": (c_int32, [c_void_p, c_int32, Bytes, c_void_p]),
    "etcd_txn_nest": (c_int32, [c_void_p, c_int32, c_void_p]),
    "etcd_txn_commit": (c_int32, [c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_txn_commit_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_op_new_get": (c_int32, [Bytes, c_void_p, OUT, OUT]),
    "etcd_op_new_put": (c_int32, [Bytes, Bytes, c_void_p, OUT, OUT]),
    "etcd_op_new_delete": (c_int32, [Bytes, c_void_p, OUT, OUT]),
    "etcd_op_new_txn": (c_int32, [c_void_p, OUT, OUT]),
    "etcd_op_free": (None, [c_void_p]),
    "etcd_txn_add": (c_int32, [c_void_p, c_int32, c_void_p]),
    "etcd_kv_do": (c_int32, [c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_kv_do_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_op_response_free": (None, [c_void_p]),
    "etcd_lease_grant_response_free": (None, [c_void_p]),
    "etcd_lease_keep_alive_response_free": (None, [c_void_p]),
    "etcd_lease_time_to_live_response_free": (None, [c_void_p]),
    "etcd_lease_list_response_free": (None, [c_void_p]),
    "etcd_lease_grant": (c_int32, [c_void_p, c_int64, c_void_p, OUT, OUT]),
    "etcd_lease_grant_async": (c_int32, [c_void_p, c_int64, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_revoke": (c_int32, [c_void_p, c_int64, c_void_p, OUT, OUT]),
    "etcd_lease_revoke_async": (c_int32, [c_void_p, c_int64, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_keep_alive_once": (c_int32, [c_void_p, c_int64, c_void_p, OUT, OUT]),
    "etcd_lease_keep_alive_once_async": (c_int32, [c_void_p, c_int64, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_time_to_live": (c_int32, [c_void_p, c_int64, c_void_p, OUT, OUT]),
    "etcd_lease_time_to_live_async": (c_int32, [c_void_p, c_int64, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_list": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_list_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_keep_alive_open": (c_int32, [c_void_p, c_int64, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_keep_alive_next": (c_int32, [c_void_p, c_int32, OUT, OUT]),
    "etcd_lease_keep_alive_left_ms": (c_int64, [c_void_p]),
    "etcd_lease_keep_alive_close": (None, [c_void_p]),
    "etcd_watch_open": (c_int32, [c_void_p, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_watch_next": (c_int32, [c_void_p, c_int32, OUT, OUT]),
    "etcd_watch_request_progress": (c_int32, [c_void_p]),
    "etcd_watch_close": (None, [c_void_p]),
    "etcd_watch_response_free": (None, [c_void_p]),
    "etcd_kv_wait_for": (c_int32, [c_void_p, Bytes, c_bool, c_void_p, OUT, OUT]),
    "etcd_kv_wait_for_async": (c_int32, [c_void_p, Bytes, c_bool, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_session_response_free": (None, [c_void_p]),
    "etcd_lease_session_open": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_session_lease": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_session_lease_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_session_lost": (c_int32, [c_void_p, c_int64, c_void_p, OUT, OUT]),
    "etcd_lease_session_lost_async": (c_int32, [c_void_p, c_int64, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_session_end": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_session_end_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_lease_session_left_ms": (c_int64, [c_void_p]),
    "etcd_lease_session_orphan": (None, [c_void_p]),
    "etcd_lease_session_close": (None, [c_void_p]),
    "etcd_ownership_response_free": (None, [c_void_p]),
    "etcd_mutex_open": (c_int32, [c_void_p, Bytes, OUT, OUT]),
    "etcd_mutex_lock": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_mutex_lock_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_mutex_try_lock": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_mutex_try_lock_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_mutex_unlock": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_mutex_unlock_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_mutex_check": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_mutex_check_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_mutex_lost": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_mutex_lost_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_mutex_fence": (c_int32, [c_void_p, c_void_p]),
    "etcd_mutex_close": (None, [c_void_p]),
    "etcd_election_leader_response_free": (None, [c_void_p]),
    "etcd_election_open": (c_int32, [c_void_p, Bytes, OUT, OUT]),
    "etcd_election_campaign": (c_int32, [c_void_p, Bytes, c_void_p, OUT, OUT]),
    "etcd_election_campaign_async": (c_int32, [c_void_p, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_election_resume": (c_int32, [c_void_p, c_int64, c_void_p, OUT, OUT]),
    "etcd_election_resume_async": (c_int32, [c_void_p, c_int64, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_election_proclaim": (c_int32, [c_void_p, Bytes, c_void_p, OUT, OUT]),
    "etcd_election_proclaim_async": (c_int32, [c_void_p, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_election_resign": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_election_resign_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_election_lost": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_election_lost_async": (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_election_fence": (c_int32, [c_void_p, c_void_p]),
    "etcd_election_close": (None, [c_void_p]),
    "etcd_election_leader": (c_int32, [c_void_p, Bytes, c_void_p, OUT, OUT]),
    "etcd_election_leader_async": (c_int32, [c_void_p, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_election_observer_open": (c_int32, [c_void_p, Bytes, c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_election_observer_next": (c_int32, [c_void_p, c_int32, OUT, OUT]),
    "etcd_election_observer_close": (None, [c_void_p]),
    "etcd_stm_run": (c_int32, [c_void_p, StmCb, c_void_p, c_void_p, OUT, OUT]),
    "etcd_stm_get": (c_int32, [c_void_p, Bytes, OUT, OUT]),
    "etcd_stm_get_prefix": (c_int32, [c_void_p, Bytes, OUT, OUT]),
    "etcd_stm_put": (c_int32, [c_void_p, Bytes, Bytes, c_int64]),
    "etcd_stm_delete": (c_int32, [c_void_p, Bytes]),
    "etcd_event_kind": (c_int32, [c_void_p]),
    "etcd_event_user_data": (c_void_p, [c_void_p]),
    "etcd_event_status": (c_int32, [c_void_p]),
    "etcd_event_error": (c_void_p, [c_void_p]),
    "etcd_event_response": (c_void_p, [c_void_p, c_int32]),
    "etcd_event_take_response": (c_void_p, [c_void_p, c_int32]),
    "etcd_event_keep": (c_void_p, [c_void_p]),
    "etcd_event_free": (None, [c_void_p]),
    "etcd_call_cancel": (c_int32, [c_void_p]),
    "etcd_queue_new": (c_int32, [c_void_p, OUT, OUT]),
    "etcd_queue_free": (None, [c_void_p]),
    "etcd_queue_fd": (c_int, [c_void_p]),
    "etcd_queue_next": (c_int32, [c_void_p, c_int32, OUT, OUT]),
    "etcd_queue_next_batch": (c_int32, [c_void_p, c_int32, OUT, c_size_t, c_void_p, OUT]),
    "etcd_queue_wake": (c_int32, [c_void_p]),
    "etcd_queue_dispatch": (c_int32, [c_void_p, c_int32, EventCb, c_void_p, c_void_p, OUT]),
    "etcd_queue_dispatch_handlers": (c_int32, [c_void_p, c_int32, c_void_p, OUT]),
    "etcd_queue_start_dispatcher": (c_int32, [c_void_p, EventCb, c_void_p, OUT]),
    "etcd_queue_start_handler_dispatcher": (c_int32, [c_void_p, OUT]),
    "etcd_connection_watch_open": (c_int32, [c_void_p, c_void_p, c_void_p, OUT, OUT]),
    "etcd_connection_watch_next": (c_int32, [c_void_p, c_int32, OUT, OUT]),
    "etcd_connection_watch_close": (None, [c_void_p]),
    "etcd_connection_watch_response_free": (None, [c_void_p]),
    "etcd_client_counters": (c_int32, [c_void_p, c_void_p, OUT]),
    "etcd_client_counters_text": (c_int32, [c_void_p, c_char_p, OUT, OUT]),
    "etcd_text_free": (None, [c_void_p]),
    "etcd_member_list_response_free": (None, [c_void_p]),
    "etcd_member_list": (c_int32, [c_void_p, c_void_p, OUT, OUT]),
    "etcd_maintenance_status_response_free": (None, [c_void_p]),
    "etcd_maintenance_status": (c_int32, [c_void_p, c_char_p, c_void_p, OUT, OUT]),
    "etcd_lock_service_lock_response_free": (None, [c_void_p]),
    "etcd_lock_service_lock": (c_int32, [c_void_p, Bytes, c_int64, c_void_p, OUT, OUT]),
    "etcd_lock_service_unlock": (c_int32, [c_void_p, Bytes, c_void_p, OUT, OUT]),
    "etcd_open": (c_void_p, [c_void_p]),
    "etcd_open_str": (c_void_p, [c_char_p]),
    "etcd_close": (None, [c_void_p]),
    "etcd_close_str": (None, [c_void_p]),
    "etcd_get": (c_void_p, [c_void_p, c_char_p]),
    "etcd_watch": (c_int32, [c_void_p, c_char_p, OUT, OUT, POINTER(c_int), POINTER(c_int)]),
    "etcd_set": (c_int32, [c_void_p, c_char_p, c_char_p, c_char_p, c_uint]),
    "etcd_delete": (c_int32, [c_void_p, c_char_p]),
    "etcd_leader": (c_void_p, [c_void_p]),
    "etcd_lock": (c_int32, [c_void_p, c_char_p, c_uint, c_char_p, OUT]),
    "etcd_unlock": (c_int32, [c_void_p, c_char_p, c_char_p]),
}

# The function that frees or closes what each of these returns in `out`.
ENDS: Dict[str, str] = {
    "etcd_client_open": "etcd_client_close",
    "etcd_client_open_endpoints": "etcd_client_close",
    "etcd_client_last_error": "etcd_error_free",
    "etcd_client_endpoints": "etcd_client_endpoints_free",
    "etcd_kv_get": "etcd_get_response_free",
    "etcd_kv_put": "etcd_put_response_free",
    "etcd_kv_delete": "etcd_delete_response_free",
    "etcd_kv_compact": "etcd_header_response_free",
    "etcd_kv_put_if_absent": "etcd_if_response_free",
    "etcd_kv_put_if_value": "etcd_if_response_free",
    "etcd_kv_put_if_revision": "etcd_if_response_free",
    "etcd_kv_delete_if_value": "etcd_if_response_free",
    "etcd_kv_delete_if_revision": "etcd_if_response_free",
    "etcd_kv_put_ttl": "etcd_put_response_free",
    "etcd_range_open": "etcd_range_close",
    "etcd_range_next": "etcd_get_response_free",
    "etcd_txn_commit": "etcd_txn_response_free",
    "etcd_op_new_get": "etcd_op_free",
    "etcd_op_new_put": "etcd_op_free",
    "etcd_op_new_delete": "etcd_op_free",
    "etcd_op_new_txn": "etcd_op_free",
    "etcd_kv_do": "etcd_op_response_free",
    "etcd_lease_grant": "etcd_lease_grant_response_free",
    "etcd_lease_revoke": "etcd_header_response_free",
    "etcd_lease_keep_alive_once": "etcd_lease_keep_alive_response_free",
    "etcd_lease_time_to_live": "etcd_lease_time_to_live_response_free",
    "etcd_lease_list": "etcd_lease_list_response_free",
    "etcd_lease_keep_alive_open": "etcd_lease_keep_alive_close",
    "etcd_lease_keep_alive_next": "etcd_lease_keep_alive_response_free",
    "etcd_watch_open": "etcd_watch_close",
    "etcd_watch_next": "etcd_watch_response_free",
    "etcd_kv_wait_for": "etcd_get_response_free",
    "etcd_lease_session_open": "etcd_lease_session_close",
    "etcd_lease_session_lease": "etcd_lease_session_response_free",
    "etcd_lease_session_lost": "etcd_header_response_free",
    "etcd_lease_session_end": "etcd_header_response_free",
    "etcd_mutex_open": "etcd_mutex_close",
    "etcd_mutex_lock": "etcd_ownership_response_free",
    "etcd_mutex_try_lock": "etcd_ownership_response_free",
    "etcd_mutex_unlock": "etcd_header_response_free",
    "etcd_mutex_check": "etcd_ownership_response_free",
    "etcd_mutex_lost": "etcd_header_response_free",
    "etcd_election_open": "etcd_election_close",
    "etcd_election_campaign": "etcd_ownership_response_free",
    "etcd_election_resume": "etcd_ownership_response_free",
    "etcd_election_proclaim": "etcd_header_response_free",
    "etcd_election_resign": "etcd_header_response_free",
    "etcd_election_lost": "etcd_header_response_free",
    "etcd_election_leader": "etcd_election_leader_response_free",
    "etcd_election_observer_open": "etcd_election_observer_close",
    "etcd_election_observer_next": "etcd_election_leader_response_free",
    "etcd_stm_run": "etcd_header_response_free",
    "etcd_stm_get": "etcd_get_response_free",
    "etcd_stm_get_prefix": "etcd_get_response_free",
    "etcd_queue_new": "etcd_queue_free",
    "etcd_queue_next": "etcd_event_free",
    "etcd_connection_watch_open": "etcd_connection_watch_close",
    "etcd_connection_watch_next": "etcd_connection_watch_response_free",
    "etcd_client_counters_text": "etcd_text_free",
    "etcd_member_list": "etcd_member_list_response_free",
    "etcd_maintenance_status": "etcd_maintenance_status_response_free",
    "etcd_lock_service_lock": "etcd_lock_service_lock_response_free",
    "etcd_lock_service_unlock": "etcd_header_response_free",
}
