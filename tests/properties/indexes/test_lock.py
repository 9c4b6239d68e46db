"""Locks: what has a place keeps it, whatever is added or taken away."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orm.definitions import (
    AttributeDefinition,
    EntityDefinition,
    IndexDefinition,
    PatternDefinition,
    RelationDefinition,
)
from orm.indexes import IndexPlan, PlanOptions, SchemaLock, plan_indexes
from orm.indexes.lock import decode_lock, encode_lock
from tests.counts import count
from tests.properties.indexes.schemas import schemas
from tests.properties.indexes.test_plan import planned

WIDE = PlanOptions(gsis_max=20)
NAMES = ("Ant", "Bee", "Cat", "Dog")
FIELDS = ("a", "b", "c", "d")


@settings(max_examples=count(100, 2_000))
@given(schemas())
def test_planning_again_with_the_lock_changes_nothing(schema):
    """The lock of a plan is a fixed point, and its text is the same."""
    options = PlanOptions(gsis_max=20, trashed=frozenset({"Ant"}))
    plan = planned(schema)
    again = plan_indexes(schema, options, plan.lock)
    assert {e.entity: e.paths for e in again.entities.values()} == {
        e.entity: e.paths for e in plan.entities.values()
    }
    assert again.slots == plan.slots
    assert encode_lock(again.lock) == encode_lock(plan.lock)
    assert decode_lock(encode_lock(plan.lock)) == plan.lock


class GrowingSchemas(RuleBasedStateMachine):
    """Entities and patterns come and go; every slot that was given stays what it was."""

    def __init__(self) -> None:
        super().__init__()
        self.definitions: dict[str, EntityDefinition] = {}
        self.lock = SchemaLock()
        self.plan: IndexPlan | None = None
        self.number = 0

    def _replan(self) -> None:
        before = self.lock
        self.plan = plan_indexes(self.definitions.values(), WIDE, before)
        self.lock = decode_lock(encode_lock(self.plan.lock))
        for name, locked in before.entities.items():
            assert self.lock.entities[name].key == locked.key
            kept = {slot: self.lock.entities[name].gsis.get(slot) for slot in locked.gsis}
            assert kept == locked.gsis, f"{name} moved"
        for slot, include in before.projections.items():
            assert self.lock.projections[slot] == include, f"index {slot} copies another set"

    def _change(self, name: str, **changes: object) -> None:
        before = self.definitions[name]
        self.definitions[name] = msgspec.structs.replace(before, **changes)
        self._replan()

    @initialize(required=st.sets(st.sampled_from(FIELDS)))
    def begin(self, required: set[str]) -> None:
        self._add("Ant", required)

    def _add(self, name: str, required: set[str]) -> None:
        attributes = tuple(
            AttributeDefinition(name=field, declared=field, required=field in required)
            for field in FIELDS
        )
        self.definitions[name] = EntityDefinition(name=name, attributes=attributes)
        self._replan()

    @rule(name=st.sampled_from(NAMES), required=st.sets(st.sampled_from(FIELDS)))
    def add_entity(self, name: str, required: set[str]) -> None:
        if name not in self.definitions and name not in self.lock.entities:
            self._add(name, required)

    @rule(data=st.data(), project=st.sampled_from(((), ("a",), ("a", "b"))))
    def add_pattern(self, data: st.DataObject, project: tuple[str, ...]) -> None:
        name = data.draw(st.sampled_from(sorted(self.definitions)))
        equal = data.draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True))
        sort = data.draw(st.sampled_from(("", *(f for f in FIELDS if f not in equal))))
        self.number += 1
        pattern = PatternDefinition(
            name=f"p{self.number}", equal=tuple(equal), sort=sort, project=project
        )
        if len(self.definitions[name].patterns) < 6:
            self._change(name, patterns=(*self.definitions[name].patterns, pattern))

    @rule(data=st.data())
    def add_relation(self, data: st.DataObject) -> None:
        name, other = (data.draw(st.sampled_from(sorted(self.definitions))) for _ in range(2))
        self.number += 1
        relation = RelationDefinition(kind="has_many", name=f"r{self.number}", model=other)
        if len(self.definitions[name].relations) < 2:
            self._change(name, relations=(*self.definitions[name].relations, relation))

    @rule(data=st.data())
    def add_index(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.definitions)))
        columns = data.draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True))
        self.number += 1
        index = IndexDefinition(name=f"ix{self.number}", columns=tuple(columns))
        if len(self.definitions[name].indexes) < 2:
            self._change(name, indexes=(*self.definitions[name].indexes, index))

    @rule(data=st.data())
    def remove_pattern(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.definitions)))
        if self.definitions[name].patterns:
            self._change(name, patterns=self.definitions[name].patterns[1:])

    @rule(data=st.data())
    def release_unused(self, data: st.DataObject) -> None:
        assert self.plan is not None
        unused = [f for f in self.plan.findings if f.code == "unused-index"]
        if unused:
            chosen = data.draw(st.sampled_from(unused))
            self.lock = self.lock.release(chosen.entity, int(chosen.subject.split()[-1]))
            self._replan()

    @invariant()
    def everything_is_answered(self) -> None:
        for entity in self.plan.entities.values() if self.plan else ():
            assert all(answer.path or answer.claim for answer in entity.answers)
            numbers = [path.number for path in entity.indexes]
            assert len(set(numbers)) == len(numbers)


GrowingSchemas.TestCase.settings = settings(
    max_examples=count(30, 400), stateful_step_count=25, deadline=None
)
TestGrowingSchemas = GrowingSchemas.TestCase
