"""Making, describing and deleting tables."""

from __future__ import annotations

import msgspec

from orm.requests.base import Request, Struct


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
    """A global or a local secondary index; only a global one has a status."""

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
    local_secondary_indexes: list[SecondaryIndex] = []
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
    writes = True
    answer = TableCreated

    table_name: str
    key_schema: list[KeyElement]
    attribute_definitions: list[AttributeDefinition]
    billing_mode: str | None = None
    global_secondary_indexes: list[SecondaryIndex] | None = None
    local_secondary_indexes: list[SecondaryIndex] | None = None
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
    writes = True
    answer = TableDeleted

    table_name: str


class TimeToLiveDescription(Struct, frozen=True):
    """Whether the table deletes what has expired, and by which attribute."""

    time_to_live_status: str = "DISABLED"
    attribute_name: str | None = None


class TimeToLiveDescribed(Struct, frozen=True):
    """What a table deletes by."""

    time_to_live_description: TimeToLiveDescription


class DescribeTimeToLive(Request[TimeToLiveDescribed], frozen=True):
    """Ask by which attribute a table deletes what has expired."""

    operation = "DescribeTimeToLive"
    answer = TimeToLiveDescribed

    table_name: str


class TimeToLiveSpecification(Struct, frozen=True, omit_defaults=False):
    """Whether to delete what has expired, and by which attribute."""

    enabled: bool
    attribute_name: str


class TimeToLiveUpdated(Struct, frozen=True):
    """What a table deletes by from now on, or within the hour."""

    time_to_live_specification: TimeToLiveSpecification


class UpdateTimeToLive(Request[TimeToLiveUpdated], frozen=True):
    """Let a table delete what has expired."""

    operation = "UpdateTimeToLive"
    writes = True
    answer = TimeToLiveUpdated

    table_name: str
    time_to_live_specification: TimeToLiveSpecification


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
