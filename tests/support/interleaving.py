"""Writers that take turns: real threads, one at a time, in an order that a seed decides.

A task runs until it pauses (at every step over the network and every wait); then the seed says who
goes on. The same seed gives the same run, and no time passes but on the clock that is moved.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence

from orm.clock import ManualClock

Task = Callable[[], None]


class _Turn:
    """One task's thread and the two gates by which it is let go and given back."""

    def __init__(self, task: Task) -> None:
        self.go, self.back = threading.Semaphore(0), threading.Semaphore(0)
        self.done = False
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run, args=(task,), daemon=True)

    def _run(self, task: Task) -> None:
        self.go.acquire()
        try:
            task()
        except BaseException as error:  # handed to whoever runs the tasks
            self.failure = error
        self.done = True
        self.back.release()


class Interleaver:
    """Runs tasks in turns. `between` is called before each turn."""

    def __init__(self, rng: random.Random, between: Callable[[], None] = lambda: None) -> None:
        self._rng, self.between = rng, between
        self._current: _Turn | None = None

    def run(self, tasks: Sequence[Task]) -> None:
        """Run all tasks to their end; raise what one raised."""
        turns = [_Turn(task) for task in tasks]
        for turn in turns:
            turn.thread.start()
        while waiting := [turn for turn in turns if not turn.done]:
            self.between()
            self._give(self._rng.choice(waiting))
        for turn in turns:
            turn.thread.join()
            if turn.failure is not None:
                raise turn.failure

    def _give(self, turn: _Turn) -> None:
        self._current = turn
        turn.go.release()
        turn.back.acquire()
        self._current = None

    def pause(self) -> None:
        """Give the turn back; return when it comes round. Outside of a run it does nothing."""
        turn = self._current
        if turn is not None:
            turn.back.release()
            turn.go.acquire()


class TurnClock(ManualClock):
    """A manual clock on which waiting gives the turn to others."""

    def __init__(self, turns: Interleaver) -> None:
        super().__init__()
        self._turns = turns

    def now_micros(self) -> int:
        self._now += 1  # no two readings are the same
        return self._now

    def sleep(self, seconds: float, /) -> None:
        super().sleep(seconds)
        self._turns.pause()
