"""Rules of presence: whether there must be a value, and whether it may be None."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from orm.validation.arguments import Arguments, as_kind
from orm.validation.context import Context
from orm.validation.judging import Nullable, PresenceRule, filled, listed
from orm.validation.measures import same_value

MUST_BE_GIVEN: Final = "must be given"
NOT_NONE: Final = "must not be None; leave it out, or declare it nullable"


def build_required(arguments: Arguments) -> PresenceRule:
    """There must be a value, and it must hold something."""
    arguments.count(0, 0)
    return PresenceRule("required", lambda value, _context: filled(value), MUST_BE_GIVEN)


def build_nullable(arguments: Arguments) -> Nullable:
    """None is let through."""
    arguments.count(0, 0)
    return Nullable()


def build_required_if(arguments: Arguments) -> PresenceRule:
    """There must be a value where another field has one of these values."""
    arguments.count(2)
    other = arguments.field(0)
    kind = arguments.target.siblings[other].kind
    wanted = tuple(as_kind(value, kind) for value in arguments.values[1:])

    def holds(value: Any, context: Context) -> bool:
        found = context.other(other)
        return filled(value) or not any(same_value(found, one) for one in wanted)

    told = listed(wanted)
    message = f"must be given where {other} is {told}"
    return PresenceRule("required_if", holds, message, {"other": other, "value": told})


def build_required_with(arguments: Arguments) -> PresenceRule:
    """There must be a value where any of these fields is filled."""
    arguments.count(1)
    others = tuple(arguments.field(position) for position in range(len(arguments.values)))

    def holds(value: Any, context: Context) -> bool:
        return filled(value) or not any(filled(context.other(name)) for name in others)

    told = " or ".join(others)
    return PresenceRule(
        "required_with", holds, f"must be given together with {told}", {"values": told}
    )


BUILDERS: Final[dict[str, Callable[[Arguments], Nullable | PresenceRule]]] = {
    "nullable": build_nullable,
    "required": build_required,
    "required_if": build_required_if,
    "required_with": build_required_with,
}
