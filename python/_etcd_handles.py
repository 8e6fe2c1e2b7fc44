"""What is opened and closed, the calls on it, and the queue on which asynchronous ones end."""

import contextlib
import ctypes
import itertools
import logging
import math
import queue
import threading
import time
import weakref
from types import TracebackType
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple, Type, TypeVar

import _etcd_abi as abi
from _etcd_decode import _error, _status_error
from _etcd_encode import _Request
from _etcd_library import _library
from _etcd_types import EtcdError

T = TypeVar("T")
Self = TypeVar("Self", bound="_Handle")


# --- Calls ---


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


def _take(call: str, decode: Callable[[int], T], response: int) -> T:
    """Decodes what a function has returned, and frees it."""
    try:
        return decode(response)
    finally:
        getattr(_library(), abi.ENDS[call])(response)


# --- Where the library calls back ---

# What is not done there: it may be waited for, and would refuse to be called. A thread of this module does it, which is
# started when a client has a logger.
_jobs: "queue.SimpleQueue[Callable[[], Any]]" = queue.SimpleQueue()
_writer: Optional[threading.Thread] = None
_here = threading.local()
_starting = threading.Lock()


def _write(jobs: "queue.SimpleQueue[Callable[[], Any]]") -> None:
    while True:
        try:
            jobs.get()()
        except Exception:
            logging.getLogger("etcd").exception("a line of the log could not be written")


def _start_writer() -> None:
    global _jobs, _writer
    with _starting:
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


def _later(job: Callable[[], Any]) -> None:
    _jobs.put(job)


def _end(close: Callable[[int], None], handle: int) -> None:
    """Closes a handle. The garbage collector may do that anywhere."""
    if getattr(_here, "calls_back", False):
        _later(lambda: close(handle))
    else:
        close(handle)


# --- Handles ---


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

    def _run(self, request: _Request[T]) -> T:
        """Does a call on what this is."""
        library = _library()
        _, response = _call(getattr(library, request.call), self._handle, *request.arguments)
        return _take(request.call, request.decode, response)

    def _run_waiting(self, request: _Request[T], give_back: Optional[Callable[[], Any]] = None) -> T:
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
