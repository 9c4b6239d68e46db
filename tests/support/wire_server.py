"""Stand-ins for services on loopback, which remember what they were asked."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Respond = Callable[["Asked"], tuple[bytes, dict[str, str]]]


class Asked(NamedTuple):
    """One request: its target, headers and body, and the connection that it came on."""

    target: str
    headers: Message
    body: bytes
    connection: int


class WireServer(ThreadingHTTPServer):
    """A server that answers as it is told.

    Args:
        respond: makes the body and further headers of the answer to a request.
        tls: what its connections are secured with, if they are.

    With `closes_silently` it ends each connection after an answer that does not say so, and sets
    `closed` when it has.
    """

    daemon_threads = True

    def __init__(self, respond: Respond, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond
        self.asked: list[Asked] = []
        self.connections = 0
        self.secured = tls
        self.closes_silently = False
        self.closed = threading.Event()

    @property
    def url(self) -> str:
        return f"{'https' if self.secured else 'http'}://localhost:{self.server_port}"

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        self.connections += 1
        if self.secured:
            connection.settimeout(5)
            connection = self.secured.wrap_socket(connection, server_side=True)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.closed.set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that goes away in a handshake is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: WireServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        asked = Asked(self.path, self.headers, self.rfile.read(length), id(self.connection))
        self.server.asked.append(asked)
        body, headers = self.server.respond(asked)
        self.send_response(400 if b'"__type"' in body else 200)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if self.server.closes_silently:
            self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: a test reads `asked`."""


@contextmanager
def wire_server(respond: Respond, tls: ssl.SSLContext | None = None) -> Iterator[WireServer]:
    """Have such a server for the length of the block."""
    with WireServer(respond, tls) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def no_tables(_: Asked) -> tuple[bytes, dict[str, str]]:
    """DynamoDB without a table."""
    return b'{"TableNames":[]}', {}
