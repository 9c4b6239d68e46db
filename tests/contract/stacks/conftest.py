"""The shop's model files, parsed, in the fixtures of the records' suite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from orm.definitions import EntityDefinition
from orm.records import Connection
from orm.stacks import Parsed, StacksModelParser
from tests.contract.records.conftest import connection, hands, meter, tenant
from tests.contract.stacks.stocked import Shop, stock

__all__ = ["connection", "hands", "meter", "tenant"]

FOLDER = Path(__file__).parent / "models"


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
