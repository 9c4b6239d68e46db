"""The store in memory is bounded, and lets go of what was not used for longest."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence

from orm.caching import CacheStatistics, MemoryStore
from orm.caching.store import ENTRY_BYTES
from tests.unit.orm.caching.fakes import Bench, get, put


def test_the_least_recently_used_go_first() -> None:
    store = MemoryStore(max_entries=2)
    store.put(b"a", b"1")
    store.put(b"b", b"2")
    assert store.get(b"a") == b"1"
    assert store.put(b"c", b"3") == [b"b"]
    assert [store.get(key) for key in (b"a", b"b", b"c")] == [b"1", None, b"3"]


def test_bytes_are_bounded() -> None:
    store = MemoryStore(max_bytes=10 * (ENTRY_BYTES + 101))
    for number in range(100):
        store.put(bytes([number]), b"x" * 100)
        assert store.size_bytes <= 10 * (ENTRY_BYTES + 101)
    assert len(store) == 10


def test_a_value_larger_than_the_store_pushes_nothing_out() -> None:
    store = MemoryStore(max_bytes=5_000)
    store.put(b"a", b"1")
    assert store.put(b"b", b"x" * 5_000) == [b"b"]
    assert store.get(b"a") == b"1"
    assert store.get(b"b") is None


def test_replacing_and_deleting_keep_the_size_true() -> None:
    store = MemoryStore()
    store.put(b"a", b"x" * 100)
    store.put(b"a", b"y")
    assert store.size_bytes == ENTRY_BYTES + 2
    store.delete(b"a")
    store.delete(b"a")
    assert store.size_bytes == len(store) == 0


def test_the_cache_forgets_what_its_store_has_let_go() -> None:
    bench = Bench(store=MemoryStore(max_entries=2))
    for pk in "ABC":
        bench.cache.send(get(pk))
    assert bench.cache.statistics() == CacheStatistics(misses=3, stored=3, evicted=1)
    for pk in "BC":
        bench.cache.send(get(pk))
    assert bench.cache.statistics().hits == 2
    bench.cache.send(get("A"))
    assert bench.cache.statistics().misses == 4


class Forgetful(MemoryStore):
    """Loses values, and does not say which."""

    def get(self, key: bytes, /) -> bytes | None:
        self.delete(key)
        return None


def test_a_store_may_lose_what_it_wants() -> None:
    bench = Bench(store=Forgetful())
    for _ in range(3):
        bench.cache.send(get())
    assert bench.table.counts() == {"GetItem": 3}


class Meddled(MemoryStore):
    """Does something else in the middle of its work, as another thread might."""

    def __init__(self) -> None:
        super().__init__()
        self.on_get: list[Callable[[], object]] = []
        self.on_put: list[Callable[[], object]] = []

    def get(self, key: bytes, /) -> bytes | None:
        if self.on_get:
            self.delete(key)
            self.on_get.pop()()
            return None
        return super().get(key)

    def put(self, key: bytes, value: bytes, /) -> Sequence[bytes]:
        gone = super().put(key, value)
        if self.on_put:
            self.on_put.pop()()
        return gone


def test_what_was_kept_since_it_was_looked_for_is_found() -> None:
    """Between looking for an answer and asking for it, another caller may have got it."""
    store = Meddled()
    bench = Bench(store=store)
    bench.cache.send(get())
    store.on_get.append(lambda: bench.cache.send(get()))
    bench.cache.send(get())
    assert bench.table.counts() == {"GetItem": 2}


def test_what_is_overtaken_while_it_is_put_does_not_stay() -> None:
    store = Meddled()
    bench = Bench(store=store)
    store.on_put.append(lambda: bench.cache.send(put(2)))
    assert bench.read(get()) is None
    assert len(store) == bench.cache.statistics().stored == 0
    assert bench.read(get()) == 2


def test_two_caches_on_one_store_never_take_each_other_s_answers() -> None:
    """Each knows the writes of its own callers only."""
    store = MemoryStore()
    one, other = Bench(store=store), Bench(store=store)
    one.cache.send(get())
    other.cache.send(get())
    one.cache.send(get())
    assert one.cache.statistics().hits == other.cache.statistics().hits == 0


def test_an_entry_takes_about_what_is_reckoned() -> None:
    """With the books that the cache keeps of it: at least half and at most all of it."""
    bench = Bench(store=(store := MemoryStore()))
    bench.cache.send(get("warm"))
    before = store.size_bytes
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    for number in range(500):
        bench.cache.send(get(f"USER#{number}"))
        bench.table.sent.clear()
    taken = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    assert 0.5 < taken / (store.size_bytes - before) < 1.0
