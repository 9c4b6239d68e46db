"""One seeded run: writers in turns over a bad network to the memory engine, and its judgement."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import msgspec

from eventstore import DynamoDBLog, EventStore, Log
from eventstore.errors import StreamCorruptedError
from orm.clock import Clock
from orm.config import SingleTableConfig
from orm.driver import Driver, RetryingDriver, RetryPolicy, Transport, WireDriver
from orm.memory import MemoryTransport
from tests.support.histories import History, Violation, judge, stored_commits
from tests.support.interleaving import Interleaver, TurnClock
from tests.support.linear import linearisable, operations
from tests.support.network import Network
from tests.support.tally import Tally
from tests.support.writers import Habits, Writer, tasks_of

CONFIG = SingleTableConfig(table="simulated")
IDS = ("hot", "warm", "cool")
IMPATIENT = RetryPolicy(attempts_max=2, wait_first_seconds=0.01, wait_max_seconds=0.1)
"""Few attempts, so that many outcomes stay unknown and the layers above must deal with them."""


class Parts(msgspec.Struct, frozen=True):
    """What a writer is put together of; a mutant replaces one part."""

    driver: Callable[[Transport, Clock], Driver] = lambda transport, clock: RetryingDriver(
        WireDriver(transport), IMPATIENT, clock
    )
    log: Callable[[Driver, Clock], Log] = lambda driver, clock: DynamoDBLog(driver, CONFIG, clock)
    commit_ids: Callable[[random.Random], Callable[[], bytes]] = lambda rng: (
        lambda: rng.randbytes(16)
    )


class Run(msgspec.Struct):
    """What one seed brought."""

    seed: int
    violations: list[Violation]
    history: History
    faults: Counter[str]
    commits: dict[str, int]

    def disordered(self) -> list[str]:
        """The streams whose history no order explains, by the second judge."""
        return [
            pk
            for pk, commits in self.commits.items()
            if not linearisable(operations(self.history, pk, commits))
        ]


def simulate(seed: int, parts: Parts | None = None, habits: Habits | None = None) -> Run:
    """Run one seed from an empty table to the judge."""
    rng, parts = random.Random(seed), parts or Parts()
    engine, history = MemoryTransport(), History()
    DynamoDBLog(WireDriver(engine), CONFIG).create()
    turns = Interleaver(rng)
    network = Network(engine, rng, turns, rate=rng.choice((0.05, 0.25, 0.5)))
    turns.between = network.deliver
    clock = TurnClock(turns)

    def writer(number: int) -> Writer:
        own = random.Random(rng.random())
        log = parts.log(parts.driver(network, clock), clock)
        store = EventStore(log, [Tally], clock=clock, new_commit_id=parts.commit_ids(own))
        return Writer(f"w{number}", store, IDS, history, own, habits)

    writers = [writer(n) for n in range(rng.randint(2, 5))]
    try:
        turns.run(tasks_of(writers, decisions=6))
    except StreamCorruptedError as error:  # a reader met what a writer had done
        corrupt = [Violation("corrupt", str(error))]
    else:
        corrupt = []
    network.deliver_all()
    settled = DynamoDBLog(WireDriver(engine), CONFIG)
    for one in writers:
        one.store.log = settled
        one.settle()
    table = stored_commits(engine, CONFIG)
    commits = {pk: len(stored) for pk, stored in table.items()}
    return Run(seed, corrupt + judge(history, table), history, network.faults, commits)
