"""What `Decider` promises: it decides and folds what was declared, and names what was not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from eventstore import Decider, Event, Rejected
from eventstore.decider import as_events
from eventstore.errors import DefinitionError


class Added(Event, tag="added"):
    amount: int


class Taken(Event, tag="taken"):
    amount: int


class Other(Event, tag="other"):
    pass


class Add(msgspec.Struct):
    amount: int


class Take(msgspec.Struct):
    amount: int


class Clear(msgspec.Struct):
    pass


def counter() -> Decider[int]:
    """A decider with a command and events of each kind."""
    decider = Decider("COUNTER", int)

    @decider.decides
    def change(command: Add | Take, state: int) -> Event:
        if isinstance(command, Add):
            return Added(command.amount)
        if command.amount > state:
            raise Rejected(f"only {state} there")
        return Taken(command.amount)

    @decider.decides
    def clear(command: Clear, state: int) -> Iterator[Event]:
        for _ in range(state):
            yield Taken(1)

    @decider.evolves
    def added(state: int, event: Added) -> int:
        return state + event.amount

    @decider.evolves
    def taken(state: int, event: Taken) -> int:
        return state - event.amount

    return decider


def test_a_command_is_decided_by_the_function_of_its_class():
    """One function may serve several classes."""
    assert counter().decide(Add(3), 0) == (Added(3),)
    assert counter().decide(Take(3), 5) == (Taken(3),)


def test_a_function_may_yield_its_events():
    """Several, in order, or none."""
    assert counter().decide(Clear(), 2) == (Taken(1), Taken(1))
    assert counter().decide(Clear(), 0) == ()


def test_a_rejection_comes_through():
    """It is the domain's answer."""
    with pytest.raises(Rejected, match="only 5 there") as caught:
        counter().decide(Take(6), 5)
    assert caught.value.reason == "only 5 there"


def test_events_fold_in_order_into_a_state():
    """From the initial one, or from any."""
    decider = counter()
    assert decider.fold(decider.initial(), [Added(3), Taken(1)]) == 2
    assert decider.fold(7, []) == 7


def test_it_names_what_it_knows():
    """For the codec, the store and the testing kit."""
    assert counter().events == (Added, Taken)
    assert counter().commands == (Add, Take, Clear)
    assert counter().name_of(Add(1)) == "Add"


def test_a_command_that_nothing_decides_is_named():
    """A mistake in the program, so no rejection."""
    with pytest.raises(DefinitionError, match="COUNTER: nothing decides str"):
        counter().decide("add", 0)


def test_an_event_that_nothing_folds_is_named():
    """With what to do."""
    with pytest.raises(DefinitionError, match="COUNTER: nothing folds Other"):
        counter().fold(0, [Added(1), Other()])


@pytest.mark.parametrize("error", [KeyError(), KeyError("x"), KeyError([]), KeyError(Added)])
def test_the_users_own_key_error_comes_through(error: KeyError):
    """It is not mistaken for a missing function."""
    decider = Decider("COUNTER", int)

    @decider.evolves
    def added(state: int, event: Added) -> int:
        raise error

    with pytest.raises(KeyError) as caught:
        decider.fold(0, [Added(1)])
    assert caught.value is error


def test_two_functions_for_one_class_are_refused():
    """Where the second is declared."""
    decider = counter()
    with pytest.raises(DefinitionError, match="two functions decide Add"):
        decider.decides(lambda_for(Add))
    with pytest.raises(DefinitionError, match="two functions evolve Added"):

        @decider.evolves
        def again(state: int, event: Added) -> int:
            return state


def lambda_for(cls: type) -> Any:
    def decide(command: Any, state: int) -> None:
        return None

    decide.__annotations__["command"] = cls
    return decide


def test_a_function_says_which_class_it_takes():
    """There is nothing else to find it by."""
    decider = Decider("COUNTER", int)
    with pytest.raises(DefinitionError, match="annotate 'command' with the class it takes"):

        @decider.decides
        def untyped(command, state):
            return None

    with pytest.raises(DefinitionError, match="takes 1 parameters, not 2"):

        @decider.evolves
        def short(state: int) -> int:
            return state


def test_a_class_that_cannot_be_found_is_told():
    """Annotations are looked up by name, so classes within functions are out of reach."""

    class Local(Event, tag="local"):
        pass

    decider = Decider("COUNTER", int)
    with pytest.raises(DefinitionError, match=r"'Local'.*at the top of a module"):

        @decider.evolves
        def local(state: int, event: Local) -> int:
            return state


@pytest.mark.parametrize(
    ("decision", "events"),
    [
        (None, ()),
        ((), ()),
        (Added(1), (Added(1),)),
        ([Added(1), Taken(1)], (Added(1), Taken(1))),
        (iter([Added(1)]), (Added(1),)),
    ],
)
def test_a_decision_is_one_event_several_or_none(decision: Any, events: tuple[Event, ...]):
    """Whatever is most natural to return."""
    assert as_events(decision) == events


@pytest.mark.parametrize("decision", ["text", [Added(1), None], 5, True, [Added]])
def test_a_decision_of_anything_else_is_refused(decision: Any):
    """Before it is stored."""
    with pytest.raises(DefinitionError, match="which are not all events"):
        as_events(decision)
