"""Tests of writes with a condition, of keys that go away by themselves, and of requests as values."""

import threading
import time
from typing import Any, Callable, List

import etcd
import test_etcd


class Conditions(test_etcd.Case):
    def test_put(self) -> None:
        key, client = self.root + "key", self.client
        done = client.put_if_absent(key, "red")
        self.assertTrue(done)
        self.assertEqual((done.succeeded, done.kv), (True, None))
        kv = client.get(key)
        assert kv is not None
        self.assertEqual((kv.value, kv.mod_revision), (b"red", done.header.revision))
        refused = client.put_if_absent(key, "blue")
        self.assertFalse(refused)
        self.assertEqual((refused.kv, refused.header.revision), (kv, done.header.revision))
        self.assertFalse(client.put_if_value(key, "blue", "green"))
        swapped = client.put_if_value(key, "red", b"green", prev_kv=True)
        self.assertEqual((bool(swapped), swapped.kv), (True, kv))
        self.assertFalse(client.put_if_revision(key, kv.mod_revision, "late"))
        lease = client.lease_grant(60).id
        self.assertTrue(client.put_if_revision(key, swapped.header.revision, "new", lease=lease))
        kv = client.get(key)
        assert kv is not None
        self.assertEqual((kv.value, kv.lease), (b"new", lease))
        client.lease_revoke(lease)
        self.assertIsNone(client.put_if_value(key, "new", "x").kv)
        self.assertTrue(client.put_if_revision(key, 0, ""))
        self.assertTrue(client.put_if_value(key, "", "\0"))

    def test_delete(self) -> None:
        key, client = self.root + "key", self.client
        revision = client.put(key, "1").header.revision
        self.assertFalse(client.delete_if_revision(key, revision - 1))
        self.assertFalse(client.delete_if_value(key, "2"))
        gone = client.delete_if_value(key, "1", prev_kv=True)
        assert gone and gone.kv is not None
        self.assertEqual((gone.kv.value, gone.header.revision), (b"1", revision + 1))
        self.assertIsNone(client.get(key))
        again = client.delete_if_value(key, "1")
        self.assertEqual((bool(again), again.kv), (False, None))
        revision = client.put(key, "1").header.revision
        self.assertTrue(client.delete_if_revision(key, revision))

    def test_errors(self) -> None:
        client = self.client
        error = self.fails(etcd.InvalidArgument, "ETCD_ERR_EMPTY_KEY", lambda: client.put_if_absent("", "x"))
        self.assertEqual(error.outcome, etcd.NOT_APPLIED)
        self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: client.delete_if_revision("k", -1))
        self.fails(etcd.LeaseNotFound, "ETCD_ERR_LEASE_NOT_FOUND",
                   lambda: client.put_if_absent(self.root, "x", lease=time.time_ns() & 2**40 - 1))
        with self.assertRaises(TypeError):
            client.delete_if_value("k", "v", lease=1)
        with self.assertRaises(TypeError):
            client.put_if_value("k", None, "v")  # type: ignore[arg-type]

    def test_counters(self) -> None:
        def count(times: int) -> None:
            for _ in range(times):
                number, revision = 0, 0
                while True:
                    done = self.client.put_if_revision(self.root, revision, str(number + 1), timeout=60)
                    if done:
                        break
                    number, revision = (int(done.kv.value), done.kv.mod_revision) if done.kv else (0, 0)

        threads = [threading.Thread(target=count, args=(20,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kv = self.client.get(self.root)
        assert kv is not None
        self.assertEqual((kv.value, kv.version), (b"80", 80))

    def test_on_a_queue(self) -> None:
        queue, client, key = etcd.Queue(), self.client, self.root + "key"

        def result() -> Any:
            event = queue.next(10)
            assert event is not None
            self.assertEqual(event.user_data, "mine")
            self.assertIsInstance(event.value, etcd.IfResponse)
            return event.result()

        for succeeded in (True, False):
            client.put_if_absent_async(queue, key, "1", "mine")
            self.assertEqual(bool(result()), succeeded)
        client.put_if_value_async(queue, key, "1", "2", "mine", prev_kv=True)
        done = result()
        self.assertEqual((done.succeeded, done.kv.value), (True, b"1"))
        client.put_if_revision_async(queue, key, done.header.revision, "3", "mine")
        self.assertTrue(result())
        client.delete_if_revision_async(queue, key, done.header.revision, "mine")
        self.assertEqual(result().kv.value, b"3")
        client.delete_if_value_async(queue, key, "3", "mine")
        self.assertTrue(result())
        self.assertEqual(queue._pending, {})


class Ttl(test_etcd.Case):
    def test_put(self) -> None:
        key, client = self.root + "key", self.client
        client.put(key, "before")
        put = client.put_ttl(key, "here", 60, prev_kv=True)
        assert put.prev_kv is not None
        self.assertEqual((put.prev_kv.value, put.ttl), (b"before", 60))
        kv = client.get(key)
        assert kv is not None
        self.assertEqual((kv.value, kv.lease), (b"here", put.lease))
        client.lease_revoke(put.lease)
        self.assertIsNone(client.get(key))
        self.assertEqual((client.put(key, "x").lease, client.put(key, "x").ttl), (0, 0))
        for wrong in ({"ttl": 0}, {"ttl": 60, "lease": 1}, {"ttl": 60, "ignore_lease": True}):
            self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: client.put_ttl(key, "x", **wrong))
        self.fails(etcd.EtcdError, "ETCD_ERR_LEASE_TTL_TOO_LARGE", lambda: client.put_ttl(key, "x", 2**60))

    def test_on_a_queue(self) -> None:
        queue = etcd.Queue()
        self.client.put_ttl_async(queue, self.root, "here", 60, "mine")
        event = queue.next(10)
        assert event is not None
        self.assertEqual((event.user_data, event.result().ttl), ("mine", 60))
        self.client.lease_revoke(event.value.lease)
        self.assertIsNone(self.client.get(self.root))

    def test_it_goes(self) -> None:
        self.client.put_ttl(self.root, "soon gone", 1)
        limit = time.monotonic() + 30
        while self.client.get(self.root) is not None:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.1)


class Requests(test_etcd.Case):
    def requests(self, key: str) -> List["etcd.Op[Any]"]:
        txn = etcd.Txn().compare(key, "version", ">", 0)
        txn.then.get(key)
        make = etcd.Op
        return [
            make.put(key, "value"), make.get(key), make.range(key, key + "x"), make.prefix(key, count_only=True),
            make.put(key, "more", prev_kv=True), make.txn(txn), make.delete(key, prev_kv=True),
            make.delete_range(key, key + "x"), make.delete_prefix(key),
        ]

    def check(self, do: Callable[["etcd.Op[Any]"], Any]) -> None:
        """Twice, since a request is done any number of times."""
        requests = self.requests(self.root + "key")
        for _ in range(2):
            put, kv, found, count, again, done, gone, *nothing = [do(request) for request in requests]
            self.assertIsInstance(put, etcd.PutResponse)
            self.assertEqual((kv.value, kv.mod_revision), (b"value", put.header.revision))
            self.assertEqual((found.kvs, count.kvs, count.count), ([kv], [], 1))
            self.assertEqual(again.prev_kv, kv)
            self.assertEqual((done.succeeded, done.responses[0].kvs[0].value), (True, b"more"))
            self.assertEqual((gone.deleted, gone.prev_kvs[0].value), (1, b"more"))
            self.assertEqual([it.deleted for it in nothing], [0, 0])

    def test_alone(self) -> None:
        self.check(self.client.do)
        # Types follow from the request.
        kv = self.client.do(etcd.Op.get(self.root), timeout=9, require_leader=True)
        self.assertIsNone(kv)

    def test_on_a_queue(self) -> None:
        queue = etcd.Queue()

        def do(request: "etcd.Op[Any]") -> Any:
            self.client.do_async(queue, request, "mine")
            event = queue.next(10)
            assert event is not None
            self.assertEqual(event.user_data, "mine")
            return event.result()

        self.check(do)
        # The call does not need it any more.
        request = etcd.Op.put(self.root, "value")
        self.client.do_async(queue, request)
        request.close()
        event = queue.next(10)
        assert event is not None
        self.assertIsInstance(event.result(), etcd.PutResponse)

    def test_in_transactions(self) -> None:
        key, client = self.root + "key", self.client
        put, get = etcd.Op.put(key, "mine"), etcd.Op.get(key)
        txn = etcd.Txn().compare(key, "version", "==", 0)
        txn.then.do(put)
        txn.otherwise.do(get).do(etcd.Op.txn(txn))
        put.close()
        self.assertEqual([type(it) for it in client.commit(txn).responses], [etcd.PutResponse])
        found, inner = client.do(etcd.Op.txn(txn)).responses
        self.assertEqual((found.kvs[0].value, inner.succeeded), (b"mine", False))
        self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: txn.then.do(put))

    def test_errors(self) -> None:
        make, client = etcd.Op, self.client
        self.fails(etcd.InvalidArgument, "ETCD_ERR_EMPTY_KEY", lambda: make.put("", "x"))
        self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: make.get("k", timeout=1))
        with make.put(self.root, "x", lease=time.time_ns() & 2**40 - 1) as request:
            error = self.fails(etcd.LeaseNotFound, "ETCD_ERR_LEASE_NOT_FOUND", lambda: client.do(request))
            self.assertEqual(error.outcome, etcd.NOT_APPLIED)
        self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: client.do(request))
        with etcd.Client("127.0.0.1:1") as nobody:
            self.fails(etcd.Unavailable, "ETCD_ERR_UNAVAILABLE", lambda: nobody.do(make.get("k"), timeout=0.2))
