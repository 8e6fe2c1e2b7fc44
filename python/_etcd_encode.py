"""Arguments, as the library takes them, and requests, which are made of them."""

import ctypes
import math
import os
from typing import Any, Callable, Dict, Generic, Iterable, NoReturn, Optional, Tuple, Type, TypeVar, Union

import _etcd_abi as abi
from _etcd_decode import _status_error
from _etcd_library import Path

Data = Union[bytes, bytearray, memoryview, str]
T = TypeVar("T")
S = TypeVar("S", bound=ctypes.Structure)

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
_INTEGERS = {ctypes.c_int, ctypes.c_int32, ctypes.c_int64, ctypes.c_uint, ctypes.c_uint32, ctypes.c_uint64}
# Which of a function's arguments after the first are integers.
_INTEGER_ARGUMENTS = {
    name: [(at, of) for at, of in enumerate(arguments[1:]) if of in _INTEGERS]
    for name, (_, arguments) in abi.FUNCTIONS.items()
}


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
