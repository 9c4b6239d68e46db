"""The engine as a `Transport`: bytes in, bytes out, errors with fields, safe among threads."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from orm.driver.transport import ServiceError
from orm.memory import OPERATIONS
from tests.unit.memory.conftest import Engine

THREADS = 8
ROUNDS = 100


def test_binary_goes_in_raw_and_comes_out_in_base64(engine: Engine) -> None:
    engine.put("a", b={"B": b"\x00\xff"}, bs={"BS": [b"x"]})
    item = engine.get("a")
    assert base64.b64decode(item["b"]["B"]) == b"\x00\xff"
    assert item["bs"]["BS"] == ["eA=="]


def test_the_item_of_a_failed_condition_is_as_in_a_body(engine: Engine) -> None:
    """Its binary values are base64, and changing it changes nothing stored."""
    engine.put("a", b={"B": b"x"})
    with pytest.raises(ServiceError) as caught:
        engine(
            "PutItem",
            TableName="table",
            Item={"pk": {"S": "a"}, "sk": {"S": "1"}},
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.code == "ConditionalCheckFailedException"
    assert caught.value.fields["Item"]["b"] == {"B": "eA=="}
    caught.value.fields["Item"].clear()
    assert engine.get("a")["b"] == {"B": "eA=="}


def test_what_was_sent_may_be_changed_afterwards(engine: Engine) -> None:
    item: dict[str, Any] = {"pk": {"S": "a"}, "sk": {"S": "1"}, "l": {"L": [{"S": "x"}]}}
    engine("PutItem", TableName="table", Item=item)
    item["l"]["L"].append({"S": "y"})
    item["pk"]["S"] = "b"
    assert engine.get("a")["l"] == {"L": [{"S": "x"}]}


def test_a_refused_transaction_changes_nothing(engine: Engine) -> None:
    engine.put("a")
    before = engine("Scan", TableName="table")
    put = {"TableName": "table", "Item": {"pk": {"S": "b"}, "sk": {"S": "1"}}}
    check = {
        "TableName": "table",
        "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    with pytest.raises(ServiceError) as caught:
        engine("TransactWriteItems", TransactItems=[{"Put": put}, {"ConditionCheck": check}])
    codes = [reason["Code"] for reason in caught.value.fields["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    assert engine("Scan", TableName="table") == before


def test_an_operation_it_has_not_is_refused_by_name(engine: Engine) -> None:
    assert "ExecuteStatement" not in OPERATIONS
    with pytest.raises(ServiceError, match="ExecuteStatement") as caught:
        engine("ExecuteStatement", Statement="SELECT * FROM t")
    assert caught.value.code == "UnknownOperationException"


def test_a_lone_surrogate_is_refused(engine: Engine) -> None:
    with pytest.raises(ServiceError, match="Unicode"):
        engine.put("\ud800")


def test_a_new_table_says_creating_once(engine: Engine) -> None:
    answer = engine(
        "CreateTable",
        TableName="other",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    assert answer["TableDescription"]["TableStatus"] == "CREATING"
    described = engine("DescribeTable", TableName="other")["Table"]
    assert described["TableStatus"] == "ACTIVE"
    assert described["TableArn"] == "arn:aws:dynamodb:us-east-1:000000000000:table/other"
    assert engine("DescribeTable", TableName=described["TableArn"])["Table"] == described
    assert engine("ListTables")["TableNames"] == ["other", "table"]


def test_one_of_many_rivals_wins(engine: Engine) -> None:
    """Threads that put the same new item: exactly one succeeds, each time."""

    def attempt(number: int, worker: int) -> int:
        try:
            engine(
                "PutItem",
                TableName="table",
                Item={"pk": {"S": str(number)}, "sk": {"S": "1"}, "by": {"N": str(worker)}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ServiceError:
            return 0
        return 1

    with ThreadPoolExecutor(THREADS) as pool:
        for number in range(ROUNDS):
            wins = pool.map(attempt, [number] * THREADS, range(THREADS))
            assert sum(wins) == 1


def test_no_increment_is_lost_among_threads(engine: Engine) -> None:
    """And the stream holds each of them, every new image the next one's old image."""

    def increment(_: int) -> None:
        engine(
            "UpdateItem",
            TableName="table",
            Key={"pk": {"S": "n"}, "sk": {"S": "1"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(increment, range(THREADS * ROUNDS)))
    assert engine.get("n")["n"] == {"N": str(THREADS * ROUNDS)}
    (shard,) = engine.shards()
    changes = [record["dynamodb"] for record in engine.records(shard["ShardId"])]
    assert len(changes) == THREADS * ROUNDS
    for one, following in pairwise(changes):
        assert one["NewImage"] == following["OldImage"]


def test_capacity_is_reported_only_when_asked_for(engine: Engine) -> None:
    assert engine.put("a") == {}
    assert engine.delete("absent") == {}
    item = {"pk": {"S": "a"}, "sk": {"S": "1"}, "x": {"S": "x" * 2000}}
    answer = engine("PutItem", TableName="table", Item=item, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == {"TableName": "table", "CapacityUnits": 2.0}


def test_a_transaction_costs_double(engine: Engine) -> None:
    """Puts, checks and deletes of nothing alike: two units for each KB."""
    key = {"pk": {"S": "b"}, "sk": {"S": "1"}}
    item = {"pk": {"S": "a"}, "sk": {"S": "1"}, "x": {"S": "x" * 1500}}
    put = {"TableName": "table", "Item": item}
    check = {"TableName": "table", "Key": key, "ConditionExpression": "attribute_not_exists(pk)"}
    delete = {"TableName": "table", "Key": {"pk": {"S": "c"}, "sk": {"S": "1"}}}
    answer = engine(
        "TransactWriteItems",
        TransactItems=[{"Put": put}, {"ConditionCheck": check}, {"Delete": delete}],
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"] == [
        {"TableName": "table", "CapacityUnits": 8.0, "WriteCapacityUnits": 8.0}
    ]
