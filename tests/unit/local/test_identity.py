"""Whose process it is: a pid alone is never believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orm.local import processes
from orm.local.ports import any_free
from orm.local.server import LocalEngine
from orm.local.state import Credentials, EngineState, read_state, write_state

SLEEPER = "import sys, time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEPER

Run = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def run() -> Iterator[Run]:
    """Starts a Python that sleeps, with a marker in its command line, and waits until it is up."""
    started: list[subprocess.Popen[bytes]] = []

    def start(marker: str, script: str = SLEEPER) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", script, f"-Dkeyfold.engine={marker}"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def state(pid: int, marker: str) -> EngineState:
    return EngineState(
        marker, any_free(), Credentials("KEYFOLDTEST"), "2026-01-01T00:00:00+00:00", pid, ready=True
    )


def test_another_process_with_our_pid_is_left_alone(run: Run, tmp_path: Path) -> None:
    """The engine died and the system gave its pid away: stop forgets it and kills nobody."""
    stranger = run("someone-else")
    engine = LocalEngine({"KEYFOLD_STATE": str(tmp_path)})
    write_state(tmp_path / "engine.json", state(stranger.pid, "ours"))
    assert engine.status().condition == "died"
    assert engine.stop() is None
    assert stranger.poll() is None
    assert engine.status().condition == "stopped"


def test_our_process_is_ended(run: Run, tmp_path: Path) -> None:
    """With the marker in its command line it is ours."""
    ours = run("ours")
    write_state(tmp_path / "engine.json", state(ours.pid, "ours"))
    stopped = LocalEngine({"KEYFOLD_STATE": str(tmp_path)}).stop()
    assert stopped
    assert stopped.pid == ours.pid
    assert not processes.bears_marker(ours.pid, "ours")


def test_cut_off_start_is_found_by_its_marker(run: Run, tmp_path: Path) -> None:
    """The starter was killed before it could write down the pid; stop finds the process."""
    ours = run("0123456789abcdef")
    half = EngineState(
        "0123456789abcdef", any_free(), Credentials("K"), "2026-01-01T00:00:00+00:00"
    )
    write_state(tmp_path / "engine.json", half)
    engine = LocalEngine({"KEYFOLD_STATE": str(tmp_path)})
    assert engine.status().condition == "died"
    assert engine.stop() == half
    assert not processes.bears_marker(ours.pid, "0123456789abcdef")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal to ignore")
def test_process_that_does_not_listen_is_forced(run: Run) -> None:
    """Politeness is bounded."""
    stubborn = run("ours", STUBBORN)
    assert processes.end(stubborn.pid, "ours", patience_seconds=0.2)
    assert not processes.bears_marker(stubborn.pid, "ours")


def test_nobody_has_this_pid() -> None:
    """A pid that is free belongs to no engine, and ending it is no error."""
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    assert not processes.bears_marker(finished.pid, "ours")
    assert not processes.end(finished.pid, "ours")


def test_state_file_is_private_and_read_back(tmp_path: Path) -> None:
    """Only this user can read the access key, and every fact comes back."""
    file = tmp_path / "deep" / "engine.json"
    written = state(7, "m")
    write_state(file, written)
    assert read_state(file) == written
    if os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text())["credentials"]["access_key"] == "KEYFOLDTEST"


@pytest.mark.parametrize("content", [b"", b"{", b'{"marker": 1}', b"\xff\xfe"])
def test_damaged_state_file_counts_as_none(tmp_path: Path, content: bytes) -> None:
    """A file cut off by a full disk must not lock the user out."""
    (tmp_path / "engine.json").write_bytes(content)
    assert LocalEngine({"KEYFOLD_STATE": str(tmp_path)}).status().condition == "stopped"


def test_access_keys_are_random_letters_and_digits() -> None:
    """The engine refuses anything else, and no two starts share tables."""
    keys = {Credentials.random().access_key for _ in range(50)}
    assert len(keys) == 50
    assert all(key.isalnum() and key.isascii() for key in keys)
