"""The replayed answers are DynamoDB Local's own, byte for byte."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import canned
from eventstore.layout import PAYLOAD_PROJECTION, READ_PROJECTION, EventLayout
from orm.clock import SystemClock
from orm.driver import RetryingDriver, ServiceError, Transport, WireDriver
from orm.limits import BATCH_WRITE_MAX
from orm.requests import (
    AttributeDefinition,
    BatchWriteItem,
    CreateTable,
    Item,
    KeyElement,
    PutItem,
    Query,
)
from orm.tables import create_table

PARTITIONS = [
    "ORDER#100-by-1",
    "ORDER#1000-by-10",
    "ORDER#10000-by-1",
    canned.naive_pk(10_000),
]


@pytest.fixture(scope="module")
def engine(local_transport: Transport) -> Transport:
    """The engine with the benchmark's tables."""
    driver = RetryingDriver(WireDriver(local_transport))
    create_table(driver, EventLayout(canned.EVENT_TABLE).shape(), SystemClock())
    driver.send(
        CreateTable(
            table_name=canned.NAIVE_TABLE,
            key_schema=[KeyElement(attribute_name=n, key_type=k) for n, k in _NAIVE_KEY],
            attribute_definitions=[
                AttributeDefinition(attribute_name="pk", attribute_type="S"),
                AttributeDefinition(attribute_name="version", attribute_type="N"),
            ],
            billing_mode="PAY_PER_REQUEST",
        )
    )
    for pk in PARTITIONS:
        table, items = canned.partition(pk)
        for some in _batches(items):
            requests = [{"PutRequest": {"Item": item}} for item in some]
            answer = driver.send(BatchWriteItem(request_items={table: requests}))
            assert not answer.unprocessed_items
    return local_transport


_NAIVE_KEY = [("pk", "HASH"), ("version", "RANGE")]


def _batches(items: list[Item]) -> Iterator[list[Item]]:
    left = iter(items)
    return iter(lambda: list(itertools.islice(left, BATCH_WRITE_MAX)), [])


def query(table: str, pk: str, start: Item | None, **more: Any) -> Query[Item]:
    return Query(
        table_name=table,
        key_condition_expression="pk = :pk",
        expression_attribute_values={":pk": {"S": pk}},
        consistent_read=True,
        exclusive_start_key=start,
        **more,
    )


@pytest.mark.parametrize("pk", PARTITIONS)
def test_pages_are_the_engines(engine: Transport, pk: str):
    """Borders, capacity, order of attributes: every page of the partition has the same bytes."""
    table, items = canned.partition(pk)
    start: Item | None = None
    for page in canned.pages(table, items):
        assert engine.call("Query", query(table, pk, start).params()) == page.body
        start = page.last
    assert start is None


@pytest.mark.parametrize("projection", [READ_PROJECTION, PAYLOAD_PROJECTION])
@pytest.mark.parametrize("pk", [pk for pk in PARTITIONS if pk.startswith("ORDER")])
def test_pages_of_a_stream_are_the_engines(engine: Transport, pk: str, projection: str):
    """The same with the log's own projections: shorter bodies, the same borders and units."""
    table, items = canned.partition(pk)
    start: Item | None = None
    for page in canned.pages(table, items, projection=projection):
        asked = query(
            table,
            pk,
            start,
            projection_expression=projection,
            expression_attribute_names={"#sk": "sk"},
        )
        assert engine.call("Query", asked.params()) == page.body
        start = page.last
    assert start is None


def test_the_head_is_the_engines(engine: Transport):
    table, items = canned.partition("ORDER#100-by-1")
    asked = query(table, "ORDER#100-by-1", None, scan_index_forward=False, limit=1)
    page = next(canned.pages(table, items[::-1], limit=1))
    assert engine.call("Query", asked.params()) == page.body


def test_a_put_is_answered_as_by_the_engine(engine: Transport):
    """Accepted: the same bytes. Refused: the same error, occupant included."""
    item = canned.commits(100, 10)[1]
    put = PutItem(
        table_name=canned.EVENT_TABLE.table,
        item=item,
        condition_expression="attribute_not_exists(pk)",
        return_values_on_condition_check_failure="ALL_OLD",
    )
    wanted = canned.written(canned.EVENT_TABLE.table, item)
    assert engine.call("PutItem", put.params()) == wanted
    with pytest.raises(ServiceError) as refusal:
        engine.call("PutItem", put.params())
    assert (refusal.value.code, refusal.value.fields) == canned.refusal(item)
