"""That the modules have every function of the library, and every call in each of its forms."""

import inspect
import re
import sys
import unittest
from typing import Dict, Iterable, Set

import _etcd_abi as abi
import etcd
import etcd_aio
import etcd_api

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
    "etcd_txn_compare_number": "etcd_txn_compare()",
    "etcd_txn_compare_value": "etcd_txn_compare()",
    "etcd_event_keep": "etcd.Event, which is a copy",
    "etcd_event_take_response": "etcd.Event, which is a copy",
}


class Exports(unittest.TestCase):
    def test_every_function_is_used(self) -> None:
        recipes = [sys.modules[kind.__module__] for kind in (etcd.Session, etcd.Stm)]
        named = {name for module in (etcd, *recipes, etcd_api)
                 for name in re.findall(r"\betcd_\w+", inspect.getsource(module))}
        # Those whose names are made of another one's.
        named |= {name.replace("_kv_", kind) for name in named for kind in ("_txn_", "_op_new_")}
        named |= {name + "_async" for name in named} | {name.replace("_open", "_next") for name in named}
        named |= {abi.ENDS[name] for name in named if name in abi.ENDS}
        self.assertEqual({*abi.FUNCTIONS} - named, {*LEFT_OUT}, "write them into python/etcd.py")

    def test_every_call_in_every_form(self) -> None:
        def calls(kind: type) -> Set[str]:
            return {name for name in dir(kind) if not name.startswith("_")}

        def without(suffix: str, names: Iterable[str]) -> Set[str]:
            return {name[:-len(suffix)] for name in names if name.endswith(suffix)}

        started = without("_async", calls(etcd.Client))
        blocking = {name for name in calls(etcd.Client) if not name.endswith("_async")}
        # Of pages, not of the client.
        self.assertTrue(hasattr(etcd.Pages, "next_async"))
        twins = without("_async", abi.FUNCTIONS)
        others = {name for name in twins if re.match("etcd_(lease_session|mutex|election)_", name)}
        for name in twins - {"etcd_range_next"} - others | {"etcd_election_leader"}:
            self.assertIn(re.sub("^etcd_(kv_|txn_)?", "", name), started)
        self.assertEqual(started - blocking, set())
        # Those of administration the library has in no other form.
        only = {name for name in blocking if f"etcd_{name}" in abi.ENDS and f"etcd_{name}" not in twins}
        self.assertEqual(blocking - calls(etcd_aio.Client), only | {"sync"})

        for prefix, kind, aio in (("lease_session", etcd.Session, etcd_aio.Session),
                                  ("mutex", etcd.Mutex, etcd_aio.Mutex),
                                  ("election", etcd.Election, etcd_aio.Election)):
            prefix = f"etcd_{prefix}_"
            theirs = {name[len(prefix):] for name in others if name.startswith(prefix)} - {"leader"}
            started = without("_async", calls(kind))
            self.assertEqual(started, theirs)
            blocking = {name for name in calls(kind) if not name.endswith("_async")}
            self.assertEqual(started - blocking, set())
            self.assertEqual(blocking, calls(aio))


if __name__ == "__main__":
    unittest.main()
