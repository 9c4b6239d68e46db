"""Change streams: records in shards that have parents and children.

Each open shard holds an arc of the ring of partition keys, so the records of one partition key lie
in one shard, or in a chain of them. A shard is closed by rolling it (one child) or splitting it
(two); its children take its arc. Sequence numbers rise over the whole engine. Records older than 24
hours are gone, and a closed shard with them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from orm.codec import item_size_bytes
from orm.memory.keyspace import RING, Row, ring_position
from orm.memory.limits import STREAM_RETENTION_SECONDS
from orm.memory.refusals import not_found
from orm.memory.schema import Key, KeySchema

# AWS's sequence numbers have no leading zeros and no fixed length, and are not dense. Starting just
# below a power of ten lets them grow by a digit early, so that code which compares them as text, or
# counts them, goes wrong here too.
SEQUENCE_START = 999_999_999_999_999_990_000
SEQUENCE_STEP = 100

TTL_SERVICE = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
VIEW_TYPES = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")


class StreamRecord(NamedTuple):
    """One change: the row before and after, and whether the service made it (time to live)."""

    sequence: int
    written_at: float
    old: Row | None
    new: Row | None
    by_service: bool

    @property
    def event_name(self) -> str:
        if self.old is None:
            return "INSERT"
        return "REMOVE" if self.new is None else "MODIFY"


@dataclass(slots=True, eq=False)
class Shard:
    """A run of records of one arc `[low, high)` of the ring.

    `trimmed_through` is the sequence number of the last record that is gone.
    """

    id: str
    parent_id: str | None
    low: int
    high: int
    first_sequence: int
    opened_at: float
    last_sequence: int | None = None
    closed_at: float | None = None
    records: list[StreamRecord] = field(default_factory=list)
    trimmed_through: int = 0

    @property
    def is_open(self) -> bool:
        return self.last_sequence is None

    def after(self, sequence: int) -> Iterator[StreamRecord]:
        place = bisect_right(self.records, sequence, key=_sequence)
        return (self.records[at] for at in range(place, len(self.records)))

    def trim_before(self, written_at: float) -> None:
        """Drop records written before this moment."""
        self._drop(bisect_left(self.records, written_at, key=_written_at))

    def trim_through(self, sequence: int) -> None:
        """Drop records up to and including this sequence number."""
        self._drop(bisect_right(self.records, sequence, key=_sequence))

    def _drop(self, count: int) -> None:
        if count:
            self.trimmed_through = self.records[count - 1].sequence
            del self.records[:count]


class Sequence:
    """Hands out sequence numbers, rising over all streams of the engine."""

    def __init__(self) -> None:
        self.last = SEQUENCE_START

    def next(self) -> int:
        self.last += SEQUENCE_STEP
        return self.last


class Stream:
    """The stream of one table, from being enabled until 24 hours after being disabled."""

    def __init__(
        self, arn: str, table: str, view: str, key: KeySchema, sequence: Sequence, now: float
    ) -> None:
        self.arn, self.table, self.view, self.key = arn, table, view, key
        self.enabled = True
        self.created_at = now
        self._sequence = sequence
        self._shards: dict[str, Shard] = {}
        self._open_shards: list[Shard] = []
        self._opened = self._opened_at = 0
        self._open(None, 0, RING, now)

    @property
    def label(self) -> str:
        return self.arn.rpartition("/stream/")[2]

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]

    def append(
        self, hash_key: Key, old: Row | None, new: Row | None, now: float, *, by_service: bool
    ) -> None:
        """Write a record into the open shard that holds the partition key."""
        shard = self._open_shards[0]
        if len(self._open_shards) > 1:
            position = ring_position(hash_key)
            shard = next(one for one in self._open_shards if one.low <= position < one.high)
        shard.records.append(StreamRecord(self._sequence.next(), now, old, new, by_service))

    def body(self, record: StreamRecord) -> tuple[dict[str, Any], int]:
        """Return a record as GetRecords answers it, and its size in bytes."""
        row = record.new or record.old
        assert row is not None
        keys = self.key.of_values(row.item)
        change: dict[str, Any] = {
            "ApproximateCreationDateTime": int(record.written_at),
            "Keys": keys,
            "SequenceNumber": str(record.sequence),
            "StreamViewType": self.view,
        }
        size = item_size_bytes(keys)
        for image, row, views in (
            ("NewImage", record.new, ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")),
            ("OldImage", record.old, ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")),
        ):
            if row is not None and self.view in views:
                change[image] = row.item
                size += row.size
        change["SizeBytes"] = size
        return self._envelope(record, change), size

    def _envelope(self, record: StreamRecord, change: dict[str, Any]) -> dict[str, Any]:
        body = {
            "eventID": f"{record.sequence:032x}",
            "eventName": record.event_name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self.region,
            "dynamodb": change,
        }
        return {**body, "userIdentity": TTL_SERVICE} if record.by_service else body

    def shards(self, now: float) -> list[Shard]:
        """All shards that can still be listed, in the order of their opening."""
        horizon = now - STREAM_RETENTION_SECONDS
        for shard in list(self._shards.values()):
            shard.trim_before(horizon)
            if shard.closed_at is not None and shard.closed_at < horizon:
                del self._shards[shard.id]
        return list(self._shards.values())

    def shard(self, shard_id: str, now: float) -> Shard:
        for shard in self.shards(now):
            if shard.id == shard_id:
                return shard
        raise not_found(f"Shard: {shard_id} in Stream: {self.arn}")

    def roll(self, now: float, shard_id: str | None = None) -> list[Shard]:
        """Close open shards (or one), each with one child."""
        return [
            self._child(shard, shard.low, shard.high, now) for shard in self._close(shard_id, now)
        ]

    def split(self, now: float, shard_id: str | None = None) -> list[Shard]:
        """Close open shards (or one), each with two children that share its arc."""
        children = []
        for shard in self._close(shard_id, now):
            middle = (shard.low + shard.high) // 2
            children.append(self._child(shard, shard.low, middle, now))
            children.append(self._child(shard, middle, shard.high, now))
        return children

    def disable(self, now: float) -> None:
        """Close all shards without children; what is there can be read for 24 hours."""
        self.enabled = False
        self._close(None, now)

    def _close(self, shard_id: str | None, now: float) -> list[Shard]:
        closing = self._open_shards[:] if shard_id is None else [self.shard(shard_id, now)]
        for shard in closing:
            if not shard.is_open:
                raise not_found(f"open Shard: {shard.id}")
            self._open_shards.remove(shard)
            shard.last_sequence, shard.closed_at = self._sequence.next(), now
        return closing

    def _child(self, parent: Shard, low: int, high: int, now: float) -> Shard:
        return self._open(parent.id, low, high, now)

    def _open(self, parent_id: str | None, low: int, high: int, now: float) -> Shard:
        self._opened += 1
        self._opened_at = max(self._opened_at, int(now * 1000))  # a clock may step back, ids rise
        shard_id = f"shardId-{self._opened_at:020d}-{self._opened:08x}"
        shard = Shard(shard_id, parent_id, low, high, self._sequence.next(), now)
        self._shards[shard_id] = shard
        self._open_shards.append(shard)
        return shard


def _sequence(record: StreamRecord) -> int:
    return record.sequence


def _written_at(record: StreamRecord) -> float:
    return record.written_at
