"""What time does to a stream: asked of the memory engine alone, whose clock can be moved.

DynamoDB Local does the same by its own clock, in hours: iterators expire, records are trimmed after
a day. It never rolls a shard, so lineage is the memory engine's alone, by AWS's documentation.
"""

from __future__ import annotations

import pytest

from orm.clock import ManualClock
from orm.memory import MemoryTransport
from tests.contract.streams.table import RefusedError, StreamTable, keys_of, numbers_of

DAY = 24 * 3_600


def test_an_iterator_lives_fifteen_minutes(timed: StreamTable, clock: ManualClock) -> None:
    timed.put("a")
    place = timed.iterator()
    clock.sleep(15 * 60)
    assert keys_of(timed.page(place)["Records"]) == ["a"]
    clock.sleep(1)
    with pytest.raises(RefusedError, match="ExpiredIteratorException"):
        timed.page(place)


def test_the_next_iterator_has_fifteen_minutes_of_its_own(
    timed: StreamTable, clock: ManualClock
) -> None:
    place = timed.iterator()
    for _ in range(4):
        clock.sleep(10 * 60)
        place = timed.page(place)["NextShardIterator"]


def test_records_go_after_a_day(timed: StreamTable, clock: ManualClock) -> None:
    timed.put("a")
    clock.sleep(3_600)
    timed.put("b")
    clock.sleep(DAY - 1_800)
    assert keys_of(timed.records()) == ["b"]


def test_a_place_that_was_trimmed_away_is_refused_when_read(
    timed: StreamTable, clock: ManualClock
) -> None:
    """Not when the iterator is asked for."""
    for pk in "abc":
        timed.put(pk)
    first = numbers_of(timed.records())[0]
    clock.sleep(DAY + 60)
    timed.put("d")
    place = timed.iterator("AFTER_SEQUENCE_NUMBER", first)
    with pytest.raises(RefusedError, match="TrimmedDataAccessException"):
        timed.page(place)


def test_the_last_trimmed_record_is_still_a_place(timed: StreamTable, clock: ManualClock) -> None:
    """Nothing is missing behind it."""
    timed.put("a")
    last = numbers_of(timed.records())[-1]
    clock.sleep(DAY + 60)
    timed.put("b")
    assert keys_of(timed.records(timed.iterator("AFTER_SEQUENCE_NUMBER", last))) == ["b"]


def test_a_rolled_shard_ends_and_has_one_child(timed: StreamTable, engine: MemoryTransport) -> None:
    timed.put("a")
    parent = timed.shard()["ShardId"]
    [child] = engine.roll_shard(timed.name)
    timed.put("b")
    shards = {shard["ShardId"]: shard for shard in timed.describe()["Shards"]}
    assert shards[child]["ParentShardId"] == parent
    assert "EndingSequenceNumber" in shards[parent]["SequenceNumberRange"]
    assert keys_of(timed.records(timed.iterator(shard=parent))) == ["a"]
    assert keys_of(timed.records(timed.iterator(shard=child))) == ["b"]


def test_a_split_shard_has_two_children_that_share_its_keys(
    timed: StreamTable, engine: MemoryTransport
) -> None:
    """Each key goes to one of them, for ever."""
    one, two = engine.split_shard(timed.name)
    for _ in range(3):
        for n in range(20):
            timed.put(str(n), _)
    found = [set(keys_of(timed.records(timed.iterator(shard=shard)))) for shard in (one, two)]
    assert all(found)
    assert found[0] | found[1] == {str(n) for n in range(20)}
    assert not found[0] & found[1]


def test_children_are_asked_for_by_their_parent(
    timed: StreamTable, engine: MemoryTransport
) -> None:
    parent = timed.shard()["ShardId"]
    children = engine.split_shard(timed.name)
    engine.split_shard(timed.name)
    wanted = {"Type": "CHILD_SHARDS", "ShardId": parent}
    found = timed.describe(ShardFilter=wanted)["Shards"]
    assert [shard["ShardId"] for shard in found] == children


def test_a_long_list_of_shards_comes_in_pages(timed: StreamTable, engine: MemoryTransport) -> None:
    for _ in range(7):
        engine.split_shard(timed.name)
    found: list[str] = []
    start: str | None = None
    pages = 0
    while True:
        page = timed.describe(ExclusiveStartShardId=start)
        found += [shard["ShardId"] for shard in page["Shards"]]
        pages += 1
        if (start := page.get("LastEvaluatedShardId")) is None:
            break
    assert len(found) == len(set(found)) == 2**8 - 1
    assert pages == 3


def test_a_closed_shard_is_gone_a_day_later(
    timed: StreamTable, engine: MemoryTransport, clock: ManualClock
) -> None:
    parent = timed.shard()["ShardId"]
    [child] = engine.roll_shard(timed.name)
    clock.sleep(DAY + 60)
    assert [shard["ShardId"] for shard in timed.describe()["Shards"]] == [child]
    with pytest.raises(RefusedError, match="ResourceNotFoundException"):
        timed.iterator(shard=parent)


def test_an_expired_item_leaves_with_the_services_name(
    timed: StreamTable, engine: MemoryTransport, clock: ManualClock
) -> None:
    """`ttl-records`: a REMOVE by the service, as on AWS; Local calls it UNKNOWN_TO_SDK_VERSION."""
    specification = {"Enabled": True, "AttributeName": "v"}
    timed.ask("UpdateTimeToLive", TableName=timed.name, TimeToLiveSpecification=specification)
    timed.put("a", round(clock.now_micros() / 1e6) + 10)
    clock.sleep(60)
    engine.tick()
    *_, last = timed.records()
    assert last["eventName"] == "REMOVE"
    assert last["userIdentity"]["PrincipalId"] == "dynamodb.amazonaws.com"
