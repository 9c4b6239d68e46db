"""An engine of one's own, for a test run or a demo: private, in memory, gone afterwards.

It ends with the block, with the process, and even when the process is killed by -9: a watchdog
runs it for as long as its owner holds a pipe open.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from orm.local import ports, processes, watchdog
from orm.local.errors import EngineStartError
from orm.local.jvm import Program, log_tail
from orm.local.probe import table_names, wait_until
from orm.local.server import START_TIMEOUT_SECONDS, STARTS_TRIED_MAX, TAIL_LINES, prepare_program
from orm.local.state import Credentials


class EphemeralEngine:
    """A running private engine.

    Args:
        port: where it answers.
        pid: of the Java process.
        watchdog: the process that runs it.
    """

    def __init__(
        self, port: int, pid: int, credentials: Credentials, watchdog: subprocess.Popen[bytes]
    ) -> None:
        self.port, self.pid = port, pid
        self.endpoint_url = f"http://127.0.0.1:{port}"
        self.access_key, self.secret_key = credentials.access_key, credentials.secret_key
        self.region = credentials.region
        self._watchdog = watchdog

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._watchdog.poll() is None

    def kill(self) -> None:
        """End it at once, as kill -9 does, and wait until it is gone."""
        if self.running:
            os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        self.stop()

    def stop(self) -> None:
        """End it and wait until it is gone; once it is, this does nothing."""
        _release(self._watchdog)

    def answers(self) -> bool:
        """Whether it answers a ListTables call, itself and not a stranger on its port."""
        tables = table_names(self.port, self.access_key, self.region)
        return tables is not None and processes.listens_on(self.pid, self.port)


@contextmanager
def ephemeral_engine(
    environ: Mapping[str, str] = os.environ,
    report: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
) -> Iterator[EphemeralEngine]:
    """Have a private engine for the length of the block.

    Raises:
        EngineStartError: it never answered.
        EngineError: a file or a Java is missing.
    """
    program = prepare_program(environ, report)
    with tempfile.TemporaryDirectory(prefix="keyfold-engine-") as folder:
        engine = _start(program, Path(folder) / "engine.log")
        try:
            yield engine
        finally:
            engine.stop()


def _start(program: Program, log_file: Path) -> EphemeralEngine:
    """Start on a free port; on another one if that is taken before the engine has it."""
    for _ in range(STARTS_TRIED_MAX):
        engine = _launch(program, ports.any_free(), log_file)
        problem = _wait_or_stop(engine)
        if not problem:
            return engine
        if ports.is_free(engine.port):
            break
    raise EngineStartError(problem, log_file, log_tail(log_file, TAIL_LINES))


def _wait_or_stop(engine: EphemeralEngine) -> str:
    """Wait until it answers; stop it and say why where it does not."""
    problem = "the wait was interrupted"
    try:
        problem = wait_until(
            engine.answers, lambda: engine.running, timeout_seconds=START_TIMEOUT_SECONDS
        )
    finally:
        if problem:
            engine.stop()
    return problem


def _launch(program: Program, port: int, log_file: Path) -> EphemeralEngine:
    command = program.command(port=port, marker=secrets.token_hex(16))
    with log_file.open("wb") as log:
        guard = subprocess.Popen(
            [sys.executable, "-I", "-S", watchdog.__file__, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # so that Ctrl-C reaches the owner first, not the engine
        )
    assert guard.stdout
    said = guard.stdout.readline()
    if not said:
        _release(guard)
        raise EngineStartError("it could not be run", log_file, log_tail(log_file, TAIL_LINES))
    return EphemeralEngine(port, int(said), Credentials.random(), guard)


def _release(guard: subprocess.Popen[bytes]) -> None:
    """Let go of the pipe, which ends the engine, and wait for its watchdog."""
    assert guard.stdin
    assert guard.stdout
    guard.stdin.close()
    guard.wait(2 * watchdog.TERMINATE_WAIT_SECONDS)
    guard.stdout.close()
