"""Conditions: `ConditionExpression`, `FilterExpression`, and what key conditions are read from.

`parse_condition` is cached by text. `bind` checks what can be known without an item (types of
constants, operands that are the same) and returns a function from item to truth. A missing
attribute makes every comparison false, `<>` excepted.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from orm.memory.expressions.lexer import Cursor
from orm.memory.expressions.operands import (
    Bound,
    Operand,
    Path,
    parse_operand,
    parse_path_argument,
    require_types,
)
from orm.memory.expressions.scope import Scope
from orm.memory.limits import EXPRESSION_OPERATORS_MAX, IN_OPERANDS_MAX
from orm.memory.refusals import Invalid
from orm.memory.values import ORDERED_TYPES, TYPES, Item, Value, order_key, type_of

Test = Callable[[Item], bool]

Ordered = Callable[[Any, Any], bool]

_ORDER: dict[str, Ordered] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMPARATORS = frozenset({"=", "<>", *_ORDER})
_MEMBER_TYPES = {"SS": "S", "NS": "N", "BS": "B"}


class Condition(Protocol):
    """A syntax node that tests an item once it is bound."""

    def bind(self, scope: Scope) -> Test: ...


@dataclass(frozen=True, slots=True)
class Both:
    """`left AND right`."""

    left: Condition
    right: Condition

    def bind(self, scope: Scope) -> Test:
        left, right = self.left.bind(scope), self.right.bind(scope)
        return lambda item: left(item) and right(item)


@dataclass(frozen=True, slots=True)
class Either:
    """`left OR right`."""

    left: Condition
    right: Condition

    def bind(self, scope: Scope) -> Test:
        left, right = self.left.bind(scope), self.right.bind(scope)
        return lambda item: left(item) or right(item)


@dataclass(frozen=True, slots=True)
class Not:
    """`NOT condition`."""

    condition: Condition

    def bind(self, scope: Scope) -> Test:
        test = self.condition.bind(scope)
        return lambda item: not test(item)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left op right`."""

    left: Operand
    sign: str
    right: Operand

    def bind(self, scope: Scope) -> Test:
        left, right = self.left.bind(scope), self.right.bind(scope)
        _refuse_same(self.sign, left, right)
        if self.sign == "=":
            return lambda item: (value := left.get(item)) is not None and value == right.get(item)
        if self.sign == "<>":
            return lambda item: _differ(left.get(item), right.get(item))
        require_types(self.sign, ORDERED_TYPES, left, right)
        ordered = _ORDER[self.sign]
        return lambda item: _in_order(ordered, left.get(item), right.get(item))


@dataclass(frozen=True, slots=True)
class Between:
    """`operand BETWEEN low AND high`, both ends included."""

    operand: Operand
    low: Operand
    high: Operand

    def bind(self, scope: Scope) -> Test:
        operand, low, high = (part.bind(scope) for part in (self.operand, self.low, self.high))
        for bound in (low, high):
            _refuse_same("BETWEEN", operand, bound)
        require_types("BETWEEN", ORDERED_TYPES, operand, low, high)
        refuse_empty_range(low.constant, high.constant)
        return lambda item: (
            _in_order(operator.le, low.get(item), value := operand.get(item))
            and _in_order(operator.le, value, high.get(item))
        )


@dataclass(frozen=True, slots=True)
class In:
    """`operand IN (choice, ...)`."""

    operand: Operand
    choices: tuple[Operand, ...]

    def bind(self, scope: Scope) -> Test:
        operand = self.operand.bind(scope)
        choices = [choice.bind(scope) for choice in self.choices]
        for choice in choices:
            _refuse_same("IN", operand, choice)

        def test(item: Item) -> bool:
            value = operand.get(item)
            return value is not None and any(value == choice.get(item) for choice in choices)

        return test


@dataclass(frozen=True, slots=True)
class Exists:
    """`attribute_exists(path)`, or its opposite."""

    path: Path
    wanted: bool

    def bind(self, scope: Scope) -> Test:
        get, wanted = self.path.bind(scope).get, self.wanted
        return lambda item: (get(item) is not None) is wanted


@dataclass(frozen=True, slots=True)
class AttributeType:
    """`attribute_type(path, :type)`."""

    path: Path
    type_: Operand

    def bind(self, scope: Scope) -> Test:
        get, wanted = self.path.bind(scope).get, self.type_.bind(scope).constant
        if wanted is None or type_of(wanted) != "S" or wanted["S"] not in TYPES:
            raise Invalid("Invalid attribute type name found; it must be a string constant")
        return lambda item: (value := get(item)) is not None and type_of(value) == wanted["S"]


@dataclass(frozen=True, slots=True)
class BeginsWith:
    """`begins_with(operand, prefix)` on strings and binaries."""

    operand: Operand
    prefix: Operand

    def bind(self, scope: Scope) -> Test:
        operand, prefix = self.operand.bind(scope), self.prefix.bind(scope)
        _refuse_same("begins_with", operand, prefix)
        require_types("begins_with", frozenset({"S", "B"}), operand, prefix)
        return lambda item: _begins(operand.get(item), prefix.get(item))


@dataclass(frozen=True, slots=True)
class Contains:
    """`contains(operand, part)`: a substring, or a member of a set or list."""

    operand: Operand
    part: Operand

    def bind(self, scope: Scope) -> Test:
        operand, part = self.operand.bind(scope), self.part.bind(scope)
        _refuse_same("contains", operand, part)
        return lambda item: _contains(operand.get(item), part.get(item))


@lru_cache(maxsize=4096)
def parse_condition(text: str) -> Condition:
    """Read a condition expression.

    Raises:
        Invalid: wrong syntax, a reserved word, redundant parentheses, too many operators.
    """
    parser = _Parser(Cursor(text))
    root = parser.either()
    parser.cursor.end()
    if parser.operators > EXPRESSION_OPERATORS_MAX:
        raise Invalid("The expression contains too many operators")
    return root


def refuse_empty_range(low: Value | None, high: Value | None) -> None:
    """Refuse `BETWEEN` constants of two types, or with the lower one above."""
    if low is None or high is None:
        return
    if type_of(low) != type_of(high):
        raise Invalid("The BETWEEN operator requires same data type for lower and upper bounds")
    if order_key(low) > order_key(high):  # type: ignore[operator]
        raise Invalid(
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
        )


class _Parser:
    """Recursive descent: OR binds loosest, then AND, then NOT."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.operators = 0
        self._last_group = (-1, -1)  # where the last parentheses opened and closed

    def either(self) -> Condition:
        node = self.both()
        while self._operator("OR"):
            node = Either(node, self.both())
        return node

    def both(self) -> Condition:
        node = self.negation()
        while self._operator("AND"):
            node = Both(node, self.negation())
        return node

    def negation(self) -> Condition:
        depth = 0
        while self._operator("NOT"):
            depth += 1
        node = self.primary()
        for _ in range(depth):
            node = Not(node)
        return node

    def primary(self) -> Condition:
        if self.cursor.peek().text == "(":
            operand = self._grouped_operand()
            return self.group() if operand is None else self._comparison(operand)
        function = _FUNCTIONS.get(self.cursor.peek().text)
        if function is not None and self.cursor.peek(1).text == "(":
            return self._call(function)
        return self._comparison(parse_operand(self.cursor))

    def group(self) -> Condition:
        start = self.cursor.place
        self.cursor.expect("(")
        node = self.either()
        inner = self._last_group
        if inner == (start + 1, self.cursor.place):
            raise Invalid("The expression has redundant parentheses;")
        self.cursor.expect(")")
        self._last_group = (start, self.cursor.place)
        return node

    def _operator(self, keyword: str) -> bool:
        found = self.cursor.accept(keyword)
        self.operators += found
        return found

    def _grouped_operand(self) -> Operand | None:
        """Read an operand in parentheses, or stay put where they hold a condition."""
        place = self.cursor.place
        try:
            operand = parse_operand(self.cursor)
        except Invalid:
            self.cursor.place = place
            return None
        if self.cursor.peek().text not in _COMPARATORS and not self.cursor.at_keyword(
            "BETWEEN", "IN"
        ):
            self.cursor.place = place
            return None
        return operand

    def _call(self, build: Callable[[Cursor], Condition]) -> Condition:
        self.operators += 1
        self.cursor.take()
        self.cursor.expect("(")
        node = build(self.cursor)
        self.cursor.expect(")")
        return node

    def _comparison(self, left: Operand) -> Condition:
        cursor = self.cursor
        self.operators += 1
        if cursor.accept("BETWEEN"):
            low = parse_operand(cursor)
            cursor.expect("AND")
            return Between(left, low, parse_operand(cursor))
        if cursor.accept("IN"):
            return In(left, self._choices())
        if cursor.peek().text not in _COMPARATORS:
            raise cursor.unexpected()
        return Comparison(left, cursor.take().text, parse_operand(cursor))

    def _choices(self) -> tuple[Operand, ...]:
        self.cursor.expect("(")
        choices = [parse_operand(self.cursor)]
        while self.cursor.accept(","):
            choices.append(parse_operand(self.cursor))
        self.cursor.expect(")")
        if len(choices) > IN_OPERANDS_MAX:
            raise Invalid("The IN operator is provided with too many operands")
        return tuple(choices)


def _exists(cursor: Cursor) -> Condition:
    return Exists(parse_path_argument(cursor), wanted=True)


def _not_exists(cursor: Cursor) -> Condition:
    return Exists(parse_path_argument(cursor), wanted=False)


def _attribute_type(cursor: Cursor) -> Condition:
    path = parse_path_argument(cursor)
    cursor.expect(",")
    return AttributeType(path, parse_operand(cursor))


def _two(cursor: Cursor) -> tuple[Operand, Operand]:
    first = parse_operand(cursor)
    cursor.expect(",")
    return first, parse_operand(cursor)


_FUNCTIONS: dict[str, Callable[[Cursor], Condition]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _not_exists,
    "attribute_type": _attribute_type,
    "begins_with": lambda cursor: BeginsWith(*_two(cursor)),
    "contains": lambda cursor: Contains(*_two(cursor)),
}


def _refuse_same(sign: str, left: Bound, right: Bound) -> None:
    if left.place is not None and left.place == right.place:
        raise Invalid(
            "The first operand must be distinct from the remaining operands for this operator or "
            f"function; operator: {sign}"
        )


def _differ(left: Value | None, right: Value | None) -> bool:
    return left is None or left != right


def _in_order(ordered: Ordered, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return False
    tag = type_of(left)
    if tag not in ORDERED_TYPES or tag != type_of(right):
        return False
    return ordered(order_key(left), order_key(right))


def _begins(value: Value | None, prefix: Value | None) -> bool:
    if value is None or prefix is None:
        return False
    ((tag, body),) = value.items()
    return tag in ("S", "B") and tag == type_of(prefix) and body.startswith(prefix[tag])


def _contains(value: Value | None, part: Value | None) -> bool:
    if value is None or part is None:
        return False
    ((tag, body),) = value.items()
    if tag == "L":
        return part in body
    ((part_tag, part_body),) = part.items()
    if tag in ("S", "B"):
        return part_tag == tag and part_body in body
    return _MEMBER_TYPES.get(tag) == part_tag and part_body in body
