"""A table with the models of the suite, on each backend, with the document's names and with every
name another and a tenant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import pytest

from orm import SingleTableConfig
from orm.clock import ManualClock
from orm.driver import Driver, MeteredDriver
from orm.records import Connection, DynamoDBModel
from tests.contract.records.blog import MODELS
from tests.contract.records.odd import ODD
from tests.counts import LONG
from tests.support.tables import table_of

NOON_MICROS = 1_800_000_000_000_000


@pytest.fixture(
    params=[None, "acme"] if LONG else ["of the names"],
    ids=["no tenant", "tenant"] if LONG else [""],
)
def tenant(request: pytest.FixtureRequest, config: SingleTableConfig) -> str | None:
    """One where every name is renamed, and none else; in long runs each with each."""
    if request.param != "of the names":
        found: str | None = request.param
        return found
    return None if config.pk == "pk" else "acme"


@pytest.fixture
def meter(driver: Driver) -> MeteredDriver:
    """Counts the calls that the test makes."""
    return MeteredDriver(driver)


@pytest.fixture
def hands() -> ManualClock:
    """The clock of the models."""
    return ManualClock(NOON_MICROS)


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    """The models in the table."""
    return MODELS


@pytest.fixture
def connection(
    meter: MeteredDriver,
    config: SingleTableConfig,
    tenant: str | None,
    hands: ManualClock,
    models: Sequence[type[DynamoDBModel]],
) -> Iterator[Connection]:
    """The models in a table that is there; prefixes are renamed where all else is."""
    if config.pk != "pk":
        config = msgspec.structs.replace(config, prefix="v2.{prefix}")
    made = Connection(meter, config, tenant=tenant, clock=hands)
    made.register(*models)
    with table_of(made):
        yield made


@pytest.fixture
def own(driver: Driver, config: SingleTableConfig, hands: ManualClock) -> Iterator[Connection]:
    """A table with the odd models, without a tenant."""
    made = Connection(driver, config, clock=hands)
    made.register(*ODD)
    with table_of(made):
        yield made
