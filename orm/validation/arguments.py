"""The arguments of a rule as it is made: read, and refused with the reason where they are wrong.

Rules written as text have text as arguments, chains have values; both are read to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

import msgspec

from orm.definitions.entity import AttributeDefinition, Kind, RuleCall, Unresolved
from orm.definitions.names import nearest as nearest_of
from orm.validation.measures import NUMERIC_KINDS, Number, is_number

_TRUTH: Final = {"true": True, "false": False}


class ArgumentError(ValueError):
    """Arguments that a rule does not take; the text says why."""


class Target(msgspec.Struct, frozen=True):
    """The attribute that rules are made for.

    Args:
        model: whose.
        attribute: which.
        kind: what it holds, by its definition or else by its rules.
        siblings: all attributes of the model, by name.
    """

    model: str
    attribute: AttributeDefinition
    kind: Kind
    siblings: Mapping[str, AttributeDefinition]


Make: TypeAlias = Callable[[Sequence[RuleCall]], list[Any]]
"""Makes the rules that stand in the arguments of another."""


class Arguments:
    """What stands behind a rule's name, and for what attribute."""

    def __init__(self, name: str, values: Sequence[Any], target: Target, make: Make) -> None:
        self.name, self.values, self.target, self.make = name, tuple(values), target, make
        unresolved = [value for value in self.values if isinstance(value, Unresolved)]
        if unresolved:
            raise ArgumentError(f"has an argument that is not known: {unresolved[0].text}")

    def count(self, least: int, most: int | None = None) -> None:
        """Refuse fewer than `least` arguments or more than `most`; None is no limit."""
        found = len(self.values)
        if found < least or (most is not None and found > most):
            raise ArgumentError(f"takes {_amount(least, most)}, not {found}")

    def number(self, position: int) -> Number:
        """An argument that is a number."""
        value = read_number(self.values[position])
        if value is None:
            raise ArgumentError(f"takes a number, not {self.values[position]!r}")
        return value

    def text(self, position: int) -> str:
        """An argument that is text."""
        value = self.values[position]
        if not isinstance(value, str) or not value:
            raise ArgumentError(f"takes text, not {value!r}")
        return value

    def texts(self) -> tuple[str, ...]:
        """All arguments, which are text."""
        return tuple(self.text(position) for position in range(len(self.values)))

    def field(self, position: int) -> str:
        """An argument that is the name of another attribute, in either spelling."""
        name = self.text(position)
        found = self.sibling(name)
        if found is None:
            raise ArgumentError(
                f"names {name!r}, which is no attribute of {self.target.model}"
                f"{nearest(name, self.target.siblings)}"
            )
        return found

    def sibling(self, name: str) -> str | None:
        """The attribute of this name, declared or stored."""
        if name in self.target.siblings:
            return name
        matches = (one.name for one in self.target.siblings.values() if one.declared == name)
        return next(matches, None)

    def calls(self) -> tuple[RuleCall, ...]:
        """All arguments, which are rules."""
        for value in self.values:
            if not isinstance(value, RuleCall):
                raise ArgumentError(f"takes rules, not {value!r}")
        return self.values


def _amount(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more arguments"
    if most == 0:
        return "no arguments"
    amount = str(least) if least == most else f"{least} to {most}"
    return f"{amount} argument{'' if most == 1 else 's'}"


def nearest(name: str, names: Collection[str]) -> str:
    """`; the nearest is 'url'`; empty where none is near."""
    found = nearest_of(name, names, 0.5)
    return f"; the nearest is {found!r}" if found else ""


def read_number(value: object) -> Number | None:
    """A finite number, or text of one."""
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except InvalidOperation:
            return None
        if value.is_finite() and value == value.to_integral_value() and abs(value) < 10**40:
            return int(value)
    if not is_number(value):
        return None
    finite = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return value if finite.is_finite() else None


def as_kind(value: object, kind: Kind) -> Any:
    """An argument as an attribute of this kind would hold it; itself where it cannot be."""
    if not isinstance(value, str):
        return value
    if kind in NUMERIC_KINDS:
        number = read_number(value)
        return value if number is None else number
    if kind == "boolean":
        return _TRUTH.get(value, value)
    return value
