"""Native keys: indexes whose key attributes are the attributes of rows themselves.

A global index may have up to four HASH and four RANGE attributes. The first HASH attribute is
always the one that names a row's entity, or every entity with these attributes would stand in the
index. A row that lacks one of them is not in it, as DynamoDB has it; what is in the bin is, and is
filtered. Nothing is written for such an index: an update of an attribute moves the row by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from orm.definitions import Kind
from orm.definitions.paths import KeyPath
from orm.indexes.errors import NativeKeyError
from orm.indexes.facts import Facts
from orm.indexes.patterns import AccessPattern
from orm.indexes.readings import rows_of
from orm.indexes.templates import Shape, Template, chains, shape_of
from orm.limits import INDEX_KEY_PARTS_MAX

Lists: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""The HASH attributes after the one of the entity, and the RANGE attributes."""

HASH_MAX: Final = INDEX_KEY_PARTS_MAX - 1  # the entity's name takes one
RANGE_MAX: Final = INDEX_KEY_PARTS_MAX

_STORED: Final[dict[Kind, str]] = {
    "binary": "B",
    "date": "S",
    "datetime": "S",
    "float": "N",
    "integer": "N",
    "number": "N",
    "string": "S",
    "timestamp": "N",
}


# --- what a pattern may ask ---


def check_native(facts: Facts, pattern: AccessPattern, shards: int) -> None:
    """Refuse a native pattern that no native index can answer.

    Raises:
        NativeKeyError: says why not, and what to do.
    """
    if not pattern.native:
        return
    for reason, hint in (*_demands(facts, pattern, shards), *_unkeyable(facts, pattern)):
        raise NativeKeyError(facts.name, pattern.name, reason, hint)


def _demands(facts: Facts, pattern: AccessPattern, shards: int) -> Iterator[tuple[str, str]]:
    if pattern.strong or pattern.with_parent:
        said = "strong" if pattern.strong else "with_parent"
        yield f"{said}: a global index is eventually consistent", f"leave out native, or {said}"
    if shards > 1:
        reason = f"its rates need {shards} shards, which need a key of their own"
        yield reason, "leave out native, or declare lower rates"
    if any(guard.attribute != facts.soft_deletes for guard in pattern.guards):
        yield (
            "has a `where`: every row with its attributes stands in a native index",
            "put the attribute into equal, or leave out native",
        )
    if len(pattern.equal) > HASH_MAX:
        reason = f"asks by {len(pattern.equal)} attributes, {HASH_MAX} have room beside the entity"
        yield reason, "ask by fewer, or leave out native"


def _unkeyable(facts: Facts, pattern: AccessPattern) -> Iterator[tuple[str, str]]:
    """Attributes that every reading filters by, or that are not always S, N or B."""
    for name in sorted(pattern.fields):
        if name in (facts.soft_deletes, facts.definition.traits.ttl):
            yield f"{name!r} is what readings filter by, which no key may be", "leave out native"
        if not stored_as(facts, name, keyed=True):
            yield (
                f"{name!r} is {facts.kind(name)}, not always stored as S, N or B",
                "declare it a text, a number or a date, or leave out native",
            )


def stored_as(facts: Facts, name: str, *, keyed: bool) -> str:
    """How an attribute is always stored where it has a value: S, N or B; empty where that is not
    known, or none of them.

    Args:
        facts: whose.
        name: which.
        keyed: whether it stands in a key: one that says no type is a text then.
    """
    found = facts.attribute(name)
    if found is not None and found.encrypted:
        return ""
    kind = facts.kind(name)
    if found is not None and found.choices and kind in ("any", "enum"):
        return _stored_choices(found.choices)
    return "S" if kind == "any" and keyed else _STORED.get(kind, "")


def _stored_choices(choices: Sequence[object]) -> str:
    if all(isinstance(one, str) for one in choices):
        return "S"
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in choices)
    return "N" if numbers else ""


# --- which keys ---


def native_templates(facts: Facts, patterns: Sequence[AccessPattern]) -> list[Template]:
    """The fewest native keys that answer these patterns of one entity.

    As with keys that are made, a chain of patterns shares one, if it has room for all of them, and
    patterns about other rows do not: the more attributes it has, the more rows may lack one.
    """
    classes: dict[object, dict[Shape, list[str]]] = {}
    for pattern in patterns:
        rows = rows_of(facts, (), sorted(pattern.fields))
        shapes = classes.setdefault((rows, not pattern.equal), {})
        shapes.setdefault(shape_of(pattern), []).append(pattern.name)
    return [
        _template(links, shapes)
        for shapes in classes.values()
        for chain in chains(shapes)
        for links in _fitting(chain)
    ]


def _fitting(chain: list[Shape]) -> list[list[Shape]]:
    """A chain, in as many pieces as it takes for each to have room in a key."""
    pieces: list[list[Shape]] = []
    for shape in chain:
        if pieces and len(_order([*pieces[-1], shape])) <= RANGE_MAX:
            pieces[-1].append(shape)
        else:
            pieces.append([shape])
    return pieces


def _order(chain: Sequence[Shape]) -> tuple[str, ...]:
    """The attributes that a chain adds to those of its first, in order."""
    added = [name for shape in chain for name in (*shape.equal, shape.sort) if name]
    return tuple(dict.fromkeys(name for name in added if name not in chain[0].equal))


def _template(chain: list[Shape], shapes: Mapping[Shape, list[str]]) -> Template:
    return Template(
        hash=chain[0].equal,
        sort=_order(chain),
        guards=(),
        shards=1,
        patterns=tuple(name for shape in chain for name in shapes[shape]),
    )


def lists_of(made: Template | KeyPath) -> Lists:
    """The attributes that a native index has for its keys; entities with the same share it."""
    return made.hash, made.sort
