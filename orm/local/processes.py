"""Processes of this machine: who is it, who listens, and how to end one without hitting another.

A pid alone proves nothing, since the system gives it to another process later. Each engine is
started with a random marker in its command line, so a process is ours only when it bears the
marker. (A creation time would prove less: it shifts when the machine's clock is set.)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil  # type: ignore[import-untyped]

TERMINATE_WAIT_SECONDS = 5.0
KILL_WAIT_SECONDS = 5.0
REAP_WAIT_SECONDS = 1.0
POLL_SECONDS = 0.02


def bears_marker(pid: int, marker: str) -> bool:
    """Whether the process `pid` lives and has `marker` in its command line."""
    return _process(pid, marker) is not None


def find_by_marker(marker: str) -> int | None:
    """The pid of the process that bears the marker, if one does."""
    for process in psutil.process_iter():
        if bears_marker(process.pid, marker):
            return int(process.pid)
    return None


def end(pid: int, marker: str, *, patience_seconds: float = TERMINATE_WAIT_SECONDS) -> bool:
    """End the process if it is ours: politely first, then by force.

    Args:
        pid: whom.
        marker: what it must have in its command line.
        patience_seconds: how long it may take to end by itself.

    Returns:
        Whether there was such a process; one that does not bear the marker is left alone.
    """
    process = _process(pid, marker)
    if process is None:
        return False
    with _may_be_gone():
        process.terminate()
        if not _gone_within(process, patience_seconds):
            process.kill()
            _gone_within(process, KILL_WAIT_SECONDS)
    return True


def listens_on(pid: int, port: int) -> bool:
    """Whether the process itself listens on the TCP port."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)


def owner_of_port(port: int) -> str:
    """Who listens on the TCP port, in words; empty where the system does not tell."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except (psutil.Error, TypeError):  # TypeError: the pid is None where we may not see it
        return ""
    return ""


def _process(pid: int, marker: str) -> psutil.Process | None:
    with _may_be_gone():
        process = psutil.Process(pid)
        if _has_ended(process):
            _reap(process)
        elif any(marker in argument for argument in process.cmdline()):
            return process
    return None


def _has_ended(process: psutil.Process) -> bool:
    """Whether it is a zombie: ended, and who started it has not asked yet, and may never ask.

    A process whose first thread has ended is called one too, while others still hold its port.
    """
    return bool(process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)


def _reap(process: psutil.Process) -> None:
    """Collect a dead child of this very process; another's zombie is not ours to collect."""
    if process.ppid() == psutil.Process().pid:
        with suppress(psutil.TimeoutExpired):  # it is dead either way, and asked for next time
            process.wait(REAP_WAIT_SECONDS)


def _gone_within(process: psutil.Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    with _may_be_gone():
        while not _has_ended(process):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        _reap(process)
    return True


@contextmanager
def _may_be_gone() -> Iterator[None]:
    """A process that ends while it is looked at, or that hides from us, is not ours."""
    try:
        yield
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return
