"""etcd v3 for asyncio, on etcd.py and the modules _etcd_*.py, which must be beside it.

    import asyncio
    import etcd_aio

    async def main() -> None:
        async with etcd_aio.Client("localhost:2379") as client:
            await client.put("greeting", "hello")
            async with client.watch(prefix="config/") as watch:
                async for response in watch:
                    for event in response:
                        print(event.kv.key, event.kv.value)

    asyncio.run(main())

Arguments, options, responses and errors are those of etcd.Client. Its sync(),
stm_run() and the calls of administration have no form that does not block, and
are not here. Everything belongs to the loop in which it was made, and to its thread.
Nothing here blocks the loop, and there is no thread of Python's.

A task that is cancelled cancels its call. Whether a write was applied is then
not known, unlike with a timeout, whose error has an outcome.
"""

import asyncio
from types import TracebackType
from typing import Any, AsyncIterator, Dict, Generic, Iterable, List, Optional, Tuple, Type, TypeVar, Union

import _etcd_abi as abi
import etcd
from _etcd_decode import _status_error
from _etcd_encode import _ALONE, _Request
from _etcd_handles import _Handle
from _etcd_streams import _NEXT_PAGE

__all__ = ["Client", "Connections", "Election", "ElectionObserver", "KeepAlive", "Mutex", "Pages", "Session", "Watch"]

T = TypeVar("T")
Self = TypeVar("Self", bound="_Closing")


class _Closing:
    async def close(self) -> None:
        raise NotImplementedError

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        await self.close()


class Client(_Closing):
    """A client of one cluster; made in a coroutine, and closed with close() or async with."""

    def __init__(self, endpoints: Any, **options: Any) -> None:
        """The arguments of etcd.Client."""
        self._loop = asyncio.get_running_loop()
        self._queue = etcd.Queue()
        self._client = etcd.Client(endpoints, **options)
        self._loop.add_reader(self._queue.fileno(), self._ready)
        self._closed = False

    async def close(self) -> None:
        """Ends all calls, with etcd.Closed and their outcome, and all streams. A second time does nothing."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._queue.fileno())
        self._client.close()
        # Now each call has its end, and the queue all of them.
        while self._settle():
            pass
        self._queue.close()

    def endpoints(self) -> List[str]:
        return self._client.endpoints()

    def set_endpoints(self, endpoints: Union[str, Iterable[str]]) -> None:
        self._client.set_endpoints(endpoints)

    def pages(self, key: etcd.Data = b"", end: Optional[etcd.Data] = _ALONE, **options: Any) -> "Pages":
        """Reads what etcd.Client.pages() does, with its options."""
        return Pages(self, etcd._pages(key, end, **options))

    async def do(self, op: "etcd.Op[T]", **options: Any) -> T:
        return await self._run(etcd._do(op, **options))

    def lease_keep_alive(self, id: int, **options: Any) -> "KeepAlive":
        """Keeps a lease alive: `await keep_alive.next()` raises when it has ended."""
        return KeepAlive(self, etcd._lease_keep_alive(id, **options))

    def watch(self, key: etcd.Data = b"", end: Optional[etcd.Data] = _ALONE, **options: Any) -> "Watch":
        """Watches what etcd.Client.watch() does, with its options.

        Without start_revision it begins once a server has it: `async with` waits for
        that, without a timeout, and delivers what is written afterwards. A plain
        `async for` may miss what is written before its first response.
        """
        return Watch(self, key, end, **options)

    def connections(self) -> "Connections":
        """Reports the state of each endpoint now, and then each change."""
        return Connections(self)

    def observe_election(self, name: etcd.Data) -> "ElectionObserver":
        """Tells who leads an election: now, and at each change."""
        return ElectionObserver(self, name)

    def session(self, **options: Any) -> "Session":
        """Opens what etcd.Client.session() does, with its options."""
        return Session(self, **options)

    def counters(self) -> Dict[str, int]:
        return self._client.counters()

    def counters_text(self, label: str = "") -> str:
        return self._client.counters_text(label)

    # Generated from the calls of etcd.Client by `make header`: do not edit.

    async def get(self, key: etcd.Data, **options: Any) -> Optional[etcd.KeyValue]:
        return await self._run(etcd._get(key, **options))

    async def range(self, first: etcd.Data, end: Optional[etcd.Data], **options: Any) -> etcd.RangeResponse:
        return await self._run(etcd._range(first, end, **options))

    async def prefix(self, prefix: etcd.Data, **options: Any) -> etcd.RangeResponse:
        return await self._run(etcd._prefix(prefix, **options))

    async def wait_for(self, key: etcd.Data, **options: Any) -> Optional[etcd.KeyValue]:
        return await self._run(etcd._wait_for(key, **options))

    async def put(self, key: etcd.Data, value: etcd.Data, **options: Any) -> etcd.PutResponse:
        return await self._run(etcd._put(key, value, **options))

    async def put_ttl(self, key: etcd.Data, value: etcd.Data, ttl: int, **options: Any) -> etcd.PutResponse:
        return await self._run(etcd._put_ttl(key, value, ttl, **options))

    async def put_if_absent(self, key: etcd.Data, value: etcd.Data, **options: Any) -> etcd.IfResponse:
        return await self._run(etcd._put_if_absent(key, value, **options))

    async def put_if_value(self, key: etcd.Data, seen: etcd.Data, value: etcd.Data, **options: Any) -> etcd.IfResponse:
        return await self._run(etcd._put_if_value(key, seen, value, **options))

    async def put_if_revision(self, key: etcd.Data, seen: int, value: etcd.Data, **options: Any) -> etcd.IfResponse:
        return await self._run(etcd._put_if_revision(key, seen, value, **options))

    async def delete_if_value(self, key: etcd.Data, seen: etcd.Data, **options: Any) -> etcd.IfResponse:
        return await self._run(etcd._delete_if_value(key, seen, **options))

    async def delete_if_revision(self, key: etcd.Data, seen: int, **options: Any) -> etcd.IfResponse:
        return await self._run(etcd._delete_if_revision(key, seen, **options))

    async def delete(self, key: etcd.Data, **options: Any) -> etcd.DeleteResponse:
        return await self._run(etcd._delete(key, **options))

    async def delete_range(self, first: etcd.Data, end: Optional[etcd.Data], **options: Any) -> etcd.DeleteResponse:
        return await self._run(etcd._delete_range(first, end, **options))

    async def delete_prefix(self, prefix: etcd.Data, **options: Any) -> etcd.DeleteResponse:
        return await self._run(etcd._delete_prefix(prefix, **options))

    async def compact(self, revision: int, **options: Any) -> etcd.HeaderResponse:
        return await self._run(etcd._compact(revision, **options))

    async def commit(self, txn: etcd.Txn, **options: Any) -> etcd.TxnResponse:
        return await self._run(etcd._commit(txn, **options))

    async def lease_grant(self, ttl: int, **options: Any) -> etcd.LeaseGrantResponse:
        return await self._run(etcd._lease_grant(ttl, **options))

    async def lease_revoke(self, id: int, **options: Any) -> etcd.HeaderResponse:
        return await self._run(etcd._lease_revoke(id, **options))

    async def lease_keep_alive_once(self, id: int, **options: Any) -> etcd.LeaseKeepAliveResponse:
        return await self._run(etcd._lease_keep_alive_once(id, **options))

    async def lease_time_to_live(self, id: int, **options: Any) -> etcd.LeaseTimeToLiveResponse:
        return await self._run(etcd._lease_time_to_live(id, **options))

    async def lease_list(self, **options: Any) -> etcd.LeaseListResponse:
        return await self._run(etcd._lease_list(**options))

    async def election_leader(self, name: etcd.Data, **options: Any) -> etcd.ElectionLeaderResponse:
        return await self._run(etcd._election_leader(name, **options))

    # End of what is generated.

    async def _run(self, request: _Request[T], of: Optional[_Handle] = None) -> T:
        future, call = self._start(of or self._client, request)
        try:
            return await future
        except asyncio.CancelledError:
            call.cancel()
            raise

    def _start(self, of: _Handle, request: _Request[T]) -> "Tuple[asyncio.Future[T], etcd.Call]":
        future: "asyncio.Future[T]" = self._loop.create_future()
        return future, self._queue._start(of, request, future)

    def _ready(self) -> None:
        # Not all at once, if there are many: the loop has others to serve, and comes back while there are more.
        for _ in range(100):
            if not self._settle():
                break

    def _settle(self) -> bool:
        event = self._queue.next(0)
        if event is None:
            return False
        future = event.user_data
        if future.done():
            pass  # Its task was cancelled.
        elif event.error is not None:
            future.set_exception(event.error)
        else:
            future.set_result(event.value)
        return True


class Pages(_Closing):
    """A range that is read page by page; async for yields etcd.RangeResponses, and over kvs() their keys.

    It goes on after an exception as etcd.Pages does, and after a task was cancelled.
    """

    def __init__(self, client: Client, request: _Request[etcd.RangeResponse]) -> None:
        self._client = client
        self._pages = etcd.Pages(client._client, request)
        self._turn = asyncio.Lock()
        self._next: "Optional[asyncio.Future[Optional[etcd.RangeResponse]]]" = None

    async def close(self) -> None:
        """A second time does nothing."""
        self._pages.close()

    async def kvs(self) -> AsyncIterator[etcd.KeyValue]:
        """The keys of the pages that are still to come."""
        async for page in self:
            for kv in page:
                yield kv

    def __aiter__(self) -> "Pages":
        return self

    async def __anext__(self) -> etcd.RangeResponse:
        async with self._turn:
            if self._next is None:
                self._next, _ = self._client._start(self._pages, _NEXT_PAGE)
                # It may fail when no task waits for it any more.
                self._next.add_done_callback(lambda done: done.exception())
            # A task that is cancelled here leaves the page to the next one.
            await asyncio.wait([self._next])
            arrived, self._next = self._next, None
        page = arrived.result()
        if page is None:
            raise StopAsyncIteration
        return page


class _Stream(_Closing, Generic[T]):
    """A stream has a queue of its own: what is not read stays there, within the stream's bound."""

    def __init__(self, client: Client, stream: Type[Any], request: _Request[T]) -> None:
        self._loop = client._loop
        self._queue = etcd.Queue()
        self._stream = stream(client._client, request, self._queue)
        self._waiter: "Optional[asyncio.Future[None]]" = None
        self._error: Optional[etcd.EtcdError] = None
        self._closed = False

    async def close(self) -> None:
        """Also ends an iteration in another task. A second time does nothing."""
        self._closed = True
        self._stop_waiting()
        self._stream.close()
        self._queue.close()

    async def next(self) -> T:
        """What comes next; raises the reason if nothing will, again and again. One task at a time."""
        if self._waiter is not None:
            raise RuntimeError("another task waits for this stream")
        while self._error is None and not self._closed:
            event = self._queue.next(0)
            if event is None:
                # An event that is taken is returned at once: a cancellation loses none.
                await self._readable()
            elif event.error is None:
                value: T = event.value
                return value
            else:
                self._error = event.error
        raise self._error or _status_error(abi.ETCD_ERR_BAD_HANDLE, b"it was closed")

    def __aiter__(self: Self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Ends after close(); raises if it ends for another reason."""
        try:
            return await self.next()
        except etcd.Closed:
            if not self._closed:
                raise
            raise StopAsyncIteration from None

    async def _readable(self) -> None:
        self._waiter = self._loop.create_future()
        self._loop.add_reader(self._queue.fileno(), self._stop_waiting)
        try:
            await self._waiter
        finally:
            self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._waiter is not None:
            self._loop.remove_reader(self._queue.fileno())
            if not self._waiter.done():
                self._waiter.set_result(None)
            self._waiter = None


class Watch(_Stream[etcd.WatchResponse]):
    """A watch; async for yields etcd.WatchResponses, and ends as one over an etcd.Watch does."""

    def __init__(self, client: Client, key: etcd.Data, end: Optional[etcd.Data], *, start_revision: int = 0,
                 created_notify: bool = False, **options: Any) -> None:
        # The first response always says that it has begun; it is returned only if that was asked for.
        self._begins_now, self._created_notify = start_revision == 0, created_notify
        self._first: Optional[etcd.WatchResponse] = None
        super().__init__(client, etcd.Watch, etcd._watch(key, end, start_revision=start_revision, **options))

    async def __aenter__(self) -> "Watch":
        if self._begins_now:
            try:
                self._first = await super().next()
            except BaseException:
                await self.close()
                raise
        return self

    async def next(self) -> etcd.WatchResponse:
        while True:
            first, self._first = self._first, None
            # One without events is false.
            response = await super().next() if first is None else first
            if response.kind != etcd.WATCH_CREATED or self._created_notify:
                return response

    def request_progress(self) -> None:
        """Asks for a WATCH_PROGRESS response."""
        self._stream.request_progress()


class KeepAlive(_Stream[etcd.LeaseKeepAliveResponse]):
    """A lease that is kept alive until close(); next() is as that of etcd.KeepAlive, but without a timeout."""

    def __init__(self, client: Client, request: _Request[etcd.LeaseKeepAliveResponse]) -> None:
        super().__init__(client, etcd.KeepAlive, request)

    def left_ms(self) -> int:
        """As etcd.KeepAlive.left_ms()."""
        left: int = self._stream.left_ms()
        return left


class Connections(_Stream[etcd.ConnectionResponse]):
    """The states of the client's endpoints, as etcd.Connections reports them."""

    def __init__(self, client: Client) -> None:
        super().__init__(client, etcd.Connections, etcd._CONNECTIONS)


class ElectionObserver(_Stream[etcd.ElectionLeaderResponse]):
    """Who leads an election, as etcd.ElectionObserver tells it."""

    def __init__(self, client: Client, name: etcd.Data) -> None:
        super().__init__(client, etcd.ElectionObserver, etcd._observe_election(name))


# Last, since they are built on all of the above.
from _etcd_aio_recipes import Election, Mutex, Session  # noqa: E402
