"""A lock between processes: one fetches, one starts, the others wait.

The operating system holds it and lets it go when its holder dies, even by kill -9, so a lock file
that is left behind locks nobody out.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orm.errors import ConfigurationError
from orm.local.errors import EngineBusyError

POLL_SECONDS = 0.05
PATIENT_SECONDS = 0.5  # shorter waits are not worth a word

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def exclusive(
    path: Path, *, wait_seconds: float, on_wait: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Hold the lock file `path` for the length of the block.

    Args:
        path: created where it is missing, and never deleted: deleting it would split the lock.
        wait_seconds: how long to wait for another holder.
        on_wait: called once, when another holder takes its time.

    Raises:
        EngineBusyError: the other holder did not finish in time.
        ConfigurationError: the folder cannot be written.
    """
    descriptor = _open(path)
    try:
        _wait_for(descriptor, path, wait_seconds, on_wait)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        hint = "set KEYFOLD_CACHE and KEYFOLD_STATE to folders you may write"
        raise ConfigurationError(str(path.parent), f"cannot be written: {error}", hint) from error


def _wait_for(
    descriptor: int, path: Path, wait_seconds: float, on_wait: Callable[[], None]
) -> None:
    if _try_lock(descriptor):
        return
    started, told = time.monotonic(), False
    while not _try_lock(descriptor):
        waited_seconds = time.monotonic() - started
        if waited_seconds > wait_seconds:
            raise EngineBusyError(path, wait_seconds)
        if waited_seconds > PATIENT_SECONDS and not told:
            told = True
            on_wait()
        time.sleep(POLL_SECONDS)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock now."""
    if not path.exists():
        return False
    descriptor = os.open(path, os.O_RDWR)
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)
