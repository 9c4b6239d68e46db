"""Command ids: the same command is carried out once, however often it is asked for."""

from __future__ import annotations

import pytest

from eventstore import EventStore, MemoryLog, OutcomeUnknownError, Step
from eventstore.store import SEEN_COMMITS_MAX
from orm.clock import ManualClock
from orm.driver import Fault, FaultyTransport, Transport, WireDriver
from tests.conftest import fresh_config
from tests.contract.store.conftest import House, Interrupted
from tests.support.logs import TableStore
from tests.support.tally import Tally


def test_the_same_id_does_it_once(house: House, id: str):
    tallies = house.store().of(Tally)
    first = tallies.execute(id, Tally.add(5), command_id="c-1")
    again = tallies.execute(id, Tally.add(5), command_id="c-1")
    assert (first.skipped, again.skipped) == (False, True)
    assert again.events == ()
    assert again.state.total == 5
    assert house.amounts(id) == [5]


def test_after_a_restart_too(house: House, id: str):
    """Also when others have come in between."""
    house.store().of(Tally).execute(id, Tally.add(5), command_id="c-1")
    house.rival(id)
    again = house.store().of(Tally).execute(id, Tally.add(5), command_id="c-1")
    assert again.skipped
    assert house.amounts(id) == [5, 100]


def test_through_a_state_that_was_loaded_after_it(house: House, id: str):
    tallies = house.store().of(Tally)
    result = tallies.execute(id, Tally.add(5), command_id="c-1")
    assert tallies.execute(id, Tally.add(5), command_id="c-1", at=result.loaded).skipped
    loaded = tallies.load(id)
    assert tallies.execute(id, Tally.add(5), command_id="c-1", at=loaded).skipped
    assert house.amounts(id) == [5]


def test_through_a_state_that_was_loaded_before_it(house: House, id: str):
    """The stale state does not know it; the lost race does."""
    tallies = house.store().of(Tally)
    before = tallies.load(id)
    house.store().of(Tally).execute(id, Tally.add(5), command_id="c-1")
    again = tallies.execute(id, Tally.add(5), command_id="c-1", at=before)
    assert (again.skipped, again.conflicts) == (True, 1)
    assert tallies.execute(id, Tally.add(5), command_id="c-1", at=tallies.fresh(id)).skipped
    assert house.amounts(id) == [5]


def test_two_who_carry_out_the_same_command_at_once(house: House, id: str):
    """A queue that delivers twice: the one that loses finds it done."""
    twin = house.store().of(Tally)
    store = house.store()
    store.log = Interrupted(store.log, lambda: twin.execute(id, Tally.add(5), command_id="c-1"))
    result = store.of(Tally).execute(id, Tally.add(5), command_id="c-1")
    assert result.skipped
    assert house.amounts(id) == [5]


def test_ids_are_compared_whole(house: House, id: str):
    """`c-1` is not in `c-11`, nor in an actor's name."""
    tallies = house.store().of(Tally)
    tallies.execute(id, Tally.add(1), command_id="c-11")
    tallies.execute(id, Tally.add(2), command_id="ac-1")
    assert not tallies.execute(id, Tally.add(3), command_id="c-1").skipped
    assert house.amounts(id) == [1, 2, 3]


def test_an_id_is_one_streams(house: House, id: str):
    tallies = house.store().of(Tally)
    tallies.execute(id, Tally.add(1), command_id="c-1")
    assert not tallies.execute(id + "x", Tally.add(1), command_id="c-1").skipped


def test_several_streams_share_it(house: House, id: str):
    """Done on both, or on neither: finding it in one is enough."""
    a, b = id + "a", id + "b"
    for expected in (False, True):
        tallies = house.store().of(Tally)
        steps = [Step(tallies, a, Tally.add(1)), Step(tallies, b, Tally.add(2))]
        results = tallies.store.execute_together(*steps, command_id="c-1")
        assert [result.skipped for result in results] == [expected, expected]
    assert (house.amounts(a), house.amounts(b)) == ([1], [2])


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.TRUNCATED, Fault.EMPTY, Fault.NOT_SENT])
def test_executing_again_after_silence(transport: Transport, fault: Fault, id: str):
    """Whether the lost attempt had been carried out or not: once."""
    left = [fault]

    def plan(operation: str, _params: object) -> Fault | None:
        return left.pop() if left and operation == "PutItem" else None

    table = TableStore.create(WireDriver(transport), fresh_config())
    faulty = WireDriver(FaultyTransport(transport, plan))
    log = type(table.table_log)(faulty, table.config)
    tallies = EventStore(log, [Tally]).of(Tally)
    with pytest.raises(Exception) as silence:
        tallies.execute(id, Tally.add(5), command_id="c-1")
    assert isinstance(silence.value, OutcomeUnknownError) == (fault is not Fault.NOT_SENT)
    again = tallies.execute(id, Tally.add(5), command_id="c-1")
    assert again.skipped == (fault is not Fault.NOT_SENT)
    assert tallies.load(id).state.total == 5


def test_the_window_is_as_long_as_documented():
    """A command among the last 4,096 commits is known; one commit later it is not."""
    store = EventStore(MemoryLog(ManualClock()), [Tally])
    tallies = store.of(Tally)
    at = tallies.execute("1", Tally.add(1), command_id="c-1").loaded
    for _ in range(SEEN_COMMITS_MAX - 1):
        at = tallies.execute("1", Tally.add(1), at=at).loaded
    assert tallies.execute("1", Tally.add(1), command_id="c-1").skipped
    assert tallies.execute("1", Tally.add(1), command_id="c-1", at=at).skipped
    tallies.execute("1", Tally.add(1), at=at)
    assert not tallies.execute("1", Tally.add(1), command_id="c-1").skipped
