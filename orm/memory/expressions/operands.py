"""Operands: document paths, placeholders for values, and `size(path)`.

Parsing gives small syntax nodes that depend on the text alone and are kept; `bind` joins them with
one request's placeholders into something that reads an item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from orm.memory.expressions.lexer import Cursor
from orm.memory.expressions.reserved import RESERVED_WORDS
from orm.memory.expressions.scope import Scope
from orm.memory.limits import NESTING_LEVELS_MAX
from orm.memory.refusals import Invalid
from orm.memory.values import TYPES, Item, Value, type_of

Place = tuple[str | int, ...]
SIZED_TYPES = TYPES - {"N", "BOOL", "NULL"}
Getter = Callable[[Item], Value | None]


@dataclass(frozen=True, slots=True)
class Bound:
    """An operand joined with its request: how to read it, and what is known beforehand."""

    get: Getter
    constant: Value | None = None
    place: Place | None = None
    known_type: str | None = None


class Operand(Protocol):
    """What may stand beside a comparator."""

    def bind(self, scope: Scope) -> Bound: ...


@dataclass(frozen=True, slots=True)
class Path:
    """A document path, e.g. `a.#b[0]`."""

    steps: Place

    def resolve(self, scope: Scope) -> Place:
        return tuple(
            scope.name(step) if isinstance(step, str) and step[0] == "#" else step
            for step in self.steps
        )

    def bind(self, scope: Scope) -> Bound:
        place = self.resolve(scope)
        scope.attributes.add(str(place[0]))
        return Bound(getter(place), place=place)


@dataclass(frozen=True, slots=True)
class Constant:
    """A placeholder for a value, e.g. `:v`."""

    placeholder: str

    def bind(self, scope: Scope) -> Bound:
        value = scope.value(self.placeholder)
        return Bound(lambda item: value, constant=value, known_type=type_of(value))


@dataclass(frozen=True, slots=True)
class Size:
    """`size(path)`: length of a string, bytes of a binary, members of anything that has them."""

    operand: Operand

    def bind(self, scope: Scope) -> Bound:
        inner = self.operand.bind(scope)
        require_types("size", SIZED_TYPES, inner)

        def get(item: Item) -> Value | None:
            value = inner.get(item)
            return None if value is None else size_of(value)

        return Bound(get, known_type="N")


def require_types(sign: str, types: frozenset[str], *operands: Bound) -> None:
    """Refuse operands that are known, without an item, to be of a type `sign` cannot take."""
    for operand in operands:
        if operand.known_type is not None and operand.known_type not in types:
            raise Invalid(
                f"Incorrect operand type for operator or function; operator or function: {sign}, "
                f"operand type: {operand.known_type}"
            )


def size_of(value: Value) -> Value | None:
    """`size` of a value as a number; None where its type has none."""
    ((tag, body),) = value.items()
    if tag not in SIZED_TYPES:
        return None
    return {"N": str(_utf16_length(body) if tag == "S" else len(body))}


def _utf16_length(text: str) -> int:
    """Length as the service counts it: a character beyond the basic plane is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def getter(place: Place) -> Getter:
    """Return a function that reads `place` from an item; None where nothing stands there."""
    if len(place) == 1:
        name = place[0]
        assert isinstance(name, str)
        return lambda item: item.get(name)
    return lambda item: dig({"M": item}, place)


def dig(value: Value, place: Place) -> Value | None:
    """Follow `place` into `value`."""
    for step in place:
        ((tag, body),) = value.items()
        found: Any = None
        if tag == "M" and isinstance(step, str):
            found = body.get(step)
        elif tag == "L" and isinstance(step, int) and step < len(body):
            found = body[step]
        if found is None:
            return None
        value = found
    return value


def parse_path(cursor: Cursor) -> Path:
    """Read a document path."""
    steps: list[str | int] = [_name(cursor)]
    while True:
        if cursor.accept("."):
            steps.append(_name(cursor))
        elif cursor.accept("["):
            token = cursor.peek()
            if token.kind != "index":
                raise cursor.unexpected()
            steps.append(int(cursor.take().text))
            cursor.expect("]")
        else:
            break
    if len(steps) > NESTING_LEVELS_MAX:
        raise Invalid("The document path has too many nesting elements")
    return Path(tuple(steps))


def parse_path_argument(cursor: Cursor) -> Path:
    """Read an operand that has to be a path, as functions ask for."""
    operand = parse_operand(cursor)
    if not isinstance(operand, Path):
        raise Invalid("Operator or function requires a document path")
    return operand


def parse_constant(cursor: Cursor) -> Constant:
    """Read a placeholder for a value."""
    if cursor.peek().kind != "value":
        raise cursor.unexpected()
    return Constant(cursor.take().text)


def parse_operand(cursor: Cursor) -> Operand:
    """Read a path, a value or `size(...)`, perhaps in parentheses."""
    token = cursor.peek()
    if cursor.accept("("):
        inner = parse_operand(cursor.refuse_doubled())
        cursor.expect(")")
        return inner
    if token.kind == "value":
        return parse_constant(cursor)
    if token.text == "size" and cursor.peek(1).text == "(":
        cursor.take()
        cursor.expect("(")
        inner = parse_operand(cursor)
        cursor.expect(")")
        return Size(inner)
    return parse_path(cursor)


def _name(cursor: Cursor) -> str:
    token = cursor.peek()
    if token.kind == "word" and token.text.upper() in RESERVED_WORDS:
        raise Invalid(f"Attribute name is a reserved keyword; reserved keyword: {token.text}")
    if token.kind not in ("word", "name"):
        raise cursor.unexpected()
    return cursor.take().text


def refuse_overlap(places: list[Place]) -> None:
    """Refuse two paths of which one lies within the other, or that cannot both exist."""
    for position, one in enumerate(places):
        for other in places[position + 1 :]:
            _refuse_pair(one, other)


def _refuse_pair(one: Place, other: Place) -> None:
    for left, right in zip(one, other, strict=False):
        if type(left) is not type(right):
            raise Invalid("Two document paths conflict with each other; must remove one")
        if left != right:
            return
    raise Invalid("Two document paths overlap with each other; must remove or rewrite one")
