"""Tests of etcd_aio.py."""

import asyncio
import itertools
import os
import unittest
from typing import Any, List

import etcd
import etcd_aio
from test_etcd import ENDPOINTS, MEMORY


class Case(unittest.IsolatedAsyncioTestCase):
    numbers = itertools.count()

    async def asyncSetUp(self) -> None:
        self.client = etcd_aio.Client(ENDPOINTS)
        self.root = f"test_etcd_aio/{os.getpid()}/{next(Case.numbers)}/"

    async def asyncTearDown(self) -> None:
        await self.client.close()


class Calls(Case):
    async def test_every_call(self) -> None:
        client, root = self.client, self.root
        put = await client.put(root + "a", "1")
        kv = await client.get(root + "a")
        assert kv is not None
        self.assertEqual((kv.value, kv.mod_revision), (b"1", put.header.revision))
        self.assertEqual((await client.range(root + "a", root + "b", count_only=True)).count, 1)
        self.assertEqual((await client.prefix(root, limit=1)).kvs, [kv])
        self.assertEqual((await client.delete(root + "a", prev_kv=True)).prev_kvs, [kv])
        self.assertEqual((await client.delete_range(root, root + "z")).deleted, 0)
        lease = await client.lease_grant(60)
        txn = etcd.Txn().compare(root + "a", "version", "==", 0)
        txn.then.put(root + "a", "2", lease=lease.id)
        self.assertTrue((await client.commit(txn)).succeeded)
        self.assertEqual((await client.lease_keep_alive_once(lease.id)).ttl, 60)
        self.assertEqual((await client.lease_time_to_live(lease.id, keys=True)).keys, [f"{root}a".encode()])
        self.assertIn(lease.id, (await client.lease_list()).ids)
        await client.lease_revoke(lease.id)
        done = await client.put_if_absent(root + "a", "3")
        self.assertFalse(await client.put_if_value(root + "a", "4", "5"))
        self.assertTrue(await client.put_if_revision(root + "a", done.header.revision, "4"))
        self.assertFalse(await client.delete_if_revision(root + "a", done.header.revision))
        kv = await client.do(etcd.Op.get(root + "a"))
        assert kv is not None
        self.assertTrue(await client.delete_if_value(root + "a", kv.value))
        self.assertEqual((await client.delete_prefix(root)).deleted, 0)
        await client.compact(put.header.revision)
        with self.assertRaises(etcd.Compacted):
            await client.compact(put.header.revision)
        with self.assertRaises(etcd.InvalidArgument):
            await client.get("")

    async def test_endpoints(self) -> None:
        self.assertEqual(self.client.endpoints(), [ENDPOINTS])
        if not MEMORY:
            self.client.set_endpoints(["127.0.0.1:1", ENDPOINTS])
            self.assertEqual(self.client.endpoints(), ["127.0.0.1:1", ENDPOINTS])
            await self.client.put(self.root, "value")

    async def test_put_ttl(self) -> None:
        put = await self.client.put_ttl(self.root, "here", 60)
        kv = await self.client.get(self.root)
        assert kv is not None
        self.assertEqual((put.ttl, kv.value, kv.lease), (60, b"here", put.lease))
        await self.client.lease_revoke(put.lease)
        self.assertIsNone(await self.client.get(self.root))

    async def test_many_at_once(self) -> None:
        await asyncio.gather(*(self.client.put(f"{self.root}{i}", str(i), timeout=60) for i in range(500)))
        found = await asyncio.gather(*(self.client.get(f"{self.root}{i}", timeout=60) for i in range(500)))
        self.assertEqual([kv and kv.value for kv in found], [str(i).encode() for i in range(500)])

    async def test_cancel(self) -> None:
        async with etcd_aio.Client("127.0.0.1:1", timeout=60) as nobody:
            task = asyncio.create_task(nobody.put(self.root, "x"))
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(nobody.get(self.root), 0.1)
            self.assertFalse(task.done())
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            for _ in range(1000):  # The library's call ends too, and soon.
                if not nobody._queue._pending:
                    break
                await asyncio.sleep(0.01)
            self.assertEqual(nobody._queue._pending, {})

    async def test_close(self) -> None:
        nobody = etcd_aio.Client("127.0.0.1:1", timeout=60)
        tasks = [asyncio.create_task(nobody.put(self.root, "x")) for _ in range(200)]
        await asyncio.sleep(0.1)
        await nobody.close()
        await nobody.close()
        errors = await asyncio.gather(*tasks, return_exceptions=True)
        self.assertEqual({(type(error), error.outcome) for error in errors}, {(etcd.Closed, etcd.NOT_APPLIED)})
        with self.assertRaises(etcd.Closed):
            await nobody.get("a")

    async def test_descriptors(self) -> None:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            async with etcd_aio.Client("127.0.0.1:1") as nobody:
                watch = nobody.watch("a")
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(watch.next(), 0.01)
                del watch
        self.assertLess(len(os.listdir("/proc/self/fd")), before + 10)


class Pages(Case):
    async def fill(self, count: int) -> List[bytes]:
        keys = [f"{self.root}{i:04}" for i in range(count)]
        for key in keys:
            await self.client.put(key, key)
        return [key.encode() for key in keys]

    async def test_one_revision(self) -> None:
        keys = await self.fill(25)
        found: List[bytes] = []
        async with self.client.pages(prefix=self.root, limit=10) as pages:
            async for page in pages:
                found += [kv.key for kv in page]
                self.assertEqual((page.count, page.more), (25, len(found) < 25))
                await self.client.put(self.root + "1111", "later")
            self.assertEqual([page async for page in pages], [])
        self.assertEqual(found, keys)
        with self.assertRaises(etcd.Closed):
            await pages.__anext__()
        again = self.client.pages(keys[3], keys[9], limit=4)
        self.assertEqual([kv.key async for kv in again.kvs()], keys[3:9])

    async def test_tasks_take_turns(self) -> None:
        keys = await self.fill(30)
        pages = self.client.pages(prefix=self.root, limit=3)
        read = await asyncio.gather(*(pages.__anext__() for _ in range(10)))
        # Where a stream is cut up is the server's choice.
        found = [kv.key for page in read for kv in page] + [kv.key async for kv in pages.kvs()]
        self.assertEqual(found, keys)

    async def test_cancelling_loses_nothing(self) -> None:
        keys = await self.fill(40)
        pages = self.client.pages(prefix=self.root, limit=1)
        found: List[bytes] = []
        for number in range(40):
            task = asyncio.ensure_future(pages.__anext__())
            for _ in range(number % 4):
                await asyncio.sleep(0)
            task.cancel()
            try:
                found += [kv.key for kv in await task]
            except asyncio.CancelledError:
                pass
        found += [kv.key async for kv in pages.kvs()]
        self.assertEqual(found, keys)

    async def test_errors(self) -> None:
        async with etcd_aio.Client("127.0.0.1:1") as nobody:
            pages = nobody.pages(self.root, timeout=0.2)
            for _ in range(2):
                with self.assertRaises(etcd.Unavailable):
                    await pages.__anext__()
            waiting = nobody.pages(self.root, timeout=60)
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(waiting.__anext__(), 0.1)
        with self.assertRaises(etcd.Closed):
            await waiting.__anext__()


class Watches(Case):
    async def test_events(self) -> None:
        async with self.client.watch(prefix=self.root, prev_kv=True) as watch:
            await self.client.put(self.root + "a", "1")
            gone = (await self.client.delete(self.root + "a")).header.revision
            events: List[etcd.WatchEvent] = []
            async for response in watch:
                events += response
                if response.revision == gone:
                    break
        self.assertEqual([event.kind for event in events], [etcd.PUT, etcd.DELETE])
        assert events[1].prev_kv is not None
        self.assertEqual(events[1].prev_kv.value, b"1")

    async def test_cancelling_loses_nothing(self) -> None:
        first = (await self.client.put(self.root, "0")).header.revision
        watch = self.client.watch(self.root, start_revision=first)
        found: List[bytes] = []
        number = 1
        while len(found) < 50:
            task = asyncio.create_task(watch.next())
            if number < 50:
                await self.client.put(self.root, str(number))
                number += 1
            if number % 2:
                await asyncio.sleep(0)
            task.cancel()
            try:
                found += [event.kv.value for event in await task]
            except asyncio.CancelledError:
                found += [event.kv.value for event in await asyncio.wait_for(watch.next(), 10)]
        self.assertEqual(found, [str(i).encode() for i in range(50)])
        await watch.close()

    async def test_created_notify(self) -> None:
        async with self.client.watch(self.root, created_notify=True) as watch:
            self.assertEqual((await watch.next()).kind, etcd.WATCH_CREATED)
            await self.client.put(self.root, "x")
            self.assertEqual((await watch.next()).kind, etcd.WATCH_EVENTS)
            watch.request_progress()

    async def test_ends(self) -> None:
        first = (await self.client.put(self.root, "1")).header.revision
        last = (await self.client.put(self.root, "2")).header.revision
        await self.client.compact(last)
        watch = self.client.watch(self.root, start_revision=first)
        for _ in range(2):
            with self.assertRaises(etcd.Compacted) as caught:
                await watch.next()
            self.assertEqual(caught.exception.revision, last)

        async def read(watch: Any) -> int:
            return len([response async for response in watch])

        # close() ends an iteration; the end of the client is an error.
        async with self.client.watch(self.root) as watch:
            task = asyncio.create_task(read(watch))
            await asyncio.sleep(0.05)
            with self.assertRaises(RuntimeError):
                await watch.next()
        self.assertEqual(await task, 0)
        async with etcd_aio.Client(ENDPOINTS) as client:
            watch = client.watch(self.root)
            task = asyncio.create_task(read(watch))
            await asyncio.sleep(0.05)
        with self.assertRaises(etcd.Closed):
            await task
        with self.assertRaises(etcd.InvalidArgument):
            self.client.watch()

    async def test_a_watch_that_does_not_begin(self) -> None:
        async with etcd_aio.Client("127.0.0.1:1") as nobody:
            async def enter() -> None:
                async with nobody.watch(self.root):
                    self.fail("nobody is there")

            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(enter(), 0.1)


class Leases(Case):
    async def test_keep_alive(self) -> None:
        lease = await self.client.lease_grant(3)
        async with self.client.lease_keep_alive(lease.id, require_leader=True) as kept, \
                self.client.lease_keep_alive(lease.id, notify=True) as told:
            self.assertEqual((await told.next()).id, lease.id)
            self.assertIn(kept.left_ms(), range(1, lease.ttl * 1000 + 1))
            waiting = asyncio.create_task(kept.next())
            await asyncio.sleep(0.05)
            self.assertFalse(waiting.done())
            await self.client.lease_revoke(lease.id)
            with self.assertRaises(etcd.LeaseNotFound):
                await waiting
            self.assertEqual(kept.left_ms(), 0)


class Inside(Case):
    async def test_counters_and_connections(self) -> None:
        await self.client.put(self.root, "value")
        self.assertEqual(self.client.counters()["calls"], 1)
        self.assertIn('libetcd_calls_total{client="x"} 1\n', self.client.counters_text("x"))
        async with self.client.connections() as connections:
            told = await connections.next()
            self.assertEqual((told.state, told.reason), (etcd.CONNECTION_UP, ""))
