"""Access patterns: every question that the definitions imply, in one normal form.

A question is an entity, the attributes that it gives a value (`equal`), at most one attribute that
it ranges over and that orders the answer (`sort`), and which rows are asked for at all (`guards`).
Declared patterns, SQL-style indexes, unique attributes and relations all come down to this.

* An index over `(a, b, c)` answers `a`, `a, b` and `a, b, c`, each sorted by the next column. As in
  a sparse index, a row stands in it only where every column has a value.
* A pattern sorted by an attribute that may be missing answers about the rows that have it.
* Rows put into the bin leave every live pattern, unless the pattern names the bin's attribute. As
  a column of an SQL-style index that attribute only says that the live rows are meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from orm.definitions import EntityDefinition, IndexDefinition, PatternDefinition
from orm.definitions.guards import Guard, Guards, absent, ordered, present
from orm.definitions.paths import KeyPath
from orm.indexes.errors import DuplicatePatternError, GuardValueError
from orm.indexes.facts import Facts
from orm.indexes.findings import Finding
from orm.indexes.guarding import in_time, plain_value
from orm.indexes.options import PlanOptions

IDENTITY: str = "by primary key"

Origin: TypeAlias = Literal["identity", "unique", "pattern", "index", "relation"]


class AccessPattern(msgspec.Struct, frozen=True, kw_only=True):
    """One question, in the form that the planner works on.

    Args:
        entity: whose rows it finds.
        name: by which it is called; a relation's is `User.posts`.
        origin: what declared it.
        equal: attributes that are given a value, in the order of the declaration.
        sort: the attribute that it may range over and that orders the answer; empty for any order.
        descending: whether the greatest comes first.
        strong: whether every write before the read must be seen.
        guards: conditions on the rows that are asked for at all.
        needs: attributes that these rows have, beside `equal` and `sort`.
        writes_per_second: how many rows with one set of values are written at the most.
        reads_per_second: how often one set of values is asked for at the most.
        project: the attributes that the answer needs; all where it is empty.
        with_parent: the entity in whose item collection the rows are to lie.
        native: whether an index with the attributes themselves for its keys is to answer it.
    """

    entity: str
    name: str
    origin: Origin = "pattern"
    equal: tuple[str, ...]
    sort: str = ""
    descending: bool = False
    strong: bool = False
    guards: Guards = ()
    needs: tuple[str, ...] = ()
    writes_per_second: float = 0.0
    reads_per_second: float = 0.0
    project: tuple[str, ...] = ()
    with_parent: str = ""
    native: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """The attributes that it asks by."""
        return frozenset(self.equal) | ({self.sort} if self.sort else frozenset())

    @property
    def place(self) -> str:
        """What it is called in errors, after what declared it: `index 'by_team'`."""
        return f"{self.origin} {self.name!r}"

    def __str__(self) -> str:
        sort = [f"sort {'-' if self.descending else ''}{self.sort}"] if self.sort else []
        return f"{self.name} ({'; '.join([', '.join(self.equal), *sort]).removeprefix('; ')})"


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Which patterns load a relation, in order.

    Args:
        entity: the entity that declares it.
        relation: its name.
        steps: `(entity, pattern)` of each reading, the next one asked with what the last one found.
        either: whether the steps are alternatives, of which a type column chooses one.
        order: the attribute that the answer must be sorted by after reading, where no index can.
    """

    entity: str
    relation: str
    steps: tuple[tuple[str, str], ...]
    either: bool = False
    order: str = ""


class Expansion:
    """Everything that a set of definitions asks, collected.

    Attributes:
        facts: entity → what is known of it, edges included.
        patterns: all patterns.
        routes: how relations are loaded.
        claims: entity → the sets of attributes of which no two rows have the same values.
        findings: what is worth knowing.
        edges: names of the entities that relations made up.
    """

    def __init__(self, definitions: Iterable[EntityDefinition], options: PlanOptions) -> None:
        self.options = options
        # By name, so that the order in which models are registered decides nothing.
        given = sorted(definitions, key=lambda found: found.name)
        self.facts: dict[str, Facts] = {found.name: Facts(found) for found in given}
        self.routes: list[Route] = []
        self.claims: dict[str, list[UniqueSet]] = {}
        self.findings: list[Finding] = []
        self.edges: list[str] = []
        self._patterns: dict[tuple[str, str], AccessPattern] = {}

    @property
    def patterns(self) -> tuple[AccessPattern, ...]:
        return tuple(self._patterns.values())

    def of(self, entity: str) -> tuple[AccessPattern, ...]:
        """The patterns of one entity."""
        return tuple(found for found in self._patterns.values() if found.entity == entity)

    def add(self, pattern: AccessPattern) -> None:
        """Take one more question.

        Raises:
            DuplicatePatternError: another question has its name.
            UnknownAttributeError: it names an attribute that there is not.
        """
        facts = self.facts[pattern.entity]
        if pattern.origin != "identity":  # checked once relations have said what they imply
            facts.check(pattern.place, sorted({*pattern.fields, *pattern.needs}))
        facts.check(pattern.place, pattern.project, keyed=False)
        facts.check(pattern.place, [guard.attribute for guard in pattern.guards], keyed=False)
        _check_answerable(pattern)
        key = (pattern.entity, pattern.name)
        known = self._patterns.setdefault(key, pattern)
        if msgspec.structs.replace(known, origin=pattern.origin) != pattern:
            asked = (f"its {known.origin} {known}", f"its {pattern.origin} {pattern}")
            raise DuplicatePatternError(*key, asked)

    def find(self, entity: str, code: str, subject: str, text: str) -> None:
        """Note what is worth knowing."""
        self.findings.append(Finding(entity, subject, code, text))


def _check_answerable(pattern: AccessPattern) -> None:
    """Refuse a question that no row could answer: for lack of a value that it is found by."""
    for guard in pattern.guards:
        if guard.test == "absent" and guard.attribute in pattern.fields:
            given = "None, and the pattern asks by its value"
            hint = "a value that rows have, or leave it out of equal and sort"
            raise GuardValueError(pattern.entity, pattern.name, guard.attribute, given, hint)


class UniqueSet(msgspec.Struct, frozen=True):
    """Attributes of which no two rows have the same values together.

    Args:
        name: by which the claim is known: the attribute, or the index.
        attributes: which.
        casefold: those whose letters count as the same in both cases.
        guards: which rows claim at all.
    """

    name: str
    attributes: tuple[str, ...]
    casefold: tuple[str, ...] = ()
    guards: Guards = ()


def guards_of(facts: Facts, pattern: str, where: Mapping[str, Any]) -> Guards:
    """The guards that a `where` says: a value, or None for a missing one.

    Of the attribute that says when a row was put into the bin, True stands for the rows in the bin
    and False for the live ones.
    """
    return ordered(_guard(facts, pattern, name, value) for name, value in where.items())


def _guard(facts: Facts, pattern: str, name: str, value: object) -> Guard:
    if name == facts.soft_deletes and isinstance(value, bool):
        return present(name) if value else absent(name)
    if value is None:
        return absent(name)
    value = plain_value(value)
    if not isinstance(value, (str, int, float)) or value != value:  # NaN equals nothing
        reason = f"a value of type {type(value).__name__}"
        raise GuardValueError(facts.name, pattern, name, reason, "a text, number, boolean or None")
    if known := facts.not_of_kind(name, value):
        raise GuardValueError(facts.name, pattern, name, repr(value), known)
    if facts.kind(name) == "datetime" and isinstance(value, str):
        value = in_time(value, "datetime") or value  # as it is stored
    return Guard(name, "is", value)


def live(facts: Facts, fields: Iterable[str], guards: Guards) -> Guards:
    """The guards, and that the row is not in the bin where they and `fields` say nothing of it."""
    bin_ = facts.soft_deletes
    if bin_ is None or bin_ in fields or any(guard.attribute == bin_ for guard in guards):
        return guards
    return ordered((*guards, absent(bin_)))


def with_trashed(
    expansion: Expansion, pattern: AccessPattern, *, in_bin: bool
) -> tuple[AccessPattern, *tuple[AccessPattern, ...]]:
    """The pattern, and the same for the rows in the bin where they are to be found."""
    bin_ = expansion.facts[pattern.entity].soft_deletes
    wanted = in_bin or pattern.entity in expansion.options.trashed
    if not wanted or bin_ is None or absent(bin_) not in pattern.guards:
        return (pattern,)
    others = [guard for guard in pattern.guards if guard.attribute != bin_]
    twin = msgspec.structs.replace(
        pattern, name=f"{pattern.name} (trashed)", guards=ordered((*others, present(bin_)))
    )
    return pattern, twin


def add_live(expansion: Expansion, pattern: AccessPattern, *, in_bin: bool = False) -> None:
    """Take a question about the rows that are not in the bin, and with `in_bin` the same about
    those that are."""
    facts = expansion.facts[pattern.entity]
    guards = live(facts, (*pattern.fields, *pattern.needs), pattern.guards)
    wanted = msgspec.structs.replace(pattern, guards=guards)
    for each in with_trashed(expansion, wanted, in_bin=in_bin):
        expansion.add(each)


def add_own(expansion: Expansion, facts: Facts) -> None:
    """Take what an entity asks by itself: its uniques, indexes and patterns."""
    for attribute in facts.definition.attributes:
        if attribute.unique:
            casefold = (attribute.name,) if attribute.casefold else ()
            _add_unique(expansion, facts, UniqueSet(attribute.name, (attribute.name,), casefold))
    for index in facts.definition.indexes:
        _add_index(expansion, facts, index)
    for declared in facts.definition.patterns:
        add_live(expansion, _declared(facts, declared))


def add_identity(expansion: Expansion, facts: Facts) -> None:
    """By primary key: rows in the bin as well, for they can be restored."""
    expansion.add(
        AccessPattern(entity=facts.name, name=IDENTITY, origin="identity", equal=facts.identity)
    )


def _add_unique(expansion: Expansion, facts: Facts, unique: UniqueSet) -> None:
    name = f"by {unique.name}"
    facts.check(f"unique {unique.name!r}", unique.attributes)
    if set(unique.attributes) == set(facts.identity) and not unique.guards:
        return  # the row's own key claims it already
    claims = expansion.claims.setdefault(facts.name, [])
    if not any(set(c.attributes) == set(unique.attributes) and c.guards == unique.guards
               for c in claims):  # fmt: skip
        claims.append(unique)
    add_live(
        expansion,
        AccessPattern(
            entity=facts.name,
            name=name,
            origin="unique",
            equal=unique.attributes,
            guards=unique.guards,
        ),
    )


def claim_identity(expansion: Expansion, facts: Facts, key: KeyPath) -> None:
    """Let a claim keep the primary key unique, where rows that share it may lie at two keys."""
    if not {*key.hash, *key.sort} <= set(facts.identity):
        unique = UniqueSet(IDENTITY, facts.identity)
        expansion.claims.setdefault(facts.name, []).append(unique)


def _add_index(expansion: Expansion, facts: Facts, index: IndexDefinition) -> None:
    guards, declared = guards_of(facts, index.name, index.where), index
    facts.check(f"index {index.name!r}", index.columns)
    if facts.soft_deletes in index.columns:
        # In SQL such a column is there to tell live rows from the others; a guard does that here.
        guards = live(facts, (), guards)
        index = _without(index, facts.soft_deletes)
    if not index.columns:
        text = "has no columns that could be read"
        if declared.columns:
            text = "holds nothing but when rows were put into the bin; see PlanOptions.trashed"
        expansion.find(facts.name, "no-index", index.name, text)
    elif index.unique:
        casefold = tuple(name for name in index.columns if _casefolds(facts, name))
        _add_unique(expansion, facts, UniqueSet(index.name, index.columns, casefold, guards))
    for pattern in _prefixes(facts, index):
        add_live(expansion, msgspec.structs.replace(pattern, guards=guards))


def _without(index: IndexDefinition, column: str | None) -> IndexDefinition:
    columns = tuple(name for name in index.columns if name != column)
    return msgspec.structs.replace(index, columns=columns)


def _casefolds(facts: Facts, name: str) -> bool:
    found = facts.attribute(name)
    return found is not None and found.casefold


def _prefixes(facts: Facts, index: IndexDefinition) -> list[AccessPattern]:
    """Its columns but the last ones by equality, each time sorted by the next."""
    columns = tuple(dict.fromkeys(index.columns))
    last = len(columns) - 1 if index.unique else len(columns)
    found = []
    for given in range(1, last + 1):
        name = index.name if given == len(columns) else f"{index.name}, {given} of {len(columns)}"
        following = columns[given : given + 1]
        found.append(
            AccessPattern(
                entity=facts.name,
                name=name,
                origin="index",
                equal=columns[:given],
                sort=following[0] if following else "",
                needs=columns,
            )
        )
    return found


def _declared(facts: Facts, declared: PatternDefinition) -> AccessPattern:
    sort, descending = sort_of(declared.sort)
    return AccessPattern(
        entity=facts.name,
        name=declared.name,
        equal=tuple(dict.fromkeys(declared.equal)),
        sort="" if sort in declared.equal else sort,
        descending=descending,
        strong=declared.strong,
        guards=guards_of(facts, declared.name, declared.where),
        writes_per_second=declared.writes_per_second,
        reads_per_second=declared.reads_per_second,
        project=declared.project,
        with_parent=declared.with_parent,
        native=declared.native,
    )


def sort_of(text: str) -> tuple[str, bool]:
    """`-created_at` → `("created_at", True)`."""
    return text.removeprefix("-"), text.startswith("-")


def report_missing(expansion: Expansion) -> None:
    """Say of declared patterns which rows their answers leave out."""
    for pattern in expansion.patterns:
        facts = expansion.facts[pattern.entity]
        if pattern.origin == "pattern" and pattern.sort and not facts.present(pattern.sort):
            expansion.find(
                facts.name,
                "sparse-sort",
                pattern.name,
                f"rows without {pattern.sort!r} are not in the answer; declare it required or give "
                "it a default if they are to be",
            )
