"""A stocked shop on each backend: with the names of the document, and with every name another and a
tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
import pytest

from orm.book import AccessPatternGenerator
from orm.clock import ManualClock
from orm.driver import Driver, MeteredDriver
from orm.records import Connection
from orm.requests import GetItem, Query, Request
from tests.conftest import fresh_config
from tests.contract.book.shop import MODELS, OPTIONS, stock
from tests.support.tables import table_of

R = TypeVar("R")
READS = {"GetItem", "Query"}
NOON_MICROS = 1_800_000_000_000_000


class Listener:
    """A driver that keeps what is read, and by which requests."""

    def __init__(self, driver: Driver) -> None:
        self._driver = MeteredDriver(driver)
        self.forget()

    def forget(self) -> None:
        self.sent: list[Query[Any] | GetItem[Any]] = []
        self.scanned, self._before = 0, self._driver.usage().capacity_units

    def send(self, request: Request[R], /) -> R:
        answer = self._driver.send(request)
        if isinstance(request, (Query, GetItem)):
            self.sent.append(request)
            self.scanned += getattr(answer, "scanned_count", 0)
        return answer

    @property
    def units(self) -> float:
        """The read units since."""
        return sum(self._since(operation) for operation in READS)

    @property
    def written(self) -> float:
        """The write units since."""
        return sum(map(self._since, {*self._driver.usage().capacity_units} - READS))

    def _since(self, operation: str) -> float:
        return self._driver.usage().capacity_units[operation] - self._before[operation]


class Shop(msgspec.Struct):
    """Everything there is: how it is reached, and what is stored."""

    connection: Connection
    listener: Listener
    rows: dict[str, list[Any]]

    @property
    def generator(self) -> AccessPatternGenerator:
        return AccessPatternGenerator(self.connection)


@pytest.fixture(params=["document names", "all renamed, tenant"])
def shop(driver: Driver, request: pytest.FixtureRequest) -> Iterator[Shop]:
    renamed = request.param != "document names"
    config = fresh_config(renamed=renamed)
    listener = Listener(driver)
    connection = Connection(
        listener,
        config,
        tenant="acme" if renamed else None,
        options=OPTIONS,
        clock=ManualClock(NOON_MICROS),
    )
    connection.register(*MODELS)
    with table_of(connection, driver):
        yield Shop(connection, listener, stock(connection, 7))
