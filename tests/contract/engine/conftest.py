"""A pair of engines, and a table on both."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from orm.driver import Transport
from orm.memory import MemoryTransport
from tests.contract.engine.pair import Pair
from tests.contract.engine.tables import table_params


@pytest.fixture
def pair(local_transport: Transport) -> Pair:
    return Pair(MemoryTransport(), local_transport)


@pytest.fixture
def table(pair: Pair) -> Iterator[str]:
    """A table with indexes of all kinds and a stream, on both engines, of this test's own."""
    name = f"engine-{secrets.token_hex(6)}"
    params: dict[str, Any] = table_params(name)
    pair.same("CreateTable", params)
    yield name
    pair.same("DeleteTable", {"TableName": name})
