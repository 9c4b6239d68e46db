"""A fault proxy before DynamoDB Local, and the product's own transport through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orm.driver import Transport
from orm.local.ephemeral import EphemeralEngine
from tests.support.proxy import FaultProxy, fault_proxy
from tests.support.region import Region

READ_TIMEOUT_SECONDS = 0.7

Connect = Callable[[str], Transport]


def connecting(region: Region, **options: Any) -> Connect:
    return lambda url: region.transport(
        endpoint_url=url, read_timeout_seconds=READ_TIMEOUT_SECONDS, **options
    )


@pytest.fixture(scope="module")
def connect(region: Region) -> Connect:
    """`connect(url)`: a transport to that address that does not wait long."""
    return connecting(region)


@pytest.fixture(scope="session")
def running_proxy(local_engine: EphemeralEngine) -> Iterator[FaultProxy]:
    with fault_proxy(local_engine.port, delay_seconds=1.5 * READ_TIMEOUT_SECONDS) as running:
        yield running


@pytest.fixture(scope="module")
def through(running_proxy: FaultProxy, connect: Connect) -> Transport:
    """A transport that goes through the proxy."""
    return connect(running_proxy.url)


@pytest.fixture
def proxy(running_proxy: FaultProxy) -> Iterator[FaultProxy]:
    """The proxy, which passes everything on until it is given a plan."""
    yield running_proxy
    running_proxy.settle()
    running_proxy.reset()
