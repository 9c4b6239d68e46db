"""A flight from the timetable to its end: commands, the rules they meet, and events.

Times are minutes since midnight of the flight's own day, each on the clock of the airport where it
happens (see `data.py`). The stream's id says airport, day, scheduled time and number; an event
carries what whoever reads it needs, so that no read model has to ask another.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from eventstore import Aggregate, Event, Rejected, applies, command, invariant

CATEGORY: Final = "FLIGHT"
DAY_MINUTES: Final = 24 * 60
EARLY_MINUTES_MAX: Final = 60  # nobody leaves earlier than an hour before the timetable

Minute = Annotated[int, msgspec.Meta(ge=-DAY_MINUTES, le=4 * DAY_MINUTES)]
Status = Literal["unknown", "scheduled", "departed", "arrived", "diverted", "cancelled"]


class Scheduled(Event, tag="flight-scheduled"):
    """The flight stands in the timetable."""

    departs: int
    arrives: int
    destination: str
    distance_miles: int
    aircraft: str | None


class Departed(Event, tag="flight-departed"):
    """It left, this much late; early is negative."""

    minute: int
    delay_minutes: int
    aircraft: str | None


class Arrived(Event, tag="flight-arrived"):
    """It landed where it was bound for. No delay is known where its time in the air is not."""

    minute: int
    delay_minutes: int | None
    airborne_minutes: int | None
    distance_miles: int
    aircraft: str | None


class Diverted(Event, tag="flight-diverted"):
    """It left and landed somewhere else, or came back."""

    aircraft: str | None


class Cancelled(Event, tag="flight-cancelled"):
    """It never left."""

    aircraft: str | None


class Flight(Aggregate, category=CATEGORY):
    """One flight on one day."""

    status: Status = "unknown"
    aircraft: str | None = None
    destination: str = ""
    distance_miles: int = 0
    departs: int = 0
    arrives: int = 0
    departed_at: int | None = None
    arrived_at: int | None = None

    @command
    def schedule(
        self,
        departs: Minute,
        arrives: Minute,
        destination: str,
        distance_miles: int,
        aircraft: str | None,
    ) -> Scheduled:
        """Put the flight into the timetable."""
        if self.status != "unknown":
            raise Rejected(f"it is in the timetable already ({self.status})")
        if not 0 <= departs <= DAY_MINUTES:
            raise Rejected(f"minute {departs} is not within its day")
        if not departs < arrives <= departs + DAY_MINUTES:
            raise Rejected(f"it cannot leave at {departs} and arrive at {arrives}")
        if distance_miles <= 0 or not destination:
            raise Rejected("it needs a destination some miles away")
        return Scheduled(departs, arrives, destination, distance_miles, aircraft)

    @command
    def depart(self, minute: Minute) -> Departed:
        """Leave."""
        self._must_be("scheduled")
        if minute < self.departs - EARLY_MINUTES_MAX:
            raise Rejected(f"it cannot leave at {minute}, over an hour before {self.departs}")
        return Departed(minute, minute - self.departs, self.aircraft)

    @command
    def arrive(self, minute: Minute, airborne_minutes: int | None) -> Arrived:
        """Land at the destination."""
        self._must_be("departed")
        assert self.departed_at is not None
        if minute <= self.departed_at:
            raise Rejected(f"it cannot arrive at {minute}, having departed at {self.departed_at}")
        if minute > self.departed_at + DAY_MINUTES:
            raise Rejected(f"no flight takes a day ({self.departed_at} to {minute})")
        if airborne_minutes is not None and airborne_minutes <= 0:
            raise Rejected(f"it was not {airborne_minutes} minutes in the air")
        delay = None if airborne_minutes is None else minute - self.arrives
        return Arrived(minute, delay, airborne_minutes, self.distance_miles, self.aircraft)

    @command
    def divert(self) -> Diverted:
        """Land elsewhere."""
        self._must_be("departed")
        return Diverted(self.aircraft)

    @command
    def cancel(self) -> Cancelled:
        """Call it off."""
        self._must_be("scheduled")
        return Cancelled(self.aircraft)

    def _must_be(self, status: Status) -> None:
        if self.status != status:
            raise Rejected(f"it is not {status} but {self.status}")

    @applies
    def scheduled(self, event: Scheduled) -> None:
        self.status = "scheduled"
        self.departs, self.arrives = event.departs, event.arrives
        self.destination, self.distance_miles = event.destination, event.distance_miles
        self.aircraft = event.aircraft

    @applies
    def departed(self, event: Departed) -> None:
        self.status, self.departed_at = "departed", event.minute

    @applies
    def arrived(self, event: Arrived) -> None:
        self.status, self.arrived_at = "arrived", event.minute

    @applies
    def diverted(self, event: Diverted) -> None:
        self.status = "diverted"

    @applies
    def cancelled(self, event: Cancelled) -> None:
        self.status = "cancelled"

    @invariant
    def arrives_after_it_departs(self) -> bool:
        if self.arrived_at is None:
            return True
        return self.departed_at is not None and self.departed_at < self.arrived_at

    @invariant
    def has_departed_exactly_when_it_says_so(self) -> bool:
        left = self.status in ("departed", "arrived", "diverted")
        return left == (self.departed_at is not None)

    @invariant
    def has_arrived_exactly_when_it_says_so(self) -> bool:
        return (self.status == "arrived") == (self.arrived_at is not None)
