"""Tests of sessions, locks and elections in etcd_aio.py."""

import asyncio
import time
from typing import List

import etcd
import test_etcd_aio


class Case(test_etcd_aio.Case):
    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        self.session = self.client.session(ttl=60)
        self.name = self.root + "line"

    async def line(self) -> List[bytes]:
        return [kv.key for kv in await self.client.prefix(self.name + "/")]

    async def until_line(self, count: int) -> None:
        end = time.monotonic() + 10
        while len(await self.line()) != count:
            self.assertLess(time.monotonic(), end)
            await asyncio.sleep(0.01)


class Sessions(Case):
    async def test_a_lease_as_long_as_the_block(self) -> None:
        async with self.client.session(ttl=30) as session:
            lease = await session.lease()
            self.assertEqual(lease.ttl, 30)
            self.assertTrue(0 < session.left_ms() <= 30_000)
            self.assertIsNone(await session.lost(timeout=0.1))
            self.assertIsNone(await session.lost(lease.id, timeout=0))
        self.assertEqual((await self.client.lease_time_to_live(lease.id)).ttl, -1)
        with self.assertRaises(etcd.Closed):
            await session.lease()

    async def test_the_end_of_the_block_raises_the_loss(self) -> None:
        with self.assertRaises(etcd.LeaseNotFound):
            async with self.client.session() as session:
                await self.client.lease_revoke((await session.lease()).id)
                self.assertIsInstance(await session.lost(), etcd.LeaseNotFound)
        with self.assertRaises(ZeroDivisionError):
            async with self.client.session() as session:
                await self.client.lease_revoke((await session.lease()).id)
                1 // 0
        async with self.client.session(replace=True) as session:
            await self.client.lease_revoke((await session.lease()).id)
        with self.assertRaises(etcd.LeaseNotFound):
            async with self.client.session(lease=(await self.session.lease()).id + 1):
                self.fail("it has no lease")

    async def test_a_block_that_ends_the_session_itself(self) -> None:
        async with self.client.session() as session:
            await session.end()
        async with self.client.session() as session:
            session.orphan()
        async with self.client.session() as session:
            await session.close()

    async def test_closing_ends_a_wait(self) -> None:
        task = asyncio.create_task(self.session.lost())
        await asyncio.sleep(0.1)
        await self.session.close()
        with self.assertRaises(etcd.Closed):
            await task


class Locks(Case):
    async def test_a_lock_as_long_as_the_block(self) -> None:
        mutex = self.session.mutex(self.name)
        for _ in range(2):
            async with mutex as lock:
                self.assertEqual(await self.line(), [lock.key])
                self.assertEqual(lock.lease, (await self.session.lease()).id)
                self.assertEqual(await lock.check(), lock.ownership)
                self.assertIsNone(await lock.lost(timeout=0.1))
                txn = lock.fence(etcd.Txn())
                self.assertTrue((await self.client.commit(txn)).succeeded)
            self.assertEqual(await self.line(), [])
            self.assertFalse((await self.client.commit(txn)).succeeded)

    async def test_the_end_of_the_block_raises_the_loss(self) -> None:
        with self.assertRaises(etcd.LockLost):
            async with self.session.mutex(self.name) as lock:
                await self.client.delete(lock.key)
                with self.assertRaises(etcd.LockLost):
                    await lock.check()
                self.assertIsInstance(await lock.lost(), etcd.LockLost)
        with self.assertRaises(ZeroDivisionError):
            async with self.session.mutex(self.name) as lock:
                await self.client.delete(lock.key)
                1 // 0

    async def test_others_wait(self) -> None:
        entered: List[int] = []

        async def work() -> None:
            async with self.client.session() as session, session.mutex(self.name) as lock:
                entered.append(lock.create_revision)
                self.assertIn(lock.key, await self.line())
                await asyncio.sleep(0.01)

        await asyncio.gather(*(work() for _ in range(10)))
        self.assertEqual((len(entered), entered), (10, sorted(entered)))

    async def test_a_try_and_a_timeout(self) -> None:
        async with self.session.mutex(self.name) as lock, self.client.session() as other:
            theirs = other.mutex(self.name)
            tried = await theirs.try_lock()
            self.assertEqual((bool(tried), tried.key), (False, lock.key))
            with self.assertRaises(etcd.Timeout):
                await theirs.lock(timeout=0.2)
            with self.assertRaises(etcd.InUse):
                await self.session.mutex(self.name).lock()
            self.assertEqual(await self.line(), [lock.key])

    async def test_a_task_that_is_cancelled(self) -> None:
        async with self.session.mutex(self.name) as lock, self.client.session() as other:
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(other.mutex(self.name).lock(), 0.2)
            await self.until_line(1)
            self.assertEqual(await lock.check(), lock.ownership)

    async def test_a_task_that_is_cancelled_when_it_has_just_been_granted(self) -> None:
        asyncio.get_running_loop().slow_callback_duration = 10
        mutex, election = self.session.mutex(self.name), self.session.election(self.root + "election")
        for take in (mutex.lock, mutex.try_lock, lambda: election.campaign("me")):
            task = asyncio.create_task(take())
            await asyncio.sleep(0)
            time.sleep(0.3)  # The loop does not see that it is granted.
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            await self.until_line(0)
        end = time.monotonic() + 10
        while (await self.client.election_leader(self.root + "election")).leader:
            self.assertLess(time.monotonic(), end)

    async def test_closing(self) -> None:
        async with self.client.session() as other, other.mutex(self.name):
            waits = self.session.mutex(self.name)
            task = asyncio.create_task(waits.lock())
            await self.until_line(2)
            await waits.close()
            with self.assertRaises(etcd.Closed):
                await task
            await self.until_line(1)
        lock = self.session.mutex(self.name)
        await lock.lock()
        await lock.close()
        await self.until_line(0)


class Elections(Case):
    async def test_a_leader_as_long_as_the_block(self) -> None:
        election = self.session.election(self.name)
        async with self.client.observe_election(self.name) as observer:
            self.assertIsNone((await observer.next()).leader)
            async with election.leading("me") as me:
                told = (await observer.next()).leader
                self.assertEqual((await self.client.election_leader(self.name)).leader, told)
                assert told is not None
                self.assertEqual((told.value, told.key), (b"me", me.key))
                await me.proclaim("still me")
                told = (await observer.next()).leader
                assert told is not None
                self.assertEqual(told.value, b"still me")
                self.assertIsNone(await me.lost(timeout=0.1))
                self.assertTrue((await self.client.commit(me.fence(etcd.Txn()))).succeeded)
            self.assertIsNone((await observer.next()).leader)

    async def test_the_end_of_the_block_raises_the_loss(self) -> None:
        election = self.session.election(self.name)
        with self.assertRaises(etcd.LockLost):
            async with election.leading("me"):
                await self.client.delete(election.key)
                self.assertIsInstance(await election.lost(), etcd.LockLost)
        with self.assertRaises(ZeroDivisionError):
            async with election.leading("me"):
                await self.client.delete(election.key)
                1 // 0

    async def test_resume(self) -> None:
        before = self.client.session()
        crashed = before.election(self.name)
        led = await crashed.campaign("before")
        before.orphan()
        async with self.client.session(lease=led.lease) as session:
            election = session.election(self.name)
            self.assertEqual(await election.resume(led.create_revision), led)
            await election.resign()
            with self.assertRaises(etcd.LockLost):
                await election.resign()
