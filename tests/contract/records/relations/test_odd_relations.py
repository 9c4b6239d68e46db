"""Relations over keys of other types, under odd names, and narrowed."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from orm import delete_table
from orm.clock import SystemClock
from orm.driver import MeteredDriver
from orm.errors import ConfigurationError
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    Many,
    attr,
    belongs_to,
    belongs_to_many,
    has_many,
    new_id,
)
from tests.contract.records.relations.authors import (
    MODELS,
    Author,
    Boat,
    Book,
    Crate,
    Label,
    Sailor,
)


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    """The models in the table."""
    return MODELS


@pytest.fixture
def ann(connection: Connection) -> Author:
    return connection.repository(Author).create()


# --- keys of other types ---


def test_numbered_rows_are_attached(connection: Connection) -> None:
    boat = connection.repository(Boat).create(id=1)
    sailor = connection.repository(Sailor).create(id=2)
    assert boat.related(Boat.sailors).attach(sailor) == [2]
    assert [one.id for one in sailor.load(Sailor.boats).boats] == [1]


class Grade(enum.Enum):
    LOW = "low"
    HIGH = "high"


KEYS: list[tuple[Any, Any]] = [
    (int, 7),
    (Decimal, Decimal("1.5")),
    (dt.date, dt.date(2026, 1, 2)),
    (dt.datetime, dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)),
    (uuid.UUID, uuid.UUID(int=1)),
    (Grade, Grade.HIGH),
]


@pytest.mark.parametrize(("kind", "key"), KEYS, ids=lambda one: getattr(one, "__name__", ""))
def test_rows_with_a_key_of_any_type_are_attached_and_deleted(
    meter: MeteredDriver, connection: Connection, kind: type, key: Any
) -> None:
    said = {"__module__": __name__, "__annotations__": {"id": Attr[kind]}}  # type: ignore[valid-type]
    meta: Any = type(DynamoDBModel)
    Thing: Any = meta(  # noqa: N806
        "Thing", (DynamoDBModel,), {**said, "tags": belongs_to_many("Tag")}
    )

    class Tag(DynamoDBModel):
        id: Attr[str]
        things: Many[Any] = belongs_to_many("Thing")

    config = msgspec.structs.replace(connection.config, table=f"{connection.config.table}-keys")
    made = Connection(meter, config, tenant=connection.tenant)
    made.register(Thing, Tag)
    made.create_table()
    try:
        thing, tag = made.repository(Thing).create(id=key), made.repository(Tag).create(id="t")
        assert tag.related(Tag.things).attach(thing) == [key]
        assert thing.load(Thing.tags).tags == [tag]
        assert tag.load(Tag.things).things == [thing]
        assert tag.related(Tag.things).sync([key]).detached == []
        made.repository(Thing).find_or_fail(key).delete()
        assert tag.related(Tag.things).detach() == []
    finally:
        delete_table(meter, config.table, SystemClock())


def test_numbered_rows_with_a_many_to_many_relation_are_deleted(connection: Connection) -> None:
    boat = connection.repository(Boat).create(id=1)
    boat.delete()
    assert connection.repository(Boat).find(1) is None


def test_a_row_is_keyed_by_a_uuid(connection: Connection) -> None:
    crate = connection.repository(Crate).create()
    assert connection.repository(Crate).find(crate.id) == crate


# --- names ---


def test_a_relation_with_capitals_in_its_name_is_read(connection: Connection, ann: Author) -> None:
    book = ann.related(Author.books).create()
    assert ann.load(Author.bestBooks).bestBooks == [book]
    authors = connection.repository(Author).query().where(id=ann.id)
    (found,) = authors.with_("bestBooks").with_count("bestBooks").get()
    assert found.bestBooks == [book]
    spellings: list[Any] = ["bestBooks", "best_books", Author.bestBooks]
    assert [found.count_of(one) for one in spellings] == [1, 1, 1]


def test_a_relation_may_be_called_model(meter: MeteredDriver, connection: Connection) -> None:
    class Maker(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)

    class Car(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        model_id: Attr[str]
        model = belongs_to(Maker)

    made = Connection(meter, connection.config)
    made.register(Maker, Car)
    assert "Car" in made.plan.entities


def test_the_relation_of_another_model_is_refused(ann: Author) -> None:
    ann.related(Author.books).create()
    other: Any = Book.pages
    with pytest.raises(ConfigurationError):
        ann.load(other)


def test_a_relation_to_a_model_that_is_not_registered_is_refused_in_words(
    meter: MeteredDriver, connection: Connection
) -> None:
    class Lonely(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        others: Many[DynamoDBModel] = has_many("Nobody")

    made = Connection(meter, connection.config)
    made.register(Lonely)
    row = made.repository(Lonely).make()
    row.id = "1"
    with pytest.raises(ConfigurationError):
        row.load("others")


def test_a_relation_that_is_none_is_refused_though_no_row_is_found(connection: Connection) -> None:
    books = connection.repository(Book).query().where(author_id="nobody")
    narrowed: dict[str, Any] = {"pages.bok": lambda rows: rows}
    asked: list[Callable[[], object]] = [
        lambda: books.with_("pagez"),
        lambda: books.with_("author.bokks"),
        lambda: books.with_(**narrowed),
        lambda: books.with_count("pagez"),
        lambda: books.has("pagez"),
        lambda: books.has("author.bokks").get(),
        lambda: books.has(Author.books),
        lambda: books.with_(Author.books),
    ]
    for ask in asked:
        with pytest.raises(ConfigurationError, match=r"is no relation|is a relation of Author"):
            ask()


# --- narrowing ---


def test_a_many_to_many_relation_is_narrowed_to_so_many_rows_in_an_order(
    connection: Connection, ann: Author
) -> None:
    labels = [connection.repository(Label).create(id=str(n), text=str(9 - n)) for n in range(4)]
    ann.related(Author.labels).attach(*labels)
    bob = connection.repository(Author).create()
    bob.related(Author.labels).attach(labels[0], labels[3])
    found = connection.repository(Author).find_many([ann.id, bob.id])
    for author in found:
        (same,) = (
            connection.repository(Author)
            .query()
            .where(id=author.id)
            .with_(labels=lambda rows: rows.order_by("text").limit(1))
            .get()
        )
        assert [one.text for one in same.labels] == ["6"]
    falling = ann.related(Author.labels).get(lambda rows: rows.order_by("text", "desc").limit(3))
    assert [one.text for one in falling] == ["9", "8", "7"]
    assert ann.related(Author.labels).get(lambda rows: rows.limit(0)) == []


def test_a_relation_through_others_is_narrowed_for_the_row_and_not_for_each_between(
    connection: Connection, ann: Author
) -> None:
    for first in (1, 2):
        book = ann.related(Author.books).create()
        for number in (first, first + 2):
            book.related(Book.pages).create(number=number)
    pages = ann.related(Author.pages)
    assert len(pages.get(lambda rows: rows.limit(1))) == 1
    assert len(pages.get(lambda rows: rows.limit(3))) == 3


def test_a_narrowing_is_reached_by_a_path(connection: Connection, ann: Author) -> None:
    book = ann.related(Author.books).create()
    for number in (1, 2):
        book.related(Book.pages).create(number=number)
    narrowed: dict[str, Any] = {"books.pages": lambda rows: rows.limit(1)}
    query = connection.repository(Author).query().where(id=ann.id)
    (found,) = query.with_("books", **narrowed).get()
    assert len(found.books[0].pages) == 1


def test_an_owner_key_in_any_case_is_refused(meter: MeteredDriver, connection: Connection) -> None:
    """A parent would be found by each spelling, and its children by one alone."""

    class Writer(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        mail: Attr[str] = attr(unique=True, casefold=True)

    class Letter(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        writer_mail: Attr[str]
        writer = belongs_to(Writer, foreign_key="writer_mail", owner_key="mail")

    made = Connection(meter, connection.config)
    made.register(Writer, Letter)
    with pytest.raises(ConfigurationError, match=r"Writer\.mail is casefold"):
        made.repository(Letter)


def test_a_model_that_has_many_of_itself_needs_no_names_for_keys(
    meter: MeteredDriver, connection: Connection
) -> None:
    class Person(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        friends: Many[Any] = belongs_to_many("Person")

    made = Connection(meter, connection.config)
    made.register(Person)
    assert made.plan.entity("PersonPerson").identity == ("person_id", "related_person_id")


def test_an_empty_foreign_key_is_that_of_no_row(connection: Connection) -> None:
    book = connection.repository(Book).create(author_id=None)
    book.author_id = ""
    assert book.load(Book.author).author is None
    with pytest.raises(ConfigurationError, match="names no row"):
        book.related(Book.author).query()
