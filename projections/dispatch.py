"""Dispatch: from commits to every projection that they concern, poisoned streams set aside.

One reader serves many projections. Each gets the commits of its own category; a stream that is
parked for one of them goes on for the others.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

import msgspec

from eventstore.log import Commit
from eventstore.store import EventStore
from eventstore.stream import StreamId
from orm.clock import Clock
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.models.layout import layout_of
from projections.delivery import Delivery, by_stream
from projections.errors import ProjectionDefinitionError
from projections.gate import Applied, Gate
from projections.marker_gate import MarkerGate
from projections.parking import Parked, Parking
from projections.projection import Declared, Projector, projection_of
from projections.row_gate import RowGate

X = TypeVar("X")

_SCAN_CHUNK: Final = 500
_ROWS_AT_ONCE: Final = 50
"""Streams that a `RowGate` is handed at once: it writes them one by one."""
_MARKERS_AT_ONCE: Final = 250
"""Streams that a `MarkerGate` is handed at once: of a few, its transactions would not be full."""


class Lane(msgspec.Struct):
    """One projection's way: its gate, the streams known to be parked, and what was counted."""

    gate: Gate
    parked: set[StreamId]
    counts: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def id(self) -> str:
        return self.gate.projection.id


class Dispatcher:
    """Brings commits to projections.

    Args:
        store: reads events and gaps.
        projections: read model classes and projectors.
        driver: the way to the read-model table.
        config: that table's names.
        clock: stamps park records.

    Raises:
        ProjectionDefinitionError: one is declared wrongly, or two would pass for each other.
    """

    def __init__(
        self,
        store: EventStore,
        projections: Sequence[Declared],
        driver: Driver,
        config: SingleTableConfig,
        clock: Clock,
    ) -> None:
        _check_apart(projections, config)
        self._store = store
        self.parking = Parking(driver, config, clock)
        self.lanes: dict[str, Lane] = {}
        for declared in projections:
            gate = gate_of(declared, store, driver, config, clock)
            parked = {record.stream for record in self.parking.all(gate.projection)}
            self.lanes[gate.projection.id] = Lane(gate, parked)

    def dispatch(
        self,
        commits: Iterable[Commit],
        lanes: Iterable[Lane] | None = None,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        """Bring commits to the lanes given, or to all.

        Args:
            between: called after each group of streams; a long page must not let leases expire.

        Raises:
            DriverError, ContendedError: nothing is lost; dispatching the same again is safe.
        """
        deliveries = [Delivery(commit, self._store) for commit in commits]
        for lane in self.lanes.values() if lanes is None else lanes:
            source = lane.gate.projection.source
            mine = [one for one in deliveries if one.commit.stream.category == source]
            if mine:
                self._deliver(lane, mine, between)

    def _deliver(self, lane: Lane, deliveries: list[Delivery], between: Callable[[], None]) -> None:
        streams = by_stream(deliveries)
        for stream in [stream for stream in streams if stream in lane.parked]:
            record = self.parking.find(lane.gate.projection, stream)
            if record is None:
                lane.parked.discard(stream)
            elif record.retry is None:
                lane.counts["held back"] += len(streams.pop(stream))
        size = _ROWS_AT_ONCE if isinstance(lane.gate, RowGate) else _MARKERS_AT_ONCE
        for group in _chunks(iter(streams.items()), size):
            self._settle(lane, lane.gate.apply(dict(group)))
            between()

    def _settle(self, lane: Lane, applied: Applied) -> None:
        lane.counts.update(applied.counts)
        for poisoned in applied.poisoned:
            self.parking.park(lane.gate.projection, poisoned.error, poisoned.attempts)
            lane.parked.add(poisoned.error.stream)
            lane.counts["parked"] += 1

    def catch_up(
        self, projection_ids: Iterable[str], between: Callable[[], None] = lambda: None
    ) -> int:
        """Bring projections up to date from the whole store, through the gate.

        Args:
            projection_ids: which.
            between: called every few hundred commits; a long scan must not let leases expire.

        Returns:
            How many commits were looked at.
        """
        lanes = [self.lanes[projection_id] for projection_id in projection_ids]
        seen = 0
        for chunk in _chunks(self._store.log.all_commits(), _SCAN_CHUNK):
            seen += len(chunk)
            self.dispatch(chunk, lanes, between)
            between()
        return seen

    def retry(self, projection_id: str, stream: StreamId) -> Parked | None:
        """Apply a parked stream from the store, and let it go on if that works.

        Returns:
            The record that still holds it, or None where it goes on.

        Raises:
            NotParkedError: it is not parked.
        """
        lane = self.lanes[projection_id]
        projection = lane.gate.projection
        retry = secrets.token_hex(8)
        record = self.parking.begin_retry(projection, stream, retry)
        applied = self._replay(lane, stream, record.commit)
        lane.counts.update(applied.counts)
        if applied.poisoned:
            [poisoned] = applied.poisoned
            attempts = record.attempts + poisoned.attempts
            still = self.parking.park_again(projection, poisoned.error, attempts, retry)
        else:
            still = self.parking.release(projection, stream, retry)
        if still is None:
            lane.parked.discard(stream)
        return still

    def _replay(self, lane: Lane, stream: StreamId, first: int) -> Applied:
        total = Applied()
        for chunk in _chunks(self._store.log.read(stream, after=first - 1), _SCAN_CHUNK):
            applied = lane.gate.apply({stream: [Delivery(commit, self._store) for commit in chunk]})
            total.counts.update(applied.counts)
            total.poisoned += applied.poisoned
            if total.poisoned:
                break  # what comes after waits, as it does for a worker
        return total


def _check_apart(projections: Sequence[Declared], config: SingleTableConfig) -> None:
    """Refuse projections that would pass for each other.

    Raises:
        ProjectionDefinitionError: two have one id, or two read models would write the same rows.
    """
    ids: set[str] = set()
    owners: dict[str, str] = {}
    for declared in projections:
        if (named := projection_of(declared).id) in ids:
            raise ProjectionDefinitionError(
                f"two projections are called {named}; give one another name or version"
            )
        ids.add(named)
        if isinstance(declared, Projector):
            continue
        prefix, name = layout_of(declared, config).prefix, declared.__name__
        if prefix in owners:
            raise ProjectionDefinitionError(
                f"rows of {owners[prefix]} and of {name} would stand at the same keys, which begin "
                f'with {prefix}; give one of them prefix="…"'
            )
        owners[prefix] = name


def gate_of(
    declared: Declared,
    store: EventStore,
    driver: Driver,
    config: SingleTableConfig,
    clock: Clock,
) -> Gate:
    """The gate that fits what was declared."""
    if isinstance(declared, Projector):
        return MarkerGate(declared, store, driver, config, clock)
    return RowGate(declared, store, driver, config)


def _chunks(items: Iterator[X], size: int) -> Iterator[list[X]]:
    while chunk := list(islice(items, size)):
        yield chunk
