"""What is asked about flights: an airport's board, a carrier's punctuality, an aircraft's history.

| read model | made of | rows |
|---|---|---|
| `Board` | one flight makes one row | an airport's day, by scheduled time |
| `CarrierDay` | all flights of a carrier's day | one, of sums |
| `Aircraft`, `Leg` | all flights of an aircraft | one of sums, and one a flight |

Flights whose aircraft is not known fly on one called `NA`: a hot key, as real data has them.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, Self

from eventstore.store import Recorded
from examples.flights.data import FlightId
from examples.flights.domain import (
    CATEGORY,
    Arrived,
    Cancelled,
    Departed,
    Diverted,
    Flight,
    Scheduled,
    Status,
)
from orm.models import Index, Key, Model
from projections import Effects, Projector, ReadModel, StreamId, handles

LATE_MINUTES: Final = 15  # a quarter of an hour late is late, as the US authorities count
NO_AIRCRAFT: Final = "NA"


class Board(
    ReadModel,
    key=Key("airport", "day", sort=("scheduled", "flight")),
    indexes=(Index(1, "airport", "destination", sort=("day", "scheduled", "flight")),),
    source=CATEGORY,
):
    """One line of a departure board. Index 1: all flights of a route, in order of time."""

    airport: str
    day: date
    scheduled: str
    flight: str
    status: Status = "unknown"
    destination: str | None = None
    aircraft: str | None = None
    delay_minutes: int | None = None

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        """The line before anything is known but the flight's id."""
        of = FlightId.parse(stream.id)
        flight = f"{of.carrier}{of.number}"
        return cls(airport=of.origin, day=of.day, scheduled=of.scheduled, flight=flight)

    @handles
    def timetabled(self, event: Scheduled) -> None:
        self.status, self.destination = "scheduled", event.destination
        self.aircraft = event.aircraft

    @handles
    def departed(self, event: Departed) -> None:
        self.status, self.delay_minutes = "departed", event.delay_minutes

    @handles
    def arrived(self, event: Arrived) -> None:
        self.status = "arrived"

    @handles
    def diverted(self, event: Diverted) -> None:
        self.status = "diverted"

    @handles
    def cancelled(self, event: Cancelled) -> None:
        self.status = "cancelled"


class CarrierDay(
    Model,
    key=Key("carrier", sort=("day",)),
    indexes=(Index(1, "day", sort=("carrier",)),),
):
    """A carrier's day in sums. Index 1: every carrier of a day."""

    carrier: str
    day: date
    flights: int = 0
    cancelled: int = 0
    diverted: int = 0
    arrived: int = 0
    departed_late: int = 0
    arrived_on_time: int = 0
    departure_delay: int = 0
    arrival_delay: int = 0


class Punctuality(Projector, source=CATEGORY):
    """Adds every flight to its carrier's day."""

    @handles
    def scheduled(self, event: Scheduled, rows: Effects, commit: Recorded) -> None:
        rows.add(CarrierDay, _carrier_day(commit), flights=1)

    @handles
    def departed(self, event: Departed, rows: Effects, commit: Recorded) -> None:
        late = int(event.delay_minutes > LATE_MINUTES)
        rows.add(
            CarrierDay,
            _carrier_day(commit),
            departed_late=late,
            departure_delay=event.delay_minutes,
        )

    @handles
    def arrived(self, event: Arrived, rows: Effects, commit: Recorded) -> None:
        delay = event.delay_minutes
        on_time = int(delay is not None and delay < LATE_MINUTES)
        rows.add(
            CarrierDay,
            _carrier_day(commit),
            arrived=1,
            arrived_on_time=on_time,
            arrival_delay=delay or 0,
        )

    @handles
    def diverted(self, event: Diverted, rows: Effects, commit: Recorded) -> None:
        rows.add(CarrierDay, _carrier_day(commit), diverted=1)

    @handles
    def cancelled(self, event: Cancelled, rows: Effects, commit: Recorded) -> None:
        rows.add(CarrierDay, _carrier_day(commit), cancelled=1)


class Aircraft(Model, key=Key("aircraft")):
    """What an aircraft has done, in sums."""

    aircraft: str
    flights: int = 0
    flown: int = 0
    airborne_minutes: int = 0
    distance_miles: int = 0


class Leg(Model, key=Key("aircraft", sort=("day", "scheduled", "flight"))):
    """One flight of an aircraft."""

    aircraft: str
    day: date
    scheduled: str
    flight: str
    airport: str = ""
    destination: str = ""
    status: Status = "unknown"
    airborne_minutes: int | None = None


class Fleet(Projector, source=CATEGORY):
    """Writes every flight into the history of its aircraft, and adds it to its sums."""

    @handles
    def scheduled(self, event: Scheduled, rows: Effects, commit: Recorded) -> None:
        airport = FlightId.parse(commit.stream.id).origin
        rows.put(
            Leg(
                **_leg(event.aircraft, commit),
                airport=airport,
                destination=event.destination,
                status="scheduled",
            )
        )
        rows.add(Aircraft, _aircraft(event.aircraft), flights=1)

    @handles
    def departed(self, event: Departed, rows: Effects, commit: Recorded) -> None:
        rows.set(Leg, _leg(event.aircraft, commit), status="departed")
        rows.add(Aircraft, _aircraft(event.aircraft), flown=1)

    @handles
    def arrived(self, event: Arrived, rows: Effects, commit: Recorded) -> None:
        airborne = event.airborne_minutes
        leg = _leg(event.aircraft, commit)
        rows.set(Leg, leg, status="arrived", airborne_minutes=airborne)
        rows.add(
            Aircraft,
            _aircraft(event.aircraft),
            airborne_minutes=airborne or 0,
            distance_miles=event.distance_miles,
        )

    @handles
    def diverted(self, event: Diverted, rows: Effects, commit: Recorded) -> None:
        rows.set(Leg, _leg(event.aircraft, commit), status="diverted")

    @handles
    def cancelled(self, event: Cancelled, rows: Effects, commit: Recorded) -> None:
        rows.set(Leg, _leg(event.aircraft, commit), status="cancelled")


def _carrier_day(commit: Recorded) -> dict[str, object]:
    of = FlightId.parse(commit.stream.id)
    return {"carrier": of.carrier, "day": of.day}


def _aircraft(tail: str | None) -> dict[str, object]:
    return {"aircraft": tail or NO_AIRCRAFT}


def _leg(tail: str | None, commit: Recorded) -> dict[str, Any]:
    of = FlightId.parse(commit.stream.id)
    return {
        "aircraft": tail or NO_AIRCRAFT,
        "day": of.day,
        "scheduled": of.scheduled,
        "flight": f"{of.carrier}{of.number}",
    }


PROJECTIONS: Final = (Board, Punctuality(), Fleet())

KNOWS: Final = (Flight,)
"""What a worker's store must be able to read."""
