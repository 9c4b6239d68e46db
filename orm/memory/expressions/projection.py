"""Projections: which parts of an item to return.

A projection is a tree of the wanted steps; `None` as a branch means everything below. Of a list
only the wanted elements remain, in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from orm.memory.expressions.lexer import Cursor
from orm.memory.expressions.operands import Path, Place, parse_path, refuse_overlap
from orm.memory.expressions.scope import Scope
from orm.memory.values import Item, Value

Tree = dict[Any, Any]


class Projection:
    """The parts of an item that lie at `places`."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.names = frozenset(str(place[0]) for place in places)
        self._tree: Tree = {}
        for place in places:
            _plant(self._tree, place)

    def apply(self, item: Item) -> Item:
        return _pick_map(item, self._tree)


@lru_cache(maxsize=4096)
def parse_projection(text: str) -> tuple[Path, ...]:
    """Read the comma-separated paths of a projection expression."""
    cursor = Cursor(text)
    paths = [parse_path(cursor)]
    while cursor.accept(","):
        paths.append(parse_path(cursor))
    cursor.end()
    return tuple(paths)


def bind_projection(text: str, scope: Scope) -> Projection:
    """Join a projection expression with its request.

    Raises:
        Invalid: wrong syntax, or two paths of which one lies within the other.
    """
    places = [path.resolve(scope) for path in parse_projection(text)]
    refuse_overlap(places)
    return Projection(places)


def _plant(tree: Tree, place: Place) -> None:
    for step in place[:-1]:
        branch = tree.setdefault(step, {})
        if branch is None:  # everything below is wanted already
            return
        tree = branch
    tree[place[-1]] = None


def _pick(value: Value, tree: Tree | None) -> Value | None:
    if tree is None:
        return value
    ((tag, body),) = value.items()
    if tag == "M":
        picked: Any = _pick_map(body, tree)
    elif tag == "L":
        picked = _pick_list(body, tree)
    else:
        return None
    return {tag: picked} if picked else None


def _pick_map(body: Item, tree: Tree) -> Item:
    picked = {}
    for step, branch in tree.items():
        value = body.get(step)
        found = None if value is None else _pick(value, branch)
        if found is not None:
            picked[step] = found
    return picked


def _pick_list(body: list[Value], tree: Tree) -> list[Value]:
    wanted = sorted(step for step in tree if isinstance(step, int) and step < len(body))
    found = (_pick(body[step], tree[step]) for step in wanted)
    return [value for value in found if value is not None]
