"""Key conditions: one value for the partition key, and perhaps a range of the sort key.

They are written in the grammar of conditions, so they are parsed as one and then read for the few
forms that a query can serve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orm.memory.expressions.conditions import (
    BeginsWith,
    Between,
    Both,
    Comparison,
    Condition,
    parse_condition,
    refuse_empty_range,
)
from orm.memory.expressions.operands import Constant, Operand, Path
from orm.memory.expressions.scope import Scope
from orm.memory.refusals import Invalid
from orm.memory.values import Value

UNSUPPORTED = "Query key condition not supported"


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """One key attribute, an operator and its operands."""

    name: str
    sign: str
    operands: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """What a query asks of the keys.

    Args:
        hash_values: one for each partition key attribute.
        equal_values: for leading sort key attributes that are fixed.
        range_term: the condition on the next sort key attribute, if any.
    """

    hash_values: tuple[Value, ...]
    equal_values: tuple[Value, ...]
    range_term: KeyTerm | None


def bind_key_condition(
    text: str, scope: Scope, hash_names: Sequence[str], range_names: Sequence[str]
) -> KeyCondition:
    """Read a key condition expression for a table or index with these keys.

    Raises:
        Invalid: an attribute that is no key, a form that a query cannot serve, or no partition key.
    """
    terms = _by_name(_terms(parse_condition(text), scope))
    foreign = terms.keys() - {*hash_names, *range_names}
    missing = [name for name in hash_names if name not in terms]
    if missing:
        raise Invalid(f"Query condition missed key schema element: {missing[0]}")
    if foreign:
        raise Invalid(f"Query condition missed key schema element: {min(foreign)}")
    hash_values = tuple(_equal(terms.pop(name)) for name in hash_names)
    return KeyCondition(hash_values, *_range(terms, range_names))


def _range(
    terms: dict[str, KeyTerm], range_names: Sequence[str]
) -> tuple[tuple[Value, ...], KeyTerm | None]:
    equal: list[Value] = []
    for name in range_names:
        term = terms.pop(name, None)
        if term is None:
            break
        if term.sign != "=":
            if terms:
                raise Invalid(UNSUPPORTED)
            return tuple(equal), term
        equal.append(term.operands[0])
    if terms:
        raise Invalid(UNSUPPORTED)
    return tuple(equal), None


def _by_name(terms: list[KeyTerm]) -> dict[str, KeyTerm]:
    named = {term.name: term for term in terms}
    if len(named) != len(terms):
        raise Invalid("KeyConditionExpressions must only contain one condition per key")
    return named


def _equal(term: KeyTerm) -> Value:
    if term.sign != "=":
        raise Invalid(UNSUPPORTED)
    return term.operands[0]


def _terms(node: Condition, scope: Scope) -> list[KeyTerm]:
    if isinstance(node, Both):
        return [*_terms(node.left, scope), *_terms(node.right, scope)]
    node.bind(scope)  # for its checks of operand types
    if isinstance(node, Comparison) and node.sign != "<>":
        return [_comparison(node, scope)]
    if isinstance(node, Between):
        term = _term("BETWEEN", node.operand, (node.low, node.high), scope)
        refuse_empty_range(*term.operands)
        return [term]
    if isinstance(node, BeginsWith):
        return [_term("begins_with", node.operand, (node.prefix,), scope)]
    raise Invalid("Invalid operator used in KeyConditionExpression")


def _comparison(node: Comparison, scope: Scope) -> KeyTerm:
    if isinstance(node.left, Constant) and isinstance(node.right, Path):
        return _term(_MIRRORED[node.sign], node.right, (node.left,), scope)
    return _term(node.sign, node.left, (node.right,), scope)


_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _term(sign: str, path: Operand, operands: Sequence[Operand], scope: Scope) -> KeyTerm:
    if not isinstance(path, Path):
        raise Invalid("Invalid condition in KeyConditionExpression: no key attribute specified")
    place = path.resolve(scope)
    if len(place) != 1:
        raise Invalid("KeyConditionExpressions cannot have conditions on nested attributes")
    values = [operand.bind(scope).constant for operand in operands]
    if any(value is None for value in values):
        raise Invalid("Invalid condition in KeyConditionExpression: values must be constants")
    return KeyTerm(str(place[0]), sign, tuple(value for value in values if value is not None))
