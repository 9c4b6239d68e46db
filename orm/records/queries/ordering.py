"""Ordering: values of an attribute in one order, whoever read them.

Several readings are merged in the order in which each of them comes, which is that of the texts of
keys. What is sorted or compared here alone goes by the values.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from decimal import Context, Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import msgspec

from orm.errors import ConfigurationError
from orm.limits import NUMBER_DIGITS_MAX

if TYPE_CHECKING:
    from orm.records.repository import Repository

Place = tuple[int, str]

_EXACT: Final = Context(prec=300)
"""Enough for the digits between DynamoDB's greatest number and its least, and more of them; what
the program computes with rounds to 28."""
_MEAN: Final = Context(prec=NUMBER_DIGITS_MAX)


def place_of(repository: Repository[Any], name: str, descending: bool) -> Callable[[Any], Place]:
    """Where a row stands among others that are sorted by an attribute; rows without it are last,
    whichever end is first.

    Raises:
        ConfigurationError: values of its type are in no order.
    """
    layout = repository.layout
    text_of = (layout.parts.get(name) or layout.fields[name].key_part()).in_sort

    def place(row: Any) -> Place:
        value = getattr(row, name)
        if value is None or value is msgspec.UNSET:
            return int(not descending), ""
        return int(descending), text_of(value)

    return place


def greatest(path: str, values: Iterable[Any]) -> Any:
    """The greatest of values; None without any. `path` names their attribute in an error."""
    return _extreme(path, values, max)


def least(path: str, values: Iterable[Any]) -> Any:
    """The least of values; None without any."""
    return _extreme(path, values, min)


def total(path: str, values: Iterable[Any]) -> Any:
    """The sum of values; 0 without any. That of decimals is exact.

    Raises:
        ConfigurationError: they are no numbers.
    """
    try:
        return reduce(_plus, values, 0)
    except TypeError as error:
        raise ConfigurationError(path, "holds no numbers, which alone can be added") from error


def mean(path: str, values: Sequence[Any]) -> Any:
    """The mean of values, of which there is one at least; that of decimals to 38 digits. Raises as
    `total`."""
    whole = total(path, values)
    return _MEAN.divide(whole, len(values)) if isinstance(whole, Decimal) else whole / len(values)


def _plus(one: Any, other: Any) -> Any:
    if isinstance(other, bool):
        raise TypeError
    if isinstance(one, Decimal) and isinstance(other, Decimal | int):
        return _EXACT.add(one, other)
    if isinstance(other, Decimal) and isinstance(one, int):
        return _EXACT.add(other, one)
    return one + other


def _extreme(path: str, values: Iterable[Any], choose: Callable[..., Any]) -> Any:
    try:
        return choose(values, key=_comparable, default=None)
    except TypeError as error:
        raise ConfigurationError(path, "holds values that are in no order") from error


def _comparable(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value
