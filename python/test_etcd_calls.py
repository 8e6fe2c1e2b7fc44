"""Tests of what etcd.py has beyond simple calls: their options, transactions, leases and watches."""

import logging
import threading
import time
from typing import Any, List

import etcd
import test_etcd
from test_etcd import ENDPOINTS


class Options(test_etcd.Case):
    def names(self, **options: Any) -> str:
        return "".join(kv.key.decode()[-1] for kv in self.client.prefix(self.root, **options))

    def test_get(self) -> None:
        root, client = self.root, self.client
        revisions = [client.put(root + name, value).header.revision for name, value in ("a3", "b1", "c2", "b9")]
        self.assertEqual(self.names(sort="descend"), "cba")
        self.assertEqual(self.names(sort="ascend", sort_by="mod"), "acb")
        self.assertEqual(self.names(sort="descend", sort_by="create"), "cba")
        self.assertEqual(self.names(sort="descend", sort_by="version", limit=1), "b")
        self.assertEqual(self.names(sort="ascend", sort_by="value"), "cab")
        self.assertEqual(self.names(min_mod_revision=revisions[2]), "bc")
        self.assertEqual(self.names(max_mod_revision=revisions[2]), "ac")
        self.assertEqual(self.names(min_create_revision=revisions[1]), "bc")
        self.assertEqual(self.names(max_create_revision=revisions[1]), "ab")
        some = client.prefix(root, limit=2, serializable=True)
        self.assertEqual((len(some), some.count, some.more), (2, 3, True))
        count = client.range(root + "b", None, count_only=True)
        self.assertEqual(count.kvs, [])
        self.assertGreaterEqual(count.count, 2)
        self.assertEqual({kv.value for kv in client.prefix(root, keys_only=True)}, {b""})
        old = client.get(root + "b", revision=revisions[1])
        assert old is not None
        self.assertEqual(old.value, b"1")
        self.assertIsNone(client.get(root + "b", revision=revisions[0]))
        self.fails(etcd.EtcdError, "ETCD_ERR_FUTURE_REVISION", lambda: client.get(root, revision=revisions[3] + 1000))
        for bad in ({"sort": "up"}, {"sort_by": "size"}):
            with self.assertRaises(ValueError):
                client.prefix(root, **bad)
        with self.assertRaises(TypeError):
            client.get(root, count_only=True)
        with self.assertRaises(ValueError):
            client.range(root, b"")

    def setUp(self) -> None:
        super().setUp()
        put = self.client.put
        # Two arguments in one: a key's last letter, and its value.
        self.client.put = lambda key, value=None, **options: (  # type: ignore[method-assign, assignment]
            put(key[:-1], key[-1], **options) if value is None else put(key, value, **options))

    def test_put(self) -> None:
        key, client = self.root + "key", self.client
        lease = client.lease_grant(60).id
        client.put(key, "value", lease=lease)
        client.put(key, "", ignore_value=True, ignore_lease=True)
        kv = client.get(key)
        assert kv is not None
        self.assertEqual((kv.value, kv.lease, kv.version), (b"value", lease, 2))
        client.put(key, "", ignore_value=True)
        kv = client.get(key)
        assert kv is not None
        self.assertEqual((kv.value, kv.lease), (b"value", 0))
        self.fails(etcd.LeaseNotFound, "ETCD_ERR_LEASE_NOT_FOUND", lambda: client.put(key, "x", lease=lease + 1))
        client.lease_revoke(lease)

    def test_compact(self) -> None:
        key, client = self.root + "key", self.client
        first = client.put(key, "1").header.revision
        last = client.put(key, "2").header.revision
        self.assertGreaterEqual(client.compact(last, physical=True).header.revision, last)
        self.fails(etcd.Compacted, "ETCD_ERR_COMPACTED", lambda: client.get(key, revision=first))
        self.fails(etcd.Compacted, "ETCD_ERR_COMPACTED", lambda: client.compact(first))
        with client.watch(key, start_revision=first) as watch:
            for _ in range(2):
                error = self.fails(etcd.Compacted, "ETCD_ERR_COMPACTED", lambda: watch.next(10))
                self.assertEqual(error.revision, last)
        with client.watch(key, start_revision=error.revision) as watch:
            response = watch.next(10)
            assert response is not None
            self.assertEqual([event.kv.value for event in response], [b"2"])
        with client.watch(key, start_revision=first, resync=True) as watch:
            response = watch.next(10)
            assert response is not None
            self.assertEqual((response.kind, [event.kv.value for event in response]), (etcd.WATCH_KEYS, [b"2"]))

    def test_of_the_client(self) -> None:
        with etcd.Client(ENDPOINTS, key_prefix=self.root) as inner:
            inner.put("key", "value")
            self.assertEqual([kv.key for kv in inner.prefix("")], [b"key"])
        self.assertEqual([kv.key for kv in self.client.prefix(self.root)], [f"{self.root}key".encode()])
        self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: etcd.Client("a.example", token="t"))
        etcd.Client("a.example", token="t", plaintext_password=True).close()
        etcd.Client("https://a", insecure_skip_verify=True).close()
        self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT",
                   lambda: etcd.Client("https://a", insecure_skip_verify=True, server_name="b"))
        self.fails(etcd.EtcdError, "ETCD_ERR_IO", lambda: etcd.Client("https://a", crl_file="/nowhere"))
        self.fails(etcd.EtcdError, "ETCD_ERR_TLS", lambda: etcd.Client("https://a", crl_pem="no list"))


class Transactions(test_etcd.Case):
    def test_branches(self) -> None:
        key, client = self.root + "key", self.client
        txn = etcd.Txn().compare(key, "version", "==", 0)
        txn.then.put(key, "mine")
        txn.otherwise.get(key).prefix(self.root, count_only=True).delete(key, prev_kv=True)
        done = client.commit(txn)
        self.assertTrue(done.succeeded)
        self.assertEqual([type(it) for it in done.responses], [etcd.PutResponse])
        again = client.commit(txn)
        self.assertFalse(again.succeeded)
        got, count, gone = again.responses
        self.assertEqual([kv.value for kv in got], [b"mine"])
        self.assertEqual((count.count, gone.deleted, gone.prev_kvs[0].value), (1, 1, b"mine"))
        self.assertEqual(again.header.revision, done.header.revision + 1)
        nested = etcd.Txn()
        nested.then.nest(txn)
        inner = client.commit(nested).responses[0]
        self.assertIsInstance(inner, etcd.TxnResponse)
        self.assertTrue(inner.succeeded)
        nested = etcd.Txn()
        nested.then.range(self.root, None).delete_range(self.root, self.root + "z").delete_prefix(self.root)
        found, *gone = client.commit(nested).responses
        self.assertEqual((found.kvs[0].value, [it.deleted for it in gone]), (b"mine", [1, 0]))

    def test_compares(self) -> None:
        key, client = self.root + "key", self.client
        revision = client.put(key, "m").header.revision
        holds: List[Any] = [
            ("version", "==", 1), ("create", "==", revision), ("mod", "<", revision + 1), ("mod", ">", revision - 1),
            ("lease", "==", 0), ("value", "==", "m"), ("value", "<", b"n"), ("value", ">", "l"), ("value", "!=", "x"),
        ]
        for target, result, value in holds:
            self.assertTrue(client.commit(etcd.Txn().compare(key, target, result, value)).succeeded, target)
            opposite = {"==": "!=", "!=": "==", "<": ">", ">": "<"}[result]
            self.assertFalse(client.commit(etcd.Txn().compare(key, target, opposite, value)).succeeded, target)
        client.put(key + "2", "m")
        every = etcd.Txn().compare(self.root, "value", "==", "m", prefix=True)
        self.assertTrue(client.commit(every).succeeded)
        self.assertTrue(client.commit(etcd.Txn().compare(key, "version", "==", 1, key + "3")).succeeded)
        client.put(key + "2", "n")
        self.assertFalse(client.commit(every).succeeded)
        for bad in (("size", "==", 0), ("version", "=", 0)):
            with self.assertRaises(ValueError):
                etcd.Txn().compare(key, *bad)
        for wrong in (("version", "==", "1"), ("value", "==", 1)):
            with self.assertRaises(TypeError):
                etcd.Txn().compare(key, *wrong)

    def test_errors(self) -> None:
        key = self.root + "key"
        txn = etcd.Txn()
        self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: txn.then.get(key, timeout=1))
        txn = etcd.Txn()
        txn.then.put(key, "0")
        first = self.fails(etcd.InvalidArgument, "ETCD_ERR_EMPTY_KEY", lambda: txn.then.put("", "x"))
        # It stays, with its message, and nothing is done.
        for again in (
            lambda: txn.then.get(key, timeout=1), lambda: etcd.Txn().then.nest(txn), lambda: etcd.Op.txn(txn),
            lambda: self.client.commit(txn), lambda: self.client.commit_async(etcd.Queue(), txn),
        ):
            error = self.fails(etcd.InvalidArgument, "ETCD_ERR_EMPTY_KEY", again)
            self.assertEqual((str(error), error.outcome), (str(first), etcd.NOT_APPLIED))
        self.assertIsNone(self.client.get(key))
        txn = etcd.Txn()
        txn.then.put(key, "1").put(key, "2")
        error = self.fails(etcd.EtcdError, "ETCD_ERR_DUPLICATE_KEY", lambda: self.client.commit(txn))
        self.assertEqual(error.outcome, etcd.NOT_APPLIED)
        self.assertIsNone(self.client.get(key))
        txn.close()
        self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: self.client.commit(txn))
        self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: txn.then.put(key, "3"))


class Leases(test_etcd.Case):
    def test_calls(self) -> None:
        client, key = self.client, self.root + "key"
        granted = client.lease_grant(60)
        self.assertEqual(granted.ttl, 60)
        put = client.put(key, "value", lease=granted.id)
        self.assertIn(granted.id, client.lease_list().ids)
        life = client.lease_time_to_live(granted.id, keys=True)
        self.assertEqual((life.id, life.granted_ttl, life.keys), (granted.id, 60, [key.encode()]))
        self.assertIn(life.ttl, range(50, 61))
        self.assertEqual(client.lease_time_to_live(granted.id).keys, [])
        self.assertEqual(client.lease_keep_alive_once(granted.id).ttl, 60)
        self.assertGreater(client.lease_revoke(granted.id).header.revision, put.header.revision)
        self.assertIsNone(client.get(key))
        self.assertEqual(client.lease_time_to_live(granted.id).ttl, -1)
        for call in (client.lease_revoke, client.lease_keep_alive_once):
            self.fails(etcd.LeaseNotFound, "ETCD_ERR_LEASE_NOT_FOUND", lambda: call(granted.id))
        mine = time.time_ns() & 2**40 - 1
        self.assertEqual(client.lease_grant(60, id=mine).id, mine)
        self.fails(etcd.EtcdError, "ETCD_ERR_LEASE_EXISTS", lambda: client.lease_grant(60, id=mine))
        client.lease_revoke(mine)

    def test_keep_alive(self) -> None:
        client = self.client
        lease = client.lease_grant(3)
        ends: List[etcd.EtcdError] = []
        ended = threading.Event()

        def lost(error: etcd.EtcdError) -> None:
            ends.append(error)
            ended.set()

        with client.lease_keep_alive(lease.id, lost=lost) as kept, \
                client.lease_keep_alive(lease.id, notify=True, require_leader=True) as told:
            self.assertIn(kept.left_ms(), range(1, lease.ttl * 1000 + 1))
            renewed = told.next(10)
            assert renewed is not None
            self.assertEqual((renewed.id, renewed.ttl), (lease.id, lease.ttl))
            time.sleep(4)
            self.assertIn(kept.left_ms(), range(1, lease.ttl * 1000 + 1))
            self.assertIsNone(kept.next(0.1))
            self.assertEqual(ends, [])
            client.lease_revoke(lease.id)
            self.assertTrue(ended.wait(10))
            self.assertEqual([type(error) for error in ends], [etcd.LeaseNotFound])
            self.fails(etcd.LeaseNotFound, "ETCD_ERR_LEASE_NOT_FOUND", lambda: kept.next(10))
            with self.assertRaises(etcd.LeaseNotFound):
                for _ in told:
                    pass
            self.assertEqual(kept.left_ms(), 0)
        with self.assertRaises(ValueError):
            client.lease_keep_alive(lease.id, lost=lost, notify=True)

    def test_a_lease_that_cannot_be_renewed(self) -> None:
        with etcd.Client("127.0.0.1:1") as nobody:
            self.fails(etcd.LeaseLost, "ETCD_ERR_LEASE_LOST",
                       lambda: nobody.lease_keep_alive(5, timeout=0.2).next(10))

    def test_close_tells_nothing(self) -> None:
        lease = self.client.lease_grant(60)
        ends: List[etcd.EtcdError] = []
        before = threading.active_count()
        kept = self.client.lease_keep_alive(lease.id, lost=ends.append)
        self.assertEqual(threading.active_count(), before + 1)
        kept.close()
        deadline = time.monotonic() + 10
        while threading.active_count() > before and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual((threading.active_count(), ends), (before, []))
        self.client.lease_revoke(lease.id)


class Watches(test_etcd.Case):
    def test_events(self) -> None:
        root, client = self.root, self.client
        with client.watch(prefix=root, prev_kv=True) as watch:
            first = client.put(root + "a", "1").header.revision
            client.put(root + "a", "2")
            gone = client.delete(root + "a").header.revision
            events = [event for _ in range(3) for event in next(watch)]
            self.assertEqual([event.kind for event in events], [etcd.PUT, etcd.PUT, etcd.DELETE])
            self.assertIsNone(events[0].prev_kv)
            assert events[2].prev_kv is not None
            self.assertEqual(events[2].prev_kv.value, b"2")
            self.assertEqual((events[0].kv.create_revision, events[2].kv.mod_revision), (first, gone))
            self.assertIsNone(watch.next(0))
        for options, values in (({"no_delete": True}, [b"1", b"2"]), ({"no_put": True}, [b""]),
                                ({"merge": True}, [b"1", b"2", b""])):
            with client.watch(root + "a", start_revision=first, **options) as watch:
                found: List[bytes] = []
                while len(found) < len(values):
                    found += [event.kv.value for event in next(watch)]
                self.assertEqual(found, values)

    def test_ranges(self) -> None:
        root, client = self.root, self.client
        watches = [client.watch(root + "b"), client.watch(root + "b", root + "d"), client.watch(root + "b", None)]
        for name in "abcd":
            client.put(root + name, name)
        client.put(root + "b", "end")
        for watch, expected in zip(watches, ("b", "bc", "bcd")):
            found = ""
            while True:
                value = next(watch).events[0].kv.value.decode()
                if value == "end":
                    break
                found += value
            self.assertEqual(found, expected)
            watch.close()
        self.fails(etcd.InvalidArgument, "ETCD_ERR_EMPTY_KEY", lambda: client.watch())
        with self.assertRaises(ValueError):
            client.watch(root, "")
        with self.assertRaises(TypeError):
            client.watch(root, prefix=root)

    def test_notices(self) -> None:
        with self.client.watch(self.root, created_notify=True, no_wait=True) as watch:
            response = watch.next(10)
            assert response is not None
            self.assertEqual((response.kind, response.events), (etcd.WATCH_CREATED, []))
            watch.request_progress()
            if test_etcd.MEMORY:
                response = watch.next(10)
                assert response is not None
                self.assertEqual(response.kind, etcd.WATCH_PROGRESS)

    def test_ends(self) -> None:
        watch = self.client.watch(self.root)
        threading.Timer(0.2, watch.close).start()
        self.assertEqual(list(watch), [])
        self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: watch.next(0))
        with etcd.Client(ENDPOINTS) as client:
            watch = client.watch(self.root)
        self.fails(etcd.Closed, "ETCD_ERR_CLOSED", lambda: watch.next(10))

    def test_control_c(self) -> None:
        result = self.script("""
            import _thread
            threading.Timer(0.2, _thread.interrupt_main).start()
            try:
                next(client.watch("a"))
            except KeyboardInterrupt:
                print("interrupted")
        """)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "interrupted\n", ""))


class Queues(test_etcd.Case):
    def test_every_call(self) -> None:
        queue, client, key = etcd.Queue(), self.client, self.root + "key"

        def result() -> Any:
            event = queue.next(10)
            assert event is not None
            self.assertEqual(event.user_data, "mine")
            return event.result()

        client.lease_grant_async(queue, 60, "mine")
        lease = result().id
        txn = etcd.Txn()
        txn.then.put(key, "value", lease=lease)
        client.commit_async(queue, txn, "mine")
        revision = result().header.revision
        client.lease_keep_alive_once_async(queue, lease, "mine")
        self.assertEqual(result().ttl, 60)
        client.lease_time_to_live_async(queue, lease, "mine", keys=True)
        self.assertEqual(result().keys, [key.encode()])
        client.lease_list_async(queue, "mine")
        self.assertIn(lease, result().ids)
        client.lease_revoke_async(queue, lease, "mine")
        self.assertGreater(result().header.revision, revision)
        client.compact_async(queue, revision, "mine")
        self.assertIsInstance(result(), etcd.HeaderResponse)
        self.assertEqual(queue._pending, {})

    def test_streams(self) -> None:
        queue = etcd.Queue()
        lease = self.client.lease_grant(60).id
        with etcd.Client(ENDPOINTS) as client:
            watch = client.watch_async(queue, self.root, user_data="watch")
            kept = client.lease_keep_alive_async(queue, lease, "lease", notify=True)
            other = client.watch_async(queue, self.root, user_data="never")
            other.close()
            self.assertEqual(len(queue._pending), 2)
            seen: List[Any] = []
            while len(seen) < 4:
                event = queue.next(10)
                assert event is not None
                if event.user_data == "watch" and event.value.kind == etcd.WATCH_CREATED:
                    for i in range(3):
                        self.client.put(self.root, str(i))
                    continue
                seen.append((event.user_data, event.result()))
            self.assertEqual([it.events[0].kv.value for name, it in seen if name == "watch"], [b"0", b"1", b"2"])
            self.assertEqual([it.id for name, it in seen if name == "lease"], [lease])
        ends = [queue.next(10) for _ in range(2)]
        self.assertEqual({event.user_data for event in ends if event}, {"watch", "lease"})
        self.assertEqual([type(event.error) for event in ends if event], [etcd.Closed] * 2)
        self.assertIsNone(queue.next(0))
        self.assertEqual(queue._pending, {})
        watch.close()
        kept.close()
        self.client.lease_revoke(lease)


class Inside(test_etcd.Case):
    def test_counters(self) -> None:
        with etcd.Client(ENDPOINTS) as client:
            client.put(self.root, "value")
            with self.assertRaises(etcd.EtcdError):
                client.get(self.root, revision=2**62)
            counters = client.counters()
            self.assertEqual((counters["calls"], counters["calls_failed"], counters["leases_lost"]), (2, 1, 0))
            self.assertEqual(counters["bytes_sent"] > 0, not ENDPOINTS.startswith("mem:"))
            text = client.counters_text('a "b"')
            self.assertIn('\nlibetcd_calls_total{client="a \\"b\\""} 2\n', text)
            # The names are those of the text.
            for name in counters:
                self.assertIn(f"\n# TYPE libetcd_{name}_total counter\n", text)
            self.assertIn(f'libetcd_connection_up{{endpoint="{ENDPOINTS}"}} 1\n', client.counters_text())
        with self.assertRaises(etcd.Closed):
            client.counters()
        with self.assertRaises(etcd.Closed):
            client.counters_text()

    def test_connections(self) -> None:
        queue = etcd.Queue()
        with etcd.Client(ENDPOINTS) as client:
            client.put(self.root, "value")
            connections = client.connections()
            up = etcd.ConnectionResponse(ENDPOINTS, etcd.CONNECTION_UP, "", 1)
            self.assertEqual(connections.next(10), up)
            self.assertIsNone(connections.next(0))
            told = client.connections_async(queue, "mine")
            event = queue.next(10)
            assert event is not None
            self.assertEqual((event.user_data, event.result()), ("mine", up))
        with self.assertRaises(etcd.Closed):
            connections.next(10)
        event = queue.next(10)
        assert event is not None
        self.assertIsInstance(event.error, etcd.Closed)
        told.close()
        with etcd.Client("127.0.0.1:1") as nobody, nobody.connections() as connections:
            response = next(it for it in connections if "refused" in it.reason)
            self.assertEqual((response.endpoint, response.state, response.opened),
                             ("127.0.0.1:1", etcd.CONNECTION_DOWN, 0))

    def test_log(self) -> None:
        logger = logging.getLogger("test_log")
        for level, expected in ((logging.INFO, 1), (logging.WARNING, 1), (logging.CRITICAL, 0)):
            logger.setLevel(level)
            with self.assertLogs(logger, level) as caught:
                logger.critical("one, or assertLogs complains")
                with etcd.Client("127.0.0.1:1", logger=logger) as nobody, nobody.connections() as connections:
                    next(it for it in connections if "refused" in it.reason)
            lines = [record for record in caught.records if record.levelno == logging.WARNING]
            self.assertEqual(len(lines), expected, caught.output)
            for line in lines:
                self.assertRegex(line.getMessage(), r"^connection 127.0.0.1:1: .*refused")
                self.assertEqual([getattr(line, "etcd_" + name) for name in ("what", "endpoint", "status")],
                                 ["connection", "127.0.0.1:1", -7])
        self.assertEqual(etcd._loggers, {})
        with self.assertRaises(etcd.InvalidArgument):
            etcd.Client("nonsense:", logger=logger)
        self.assertEqual(etcd._loggers, {})

    def test_a_handler_that_calls_and_closes(self) -> None:
        seen: List[Any] = []
        ready, done = threading.Event(), threading.Event()

        class Handler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                if ready.wait(10) and not done.is_set():
                    seen.append(self_client.counters()["calls"])
                    client.close()
                    done.set()

        logger = logging.getLogger("test_handler")
        logger.propagate = False
        logger.addHandler(Handler())
        self_client = self.client
        client = etcd.Client("127.0.0.1:1", logger=logger)
        ready.set()
        self.assertTrue(done.wait(10))
        client.close()
        self.assertEqual(len(seen), 1)

    def test_what_the_library_would_refuse_is_closed_later(self) -> None:
        garbage = etcd.Client(ENDPOINTS)
        made: List[Any] = []

        class Loggers(dict):  # type: ignore[type-arg]
            def __getitem__(self, number: int) -> Any:
                # Where the library calls back.
                if not made:
                    made.append(garbage._finalizer)
                    garbage._finalizer()
                return super().__getitem__(number)

        loggers, etcd._loggers = etcd._loggers, Loggers()
        try:
            logger = logging.getLogger("test_later")
            logger.addHandler(logging.NullHandler())
            logger.propagate = False
            with etcd.Client("127.0.0.1:1", logger=logger) as nobody, nobody.connections() as connections:
                next(it for it in connections if "refused" in it.reason)
        finally:
            etcd._loggers = loggers
        self.assertEqual(len(made), 1)
        self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", lambda: garbage.counters())

    def test_exit_and_fork_with_a_logger(self) -> None:
        result = self.script("""
            import logging
            logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
            nobody = etcd.Client("127.0.0.1:1", logger=logging.getLogger())
            next(it for it in nobody.connections() if "refused" in it.reason)
            nobody.close()
            sys.stdout.flush()
            other = etcd.Client("127.0.0.1:1", logger=logging.getLogger())
            pid = os.fork()
            if pid == 0:
                other.close()
                with etcd.Client("127.0.0.1:2", logger=logging.getLogger()) as mine:
                    next(it for it in mine.connections() if "refused" in it.reason)
                sys.stdout.flush()
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            print("end")
        """)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for said in ("connection 127.0.0.1:1: ", "connection 127.0.0.1:2: ", "end\n"):
            self.assertIn(said, result.stdout)
