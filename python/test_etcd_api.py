"""Tests of etcd_api.py. `cargo test --test python` runs them, with a server of its own and on mem:."""

import itertools
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import unittest
from typing import Any, Callable, List, Optional

import _etcd_library
import etcd
import etcd_api
from etcd_api import Change, ProtocolError, WTF

# Set by tests/python.rs: the library, and an etcd.
LIBRARY = os.environ["LIBETCD_TEST_LIBRARY"]
ENDPOINTS = os.environ["LIBETCD_TEST_ENDPOINTS"]

if _etcd_library._loaded is None:  # Both test modules may run in one process.
    etcd.load(LIBRARY)


class Case(unittest.TestCase):
    numbers = itertools.count()

    def setUp(self) -> None:
        self.session = etcd_api.Session(ENDPOINTS)
        self.addCleanup(self.session.close)
        # Tests leave each other alone.
        self.root = f"test_etcd_api/{os.getpid()}/{next(Case.numbers)}"

    def script(self, text: str) -> "subprocess.CompletedProcess[str]":
        """Runs a program of its own, with a session."""
        head = (f"import etcd, etcd_api, os, signal, sys, threading, time\netcd.load({LIBRARY!r})\n"
                f"session = etcd_api.Session({ENDPOINTS!r})\n")
        return subprocess.run([sys.executable, "-c", head + textwrap.dedent(text)], capture_output=True, text=True,
                              timeout=30, cwd=os.path.dirname(os.path.abspath(etcd_api.__file__)))

    def fails(self, kind: Any, call: str, name: str, use: Callable[[], Any]) -> etcd_api.Error:
        with self.assertRaises(kind) as caught:
            use()
        error = caught.exception
        assert isinstance(error, etcd_api.Error)
        assert error.cause is not None
        self.assertEqual((error.call, error.cause.name, error.__cause__), (call, name, error.cause))
        self.assertIn(name, str(error))
        return error

    def revision(self) -> int:
        with etcd.Client(ENDPOINTS) as client:
            return client.range("a", "b").header.revision


class Keys(Case):
    def test_set_get_delete(self) -> None:
        key = self.root
        self.assertIsNone(self.session.get(key))
        self.session.set(key, "one")
        self.assertEqual(self.session.get(key), "one")
        self.session.set(key, "")
        self.assertEqual(self.session.get(key), "")
        self.session.delete(key)
        self.assertIsNone(self.session.get(key))
        self.fails(ProtocolError, "etcd_delete", "ETCD_ERR_KEY_NOT_FOUND", lambda: self.session.delete(key))
        self.session.set(key, "again")
        self.session.set(key, None)
        self.assertIsNone(self.session.get(key))

    def test_precondition(self) -> None:
        key = self.root

        def refused(value: Optional[str], precond: str) -> None:
            error = self.fails(ProtocolError, "etcd_set", "ETCD_ERR_PRECONDITION",
                               lambda: self.session.set(key, value, precond))
            assert error.cause is not None
            self.assertEqual(error.cause.outcome, etcd.NOT_APPLIED)

        refused("a", "")
        self.session.set(key, "a")
        refused("b", "")
        refused(None, "b")
        self.session.set(key, "b", "a")
        self.assertEqual(self.session.get(key), "b")
        self.session.set(key, None, precond="b")
        self.assertIsNone(self.session.get(key))

    def test_ttl(self) -> None:
        self.session.set(self.root + "/short", "a", ttl=2)
        self.session.set(self.root + "/kept", "a", ttl=2)
        self.session.set(self.root + "/kept", "b")
        begin = self.revision()
        change = self.session.watch(self.root, begin + 1)
        self.assertEqual(change[1:], (self.root + "/short", None))
        self.assertEqual(self.session.get(self.root + "/kept"), "b")

    def test_names_below(self) -> None:
        for name in ("b", "a/x/y", "a/z", "c-d", "c/e"):
            self.session.set(f"{self.root}/{name}", "value")
        below = [f"{self.root}/{name}" for name in ("a", "b", "c", "c-d")]
        self.assertEqual(self.session.get(self.root), "\n".join(below))
        self.session.set(self.root, "own")
        self.assertEqual(self.session.get(self.root), "own")
        self.assertEqual(self.session.get(self.root + "/a/"), f"{self.root}/a/x\n{self.root}/a/z")
        names = self.session.get("")
        assert names is not None
        self.assertIn("test_etcd_api", names.split("\n"))

    def test_text(self) -> None:
        self.session.set(self.root + "/\u20ac &=%41+ ", "\u00fc;\n")
        self.assertEqual(self.session.get(f"{self.root}/\u20ac &=%41+ ".encode()), "\u00fc;\n")
        self.session.set(self.root.encode() + b"/\xff", b"\xfe")
        self.assertEqual(self.session.get(self.root + "/\udcff"), "\udcfe")
        self.session.set(self.root + "/\udcff", "x", "\udcfe")
        large = "x" * 1_000_000
        self.session.set(self.root, large)
        self.assertEqual(self.session.get(self.root), large)

    def test_arguments(self) -> None:
        session = self.session
        zero: List[Callable[[], Any]] = [
            lambda: session.get("a\0b"), lambda: session.delete(b"\0"), lambda: session.watch("\0"),
            lambda: session.set("a", "\0"), lambda: session.set("a", "b", "\0"), lambda: session.lock("\0", 1),
            lambda: session.unlock("a", "\0"),
        ]
        numbers: List[Callable[[], Any]] = [
            lambda: session.set("a", "b", ttl=-1), lambda: session.set("a", "b", ttl=2**32),
            lambda: session.watch("a", -1), lambda: session.watch("a", 2**31), lambda: session.lock("a", 0),
        ]
        for use in zero + numbers:
            with self.assertRaises(ValueError):
                use()
        for nothing in (5, None):
            with self.assertRaises(TypeError):
                session.get(nothing)  # type: ignore[arg-type]
        self.fails(ProtocolError, "etcd_set", "ETCD_ERR_EMPTY_KEY", lambda: self.session.set("", "a"))
        self.fails(ProtocolError, "etcd_lock", "ETCD_ERR_INVALID_ARGUMENT", lambda: self.session.lock("", 1))
        for servers in ("", "ftp://a", ["a:0"]):
            with self.assertRaises(etcd.InvalidArgument):
                etcd_api.Session(servers)

    def test_leader(self) -> None:
        self.assertRegex(self.session.leader(), "^[0-9a-f]+$")


class Watches(Case):
    def test_changes(self) -> None:
        begin = self.revision()
        self.session.set(self.root, "own")
        self.session.set(self.root + "/a", "1")
        self.session.set(self.root + "2", "another key")
        self.session.set(self.root + "/b", "2")
        with etcd.Client(ENDPOINTS) as client:
            client.delete_prefix(self.root + "/")  # two at once
        self.session.set(self.root + "/a", "3")
        found: List[Change] = list(itertools.islice(self.session.changes(self.root, begin + 1), 6))
        self.assertEqual([change[1:] for change in found], [
            (self.root, "own"), (self.root + "/a", "1"), (self.root + "/b", "2"),
            (self.root + "/a", None), (self.root + "/b", None), (self.root + "/a", "3"),
        ])
        self.assertEqual(found[3].index, found[4].index)
        indices = [change.index for change in found]
        self.assertEqual(indices, sorted(indices))

    def test_from_now_on(self) -> None:
        self.session.set(self.root, "before")
        seen = threading.Event()

        def knock() -> None:
            while not seen.wait(0.05):
                self.session.set(self.root, "after")

        for index in None, 0:
            thread = threading.Thread(target=knock)
            thread.start()
            change = self.session.watch(self.root, index)
            seen.set()
            thread.join()
            seen.clear()
            self.assertEqual((change.key, change.value), (self.root, "after"))

    def test_in_other_threads(self) -> None:
        begin = self.revision()
        found: List[str] = []

        def watch(name: str) -> None:
            found.append(self.session.watch(f"{self.root}/{name}", begin + 1).key)

        threads = [threading.Thread(target=watch, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for name in "abc":
            self.session.set(f"{self.root}/{name}", "value")
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(found), [f"{self.root}/{name}" for name in "abc"])

    def test_a_signal(self) -> None:
        """Its handler runs at once; what was interrupted goes on with the next call."""
        class Alarm(Exception):
            pass

        def handler(number: int, frame: Any) -> None:
            raise Alarm

        previous = signal.signal(signal.SIGALRM, handler)
        self.addCleanup(signal.signal, signal.SIGALRM, previous)
        begin = self.revision()
        threads = threading.active_count()
        for _ in range(3):
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            before = time.monotonic()
            with self.assertRaises(Alarm):
                self.session.watch(self.root, begin + 1)
            self.assertLess(time.monotonic() - before, 2)
        # One thread for the three of them, which may have been there before.
        self.assertLessEqual(threading.active_count(), threads + 1)
        self.session.set(self.root + "/a", "1")
        self.session.set(self.root + "/b", "2")
        changes = itertools.islice(self.session.changes(self.root, begin + 1), 2)
        self.assertEqual([change.value for change in changes], ["1", "2"])


class Locks(Case):
    def test_life(self) -> None:
        name = self.root
        index = self.session.lock(name, 60)
        self.assertEqual(self.session.lock(name, 60, index), index)
        with etcd_api.Session(ENDPOINTS) as other:
            got: List[str] = []
            thread = threading.Thread(target=lambda: got.append(other.lock(name, 60)))
            thread.start()
            time.sleep(0.2)
            self.assertEqual(got, [])
            self.session.unlock(name, index)
            thread.join(10)
            self.assertEqual(len(got), 1)
            self.assertNotEqual(got[0], index)
            for lost in (lambda: self.session.lock(name, 60, index), lambda: self.session.unlock(name, index)):
                with self.assertRaises(ProtocolError) as caught:
                    lost()
                assert caught.exception.cause is not None
                self.assertEqual(caught.exception.cause.name, "ETCD_ERR_LOCK_LOST")
            # Any session does.
            self.session.unlock(name, got[0])
        self.fails(ProtocolError, "etcd_unlock", "ETCD_ERR_INVALID_ARGUMENT", lambda: self.session.unlock(name, "x"))

    def test_it_is_lost_when_its_time_is_over(self) -> None:
        index = self.session.lock(self.root, 1)
        before = time.monotonic()
        second = self.session.lock(self.root, 60)
        self.assertGreater(time.monotonic() - before, 1)
        self.fails(ProtocolError, "etcd_lock", "ETCD_ERR_LOCK_LOST", lambda: self.session.lock(self.root, 1, index))
        self.session.unlock(self.root, second)

    def test_a_signal(self) -> None:
        class Alarm(Exception):
            pass

        def handler(number: int, frame: Any) -> None:
            raise Alarm

        previous = signal.signal(signal.SIGALRM, handler)
        self.addCleanup(signal.signal, signal.SIGALRM, previous)
        index = self.session.lock(self.root, 60)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        before = time.monotonic()
        with self.assertRaises(Alarm):
            self.session.lock(self.root, 60)
        self.assertLess(time.monotonic() - before, 2)
        self.session.unlock(self.root, index)
        # What was granted to nobody is not held for 60 seconds.
        index = self.session.lock(self.root, 60)
        self.assertLess(time.monotonic() - before, 10)
        self.session.unlock(self.root, index)


class Failures(Case):
    def test_nobody_there(self) -> None:
        with etcd_api.Session("127.0.0.1:1", timeout=0.3) as nobody:
            for call, use in (("etcd_get", lambda: nobody.get("a")), ("etcd_set", lambda: nobody.set("a", "b")),
                              ("etcd_delete", lambda: nobody.delete("a")), ("etcd_leader", nobody.leader),
                              ("etcd_lock", lambda: nobody.lock("a", 5))):
                error = self.fails(WTF, call, "ETCD_ERR_UNAVAILABLE", use)
                self.assertIn("127.0.0.1:1", str(error))
            copy = pickle.loads(pickle.dumps(error))
            self.assertEqual((type(copy), copy.call, str(copy)), (WTF, error.call, str(error)))
            self.assertIsInstance(copy.cause, etcd.Unavailable)

    def test_close(self) -> None:
        session = etcd_api.Session(ENDPOINTS)
        threading.Timer(0.2, session.close).start()
        with self.assertRaises(WTF) as caught:
            session.watch(self.root)
        self.assertIsInstance(caught.exception.cause, etcd.Closed)
        session.close()
        for call, use in (("etcd_get", session.get), ("etcd_watch", session.watch), ("etcd_delete", session.delete)):
            self.fails(ProtocolError, call, "ETCD_ERR_BAD_HANDLE", lambda: use("a"))

    def test_threads_share_a_session(self) -> None:
        """What is missing is never taken for what is refused."""
        failures: List[BaseException] = []

        def work(number: int) -> None:
            try:
                for i in range(30):
                    key = f"{self.root}/{number}/{i}"
                    assert self.session.get(key) is None
                    with self.assertRaises(ProtocolError) as caught:
                        self.session.set(key, "a", precond="b")
                    assert caught.exception.cause is not None
                    assert caught.exception.cause.name == "ETCD_ERR_PRECONDITION"
                    self.session.set(key, key)
                    assert self.session.get(key) == key
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_fork(self) -> None:
        result = self.script(f"""
            session.set({self.root!r}, "parent")
            child = os.fork()
            if child == 0:
                try:
                    session.get({self.root!r})
                    os._exit(1)
                except etcd_api.WTF as error:
                    assert isinstance(error.cause, etcd.Forked), error
                session.close()
                with etcd_api.Session({ENDPOINTS!r}) as mine:
                    mine.set({self.root!r}, "child")
                    assert mine.get({self.root!r}) == "child"
                sys.exit(7)
            assert os.waitpid(child, 0)[1] == 7 << 8
            # A store in memory is the process's own.
            print(session.get({self.root!r}))
        """)
        expected = "parent\n" if ENDPOINTS.startswith("mem:") else "child\n"
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, expected, ""))

    def test_control_c(self) -> None:
        result = self.script(f"""
            begin = time.monotonic()
            for wait in (lambda: session.watch({self.root!r}), lambda: next(session.changes({self.root!r} + "x"))):
                threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
                try:
                    wait()
                except KeyboardInterrupt:
                    print(time.monotonic() - begin < 4)
            session.set({self.root!r}, "a")
            # With the second watch still waiting.
        """)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "True\nTrue\n", ""))


class Memory(unittest.TestCase):
    def test_drop(self) -> None:
        with self.assertRaises(etcd.InvalidArgument):
            etcd.mem_drop("localhost")
        etcd.mem_drop("mem:never-opened")
        if not ENDPOINTS.startswith("mem:"):
            return
        with etcd_api.Session("mem:drop") as old, etcd_api.Session("mem:drop") as same:
            old.set("key", "value")
            self.assertEqual(same.get("key"), "value")
            etcd.mem_drop("mem:drop")
            with etcd_api.Session("mem:drop") as new:
                self.assertIsNone(new.get("key"))
            self.assertEqual(old.watch("key", 1).value, "value")


if __name__ == "__main__":
    unittest.main()
