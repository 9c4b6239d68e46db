"""What each comparison is to reach, and whether a run did."""

from __future__ import annotations

from typing import Final

import msgspec

from benchmarks import append, load, records, rows
from benchmarks.measure import Measured, Ratio
from benchmarks.readings import ROWS


class Comparison(msgspec.Struct, frozen=True):
    """Ours against one peer.

    Args:
        work: what both do.
        ours: our variant.
        peer: the peer's.
        cpu_at_most: our CPU time over the peer's, to reach; None where nothing is promised.
        judged: whether the goal is judged on this line.
    """

    work: str
    ours: str
    peer: str
    cpu_at_most: float | None = None
    judged: bool = True


APPEND: Final = (
    Comparison("append 1 event", append.OURS, append.PEER, 0.20),
    Comparison("append 1 event", append.STOCK, append.PEER, 0.85),
)

_BOTO_AT_1000: Final = 1 / 20
_SQLITE_AT_1000: Final = 1 / 3


def of_loads(events: int) -> tuple[Comparison, ...]:
    """The comparisons of loading so many events; goals stand at 1,000, one event a commit."""
    goals = {load.BOTO: _BOTO_AT_1000, load.SQLITE: _SQLITE_AT_1000} if events == 1_000 else {}
    return tuple(
        [
            Comparison(
                f"load {events:,} events", ours, peer, goals.get(peer), ours != load.OURS[10]
            )
            for ours in (*load.OURS.values(), load.STOCK)
            for peer in (load.BOTO, load.SQLITE)
        ]
    )


PUTS: Final = (
    Comparison("create 1 row", rows.PUT, rows.BOTO, 0.20),
    Comparison("create 1 row", rows.PUT, rows.PYNAMO),
    Comparison("create 1 row", rows.PUT, rows.PYDYNOX, 1.0),
    Comparison("create 1 row", rows.PUT, rows.PYDYNOX_MODEL, 1.0, judged=False),
    Comparison("create 1 row", rows.PUT, rows.PUT_DRIVER, 1.5),
)
QUERIES: Final = (
    Comparison(f"query {ROWS:,} rows", rows.QUERY, rows.BOTO, 0.12),
    Comparison(f"query {ROWS:,} rows", rows.QUERY, rows.PYNAMO),
    Comparison(f"query {ROWS:,} rows", rows.QUERY, rows.PYDYNOX, 1.0),
    Comparison(f"query {ROWS:,} rows", rows.QUERY, rows.PYDYNOX_MODEL, 1.0, judged=False),
    Comparison(f"query {ROWS:,} rows", rows.QUERY, rows.QUERY_DRIVER),
)


def of_records(work: str) -> tuple[Comparison, ...]:
    """The comparisons of one thing that records do, with every peer that does it."""
    goals = {
        records.DRIVER: 1.5,
        records.PYDYNOX: 1.0,
        records.PYDYNOX_MODEL: 1.0,
        **_OF_RECORDS.get(work, {}),
    }
    return tuple(
        Comparison(work, records.OURS, peer, goals.get(peer), peer != records.PYDYNOX_MODEL)
        for peer in records.PEERS[work]
    )


# What a query is made of is the types that the driver reads, so what it is held to is plain items.
_OF_RECORDS: Final[dict[str, dict[str, float | None]]] = {
    records.CREATE: {records.BOTO: 0.20},
    records.QUERY: {records.BOTO: 0.12, records.DRIVER: None, records.DRIVER_ITEMS: 1.5},
}


class Line(msgspec.Struct, frozen=True):
    """One comparison with what was measured; times in microseconds for one operation."""

    comparison: Comparison
    cpu: Ratio
    wall: Ratio
    ours_cpu_micros: float
    peer_cpu_micros: float
    ours_wall_micros: float
    peer_wall_micros: float

    @property
    def reached(self) -> bool | None:
        """Whether the median reached the goal; None where there is none."""
        goal = self.comparison.cpu_at_most
        return None if goal is None else self.cpu.median <= goal


def line_of(comparison: Comparison, measured: Measured) -> Line:
    """A comparison as it was measured."""
    ours, peer = comparison.ours, comparison.peer
    return Line(
        comparison,
        measured.cpu_ratio(ours, peer),
        measured.wall_ratio(ours, peer),
        measured.cpu_micros(ours),
        measured.cpu_micros(peer),
        measured.wall_micros(ours),
        measured.wall_micros(peer),
    )
