"""The index plan: where every row lies, and which of its keys answers which question.

Made from definitions and the lock, purely. For each entity in turn its row key is settled, then
what that answers; unique claims answer lookups by a unique attribute; explicit and locked index
keys answer what they can; what is left is covered by the fewest new templates, and these get slots
over all entities together. Nothing that is asked is left without an answer: there is a plan, or an
error that names entity, pattern and limit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, TypeAlias

from orm.definitions import EntityDefinition
from orm.definitions.guards import Guards
from orm.definitions.paths import KeyPath, template
from orm.errors import ConfigurationError
from orm.indexes.answering import Answer, Draft, draft
from orm.indexes.base import RowKeys
from orm.indexes.copies import carried, covers, needed
from orm.indexes.entity import EntityPlan
from orm.indexes.errors import (
    GsiOverflowError,
    LsiOverflowError,
    NotPlannedError,
    UnknownAttributeError,
)
from orm.indexes.expand import expand
from orm.indexes.explicit import check_clashes
from orm.indexes.facts import Facts
from orm.indexes.findings import Finding
from orm.indexes.lock import LockedClaim, LockedEntity, LockedPath, SchemaLock
from orm.indexes.native_slots import native_numbers, place_native
from orm.indexes.native_types import native_types
from orm.indexes.noting import noted
from orm.indexes.options import PlanOptions
from orm.indexes.patterns import AccessPattern, Expansion, Route, live
from orm.indexes.projections import Slot, slots_of
from orm.indexes.readings import Reading, is_exact, reading
from orm.indexes.slots import Demand, colour
from orm.indexes.templates import Template
from orm.limits import LSIS_MAX

LocalOrGlobal: TypeAlias = Literal["gsi", "lsi"]


class IndexPlan:
    """Where the rows of all entities lie, and how every question is answered.

    Attributes:
        entities: the plans by entity, in the order of names, edges last.
        routes: how relations are loaded.
        slots: the table's global indexes.
        findings: what is worth knowing, sorted.
        lock: what to keep in `schema.lock.json` for the next plan.
        edges: definitions of the entities that relations made up.
        native: the key attributes of native indexes, and how they are stored: S, N or B. Rows of
            all entities store them so, or not at all.
    """

    def __init__(
        self,
        expansion: Expansion,
        entities: Sequence[EntityPlan],
        slots: Sequence[Slot],
        findings: Iterable[Finding],
        lock: SchemaLock,
    ) -> None:
        self._expansion = expansion
        self.entities = {found.entity: found for found in entities}
        self.native = native_types(expansion.facts, entities)
        self.routes = tuple(expansion.routes)
        self.slots, self.lock = tuple(slots), lock
        self._includes = {slot.number: slot.include for slot in slots}
        self._strong = {
            (pattern.entity, frozenset(pattern.equal), sort)
            for pattern in expansion.patterns
            if pattern.strong
            for sort in ("", pattern.sort)
        }
        self._names = {name: frozenset(facts.names) for name, facts in expansion.facts.items()}
        self.findings = tuple(sorted(findings))
        self.edges = tuple(expansion.facts[name].definition for name in expansion.edges)

    def entity(self, name: str) -> EntityPlan:
        """The plan of one entity.

        Raises:
            NotPlannedError: there is none of this name.
        """
        if name not in self.entities:
            raise NotPlannedError("the plan", "entity", name, tuple(self.entities))
        return self.entities[name]

    def route(self, entity: str, relation: str) -> Route:
        """How a relation is loaded.

        Raises:
            NotPlannedError: the entity has no such relation, or its target is not defined.
        """
        for found in self.routes:
            if (found.entity, found.relation) == (entity, relation):
                return found
        known = tuple(found.relation for found in self.routes if found.entity == entity)
        raise NotPlannedError(entity, "relation that is planned,", relation, known)

    def may_lack(self, entity: str, path: KeyPath) -> tuple[str, ...]:
        """The parts of a path that a row may be without, and then does not stand in it."""
        facts = self._expansion.facts[entity]
        names = dict.fromkeys((*path.hash, *path.sort))
        return tuple(name for name in names if not facts.present(name))

    def ask(
        self,
        entity: str,
        equal: Sequence[str],
        sort: str = "",
        *,
        descending: bool = False,
        strong: bool = False,
        guards: Guards = (),
        trashed: bool = False,
        needs: Collection[str] = (),
    ) -> tuple[KeyPath, Reading] | None:
        """The path that answers a question that was perhaps never declared; None where none does.
        One whose key finds exactly the rows comes before one whose rows have to be filtered.

        Rows in the bin are left out unless `trashed`, `guards` or the attributes say otherwise.
        The answer has whole rows, or, of an index that does not copy them, the attributes that it
        `needs`.

        Raises:
            NotPlannedError, UnknownAttributeError: there is no such entity, or attribute of it.
        """
        planned, facts = self.entity(entity), self._expansion.facts[entity]
        if isinstance(equal, str):
            raise ConfigurationError("ask", f"equal is {equal!r}, a text", f"write [{equal!r}]")
        if unknown := {*equal, *([sort] if sort else [])} - self._names[entity]:
            raise UnknownAttributeError(entity, "question", min(unknown), facts.names)
        question = AccessPattern(
            entity=entity,
            name="asked",
            equal=tuple(equal),
            sort=sort,
            descending=descending,
            guards=guards if trashed else live(facts, (*equal, sort), guards),
        )
        found = [
            (path, answer)
            for path in planned.paths
            if (answer := reading(facts, path, question))
            and not (strong and path.kind == "gsi")
            and self._has(facts, path, answer, needs)
        ]
        return next((one for one in found if is_exact(*one)), next(iter(found), None))

    def _has(self, facts: Facts, path: KeyPath, answer: Reading, needs: Collection[str]) -> bool:
        """Whether a path has what an answer needs of each row, and what rows are filtered by; only
        global indexes may not."""
        include = self._includes.get(path.number, ()) if path.kind == "gsi" else ()
        wanted = {*needs, *(guard.attribute for guard in answer.filters)}
        return covers(include, {*wanted, *carried(facts, path.attributes)} if needs else ())

    def wants_strong(self, entity: str, equal: Iterable[str], sort: str = "") -> bool:
        """Whether a question is one that is declared to be answered consistently."""
        return (entity, frozenset(equal), sort) in self._strong


def plan_indexes(
    definitions: Iterable[EntityDefinition],
    options: PlanOptions | None = None,
    lock: SchemaLock | None = None,
) -> IndexPlan:
    """Plan the keys and indexes of these entities, in one table.

    Args:
        definitions: all entities of the table.
        options: limits and wishes.
        lock: what an earlier plan pinned; None for a table that is yet to be made.

    Raises:
        PlanError: there is no such plan; names entity, pattern and limit.
    """
    lock = _checked(lock) or SchemaLock()
    options = options or PlanOptions()
    expansion = expand(definitions, options)
    pinned = {name: found.key.path("table") for name, found in lock.entities.items()}
    keys = RowKeys(expansion, pinned)
    drafts = [draft(expansion, facts, keys, lock) for facts in expansion.facts.values()]
    _place(drafts, "gsi", options, lock)
    place_native(drafts, options, lock)
    _place(drafts, "lsi", options, lock)
    plans = [_finished(expansion, each) for each in drafts]
    findings = [*expansion.findings, *noted(expansion, plans, lock)]
    findings += check_clashes({plan.entity: plan.paths for plan in plans})
    indexes = {plan.entity: plan.indexes for plan in plans}
    slots, more = slots_of(indexes, _answers(plans), lock, expansion.facts)
    locked = _lock(plans, slots, lock)
    return IndexPlan(expansion, plans, slots, [*findings, *more], locked)


def _checked(lock: object) -> SchemaLock | None:
    """The lock, where it is one and not the name of its file."""
    if lock is None or isinstance(lock, SchemaLock):
        return lock
    raise ConfigurationError("lock", f"is {lock!r}, no SchemaLock", f"write read_lock({lock!r})")


def _answers(plans: Sequence[EntityPlan]) -> list[Answer]:
    return [answer for plan in plans for answer in plan.answers]


# --- slots ---


def _place(
    drafts: Sequence[Draft], kind: LocalOrGlobal, options: PlanOptions, lock: SchemaLock
) -> None:
    """Give every new template a slot beside the ones that are taken, and answer from it."""
    demands, pins = [], {}
    native = native_numbers(drafts, lock) if kind == "gsi" else {}
    for each in drafts:
        for path in each.held(kind):
            pins[f"{each.facts.name} @{path.number}"] = path.number
            demands.append(
                Demand(f"{each.facts.name} @{path.number}", frozenset({each.facts.name}))
            )
        for position, made in enumerate(each.wanted(kind)):
            name = f"{each.facts.name} +{position:03d}"
            demands.append(_demand(each, name, made, kind, lock, frozenset(native)))
    slots = colour(demands, pins)
    for each in drafts:
        _settle(each, kind, slots, options)


def _demand(
    each: Draft,
    name: str,
    made: Template,
    kind: LocalOrGlobal,
    lock: SchemaLock,
    native: frozenset[int],
) -> Demand:
    """A template cannot use an index that copies less than its patterns need, nor one that has
    attributes for its keys."""
    guarded = [guard.attribute for guard in made.guards]
    patterns = [each.pattern(pattern) for pattern in made.patterns]
    wanted = needed(each.facts, (*made.hash, *made.sort, *guarded), patterns)
    narrow = [slot for slot, names in lock.projections.items() if not covers(names, wanted)]
    barred = frozenset((*narrow, *native)) if kind == "gsi" else frozenset()
    return Demand(name, frozenset({each.facts.name}), barred)


def _settle(each: Draft, kind: LocalOrGlobal, slots: dict[str, int], options: PlanOptions) -> None:
    numbers = [slots[f"{each.facts.name} +{i:03d}"] for i in range(len(each.wanted(kind)))]
    held = each.held(kind)
    limit = options.gsis_max if kind == "gsi" else LSIS_MAX
    if max([*numbers, *(path.number for path in held)], default=0) > limit:
        asked = [f"[{', '.join(map(str, made.patterns))}]" for made in each.wanted(kind)]
        asked = [f"{path.texts()[0]} | {path.texts()[1]}" for path in held] + asked
        error = GsiOverflowError if kind == "gsi" else LsiOverflowError
        raise error(each.facts.name, max(len(asked), limit + 1), limit, asked)
    for made, number in zip(each.wanted(kind), numbers, strict=True):
        each.take(made, _path(each, made, kind, number))


def _path(each: Draft, made: Template, kind: LocalOrGlobal, number: int) -> KeyPath:
    local = kind == "lsi"
    return KeyPath(
        kind=kind,
        number=number,
        partition=each.key.partition if local else template(each.prefix, made.hash),
        order=template(each.prefix, made.sort or made.hash),
        guards=made.guards,
        shards=made.shards,
        under=each.key.under if local else "",
    )


def _finished(expansion: Expansion, each: Draft) -> EntityPlan:
    names = [pattern.name for pattern in expansion.of(each.facts.name)]
    assert set(names) == set(each.answers), "a pattern without an answer"
    return EntityPlan(
        entity=each.facts.name,
        prefix=each.prefix,
        identity=each.facts.identity,
        key=each.key,
        indexes=tuple(sorted(each.held("gsi"), key=lambda path: path.number)),
        local=tuple(sorted(each.held("lsi"), key=lambda path: path.number)),
        claims=tuple(expansion.claims.get(each.facts.name, ())),
        answers=tuple(each.answers[name] for name in names),
        implied=tuple(each.facts.implied),
        pointing=dict(each.facts.pointing),
        edge=each.facts.name in expansion.edges,
    )


# --- the lock ---


def _lock(plans: Sequence[EntityPlan], slots: Sequence[Slot], before: SchemaLock) -> SchemaLock:
    entities = dict(before.entities)
    for plan in plans:
        entities[plan.entity] = LockedEntity(
            key=LockedPath.of(plan.key),
            gsis={path.number: LockedPath.of(path) for path in plan.indexes},
            lsis={path.number: LockedPath.of(path) for path in plan.local},
            claims={
                one.name: LockedClaim(one.attributes, one.casefold, one.guards)
                for one in plan.claims
            },
        )
    projections = before.projections | {slot.number: slot.include for slot in slots}
    return SchemaLock(entities, projections)
