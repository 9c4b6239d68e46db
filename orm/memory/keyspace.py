"""Rows in order: partitions by key, and within each the rows by sort key.

Partitions are found by hash of their key; scans and stream shards use the place of that hash on a
ring of 64 bits, so a scan can be cut into segments and goes on where it stopped.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import md5

from orm.memory.schema import Key
from orm.memory.values import Item

RING = 1 << 64


@dataclass(frozen=True, slots=True)
class Row:
    """An item as stored, and its size in bytes."""

    item: Item
    size: int


@dataclass(slots=True)
class Partition:
    """All rows of one partition key, by sort key."""

    position: int
    sort_keys: list[Key] = field(default_factory=list)
    rows: dict[Key, Row] = field(default_factory=dict)


def ring_position(hash_key: Key) -> int:
    """Where a partition key stands on the ring."""
    digest = md5(usedforsecurity=False)
    for part in hash_key:
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return int.from_bytes(digest.digest()[:8])


class Keyspace:
    """The rows of a table or of an index."""

    def __init__(self) -> None:
        self._partitions: dict[Key, Partition] = {}
        self._ring: list[tuple[int, Key]] = []
        self.count = 0
        self.size_bytes = 0

    def get(self, hash_key: Key, sort_key: Key) -> Row | None:
        partition = self._partitions.get(hash_key)
        return None if partition is None else partition.rows.get(sort_key)

    def partition(self, hash_key: Key) -> Partition | None:
        return self._partitions.get(hash_key)

    def put(self, hash_key: Key, sort_key: Key, row: Row) -> None:
        partition = self._partitions.get(hash_key) or self._open(hash_key)
        old = partition.rows.get(sort_key)
        if old is None:
            _insert(partition.sort_keys, sort_key)
            self.count += 1
        else:
            self.size_bytes -= old.size
        partition.rows[sort_key] = row
        self.size_bytes += row.size

    def remove(self, hash_key: Key, sort_key: Key) -> None:
        partition = self._partitions[hash_key]
        self.size_bytes -= partition.rows.pop(sort_key).size
        self.count -= 1
        del partition.sort_keys[bisect_left(partition.sort_keys, sort_key)]
        if not partition.rows:
            del self._partitions[hash_key]
            del self._ring[bisect_left(self._ring, (partition.position, hash_key))]

    def scan(
        self, segment: int, segments: int, after: tuple[Key, Key] | None
    ) -> Iterator[tuple[Key, Key, Row]]:
        """Walk one segment of the ring, from behind the row `after`, which may be gone by now."""
        start, end = (_cut(segment, segments), _cut(segment + 1, segments))
        place = bisect_left(self._ring, (start,))
        if after is not None:
            place = max(place, bisect_left(self._ring, (ring_position(after[0]), after[0])))
        for position, hash_key in self._ring[place:]:
            if position >= end:
                return
            partition = self._partitions[hash_key]
            first = 0
            if after is not None and after[0] == hash_key:
                first = bisect_right(partition.sort_keys, after[1])
            for sort_key in partition.sort_keys[first:]:
                yield hash_key, sort_key, partition.rows[sort_key]

    def _open(self, hash_key: Key) -> Partition:
        partition = Partition(ring_position(hash_key))
        self._partitions[hash_key] = partition
        insort(self._ring, (partition.position, hash_key))
        return partition


def _insert(sort_keys: list[Key], sort_key: Key) -> None:
    if not sort_keys or sort_key > sort_keys[-1]:  # events come in order
        sort_keys.append(sort_key)
    else:
        insort(sort_keys, sort_key)


def _cut(segment: int, segments: int) -> int:
    return segment * RING // segments
