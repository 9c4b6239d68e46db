"""Transactions of records: together or none, and a refusal says which record and why."""

from __future__ import annotations

from collections import Counter

import pytest

from orm.clock import ManualClock
from orm.driver import MeteredDriver
from orm.errors import (
    ConfigurationError,
    RowExistsError,
    RowNotFoundError,
    TransactionTooLargeError,
)
from orm.records import (
    CheckFailedError,
    Connection,
    ForeignRowError,
    PartlyWrittenError,
    Repository,
    StaleRowError,
    UniqueError,
    UnsavedRowError,
)
from orm.validation import InvalidRowError
from tests.contract.records.blog import Account, Post, User


@pytest.fixture
def accounts(connection: Connection) -> Repository[Account]:
    return connection.repository(Account)


def pence(accounts: Repository[Account]) -> dict[str, int]:
    return {account.id: account.pence for account in accounts.all()}


def test_writes_are_done_together_in_one_call(
    connection: Connection, accounts: Repository[Account], meter: MeteredDriver
) -> None:
    source, target = accounts.create(id="a", pence=10), accounts.create(id="b")
    gone = accounts.create(id="c")
    before = meter.usage().requests
    with connection.transaction() as tx:
        source.pence, target.pence = 4, 6
        tx.save(source)
        tx.save(target)
        tx.delete(gone)
        made = tx.create(Account, id="d", pence=1)
        assert pence(accounts) == {"a": 10, "b": 0, "c": 0}
    assert pence(accounts) == {"a": 4, "b": 6, "d": 1}
    assert (meter.usage().requests - before)["TransactWriteItems"] == 1
    source.update(pence=5)
    made.update(pence=2)
    assert pence(accounts) == {"a": 5, "b": 6, "d": 2}


def test_an_error_in_the_block_writes_nothing(
    connection: Connection, accounts: Repository[Account], meter: MeteredDriver
) -> None:
    before = Counter(meter.usage().requests)
    with pytest.raises(ZeroDivisionError), connection.transaction() as tx:
        tx.create(Account, id="a")
        _ = 1 / 0
    with pytest.raises(InvalidRowError), connection.transaction() as tx:
        tx.create(Account, id="b")
        tx.create(User, name="Ann", age=-1)
    assert meter.usage().requests == before
    assert pence(accounts) == {}


def test_a_block_without_writes_sends_nothing(
    connection: Connection, accounts: Repository[Account], meter: MeteredDriver
) -> None:
    account = accounts.create(id="a")
    before = Counter(meter.usage().requests)
    with connection.transaction() as tx:
        tx.save(account)
        with pytest.raises(UnsavedRowError):
            tx.delete(accounts.make(id="b"))
    assert meter.usage().requests == before
    with pytest.raises(ConfigurationError, match="is over"):
        tx.create(Account, id="c")


def test_one_refusal_leaves_all_as_it_was_and_names_its_row(
    connection: Connection, accounts: Repository[Account]
) -> None:
    users, account = connection.repository(User), accounts.create(id="a")
    users.create(id="1", name="Ann", email="ann@example.com")

    with (
        pytest.raises(UniqueError, match=r"User: email='ANN@example.com' is taken"),
        connection.transaction() as tx,
    ):
        tx.create(Account, id="b")
        tx.create(User, id="2", name="Anna", email="ANN@example.com")

    with (
        pytest.raises(RowExistsError, match=r"User exists at id '1'|User exists at"),
        connection.transaction() as tx,
    ):
        tx.create(Account, id="b")
        tx.create(User, id="1", name="Bob")

    late = accounts.find_or_fail("a")
    account.update(pence=1)
    with pytest.raises(StaleRowError, match="Account"), connection.transaction() as tx:
        tx.create(Account, id="b")
        late.pence = 5
        tx.save(late)

    gone = accounts.create(id="gone")
    accounts.find_or_fail("gone").delete()
    with pytest.raises(RowNotFoundError, match="gone"), connection.transaction() as tx:
        tx.create(Account, id="b")
        gone.pence = 2
        tx.save(gone)

    assert pence(accounts) == {"a": 1}
    assert [user.id for user in users.all()] == ["1"]


def test_a_demand_is_made_of_what_is_stored(
    connection: Connection, accounts: Repository[Account]
) -> None:
    users = connection.repository(User)
    ann = users.create(id="1", name="Ann", age=30)
    with connection.transaction() as tx:
        tx.check(ann, User.age >= 30)
        tx.create(Account, id="a")
    users.find_or_fail("1").update(age=20)
    with (
        pytest.raises(CheckFailedError, match=r"User .*not so that age >= 30"),
        connection.transaction() as tx,
    ):
        tx.check(ann, User.age >= 30)
        tx.create(Account, id="b")
    account = accounts.find_or_fail("a")
    accounts.find_or_fail("a").update(pence=7)
    with pytest.raises(StaleRowError), connection.transaction() as tx:
        tx.check(account)
        tx.create(Account, id="b")
    with pytest.raises(RowNotFoundError), connection.transaction() as tx:
        tx.check(_gone(users))
        tx.create(Account, id="b")
    assert pence(accounts) == {"a": 7}


def _gone(users: Repository[User]) -> User:
    """A row that someone else has deleted."""
    made = users.create(id="2", name="Bob")
    users.find_or_fail("2").delete()
    return made


def test_index_keys_are_made_anew_where_another_has_changed_their_inputs(
    connection: Connection,
) -> None:
    """As in a single save: the row's index holds its town and age together."""
    users = connection.repository(User)
    mine = users.create(id="1", name="Ann", town="Rome", age=30)
    users.find_or_fail("1").update(town="Oslo")
    with connection.transaction() as tx:
        mine.age = 31
        tx.save(mine)
        tx.create(Account, id="a")
    (found,) = users.query().where(town="Oslo", age=31).get()
    assert found.id == "1"
    assert users.query().where(town="Rome").get() == []


def test_rows_go_into_the_bin_together(connection: Connection, hands: ManualClock) -> None:
    posts = connection.repository(Post)
    made = [posts.create(id=f"{n}", user_id="u", title="t") for n in range(3)]
    with connection.transaction() as tx:
        for post in made[:2]:
            tx.delete(post)
    assert [post.id for post in posts.query().where(user_id="u").get()] == ["2"]
    assert posts.query().only_trashed().find("0") == made[0]


def test_more_than_a_hundred_writes_go_in_parts_where_that_is_allowed(
    connection: Connection, accounts: Repository[Account], meter: MeteredDriver
) -> None:
    told = pytest.raises(TransactionTooLargeError, match=r"transaction\(chunked=True\)")
    with told, connection.transaction() as tx:
        for number in range(101):
            tx.create(Account, id=f"{number}")
    assert pence(accounts) == {}
    before = meter.usage().requests
    with connection.transaction(chunked=True) as tx:
        for number in range(201):
            tx.create(Account, id=f"{number}")
    done = meter.usage().requests - before
    assert (done["TransactWriteItems"], done["PutItem"]) == (2, 1)
    assert len(pence(accounts)) == 201


def test_claims_stay_with_their_row_in_parts(connection: Connection, meter: MeteredDriver) -> None:
    """Each user takes three actions: 33 of them fit one transaction."""
    with connection.transaction(chunked=True) as tx:
        for number in range(50):
            email, token = f"{number}@example.com", f"{number}"
            tx.save(connection.repository(User).make(name="u", email=email, token=token))
    assert meter.usage().requests["TransactWriteItems"] == 2


def test_what_was_done_of_several_parts_is_said(
    connection: Connection, accounts: Repository[Account]
) -> None:
    accounts.create(id="150", pence=1)
    with (
        pytest.raises(PartlyWrittenError, match="first 100 of 201 writes") as refused,
        connection.transaction(chunked=True) as tx,
    ):
        for number in range(201):
            tx.create(Account, id=f"{number}")
    assert isinstance(refused.value.__cause__, RowExistsError)
    assert pence(accounts) == {"150": 1, **{f"{number}": 0 for number in range(100)}}


def test_rows_of_another_tenant_are_refused(
    connection: Connection, accounts: Repository[Account]
) -> None:
    account = accounts.create(id="a")
    with (
        pytest.raises(ForeignRowError, match="tenant 'other'"),
        connection.for_tenant("other").transaction() as tx,
    ):
        tx.delete(account)
    assert pence(accounts) == {"a": 0}


def test_rows_leave_the_bin_together(connection: Connection) -> None:
    """Or not at all; what else was set on them is not written."""
    posts = connection.repository(Post)
    one, other, gone = (posts.create(user_id="u", title=f"t{n}") for n in range(3))
    for post in (one, other, gone):
        post.delete()
    one.title = "set"
    with connection.transaction() as tx:
        tx.restore(one)
        tx.restore(other)
    assert {post.title for post in posts.query().where(user_id="u")} == {"t0", "t1"}
    assert not one.trashed()
    one.refresh().delete()
    posts.query().with_trashed().find_or_fail(gone.id).force_delete()
    with pytest.raises(RowNotFoundError), connection.transaction() as tx:
        tx.restore(one)
        tx.restore(gone)
    assert [post.title for post in posts.query().where(user_id="u")] == ["t1"]


def test_a_row_is_restored_and_saved_in_one_transaction(connection: Connection) -> None:
    posts = connection.repository(Post)
    post = posts.create(user_id="u", title="old")
    post.delete()
    post.title = "new"
    with connection.transaction() as tx:
        tx.restore(post)
        tx.save(post)
    assert [found.title for found in posts.query().where(user_id="u")] == ["new"]
    with pytest.raises(ConfigurationError, match="no soft deletes"), connection.transaction() as tx:
        tx.restore(connection.repository(User).create(name="Ann"))


def test_nothing_is_said_of_a_transaction_that_is_not_open(connection: Connection) -> None:
    """It would never be sent."""
    tx = connection.transaction()
    with pytest.raises(ConfigurationError, match=r"is not open.*with connection\.transaction"):
        tx.create(User, name="Ann")


def test_a_row_does_not_leave_the_bin_and_go_in_one_transaction(connection: Connection) -> None:
    """In no order: one of both would be lost without a word."""
    posts = connection.repository(Post)
    live, binned = (posts.create(user_id="u", title=title) for title in ("live", "binned"))
    binned.delete()
    with pytest.raises(ConfigurationError, match="into the bin"), connection.transaction() as tx:
        tx.delete(live)
        tx.restore(live)
    with pytest.raises(ConfigurationError, match="out of the bin"), connection.transaction() as tx:
        tx.restore(binned)
        tx.delete(binned)
    with pytest.raises(ConfigurationError, match="is deleted"), connection.transaction() as tx:
        tx.force_delete(binned)
        tx.restore(binned)
    assert posts.find_or_fail(live.id) == live
    assert posts.query().with_trashed().find_or_fail(binned.id).trashed()
    with connection.transaction() as tx:
        tx.restore(live)
        tx.restore(binned)
        tx.restore(binned)
    assert not posts.find_or_fail(binned.id).trashed()
