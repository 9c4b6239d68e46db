"""Clauses: what a query demands of one attribute, as data."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from orm.errors import ConfigurationError
from orm.expressions import (
    Condition,
    Function,
    all_of,
    any_of,
    begins_with,
    between,
    compared,
    contains,
    equals,
    exists,
    not_exists,
)

OPERATORS: Final = ("=", "!=", "<", "<=", ">", ">=")


class Clause(msgspec.Struct, frozen=True):
    """One demand.

    Args:
        attribute: of what.
        operator: `=`, `!=`, `<`, `<=`, `>`, `>=`, `between`, `begins_with`, `contains`, `in`,
            `not_in`, `null` or `not_null`.
        values: what it is compared with.
    """

    attribute: str
    operator: str
    values: tuple[Any, ...] = ()

    def __bool__(self) -> bool:
        raise ConfigurationError(
            self.attribute, "a clause is neither true nor false; give it to where() or filter()"
        )

    def __str__(self) -> str:
        values = ", ".join(map(repr, self.values))
        return f"{self.attribute} {self.operator} {values}".rstrip()


def is_absent(attribute: str) -> Condition:
    """The attribute is missing or None."""
    return any_of(not_exists(attribute), Function("attribute_type", attribute, {"S": "NULL"}))


def is_there(attribute: str) -> Condition:
    """The attribute has a value."""
    return all_of(exists(attribute), compared(attribute, "<>", None))


def condition(clause: Clause, attribute: str) -> Condition:
    """The clause as a condition on a stored attribute, for a filter."""
    operator, values = clause.operator, clause.values
    if operator in ("=", "!="):
        return _equality(attribute, operator, values[0])
    if operator in OPERATORS:
        return compared(attribute, operator, values[0])
    if operator == "between":
        return between(attribute, *values)
    if operator == "begins_with":
        return begins_with(attribute, values[0])
    if operator == "contains":
        return contains(attribute, values[0])
    if operator == "in":
        return any_of(*(equals(attribute, value) for value in values))
    if operator == "not_in":
        return all_of(*(compared(attribute, "<>", value) for value in values))
    return is_absent(attribute) if operator == "null" else is_there(attribute)


def _equality(attribute: str, operator: str, value: Any) -> Condition:
    if value is None:
        return is_absent(attribute) if operator == "=" else is_there(attribute)
    return compared(attribute, "=" if operator == "=" else "<>", value)
