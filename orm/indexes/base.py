"""The row's own key: where a row lies in the table itself.

By default each row has a partition of its own, `pk = sk = USER#{id}`. An entity with a primary key
of several attributes lies by whichever of them its patterns ask for. A child lies in its parent's
item collection, `pk = USER#{user_id}`, `sk = POST#{id}`, only where that is declared (`owned`,
`with_parent` or `strong`) and its foreign key is declared never to change: a row's key cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Final

import msgspec

from orm.definitions.names import foreign_key, nearest
from orm.definitions.paths import KeyPath, template
from orm.indexes.errors import ColocationError, HotPartitionError
from orm.indexes.explicit import explicit_key
from orm.indexes.facts import IMMUTABLE_RULE, Facts
from orm.indexes.options import PARTITION_WRITES_MAX
from orm.indexes.patterns import AccessPattern, Expansion
from orm.indexes.readings import reading
from orm.indexes.sharding import check_whole, shards_of
from orm.indexes.templates import templates

_PERMUTED_MAX: Final = 4  # 24 orders; beyond that the declared one
_MANY: Final = ("has_many", "has_one")


class Parent(msgspec.Struct, frozen=True):
    """An entity that a foreign key points at, and the attribute pointed at."""

    entity: str
    owner_key: str


class RowKeys:
    """The row keys of all entities; a child's depends on its parent's."""

    def __init__(self, expansion: Expansion, pinned: dict[str, KeyPath]) -> None:
        self._expansion, self._pinned = expansion, pinned
        self._made: dict[str, KeyPath] = {}
        self._making: list[str] = []
        self.refusals: dict[tuple[str, str], str] = {}

    def of(self, entity: str) -> KeyPath:
        """The row key of one entity.

        Raises:
            ColocationError: it was to lie with a parent and cannot.
            KeyTemplateError: the explicit key cannot be followed.
        """
        if entity not in self._made:
            self._making.append(entity)
            self._made[entity] = self._make(self._expansion.facts[entity])
            self._making.pop()
        return self._made[entity]

    def _make(self, facts: Facts) -> KeyPath:
        if (given := explicit_key(facts)) is not None:
            self._check_given(facts, given)
            return given
        for pattern in self._expansion.of(facts.name):
            if set(pattern.equal) >= set(facts.identity):
                check_whole(pattern)
        own = self._own(facts)
        wanting = [p for p in self._expansion.of(facts.name) if _wants_parent(facts, own, p)]
        return self._colocated(facts, wanting) or own

    def _check_given(self, facts: Facts, given: KeyPath) -> None:
        """Refuse a wish to lie with a parent that the given key does not follow."""
        for pattern in self._expansion.of(facts.name):
            if not pattern.with_parent:
                continue
            prefix = self._expansion.options.prefix(pattern.with_parent)
            if given.partition[0] != prefix:
                raise ColocationError(
                    facts.name,
                    pattern.with_parent,
                    pattern.name,
                    f"its key is given, and lies at {given.texts()[0]}",
                    f"begin it with {prefix!r}, or drop one of the two declarations",
                )

    # --- collections of its own ---

    def _own(self, facts: Facts) -> KeyPath:
        prefix = self._expansion.options.prefix(facts.name)
        candidates = [
            KeyPath(
                kind="table",
                partition=template(prefix, hashed),
                order=template(prefix, sort or hashed),
            )
            for hashed, sort in _splits(facts.identity)
        ]
        pinned = self._pinned.get(facts.name)
        if pinned in candidates:
            return pinned
        return max(candidates, key=lambda path: self._score(facts, path))

    def _score(self, facts: Facts, path: KeyPath) -> tuple[int, ...]:
        """More strong patterns, if need be by a local index, more of them by itself, more patterns,
        smaller partitions; then the one named first."""
        patterns = self._expansion.of(facts.name)
        read = [
            p
            for p in patterns
            if (found := reading(facts, path, p)) and (found.single or shards_of(p, patterns) == 1)
        ]
        first = next((i for i, p in enumerate(patterns) if p in read[1:]), len(patterns))
        strong = [p for p in patterns if p.strong]
        local = [p for p in strong if self._expansion.options.lsi and set(path.hash) <= {*p.equal}]
        return (
            sum(p in read or p in local for p in strong),
            sum(p in read for p in strong),
            len(read),
            len(path.hash),
            -first,
        )

    # --- the parent's ---

    def _colocated(self, facts: Facts, wanting: Sequence[AccessPattern]) -> KeyPath | None:
        chosen: tuple[str, Parent] | None = None
        for pattern in sorted(wanting, key=lambda found: not found.with_parent):
            found = self._parent_for(facts, pattern)
            if found is None:
                continue
            if chosen and found != chosen and pattern.with_parent:
                raise ColocationError(
                    facts.name,
                    found[1].entity,
                    pattern.name,
                    f"its rows lie with their {chosen[1].entity} already",
                    "a row has one key: keep one of the two and read the other by an index",
                )
            chosen = chosen or found
        return self._under(facts, *chosen, wanting) if chosen else None

    def _parent_for(self, facts: Facts, pattern: AccessPattern) -> tuple[str, Parent] | None:
        """The foreign key and the parent that a pattern's rows are to lie with, where they can."""
        if pattern.with_parent and pattern.with_parent not in self._expansion.facts:
            near = nearest(pattern.with_parent, self._expansion.facts)
            hint = f"write {near!r}" if near else f"register {pattern.with_parent}"
            self._refuse(facts, pattern, "", f"{pattern.with_parent} is not defined", hint)
        parents = parents_of(self._expansion, facts)
        options = [(key, parents[key]) for key in pattern.equal if key in parents]
        if pattern.with_parent:
            options = [found for found in options if found[1].entity == pattern.with_parent]
        if not options:
            self._refuse(facts, pattern, "", "`equal` holds no foreign key of it", "ask by it")
            return None
        key, parent = options[0]
        reason, hint = self._why_not(facts, key, parent)
        if reason:
            self._refuse(facts, pattern, key, reason, hint)
            return None
        self._check_rate(facts, key, pattern)
        return key, parent

    def _refuse(
        self, facts: Facts, pattern: AccessPattern, key: str, reason: str, hint: str
    ) -> None:
        if pattern.with_parent:
            raise ColocationError(facts.name, pattern.with_parent, pattern.name, reason, hint)
        if key:
            self.refusals[facts.name, pattern.name] = f"{reason}: {hint}"

    def _why_not(self, facts: Facts, key: str, parent: Parent) -> tuple[str, str]:
        if parent.entity in self._making:
            return (
                f"{parent.entity} would lie with {facts.name} itself",
                "the first of such a row has no parent: read them by an index",
            )
        if not facts.immutable(key):
            return (
                f"its foreign key {key!r} may change, and a row's key cannot",
                f"add the rule {IMMUTABLE_RULE!r} to {key!r}, or put it in the primary key",
            )
        if not facts.present(key):
            return f"a row may lack {key!r}", f"declare {key!r} required"
        above = self.of(parent.entity)
        prefix = self._expansion.options.prefix(parent.entity)
        if above.under or above.partition != template(prefix, (parent.owner_key,)):
            return (
                f"a {parent.entity} does not lie at {prefix}#{{{parent.owner_key}}} but at "
                f"{above.texts()[0]}",
                "only a parent with collections of its own, by the attribute pointed at, can "
                "have children in them",
            )
        return "", ""

    def _check_rate(self, facts: Facts, key: str, pattern: AccessPattern) -> None:
        patterns = self._expansion.of(facts.name)
        whole = msgspec.structs.replace(pattern, equal=(key,))
        if shards_of(whole, patterns) > 1:
            raise HotPartitionError(
                facts.name,
                pattern.name,
                f"is to lie in one partition for each {key!r}, and its declared rates are above "
                f"half of what one takes ({PARTITION_WRITES_MAX:,} writes a second)",
                "an item collection cannot be spread: read it by an index, which can",
            )

    def _under(
        self, facts: Facts, key: str, parent: Parent, wanting: Sequence[AccessPattern]
    ) -> KeyPath:
        options = self._expansion.options
        path = KeyPath(
            kind="table",
            partition=template(options.prefix(parent.entity), (key,)),
            order=template(options.prefix(facts.name), _order(facts, key, wanting)),
            under=parent.entity,
        )
        pinned = self._pinned.get(facts.name)
        return pinned if pinned and _same_collection(facts, pinned, path) else path


def _same_collection(facts: Facts, pinned: KeyPath, path: KeyPath) -> bool:
    """Whether a pinned key only sorts a parent's collection otherwise than would be chosen now."""
    return (
        (pinned.under, pinned.partition) == (path.under, path.partition)
        and pinned.order[:1] == path.order[:1]
        and set(facts.identity) <= {*pinned.hash, *pinned.sort}
        and all(_may_stand(facts, name) for name in pinned.sort)
    )


def _wants_parent(facts: Facts, own: KeyPath, pattern: AccessPattern) -> bool:
    return bool(pattern.with_parent) or (pattern.strong and reading(facts, own, pattern) is None)


def _splits(identity: tuple[str, ...]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Every way to lay an identity into a partition key and a sort key, the plain one first."""
    orders = permutations(identity) if len(identity) <= _PERMUTED_MAX else iter([identity])
    splits: list[tuple[tuple[str, ...], tuple[str, ...]]] = [(identity, ())]
    for order in orders:
        splits += [(order[:n], order[n:]) for n in range(1, len(order))]
    return splits


def _order(facts: Facts, key: str, wanting: Sequence[AccessPattern]) -> tuple[str, ...]:
    """The sort key of a child in its parent's collection: what may stand in a row's key."""
    rest = tuple(name for name in facts.identity if name != key)
    if key in facts.identity:
        return rest  # so that a row is read by its own key, consistently
    asked = [_steady(facts, key, pattern) for pattern in wanting]
    made = templates(facts, [(found, 1) for found in asked if found is not None], (key,))
    strong = {pattern.name for pattern in wanting if pattern.strong}
    best = max(made, key=lambda t: (len(strong & set(t.patterns)), len(t.patterns)), default=None)
    return best.sort if best else rest


def _steady(facts: Facts, key: str, pattern: AccessPattern) -> AccessPattern | None:
    """The pattern without what may change or be missing; None where it cannot be asked so."""
    fixed = [name for name in pattern.equal if facts.immutable(name) and facts.present(name)]
    if key not in pattern.equal or len(fixed) < len(pattern.equal):
        return None
    sort = pattern.sort if pattern.sort and _may_stand(facts, pattern.sort) else ""
    return msgspec.structs.replace(pattern, sort=sort, guards=(), needs=())


def _may_stand(facts: Facts, name: str) -> bool:
    return facts.immutable(name) and facts.present(name)


def parents_of(expansion: Expansion, child: Facts) -> dict[str, Parent]:
    """Foreign key → the parent that it points at."""
    found: dict[str, Parent] = {}
    for relation in child.definition.relations:
        if relation.kind == "belongs_to" and relation.model in expansion.facts:
            key = relation.foreign_key or foreign_key(relation.model)
            found[key] = _parent(expansion, relation.model, relation.owner_key)
    for facts in expansion.facts.values():
        for relation in facts.definition.relations:
            if relation.kind in _MANY and relation.model == child.name:
                key = relation.foreign_key or foreign_key(facts.name)
                found.setdefault(key, _parent(expansion, facts.name, relation.owner_key))
    return found


def _parent(expansion: Expansion, entity: str, owner_key: str) -> Parent:
    return Parent(entity, owner_key or expansion.facts[entity].identity[0])
