"""The blog's models, read through a cache, on each backend and under each set of names."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from orm import SingleTableConfig
from orm.caching import CachedDriver
from orm.clock import ManualClock
from orm.driver import Driver, MeteredDriver
from orm.records import Connection
from tests.contract.records.blog import MODELS
from tests.support.tables import table_of

NOON_MICROS = 1_800_000_000_000_000


@pytest.fixture(params=[None, "acme"], ids=["no tenant", "tenant"])
def tenant(request: pytest.FixtureRequest) -> str | None:
    found: str | None = request.param
    return found


@pytest.fixture
def meter(driver: Driver) -> MeteredDriver:
    """Counts the calls that get past the cache."""
    return MeteredDriver(driver)


@pytest.fixture
def hands() -> ManualClock:
    """The clock of the models and of the cache."""
    return ManualClock(NOON_MICROS)


@pytest.fixture
def cache(meter: MeteredDriver, hands: ManualClock) -> CachedDriver:
    return CachedDriver(meter, clock=hands)


@pytest.fixture
def connection(
    cache: CachedDriver, config: SingleTableConfig, tenant: str | None, hands: ManualClock
) -> Iterator[Connection]:
    """The models in a table that is there; prefixes are renamed where all else is."""
    if config.pk != "pk":
        config = msgspec.structs.replace(config, prefix="v2.{prefix}")
    made = Connection(cache, config, tenant=tenant, clock=hands)
    made.register(*MODELS)
    with table_of(made):
        yield made
