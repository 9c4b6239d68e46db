"""Rules of Python types, msgspec's constraints included."""

from __future__ import annotations

import datetime as dt
import enum
import types
import uuid
from collections.abc import Mapping, Sequence, Set
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin

import msgspec

from orm.definitions.entity import RuleCall

_SCALARS: Final[dict[Any, str]] = {
    str: "string",
    int: "integer",
    float: "float",
    bool: "boolean",
    Decimal: "number",
    bytes: "binary",
    bytearray: "binary",
    dt.datetime: "datetime",
    dt.date: "date",
    uuid.UUID: "uuid",
}
_CONSTRAINTS: Final = {
    "ge": "min",
    "gt": "gt",
    "le": "max",
    "lt": "lt",
    "multiple_of": "multiple_of",
    "pattern": "regex",
    "min_length": "min",
    "max_length": "max",
}
_NUMBERS: Final = {int, float, Decimal}


def rules_of(declared: Any) -> tuple[RuleCall, ...]:
    """The rules that a type says: its kind, its constraints, and `nullable` for `| None`.

    A Struct, a dataclass or `Any` says none: its own type decides what it takes.
    """
    origin = get_origin(declared)
    if origin is Annotated:
        return _annotated(*get_args(declared))
    if isinstance(declared, NewType):
        return rules_of(declared.__supertype__)
    if origin in (Union, types.UnionType):
        return _union(get_args(declared))
    if origin is Literal:
        return _literal(get_args(declared))
    if declared is None or declared is type(None):
        return (RuleCall("nullable"),)
    return _plain(origin or declared, get_args(declared))


def _annotated(declared: Any, *extras: Any) -> tuple[RuleCall, ...]:
    rules = rules_of(declared)
    nullable = tuple(call for call in rules if call.name == "nullable")
    constraints = tuple(
        RuleCall(rule, (bound,))
        for meta in extras
        if isinstance(meta, msgspec.Meta)
        for name, rule in _CONSTRAINTS.items()
        if (bound := getattr(meta, name)) is not None
    )
    return tuple(call for call in rules if call not in nullable) + constraints + nullable


def _union(members: Sequence[Any]) -> tuple[RuleCall, ...]:
    kept = [member for member in members if member not in (type(None), msgspec.UnsetType)]
    nullable = (RuleCall("nullable"),) if type(None) in members else ()
    if len(kept) == 1:
        return tuple(dict.fromkeys(rules_of(kept[0]) + nullable))
    if set(kept) <= _NUMBERS:
        return (RuleCall("number"), *nullable)
    each = tuple(rules_of(member) for member in kept)
    # a member without rules takes anything, so the union does
    return (RuleCall("any_of", each), *nullable) if all(each) else nullable


def _literal(values: Sequence[Any]) -> tuple[RuleCall, ...]:
    kept = tuple(value for value in values if value is not None)
    nullable = (RuleCall("nullable"),) if len(kept) < len(values) else ()
    return (RuleCall("enum", kept), *nullable)


def _plain(kind: Any, members: Sequence[Any]) -> tuple[RuleCall, ...]:
    if kind in _SCALARS:
        return (RuleCall(_SCALARS[kind]),)
    if not isinstance(kind, type):
        return ()
    if issubclass(kind, enum.Enum):
        return (RuleCall("enum", tuple(member.value for member in kind)),)
    if kind in (tuple, list, set, frozenset) or kind in (Sequence, Set):
        return (RuleCall("array"), *_each(members[:1] if _is_uniform(kind, members) else ()))
    if kind in (dict, Mapping):
        # `json` knows maps, lists and scalars alone; of other members each is judged by its type
        plain = all(map(_is_json, members[1:]))
        return (*((RuleCall("json"),) if plain else ()), *_each(members[1:]))
    base = next((base for base in _SCALARS if issubclass(kind, base)), None)
    return (RuleCall(_SCALARS[base]),) if base is not None else ()


def _is_json(declared: Any) -> bool:
    """Whether values of a type are what JSON has: texts, numbers, booleans, None, lists, maps."""
    origin, members = get_origin(declared), get_args(declared)
    if origin is Annotated:
        return _is_json(members[0])
    if isinstance(declared, NewType):
        return _is_json(declared.__supertype__)
    if origin in (Union, types.UnionType, list, tuple, dict):
        return all(member is Ellipsis or _is_json(member) for member in members)
    return declared in (Any, str, int, float, bool, Decimal, None, type(None), list, tuple, dict)


def _is_uniform(kind: type, members: Sequence[Any]) -> bool:
    """Whether all entries have one type; those of `tuple[int, str]` have not."""
    return kind is not tuple or (len(members) == 2 and members[1] is Ellipsis)


def _each(members: Sequence[Any]) -> tuple[RuleCall, ...]:
    rules = rules_of(members[0]) if members else ()
    return (RuleCall("each", rules),) if rules else ()
