"""Local indexes: patterns that are declared strong, over another order of one item collection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orm import SingleTableConfig, create_table, delete_table
from orm.clock import SystemClock
from orm.definitions import PatternDefinition as Pattern
from orm.driver import Driver
from orm.errors import ConfigurationError, NoIndexError
from orm.indexes import LsiDeriver, PlanOptions
from orm.records import Attr, Connection, DynamoDBModel, SoftDeletes, attr
from orm.tables import TableShape
from tests.support.drivers import Recording
from tests.support.tables import table_of

CLOCK = SystemClock()


class Score(
    DynamoDBModel,
    SoftDeletes,
    primary_key=("game", "player"),
    patterns=(
        Pattern(name="of game", equal=("game",)),
        Pattern(name="top", equal=("game",), sort="-points", strong=True),
        Pattern(name="open", equal=("game",), sort="round", strong=True, where={"state": "open"}),
    ),
):
    """Lies by its game; stands in one local index while it has points, in another while open."""

    game: Attr[str]
    player: Attr[str]
    points: Attr[int | None] = attr(default=None)
    round: Attr[int] = attr(default=0)
    state: Attr[str] = attr(default="open")
    note: Attr[str] = attr(default="")


ORDER = {"name": "Order", "hasMany": {"lines": {"model": "Line", "owned": True}}}
LINE = {
    "name": "Line",
    "primaryKey": ["order_id", "number"],
    "attributes": {
        "orderId": {"required": True},
        "number": {"type": "integer"},
        "price": {"type": "integer"},
    },
    "patterns": [{"name": "dearest", "equal": ["orderId"], "sort": "-price", "strong": True}],
}


@pytest.fixture
def watching(driver: Driver) -> Recording:
    return Recording(driver)


@pytest.fixture
def connection(
    watching: Recording, config: SingleTableConfig, tenant: str | None
) -> Iterator[Connection]:
    made = Connection(watching, config, tenant=tenant, options=PlanOptions(lsi=True))
    made.register(Score, ORDER, LINE)
    with table_of(made):
        yield made


def test_a_strong_pattern_is_read_consistently_from_its_local_index(
    connection: Connection, watching: Recording
) -> None:
    """Whether the query says so or not, and in the order that is asked for; ranges too."""
    scores = connection.repository(Score)
    for points in (5, 100, 20, -3):
        scores.create(game="chess", player=f"p{points}", points=points)
    scores.create(game="go", player="p1", points=7)
    top = scores.query().where(game="chess")
    watching.sent.clear()
    assert top.order_by("points", "desc").pluck("points") == [100, 20, 5, -3]
    assert top.where("points", ">", 5).consistent().pluck("points") == [20, 100]
    assert top.where_between("points", -3, 5).order_by("points", "desc").pluck("points") == [5, -3]
    path = next(p for p in connection.plan.entity("Score").local if "points" in p.sort)
    name = connection.config.local_index_name(path.number)
    assert {(one.index_name, one.consistent_read) for one in watching.queries} == {(name, True)}


def test_rows_read_from_a_local_index_are_whole_and_can_be_saved(connection: Connection) -> None:
    scores = connection.repository(Score)
    made = scores.create(game="chess", player="ann", points=5, note="first")
    (read,) = scores.query().where(game="chess").order_by("points").get()
    assert read == made
    read.update(points=6, note="second")
    (again,) = scores.query().where(game="chess").where("points", ">=", 6).get()
    assert (again.player, again.points, again.note) == ("ann", 6, "second")
    assert scores.query().where(game="chess").where("points", "<", 6).get() == []


def test_a_row_enters_and_leaves_its_local_indexes(connection: Connection) -> None:
    """With its values, its guards and the bin; what is saved is seen at once."""
    scores = connection.repository(Score)
    row = scores.create(game="chess", player="ann")
    top = scores.query().where(game="chess").order_by("points")
    opened = scores.query().where(game="chess", state="open").order_by("round")
    assert (top.count(), opened.count()) == (0, 1)
    row.update(points=3)
    assert (top.pluck("points"), opened.count()) == ([3], 1)
    row.update(state="closed")
    assert (top.count(), opened.count()) == (1, 0)
    row.update(points=None, state="open", round=2)
    assert (top.count(), opened.pluck("round")) == (0, [2])
    row.update(points=4)
    row.delete()
    assert (top.count(), opened.count()) == (0, 0)
    row.restore()
    assert (top.count(), opened.count()) == (1, 1)
    row.force_delete()
    assert (top.count(), opened.count()) == (0, 0)


def test_children_have_a_local_index_in_their_parents_collection(connection: Connection) -> None:
    """No other entity's rows are found there, and no other parent's."""
    connection.repository("Order").create(id="o")
    lines: Any = connection.repository("Line")
    for number, price in enumerate((30, None, 10, 20)):
        lines.create(order_id="o", number=number, price=price)
    lines.create(order_id="p", number=0, price=25)
    dearest = lines.query().where(order_id="o").order_by("price", "desc").consistent()
    assert dearest.pluck("price") == [30, 20, 10]
    lines.find_or_fail("o", 1).update(price=25)
    lines.find_or_fail("o", 0).delete()
    assert dearest.pluck("number") == [1, 3, 2]
    assert len(list(lines.all())) == 4


def test_another_order_is_refused_where_no_local_index_has_it(connection: Connection) -> None:
    scores = connection.repository(Score)
    with pytest.raises(NoIndexError, match="note"):
        scores.query().where(game="chess").order_by("note").consistent().get()


# --- the table ---


def test_the_table_has_them_as_the_deriver_says(connection: Connection) -> None:
    """By the names of the configuration; and a table that has them is recognised."""
    config = connection.config
    derived = LsiDeriver(connection.plan, config).derive()
    request = connection.shape().request()
    made = request.local_secondary_indexes or []
    assert [(each.name, each.pk, each.sk) for each in derived] == [
        (each.index_name, *(key.attribute_name for key in each.key_schema)) for each in made
    ]
    assert [each.name for each in derived] == [config.local_index_name(n) for n in (1, 2)]
    assert connection.create_table() is False


def test_a_table_without_them_is_refused_and_says_what_it_lacks(
    driver: Driver, config: SingleTableConfig
) -> None:
    """All of it; what a table has beyond its shape is no matter."""
    create_table(driver, TableShape(config=config), CLOCK)
    made = Connection(driver, config, options=PlanOptions(lsi=True))
    made.register(Score)
    first, second = (config.local_index_name(number) for number in (1, 2))
    with pytest.raises(ConfigurationError) as raised:
        made.create_table()
    only = "which is made with its table only"
    assert f"its local index {first} is missing, {only}; " in str(raised.value)
    assert f"its local index {second} is missing, {only}" in str(raised.value)
    delete_table(driver, config.table, CLOCK)
    assert made.create_table() is True
    assert create_table(driver, TableShape(config=config, local_indexes=1), CLOCK) is False
    delete_table(driver, config.table, CLOCK)
