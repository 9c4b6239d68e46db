"""Actors: the writers, the worker and the reader of a run, each a process of its own, or a thread.

An actor is a function `work(stage)`. As a process it gets its settings on the first line of
standard input and tells its progress and result in lines of JSON on standard output. It ends itself
when standard input closes, so none outlives the run that started it, not even one killed with -9.
As a thread (on the memory engine, which lives in one process) it does the same work with the same
stage.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from examples.demo.site import Site
from orm.errors import KeyfoldError
from orm.settings import Settings

Json = dict[str, Any]
STOP_SECONDS_MAX = 15.0


class Stage(msgspec.Struct):
    """What an actor works with.

    Args:
        site: the tables.
        job: what to do, as the run said.
        tell: takes progress; the last one told is what the run sees.
        stopping: set when the actor should end.
    """

    site: Site
    job: Json
    tell: Callable[[Json], None]
    stopping: threading.Event


Work = Callable[[Stage], Json]


class Order(msgspec.Struct):
    """The first line that a process actor reads."""

    settings: Settings
    job: Json


class Told(msgspec.Struct, omit_defaults=True):
    """One line that a process actor writes."""

    progress: Json | None = None
    result: Json | None = None
    error: str | None = None
    hint: str = ""
    retry: bool = False


class ActorFailedError(KeyfoldError):
    """An actor of the run failed or was killed; what it had written stays."""

    applied = None
    retry = True

    def __init__(self, name: str, detail: str, hint: str = "") -> None:
        super().__init__(name, detail, hint)
        self.name, self.detail = name, detail
        self.hint = hint or "run the same command again: it goes on where this one stopped"

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"


class Actor(Protocol):
    """An actor as the run sees it."""

    name: str

    @property
    def progress(self) -> Json:
        """What it last told; empty before that."""
        ...

    @property
    def finished(self) -> bool:
        """Whether it has ended, well or not."""
        ...

    def stop(self) -> None:
        """Ask it to finish what it has in hand and end."""
        ...

    def kill(self) -> None:
        """End it without asking, where that can be done."""
        ...

    def result(self) -> Json:
        """Wait for its end and give its result.

        Raises:
            ActorFailedError: it has none.
        """
        ...


class ProcessActor:
    """An actor in a process of its own.

    Args:
        name: what to call it.
        work: `module:function`.
        settings: how it opens its site.
        job: what to do.
    """

    def __init__(self, name: str, work: str, settings: Settings, job: Json) -> None:
        self.name = name
        self._told = Told(progress={})
        self._process = subprocess.Popen(
            [sys.executable, "-m", "examples.demo.child", work],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        order = msgspec.json.encode(Order(settings, job))
        self._listener = threading.Thread(target=self._listen, args=(order,), daemon=True)
        self._listener.start()

    def _listen(self, order: bytes) -> None:
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(order + b"\n")
            self._process.stdin.flush()
        except OSError:
            return  # it is gone already; its exit code says why
        for line in self._process.stdout:
            told = msgspec.json.decode(line, type=Told)
            self._told = msgspec.structs.replace(told, progress=told.progress or self.progress)

    @property
    def progress(self) -> Json:
        return self._told.progress or {}

    @property
    def finished(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def result(self) -> Json:
        code = self._process.wait()
        self._listener.join(STOP_SECONDS_MAX)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()
        told = self._told
        if told.error is not None:
            raise ActorFailedError(self.name, told.error, told.hint)
        if told.result is None:
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            raise ActorFailedError(self.name, f"ended with {how} before it was done")
        return told.result


class ThreadActor:
    """An actor in a thread of this process, for engines that live in it."""

    def __init__(self, name: str, work: Work, site: Site, job: Json) -> None:
        self.name, self._work = name, work
        self._progress: Json = {}
        self._result: Json | None = None
        self._error: Exception | None = None
        self._stage = Stage(site, job, self._tell, threading.Event())
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _tell(self, progress: Json) -> None:
        self._progress = progress

    def _run(self) -> None:
        try:
            self._result = self._work(self._stage)
        except Exception as error:  # raised again by `result`, in the thread that asks
            self._error = error

    @property
    def progress(self) -> Json:
        return self._progress

    @property
    def finished(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        self._stage.stopping.set()

    def kill(self) -> None:
        self.stop()

    def result(self) -> Json:
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._result is not None
        return self._result


# --- inside the process ----------------------------------------------------------------------

_SAYING = threading.Lock()


def act(work: Work) -> int:
    """The main of a process actor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the run's to answer
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    threading.Thread(target=_end_with_input, args=(stopping,), daemon=True).start()
    try:
        stage = Stage(Site(order.settings), order.job, _say_progress, stopping)
        _say(Told(result=work(stage)))
    except KeyfoldError as error:
        _say(Told(error=f"{type(error).__name__}: {error}", hint=error.hint, retry=error.retry))
        return 1
    return 0


def _say_progress(progress: Json) -> None:
    _say(Told(progress=progress))


def _say(told: Told) -> None:
    line = msgspec.json.encode(told) + b"\n"
    try:
        with _SAYING:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
    except BrokenPipeError:  # the run is gone, and with it everyone who would listen
        os._exit(1)


def _end_with_input(stopping: threading.Event) -> None:
    """Wait until the run is gone, then end: by its own will if it can, else by force."""
    while os.read(sys.stdin.fileno(), 1):  # not through the buffer, whose lock outlives a thread
        pass
    stopping.set()
    threading.Event().wait(STOP_SECONDS_MAX / 5)
    os._exit(1)
