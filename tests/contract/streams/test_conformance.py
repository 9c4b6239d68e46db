"""What every engine's change stream does, asked of the memory engine and of DynamoDB Local.

The shard reader rests on these promises and on no other. Where the two engines differ, the
difference has a name in `orm.memory.divergences` and a test below that shows it.
"""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest

from orm.driver import Transport
from orm.memory.divergences import DIVERGENCES
from tests.contract.streams.table import RefusedError, StreamTable, keys_of, names_of, numbers_of

KNOWN = {one.name for one in DIVERGENCES}

# --- places -----------------------------------------------------------------------------------


def test_trim_horizon_begins_at_the_first_record(table: StreamTable) -> None:
    table.put("a")
    table.put("b")
    assert keys_of(table.records(table.iterator("TRIM_HORIZON"))) == ["a", "b"]


def test_latest_begins_with_what_comes_next(table: StreamTable) -> None:
    table.put("a")
    latest = table.iterator("LATEST")
    table.put("b")
    assert keys_of(table.records(latest)) == ["b"]


def test_after_a_sequence_number_begins_behind_it(table: StreamTable) -> None:
    for pk in "abc":
        table.put(pk)
    second = numbers_of(table.records())[1]
    assert keys_of(table.records(table.iterator("AFTER_SEQUENCE_NUMBER", second))) == ["c"]


def test_at_a_sequence_number_begins_with_it(table: StreamTable) -> None:
    for pk in "abc":
        table.put(pk)
    second = numbers_of(table.records())[1]
    assert keys_of(table.records(table.iterator("AT_SEQUENCE_NUMBER", second))) == ["b", "c"]


def test_behind_the_last_record_lies_nothing_yet(table: StreamTable) -> None:
    """A reader that has seen everything resumes there, and gets what comes."""
    table.put("a")
    place = table.iterator("AFTER_SEQUENCE_NUMBER", numbers_of(table.records())[-1])
    assert table.page(place)["Records"] == []
    table.put("b")
    assert keys_of(table.records(place)) == ["b"]


def test_an_iterator_can_be_used_again(table: StreamTable) -> None:
    """A page that was not dealt with is read again, by the same iterator."""
    table.put("a")
    place = table.iterator()
    assert table.page(place)["Records"] == table.page(place)["Records"]
    table.put("b")
    assert keys_of(table.page(place)["Records"]) == ["a", "b"]


def test_an_empty_page_has_an_iterator_to_go_on_with(table: StreamTable) -> None:
    """Empty never means ended."""
    page = table.page(table.iterator())
    assert page["Records"] == []
    table.put("a")
    assert keys_of(table.records(page["NextShardIterator"])) == ["a"]


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
def test_a_place_by_number_needs_the_number(table: StreamTable, kind: str) -> None:
    with pytest.raises(RefusedError, match="ValidationException"):
        table.iterator(kind)


def test_an_unknown_kind_of_place_is_refused(table: StreamTable) -> None:
    # `unknown-choices`: Local has no better word for it than InternalFailure.
    with pytest.raises(RefusedError, match=r"ValidationException|InternalFailure"):
        table.iterator("NEWEST")


def test_a_number_before_the_shard_is_refused(table: StreamTable) -> None:
    table.put("a")
    with pytest.raises(RefusedError, match="ValidationException"):
        table.page(table.iterator("AT_SEQUENCE_NUMBER", "1"))


def test_a_shard_that_is_not_there_is_refused(table: StreamTable) -> None:
    unknown = "shardId-00000000000000000001-00000001"
    with pytest.raises(RefusedError, match="ResourceNotFoundException"):
        table.page(table.iterator(shard=unknown))


def test_a_stream_that_is_not_there_is_refused(table: StreamTable) -> None:
    with pytest.raises(RefusedError, match="ResourceNotFoundException"):
        table.describe(f"{table.arn[:-3]}999")


def test_what_is_no_iterator_is_refused(table: StreamTable) -> None:
    with pytest.raises(RefusedError, match="ValidationException"):
        table.page("no iterator")


# --- pages ------------------------------------------------------------------------------------


def test_pages_hold_at_most_the_limit_and_leave_nothing_out(table: StreamTable) -> None:
    wanted = [f"{n:02d}" for n in range(23)]
    for pk in wanted:
        table.put(pk)
    found: list[str] = []
    sizes: list[int] = []
    at = table.iterator()
    for _ in range(40):
        page = table.page(at, limit=5)
        sizes.append(len(page["Records"]))
        found += keys_of(page["Records"])
        if not page["Records"]:
            break
        at = page["NextShardIterator"]
    assert found == wanted
    assert sizes == [5, 5, 5, 5, 3, 0]


@pytest.mark.parametrize("limit", [1, 1_000])
def test_limits_from_1_to_1000_are_taken(table: StreamTable, limit: int) -> None:
    table.put("a")
    table.put("b")
    assert len(table.page(table.iterator(), limit)["Records"]) == min(limit, 2)


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_other_limits_are_refused(table: StreamTable, limit: int) -> None:
    with pytest.raises(RefusedError, match="ValidationException"):
        table.page(table.iterator(), limit)


def test_a_page_without_limit_takes_a_thousand(table: StreamTable) -> None:
    """And not one more."""
    for start in range(0, 1_050, 25):
        requests = [
            {"PutRequest": {"Item": table.key(f"{n:04d}")}} for n in range(start, start + 25)
        ]
        table.ask("BatchWriteItem", RequestItems={table.name: requests})
    page = table.page(table.iterator())
    assert len(page["Records"]) == 1_000
    assert len(table.records(page["NextShardIterator"])) == 50


# --- order and numbers ------------------------------------------------------------------------


def test_records_of_an_item_come_in_the_order_of_its_writes(table: StreamTable) -> None:
    for value in range(30):
        table.put("a", value)
        table.put("b", -value)
    for pk, sign in (("a", 1), ("b", -1)):
        values = [
            int(record["dynamodb"]["NewImage"]["v"]["N"])
            for record in table.records()
            if keys_of([record]) == [pk]
        ]
        assert values == [sign * n for n in range(30)]


def test_sequence_numbers_are_text_of_digits_that_rise_and_never_repeat(
    table: StreamTable,
) -> None:
    for n in range(25):
        table.put(str(n))
    numbers = numbers_of(table.records())
    assert all(isinstance(number, str) and number.isdecimal() for number in numbers)
    assert all(int(one) < int(two) for one, two in pairwise(numbers))


def test_a_sequence_number_resumes_as_the_text_it_was(table: StreamTable) -> None:
    """Every record's number, given back as it came, leads behind that record."""
    for n in range(5):
        table.put(str(n))
    records = table.records()
    for at, number in enumerate(numbers_of(records)):
        behind = table.records(table.iterator("AFTER_SEQUENCE_NUMBER", number))
        assert numbers_of(behind) == numbers_of(records)[at + 1 :]


def test_every_event_has_an_id_of_its_own(table: StreamTable) -> None:
    for n in range(10):
        table.put(str(n))
    assert len({record["eventID"] for record in table.records()}) == 10


def test_a_record_is_there_as_soon_as_the_write_is_answered(table: StreamTable) -> None:
    place = table.iterator("LATEST")
    for n in range(20):
        table.put(str(n))
        assert str(n) in keys_of(table.records(place))


# --- what a write emits -----------------------------------------------------------------------


def test_insert_modify_and_remove_carry_their_images(table: StreamTable) -> None:
    table.put("a", 1)
    table.put("a", 2)
    table.delete("a")
    records = table.records()
    assert names_of(records) == ["INSERT", "MODIFY", "REMOVE"]
    images = [
        tuple(_value(record["dynamodb"].get(image)) for image in ("OldImage", "NewImage"))
        for record in records
    ]
    assert images == [(None, 1), (1, 2), (2, None)]


def _value(image: dict[str, Any] | None) -> int | None:
    return None if image is None else int(image["v"]["N"])


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)
def test_a_view_shows_what_it_says(transport: Transport, view: str, images: set[str]) -> None:
    table = StreamTable(transport, view)
    table.put("a", 1)
    table.put("a", 2)
    record = table.records()[-1]["dynamodb"]
    assert {"NewImage", "OldImage"} & record.keys() == images
    assert record["Keys"] == table.key("a")
    assert record["StreamViewType"] == view
    table.drop()


def test_a_write_that_changes_nothing_emits_nothing(table: StreamTable) -> None:
    table.put("a", 1)
    table.put("a", 1)
    table.update("a", "SET v = :v", v={"N": "1"})
    table.update("a", "REMOVE absent")
    table.delete("never there")
    assert names_of(table.records()) == ["INSERT"]


def test_a_refused_write_emits_nothing(table: StreamTable) -> None:
    table.put("a", 1)
    with pytest.raises(RefusedError, match="ConditionalCheckFailedException"):
        table.ask(
            "PutItem",
            TableName=table.name,
            Item=table.key("a"),
            ConditionExpression="attribute_not_exists(pk)",
        )
    assert names_of(table.records()) == ["INSERT"]


def test_a_transaction_emits_all_of_it_in_its_order(table: StreamTable) -> None:
    table.put("gone", 1)
    actions: list[dict[str, Any]] = [
        {"Put": {"TableName": table.name, "Item": table.key(f"{n:02d}")}} for n in range(40, 0, -1)
    ]
    actions.append({"Delete": {"TableName": table.name, "Key": table.key("gone")}})
    table.ask("TransactWriteItems", TransactItems=actions)
    records = table.records()[1:]
    assert keys_of(records) == [f"{n:02d}" for n in range(40, 0, -1)] + ["gone"]
    assert names_of(records) == ["INSERT"] * 40 + ["REMOVE"]


def test_a_cancelled_transaction_emits_nothing(table: StreamTable) -> None:
    table.put("a", 1)
    refused = {
        "TableName": table.name,
        "Item": table.key("a"),
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    actions = [{"Put": {"TableName": table.name, "Item": table.key("b")}}, {"Put": refused}]
    with pytest.raises(RefusedError, match="TransactionCanceledException"):
        table.ask("TransactWriteItems", TransactItems=actions)
    assert keys_of(table.records()) == ["a"]


def test_a_transaction_sent_twice_under_one_token_emits_once(table: StreamTable) -> None:
    actions = [{"Put": {"TableName": table.name, "Item": table.key("a")}}]
    for _ in range(2):
        table.ask(
            "TransactWriteItems", TransactItems=actions, ClientRequestToken=f"{table.name}-once"
        )
    assert names_of(table.records()) == ["INSERT"]


def test_a_record_says_what_it_is(table: StreamTable) -> None:
    table.put("a", 1)
    [record] = table.records()
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventVersion"].startswith("1.")
    assert record["dynamodb"]["SizeBytes"] > 0
    assert record["dynamodb"]["ApproximateCreationDateTime"] > 1_600_000_000


# --- shards and streams -----------------------------------------------------------------------


def test_an_open_shard_has_a_beginning_and_no_end(table: StreamTable) -> None:
    shard = table.shard()
    assert shard["ShardId"].startswith("shardId-")
    assert "ParentShardId" not in shard
    assert "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    assert shard["SequenceNumberRange"]["StartingSequenceNumber"].isdecimal()


def test_a_closed_shard_shows_its_end_and_is_read_to_it(table: StreamTable) -> None:
    """The last page has no iterator; everything that was written is in it or before it."""
    for pk in "abc":
        table.put(pk)
    arn = table.arn
    table.close_stream()
    shard = table.shard(arn)
    assert shard["SequenceNumberRange"]["EndingSequenceNumber"].isdecimal()
    at: str | None = table.iterator(arn=arn)
    found: list[str] = []
    for _ in range(10):
        if at is None:
            break
        page = table.page(at, limit=2)
        found += keys_of(page["Records"])
        at = page.get("NextShardIterator")
    assert at is None
    assert found == ["a", "b", "c"]


def test_a_disabled_stream_says_so_and_takes_no_more(table: StreamTable) -> None:
    arn = table.arn
    table.put("a")
    table.close_stream()
    table.put("b")
    assert table.describe(arn)["StreamStatus"] == "DISABLED"
    assert keys_of(table.records(table.iterator(arn=arn))) == ["a"]


def test_a_stream_that_is_enabled_again_is_another_one(table: StreamTable) -> None:
    """What was written in between is in neither: the reason why a worker scans the store."""
    first = table.arn
    table.put("a")
    table.close_stream()
    table.put("lost")
    time.sleep(0.005)  # ids of streams and shards are made of milliseconds
    table.open_stream()
    table.put("c")
    second = table.arn
    assert second != first
    assert keys_of(table.records(table.iterator(arn=second))) == ["c"]
    assert keys_of(table.records(table.iterator(arn=first))) == ["a"]
    assert table.shard(first)["ShardId"] != table.shard(second)["ShardId"]
    assert "ParentShardId" not in table.shard(second)


def test_shards_behind_a_given_one_are_listed(table: StreamTable) -> None:
    """Behind the only one there is none."""
    described = table.describe(ExclusiveStartShardId=table.shard()["ShardId"])
    assert described["Shards"] == []
    assert described.get("LastEvaluatedShardId") is None


def test_an_open_shard_has_no_children(table: StreamTable) -> None:
    wanted = {"Type": "CHILD_SHARDS", "ShardId": table.shard()["ShardId"]}
    assert table.describe(ShardFilter=wanted)["Shards"] == []


def test_a_table_without_a_stream_has_no_arn(transport: Transport) -> None:
    table = StreamTable(transport, view=None)
    assert "LatestStreamArn" not in table.ask("DescribeTable", TableName=table.name)["Table"]
    table.drop()


def test_streams_of_a_table_are_listed(table: StreamTable) -> None:
    [found] = table.ask("ListStreams", TableName=table.name)["Streams"]
    assert (found["StreamArn"], found["TableName"]) == (table.arn, table.name)


# --- where the engines differ, by name --------------------------------------------------------


def is_local(table: StreamTable) -> bool:
    return ":ddblocal:" in table.arn


def test_sequence_numbers_have_leading_zeros_on_local_alone(table: StreamTable) -> None:
    """`sequence-numbers`: kept as text they work on both; as ints they would not on Local."""
    assert "sequence-numbers" in KNOWN
    table.put("a")
    table.put("b")
    first, second = numbers_of(table.records())
    assert first.startswith("0") == is_local(table)
    assert (int(second) - int(first) == 1) == is_local(table)


def test_a_number_without_its_zeros_resumes_on_memory_alone(table: StreamTable) -> None:
    """`sequence-numbers`, as it hurts: a consumer that converts to int cannot resume on Local."""
    table.put("a")
    table.put("b")
    number = str(int(numbers_of(table.records())[0]))
    if is_local(table):
        with pytest.raises(RefusedError):
            table.page(table.iterator("AFTER_SEQUENCE_NUMBER", number))
    else:
        assert keys_of(table.records(table.iterator("AFTER_SEQUENCE_NUMBER", number))) == ["b"]


def test_pages_over_a_megabyte_come_from_local_alone(table: StreamTable) -> None:
    """`stream-page`: code that reads until there is nothing more does not care."""
    assert "stream-page" in KNOWN
    for n in range(8):
        table.put(str(n), text="x" * 200_000)
    page = table.page(table.iterator())
    assert (len(page["Records"]) == 8) == is_local(table)
    assert len(table.records()) == 8


def test_the_time_of_a_record_is_of_no_use_on_local(table: StreamTable) -> None:
    """`time-of-records`: rounded down to the minute, so lag is measured by recorded-at."""
    assert "time-of-records" in KNOWN
    table.put("a")
    written = table.records()[0]["dynamodb"]["ApproximateCreationDateTime"]
    if is_local(table):
        assert written % 60 == 0
