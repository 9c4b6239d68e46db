"""Attacks: rivals, refusals half-way and odd rows, after which every promise still holds."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from orm import SingleTableConfig, create_table, delete_table
from orm.clock import ManualClock, SystemClock
from orm.definitions import PatternDefinition as Pattern
from orm.definitions.entity import IndexDefinition
from orm.driver import Driver
from orm.errors import (
    ConfigurationError,
    NoIndexError,
    OrmError,
)
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    SoftDeletes,
    Versioned,
    attr,
    new_id,
)
from tests.contract.records.blog import Mood, Session, User
from tests.contract.records.conftest import NOON_MICROS

NOON_SECONDS: Final = NOON_MICROS // 1_000_000
SECRET: Final = "s3cret-of-ann"


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


class Note(DynamoDBModel, SoftDeletes, Versioned):
    """Goes into a bin and counts its changes."""

    id: Attr[str] = attr(default_factory=new_id)
    text: Attr[str] = attr(default="", rules="max:9")


class Bag(DynamoDBModel, Versioned):
    """Holds values that equal others of another type."""

    id: Attr[str] = attr(default_factory=new_id)
    price: Attr[float] = attr(default=0.0)
    words: Attr[set[str]] = attr(default_factory=set)


class City(DynamoDBModel, patterns=(Pattern(name="by land", equal=("land",), sort="size"),)):
    """Was written before `land` stood in an index."""

    id: Attr[str]
    land: Attr[str] = attr(default="")
    size: Attr[int] = attr(default=1)


class Page(DynamoDBModel, keys={"pk": "SITE#{site}", "sk": "PAGE#{id}"}):
    """Is keyed by more than its primary key."""

    id: Attr[str]
    site: Attr[str]


class Feeling(DynamoDBModel, patterns=(Pattern(name="by who", equal=("who",), sort="mood"),)):
    """Is sorted by an enumeration."""

    id: Attr[str] = attr(default_factory=new_id)
    who: Attr[str]
    mood: Attr[Mood]


MINE: Final = (Member, Note, Bag, City, Page, Feeling)


@pytest.fixture
def own(driver: Driver, config: SingleTableConfig, hands: ManualClock) -> Iterator[Connection]:
    """A table with the models above, without a tenant."""
    made = Connection(driver, config, clock=hands)
    made.register(*MINE)
    create_table(driver, made.shape(), SystemClock())
    yield made
    delete_table(driver, config.table, SystemClock())


class Cut:
    """A driver whose line may be cut: then nothing is sent."""

    def __init__(self, inner: Driver) -> None:
        self._inner, self.cut = inner, False

    def send(self, request: Any, /) -> Any:
        if self.cut:
            raise ConnectionError("the line is cut")
        return self._inner.send(request)


class Between:
    """A driver that lets a rival act once, before the first request of a kind."""

    def __init__(self, inner: Driver, kind: str, act: Callable[[], object]) -> None:
        self._inner, self._kind, self._act = inner, kind, act
        self._acted = False

    def send(self, request: Any, /) -> Any:
        if type(request).__name__ == self._kind and not self._acted:
            self._acted = True
            self._act()
        return self._inner.send(request)


def seen_by(connection: Connection, driver: Any, *models: Any) -> Connection:
    """The same table through another driver."""
    made = Connection(driver, connection.config, tenant=connection.tenant, clock=connection.clock)
    made.register(*models)
    return made


@contextmanager
def says_nothing_of(secret: str) -> Iterator[None]:
    """An error comes, and nothing that a log would hold of it says the secret."""
    with pytest.raises(OrmError) as caught:
        yield
    assert secret not in str(caught.value)
    assert secret not in repr(caught.value)
    assert secret not in "".join(traceback.format_exception(caught.value))


# --- rivals -----------------------------------------------------------------------------------


def test_a_row_that_lost_the_value_is_not_found_by_it(connection: Connection) -> None:
    """It moved between the reading of the claim and of the row."""
    users = User.using(connection)
    ann = users.create(name="Ann", email="ann@example.com")

    def move() -> None:
        users.find_or_fail(ann.id).update(email="bo@example.com")

    rival = seen_by(connection, Between(connection.driver, "Query", move), User)
    found = User.using(rival).query().where(email="ann@example.com").get()
    assert [row.email for row in found] in ([], ["ann@example.com"])


# --- expiry and claims ------------------------------------------------------------------------


def test_a_row_made_over_an_expired_one_has_its_own_values(
    connection: Connection, hands: ManualClock
) -> None:
    """It is not found by the unique value of the row that was there before."""
    sessions = Session.using(connection)
    sessions.create(id="1", user_id="u", code="x", ttl=NOON_SECONDS + 10)
    hands.sleep(20)
    sessions.create(id="1", user_id="v", code="y")
    assert sessions.query().where(code="x").get() == []


def test_every_question_agrees_on_what_has_expired(connection: Connection) -> None:
    """At second 0 too: by an index, by a unique value, counted and scanned."""
    sessions = Session.using(connection)
    sessions.create(id="1", user_id="u", code="x", ttl=0)
    for asked in (sessions.query().where(user_id="u"), sessions.query().where(code="x")):
        assert asked.get() == []
        assert asked.count() == 0
        assert not asked.exists()
    assert list(sessions.query().scan()) == []


# --- refused half-way -------------------------------------------------------------------------


# --- whose row --------------------------------------------------------------------------------


# --- values -----------------------------------------------------------------------------------


# --- hidden values ----------------------------------------------------------------------------


def test_what_is_not_found_is_said_without_hidden_values(connection: Connection) -> None:
    """`first_or_fail` says what was asked, but for these."""
    with says_nothing_of(SECRET):
        User.using(connection).query().where(token=SECRET).first_or_fail()


@pytest.mark.parametrize("value", [[SECRET], SECRET + "\ud800"], ids=["list", "surrogate"])
def test_a_bad_question_is_refused_without_hidden_values(
    connection: Connection, value: Any
) -> None:
    """A value that no key can carry is not said where its attribute is hidden."""
    with says_nothing_of(SECRET):
        User.using(connection).query().where(token=value).get()


# --- questions --------------------------------------------------------------------------------


def test_no_value_is_among_none(connection: Connection) -> None:
    """As SQL's `IN ()`, in a filter as in a clause."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    assert users.query().where_in("town", []).get() == []
    assert users.query().where(town="Rome").filter(User.name.is_in([])).get() == []


def test_none_among_values_is_what_is_absent(connection: Connection) -> None:
    """`in` and `not_in` read None as `=` and `!=` do."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    users.create(name="Bo", town="Rome", mood=Mood.WILD)
    asked = users.query().where(town="Rome")
    assert asked.filter(User.mood.is_in([None])).pluck("name") == ["Ann"]
    assert asked.where_not_in("mood", [None]).pluck("name") == ["Bo"]


def test_an_order_leaves_no_row_out(connection: Connection) -> None:
    """Rows found by their own key are all there, whether or not they have what they are sorted
    by; or the order is refused."""
    users = User.using(connection)
    ids = [users.create(name="Ann").id, users.create(name="Bo", mood=Mood.WILD).id]
    asked = users.query().where_in("id", ids).order_by("mood")
    try:
        found = asked.get()
    except ConfigurationError:
        return
    assert len(found) == 2


def test_several_readings_are_merged_by_an_enumeration(own: Connection) -> None:
    """In the order that one reading has."""
    feelings = Feeling.using(own)
    for who in "ab":
        for mood in (Mood.WILD, Mood.CALM):
            feelings.create(who=who, mood=mood)
    asked = feelings.query().where_in("who", ["a", "b"]).order_by("mood")
    assert asked.pluck("mood") == [Mood.CALM, Mood.CALM, Mood.WILD, Mood.WILD]


def test_an_empty_range_has_no_rows(connection: Connection) -> None:
    """As in SQL, whichever bound is the greater, on a key and in a filter."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    asked = users.query().where(town="Rome")
    assert asked.where_between("age", 9, 1).get() == []
    assert asked.filter(User.age.between(9, 1)).get() == []


def test_no_row_of_none_is_the_first(connection: Connection) -> None:
    """`limit(0)` holds for `first` as well."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    assert users.query().where(town="Rome").limit(0).first() is None


def test_a_consistent_question_is_told_the_true_reason(connection: Connection) -> None:
    """Not to declare what is declared already."""
    with pytest.raises(NoIndexError) as caught:
        User.using(connection).query().where(town="Rome").consistent().get()
    assert "consistent" in str(caught.value)


def test_a_question_without_an_equality_is_told_to_scan(connection: Connection) -> None:
    """A pattern of no attributes cannot be declared."""
    with pytest.raises(NoIndexError) as caught:
        User.using(connection).query().get()
    assert "equal=()" not in str(caught.value)
    assert "scan()" in str(caught.value)


@pytest.mark.parametrize("name", ["pluck", "sum", "min"])
def test_an_unknown_attribute_is_named(connection: Connection, name: str) -> None:
    """By the ORM's own error, as everywhere."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    with pytest.raises(ConfigurationError):
        getattr(users.query().where(town="Rome"), name)("nmae")


# --- declarations -----------------------------------------------------------------------------


ODD_IDS: Final = ["#", "!", "!UNIQUE#x", "$", "a#b", "\x00", "\n", " ", "e\u0301", "😀", "x" * 900]


def _used(connection: Connection, model: Any) -> None:
    connection.register(model)
    model.using(connection)
