"""Paging: pages of any sizes make up the whole listing, each row once; cursors tell nothing, cannot
be forged, and are good for the question and the tenant that they were given for."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orm import SingleTableConfig
from orm.clock import ManualClock
from orm.driver import Driver, MeteredDriver
from orm.errors import ConfigurationError
from orm.records import Connection, CursorError, Cursors, RecordQuery, Repository
from tests.contract.records.blog import MODELS, Mood, Post, User
from tests.support.tables import table_of

KEY = Cursors.new_key()
TOWNS = ("Rome", "Oslo", "Bonn")
Ask = Callable[[RecordQuery[User]], RecordQuery[User]]

QUESTIONS: dict[str, Ask] = {
    "one partition": lambda q: q.where(town="Rome"),
    "in order": lambda q: q.where(town="Rome").order_by("age"),
    "backwards": lambda q: q.where(town="Rome").order_by("age", "desc"),
    "a range": lambda q: q.where(town="Oslo").where(User.age >= 31),
    "filtered": lambda q: q.where(town="Rome").filter(User.name.begins_with("n1")),
    "several": lambda q: q.where_in("town", TOWNS),
    "several in order": lambda q: q.where_in("town", TOWNS).order_by("age"),
    "several backwards": lambda q: q.where_in("town", TOWNS).order_by("age", "desc"),
    "alternatives": lambda q: (
        q.where(town="Rome", age=31).or_where(mood=Mood.CALM).or_where(town="Rome")
    ),
    "alternatives by claims": lambda q: (
        q.where(email="N3@example.com").or_where(town="Rome").or_where(email="n5@example.com")
    ),
    "nothing": lambda q: q.where(town="Paris"),
}


@pytest.fixture
def connection(
    meter: MeteredDriver, config: SingleTableConfig, tenant: str | None, hands: ManualClock
) -> Iterator[Connection]:
    made = Connection(meter, config, tenant=tenant, clock=hands, cursor_keys=(KEY,))
    made.register(*MODELS)
    with table_of(made):
        yield made


@pytest.fixture
def users(connection: Connection) -> Repository[User]:
    made = connection.repository(User)
    chance = random.Random(3)
    for number in range(60):
        made.create(
            id=f"{number:02d}",
            name=f"n{number}",
            email=f"n{number}@example.com",
            town=chance.choice(TOWNS),
            age=30 + number % 5,
            mood=chance.choice([None, *Mood]),
        )
    return made


def walk(query: RecordQuery[Any], sizes: Callable[[], int]) -> list[list[Any]]:
    """Pages from the first to the last."""
    pages, cursor = [], None
    while True:
        page = query.paginate(sizes(), cursor)
        pages.append(page.rows)
        cursor = page.next
        if cursor is None:
            return pages
        assert len(pages) < 200, "the listing has no end"


@pytest.mark.parametrize("question", QUESTIONS)
def test_pages_make_up_the_listing(users: Repository[User], question: str) -> None:
    query = QUESTIONS[question](users.query())
    whole = [user.id for user in query.get()]
    assert bool(whole) == (question != "nothing")
    chance = random.Random(5)
    for sizes in (lambda: 1, lambda: 7, lambda: 1000, lambda: chance.randrange(1, 20)):
        pages = walk(query, sizes)
        assert [user.id for page in pages for user in page] == whole
        assert all(pages) or not whole


def test_a_page_is_full_while_there_are_rows(users: Repository[User]) -> None:
    whole = users.query().where(town="Rome").count()
    pages = walk(users.query().where(town="Rome"), lambda: 4)
    assert [len(page) for page in pages] == [4] * (whole // 4) + [whole % 4] * bool(whole % 4)


def test_a_listing_over_a_megabyte_is_walked_without_gap(
    connection: Connection, meter: MeteredDriver
) -> None:
    """A page of DynamoDB's ends where it likes; one of ours has as many rows as it should."""
    posts = connection.repository(Post)
    for number in range(12):
        posts.create(id=f"{number:02d}", user_id="u", title="x" * 200_000)
    query = posts.query().where(user_id="u")
    assert [len(page) for page in walk(query, lambda: 7)] == [7, 5]
    assert [p.id for page in walk(query, lambda: 5) for p in page] == [p.id for p in query.get()]


def test_rows_that_go_meanwhile_hold_up_nothing(users: Repository[User]) -> None:
    """The last row of a page is the place of the next; it may be gone by then."""
    query = users.query().where(town="Rome").order_by("age")
    whole = [user.id for user in query.get()]
    first = query.paginate(5)
    for user in first.rows:
        user.delete()
    left = [user.id for page in walk_from(query, first.next) for user in page]
    assert [user.id for user in first.rows] + left == whole


def walk_from(query: RecordQuery[Any], cursor: str | None) -> Iterator[list[Any]]:
    while cursor is not None:
        page = query.paginate(5, cursor)
        yield page.rows
        cursor = page.next


def test_a_page_reads_what_it_gives(users: Repository[User], meter: MeteredDriver) -> None:
    query = users.query().where(town="Rome")
    cursor = query.paginate(5).next
    before = meter.usage().requests
    query.paginate(5, cursor)
    assert dict(meter.usage().requests - before) == {"Query": 1}


def test_relations_and_the_bin_go_with_pages(connection: Connection) -> None:
    posts = connection.repository(Post)
    for number in range(9):
        post = posts.create(id=f"{number}", user_id="u", title="t")
        if number % 3 == 0:
            post.delete()
    pages = walk(posts.query().where(user_id="u"), lambda: 2)
    assert [[post.id for post in page] for page in pages] == [["1", "2"], ["4", "5"], ["7", "8"]]


def test_a_cursor_tells_nothing(users: Repository[User]) -> None:
    cursor = users.query().where(town="Rome").paginate(1).next
    assert cursor is not None
    assert cursor.isascii()
    assert not set(cursor) & set(" /+?&#%\"'")
    raw = base64.urlsafe_b64decode(cursor)
    for said in (b"Rome", b"USER", b"User", b"pk", b"acme"):
        assert said not in raw


def test_a_cursor_that_was_changed_is_refused(users: Repository[User]) -> None:
    query = users.query().where(town="Rome")
    cursor = query.paginate(1).next
    assert cursor is not None
    for place in (0, 20, len(cursor) // 2, len(cursor) - 5):
        other = "A" if cursor[place] != "A" else "B"
        with pytest.raises(CursorError, match="is damaged"):
            query.paginate(1, cursor[:place] + other + cursor[place + 1 :])
    for text in ("", "x", "nächste", cursor[:-8], "x" + cursor):
        with pytest.raises(CursorError, match="is damaged"):
            query.paginate(1, text)


def test_a_cursor_is_good_for_its_question_alone(users: Repository[User]) -> None:
    cursor = users.query().where(town="Rome").paginate(1).next
    others: list[RecordQuery[User]] = [
        users.query().where(town="Oslo"),
        users.query().where(town="Rome").order_by("age", "desc"),
        users.query().where(town="Rome").filter(name="n1"),
        users.query().where(town="Rome", age=31),
    ]
    for other in others:
        with pytest.raises(CursorError, match="another question"):
            other.paginate(1, cursor)
    assert users.query().where(town="Rome").paginate(3, cursor).rows


def test_a_cursor_is_good_for_its_tenant_alone(
    connection: Connection, users: Repository[User]
) -> None:
    cursor = users.query().where(town="Rome").paginate(1).next
    other = connection.for_tenant("other").repository(User)
    other.create(name="x", town="Rome")
    with pytest.raises(CursorError, match="another tenant"):
        other.query().where(town="Rome").paginate(1, cursor)


def test_keys_rotate(connection: Connection, users: Repository[User], driver: Driver) -> None:
    """The new key seals, the old one still opens; without it old cursors are refused."""
    cursor = users.query().where(town="Rome").paginate(2).next
    rest = users.query().where(town="Rome").paginate(100, cursor).rows
    new = Cursors.new_key()
    for keys, opens in (((new, KEY), True), ((KEY, new), True), ((new,), False)):
        other = Connection(driver, connection.config, tenant=connection.tenant, cursor_keys=keys)
        other.register(*MODELS)
        query = other.repository(User).query().where(town="Rome")
        if opens:
            assert query.paginate(100, cursor).rows == rest
        else:
            with pytest.raises(CursorError, match="not among cursor_keys"):
                query.paginate(100, cursor)


def test_what_cannot_be_paged_is_refused(connection: Connection, driver: Driver) -> None:
    query = connection.repository(User).query().where(town="Rome")
    with pytest.raises(ConfigurationError, match="holds no row"):
        query.paginate(0)
    with pytest.raises(ConfigurationError, match="leave out limit"):
        query.limit(3).paginate(2)
    with pytest.raises(ConfigurationError, match="must be Fernet keys"):
        Connection(driver, connection.config, cursor_keys=("secret",))
    keyless = Connection(driver, connection.config)
    keyless.register(User)
    with pytest.raises(ConfigurationError, match="needs a key to seal") as refused:
        keyless.repository(User).query().where(town="Rome").paginate(1)
    assert "Cursors.new_key()" in refused.value.hint
