"""Plans against an oracle: what keys find is what looking at every row finds."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import event, given, reject, settings
from hypothesis import strategies as st

from orm.definitions import EntityDefinition
from orm.indexes import (
    AccessPattern,
    Answer,
    EntityPlan,
    IndexPlan,
    KeyPath,
    PlanOptions,
    Reading,
    plan_indexes,
)
from orm.indexes.errors import GsiOverflowError
from orm.indexes.expand import expand
from tests.counts import count
from tests.properties.indexes.schemas import IDS, families, fk, rows, schemas
from tests.properties.indexes.shelf import Row, Shelf, ordering

WIDE = PlanOptions(gsis_max=20, trashed=frozenset({"Ant"}))

often = settings(max_examples=count(100, 3_000))


def planned(schema: list[EntityDefinition], options: PlanOptions = WIDE) -> IndexPlan:
    try:
        return plan_indexes(schema, options)
    except GsiOverflowError:
        event("over twenty indexes, which no table can have")
        reject()


def stocked(schema: list[EntityDefinition], plan: IndexPlan, data: st.DataObject):
    """Every entity's rows, and the shelf that they were put on."""
    shelf, table = Shelf(), {}
    facts = expand([*schema], WIDE).facts
    for entity in plan.entities.values():
        known = facts[entity.entity]
        present = frozenset(name for name in known.names if known.present(name))
        table[entity.entity] = data.draw(rows(known.names, entity.identity, present))
        for row in table[entity.entity]:
            shelf.put(entity, row)
    return shelf, table


def matching(row: Row, pattern: AccessPattern, given: Row) -> bool:
    """Whether a row is asked for, from the question alone."""
    needed = [*pattern.needs, *([pattern.sort] if pattern.sort else [])]
    tests = {
        "is": lambda found, wanted: found == wanted and isinstance(found, bool) == isinstance(
            wanted, bool),
        "absent": lambda found, _: found is None,
        "present": lambda found, _: found is not None,
    }  # fmt: skip
    return (
        all(row.get(name) == value for name, value in given.items())
        and all(row.get(name) is not None for name in needed)
        and all(tests[g.test](row.get(g.attribute), g.value) for g in pattern.guards)
    )


def asked(pattern: AccessPattern, table: list[Row]) -> list[Row]:
    """Values to ask by: each that some row has, and one that none may have."""
    combinations: list[Row] = []
    for row in table:
        values = {name: row[name] for name in pattern.equal}
        if None not in values.values() and values not in combinations:
            combinations.append(values)
    for first, second in itertools.pairwise(list(combinations)):
        mixed = {n: (first if i % 2 else second)[n] for i, n in enumerate(pattern.equal)}
        if mixed not in combinations:
            combinations.append(mixed)
    return combinations


def ids(found: list[Row], identity: tuple[str, ...]) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in identity) for row in found]


def check_order(found: list[Row], pattern: AccessPattern) -> None:
    values = [ordering(row[pattern.sort]) for row in found]
    assert values == sorted(values, reverse=pattern.descending), pattern


def check_questions(plan: IndexPlan, shelf: Shelf, table: dict[str, list[Row]]) -> None:
    for entity in plan.entities.values():
        for answer in entity.answers:
            if answer.via == "claim":
                fields = set(answer.pattern.equal)
                assert any(set(claim.attributes) == fields for claim in entity.claims)
                continue
            for asking in asked(answer.pattern, table[entity.entity]):
                check_answer(entity, answer, asking, shelf, table[entity.entity])


def way(answer: Answer) -> tuple[KeyPath, Reading]:
    assert answer.path is not None, answer
    assert answer.reading is not None, answer
    return answer.path, answer.reading


def check_answer(
    entity: EntityPlan, answer: Answer, given: Row, shelf: Shelf, table: list[Row]
) -> None:
    read = [
        row
        for name, row in shelf.read(*way(answer), given)
        if name == entity.entity or pytest.fail(f"{answer.pattern} found a {name}")
    ]
    found = [row for row in read if all(guard.holds(row) for guard in answer.filters)]
    wanted = [row for row in table if matching(row, answer.pattern, given)]
    assert sorted(ids(found, entity.identity)) == sorted(ids(wanted, entity.identity))
    if way(answer)[0].kind == "gsi":
        assert found == read, "an index holds rows that are not asked for"
    if answer.pattern.sort:
        check_order(found, answer.pattern)


@often
@given(schemas(), st.data())
def test_every_question_finds_exactly_its_rows_in_order(schema, data):
    """For each pattern of each entity, for all values: the same rows, sorted, none twice."""
    plan = planned(schema)
    check_questions(plan, *stocked(schema, plan, data))


@often
@given(families(), st.data())
def test_children_with_their_parent_are_found_by_every_question(schema, data):
    """Owned rows lie in their parent's partition, strong questions are never read from a GSI."""
    plan = planned(schema, PlanOptions(gsis_max=20, lsi=True))
    bee, shelf_and_table = plan.entity("Bee"), stocked(schema, plan, data)
    assert bee.key.under == "Ant"
    assert bee.key.hash == ("ant_id",)
    assert bee.key.partition[0] == plan.entity("Ant").prefix
    assert set(bee.key.sort) <= {"created_at", "id"}, "a row's key would change"
    for answer in bee.answers:
        if answer.pattern.strong:
            assert answer.via == "claim" or way(answer)[0].kind in ("table", "lsi")
    check_questions(plan, *shelf_and_table)


@often
@given(schemas(), st.data())
def test_a_range_finds_exactly_the_rows_within_it(schema, data):
    """Both ends included, in the order of the pattern's `sort`."""
    plan = planned(schema)
    shelf, table = stocked(schema, plan, data)
    for entity in plan.entities.values():
        for answer in entity.answers:
            pattern = answer.pattern
            if answer.via == "claim" or not way(answer)[1].ranged:
                continue
            values = [r[pattern.sort] for r in table[entity.entity] if r[pattern.sort] is not None]
            for asking in asked(pattern, table[entity.entity])[:3] if values else ():
                ends = data.draw(st.tuples(*[st.sampled_from(values)] * 2))
                low, high = sorted(ends, key=ordering)
                read = shelf.read(*way(answer), asking, low, high)
                found = [row for _, row in read if all(g.holds(row) for g in answer.filters)]
                wanted = [
                    row
                    for row in table[entity.entity]
                    if matching(row, pattern, asking)
                    and ordering(low) <= ordering(row[pattern.sort]) <= ordering(high)
                ]
                assert sorted(ids(found, entity.identity)) == sorted(ids(wanted, entity.identity))
                check_order(found, pattern)


@often
@given(schemas(), st.data())
def test_a_relation_finds_the_rows_that_point_here(schema, data):
    """From the definitions alone: children by foreign key or type, without those in the bin."""
    plan = planned(schema)
    shelf, table = stocked(schema, plan, data)
    declared = {d.name: d for d in schema}
    for route in plan.routes:
        relation = next(r for r in declared[route.entity].relations if r.name == route.relation)
        near: Row = {fk(route.entity): None}
        if relation.kind == "morph_many":
            near = {"owner_type": route.entity, "owner_id": None}
        entity, name = route.steps[0]
        answer = plan.entity(entity).answer(name)
        for parent in IDS if answer.via == "path" else ():
            given = {key: value or parent for key, value in near.items()}
            read = shelf.read(*way(answer), given)
            found = [row for _, row in read if all(g.holds(row) for g in answer.filters)]
            wanted = [
                row
                for row in table[entity]
                if all(row.get(key) == value for key, value in given.items())
                and row.get("deleted_at") is None
            ]
            identity = plan.entity(entity).identity
            assert sorted(ids(found, identity)) == sorted(ids(wanted, identity)), route
            order = relation.order_by.removeprefix("-")
            if order and not route.order and not way(answer)[1].single:
                values = [ordering(row[order]) for row in found]
                assert values == sorted(values, reverse=relation.order_by.startswith("-"))


@often
@given(schemas())
def test_indexes_are_as_many_as_the_entity_that_needs_most(schema):
    """Entities share indexes: their number is a maximum, not a sum."""
    plan = planned(schema)
    most = max(len(entity.indexes) for entity in plan.entities.values())
    assert len(plan.slots) == most
    for entity in plan.entities.values():
        numbers = [path.number for path in entity.indexes]
        assert len(set(numbers)) == len(numbers)


@often
@given(schemas(), st.randoms())
def test_the_order_of_definitions_changes_no_key(schema, random):
    shuffled = list(schema)
    random.shuffle(shuffled)
    one, other = planned(schema), planned(shuffled)
    assert {name: plan.paths for name, plan in one.entities.items()} == {
        name: plan.paths for name, plan in other.entities.items()
    }
