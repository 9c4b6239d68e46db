"""Projections: which attributes an index copies.

All of them, unless every pattern that an index answers lists what it needs. An index's projection
cannot be changed later, so a locked one stays and templates that need more go elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from orm.definitions.paths import KeyPath
from orm.indexes.answering import Answer
from orm.indexes.findings import Finding
from orm.indexes.lock import SchemaLock
from orm.indexes.options import PROJECTED_PER_INDEX_MAX, PROJECTED_PER_TABLE_MAX
from orm.indexes.patterns import AccessPattern


class Slot(msgspec.Struct, frozen=True):
    """One global index of the table.

    Args:
        number: from 1.
        entities: whose rows stand in it.
        include: the attributes that it copies beside its keys; all where there are none.
    """

    number: int
    entities: tuple[str, ...]
    include: tuple[str, ...] = ()


def needed(patterns: Iterable[AccessPattern]) -> tuple[str, ...]:
    """What the answers to these patterns need; empty for everything."""
    names: set[str] = set()
    for pattern in patterns:
        if not pattern.project:
            return ()
        names.update(pattern.project)
    return tuple(sorted(names))


def covers(include: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether an index that copies `include` has what is wanted."""
    return not include or (bool(wanted) and set(wanted) <= set(include))


def slots_of(
    indexes: Mapping[str, Sequence[KeyPath]], answers: Sequence[Answer], lock: SchemaLock
) -> tuple[list[Slot], list[Finding]]:
    """The table's global indexes and what they copy."""
    paths = [(entity, path) for entity, held in indexes.items() for path in held]
    numbers = sorted({path.number for _, path in paths})
    slots, findings = [], []
    for number in numbers:
        held = [(entity, path) for entity, path in paths if path.number == number]
        entities = tuple(sorted(entity for entity, _ in held))
        include = lock.projections.get(number)
        if include is None:
            include = _include(held, answers)
            if len(include) > PROJECTED_PER_INDEX_MAX:
                findings.append(_too_many(entities, number, len(include)))
                include = ()
        slots.append(Slot(number, entities, include))
    return _within_table(slots), findings


def _include(held: Sequence[tuple[str, KeyPath]], answers: Sequence[Answer]) -> tuple[str, ...]:
    names: set[str] = set()
    for entity, path in held:
        read = [a.pattern for a in answers if a.path == path and a.pattern.entity == entity]
        if not read or not (wanted := needed(read)):
            return ()
        names.update(wanted)
    return tuple(sorted(names))


def _within_table(slots: list[Slot]) -> list[Slot]:
    """Copy everything in the widest ones until the table keeps to its limit."""
    slots = list(slots)
    while sum(len(slot.include) for slot in slots) > PROJECTED_PER_TABLE_MAX:
        widest = max(range(len(slots)), key=lambda i: len(slots[i].include))
        slots[widest] = msgspec.structs.replace(slots[widest], include=())
    return slots


def _too_many(entities: tuple[str, ...], number: int, size: int) -> Finding:
    return Finding(
        entities[0],
        f"index {number}",
        "projects-all",
        f"its patterns list {size} attributes and an index can name {PROJECTED_PER_INDEX_MAX}, so "
        "it copies all",
    )
