"""The models that the suite reads and writes."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from orm import Desc, Index, Key, Model


class User(Model, key=Key("id")):
    """The document's own example: pk and sk are both `USER#123`."""

    id: str
    name: str = ""
    logins: int = 0
    email: str | None = None


class BoardRow(
    Model,
    prefix="BOARD",
    key=Key("airport", "day", sort=("scheduled", "flight")),
    indexes=(
        Index(1, "carrier", "day", sort=("flight",)),
        Index(2, "tail", sort=(Desc("day"), "scheduled")),
    ),
):
    """One row per flight of an airport's board."""

    airport: str
    day: dt.date
    scheduled: int
    flight: str
    carrier: str | None = None
    tail: str | None = None
    status: str = "scheduled"
    delay: int = 0


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(msgspec.Struct, tag=True):
    x: int
    y: float


class Everything(Model, key=Key("id", sort=(Desc("rank"), "at")), rename="camel"):
    """A field of every kind, under names that differ from the attributes'."""

    id: uuid.UUID
    rank: Decimal
    at: dt.datetime
    text: str
    big: Annotated[int, msgspec.Meta(ge=0)]
    real: float
    blob: bytes
    yes: bool
    colour: Colour
    day: dt.date | None
    point_list: list[Point]
    tags: set[str]
    amounts: frozenset[Decimal]
    blobs: set[bytes]
    pair: tuple[int, str]
    free: dict[str, Any]
    nothing: None = None
    count: int = 0


class Reading(Model, key=Key("sensor", sort=("value",))):
    """Sorted by a general number."""

    sensor: int
    value: Decimal


class Global(Model, key=Key(sort=("name",))):
    """All rows in one partition."""

    name: str
    n: int = 0
