"""Counting: how many requests of each kind went out and what capacity they consumed."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TypeVar

import msgspec

from orm.driver.protocol import Driver
from orm.errors import DriverError
from orm.requests import Request

R = TypeVar("R")


class Usage(msgspec.Struct):
    """Requests, capacity units and failures by operation, since the meter began."""

    requests: Counter[str] = msgspec.field(default_factory=Counter)
    capacity_units: Counter[str] = msgspec.field(default_factory=Counter)
    failures: Counter[str] = msgspec.field(default_factory=Counter)


class MeteredDriver:
    """A `Driver` that counts. Put it innermost to count every attempt, outermost to count calls."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._usage = Usage()
        self._counting = threading.Lock()

    def send(self, request: Request[R], /) -> R:
        """See `Driver.send`."""
        try:
            answer = self._driver.send(request)
        except DriverError as error:
            self._count(request.operation, getattr(error, "answer", None), type(error).__name__)
            raise
        self._count(request.operation, answer)
        return answer

    def _count(self, operation: str, answer: object, failure: str = "") -> None:
        units = getattr(answer, "capacity_units", None)
        with self._counting:
            self._usage.requests[operation] += 1
            if units is not None:
                self._usage.capacity_units[operation] += units()
            if failure:
                self._usage.failures[failure] += 1

    def usage(self) -> Usage:
        """A copy of the counts so far."""
        with self._counting:
            return Usage(
                Counter(self._usage.requests),
                Counter(self._usage.capacity_units),
                Counter(self._usage.failures),
            )
