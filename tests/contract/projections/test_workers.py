"""Workers: who reads, in which order, up to where; and that nothing is skipped without a word."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, Self

import msgspec
import pytest

from eventstore import StreamId
from orm import Key
from orm.clock import ManualClock
from orm.driver import RetryingDriver, Transport, WireDriver
from orm.driver.faults import Fault, FaultyTransport
from orm.driver.retry import RetryPolicy
from orm.errors import (
    ConfigurationError,
    IteratorExpiredError,
    KeyfoldError,
    TableNotFoundError,
    ThrottledError,
)
from orm.memory import MemoryTransport
from orm.requests import DeleteItem, PutItem
from projections import Dispatcher, ReadModel, handles, measure_lag, projection_of
from projections.leases import Leases
from projections.projection import Declared
from projections.shards import ChangeStream
from projections.worker import RETENTION_MICROS, Worker
from tests.conftest import fresh_config
from tests.contract.projections.bank import Branch, Deposited, Ledger, Seen, Statement
from tests.contract.projections.house import BRISK, House, fresh_account

ALL: tuple[Declared, ...] = (Statement, Ledger())


class Late(ReadModel, key=Key("account"), source="ACCOUNT"):
    """A projection that is added while others run."""

    account: str
    lines: list[int] = []

    @classmethod
    def of(cls, stream: StreamId) -> Self:
        return cls(account=stream.id)

    @handles
    def deposited(self, event: Deposited) -> None:
        self.lines.append(event.pence)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "keyfold.worker")


def rounds(worker: Worker, house: House, most: int = 8) -> None:
    """Let a worker work, a second passing after each round."""
    for _ in range(most):
        worker.round()
        house.clock.sleep(1.0) if isinstance(house.clock, ManualClock) else None


def deposit(house: House, stream: StreamId, *pence: int) -> None:
    house.append(stream, *(Deposited(n, "b") for n in pence))


def lines(house: House, stream: StreamId) -> list[int]:
    row = house.table().get(Statement, account=stream.id)
    return row.lines if row else []


def total(house: House) -> Branch:
    return house.table().get(Branch, branch="b") or Branch(branch="b")


# --- one worker -------------------------------------------------------------------------------


def test_a_worker_brings_everything_to_every_projection(own_house: House) -> None:
    """What was there before it began, and what comes while it runs."""
    streams = [fresh_account() for _ in range(5)]
    for stream in streams:
        deposit(own_house, stream, 1, 2)
    worker = own_house.worker(*ALL)
    rounds(worker, own_house, 2)
    for stream in streams:
        deposit(own_house, stream, 3)
    rounds(worker, own_house, 2)
    assert all(lines(own_house, stream) == [1, 2, 3] for stream in streams)
    assert total(own_house) == Branch(branch="b", pence=30, deposits=15)
    report = worker.report()
    assert report.records["commit"] == 15
    assert len(report.lags_milliseconds) == 15


def test_run_ends_when_told_and_leaves_its_place_saved(own_house: House) -> None:
    """The next one begins behind the last record, without waiting for a lease to expire."""
    stream = fresh_account()
    deposit(own_house, stream, 1, 2)
    left = iter([False] * 4)
    first = own_house.worker(*ALL)
    report = first.run(lambda: next(left, True))
    assert first.shards == ()
    assert report.projections["Statement@1"]["applied"] == 2
    [lease] = own_house.leases().all()
    assert (lease.owner, lease.finished) == (None, False)
    assert lease.checkpoint is not None
    assert lease.covers == ("Ledger@1", "Statement@1")
    second = own_house.worker(*ALL, name="two")
    deposit(own_house, stream, 3)
    rounds(second, own_house, 2)
    assert second.shards == (lease.shard,)
    assert second.report().records == {"commit": 1}
    assert not second.report().scans
    assert lines(own_house, stream) == [1, 2, 3]


def test_an_idle_worker_keeps_its_lease(timed_house: House) -> None:
    """Nothing arrives for a minute; a rival that watches all the time gets nothing."""
    worker = timed_house.worker(*ALL)
    rival = timed_house.worker(*ALL, name="two")
    for _ in range(60):
        rounds(worker, timed_house, 1)
        rival.round()
    assert len(worker.shards) == 1
    assert rival.shards == ()


def test_records_of_no_commit_are_counted_and_left_alone(own_house: House) -> None:
    """Other items of a shared table; a commit changed or deleted is tampering, and said aloud."""
    house, stream = own_house, fresh_account()
    deposit(house, stream, 1, 2)
    key = house.events.key("ANYTHING#1", "ANYTHING#1")
    house.plain.send(PutItem(table_name=house.events.table, item=key | {"x": {"N": "1"}}))
    worker = house.worker(*ALL)
    rounds(worker, house, 2)
    layout = house.log.layout
    commit = layout.config.key(layout.pk(stream), layout.sk(2))
    house.plain.send(PutItem(table_name=house.events.table, item=commit | {"x": {"N": "1"}}))
    house.plain.send(DeleteItem(table_name=house.events.table, key=commit))
    rounds(worker, house, 2)
    assert worker.report().records == {"commit": 2, "other item": 2, "MODIFY": 1, "REMOVE": 1}
    assert lines(house, stream) == [1, 2]


def test_tampering_is_logged(own_house: House, caplog: pytest.LogCaptureFixture) -> None:
    stream = fresh_account()
    deposit(own_house, stream, 1)
    layout = own_house.log.layout
    commit = layout.config.key(layout.pk(stream), layout.sk(1))
    own_house.plain.send(DeleteItem(table_name=own_house.events.table, key=commit))
    rounds(own_house.worker(*ALL), own_house, 2)
    [said] = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert "tampered" in said


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"f": {"N": "1"}, "n": {"N": "1"}, "id": {"S": "text"}, "ts": {"N": "1"}},
        {
            **{name: {"N": "1"} for name in ("f", "n", "ts", "z")},
            **{name: {"B": b"no zlib"} for name in ("id", "h", "ev")},
        },
    ],
    ids=["nothing", "of other types", "not compressed"],
)
def test_a_forged_commit_stops_nobody(own_house: House, forged: dict[str, Any]) -> None:
    """An item under a commit's key that no log wrote: counted, logged, and passed over."""
    house, stream, honest = own_house, fresh_account(), fresh_account()
    worker = house.worker(Statement)
    worker.round()
    layout = house.log.layout
    key = layout.config.key(layout.pk(stream), layout.sk(1))
    house.plain.send(PutItem(table_name=house.events.table, item=key | forged))
    deposit(house, honest, 1)
    rounds(worker, house, 2)
    assert worker.report().records == {"unreadable": 1, "commit": 1, "other item": 1}
    assert lines(house, honest) == [1]


def test_a_table_without_a_stream_says_so(own_house: House) -> None:
    """The read-model table has none."""
    from eventstore.layout import EventLayout

    changes = ChangeStream(own_house.driver, EventLayout(own_house.rows))
    with pytest.raises(ConfigurationError, match="no change stream"):
        changes.arn  # noqa: B018 - reading it asks the table


# --- two workers ------------------------------------------------------------------------------


def test_two_workers_share_nothing_of_one_shard(own_house: House) -> None:
    one, two = own_house.worker(*ALL), own_house.worker(*ALL, name="two")
    one.round()
    two.round()
    assert len(one.shards) == 1
    assert two.shards == ()


def test_a_dead_workers_shard_is_taken_after_the_lease_time(timed_house: House) -> None:
    """By the living one's own clock: not after nine seconds, but after ten."""
    stream = fresh_account()
    deposit(timed_house, stream, 1)
    dead = timed_house.worker(*ALL)
    dead.round()
    deposit(timed_house, stream, 2)
    heir = timed_house.worker(*ALL, name="heir")
    heir.round()
    timed_house.clock.sleep(9)
    heir.round()
    assert heir.shards == ()
    timed_house.clock.sleep(1)
    heir.round()
    assert len(heir.shards) == 1
    assert lines(timed_house, stream) == [1, 2]


def test_a_sleeper_that_wakes_up_drops_the_shard_and_doubles_nothing(timed_house: House) -> None:
    """It has a page in hand that the heir has applied meanwhile."""
    stream = fresh_account()
    deposit(timed_house, stream, 1)
    sleeper, heir = timed_house.worker(*ALL), timed_house.worker(*ALL, name="heir")
    sleeper.round()
    heir.round()
    deposit(timed_house, stream, 2, 3)
    timed_house.clock.sleep(11)
    heir.round()
    heir.round()
    sleeper.round()
    assert sleeper.shards == ()
    assert len(heir.shards) == 1
    assert lines(timed_house, stream) == [1, 2, 3]
    assert total(timed_house) == Branch(branch="b", pence=6, deposits=3)
    [lease] = timed_house.leases().all()
    assert lease.owner == "heir"


def test_what_the_dead_leave_is_shared_equally(timed_house: House, engine: MemoryTransport) -> None:
    """Two living workers with one shard each, two dead ones: each of the living ends with two."""
    engine.split_shard(timed_house.events.table)
    engine.split_shard(timed_house.events.table)
    first = timed_house.worker(*ALL, name="first")
    rounds(first, timed_house, 6)
    first.release()
    free = [lease for lease in timed_house.leases().all() if not lease.finished]
    assert len(free) == 4
    dead = [timed_house.leases(f"dead {n}") for n in range(3)]
    taken = [leases.take(lease) for leases, lease in zip(dead, free, strict=False)]
    one, two = timed_house.worker(*ALL, name="one"), timed_house.worker(*ALL, name="two")
    one.round()
    dead[2].release(taken[2])
    two.round()
    assert (len(one.shards), len(two.shards)) == (1, 1)
    for _ in range(12):
        one.round()
        two.round()
        timed_house.clock.sleep(1)
    assert (len(one.shards), len(two.shards)) == (2, 2)
    assert {*one.shards, *two.shards} == {lease.shard for lease in free}


# --- projections that come and go -------------------------------------------------------------


def test_a_new_projection_in_a_running_group_gets_everything(timed_house: House) -> None:
    """From the store, as the change stream is behind it."""
    streams = [fresh_account() for _ in range(3)]
    for stream in streams:
        deposit(timed_house, stream, 1, 2)
    old = timed_house.worker(*ALL)
    rounds(old, timed_house, 2)
    old.release()
    new = timed_house.worker(*ALL, Late, name="new")
    rounds(new, timed_house, 2)
    assert [new.report().scans[reason] for reason in new.report().scans] == [1]
    for stream in streams:
        assert timed_house.table().get_or_fail(Late, account=stream.id).lines == [1, 2]
    assert total(timed_house).deposits == 6
    [lease] = timed_house.leases().all()
    assert "Late@1" in lease.covers


def test_a_rolling_deploy_leaves_no_hole_in_the_new_projection(timed_house: House) -> None:
    """New, old, new code in turn on one shard: what the old one read, the new one scans for."""
    stream = fresh_account()
    table = timed_house.table()
    for turn, declared in enumerate([(*ALL, Late), ALL, (*ALL, Late), ALL, (*ALL, Late)]):
        deposit(timed_house, stream, turn)
        worker = timed_house.worker(*declared, name=f"w{turn}")
        rounds(worker, timed_house, 2)
        worker.release()
    assert table.get_or_fail(Late, account=stream.id).lines == [0, 1, 2, 3, 4]
    assert lines(timed_house, stream) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("unread", [0, 1], ids=["all read", "a commit unread"])
def test_old_code_may_read_the_end_of_a_shard_whose_child_new_code_has_listed(
    timed_house: House, engine: MemoryTransport, unread: int
) -> None:
    """What counts for the child is what its parent covered when it ended."""
    first, second = fresh_account(), fresh_account()
    deposit(timed_house, first, 1)
    new = timed_house.worker(*ALL, Late, name="new")
    old = timed_house.worker(*ALL, name="old")
    rounds(new, timed_house, 2)
    deposit(timed_house, second, *range(unread))
    engine.roll_shard(timed_house.events.table)
    new.balance()
    new.release()
    rounds(old, timed_house, 1)
    old.release()
    assert lag_of(timed_house, Late).incomplete == 1
    assert lag_of(timed_house, Statement).is_caught_up
    newer = timed_house.worker(*ALL, Late, name="newer")
    rounds(newer, timed_house, 4)
    assert sum(newer.report().scans.values()) == 1
    row = timed_house.table().get(Late, account=second.id)
    assert (row.lines if row else []) == [*range(unread)]
    assert lag_of(timed_house, Late).is_caught_up


def test_who_gives_up_a_shard_vouches_for_its_own_projections_only(
    timed_house: House, engine: MemoryTransport
) -> None:
    """Old code scans for what it has; the new code's projection is still owed the rest."""
    stream = fresh_account()
    new = timed_house.worker(*ALL, Late, name="new")
    rounds(new, timed_house, 2)
    new.release()
    deposit(timed_house, stream, 1)
    engine.roll_shard(timed_house.events.table)
    timed_house.clock.sleep(48 * 3_600)
    old = timed_house.worker(*ALL, name="old")
    old.balance()
    old.release()
    assert lines(timed_house, stream) == [1]
    gone = next(lease for lease in timed_house.leases().all() if lease.parent is None)
    assert (gone.finished, gone.covers) == (True, ("Ledger@1", "Statement@1"))
    newer = timed_house.worker(*ALL, Late, name="newer")
    rounds(newer, timed_house, 4)
    assert timed_house.table().get_or_fail(Late, account=stream.id).lines == [1]


def test_an_unfinished_scan_is_not_taken_for_done(timed_house: House) -> None:
    """The store is out of reach meanwhile: nobody says that the new projection is complete."""
    stream = fresh_account()
    deposit(timed_house, stream, 1, 2)
    old = timed_house.worker(*ALL)
    rounds(old, timed_house, 2)
    old.release()
    weather = {"bad": True}

    def plan(operation: str, params: object) -> Fault | None:
        return Fault.THROTTLED if weather["bad"] and operation == "Scan" else None

    worker = shaky_worker(timed_house, plan, (*ALL, Late))
    failures = 0
    for _ in range(6):
        with contextlib.suppress(ThrottledError):
            worker.round()
            failures -= 1
        failures += 1
        assert worker.shards == ()
        timed_house.clock.sleep(11)
    assert failures >= 2
    worker.release()
    [lease] = timed_house.leases().all()
    assert "Late@1" not in lease.covers
    weather["bad"] = False
    timed_house.clock.sleep(11)
    rounds(worker, timed_house, 14)
    assert timed_house.table().get_or_fail(Late, account=stream.id).lines == [1, 2]


def shaky_worker(house: House, plan, declared) -> Worker:
    """A worker over a network that does as the plan says, without patience."""
    policy = RetryPolicy(attempts_max=2, wait_first_seconds=0.001)
    driver = RetryingDriver(WireDriver(FaultyTransport(house.transport, plan)), policy, house.clock)
    from eventstore import DynamoDBLog, EventStore
    from eventstore.layout import EventLayout
    from tests.contract.projections.bank import EVENTS

    store = EventStore(DynamoDBLog(driver, house.events, house.clock), EVENTS)
    return Worker(
        ChangeStream(driver, EventLayout(house.events)),
        Dispatcher(store, declared, driver, house.rows, house.clock),
        Leases(driver, house.rows, "main", "shaky", house.clock),
        house.clock,
        BRISK,
    )


def test_a_new_shards_lease_inherits_what_its_parent_covers(
    timed_house: House, engine: MemoryTransport
) -> None:
    """No scan at each split."""
    stream = fresh_account()
    worker = timed_house.worker(*ALL)
    deposit(timed_house, stream, 1)
    rounds(worker, timed_house, 2)
    scans = sum(worker.report().scans.values())
    children = engine.split_shard(timed_house.events.table)
    deposit(timed_house, stream, 2)
    rounds(worker, timed_house, 6)
    assert set(worker.shards) == set(children)
    assert sum(worker.report().scans.values()) == scans
    assert lines(timed_house, stream) == [1, 2]
    covers = {lease.covers for lease in timed_house.leases().all()}
    assert covers == {("Ledger@1", "Statement@1")}


# --- lineage ----------------------------------------------------------------------------------


def test_parents_are_read_to_their_end_before_their_children(
    timed_house: House, engine: MemoryTransport
) -> None:
    """Three generations are there at the start; no commit is ever a gap."""
    stream = fresh_account()
    for pence in range(1, 8):
        deposit(timed_house, stream, pence)
        engine.split_shard(timed_house.events.table) if pence % 2 else None
    worker = timed_house.worker(Statement)
    rounds(worker, timed_house, 40)
    assert lines(timed_house, stream) == [1, 2, 3, 4, 5, 6, 7]
    counts = worker.report().projections["Statement@1"]
    assert counts["gap-filled"] == 0
    leases = {lease.shard: lease for lease in timed_house.leases().all()}
    assert len(leases) == 1 + 2 + 4 + 8 + 16
    assert sum(not lease.finished for lease in leases.values()) == 16


def test_a_child_whose_parent_is_not_finished_waits(
    timed_house: House, engine: MemoryTransport
) -> None:
    """The parent is another's: nobody takes the child from under it."""
    slow = timed_house.worker(*ALL, name="slow")
    slow.round()
    engine.split_shard(timed_house.events.table)
    eager = timed_house.worker(*ALL, name="eager")
    for _ in range(5):
        eager.round()
        timed_house.clock.sleep(1)
    assert eager.shards == ()


def test_a_child_whose_parent_is_not_listed_waits_until_it_is_old(
    timed_house: House, engine: MemoryTransport
) -> None:
    """A list may be late; only a child older than retention can have lost its parent to it."""
    stream = fresh_account()
    deposit(timed_house, stream, 1)
    children = engine.roll_shard(timed_house.events.table)
    deposit(timed_house, stream, 2)
    worker = with_changes(timed_house, HidesParents)
    rounds(worker, timed_house, 5)
    assert worker.shards == ()
    assert lines(timed_house, stream) == []
    timed_house.clock.sleep(RETENTION_MICROS / 1e6 + 60)
    rounds(worker, timed_house, 3)
    assert worker.shards == tuple(children)
    assert lines(timed_house, stream) == [1, 2], "the trimmed parent's commit came from the store"


class HidesParents(ChangeStream):
    """A list that is late: closed shards do not stand in it."""

    def shards(self):
        for shard in super().shards():
            if shard.sequence_number_range.ending_sequence_number is None:
                yield shard


def with_changes(house: House, kind: type[ChangeStream], name: str = "one") -> Worker:
    from eventstore.layout import EventLayout

    changes = kind(house.driver, EventLayout(house.events))
    return Worker(changes, house.dispatcher(*ALL), house.leases(name), house.clock, BRISK)


class HidesChildren(ChangeStream):
    """A list that is late: shards that were split off do not stand in it."""

    def shards(self):
        return (shard for shard in super().shards() if shard.parent_shard_id is None)


@pytest.mark.parametrize("hours", [0, 30], ids=["at once", "after a day"])
def test_no_shard_is_given_up_because_a_list_is_late(
    timed_house: House, engine: MemoryTransport, hours: int
) -> None:
    """One worker has made the child's lease, another's list has no such shard, however old."""
    one, two = timed_house.worker(*ALL), with_changes(timed_house, HidesChildren, "two")
    rounds(one, timed_house, 2)
    [child] = engine.roll_shard(timed_house.events.table)
    timed_house.clock.sleep(hours * 3_600)
    one.balance()
    two.balance()
    assert {lease.shard: lease.finished for lease in timed_house.leases().all()}[child] is False
    stream = fresh_account()
    deposit(timed_house, stream, 1)
    for _ in range(8):
        rounds(one, timed_house, 1)
        two.round()
    assert lines(timed_house, stream) == [1]
    assert {*one.shards, *two.shards} == {child}


def test_a_finished_lease_of_an_open_shard_is_opened_again(timed_house: House) -> None:
    """However it came about: nothing is lost in it, and nobody is told that all is well."""
    stream = fresh_account()
    worker = timed_house.worker(*ALL)
    rounds(worker, timed_house, 2)
    worker.release()
    [lease] = timed_house.leases().all()
    timed_house.leases().finish(lease)
    deposit(timed_house, stream, 1)
    lag = lag_of(timed_house, Statement)
    assert (lag.commits_behind, lag.shards, lag.is_caught_up) == (1, 1, False)
    rounds(worker, timed_house, 2)
    assert worker.shards == (lease.shard,)
    assert lines(timed_house, stream) == [1]


def test_two_event_tables_share_a_read_model_table_and_no_lease(timed_house: House) -> None:
    """Both services are of the group `main`; neither touches the other's places."""
    other = House(timed_house.transport, fresh_config(), timed_house.rows, timed_house.clock)
    other.log.create()
    mine, theirs = fresh_account(), fresh_account()
    one, two = timed_house.worker(*ALL), other.worker(*ALL, name="two")
    rounds(one, timed_house, 2)
    timed_house.clock.sleep(RETENTION_MICROS / 1e6 + 60)
    for _ in range(3):
        rounds(two, other, 2)
        rounds(one, timed_house, 2)
        deposit(timed_house, mine, 1)
        deposit(other, theirs, 2)
    rounds(one, timed_house, 2)
    rounds(two, other, 2)
    assert (len(one.shards), len(two.shards)) == (1, 1)
    assert lines(timed_house, mine) == [1, 1, 1]
    assert lines(timed_house, theirs) == [2, 2, 2]
    assert lag_of(timed_house, Statement).shards == lag_of(other, Statement).shards == 1


def test_a_shard_that_is_not_known_just_now_is_read_later(timed_house: House) -> None:
    """Neither listed nor known for a moment, and young: nobody dies of it or gives it up."""

    class Forgets(ChangeStream):
        weather = "good"

        def shards(self):
            return iter(()) if self.weather == "bad" else super().shards()

        def read(self, iterator: str, limit: int = 1_000):
            if self.weather != "good":
                raise TableNotFoundError("GetRecords", "events", "no such shard")
            return super().read(iterator, limit)

        def is_known(self, shard_id: str) -> bool:
            return self.weather == "good"

    stream = fresh_account()
    worker = with_changes(timed_house, Forgets)
    rounds(worker, timed_house, 2)
    deposit(timed_house, stream, 1)
    for Forgets.weather in ("bad", "worse"):
        rounds(worker, timed_house, 3)
        [lease] = timed_house.leases().all()
        assert not lease.finished
    Forgets.weather = "good"
    rounds(worker, timed_house, 2)
    assert lines(timed_house, stream) == [1]
    assert sum(worker.report().scans.values()) == 1, "that of the beginning"


def test_an_empty_page_is_not_the_end(timed_house: House, engine: MemoryTransport) -> None:
    """Every second page of AWS may be empty."""
    stream = fresh_account()
    worker = timed_house.worker(*ALL)
    rounds(worker, timed_house, 5)
    deposit(timed_house, stream, 1)
    rounds(worker, timed_house, 2)
    assert lines(timed_house, stream) == [1]
    assert len(worker.shards) == 1


def test_an_answer_without_iterator_does_not_end_an_open_shard(timed_house: House) -> None:
    """A damaged answer may look so; DescribeStream says that the shard is open."""
    from projections.shards import Page

    class ForgetsIterators(ChangeStream):
        def read(self, iterator: str, limit: int = 1_000) -> Page:
            page = super().read(iterator, limit)
            return msgspec.structs.replace(page, iterator=None)

    stream = fresh_account()
    worker = with_changes(timed_house, ForgetsIterators)
    for pence in (1, 2, 3):
        deposit(timed_house, stream, pence)
        rounds(worker, timed_house, 2)
    assert lines(timed_house, stream) == [1, 2, 3]
    assert len(worker.shards) == 1
    assert worker.report().records["commit"] == 3


def test_a_disabled_stream_is_drained_and_finished(own_house: House) -> None:
    """The only closed shard that DynamoDB Local can show."""
    stream = fresh_account()
    worker = own_house.worker(*ALL)
    deposit(own_house, stream, 1)
    rounds(worker, own_house, 2)
    deposit(own_house, stream, 2, 3)
    own_house.transport.call(
        "UpdateTable",
        {
            "TableName": own_house.events.table,
            "StreamSpecification": {"StreamEnabled": False},
        },
    )
    for _ in range(10):
        worker.round()
        if worker.shards == ():
            break
    assert lines(own_house, stream) == [1, 2, 3]
    [lease] = own_house.leases().all()
    assert (lease.finished, lease.owner) == (True, None)


def switch(house: House, on: bool) -> None:
    wanted: dict[str, Any] = {"StreamEnabled": on}
    if on:
        wanted["StreamViewType"] = "NEW_IMAGE"
    params = {"TableName": house.events.table, "StreamSpecification": wanted}
    house.transport.call("UpdateTable", params)


@pytest.mark.parametrize("drained", [True, False], ids=["drained", "switched at once"])
def test_a_stream_that_is_switched_off_and_on_is_followed(
    own_house: House, drained: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """By a worker that runs all the time; what was written meanwhile comes from the store."""
    before, between, after = fresh_account(), fresh_account(), fresh_account()
    options = msgspec.structs.replace(BRISK, balance_seconds=0.0)
    worker = own_house.worker(*ALL, options=options)
    rounds(worker, own_house, 2)
    old = own_house.changes.name
    deposit(own_house, before, 1)
    switch(own_house, on=False)
    if drained:
        with caplog.at_level(logging.WARNING, "keyfold.worker"):
            rounds(worker, own_house, 6)
        assert worker.shards == ()
        assert sum("no open shard" in text for text in caplog.messages) == 1
        assert not lag_of(own_house, Statement).is_caught_up
    deposit(own_house, between, 2)
    time.sleep(0.01)  # a stream's name is the time of its beginning
    switch(own_house, on=True)
    assert own_house.changes.name != old
    assert lag_of(own_house, Statement).incomplete == 1
    deposit(own_house, after, 3)
    rounds(worker, own_house, 4)
    assert [lines(own_house, one) for one in (before, between, after)] == [[1], [2], [3]]
    assert worker.report().scans["the change stream was switched off and on"] == 1
    assert len(worker.shards) == 1
    assert lag_of(own_house, Statement).is_caught_up


def test_names_of_events_that_nobody_knows_are_passed_over(timed_house: House) -> None:
    """DynamoDB Local calls an expiry UNKNOWN_TO_SDK_VERSION."""
    import json

    class Renames:
        def __init__(self, transport: Transport) -> None:
            self.transport = transport

        def call(self, operation: str, params: dict[str, Any], /) -> bytes:
            body = self.transport.call(operation, params)
            if operation != "GetRecords":
                return body
            answer = json.loads(body)
            for record in answer["Records"]:
                if record["eventName"] == "REMOVE":
                    record["eventName"] = "UNKNOWN_TO_SDK_VERSION"
            return json.dumps(answer).encode()

    stream = fresh_account()
    deposit(timed_house, stream, 1)
    layout = timed_house.log.layout
    commit = layout.config.key(layout.pk(stream), layout.sk(1))
    timed_house.plain.send(DeleteItem(table_name=timed_house.events.table, key=commit))
    house = House(
        Renames(timed_house.transport), timed_house.events, timed_house.rows, timed_house.clock
    )
    worker = house.worker(*ALL)
    rounds(worker, house, 2)
    assert worker.report().records == {"commit": 1, "UNKNOWN_TO_SDK_VERSION": 1, "other item": 1}


# --- time -------------------------------------------------------------------------------------


def test_an_expired_place_is_asked_for_again(timed_house: House) -> None:
    """A worker that stood still for twenty minutes reads on where it was."""
    stream = fresh_account()
    worker = timed_house.worker(*ALL)
    deposit(timed_house, stream, 1)
    rounds(worker, timed_house, 2)
    timed_house.clock.sleep(20 * 60)
    deposit(timed_house, stream, 2)
    rounds(worker, timed_house, 2)
    assert lines(timed_house, stream) == [1, 2]
    assert worker.report().records["commit"] == 2


def test_an_expired_place_costs_one_request_for_another(timed_house: House) -> None:
    from tests.support.meter import cost

    stream = fresh_account()
    worker = timed_house.worker(*ALL, options=msgspec.structs.replace(BRISK, balance_seconds=9e9))
    deposit(timed_house, stream, 1)
    rounds(worker, timed_house, 2)
    timed_house.clock.sleep(20 * 60)
    before = timed_house.clock.monotonic()
    with cost(timed_house.meter) as spent:
        worker.round()
    assert spent.requests["GetShardIterator"] == 1
    assert spent.requests["GetRecords"] + spent.failures.get("GetRecords", 0) <= 3
    assert timed_house.clock.monotonic() == before


def test_places_that_are_always_expired_stop_nobody(timed_house: House) -> None:
    """The worker tries again each round, and goes on where it was."""

    class Expires(ChangeStream):
        bad = False

        def read(self, iterator: str, limit: int = 1_000):
            if self.bad:
                raise IteratorExpiredError("GetRecords", "events", "expired")
            return super().read(iterator, limit)

    stream = fresh_account()
    worker = with_changes(timed_house, Expires)
    deposit(timed_house, stream, 1)
    rounds(worker, timed_house, 2)
    deposit(timed_house, stream, 2)
    Expires.bad = True
    rounds(worker, timed_house, 3)
    Expires.bad = False
    rounds(worker, timed_house, 2)
    assert lines(timed_house, stream) == [1, 2]
    assert worker.report().records["commit"] == 2


def test_trimmed_records_are_read_from_the_store_and_that_is_said(
    timed_house: House, engine: MemoryTransport
) -> None:
    """Also those of a stream that says nothing more afterwards."""
    silent, talking = fresh_account(), fresh_account()
    worker = timed_house.worker(*ALL)
    deposit(timed_house, silent, 1)
    rounds(worker, timed_house, 2)
    deposit(timed_house, silent, 2)
    deposit(timed_house, talking, 7)
    engine.trim(timed_house.events.table)
    rounds(worker, timed_house, 3)
    assert lines(timed_house, silent) == [1, 2]
    assert lines(timed_house, talking) == [7]
    assert worker.report().scans["records were trimmed before they were read"] == 1


def test_a_scan_of_what_was_trimmed_is_done_again_if_it_fails(
    timed_house: House, engine: MemoryTransport
) -> None:
    """The store is out of reach just then: the hole is not forgotten."""
    stream = fresh_account()
    weather = {"bad": False}

    def plan(operation: str, params: object) -> Fault | None:
        return Fault.THROTTLED if weather["bad"] and operation == "Scan" else None

    worker = shaky_worker(timed_house, plan, ALL)
    deposit(timed_house, stream, 1)
    rounds(worker, timed_house, 2)
    deposit(timed_house, stream, 2)
    engine.trim(timed_house.events.table)
    weather["bad"] = True
    for _ in range(3):
        with pytest.raises(KeyfoldError):
            worker.round()
    weather["bad"] = False
    rounds(worker, timed_house, 3)
    assert lines(timed_house, stream) == [1, 2]


@pytest.mark.parametrize("rolled", [False, True], ids=["one shard", "shards rolled meanwhile"])
@pytest.mark.parametrize("before", [0, 1], ids=["nothing read before", "a place saved"])
def test_a_worker_that_comes_back_after_days_misses_nothing(
    timed_house: House, engine: MemoryTransport, before: int, rolled: bool
) -> None:
    """Records of the first day are gone, with or without a place that would tell."""
    stream, silent = fresh_account(), fresh_account()
    first = timed_house.worker(*ALL)
    deposit(timed_house, stream, *range(before))
    rounds(first, timed_house, 3)
    first.release()
    deposit(timed_house, silent, 5)
    if rolled:
        engine.roll_shard(timed_house.events.table)
    timed_house.clock.sleep(30 * 3_600)
    deposit(timed_house, stream, 8)
    second = timed_house.worker(*ALL, name="two")
    rounds(second, timed_house, 8)
    assert lines(timed_house, silent) == [5]
    assert lines(timed_house, stream) == [*range(before), 8]
    assert sum(second.report().scans.values()) >= 1


@pytest.mark.parametrize("after", ["a repair", "taking"])
def test_a_worker_that_sleeps_a_day_before_it_reads_from_the_start_misses_nothing(
    timed_house: House, engine: MemoryTransport, after: str
) -> None:
    """What was written meanwhile was trimmed, and a shard read from its start does not tell."""
    silent, talking = fresh_account(), fresh_account()
    worker = timed_house.worker(*ALL)
    rounds(worker, timed_house, 2)
    if after == "a repair":
        deposit(timed_house, talking, 1)
        rounds(worker, timed_house, 1)
        deposit(timed_house, talking, 2)
        engine.trim(timed_house.events.table)
        worker.round()
    else:
        engine.roll_shard(timed_house.events.table)
        rounds(worker, timed_house, 1)
        worker.balance()
    deposit(timed_house, silent, 5)
    timed_house.clock.sleep(25 * 3_600)
    deposit(timed_house, talking, 3)
    rounds(worker, timed_house, 6)
    assert lines(timed_house, silent) == [5]
    assert lines(timed_house, talking)[-1] == 3
    scans = worker.report().scans["records were trimmed before they were read"]
    assert scans == 1 + (after == "a repair")


def test_a_shard_that_vanishes_in_hand_is_retired(
    timed_house: House, engine: MemoryTransport
) -> None:
    """A machine that was suspended for two days with the shard in its hands."""
    stream = fresh_account()
    worker = timed_house.worker(*ALL)
    deposit(timed_house, stream, 1)
    rounds(worker, timed_house, 2)
    deposit(timed_house, stream, 2)
    engine.roll_shard(timed_house.events.table)
    timed_house.clock.sleep(48 * 3_600)
    rounds(worker, timed_house, 6)
    assert lines(timed_house, stream) == [1, 2]
    assert sum(not lease.finished for lease in timed_house.leases().all()) == 1


def test_a_long_scan_keeps_the_lease(timed_house: House) -> None:
    """Longer than the lease: it is renewed meanwhile, and a rival stays away."""
    for _ in range(4):
        deposit(timed_house, fresh_account(), *range(200))
    one = timed_house.worker(*ALL, name="one")
    two = timed_house.worker(*ALL, name="two")
    two.round()
    two.release()
    rival_saw: list[tuple[str, ...]] = []

    class Slow(Dispatcher):
        def dispatch(self, commits, lanes=None, between=lambda: None) -> None:
            timed_house.clock.sleep(6)
            rival.round()
            rival_saw.append(rival.shards)
            super().dispatch(commits, lanes, between)

    rival = timed_house.worker(*ALL, name="rival")
    dispatcher = Slow(
        timed_house.metered_store(),
        (*ALL, Late),
        timed_house.driver,
        timed_house.rows,
        timed_house.clock,
    )
    slow = timed_house.worker(name="slow", dispatcher=dispatcher)
    slow.balance()
    assert len(rival_saw) >= 2
    assert set(rival_saw) == {()}
    assert len(slow.shards) == 1
    assert one.shards == ()


class Toll:
    """A transport on which each write takes its time, while somebody else looks round."""

    def __init__(self, transport: Transport, clock: ManualClock, seconds: float) -> None:
        self.transport, self.clock, self.seconds = transport, clock, seconds
        self.meanwhile: Callable[[], None] = lambda: None
        self._looked_at = clock.monotonic()

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        if operation in ("PutItem", "TransactWriteItems"):
            self.clock.sleep(self.seconds)
        if self.clock.monotonic() - self._looked_at >= 2:
            self._looked_at = self.clock.monotonic()
            self.meanwhile()
        return self.transport.call(operation, params)


@pytest.mark.parametrize("new", [False, True], ids=["a page", "a scan"])
def test_a_long_page_keeps_the_lease(
    timed_house: House, manual_clock: ManualClock, new: bool
) -> None:
    """Four hundred streams in one page, 60 ms a write: the worker is healthy and stays."""
    toll = Toll(timed_house.transport, manual_clock, 0.06)
    rival = timed_house.worker(Statement, name="rival")
    slow_house = House(toll, timed_house.events, timed_house.rows, manual_clock)
    if not new:
        first = timed_house.worker(Statement)
        rounds(first, timed_house, 2)
        first.release()
    streams = [fresh_account() for _ in range(400)]
    for stream in streams:
        deposit(timed_house, stream, 1)
    slow = slow_house.worker(Statement, name="slow")
    saw: list[tuple[str, ...]] = []

    def look() -> None:
        rival.balance()
        saw.append(rival.shards)

    slow.balance() if not new else None
    toll.meanwhile = look
    slow.round()
    assert len(saw) >= 8
    assert set(saw) == {()}
    assert len(slow.shards) == 1
    assert all(lines(timed_house, stream) == [1] for stream in streams)


def test_a_lease_lost_in_a_scan_that_then_fails_is_an_outage_and_no_more(
    timed_house: House,
) -> None:
    """The error that arrives is the store's, so that the worker waits and goes on."""
    deposit(timed_house, fresh_account(), 1)
    heir = timed_house.worker(*ALL, name="heir")

    class Sleeps(Dispatcher):
        def catch_up(self, projection_ids, between=lambda: None) -> int:
            for _ in range(2):
                heir.balance()
                timed_house.clock.sleep(11)
            heir.balance()
            between()
            raise ThrottledError("Scan", "events", "slow down")

    dispatcher = Sleeps(
        timed_house.metered_store(), ALL, timed_house.driver, timed_house.rows, timed_house.clock
    )
    worker = timed_house.worker(name="sleeper", dispatcher=dispatcher)
    with pytest.raises(ThrottledError):
        worker.round()
    assert worker.shards == ()
    assert len(heir.shards) == 1


# --- lag --------------------------------------------------------------------------------------


def lag_of(house: House, declared: Declared):
    found = measure_lag(
        [projection_of(one) for one in (*ALL, Late)],
        house.changes,
        house.leases(),
        house.parking,
        house.clock,
    )
    return next(one for one in found if one.projection == projection_of(declared).id)


def test_lag_counts_what_lies_behind_the_saved_place(own_house: House) -> None:
    """So many commits behind, then none; unowned where no worker reads."""
    stream = fresh_account()
    lag = lag_of(own_house, Statement)
    assert (lag.commits_behind, lag.shards, lag.unowned, lag.incomplete) == (0, 1, 1, 1)
    deposit(own_house, stream, 1, 2, 3)
    lag = lag_of(own_house, Statement)
    assert (lag.commits_behind, lag.at_least, lag.is_caught_up) == (3, False, False)
    assert 0 <= lag.seconds < 60
    worker = own_house.worker(*ALL)
    rounds(worker, own_house, 3)
    lag = lag_of(own_house, Statement)
    assert (lag.commits_behind, lag.seconds, lag.unowned, lag.is_caught_up) == (0, 0.0, 0, True)
    assert lag_of(own_house, Late).incomplete == 1
    worker.release()
    deposit(own_house, stream, 4)
    lag = lag_of(own_house, Statement)
    assert (lag.commits_behind, lag.unowned) == (1, 1)


def test_lag_in_seconds_is_the_age_of_the_oldest_waiting_commit(timed_house: House) -> None:
    worker = timed_house.worker(*ALL)
    rounds(worker, timed_house, 2)
    deposit(timed_house, fresh_account(), 1)
    timed_house.clock.sleep(90)
    deposit(timed_house, fresh_account(), 2)
    timed_house.clock.sleep(10)
    assert lag_of(timed_house, Statement).seconds == pytest.approx(100, abs=1)


def test_a_shard_whose_worker_fell_silent_is_unowned(timed_house: House) -> None:
    """A worker that was killed cannot say so; its lease stands still."""
    worker = timed_house.worker(*ALL)
    rounds(worker, timed_house, 2)
    assert lag_of(timed_house, Statement).unowned == 0
    timed_house.clock.sleep(120)
    assert lag_of(timed_house, Statement).unowned == 1


def test_lag_names_shards_that_vanished_unread(timed_house: House, engine: MemoryTransport) -> None:
    """What they held is in the store and not yet applied: that is not caught up."""
    worker = timed_house.worker(*ALL)
    rounds(worker, timed_house, 2)
    worker.release()
    deposit(timed_house, fresh_account(), 1)
    engine.roll_shard(timed_house.events.table)
    timed_house.clock.sleep(30 * 3_600)
    assert not lag_of(timed_house, Statement).is_caught_up
    assert lag_of(timed_house, Statement).incomplete >= 1


def test_lag_does_not_call_a_split_incomplete(timed_house: House, engine: MemoryTransport) -> None:
    """Nobody has listed the children, or taken them: they cover what their parent did."""
    worker = timed_house.worker(*ALL)
    rounds(worker, timed_house, 2)
    engine.split_shard(timed_house.events.table)
    assert lag_of(timed_house, Statement).is_caught_up
    worker.balance()
    lag = lag_of(timed_house, Statement)
    assert (lag.shards, lag.incomplete, lag.is_caught_up) == (3, 0, True)
    assert lag_of(timed_house, Late).incomplete == 3


def test_lag_of_a_shard_that_vanished_is_not_nothing(
    timed_house: House, engine: MemoryTransport
) -> None:
    """Its child covers what it did, and nobody has brought what it held."""
    worker = timed_house.worker(*ALL)
    rounds(worker, timed_house, 2)
    engine.roll_shard(timed_house.events.table)
    worker.balance()
    worker.release()
    timed_house.clock.sleep(30 * 3_600)
    lag = lag_of(timed_house, Statement)
    assert (lag.at_least, lag.incomplete, lag.is_caught_up) == (True, 1, False)
    rounds(worker, timed_house, 4)
    assert lag_of(timed_house, Statement).is_caught_up


def test_lag_behind_trimmed_records_is_not_nothing(
    timed_house: House, engine: MemoryTransport
) -> None:
    worker = timed_house.worker(*ALL)
    deposit(timed_house, fresh_account(), 1)
    rounds(worker, timed_house, 2)
    deposit(timed_house, fresh_account(), 2)
    engine.trim(timed_house.events.table)
    lag = lag_of(timed_house, Statement)
    assert (lag.commits_behind, lag.at_least, lag.is_caught_up) == (0, True, False)
    rounds(worker, timed_house, 2)
    assert lag_of(timed_house, Statement).is_caught_up


def test_parked_streams_are_counted(timed_house: House) -> None:
    from eventstore.codec import RawEvent

    timed_house.append_raw(fresh_account(), [RawEvent("from-the-future", 1, {})])
    rounds(timed_house.worker(*ALL), timed_house, 3)
    assert lag_of(timed_house, Statement).parked == 1
    assert lag_of(timed_house, Late).parked == 0


def test_what_a_quiet_round_costs(own_house: House) -> None:
    """One GetRecords; looking at leases comes at its own pace."""
    from tests.support.meter import cost

    worker = own_house.worker(*ALL, options=msgspec.structs.replace(BRISK, balance_seconds=999))
    rounds(worker, own_house, 3)
    with cost(own_house.meter) as spent:
        worker.round()
    assert spent.requests == {"GetRecords": 1}
    own_house.append(fresh_account(), Seen(), Seen())
    with cost(own_house.meter) as spent:
        worker.round()
    assert spent.requests == {"GetRecords": 1, "UpdateItem": 1}, "its place alone is saved"
