"""Ordering: sets in one order, so that equal events are equal bytes in every process.

A set is iterated in an order that depends on the process's hash seed and on how the set came about.
A repeated append is told from another one under the same id by a hash of its bytes, so the bytes
may not depend on that. msgspec can sort sets, but not of enums, Structs or mixed types; here they
are put in the order of their members' encodings.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import inspect

Encode = Callable[[Any], bytes]


def may_hold_sets(cls: type) -> bool:
    """Whether a value of this class may have a set anywhere in it."""
    return any(
        isinstance(found, inspect.SetType | inspect.FrozenSetType | inspect.AnyType)
        for found in _types_in(inspect.type_info(cls), set())
    )


def _types_in(info: Any, seen: set[int]) -> Iterator[Any]:
    """The type and everything that it is made of, each once: types may hold themselves."""
    if isinstance(info, inspect.Type | inspect.Field):
        if id(info) in seen:
            return
        seen.add(id(info))
        yield info
        for name in info.__struct_fields__:
            yield from _types_in(getattr(info, name), seen)
    elif isinstance(info, tuple):
        for one in info:
            yield from _types_in(one, seen)


def in_order(value: Any, encode: Encode) -> Any:
    """The value with a list in place of each set; encoded it is the same, in a steady order."""
    if isinstance(value, set | frozenset):
        return sorted([in_order(member, encode) for member in value], key=encode)
    if isinstance(value, list | tuple):
        return [in_order(member, encode) for member in value]
    if isinstance(value, dict):
        return {key: in_order(member, encode) for key, member in value.items()}
    if isinstance(value, msgspec.Struct):
        return _with_lists(value, value.__struct_fields__, msgspec.structs.force_setattr, encode)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = tuple(field.name for field in dataclasses.fields(value))
        return _with_lists(value, names, object.__setattr__, encode)
    return value


def _with_lists(
    value: Any, names: tuple[str, ...], put: Callable[[Any, str, Any], None], encode: Encode
) -> Any:
    """A copy whose fields are in order; its own checks are not run, as nothing changes for them."""
    made = copy.copy(value)
    for name in names:
        if hasattr(value, name):
            put(made, name, in_order(getattr(value, name), encode))
    return made
