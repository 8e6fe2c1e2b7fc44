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

import contextlib
import ctypes
import itertools
import logging
import math
import os
import queue
import struct
import threading
import time
import weakref
from dataclasses import dataclass
from types import TracebackType
from typing import (Any, Callable, Dict, Generic, Iterable, Iterator, List, NamedTuple, NoReturn, Optional, Tuple, Type,
                    TypeVar, Union)

import _etcd_abi as abi

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

Data = Union[bytes, bytearray, memoryview, str]
Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
T = TypeVar("T")
S = TypeVar("S", bound=ctypes.Structure)
Self = TypeVar("Self", bound="_Handle")

NOT_APPLIED = abi.ETCD_NOT_APPLIED
"""EtcdError.outcome: the call changed nothing, and never will."""
MAYBE_APPLIED = abi.ETCD_MAYBE_APPLIED
"""EtcdError.outcome: the call may have taken effect, or may still do so."""
PUT = abi.ETCD_KV_PUT
"""WatchEvent.kind: the key was put."""
DELETE = abi.ETCD_KV_DELETE
"""WatchEvent.kind: the key was deleted, or has expired."""
WATCH_EVENTS = abi.ETCD_WATCH_RESPONSE_EVENTS
"""WatchResponse.kind: events."""
WATCH_CREATED = abi.ETCD_WATCH_RESPONSE_CREATED
"""WatchResponse.kind: with created_notify, once: everything after its revision comes."""
WATCH_PROGRESS = abi.ETCD_WATCH_RESPONSE_PROGRESS
"""WatchResponse.kind: everything up to its revision has come."""
WATCH_KEYS = abi.ETCD_WATCH_RESPONSE_SNAPSHOT
"""WatchResponse.kind: with resync: all keys as they are at its revision, in several responses if `more` says so."""
CONNECTION_DOWN = abi.ETCD_CONNECTION_DOWN
"""ConnectionResponse.state: not connected."""
CONNECTION_UP = abi.ETCD_CONNECTION_UP
"""ConnectionResponse.state: connected, and a server has answered there."""
CONNECTION_GONE = abi.ETCD_CONNECTION_GONE
"""ConnectionResponse.state: it is none of the client's endpoints any more."""


# --- Answers ---


class Header(NamedTuple):
    """The cluster and the member that answered, and the revision and the Raft term of the store then."""

    cluster_id: int
    member_id: int
    revision: int
    raft_term: int


class KeyValue(NamedTuple):
    """One key with its value and history."""

    key: bytes
    value: bytes
    create_revision: int
    mod_revision: int
    version: int
    lease: int


@dataclass(frozen=True)
class RangeResponse:
    """Keys, ascending unless another order was asked for; iterating over the response iterates over them.

    count is the number of keys in the range; more says whether it has more keys
    than were returned.
    """

    header: Header
    kvs: List[KeyValue]
    count: int
    more: bool

    def __iter__(self) -> Iterator[KeyValue]:
        return iter(self.kvs)

    def __len__(self) -> int:
        return len(self.kvs)


@dataclass(frozen=True)
class PutResponse:
    """prev_kv is what the put replaced, if that was asked for and there was something.

    After put_ttl() lease is the key's own, and ttl in seconds, as granted; else 0.
    """

    header: Header
    prev_kv: Optional[KeyValue]
    lease: int = 0
    ttl: int = 0


@dataclass(frozen=True)
class DeleteResponse:
    """deleted is the number of keys deleted; prev_kvs are these keys, if they were asked for."""

    header: Header
    deleted: int
    prev_kvs: List[KeyValue]


@dataclass(frozen=True)
class IfResponse:
    """The reply to a write with a condition; true if the condition held, and with that the write was done.

    kv is then what was there before, with prev_kv; else what is there. None if that
    is nothing.
    """

    header: Header
    succeeded: bool
    kv: Optional[KeyValue]

    def __bool__(self) -> bool:
        return self.succeeded


class HeaderResponse(NamedTuple):
    """The reply of a call that has nothing else to return, such as compact(), lease_revoke() and Mutex.unlock()."""

    header: Header


@dataclass(frozen=True)
class TxnResponse:
    """succeeded says whether all compares held; responses are those of the branch that was done, in its order.

    Each is a RangeResponse, also of a get, a PutResponse, a DeleteResponse or a
    TxnResponse. In these only the revision of the header may be set.
    """

    header: Header
    succeeded: bool
    responses: List[Any]


class WatchEvent(NamedTuple):
    """One change of one key. Of a deleted one kv has the key, and in mod_revision the revision of the deletion.

    prev_kv is the key as it was before, if that was asked for and is there.
    """

    kind: int
    kv: KeyValue
    prev_kv: Optional[KeyValue]


@dataclass(frozen=True)
class WatchResponse:
    """A response of a watch; iterating over it iterates over its events.

    kind is one of the WATCH_ numbers; ignore others. A watch that is opened with
    start_revision = revision + 1 delivers every later event once. more says that the
    next response continues this snapshot, or this revision if it is larger than
    max_receive_bytes; revision is the one before until then.
    """

    header: Header
    kind: int
    revision: int
    events: List[WatchEvent]
    more: bool

    def __iter__(self) -> Iterator[WatchEvent]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)


class LeaseGrantResponse(NamedTuple):
    """ttl is in seconds, as granted."""

    header: Header
    id: int
    ttl: int


class LeaseKeepAliveResponse(NamedTuple):
    """ttl is the number of seconds that the lease has from now on."""

    header: Header
    id: int
    ttl: int


class LeaseTimeToLiveResponse(NamedTuple):
    """ttl is the number of whole seconds left, -1 if there is no such lease; keys are in no order."""

    header: Header
    id: int
    ttl: int
    granted_ttl: int
    keys: List[bytes]


class LeaseListResponse(NamedTuple):
    header: Header
    ids: List[int]


class Member(NamedTuple):
    """A member of the cluster; without a name and client_urls until it has started for the first time."""

    id: int
    name: str
    peer_urls: List[str]
    client_urls: List[str]
    is_learner: bool


class MemberListResponse(NamedTuple):
    header: Header
    members: List[Member]


class MaintenanceStatusResponse(NamedTuple):
    """The state of the member that header names; what its server does not know is 0 or "".

    leader is 0 if it knows of none. errors say what is wrong with it, such as an alarm.
    """

    header: Header
    version: str
    storage_version: str
    db_size: int
    db_size_in_use: int
    db_size_quota: int
    leader: int
    raft_term: int
    raft_index: int
    raft_applied_index: int
    errors: List[str]
    is_learner: bool


class LockServiceLockResponse(NamedTuple):
    """key stands for the lock: it is there for as long as the lock is held."""

    header: Header
    key: bytes


class ElectionLeaderResponse(NamedTuple):
    """Who leads an election: the leader's key, with the value that it has proclaimed, or None if nobody leads."""

    header: Header
    leader: Optional[KeyValue]


class ConnectionResponse(NamedTuple):
    """The state of an endpoint."""

    endpoint: str
    state: int
    """CONNECTION_UP, CONNECTION_DOWN or CONNECTION_GONE."""
    reason: str
    """Why it is down, in words; empty if it is not."""
    opened: int
    """How often it has come up. If that has grown by more than one, a state in between was not reported."""


# --- Errors ---


class EtcdError(Exception):
    """A call failed.

    status, name   what happened, as a number and as its name in etcd.h, such as
                   "ETCD_ERR_NO_SPACE"
    message        the same in words
    outcome        NOT_APPLIED or MAYBE_APPLIED: whether a write may have taken effect
    grpc_code      the gRPC code in the server's answer; -1 if the library found the error
    endpoint       the endpoint concerned; "" if none or several
    retryable      whether the same call may succeed later; for a write look at outcome first
    revision       of a watch: with Compacted the oldest revision that can still be watched, with
                   ETCD_ERR_REPLY_TOO_LARGE that of the event; else 0
    """

    def __init__(self, status: int, name: str, message: str, outcome: int = NOT_APPLIED, grpc_code: int = -1,
                 endpoint: str = "", retryable: bool = False, revision: int = 0) -> None:
        place = f" at {endpoint}" if endpoint else ""
        doubt = " (may have been applied)" if outcome == MAYBE_APPLIED else ""
        super().__init__(f"{name}{place}: {message}{doubt}")
        self.status = status
        self.name = name
        self.message = message
        self.outcome = outcome
        self.grpc_code = grpc_code
        self.endpoint = endpoint
        self.retryable = retryable
        self.revision = revision

    @property
    def is_timeout(self) -> bool:
        """Whether the call took too long: its deadline passed, or a server gave up waiting."""
        return bool(_library().etcd_status_is_timeout(self.status))

    @property
    def is_unavailable(self) -> bool:
        """Whether no server could be reached, or none that can serve now."""
        return bool(_library().etcd_status_is_unavailable(self.status))

    @property
    def is_auth(self) -> bool:
        """Whether the servers refuse the caller: a wrong user, password or token, or a user without permission."""
        return bool(_library().etcd_status_is_auth(self.status))

    @property
    def is_not_found(self) -> bool:
        """Whether what the call is about does not exist: a lease, member, user, role or key."""
        return bool(_library().etcd_status_is_not_found(self.status))

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.status, self.name, self.message, self.outcome, self.grpc_code, self.endpoint,
                            self.retryable, self.revision)


class InvalidArgument(EtcdError, ValueError):
    """ETCD_ERR_INVALID_ARGUMENT, or ETCD_ERR_EMPTY_KEY."""


class Closed(EtcdError):
    """ETCD_ERR_CLOSED or ETCD_ERR_BAD_HANDLE: the client, or what was made with it, is closed."""


class Forked(EtcdError):
    """ETCD_ERR_FORKED: the client or queue is the parent process's; open a new one."""


class Timeout(EtcdError, TimeoutError):
    """ETCD_ERR_TIMEOUT: the deadline passed while a server had the request."""


class Unavailable(EtcdError, ConnectionError):
    """ETCD_ERR_UNAVAILABLE: no server could be reached, or the connection was lost."""


class Compacted(EtcdError):
    """ETCD_ERR_COMPACTED: what was asked for is compacted away; see revision."""


class ClusterChanged(EtcdError):
    """ETCD_ERR_CLUSTER_CHANGED: another cluster answers than the one that answered the client first."""


class RevisionRegressed(EtcdError):
    """ETCD_ERR_REVISION_REGRESSED: the store was restored from a backup or emptied; open another client."""


class LeaseNotFound(EtcdError):
    """ETCD_ERR_LEASE_NOT_FOUND: the lease has expired, was revoked, or never was."""


class LeaseLost(EtcdError):
    """ETCD_ERR_LEASE_LOST: the lease was not renewed in time; it has ended, or will."""


class LockLost(EtcdError):
    """ETCD_ERR_LOCK_LOST: the lock is not held, or the candidate does not lead, any more."""


class InUse(EtcdError):
    """ETCD_ERR_IN_USE: the session has this lock, or stands in this election, already."""


class Conflict(EtcdError):
    """ETCD_ERR_CONFLICT: others have changed what a transaction of memory has read, at each of its tries."""


_CLASSES: Dict[int, Type[EtcdError]] = {
    abi.ETCD_ERR_INVALID_ARGUMENT: InvalidArgument,
    abi.ETCD_ERR_BAD_HANDLE: Closed,
    abi.ETCD_ERR_CLOSED: Closed,
    abi.ETCD_ERR_FORKED: Forked,
    abi.ETCD_ERR_TIMEOUT: Timeout,
    abi.ETCD_ERR_UNAVAILABLE: Unavailable,
    abi.ETCD_ERR_CLUSTER_CHANGED: ClusterChanged,
    abi.ETCD_ERR_REVISION_REGRESSED: RevisionRegressed,
    abi.ETCD_ERR_LEASE_LOST: LeaseLost,
    abi.ETCD_ERR_LOCK_LOST: LockLost,
    abi.ETCD_ERR_IN_USE: InUse,
    abi.ETCD_ERR_CONFLICT: Conflict,
    abi.ETCD_ERR_EMPTY_KEY: InvalidArgument,
    abi.ETCD_ERR_COMPACTED: Compacted,
    abi.ETCD_ERR_LEASE_NOT_FOUND: LeaseNotFound,
}


# --- The library ---


_FLAGS: Dict[str, int] = {
    "require_leader": abi.ETCD_REQUIRE_LEADER, "prev_kv": abi.ETCD_PREV_KV, "serializable": abi.ETCD_SERIALIZABLE,
    "keys_only": abi.ETCD_GET_KEYS_ONLY, "count_only": abi.ETCD_GET_COUNT_ONLY,
    "ignore_value": abi.ETCD_PUT_IGNORE_VALUE, "ignore_lease": abi.ETCD_PUT_IGNORE_LEASE,
    "physical": abi.ETCD_COMPACT_PHYSICAL, "no_put": abi.ETCD_WATCH_NO_PUT, "no_delete": abi.ETCD_WATCH_NO_DELETE,
    "created_notify": abi.ETCD_WATCH_CREATED_NOTIFY, "progress_notify": abi.ETCD_WATCH_PROGRESS_NOTIFY,
    "merge": abi.ETCD_WATCH_MERGE, "resync": abi.ETCD_WATCH_RESYNC, "no_wait": abi.ETCD_WATCH_NO_WAIT,
    "keys": abi.ETCD_LEASE_KEYS, "notify": abi.ETCD_LEASE_KEEP_ALIVE_NOTIFY,
}
"""A call's flags, by the names that its options have here."""
_SORT = {None: abi.ETCD_SORT_NONE, "ascend": abi.ETCD_SORT_ASCEND, "descend": abi.ETCD_SORT_DESCEND}
_ONLY = {None: 0, "first": abi.ETCD_GET_FIRST, "last": abi.ETCD_GET_LAST}
_SORT_BY = {"key": abi.ETCD_SORT_BY_KEY, "version": abi.ETCD_SORT_BY_VERSION, "create": abi.ETCD_SORT_BY_CREATE,
            "mod": abi.ETCD_SORT_BY_MOD, "value": abi.ETCD_SORT_BY_VALUE}
_TARGETS = {"version": abi.ETCD_TARGET_VERSION, "create": abi.ETCD_TARGET_CREATE, "mod": abi.ETCD_TARGET_MOD,
            "value": abi.ETCD_TARGET_VALUE, "lease": abi.ETCD_TARGET_LEASE}
_ISOLATIONS = {
    "serializable_snapshot": abi.ETCD_STM_SERIALIZABLE_SNAPSHOT, "serializable": abi.ETCD_STM_SERIALIZABLE,
    "repeatable_reads": abi.ETCD_STM_REPEATABLE_READS, "read_committed": abi.ETCD_STM_READ_COMMITTED,
}
_RESULTS = {"==": abi.ETCD_COMPARE_EQUAL, ">": abi.ETCD_COMPARE_GREATER, "<": abi.ETCD_COMPARE_LESS,
            "!=": abi.ETCD_COMPARE_NOT_EQUAL}
# The end of a range that is the key alone. It is recognized by identity: an empty end that was computed is refused.
_ALONE = bytearray()
_POINTER, _NUMBER = struct.Struct("=Q"), struct.Struct("=q")
# The two halves of abi.WATCH_EVENT: a key with its value, and what happened to it.
_CHANGED, _CHANGE = struct.Struct("=QQQQqqqq16x"), struct.Struct("=64xQi4x")
_NEAR = 4096
"""In bytes; less than that from key to key is one piece of memory: no page between them can be missing."""
_new: Callable[..., Any] = tuple.__new__
"""Makes a NamedTuple of a tuple, four times as fast as its own constructor."""
_INTEGERS = {ctypes.c_int, ctypes.c_int32, ctypes.c_int64, ctypes.c_uint, ctypes.c_uint32, ctypes.c_uint64}
# Which of a function's arguments after the first are integers.
_INTEGER_ARGUMENTS = {
    name: [(at, of) for at, of in enumerate(arguments[1:]) if of in _INTEGERS]
    for name, (_, arguments) in abi.FUNCTIONS.items()
}
_OLDEST = (0, 1, 0)

_lock = threading.Lock()
_loaded: Optional[ctypes.CDLL] = None


def load(path: Path = "libetcd.so.0") -> None:
    """Loads the library from a place of the caller's choice, before anything else is used.

    Otherwise the first use loads libetcd.so.0 from where the system keeps its libraries.
    """
    global _loaded
    with _lock:
        if _loaded is not None:
            raise RuntimeError("the library is loaded already")
        if ctypes.sizeof(ctypes.c_void_p) != 8:
            raise OSError("libetcd is for 64-bit systems")
        try:
            library = ctypes.CDLL(os.fsdecode(path))
        except OSError as error:
            raise OSError("{}; call etcd.load() with its path first, or set LD_LIBRARY_PATH".format(error)) from None
        number = library.etcd_version_number()
        found = (number >> 16, number >> 8 & 0xFF, number & 0xFF)
        if found[0] != _OLDEST[0] or found < _OLDEST:
            raise OSError("{}: version {}.{}.{}, but {}.{}.{} is needed".format(os.fsdecode(path), *found, *_OLDEST))
        for name, (result, arguments) in abi.FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        _loaded = library


def _library() -> ctypes.CDLL:
    if _loaded is None:
        try:
            load()
        except RuntimeError:
            pass  # Another thread was quicker.
    assert _loaded is not None
    return _loaded


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


# --- Conversion ---


def _bytes(value: Data) -> abi.Bytes:
    if isinstance(value, str):
        value = value.encode()
    elif isinstance(value, (bytearray, memoryview)):
        value = bytes(value)
    elif not isinstance(value, bytes):
        raise TypeError(f"bytes or str expected, not {type(value).__name__}")
    return abi.Bytes(value, len(value))


def _text(value: Optional[Path]) -> Optional[bytes]:
    text = None if value is None else os.fsencode(value)
    if text and b"\0" in text:
        raise ValueError("NUL in a text argument")
    return text


def _endpoints(endpoints: Union[str, Iterable[str]]) -> Optional[bytes]:
    return _text(endpoints if isinstance(endpoints, str) else ",".join(endpoints))


def _ms(seconds: Optional[float]) -> int:
    """As the C library has it: 0 for its default, ETCD_TIMEOUT_NONE for none. It knows no others above 49 days."""
    if seconds is None:
        return 0
    if not seconds >= 0:
        raise ValueError(f"a time cannot be {seconds}")
    if seconds == math.inf:
        return abi.ETCD_TIMEOUT_NONE
    return max(math.ceil(min(seconds * 1000, abi.ETCD_TIMEOUT_NONE - 1)), 1)


def _refuse(name: str, kind: Any) -> NoReturn:
    """Raises for an integer that ctypes would cut, or has cut."""
    bits = 8 * ctypes.sizeof(kind)
    least = -2**(bits - 1) if kind(-1).value < 0 else 0
    message = f"{name} is not from {least} to {least + 2**bits - 1}"
    raise _status_error(abi.ETCD_ERR_INVALID_ARGUMENT, message.encode())


def _sized(kind: Type[S], **fields: Any) -> S:
    """A structure that begins with its own size."""
    made = kind(size=ctypes.sizeof(kind), **fields)
    for name, value in fields.items():
        if isinstance(value, int) and getattr(made, name) != value:
            _refuse(name, {field[0]: field[1] for field in kind._fields_}[name])
    return made


def _choice(name: str, choices: Dict[Any, int], value: Any) -> int:
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(map(repr, choices))}, not {value!r}")
    return choices[value]


def _flags(options: Dict[str, Any]) -> int:
    """Takes the flags out of a call's options."""
    flags = 0
    for name in [*options]:
        if name in _FLAGS and options.pop(name):
            flags |= _FLAGS[name]
    return flags


def _where(key: Data, end: Optional[Data]) -> Tuple[abi.Bytes, int]:
    """range_end and the flag for it."""
    if end is _ALONE or end is None:
        return _bytes(b""), abi.ETCD_FROM_KEY if end is None else 0
    if len(end) == 0:
        raise ValueError("the end of a range cannot be empty; None is the end of all keys")
    return _bytes(end), 0


def _span(key: Data, end: Optional[Data], prefix: Optional[Data]) -> Tuple[abi.Bytes, abi.Bytes, int]:
    """Key, range_end and flag of what is either a prefix, or a key or range."""
    if prefix is None:
        return (_bytes(key), *_where(key, end))
    if len(key) > 0 or end is not _ALONE:
        raise TypeError("either a prefix or a key, not both")
    return _bytes(prefix), _bytes(b""), abi.ETCD_PREFIX


def _read(layout: struct.Struct, pointer: int) -> Tuple[Any, ...]:
    return layout.unpack(ctypes.string_at(pointer, layout.size))


def _each(layout: struct.Struct, pointer: int, count: int) -> Iterator[Tuple[Any, ...]]:
    return layout.iter_unpack(ctypes.string_at(pointer, count * layout.size))


def _kvs(rows: List[Tuple[Any, ...]]) -> List[KeyValue]:
    """Of rows as abi.KV unpacks them.

    The keys and values of a reply lie as its server sent them, each behind the last. They are copied all at once, with
    the little that is between them.
    """
    kvs: List[KeyValue] = []
    for first in range(0, len(rows), 128):
        some = rows[first:first + 128]
        start = end = some[0][0]
        limit = start + _NEAR
        for key, key_len, value, value_len, _, _, _, _ in some:
            if not value_len:
                value = key
            if not end <= key <= value < limit:
                kvs += map(_kv_alone, some)
                break
            end, limit = value, key + _NEAR
        else:
            memory = ctypes.string_at(start, end + (value_len or key_len) - start)
            for key, key_len, value, value_len, created, modified, version, lease in some:
                key -= start
                value -= start
                kvs.append(_new(KeyValue, (memory[key:key + key_len], memory[value:value + value_len], created,
                                           modified, version, lease)))
    return kvs


def _kv_alone(row: Tuple[Any, ...]) -> KeyValue:
    key, key_len, value, value_len, created, modified, version, lease = row
    return KeyValue(ctypes.string_at(key, key_len), ctypes.string_at(value, value_len), created, modified, version,
                    lease)


def _kv_list(pointer: int, count: int) -> List[KeyValue]:
    return _kvs(list(_each(abi.KV, pointer, count)))


def _kv(pointer: int) -> Optional[KeyValue]:
    return _kv_alone(_read(abi.KV, pointer)) if pointer else None


def _header(header: bytes) -> Header:
    return Header._make(abi.HEADER.unpack(header))


def _plain(response: Callable[..., T], layout: struct.Struct) -> Callable[[int], T]:
    """Decodes what is a header followed by nothing but numbers."""
    def decode(pointer: int) -> T:
        header, *fields = _read(layout, pointer)
        return response(_header(header), *fields)

    return decode


_header_response = _plain(HeaderResponse, abi.HEADER_RESPONSE)
_lease_grant_response = _plain(LeaseGrantResponse, abi.LEASE_GRANT_RESPONSE)
_lease_keep_alive_response = _plain(LeaseKeepAliveResponse, abi.LEASE_KEEP_ALIVE_RESPONSE)


def _range_response(pointer: int) -> RangeResponse:
    header, kvs, kv_count, count, more = _read(abi.GET_RESPONSE, pointer)
    return RangeResponse(_header(header), _kv_list(kvs, kv_count), count, more)


def _first(pointer: int) -> Optional[KeyValue]:
    _, kvs, _, _, _ = _read(abi.GET_RESPONSE, pointer)
    return _kv(kvs)


def _put_response(pointer: int) -> PutResponse:
    header, prev_kv, lease, ttl = _read(abi.PUT_RESPONSE, pointer)
    return PutResponse(_header(header), _kv(prev_kv), lease, ttl)


def _delete_response(pointer: int) -> DeleteResponse:
    header, deleted, prev_kvs, prev_kv_count = _read(abi.DELETE_RESPONSE, pointer)
    return DeleteResponse(_header(header), deleted, _kv_list(prev_kvs, prev_kv_count))


def _if_response(pointer: int) -> IfResponse:
    header, kv, succeeded = _read(abi.IF_RESPONSE, pointer)
    return IfResponse(_header(header), succeeded, _kv(kv))


def _txn_response(pointer: int) -> TxnResponse:
    header, responses, count, succeeded = _read(abi.TXN_RESPONSE, pointer)
    decoders = (_range_response, _put_response, _delete_response, _txn_response)
    # Of the four pointers one is set.
    return TxnResponse(_header(header), succeeded, [
        next(decode(pointer) for decode, pointer in zip(decoders, pointers) if pointer)
        for _, _, *pointers in _each(abi.OP_RESPONSE, responses, count)
    ])


def _watch_response(pointer: int) -> WatchResponse:
    header, kind, _, revision, events, count, more = _read(abi.WATCH_RESPONSE, pointer)
    table = ctypes.string_at(events, count * abi.WATCH_EVENT.size)
    changes = list(_CHANGE.iter_unpack(table))
    rows: List[Tuple[Any, ...]] = []
    for row, (prev_kv, _) in zip(_CHANGED.iter_unpack(table), changes):
        rows.append(row)
        if prev_kv:
            rows.append(_read(abi.KV, prev_kv))
    kvs = iter(_kvs(rows))
    return WatchResponse(_header(header), kind, revision, [
        _new(WatchEvent, (what, next(kvs), next(kvs) if prev_kv else None)) for prev_kv, what in changes
    ], more)


def _lease_time_to_live_response(pointer: int) -> LeaseTimeToLiveResponse:
    header, lease, ttl, granted, keys, count = _read(abi.LEASE_TIME_TO_LIVE_RESPONSE, pointer)
    return LeaseTimeToLiveResponse(_header(header), lease, ttl, granted,
                                   [ctypes.string_at(*key) for key in _each(abi.BYTES, keys, count)])


def _lease_list_response(pointer: int) -> LeaseListResponse:
    header, ids, count = _read(abi.LEASE_LIST_RESPONSE, pointer)
    return LeaseListResponse(_header(header), [id for id, in _each(_NUMBER, ids, count)])


def _texts(pointer: int, count: int) -> List[str]:
    return [_string(text) for text, in _each(_POINTER, pointer, count)]


def _member(pointer: int) -> Member:
    id, name, peers, peer_count, clients, client_count, learner = _read(abi.MEMBER, pointer)
    return Member(id, _string(name), _texts(peers, peer_count), _texts(clients, client_count), learner)


def _member_list_response(pointer: int) -> MemberListResponse:
    header, members, count = _read(abi.MEMBER_LIST_RESPONSE, pointer)
    return MemberListResponse(_header(header), [_member(member) for member, in _each(_POINTER, members, count)])


def _maintenance_status_response(pointer: int) -> MaintenanceStatusResponse:
    (header, version, storage_version, size, in_use, quota, leader, term, index, applied, errors, count,
     learner) = _read(abi.MAINTENANCE_STATUS_RESPONSE, pointer)
    return MaintenanceStatusResponse(_header(header), _string(version), _string(storage_version), size, in_use, quota,
                                     leader, term, index, applied, _texts(errors, count), learner)


def _lock_service_lock_response(pointer: int) -> LockServiceLockResponse:
    header, *key = _read(abi.LOCK_SERVICE_LOCK_RESPONSE, pointer)
    return LockServiceLockResponse(_header(header), ctypes.string_at(*key))


def _election_leader_response(pointer: int) -> ElectionLeaderResponse:
    header, leader = _read(abi.ELECTION_LEADER_RESPONSE, pointer)
    return ElectionLeaderResponse(_header(header), _kv(leader))


def _connection_response(pointer: int) -> ConnectionResponse:
    endpoint, reason, opened, state, _ = _read(abi.CONNECTION_WATCH_RESPONSE, pointer)
    return ConnectionResponse(_string(endpoint), state, _string(reason), opened)


def _string(pointer: int) -> str:
    return ctypes.string_at(pointer).decode(errors="replace")


def _error(pointer: int) -> EtcdError:
    status, grpc_code, outcome, _, endpoint, message, revision = _read(abi.ERROR, pointer)
    return _status_error(status, ctypes.string_at(message), outcome, grpc_code, ctypes.string_at(endpoint), revision)


def _status_error(status: int, message: bytes = b"", outcome: int = NOT_APPLIED, grpc_code: int = -1,
                  endpoint: bytes = b"", revision: int = 0) -> EtcdError:
    library = _library()
    return _CLASSES.get(status, EtcdError)(
        status, library.etcd_status_name(status).decode(),
        (message or library.etcd_status_message(status)).decode(errors="replace"), outcome, grpc_code,
        endpoint.decode(errors="replace"), library.etcd_status_is_retryable(status), revision)


def _call(function: Callable[..., int], *arguments: Any) -> Tuple[int, int]:
    """Calls what ends with an out-parameter and an error; returns the status and what came out."""
    out = ctypes.c_void_p()
    status = _finish(function, *arguments, ctypes.byref(out))
    return status, out.value or 0


def _finish(function: Callable[..., int], *arguments: Any) -> int:
    """Calls what ends with an error; returns the status."""
    err = ctypes.c_void_p()
    status = function(*arguments, ctypes.byref(err))
    if status < 0:
        try:
            raise _error(err.value or 0)
        finally:
            _library().etcd_error_free(err)
    return status


def _wait(function: Callable[..., int], handle: int, timeout: Optional[float]) -> Tuple[int, int]:
    """Calls what waits for something: _call() with the status abi.ETCD_EMPTY if nothing comes in time."""
    deadline = math.inf if timeout is None else time.monotonic() + timeout
    while True:
        left = deadline - time.monotonic()
        # In slices, between which Python handles signals.
        status, out = _call(function, handle, int(1000 * min(max(left, 0), 0.1)))
        if status != abi.ETCD_EMPTY or left <= 0:
            return status, out


# --- The log ---

# What is not done where the library calls back: there it may be waited for, and would refuse to be called. Lines are
# written by a thread of this module, which is started when a client has a logger.
_jobs: "queue.SimpleQueue[Callable[[], Any]]" = queue.SimpleQueue()
_writer: Optional[threading.Thread] = None
_here = threading.local()
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
        _jobs.put(lambda: logger.log(_LEVEL_OF[level], "%s: %s", about, message, extra=extra))
    finally:
        _here.calls_back = False


def _write(jobs: "queue.SimpleQueue[Callable[[], Any]]") -> None:
    while True:
        try:
            jobs.get()()
        except Exception:
            logging.getLogger(__name__).exception("a line of the log could not be written")


def _start_writer() -> None:
    global _jobs, _writer
    with _lock:
        # None is left in a process that was forked.
        if _writer is None or not _writer.is_alive():
            _jobs = queue.SimpleQueue()
            _writer = threading.Thread(target=_write, args=(_jobs,), name="etcd log", daemon=True)
            _writer.start()


def _wait_for_lines() -> None:
    if _writer is not None and _writer.is_alive() and _writer is not threading.current_thread():
        written = threading.Event()
        _jobs.put(written.set)
        written.wait(5)


def _end(close: Callable[[int], None], handle: int) -> None:
    """Closes a handle. The garbage collector may do that anywhere."""
    if getattr(_here, "calls_back", False):
        _jobs.put(lambda: close(handle))
    else:
        close(handle)


class _Handle:
    """What is closed once: by close(), with its last reference, or when the interpreter exits."""

    def __init__(self, handle: int, close: Callable[[int], None]) -> None:
        self._handle = handle
        self._finalizer = weakref.finalize(self, _end, close, handle)
        self._closing = threading.RLock()

    def close(self) -> None:
        """From any thread; a second time does nothing, but never returns before the first."""
        with self._closing:
            self._finalizer()

    def _run(self, request: "_Request[T]") -> T:
        """Does a call on what this is."""
        library = _library()
        _, response = _call(getattr(library, request.call), self._handle, *request.arguments)
        return _take(request.call, request.decode, response)

    def _run_waiting(self, request: "_Request[T]", give_back: Optional[Callable[[], Any]] = None) -> T:
        """Does a call that may take as long as others want. Unlike _run(), it ends at once with what a signal's
        handler raises; give_back is called then, if the call has succeeded all the same."""
        with Queue() as queue:
            call = queue._start(self, request, None)
            try:
                event = queue.next()
            except BaseException:
                call.cancel()
                end = queue.next(1)
                if give_back is not None and (end is None or end.error is None):
                    with contextlib.suppress(EtcdError):
                        give_back()
                raise
        assert event is not None
        result: T = event.result()
        return result

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()


# --- Calls ---


class _Request(Generic[T]):
    """What a blocking call, its asynchronous form and a place in a transaction have in common.

    call is the function of the C library, arguments are all between its first and its
    last ones.
    """

    __slots__ = ("call", "arguments", "decode")

    def __init__(self, call: str, arguments: Tuple[Any, ...], decode: Callable[[int], T]) -> None:
        for at, of in _INTEGER_ARGUMENTS.get(call, ()):
            if of(arguments[at]).value != arguments[at]:
                _refuse(f"argument {at + 2} of {call}()", of)
        self.call, self.arguments, self.decode = call, arguments, decode


def _request(call: str, decode: Callable[[int], T], arguments: Tuple[Any, ...], kind: Any = abi.CallOptions,
             flags: int = 0, *, timeout: Optional[float] = None, **options: Any) -> _Request[T]:
    """The options are those of the structure `kind`, and flags by their names."""
    flags |= _flags(options)
    built = None
    if flags or timeout is not None or any(options.values()):
        built = ctypes.byref(_sized(kind, timeout_ms=_ms(timeout), flags=flags, **options))
    return _Request(call, (*arguments, built), decode)


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


_NEXT_PAGE: _Request[Optional[RangeResponse]] = _Request("etcd_range_next", (), _range_response)


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


def _take(call: str, decode: Callable[[int], T], response: int) -> T:
    """Decodes what a function has returned, and frees it."""
    try:
        return decode(response)
    finally:
        getattr(_library(), abi.ENDS[call])(response)


def _tell(handle: int, lost: Callable[[EtcdError], None]) -> None:
    try:
        _call(_library().etcd_lease_keep_alive_next, handle, -1)
    except EtcdError as error:
        if error.status != abi.ETCD_ERR_BAD_HANDLE:  # Otherwise it was closed.
            lost(error)


# --- Pages ---


class Pages(_Handle):
    """A range that is read page by page; iterating over it yields RangeResponses, kvs() their keys.

    The first page always comes, later ones have keys. In each, count is that of the
    whole range, and header.revision + 1 is where a watch would go on. After an
    EtcdError it is where it was: iterating over it again goes on there.
    """

    def __init__(self, client: Client, request: _Request[RangeResponse]) -> None:
        library = _library()
        _, handle = _call(library.etcd_range_open, client._handle, *request.arguments)
        super().__init__(handle, library.etcd_range_close)
        self._decode = request.decode

    def kvs(self) -> Iterator[KeyValue]:
        """The keys of the pages that are still to come."""
        return itertools.chain.from_iterable(self)

    def __iter__(self: Self) -> Self:
        return self

    def __next__(self) -> RangeResponse:
        status, page = _call(_library().etcd_range_next, self._handle)
        if status == abi.ETCD_END:
            raise StopIteration
        return _take("etcd_range_next", self._decode, page)

    def next_async(self, queue: "Queue", user_data: Any = None) -> "Call":
        """Starts to read the next page. It arrives on the queue as the value of an Event, or None after the last one.
        Start the one after it then; one that is cancelled is not skipped."""
        return queue._start(self, _NEXT_PAGE, user_data)


# --- Streams ---


class _Stream(_Handle, Generic[T]):
    """A stream of responses, read by next(), by iteration, or from a queue."""

    def __init__(self, client: Client, request: _Request[T], queue: Optional["Queue"] = None,
                 user_data: Any = None) -> None:
        library = _library()
        function, close = getattr(library, request.call), getattr(library, abi.ENDS[request.call])
        self._next, self._decode = request.call.replace("_open", "_next"), request.decode
        if queue is None:
            _, handle = _call(function, client._handle, *request.arguments, None, None)
            super().__init__(handle, close)
            return
        handle, token = queue._begin(function, client, request, user_data, True)
        pending = queue._pending

        def forget(handle: int) -> None:
            close(handle)
            pending.pop(token, None)

        super().__init__(handle, forget)

    def next(self, timeout: Optional[float] = None) -> Optional[T]:
        """Waits for what comes next, but not if it goes to a queue; None if nothing comes in time. Raises the reason
        if nothing will, again and again."""
        status, response = _wait(getattr(_library(), self._next), self._handle, timeout)
        return None if status == abi.ETCD_EMPTY else _take(self._next, self._decode, response)

    def __iter__(self: Self) -> Self:
        return self

    def __next__(self) -> T:
        """Ends after close(); raises if it ends for another reason."""
        try:
            response = self.next()
        except Closed:
            if self._finalizer.alive:
                raise
            raise StopIteration from None
        assert response is not None
        return response


class Watch(_Stream[WatchResponse]):
    """A watch; iterating over it yields WatchResponses.

    It goes on through broken connections and restarted members. It ends with
    close(), or with an exception: Compacted, whose revision is the oldest that can
    still be watched; Closed with the client; or the server's reason to refuse it.
    """

    def request_progress(self) -> None:
        """Asks for a WATCH_PROGRESS response. Some old servers give none; see etcd.h."""
        status = _library().etcd_watch_request_progress(self._handle)
        if status < 0:
            raise _status_error(status)


class KeepAlive(_Stream[LeaseKeepAliveResponse]):
    """A lease that is kept alive by the library's thread, for as long as this object is.

    next() raises when the lease has ended: LeaseLost, LeaseNotFound, Closed with the
    client, or the servers' reason to refuse it. With require_leader it also raises,
    ETCD_ERR_NO_LEADER, when no member knows of a leader. With notify it returns renewals.
    close() does not revoke the lease.
    """

    def left_ms(self) -> int:
        """Milliseconds that the lease certainly lives, from its grant on.

        0 if it has ended, or if another client has granted it and it was not renewed yet.
        """
        left: int = _library().etcd_lease_keep_alive_left_ms(self._handle)
        return left


class Connections(_Stream[ConnectionResponse]):
    """How the client's endpoints are: first now, then each change. A state that is over before it is read
    is not reported.

    It ends with close(), or with the client: then Closed is raised.
    """


class ElectionObserver(_Stream[ElectionLeaderResponse]):
    """Who leads an election: first now, then each change of the leader and of its value, once and in order.

    It ends with close(), or with an exception: Closed with the client, or the
    servers' reason to refuse it.
    """


# --- The queue ---


class Event(NamedTuple):
    """The end of an asynchronous call, or a response of a stream."""

    user_data: Any
    value: Any
    """What the blocking call would have returned."""
    error: Optional[EtcdError]
    """What it would have raised."""

    def result(self) -> Any:
        """Returns or raises as the blocking call would have."""
        if self.error is not None:
            raise self.error
        return self.value


class Call:
    """A call in progress."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def cancel(self) -> None:
        """Ends the call early. Its event still comes, with ETCD_ERR_CANCELLED unless the call had ended before."""
        _library().etcd_call_cancel(self._handle)


class Queue(_Handle):
    """Where asynchronous calls of any number of clients end.

    It has a fileno(), readable while there are events, for select, selectors or
    asyncio's add_reader(). When it is, call next(0) until it returns None.
    """

    def __init__(self) -> None:
        library = _library()
        _, handle = _call(library.etcd_queue_new, None)
        super().__init__(handle, library.etcd_queue_free)
        self._tokens = itertools.count(1)
        self._pending: Dict[int, Tuple[_Request[Any], Any, bool]] = {}

    def fileno(self) -> int:
        fd: int = _library().etcd_queue_fd(self._handle)
        if fd < 0:
            raise _status_error(-2, b"the queue is not open, or descriptors are short")
        return fd

    def next(self, timeout: Optional[float] = None) -> Optional[Event]:
        """Takes the next event. None if there is none in time, or after wake(); a timeout of None waits for ever."""
        library = _library()
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            left = None if timeout is None else max(deadline - time.monotonic(), 0)
            status, event = _wait(library.etcd_queue_next, self._handle, left)
            if status in (abi.ETCD_EMPTY, abi.ETCD_WOKEN):
                return None
            try:
                token = library.etcd_event_user_data(event)
                found = self._pending.get(token)
                if found is None:
                    continue  # Another thread has just closed the stream.
                request, user_data, stream = found
                error = library.etcd_event_error(event)
                if error or not stream:
                    self._pending.pop(token, None)
                if error:
                    return Event(user_data, None, _error(error))
                response = library.etcd_event_response(event, library.etcd_event_kind(event))
                return Event(user_data, request.decode(response) if response else None, None)
            finally:
                library.etcd_event_free(event)

    def wake(self) -> None:
        """Makes one next(), the one in progress or the next, return None."""
        status = _library().etcd_queue_wake(self._handle)
        if status < 0:
            raise _status_error(status)

    def _start(self, of: _Handle, request: _Request[Any], user_data: Any) -> Call:
        function = getattr(_library(), request.call + "_async")
        return Call(self._begin(function, of, request, user_data, False)[0])

    def _begin(self, function: Callable[..., int], of: _Handle, request: _Request[Any], user_data: Any,
               stream: bool) -> Tuple[int, int]:
        """Starts a call or a stream; returns its handle, and the token that its events carry."""
        token = next(self._tokens)
        self._pending[token] = (request, user_data, stream)
        try:
            _, handle = _call(function, of._handle, *request.arguments, self._handle, token)
        except BaseException:
            del self._pending[token]
            raise
        return handle, token


# --- Recipes ---

# Last, since they are built on all of the above.
import _etcd_stm  # noqa: E402
from _etcd_recipes import Election, Mutex, Ownership, Session, SessionLease  # noqa: E402
from _etcd_stm import Stm  # noqa: E402
