"""Readings: how a key path answers a question."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from orm.definitions.guards import Guard, Guards, implied, ordered, present
from orm.definitions.paths import KeyPath
from orm.indexes.facts import Facts
from orm.indexes.patterns import AccessPattern


class Reading(msgspec.Struct, frozen=True):
    """How a path answers a question.

    Args:
        given: how many attributes of the sort key are given by equality, from the first.
        ranged: the attribute after them, where the answer is in its order; empty otherwise.
        forward: whether it is read in the order of the sort key.
        single: whether the key is given whole.
        filters: conditions on the rows that the path does not keep by itself.
    """

    given: int
    ranged: str
    forward: bool
    single: bool
    filters: Guards = ()


def is_exact(path: KeyPath, found: Reading) -> bool:
    """Whether a reading passes over no row of an index. Those of the row's own key, which hold
    every row and can be read consistently, may."""
    return path.kind == "table" or not found.filters


def rows_of(facts: Facts, guards: Guards, attributes: Iterable[str]) -> Guards:
    """Which rows there are where these guards hold and these attributes have values.

    Only what may fail is said: an attribute that every row has makes no condition.
    """
    needed = [present(name) for name in attributes if not facts.present(name)]
    return ordered((*guards, *(each for each in needed if not implied(each, guards))))


def asked_rows(facts: Facts, pattern: AccessPattern) -> Guards:
    """Which rows a pattern is about, whatever the values that it asks for."""
    return rows_of(facts, pattern.guards, (*pattern.fields, *pattern.needs))


def kept_rows(facts: Facts, path: KeyPath) -> Guards:
    """Which rows stand in a path."""
    return rows_of(facts, path.guards, (*path.hash, *path.sort))


def reading(facts: Facts, path: KeyPath, pattern: AccessPattern) -> Reading | None:
    """How `path` answers `pattern`; None where it does not.

    The partition key's attributes are all given, the others given are exactly the first of the sort
    key, and the one to sort by is next. No row that is asked for may be missing from the path.
    """
    position = _position(path, frozenset(pattern.equal), pattern.sort)
    asked, kept = asked_rows(facts, pattern), kept_rows(facts, path)
    if position is None or not all(implied(guard, asked) for guard in kept):
        return None
    given, single = position
    left = _left(asked, kept, pattern.equal)
    if path.native and any(guard.attribute in path.attributes for guard in left):
        return None  # DynamoDB filters by no key attribute of the index that it reads
    return Reading(
        given=given,
        ranged="" if single else pattern.sort,
        forward=single or not pattern.descending,
        single=single,
        filters=left,
    )


def _position(path: KeyPath, equal: frozenset[str], sort: str) -> tuple[int, bool] | None:
    refs, hashed = path.sort, set(path.hash)
    given = 0
    while given < len(refs) and refs[given] in equal:
        given += 1
    if not hashed <= equal or not equal - hashed <= set(refs[:given]):
        return None
    whole = given == len(refs)
    if sort and refs[given : given + 1] != (sort,) and not (whole and path.kind == "table"):
        return None
    return given, whole and not path.native  # rows may share a native key


def _left(asked: Guards, kept: Guards, equal: Iterable[str]) -> Guards:
    """What the path does not see to: having a value is seen to where one is given."""
    given = {present(name) for name in equal}
    left: list[Guard] = [g for g in asked if not implied(g, kept) and g not in given]
    return tuple(left)
