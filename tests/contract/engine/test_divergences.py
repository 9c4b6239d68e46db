"""The list of known differences is true: each that a request can show is shown here.

A difference that a new DynamoDB Local no longer has makes its test fail; then it leaves the list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orm.driver import Transport
from orm.memory.divergences import DIVERGENCES
from tests.contract.engine.pair import Pair, outcome, unordered
from tests.contract.engine.stream_records import ask

Show = Callable[[Transport, str], Any]


def key(pk: str = "a", sk: str = "1") -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put(engine: Transport, table: str, item: dict[str, Any], **params: Any) -> Any:
    return outcome(engine, "PutItem", {"TableName": table, "Item": item, **params})


def update(engine: Transport, table: str, text: str, **params: Any) -> Any:
    given = {"TableName": table, "Key": key(), "UpdateExpression": text, **params}
    return outcome(engine, "UpdateItem", given)


def get(engine: Transport, table: str, **params: Any) -> Any:
    return ask(engine, "GetItem", TableName=table, Key=key(), **params).get("Item")


def query(engine: Transport, table: str, text: str, **params: Any) -> Any:
    values = {":pk": {"S": "a"}, **params.pop("values", {})}
    given = {"KeyConditionExpression": text, "ExpressionAttributeValues": values, **params}
    return outcome(engine, "Query", {"TableName": table, **given})


def units(answer: Any) -> Any:
    consumed = answer["ConsumedCapacity"]
    return (consumed[0] if isinstance(consumed, list) else consumed)["CapacityUnits"]


def remove_from_nothing(engine: Transport, table: str) -> Any:
    update(engine, table, "REMOVE x")
    return get(engine, table)


def numbers_below(engine: Transport, table: str) -> Any:
    put(engine, table, {**key(), "l": {"L": [{"N": "1e3"}]}})
    return get(engine, table)["l"]


def updated_parts(engine: Transport, table: str) -> Any:
    put(engine, table, {**key(), "m": {"M": {"a": {"N": "1"}, "b": {"N": "2"}}}})
    given = {"ExpressionAttributeValues": {":v": {"N": "3"}}, "ReturnValues": "UPDATED_OLD"}
    return update(engine, table, "SET m.a = :v", **given)[1]["Attributes"]["m"]["M"].keys()


def local_index_type(engine: Transport, table: str) -> Any:
    return update(engine, table, "SET ls = :n", ExpressionAttributeValues={":n": {"N": "1"}})[0]


def delete_of_nothing(engine: Transport, table: str) -> Any:
    requests = {table: [{"DeleteRequest": {"Key": key()}}]}
    return units(
        ask(engine, "BatchWriteItem", RequestItems=requests, ReturnConsumedCapacity="TOTAL")
    )


def half_a_key(engine: Transport, table: str) -> Any:
    put(engine, table, {**key(), "gn": {"N": "1"}})
    item = {**key(), "g": {"S": "G"}}
    answer = put(engine, table, item, ReturnConsumedCapacity="INDEXES")
    return sorted(answer[1]["ConsumedCapacity"]["GlobalSecondaryIndexes"])


def empty_values(engine: Transport, table: str) -> Any:
    return put(engine, table, key(), ExpressionAttributeValues={})[0]


def unknown_choices(engine: Transport, table: str) -> Any:
    return put(engine, table, key(), ReturnConsumedCapacity="SOME")[0]


def transact(engine: Transport, *actions: Any, **params: Any) -> Any:
    return outcome(engine, "TransactWriteItems", {"TransactItems": list(actions), **params})


def operand_in_transaction(engine: Transport, table: str) -> Any:
    action = {"TableName": table, "Key": key(), "UpdateExpression": "SET x = absent"}
    return transact(engine, {"Update": action})[0]


def same_item_twice(engine: Transport, table: str) -> Any:
    condition = {"ConditionExpression": "attribute_exists(pk)"}
    action = {"TableName": table, "Key": key(), **condition}
    return transact(engine, {"ConditionCheck": action}, {"Delete": action})[0]


def reasons_of_get(engine: Transport, table: str) -> Any:
    get = {"Get": {"TableName": table, "Key": {"pk": {"S": "a"}}}}
    return outcome(engine, "TransactGetItems", {"TransactItems": [get]})


def empty_token(engine: Transport, table: str) -> Any:
    return transact(engine, _put_action(table), ClientRequestToken="")[0]


def transaction_units(engine: Transport, table: str) -> Any:
    answer = transact(engine, _put_action(table), ReturnConsumedCapacity="TOTAL")
    return answer[1]["ConsumedCapacity"]


def _put_action(table: str) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": key()}}


def reserved_words(engine: Transport, table: str) -> Any:
    given = {"TableName": table, "Key": key(), "ProjectionExpression": "size, convert"}
    return outcome(engine, "GetItem", given)[0]


def empty_read(engine: Transport, table: str) -> Any:
    return units(query(engine, table, "pk = :pk", ReturnConsumedCapacity="TOTAL")[1])


def batch_get_miss(engine: Transport, table: str) -> Any:
    wanted = {table: {"Keys": [key(), key("b")]}}
    return units(ask(engine, "BatchGetItem", RequestItems=wanted, ReturnConsumedCapacity="TOTAL"))


def filtered_page(engine: Transport, table: str) -> Any:
    for number in range(4):
        put(engine, table, {**key("a", str(number)), "x": {"S": "x" * 390_000}})
    return query(engine, table, "pk = :pk", FilterExpression="x = :pk")[1]["ScannedCount"]


def limit_at_bound(engine: Transport, table: str) -> Any:
    put(engine, table, key())
    bound = {"values": {":bound": {"S": "1"}}, "Limit": 1}
    return sorted(query(engine, table, "pk = :pk AND sk <= :bound", **bound)[1])


def long_key_in_query(engine: Transport, table: str) -> Any:
    return query(engine, table, "pk = :pk", values={":pk": {"S": "p" * 2049}})[0]


def scan_of_local_index(engine: Transport, table: str) -> Any:
    values = {":x": {"S": "1"}}
    given = {"FilterExpression": "x = :x", "ExpressionAttributeValues": values}
    return outcome(engine, "Scan", {"TableName": table, "IndexName": "local", **given})[0]


def order_of_ties(engine: Transport, table: str) -> Any:
    for number in range(9):
        put(engine, table, {**key(str(number)), "g": {"S": "G"}})
    given = {"values": {":pk": {"S": "G"}}, "IndexName": "by-group"}
    return query(engine, table, "g = :pk", **given)[1]["Items"]


def order_of_scan(engine: Transport, table: str) -> Any:
    for number in range(9):
        put(engine, table, key(str(number)))
    return ask(engine, "Scan", TableName=table)["Items"]


def creating(engine: Transport, table: str) -> Any:
    return sorted(ask(engine, "DescribeTable", TableName=table)["Table"])


def index_sizes(engine: Transport, table: str) -> Any:
    put(engine, table, {**key(), "g": {"S": "G"}, "x": {"S": "x" * 100}})
    described = ask(engine, "DescribeTable", TableName=table)["Table"]
    return sorted(one["IndexSizeBytes"] for one in described["GlobalSecondaryIndexes"])


def _records(engine: Transport, table: str) -> Any:
    arn = ask(engine, "DescribeTable", TableName=table)["Table"]["LatestStreamArn"]
    (shard,) = ask(engine, "DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
    place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = ask(engine, "GetShardIterator", **place)["ShardIterator"]
    return [one["dynamodb"] for one in ask(engine, "GetRecords", ShardIterator=iterator)["Records"]]


def empty_maps_in_records(engine: Transport, table: str) -> Any:
    put(engine, table, {**key(), "m": {"M": {}}})
    return _records(engine, table)[0]["NewImage"]["m"]


def order_of_batch(engine: Transport, table: str) -> Any:
    put(engine, table, key("a"))
    delete, add = {"DeleteRequest": {"Key": key("a")}}, {"PutRequest": {"Item": key("b")}}
    ask(engine, "BatchWriteItem", RequestItems={table: [delete, add]})
    return [record["Keys"]["pk"] for record in _records(engine, table)]


def sequence_numbers(engine: Transport, table: str) -> Any:
    put(engine, table, key())
    return str(_records(engine, table)[0]["SequenceNumber"]).startswith("0")


def stream_page(engine: Transport, table: str) -> Any:
    for number in range(4):
        put(engine, table, {**key(str(number)), "x": {"S": "x" * 390_000}})
    return len(_records(engine, table))


def legacy_parameters(engine: Transport, table: str) -> Any:
    return put(engine, table, key(), Expected={"x": {"Exists": False}})[0]


def operations(engine: Transport, table: str) -> Any:
    return outcome(engine, "DescribeLimits", {})[0]


SHOWN: dict[str, Show] = {
    show.__name__.replace("_", "-"): show
    for show in (
        remove_from_nothing,
        numbers_below,
        updated_parts,
        local_index_type,
        delete_of_nothing,
        half_a_key,
        order_of_batch,
        empty_values,
        unknown_choices,
        operand_in_transaction,
        same_item_twice,
        reasons_of_get,
        empty_token,
        transaction_units,
        reserved_words,
        empty_read,
        batch_get_miss,
        filtered_page,
        limit_at_bound,
        long_key_in_query,
        scan_of_local_index,
        order_of_ties,
        order_of_scan,
        creating,
        index_sizes,
        empty_maps_in_records,
        sequence_numbers,
        stream_page,
        legacy_parameters,
        operations,
    )
}
# What only the passing of time, or a control that one of the two lacks, could show
NOT_SHOWN = {"shards", "time-of-records", "ttl-records"}


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_listed_difference_is_there(pair: Pair, table: str, name: str) -> None:
    ours, theirs = (SHOWN[name](engine, table) for engine in (pair.memory, pair.local))
    assert ours != theirs, f"{name} is no difference any more: take it off the list"
    if name in ("order-of-ties", "order-of-scan"):
        assert unordered(ours) == unordered(theirs)
    # so that the table's own end agrees again
    for engine in (pair.memory, pair.local):
        for item in ask(engine, "Scan", TableName=table)["Items"]:
            place = {name: item[name] for name in ("pk", "sk")}
            ask(engine, "DeleteItem", TableName=table, Key=place)


def test_every_listed_difference_is_shown_or_said_not_to_be() -> None:
    assert {one.name for one in DIVERGENCES} == SHOWN.keys() | NOT_SHOWN
