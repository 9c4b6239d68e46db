"""Cascades while others write, and in every order of declarations."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from orm import delete_table
from orm.clock import SystemClock
from orm.driver import Driver, MeteredDriver
from orm.errors import ConfigurationError
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    RestrictedError,
    attr,
    has_many,
    new_id,
)
from orm.requests import DeleteItem
from tests.contract.records.relations.authors import (
    MODELS,
    Author,
    Book,
    Draft,
    Remark,
)
from tests.support.drivers import preceded


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    """The models in the table."""
    return MODELS


@pytest.fixture
def ann(connection: Connection) -> Author:
    return connection.repository(Author).create()


def test_a_cascade_leaves_a_row_that_was_given_to_another_meanwhile(
    connection: Connection, meter: MeteredDriver, ann: Author
) -> None:
    bob = connection.repository(Author).create()
    book = ann.related(Author.books).create()

    def moved() -> None:
        own = connection.repository(Book).find_or_fail(book.id)
        own.update(author_id=bob.id)

    theirs = preceded(connection, moved, *MODELS)
    late = theirs.repository(Author).find_or_fail(ann.id)
    late.delete()
    assert connection.repository(Author).find(ann.id) is None
    assert connection.repository(Book).find(book.id) is not None


def test_what_hangs_on_a_row_that_is_left_stays_with_it(
    connection: Connection, meter: MeteredDriver, ann: Author
) -> None:
    bob = connection.repository(Author).create()
    book = ann.related(Author.books).create()
    remark = book.related(Book.remarks).create()

    def moved() -> None:
        connection.repository(Book).find_or_fail(book.id).update(author_id=bob.id)

    theirs = preceded(connection, moved, *MODELS)
    late = theirs.repository(Author).find_or_fail(ann.id)
    late.delete()
    assert connection.repository(Author).find(ann.id) is None
    assert connection.repository(Book).find_or_fail(book.id).author_id == bob.id
    assert connection.repository(Remark).find(remark.id) is not None


def test_a_row_that_went_meanwhile_keeps_no_other_from_going(
    connection: Connection, meter: MeteredDriver, ann: Author
) -> None:
    book, draft = ann.related(Author.books).create(), ann.related(Author.drafts).create()
    remark = book.related(Book.remarks).create()

    def gone() -> None:
        connection.repository(Draft).find_or_fail(draft.id).delete()
        books = connection.repository(Book)
        key = books.rows.key(books.stored.known(book))
        meter.send(DeleteItem(table_name=connection.config.table, key=key))

    theirs = preceded(connection, gone, *MODELS)
    late = theirs.repository(Author).find_or_fail(ann.id)
    late.delete()
    assert connection.repository(Author).find(ann.id) is None
    assert connection.repository(Draft).find(draft.id) is None
    assert connection.repository(Remark).find(remark.id) is None


def test_a_row_that_was_renamed_meanwhile_goes_with_the_one_it_hangs_on(
    connection: Connection, meter: MeteredDriver, ann: Author
) -> None:
    draft = ann.related(Author.drafts).create()

    def renamed() -> None:
        connection.repository(Draft).find_or_fail(draft.id).update(title="new")

    theirs = preceded(connection, renamed, *MODELS)
    late = theirs.repository(Author).find_or_fail(ann.id)
    late.delete()
    found = connection.repository(Draft).find_or_fail(draft.id)
    assert (found.author_id, found.title) == (None, "new")


@pytest.mark.parametrize("immutable", [False, True])
def test_what_cannot_be_empty_is_not_emptied(
    meter: MeteredDriver, connection: Connection, immutable: bool
) -> None:
    """Told when models are registered, not when a row is deleted."""

    class Owner(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        things = has_many(lambda: Thing, on_delete="set_null")

    class Thing(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        if immutable:
            owner_id: Attr[str | None] = attr(default=None, immutable=True)
        else:
            owner_id: Attr[str]  # type: ignore[no-redef]

    made = Connection(meter, connection.config)
    made.register(Owner, Thing)
    with pytest.raises(ConfigurationError, match=r"Thing\.owner_id cannot be emptied"):
        made.repository(Owner)


def test_set_null_leaves_a_row_that_was_given_to_another_meanwhile(
    connection: Connection, meter: MeteredDriver, ann: Author
) -> None:
    bob = connection.repository(Author).create()
    draft = ann.related(Author.drafts).create()

    def moved() -> None:
        connection.repository(Draft).find_or_fail(draft.id).update(author_id=bob.id)

    theirs = preceded(connection, moved, *MODELS)
    late = theirs.repository(Author).find_or_fail(ann.id)
    late.delete()
    assert connection.repository(Author).find(ann.id) is None
    assert connection.repository(Draft).find_or_fail(draft.id).author_id == bob.id


def test_a_row_that_goes_anyway_restricts_nothing_in_whatever_order_relations_are_declared(
    meter: MeteredDriver, connection: Connection
) -> None:
    for first in (True, False):
        assert not _is_restricted(meter, connection, first=first)


def _is_restricted(driver: Driver, beside: Connection, *, first: bool) -> bool:
    """Whether a row is kept by one that hangs on it over two others, which restrict and cascade."""

    class Root(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        if first:
            keepers = has_many(lambda: Keeper, on_delete="cascade")
        takers = has_many(lambda: Taker, on_delete="cascade")
        if not first:
            keepers = has_many(lambda: Keeper, on_delete="cascade")

    class Keeper(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        root_id: Attr[str]
        leaves = has_many(lambda: Leaf, on_delete="restrict")

    class Taker(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        root_id: Attr[str]
        leaves = has_many(lambda: Leaf, on_delete="cascade")

    class Leaf(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        keeper_id: Attr[str]
        taker_id: Attr[str]

    config = msgspec.structs.replace(beside.config, table=f"{beside.config.table}-{first}")
    made = Connection(driver, config)
    made.register(Root, Keeper, Taker, Leaf)
    made.create_table()
    root = made.repository(Root).create()
    keeper = made.repository(Keeper).create(root_id=root.id)
    taker = made.repository(Taker).create(root_id=root.id)
    made.repository(Leaf).create(keeper_id=keeper.id, taker_id=taker.id)
    try:
        root.delete()
    except RestrictedError:
        return True
    finally:
        delete_table(driver, config.table, SystemClock())
    return False
