"""Clauses: what a query demands of one attribute, as data."""

from __future__ import annotations

import enum
import operator
from collections.abc import Callable
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
    asked, values = clause.operator, clause.values
    if asked in ("=", "!="):
        return _equality(attribute, asked, values[0])
    if asked in OPERATORS:
        return compared(attribute, asked, values[0])
    if asked == "between":
        return between(attribute, *values)
    if asked == "begins_with":
        return begins_with(attribute, values[0])
    if asked == "contains":
        return contains(attribute, values[0])
    if asked == "in":
        return any_of(*(equals(attribute, value) for value in values))
    if asked == "not_in":
        return all_of(*(compared(attribute, "<>", value) for value in values))
    return is_absent(attribute) if asked == "null" else is_there(attribute)


def _equality(attribute: str, asked: str, value: Any) -> Condition:
    if value is None:
        return is_absent(attribute) if asked == "=" else is_there(attribute)
    return compared(attribute, "=" if asked == "=" else "<>", value)


def holds(clause: Clause, value: Any, *, casefold: bool = False) -> bool:
    """Whether a row with this value is one that the clause finds, as DynamoDB would say.

    Args:
        clause: what is demanded.
        value: the row's value of its attribute; None where it has none.
        casefold: whether texts are the same in both cases.
    """
    values: tuple[Any, ...] = clause.values
    if casefold:
        value, *rest = (_folded(one) for one in (value, *values))
        values = tuple(rest)
    try:
        return bool(_HOLDS[clause.operator](value, values))
    except TypeError:  # values of two types are in no order
        return False


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _is_ordered(value: Any, values: tuple[Any, ...], compare: Callable[[Any, Any], bool]) -> bool:
    """Truth values are in no order, though to Python True is 1."""
    if value is None or isinstance(value, bool):
        return False
    return compare(_plain(value), _plain(values[0]))


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value


def _equal(value: Any, other: Any) -> bool:
    """Equal, and of one kind: to Python True is 1."""
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


_HOLDS: Final[dict[str, Callable[[Any, tuple[Any, ...]], object]]] = {
    "=": lambda value, values: _equal(value, values[0]),
    "!=": lambda value, values: not _equal(value, values[0]),
    "<": lambda value, values: _is_ordered(value, values, operator.lt),
    "<=": lambda value, values: _is_ordered(value, values, operator.le),
    ">": lambda value, values: _is_ordered(value, values, operator.gt),
    ">=": lambda value, values: _is_ordered(value, values, operator.ge),
    "between": lambda value, values: (
        _is_ordered(value, values[:1], operator.ge) and _is_ordered(value, values[1:], operator.le)
    ),
    "begins_with": lambda value, values: isinstance(value, str) and value.startswith(values[0]),
    "contains": lambda value, values: value is not None and values[0] in value,
    "in": lambda value, values: any(_equal(value, one) for one in values),
    "not_in": lambda value, values: not any(_equal(value, one) for one in values),
    "null": lambda value, values: value is None,
    "not_null": lambda value, values: value is not None,
}
