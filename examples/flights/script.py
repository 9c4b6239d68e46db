"""What a row of the file becomes: the commands of its flight, in order, a few of them bad.

Every command has an id, so that sending it twice does nothing the second time. On one flight in a
hundred somebody errs: reports a landing from before take-off, or the departure of a flight that was
called off. Such a command must be rejected.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from eventstore import Call
from examples.flights.data import (
    FlightRow,
    actual_arrival,
    actual_departure,
    flight_id,
    outcome,
    scheduled_arrival,
    scheduled_departure,
)
from examples.flights.domain import EARLY_MINUTES_MAX, Flight

ERRS_EVERY: Final = 100


class Step(NamedTuple):
    """One command of a flight."""

    name: str
    call: Call[Flight]
    bad: bool = False


def script(row: FlightRow) -> Iterator[Step]:
    """The commands of one flight."""
    departs = scheduled_departure(row)
    errs = spread(flight_id(row)) % ERRS_EVERY == 0
    yield Step(
        "schedule",
        Flight.schedule(departs, scheduled_arrival(row), row.dest, row.distance, row.tailnum),
    )
    if outcome(row) == "cancelled":
        yield Step("cancel", Flight.cancel())
        if errs:
            yield Step("depart-cancelled", Flight.depart(departs), bad=True)
        return
    left = actual_departure(row)
    assert left is not None
    yield Step("depart", Flight.depart(left))
    if errs:
        before = departs - EARLY_MINUTES_MAX - 1
        yield Step("arrive-before-departing", Flight.arrive(before, None), bad=True)
    arrived = actual_arrival(row)
    if arrived is None:
        yield Step("divert", Flight.divert())
    else:
        yield Step("arrive", Flight.arrive(arrived, row.air_time))


def spread(flight: str) -> int:
    """A number that is the same in every process, to divide flights by."""
    return zlib.crc32(flight.encode())
