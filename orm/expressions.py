"""Expressions as values: conditions, and the placeholders that keep user text out of them.

A condition is built (`all_of(equals("status", "open"), not_exists("closed"))`), never written. When
it is rendered, each name becomes `#n0`, `#n1`, … and each value `:v0`, `:v1`, …, so that no text of
a user ever becomes part of an expression and no name can be a reserved word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from orm.codec import to_wire
from orm.requests import AttributeValue, Item

IN_OPERANDS_MAX: Final = 100  # Developer guide, condition expressions: `IN`


class Placeholders:
    """The names and values of one request, numbered as they come; a name is numbered once."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: Item = {}

    def name(self, attribute: str) -> str:
        """The placeholder of an attribute's name."""
        return self._names.setdefault(attribute, f"#n{len(self._names)}")

    def value(self, wire: AttributeValue) -> str:
        """A new placeholder of a value."""
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = wire
        return placeholder

    @property
    def names(self) -> dict[str, str] | None:
        """`ExpressionAttributeNames`, or None where there are none."""
        return {placeholder: name for name, placeholder in self._names.items()} or None

    @property
    def values(self) -> Item | None:
        """`ExpressionAttributeValues`, or None where there are none."""
        return self._values or None


class Condition(msgspec.Struct, frozen=True):
    """Something that is true or false of an item; the base of all of them."""

    def render(self, placeholders: Placeholders) -> str:
        """The condition as expression text made of placeholders."""
        raise NotImplementedError


class Comparison(Condition, frozen=True):
    """An attribute compared with a value: `=`, `<>`, `<`, `<=`, `>`, `>=`."""

    attribute: str
    operator: str
    value: AttributeValue

    def render(self, placeholders: Placeholders) -> str:
        name, value = placeholders.name(self.attribute), placeholders.value(self.value)
        return f"{name} {self.operator} {value}"


class Function(Condition, frozen=True):
    """One of DynamoDB's functions of an attribute and, for some, a value."""

    function: str
    attribute: str
    value: AttributeValue | None = None

    def render(self, placeholders: Placeholders) -> str:
        name = placeholders.name(self.attribute)
        if self.value is None:
            return f"{self.function}({name})"
        return f"{self.function}({name}, {placeholders.value(self.value)})"


class Between(Condition, frozen=True):
    """An attribute within two values, both included."""

    attribute: str
    low: AttributeValue
    high: AttributeValue

    def render(self, placeholders: Placeholders) -> str:
        name = placeholders.name(self.attribute)
        low, high = placeholders.value(self.low), placeholders.value(self.high)
        return f"{name} BETWEEN {low} AND {high}"


class Among(Condition, frozen=True):
    """An attribute that has one of these values, 100 at the most."""

    attribute: str
    values: tuple[AttributeValue, ...]

    def render(self, placeholders: Placeholders) -> str:
        name = placeholders.name(self.attribute)
        return f"{name} IN ({', '.join(map(placeholders.value, self.values))})"


class Negated(Condition, frozen=True):
    """What another condition is not."""

    condition: Condition

    def render(self, placeholders: Placeholders) -> str:
        return f"NOT ({self.condition.render(placeholders)})"


class Together(Condition, frozen=True):
    """Several conditions, joined by AND or by OR."""

    operator: str
    conditions: tuple[Condition, ...]

    def render(self, placeholders: Placeholders) -> str:
        parts = [condition.render(placeholders) for condition in self.conditions]
        return f" {self.operator} ".join(
            f"({part})" if isinstance(condition, Together) else part
            for part, condition in zip(parts, self.conditions, strict=True)
        )


def exists(attribute: str) -> Condition:
    """The attribute is there."""
    return Function("attribute_exists", attribute)


def not_exists(attribute: str) -> Condition:
    """The attribute is not there; of a key attribute: the item is not."""
    return Function("attribute_not_exists", attribute)


def equals(attribute: str, value: object) -> Condition:
    """The attribute is there and has this value."""
    return Comparison(attribute, "=", to_wire(value, attribute))


def less_than(attribute: str, value: object) -> Condition:
    """The attribute is there and sorts before this value of the same type."""
    return Comparison(attribute, "<", to_wire(value, attribute))


def compared(attribute: str, operator: str, value: object) -> Condition:
    """The attribute is there and `=`, `<>`, `<`, `<=`, `>` or `>=` this value of the same type."""
    return Comparison(attribute, operator, to_wire(value, attribute))


def contains(attribute: str, value: object) -> Condition:
    """The attribute is a string that holds this one, or a collection with this member."""
    return Function("contains", attribute, to_wire(value, attribute))


def begins_with(attribute: str, text: str) -> Condition:
    """The attribute is a string that begins with this text."""
    return Function("begins_with", attribute, to_wire(text, attribute))


def between(attribute: str, low: object, high: object) -> Condition:
    """The attribute lies within these two values, both included."""
    return Between(attribute, to_wire(low, attribute), to_wire(high, attribute))


def among(attribute: str, values: Sequence[object]) -> Condition:
    """The attribute is there and has one of these values, of which there must be one.

    Far more of them fit into an expression than comparisons would, which count as operators.
    """
    wires = [to_wire(value, attribute) for value in values]
    if len(wires) == 1:
        return Comparison(attribute, "=", wires[0])
    starts = range(0, len(wires), IN_OPERANDS_MAX)
    return any_of(*(Among(attribute, tuple(wires[at : at + IN_OPERANDS_MAX])) for at in starts))


def negated(condition: Condition) -> Condition:
    """The condition is not true; of an attribute that is missing, most are not."""
    return Negated(condition)


def all_of(*conditions: Condition) -> Condition:
    """Every one of these is true."""
    return _together("AND", conditions)


def any_of(*conditions: Condition) -> Condition:
    """At least one of these is true."""
    return _together("OR", conditions)


def _together(operator: str, conditions: tuple[Condition, ...]) -> Condition:
    if not conditions:
        raise ValueError("a condition needs at least one part")
    return conditions[0] if len(conditions) == 1 else Together(operator, conditions)


def condition_fields(condition: Condition | None, placeholders: Placeholders) -> dict[str, Any]:
    """The request fields that carry a condition and everything numbered so far."""
    text = None if condition is None else condition.render(placeholders)
    return {
        "condition_expression": text,
        "expression_attribute_names": placeholders.names,
        "expression_attribute_values": placeholders.values,
    }
