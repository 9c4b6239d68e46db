"""When a lease has expired: by one's own monotonic clock and nothing else."""

from __future__ import annotations

import msgspec
import pytest

from orm.clock import ManualClock
from projections.leases import Lease, LeaseWatch

HELD = Lease(stream="t/l", shard="s", owner="other", counter=4)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def watch(clock: ManualClock) -> LeaseWatch:
    return LeaseWatch(10.0, clock)


def test_a_released_lease_is_free_at_once(watch: LeaseWatch) -> None:
    assert watch.is_free(Lease(stream="t/l", shard="s", owner=None, counter=4))


def test_a_held_lease_is_free_once_its_counter_stood_still(
    watch: LeaseWatch, clock: ManualClock
) -> None:
    """Ten seconds from when it was first seen, however long it had stood before."""
    assert not watch.is_free(HELD)
    clock.sleep(9.9)
    assert not watch.is_free(HELD)
    clock.sleep(0.1)
    assert watch.is_free(HELD)


def test_a_counter_that_moved_begins_the_wait_anew(watch: LeaseWatch, clock: ManualClock) -> None:
    watch.is_free(HELD)
    clock.sleep(9)
    moved = msgspec.structs.replace(HELD, counter=5)
    assert not watch.is_free(moved)
    clock.sleep(9)
    assert not watch.is_free(moved)
    clock.sleep(1)
    assert watch.is_free(moved)


def test_what_the_owners_clock_says_means_nothing(watch: LeaseWatch, clock: ManualClock) -> None:
    """Saved in 1970 or in a far future: only the counter counts."""
    for saved_at in (0, 2**60):
        lease = msgspec.structs.replace(HELD, shard=str(saved_at), saved_at=saved_at)
        assert not watch.is_free(lease)
        clock.sleep(10)
        assert watch.is_free(lease)


def test_a_counter_that_went_back_is_a_change_too(watch: LeaseWatch, clock: ManualClock) -> None:
    """As after a restore of the table."""
    watch.is_free(HELD)
    clock.sleep(9)
    assert not watch.is_free(msgspec.structs.replace(HELD, counter=1))


def test_each_shard_is_watched_for_itself(watch: LeaseWatch, clock: ManualClock) -> None:
    watch.is_free(HELD)
    clock.sleep(10)
    assert not watch.is_free(msgspec.structs.replace(HELD, shard="another"))
    assert watch.is_free(HELD)
