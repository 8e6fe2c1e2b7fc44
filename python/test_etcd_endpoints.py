"""Tests of the list of endpoints of an open client."""

import time
import unittest
from typing import Callable, List, Union

import _etcd_decode
import etcd
import test_etcd
from test_etcd import ENDPOINTS, MEMORY, VICTIM


class Endpoints(test_etcd.Case):
    def eventually(self, holds: Callable[[], bool]) -> None:
        limit = time.monotonic() + 30
        while not holds():
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.05)

    def test_read_set_sync(self) -> None:
        client = self.client
        self.assertEqual(client.endpoints(), [ENDPOINTS])
        client.sync(timeout=30)
        self.assertEqual(client.endpoints(), [ENDPOINTS])
        if MEMORY:
            self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: client.set_endpoints("a"))
        else:
            client.set_endpoints(["127.0.0.1:1", ENDPOINTS])
            self.assertEqual(client.endpoints(), ["127.0.0.1:1", ENDPOINTS])
            client.put(self.root, "value")
            refused: List[Union[str, List[str]]] = ["", [], "a:0", "mem:"]
            for wrong in refused:
                self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT", lambda: client.set_endpoints(wrong))
            self.assertEqual(len(client.endpoints()), 2)
            client.sync()
            self.assertEqual(client.endpoints(), [ENDPOINTS])
        client.close()
        for use in (client.endpoints, client.sync, lambda: client.set_endpoints("a")):
            self.fails(etcd.Closed, "ETCD_ERR_BAD_HANDLE", use)
        with etcd.Client("127.0.0.1:1") as nobody:
            self.fails(etcd.Unavailable, "ETCD_ERR_UNAVAILABLE", lambda: nobody.sync(timeout=0.2))

    def test_auto_sync(self) -> None:
        endpoints = ENDPOINTS if MEMORY else f"127.0.0.1:1,{ENDPOINTS}"
        with etcd.Client(endpoints, auto_sync_interval=0.1) as client:
            self.eventually(lambda: client.endpoints() == [ENDPOINTS])
            client.put(self.root, "value")

    @unittest.skipUnless(VICTIM, "no other server")
    def test_another_cluster(self) -> None:
        self.client.put(self.root, "value")
        with self.client.watch(self.root) as watch:
            self.client.set_endpoints(VICTIM)
            error = self.fails(etcd.ClusterChanged, "ETCD_ERR_CLUSTER_CHANGED",
                               lambda: self.client.put(self.root, "there"))
            self.assertEqual(error.outcome, etcd.NOT_APPLIED)
            self.fails(etcd.ClusterChanged, "ETCD_ERR_CLUSTER_CHANGED", lambda: watch.next(30))

    def test_the_classes_of_errors(self) -> None:
        for status, kind, name in ((-19, etcd.ClusterChanged, "ETCD_ERR_CLUSTER_CHANGED"),
                                   (-20, etcd.RevisionRegressed, "ETCD_ERR_REVISION_REGRESSED")):
            error = _etcd_decode._status_error(status)
            self.assertEqual((type(error), error.name), (kind, name))
