"""Deciders: a domain as three pure things, `initial`, `decide` and `evolve`.

    order = Decider("ORDER", initial=Basket)

    @order.decides
    def add_line(command: AddLine, basket: Basket) -> LineAdded: ...

    @order.evolves
    def line_added(basket: Basket, event: LineAdded) -> Basket: ...

Deciding is pure: no clock, no table, no randomness. That is what makes a retry after a conflict a
plain re-run, and a test three lines. Aggregates (`eventstore.aggregate`) compile to this.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeAlias, TypeVar

from eventstore.errors import DefinitionError
from eventstore.event import Event

S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., Any])

Decision: TypeAlias = Event | Iterable[Event] | None
"""What deciding returns: one event, several in order, or nothing."""


class Decider(Generic[S]):
    """Decides commands and folds events into a state `S`.

    Args:
        category: the category of its streams.
        initial: makes the state before the first event.
    """

    def __init__(self, category: str, initial: Callable[[], S]) -> None:
        self.category = category
        self.initial = initial
        self._deciders: dict[type, Callable[[Any, S], Decision]] = {}
        self._evolvers: dict[type[Event], Callable[[S, Any], S]] = {}

    def decides(self, function: F) -> F:
        """Declare `function(command, state)` as what decides commands of its first type."""
        for cls in annotated_classes(function, 0):
            if cls in self._deciders:
                raise DefinitionError(f"{self.category}: two functions decide {cls.__name__}")
            self._deciders[cls] = function
        return function

    def evolves(self, function: F) -> F:
        """Declare `function(state, event)` as what folds events of its second type."""
        for cls in annotated_classes(function, 1):
            if cls in self._evolvers:
                raise DefinitionError(f"{self.category}: two functions evolve {cls.__name__}")
            self._evolvers[cls] = function
        return function

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events it knows, in the order they were declared."""
        return tuple(self._evolvers)

    @property
    def commands(self) -> tuple[type, ...]:
        """The command classes it decides."""
        return tuple(self._deciders)

    def name_of(self, command: Any) -> str:
        """What a command is called in metadata and messages."""
        return type(command).__name__

    def decide(self, command: Any, state: S) -> tuple[Event, ...]:
        """The events that `command` makes of `state`.

        Raises:
            Rejected: the domain says no.
            DefinitionError: nothing decides this command.
        """
        decide = self._deciders.get(type(command))
        if decide is None:
            raise DefinitionError(f"{self.category}: nothing decides {type(command).__name__}")
        return as_events(decide(command, state))

    def fold(self, state: S, events: Iterable[Event]) -> S:
        """The state after `events`. The state given may be changed in place: use the one returned.

        Raises:
            DefinitionError: nothing folds one of the events.
        """
        evolvers = self._evolvers
        for event in events:
            evolve = evolvers.get(type(event))
            if evolve is None:
                raise DefinitionError(
                    f"{self.category}: nothing folds {type(event).__name__}; declare one that does"
                )
            state = evolve(state, event)
        return state


def as_events(decision: Decision) -> tuple[Event, ...]:
    """A decision as the tuple of its events."""
    if decision is None:
        return ()
    if isinstance(decision, Event):
        return (decision,)
    events = tuple(decision) if isinstance(decision, Iterable) else (decision,)
    if not all(isinstance(event, Event) for event in events):
        raise DefinitionError(f"deciding returned {decision!r}, which are not all events")
    return events


def annotated_classes(function: Callable[..., Any], position: int) -> tuple[type, ...]:
    """The class, or the classes of the union, that annotate a function's parameter."""
    parameters = list(inspect.signature(function).parameters.values())
    name = getattr(function, "__qualname__", repr(function))
    if len(parameters) <= position:
        raise DefinitionError(f"{name} takes {len(parameters)} parameters, not {position + 1}")
    hint = type_hints(function).get(parameters[position].name)
    classes = typing.get_args(hint) or (hint,)
    if not all(isinstance(cls, type) for cls in classes):
        raise DefinitionError(
            f"{name}: annotate {parameters[position].name!r} with the class it takes"
        )
    return classes


def type_hints(function: Callable[..., Any], *, include_extras: bool = False) -> dict[str, Any]:
    """A function's annotations as classes.

    Raises:
        DefinitionError: one of them is not found by its name.
    """
    try:
        return typing.get_type_hints(function, include_extras=include_extras)
    except NameError as error:
        name = getattr(function, "__qualname__", repr(function))
        raise DefinitionError(
            f"{name}: {error.name!r} is not found; define what is annotated with at the top of a "
            "module, outside of `if TYPE_CHECKING`"
        ) from error
