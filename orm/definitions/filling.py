"""Filling: which attributes `create`, `fill` and `update` do not set."""

from __future__ import annotations

from collections.abc import Iterable

from orm.definitions.entity import EntityDefinition
from orm.definitions.implied import with_implied


def guarded(definition: EntityDefinition, keys: Iterable[str]) -> frozenset[str]:
    """The attributes that are set by name alone.

    Those that are declared guarded; and where one at least is declared fillable, every one that is
    not. What the keys of a row are made of has to be given, and so has what a trait expires it by.
    """
    said = {one.name for one in definition.attributes if one.guarded}
    if not _says_fillable(definition):
        return frozenset(said)
    given = {*keys, definition.traits.ttl}
    others = {one.name for one in definition.attributes if not one.fillable}
    return frozenset(said | (others - given))


def _says_fillable(definition: EntityDefinition) -> bool:
    """Whether the declaration says it of one; foreign keys that relations bring are always."""
    implied = with_implied((), definition.relations, definition.traits)
    return any(one.fillable and one not in implied for one in definition.attributes)
