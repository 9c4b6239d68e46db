"""Progress for whoever watches: bars on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_SECONDS: Final = 5.0


class Bars(Protocol):
    """Shows how far several things are."""

    def show(self, title: str, done: int, total: int) -> None:
        """`done` of `total` of the thing called `title`; the total may grow."""
        ...


class Silence:
    """Shows nothing."""

    def show(self, title: str, done: int, total: int) -> None:
        """See `Bars`."""


class _Lines:
    """A line per thing every five seconds."""

    def __init__(self, err: TextIO) -> None:
        self._err = err
        self._at = dict[str, float]()

    def show(self, title: str, done: int, total: int) -> None:
        now, last = time.monotonic(), self._at.setdefault(title, time.monotonic())
        complete = done >= total > 0 and last != math.inf
        if now - last >= LINE_SECONDS or complete:
            self._at[title] = math.inf if complete else now
            print(f"{title}: {done:,} of {total:,}", file=self._err, flush=True)


class _Bars:
    """A bar of rich's per thing."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def show(self, title: str, done: int, total: int) -> None:
        if title not in self._tasks:
            self._tasks[title] = self._progress.add_task(title, total=total)
        self._progress.update(self._tasks[title], completed=done, total=total)


@contextmanager
def bars(err: TextIO | None = None, *, silent: bool = False) -> Iterator[Bars]:
    """Bars for the length of the block.

    Args:
        err: where they go; standard error unless given.
        silent: show nothing.
    """
    err = err or sys.stderr
    if silent:
        yield Silence()
        return
    if not err.isatty():
        yield _Lines(err)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(file=err)) as progress:
        yield _Bars(progress)
