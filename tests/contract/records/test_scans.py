"""Scans of records in segments: what a scan finds, found at once in several threads."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from orm.errors import ConfigurationError
from orm.records import Connection
from tests.contract.records.blog import Session, User

ROWS = 200


@pytest.fixture
def users(connection: Connection) -> Any:
    """Over 1 MB of them, and rows of another model beside."""
    repository = connection.repository(User)
    rows = (repository.make(id=f"u{n}", name="x" * 9_000, age=n % 100) for n in range(ROWS))
    layout = repository.layout
    connection.batches.write(puts=[layout.item(row) for row in rows])
    connection.repository(Session).create(id="s", user_id="u1")
    return repository


def test_every_row_that_the_filters_hold_of_is_read_once(users: Any) -> None:
    rows = list(users.query().consistent().scan(segments=4))
    assert sorted(row.id for row in rows) == sorted(f"u{n}" for n in range(ROWS))
    old = users.query().consistent().filter(User.age >= 98).scan(segments=3)
    assert sorted(row.age for row in old) == [98] * 2 + [99] * 2


def test_rows_of_a_segment_are_saved_like_any(users: Any) -> None:
    row = next(users.query().filter(User.age == 3).scan(segments=2))
    row.update(age=4)
    assert users.find_or_fail(row.id).age == 4


def test_a_limit_or_an_end_leaves_no_thread(users: Any) -> None:
    before = set(threading.enumerate())
    assert len(list(users.query().limit(3).scan(segments=3))) == 3
    assert set(threading.enumerate()) <= before
    rows = users.query().scan(segments=3)
    next(rows)
    assert set(threading.enumerate()) > before
    rows.close()
    assert set(threading.enumerate()) <= before


def test_what_no_scan_answers_is_refused_in_segments_too(users: Any) -> None:
    with pytest.raises(ConfigurationError, match="filter"):
        users.query().where(town="Rome").scan(segments=2)


def test_an_error_of_the_taker_leaves_no_thread(users: Any) -> None:
    """Also while the error is held, and with it everything that it passed through."""
    before = set(threading.enumerate())
    rows = users.query().scan(segments=3)
    next(rows)
    with pytest.raises(OSError, match="mine") as raised:
        rows.throw(OSError("mine"))
    assert raised.traceback
    assert set(threading.enumerate()) <= before
