"""Refused half-way: a write that failed leaves the row as it was, so that it can be repeated."""

from __future__ import annotations

from typing import Any

import pytest

from orm.driver import Driver, MeteredDriver
from orm.errors import ItemTooLargeError
from orm.records import Connection, StaleRowError, UnsavedRowError
from orm.validation import InvalidRowError
from tests.contract.records.blog import Account, Post, User
from tests.contract.records.odd import Note
from tests.support.drivers import seen_by


class Cut:
    """A driver whose line may be cut: then nothing is sent."""

    def __init__(self, inner: Driver) -> None:
        self._inner, self.cut = inner, False

    def send(self, request: Any, /) -> Any:
        if self.cut:
            raise ConnectionError("the line is cut")
        return self._inner.send(request)


def test_a_delete_that_failed_can_be_repeated(connection: Connection) -> None:
    """The row is not taken for one in the bin because someone tried."""
    made = Post.using(connection).create(user_id="u", title="t")
    line = Cut(connection.driver)
    row = Post.using(seen_by(connection, line, Post)).find_or_fail(made.id)
    line.cut = True
    with pytest.raises(ConnectionError):
        row.delete()
    line.cut = False
    row.delete()
    assert Post.using(connection).find(made.id) is None


def test_a_stale_delete_is_refused_each_time(own: Connection) -> None:
    """Not only the first."""
    notes = Note.using(own)
    made = notes.create()
    notes.find_or_fail(made.id).update(text="a")
    for _ in range(2):
        with pytest.raises(StaleRowError):
            made.delete()


def test_a_stale_restore_is_refused_each_time(own: Connection) -> None:
    """Not only the first."""
    notes = Note.using(own)
    made = notes.create()
    made.delete()
    stale = notes.query().with_trashed().find_or_fail(made.id)
    made.update(text="a")
    for _ in range(2):
        with pytest.raises(StaleRowError):
            stale.restore()


def test_delete_changes_nothing_else(own: Connection) -> None:
    """What was set here and not saved is not saved by the way."""
    notes = Note.using(own)
    made = notes.create(text="kept")
    made.text = "other"
    made.delete()
    assert notes.query().with_trashed().find_or_fail(made.id).text == "kept"


def test_a_row_that_breaks_a_rule_can_be_deleted(own: Connection) -> None:
    """As a row can that breaks one since the rule is there."""
    notes = Note.using(own)
    made = notes.create()
    made.text = "longer than nine"
    made.delete()
    assert notes.find(made.id) is None


def test_a_row_that_was_never_saved_is_not_deleted_into_the_bin(connection: Connection) -> None:
    """It is refused, alone and in a transaction, and nothing is written."""
    posts = Post.using(connection)
    made = posts.make(user_id="u", title="t")
    for do in (made.delete, made.force_delete, made.restore):
        with pytest.raises(UnsavedRowError):
            do()
    with connection.transaction() as tx:
        for refuse in (tx.delete, tx.force_delete, tx.check):
            with pytest.raises(UnsavedRowError):
                refuse(made)
    assert list(posts.query().with_trashed().scan()) == []


def test_a_refused_save_leaves_what_the_orm_counts(connection: Connection) -> None:
    """The version of a row that could not be saved is the one that it was loaded at."""
    accounts = Account.using(connection)
    made = accounts.create()
    accounts.find_or_fail(made.id).update(pence=1)
    with pytest.raises(StaleRowError):
        made.update(pence=2)
    assert made.version == 1


@pytest.mark.parametrize(("name", "value"), [("age", -5), ("tags", [1])])
def test_a_change_breaks_rules_as_a_new_row_does(
    connection: Connection, name: str, value: object
) -> None:
    """The same value is refused by the same error."""
    users = User.using(connection)
    with pytest.raises(InvalidRowError):
        users.create({"name": "Ann", name: value})
    ann = users.create(name="Ann")
    with pytest.raises(InvalidRowError):
        ann.update({name: value})


def test_a_change_that_makes_a_row_too_large_is_refused(
    connection: Connection, meter: MeteredDriver
) -> None:
    """By the same error as a new row, which names the attribute, and before the call."""
    ann = User.using(connection).create(name="Ann")
    before = meter.usage().requests.total()
    with pytest.raises(ItemTooLargeError, match="'name'"):
        ann.update(name="x" * 410_000)
    assert meter.usage().requests.total() == before
