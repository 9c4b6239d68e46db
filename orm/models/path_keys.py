"""Path keys: the texts of the two keys that one path gives a row.

    PathKeys(path, …).pair({"user_id": "7", "created_at": noon, "id": "3"})
    → {"gsi1pk": {"S": "POST#7"}, "gsi1sk": {"S": "POST#2026-01-01T12:00:00.000000Z#3"}}

In a partition key only equality matters, so values stand there as they are read; in a sort key
order matters. A path on which every row has a partition of its own repeats its partition key.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from orm.config import SingleTableConfig
from orm.definitions.entity import KeyTemplate, Reference
from orm.definitions.paths import KeyPath
from orm.errors import InvalidKeyError
from orm.keys import check_key_sizes
from orm.models.fields import KeyPart
from orm.requests import Item

Values = Mapping[str, Any]
_Part = str | tuple[str, Callable[[Any], str]]


class PathKeys:
    """The keys of one path in one table, for one tenant or none.

    Attributes:
        path: the path.
        names: the attributes of its partition key and its sort key.
        parts: the fields that these are made of.
        attributes: the same, and those that decide whether the keys are written.
    """

    def __init__(
        self,
        path: KeyPath,
        config: SingleTableConfig,
        parts: Mapping[str, KeyPart],
        tenant: str | None,
    ) -> None:
        self.path, self.names = path, key_names(path, config)
        self.parts, self.attributes = (*path.hash, *path.sort), frozenset(path.attributes)
        self._keys, self._parts, self._tenant = config.keys, parts, tenant
        self._partition = self._compiled(path.partition, self._in_partition)
        in_order = self._in_partition if path.is_single else self._in_sort
        self._order = self._compiled(path.order, in_order)
        self._single = self._order == self._partition and tenant is None and path.shards == 1
        first = path.partition[0]
        # a prefix is checked once; what stands there of a row, each time
        self._partition_lead = (
            config.keys.partition(first, tenant=tenant) if isinstance(first, str) else None
        )
        self._partition_after = self._partition[1:] if self._partition_lead else self._partition
        first = path.order[0]
        self._order_lead = config.keys.join(first) if isinstance(first, str) else None
        self._order_after = self._order[1:] if self._order_lead else self._order

    def _compiled(
        self, template: KeyTemplate, form: Callable[[KeyPart, bool], Callable[[Any], str]]
    ) -> tuple[_Part, ...]:
        return tuple(
            part
            if isinstance(part, str)
            else (part.attribute, form(self._parts[part.attribute], part.descending))
            for part in template
        )

    @staticmethod
    def _in_partition(part: KeyPart, _descends: bool) -> Callable[[Any], str]:
        return part.in_partition

    @staticmethod
    def _in_sort(part: KeyPart, descends: bool) -> Callable[[Any], str]:
        return part.in_sort_descending if descends else part.in_sort

    def partition(self, values: Values, shard: int = 0) -> str:
        """The partition key; of a path that is spread, that of partition `shard`.

        Raises:
            InvalidKeyError: a part is missing, of another type, or one that no key can carry.
        """
        parts = self._texts(self._partition_after, values)
        if self.path.shards > 1:
            parts.append(str(shard))
        if self._partition_lead is None:
            return self._keys.partition(*parts, tenant=self._tenant)
        return self._keys.extended(self._partition_lead, parts)

    def order(self, values: Values) -> str:
        """The sort key. Raises as `partition` does."""
        parts = self._texts(self._order_after, values)
        if self._order_lead is None:
            return self._keys.join(*parts)
        return self._keys.extended(self._order_lead, parts)

    def beginning(self, values: Values, given: int) -> list[str]:
        """The parts of the sort key before its attribute number `given`, from 0."""
        return self._texts(self._order[: self._place(given)], values)

    def sort_part(self, position: int, value: object) -> str:
        """The text of attribute number `position` of the sort key."""
        part = self._order[self._place(position)]
        assert not isinstance(part, str), "a place of an attribute"
        return part[1](value)

    def _place(self, given: int) -> int:
        """Where attribute number `given` stands; after everything where there is none."""
        places = [at for at, part in enumerate(self.path.order) if isinstance(part, Reference)]
        return places[given] if given < len(places) else len(self.path.order)

    def pair(self, values: Values, shard: int = 0) -> Item:
        """Both keys, as attributes of an item.

        Raises:
            InvalidKeyError: as in `partition`.
            KeyTooLargeError: a key is over DynamoDB's limit.
        """
        (pk_name, sk_name), pk = self.names, self.partition(values, shard)
        sk = pk if self._single else self.order(values)
        check_key_sizes(pk_name, pk, sk_name, sk)
        return {pk_name: {"S": pk}, sk_name: {"S": sk}}

    def _texts(self, parts: Sequence[_Part], values: Values) -> list[str]:
        texts = []
        for part in parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            name, form = part
            value = values.get(name)
            if value is None or value is msgspec.UNSET:
                raise InvalidKeyError(None, f"{self._parts[name].path} is missing")
            texts.append(form(value))
        return texts


def key_names(path: KeyPath, config: SingleTableConfig) -> tuple[str, str]:
    """The attributes that hold a path's partition key and sort key."""
    if path.kind == "gsi":
        return config.index_keys(path.number)
    if path.kind == "lsi":
        return config.pk, config.local_index_key(path.number)
    return config.pk, config.sk


def index_name(path: KeyPath, config: SingleTableConfig) -> str | None:
    """The name of a path's index; None for the table itself."""
    if path.kind == "gsi":
        return config.index_name(path.number)
    if path.kind == "lsi":
        return config.local_index_name(path.number)
    return None


def shard_of(key: str, shards: int) -> int:
    """The partition, from 0, of the row at this sort key or partition key.

    CRC-32, since it is the same in every process and version; a shard is written into keys.
    """
    return zlib.crc32(key.encode()) % shards
