"""A table of sorted strings: rows lie where a plan says, and are read as DynamoDB would.

It shares nothing with the planner but the plan: keys are joined here, from the templates' parts, by
the key module, and a reading is a comparison of strings.
"""

from __future__ import annotations

import datetime as dt
import zlib
from typing import Any

from orm.definitions import KeyTemplate
from orm.indexes import EntityPlan, KeyPath, Reading
from orm.keys import Keys
from orm.sortable import sortable

KEYS = Keys()

Row = dict[str, Any]


def in_partition(value: object) -> str:
    return str(value) if type(value) is int else sortable(value)


class Shelf:
    """All rows of all entities, by place and partition key."""

    def __init__(self) -> None:
        self._places: dict[str, dict[str, list[tuple[str, str, Row]]]] = {}

    def put(self, plan: EntityPlan, row: Row) -> None:
        for path in plan.paths:
            fields = [part.attribute for part in (*path.partition, *path.order)
                      if not isinstance(part, str)]  # fmt: skip
            whole = all(row.get(name) is not None for name in fields)
            if not whole or not all(guard.holds(row) for guard in path.guards):
                continue
            partition = self._partition(path, row, shard_of(plan, path, row))
            order = KEYS.join(*(part if isinstance(part, str) else sortable(row[part.attribute])
                                for part in path.order))  # fmt: skip
            here = self._places.setdefault(path.place, {}).setdefault(partition, [])
            if path.kind == "table":
                assert order not in [sk for sk, _, _ in here], f"{partition} {order} overwritten"
            here.append((order, plan.entity, row))

    def _partition(self, path: KeyPath, values: Row, shard: int | None) -> str:
        parts = [
            part if isinstance(part, str) else in_partition(values[part.attribute])
            for part in path.partition
        ]
        return KEYS.partition(*parts, *([] if shard is None else [str(shard)]))

    def read(
        self, path: KeyPath, reading: Reading, given: Row, low: Any = None, high: Any = None
    ) -> list[tuple[str, Row]]:
        """The entity and row of everything that the key condition finds, in order."""
        shards = range(path.shards) if path.shards > 1 else [None]
        start, end = self._bounds(path, reading, given, low, high)
        found = [
            entry
            for shard in shards
            for entry in self._places.get(path.place, {}).get(
                self._partition(path, given, shard), []
            )
            if start <= entry[0] <= end
        ]
        found.sort(key=lambda entry: entry[0].encode(), reverse=not reading.forward)
        return [(entity, row) for _, entity, row in found]

    def _bounds(
        self, path: KeyPath, reading: Reading, given: Row, low: Any, high: Any
    ) -> tuple[str, str]:
        parts = self._beginning(path.order, reading.given, given)
        if reading.single:
            return KEYS.join(*parts), KEYS.join(*parts)
        least = KEYS.prefix(*parts) if low is None else KEYS.join(*parts, sortable(low))
        return least, KEYS.after_prefix(*parts, *([] if high is None else [sortable(high)]))

    def _beginning(self, order: KeyTemplate, count: int, given: Row) -> list[str]:
        parts: list[str] = []
        for part in order:
            if isinstance(part, str):
                parts.append(part)
            elif count:
                parts.append(sortable(given[part.attribute]))
                count -= 1
            else:
                break
        return parts


def shard_of(plan: EntityPlan, path: KeyPath, row: Row) -> int | None:
    if path.shards == 1:
        return None
    return zlib.crc32(KEYS.join(*(sortable(row[name]) for name in plan.identity)).encode()) % (
        path.shards
    )


def ordering(value: object) -> Any:
    """What a value is sorted by, without the key module."""
    return value.timestamp() if isinstance(value, dt.datetime) else value
