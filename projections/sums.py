"""Sums: what is added to a field adds up exactly, however additions are joined.

A float counts as the decimal that is read when it is printed, which is how it is stored; so ten
times 0.1 is 1, whether a batch adds it up or DynamoDB does. What 38 digits cannot hold is refused
and never rounded.
"""

from __future__ import annotations

from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from functools import cache
from typing import Final, TypeAlias

import msgspec
from msgspec import inspect

from orm.limits import NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN
from orm.models.model import Model
from projections.errors import EffectsError

Number: TypeAlias = int | float | Decimal
Exact: TypeAlias = int | Decimal

_EXACTLY: Final = Context(
    prec=NUMBER_DIGITS_MAX,
    Emin=NUMBER_EXPONENT_MIN,
    Emax=NUMBER_EXPONENT_MAX,
    traps=[Inexact, InvalidOperation, Overflow],
)


class NumberField(msgspec.Struct, frozen=True):
    """A field that numbers can be added to.

    Args:
        path: model and field, for errors.
        is_whole: whether it holds whole numbers only.
        is_float: whether a row holds it as a float.
    """

    path: str
    is_whole: bool
    is_float: bool

    def exact(self, number: object) -> Exact:
        """The number as it is stored.

        Raises:
            EffectsError: it is none, is not finite, or has a fraction that the field cannot hold.
        """
        if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
            raise EffectsError(f"{self.path}: {type(number).__name__} is no number to add")
        if isinstance(number, int):
            return number
        decimal = Decimal(repr(float(number))) if isinstance(number, float) else number
        if not decimal.is_finite():
            raise EffectsError(f"{self.path}: {number} is not finite and cannot be added")
        if not self.is_whole:
            return decimal
        if decimal != decimal.to_integral_value():
            raise EffectsError(f"{self.path} holds whole numbers; {number} has a fraction")
        return int(decimal)

    def total(self, one: object, other: object) -> Exact:
        """The exact sum of two numbers; a value that was never set counts as 0.

        Raises:
            EffectsError: no number of DynamoDB's holds it.
        """
        first, second = self.exact(0 if one is msgspec.UNSET else one), self.exact(other)
        if isinstance(first, int) and isinstance(second, int):
            return first + second
        try:
            return _EXACTLY.add(first, second)
        except DecimalException as error:
            raise EffectsError(
                f"{self.path}: {first} + {second} is no number of {NUMBER_DIGITS_MAX} digits"
            ) from error

    def in_row(self, total: Exact) -> Number:
        """The sum as a row holds it."""
        return float(total) if self.is_float else total


@cache
def number_field(model: type[Model], name: str) -> NumberField:
    """What `name` of `model` can be added.

    Raises:
        EffectsError: it holds no numbers.
    """
    path = f"{model.__name__}.{name}"
    [declared] = [info.type for info in msgspec.structs.fields(model) if info.name == name]
    kinds = _kinds(inspect.type_info(declared))
    if not kinds & {inspect.IntType, inspect.FloatType, inspect.DecimalType, inspect.AnyType}:
        raise EffectsError(f"{path} holds no numbers, so nothing can be added to it")
    wide = kinds & {inspect.DecimalType, inspect.AnyType}
    is_float = inspect.FloatType in kinds and not wide
    return NumberField(path, is_whole=not wide and not is_float, is_float=is_float)


def _kinds(info: inspect.Type) -> set[type[inspect.Type]]:
    """The kinds of type that a field's annotation allows."""
    if isinstance(info, inspect.Metadata):
        return _kinds(info.type)
    if isinstance(info, inspect.UnionType):
        return set().union(*map(_kinds, info.types))
    return {type(info)}
