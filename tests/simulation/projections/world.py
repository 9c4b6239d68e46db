"""One simulated run: writers, workers, a table that splits and trims, faults and deaths.

What DynamoDB lists of shards may be late. As the weather has it, records are trimmed, the change
stream is switched off and on again, and the first workers run old code, which has one projection
less, until a rolling deploy has replaced them.

A seed decides everything. Afterwards the faults stop and one fresh worker has a bounded time to
finish; then each read model must be what its streams say, to the letter.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Self

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
COMMITS = 40
STEPS = 1_500
FINISH_ROUNDS = 400
OPTIONS = WorkerOptions(
    lease_seconds=5.0, balance_seconds=1.0, poll_seconds=0.2, save_seconds=0.5, save_records=20
)
DEPLOYED_SHARE = 0.6
"""The part of a run in which workers may still begin with old code."""
LATE_SECONDS = 4
"""How long a list of shards may be out of date."""
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


NEW: Sequence[Declared] = (Trail, Totals())
OLD: Sequence[Declared] = (Trail,)


class Parts(msgspec.Struct, frozen=True):
    """What a worker is built from; a mutant brings another part."""

    worker: type[Worker] = Worker
    changes: type[ChangeStream] = ChangeStream
    dispatcher: type[Dispatcher] = Dispatcher
    wrap_rows: Callable[[Transport], Transport] = lambda transport: transport


class Weather(msgspec.Struct, frozen=True):
    """What else happens in a run.

    Args:
        trims: records of the change stream are trimmed before they are read.
        deploys: workers run old code at first, then new code.
        switches: the change stream is switched off and on again.
    """

    trims: bool = False
    deploys: bool = False
    switches: bool = False


class LateLists:
    """A transport on which a list of shards may be an earlier one; the world's chances say when."""

    def __init__(self, transport: Transport, world: World) -> None:
        self._transport, self._world = transport, world

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        """See `Transport.call`."""
        answer = self._transport.call(operation, params)
        if operation != "DescribeStream":
            return answer
        return self._world.listed(str(params), answer)


class Outcome(msgspec.Struct):
    """What a run showed."""

    differences: list[str]
    figures: Counter[str]


class World:
    """The tables, the clock and the chances of one run."""

    def __init__(self, seed: int, parts: Parts, weather: Weather) -> None:
        self.rng = random.Random(seed)
        random.seed(seed)  # the jitter of retries, which moves the clock
        self.parts, self.weather = parts, weather
        self.steps = 0
        self.clock = ManualClock()
        self.engine = MemoryTransport(now=lambda: self.clock.now_micros() / 1e6)
        self.figures: Counter[str] = Counter()
        self.calm = False
        self._lists: dict[str, list[tuple[float, bytes]]] = {}
        driver = WireDriver(self.engine)
        self.log = DynamoDBLog(driver, EVENTS, self.clock)
        self.log.create()
        create_table(driver, TableShape(config=ROWS), self.clock)

    # --- tasks ---

    def driver(self, transport: Transport) -> RetryingDriver:
        faulty = FaultyTransport(LateLists(transport, self), self._fault)
        return RetryingDriver(WireDriver(faulty), IMPATIENT, self.clock)

    def _fault(self, operation: str, _params: object) -> Fault | None:
        if self.calm or self.rng.random() > 0.06:
            return None
        fault = self.rng.choice(STORE_FAULTS)
        if fault is Fault.TWICE and operation == "GetShardIterator":
            return None
        self.figures[fault.value] += 1
        return fault

    def listed(self, asked: str, answer: bytes) -> bytes:
        """The answer, or one that was true some seconds ago."""
        now = self.clock.monotonic()
        known = self._lists.setdefault(asked, [])
        if not known or known[-1][1] != answer:
            known.append((now, answer))  # from now on the one before it is out of date
        since = known[-1][0]
        if self.calm or len(known) < 2 or now - since > LATE_SECONDS or self.rng.random() < 0.5:
            return answer
        self.figures["late lists"] += 1
        return known[-2][1]

    def write(self, task: Task) -> None:
        """Append commits to random streams, most of them counted, some not."""
        driver = self.driver(ScheduledTransport(self.engine, task))
        store = EventStore(DynamoDBLog(driver, EVENTS, self.clock), [Counted, Chatted])
        for number in range(COMMITS):
            for _ in range(self.rng.randrange(8)):
                task.pause()  # workers are to come to the tip now and then
            stream = StreamId("COUNTER", str(self.rng.randrange(STREAMS)))
            events: list[Event] = [Counted(number) for _ in range(self.rng.randrange(1, 3))]
            if self.rng.random() < 0.25:
                events = [Chatted()]
            try:
                store.append(stream, events, expected=ANY)
            except KeyfoldError:
                self.figures["appends without an answer"] += 1

    def work(self, task: Task) -> None:
        """Rounds for ever, or until it is this worker's turn to be replaced."""
        early = self.steps < STEPS * DEPLOYED_SHARE
        declared = self.rng.choice([OLD, NEW]) if early and self.weather.deploys else NEW
        worker = self.worker(ScheduledTransport(self.engine, task), task.name, declared)
        self.figures[f"workers with {len(declared)} projections"] += 1
        ends = False
        while not ends:
            held = set(worker.shards)
            self.round(worker)
            task.pause()
            # A deploy ends many just as they have done with a shard: the worst moment.
            worst = self.weather.deploys and not held <= set(worker.shards)
            ends = self.rng.random() < (0.8 if worst else 0.02)
        worker.release()
        self.figures["workers ended"] += 1

    def round(self, worker: Worker) -> None:
        try:
            worker.round()
        except KeyfoldError as error:
            if not error.retry:
                raise
            self.figures["outages"] += 1

    def worker(self, transport: Transport, name: str, declared: Sequence[Declared] = NEW) -> Worker:
        driver = self.driver(self.parts.wrap_rows(transport))
        store = EventStore(DynamoDBLog(driver, EVENTS, self.clock), [Counted, Chatted])
        changes = self.parts.changes(driver, EventLayout(EVENTS))
        dispatcher = self.dispatcher(driver, store, declared)
        leases = Leases(driver, ROWS, "main", name, self.clock)
        return self.parts.worker(changes, dispatcher, leases, self.clock, OPTIONS)

    def dispatcher(
        self, driver: RetryingDriver, store: EventStore, declared: Sequence[Declared]
    ) -> Dispatcher:
        while True:
            try:
                return self.parts.dispatcher(store, declared, driver, ROWS, self.clock)
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
            self.steps += 1
            chance = self.rng.random()
            workers = [t for t in tasks if not t.done and t.name.startswith("worker")]
            while len(workers) < 2:
                workers.append(Task(f"worker-{born}", self.work))
                tasks.append(workers[-1])
                born += 1
            if chance < 0.004:
                self.rng.choice(workers).kill()
                self.figures["workers killed"] += 1
            elif chance < 0.006:
                self.clock.sleep(12)  # everyone sleeps past every lease
                self.figures["long sleeps"] += 1
            elif chance < 0.010:
                self.reshard()
            elif chance < 0.012 and self.weather.trims:
                self.clock.sleep(25 * 3_600)  # everything in the change stream is trimmed
                self.figures["trims"] += 1
            elif 0.012 < chance < 0.014 and self.weather.switches:
                self.switch()

        run(tasks, self.rng, STEPS, between)
        for task in tasks:
            task.kill()
        if self.is_off:
            self.switch()
        return self.finish()

    @property
    def is_off(self) -> bool:
        """Whether the change stream is switched off just now."""
        return self.figures["streams switched off"] > self.figures["streams switched on"]

    def switch(self) -> None:
        """Switch the change stream off, or on again, which begins a new one."""
        wanted: dict[str, Any] = {"StreamEnabled": self.is_off}
        if self.is_off:
            wanted |= {"StreamViewType": "NEW_IMAGE"}
        params = {"TableName": EVENTS.table, "StreamSpecification": wanted}
        self.figures["streams switched on" if self.is_off else "streams switched off"] += 1
        self.engine.call("UpdateTable", params)

    def reshard(self) -> None:
        if self.is_off:
            return
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
        changes = ChangeStream(driver, EventLayout(EVENTS))
        leases = list(Leases(driver, ROWS, "main", "-", self.clock).all(changes.name))
        listed = {s.shard_id for s in changes.shards()}
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
