"""The flights as rows: what the file says, typed, and what its times mean.

Times in the file are clock readings written as HHMM without a date: `5` is five past midnight,
`2400` is the midnight that ends the day. A flight that leaves at 23:55 and lands at 00:40 so seems
to land before it leaves. Here every time is a number of minutes since midnight of the flight's own
day (the day it was scheduled to leave), so that later is always larger and the next day starts at
1,440. Each is on the wall clock of the airport where it happens: New York for departures, the
destination for arrivals, whose zone the file does not give.

Departures are exact: scheduled time plus delay (`dep_time` is the same reading without its day).
Arrivals are the first reading of that clock after the departure; no flight takes a day. Both
agree with the delays the file gives for every row of the year.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import IO, Annotated, Literal, NamedTuple

import msgspec

from examples.flights.source import find_year
from orm.errors import KeyfoldError

Outcome = Literal["arrived", "diverted", "cancelled"]
Airport = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
Carrier = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{2}$")]
TailNumber = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]+$")]

JANUARY = Path(__file__).with_name("january.csv.gz")
DAYS_OF_JANUARY = 31
DAY_MINUTES = 24 * 60
NOT_AVAILABLE = "NA"  # R's word for a missing value, as the file writes it


class FlightRow(msgspec.Struct, frozen=True, gc=False):
    """One line of the file; NA is None, clock readings are still HHMM, delays are minutes.

    `time_hour` is the hour of the scheduled departure, in UTC; `distance` is in miles, `air_time`
    in minutes.
    """

    year: int
    month: Annotated[int, msgspec.Meta(ge=1, le=12)]
    day: Annotated[int, msgspec.Meta(ge=1, le=31)]
    dep_time: int | None
    sched_dep_time: int
    dep_delay: int | None
    arr_time: int | None
    sched_arr_time: int
    arr_delay: int | None
    carrier: Carrier
    flight: Annotated[int, msgspec.Meta(ge=1)]
    tailnum: TailNumber | None
    origin: Airport
    dest: Airport
    air_time: int | None
    distance: int
    hour: int
    minute: int
    time_hour: datetime


COLUMNS = list(FlightRow.__struct_fields__)


class BadRowError(KeyfoldError):
    """A line of a flights file that is not a flight."""

    hint = "write the file again: python -m examples.flights.extract"

    def __init__(self, source: str, line: int, reason: str) -> None:
        super().__init__(source, line, reason)
        self.source, self.line, self.reason = source, line, reason

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.reason}; nothing was read from here on"


class FlightId(NamedTuple):
    """What a flight's id says about it, so that read models can be keyed by the id alone."""

    origin: str
    day: date
    scheduled: str
    carrier: str
    number: int

    def __str__(self) -> str:
        return f"{self.origin}-{self.day}-{self.scheduled}-{self.carrier}{self.number}"

    @classmethod
    def parse(cls, text: str) -> FlightId:
        """Read `EWR-2013-01-01-0515-UA1545`.

        Raises:
            ValueError: it is no flight's id.
        """
        try:
            origin, year, month, day, scheduled, name = text.split("-")
            found = cls(
                origin, date(int(year), int(month), int(day)), scheduled, name[:2], int(name[2:])
            )
        except ValueError:
            found = None
        if found is None or str(found) != text:
            raise ValueError(
                f"{text!r} is no flight's id; one looks like EWR-2013-01-01-0515-UA1545"
            )
        return found


def flight_id(row: FlightRow) -> str:
    """Return e.g. `EWR-2013-01-01-0515-UA1545`: unique over the year, and sorts by time in a day.

    Day, carrier and number alone are not unique: 24 times in the year one flight number left two
    airports on one day.
    """
    return str(
        FlightId(row.origin, flight_day(row), f"{row.sched_dep_time:04d}", row.carrier, row.flight)
    )


def flight_day(row: FlightRow) -> date:
    """Return the day the flight was scheduled to leave, by New York's calendar."""
    return date(row.year, row.month, row.day)


def outcome(row: FlightRow) -> Outcome:
    """Return how the flight ended.

    Cancelled never left; diverted left, and no arrival is known; of those that arrived a few (70 in
    January) have a time and no delay.
    """
    if row.dep_time is None:
        return "cancelled"
    return "diverted" if row.arr_time is None else "arrived"


def clock_minutes(hhmm: int) -> int:
    """Turn a clock reading into minutes since midnight: 517 → 317, 2400 → 1,440.

    Raises:
        ValueError: no clock shows that.
    """
    hours, minutes = divmod(hhmm, 100)
    if not (0 <= minutes < 60 and 0 <= hhmm <= 2400):
        raise ValueError(f"{hhmm} is no clock reading; HHMM goes from 0000 to 2400")
    return hours * 60 + minutes


def next_reading(after: int, hhmm: int) -> int:
    """Return the first minute after `after` at which a clock shows `hhmm`."""
    return after + 1 + (clock_minutes(hhmm) - after - 1) % DAY_MINUTES


def scheduled_departure(row: FlightRow) -> int:
    """Return minutes since midnight of the flight's day, New York's clock."""
    return clock_minutes(row.sched_dep_time)


def actual_departure(row: FlightRow) -> int | None:
    """Return minutes since midnight of the flight's day, New York's clock; None: it never left."""
    return None if row.dep_delay is None else scheduled_departure(row) + row.dep_delay


def scheduled_arrival(row: FlightRow) -> int:
    """Return minutes since midnight of the flight's day, the destination's clock."""
    return next_reading(scheduled_departure(row), row.sched_arr_time)


def actual_arrival(row: FlightRow) -> int | None:
    """Return minutes since midnight of the flight's day, the destination's clock; None: unknown."""
    left = actual_departure(row)
    return None if left is None or row.arr_time is None else next_reading(left, row.arr_time)


def instant(row: FlightRow, minute: int) -> datetime:
    """Return the instant, aware and in UTC, at which New York's clock shows `minute`.

    The file gives the scheduled hour in UTC, so no time zone database is needed. For an arrival the
    answer is off by the zones between New York and the destination, but never before the departure.
    """
    return row.time_hour + timedelta(minutes=row.minute + minute - scheduled_departure(row))


def first_days(days: int = DAYS_OF_JANUARY) -> Iterator[FlightRow]:
    """Yield the flights of the first `days` days of January, 27,004 in all 31.

    Raises:
        ValueError: January has no such day.
    """
    if not 1 <= days <= DAYS_OF_JANUARY:
        raise ValueError(f"January has 1 to {DAYS_OF_JANUARY} days, not {days}")
    return takewhile(lambda row: row.day <= days, rows(JANUARY))


def all_rows(
    cache_dir: Path, tell: Callable[[str], None] = lambda line: None
) -> Iterator[FlightRow]:
    """Yield the whole year's 336,776 flights, January first, then October to December, February on.

    Args:
        cache_dir: where the file is kept once it was fetched; afterwards no network is needed.
        tell: is given a line for the user when something takes time.

    Raises:
        SourceUnavailableError: the file is neither here nor to be had.
    """
    return rows(find_year(cache_dir, tell=tell))


def rows(source: Path) -> Iterator[FlightRow]:
    """Yield the flights of a `.csv`, `.csv.gz` or `.zip` file, in its order and constant memory.

    Raises:
        BadRowError: names the line that is no flight.
    """
    with _open(source) as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        lines = csv.reader(text)
        if next(lines, None) != COLUMNS:
            raise BadRowError(source.name, 1, f"the header should be {','.join(COLUMNS)}")
        for fields in lines:
            yield _row(fields, source.name, lines.line_num)


@contextmanager
def _open(source: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    if source.suffix == ".zip":
        with zipfile.ZipFile(source) as archive, archive.open(archive.namelist()[0]) as member:
            yield member
    elif source.suffix == ".gz":
        with gzip.open(source) as unzipped:
            yield unzipped
    else:
        with source.open("rb") as plain:
            yield plain


def _row(fields: list[str], source: str, line: int) -> FlightRow:
    """Type and check one line; the error says which line it was."""
    values = dict(zip(COLUMNS, fields, strict=False))
    try:
        if len(fields) != len(COLUMNS):
            raise ValueError(f"{len(fields)} fields where {len(COLUMNS)} belong")
        return _checked(_typed(values))
    except (ValueError, msgspec.ValidationError) as problem:
        raise BadRowError(source, line, str(problem)) from None


def _checked(row: FlightRow) -> FlightRow:
    """Let no row through whose times the functions above could not answer for."""
    if (row.dep_time is None) != (row.dep_delay is None):
        raise ValueError("dep_time and dep_delay must both be given or both be NA")
    for arrival in (row.sched_arr_time, row.arr_time):
        clock_minutes(arrival or 0)
    left, read = actual_departure(row) or 0, clock_minutes(row.dep_time or 0)
    if row.dep_time is not None and (left - read) % DAY_MINUTES != 0:
        raise ValueError(f"dep_time {row.dep_time} is not sched_dep_time plus dep_delay")
    return row


def _typed(values: Mapping[str, str]) -> FlightRow:
    known = {name: None if text == NOT_AVAILABLE else text for name, text in values.items()}
    return msgspec.convert(known, FlightRow, strict=False)
