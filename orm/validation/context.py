"""What a rule may know beside the value, and whom it may ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from orm.clock import Clock
from orm.definitions.entity import Kind


class Lookup(Protocol):
    """Tells whether a row has a value."""

    def exists(self, model: str, attribute: str, value: Any, but_not: Any = None) -> bool:
        """Whether a row of `model`, other than the one with the key `but_not`, has this value."""
        ...


class AsyncLookup(Protocol):
    """The same, awaited. One object may be both."""

    async def exists_async(
        self, model: str, attribute: str, value: Any, but_not: Any = None
    ) -> bool:
        """Whether a row of `model`, other than the one with the key `but_not`, has this value."""
        ...


class Context(msgspec.Struct, frozen=True):
    """Where a value stands.

    Args:
        values: all values of the row, by name.
        model: the model's name.
        attribute: the attribute's name.
        kind: what it holds.
        clock: tells what `now` is.
        lookup: who knows the rows; None where nobody was given.
        but_not: the key of the row itself, on an update.
        kept: whether the value is as it was stored, on an update.
    """

    values: Mapping[str, Any]
    model: str
    attribute: str
    kind: Kind
    clock: Clock
    lookup: Lookup | AsyncLookup | None = None
    but_not: Any = None
    kept: bool = False

    def other(self, name: str) -> Any:
        """The value of another field; UNSET where it is absent."""
        return self.values.get(name, msgspec.UNSET)
