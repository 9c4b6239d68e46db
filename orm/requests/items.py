"""Reading and writing items, one or many."""

from __future__ import annotations

from typing import Any, Generic, TypedDict

from orm.requests.base import Consumed, ConsumedMany, DataRequest, I, Item, read_items_as


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
        return read_items_as(GotItem, self.read_as)


class Written(Consumed, frozen=True):
    """The attributes that `return_values` asked for."""

    attributes: Item | None = None


class PutItem(DataRequest[Written], frozen=True):
    """Write a whole item."""

    operation = "PutItem"
    writes = True
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
    writes = True
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
    writes = True
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


class CountedPage(Page[I], Generic[I], frozen=True, kw_only=True):
    """The numbers of one page, which is all that was asked for: it has no items."""

    items: list[I] = []


class Query(DataRequest[Page[I]], Generic[I], frozen=True):
    """One page of one partition of a table or an index; with `select="COUNT"` its numbers alone."""

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
    select: str | None = None
    read_as: type[I] | None = None

    def answer_type(self) -> Any:
        return read_items_as(CountedPage if self.select == "COUNT" else Page, self.read_as)


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
        return read_items_as(Page, self.read_as)


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
    writes = True
    answer = BatchWritten

    request_items: dict[str, Any]

    @property
    def target(self) -> str:
        return ", ".join(self.request_items)
