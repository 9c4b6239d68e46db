"""Paging: everything that a row of pages holds, or several rows of pages read at once.

What reads a page says what asks for the next one. Side by side, each row of pages has a thread,
and is at most one page ahead of what has been taken: that bounds memory, and when the taker stops
or one of them fails, at most one call each is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Q = TypeVar("Q")
Read: TypeAlias = Callable[[Q], tuple[list[T], Q | None]]
"""Reads a page: what it holds, and what asks for the next one."""


def one_after_another(read: Read[Q, T], first: Q) -> Generator[T]:
    """What the pages from `first` on hold, in order."""
    asked: Q | None = first
    while asked is not None:
        held, asked = read(asked)
        yield from held


def side_by_side(read: Read[Q, T], firsts: Iterable[Q]) -> Generator[T]:
    """What the pages from each of `firsts` on hold, in no order.

    The first error ends it. No thread is left when it is over, failed or closed.
    """
    asked = list(firsts)
    pool = ThreadPoolExecutor(len(asked), "keyfold-page")
    try:
        reading = {_begun(pool, read, one) for one in asked}
        while reading:
            done, reading = wait(reading, return_when=FIRST_COMPLETED)
            for one in done:
                held, following = one.result()
                if following is not None:
                    reading.add(_begun(pool, read, following))
                yield from held
    finally:
        pool.shutdown(cancel_futures=True)  # and wait for what is under way


def _begun(
    pool: ThreadPoolExecutor, read: Read[Q, T], asked: Q
) -> Future[tuple[list[T], Q | None]]:
    """A page that is being read, as part of what its taker does: traces hang together."""
    return pool.submit(copy_context().run, read, asked)
