"""Rules of choice: one of these values, or none of them."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any, Final

from orm.validation.arguments import ArgumentError, Arguments, as_kind
from orm.validation.judging import KindRule, ValueRule, listed
from orm.validation.measures import same_value


def among(choices: Sequence[Any]) -> Callable[[Any], bool]:
    """Whether a value, or an enum member's value, is one of these."""
    texts = frozenset(choice for choice in choices if isinstance(choice, str))
    others = [choice for choice in choices if not isinstance(choice, str)]

    def accepts(value: Any) -> bool:
        if type(value) is str:
            return value in texts or any(same_value(value, choice) for choice in others)
        return any(same_value(value, choice) for choice in choices)

    return accepts


def _choices(arguments: Arguments, given: Sequence[Any]) -> tuple[Any, ...]:
    flat: list[Any] = []
    for value in given:
        flat.extend(value if isinstance(value, (list, tuple)) else [value])
    kind = arguments.target.kind
    return tuple(as_kind(one.value if isinstance(one, enum.Enum) else one, kind) for one in flat)


def build_enum(arguments: Arguments) -> KindRule:
    """One of the values given, or else of the attribute's choices."""
    choices = _choices(arguments, arguments.values or arguments.target.attribute.choices)
    if not choices:
        raise ArgumentError("takes the values that are allowed, as in enum:draft,live")
    told = listed(choices)
    return KindRule("enum", among(choices), f"must be one of {told}", {"values": told})


def build_in(arguments: Arguments) -> ValueRule:
    """One of the values given."""
    arguments.count(1)
    choices = _choices(arguments, arguments.values)
    told = listed(choices)
    return ValueRule("in", among(choices), f"must be one of {told}", {"values": told})


def build_not_in(arguments: Arguments) -> ValueRule:
    """None of the values given."""
    arguments.count(1)
    choices = _choices(arguments, arguments.values)
    told, one_of = listed(choices), among(choices)
    return ValueRule(
        "not_in", lambda value: not one_of(value), f"must be none of {told}", {"values": told}
    )


BUILDERS: Final = {"enum": build_enum, "in": build_in, "not_in": build_not_in}
