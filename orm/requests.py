"""Every call to DynamoDB as a typed request that knows the type of its answer.

Fields are the API's own, in snake_case; `params()` gives the wire shape. Items and keys stand in
wire shape too (`{"pk": {"S": "USER#1"}}`, binary as `bytes`); `orm.codec` makes and reads them.

Answers are read by msgspec straight from the body. Fields that DynamoDB always sends have no
default, so a truncated or foreign answer is an error and never an empty result. That is also why
every data-plane request asks for the consumed capacity: it is the one field that each such answer
carries.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypedDict, TypeVar

import msgspec


class AttributeValue(TypedDict, total=False):
    """A value in wire shape: exactly one of these."""

    S: str
    N: str
    B: bytes
    SS: list[str]
    NS: list[str]
    BS: list[bytes]
    M: dict[str, AttributeValue]
    L: list[AttributeValue]
    NULL: bool
    BOOL: bool


# Read by its full type, so that binary values leave an answer as the `bytes` that requests carry,
# and an item that was read can be sent again (the base64 text of a body never gets this far).
if TYPE_CHECKING:
    Item: TypeAlias = dict[str, Any]
else:
    Item = dict[str, AttributeValue]
"""An item in wire shape: attribute name → `{type: value}`, binary values as `bytes`."""

R = TypeVar("R")
I = TypeVar("I")  # noqa: E741 - the type an item is read as


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="pascal"):
    """The base of everything in this module: the API's names on the wire."""


class Request(Struct, Generic[R], frozen=True):
    """One API call whose answer is an `R`."""

    operation: ClassVar[str]
    answer: ClassVar[type]

    def params(self) -> dict[str, Any]:
        """The API's parameters in wire shape."""
        params: dict[str, Any] = msgspec.to_builtins(
            self, builtin_types=(bytes,), enc_hook=_stays_here
        )
        params.pop("ReadAs", None)
        return params

    def answer_type(self) -> Any:
        """The type that the answer's body is read as."""
        return self.answer

    @property
    def target(self) -> str:
        """What the call is about, for messages: a table, an index or a stream."""
        return str(getattr(self, "table_name", "") or getattr(self, "stream_arn", ""))


class DataRequest(Request[R], frozen=True):
    """A call that reads or writes items, and is billed."""

    def params(self) -> dict[str, Any]:
        return super().params() | {"ReturnConsumedCapacity": "TOTAL"}


class Capacity(Struct, frozen=True):
    """What one call consumed on one table, in capacity units."""

    table_name: str = ""
    capacity_units: float = 0.0


class Consumed(Struct, frozen=True):
    """Base of the answers of calls on one table."""

    consumed_capacity: Capacity

    def capacity_units(self) -> float:
        return self.consumed_capacity.capacity_units


class ConsumedMany(Struct, frozen=True):
    """Base of the answers of calls on several tables."""

    consumed_capacity: list[Capacity]

    def capacity_units(self) -> float:
        return sum(capacity.capacity_units for capacity in self.consumed_capacity)


# --- items -----------------------------------------------------------------------------------


class GotItem(Consumed, Generic[I], frozen=True):
    """The item, or None where there is none."""

    item: I | None = None


class GetItem(DataRequest[GotItem[I]], Generic[I], frozen=True):
    """Read one item by its key. `read_as` is the type that the item is read as."""

    operation = "GetItem"

    table_name: str
    key: Item
    consistent_read: bool = False
    projection_expression: str | None = None
    expression_attribute_names: dict[str, str] | None = None
    read_as: type[I] | None = None

    def answer_type(self) -> Any:
        return _read_as(GotItem, self.read_as)


class Written(Consumed, frozen=True):
    """The attributes that `return_values` asked for."""

    attributes: Item | None = None


class PutItem(DataRequest[Written], frozen=True):
    """Write a whole item."""

    operation = "PutItem"
    answer = Written

    table_name: str
    item: Item
    condition_expression: str | None = None
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    return_values: str | None = None
    return_values_on_condition_check_failure: str | None = None


class UpdateItem(DataRequest[Written], frozen=True):
    """Change attributes of an item."""

    operation = "UpdateItem"
    answer = Written

    table_name: str
    key: Item
    update_expression: str
    condition_expression: str | None = None
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    return_values: str | None = None
    return_values_on_condition_check_failure: str | None = None


class DeleteItem(DataRequest[Written], frozen=True):
    """Delete an item."""

    operation = "DeleteItem"
    answer = Written

    table_name: str
    key: Item
    condition_expression: str | None = None
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    return_values: str | None = None
    return_values_on_condition_check_failure: str | None = None


class Page(Consumed, Generic[I], frozen=True):
    """One page of items; `last_evaluated_key` says that there may be more."""

    items: list[I]
    count: int
    scanned_count: int
    last_evaluated_key: Item | None = None


class Query(DataRequest[Page[I]], Generic[I], frozen=True):
    """One page of one partition of a table or an index."""

    operation = "Query"

    table_name: str
    key_condition_expression: str
    expression_attribute_values: Item
    expression_attribute_names: dict[str, str] | None = None
    filter_expression: str | None = None
    projection_expression: str | None = None
    index_name: str | None = None
    consistent_read: bool = False
    scan_index_forward: bool = True
    limit: int | None = None
    exclusive_start_key: Item | None = None
    read_as: type[I] | None = None

    def answer_type(self) -> Any:
        return _read_as(Page, self.read_as)


class Scan(DataRequest[Page[I]], Generic[I], frozen=True):
    """One page of a whole table, an index, or one of `total_segments` parts of it."""

    operation = "Scan"

    table_name: str
    index_name: str | None = None
    filter_expression: str | None = None
    projection_expression: str | None = None
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    consistent_read: bool = False
    limit: int | None = None
    segment: int | None = None
    total_segments: int | None = None
    exclusive_start_key: Item | None = None
    read_as: type[I] | None = None

    def answer_type(self) -> Any:
        return _read_as(Page, self.read_as)


class BatchGot(ConsumedMany, frozen=True):
    """Items by table, in no order, and the keys that were not looked at."""

    responses: dict[str, list[Item]]
    unprocessed_keys: dict[str, KeysAndAttributes]


class BatchGetItem(DataRequest[BatchGot], frozen=True):
    """Read up to 100 items by key: table → `{"Keys": […], "ConsistentRead": bool}`."""

    operation = "BatchGetItem"
    answer = BatchGot

    request_items: dict[str, Any]

    @property
    def target(self) -> str:
        return ", ".join(self.request_items)


class PutRequest(TypedDict):
    """What to put, as part of a batch."""

    Item: Item


class DeleteRequest(TypedDict):
    """What to delete, as part of a batch."""

    Key: Item


class WriteRequest(TypedDict, total=False):
    """One write of a batch: exactly one of these."""

    PutRequest: PutRequest
    DeleteRequest: DeleteRequest


class KeysAndAttributes(TypedDict, total=False):
    """What to read of one table, as part of a batch."""

    Keys: list[Item]
    ConsistentRead: bool
    ProjectionExpression: str
    ExpressionAttributeNames: dict[str, str]


class BatchWritten(ConsumedMany, frozen=True):
    """The requests that were not carried out."""

    unprocessed_items: dict[str, list[WriteRequest]]


class BatchWriteItem(DataRequest[BatchWritten], frozen=True):
    """Put or delete up to 25 items, unconditionally and not together."""

    operation = "BatchWriteItem"
    answer = BatchWritten

    request_items: dict[str, Any]

    @property
    def target(self) -> str:
        return ", ".join(self.request_items)


# --- transactions ----------------------------------------------------------------------------


class Put(Struct, frozen=True):
    """Write a whole item, as part of a transaction."""

    table_name: str
    item: Item
    condition_expression: str | None = None
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    return_values_on_condition_check_failure: str | None = None


class Update(Struct, frozen=True):
    """Change attributes of an item, as part of a transaction."""

    table_name: str
    key: Item
    update_expression: str
    condition_expression: str | None = None
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    return_values_on_condition_check_failure: str | None = None


class Delete(Struct, frozen=True):
    """Delete an item, as part of a transaction."""

    table_name: str
    key: Item
    condition_expression: str | None = None
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    return_values_on_condition_check_failure: str | None = None


class ConditionCheck(Struct, frozen=True):
    """Demand something of an item, as part of a transaction."""

    table_name: str
    key: Item
    condition_expression: str
    expression_attribute_names: dict[str, str] | None = None
    expression_attribute_values: Item | None = None
    return_values_on_condition_check_failure: str | None = None


class Action(Struct, frozen=True):
    """One action of a transaction: exactly one field is set."""

    put: Put | None = None
    update: Update | None = None
    delete: Delete | None = None
    condition_check: ConditionCheck | None = None


class Transacted(ConsumedMany, frozen=True):
    """A transaction was carried out."""


class TransactWriteItems(DataRequest[Transacted], frozen=True):
    """Carry out up to 100 actions together, or none.

    `client_request_token` makes a repetition of the identical request harmless for ten minutes.
    """

    operation = "TransactWriteItems"
    answer = Transacted

    transact_items: list[Action]
    client_request_token: str | None = None

    @property
    def target(self) -> str:
        tables = {
            part.table_name
            for action in self.transact_items
            for part in (action.put, action.update, action.delete, action.condition_check)
            if part is not None
        }
        return ", ".join(sorted(tables))


# --- tables ----------------------------------------------------------------------------------


class KeyElement(Struct, frozen=True):
    """One attribute of a key schema: `key_type` is HASH or RANGE."""

    attribute_name: str
    key_type: str


class AttributeDefinition(Struct, frozen=True):
    """The type of a key attribute: S, N or B."""

    attribute_name: str
    attribute_type: str


class Projection(Struct, frozen=True, omit_defaults=False):
    """Which attributes an index holds: ALL, KEYS_ONLY or INCLUDE."""

    projection_type: str = "ALL"
    non_key_attributes: list[str] | msgspec.UnsetType = msgspec.UNSET


class SecondaryIndex(Struct, frozen=True, omit_defaults=False):
    """A global secondary index."""

    index_name: str
    key_schema: list[KeyElement]
    projection: Projection
    index_status: str | msgspec.UnsetType = msgspec.UNSET


class StreamSpecification(Struct, frozen=True, omit_defaults=False):
    """Whether a table has a change stream and what its records hold."""

    stream_enabled: bool
    stream_view_type: str | msgspec.UnsetType = msgspec.UNSET


class TableDescription(Struct, frozen=True):
    """What DynamoDB says of a table; the fields that we use."""

    table_name: str
    table_status: str
    key_schema: list[KeyElement] = []
    attribute_definitions: list[AttributeDefinition] = []
    global_secondary_indexes: list[SecondaryIndex] = []
    stream_specification: StreamSpecification | None = None
    latest_stream_arn: str | None = None
    item_count: int = 0
    table_size_bytes: int = 0


class TableCreated(Struct, frozen=True):
    """The table as it begins."""

    table_description: TableDescription


class CreateTable(Request[TableCreated], frozen=True):
    """Create a table."""

    operation = "CreateTable"
    answer = TableCreated

    table_name: str
    key_schema: list[KeyElement]
    attribute_definitions: list[AttributeDefinition]
    billing_mode: str | None = None
    global_secondary_indexes: list[SecondaryIndex] | None = None
    stream_specification: StreamSpecification | None = None


class TableDescribed(Struct, frozen=True):
    """The table as it is."""

    table: TableDescription


class DescribeTable(Request[TableDescribed], frozen=True):
    """Ask for a table's state."""

    operation = "DescribeTable"
    answer = TableDescribed

    table_name: str


class TableDeleted(Struct, frozen=True):
    """The table as it ends."""

    table_description: TableDescription


class DeleteTable(Request[TableDeleted], frozen=True):
    """Delete a table and everything in it."""

    operation = "DeleteTable"
    answer = TableDeleted

    table_name: str


class TableNames(Struct, frozen=True):
    """One page of table names."""

    table_names: list[str]
    last_evaluated_table_name: str | None = None


class ListTables(Request[TableNames], frozen=True):
    """Ask for the tables of an account and region."""

    operation = "ListTables"
    answer = TableNames

    exclusive_start_table_name: str | None = None
    limit: int | None = None


# --- change streams --------------------------------------------------------------------------


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


def _stays_here(_read_as: Any) -> None:
    """A type is no part of the wire shape; `params` drops it."""


_read_as: Callable[[Any, Any], Any] = cache(lambda answer, read_as: answer[read_as or Item])
