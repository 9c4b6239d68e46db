"""Cheap questions: what is asked reads little more than it needs, and sends no more than that."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from orm import SingleTableConfig
from orm.clock import ManualClock
from orm.driver import MeteredDriver
from orm.records import Connection, Cursors, RecordQuery
from tests.contract.records.blog import MODELS, Mood, Post, Session, User
from tests.support.drivers import Recording
from tests.support.tables import table_of

KEY: Final = Cursors.new_key()
ROWS: Final = 200


@pytest.fixture
def watched(meter: MeteredDriver) -> Recording:
    return Recording(meter)


@pytest.fixture
def connection(
    watched: Recording, config: SingleTableConfig, tenant: str | None, hands: ManualClock
) -> Iterator[Connection]:
    made = Connection(watched, config, tenant=tenant, clock=hands, cursor_keys=(KEY,))
    made.register(*MODELS)
    with table_of(made):
        yield made


@pytest.fixture
def rome(connection: Connection) -> RecordQuery[User]:
    """Over 1 MB of rows of one town, their ages from 0 to 99 and again, in order of age."""
    users = connection.repository(User)
    rows = [users.make(id=f"u{n:03}", name="x" * 7_000, age=n // 2) for n in range(ROWS)]
    connection.batches.write(puts=[users.layout.item(row) for row in rows])
    return users.query().where(town="Rome").order_by("age")


# --- pages that grow --------------------------------------------------------------------------


def test_one_row_with_a_filter_costs_little(
    rome: RecordQuery[User], meter: MeteredDriver, watched: Recording
) -> None:
    """Though a filter might leave out what is read, the first of them is not read with 1 MB."""
    asked = rome.filter(name="x" * 7_000)
    before = meter.usage().capacity_units.total()
    assert [query.limit for query in watched.asked(asked.first)] == [25]
    assert [query.limit for query in watched.asked(asked.limit(1).get)] == [25]
    # 25 rows of 7 kB, half a unit for each 4 KB, twice
    assert meter.usage().capacity_units.total() - before <= 2 * 24


def test_pages_grow_until_the_rows_are_found(rome: RecordQuery[User], watched: Recording) -> None:
    """Four times as many rows each time; what is found does not depend on it."""
    sizes = [query.limit for query in watched.asked(rome.filter(age=99).first)]
    assert sizes[:3] == [25, 100, 400]
    assert set(sizes[3:]) <= {1600, None}
    assert [query.limit for query in watched.asked(rome.filter(age=99).get)][:1] == [None]
    whole = rome.get()
    for wanted, least in itertools.product((1, 3, 30, 300), (0, 12, 90)):
        asked = rome.filter(User.age >= least).limit(wanted)
        ids = [row.id for row in whole if row.age >= least][:wanted]
        assert [row.id for row in asked.get()] == ids
        assert asked.count() == len(ids)


def test_filtered_listings_are_walked_in_pages(rome: RecordQuery[User], watched: Recording) -> None:
    """Of any size, without gap or repeat, each page read in small ones."""
    asked = rome.filter(User.age.is_in([0, 7, 8, 9, 60, 99]))
    whole = [row.id for row in asked.get()]
    assert len(whole) == 12
    for size in (1, 4, 50):
        found, cursor = [], None
        for _ in range(20):
            page = asked.paginate(size, cursor)
            found += [row.id for row in page.rows]
            cursor = page.next
            if cursor is None:
                break
        assert found == whole
    assert watched.asked(lambda: asked.paginate(4))[0].limit == 25
    assert [len(part) for part in asked.chunk(5)] == [5, 5, 2]


def test_rows_that_expire_are_read_in_small_pages(
    connection: Connection, watched: Recording
) -> None:
    """Their expiry is a filter."""
    sessions = connection.repository(Session)
    for number in range(3):
        sessions.create(id=f"{number}", user_id="u")
    asked = sessions.query().where(user_id="u")
    assert [query.limit for query in watched.asked(asked.first)] == [25]
    assert [query.limit for query in watched.asked(asked.limit(2).get)] == [25]
    assert asked.count() == 3


def test_without_a_filter_no_more_is_read_than_wanted(
    rome: RecordQuery[User], watched: Recording
) -> None:
    assert [query.limit for query in watched.asked(rome.first)] == [1]
    assert [query.limit for query in watched.asked(rome.limit(30).get)] == [30]
    assert [query.limit for query in watched.asked(lambda: rome.paginate(7))] == [8]


# --- counting ---------------------------------------------------------------------------------


def test_rows_are_counted_where_they_lie(rome: RecordQuery[User], watched: Recording) -> None:
    """Nothing of them comes over the wire, over 1 MB neither."""
    assert rome.count() == ROWS
    assert rome.filter(User.age < 10).count() == 20
    assert (rome.limit(30).count(), rome.limit(300).count()) == (30, ROWS)
    assert rome.exists()
    assert not rome.filter(name="y").exists()
    assert {query.select for query in watched.queries} == {"COUNT"}
    assert {query.projection_expression for query in watched.queries} == {None}
    assert [query.limit for query in watched.asked(rome.exists)] == [1]


def test_rows_that_two_readings_find_count_once(connection: Connection, watched: Recording) -> None:
    """Of each only what tells it from others is read."""
    users = connection.repository(User)
    for number in range(6):
        mood = Mood.CALM if number % 2 else None
        users.create(id=f"{number}", name="n", email=f"e{number}@x.org", mood=mood, age=number)
    both = users.query().where(town="Rome").or_where(mood=Mood.CALM)
    asked = watched.asked(lambda: both.count())
    assert both.count() == len(both.get()) == 6
    assert both.limit(4).count() == 4
    assert len(asked) == 2
    assert all(query.select is None and query.projection_expression for query in asked)
    assert [len(query.expression_attribute_names or ()) for query in asked] == [3, 3]
    assert users.query().where(email="E3@x.org").count() == 1
    assert users.query().where(email="e3@x.org").or_where(town="Rome").count() == 6
    assert users.query().where(id="3").count() == 1


# --- parts of rows ----------------------------------------------------------------------------


def test_one_attribute_is_read_alone(rome: RecordQuery[User], watched: Recording) -> None:
    """And what it is merged by and told apart by."""
    numbers = rome.where_between("age", 10, 11)
    asks: list[tuple[Callable[[], object], object]] = [
        (lambda: numbers.pluck("age"), [10, 10, 11, 11]),
        (lambda: numbers.sum(User.age), 42),
        (lambda: numbers.avg("age"), 10.5),
        (lambda: numbers.min("age"), 10),
        (lambda: numbers.max("age"), 11),
        (lambda: numbers.pluck("name"), ["x" * 7_000] * 4),
    ]
    for ask, answer in asks:
        before = len(watched.queries)
        assert ask() == answer
        assert all(query.projection_expression for query in watched.queries[before:])


def test_relations_are_left_out_of_what_is_counted(
    connection: Connection, watched: Recording
) -> None:
    """`with_` is for rows: a number or one attribute needs none."""
    posts = connection.repository(Post)
    posts.create(id="1", user_id="u", title="a")
    posts.create(id="2", user_id="u", title="b")
    asked = posts.query().where(user_id="u").latest()
    assert len(watched.asked(lambda: asked.pluck("title"))) == 1
    assert sorted(asked.pluck("title")) == ["a", "b"]
    assert asked.count() == 2
