"""Numbers: 38 significant digits, any exponent from -130 to 125, always answered in plain notation.

Two texts of one number have one canonical text, so stored numbers compare with `==`. Ordering and
arithmetic use `int` where there is no fraction and `Decimal` otherwise; Python compares the two
exactly.
"""

from __future__ import annotations

import re
from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Overflow

from orm.memory.limits import NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN
from orm.memory.refusals import Invalid

Number = int | Decimal

_CANONICAL_INTEGER = re.compile(r"(?:0|-?[1-9][0-9]{0,37})\Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?\Z")
_WIDE = Context(prec=400, Emin=-2_000_000_000, Emax=2_000_000_000, traps=[InvalidOperation])
_EXACT = Context(prec=NUMBER_DIGITS_MAX, traps=[InvalidOperation, Inexact, Overflow, Clamped])


def canonical_number(text: object) -> str:
    """Return the one text by which DynamoDB answers this number.

    Raises:
        Invalid: not a number, over 38 significant digits, or out of range.
    """
    if not isinstance(text, str):
        raise Invalid(f"a number must be sent as a string, not {type(text).__name__}")
    if _CANONICAL_INTEGER.match(text):
        return text
    if not _NUMBER.match(text):
        raise Invalid(f"The parameter cannot be converted to a numeric value: {text}")
    return _plain(_checked(Decimal(text)))


def number(text: str) -> Number:
    """Turn a canonical text into something that compares and adds."""
    return Decimal(text) if "." in text else int(text)


def add(left: str, right: str) -> str:
    """Add two canonical numbers exactly, or refuse."""
    return _arithmetic(left, right, 1)


def subtract(left: str, right: str) -> str:
    """Subtract `right` from `left` exactly, or refuse."""
    return _arithmetic(left, right, -1)


def _arithmetic(left: str, right: str, sign: int) -> str:
    total = number(left) + sign * number(right) if _small(left, right) else None
    if isinstance(total, int):
        return str(total)
    exact = _WIDE.add(Decimal(left), _WIDE.multiply(Decimal(right), Decimal(sign)))
    return _plain(_checked(exact))


def _small(left: str, right: str) -> bool:
    return len(left) < NUMBER_DIGITS_MAX and len(right) < NUMBER_DIGITS_MAX


def _checked(value: Decimal) -> Decimal:
    sign, digits, exponent = value.normalize(_WIDE).as_tuple()
    assert isinstance(exponent, int)
    magnitude = exponent + len(digits) - 1
    if len(digits) > NUMBER_DIGITS_MAX:
        raise Invalid("Attempting to store more than 38 significant digits in a Number")
    if digits != (0,) and magnitude > NUMBER_EXPONENT_MAX:
        raise Invalid("Number overflow. Attempting to store a number with magnitude too large")
    if digits != (0,) and magnitude < NUMBER_EXPONENT_MIN:
        raise Invalid("Number underflow. Attempting to store a number with magnitude too small")
    return Decimal((sign, digits, exponent))


def _plain(value: Decimal) -> str:
    return format(value, "f") if value else "0"
