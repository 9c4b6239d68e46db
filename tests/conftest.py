"""The backends, and tables of a test's own on them.

A test that takes `driver` runs once on the memory engine and once on DynamoDB Local. One engine of
each kind serves a worker process; every test has table names of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from orm.clock import SystemClock
from orm.config import SingleTableConfig
from orm.driver import Driver, RetryingDriver, Transport, WireDriver
from orm.driver.boto import BotoTransport
from orm.local.ephemeral import EphemeralEngine, ephemeral_engine
from orm.memory import MemoryTransport

BACKENDS = ("memory", "dynamodb")


@pytest.fixture(scope="session")
def local_engine() -> Iterator[EphemeralEngine]:
    """DynamoDB Local, one for this worker process, started when first asked for."""
    with ephemeral_engine() as engine:
        yield engine


@pytest.fixture(scope="session")
def local_transport(local_engine: EphemeralEngine) -> Transport:
    return BotoTransport(
        region=local_engine.region,
        endpoint_url=local_engine.endpoint_url,
        access_key=local_engine.access_key,
        secret_key=local_engine.secret_key,
    )


@pytest.fixture(scope="session")
def memory_transport() -> Transport:
    return MemoryTransport()


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


def fresh_config(renamed: bool = False) -> SingleTableConfig:
    """A configuration for a table that no other test has; or one in which every name differs."""
    table = f"t-{secrets.token_hex(6)}"
    if not renamed:
        return SingleTableConfig(table=table)
    return SingleTableConfig(
        table=table,
        pk="hash",
        sk="order",
        entity="kind",
        index="by-{n}",
        index_pk="i{n}h",
        index_sk="i{n}o",
        delimiter=" ",
        prefix="x-{prefix}",
    )


@pytest.fixture(params=["document names", "all renamed"])
def config(request: pytest.FixtureRequest) -> SingleTableConfig:
    """Table names of the test's own: as the document has them, then every one another."""
    return fresh_config(renamed=request.param == "all renamed")
