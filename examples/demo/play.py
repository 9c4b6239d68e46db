"""A run: writers and a projector worker side by side, until everything written is projected."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from examples.demo.actors import Actor, Json
from examples.demo.crew import WATCH_SECONDS, Crew
from examples.demo.progress import Bars
from examples.demo.site import Site
from examples.demo.story import plural
from orm.errors import KeyfoldError
from projections.lag import Lag
from projections.projection import Declared

STALLED_SECONDS: Final = 60.0


class StalledError(KeyfoldError):
    """The worker lives and does not come any further."""

    retry = True
    hint = "keyfold projection lag, keyfold local logs; then the same command again"

    def __init__(self, commits: int, seconds: float) -> None:
        super().__init__(commits, seconds)
        self.commits, self.seconds = commits, seconds

    def __str__(self) -> str:
        return f"the worker has stood still at {self.commits:,} commits for {self.seconds:.0f} s"


class Played(msgspec.Struct):
    """What a run came to.

    Args:
        writers: their results.
        worker: its report.
        lags: how far behind each projection is, measured after the worker was stopped.
        writing_seconds: from the start of the writers until the last was done.
        catching_up_seconds: from there until everything was projected.
    """

    writers: list[Json]
    worker: Json
    lags: list[Lag]
    writing_seconds: float
    catching_up_seconds: float

    @property
    def is_released(self) -> bool:
        """Whether the worker let go of every shard: then it was stopped cleanly."""
        return all(lag.unowned == lag.shards for lag in self.lags)

    @property
    def failures(self) -> list[str]:
        """What went wrong whatever the sums say; empty where all is well."""
        if self.is_released:
            return []
        kept = max(lag.shards - lag.unowned for lag in self.lags)
        return [
            f"the worker stopped without letting go of {plural(kept, 'shard')}: another one has to "
            "wait until the lease runs out"
        ]

    @property
    def parked(self) -> int:
        """Streams that wait for a person, of all projections."""
        return sum(lag.parked for lag in self.lags)

    def requests(self) -> dict[str, int]:
        """The writers' requests, by operation."""
        return dict(sum((Counter(one["requests"]) for one in self.writers), Counter()))

    def units(self) -> float:
        """The capacity units that the writers' requests consumed."""
        return float(sum(sum(one["units"].values()) for one in self.writers))


class Play:
    """One run.

    Args:
        site: its tables.
        crew: starts its actors.
        bars: shows how far it is.
        module: `KNOWS` and `PROJECTIONS` of the worker.
        projections: the same projections.
    """

    def __init__(
        self, site: Site, crew: Crew, bars: Bars, module: str, projections: Sequence[Declared]
    ) -> None:
        self._site, self._crew, self._bars = site, crew, bars
        self._module, self._projections = module, projections

    def run(self, writing: str, jobs: Sequence[Json], show: Callable[[list[Json]], None]) -> Played:
        """Write, project, and stop the worker.

        Args:
            writing: the writers' work, `module:function`.
            jobs: one for each writer.
            show: shows the writers' progress.
        """
        worker = self._crew.start(
            "worker", "examples.demo.projecting:project", {"module": self._module}
        )
        began = time.monotonic()
        writers = [
            self._crew.start(f"writer {number}", writing, job) for number, job in enumerate(jobs)
        ]

        def show_all() -> None:
            show([writer.progress for writer in writers])
            self._show_worker(worker, writers)

        self._crew.watch(writers, [worker], show_all)
        results = [writer.result() for writer in writers]
        written = time.monotonic()
        self._catch_up(worker, writers)
        caught_up = time.monotonic()
        worker.stop()
        report = worker.result()
        lags = self._site.lag(self._projections)
        return Played(results, report, lags, written - began, caught_up - written)

    def _show_worker(self, worker: Actor, writers: Sequence[Actor]) -> None:
        appended = sum(writer.progress.get("appended", 0) for writer in writers)
        commits = worker.progress.get("commits", 0)
        self._bars.show("projecting", commits, max(commits, appended))

    def _catch_up(self, worker: Actor, writers: Sequence[Actor]) -> None:
        """Wait until nothing is left to project, as seen from outside."""
        seen, since = -1, time.monotonic()
        while True:
            self._crew.check([worker])
            self._show_worker(worker, writers)
            commits = worker.progress.get("commits", 0)
            if commits != seen:
                seen, since = commits, time.monotonic()
            # before it is idle, measuring would only slow it down
            if worker.progress.get("idle") and self._is_caught_up(worker):
                return
            if time.monotonic() - since > STALLED_SECONDS:
                raise StalledError(commits, STALLED_SECONDS)
            time.sleep(2 * WATCH_SECONDS)

    def _is_caught_up(self, worker: Actor) -> bool:
        """Whether nothing is left, and every shard in this worker's hands: else one that a killed
        worker held would be taken for one that this worker does not let go."""
        lags, held = self._site.lag(self._projections), worker.progress.get("shards", 0)
        return all(lag.is_caught_up and lag.shards == held for lag in lags)
