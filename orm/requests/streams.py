"""Reading a table's change stream."""

from __future__ import annotations

import msgspec

from orm.requests.base import Item, Request, Struct


class SequenceRange(Struct, frozen=True):
    """Where a shard begins and, once it is closed, ends."""

    starting_sequence_number: str | None = None
    ending_sequence_number: str | None = None


class Shard(Struct, frozen=True):
    """One shard of a change stream."""

    shard_id: str
    sequence_number_range: SequenceRange
    parent_shard_id: str | None = None


class StreamDescription(Struct, frozen=True):
    """One page of a stream's shards."""

    stream_arn: str
    stream_status: str
    shards: list[Shard]
    last_evaluated_shard_id: str | None = None


class StreamDescribed(Struct, frozen=True):
    """The stream as it is."""

    stream_description: StreamDescription


class DescribeStream(Request[StreamDescribed], frozen=True):
    """Ask for one page of a stream's shards."""

    operation = "DescribeStream"
    answer = StreamDescribed

    stream_arn: str
    exclusive_start_shard_id: str | None = None
    limit: int | None = None
    shard_filter: dict[str, str] | None = None


class ShardIterator(Struct, frozen=True):
    """A place in a shard; good for fifteen minutes."""

    shard_iterator: str


class GetShardIterator(Request[ShardIterator], frozen=True):
    """Ask for a place in a shard."""

    operation = "GetShardIterator"
    answer = ShardIterator

    stream_arn: str
    shard_id: str
    shard_iterator_type: str
    sequence_number: str | None = None


class Change(Struct, frozen=True):
    """What a record says of one item.

    The images stay undecoded: a stream carries every item of its table, and a reader decodes those
    it knows. An image that is not there is empty.
    """

    keys: Item
    sequence_number: str
    new_image: msgspec.Raw = msgspec.Raw()
    old_image: msgspec.Raw = msgspec.Raw()


_RECORD_NAMES = {"event_name": "eventName", "change": "dynamodb"}  # this one shape is camelCase


class Record(Struct, frozen=True, rename=_RECORD_NAMES):
    """One change: INSERT, MODIFY or REMOVE, and whatever else an engine may say."""

    event_name: str
    change: Change


class Records(Struct, frozen=True):
    """Records of a shard; `next_shard_iterator` is None at the end of a closed shard."""

    records: list[Record]
    next_shard_iterator: str | None = None


class GetRecords(Request[Records], frozen=True):
    """Read on from a place in a shard."""

    operation = "GetRecords"
    answer = Records

    shard_iterator: str
    limit: int | None = None
