"""Reading: ranges, pages, density, heads."""

from __future__ import annotations

import secrets
import tracemalloc

import pytest

from eventstore import ANY, NO_STREAM, DynamoDBLog, Log, StreamCorruptedError, StreamId
from orm.driver import Transport, WireDriver
from orm.requests import DeleteItem, Item, PutItem, Query
from tests.conftest import fresh_config
from tests.support.logs import TableStore, draft, new_id, numbers

PAGE_BYTES = 1_048_576  # API reference: Query


def fill(log: Log, stream: StreamId, commits: int, size_bytes: int = 10) -> None:
    """That many commits of two events each, incompressible."""
    token = log.head(stream)
    for _ in range(commits):
        data = secrets.token_bytes(size_bytes)
        [token] = log.append([draft(stream, token, data, 2)], commit_id=new_id())


@pytest.mark.parametrize(
    ("after", "up_to", "expected"),
    [
        (0, None, [1, 2, 3, 4, 5]),
        (2, None, [3, 4, 5]),
        (0, 3, [1, 2, 3]),
        (1, 4, [2, 3, 4]),
        (3, 3, []),
        (4, 2, []),
        (5, None, []),
        (9, None, []),
        (0, 0, []),
        (0, 99, [1, 2, 3, 4, 5]),
        (-3, -1, []),
        (-3, 2, [1, 2]),
    ],
)
def test_bounds_are_commit_numbers(log: Log, stream: StreamId, after, up_to, expected):
    """`after` is left out, `up_to` is in; beyond either end there is nothing, and no error."""
    fill(log, stream, 5)
    assert [c.number for c in log.read(stream, after=after, up_to=up_to)] == expected


@pytest.mark.parametrize("up_to", [None, 0, 3, 99])
def test_payloads_are_those_of_the_commits(log: Log, stream: StreamId, up_to: int | None):
    """What folding takes is what `read` reads, over pages too, and says where it ends."""
    fill(log, stream, 5, 300_000)
    pages = list(log.payloads(stream, up_to=up_to))
    commits = list(log.read(stream, up_to=up_to))
    assert [data for page in pages for data in page.data] == [c.data for c in commits]
    assert [one for page in pages for one in page.metadata] == [c.metadata for c in commits]
    assert [number for page in pages for number in range(page.first, page.last + 1)] == [
        c.number for c in commits
    ]
    assert [(page.last, page.version) for page in pages[-1:]] == [
        (c.number, c.version) for c in commits[-1:]
    ]


def test_a_stream_that_is_not_there_reads_as_nothing(log: Log, stream: StreamId):
    assert list(log.read(stream)) == []
    assert list(log.payloads(stream)) == []
    assert (log.head(stream).commit, log.head(stream).version) == (0, 0)


def test_the_head_is_the_token_of_the_last_commit(log: Log, stream: StreamId):
    [one] = log.append([draft(stream, NO_STREAM, count=7)], commit_id=new_id())
    assert log.head(stream) == one
    [two] = log.append([draft(stream, one, count=2)], commit_id=new_id())
    assert log.head(stream) == two
    assert two.epoch == log.epoch


def test_a_stream_over_one_page_is_read_whole(log: Log, stream: StreamId):
    """Over 1 MB an answer is cut into pages; the reader sees none of it."""
    fill(log, stream, 8, 300_000)
    assert [n for n, _, _ in numbers(log, stream)] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [c.number for c in log.read(stream, after=3, up_to=7)] == [4, 5, 6, 7]
    assert log.head(stream).commit == 8


def test_reading_a_long_stream_holds_one_page_at_a_time(table_store: TableStore, stream: StreamId):
    """12 MB pass through; what is held is a page and what its decoding takes."""
    fill(table_store.log, stream, 30, 380_000)
    tracemalloc.start()
    try:
        assert sum(len(c.data) for c in table_store.log.read(stream)) == 30 * 380_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The memory engine counts itself: a page as items, as JSON, and both again in base64.
    assert peak < 9 * PAGE_BYTES


def test_reading_can_stop_early(log: Log, stream: StreamId):
    fill(log, stream, 3)
    assert next(iter(log.read(stream))).number == 1


def test_a_commit_appended_while_reading_does_no_harm(log: Log, stream: StreamId):
    """A reader sees a prefix of the stream, as long as it was or longer."""
    fill(log, stream, 2)
    reading = log.read(stream)
    assert next(reading).number == 1
    log.append([draft(stream, ANY)], commit_id=new_id())
    assert [c.number for c in reading] in ([2], [2, 3])


def take(table: TableStore, stream: StreamId, number: int) -> Item:
    """Take a commit's item out of the table behind the log's back."""
    layout = table.table_log.layout
    key = layout.config.key(layout.pk(stream), layout.sk(number))
    found = table.driver.send(
        DeleteItem(table_name=table.config.table, key=key, return_values="ALL_OLD")
    )
    assert found.attributes
    return found.attributes


@pytest.mark.parametrize("lost", [1, 3])
def test_a_missing_commit_is_an_error(table_store: TableStore, stream: StreamId, lost: int):
    """A stream with a hole is never folded into a state."""
    fill(table_store.log, stream, 5)
    take(table_store, stream, lost)
    with pytest.raises(StreamCorruptedError, match=f"commit {lost + 1} begins"):
        list(table_store.log.read(stream))
    with pytest.raises(StreamCorruptedError, match=f"commit {lost + 1} begins"):
        list(table_store.log.payloads(stream))


def test_a_gap_in_the_events_is_an_error(table_store: TableStore, stream: StreamId):
    fill(table_store.log, stream, 3)
    item = take(table_store, stream, 2)
    item["f"] = {"N": "4"}  # it was 3
    table_store.driver.send(PutItem(table_name=table_store.config.table, item=item))
    with pytest.raises(StreamCorruptedError, match="commit 2 begins at event 4"):
        list(table_store.log.read(stream))
    with pytest.raises(StreamCorruptedError, match="commit 2 begins at event 4"):
        list(table_store.log.payloads(stream))


def test_a_foreign_item_in_a_slot_is_no_conflict(table_store: TableStore, stream: StreamId):
    """Something else wrote there: that is said, instead of sending the caller round and round."""
    layout = table_store.table_log.layout
    foreign = layout.config.key(layout.pk(stream), layout.sk(1)) | {"what": {"S": "is this"}}
    table_store.driver.send(PutItem(table_name=table_store.config.table, item=foreign))
    with pytest.raises(StreamCorruptedError, match="slot 1 holds what is no commit"):
        table_store.log.append([draft(stream, NO_STREAM)], commit_id=new_id())


def test_other_items_of_the_partition_are_not_the_streams(
    table_store: TableStore, stream: StreamId
):
    """Models and snapshots may share it; before, between and after the commits."""
    fill(table_store.log, stream, 2)
    layout, config = table_store.table_log.layout, table_store.config
    pk, keys = layout.pk(stream), layout.keys
    for sk in (keys.framework("AUDIT", "1"), keys.framework("SNAPSHOT"), pk, keys.join("Z")):
        table_store.driver.send(PutItem(table_name=config.table, item=config.key(pk, sk)))
    assert [n for n, _, _ in numbers(table_store.log, stream)] == [1, 2]
    assert table_store.log.head(stream).commit == 2
    everything = table_store.driver.send(
        Query[Item](
            table_name=config.table,
            key_condition_expression="#pk = :pk",
            expression_attribute_names={"#pk": config.pk},
            expression_attribute_values={":pk": {"S": pk}},
        )
    )
    assert everything.count == 6


def test_a_forged_item_is_no_damaged_answer(memory_transport: Transport, stream: StreamId):
    """Asked again it is still there, so it is the stream that is wrong."""
    log = DynamoDBLog(WireDriver(memory_transport), fresh_config())
    log.create()
    log.append([draft(stream, NO_STREAM)], commit_id=new_id())
    config = log.layout.config
    forged = config.key(log.layout.pk(stream), log.layout.sk(2)) | {"f": {"S": "two"}}
    WireDriver(memory_transport).send(PutItem(table_name=config.table, item=forged))
    with pytest.raises(StreamCorruptedError, match="an item that is no commit"):
        list(log.read(stream))
