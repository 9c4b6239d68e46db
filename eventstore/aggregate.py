"""Aggregates: a domain as one class of state, commands and appliers.

    class Account(Aggregate, category="ACCOUNT"):
        balance_pence: int = 0

        @command
        def withdraw(self, amount_pence: int) -> MoneyWithdrawn:
            if amount_pence > self.balance_pence:
                raise Rejected("not enough money")
            return MoneyWithdrawn(amount_pence)

        @applies
        def withdrawn(self, event: MoneyWithdrawn) -> None:
            self.balance_pence -= event.amount_pence

        @invariant
        def never_overdrawn(self) -> bool:
            return self.balance_pence >= 0

A command decides: it reads `self` and returns events, or raises `Rejected`. An applier folds: it
changes `self` and decides nothing. On the class, a command makes a message: `Account.withdraw(500)`
is a value that names the command and its arguments; `execute` and the testing kit take it. The
class compiles to a `Decider`.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import (
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    TypeVar,
    dataclass_transform,
    overload,
)

import msgspec

from eventstore.decider import Decider, Decision, annotated_classes, as_events, type_hints
from eventstore.errors import DefinitionError
from eventstore.event import Event
from orm.keys import entity_prefix

A = TypeVar("A", bound="Aggregate")
A_co = TypeVar("A_co", bound="Aggregate", covariant=True)
A_contra = TypeVar("A_contra", bound="Aggregate", contravariant=True)
P = ParamSpec("P")
M = TypeVar("M", bound=Callable[..., Any])


class Call(msgspec.Struct, Generic[A_contra], frozen=True):
    """A command with its arguments: a message. What an aggregate takes, its subclasses take too."""

    command: Any  # a Command[A, …]; written so, a checker would take it for a descriptor's value
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}

    def __repr__(self) -> str:
        arguments = [*map(repr, self.args), *(f"{k}={v!r}" for k, v in self.kwargs.items())]
        return f"{self.command.name}({', '.join(arguments)})"

    def decide(self, state: A_contra) -> tuple[Event, ...]:
        """The events that the command makes of `state`."""
        decision: Decision = self.command.function(state, *self.args, **self.kwargs)
        return as_events(decision)


class Command(Generic[A_co, P]):
    """What `@command` makes of a method: a message on the class, the method on an instance.

    Covariant as a method is in its `self`, so that a subclass may override a command.
    """

    def __init__(self, function: Callable[Concatenate[A_co, P], Decision]) -> None:
        self.function = function
        self.name = function.__name__
        self.owner: type = object
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = owner
        self.name = f"{owner.__name__}.{name}"

    @overload
    def __get__(self, instance: None, owner: type[Aggregate]) -> Command[A_co, P]: ...
    @overload
    def __get__(self, instance: Aggregate, owner: type[Aggregate]) -> Callable[P, Decision]: ...
    def __get__(self, instance: Any, owner: type[Aggregate]) -> Any:
        if instance is None:
            return self
        return self.function.__get__(instance, owner)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Call[A_co]:
        """The message of this command with these arguments."""
        return Call(self, args, kwargs)

    def __repr__(self) -> str:
        return f"<command {self.name}>"


def command(function: Callable[Concatenate[A, P], Decision]) -> Command[A, P]:
    """Declare a method as a command: it returns events, or raises `Rejected`."""
    return Command(function)


def applies(method: M) -> M:
    """Declare a method as what folds the events of its parameter's class into `self`."""
    if inspect.iscoroutinefunction(method) or inspect.isgeneratorfunction(method):
        raise DefinitionError(f"{method.__qualname__} would fold nothing: write a plain def")
    method.__applies__ = True  # type: ignore[attr-defined]
    return method


def invariant(method: M) -> M:
    """Declare a method as a law of the state: it returns false, or raises, where that is broken."""
    method.__invariant__ = True  # type: ignore[attr-defined]
    return method


@dataclass_transform(field_specifiers=(msgspec.field,))
class AggregateMeta(msgspec.StructMeta):
    """Takes `category` out of the class statement, before msgspec sees it."""

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        category: str | None = None,
        **config: Any,
    ) -> Any:
        cls: Any = super().__new__(mcls, name, bases, namespace, **config)
        cls.__category__ = category or entity_prefix(name)
        return cls


class Aggregate(msgspec.Struct, metaclass=AggregateMeta):
    """The base of every aggregate. Its fields are the state and all have defaults.

    Class arguments:
        category: the category of its streams; the class name in capitals unless given.
    """


def category_of(cls: type[Aggregate]) -> str:
    """The category of an aggregate's streams."""
    category: str = cls.__category__  # type: ignore[attr-defined]
    return category


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """The attributes of a class and its bases by name, as declared, overridden ones left out."""
    seen: set[str] = set()
    for base in cls.__mro__:
        for name, value in vars(base).items():
            if name not in seen:
                seen.add(name)
                yield name, value


def commands_of(cls: type[A]) -> dict[str, Command[A, Any]]:
    """An aggregate's commands by the name of their method."""
    return {name: value for name, value in members(cls) if isinstance(value, Command)}


def invariants_of(cls: type[A]) -> dict[str, Callable[[A], bool | None]]:
    """An aggregate's invariants by the name of their method."""
    return {name: value for name, value in members(cls) if hasattr(value, "__invariant__")}


@cache
def decider_of(cls: type[A]) -> Decider[A]:
    """The decider that an aggregate compiles to.

    Raises:
        DefinitionError: a field without a default, or an event that a command returns and no
            applier folds.
    """
    try:
        cls()
    except TypeError as error:
        raise DefinitionError(f"{cls.__name__}: every field needs a default: {error}") from error
    decider = _AggregateDecider(cls)
    for name, value in members(cls):
        if hasattr(value, "__applies__"):
            decider.folds_with(name, value)
    _check_folded(cls, decider)
    return decider


class _AggregateDecider(Decider[A]):
    """A decider whose commands are calls and whose appliers change the state in place."""

    def __init__(self, cls: type[A]) -> None:
        super().__init__(category_of(cls), cls)
        self._aggregate = cls
        self._appliers: dict[type[Event], Callable[[A, Any], None]] = {}

    def folds_with(self, name: str, method: Callable[[A, Any], None]) -> None:
        for event in annotated_classes(method, 1):
            if event in self._appliers:
                raise DefinitionError(f"{self.category}: {name} is the second to fold {event}")
            self._appliers[event] = method

    @property
    def events(self) -> tuple[type[Event], ...]:
        return tuple(self._appliers)

    def name_of(self, command: Any) -> str:
        name: str = self._own(command).command.name
        return name

    def decide(self, command: Any, state: A) -> tuple[Event, ...]:
        return self._own(command).decide(state)

    def _own(self, command: Any) -> Call[A]:
        """The command, if it is one of this aggregate's.

        Raises:
            DefinitionError: it is none, or another aggregate's.
        """
        name = self._aggregate.__name__
        if not isinstance(command, Call):
            raise DefinitionError(f"{command!r} is no command; write {name}.method(arguments)")
        if not issubclass(self._aggregate, command.command.owner):
            raise DefinitionError(f"{command!r} is no command of {name}")
        return command

    def fold(self, state: A, events: Iterable[Event]) -> A:
        appliers = self._appliers
        for event in events:
            apply = appliers.get(type(event))
            if apply is None:
                raise DefinitionError(
                    f"{self.category}: nothing folds {type(event).__name__}; "
                    f"write @applies def …(self, event: {type(event).__name__}) -> None"
                )
            apply(state, event)
        return state


def _check_folded(cls: type[Aggregate], decider: Decider[Any]) -> None:
    folded = set(decider.events)
    for name, declared in commands_of(cls).items():
        hints = type_hints(declared.function)
        for event in _events_in(hints.get("return")):
            if event not in folded and event is not Event:
                raise DefinitionError(
                    f"{cls.__name__}.{name} returns {event.__name__} and nothing folds it; "
                    f"write @applies def …(self, event: {event.__name__}) -> None"
                )


def _events_in(hint: Any) -> Iterator[type[Event]]:
    if isinstance(hint, type) and issubclass(hint, Event):
        yield hint
    for argument in typing.get_args(hint):
        yield from _events_in(argument)
