"""etcd v3 for Python: a thin layer of ctypes over the C library libetcd.

    import etcd

    with etcd.Client("localhost:2379") as client:
        client.put("greeting", "hello")
        kv = client.get("greeting")
        print(kv.value.decode() if kv else "no such key")

Keys and values are bytes; a str is encoded as UTF-8. Times are in seconds;
math.inf means no limit. Every call that fails raises EtcdError or one of its
subclasses.

Any number of threads may use a client, and calls release the GIL. After
os.fork() the child opens clients of its own. Ctrl-C ends Queue.next() at once,
other calls when they return, at the latest at their deadline (by default 5 s).
"""

import ctypes
import itertools
import math
import os
import struct
import threading
import time
import weakref
from dataclasses import dataclass
from types import TracebackType
from typing import (Any, Callable, Dict, Generic, Iterable, Iterator, List, NamedTuple, Optional, Tuple, Type, TypeVar,
                    Union)

__all__ = [
    "MAYBE_APPLIED", "NOT_APPLIED", "Client", "Closed", "DeleteResponse", "EtcdError", "Event", "Forked", "Header",
    "InvalidArgument", "KeyValue", "Operation", "PutResponse", "Queue", "RangeResponse", "Timeout", "Unavailable",
    "load", "mem_drop", "version",
]

Data = Union[bytes, bytearray, memoryview, str]
Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
T = TypeVar("T")
Self = TypeVar("Self", bound="_Handle")

NOT_APPLIED = 0
"""EtcdError.outcome: the call changed nothing, and never will."""
MAYBE_APPLIED = 1
"""EtcdError.outcome: the call may have taken effect, or may still do so."""


# --- Answers ---


class Header(NamedTuple):
    """Who answered, and when in the history of the store."""

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
    """Keys in ascending order; iterating over the response iterates over them.

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
    """prev_kv is what the put replaced, if that was asked for and there was something."""

    header: Header
    prev_kv: Optional[KeyValue]


@dataclass(frozen=True)
class DeleteResponse:
    """deleted is the number of keys deleted; prev_kvs are these keys, if they were asked for."""

    header: Header
    deleted: int
    prev_kvs: List[KeyValue]


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
    """

    def __init__(self, status: int, name: str, message: str, outcome: int = NOT_APPLIED, grpc_code: int = -1,
                 endpoint: str = "", retryable: bool = False) -> None:
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

    def __reduce__(self) -> Tuple[Any, ...]:
        fields = (self.status, self.name, self.message, self.outcome, self.grpc_code, self.endpoint, self.retryable)
        return type(self), fields


class InvalidArgument(EtcdError, ValueError):
    """ETCD_ERR_INVALID_ARGUMENT, or ETCD_ERR_EMPTY_KEY."""


class Closed(EtcdError):
    """ETCD_ERR_CLOSED or ETCD_ERR_BAD_HANDLE: the client or queue is closed."""


class Forked(EtcdError):
    """ETCD_ERR_FORKED: the client or queue is the parent process's; open a new one."""


class Timeout(EtcdError, TimeoutError):
    """ETCD_ERR_TIMEOUT: the deadline passed while a server had the request."""


class Unavailable(EtcdError, ConnectionError):
    """ETCD_ERR_UNAVAILABLE: no server could be reached, or the connection was lost."""


_CLASSES: Dict[int, Type[EtcdError]] = {
    -1: InvalidArgument, -2: Closed, -3: Closed, -4: Forked, -5: Timeout, -7: Unavailable, -200: InvalidArgument,
}


# --- The library ---


class _Bytes(ctypes.Structure):
    # Only passed, never read: a c_char_p that is read stops at the first NUL.
    _fields_ = [("data", ctypes.c_char_p), ("len", ctypes.c_size_t)]


class _Options(ctypes.Structure):
    """A structure that begins with its own size."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(size=ctypes.sizeof(self), **fields)


class _ClientOptions(_Options):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("endpoints", ctypes.c_char_p),
        ("user", ctypes.c_char_p),
        ("password", ctypes.c_char_p),
        ("ca_file", ctypes.c_char_p),
        ("cert_file", ctypes.c_char_p),
        ("key_file", ctypes.c_char_p),
        ("server_name", ctypes.c_char_p),
        ("ca_pem", _Bytes),
        ("cert_pem", _Bytes),
        ("key_pem", _Bytes),
        ("timeout_ms", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("connect_timeout_ms", ctypes.c_uint32),
        ("ping_interval_ms", ctypes.c_uint32),
        ("ping_timeout_ms", ctypes.c_uint32),
        ("max_send_bytes", ctypes.c_uint32),
        ("max_receive_bytes", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("key_prefix", _Bytes),
    ]


class _PutOptions(_Options):
    _fields_ = [("size", ctypes.c_size_t), ("timeout_ms", ctypes.c_uint32), ("flags", ctypes.c_uint32)]


class _RangeOptions(_Options):
    """Both etcd_get_options_t and etcd_delete_options_t."""

    _fields_ = [
        ("size", ctypes.c_size_t), ("range_end", _Bytes), ("timeout_ms", ctypes.c_uint32), ("flags", ctypes.c_uint32),
    ]


_EMPTY, _WOKEN = 1, 2
_NO_TIMEOUT = 2**32 - 1
_PLAINTEXT_PASSWORD = 1
_REQUIRE_LEADER, _PREFIX, _FROM_KEY, _PREV_KV = 1, 2, 4, 8

# What the library returns is read with struct: quicker than ctypes structures.
_ERROR = struct.Struct("=iiiIQQ")
_KV = struct.Struct("=QQQQqqqq")
_HEADER = struct.Struct("=QQqQ")
_RANGE = struct.Struct("=32sQQq?")
_PUT = struct.Struct("=32sQ")
_DELETE = struct.Struct("=32sqQQ")

_P, _PP, _I = ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_int32
_FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {
    "etcd_version_string": (ctypes.c_char_p, []),
    "etcd_error_free": (None, [_P]),
    "etcd_status_name": (ctypes.c_char_p, [_I]),
    "etcd_status_message": (ctypes.c_char_p, [_I]),
    "etcd_status_is_retryable": (ctypes.c_bool, [_I]),
    "etcd_status_may_be_applied": (ctypes.c_bool, [_I]),
    "etcd_client_open": (_I, [_P, _PP, _PP]),
    "etcd_client_close": (None, [_P]),
    "etcd_client_last_error": (_I, [_P, _PP]),
    "etcd_mem_drop": (_I, [ctypes.c_char_p, _PP]),
    "etcd_kv_get": (_I, [_P, _Bytes, _P, _PP, _PP]),
    "etcd_kv_put": (_I, [_P, _Bytes, _Bytes, _P, _PP, _PP]),
    "etcd_kv_delete": (_I, [_P, _Bytes, _P, _PP, _PP]),
    "etcd_kv_get_async": (_I, [_P, _Bytes, _P, _P, _P, _PP, _PP]),
    "etcd_kv_put_async": (_I, [_P, _Bytes, _Bytes, _P, _P, _P, _PP, _PP]),
    "etcd_kv_delete_async": (_I, [_P, _Bytes, _P, _P, _P, _PP, _PP]),
    "etcd_range_response_free": (None, [_P]),
    "etcd_put_response_free": (None, [_P]),
    "etcd_delete_response_free": (None, [_P]),
    "etcd_event_user_data": (_P, [_P]),
    "etcd_event_error": (_P, [_P]),
    "etcd_event_range_response": (_P, [_P]),
    "etcd_event_put_response": (_P, [_P]),
    "etcd_event_delete_response": (_P, [_P]),
    "etcd_event_free": (None, [_P]),
    "etcd_queue_new": (_I, [_PP, _PP]),
    "etcd_queue_free": (None, [_P]),
    "etcd_queue_fd": (ctypes.c_int, [_P]),
    "etcd_queue_next": (_I, [_P, _I, _PP, _PP]),
    "etcd_queue_wake": (_I, [_P]),
    "etcd_op_cancel": (_I, [_P]),
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
        if [ctypes.sizeof(options) for options in (_ClientOptions, _PutOptions, _RangeOptions)] != [160, 16, 32]:
            raise OSError("libetcd is for 64-bit systems")
        library = ctypes.CDLL(os.fsdecode(path))
        library.etcd_version_number.restype = ctypes.c_uint32
        number = library.etcd_version_number()
        found = (number >> 16, number >> 8 & 0xFF, number & 0xFF)
        if found[0] != _OLDEST[0] or found < _OLDEST:
            raise OSError("{}: version {}.{}.{}, but {}.{}.{} is needed".format(os.fsdecode(path), *found, *_OLDEST))
        for name, (result, arguments) in _FUNCTIONS.items():
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


# --- Conversion ---


def _bytes(value: Data) -> _Bytes:
    if isinstance(value, str):
        value = value.encode()
    elif isinstance(value, (bytearray, memoryview)):
        value = bytes(value)
    elif not isinstance(value, bytes):
        raise TypeError(f"bytes or str expected, not {type(value).__name__}")
    return _Bytes(value, len(value))


def _text(value: Optional[Path]) -> Optional[bytes]:
    text = None if value is None else os.fsencode(value)
    if text and b"\0" in text:
        raise ValueError("NUL in a text argument")
    return text


def _ms(seconds: Optional[float]) -> int:
    """The C library's form: 0 for its default, _NO_TIMEOUT for none."""
    if seconds is None:
        return 0
    if not seconds >= 0:
        raise ValueError(f"a time cannot be {seconds}")
    return _NO_TIMEOUT if seconds == math.inf else min(max(math.ceil(seconds * 1000), 1), _NO_TIMEOUT - 1)


def _kvs(pointer: int, count: int) -> List[KeyValue]:
    string_at = ctypes.string_at
    return [
        KeyValue(string_at(key, key_len), string_at(value, value_len), created, modified, version, lease)
        for key, key_len, value, value_len, created, modified, version, lease
        in _KV.iter_unpack(string_at(pointer, count * _KV.size))
    ]


def _header(header: bytes) -> Header:
    return Header._make(_HEADER.unpack(header))


def _range_response(pointer: int) -> RangeResponse:
    header, kvs, kv_count, count, more = _RANGE.unpack(ctypes.string_at(pointer, _RANGE.size))
    return RangeResponse(_header(header), _kvs(kvs, kv_count), count, more)


def _first(pointer: int) -> Optional[KeyValue]:
    _, kvs, kv_count, _, _ = _RANGE.unpack(ctypes.string_at(pointer, _RANGE.size))
    return _kvs(kvs, 1)[0] if kv_count else None


def _put_response(pointer: int) -> PutResponse:
    header, prev_kv = _PUT.unpack(ctypes.string_at(pointer, _PUT.size))
    return PutResponse(_header(header), _kvs(prev_kv, 1)[0] if prev_kv else None)


def _delete_response(pointer: int) -> DeleteResponse:
    header, deleted, prev_kvs, prev_kv_count = _DELETE.unpack(ctypes.string_at(pointer, _DELETE.size))
    return DeleteResponse(_header(header), deleted, _kvs(prev_kvs, prev_kv_count))


def _error(pointer: int) -> EtcdError:
    status, grpc_code, outcome, _, endpoint, message = _ERROR.unpack(ctypes.string_at(pointer, _ERROR.size))
    return _status_error(status, ctypes.string_at(message), outcome, grpc_code, ctypes.string_at(endpoint))


def _status_error(status: int, message: bytes = b"", outcome: int = NOT_APPLIED, grpc_code: int = -1,
                  endpoint: bytes = b"") -> EtcdError:
    library = _library()
    return _CLASSES.get(status, EtcdError)(
        status, library.etcd_status_name(status).decode(),
        (message or library.etcd_status_message(status)).decode(errors="replace"), outcome, grpc_code,
        endpoint.decode(errors="replace"), library.etcd_status_is_retryable(status))


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


class _Handle:
    """What is closed once: by close(), with its last reference, or when the interpreter exits."""

    def __init__(self, handle: int, close: Callable[[int], None]) -> None:
        self._handle = handle
        self._finalizer = weakref.finalize(self, close, handle)

    def close(self) -> None:
        """From any thread; a second time does nothing."""
        self._finalizer()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()


# --- The client ---


@dataclass(frozen=True)
class _Request(Generic[T]):
    """What a blocking call and its asynchronous twin have in common."""

    call: str
    response: str
    arguments: Tuple[Any, ...]
    decode: Callable[[int], T]


def _on_keys(call: str, response: str, decode: Callable[[int], T], first: Data, end: Optional[Data] = b"", *,
             prefix: bool = False, prev_kv: bool = False, timeout: Optional[float] = None,
             require_leader: bool = False) -> _Request[T]:
    flags = (_PREFIX * prefix | _FROM_KEY * (end is None) | _PREV_KV * prev_kv | _REQUIRE_LEADER * require_leader)
    options = _RangeOptions(range_end=_bytes(b"" if end is None else end), timeout_ms=_ms(timeout), flags=flags)
    return _Request(call, response, (_bytes(first), ctypes.byref(options)), decode)


def _get(key: Data, **options: Any) -> _Request[Optional[KeyValue]]:
    return _on_keys("get", "range", _first, key, **options)


def _range(first: Data, end: Optional[Data], **options: Any) -> _Request[RangeResponse]:
    return _on_keys("get", "range", _range_response, first, _end(end), **options)


def _prefix(prefix: Data, **options: Any) -> _Request[RangeResponse]:
    return _on_keys("get", "range", _range_response, prefix, prefix=True, **options)


def _put(key: Data, value: Data, *, prev_kv: bool = False, timeout: Optional[float] = None,
         require_leader: bool = False) -> _Request[PutResponse]:
    options = _PutOptions(timeout_ms=_ms(timeout), flags=_PREV_KV * prev_kv | _REQUIRE_LEADER * require_leader)
    return _Request("put", "put", (_bytes(key), _bytes(value), ctypes.byref(options)), _put_response)


def _delete(key: Data, **options: Any) -> _Request[DeleteResponse]:
    return _on_keys("delete", "delete", _delete_response, key, **options)


def _delete_range(first: Data, end: Optional[Data], **options: Any) -> _Request[DeleteResponse]:
    return _on_keys("delete", "delete", _delete_response, first, _end(end), **options)


def _delete_prefix(prefix: Data, **options: Any) -> _Request[DeleteResponse]:
    return _on_keys("delete", "delete", _delete_response, prefix, prefix=True, **options)


def _end(end: Optional[Data]) -> Optional[Data]:
    if end is not None and len(end) == 0:
        raise ValueError("the end of a range cannot be empty; None is the end of all keys")
    return end


class Client(_Handle):
    """A client of one cluster.

    Opening needs no reachable server: calls wait for one until their deadline.
    """

    def __init__(self, endpoints: Union[str, Iterable[str]], *, user: Optional[str] = None,
                 password: Optional[str] = None, ca_file: Optional[Path] = None, cert_file: Optional[Path] = None,
                 key_file: Optional[Path] = None, server_name: Optional[str] = None, ca_pem: Data = b"",
                 cert_pem: Data = b"", key_pem: Data = b"", timeout: float = 5.0,
                 connect_timeout: Optional[float] = None, ping_interval: Optional[float] = None,
                 ping_timeout: Optional[float] = None, max_send_bytes: int = 0, max_receive_bytes: int = 0,
                 plaintext_password: bool = False, key_prefix: Data = b"") -> None:
        """endpoints: one, several in a string separated by commas, or any number of strings.

        "mem:" or "mem:NAME", alone, is an etcd inside this process; see mem_drop().

        timeout is the deadline of calls that name none. Everything else is as in
        etcd_client_options_t, where None and 0 stand for the default.
        """
        text = endpoints if isinstance(endpoints, str) else ",".join(endpoints)
        options = _ClientOptions(
            endpoints=_text(text), user=_text(user), password=_text(password), ca_file=_text(ca_file),
            cert_file=_text(cert_file), key_file=_text(key_file), server_name=_text(server_name),
            ca_pem=_bytes(ca_pem), cert_pem=_bytes(cert_pem), key_pem=_bytes(key_pem), timeout_ms=_ms(timeout),
            flags=_PLAINTEXT_PASSWORD * plaintext_password, connect_timeout_ms=_ms(connect_timeout),
            ping_interval_ms=_ms(ping_interval), ping_timeout_ms=_ms(ping_timeout), max_send_bytes=max_send_bytes,
            max_receive_bytes=max_receive_bytes, key_prefix=_bytes(key_prefix))
        library = _library()
        _, handle = _call(library.etcd_client_open, ctypes.byref(options))
        super().__init__(handle, library.etcd_client_close)

    def get(self, key: Data, *, timeout: Optional[float] = None,
            require_leader: bool = False) -> Optional[KeyValue]:
        """Reads one key; None if there is none."""
        return self._run(_get(key, timeout=timeout, require_leader=require_leader))

    def range(self, first: Data, end: Optional[Data], *, timeout: Optional[float] = None,
              require_leader: bool = False) -> RangeResponse:
        """Reads the keys from the first up to, but not with, the end; None is the end of all keys."""
        return self._run(_range(first, end, timeout=timeout, require_leader=require_leader))

    def prefix(self, prefix: Data, *, timeout: Optional[float] = None,
               require_leader: bool = False) -> RangeResponse:
        """Reads the keys that begin with the prefix; all keys if it is empty."""
        return self._run(_prefix(prefix, timeout=timeout, require_leader=require_leader))

    def put(self, key: Data, value: Data, *, prev_kv: bool = False, timeout: Optional[float] = None,
            require_leader: bool = False) -> PutResponse:
        """Writes one key."""
        return self._run(_put(key, value, prev_kv=prev_kv, timeout=timeout, require_leader=require_leader))

    def delete(self, key: Data, *, prev_kv: bool = False, timeout: Optional[float] = None,
               require_leader: bool = False) -> DeleteResponse:
        """Deletes one key; that there is none is no error."""
        return self._run(_delete(key, prev_kv=prev_kv, timeout=timeout, require_leader=require_leader))

    def delete_range(self, first: Data, end: Optional[Data], *, prev_kv: bool = False,
                     timeout: Optional[float] = None, require_leader: bool = False) -> DeleteResponse:
        """Deletes what range() with the same arguments reads."""
        return self._run(_delete_range(first, end, prev_kv=prev_kv, timeout=timeout, require_leader=require_leader))

    def delete_prefix(self, prefix: Data, *, prev_kv: bool = False, timeout: Optional[float] = None,
                      require_leader: bool = False) -> DeleteResponse:
        """Deletes what prefix() with the same arguments reads."""
        return self._run(_delete_prefix(prefix, prev_kv=prev_kv, timeout=timeout, require_leader=require_leader))

    # Each of the following starts the call above of the same name, with the same options, and returns at once. Its
    # end, successful or not, arrives on the queue as an Event that carries user_data.

    def get_async(self, queue: "Queue", key: Data, user_data: Any = None, **options: Any) -> "Operation":
        return queue._start(self, _get(key, **options), user_data)

    def range_async(self, queue: "Queue", first: Data, end: Optional[Data], user_data: Any = None,
                    **options: Any) -> "Operation":
        return queue._start(self, _range(first, end, **options), user_data)

    def prefix_async(self, queue: "Queue", prefix: Data, user_data: Any = None, **options: Any) -> "Operation":
        return queue._start(self, _prefix(prefix, **options), user_data)

    def put_async(self, queue: "Queue", key: Data, value: Data, user_data: Any = None,
                  **options: Any) -> "Operation":
        return queue._start(self, _put(key, value, **options), user_data)

    def delete_async(self, queue: "Queue", key: Data, user_data: Any = None, **options: Any) -> "Operation":
        return queue._start(self, _delete(key, **options), user_data)

    def delete_range_async(self, queue: "Queue", first: Data, end: Optional[Data], user_data: Any = None,
                           **options: Any) -> "Operation":
        return queue._start(self, _delete_range(first, end, **options), user_data)

    def delete_prefix_async(self, queue: "Queue", prefix: Data, user_data: Any = None, **options: Any) -> "Operation":
        return queue._start(self, _delete_prefix(prefix, **options), user_data)

    def _run(self, request: _Request[T]) -> T:
        library = _library()
        _, response = _call(getattr(library, f"etcd_kv_{request.call}"), self._handle, *request.arguments)
        try:
            return request.decode(response)
        finally:
            getattr(library, f"etcd_{request.response}_response_free")(response)


# --- The queue ---


class Event(NamedTuple):
    """The end of an asynchronous call."""

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


class Operation:
    """A call in progress."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def cancel(self) -> None:
        """Ends the call early. Its event still comes, with ETCD_ERR_CANCELLED unless the call had ended before."""
        _library().etcd_op_cancel(self._handle)


class Queue(_Handle):
    """Where asynchronous calls of any number of clients end.

    It has a fileno(), readable while there are events, for select, selectors or
    asyncio's add_reader(). When it is, call next(0) until it returns None.
    """

    def __init__(self) -> None:
        library = _library()
        _, handle = _call(library.etcd_queue_new)
        super().__init__(handle, library.etcd_queue_free)
        self._tokens = itertools.count(1)
        self._pending: Dict[int, Tuple[_Request[Any], Any]] = {}

    def fileno(self) -> int:
        fd: int = _library().etcd_queue_fd(self._handle)
        if fd < 0:
            raise _status_error(-2, b"the queue is not open, or descriptors are short")
        return fd

    def next(self, timeout: Optional[float] = None) -> Optional[Event]:
        """Takes the next event. None if there is none in time, or after wake(); a timeout of None waits for ever."""
        library = _library()
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        status = _EMPTY
        while status == _EMPTY:
            left = deadline - time.monotonic()
            # In slices, between which Python handles signals.
            status, event = _call(library.etcd_queue_next, self._handle, int(1000 * min(max(left, 0), 0.1)))
            if status == _EMPTY and left <= 0:
                return None
        if status == _WOKEN:
            return None
        try:
            request, user_data = self._pending.pop(library.etcd_event_user_data(event))
            error = library.etcd_event_error(event)
            if error:
                return Event(user_data, None, _error(error))
            response = getattr(library, f"etcd_event_{request.response}_response")(event)
            return Event(user_data, request.decode(response), None)
        finally:
            library.etcd_event_free(event)

    def wake(self) -> None:
        """Makes one next(), the one in progress or the next, return None."""
        status = _library().etcd_queue_wake(self._handle)
        if status < 0:
            raise _status_error(status)

    def _start(self, client: Client, request: _Request[Any], user_data: Any) -> Operation:
        token = next(self._tokens)
        self._pending[token] = (request, user_data)
        try:
            function = getattr(_library(), f"etcd_kv_{request.call}_async")
            _, op = _call(function, client._handle, *request.arguments, self._handle, token)
        except BaseException:
            del self._pending[token]
            raise
        return Operation(op)
