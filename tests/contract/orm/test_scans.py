"""Scans in segments: every row once, in however many threads, and none left behind."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from orm import Key, Model, SingleTableConfig, Table
from orm.driver import Driver, MeteredDriver
from orm.errors import ConfigurationError, UnreadableRowError
from orm.requests import PutItem

ROWS = 270


class Sheet(Model, key=Key("id", sort=("n",))):
    """Nine thousand bytes, so that 270 are three pages of 1 MB."""

    id: int
    n: int
    text: str = "x" * 9_000


class Other(Model, key=Key("id")):
    id: int


@pytest.fixture
def stocked(table: Table) -> Table:
    """Partitions of one row and of many."""
    table.put_many(Sheet(id=n % 130, n=n) for n in range(ROWS))
    table.put_many(Other(id=n) for n in range(20))
    return table


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("segments", [1, 2, 5, 64])
def test_every_row_is_read_exactly_once(
    stocked: Table, meter: MeteredDriver, segments: int
) -> None:
    before = meter.usage().requests["Scan"]
    found = Counter(row.n for row in stocked.consistent().scan(Sheet, segments=segments))
    assert found == Counter(range(ROWS))
    assert meter.usage().requests["Scan"] - before >= max(3, segments), "each has pages of its own"
    assert {row.id for row in stocked.scan(Other, segments=segments)} == set(range(20))


def test_segments_of_nothing_end(table: Table) -> None:
    assert list(table.scan(Other, segments=4)) == []


def test_a_scan_that_is_closed_leaves_no_thread(stocked: Table, meter: MeteredDriver) -> None:
    """And reads no more than a page ahead in each."""
    rows = stocked.scan(Sheet, segments=3)
    assert next(rows).text
    rows.close()
    done = meter.usage().requests["Scan"]
    assert done <= 6
    assert list(rows) == []
    assert meter.usage().requests["Scan"] == done


def test_a_scan_that_is_dropped_leaves_no_thread(stocked: Table) -> None:
    for row in stocked.scan(Sheet, segments=3):
        assert row.text
        break


def test_the_first_error_ends_a_scan(
    stocked: Table, driver: Driver, made: SingleTableConfig
) -> None:
    """Of one row in one segment; it says which row."""
    item = stocked.layout(Sheet).item(Sheet(id=7, n=10_000)) | {"text": {"N": "1"}}
    driver.send(PutItem(table_name=made.table, item=item))
    with pytest.raises(UnreadableRowError, match="text"):
        list(stocked.consistent().scan(Sheet, segments=4))


@pytest.mark.parametrize("segments", [0, -1, 65])
def test_a_number_of_segments_that_cannot_be_is_refused_at_once(
    table: Table, segments: int
) -> None:
    with pytest.raises(ConfigurationError, match="from 1 to 64"):
        table.scan(Other, segments=segments)
