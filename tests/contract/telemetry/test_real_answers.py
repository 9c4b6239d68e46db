"""Telemetry tells of real answers what the answers say, on each backend."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from orm import SingleTableConfig, TableShape, create_table, delete_table
from orm.clock import SystemClock
from orm.driver import Driver, MeteredDriver
from orm.driver.telemetry import traced
from orm.errors import ConditionFailedError, TransactionCanceledError
from orm.requests import (
    Action,
    BatchGetItem,
    BatchWriteItem,
    Delete,
    GetItem,
    Item,
    ListTables,
    Put,
    PutItem,
    Query,
    Request,
    Scan,
    TransactWriteItems,
)

SECRET = "cAnArY"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def meter(driver: Driver) -> MeteredDriver:
    """The other one that counts, to compare with."""
    return MeteredDriver(driver)


@pytest.fixture
def telling(
    meter: MeteredDriver, exporter: InMemorySpanExporter, reader: InMemoryMetricReader
) -> Driver:
    spans = TracerProvider(shutdown_on_exit=False)
    spans.add_span_processor(SimpleSpanProcessor(exporter))
    counts = MeterProvider([reader], shutdown_on_exit=False)
    return traced(meter, tracer_provider=spans, meter_provider=counts)


@pytest.fixture
def table(telling: Driver, config: SingleTableConfig) -> Iterator[SingleTableConfig]:
    create_table(telling, TableShape(config=config, indexes=1), SystemClock())
    yield config
    delete_table(telling, config.table, SystemClock())


def key(config: SingleTableConfig, n: int) -> Item:
    return config.key(f"{SECRET}#1", f"{SECRET}#{n}")


def absent(config: SingleTableConfig) -> dict[str, Any]:
    return {
        "condition_expression": "attribute_not_exists(#n0)",
        "expression_attribute_names": {"#n0": config.pk},
        "return_values_on_condition_check_failure": "ALL_OLD",
    }


def all_of_them(config: SingleTableConfig) -> list[Request[Any]]:
    """Calls of many kinds that succeed, one after the other."""
    name = config.table
    query: Query[Item] = Query(
        table_name=name,
        key_condition_expression="#n0 = :v0",
        expression_attribute_names={"#n0": config.pk},
        expression_attribute_values={":v0": {"S": f"{SECRET}#1"}},
        limit=2,
    )
    return [
        PutItem(table_name=name, item=key(config, 1), **absent(config)),
        GetItem(table_name=name, key=key(config, 1), consistent_read=True),
        BatchWriteItem(
            request_items={name: [{"PutRequest": {"Item": key(config, n)}} for n in (2, 3)]}
        ),
        BatchGetItem(request_items={name: {"Keys": [key(config, n) for n in (1, 2, 3, 4)]}}),
        query,
        Scan(table_name=name),
        TransactWriteItems(
            transact_items=[
                Action(put=Put(table_name=name, item=key(config, 5))),
                Action(delete=Delete(table_name=name, key=key(config, 3))),
            ]
        ),
        ListTables(limit=1),
    ]


def by_operation(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {
        str((span.attributes or {})["db.operation.name"]): span
        for span in exporter.get_finished_spans()
    }


def test_counts_and_sizes_are_those_of_the_answers(
    telling: Driver, table: SingleTableConfig, exporter: InMemorySpanExporter
) -> None:
    for request in all_of_them(table):
        telling.send(request)
    found = {name: span.attributes or {} for name, span in by_operation(exporter).items()}
    rows = "db.response.returned_rows"
    assert [found[name][rows] for name in ("GetItem", "BatchGetItem", "Query", "Scan")] == [
        *(1, 3, 2, 3)
    ]
    assert found["Query"]["aws.dynamodb.scanned_count"] == 2
    assert found["BatchWriteItem"]["db.operation.batch.size"] == 2
    assert found["TransactWriteItems"]["aws.dynamodb.table_names"] == (table.table,)
    assert found["CreateTable"]["db.collection.name"] == table.table


def test_capacity_is_the_sum_that_a_meter_counts(
    telling: Driver,
    meter: MeteredDriver,
    table: SingleTableConfig,
    exporter: InMemorySpanExporter,
    reader: InMemoryMetricReader,
) -> None:
    for request in all_of_them(table):
        telling.send(request)
    of_spans: dict[str, float] = defaultdict(float)
    for span in exporter.get_finished_spans():
        said = span.attributes or {}
        parts: Any = said.get("aws.dynamodb.consumed_capacity", ())
        for part in parts:
            of_spans[str(said["db.operation.name"])] += json.loads(part)["CapacityUnits"]
    assert of_spans == of_metrics(reader) == dict(meter.usage().capacity_units)
    assert sum(of_spans.values()) > 0


def of_metrics(reader: InMemoryMetricReader) -> dict[str, float]:
    data = reader.get_metrics_data()
    units: dict[str, float] = defaultdict(float)
    for resource in data.resource_metrics if data else ():
        for metric in resource.scope_metrics[0].metrics:
            if metric.name == "keyfold.dynamodb.consumed_capacity":
                points: Any = metric.data.data_points
                for point in points:
                    units[point.attributes["db.operation.name"]] += point.value
    return units


def test_refusals_are_told_by_their_codes_and_without_a_key(
    telling: Driver,
    table: SingleTableConfig,
    exporter: InMemorySpanExporter,
    reader: InMemoryMetricReader,
) -> None:
    """The error that a caller gets may carry the item that was there; the span does not."""
    put = PutItem(table_name=table.table, item=key(table, 1), **absent(table))
    telling.send(put)
    with pytest.raises(ConditionFailedError):
        telling.send(put)
    action = Action(put=Put(table_name=table.table, item=key(table, 1), **absent(table)))
    with pytest.raises(TransactionCanceledError):
        telling.send(TransactWriteItems(transact_items=[action]))
    found = by_operation(exporter)
    codes = [
        (found[name].attributes or {})["db.response.status_code"]
        for name in ("PutItem", "TransactWriteItems")
    ]
    assert codes == ["ConditionalCheckFailedException", "TransactionCanceledException"]
    assert found["PutItem"].status.status_code is StatusCode.UNSET
    metrics = reader.get_metrics_data()
    assert metrics is not None
    exported = [span.to_json() for span in exporter.get_finished_spans()] + [metrics.to_json()]
    assert not any(SECRET in text for text in exported)
