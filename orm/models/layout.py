"""Layouts: how the rows of one model lie in one table.

    pk  = PREFIX#<hash parts>          (T#<tenant># before it where there is a tenant)
    sk  = PREFIX#<sort parts>          or, without sort parts, PREFIX#<hash parts>
    _et = the model's name
    gsiNpk, gsiNsk                     the same of index N, present while no part is None

Everything that is written or looked for passes here, so a key can be made in one way only. A
layout is pure: it sends nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Final, Generic, TypeVar

import msgspec

from orm.codec import check_item_size, from_wire
from orm.config import SingleTableConfig
from orm.decoding import learn
from orm.definitions.guards import Guard
from orm.definitions.paths import KeyPath
from orm.errors import ConfigurationError, InvalidKeyError, UnreadableRowError
from orm.keys import Keys
from orm.models.casts import casts_of, restored
from orm.models.fields import Field, KeyPart
from orm.models.model import shape_of
from orm.models.native_keys import NativeKeys, check_value
from orm.models.path_keys import PathKeys, shard_of
from orm.models.reading import RowReader
from orm.models.writing import writer_of
from orm.requests import AttributeValue, Item

M = TypeVar("M", bound=msgspec.Struct)
_NOTHING: Final = (None, msgspec.UNSET)


class Layout(Generic[M]):
    """How the rows of `model` lie in the table of `config`, for one tenant or none.

    Args:
        model: the type of the rows; a field has the name of an attribute of `paths`.
        config: the table's names.
        tenant: whose rows.
        entity: the name that each item carries.
        paths: every way to the rows, the table's own key first.
        claimed: attributes that stand in keys of other items, beside those of `paths`.
        hidden: attributes whose values no error says.
        marked: an attribute of items that rows do not have and the reader keeps, as `mark`.
        native: attributes that are keys of native indexes of the table, whosever they are: they are
            never NULL and never empty.
    """

    def __init__(
        self,
        model: type[M],
        config: SingleTableConfig,
        tenant: str | None,
        entity: str,
        paths: Sequence[KeyPath],
        claimed: Collection[str] = (),
        *,
        hidden: Collection[str] = (),
        marked: str | None = None,
        native: Collection[str] = (),
    ) -> None:
        self.marked = marked
        self.model, self.config, self.tenant, self.entity = model, config, tenant, entity
        self.keys: Keys = config.keys
        learn(model)
        infos = msgspec.structs.fields(model)
        self.fields = {
            info.name: Field(model.__name__, info, hidden=info.name in hidden) for info in infos
        }
        self._attributes = [field.attribute for field in self.fields.values()]
        self._write = writer_of(self.fields)
        self.parts = parts = self._key_parts(paths, claimed)
        self.own, *others = (
            PathKeys(path, config, parts, tenant) for path in paths if not path.native
        )
        self.indexes = tuple(others)
        self.natives = tuple(NativeKeys(path, config, parts) for path in paths if path.native)
        self.paths: tuple[PathKeys | NativeKeys, ...] = (self.own, *self.indexes, *self.natives)
        self._native = [field for name, field in self.fields.items() if name in native]
        self.key_fields = tuple(dict.fromkeys((*paths[0].hash, *paths[0].sort)))
        self._kinds = {name: part.kind for name, part in parts.items()}
        self._check_names()

    def _key_parts(self, paths: Sequence[KeyPath], claimed: Collection[str]) -> dict[str, KeyPart]:
        names = {name for path in paths for name in (*path.hash, *path.sort)} | {*claimed}
        for name in sorted(names - self.fields.keys()):
            raise ConfigurationError(
                f"{self.model.__name__}.{name}",
                "stands in a key and is no attribute",
                f"declare it, or correct the key; there are {', '.join(self.fields)}",
            )
        parts = {name: self.fields[name].key_part() for name in names}
        for name in (*paths[0].hash, *paths[0].sort):
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
        self._own_names = frozenset(self.reserved() | set(self._attributes))

    def reserved(self) -> frozenset[str]:
        """The attributes of an item that are no field: its entity, its keys, and those of indexes
        that it does not stand in; a field of such a name would put it among others' rows."""
        return self.config.reserved

    @property
    def prefix(self) -> str:
        """What every partition key of the rows begins with, after the tenant."""
        first = self.own.path.partition[0]
        assert isinstance(first, str), "a partition key begins with a text"
        return first

    # --- keys ---

    def is_text(self, name: str) -> bool:
        """Whether the field, a part of a key, holds a string."""
        return self._kinds.get(name) is str

    def key(self, values: Mapping[str, object]) -> Item:
        """The key of the row that `values` identify; other fields than the key's are refused.

        Raises:
            InvalidKeyError: a part is missing, of another type, or one that no key can carry.
            KeyTooLargeError: the key is over DynamoDB's limit.
        """
        for name in values:
            if name not in self.key_fields:
                raise InvalidKeyError(
                    name, f"{self.model.__name__} is keyed by {', '.join(self.key_fields)}"
                )
        return self.own.pair(values)

    def index_key(self, index: PathKeys, values: Mapping[str, object]) -> Item | None:
        """The key of a row in an index; None where it does not stand there: a part is None or
        absent, or a guard does not hold."""
        path = index.path
        if any(values.get(name) in _NOTHING for name in index.parts):
            return None
        if not all(self.holds(guard, values) for guard in path.guards):
            return None
        shard = 0 if path.shards == 1 else self.shard(values, path.shards)
        return index.pair(values, shard)

    def holds(self, guard: Guard, values: Mapping[str, Any]) -> bool:
        """Whether a row with these values passes a guard, which says what is stored.

        Raises:
            UnsupportedValueError: a cast refuses the value.
        """
        field, value = self.fields[guard.attribute], values.get(guard.attribute)
        if field.cast is None or value in _NOTHING:
            return guard.holds(values)
        return guard.holds({guard.attribute: field.as_stored(value)})

    def shard(self, values: Mapping[str, object], shards: int) -> int:
        """The partition of a row in an index that is spread over `shards`."""
        return shard_of(f"{self.own.partition(values)}{self.own.order(values)}", shards)

    # --- rows ---

    def values(self, row: M) -> dict[str, Any]:
        """The row's fields by name."""
        return msgspec.structs.asdict(row)

    def key_values(self, row: M) -> dict[str, Any]:
        """The fields that identify the row."""
        return {name: getattr(row, name) for name in self.key_fields}

    def item(self, row: M, extra: Mapping[str, AttributeValue] | None = None) -> Item:
        """The whole item of a row: its keys, its entity, its fields and `extra` attributes.

        Raises:
            UnsupportedValueError: a value DynamoDB cannot hold, or that would not come back equal.
            ItemTooLargeError: over 400 KB.
        """
        if type(row) is not self.model:
            raise ConfigurationError(self.model.__name__, f"{type(row).__name__} is another model")
        return self.item_of(self.values(row), extra)

    def item_of(
        self, values: Mapping[str, Any], extra: Mapping[str, AttributeValue] | None = None
    ) -> Item:
        """The whole item of a row with these values; UNSET is absent. Raises as `item`."""
        item = self.plain_item(values)
        for index in self.indexes:
            item.update(self.index_key(index, values) or {})
        for field in self._native:
            if (wire := item.get(field.attribute)) is not None:
                check_value(field, wire)
        self.check_native(item)
        if extra:
            self.check_foreign(extra)
            item.update(extra)
        check_item_size(item, f"a row of {self.model.__name__}")
        return item

    def plain_item(self, values: Mapping[str, Any]) -> Item:
        """Of the item of a row with these values its own key, its entity and its fields. Raises as
        `item`, but not for what its index keys are made of."""
        item = self.own.pair(values)
        item[self.config.entity] = {"S": self.entity}
        self._write(values, item)
        return item

    def changed(self, name: str, value: Any) -> AttributeValue | None:
        """What a new value of a field makes of its attribute; None where it goes.

        Raises:
            UnsupportedValueError, InvalidKeyError: it cannot be stored.
        """
        field = self.fields[name]
        if value is msgspec.UNSET:
            return None
        wire = field.to_wire(value)
        if field in self._native:
            check_value(field, wire)
        return wire

    def check_native(self, item: Item) -> None:
        """Refuse an item whose native keys are too long.

        Raises:
            KeyTooLargeError: one of them is.
        """
        for keys in self.natives:
            keys.check_sizes(item)

    def check_foreign(self, attributes: Collection[str]) -> None:
        """Refuse attributes that are the model's own, or its keys."""
        clash = self._own_names.intersection(attributes)
        if clash:
            raise ConfigurationError(
                self.model.__name__,
                f"{', '.join(sorted(clash))} belongs to the model or its keys and cannot be extra",
            )

    @cached_property
    def reader(self) -> RowReader:
        """Reads rows straight from the wire; what it refuses, `row` says more of."""
        names = tuple((field.name, field.attribute) for field in self.fields.values())
        return _reader(self.model, names, self.marked)

    def row(self, item: Item) -> M:
        """The row of an item; attributes that are no field are left alone.

        Raises:
            UnreadableRowError: a field is missing or of another type.
        """
        return row_of(self.config, self.model, self._attributes, item)

    def known_row(self, item: Item) -> M:
        """The same as `row`, quicker where the item is as the model says, which most are."""
        try:
            found: M = self.reader.of_item(item)
        except (TypeError, ValueError, msgspec.ValidationError):
            return self.row(item)
        return found


def row_of(config: SingleTableConfig, model: type[M], attributes: Iterable[str], item: Item) -> M:
    """What `attributes` of an item make of a model, value by value.

    Raises:
        UnreadableRowError: see `Layout.row`.
    """
    values = {name: from_wire(item[name]) for name in attributes if name in item}
    try:
        for name, cast in casts_of(model).items():
            if name in values:
                values[name] = restored(cast, values[name])
        return msgspec.convert(values, model)
    except msgspec.ValidationError as error:
        keys = {name: from_wire(item[name]) for name in (config.pk, config.sk) if name in item}
        raise UnreadableRowError(model.__name__, keys, str(error)) from error


@lru_cache(maxsize=1024)
def _reader(
    model: type[msgspec.Struct], attributes: tuple[tuple[str, str], ...], marked: str | None
) -> RowReader:
    """One for all layouts of a model: those of many tenants share their types and decoders."""
    return RowReader(model, dict(attributes), marked)


@lru_cache(maxsize=1024)
def _cached(model: Any, config: SingleTableConfig, tenant: str | None) -> Layout[Any]:
    shape = shape_of(model)
    paths = shape.paths(config.entity_prefix(shape.prefix))
    return Layout(model, config, tenant, shape.entity, paths)


def layout_of(model: type[M], config: SingleTableConfig, tenant: str | None = None) -> Layout[M]:
    """The layout of a model whose class says its keys, made once."""
    layout: Layout[M] = _cached(model, config, tenant)
    return layout
