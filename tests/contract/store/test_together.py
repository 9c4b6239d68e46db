"""Commands on several streams: one commit, all of it or nothing."""

from __future__ import annotations

import pytest

from eventstore import NO_STREAM, Rejected, Step, VersionConflictError
from orm.errors import ConfigurationError
from tests.contract.store.conftest import House, Ids, Interrupted
from tests.support.tally import Added, Tally


def test_all_are_carried_out_in_one_commit(house: House, id: str):
    """Under one commit id, each result with its own state and token."""
    a, b, ids = id + "a", id + "b", Ids()
    store = house.store(ids=ids)
    tallies = store.of(Tally)
    at = tallies.execute(a, Tally.add(5)).loaded
    results = store.execute_together(
        Step(tallies, a, Tally.take(3), at), Step(tallies, b, Tally.add(3))
    )
    assert [result.state.total for result in results] == [2, 3]
    assert [result.token.commit for result in results] == [2, 1]
    assert len(ids.given) == 2
    assert (house.amounts(a), house.amounts(b)) == ([5, 3], [3])


def test_one_rejection_stops_all(house: House, id: str):
    a, b = id + "a", id + "b"
    store = house.store()
    tallies = store.of(Tally)
    with pytest.raises(Rejected):
        store.execute_together(Step(tallies, a, Tally.add(3)), Step(tallies, b, Tally.take(3)))
    assert (house.recorded(a), house.recorded(b)) == ([], [])


def test_one_lost_race_decides_all_again(house: House, id: str):
    """The rival came into the second stream only; both are loaded and decided anew."""
    a, b, ids = id + "a", id + "b", Ids()
    rivals = iter([1])
    store = house.store(ids=ids)
    store.log = Interrupted(store.log, lambda: house.rival(b) if next(rivals, 0) else None)
    tallies = store.of(Tally)
    results = store.execute_together(Step(tallies, a, Tally.add(1)), Step(tallies, b, Tally.add(2)))
    assert [result.conflicts for result in results] == [1, 1]
    assert len(set(ids.given)) == 2
    assert (house.amounts(a), house.amounts(b)) == ([1], [100, 2])


def test_streams_that_decide_nothing_are_not_written(house: House, id: str):
    a, b = id + "a", id + "b"
    store = house.store()
    tallies = store.of(Tally)
    results = store.execute_together(
        Step(tallies, a, Tally.leave()), Step(tallies, b, Tally.add(2))
    )
    assert [result.token.commit for result in results] == [0, 1]
    assert (house.recorded(a), house.amounts(b)) == ([], [2])


def test_one_stream_twice_is_refused(house: House, id: str):
    store = house.store()
    tallies = store.of(Tally)
    with pytest.raises(ConfigurationError, match="join their events into one"):
        store.execute_together(Step(tallies, id, Tally.add(1)), Step(tallies, id, Tally.add(2)))
    assert house.recorded(id) == []


def test_events_can_be_appended_together(house: House, id: str):
    """Without commands: typed events to several streams, on a token or a demand each."""
    store = house.store()
    a, b = (store.of(Tally).stream(id + letter) for letter in "ab")
    token = store.append(a, [Added(1)], expected=NO_STREAM)
    tokens = store.append_together([(a, [Added(2), Added(3)], token), (b, [Added(4)], NO_STREAM)])
    assert [t.version for t in tokens] == [3, 1]
    with pytest.raises(VersionConflictError):
        store.append_together([(a, [Added(9)], tokens[0]), (b, [Added(9)], NO_STREAM)])
    assert (house.amounts(id + "a"), house.amounts(id + "b")) == ([1, 2, 3], [4])
