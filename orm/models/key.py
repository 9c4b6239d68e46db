"""What a model's keys are made of: its own key and its indexes, by field names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from orm.definitions.entity import Reference
from orm.definitions.paths import KeyPath, template
from orm.errors import ConfigurationError


class Desc(msgspec.Struct, frozen=True):
    """A field whose greatest value sorts first."""

    field: str


SortField: TypeAlias = str | Desc


class Path(msgspec.Struct, frozen=True):
    """One way to rows: the table's own key (`index` is None) or index number `index`.

    Args:
        index: the number of the global secondary index, from 1.
        hash: fields of the partition key; a query gives all of them.
        sort: fields of the sort key, in order; a query gives the first few and may range over the
            next.
    """

    index: int | None
    hash: tuple[str, ...]
    sort: tuple[Desc | str, ...]

    @property
    def sort_fields(self) -> tuple[str, ...]:
        """The names of the sort fields."""
        return tuple(part.field if isinstance(part, Desc) else part for part in self.sort)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of all fields that the key is made of."""
        return self.hash + self.sort_fields

    def key_path(self, prefix: str) -> KeyPath:
        """The same as templates that begin with `prefix`."""
        partition = template(prefix, self.hash)
        sort = [
            Reference(part.field, True) if isinstance(part, Desc) else Reference(part)
            for part in self.sort
        ]
        return KeyPath(
            kind="table" if self.index is None else "gsi",
            number=self.index or 0,
            partition=partition,
            order=(prefix, *sort) if sort else partition,
        )

    def __str__(self) -> str:
        name = "the key" if self.index is None else f"index {self.index}"
        sort = f"; {', '.join(self.sort_fields)}" if self.sort else ""
        return f"{name} ({', '.join(self.hash)}{sort})"


def Key(*hash_fields: str, sort: Sequence[SortField] = ()) -> Path:  # noqa: N802 - reads as a type
    """A model's own key: which fields make its partition key and its sort key.

    Rows that share all `hash_fields` lie together, in the order of `sort`. Without `sort` each row
    has a partition of its own. Together the fields identify a row and cannot change.
    """
    return Path(None, hash_fields, tuple(sort))


def Index(number: int, *hash_fields: str, sort: Sequence[SortField] = ()) -> Path:  # noqa: N802
    """Another way to the same rows, through global secondary index `number` of the table.

    A row stands in the index only while every one of these fields has a value (is not None).
    """
    if number < 1:
        raise ConfigurationError("Index", f"indexes are numbered from 1, not {number}")
    return Path(number, hash_fields, tuple(sort))


def check_paths(model: str, key: Path, indexes: Sequence[Path], fields: Sequence[str]) -> None:
    """Refuse keys that name no field, name one twice, or claim an index twice.

    Raises:
        ConfigurationError: says which.
    """
    if key.index is not None:
        raise ConfigurationError(model, "key= takes a Key, not an Index")
    if not key.fields:
        raise ConfigurationError(model, "a key needs at least one field")
    numbers = [path.index for path in indexes]
    if None in numbers or len(set(numbers)) != len(numbers):
        raise ConfigurationError(model, "indexes= takes Index values, each of another number")
    for path in (key, *indexes):
        _check_fields(model, path, fields)


def _check_fields(model: str, path: Path, fields: Sequence[str]) -> None:
    for name in path.fields:
        if name not in fields:
            raise ConfigurationError(
                model, f"{path} names {name!r}, which is none of its fields {', '.join(fields)}"
            )
    if len(set(path.fields)) != len(path.fields):
        raise ConfigurationError(model, f"{path} names a field twice")
    if path.index is not None and not path.hash:
        raise ConfigurationError(model, f"{path} needs a field for its partition key")
