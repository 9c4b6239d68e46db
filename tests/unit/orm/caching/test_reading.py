"""What is kept, for how long, and how it is handed out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from orm.caching import CachedDriver, CacheStatistics, MemoryStore
from orm.driver import MeteredDriver
from orm.errors import ConfigurationError, UnexpectedItemError
from orm.requests import (
    BatchGetItem,
    BatchGot,
    DescribeTable,
    GetItem,
    Item,
    Request,
    Scan,
)
from tests.unit.orm.caching.fakes import Bench, by_index, get, key, put, query, value
from tests.unit.orm.fakes import ScriptedDriver

BATCH = BatchGetItem(request_items={"tab": {"Keys": [key(), key("B")]}})
READS: list[Request[Any]] = [get(), query(), by_index(), BATCH, get("nobody")]


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """One item is there, long since."""
    bench.table.send(put(1))
    return bench


@pytest.mark.parametrize("request_", READS, ids=lambda r: r.operation)
def test_the_same_read_is_sent_once(bench: Bench, request_: Request[Any]) -> None:
    first, second = bench.cache.send(request_), bench.cache.send(request_)
    assert bench.table.counts()[request_.operation] == 1
    assert bench.cache.statistics() == CacheStatistics(hits=1, misses=1, stored=1)
    free = msgspec.structs.replace(first, consumed_capacity=second.consumed_capacity)
    assert second == free


@pytest.mark.parametrize("request_", READS, ids=lambda r: r.operation)
def test_an_answer_that_was_kept_consumes_nothing(bench: Bench, request_: Request[Any]) -> None:
    """So that a meter outside counts what was paid."""
    meter = MeteredDriver(bench.cache)
    meter.send(request_)
    paid = meter.usage().capacity_units[request_.operation]
    meter.send(request_)
    assert meter.usage().capacity_units[request_.operation] == paid > 0


def test_every_caller_has_an_answer_of_its_own(bench: Bench) -> None:
    """What one does to it, no other sees."""
    for _ in range(3):
        item = bench.cache.send(get()).item
        assert item is not None
        assert item["v"] == {"N": "1"}
        item["v"]["N"] = "ruined"
        item.clear()


@pytest.mark.parametrize(
    "request_",
    [
        get(consistent_read=True),
        query(consistent_read=True),
        BatchGetItem(request_items={"tab": {"Keys": [key()], "ConsistentRead": True}}),
        Scan(table_name="tab"),
        DescribeTable(table_name="tab"),
    ],
    ids=["get", "query", "batch", "scan", "describe"],
)
def test_strong_reads_scans_and_all_else_go_straight_through(
    bench: Bench, request_: Request[Any]
) -> None:
    """Even where an answer to the eventual read is kept."""
    for read in READS:
        bench.cache.send(read)
    before = bench.cache.statistics()
    sent = len(bench.table.sent)
    bench.cache.send(request_)
    bench.cache.send(request_)
    assert bench.table.sent[sent:] == [request_, request_]
    assert bench.cache.statistics() == before


def test_an_answer_lives_as_long_as_was_said_from_when_it_was_asked_for() -> None:
    bench = Bench(ttl=30.0)
    bench.cache.send(get())
    bench.clock.sleep(29.9)
    bench.cache.send(get())
    assert bench.table.counts() == {"GetItem": 1}
    bench.clock.sleep(0.1)
    bench.cache.send(get())
    assert bench.table.counts() == {"GetItem": 2}


def test_what_has_expired_leaves_the_store_at_the_next_call() -> None:
    store = MemoryStore()
    bench = Bench(ttl=30.0, store=store)
    for number in range(5):
        bench.cache.send(get(str(number)))
    bench.clock.sleep(30.0)
    bench.cache.send(get("new"))
    assert len(store) == 1
    assert bench.cache.statistics().expired == 5


class Other(msgspec.Struct):
    v: dict[str, str]


class Twin(msgspec.Struct):
    v: dict[str, str]


class Wrong(msgspec.Struct):
    absent: dict[str, str]


def test_a_read_as_another_type_is_another_read(bench: Bench) -> None:
    typed: GetItem[Other] = GetItem(table_name="tab", key=key(), read_as=Other)
    twin: GetItem[Twin] = GetItem(table_name="tab", key=key(), read_as=Twin)
    for _ in range(2):
        assert bench.cache.send(typed).item == Other({"N": "1"})
        assert bench.cache.send(twin).item == Twin({"N": "1"})
        assert value(bench.cache.send(get())) == 1
    assert bench.table.counts() == {"PutItem": 1, "GetItem": 3}


def test_an_item_of_another_type_is_refused_as_without_a_cache(bench: Bench) -> None:
    wrong: GetItem[Wrong] = GetItem(table_name="tab", key=key(), read_as=Wrong)
    for _ in range(2):
        with pytest.raises(UnexpectedItemError) as caught:
            bench.cache.send(wrong)
        assert value(caught.value.answer) == 1
    assert bench.cache.statistics() == CacheStatistics(misses=2)


def test_a_batch_with_something_left_undone_is_not_kept() -> None:
    """The rest is for the caller to ask for again, and must then be looked at."""
    partial = BatchGot(
        consumed_capacity=[], responses={}, unprocessed_keys={"tab": {"Keys": [key()]}}
    )
    driver = ScriptedDriver(lambda request: partial)
    cache = CachedDriver(driver)
    assert cache.send(BATCH) == cache.send(BATCH) == partial
    assert len(driver.requests) == 2


def test_a_request_that_cannot_be_written_down_is_sent(bench: Bench) -> None:
    """What is wrong with it, the driver says."""
    driver = ScriptedDriver(lambda request: "said")
    cache = CachedDriver(driver)
    unspeakable: list[Request[Any]] = [get("\ud800")]
    values: Item = {":p": {"N": "one"}}
    malformed = msgspec.structs.replace(query(), expression_attribute_values=values)
    unspeakable.append(malformed)
    assert [cache.send(request) for request in unspeakable] == ["said", "said"]


def test_forget_lets_go_of_everything() -> None:
    store = MemoryStore()
    bench = Bench(store=store)
    for read in READS:
        bench.cache.send(read)
    bench.cache.forget()
    assert len(store) == store.size_bytes == 0
    bench.cache.send(get())
    assert bench.cache.statistics().hits == 0
    assert bench.cache.statistics().overtaken == len(READS)


@pytest.mark.parametrize("settings", [{"ttl": 0}, {"ttl": float("nan")}, {"settle": -1}])
def test_settings_that_cannot_work_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(settings))):
        Bench(**settings)
