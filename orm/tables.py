"""Tables: what one looks like, making it, waiting for it, and taking it away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from orm.clock import Clock, SystemClock
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.errors import ConfigurationError, TableExistsError, TableNotFoundError
from orm.requests import (
    AttributeDefinition,
    CreateTable,
    DeleteTable,
    DescribeTable,
    KeyElement,
    ListTables,
    Projection,
    SecondaryIndex,
    StreamSpecification,
    TableDescription,
)

_POLL_SECONDS: Final = 0.5
_WAIT_SECONDS_MAX: Final = 300.0


class TableShape(msgspec.Struct, frozen=True, kw_only=True):
    """What a table must look like.

    Args:
        config: the names.
        indexes: how many overloaded global secondary indexes it has, numbered from 1.
        index_projection: what they hold: `ALL` or `KEYS_ONLY`.
        stream: what its change stream records: `NEW_IMAGE`, `NEW_AND_OLD_IMAGES`, …, or None.
    """

    config: SingleTableConfig
    indexes: int = 0
    index_projection: str = "ALL"
    stream: str | None = None

    def request(self) -> CreateTable:
        """The call that makes it, billed by request."""
        config = self.config
        numbers = range(1, self.indexes + 1)
        names = [config.pk, config.sk, *(n for i in numbers for n in config.index_keys(i))]
        return CreateTable(
            table_name=config.table,
            key_schema=_key_schema(config.pk, config.sk),
            attribute_definitions=[
                AttributeDefinition(attribute_name=name, attribute_type="S") for name in names
            ],
            billing_mode="PAY_PER_REQUEST",
            global_secondary_indexes=[self._index(number) for number in numbers] or None,
            stream_specification=self._stream(),
        )

    def _index(self, number: int) -> SecondaryIndex:
        return SecondaryIndex(
            index_name=self.config.index_name(number),
            key_schema=_key_schema(*self.config.index_keys(number)),
            projection=Projection(projection_type=self.index_projection),
        )

    def _stream(self) -> StreamSpecification | None:
        if self.stream is None:
            return None
        return StreamSpecification(stream_enabled=True, stream_view_type=self.stream)


def _key_schema(pk: str, sk: str) -> list[KeyElement]:
    return [
        KeyElement(attribute_name=pk, key_type="HASH"),
        KeyElement(attribute_name=sk, key_type="RANGE"),
    ]


def create_table(driver: Driver, shape: TableShape, clock: Clock | None = None) -> bool:
    """Make the table and wait until it answers; leave one that is there already.

    Returns:
        Whether it was made now.

    Raises:
        ConfigurationError: a table of this name is there and looks different.
    """
    try:
        driver.send(shape.request())
        made = True
    except TableExistsError:
        made = False
    description = wait_until_active(driver, shape.config.table, clock or SystemClock())
    _check_shape(shape, description)
    return made


def _check_shape(shape: TableShape, found: TableDescription) -> None:
    wanted = shape.request()
    table = shape.config.table
    if found.key_schema != wanted.key_schema:
        raise ConfigurationError(table, "the table is there and its key attributes are others")
    have = {index.index_name: index.key_schema for index in found.global_secondary_indexes}
    for index in wanted.global_secondary_indexes or ():
        if have.get(index.index_name) != index.key_schema:
            raise ConfigurationError(
                table, f"the table is there and its index {index.index_name} is missing or other"
            )
    if shape.stream and found.stream_specification != wanted.stream_specification:
        raise ConfigurationError(table, f"the table is there without a stream of {shape.stream}")


def wait_until_active(driver: Driver, table: str, clock: Clock) -> TableDescription:
    """Wait, at most five minutes, until the table and its indexes can be used."""
    deadline = clock.monotonic() + _WAIT_SECONDS_MAX
    while True:
        description = driver.send(DescribeTable(table_name=table)).table
        if _is_active(description):
            return description
        if clock.monotonic() > deadline:
            raise ConfigurationError(table, f"still {description.table_status} after five minutes")
        clock.sleep(_POLL_SECONDS)


def _is_active(description: TableDescription) -> bool:
    return description.table_status == "ACTIVE" and all(
        index.index_status in ("ACTIVE", msgspec.UNSET)
        for index in description.global_secondary_indexes
    )


def delete_table(driver: Driver, table: str, clock: Clock | None = None) -> bool:
    """Delete the table, with everything in it, and wait until it is gone.

    Returns:
        Whether it was there.
    """
    try:
        driver.send(DeleteTable(table_name=table))
    except TableNotFoundError:
        return False
    clock = clock or SystemClock()
    deadline = clock.monotonic() + _WAIT_SECONDS_MAX
    while clock.monotonic() < deadline:
        try:
            driver.send(DescribeTable(table_name=table))
        except TableNotFoundError:
            return True
        clock.sleep(_POLL_SECONDS)
    raise ConfigurationError(table, "still there five minutes after it was deleted")


def table_names(driver: Driver) -> Iterator[str]:
    """The names of all tables of the account and region."""
    start: str | None = None
    while True:
        page = driver.send(ListTables(exclusive_start_table_name=start))
        yield from page.table_names
        if (start := page.last_evaluated_table_name) is None:
            return
