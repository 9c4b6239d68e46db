"""Links: which entities hold one another's ids, each once, however many relations say so.

`User.posts` and `Post.author` are one link by `Post.user_id`, with two names. A many-to-many
relation is two links, of either side with the edge; one that goes through another is no link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from orm.definitions import RelationDefinition
from orm.definitions.names import foreign_key
from orm.indexes import IndexPlan
from orm.indexes.edges import MANY_TO_MANY, side_of
from orm.indexes.facts import Facts
from orm.indexes.relations import morph_columns


class Link(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """One entity that holds the id of another.

    Args:
        parent: the entity whose id is held.
        child: the entity that holds it.
        key: the attribute of the child.
        names: the relations that say so.
        many: whether a parent may have more than one child.
        always: whether a child always has such a parent.
    """

    parent: str
    child: str
    key: str
    names: tuple[str, ...] = ()
    many: bool = True
    always: bool = True


def links_of(plan: IndexPlan, facts: Mapping[str, Facts]) -> tuple[Link, ...]:
    """All links, sorted."""
    made: dict[tuple[str, str, str], Link] = {}
    for owner in facts.values():
        for relation in sorted(owner.definition.relations, key=lambda found: found.name):
            for link in _links(plan, facts, owner, relation):
                key = (link.parent, link.child, link.key)
                made[key] = _joined(made[key], link) if key in made else link
    return tuple(sorted(made.values()))


def _joined(one: Link, other: Link) -> Link:
    return msgspec.structs.replace(
        one,
        names=tuple(sorted({*one.names, *other.names})),
        many=one.many and other.many,
        always=one.always and other.always,
    )


def _links(
    plan: IndexPlan, facts: Mapping[str, Facts], owner: Facts, relation: RelationDefinition
) -> Iterator[Link]:
    names = (f"{owner.name}.{relation.name}",)
    if relation.kind == "morph_to":
        key = morph_columns(relation)[1]
        for parent, _ in plan.route(owner.name, relation.name).steps:
            yield Link(parent=parent, child=owner.name, key=key, names=names, always=False)
    elif relation.model not in facts or relation.through:
        return
    elif relation.kind == "belongs_to":
        key = relation.foreign_key or foreign_key(relation.model)
        always = owner.present(key)
        yield Link(parent=relation.model, child=owner.name, key=key, names=names, always=always)
    elif relation.kind in MANY_TO_MANY:
        yield from _edge(facts, owner, relation, names)
    else:
        yield _has(facts, owner, relation, names)


def _has(
    facts: Mapping[str, Facts], owner: Facts, relation: RelationDefinition, names: tuple[str, ...]
) -> Link:
    morphs = relation.kind in ("morph_one", "morph_many")
    key = relation.foreign_key or foreign_key(owner.name)
    key = morph_columns(relation)[1] if morphs else key
    return Link(
        parent=owner.name,
        child=relation.model,
        key=key,
        names=names,
        many=not relation.kind.endswith("_one"),
        always=not morphs and facts[relation.model].present(key),
    )


def _edge(
    facts: Mapping[str, Facts], owner: Facts, relation: RelationDefinition, names: tuple[str, ...]
) -> Iterator[Link]:
    """The typed side of an edge points at rows of several entities."""
    side = side_of(owner.name, relation)
    near = side.own
    typed = morph_columns(relation)[1] if relation.kind != "belongs_to_many" else ""
    for parent, key, said in ((owner.name, near, names), (relation.model, side.far, ())):
        always = key != typed and facts[side.edge].present(key)
        yield Link(parent=parent, child=side.edge, key=key, names=said, always=always)
