"""A table: its rows, its indexes, its stream and its expiry, changed together.

`change` is the only way in. It keeps indexes and stream in step with the rows and says what it did
to each index, from which the capacity is reckoned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from orm.codec import item_size_bytes
from orm.memory.keyspace import Keyspace, Row
from orm.memory.limits import ITEM_SIZE_BYTES_MAX, TTL_AGE_SECONDS_MAX
from orm.memory.numbers import Number, number
from orm.memory.refusals import Invalid
from orm.memory.schema import IndexSchema, Key, KeySchema
from orm.memory.streams import Stream
from orm.memory.values import Item


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """Where an index holds a row, and what it holds of it."""

    hash_key: Key
    sort_key: Key
    row: Row


@dataclass(frozen=True, slots=True)
class IndexChange:
    """What one write did to one index."""

    index: Index
    old: IndexEntry | None
    new: IndexEntry | None


@dataclass(frozen=True, slots=True)
class Change:
    """What one write did."""

    old: Row | None
    new: Row | None
    indexes: tuple[IndexChange, ...]


class Index:
    """A secondary index and its rows."""

    def __init__(self, schema: IndexSchema) -> None:
        self.schema = schema
        self.rows = Keyspace()

    def entry(self, row: Row | None, hash_key: Key, sort_key: Key) -> IndexEntry | None:
        """Return where this row of the table stands in the index; None where it does not."""
        if row is None:
            return None
        key = self.schema.key.of_sparse(row.item)
        if key is None:
            return None
        if self.schema.attributes is not None:
            item = self.schema.project(row.item)
            row = Row(item, item_size_bytes(item))
        # Rows with one index key are told apart, and ordered, by the table's key
        return IndexEntry(key[0], (*key[1], *hash_key, *sort_key), row)

    def change(self, old: IndexEntry | None, new: IndexEntry | None) -> None:
        if old is not None and (new is None or _place(old) != _place(new)):
            self.rows.remove(old.hash_key, old.sort_key)
        if new is not None:
            self.rows.put(new.hash_key, new.sort_key, new.row)


@dataclass(slots=True)
class Table:
    """A table and all that hangs on it."""

    name: str
    arn: str
    id: str
    created_at: float
    key: KeySchema
    settings: dict[str, Any]
    indexes: dict[str, Index]
    stream: Stream | None = None
    ttl_attribute: str | None = None
    rows: Keyspace = field(default_factory=Keyspace)
    _expiries: list[tuple[Number, Key, Key]] = field(default_factory=list)

    def row(self, item: Item, size: int) -> Row:
        """Make a row of a canonical item.

        Raises:
            Invalid: over 400 KB, or an attribute that cannot stand in an index key.
        """
        if size > ITEM_SIZE_BYTES_MAX:
            raise Invalid("Item size has exceeded the maximum allowed size")
        for index in self.indexes.values():
            index.schema.key.check_sparse(item)
        return Row(item, size)

    def change(
        self,
        hash_key: Key,
        sort_key: Key,
        new: Row | None,
        now: float,
        by_service: bool = False,
    ) -> Change:
        """Put `new` in the place of what is there; None deletes."""
        old = self.rows.get(hash_key, sort_key)
        if new is not None:
            self.rows.put(hash_key, sort_key, new)
            self._expect(hash_key, sort_key, new.item)
        elif old is not None:
            self.rows.remove(hash_key, sort_key)
        indexes = tuple(
            [self._index(index, old, new, hash_key, sort_key) for index in self.indexes.values()]
        )
        self._record(hash_key, old, new, now, by_service)
        return Change(old, new, indexes)

    def expire(self, now: float) -> None:
        """Delete the rows whose time has come."""
        while self._expiries and self._expiries[0][0] < now:
            expiry, hash_key, sort_key = heappop(self._expiries)
            row = self.rows.get(hash_key, sort_key)
            if row is not None and self._expiry(row.item) == expiry:
                self._expire_row(hash_key, sort_key, expiry, now)

    def set_ttl(self, attribute: str | None) -> None:
        """Begin or cease to expire rows by this attribute."""
        self.ttl_attribute = attribute
        self._expiries.clear()
        for hash_key, sort_key, row in self.rows.scan(0, 1, None):
            self._expect(hash_key, sort_key, row.item)

    def add_index(self, index: Index) -> None:
        """Add an index and fill it; rows that cannot stand in it are left out."""
        self.indexes[index.schema.name] = index
        for hash_key, sort_key, row in self.rows.scan(0, 1, None):
            try:
                index.schema.key.check_sparse(row.item)
            except Invalid:
                continue  # AWS reports such rows as violations and leaves them out
            index.change(None, index.entry(row, hash_key, sort_key))

    def _expire_row(self, hash_key: Key, sort_key: Key, expiry: Number, now: float) -> None:
        if expiry > now - TTL_AGE_SECONDS_MAX:
            self.change(hash_key, sort_key, None, now, by_service=True)

    def _expect(self, hash_key: Key, sort_key: Key, item: Item) -> None:
        expiry = self._expiry(item)
        if expiry is not None:
            heappush(self._expiries, (expiry, hash_key, sort_key))

    def _expiry(self, item: Item) -> Number | None:
        value = item.get(self.ttl_attribute) if self.ttl_attribute is not None else None
        return number(value["N"]) if value is not None and "N" in value else None

    def _index(
        self, index: Index, old: Row | None, new: Row | None, hash_key: Key, sort_key: Key
    ) -> IndexChange:
        before = index.entry(old, hash_key, sort_key)
        after = index.entry(new, hash_key, sort_key)
        index.change(before, after)
        return IndexChange(index, before, after)

    def _record(
        self, hash_key: Key, old: Row | None, new: Row | None, now: float, by_service: bool
    ) -> None:
        if self.stream is None or not self.stream.enabled:
            return
        if old is new or (old is not None and new is not None and old.item == new.item):
            return  # a write that changes nothing is no change
        self.stream.append(hash_key, old, new, now, by_service=by_service)


def _place(entry: IndexEntry) -> tuple[Key, Key]:
    return entry.hash_key, entry.sort_key
