"""Changes of relations with what is another's, or is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from orm import delete_table
from orm.clock import SystemClock
from orm.driver import MeteredDriver
from orm.errors import ConfigurationError, OrmError
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    ForeignRowError,
    Many,
    attr,
    belongs_to_many,
    new_id,
)
from tests.contract.records.relations.authors import (
    MODELS,
    Author,
    Book,
    Label,
)


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    """The models in the table."""
    return MODELS


@pytest.fixture
def ann(connection: Connection) -> Author:
    return connection.repository(Author).create()


def test_a_row_of_another_tenant_is_not_taken(connection: Connection, ann: Author) -> None:
    other = connection.for_tenant("other")
    theirs = other.repository(Book).create(author_id="someone")
    with pytest.raises(ForeignRowError):
        ann.related(Author.books).save(theirs)
    assert theirs.author_id == "someone"
    assert ann.load(Author.books).books == []
    assert other.repository(Book).find_or_fail(theirs.id).author_id == "someone"


def test_a_repository_deletes_no_row_of_another_tenant(connection: Connection) -> None:
    other = connection.for_tenant("other")
    theirs = other.repository(Label).create(text="theirs")
    with pytest.raises(ForeignRowError):
        connection.repository(Label).delete(theirs)
    assert other.repository(Label).find(theirs.id) is not None


@pytest.mark.parametrize("method", ["associate", "attach", "save"])
def test_a_row_of_another_model_is_refused_in_words(
    connection: Connection, ann: Author, method: str
) -> None:
    label = connection.repository(Label).create()
    book = ann.related(Author.books).create()
    change: dict[str, Callable[[], object]] = {
        "associate": lambda: book.related(Book.author).associate(label),
        "attach": lambda: ann.related(Author.labels).attach(book),
        "save": lambda: ann.related("books").save(label),
    }
    with pytest.raises(ConfigurationError):
        change[method]()


@pytest.mark.parametrize("by", ["attach", "sync", "sync again"])
def test_data_of_an_edge_does_not_change_whose_edge_it_is(
    connection: Connection, ann: Author, by: str
) -> None:
    label, labels = connection.repository(Label).create(), ann.related(Author.labels)
    form: dict[str, Any] = {"author_id": "somebody-else"}
    if by == "sync again":
        labels.attach(label)
    with pytest.raises(ConfigurationError, match="author_id tells whose edge it is"):
        labels.attach(label, **form) if by == "attach" else labels.sync({label.id: form})
    assert labels.get() == ([label] if by == "sync again" else [])


@pytest.mark.parametrize("data", [{"since": "no number"}, {"sinze": 1}, {"author_id": "x"}])
def test_a_sync_that_is_refused_changes_nothing(
    connection: Connection, ann: Author, data: dict[str, Any]
) -> None:
    old, kept, new = (connection.repository(Label).create() for _ in range(3))
    labels = ann.related(Author.labels)
    labels.attach(old, kept, since=1)
    with pytest.raises(OrmError):
        labels.sync({kept.id: {"since": 2}, new.id: data})
    assert {one.id: one.pivot.since for one in labels.get()} == {old.id: 1, kept.id: 1}


def test_a_text_is_no_list_of_keys(connection: Connection, ann: Author) -> None:
    label = connection.repository(Label).create()
    ann.related(Author.labels).attach(label)
    with pytest.raises(ConfigurationError, match="letter by letter"):
        ann.related(Author.labels).sync(label.id)
    assert ann.load(Author.labels).labels == [label]


def test_one_wrong_edge_keeps_all_from_being_attached(connection: Connection, ann: Author) -> None:
    label = connection.repository(Label).create()
    with pytest.raises(OrmError):
        ann.related(Author.labels).attach(label, since="no number")
    assert ann.related(Author.labels).get() == []


def test_a_row_belongs_to_no_row_that_has_no_key(connection: Connection) -> None:
    author = connection.repository(Author).make()
    author.id = ""
    with pytest.raises(ConfigurationError, match="has no key to be kept as author_id"):
        author.related(Author.books).create()
    book = connection.repository(Book).make()
    with pytest.raises(ConfigurationError, match="has nothing to be kept as author_id"):
        book.related(Book.author).associate(author)
    nobody: Any = None
    with pytest.raises(ConfigurationError, match="use dissociate"):
        book.related(Book.author).associate(nobody)


def test_a_row_of_a_derived_model_is_another_models(connection: Connection, ann: Author) -> None:
    class Poet(Author):
        """Is stored beside authors, under keys of its own."""

    poet, book = Poet(id="1"), ann.related(Author.books).create()
    with pytest.raises(ConfigurationError, match="is no row of Author"):
        book.related(Book.author).associate(poet)


def test_an_edge_with_a_key_of_its_own_is_made_once(
    meter: MeteredDriver, connection: Connection
) -> None:
    class Person(DynamoDBModel):
        id: Attr[str]
        rooms: Many[Any] = belongs_to_many("Room", pivot={"entity": "Stay"})

    class Room(DynamoDBModel):
        id: Attr[str]

    class Stay(DynamoDBModel):
        id: Attr[str] = attr(default_factory=new_id)
        person_id: Attr[str]
        room_id: Attr[str]
        nights: Attr[int | None] = attr(default=None)

    config = msgspec.structs.replace(connection.config, table=f"{connection.config.table}-stays")
    made = Connection(meter, config, tenant=connection.tenant)
    made.register(Person, Room, Stay)
    made.create_table()
    try:
        person, room = made.repository(Person).create(id="p"), made.repository(Room).create(id="r")
        rooms = person.related(Person.rooms)
        assert rooms.attach(room) == ["r"]
        assert rooms.attach(room, nights=2) == []
        assert [one.pivot.nights for one in rooms.get()] == [2]
        assert rooms.sync([room]).attached == []
        assert rooms.detach(room) == ["r"]
        assert rooms.get() == []
    finally:
        delete_table(meter, config.table, SystemClock())
