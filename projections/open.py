"""Opening: a worker put together from a driver, two tables and a list of projections."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Sequence

from eventstore.layout import EventLayout
from eventstore.store import EventStore
from orm.clock import Clock, SystemClock
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from projections.dispatch import Dispatcher
from projections.leases import Leases
from projections.projection import Declared
from projections.shards import ChangeStream
from projections.worker import Worker, WorkerOptions


def open_worker(
    store: EventStore,
    projections: Sequence[Declared],
    driver: Driver,
    *,
    events: SingleTableConfig,
    read_models: SingleTableConfig,
    group: str = "main",
    name: str | None = None,
    clock: Clock | None = None,
    options: WorkerOptions | None = None,
) -> Worker:
    """A worker for these projections.

    Args:
        store: the event store; its log is the table of `events`.
        projections: read model classes and projectors.
        driver: the way to both tables; give it one that retries.
        events: the event table's names.
        read_models: the read-model table's names.
        group: workers of one group share the shards between them.
        name: this worker's name; made of host, process and chance unless given.
        clock: time and waiting.
        options: pace.
    """
    clock = clock or SystemClock()
    name = name or worker_name()
    return Worker(
        ChangeStream(driver, EventLayout(events)),
        Dispatcher(store, projections, driver, read_models, clock),
        Leases(driver, read_models, group, name, clock),
        clock,
        options,
    )


def worker_name() -> str:
    """A name that no other worker has: host, process and chance."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
