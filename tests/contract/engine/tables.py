"""The table that both engines are asked about."""

from __future__ import annotations

from typing import Any

VIEW = "NEW_AND_OLD_IMAGES"


def table_params(name: str, view: str = VIEW) -> dict[str, Any]:
    """CreateTable with a composite key, three global indexes, a local one, and a stream."""
    types = {"pk": "S", "sk": "S", "g": "S", "gn": "N", "ls": "S"}
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": tag} for attribute, tag in types.items()
        ],
        "KeySchema": keys("pk", "sk"),
        "GlobalSecondaryIndexes": [
            index("by-number", keys("g", "gn"), {"ProjectionType": "ALL"}),
            index("by-group", keys("g"), {"ProjectionType": "KEYS_ONLY"}),
            index(
                "by-sort",
                keys("g", "sk"),
                {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["s", "m"]},
            ),
        ],
        "LocalSecondaryIndexes": [
            index("local", keys("pk", "ls"), {"ProjectionType": "KEYS_ONLY"})
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": view},
    }


def keys(hash_name: str, range_name: str | None = None) -> list[dict[str, str]]:
    """A `KeySchema`."""
    schema = [{"AttributeName": hash_name, "KeyType": "HASH"}]
    if range_name is not None:
        schema.append({"AttributeName": range_name, "KeyType": "RANGE"})
    return schema


def index(name: str, schema: list[dict[str, str]], projection: dict[str, Any]) -> dict[str, Any]:
    """One secondary index of CreateTable."""
    return {"IndexName": name, "KeySchema": schema, "Projection": projection}
