"""etcd v3 for Python: a thin layer of ctypes over the C library libetcd.

    import etcd

    with etcd.Client("localhost:2379") as client:
        client.put("greeting", "hello")
        kv = client.get("greeting")
        print(kv.value.decode() if kv else "no such key")

Keys and values are bytes; a str is encoded as UTF-8. Times are in seconds;
math.inf means no limit, and more than 49 days are 49 days. Every call that fails
raises EtcdError or one of its subclasses. An integer that does not fit into its
type in C raises InvalidArgument, and nothing is sent.

Any number of threads may use a client, and calls release the GIL. After
os.fork() the child opens clients of its own. Ctrl-C ends every next(), and every
wait for a key, a lock, an election, a loss or a session's lease at once; other
calls and pages when they return, at the latest at their deadline (by default 5 s).

It needs the modules _etcd_*.py beside it. For asyncio there is etcd_aio.py.
"""

import ctypes
import itertools
import logging
import math
import os
import threading
from typing import Any, Callable, Dict, Generic, Iterable, List, Optional, Tuple, TypeVar, Union

import _etcd_abi as abi
from _etcd_decode import (
    _POINTER, _connection_response, _delete_response, _each, _election_leader_response, _first, _header_response,
    _if_response, _lease_grant_response, _lease_keep_alive_response, _lease_list_response, _lease_time_to_live_response,
    _lock_service_lock_response, _maintenance_status_response, _member_list_response, _put_response, _range_response,
    _read, _string, _txn_response, _watch_response,
)
from _etcd_encode import (
    Data as Data, _ALONE, _FLAGS, _ISOLATIONS, _ONLY, _RESULTS, _Request, _SORT, _SORT_BY, _TARGETS, _bytes, _choice,
    _endpoints, _ms, _request, _sized, _span, _text, _where,
)
from _etcd_handles import Call, Event, Queue, _Handle, _call, _finish, _here, _later, _start_writer, _wait_for_lines
from _etcd_library import Path as Path, _library, load
from _etcd_streams import Connections, ElectionObserver, KeepAlive, Pages, Watch
from _etcd_types import (
    CONNECTION_DOWN, CONNECTION_GONE, CONNECTION_UP, Closed, ClusterChanged, Compacted, Conflict, ConnectionResponse,
    DELETE, DeleteResponse, ElectionLeaderResponse, EtcdError, Forked, Header, HeaderResponse, IfResponse, InUse,
    InvalidArgument, KeyValue, LeaseGrantResponse, LeaseKeepAliveResponse, LeaseListResponse, LeaseLost, LeaseNotFound,
    LeaseTimeToLiveResponse, LockLost, LockServiceLockResponse, MAYBE_APPLIED, MaintenanceStatusResponse, Member,
    MemberListResponse, NOT_APPLIED, PUT, PutResponse, RangeResponse, RevisionRegressed, Timeout, TxnResponse,
    Unavailable, WATCH_CREATED, WATCH_EVENTS, WATCH_KEYS, WATCH_PROGRESS, WatchEvent, WatchResponse,
)

__all__ = [
    "Branch", "CONNECTION_DOWN", "CONNECTION_GONE", "CONNECTION_UP", "Call", "Client", "Closed", "ClusterChanged",
    "Compacted", "Conflict", "ConnectionResponse", "Connections", "DELETE", "DeleteResponse", "Election",
    "ElectionLeaderResponse", "ElectionObserver", "EtcdError", "Event", "Forked", "Header", "HeaderResponse",
    "IfResponse", "InUse", "InvalidArgument", "KeepAlive", "KeyValue", "LeaseGrantResponse", "LeaseKeepAliveResponse",
    "LeaseListResponse", "LeaseLost", "LeaseNotFound", "LeaseTimeToLiveResponse", "LockLost", "LockServiceLockResponse",
    "MAYBE_APPLIED", "MaintenanceStatusResponse", "Member", "MemberListResponse", "Mutex", "NOT_APPLIED", "Op",
    "Ownership", "PUT", "Pages", "PutResponse", "Queue", "RangeResponse", "RevisionRegressed", "Session",
    "SessionLease", "Stm", "Timeout", "Txn", "TxnResponse", "Unavailable", "WATCH_CREATED", "WATCH_EVENTS",
    "WATCH_KEYS", "WATCH_PROGRESS", "Watch", "WatchEvent", "WatchResponse", "load", "mem_drop", "prefix_end", "version",
]

T = TypeVar("T")


def version() -> str:
    """The library's version, such as "0.1.0"."""
    text: bytes = _library().etcd_version_string()
    return text.decode()


def mem_drop(endpoint: str) -> None:
    """Forgets the store of this process that has this endpoint, "mem:" or "mem:NAME".

    The next client that is opened with it begins with an empty one; clients that
    are open keep the old one.
    """
    _finish(_library().etcd_mem_drop, _text(endpoint))


def prefix_end(prefix: Data) -> bytes:
    """The end of the range that has just the keys with a prefix; b"\\0", the end of all keys, if it has no other."""
    key = _bytes(prefix)
    end = ctypes.create_string_buffer(max(key.len, 1))
    length = _library().etcd_prefix_end(key, end, len(end))
    return end.raw[:length]


# --- Requests ---


def _get_keys(decode: Callable[[int], T], key: Data, end: Optional[Data], flags: int = 0, *, revision: int = 0,
              limit: int = 0, sort: Optional[str] = None, sort_by: str = "key", min_mod_revision: int = 0,
              max_mod_revision: int = 0, min_create_revision: int = 0, max_create_revision: int = 0,
              only: Optional[str] = None, serializable: bool = False, keys_only: bool = False,
              count_only: bool = False, timeout: Optional[float] = None,
              require_leader: bool = False) -> _Request[T]:
    range_end, flag = _where(key, end)
    flags |= flag | _choice("only", _ONLY, only)
    return _request(
        "etcd_kv_get", decode, (_bytes(key),), abi.GetOptions, flags, range_end=range_end, revision=revision,
        limit=limit, sort_order=_choice("sort", _SORT, sort), sort_target=_choice("sort_by", _SORT_BY, sort_by),
        min_mod_revision=min_mod_revision, max_mod_revision=max_mod_revision, min_create_revision=min_create_revision,
        max_create_revision=max_create_revision, serializable=serializable, keys_only=keys_only,
        count_only=count_only, timeout=timeout, require_leader=require_leader)


def _get(key: Data, *, revision: int = 0, serializable: bool = False, keys_only: bool = False,
         timeout: Optional[float] = None, require_leader: bool = False) -> _Request[Optional[KeyValue]]:
    # Not by _get_keys(): to fill in what is not used takes longer than all the rest.
    return _request("etcd_kv_get", _first, (_bytes(key),), abi.GetOptions, revision=revision, serializable=serializable,
                    keys_only=keys_only, timeout=timeout, require_leader=require_leader)


def _range(first: Data, end: Optional[Data], **options: Any) -> _Request[RangeResponse]:
    return _get_keys(_range_response, first, end, **options)


def _prefix(prefix: Data, **options: Any) -> _Request[RangeResponse]:
    return _get_keys(_range_response, prefix, _ALONE, abi.ETCD_PREFIX, **options)


def _wait_for(key: Data, *, exists: bool = True, timeout: Optional[float] = None,
              require_leader: bool = False) -> _Request[Optional[KeyValue]]:
    return _request("etcd_kv_wait_for", _first, (_bytes(key), exists), timeout=timeout, require_leader=require_leader)


def _pages(key: Data = b"", end: Optional[Data] = _ALONE, *, prefix: Optional[Data] = None, revision: int = 0,
           limit: int = 0, sort: Optional[str] = None, min_mod_revision: int = 0, max_mod_revision: int = 0,
           min_create_revision: int = 0, max_create_revision: int = 0, serializable: bool = False,
           keys_only: bool = False, timeout: Optional[float] = None,
           require_leader: bool = False) -> _Request[RangeResponse]:
    first, range_end, flags = _span(key, end, prefix)
    return _request(
        "etcd_range_open", _range_response, (first,), abi.RangeOptions, flags, range_end=range_end, revision=revision,
        limit=limit, sort_order=_choice("sort", _SORT, sort), min_mod_revision=min_mod_revision,
        max_mod_revision=max_mod_revision, min_create_revision=min_create_revision,
        max_create_revision=max_create_revision, serializable=serializable, keys_only=keys_only, timeout=timeout,
        require_leader=require_leader)


def _put_key(call: str, decode: Callable[[int], T], arguments: Tuple[Any, ...], *, lease: int = 0,
             prev_kv: bool = False, ignore_value: bool = False, ignore_lease: bool = False,
             timeout: Optional[float] = None, require_leader: bool = False) -> _Request[T]:
    return _request(call, decode, arguments, abi.PutOptions, lease=lease, prev_kv=prev_kv, ignore_value=ignore_value,
                    ignore_lease=ignore_lease, timeout=timeout, require_leader=require_leader)


def _put(key: Data, value: Data, **options: Any) -> _Request[PutResponse]:
    return _put_key("etcd_kv_put", _put_response, (_bytes(key), _bytes(value)), **options)


def _put_ttl(key: Data, value: Data, ttl: int, **options: Any) -> _Request[PutResponse]:
    return _put_key("etcd_kv_put_ttl", _put_response, (_bytes(key), _bytes(value), ttl), **options)


def _put_if_absent(key: Data, value: Data, **options: Any) -> _Request[IfResponse]:
    return _put_key("etcd_kv_put_if_absent", _if_response, (_bytes(key), _bytes(value)), **options)


def _put_if_value(key: Data, seen: Data, value: Data, **options: Any) -> _Request[IfResponse]:
    return _put_key("etcd_kv_put_if_value", _if_response, (_bytes(key), _bytes(seen), _bytes(value)), **options)


def _put_if_revision(key: Data, seen: int, value: Data, **options: Any) -> _Request[IfResponse]:
    return _put_key("etcd_kv_put_if_revision", _if_response, (_bytes(key), seen, _bytes(value)), **options)


def _delete_keys(key: Data, end: Optional[Data], flags: int = 0, *, prev_kv: bool = False,
                 timeout: Optional[float] = None, require_leader: bool = False) -> _Request[DeleteResponse]:
    range_end, flag = _where(key, end)
    return _request("etcd_kv_delete", _delete_response, (_bytes(key),), abi.DeleteOptions, flags | flag,
                    range_end=range_end, prev_kv=prev_kv, timeout=timeout, require_leader=require_leader)


def _delete(key: Data, **options: Any) -> _Request[DeleteResponse]:
    return _delete_keys(key, _ALONE, **options)


def _delete_range(first: Data, end: Optional[Data], **options: Any) -> _Request[DeleteResponse]:
    return _delete_keys(first, end, **options)


def _delete_prefix(prefix: Data, **options: Any) -> _Request[DeleteResponse]:
    return _delete_keys(prefix, _ALONE, abi.ETCD_PREFIX, **options)


def _delete_if(call: str, key: Data, seen: Any, *, prev_kv: bool = False, timeout: Optional[float] = None,
               require_leader: bool = False) -> _Request[IfResponse]:
    return _request(call, _if_response, (_bytes(key), seen), abi.DeleteOptions, prev_kv=prev_kv, timeout=timeout,
                    require_leader=require_leader)


def _delete_if_value(key: Data, seen: Data, **options: Any) -> _Request[IfResponse]:
    return _delete_if("etcd_kv_delete_if_value", key, _bytes(seen), **options)


def _delete_if_revision(key: Data, seen: int, **options: Any) -> _Request[IfResponse]:
    return _delete_if("etcd_kv_delete_if_revision", key, seen, **options)


def _compact(revision: int, *, physical: bool = False, timeout: Optional[float] = None,
             require_leader: bool = False) -> _Request[HeaderResponse]:
    return _request("etcd_kv_compact", _header_response, (revision,), physical=physical, timeout=timeout,
                    require_leader=require_leader)


def _commit(txn: "Txn", *, timeout: Optional[float] = None, require_leader: bool = False) -> _Request[TxnResponse]:
    return _request("etcd_txn_commit", _txn_response, (txn._handle,), timeout=timeout, require_leader=require_leader)


def _do(op: "Op[T]", *, timeout: Optional[float] = None, require_leader: bool = False) -> _Request[T]:
    options = _sized(abi.CallOptions, timeout_ms=_ms(timeout), flags=_FLAGS["require_leader"] * require_leader)
    # On a queue its response is that of the call that it is.
    return _Request("etcd_kv_do", (op._handle, ctypes.byref(options)), op._made.decode)


def _lease_grant(ttl: int, *, id: int = 0, timeout: Optional[float] = None,
                 require_leader: bool = False) -> _Request[LeaseGrantResponse]:
    return _request("etcd_lease_grant", _lease_grant_response, (ttl,), abi.LeaseGrantOptions, id=id, timeout=timeout,
                    require_leader=require_leader)


def _lease_revoke(id: int, *, timeout: Optional[float] = None,
                  require_leader: bool = False) -> _Request[HeaderResponse]:
    return _request("etcd_lease_revoke", _header_response, (id,), timeout=timeout, require_leader=require_leader)


def _lease_keep_alive_once(id: int, *, timeout: Optional[float] = None,
                           require_leader: bool = False) -> _Request[LeaseKeepAliveResponse]:
    return _request("etcd_lease_keep_alive_once", _lease_keep_alive_response, (id,), timeout=timeout,
                    require_leader=require_leader)


def _lease_time_to_live(id: int, *, keys: bool = False, timeout: Optional[float] = None,
                        require_leader: bool = False) -> _Request[LeaseTimeToLiveResponse]:
    return _request("etcd_lease_time_to_live", _lease_time_to_live_response, (id,), keys=keys, timeout=timeout,
                    require_leader=require_leader)


def _lease_list(*, timeout: Optional[float] = None, require_leader: bool = False) -> _Request[LeaseListResponse]:
    return _request("etcd_lease_list", _lease_list_response, (), timeout=timeout, require_leader=require_leader)


def _member_list(*, serializable: bool = False, timeout: Optional[float] = None,
                 require_leader: bool = False) -> _Request[MemberListResponse]:
    return _request("etcd_member_list", _member_list_response, (), serializable=serializable, timeout=timeout,
                    require_leader=require_leader)


def _maintenance_status(endpoint: Optional[str], *, timeout: Optional[float] = None,
                        require_leader: bool = False) -> _Request[MaintenanceStatusResponse]:
    return _request("etcd_maintenance_status", _maintenance_status_response,
                    (None if endpoint is None else os.fsencode(endpoint),), timeout=timeout,
                    require_leader=require_leader)


def _lock_service_lock(name: Data, lease: int, *, timeout: Optional[float] = None,
                       require_leader: bool = False) -> _Request[LockServiceLockResponse]:
    return _request("etcd_lock_service_lock", _lock_service_lock_response, (_bytes(name), lease), timeout=timeout,
                    require_leader=require_leader)


def _lock_service_unlock(key: Data, *, timeout: Optional[float] = None,
                         require_leader: bool = False) -> _Request[HeaderResponse]:
    return _request("etcd_lock_service_unlock", _header_response, (_bytes(key),), timeout=timeout,
                    require_leader=require_leader)


def _watch(key: Data = b"", end: Optional[Data] = _ALONE, *, prefix: Optional[Data] = None, start_revision: int = 0,
           prev_kv: bool = False, no_put: bool = False, no_delete: bool = False, created_notify: bool = False,
           progress_notify: bool = False, merge: bool = False, resync: bool = False, no_wait: bool = False,
           max_bytes: int = 0, timeout: Optional[float] = None,
           require_leader: bool = False) -> _Request[WatchResponse]:
    first, range_end, flags = _span(key, end, prefix)
    return _request(
        "etcd_watch_open", _watch_response, (first,), abi.WatchOptions, flags, range_end=range_end,
        start_revision=start_revision, prev_kv=prev_kv, no_put=no_put, no_delete=no_delete,
        created_notify=created_notify, progress_notify=progress_notify, merge=merge, resync=resync, no_wait=no_wait,
        max_bytes=max_bytes, timeout=timeout, require_leader=require_leader)


def _lease_keep_alive(id: int, *, notify: bool = False, timeout: Optional[float] = None,
                      require_leader: bool = False) -> _Request[LeaseKeepAliveResponse]:
    return _request("etcd_lease_keep_alive_open", _lease_keep_alive_response, (id,), notify=notify, timeout=timeout,
                    require_leader=require_leader)


def _stm_run(function: Callable[["Stm"], Any], *, isolation: str = "serializable_snapshot", max_tries: int = 0,
             timeout: Optional[float] = None) -> _Request[Any]:
    options = _sized(abi.StmOptions, isolation=_choice("isolation", _ISOLATIONS, isolation), max_tries=max_tries,
                     timeout_ms=_ms(timeout))
    return _Request("etcd_stm_run", (function, None, ctypes.byref(options)), _header_response)


def _session(*, ttl: int = 0, lease: int = 0, replace: bool = False) -> _Request[None]:
    options = _sized(abi.LeaseSessionOptions, ttl=ttl, lease=lease, flags=abi.ETCD_LEASE_SESSION_REPLACE * replace)
    return _Request("etcd_lease_session_open", (ctypes.byref(options),), lambda _: None)


def _election_leader(name: Data, *, timeout: Optional[float] = None,
                     require_leader: bool = False) -> _Request[ElectionLeaderResponse]:
    return _request("etcd_election_leader", _election_leader_response, (_bytes(name),), timeout=timeout,
                    require_leader=require_leader)


def _observe_election(name: Data) -> _Request[ElectionLeaderResponse]:
    return _request("etcd_election_observer_open", _election_leader_response, (_bytes(name),))


_CONNECTIONS = _Request("etcd_connection_watch_open", (), _connection_response)


# --- Transactions ---


class Branch:
    """Operations of a transaction, with the options of the client's calls, but for a timeout."""

    def __init__(self, txn: "Txn", number: int) -> None:
        self._txn, self._number = txn, number

    def get(self, key: Data, **options: Any) -> "Branch":
        return self._add(_get(key, **options))

    def range(self, first: Data, end: Optional[Data], **options: Any) -> "Branch":
        return self._add(_range(first, end, **options))

    def prefix(self, prefix: Data, **options: Any) -> "Branch":
        return self._add(_prefix(prefix, **options))

    def put(self, key: Data, value: Data, **options: Any) -> "Branch":
        return self._add(_put(key, value, **options))

    def delete(self, key: Data, **options: Any) -> "Branch":
        return self._add(_delete(key, **options))

    def delete_range(self, first: Data, end: Optional[Data], **options: Any) -> "Branch":
        return self._add(_delete_range(first, end, **options))

    def delete_prefix(self, prefix: Data, **options: Any) -> "Branch":
        return self._add(_delete_prefix(prefix, **options))

    def nest(self, txn: "Txn") -> "Branch":
        """A copy of a transaction as it is now."""
        self._txn._add(_library().etcd_txn_nest, self._number, txn._handle)
        return self

    def do(self, op: "Op[Any]") -> "Branch":
        """Adds an operation; it stays as it is."""
        self._txn._add(_library().etcd_txn_add, self._number, op._handle)
        return self

    def _add(self, request: _Request[Any]) -> "Branch":
        function = getattr(_library(), request.call.replace("_kv_", "_txn_"))
        self._txn._add(function, self._number, *request.arguments)
        return self


class Txn(_Handle):
    """A transaction: if all compares hold, all of `then` is done, else all of `otherwise`; Client.commit() does it.

        txn = etcd.Txn().compare("leader", "version", "==", 0)
        txn.then.put("leader", "me")
        txn.otherwise.get("leader")
        response = client.commit(txn)

    It belongs to no client, and may be committed any number of times. What the
    library refuses to add raises at once. The error stays in the transaction: commit() raises it again.
    """

    def __init__(self) -> None:
        library = _library()
        super().__init__(library.etcd_txn_new() or 0, library.etcd_txn_free)

    def _add(self, function: Callable[..., int], *arguments: Any) -> None:
        if function(self._handle, *arguments) < 0:
            # Fails with the error that stays in the transaction, or that it is closed.
            _call(_library().etcd_op_new_txn, self._handle)

    @property
    def then(self) -> Branch:
        return Branch(self, 61)

    @property
    def otherwise(self) -> Branch:
        return Branch(self, 62)

    def compare(self, key: Data, target: str, result: str, value: Union[int, Data], end: Optional[Data] = _ALONE, *,
                prefix: bool = False) -> "Txn":
        """Adds a condition, such as (key, "mod", "==", kv.mod_revision).

        target is "version", "create", "mod", "lease", all 0 where there is no key, or
        "value", of which nothing holds where there is none; result is "==", "!=", "<"
        or ">". With an end, or a prefix, it is for each key of the range.
        """
        number = _choice("target", _TARGETS, target)
        if isinstance(value, int) == (target == "value"):
            raise TypeError(f"the {target} of a key is not {value!r}")
        what = {"number": value} if isinstance(value, int) else {"value": _bytes(value)}
        range_end, flag = _where(key, end)
        options = _sized(abi.CompareOptions, range_end=range_end, target=number,
                         relation=_choice("result", _RESULTS, result),
                         flags=flag | abi.ETCD_PREFIX * prefix, **what)
        self._add(_library().etcd_txn_compare, _bytes(key), ctypes.byref(options))
        return self


class Op(_Handle, Generic[T]):
    """A get, put, delete or transaction that is made once, and done any number of times, alone or in transactions.

        count = etcd.Op.prefix("jobs/", count_only=True)
        print(client.do(count).count)
        txn.then.do(count)

    Arguments and options are those of the client's calls, but for a timeout, which is
    given when it is done. It belongs to no client.
    """

    def __init__(self, made: _Request[T]) -> None:
        """Made by get(), range(), put() and so on."""
        library = _library()
        _, handle = _call(getattr(library, made.call.replace("_kv_", "_op_new_")), *made.arguments)
        super().__init__(handle, library.etcd_op_free)
        self._made = made

    @staticmethod
    def get(key: Data, **options: Any) -> "Op[Optional[KeyValue]]":
        return Op(_get(key, **options))

    @staticmethod
    def range(first: Data, end: Optional[Data], **options: Any) -> "Op[RangeResponse]":
        return Op(_range(first, end, **options))

    @staticmethod
    def prefix(prefix: Data, **options: Any) -> "Op[RangeResponse]":
        return Op(_prefix(prefix, **options))

    @staticmethod
    def put(key: Data, value: Data, **options: Any) -> "Op[PutResponse]":
        return Op(_put(key, value, **options))

    @staticmethod
    def delete(key: Data, **options: Any) -> "Op[DeleteResponse]":
        return Op(_delete(key, **options))

    @staticmethod
    def delete_range(first: Data, end: Optional[Data], **options: Any) -> "Op[DeleteResponse]":
        return Op(_delete_range(first, end, **options))

    @staticmethod
    def delete_prefix(prefix: Data, **options: Any) -> "Op[DeleteResponse]":
        return Op(_delete_prefix(prefix, **options))

    @staticmethod
    def txn(txn: Txn) -> "Op[TxnResponse]":
        """A copy of a transaction as it is now."""
        return Op(_Request("etcd_kv_txn", (txn._handle,), _txn_response))


# --- The log ---

# Lines are written by a thread: where the library calls back, they must not be.
_loggers: Dict[int, logging.Logger] = {}
_logger_numbers = itertools.count(1)
# The levels of logging, and the least important that the library then reports.
_LEVELS = [(logging.DEBUG, 7), (logging.INFO, 6), (logging.WARNING, 4), (math.inf, 3)]
_LEVEL_OF = {3: logging.ERROR, 4: logging.WARNING, 6: logging.INFO, 7: logging.DEBUG}


@abi.LogCb
def _on_line(record: int, number: int) -> None:
    _here.calls_back = True
    try:
        level, status, *texts = _read(abi.LOG_RECORD, record)
        what, endpoint, message = map(_string, texts)
        logger = _loggers[number]
        extra = {"etcd_what": what, "etcd_endpoint": endpoint, "etcd_status": status}
        about = f"{what} {endpoint}" if endpoint else what
        _later(lambda: logger.log(_LEVEL_OF[level], "%s: %s", about, message, extra=extra))
    finally:
        _here.calls_back = False


# --- The client ---


class Client(_Handle):
    """A client of one cluster.

    Opening needs no reachable server: calls wait for one until their deadline.
    """

    def __init__(self, endpoints: Union[str, Iterable[str]], *, user: Optional[str] = None,
                 password: Optional[str] = None, token: Optional[str] = None, ca_file: Optional[Path] = None,
                 cert_file: Optional[Path] = None, key_file: Optional[Path] = None, crl_file: Optional[Path] = None,
                 server_name: Optional[str] = None, ca_pem: Data = b"", cert_pem: Data = b"", key_pem: Data = b"",
                 crl_pem: Data = b"", timeout: float = 5.0, connect_timeout: Optional[float] = None,
                 auto_sync_interval: Optional[float] = None,
                 ping_interval: Optional[float] = None, ping_timeout: Optional[float] = None, max_send_bytes: int = 0,
                 max_receive_bytes: int = 0, plaintext_password: bool = False, insecure_skip_verify: bool = False,
                 key_prefix: Data = b"", logger: Optional[logging.Logger] = None) -> None:
        """endpoints: one, several in a string separated by commas, or any number of strings.

        "mem:" or "mem:NAME", alone, is an etcd inside this process; see mem_drop().

        timeout is the deadline of calls that name none. Everything else is as in
        etcd_client_options_t, where None and 0 stand for the default.

        logger gets what etcd.h describes with etcd_log_record_t, as far as its level now
        wants it, on a thread for that; records have the attributes etcd_what,
        etcd_endpoint and etcd_status. All is written when close() has returned.
        """
        flags = (abi.ETCD_CLIENT_PLAINTEXT_PASSWORD * plaintext_password
                 | abi.ETCD_CLIENT_INSECURE_SKIP_VERIFY * insecure_skip_verify)
        options = _sized(
            abi.ClientOptions, endpoints=_endpoints(endpoints), user=_text(user), password=_text(password),
            ca_file=_text(ca_file), cert_file=_text(cert_file), key_file=_text(key_file),
            server_name=_text(server_name), crl_file=_text(crl_file), token=_text(token), ca_pem=_bytes(ca_pem),
            cert_pem=_bytes(cert_pem), key_pem=_bytes(key_pem), crl_pem=_bytes(crl_pem), timeout_ms=_ms(timeout),
            flags=flags, connect_timeout_ms=_ms(connect_timeout), auto_sync_interval_ms=_ms(auto_sync_interval),
            ping_interval_ms=_ms(ping_interval), ping_timeout_ms=_ms(ping_timeout), max_send_bytes=max_send_bytes,
            max_receive_bytes=max_receive_bytes, key_prefix=_bytes(key_prefix))
        library = _library()
        number = 0
        if logger is not None:
            number = next(_logger_numbers)
            _loggers[number] = logger
            _start_writer()
            level = logger.getEffectiveLevel()
            options.log_callback, options.log_arg = _on_line, number
            options.log_level = next(theirs for ours, theirs in _LEVELS if level <= ours)

        def close(handle: int) -> None:
            library.etcd_client_close(handle)
            _loggers.pop(number, None)

        try:
            _, handle = _call(library.etcd_client_open, ctypes.byref(options))
        except BaseException:
            _loggers.pop(number, None)
            raise
        super().__init__(handle, close)
        self._logs = logger is not None

    def close(self) -> None:
        super().close()
        if self._logs:
            _wait_for_lines()

    def counters(self) -> Dict[str, int]:
        """What the client has done since it was opened, by the names in etcd_counters_t; all only grow."""
        counters = _sized(abi.Counters)
        _finish(_library().etcd_client_counters, self._handle, ctypes.byref(counters))
        return {name: getattr(counters, name) for name, *_ in abi.Counters._fields_[1:]}

    def counters_text(self, label: str = "") -> str:
        """The same and which endpoints are connected, as text for Prometheus; label is the value of "client" on
        every line."""
        library = _library()
        _, text = _call(library.etcd_client_counters_text, self._handle, _text(label))
        try:
            return _string(text)
        finally:
            library.etcd_text_free(text)

    def connections(self) -> "Connections":
        """Reports the state of each endpoint now, and then each change."""
        return Connections(self, _CONNECTIONS)

    def endpoints(self) -> List[str]:
        """The present list of endpoints."""
        library = _library()
        _, found = _call(library.etcd_client_endpoints, self._handle)
        try:
            names, count = _read(abi.CLIENT_ENDPOINTS, found)
            return [os.fsdecode(ctypes.string_at(name)) for name, in _each(_POINTER, names, count)]
        finally:
            library.etcd_client_endpoints_free(found)

    def set_endpoints(self, endpoints: Union[str, Iterable[str]]) -> None:
        """Replaces the endpoints, in the middle of the client's work, by others of the same cluster."""
        _finish(_library().etcd_client_set_endpoints, self._handle, _endpoints(endpoints))

    def sync(self, *, timeout: Optional[float] = None) -> None:
        """Replaces the endpoints by those that the cluster's members announce; auto_sync_interval does so again and
        again."""
        options = _sized(abi.CallOptions, timeout_ms=_ms(timeout))
        _finish(_library().etcd_client_sync, self._handle, ctypes.byref(options))

    # Every call takes timeout, in seconds, and require_leader: a member that knows of no leader refuses it. Further
    # options are named with each; etcd.h describes them.

    def get(self, key: Data, **options: Any) -> Optional[KeyValue]:
        """Reads one key; None if there is none.  Options: revision, serializable, keys_only."""
        return self._run(_get(key, **options))

    def range(self, first: Data, end: Optional[Data], **options: Any) -> RangeResponse:
        """Reads the keys from the first up to, but not with, the end; None is the end of all keys.

        Options: revision, limit, sort ("ascend", "descend"), sort_by ("key", "version",
        "create", "mod", "value"), only ("first" or "last" by sort_by), min_mod_revision,
        max_mod_revision, min_create_revision, max_create_revision, serializable,
        keys_only, count_only.
        """
        return self._run(_range(first, end, **options))

    def prefix(self, prefix: Data, **options: Any) -> RangeResponse:
        """Reads the keys that begin with the prefix; all keys if it is empty.  Options as range()."""
        return self._run(_prefix(prefix, **options))

    def pages(self, key: Data = b"", end: Optional[Data] = _ALONE, **options: Any) -> "Pages":
        """Reads a range of any size page by page, all of one revision: from the key up to the end as range(), or
        with prefix= all keys that begin with it.

            for page in client.pages(prefix="config/"):
                for kv in page:
                    print(kv.key, kv.value)

        Options: prefix, limit (of a page, 1000 if it is not given), revision, sort,
        min_mod_revision, max_mod_revision, min_create_revision, max_create_revision,
        serializable, keys_only; timeout is that of each page.
        """
        return Pages(self, _pages(key, end, **options))

    def wait_for(self, key: Data, **options: Any) -> Optional[KeyValue]:
        """Waits until a key exists, and returns it; with exists=False until it does not. Without a timeout it waits as
        long as it takes."""
        return self._run_waiting(_wait_for(key, **options))

    def put(self, key: Data, value: Data, **options: Any) -> PutResponse:
        """Writes one key.  Options: lease (its id), prev_kv; with an empty value ignore_value, which keeps the old
        one; ignore_lease, which keeps the lease."""
        return self._run(_put(key, value, **options))

    def put_ttl(self, key: Data, value: Data, ttl: int, **options: Any) -> PutResponse:
        """Writes one key that is gone after so many seconds: with a lease of its own, which is not renewed. Options as
        put(), but for the lease."""
        return self._run(_put_ttl(key, value, ttl, **options))

    # Writes with a condition. That it does not hold is no error: the response is false, and says what is there.

    def put_if_absent(self, key: Data, value: Data, **options: Any) -> IfResponse:
        """Writes one key if it does not exist.  Options as put()."""
        return self._run(_put_if_absent(key, value, **options))

    def put_if_value(self, key: Data, seen: Data, value: Data, **options: Any) -> IfResponse:
        """Writes one key if it has the value that was seen.  Options as put()."""
        return self._run(_put_if_value(key, seen, value, **options))

    def put_if_revision(self, key: Data, seen: int, value: Data, **options: Any) -> IfResponse:
        """Writes one key if its mod_revision is the one that was seen; 0 if it must not exist.  Options as put()."""
        return self._run(_put_if_revision(key, seen, value, **options))

    def delete_if_value(self, key: Data, seen: Data, **options: Any) -> IfResponse:
        """Deletes one key if it has the value that was seen.  Options: prev_kv."""
        return self._run(_delete_if_value(key, seen, **options))

    def delete_if_revision(self, key: Data, seen: int, **options: Any) -> IfResponse:
        """Deletes one key if its mod_revision is the one that was seen.  Options: prev_kv."""
        return self._run(_delete_if_revision(key, seen, **options))

    def delete(self, key: Data, **options: Any) -> DeleteResponse:
        """Deletes one key; that there is none is no error.  Options: prev_kv."""
        return self._run(_delete(key, **options))

    def delete_range(self, first: Data, end: Optional[Data], **options: Any) -> DeleteResponse:
        """Deletes what range() with the same arguments reads.  Options: prev_kv."""
        return self._run(_delete_range(first, end, **options))

    def delete_prefix(self, prefix: Data, **options: Any) -> DeleteResponse:
        """Deletes what prefix() with the same arguments reads.  Options: prev_kv."""
        return self._run(_delete_prefix(prefix, **options))

    def compact(self, revision: int, **options: Any) -> HeaderResponse:
        """Discards the history before the revision.  Options: physical, which waits until the space is free."""
        return self._run(_compact(revision, **options))

    def commit(self, txn: Txn, **options: Any) -> TxnResponse:
        """Does a transaction. That the compares do not hold is no error."""
        return self._run(_commit(txn, **options))

    def do(self, op: Op[T], **options: Any) -> T:
        """Does what the call of the same name does."""
        library = _library()
        made = _do(op, **options)
        _, reply = _call(library.etcd_kv_do, self._handle, *made.arguments)
        try:
            _, _, *pointers = _read(abi.OP_RESPONSE, reply)
            return made.decode(next(filter(None, pointers)))
        finally:
            library.etcd_op_response_free(reply)

    def lease_grant(self, ttl: int, **options: Any) -> LeaseGrantResponse:
        """Makes a lease of so many seconds.  Options: id, one of the caller's choice."""
        return self._run(_lease_grant(ttl, **options))

    def lease_revoke(self, id: int, **options: Any) -> HeaderResponse:
        """Ends a lease and deletes its keys; LeaseNotFound if there is none."""
        return self._run(_lease_revoke(id, **options))

    def lease_keep_alive_once(self, id: int, **options: Any) -> LeaseKeepAliveResponse:
        """Gives a lease its whole time again; LeaseNotFound if it has ended."""
        return self._run(_lease_keep_alive_once(id, **options))

    def lease_time_to_live(self, id: int, **options: Any) -> LeaseTimeToLiveResponse:
        """Says how long a lease has to live.  Options: keys, to have its keys too."""
        return self._run(_lease_time_to_live(id, **options))

    def lease_list(self, **options: Any) -> LeaseListResponse:
        """Lists the leases of the cluster."""
        return self._run(_lease_list(**options))

    def election_leader(self, name: Data, **options: Any) -> ElectionLeaderResponse:
        """Says who leads an election; that nobody does is no error."""
        return self._run(_election_leader(name, **options))

    def observe_election(self, name: Data) -> "ElectionObserver":
        """Tells who leads an election: now, and at each change.

            for told in client.observe_election("primary"):
                print(told.leader.value if told.leader else "nobody")
        """
        return ElectionObserver(self, _observe_election(name))

    def stm_run(self, function: Callable[["Stm"], T], **options: Any) -> T:
        """Runs a function as a transaction of memory: what it writes is committed at once if what it has read is
        unchanged, else it is called again.

            def withdraw(stm):
                left = int(stm.get("account").value) - 10
                if left < 0:
                    raise ValueError("it is not that much")
                stm.put("account", str(left))
                return left

            left = client.stm_run(withdraw)

        Returns what the function has returned. An exception of the function is raised, and
        nothing is written. It must do nothing that may not be done twice.  Options: isolation
        ("serializable_snapshot", "serializable", "repeatable_reads", "read_committed"),
        max_tries, after which Conflict is raised; timeout, of all tries together.
        """
        result: T = _etcd_stm.run(self, _stm_run(function, **options))
        return result

    def session(self, **options: Any) -> "Session":
        """Opens a session: a lease that is kept alive, and what locks and elections are made of.

            with client.session(ttl=10) as session, session.mutex("jobs") as lock:
                ...

        Options: ttl, in seconds, 60 if it is not given; lease, one that exists, in place
        of a new one; replace: a lease that is lost is replaced by a new one.
        """
        return Session(self, **options)

    def lease_keep_alive(self, id: int, *, lost: Optional[Callable[[EtcdError], None]] = None,
                         **options: Any) -> "KeepAlive":
        """Keeps a lease alive until that is closed or the lease has ended.

        lost is called once, on a thread of its own, when it has ended, but not after
        close().  Options: notify, to have renewals from next() too, but not with lost;
        timeout, for the first renewal of a lease that another client has granted;
        require_leader, to end with ETCD_ERR_NO_LEADER when no member knows of a leader.
        """
        if lost is not None and options.get("notify"):
            raise ValueError("either lost or notify")
        stream = KeepAlive(self, _lease_keep_alive(id, **options))
        if lost is not None:
            threading.Thread(target=_tell, args=(stream._handle, lost), daemon=True).start()
        return stream

    def watch(self, key: Data = b"", end: Optional[Data] = _ALONE, **options: Any) -> "Watch":
        """Watches a key, a range, whose end is as in range(), or with prefix= all keys that begin with it.

            with client.watch(prefix="config/") as watch:
                for response in watch:
                    for event in response:
                        print(event.kind, event.kv.key)

        What is written after it has returned is delivered, each event once and in order.
        Options: prefix, start_revision, prev_kv, no_put, no_delete, created_notify,
        progress_notify, merge, resync, no_wait, max_bytes.
        """
        return Watch(self, _watch(key, end, **options))

    # Starts do(), and returns at once. Its end arrives on the queue as an Event that carries user_data.

    def do_async(self, queue: "Queue", op: Op[Any], user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _do(op, **options), user_data)

    # The responses of these arrive on the queue: any number of events, of which the last has an error.

    def lease_keep_alive_async(self, queue: "Queue", id: int, user_data: Any = None, **options: Any) -> "KeepAlive":
        return KeepAlive(self, _lease_keep_alive(id, **options), queue, user_data)

    def watch_async(self, queue: "Queue", key: Data = b"", end: Optional[Data] = _ALONE, user_data: Any = None,
                    **options: Any) -> "Watch":
        """Unlike watch() it never waits: the first response says that the watch has begun (WATCH_CREATED)."""
        return Watch(self, _watch(key, end, **options), queue, user_data)

    def observe_election_async(self, queue: "Queue", name: Data, user_data: Any = None) -> "ElectionObserver":
        return ElectionObserver(self, _observe_election(name), queue, user_data)

    def connections_async(self, queue: "Queue", user_data: Any = None) -> "Connections":
        return Connections(self, _CONNECTIONS, queue, user_data)

    # Each of the following starts the call above of the same name, with the same options, and returns at once. Its
    # end, successful or not, arrives on the queue as an Event that carries user_data.
    # Generated from the calls above by `make header`: do not edit.

    def get_async(self, queue: "Queue", key: Data, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _get(key, **options), user_data)

    def range_async(self, queue: "Queue", first: Data, end: Optional[Data], user_data: Any = None,
                    **options: Any) -> "Call":
        return queue._start(self, _range(first, end, **options), user_data)

    def prefix_async(self, queue: "Queue", prefix: Data, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _prefix(prefix, **options), user_data)

    def wait_for_async(self, queue: "Queue", key: Data, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _wait_for(key, **options), user_data)

    def put_async(self, queue: "Queue", key: Data, value: Data, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _put(key, value, **options), user_data)

    def put_ttl_async(self, queue: "Queue", key: Data, value: Data, ttl: int, user_data: Any = None,
                      **options: Any) -> "Call":
        return queue._start(self, _put_ttl(key, value, ttl, **options), user_data)

    def put_if_absent_async(self, queue: "Queue", key: Data, value: Data, user_data: Any = None,
                            **options: Any) -> "Call":
        return queue._start(self, _put_if_absent(key, value, **options), user_data)

    def put_if_value_async(self, queue: "Queue", key: Data, seen: Data, value: Data, user_data: Any = None,
                           **options: Any) -> "Call":
        return queue._start(self, _put_if_value(key, seen, value, **options), user_data)

    def put_if_revision_async(self, queue: "Queue", key: Data, seen: int, value: Data, user_data: Any = None,
                              **options: Any) -> "Call":
        return queue._start(self, _put_if_revision(key, seen, value, **options), user_data)

    def delete_if_value_async(self, queue: "Queue", key: Data, seen: Data, user_data: Any = None,
                              **options: Any) -> "Call":
        return queue._start(self, _delete_if_value(key, seen, **options), user_data)

    def delete_if_revision_async(self, queue: "Queue", key: Data, seen: int, user_data: Any = None,
                                 **options: Any) -> "Call":
        return queue._start(self, _delete_if_revision(key, seen, **options), user_data)

    def delete_async(self, queue: "Queue", key: Data, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _delete(key, **options), user_data)

    def delete_range_async(self, queue: "Queue", first: Data, end: Optional[Data], user_data: Any = None,
                           **options: Any) -> "Call":
        return queue._start(self, _delete_range(first, end, **options), user_data)

    def delete_prefix_async(self, queue: "Queue", prefix: Data, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _delete_prefix(prefix, **options), user_data)

    def compact_async(self, queue: "Queue", revision: int, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _compact(revision, **options), user_data)

    def commit_async(self, queue: "Queue", txn: Txn, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _commit(txn, **options), user_data)

    def lease_grant_async(self, queue: "Queue", ttl: int, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _lease_grant(ttl, **options), user_data)

    def lease_revoke_async(self, queue: "Queue", id: int, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _lease_revoke(id, **options), user_data)

    def lease_keep_alive_once_async(self, queue: "Queue", id: int, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _lease_keep_alive_once(id, **options), user_data)

    def lease_time_to_live_async(self, queue: "Queue", id: int, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _lease_time_to_live(id, **options), user_data)

    def lease_list_async(self, queue: "Queue", user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _lease_list(**options), user_data)

    def election_leader_async(self, queue: "Queue", name: Data, user_data: Any = None, **options: Any) -> "Call":
        return queue._start(self, _election_leader(name, **options), user_data)

    # End of what is generated.

    # Administration, which only blocks.

    def member_list(self, **options: Any) -> MemberListResponse:
        """Lists the members of the cluster.  Options: serializable."""
        return self._run(_member_list(**options))

    def maintenance_status(self, endpoint: Optional[str] = None, **options: Any) -> MaintenanceStatusResponse:
        """The state of the member at one of endpoints(); None: of the one that answers other calls."""
        return self._run(_maintenance_status(endpoint, **options))

    def lock_service_lock(self, name: Data, lease: int, **options: Any) -> LockServiceLockResponse:
        """Takes a lock, and waits while others hold it.

        The lock lives with its lease, which has to be kept alive, also during the wait. There is no deadline unless
        timeout is given. After an error whose outcome is MAYBE_APPLIED, revoke the lease.
        """
        return self._run(_lock_service_lock(name, lease, **options))

    def lock_service_unlock(self, key: Data, **options: Any) -> HeaderResponse:
        """Releases a lock, by the key that lock_service_lock() returned. Its lease goes on."""
        return self._run(_lock_service_unlock(key, **options))


def _tell(handle: int, lost: Callable[[EtcdError], None]) -> None:
    try:
        _call(_library().etcd_lease_keep_alive_next, handle, -1)
    except EtcdError as error:
        if error.status != abi.ETCD_ERR_BAD_HANDLE:  # Otherwise it was closed.
            lost(error)


# --- Recipes ---

# Last, since they are built on all of the above.
import _etcd_stm  # noqa: E402
from _etcd_recipes import Election, Mutex, Ownership, Session, SessionLease  # noqa: E402
from _etcd_stm import Stm  # noqa: E402


# --- Where it is written ---

# In tracebacks and pickles all of this is this module's.
for _name in __all__:
    if callable(globals().get(_name)):
        globals()[_name].__module__ = __name__
