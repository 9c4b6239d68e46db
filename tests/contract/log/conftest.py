"""Every log in turn. One store of each kind serves a module; every test has streams of its own."""

from __future__ import annotations

import pytest

from eventstore import Log, MemoryLog, StreamId
from orm.driver import RetryingDriver, WireDriver
from tests.conftest import fresh_config
from tests.support.logs import KINDS, Store, TableStore, fresh_stream


def open_store(request: pytest.FixtureRequest, kind: str) -> Store:
    """A new store of this kind."""
    if kind == "memory log":
        log = MemoryLog()
        return Store(log, lambda: log)
    engine, _, names = kind.partition(", ")
    fixture = {"memory engine": "memory_transport", "dynamodb": "local_transport"}[engine]
    driver = RetryingDriver(WireDriver(request.getfixturevalue(fixture)))
    return TableStore.create(driver, fresh_config(renamed=bool(names)))


@pytest.fixture(scope="module")
def stores() -> dict[str, Store]:
    return {}


def shared_store(request: pytest.FixtureRequest, stores: dict[str, Store]) -> Store:
    kind: str = request.param
    if kind not in stores:
        stores[kind] = open_store(request, kind)
    return stores[kind]


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, stores: dict[str, Store]) -> Store:
    """A store of each kind."""
    return shared_store(request, stores)


@pytest.fixture
def log(store: Store) -> Log:
    return store.log


@pytest.fixture(params=[kind for kind in KINDS if kind != "memory log"])
def table_store(request: pytest.FixtureRequest, stores: dict[str, Store]) -> TableStore:
    """A store of each kind that has a table."""
    found = shared_store(request, stores)
    assert isinstance(found, TableStore)
    return found


@pytest.fixture
def stream() -> StreamId:
    return fresh_stream()
