"""Spans: each call is one, named and described as the conventions say."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import SpanKind, StatusCode

from orm.clock import ManualClock
from orm.driver import ServiceError, TransportError
from orm.errors import (
    AnswerLostError,
    ConditionFailedError,
    DriverError,
    InvalidRequestError,
    TransactionCanceledError,
)
from orm.requests import Capacity, ListTables, PutItem, Request, Written
from tests.unit.orm.fakes import ScriptedDriver
from tests.unit.orm.telemetry.calls import CALLS, KEY, ONE
from tests.unit.orm.telemetry.observatory import Observatory

PUT = PutItem(table_name="orders", item=KEY)
WRITTEN = Written(consumed_capacity=Capacity(table_name="orders", capacity_units=1.0))

SAID: dict[str, dict[str, Any]] = {
    "PutItem": {},
    "UpdateItem": {},
    "DeleteItem": {},
    "GetItem": {"aws.dynamodb.consistent_read": True, "db.response.returned_rows": 1},
    "Query": {
        "aws.dynamodb.consistent_read": False,
        "aws.dynamodb.count": 2,
        "aws.dynamodb.index_name": "gsi1",
        "aws.dynamodb.limit": 10,
        "aws.dynamodb.scan_forward": False,
        "aws.dynamodb.scanned_count": 5,
        "db.response.returned_rows": 2,
    },
    "Scan": {
        "aws.dynamodb.consistent_read": False,
        "aws.dynamodb.count": 2,
        "aws.dynamodb.scanned_count": 5,
        "aws.dynamodb.segment": 1,
        "aws.dynamodb.total_segments": 4,
        "db.response.returned_rows": 2,
    },
    "BatchGetItem": {
        "aws.dynamodb.table_names": ("orders", "users"),
        "db.operation.batch.size": 3,
        "db.response.returned_rows": 2,
    },
    "BatchWriteItem": {},
    "TransactWriteItems": {
        "aws.dynamodb.table_names": ("orders", "users", "claims"),
        "db.operation.batch.size": 4,
    },
    "CreateTable": {
        "aws.dynamodb.global_secondary_indexes": (
            '{"IndexName":"gsi1","KeySchema":[{"AttributeName":"gsi1pk","KeyType":"HASH"}],'
            '"Projection":{"ProjectionType":"ALL"}}',
        )
    },
    "DescribeTable": {},
    "DescribeTimeToLive": {},
    "UpdateTimeToLive": {},
    "DeleteTable": {},
    "ListTables": {
        "aws.dynamodb.exclusive_start_table": "orders",
        "aws.dynamodb.limit": 3,
        "aws.dynamodb.table_count": 2,
    },
    "DescribeStream": {"rpc.service": "DynamoDB Streams"},
    "GetShardIterator": {"rpc.service": "DynamoDB Streams"},
    "GetRecords": {
        "aws.dynamodb.limit": 7,
        "db.response.returned_rows": 2,
        "rpc.service": "DynamoDB Streams",
    },
}
"""What a span says beyond what all say, by operation."""

MANY_TABLES = {"BatchGetItem", "TransactWriteItems", "ListTables", "GetRecords"}


def operation(call: Any) -> str:
    return call.operation if isinstance(call, Request) else ""


@pytest.mark.parametrize(("request_", "answer"), CALLS, ids=operation)
def test_a_span_says_of_a_call_what_the_conventions_have_a_name_for(
    observatory: Observatory, request_: Request[Any], answer: dict[str, Any]
) -> None:
    """Exactly this and no more."""
    observatory.over(answer).send(request_)
    span = observatory.span()
    said = dict(span.attributes or {})
    consumed = [json.loads(each) for each in said.pop("aws.dynamodb.consumed_capacity", ())]  # type: ignore[union-attr,arg-type]
    expected: dict[str, Any] = {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": request_.operation,
        "rpc.system": "aws-api",
        "rpc.service": "DynamoDB",
        "rpc.method": request_.operation,
    }
    if request_.operation not in MANY_TABLES:
        expected |= {"db.collection.name": "orders", "aws.dynamodb.table_names": ("orders",)}
    assert said == expected | SAID[request_.operation]
    known = answer.get("ConsumedCapacity", [])
    assert consumed == (known if isinstance(known, list) else [known])
    assert (span.kind, span.status.status_code) == (SpanKind.CLIENT, StatusCode.UNSET)


def test_every_request_is_among_the_calls_of_these_tests() -> None:
    module = importlib.import_module("orm.requests")
    kinds = {getattr(module, name) for name in module.__all__}
    operations = {kind.operation for kind in kinds if hasattr(kind, "operation")}
    assert operations == {request.operation for request, _ in CALLS} == set(SAID)


@pytest.mark.parametrize(("request_", "answer"), CALLS, ids=operation)
def test_a_span_is_named_by_its_operation_and_its_one_table(
    observatory: Observatory, request_: Request[Any], answer: dict[str, Any]
) -> None:
    observatory.over(answer).send(request_)
    one = "" if request_.operation in MANY_TABLES else " orders"
    assert observatory.span().name == f"{request_.operation}{one}"


def test_host_port_and_region_are_told_and_nothing_else_of_the_url(
    observatory: Observatory,
) -> None:
    driver = observatory.traced(
        ScriptedDriver(lambda _: None),
        endpoint_url="http://user:secret@127.0.0.1:8000/path?query",
        region="eu-west-1",
    )
    driver.send(ListTables())
    said = observatory.span().attributes or {}
    assert said["server.address"] == "127.0.0.1"
    assert said["server.port"] == 8000
    assert said["cloud.region"] == "eu-west-1"
    assert "secret" not in observatory.everything()


def test_the_usual_port_goes_without_saying(observatory: Observatory) -> None:
    url = "https://dynamodb.eu-west-1.amazonaws.com"
    observatory.traced(ScriptedDriver(lambda _: None), endpoint_url=url).send(ListTables())
    said = observatory.span().attributes or {}
    assert said["server.address"] == "dynamodb.eu-west-1.amazonaws.com"
    assert "server.port" not in said


def test_the_answer_is_the_very_one_of_the_driver_within(observatory: Observatory) -> None:
    assert observatory.traced(ScriptedDriver(lambda _: WRITTEN)).send(PUT) is WRITTEN


FAILURES = [
    (ServiceError("ValidationException", "no"), InvalidRequestError, "ValidationException"),
    (ServiceError("Http403", "a proxy's page", 403), DriverError, "Http403"),
    (TransportError("lost", "reset"), AnswerLostError, "AnswerLostError"),
    (ValueError("no"), ValueError, "ValueError"),
    (json.JSONDecodeError("no", "", 0), json.JSONDecodeError, "json.decoder.JSONDecodeError"),
]


@pytest.mark.parametrize(("trouble", "kind", "code"), FAILURES, ids=lambda it: str(it)[:30])
def test_a_failure_is_an_error_of_the_type_of_its_code_or_else_its_class(
    observatory: Observatory, trouble: Exception, kind: type[Exception], code: str
) -> None:
    with pytest.raises(kind):
        observatory.over(*[trouble] * 8, clock=ManualClock()).send(PUT)
    span = observatory.span()
    said = span.attributes or {}
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert said["error.type"] == code
    assert said.get("db.response.status_code", code) == code


def test_an_interrupted_call_is_a_failed_one(observatory: Observatory) -> None:
    def interrupted(_: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        observatory.traced(ScriptedDriver(interrupted)).send(PUT)
    assert (observatory.span().attributes or {})["error.type"] == "KeyboardInterrupt"


@pytest.mark.parametrize("code", ["canary", "Canary#1", "x" * 90, "OrderCanary"])
def test_a_code_that_is_none_of_dynamodbs_is_not_repeated(
    observatory: Observatory, code: str
) -> None:
    """What answers may be a proxy that echoes what it was sent."""
    with pytest.raises(DriverError):
        observatory.over(ServiceError(code, "no")).send(PUT)
    said = observatory.span().attributes or {}
    assert said["error.type"] == said["db.response.status_code"] == "_OTHER"


def test_a_false_condition_is_an_answer_and_no_error(observatory: Observatory) -> None:
    """It is told by its code, on the span and on the metric."""
    with pytest.raises(ConditionFailedError):
        observatory.over(ServiceError("ConditionalCheckFailedException", "no")).send(PUT)
    span = observatory.span()
    (point,) = observatory.points("db.client.operation.duration")
    assert span.status.status_code is StatusCode.UNSET
    for said in (span.attributes or {}, point.attributes):
        assert said["db.response.status_code"] == "ConditionalCheckFailedException"
        assert "error.type" not in said


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        (["None", "ConditionalCheckFailed"], StatusCode.UNSET),
        (["ValidationError", "ConditionalCheckFailed"], StatusCode.ERROR),
        (["canary"], StatusCode.ERROR),
    ],
)
def test_a_cancelled_transaction_tells_its_reasons_by_their_codes(
    observatory: Observatory, codes: list[str], status: StatusCode
) -> None:
    reasons = [{"Code": code, "Message": "canary", "Item": KEY} for code in codes]
    refused = ServiceError(
        "TransactionCanceledException", "", 400, {"CancellationReasons": reasons}
    )
    transaction = next(r for r, _ in CALLS if r.operation == "TransactWriteItems")
    with pytest.raises(TransactionCanceledError):
        observatory.over(refused).send(transaction)
    span = observatory.span()
    told = (span.attributes or {})["keyfold.dynamodb.cancellation_reasons"]
    assert told == tuple(code if code != "canary" else "_OTHER" for code in codes)
    assert span.status.status_code is status
    assert (span.attributes or {})["db.response.status_code"] == "TransactionCanceledException"


def test_the_span_is_the_current_one_during_the_call_and_no_longer(
    observatory: Observatory,
) -> None:
    """So that whatever traces what happens within, HTTP say, hangs below it."""
    tracer = observatory.tracer_provider.get_tracer("test")

    def answer(_: Any) -> Written:
        with tracer.start_as_current_span("within"):
            return WRITTEN

    with tracer.start_as_current_span("around") as around:
        observatory.traced(ScriptedDriver(answer)).send(PUT)
        assert trace.get_current_span() is around
    within, call, _ = observatory.spans()
    assert call.parent is not None
    assert within.parent is not None
    assert call.parent.span_id == around.get_span_context().span_id
    assert call.context is not None
    assert within.parent.span_id == call.context.span_id


def test_what_was_current_is_so_again_after_a_failure(observatory: Observatory) -> None:
    before = trace.get_current_span()
    with pytest.raises(InvalidRequestError):
        observatory.over(ServiceError("ValidationException", "no")).send(PUT)
    assert trace.get_current_span() is before


def test_a_span_lasts_as_long_as_the_call_by_the_clock_that_was_passed_in(
    observatory: Observatory,
) -> None:
    clock = ManualClock(1_700_000_000_000_000)

    def answer(_: Any) -> Written:
        clock.sleep(0.25)
        return WRITTEN

    observatory.traced(ScriptedDriver(answer), clock=clock).send(PUT)
    span = observatory.span()
    assert span.start_time == 1_700_000_000_000_000_000
    assert span.end_time == 1_700_000_000_250_000_000


def test_what_is_sampled_out_is_sampled_out_with_all_within() -> None:
    observatory = Observatory(ParentBased(ALWAYS_OFF))
    tracer = observatory.tracer_provider.get_tracer("test")

    def answer(_: Any) -> Written:
        with tracer.start_as_current_span("within"):
            return WRITTEN

    observatory.traced(ScriptedDriver(answer)).send(PUT)
    assert observatory.spans() == []
    assert len(observatory.points("db.client.operation.duration")) == 1


def test_a_sampler_sees_operation_and_table_when_the_span_begins() -> None:
    """The conventions: `db.system.name` should be there at creation, for samplers."""
    seen: list[Any] = []

    class Watching(ParentBased):
        def should_sample(self, *args: Any, **kwargs: Any) -> Any:
            seen.append(kwargs.get("attributes") or args[4])
            return super().should_sample(*args, **kwargs)

    Observatory(Watching(ALWAYS_OFF)).over(ONE).send(PUT)
    assert seen[0]["db.system.name"] == "aws.dynamodb"
    assert seen[0]["db.collection.name"] == "orders"
