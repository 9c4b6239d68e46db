"""The innermost driver: typed answers, and every failure as one of ours."""

from __future__ import annotations

import pickle
from typing import Any

import msgspec
import pytest

from orm.driver import MeteredDriver, ServiceError, TransportError, WireDriver
from orm.driver.answers import body_of
from orm.errors import (
    AccessDeniedError,
    AnswerLostError,
    ClockSkewError,
    ConditionFailedError,
    CorruptResponseError,
    CredentialsError,
    DriverError,
    InvalidRequestError,
    ServiceFaultError,
    TableNotFoundError,
    ThrottledError,
    TransactionCanceledError,
    TransactionConflictError,
    UnexpectedItemError,
    UnknownServiceError,
    UnreachableError,
)
from orm.requests import Action, GetItem, Item, Put, PutItem, Query, TransactWriteItems
from tests.unit.orm.fakes import CAPACITY, ScriptedTransport

GET: GetItem[Item] = GetItem(table_name="table", key={"pk": {"S": "A"}, "sk": {"S": "A"}})
PUT = PutItem(table_name="table", item={"pk": {"S": "A"}, "sk": {"S": "A"}, "b": {"B": b"\x00"}})
QUERY: Query[Item] = Query(
    table_name="table", key_condition_expression="", expression_attribute_values={}
)


class Stored(msgspec.Struct):
    b: dict[str, bytes]


def test_an_answer_carries_binary_as_bytes_and_its_capacity() -> None:
    transport = ScriptedTransport(CAPACITY | {"Item": {"b": {"B": "AAE="}}})
    answer = WireDriver(transport).send(GET)
    assert answer.item == {"b": {"B": b"\x00\x01"}}
    assert answer.capacity_units() == 1.5


def test_binary_is_bytes_however_deep_it_lies() -> None:
    deep = {"M": {"l": {"L": [{"BS": ["AAE="]}, {"B": "AAE="}]}}}
    answer = WireDriver(ScriptedTransport(CAPACITY | {"Item": {"m": deep}})).send(GET)
    assert answer.item == {"m": {"M": {"l": {"L": [{"BS": [b"\x00\x01"]}, {"B": b"\x00\x01"}]}}}}


def test_an_item_of_another_type_is_no_damage() -> None:
    """The answer is whole: it comes along as it is, was paid for, and asking again is no use."""
    transport = ScriptedTransport(CAPACITY | {"Item": {"b": {"N": "1"}}})
    meter = MeteredDriver(WireDriver(transport))
    with pytest.raises(UnexpectedItemError) as caught:
        meter.send(GetItem(table_name="table", key={}, read_as=Stored))
    assert caught.value.answer.item == {"b": {"N": "1"}}
    assert (caught.value.applied, caught.value.retry) == (False, False)
    assert pickle.loads(pickle.dumps(caught.value)).answer == caught.value.answer
    assert meter.usage().capacity_units["GetItem"] == 1.5


def test_an_item_is_read_as_the_type_that_was_asked_for() -> None:
    transport = ScriptedTransport(CAPACITY | {"Item": {"b": {"B": "AAE="}}})
    request = GetItem(table_name="table", key={}, read_as=Stored)
    assert WireDriver(transport).send(request).item == Stored({"B": b"\x00\x01"})
    assert "ReadAs" not in transport.calls[0][1]


def test_a_request_goes_out_in_the_apis_names_with_binary_as_bytes() -> None:
    transport = ScriptedTransport(CAPACITY)
    WireDriver(transport).send(PUT)
    assert transport.calls == [
        ("PutItem", {"TableName": "table", "Item": PUT.item, "ReturnConsumedCapacity": "TOTAL"})
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"ConsumedCapacity":{', b"[]", b"null"])
@pytest.mark.parametrize("request_", [GET, PUT, QUERY], ids=["get", "put", "query"])
def test_a_damaged_answer_never_reads_as_an_empty_one(body: bytes, request_: GetItem[Item]) -> None:
    with pytest.raises(CorruptResponseError) as caught:
        WireDriver(ScriptedTransport(body)).send(request_)
    # A read changes nothing, whatever became of its answer.
    assert caught.value.applied is (None if request_.writes else False)
    assert caught.value.retry


def test_an_item_of_a_foreign_shape_is_a_damaged_answer() -> None:
    body = CAPACITY | {"Item": {"a": {"S": 7}}}
    with pytest.raises(CorruptResponseError):
        WireDriver(ScriptedTransport(body)).send(GET)


@pytest.mark.parametrize(
    ("failure", "kind", "applied", "retry"),
    [
        (TransportError("unreachable", "x"), UnreachableError, False, True),
        (TransportError("lost", "x"), AnswerLostError, None, True),
        (TransportError("corrupt", "x"), CorruptResponseError, None, True),
        (TransportError("credentials", "x"), CredentialsError, False, False),
        (ServiceError("InvalidSignatureException", "x"), CredentialsError, False, False),
        (ServiceError("ResourceNotFoundException", "x"), TableNotFoundError, False, False),
        (ServiceError("ThrottlingException", "x"), ThrottledError, False, True),
        (ServiceError("TransactionConflictException", "x"), TransactionConflictError, False, True),
        (ServiceError("AccessDeniedException", "x"), AccessDeniedError, False, False),
        (ServiceError("ValidationException", "x"), InvalidRequestError, False, False),
        (ServiceError("InternalServerError", "x", 500), ServiceFaultError, None, True),
        (ServiceError("Unheard", "x", 503), ServiceFaultError, None, True),
        (ServiceError("Unheard", "x", 400), UnknownServiceError, False, False),
    ],
)
def test_every_failure_says_whether_it_was_applied_and_whether_to_repeat(
    failure: Exception, kind: type[DriverError], applied: bool | None, retry: bool
) -> None:
    with pytest.raises(kind) as caught:
        WireDriver(ScriptedTransport(failure)).send(PUT)
    assert (caught.value.applied, caught.value.retry) == (applied, retry)
    assert str(caught.value).startswith("PutItem on table: ")


@pytest.mark.parametrize(
    ("said", "is_clock"),
    [
        ("Signature expired: 20260101T120000Z is now earlier than 20260101T121500Z", True),
        ("Signature not yet current: 20260101T120000Z is still later than 20260101T113000Z", True),
        ("The request signature we calculated does not match the signature you provided.", False),
    ],
)
def test_a_wrong_clock_is_told_from_wrong_keys(said: str, is_clock: bool) -> None:
    """Both are refused signatures, and only one is mended with other keys."""
    failure = ServiceError("InvalidSignatureException", said)
    with pytest.raises(CredentialsError) as caught:
        WireDriver(ScriptedTransport(failure)).send(PUT)
    assert isinstance(caught.value, ClockSkewError) == is_clock
    assert ("clock" in caught.value.hint) == is_clock
    assert said in str(caught.value)


def test_a_refusal_carries_the_item_that_was_there() -> None:
    failure = ServiceError(
        "ConditionalCheckFailedException", "x", fields={"Item": {"b": {"B": "AAE="}}}
    )
    with pytest.raises(ConditionFailedError) as caught:
        WireDriver(ScriptedTransport(failure)).send(PUT)
    assert caught.value.item == {"b": {"B": b"\x00\x01"}}
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.item, str(copy)) == (caught.value.item, str(caught.value))


@pytest.mark.parametrize(
    ("codes", "retry"),
    [
        (["None", "ConditionalCheckFailed"], False),
        (["TransactionConflict", "ConditionalCheckFailed"], False),
        (["None", "TransactionConflict"], True),
        (["ThrottlingError", "ProvisionedThroughputExceeded"], True),
        ([], False),
    ],
)
def test_a_cancelled_transaction_says_why_and_may_be_repeated_only_for_passing_causes(
    codes: list[str], retry: bool
) -> None:
    reasons = [{"Code": code, "Item": {"b": {"B": "AAE="}}} for code in codes]
    failure = ServiceError(
        "TransactionCanceledException", "x", fields={"CancellationReasons": reasons}
    )
    request = TransactWriteItems(transact_items=[Action(put=Put(table_name="table", item={}))])
    with pytest.raises(TransactionCanceledError) as caught:
        WireDriver(ScriptedTransport(failure)).send(request)
    assert [reason.code for reason in caught.value.reasons] == codes
    assert all(reason.item == {"b": {"B": b"\x00\x01"}} for reason in caught.value.reasons)
    assert caught.value.retry is retry
    assert pickle.loads(pickle.dumps(caught.value)).reasons == caught.value.reasons


def test_a_text_that_is_no_utf_8_is_damage() -> None:
    """However whole the JSON around it: it is asked again, and never another kind of error."""
    whole = msgspec.json.encode(CAPACITY | {"Item": {"b": {"S": "?"}}})
    with pytest.raises(CorruptResponseError) as caught:
        WireDriver(ScriptedTransport(whole.replace(b"?", b"\xff"))).send(GET)
    assert caught.value.retry


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("ConditionalCheckFailedException", {"Item": {"b": {"B": "!"}}}),
        ("ConditionalCheckFailedException", {"Item": [1]}),
        ("TransactionCanceledException", {"CancellationReasons": None}),
        ("TransactionCanceledException", {"CancellationReasons": [None]}),
    ],
)
def test_a_refusal_that_is_damaged_says_nothing(code: str, fields: dict[str, Any]) -> None:
    """Not even that it was one."""
    refusal = ServiceError(code, "message", 400, fields)
    with pytest.raises(CorruptResponseError, match=code) as caught:
        WireDriver(ScriptedTransport(refusal)).send(PUT)
    assert caught.value.applied is None


@pytest.mark.parametrize("body", [b'{"__type": "\xff"}', b"<html>\xe9</html>"])
def test_an_error_in_another_encoding_is_damage(body: bytes) -> None:
    with pytest.raises(TransportError):
        body_of(400, None, body)
    with pytest.raises(ServiceError):
        body_of(502, None, body)
