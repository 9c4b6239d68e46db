"""What DynamoDB answers, made ahead: the bytes of the bodies that the replay server sends.

Items are those that `DynamoDBLog` writes, caught on their way to a driver, and for the peer the
layout that tutorials show: one item an event, its fields a map. Bodies are built as DynamoDB Local
3.3.1 builds them, down to the order of an item's attributes and the borders of a page;
`tests/benchmarks` compares them with the engine's, byte for byte.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from benchmarks import readings
from benchmarks.orders import EVENTS, history
from benchmarks.readings import ROW_TABLE
from eventstore import NO_STREAM, DynamoDBLog, Event, EventStore, StreamId
from eventstore.event import event_tag
from orm.clock import ManualClock
from orm.codec import item_size_bytes, to_wire
from orm.config import SingleTableConfig
from orm.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from orm.requests import Item, PutItem, Request

EVENT_TABLE: Final = SingleTableConfig(table="events")
NAIVE_TABLE: Final = "orders"
EPOCH: Final = "00c0ffee00c0ffee"
SIZES: Final = (100, 1_000, 10_000)
PER_COMMIT: Final = (1, 10)

PAGE_BYTES_MAX: Final = 1024 * 1024  # API reference: Query


def stream(events: int, per_commit: int) -> StreamId:
    """The stream of so many events, so many in a commit."""
    return StreamId("ORDER", f"{events}-by-{per_commit}")


def naive_pk(events: int) -> str:
    """The partition of the peer's layout that holds so many events."""
    return f"order#{events}"


class _Catching:
    """A `Driver` that keeps the items it is to put."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    def send(self, request: Request[Any], /) -> Any:
        assert isinstance(request, PutItem)
        self.items.append(request.item)


@cache
def commits(events: int, per_commit: int) -> list[Item]:
    """The items of a stream as the log writes them, with ids and times that repeat."""
    catching = _Catching()
    ids = (number.to_bytes(16, "big") for number in itertools.count(1))
    log = DynamoDBLog(catching, EVENT_TABLE, ManualClock(), epoch=EPOCH)
    store = EventStore(log, EVENTS, new_commit_id=lambda: next(ids))
    expected: Any = NO_STREAM
    everything = history(events)
    for start in range(0, events, per_commit):
        some = everything[start : start + per_commit]
        expected = store.append(stream(events, per_commit), some, expected=expected)
    return catching.items


@cache
def naive(events: int) -> list[Item]:
    """The items of the peer's layout."""
    pk = naive_pk(events)
    return [naive_item(pk, version, event) for version, event in enumerate(history(events), 1)]


def naive_item(pk: str, version: int, event: Event) -> Item:
    """One event as a tutorial stores it, with the facts that our commits carry too."""
    return {
        "pk": {"S": pk},
        "version": {"N": str(version)},
        "id": {"S": str(uuid.UUID(int=version))},
        "type": {"S": event_tag(type(event))},
        "at": {"S": f"2026-01-01T00:00:00.{version:06d}+00:00"},
        "data": to_wire(event),
    }


def event_key(item: Item) -> Item:
    """The key of an item of the event table, or the rows' table."""
    return {"pk": item["pk"], "sk": item["sk"]}


def naive_key(item: Item) -> Item:
    """The key of an item of the peer's table."""
    return {"pk": item["pk"], "version": item["version"]}


def partition(pk: str) -> tuple[str, list[Item]]:
    """The table and the items of one partition.

    Raises:
        LookupError: there is none.
    """
    prefix, _, name = pk.partition("#")
    if is_of_rows(pk):
        return ROW_TABLE.table, readings.items(int(name))
    if prefix == "order" and name.isdecimal():
        return NAIVE_TABLE, naive(int(name))
    events, by, per_commit = name.partition("-by-")
    if not by:
        raise LookupError(pk)
    return EVENT_TABLE.table, commits(int(events), int(per_commit))


def is_of_rows(pk: str) -> bool:
    """Whether a partition is a station's."""
    prefix, _, name = pk.partition("#")
    return prefix == "READING" and name.isdecimal()


def row(pk: str, sk: str) -> Item:
    """The row at a key.

    Raises:
        LookupError: there is none.
    """
    for item in partition(pk)[1]:
        if item["sk"]["S"] == sk:
            return item
    raise LookupError(pk, sk)


# --- bodies ----------------------------------------------------------------------------------


class Page(msgspec.Struct, frozen=True):
    """One page of a partition: the body, and where the next page begins."""

    body: bytes
    items: int
    capacity_units: float
    last: Item | None


def pages(
    table: str,
    items: Sequence[Item],
    *,
    limit: int | None = None,
    projection: str | None = None,
) -> Iterator[Page]:
    """A partition's items as pages, in their order, with the attributes that a projection names."""
    key = naive_key if table == NAIVE_TABLE else event_key
    left = list(items)
    while True:
        taken, size = _page_length(left, limit)
        some, left = left[:taken], left[taken:]
        last = key(some[-1]) if left or taken == limit else None
        yield _page(table, [_projected(item, projection) for item in some], size, last)
        if last is None:
            return


def _projected(item: Item, projection: str | None) -> Item:
    if projection is None:
        return item
    names = {name.removeprefix("#") for name in projection.split(", ")}
    return {name: value for name, value in item.items() if name in names}


def _page_length(items: Sequence[Item], limit: int | None) -> tuple[int, int]:
    """How many items a page takes, and their size. The item that crosses 1 MB is the last."""
    size = 0
    for taken, item in enumerate(items, 1):
        size += item_size_bytes(item)
        if taken == limit or size > PAGE_BYTES_MAX:
            return taken, size
    return len(items), size


def _page(table: str, items: Sequence[Item], size_bytes: int, last: Item | None) -> Page:
    units = float(-(-size_bytes // READ_UNIT_BYTES))
    body: dict[str, Any] = {"Items": [_hashed(item) for item in items]}
    body |= {"Count": len(items), "ScannedCount": len(items)}
    if last is not None:
        body["LastEvaluatedKey"] = _hashed(last)
    body["ConsumedCapacity"] = {"TableName": table, "CapacityUnits": units}
    return Page(_json(body), len(items), units, last)


def _hashed(item: Item) -> Item:
    """An item, or a map in it, in the order of a Java `HashMap`, which is how the engine holds it.

    By bucket, and within a bucket as it was put in; as many buckets as keep a quarter of them free.
    """
    buckets = 2
    while len(item) > 0.75 * buckets:
        buckets *= 2
    names = sorted(item, key=lambda name: _java_hash(name) % buckets)
    return {name: _hashed_map(item[name]) for name in names}


def _hashed_map(value: Any) -> Any:
    return {"M": _hashed(value["M"])} if "M" in value else value


def _java_hash(text: str) -> int:
    value = 0
    for character in text:
        value = (31 * value + ord(character)) % 2**32
    return value ^ value >> 16


def _json(body: Any) -> bytes:
    return msgspec.json.encode(body)


def written(table: str, item: Item) -> bytes:
    """The body that answers a put of a new item."""
    units = float(-(-item_size_bytes(item) // WRITE_UNIT_BYTES))
    return _json({"ConsumedCapacity": {"TableName": table, "CapacityUnits": units}})


def got(item: Item) -> bytes:
    """The body that answers a read of a row by its key."""
    units = float(-(-item_size_bytes(item) // READ_UNIT_BYTES)) / 2  # eventually consistent
    consumed = {"TableName": ROW_TABLE.table, "CapacityUnits": units}
    return _json({"Item": _hashed(item), "ConsumedCapacity": consumed})


def refused(occupant: Item) -> bytes:
    """The body that answers a put into a slot that is taken."""
    return _json(
        {
            "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
            "Message": "The conditional request failed",
            "Item": _hashed(occupant),
        }
    )


def refusal(occupant: Item) -> tuple[str, dict[str, Any]]:
    """The same as a transport tells it: the error's code, and the occupant in JSON's own types."""
    return "ConditionalCheckFailedException", {"Item": msgspec.json.decode(_json(occupant))}
