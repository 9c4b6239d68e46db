"""Rules of kind: what a value must be.

A value that passes is one that DynamoDB takes and gives back: text that UTF-8 carries, numbers of
38 digits, moments with a zone. Exact types are tried first, since nearly every value has one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from orm.limits import (
    NESTING_LEVELS_MAX,
    NUMBER_DIGITS_MAX,
    NUMBER_EXPONENT_MAX,
    NUMBER_EXPONENT_MIN,
)
from orm.utf8 import is_carried
from orm.validation.arguments import Arguments
from orm.validation.judging import KindRule
from orm.validation.measures import is_number, read_date, read_datetime

_INTEGER_BOUND: Final = 10**NUMBER_DIGITS_MAX
_FLOAT_MIN: Final = float(f"1e{NUMBER_EXPONENT_MIN}")
_FLOAT_BOUND: Final = float(f"1e{NUMBER_EXPONENT_MAX + 1}")
# 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what a datetime can hold
_SECOND_MIN: Final = -62_135_596_800
_SECOND_MAX: Final = 253_402_300_799
_TREE_LEVELS_MAX: Final = NESTING_LEVELS_MAX - 1  # the item itself is the first


def is_string(value: Any) -> bool:
    return isinstance(value, str) and is_carried(value)


def is_integer(value: Any) -> bool:
    if type(value) is not int and (not isinstance(value, int) or isinstance(value, bool)):
        return False
    return bool(-_INTEGER_BOUND < value < _INTEGER_BOUND)


def is_storable_number(value: Any) -> bool:
    if type(value) is int and -_INTEGER_BOUND < value < _INTEGER_BOUND:
        return True
    if isinstance(value, float):  # never more than 17 digits; NaN is in no range
        return value == 0 or _FLOAT_MIN <= abs(value) < _FLOAT_BOUND
    return is_number(value) and _fits(Decimal(value))


def _fits(number: Decimal) -> bool:
    if not number.is_finite():
        return False
    if not number:
        return True
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    small = NUMBER_EXPONENT_MIN <= number.adjusted() <= NUMBER_EXPONENT_MAX
    return small and len(digits) <= NUMBER_DIGITS_MAX


def is_float(value: Any) -> bool:
    return not isinstance(value, Decimal) and is_storable_number(value)


def is_boolean(value: Any) -> bool:
    return value is True or value is False


def is_date(value: Any) -> bool:
    if isinstance(value, str):
        return read_date(value) is not None
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def is_datetime(value: Any) -> bool:
    moment = read_datetime(value) if isinstance(value, str) else value
    if not isinstance(moment, dt.datetime) or moment.utcoffset() is None:
        return False
    try:
        moment.astimezone(dt.UTC)
    except OverflowError:  # before the year 1 or after 9999, once its offset is taken off
        return False
    return True


def is_timestamp(value: Any) -> bool:
    return is_integer(value) and _SECOND_MIN <= value <= _SECOND_MAX


def is_array(value: Any) -> bool:
    return isinstance(value, (list, tuple, set, frozenset))


def is_binary(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray))


def is_tree(value: Any) -> bool:
    """Whether a value is maps, lists and scalars all through, and not too deep."""
    return _is_flat(value) or _is_tree(value, 1)


def _is_flat(value: Any) -> bool:
    """Whether a value is a map of plain texts or numbers under plain names, as most maps are: seen
    by a few calls over all of it."""
    if type(value) is not dict or not {*map(type, value)} <= {str} or "" in value:
        return False
    names, kinds = "".join(value), {*map(type, value.values())}
    if kinds <= {str}:
        return is_string(names + "".join(value.values()))
    return (
        kinds <= {int, float} and is_string(names) and all(map(is_storable_number, value.values()))
    )


def _is_tree(value: Any, level: int) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return is_string(value)
    if is_number(value):
        return is_storable_number(value)
    if level > _TREE_LEVELS_MAX:
        return False
    if isinstance(value, (list, tuple)):
        return all(_is_tree(member, level + 1) for member in value)
    if not isinstance(value, Mapping):
        return False
    return all(_is_name(name) and _is_tree(one, level + 1) for name, one in value.items())


def _is_name(name: object) -> bool:
    return isinstance(name, str) and bool(name) and is_string(name)


_KINDS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "any": (lambda _value: True, ""),
    "array": (is_array, "must be a list"),
    "binary": (is_binary, "must be bytes"),
    "boolean": (is_boolean, "must be True or False"),
    "date": (is_date, "must be a date, as 2024-02-29"),
    "datetime": (is_datetime, "must be a date and time with a time zone, as 2024-02-29T12:00:00Z"),
    "float": (is_float, f"must be a finite number of at most {NUMBER_DIGITS_MAX} digits"),
    "integer": (is_integer, f"must be a whole number of at most {NUMBER_DIGITS_MAX} digits"),
    "json": (is_tree, "must be made of maps, lists and scalars, with text as the maps' keys"),
    "number": (is_storable_number, f"must be a number of at most {NUMBER_DIGITS_MAX} digits"),
    "string": (is_string, "must be text"),
    "timestamp": (is_timestamp, "must be whole seconds since 1970-01-01 UTC"),
}


def build_kind(arguments: Arguments) -> KindRule:
    """The rule of the kind that `arguments` is named after."""
    arguments.count(0, 0)
    accepts, message = _KINDS[arguments.name]
    return KindRule(arguments.name, accepts, message)


BUILDERS: Final = dict.fromkeys(_KINDS, build_kind)
