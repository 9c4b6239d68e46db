"""Declaring: a plain mapping, or a Stacks model file's, becomes an `EntityDefinition`.

    define({"name": "User", "attributes": {"email": {"fillable": True, "unique": True}},
            "hasMany": ["Post"], "traits": {"useTimestamps": True}})

Names may be in camelCase or snake_case. What is not known here is kept in `others`; what is nearly
a known name is refused, since it is a misspelling. `Unresolved` values may stand anywhere; they are
gathered in `unresolved`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from orm.definitions.attributes import ReadAttribute, read_attributes
from orm.definitions.entity import (
    AttributeDefinition,
    EntityDefinition,
    KeyTemplate,
    RelationDefinition,
    Traits,
    Unresolved,
)
from orm.definitions.errors import DefinitionError, Path
from orm.definitions.implied import with_implied
from orm.definitions.indexes import read_entries, read_index, read_pattern
from orm.definitions.kinds import kind_of
from orm.definitions.names import plural, snake_case
from orm.definitions.relations import KINDS, ReadRelation, read_relations
from orm.definitions.section import Section, describe, settled
from orm.definitions.source import Source
from orm.definitions.templates import read_keys
from orm.definitions.traits import ALIASES, read_traits

OTHERS: Final = [
    "authed_fill",
    "casts",
    "dashboard",
    "description",
    "hooks",
    "observe",
    "ownership",
    "scopes",
]
"""Names of the top level that are known and kept as they are, for what later reads them."""

KNOWN: Final = frozenset(
    [
        *KINDS,
        *OTHERS,
        *[
            "access_patterns",
            "attributes",
            "auto_increment",
            "dynamodb",
            "get",
            "getters",
            "indexes",
            "keys",
            "name",
        ],
        *["patterns", "primary_key", "set", "setters", "table", "traits"],
    ]
)


def define(mapping: Mapping[str, Any], *, file: str = "") -> EntityDefinition:
    """The definition that a mapping declares.

    Args:
        mapping: what `register_model({...})` is given, or a parser made of a file.
        file: where it stands, for errors and `source`.

    Raises:
        DefinitionError: it cannot be meant so; names the place and, for a misspelling, the name.
    """
    try:
        return _Declaration(mapping, file).definition()
    except DefinitionError as error:
        if not file:
            raise
        raise DefinitionError(error.model, error.path, error.reason, error.hint, file) from error


class _Declaration:
    """One model's declaration while it is read."""

    def __init__(self, mapping: Mapping[str, Any], file: str) -> None:
        self.mapping, self.file = mapping, file
        said = mapping.get("name", "") if isinstance(mapping, Mapping) else ""
        section = Section(mapping, said if isinstance(said, str) else "")
        self.name = self._name(section)
        self.section = Section(mapping, self.name)
        self.section.take("name")
        self.others: dict[str, Any] = {}
        self.unresolved = list(unresolved_in(mapping))

    def _name(self, section: Section) -> str:
        value = section.take("name", default=None)
        if isinstance(value, str) and value.isidentifier():
            return value
        hint = "write name: 'User'"
        if value is None:
            raise section.refuse("has no name", hint)
        reason = f"is {describe(value)}, not the name of a model"
        raise section.refuse(reason, hint, section.spelling["name"])

    def definition(self) -> EntityDefinition:
        section = self.section
        table = section.text("table")
        read = self._attributes()
        relations = self._relations(frozenset(read))
        self._key_matters("traits")
        traits = read_traits(section.section("traits"))
        keys = self._keys()
        indexes = [self._index(one, table) for one in read_entries(section, "indexes")]
        patterns = read_entries(section, "patterns", "access_patterns")
        definition = EntityDefinition(
            name=self.name,
            table=table,
            primary_key=self._primary_key(),
            auto_increment=bool(section.flag("auto_increment")),
            attributes=with_implied((one.definition for one in read.values()), relations, traits),
            relations=tuple(relations),
            indexes=tuple(indexes),
            patterns=tuple(read_pattern(one) for one in patterns),
            traits=traits,
            keys=keys,
            getters=self._sources("get", "getters"),
            setters=self._sources("set", "setters"),
            source=self.file,
        )
        return self._finish(definition)

    def _finish(self, definition: EntityDefinition) -> EntityDefinition:
        """Casts by attribute, and everything that nobody took."""
        casts = self._casts({one.name for one in definition.attributes})
        rest = self.section.rest(KNOWN)
        return msgspec.structs.replace(
            definition,
            attributes=tuple(_cast(one, casts) for one in definition.attributes),
            others={**rest, **self.others},
            unresolved=tuple(dict.fromkeys(self.unresolved)),
        )

    def _attributes(self) -> dict[str, ReadAttribute]:
        self._key_matters("attributes")
        read = read_attributes(self.section.section("attributes"))
        if others := {name: one.others for name, one in read.items() if one.others}:
            self.others["attributes"] = others
        return read

    def _relations(self, declared: frozenset[str]) -> list[RelationDefinition]:
        read: list[ReadRelation] = read_relations(self.section, declared)
        if others := {one.definition.name: one.others for one in read if one.others}:
            self.others["relations"] = others
        return [one.definition for one in read]

    def _primary_key(self) -> tuple[str, ...]:
        self._key_matters("primary_key")
        if "primary_key" not in self.section.spelling:
            return ("id",)
        spelled = self.section.spelling["primary_key"]
        names = tuple(snake_case(one) for one in self.section.texts("primary_key"))
        if not names or len(set(names)) < len(names) or not all(names):
            reason = "names no attribute, or one twice"
            raise self.section.refuse(reason, "write primaryKey: 'id'", spelled)
        return names

    def _key_matters(self, name: str) -> None:
        """Refuse a value that is unknown where every key depends on it."""
        spelled = self.section.spelling.get(name, "")
        value = self.mapping.get(spelled) if spelled else None
        inside = value if isinstance(value, list | tuple) else ()
        for one in (value, *inside):
            if isinstance(one, Unresolved | Source):
                reason = f"is {describe(one)}, which is not known without running it"
                raise self.section.refuse(reason, "write it out", spelled)

    def _keys(self) -> dict[str, KeyTemplate]:
        name = "keys" if "keys" in self.section.spelling else "dynamodb"
        keys, others = read_keys(self.section.section("keys", "dynamodb"))
        if others:
            self.others[name] = settled(others)
        return keys

    def _index(self, section: Section, table: str) -> Any:
        index, unresolved = read_index(section, table or plural(snake_case(self.name)))
        self.unresolved += [msgspec.structs.replace(one, file=self.file) for one in unresolved]
        return index

    def _sources(self, *names: str) -> dict[str, str]:
        section = self.section.section(*names)
        found: dict[str, str] = {}
        for spelled, value in section.items():
            if isinstance(value, Source | Unresolved):
                found[snake_case(spelled)] = value.text
            elif isinstance(value, str):
                found[snake_case(spelled)] = value
            else:
                reason = f"is {describe(value)}; a definition holds the source of a function"
                raise section.refuse(reason, "declare it on a model class", spelled)
        return found

    def _casts(self, names: set[str]) -> dict[str, str]:
        """Casts of the top level; those of no attribute are kept with the others."""
        section = self.section.section("casts")
        casts: dict[str, str] = {}
        left: dict[str, Any] = {}
        for spelled, value in section.items():
            if snake_case(spelled) in names and isinstance(value, str):
                casts[snake_case(spelled)] = value
            else:
                left[spelled] = settled(value)
        if left:
            self.others["casts"] = left
        return casts


def _cast(attribute: AttributeDefinition, casts: Mapping[str, str]) -> AttributeDefinition:
    cast = casts.get(attribute.name)
    if cast is None or attribute.cast is not None:
        return attribute
    kind = attribute.kind
    if kind == "any" or not attribute.rules:
        kind = kind_of(attribute.rules, cast, None)
    encrypted = attribute.encrypted or cast == "encrypted"
    return msgspec.structs.replace(attribute, cast=cast, kind=kind, encrypted=encrypted)


def unresolved_in(value: Any, path: Path = ()) -> Iterator[Unresolved]:
    """Every value in a tree that could not be known, in order.

    A function counts where a value is expected: everywhere but in a factory, a getter, a setter, a
    scope, a hook or a key.
    """
    if isinstance(value, Unresolved):
        yield value
    elif isinstance(value, Source):
        if not _may_be_function(path):
            yield value.unresolved()
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from unresolved_in(one, (*path, snake_case(str(key))))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from unresolved_in(one, path)


_FUNCTIONS: Final = frozenset(["get", "getters", "set", "setters", "scopes", "hooks", "dashboard"])


def _may_be_function(path: Path) -> bool:
    return bool(path) and (path[0] in _FUNCTIONS or path[-1] == "factory")


def extend(base: EntityDefinition, extra: Mapping[str, Any], *, file: str = "") -> EntityDefinition:
    """The definition of a model that extends another.

    Attributes, relations, indexes, patterns, keys, getters and setters of both are there; of two
    with one name the extension's holds, in the place of the base's. What the extension does not
    say is as in the base.

    Raises:
        DefinitionError: the extension cannot be meant so.
    """
    own = define({"name": base.name, **extra} if "name" not in extra else extra, file=file)
    said = {snake_case(str(key)) for key in extra}
    traits = _joined_traits(base.traits, own.traits, extra)
    relations = _union(base.relations, own.relations, "name")
    declared = _declared(own, extra)
    attributes = _union(base.attributes, declared, "name")
    return msgspec.structs.replace(
        base,
        name=own.name,
        table=own.table or base.table,
        primary_key=own.primary_key if "primary_key" in said else base.primary_key,
        auto_increment=own.auto_increment if "auto_increment" in said else base.auto_increment,
        attributes=with_implied(attributes, relations, traits),
        relations=relations,
        indexes=_union(base.indexes, own.indexes, "name"),
        patterns=_union(base.patterns, own.patterns, "name"),
        traits=traits,
        keys={**base.keys, **own.keys},
        getters={**base.getters, **own.getters},
        setters={**base.setters, **own.setters},
        others=_joined(base.others, own.others),
        source=own.source or base.source,
        unresolved=tuple(dict.fromkeys((*base.unresolved, *own.unresolved))),
    )


def _declared(own: EntityDefinition, extra: Mapping[str, Any]) -> tuple[AttributeDefinition, ...]:
    """The attributes that an extension declares, without those that it implies."""
    section = Section(extra).section("attributes")
    names = {snake_case(name) for name, _ in section.items()}
    return tuple(one for one in own.attributes if one.name in names)


def _union(base: tuple[Any, ...], extra: tuple[Any, ...], by: str) -> tuple[Any, ...]:
    found = {getattr(one, by): one for one in base}
    found.update({getattr(one, by): one for one in extra})
    return tuple(found.values())


def _joined(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings of one name are joined, anything else is replaced."""
    found = dict(base)
    for name, value in extra.items():
        both = isinstance(value, Mapping) and isinstance(found.get(name), Mapping)
        found[name] = _joined(found[name], value) if both else value
    return found


_OWN_TRAITS: Final = {
    "use_timestamps": "timestamps",
    "use_soft_deletes": "soft_deletes",
    "use_uuid": "uuid",
    "use_ttl": "ttl",
    "use_version": "version",
}


def _joined_traits(base: Traits, own: Traits, extra: Mapping[str, Any]) -> Traits:
    """What the extension says of a trait holds, also that it is off."""
    said = Section(extra).section("traits")
    names = {ALIASES.get(snake_case(name), snake_case(name)): value for name, value in said.items()}
    fields = {
        field: getattr(own if trait in names else base, field)
        for trait, field in _OWN_TRAITS.items()
    }
    others = {n: v for n, v in base.others.items() if names.get(n) is not False}
    return Traits(others={**others, **own.others}, **fields)
