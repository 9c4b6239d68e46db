"""Made models: a definition from a mapping or a Stacks file as a model class.

An attribute that is declared without a type holds anything, except where it names another row,
stands in a key or is unique: it then holds what identifies that row, or else text.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from functools import partial
from typing import Any, Final, Literal, cast, get_args

import msgspec

from orm.definitions import AttributeDefinition, EntityDefinition, Unresolved
from orm.definitions.entity import Kind
from orm.errors import ConfigurationError
from orm.indexes import EntityPlan
from orm.models.fields import settled
from orm.records.attr import AttributeOptions
from orm.records.model import DynamoDBModel, RecordMeta
from orm.records.relating.relations import relation_of

_TYPES: Final[dict[Kind, Any]] = {
    "any": Any,
    "array": list[Any],
    "binary": bytes,
    "boolean": bool,
    "date": dt.date,
    "datetime": dt.datetime,
    "enum": Any,
    "float": float,
    "integer": int,
    "json": Any,
    "number": Decimal,
    "string": str,
    "timestamp": int,
}


class Blueprint(msgspec.Struct, frozen=True):
    """What a made class depends on: equal blueprints are one class.

    Args:
        definition: what is declared.
        types: the type of each attribute.
        own: the attributes of the row's own key.
    """

    definition: EntityDefinition
    types: dict[str, Any]
    own: frozenset[str]


def blueprint_of(definition: EntityDefinition, plan: EntityPlan) -> Blueprint:
    """What the class of a definition looks like, as planned."""
    keyed = {name for path in plan.paths for name in path.attributes}
    keyed |= {name for claim in plan.claims for name in claim.attributes}
    known = [found.name for found in definition.attributes]
    names = dict.fromkeys((*plan.identity, *known, *plan.implied, *sorted(keyed)))
    own = frozenset((*plan.key.hash, *plan.key.sort))
    types = {
        name: _type(
            _attribute(definition, name),
            plan.pointing.get(name),
            keyed=name in keyed,
            own=name in own,
        )
        for name in names
    }
    return Blueprint(definition, types, own)


def model_of(blueprint: Blueprint) -> type[DynamoDBModel]:
    """A model class whose rows are as defined and as planned."""
    definition = blueprint.definition
    namespace: dict[str, Any] = {
        "__annotations__": dict(blueprint.types),
        "__module__": __name__,
        "__doc__": f"{definition.name}, as declared{_where(definition)}.",
    }
    namespace |= {
        name: _options(_attribute(definition, name), kind, blueprint.own)
        for name, kind in blueprint.types.items()
    }
    namespace |= {
        relation.name: relation_of(relation.kind)(relation.kind, relation.model or None)
        for relation in definition.relations
        if relation.name not in blueprint.types
    }
    made = RecordMeta(
        definition.name, (DynamoDBModel,), namespace, primary_key=definition.primary_key
    )
    return cast("type[DynamoDBModel]", made)


def is_made(model: type[DynamoDBModel]) -> bool:
    """Whether a class was made of a definition, and is declared by that."""
    return model.__module__ == __name__


def _where(definition: EntityDefinition) -> str:
    return f" in {definition.source}" if definition.source else ""


def _attribute(definition: EntityDefinition, name: str) -> AttributeDefinition:
    """What is declared of an attribute; of one that is implied, that it may be missing."""
    found = definition.attribute(name)
    return found or AttributeDefinition(name=name, declared=name, fillable=True, nullable=True)


def _type(attribute: AttributeDefinition, pointing: Kind | None, *, keyed: bool, own: bool) -> Any:
    declared = _TYPES[pointing or attribute.kind]
    if declared is Any and keyed:
        declared = _keyed_type(attribute)
    return declared if own else declared | None


def _keyed_type(attribute: AttributeDefinition) -> Any:
    kinds = {type(choice) for choice in attribute.choices}
    if len(kinds) > 1:
        named = " and ".join(sorted(kind.__name__ for kind in kinds))
        raise ConfigurationError(
            attribute.declared,
            f"stands in a key, and its choices are {named}, which have no order among them",
            "make the choices of one type, or leave it out of the index",
        )
    return Literal[attribute.choices] if kinds else str


def _options(
    attribute: AttributeDefinition, declared: Any, own: Collection[str]
) -> AttributeOptions:
    default = settled(attribute.default, _alone(declared))
    given: dict[str, Any] = {"hidden": attribute.hidden}
    if default is msgspec.UNSET or isinstance(default, Unresolved):
        if attribute.name not in own:
            given["default"] = None
    elif isinstance(default, dict | list):
        given["default_factory"] = partial(copy.deepcopy, default)
    else:
        given["default"] = default
    return AttributeOptions(**given)


def _alone(declared: Any) -> Any:
    """`T` of `T | None`."""
    others = [one for one in get_args(declared) if one is not type(None)]
    return others[0] if len(others) == 1 else declared
