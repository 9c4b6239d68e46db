"""Compiling: what a query asks becomes readings of keys and indexes, or is refused.

A conjunction of clauses is answered by the row's own key, by a claim of a unique value, or by an
index, as planned. Equalities and at most one range must be answered by the key; demands that no
key can ever answer (`!=`, `not_in`, `contains`, `null`) and those said with `filter` are filters on
what the key finds. Alternatives (`or_where`, `where_in`) are readings of their own.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from orm.definitions.guards import Guard, Guards, present
from orm.definitions.paths import KeyPath
from orm.errors import ConfigurationError, NoIndexError
from orm.expressions import Condition, any_of, compared, equals
from orm.indexes import Reading, UniqueSet
from orm.indexes.readings import is_exact
from orm.models.native_keys import NativeKeys
from orm.models.path_keys import PathKeys
from orm.models.plan import Question, Range
from orm.records.queries.advice import Advice, Variant
from orm.records.queries.clauses import (
    Clause,
    is_absent,
    is_impossible,
    is_there,
)
from orm.records.queries.terms import Terms
from orm.records.relating.resolver import Having, Wanted
from orm.requests import Item

if TYPE_CHECKING:
    from orm.records.repository import Repository

Trashed = Literal["without", "with", "only"]
READINGS_MAX: Final = 100
_RANGES: Final = ("<", "<=", ">", ">=", "between", "begins_with")
"""The types on the wire that are in an order."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a query asks.

    Args:
        groups: alternatives, each a conjunction.
        filters: what is demanded of the rows that the keys find.
        order: the attribute to sort by; empty for the order of the keys.
        descending: whether the greatest comes first.
        limit: the most rows.
        trashed: whether rows in the bin are found.
        consistent: whether every write before the read must be seen.
        having: what the rows' relations must be like.
        eager: which relations are loaded with the rows.
        counted: of which relations the rows are counted.
        select: the attributes that are asked for; whole rows where there are none.
    """

    groups: tuple[tuple[Clause, ...], ...] = ((),)
    filters: tuple[Clause, ...] = ()
    order: str = ""
    descending: bool = False
    limit: int | None = None
    trashed: Trashed = "without"
    consistent: bool = False
    having: tuple[Having, ...] = ()
    eager: tuple[Wanted, ...] = ()
    counted: tuple[Wanted, ...] = ()
    select: tuple[str, ...] = ()


class Claimed(msgspec.Struct, frozen=True):
    """A claim that is looked up: its key, and what it keeps unique."""

    key: Item
    unique: UniqueSet

    @property
    def attributes(self) -> tuple[str, ...]:
        """What a row that has the claim is known by."""
        guards = (guard.attribute for guard in self.unique.guards)
        return (*self.unique.attributes, *guards)


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """One reading: a query of a path, or the lookup of a claim and then of the row that has it.

    Args:
        keys: the path; of a claim the row's own key.
        question: what its keys must satisfy.
        position: how many attributes of the sort key are given.
        shard: the partition, where the path is spread.
        forward: whether it is read in the order of the sort key.
        filters: what is demanded of what is found.
        claim: the claim that names the row.
        group: which of the alternatives it is of.
    """

    keys: PathKeys | NativeKeys
    question: Question = Question()
    position: int = 0
    shard: int = 0
    forward: bool = True
    filters: tuple[Condition, ...] = ()
    claim: Claimed | None = None
    group: int = 0


def readers(repository: Repository[Any], asked: Asked) -> list[Reader]:
    """The readings that answer a query; none of what no row can be.

    Raises:
        NoIndexError: only a scan could; names the pattern to declare.
        ConfigurationError: it asks what no single reading can.
    """
    if any(map(is_impossible, asked.filters)):
        return []
    found = [
        msgspec.structs.replace(reader, group=number) if number else reader
        for number, group in enumerate(asked.groups)
        for clauses in map(_paired, _alternatives(group))
        if not any(map(is_impossible, clauses))
        for reader in _readers(repository, asked, clauses)
    ]
    if len(found) > READINGS_MAX:
        raise ConfigurationError(
            "query", f"takes {len(found)} readings, the most is {READINGS_MAX}", "ask for fewer"
        )
    return found


def _readers(
    repository: Repository[Any], asked: Asked, clauses: tuple[Clause, ...]
) -> list[Reader]:
    """The readings of one conjunction. Rows that are in the bin or not may stand in two indexes."""
    try:
        return _Compiler(repository, asked, clauses).readers()
    except NoIndexError:
        if asked.trashed != "with":
            raise
    apart = [msgspec.structs.replace(asked, trashed=trashed) for trashed in ("without", "only")]
    return [one for each in apart for one in _Compiler(repository, each, clauses).readers()]


def _alternatives(group: Sequence[Clause]) -> Iterator[tuple[Clause, ...]]:
    """`where_in` as an equality for each value."""
    choices = [
        [Clause(one.attribute, "=", (value,)) for value in _once(one.values)]
        if one.operator == "in"
        else [one]
        for one in group
    ]
    return itertools.product(*choices)


def _paired(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """Each once, and two bounds of one attribute as one range. A bound that is not included is left
    out by a filter, since a key condition with two has both."""
    plain = [msgspec.structs.replace(one, model="") for one in clauses]
    said = [one for at, one in enumerate(plain) if one not in plain[:at]]
    for low in [one for one in said if one.operator in (">", ">=")]:
        bounds = [one for one in said if one.attribute == low.attribute and _is_bound(one)]
        if len(bounds) != 2 or bounds[0].operator[0] == bounds[1].operator[0]:
            continue
        high = next(one for one in bounds if one is not low)
        both = Clause(low.attribute, "between", (*low.values, *high.values))
        open_ = [Clause(o.attribute, "!=", o.values) for o in (low, high) if "=" not in o.operator]
        said = [one for one in said if one not in bounds] + [both, *open_]
    return tuple(said)


def _is_bound(clause: Clause) -> bool:
    return clause.operator in ("<", "<=", ">", ">=")


def _once(values: Sequence[Any]) -> Iterable[Any]:
    try:
        return dict.fromkeys(values)
    except TypeError:  # lists, which stand in no key: refused as a whole
        return values


class _Compiler:
    """One conjunction."""

    def __init__(
        self, repository: Repository[Any], asked: Asked, clauses: tuple[Clause, ...]
    ) -> None:
        self._repository, self._asked = repository, asked
        self._terms = Terms(repository)
        self._equal: dict[str, Any] = {}
        self._range: Range | None = None
        self._filters: list[Clause] = list(asked.filters)
        self._bound: Clause | None = None
        for clause in clauses:
            self._take(clause)

    def _take(self, clause: Clause) -> None:
        name = clause.attribute
        if clause.operator == "=" and clause.values[0] is not None:
            if name in self._equal:
                hint = "leave one out, or say where_in() or or_where() for either"
                raise ConfigurationError(name, "cannot have two values at once", hint)
            self._equal[name] = clause.values[0]
        elif clause.operator in _RANGES:
            self._take_range(clause)
        else:
            self._filters.append(clause)

    def _take_range(self, clause: Clause) -> None:
        if self._range is not None:
            raise ConfigurationError(
                clause.attribute,
                f"is a second range beside {self._range.field!r}; a key condition has one",
                "say the other with filter()",
            )
        name, operator, values = clause.attribute, clause.operator, clause.values
        if operator == "begins_with":
            self._range = Range(name, beginning=values[0])
        elif operator == "between":
            self._range = Range(name, low=values[0], high=values[1])
        elif operator in (">", ">="):
            self._range = Range(name, low=values[0], open=operator == ">")
        else:
            self._range = Range(name, high=values[0], open=operator == "<")
        if operator in ("<", ">"):  # the bounds of texts are included
            self._bound = Clause(name, "!=", values)
            self._filters.append(self._bound)

    # --- readings ---

    def readers(self) -> list[Reader]:
        for claim in self._claims():
            return [claim]
        path, reading, guards = self._path()
        guarded = _settled(guards)
        layout = self._repository.layout
        keys = next(found for found in layout.paths if found.path == path)
        equal = {name: value for name, value in self._equal.items() if name not in guarded}
        ranged = self._range.field if self._range else ""
        question = Question(
            equal=equal,
            range=self._range if not reading.single else None,
            consistent=self._asked.consistent or self._declared_strong(path, equal),
        )
        if path.native:
            self._leave_to_keys(path)
        left = [Clause(ranged, *_as_clause(self._range))] if reading.single and self._range else []
        descends = reading.given < len(path.sort) and path.descends(reading.given)
        descending = self._asked.descending if self._asked.order else descends
        return [
            Reader(
                keys=keys,
                question=question,
                position=reading.given,
                shard=shard,
                forward=descending == descends,
                filters=(*self._of_path(path, reading, left), *self.conditions(guards)),
            )
            for shard in range(path.shards)
        ]

    def _leave_to_keys(self, path: KeyPath) -> None:
        """Take out the filter that the key condition of a native path makes needless; refuse one
        that DynamoDB would."""
        self._filters = [clause for clause in self._filters if clause is not self._bound]
        for clause in self._filters:
            if clause.attribute in path.attributes:
                reason = f"is a key of {path.place}, which answers this, and no filter may ask it"
                hint = "sort out what is returned, or ask it with where()"
                raise ConfigurationError(clause.attribute, reason, hint)

    def _declared_strong(self, path: KeyPath, equal: Iterable[str]) -> bool:
        """Whether this is a pattern declared `strong`, on a path that can be so read."""
        name, plan = self._repository.definition.name, self._repository.connection.plan
        return path.kind != "gsi" and plan.wants_strong(name, equal, self._sort())

    def _path(self) -> tuple[KeyPath, Reading, Guards]:
        """The path that answers, how, and the guards that see to some of what is asked."""
        left: tuple[KeyPath, Reading, Guards] | None = None
        for guards in self._guards():
            if found := self._ask(guards, self._needs()):
                if is_exact(*found):
                    return (*found, guards)
                left = left or (*found, guards)
        if left is not None:
            return left
        raise Advice(
            self._repository, self._asked, self._equal, self._sort(), self._answers
        ).error()

    def _ask(
        self,
        guards: Guards,
        needs: Collection[str],
        equal: Iterable[str] | None = None,
        strong: bool | None = None,
    ) -> tuple[KeyPath, Reading] | None:
        guarded = _settled(guards)
        names = self._equal if equal is None else equal
        return self._repository.connection.plan.ask(
            self._repository.definition.name,
            tuple(name for name in names if name not in guarded),
            self._sort(),
            strong=self._asked.consistent if strong is None else strong,
            guards=guards,
            trashed=self._asked.trashed == "with",
            needs=needs,
        )

    def _answers(self, question: Variant) -> bool:
        """Whether something would answer if it were asked otherwise."""
        needs = self._repository.plan.identity if question.selects else self._needs()
        there = (present(question.there),) if question.there else ()
        return any(
            self._ask((*guards, *there), needs, question.equal, question.strong)
            for guards in self._guards()
        )

    def _needs(self) -> set[str]:
        """What is needed of each row, to answer or to filter; empty for the whole row."""
        selected = self._asked.select
        return {*selected, *(clause.attribute for clause in self._filters)} if selected else set()

    def _sort(self) -> str:
        ranged, order = self._range.field if self._range else "", self._asked.order
        if order in self._equal:
            order = ""
        if ranged and order and ranged != order:
            raise ConfigurationError(
                order, f"cannot be the order where {ranged!r} has a range; sort what is returned"
            )
        return ranged or order

    def _guards(self) -> list[Guards]:
        """Of rows in the bin alone that they are; with it, those of each path that are asked for.
        The most first: the fewer rows an index holds, the fewer are read and left out."""
        bin_ = self._repository.definition.traits.soft_deletes
        only = (present(bin_),) if bin_ and self._asked.trashed == "only" else ()
        found: list[Guards] = [only]
        for guards in self._declared_guards():
            said = tuple(guard for guard in guards if self._says(guard))
            left = [guard for guard in guards if guard not in said]
            # that a part has a value, and that rows are not in the bin, goes without saying
            if said and all(one.test == "present" or one.attribute == bin_ for one in left):
                found.append((*only, *said))
        known = self._known_values()
        return sorted((*found, *((*one, *known) for one in found if known)), key=len, reverse=True)

    def _declared_guards(self) -> Iterator[Guards]:
        """What tells the rows of an index from others, and of a pattern that the row's own key
        answers, where the others are left out."""
        yield from (keys.path.guards for keys in self._repository.layout.indexes)
        answers = self._repository.plan.answers
        yield from (one.pattern.guards for one in answers if one.via == "path" and one.filters)

    def _known_values(self) -> Guards:
        """That attributes have a value, where that is asked: then an index may hold no others."""
        there = [present(one.attribute) for one in self._filters]
        return tuple(g for g, one in zip(there, self._filters, strict=True) if _means(one, g))

    def _says(self, guard: Guard) -> bool:
        """Whether what is asked says this of the rows."""
        if guard.test == "is":
            return guard.attribute in self._equal and self._repository.layout.holds(
                guard, self._equal
            )
        return any(_means(clause, guard) for clause in self._filters)

    def _claims(self) -> Iterator[Reader]:
        """The claims that have exactly these equalities, and that all rows which are asked for
        have."""
        repository = self._repository
        for unique in repository.plan.claims:
            if self._range or not self._is_asked_by(unique):
                continue
            there = {guard.attribute: True for guard in unique.guards if guard.test == "present"}
            key = repository.claims.key(unique, {**there, **self._equal})
            if key is not None:
                settled = {*unique.attributes, *_settled(unique.guards)}
                extra = [Clause(n, "=", (v,)) for n, v in self._equal.items() if n not in settled]
                narrow = map(self._terms.condition, extra)
                filters = (*self.of_bin(), *self.conditions(unique.guards), *narrow)
                claim = Claimed(key, unique)
                yield Reader(keys=repository.layout.own, claim=claim, filters=filters)

    def _is_asked_by(self, unique: UniqueSet) -> bool:
        """Whether the values of a unique set are given, and what decides which rows claim it."""
        deciding = (_named(unique.guards) | self._left_out(unique)) - set(unique.attributes)
        same = self._equal.keys() - deciding == set(unique.attributes)
        return same and all(self._is_of_bin(one) or self._says(one) for one in unique.guards)

    def _left_out(self, unique: UniqueSet) -> frozenset[str]:
        """The attributes whose values decide whether the row of a claim is what a pattern asks."""
        answers = [one for one in self._repository.plan.answers if one.claim == unique]
        guards = {guard for one in answers for guard in one.filters if guard.test == "is"}
        return frozenset(one.attribute for one in guards if self._says(one))

    def _is_of_bin(self, guard: Guard) -> bool:
        """Whether a guard tells rows in the bin from others, as the question does."""
        told = {"without": "absent", "only": "present"}.get(self._asked.trashed)
        return guard.attribute == self._repository.definition.traits.soft_deletes and (
            guard.test == told
        )

    # --- filters ---

    def _of_path(
        self, path: KeyPath, reading: Reading, left: Sequence[Clause]
    ) -> Iterator[Condition]:
        """What the path itself does not see to."""
        layout = self._repository.layout
        if path.explicit or path.under:
            yield equals(layout.config.entity, layout.entity)
        for guard in reading.filters:
            if not (reading.single and self._is_of_order(guard)):
                yield _guarded(guard, layout.fields[guard.attribute].attribute)
        for clause in left:
            yield self._terms.condition(clause)

    def _is_of_order(self, guard: Guard) -> bool:
        """Whether a guard only says that a row has what it is sorted by. One that is found by its
        whole key is in any order, and need not have it; but to sort by when a row was put into the
        bin is to ask for those in it."""
        order = self._asked.order
        bin_ = self._repository.definition.traits.soft_deletes
        asks_bin = order == bin_ and self._asked.trashed != "with"
        return guard == present(order) and not self._range and not asks_bin

    def of_bin(self) -> Iterator[Condition]:
        bin_ = self._repository.definition.traits.soft_deletes
        if bin_ is None or self._asked.trashed == "with":
            return
        attribute = self._repository.layout.fields[bin_].attribute
        yield is_there(attribute) if self._asked.trashed == "only" else is_absent(attribute)

    def conditions(self, guards: Guards = ()) -> Iterator[Condition]:
        """What neither a key sees to nor these guards of it."""
        for clause in self._filters:
            if not any(_means(clause, guard) for guard in guards):
                yield self._terms.condition(clause)
        yield from unexpired(self._repository)


def _settled(guards: Guards) -> frozenset[str]:
    """The attributes whose equality guards say; that there is a value says nothing of which."""
    return frozenset(guard.attribute for guard in guards if guard.test == "is")


def _named(guards: Guards) -> frozenset[str]:
    return frozenset(guard.attribute for guard in guards)


def _means(clause: Clause, guard: Guard) -> bool:
    """Whether a clause says that an attribute is absent, or present, as the guard does."""
    none = clause.values == (None,)
    said = {
        "absent": clause.operator == "null" or (clause.operator == "=" and none),
        "present": clause.operator == "not_null" or (clause.operator == "!=" and none),
    }
    return clause.attribute == guard.attribute and said.get(guard.test, False)


def conditions(repository: Repository[Any], asked: Asked) -> tuple[Condition, ...]:
    """What a scan demands of the rows of the model: what was said with `filter`, and of the bin."""
    whole = _Compiler(repository, asked, ())
    return (*whole.of_bin(), *whole.conditions())


def unexpired(repository: Repository[Any]) -> Iterator[Condition]:
    """That a row has not expired, where its model has rows that do."""
    ttl = repository.definition.traits.ttl
    if ttl:
        attribute = repository.layout.fields[ttl].attribute
        now = repository.second()
        yield any_of(is_absent(attribute), compared(attribute, ">", now))


def _as_clause(asked: Range | None) -> tuple[str, tuple[Any, ...]]:
    assert asked is not None, "a range is asked"
    if asked.beginning is not None:
        return "begins_with", (asked.beginning,)
    if asked.low is not None and asked.high is not None:
        return "between", (asked.low, asked.high)
    return (">=", (asked.low,)) if asked.low is not None else ("<=", (asked.high,))


def _guarded(guard: Guard, attribute: str) -> Condition:
    if guard.test == "absent":
        return is_absent(attribute)
    if guard.test == "present":
        return is_there(attribute)
    return equals(attribute, guard.value)
