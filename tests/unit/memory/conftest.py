"""An engine with a clock that the test moves, and a table on it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orm.memory import MemoryTransport

START = 1_700_000_000.0


class Clock:
    """Epoch seconds, moved by hand."""

    def __init__(self) -> None:
        self.seconds = START

    def __call__(self) -> float:
        return self.seconds

    def pass_(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        self.seconds += seconds + 60 * minutes + 3600 * hours


class Engine:
    """A memory engine that takes keyword arguments and answers dictionaries."""

    def __init__(self, clock: Clock) -> None:
        self.transport = MemoryTransport(now=clock)

    def __call__(self, operation: str, **params: Any) -> Any:
        return json.loads(self.transport.call(operation, params))

    def put(self, pk: str, sk: str = "1", **attributes: Any) -> Any:
        item = {"pk": {"S": pk}, "sk": {"S": sk}, **attributes}
        return self("PutItem", TableName="table", Item=item)

    def delete(self, pk: str, sk: str = "1") -> Any:
        return self("DeleteItem", TableName="table", Key={"pk": {"S": pk}, "sk": {"S": sk}})

    def get(self, pk: str, sk: str = "1") -> Any:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return self("GetItem", TableName="table", Key=key).get("Item")

    @property
    def stream(self) -> str:
        arn: str = self("DescribeTable", TableName="table")["Table"]["LatestStreamArn"]
        return arn

    def shards(self, **params: Any) -> list[Any]:
        described = self("DescribeStream", StreamArn=self.stream, **params)["StreamDescription"]
        found: list[Any] = described["Shards"]
        return found

    def iterator(self, shard_id: str, kind: str = "TRIM_HORIZON", **params: Any) -> str:
        place = {"StreamArn": self.stream, "ShardId": shard_id, "ShardIteratorType": kind}
        iterator: str = self("GetShardIterator", **place, **params)["ShardIterator"]
        return iterator

    def records(self, shard_id: str) -> list[Any]:
        found: list[Any] = self("GetRecords", ShardIterator=self.iterator(shard_id))["Records"]
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(clock: Clock) -> Engine:
    """An engine with one table that has a composite key and a stream of both images."""
    engine = Engine(clock)
    engine(
        "CreateTable",
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return engine
