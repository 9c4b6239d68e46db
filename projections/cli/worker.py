"""`keyfold worker`: reads the change stream and writes the read models of this project."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from orm.cli.output import ATTENTION, OK, Output
from orm.cli.target import NOWHERE, Target
from projections.cli.project import Watched
from projections.open import worker_name
from projections.worker import Report, Worker, WorkerOptions

app = App(name="worker", help="Run a worker that keeps the read models up to date.")


@app.command
def run(
    *,
    group: Annotated[str, Parameter(help="Workers of one group share the work.")] = "main",
    lease_seconds: Annotated[
        float, Parameter(validator=Number(gte=1), help="After this silence others take over.")
    ] = 10.0,
    target: Target = NOWHERE,
) -> int:
    """Run until Ctrl-C or SIGTERM, then finish the page in hand, save the place and let go.

    Exit code 3 when streams were parked meanwhile.

    Example: `keyfold worker run`
    """
    logging.basicConfig(level=logging.WARNING, handlers=[Notes(target.output)])
    watched = Watched(target, group)
    options = WorkerOptions(lease_seconds=lease_seconds, balance_seconds=lease_seconds / 3)
    name = worker_name()
    worker = Worker(
        watched.changes, watched.dispatcher(), watched.leases(name), watched.clock, options
    )
    names = ", ".join(projection.id for projection in watched.projections)
    target.output.note(f"worker {name} of group {group!r} keeps {names}; Ctrl-C ends it")
    with stop_signals() as stopping:
        report = worker.run(stopping.is_set)
    target.output.facts(_facts(report))
    return ATTENTION if any(counts["parked"] for counts in report.projections.values()) else OK


class Notes(logging.Handler):
    """What the worker logs, said as every command says what stands beside its results."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        self._output.note(f"{record.levelname.lower()}: {record.getMessage()}")


def _facts(report: Report) -> dict[str, object]:
    return {name: dict(sorted(counts.items())) for name, counts in report.projections.items()} | {
        "records": dict(report.records),
        "scans": dict(report.scans),
        "outages": report.outages,
    }


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, for the length of the block."""
    stopping = threading.Event()
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(name, lambda *_: stopping.set()) for name in names]
    try:
        yield stopping
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)
