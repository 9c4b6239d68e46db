"""Sparse indexes: what is declared with `where` is answered by its own index, though one of all
rows could be filtered."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orm.definitions import PatternDefinition as Pattern
from orm.driver import MeteredDriver
from orm.records import Attr, Connection, DynamoDBModel, Repository, attr, new_id


class Task(
    DynamoDBModel,
    patterns=(
        Pattern(name="all", equal=(), sort="rank"),
        Pattern(name="open", equal=(), sort="rank", where={"status": "open"}),
        Pattern(name="ranks", equal=("team",), project=("rank",)),
        Pattern(name="open of a team", equal=("team",), where={"status": "open"}),
    ),
):
    """Most of them are done."""

    id: Attr[str] = attr(default_factory=new_id)
    team: Attr[str] = attr(default="red")
    rank: Attr[int]
    status: Attr[str] = attr(default="done")
    note: Attr[str] = attr(default="n" * 1_000)


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    return (Task,)


@pytest.fixture
def tasks(connection: Connection) -> Repository[Task]:
    made = connection.repository(Task)
    for rank in range(40):
        made.create(rank=rank, status="open" if rank % 20 == 0 else "done")
    return made


def test_a_sparse_index_is_asked_rather_than_a_filtered_one(
    tasks: Repository[Task], meter: MeteredDriver
) -> None:
    """No row is read that is not asked for."""
    asked = tasks.query().where(status="open").order_by("rank")
    (reading,) = asked.explain().readings
    assert not reading.filter
    before = meter.usage().capacity_units
    assert [task.rank for task in asked.get()] == [0, 20]
    assert (meter.usage().capacity_units - before).total() <= 1
    assert [task.rank for task in tasks.query().order_by("rank").get()] == list(range(40))


def test_rows_are_counted_by_no_index_that_lacks_what_they_are_told_by(
    tasks: Repository[Task],
) -> None:
    """DynamoDB refuses to filter an index by what it does not copy."""
    asked = tasks.query().where(team="red", status="open")
    assert asked.count() == 2
    assert sorted(asked.pluck("rank")) == [0, 20]
    assert len(asked.get()) == 2
    assert tasks.query().where(team="red").pluck("rank")
