"""More models of the suite, each with something that the blog has not."""

from __future__ import annotations

from typing import Any, Final

from orm.definitions import PatternDefinition as Pattern
from orm.definitions.entity import IndexDefinition
from orm.records import (
    Attr,
    DynamoDBModel,
    Expires,
    SoftDeletes,
    Versioned,
    attr,
    new_id,
)


class Member(
    DynamoDBModel,
    indexes=(
        IndexDefinition(name="active", columns=("email",), unique=True, where={"status": "on"}),
    ),
):
    """Has an e-mail that is unique among those who are on."""

    id: Attr[str] = attr(default_factory=new_id)
    email: Attr[str]
    status: Attr[str] = attr(default="on")


class Badge(
    DynamoDBModel,
    Expires,
    indexes=(IndexDefinition(name="worn", columns=("code",), unique=True, where={"on": True}),),
    patterns=(Pattern(name="by name", equal=("name",)),),
):
    """Has a code that is unique, in both cases, among those that are on and have not expired."""

    id: Attr[str]
    code: Attr[str | None] = attr(default=None, casefold=True)
    on: Attr[bool] = attr(default=True)
    name: Attr[str] = attr(default="x")


class Note(DynamoDBModel, SoftDeletes, Versioned):
    """Goes into a bin and counts its changes."""

    id: Attr[str] = attr(default_factory=new_id)
    text: Attr[str] = attr(default="", rules="max:9")


class Bag(DynamoDBModel, Versioned):
    """Holds values that equal others of another type."""

    id: Attr[str] = attr(default_factory=new_id)
    price: Attr[float] = attr(default=0.0)
    words: Attr[set[str]] = attr(default_factory=set)
    thing: Attr[Any] = attr(default=None)


class City(DynamoDBModel, patterns=(Pattern(name="by land", equal=("land",), sort="size"),)):
    """Was written before `land` stood in an index."""

    id: Attr[str]
    land: Attr[str] = attr(default="")
    size: Attr[int] = attr(default=1)


class Page(DynamoDBModel, keys={"pk": "SITE#{site}", "sk": "PAGE#{id}"}):
    """Is keyed by more than its primary key."""

    id: Attr[str]
    site: Attr[str]


class Vault(DynamoDBModel, Versioned, primary_key="code"):
    """Is keyed by what is hidden, and hides a tree."""

    code: Attr[str] = attr(hidden=True)
    tree: Attr[dict[str, Any]] = attr(default_factory=dict, hidden=True)


class Ticket(DynamoDBModel):
    """Has a number that was not stored with its first rows."""

    id: Attr[str]
    name: Attr[str] = attr(default="")
    number: Attr[str] = attr(default_factory=new_id)


ODD: Final = (Member, Badge, Note, Bag, City, Page, Vault, Ticket)
