"""Change streams on both engines: the same records, read from the same places."""

from __future__ import annotations

from typing import Any

import pytest

from orm.driver import Transport
from tests.contract.engine.pair import Pair, outcome
from tests.contract.engine.stream_records import ask, records
from tests.contract.engine.tables import table_params


def key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": "1"}}


def write_some(pair: Pair, table: str) -> None:
    """Changes of every kind, and writes that change nothing."""

    def send(operation: str, **params: Any) -> None:
        pair.same(operation, {"TableName": table, **params})

    def update(text: str, **values: Any) -> None:
        given = {f":{name}": value for name, value in values.items()}
        params = {"UpdateExpression": text, "ExpressionAttributeValues": given}
        send("UpdateItem", Key=key("a"), **params)

    send("PutItem", Item={**key("a"), "x": {"S": "1"}})
    send("PutItem", Item={**key("a"), "x": {"S": "1"}})
    send(
        "PutItem", Item={**key("a"), "n": {"N": "1.50"}, "b": {"B": b"z"}, "s": {"SS": ["b", "a"]}}
    )
    update("ADD n :n", n={"N": "0"})
    update("ADD n :n", n={"N": "1"})
    update("SET x = :x", x={"S": "2"})
    send("DeleteItem", Key=key("absent"))
    send("DeleteItem", Key=key("a"))
    send("UpdateItem", Key=key("bare"))
    send("UpdateItem", Key=key("bare"))
    puts = [{"Put": {"TableName": table, "Item": key(f"t{number}")}} for number in range(3)]
    check = {"ConditionExpression": "attribute_exists(pk)", "Key": key("bare"), "TableName": table}
    pair.same("TransactWriteItems", {"TransactItems": [*puts, {"ConditionCheck": check}]})
    requests = [{"PutRequest": {"Item": key(f"b{number}")}} for number in range(3)]
    pair.same("BatchWriteItem", {"RequestItems": {table: requests}})
    refused = {"ConditionExpression": "attribute_not_exists(pk)", "Item": key("bare")}
    send("PutItem", **refused)


@pytest.mark.parametrize("view", ["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"])
def test_records_are_the_same_in_every_view(pair: Pair, table: str, view: str) -> None:
    name = f"{table}-{view}"
    pair.same("CreateTable", table_params(name, view))
    write_some(pair, name)
    ours, theirs = records(pair.memory, name), records(pair.local, name)
    assert ours == theirs
    assert len(ours) == 12


PLACES = [
    ("TRIM_HORIZON", None),
    ("LATEST", None),
    ("AT_SEQUENCE_NUMBER", 0),
    ("AT_SEQUENCE_NUMBER", 4),
    ("AFTER_SEQUENCE_NUMBER", 4),
    ("AFTER_SEQUENCE_NUMBER", -1),
]


@pytest.mark.parametrize(("kind", "place"), PLACES)
def test_iterators_start_at_the_same_record(
    pair: Pair, table: str, kind: str, place: int | None
) -> None:
    """Pages of three, from every kind of place, hold the same records."""
    write_some(pair, table)
    ours, theirs = (pages(one, table, kind, place) for one in (pair.memory, pair.local))
    assert ours == theirs


def pages(engine: Transport, table: str, kind: str, place: int | None) -> list[list[int]]:
    """The positions of the records of the first pages."""
    arn, shard = only_shard(engine, table)
    start = {"StreamArn": arn, "ShardId": shard}
    first = ask(engine, "GetShardIterator", **start, ShardIteratorType="TRIM_HORIZON")
    every = ask(engine, "GetRecords", ShardIterator=first["ShardIterator"])["Records"]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in every]
    number = {} if place is None else {"SequenceNumber": numbers[place]}
    answer = ask(engine, "GetShardIterator", **start, ShardIteratorType=kind, **number)
    iterator, found = answer["ShardIterator"], []
    for _ in range(6):
        page = ask(engine, "GetRecords", ShardIterator=iterator, Limit=3)
        found.append([numbers.index(one["dynamodb"]["SequenceNumber"]) for one in page["Records"]])
        iterator = page["NextShardIterator"]
    return found


def only_shard(engine: Transport, table: str) -> tuple[str, str]:
    arn = ask(engine, "DescribeTable", TableName=table)["Table"]["LatestStreamArn"]
    (shard,) = ask(engine, "DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
    return arn, shard["ShardId"]


def test_wrong_places_are_refused_alike(pair: Pair, table: str) -> None:
    """The number 1 lies before the shard: another table's stream had it."""
    earlier = f"{table}-earlier"
    pair.same("CreateTable", table_params(earlier, "NEW_IMAGE"))
    write_some(pair, earlier)
    later = f"{table}-later"
    pair.same("CreateTable", table_params(later, "NEW_IMAGE"))
    write_some(pair, later)
    outcomes = []
    for engine in (pair.memory, pair.local):
        arn, shard = only_shard(engine, later)
        good = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "LATEST"}
        absent = "shardId-00000000000000000000-00000000"
        at = {**good, "ShardIteratorType": "AT_SEQUENCE_NUMBER"}
        requests: list[tuple[str, Any]] = [
            ("GetShardIterator", {**good, "ShardId": absent}),
            ("GetShardIterator", {**good, "StreamArn": f"{arn}x"}),
            ("GetShardIterator", {**good, "SequenceNumber": "1" * 21}),
            ("GetShardIterator", at),
            ("GetShardIterator", {**at, "SequenceNumber": "abc"}),
            ("GetShardIterator", {**at, "SequenceNumber": "0" * 20 + "1"}),
            ("GetRecords", {"ShardIterator": "nonsense"}),
            ("DescribeStream", {"StreamArn": f"{arn}x"}),
            ("DescribeStream", {"StreamArn": arn, "Limit": 0}),
            ("DescribeStream", {"StreamArn": arn, "Limit": 101}),
        ]
        iterator = ask(engine, "GetShardIterator", **good)["ShardIterator"]
        for limit in (0, 1, 1000, 1001):
            requests.append(("GetRecords", {"ShardIterator": iterator, "Limit": limit}))
        outcomes.append([outcome(engine, name, params)[0] for name, params in requests])
    assert outcomes[0] == outcomes[1]
    assert "ok" in outcomes[0]


def test_a_disabled_stream_can_be_read_to_its_end(pair: Pair, table: str) -> None:
    """Its shard is closed, and the last page has no next iterator; a new stream is unrelated."""
    write_some(pair, table)
    for engine in (pair.memory, pair.local):
        arn, shard = only_shard(engine, table)
        switch = {"TableName": table, "StreamSpecification": {"StreamEnabled": False}}
        ask(engine, "UpdateTable", **switch)
        described = ask(engine, "DescribeStream", StreamArn=arn)["StreamDescription"]
        assert described["StreamStatus"] == "DISABLED"
        assert "EndingSequenceNumber" in described["Shards"][0]["SequenceNumberRange"]
        iterator = ask(
            engine,
            "GetShardIterator",
            StreamArn=arn,
            ShardId=shard,
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        first = ask(engine, "GetRecords", ShardIterator=iterator, Limit=5)
        last = ask(engine, "GetRecords", ShardIterator=first["NextShardIterator"])
        assert (len(first["Records"]), len(last["Records"])) == (5, 7)
        assert "NextShardIterator" not in last
        view = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
        ask(engine, "UpdateTable", TableName=table, StreamSpecification=view)
        assert only_shard(engine, table)[0] != arn
        assert records(engine, table) == []
