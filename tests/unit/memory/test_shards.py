"""What DynamoDB Local cannot show of change streams: shards that end, split, expire."""

from __future__ import annotations

from typing import Any

import pytest

from orm.driver.transport import ServiceError
from tests.unit.memory.conftest import Clock, Engine


def partition_keys(records: list[Any]) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in records]


def test_a_rolled_shard_has_one_child_that_goes_on(engine: Engine) -> None:
    """What was written before is in the parent, what comes after in the child."""
    engine.put("before")
    (child,) = engine.transport.roll_shard("table")
    engine.put("after")
    parent, listed = engine.shards()
    assert listed["ShardId"] == child
    assert listed["ParentShardId"] == parent["ShardId"]
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
    assert partition_keys(engine.records(parent["ShardId"])) == ["before"]
    assert partition_keys(engine.records(child)) == ["after"]


def test_a_closed_shard_ends_without_an_iterator(engine: Engine) -> None:
    """An open shard always has a next iterator; a closed one until its records are read."""
    for number in range(3):
        engine.put(str(number))
    (shard,) = engine.shards()
    open_end = engine("GetRecords", ShardIterator=engine.iterator(shard["ShardId"]))
    assert "NextShardIterator" in open_end
    engine.transport.roll_shard("table")
    first = engine("GetRecords", ShardIterator=engine.iterator(shard["ShardId"]), Limit=2)
    last = engine("GetRecords", ShardIterator=first["NextShardIterator"])
    assert (len(first["Records"]), len(last["Records"])) == (2, 1)
    assert "NextShardIterator" not in last


def test_split_shards_share_the_keys(engine: Engine) -> None:
    """Each partition key goes to one of the children, and stays there."""
    children = engine.transport.split_shard("table")
    keys = [f"key-{number}" for number in range(40)]
    for sk in ("1", "2"):
        for key in keys:
            engine.put(key, sk)
    left, right = (partition_keys(engine.records(child)) for child in children)
    assert left
    assert right
    assert not set(left) & set(right)
    assert sorted(left + right) == sorted(2 * keys)


def test_one_of_several_shards_can_be_split(engine: Engine) -> None:
    one, other = engine.transport.split_shard("table")
    grandchildren = engine.transport.split_shard("table", one)
    open_shards = [
        shard["ShardId"]
        for shard in engine.shards()
        if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    ]
    assert open_shards == [other, *grandchildren]
    with pytest.raises(ServiceError, match="not found"):
        engine.transport.split_shard("table", one)


def test_children_of_one_shard_can_be_asked_for(engine: Engine) -> None:
    (root,) = engine.shards()
    children = engine.transport.split_shard("table")
    engine.transport.roll_shard("table", children[0])
    wanted = {"Type": "CHILD_SHARDS", "ShardId": root["ShardId"]}
    assert [shard["ShardId"] for shard in engine.shards(ShardFilter=wanted)] == children


def test_shards_are_listed_in_pages(engine: Engine) -> None:
    for _ in range(4):
        engine.transport.roll_shard("table")
    every = [shard["ShardId"] for shard in engine.shards()]
    answer = engine("DescribeStream", StreamArn=engine.stream, Limit=3)["StreamDescription"]
    rest = engine.shards(ExclusiveStartShardId=answer["LastEvaluatedShardId"])
    assert [shard["ShardId"] for shard in [*answer["Shards"], *rest]] == every


def test_an_iterator_lives_for_fifteen_minutes(engine: Engine, clock: Clock) -> None:
    (shard,) = engine.shards()
    iterator = engine.iterator(shard["ShardId"])
    clock.pass_(minutes=15)
    engine("GetRecords", ShardIterator=iterator)
    clock.pass_(seconds=1)
    with pytest.raises(ServiceError) as caught:
        engine("GetRecords", ShardIterator=iterator)
    assert caught.value.code == "ExpiredIteratorException"


def test_records_go_after_a_day(engine: Engine, clock: Clock) -> None:
    """TRIM_HORIZON starts at what is left; a place before that is an error, not a gap."""
    engine.put("old")
    (shard,) = engine.shards()
    (old,) = engine.records(shard["ShardId"])
    clock.pass_(hours=12)
    engine.put("new")
    clock.pass_(hours=12, seconds=1)
    assert partition_keys(engine.records(shard["ShardId"])) == ["new"]
    number = old["dynamodb"]["SequenceNumber"]
    kept = engine.iterator(shard["ShardId"], "AFTER_SEQUENCE_NUMBER", SequenceNumber=number)
    assert partition_keys(engine("GetRecords", ShardIterator=kept)["Records"]) == ["new"]
    gone = engine.iterator(shard["ShardId"], "AT_SEQUENCE_NUMBER", SequenceNumber=number)
    with pytest.raises(ServiceError) as caught:
        engine("GetRecords", ShardIterator=gone)
    assert caught.value.code == "TrimmedDataAccessException"


def test_a_closed_shard_goes_after_a_day(engine: Engine, clock: Clock) -> None:
    (root,) = engine.shards()
    (child,) = engine.transport.roll_shard("table")
    clock.pass_(hours=24, seconds=1)
    (left,) = engine.shards()
    assert left["ShardId"] == child
    with pytest.raises(ServiceError) as caught:
        engine.iterator(root["ShardId"])
    assert caught.value.code == "ResourceNotFoundException"


def test_records_can_be_trimmed_at_once(engine: Engine) -> None:
    for number in range(4):
        engine.put(str(number))
    (shard,) = engine.shards()
    second = engine.records(shard["ShardId"])[1]["dynamodb"]["SequenceNumber"]
    engine.transport.trim("table", through=second)
    assert partition_keys(engine.records(shard["ShardId"])) == ["2", "3"]
    engine.transport.trim("table", shard_id=shard["ShardId"])
    assert engine.records(shard["ShardId"]) == []


def test_latest_sees_only_what_comes(engine: Engine) -> None:
    engine.put("before")
    (shard,) = engine.shards()
    iterator = engine.iterator(shard["ShardId"], "LATEST")
    engine.put("after")
    assert partition_keys(engine("GetRecords", ShardIterator=iterator)["Records"]) == ["after"]


def test_sequence_numbers_rise_but_not_as_text(engine: Engine) -> None:
    """They outgrow their length early, so that comparing them as text is caught."""
    for number in range(120):
        engine.put(str(number))
    (shard,) = engine.shards()
    numbers = [one["dynamodb"]["SequenceNumber"] for one in engine.records(shard["ShardId"])]
    assert [int(number) for number in numbers] == sorted(int(number) for number in numbers)
    assert numbers != sorted(numbers)


def test_a_page_of_records_ends_at_one_megabyte(engine: Engine) -> None:
    for number in range(4):
        engine.put(str(number), x={"S": "x" * 390_000})
    (shard,) = engine.shards()
    page = engine("GetRecords", ShardIterator=engine.iterator(shard["ShardId"]))
    assert len(page["Records"]) == 2
    rest = engine("GetRecords", ShardIterator=page["NextShardIterator"])
    assert partition_keys(rest["Records"]) == ["2", "3"]


def test_the_stream_of_a_deleted_table_can_be_read(engine: Engine) -> None:
    engine.put("last")
    arn = engine.stream
    engine("DeleteTable", TableName="table")
    described = engine("DescribeStream", StreamArn=arn)["StreamDescription"]
    place = {"StreamArn": arn, "ShardId": described["Shards"][0]["ShardId"]}
    iterator = engine("GetShardIterator", **place, ShardIteratorType="TRIM_HORIZON")
    page = engine("GetRecords", ShardIterator=iterator["ShardIterator"])
    assert described["StreamStatus"] == "DISABLED"
    assert partition_keys(page["Records"]) == ["last"]
    assert "NextShardIterator" not in page
