"""The one retry policy: which failures are repeated, how long, and what is said afterwards.

Repeating the *identical* request is safe for every request Keyfold sends: puts carry a condition
and an id of their own, transactions a token, reads change nothing. What is not safe is to forget
an attempt whose fate is unknown, so a failure after one says `applied = None` even when its own
last answer was a plain refusal.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

import msgspec
import tenacity

from orm.clock import Clock, SystemClock
from orm.driver.protocol import Driver
from orm.errors import DriverError
from orm.requests import Request

R = TypeVar("R")


class RetryPolicy(msgspec.Struct, frozen=True):
    """How often and how long one request, or one decision, is tried.

    Args:
        attempts_max: sends in all, the first included.
        deadline_seconds: no new attempt begins after this long.
        wait_first_seconds: the ceiling of the first random wait; it doubles each time.
        wait_max_seconds: the ceiling of every wait.
    """

    attempts_max: int = 8
    deadline_seconds: float = 30.0
    wait_first_seconds: float = 0.05
    wait_max_seconds: float = 5.0

    def wait_seconds(self, failures: int, jitter: Callable[[], float] = random.random) -> float:
        """How long to wait after so many failures in a row: full jitter, doubling ceiling."""
        ceiling = self.wait_first_seconds * 2.0 ** min(failures - 1, 32)
        return jitter() * min(self.wait_max_seconds, ceiling)

    def retrying(
        self,
        repeatable: Callable[[BaseException], bool],
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> tenacity.Retrying:
        """The policy as a tenacity controller with full jitter on `clock`."""
        started = clock.monotonic()

        def wait(state: tenacity.RetryCallState) -> float:
            return self.wait_seconds(state.attempt_number, jitter)

        def stop(state: tenacity.RetryCallState) -> bool:
            return (
                state.attempt_number >= self.attempts_max
                or clock.monotonic() - started >= self.deadline_seconds
            )

        return tenacity.Retrying(
            sleep=clock.sleep,
            wait=wait,
            stop=stop,
            retry=tenacity.retry_if_exception(repeatable),
            reraise=True,
        )


class RetryingDriver:
    """A `Driver` that repeats what a `DriverError` says may be repeated.

    The first attempt costs nothing extra: tenacity comes in after a failure.
    """

    def __init__(
        self, driver: Driver, policy: RetryPolicy | None = None, clock: Clock | None = None
    ) -> None:
        self._driver = driver
        self._policy = policy or RetryPolicy()
        self._clock = clock or SystemClock()

    def send(self, request: Request[R], /) -> R:
        """See `Driver.send`."""
        try:
            return self._driver.send(request)
        except DriverError as error:
            if not error.retry:
                raise
            return self._again(request, error)

    def _again(self, request: Request[R], first: DriverError) -> R:
        history = _History(first)
        attempts = self._policy.retrying(history.repeatable, self._clock)
        try:
            answer: R = attempts(history.attempt, self._driver, request)
        except DriverError as last:
            history.mark(last)
            raise
        return answer


class _History:
    """What happened to one request so far. Its first replay raises the failure it begins with."""

    def __init__(self, first: DriverError) -> None:
        self._first: DriverError | None = first
        self._attempts = 1
        self._maybe_applied = False

    def attempt(self, driver: Driver, request: Request[R]) -> R:
        if self._first is not None:
            first, self._first = self._first, None
            raise first
        self._attempts += 1
        return driver.send(request)

    def repeatable(self, error: BaseException) -> bool:
        if not isinstance(error, DriverError):
            return False
        self._maybe_applied |= error.retry and error.applied is None
        return error.retry

    def mark(self, last: DriverError) -> None:
        last.attempts = self._attempts
        if self._maybe_applied:
            last.applied = None
