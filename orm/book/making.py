"""Making: a plan's keys, answers and routes as the entries of a book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from orm.book.diagrams import entity_diagram, table_diagram
from orm.book.entries import (
    Book,
    EntityEntry,
    KeyEntry,
    PatternEntry,
    RouteEntry,
    WriteEntry,
)
from orm.book.key_texts import KeyTexts
from orm.book.links import links_of
from orm.book.writes import writes_of
from orm.capacity import CLAIM_FORMULA, formula
from orm.config import SingleTableConfig
from orm.definitions.paths import KeyPath
from orm.indexes import Answer, EntityPlan, IndexPlan
from orm.indexes.facts import Facts
from orm.indexes.patterns import IDENTITY
from orm.models.path_keys import index_name, key_names

Consistency = Literal["strong", "on request", "eventual"]


class Maker:
    """Makes the book of one plan.

    Args:
        plan: what is written of.
        config: the names of the table.
        tenant: whether the rows are a tenant's.
    """

    def __init__(self, plan: IndexPlan, config: SingleTableConfig, *, tenant: bool) -> None:
        self._plan, self._config, self._tenant = plan, config, tenant
        self._facts: Mapping[str, Facts] = plan._expansion.facts  # what plans know and do not say

    def book(self) -> Book:
        """The whole book."""
        entities = tuple(map(self._entity, self._plan.entities.values()))
        return Book(
            table=self._config.table,
            entities=entities,
            patterns=tuple(self._patterns()),
            relations=tuple(self._relations()),
            writes=tuple(self._writes()),
            findings=tuple(map(str, self._plan.findings)),
            entity_diagram=entity_diagram(self._facts, entities, links_of(self._plan, self._facts)),
            table_diagram=table_diagram(self._config.table, entities),
        )

    # --- where rows lie ---

    def _entity(self, plan: EntityPlan) -> EntityEntry:
        return EntityEntry(
            name=plan.entity,
            edge=plan.edge,
            identity=plan.identity,
            unique=tuple(claim.attributes for claim in plan.claims),
            keys=tuple(self._key(plan, path) for path in plan.paths),
        )

    def _key(self, plan: EntityPlan, path: KeyPath) -> KeyEntry:
        pk, sk = self._names(path)
        partition, order = self._texts(plan).pair(path)
        return KeyEntry(
            index=index_name(path, self._config) or "",
            pk=pk,
            sk=sk,
            partition=partition,
            order=order,
            rows=tuple(self._kept(plan, path)),
            under=path.under,
        )

    def _names(self, path: KeyPath) -> tuple[str, str]:
        """The attributes that hold both keys; of a native path, which has several, all of each."""
        if path.native:
            return ", ".join((self._config.entity, *path.hash)), ", ".join(path.sort)
        return key_names(path, self._config)

    def _kept(self, plan: EntityPlan, path: KeyPath) -> Iterator[str]:
        """The conditions on the rows of a path."""
        guarded = {guard.attribute for guard in path.guards if guard.test != "absent"}
        yield from map(str, path.guards)
        for name in self._plan.may_lack(plan.entity, path):
            if name not in guarded:
                yield f"{name} is present"

    def _texts(self, plan: EntityPlan) -> KeyTexts:
        return KeyTexts(plan, self._config, tenant=self._tenant)

    # --- what is asked ---

    def _patterns(self) -> Iterator[PatternEntry]:
        """Every question."""
        for plan in self._plan.entities.values():
            named = {answer.pattern.name: answer for answer in plan.answers}
            for name in sorted(named, key=lambda found: (found != IDENTITY, found)):
                yield self._pattern(plan, named[name])

    def _pattern(self, plan: EntityPlan, answer: Answer) -> PatternEntry:
        asked, path, reading = answer.pattern, answer.path, answer.reading
        one = answer.claim is not None or set(plan.identity) <= set(asked.equal)
        shards = path.shards if path else 1
        consistency = _consistency(answer)
        strong = consistency == "strong"
        return PatternEntry(
            entity=plan.entity,
            name=asked.name,
            origin=asked.origin,
            question=self._question(plan, answer, one=one),
            via=path.kind if path else "claim",
            index=(index_name(path, self._config) if path else None) or "",
            key_condition=self._condition(plan, answer),
            equal=asked.equal,
            sort=reading.ranged if reading else "",
            descending=bool(reading and reading.ranged and asked.descending),
            filters=tuple(self._filters(plan, answer)),
            consistency=consistency,
            attributes=self._copied(plan, path),
            one=one,
            shards=shards,
            units=formula(consistent=strong, one=one, shards=shards) if path else CLAIM_FORMULA,
        )

    def _copied(self, plan: EntityPlan, path: KeyPath | None) -> tuple[str, ...]:
        """What an index copies of an entity's rows; nothing where it copies everything."""
        number = path.number if path is not None and path.kind == "gsi" else 0
        copied = {
            name for slot in self._plan.slots if slot.number == number for name in slot.include
        }
        return tuple(name for name in self._facts[plan.entity].names if name in copied)

    def _condition(self, plan: EntityPlan, answer: Answer) -> str:
        texts = self._texts(plan)
        if answer.path is not None and answer.reading is not None:
            return texts.condition(answer.path, answer.reading)
        assert answer.claim is not None, "an answer has a path or a claim"
        return texts.claim(answer.claim)

    def _filters(self, plan: EntityPlan, answer: Answer) -> Iterator[str]:
        path = answer.path
        if path is not None and (path.explicit or path.under):
            yield f"{self._config.entity} = {plan.entity!r}"
        yield from map(str, answer.filters)
        if expires := self._facts[plan.entity].definition.traits.ttl:
            yield f"{expires} is absent or to come"

    def _question(self, plan: EntityPlan, answer: Answer, *, one: bool) -> str:
        asked, reading = answer.pattern, answer.reading
        given = f" with this {' and '.join(asked.equal)}" if asked.equal else ""
        text = f"{'the' if one else 'every'} {plan.entity}{given}"
        if reading and reading.ranged:
            text += f", by {reading.ranged}, {'greatest' if asked.descending else 'least'} first"
        facts = self._facts[plan.entity]
        needed = [name for name in (asked.sort, *asked.needs) if name and not facts.present(name)]
        rows = [f"{n} is present" for n in dict.fromkeys(needed) if n not in asked.equal]
        rows = [*map(str, asked.guards), *rows]
        return f"{text}; where {' and '.join(rows)}" if rows else text

    # --- relations and writes ---

    def _relations(self) -> Iterator[RouteEntry]:
        for route in sorted(self._plan.routes, key=lambda found: (found.entity, found.relation)):
            declared = self._facts[route.entity].definition.relations
            yield RouteEntry(
                entity=route.entity,
                relation=route.relation,
                kind=next(one.kind for one in declared if one.name == route.relation),
                steps=route.steps,
                either=route.either,
                order=route.order,
            )

    def _writes(self) -> Iterator[WriteEntry]:
        for plan in self._plan.entities.values():
            yield from writes_of(self._plan, self._facts[plan.entity], plan)


def _consistency(answer: Answer) -> Consistency:
    if answer.path is None or answer.pattern.strong:
        return "strong"
    return "eventual" if answer.path.kind == "gsi" else "on request"
