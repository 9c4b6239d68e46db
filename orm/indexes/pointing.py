"""Pointing: what an attribute holds that names another entity's row.

A foreign key, an edge's key, the id of a polymorphic relation: each holds what identifies the other
row. So where it says no kind of its own it is of that one's kind, and a row with a whole number for
an id can be pointed at. A polymorphic id that points at several kinds stays without one.

Models written for SQL call a foreign key a number and say nothing of the id that it names, which
would count up there. Here that id is text, so the key that names it is as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orm.definitions import Kind, RelationDefinition
from orm.definitions.names import foreign_key
from orm.indexes.edges import MANY_TO_MANY, side_of
from orm.indexes.facts import Facts
from orm.indexes.patterns import Expansion
from orm.indexes.relations import morph_columns

At = tuple[str, str]
"""An entity and an attribute of it."""

_NUMBERS: Final = frozenset({"integer", "number", "float"})
_CHOSEN: Final = "enum"
"""Whoever points at a choice has to say the choices anew."""


def add_kinds(expansion: Expansion) -> None:
    """Give each attribute that points at a row, and says no kind, the kind of what it points at."""
    pointed: dict[At, dict[At, None]] = {}
    for owner in expansion.facts.values():
        for relation in owner.definition.relations:
            for holder, target in _pointings(expansion, owner, relation):
                pointed.setdefault(holder, {})[target] = None
    for (entity, name), targets in pointed.items():
        facts = expansion.facts[entity]
        named = {expansion.facts[entity].kind(key) for entity, key in targets}
        if facts.kind(name) in _NUMBERS and named == {"any"}:
            _take_for_text(expansion, facts, name, next(iter(targets)))
            continue
        kind = _kind(expansion, pointed, (entity, name), frozenset())
        if kind not in ("any", _CHOSEN):
            facts.point(name, kind)


def _take_for_text(expansion: Expansion, facts: Facts, name: str, target: At) -> None:
    key = ".".join(target)
    text = (
        f"is declared a number ({facts.kind(name)}) and names {key}, which says no kind and is "
        f"text; so it is text as well. Declare a kind of {key} where that is a number"
    )
    expansion.find(facts.name, "foreign-key-kind", name, text)
    facts.pointing[name] = "string"


def _kind(
    expansion: Expansion, pointed: dict[At, dict[At, None]], at: At, seen: frozenset[At]
) -> Kind:
    """The kind of an attribute, of what it points at, and so on; `any` where these differ."""
    entity, name = at
    own = expansion.facts[entity].kind(name)
    if own != "any":
        return own
    kinds = {
        _kind(expansion, pointed, target, seen | {at})
        for target in pointed.get(at, ())
        if target not in seen
    }
    return kinds.pop() if len(kinds) == 1 else "any"


def _pointings(
    expansion: Expansion, owner: Facts, relation: RelationDefinition
) -> Iterator[tuple[At, At]]:
    """Which attribute of which entity a relation lets point at which attribute of which other."""
    for holder, target in _named(owner, relation):
        (entity, key), facts = target, expansion.facts.get(target[0])
        if holder[0] in expansion.facts and facts is not None:
            names = (key,) if key else facts.identity
            if len(names) == 1:
                yield holder, (entity, names[0])


def _named(owner: Facts, relation: RelationDefinition) -> Iterator[tuple[At, At]]:
    """The same, the attribute empty where it is what identifies the other entity's rows."""
    model, here = relation.model, (owner.name, relation.owner_key)
    if relation.kind == "belongs_to":
        key = relation.foreign_key or foreign_key(model)
        yield (owner.name, key), (model, relation.owner_key)
    elif relation.kind in ("has_one", "has_many"):
        yield (model, relation.foreign_key or foreign_key(owner.name)), here
    elif relation.kind in ("morph_one", "morph_many"):
        yield (model, morph_columns(relation)[1]), here
    elif relation.kind in ("has_one_through", "has_many_through"):
        between = relation.through
        yield (between, relation.foreign_key or foreign_key(owner.name)), here
        yield (model, relation.through_foreign_key or foreign_key(between)), (between, "")
    elif relation.kind in MANY_TO_MANY:
        side = side_of(owner.name, relation)
        yield (side.edge, side.own), here
        yield (side.edge, side.far), (model, "")
