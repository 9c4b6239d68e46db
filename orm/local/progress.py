"""How far a download is: a bar on a terminal, a line at each quarter elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Advance = Callable[[int], None]

STEPS = 4


class QuarterLines:
    """Writes a plain line whenever another quarter has arrived; safe to call from threads."""

    def __init__(self, title: str, total_bytes: int, stream: TextIO) -> None:
        self._title, self._total_bytes, self._stream = title, total_bytes, stream
        self._lock = threading.Lock()
        self._done_bytes = self._step = 0

    def __call__(self, size_bytes: int) -> None:
        """Count bytes; a negative number takes back what has to be fetched again."""
        with self._lock:
            self._done_bytes += size_bytes
            step = self._done_bytes * STEPS // self._total_bytes
            if step > self._step:
                self._step = step
                print(self._line(), file=self._stream, flush=True)

    def _line(self) -> str:
        done, total = self._done_bytes / 1e6, self._total_bytes / 1e6
        return f"{self._title}: {done:.1f} of {total:.1f} MB"


@contextmanager
def download_progress(title: str, total_bytes: int, stream: TextIO) -> Iterator[Advance]:
    """Yield the function to call with the number of bytes that arrived."""
    if not stream.isatty() or not _have_rich():
        yield QuarterLines(title, total_bytes, stream)
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(file=stream)) as bar:
        task = bar.add_task(title, total=total_bytes)
        yield lambda size_bytes: bar.advance(task, size_bytes)


def _have_rich() -> bool:
    if "rich" in sys.modules:
        return True
    from importlib.util import find_spec

    return find_spec("rich") is not None
