"""The projector worker of a run: works until it is told to stop, and says how far it is."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from examples.demo.actors import Json, Stage
from projections import Worker

TELL_SECONDS = 0.2


def project(stage: Stage) -> Json:
    """Run a worker for the projections of the module that the job names, until it is stopped."""
    module: Any = import_module(stage.job["module"])
    worker = stage.site.worker(stage.site.store(module.KNOWS), module.PROJECTIONS)
    stopping = _Stopping(stage, worker)
    report = worker.run(stopping)
    return {
        "records": dict(report.records),
        "projections": {name: dict(counts) for name, counts in report.projections.items()},
        "scans": dict(report.scans),
        "outages": report.outages,
        "lag_milliseconds": percentiles(report.lags_milliseconds),
        **stage.site.usage(),
    }


class _Stopping:
    """Asked by the worker after each round: passes its progress on, and says when to end."""

    def __init__(self, stage: Stage, worker: Worker) -> None:
        self._stage, self._worker = stage, worker
        self._told_at, self._commits, self._idle_rounds = -math.inf, 0, 0

    def __call__(self) -> bool:
        commits = self._worker.report().records["commit"]
        self._idle_rounds = self._idle_rounds + 1 if commits == self._commits else 0
        self._commits = commits
        now = time.monotonic()
        if now - self._told_at >= TELL_SECONDS:
            self._told_at = now
            idle, shards = self._idle_rounds > 3, len(self._worker.shards)
            self._stage.tell({"commits": commits, "idle": idle, "shards": shards})
        return self._stage.stopping.is_set()


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """The median, the 99th percentile and the greatest, by nearest rank; empty of nothing."""
    if not values:
        return {}
    ranked = sorted(values)

    def at(share: float) -> float:
        return round(ranked[max(0, math.ceil(share * len(ranked)) - 1)], 1)

    return {"p50": at(0.5), "p99": at(0.99), "max": at(1.0)}
