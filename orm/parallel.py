"""Parallel calls: one function over many arguments, in as many threads as are allowed."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

A = TypeVar("A")
B = TypeVar("B")

THREADS: Final = 16
"""Calls under way at a time; a driver keeps 64 connections, for a few such loads at once."""


def in_parallel(function: Callable[[A], B], arguments: Sequence[A]) -> list[B]:
    """What `function` returns for each argument, in their order.

    Context variables are those of the caller. The first error is raised when the calls that were
    under way have ended; those that had not begun are left out.
    """
    if len(arguments) < 2:
        return [function(argument) for argument in arguments]
    with ThreadPoolExecutor(min(THREADS, len(arguments))) as pool:
        calls = [
            pool.submit(contextvars.copy_context().run, function, argument)
            for argument in arguments
        ]
        try:
            return [call.result() for call in calls]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
