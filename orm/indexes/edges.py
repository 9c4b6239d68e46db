"""Edges: the entities that stand between two that have many of each other.

An edge's rows are keyed by both ids, and by the type column where the relation is polymorphic, so a
pair can be attached once only. Both sides may declare the relation; their edges are merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from orm.definitions import (
    AttributeDefinition,
    EntityDefinition,
    IndexDefinition,
    PivotDefinition,
    RelationDefinition,
    Traits,
)
from orm.definitions.implied import with_implied
from orm.definitions.names import foreign_key, pascal_case, snake_case
from orm.indexes.errors import EdgeMismatchError, KeyTemplateError
from orm.indexes.facts import Facts
from orm.indexes.patterns import Expansion

MANY_TO_MANY: Final = ("belongs_to_many", "morph_to_many", "morphed_by_many")
_TIMESTAMPS: Final = ("created_at", "updated_at")


class EdgeSide(msgspec.Struct, frozen=True):
    """One relation, as its edge sees it.

    Args:
        edge: the edge's entity.
        own: the attribute that holds this side's id.
        far: the attribute that holds the related entity's id.
        constants: the attributes that are the same in all edges of the relation: the type of a
            polymorphic one, and what its pivot says.
    """

    edge: str
    own: str
    far: str
    constants: dict[str, Any]

    @property
    def typed(self) -> tuple[str, ...]:
        """The attributes that hold a type or another constant."""
        return tuple(self.constants)

    @property
    def near(self) -> tuple[str, ...]:
        """The attributes that hold what this side knows."""
        return (*self.typed, self.own)

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies an edge: types first, then the ids."""
        return tuple(dict.fromkeys((*self.typed, *self.near, self.far)))


def side_of(owner: str, relation: RelationDefinition) -> EdgeSide:
    """How a relation of `owner` lies on its edge, with the names that are not given.

    Raises:
        KeyTemplateError: both sides would be one attribute.
    """
    near = relation.foreign_key or foreign_key(owner)
    far = relation.related_key or foreign_key(relation.model)
    if near == far and not relation.related_key:
        far = f"related_{far}"  # an entity that has many of itself
    if near == far:
        raise KeyTemplateError(
            edge_name(owner, relation),
            "related_key",
            f"{owner}.{relation.name} names {far!r} for both sides of the edge",
            "give foreign_key and related_key two names",
        )
    typed: dict[str, Any] = {}
    if relation.kind in ("morph_to_many", "morphed_by_many"):
        morph = relation.morph_name or snake_case(relation.name)
        is_typed = relation.kind == "morph_to_many"
        typed = {relation.type_column or f"{morph}_type": owner if is_typed else relation.model}
        typed_id = relation.id_column or f"{morph}_id"
        near, far = (typed_id, far) if is_typed else (near, typed_id)
    constants = relation.pivot.constants if relation.pivot else {}
    return EdgeSide(edge_name(owner, relation), near, far, {**typed, **constants, **typed})


def edge_name(owner: str, relation: RelationDefinition) -> str:
    """The edge's entity: as given, else after the morph, else both names in order (`PostTag`)."""
    if relation.pivot and relation.pivot.entity:
        return relation.pivot.entity
    if relation.kind != "belongs_to_many":
        morph = relation.morph_name or snake_case(relation.name)
        return pascal_case(morph)
    return "".join(sorted((owner, relation.model)))


def add_edges(expansion: Expansion, declared: frozenset[str]) -> None:
    """Make the edges that no definition declares.

    Raises:
        EdgeMismatchError: two relations key one edge differently.
    """
    first: dict[str, tuple[str, EdgeSide]] = {}
    for owner in [expansion.facts[name] for name in sorted(declared)]:
        for relation in owner.definition.relations:
            if relation.kind in MANY_TO_MANY and relation.model in declared:
                _merge(expansion, declared, first, owner.name, relation)


def _merge(
    expansion: Expansion,
    declared: frozenset[str],
    first: dict[str, tuple[str, EdgeSide]],
    owner: str,
    relation: RelationDefinition,
) -> None:
    side, label = side_of(owner, relation), f"{owner}.{relation.name}"
    if side.edge in declared:
        _keep_single(expansion, side)
        return
    known_label, known = first.setdefault(side.edge, (label, side))
    if set(known.key) != set(side.key):
        keys = (", ".join(known.key), ", ".join(side.key))
        raise EdgeMismatchError(side.edge, known_label, label, keys)
    before = expansion.facts.get(side.edge)
    definition = _edge(known, relation.pivot, before.definition if before else None)
    if before is None:
        expansion.edges.append(side.edge)
    expansion.facts[side.edge] = Facts(definition)


def _keep_single(expansion: Expansion, side: EdgeSide) -> None:
    """Let a pair be attached once, too, where the edge is a model with a key of its own."""
    facts = expansion.facts[side.edge]
    if set(facts.identity) == set(side.key) or not {*side.key} <= {*facts.names}:
        return
    alike = {frozenset(index.columns) for index in facts.definition.indexes if index.unique}
    if frozenset(side.key) not in alike:
        indexes = (*facts.definition.indexes, *_uniques(side.edge, [side.key]))
        expansion.facts[side.edge] = Facts(
            msgspec.structs.replace(facts.definition, indexes=indexes)
        )


def _edge(
    side: EdgeSide, pivot: PivotDefinition | None, before: EntityDefinition | None
) -> EntityDefinition:
    pivot = pivot or PivotDefinition(entity=side.edge)
    key = [AttributeDefinition(name=name, declared=name, required=True) for name in side.key]
    own = {found.name: found for found in (before.attributes if before else ())}
    for found in (*key, *pivot.columns):
        own.setdefault(found.name, found)
    timed = pivot.timestamps or bool(before and before.traits.timestamps)
    uniques = _uniques(side.edge, pivot.uniques)
    traits = Traits(timestamps=_TIMESTAMPS if timed else None)
    return EntityDefinition(
        name=side.edge,
        primary_key=before.primary_key if before else side.key,
        attributes=with_implied(own.values(), (), traits),
        indexes=_merged(before.indexes if before else (), uniques),
        traits=traits,
    )


def _uniques(edge: str, sets: Sequence[tuple[str, ...]]) -> tuple[IndexDefinition, ...]:
    return tuple(
        IndexDefinition(
            name=f"{snake_case(edge)}_{'_'.join(columns)}", columns=columns, unique=True
        )
        for columns in sets
    )


def _merged(
    before: tuple[IndexDefinition, ...], more: tuple[IndexDefinition, ...]
) -> tuple[IndexDefinition, ...]:
    known = {index.columns: index for index in before}
    for index in more:
        known.setdefault(index.columns, index)
    return tuple(known.values())
