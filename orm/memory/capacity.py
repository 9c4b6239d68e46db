"""Capacity units by the documented rounding.

A write costs its size in whole KB, the larger of old and new item, and the same for each index
entry that it writes: a change of the entry's key counts twice, once to remove and once to put. A
strongly consistent read costs its size in units of 4 KB, an eventually consistent one half of that.
Transactions cost double. Nothing costs nothing: a miss is billed as the smallest item.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from orm.memory.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from orm.memory.refusals import Invalid
from orm.memory.table import Change, IndexChange, IndexEntry, Table


class Bill:
    """What one request consumed, table by table."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._mode = params.get("ReturnConsumedCapacity", "NONE")
        if self._mode not in ("NONE", "TOTAL", "INDEXES"):
            raise Invalid("ReturnConsumedCapacity must be INDEXES, TOTAL or NONE")
        self._units: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self._tables: dict[str, Table] = {}

    def charge(self, table: Table, units: float, index: str = "") -> None:
        self._tables[table.name] = table
        self._units[table.name][index] += units

    def charge_write(self, table: Table, change: Change, factor: int = 1) -> None:
        """Charge a write of the table and its indexes."""
        if self._mode == "NONE":
            return
        size = max(row.size if row else 0 for row in (change.old, change.new))
        self.charge(table, factor * write_units(size))
        for part in change.indexes:
            units = _index_units(part)
            if units:
                self.charge(table, factor * units, part.index.schema.name)

    def one(self) -> dict[str, Any]:
        """Return the `ConsumedCapacity` member of an answer about one table; empty if not asked."""
        consumed = self.all()
        return {"ConsumedCapacity": consumed["ConsumedCapacity"][0]} if consumed else {}

    def all(self, kind: str = "") -> dict[str, Any]:
        """Return the `ConsumedCapacity` member of an answer about several tables."""
        if self._mode == "NONE":
            return {}
        return {"ConsumedCapacity": [self._of(name, kind) for name in self._units]}

    def _of(self, name: str, kind: str) -> dict[str, Any]:
        units = self._units[name]
        total = float(sum(units.values()))
        answer: dict[str, Any] = {"TableName": name, "CapacityUnits": total}
        if kind:
            answer[kind] = total
        if self._mode == "INDEXES":
            answer["Table"] = _units(units.get("", 0.0), kind)
            answer |= self._indexes(name, kind)
        return answer

    def _indexes(self, name: str, kind: str) -> dict[str, Any]:
        parts: dict[str, Any] = {}
        for index, units in self._units[name].items():
            if index:
                is_global = self._tables[name].indexes[index].schema.is_global
                group = "GlobalSecondaryIndexes" if is_global else "LocalSecondaryIndexes"
                parts.setdefault(group, {})[index] = _units(units, kind)
        return parts


def write_units(size_bytes: int) -> int:
    """Units for a write of this many bytes."""
    return max(1, -(-size_bytes // WRITE_UNIT_BYTES))


def read_units(size_bytes: int, *, consistent: bool) -> float:
    """Units for a read of this many bytes."""
    units = max(1, -(-size_bytes // READ_UNIT_BYTES))
    return float(units) if consistent else units / 2


def _units(units: float, kind: str) -> dict[str, float]:
    return {"CapacityUnits": units, kind: units} if kind else {"CapacityUnits": units}


def _index_units(change: IndexChange) -> int:
    old, new = change.old, change.new
    if old is None or new is None:
        present = old or new
        return write_units(present.row.size) if present else 0
    if (old.hash_key, old.sort_key) != (new.hash_key, new.sort_key):
        return _entry_units(old) + _entry_units(new)
    if old.row.item == new.row.item:
        return 0
    return write_units(max(old.row.size, new.row.size))


def _entry_units(entry: IndexEntry) -> int:
    return write_units(entry.row.size)
