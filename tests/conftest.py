"""The backends, and tables of a test's own on them.

A test that takes `driver` runs once on the memory engine and once on DynamoDB Local. One engine of
each kind serves a worker process; every test has table names of its own.
"""

from __future__ import annotations

import pytest

from eventstore import testing
from orm.clock import SystemClock
from orm.config import SingleTableConfig
from orm.driver import Driver, RetryingDriver, Transport, WireDriver
from orm.local.ephemeral import EphemeralEngine

pytest_plugins = ["eventstore.testing.plugin"]

BACKENDS = ("memory", "dynamodb")


@pytest.fixture(scope="session")
def local_engine(keyfold_engine: EphemeralEngine) -> EphemeralEngine:
    """DynamoDB Local, one for this worker process, started when first asked for."""
    return keyfold_engine


@pytest.fixture(scope="session")
def local_transport(keyfold_local_transport: Transport) -> Transport:
    return keyfold_local_transport


@pytest.fixture(scope="session")
def memory_transport(keyfold_memory_transport: Transport) -> Transport:
    return keyfold_memory_transport


@pytest.fixture(params=BACKENDS)
def transport(request: pytest.FixtureRequest) -> Transport:
    """Each backend in turn."""
    name = {"memory": "memory_transport", "dynamodb": "local_transport"}[request.param]
    found: Transport = request.getfixturevalue(name)
    return found


@pytest.fixture
def driver(transport: Transport) -> Driver:
    return RetryingDriver(WireDriver(transport))


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


RENAMED = {
    "pk": "hash",
    "sk": "order",
    "entity": "kind",
    "index": "by-{n}",
    "index_pk": "i{n}h",
    "index_sk": "i{n}o",
    "delimiter": " ",
    "prefix": "x-{prefix}",
}


def fresh_config(renamed: bool = False) -> SingleTableConfig:
    """A configuration for a table that no other test has; or one in which every name differs."""
    return testing.fresh_config(**(RENAMED if renamed else {}))


@pytest.fixture(params=["document names", "all renamed"])
def config(request: pytest.FixtureRequest) -> SingleTableConfig:
    """Table names of the test's own: as the document has them, then every one another."""
    return fresh_config(renamed=request.param == "all renamed")
