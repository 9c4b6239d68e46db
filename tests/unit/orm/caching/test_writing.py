"""Whoever has written reads what was written, and nothing older is kept."""

from __future__ import annotations

from typing import Any

import pytest

from orm.caching import CachedDriver
from orm.caching.freshness import RECENT_MAX, SHAPES_MAX, Freshness
from orm.caching.subjects import Subject, tags_of
from orm.clock import ManualClock
from orm.driver import Fault, FaultyTransport, WireDriver
from orm.errors import AnswerLostError, ConditionFailedError, TableNotFoundError, UnreachableError
from orm.memory import MemoryTransport
from orm.requests import (
    Action,
    BatchGetItem,
    BatchWriteItem,
    Capacity,
    ConditionCheck,
    Delete,
    DeleteItem,
    DeleteTable,
    GetItem,
    GotItem,
    Item,
    Put,
    PutItem,
    Request,
    TransactWriteItems,
    Update,
    UpdateItem,
)
from orm.tables import TableShape, create_table
from tests.unit.orm.caching.fakes import (
    CONFIG,
    Background,
    Bench,
    Statement,
    by_index,
    get,
    key,
    put,
    query,
    value,
)
from tests.unit.orm.fakes import ScriptedDriver

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/tab"
TO_TWO: dict[str, Any] = {
    "update_expression": "SET v = :v",
    "expression_attribute_values": {":v": {"N": "2"}},
}


def together(**action: Any) -> TransactWriteItems:
    return TransactWriteItems(transact_items=[Action(**action)])


WRITES: dict[str, tuple[Request[Any], int | None]] = {
    "put": (put(2), 2),
    "update": (UpdateItem(table_name="tab", key=key(), **TO_TWO), 2),
    "delete": (DeleteItem(table_name="tab", key=key()), None),
    "batch put": (
        BatchWriteItem(request_items={"tab": [{"PutRequest": {"Item": put(2).item}}]}),
        2,
    ),
    "batch delete": (
        BatchWriteItem(request_items={"tab": [{"DeleteRequest": {"Key": key()}}]}),
        None,
    ),
    "put in a transaction": (together(put=Put(table_name="tab", item=put(2).item)), 2),
    "update in a transaction": (together(update=Update(table_name="tab", key=key(), **TO_TWO)), 2),
    "delete in a transaction": (together(delete=Delete(table_name="tab", key=key())), None),
    "statement": (Statement(put=put(2)), 2),
}
READS: dict[str, Request[Any]] = {
    "get": get(),
    "query": query(),
    "of one item": query(limit=1),
    "index": by_index(),
}


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """An item in each of two partitions, long since; every read of them is kept."""
    bench.table.send(put(1))
    bench.table.send(put(1, "B"))
    for read in (*READS.values(), get("B"), query("B")):
        bench.cache.send(read)
    return bench


@pytest.mark.parametrize("read", ["get", "query", "of one item"])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_seen_by_the_next_read(bench: Bench, write: str, read: str) -> None:
    """Though every eventual read finds what was there before."""
    bench.table.lags = True
    request, expected = WRITES[write]
    bench.cache.send(request)
    assert bench.read(READS[read]) == expected
    bench.settled()
    assert bench.read(READS[read]) == expected


@pytest.mark.parametrize("write", WRITES)
def test_an_index_answers_anew_after_a_write(bench: Bench, write: str) -> None:
    """And what it says is not kept as long as it may lag."""
    bench.cache.send(WRITES[write][0])
    for _ in range(2):
        bench.cache.send(by_index())
    assert bench.table.counts()["Query"] == 3 + 3
    bench.settled()
    for _ in range(2):
        bench.cache.send(by_index())
    assert bench.table.counts()["Query"] == 3 + 3 + 1


def test_an_item_that_leaves_a_place_in_an_index_is_gone_from_there(bench: Bench) -> None:
    """Though the write names only where it goes."""
    bench.settled()
    assert bench.cache.send(by_index()).count == 2
    moved = put(1).item | {"gsi1pk": {"S": "elsewhere"}}
    bench.cache.send(PutItem(table_name="tab", item=moved))
    assert bench.cache.send(by_index()).count == 1


@pytest.mark.parametrize("write", [name for name in WRITES if name != "statement"])
def test_a_write_leaves_other_partitions_alone(bench: Bench, write: str) -> None:
    bench.cache.send(WRITES[write][0])
    sent = len(bench.table.sent)
    assert bench.read(get("B")) == bench.read(query("B")) == 1
    assert len(bench.table.sent) == sent


def test_a_write_leaves_other_items_of_its_partition_alone(bench: Bench) -> None:
    bench.cache.send(get("A", "2"))
    bench.cache.send(put(2, "A", "1"))
    sent = len(bench.table.sent)
    bench.cache.send(get("A", "2"))
    assert len(bench.table.sent) == sent


def test_a_new_item_is_found_where_none_was(bench: Bench) -> None:
    assert bench.read(get("new")) is None
    bench.table.lags = True
    bench.cache.send(put(7, "new"))
    assert bench.read(get("new")) == 7


def test_a_batch_of_reads_depends_on_each_of_its_keys(bench: Bench) -> None:
    batch = BatchGetItem(request_items={"tab": {"Keys": [key("A"), key("B")]}})
    bench.table.lags = True
    for number, pk in enumerate("AB", start=5):
        bench.cache.send(batch)
        bench.cache.send(put(number, pk))
        found = bench.cache.send(batch).responses["tab"]
        assert {"N": str(number)} in [item["v"] for item in found]


def test_a_check_is_no_write(bench: Bench) -> None:
    check = ConditionCheck(table_name="tab", key=key(), condition_expression="attribute_exists(pk)")
    bench.cache.send(together(condition_check=check))
    sent = len(bench.table.sent)
    bench.cache.send(get())
    assert len(bench.table.sent) == sent


def test_a_table_that_is_deleted_takes_its_answers_along(bench: Bench) -> None:
    bench.cache.send(DeleteTable(table_name="tab"))
    for read in (get(), query("B"), by_index()):
        with pytest.raises(TableNotFoundError):
            bench.read(read)


def test_a_table_by_its_arn_is_the_same_table(bench: Bench) -> None:
    written = PutItem(table_name=ARN, item=put(2).item)
    bench.held.hold(lambda request: request is written).let_go(AnswerLostError("PutItem", "", ""))
    with pytest.raises(AnswerLostError):
        bench.cache.send(written)
    sent = len(bench.table.sent)
    bench.cache.send(get())
    assert len(bench.table.sent) == sent + 1


def test_equal_numbers_are_one_key() -> None:
    """DynamoDB takes 7 and 7.0 for the same; so does the cache."""
    driver = ScriptedDriver(lambda _request: GotItem(consumed_capacity=Capacity()))
    cache = CachedDriver(driver)
    read: GetItem[Item] = GetItem(table_name="tab", key={"n": {"N": "7"}})
    cache.send(read)
    cache.send(DeleteItem(table_name="tab", key={"n": {"N": "7.0"}}))
    cache.send(read)
    assert len(driver.requests) == 3


# --- while a write is under way --------------------------------------------------------------


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("after", [False, True], ids=["before it is applied", "after"])
def test_what_is_read_while_a_write_is_under_way_is_not_kept(
    bench: Bench, write: str, after: bool
) -> None:
    """The read began and ended within the write; not even another read meanwhile gets it."""
    request, expected = WRITES[write]
    holding = bench.held.hold(lambda one: one is request, after=after)
    writer = Background(lambda: bench.cache.send(request))
    holding.until_reached()
    sent = len(bench.table.sent)
    assert [bench.read(get()), bench.read(get())] == [expected if after else 1] * 2
    assert len(bench.table.sent) == sent + 2
    holding.let_go()
    writer.result()
    assert bench.read(get()) == expected


@pytest.mark.parametrize("read", ["get", "query", "index"])
@pytest.mark.parametrize("after", [False, True], ids=["before it looks", "after"])
def test_what_began_to_be_read_before_a_write_ended_is_not_kept(
    bench: Bench, read: str, after: bool
) -> None:
    """The write began and ended within the read."""
    bench.cache.forget()
    asked = READS[read]
    holding = bench.held.hold(lambda one: one is asked, after=after)
    reader = Background(lambda: bench.read(asked))
    holding.until_reached()
    bench.cache.send(put(2))
    holding.let_go()
    assert reader.result() == (1 if after else 2)
    bench.settled()
    assert bench.read(asked) == 2


def test_a_kind_of_read_that_comes_up_during_a_write_is_not_kept(bench: Bench) -> None:
    """The write began before anyone had read by this key."""
    fresh = Bench()
    fresh.table.send(put(1))
    write = put(2)
    holding = fresh.held.hold(lambda one: one is write)
    writer = Background(lambda: fresh.cache.send(write))
    holding.until_reached()
    assert fresh.read(get()) == fresh.read(query()) == 1
    holding.let_go()
    writer.result()
    assert fresh.read(get()) == fresh.read(query()) == 2


def is_strong(request: Request[Any]) -> bool:
    return bool(request.params().get("ConsistentRead"))


# --- in the window after a write -------------------------------------------------------------


def test_in_the_window_reads_are_sent_as_consistent_ones(bench: Bench) -> None:
    """And kept, for they have seen the write."""
    bench.table.lags = True
    bench.cache.send(put(2))
    assert bench.read(get()) == bench.read(query()) == 2
    assert [is_strong(request) for request in bench.table.sent[-2:]] == [True, True]
    sent = len(bench.table.sent)
    assert bench.read(get()) == bench.read(query()) == 2
    assert len(bench.table.sent) == sent


def test_a_kind_of_read_that_comes_up_in_the_window_is_sent_as_a_consistent_one() -> None:
    """The write could not know that it would be asked for so."""
    bench = Bench()
    bench.table.send(put(1))
    bench.table.lags = True
    bench.cache.send(put(2))
    assert bench.read(query()) == 2


def test_after_the_window_and_elsewhere_reads_are_eventual(bench: Bench) -> None:
    """For consistent ones cost twice as much."""
    bench.settled()
    bench.cache.send(put(2))
    bench.cache.send(get("C"))
    bench.settled()
    bench.cache.send(get())
    assert [is_strong(request) for request in bench.table.sent[-2:]] == [False, False]


def test_more_writes_than_can_be_remembered_make_every_read_a_consistent_one() -> None:
    clock = ManualClock()
    freshness = Freshness(clock, 2.0)
    tags = tags_of(get()) or ()
    freshness.reading(b"", tags, of_index=False)
    clock.sleep(2.1)
    assert not freshness.reading(b"", tags, of_index=False).strong
    for number in range(RECENT_MAX + 1):
        freshness.end([Subject("tab", key(str(number)))], certain=True)
    assert freshness.reading(b"", tags, of_index=False).strong
    clock.sleep(2.1)
    assert not freshness.reading(b"", tags, of_index=False).strong


def read_by(name: str) -> GetItem[Item]:
    return GetItem(table_name="tab", key={name: {"S": "1"}})


def test_reads_by_more_kinds_of_keys_than_are_told_apart_depend_on_the_whole_table() -> None:
    """A write of what they do not ask for takes their marks away all the same."""
    freshness = Freshness(ManualClock(), 0.0)
    names = [f"k{number}" for number in range(SHAPES_MAX + 1)]
    first, *_, last = [
        freshness.reading(b"", tags_of(read_by(name)) or (), of_index=False) for name in names
    ]
    other: Item = {name: {"S": "2"} for name in names}
    assert freshness.begin([Subject("tab", other)]) == {last}
    assert (first.fresh, last.fresh) == (True, False)


def test_a_write_that_does_not_name_a_key_is_taken_for_a_write_of_all() -> None:
    """The table was made anew, say, with another key than reads had before."""
    clock = ManualClock()
    freshness, tags = Freshness(clock, 2.0), tags_of(read_by("a")) or ()
    mark = freshness.reading(b"", tags, of_index=False)
    clock.sleep(2.1)
    write = [Subject("tab", read_by("b").key)]
    assert freshness.begin(write) == {mark}
    freshness.end(write, certain=True)
    assert freshness.reading(b"", tags, of_index=False).strong


# --- writes that fail ------------------------------------------------------------------------


def lost(operation: str, _params: dict[str, Any]) -> Fault | None:
    return Fault.LOST if operation == "PutItem" else None


def test_a_write_whose_answer_is_lost_is_seen() -> None:
    """It was applied, and nobody was told."""
    cache = CachedDriver(WireDriver(FaultyTransport(MemoryTransport(), lost)))
    create_table(cache, TableShape(config=CONFIG, indexes=1), ManualClock())
    assert value(cache.send(get())) is None
    with pytest.raises(AnswerLostError):
        cache.send(put(2))
    assert value(cache.send(get())) == 2


def failed(bench: Bench, error: BaseException) -> None:
    """A write that is not applied yet, for all that is known."""
    write = put(2)
    bench.held.hold(lambda one: one is write).let_go(error)
    with pytest.raises(type(error)):
        bench.cache.send(write)


@pytest.mark.parametrize(
    "error", [AnswerLostError("PutItem", "tab", "lost"), KeyboardInterrupt(), RuntimeError()]
)
def test_a_write_that_may_be_applied_late_lets_nothing_be_kept_in_the_window(
    bench: Bench, error: BaseException
) -> None:
    """A request whose answer was given up on may still be on its way."""
    failed(bench, error)
    assert bench.read(get()) == bench.read(query()) == 1
    bench.table.send(put(2))
    assert bench.read(get()) == bench.read(query()) == 2
    bench.settled()
    assert bench.read(get()) == 2
    sent = len(bench.table.sent)
    assert bench.read(get()) == 2
    assert len(bench.table.sent) == sent


def test_a_write_that_surely_was_not_applied_does_not_stop_reads_from_being_kept(
    bench: Bench,
) -> None:
    failed(bench, UnreachableError("PutItem", "tab", "refused"))
    sent = len(bench.table.sent)
    assert bench.read(get()) == bench.read(get()) == 1
    assert len(bench.table.sent) == sent + 1


def test_a_refused_write_shows_what_refused_it(bench: Bench) -> None:
    """Someone else has written; whoever is told so reads that."""
    bench.table.send(put(9))
    refused = PutItem(
        table_name="tab", item=put(2).item, condition_expression="attribute_not_exists(pk)"
    )
    with pytest.raises(ConditionFailedError):
        bench.cache.send(refused)
    assert bench.read(get()) == 9
