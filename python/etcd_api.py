"""The classic calls of etcd-api for Python, on etcd v3: the simplest way to use etcd.

    import etcd_api

    with etcd_api.Session("localhost:2379") as session:
        session.set("greeting", "hello")
        print(session.get("greeting"))
        for index, key, value in session.changes("config"):
            print(key, "is gone" if value is None else value)

It needs etcd.py and the modules _etcd_*.py beside it, and the library that they load. Keys and values
are text: arguments may be str, which is encoded as UTF-8, or bytes, and must not
contain a zero byte; results are str. Bytes that are not UTF-8 come as lone
surrogates and go back as they were (the error handler "surrogateescape"). A key
is stored exactly as it is given, so "foo" and "/foo" are two keys. Etcd's other
calls, and values with any bytes, are in etcd.py.

A call that fails raises ProtocolError if it was surely refused, WTF if not.
A number that does not fit, such as a ttl of 2**32, raises ValueError, and nothing
is sent.

Calls end at their deadline (by default after 5 s), except watch(), changes() and
a lock() that waits for its turn. Ctrl-C, or any other signal, gets its Python
handler at once during these three, and during the others when they return. If
the handler raises, as that of Ctrl-C does, the program goes on with that, while
the wait goes on in a thread of its own, until close() ends it. The next watch()
with the same arguments takes it up again, so no change is missed. A lock is
released as soon as it is granted; if close() comes before that, its
place in the line is free when its ttl is over.

Threads may share a session. Calls with a deadline then take turns; sessions of
their own let them run side by side, and let several watch the same key. After
os.fork() the child opens its own.
"""

import ctypes
import os
import queue
import threading
from types import TracebackType
from typing import (Any, Callable, Dict, Generic, Iterable, Iterator, List, NamedTuple, Optional, Tuple, Type, TypeVar,
                    Union)

import _etcd_abi as abi
import etcd
from _etcd_decode import _error, _status_error
from _etcd_library import _library

__all__ = ["Change", "Error", "ProtocolError", "Session", "WTF"]

Text = Union[str, bytes]
T = TypeVar("T")


class Change(NamedTuple):
    """A key that changed. The value is None if it was deleted or has expired."""

    index: int  # type: ignore[assignment]  # a method of tuples
    key: str
    value: Optional[str]


class Error(Exception):
    """A call failed: a ProtocolError or a WTF.

    call    the function of the C library, such as "etcd_set"
    cause   the etcd.EtcdError that says why. For watch() and a lock() that waits
            it can be that of another thread's which ended at the same time; None
            if this one went well.
    """

    def __init__(self, call: str, cause: Optional[etcd.EtcdError] = None) -> None:
        super().__init__(f"{call}: {cause}" if cause else call)
        self.call = call
        self.cause = cause
        self.__cause__ = cause

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.call, self.cause)


class ProtocolError(Error):
    """Surely refused: no such key, another value than the precondition, a lock that is not held, a compacted index, no
    permission, a bad argument. Nothing was changed."""


class WTF(Error):
    """Anything else: no server answered, or the answer was lost, and then a change may have been made."""


# --- The library ---

_INT_MAX, _UINT_MAX = 2**31 - 1, 2**32 - 1
_KEY_NOT_FOUND = "ETCD_ERR_KEY_NOT_FOUND"
_NOBODY_SAID_NO = ("ETCD_ERR_FORKED", "ETCD_ERR_UNSUPPORTED")

_free = ctypes.CDLL(None).free
_free.restype, _free.argtypes = None, [ctypes.c_void_p]


def _string(value: Text) -> bytes:
    if isinstance(value, str):
        value = value.encode(errors="surrogateescape")
    elif not isinstance(value, bytes):
        raise TypeError(f"str or bytes expected, not {type(value).__name__}")
    if b"\0" in value:
        raise ValueError("a zero byte in a key or value")
    return value


def _optional(value: Optional[Text]) -> Optional[bytes]:
    return None if value is None else _string(value)


def _number(name: str, value: int, least: int, most: int) -> int:
    # ctypes would take other numbers too, and cut them off.
    if not least <= value <= most:
        raise ValueError(f"{name}: {value} is not from {least} to {most}")
    return value


def _take(pointer: Optional[int]) -> Optional[str]:
    """The string at an address, which is freed."""
    if pointer is None:
        return None
    try:
        return ctypes.string_at(pointer).decode(errors="surrogateescape")
    finally:
        _free(pointer)


class _Worker:
    """A thread that makes one call after another: for the library each thread is a loop of its own."""

    _idle: "List[_Worker]" = []

    def __init__(self) -> None:
        self._calls: "queue.SimpleQueue[Callable[[], None]]" = queue.SimpleQueue()
        threading.Thread(target=self._run, name="etcd_api", daemon=True).start()

    @classmethod
    def start(cls, call: Callable[[], None]) -> None:
        """The one that was used last comes first, so that a program's loop stays in one thread."""
        try:
            worker = cls._idle.pop()
        except IndexError:
            worker = cls()
        worker._calls.put(call)

    def release(self) -> None:
        self._idle.append(self)

    def _run(self) -> None:
        _current.worker = self
        while True:
            self._calls.get()()


_current = threading.local()
# The child has none of these threads.
os.register_at_fork(after_in_child=_Worker._idle.clear)


class _Wait(Generic[T]):
    """A call that may take for ever, in another thread, while the main thread handles signals."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._ended = threading.Event()
        self._result: List[T] = []
        self._error: Optional[Exception] = None
        _Worker.start(self._run)

    def _run(self) -> None:
        try:
            self._result.append(self._call())
        except Exception as error:
            self._error = error
        # Before anybody can know, so that the next call finds it.
        _current.worker.release()
        self._ended.set()

    def result(self) -> T:
        """Returns or raises as the call does, or raises what a signal handler does."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._result[0]


def _in_main_thread() -> bool:
    """Only there Python runs signal handlers, so that other threads can just call."""
    return threading.current_thread() is threading.main_thread()


# --- The session ---


class Session:
    """An open session with a cluster.

    Opening needs no reachable server: calls wait for one until their deadline.
    Closed by close(), at the end of a with block, or with its last reference.
    """

    def __init__(self, servers: Union[str, Iterable[str]], **options: Any) -> None:
        """servers: one, several in a string separated by commas, or any number of strings.

        Each is "host:port", "http://host:port", "https://host:port" or "unix:/path"; the port
        defaults to 2379. "mem:" or "mem:NAME", alone, is an etcd inside this process. The
        options are those of etcd.Client, such as user, password, ca_file and timeout. Raises
        etcd.InvalidArgument if something cannot be understood.
        """
        self._library = _library()
        # A session says only why its latest call failed, so calls take turns. Those that wait cannot; they have a
        # session of their own, from the beginning: a store in memory may be another one later.
        self._client = etcd.Client(servers, **options)
        self._waiting = etcd.Client(servers, **options)
        self._turn = threading.Lock()
        # Watches that a signal has interrupted.
        self._interrupted: Dict[Tuple[bytes, Optional[int]], _Wait[Change]] = {}

    def close(self) -> None:
        """From any thread; ends calls in progress. A second time does nothing."""
        self._waiting.close()
        self._client.close()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()

    def get(self, key: Text) -> Optional[str]:
        """Reads a key; None if there is none.

        A key that has no value, but others below it, gives the whole names of those
        directly below, one a line, sorted. "dir/" asks for them even if "dir" has a
        value, "" for those at the top.
        """
        name = _string(key)
        with self._turn:
            value = _take(self._library.etcd_get(self._client._handle, name))
            if value is not None:
                return value
            cause = self._cause(self._client)
        if cause is not None and cause.name == _KEY_NOT_FOUND:
            return None
        raise self._unanswered("etcd_get", cause)

    def set(self, key: Text, value: Optional[Text], precond: Optional[Text] = None, ttl: int = 0) -> None:
        """Writes a key; a value of None deletes it.

        precond is the value that the key must have now: otherwise, also if there is no such
        key, ProtocolError. After ttl seconds the key is deleted, unless it is set again before;
        etcd makes 2 of 1, and 0 is for ever.
        """
        arguments = _string(key), _optional(value), _optional(precond), _number("ttl", ttl, 0, _UINT_MAX)
        self._short("etcd_set", *arguments)

    def delete(self, key: Text) -> None:
        """Deletes a key, and only it, not what is below it. ProtocolError if there is no such key."""
        self._short("etcd_delete", _string(key))

    def watch(self, prefix: Text, index: Optional[int] = None) -> Change:
        """Waits for a change of a key, or of one below it ("prefix" and "prefix/...").

        Without an index for the first one from now on. A caller that then asks with the index of the
        last change plus one, and so on, misses none, through outages too; several that were
        made at once have the same index. ProtocolError if that index is so long ago that
        etcd has forgotten it.
        """
        name = _string(prefix)
        start = None if index is None else ctypes.c_int(_number("index", index, 0, _INT_MAX))

        def call() -> Change:
            key, value, at = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_int()
            self._check("etcd_watch", self._waiting, name, ctypes.byref(key), ctypes.byref(value),
                        None if start is None else ctypes.byref(start), ctypes.byref(at))
            changed, to = _take(key.value), _take(value.value)
            assert changed is not None
            return Change(at.value, changed, to)

        if not _in_main_thread():
            return call()
        wait = self._interrupted.pop((name, index), None) or _Wait(call)
        try:
            return wait.result()
        except Error:
            raise
        except BaseException:
            self._interrupted[name, index] = wait
            raise

    def changes(self, prefix: Text, index: Optional[int] = None) -> Iterator[Change]:
        """Every change of a key and of those below it, for ever, each once and in order.

        It begins when the first one is asked for. After an error go on with changes(prefix,
        index of the last change + 1): of several that were made at once none comes twice
        or is left out.
        """
        while True:
            change = self.watch(prefix, index)
            yield change
            index = change.index + 1

    def leader(self) -> str:
        """The id of the member that leads the cluster, in hexadecimal."""
        with self._turn:
            leader = _take(self._library.etcd_leader(self._client._handle))
            if leader is not None:
                return leader
            cause = self._cause(self._client)
        raise self._unanswered("etcd_leader", cause)

    def lock(self, key: Text, ttl: int, index: Optional[str] = None) -> str:
        """Gets a lock, or renews one; returns its index.

        Without an index it gets in line and waits for its turn, as long as that takes. From
        then on the lock is held for ttl seconds (at least 1; etcd makes 2 of it), unless it
        is renewed with its index, and then for ttl seconds more. A renewal returns at once;
        ProtocolError says that the lock is no longer held, and somebody else may hold it.
        `etcdctl lock` with the same name waits in the same line.
        """
        name, seconds = _string(key), _number("ttl", ttl, 1, _UINT_MAX)
        if index is not None:
            self._short("etcd_lock", name, seconds, _string(index), None)
            return index

        def call() -> str:
            out = ctypes.c_void_p()
            self._check("etcd_lock", self._waiting, name, seconds, None, ctypes.byref(out))
            granted = _take(out.value)
            assert granted is not None
            return granted

        if not _in_main_thread():
            return call()
        wait = _Wait(call)
        try:
            return wait.result()
        except Error:
            raise
        except BaseException:
            threading.Thread(target=self._give_back, args=(key, wait), daemon=True).start()
            raise

    def unlock(self, key: Text, index: str) -> None:
        """Releases a lock. ProtocolError if it is not, or no longer, held."""
        self._short("etcd_unlock", _string(key), _string(index))

    def _give_back(self, key: Text, wait: _Wait[str]) -> None:
        try:
            self.unlock(key, wait.result())
        except Error:
            pass  # It is gone, or will be after its ttl.

    def _short(self, call: str, *arguments: Any) -> None:
        with self._turn:
            self._check(call, self._client, *arguments)

    def _check(self, call: str, client: etcd.Client, *arguments: Any) -> None:
        result = getattr(self._library, call)(client._handle, *arguments)
        if result != abi.ETCD_OK:
            kind = ProtocolError if result == abi.ETCD_PROTOCOL_ERROR else WTF
            raise kind(call, self._cause(client))

    def _cause(self, client: etcd.Client) -> Optional[etcd.EtcdError]:
        """Why the latest call failed."""
        error = ctypes.c_void_p()
        status = self._library.etcd_client_last_error(client._handle, ctypes.byref(error))
        if status != abi.ETCD_OK:
            return _status_error(status)
        if error.value is None:
            return None
        try:
            return _error(error.value)
        finally:
            self._library.etcd_error_free(error)

    @staticmethod
    def _unanswered(call: str, cause: Optional[etcd.EtcdError]) -> Error:
        """Of a call that has no result but NULL; by the rules of the library for the others."""
        refused = (cause is not None and not cause.retryable and cause.name not in _NOBODY_SAID_NO
                   and not _library().etcd_status_may_be_applied(cause.status))
        return ProtocolError(call, cause) if refused else WTF(call, cause)
