"""Queries: the same rows as a plain filter gives, in order, through the key condition named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from orm import Query, SingleTableConfig, Table
from orm.driver import Driver, MeteredDriver
from orm.errors import ConfigurationError, InvalidKeyError, NoIndexError
from orm.requests import Item, PutItem
from tests.contract.orm.rows import BoardRow, Global

DAYS = [dt.date(2013, 1, day) for day in (1, 2, 3)]
FLIGHTS = ["U", "UA", "UA1", "UA10", "UA2", "UA#", "B 6", "é"]
ROWS = [
    BoardRow(
        airport=airport,
        day=day,
        scheduled=scheduled,
        flight=flight,
        carrier=None if n % 7 == 0 else flight[:1],
        tail=None if n % 5 == 0 else f"N{n % 2}",
        delay=n,
    )
    for n, (airport, day, scheduled, flight) in enumerate(
        (airport, day, scheduled, flight)
        for airport in ("EWR", "EWR2", "EW")
        for day in DAYS
        for scheduled in (5, 515, 2400)
        for flight in FLIGHTS
    )
]

Build = Callable[[Query[BoardRow]], Query[BoardRow]]
Case = tuple[Build, Callable[[BoardRow], bool], Callable[[BoardRow], Any]]

EWR = {"airport": "EWR", "day": DAYS[0]}


def is_ewr(row: BoardRow) -> bool:
    return row.airport == "EWR" and row.day == DAYS[0]


def board_order(row: BoardRow) -> Any:
    return (row.scheduled, row.flight)


CASES: dict[str, Case] = {
    "a partition": (lambda q: q.where(**EWR), is_ewr, board_order),
    "a prefix of the sort key": (
        lambda q: q.where(**EWR, scheduled=515),
        lambda r: is_ewr(r) and r.scheduled == 515,
        board_order,
    ),
    "the whole key": (
        lambda q: q.where(**EWR, scheduled=515, flight="UA"),
        lambda r: is_ewr(r) and (r.scheduled, r.flight) == (515, "UA"),
        board_order,
    ),
    "a range over a middle part": (
        lambda q: q.where(**EWR).where_between("scheduled", 5, 515),
        lambda r: is_ewr(r) and 5 <= r.scheduled <= 515,
        board_order,
    ),
    "a range over the last part": (
        lambda q: q.where(**EWR, scheduled=5).where_between("flight", "U", "UA1"),
        lambda r: is_ewr(r) and r.scheduled == 5 and "U" <= r.flight <= "UA1",
        board_order,
    ),
    "from a value": (
        lambda q: q.where(**EWR).where_at_least("scheduled", 515),
        lambda r: is_ewr(r) and r.scheduled >= 515,
        board_order,
    ),
    "up to a value": (
        lambda q: q.where(**EWR, scheduled=5).where_at_most("flight", "UA"),
        lambda r: is_ewr(r) and r.scheduled == 5 and r.flight <= "UA",
        board_order,
    ),
    "a beginning": (
        lambda q: q.where(**EWR, scheduled=5).where_begins_with("flight", "UA"),
        lambda r: is_ewr(r) and r.scheduled == 5 and r.flight.startswith("UA"),
        board_order,
    ),
    "an index": (
        lambda q: q.where(carrier="U", day=DAYS[1]),
        lambda r: (r.carrier, r.day) == ("U", DAYS[1]),
        lambda r: r.flight,
    ),
    "a beginning in an index": (
        lambda q: q.where(carrier="U", day=DAYS[1]).where_begins_with("flight", "UA1"),
        lambda r: (r.carrier, r.day) == ("U", DAYS[1]) and r.flight.startswith("UA1"),
        lambda r: r.flight,
    ),
    "an index that descends": (
        lambda q: q.where(tail="N1"),
        lambda r: r.tail == "N1",
        lambda r: (-r.day.toordinal(), r.scheduled),
    ),
    "a range over a descending part": (
        lambda q: q.where(tail="N1").where_between("day", DAYS[1], DAYS[2]),
        lambda r: r.tail == "N1" and r.day >= DAYS[1],
        lambda r: (-r.day.toordinal(), r.scheduled),
    ),
    "a descending part from a value": (
        lambda q: q.where(tail="N1").where_at_least("day", DAYS[2]),
        lambda r: r.tail == "N1" and r.day >= DAYS[2],
        lambda r: (-r.day.toordinal(), r.scheduled),
    ),
    "a descending part up to a value": (
        lambda q: q.where(tail="N1").where_at_most("day", DAYS[1]),
        lambda r: r.tail == "N1" and r.day <= DAYS[1],
        lambda r: (-r.day.toordinal(), r.scheduled),
    ),
    "after a descending part": (
        lambda q: q.where(tail="N0", day=DAYS[2]).where_at_most("scheduled", 515),
        lambda r: (r.tail, r.day) == ("N0", DAYS[2]) and r.scheduled <= 515,
        lambda r: r.scheduled,
    ),
}


@pytest.fixture
def filled(table: Table) -> Table:
    table.put_many(ROWS)
    return table


def test_a_query_gives_what_a_filter_gives_in_order(filled: Table) -> None:
    """Every case forwards, backwards, limited and counted, against Python's own filter."""
    for name, (build, matches, order) in CASES.items():
        query = build(filled.query(BoardRow))
        expected = [row for row in ROWS if matches(row)]
        rows = query.all()
        assert len(expected) > 0, name
        assert sorted(rows, key=lambda r: r.delay) == expected, name
        assert [order(row) for row in rows] == sorted(map(order, expected)), name
        assert query.count() == len(expected), name
        assert query.limit(2).all() == rows[:2], name
        assert query.first() == rows[0], name
        backwards = query.order_by(desc=query.explain().forward).all()
        assert sorted(r.delay for r in backwards) == [r.delay for r in expected], name


def test_an_order_may_be_named_and_turned_round(filled: Table) -> None:
    board = filled.query(BoardRow).where(**EWR)
    forwards = board.order_by("scheduled").all()
    assert [r.scheduled for r in forwards] == sorted(r.scheduled for r in forwards)
    assert board.order_by("scheduled", desc=True).all() == forwards[::-1]
    assert board.latest().all() == forwards[::-1]
    history = filled.query(BoardRow).where(tail="N1")
    assert history.latest().first() == history.all()[0], "the index has the latest day first"
    days = [r.day for r in history.order_by("day").all()]
    assert days == sorted(days)


def test_an_empty_answer_is_empty(filled: Table) -> None:
    query = filled.query(BoardRow).where(airport="LGA", day=DAYS[0])
    assert (query.all(), query.first(), query.count(), query.exists()) == ([], None, 0, False)
    assert filled.query(BoardRow).where(**EWR).exists()
    assert filled.query(BoardRow).where(**EWR).limit(0).all() == []
    assert filled.query(BoardRow).where(**EWR).limit(0).first() is None


def test_only_rows_of_the_model_come_back(
    driver: Driver, made: SingleTableConfig, tenant: str | None
) -> None:
    """Framework items and strangers may share the partition."""
    table = Table(driver, made, tenant=tenant)
    table.put(ROWS[0])
    item = table.layout(BoardRow).item(ROWS[0])
    for sk in (made.keys.framework("EVENT", "1"), made.keys.join("BOARDX", "1"), "BOARD", "~"):
        driver.send(PutItem(table_name=made.table, item={**item, made.sk: {"S": sk}}))
    query = table.query(BoardRow).where(airport=ROWS[0].airport, day=ROWS[0].day)
    assert query.consistent().all() == [ROWS[0]]


def test_a_long_answer_is_read_page_by_page_and_limit_counts_results(
    table: Table, made: SingleTableConfig, meter: MeteredDriver
) -> None:
    """Eight rows of 300 KB; a page is one megabyte."""
    big: Item = {"fat": {"S": "x" * 300_000}}
    layout = table.layout(Global)
    for n in range(8):
        item = layout.item(Global(name=f"{n}", n=n), big)
        meter.send(PutItem(table_name=made.table, item=item))
    query = table.query(Global).consistent()
    assert [row.n for row in query.all()] == list(range(8))
    assert meter.usage().requests["Query"] >= 2
    assert [row.n for row in query.limit(6).all()] == list(range(6))
    assert query.count() == 8
    assert query.limit(6).count() == 6


def test_explain_names_index_and_key_condition(filled: Table, made: SingleTableConfig) -> None:
    plan = filled.query(BoardRow).where(carrier="U", day=DAYS[0]).latest().explain()
    assert plan.index == made.index_name(1)
    assert not plan.forward
    assert plan.key_condition == "#n0 = :v0 AND begins_with(#n1, :v1)"
    assert str(plan).startswith(f"query index {plan.index}, descending: {made.index_keys(1)[0]} =")
    assert filled.query(BoardRow).where(**EWR).consistent().explain().index is None


def test_a_query_that_needs_a_scan_is_refused_with_the_index_to_declare(table: Table) -> None:
    for build in (
        lambda q: q,
        lambda q: q.where(airport="EWR"),
        lambda q: q.where(status="x"),
        lambda q: q.where(**EWR, flight="UA1"),
        lambda q: q.where(**EWR).where_between("flight", "a", "b"),
        lambda q: q.where(**EWR).where_between("scheduled", 1, 2).order_by("flight"),
        lambda q: q.where(carrier="UA", day=DAYS[0], scheduled=5),
    ):
        with pytest.raises(NoIndexError, match="Declare an Index"):
            build(table.query(BoardRow)).all()
    with pytest.raises(NoIndexError, match=r"answers where\(status\).*Index whose key is \(status"):
        table.query(BoardRow).where(status="x").all()


def test_a_question_that_makes_no_sense_is_refused(table: Table) -> None:
    query = table.query(BoardRow)
    with pytest.raises(ConfigurationError, match="no field 'colour'"):
        query.where(colour="red").all()
    with pytest.raises(ConfigurationError, match="'day' is asked twice"):
        query.where(**EWR).where(day=DAYS[1])
    with pytest.raises(ConfigurationError, match="asked twice"):
        query.where(**EWR, scheduled=1).where_at_least("scheduled", 2).all()
    with pytest.raises(ConfigurationError, match="ranges over one field"):
        query.where_at_least("scheduled", 2).where_at_most("scheduled", 3)
    with pytest.raises(ConfigurationError, match="eventually"):
        query.where(carrier="UA", day=DAYS[0]).consistent().all()
    with pytest.raises(ConfigurationError, match="needs an ascending str"):
        query.where(**EWR).where_begins_with("scheduled", "5").all()
    with pytest.raises(ConfigurationError, match="cannot be None"):
        query.where_between("scheduled", 1, None)
    with pytest.raises(ConfigurationError, match="negative"):
        query.limit(-1)
    with pytest.raises(InvalidKeyError, match=r"BoardRow\.day takes date"):
        query.where(airport="EWR", day="2013-01-01").all()
    with pytest.raises(InvalidKeyError, match="takes date"):
        query.where(airport="EWR", day=dt.datetime(2013, 1, 1, tzinfo=dt.UTC)).all()
    with pytest.raises(InvalidKeyError, match="missing"):
        query.where(airport=None, day=DAYS[0]).all()


def test_a_query_is_immutable(filled: Table) -> None:
    base = filled.query(BoardRow).where(**EWR)
    narrowed = base.where(scheduled=515).limit(1)
    assert len(base.all()) == 24
    assert len(narrowed.all()) == 1
