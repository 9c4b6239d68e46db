"""Subjects: what a read depends on and what a write is on, told from the request alone.

The schema of a table is not asked for. A key attribute of an item never changes, so a write that
can change what a read by key finds names the same value under the same attribute: in its key, or in
the item that it puts. A read by key therefore depends on the values it names (its *tag*), and a
read of an index on its whole table, because a write does not say what an item was in an index.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import msgspec

from orm.requests import (
    BatchGetItem,
    BatchWriteItem,
    CreateTable,
    DeleteItem,
    DeleteTable,
    GetItem,
    Item,
    PutItem,
    Query,
    Request,
    TransactWriteItems,
    UpdateItem,
)

R = TypeVar("R")
Values: TypeAlias = tuple[object, ...]
Shape: TypeAlias = tuple[str, ...]
WHOLE: Final[Shape] = ()
"""The shape of what depends on every item of a table."""


class Tag(NamedTuple):
    """The items of a table that have these values under the attributes of a shape."""

    table: str
    shape: Shape
    values: Values


class Subject(NamedTuple):
    """What a write is on: an item, every item of a table (`item` is None), or every table."""

    table: str | None
    item: Item | None = None

    def values(self, shape: Shape) -> Values | None:
        """What the item has under the attributes of a shape; None where that cannot be said."""
        if self.item is None:
            return None
        found = tuple([_plain(self.item.get(name)) for name in shape])
        return None if None in found else found

    def touches(self, tag: Tag) -> bool:
        """Whether the write may change what a read with this tag finds."""
        return self.table in (None, tag.table) and self.values(tag.shape) in (None, tag.values)


EVERYTHING: Final = Subject(None)


# --- reads -----------------------------------------------------------------------------------


def tags_of(request: Request[Any]) -> tuple[Tag, ...] | None:
    """What the answer depends on; None where it is not to be kept: strong reads, scans, and
    whatever is not known here."""
    if isinstance(request, GetItem) and not request.consistent_read:
        return _tags(request.table_name, [request.key])
    if isinstance(request, Query) and not request.consistent_read:
        return _tags(request.table_name, [_equalities(request)])
    if isinstance(request, BatchGetItem):
        return _batch_tags(request)
    return None


def is_of_index(request: Request[Any]) -> bool:
    """Whether it reads an index, which may lag and cannot be asked to be consistent."""
    return isinstance(request, Query) and request.index_name is not None


def consistent(request: Request[R]) -> Request[R]:
    """The same read, to see every write that was answered before it."""
    changes: dict[str, Any] = {"consistent_read": True}
    if isinstance(request, BatchGetItem):
        asked = request.request_items.items()
        changes = {"request_items": {t: part | {"ConsistentRead": True} for t, part in asked}}
    return msgspec.structs.replace(request, **changes)


def _batch_tags(request: BatchGetItem) -> tuple[Tag, ...] | None:
    found: list[Tag] = []
    for table, asked in request.request_items.items():
        tags = None if asked.get("ConsistentRead") else _tags(table, asked["Keys"])
        if tags is None:
            return None
        found += tags
    return tuple(found)


def _tags(table: str, keys: list[Item]) -> tuple[Tag, ...] | None:
    found = []
    for key in keys:
        shape = tuple(sorted(key))
        values = Subject(table, key).values(shape)
        if values is None:
            return None
        found.append(Tag(_bare(table), shape, values))
    return tuple(found)


_EQUALITY: Final = re.compile(r"([#\w]+)\s*=\s*(:\w+)")


def _equalities(query: Query[Any]) -> Item:
    """What the key condition of a query of a table pins; nothing of one of an index."""
    if query.index_name is not None:
        return {}
    names, values = query.expression_attribute_names or {}, query.expression_attribute_values
    return {
        names.get(name, name): values.get(value)
        for name, value in _EQUALITY.findall(query.key_condition_expression)
    }


# --- writes ----------------------------------------------------------------------------------


def subjects_of(request: Request[Any]) -> list[Subject]:
    """What a write is on. One that is not known here is on everything: a statement in PartiQL."""
    if isinstance(request, PutItem):
        return [Subject(_bare(request.table_name), request.item)]
    if isinstance(request, UpdateItem | DeleteItem):
        return [Subject(_bare(request.table_name), request.key)]
    if isinstance(request, BatchWriteItem):
        return _of_batch(request)
    if isinstance(request, TransactWriteItems):
        return _of_transaction(request)
    if isinstance(request, CreateTable | DeleteTable):
        return [Subject(_bare(request.table_name))]
    return [EVERYTHING]


def _of_batch(request: BatchWriteItem) -> list[Subject]:
    return [
        Subject(_bare(table), body.get("Item", body.get("Key")))
        for table, writes in request.request_items.items()
        for write in writes
        for body in write.values()
    ]


def _of_transaction(request: TransactWriteItems) -> list[Subject]:
    found = []
    for action in request.transact_items:
        if action.put is not None:
            found.append(Subject(_bare(action.put.table_name), action.put.item))
        elif (keyed := action.update or action.delete) is not None:
            found.append(Subject(_bare(keyed.table_name), keyed.key))
    return found


def _bare(table: str) -> str:
    """A table's name, which may be given as its ARN."""
    return table.rpartition("/")[2]


def _plain(wire: Any) -> object:
    """A value that a key may hold, so that what DynamoDB takes for equal is equal; else None."""
    if not isinstance(wire, dict):
        return None
    if (text := wire.get("S")) is not None:
        return str(text)
    if (raw := wire.get("B")) is not None:
        return bytes(raw)
    return _number(wire["N"]) if "N" in wire else None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None  # the service refuses it
    return number if number.is_finite() else None
