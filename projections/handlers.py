"""Handlers: which method takes which event, and what it is given."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from eventstore.aggregate import members
from eventstore.decider import annotated_classes
from eventstore.errors import DefinitionError
from eventstore.event import Event, event_tag
from projections.errors import ProjectionDefinitionError

H = TypeVar("H", bound=Callable[..., Any])


def handles(method: H) -> H:
    """Declare a method as what handles the events of its first parameter's class."""
    method.__handles__ = True  # type: ignore[attr-defined]
    return method


class Handler(msgspec.Struct, frozen=True):
    """A method, what errors call it, and how many arguments it takes after `self`."""

    method: Callable[..., Any]
    name: str
    arguments: int

    def __call__(self, instance: Any, *arguments: Any) -> None:
        """Run it.

        Raises:
            ProjectionDefinitionError: it returned something, which nobody would look at.
        """
        returned = self.method(instance, *arguments[: self.arguments])
        if returned is not None:
            raise ProjectionDefinitionError(
                f"{self.name} returned {type(returned).__name__}; handlers return nothing, "
                "what they do they do to self or rows"
            )


def handlers_of(cls: type, *, most: int) -> dict[type[Event], Handler]:
    """The handlers that a class declares, by event class.

    Args:
        cls: a read model or projector.
        most: how many arguments a handler may take after `self`.
    """
    found: dict[type[Event], Handler] = {}
    for name, value in members(cls):
        if not hasattr(value, "__handles__"):
            continue
        handler = _handler(f"{cls.__name__}.{name}", value, most)
        for event in annotated_classes(value, 1):
            _check_event(handler, event)
            if event in found:
                raise ProjectionDefinitionError(f"{cls.__name__} handles {event.__name__} twice")
            found[event] = handler
    if not found:
        raise ProjectionDefinitionError(
            f"{cls.__name__} handles nothing; write @handles def …(self, event: SomeEvent) -> None"
        )
    return found


def _handler(name: str, method: Callable[..., Any], most: int) -> Handler:
    """A method as a handler, if calling it runs it and it takes what a handler is given."""
    if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
        raise ProjectionDefinitionError(f"{name} is async and would not run; write a plain def")
    if inspect.isgeneratorfunction(method):
        raise ProjectionDefinitionError(f"{name} yields and would not run; write a plain def")
    arguments = len(inspect.signature(method).parameters) - 1
    if not 1 <= arguments <= most:
        raise ProjectionDefinitionError(
            f"{name} takes {arguments} arguments after self, not 1 to {most}"
        )
    return Handler(method, name, arguments)


def _check_event(handler: Handler, event: type) -> None:
    """Refuse what no stored event is: events match by their own class, never by a base."""
    if not issubclass(event, Event):
        raise ProjectionDefinitionError(f"{handler.name} takes {event.__name__}, which is no event")
    try:
        event_tag(event)
    except DefinitionError as error:
        raise ProjectionDefinitionError(
            f"{handler.name} takes {event.__name__}, which has no tag and is never stored; "
            "name the events themselves: event: This | That"
        ) from error
