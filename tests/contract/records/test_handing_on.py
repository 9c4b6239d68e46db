"""Unique values are handed on within one transaction: from row to row, and never to a third."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from orm.clock import ManualClock
from orm.driver import MeteredDriver
from orm.records import Connection, Repository, UniqueError
from tests.contract.records.blog import MODELS, Session, User
from tests.support.drivers import preceded

HOUR_SECONDS = 3_600
NOW = 1_800_000_000


@pytest.fixture
def users(connection: Connection) -> Repository[User]:
    return connection.repository(User)


def holders(users: Repository[User], *emails: str) -> list[str | None]:
    """Who is found by each e-mail; that its claim is the row's own is seen by moving it."""
    found = [users.query().where(email=email).first() for email in emails]
    for email in emails:
        with pytest.raises(UniqueError):
            users.create(name="third", email=email)
    return [row.name if row else None for row in found]


def test_two_rows_swap_unique_values(connection: Connection, users: Repository[User]) -> None:
    ann = users.create(name="Ann", email="ann@x.io")
    bob = users.create(name="Bob", email="bob@x.io")
    with connection.transaction() as tx:
        ann.email, bob.email = bob.email, ann.email
        tx.save(ann)
        tx.save(bob)
    assert holders(users, "ann@x.io", "bob@x.io") == ["Bob", "Ann"]
    ann.update(email="new@x.io")
    assert users.create(name="Cy", email="bob@x.io").email


def test_unique_values_go_round_in_a_circle(
    connection: Connection, users: Repository[User], meter: MeteredDriver
) -> None:
    rows = [users.create(name=f"{n}", email=f"{n}@x.io") for n in range(3)]
    before = meter.usage().requests
    with connection.transaction() as tx:
        for number, row in enumerate(rows):
            row.email = f"{(number + 1) % 3}@x.io"
            tx.save(row)
    assert (meter.usage().requests - before) == {"TransactWriteItems": 1}
    assert holders(users, "0@x.io", "1@x.io", "2@x.io") == ["2", "0", "1"]


@pytest.mark.parametrize("deletes_first", [True, False])
def test_a_deleted_row_hands_its_value_to_a_new_one(
    connection: Connection, users: Repository[User], deletes_first: bool
) -> None:
    old = users.create(name="old", email="ann@x.io")
    with connection.transaction() as tx:
        if deletes_first:
            tx.delete(old)
        tx.create(User, name="new", email="ANN@x.io")
        if not deletes_first:
            tx.delete(old)
    assert holders(users, "ann@x.io") == ["new"]
    assert users.find(old.id) is None


def test_two_rows_of_one_transaction_cannot_have_one_value(
    connection: Connection, users: Repository[User]
) -> None:
    old = users.create(name="old", email="ann@x.io")
    with (
        pytest.raises(UniqueError, match=r"User: email='ANN@x.io' is taken"),
        connection.transaction() as tx,
    ):
        tx.delete(old)
        tx.create(User, name="one", email="ann@x.io")
        tx.create(User, name="two", email="ANN@x.io")
    assert holders(users, "ann@x.io") == ["old"]


def test_no_error_says_a_hidden_value(connection: Connection) -> None:
    with pytest.raises(UniqueError) as caught, connection.transaction() as tx:
        tx.create(User, name="one", token="s3cret")
        tx.create(User, name="two", token="s3cret")
    said = ""
    error: BaseException | None = caught.value
    while error is not None:
        said, error = said + str(error) + repr(error), error.__cause__ or error.__context__
    assert "s3cret" not in said


def swapped(connection: Connection, first: str, second: str) -> None:
    """Swap the e-mails of two rows."""
    users = connection.repository(User)
    one, other = users.find_or_fail(first), users.find_or_fail(second)
    with connection.transaction() as tx:
        one.email, other.email = other.email, one.email
        tx.save(one)
        tx.save(other)


def test_what_the_giver_has_given_up_meanwhile_is_free(
    connection: Connection, users: Repository[User]
) -> None:
    ann = users.create(name="Ann", email="ann@x.io")
    bob = users.create(name="Bob", email="bob@x.io")

    def moved() -> None:
        users.find_or_fail(bob.id).update(email="b2@x.io")

    theirs = preceded(connection, moved, *MODELS)
    swapped(theirs, ann.id, bob.id)
    assert holders(users, "ann@x.io", "bob@x.io") == ["Bob", "Ann"]
    assert users.create(name="Cy", email="b2@x.io").email


def test_what_a_third_has_taken_meanwhile_is_not_taken_from_it(
    connection: Connection, users: Repository[User]
) -> None:
    ann = users.create(name="Ann", email="ann@x.io")
    bob = users.create(name="Bob", email="bob@x.io")

    def act() -> None:
        users.find_or_fail(bob.id).update(email="b2@x.io")
        users.create(name="Cy", email="bob@x.io")

    with pytest.raises(UniqueError, match=r"email='bob@x\.io'"):
        swapped(preceded(connection, act, *MODELS), ann.id, bob.id)
    assert holders(users, "ann@x.io", "bob@x.io", "b2@x.io") == ["Ann", "Cy", "Bob"]


def test_what_the_giver_has_got_since_it_was_loaded_is_handed_on(
    connection: Connection, users: Repository[User]
) -> None:
    """Bob had another e-mail when the row was loaded; the one that Ann takes is his by now."""
    ann = users.create(name="Ann", email="ann@x.io")
    bob = users.create(name="Bob", email="b0@x.io")
    late = users.find_or_fail(bob.id)
    bob.update(email="bob@x.io")
    with connection.transaction() as tx:
        ann.email, late.email = "bob@x.io", "ann@x.io"
        tx.save(ann)
        tx.save(late)
    assert holders(users, "ann@x.io", "bob@x.io") == ["Bob", "Ann"]
    assert users.create(name="Cy", email="b0@x.io").email


def test_a_deleted_row_hands_on_nothing_that_it_lost(
    connection: Connection, hands: ManualClock
) -> None:
    """It had expired, and another row took the value."""
    sessions = connection.repository(Session)
    old = sessions.create(user_id="u", code="c", ttl=NOW + HOUR_SECONDS)
    hands.sleep(2 * HOUR_SECONDS)
    sessions.create(user_id="u", code="c", ttl=NOW + 9 * HOUR_SECONDS)
    with pytest.raises(UniqueError), connection.transaction() as tx:
        tx.delete(old)
        tx.create(Session, user_id="u", code="c", ttl=NOW + 9 * HOUR_SECONDS)


def test_two_rows_that_had_one_value_after_each_other_are_deleted_together(
    connection: Connection, hands: ManualClock
) -> None:
    sessions = connection.repository(Session)
    old = sessions.create(user_id="u", code="c", ttl=NOW + HOUR_SECONDS)
    hands.sleep(2 * HOUR_SECONDS)
    new = sessions.create(user_id="u", code="c", ttl=NOW + 9 * HOUR_SECONDS)
    with connection.transaction() as tx:
        tx.delete(old)
        tx.delete(new)
    assert sessions.create(user_id="v", code="c", ttl=NOW + 9 * HOUR_SECONDS).code == "c"


def test_rivals_that_swap_two_values_leave_each_with_its_row(
    connection: Connection, users: Repository[User]
) -> None:
    ann = users.create(name="Ann", email="ann@x.io")
    bob = users.create(name="Bob", email="bob@x.io")
    gate = threading.Barrier(4)

    def swap(_: int) -> None:
        gate.wait()
        swapped(connection, ann.id, bob.id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(swap, range(4)))
    rows = [users.find_or_fail(ann.id), users.find_or_fail(bob.id)]
    assert {row.email for row in rows} == {"ann@x.io", "bob@x.io"}
    assert holders(users, *[str(row.email) for row in rows]) == ["Ann", "Bob"]
