"""Declared models: a class as an `EntityDefinition`, by the same way as a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from orm.definitions import EntityDefinition, define
from orm.definitions.entity import AttributeDefinition, Kind, RuleCall
from orm.definitions.rules import read_rules
from orm.records.attr import AttributeOptions
from orm.records.model import DynamoDBModel
from orm.records.relating.relations import declared
from orm.validation import RULES
from orm.validation.python_types import rules_of

_NOTHING_SAID: Final = AttributeOptions()
_OF_ANY_KIND: Final = frozenset(
    {"exists", "immutable", "nullable", "required", "required_if", "required_with", "unique"}
)


def definition_of(model: type[DynamoDBModel]) -> EntityDefinition:
    """What the class says of its rows.

    Raises:
        DefinitionError: it cannot be meant so.
    """
    said = model.__declaration__
    infos = msgspec.structs.fields(model)
    mapping = {
        "name": model.__name__,
        "primary_key": list(said.primary_key),
        "attributes": {
            info.name: _attribute(info, said.options.get(info.name, _NOTHING_SAID))
            for info in infos
        },
        "traits": dict.fromkeys(said.traits, True),
        "keys": dict(said.keys),
        **declared(said.relations.values()),
    }
    definition = define(mapping)
    return msgspec.structs.replace(definition, patterns=said.patterns, indexes=said.indexes)


def as_pointing(definition: EntityDefinition, pointing: Mapping[str, Kind]) -> EntityDefinition:
    """The definition, its attributes that point at rows of the kinds that these turned out to be:
    of one that was declared of another kind no rule stays that speaks of its values."""
    return msgspec.structs.replace(
        definition,
        attributes=tuple(
            _of_kind(one, pointing.get(one.name, one.kind)) for one in definition.attributes
        ),
    )


def _of_kind(attribute: AttributeDefinition, kind: Kind) -> AttributeDefinition:
    if kind == attribute.kind or attribute.kind == "any":
        return attribute
    rules = tuple(rule for rule in attribute.rules if RULES.canonical(rule.name) in _OF_ANY_KIND)
    return msgspec.structs.replace(attribute, kind=kind, rules=rules)


def _attribute(info: msgspec.structs.FieldInfo, said: AttributeOptions) -> dict[str, Any]:
    rules = [*rules_of(info.type), *read_rules(said.rules)]
    if said.immutable:
        rules.append(RuleCall("immutable"))
    found: dict[str, Any] = {
        "rules": rules,
        # what a factory makes is there in every row, as if it had to be given
        "required": True if info.default is msgspec.NODEFAULT else None,
        "nullable": any(rule.name == "nullable" for rule in rules),
        "unique": said.unique,
        "casefold": said.casefold,
        "fillable": said.fillable,
        "guarded": not said.fillable,
        "hidden": said.hidden,
        "message": dict(said.messages),
        "comment": said.comment,
    }
    if info.default is not msgspec.NODEFAULT and info.default is not None:
        found["default"] = info.default
    return found
