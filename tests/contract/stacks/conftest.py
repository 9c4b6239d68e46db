"""The shop's model files, parsed, in the fixtures of the records' suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from orm import delete_table
from orm.clock import SystemClock
from orm.config import SingleTableConfig
from orm.definitions import EntityDefinition
from orm.driver import Driver
from orm.records import Connection
from orm.stacks import Parsed, StacksModelParser
from tests.conftest import fresh_config
from tests.contract.records.conftest import connection, hands, meter
from tests.contract.stacks.bench import Bench
from tests.contract.stacks.stocked import Shop, stock

__all__ = ["connection", "hands", "meter", "tenant"]

FOLDER = Path(__file__).parent / "models"


@pytest.fixture
def tenant(config: SingleTableConfig) -> str | None:
    """One where all is renamed. The records' suite tries each with each; here it would be the
    same files twice more."""
    return None if config.pk == "pk" else "acme"


@pytest.fixture(scope="session")
def parsed() -> Parsed:
    """What the parser reads from the folder and those in it."""
    return StacksModelParser().parse(FOLDER)


@pytest.fixture
def models(parsed: Parsed) -> Sequence[EntityDefinition]:
    """The models in the table."""
    return parsed.definitions


@pytest.fixture
def shop(connection: Connection) -> Shop:
    """Rows of every model, and what is attached to what."""
    return stock(connection, seed=4)


@pytest.fixture
def bench(driver: Driver) -> Iterator[Bench]:
    """A table for a file of the test's own; of its names the shop's tests say enough."""
    config = fresh_config()
    yield Bench(driver, config)
    delete_table(driver, config.table, SystemClock())
