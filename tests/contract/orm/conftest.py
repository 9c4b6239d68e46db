"""A table for the models of the suite, on each backend and under each set of names."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from orm import SingleTableConfig, Table, TableShape, create_table, delete_table
from orm.clock import SystemClock
from orm.driver import Driver, MeteredDriver


@pytest.fixture
def meter(driver: Driver) -> MeteredDriver:
    """Counts the calls that the test makes."""
    return MeteredDriver(driver)


@pytest.fixture(params=[None, "acme"], ids=["no tenant", "tenant"])
def tenant(request: pytest.FixtureRequest) -> str | None:
    found: str | None = request.param
    return found


@pytest.fixture
def made(driver: Driver, config: SingleTableConfig) -> Iterator[SingleTableConfig]:
    """The configuration of a table that is there; prefixes are renamed where all else is."""
    if config.pk != "pk":
        config = msgspec.structs.replace(config, prefix="v2.{prefix}")
    create_table(driver, TableShape(config=config, indexes=2), SystemClock())
    yield config
    delete_table(driver, config.table, SystemClock())


@pytest.fixture
def table(meter: MeteredDriver, made: SingleTableConfig, tenant: str | None) -> Table:
    return Table(meter, made, tenant=tenant)
