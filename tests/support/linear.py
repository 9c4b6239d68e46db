"""A second judge, which shares no code with the first and never looks at the table.

It knows only what writers and readers were told, and asks: is there an order of all these
operations, one at a time and each somewhere between its beginning and its end, in which every
answer is right? (Wing and Gong's search; a stream is a counter that appends move by one.)
"""

from __future__ import annotations

import msgspec

from tests.support.histories import COMMITTED, History

STEPS_MAX = 200_000


class Operation(msgspec.Struct, frozen=True):
    """One operation on one stream: an append that was told its number (or not), or a read."""

    began: int
    ended: int
    appends: bool
    number: int | None


def operations(history: History, stream: str, commits_at_last: int) -> list[Operation]:
    """What happened to a stream, with a last read of it when all was quiet."""
    appends = [
        Operation(report.began, report.ended, True, report.numbers.get(stream))
        for report in history.reports
        if report.said == COMMITTED and stream in report.streams
    ]
    reads = [
        Operation(reading.began, reading.ended, False, reading.commits)
        for reading in history.readings
        if reading.stream == stream
    ]
    quiet = history.tick()
    return [*appends, *reads, Operation(quiet, quiet + 1, False, commits_at_last)]


def linearisable(todo: list[Operation]) -> bool:
    """Whether some order of the operations explains all answers.

    Raises:
        RuntimeError: the search was given up, which says nothing about the history.
    """
    seen: set[int] = set()
    stack = [((1 << len(todo)) - 1, 0)]
    while stack:
        rest, count = stack.pop()
        if rest == 0:
            return True
        if rest in seen:
            continue
        seen.add(rest)
        if len(seen) > STEPS_MAX:
            raise RuntimeError(f"no answer after {STEPS_MAX:,} steps")
        stack += _next(todo, rest, count)
    return False


def _next(todo: list[Operation], rest: int, count: int) -> list[tuple[int, int]]:
    """Each operation that may come first among the rest, and where that leads."""
    left = [(i, todo[i]) for i in range(len(todo)) if rest >> i & 1]
    first_end = min(operation.ended for _, operation in left)
    return [
        (rest & ~(1 << i), count + operation.appends)
        for i, operation in left
        if operation.began <= first_end and operation.number in (None, count + operation.appends)
    ]
