"""DynamoDBDriver: AWS, or what answers like it, behind one door.

    driver = DynamoDBDriver(region="eu-west-1")
    connection = Connection(driver, SingleTableConfig(table="MyApp"))

It is the parts of this package, put together as a program on AWS wants them: botocore's credential
chain and endpoints, Keyfold's own signing and sending, retries with jitter under a deadline, and
OpenTelemetry around it all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

from orm.clock import Clock
from orm.driver.boto import BotoTransport
from orm.driver.capabilities import Capabilities, capabilities_of
from orm.driver.retry import RetryingDriver, RetryPolicy
from orm.driver.telemetry import traced, traced_attempts
from orm.driver.wire import WireDriver
from orm.requests import Request

R = TypeVar("R")


def region_of(given: str | None, environ: Mapping[str, str]) -> str | None:
    """The region that is given, or of `AWS_REGION`, which every AWS SDK but botocore reads; None
    leaves it to botocore, which reads `AWS_DEFAULT_REGION` and the profile."""
    return given or environ.get("AWS_REGION") or None


class DynamoDBDriver:
    """A `Driver` for AWS. Thread-safe; one serves a whole process.

    Args:
        region: AWS region; None takes it from the environment or the profile.
        endpoint_url: where DynamoDB answers when it is not AWS, e.g. `http://127.0.0.1:8000`.
        access_key: credentials; None uses botocore's chain (environment, profile, role).
        secret_key: the secret that belongs to `access_key`.
        connect_timeout_seconds: how long making a connection may take.
        read_timeout_seconds: how long an answer may take before it counts as lost.
        connections_max: connections kept open while nobody uses them.
        policy: how often, how long and after what waits a failed call is repeated.
        stock: send everything through botocore, as it comes.
        clock: waits between attempts, and tells what time a request is signed at.
    """

    def __init__(
        self,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        connect_timeout_seconds: float = 3.0,
        read_timeout_seconds: float = 12.0,
        connections_max: int = 64,
        policy: RetryPolicy | None = None,
        stock: bool = False,
        clock: Clock | None = None,
    ) -> None:
        region = region_of(region, os.environ)
        self.transport = BotoTransport(
            region=region,
            endpoint_url=endpoint_url,
            access_key=access_key,
            secret_key=secret_key,
            connect_timeout_seconds=connect_timeout_seconds,
            read_timeout_seconds=read_timeout_seconds,
            connections_max=connections_max,
            stock=stock,
            clock=clock,
        )
        repeated = RetryingDriver(traced_attempts(WireDriver(self.transport)), policy, clock)
        self._driver = traced(repeated, endpoint_url=endpoint_url, region=region, clock=clock)

    def send(self, request: Request[R], /) -> R:
        """See `Driver.send`."""
        return self._driver.send(request)

    def capabilities(self) -> Capabilities:
        """Ask the service what it can do.

        Raises:
            TransportError: no answer came.
        """
        return capabilities_of(self.transport)
