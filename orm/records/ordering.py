"""Ordering: values of an attribute in one order, whoever read them.

Several readings are merged in the order in which each of them comes, which is that of the texts of
keys. What is sorted or compared here alone goes by the values.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from orm.errors import ConfigurationError

if TYPE_CHECKING:
    from orm.records.repository import Repository

Place = tuple[int, str]


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
    """The sum of values; 0 without any.

    Raises:
        ConfigurationError: they are no numbers.
    """
    try:
        return sum(values)
    except TypeError as error:
        raise ConfigurationError(path, "holds no numbers, which alone can be added") from error


def _extreme(path: str, values: Iterable[Any], choose: Callable[..., Any]) -> Any:
    try:
        return choose(values, key=_comparable, default=None)
    except TypeError as error:
        raise ConfigurationError(path, "holds values that are in no order") from error


def _comparable(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value
