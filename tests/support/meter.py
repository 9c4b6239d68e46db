"""What a piece of work costs: requests, capacity units and bytes on the wire."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from orm.driver import MeteredDriver, Transport, Usage


class Weighed:
    """A `Transport` that weighs the body of each request it passes on."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.sent_bytes: list[int] = []

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        """See `Transport.call`."""
        self.sent_bytes.append(len(json.dumps(params, default=_base64)))
        return self._transport.call(operation, params)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


@contextmanager
def cost(meter: MeteredDriver) -> Iterator[Usage]:
    """What the block costs, filled in at its end."""
    before, spent = meter.usage(), Usage()
    yield spent
    after = meter.usage()
    for mine, then, now in (
        (spent.requests, before.requests, after.requests),
        (spent.capacity_units, before.capacity_units, after.capacity_units),
        (spent.failures, before.failures, after.failures),
    ):
        mine.update(_less(now, then))


def _less(now: Counter[str], then: Counter[str]) -> Counter[str]:
    return Counter({name: now[name] - then[name] for name in now if now[name] != then[name]})
