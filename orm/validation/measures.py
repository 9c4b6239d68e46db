"""How large a value is, and when: one number by which rules compare.

Text, bytes and collections are measured by their length, numbers by their value, dates by the
microseconds since 1970-01-01 UTC. What has no measure has None, and no rule raises.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias, TypeGuard

from orm.definitions.entity import Kind

Number: TypeAlias = int | float | Decimal
NUMERIC_KINDS: Final = frozenset({"float", "integer", "number", "timestamp"})
TIME_KINDS: Final = frozenset({"date", "datetime", "timestamp"})

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_DATE_CHARACTERS: Final = 10
_SIZED: Final = (str, bytes, list, tuple, dict, set, frozenset)


def is_number(value: object) -> TypeGuard[Number]:
    """Whether this is a number; `bool` is none."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def magnitude(value: Any) -> Number | None:
    """The length of what has one, the value of a number; None of NaN."""
    kind = type(value)
    if kind is int or kind is float:
        return value  # type: ignore[no-any-return]
    if isinstance(value, _SIZED):
        return len(value)
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    return value if is_number(value) else None


def unit(value: object) -> str:
    """What the magnitude counts, with a blank before it; nothing for a number."""
    if isinstance(value, str):
        return " characters"
    if isinstance(value, bytes):
        return " bytes"
    return " items" if isinstance(value, _SIZED) else ""


def read_date(text: str) -> dt.date | None:
    """The day of `2024-02-29`; None of any other text."""
    if len(text) != _DATE_CHARACTERS or not text.isascii() or text[4] != "-" or text[7] != "-":
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def read_datetime(text: str) -> dt.datetime | None:
    """The moment of `2024-02-29T12:00:00Z`, its zone perhaps missing; None of other text."""
    if len(text) <= _DATE_CHARACTERS or text[_DATE_CHARACTERS] not in "T ":
        return None
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def instant(value: object, kind: Kind = "datetime") -> int | None:
    """Microseconds since 1970-01-01 UTC; a day is its first moment, what has no zone is UTC.

    A number is one only for the kind `timestamp`, whose numbers are seconds.
    """
    if isinstance(value, str):
        value = read_date(value) or read_datetime(value)
    if isinstance(value, dt.datetime):
        aware = value if value.utcoffset() is not None else value.replace(tzinfo=dt.UTC)
        return (aware - _EPOCH) // _MICROSECOND
    if isinstance(value, dt.date):
        midnight = dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
        return (midnight - _EPOCH) // _MICROSECOND
    if kind == "timestamp" and is_number(value):
        return _micros(value)
    return None


def _micros(seconds: Number) -> int | None:
    try:
        return int(seconds * 1_000_000)
    except (ValueError, OverflowError, InvalidOperation):  # NaN, an infinity
        return None


def same_value(one: object, other: object) -> bool:
    """Equality of what is meant: an enum member is its value, 0.3 what is written so, a text the
    day, moment or UUID that it spells. True is not 1, and a signalling NaN is equal to nothing."""
    one, other = _plain(one), _plain(other)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    try:
        return bool(one == other) or _means(one, other) or _means(other, one)
    except InvalidOperation:
        return False


def _plain(value: object) -> object:
    return value.value if isinstance(value, enum.Enum) else value


def _means(value: object, said: object) -> bool:
    """Whether a number or a text says the value, which is of another type."""
    if isinstance(value, Decimal):
        return isinstance(said, float) and value == Decimal(repr(said))
    if not isinstance(said, str):
        return False
    if isinstance(value, dt.datetime):
        moment = read_datetime(said)
        return moment is not None and instant(moment) == instant(value)
    if isinstance(value, dt.date):
        return read_date(said) == value
    return isinstance(value, uuid.UUID) and said.lower() == str(value)
