"""Native plans against an oracle: what native keys find is what looking at every row finds, an
index has one kind of keys, and the lock moves none."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from orm.definitions import AttributeDefinition, EntityDefinition, Kind, PatternDefinition, Traits
from orm.indexes import Answer, EntityPlan, IndexPlan, PlanOptions, plan_indexes
from tests.counts import count

Row = dict[str, Any]
KINDS: dict[str, Kind] = {"a": "string", "b": "integer", "c": "string", "d": "number"}
TRAITS = Traits(soft_deletes="gone")
NAMES = ("Ant", "Bee", "Cat")
WIDE = PlanOptions(gsis_max=20, trashed=frozenset({"Ant"}))
often = settings(max_examples=count(150, 3_000))


@st.composite
def patterns(draw: st.DrawFn) -> tuple[PatternDefinition, ...]:
    found: dict[tuple[object, ...], PatternDefinition] = {}
    for number in range(draw(st.integers(0, 4))):
        equal = draw(st.lists(st.sampled_from([*KINDS]), max_size=3, unique=True))
        sort = draw(st.sampled_from(["", *(name for name in KINDS if name not in equal)]))
        made = PatternDefinition(
            name=f"p{number}",
            equal=tuple(equal),
            sort=f"-{sort}" if sort and draw(st.booleans()) else sort,
            native=draw(st.integers(0, 3)) > 0,
            project=draw(st.sampled_from(((), (), ("a",), ("b",)))),
        )
        found[frozenset(equal), sort, made.native] = made
    return tuple(found.values())


@st.composite
def schemas(draw: st.DrawFn) -> list[EntityDefinition]:
    return [
        EntityDefinition(
            name=name,
            attributes=tuple(
                AttributeDefinition(
                    name=one, declared=one, kind=kind, required=draw(st.booleans()), nullable=False
                )
                for one, kind in KINDS.items()
            ),
            patterns=draw(patterns()),
            traits=Traits(soft_deletes=draw(st.sampled_from((None, "gone")))),
        )
        for name in NAMES[: draw(st.integers(1, 3))]
    ]


@st.composite
def rows(draw: st.DrawFn, definition: EntityDefinition) -> list[Row]:
    values = {"string": st.sampled_from("xy"), "integer": st.integers(-1, 1)}
    values["number"] = st.integers(0, 1)
    made = []
    for number in range(draw(st.integers(0, 8))):
        row: Row = {"id": str(number), "gone": None}
        for one in definition.attributes:
            value = values[one.kind]
            row[one.name] = draw(value if one.required else st.none() | value)
        if definition.traits.soft_deletes:
            row["gone"] = draw(st.sampled_from((None, 1)))
        made.append(row)
    return made


def native_answers(plan: IndexPlan) -> list[tuple[EntityPlan, Answer]]:
    every = [(entity, answer) for entity in plan.entities.values() for answer in entity.answers]
    return [(entity, answer) for entity, answer in every if answer.pattern.native]


def read(answer: Answer, table: list[Row], equal: Row) -> list[Row]:
    """What DynamoDB would answer of an index with these keys, filtered."""
    path, reading = answer.path, answer.reading
    assert path is not None
    assert reading is not None
    keys = (*path.hash, *path.sort)
    given = (*path.hash, *path.sort[: reading.given])
    assert set(given) == set(equal), "every equality is in the key, and nothing else"
    there = [row for row in table if None not in [row[name] for name in keys]]
    found = [row for row in there if all(row[name] == equal[name] for name in given)]
    found.sort(key=lambda row: [row[name] for name in path.sort], reverse=not reading.forward)
    return [row for row in found if all(guard.holds(row) for guard in answer.filters)]


def wanted(answer: Answer, table: list[Row], equal: Row) -> list[Row]:
    pattern = answer.pattern
    in_bin = pattern.name.endswith("(trashed)")
    return [
        row
        for row in table
        if all(row[name] == value for name, value in equal.items())
        and (not pattern.sort or row[pattern.sort] is not None)
        and (row["gone"] is not None) == in_bin
    ]


@often
@given(schemas(), st.data())
def test_native_keys_find_what_a_look_at_every_row_finds(
    schema: list[EntityDefinition], data: st.DataObject
) -> None:
    plan = plan_indexes(schema, WIDE)
    tables = {one.name: data.draw(rows(one)) for one in schema}
    for entity, answer in native_answers(plan):
        assert answer.path is not None
        assert answer.path.native
        table, asked = tables[entity.entity], answer.pattern
        given_values = [{name: row[name] for name in asked.equal} for row in table]
        for equal in given_values or [dict.fromkeys(asked.equal, "x")]:
            if None in equal.values():
                continue
            found = read(answer, table, equal)
            expected = wanted(answer, table, equal)
            assert sorted(r["id"] for r in found) == sorted(r["id"] for r in expected)
            if asked.sort:
                order = [row[asked.sort] for row in found]
                assert order == sorted(order, reverse=asked.descending)


@often
@given(schemas())
def test_an_index_has_one_kind_of_keys_and_no_more_than_four_of_each(
    schema: list[EntityDefinition],
) -> None:
    plan = plan_indexes(schema, WIDE)
    for slot in plan.slots:
        paths = [p for each in plan.entities.values() for p in each.indexes]
        kinds = {(p.native, p.hash, p.sort) if p.native else False
                 for p in paths if p.number == slot.number}  # fmt: skip
        assert len(kinds) == 1
        if slot.native is not None:
            assert len(slot.native[0]) <= 3
            assert len(slot.native[1]) <= 4


@often
@given(schemas(), schemas())
def test_the_lock_moves_no_native_index(
    first: list[EntityDefinition], later: list[EntityDefinition]
) -> None:
    """Whatever comes and goes, also where an entity is gone: an index keeps its keys."""
    first, later = ([replace(one, traits=TRAITS) for one in each] for each in (first, later))
    plan = plan_indexes(first, WIDE)
    again = plan_indexes(later, WIDE, lock=plan.lock)
    before = {slot.number: slot.native for slot in plan.slots}
    for slot in again.slots:
        assert before.get(slot.number, slot.native) == slot.native
    assert plan_indexes(later, WIDE, lock=again.lock).lock == again.lock
