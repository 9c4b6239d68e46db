"""Running what has to be awaited: so many at once, each for so long, none left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from orm.errors import ConfigurationError

T = TypeVar("T")
Job: TypeAlias = Callable[[], Awaitable[T]]


class TooLateError(Exception):
    """A job gave no answer in time; `place` says which."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


async def gather_limited(jobs: Sequence[Job[T]], limit: int, timeout_seconds: float) -> list[T]:
    """The jobs' results in their order.

    At most `limit` run at once. The first that raises, or takes too long, ends the others; so does
    the caller's being cancelled. All have ended when this returns or raises.

    Raises:
        TooLateError: a job took more than `timeout_seconds`.
    """
    if limit < 1:
        raise ConfigurationError("limit", f"at least one rule must run at once, not {limit}")
    if not timeout_seconds > 0:
        raise ConfigurationError("timeout_seconds", f"has to be above 0, not {timeout_seconds}")
    results: dict[int, T] = {}
    waiting = iter(enumerate(jobs))
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(limit, len(jobs))):
                group.create_task(_work(waiting, results, timeout_seconds))
    except BaseExceptionGroup as raised:
        # one caller asked, so one error answers; the others were cancelled because of it
        raise raised.exceptions[0] from None
    if len(results) < len(jobs):
        raise asyncio.CancelledError  # a job cancelled itself, so there is no answer
    return [results[place] for place in range(len(jobs))]


async def _work(
    waiting: Iterator[tuple[int, Job[T]]], results: dict[int, T], timeout_seconds: float
) -> None:
    for place, job in waiting:
        try:
            async with asyncio.timeout(timeout_seconds) as deadline:
                results[place] = await job()
        except TimeoutError:
            if deadline.expired():
                raise TooLateError(place) from None
            raise  # the rule's own
