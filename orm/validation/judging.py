"""What a rule is.

Most rules look at the value alone. Those give a predicate, `accepts`, which a validator runs over a
good row without making anything; messages and context are made only once it has said no.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

import msgspec

from orm.validation.context import Context

Message: TypeAlias = str | Callable[[Any], str]
"""What is said of a value that breaks the rule; never the value itself."""


@runtime_checkable
class Rule(Protocol):
    """Judges one value. Rules of users need no more than this."""

    @property
    def name(self) -> str:
        """By which it is declared."""
        ...

    def check(self, value: Any, context: Context, /) -> str | None:
        """What is wrong with the value; None where nothing is."""
        ...


@runtime_checkable
class AsyncRule(Protocol):
    """Judges one value, and has to be awaited to do so."""

    @property
    def name(self) -> str:
        """By which it is declared."""
        ...

    def check_async(self, value: Any, context: Context, /) -> Awaitable[str | None]:
        """What is wrong with the value; None where nothing is."""
        ...


class ValueRule:
    """A rule that needs the value alone.

    Args:
        name: by which it is declared.
        accepts: whether a value, neither absent nor None, is right; never raises.
        message: what is said where it is not.
        facts: its arguments, by the names that custom messages call them.
    """

    def __init__(
        self,
        name: str,
        accepts: Callable[[Any], bool],
        message: Message,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self.name, self.accepts, self._message = name, accepts, message
        self.facts: Mapping[str, object] = facts or {}

    def say(self, value: Any) -> str:
        """What is said of a value that is not accepted."""
        return message_for(self._message, value)

    def check(self, value: Any, _context: Context, /) -> str | None:
        return None if self.accepts(value) else self.say(value)


class KindRule(ValueRule):
    """What a value must be before any other rule can say something of it."""


class ContextRule:
    """A rule that looks at other fields or at the clock.

    Args:
        name: by which it is declared.
        holds: whether a value, neither absent nor None, is right where it stands; never raises.
        message: what is said where it is not.
        facts: its arguments, by the names that custom messages call them.
    """

    def __init__(
        self,
        name: str,
        holds: Callable[[Any, Context], bool],
        message: Message,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self.name, self._holds, self._message = name, holds, message
        self.facts: Mapping[str, object] = facts or {}

    def check(self, value: Any, context: Context, /) -> str | None:
        return None if self._holds(value, context) else message_for(self._message, value)


class PresenceRule(ContextRule):
    """Whether there must be a value; the only rules that see absent values and None.

    `holds` is true of every filled value.
    """


class Nullable:
    """Lets None through."""

    name = "nullable"

    def check(self, _value: Any, _context: Context, /) -> str | None:
        return None


def message_for(message: Message, value: Any) -> str:
    return message if isinstance(message, str) else message(value)


def filled(value: object) -> bool:
    """Whether a value is there and holds something: not None, blank text or an empty collection."""
    if isinstance(value, str):
        return bool(value) and not value.isspace()
    if isinstance(value, (list, tuple, set, frozenset, dict, bytes)):
        return bool(value)
    return value is not None and value is not msgspec.UNSET


def listed(values: object) -> str:
    """Arguments as a message lists them."""
    assert isinstance(values, (tuple, list))
    return ", ".join(str(value) for value in values)
