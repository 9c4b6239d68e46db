"""A repository on loopback that misbehaves on request, and a small engine for it to hold."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from orm.local.artifacts import Manifest, Pin

FILES = {
    "a/one.jar": b"one" * 50_000,
    "b/two.jar": b"two" * 70_000,
    "c/libnative.so": b"native" * 9_000,
}
PLATFORM = "test-machine"


def pin_of(path: str, content: bytes) -> Pin:
    return Pin(path, hashlib.sha256(content).hexdigest(), len(content))


def small_manifest() -> Manifest:
    one, two, native = (pin_of(path, content) for path, content in FILES.items())
    return Manifest("1.0", (one, two), {PLATFORM: native})


class Repository:
    """Serves FILES. Each path can be told to answer otherwise, once or always."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.wrong: dict[str, bytes] = {}  # other content, always
        self.cut_once: set[str] = set()  # the connection ends half-way, once
        self.status: dict[str, int] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Repository:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.lstrip("/")
        self.requests[path] += 1
        body = self.wrong.get(path, FILES.get(path, b""))
        request.send_response(self.status.get(path, 200 if body else 404))
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if path in self.cut_once:
            self.cut_once.remove(path)
            body = body[: len(body) // 2]
        request.wfile.write(body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        repository = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                repository.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the tests' output is not a server's log."""

        return Handler
