"""Clauses: what a clause says of a row in this process is what the engine's filter says of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orm import SingleTableConfig, TableShape, create_table
from orm.clock import SystemClock
from orm.codec import to_wire
from orm.driver import Driver, WireDriver
from orm.expressions import Placeholders
from orm.memory import MemoryTransport
from orm.records.queries.clauses import Clause, condition, holds
from orm.requests import Item, PutItem, Query

CONFIG = SingleTableConfig(table="clauses")
KEY = CONFIG.key("ROW#1", "ROW#1")

texts = st.text("abß𐀀", max_size=3)
numbers = st.integers(-3, 3) | st.sampled_from([Decimal("1.5"), Decimal("-0.5")])
scalars = texts | numbers | st.booleans() | st.binary(max_size=2)
stored = st.none() | scalars | st.lists(texts, max_size=3) | st.sets(texts, min_size=1, max_size=3)
ordered = texts | numbers


@st.composite
def clauses(draw: st.DrawFn) -> Clause:
    operator = draw(st.sampled_from(["<", "<=", ">", ">=", "between", "begins_with", "contains",
                                     "=", "!=", "in", "not_in", "null", "not_null"]))  # fmt: skip
    values: tuple[Any, ...]
    if operator in ("<", "<=", ">", ">="):
        values = (draw(ordered),)
    elif operator == "between":
        kind = draw(st.sampled_from([texts, numbers]))
        values = (draw(kind), draw(kind))
    elif operator in ("begins_with", "contains"):
        values = (draw(texts.filter(bool)),)
    elif operator in ("=", "!="):
        values = (draw(st.none() | scalars),)
    elif operator in ("in", "not_in"):
        values = tuple(draw(st.lists(st.none() | scalars, max_size=3)))
    else:
        values = ()
    return Clause("value", operator, values)


@pytest.fixture(scope="module")
def driver() -> Driver:
    made = WireDriver(MemoryTransport())
    create_table(made, TableShape(config=CONFIG), SystemClock())
    return made


@given(value=stored, clause=clauses(), absent=st.booleans())
def test_a_clause_holds_here_where_it_holds_there(
    driver: Driver, value: Any, clause: Clause, absent: bool
) -> None:
    item: Item = {**KEY} if value is None and absent else {**KEY, "value": to_wire(value)}
    driver.send(PutItem(table_name="clauses", item=item))
    placeholders = Placeholders()
    key = placeholders.name("pk"), placeholders.value({"S": "ROW#1"})
    asked: Query[Item] = Query(
        table_name="clauses",
        key_condition_expression=f"{key[0]} = {key[1]}",
        filter_expression=condition(clause, "value").render(placeholders),
        expression_attribute_names=placeholders.names,
        expression_attribute_values=placeholders.values or {},
    )
    assert holds(clause, item.get("value")) == bool(driver.send(asked).items)
