"""The one clock: where times come from, so that tests and simulations can bring their own.

Three readings, because three questions differ: *what time is it* (`now_micros`, recorded in
commits), *how long since* (`monotonic`, leases and deadlines; never compared between machines),
and *wait* (`sleep`).
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now_micros(self) -> int:
        """Microseconds since 1970-01-01 UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes backwards."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Return after `seconds`."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_micros(self) -> int:
        return time.time_ns() // 1_000

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds)


class ManualClock:
    """A clock that stands still until told; `sleep` moves it and returns at once."""

    def __init__(self, now_micros: int = 1_700_000_000_000_000) -> None:
        self._start = self._now = now_micros

    def now_micros(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start) / 1e6

    def sleep(self, seconds: float, /) -> None:
        self._now += round(seconds * 1e6)
