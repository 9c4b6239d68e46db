"""Load of 100, 1,000 and 10,000 events: fetch, decode to event objects, fold to the state.

Ours reads the commits that the log writes, in two layouts: one event in each commit, which is the
worst case, and ten. The peers are in `benchmarks.peers`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from benchmarks.canned import NAIVE_TABLE, PER_COMMIT, SIZES, stream
from benchmarks.measure import ROUNDS_MIN, Measured, measure
from benchmarks.orders import Order, history
from benchmarks.peers import SqliteOrders, as_order, boto_events, boto_load
from benchmarks.replay_server import ReplayServer
from benchmarks.stacks import boto_resource, event_store, transport

OURS: Final = {1: "Repository.load, 1 event a commit", 10: "Repository.load, 10 events a commit"}
STOCK: Final = f"{OURS[1]}, stock transport"
BOTO: Final = "boto3 resource, 1 item an event"
SQLITE: Final = "eventsourcing, SQLite in process"

Variants: TypeAlias = dict[str, Callable[[], object]]


@contextmanager
def loads(server: ReplayServer, events: int) -> Iterator[Variants]:
    """Every way of loading a stream of so many events, checked to come to the same answer."""
    store, stock = (event_store(transport(server, stock=stock)) for stock in (False, True))
    orders, table = store.of(Order), boto_resource(server).Table(NAIVE_TABLE)
    ours = {
        OURS[per_commit]: partial(orders.load, stream(events, per_commit).id)
        for per_commit in PER_COMMIT
    } | {STOCK: partial(stock.of(Order).load, stream(events, 1).id)}
    with tempfile.TemporaryDirectory(prefix="keyfold-benchmark-") as folder:
        sqlite = SqliteOrders(Path(folder))
        sqlite.write(events)
        wanted = history(events)
        for per_commit in PER_COMMIT:
            commits = store.read(stream(events, per_commit))
            assert [event for commit in commits for event in commit.events] == wanted
        assert list(boto_events(table, events)) == wanted
        state = boto_load(table, events)
        assert as_order(sqlite.load(events)) == state
        for once in ours.values():
            assert once().state == state
        yield ours | {
            BOTO: lambda: boto_load(table, events),
            SQLITE: lambda: sqlite.load(events),
        }
        sqlite.close()


def run(server: ReplayServer, events: int, rounds: int = ROUNDS_MIN) -> Measured:
    """Check and time every way of loading so many events."""
    assert events in SIZES
    with loads(server, events) as variants:
        return measure(variants, rounds)
