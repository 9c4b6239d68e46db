"""Parallel calls: one function over many arguments, in as many threads as are allowed."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

A = TypeVar("A")
B = TypeVar("B")

THREADS: Final = 16
"""Calls under way at a time; a driver keeps 64 connections, for a few such loads at once."""


class _Threads:
    """How many more threads one call and all within it may have."""

    def __init__(self, free: int) -> None:
        self._free, self._guard = free, threading.Lock()

    def take(self, count: int) -> int:
        """As many as are free, up to this number."""
        with self._guard:
            taken = min(count, self._free)
            self._free -= taken
        return taken

    def give_back(self, count: int) -> None:
        with self._guard:
            self._free += count


_SHARED: Final[contextvars.ContextVar[_Threads]] = contextvars.ContextVar("threads")
"""What the call in which this one is made has left; not set in a call that is in none."""


def in_parallel(function: Callable[[A], B], arguments: Sequence[A]) -> list[B]:
    """What `function` returns for each argument, in their order.

    Context variables are those of the caller. The first error is raised when the calls that were
    under way have ended; those that had not begun are left out. A call within another shares its
    threads, and makes do with its own where none is left.
    """
    threads = _SHARED.get(None) or _Threads(THREADS)
    taken = threads.take(len(arguments)) if len(arguments) > 1 else 0
    try:
        if taken < 2:
            return [function(argument) for argument in arguments]
        return _in_threads(function, arguments, threads, taken)
    finally:
        threads.give_back(taken)


def _in_threads(
    function: Callable[[A], B], arguments: Sequence[A], threads: _Threads, count: int
) -> list[B]:
    def run(argument: A) -> B:
        _SHARED.set(threads)
        return function(argument)

    with ThreadPoolExecutor(count) as pool:
        calls = [
            pool.submit(contextvars.copy_context().run, run, argument) for argument in arguments
        ]
        try:
            return [call.result() for call in calls]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
