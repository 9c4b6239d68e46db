"""Rows: a conditional put, and a query of 2,000 rows into typed objects, against three peers.

Peers are boto3's client, PynamoDB's models, and pydynox (a core in Rust) with its client and its
models. All work on the same items; a query's answers are compared before anything is timed. Time is
that of the whole process, since pydynox works in threads of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from benchmarks import row_peers as peers
from benchmarks.measure import ROUNDS_MIN, Measured, measure
from benchmarks.readings import ROW_TABLE, ROWS, Reading, items, readings, station
from benchmarks.replay_server import ReplayServer
from benchmarks.stacks import boto_client, transport
from orm.driver import Driver, RetryingDriver, WireDriver
from orm.models import Table, layout_of
from orm.requests import PutItem, Query

PUT: Final = "Table.create"
PUT_DRIVER: Final = "the driver alone, put"
QUERY: Final = "Table.query, typed rows"
QUERY_DRIVER: Final = "the driver alone, typed items"
BOTO: Final = "boto3 client"
PYNAMO: Final = "PynamoDB model"
PYDYNOX: Final = "pydynox client"
PYDYNOX_MODEL: Final = "pydynox model"

_PK: Final = f"READING#{station(ROWS)}"


def driver(server: ReplayServer) -> Driver:
    """The product's own, all layers in place."""
    return RetryingDriver(WireDriver(transport(server)))


def puts(server: ReplayServer) -> Mapping[str, Callable[[], object]]:
    """Every way of writing one row that must not be there."""
    way, row, item = driver(server), readings(ROWS)[1], items(ROWS)[1]
    table = Table(way, ROW_TABLE)
    request = PutItem(
        table_name=ROW_TABLE.table,
        item=item,
        condition_expression="attribute_not_exists(#pk)",
        expression_attribute_names={"#pk": "pk"},
    )
    pynamo = peers.pynamo_model(server)
    client = peers.pydynox_client(server)
    pydynox = peers.pydynox_model(client)
    plain = peers.plain_item(ROWS)
    theirs, other = pynamo(**plain), pydynox(**plain)
    is_new = "attribute_not_exists(pk)"
    return {
        PUT: lambda: table.create(row),
        PUT_DRIVER: lambda: way.send(request),
        BOTO: peers.BotoRows(boto_client(server)).put(item),
        PYNAMO: lambda: theirs.save(condition=pynamo.pk.does_not_exist()),
        PYDYNOX: lambda: client.sync_put_item(ROW_TABLE.table, plain, is_new),
        PYDYNOX_MODEL: lambda: other.sync_save(condition=pydynox.pk.not_exists()),
    }


def queries(server: ReplayServer) -> Mapping[str, Callable[[], Any]]:
    """Every way of reading all rows of one partition."""
    way = driver(server)
    table = Table(way, ROW_TABLE)
    boto, pynamo = peers.BotoRows(boto_client(server)), peers.pynamo_model(server)
    client = peers.pydynox_client(server)
    pydynox = peers.pydynox_model(client)
    by_pk: dict[str, Any] = {
        "key_condition_expression": "pk = :pk",
        "expression_attribute_values": {":pk": {"S": _PK}},
    }
    request: Query[Any] = Query(
        table_name=ROW_TABLE.table, **by_pk, read_as=layout_of(Reading, ROW_TABLE).reader.stored
    )
    theirs = by_pk | {"expression_attribute_values": {":pk": _PK}}
    return {
        QUERY: lambda: table.query(Reading).where(station=station(ROWS)).all(),
        QUERY_DRIVER: lambda: way.send(request).items,
        BOTO: lambda: boto.query(_PK),
        PYNAMO: lambda: list(pynamo.query(_PK)),
        PYDYNOX: lambda: list(client.sync_query(ROW_TABLE.table, **theirs)),
        PYDYNOX_MODEL: lambda: list(pydynox.sync_query(partition_key=_PK)),
    }


def check(server: ReplayServer) -> None:
    """All come to the same rows."""
    ways, wanted = queries(server), peers.wanted(ROWS)
    assert ways[QUERY]() == readings(ROWS)
    assert [peers.boto_plain(item) for item in ways[BOTO]()] == wanted
    assert [peers.pynamo_plain(row) for row in ways[PYNAMO]()] == wanted
    assert [peers.pydynox_plain(row) for row in ways[PYDYNOX_MODEL]()] == wanted
    assert [peers.pydynox_dict(row) for row in ways[PYDYNOX]()] == wanted


def run(server: ReplayServer, rounds: int = ROUNDS_MIN) -> tuple[Measured, Measured]:
    """Time puts, then queries."""
    return (
        measure(puts(server), rounds, clock=time.process_time),
        measure(queries(server), rounds, clock=time.process_time),
    )
