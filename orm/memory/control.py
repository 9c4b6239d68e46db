"""Tables: create, describe, change, delete, list; time to live.

A table answers `CREATING` once, to CreateTable, and is `ACTIVE` from then on.
"""

from __future__ import annotations

import uuid
from typing import Any

from orm.driver.transport import ServiceError
from orm.memory.account import Account, check_name
from orm.memory.refusals import Invalid, not_found
from orm.memory.schema import IndexSchema, read_index, read_key_schema, read_types
from orm.memory.streams import VIEW_TYPES
from orm.memory.table import Index, Table

LIST_TABLES_MAX = 100
LOCAL_INDEXES_MAX = 5
GLOBAL_INDEXES_MAX = 20
PROJECTED_ATTRIBUTES_MAX = 100  # of all indexes of a table
_NO_THROUGHPUT = {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
_GROUPS = (("GlobalSecondaryIndexes", True), ("LocalSecondaryIndexes", False))


def create_table(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    name = str(params.get("TableName", ""))
    check_name(name)
    if name in account.tables:
        raise _in_use(f"Table already exists: {name}")
    table = _read_table(account, name, params)
    account.tables[name] = table
    specification = params.get("StreamSpecification") or {}
    if specification.get("StreamEnabled"):
        _open_stream(account, table, specification)
    return {"TableDescription": {**_describe(table), "TableStatus": "CREATING"}}


def describe_table(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    return {"Table": _describe(account.table(params))}


def delete_table(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    table = account.table(params)
    if table.settings["DeletionProtectionEnabled"]:
        raise Invalid("Resource cannot be deleted as it is currently protected against deletion")
    description = {**_describe(table), "TableStatus": "DELETING"}
    del account.tables[table.name]
    if table.stream is not None and table.stream.enabled:
        table.stream.disable(account.now())
    return {"TableDescription": description}


def list_tables(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    limit = params.get("Limit", LIST_TABLES_MAX)
    if not 1 <= limit <= LIST_TABLES_MAX:
        raise Invalid(f"Limit must be from 1 to {LIST_TABLES_MAX}")
    start = params.get("ExclusiveStartTableName", "")
    names = sorted(name for name in account.tables if name > start)
    answer: dict[str, Any] = {"TableNames": names[:limit]}
    if len(names) > limit:
        answer["LastEvaluatedTableName"] = names[limit - 1]
    return answer


def update_table(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    """Switch the stream or deletion protection; add or delete one global index."""
    table = account.table(params)
    if params.get("StreamSpecification") is not None:
        _switch_stream(account, table, params["StreamSpecification"])
    updates = params.get("GlobalSecondaryIndexUpdates") or []
    if len(updates) > 1:
        raise ServiceError(
            "LimitExceededException", "Only 1 online index can be created or deleted at once"
        )
    for update in updates:
        _update_index(table, update, params.get("AttributeDefinitions"))
    for name in ("DeletionProtectionEnabled", "BillingMode", "ProvisionedThroughput"):
        if name in params:
            table.settings[name] = params[name]
    return {"TableDescription": {**_describe(table), "TableStatus": "UPDATING"}}


def update_time_to_live(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    table = account.table(params)
    specification = params.get("TimeToLiveSpecification") or {}
    attribute, enabled = specification.get("AttributeName"), specification.get("Enabled")
    if not attribute or not isinstance(enabled, bool):
        raise Invalid("TimeToLiveSpecification needs AttributeName and Enabled")
    if enabled is (table.ttl_attribute is not None):
        raise Invalid(f"TimeToLive is already {'enabled' if enabled else 'disabled'}")
    if not enabled and attribute != table.ttl_attribute:
        raise Invalid(f"TimeToLive is active on a different AttributeName: {table.ttl_attribute}")
    table.set_ttl(attribute if enabled else None)
    return {"TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": attribute}}


def describe_time_to_live(account: Account, params: dict[str, Any]) -> dict[str, Any]:
    attribute = account.table(params).ttl_attribute
    if attribute is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    description = {"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}
    return {"TimeToLiveDescription": description}


def _read_table(account: Account, name: str, params: dict[str, Any]) -> Table:
    types = read_types(params.get("AttributeDefinitions") or [])
    key = read_key_schema(params.get("KeySchema") or [], types)
    for group, _ in _GROUPS:
        if params.get(group) == []:
            raise Invalid(f"One or more parameter values were invalid: {group} is empty")
    schemas = [
        read_index(raw, types, key, is_global=is_global)
        for group, is_global in _GROUPS
        for raw in params.get(group) or []
    ]
    for schema in schemas:
        check_name(schema.name)
    _check_indexes(schemas)
    used = {*key.names}.union(*(schema.key.names for schema in schemas))
    if used != set(types):
        raise Invalid(
            "One or more parameter values were invalid: Number of attributes in KeySchema does "
            "not exactly match number of attributes defined in AttributeDefinitions"
        )
    return Table(
        name=name,
        arn=account.table_arn(name),
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{account.table_arn(name)} {account.now()}")),
        created_at=account.now(),
        key=key,
        settings=_settings(params),
        indexes={schema.name: Index(schema) for schema in schemas},
    )


def _check_indexes(schemas: list[IndexSchema]) -> None:
    if len({schema.name for schema in schemas}) < len(schemas):
        raise Invalid("One or more parameter values were invalid: Duplicate index name")
    count = sum(schema.is_global for schema in schemas)
    if count > GLOBAL_INDEXES_MAX or len(schemas) - count > LOCAL_INDEXES_MAX:
        raise Invalid("One or more parameter values were invalid: too many indexes")
    if sum(schema.named for schema in schemas) > PROJECTED_ATTRIBUTES_MAX:
        raise Invalid("One or more parameter values were invalid: too many projected attributes")


def _settings(params: dict[str, Any]) -> dict[str, Any]:
    billing = params.get("BillingMode", "PROVISIONED")
    if billing == "PROVISIONED" and not params.get("ProvisionedThroughput"):
        raise Invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    return {
        "AttributeDefinitions": list(params["AttributeDefinitions"]),
        "KeySchema": list(params["KeySchema"]),
        "BillingMode": billing,
        "ProvisionedThroughput": params.get("ProvisionedThroughput", {}),
        "DeletionProtectionEnabled": bool(params.get("DeletionProtectionEnabled", False)),
    }


def _describe(table: Table) -> dict[str, Any]:
    settings = table.settings
    description: dict[str, Any] = {
        "AttributeDefinitions": settings["AttributeDefinitions"],
        "TableName": table.name,
        "KeySchema": settings["KeySchema"],
        "TableStatus": "ACTIVE",
        "CreationDateTime": table.created_at,
        "ProvisionedThroughput": {**_NO_THROUGHPUT, **settings["ProvisionedThroughput"]},
        "TableSizeBytes": table.rows.size_bytes,
        "ItemCount": table.rows.count,
        "TableArn": table.arn,
        "TableId": table.id,
        "DeletionProtectionEnabled": settings["DeletionProtectionEnabled"],
    }
    if settings["BillingMode"] == "PAY_PER_REQUEST":
        description["BillingModeSummary"] = {"BillingMode": "PAY_PER_REQUEST"}
    return description | _describe_indexes(table) | _describe_stream(table)


def _describe_indexes(table: Table) -> dict[str, Any]:
    groups: dict[str, Any] = {}
    for index in table.indexes.values():
        schema = index.schema
        group = "GlobalSecondaryIndexes" if schema.is_global else "LocalSecondaryIndexes"
        described = {
            **schema.description,
            "IndexArn": f"{table.arn}/index/{schema.name}",
            "IndexSizeBytes": index.rows.size_bytes,
            "ItemCount": index.rows.count,
        }
        if schema.is_global:
            throughput = schema.description.get("ProvisionedThroughput", {})
            described["IndexStatus"] = "ACTIVE"
            described["ProvisionedThroughput"] = {**_NO_THROUGHPUT, **throughput}
        groups.setdefault(group, []).append(described)
    return groups


def _describe_stream(table: Table) -> dict[str, Any]:
    stream = table.stream
    if stream is None:
        return {}
    latest = {"LatestStreamArn": stream.arn, "LatestStreamLabel": stream.label}
    if not stream.enabled:
        return latest
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": stream.view}, **latest}


def _open_stream(account: Account, table: Table, specification: dict[str, Any]) -> None:
    view = specification.get("StreamViewType")
    if view not in VIEW_TYPES:
        raise Invalid("StreamViewType must be one of " + ", ".join(VIEW_TYPES))
    account.open_stream(table, view)


def _switch_stream(account: Account, table: Table, specification: dict[str, Any]) -> None:
    enabled = table.stream is not None and table.stream.enabled
    wanted = bool(specification.get("StreamEnabled"))
    if wanted is enabled:
        raise Invalid(f"Table {'already has an' if enabled else 'has no'} enabled stream")
    if wanted:
        _open_stream(account, table, specification)
    elif table.stream is not None:
        table.stream.disable(account.now())


def _update_index(table: Table, update: dict[str, Any], definitions: Any) -> None:
    if "Delete" in update:
        name = update["Delete"]["IndexName"]
        if name not in table.indexes:
            raise not_found(f"Index: {name}")
        del table.indexes[name]
    elif "Create" in update:
        _create_index(table, update["Create"], definitions or [])
    else:
        raise Invalid("the memory engine creates and deletes indexes; their capacity has no effect")


def _create_index(table: Table, raw: dict[str, Any], definitions: list[Any]) -> None:
    known = {**read_types(table.settings["AttributeDefinitions"]), **read_types(definitions)}
    schema = read_index(raw, known, table.key, is_global=True)
    if schema.name in table.indexes:
        raise Invalid(f"Index already exists: {schema.name}")
    table.add_index(Index(schema))
    types = [{"AttributeName": name, "AttributeType": tag} for name, tag in known.items()]
    table.settings["AttributeDefinitions"] = types


def _in_use(message: str) -> ServiceError:
    return ServiceError("ResourceInUseException", message)
