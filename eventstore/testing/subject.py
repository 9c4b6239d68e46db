"""What is under test: an aggregate class or a decider, seen as one thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar

from eventstore.aggregate import Aggregate, Call, decider_of, invariants_of
from eventstore.codec import EventCodec
from eventstore.decider import Decider
from eventstore.errors import DefinitionError

S = TypeVar("S")


class Subject(Generic[S]):
    """An aggregate class or a decider with its invariants.

    Args:
        target: which.
        invariants: laws of the state beside those that the class declares, by name.
    """

    def __init__(
        self,
        target: type[Any] | Decider[S],
        invariants: Mapping[str, Callable[[S], bool | None]] | None = None,
    ) -> None:
        self.aggregate: type[Any] | None = None
        declared: Mapping[str, Callable[[Any], bool | None]] = {}
        if isinstance(target, Decider):
            self.decider: Decider[S] = target
            self.name = target.category.capitalize()
        elif isinstance(target, type) and issubclass(target, Aggregate):
            self.aggregate = target
            self.decider = decider_of(target)
            self.name = target.__name__
            declared = invariants_of(target)
        else:
            raise DefinitionError(f"{target!r} is no aggregate class and no decider")
        self.invariants = {**declared, **(invariants or {})}

    @cached_property
    def codec(self) -> EventCodec:
        """Writes and reads its events."""
        return EventCodec(self.decider.events)

    @property
    def variable(self) -> str:
        """What one of them is called in a script."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.name).lower()

    def script(self, command: Any) -> str:
        """A command as one would type it: `order.add_line('A', 2)`."""
        if not isinstance(command, Call):
            return repr(command)
        method = str(command.command.name).rpartition(".")[2]
        return f"{self.variable}.{method}{repr(command)[len(command.command.name) :]}"

    def broken_invariants(self, state: S) -> Iterator[tuple[str, str]]:
        """The names of the invariants that do not hold, each with what it said."""
        for name, holds in self.invariants.items():
            try:
                answer = holds(state)
            except AssertionError as error:
                yield name, str(error) or "it raised AssertionError"
            else:
                if answer is not None and not answer:
                    yield name, f"it returned {answer!r}"
