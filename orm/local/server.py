"""The local engine: one per user, started and stopped from any shell.

All that is known of it stands in the state file; a lock makes starting and stopping one at a
time. Whether it lives is asked of the system each time, never remembered.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from orm.errors import ConfigurationError
from orm.local import ports, processes
from orm.local.artifacts import pinned_manifest
from orm.local.docker import DockerHost
from orm.local.errors import EngineNotRunningError, EngineStartError
from orm.local.fetch import ArtifactCache
from orm.local.folders import cache_folder, state_folder
from orm.local.java import find_java
from orm.local.jvm import JavaHost, Program
from orm.local.lock import exclusive, is_held
from orm.local.probe import table_names, wait_until
from orm.local.state import (
    Credentials,
    EngineState,
    Host,
    credentials_of,
    read_state,
    write_state,
)

START_TIMEOUT_SECONDS = 60.0
LOCK_WAIT_SECONDS = 660.0  # a first start may fetch and a loaded machine be slow
PORT_WAIT_SECONDS = 3.0
STARTS_TRIED_MAX = 5
TAIL_LINES = 15
TABLE_FILE = re.compile(r"[A-Za-z0-9]+_[a-z0-9-]+\.db(-\w+)?")  # <access key>_<region>.db

Condition = Literal["running", "starting", "silent", "died", "stopped"]


class EngineStatus(msgspec.Struct, frozen=True):
    """How the engine is.

    `condition` is `running` (it answers), `starting`, `silent` (its process lives and does not
    answer), `died` (it was started, and is gone or never answered) or `stopped`.
    """

    condition: Condition
    state: EngineState | None = None
    tables: tuple[str, ...] = ()


class Started(msgspec.Struct, frozen=True):
    """What a start came to: the engine, whether it was there already, and what to know."""

    state: EngineState
    already_running: bool = False
    notes: tuple[str, ...] = ()


class StartOptions(msgspec.Struct, frozen=True):
    """How to start.

    Args:
        port: exactly this one; None takes 8000 or the next that is free.
        data_folder: keep the tables there; None keeps them in memory.
        docker: let Docker run it.
    """

    port: int | None = None
    data_folder: Path | None = None
    docker: bool = False


IN_MEMORY = StartOptions()


class LocalEngine:
    """The user's engine.

    Args:
        environ: the environment; decides on folders and Java.
        report: takes lines for the user while something takes time.
        docker: what runs it where Docker is asked for.
    """

    def __init__(
        self,
        environ: Mapping[str, str] = os.environ,
        report: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
        docker: Host | None = None,
    ) -> None:
        self.folder = state_folder(environ)
        self.log_file = self.folder / "engine.log"
        self._report = report
        self._state_file = self.folder / "engine.json"
        self._lock_file = self.folder / "engine.lock"
        self._docker = docker or DockerHost(f"amazon/dynamodb-local:{pinned_manifest().version}")
        self._java = JavaHost(lambda: prepare_program(environ, report), self.log_file)

    @property
    def default_data_folder(self) -> Path:
        """Where tables are kept when they are to be kept and no folder is named."""
        return self.folder / "data"

    def start(self, options: StartOptions = IN_MEMORY) -> Started:
        """Have an engine that answers; start one unless one runs.

        Raises:
            PortInUseError: the wanted port is taken.
            EngineStartError: it was started and never answered.
            EngineError: a file, a Java or Docker is missing.
        """
        if options.docker and options.data_folder:
            raise ConfigurationError("--docker", "does not go with --persist", "leave one out")
        with self._alone():
            status = self._look(someone_starts=False)
            if status.condition == "running" and status.state:
                return Started(status.state, True, _differences(options, status.state))
            notes = self._clear_away(status)
            started = self._start_anew(options, self._credentials(options))
            return msgspec.structs.replace(started, notes=notes + started.notes)

    def stop(self) -> EngineState | None:
        """End the engine; gives what it was, None where none ran."""
        with self._alone():
            return self._stop()

    def reset(self) -> Started | None:
        """Drop every table, kept ones too: start anew, same port, same access key.

        Returns:
            The fresh engine; None where none was started before.
        """
        with self._alone():
            state = read_state(self._state_file)
            self._stop()
            _drop_tables(self._data_folder(state))
            if state is None:
                return None
            folder = Path(state.data_folder) if state.data_folder else None
            return self._start_anew(
                StartOptions(state.port, folder, state.docker), state.credentials
            )

    def status(self) -> EngineStatus:
        """How the engine is now."""
        return self._look(someone_starts=is_held(self._lock_file))

    def require_running(self) -> EngineState:
        """The engine that runs.

        Raises:
            EngineNotRunningError: none does, or it does not answer.
        """
        status = self.status()
        if status.condition != "running" or status.state is None:
            raise EngineNotRunningError(f"the local engine does not run ({status.condition})")
        return status.state

    def kept_tables(self) -> Path | None:
        """The folder whose tables `reset` would drop for good; None where none are kept."""
        folder = self._data_folder(read_state(self._state_file))
        return folder if _table_files(folder) else None

    def log_tail(self, lines: int) -> tuple[str, ...]:
        """The last lines the engine wrote."""
        state = read_state(self._state_file)
        return self._host(state is not None and state.docker).log_tail(state, lines)

    def _alone(self) -> AbstractContextManager[None]:
        return exclusive(
            self._lock_file,
            wait_seconds=LOCK_WAIT_SECONDS,
            on_wait=lambda: self._report("another process starts or stops the engine; waiting"),
        )

    def _host(self, docker: bool) -> Host:
        return self._docker if docker else self._java

    def _data_folder(self, state: EngineState | None) -> Path:
        return Path(state.data_folder) if state and state.data_folder else self.default_data_folder

    def _look(self, *, someone_starts: bool) -> EngineStatus:
        state = read_state(self._state_file)
        if state is None:
            return EngineStatus("stopped")
        if not state.ready:
            return EngineStatus("starting" if someone_starts else "died", state)
        if not self._host(state.docker).lives(state):
            return EngineStatus("died", state)
        names = _tables(state)
        return EngineStatus("silent" if names is None else "running", state, tuple(names or ()))

    def _stop(self) -> EngineState | None:
        state = read_state(self._state_file)
        if state is None:
            return None
        ended = self._host(state.docker).end(state)
        self._state_file.unlink(missing_ok=True)
        if not ended:
            return None
        # its last threads may hold the port a moment longer, and the next start may want it
        wait_until(
            lambda: ports.is_free(state.port), lambda: True, timeout_seconds=PORT_WAIT_SECONDS
        )
        return state

    def _clear_away(self, status: EngineStatus) -> tuple[str, ...]:
        """Remove what is left of an engine that died or never became ready.

        Raises:
            EngineStartError: one was ready, lives and does not answer: it may only be slow, so
                ending it is the user's decision.
        """
        if status.state is None:
            return ()
        if status.condition == "silent":
            reason = f"one runs already (pid {status.state.pid}) and does not answer"
            raise EngineStartError(reason, self.log_file, hint="keyfold local stop, then start")
        self._stop()
        if status.state.ready:
            return (f"the engine started at {status.state.started_at} had died",)
        return ("an earlier start was cut off; its remains were removed",)

    def _credentials(self, options: StartOptions) -> Credentials:
        """Fresh ones, except where a folder's tables can only be seen with those it has."""
        if options.data_folder is None:
            return Credentials.random()
        return credentials_of(options.data_folder)

    def _start_anew(self, options: StartOptions, credentials: Credentials) -> Started:
        """Start, on another port if ours is taken between looking at it and using it."""
        for _ in range(STARTS_TRIED_MAX):
            port, notes = _choose_port(options.port)
            state = _planned(options, port, credentials)
            try:
                problem, state = self._launch(state)
            except BaseException:  # Ctrl-C too: leave nothing behind
                self._stop()
                raise
            if not problem:
                return Started(state, notes=notes)
            tail = self._host(state.docker).log_tail(state, TAIL_LINES)
            self._stop()
            if ports.is_free(port):
                break
        raise EngineStartError(problem, self.log_file, tail)

    def _launch(self, state: EngineState) -> tuple[str, EngineState]:
        """Start one and wait for it; gives what went wrong, if anything, and its state."""
        host = self._host(state.docker)
        write_state(self._state_file, state)
        launched = host.launch(state)
        write_state(self._state_file, launched)
        problem = wait_until(
            lambda: _tables(launched) is not None and host.listens(launched),
            lambda: host.lives(launched),
            timeout_seconds=START_TIMEOUT_SECONDS,
        )
        ready = msgspec.structs.replace(launched, ready=not problem)
        write_state(self._state_file, ready)
        return problem, ready


def prepare_program(environ: Mapping[str, str], report: Callable[[str], None]) -> Program:
    """Have the engine's files, all checked, and a Java to run them.

    Raises:
        JavaNotFoundError: no Java is new enough.
        ArtifactError: a file cannot be had.
        UnsupportedPlatformError: the engine cannot run here.
    """
    java = find_java(environ)  # first: it fails at once where the fetch takes seconds
    files = ArtifactCache(cache_folder(environ), report=report).ensure()
    return Program(java.command, files)


def _tables(state: EngineState) -> list[str] | None:
    return table_names(state.port, state.credentials.access_key, state.credentials.region)


def _planned(options: StartOptions, port: int, credentials: Credentials) -> EngineState:
    return EngineState(
        marker=secrets.token_hex(16),
        port=port,
        credentials=credentials,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        data_folder=str(options.data_folder.absolute()) if options.data_folder else "",
        docker=options.docker,
    )


def _choose_port(wanted: int | None) -> tuple[int, tuple[str, ...]]:
    if wanted is not None:
        return ports.require_free(wanted), ()
    port = ports.first_free()
    if port == ports.PORT_DEFAULT:
        return port, ()
    owner = processes.owner_of_port(ports.PORT_DEFAULT) or "another process"
    return port, (f"port {ports.PORT_DEFAULT} is in use by {owner}; took {port}",)


def _differences(options: StartOptions, state: EngineState) -> tuple[str, ...]:
    """What was asked for and the running engine is not."""
    folder = str(options.data_folder.absolute()) if options.data_folder else ""
    asked_and_is = [
        (f"port {options.port}", options.port in (None, state.port), f"port {state.port}"),
        (f"tables in {folder}", folder in ("", state.data_folder), state.data_folder or "memory"),
        ("Docker", not options.docker or state.docker, "a Java process"),
    ]
    return tuple(
        f"asked for {asked}, the running engine has {has}: keyfold local stop first"
        for asked, same, has in asked_and_is
        if not same
    )


def _table_files(folder: Path) -> list[Path]:
    """The engine's database files, by the names it gives them: the folder is the user's."""
    if not folder.is_dir():
        return []
    return [file for file in folder.iterdir() if TABLE_FILE.fullmatch(file.name)]


def _drop_tables(folder: Path) -> None:
    for file in _table_files(folder):
        file.unlink(missing_ok=True)
