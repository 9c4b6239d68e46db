"""Sizes: compressed only where that saves, refused where DynamoDB would."""

from __future__ import annotations

import secrets

import pytest

from eventstore import NO_STREAM, DynamoDBLog, Log, StreamId
from orm.clock import ManualClock
from orm.codec import item_size_bytes
from orm.errors import ItemTooLargeError
from orm.limits import ITEM_BYTES_MAX
from orm.requests import GetItem, Item
from tests.support.logs import TableStore, bodies, draft, new_id, numbers


def stored(table: TableStore, stream: StreamId) -> Item:
    """A stream's first commit as it stands in the table."""
    layout = table.table_log.layout
    key = layout.config.key(layout.pk(stream), layout.sk(1))
    found = table.driver.send(GetItem[Item](table_name=table.config.table, key=key))
    assert found.item
    return found.item


def at_one_moment(table: TableStore) -> DynamoDBLog:
    """The table's log with a clock that stands still: a time's size depends on its last digits."""
    return DynamoDBLog(table.driver, table.config, ManualClock())


def overhead(table: TableStore, stream: StreamId) -> int:
    """What a first commit takes beside its events."""
    probe = StreamId(stream.category, stream.id[::-1])
    at_one_moment(table).append([draft(probe, NO_STREAM, b"")], commit_id=new_id())
    return item_size_bytes(stored(table, probe))


def test_small_commits_are_stored_as_they_are(table_store: TableStore, stream: StreamId):
    """Up to one write unit there is nothing to save."""
    room = 1_024 - overhead(table_store, stream)
    at_one_moment(table_store).append([draft(stream, NO_STREAM, b"a" * room)], commit_id=new_id())
    item = stored(table_store, stream)
    assert item["ev"] == {"B": b"a" * room}
    assert "z" not in item
    assert item_size_bytes(item) == 1_024


def test_one_byte_over_a_unit_is_compressed(table_store: TableStore, stream: StreamId):
    """It saves a unit, so it is worth its time."""
    data = b"a" * (1_025 - overhead(table_store, stream))
    at_one_moment(table_store).append([draft(stream, NO_STREAM, data)], commit_id=new_id())
    item = stored(table_store, stream)
    assert item["z"] == {"N": "1"}
    assert item_size_bytes(item) < 1_024
    assert bodies(table_store.log, stream) == [data]


def test_what_saves_no_unit_is_stored_as_it_is(table_store: TableStore, stream: StreamId):
    """Compression would make it smaller and not cheaper; reading it would cost time."""
    zeros = b"\x00" * 100
    for n, data in enumerate([secrets.token_bytes(3_000), secrets.token_bytes(1_500) + zeros]):
        one = StreamId(stream.category, f"{stream.id}{n}")
        table_store.log.append([draft(one, NO_STREAM, data)], commit_id=new_id())
        assert stored(table_store, one)["ev"] == {"B": data}
        assert "z" not in stored(table_store, one)


def test_compressed_and_plain_are_read_alike(log: Log, stream: StreamId):
    datas = [b"", b"x", b"ab" * 5_000, secrets.token_bytes(5_000), b"\x00" * 700_000]
    token = log.head(stream)
    for data in datas:
        [token] = log.append([draft(stream, token, data)], commit_id=new_id())
    assert bodies(log, stream) == datas


def test_a_repetition_finds_itself_compressed(log: Log, stream: StreamId):
    """The hash is over the events, not over what was stored of them."""
    commit_id, drafts = new_id(), [draft(stream, NO_STREAM, b"ab" * 9_000)]
    assert log.append(drafts, commit_id=commit_id) == log.append(drafts, commit_id=commit_id)


def test_exactly_400_kb_are_stored_and_one_byte_more_is_refused(
    table_store: TableStore, stream: StreamId
):
    """DynamoDB takes the first; we never send the second."""
    room = ITEM_BYTES_MAX - overhead(table_store, stream)
    noise = secrets.token_bytes(room)
    at_one_moment(table_store).append([draft(stream, NO_STREAM, noise)], commit_id=new_id())
    assert item_size_bytes(stored(table_store, stream)) == ITEM_BYTES_MAX
    one_more = StreamId(stream.category, "x" * len(stream.id))
    with pytest.raises(ItemTooLargeError, match="409,601 bytes, DynamoDB allows 409,600"):
        at_one_moment(table_store).append(
            [draft(one_more, NO_STREAM, noise + b"!")], commit_id=new_id()
        )
    assert numbers(table_store.log, one_more) == []


def test_too_large_names_stream_events_and_the_fattest_attribute(log: Log, stream: StreamId):
    """So that the reader knows which decision to split."""
    with pytest.raises(ItemTooLargeError) as error:
        log.append(
            [draft(stream, NO_STREAM, secrets.token_bytes(500_000), 321)], commit_id=new_id()
        )
    text = str(error.value)
    assert f"a commit of 321 events to {stream}" in text
    assert "'ev' with 500," in text
    assert "nothing was sent" in text
    assert numbers(log, stream) == []


def test_too_much_metadata_is_named_too(log: Log, stream: StreamId):
    with pytest.raises(ItemTooLargeError, match="most of it is 'm'"):
        log.append([draft(stream, NO_STREAM)], commit_id=new_id(), metadata=b"m" * 410_000)
    assert numbers(log, stream) == []
