"""Write amplification: what a create, an update and a delete of one row write beside the row."""

from __future__ import annotations

from collections.abc import Iterator

from orm.book.entries import Operation, WriteEntry
from orm.definitions.paths import KeyPath
from orm.indexes import EntityPlan, IndexPlan
from orm.indexes.facts import Facts


def writes_of(plan: IndexPlan, facts: Facts, entity: EntityPlan) -> Iterator[WriteEntry]:
    """The writes of one entity."""
    paths = (*entity.local, *entity.indexes)
    narrow = {("gsi", slot.number) for slot in plan.slots if slot.include}
    stands = [path for path in paths if not path.guards and not plan.may_lack(facts.name, path)]
    told = [path for path in stands if (path.kind, path.number) not in narrow]  # of any change
    moved = sum(2 if _moves(facts, path) else 1 for path in paths)
    claims = len(entity.claims)
    entries: dict[Operation, tuple[int, int, int]] = {
        "create": (len(stands), len(paths), claims),
        "update": (len(told), moved, 0),
        "delete": (len(stands), len(paths), claims),
    }
    for operation, (least, most, claimed) in entries.items():
        yield WriteEntry(
            entity=facts.name, operation=operation, entries=(least, most), claims=claimed
        )


def _moves(facts: Facts, path: KeyPath) -> bool:
    """Whether a change of the row may change its key there, or whether it stands there."""
    return any(not facts.immutable(name) for name in path.attributes)
