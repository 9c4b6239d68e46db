"""Values: what an expression of a model file is, known without running it.

Literals become Python's own values. Objects and arrays remember where their entries stand, so that
an error found later can name the line; both are equal to plain dicts and lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orm.definitions.source import Source
from orm.stacks.errors import Place

if TYPE_CHECKING:
    from orm.stacks.evaluate import Scope
    from orm.stacks.modules import Module


class Tree(dict[str, Any]):
    """An object, and the place of each of its entries."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, Place] = {}

    def enter(self, key: str, value: Any, place: Place) -> None:
        self[key] = value
        self.places[key] = place


class Row(list[Any]):
    """An array, and the place of each of its entries."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Place] = []

    def enter(self, value: Any, place: Place) -> None:
        self.append(value)
        self.places.append(place)


class Function(Source, frozen=True):
    """A function, with its syntax, for those that read more from it than its text."""

    node: Any = None
    module: Module | None = None
    scope: Scope | None = None


class Regex(str):
    """A regular expression as JavaScript writes it: `/^a/i`."""

    __slots__ = ("flags", "pattern")
    pattern: str
    flags: str

    @classmethod
    def of(cls, pattern: str, flags: str) -> Regex:
        regex = cls(f"/{pattern}/{flags}")
        regex.pattern, regex.flags = pattern, flags
        return regex


def place_of(value: Any, path: tuple[str | int, ...]) -> Place | None:
    """The place of the last entry on a path that is known."""
    found: Place | None = None
    for step in path:
        if isinstance(value, Tree) and step in value:
            found, value = value.places.get(str(step), found), value[str(step)]
        elif isinstance(value, Row) and isinstance(step, int) and step < len(value):
            found, value = value.places[step], value[step]
        else:
            break
    return found
