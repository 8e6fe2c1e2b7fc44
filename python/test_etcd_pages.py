"""Tests of ranges that are read page by page, of their ends, and of the first and last key of one."""

from typing import List

import etcd
import test_etcd
from test_etcd import ENDPOINTS, MEMORY


class Pages(test_etcd.Case):
    def fill(self, count: int) -> List[bytes]:
        keys = [f"{self.root}{i:04}" for i in range(count)]
        for key in keys:
            self.client.put(key, key)
        return [key.encode() for key in keys]

    def test_one_revision(self) -> None:
        keys = self.fill(25)
        with self.client.pages(prefix=self.root, limit=10) as pages:
            found: List[etcd.KeyValue] = []
            revision = 0
            for page in pages:
                revision = revision or page.header.revision
                found += page
                self.assertEqual((page.header.revision, page.count, page.more), (revision, 25, len(found) < 25))
                self.assertLessEqual(len(page), 10)
                self.client.put(f"{self.root}1111", "later")
                self.client.put(f"{self.root}0024", "later")
            self.assertEqual([kv.key for kv in found], keys)
            self.assertEqual([kv.value for kv in found], keys)
            self.assertEqual(list(pages), [])
        # As it was then, and as it is now.
        self.assertEqual(list(self.client.pages(prefix=self.root, revision=revision).kvs()), found)
        self.assertEqual(len(list(self.client.pages(prefix=self.root, limit=7).kvs())), 26)

    def test_of_every_kind(self) -> None:
        keys, client, root = self.fill(9), self.client, self.root

        def names(pages: etcd.Pages) -> str:
            return "".join(kv.key.decode()[-1] for kv in pages.kvs() if kv.key in keys)

        self.assertEqual(names(client.pages(keys[2])), "2")
        self.assertEqual(names(client.pages(keys[2], keys[5], limit=2)), "234")
        self.assertEqual(names(client.pages(keys[6], None)), "678")
        self.assertEqual(names(client.pages("", None, limit=5)), "012345678")
        self.assertEqual(names(client.pages(prefix="", keys_only=True)), "012345678")
        self.assertEqual(names(client.pages(prefix=root, sort="descend", limit=4, serializable=True)), "876543210")
        self.assertEqual({kv.value for kv in client.pages(prefix=root, limit=4, keys_only=True).kvs()}, {b""})
        sixth = client.get(keys[6])
        assert sixth is not None
        self.assertEqual(names(client.pages(prefix=root, min_mod_revision=sixth.mod_revision, limit=2)), "678")
        # Of nothing there is one page.
        self.assertEqual([(page.kvs, page.count, page.more) for page in client.pages(prefix=root + "x")],
                         [([], 0, False)])

    def test_on_a_queue(self) -> None:
        keys, queue = self.fill(5), etcd.Queue()
        found: List[bytes] = []
        with self.client.pages(prefix=self.root, limit=2) as pages:
            while True:
                pages.next_async(queue, "mine")
                event = queue.next(30)
                assert event is not None
                self.assertEqual(event.user_data, "mine")
                page = event.result()
                if page is None:
                    break
                self.assertLessEqual(len(page), 2)
                found += [kv.key for kv in page]
        self.assertEqual(found, keys)
        self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: pages.next_async(queue))
        self.assertEqual(queue._pending, {})

    def test_errors(self) -> None:
        client, root = self.client, self.root
        self.fill(4)
        self.fails(etcd.InvalidArgument, "ETCD_ERR_EMPTY_KEY", lambda: client.pages())
        self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: client.pages(root, limit=-1))
        with self.assertRaises(TypeError):
            client.pages(root, prefix=root)
        for bad in ({"end": ""}, {"sort": "up"}):
            with self.assertRaises(ValueError):
                client.pages(root, **bad)
        pages = client.pages(prefix=root, limit=3)
        next(pages)
        last = client.put(root, "x").header.revision
        client.compact(last)
        self.fails(etcd.Compacted, "ETCD_ERR_COMPACTED", lambda: next(pages))
        self.fails(etcd.Compacted, "ETCD_ERR_COMPACTED", lambda: next(client.pages(root, revision=last - 1)))
        pages.close()
        pages.close()
        self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: next(pages))
        with etcd.Client(ENDPOINTS) as other:
            pages = other.pages(root)
        self.fails(etcd.Closed, "ETCD_ERR_CLOSED", lambda: next(pages))

    def test_after_an_error_it_goes_on(self) -> None:
        if MEMORY:
            self.skipTest("mem: is always reachable")
        keys = self.fill(5)
        with etcd.Client("127.0.0.1:1") as client:
            pages = client.pages(prefix=self.root, limit=3, timeout=0.2)
            for _ in range(2):
                self.fails(etcd.Unavailable, "ETCD_ERR_UNAVAILABLE", lambda: list(pages.kvs()))
            client.set_endpoints(ENDPOINTS)
            found: List[bytes] = []
            while len(found) < 5:
                try:
                    found += [kv.key for kv in pages.kvs()]
                except etcd.EtcdError as error:
                    self.assertTrue(error.retryable, error)
            self.assertEqual(found, keys)

    def test_the_end_of_a_prefix(self) -> None:
        for prefix, end in (("a/", b"a0"), (b"a\xff\xff", b"b"), (b"\xff\xff", b"\0"), ("", b"\0"), (b"\0", b"\1")):
            self.assertEqual(etcd.prefix_end(prefix), end)
        keys = self.fill(3)
        self.client.put(self.root[:-1] + "0", "not below")
        self.assertEqual([kv.key for kv in self.client.range(self.root, etcd.prefix_end(self.root))], keys)

    def test_first_and_last(self) -> None:
        client, root = self.client, self.root
        for name, value in (("b", "2"), ("c", "9"), ("a", "5"), ("b", "7")):
            client.put(root + name, value)

        def one(**options: str) -> str:
            found = client.prefix(root, **options)
            self.assertEqual(len(found), 1)
            return found.kvs[0].key.decode()[-1]

        self.assertEqual(one(only="first"), "a")
        self.assertEqual(one(only="last"), "c")
        self.assertEqual(one(only="first", sort_by="create"), "b")
        self.assertEqual(one(only="last", sort_by="mod"), "b")
        self.assertEqual(one(only="last", sort_by="value"), "c")
        self.assertEqual(client.range(root + "b", root + "c", only="last").kvs[0].key, f"{root}b".encode())
        with self.assertRaises(ValueError):
            client.prefix(root, only="second")
        for excluded in ({"limit": 1}, {"sort": "ascend"}):
            self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT",
                       lambda: client.prefix(root, only="last", **excluded))
