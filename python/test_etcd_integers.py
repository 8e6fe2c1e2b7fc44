"""Tests that no integer is cut on its way into the library."""

import asyncio
import ctypes
import inspect
import math
from typing import Any, Dict, Iterator, Set, Tuple

import _etcd_abi as abi
import _etcd_encode
import etcd
import etcd_aio
import test_etcd
from test_etcd import ENDPOINTS


class Integers(test_etcd.Case):
    """Every integer that a caller may give, as _etcd_abi.py declares it."""

    LARGE = 2**63, -2**63 - 1, 2**64 + 5
    # Fields that etcd.py fills in by itself.
    OURS = {"size", "len", "flags", "sort_order", "sort_target", "target", "relation", "isolation", "reserved",
            "log_level", "log_reserved"}
    FIELDS = {name for kind in vars(abi).values() if hasattr(kind, "_fields_") and kind is not abi.Counters
              for name, of, *_ in kind._fields_ if of in _etcd_encode._INTEGERS and not name.endswith("_ms")} - OURS

    def refused(self) -> Iterator[Tuple[str, str, Dict[str, Any]]]:
        """Each call with each of its integers, and arguments of which this one does not fit."""
        sample = {int: 1, etcd.Data: self.root, "Txn": etcd.Txn()}
        for name in sorted(dir(etcd.Client)):
            make = getattr(etcd, f"_{name}", None)
            if make is None or name == "do":
                continue
            good = {it.name: sample.get(it.annotation) for it in inspect.signature(make).parameters.values()
                    if it.kind == it.POSITIONAL_OR_KEYWORD and it.default is it.empty}
            for integer in sorted(self.FIELDS | {name for name in good if good[name] == 1}):
                for large in self.LARGE:
                    arguments = {**good, integer: large}
                    try:
                        make(**arguments)
                    except TypeError:
                        break  # It has no such option.
                    except etcd.InvalidArgument as error:
                        self.assertEqual((error.name, error.outcome), ("ETCD_ERR_INVALID_ARGUMENT", etcd.NOT_APPLIED))
                        yield name, integer, arguments
                    else:
                        self.fail(f"{name}({arguments}) would be made")

    def test_none_is_cut(self) -> None:
        tried: Set[str] = set()
        queue = etcd.Queue()

        async def every_form(client: etcd.Client) -> None:
            async with etcd_aio.Client(ENDPOINTS) as aio:
                for name, integer, arguments in self.refused():
                    tried.update((name, integer))
                    for at in (client, etcd.Op, etcd.Txn().then):
                        if hasattr(at, name):
                            with self.assertRaises(etcd.InvalidArgument):
                                getattr(at, name)(**arguments)
                    if hasattr(client, name + "_async"):
                        with self.assertRaises(etcd.InvalidArgument):
                            getattr(client, name + "_async")(queue, **arguments)
                    if hasattr(aio, name):
                        with self.assertRaises(etcd.InvalidArgument):
                            await getattr(aio, name)(**arguments)
                self.assertEqual((client.counters()["calls"], aio.counters()["calls"]), (0, 0))

        with etcd.Client(ENDPOINTS) as client:
            asyncio.run(every_form(client))
        for large in self.LARGE:
            for target in ("version", "create", "mod", "lease"):
                with self.assertRaises(etcd.InvalidArgument):
                    etcd.Txn().compare("key", target, "==", large)
            for option in ("max_send_bytes", "max_receive_bytes"):
                with self.assertRaises(etcd.InvalidArgument):
                    etcd.Client(ENDPOINTS, **{option: large})  # type: ignore[arg-type]
            with self.client.session() as session:
                calls = (lambda: session.lost(large), lambda: session.lost_async(queue, large),
                         lambda: session.election("name").resume(large),
                         lambda: session.election("name").resume_async(queue, large))
                for call in calls:
                    with self.assertRaises(etcd.InvalidArgument):
                        call()
            with self.assertRaises(etcd.InvalidArgument):
                self.client.stm_run(lambda stm: stm.put("key", "value", lease=large))
        self.assertEqual(self.FIELDS - tried, {"number", "max_send_bytes", "max_receive_bytes"})
        forms = {f"etcd_{family}{name}{form}"
                 for family in ("", "kv_") for name in tried for form in ("", "_async", "_open")}
        taking = {name for name, (_, arguments) in abi.FUNCTIONS.items() if ctypes.c_int64 in arguments}
        others = {f"etcd_{name}{form}" for name in ("lease_session_lost", "election_resume") for form in ("", "_async")}
        self.assertEqual(taking - forms, {"etcd_txn_compare_number", "etcd_stm_put", *others})

    def test_the_ends_of_a_range(self) -> None:
        error = self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT",
                           lambda: self.client.lease_grant(60, id=2**63))
        self.assertIn(f"id is not from {-2**63} to {2**63 - 1}", str(error))
        error = self.fails(etcd.InvalidArgument, "ETCD_ERR_INVALID_ARGUMENT",
                           lambda: etcd.Client(ENDPOINTS, max_send_bytes=-1))
        self.assertIn("max_send_bytes is not from 0 to 4294967295", str(error))
        self.assertFalse(self.client.put_if_revision(self.root, 2**63 - 1, "value"))
        with self.assertRaises(TypeError):
            self.client.lease_grant(60.5)  # type: ignore[arg-type]

    def test_times(self) -> None:
        ms = _etcd_encode._ms
        for seconds in (10.0**300, 10**400, 2**32 / 1000, 2**64):
            self.assertEqual(ms(seconds), 2**32 - 2)
        self.assertEqual([ms(seconds) for seconds in (None, math.inf, 1e-9, 1.5)], [0, 2**32 - 1, 1, 1500])
        for wrong in (-1, -math.inf, math.nan):
            with self.assertRaises(ValueError):
                self.client.get(self.root, timeout=wrong)
