"""Scenarios: given these events, when this command, then those events.

    given(Order, LineAdded("A", 2)).when(Order.add_line("A", 1)).then(LineAdded("A", 1))
    given(Order).when(Order.add_line("A", 9)).rejected("limit")
    given(Order).when(Order.place()).rejected("empty").when(Order.add_line("A", 1)).then_state(
        lines={"A": 1}
    )

Every command on the way is also held against the laws of `eventstore.testing.laws`. What does not
hold raises an AssertionError that shows history, commands and differences.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any, Generic, TypeAlias, TypeVar, overload

import msgspec

from eventstore.aggregate import Aggregate, Call
from eventstore.decider import Decider
from eventstore.errors import Rejected
from eventstore.event import Event
from eventstore.testing import laws
from eventstore.testing.rendering import (
    differences,
    event_differences,
    field_differences,
    section,
)
from eventstore.testing.sameness import same
from eventstore.testing.subject import Subject

S = TypeVar("S")
C = TypeVar("C")
A = TypeVar("A", bound=Aggregate)

Reason: TypeAlias = str | re.Pattern[str] | type[Rejected] | None
"""What a rejection must be: text that is in its reason or a regular expression found in it, a
class of it, or None for any."""


@overload
def given(target: type[A], *events: Event) -> Given[A, Call[A]]: ...
@overload
def given(target: Decider[S], *events: Event) -> Given[S, Any]: ...
def given(target: Any, *events: Event) -> Given[Any, Any]:
    """Begin with an aggregate class or a decider after these events.

    Raises:
        BrokenLawError: the events do not survive storage, or leave an invariant broken.
    """
    subject: Subject[Any] = Subject(target)
    laws.check_invariants(subject, subject.decider.initial(), "in the initial state")
    state = laws.fold(subject, subject.decider.initial(), events)
    return Given(subject, events, state)


class Given(Generic[S, C]):
    """A history and the state it makes."""

    def __init__(self, subject: Subject[S], history: Sequence[Event], state: S) -> None:
        self._subject, self._history, self.state = subject, tuple(history), state

    def when(self, *commands: C) -> Outcome[S, C]:
        """Carry out commands one after the other, until one is rejected."""
        __tracebackhide__ = True
        steps: list[Done] = []
        state = copy.deepcopy(self.state)  # folding may change it; others may go on from here
        for command in commands:
            decided = laws.decide(self._subject, command, state)
            steps.append(Done(command, decided))
            if isinstance(decided, Rejected):
                break
            state = laws.fold(self._subject, state, decided)
        return Outcome(self._subject, self._history, state, steps, len(commands))

    def __repr__(self) -> str:
        return f"<{self._subject.name} after {len(self._history)} events>"


class Done(msgspec.Struct, frozen=True):
    """A command that was carried out, and what it decided."""

    command: Any
    decided: laws.Decided


class Outcome(Given[S, C]):
    """What became of the commands of one `when`; each question returns it, or raises."""

    def __init__(
        self,
        subject: Subject[S],
        before: Sequence[Event],
        state: S,
        steps: Sequence[Done],
        asked: int,
    ) -> None:
        decided = [step.decided for step in steps if not isinstance(step.decided, Rejected)]
        self.events: tuple[Event, ...] = tuple(event for events in decided for event in events)
        super().__init__(subject, (*before, *self.events), state)
        self._before, self._steps, self._asked = tuple(before), steps, asked
        self._rejection_seen = False

    @property
    def rejection(self) -> Rejected | None:
        """The domain's no, if it said so."""
        last = self._steps[-1].decided if self._steps else None
        return last if isinstance(last, Rejected) else None

    def when(self, *commands: C) -> Outcome[S, C]:
        """Go on from here; what was decided so far becomes history."""
        __tracebackhide__ = True
        if not self._rejection_seen:
            self._must_be_accepted()
        return super().when(*commands)

    def then(self, *events: Event) -> Outcome[S, C]:
        """The commands of the last `when` decided exactly these events, in this order."""
        __tracebackhide__ = True
        self._must_be_accepted(events)
        if not same(self.events, events):
            lines = event_differences(events, self.events)
            raise self._failure("other events were decided", "then (- expected, + decided)", lines)
        return self

    def then_nothing(self) -> Outcome[S, C]:
        """The commands were accepted and decided no event."""
        __tracebackhide__ = True
        return self.then()

    def then_state(self, *state: S, **fields: Any) -> Outcome[S, C]:
        """The state is now this one, or has these fields.

        Args:
            state: the whole state.
            fields: fields or properties of it and their values; others may be anything.
        """
        __tracebackhide__ = True
        if not self._rejection_seen:
            self._must_be_accepted()
        title = "state (- expected, + actual)"
        for expected in state:
            if not same(expected, self.state):
                lines = differences(expected, self.state)
                raise self._failure("the state is another", title, lines)
        actual = {name: getattr(self.state, name) for name in fields}
        if not same(fields, actual):
            lines = field_differences(fields, actual)
            raise self._failure("the state is another", title, lines)
        return self

    def rejected(self, reason: Reason = None) -> Outcome[S, C]:
        """The last command was rejected, and for this reason; see `Reason`."""
        __tracebackhide__ = True
        rejection = self.rejection
        if rejection is None:
            title = f"then (- expected, + decided)\n    - {_wanted(reason)}"
            lines = [f"+ {event!r}" for event in self.events] or ["+ nothing"]
            raise self._failure("nothing was rejected", title, lines)
        if len(self._steps) < self._asked:
            lines = [f"- {_wanted(reason)} of the last command", f"+ {_said(rejection)}"]
            raise self._failure("an earlier command was rejected", "then", lines)
        if not _matches(reason, rejection):
            lines = [f"- {_wanted(reason)}", f"+ {_said(rejection)}"]
            raise self._failure("rejected for another reason", "then", lines)
        self._rejection_seen = True
        return self

    def _must_be_accepted(self, expected: Sequence[Event] = ()) -> None:
        __tracebackhide__ = True
        if self.rejection is not None:
            lines = [*(f"- {event!r}" for event in expected), f"+ {_said(self.rejection)}"]
            title = "then (- expected, + decided)"
            raise self._failure("a command was rejected", title, lines)

    def _failure(self, what: str, title: str, lines: Sequence[str]) -> AssertionError:
        script = [self._subject.script(step.command) for step in self._steps]
        parts = [
            f"{self._subject.name}: {what}",
            section("given", [repr(event) for event in self._before]),
            section("when", script),
            section(title, lines),
        ]
        return AssertionError("\n".join(parts))


def _matches(reason: Reason, rejection: Rejected) -> bool:
    if reason is None:
        return True
    if isinstance(reason, type):
        return isinstance(rejection, reason)
    if isinstance(reason, str) and reason in rejection.reason:
        return True
    try:
        return re.search(reason, rejection.reason) is not None
    except re.error:
        return False  # text that is no expression, and was not found as it stands


def _wanted(reason: Reason) -> str:
    if reason is None:
        return "rejected"
    if isinstance(reason, type):
        return f"rejected with {reason.__name__}"
    return f"rejected: {reason if isinstance(reason, str) else reason.pattern}"


def _said(rejection: Rejected) -> str:
    kind = "" if type(rejection) is Rejected else f" with {type(rejection).__name__}"
    return f"rejected{kind}: {rejection.reason}"
