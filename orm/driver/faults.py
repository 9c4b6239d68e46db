"""Faults on demand: answers lost, doubled, damaged or late, and refusals, by a given plan.

A `FaultyTransport` stands between a driver and a transport and does to chosen calls what networks
and overloaded services do. The plan is a function, so a test or a simulation decides and a seed
repeats it. What each fault means on the wire:

| fault | sent | answer |
|---|---|---|
| `NOT_SENT` | no | none; the connection failed |
| `LOST` | yes | none |
| `TWICE` | twice | the second one |
| `TRUNCATED` | yes | half of it, its checksum no longer true |
| `EMPTY` | yes | `{}`, as a careless proxy makes it |
| `THROTTLED` | no | `ProvisionedThroughputExceededException` |
| `SERVER_ERROR` | no | HTTP 500 |
| `SERVER_ERROR_AFTER` | yes | HTTP 500 |
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from orm.driver.transport import ServiceError, Transport, TransportError


class Fault(enum.Enum):
    """What goes wrong with one call."""

    NOT_SENT = "not sent"
    LOST = "answer lost"
    TWICE = "sent twice"
    TRUNCATED = "answer truncated"
    EMPTY = "answer emptied"
    THROTTLED = "throttled"
    SERVER_ERROR = "server error"
    SERVER_ERROR_AFTER = "server error after the write"


Plan = Callable[[str, dict[str, Any]], Fault | None]
"""`(operation, params) → what goes wrong with this call`, or None."""


class FaultyTransport:
    """A `Transport` that fails as its plan says."""

    def __init__(self, transport: Transport, plan: Plan) -> None:
        self._transport, self._plan = transport, plan

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        """See `Transport.call`."""
        fault = self._plan(operation, params)
        if fault in _BEFORE:
            raise _BEFORE[fault]()
        body = self._transport.call(operation, params)
        if fault is Fault.TWICE:
            return self._transport.call(operation, params)
        if fault is Fault.EMPTY:
            return b"{}"
        if fault in _AFTER:
            raise _AFTER[fault]()
        return body


_BEFORE: dict[Fault | None, Callable[[], Exception]] = {
    Fault.NOT_SENT: lambda: TransportError("unreachable", "injected: connection refused"),
    Fault.THROTTLED: lambda: ServiceError(
        "ProvisionedThroughputExceededException", "injected: throttled"
    ),
    Fault.SERVER_ERROR: lambda: ServiceError("InternalServerError", "injected: failed", 500),
}
_AFTER: dict[Fault | None, Callable[[], Exception]] = {
    Fault.LOST: lambda: TransportError("lost", "injected: connection reset before the answer"),
    Fault.TRUNCATED: lambda: TransportError("corrupt", "injected: answer cut in half"),
    Fault.SERVER_ERROR_AFTER: lambda: ServiceError(
        "InternalServerError", "injected: failed after the write", 500
    ),
}
