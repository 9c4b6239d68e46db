"""What `given(…).when(…).then(…)` promises: what holds passes, what does not is told in full."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

from eventstore import Decider, Rejected
from eventstore.errors import DefinitionError
from eventstore.testing import BrokenLawError, given
from tests.unit.testing import planted
from tests.unit.testing.orders import (
    A,
    B,
    Book,
    Booked,
    Course,
    LineAdded,
    Open,
    Opened,
    Order,
    Placed,
    TooMuch,
    course,
)


class Closed(Rejected):
    """A no that `Order` never says."""


def told(scenario: Callable[[], Any]) -> str:
    """The text that a scenario fails with."""
    with pytest.raises(AssertionError) as caught:
        scenario()
    return f"{caught.value}\n"


# --- what holds ----------------------------------------------------------------------------------


def test_the_decided_events_are_compared_whole():
    """Class, fields and order."""
    given(Order, LineAdded(A, 2)).when(Order.add_line(A, 1)).then(LineAdded(A, 1))


def test_several_commands_of_one_when_are_decided_in_turn():
    """Each on the state that the one before left."""
    given(Order).when(Order.add_line(A, 1), Order.place()).then(LineAdded(A, 1), Placed())


def test_a_further_when_goes_on_and_speaks_of_itself_only():
    """What was decided before is history by then."""
    first = given(Order).when(Order.add_line(A, 5)).then(LineAdded(A, 5))
    first.when(Order.add_line(A, 3)).then(LineAdded(A, 3)).then_state(lines={A: 8})


def test_one_beginning_serves_several_endings():
    """A scenario is never changed by going on from it."""
    begun = given(Order, LineAdded(A, 5))
    begun.when(Order.add_line(A, 3)).then_state(total=8)
    begun.when(Order.add_line(A, 1)).then_state(total=6)
    assert begun.state == Order(lines={A: 5})


@pytest.mark.parametrize(
    "reason",
    [
        None,
        "limit",
        "over the limit of 8 (one line)",
        r"limit of \d+",
        re.compile("^over"),
        TooMuch,
    ],
)
def test_a_rejection_is_met_by_text_by_expression_and_by_class(reason: Any):
    """Whichever says best what is meant."""
    given(Order, LineAdded(A, 5)).when(Order.add_line(A, 5)).rejected(reason)


def test_the_last_of_several_commands_may_be_the_rejected_one():
    """The others were accepted and are folded."""
    outcome = given(Order).when(Order.add_line(A, 5), Order.add_line(A, 5)).rejected("limit")
    outcome.then_state(total=5)
    assert outcome.events == (LineAdded(A, 5),)


def test_after_a_rejection_that_was_asked_for_the_scenario_goes_on():
    """It changed nothing."""
    begun = given(Order, LineAdded(A, 5)).when(Order.add_line(A, 5)).rejected("limit")
    begun.when(Order.add_line(B, 5)).then(LineAdded(B, 5)).then_state(Order(lines={A: 5, B: 5}))


def test_a_command_may_decide_nothing():
    """Placing twice is accepted and no event."""
    given(Order, LineAdded(A, 1), Placed()).when(Order.place()).then_nothing()


def test_the_state_is_compared_whole_or_by_field_or_property():
    """And both at once."""
    outcome = given(Order).when(Order.add_line(A, 2))
    outcome.then_state(Order(lines={A: 2})).then_state(placed=False, total=2)
    outcome.then_state(Order(lines={A: 2}), total=2)


def test_deciders_take_messages():
    """The same words for the other style."""
    given(course, Opened(3)).when(Book(2)).then(Booked(2)).then_state(Course(1))
    given(course, Opened(3)).when(Open(1), Book(5)).rejected("only 4 free")


def test_the_outcome_holds_what_came_of_it():
    """For questions that no word here asks."""
    outcome = given(Order, LineAdded(A, 1)).when(Order.add_line(A, 2))
    assert outcome.events == (LineAdded(A, 2),)
    assert outcome.rejection is None
    assert outcome.state.total == 3


# --- what does not hold --------------------------------------------------------------------------


def test_other_events_are_told_field_by_field():
    """With the history, the command as one types it, and what is missing."""
    begun = given(Order, LineAdded(A, 2)).when(Order.add_line(A, 5), Order.add_line(B, 1))
    assert told(lambda: begun.then(LineAdded(A, 4), LineAdded(B, 1), Placed())) == dedent("""\
        Order: other events were decided
        given
            LineAdded(sku='A', quantity=2)
        when
            order.add_line('A', 5)
            order.add_line('B', 1)
        then (- expected, + decided)
              LineAdded
                  sku='A'
                - quantity=4
                + quantity=5
              LineAdded(sku='B', quantity=1)
            - Placed()
        """)


def test_an_event_of_another_class_is_told_whole():
    """There are no common fields to compare."""
    begun = given(Order).when(Order.add_line(A, 5))
    assert told(lambda: begun.then(Placed())).endswith(
        "    - Placed()\n    + LineAdded(sku='A', quantity=5)\n"
    )


def test_events_where_none_were_expected_are_told():
    """`then_nothing` shows what came instead."""
    begun = given(Order).when(Order.add_line(A, 5))
    assert told(begun.then_nothing).endswith(
        "then (- expected, + decided)\n    + LineAdded(sku='A', quantity=5)\n"
    )


def test_nothing_where_events_were_expected_is_told():
    """An empty decision is no rejection."""
    begun = given(Order, LineAdded(A, 1), Placed()).when(Order.place())
    assert told(lambda: begun.then(Placed())).endswith("    - Placed()\n")


def test_a_rejection_where_events_were_expected_is_told():
    """With its reason."""
    begun = given(Order).when(Order.place())
    assert told(lambda: begun.then(Placed())) == dedent("""\
        Order: a command was rejected
        given
            nothing
        when
            order.place()
        then (- expected, + decided)
            - Placed()
            + rejected: the order is empty
        """)


def test_an_accepted_command_that_should_be_rejected_is_told():
    """With what it decided."""
    begun = given(Order).when(Order.add_line(A, 5))
    assert told(lambda: begun.rejected("limit")).endswith(
        dedent("""\
        then (- expected, + decided)
            - rejected: limit
            + LineAdded(sku='A', quantity=5)
        """)
    )


def test_an_empty_decision_that_should_be_a_rejection_is_told():
    """Nothing decided is not a no."""
    begun = given(Order, LineAdded(A, 1), Placed()).when(Order.place())
    assert told(begun.rejected).endswith("    - rejected\n    + nothing\n")


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        ("placed", "rejected: placed"),
        (re.compile("^limit$"), "rejected: ^limit$"),
        ("(unclosed", "rejected: (unclosed"),
        (Closed, "rejected with Closed"),
    ],
)
def test_another_reason_is_told(reason: Any, wanted: str):
    """Expected and actual, and the class where it is one of the domain's own."""
    begun = given(Order, LineAdded(A, 5)).when(Order.add_line(A, 5))
    text = told(lambda: begun.rejected(reason))
    assert text.startswith("Order: rejected for another reason\n")
    assert f"    - {wanted}\n    + rejected with TooMuch: over the limit of 8" in text


def test_an_earlier_rejection_than_the_one_asked_for_is_told():
    """The last command was never reached."""
    begun = given(Order).when(Order.place(), Order.add_line(A, 5))
    text = told(lambda: begun.rejected("empty"))
    assert text.startswith("Order: an earlier command was rejected\n")
    assert "order.add_line" not in text


def test_an_unnoticed_rejection_stops_the_scenario():
    """Going on, or asking for the state, would hide it."""
    begun = given(Order).when(Order.place())
    assert "+ rejected: the order is empty" in told(lambda: begun.when(Order.add_line(A, 1)))
    assert "+ rejected: the order is empty" in told(lambda: begun.then_state(placed=False))


def test_another_state_is_told_field_by_field():
    """Whole, or the fields that were asked for."""
    begun = given(Order).when(Order.add_line(A, 5))
    assert told(lambda: begun.then_state(Order(lines={A: 6}))).endswith(
        dedent("""\
        state (- expected, + actual)
            - lines={'A': 6}
            + lines={'A': 5}
              placed=False
        """)
    )
    assert told(lambda: begun.then_state(total=6)).endswith("    - total=6\n    + total=5\n")


def test_a_field_that_is_none_of_the_states_is_an_error():
    """A typing mistake in the test, so no diff."""
    with pytest.raises(AttributeError, match="totl"):
        given(Order).when(Order.add_line(A, 5)).then_state(totl=5)


# --- laws on the way -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "law"),
    [
        (
            lambda: given(planted.NoLimit).when(*[planted.NoLimit.add_line(A, 5)] * 2),
            "invariant lines_are_bounded: a line is over 8 after LineAdded",
        ),
        (
            lambda: given(planted.WritesWhileDeciding).when(planted.WritesWhileDeciding.tick()),
            r"deciding changes nothing: writes_while_deciding.tick\(\) changed the state: "
            r"seen: \[\] → \[0\]",
        ),
        (
            lambda: given(planted.WritesBeforeRejecting).when(planted.WritesBeforeRejecting.tick()),
            "deciding changes nothing: .*ticks: 0 → 1",
        ),
        (
            lambda: given(planted.DecidesByChance).when(planted.DecidesByChance.draw()),
            r"deciding is repeatable: decides_by_chance.draw\(\) decided Numbered",
        ),
        (
            lambda: given(planted.LosesTypes).when(planted.LosesTypes.pair_up(1)),
            r"events survive storage: Paired .*- pair=\(1, 1\), \+ pair=\[1, 1\]",
        ),
        (
            lambda: given(planted.Forgets, planted.Ticked(), planted.Ticked()).when(
                planted.Forgets.tick()
            ),
            r"every event is folded: nothing in Forgets folds Numbered\(number=2\)",
        ),
        (lambda: given(Order, Opened(1)), r"every event is folded: .* folds Opened\(seats=1\)"),
        (lambda: given(Order, LineAdded(A, 9)), "invariant lines_are_bounded: it returned False"),
        (
            lambda: given(Order, LineAdded(A, "5")),  # type: ignore[arg-type]
            "events survive storage: .*Expected `int`, got `str`",
        ),
    ],
)
def test_laws_are_checked_on_the_way(scenario: Callable[[], Any], law: str):
    """Without a word of the test's own."""
    with pytest.raises(BrokenLawError, match=law):
        scenario()


def test_an_event_that_folding_changes_is_told():
    """Else the event in memory and the one in the store differ."""
    changed: Decider[list[int]] = Decider("CHANGED", list)

    @changed.evolves
    def paired(state: list[int], event: planted.Paired) -> list[int]:
        event.pair.append(1)
        return state

    with pytest.raises(BrokenLawError, match="folding leaves events alone"):
        given(changed, planted.Paired([0]))


def test_only_aggregates_and_deciders_are_tested():
    """Anything else is a mistake of the test."""
    with pytest.raises(DefinitionError, match="no aggregate class and no decider"):
        given(Course)  # type: ignore[type-var]


def test_a_broken_law_names_itself():
    """For a test that asks which."""
    error = BrokenLawError("a law", "a reason")
    assert (error.law, error.detail, str(error)) == ("a law", "a reason", "a law: a reason")


def test_a_scenario_shows_itself_shortly():
    """In a debugger."""
    assert repr(given(Order, LineAdded(A, 1))) == "<Order after 1 events>"
