"""Handlers: which method takes which event, and what it is given."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from eventstore.aggregate import members
from eventstore.decider import annotated_classes
from eventstore.event import Event
from projections.errors import ProjectionDefinitionError

H = TypeVar("H", bound=Callable[..., Any])


def handles(method: H) -> H:
    """Declare a method as what handles the events of its first parameter's class."""
    method.__handles__ = True  # type: ignore[attr-defined]
    return method


class Handler(msgspec.Struct, frozen=True):
    """A method and how many arguments it takes after `self`."""

    method: Callable[..., Any]
    arguments: int

    def __call__(self, instance: Any, *arguments: Any) -> None:
        self.method(instance, *arguments[: self.arguments])


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
        arguments = len(inspect.signature(value).parameters) - 1
        if not 1 <= arguments <= most:
            raise ProjectionDefinitionError(
                f"{cls.__name__}.{name} takes {arguments} arguments after self, not 1 to {most}"
            )
        for event in annotated_classes(value, 1):
            if event in found:
                raise ProjectionDefinitionError(f"{cls.__name__} handles {event.__name__} twice")
            found[event] = Handler(value, arguments)
    if not found:
        raise ProjectionDefinitionError(
            f"{cls.__name__} handles nothing; write @handles def …(self, event: SomeEvent) -> None"
        )
    return found
