"""Relations as access patterns.

`belongs_to` is a read of the parent by its key and needs no index, unless it says what becomes of
children when their parent is deleted: then they must be found. `has_many`, `has_one` and the
inverse of either are one pattern: the child by its foreign key. Many-to-many relations ask their
edge from both sides; polymorphic ones give the type beside the id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from orm.definitions import RelationDefinition
from orm.definitions.names import foreign_key, snake_case
from orm.indexes.edges import MANY_TO_MANY, EdgeSide, side_of
from orm.indexes.errors import DanglingRelationError, PlanError
from orm.indexes.facts import Facts
from orm.indexes.patterns import (
    IDENTITY,
    AccessPattern,
    Expansion,
    Route,
    add_live,
    sort_of,
)


def add_relations(expansion: Expansion, owner: Facts) -> None:
    """Take what the relations of one entity ask.

    Raises:
        DanglingRelationError: the related entity is not defined, and `strict` is on.
        PlanError: what rows hold of others is the same in both cases there, and not here.
    """
    for relation in owner.definition.relations:
        if _is_whole(expansion, owner, relation):
            _check_owner_key(expansion, owner, relation)
            _BY_KIND[relation.kind](expansion, owner, relation)


def _is_whole(expansion: Expansion, owner: Facts, relation: RelationDefinition) -> bool:
    """Whether every entity that the relation goes to is defined; reported where one is not."""
    targets = [] if relation.kind == "morph_to" else [relation.model]
    targets += [relation.through] if "through" in relation.kind else []
    for target in targets:
        if target not in expansion.facts:
            error = DanglingRelationError(owner.name, relation.name, target, tuple(expansion.facts))
            if expansion.options.strict:
                raise error
            expansion.find(owner.name, "dangling", relation.name, f"{error.reason}; {error.hint}")
            return False
    return True


def _check_owner_key(expansion: Expansion, owner: Facts, relation: RelationDefinition) -> None:
    """Refuse an owner key that is found in any case: a parent would be found by each spelling, and
    its children, whose index knows one alone, would not."""
    if not relation.owner_key or relation.kind in MANY_TO_MANY:
        return
    held = expansion.facts[relation.model] if relation.kind == "belongs_to" else owner
    found = held.attribute(relation.owner_key)
    if found is not None and found.casefold:
        raise PlanError(
            f"{owner.name}.{relation.name}",
            f"{held.name}.{found.name} is casefold, so rows that hold it in another case would be "
            "missed",
            "hold the primary key instead, or keep the text in one case and without casefold",
        )


def _route(
    expansion: Expansion,
    owner: Facts,
    relation: RelationDefinition,
    *steps: tuple[str, str],
    order: str = "",
    either: bool = False,
) -> None:
    expansion.routes.append(
        Route(entity=owner.name, relation=relation.name, steps=steps, either=either, order=order)
    )


def _imply(expansion: Expansion, owner: Facts, relation: str, facts: Facts, name: str) -> None:
    if facts.imply(name):
        expansion.find(
            facts.name,
            "implied-attribute",
            name,
            f"{owner.name}.{relation} needs it and {facts.name} does not declare it; planned as if "
            f"it did: {_instead(owner, facts)}declare the attribute or the belongs_to",
        )


def _instead(owner: Facts, facts: Facts) -> str:
    """What is probably meant, where the rows point at the owner by another attribute."""
    for one in facts.definition.relations:
        if one.kind == "belongs_to" and one.model == owner.name and one.foreign_key:
            return (
                f"{facts.name}.{one.name} holds {one.foreign_key}, so say "
                f"foreign_key {one.foreign_key!r} there, or no row is found; else "
            )
    return ""


# --- one to many ---


def _belongs_to(expansion: Expansion, owner: Facts, relation: RelationDefinition) -> None:
    key = relation.foreign_key or foreign_key(relation.model)
    _imply(expansion, owner, relation.name, owner, key)
    _route(expansion, owner, relation, *_parent(expansion, owner, relation))
    if relation.on_delete:
        # whoever deletes the parent must find its children, though it declares none
        label = f"{owner.name}.{relation.name} of a deleted {relation.model}"
        asked = AccessPattern(entity=owner.name, name=label, origin="relation", equal=(key,))
        add_live(expansion, asked, in_bin=True)


def _parent(
    expansion: Expansion, owner: Facts, relation: RelationDefinition
) -> tuple[tuple[str, str], ...]:
    """The reading of a parent by what its children hold of it."""
    parent = expansion.facts[relation.model]
    if relation.owner_key and (relation.owner_key,) != parent.identity:
        return (_by_owner_key(expansion, parent, relation.owner_key),)
    if len(parent.identity) > 1:
        expansion.find(
            owner.name,
            "composite-parent",
            relation.name,
            f"one foreign key cannot name a {parent.name}, which is identified by "
            f"{', '.join(parent.identity)}; give owner_key, or load it by its whole key",
        )
        return ()
    return ((parent.name, IDENTITY),)


def _by_owner_key(expansion: Expansion, parent: Facts, name: str) -> tuple[str, str]:
    """By another attribute than its key: its claim where it is unique, else a pattern."""
    found = parent.attribute(name)
    if found is None or not found.unique:
        add_live(
            expansion,
            AccessPattern(entity=parent.name, name=f"by {name}", origin="relation", equal=(name,)),
        )
    return parent.name, f"by {name}"


def _has(expansion: Expansion, owner: Facts, relation: RelationDefinition) -> None:
    child = expansion.facts[relation.model]
    key = relation.foreign_key or foreign_key(owner.name)
    pattern, order = _children(expansion, owner, relation, child, (key,))
    _route(expansion, owner, relation, (child.name, pattern), order=order)


def _through(expansion: Expansion, owner: Facts, relation: RelationDefinition) -> None:
    between, child = expansion.facts[relation.through], expansion.facts[relation.model]
    near = relation.foreign_key or foreign_key(owner.name)
    far = relation.through_foreign_key or foreign_key(between.name)
    _imply(expansion, owner, relation.name, between, near)
    first = f"{owner.name}.{relation.name} through {between.name}"
    sort = _default_sort(between, (near,))
    add_live(
        expansion,
        AccessPattern(entity=between.name, name=first, origin="relation", equal=(near,), sort=sort),
    )
    second, order = _children(expansion, owner, relation, child, (far,))
    _route(expansion, owner, relation, (between.name, first), (child.name, second), order=order)


def _children(
    expansion: Expansion,
    owner: Facts,
    relation: RelationDefinition,
    child: Facts,
    equal: tuple[str, ...],
) -> tuple[str, str]:
    """Take the pattern of a parent's children; its name, and the order to make after reading."""
    for name in equal:
        _imply(expansion, owner, relation.name, child, name)
    label = f"{owner.name}.{relation.name}"
    sort, descending, after = _order(expansion, child, label, relation.order_by, equal)
    add_live(
        expansion,
        AccessPattern(
            entity=child.name,
            name=label,
            origin="relation",
            equal=equal,
            sort=sort,
            descending=descending,
            with_parent=owner.name if relation.owned else "",
        ),
        in_bin=bool(relation.on_delete),
    )
    return label, after


def _order(
    expansion: Expansion, child: Facts, label: str, order_by: str, equal: tuple[str, ...]
) -> tuple[str, bool, str]:
    """What an index sorts related rows by, whether backwards, and what is left to the reader.

    Every related row is asked for. One without the attribute would not stand in an index by it.
    """
    sort, descending = sort_of(order_by)
    if not sort or sort in equal:
        return _default_sort(child, equal), False, ""
    child.check(f"relation {label!r}", [sort])
    if child.present(sort):
        return sort, descending, ""
    expansion.find(
        child.name,
        "order-after-reading",
        label,
        f"rows may lack {sort!r}, so no index can have all of them in its order; they are sorted "
        "after reading: declare it required, or give it a default",
    )
    return _default_sort(child, equal), False, order_by


def _default_sort(facts: Facts, equal: tuple[str, ...]) -> str:
    """By when rows were made where that is known, else by id."""
    if facts.created_at:
        return facts.created_at
    rest = [name for name in facts.identity if name not in equal]
    return rest[0] if len(rest) == 1 else ""


# --- polymorphic ---


def _morph_has(expansion: Expansion, owner: Facts, relation: RelationDefinition) -> None:
    child = expansion.facts[relation.model]
    pattern, order = _children(expansion, owner, relation, child, morph_columns(relation))
    _route(expansion, owner, relation, (child.name, pattern), order=order)


def morph_columns(relation: RelationDefinition) -> tuple[str, str]:
    """The type column and the id column of a polymorphic relation."""
    morph = relation.morph_name or snake_case(relation.name)
    return relation.type_column or f"{morph}_type", relation.id_column or f"{morph}_id"


def _morph_to(expansion: Expansion, owner: Facts, relation: RelationDefinition) -> None:
    columns = morph_columns(relation)
    for name in columns:
        _imply(expansion, owner, relation.name, owner, name)
    targets = [
        (facts.name, IDENTITY)
        for facts in expansion.facts.values()
        if any(_points_at(other, owner.name, columns) for other in facts.definition.relations)
    ]
    _route(expansion, owner, relation, *targets, either=True)


def _points_at(relation: RelationDefinition, child: str, columns: tuple[str, str]) -> bool:
    morphs = relation.kind in ("morph_one", "morph_many")
    return morphs and relation.model == child and morph_columns(relation) == columns


# --- many to many ---


def _many_to_many(expansion: Expansion, owner: Facts, relation: RelationDefinition) -> None:
    side, label = side_of(owner.name, relation), f"{owner.name}.{relation.name}"
    edge = expansion.facts[side.edge]
    for name in side.key:
        _imply(expansion, owner, relation.name, edge, name)
    sort, descending, after = _edge_order(expansion, edge, label, relation.order_by)
    add_live(
        expansion,
        AccessPattern(
            entity=edge.name,
            name=label,
            origin="relation",
            equal=side.near,
            sort=sort,
            descending=descending,
        ),
    )
    steps = ((edge.name, label), (relation.model, IDENTITY))
    _route(expansion, owner, relation, *steps, order=after)


def add_inverses(expansion: Expansion) -> None:
    """Take every edge from its other side too, where no relation asks that already."""
    for owner in list(expansion.facts.values()):
        for relation in owner.definition.relations:
            if relation.kind in MANY_TO_MANY and relation.model in expansion.facts:
                _add_inverse(expansion, side_of(owner.name, relation))


def _add_inverse(expansion: Expansion, side: EdgeSide) -> None:
    equal = (side.far, *side.typed)
    if not any(set(found.equal) == set(equal) for found in expansion.of(side.edge)):
        add_live(
            expansion,
            AccessPattern(entity=side.edge, name=f"by {side.far}", origin="relation", equal=equal),
        )


def _edge_order(
    expansion: Expansion, edge: Facts, label: str, order_by: str
) -> tuple[str, bool, str]:
    """Edges can be sorted by their own attributes only, not by the related row's."""
    sort, descending = sort_of(order_by)
    if not sort:
        return "", False, ""
    if sort in edge.names and edge.present(sort):
        return sort, descending, ""
    expansion.find(
        edge.name,
        "order-after-reading",
        label,
        f"{sort!r} is no attribute that every {edge.name} has, so its rows are sorted after "
        "reading; keep it on the pivot to have an index do it",
    )
    return "", False, order_by


_BY_KIND: Final[dict[str, Callable[[Expansion, Facts, RelationDefinition], None]]] = {
    "belongs_to": _belongs_to,
    "belongs_to_many": _many_to_many,
    "has_many": _has,
    "has_many_through": _through,
    "has_one": _has,
    "has_one_through": _through,
    "morph_many": _morph_has,
    "morph_one": _morph_has,
    "morph_to": _morph_to,
    "morph_to_many": _many_to_many,
    "morphed_by_many": _many_to_many,
}
