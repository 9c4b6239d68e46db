"""Rules of users: a decorated function, or any object with a name and a check."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from orm.validation.arguments import ArgumentError, Arguments
from orm.validation.context import Context
from orm.validation.judging import AsyncRule, Rule

Judge = Callable[..., "str | Awaitable[str | None] | None"]


class PlainCall:
    """A function with the arguments that one attribute gives it."""

    def __init__(self, name: str, judge: Callable[..., Any], given: tuple[Any, ...]) -> None:
        self.name, self._judge, self._given = name, judge, given
        self.facts = {"values": ", ".join(map(str, given))}

    def check(self, value: Any, context: Context, /) -> str | None:
        found: str | None = self._judge(value, context, *self._given)
        return found


class AwaitedCall:
    """The same of an `async def`."""

    def __init__(self, name: str, judge: Callable[..., Any], given: tuple[Any, ...]) -> None:
        self.name, self._judge, self._given = name, judge, given
        self.facts = {"values": ", ".join(map(str, given))}

    async def check_async(self, value: Any, context: Context, /) -> str | None:
        found: str | None = await self._judge(value, context, *self._given)
        return found


class CustomRule:
    """What `@rule` makes of a function: a rule to be added to a registry; callable as before."""

    def __init__(self, name: str, judge: Judge) -> None:
        self.name, self._judge = name, judge

    def __call__(self, value: Any, context: Context, *arguments: Any) -> Any:
        return self._judge(value, context, *arguments)

    def build(self, arguments: Arguments) -> Rule | AsyncRule:
        """The rule with an attribute's arguments."""
        try:
            inspect.signature(self._judge).bind(None, None, *arguments.values)
        except TypeError as error:
            raise ArgumentError(f"does not take {len(arguments.values)} ({error})") from error
        made = AwaitedCall if inspect.iscoroutinefunction(self._judge) else PlainCall
        return made(self.name, self._judge, arguments.values)


def rule(name: str) -> Callable[[Judge], CustomRule]:
    """Make a rule of a function `(value, context, *arguments) -> str | None`, sync or async.

    It says what is wrong, or None. It never sees an absent value or None. Add it to a registry
    with `RULES.plus(…)`.
    """
    return lambda judge: CustomRule(name, judge)


def builder_of(given: CustomRule | Rule | AsyncRule) -> Callable[[Arguments], Rule | AsyncRule]:
    """What makes the rule for an attribute; an object is the rule itself and takes no arguments."""
    if isinstance(given, CustomRule):
        return given.build

    def itself(arguments: Arguments) -> Rule | AsyncRule:
        arguments.count(0, 0)
        return given

    return itself
