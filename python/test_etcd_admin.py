"""Tests of administration: members, their state, and the lock service."""

import threading
from typing import List

import etcd
import test_etcd
from test_etcd import ENDPOINTS, MEMORY


class Administration(test_etcd.Case):
    def test_members(self) -> None:
        found = self.client.member_list()
        self.assertEqual([member.id for member in found.members], [found.header.member_id])
        only = found.members[0]
        self.assertEqual((only.name != "", bool(only.client_urls), only.is_learner), (True, not MEMORY, False))
        self.assertEqual(bool(only.peer_urls), not MEMORY)
        self.assertEqual(self.client.member_list(serializable=True, timeout=5).members, found.members)

    def test_status(self) -> None:
        for endpoint in (None, self.client.endpoints()[0]):
            found = self.client.maintenance_status(endpoint)
            self.assertEqual((found.leader, found.errors, found.is_learner), (found.header.member_id, [], False))
            self.assertTrue(found.version.startswith("3.") and found.raft_term > 0)
            self.assertGreaterEqual(found.raft_index, found.raft_applied_index)
            self.assertEqual(found.db_size >= found.db_size_in_use > 0, not MEMORY)
        self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: self.client.maintenance_status("other:1"))

    def test_locks(self) -> None:
        client, name = self.client, self.root + "lock"
        first, second, late = (client.lease_grant(60).id for _ in range(3))
        held = client.lock_service_lock(name, first)
        self.assertEqual(held.key, f"{name}/{first:x}".encode())
        self.fails(etcd.Timeout, "ETCD_ERR_TIMEOUT", lambda: client.lock_service_lock(name, late, timeout=0.2))
        granted: List[bytes] = []
        waits = threading.Thread(target=lambda: granted.append(client.lock_service_lock(name, second).key))
        waits.start()
        self.assertGreater(client.lock_service_unlock(held.key).header.revision, 0)
        waits.join(20)
        self.assertEqual(granted, [f"{name}/{second:x}".encode()])
        client.lock_service_unlock(granted[0])
        self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: client.lock_service_lock(name, 0))
        self.fails(etcd.LeaseNotFound, "ETCD_ERR_LEASE_NOT_FOUND", lambda: client.lock_service_lock(name, 7))
        with etcd.Client(ENDPOINTS, timeout=5) as other:
            for lease in (first, second, late):
                other.lease_revoke(lease)
