"""Rows that are found or made, what was stored of them, and questions that are walked over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from orm.errors import ConfigurationError, NoIndexError
from orm.records import Connection, UniqueError, UnsavedRowError
from orm.requests import TransactWriteItems
from tests.contract.records.blog import Post, User
from tests.support.drivers import Preceded, seen_by


def test_a_row_that_is_there_is_found_and_left_as_it_is(connection: Connection) -> None:
    users = connection.repository(User)
    ann = users.create(name="Ann", email="ann@x.io")
    assert users.first_or_create({"email": "ann@x.io"}, name="Another") == ann
    assert [one.name for one in users.query().scan()] == ["Ann"]


def test_one_that_is_not_is_made_of_all_that_was_said(connection: Connection) -> None:
    users = connection.repository(User)
    made = users.first_or_create({"email": "ann@x.io"}, name="Ann", town="Oslo")
    found = users.find_or_fail(made.id)
    assert (found.email, found.name, found.town) == ("ann@x.io", "Ann", "Oslo")


def test_a_row_is_changed_or_made(connection: Connection) -> None:
    users = connection.repository(User)
    made = users.update_or_create({"email": "ann@x.io"}, name="Ann")
    changed = users.update_or_create({"email": "ann@x.io"}, name="Ann B.")
    assert (changed.id, users.find_or_fail(made.id).name) == (made.id, "Ann B.")


def test_of_many_at_once_one_makes_it(connection: Connection) -> None:
    """The others find it, since the value is unique."""
    users = connection.repository(User)
    with ThreadPoolExecutor(8) as pool:
        names = [f"n{number}" for number in range(16)]
        made = list(pool.map(lambda n: users.first_or_create({"email": "a@x.io"}, name=n), names))
    assert len({one.id for one in made}) == 1
    assert len(list(users.query().scan())) == 1


def test_who_is_late_finds_what_a_rival_made(connection: Connection) -> None:
    users = connection.repository(User)
    rival = Preceded(
        connection.driver, TransactWriteItems, lambda: users.create(name="Bob", email="b@x.io")
    )
    late = seen_by(connection, rival, User).repository(User)
    assert late.first_or_create({"email": "b@x.io"}, name="Late").name == "Bob"


def test_another_unique_value_that_is_taken_is_told(connection: Connection) -> None:
    users = connection.repository(User)
    users.create(name="Ann", email="ann@x.io", token="t")
    with pytest.raises(UniqueError):
        users.first_or_create({"email": "bob@x.io"}, name="Bob", token="t")


def test_what_no_key_finds_is_refused(connection: Connection) -> None:
    users = connection.repository(User)
    with pytest.raises(NoIndexError):
        users.first_or_create({"age": 7}, name="Ann")
    assert list(users.query().scan()) == []


def test_what_is_stored_is_told_whatever_was_set(connection: Connection) -> None:
    user = connection.repository(User).create(name="Ann", tags=["a"])
    user.name = "Bob"
    user.tags.append("b")
    assert (user.get_original("name"), user.get_original("tags")) == ("Ann", ["a"])
    user.save()
    assert user.get_original("name") == "Bob"
    with pytest.raises(ConfigurationError, match="nam"):
        user.get_original("nam")
    with pytest.raises(UnsavedRowError):
        connection.repository(User).make(name="New").get_original("name")


def test_a_row_knows_whether_it_is_in_the_bin(connection: Connection) -> None:
    post = connection.repository(Post).create(user_id="7", title="t")
    assert not post.trashed()
    post.delete()
    assert post.trashed()
    assert not post.restore().trashed()
    assert not connection.repository(User).create(name="Ann").trashed()


def test_a_question_can_be_walked_over(connection: Connection) -> None:
    posts = connection.repository(Post)
    for number in range(3):
        posts.create(user_id="7", title=f"t{number}")
    assert {post.title for post in posts.query().where(user_id="7")} == {"t0", "t1", "t2"}
