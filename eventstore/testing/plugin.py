"""The pytest plugin: logs, stores and tables of a test's own.

| fixture | scope | what it is |
|---|---|---|
| `keyfold_log` | test | a fresh `MemoryLog` |
| `keyfold_store` | test | makes an `EventStore` on that log: `keyfold_store(Order, Account)` |
| `keyfold_config` | test | a `SingleTableConfig` whose table no other test has |
| `keyfold_driver` | session | a `Driver` on the engine that `--keyfold-engine` names |
| `keyfold_dynamodb_log` | test | a `DynamoDBLog` on a table of its own, made on that driver |
| `keyfold_engine` | session | DynamoDB Local, one for each worker process |

`--keyfold-engine memory` (as it is) answers from memory; `local` starts DynamoDB Local. That runs
without `-sharedDb`, under a random access key, so worker processes never see each other's tables.

Everything is imported inside the fixtures: pytest loads plugins before it measures coverage, and in
projects that never use this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

if TYPE_CHECKING:
    from eventstore.dynamodb import DynamoDBLog
    from eventstore.memory import MemoryLog
    from eventstore.store import EventStore
    from orm.config import SingleTableConfig
    from orm.driver.protocol import Driver
    from orm.driver.transport import Transport
    from orm.local.ephemeral import EphemeralEngine

StoreFactory: TypeAlias = "Callable[..., EventStore]"
"""Makes a store that knows the given event classes, aggregates and deciders."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("keyfold").addoption(
        "--keyfold-engine",
        choices=("memory", "local"),
        default="memory",
        help="what keyfold_driver talks to: an engine in memory, or DynamoDB Local",
    )


@pytest.fixture
def keyfold_log() -> MemoryLog:
    """A log in memory that is empty."""
    from eventstore.memory import MemoryLog

    return MemoryLog()


@pytest.fixture
def keyfold_store(keyfold_log: MemoryLog) -> StoreFactory:
    """Makes stores on `keyfold_log`; give it what they are to know."""
    from eventstore.store import EventStore

    def make(*knows: Any) -> EventStore:
        return EventStore(keyfold_log, knows)

    return make


@pytest.fixture
def keyfold_config() -> SingleTableConfig:
    """Names for a table that no other test has."""
    from eventstore.testing.tables import fresh_config

    return fresh_config()


@pytest.fixture(scope="session")
def keyfold_engine() -> Iterator[EphemeralEngine]:
    """DynamoDB Local, private to this worker process, started when first asked for."""
    from orm.local.ephemeral import ephemeral_engine

    with ephemeral_engine() as engine:
        yield engine


@pytest.fixture(scope="session")
def keyfold_local_transport(keyfold_engine: EphemeralEngine) -> Transport:
    """What carries requests to `keyfold_engine`."""
    from orm.driver.boto import BotoTransport

    return BotoTransport(
        region=keyfold_engine.region,
        endpoint_url=keyfold_engine.endpoint_url,
        access_key=keyfold_engine.access_key,
        secret_key=keyfold_engine.secret_key,
    )


@pytest.fixture(scope="session")
def keyfold_memory_transport() -> Transport:
    """What carries requests to an engine in memory."""
    from orm.memory import MemoryTransport

    return MemoryTransport()


@pytest.fixture(scope="session")
def keyfold_driver(request: pytest.FixtureRequest) -> Driver:
    """The way to the engine that `--keyfold-engine` names."""
    from orm.driver.retry import RetryingDriver
    from orm.driver.wire import WireDriver

    engine = request.config.getoption("--keyfold-engine")
    transport: Transport = request.getfixturevalue(f"keyfold_{engine}_transport")
    return RetryingDriver(WireDriver(transport))


@pytest.fixture
def keyfold_dynamodb_log(keyfold_driver: Driver, keyfold_config: SingleTableConfig) -> DynamoDBLog:
    """A log in a table of this test's own."""
    from eventstore.dynamodb import DynamoDBLog

    log = DynamoDBLog(keyfold_driver, keyfold_config)
    log.create()
    return log
