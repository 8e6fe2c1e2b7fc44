"""Responses and errors, and the numbers in them: what etcd.py has under the same names."""

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple, Type

import _etcd_abi as abi
from _etcd_library import _library

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
