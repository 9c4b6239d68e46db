"""Tables for the length of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from orm import create_table, delete_table
from orm.clock import SystemClock
from orm.driver import Driver
from orm.records import Connection


@contextmanager
def table_of(connection: Connection, driver: Driver | None = None) -> Iterator[Connection]:
    """Have the table of all that is registered, for the length of the block.

    Args:
        connection: whose table. Its clock may stand still, and making a table waits, so another
            one is taken for that.
        driver: makes the table and deletes it, where the connection's is not to.
    """
    way = driver or connection.driver
    create_table(way, connection.shape(), SystemClock())
    try:
        yield connection
    finally:
        delete_table(way, connection.config.table, SystemClock())
