"""Whatever threads do, none ever reads what is older than what it has written.

Each item is a register that only grows: a write adds one. What it has made of an item is a floor
for its thread, and no later read of the same thread may fall below. In one mode eventual reads are
answered by a replica that lags all the time, which only the window makes up for; in the other there
is no window and writes lose their answers, so that only marks do.
"""

from __future__ import annotations

import contextlib
import random
import threading
from functools import partial
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from orm.caching import CachedDriver, MemoryStore
from orm.caching.subjects import is_of_index
from orm.errors import AnswerLostError
from orm.requests import (
    Action,
    BatchGetItem,
    BatchWriteItem,
    GetItem,
    Request,
    TransactWriteItems,
    Update,
    UpdateItem,
)
from tests.unit.orm.caching.fakes import Background, Bench, Replicated, get, key, put, query, value

PLACES = [(pk, sk) for pk in "AB" for sk in "12"]


def add(pk: str, sk: str, together: bool) -> Request[Any]:
    changed: dict[str, Any] = {
        "table_name": "tab",
        "key": key(pk, sk),
        "update_expression": "ADD v :one",
        "expression_attribute_values": {":one": {"N": "1"}},
    }
    if together:
        return TransactWriteItems(transact_items=[Action(update=Update(**changed))])
    return UpdateItem(**changed)


def reads_of(pk: str, sk: str) -> list[Request[Any]]:
    other = PLACES[PLACES.index((pk, sk)) - 1]
    both = {"tab": {"Keys": [key(pk, sk), key(*other)]}}
    return [get(pk, sk), query(pk), query(pk, limit=1), BatchGetItem(request_items=both)]


def seen(answer: Any) -> dict[tuple[str, str], int]:
    """What an answer says of the items that it holds."""
    if hasattr(answer, "responses"):
        items = answer.responses["tab"]
    else:
        items = answer.items if hasattr(answer, "items") else [answer.item]
    return {(i["pk"]["S"], i["sk"]["S"]): int(i["v"]["N"]) for i in items if i}


class Unreliable:
    """A `Driver` that changes threads at calls, and loses answers or has a replica that lags."""

    def __init__(self, seed: int, *, lags: bool) -> None:
        self.table = Replicated()
        for place in PLACES:
            self.table.send(put(0, *place))
        self.table.lags, self._lost = lags, 0.0 if lags else 0.1
        self._rng, self._lock = random.Random(seed), threading.Lock()
        self._order, self._told = threading.Lock(), threading.local()

    def _chance(self, share: float) -> bool:
        with self._lock:
            return self._rng.random() < share

    def send(self, request: Any, /) -> Any:
        self._dawdle()
        answer = self._written(request) if request.writes else self.table.send(request)
        self._dawdle()
        if self._chance(0.02):
            self.table.catch_up()
        if request.writes and self._chance(self._lost):
            raise AnswerLostError(request.operation, "tab", "lost")
        return answer

    def _written(self, request: Any) -> Any:
        """Carry a write out, and remember for its thread what the item is by it."""
        changed = getattr(request, "key", None) or request.transact_items[0].update.key
        strong: GetItem[Any] = GetItem(table_name="tab", key=changed, consistent_read=True)
        with self._order:
            answer = self.table.send(request)
            self._told.number = value(self.table.send(strong))
        return answer

    def number(self) -> int:
        """What the last write of this thread has made of its item."""
        number: int = self._told.number
        return number

    def _dawdle(self) -> None:
        if self._chance(0.3):
            threading.Event().wait(0.0003)


class Actor:
    """One thread: what it did, and the least that it may see from now on."""

    def __init__(self, cache: CachedDriver, engine: Unreliable, seed: int) -> None:
        self._cache, self._engine, self._rng = cache, engine, random.Random(seed)
        self._floor = dict.fromkeys(PLACES, 0)

    def run(self, steps: int) -> None:
        for _ in range(steps):
            pk, sk = self._rng.choice(PLACES)
            if self._rng.random() < 0.1:
                self._write(pk, sk)
            else:
                self._read(self._rng.choice(reads_of(pk, sk)))

    def _write(self, pk: str, sk: str) -> None:
        """Its answer may be lost; applied it is."""
        with contextlib.suppress(AnswerLostError):
            self._cache.send(add(pk, sk, together=self._rng.random() < 0.3))
        self._floor[pk, sk] = self._engine.number()

    def _read(self, request: Request[Any]) -> None:
        for place, number in seen(self._cache.send(request)).items():
            least = self._floor[place]
            assert number >= least, f"{request}: {place} is {number}, and {least} was written"


@pytest.mark.parametrize("lags", [True, False], ids=["a replica lags", "answers are lost"])
@pytest.mark.parametrize("seed", range(4))
def test_no_thread_reads_what_is_older_than_its_own_last_write(seed: int, lags: bool) -> None:
    settle = 600.0 if lags else 0.0
    store = MemoryStore(max_entries=6)
    engine = Unreliable(seed, lags=lags)
    cache = CachedDriver(engine, store=store, ttl=60.0, settle=settle)
    actors = [Actor(cache, engine, seed * 100 + number) for number in range(8)]
    threads = [Background(partial(actor.run, 120)) for actor in actors]
    for thread in threads:
        thread.result()
    counts = cache.statistics()
    assert counts.hits > 20, f"seed {seed}: nothing was answered by the cache: {counts}"
    assert counts.joined > 0, f"seed {seed}: nobody ever asked together: {counts}"
    _check_books(cache)


def _check_books(cache: CachedDriver) -> None:
    """At rest, nothing is remembered but what is kept."""
    assert not cache._flights
    assert not cache._freshness._active
    assert _watched(cache) == set(cache._kept.values())
    cache.forget()
    assert _watched(cache) == set()


def _watched(cache: CachedDriver) -> set[Any]:
    found: set[Any] = set()
    for table in cache._freshness._tables.values():
        for by_values in table._marks.values():
            assert all(by_values.values()), "an empty set was left behind"
            found.update(*by_values.values())
    return found


class OneCaller(RuleBasedStateMachine):
    """One caller after the other: every answer by key is what was written last, whatever was kept,
    lags or has expired; foreign writes are seen after the time that was said."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(ttl=10.0, settle=2.0, store=MemoryStore(max_entries=4))
        self.bench.table.lags = True
        self.truth: dict[tuple[str, str], int] = {}

    @rule(place=st.sampled_from(PLACES), value=st.integers(0, 99), batch=st.booleans())
    def write(self, place: tuple[str, str], value: int, batch: bool) -> None:
        written: Any = put(value, *place)
        if batch:
            writes = [{"PutRequest": {"Item": written.item}}]
            written = BatchWriteItem(request_items={"tab": writes})
        self.bench.cache.send(written)
        self.truth[place] = value

    @rule(place=st.sampled_from(PLACES), which=st.integers(0, 3))
    def read(self, place: tuple[str, str], which: int) -> None:
        request = reads_of(*place)[which]
        assert not is_of_index(request)
        found = seen(self.bench.cache.send(request))
        assert found.items() <= self.truth.items()
        if which == 0:
            assert found == {p: v for p, v in self.truth.items() if p == place}

    @rule(seconds=st.sampled_from([0.5, 1.9]))
    def time_passes(self, seconds: float) -> None:
        """Less than the window, so the replica may not have caught up."""
        self.bench.clock.sleep(seconds)
        self.bench.table.catch_up()

    @rule()
    def foreign_write(self) -> None:
        """Another process writes, and the answers of before are too old."""
        self.bench.table.send(put(-1))
        self.truth["A", "1"] = -1
        self.bench.table.catch_up()
        self.bench.clock.sleep(10.0)

    @invariant()
    def books_are_bounded(self) -> None:
        assert len(self.bench.cache._kept) <= 4


TestOneCaller = OneCaller.TestCase
TestOneCaller.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
