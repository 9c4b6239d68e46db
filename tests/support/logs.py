"""Logs of every kind behind one face, so that one suite asks the same of each."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import count

import msgspec

from eventstore import Draft, DynamoDBLog, Log, StreamId
from eventstore.token import Expected
from orm.clock import SystemClock
from orm.config import SingleTableConfig
from orm.driver import Driver

KINDS = ("memory log", "memory engine", "memory engine, renamed", "dynamodb", "dynamodb, renamed")
"""What keeps the commits: a list in memory, or a table on either engine, under either names."""


class Store(msgspec.Struct):
    """One log, and what reopens it as a process that starts anew would."""

    log: Log
    reopen: Callable[[], Log]


class TableStore(Store):
    """A log in a table."""

    driver: Driver
    config: SingleTableConfig

    @classmethod
    def create(cls, driver: Driver, config: SingleTableConfig) -> TableStore:
        """Make the table and open its log."""
        clock = SystemClock()
        log = DynamoDBLog(driver, config, clock)
        log.create()
        return cls(log, lambda: DynamoDBLog(driver, config, clock), driver, config)

    @property
    def table_log(self) -> DynamoDBLog:
        assert isinstance(self.log, DynamoDBLog)
        return self.log


_numbers = count(1)


def fresh_stream(tenant: str | None = None) -> StreamId:
    """A stream that no other test has, in a category of its own."""
    return StreamId(f"LEDGER{next(_numbers)}", secrets.token_hex(4), tenant)


def new_id() -> bytes:
    """A commit id."""
    return secrets.token_bytes(16)


def draft(stream: StreamId, expected: Expected, data: bytes = b"events", count: int = 1) -> Draft:
    """A draft; a log knows nothing of what its bytes mean."""
    return Draft(stream, expected, data, count)


def numbers(log: Log, stream: StreamId) -> list[tuple[int, int, int]]:
    """`(commit number, first event, events)` of each commit of a stream."""
    return [(c.number, c.first, c.count) for c in log.read(stream)]


def bodies(log: Log, stream: StreamId) -> list[bytes]:
    """The bytes of each commit of a stream."""
    return [commit.data for commit in log.read(stream)]
