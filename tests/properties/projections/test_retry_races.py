"""A retry of a parked stream beside a worker that reads on: no order of requests loses a commit.

Each request of either is a place where the other may come in, or where the retry may be killed.
Afterwards either the stream is not parked and everything is applied, with no further commit to
help, or it is still listed as parked and one more retry applies everything.
"""

from __future__ import annotations

import contextlib
import random
from itertools import product

import pytest

from orm.driver import RetryingDriver, Transport, WireDriver
from orm.memory import MemoryTransport
from projections import NotParkedError
from projections.dispatch import Dispatcher
from tests.conftest import fresh_config
from tests.contract.projections.bank import Deposited
from tests.contract.projections.house import House, fresh_account
from tests.contract.projections.test_poison import Subject
from tests.counts import count
from tests.support.schedule import ScheduledTransport, Task

STEPS_MAX = 400


class Race:
    """One parked stream, a retry of it, and a worker that is brought two more commits.

    Args:
        mended: whether the retry's code is.
        old: whether the worker's code is not, and it meets what it cannot apply as well.
    """

    def __init__(self, house: House, kind: str, *, mended: bool = True, old: bool = False) -> None:
        self.house, self.stream = house, fresh_account()
        self.subject = Subject(house, kind)
        self.workers = Subject(house, kind) if old else self.subject
        self.brought = [4, 13] if old else [4, 5]
        self.append(1, 13, 3)
        self.worker_dispatcher: Dispatcher | None = None
        self.subject.dispatcher.dispatch(house.commits(self.stream))
        self.subject.mood.broken = not mended
        self.retry = Task("retry", self._retry)
        self.worker = Task("worker", self._work)

    def append(self, *pence: int) -> None:
        self.house.append(self.stream, *(Deposited(n, "b") for n in pence))

    def dispatcher(self, transport: Transport, subject: Subject) -> Dispatcher:
        driver = RetryingDriver(WireDriver(transport))
        house = self.house
        store = House(transport, house.events, house.rows).store
        return Dispatcher(store, [subject.declared], driver, house.rows, house.clock)

    def _retry(self, task: Task) -> None:
        transport = ScheduledTransport(self.house.transport, task)
        dispatcher = self.dispatcher(transport, self.subject)
        dispatcher.retry(self.subject.projection.id, self.stream)

    def _work(self, task: Task) -> None:
        """As a worker does that knew of the parking: append nothing, skip nothing it must not."""
        transport = ScheduledTransport(self.house.transport, task)
        dispatcher = self.dispatcher(transport, self.workers)
        for pence in self.brought:
            self.append(pence)
            task.pause()
            dispatcher.dispatch(self.house.commits(self.stream)[-1:])

    def play(self, rng: random.Random) -> None:
        """Both to their end, in an order by chance."""
        while alive := [task for task in (self.retry, self.worker) if not task.done]:
            rng.choice(alive).step()

    def judge(self) -> None:
        subject, parking = self.subject, self.house.parking
        if parking.find(subject.projection, self.stream) is not None:
            subject.mood.broken = False
            assert subject.retry(self.stream) is None
        assert subject.lines(self.stream) == [1, 13, 3, *self.brought]


def preempted(race: Race, *turns: int, kill: bool = False) -> None:
    """The retry, the worker and the retry again, each for so many steps; then all to the end."""
    for task, turn in zip((race.retry, race.worker, race.retry), turns, strict=False):
        steps(task, turn)
    if kill:
        race.retry.kill()
    steps(race.retry, STEPS_MAX)
    steps(race.worker, STEPS_MAX)
    assert race.retry.done
    assert race.worker.done


def steps(task: Task, most: int) -> None:
    for _ in range(most):
        if task.done:
            return
        task.step()


def length(house: House, kind: str) -> tuple[int, int]:
    """How many steps each takes alone."""
    found = []
    race = Race(house, kind)
    for task in (race.retry, race.worker):
        taken = 0
        while not task.done:
            task.step()
            taken += 1
        found.append(taken)
    return found[0], found[1]


@pytest.fixture
def memory_house() -> House:
    return House(MemoryTransport(), fresh_config(), fresh_config()).create()


@pytest.mark.parametrize("kind", ["row", "marker"])
def test_no_commit_is_lost_wherever_the_worker_comes_in(memory_house: House, kind: str) -> None:
    """Every step of the retry at which the worker takes over, for a while or to its end."""
    retry_steps, worker_steps = length(memory_house, kind)
    assert min(retry_steps, worker_steps) > 4
    for first, second in product(range(0, retry_steps + 1, 2), range(1, worker_steps + 2, 2)):
        race = Race(memory_house, kind)
        preempted(race, first, second)
        judged(race, f"retry {first}, worker {second}")


@pytest.mark.parametrize("mended", [True, False])
@pytest.mark.parametrize("kind", ["row", "marker"])
def test_a_retry_that_is_killed_loses_no_commit(
    memory_house: House, kind: str, mended: bool
) -> None:
    """The worker comes in at any step and reads all there is; the retry dies at any later step."""
    retry_steps, _ = length(memory_house, kind)
    for first in range(0, retry_steps + 1, 2):
        for more in range(0, retry_steps + 1 - first):
            race = Race(memory_house, kind, mended=mended)
            preempted(race, first, STEPS_MAX, more, kill=True)
            judged(race, f"retry {first}, worker to its end, retry {more}, killed")


@pytest.mark.parametrize("mended", [True, False])
@pytest.mark.parametrize("kind", ["row", "marker"])
def test_no_commit_is_lost_in_any_order_of_steps(
    memory_house: House, kind: str, mended: bool
) -> None:
    """Orders by seed; where nothing was mended the retry fails, and the next one does not."""
    for seed in range(count(60, 2_000)):
        rng = random.Random(seed)
        race = Race(memory_house, kind, mended=mended)
        race.play(rng)
        judged(race, f"seed {seed}")


@pytest.mark.parametrize("kind", ["row", "marker"])
def test_no_commit_is_lost_to_a_worker_of_the_old_code(memory_house: House, kind: str) -> None:
    """The retry can apply what the worker cannot: whatever is left is parked, and listed so."""
    retry_steps, _ = length(memory_house, kind)
    for first in range(retry_steps + 1):
        race = Race(memory_house, kind, old=True)
        preempted(race, first, STEPS_MAX)
        judged(race, f"retry {first}, worker to its end")
    for seed in range(count(60, 2_000)):
        race = Race(memory_house, kind, old=True)
        race.play(random.Random(seed))
        judged(race, f"seed {seed}")


@pytest.mark.parametrize("kind", ["row", "marker"])
def test_no_commit_is_lost_between_two_retries_and_a_worker(memory_house: House, kind: str) -> None:
    """Two people retry at once: one of them may be told that it is not parked, and that is all."""
    for seed in range(count(60, 2_000)):
        rng = random.Random(seed)
        race = Race(memory_house, kind)

        def again(task: Task, race: Race = race) -> None:
            with contextlib.suppress(NotParkedError):
                race._retry(task)

        tasks = [Task("retry", again), Task("again", again), race.worker]
        while alive := [task for task in tasks if not task.done]:
            rng.choice(alive).step()
        judged(race, f"seed {seed}")


def judged(race: Race, how: str) -> None:
    try:
        race.judge()
    except AssertionError as error:
        raise AssertionError(f"{how}: {error}") from error
