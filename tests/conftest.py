"""The backends, and tables of a test's own on them.

A test that takes `driver` runs once on the memory engine and once on DynamoDB Local. One engine of
each kind serves a worker process; every test has table names of its own. On DynamoDB Local every
module has a region of its own as well: its streams slow down with the change records of all tables
that a region ever had.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eventstore import testing
from orm.clock import SystemClock
from orm.config import SingleTableConfig
from orm.driver import Driver, RetryingDriver, Transport, WireDriver
from orm.local.ephemeral import EphemeralEngine, ephemeral_engine
from tests import needs
from tests.support.region import Region

pytest_plugins = ["eventstore.testing.plugin"]

BACKENDS = ("memory", "dynamodb")


@pytest.fixture(scope="session")
def local_engine(request: pytest.FixtureRequest) -> EphemeralEngine:
    """DynamoDB Local, one for this worker process, started when first asked for."""
    needs.check_local(request.config)
    engine: EphemeralEngine = request.getfixturevalue("keyfold_engine")
    return engine


@pytest.fixture
def mortal_engine(request: pytest.FixtureRequest) -> Iterator[EphemeralEngine]:
    """DynamoDB Local of this test's own, to be killed."""
    needs.check_local(request.config)
    with ephemeral_engine() as engine:
        yield engine


@pytest.fixture(scope="module")
def region(local_engine: EphemeralEngine) -> Region:
    """A region of DynamoDB Local that this module has for itself."""
    return Region.fresh(local_engine)


@pytest.fixture(scope="module")
def local_transport(request: pytest.FixtureRequest, region: Region) -> Transport:
    """What carries requests there, on the path that `--transport` names."""
    return region.transport(stock=request.config.getoption("--transport") == "stock")


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
    "local_index": "own-{n}",
    "local_index_sk": "l{n}o",
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
