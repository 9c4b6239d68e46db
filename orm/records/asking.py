"""Asking: what the rules `unique` and `exists` want to know of the rows of a connection.

What is unique among the rows of its own model the claims decide, when a row is saved; of another
model's the rule has to ask. A model is named by its name or by that of its SQL table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from orm.definitions import EntityDefinition
from orm.definitions.entity import AttributeDefinition, RuleCall
from orm.definitions.names import plural, snake_case
from orm.errors import ConfigurationError, InvalidKeyError, KeyTooLargeError, UnsupportedValueError
from orm.records.queries.terms import Terms
from orm.validation import RULES
from orm.validation.lookups import KEY

if TYPE_CHECKING:
    from orm.records.repository import Repository

_NO_VALUE: Final = (InvalidKeyError, KeyTooLargeError, UnsupportedValueError)


def has_row(repository: Repository[Any], said: str, value: Any, but_not: Any = None) -> bool:
    """Whether a row other than the one with the key `but_not` has this value. None has one that its
    attribute cannot hold, or no key.

    Raises:
        ConfigurationError: it has no attribute of this name, or none to be asked by.
    """
    name = _attribute(repository, said)
    try:
        asked = repository.unscoped().where(**{name: value})
    except ConfigurationError:  # a value of another type
        return False
    try:
        found = asked.limit(2).all()
    except _NO_VALUE:
        return False
    key = repository.plan.identity[0]
    return any(getattr(row, key) != but_not for row in found)


def _attribute(repository: Repository[Any], said: str) -> str:
    """The attribute that is meant: stored so, declared so, or as `id` the primary key."""
    fields, identity = repository.layout.fields, repository.plan.identity
    if said in fields:
        return said
    declared = (one.name for one in repository.definition.attributes if one.declared == said)
    name = next(declared, identity[0] if said == KEY and len(identity) == 1 else said)
    return Terms(repository).name(name)


def is_named(definition: EntityDefinition, said: str) -> bool:
    """Whether this is the model's name, or that of its table."""
    name = definition.name
    return said in (name, definition.table or plural(snake_case(name)))


def without_claims(definition: EntityDefinition) -> EntityDefinition:
    """The definition without the rules that the claims of its own rows see to."""
    attributes = tuple(_without(definition, one) for one in definition.attributes)
    return msgspec.structs.replace(definition, attributes=attributes)


def _without(definition: EntityDefinition, attribute: AttributeDefinition) -> AttributeDefinition:
    rules = tuple(one for one in attribute.rules if not _is_claim(definition, attribute, one))
    return msgspec.structs.replace(attribute, rules=rules)


def _is_claim(definition: EntityDefinition, attribute: AttributeDefinition, call: RuleCall) -> bool:
    if RULES.canonical(call.name) != "unique":
        return False
    model, column = (*call.arguments, *(definition.name, attribute.name)[len(call.arguments) :])[:2]
    return is_named(definition, str(model)) and column in (attribute.name, attribute.declared)
