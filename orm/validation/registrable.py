"""Registrable: what a definition may not say, since no row of it could be kept as it says.

A file that says so can still be read; its model cannot be registered.
"""

from __future__ import annotations

from collections.abc import Iterator

from orm.definitions import DefinitionError, EntityDefinition
from orm.definitions.entity import AttributeDefinition
from orm.validation.validator import Validator


def check_registrable(definition: EntityDefinition, validator: Validator) -> None:
    """Refuse what cannot be kept.

    Raises:
        DefinitionError: an attribute is to be encrypted, has the name of a relation or a default
            that breaks its own rules, or is confirmed by what is no attribute.
    """
    for error in _faults(definition, validator):
        raise error


def _faults(definition: EntityDefinition, validator: Validator) -> Iterator[DefinitionError]:
    names = {one.name for one in definition.attributes}
    for relation in definition.relations:
        if relation.name in names:
            reason = "is an attribute and a relation, so that one would hide the other"
            yield _error(definition, relation.name, reason, "give one of them another name")
    for one in definition.attributes:
        if one.encrypted:
            reason = "is declared encrypted, which is not built yet: it would be stored in clear"
            hint = "encrypt the value before it is set, and declare it hidden"
            yield _error(definition, one.declared or one.name, reason, hint)
        yield from _unconfirmed(definition, one, names)
    for name, failures in validator.check_defaults().items():
        reason = f"has a default that its own rules refuse: {failures[0].message}"
        yield _error(definition, name, reason, "change the default or the rule")


def _unconfirmed(
    definition: EntityDefinition, one: AttributeDefinition, names: set[str]
) -> Iterator[DefinitionError]:
    usual = f"{one.name}_confirmation"
    if usual not in names and any(r.name == "confirmed" and not r.arguments for r in one.rules):
        reason = f"is to be confirmed by {usual}, which is no attribute: no row could be saved"
        hint = "name an attribute, confirmed:…, or confirm it where the form is read"
        yield _error(definition, one.declared or one.name, reason, hint)


def _error(definition: EntityDefinition, name: str, reason: str, hint: str) -> DefinitionError:
    return DefinitionError(definition.name, (name,), reason, hint, definition.source)
