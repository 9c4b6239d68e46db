"""Connections: kept open between requests, one request at a time on each.

A request is written in one piece; what comes back is read by `orm.driver.receiving`. Nothing is
ever repeated here: whether a request that met a dead connection was carried out is not known,
and what to do then is for those who know what it was.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import weakref
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from orm.driver.receiving import Answer, receive
from orm.driver.transport import TransportError

ANSWER_WAITS_MAX: Final = 5
"""How many times the longest wait all of an answer may take: a page of 1 MB comes in many parts."""


class Place(NamedTuple):
    """Where requests go."""

    secure: bool
    host: str
    port: int


class Connections:
    """Open connections of this process. Thread-safe.

    Args:
        tls: makes what TLS connections are checked with, when the first one is opened.
        connect_timeout_seconds: how long opening one may take.
        read_timeout_seconds: how long each wait for a part of an answer may take; all of it, five
            times that.
        idle_max: how many are kept open while nobody uses them.
    """

    def __init__(
        self,
        tls: Callable[[], ssl.SSLContext],
        *,
        connect_timeout_seconds: float,
        read_timeout_seconds: float,
        idle_max: int,
    ) -> None:
        self._make_tls = tls
        self._tls: ssl.SSLContext | None = None
        self._connect_timeout = connect_timeout_seconds
        self._read_timeout = read_timeout_seconds
        self._idle_max = idle_max
        self._idle: dict[Place, deque[socket.socket]] = {}
        weakref.finalize(self, _close, self._idle)

    def exchange(self, place: Place, request: bytes) -> Answer:
        """Send a whole POST request and read its answer.

        Raises:
            TransportError: `unreachable` where nothing was sent, `lost` where no answer came,
                `corrupt` where half of one did.
        """
        connection = self._take(place) or self._open(place)
        keep = False
        try:
            connection.sendall(request)
            answer, keep = receive(connection, ANSWER_WAITS_MAX * self._read_timeout)
        except http.client.IncompleteRead as error:
            raise TransportError("corrupt", f"an answer was cut short: {error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise TransportError("lost", f"{type(error).__name__}: {error}") from error
        finally:
            if keep:
                self._give_back(place, connection)
            else:
                connection.close()
        return answer

    def _take(self, place: Place) -> socket.socket | None:
        """The connection that was used last; those that the other side has closed are let go."""
        idle = self._idle.get(place)
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread was faster
                break
            if not (_has_something_to_read(connection) or _has_decrypted(connection)):
                return connection
            connection.close()  # an end, or an answer to nobody's question
        return None

    def _give_back(self, place: Place, connection: socket.socket) -> None:
        idle = self._idle.setdefault(place, deque())
        if len(idle) < self._idle_max:
            idle.append(connection)
        else:
            connection.close()

    def _open(self, place: Place) -> socket.socket:
        try:
            connection = socket.create_connection((place.host, place.port), self._connect_timeout)
        except OSError as error:
            raise TransportError(
                "unreachable", f"no connection to {place.host}:{place.port}: {error}"
            ) from error
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if place.secure:
                connection = self._context().wrap_socket(connection, server_hostname=place.host)
            connection.settimeout(self._read_timeout)
        except OSError as error:  # ssl.SSLError is one
            connection.close()
            raise TransportError(
                "unreachable", f"no TLS with {place.host}:{place.port}: {error}"
            ) from error
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = self._make_tls()
        return self._tls


def _close(idle: dict[Place, deque[socket.socket]]) -> None:
    for connections in idle.values():
        while connections:
            connections.pop().close()


def _has_decrypted(connection: socket.socket) -> bool:
    """Whether more was taken off a connection than was read: it came in one record of TLS."""
    return isinstance(connection, ssl.SSLSocket) and connection.pending() > 0


if hasattr(select, "poll"):

    def _has_something_to_read(connection: socket.socket) -> bool:
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(0))

else:  # Windows, whose select takes any number of a socket

    def _has_something_to_read(connection: socket.socket) -> bool:
        return bool(select.select([connection], [], [], 0)[0])
