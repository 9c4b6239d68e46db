"""Expiry: a claim lives as long as its row, and an expired row is one that is gone."""

from __future__ import annotations

from typing import Final

import msgspec
import pytest

from orm import SingleTableConfig, create_table, delete_table
from orm.clock import ManualClock, SystemClock
from orm.driver import Driver
from orm.errors import ConfigurationError, RowNotFoundError
from orm.records import (
    Connection,
    UniqueError,
)
from orm.requests import DescribeTimeToLive, Item, Scan
from tests.contract.records.blog import Session, User
from tests.contract.records.conftest import NOON_MICROS
from tests.contract.records.odd import Badge

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


def test_an_expired_row_is_one_that_is_gone(connection: Connection, hands: ManualClock) -> None:
    """For whoever still holds it, too: it is neither changed, nor read again, nor relied on."""
    sessions = Session.using(connection)
    held = sessions.create(user_id="u", ttl=NOON_SECONDS + 10)
    hands.sleep(20)
    with pytest.raises(RowNotFoundError):
        held.update(user_id="v")
    with pytest.raises(RowNotFoundError):
        held.update(ttl=NOON_SECONDS + 1000)
    with pytest.raises(RowNotFoundError):
        held.refresh()
    with pytest.raises(RowNotFoundError), connection.transaction() as tx:
        tx.check(held)
    held.delete()


def test_a_row_lives_that_a_rival_has_prolonged(connection: Connection, hands: ManualClock) -> None:
    """What is stored decides, not what was loaded."""
    sessions = Session.using(connection)
    held = sessions.create(user_id="u", ttl=NOON_SECONDS + 10)
    sessions.find_or_fail(held.id).update(ttl=NOON_SECONDS + 100)
    hands.sleep(20)
    held.update(user_id="v")
    assert sessions.find_or_fail(held.id).user_id == "v"
    assert not held.is_dirty()


def test_the_table_deletes_what_has_expired(driver: Driver, config: SingleTableConfig) -> None:
    """Made or there before; by one attribute, for a table has one."""
    made = Connection(driver, config)
    made.register(User)
    create_table(driver, made.shape(), SystemClock())
    assert expiry(driver, config) == (None, "DISABLED")
    made.register(Session)
    create_table(driver, made.shape(), SystemClock())
    create_table(driver, made.shape(), SystemClock())
    assert expiry(driver, config) == ("ttl", "ENABLED")
    other = msgspec.structs.replace(made.shape(), ttl="until")
    with pytest.raises(ConfigurationError, match="'ttl'"):
        create_table(driver, other, SystemClock())
    delete_table(driver, config.table, SystemClock())


def test_two_names_of_the_expiry_in_one_table_are_refused(
    driver: Driver, config: SingleTableConfig
) -> None:
    made = Connection(driver, config)
    mapping = {"name": "Token", "traits": {"useTtl": {"attribute": "until"}}}
    made.register(Session, mapping)
    with pytest.raises(ConfigurationError, match=r"Session by 'ttl', Token by 'until'"):
        made.shape()


def test_a_claim_is_deleted_by_the_table_with_its_row(own: Connection) -> None:
    """It has the attribute by which DynamoDB deletes, with the same second."""
    Badge.using(own).create(id="1", code="a", ttl=NOON_SECONDS + 10)
    scan: Scan[Item] = Scan(table_name=own.config.table, consistent_read=True)
    found = [item["ttl"] for item in own.driver.send(scan).items]
    assert found == [{"N": str(NOON_SECONDS + 10)}] * 2


def expiry(driver: Driver, config: SingleTableConfig) -> tuple[str | None, str]:
    said = driver.send(DescribeTimeToLive(table_name=config.table)).time_to_live_description
    return said.attribute_name, said.time_to_live_status
