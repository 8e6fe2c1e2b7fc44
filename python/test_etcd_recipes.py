"""Tests of sessions, locks and elections in etcd.py."""

import gc
import os
import pickle
import signal
import threading
import time
import unittest
from typing import Any, Callable, List
from unittest import mock

import etcd
import test_etcd
from test_etcd import ENDPOINTS, VICTIM, VICTIM_PID


class Case(test_etcd.Case):
    def setUp(self) -> None:
        super().setUp()
        self.session = self.client.session(ttl=60)
        self.addCleanup(self.session.close)
        self.name = self.root + "line"

    def line(self) -> List[bytes]:
        return [kv.key for kv in self.client.prefix(self.name + "/")]

    def until(self, what: str, done: Callable[[], Any]) -> None:
        end = time.monotonic() + 10
        while not done():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.01)


class Sessions(Case):
    def test_a_lease_as_long_as_the_block(self) -> None:
        with self.client.session(ttl=30) as session:
            lease = session.lease()
            self.assertEqual((lease.ttl, self.client.lease_time_to_live(lease.id).granted_ttl), (30, 30))
            self.assertTrue(0 < session.left_ms() <= 30_000)
            self.assertIsNone(session.lost(timeout=0.1))
            self.assertIsNone(session.lost(lease.id, timeout=0))
            self.client.put(self.root, "value", lease=lease.id)
        self.assertIsNone(self.client.get(self.root))
        self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", session.lease)
        self.assertEqual(session.left_ms(), 0)
        self.assertEqual(self.session.lease().ttl, 60)

    def test_the_end_of_the_block_raises_the_loss(self) -> None:
        with self.assertRaises(etcd.LeaseNotFound):
            with self.client.session() as session:
                self.client.lease_revoke(session.lease().id)
        with self.assertRaises(etcd.LeaseNotFound):
            with self.client.session() as session:
                self.client.lease_revoke(session.lease().id)
                self.assertIsInstance(session.lost(), etcd.LeaseNotFound)
        # Unless another exception is on its way.
        with self.assertRaises(ZeroDivisionError):
            with self.client.session() as session:
                self.client.lease_revoke(session.lease().id)
                1 // 0

    def test_a_block_that_ends_the_session_itself(self) -> None:
        for end in (etcd.Session.end, etcd.Session.orphan, etcd.Session.close):
            with self.client.session() as session:
                end(session)

    def test_a_lease_that_is_replaced(self) -> None:
        with self.client.session(replace=True) as session:
            first = session.lease().id
            self.client.lease_revoke(first)
            self.assertIsInstance(session.lost(first), (etcd.LeaseLost, etcd.LeaseNotFound))
            self.assertNotEqual(session.lease(timeout=10).id, first)
            self.assertIsInstance(session.lost(first), etcd.LeaseLost)
            # Such a session is not lost, also if it has no lease at the end.
            self.client.lease_revoke(session.lease().id)

    def test_a_lease_that_is_left_behind_and_taken_up(self) -> None:
        with self.client.session(ttl=60) as session:
            lease = session.lease().id
            session.orphan()
        with self.client.session(lease=lease) as session:
            self.assertEqual(session.lease(), (lease, 60))
        self.assertEqual(self.client.lease_time_to_live(lease).ttl, -1)
        with self.assertRaises(etcd.LeaseNotFound):
            with self.client.session(lease=lease):
                self.fail("it has no lease")

    def test_end(self) -> None:
        session = self.client.session()
        lease = session.lease().id
        self.assertGreater(session.end().header.revision, 0)
        self.assertEqual(self.client.lease_time_to_live(lease).ttl, -1)
        self.fails(etcd.LeaseNotFound, "ETCD_ERR_LEASE_NOT_FOUND", session.end)
        self.fails(etcd.Closed, "ETCD_ERR_CLOSED", session.lease)
        # That is what has become of its lease.
        self.assertIsInstance(session.lost(timeout=10), etcd.Closed)

    def test_refused(self) -> None:
        for options in ({"ttl": -1}, {"ttl": 2**63}, {"lease": -2**63 - 1}):
            self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: self.client.session(**options))
        with self.assertRaises(TypeError):
            self.client.session(tll=1)
        session = self.client.session(ttl=10**10)
        self.fails(etcd.EtcdError, "ETCD_ERR_LEASE_TTL_TOO_LARGE", session.lease)

    def test_closing_ends_a_wait(self) -> None:
        for wait in (lambda session: session.lost(), lambda session: session.lost(timeout=60)):
            session = self.client.session()
            threading.Timer(0.2, session.close).start()
            self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: wait(session))
        with etcd.Client(ENDPOINTS) as client:
            session = client.session()
            session.lease()
        self.fails(etcd.Closed, "ETCD_ERR_CLOSED", session.lease)

    def test_nobody_there(self) -> None:
        with etcd.Client("127.0.0.1:1", timeout=0.3) as nobody:
            with self.assertRaises(etcd.EtcdError) as caught:
                with nobody.session():
                    self.fail("it has no lease")
            self.assertTrue(caught.exception.is_unavailable or caught.exception.is_timeout)

    @unittest.skipUnless(VICTIM, "no server to stop")
    def test_the_server_stops(self) -> None:
        self.addCleanup(os.kill, VICTIM_PID, signal.SIGCONT)
        with etcd.Client(VICTIM, timeout=0.5) as client:
            with self.assertRaises(etcd.LockLost):
                with client.session(ttl=2) as session, session.mutex(self.name) as lock:
                    self.stop_victim()
                    began = time.monotonic()
                    # It ends with a timeout, which is the reason, and not that it is not lost in time.
                    self.assertIsInstance(client.session().lost(timeout=30), etcd.Timeout)
                    self.assertIsNone(lock.lost(timeout=0))
                    self.assertIsInstance(lock.lost(timeout=30), etcd.LeaseLost)
                    self.assertLess(time.monotonic() - began, 4)
                    self.assertIsInstance(session.lost(), etcd.LeaseLost)
                    self.assertEqual(session.left_ms(), 0)


class Locks(Case):
    def test_a_lock_as_long_as_the_block(self) -> None:
        mutex = self.session.mutex(self.name)
        for _ in range(2):
            with mutex as lock:
                self.assertEqual(self.line(), [lock.key])
                kv = self.client.get(lock.key)
                assert kv is not None
                lease = self.session.lease().id
                self.assertEqual((kv.create_revision, kv.lease), (lock.create_revision, lock.lease))
                self.assertEqual((lock.lease, lock.key), (lease, f"{self.name}/{lease:x}".encode()))
                self.assertEqual(lock.check(), lock.ownership)
                self.assertIsNone(lock.lost(timeout=0.1))
            self.assertEqual(self.line(), [])

    def test_others_wait(self) -> None:
        with self.client.session() as other, self.session.mutex(self.name) as lock:
            theirs = other.mutex(self.name)
            tried = theirs.try_lock()
            self.assertFalse(tried)
            self.assertEqual((tried.key, tried.create_revision), (lock.key, lock.create_revision))
            self.fails(etcd.Timeout, "ETCD_ERR_TIMEOUT", lambda: theirs.lock(timeout=0.2))
            self.assertEqual(self.line(), [lock.key])
            self.fails(etcd.LockLost, "ETCD_ERR_LOCK_LOST", lambda: theirs.key)
            order: List[int] = []

            def work() -> None:
                with theirs:
                    order.append(theirs.create_revision)

            thread = threading.Thread(target=work)
            thread.start()
            self.until("the other waits", lambda: len(self.line()) == 2)
            order.append(lock.create_revision)
            lock.unlock()
            thread.join(10)
            self.assertEqual(order, sorted(order))
            self.assertEqual(len(order), 2)
            self.assertTrue(lock.try_lock())

    def test_etcds_own_lock(self) -> None:
        lease = self.client.lease_grant(60).id
        self.client.lock_service_lock(self.name, lease)
        self.assertFalse(self.session.mutex(self.name).try_lock())
        self.client.lease_revoke(lease)
        self.assertTrue(self.session.mutex(self.name).try_lock())

    def test_the_end_of_the_block_raises_the_loss(self) -> None:
        def lose(lock: etcd.Mutex) -> None:
            self.client.delete(lock.key)

        def lose_and_know(lock: etcd.Mutex) -> None:
            lose(lock)
            self.assertIsInstance(lock.lost(), etcd.LockLost)

        def end_the_lease(lock: etcd.Mutex) -> None:
            self.client.lease_revoke(lock.lease)

        for how in (lose, lose_and_know, end_the_lease):
            session = self.client.session()
            with self.assertRaises(etcd.LockLost):
                with session.mutex(self.name) as lock:
                    how(lock)
            with self.assertRaises(ZeroDivisionError):
                with self.client.session().mutex(self.name) as lock:
                    how(lock)
                    1 // 0
            self.assertEqual(self.line(), [])

    def test_on_demand(self) -> None:
        with self.assertRaises(etcd.LockLost):
            with self.session.mutex(self.name) as lock:
                self.client.delete(lock.key)
                lock.check()
        mutex = self.session.mutex(self.name)
        self.assertIsInstance(mutex.lost(timeout=0), etcd.LockLost)
        for use in (mutex.unlock, mutex.check, lambda: mutex.lease, lambda: mutex.fence(etcd.Txn())):
            error = self.fails(etcd.LockLost, "ETCD_ERR_LOCK_LOST", use)
            self.assertIs(type(pickle.loads(pickle.dumps(error))), etcd.LockLost)

    def test_a_fence(self) -> None:
        lock = self.session.mutex(self.name)
        refused = etcd.Txn()
        with self.assertRaises(etcd.LockLost):
            lock.fence(refused)
        self.fails(etcd.LockLost, "ETCD_ERR_LOCK_LOST", lambda: self.client.commit(refused))
        with lock:
            txn = lock.fence(etcd.Txn())
            txn.then.put(self.root + "value", "1")
            self.assertTrue(self.client.commit(txn).succeeded)
        self.assertFalse(self.client.commit(txn).succeeded)
        with lock:  # It is another one.
            self.assertFalse(self.client.commit(txn).succeeded)
            txn.close()
            self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: lock.fence(txn))

    def test_one_session_has_one_key(self) -> None:
        with self.session.mutex(self.name) as lock:
            again = self.session.mutex(self.name)
            for take in (again.lock, again.try_lock, lock.lock):
                self.fails(etcd.InUse, "ETCD_ERR_IN_USE", take)
            self.assertEqual(lock.check(), lock.ownership)

    def test_closing(self) -> None:
        with self.client.session() as other:
            held = other.mutex(self.name)
            held.lock()
            waits = self.session.mutex(self.name)
            threading.Timer(0.3, waits.close).start()
            self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", waits.lock)
            key = held.key
            self.until("one key is left", lambda: self.line() == [key])
            # With its last reference.
            del held
            gc.collect()
            self.until("no key is left", lambda: not self.line())

    def test_the_session_is_lost_during_the_wait(self) -> None:
        with self.session.mutex(self.name):
            other = self.client.session()
            threading.Timer(0.3, self.client.lease_revoke, (other.lease().id,)).start()
            with self.assertRaises((etcd.LeaseLost, etcd.LeaseNotFound, etcd.LockLost)):
                other.mutex(self.name).lock(timeout=30)
        self.assertEqual(self.line(), [])

    def test_a_prefix_of_the_client(self) -> None:
        with etcd.Client(ENDPOINTS, key_prefix=self.root) as client, client.session() as session:
            with session.mutex("line") as lock:
                self.assertEqual(lock.key, f"line/{lock.lease:x}".encode())
                self.assertEqual(self.line(), [self.root.encode() + lock.key])
                self.assertTrue(client.commit(lock.fence(etcd.Txn())).succeeded)

    def test_refused(self) -> None:
        for open in (self.session.mutex, self.session.election):
            self.fails(etcd.InvalidArgument, "ETCD_ERR_EMPTY_KEY", lambda: open(""))
            with self.assertRaises(TypeError):
                open(5)  # type: ignore[arg-type]
        self.session.close()
        self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: self.session.mutex(self.name))

    def test_control_c(self) -> None:
        with self.session.mutex(self.name) as lock:
            result = self.script(f"""
                import _thread
                name = {self.name!r}
                with client.session() as holder, client.session() as session:
                    line = holder.mutex(name)
                    line.try_lock()  # In a store of this process nobody has it.
                    mutex, election = session.mutex(name), session.election(name)
                    for wait in (mutex.lock, lambda: mutex.lock(timeout=60), lambda: election.campaign("me"),
                                 session.lost):
                        threading.Timer(0.3, _thread.interrupt_main).start()
                        began = time.monotonic()
                        try:
                            wait()
                        except KeyboardInterrupt:
                            print(time.monotonic() - began < 3)
                        while len(client.prefix(name + "/")) > 1:
                            time.sleep(0.01)
            """)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "True\n" * 4, ""))
            self.assertEqual(self.line(), [lock.key])

    def test_control_c_when_it_has_just_been_granted(self) -> None:
        mutex, election = self.session.mutex(self.name), self.session.election(self.root + "election")
        take = etcd.Queue.next

        def interrupted(queue: etcd.Queue, timeout: Any = None) -> Any:
            if timeout is None:
                take(queue)
                raise KeyboardInterrupt
            return take(queue, timeout)

        with mock.patch.object(etcd.Queue, "next", interrupted):
            for take_it in (mutex.lock, lambda: election.campaign("me")):
                with self.assertRaises(KeyboardInterrupt):
                    take_it()
        self.assertEqual([kv.key for kv in self.client.prefix(self.root)], [])


class Elections(Case):
    def test_a_leader_as_long_as_the_block(self) -> None:
        client, election = self.client, self.session.election(self.name)
        with client.observe_election(self.name) as observer:
            told = observer.next(10)
            assert told is not None
            self.assertIsNone(told.leader)
            self.assertIsNone(client.election_leader(self.name).leader)
            with election.leading(b"me") as me:
                leader = client.election_leader(self.name).leader
                assert leader is not None
                self.assertEqual((leader.key, leader.value, leader.lease), (me.key, b"me", me.lease))
                self.assertEqual(leader.create_revision, me.create_revision)
                self.assertEqual(next(observer).leader, leader)
                revision = me.proclaim(b"still me").header.revision
                told = next(observer)
                assert told.leader is not None
                self.assertEqual((told.leader.value, told.header.revision), (b"still me", revision))
                txn = me.fence(etcd.Txn())
                txn.then.put(self.root + "value", "1")
                self.assertTrue(client.commit(txn).succeeded)
                self.assertIsNone(me.lost(timeout=0.1))
            self.assertIsNone(next(observer).leader)
            self.assertFalse(client.commit(txn).succeeded)
            threading.Timer(0.2, observer.close).start()
            self.assertEqual(list(observer), [])

    def test_the_end_of_the_block_raises_the_loss(self) -> None:
        election = self.session.election(self.name)
        with self.assertRaises(etcd.LockLost):
            with election.leading("me"):
                self.client.delete(election.key)
                self.assertIsInstance(election.lost(), etcd.LockLost)
        with self.assertRaises(ZeroDivisionError):
            with election.leading("me"):
                self.client.delete(election.key)
                1 // 0
        with self.assertRaises(ZeroDivisionError):
            with election.leading("me"):
                1 // 0
        self.assertEqual(self.line(), [])

    def test_candidates_wait(self) -> None:
        mine = self.session.election(self.name)
        first = mine.campaign("first")
        with self.client.session() as other:
            theirs = other.election(self.name)
            self.fails(etcd.Timeout, "ETCD_ERR_TIMEOUT", lambda: theirs.campaign("second", timeout=0.2))
            threading.Timer(0.2, mine.resign).start()
            second = theirs.campaign("second", timeout=10)
            self.assertGreater(second.create_revision, first.create_revision)
            self.assertEqual(mine.ownership, first)
            for use in (mine.resign, lambda: mine.proclaim("x"), lambda: mine.fence(etcd.Txn())):
                self.fails(etcd.LockLost, "ETCD_ERR_LOCK_LOST", use)
            leader = self.client.election_leader(self.name).leader
            assert leader is not None
            self.assertEqual(leader.value, b"second")

    def test_resume(self) -> None:
        with self.client.session() as before:
            crashed = before.election(self.name)
            led = crashed.campaign("before")
            before.orphan()
        with self.client.session(lease=led.lease) as session:
            election = session.election(self.name)
            self.fails(etcd.LockLost, "ETCD_ERR_LOCK_LOST", lambda: election.resume(led.create_revision - 1))
            self.assertEqual(election.resume(led.create_revision), led)
            election.proclaim("after")
            leader = self.client.election_leader(self.name).leader
            assert leader is not None
            self.assertEqual((leader.value, leader.create_revision), (b"after", led.create_revision))
            with self.assertRaises(etcd.InvalidArgument):
                election.resume(2**63)

    def test_the_observer_of_a_client_that_is_closed(self) -> None:
        with etcd.Client(ENDPOINTS) as client:
            observer = client.observe_election(self.name)
            next(observer)
        self.fails(etcd.Closed, "ETCD_ERR_CLOSED", lambda: observer.next(10))


class Queues(Case):
    def test_every_call(self) -> None:
        queue, session = etcd.Queue(), self.session
        mutex, election = session.mutex(self.name), session.election(self.root + "election")

        def event() -> etcd.Event:
            event = queue.next(10)
            assert event is not None
            self.assertEqual(event.user_data, "mine")
            return event

        def result() -> Any:
            return event().result()

        session.lease_async(queue, "mine")
        lease = result()
        self.assertEqual(lease.ttl, 60)
        session.lost_async(queue, lease.id, "mine", timeout=0.1)
        self.assertIsInstance(event().error, etcd.Timeout)
        mutex.lock_async(queue, "mine")
        self.assertEqual(result(), mutex.ownership)
        mutex.lost_async(queue, "mine", timeout=0.1)
        self.assertIsInstance(event().error, etcd.Timeout)
        mutex.unlock_async(queue, "mine")
        self.assertGreater(result().header.revision, 0)
        mutex.try_lock_async(queue, "mine")
        self.assertTrue(result())
        with self.client.observe_election_async(queue, self.root + "election", "mine"):
            self.assertIsNone(result().leader)
        self.client.election_leader_async(queue, self.root + "election", "mine")
        self.assertIsNone(result().leader)
        election.campaign_async(queue, "me", "mine")
        led = result()
        self.assertEqual((led.lease, led.held), (lease.id, True))
        election.proclaim_async(queue, "still me", "mine")
        result()
        election.lost_async(queue, "mine", timeout=0.1)
        self.assertIsInstance(event().error, etcd.Timeout)
        election.resign_async(queue, "mine")
        result()
        election.resume_async(queue, led.create_revision, "mine")
        self.assertIsInstance(event().error, etcd.LockLost)
        other = self.client.session()
        call = other.mutex(self.name).lock_async(queue, "mine")
        self.until("it waits", lambda: len(self.line()) == 2)
        call.cancel()
        error = event().error
        assert error is not None
        self.assertEqual(error.name, "ETCD_ERR_CANCELLED")
        self.until("its key is removed", lambda: self.line() == [mutex.key])
        session.end_async(queue, "mine")
        result()
        self.until("its keys are gone", lambda: not self.line())
