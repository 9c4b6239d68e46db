"""Clauses: what a query demands of one attribute, as data."""

from __future__ import annotations

import enum
import operator
from collections.abc import Callable, Collection
from decimal import Context, Decimal
from typing import Any, Final, NamedTuple

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
from orm.requests import AttributeValue

_EXACT: Final = Context(prec=50)
"""DynamoDB keeps 38 digits."""

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


def in_wire(clause: Clause, *, alternatives: bool = False) -> tuple[Any, ...]:
    """What tells the clause from others, the same in every process and however it was said.

    Args:
        clause: what is demanded.
        alternatives: whether each value of `in` is a reading of its own, in their order.
    """
    values = [repr(_comparable(wire)) for wire in _wires(clause)]
    if clause.operator == "not_in" or (clause.operator == "in" and not alternatives):
        values.sort()
    return clause.attribute, clause.operator, values


def _wires(clause: Clause) -> list[AttributeValue]:
    return [to_wire(_stored(value), clause.attribute) for value in clause.values]


def spelled_alike(value: Any) -> str:
    """A value as text, the same in every process and for all that are stored alike."""
    return repr(_comparable(to_wire(_stored(value))))


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


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value


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


def holds(clause: Clause, wire: AttributeValue | None, *, casefold: bool = False) -> bool:
    """Whether a row is one that the clause finds, as DynamoDB compares what is stored.

    Args:
        clause: what is demanded.
        wire: the row's value of its attribute as it is stored; None where it has none.
        casefold: whether texts are the same in both cases, as they are to a claim.
    """
    value = None if wire is None or "NULL" in wire else _comparable(wire)
    values = [None if "NULL" in one else _comparable(one) for one in _wires(clause)]
    if casefold:
        value, *values = map(_folded, (value, *values))
    return bool(_HOLDS[clause.operator](value, values))


class _Value(NamedTuple):
    """A value as DynamoDB compares it: its type on the wire, and what is equal where it is."""

    kind: str
    plain: Any


def _comparable(wire: AttributeValue) -> _Value:
    ((kind, plain),) = wire.items()
    return _Value(kind, _PLAIN[kind](plain) if kind in _PLAIN else plain)


_PLAIN: Final[dict[str, Callable[[Any], Any]]] = {
    "N": lambda number: Decimal(number).normalize(_EXACT),
    "NS": lambda numbers: sorted(Decimal(one).normalize(_EXACT) for one in numbers),
    "SS": sorted,
    "BS": sorted,
    "L": lambda members: [_comparable(one) for one in members],
    "M": lambda members: [(name, _comparable(one)) for name, one in sorted(members.items())],
}


def _folded(value: _Value | None) -> _Value | None:
    return _Value("S", value.plain.casefold()) if value and value.kind == "S" else value


def _is_ordered(
    value: _Value | None, bound: _Value | None, compare: Callable[[Any, Any], bool]
) -> bool:
    """Values of two types are in no order, and of most types none is."""
    if value is None or bound is None or value.kind != bound.kind or value.kind not in "SNB":
        return False
    return compare(_in_order(value), _in_order(bound))


def _in_order(value: _Value) -> Any:
    """Texts are sorted by their bytes."""
    return value.plain.encode() if value.kind == "S" else value.plain


def _begins(value: _Value | None, text: _Value | None) -> bool:
    if value is None or text is None or value.kind != text.kind or value.kind not in "SB":
        return False
    return bool(value.plain.startswith(text.plain))


def _contains(value: _Value | None, wanted: _Value | None) -> bool:
    """A text holds a part, a set or a list a member; a list may hold None."""
    if value is None:
        return False
    if value.kind == "L":
        return (wanted or _Value("NULL", True)) in value.plain
    if wanted is None:
        return False
    if value.kind in ("S", "B"):
        return value.kind == wanted.kind and wanted.plain in value.plain
    return value.kind == f"{wanted.kind}S" and wanted.plain in value.plain


_HOLDS: Final[dict[str, Callable[[_Value | None, list[_Value | None]], object]]] = {
    "=": lambda value, values: value == values[0],
    "!=": lambda value, values: value != values[0],
    "<": lambda value, values: _is_ordered(value, values[0], operator.lt),
    "<=": lambda value, values: _is_ordered(value, values[0], operator.le),
    ">": lambda value, values: _is_ordered(value, values[0], operator.gt),
    ">=": lambda value, values: _is_ordered(value, values[0], operator.ge),
    "between": lambda value, values: (
        _is_ordered(value, values[0], operator.ge) and _is_ordered(value, values[1], operator.le)
    ),
    "begins_with": lambda value, values: _begins(value, values[0]),
    "contains": lambda value, values: _contains(value, values[0]),
    "in": lambda value, values: value in values,
    "not_in": lambda value, values: value not in values,
    "null": lambda value, values: value is None,
    "not_null": lambda value, values: value is not None,
}
