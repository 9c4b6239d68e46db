"""Expiry: a claim lives as long as its row, and an expired row is one that is gone."""

from __future__ import annotations

from typing import Final

import pytest

from orm.clock import ManualClock
from orm.records import (
    Connection,
    UniqueError,
)
from tests.contract.records.blog import Session
from tests.contract.records.conftest import NOON_MICROS

NOON_SECONDS: Final = NOON_MICROS // 1_000_000


def test_a_claim_lives_as_long_as_its_row(connection: Connection, hands: ManualClock) -> None:
    """A row that was to expire and got more time keeps its unique value."""
    sessions = Session.using(connection)
    made = sessions.create(user_id="u", code="x", ttl=NOON_SECONDS + 10)
    made.update(ttl=NOON_SECONDS + 1000)
    hands.sleep(20)
    assert sessions.find(made.id) is not None
    with pytest.raises(UniqueError):
        sessions.create(user_id="v", code="x")


def test_a_claim_expires_with_its_row(connection: Connection, hands: ManualClock) -> None:
    """Also where the row was given an end only later."""
    sessions = Session.using(connection)
    sessions.create(user_id="u", code="x").update(ttl=NOON_SECONDS + 10)
    hands.sleep(20)
    assert sessions.create(user_id="v", code="x").code == "x"


def test_an_expired_row_can_be_deleted(connection: Connection, hands: ManualClock) -> None:
    """Another has its unique value by now, and keeps it."""
    sessions = Session.using(connection)
    expired = sessions.create(user_id="u", code="x", ttl=NOON_SECONDS + 10)
    hands.sleep(20)
    other = sessions.create(user_id="v", code="x")
    expired.delete()
    assert sessions.query().where(code="x").get() == [other]


def test_every_reader_agrees_on_what_has_expired(connection: Connection) -> None:
    """At second 0 too: by its key, by an index, and by who wants its place."""
    sessions = Session.using(connection)
    sessions.create(id="1", user_id="u", ttl=0)
    assert sessions.find("1") is None
    assert sessions.query().where(user_id="u").get() == []
