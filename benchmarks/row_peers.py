"""The peers of rows: boto3's client, PynamoDB and pydynox, each as its users set it up.

`pydynox` has a core in Rust, with threads of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer
from pydynox import DynamoDBClient, ModelConfig
from pydynox import Model as PydynoxModel
from pydynox import attributes as px
from pynamodb import attributes as py
from pynamodb.models import Model as PynamoModel

from benchmarks.readings import ROW_TABLE, fields, items, readings
from benchmarks.replay_server import ACCESS_KEY, REGION, SECRET_KEY, ReplayServer
from orm.requests import Item

Plain = dict[str, Any]
_KEYS: Final = ("pk", "sk", "_et")
_IS_NEW: Final = "attribute_not_exists(pk)"


class BotoRows:
    """boto3's client: items go in and come out in wire shape."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put(self, item: Item) -> Callable[[], object]:
        def once() -> object:
            return self._client.put_item(
                TableName=ROW_TABLE.table, Item=item, ConditionExpression=_IS_NEW
            )

        return once

    def query(self, pk: str) -> list[Any]:
        answer = self._client.query(
            TableName=ROW_TABLE.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
        )
        found: list[Any] = answer["Items"]
        return found


def boto_plain(item: Item) -> Plain:
    """What boto3 gives, as plain values."""
    read = TypeDeserializer().deserialize
    return _plain({name: read(value) for name, value in item.items()})


def pynamo_model(server: ReplayServer) -> Any:
    """PynamoDB's model of a reading."""
    free_map: Any = py.MapAttribute

    class PynamoReading(PynamoModel):
        class Meta:
            table_name = ROW_TABLE.table
            region = REGION
            host = server.endpoint_url
            aws_access_key_id = ACCESS_KEY
            aws_secret_access_key = SECRET_KEY

        pk = py.UnicodeAttribute(hash_key=True)
        sk = py.UnicodeAttribute(range_key=True)
        _et = py.UnicodeAttribute()
        station = py.UnicodeAttribute()
        taken = py.NumberAttribute()
        instrument = py.UnicodeAttribute()
        operator = py.UnicodeAttribute()
        quality = py.UnicodeAttribute()
        battery_volts = py.NumberAttribute()
        complete = py.BooleanAttribute()
        values = free_map()
        place = free_map()
        tags: Any = py.ListAttribute(of=py.UnicodeAttribute)
        note = py.UnicodeAttribute(null=True)
        checked_by = py.UnicodeAttribute(null=True)
        revision = py.NumberAttribute()

    return PynamoReading


def pynamo_plain(row: Any) -> Plain:
    """A row of PynamoDB as plain values."""
    found = {name: getattr(row, name) for name in row.get_attributes()}
    maps = {name: found[name].as_dict() for name in ("values", "place")}
    return _plain(found | maps)


def pydynox_client(server: ReplayServer) -> Any:
    """pydynox's client."""
    return DynamoDBClient(
        region=REGION,
        endpoint_url=server.endpoint_url,
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
    )


def pydynox_model(client: Any) -> Any:
    """pydynox's model of a reading."""

    class PydynoxReading(PydynoxModel):
        model_config = ModelConfig(table=ROW_TABLE.table, client=client)

        pk = px.StringAttribute(partition_key=True)
        sk = px.StringAttribute(sort_key=True)
        _et = px.StringAttribute()
        station = px.StringAttribute()
        taken = px.NumberAttribute()
        instrument = px.StringAttribute()
        operator = px.StringAttribute()
        quality = px.StringAttribute()
        battery_volts = px.NumberAttribute()
        complete = px.BooleanAttribute()
        values = px.MapAttribute()
        place = px.MapAttribute()
        tags = px.ListAttribute()
        note = px.StringAttribute()
        checked_by = px.StringAttribute()
        revision = px.NumberAttribute()

    return PydynoxReading


def pydynox_plain(row: Any) -> Plain:
    """A row of pydynox as plain values."""
    return _plain(row.to_dict())


def pydynox_dict(row: Plain) -> Plain:
    """An item of pydynox's client as plain values."""
    return _plain(row)


def _plain(values: Plain) -> Plain:
    plain = {name: _number(value) for name, value in values.items() if name not in _KEYS}
    return {"note": None, "checked_by": None} | plain


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: _number(one) for name, one in value.items()}
    return value


def wanted(rows: int) -> list[Plain]:
    """What every peer's rows come to."""
    return [fields(reading) for reading in readings(rows)]


def plain_item(rows: int) -> Plain:
    """A stored row as plain values with its keys, to write by a peer."""
    item = items(rows)[1]
    keys = {name: item[name]["S"] for name in _KEYS}
    return keys | fields(readings(rows)[1])
