"""The memory engine: DynamoDB's semantics in one process, behind the `Transport` protocol.

One engine is one account in one region. A lock makes each call atomic, so everything is strongly
consistent; throttling, conflicts and lost answers are not its business but that of a transport that
wraps it. Its clock is passed in, so 24 hours take no time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

import msgspec

from orm.driver.transport import ServiceError
from orm.memory import control, reading, streaming, transactions, writing
from orm.memory.account import Account
from orm.memory.refusals import not_found
from orm.memory.streams import Shard, Stream

Handler = Callable[[Account, dict[str, Any]], dict[str, Any]]

_HANDLERS: dict[str, Handler] = {
    "BatchGetItem": reading.batch_get_item,
    "BatchWriteItem": writing.batch_write_item,
    "CreateTable": control.create_table,
    "DeleteItem": writing.delete_item,
    "DeleteTable": control.delete_table,
    "DescribeStream": streaming.describe_stream,
    "DescribeTable": control.describe_table,
    "DescribeTimeToLive": control.describe_time_to_live,
    "GetItem": reading.get_item,
    "GetRecords": streaming.get_records,
    "GetShardIterator": streaming.get_shard_iterator,
    "ListStreams": streaming.list_streams,
    "ListTables": control.list_tables,
    "PutItem": writing.put_item,
    "Query": reading.query,
    "Scan": reading.scan,
    "TransactGetItems": transactions.transact_get_items,
    "TransactWriteItems": transactions.transact_write_items,
    "UpdateItem": writing.update_item,
    "UpdateTable": control.update_table,
    "UpdateTimeToLive": control.update_time_to_live,
}

OPERATIONS = frozenset(_HANDLERS)


class MemoryTransport:
    """A `Transport` to an engine of its own, empty at first.

    Args:
        now: the clock, in epoch seconds.
        region: stands in ARNs and stream records.

    `split_shard`, `roll_shard` and `trim` do what AWS does to streams in its own time, and `tick`
    does what the passing of time does to rows.
    """

    def __init__(self, *, now: Callable[[], float] = time.time, region: str = "us-east-1") -> None:
        self._account = Account(now, region)
        self._lock = Lock()
        self._encoder = msgspec.json.Encoder()

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        """Perform one operation; see `Transport`."""
        handler = _HANDLERS.get(operation)
        if handler is None:
            raise ServiceError("UnknownOperationException", f"no {operation} in the memory engine")
        with self._lock:
            try:
                return self._encoder.encode(handler(self._account, params))
            except ServiceError as error:
                # As they would stand in a body: binary values in base64, nothing shared
                error.fields = msgspec.json.decode(self._encoder.encode(error.fields))
                raise

    def tick(self) -> None:
        """Delete what has expired, in all tables."""
        with self._lock:
            for table in self._account.tables.values():
                table.expire(self._account.now())

    def split_shard(self, table: str, shard_id: str | None = None) -> list[str]:
        """Close the table's open shards (or one), each with two children; return their ids."""
        with self._lock:
            return _ids(self._stream(table).split(self._account.now(), shard_id))

    def roll_shard(self, table: str, shard_id: str | None = None) -> list[str]:
        """Close the table's open shards (or one), each with one child; return their ids."""
        with self._lock:
            return _ids(self._stream(table).roll(self._account.now(), shard_id))

    def trim(self, table: str, *, shard_id: str | None = None, through: str | None = None) -> None:
        """Drop stream records before their 24 hours are over.

        Args:
            shard_id: the shard to trim, or all.
            through: the last sequence number to drop, or everything so far.
        """
        with self._lock:
            last = self._account.last_sequence if through is None else int(through)
            for shard in self._stream(table).shards(self._account.now()):
                if shard_id in (None, shard.id):
                    shard.trim_through(last)

    def _stream(self, table: str) -> Stream:
        stream = self._account.table({"TableName": table}).stream
        if stream is None:
            raise not_found(f"Stream of Table: {table}")
        return stream


def _ids(shards: list[Shard]) -> list[str]:
    return [shard.id for shard in shards]
