"""The laws that every aggregate and decider keeps, checked without a line of the user's.

- Deciding is repeatable: the same command on the same state decides the same.
- Deciding changes nothing; only folding does.
- Every event that is decided is folded.
- Events survive storage: what is read back is what was written.
- Folding leaves events alone.
- Invariants hold after every event.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar

from eventstore.errors import EventStoreError, Rejected
from eventstore.event import Event
from eventstore.testing.rendering import changes, differences
from eventstore.testing.sameness import same
from eventstore.testing.subject import Subject

S = TypeVar("S")

Decided: TypeAlias = tuple[Event, ...] | Rejected
"""What became of a command: its events, or the domain's no."""


class BrokenLawError(AssertionError):
    """A law does not hold; `law` says which, `detail` what was seen and what to change."""

    def __init__(self, law: str, detail: str) -> None:
        super().__init__(law, detail)
        self.law, self.detail = law, detail

    def __str__(self) -> str:
        return f"{self.law}: {self.detail}"


def decide(subject: Subject[S], command: Any, state: S) -> Decided:
    """Decide a command, twice, and hold both against the laws of deciding.

    Raises:
        BrokenLawError: deciding changed the state, or came out otherwise the second time.
    """
    before = copy.deepcopy(state)
    first = _attempt(subject, command, state)
    _check_unchanged(subject, command, before, state)
    second = _attempt(subject, command, state)
    if not same(_facts(first), _facts(second)):
        raise BrokenLawError(
            "deciding is repeatable",
            f"{subject.script(command)} decided {_told(first)}, then on the same state "
            f"{_told(second)}; pass times, ids and random numbers in as arguments",
        )
    return first


def _attempt(subject: Subject[S], command: Any, state: S) -> Decided:
    try:
        return subject.decider.decide(command, state)
    except Rejected as rejection:
        return rejection


def _check_unchanged(subject: Subject[S], command: Any, before: S, after: S) -> None:
    if not same(before, after):
        raise BrokenLawError(
            "deciding changes nothing",
            f"{subject.script(command)} changed the state: {'; '.join(changes(before, after))}; "
            "return an event, and change the state where that is folded",
        )


def _facts(decided: Decided) -> Any:
    return (type(decided), decided.args) if isinstance(decided, Rejected) else decided


def _told(decided: Decided) -> str:
    if isinstance(decided, Rejected):
        return f"rejection {decided.reason!r}"
    return ", ".join(map(repr, decided)) or "nothing"


def fold(subject: Subject[S], state: S, events: Sequence[Event]) -> S:
    """Fold events one by one under the laws of folding; the state given may be changed in place.

    Raises:
        BrokenLawError: an event is not folded, does not survive storage or is changed by folding,
            or an invariant is broken after it.
    """
    check_survive(subject, events)
    for event in events:
        before = copy.deepcopy(event)
        state = subject.decider.fold(state, (event,))
        if not same(before, event):
            raise BrokenLawError(
                "folding leaves events alone",
                f"folding {before!r} made {event!r} of it; copy what is taken out of an event",
            )
        check_invariants(subject, state, f"after {event!r}")
    return state


def check_survive(subject: Subject[Any], events: Sequence[Event]) -> None:
    """Check that events are folded, and come back from storage as they went in."""
    for event in events:
        if type(event) not in subject.decider.events:
            raise BrokenLawError(
                "every event is folded",
                f"nothing in {subject.name} folds {event!r}; an event that is decided and not "
                "folded leaves a stream that nobody can load",
            )
        read = _stored_and_read(subject, event)
        if not same(event, read):
            raise BrokenLawError(
                "events survive storage",
                f"{type(event).__name__} (- written, + read back): "
                f"{', '.join(differences(event, read))}; give fields types that hold what is put "
                "into them",
            )


def _stored_and_read(subject: Subject[Any], event: Event) -> Event:
    try:
        return subject.codec.decode(subject.codec.encode([event]))[0]
    except EventStoreError as error:
        raise BrokenLawError("events survive storage", f"{event!r}: {error}") from error


def check_invariants(subject: Subject[S], state: S, when: str) -> None:
    """Check that every invariant holds, and that asking changes nothing."""
    before = copy.deepcopy(state) if subject.invariants else state
    for name, said in subject.broken_invariants(state):
        raise BrokenLawError(f"invariant {name}", f"{said} {when}; the state is {state!r}")
    if not same(before, state):
        raise BrokenLawError(
            "asking changes nothing",
            f"an invariant changed the state: {'; '.join(changes(before, state))}",
        )
