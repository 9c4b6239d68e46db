"""Forty lines of transport and driver that stand in for DynamoDB in unit tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from orm.requests import Request

R = TypeVar("R")

CAPACITY = {"ConsumedCapacity": {"TableName": "table", "CapacityUnits": 1.5}}


class ScriptedTransport:
    """Answers each call with the next of its script: a body, a mapping, or an error to raise."""

    def __init__(self, *script: bytes | dict[str, Any] | Exception) -> None:
        self.script = list(script)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        self.calls.append((operation, params))
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, bytes) else msgspec.json.encode(step)


class ScriptedDriver:
    """Answers each request with what a function makes of it, and remembers all of them."""

    def __init__(self, answer: Callable[[Request[Any]], Any]) -> None:
        self._answer = answer
        self.requests: list[Any] = []

    def send(self, request: Request[R], /) -> R:
        self.requests.append(request)
        made: R = self._answer(request)
        return made
