"""Maps of any type that DynamoDB can hold are saved and come back equal."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from orm.records import Attr, Connection, DynamoDBModel, attr, new_id
from orm.validation import InvalidRowError


class Colour(enum.Enum):
    RED = "red"


class Point(msgspec.Struct):
    x: int
    y: int = 0


class Atlas(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    blobs: Attr[dict[str, bytes]] = attr(default_factory=dict)
    tags: Attr[dict[str, set[str]]] = attr(default_factory=dict)
    days: Attr[dict[str, dt.date]] = attr(default_factory=dict)
    moments: Attr[dict[str, dt.datetime | None]] = attr(default_factory=dict)
    points: Attr[dict[str, Point]] = attr(default_factory=dict)
    colours: Attr[dict[str, Colour]] = attr(default_factory=dict)
    ids: Attr[dict[str, uuid.UUID]] = attr(default_factory=dict)
    deep: Attr[dict[str, dict[str, list[Point]]]] = attr(default_factory=dict)
    plain: Attr[dict[str, list[int] | str]] = attr(default_factory=dict)
    prices: Attr[dict[str, Decimal]] = attr(default_factory=dict)


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    return (Atlas,)


NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "values",
    [
        {"blobs": {"a": b"x", "b": b""}},
        {"tags": {"a": {"x", "y"}}},
        {"days": {"a": dt.date(2026, 1, 1)}},
        {"moments": {"a": NOON, "b": None}},
        {"points": {"a": Point(1, 2), "b": Point(3)}},
        {"colours": {"a": Colour.RED}},
        {"ids": {"a": uuid.UUID(int=7)}},
        {"deep": {"a": {"b": [Point(1)]}}},
        {"plain": {"a": [1, 2], "b": "x"}},
        {"prices": {"a": Decimal("1.5")}},
    ],
)
def test_a_map_comes_back_equal(connection: Connection, values: dict[str, Any]) -> None:
    rows = connection.repository(Atlas)
    made = rows.create(values)
    assert rows.find_or_fail(made.id) == made
    assert not made.is_dirty()


@pytest.mark.parametrize(
    "values",
    [
        {"blobs": {"a": "text"}},
        {"tags": {"a": {1}}},
        {"days": {"a": "soon"}},
        {"colours": {"a": "blue"}},
        {"prices": {"a": float("nan")}},
        {"plain": {"a": {1}}},
    ],
)
def test_members_of_another_type_are_refused(
    connection: Connection, values: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRowError, match=next(iter(values))):
        connection.repository(Atlas).create(values)
