"""One simulated run: writers, workers, a table that splits and trims, faults and deaths.

A seed decides everything. Afterwards the faults stop and one fresh worker has a bounded time to
finish; then each read model must be what its streams say, to the letter.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Self

import msgspec

from eventstore import ANY, DynamoDBLog, Event, EventStore, StreamId
from eventstore.layout import EventLayout
from orm import Key, Model, SingleTableConfig, Table
from orm.clock import ManualClock
from orm.driver import Fault, FaultyTransport, RetryingDriver, RetryPolicy, Transport, WireDriver
from orm.errors import KeyfoldError
from orm.memory import MemoryTransport
from orm.tables import TableShape, create_table
from projections import Effects, Projector, ReadModel, WorkerOptions, handles
from projections.dispatch import Dispatcher
from projections.leases import Leases
from projections.projection import Declared
from projections.shards import ChangeStream
from projections.worker import Worker
from tests.support.schedule import ScheduledTransport, Task, run

EVENTS = SingleTableConfig(table="events")
ROWS = SingleTableConfig(table="rows")
STREAMS = 6
COMMITS = 60
STEPS = 900
FINISH_ROUNDS = 400
OPTIONS = WorkerOptions(
    lease_seconds=5.0, balance_seconds=1.0, poll_seconds=0.2, save_seconds=0.5, save_records=20
)
IMPATIENT = RetryPolicy(attempts_max=3, deadline_seconds=1.0, wait_first_seconds=0.01)
STORE_FAULTS = [Fault.LOST, Fault.TWICE, Fault.TRUNCATED, Fault.EMPTY, Fault.THROTTLED]


class Counted(Event, tag="counted"):
    number: int


class Chatted(Event, tag="chatted"):
    """Nobody handles this one."""


class Trail(ReadModel, key=Key("stream"), source="COUNTER"):
    """What one stream said, in the order in which it was applied."""

    stream: str
    numbers: list[int] = []

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        return cls(stream=stream.id)

    @handles
    def counted(self, event: Counted) -> None:
        self.numbers.append(event.number)


class Total(Model, key=Key("parity")):
    """What all streams said together."""

    parity: str
    events: int = 0
    sum: int = 0


class Totals(Projector, source="COUNTER"):
    @handles
    def counted(self, event: Counted, rows: Effects) -> None:
        parity = "even" if event.number % 2 == 0 else "odd"
        rows.add(Total, {"parity": parity}, events=1, sum=event.number)


PROJECTIONS: Sequence[Declared] = (Trail, Totals())


class Parts(msgspec.Struct, frozen=True):
    """What a worker is built from; a mutant brings another part."""

    worker: type[Worker] = Worker
    changes: type[ChangeStream] = ChangeStream
    dispatcher: type[Dispatcher] = Dispatcher
    wrap_rows: Callable[[Transport], Transport] = lambda transport: transport


class Outcome(msgspec.Struct):
    """What a run showed."""

    differences: list[str]
    figures: Counter[str]


class World:
    """The tables, the clock and the chances of one run."""

    def __init__(self, seed: int, parts: Parts, *, trims: bool) -> None:
        self.rng = random.Random(seed)
        random.seed(seed)  # the jitter of retries, which moves the clock
        self.parts, self.trims = parts, trims
        self.clock = ManualClock()
        self.engine = MemoryTransport(now=lambda: self.clock.now_micros() / 1e6)
        self.figures: Counter[str] = Counter()
        self.calm = False
        driver = WireDriver(self.engine)
        self.log = DynamoDBLog(driver, EVENTS, self.clock)
        self.log.create()
        create_table(driver, TableShape(config=ROWS), self.clock)

    # --- tasks ---

    def driver(self, transport: Transport) -> RetryingDriver:
        faulty = FaultyTransport(transport, self._fault)
        return RetryingDriver(WireDriver(faulty), IMPATIENT, self.clock)

    def _fault(self, operation: str, _params: object) -> Fault | None:
        if self.calm or self.rng.random() > 0.06:
            return None
        fault = self.rng.choice(STORE_FAULTS)
        if fault is Fault.TWICE and operation == "GetShardIterator":
            return None
        self.figures[fault.value] += 1
        return fault

    def write(self, task: Task) -> None:
        """Append commits to random streams, most of them counted, some not."""
        driver = self.driver(ScheduledTransport(self.engine, task))
        store = EventStore(DynamoDBLog(driver, EVENTS, self.clock), [Counted, Chatted])
        for number in range(COMMITS):
            stream = StreamId("COUNTER", str(self.rng.randrange(STREAMS)))
            events: list[Event] = [Counted(number) for _ in range(self.rng.randrange(1, 3))]
            if self.rng.random() < 0.25:
                events = [Chatted()]
            try:
                store.append(stream, events, expected=ANY)
            except KeyfoldError:
                self.figures["appends without an answer"] += 1

    def work(self, task: Task) -> None:
        worker = self.worker(ScheduledTransport(self.engine, task), task.name)
        while True:
            self.round(worker)
            task.pause()

    def round(self, worker: Worker) -> None:
        try:
            worker.round()
        except KeyfoldError as error:
            if not error.retry:
                raise
            self.figures["outages"] += 1

    def worker(self, transport: Transport, name: str) -> Worker:
        driver = self.driver(self.parts.wrap_rows(transport))
        store = EventStore(DynamoDBLog(driver, EVENTS, self.clock), [Counted, Chatted])
        changes = self.parts.changes(driver, EventLayout(EVENTS))
        dispatcher = self.dispatcher(driver, store)
        leases = Leases(driver, ROWS, "main", name, self.clock)
        return self.parts.worker(changes, dispatcher, leases, self.clock, OPTIONS)

    def dispatcher(self, driver: RetryingDriver, store: EventStore) -> Dispatcher:
        while True:
            try:
                return self.parts.dispatcher(store, PROJECTIONS, driver, ROWS, self.clock)
            except KeyfoldError as error:
                if not error.retry:
                    raise

    # --- the run ---

    def play(self) -> Outcome:
        tasks = [Task("writer-1", self.write), Task("writer-2", self.write)]
        tasks += [Task(f"worker-{n}", self.work) for n in range(2)]
        born = 2

        def between() -> None:
            nonlocal born
            self.clock.sleep(self.rng.choice([0.001, 0.01, 0.05]))
            chance = self.rng.random()
            workers = [t for t in tasks if not t.done and t.name.startswith("worker")]
            if chance < 0.004 and workers:
                self.rng.choice(workers).kill()
                tasks.append(Task(f"worker-{born}", self.work))
                born += 1
                self.figures["workers killed"] += 1
            elif chance < 0.006:
                self.clock.sleep(12)  # everyone sleeps past every lease
                self.figures["long sleeps"] += 1
            elif chance < 0.010:
                self.reshard()
            elif chance < 0.012 and self.trims:
                self.clock.sleep(25 * 3_600)  # everything in the change stream is trimmed
                self.figures["trims"] += 1

        run(tasks, self.rng, STEPS, between)
        for task in tasks:
            task.kill()
        return self.finish()

    def reshard(self) -> None:
        if self.figures["splits"] < 3 and self.rng.random() < 0.5:
            self.engine.split_shard(EVENTS.table)
            self.figures["splits"] += 1
        else:
            self.engine.roll_shard(EVENTS.table)
            self.figures["rolls"] += 1

    def finish(self) -> Outcome:
        """Faults stop; a fresh worker has so many rounds to catch up."""
        self.calm = True
        worker = self.worker(self.engine, "the last")
        quiet = 0
        for _ in range(FINISH_ROUNDS):
            self.round(worker)
            self.clock.sleep(0.5)
            quiet = quiet + 1 if self.is_read(worker) else 0
            if quiet > 12:
                break
        for counts in worker.report().projections.values():
            self.figures.update({f"last worker: {k}": v for k, v in counts.items()})
        return Outcome(self.differences(), self.figures)

    def is_read(self, worker: Worker) -> bool:
        driver = WireDriver(self.engine)
        leases = list(Leases(driver, ROWS, "main", "-", self.clock).all())
        listed = {s.shard_id for s in ChangeStream(driver, EventLayout(EVENTS)).shards()}
        open_shards = {lease.shard for lease in leases if not lease.finished}
        return open_shards <= set(worker.shards) and listed <= {lease.shard for lease in leases}

    def differences(self) -> list[str]:
        store = EventStore(DynamoDBLog(WireDriver(self.engine), EVENTS), [Counted, Chatted])
        table = Table(WireDriver(self.engine), ROWS)
        found, totals = [], {"even": Total(parity="even"), "odd": Total(parity="odd")}
        for number in range(STREAMS):
            stream = StreamId("COUNTER", str(number))
            wanted = [
                event.number
                for recorded in store.read(stream)
                for event in recorded.events
                if isinstance(event, Counted)
            ]
            for value in wanted:
                total = totals["even" if value % 2 == 0 else "odd"]
                total.events, total.sum = total.events + 1, total.sum + value
            row = table.get(Trail, stream=str(number))
            if (row.numbers if row else []) != wanted:
                found.append(f"{stream}: {wanted} became {row}")
        for parity, total in totals.items():
            have = table.get(Total, parity=parity) or Total(parity=parity)
            if have != total:
                found.append(f"{total} became {have}")
        return found
