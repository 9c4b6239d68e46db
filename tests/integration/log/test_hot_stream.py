"""Eight writers on hot streams of the real engine, with the wire doing its worst.

Threads, sockets, DynamoDB Local, and a proxy that drops, doubles, truncates, damages, delays and
refuses a quarter of all requests. Afterwards the raw table is held against what each writer was
told. The seed decides what goes wrong; the order of threads is the machine's.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from eventstore import DynamoDBLog, EventStore
from orm.clock import SystemClock
from orm.config import SingleTableConfig
from orm.driver import RetryingDriver, RetryPolicy, Transport, WireDriver
from tests.conftest import fresh_config
from tests.counts import count
from tests.support.histories import COMMITTED, NOT_WRITTEN, UNKNOWN, History, judge, stored_commits
from tests.support.linear import linearisable, operations
from tests.support.proxy import FaultProxy, Plan, Wire
from tests.support.tally import Tally
from tests.support.writers import Habits, Writer

WRITERS = 8
FAULT_RATE = 0.25
SLOW = (Wire.DELAYED, Wire.LATE)  # each costs a read timeout, so fewer of them are drawn
IMPATIENT = RetryPolicy(
    attempts_max=3, deadline_seconds=5.0, wait_first_seconds=0.01, wait_max_seconds=0.05
)


def any_fault(seed: int) -> Plan:
    """A quarter of all requests go wrong, in every way there is."""
    rng = random.Random(seed)
    quick = [fault for fault in Wire if fault not in SLOW]

    def plan(operation: str, _body: bytes) -> Wire | None:
        if rng.random() >= FAULT_RATE:
            return None
        return rng.choice(SLOW if rng.random() < 0.08 else quick)

    return plan


class Field(msgspec.Struct):
    """A table with writers at work on it, each with a log of its own."""

    config: SingleTableConfig
    history: History
    writers: list[Writer]


def field(through: Transport, sure: Transport, ids: tuple[str, ...], habits: Habits) -> Field:
    config, history = fresh_config(), History()
    DynamoDBLog(WireDriver(sure), config).create()

    def writer(number: int) -> Writer:
        driver = RetryingDriver(WireDriver(through), IMPATIENT)
        store = EventStore(DynamoDBLog(driver, config, SystemClock()), [Tally])
        return Writer(f"w{number}", store, ids, history, random.Random(number), habits)

    return Field(config, history, [writer(n) for n in range(WRITERS)])


@pytest.mark.parametrize(
    ("ids", "habits"),
    [
        (("hot",), Habits(transfer=0, together=0, any_place=0, guess=0, old_token=0)),
        (("hot", "warm"), Habits()),
    ],
    ids=["commands on one stream", "every habit on two"],
)
def test_eight_writers_on_a_hot_stream(
    proxy: FaultProxy,
    through: Transport,
    local_transport: Transport,
    capsys: pytest.CaptureFixture[str],
    ids: tuple[str, ...],
    habits: Habits,
):
    """No gap, no overlap, no doubled command, every outcome told truly."""
    play = field(through, local_transport, ids, habits)
    proxy.plan = any_fault(seed=len(ids))
    each = count(20, 400)
    with ThreadPoolExecutor(WRITERS) as threads:
        for done in [threads.submit(writer.work, each) for writer in play.writers]:
            done.result()
    open_ones = play.history.said()[UNKNOWN]
    proxy.settle()
    for writer in play.writers:
        writer.store.log = DynamoDBLog(WireDriver(local_transport), play.config)
        writer.settle()
    table = stored_commits(local_transport, play.config)
    violations = judge(play.history, table)
    with capsys.disabled():
        print(f"\n{report(play, proxy, open_ones, sum(map(len, table.values())))}")
    assert not violations, "\n".join(map(str, violations))
    for pk, commits in table.items():
        assert linearisable(operations(play.history, pk, len(commits))), f"no order explains {pk}"
    assert play.history.said()[UNKNOWN] == 0
    assert len(play.history.reports) > WRITERS * each * 0.8
    assert len(proxy.faults) >= len(Wire) - 2


def report(play: Field, proxy: FaultProxy, open_ones: int, commits: int) -> str:
    """What this run was worth."""
    said = play.history.said()
    by_kind = ", ".join(f"{kind} {n}" for kind, n in proxy.faults.most_common())
    return (
        f"{WRITERS} writers, {len(play.history.reports)} decisions: {said[COMMITTED]} committed in "
        f"{commits} commits, {said[NOT_WRITTEN]} refused, {open_ones} unknown until asked again; "
        f"{proxy.requests.total()} requests, {proxy.faults.total()} faults: {by_kind}"
    )
