"""Native slots: which index of the table each native key has.

Their numbers are those of the other indexes, but an index has one kind of keys: what stands in a
native one has exactly its attributes, so entities share it if and only if their lists are the same.
What the lock says of entities that are gone counts as well: their indexes are still there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from orm.definitions.entity import Reference
from orm.definitions.paths import KeyPath
from orm.indexes.answering import Draft
from orm.indexes.copies import covers, needed
from orm.indexes.errors import GsiOverflowError, LockContradictionError
from orm.indexes.lock import SchemaLock
from orm.indexes.native import Lists, lists_of
from orm.indexes.options import PlanOptions
from orm.indexes.templates import Template


def native_numbers(drafts: Sequence[Draft], lock: SchemaLock) -> dict[int, Lists]:
    """The native indexes that there are, and their attributes.

    Raises:
        LockContradictionError: an explicit key is to stand in one.
    """
    locked = [path for entity in lock.entities.values() for path in entity.indexes]
    native = {path.number: lists_of(path) for path in locked if path.native}
    for each in drafts:
        for path in each.held("gsi"):
            if path.number in native and not path.native:
                raise LockContradictionError(
                    each.facts.name,
                    f"the native {path.place}",
                    str(path),
                    "give the template another number: a native index has its own keys",
                )
    return native


def place_native(drafts: Sequence[Draft], options: PlanOptions, lock: SchemaLock) -> None:
    """Give every new native key an index, after the others have theirs, and answer from it."""
    native = native_numbers(drafts, lock)
    taken = {number for entity in lock.entities.values() for number in entity.gsis}
    taken |= {path.number for each in drafts for path in each.held("gsi")}
    wanted = [(each, made) for each in drafts for made in each.wanted("native")]
    for each, made in sorted(wanted, key=lambda found: (lists_of(found[1]), found[0].facts.name)):
        shared = (n for n, lists in native.items() if lists == lists_of(made))
        fit = (n for n in shared if _copies(each, made, n, lock))
        number = next(fit, 0) or next(n for n in count(1) if n not in taken)
        _check_limit(each, number, options)
        native[number] = lists_of(made)
        taken.add(number)
        each.take(made, _path(each, made, number))


def _copies(each: Draft, made: Template, number: int, lock: SchemaLock) -> bool:
    """Whether an index that is there already copies what the patterns need."""
    patterns = [each.pattern(name) for name in made.patterns]
    wanted = needed(each.facts, (*made.hash, *made.sort), patterns)
    return covers(lock.projections.get(number, ()), wanted)


def _check_limit(each: Draft, number: int, options: PlanOptions) -> None:
    if number > options.gsis_max:
        asked = [str(path) for path in each.held("gsi")]
        open_ = [m for m in each.wanted("native") if not each.answers.keys() >= set(m.patterns)]
        asked += [f"[{', '.join(made.patterns)}] (native)" for made in open_]
        raise GsiOverflowError(each.facts.name, number, options.gsis_max, asked)


def _path(each: Draft, made: Template, number: int) -> KeyPath:
    return KeyPath(
        kind="gsi",
        number=number,
        partition=(each.facts.name, *map(Reference, made.hash)),
        order=tuple(map(Reference, made.sort)),
        native=True,
    )
