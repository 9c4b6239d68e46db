"""Metrics: durations, rows and capacity, kept apart by operation and table."""

from __future__ import annotations

from typing import Any

import pytest

from orm.clock import ManualClock
from orm.driver import ServiceError
from orm.errors import InvalidRequestError, UnexpectedItemError
from orm.requests import Capacity, PutItem, Query, Request, Written
from tests.unit.orm.fakes import ScriptedDriver
from tests.unit.orm.telemetry.calls import CALLS, KEY, PAGE
from tests.unit.orm.telemetry.observatory import Observatory

PUT = PutItem(table_name="orders", item=KEY)
OF_PUT = {
    "db.system.name": "aws.dynamodb",
    "db.operation.name": "PutItem",
    "db.collection.name": "orders",
}
DURATIONS = "db.client.operation.duration"
ROWS = "db.client.response.returned_rows"
CAPACITY = "keyfold.dynamodb.consumed_capacity"


def call(operation: str) -> tuple[Request[Any], dict[str, Any]]:
    (found,) = ((r, a) for r, a in CALLS if r.operation == operation)
    return found


def test_a_duration_is_in_seconds_in_the_buckets_that_the_conventions_advise(
    observatory: Observatory,
) -> None:
    clock = ManualClock()

    def answer(_: Any) -> Written:
        clock.sleep(0.03)
        return Written(consumed_capacity=Capacity())

    observatory.traced(ScriptedDriver(answer), clock=clock).send(PUT)
    (point,) = observatory.points(DURATIONS)
    assert (point.count, point.sum) == (1, pytest.approx(0.03))
    assert point.explicit_bounds == (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
    assert point.attributes == OF_PUT
    assert observatory.units()[DURATIONS] == "s"


def test_a_failure_is_kept_apart_by_its_type(observatory: Observatory) -> None:
    with pytest.raises(InvalidRequestError):
        observatory.over(ServiceError("ValidationException", "no")).send(PUT)
    (point,) = observatory.points(DURATIONS)
    code = {"error.type": "ValidationException", "db.response.status_code": "ValidationException"}
    assert point.attributes == OF_PUT | code


def test_capacity_is_summed_by_operation_table_and_index(observatory: Observatory) -> None:
    for operation in ("PutItem", "PutItem", "Query", "TransactWriteItems"):
        request, answer = call(operation)
        observatory.over(answer).send(request)
    found = {
        (
            point.attributes["db.operation.name"],
            point.attributes["db.collection.name"],
            point.attributes.get("aws.dynamodb.index_name"),
        ): point.value
        for point in observatory.points(CAPACITY)
    }
    assert found == {
        ("PutItem", "orders", None): 3.0,
        ("Query", "orders", "gsi1"): 1.5,
        ("TransactWriteItems", "orders", None): 1.5,
        ("TransactWriteItems", "users", None): 0.0,
    }


@pytest.mark.parametrize(
    ("operation", "rows"),
    [("GetItem", 1), ("Query", 2), ("Scan", 2), ("BatchGetItem", 2), ("GetRecords", 2)],
)
def test_rows_are_counted_for_what_reads(
    observatory: Observatory, operation: str, rows: int
) -> None:
    request, answer = call(operation)
    observatory.over(answer).send(request)
    (point,) = observatory.points(ROWS)
    assert (point.count, point.sum) == (1, rows)
    assert point.explicit_bounds[-1] == 10_000


def test_a_read_that_finds_nothing_brings_no_rows_and_a_write_none_to_count(
    observatory: Observatory,
) -> None:
    request, answer = call("GetItem")
    observatory.over({"ConsumedCapacity": answer["ConsumedCapacity"]}).send(request)
    observatory.over(call("PutItem")[1]).send(PUT)
    (point,) = observatory.points(ROWS)
    assert (point.count, point.sum) == (1, 0)


def test_an_answer_that_came_with_an_error_is_counted_as_well(observatory: Observatory) -> None:
    """An item of another type does not make what was consumed unconsumed."""
    query, _ = call("Query")
    assert isinstance(query, Query)
    typed = Query(
        table_name="orders",
        key_condition_expression=query.key_condition_expression,
        expression_attribute_values=query.expression_attribute_values,
        read_as=int,
    )
    with pytest.raises(UnexpectedItemError):
        observatory.over(PAGE).send(typed)
    (point,) = observatory.points(CAPACITY)
    assert point.value == 1.5
    assert (observatory.span().attributes or {})["error.type"] == "UnexpectedItemError"


def test_two_drivers_of_one_program_share_their_instruments(observatory: Observatory) -> None:
    """Else an exporter would see each metric twice."""
    for _ in range(2):
        observatory.over(call("PutItem")[1]).send(PUT)
    (point,) = observatory.points(DURATIONS)
    assert point.count == 2


def test_an_exemplar_leads_from_the_metric_to_the_span_of_the_call(
    observatory: Observatory,
) -> None:
    observatory.over(call("PutItem")[1]).send(PUT)
    (point,) = observatory.points(DURATIONS)
    context = observatory.span().context
    assert context is not None
    assert [exemplar.span_id for exemplar in point.exemplars] == [context.span_id]
