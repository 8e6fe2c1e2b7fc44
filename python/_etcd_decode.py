"""Replies and errors, read out of the library's memory."""

import ctypes
import struct
from typing import Any, Callable, Iterator, List, Optional, Tuple, TypeVar

import _etcd_abi as abi
from _etcd_library import _library
from _etcd_types import (
    ConnectionResponse, DeleteResponse, ElectionLeaderResponse, EtcdError, Header, HeaderResponse, IfResponse, KeyValue,
    LeaseGrantResponse, LeaseKeepAliveResponse, LeaseListResponse, LeaseTimeToLiveResponse, LockServiceLockResponse,
    MaintenanceStatusResponse, Member, MemberListResponse, NOT_APPLIED, PutResponse, RangeResponse, TxnResponse,
    WatchEvent, WatchResponse, _CLASSES,
)

T = TypeVar("T")

_POINTER, _NUMBER = struct.Struct("=Q"), struct.Struct("=q")
# The two halves of abi.WATCH_EVENT: a key with its value, and what happened to it.
_CHANGED, _CHANGE = struct.Struct("=QQQQqqqq16x"), struct.Struct("=64xQi4x")
_NEAR = 4096
"""In bytes; less than that from key to key is one piece of memory: no page between them can be missing."""
_new: Callable[..., Any] = tuple.__new__
"""Makes a NamedTuple of a tuple, four times as fast as its own constructor."""


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
