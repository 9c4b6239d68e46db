"""What a table's stream holds, in a form that two engines can share."""

from __future__ import annotations

import json
from typing import Any

from orm.driver import Transport
from tests.contract.engine.pair import comparable, respelled

PAGES_MAX = 1_000


def records(engine: Transport, table: str) -> list[Any]:
    """All records of the one shard, in order, without numbers and times of their own."""
    arn = ask(engine, "DescribeTable", TableName=table)["Table"]["LatestStreamArn"]
    (shard,) = ask(engine, "DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = ask(
        engine,
        "GetShardIterator",
        StreamArn=arn,
        ShardId=shard["ShardId"],
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    found: list[Any] = []
    for _ in range(PAGES_MAX):
        page = ask(engine, "GetRecords", ShardIterator=iterator)
        if not page["Records"]:
            break
        found += page["Records"]
        iterator = page["NextShardIterator"]
    _check_numbers(found)
    return [_shared(record) for record in found]


def ask(engine: Transport, operation: str, **params: Any) -> Any:
    """Ask one engine and return the answer's body."""
    return json.loads(engine.call(operation, params))


def _check_numbers(found: list[Any]) -> None:
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in found]
    assert numbers == sorted(set(numbers)), "sequence numbers rise"
    assert len({record["eventID"] for record in found}) == len(found)


def _shared(record: Any) -> Any:
    own = {"SequenceNumber", "ApproximateCreationDateTime"}
    change = {name: value for name, value in record["dynamodb"].items() if name not in own}
    rest = {name: record[name] for name in ("eventName", "eventVersion", "eventSource")}
    return comparable({**rest, "dynamodb": _without_empty_maps(respelled(change))})


def _without_empty_maps(value: Any) -> Any:
    """Return the value with `{"M": {}}` as `{}`: empty-maps-in-records."""
    if isinstance(value, dict):
        kept = {name: _without_empty_maps(inner) for name, inner in value.items()}
        return {} if kept == {"M": {}} else kept
    return [_without_empty_maps(inner) for inner in value] if isinstance(value, list) else value
