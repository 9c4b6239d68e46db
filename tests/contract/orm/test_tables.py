"""Tables: made once, recognised when they are there, refused when they look different."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from orm import SingleTableConfig, TableShape, create_table, delete_table
from orm.clock import SystemClock
from orm.driver import Driver
from orm.errors import ConfigurationError, TableNotFoundError
from orm.requests import GetItem, Item
from orm.tables import table_names, wait_until_active

CLOCK = SystemClock()


@pytest.fixture
def named(driver: Driver, config: SingleTableConfig) -> Iterator[SingleTableConfig]:
    yield config
    delete_table(driver, config.table, CLOCK)


def test_a_table_is_made_once(driver: Driver, named: SingleTableConfig) -> None:
    shape = TableShape(config=named, indexes=2, stream="NEW_IMAGE")
    assert create_table(driver, shape, CLOCK) is True
    assert create_table(driver, shape, CLOCK) is False
    found = wait_until_active(driver, named.table, CLOCK)
    assert found.table_status == "ACTIVE"
    assert found.latest_stream_arn
    assert {index.index_name for index in found.global_secondary_indexes} == {
        named.index_name(1), named.index_name(2),
    }  # fmt: skip
    assert named.table in set(table_names(driver))


def test_a_table_that_looks_different_is_refused(driver: Driver, named: SingleTableConfig) -> None:
    create_table(driver, TableShape(config=named), CLOCK)
    with pytest.raises(ConfigurationError, match=r"its index .* is missing"):
        create_table(driver, TableShape(config=named, indexes=1), CLOCK)
    with pytest.raises(ConfigurationError, match="without a stream"):
        create_table(driver, TableShape(config=named, stream="NEW_IMAGE"), CLOCK)
    other = msgspec.structs.replace(named, pk="another")
    with pytest.raises(ConfigurationError, match="key attributes are others"):
        create_table(driver, TableShape(config=other), CLOCK)


def test_a_deleted_table_is_gone(driver: Driver, named: SingleTableConfig) -> None:
    create_table(driver, TableShape(config=named), CLOCK)
    assert delete_table(driver, named.table, CLOCK) is True
    assert delete_table(driver, named.table, CLOCK) is False
    request: GetItem[Item] = GetItem(table_name=named.table, key=named.key("a", "a"))
    with pytest.raises(TableNotFoundError):
        driver.send(request)
