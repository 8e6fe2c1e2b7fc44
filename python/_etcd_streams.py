"""What is read bit by bit: ranges in pages, and streams."""

import itertools
from typing import Any, Generic, Iterator, Optional, TypeVar

import _etcd_abi as abi
from _etcd_decode import _range_response, _status_error
from _etcd_encode import _Request
from _etcd_handles import Call, Queue, _call, _Handle, _take, _wait
from _etcd_library import _library
from _etcd_types import (
    Closed, ConnectionResponse, ElectionLeaderResponse, KeyValue, LeaseKeepAliveResponse, RangeResponse, WatchResponse,
)

T = TypeVar("T")
Self = TypeVar("Self", bound=_Handle)


# --- Pages ---


_NEXT_PAGE: _Request[Optional[RangeResponse]] = _Request("etcd_range_next", (), _range_response)


class Pages(_Handle):
    """A range that is read page by page; iterating over it yields RangeResponses, kvs() their keys.

    The first page always comes, later ones have keys. In each, count is that of the
    whole range, and header.revision + 1 is where a watch would go on. After an
    EtcdError it is where it was: iterating over it again goes on there.
    """

    def __init__(self, client: _Handle, request: _Request[RangeResponse]) -> None:
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

    def next_async(self, queue: Queue, user_data: Any = None) -> Call:
        """Starts to read the next page. It arrives on the queue as the value of an Event, or None after the last one.
        Start the one after it then; one that is cancelled is not skipped."""
        return queue._start(self, _NEXT_PAGE, user_data)


# --- Streams ---


class _Stream(_Handle, Generic[T]):
    """A stream of responses, read by next(), by iteration, or from a queue."""

    def __init__(self, client: _Handle, request: _Request[T], queue: Optional[Queue] = None,
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
