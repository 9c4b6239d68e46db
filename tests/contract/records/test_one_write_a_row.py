"""What a transaction says of one row more than once is one write, or is refused where it is."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from orm.errors import ConfigurationError, RowExistsError, RowNotFoundError
from orm.records import CheckFailedError, Connection, Repository, StaleRowError, UnsavedRowError
from tests.contract.records.blog import Account, Post, User


@pytest.fixture
def accounts(connection: Connection) -> Repository[Account]:
    return connection.repository(Account)


def pence(accounts: Repository[Account]) -> dict[str, int]:
    return {account.id: account.pence for account in accounts.all()}


def test_a_transaction_is_entered_once(
    connection: Connection, accounts: Repository[Account]
) -> None:
    tx = connection.transaction()
    with tx:
        made = tx.create(Account, id="a")
        with pytest.raises(ConfigurationError, match="entered already"), tx:
            pass
    made.delete()
    with pytest.raises(ConfigurationError, match="is over"), tx:
        pass
    assert pence(accounts) == {}


# --- saving ---


def test_the_last_save_counts(connection: Connection, accounts: Repository[Account]) -> None:
    account = accounts.create(id="a")
    with connection.transaction() as tx:
        account.pence = 1
        tx.save(account)
        account.pence = 2
        tx.save(account)
        made = tx.create(Account, id="b", pence=1)
        made.pence = 3
        tx.save(made)
    assert pence(accounts) == {"a": 2, "b": 3}
    account.update(pence=4)
    made.update(pence=5)
    assert pence(accounts) == {"a": 4, "b": 5}


def test_a_save_that_takes_back_the_one_before_writes_nothing(
    connection: Connection, accounts: Repository[Account]
) -> None:
    account = accounts.create(id="a")
    with connection.transaction() as tx:
        account.pence = 1
        tx.save(account)
        account.pence = 0
        tx.save(account)
    assert pence(accounts) == {"a": 0}
    account.update(pence=2)


def test_two_new_rows_of_one_key_are_refused(
    connection: Connection, accounts: Repository[Account]
) -> None:
    with pytest.raises(RowExistsError, match="Account exists"), connection.transaction() as tx:
        tx.create(Account, id="a", pence=1)
        tx.create(Account, id="a", pence=2)
    assert pence(accounts) == {}


def test_a_row_is_not_saved_through_two_objects(
    connection: Connection, accounts: Repository[Account]
) -> None:
    one = accounts.create(id="a")
    other = accounts.find_or_fail("a")
    one.pence, other.pence = 1, 2
    with (
        pytest.raises(ConfigurationError, match=r"Account .*two objects"),
        connection.transaction() as tx,
    ):
        tx.save(one)
        tx.save(other)
    assert pence(accounts) == {"a": 0}


# --- deleting ---


def test_a_deletion_wins_over_a_save(connection: Connection, accounts: Repository[Account]) -> None:
    account = accounts.create(id="a")
    with connection.transaction() as tx:
        account.pence = 1
        tx.save(account)
        tx.delete(account)
        tx.delete(account)
    assert pence(accounts) == {}


def test_what_is_deleted_here_is_not_saved_here(
    connection: Connection, accounts: Repository[Account]
) -> None:
    account = accounts.create(id="a")
    with pytest.raises(ConfigurationError, match="deleted"), connection.transaction() as tx:
        tx.delete(account)
        account.pence = 1
        tx.save(account)
    with pytest.raises(ConfigurationError, match="deleted"), connection.transaction() as tx:
        tx.delete(account)
        tx.create(Account, id="a", pence=2)
    assert pence(accounts) == {"a": 0}


def test_a_row_that_was_created_and_deleted_is_not_there(
    connection: Connection, accounts: Repository[Account]
) -> None:
    with connection.transaction() as tx:
        gone = tx.create(Account, id="a")
        tx.delete(gone)
        other = tx.create(Account, id="b")
        tx.force_delete(other)
        tx.create(Account, id="b", pence=1)
    assert pence(accounts) == {"b": 1}


def test_a_save_and_the_bin_are_one_change(connection: Connection) -> None:
    posts = connection.repository(Post)
    first, second = (posts.create(id=f"{n}", user_id="u", title="old") for n in range(2))
    with connection.transaction() as tx:
        first.title = second.title = "new"
        tx.save(first)
        tx.delete(first)
        tx.delete(second)
        tx.save(second)
    found = posts.query().only_trashed().scan()
    assert sorted((post.id, post.title) for post in found) == [("0", "new"), ("1", "new")]
    assert first.deleted_at == second.deleted_at is not None
    assert not first.is_dirty()
    posts.restore(first)
    assert [post.title for post in posts.query().where(user_id="u").get()] == ["new"]


# --- checking ---


def test_a_save_demands_what_is_checked(
    connection: Connection, accounts: Repository[Account]
) -> None:
    account = accounts.create(id="a", pence=10)
    with connection.transaction() as tx:
        tx.check(account, Account.pence >= 10)
        account.pence = 4
        tx.save(account)
        tx.create(Account, id="b")
    assert pence(accounts) == {"a": 4, "b": 0}
    with (
        pytest.raises(CheckFailedError, match="not so that pence >= 10"),
        connection.transaction() as tx,
    ):
        tx.check(account, Account.pence >= 10)
        account.pence = 0
        tx.save(account)
    assert pence(accounts) == {"a": 4, "b": 0}


def test_a_save_that_is_made_anew_demands_it_again(connection: Connection) -> None:
    """A rival changes what the keys are made of: the row may be changed, if it still is so."""
    users = connection.repository(User)
    ann = users.create(id="1", name="Ann", town="Rome", age=30)
    users.find_or_fail("1").update(town="Oslo")
    with connection.transaction() as tx:
        tx.check(ann, User.name == "Ann")
        ann.age = 31
        tx.save(ann)
    assert [one.id for one in users.query().where(town="Oslo", age=31).get()] == ["1"]
    late = users.find_or_fail("1")
    users.find_or_fail("1").update(town="Bern", name="Anna")
    with pytest.raises(CheckFailedError, match="Ann"), connection.transaction() as tx:
        tx.check(late, User.name == "Ann")
        late.age = 32
        tx.save(late)
    assert users.find_or_fail("1").age == 31


def test_a_deletion_demands_what_is_checked(
    connection: Connection, accounts: Repository[Account]
) -> None:
    users = connection.repository(User)
    account, ann = accounts.create(id="a", pence=1), users.create(id="1", name="Ann")
    with pytest.raises(CheckFailedError, match="pence = 0"), connection.transaction() as tx:
        tx.delete(account)
        tx.check(account, Account.pence == 0)
    users.find_or_fail("1").delete()
    with pytest.raises(RowNotFoundError), connection.transaction() as tx:
        tx.check(ann)
        tx.delete(ann)
    with connection.transaction() as tx:
        tx.check(account, Account.pence == 1)
        tx.check(account, Account.pence != 5)
        tx.delete(account)
    assert pence(accounts) == {}


def test_all_checks_of_a_row_hold(connection: Connection, accounts: Repository[Account]) -> None:
    account = accounts.create(id="a", pence=1)
    with pytest.raises(CheckFailedError, match="pence < 1"), connection.transaction() as tx:
        tx.check(account, Account.pence > 0)
        tx.check(account, Account.pence < 1)
        tx.create(Account, id="b")
    accounts.find_or_fail("a").update(pence=2)
    with pytest.raises(StaleRowError), connection.transaction() as tx:
        tx.check(account, Account.pence > 0)
        tx.check(account)
        account.pence = 3
        tx.save(account)
    assert pence(accounts) == {"a": 2}


def test_a_check_is_held_against_the_model(connection: Connection) -> None:
    users = connection.repository(User)
    ann = users.create(name="Ann", token="known")
    text: Any = "old"
    with contextlib.suppress(ZeroDivisionError), connection.transaction() as tx:
        with pytest.raises(UnsavedRowError):
            tx.check(users.make(name="Bob"))
        with pytest.raises(ConfigurationError, match="another model"):
            tx.check(ann, Account.pence == 1)
        with pytest.raises(ConfigurationError, match="is asked as int"):
            tx.check(ann, User.age == text)
        _ = 1 / 0
    with (
        pytest.raises(CheckFailedError, match="not so that token = …") as caught,
        connection.transaction() as tx,
    ):
        tx.check(ann, User.token == "s3cret")
    assert "s3cret" not in str(caught.value) + repr(caught.value)
