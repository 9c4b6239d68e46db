"""Layouts: how the rows of one model lie in one table.

    pk  = PREFIX#<hash parts>          (T#<tenant># before it where there is a tenant)
    sk  = PREFIX#<sort parts>          or, without sort parts, PREFIX#<hash parts>
    _et = the model's name
    gsiNpk, gsiNsk                     the same of index N, present while no part is None

Everything that is written or looked for passes here, so a key can be made in one way only. A
layout is pure: it sends nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar

import msgspec

from orm.codec import check_item_size, from_wire
from orm.config import SingleTableConfig
from orm.errors import ConfigurationError, InvalidKeyError, UnreadableRowError
from orm.keys import Keys, check_key_sizes
from orm.models.fields import Field, KeyPart
from orm.models.key import Path
from orm.models.model import Model, Shape, shape_of
from orm.models.reading import RowReader
from orm.requests import AttributeValue, Item

M = TypeVar("M", bound=Model)


class Layout(Generic[M]):
    """How the rows of `model` lie in the table of `config`, for one tenant or none."""

    def __init__(
        self, model: type[M], config: SingleTableConfig, tenant: str | None = None
    ) -> None:
        self.model, self.config, self.tenant = model, config, tenant
        self.keys: Keys = config.keys
        self.shape: Shape = shape_of(model)
        self.prefix = config.entity_prefix(self.shape.prefix)
        infos = msgspec.structs.fields(model)
        self.fields = {info.name: Field(model.__name__, info) for info in infos}
        self._attributes = [field.attribute for field in self.fields.values()]
        self._parts = self._key_parts()
        self._check_names()

    def _key_parts(self) -> dict[str, KeyPart]:
        names = {name for path in self.shape.paths for name in path.fields}
        parts = {name: self.fields[name].key_part() for name in names}
        for name in self.shape.key.fields:
            if parts[name].optional:
                raise ConfigurationError(parts[name].path, "stands in the key and cannot be None")
        return parts

    def _check_names(self) -> None:
        clash = set(self._attributes) & self.reserved()
        if clash:
            raise ConfigurationError(
                self.model.__name__,
                f"{', '.join(sorted(clash))} names a key of the table {self.config.table}; rename "
                "the field, or the key in SingleTableConfig",
            )

    def reserved(self) -> set[str]:
        """The attributes of an item that are no field: its keys and its entity."""
        config = self.config
        numbers = [path.index for path in self.shape.indexes if path.index is not None]
        pairs = {name for number in numbers for name in config.index_keys(number)}
        return pairs | {config.pk, config.sk, config.entity}

    # --- keys ---

    def partition(self, path: Path, values: Mapping[str, object]) -> str:
        """The partition key that `values` give in `path`."""
        return self.keys.partition(self.prefix, *self._hash_parts(path, values), tenant=self.tenant)

    def sort(self, path: Path, values: Mapping[str, object]) -> str:
        """The sort key that `values` give in `path`."""
        return self.keys.join(self.prefix, *self._sort_parts(path, values))

    def sort_part(self, path: Path, position: int, value: object) -> str:
        """The text of one sort part."""
        part = self._parts[path.sort_fields[position]]
        return part.in_sort(value, descends=path.descends(position))

    def is_text(self, name: str) -> bool:
        """Whether the field, a part of a key, holds a string."""
        return name in self._parts and self._parts[name].kind is str

    def _hash_parts(self, path: Path, values: Mapping[str, object]) -> list[str]:
        return [self._parts[name].in_partition(self._value(values, name)) for name in path.hash]

    def _sort_parts(self, path: Path, values: Mapping[str, object]) -> list[str]:
        if not path.sort:
            return self._hash_parts(path, values)
        return [
            self.sort_part(path, position, self._value(values, name))
            for position, name in enumerate(path.sort_fields)
        ]

    def _value(self, values: Mapping[str, object], name: str) -> object:
        value = values.get(name)
        if value is None:
            raise InvalidKeyError(None, f"{self.model.__name__}.{name} is missing")
        return value

    def key(self, values: Mapping[str, object]) -> Item:
        """The key of the row that `values` identify; other fields than the key's are refused.

        Raises:
            InvalidKeyError: a part is missing, of another type, or one that no key can carry.
            KeyTooLargeError: the key is over DynamoDB's limit.
        """
        key = self.shape.key
        for name in values:
            if name not in key.fields:
                raise InvalidKeyError(
                    name, f"{self.model.__name__} is keyed by {', '.join(key.fields)}"
                )
        return self._pair(key, (self.config.pk, self.config.sk), values)

    def index_key(self, path: Path, values: Mapping[str, object]) -> Item | None:
        """The key of a row in an index; None where a part is None, so that it is not there."""
        if path.index is None or any(values.get(name) is None for name in path.fields):
            return None
        return self._pair(path, self.config.index_keys(path.index), values)

    def _pair(self, path: Path, names: tuple[str, str], values: Mapping[str, object]) -> Item:
        pk, sk = self.partition(path, values), self.sort(path, values)
        check_key_sizes(names[0], pk, names[1], sk)
        return {names[0]: {"S": pk}, names[1]: {"S": sk}}

    # --- rows ---

    def values(self, row: M) -> dict[str, Any]:
        """The row's fields by name."""
        return {name: getattr(row, name) for name in self.fields}

    def key_values(self, row: M) -> dict[str, Any]:
        """The fields that identify the row."""
        return {name: getattr(row, name) for name in self.shape.key.fields}

    def item(self, row: M, extra: Mapping[str, AttributeValue] | None = None) -> Item:
        """The whole item of a row: its keys, its entity, its fields and `extra` attributes.

        Raises:
            UnsupportedValueError: a value DynamoDB cannot hold, or that would not come back equal.
            ItemTooLargeError: over 400 KB.
        """
        if type(row) is not self.model:
            raise ConfigurationError(self.model.__name__, f"{type(row).__name__} is another model")
        values = self.values(row)
        item = self._pair(self.shape.key, (self.config.pk, self.config.sk), values)
        item[self.config.entity] = {"S": self.shape.entity}
        for path in self.shape.indexes:
            item.update(self.index_key(path, values) or {})
        for name, field in self.fields.items():
            if values[name] is not msgspec.UNSET:
                item[field.attribute] = field.to_wire(values[name])
        self.check_foreign(extra or ())
        item.update(extra or {})
        check_item_size(item, f"a row of {self.model.__name__}")
        return item

    def check_foreign(self, attributes: Collection[str]) -> None:
        """Refuse attributes that are the model's own, or its keys."""
        clash = set(attributes) & (self.reserved() | set(self._attributes))
        if clash:
            raise ConfigurationError(
                self.model.__name__,
                f"{', '.join(sorted(clash))} belongs to the model or its keys and cannot be extra",
            )

    @cached_property
    def reader(self) -> RowReader:
        """Reads rows straight from the wire; what it refuses, `row` says more of."""
        return RowReader(self.model, {name: field.attribute for name, field in self.fields.items()})

    def row(self, item: Item) -> M:
        """The row of an item; attributes that are no field are left alone.

        Raises:
            UnreadableRowError: a field is missing or of another type.
        """
        values = {name: from_wire(item[name]) for name in self._attributes if name in item}
        try:
            return msgspec.convert(values, self.model)
        except msgspec.ValidationError as error:
            raise UnreadableRowError(self.model.__name__, self._where(item), str(error)) from error

    def _where(self, item: Item) -> dict[str, Any]:
        names = (self.config.pk, self.config.sk)
        return {name: from_wire(item[name]) for name in names if name in item}


@lru_cache(maxsize=1024)
def _cached(model: Any, config: SingleTableConfig, tenant: str | None) -> Layout[Any]:
    return Layout(model, config, tenant)


def layout_of(model: type[M], config: SingleTableConfig, tenant: str | None = None) -> Layout[M]:
    """The layout of `model` in `config`, made once."""
    layout: Layout[M] = _cached(model, config, tenant)
    return layout
