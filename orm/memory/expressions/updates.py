"""Update expressions: SET, REMOVE, ADD and DELETE.

Every value is computed from the item as it was before the update, so the order of clauses does not
matter; list indexes, too, mean the list as it was. The result is a new item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from orm.memory.expressions.lexer import Cursor
from orm.memory.expressions.operands import (
    Bound,
    Constant,
    Operand,
    Path,
    Place,
    getter,
    parse_constant,
    parse_operand,
    parse_path,
    parse_path_argument,
    refuse_overlap,
    require_types,
)
from orm.memory.expressions.scope import Scope
from orm.memory.limits import EXPRESSION_OPERATORS_MAX
from orm.memory.numbers import add, subtract
from orm.memory.refusals import Invalid, Unfit
from orm.memory.values import SET_TYPES, Item, Value, canonical_set, clone, type_of

Compute = Callable[[Item], Value | None]


class MissingAttribute(Unfit):
    """An operand names an attribute that the item does not have."""

    def __init__(self) -> None:
        super().__init__(
            "The provided expression refers to an attribute that does not exist in the item"
        )


class WrongType(Unfit):
    """An operand that the item holds has a type that the operator cannot take."""

    def __init__(self) -> None:
        super().__init__("An operand in the update expression has an incorrect data type")


class InvalidPlace(Unfit):
    """A document path leads through something that is not there or is no map or list."""

    def __init__(self) -> None:
        super().__init__(
            "The document path provided in the update expression is invalid for update"
        )


@dataclass(frozen=True, slots=True)
class IfNotExists:
    """`if_not_exists(path, operand)`."""

    path: Path
    otherwise: Operand

    def bind(self, scope: Scope) -> Bound:
        get, otherwise = self.path.bind(scope).get, self.otherwise.bind(scope)
        return Bound(lambda item: get(item) or otherwise.get(item))


@dataclass(frozen=True, slots=True)
class ListAppend:
    """`list_append(list, list)`."""

    first: Operand
    second: Operand

    def bind(self, scope: Scope) -> Bound:
        first, second = self.first.bind(scope), self.second.bind(scope)
        require_types("list_append", frozenset({"L"}), first, second)

        def get(item: Item) -> Value:
            return {"L": [*_body(first, item, "L"), *_body(second, item, "L")]}

        return Bound(get, known_type="L")


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left + right` or `left - right`."""

    left: Operand
    sign: str
    right: Operand

    def bind(self, scope: Scope) -> Bound:
        left, right = self.left.bind(scope), self.right.bind(scope)
        require_types(self.sign, frozenset({"N"}), left, right)
        compute = add if self.sign == "+" else subtract
        return Bound(lambda item: {"N": compute(_body(left, item, "N"), _body(right, item, "N"))})


@dataclass(frozen=True, slots=True)
class Change:
    """One action: the place and what is to stand there; None removes it."""

    place: Place
    compute: Compute


@dataclass(frozen=True, slots=True)
class Update:
    """An update expression joined with its request.

    `creates` is False where the expression only takes away: on a missing item nothing happens.
    """

    changes: tuple[Change, ...]
    creates: bool

    @property
    def places(self) -> list[Place]:
        return [change.place for change in self.changes]

    def apply(self, old: Item) -> Item:
        """Return the item after the update; `old` is left as it is."""
        results = [(change.place, change.compute(old)) for change in self.changes]
        new = dict(old)
        for top in {place[0] for place, _ in results if len(place) > 1}:
            if top in new:
                new[str(top)] = clone(new[str(top)])
        for place, value in sorted(results, key=_settle_order):
            _settle({"M": new}, place, value)
        return new


@dataclass(frozen=True, slots=True)
class ParsedUpdate:
    """The syntax of an update expression."""

    actions: tuple[tuple[str, Path, Operand | None], ...]

    def bind(self, scope: Scope) -> Update:
        changes = tuple(_bind(*action, scope) for action in self.actions)
        refuse_overlap([change.place for change in changes])
        creates = any(kind in ("SET", "ADD") for kind, _, _ in self.actions)
        return Update(changes, creates)


@lru_cache(maxsize=4096)
def parse_update(text: str) -> ParsedUpdate:
    """Read an update expression.

    Raises:
        Invalid: wrong syntax, a clause given twice, a reserved word.
    """
    cursor = Cursor(text)
    actions: list[tuple[str, Path, Operand | None]] = []
    seen: set[str] = set()
    while cursor.at_keyword(*_CLAUSES):
        kind = cursor.take().text.upper()
        if kind in seen:
            raise Invalid(f'The "{kind}" section can only be used once in an update expression;')
        seen.add(kind)
        actions.append((kind, *_CLAUSES[kind](cursor)))
        while cursor.accept(","):
            actions.append((kind, *_CLAUSES[kind](cursor)))
    cursor.end()
    if len(actions) > EXPRESSION_OPERATORS_MAX:
        raise Invalid("The expression contains too many operators")
    return ParsedUpdate(tuple(actions))


def _set_clause(cursor: Cursor) -> tuple[Path, Operand]:
    path = parse_path(cursor)
    cursor.expect("=")
    return path, _set_value(cursor)


def _set_value(cursor: Cursor) -> Operand:
    left = _set_operand(cursor)
    for sign in ("+", "-"):
        if cursor.accept(sign):
            right = _set_operand(cursor)
            if isinstance(left, Arithmetic) or isinstance(right, Arithmetic):
                raise Invalid("Syntax error; only one operator may stand in a SET action")
            return Arithmetic(left, sign, right)
    return left


def _set_operand(cursor: Cursor) -> Operand:
    token = cursor.peek()
    if cursor.accept("("):
        doubled = cursor.peek().text == "("
        inner = _set_value(cursor)
        if doubled and not isinstance(inner, Arithmetic):
            raise Invalid("The expression has redundant parentheses;")
        cursor.expect(")")
        return inner
    if cursor.peek(1).text != "(" or token.kind != "word":
        return parse_operand(cursor)
    if token.text not in ("if_not_exists", "list_append"):
        raise Invalid(f"Invalid function name; function: {token.text}")
    cursor.take()
    cursor.expect("(")
    operand = _if_not_exists(cursor) if token.text == "if_not_exists" else _list_append(cursor)
    cursor.expect(")")
    return operand


def _if_not_exists(cursor: Cursor) -> Operand:
    path = parse_path_argument(cursor)
    cursor.expect(",")
    return IfNotExists(path, _set_operand(cursor))


def _list_append(cursor: Cursor) -> Operand:
    first = _set_operand(cursor)
    cursor.expect(",")
    return ListAppend(first, _set_operand(cursor))


def _remove_clause(cursor: Cursor) -> tuple[Path, None]:
    return parse_path(cursor), None


def _value_clause(cursor: Cursor) -> tuple[Path, Constant]:
    return parse_path(cursor), parse_constant(cursor)


_CLAUSES: dict[str, Callable[[Cursor], tuple[Path, Operand | None]]] = {
    "SET": _set_clause,
    "REMOVE": _remove_clause,
    "ADD": _value_clause,
    "DELETE": _value_clause,
}


def _bind(kind: str, path: Path, operand: Operand | None, scope: Scope) -> Change:
    place = path.resolve(scope)
    if operand is None:
        return Change(place, lambda item: None)
    bound = operand.bind(scope)
    if kind == "SET":
        return Change(place, lambda item: _present(bound.get(item)))
    get, constant = getter(place), bound.constant
    assert constant is not None
    require_types(kind, SET_TYPES | {"N"} if kind == "ADD" else SET_TYPES, bound)
    combine = _sum_or_union if kind == "ADD" else _difference
    return Change(place, lambda item: combine(get(item), constant))


def _sum_or_union(old: Value | None, change: Value) -> Value:
    if old is None:
        return change
    ((tag, body),) = change.items()
    if type_of(old) != tag:
        raise WrongType
    if tag == "N":
        return {"N": add(old["N"], body)}
    return canonical_set(tag, [*old[tag], *body])


def _difference(old: Value | None, change: Value) -> Value | None:
    if old is None:
        return None
    ((tag, body),) = change.items()
    if type_of(old) != tag:
        raise WrongType
    left = [member for member in old[tag] if member not in body]
    return {tag: left} if left else None


def _settle_order(result: tuple[Place, Value | None]) -> tuple[bool, Any]:
    """Sets first, from low indexes to high, so that appends keep order; removals from the end."""
    place, value = result
    last = place[-1] if isinstance(place[-1], int) else 0
    return (True, -last) if value is None else (False, last)


def _settle(root: Value, place: Place, value: Value | None) -> None:
    parent = root
    for step in place[:-1]:
        parent = _child(parent, step)
    ((tag, body),) = parent.items()
    last = place[-1]
    if tag == "M" and isinstance(last, str):
        _settle_name(body, last, value)
    elif tag == "L" and isinstance(last, int):
        _settle_index(body, last, value)
    else:
        raise InvalidPlace


def _child(parent: Value, step: str | int) -> Value:
    ((tag, body),) = parent.items()
    found: Value | None = None
    if tag == "M" and isinstance(step, str):
        found = body.get(step)
    elif tag == "L" and isinstance(step, int) and step < len(body):
        found = body[step]
    if found is None:
        raise InvalidPlace
    return found


def _settle_name(body: dict[str, Value], name: str, value: Value | None) -> None:
    if value is None:
        body.pop(name, None)
    else:
        body[name] = value


def _settle_index(body: list[Value], index: int, value: Value | None) -> None:
    if value is None:
        del body[index : index + 1]
    elif index < len(body):
        body[index] = value
    else:
        body.append(value)


def _present(value: Value | None) -> Value:
    if value is None:
        raise MissingAttribute
    return value


def _body(operand: Bound, item: Item, tag: str) -> Any:
    value = _present(operand.get(item))
    if type_of(value) != tag:
        raise WrongType
    return value[tag]
