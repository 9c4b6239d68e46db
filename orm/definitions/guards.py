"""Guards: which rows stand in a sparse index.

A guard is data, so what it depends on is known, it can be written to a lock file, and a save can
decide from the row alone whether to write the index's key or remove it.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
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
        if self.test == "absent":
            return found is None
        if self.test == "present":
            return found is not None
        return _is(found, self.value)

    def __str__(self) -> str:
        word = f"= {self.value!r}" if self.test == "is" else f"is {self.test}"
        return f"{self.attribute} {word}"


def _is(found: Any, value: Any) -> bool:
    """Whether a row's value is the guard's, as both are stored: a member by its value, a moment, a
    day and a UUID by their texts, 0.1 as it is written."""
    found = found.value if isinstance(found, enum.Enum) else found
    if isinstance(found, dt.datetime):
        return isinstance(value, str) and found.tzinfo is not None and found == _moment(value)
    if isinstance(found, dt.date | uuid.UUID):
        return bool(str(found) == value)
    if isinstance(found, Decimal) and isinstance(value, float):
        return bool(found == Decimal(repr(value)))
    return bool(found == value) and isinstance(found, bool) == isinstance(value, bool)


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


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
