"""Clauses: what a query demands of one attribute, as data."""

from __future__ import annotations

import enum
import operator
from collections.abc import Callable, Collection
from typing import Any, Final

import msgspec

from orm.codec import to_wire
from orm.errors import ConfigurationError
from orm.expressions import (
    Condition,
    Function,
    all_of,
    among,
    any_of,
    begins_with,
    between,
    compared,
    contains,
    exists,
    negated,
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
        model: whose attribute, where the clause was made of one; empty where a name was given.
    """

    attribute: str
    operator: str
    values: tuple[Any, ...] = ()
    model: str = ""

    def __bool__(self) -> bool:
        raise ConfigurationError(
            self.attribute, "a clause is neither true nor false; give it to where() or filter()"
        )

    def __str__(self) -> str:
        return self.said()

    def said(self, hidden: Collection[str] = ()) -> str:
        """The clause as people read it, without the values of attributes that are hidden."""
        values = "…" if self.attribute in hidden else ", ".join(map(repr, self.values))
        return f"{self.attribute} {self.operator} {values if self.values else ''}".rstrip()


def in_wire(clause: Clause) -> tuple[Any, ...]:
    """What tells the clause from others, the same in every process."""
    values = [to_wire(_stored(value), clause.attribute) for value in clause.values]
    return clause.attribute, clause.operator, values


def is_absent(attribute: str) -> Condition:
    """The attribute is missing or None."""
    return any_of(not_exists(attribute), Function("attribute_type", attribute, {"S": "NULL"}))


def is_there(attribute: str) -> Condition:
    """The attribute has a value."""
    return all_of(exists(attribute), compared(attribute, "<>", None))


def is_impossible(clause: Clause) -> bool:
    """Whether no row can be so: with one of no values, or within bounds the wrong way round.
    DynamoDB would refuse to be asked it."""
    if clause.operator == "in":
        return not clause.values
    return clause.operator == "between" and _is_above(*clause.values)


def _is_above(low: Any, high: Any) -> bool:
    try:
        return bool(_plain(low) > _plain(high))
    except TypeError:  # in no order: said of each by its type
        return False


def condition(clause: Clause, attribute: str) -> Condition:
    """The clause as a condition on a stored attribute, for a filter."""
    asked, values = clause.operator, tuple(map(_stored, clause.values))
    if is_impossible(clause):
        return all_of(exists(attribute), not_exists(attribute))
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
        return any_of(*_members(attribute, values))
    if asked == "not_in":
        return _not_in(attribute, values)
    return is_absent(attribute) if asked == "null" else is_there(attribute)


def _stored(value: Any) -> Any:
    """DynamoDB has no empty set: it is stored as a list."""
    return [] if isinstance(value, set | frozenset) and not value else value


def _equality(attribute: str, asked: str, value: Any) -> Condition:
    if value is None:
        return is_absent(attribute) if asked == "=" else is_there(attribute)
    return compared(attribute, "=" if asked == "=" else "<>", value)


def _members(attribute: str, values: tuple[Any, ...]) -> list[Condition]:
    """What any of the values means; None is what is absent, as it is to `=`."""
    given = [value for value in values if value is not None]
    found = [among(attribute, given)] if given else []
    return found if len(given) == len(values) else [*found, is_absent(attribute)]


def _not_in(attribute: str, values: tuple[Any, ...]) -> Condition:
    if not values:
        return any_of(exists(attribute), not_exists(attribute))
    given = [value for value in values if value is not None]
    found = [negated(among(attribute, given))] if given else []
    return all_of(*found, *([] if len(given) == len(values) else [is_there(attribute)]))


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
