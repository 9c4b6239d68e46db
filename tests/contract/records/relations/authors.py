"""Authors: models with odd names and keys, and a driver before which something happens."""

from __future__ import annotations

import uuid
from typing import Final, TypeVar

from orm.driver import Driver
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    attr,
    belongs_to,
    belongs_to_many,
    has_many,
    has_many_through,
    new_id,
)
from tests.support.drivers import seen_by

R = TypeVar("R")


class Boat(DynamoDBModel):
    """Is numbered."""

    id: Attr[int]

    sailors = belongs_to_many(lambda: Sailor)


class Sailor(DynamoDBModel):
    id: Attr[int]

    boats = belongs_to_many(Boat)


class Crate(DynamoDBModel):
    id: Attr[uuid.UUID] = attr(default_factory=uuid.uuid4)


class Author(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    name: Attr[str] = attr(default="")

    books = has_many(lambda: Book, on_delete="cascade")
    drafts = has_many(lambda: Draft, on_delete="set_null")
    bestBooks = has_many(lambda: Book)  # noqa: N815
    labels = belongs_to_many(lambda: Label, pivot={"columns": {"since": {"type": "integer"}}})
    pages = has_many_through(lambda: Page, lambda: Book)


class Book(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    author_id: Attr[str | None] = attr(default=None)

    author = belongs_to(Author)
    pages = has_many(lambda: Page)
    remarks = has_many(lambda: Remark, on_delete="cascade")


class Draft(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    title: Attr[str] = attr(default="")
    author_id: Attr[str | None] = attr(default=None)


class Remark(DynamoDBModel):
    """Hangs on a book; gone with it."""

    id: Attr[str] = attr(default_factory=new_id)
    book_id: Attr[str]


class Page(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    book_id: Attr[str]
    number: Attr[int] = attr(default=0)


class Label(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    text: Attr[str] = attr(default="")

    authors = belongs_to_many(Author)


MODELS: Final[tuple[type[DynamoDBModel], ...]] = (
    Boat,
    Sailor,
    Crate,
    Author,
    Book,
    Draft,
    Remark,
    Page,
    Label,
)


def again(connection: Connection, driver: Driver) -> Connection:
    """The same models in the same table by another driver."""
    return seen_by(connection, driver, *MODELS)
