"""January as it is in the file, and clock readings turned into minutes that never run backwards."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.flights.data import (
    COLUMNS,
    DAY_MINUTES,
    JANUARY,
    BadRowError,
    FlightId,
    FlightRow,
    actual_arrival,
    actual_departure,
    clock_minutes,
    first_days,
    flight_day,
    flight_id,
    instant,
    next_reading,
    outcome,
    rows,
    scheduled_arrival,
    scheduled_departure,
)

FIRST_LINE = (
    "2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z"
)


@pytest.fixture(scope="module")
def january() -> list[FlightRow]:
    return list(first_days())


def test_january_is_the_package_s_january_byte_for_byte() -> None:
    """Whichever zlib compressed it, the text inside is this one."""
    text = gzip.decompress(JANUARY.read_bytes())
    assert hashlib.sha256(text).hexdigest() == (
        "a07b68f99deaefb99fde8f8b21fdc075217f72117a052339f348b1b3ec928985"
    )


def test_january_has_its_known_rows_and_outcomes(january: list[FlightRow]) -> None:
    assert len(january) == 27_004
    assert Counter(map(outcome, january)) == {"arrived": 26_468, "cancelled": 521, "diverted": 15}
    assert Counter(row.origin for row in january) == {"EWR": 9_893, "JFK": 9_161, "LGA": 7_950}
    assert len({row.carrier for row in january}) == 16
    assert max(Counter(map(flight_day, january)).values()) == 943


def test_flights_without_tail_number_are_all_cancelled_ones(january: list[FlightRow]) -> None:
    assert Counter(outcome(row) for row in january if row.tailnum is None) == {"cancelled": 155}


def test_some_arrivals_have_a_time_and_no_delay(january: list[FlightRow]) -> None:
    bare = [row for row in january if outcome(row) == "arrived" and row.arr_delay is None]
    assert len(bare) == 70
    assert all(row.air_time is None for row in bare)


def test_readings_alone_would_let_724_flights_land_before_they_left(
    january: list[FlightRow],
) -> None:
    flown = [(row.dep_time, row.arr_time) for row in january]
    assert sum(left > landed for left, landed in flown if left and landed) == 724
    assert sum(landed == 2400 for _, landed in flown) == 11


def test_minutes_let_no_flight_land_before_it_left(january: list[FlightRow]) -> None:
    """Each lands within a day of leaving, by two clocks that are at most some hours apart."""
    for row in january:
        left, landed = actual_departure(row), actual_arrival(row)
        if left is not None and landed is not None:
            assert 0 < landed - left < DAY_MINUTES
        assert 0 < scheduled_arrival(row) - scheduled_departure(row) < DAY_MINUTES


def test_minutes_agree_with_every_delay_of_the_file(january: list[FlightRow]) -> None:
    for row in january:
        left, landed = actual_departure(row), actual_arrival(row)
        if row.dep_time is not None:
            assert left is not None
            assert left % DAY_MINUTES == clock_minutes(row.dep_time) % DAY_MINUTES
        if row.arr_delay is not None:
            assert landed == scheduled_arrival(row) + row.arr_delay


def test_ids_are_unique_read_back_and_sort_by_time(january: list[FlightRow]) -> None:
    ids = [flight_id(row) for row in january]
    assert len(set(ids)) == len(ids)
    for row, name in zip(january, ids, strict=True):
        scheduled = f"{row.sched_dep_time:04d}"
        assert FlightId.parse(name) == (
            row.origin, flight_day(row), scheduled, row.carrier, row.flight
        )  # fmt: skip
    board = [row for row in january if (row.origin, row.day) == ("EWR", 1)]
    by_id = sorted(board, key=flight_id)
    assert [scheduled_departure(row) for row in by_id] == sorted(map(scheduled_departure, board))


def test_first_days_are_a_beginning_of_the_month(january: list[FlightRow]) -> None:
    two = list(first_days(2))
    assert len(two) == 1_785
    assert two == january[:1_785]


@pytest.mark.parametrize("days", [0, -1, 32])
def test_days_that_january_has_not_are_refused(days: int) -> None:
    with pytest.raises(ValueError, match="January has 1 to 31 days"):
        first_days(days)


def test_the_first_flight_is_read_as_it_was() -> None:
    first = next(first_days(1))
    assert flight_id(first) == "EWR-2013-01-01-0515-UA1545"
    assert (first.tailnum, first.dest, first.air_time, first.distance) == (
        "N14228",
        "IAH",
        227,
        1400,
    )
    assert (actual_departure(first), actual_arrival(first)) == (5 * 60 + 17, 8 * 60 + 30)
    assert instant(first, scheduled_departure(first)) == datetime(2013, 1, 1, 10, 15, tzinfo=UTC)
    assert instant(first, DAY_MINUTES) == datetime(2013, 1, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hhmm", "minutes"),
    [(0, 0), (1, 1), (59, 59), (100, 60), (517, 317), (2359, 1439), (2400, 1440)],
)
def test_clock_readings(hhmm: int, minutes: int) -> None:
    assert clock_minutes(hhmm) == minutes


@pytest.mark.parametrize("hhmm", [-1, 60, 99, 1260, 2401, 2460, 9999])
def test_what_no_clock_shows_is_refused(hhmm: int) -> None:
    with pytest.raises(ValueError, match="no clock reading"):
        clock_minutes(hhmm)


readings = st.builds(
    lambda hour, minute: hour * 100 + minute, st.integers(0, 23), st.integers(0, 59)
)
readings_and_midnight = readings | st.just(2400)


@given(st.integers(0, DAY_MINUTES))
def test_every_minute_of_a_day_has_one_reading(minute: int) -> None:
    """Both midnights are readings: 0000 begins the day, 2400 ends it."""
    assert clock_minutes(minute // 60 * 100 + minute % 60) == minute


@given(st.integers(-DAY_MINUTES, 5 * DAY_MINUTES), readings_and_midnight)
def test_next_reading_is_later_within_a_day_and_shows_the_reading(after: int, hhmm: int) -> None:
    found = next_reading(after, hhmm)
    assert after < found <= after + DAY_MINUTES
    assert (found - clock_minutes(hhmm)) % DAY_MINUTES == 0


@given(st.integers(-DAY_MINUTES, 5 * DAY_MINUTES))
def test_the_two_names_of_midnight_are_one_instant(after: int) -> None:
    assert next_reading(after, 0) == next_reading(after, 2400)


@given(readings, st.integers(-60, 1_400), st.integers(1, DAY_MINUTES - 1))
def test_any_flight_under_a_day_keeps_its_length(sched: int, delay: int, length: int) -> None:
    """Whatever midnight it crosses, late or early."""
    left = clock_minutes(sched) + delay
    clock = (left + length) % DAY_MINUTES
    made = row(sched_dep_time=sched, dep_delay=delay, arr_time=clock // 60 * 100 + clock % 60)
    assert actual_departure(made) == left
    assert actual_arrival(made) == left + length
    assert instant(made, left + length) - instant(made, left) == timedelta(minutes=length)


@given(
    st.sampled_from(["EWR", "JFK", "LGA"]),
    st.dates(date(2013, 1, 1), date(2013, 12, 31)),
    readings_and_midnight.map("{:04d}".format),
    st.sampled_from(["UA", "B6", "9E"]),
    st.integers(1, 9_999),
)
def test_an_id_reads_back(origin: str, day: date, time: str, carrier: str, number: int) -> None:
    made = FlightId(origin, day, time, carrier, number)
    assert FlightId.parse(str(made)) == made


@pytest.mark.parametrize(
    "text",
    ["", "EWR", "EWR-2013-02-30-0515-UA1545", "EWR-2013-1-1-0515-UA1545", "EWR-2013-01-01-0515-UA"],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no flight's id"):
        FlightId.parse(text)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (FIRST_LINE.replace("517", "5:17"), "dep_time"),
        (FIRST_LINE.replace("830", "861"), "861 is no clock reading"),
        (FIRST_LINE.replace("517", "NA"), "both be NA"),
        (FIRST_LINE.replace("517", "518"), "is not sched_dep_time plus dep_delay"),
        (FIRST_LINE.replace(",UA", ""), "18 fields where 19 belong"),
        (FIRST_LINE.replace("EWR", ""), "origin"),
        (FIRST_LINE.replace("2013,1,1", "2013,13,1"), "month"),
        ("", "0 fields"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    """The good line before it is read; the error says file, line and reason."""
    source = tmp_path / "some.csv"
    source.write_text("\n".join([",".join(COLUMNS), FIRST_LINE, line, ""]), encoding="utf-8")
    found = rows(source)
    assert flight_id(next(found)) == "EWR-2013-01-01-0515-UA1545"
    with pytest.raises(BadRowError, match=reason) as caught:
        next(found)
    assert str(caught.value).startswith("some.csv:3: ")


def test_another_header_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "other.csv"
    source.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(BadRowError, match=r"other\.csv:1: the header should be year,month"):
        next(rows(source))


def row(sched_dep_time: int, dep_delay: int, arr_time: int) -> FlightRow:
    """The first flight with other times."""
    hour, minute = divmod(sched_dep_time, 100)
    return FlightRow(
        2013, 1, 1, 0, sched_dep_time, dep_delay, arr_time, 819, None, "UA", 1545, "N14228",
        "EWR", "IAH", None, 1400, hour, minute, datetime(2013, 1, 1, 10, tzinfo=UTC),
    )  # fmt: skip
