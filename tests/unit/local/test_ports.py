"""Ports: taken ones are seen, and by whom."""

from __future__ import annotations

import os
import pickle
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from orm.local import ports
from orm.local.errors import (
    ChecksumError,
    DockerError,
    EngineBusyError,
    EngineError,
    EngineNotRunningError,
    EngineStartError,
    FetchError,
    JavaNotFoundError,
    PortInUseError,
    UnsupportedPlatformError,
)


@pytest.fixture(params=["127.0.0.1", "0.0.0.0"])
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port on which this very process listens."""
    with socket.create_server((request.param, 0)) as server:
        yield server.getsockname()[1]


def test_taken_port_is_refused_with_its_owner(taken: int) -> None:
    """On loopback or on all interfaces: an engine beside it would not be reached."""
    with pytest.raises(PortInUseError, match=f"port {taken} is in use") as caught:
        ports.require_free(taken)
    assert caught.value.port == taken
    assert f"(pid {os.getpid()})" in caught.value.owner


def test_next_free_port_is_found(taken: int) -> None:
    """The search goes past the taken one."""
    assert ports.first_free(taken) > taken


def test_free_port_is_free() -> None:
    """What the system offers can be listened on."""
    assert ports.is_free(ports.any_free())


@pytest.mark.parametrize(
    "error",
    [
        UnsupportedPlatformError("linux-aarch64", ["linux-x86_64"]),
        JavaNotFoundError(["PATH: none"]),
        FetchError("a.jar", "HTTP 503", retry=False),
        ChecksumError("a.jar", "x", "y"),
        PortInUseError(8000, "java (pid 1)"),
        DockerError("no daemon"),
        EngineStartError("it ended", Path("log"), ["line"], "do this"),
        EngineBusyError(Path("lock"), 5.0),
        EngineNotRunningError("stopped"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_travel_between_processes(error: EngineError) -> None:
    """A pickled error comes back with its text, its facts and its hint."""
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert (str(back), back.hint, back.retry) == (str(error), error.hint, error.retry)
    assert back.hint
