"""Values as text that sorts as the values do, for sort keys and index keys.

| value | text | order |
|---|---|---|
| `int` within ±10^18 | 19 digits, offset by 10^18 | numeric |
| any number of ≤ 38 digits | sign, exponent, digits; negatives complemented | numeric |
| aware `datetime` | UTC, always six fractional digits, `Z` | in time |
| `date` | ISO 8601 | in time |
| `str` | itself | by code point |
| `bytes` | base32hex without padding | bytewise |
| `bool` | `0`, `1` | False first |
| `Enum` | the text of its value | as its value |

`descending` turns any of these texts round.
"""

from __future__ import annotations

import base64
import datetime as dt
import enum
from decimal import Decimal
from typing import Final

from orm.errors import InvalidKeyError
from orm.limits import NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN

_INT_OFFSET: Final = 10**18
_INT_DIGITS: Final = 19
_EXPONENT_OFFSET: Final = 500
_NINES: Final = str.maketrans("0123456789", "9876543210")
_HEX_COMPLEMENT: Final = str.maketrans("0123456789ABCDEF", "FEDCBA9876543210")
_AFTER_DIGITS: Final = "~"


def sortable(value: object) -> str:
    """The text of `value`, in the order of its type.

    Raises:
        InvalidKeyError: None, a naive datetime, NaN, an infinity, or a type without an order.
    """
    match value:
        case str():
            return value
        case enum.Enum():
            return sortable(value.value)
        case bool():
            return "1" if value else "0"
        case int():
            return sortable_int(value)
        case dt.datetime():
            return sortable_datetime(value)
        case dt.date():
            return value.isoformat()
        case Decimal():
            return sortable_number(value)
        case bytes():
            return base64.b32hexencode(value).decode().rstrip("=")
        case _:
            raise InvalidKeyError(value, f"{type(value).__name__} has no order in a key")


def sortable_int(value: int) -> str:
    """A whole number within ±10^18 as 19 digits, so that ints of one attribute compare as text."""
    if not -_INT_OFFSET <= value < 9 * _INT_OFFSET:
        raise InvalidKeyError(value, "is outside ±10^18; use a Decimal attribute")
    return f"{value + _INT_OFFSET:0{_INT_DIGITS}d}"


def sortable_number(value: Decimal) -> str:
    """Any number of up to 38 digits: `42` → `250242`, `-42.5` → `0497574~`."""
    if not value.is_finite():
        raise InvalidKeyError(value, "is not a finite number")
    if value == 0:
        return "1"
    sign, digit_tuple, _ = value.as_tuple()
    digits = "".join(map(str, digit_tuple)).strip("0")
    if len(digits) > NUMBER_DIGITS_MAX:
        raise InvalidKeyError(value, f"has more than {NUMBER_DIGITS_MAX} digits")
    if not NUMBER_EXPONENT_MIN <= value.adjusted() <= NUMBER_EXPONENT_MAX:
        raise InvalidKeyError(value, "has a magnitude outside 1E-130 to 9.9E+125")
    exponent = f"{value.adjusted() + 1 + _EXPONENT_OFFSET:03d}"
    if not sign:
        return f"2{exponent}{digits}"
    return f"0{exponent.translate(_NINES)}{digits.translate(_NINES)}{_AFTER_DIGITS}"


def sortable_datetime(value: dt.datetime) -> str:
    """An aware datetime in UTC with exactly six fractional digits."""
    if value.tzinfo is None:
        raise InvalidKeyError(value, "has no time zone; use datetime.now(UTC)")
    try:
        moment = value.astimezone(dt.UTC)
    except OverflowError:
        reason = "is before the year 1 or after 9999, once its offset is taken off"
        raise InvalidKeyError(value, reason) from None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def descending(value: object) -> str:
    """The text of `value` in the opposite order: sorts first where `sortable(value)` sorts last.

    Whole numbers keep their width, digits complemented; everything else becomes the complement of
    its UTF-8 bytes in hexadecimal, closed by `~` so that a prefix sorts after its extensions.
    """
    text = sortable(value)
    if isinstance(value, int) and not isinstance(value, (bool, enum.Enum)):
        return text.translate(_NINES)
    return text.encode().hex().upper().translate(_HEX_COMPLEMENT) + _AFTER_DIGITS
