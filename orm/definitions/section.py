"""Section: one mapping of a declaration, as it is read.

Names are accepted in camelCase and in snake_case, each once. Whoever reads a section takes what it
knows; what is left is either a near miss of a known name, which is refused, or kept for others. So
nothing that was declared is lost, and no misspelling passes for something new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from orm.definitions.entity import Unresolved
from orm.definitions.errors import DefinitionError, Path
from orm.definitions.names import nearest, snake_case
from orm.definitions.source import Source

SPREAD = "..."
"""What the name of an entry begins with that stands for a mapping that could not be read."""


class Section:
    """A mapping, its place in the declaration, and which of its entries were taken.

    Args:
        content: the mapping; its keys are names.
        model: the model's name, for errors.
        path: where it stands.
    """

    def __init__(self, content: Any, model: str = "", path: Path = ()) -> None:
        self.model, self.path = model, path
        self.spelling: dict[str, str] = {}
        self._content: dict[str, Any] = {}
        if not isinstance(content, Mapping):
            raise self.refuse(f"is {describe(content)}, not a mapping")
        for key, value in content.items():
            self._enter(key, value)

    def _enter(self, key: Any, value: Any) -> None:
        if not isinstance(key, str) or not key:
            raise self.refuse(f"has the key {key!r}, which is no name")
        name = key if key.startswith(SPREAD) else snake_case(key)
        if name in self.spelling:
            reason = f"stands here twice, also as {self.spelling[name]!r}"
            raise self.refuse(reason, "leave one out", key)
        self.spelling[name] = key
        self._content[name] = value

    def take(self, *names: str, default: Any = msgspec.UNSET) -> Any:
        """The value under the first of these names; all but one must be absent."""
        found = [name for name in names if name in self._content]
        if len(found) > 1:
            first, second = (self.spelling[name] for name in found[:2])
            raise self.refuse(f"says the same as {first!r}", "leave one out", second)
        return self._content.pop(found[0]) if found else default

    def is_unread(self, *names: str) -> bool:
        """Whether what stands under these names is not known, wholly or in part."""
        found = [self._content[name] for name in names if name in self._content]
        inner = [one for value in found if isinstance(value, list | tuple) for one in value]
        return any(isinstance(one, Unresolved | Source) for one in (*found, *inner))

    def flag(self, *names: str) -> bool | None:
        """A yes or no; None where it is not said, or could not be read."""
        value = plain(self.take(*names, default=None))
        if value is None or isinstance(value, bool):
            return value
        raise self.refuse(f"is {describe(value)}, not true or false", "", *self._spelled(names))

    def text(self, *names: str, default: str = "") -> str:
        """A text; the default where it is not said, or could not be read."""
        value = plain(self.take(*names, default=None))
        if value is None:
            return default
        if isinstance(value, str):
            return value
        raise self.refuse(f"is {describe(value)}, not a text", "", *self._spelled(names))

    def texts(self, *names: str) -> tuple[str, ...]:
        """A text or a list of them; empty where it is not said, or could not be read."""
        value = plain(self.take(*names, default=None))
        values = (value,) if isinstance(value, str) else value or ()
        if not isinstance(values, list | tuple):
            raise self.refuse(f"is {describe(value)}, not a list", "", *self._spelled(names))
        known = [one for one in map(plain, values) if one is not None]
        if wrong := [one for one in known if not isinstance(one, str)]:
            reason = f"holds {describe(wrong[0])}, not only texts"
            raise self.refuse(reason, "", *self._spelled(names))
        return tuple(known)

    def section(self, *names: str) -> Section:
        """The mapping under one of these names; an empty one where there is none."""
        value = plain(self.take(*names, default=None))
        path = self.path + tuple(self._spelled(names))
        return Section({} if value is None else value, self.model, path)

    def place_of(self, name: str) -> int:
        """Where an entry stands among the others, from 0."""
        return list(self.spelling).index(name)

    def _spelled(self, names: Iterable[str]) -> list[str]:
        return [self.spelling[name] for name in names if name in self.spelling][:1]

    def items(self) -> list[tuple[str, Any]]:
        """What was not taken yet, by its spelling; all of it is taken now."""
        found = [(self.spelling[name], value) for name, value in self._content.items()]
        self._content.clear()
        return [(name, value) for name, value in found if not name.startswith(SPREAD)]

    def rest(self, known: Iterable[str] = (), cutoff: float = 0.8) -> dict[str, Any]:
        """What was not taken, by its snake_case name.

        Raises:
            DefinitionError: a name is nearly one of the known ones.
        """
        known = frozenset(known)
        for name in self._content:
            near = None if name in known else nearest(name, known, cutoff)
            if near and not name.startswith(SPREAD):
                spelled = self.spelling[name]
                hint = f"write {near if spelled == name else camel_case(near)}"
                raise self.refuse("is no name that stands here", hint, spelled)
        return {name: settled(value) for name, value in self._content.items()}

    def refuse(self, reason: str, hint: str = "", *inside: str | int) -> DefinitionError:
        """The error for this place, or a place inside it."""
        return DefinitionError(self.model, self.path + inside, reason, hint)


def camel_case(name: str) -> str:
    """`primary_key` is `primaryKey`."""
    head, *others = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in others)


def plain(value: Any) -> Any:
    """The value where it is known, None where it is not; unknown ones are reported elsewhere."""
    return None if value is msgspec.UNSET or isinstance(value, Unresolved | Source) else value


def settled(value: Any) -> Any:
    """The value as data: functions as their text, mappings and lists as plain ones."""
    if isinstance(value, Source):
        return value.text
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): settled(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [settled(one) for one in value]
    return value


def describe(value: Any) -> str:
    """A value in an error: what it is and, where that is short, how it reads."""
    if isinstance(value, Unresolved | Source):
        return f"`{value.text[:60]}`"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"{value!r}"[:60]
