"""Shapes: what good rows mostly look like, as one type that msgspec checks by a single call.

A save judges every attribute. Rule by rule that is half of its time, and nearly all rows are good.
So a validator tries the shape first: rows that fit break no rule of the attributes that it covers.
The other way round nothing is said: a row that does not fit is judged rule by rule, by which it may
be good as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Required, TypeAlias, TypedDict

import msgspec

from orm.decoding import learn
from orm.validation.field import Field
from orm.validation.judging import PresenceRule, ValueRule
from orm.validation.kinds import (
    is_array,
    is_boolean,
    is_float,
    is_integer,
    is_storable_number,
    is_string,
    is_tree,
)
from orm.validation.nested import EachRule

# What msgspec compares whole numbers with has 64 bits; what is larger does not fit.
_Integer: Final = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
# Whole numbers fit as well: all below have at most the 38 digits that DynamoDB keeps. NaN fits no
# bound.
_Float: Final = Annotated[float, msgspec.Meta(gt=-1e38, lt=1e38)]
_Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
_NotBlank: Final = Annotated[str, msgspec.Meta(pattern=r"\S")]

_SCALARS: Final[Mapping[Callable[[Any], bool] | None, Any]] = {
    is_boolean: bool,
    is_float: _Float,
    is_integer: _Integer,
    is_storable_number: _Integer | _Float,
    is_string: str,
}
_TOO_SMALL: Final = re.compile(rb"e-[1-3]\d\d")
"""A number that may be too small for DynamoDB, in a row's JSON; or text that looks like one."""


class Shape:
    """The type of good rows.

    Attributes:
        covers: the attributes that need no other look where a row fits.
    """

    def __init__(self, fields: Sequence[Field]) -> None:
        found = {field.name: _type_of(field) for field in fields}
        self.covers = frozenset(name for name, kind in found.items() if kind is not Any)
        self._type: Any = TypedDict("Row", found, total=False)  # type: ignore[misc]
        self._encode = msgspec.json.Encoder(enc_hook=_without_form).encode
        learn(self._type)

    def fits(self, values: Mapping[str, Any]) -> bool:
        """Whether a row is surely good in all that the shape covers."""
        if not self.covers:
            return False
        try:
            # as JSON, so that what msgspec took for a number (a decimal) or left out is seen, and
            # text that UTF-8 does not carry
            text = self._encode(values)
            same = text == self._encode(msgspec.convert(values, self._type))
        except Exception:  # whatever values raise when they are looked at: rules say what is wrong
            return False
        return same and _TOO_SMALL.search(text) is None


def _without_form(value: Any) -> str | None:
    """What stands for a value that JSON has no form for, on both sides. Text of a type of its own
    is text: UTF-8 may not carry it."""
    return str.__str__(value) if isinstance(value, str) else None


def _type_of(field: Field) -> Any:
    """The type of an attribute's good values; Any where no type says all that its rules do."""
    kind = None if field.contextual else _kind_of([*field.kinds, *field.rest], field.presence)
    if kind is None:
        return Any
    if field.nullable:
        if any(rule.name != "required" for rule in field.presence):
            return Any  # whether None is right depends on other attributes
        kind = kind | None
    return kind if field.optional else Required[kind]


def _kind_of(rules: Sequence[ValueRule], presence: Sequence[PresenceRule]) -> Any:
    accepts = [rule.accepts for rule in rules]
    if len(rules) == 1 and accepts[0] in _SCALARS:
        kind = _SCALARS[accepts[0]]
        return _NotBlank if presence and kind is str else kind
    if len(rules) != 2 or not isinstance(rules[1], EachRule) or rules[1].alone not in _SCALARS:
        return None
    entry: Any = _SCALARS[rules[1].alone]
    if accepts[0] is is_array:
        return _filled(list[entry], presence)
    return _filled(dict[_Name, entry], presence) if accepts[0] is is_tree else None


def _filled(kind: Any, presence: Sequence[PresenceRule]) -> Any:
    return Annotated[kind, msgspec.Meta(min_length=1)] if presence else kind
