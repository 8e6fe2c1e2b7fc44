"""That the modules have every function of the library, and every call in each of its forms."""

import pathlib
import re
import unittest
from typing import Dict, Iterable, Set

import etcd
import etcd_aio
import etcd_api

SYMBOLS = pathlib.Path(__file__).parent.parent / "tests/symbols.txt"

# What no module has, and what it has instead.
LEFT_OUT: Dict[str, str] = {
    "etcd_client_open_endpoints": "etcd_client_open()",
    "etcd_open": "etcd_client_open()",
    "etcd_open_str": "etcd_client_open()",
    "etcd_close": "etcd_client_close()",
    "etcd_close_str": "etcd_client_close()",
    "etcd_event_status": "etcd_event_error()",
    "etcd_queue_dispatch": "functions of the program, called with what Queue.next() returns",
    "etcd_queue_dispatch_handlers": "functions of the program, called with what Queue.next() returns",
    "etcd_queue_start_handler_dispatcher": "a thread of the program that does so",
    "etcd_queue_start_dispatcher": "a thread of the program that does so",
    "etcd_queue_next_batch": "etcd_queue_next()",
}
# What asyncio has not: the library has it in no form that does not block.
BLOCKING = {"sync", *etcd._ADMINISTRATION}


class Exports(unittest.TestCase):
    def test_every_function_is_there(self) -> None:
        exported = set(SYMBOLS.read_text().split())
        ours = {*etcd._FUNCTIONS, *etcd_api._FUNCTIONS, "etcd_version_number"}
        self.assertEqual(exported - ours, set(LEFT_OUT), "write them into python/etcd.py")
        self.assertEqual(ours - exported, set(), "the library has no such functions")

    def test_every_call_in_every_form(self) -> None:
        def calls(kind: type) -> Set[str]:
            return {name for name in dir(kind) if not name.startswith("_")}

        def without(suffix: str, names: Iterable[str]) -> Set[str]:
            return {name[:-len(suffix)] for name in names if name.endswith(suffix)}

        started = without("_async", calls(etcd.Client))
        blocking = {name for name in calls(etcd.Client) if not name.endswith("_async")}
        # Of pages, not of the client.
        self.assertTrue(hasattr(etcd.Pages, "next_async"))
        for name in without("_async", etcd._FUNCTIONS) - {"etcd_range_next"}:
            self.assertIn(re.sub("^etcd_(kv_|txn_)?", "", name), started)
        self.assertEqual(started - blocking, set())
        self.assertEqual(blocking - calls(etcd_aio.Client), BLOCKING)


if __name__ == "__main__":
    unittest.main()
