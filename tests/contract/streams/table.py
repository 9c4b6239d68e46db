"""One table with a stream, on an engine, and short words for what is asked of it."""

from __future__ import annotations

import json
import secrets
from typing import Any

from orm.driver import Transport
from orm.driver.transport import ServiceError

PAGES_MAX = 200


class RefusedError(Exception):
    """The engine said no; `code` is AWS's name for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class StreamTable:
    """A table of this test's own.

    Args:
        transport: the engine.
        view: what a record shows of its item.
    """

    def __init__(self, transport: Transport, view: str | None = "NEW_AND_OLD_IMAGES") -> None:
        self.transport, self.name = transport, f"streams-{secrets.token_hex(6)}"
        specification: dict[str, Any] = {"StreamEnabled": view is not None}
        if view is not None:
            specification["StreamViewType"] = view
        self.ask(
            "CreateTable",
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            StreamSpecification=specification,
        )

    def ask(self, operation: str, **params: Any) -> Any:
        """One call; the answer's body.

        Raises:
            RefusedError: the engine's error, by its code.
        """
        given = {name: value for name, value in params.items() if value is not None}
        try:
            return json.loads(self.transport.call(operation, given))
        except ServiceError as error:
            raise RefusedError(error.code) from error

    def drop(self) -> None:
        self.ask("DeleteTable", TableName=self.name)

    # --- writing ---

    def key(self, pk: str, sk: str = "-") -> dict[str, Any]:
        return {"pk": {"S": pk}, "sk": {"S": sk}}

    def put(self, pk: str, value: int = 0, sk: str = "-", text: str = "") -> None:
        item = {**self.key(pk, sk), "v": {"N": str(value)}, "text": {"S": text}}
        self.ask("PutItem", TableName=self.name, Item=item)

    def update(self, pk: str, expression: str, **values: Any) -> None:
        given = {f":{name}": value for name, value in values.items()} or None
        self.ask(
            "UpdateItem",
            TableName=self.name,
            Key=self.key(pk),
            UpdateExpression=expression,
            ExpressionAttributeValues=given,
        )

    def delete(self, pk: str, sk: str = "-") -> None:
        self.ask("DeleteItem", TableName=self.name, Key=self.key(pk, sk))

    def close_stream(self) -> None:
        """Disable the stream: the one way to see a closed shard on every engine."""
        disabled = {"StreamEnabled": False}
        self.ask("UpdateTable", TableName=self.name, StreamSpecification=disabled)

    def open_stream(self, view: str = "NEW_IMAGE") -> None:
        enabled = {"StreamEnabled": True, "StreamViewType": view}
        self.ask("UpdateTable", TableName=self.name, StreamSpecification=enabled)

    # --- reading ---

    @property
    def arn(self) -> str:
        found: str = self.ask("DescribeTable", TableName=self.name)["Table"]["LatestStreamArn"]
        return found

    def describe(self, arn: str | None = None, **params: Any) -> dict[str, Any]:
        asked = self.ask("DescribeStream", StreamArn=arn or self.arn, **params)
        found: dict[str, Any] = asked["StreamDescription"]
        return found

    def shard(self, arn: str | None = None) -> dict[str, Any]:
        """The one shard that there is."""
        [found] = self.describe(arn)["Shards"]
        shard: dict[str, Any] = found
        return shard

    def iterator(
        self,
        kind: str = "TRIM_HORIZON",
        sequence: str | None = None,
        *,
        arn: str | None = None,
        shard: str | None = None,
    ) -> str:
        arn = arn or self.arn
        found: str = self.ask(
            "GetShardIterator",
            StreamArn=arn,
            ShardId=shard or self.shard(arn)["ShardId"],
            ShardIteratorType=kind,
            SequenceNumber=sequence,
        )["ShardIterator"]
        return found

    def page(self, iterator: str, limit: int | None = None) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GetRecords", ShardIterator=iterator, Limit=limit)
        return found

    def records(self, iterator: str | None = None) -> list[dict[str, Any]]:
        """Every record up to the first empty page or the end."""
        at: str | None = iterator or self.iterator()
        found: list[dict[str, Any]] = []
        for _ in range(PAGES_MAX):
            if at is None:
                break
            page = self.page(at)
            if not page["Records"]:
                break
            found += page["Records"]
            at = page.get("NextShardIterator")
        return found


def keys_of(records: list[dict[str, Any]]) -> list[str]:
    """The partition keys, in order."""
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in records]


def names_of(records: list[dict[str, Any]]) -> list[str]:
    return [record["eventName"] for record in records]


def numbers_of(records: list[dict[str, Any]]) -> list[str]:
    return [record["dynamodb"]["SequenceNumber"] for record in records]
