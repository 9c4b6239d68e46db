"""The real engine, started and stopped by real commands, each from a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from orm.local import ports, processes
from orm.local.artifacts import pinned_manifest, platform_name
from orm.local.errors import EngineNotRunningError, EngineStartError
from orm.local.server import LocalEngine, StartOptions
from orm.local.state import EngineState
from tests.needs import LOCAL

pytestmark = [
    pytest.mark.needs(LOCAL),
    pytest.mark.skipif(
        platform_name() not in pinned_manifest().native,
        reason=f"DynamoDB Local has no native library for {platform_name()}",
    ),
]

MAIN = """
import sys
from importlib.metadata import EntryPoint
from orm.cli import main
from tests.needs import LOCAL
group = EntryPoint("local", "orm.cli.local:app", "keyfold.commands")
sys.exit(main(["local", *sys.argv[1:]], [group]))
"""
COMMAND = [sys.executable, "-c", MAIN]


class Shell:
    """Someone's shell: every command runs in a process of its own and shares only a folder."""

    def __init__(self, folder: Path) -> None:
        self.environ = {
            **os.environ,
            "KEYFOLD_STATE": str(folder),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }

    def run(self, *arguments: str) -> tuple[int, dict[str, Any], str]:
        """Exit code, the result as JSON (none where it failed) and standard error."""
        done = subprocess.run(
            [*COMMAND, *arguments, "--json"],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, json.loads(done.stdout or "{}"), done.stderr

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*COMMAND, *arguments, "--json"],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def text(self, *arguments: str) -> str:
        done = subprocess.run([*COMMAND, *arguments], env=self.environ, capture_output=True)
        return done.stdout.decode()

    @property
    def engine(self) -> LocalEngine:
        return LocalEngine(self.environ)

    def start_free(self, **options: Any) -> EngineState:
        """Start here on a port of the system's choice, for tests where the start is no matter."""
        return self.engine.start(StartOptions(port=ports.any_free(), **options)).state


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    opened = Shell(tmp_path / "state")
    yield opened
    opened.engine.stop()


def client(state: EngineState) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=state.endpoint_url,
        region_name=state.credentials.region,
        aws_access_key_id=state.credentials.access_key,
        aws_secret_access_key=state.credentials.secret_key,
    )


def create_table(state: EngineState, name: str) -> None:
    with_boto = client(state)
    with_boto.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with_boto.close()


def wait_for(condition: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def test_one_life_seen_from_many_shells(shell: Shell) -> None:
    """Start, look, start again, use, read the log, stop, stop again: each its own process."""
    port = str(ports.any_free())
    code, started, _ = shell.run("start", "--port", port)
    assert (code, started["already_running"]) == (0, False)

    code, again, _ = shell.run("start")
    assert (code, again["already_running"], again["pid"]) == (0, True, started["pid"])

    state = shell.engine.require_running()
    create_table(state, "orders")
    code, status, _ = shell.run("status")
    assert (code, status["condition"], status["tables"]) == (0, "running", ["orders"])
    assert f"export AWS_ACCESS_KEY_ID={started['access_key']}" in shell.text("status", "--env")
    assert f"Port:\t{port}" in shell.run("logs")[1]["lines"]

    assert shell.run("stop")[:2] == (0, {"condition": "stopped", "was_running": True})
    assert not processes.bears_marker(state.pid, state.marker)
    assert shell.run("stop")[:2] == (0, {"condition": "stopped", "was_running": False})
    assert shell.run("status")[:2] == (3, {"condition": "stopped"})
    with pytest.raises(EngineNotRunningError):
        shell.engine.require_running()


def test_busy_port_is_named_with_its_owner(shell: Shell) -> None:
    """An explicit port is never swapped for another."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code, _, said = shell.run("start", "--port", str(port))
    error = json.loads(said)["error"]
    assert (code, error["type"]) == (1, "PortInUseError")
    assert f"port {port} is in use" in error["detail"]
    assert f"(pid {os.getpid()})" in error["detail"]
    assert "--port" in error["next"]
    assert shell.run("status")[0] == 3


def test_busy_default_port_is_passed_by(shell: Shell) -> None:
    """Without --port the next free one is taken, and that is said."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if ports.is_free(ports.PORT_DEFAULT):
            server.bind(("127.0.0.1", ports.PORT_DEFAULT))
            server.listen()
        started = shell.engine.start()
    assert started.state.port > ports.PORT_DEFAULT
    assert any(f"took {started.state.port}" in note for note in started.notes)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
def test_death_is_noticed(shell: Shell) -> None:
    """kill -9: status says so with exit code 3, and the next start says what it found."""
    state = shell.start_free()
    os.kill(state.pid, signal.SIGKILL)
    wait_for(lambda: shell.engine.status().condition == "died")
    code, status, _ = shell.run("status")
    assert (code, status["condition"]) == (3, "died")
    assert status["log"]
    code, started, _ = shell.run("start", "--port", str(state.port))
    assert (code, started["already_running"]) == (0, False)
    assert "had died" in started["notes"][0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
def test_start_killed_half_way_is_cleared_away(shell: Shell, tmp_path: Path) -> None:
    """A Java process without a starter is found by its marker and ended."""
    starter = shell.begin("start", "--port", str(ports.any_free()))
    state_file = tmp_path / "state" / "engine.json"
    wait_for(lambda: state_file.exists() and json.loads(state_file.read_text()).get("pid"))
    starter.kill()
    starter.communicate()
    orphan = json.loads(state_file.read_text())
    assert not orphan.get("ready")
    started = shell.engine.start(StartOptions(port=ports.any_free()))
    assert started.state.marker != orphan["marker"]
    assert "cut off" in started.notes[0]
    assert processes.find_by_marker(orphan["marker"]) is None


def test_two_shells_at_once_share_one_engine(shell: Shell) -> None:
    """One starts it, the other waits and finds it running."""
    port = str(ports.any_free())
    both = [shell.begin("start", "--port", port) for _ in range(2)]
    answers = [json.loads(starter.communicate(timeout=120)[0]) for starter in both]
    assert [starter.returncode for starter in both] == [0, 0]
    assert answers[0]["pid"] == answers[1]["pid"]
    assert sorted(answer["already_running"] for answer in answers) == [False, True]


def test_kept_tables_outlive_a_stop_and_not_a_reset(shell: Shell, tmp_path: Path) -> None:
    """Same access key after a stop, or the tables could not be seen; reset asks first."""
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "mine.txt").write_text("not the engine's")
    first = shell.start_free(data_folder=folder)
    create_table(first, "orders")
    shell.engine.stop()

    shell.start_free(data_folder=folder)
    assert shell.engine.status().tables == ("orders",)

    refused = subprocess.run(
        [*COMMAND, "reset"], env=shell.environ, capture_output=True, stdin=subprocess.DEVNULL
    )
    assert refused.returncode == 2
    assert b"--yes" in refused.stderr
    assert shell.engine.status().tables == ("orders",)

    assert shell.run("reset", "--yes")[0] == 0
    assert shell.engine.status().tables == ()
    assert (folder / "mine.txt").exists()


def test_reset_keeps_port_and_key(shell: Shell) -> None:
    """Shells that know the endpoint go on working, with no tables."""
    state = shell.start_free()
    create_table(state, "orders")
    code, fresh, _ = shell.run("reset")
    assert (code, fresh["endpoint_url"]) == (0, state.endpoint_url)
    assert fresh["access_key"] == state.credentials.access_key
    assert fresh["pid"] != state.pid
    assert shell.engine.status().tables == ()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_failed_start_shows_the_end_of_the_log(shell: Shell, tmp_path: Path) -> None:
    """A Java that says yes and then breaks: its last words are in the error, nothing is left."""
    java = tmp_path / "java"
    java.write_text(
        '#!/bin/sh\n[ "$1" = -version ] && { echo \'openjdk version "21"\' >&2; exit; }\n'
        "echo Error: could not reserve enough space; exit 1\n"
    )
    java.chmod(0o755)
    shell.environ["KEYFOLD_JAVA"] = str(java)
    with pytest.raises(EngineStartError, match="could not reserve enough space") as caught:
        shell.start_free()
    assert caught.value.reason == "its process ended"
    assert shell.engine.status().condition == "stopped"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process")
def test_silent_engine_is_not_ended_by_a_start(shell: Shell) -> None:
    """It may only be slow: its end is the user's decision, and the error says how."""
    state = shell.start_free()
    os.kill(state.pid, signal.SIGSTOP)
    try:
        with pytest.raises(EngineStartError, match="does not answer") as caught:
            shell.engine.start()
        assert "keyfold local stop" in caught.value.hint
    finally:
        os.kill(state.pid, signal.SIGCONT)
    wait_for(lambda: shell.engine.status().condition == "running")
