"""Guards: which rows stand in a sparse index.

A guard is data, so what it depends on is known, it can be written to a lock file, and a save can
decide from the row alone whether to write the index's key or remove it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

Test: TypeAlias = Literal["absent", "is", "present"]


class Guard(msgspec.Struct, frozen=True, omit_defaults=True):
    """One condition on one attribute of a row.

    Args:
        attribute: which.
        test: `is` (equal to `value`), `absent` (missing or None) or `present`.
        value: for `is`.
    """

    attribute: str
    test: Test
    value: str | int | float | bool | None = None

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether a row with these values passes."""
        found = values.get(self.attribute)
        found = None if found is msgspec.UNSET else found
        found = found.value if isinstance(found, enum.Enum) else found  # as it is stored
        if self.test == "absent":
            return found is None
        if self.test == "present":
            return found is not None
        return bool(found == self.value) and isinstance(found, bool) == isinstance(self.value, bool)

    def __str__(self) -> str:
        word = f"= {self.value!r}" if self.test == "is" else f"is {self.test}"
        return f"{self.attribute} {word}"


Guards: TypeAlias = tuple[Guard, ...]


def absent(attribute: str) -> Guard:
    """The attribute is missing or None."""
    return Guard(attribute, "absent")


def present(attribute: str) -> Guard:
    """The attribute has a value."""
    return Guard(attribute, "present")


def ordered(guards: Iterable[Guard]) -> Guards:
    """Each guard once, in an order that depends on nothing else."""
    return tuple(sorted(set(guards), key=lambda g: (g.attribute, g.test, repr(g.value))))


def implied(guard: Guard, by: Iterable[Guard]) -> bool:
    """Whether every row that passes `by` passes `guard`."""
    return any(
        other == guard
        or (guard.test == "present" and other.test == "is" and other.attribute == guard.attribute)
        for other in by
    )
