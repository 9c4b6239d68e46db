"""The plan of one entity: its keys, its claims and the answers to its questions."""

from __future__ import annotations

import msgspec

from orm.definitions import Kind
from orm.definitions.paths import KeyPath
from orm.indexes.answering import Answer
from orm.indexes.errors import NotPlannedError
from orm.indexes.patterns import UniqueSet


class EntityPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of one entity.

    Args:
        entity: its name.
        prefix: its key prefix.
        identity: the attributes that tell a row from all others.
        key: the row's own key.
        indexes: the keys of its rows in global indexes, by slot.
        local: the keys of its rows in local indexes, by slot.
        claims: what no two rows share; each is an item of its own, written with the row.
        answers: how each question is answered.
        implied: attributes that relations need and that it does not declare.
        pointing: attributes that name another entity's row → the kind of its key, and so theirs.
        edge: whether a relation made it up.
    """

    entity: str
    prefix: str
    identity: tuple[str, ...]
    key: KeyPath
    indexes: tuple[KeyPath, ...] = ()
    local: tuple[KeyPath, ...] = ()
    claims: tuple[UniqueSet, ...] = ()
    answers: tuple[Answer, ...] = ()
    implied: tuple[str, ...] = ()
    pointing: dict[str, Kind] = {}
    edge: bool = False

    @property
    def paths(self) -> tuple[KeyPath, ...]:
        """Every way to its rows, the one that can be read consistently first."""
        return (self.key, *self.local, *self.indexes)

    def answer(self, pattern: str) -> Answer:
        """How the pattern of this name is answered.

        Raises:
            NotPlannedError: it has none of this name.
        """
        for found in self.answers:
            if found.pattern.name == pattern:
                return found
        known = tuple(found.pattern.name for found in self.answers)
        raise NotPlannedError(self.entity, "pattern", pattern, known)
