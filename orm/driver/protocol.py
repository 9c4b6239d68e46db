"""The one door to DynamoDB."""

from __future__ import annotations

from typing import Protocol, TypeVar

from orm.requests import Request

R = TypeVar("R")


class Driver(Protocol):
    """Carries out one API call.

    Retrying, metering, tracing, tenancy and fault injection each wrap a `Driver` and are one.
    """

    def send(self, request: Request[R], /) -> R:
        """Perform one call.

        Raises:
            DriverError: a subclass whose `applied` and `retry` say whether anything was changed
                and whether repeating the identical request may help.
        """
        ...
