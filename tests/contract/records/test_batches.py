"""Batches of records: many rows in few calls, and nothing written that would need a check."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest

from orm.clock import ManualClock
from orm.driver import Driver, MeteredDriver, RetryPolicy
from orm.errors import ConfigurationError, RepeatedItemError, UnprocessedError
from orm.records import Connection
from orm.requests import BatchWriteItem, Request
from orm.requests.items import BatchWritten
from orm.validation import InvalidRowError
from tests.contract.records.blog import MODELS, Account, Post, Sample, Session
from tests.contract.records.conftest import NOON_MICROS
from tests.contract.records.relations.season import repository_of


def ids(connection: Connection) -> set[str]:
    return {account.id for account in connection.repository(Account).all()}


def test_rows_are_put_25_a_call(connection: Connection, meter: MeteredDriver) -> None:
    before = Counter(meter.usage().requests)
    with connection.batch() as batch:
        for number in range(60):
            batch.put(Account(id=f"{number}", pence=number))
        assert ids(connection) == set()
    done = meter.usage().requests - before
    assert done["BatchWriteItem"] == 3
    assert ids(connection) == {f"{number}" for number in range(60)}


def test_rows_know_that_they_are_stored(connection: Connection) -> None:
    with connection.batch() as batch:
        account = batch.put(connection.repository(Account).make(id="1"))
        assert account.is_dirty()
    assert not account.is_dirty()
    account.update(pence=5)
    found = connection.repository(Account).find_or_fail("1")
    assert (found.pence, found.version) == (5, 2)


def test_rows_are_deleted(connection: Connection) -> None:
    samples = connection.repository(Sample)
    made = [samples.create(station="a", taken=_moment(number), words={"x"}) for number in range(3)]
    with connection.batch() as batch:
        for sample in made[:2]:
            batch.delete(sample)
        batch.delete(samples.make(station="b", taken=_moment(1)))
    assert list(samples.all()) == [made[2]]


def _moment(number: int) -> dt.datetime:
    return dt.datetime(2026, 1, 1 + number, tzinfo=dt.UTC)


def test_an_error_in_the_block_writes_nothing(connection: Connection) -> None:
    with pytest.raises(InvalidRowError), connection.batch() as batch:
        batch.put(Account(id="1"))
        batch.put(Account(id="2", pence="many"))  # type: ignore[arg-type]
    assert ids(connection) == set()
    with pytest.raises(ConfigurationError, match="is over"):
        batch.put(Account(id="3"))


def test_a_batch_is_open_in_its_block_alone_and_entered_once(connection: Connection) -> None:
    """Before it what is said would never be sent; a second time it would be sent twice."""
    batch = connection.batch()
    with pytest.raises(ConfigurationError, match=r"is not open.*with connection\.batch"):
        batch.put(Account(id="1"))
    with batch:
        with pytest.raises(ConfigurationError, match="is entered already"), batch:
            pass
        batch.put(Account(id="1"))
    with pytest.raises(ConfigurationError, match="is over"), batch:
        pass
    assert ids(connection) == {"1"}


def test_what_a_batch_cannot_check_is_refused(connection: Connection) -> None:
    account = connection.repository(Account).create(id="1")
    with connection.batch() as batch:
        with pytest.raises(ConfigurationError, match="has unique slug") as refused:
            batch.put(Post(user_id="u", title="t"))
        assert refused.value.hint == "use transaction(chunked=True)"
        with pytest.raises(ConfigurationError, match="has unique code"):
            batch.put(Session(user_id="u"))
        with pytest.raises(ConfigurationError, match="stored already"):
            batch.put(account)
        with pytest.raises(ConfigurationError, match="claims or a version"):
            batch.delete(account)
    assert ids(connection) == {"1"}


def test_two_writes_of_one_row_are_refused(connection: Connection) -> None:
    with pytest.raises(RepeatedItemError), connection.batch() as batch:
        batch.put(Account(id="1"))
        batch.put(Account(id="1"))
    assert ids(connection) == set()


class Sluggish:
    """Leaves the writes of one key undone."""

    def __init__(self, driver: Driver, undone: str) -> None:
        self._driver, self._undone = driver, undone

    def send(self, request: Request[Any], /) -> Any:
        if not isinstance(request, BatchWriteItem):
            return self._driver.send(request)
        ((table, writes),) = request.request_items.items()
        left = [write for write in writes if self._undone in str(write)]
        done = [write for write in writes if write not in left]
        if done:
            self._driver.send(BatchWriteItem(request_items={table: done}))
        return BatchWritten(consumed_capacity=[], unprocessed_items={table: left})


def test_what_is_left_undone_is_told(connection: Connection) -> None:
    """It was sent again as long as the policy allows; the other rows are written."""
    slow = Connection(
        Sluggish(connection.driver, "never"),
        connection.config,
        tenant=connection.tenant,
        clock=ManualClock(NOON_MICROS),
        policy=RetryPolicy(attempts_max=3, deadline_seconds=1.0),
    )
    slow.register(*MODELS)
    rows = [Account(id="1"), Account(id="never"), Account(id="2")]
    with pytest.raises(UnprocessedError) as refused, slow.batch() as batch:
        for row in rows:
            batch.put(row)
    assert len(refused.value.rest) == 1
    assert ids(connection) == {"1", "2"}
    assert [repository_of(slow, row).changed(row) != set() for row in rows] == [False, True, False]
