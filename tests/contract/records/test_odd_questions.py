"""Odd questions: what means nothing is refused and says what to type; what has no answer has none;
and no row is found that is not as asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import pytest

from orm import SingleTableConfig
from orm.clock import ManualClock
from orm.definitions import PatternDefinition as Pattern
from orm.driver import Driver, MeteredDriver
from orm.errors import (
    ConfigurationError,
    KeyTooLargeError,
    NoIndexError,
    OrmError,
    RowNotFoundError,
)
from orm.records import Attr, Connection, DynamoDBModel, RecordQuery, Timestamps, attr, new_id
from orm.requests import Query
from tests.contract.records.blog import Mood, Place, Post, Sample, Session, User
from tests.contract.records.conftest import NOON_MICROS
from tests.support.drivers import Preceded, seen_by
from tests.support.hiding import says_nothing_of
from tests.support.tables import table_of

NOON_SECONDS: Final = NOON_MICROS // 1_000_000
SECRET: Final = "s3cret-of-ann"


class Page(DynamoDBModel, keys={"pk": "SITE#{site}", "sk": "PAGE#{id}"}):
    """Is keyed by more than its primary key."""

    id: Attr[str]
    site: Attr[str]


class Feeling(
    DynamoDBModel,
    Timestamps,
    patterns=(Pattern(name="by who", equal=("who",), sort="mood"),),
):
    """Is sorted by an enumeration."""

    id: Attr[str] = attr(default_factory=new_id)
    who: Attr[str]
    mood: Attr[Mood]


class Doubt(Feeling, patterns=(Pattern(name="by who", equal=("who",), sort="mood"),)):
    """Has the attributes of another model, and one more."""

    about: Attr[str] = attr(default="all")


MINE: Final = (Page, Feeling, Doubt)


@pytest.fixture
def own(driver: Driver, config: SingleTableConfig, hands: ManualClock) -> Iterator[Connection]:
    """A table with the models above, without a tenant."""
    made = Connection(driver, config, clock=hands)
    made.register(*MINE)
    with table_of(made):
        yield made


# --- claims and expiry ------------------------------------------------------------------------


def test_a_row_that_lost_the_value_is_not_found_by_it(connection: Connection) -> None:
    """It moved between the reading of the claim and of the row."""
    users = User.using(connection)
    ann = users.create(name="Ann", email="ann@example.com")

    def move() -> None:
        users.find_or_fail(ann.id).update(email="bo@example.com")

    rival = seen_by(connection, Preceded(connection.driver, Query, move), User)
    found = User.using(rival).query().where(email="ann@example.com").get()
    assert found == []
    asked = User.using(connection).query().where(email="bo@example.com")
    assert asked.pluck("name") == ["Ann"]


def test_a_row_made_over_an_expired_one_has_its_own_values(
    connection: Connection, hands: ManualClock
) -> None:
    """It is not found by the unique value of the row that was there before."""
    sessions = Session.using(connection)
    sessions.create(id="1", user_id="u", code="x", ttl=NOON_SECONDS + 10)
    hands.sleep(20)
    sessions.create(id="1", user_id="v", code="y")
    asked = sessions.query().where(code="x")
    assert asked.get() == []
    assert asked.count() == 0
    assert asked.pluck("user_id") == []
    assert sessions.query().where(code="y").select("user_id") == [{"user_id": "v"}]


def test_every_question_agrees_on_what_has_expired(connection: Connection) -> None:
    """At second 0 too: by an index, by a unique value, counted and scanned."""
    sessions = Session.using(connection)
    sessions.create(id="1", user_id="u", code="x", ttl=0)
    for asked in (sessions.query().where(user_id="u"), sessions.query().where(code="x")):
        assert asked.get() == []
        assert asked.count() == 0
        assert not asked.exists()
    assert list(sessions.query().scan()) == []


# --- hidden values ----------------------------------------------------------------------------


def test_what_is_not_found_is_said_without_hidden_values(connection: Connection) -> None:
    """`first_or_fail` says what was asked, but for these."""
    users = User.using(connection).query()
    with says_nothing_of(SECRET):
        users.where(token=SECRET).first_or_fail()
    with pytest.raises(RowNotFoundError) as caught:
        users.where(town="Oslo").where(User.age >= 3).filter(token="x", name="n").first_or_fail()
    said = "no User where town = 'Oslo' and age >= 3, and token = …, and name = 'n'"
    assert str(caught.value) == said


@pytest.mark.parametrize("value", [[SECRET], SECRET + "\ud800"], ids=["list", "surrogate"])
def test_a_bad_question_is_refused_without_hidden_values(
    connection: Connection, value: Any
) -> None:
    """A value that no key can carry is not said where its attribute is hidden."""
    users = User.using(connection).query()
    with says_nothing_of(SECRET):
        users.where(token=value).get()
    with says_nothing_of(SECRET):
        users.where(town="Rome").filter(token=value).get()


# --- questions --------------------------------------------------------------------------------


def test_no_value_is_among_none(connection: Connection) -> None:
    """As SQL's `IN ()`, in a filter as in a clause."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    rome = users.query().where(town="Rome")
    nobody = rome.filter(User.name.is_in([]))
    for asked in (users.query().where_in("town", []), nobody):
        assert asked.get() == []
        assert asked.count() == 0
        assert not asked.exists()
    assert list(users.query().filter(User.name.is_in([])).scan()) == []
    assert rome.where_not_in("name", []).count() == 1
    assert nobody.or_where(town="Rome").count() == 0
    assert rome.where_in("age", []).or_where(town="Rome").count() == 1


def test_none_among_values_is_what_is_absent(connection: Connection) -> None:
    """`in` and `not_in` read None as `=` and `!=` do."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    users.create(name="Bo", town="Rome", mood=Mood.WILD)
    asked = users.query().where(town="Rome")
    assert asked.filter(User.mood.is_in([None])).pluck("name") == ["Ann"]
    assert asked.where_not_in("mood", [None]).pluck("name") == ["Bo"]
    assert asked.where_not_in("mood", [Mood.WILD]).pluck("name") == ["Ann"]
    assert asked.where_not_in("mood", [Mood.WILD, None]).pluck("name") == []
    assert asked.filter(User.mood.is_in([Mood.WILD, None])).count() == 2


def test_an_order_leaves_no_row_out(connection: Connection) -> None:
    """Rows found by their own key are all there; those without what they are sorted by are last."""
    users = User.using(connection)
    made = [("Ann", None), ("Bo", Mood.WILD), ("Cy", Mood.CALM)]
    ids = [users.create(name=name, mood=mood).id for name, mood in made]
    asked = users.query().where_in("id", ids)
    assert asked.order_by("mood").pluck("name") == ["Cy", "Bo", "Ann"]
    assert asked.order_by("mood", "desc").pluck("name") == ["Bo", "Cy", "Ann"]
    assert [row.name for row in asked.latest("mood").limit(2).get()] == ["Bo", "Cy"]
    assert users.query().where(id=ids[0]).order_by("mood").count() == 1
    with pytest.raises(ConfigurationError, match="tags"):
        asked.order_by("tags").get()


def test_an_order_does_not_undo_where_rows_are_looked_for(connection: Connection) -> None:
    """What rows are sorted by may be what tells those in the bin."""
    posts = Post.using(connection)
    ids = [posts.create(user_id="u", title=title).id for title in "ab"]
    posts.find_or_fail(ids[0]).delete()
    asked = posts.query().where_in("id", ids).order_by("deleted_at")
    assert asked.only_trashed().pluck("title") == ["a"]
    assert asked.with_trashed().pluck("title") == ["a", "b"]


def test_several_readings_are_merged_by_an_enumeration(own: Connection) -> None:
    """In the order that one reading has."""
    feelings = Feeling.using(own)
    for who in "ab":
        for mood in (Mood.WILD, Mood.CALM):
            feelings.create(who=who, mood=mood)
    asked = feelings.query().where_in("who", ["a", "b"]).order_by("mood")
    calm, wild = [Mood.CALM] * 2, [Mood.WILD] * 2
    assert asked.pluck("mood") == calm + wild
    assert [row.mood for row in asked.get()] == calm + wild
    assert asked.order_by("mood", "desc").pluck("mood") == wild + calm
    assert (asked.min("mood"), asked.max(Feeling.mood)) == (Mood.CALM, Mood.WILD)


def test_an_empty_range_has_no_rows(connection: Connection) -> None:
    """As in SQL, whichever bound is the greater, on a key and in a filter."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    asked = users.query().where(town="Rome")
    assert asked.where_between("age", 9, 1).get() == []
    assert asked.filter(User.age.between(9, 1)).get() == []
    assert list(users.query().filter(User.age.between(9, 1)).scan()) == []
    assert asked.where_between("age", 30, 30).count() == 1


def test_no_row_of_none_is_the_first(connection: Connection) -> None:
    """`limit(0)` holds for `first` as well."""
    users = User.using(connection)
    users.create(name="Ann", town="Rome")
    none = users.query().where(town="Rome").limit(0)
    assert none.first() is None
    assert not none.exists()
    assert none.count() == 0


def test_many_values_fit_into_a_filter(connection: Connection) -> None:
    """As many as an expression has room for; more are refused before anything is sent."""
    users = User.using(connection)
    users.create(name="n399")
    users.create(name="m")
    names = [f"n{n}" for n in range(400)]
    rome = users.query().where(town="Rome")
    assert rome.filter(User.name.is_in(names)).pluck("name") == ["n399"]
    assert rome.where_not_in("name", names).pluck("name") == ["m"]
    assert [row.name for row in users.query().filter(User.name.is_in(names)).scan()] == ["n399"]
    more = User.name.is_in([f"n{n}" for n in range(2000)])
    with pytest.raises(ConfigurationError, match="DynamoDB allows 4,096"):
        rome.filter(more).get()
    with pytest.raises(ConfigurationError, match="DynamoDB allows 4,096"):
        users.query().filter(more).scan()


# --- types ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("age", "31", "int, and was given str '31'"),
        ("age", True, "int, and was given bool True"),
        ("town", 5, "str, and was given int 5"),
        ("is_admin", 1, "bool, and was given int 1"),
        ("mood", "sad", "Mood, and was given str 'sad'"),
        ("joined", "soon", "date, and was given str 'soon'"),
        ("joined", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "date, and was given datetime"),
        ("token", 5, "str, and was given …"),
        ("tags", "a", r"list\[str\], and was given str 'a'"),
    ],
)
def test_a_value_of_another_type_is_refused(
    connection: Connection, meter: MeteredDriver, name: str, value: Any, kind: str
) -> None:
    """With model, attribute, its type and what was given, whatever would answer."""
    users, before = User.using(connection).query(), meter.usage().requests.total()
    rome = users.where(town="Rome")
    questions: list[Callable[[], Any]] = [
        lambda: users.where(**{name: value}),
        lambda: users.where(name, ">=", value),
        lambda: rome.or_where(name, "!=", value),
        lambda: rome.filter(**{name: value}),
        lambda: rome.where_in(name, [value]),
        lambda: rome.where_not_in(name, [None, value]),
        lambda: rome.where_between(name, value, value),
    ]
    for ask in questions:
        with pytest.raises(ConfigurationError, match=rf"User\.{name}: is asked as {kind}"):
            ask()
    assert meter.usage().requests.total() == before


def test_values_are_taken_as_their_attribute_has_them(connection: Connection) -> None:
    """Members of enumerations by value, dates as ISO text, numbers of any kind in a filter, and
    values beyond what rules allow."""
    users = User.using(connection)
    users.create(name="Ann", mood=Mood.CALM, joined=dt.date(2026, 1, 1), tags=["a"])
    assert users.query().where(mood="calm").pluck("name") == ["Ann"]
    rome = users.query().where(town="Rome")
    assert rome.filter(mood="calm", joined="2026-01-01").count() == 1
    assert rome.filter("age", ">=", 29.5, email=None).count() == 1
    assert rome.filter(tags=("a",)).count() == 1
    assert rome.where_between("age", -5, 900).count() == 1
    assert rome.where_contains("tags", "a").count() == 1
    with pytest.raises(ConfigurationError, match=r"User\.tags: is asked as str"):
        rome.where_contains("tags", 1)
    with pytest.raises(ConfigurationError, match=r"User\.name: is asked as str"):
        rome.where_begins_with("name", 1)  # type: ignore[arg-type]


def test_every_kind_of_value_is_asked_for(connection: Connection) -> None:
    """As it was stored, in a filter; an empty set too."""
    samples = Sample.using(connection)
    noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    words, tree = {"a"}, {"a": [1, None]}
    made = samples.create(
        station="s", taken=noon, raw=b"ab", words=words, tree=tree, place=Place("Rome"),
        number=Decimal("4.5"),
    )  # fmt: skip
    asked = samples.query().where(station="s", taken=noon)
    for name in ("taken", "number", "raw", "words", "tree", "place"):
        assert asked.filter(**{name: getattr(made, name)}).get() == [made], name
    assert asked.filter(words=set()).get() == []
    assert asked.filter(words=["a"], place={"town": "Rome"}).get() == [made]
    assert asked.filter(Sample.raw >= b"aa").get() == [made]
    assert asked.filter(Sample.number.between(Decimal(4), Decimal(5))).get() == [made]
    with pytest.raises(ConfigurationError, match=r"Sample\.raw"):
        asked.filter(raw="ab")


def test_what_has_no_order_is_not_compared(connection: Connection) -> None:
    """DynamoDB would refuse it; nothing is sent."""
    rome = User.using(connection).query().where(town="Rome")
    with pytest.raises(ConfigurationError, match="bool"):
        rome.filter(User.is_admin > False).get()
    with pytest.raises(ConfigurationError, match="list"):
        rome.filter("tags", ">=", ["a"]).get()
    with pytest.raises(ConfigurationError, match="bound cannot be None"):
        rome.filter("age", ">=", None)
    with pytest.raises(ConfigurationError, match=r"User\.name: holds no numbers"):
        _with_one(connection).sum("name")
    with pytest.raises(ConfigurationError, match=r"User\.name: holds no numbers"):
        _with_one(connection).avg("name")
    assert _with_one(connection).min("name") == "Ann"


def _with_one(connection: Connection) -> RecordQuery[User]:
    users = User.using(connection)
    if users.query().where(town="Rome").count() == 0:
        users.create(name="Ann", town="Rome")
    return users.query().where(town="Rome")


def test_a_clause_of_another_model_is_refused(own: Connection) -> None:
    """Wherever an attribute is said; those of a model's bases are its own."""
    doubts = Doubt.using(own).query()
    asked = doubts.where(Feeling.who == "a")
    ask: list[Callable[[], Any]] = [
        lambda: doubts.where(Page.id == "1"),
        lambda: asked.or_where(Page.id == "1"),
        lambda: asked.filter(Page.id.is_in(["1"])),
        lambda: asked.where(Page.id, "1"),
        lambda: asked.where_in(Page.id, ["1"]),
        lambda: asked.where_null(Page.id),
        lambda: asked.order_by(Page.id),
        lambda: asked.pluck(Page.id),
        lambda: asked.select("who", Page.id),
        lambda: asked.max(Page.id),
        lambda: Feeling.using(own).query().where(Doubt.about == "all"),
    ]
    for one in ask:
        with pytest.raises(ConfigurationError, match="another model"):
            one()
    Doubt.using(own).create(who="a", mood=Mood.CALM)
    assert asked.order_by(Feeling.mood).filter(Doubt.about == "all").count() == 1


@pytest.mark.parametrize("count", ["3", 1.0, None, True])
def test_a_number_of_rows_is_a_whole_number(connection: Connection, count: Any) -> None:
    rome = User.using(connection).query().where(town="Rome")
    for ask in (rome.limit, rome.chunk, rome.paginate):
        with pytest.raises(ConfigurationError, match="takes a whole number"):
            ask(count)


def test_a_text_is_no_list_of_values(connection: Connection) -> None:
    """`where_in("town", "Rome")` would ask for the towns R, o, m and e."""
    users = User.using(connection).query()
    for ask in (users.where_in, users.where_not_in):
        with pytest.raises(ConfigurationError, match="takes a list of values"):
            ask("town", "Rome")
    with pytest.raises(NoIndexError):
        users.where_in("tags", [["a"], ["b"]]).get()


# --- what to type next ------------------------------------------------------------------------


def test_what_is_said_first_with_or_is_where(connection: Connection) -> None:
    """Nothing was said before that it could be an alternative to."""
    users = User.using(connection)
    ann = users.create(name="Ann", town="Rome")
    bo = users.create(name="Bo", town="Oslo")
    asked = users.query().or_where(town="Rome")
    assert asked.get() == [ann]
    assert asked.or_where(town="Oslo").get() == [ann, bo]


def test_twins_of_one_primary_key_are_both_found(own: Connection) -> None:
    """Where they lie under keys that have more than it; or the second is refused."""
    pages = Page.using(own)
    pages.create(id="1", site="a")
    try:
        pages.create(id="1", site="b")
    except OrmError:
        return
    asked = pages.query().where(site="a").or_where(site="b")
    assert sorted(page.site for page in asked.get()) == ["a", "b"]


def test_a_consistent_question_is_told_the_true_reason(connection: Connection) -> None:
    """Not to declare what is declared already."""
    with pytest.raises(NoIndexError) as caught:
        User.using(connection).query().where(town="Rome").consistent().get()
    assert "Leave out consistent()" in str(caught.value)
    assert not caught.value.declare
    with pytest.raises(NoIndexError, match="Declare patterns"):
        User.using(connection).query().where(name="Ann").consistent().get()


def test_a_question_without_an_equality_is_told_to_scan(connection: Connection) -> None:
    """A pattern of no attributes cannot be declared; the beginnings of keys are told."""
    users = User.using(connection).query()
    for asked in (users, users.where_null("email"), users.where(User.age > 3), users.latest()):
        with pytest.raises(NoIndexError) as caught:
            asked.get()
        assert "equal=()" not in str(caught.value)
        assert "where(id=…) or where(email=…)" in str(caught.value)
        assert "where(town=…)" in str(caught.value)
        assert "scan()" in str(caught.value)


def test_what_finds_the_row_is_told_from_the_rest(connection: Connection) -> None:
    """A key, a unique value or an index finds it, and a filter demands the rest."""
    users = User.using(connection).query()
    for given, said in (
        ({"id": "1", "name": "n"}, "Ask where(id=…).filter(name=…), or"),
        ({"email": "a@x.org", "name": "n", "age": 3}, "Ask where(email=…).filter(name=…, age=…)"),
        ({"town": "Rome", "name": "n"}, "Ask where(town=…).filter(name=…), or declare patterns="),
        (
            {"name": "n"},
            "Declare patterns=(Pattern(name=…, equal=('name',)),), or read all rows: query().fil",
        ),
    ):
        with pytest.raises(NoIndexError) as caught:
            users.where(**given).get()
        assert said in str(caught.value), given
        assert str(caught.value).endswith(caught.value.hint[1:])
    users.where(id="1").filter(name="n").get()
    users.where(email="a@x.org").filter(name="n", age=3).get()


@pytest.mark.parametrize(
    "name", ["pluck", "select", "sum", "avg", "min", "max", "order_by", "where_null"]
)
def test_an_unknown_attribute_is_named(connection: Connection, name: str) -> None:
    """By the ORM's own error, as everywhere, and before anything is read."""
    rome = User.using(connection).query().where(town="Rome")
    with pytest.raises(ConfigurationError, match=r"User\.nmae: is no attribute") as caught:
        getattr(rome, name)("nmae")
    assert "name" in caught.value.hint
    with pytest.raises(ConfigurationError, match="no attribute"):
        rome.where_in("nothing", [])


LONG_TEXT: Final = "x" * 3_000


@pytest.mark.parametrize(
    "ask",
    [
        lambda users: users.query().where(id=LONG_TEXT).get(),
        lambda users: users.query().where(town=LONG_TEXT).get(),
        lambda users: users.query().where(mood=Mood.CALM).where("name", "<", LONG_TEXT).get(),
        lambda users: (
            users.query().where(mood=Mood.CALM).where_begins_with("name", LONG_TEXT).get()
        ),
        lambda users: users.connection.entity(User).pk(id=LONG_TEXT).get(),
        lambda users: users.connection.entity(User).pk(id="1").sk(LONG_TEXT).get(),
    ],
)
def test_a_key_longer_than_any_is_not_asked_for(
    connection: Connection, meter: MeteredDriver, ask: Callable[[Any], object]
) -> None:
    """Some services would refuse it, some find nothing."""
    users = connection.repository(User)
    before = meter.usage().requests.copy()
    with pytest.raises(KeyTooLargeError):
        ask(users)
    assert meter.usage().requests == before


def test_a_limit_may_be_as_large_as_it_likes(connection: Connection) -> None:
    """More rows than a page of DynamoDB may ask for are asked for in several."""
    users = User.using(connection)
    made = users.create(name="Ann", town="Oslo")
    for most in (2**31, 10**30):
        found = users.query().where(town="Oslo").limit(most)
        assert (found.get(), found.count()) == ([made], 1)
        assert connection.entity(User).pk(id=made.id).limit(most).get() == [made]


def test_a_moment_that_no_calendar_has_is_refused(connection: Connection) -> None:
    late = dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    with pytest.raises(OrmError, match="after 9999"):
        Post.using(connection).query().where(user_id="1").where("created_at", "<", late).get()
