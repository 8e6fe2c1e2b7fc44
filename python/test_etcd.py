"""Tests of etcd.py. `cargo test --test python` runs them, with servers of its own."""

import asyncio
import itertools
import math
import os
import pathlib
import pickle
import select
import signal
import subprocess
import sys
import textwrap
import threading
import time
import unittest
from typing import Any, Callable, Dict

import _etcd_library
import etcd

# Set by tests/python.rs: the library; an etcd; another one, to be killed, with its process id, if there is one.
LIBRARY = os.environ["LIBETCD_TEST_LIBRARY"]
ENDPOINTS = os.environ["LIBETCD_TEST_ENDPOINTS"]
# A store in the process: a forked child has none of its parent's.
MEMORY = ENDPOINTS.startswith("mem:")
VICTIM = os.environ.get("LIBETCD_TEST_VICTIM", "")
VICTIM_PID = int(os.environ.get("LIBETCD_TEST_VICTIM_PID", "0"))

if _etcd_library._loaded is None:  # Both test modules may run in one process.
    etcd.load(LIBRARY)


class Case(unittest.TestCase):
    numbers = itertools.count()

    def setUp(self) -> None:
        self.client = etcd.Client(ENDPOINTS)
        self.addCleanup(self.client.close)
        # Tests leave each other alone.
        self.root = f"test_etcd/{os.getpid()}/{next(Case.numbers)}/"

    def script(self, text: str) -> "subprocess.CompletedProcess[str]":
        """Runs a program of its own, with a client."""
        head = f"import etcd, os, sys, threading, time\netcd.load({LIBRARY!r})\nclient = etcd.Client({ENDPOINTS!r})\n"
        return subprocess.run([sys.executable, "-c", head + textwrap.dedent(text)], capture_output=True, text=True,
                              timeout=20, cwd=os.path.dirname(os.path.abspath(etcd.__file__)))

    def stop_victim(self) -> None:
        """Returns when all its threads have stopped: the signal alone leaves them time for an answer."""
        os.kill(VICTIM_PID, signal.SIGSTOP)
        tasks = pathlib.Path(f"/proc/{VICTIM_PID}/task")
        while any((task / "stat").read_text().rsplit(")", 1)[1].split()[0] != "T" for task in tasks.iterdir()):
            time.sleep(0.01)

    def fails(self, kind: Any, name: str, call: Callable[[], Any]) -> etcd.EtcdError:
        with self.assertRaises(kind) as caught:
            call()
        error = caught.exception
        assert isinstance(error, etcd.EtcdError)
        self.assertEqual(error.name, name)
        self.assertIn(name, str(error))
        return error


class Calls(Case):
    def test_put_get_delete(self) -> None:
        key = self.root + "key"
        self.assertIsNone(self.client.get(key))
        put = self.client.put(key, "one")
        self.assertIsNone(put.prev_kv)
        revision = put.header.revision
        kv = etcd.KeyValue(key.encode(), b"one", revision, revision, 1, 0)
        self.assertEqual(self.client.get(key), kv)
        self.assertIsNone(self.client.put(key, "two").prev_kv)
        put = self.client.put(key, "three", prev_kv=True)
        assert put.prev_kv is not None
        self.assertEqual((put.prev_kv.value, put.prev_kv.version), (b"two", 2))
        kv = etcd.KeyValue(key.encode(), b"three", revision, put.header.revision, 3, 0)
        self.assertEqual(self.client.get(key), kv)
        gone = self.client.delete(key, prev_kv=True)
        self.assertEqual((gone.deleted, [kv.value for kv in gone.prev_kvs]), (1, [b"three"]))
        again = self.client.delete(key)
        self.assertEqual((again.deleted, again.prev_kvs, again.header.revision), (0, [], gone.header.revision))
        self.assertEqual(gone.header.cluster_id, put.header.cluster_id)

    def test_ranges(self) -> None:
        for name in "abcd":
            self.client.put(self.root + name, name)

        def names(response: etcd.RangeResponse) -> str:
            self.assertEqual((len(response), response.more), (response.count, False))
            return "".join(kv.value.decode() for kv in response)

        root = self.root
        self.assertEqual(names(self.client.range(root + "b", root + "d")), "bc")
        self.assertEqual(names(self.client.prefix(root)), "abcd")
        self.assertEqual(names(self.client.prefix(root + "x")), "")
        rest = self.client.range(root + "c", None)
        self.assertEqual([kv.value for kv in rest][:2], [b"c", b"d"])
        everything = self.client.range("", None).kvs
        self.assertEqual([kv.key for kv in everything], [kv.key for kv in self.client.prefix("")])
        self.assertGreaterEqual(len(everything), 4)
        self.assertEqual(self.client.delete_range(root + "a", root + "c").deleted, 2)
        gone = self.client.delete_prefix(root, prev_kv=True)
        self.assertEqual([kv.value for kv in gone.prev_kvs], [b"c", b"d"])
        with self.assertRaises(ValueError):
            self.client.delete_range(root, "")

    def test_any_bytes(self) -> None:
        root = self.root.encode()
        for key in (b"\0", b"a\0b", b"\xff\xfe\0", bytes(range(256))):
            for value in (b"", b"\0", b"\0\0after", bytes(range(256)) * 3):
                self.client.put(root + key, value)
                kv = self.client.get(root + key)
                assert kv is not None
                self.assertEqual((kv.key, kv.value), (root + key, value))
        self.client.put(bytearray(root + b"array"), memoryview(b"view"))
        kv = self.client.get(root + b"array")
        assert kv is not None
        self.assertEqual(kv.value, b"view")
        self.assertEqual(self.client.put(self.root + "\u20ac", "\u00fc").header.cluster_id,
                         self.client.range(self.root + "\u20ac", None).header.cluster_id)
        self.assertEqual([kv.value for kv in self.client.prefix(root + "\u20ac".encode())], ["\u00fc".encode()])

    def test_a_thousand_keys(self) -> None:
        queue = etcd.Queue()
        for i in range(1000):
            self.client.put_async(queue, f"{self.root}{i:04}", b"\0" * i, timeout=60)
        for i in range(1000):
            event = queue.next(60)
            assert event is not None
            event.result()
        response = self.client.prefix(self.root)
        self.assertEqual(response.count, 1000)
        for i, kv in enumerate(response):
            self.assertEqual((kv.key, kv.value), (f"{self.root}{i:04}".encode(), b"\0" * i))

    def test_version(self) -> None:
        self.assertRegex(etcd.version(), r"^0\.\d+\.\d+$")
        with self.assertRaises(RuntimeError):
            etcd.load(LIBRARY)


class Errors(Case):
    def test_arguments(self) -> None:
        for endpoints in ("", "ftp://a", "a:0", ["a:1", "http://user:secret@b"]):
            error = self.fails(ValueError, "ETCD_ERR_INVALID_ARGUMENT", lambda: etcd.Client(endpoints))
            self.assertNotIn("secret", str(error))
        self.fails(ValueError, "ETCD_ERR_INVALID_ARGUMENT", lambda: etcd.Client("a", user="u"))
        self.fails(ValueError, "ETCD_ERR_INVALID_ARGUMENT", lambda: etcd.Client("a.example", user="u", password="p"))
        etcd.Client("a.example", user="u", password="p", plaintext_password=True).close()
        self.fails(etcd.EtcdError, "ETCD_ERR_IO", lambda: etcd.Client("https://a", ca_file="/nowhere"))
        self.fails(etcd.EtcdError, "ETCD_ERR_TLS", lambda: etcd.Client("https://a", ca_pem="no certificate"))
        with self.assertRaises(ValueError):
            etcd.Client("a", user="u\0x", password="p")
        for bad in (-1.0, float("nan")):
            with self.assertRaises(ValueError):
                self.client.get("a", timeout=bad)
        for nothing in (5, None):
            with self.assertRaises(TypeError):
                self.client.get(nothing)  # type: ignore[arg-type]
        error = self.fails(etcd.InvalidArgument, "ETCD_ERR_EMPTY_KEY", lambda: self.client.put("", "value"))
        self.assertEqual((error.outcome, error.grpc_code, error.retryable), (etcd.NOT_APPLIED, -1, False))

    def test_the_server_refuses(self) -> None:
        error = self.fails(etcd.EtcdError, "ETCD_ERR_REQUEST_TOO_LARGE",
                           lambda: self.client.put(self.root, b"x" * (2 * 1000 * 1000)))
        self.assertEqual((error.outcome, error.grpc_code), (etcd.NOT_APPLIED, 3))
        self.assertIn(error.endpoint, ENDPOINTS)
        self.assertIn("request is too large", error.message)

    def test_limits(self) -> None:
        with etcd.Client(ENDPOINTS, max_send_bytes=100, max_receive_bytes=1000) as small:
            error = self.fails(etcd.EtcdError, "ETCD_ERR_SEND_TOO_LARGE", lambda: small.put(self.root, "x" * 101))
            self.assertEqual(error.outcome, etcd.NOT_APPLIED)
            self.client.put(self.root, b"x" * 2000)
            self.fails(etcd.EtcdError, "ETCD_ERR_REPLY_TOO_LARGE", lambda: small.get(self.root))

    def test_nobody_there(self) -> None:
        with etcd.Client("127.0.0.1:1", timeout=0.3) as client:
            began = time.monotonic()
            error = self.fails(ConnectionError, "ETCD_ERR_UNAVAILABLE", lambda: client.put("a", "b"))
            self.assertLess(time.monotonic() - began, 3)
            self.assertEqual((error.outcome, error.retryable), (etcd.NOT_APPLIED, True))
            self.assertIn("127.0.0.1:1", str(error))

    @unittest.skipUnless(VICTIM, "no server to kill")
    def test_the_server_hangs_and_is_killed(self) -> None:
        key = self.root + "key"
        with etcd.Client(VICTIM) as client:
            client.put(key, "before")
            self.stop_victim()
            error = self.fails(TimeoutError, "ETCD_ERR_TIMEOUT", lambda: client.put(key, "hung", timeout=0.5))
            self.assertEqual(error.outcome, etcd.MAYBE_APPLIED)
            error = self.fails(TimeoutError, "ETCD_ERR_TIMEOUT", lambda: client.get(key, timeout=0.5))
            self.assertEqual(error.outcome, etcd.NOT_APPLIED)
            os.kill(VICTIM_PID, signal.SIGCONT)
            kv = client.get(key)
            assert kv is not None
            self.assertIn(kv.value, (b"before", b"hung"))
            self.stop_victim()
            threading.Timer(0.3, os.kill, (VICTIM_PID, signal.SIGKILL)).start()
            error = self.fails(etcd.Unavailable, "ETCD_ERR_UNAVAILABLE", lambda: client.put(key, "lost"))
            self.assertEqual((error.outcome, error.endpoint), (etcd.MAYBE_APPLIED, VICTIM))
            error = self.fails(etcd.Unavailable, "ETCD_ERR_UNAVAILABLE", lambda: client.put(key, "x", timeout=0.5))
            self.assertEqual(error.outcome, etcd.NOT_APPLIED)

    def test_errors_travel_between_processes(self) -> None:
        error = self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: etcd.Client("a:0"))
        copy = pickle.loads(pickle.dumps(error))
        self.assertEqual((type(copy), vars(copy), str(copy)), (type(error), vars(error), str(error)))


class Queues(Case):
    def test_select(self) -> None:
        with etcd.Queue() as queue:
            self.assertEqual(select.select([queue], [], [], 0)[0], [])
            self.assertIsNone(queue.next(0))
            marks = [object() for _ in range(3)]
            self.client.put_async(queue, self.root + "a", "1", user_data=marks[0])
            self.assertEqual(select.select([queue], [], [], 10)[0], [queue])
            event = queue.next(0)
            assert event is not None
            self.assertIs(event.user_data, marks[0])
            self.assertIsInstance(event.result(), etcd.PutResponse)
            self.assertEqual(select.select([queue], [], [], 0)[0], [])
            self.client.get_async(queue, self.root + "a", user_data=marks[1])
            self.client.prefix_async(queue, self.root, user_data=marks[2])
            found: Dict[object, Any] = {}
            while len(found) < 2:
                select.select([queue], [], [], 10)
                event = queue.next(0)
                if event is not None:
                    found[event.user_data] = event.result()
            self.assertEqual(found[marks[1]].value, b"1")
            self.assertEqual([kv.value for kv in found[marks[2]]], [b"1"])

    def test_every_call(self) -> None:
        queue, root = etcd.Queue(), self.root

        def result() -> Any:
            event = queue.next(10)
            assert event is not None
            return event.result()

        self.client.put_async(queue, root + "a", "1", prev_kv=True, timeout=9)
        self.assertIsNone(result().prev_kv)
        self.client.range_async(queue, root, root + "b")
        self.assertEqual(len(result()), 1)
        self.client.get_async(queue, root + "none")
        self.assertIsNone(result())
        self.client.delete_async(queue, root + "a", prev_kv=True)
        self.assertEqual(result().prev_kvs[0].value, b"1")
        self.client.delete_range_async(queue, root, root + "b")
        self.assertEqual(result().deleted, 0)
        self.client.delete_prefix_async(queue, root)
        self.assertEqual(result().deleted, 0)

    def test_errors_arrive_on_the_queue_or_are_raised_at_once(self) -> None:
        queue = etcd.Queue()
        self.fails(etcd.InvalidArgument, "ETCD_ERR_EMPTY_KEY", lambda: self.client.get_async(queue, ""))
        self.assertIsNone(queue.next(0))
        self.assertEqual(queue._pending, {})
        with etcd.Client("127.0.0.1:1", timeout=math.inf) as nobody:
            operation = nobody.put_async(queue, "a", "b", user_data="mine")
            self.assertIsNone(queue.next(0.05))
            operation.cancel()
            event = queue.next(10)
            assert event is not None
            self.assertEqual(event.user_data, "mine")
            error = self.fails(etcd.EtcdError, "ETCD_ERR_CANCELLED", event.result)
            self.assertEqual(error.outcome, etcd.NOT_APPLIED)
            operation.cancel()
            nobody.get_async(queue, "a")
        event = queue.next(10)
        assert event is not None
        self.fails(etcd.Closed, "ETCD_ERR_CLOSED", event.result)

    def test_wake_and_timeout(self) -> None:
        queue = etcd.Queue()
        began = time.monotonic()
        self.assertIsNone(queue.next(0.15))
        self.assertGreaterEqual(time.monotonic() - began, 0.15)
        threading.Timer(0.1, queue.wake).start()
        self.assertIsNone(queue.next())
        queue.close()
        queue.close()
        for use in (queue.next, queue.wake, queue.fileno, lambda: self.client.get_async(queue, "a")):
            self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", use)

    def test_asyncio(self) -> None:
        async def read(queue: etcd.Queue) -> Any:
            loop = asyncio.get_running_loop()
            future = loop.create_future()

            def ready() -> None:
                event = queue.next(0)
                if event is not None:
                    future.set_result(event.result())

            loop.add_reader(queue, ready)
            self.client.put_async(queue, self.root, "value")
            try:
                return await asyncio.wait_for(future, 10)
            finally:
                loop.remove_reader(queue)

        with etcd.Queue() as queue:
            self.assertIsInstance(asyncio.run(read(queue)), etcd.PutResponse)


class Life(Case):
    def test_threads_share_a_client(self) -> None:
        failures = []

        def work(number: int) -> None:
            try:
                for i in range(50):
                    key = f"{self.root}{number}/{i}"
                    self.client.put(key, key)
                    kv = self.client.get(key)
                    assert kv is not None and kv.value == key.encode()
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(self.client.prefix(self.root).count, 400)

    def test_calls_release_the_gil(self) -> None:
        queue = etcd.Queue()
        with etcd.Client("127.0.0.1:1", timeout=0.5) as nobody:
            thread = threading.Thread(target=lambda: self.assertRaises(etcd.Unavailable, nobody.get, "a"))
            thread.start()
            time.sleep(0.05)
            began = time.monotonic()
            self.client.put(self.root, "meanwhile")
            self.assertLess(time.monotonic() - began, 0.4)
            self.assertTrue(thread.is_alive())
            thread.join()
        queue.close()

    def test_close(self) -> None:
        client = etcd.Client(ENDPOINTS)
        client.close()
        client.close()
        self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: client.get("a"))
        with self.assertRaises(etcd.EtcdError):
            with etcd.Client(ENDPOINTS) as client:
                pass
            client.put("a", "b")
        # A call in progress ends.
        nobody = etcd.Client("127.0.0.1:1", timeout=60)
        threading.Timer(0.1, nobody.close).start()
        self.fails(etcd.Closed, "ETCD_ERR_CLOSED", lambda: nobody.get("a"))

    def test_the_last_reference_closes(self) -> None:
        def ours() -> int:
            tasks = pathlib.Path("/proc/self/task").iterdir()
            return sum((task / "comm").read_text() == "etcd\n" for task in tasks)

        self.client.close()
        client = etcd.Client(ENDPOINTS)
        client.get("a")
        self.assertEqual(ours(), 1)
        del client
        # It stays a moment for who opens clients one after another.
        limit = time.monotonic() + 5
        while ours() and time.monotonic() < limit:
            time.sleep(0.01)
        self.assertEqual(ours(), 0)
        for _ in range(200):
            etcd.Queue().fileno()
        self.assertLess(len(os.listdir("/proc/self/fd")), 100)

    def test_fork(self) -> None:
        result = self.script(f"""
            key = {self.root!r}
            queue = etcd.Queue()
            client.put(key, "parent")
            child = os.fork()
            if child == 0:
                for use in (lambda: client.get(key), lambda: queue.next(0), lambda: client.get_async(queue, key)):
                    try:
                        use()
                        os._exit(1)
                    except etcd.Forked as error:
                        assert error.name == "ETCD_ERR_FORKED", error
                client.close()
                with etcd.Client({ENDPOINTS!r}) as mine:
                    found = mine.get(key)
                    assert found is None if {MEMORY} else found.value == b"parent"
                    mine.put(key, "child")
                    assert mine.get(key).value == b"child"
                sys.exit(7)
            assert os.waitpid(child, 0)[1] == 7 << 8
            last = b"parent" if {MEMORY} else b"child"
            assert client.get(key).value == last
            client.get_async(queue, key)
            assert queue.next(10).result().value == last
            print("done")
        """)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "done\n", ""))

    def test_exit_with_everything_open(self) -> None:
        result = self.script(f"""
            queue = etcd.Queue()
            nobody = etcd.Client("127.0.0.1:1", timeout=float("inf"))
            nobody.get_async(queue, "a")
            for wait in (lambda: nobody.get("a"), queue.next):
                threading.Thread(target=wait, daemon=True).start()
            client.put({self.root!r}, "value")
            time.sleep(0.2)
            print("done", flush=True)
        """)
        self.assertEqual((result.returncode, result.stdout), (0, "done\n"))
        self.assertNotIn("Fatal", result.stderr)

    def test_control_c(self) -> None:
        result = self.script("""
            import _thread
            threading.Timer(0.2, _thread.interrupt_main).start()
            began = time.monotonic()
            try:
                etcd.Queue().next()
            except KeyboardInterrupt:
                print(time.monotonic() - began < 2)
        """)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "True\n", ""))


if __name__ == "__main__":
    unittest.main()
