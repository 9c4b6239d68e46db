"""The models of the suite: a small blog."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec

from orm.definitions import PatternDefinition as Pattern
from orm.records import (
    Attr,
    DynamoDBModel,
    Expires,
    HasUuid,
    SoftDeletes,
    Timestamps,
    Versioned,
    attr,
    new_id,
)


class Mood(enum.Enum):
    CALM = "calm"
    WILD = "wild"


class Place(msgspec.Struct):
    town: str
    floor: int | None = None


class User(
    DynamoDBModel,
    Timestamps,
    patterns=(
        Pattern(name="by town", equal=("town",), sort="age"),
        Pattern(name="by mood", equal=("mood",), sort="name"),
    ),
):
    """Has a unique e-mail, a hidden token and two indexes of its own."""

    id: Attr[str] = attr(default_factory=new_id)
    name: Attr[str]
    email: Attr[str | None] = attr(default=None, unique=True, casefold=True, rules="email")
    token: Attr[str | None] = attr(default=None, unique=True, hidden=True)
    town: Attr[str] = attr(default="Rome")
    age: Attr[Annotated[int, msgspec.Meta(ge=0, le=150)]] = attr(default=30)
    mood: Attr[Mood | None] = attr(default=None)
    joined: Attr[dt.date | None] = attr(default=None, immutable=True)
    is_admin: Attr[bool] = attr(default=False, fillable=False)
    tags: Attr[list[str]] = attr(default_factory=list)


class Post(
    DynamoDBModel,
    Timestamps,
    SoftDeletes,
    HasUuid,
    patterns=(
        Pattern(name="by user", equal=("user_id",), sort="created_at"),
        Pattern(name="open by user", equal=("user_id",), sort="title", where={"status": "open"}),
    ),
):
    """Goes into a bin, and has a slug that nothing else has."""

    id: Attr[str] = attr(default_factory=new_id)
    user_id: Attr[str]
    title: Attr[str]
    slug: Attr[str | None] = attr(default=None, unique=True)
    status: Attr[str] = attr(default="draft")
    likes: Attr[int] = attr(default=0)


class Account(DynamoDBModel, Versioned):
    """Counts its changes."""

    id: Attr[str] = attr(default_factory=new_id)
    pence: Attr[int] = attr(default=0)


class Session(DynamoDBModel, Expires, patterns=(Pattern(name="by user", equal=("user_id",)),)):
    """Expires."""

    id: Attr[str] = attr(default_factory=new_id)
    user_id: Attr[str]
    code: Attr[str | None] = attr(default=None, unique=True)


class Sample(DynamoDBModel, primary_key=("station", "taken")):
    """Every kind of value, keyed by two."""

    station: Attr[str]
    taken: Attr[dt.datetime]
    number: Attr[Decimal] = attr(default=Decimal(0))
    raw: Attr[bytes] = attr(default=b"")
    words: Attr[set[str]] = attr(default_factory=set)
    tree: Attr[dict[str, Any]] = attr(default_factory=dict)
    place: Attr[Place | None] = attr(default=None)
    nothing: Attr[str | None] = attr(default="something")
    empty: Attr[str] = attr(default="")


MODELS: Final = (User, Post, Account, Session, Sample)
