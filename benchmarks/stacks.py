"""The project's own stack and boto3's, each as its users set it up, against one endpoint."""

from __future__ import annotations

from typing import Any

import boto3

from benchmarks.canned import EPOCH, EVENT_TABLE
from benchmarks.orders import Order
from benchmarks.replay_server import ACCESS_KEY, REGION, SECRET_KEY, ReplayServer
from eventstore import DynamoDBLog, EventStore
from orm.driver import RetryingDriver, Transport, WireDriver
from orm.driver.boto import BotoTransport


def transport(server: ReplayServer, *, stock: bool = False) -> BotoTransport:
    """The product's own way to a server, or botocore's."""
    return BotoTransport(
        region=REGION,
        endpoint_url=server.endpoint_url,
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        stock=stock,
    )


def event_store(carrier: Transport) -> EventStore:
    """An event store over a transport, all layers in place."""
    driver = RetryingDriver(WireDriver(carrier))
    return EventStore(DynamoDBLog(driver, EVENT_TABLE, epoch=EPOCH), [Order])


def boto_client(server: ReplayServer) -> Any:
    """boto3's client, as it comes."""
    return boto3.client("dynamodb", **_options(server))


def boto_resource(server: ReplayServer) -> Any:
    """boto3's resource, as it comes."""
    return boto3.resource("dynamodb", **_options(server))


def _options(server: ReplayServer) -> dict[str, Any]:
    return {
        "region_name": REGION,
        "endpoint_url": server.endpoint_url,
        "aws_access_key_id": ACCESS_KEY,
        "aws_secret_access_key": SECRET_KEY,
    }
