"""Native types: the type of a key attribute holds in the whole table.

A row of any entity whose attribute of that name is of another type, empty or NULL would be refused
by DynamoDB, whether it is to stand in the index or not. So all entities have to store it alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orm.indexes.entity import EntityPlan
from orm.indexes.errors import NativeTypeError
from orm.indexes.facts import Facts
from orm.indexes.native import stored_as


def native_types(facts: Mapping[str, Facts], plans: Sequence[EntityPlan]) -> dict[str, str]:
    """The key attributes of all native indexes, and how they are stored.

    Raises:
        NativeTypeError: rows of another entity store one of them differently.
    """
    owners: dict[str, str] = {}
    for plan in plans:
        names = [name for path in plan.indexes if path.native for name in path.attributes]
        owners = dict.fromkeys(names, plan.entity) | owners
    keyed = {plan.entity: _keyed(plan) for plan in plans}
    types = {name: stored_as(facts[entity], name, keyed=True) for name, entity in owners.items()}
    for name, owner in owners.items():
        for other in facts.values():
            if name in other.names or name in keyed[other.name]:
                there = stored_as(other, name, keyed=name in keyed[other.name])
                if there != types[name] or not there:
                    said = f"stores it as {there or other.kind(name)}"
                    raise NativeTypeError(name, owner, types[name] or "none", other.name, said)
    return types


def _keyed(plan: EntityPlan) -> frozenset[str]:
    """The attributes that stand in keys of an entity's rows or claims."""
    paths = [name for path in plan.paths for name in path.attributes]
    claims = [name for claim in plan.claims for name in claim.attributes]
    return frozenset((*plan.identity, *paths, *claims))
