"""A site: an example's two tables and the way to them, the same in every process of a run.

Settings travel between processes, connections do not: each process opens its own. On the memory
engine there is one process, and the site is shared between its threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from eventstore import Aggregate, DynamoDBLog, Event, EventStore
from eventstore.layout import EventLayout
from orm.clock import SystemClock
from orm.driver import Driver, MeteredDriver, RetryingDriver, Transport, WireDriver
from orm.models import Table
from orm.settings import Settings, open_transport
from projections import Parked, Parking, Worker, WorkerOptions, open_worker, projection_of
from projections.lag import Lag, measure_lag
from projections.leases import Leases
from projections.projection import Declared
from projections.shards import ChangeStream

PACE = WorkerOptions(lease_seconds=3.0, balance_seconds=1.0, poll_seconds=0.1, save_seconds=0.5)
"""A worker killed with -9 is noticed after three seconds: a demo is watched by a person."""

GROUP = "main"


class Site:
    """The tables of one run.

    Args:
        settings: engine and table names.
        transport: what carries the calls; opened from the settings unless given.
    """

    def __init__(self, settings: Settings, transport: Transport | None = None) -> None:
        self.settings = settings
        self.transport = transport or open_transport(settings)
        self.meter = MeteredDriver(WireDriver(self.transport))
        self.driver: Driver = RetryingDriver(self.meter)
        self.clock = SystemClock()

    def through(self, wrap: Callable[[Transport], Transport]) -> Site:
        """The same tables through another transport, with a meter of its own."""
        return Site(self.settings, wrap(self.transport))

    def log(self) -> DynamoDBLog:
        """The log in the event table."""
        return DynamoDBLog(self.driver, self.settings.events_config, self.clock)

    def store(self, knows: Iterable[type[Aggregate] | type[Event]]) -> EventStore:
        """The event store, knowing these events."""
        return EventStore(self.log(), knows)

    def table(self) -> Table:
        """The table of read models."""
        return Table(self.driver, self.settings.read_models_config)

    def worker(self, store: EventStore, projections: Sequence[Declared]) -> Worker:
        """A worker that keeps these projections up to date."""
        return open_worker(
            store,
            projections,
            self.driver,
            events=self.settings.events_config,
            read_models=self.settings.read_models_config,
            group=GROUP,
            options=PACE,
        )

    def lag(self, projections: Sequence[Declared]) -> list[Lag]:
        """How far behind these projections are, measured from outside."""
        read_models = self.settings.read_models_config
        return measure_lag(
            [projection_of(declared) for declared in projections],
            ChangeStream(self.driver, EventLayout(self.settings.events_config)),
            Leases(self.driver, read_models, GROUP, "observer", self.clock),
            self._parking(),
            self.clock,
        )

    def parked(self, projections: Sequence[Declared]) -> list[Parked]:
        """The streams that wait for a person."""
        parking = self._parking()
        return [one for declared in projections for one in parking.all(projection_of(declared))]

    def _parking(self) -> Parking:
        return Parking(self.driver, self.settings.read_models_config, self.clock)

    def usage(self) -> dict[str, Any]:
        """What the calls through this site came to, ready for JSON."""
        used = self.meter.usage()
        return {
            "requests": dict(used.requests),
            "units": dict(used.capacity_units),
            "failures": dict(used.failures),
        }
