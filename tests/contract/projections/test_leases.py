"""Leases: of two workers exactly one reads a shard, and no clock is compared with another's."""

from __future__ import annotations

import secrets

import pytest

from orm.clock import ManualClock
from orm.driver import RetryingDriver, WireDriver
from orm.driver.faults import Fault, FaultyTransport
from projections import LeaseLostError
from projections.leases import Lease, Leases
from tests.contract.projections.house import House
from tests.support.meter import cost


@pytest.fixture
def group() -> str:
    """A group that no other test has."""
    return secrets.token_hex(4)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def of(house: House, group: str, worker: str, clock: ManualClock) -> Leases:
    return Leases(house.driver, house.rows, group, worker, clock)


def test_of_two_workers_one_takes(house: House, group: str, clock: ManualClock) -> None:
    """Both saw it free; the second is refused and has changed nothing."""
    one, other = (of(house, group, name, clock) for name in ("one", "other"))
    lease = one.create(Lease(stream="t/l", shard="s"))
    taken = one.take(lease)
    with pytest.raises(LeaseLostError):
        other.take(lease)
    assert list(one.all()) == [taken]
    assert taken.owner == "one"


def test_a_sleepers_late_save_is_refused(house: House, group: str, clock: ManualClock) -> None:
    """Another has taken the shard meanwhile: neither place nor owner is overwritten."""
    one, other = (of(house, group, name, clock) for name in ("one", "other"))
    slept = one.take(one.create(Lease(stream="t/l", shard="s")))
    saved = other.save(other.take(slept), "200", ["a@1"], 5)
    for late in (
        lambda: one.save(slept, "100", ["a@1"], 4),
        lambda: one.renew(slept),
        lambda: one.release(slept),
        lambda: one.finish(slept),
    ):
        with pytest.raises(LeaseLostError) as lost:
            late()
        assert (lost.value.shard, lost.value.owner) == ("s", "one")
    assert list(one.all()) == [saved]


def test_renewing_claims_no_progress(house: House, group: str, clock: ManualClock) -> None:
    leases = of(house, group, "one", clock)
    saved = leases.save(leases.take(leases.create(Lease(stream="t/l", shard="s"))), "7", ["a@1"], 5)
    clock.sleep(1)
    renewed = leases.renew(saved)
    assert renewed.counter == saved.counter + 1
    assert renewed.saved_at == saved.saved_at + 1_000_000
    assert (renewed.checkpoint, renewed.covers, renewed.owner) == ("7", ("a@1",), "one")


def test_the_first_to_create_a_lease_makes_it(house: House, group: str, clock: ManualClock) -> None:
    """The second finds what the first one made, saved place and all."""
    one, other = (of(house, group, name, clock) for name in ("one", "other"))
    saved = one.save(
        one.take(one.create(Lease(stream="t/l", shard="s", parent="p"))), "9", ["a@1"], 1
    )
    assert other.create(Lease(stream="t/l", shard="s")) == saved


def test_a_sequence_number_stays_text(house: House, group: str, clock: ManualClock) -> None:
    """DynamoDB Local's have leading zeros, without which they mean nothing."""
    leases = of(house, group, "one", clock)
    taken = leases.take(leases.create(Lease(stream="t/l", shard="s")))
    leases.save(taken, "000000000000000000042", [], 0)
    [found] = leases.all()
    assert found.checkpoint == "000000000000000000042"


def test_groups_know_nothing_of_each_other(house: House, group: str, clock: ManualClock) -> None:
    of(house, group, "one", clock).create(Lease(stream="t/l", shard="s"))
    assert list(of(house, f"{group}0", "one", clock).all()) == []
    assert list(of(house, group[:-1], "one", clock).all()) == []


def test_streams_know_nothing_of_each_other(house: House, group: str, clock: ManualClock) -> None:
    """One group, shards of one name: every change stream has leases of its own."""
    leases = of(house, group, "one", clock)
    names = ("t/2026", "t/20260", "t0/2026")
    made = [leases.create(Lease(stream=name, shard="s")) for name in names]
    taken = leases.take(made[0])
    assert [list(leases.all(name)) for name in names] == [[taken], [made[1]], [made[2]]]
    assert len(list(leases.all())) == 3


def test_what_is_taken_covers_what_the_taker_says(
    house: House, group: str, clock: ManualClock
) -> None:
    """In the very write that takes it; without a word it covers what it did."""
    leases = of(house, group, "one", clock)
    taken = leases.take(leases.create(Lease(stream="t/l", shard="s")), ["b@1", "a@1"])
    assert taken.covers == ("a@1", "b@1")
    assert leases.take(leases.release(taken)).covers == ("a@1", "b@1")
    assert next(leases.all()).covers == ("a@1", "b@1")


def test_a_shard_that_is_given_up_covers_what_was_scanned(
    house: House, group: str, clock: ManualClock
) -> None:
    leases = of(house, group, "one", clock)
    saved = leases.save(
        leases.take(leases.create(Lease(stream="t/l", shard="s"))), "7", ["a@1", "b@1"], 1
    )
    retired = leases.retire(leases.release(saved), ["a@1"])
    assert (retired.finished, retired.owner, retired.covers) == (True, None, ("a@1",))
    reopened = leases.reopen(retired)
    assert (reopened.finished, reopened.checkpoint) == (False, "7")
    assert list(leases.all()) == [reopened]
    clock.sleep(1)
    with pytest.raises(LeaseLostError):
        leases.reopen(retired)


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.TWICE, Fault.SERVER_ERROR_AFTER, Fault.EMPTY])
def test_a_lost_answer_is_known_for_ones_own(
    house: House, group: str, clock: ManualClock, fault: Fault
) -> None:
    """Every write is done and its answer lost: the second send is refused, and known for ours."""
    seen: list[object] = []

    def plan(operation: str, params: object) -> Fault | None:
        if operation not in ("PutItem", "UpdateItem") or params in seen:
            return None
        seen.append(params)
        return fault

    driver = RetryingDriver(WireDriver(FaultyTransport(house.transport, plan)), clock=clock)
    leases = Leases(driver, house.rows, group, "one", clock)
    taken = leases.take(leases.create(Lease(stream="t/l", shard="s", parent="p")))
    saved = leases.save(taken, "5", ["a@1"], 1)
    finished = leases.finish(leases.release(leases.renew(saved)))
    assert list(leases.all()) == [finished]
    assert (finished.counter, finished.owner, finished.finished) == (5, None, True)
    assert len(seen) == 6


def test_what_leases_cost(house: House, group: str, clock: ManualClock) -> None:
    leases = of(house, group, "one", clock)
    with cost(house.meter) as spent:
        taken = leases.take(leases.create(Lease(stream="t/l", shard="s")))
        leases.save(taken, "5", [], 1)
        list(leases.all())
    assert spent.requests == {"PutItem": 1, "UpdateItem": 2, "Query": 1}
