"""Sessions, locks and elections: what etcd.py has as etcd.Session, etcd.Mutex and etcd.Election."""

import contextlib
import ctypes
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Callable, Iterator, NamedTuple, Optional, Type

import _etcd_abi as abi
import etcd
from _etcd_decode import _header_response, _read, _status_error
from _etcd_encode import _Request, _bytes, _request
from _etcd_handles import _Handle, _call
from _etcd_library import _library


class SessionLease(NamedTuple):
    """The lease of a session, for keys that are to live with it; ttl is in seconds, as granted."""

    id: int
    ttl: int


@dataclass(frozen=True)
class Ownership:
    """A lock or a leadership, and whose it is; true if it is the caller's.

    key is there for as long as it is held. create_revision grows from each holder to
    the next: a resource outside of etcd can refuse whoever comes with a smaller one
    than before. lease is that of the key. If held is false, they are those of another.
    """

    key: bytes
    create_revision: int
    lease: int
    held: bool

    def __bool__(self) -> bool:
        return self.held


def _session_lease(pointer: int) -> SessionLease:
    return SessionLease._make(_read(abi.LEASE_SESSION_RESPONSE, pointer))


def _ownership(pointer: int) -> Ownership:
    key, key_len, create_revision, lease, held = _read(abi.OWNERSHIP_RESPONSE, pointer)
    return Ownership(ctypes.string_at(key, key_len), create_revision, lease, held)


def _reason(error: etcd.EtcdError, began: float, timeout: Optional[float]) -> Optional[etcd.EtcdError]:
    """What a wait for a loss has ended with: the reason of the loss, or None if it was not lost in time."""
    if error.status in (abi.ETCD_ERR_BAD_HANDLE, abi.ETCD_ERR_CANCELLED):
        raise error
    # A session also ends with a timeout if it got no lease.
    late = timeout is not None and time.monotonic() - began >= timeout
    return None if late and error.status == abi.ETCD_ERR_TIMEOUT else error


class _Losable(_Handle):
    def _wait_for_loss(self, request: _Request[Any], timeout: Optional[float]) -> Optional[etcd.EtcdError]:
        began = time.monotonic()
        try:
            self._run_waiting(request)
        except etcd.EtcdError as error:
            return _reason(error, began, timeout)
        raise AssertionError("it ends only with an error")


class Session(_Losable):
    """A lease that the library keeps alive; made by Client.session().

    What the session's locks and elections hold ends with its lease. `with` waits
    until there is a lease, and revokes it at the end of the block; if it was lost
    meanwhile, the end of the block raises the reason, such as LeaseLost. That of a
    session that replaces what is lost does not.
    """

    def __init__(self, client: etcd.Client, **options: Any) -> None:
        library = _library()
        request = etcd._session(**options)
        _, handle = _call(library.etcd_lease_session_open, client._handle, *request.arguments)
        super().__init__(handle, library.etcd_lease_session_close)
        self._client = client  # It would be closed with its last reference, and the session with it.
        self._replaces = bool(options.get("replace"))
        self._over = False

    def __enter__(self) -> "Session":
        try:
            self.lease()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        try:
            if not self._over:
                self.end()
        except etcd.LeaseNotFound as failure:
            if kind is None and not self._replaces:
                lost = self.lost(timeout=0)
                raise failure if lost is None or isinstance(lost, etcd.Closed) else lost
        except etcd.EtcdError:
            if kind is None:
                raise
        finally:
            self.close()

    def close(self) -> None:
        """Ends the session; its lease is revoked in the background, also when the client is closed next."""
        self._over = True
        super().close()

    def lease(self, *, timeout: Optional[float] = None) -> SessionLease:
        """Returns the lease, and waits until there is one. Raises why the session has ended, such as LeaseLost."""
        return self._run_waiting(self._lease(timeout=timeout))

    def lost(self, lease: int = 0, *, timeout: Optional[float] = None) -> Optional[etcd.EtcdError]:
        """Waits until a lease of the session is lost, and returns the reason; None if it is not lost in time.

        It is the lease with that id, or else the one that the session has now. The reason
        is there within a second of the lease's end: LeaseLost, LeaseNotFound, or Closed
        with the session.
        """
        return self._wait_for_loss(self._lost(lease, timeout=timeout), timeout)

    def end(self, *, timeout: Optional[float] = None) -> etcd.HeaderResponse:
        """Ends the session and revokes its lease, and waits for that; LeaseNotFound if it has none any more."""
        return self._run(self._end(timeout=timeout))

    def left_ms(self) -> int:
        """Milliseconds that the lease certainly lives; 0 if there is none."""
        left: int = _library().etcd_lease_session_left_ms(self._handle)
        return left

    def orphan(self) -> None:
        """Ends the session, and leaves its lease, and the locks and keys that go with it, to the ttl."""
        self._over = True
        _library().etcd_lease_session_orphan(self._handle)

    def mutex(self, name: etcd.Data) -> "Mutex":
        """A lock. Those of one name exclude each other, in all programs, also those of `etcdctl lock`. Keep all other
        keys out of NAME/: whatever is there is taken for one that waits."""
        return Mutex(self, name)

    def election(self, name: etcd.Data) -> "Election":
        """An election, in which it does not stand yet. Those of one name are one, also those of `etcdctl elect`."""
        return Election(self, name)

    # Each starts the call of the same name; its end arrives on the queue as an Event. That of lost_async() always has
    # an error: the reason, or Timeout.

    def lease_async(self, queue: etcd.Queue, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._lease(**options), user_data)

    def lost_async(self, queue: etcd.Queue, lease: int = 0, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._lost(lease, **options), user_data)

    def end_async(self, queue: etcd.Queue, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._end(**options), user_data)

    def _lease(self, *, timeout: Optional[float] = None) -> _Request[SessionLease]:
        return _request("etcd_lease_session_lease", _session_lease, (), timeout=timeout)

    def _lost(self, lease: int = 0, *, timeout: Optional[float] = None) -> _Request[Any]:
        return _request("etcd_lease_session_lost", _header_response, (lease,), timeout=timeout)

    def _end(self, *, timeout: Optional[float] = None) -> _Request[etcd.HeaderResponse]:
        self._over = True
        return _request("etcd_lease_session_end", _header_response, (), timeout=timeout)


class _Held(_Losable):
    """What a session holds for a time: a lock, or the leadership of an election."""

    def __init__(self, session: Session, open: Callable[..., int], name: etcd.Data,
                 close: Callable[[int], None]) -> None:
        _, handle = _call(open, session._handle, _bytes(name))
        super().__init__(handle, close)
        self._session = session  # It would be closed with its last reference.
        self._last: Optional[Ownership] = None

    def _ownership(self, pointer: int) -> Ownership:
        found = _ownership(pointer)
        if found.held:
            self._last = found
        return found

    @property
    def ownership(self) -> Ownership:
        """What was held last; LockLost if nothing was yet. Whether it still is, others say."""
        if self._last is None:
            raise _status_error(abi.ETCD_ERR_LOCK_LOST, b"it was not held yet")
        return self._last

    @property
    def key(self) -> bytes:
        return self.ownership.key

    @property
    def create_revision(self) -> int:
        return self.ownership.create_revision

    @property
    def lease(self) -> int:
        return self.ownership.lease


class Mutex(_Held):
    """A lock; made by Session.mutex().

        with session.mutex("jobs") as lock:
            txn = lock.fence(etcd.Txn())
            txn.then.put("last-job", "17")
            client.commit(txn)

    `with` waits until the lock is held, and releases it at the end of the block; if
    it was lost meanwhile, the end of the block raises LockLost. key, create_revision
    and lease are as in Ownership. It can be locked again after it was released.

    A lock alone protects nothing outside of etcd: its holder may be stopped until it
    is another's. Let writes to etcd depend on it with fence(), and pass
    create_revision to what else you write to.
    """

    def __init__(self, session: Session, name: etcd.Data) -> None:
        library = _library()
        super().__init__(session, library.etcd_mutex_open, name, library.etcd_mutex_close)

    def __enter__(self) -> "Mutex":
        self.lock()
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        try:
            self.unlock()
        except etcd.EtcdError:
            if kind is None:
                raise

    def lock(self, *, timeout: Optional[float] = None) -> Ownership:
        """Waits until the lock is held, in the order of coming; without a timeout as long as it takes.

        A wait that fails leaves no key behind. InUse if the session has the lock already;
        LeaseLost, LeaseNotFound or LockLost if the session, or the key that waits, was
        lost during the wait.
        """
        return self._run_waiting(self._lock(timeout=timeout), self.unlock)

    def try_lock(self, *, timeout: Optional[float] = None) -> Ownership:
        """Takes the lock if nobody has it; the result is false, and says who has it, if somebody does."""
        return self._run(self._try_lock(timeout=timeout))

    def unlock(self, *, timeout: Optional[float] = None) -> etcd.HeaderResponse:
        """Releases the lock, and never a later one; LockLost if it was lost before. May be repeated after an error."""
        return self._run(self._unlock(timeout=timeout))

    def check(self, *, timeout: Optional[float] = None) -> Ownership:
        """Asks the store whether the lock is still held; LockLost if not. What needs it for certain uses fence()."""
        return self._run(self._check(timeout=timeout))

    def lost(self, *, timeout: Optional[float] = None) -> Optional[etcd.EtcdError]:
        """Waits until the lock is lost, and returns the reason; None if it is not lost in time.

        LockLost if its key was deleted, or it was released by unlock(); else the reasons of
        Session.lost().
        """
        return self._wait_for_loss(self._lost(timeout=timeout), timeout)

    def fence(self, txn: etcd.Txn) -> etcd.Txn:
        """Adds a condition to a transaction, and returns it: that the lock is still held when it is done."""
        txn._add(lambda txn: _library().etcd_mutex_fence(self._handle, txn))
        return txn

    # Each starts the call of the same name, as those of Session.

    def lock_async(self, queue: etcd.Queue, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._lock(**options), user_data)

    def try_lock_async(self, queue: etcd.Queue, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._try_lock(**options), user_data)

    def check_async(self, queue: etcd.Queue, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._check(**options), user_data)

    def unlock_async(self, queue: etcd.Queue, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._unlock(**options), user_data)

    def lost_async(self, queue: etcd.Queue, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._lost(**options), user_data)

    def _lock(self, *, timeout: Optional[float] = None) -> _Request[Ownership]:
        return _request("etcd_mutex_lock", self._ownership, (), timeout=timeout)

    def _try_lock(self, *, timeout: Optional[float] = None) -> _Request[Ownership]:
        return _request("etcd_mutex_try_lock", self._ownership, (), timeout=timeout)

    def _check(self, *, timeout: Optional[float] = None) -> _Request[Ownership]:
        return _request("etcd_mutex_check", self._ownership, (), timeout=timeout)

    def _unlock(self, *, timeout: Optional[float] = None) -> _Request[etcd.HeaderResponse]:
        return _request("etcd_mutex_unlock", _header_response, (), timeout=timeout)

    def _lost(self, *, timeout: Optional[float] = None) -> _Request[Any]:
        return _request("etcd_mutex_lost", _header_response, (), timeout=timeout)


class Election(_Held):
    """A candidate of an election; made by Session.election().

        election = session.election("primary")
        with election.leading(b"10.0.0.1:80"):
            ...

    Client.election_leader() and observe_election() say who leads.
    """

    def __init__(self, session: Session, name: etcd.Data) -> None:
        library = _library()
        super().__init__(session, library.etcd_election_open, name, library.etcd_election_close)

    @contextlib.contextmanager
    def leading(self, value: etcd.Data, *, timeout: Optional[float] = None) -> Iterator["Election"]:
        """`with` waits until this candidate leads, and it resigns at the end of the block; if the leadership was lost
        meanwhile, the end of the block raises LockLost."""
        self.campaign(value, timeout=timeout)
        try:
            yield self
        except BaseException:
            with contextlib.suppress(etcd.EtcdError):
                self.resign()
            raise
        self.resign()

    def campaign(self, value: etcd.Data, *, timeout: Optional[float] = None) -> Ownership:
        """Stands for election with a value, such as an address, and waits until this candidate leads, as Mutex.lock()
        does."""
        return self._run_waiting(self._campaign(value, timeout=timeout), self.resign)

    def proclaim(self, value: etcd.Data, *, timeout: Optional[float] = None) -> etcd.HeaderResponse:
        """Changes the value of the leader; LockLost if this candidate does not lead."""
        return self._run(self._proclaim(value, timeout=timeout))

    def resign(self, *, timeout: Optional[float] = None) -> etcd.HeaderResponse:
        """Gives up the leadership, as Mutex.unlock() does; LockLost if this candidate does not lead."""
        return self._run(self._resign(timeout=timeout))

    def resume(self, create_revision: int, *, timeout: Optional[float] = None) -> Ownership:
        """Leads again after a restart of the program, if nobody has led since; LockLost if not. The session has the
        lease of that time, and create_revision is what campaign() returned then."""
        return self._run(self._resume(create_revision, timeout=timeout))

    def lost(self, *, timeout: Optional[float] = None) -> Optional[etcd.EtcdError]:
        """Waits until this candidate leads no longer, and returns the reason, as Mutex.lost() does."""
        return self._wait_for_loss(self._lost(timeout=timeout), timeout)

    def fence(self, txn: etcd.Txn) -> etcd.Txn:
        """Adds a condition to a transaction, and returns it: that this candidate still leads when it is done."""
        txn._add(lambda txn: _library().etcd_election_fence(self._handle, txn))
        return txn

    # Each starts the call of the same name, as those of Session.

    def campaign_async(self, queue: etcd.Queue, value: etcd.Data, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._campaign(value, **options), user_data)

    def proclaim_async(self, queue: etcd.Queue, value: etcd.Data, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._proclaim(value, **options), user_data)

    def resign_async(self, queue: etcd.Queue, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._resign(**options), user_data)

    def resume_async(self, queue: etcd.Queue, create_revision: int, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._resume(create_revision, **options), user_data)

    def lost_async(self, queue: etcd.Queue, user_data: Any = None, **options: Any) -> etcd.Call:
        return queue._start(self, self._lost(**options), user_data)

    def _campaign(self, value: etcd.Data, *, timeout: Optional[float] = None) -> _Request[Ownership]:
        return _request("etcd_election_campaign", self._ownership, (_bytes(value),), timeout=timeout)

    def _proclaim(self, value: etcd.Data, *, timeout: Optional[float] = None) -> _Request[etcd.HeaderResponse]:
        return _request("etcd_election_proclaim", _header_response, (_bytes(value),), timeout=timeout)

    def _resign(self, *, timeout: Optional[float] = None) -> _Request[etcd.HeaderResponse]:
        return _request("etcd_election_resign", _header_response, (), timeout=timeout)

    def _resume(self, create_revision: int, *, timeout: Optional[float] = None) -> _Request[Ownership]:
        return _request("etcd_election_resume", self._ownership, (create_revision,), timeout=timeout)

    def _lost(self, *, timeout: Optional[float] = None) -> _Request[Any]:
        return _request("etcd_election_lost", _header_response, (), timeout=timeout)
