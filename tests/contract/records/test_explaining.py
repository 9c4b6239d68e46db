"""Explaining: what a query says that it sends is what it sends, and nothing is sent for it."""

from __future__ import annotations

import pytest

from orm.driver import MeteredDriver
from orm.errors import NoIndexError
from orm.records import Connection, Explanation
from tests.contract.records.blog import MODELS, Post, Session, User
from tests.support.drivers import Recording, seen_by


@pytest.fixture
def heard(connection: Connection) -> tuple[Connection, Recording]:
    listening = Recording(connection.driver)
    return seen_by(connection, listening, *MODELS), listening


def test_a_reading_is_what_is_sent(heard: tuple[Connection, Recording]) -> None:
    connection, listening = heard
    posts = connection.repository(Post)
    posts.create(user_id="7", title="Hello", status="draft")
    query = posts.query().where(user_id="7").filter(status="draft").latest()
    told = query.explain()
    assert listening.queries == []
    (reading,) = told.readings
    query.get()
    (sent,) = listening.queries
    assert reading.index == (sent.index_name or "")
    assert (reading.consistent, reading.forward) == (sent.consistent_read, sent.scan_index_forward)
    pk, sk = connection.config.index_keys(int(reading.index[-1]))
    key = connection.config.keys.join("POST", "7")
    assert reading.key.startswith(f'{pk} = "')
    assert f'{key}"' in reading.key
    assert sk in reading.key
    assert 'status = "draft"' in reading.filter
    assert not reading.claim


def test_alternatives_are_readings_of_their_own(connection: Connection) -> None:
    users = connection.repository(User).query()
    told = users.where_in("town", ["Rome", "Oslo"]).or_where(email="a@example.com").explain()
    assert [reading.claim for reading in told.readings] == [False, False, True]
    assert str(told).startswith("User: 3 readings\n1. index ")
    assert "claim, then the row" in str(told)


def test_what_it_costs_is_what_is_billed(connection: Connection, meter: MeteredDriver) -> None:
    """Half a unit for every 4 KB, in whole units; twice that where it is consistent."""
    sessions = connection.repository(Session)
    for number in range(40):
        sessions.create(id=f"{number}", user_id="u" * 500)
    query = sessions.query().where(user_id="u" * 500)
    size = 500 * 3 + 200
    predicted = query.explain().units(40, size)
    before = meter.usage().capacity_units
    assert len(query.get()) == 40
    billed = (meter.usage().capacity_units - before)["Query"]
    assert billed / 2 <= predicted <= billed * 2
    one = connection.repository(Post).query().where(id="1").consistent().explain()
    assert one.units(1, 5_000) == 2
    assert one.readings[0].whole


def test_what_is_read_of_relations_is_told(connection: Connection) -> None:
    told = connection.repository(Post).query().where(user_id="7").explain()
    assert isinstance(told, Explanation)
    assert told.after == ()
    assert "at least ½" in str(told)


def test_hidden_values_are_not_said(connection: Connection) -> None:
    query = connection.repository(User).query().where(token="s3cret")
    assert "s3cret" not in str(query.explain())
    assert "…" in str(query.explain())


def test_what_only_a_scan_answers_is_refused(connection: Connection) -> None:
    with pytest.raises(NoIndexError):
        connection.repository(User).query().where(is_admin=True).explain()
