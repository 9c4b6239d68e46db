"""A house on each backend, under either names. Gates share one a module; workers get one
of their own, since they read everything that lies in it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orm.clock import ManualClock
from orm.driver import Transport
from orm.memory import MemoryTransport
from orm.tables import delete_table
from tests.conftest import fresh_config
from tests.contract.projections.house import House

KINDS = ("memory", "memory, renamed", "dynamodb", "dynamodb, renamed")


def open_house(request: pytest.FixtureRequest, kind: str) -> House:
    engine, _, names = kind.partition(", ")
    fixture = {"memory": "memory_transport", "dynamodb": "local_transport"}[engine]
    transport: Transport = request.getfixturevalue(fixture)
    renamed = bool(names)
    return House(transport, fresh_config(renamed), fresh_config(renamed)).create()


@pytest.fixture(scope="module")
def houses() -> dict[str, House]:
    return {}


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest, houses: dict[str, House]) -> House:
    """Tables of each kind; every test has streams and branches of its own in them."""
    kind: str = request.param
    if kind not in houses:
        houses[kind] = open_house(request, kind)
    shared = houses[kind]
    return House(shared.transport, shared.events, shared.rows)


@pytest.fixture(params=("memory", "dynamodb"))
def own_house(request: pytest.FixtureRequest) -> Iterator[House]:
    """Tables of this test's own, on each backend."""
    house = open_house(request, request.param)
    yield house
    for config in (house.events, house.rows):
        delete_table(house.plain, config.table, house.clock)


@pytest.fixture
def manual_clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def engine(manual_clock: ManualClock) -> MemoryTransport:
    """A memory engine of this test's own, on the test's own clock."""
    return MemoryTransport(now=lambda: manual_clock.now_micros() / 1e6)


@pytest.fixture
def timed_house(engine: MemoryTransport, manual_clock: ManualClock) -> House:
    """Tables in which no time passes unless told."""
    return House(engine, fresh_config(), fresh_config(), manual_clock).create()
