"""Keys of tables and indexes: which attributes, of which types, and how to read them from items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orm.codec import value_size_bytes
from orm.memory.limits import PARTITION_KEY_SIZE_BYTES_MAX, SORT_KEY_SIZE_BYTES_MAX
from orm.memory.refusals import Invalid, Unfit
from orm.memory.values import (
    ORDERED_TYPES,
    Item,
    Scalar,
    Value,
    order_key,
    read_value,
    type_of,
)

Key = tuple[Scalar, ...]

KEY_PARTS_MAX = 4  # multi-attribute keys of global secondary indexes
NOT_THE_KEY = "The provided key element does not match the schema"


@dataclass(frozen=True, slots=True)
class KeySchema:
    """Names and types of the attributes that make up a key.

    A table has one partition key attribute and at most one sort key attribute; a global secondary
    index may have up to four of each.
    """

    hash_names: tuple[str, ...]
    range_names: tuple[str, ...]
    types: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        return self.hash_names + self.range_names

    def described(self) -> list[dict[str, str]]:
        """Return the key as a `KeySchema` of the API."""
        hashes = [{"AttributeName": name, "KeyType": "HASH"} for name in self.hash_names]
        return hashes + [{"AttributeName": name, "KeyType": "RANGE"} for name in self.range_names]

    def of_item(self, item: Item) -> tuple[Key, Key]:
        """Return partition and sort key of a whole item of the table.

        Raises:
            Invalid: a key attribute is missing, of another type, empty or too large.
        """
        return (
            tuple([self._required(item, name) for name in self.hash_names]),
            tuple([self._required(item, name) for name in self.range_names]),
        )

    def of_key(self, raw: object) -> tuple[Key, Key, Item]:
        """Return partition key, sort key and canonical form of a `Key` parameter."""
        if not isinstance(raw, Mapping) or set(raw) != set(self.names):
            raise Invalid(NOT_THE_KEY)
        key = {name: read_value(raw[name])[0] for name in self.names}
        if any(type_of(key[name]) != self.types[name] for name in self.names):
            raise Unfit(NOT_THE_KEY)
        return (*self.of_item(key), key)

    def of_sparse(self, item: Item) -> tuple[Key, Key] | None:
        """Return the key under which an index holds this item; None where it holds it not."""
        parts = []
        for name in self.names:
            value = item.get(name)
            if value is None:
                return None
            parts.append(order_key(value))
        return tuple(parts[: len(self.hash_names)]), tuple(parts[len(self.hash_names) :])

    def check_sparse(self, item: Item) -> None:
        """Refuse an item whose attributes could not stand in this index's key."""
        for name in self.names:
            value = item.get(name)
            if value is not None:
                self._checked(name, value, "Secondary index key")

    def of_values(self, item: Item) -> Item:
        """Return the key attributes of an item."""
        return {name: item[name] for name in self.names}

    def checked(self, name: str, value: Value) -> Scalar:
        """Return what a key attribute sorts by.

        Raises:
            Invalid: wrong type, empty, or too large.
        """
        return self._checked(name, value, "Key")

    def _required(self, item: Item, name: str) -> Scalar:
        value = item.get(name)
        if value is None:
            raise Invalid(f"One of the required keys was not given a value: {name}")
        return self._checked(name, value, "Key")

    def _checked(self, name: str, value: Value, what: str) -> Scalar:
        ((tag, body),) = value.items()
        if tag not in ORDERED_TYPES:
            raise Invalid("Invalid attribute value type")
        if tag != self.types[name]:
            raise Unfit(
                f"One or more parameter values were invalid: Type mismatch for {what} {name} "
                f"expected: {self.types[name]} actual: {tag}"
            )
        if not body:
            raise Invalid(
                "One or more parameter values are not valid. The AttributeValue for a key "
                f"attribute cannot contain an empty string value. {what}: {name}"
            )
        self._check_size(name, value, Unfit if what == "Key" else Invalid)
        return order_key(value)

    def _check_size(self, name: str, value: Any, refusal: type[Invalid]) -> None:
        in_hash = name in self.hash_names
        limit = PARTITION_KEY_SIZE_BYTES_MAX if in_hash else SORT_KEY_SIZE_BYTES_MAX
        if value_size_bytes(value) > limit:
            raise refusal(
                "One or more parameter values were invalid: Size of "
                f"{'hashkey' if in_hash else 'rangekey'} has exceeded the maximum size limit "
                f"of {limit} bytes"
            )


@dataclass(frozen=True, slots=True)
class IndexSchema:
    """A secondary index: its key and what it copies from an item.

    `attributes` is None where everything is projected.
    """

    name: str
    key: KeySchema
    is_global: bool
    attributes: frozenset[str] | None
    description: Mapping[str, Any]

    @property
    def named(self) -> int:
        """How many attributes the projection names beside the keys."""
        return len(self.description.get("Projection", {}).get("NonKeyAttributes") or ())

    def project(self, item: Item) -> Item:
        if self.attributes is None:
            return item
        return {name: value for name, value in item.items() if name in self.attributes}


def read_key_schema(
    elements: Sequence[Mapping[str, str]], types: Mapping[str, str], parts_max: int = 1
) -> KeySchema:
    """Read a `KeySchema` parameter.

    Raises:
        Invalid: no partition key, too many parts, wrong order, or an attribute without a type.
    """
    kinds = [element["KeyType"] for element in elements]
    names = tuple(element["AttributeName"] for element in elements)
    split = kinds.count("HASH")
    if kinds != ["HASH"] * split + ["RANGE"] * (len(kinds) - split) or len(set(names)) < len(names):
        raise Invalid("Invalid KeySchema: HASH elements first, then RANGE, each name once")
    if not 1 <= split <= parts_max or len(kinds) - split > parts_max:
        raise Invalid("Invalid KeySchema: The number of key elements is not supported")
    untyped = [name for name in names if name not in types]
    if untyped:
        raise Invalid(
            "One or more parameter values were invalid: Some index key attributes are not defined "
            f"in AttributeDefinitions. Keys: {untyped}"
        )
    return KeySchema(names[:split], names[split:], {name: types[name] for name in names})


def read_types(definitions: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Read an `AttributeDefinitions` parameter."""
    types = {one["AttributeName"]: one["AttributeType"] for one in definitions}
    if len(types) != len(definitions) or not ORDERED_TYPES.issuperset(types.values()):
        raise Invalid("Invalid AttributeDefinitions: each name once, of type S, N or B")
    return types


def read_index(
    raw: Mapping[str, Any], types: Mapping[str, str], table_key: KeySchema, *, is_global: bool
) -> IndexSchema:
    """Read one element of `GlobalSecondaryIndexes` or `LocalSecondaryIndexes`."""
    key = read_key_schema(raw["KeySchema"], types, KEY_PARTS_MAX if is_global else 1)
    if not is_global and not table_key.range_names:
        raise Invalid("One or more parameter values were invalid: Table has no range key")
    if not is_global and (key.hash_names != table_key.hash_names or not key.range_names):
        raise Invalid("Table KeySchema does not match a local index's: same HASH, another RANGE")
    projection = raw.get("Projection", {})
    attributes = _projected(projection, {*key.names, *table_key.names})
    return IndexSchema(raw["IndexName"], key, is_global, attributes, dict(raw))


def _projected(projection: Mapping[str, Any], keys: set[str]) -> frozenset[str] | None:
    kind = projection.get("ProjectionType")
    extra = projection.get("NonKeyAttributes")
    if kind not in ("ALL", "KEYS_ONLY", "INCLUDE"):
        raise Invalid("One or more parameter values were invalid: Unknown ProjectionType")
    if (kind == "INCLUDE") is not bool(extra):
        raise Invalid("NonKeyAttributes go with ProjectionType INCLUDE and with no other")
    if extra and len(set(extra)) < len(extra):
        raise Invalid("One or more parameter values were invalid: an attribute is projected twice")
    return None if kind == "ALL" else frozenset({*keys, *(extra or ())})
