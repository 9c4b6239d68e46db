"""A server that replays DynamoDB's answers, so that a client's cost stands alone.

It runs in a process of its own and speaks keep-alive HTTP/1.1 on loopback. Every answer is bytes
made ahead, headers and true CRC-32 included, picked by the operation and, for a query, by its
partition, start and limit. It counts what it receives: `GET /received` answers with the counts
since the last time it was asked.

    with replay_server() as server:
        BotoTransport(endpoint_url=server.endpoint_url, region="local", …)
"""

from __future__ import annotations

import http.client
import selectors
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import msgspec

from benchmarks import canned
from orm.requests import Item

REGION: Final = "local"
ACCESS_KEY: Final = "benchmark"
SECRET_KEY: Final = "benchmark-secret"

RIVAL: Final = canned.stream(1, 1)
"""The stream whose first slot another writer has."""

HEADER_BYTES_MAX: Final = 64 * 1024


# --- answers ---------------------------------------------------------------------------------


class _Asked(msgspec.Struct, frozen=True, rename="pascal"):
    """What of a request decides its answer."""

    table_name: str = ""
    item: Item | None = None
    key: Item | None = None
    expression_attribute_values: Item | None = None
    exclusive_start_key: Item | None = None
    projection_expression: str | None = None
    return_values: str | None = None
    scan_index_forward: bool = True
    limit: int | None = None


_ASKED: Final = msgspec.json.Decoder(_Asked)
_Page = tuple[str, int | None, bool]  # start, limit, forward


def answer(operation: str, body: bytes) -> bytes:
    """The whole HTTP answer to one request.

    Raises:
        LookupError: nothing was made ahead for it.
    """
    asked = _ASKED.decode(body)
    if operation == "PutItem" and asked.item:
        return _to_put(asked.table_name, asked.item)
    if operation == "GetItem" and asked.key:
        return _to_get(asked.key["pk"]["S"], asked.key["sk"]["S"])
    if operation == "UpdateItem" and asked.key:
        wanted = asked.return_values == "ALL_NEW"
        return _to_update(asked.table_name, asked.key["pk"]["S"], asked.key["sk"]["S"], wanted)
    if operation == "Query" and asked.expression_attribute_values:
        pk = next(iter(asked.expression_attribute_values.values()))["S"]
        start = _position(asked.exclusive_start_key)
        answers = _pages(pk, asked.projection_expression)
        return answers[start, asked.limit, asked.scan_index_forward]
    raise LookupError(operation)


def _to_put(table: str, item: Item) -> bytes:
    if item["pk"]["S"] == _rival_pk():
        return http_answer(canned.refused(canned.commits(1, 1)[0]), status="400 Bad Request")
    return _to_put_of(table, "gsi1pk" in item)


@cache
def _rival_pk() -> str:
    return str(canned.commits(1, 1)[0]["pk"]["S"])


@cache
def _to_put_of(table: str, indexed: bool) -> bytes:
    """Every event that is appended here fits one write unit; an indexed item costs one more."""
    body = {"ConsumedCapacity": {"TableName": table, "CapacityUnits": 1.0 + indexed}}
    return http_answer(msgspec.json.encode(body))


@cache
def _to_get(pk: str, sk: str) -> bytes:
    consumed = {"TableName": canned.EVENT_TABLE.table, "CapacityUnits": 1.0}
    if canned.is_of_rows(pk):
        return http_answer(canned.got(canned.row(pk, sk)))
    item = {"sk": {"S": pk}, "epoch": {"S": canned.EPOCH}, "pk": {"S": pk}}
    return http_answer(msgspec.json.encode({"Item": item, "ConsumedCapacity": consumed}))


@cache
def _to_update(table: str, pk: str, sk: str, wanted: bool) -> bytes:
    """Any change is well; who asks for the row gets it as it always is."""
    body: dict[str, Any] = {"Attributes": canned.row(pk, sk)} if wanted else {}
    body["ConsumedCapacity"] = {"TableName": table, "CapacityUnits": 1.0}
    return http_answer(msgspec.json.encode(body))


@cache
def _pages(pk: str, projection: str | None) -> dict[_Page, bytes]:
    """Every answer of one partition, by what is asked of it."""
    table, items = canned.partition(pk)
    answers: dict[_Page, bytes] = {}
    start: Item | None = None
    for page in canned.pages(table, items, projection=projection):
        answers[_position(start), None, True] = http_answer(page.body)
        start = page.last
    head = next(canned.pages(table, items[::-1], limit=1))
    answers["", 1, False] = http_answer(head.body)
    return answers


def _position(key: Item | None) -> str:
    if key is None:
        return ""
    (value,) = [value for name, value in key.items() if name != "pk"]
    return str(value.get("S") or value.get("N"))


def http_answer(body: bytes, status: str = "200 OK") -> bytes:
    """A body with the headers that DynamoDB Local sends; like it, no checksum on an error."""
    checksum = f"x-amz-crc32: {zlib.crc32(body)}\r\n" if status.startswith("2") else ""
    head = (
        f"HTTP/1.1 {status}\r\n"
        "Server: Jetty(12.1.11)\r\n"
        "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
        "x-amzn-RequestId: 0f0e0d0c-0b0a-4908-8706-050403020100\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"{checksum}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


# --- serving ---------------------------------------------------------------------------------


class Received(msgspec.Struct):
    """What came in since the last time somebody asked.

    Args:
        requests: by operation.
        body_bytes: sum of the bodies.
        wire_bytes: bodies and headers.
        last_body: the last body, as text.
    """

    requests: dict[str, int] = {}
    body_bytes: int = 0
    wire_bytes: int = 0
    last_body: str = ""


class _Connection:
    """One client: what it has sent so far and what it is still to be sent."""

    def __init__(self, peer: socket.socket) -> None:
        self.peer = peer
        self.buffer = b""

    def request(self) -> tuple[bytes, bytes] | None:
        """Head and body of a whole request, taken off the buffer; None until it is there."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            assert len(self.buffer) < HEADER_BYTES_MAX, "a header without end"
            return None
        head = self.buffer[: end + 4]
        length = int(_header(head, b"content-length") or 0)
        if len(self.buffer) < len(head) + length:
            return None
        body = self.buffer[len(head) : len(head) + length]
        self.buffer = self.buffer[len(head) + length :]
        return head, body


def _header(head: bytes, name: bytes) -> bytes:
    start = head.lower().find(b"\r\n" + name + b":")
    if start < 0:
        return b""
    start += len(name) + 3
    return head[start : head.find(b"\r\n", start)].strip()


class _Server:
    """Takes connections and answers until told to stop."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._received = Received()
        self.port: int = self._listener.getsockname()[1]

    def serve(self, until: Any) -> None:
        """Serve until the file `until` can be read."""
        self._selector.register(until, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is until:
                    return
                if key.data is None:
                    self._accept()
                else:
                    self._read(key.data)

    def _accept(self) -> None:
        peer, _ = self._listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(peer, selectors.EVENT_READ, _Connection(peer))

    def _read(self, connection: _Connection) -> None:
        try:
            data = connection.peer.recv(1 << 20)
            connection.buffer += data
            while request := connection.request():
                connection.peer.sendall(self._answer(*request))
        except ConnectionError:
            data = b""
        if not data:
            self._selector.unregister(connection.peer)
            connection.peer.close()

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"GET /received "):
            told, self._received = self._received, Received()
            return http_answer(msgspec.json.encode(told))
        operation = _header(head, b"x-amz-target").rpartition(b".")[2].decode()
        received = self._received
        received.requests[operation] = received.requests.get(operation, 0) + 1
        received.body_bytes += len(body)
        received.wire_bytes += len(head) + len(body)
        received.last_body = body.decode()
        try:
            return answer(operation, body)
        except LookupError as error:
            text = {"__type": "ValidationException", "message": f"no answer was made for {error}"}
            return http_answer(msgspec.json.encode(text), status="400 Bad Request")


# --- the other side --------------------------------------------------------------------------


class ReplayServer:
    """A running replay server, seen from its clients."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.endpoint_url = f"http://127.0.0.1:{port}"

    def received(self) -> Received:
        """What it has received since the last such question."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/received")
            return msgspec.json.decode(connection.getresponse().read(), type=Received)
        finally:
            connection.close()


@contextmanager
def replay_server() -> Iterator[ReplayServer]:
    """Have a replay server for the length of the block; it also ends with this process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.replay_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield ReplayServer(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(30)


def main() -> None:
    """Serve until standard input ends."""
    server = _Server()
    print(server.port, flush=True)
    server.serve(sys.stdin)


if __name__ == "__main__":
    main()
