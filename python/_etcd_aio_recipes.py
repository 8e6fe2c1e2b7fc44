"""Sessions, locks and elections for asyncio: what etcd_aio.py has as Session, Mutex and Election."""

import asyncio
import contextlib
import time
from types import TracebackType
from typing import Any, AsyncIterator, Callable, Optional, Type

import _etcd_abi as abi
import _etcd_recipes
import etcd
import etcd_aio
from _etcd_encode import _Request
from _etcd_handles import _Handle


class Session(etcd_aio._Closing):
    """A lease that the library keeps alive, as etcd.Session; `async with` waits for what `with` does there."""

    def __init__(self, client: "etcd_aio.Client", **options: Any) -> None:
        self._client = client
        self._session = etcd.Session(client._client, **options)

    async def __aenter__(self) -> "Session":
        try:
            await self.lease()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        try:
            if not self._session._over:
                await self.end()
        except etcd.LeaseNotFound as failure:
            if kind is None and not self._session._replaces:
                lost = await self.lost(timeout=0)
                raise failure if lost is None or isinstance(lost, etcd.Closed) else lost
        except etcd.EtcdError:
            if kind is None:
                raise
        finally:
            await self.close()

    async def close(self) -> None:
        """As etcd.Session.close(): it does not wait until the lease is revoked."""
        self._session.close()

    async def lease(self, **options: Any) -> etcd.SessionLease:
        return await self._client._run(self._session._lease(**options), self._session)

    async def lost(self, lease: int = 0, *, timeout: Optional[float] = None) -> Optional[etcd.EtcdError]:
        """As etcd.Session.lost()."""
        return await _loss(self._client, self._session, self._session._lost(lease, timeout=timeout), timeout)

    async def end(self, **options: Any) -> etcd.HeaderResponse:
        return await self._client._run(self._session._end(**options), self._session)

    def left_ms(self) -> int:
        return self._session.left_ms()

    def orphan(self) -> None:
        self._session.orphan()

    def mutex(self, name: etcd.Data) -> "Mutex":
        return Mutex(self, name)

    def election(self, name: etcd.Data) -> "Election":
        return Election(self, name)


async def _loss(client: "etcd_aio.Client", of: _Handle, request: _Request[Any],
                timeout: Optional[float]) -> Optional[etcd.EtcdError]:
    began = time.monotonic()
    try:
        await client._run(request, of)
    except etcd.EtcdError as error:
        return _etcd_recipes._reason(error, began, timeout)
    raise AssertionError("it ends only with an error")


class _Held(etcd_aio._Closing):
    """What a session holds for a time."""

    def __init__(self, session: Session, held: "_etcd_recipes._Held") -> None:
        self._client, self._held = session._client, held
        self._session = session  # It would be closed with its last reference.

    @property
    def ownership(self) -> etcd.Ownership:
        return self._held.ownership

    @property
    def key(self) -> bytes:
        return self._held.key

    @property
    def create_revision(self) -> int:
        return self._held.create_revision

    @property
    def lease(self) -> int:
        return self._held.lease

    async def close(self) -> None:
        """Releases it in the background, if it is held or waited for."""
        self._held.close()

    async def _take(self, request: _Request[etcd.Ownership],
                    release: Callable[[], _Request[Any]]) -> etcd.Ownership:
        """What is granted to a task that was cancelled, is given back."""
        future, call = self._client._start(self._held, request)

        def give_back(done: "asyncio.Future[etcd.Ownership]") -> None:
            if done.exception() is None and done.result().held:
                with contextlib.suppress(etcd.EtcdError):  # It is closed, and given back with that.
                    self._client._start(self._held, release())[0].add_done_callback(lambda done: done.exception())

        try:
            await asyncio.wait([future])
        except asyncio.CancelledError:
            call.cancel()
            future.add_done_callback(give_back)
            raise
        return future.result()


class Mutex(_Held):
    """A lock, as etcd.Mutex.

        async with session.mutex("jobs") as lock:
            txn = lock.fence(etcd.Txn())
            txn.then.put("last-job", "17")
            await client.commit(txn)

    A task that is cancelled while it waits has no lock, and leaves no key behind.
    """

    def __init__(self, session: Session, name: etcd.Data) -> None:
        self._mutex = etcd.Mutex(session._session, name)
        super().__init__(session, self._mutex)

    async def __aenter__(self) -> "Mutex":
        await self.lock()
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        try:
            await self.unlock()
        except etcd.EtcdError:
            if kind is None:
                raise

    async def lock(self, **options: Any) -> etcd.Ownership:
        return await self._take(self._mutex._lock(**options), self._mutex._unlock)

    async def try_lock(self, **options: Any) -> etcd.Ownership:
        return await self._take(self._mutex._try_lock(**options), self._mutex._unlock)

    async def unlock(self, **options: Any) -> etcd.HeaderResponse:
        return await self._client._run(self._mutex._unlock(**options), self._mutex)

    async def check(self, **options: Any) -> etcd.Ownership:
        """As etcd.Mutex.check()."""
        return await self._client._run(self._mutex._check(**options), self._mutex)

    async def lost(self, *, timeout: Optional[float] = None) -> Optional[etcd.EtcdError]:
        """As etcd.Mutex.lost()."""
        return await _loss(self._client, self._mutex, self._mutex._lost(timeout=timeout), timeout)

    def fence(self, txn: etcd.Txn) -> etcd.Txn:
        return self._mutex.fence(txn)


class Election(_Held):
    """A candidate of an election, as etcd.Election."""

    def __init__(self, session: Session, name: etcd.Data) -> None:
        self._election = etcd.Election(session._session, name)
        super().__init__(session, self._election)

    @contextlib.asynccontextmanager
    async def leading(self, value: etcd.Data, **options: Any) -> AsyncIterator["Election"]:
        """As etcd.Election.leading(), for `async with`."""
        await self.campaign(value, **options)
        try:
            yield self
        except BaseException:
            with contextlib.suppress(etcd.EtcdError):
                await self.resign()
            raise
        await self.resign()

    async def campaign(self, value: etcd.Data, **options: Any) -> etcd.Ownership:
        return await self._take(self._election._campaign(value, **options), self._election._resign)

    async def proclaim(self, value: etcd.Data, **options: Any) -> etcd.HeaderResponse:
        return await self._client._run(self._election._proclaim(value, **options), self._election)

    async def resign(self, **options: Any) -> etcd.HeaderResponse:
        return await self._client._run(self._election._resign(**options), self._election)

    async def resume(self, create_revision: int, **options: Any) -> etcd.Ownership:
        return await self._take(self._election._resume(create_revision, **options), self._election._resign)

    async def lost(self, *, timeout: Optional[float] = None) -> Optional[etcd.EtcdError]:
        """As etcd.Election.lost()."""
        return await _loss(self._client, self._election, self._election._lost(timeout=timeout), timeout)

    def fence(self, txn: etcd.Txn) -> etcd.Txn:
        return self._election.fence(txn)
