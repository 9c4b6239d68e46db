"""A house: an event table, a read-model table and what brings commits from one to the other."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from eventstore import ANY, DynamoDBLog, Event, EventStore, StreamId
from eventstore.codec import RawEvent
from eventstore.layout import EventLayout
from eventstore.log import Commit, Draft
from orm import SingleTableConfig, Table
from orm.clock import Clock, SystemClock
from orm.driver import MeteredDriver, RetryingDriver, Transport, WireDriver
from orm.tables import TableShape, create_table
from projections import Dispatcher, Parking
from projections.delivery import Delivery, by_stream
from projections.dispatch import gate_of
from projections.gate import Applied, Gate
from projections.leases import Leases
from projections.projection import Declared
from projections.shards import ChangeStream
from projections.worker import Worker, WorkerOptions
from tests.contract.projections.bank import CATEGORY, EVENTS, Branch, OpenAccount, Rows, Statement

BRISK = WorkerOptions(
    lease_seconds=10.0, balance_seconds=1.0, poll_seconds=0.01, save_seconds=0.0, save_records=1
)


class House:
    """Two tables, and fresh workers, gates and dispatchers on them.

    Args:
        transport: the backend.
        events: the event table's names.
        rows: the read-model table's names.
        clock: of everything in it.
    """

    def __init__(
        self,
        transport: Transport,
        events: SingleTableConfig,
        rows: SingleTableConfig,
        clock: Clock | None = None,
    ) -> None:
        self.transport, self.events, self.rows = transport, events, rows
        self.clock = clock or SystemClock()
        self.meter = MeteredDriver(WireDriver(transport))
        self.driver = RetryingDriver(self.meter, clock=self.clock)
        self.plain = WireDriver(transport)
        self.log = DynamoDBLog(self.plain, events, self.clock)
        self.store = EventStore(self.log, EVENTS, clock=self.clock)

    def create(self) -> House:
        """Make the tables."""
        self.log.create()
        create_table(self.plain, TableShape(config=self.rows, indexes=2), self.clock)
        return self

    # --- the first floor ---

    def append(self, stream: StreamId, *commits: Sequence[Event] | Event) -> list[Commit]:
        """Append commits, and return all of the stream."""
        for events in commits:
            listed = [events] if isinstance(events, Event) else list(events)
            self.store.append(stream, listed, expected=ANY)
        return self.commits(stream)

    def append_raw(self, stream: StreamId, data: bytes | Sequence[RawEvent]) -> None:
        """Append what no codec here would have written."""
        if not isinstance(data, bytes):
            data = msgspec.msgpack.encode(list(data))
        self.log.append([Draft(stream, ANY, data, 1)], commit_id=secrets.token_bytes(16))

    def commits(self, stream: StreamId) -> list[Commit]:
        return list(self.log.read(stream))

    # --- the second ---

    def metered_store(self, knows: Any = EVENTS) -> EventStore:
        """A store whose reads are counted, as a worker has it."""
        log = DynamoDBLog(self.driver, self.events, self.clock, epoch=self.log.epoch)
        return EventStore(log, knows, clock=self.clock)

    def gate(self, declared: Declared) -> Gate:
        """A gate that remembers nothing, as after a restart."""
        return gate_of(declared, self.metered_store(), self.driver, self.rows, self.clock)

    def deliver(self, gate: Gate, commits: Iterable[Commit]) -> Applied:
        """Bring commits to a gate as one batch, in this order."""
        store = self.metered_store()
        return gate.apply(by_stream([Delivery(commit, store) for commit in commits]))

    def dispatcher(self, *declared: Declared, store: EventStore | None = None) -> Dispatcher:
        return Dispatcher(
            store or self.metered_store(), declared, self.driver, self.rows, self.clock
        )

    @property
    def parking(self) -> Parking:
        return Parking(self.driver, self.rows, self.clock)

    def leases(self, worker: str = "one", clock: Clock | None = None) -> Leases:
        return Leases(self.driver, self.rows, "main", worker, clock or self.clock)

    @property
    def changes(self) -> ChangeStream:
        return ChangeStream(self.driver, EventLayout(self.events))

    def worker(
        self,
        *declared: Declared,
        name: str = "one",
        clock: Clock | None = None,
        options: WorkerOptions = BRISK,
        dispatcher: Dispatcher | None = None,
    ) -> Worker:
        clock = clock or self.clock
        return Worker(
            self.changes,
            dispatcher or self.dispatcher(*declared),
            self.leases(name, clock),
            clock,
            options,
        )

    # --- what came out ---

    def table(self, tenant: str | None = None) -> Table:
        return Table(self.plain, self.rows, tenant=tenant).consistent()

    def rows_of(
        self, accounts: Iterable[str], branches: Iterable[str], tenant: str | None = None
    ) -> Rows:
        """The rows that are there, read by key."""
        table = self.table(tenant)
        accounts = list(accounts)
        return Rows(
            {s.account: s for a in accounts if (s := table.get(Statement, account=a))},
            {t.branch: t for b in branches if (t := table.get(Branch, branch=b))},
            {o.account: o for a in accounts if (o := table.get(OpenAccount, account=a))},
        )


def fresh_account(tenant: str | None = None) -> StreamId:
    """A stream that no other test has."""
    return StreamId(CATEGORY, secrets.token_hex(5), tenant)


def fresh_branch() -> str:
    """A branch that no other test has."""
    return secrets.token_hex(5)
