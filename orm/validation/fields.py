"""Rules that compare with another field."""

from __future__ import annotations

from typing import Any, Final

from orm.validation.arguments import Arguments
from orm.validation.context import Context
from orm.validation.judging import ContextRule
from orm.validation.measures import same_value


def _equals(name: str, other: str) -> ContextRule:
    def holds(value: Any, context: Context) -> bool:
        return same_value(value, context.other(other))

    return ContextRule(name, holds, f"must be the same as {other}", {"other": other})


def build_same(arguments: Arguments) -> ContextRule:
    """Equal to another attribute; that one being absent is a difference."""
    arguments.count(1, 1)
    return _equals("same", arguments.field(0))


def build_different(arguments: Arguments) -> ContextRule:
    """Not equal to another attribute."""
    arguments.count(1, 1)
    other = arguments.field(0)

    def holds(value: Any, context: Context) -> bool:
        return not same_value(value, context.other(other))

    return ContextRule("different", holds, f"must differ from {other}", {"other": other})


def build_confirmed(arguments: Arguments) -> ContextRule:
    """Given twice; the second time under a name that need be no attribute."""
    arguments.count(0, 1)
    usual = f"{arguments.target.attribute.name}_confirmation"
    said = arguments.text(0) if arguments.values else usual
    return _equals("confirmed", arguments.sibling(said) or said)


BUILDERS: Final = {
    "confirmed": build_confirmed,
    "different": build_different,
    "same": build_same,
}
