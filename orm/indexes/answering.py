"""Answering: which key of an entity answers each of its questions, and what is still wanted.

In order: the row's own key, which can be read consistently; a unique claim, which is two consistent
reads and no index; the index keys that are given or locked. What none of them answers is covered by
new templates. Nothing is answered by a filter behind the user's back: only the row's own key and
explicit ones, which hold every row, are filtered, and the answer says by what.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from orm.definitions.guards import Guards, implied
from orm.definitions.paths import KeyPath
from orm.indexes.base import RowKeys
from orm.indexes.copies import covers, needed
from orm.indexes.errors import LockContradictionError, StrongReadError
from orm.indexes.explicit import explicit_indexes
from orm.indexes.facts import Facts
from orm.indexes.lock import LockedEntity, SchemaLock
from orm.indexes.native import check_native, native_templates
from orm.indexes.patterns import AccessPattern, Expansion, UniqueSet, claim_identity
from orm.indexes.readings import Reading, asked_rows, reading
from orm.indexes.sharding import shards_of
from orm.indexes.templates import Template, templates

Via: TypeAlias = Literal["path", "claim"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """How one question is answered.

    Args:
        pattern: the question.
        via: a key path, or the claim of a unique set: read the claim, then the row it names.
        path: the path; None for a claim.
        reading: how the path is read; None for a claim.
        claim: the claim; None for a path.
        filters: conditions on rows that the key does not see to, checked after reading.
    """

    pattern: AccessPattern
    via: Via
    path: KeyPath | None = None
    reading: Reading | None = None
    claim: UniqueSet | None = None
    filters: Guards = ()


class Draft:
    """The plan of one entity while it is made.

    Attributes:
        facts: the entity.
        key: its row key.
        answers: pattern → how it is answered, as far as that is settled.
    """

    def __init__(self, expansion: Expansion, facts: Facts, key: KeyPath) -> None:
        self.facts, self.key = facts, key
        self.prefix = expansion.options.prefix(facts.name)
        self.answers: dict[str, Answer] = {}
        self._patterns = {found.name: found for found in expansion.of(facts.name)}
        self._held: dict[str, list[KeyPath]] = {"gsi": [], "lsi": []}
        self._wanted: dict[str, list[Template]] = {"gsi": [], "lsi": [], "native": []}

    def pattern(self, name: str) -> AccessPattern:
        return self._patterns[name]

    def held(self, kind: str) -> list[KeyPath]:
        """Index paths that have a slot."""
        return self._held[kind]

    def wanted(self, kind: str) -> list[Template]:
        """Templates that need one."""
        return self._wanted[kind]

    def open(self) -> list[AccessPattern]:
        """The questions without an answer."""
        return [found for name, found in self._patterns.items() if name not in self.answers]

    def take(self, made: Template, path: KeyPath) -> None:
        """Answer the patterns of a template from the path that it became."""
        self._held[path.kind].append(path)
        for name in made.patterns:
            found = reading(self.facts, path, self._patterns[name])
            assert found is not None, f"{path} does not answer {name}"
            exact = path.native or not found.filters  # what is in the bin stands in native ones
            assert exact, f"{path} holds rows that {name} does not ask for"
            self.read(self._patterns[name], path, found)

    def read(self, pattern: AccessPattern, path: KeyPath, found: Reading) -> None:
        """Answer a pattern from a path."""
        self.answers[pattern.name] = Answer(
            pattern=pattern, via="path", path=path, reading=found, filters=found.filters
        )


def draft(expansion: Expansion, facts: Facts, keys: RowKeys, lock: SchemaLock) -> Draft:
    """What is answered without new indexes, and the templates that the rest needs.

    Raises:
        StrongReadError: a strong pattern that only a global index could answer.
        LockContradictionError: the lock has other keys than the definitions want.
    """
    patterns = expansion.of(facts.name)
    shards = {pattern.name: shards_of(pattern, patterns) for pattern in patterns}
    for pattern in patterns:
        check_native(facts, pattern, shards[pattern.name])
    locked = lock.entities.get(facts.name)
    made = Draft(expansion, facts, keys.of(facts.name))
    _hold(expansion, made, locked)
    for pattern in patterns:
        _answer_from_key(made, pattern, shards[pattern.name])
    claim_identity(expansion, facts, made.key)
    _answer_from_claims(made, expansion.claims.get(facts.name, ()))
    for pattern in made.open():
        _answer_from_held(made, pattern, shards[pattern.name], lock)
    _want_local(expansion, made, keys, locked)
    rest = [pattern for pattern in made.open() if not pattern.strong]
    overloaded = [(each, shards[each.name]) for each in rest if not each.native]
    made.wanted("gsi").extend(templates(facts, overloaded))
    made.wanted("native").extend(native_templates(facts, [p for p in rest if p.native]))
    return made


# --- what is there already ---


def _hold(expansion: Expansion, made: Draft, locked: LockedEntity | None) -> None:
    given = explicit_indexes(made.facts, expansion.options)
    made.held("gsi").extend(given)
    if locked is None:
        return
    _check_key(made, locked)
    numbers = {path.number: path for path in given}
    for path in (*locked.indexes, *locked.local):
        _check_locked(made.facts, path)
        if path.kind == "gsi" and path.number in numbers:
            _check_same(made.facts, path, numbers[path.number])
        else:
            made.held(path.kind).append(path)


def _check_key(made: Draft, locked: LockedEntity) -> None:
    before = locked.key.path("table")
    if before != made.key:
        raise LockContradictionError(
            made.facts.name,
            f"its rows at {' | '.join(before.texts())}",
            " | ".join(made.key.texts()),
            "a row's key cannot change in place: undo the declaration (owned, strong, with_parent, "
            "primary key, keys, prefix) or copy the rows to new keys and forget() the entity",
        )


def _check_locked(facts: Facts, path: KeyPath) -> None:
    for name in path.attributes:
        if name not in facts.names:
            raise LockContradictionError(
                facts.name,
                str(path),
                f"no attribute {name!r}",
                f"keep {name!r}, or release({facts.name!r}, {path.number}) once no running code "
                "reads that index",
            )


def _check_same(facts: Facts, locked: KeyPath, given: KeyPath) -> None:
    if locked != given:
        raise LockContradictionError(
            facts.name,
            str(locked),
            str(given),
            f"give the new template another number, or release({facts.name!r}, {locked.number})",
        )


# --- answers ---


def _answer_from_key(made: Draft, pattern: AccessPattern, shards: int) -> None:
    found = reading(made.facts, made.key, pattern)
    if found is not None and (found.single or shards == 1):
        made.read(pattern, made.key, found)


def _answer_from_claims(made: Draft, claims: Sequence[UniqueSet]) -> None:
    for pattern in made.open():
        asked = asked_rows(made.facts, pattern)
        for claim in claims:
            same = set(claim.attributes) == set(pattern.equal)
            if same and all(implied(guard, asked) for guard in claim.guards):
                filters = tuple(g for g in pattern.guards if g not in claim.guards)
                made.answers[pattern.name] = Answer(
                    pattern=pattern, via="claim", claim=claim, filters=filters
                )
                break


def _answer_from_held(made: Draft, pattern: AccessPattern, shards: int, lock: SchemaLock) -> None:
    for path in made.held("lsi") + ([] if pattern.strong else made.held("gsi")):
        found = reading(made.facts, path, pattern)
        if found and _suits(made.facts, path, found, pattern, shards, lock):
            made.read(pattern, path, found)
            return


def _suits(
    facts: Facts,
    path: KeyPath,
    found: Reading,
    pattern: AccessPattern,
    shards: int,
    lock: SchemaLock,
) -> bool:
    include = lock.projections.get(path.number, ()) if path.kind == "gsi" else ()
    narrow = not covers(include, needed(facts, path.attributes, [pattern]))
    if narrow or (path.kind == "gsi" and path.shards < shards):
        return False
    if path.native or pattern.native:
        return path.native and pattern.native
    if path.explicit:
        return True
    heap = not path.hash and bool(pattern.equal)
    return not found.filters and not heap


def _want_local(
    expansion: Expansion, made: Draft, keys: RowKeys, locked: LockedEntity | None
) -> None:
    """Cover strong patterns by local indexes, where they may be used and can answer.

    Raises:
        StrongReadError: says why not.
    """
    strong = [pattern for pattern in made.open() if pattern.strong]
    for pattern in strong:
        if not expansion.options.lsi or not set(made.key.hash) <= set(pattern.equal):
            raise _not_strong(made, keys, pattern, lsi=expansion.options.lsi)
        if locked is not None:
            raise LockContradictionError(
                made.facts.name,
                "a table without the local index",
                f"one for {pattern.name}",
                "a local index is made with its table only: drop `strong`, or make a new table "
                "and copy the rows",
            )
    made.wanted("lsi").extend(templates(made.facts, [(p, 1) for p in strong], made.key.hash))


def _could_be_local(made: Draft, pattern: AccessPattern) -> bool:
    """Whether a local index could answer, were it allowed: its rows lie in one partition, or could
    if the key of several attributes was split otherwise."""
    hashed, identity = set(made.key.hash), made.facts.identity
    derived = not made.key.explicit and not made.key.under and len(identity) > 1
    return hashed <= set(pattern.equal) or (derived and not set(identity).isdisjoint(pattern.equal))


def _not_strong(
    made: Draft, keys: RowKeys, pattern: AccessPattern, *, lsi: bool
) -> StrongReadError:
    facts = made.facts
    pk, sk = made.key.texts()
    reason = keys.refusals.get((facts.name, pattern.name), "")
    because = f" ({reason})" if reason else ""
    hint = "drop `strong`; or put what it asks by first in the primary key; or give explicit keys"
    if not lsi and _could_be_local(made, pattern):
        hint = (
            "drop `strong`; or allow a local index (PlanOptions.lsi): five at most, made with the "
            "table only, and item collections are then kept to 10 GB"
        )
    return StrongReadError(
        facts.name,
        pattern.name,
        f"its rows lie at {pk} | {sk}, which does not answer it{because}, and a global index is "
        "eventually consistent",
        hint,
    )
