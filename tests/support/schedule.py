"""A schedule: tasks in threads of which one runs at a time, as a seed decides.

Each call on a `ScheduledTransport` is a place where a task may be held up, overtaken, or killed,
before the call or after it. So a seed is an interleaving of every request of every task, and the
same seed is the same run.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

from orm.driver import Transport


class Killed(BaseException):
    """What a task dies of: nothing in it may catch this, and nothing does afterwards."""


class Task:
    """One thread that runs when told, up to its next pause."""

    def __init__(self, name: str, work: Callable[[Task], None]) -> None:
        self.name = name
        self.done = False
        self.failure: BaseException | None = None
        self.doomed = False
        self._go, self._paused = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True, name=name)
        self._thread.start()

    def _run(self, work: Callable[[Task], None]) -> None:
        self._go.acquire()
        try:
            self._live()
            work(self)
        except Killed:
            self.doomed = True
        except BaseException as failure:
            self.failure = failure
        self.done = True
        self._paused.release()

    def _live(self) -> None:
        if self.doomed:
            raise Killed

    def pause(self) -> None:
        """Called by the task itself: wait for the next turn, or die."""
        self._paused.release()
        self._go.acquire()
        self._live()

    def step(self) -> None:
        """Called by the schedule: let the task run to its next pause."""
        self._go.release()
        self._paused.acquire()
        if self.failure is not None:
            raise self.failure

    def kill(self) -> None:
        """Called by the schedule: the task ends where it stands, as kill -9 ends a process."""
        self.doomed = True
        if not self.done:
            self.step()
            self._thread.join()


class ScheduledTransport:
    """A `Transport` whose every call is a pause of its task, before the call and after it."""

    def __init__(self, transport: Transport, task: Task) -> None:
        self._transport, self._task = transport, task

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        """See `Transport.call`."""
        self._task.pause()
        answer = self._transport.call(operation, params)
        self._task.pause()
        return answer


def run(tasks: list[Task], rng: random.Random, steps: int, between: Callable[[], None]) -> None:
    """Take up to `steps` steps of random tasks; `between` is called before each."""
    for _ in range(steps):
        alive = [task for task in tasks if not task.done]
        if not alive:
            return
        between()
        alive = [task for task in tasks if not task.done]
        if alive:
            rng.choice(alive).step()
