"""DynamoDB Local as a Java process: its command line and its start.

`-XX:TieredStopAtLevel=1` and the serial collector are what makes it start in a second; telemetry
is always off. It listens on all interfaces and has no option to listen on one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from orm.local import processes
from orm.local.state import EngineState

MAIN_CLASS = "software.amazon.dynamodb.services.local.main.ServerRunner"
JVM_FLAGS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xmx512m",
    "--enable-native-access=ALL-UNNAMED",
)
MARKER_PROPERTY = "keyfold.engine"


class Program(msgspec.Struct, frozen=True):
    """What can be started: a Java and the engine's checked files."""

    java: Path
    files: tuple[Path, ...]

    def command(self, *, port: int, marker: str, data_folder: Path | None = None) -> list[str]:
        """The command line; in memory unless there is a `data_folder`."""
        store = ["-dbPath", str(data_folder)] if data_folder else ["-inMemory"]
        jars = [str(file) for file in self.files if file.suffix == ".jar"]
        return [
            str(self.java),
            *JVM_FLAGS,
            f"-D{MARKER_PROPERTY}={marker}",
            f"-Djava.library.path={self.files[-1].parent}",
            "-cp",
            os.pathsep.join(jars),
            MAIN_CLASS,
            *store,
            "-port",
            str(port),
            "-disableTelemetry",
        ]


class JavaHost:
    """Runs the engine as a process of its own, which outlives this one.

    Args:
        prepare: gives the program; asked only when one is to be started.
        log_file: where the engine's output goes.
    """

    def __init__(self, prepare: Callable[[], Program], log_file: Path) -> None:
        self._prepare, self._log_file = prepare, log_file

    def launch(self, state: EngineState) -> EngineState:
        folder = Path(state.data_folder) if state.data_folder else None
        command = self._prepare().command(port=state.port, marker=state.marker, data_folder=folder)
        return msgspec.structs.replace(state, pid=start_detached(command, self._log_file))

    def lives(self, state: EngineState) -> bool:
        return self._pid(state) is not None

    def listens(self, state: EngineState) -> bool:
        return processes.listens_on(state.pid, state.port)

    def end(self, state: EngineState) -> bool:
        pid = self._pid(state)
        return pid is not None and processes.end(pid, state.marker)

    def log_tail(self, state: EngineState | None, lines: int) -> tuple[str, ...]:
        return log_tail(self._log_file, lines)

    def _pid(self, state: EngineState) -> int | None:
        """The process that bears the marker, even where the start was cut off before its pid."""
        if not state.pid:
            return processes.find_by_marker(state.marker)
        return state.pid if processes.bears_marker(state.pid, state.marker) else None


def start_detached(command: Sequence[str], log_file: Path) -> int:
    """Start a process that outlives this one and its terminal; its output goes to the log.

    Returns:
        Its pid.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=log_file.parent,
            start_new_session=True,
            creationflags=_detached_flags(),
        )
    process.returncode = 0  # it is left to itself on purpose: no warning that nobody waits for it
    return process.pid


def _detached_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0


def log_tail(log_file: Path, lines: int) -> tuple[str, ...]:
    """The last lines of a log; none where there is no log."""
    try:
        text = log_file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ()
    return tuple(text.splitlines()[-lines:]) if lines else ()
