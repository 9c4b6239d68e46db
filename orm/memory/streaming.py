"""The streams API: list and describe streams, take a place in a shard, read from it.

An iterator is a text that says where to go on reading and when it was given out; the engine keeps
nothing about it. It is good for fifteen minutes and may be used again.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator
from typing import Any

import msgspec

from orm.decoding import json_decoder
from orm.driver.transport import ServiceError
from orm.memory.account import Account
from orm.memory.limits import (
    ITERATOR_SECONDS,
    STREAM_PAGE_SIZE_BYTES_MAX,
    STREAM_RECORDS_MAX,
    STREAM_SHARDS_LISTED_MAX,
)
from orm.memory.refusals import Invalid
from orm.memory.streams import Shard, Stream, StreamRecord

HORIZON = -1


class Place(msgspec.Struct, frozen=True, array_like=True):
    """What an iterator stands for: read what comes after `sequence`."""

    arn: str
    shard: str
    sequence: str
    given_at: float


def list_streams(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    limit = _limit(params, STREAM_SHARDS_LISTED_MAX)
    name = params.get("TableName")
    start = params.get("ExclusiveStartStreamArn", "")
    found = sorted(
        (stream for stream in account.streams.values() if name in (None, stream.table)),
        key=lambda stream: stream.arn,
    )
    rest = [stream for stream in found if stream.arn > start]
    answer: dict[str, Any] = {"Streams": [_listed(stream) for stream in rest[:limit]]}
    if len(rest) > limit:
        answer["LastEvaluatedStreamArn"] = rest[limit - 1].arn
    return answer


def describe_stream(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    """Describe a stream; `ShardFilter` of type CHILD_SHARDS asks for one shard's children."""
    stream = account.stream(params.get("StreamArn"))
    limit = _limit(params, STREAM_SHARDS_LISTED_MAX)
    shards = _filtered(stream.shards(account.now()), params)
    page = shards[:limit]
    description: dict[str, Any] = {
        **_listed(stream),
        "StreamStatus": "ENABLED" if stream.enabled else "DISABLED",
        "StreamViewType": stream.view,
        "CreationRequestDateTime": stream.created_at,
        "KeySchema": stream.key.described(),
        "Shards": [_shard(shard) for shard in page],
    }
    if len(shards) > limit:
        description["LastEvaluatedShardId"] = page[-1].id
    return {"StreamDescription": description}


def get_shard_iterator(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    stream = account.stream(params.get("StreamArn"))
    shard = stream.shard(str(params.get("ShardId")), account.now())
    kind = params.get("ShardIteratorType")
    sequence = params.get("SequenceNumber")
    if kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        after = _sequence(sequence, shard) - (kind == "AT_SEQUENCE_NUMBER")
    elif sequence is not None:
        raise Invalid(f"SequenceNumber does not go with ShardIteratorType {kind}")
    elif kind == "LATEST":
        after = account.last_sequence
    elif kind == "TRIM_HORIZON":
        after = HORIZON
    else:
        raise Invalid(f"ShardIteratorType set to invalid value: {kind}")
    return {"ShardIterator": _iterator(stream, shard, after, account.now())}


def get_records(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    limit = _limit(params, STREAM_RECORDS_MAX)
    place = _place(params.get("ShardIterator"))
    now = account.now()
    if now - place.given_at > ITERATOR_SECONDS:
        raise ServiceError("ExpiredIteratorException", "Shard iterator has expired")
    stream = account.stream(place.arn)
    shard = stream.shard(place.shard, now)
    after = _after(int(place.sequence), shard)
    bodies, last, more = _page(stream, shard.after(after), limit)
    answer: dict[str, Any] = {"Records": bodies}
    if shard.is_open or more:
        answer["NextShardIterator"] = _iterator(stream, shard, last or after, now)
    return answer


def _page(
    stream: Stream, records: Iterator[StreamRecord], limit: int
) -> tuple[list[dict[str, Any]], int, bool]:
    """Return the records of one page, the last one's number, and whether there are more."""
    bodies: list[dict[str, Any]] = []
    total = last = 0
    for record in records:
        body, size = stream.body(record)
        total += size
        if len(bodies) == limit or (bodies and total > STREAM_PAGE_SIZE_BYTES_MAX):
            return bodies, last, True
        bodies.append(body)
        last = record.sequence
    return bodies, last, False


def _after(sequence: int, shard: Shard) -> int:
    if sequence == HORIZON:
        return shard.trimmed_through
    if sequence < shard.trimmed_through:
        raise ServiceError(
            "TrimmedDataAccessException",
            "The operation attempted to read past the oldest stream record in a shard",
        )
    return sequence


def _sequence(raw: Any, shard: Shard) -> int:
    if not isinstance(raw, str) or not raw.isdecimal():
        raise Invalid("SequenceNumber must be a string of digits")
    sequence = int(raw)
    if sequence < shard.first_sequence:
        raise Invalid(f"Invalid SequenceNumber: it lies before the shard {shard.id}")
    return sequence


def _filtered(shards: list[Shard], params: dict[str, Any]) -> list[Shard]:
    wanted = params.get("ShardFilter")
    if wanted is not None:
        if wanted.get("Type") != "CHILD_SHARDS" or not wanted.get("ShardId"):
            raise Invalid("ShardFilter needs Type CHILD_SHARDS and a ShardId")
        shards = [shard for shard in shards if shard.parent_id == wanted["ShardId"]]
    start = params.get("ExclusiveStartShardId")
    if start is None:
        return shards
    return [shard for shard in shards if shard.id > start]  # ids rise, and `start` may be gone


def _listed(stream: Stream) -> dict[str, Any]:
    return {"StreamArn": stream.arn, "TableName": stream.table, "StreamLabel": stream.label}


def _shard(shard: Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": str(shard.first_sequence)}
    if shard.last_sequence is not None:
        numbers["EndingSequenceNumber"] = str(shard.last_sequence)
    described: dict[str, Any] = {"ShardId": shard.id, "SequenceNumberRange": numbers}
    if shard.parent_id is not None:
        described["ParentShardId"] = shard.parent_id
    return described


def _iterator(stream: Stream, shard: Shard, after: int, now: float) -> str:
    body = msgspec.json.encode(Place(stream.arn, shard.id, str(after), now))
    return urlsafe_b64encode(body).decode()


def _place(iterator: Any) -> Place:
    try:
        place: Place = json_decoder(Place).decode(urlsafe_b64decode(iterator))
        return place
    except (TypeError, ValueError, Base64Error, msgspec.MsgspecError):
        raise Invalid("Invalid ShardIterator") from None


def _limit(params: dict[str, Any], limit_max: int) -> int:
    limit = params.get("Limit", limit_max)
    if not isinstance(limit, int) or not 1 <= limit <= limit_max:
        raise Invalid(f"Limit must be from 1 to {limit_max}")
    return limit
