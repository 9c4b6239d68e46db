"""Native keys: the key attributes of an index whose keys are a row's attributes themselves.

    NativeKeys(path, …).pair({"status": "open", "score": 7, "id": "3"})
    → {"_et": {"S": "Task"}, "status": {"S": "open"}, "score": {"N": "7"}}

Nothing of it is written: a row has these attributes anyway. What passes here is what a query asks
and where a page goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from orm.codec import from_wire, value_size_bytes
from orm.config import SingleTableConfig
from orm.definitions.paths import KeyPath
from orm.errors import ConfigurationError, InvalidKeyError, KeyTooLargeError
from orm.expressions import Between, Comparison, Condition, Function, all_of
from orm.limits import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX
from orm.models.fields import Field, KeyPart
from orm.requests import AttributeValue, Item

if TYPE_CHECKING:
    from orm.models.plan import Question, Range

Values = Mapping[str, Any]
_EMPTY: Final = ({"S": ""}, {"B": b""})


class NativeKeys:
    """The keys of one native path in one table.

    Attributes:
        path: the path.
        parts: the fields that are its keys, HASH first.
        attributes: the same.
    """

    def __init__(
        self, path: KeyPath, config: SingleTableConfig, parts: Mapping[str, KeyPart]
    ) -> None:
        self.path = path
        self.parts, self.attributes = (*path.hash, *path.sort), frozenset(path.attributes)
        self._entity, self._parts = config.entity, parts

    @property
    def names(self) -> tuple[str, ...]:
        """All key attributes of the index."""
        return (self._entity, *self.parts)

    def wire(self, name: str, value: object) -> AttributeValue:
        """The value of a key attribute.

        Raises:
            InvalidKeyError: it is missing, empty, or of another type.
        """
        path = self._parts[name].path
        if value is None or value is msgspec.UNSET:
            raise InvalidKeyError(None, f"{path} is missing")
        wire = self._parts[name].wire(value)
        if wire in _EMPTY:
            raise InvalidKeyError(value, f"{path} is empty, which no key may be")
        return wire

    def pair(self, values: Values, shard: int = 0) -> Item:
        """All key attributes of a row. Raises as `wire`."""
        assert shard == 0, "a native path has one partition for each key"
        keys = {name: self.wire(name, values.get(name)) for name in self.parts}
        return {**self._named(), **keys}

    def check_sizes(self, item: Item) -> None:
        """Refuse a row that DynamoDB would refuse: its keys are longer than an index takes.

        Raises:
            KeyTooLargeError: names all attributes of that key.
        """
        if not item.keys() >= self.attributes:
            return  # does not stand in the index
        for names, most in (
            ((self._entity, *self.path.hash), PARTITION_KEY_BYTES_MAX),
            (self.path.sort, SORT_KEY_BYTES_MAX),
        ):
            size = sum(value_size_bytes(item[name]) for name in names)
            if size > most:
                raise KeyTooLargeError(", ".join(names), size, most)

    def _named(self) -> Item:
        entity = self.path.partition[0]
        assert isinstance(entity, str), "a native path begins with its entity"
        return {self._entity: {"S": entity}}

    def condition(self, question: Question, position: int) -> Condition:
        """What the keys must satisfy, `position` of the RANGE attributes being given.

        Raises:
            InvalidKeyError: as `wire`.
            ConfigurationError: what begins with a text is asked of something else.
        """
        given = (*self.path.hash, *self.path.sort[:position])
        equal = {**self._named(), **{name: self.wire(name, question.equal[name]) for name in given}}
        demands: list[Condition] = [Comparison(name, "=", wire) for name, wire in equal.items()]
        return all_of(*demands, *(self._ranged(question.range) if question.range else ()))

    def _ranged(self, asked: Range) -> Iterator[Condition]:
        if asked.beginning is not None:
            yield from self._begins(asked.field, asked.beginning)
            return
        low, high = (
            None if bound is None else self.wire(asked.field, bound)
            for bound in (asked.low, asked.high)
        )
        if low is not None and high is not None:
            yield Between(asked.field, low, high)
        elif low is not None:
            yield Comparison(asked.field, ">" if asked.open else ">=", low)
        elif high is not None:
            yield Comparison(asked.field, "<" if asked.open else "<=", high)

    def _begins(self, name: str, text: str) -> Iterator[Condition]:
        if self._parts[name].kind is not str:
            reason = "is no text, which alone begins with one"
            raise ConfigurationError(self._parts[name].path, reason)
        if text:  # every text begins with the empty one, which no key may be
            yield Function("begins_with", name, self.wire(name, text))


def check_value(field: Field, wire: AttributeValue) -> None:
    """Refuse what DynamoDB would refuse of a key attribute, in rows of any entity.

    Raises:
        InvalidKeyError: it is empty; or None, of a field in which absent is not read as None.
    """
    if "NULL" in wire or wire in _EMPTY:
        reason = "must have a value, or None for its default" if "NULL" in wire else "is empty"
        raise InvalidKeyError(from_wire(wire), f"{field.path}, a key of a native index, {reason}")
