"""A table with a stream, on each engine in turn; and a memory engine whose clock can be moved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orm.clock import ManualClock
from orm.driver import Transport
from orm.memory import MemoryTransport
from tests.contract.streams.table import StreamTable


@pytest.fixture
def table(transport: Transport) -> Iterator[StreamTable]:
    found = StreamTable(transport)
    yield found
    found.drop()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def engine(clock: ManualClock) -> MemoryTransport:
    return MemoryTransport(now=lambda: clock.now_micros() / 1e6)


@pytest.fixture
def timed(engine: MemoryTransport) -> StreamTable:
    """A table on an engine on which no time passes unless told."""
    return StreamTable(engine)
