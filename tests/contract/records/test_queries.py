"""Queries: what the keys find is what looking at every row finds; what they cannot is refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from orm import SingleTableConfig, create_table, delete_table
from orm.clock import ManualClock, SystemClock
from orm.driver import Driver, MeteredDriver
from orm.errors import ConfigurationError, NoIndexError, RowNotFoundError
from orm.indexes import PlanOptions
from orm.records import Connection, RecordQuery, Repository
from tests.contract.records.blog import Mood, Post, User

TOWNS = ("Rome", "Oslo", "Ro")
Ask = Callable[[RecordQuery[User]], RecordQuery[User]]

QUESTIONS: dict[str, tuple[Ask, Callable[[User], bool]]] = {
    "equal": (lambda q: q.where(town="Rome"), lambda u: u.town == "Rome"),
    "two equal": (
        lambda q: q.where(town="Rome", age=31),
        lambda u: (u.town, u.age) == ("Rome", 31),
    ),
    "at least": (
        lambda q: q.where(town="Rome").where(User.age >= 32),
        lambda u: u.town == "Rome" and u.age >= 32,
    ),
    "more than": (
        lambda q: q.where(town="Rome").where("age", ">", 32),
        lambda u: u.town == "Rome" and u.age > 32,
    ),
    "less than": (
        lambda q: q.where(town="Rome").where(User.age < 33),
        lambda u: u.town == "Rome" and u.age < 33,
    ),
    "at most": (
        lambda q: q.where(town="Rome").where(User.age <= 33),
        lambda u: u.town == "Rome" and u.age <= 33,
    ),
    "between": (
        lambda q: q.where(town="Oslo").where_between(User.age, 31, 33),
        lambda u: u.town == "Oslo" and 31 <= u.age <= 33,
    ),
    "begins": (
        lambda q: q.where(mood=Mood.CALM).where_begins_with("name", "n1"),
        lambda u: u.mood is Mood.CALM and u.name.startswith("n1"),
    ),
    "or": (
        lambda q: q.where(town="Rome", age=30).or_where(mood=Mood.WILD),
        lambda u: (u.town, u.age) == ("Rome", 30) or u.mood is Mood.WILD,
    ),
    "in": (
        lambda q: q.where_in("town", ["Rome", "Ro", "Rome"]),
        lambda u: u.town in ("Rome", "Ro"),
    ),
    "in, twice": (
        lambda q: q.where(User.town.is_in(["Rome", "Oslo"])).where_in("age", [30, 34]),
        lambda u: u.town in ("Rome", "Oslo") and u.age in (30, 34),
    ),
    "not in": (
        lambda q: q.where(town="Rome").where_not_in("name", ["n1", "n2"]),
        lambda u: u.town == "Rome" and u.name not in ("n1", "n2"),
    ),
    "other than": (
        lambda q: q.where(town="Rome").where(User.age != 30),
        lambda u: u.town == "Rome" and u.age != 30,
    ),
    "null": (
        lambda q: q.where(town="Rome").where_null("email"),
        lambda u: u.town == "Rome" and u.email is None,
    ),
    "not null": (
        lambda q: q.where(town="Rome").where_not_null(User.email),
        lambda u: u.town == "Rome" and u.email is not None,
    ),
    "contains": (
        lambda q: q.where(town="Rome").where_contains("tags", "b"),
        lambda u: u.town == "Rome" and "b" in u.tags,
    ),
    "filter": (
        lambda q: q.where(town="Rome").filter(User.name >= "n2", is_admin=False),
        lambda u: u.town == "Rome" and u.name >= "n2",
    ),
    "unique": (lambda q: q.where(email="E3@x.org"), lambda u: u.email == "e3@x.org"),
    "none": (lambda q: q.where(town="Paris"), lambda u: False),
}


@pytest.fixture
def users(connection: Connection) -> Repository[User]:
    """Forty users, of three towns."""
    chance, users = random.Random(7), User.using(connection)
    for number in range(40):
        users.create(
            id=f"{number:03}",
            name=f"n{number}",
            town=chance.choice(TOWNS),
            age=30 + number % 5,
            mood=chance.choice([None, Mood.CALM, Mood.WILD]),
            email=f"e{number}@x.org" if number % 3 == 0 else None,
            tags=chance.choice([[], ["a"], ["a", "b"]]),
        )
    return users


def test_what_keys_find_is_what_is_there(users: Repository[User]) -> None:
    """Every kind of question against every row."""
    rows = list(users.all())
    assert len(rows) == 40
    for name, (ask, holds) in QUESTIONS.items():
        wanted = sorted(row.id for row in rows if holds(row))
        assert sorted(row.id for row in ask(users.query()).get()) == wanted, name
        assert ask(users.query()).count() == len(wanted), name
        assert ask(users.query()).exists() is bool(wanted), name
        for limit in (0, 1, 3):
            assert len(ask(users.query()).limit(limit).get()) == min(limit, len(wanted)), name


def test_rows_come_in_the_order_asked(users: Repository[User]) -> None:
    rome = users.query().where(town="Rome")
    ages = sorted(row.age for row in rome.get())
    assert [row.age for row in rome.order_by("age").get()] == ages
    assert [row.age for row in rome.order_by(User.age, "desc").get()] == ages[::-1]
    both = users.query().where_in("town", ["Rome", "Oslo"]).order_by("age", "desc")
    assert [row.age for row in both.get()] == sorted((row.age for row in both.get()), reverse=True)
    assert both.limit(3).get() == both.get()[:3]


def test_numbers_of_rows(users: Repository[User]) -> None:
    rome = users.query().where(town="Rome")
    ages = [row.age for row in rome.get()]
    assert rome.sum("age") == sum(ages)
    assert (rome.min("age"), rome.max(User.age)) == (min(ages), max(ages))
    assert rome.avg("age") == sum(ages) / len(ages)
    nobody = users.query().where(town="Paris")
    assert (nobody.sum("age"), nobody.avg("age"), nobody.max("age")) == (0, None, None)
    assert [len(rows) for rows in rome.chunk(3)] == [
        min(3, len(ages) - at) for at in range(0, len(ages), 3)
    ]


def test_only_a_scan_could_answer_is_refused(users: Repository[User], meter: MeteredDriver) -> None:
    """With what to declare; nothing is sent."""
    before = meter.usage().requests.total()
    with pytest.raises(NoIndexError, match=r"equal=\('name',\), sort='age'"):
        users.query().where(name="n1").order_by("age").get()
    with pytest.raises(NoIndexError):
        users.query().where(town="Rome", name="n1").get()
    with pytest.raises(NoIndexError):
        users.query().where(town="Rome").or_where(name="n1").get()
    with pytest.raises(NoIndexError):
        users.query().where(town="Rome").order_by("name").get()
    with pytest.raises(NoIndexError):
        users.query().consistent().where(town="Rome").get()
    assert meter.usage().requests.total() == before


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda q: q.where(nmae="n"), "no attribute"),
        (lambda q: q.where(town="Rome").where(User.age > 1).where(User.name > "a"), "second range"),
        (lambda q: q.where("age", "~", 3), "no operator"),
        (lambda q: q.where(7), "takes clauses"),
        (lambda q: q.limit(-1), "negative"),
        (lambda q: q.order_by("age", "up"), "neither"),
        (lambda q: q.where(town="Rome").where(town="Oslo"), "two values at once"),
        (lambda q: q.where_in("town", [f"t{n}" for n in range(200)]), "200 readings"),
    ],
)
def test_questions_that_mean_nothing(
    connection: Connection, ask: Callable[[Any], Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        ask(User.using(connection).query()).get()


def test_a_clause_is_no_truth(connection: Connection) -> None:
    """`if User.age > 3` would always pass otherwise."""
    with pytest.raises(ConfigurationError, match="neither true nor false"):
        bool(User.age > 3)


def test_what_is_not_there_is_said(connection: Connection) -> None:
    with pytest.raises(RowNotFoundError, match="no User"):
        User.using(connection).find_or_fail("7")
    with pytest.raises(RowNotFoundError, match="town"):
        User.using(connection).query().where(town="Paris").first_or_fail()


def test_a_guard_is_given_by_equality(connection: Connection) -> None:
    """The sparse index of open posts answers `status="open"`, and no other status."""
    posts = Post.using(connection)
    for title, status in (("b", "open"), ("a", "open"), ("c", "draft")):
        posts.create(user_id="u", title=title, status=status)
    asked = posts.query().where(user_id="u", status="open").order_by("title")
    assert [post.title for post in asked.get()] == ["a", "b"]
    closed = asked.first_or_fail()
    closed.update(status="closed")
    assert [post.title for post in asked.get()] == ["b"]
    with pytest.raises(NoIndexError):
        posts.query().where(user_id="u", status="draft").order_by("title").get()


def test_the_newest_comes_first(connection: Connection, hands: ManualClock) -> None:
    posts = Post.using(connection)
    for title in "abc":
        posts.create(user_id="u", title=title)
        hands.sleep(1)
    asked = posts.query().where(user_id="u")
    assert [post.title for post in asked.latest().get()] == ["c", "b", "a"]
    assert [post.title for post in asked.oldest().limit(2).get()] == ["a", "b"]


def test_no_clause_is_dropped(users: Repository[User]) -> None:
    """Neither beside a unique value, nor beside a primary key, nor in a scan."""
    ann = users.find_or_fail("003")
    elsewhere = next(town for town in TOWNS if town != ann.town)
    by_email = users.query().where(email=ann.email)
    assert by_email.where(User.town != elsewhere).get() == [ann]
    assert by_email.where(User.town != ann.town).get() == []
    assert by_email.filter(town=elsewhere).first() is None
    assert users.query().where(town=ann.town).find("003") == ann
    assert users.query().where(town=elsewhere).find("003") is None
    assert users.query().filter(User.age > 150).find("003") is None
    with pytest.raises(ConfigurationError, match="leave out or_where"):
        users.query().where(town="Rome").or_where(town="Oslo").find("003")
    old = [row.id for row in users.query().filter(User.age >= 33).scan()]
    assert sorted(old) == sorted(row.id for row in users.all() if row.age >= 33)
    assert len(list(users.query().filter(User.age >= 33).limit(2).scan())) == 2
    with pytest.raises(ConfigurationError, match="filter"):
        users.query().where(town="Rome").scan()


def test_rows_in_the_bin_have_indexes_where_asked_for(
    driver: Driver, config: SingleTableConfig
) -> None:
    """`PlanOptions.trashed`; without it the query is refused."""
    options = PlanOptions(trashed=frozenset({"Post"}))
    made = Connection(driver, config, options=options)
    made.register(Post)
    create_table(driver, made.shape(), SystemClock())
    posts = Post.using(made)
    kept, gone = (posts.create(user_id="u", title=title) for title in "ab")
    gone.delete()
    assert posts.query().where(user_id="u").get() == [kept]
    assert posts.query().only_trashed().where(user_id="u").get() == [gone]
    both = posts.query().with_trashed().where(user_id="u")
    assert both.order_by("created_at").get() == [kept, gone]
    assert both.latest().limit(1).get() == [gone]
    assert both.count() == 2
    delete_table(driver, config.table, SystemClock())


def test_rows_in_the_bin_have_no_index_unless_asked_for(connection: Connection) -> None:
    posts = Post.using(connection).query()
    for asked in (posts.only_trashed(), posts.with_trashed()):
        with pytest.raises(NoIndexError, match=r"trashed=frozenset\(\{'Post'\}\)"):
            asked.where(user_id="u").get()


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (lambda q: q.where(User.age >= 3).where(User.age < 5), [3, 4]),
        (lambda q: q.where(User.age < 5, User.age > 2), [3, 4]),
        (lambda q: q.where("age", ">", 2).where("age", "<=", 5), [3, 4, 5]),
        (lambda q: q.where(User.age >= 3).where(User.age <= 5).order_by("age", "desc"), [5, 4, 3]),
        (lambda q: q.where(User.age > 3).where(User.age < 4), []),
        (lambda q: q.where(User.age > 5).where(User.age < 3), []),
        (lambda q: q.where(town="Bari").where(User.town == "Bari").where(User.age > 6), [7, 8]),
    ],
)
def test_two_bounds_are_one_range(
    connection: Connection, said: Callable[[Any], Any], found: list[int]
) -> None:
    """Each included or not, together or one after the other; what is said twice counts once."""
    users = User.using(connection)
    for age in range(1, 9):
        users.create(name="n", age=age, town="Bari")
    query = said(users.query().where(town="Bari"))
    assert [user.age for user in query.get()] == found
    assert query.count() == len(found)


def test_two_values_at_once_are_refused(connection: Connection) -> None:
    with pytest.raises(ConfigurationError, match="cannot have two values at once") as refused:
        User.using(connection).query().where(town="Bari").where(town="Rome").get()
    assert "where_in()" in refused.value.hint


def test_truths_are_not_added(connection: Connection) -> None:
    """Though Python has them as numbers; the rows are counted with a filter."""
    users = User.using(connection)
    users.create(name="Ann", town="Oslo")
    with pytest.raises(ConfigurationError, match="holds no numbers"):
        users.query().where(town="Oslo").sum("is_admin")


def test_an_order_may_be_said_with_a_minus(connection: Connection) -> None:
    users = User.using(connection)
    for age in (1, 3, 2):
        users.create(name="n", town="Bari", age=age)
    asked = users.query().where(town="Bari")
    assert [user.age for user in asked.order_by("-age").get()] == [3, 2, 1]
    assert asked.order_by("-age").get() == asked.order_by("age", "desc").get()
