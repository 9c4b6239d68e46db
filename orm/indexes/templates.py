"""Templates: the fewest keys that answer all patterns of an entity.

A template with partition attributes H and sort attributes S1…Sk answers equalities X and an order r
iff H ⊆ X, the rest of X is exactly the first of the S, and r is the next. So one template answers a
whole chain u1 ≤ u2 ≤ …, where u ≤ v means that what u asks by is given in v, or that both are given
the same and u asks no order. The fewest templates are the fewest chains that cover all patterns:
by Dilworth's theorem as many as patterns less the edges of a maximum bipartite matching.

Only patterns about the same rows may share a template: one more attribute that a row may lack would
make rows vanish from the others' answers. Neither do patterns of different numbers of shards, nor
one that gives no attribute at all, whose single partition would heap up the others' rows. The
direction of an order makes no difference: the same template is read backwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from orm.definitions.guards import Guards, implied, present
from orm.indexes.facts import Facts
from orm.indexes.patterns import AccessPattern
from orm.indexes.readings import asked_rows


class Shape(msgspec.Struct, frozen=True):
    """What a template must answer, without names and rates.

    Args:
        equal: the attributes that are given, sorted.
        sort: the one that orders; empty for any order.
    """

    equal: tuple[str, ...]
    sort: str = ""

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.equal) | ({self.sort} if self.sort else frozenset())

    def within(self, other: Shape) -> bool:
        """Whether a template of `other`'s chain can begin with this: u ≤ v."""
        if set(self.equal) == set(other.equal):
            return self.sort in ("", other.sort)
        return self.fields <= set(other.equal)


class RowClass(msgspec.Struct, frozen=True):
    """What the patterns of one template have in common.

    Args:
        rows: the conditions on the rows that are asked for.
        shards: over how many partitions each set of values is spread.
        everything: whether no attribute is given.
    """

    rows: Guards
    shards: int
    everything: bool


class Template(msgspec.Struct, frozen=True):
    """A key that answers a chain of patterns.

    Args:
        hash: attributes of the partition key.
        sort: attributes of the sort key, the primary key last so that order is total.
        guards: which rows stand in it, beside having a value in every part.
        shards: over how many partitions each is spread.
        patterns: the names of the patterns that it was made for.
    """

    hash: tuple[str, ...]
    sort: tuple[str, ...]
    guards: Guards
    shards: int
    patterns: tuple[str, ...]


def shape_of(pattern: AccessPattern) -> Shape:
    """The shape of a pattern."""
    return Shape(tuple(sorted(pattern.equal)), pattern.sort)


def templates(
    facts: Facts, patterns: Sequence[tuple[AccessPattern, int]], under: tuple[str, ...] = ()
) -> list[Template]:
    """The fewest templates that answer these patterns of one entity.

    Args:
        facts: the entity.
        patterns: each with its number of shards.
        under: the partition attributes, where they are given and every pattern has them.
    """
    classes: dict[RowClass, list[AccessPattern]] = {}
    for pattern, shards in patterns:
        row_class = RowClass(asked_rows(facts, pattern), shards, not pattern.equal)
        classes.setdefault(row_class, []).append(pattern)
    return [
        made
        for row_class, members in classes.items()
        for made in _of_class(facts, row_class, members, under)
    ]


def _of_class(
    facts: Facts, row_class: RowClass, members: list[AccessPattern], under: tuple[str, ...]
) -> list[Template]:
    by_shape: dict[Shape, list[AccessPattern]] = {}
    for pattern in members:
        by_shape.setdefault(shape_of(pattern), []).append(pattern)
    made = []
    for chain in chains(by_shape):
        answered = [pattern for shape in chain for pattern in by_shape[shape]]
        made.append(_template(facts, row_class, answered, under))
    return made


def chains(shapes: Iterable[Shape]) -> list[list[Shape]]:
    """The fewest chains that cover all shapes, each from the least to the greatest."""
    nodes = sorted(set(shapes), key=lambda shape: (len(shape.fields), shape.equal, shape.sort))
    after = _matching(nodes)
    starts = [i for i in range(len(nodes)) if i not in set(after.values())]
    return [_follow(nodes, after, start) for start in starts]


def _follow(nodes: list[Shape], after: dict[int, int], start: int) -> list[Shape]:
    chain, at = [nodes[start]], start
    while at in after:
        at = after[at]
        chain.append(nodes[at])
    return chain


def _matching(nodes: list[Shape]) -> dict[int, int]:
    """A maximum matching of shapes with the shapes that follow them: Kuhn's algorithm."""
    above = [
        [j for j, other in enumerate(nodes) if i != j and node.within(other)]
        for i, node in enumerate(nodes)
    ]
    before: dict[int, int] = {}
    for i in range(len(nodes)):
        _augment(i, above, before, set())
    return {i: j for j, i in before.items()}


def _augment(i: int, above: list[list[int]], before: dict[int, int], seen: set[int]) -> bool:
    for j in above[i]:
        if j in seen:
            continue
        seen.add(j)
        if j not in before or _augment(before[j], above, before, seen):
            before[j] = i
            return True
    return False


def _template(
    facts: Facts, row_class: RowClass, chain: list[AccessPattern], under: tuple[str, ...]
) -> Template:
    """The key of a chain: what the first is given, then what each following adds."""
    hashed = under or chain[0].equal
    parts: dict[str, None] = {}
    for pattern in chain:
        added = [*pattern.equal, *([pattern.sort] if pattern.sort else [])]
        parts.update(dict.fromkeys(name for name in added if name not in hashed))
    parts.update(dict.fromkeys(name for name in facts.identity if name not in hashed))
    return Template(
        hash=hashed,
        sort=tuple(parts),
        guards=_guards(row_class.rows, {*hashed, *parts}),
        shards=row_class.shards,
        patterns=tuple(pattern.name for pattern in chain),
    )


def _guards(rows: Guards, parts: set[str]) -> Guards:
    """What must be said of the rows: that a part has a value goes without saying."""
    own = [present(name) for name in parts]
    return tuple(guard for guard in rows if not implied(guard, own))
