"""That keys and values are copied right, wherever they lie in memory."""

import ctypes
import mmap
import random
import unittest
from typing import Any, List, Tuple

import _etcd_decode
import etcd
import test_etcd

Place = Tuple[int, bytes]


class Memory(unittest.TestCase):
    def setUp(self) -> None:
        # With a page in it, behind `size` bytes, that cannot be read.
        libc = ctypes.CDLL(None, use_errno=True)
        self.size = 64 * mmap.PAGESIZE
        self.memory = mmap.mmap(-1, self.size + 2 * mmap.PAGESIZE)
        self.start = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        self.assertEqual(libc.mprotect(self.start + self.size, mmap.PAGESIZE, 0), 0)
        self.random = random.Random(7)

    def place(self, at: int, length: int) -> Place:
        """Random bytes there, and their address."""
        text = bytes(self.random.randrange(256) for _ in range(length))
        ctypes.memmove(self.start + at, text, length)
        return self.start + at, text

    def check(self, places: List[Tuple[Place, Place]]) -> None:
        rows: List[Tuple[Any, ...]] = [(key[0], len(key[1]), value[0], len(value[1]), i, i + 1, i + 2, i + 3)
                                       for i, (key, value) in enumerate(places)]
        expected = [etcd.KeyValue(key[1], value[1], i, i + 1, i + 2, i + 3)
                    for i, (key, value) in enumerate(places)]
        made = _etcd_decode._kvs(rows)
        self.assertEqual(made, expected)
        self.assertTrue(all(type(kv) is etcd.KeyValue for kv in made))

    def behind_each_other(self, count: int, value: int, gap: int) -> List[Tuple[Place, Place]]:
        """The last one ends where the memory does."""
        each = 10 + value + 2 * gap
        first = self.size - count * each
        return [(self.place(first + i * each + gap, 10), self.place(first + i * each + 2 * gap + 10, value))
                for i in range(count)]

    def test_behind_each_other(self) -> None:
        for count in 0, 1, 2, 127, 128, 129, 400:
            for value, gap in (30, 12), (1, 0), (0, 5), (500, 0):
                with self.subTest(count=count, value=value, gap=gap):
                    self.check(self.behind_each_other(count, value, gap))

    def test_on_both_sides_of_what_cannot_be_read(self) -> None:
        after = self.size + mmap.PAGESIZE
        places = self.behind_each_other(20, 30, 12)
        self.check(places + [(self.place(after, 10), self.place(after + 10, 30))])
        self.check(places + [(places[-1][1], self.place(after, 10))])

    def test_in_any_order(self) -> None:
        places = self.behind_each_other(200, 30, 12)
        self.check(places[::-1])
        self.check([(value, key) for key, value in places])
        self.check([(key, places[i - 1][1]) for i, (key, _) in enumerate(places)])
        for _ in range(100):
            some = self.random.choices(places, k=5)
            self.check(some + [(self.random.choice(some)[1], self.random.choice(some)[0])])

    def test_empty_ones_lie_anywhere(self) -> None:
        places = self.behind_each_other(200, 30, 12)
        for address in 0, 1, self.start + self.size, 2**64 - 1:
            empty = address, b""
            self.check([(key, self.random.choice([value, empty])) for key, value in places])
            self.check([(self.random.choice([key, empty]), value) for key, value in places])
            self.check([(empty, empty)] * 3)

    def test_large_and_far_apart(self) -> None:
        for length in 4000, 4085, 4096, 9000:
            each = self.size // 20
            self.check([(self.place(i * each, 10), self.place(i * each + 10, length)) for i in range(20)])
            self.check([(self.place(i * each, 10), self.place((i + 1) * each - length, length)) for i in range(20)])


class Replies(test_etcd.Case):
    def test_every_kind_of_value(self) -> None:
        values = [b"", b"a", bytes(range(256)), b"large" * 2000] * 70
        for i, value in enumerate(values):
            self.client.put(f"{self.root}{i:04}", value)
        listed = self.client.prefix(self.root)
        self.assertEqual([kv.value for kv in listed], values)
        self.assertEqual([kv.key.decode() for kv in listed], [f"{self.root}{i:04}" for i in range(len(values))])
        self.assertEqual({kv.value for kv in self.client.prefix(self.root, keys_only=True)}, {b""})
        descending = self.client.prefix(self.root, sort="descend", sort_by="value")
        self.assertEqual([kv.value for kv in descending], sorted(values, reverse=True))
        page = self.client.prefix(self.root, limit=3)
        first = page.kvs[0].create_revision
        self.client.delete_prefix(self.root)
        with self.client.watch(prefix=self.root, start_revision=first, prev_kv=True, merge=True) as watch:
            events: List[etcd.WatchEvent] = []
            while len(events) < 2 * len(values):
                events += watch.next(20)
        put, gone = events[:len(values)], events[len(values):]
        self.assertEqual([(event.kind, event.kv.value, event.prev_kv) for event in put],
                         [(etcd.PUT, value, None) for value in values])
        self.assertEqual([(event.kind, event.kv.key, event.kv.value) for event in gone],
                         [(etcd.DELETE, kv.key, b"") for kv in listed])
        self.assertEqual([event.prev_kv for event in gone], listed.kvs)


if __name__ == "__main__":
    unittest.main()
