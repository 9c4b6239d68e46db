"""Facts: what the planner must know of an entity's attributes.

Three questions decide where an attribute may stand. *Present*: may a row lack it? A row stands in
an index only while every part of its key has a value, so an attribute that may be missing makes the
index sparse. *Immutable*: may it change? A row's own key cannot. *Keyable*: has it one plain value?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from orm.definitions import AttributeDefinition, EntityDefinition, Kind, Reference, Unresolved
from orm.indexes.errors import UnkeyableAttributeError, UnknownAttributeError
from orm.indexes.guarding import in_time

DEFAULT_KEY: Final = "id"
"""The one attribute that is known without being declared, as the primary key or a part of it."""

IMMUTABLE_RULE: Final = "immutable"
_FEW_VALUES: Final = frozenset({"boolean", "enum"})
_COMPARED: Final[dict[Kind, tuple[tuple[type, ...], str]]] = {
    "binary": ((type(None),), "None, for bytes stand in no guard"),
    "boolean": ((bool,), "True or False"),
    "date": ((str,), "a date, as 2024-02-29"),
    "datetime": ((str,), "a date and time with a time zone, as 2024-02-29T12:00:00Z"),
    "float": ((int, float), "a number"),
    "integer": ((int,), "a whole number"),
    "number": ((int, float), "a number"),
    "string": ((str,), "a text"),
    "timestamp": ((int,), "a whole number of seconds"),
}
"""What values of a kind are equal to."""

_NO_KEY: Final = {"array": "holds a list", "json": "holds a tree"}


class Facts:
    """What is known of one entity.

    Attributes:
        definition: the entity.
        implied: attributes that a relation needs and the entity does not declare.
        pointing: attributes that name another entity's row → the kind of its key, and so theirs.
    """

    def __init__(self, definition: EntityDefinition) -> None:
        self.definition, self.name = definition, definition.name
        self.implied: dict[str, None] = {}
        self.pointing: dict[str, Kind] = {}
        self._attributes = {found.name: found for found in definition.attributes}
        self._traits = _trait_kinds(definition)
        self._key_fields = _given_key_fields(definition)

    @property
    def names(self) -> tuple[str, ...]:
        """Every attribute that there is, in the order of the definition."""
        key = (DEFAULT_KEY,) if DEFAULT_KEY in self.primary_key and self.has_primary_key else ()
        own = (*self._attributes, *key, *self._traits, *self.implied)
        return tuple(dict.fromkeys(own))

    @property
    def primary_key(self) -> tuple[str, ...]:
        return self.definition.primary_key

    @property
    def has_primary_key(self) -> bool:
        """Whether the primary key is one of attributes, and not just the default name of one.

        An entity whose row key is given explicitly may do without.
        """
        known = (*self._attributes, *self._key_fields)
        return not self._key_fields or all(name in known for name in self.primary_key)

    @property
    def identity(self) -> tuple[str, ...]:
        """The attributes by which a row is told from all others."""
        return self.primary_key if self.has_primary_key else self._key_fields

    @property
    def telling_apart(self) -> Iterator[tuple[str, ...]]:
        """The sets of attributes of which no two rows have the same values."""
        yield self.identity
        for found in self._attributes.values():
            if found.unique:
                yield (found.name,)
        for index in self.definition.indexes:
            if index.unique and not index.where:
                yield index.columns

    @property
    def soft_deletes(self) -> str | None:
        return self.definition.traits.soft_deletes

    @property
    def created_at(self) -> str | None:
        """The attribute that says when a row was made."""
        timestamps = self.definition.traits.timestamps
        return timestamps[0] if timestamps else None

    def attribute(self, name: str) -> AttributeDefinition | None:
        return self._attributes.get(name)

    def kind(self, name: str) -> Kind:
        """What the attribute holds; `any` where nothing says."""
        found = self._attributes.get(name)
        own = found.kind if found else self._traits.get(name, "any")
        return self.pointing.get(name, own)

    def not_of_kind(self, name: str, value: object) -> str:
        """What an attribute can be, where that is not this value; empty where it can be it."""
        found = self._attributes.get(name)
        if found is not None and found.choices and value not in found.choices:
            return " or ".join(map(repr, found.choices))
        kind = self.kind(name)
        types, possible = _COMPARED.get(kind, ((), ""))
        same = isinstance(value, types) and isinstance(value, bool) == (kind == "boolean")
        if kind in ("date", "datetime") and isinstance(value, str):
            same = in_time(value, kind) is not None
        return possible if types and not same else ""

    def point(self, name: str, kind: Kind) -> None:
        """Take an attribute for one of this kind, unless it says another."""
        if self.kind(name) == "any":
            self.pointing[name] = kind

    def imply(self, name: str) -> bool:
        """Take an attribute for declared; whether it was not."""
        if name in self.names:
            return False
        self.implied[name] = None
        return True

    def present(self, name: str) -> bool:
        """Whether every row has a value in it."""
        if name in self._key_fields or name in self.primary_key:
            return True
        if name in (self.definition.traits.timestamps or ()):
            return True
        found = self._attributes.get(name)
        return found is not None and not found.nullable and (found.required or _has_default(found))

    def immutable(self, name: str) -> bool:
        """Whether it is declared never to change."""
        if name in self._key_fields or name in self.primary_key or name == self.created_at:
            return True
        found = self._attributes.get(name)
        return found is not None and any(rule.name == IMMUTABLE_RULE for rule in found.rules)

    def has_few_values(self, name: str) -> bool:
        """Whether so few values are possible that rows heap up under each."""
        return self.kind(name) in _FEW_VALUES

    def check(self, place: str, names: Iterable[str], *, keyed: bool = True) -> None:
        """Refuse attributes that there are not, or that no key can carry.

        Args:
            place: what names them, for the error: `pattern 'open'`.
            names: the attributes.
            keyed: whether they are to stand in a key.

        Raises:
            UnknownAttributeError: the entity has none of this name.
            UnkeyableAttributeError: it holds a list, a tree or a ciphertext.
        """
        for name in names:
            if name not in self.names:
                raise UnknownAttributeError(self.name, place, name, self.names)
            if keyed and (why := self._why_no_key(name)):
                raise UnkeyableAttributeError(self.name, place, name, why)

    def _why_no_key(self, name: str) -> str:
        found = self._attributes.get(name)
        if found is not None and found.encrypted:
            return "is stored encrypted"
        return _NO_KEY.get(self.kind(name), "")


def _has_default(attribute: AttributeDefinition) -> bool:
    """Whether a row has a value without being given one; what could not be read gives none."""
    return not isinstance(attribute.default, Unresolved | None | msgspec.UnsetType)


def _trait_kinds(definition: EntityDefinition) -> dict[str, Kind]:
    traits = definition.traits
    kinds: dict[str, Kind] = dict.fromkeys(traits.timestamps or (), "datetime")
    if traits.soft_deletes:
        kinds[traits.soft_deletes] = "datetime"
    if traits.uuid:
        kinds[traits.uuid] = "string"
    if traits.ttl:
        kinds[traits.ttl] = "timestamp"
    if traits.version:
        kinds[traits.version] = "integer"
    return kinds


def _given_key_fields(definition: EntityDefinition) -> tuple[str, ...]:
    """The attributes of an explicit row key: every row has them, and they never change."""
    parts = (*definition.keys.get("pk", ()), *definition.keys.get("sk", ()))
    names = [part.attribute for part in parts if isinstance(part, Reference)]
    return tuple(dict.fromkeys(names))
