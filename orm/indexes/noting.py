"""What is worth knowing of a finished plan: what it costs, where it heaps up, what is left over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from orm.definitions.paths import KeyPath, template_text
from orm.indexes.entity import EntityPlan
from orm.indexes.facts import Facts
from orm.indexes.findings import Finding
from orm.indexes.lock import LockedClaim, LockedEntity, SchemaLock
from orm.indexes.options import COLLECTION_GIGABYTES_MAX
from orm.indexes.patterns import IDENTITY, Expansion
from orm.limits import PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX

_LENGTH_RULES: Final = ("max", "length")


def noted(expansion: Expansion, plans: Sequence[EntityPlan], lock: SchemaLock) -> Iterator[Finding]:
    """Everything worth knowing of these plans."""
    for plan in plans:
        facts = expansion.facts[plan.entity]
        yield from _unused(facts, plan)
        yield from _new(plan, lock.entities.get(plan.entity))
        yield from _claimed(plan, lock.entities.get(plan.entity))
        yield from _local(plan)
        yield from _by_claim(facts, plan)
        for path in plan.paths:
            yield from _heaps(facts, path)
            yield from _long(facts, path)
    for name in sorted(set(lock.entities) - {plan.entity for plan in plans}):
        text = "is in schema.lock.json and not defined; forget() it once its rows are gone"
        yield Finding(name, "schema.lock.json", "gone", text)


def _unused(facts: Facts, plan: EntityPlan) -> Iterator[Finding]:
    read = {answer.path for answer in plan.answers}
    given = {*facts.definition.keys}  # is for questions that nobody has to declare
    for path in plan.indexes:
        if path not in read and f"gsi{path.number}pk" not in given:
            still = "DynamoDB keeps it" if path.native else "rows still write it"
            yield Finding(
                plan.entity,
                path.place,
                "unused-index",
                f"answers no pattern any more, and {still}: {path}; release() it from "
                "schema.lock.json once no running code reads it",
            )


def _new(plan: EntityPlan, locked: LockedEntity | None) -> Iterator[Finding]:
    """An index that comes later has none of the rows that are there."""
    known = locked.indexes if locked is not None else plan.indexes
    for path in plan.indexes:
        if path not in known:
            rows = "a row that was written before stands in it only once a save changes a part of "
            rows = (
                "DynamoDB fills it of itself once it is added to the table; a row in which one of "
                "these is NULL, empty or of another type is left out, and refused from then on"
                if path.native
                else f"{rows}this key"
            )
            text = f"is not in the lock yet: {path}; {rows}"
            yield Finding(plan.entity, path.place, "new-index", text)


def _claimed(plan: EntityPlan, locked: LockedEntity | None) -> Iterator[Finding]:
    """What becomes unique later is claimed by none of the rows that are there."""
    if locked is None or locked.claims is None:
        return
    for one in plan.claims:
        if locked.claims.get(one.name) != LockedClaim(one.attributes, one.casefold, one.guards):
            yield Finding(
                plan.entity,
                one.name,
                "new-claim",
                f"{', '.join(one.attributes)} was not unique like this before: rows that are there "
                "have no such claim, so they are not found by it and a new row may take their "
                "value; docs/orm/uniques.md says how they get theirs",
            )


def _local(plan: EntityPlan) -> Iterator[Finding]:
    for path in plan.local:
        yield Finding(
            plan.entity,
            path.place,
            "lsi",
            f"{template_text(path.partition)}: a local index is made with its table only, and "
            f"keeps every item collection of the table to {COLLECTION_GIGABYTES_MAX} GB",
        )


def _by_claim(facts: Facts, plan: EntityPlan) -> Iterator[Finding]:
    """A row whose key has more in it than the primary key is kept unique, and found, by a claim."""
    if any(claim.name == IDENTITY for claim in plan.claims):
        yield Finding(
            facts.name,
            IDENTITY,
            "identity-by-claim",
            f"its rows lie at {' | '.join(plan.key.texts())}, so a claim keeps "
            f"{', '.join(plan.identity)} unique: a create and a deletion are transactions of two "
            "items, and to find a row by it alone is two reads",
        )


def _heaps(facts: Facts, path: KeyPath) -> Iterator[Finding]:
    if path.kind != "gsi" or path.explicit or path.shards > 1:
        return
    if all(facts.has_few_values(name) for name in path.hash):
        where = f" where {' and '.join(map(str, path.guards))}" if path.guards else ""
        each = f"each {' and '.join(path.hash)} is"
        what = each if path.hash else f"all {facts.name} rows{where} are"
        native = "leave native out and " if path.native else ""
        yield Finding(
            facts.name,
            path.place,
            "few-partitions",
            f"{what} one partition of {path.place}, which takes 1,000 writes a second; "
            f"{native}declare writes_per_second to have it spread",
        )


def _long(facts: Facts, path: KeyPath) -> Iterator[Finding]:
    limits = (
        ("partition key", path.hash, PARTITION_KEY_BYTES_MAX),
        ("sort key", path.sort, SORT_KEY_BYTES_MAX),
    )
    for what, names, size_max in limits:
        size = sum(_declared_length(facts, name) for name in names)
        if size > size_max:
            yield Finding(
                facts.name,
                path.place,
                "key-size",
                f"{', '.join(names)} may have {size:,} characters together and a {what} takes "
                f"{size_max:,} bytes; longer values are refused when a row is written",
            )


def _declared_length(facts: Facts, name: str) -> int:
    """The most characters that rules allow; 0 where none says."""
    found = facts.attribute(name)
    if found is None or found.kind not in ("string", "any"):
        return 0
    return min(_lengths(rule.arguments for rule in found.rules if rule.name in _LENGTH_RULES))


def _lengths(arguments: Iterable[tuple[object, ...]]) -> list[int]:
    given = [each[-1] for each in arguments if each]
    return [value for value in given if isinstance(value, int)] or [0]
