"""A fault proxy: a real HTTP server on loopback between a client and DynamoDB Local.

For each request a plan says what goes wrong. The client is the product's own transport over real
sockets, so what it makes of a torn body or a reset connection is what it would make of it anywhere.

| fault | reaches the engine | what the client gets |
|---|---|---|
| `CLOSED` | no | the connection closed without an answer |
| `RESET` | no | the connection reset in mid-request |
| `FAIL_BEFORE` | no | HTTP 500 |
| `DROPPED` | yes | the connection closed without an answer |
| `FAIL_AFTER` | yes | HTTP 500 |
| `DOUBLED` | twice | the second answer |
| `TORN` | yes | half the body, the length still announced whole |
| `CUT` | yes | half the body, its length corrected |
| `CUT_BARE` | yes | the same, the checksum header gone |
| `EMPTIED` | yes | `{}`, the checksum header gone |
| `BLANK` | yes | nothing at all, the checksum header gone |
| `HTML` | yes | a page of HTML with status 200 |
| `FLIPPED` | yes | one byte changed |
| `MISCOUNTED` | yes | a wrong checksum |
| `DELAYED` | yes | the answer, later than the client waits |
| `LATE` | later | the connection closed; the request goes on when the client has given up |
"""

from __future__ import annotations

import enum
import http.client
import socket
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

Headers = dict[str, str]

BIND = "127.0.0.1"
ENGINE_TIMEOUT_SECONDS = 20.0


class Wire(enum.Enum):
    """What goes wrong with one request on the wire."""

    CLOSED = "connection closed"
    RESET = "connection reset"
    FAIL_BEFORE = "500 before the write"
    DROPPED = "answer dropped"
    FAIL_AFTER = "500 after the write"
    DOUBLED = "request doubled"
    TORN = "body torn"
    CUT = "body cut, length corrected"
    CUT_BARE = "body cut, no checksum"
    EMPTIED = "body is {}"
    BLANK = "body is empty"
    HTML = "an HTML page"
    FLIPPED = "a byte changed"
    MISCOUNTED = "wrong checksum"
    DELAYED = "answer delayed"
    LATE = "request arrives late"


Plan = Callable[[str, bytes], Wire | None]
"""`(operation, body) → what goes wrong with this request`, or None."""


class Answer(msgspec.Struct):
    """An answer on its way back."""

    status: int
    headers: Headers
    body: bytes


class FaultProxy:
    """Passes requests on to `port`, but for what `plan` says.

    Args:
        port: where the engine answers.
        delay_seconds: how long a delayed answer, or a late request, takes.
    """

    def __init__(self, port: int, delay_seconds: float) -> None:
        self.port, self.delay_seconds = port, delay_seconds
        self.reset()
        self._counting = threading.Lock()
        self._late: list[threading.Thread] = []
        self._server = _Server((BIND, 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://{BIND}:{self._server.server_address[1]}"

    def reset(self) -> None:
        """Pass everything on, and count from nothing."""
        self.plan: Plan = lambda _operation, _body: None
        self.faults: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()

    def decide(self, operation: str, body: bytes) -> Wire | None:
        """What goes wrong with this request; counted."""
        with self._counting:
            self.requests[operation] += 1
            fault = self.plan(operation, body)
            if fault is not None:
                self.faults[fault.value] += 1
        return fault

    def forward(self, headers: Headers, body: bytes) -> Answer:
        """The engine's own answer."""
        connection = http.client.HTTPConnection(BIND, self.port, timeout=ENGINE_TIMEOUT_SECONDS)
        try:
            connection.request("POST", "/", body, headers)
            answer = connection.getresponse()
            body = answer.read()
            # DynamoDB sends a checksum with every answer, DynamoDB Local with good ones only.
            checksum = {"x-amz-crc32": str(zlib.crc32(body))}
            return Answer(answer.status, dict(answer.getheaders()) | checksum, body)
        finally:
            connection.close()

    def forward_late(self, headers: Headers, body: bytes) -> None:
        """Forward after the delay, when nobody waits for it any more."""
        timer = threading.Timer(self.delay_seconds, self.forward, (headers, body))
        with self._counting:
            self._late.append(timer)
        timer.start()

    def settle(self) -> None:
        """Wait until nothing is on its way any more."""
        with self._counting:
            late, self._late = self._late, []
        for timer in late:
            timer.join()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self.settle()
        self._server.server_close()


@contextmanager
def fault_proxy(port: int, delay_seconds: float = 0.5) -> Iterator[FaultProxy]:
    """Have a proxy for the length of the block."""
    proxy = FaultProxy(port, delay_seconds)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news here."""


def _handler(proxy: FaultProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        pass

    Handler.proxy = proxy
    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: FaultProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name: value for name, value in self.headers.items() if name != "Host"}
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        fault = self.proxy.decide(operation, body)
        _FAULTS[fault](self, headers, body)

    # --- what can go wrong -------------------------------------------------------------------

    def pass_on(self, headers: Headers, body: bytes) -> None:
        self._send(self.proxy.forward(headers, body))

    def closed(self, _headers: Headers, _body: bytes) -> None:
        self.close_connection = True

    def reset(self, _headers: Headers, _body: bytes) -> None:
        # Closing with a linger of zero seconds sends RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def fail_before(self, _headers: Headers, _body: bytes) -> None:
        self._send(_FAILED)

    def fail_after(self, headers: Headers, body: bytes) -> None:
        self.proxy.forward(headers, body)
        self._send(_FAILED)

    def dropped(self, headers: Headers, body: bytes) -> None:
        self.proxy.forward(headers, body)
        self.close_connection = True

    def doubled(self, headers: Headers, body: bytes) -> None:
        self.proxy.forward(headers, body)
        self._send(self.proxy.forward(headers, body))

    def torn(self, headers: Headers, body: bytes) -> None:
        answer = self.proxy.forward(headers, body)
        self._send(Answer(answer.status, answer.headers, answer.body), len(answer.body) // 2)
        self.close_connection = True

    def cut(self, headers: Headers, body: bytes) -> None:
        answer = self.proxy.forward(headers, body)
        answer.body = answer.body[: len(answer.body) // 2]
        self._send(answer)

    def cut_bare(self, headers: Headers, body: bytes) -> None:
        answer = _bare(self.proxy.forward(headers, body))
        answer.body = answer.body[: len(answer.body) // 2]
        self._send(answer)

    def emptied(self, headers: Headers, body: bytes) -> None:
        answer = _bare(self.proxy.forward(headers, body))
        self._send(Answer(answer.status, answer.headers, b"{}"))

    def blank(self, headers: Headers, body: bytes) -> None:
        answer = _bare(self.proxy.forward(headers, body))
        self._send(Answer(answer.status, answer.headers, b""))

    def html(self, headers: Headers, body: bytes) -> None:
        self.proxy.forward(headers, body)
        self._send(Answer(200, {"Content-Type": "text/html"}, b"<html>Please log in</html>"))

    def flipped(self, headers: Headers, body: bytes) -> None:
        answer = self.proxy.forward(headers, body)
        middle = len(answer.body) // 2
        changed = bytes([answer.body[middle] ^ 1])
        answer.body = answer.body[:middle] + changed + answer.body[middle + 1 :]
        self._send(answer)

    def miscounted(self, headers: Headers, body: bytes) -> None:
        answer = self.proxy.forward(headers, body)
        self._send(Answer(answer.status, answer.headers | {"x-amz-crc32": "1"}, answer.body))

    def delayed(self, headers: Headers, body: bytes) -> None:
        answer = self.proxy.forward(headers, body)
        threading.Event().wait(self.proxy.delay_seconds)
        self._send(answer)

    def late(self, headers: Headers, body: bytes) -> None:
        self.proxy.forward_late(headers, body)
        self.close_connection = True

    # --- answering ---------------------------------------------------------------------------

    def _send(self, answer: Answer, only_bytes: int | None = None) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[:only_bytes])
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the plan knows what happened."""


def _bare(answer: Answer) -> Answer:
    kept = {k: v for k, v in answer.headers.items() if k.lower() != "x-amz-crc32"}
    return Answer(answer.status, kept, answer.body)


_FAILED = Answer(500, {"Content-Type": "application/x-amz-json-1.0"}, b'{"__type":"InternalError"}')

_FAULTS: dict[Wire | None, Callable[[_Handler, Headers, bytes], None]] = {
    None: _Handler.pass_on,
    Wire.CLOSED: _Handler.closed,
    Wire.RESET: _Handler.reset,
    Wire.FAIL_BEFORE: _Handler.fail_before,
    Wire.DROPPED: _Handler.dropped,
    Wire.FAIL_AFTER: _Handler.fail_after,
    Wire.DOUBLED: _Handler.doubled,
    Wire.TORN: _Handler.torn,
    Wire.CUT: _Handler.cut,
    Wire.CUT_BARE: _Handler.cut_bare,
    Wire.EMPTIED: _Handler.emptied,
    Wire.BLANK: _Handler.blank,
    Wire.HTML: _Handler.html,
    Wire.FLIPPED: _Handler.flipped,
    Wire.MISCOUNTED: _Handler.miscounted,
    Wire.DELAYED: _Handler.delayed,
    Wire.LATE: _Handler.late,
}
