"""A flight's rules, and its laws whatever is called in whatever order."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from eventstore.testing import given, state_machine
from examples.flights.domain import (
    Arrived,
    Cancelled,
    Departed,
    Diverted,
    Flight,
    Scheduled,
)

# UA1545, New Year's Day: 05:15 to 08:19 in Houston
TIMETABLE = Scheduled(315, 499, "IAH", 1400, "N14228")
LEFT = Departed(317, 2, "N14228")
LANDED = Arrived(510, 11, 227, 1400, "N14228")


def test_a_flight_enters_the_timetable_once() -> None:
    (
        given(Flight)
        .when(Flight.schedule(315, 499, "IAH", 1400, "N14228"))
        .then(TIMETABLE)
        .when(Flight.schedule(315, 499, "IAH", 1400, "N14228"))
        .rejected("timetable already")
    )


def test_a_departure_knows_its_delay_and_its_aircraft() -> None:
    given(Flight, TIMETABLE).when(Flight.depart(317)).then(LEFT)
    given(Flight, TIMETABLE).when(Flight.depart(300)).then(Departed(300, -15, "N14228"))


def test_nobody_leaves_over_an_hour_early() -> None:
    given(Flight, TIMETABLE).when(Flight.depart(255)).then(Departed(255, -60, "N14228"))
    given(Flight, TIMETABLE).when(Flight.depart(254)).rejected("over an hour before 315")


def test_an_arrival_knows_delay_and_distance() -> None:
    given(Flight, TIMETABLE, LEFT).when(Flight.arrive(510, 227)).then(LANDED)


def test_an_arrival_without_its_time_in_the_air_has_no_delay() -> None:
    unknown = Arrived(510, None, None, 1400, "N14228")
    given(Flight, TIMETABLE, LEFT).when(Flight.arrive(510, None)).then(unknown)


def test_nothing_arrives_before_it_departs() -> None:
    """By the order of commands, and by the minute."""
    given(Flight, TIMETABLE).when(Flight.arrive(510, 227)).rejected("not departed")
    given(Flight, TIMETABLE, LEFT).when(Flight.arrive(317, 1)).rejected("having departed at 317")
    given(Flight, TIMETABLE, LEFT).when(Flight.arrive(318, 1)).then(
        Arrived(318, -181, 1, 1400, "N14228")
    )


def test_no_flight_takes_a_day() -> None:
    given(Flight, TIMETABLE, LEFT).when(Flight.arrive(317 + 1441, 227)).rejected("takes a day")


def test_only_what_left_can_be_diverted_and_only_what_stayed_cancelled() -> None:
    given(Flight, TIMETABLE, LEFT).when(Flight.divert()).then(Diverted("N14228"))
    given(Flight, TIMETABLE).when(Flight.divert()).rejected("not departed")
    given(Flight, TIMETABLE).when(Flight.cancel()).then(Cancelled("N14228"))
    given(Flight, TIMETABLE, LEFT).when(Flight.cancel()).rejected("not scheduled")


def test_an_end_is_an_end() -> None:
    for ending in (LANDED, Diverted("N14228")):
        for again in (Flight.depart(600), Flight.arrive(900, 9), Flight.divert(), Flight.cancel()):
            given(Flight, TIMETABLE, LEFT, ending).when(again).rejected("it is not")


TestFlight = state_machine(
    Flight,
    strategies={"destination": st.sampled_from(["", "IAH", "LAX"])},
    settings=settings(max_examples=25, stateful_step_count=12, deadline=None),
).TestCase
"""Commands with arguments of every kind, in every order: no invariant breaks."""
