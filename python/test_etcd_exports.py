"""That the modules have every function of the library, and every call in each of its forms."""

import inspect
import pathlib
import pickle
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
# What etcd.py is made of, but for what is generated.
PARTS = ("_etcd_decode", "_etcd_encode", "_etcd_handles", "_etcd_library", "_etcd_streams", "_etcd_types",
         "_etcd_recipes", "_etcd_stm")


class Exports(unittest.TestCase):
    def test_every_function_is_used(self) -> None:
        modules = (etcd, *(sys.modules[name] for name in PARTS), etcd_api)
        named = {name for module in modules for name in re.findall(r"\betcd_\w+", inspect.getsource(module))}
        # Those whose names are made of another one's.
        named |= {name.replace("_kv_", kind) for name in named for kind in ("_txn_", "_op_new_")}
        named |= {name + "_async" for name in named} | {name.replace("_open", "_next") for name in named}
        named |= {abi.ENDS[name] for name in named if name in abi.ENDS}
        self.assertEqual({*abi.FUNCTIONS} - named, {*LEFT_OUT}, "write them into python/etcd.py")

    def test_parts(self) -> None:
        here = pathlib.Path(etcd_api.__file__).parent
        self.assertEqual({path.stem for path in here.glob("_etcd_*.py")}, {*PARTS, "_etcd_abi", "_etcd_aio_recipes"})

    def test_names_in_tracebacks_and_pickles(self) -> None:
        for name in etcd.__all__:
            it = getattr(etcd, name)
            if callable(it):
                self.assertEqual((it.__module__, it.__qualname__), ("etcd", name))
                self.assertIs(pickle.loads(pickle.dumps(it)), it)

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
