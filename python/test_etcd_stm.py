"""Tests of transactions of memory, and of waits for a key, in etcd.py."""

import asyncio
import threading
import time
from typing import Any, List

import etcd
import etcd_aio
import test_etcd
from test_etcd import ENDPOINTS


class Stm(test_etcd.Case):
    def number(self, stm: etcd.Stm, name: str) -> int:
        kv = stm.get(self.root + name)
        return int(kv.value) if kv else 0

    def add(self, stm: etcd.Stm, name: str, number: int = 1) -> int:
        number += self.number(stm, name)
        stm.put(self.root + name, str(number))
        return number

    def test_reads_and_writes(self) -> None:
        client, root = self.client, self.root
        client.put(root + "a", "old")
        client.put(root + "b", "old")
        lease = client.lease_grant(60).id

        def change(stm: etcd.Stm) -> List[bytes]:
            self.assertIsNone(stm.get(root + "none"))
            before = stm.get(root + "a")
            assert before is not None
            self.assertEqual((before.value, before.version), (b"old", 1))
            stm.put(root + "a", b"new", lease=lease)
            stm.put(root + "c", "new")
            stm.delete(root + "b")
            stm.delete(root + "none")
            after = stm.get(root + "a")
            self.assertEqual(after, etcd.KeyValue(before.key, b"new", 0, 0, 0, lease))
            self.assertIsNone(stm.get(root + "b"))
            return [kv.key for kv in stm.prefix(root)]

        names = [(root + name).encode() for name in "ac"]
        self.assertEqual(client.stm_run(change), names)
        kvs = client.prefix(root).kvs
        self.assertEqual([(kv.key, kv.value, kv.lease) for kv in kvs],
                         [(names[0], b"new", lease), (names[1], b"new", 0)])
        self.assertEqual(len({kv.mod_revision for kv in kvs}), 1)

    def test_an_exception_writes_nothing(self) -> None:
        def change(stm: etcd.Stm) -> None:
            stm.put(self.root, "value")
            raise ZeroDivisionError("mine") from ValueError("cause")

        with self.assertRaisesRegex(ZeroDivisionError, "mine") as caught:
            self.client.stm_run(change)
        self.assertIsInstance(caught.exception.__cause__, ValueError)
        self.assertIsNone(self.client.get(self.root))

        def interrupted(stm: etcd.Stm) -> None:
            stm.put(self.root, "value")
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.client.stm_run(interrupted)
        self.assertIsNone(self.client.get(self.root))

    def test_others_write_meanwhile(self) -> None:
        tries: List[int] = []

        def change(stm: etcd.Stm) -> int:
            number = self.add(stm, "number")
            tries.append(number)
            if len(tries) < 3:
                self.client.put(self.root + "number", str(10 * len(tries)))
            return number

        self.assertEqual(self.client.stm_run(change), 21)
        self.assertEqual(tries, [1, 11, 21])
        tries.clear()
        self.fails(etcd.Conflict, "ETCD_ERR_CONFLICT", lambda: self.client.stm_run(change, max_tries=2))
        self.assertEqual(len(tries), 2)

        def never(stm: etcd.Stm) -> None:
            self.add(stm, "number")
            self.client.put(self.root + "number", "0")

        began = time.monotonic()
        self.fails(etcd.Timeout, "ETCD_ERR_TIMEOUT", lambda: self.client.stm_run(never, timeout=0.5))
        self.assertLess(time.monotonic() - began, 5)

    def test_the_isolation(self) -> None:
        for isolation, last in (("serializable_snapshot", False), ("serializable", False), ("repeatable_reads", False),
                                ("read_committed", True)):
            seen: List[bool] = []

            def change(stm: etcd.Stm) -> None:
                before = self.number(stm, isolation)
                if not seen:
                    self.client.put(self.root + isolation, "5")
                seen.append(before != self.number(stm, isolation))
                stm.put(self.root + "other", "value")

            self.client.stm_run(change, isolation=isolation)
            self.assertEqual(seen, [True] if last else [False, False])
        with self.assertRaises(ValueError):
            self.client.stm_run(self.number, isolation="none")  # type: ignore[arg-type]

    def test_the_sum_holds(self) -> None:
        accounts = [f"account{i}" for i in range(4)]

        def transfers(start: int) -> None:
            with etcd.Client(ENDPOINTS) as client:
                for i in range(start, start + 10):
                    def transfer(stm: etcd.Stm) -> None:
                        self.add(stm, accounts[i % 4], -1)
                        self.add(stm, accounts[(i * 3 + 1) % 4], 1)

                    client.stm_run(transfer, timeout=60)

        threads = [threading.Thread(target=transfers, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        total = self.client.stm_run(lambda stm: sum(int(kv.value) for kv in stm.prefix(self.root + "account")))
        self.assertEqual(total, 0)

    def test_its_end(self) -> None:
        kept: List[etcd.Stm] = []
        self.client.stm_run(kept.append)
        for use in (lambda: kept[0].get("a"), lambda: kept[0].prefix("a"), lambda: kept[0].put("a", "b"),
                    lambda: kept[0].delete("a")):
            self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", use)

    def test_refused(self) -> None:
        def run(use: Any) -> Any:
            return lambda: self.client.stm_run(use)

        for use in (lambda stm: stm.get(""), lambda stm: stm.put("", "b"), lambda stm: stm.delete("")):
            self.fails(etcd.InvalidArgument, "ETCD_ERR_EMPTY_KEY", run(use))
        self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", run(lambda stm: stm.put("a", "b", lease=2**63)))
        with self.assertRaises(TypeError):
            run(lambda stm: stm.get(5))()
        with self.assertRaises(TypeError):
            run(None)()
        # An error of a read is one of the transaction, whatever becomes of it in the function.
        with etcd.Client("127.0.0.1:1", timeout=0.3) as nobody:
            def careless(stm: etcd.Stm) -> None:
                try:
                    stm.get("a")
                except etcd.EtcdError:
                    pass

            self.fails(etcd.Unavailable, "ETCD_ERR_UNAVAILABLE", lambda: nobody.stm_run(careless))


class Waits(test_etcd.Case):
    def test_until_it_exists_and_until_it_does_not(self) -> None:
        client, key = self.client, self.root + "key"
        self.assertIsNone(client.wait_for(key, exists=False))
        self.fails(etcd.Timeout, "ETCD_ERR_TIMEOUT", lambda: client.wait_for(key, timeout=0.2))
        threading.Timer(0.2, client.put, (key, "value")).start()
        kv = client.wait_for(key)
        assert kv is not None
        self.assertEqual((kv.key, kv.value), (key.encode(), b"value"))
        self.assertEqual(client.wait_for(key, timeout=5), kv)
        self.fails(etcd.Timeout, "ETCD_ERR_TIMEOUT", lambda: client.wait_for(key, exists=False, timeout=0.2))
        threading.Timer(0.2, client.delete, (key,)).start()
        self.assertIsNone(client.wait_for(key, exists=False))
        self.fails(etcd.InvalidArgument, "ETCD_ERR_EMPTY_KEY", lambda: client.wait_for(""))

    def test_on_a_queue_and_with_asyncio(self) -> None:
        queue, key = etcd.Queue(), self.root + "key"
        self.client.wait_for_async(queue, key, "mine")
        self.assertIsNone(queue.next(0.1))

        async def wait() -> Any:
            async with etcd_aio.Client(ENDPOINTS) as client:
                return await client.wait_for(key, timeout=10)

        put = self.client.put(key, "value")
        for kv in (queue.next(10).result(), asyncio.run(wait())):  # type: ignore[union-attr]
            self.assertEqual(kv.mod_revision, put.header.revision)

    def test_control_c(self) -> None:
        result = self.script(f"""
            import _thread
            threading.Timer(0.2, _thread.interrupt_main).start()
            try:
                client.wait_for({self.root!r})
            except KeyboardInterrupt:
                print("interrupted")
        """)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "interrupted\n", ""))
