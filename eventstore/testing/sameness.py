"""Whether two values are the same, all the way down.

`==` alone does not do: a class without `__eq__` is never equal to its own copy, and NaN not even
to itself. So a value is also compared by its picture: plain nested tuples of types and leaves.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping, Sequence, Set
from typing import Any

import msgspec


def same(one: Any, other: Any) -> bool:
    """Whether nothing tells the two apart."""
    if type(one) is type(other) and bool(one == other):
        return True
    return bool(picture(one) == picture(other))


def picture(value: Any) -> Any:
    """What a value looks like now; later changes of the value do not change it."""
    if value is None or isinstance(value, str | bytes | bool | int | enum.Enum | type):
        return type(value), value
    if isinstance(value, float):
        return float, repr(value)
    if isinstance(value, Mapping):
        return type(value), frozenset((picture(k), picture(v)) for k, v in value.items())
    if isinstance(value, Set):
        return type(value), frozenset(map(picture, value))
    if isinstance(value, Sequence | bytearray):
        return type(value), tuple(map(picture, value))
    fields = fields_of(value)
    return type(value), value if fields is None else picture(fields)


def fields_of(value: Any) -> dict[str, Any] | None:
    """A value's fields by name; None where it is one whole."""
    if isinstance(value, type):
        return None
    if isinstance(value, msgspec.Struct):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    if dataclasses.is_dataclass(value):
        return {f.name: getattr(value, f.name, None) for f in dataclasses.fields(value)}
    attributes = getattr(value, "__dict__", None)
    return dict(attributes) if isinstance(attributes, dict) else None
