"""Drivers that tests look through: what is sent, and what happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orm.driver import Driver
from orm.records import Connection
from orm.requests import Query, Request, TransactWriteItems


class Recording:
    """Passes requests on and keeps them.

    Attributes:
        sent: the requests, the first one first.
    """

    def __init__(self, inner: Driver) -> None:
        self._inner = inner
        self.sent: list[Request[Any]] = []

    def send(self, request: Request[Any], /) -> Any:
        """See `Driver.send`."""
        self.sent.append(request)
        return self._inner.send(request)

    @property
    def queries(self) -> list[Query[Any]]:
        """Those that are queries."""
        return [one for one in self.sent if isinstance(one, Query)]

    def asked(self, ask: Callable[[], object]) -> list[Query[Any]]:
        """The queries that this sends."""
        before = len(self.queries)
        ask()
        return self.queries[before:]

    def last(self, kind: type[Any]) -> Any:
        """The last request of a kind."""
        return next(one for one in reversed(self.sent) if isinstance(one, kind))


class Preceded:
    """Lets somebody act once, before the first request of a kind."""

    def __init__(self, inner: Driver, kind: type[Any], act: Callable[[], object]) -> None:
        self._inner, self._kind, self._acts = inner, kind, [act]

    def send(self, request: Request[Any], /) -> Any:
        """See `Driver.send`."""
        if isinstance(request, self._kind) and self._acts:
            self._acts.pop()()
        return self._inner.send(request)


def seen_by(connection: Connection, driver: Driver, *models: Any) -> Connection:
    """The same table through another driver."""
    made = Connection(driver, connection.config, tenant=connection.tenant, clock=connection.clock)
    made.register(*models)
    return made


def preceded(connection: Connection, act: Callable[[], object], *models: Any) -> Connection:
    """The same table, in which somebody acts before the first transaction is sent."""
    return seen_by(connection, Preceded(connection.driver, TransactWriteItems, act), *models)
