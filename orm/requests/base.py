"""What every request and every answer has in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypedDict, TypeVar

import msgspec


class AttributeValue(TypedDict, total=False):
    """A value in wire shape: exactly one of these."""

    S: str
    N: str
    B: bytes
    SS: list[str]
    NS: list[str]
    BS: list[bytes]
    M: dict[str, AttributeValue]
    L: list[AttributeValue]
    NULL: bool
    BOOL: bool


# Read by its full type, so that binary values leave an answer as the `bytes` that requests carry,
# and an item that was read can be sent again (the base64 text of a body never gets this far).
if TYPE_CHECKING:
    Item: TypeAlias = dict[str, Any]
else:
    Item = dict[str, AttributeValue]
"""An item in wire shape: attribute name → `{type: value}`, binary values as `bytes`."""

R = TypeVar("R")
I = TypeVar("I")  # noqa: E741 - the type an item is read as


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="pascal"):
    """The base of everything in this module: the API's names on the wire."""


class Request(Struct, Generic[R], frozen=True):
    """One API call whose answer is an `R`."""

    operation: ClassVar[str]
    answer: ClassVar[type]
    writes: ClassVar[bool] = False
    """Whether it may change anything."""

    def params(self) -> dict[str, Any]:
        """The API's parameters in wire shape."""
        params: dict[str, Any] = msgspec.to_builtins(
            self, builtin_types=(bytes,), enc_hook=_stays_here
        )
        params.pop("ReadAs", None)
        return params

    def answer_type(self) -> Any:
        """The type that the answer's body is read as."""
        return self.answer

    @property
    def target(self) -> str:
        """What the call is about, for messages: a table, an index or a stream."""
        return str(getattr(self, "table_name", "") or getattr(self, "stream_arn", ""))


class DataRequest(Request[R], frozen=True):
    """A call that reads or writes items, and is billed."""

    def params(self) -> dict[str, Any]:
        return super().params() | {"ReturnConsumedCapacity": "TOTAL"}


class Capacity(Struct, frozen=True):
    """What one call consumed on one table, in capacity units."""

    table_name: str = ""
    capacity_units: float = 0.0


class Consumed(Struct, frozen=True):
    """Base of the answers of calls on one table."""

    consumed_capacity: Capacity

    def capacity_units(self) -> float:
        return self.consumed_capacity.capacity_units


class ConsumedMany(Struct, frozen=True):
    """Base of the answers of calls on several tables."""

    consumed_capacity: list[Capacity]

    def capacity_units(self) -> float:
        return sum(capacity.capacity_units for capacity in self.consumed_capacity)


def _stays_here(_read_as: Any) -> None:
    """A type is no part of the wire shape; `params` drops it."""


read_items_as: Callable[[Any, Any], Any] = cache(lambda answer, read_as: answer[read_as or Item])
