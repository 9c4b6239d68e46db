"""Implied attributes: those that relations and traits bring, each added once.

A foreign key may be filled, since a row could not be made with it otherwise; what traits bring is
written by the ORM and may not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orm.definitions.entity import AttributeDefinition, RelationDefinition, RuleCall, Traits


def with_implied(
    declared: Iterable[AttributeDefinition],
    relations: Iterable[RelationDefinition],
    traits: Traits,
) -> tuple[AttributeDefinition, ...]:
    """The declared attributes and then the implied ones that are not among them."""
    found = {attribute.name: attribute for attribute in declared}
    for relation in relations:
        for attribute in _of_relation(relation):
            found.setdefault(attribute.name, attribute)
    for attribute in _of_traits(traits):
        found.setdefault(attribute.name, attribute)
    return tuple(found.values())


def _of_relation(relation: RelationDefinition) -> Iterator[AttributeDefinition]:
    names: tuple[str, ...] = ()
    if relation.kind == "belongs_to":
        names = (relation.foreign_key,)
    elif relation.kind == "morph_to":
        names = (relation.type_column, relation.id_column)
    for name in names:
        yield AttributeDefinition(name=name, declared=name, fillable=True, nullable=True)


def _of_traits(traits: Traits) -> Iterator[AttributeDefinition]:
    if traits.uuid:
        rules = (RuleCall("uuid"),)
        yield AttributeDefinition(
            name=traits.uuid, declared=traits.uuid, kind="string", rules=rules
        )
    for name in traits.timestamps or ():
        yield AttributeDefinition(name=name, declared=name, kind="datetime")
    if deleted := traits.soft_deletes:
        yield AttributeDefinition(name=deleted, declared=deleted, kind="datetime", nullable=True)
    if expires := traits.ttl:
        yield AttributeDefinition(name=expires, declared=expires, kind="timestamp", nullable=True)
    if version := traits.version:
        yield AttributeDefinition(name=version, declared=version, kind="integer")
