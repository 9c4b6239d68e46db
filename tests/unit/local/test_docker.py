"""The docker command: how it is called, and what is said when it cannot be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orm.errors import ConfigurationError
from orm.local.docker import DockerHost
from orm.local.errors import DockerError
from orm.local.server import LocalEngine, StartOptions
from orm.local.state import Credentials, EngineState

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")

STATE = EngineState("m4rk3r", 8123, Credentials("K"), "2026-01-01T00:00:00+00:00", docker=True)


def docker_that(tmp_path: Path, script: str) -> DockerHost:
    """A docker command that writes down its arguments and then does as told."""
    command = tmp_path / "docker"
    command.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/calls"\n{script}\n')
    command.chmod(0o755)
    return DockerHost("engine:1", str(command))


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines()


def test_container_is_published_on_loopback_only(tmp_path: Path) -> None:
    """Unlike the Java process; its label is what it is found by."""
    host = docker_that(tmp_path, "echo c0ffee")
    assert host.launch(STATE) == STATE
    assert host.lives(STATE)
    assert host.end(STATE)
    run, find, _, remove = calls(tmp_path)
    assert "--label keyfold.engine=m4rk3r --publish 127.0.0.1:8123:8000 engine:1" in run
    assert "-disableTelemetry" in run
    assert find == "ps --quiet --filter label=keyfold.engine=m4rk3r"
    assert remove == "rm --force c0ffee"


def test_log_is_asked_of_docker(tmp_path: Path) -> None:
    """The container's own output, so many lines."""
    host = docker_that(tmp_path, "echo one; echo two")
    assert host.log_tail(STATE, 2) == ("one", "two")
    assert calls(tmp_path)[1].startswith("logs --tail 2")


def test_no_daemon_is_one_clear_error(tmp_path: Path) -> None:
    """Docker's own words, and nothing is left behind that would hinder the next start."""
    host = docker_that(tmp_path, "echo 'docker: Cannot connect' >&2; exit 1")
    engine = LocalEngine({"KEYFOLD_STATE": str(tmp_path / "state")}, docker=host)
    with pytest.raises(DockerError, match=r"^docker: Cannot connect$") as caught:
        engine.start(StartOptions(docker=True))
    assert "no Docker is needed" in caught.value.hint
    assert engine.status().condition == "stopped"


def test_no_docker_command(tmp_path: Path) -> None:
    """Named as what it is."""
    with pytest.raises(DockerError, match="there is no command"):
        DockerHost("engine:1", str(tmp_path / "docker")).launch(STATE)


def test_docker_keeps_no_tables(tmp_path: Path) -> None:
    """Two options that do not go together are refused before anything runs."""
    engine = LocalEngine({"KEYFOLD_STATE": str(tmp_path)})
    with pytest.raises(ConfigurationError, match="does not go with --persist"):
        engine.start(StartOptions(docker=True, data_folder=tmp_path))
