"""A writer: sends the commands of its share of the flights, on several lanes at once.

A flight belongs to one lane, chosen by a hash of its id; one in fifty is sent by a lane of another
writer as well, with the same command ids, so that both race for it. A lane never loads what it can
know: a flight begins as new, and every result brings the state for the next command. Where that is
wrong (another was faster, or an earlier start has done it) the append is refused, and only then the
stream is loaded, the command's id found in it, and nothing done twice.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from eventstore import EventStore, Metadata, Rejected, Repository
from eventstore.store import Loaded
from examples.demo.actors import Json, Stage
from examples.demo.run import RUN_ID, Run
from examples.flights import data
from examples.flights.data import FlightRow, flight_id
from examples.flights.domain import CATEGORY, Flight
from examples.flights.lost_answer import LoseOneAnswer
from examples.flights.script import Step, script, spread
from orm.driver import FaultyTransport, Transport
from orm.driver.faults import Plan

T = TypeVar("T")

CONTESTED_EVERY: Final = 50
ROWS_AHEAD_MAX: Final = 200
LOSE_AFTER: Final = 25
RACES_KEPT: Final = 3
BARRIER_SECONDS: Final = 30.0
TELL_SECONDS: Final = 0.2


class Job(msgspec.Struct):
    """A writer's share.

    Args:
        start: the id of this start of the run, so that what earlier ones did can be told.
        writer: which writer this is, from 0.
        writers: how many there are.
        lanes: lanes of each writer.
        days: how many days of January; 0 for all of `path`.
        path: a flights file.
        lose: whether this writer's transport is to lose an answer.
    """

    start: str
    writer: int
    writers: int
    lanes: int
    days: int = 0
    path: str = ""
    lose: bool = False

    def rows(self) -> Iterator[FlightRow]:
        """The flights of the run, those of all writers."""
        return data.first_days(self.days) if self.days else data.rows(Path(self.path))


class Race(msgspec.Struct):
    """A race that was lost: an append that met another's commit, and what became of it."""

    stream: str
    command: str
    decided_on: int
    found: int
    outcome: str


class Tally(msgspec.Struct):
    """What came of the commands of one lane.

    Args:
        flights: flights that belong to the lane.
        appended: commands that it carried out.
        done_before: commands that an earlier start had carried out.
        done_by_rival: commands that another lane of this start was faster with.
        rejected: bad commands that were refused.
        accepted: bad commands that were not; must stay 0.
        conflicts: appends that met a commit of another lane of this start.
    """

    flights: int = 0
    appended: int = 0
    done_before: int = 0
    done_by_rival: int = 0
    rejected: int = 0
    accepted: int = 0
    conflicts: int = 0
    races: list[Race] = []

    def add(self, other: Tally) -> None:
        """Take another lane's tally in."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.races = (self.races + other.races)[:RACES_KEPT]


_COUNTS: Final = tuple(name for name in Tally.__struct_fields__ if name != "races")


def write(stage: Stage) -> Json:
    """Send every command of this writer's flights."""
    job = msgspec.convert(stage.job, Job)
    site, lost = stage.site, None
    if job.lose:
        lost = LoseOneAnswer(site.settings.events_config, LOSE_AFTER)
        site = site.through(partial(_faulty, lost))
    writer = Writer(job, site.store([Flight, Run]), stage.tell, stage.stopping.is_set)
    tallies = writer.run()
    return {
        "tallies": msgspec.to_builtins(tallies),
        "lost_answer": lost.key if lost else None,
        **site.usage(),
    }


def _faulty(plan: Plan, transport: Transport) -> Transport:
    return FaultyTransport(transport, plan)


class Lane:
    """One thread of a writer.

    Attributes:
        own: what came of the flights that belong to it.
        contested: what came of those of another lane that it sent as well.
        error: what ended its work early.
    """

    def __init__(self, job: Job, number: int, store: EventStore) -> None:
        self.number = number
        self.own, self.contested = Tally(), Tally()
        self.error: Exception | None = None
        self._flights: Repository[Flight] = store.of(Flight)
        self._runs: Repository[Run] = store.of(Run)
        self._rows: queue.Queue[FlightRow | None] = queue.Queue(ROWS_AHEAD_MAX)
        self._lanes = job.writers * job.lanes
        self._name = f"writer {job.writer} lane {number}"
        self._start = job.start
        self._metadata = Metadata(actor=self._name, correlation_id=job.start)

    def feed(self, row: FlightRow | None) -> None:
        """Give it a flight; None ends its work."""
        self._rows.put(row)

    def work(self, together: threading.Barrier) -> None:
        """Sign on, then take flights until there are no more."""
        self._attempt(self._sign_on, together)
        while (row := self._rows.get()) is not None:
            if self.error is None:  # else only take, so that whoever feeds it does not wait
                self._attempt(self._fly, row)

    def _attempt(self, action: Callable[[T], None], argument: T) -> None:
        try:
            action(argument)
        except Exception as error:  # raised again by the writer, in its own thread
            self.error = error

    def _sign_on(self, together: threading.Barrier) -> None:
        """Sign on in the run's own stream, all lanes at once: all but one lose a race."""
        loaded = self._runs.load(RUN_ID)
        before = loaded.token.version
        together.wait(BARRIER_SECONDS)
        result = self._runs.execute(
            RUN_ID,
            Run.sign_on(self._name),
            command_id=f"{self._start}:{self._name}",
            metadata=self._metadata,
            at=loaded,
        )
        self.own.conflicts += result.conflicts
        if result.conflicts:
            after = result.token.version
            self.own.races.append(
                Race(f"RUN#{RUN_ID}", "sign-on", before, after - 1, f"appended as event {after}")
            )

    def _fly(self, row: FlightRow) -> None:
        id = flight_id(row)
        owned = spread(id) % self._lanes == self.number
        tally = self.own if owned else self.contested
        loaded = self._flights.fresh(id)
        for step in script(row):
            if owned or not step.bad:
                loaded = self._send(id, step, loaded, tally)
        tally.flights += 1

    def _send(self, id: str, step: Step, loaded: Loaded[Flight], tally: Tally) -> Loaded[Flight]:
        command_id, before = f"{id}:{step.name}", loaded.token.version
        try:
            result = self._flights.execute(
                id, step.call, command_id=command_id, metadata=self._metadata, at=loaded
            )
        except Rejected:
            if not step.bad:
                raise
            tally.rejected += 1
            return loaded
        tally.accepted += step.bad
        if result.skipped and self._who_did(command_id, result.loaded) != self._start:
            tally.done_before += 1  # a refusal by what an earlier start wrote is no race
            return result.loaded
        tally.conflicts += result.conflicts
        if not result.skipped:
            tally.appended += 1
            return result.loaded
        tally.done_by_rival += 1
        if result.conflicts and len(tally.races) < RACES_KEPT:
            found = result.token.version
            tally.races.append(
                Race(f"{CATEGORY}#{id}", step.name, before, found, "found itself done")
            )
        return result.loaded

    def _who_did(self, command_id: str, loaded: Loaded[Flight]) -> str | None:
        """The start of the run in which a command was carried out."""
        for one in map(Metadata.decode, loaded.seen):
            if one.command_id == command_id:
                return one.correlation_id
        return None


class Writer:
    """The lanes of one writer, fed from the file.

    Args:
        job: its share.
        store: where it writes.
        tell: takes how many flights are done.
        stopping: asked whether to end early.
    """

    def __init__(
        self,
        job: Job,
        store: EventStore,
        tell: Callable[[Json], None],
        stopping: Callable[[], bool],
    ) -> None:
        first = job.writer * job.lanes
        self._lanes = {n: Lane(job, n, store) for n in range(first, first + job.lanes)}
        self._job, self._tell, self._stopping = job, tell, stopping

    def run(self) -> dict[str, Tally]:
        """Send everything; gives the tally of its own flights and of those it contested.

        Raises:
            Exception: what ended a lane early.
        """
        together = threading.Barrier(len(self._lanes))
        threads = [
            threading.Thread(target=lane.work, args=(together,), daemon=True)
            for lane in self._lanes.values()
        ]
        for thread in threads:
            thread.start()
        self._feed()
        for thread in threads:
            while thread.is_alive():
                thread.join(TELL_SECONDS)
                self._tell_progress()
        return self._tallies()

    def _feed(self) -> None:
        told_at = -math.inf
        for row in self._job.rows():
            for number in lanes_of(flight_id(row), self._job):
                if number in self._lanes:
                    self._lanes[number].feed(row)
            if time.monotonic() - told_at >= TELL_SECONDS:
                told_at = time.monotonic()
                self._tell_progress()
                if self._stopping() or any(lane.error for lane in self._lanes.values()):
                    break
        for lane in self._lanes.values():
            lane.feed(None)

    def _tell_progress(self) -> None:
        own = [lane.own for lane in self._lanes.values()]
        done = sum(one.flights for one in own)
        self._tell({"flights": done, "appended": sum(one.appended for one in own)})

    def _tallies(self) -> dict[str, Tally]:
        own, contested = Tally(), Tally()
        for lane in self._lanes.values():
            if lane.error is not None:
                raise lane.error
            own.add(lane.own)
            contested.add(lane.contested)
        return {"own": own, "contested": contested}


def lanes_of(id: str, job: Job) -> tuple[int, ...]:
    """The lane that a flight belongs to, and the one of the next writer that contests it."""
    lanes = job.writers * job.lanes
    turn, number = divmod(spread(id), lanes)
    rival = (number + job.lanes) % lanes
    contested = turn % CONTESTED_EVERY == 0 and rival != number
    return (number, rival) if contested else (number,)
