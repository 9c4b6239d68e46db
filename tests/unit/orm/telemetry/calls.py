"""One request of every kind, with the answer that its operation gives."""

from __future__ import annotations

from typing import Any, Final

from orm.requests import (
    Action,
    AttributeDefinition,
    BatchGetItem,
    BatchWriteItem,
    ConditionCheck,
    CreateTable,
    Delete,
    DeleteItem,
    DeleteTable,
    DescribeStream,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    GetRecords,
    GetShardIterator,
    KeyElement,
    ListTables,
    Projection,
    Put,
    PutItem,
    Query,
    Request,
    Scan,
    SecondaryIndex,
    TimeToLiveSpecification,
    TransactWriteItems,
    Update,
    UpdateItem,
    UpdateTimeToLive,
)

ARN: Final = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
KEY: Final = {"pk": {"S": "A"}}
CONSUMED: Final = {"TableName": "orders", "CapacityUnits": 1.5}
ONE: Final = {"ConsumedCapacity": CONSUMED}
MANY: Final = {"ConsumedCapacity": [CONSUMED, {"TableName": "users", "CapacityUnits": 0.0}]}
PAGE: Final = ONE | {"Items": [KEY, KEY], "Count": 2, "ScannedCount": 5}
TABLE: Final = {"TableName": "orders", "TableStatus": "ACTIVE"}
STREAM: Final = {"StreamArn": ARN, "StreamStatus": "ENABLED", "Shards": []}
RECORD: Final = {
    "eventName": "INSERT",
    "dynamodb": {"Keys": KEY, "SequenceNumber": "1", "NewImage": KEY},
}
INDEX: Final = SecondaryIndex(
    index_name="gsi1",
    key_schema=[KeyElement(attribute_name="gsi1pk", key_type="HASH")],
    projection=Projection(),
)
EXPIRY: Final = TimeToLiveSpecification(enabled=True, attribute_name="ttl")

CALLS: Final[list[tuple[Request[Any], dict[str, Any]]]] = [
    (PutItem(table_name="orders", item=KEY), ONE),
    (UpdateItem(table_name="orders", key=KEY, update_expression="REMOVE a"), ONE),
    (DeleteItem(table_name="orders", key=KEY), ONE),
    (GetItem(table_name="orders", key=KEY, consistent_read=True), ONE | {"Item": KEY}),
    (
        Query(
            table_name="orders",
            key_condition_expression="pk = :v0",
            expression_attribute_values={":v0": {"S": "A"}},
            index_name="gsi1",
            scan_index_forward=False,
            limit=10,
        ),
        PAGE,
    ),
    (Scan(table_name="orders", segment=1, total_segments=4), PAGE),
    (
        BatchGetItem(request_items={"orders": {"Keys": [KEY, KEY]}, "users": {"Keys": [KEY]}}),
        MANY | {"Responses": {"orders": [KEY], "users": [KEY]}, "UnprocessedKeys": {}},
    ),
    (
        BatchWriteItem(request_items={"orders": [{"PutRequest": {"Item": KEY}}]}),
        MANY | {"UnprocessedItems": {}},
    ),
    (
        TransactWriteItems(
            transact_items=[
                Action(put=Put(table_name="orders", item=KEY)),
                Action(update=Update(table_name="users", key=KEY, update_expression="REMOVE a")),
                Action(delete=Delete(table_name="orders", key=KEY)),
                Action(
                    condition_check=ConditionCheck(
                        table_name="claims", key=KEY, condition_expression="a = b"
                    )
                ),
            ]
        ),
        MANY,
    ),
    (
        CreateTable(
            table_name="orders",
            key_schema=[KeyElement(attribute_name="pk", key_type="HASH")],
            attribute_definitions=[AttributeDefinition(attribute_name="pk", attribute_type="S")],
            global_secondary_indexes=[INDEX],
        ),
        {"TableDescription": TABLE},
    ),
    (DescribeTable(table_name="orders"), {"Table": TABLE}),
    (DescribeTimeToLive(table_name="orders"), {"TimeToLiveDescription": {}}),
    (
        UpdateTimeToLive(table_name="orders", time_to_live_specification=EXPIRY),
        {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}},
    ),
    (DeleteTable(table_name="orders"), {"TableDescription": TABLE}),
    (ListTables(exclusive_start_table_name="orders", limit=3), {"TableNames": ["a", "b"]}),
    (DescribeStream(stream_arn=ARN), {"StreamDescription": STREAM}),
    (
        GetShardIterator(stream_arn=ARN, shard_id="s", shard_iterator_type="LATEST"),
        {"ShardIterator": "i"},
    ),
    (GetRecords(shard_iterator="i", limit=7), {"Records": [RECORD, RECORD]}),
]
