"""The read models, read through the query API by a process that wrote none of them.

Gives the same sums as `oracle.py`, made of rows instead of the file, and a few rows to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from eventstore import StreamId
from examples.demo.actors import Json, Stage
from examples.flights.domain import Flight
from examples.flights.projections import NO_AIRCRAFT, Aircraft, Board, CarrierDay, Leg
from orm.models import Table

AIRPORTS: Final = ("EWR", "JFK", "LGA")
OUTCOMES: Final = ("scheduled", "departed", "arrived", "diverted", "cancelled")
FIRST_DAY: Final = date(2013, 1, 1)
EXCERPT_ROWS: Final = 5


def read(stage: Stage) -> Json:
    """The sums of the first `days` days, rows to show, and the commit of one lost answer."""
    table = stage.site.table().consistent()
    days = [FIRST_DAY + timedelta(n) for n in range(stage.job["days"])]
    boards = Boards(table)
    sums: Json = {
        "board": dict(boards.sums(days)),
        "punctuality": dict(carrier_days(stage.site.table(), days)),
        "aircraft": dict(aircraft(table, boards.aircraft)),
    }
    found = {**sums, "totals": {name: totals(section) for name, section in sums.items()}}
    shown = excerpts(stage.site.table(), days[0], sums["aircraft"])
    lost = stage.job.get("lost")
    return {
        "sums": found,
        "excerpts": shown,
        "lost": _lost(stage, *lost) if lost else None,
    }


class Boards:
    """Reads boards, and remembers which aircraft stand on them."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.aircraft: set[str] = set()

    def sums(self, days: Iterable[date]) -> Iterator[tuple[str, Json]]:
        """Each airport's day in sums."""
        for day in days:
            for airport in AIRPORTS:
                rows = self._table.query(Board).where(airport=airport, day=day).all()
                self.aircraft |= {row.aircraft or NO_AIRCRAFT for row in rows}
                if rows:
                    yield f"{airport} {day}", _board(rows)


def _board(rows: list[Board]) -> Json:
    counts: Json = dict.fromkeys(OUTCOMES, 0)
    for row in rows:
        counts[row.status] += 1
    return {"flights": len(rows), **counts, "first": _name(rows[0]), "last": _name(rows[-1])}


def _name(row: Board) -> str:
    return f"{row.airport}-{row.day}-{row.scheduled}-{row.flight}"


def carrier_days(table: Table, days: Iterable[date]) -> Iterator[tuple[str, Json]]:
    """Every carrier's day in sums, found through the index by day."""
    for day in days:
        for row in table.query(CarrierDay).where(day=day).iterate():
            fields = msgspec.structs.asdict(row)
            yield f"{fields.pop('carrier')} {fields.pop('day')}", fields


def aircraft(table: Table, tails: Iterable[str]) -> Iterator[tuple[str, Json]]:
    """What each aircraft has done."""
    for row in table.get_many(Aircraft, [{"aircraft": tail} for tail in sorted(tails)]):
        yield (
            row.aircraft,
            {
                "flights": row.flights,
                "flown": row.flown,
                "airborne": row.airborne_minutes,
                "distance": row.distance_miles,
            },
        )


def totals(section: Json) -> dict[str, int]:
    """A section's numbers summed up, and how many keys it has."""
    summed = {"keys": len(section)}
    for line in section.values():
        for name, value in line.items():
            if isinstance(value, int):
                summed[name] = summed.get(name, 0) + value
    return summed


def excerpts(table: Table, day: date, fleet: Json) -> Json:
    """A few rows of each read model, ready for JSON."""
    known = [tail for tail in fleet if tail != NO_AIRCRAFT]
    busiest = sorted(known, key=lambda tail: (-fleet[tail]["airborne"], tail))[:EXCERPT_ROWS]
    route = table.query(Board).where(airport="JFK", destination="LAX")
    board = table.query(Board).where(airport="EWR", day=day)
    legs = table.query(Leg).where(aircraft=busiest[0] if busiest else NO_AIRCRAFT)
    found: dict[str, Any] = {
        "board": board.limit(EXCERPT_ROWS).all(),
        "route": route.limit(EXCERPT_ROWS).all(),
        "punctuality": table.query(CarrierDay).where(carrier="UA").limit(EXCERPT_ROWS).all(),
        "busiest": [{"aircraft": tail, **fleet[tail]} for tail in busiest],
        "legs": legs.limit(EXCERPT_ROWS).all(),
    }
    result: Json = msgspec.to_builtins(found)
    return result


def _lost(stage: Stage, id: str, number: int) -> Json:
    """The command of the commit whose answer was lost, and how often it stands in its stream."""
    store = stage.site.store([Flight])
    stream = StreamId("FLIGHT", id)
    ids = [one.metadata.command_id for one in store.read(stream)]
    command_id = ids[number - 1]
    return {"stream": f"FLIGHT#{id}", "command_id": command_id, "times": ids.count(command_id)}
