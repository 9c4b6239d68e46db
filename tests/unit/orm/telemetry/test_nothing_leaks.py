"""No value of a request, an answer or an error is exported, whatever they are.

Every value that a request may carry contains a canary: keys, items, expressions and their values,
names and values behind placeholders, tokens, iterators and positions. So do the items that answers
bring and the texts, codes and fields of errors. What may be told is names of tables and indexes,
numbers of rows and the like.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import logging
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased

from orm.clock import ManualClock
from orm.driver import RetryPolicy, ServiceError, TransportError
from orm.requests import (
    Action,
    AttributeDefinition,
    BatchGetItem,
    BatchWriteItem,
    ConditionCheck,
    CreateTable,
    Delete,
    DeleteItem,
    DeleteTable,
    DescribeStream,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    GetRecords,
    GetShardIterator,
    KeyElement,
    ListTables,
    Put,
    PutItem,
    Query,
    Request,
    Scan,
    TimeToLiveSpecification,
    TransactWriteItems,
    Update,
    UpdateItem,
    UpdateTimeToLive,
    Written,
)
from tests.counts import count
from tests.unit.orm.fakes import ScriptedDriver
from tests.unit.orm.telemetry.calls import ARN, CALLS, INDEX
from tests.unit.orm.telemetry.observatory import Observatory

WORD, DIGITS = "cAnArY", "7731377137731"

words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), max_size=6).map(
    lambda text: f"{text}{WORD}{text}"
)
numbers = st.integers(0, 99).map(lambda number: f"{number}{DIGITS}")
binaries = st.binary(max_size=6).map(lambda data: data + WORD.encode() + data)
wire_values = st.recursive(
    st.one_of(
        st.builds(lambda s: {"S": s}, words),
        st.builds(lambda n: {"N": n}, numbers),
        st.builds(lambda b: {"B": b}, binaries),
        st.builds(lambda s: {"SS": [s]}, words),
        st.builds(lambda n: {"NS": [n]}, numbers),
    ),
    lambda inner: st.one_of(
        st.builds(lambda v: {"L": [v]}, inner),
        st.builds(lambda k, v: {"M": {k: v}}, words, inner),
    ),
    max_leaves=3,
)
items = st.dictionaries(words, wire_values, min_size=1, max_size=3)
placeholders = st.dictionaries(words, words, min_size=1, max_size=2)
limits = st.none() | st.integers(1, 1_000)
conditions = {
    "condition_expression": words,
    "expression_attribute_names": placeholders,
    "expression_attribute_values": items,
}
filters = {
    "filter_expression": words,
    "projection_expression": words,
    "expression_attribute_names": placeholders,
    "expression_attribute_values": items,
    "exclusive_start_key": items,
    "index_name": st.sampled_from([None, "gsi1"]),
    "limit": limits,
    "consistent_read": st.booleans(),
}
orders = st.just("orders")
tables = st.sampled_from(["orders", "users"])
actions = st.one_of(
    st.builds(Put, table_name=tables, item=items, **conditions).map(lambda it: Action(put=it)),
    st.builds(Update, table_name=tables, key=items, update_expression=words, **conditions).map(
        lambda it: Action(update=it)
    ),
    st.builds(Delete, table_name=tables, key=items, **conditions).map(lambda it: Action(delete=it)),
    st.builds(ConditionCheck, table_name=tables, key=items, **conditions).map(
        lambda it: Action(condition_check=it)
    ),
)
writes = st.one_of(
    st.builds(lambda item: {"PutRequest": {"Item": item}}, items),
    st.builds(lambda key: {"DeleteRequest": {"Key": key}}, items),
)
reads = st.builds(
    lambda keys, projection: {"Keys": keys, "ProjectionExpression": projection},
    st.lists(items, min_size=1, max_size=3),
    words,
)
fields_of: dict[type[Request[Any]], dict[str, st.SearchStrategy[Any]]] = {
    PutItem: {"table_name": orders, "item": items, "return_values": words} | conditions,
    UpdateItem: {"table_name": orders, "key": items, "update_expression": words} | conditions,
    DeleteItem: {"table_name": orders, "key": items} | conditions,
    GetItem: {
        "table_name": orders,
        "key": items,
        "projection_expression": words,
        "expression_attribute_names": placeholders,
    },
    Query: {"table_name": orders, "key_condition_expression": words} | filters,
    Scan: {"table_name": orders} | filters,
    BatchGetItem: {"request_items": st.dictionaries(tables, reads, min_size=1)},
    BatchWriteItem: {
        "request_items": st.dictionaries(tables, st.lists(writes, min_size=1), min_size=1)
    },
    TransactWriteItems: {
        "transact_items": st.lists(actions, min_size=1, max_size=3),
        "client_request_token": words,
    },
    CreateTable: {
        "table_name": orders,
        "key_schema": st.just([KeyElement(attribute_name="pk", key_type="HASH")]),
        "attribute_definitions": st.just(
            [AttributeDefinition(attribute_name="pk", attribute_type="S")]
        ),
        "global_secondary_indexes": st.just([INDEX]),
    },
    DescribeTable: {"table_name": orders},
    DescribeTimeToLive: {"table_name": orders},
    UpdateTimeToLive: {
        "table_name": orders,
        "time_to_live_specification": st.builds(
            TimeToLiveSpecification, enabled=st.booleans(), attribute_name=words
        ),
    },
    DeleteTable: {"table_name": orders},
    ListTables: {"limit": limits},
    DescribeStream: {"stream_arn": st.just(ARN), "exclusive_start_shard_id": words},
    GetShardIterator: {
        "stream_arn": st.just(ARN),
        "shard_id": words,
        "shard_iterator_type": words,
        "sequence_number": words,
    },
    GetRecords: {"shard_iterator": words, "limit": limits},
}
requests = st.sampled_from(list(fields_of)).flatmap(lambda kind: st.builds(kind, **fields_of[kind]))

ANSWERS = {request.operation: answer for request, answer in CALLS}
CODES = [
    *("ConditionalCheckFailedException", "ValidationException", "ThrottlingException"),
    *("TransactionCanceledException", "InternalServerError"),
]


def told(item: Any) -> Any:
    """An item as it stands in a body: binary values in base64."""
    if isinstance(item, bytes):
        return base64.b64encode(item).decode()
    if isinstance(item, dict):
        return {name: told(value) for name, value in item.items()}
    return [told(value) for value in item] if isinstance(item, list) else item


def answer_with(item: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """What an answer adds to the usual one: items, and places to go on from."""
    body = told(item)
    return st.sampled_from(
        [
            {},
            {"Item": body, "Attributes": body, "Items": [body], "LastEvaluatedKey": body},
            {"Responses": {"orders": [body]}, "UnprocessedKeys": {"orders": {"Keys": [body]}}},
            {"Records": [], "NextShardIterator": WORD, "ShardIterator": WORD},
        ]
    )


def service_error(code: str, text: str, item: dict[str, Any]) -> ServiceError:
    reasons = [{"Code": text, "Message": text, "Item": told(item)}, {"Code": "None"}]
    return ServiceError(code, text, 400, {"Item": told(item), "CancellationReasons": reasons})


troubles = st.one_of(
    st.builds(service_error, st.sampled_from(CODES) | words, words, items),
    st.builds(TransportError, st.sampled_from(["lost", "corrupt", "unreachable"]), words),
    st.builds(ValueError, words),
)


@st.composite
def scripts(draw: st.DrawFn, operation: str) -> list[Any]:
    """What the transport does, one attempt after the other."""
    good = ANSWERS[operation] | draw(items.flatmap(answer_with))
    return [*draw(st.lists(troubles, max_size=3)), draw(st.sampled_from([good, {WORD: WORD}]))]


@settings(
    max_examples=count(150, 5_000), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), request_=requests)
def test_no_value_is_exported(
    caplog: pytest.LogCaptureFixture, data: st.DataObject, request_: Request[Any]
) -> None:
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    observatory = Observatory()
    script = data.draw(scripts(request_.operation))
    policy = RetryPolicy(attempts_max=len(script))
    with contextlib.suppress(Exception):
        observatory.over(*script, clock=ManualClock(), policy=policy).send(request_)
    assert len(observatory.spans()) == 1
    exported = observatory.everything() + caplog.text
    for canary in (WORD, DIGITS, base64.b64encode(WORD.encode()).decode()):
        assert canary not in exported


def test_every_request_may_carry_canaries() -> None:
    """One that is added to the API's and not to these is missed here."""
    module = importlib.import_module("orm.requests")
    kinds = {getattr(module, name) for name in module.__all__}
    assert {kind for kind in kinds if hasattr(kind, "operation")} == set(fields_of)


class Broken(ParentBased):
    """A sampler of somebody's, which fails and names what it should not."""

    def should_sample(self, *args: Any, **kwargs: Any) -> Any:
        raise ValueError(WORD)


def test_what_goes_wrong_in_telemetry_is_logged_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And the call's own answer is what its caller gets."""
    observatory = Observatory(Broken(ALWAYS_ON))
    (request, answer), *_ = CALLS
    assert observatory.over(answer).send(request).capacity_units() == 1.5
    assert "telemetry of a call failed: ValueError" in caplog.text
    assert WORD not in caplog.text


def test_an_answer_that_cannot_be_told_ends_its_span_all_the_same(
    caplog: pytest.LogCaptureFixture, observatory: Observatory
) -> None:
    """What was current before is so again, and the caller gets the answer as it came."""
    (request, _), *_ = CALLS
    odd = Written(consumed_capacity=cast(Any, [WORD]))
    before = trace.get_current_span()
    assert observatory.traced(ScriptedDriver(lambda _: odd)).send(request) is odd
    assert trace.get_current_span() is before
    assert observatory.span().name == "PutItem orders"
    assert "telemetry of a call failed: AttributeError" in caplog.text
    assert WORD not in caplog.text
