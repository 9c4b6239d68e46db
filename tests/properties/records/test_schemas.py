"""Random schemas on an engine: every declared pattern is executed against random rows and answers
what a look at every row does, by the book and as a user asks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import event, given, reject, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from orm import SingleTableConfig, create_table
from orm.book import AccessPatternGenerator, Pattern
from orm.clock import ManualClock, SystemClock
from orm.definitions import AttributeDefinition, EntityDefinition
from orm.driver import RetryingDriver, WireDriver
from orm.errors import RowExistsError
from orm.indexes import AccessPattern, PlanOptions, expand
from orm.indexes.errors import GsiOverflowError
from orm.memory import MemoryTransport
from orm.records import Connection, DynamoDBModel, RecordQuery, Repository, UniqueError
from tests.counts import count
from tests.properties.indexes.schemas import families, rows, schemas
from tests.properties.indexes.test_plan import asked, check_order, matching

DAY_SECONDS = 86_400
Row = dict[str, Any]
Table = dict[str, list[Row]]

often = settings(max_examples=count(60, 2_000))


def connected(schema: list[EntityDefinition], *, lsi: bool = False) -> Connection:
    """The schema in a table of its own on the memory engine."""
    options = PlanOptions(gsis_max=20, lsi=lsi, trashed=frozenset({"Ant"}))
    driver = RetryingDriver(WireDriver(MemoryTransport()))
    made = Connection(driver, SingleTableConfig(table="any"), clock=ManualClock(), options=options)
    made.register(*map(whole, schema))
    try:
        create_table(driver, made.shape(), SystemClock())
    except GsiOverflowError:
        event("over twenty indexes, which no table can have")
        reject()
    return made


def whole(declared: EntityDefinition) -> EntityDefinition:
    """With what `define` adds: the attributes of traits, and the types of keys."""
    traits = declared.traits
    times = [*(traits.timestamps or ()), *filter(None, [traits.soft_deletes])]
    implied = [AttributeDefinition(name="id", declared="id", kind="string")] + [
        AttributeDefinition(name=name, declared=name, kind="datetime", nullable=True)
        for name in times
    ]
    typed = [
        replace(one, kind="string") if one.name.endswith("_id") else one
        for one in declared.attributes
    ]
    return replace(declared, attributes=(*typed, *implied))


def stocked(connection: Connection, data: st.DataObject) -> Table:
    """Random rows of every entity, some of them in the bin; as they are stored."""
    definitions = [connection.repository(name).definition for name in connection.plan.entities]
    facts = expand(definitions, PlanOptions(gsis_max=20)).facts
    table: Table = {}
    for name, plan in connection.plan.entities.items():
        known = facts[name]
        present = frozenset(one for one in known.names if known.present(one))
        drawn = data.draw(rows(known.names, plan.identity, present))
        made = [saved(connection.repository(name), row, data) for row in drawn]
        table[name] = [row for row in made if row is not None]
    return table


def saved(repository: Repository[Any], values: Row, data: st.DataObject) -> Row | None:
    """A row as it is stored, None where another has its unique values."""
    repository.connection.clock.sleep(data.draw(st.integers(0, 2)) * DAY_SECONDS)
    traits = repository.definition.traits
    record = repository.make()
    for name in set(values) - {*(traits.timestamps or ()), traits.soft_deletes}:
        if values[name] is not None:
            setattr(record, name, values[name])
    try:
        repository.save(record)
    except (UniqueError, RowExistsError):
        return None
    if traits.soft_deletes and data.draw(st.booleans()):
        repository.delete(record)
    return stored(repository, record)


def stored(repository: Repository[Any], record: DynamoDBModel) -> Row:
    values = repository.layout.values(record)
    return {name: values.get(name) for name in repository.layout.fields}


def check(connection: Connection, table: Table) -> None:
    for pattern in AccessPatternGenerator(connection).patterns():
        entity = pattern.entry.entity
        plan = connection.plan.entity(entity)
        question = plan.answer(pattern.entry.name).pattern
        if pattern.entry.via == "claim":  # one row, in any order, whatever else it lacks
            question = replace(question, needs=(), sort="")
        for values in asked(question, table[entity]):
            there = [row for row in table[entity] if matching(row, question, values)]
            wanted = sorted(tuple(row[name] for name in plan.identity) for row in there)
            for answer in answers(connection.repository(entity), pattern, question, values):
                found = [{n: getattr(row, n) for n in row.__struct_fields__} for row in answer]
                keys = [tuple(row[name] for name in plan.identity) for row in found]
                assert sorted(keys) == wanted, (str(pattern), values)
                if question.sort:
                    check_order(found, question)


def answers(
    repository: Repository[Any], pattern: Pattern, question: AccessPattern, values: Row
) -> Iterator[list[Any]]:
    """What the book finds, and what a query does that says the same."""
    yield pattern.execute(values)
    query = spelled(repository, question, values)
    if pattern.entry.attributes or query is None:
        return
    found = query.get()
    if pattern.entry.via == "gsi" and not question.needs:
        read = query.explain().readings
        assert not any(one.filter for one in read if one.index.startswith("GSI")), str(pattern)
    assert query.count() == len(found) == len(query.pluck(repository.plan.identity[0]))
    assert query.limit(1).count() == min(1, len(found))
    # a row that is found by its whole key is in any order, and need not have what is sorted by
    yield [row for row in found if not question.sort or getattr(row, question.sort) is not None]


def spelled(
    repository: Repository[Any], question: AccessPattern, values: Row
) -> RecordQuery[Any] | None:
    """The pattern as a query; None where it says two things of one attribute."""
    query, bin_ = repository.query().where(**values), repository.definition.traits.soft_deletes
    said = {guard.attribute: guard for guard in question.guards}
    if said.keys() & {*values, question.sort} or bin_ in {*values, *question.needs}:
        return None
    for guard in said.values():
        if guard.attribute == bin_:
            query = query.only_trashed() if guard.test == "present" else query
        elif guard.test == "is":
            query = query.where(**{guard.attribute: guard.value})
        else:
            query = query.where_null(guard.attribute)
    for name in set(question.needs) - {*values, *said, question.sort}:
        query = query.where_not_null(name)
    if bin_ and bin_ not in said:
        query = query.with_trashed()
    direction: Any = "desc" if question.descending else "asc"
    return query.order_by(question.sort, direction) if question.sort else query


@often
@given(schemas(), st.data())
def test_every_declared_pattern_finds_what_brute_force_finds(schema, data):
    connection = connected(schema)
    check(connection, stocked(connection, data))


@often
@given(families(), st.data())
def test_so_do_those_about_children_that_lie_with_their_parent(schema, data):
    connection = connected(schema, lsi=True)
    check(connection, stocked(connection, data))
