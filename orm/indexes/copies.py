"""Copies: what an index has to copy for its answers, and whether it does.

Beside what patterns list, an index copies what every reading of it filters, merges and tells rows
apart by: what its keys and guards are made of, the primary key, the bin's attribute and the one by
which rows expire. DynamoDB refuses to filter an index by what it does not copy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from orm.indexes.facts import Facts
from orm.indexes.patterns import AccessPattern


def carried(facts: Facts, attributes: Iterable[str]) -> set[str]:
    """What an index copies of an entity whatever its patterns list.

    Args:
        facts: the entity.
        attributes: what the keys and guards of its path are made of.
    """
    traits = (facts.soft_deletes, facts.definition.traits.ttl)
    return {*attributes, *facts.identity, *(name for name in traits if name)}


def needed(
    facts: Facts, attributes: Iterable[str], patterns: Iterable[AccessPattern]
) -> tuple[str, ...]:
    """What a path has to copy to answer these patterns of an entity; empty for everything."""
    listed = [pattern.project for pattern in patterns]
    if not all(listed):
        return ()
    return tuple(sorted(carried(facts, attributes).union(*listed)))


def covers(include: Collection[str], wanted: Collection[str]) -> bool:
    """Whether an index that copies `include` has what is wanted; nothing said is everything."""
    return not include or (bool(wanted) and set(wanted) <= set(include))
