"""For any history: how it is cut into commits makes no difference to the state."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstore import ANY, Decider, Event, EventStore, MemoryLog
from eventstore.aggregate import decider_of
from eventstore.testing import Arguments
from tests.unit.testing.orders import Booked, LineAdded, Opened, Order, Placed, course

ORDER: Decider[Any] = decider_of(Order)
HISTORIES = {
    ORDER: st.lists(Arguments().of(LineAdded | Placed), max_size=12),
    course: st.lists(Arguments().of(Opened | Booked), max_size=12),
}


@pytest.mark.parametrize("decider", HISTORIES, ids=lambda decider: decider.category)
@given(st.data())
def test_folding_in_parts_is_folding_at_once(decider: Decider[Any], data: st.DataObject):
    """Loading, caching and snapshots rest on it."""
    events = data.draw(HISTORIES[decider])
    state = decider.initial()
    for part in parts(events, data):
        state = decider.fold(state, part)
    assert state == decider.fold(decider.initial(), events)


@pytest.mark.parametrize("decider", HISTORIES, ids=lambda decider: decider.category)
@given(st.data())
def test_a_stored_history_loads_as_its_fold(decider: Decider[Any], data: st.DataObject):
    """Whole, and up to every commit."""
    commits = [part for part in parts(data.draw(HISTORIES[decider]), data) if part]
    store = EventStore(MemoryLog(), [decider])
    streams = store.of_decider(decider)
    for events in commits:
        store.append(streams.stream("1"), events, expected=ANY)
    for number in range(len(commits) + 1):
        before = itertools.chain.from_iterable(commits[:number])
        loaded = streams.load("1", up_to=number)
        assert loaded.state == decider.fold(decider.initial(), before)
        assert loaded.token.commit == number


def parts(events: list[Event], data: st.DataObject) -> list[list[Event]]:
    """The events cut at drawn places."""
    places = st.integers(0, len(events))
    cuts = sorted(data.draw(st.lists(places, max_size=4)))
    return [events[i:j] for i, j in itertools.pairwise([0, *cuts, len(events)])]
