"""What rows of the file become: commands, and who sends them."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from eventstore import Rejected
from eventstore.aggregate import decider_of
from examples.flights.data import first_days, flight_id, outcome
from examples.flights.demo import Size, count
from examples.flights.domain import Flight
from examples.flights.oracle import of_january
from examples.flights.script import script
from examples.flights.writing import Job, lanes_of


def fold(row) -> tuple[Flight, int]:
    """The flight after its script, and how many commands were refused."""
    flight, refused = Flight(), 0
    for step in script(row):
        try:
            events = step.call.decide(flight)
        except Rejected:
            assert step.bad
            refused += 1
            continue
        assert not step.bad
        flight = decider_of(Flight).fold(flight, events)
    return flight, refused


def test_every_flight_of_january_ends_as_the_file_says() -> None:
    """All 27,004 rows keep the rules; every bad command is refused, and no other."""
    ends: Counter[str] = Counter()
    refused = 0
    for row in first_days():
        flight, bad = fold(row)
        assert flight.status == outcome(row)
        ends[flight.status] += 1
        refused += bad
    assert ends == {"arrived": 26_468, "diverted": 15, "cancelled": 521}
    assert refused == count(first_days()).bad_commands > 200


def test_delays_are_those_of_the_file() -> None:
    """Delays are told from minutes; the file's own are another source of the same numbers."""
    for row in first_days(2):
        for step in script(row):
            if step.name == "arrive":
                flight, _ = fold(row)
                assert flight.arrived_at is not None
                delay = flight.arrived_at - flight.arrives
                assert row.arr_delay in (None, delay)


def test_the_size_is_counted_as_the_judge_counts_it() -> None:
    expected = count(Size(days=2).rows())
    assert expected.flights == of_january(2)["totals"]["board"]["flights"]


def test_every_flight_has_one_lane_and_a_few_have_a_rival_in_another_writer() -> None:
    job = Job("start", 0, writers=2, lanes=2)
    rivals = 0
    for row in islice(first_days(), 2_000):
        lane, *rival = lanes_of(flight_id(row), job)
        assert 0 <= lane < 4
        if rival:
            rivals += 1
            assert lane // job.lanes != rival[0] // job.lanes
    assert 10 < rivals < 100


def test_one_writer_alone_has_no_rival() -> None:
    job = Job("start", 0, writers=1, lanes=1)
    assert {lanes_of(flight_id(row), job) for row in islice(first_days(), 500)} == {(0,)}
