"""Projections: which attributes an index copies.

All of them, unless every pattern that an index answers lists what it needs; see `copies` for what
goes with that. An index's projection cannot be changed later, so a locked one stays and templates
that need more go elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from orm.definitions.paths import KeyPath
from orm.indexes.answering import Answer
from orm.indexes.copies import needed
from orm.indexes.facts import Facts
from orm.indexes.findings import Finding
from orm.indexes.lock import SchemaLock
from orm.indexes.native import Lists, lists_of
from orm.limits import PROJECTED_PER_INDEX_MAX, PROJECTED_PER_TABLE_MAX

_OURS: Final = 1
"""The attribute that names an item's entity, which every narrow index copies too."""


class Slot(msgspec.Struct, frozen=True):
    """One global index of the table.

    Args:
        number: from 1.
        entities: whose rows stand in it.
        include: the attributes that it copies beside its keys; all where there are none.
        native: its key attributes, HASH (after the one that names the entity) and RANGE, where they
            are the attributes of rows themselves.
    """

    number: int
    entities: tuple[str, ...]
    include: tuple[str, ...] = ()
    native: Lists | None = None


def slots_of(
    indexes: Mapping[str, Sequence[KeyPath]],
    answers: Sequence[Answer],
    lock: SchemaLock,
    facts: Mapping[str, Facts],
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
            include = _include(held, answers, facts)
            if len(include) + _OURS > PROJECTED_PER_INDEX_MAX:
                findings.append(_too_many(entities, number, len(include)))
                include = ()
        first = held[0][1]
        slots.append(Slot(number, entities, include, lists_of(first) if first.native else None))
    return _within_table(slots), findings


def _include(
    held: Sequence[tuple[str, KeyPath]], answers: Sequence[Answer], facts: Mapping[str, Facts]
) -> tuple[str, ...]:
    names: set[str] = set()
    for entity, path in held:
        read = [a.pattern for a in answers if a.path == path and a.pattern.entity == entity]
        if not read or not (wanted := needed(facts[entity], path.attributes, read)):
            return ()
        names.update(wanted)
    return tuple(sorted(names))


def _within_table(slots: list[Slot]) -> list[Slot]:
    """Copy everything in the widest ones until the table keeps to its limit."""
    slots = list(slots)
    while sum(len(slot.include) + _OURS for slot in slots if slot.include) > (
        PROJECTED_PER_TABLE_MAX
    ):
        widest = max(range(len(slots)), key=lambda i: len(slots[i].include))
        slots[widest] = msgspec.structs.replace(slots[widest], include=())
    return slots


def _too_many(entities: tuple[str, ...], number: int, size: int) -> Finding:
    return Finding(
        entities[0],
        f"index {number}",
        "projects-all",
        f"its answers need {size} attributes, and beside its keys and the entity's name an index "
        f"can copy {PROJECTED_PER_INDEX_MAX - _OURS}, so it copies all",
    )
