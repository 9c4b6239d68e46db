"""Receiving: one HTTP answer off a connection.

DynamoDB's answers have one form: a status, some headers, a body of the length that they tell. That
form is read here, in a tenth of the time that `http.client` takes (3 us of CPU time, not 29; a put
has some 100). Whatever looks otherwise, be it chunked, folded, repeated or older, is left to
`http.client`, from its first byte.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_FIRST_BYTES_MAX: Final = 8_192
_HEAD_END: Final = b"\r\n\r\n"
_WITHOUT_BODY: Final = frozenset({"204", "304"})
_NAME: Final = re.compile("[!-9;-~]+").fullmatch


class Answer(NamedTuple):
    """What came back.

    Args:
        status: by which it begins.
        headers: by name, of lower case.
        body: all of it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def receive(connection: socket.socket, seconds_max: float) -> tuple[Answer, bool]:
    """The answer that is next on a connection, and whether that can be used again.

    Args:
        connection: waits for each part as long as its timeout says.
        seconds_max: how long all of the answer may take, however small its parts are.

    Raises:
        http.client.HTTPException: no answer, or half of one (`IncompleteRead`).
        OSError: the connection broke, or not all came in time.
    """
    end = time.monotonic() + seconds_max
    first = connection.recv(_FIRST_BYTES_MAX)
    head, found, body = first.partition(_HEAD_END)
    if not found or (usual := _usual(head)) is None:
        return _receive_any(_Begun(connection, first, end))
    status, headers = usual
    length = int(headers["content-length"])
    if len(body) < length:
        body = _whole(connection, body, length, end)
    # more than was announced is an answer to nobody's question
    return Answer(status, headers, body[:length]), len(body) == length


def _usual(head: bytes) -> tuple[int, dict[str, str]] | None:
    """Status and headers of the one form; None of any other."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, status = first[:12].partition(" ")
    begins = version == "HTTP/1.1" and status[:1] in ("2", "3", "4", "5")
    if not begins or first[12:13] not in ("", " ") or status in _WITHOUT_BODY:
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.lower(), value.strip()
        if not colon or name in headers or not _NAME(name) or not value.isprintable():
            return None
        headers[name] = value
    length = headers.get("content-length", "none")
    connection = headers.get("connection", "keep-alive")
    plain = "transfer-encoding" not in headers and 0 < len(length) < 10 and first.isprintable()
    if not plain or not (length + status).isdecimal() or connection.lower() != "keep-alive":
        return None
    return int(status), headers


def _whole(connection: socket.socket, begun: bytes, length: int, end: float) -> bytes:
    """A body of this length, of which this much is there."""
    body = bytearray(length)
    body[: len(begun)] = begun
    rest = memoryview(body)[len(begun) :]
    while rest:
        _check_time(end)
        came = connection.recv_into(rest)
        if not came:
            raise http.client.IncompleteRead(bytes(body[: length - len(rest)]), len(rest))
        rest = rest[came:]
    return bytes(body)


def _check_time(end: float) -> None:
    if time.monotonic() > end:
        raise TimeoutError("the answer comes too slowly")


class _Begun(io.RawIOBase):
    """What `http.client` takes for a socket: one of which some was read."""

    def __init__(self, connection: socket.socket, read: bytes, end: float) -> None:
        self._connection, self._read, self._end = connection, read, end
        self._given = 0
        self.reader = _Reader(self)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """See `socket.makefile`."""
        return self.reader

    @property
    def has_more(self) -> bool:
        """Whether some of what was read was not asked for."""
        return bool(self._read)

    def tell(self) -> int:
        """See `io.RawIOBase`: how much was given."""
        return self._given

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def readinto(self, into: Any) -> int:
        """See `io.RawIOBase`: first what was read, then what comes."""
        if self._read:
            part, self._read = self._read[: len(into)], self._read[len(into) :]
            into[: len(part)] = part
            came = len(part)
        else:
            _check_time(self._end)
            came = self._connection.recv_into(into)
        self._given += came
        return came


class _Reader(io.BufferedReader):
    """Reads ahead; knows when it is closed whether that was too far."""

    left = False

    def close(self) -> None:
        """See `io.BufferedReader`: `http.client` says it when it has read an answer."""
        if not self.closed:
            self.left = self.raw.tell() > self.tell()
        super().close()


def _receive_any(connection: _Begun) -> tuple[Answer, bool]:
    begun: Any = connection
    response = http.client.HTTPResponse(begun, method="POST")
    try:
        response.begin()
        body = response.read()
        headers = {name.lower(): value.strip() for name, value in response.headers.items()}
        response.close()
        left = connection.reader.left or connection.has_more
        return Answer(response.status, headers, body), not (response.will_close or left)
    finally:
        response.close()
