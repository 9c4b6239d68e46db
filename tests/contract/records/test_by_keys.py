"""Asking by keys, as the document shows it: one partition, keys whole or by values, one entity or
several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orm import SingleTableConfig
from orm.clock import ManualClock
from orm.definitions import PatternDefinition as Pattern
from orm.driver import MeteredDriver
from orm.errors import ConfigurationError, InvalidKeyError
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    Expires,
    Repository,
    SoftDeletes,
    attr,
    new_id,
)
from tests.contract.records.conftest import NOON_MICROS
from tests.support.tables import table_of

USER = {
    "name": "User",
    "primaryKey": "id",
    "attributes": {"name": {"fillable": True}, "email": {"fillable": True, "unique": True}},
    "hasMany": ["Post"],
    "keys": {
        "pk": "USER#{id}",
        "sk": "PROFILE#{id}",
        "gsi1pk": "USER#{id}",
        "gsi1sk": "PROFILE#{name}",
    },
    "traits": {"useTimestamps": True},
}


class Post(DynamoDBModel, SoftDeletes, keys={"pk": "USER#{user_id}", "sk": "POST#{id}"}):
    """Lies in its user's partition."""

    id: Attr[str] = attr(default_factory=new_id)
    user_id: Attr[str]
    title: Attr[str] = attr(default="")


class Visit(
    DynamoDBModel,
    Expires,
    keys={"pk": "USER#{user_id}", "sk": "VISIT#{id}"},
    patterns=(Pattern(name="by page", equal=("page",), sort="id", project=("id", "page")),),
):
    id: Attr[str]
    user_id: Attr[str]
    page: Attr[str] = attr(default="/")
    note: Attr[str] = attr(default="")


@pytest.fixture
def connection(
    meter: MeteredDriver, config: SingleTableConfig, tenant: str | None, hands: ManualClock
) -> Iterator[Connection]:
    made = Connection(meter, config, tenant=tenant, clock=hands)
    made.register(USER, Post, Visit)
    with table_of(made):
        yield made


@pytest.fixture
def key(connection: Connection) -> Any:
    """`USER#123` with the delimiter of the table."""
    return connection.config.keys.join


@pytest.fixture
def people(connection: Connection, key: Any) -> None:
    users: Repository[Any] = connection.repository("User")
    users.create(id="123", name="John", email="john@example.com")
    users.create(id="1234", name="Jane", email="jane@example.com")
    posts, visits = connection.repository(Post), connection.repository(Visit)
    for number in range(4):
        posts.create(id=f"{number}", user_id="123", title=f"t{number}")
    posts.create(id="other", user_id="1234")
    posts.find_or_fail("3").delete()
    now = NOON_MICROS // 1_000_000
    visits.create(id="a", user_id="123", ttl=now + 100)
    visits.create(id="b", user_id="123", ttl=now - 100)


def test_the_documents_chain(connection: Connection, people: None, key: Any) -> None:
    index = connection.config.index_name(1)
    beginning = key("PROFILE") + connection.config.delimiter
    found = (
        connection.entity("User")
        .pk(key("USER", "123"))
        .sk.begins_with(beginning)
        .index(index)
        .project("name", "email")
        .get()
    )
    assert found == [{"name": "John", "email": "john@example.com"}]


def test_an_entity_is_all_that_is_found(connection: Connection, people: None, key: Any) -> None:
    partition = connection.entity(Post).pk(key("USER", "123"))
    assert [post.id for post in partition.get()] == ["0", "1", "2"]
    (user,) = connection.entity("User").pk(key("USER", "123")).get()
    assert type(user).__name__ == "User"
    assert [post.id for post in partition.with_trashed().get()] == ["0", "1", "2", "3"]
    assert [post.id for post in partition.descending().limit(2).get()] == ["2", "1"]
    assert partition.filter(title="t1").count() == 1
    assert partition.filter(Post.title != "t1").count() == 2
    assert connection.entity(Visit).pk(key("USER", "123")).count() == 1
    assert connection.entity(Post).pk(key("USER", "12")).get() == []
    first = partition.consistent().first()
    assert first is not None
    first.title = "new"
    first.save()
    assert connection.repository(Post).find_or_fail("0").title == "new"


def test_every_demand_on_the_sort_key(connection: Connection, people: None, key: Any) -> None:
    partition = connection.entity(Post).pk(user_id="123")

    def ids(found: Any) -> list[str]:
        return [post.id for post in found.get()]

    assert ids(partition.sk(key("POST", "1"))) == ["1"]
    assert ids(partition.sk(id="1")) == ["1"]
    assert ids(partition.sk.equals(id="1")) == ["1"]
    assert ids(partition.sk.less_than(id="1")) == ["0"]
    assert ids(partition.sk.at_most(id="1")) == ["0", "1"]
    assert ids(partition.sk.greater_than(key("POST", "1"))) == ["2"]
    assert ids(partition.sk.at_least(id="1")) == ["1", "2"]
    assert ids(partition.sk.between(key("POST", "1"), {"id": "9"})) == ["1", "2"]
    assert ids(partition.sk.begins_with(key("POST"))) == ["0", "1", "2"]
    assert ids(partition.sk.begins_with(key("VISIT"))) == []


def test_a_collection_is_dispatched_by_entity(
    connection: Connection, people: None, key: Any, meter: MeteredDriver
) -> None:
    before = meter.usage().requests
    found = connection.collection("User", Post, Visit).pk(key("USER", "123")).get()
    assert dict(meter.usage().requests - before) == {"Query": 1}
    assert [type(row).__name__ for row in found] == ["Post"] * 3 + ["User", "Visit"]
    assert [post.id for post in found.of(Post)] == ["0", "1", "2"]
    john = found.one(connection.model("User"))
    assert john is not None
    assert john.to_dict()["name"] == "John"
    assert found.one(Visit) == connection.repository(Visit).find("a")
    every = connection.collection().pk(key("USER", "123")).get()
    assert len(every) == 5
    two = connection.collection(Post, Visit).pk(user_id="123").limit(2).get()
    assert len(two) == 2
    post = found.of(Post)[0]
    post.title = "through the collection"
    post.save()
    assert connection.repository(Post).find_or_fail("0").title == "through the collection"


def test_tenants_are_asked_apart(connection: Connection, people: None, key: Any) -> None:
    other = connection.for_tenant("other")
    assert other.entity(Post).pk(key("USER", "123")).get() == []
    assert other.entity(Post).pk(user_id="123").get() == []


def test_pages_are_read_to_the_end(connection: Connection, key: Any) -> None:
    posts = connection.repository(Post)
    for number in range(7):
        posts.create(id=f"{number}", user_id="u", title="x" * 300_000)
    query = connection.entity(Post).pk(user_id="u")
    assert [post.id for post in query.get()] == [f"{n}" for n in range(7)]
    assert [post.id for post in query.limit(5).get()] == [f"{n}" for n in range(5)]
    assert len(connection.collection(Post).pk(user_id="u").get()) == 7


def test_what_is_no_key_is_refused(connection: Connection, key: Any) -> None:
    delimiter = connection.config.delimiter
    query = connection.entity(Post)
    for text in (f"USER{delimiter}", f"{delimiter}1", f"USER{delimiter}$", "!EVENT", "USER\x00"):
        with pytest.raises(InvalidKeyError):
            query.pk(text).get()
        with pytest.raises(InvalidKeyError):
            query.pk(user_id="1").sk(text).get()
    with pytest.raises(InvalidKeyError, match="kept for tenants"):
        query.pk(key("T", "acme", "USER", "123")).get()
    with pytest.raises(InvalidKeyError):
        query.pk(id="1").get()


def test_what_cannot_be_asked_is_refused_with_what_can(connection: Connection) -> None:
    with pytest.raises(ConfigurationError, match="about one partition"):
        connection.entity(Post).get()
    with pytest.raises(ConfigurationError, match="whole, or the values"):
        connection.entity(Post).pk()
    with pytest.raises(ConfigurationError, match="whole, or the values"):
        connection.entity(Post).pk("USER#1", user_id="1")
    with pytest.raises(ConfigurationError, match="GSI9: is no index that Post stands in") as no:
        connection.entity(Post).pk(user_id="1").index("GSI9").get()
    assert "the table" in no.value.hint
    with pytest.raises(ConfigurationError, match=r"Post\.titel: is no attribute"):
        connection.entity(Post).project("titel")
    with pytest.raises(ConfigurationError, match=r"Post\.titel: is no attribute"):
        connection.entity(Post).pk(user_id="1").filter(titel="x").get()
    with pytest.raises(ConfigurationError, match="must not be negative"):
        connection.entity(Post).pk(user_id="1").limit(-1)
    none = connection.entity(Post).pk(user_id="1").limit(0)
    assert none.get() == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda query: query.limit("3"),
        lambda query: query.limit(True),
        lambda query: query.sk.begins_with(5),
        lambda query: query.sk.between("POST#1", 5),
        lambda query: query.filter("title").get(),
        lambda query: query.filter("title", "=>", "x").get(),
        lambda query: query.project(Visit.page),
    ],
)
def test_what_means_nothing_is_refused(connection: Connection, ask: Any) -> None:
    with pytest.raises(ConfigurationError):
        ask(connection.entity(Post).pk(user_id="1"))


def test_no_row_is_the_first_of_none(connection: Connection, people: None) -> None:
    """A limit of no rows holds for the first as well."""
    query = connection.entity(Post).pk(user_id="123")
    assert query.first() is not None
    assert query.limit(0).first() is None
    assert query.project("id").limit(0).first() is None


def test_filters_and_attributes_are_said_as_in_queries(
    connection: Connection, people: None
) -> None:
    query = connection.entity(Post).pk(user_id="123")
    row, *_ = query.get()
    assert row in query.filter("title", row.title).get()
    assert row not in query.filter("title", "!=", row.title).get()
    assert query.project(Post.title).first() == {"title": row.title}


def test_a_narrow_index_gives_what_it_copies(connection: Connection, people: None) -> None:
    slots = {slot.number: slot.include for slot in connection.plan.slots}
    indexes = connection.plan.entity("Visit").indexes
    (number,) = (path.number for path in indexes if path.hash == ("page",))
    query = connection.entity(Visit).pk(page="/").index(connection.config.index_name(number))
    assert query.project("id", "page").get() == [{"id": "a", "page": "/"}]
    if slots[number]:
        with pytest.raises(ConfigurationError, match=r"copies .* alone"):
            query.get()
    else:
        assert query.count() == 1


def test_projected_attributes_may_be_missing(connection: Connection) -> None:
    connection.repository("User").create(id="9")
    found = connection.entity("User").pk(id="9").project("name", "email").first()
    assert found == {"name": None, "email": None}
    assert connection.entity("User").pk(id="0").project("name").first() is None


def test_what_dynamodb_would_refuse_is_refused_in_words(connection: Connection, key: Any) -> None:
    posts, number = connection.entity(Post), 5
    partition = posts.pk(user_id="1")
    with pytest.raises(ConfigurationError, match="wrong way round"):
        partition.sk.between(key("POST", "2"), key("POST", "1")).get()
    with pytest.raises(ConfigurationError, match="names no attribute"):
        partition.project()
    with pytest.raises(ConfigurationError, match="as text, was given int 5"):
        posts.pk(number)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="pk: is not made of n; it is made of user_id"):
        posts.pk(user_id="1", n=3).get()
    with pytest.raises(ConfigurationError, match="sk: is not made of title; it is made of id"):
        partition.sk(id="1", title="t").get()
    index = connection.config.index_name(1)
    with pytest.raises(ConfigurationError, match="not read consistently"):
        connection.entity("User").pk(id="1").index(index).consistent().get()
    assert partition.sk.between(key("POST", "1"), key("POST", "1")).get() == []
