"""Rivals: of two handles of one row neither undoes what the other saved, and claims follow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orm.errors import (
    RowNotFoundError,
)
from orm.records import (
    Connection,
    StaleRowError,
    UniqueError,
)
from tests.contract.records.blog import MODELS, Account, Post, User
from tests.contract.records.odd import Member


def test_what_a_rival_has_saved_is_not_saved_back(connection: Connection) -> None:
    """A save that was made anew of what is stored leaves nothing dirty that was not set here."""
    users = User.using(connection)
    ann = users.create(name="Ann", town="Rome")
    mine, rival = users.find_or_fail(ann.id), users.find_or_fail(ann.id)
    rival.update(town="Oslo")
    mine.update(age=31)
    assert not mine.is_dirty()
    mine.update(name="Anna")
    assert users.find_or_fail(ann.id).town == "Oslo"


class Resending:
    """A driver that loses its first answer to an update, and sends it again after a rival's."""

    def __init__(self, inner: Any, act: Callable[[], object]) -> None:
        self._inner, self._act, self._lost = inner, act, False

    def send(self, request: Any, /) -> Any:
        answer = self._inner.send(request)
        if request.operation == "UpdateItem" and not self._lost:
            self._lost = True
            self._act()
            return self._inner.send(request)
        return answer


def test_what_a_rival_saved_before_the_answer_came_is_not_saved_back(
    connection: Connection,
) -> None:
    """The update was done and its answer lost; a rival changed the same row before it was sent
    again."""
    users = User.using(connection)
    ann = users.create(name="Ann", email="ann@example.com")

    def act() -> None:
        users.find_or_fail(ann.id).update(tags=["rival"])

    driver = Resending(connection.driver, act)
    theirs = Connection(driver, connection.config, tenant=connection.tenant, clock=connection.clock)
    theirs.register(*MODELS)
    mine = User.using(theirs).find_or_fail(ann.id)
    mine.update(tags=["mine"], email="ANN@example.com")
    assert (mine.email, mine.tags) == ("ANN@example.com", ["rival"])
    assert not mine.is_dirty()


def test_what_was_set_since_stays_to_be_saved(connection: Connection) -> None:
    """In a transaction a row may be changed between its save and the end of the block."""
    users = User.using(connection)
    ann = users.create(name="Ann", town="Rome")
    mine = users.find_or_fail(ann.id)
    users.find_or_fail(ann.id).update(town="Bern", name="rival")
    with connection.transaction() as tx:
        mine.age = 31
        tx.save(mine)
        mine.name = "mine"
    assert (mine.town, mine.name) == ("Bern", "mine")
    assert mine.is_dirty("name")
    assert not mine.is_dirty("town", "age")


def test_a_save_takes_no_row_out_of_the_bin(connection: Connection) -> None:
    """Someone put it there between load and save: it stays, however often this one saves."""
    posts = Post.using(connection)
    made = posts.create(user_id="u", title="t", status="open")
    mine = posts.find_or_fail(made.id)
    posts.find_or_fail(made.id).delete()
    mine.update(title="new")
    mine.update(title="newer")
    assert posts.find(made.id) is None


def test_a_claim_that_a_rival_took_is_deleted_with_the_row(connection: Connection) -> None:
    """The row had no e-mail when it was loaded; the rival gave it one."""
    users = User.using(connection)
    ann = users.create(name="Ann")
    mine = users.find_or_fail(ann.id)
    users.find_or_fail(ann.id).update(email="ann@example.com")
    mine.delete()
    assert users.create(name="Bo", email="ann@example.com").email


def test_another_spelling_does_not_outrun_a_moved_claim(connection: Connection) -> None:
    """`ann` to `ANN` moves no claim, unless the rival moved it meanwhile."""
    users = User.using(connection)
    ann = users.create(name="Ann", email="ann@example.com")
    mine = users.find_or_fail(ann.id)
    users.find_or_fail(ann.id).update(email="bo@example.com")
    mine.update(email="ANN@example.com")
    with pytest.raises(UniqueError):
        users.create(name="Cy", email="ann@example.com")
    assert users.create(name="Di", email="bo@example.com").email


@pytest.mark.parametrize(("loaded", "rivals"), [("off", "on"), ("on", "off")])
def test_a_partial_claim_follows_what_is_stored(own: Connection, loaded: str, rivals: str) -> None:
    """The rival changes whether the row has a claim, while this one changes which."""
    members = Member.using(own)
    members.create(id="1", email="a", status=loaded)
    mine = members.find_or_fail("1")
    members.find_or_fail("1").update(status=rivals)
    mine.update(email="b")
    if rivals == "on":
        with pytest.raises(UniqueError):
            members.create(email="b")
    else:
        members.create(email="b")
    assert members.create(email="a").email == "a"


def test_a_partial_claim_is_deleted_with_the_row(own: Connection) -> None:
    """Also where the rival made the row one that has it."""
    members = Member.using(own)
    members.create(id="1", email="a", status="off")
    mine = members.find_or_fail("1")
    members.find_or_fail("1").update(status="on")
    mine.delete()
    assert members.create(email="a").email == "a"


def test_a_row_that_was_made_again_is_another(connection: Connection) -> None:
    """Its version is the same, the row is not the one that was loaded."""
    accounts = Account.using(connection)
    accounts.create(id="1", pence=5)
    mine = accounts.find_or_fail("1")
    accounts.find_or_fail("1").delete()
    accounts.create(id="1", pence=100)
    with pytest.raises((StaleRowError, RowNotFoundError)):
        mine.update(pence=0)


def test_eight_writers_at_one_row_all_get_through(connection: Connection) -> None:
    """Each moves the same claim; they wait for each other rather than give up."""
    users = User.using(connection)
    ann = users.create(name="Ann", email="ann@example.com")
    gate = threading.Barrier(8)

    def move(number: int) -> None:
        row = users.find_or_fail(ann.id)
        gate.wait()
        row.update(email=f"a{number}@example.com")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(move, range(8)))
    held = users.find_or_fail(ann.id).email
    for number in range(8):
        if held != f"a{number}@example.com":
            users.create(name="Bo", email=f"a{number}@example.com")
