"""Many callers who ask the same at once make one call."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from orm.caching import CacheStatistics
from orm.errors import ThrottledError, UnexpectedItemError
from orm.requests import Request
from tests.unit.orm.caching.fakes import Background, Bench, Holding, get, put

CALLERS = 16


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.table.send(put(1))
    return bench


def is_read(request: Request[Any]) -> bool:
    return request.operation == "GetItem"


def crowd(bench: Bench, holding: Holding, callers: int = CALLERS) -> list[Background]:
    """The callers, once all of them but the first wait for the first one's call."""
    first = Background(lambda: bench.cache.send(get()))
    holding.until_reached()
    joined = bench.cache.statistics().joined + callers - 1
    others = [Background(lambda: bench.cache.send(get())) for _ in range(callers - 1)]
    deadline = time.monotonic() + 10
    while bench.cache.statistics().joined < joined:
        assert time.monotonic() < deadline, "they do not join"
        time.sleep(0.001)
    return [first, *others]


def test_a_crowd_makes_one_call(bench: Bench) -> None:
    holding = bench.held.hold(is_read)
    callers = crowd(bench, holding)
    holding.let_go()
    answers = [caller.result() for caller in callers]
    assert bench.table.counts()["GetItem"] == 1
    assert [answer.item["v"] for answer in answers] == [{"N": "1"}] * CALLERS
    assert len({id(answer.item) for answer in answers}) == CALLERS
    assert bench.cache.statistics() == CacheStatistics(misses=1, joined=CALLERS - 1, stored=1)


def test_a_stampede_makes_one_call(bench: Bench) -> None:
    """Not held up anywhere: whoever comes late finds what is kept."""
    for number in range(30):
        gate = threading.Barrier(CALLERS)

        def ask(pk: str = str(number), gate: threading.Barrier = gate) -> Any:
            gate.wait(10)
            return bench.cache.send(get(pk))

        for caller in [Background(ask) for _ in range(CALLERS)]:
            caller.result()
        assert bench.table.counts()["GetItem"] == number + 1


def test_an_error_is_told_to_all_and_not_kept(bench: Bench) -> None:
    holding = bench.held.hold(is_read)
    callers = crowd(bench, holding)
    holding.let_go(ThrottledError("GetItem", "tab", "slow down"))
    for caller in callers:
        with pytest.raises(ThrottledError, match="slow down"):
            caller.result()
    assert bench.table.counts()["GetItem"] == 0
    assert bench.read(get()) == 1


def test_what_an_error_carries_is_each_caller_s_own(bench: Bench) -> None:
    """A row is made of it where an item is not what it was to be read as."""
    holding = bench.held.hold(is_read)
    callers = crowd(bench, holding, 3)
    carried = bench.table.send(get(consistent_read=True))
    holding.let_go(UnexpectedItemError("GetItem", "tab", "other", carried))
    items = []
    for caller in callers:
        with pytest.raises(UnexpectedItemError) as caught:
            caller.result()
        items.append(caught.value.answer.item)
    assert items[0] == items[1] == items[2]
    assert len({id(item) for item in items}) == 3


def test_a_foreign_error_is_told_to_all_as_well(bench: Bench) -> None:
    holding = bench.held.hold(is_read)
    callers = crowd(bench, holding, 3)
    holding.let_go(LookupError("odd"))
    for caller in callers:
        with pytest.raises(LookupError, match="odd"):
            caller.result()


def test_a_caller_that_is_interrupted_takes_no_one_along(bench: Bench) -> None:
    """The others look again."""
    holding = bench.held.hold(is_read)
    first, *others = crowd(bench, holding)
    holding.let_go(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        first.result()
    assert {caller.result().item["v"]["N"] for caller in others} == {"1"}
    assert bench.table.counts()["GetItem"] == 1


@pytest.mark.parametrize("after", [False, True], ids=["before it looks", "after"])
def test_no_one_waits_for_a_call_that_began_before_his_own_write(bench: Bench, after: bool) -> None:
    """It may have looked before."""
    holding = bench.held.hold(is_read, after=after)
    callers = crowd(bench, holding)
    bench.cache.send(put(2))
    assert bench.read(get()) == 2
    holding.let_go()
    for caller in callers:
        caller.result()
    assert bench.read(get()) == 2


def test_no_lock_is_held_during_a_call(bench: Bench) -> None:
    """While one read and one write hang, everything else goes on."""
    read, write = bench.held.hold(is_read), put(2, "B")
    reader = Background(lambda: bench.cache.send(get()))
    read.until_reached()
    hung = bench.held.hold(lambda request: request is write)
    writer = Background(lambda: bench.cache.send(write))
    hung.until_reached()

    def go_on() -> tuple[int | None, int | None]:
        bench.cache.send(put(3, "C"))
        found = bench.read(get("C")), bench.read(get("B"))
        bench.cache.statistics()
        bench.cache.forget()
        return found

    assert Background(go_on).result() == (3, None)
    read.let_go()
    hung.let_go()
    assert reader.result().item["v"] == {"N": "1"}
    writer.result()


def test_what_is_read_while_everything_is_forgotten_is_not_kept(bench: Bench) -> None:
    holding = bench.held.hold(is_read)
    reader = Background(lambda: bench.cache.send(get()))
    holding.until_reached()
    bench.cache.forget()
    holding.let_go()
    reader.result()
    bench.cache.send(get())
    assert bench.table.counts()["GetItem"] == 2
