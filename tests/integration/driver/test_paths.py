"""The two paths of a request, lean and stock: the same on the wire, and each safe on it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orm.driver import ServiceError, TransportError
from orm.driver.boto import BotoTransport
from tests.support.wire_server import WireServer, no_tables, wire_server

TLS = Path(__file__).parent / "tls"
PUT: dict[str, Any] = {
    "TableName": "orders",
    "Item": {"pk": {"S": "ö#1"}, "data": {"B": bytes(range(256))}},
    "ReturnConsumedCapacity": "TOTAL",
}
SIGNED_WITHOUT_SAYING = {"accept-encoding", "amz-sdk-invocation-id", "amz-sdk-request"}


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxies are not what these tests are about."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[WireServer]:
    with wire_server(no_tables) as running:
        yield running


@pytest.fixture(params=[False, True], ids=["lean", "stock"])
def stock(request: pytest.FixtureRequest) -> bool:
    """Which path requests take."""
    chosen: bool = request.param
    return chosen


def transport_to(url: str, *, stock: bool = False, **options: Any) -> BotoTransport:
    return BotoTransport(
        region="eu-west-1",
        endpoint_url=url,
        access_key="key",
        secret_key="secret",
        stock=stock,
        **options,
    )


def test_both_send_the_same(server: WireServer) -> None:
    """Target, body and every header but the time of signing; what botocore adds only informs."""
    for stock in (False, True):
        transport_to(server.url, stock=stock).call("PutItem", PUT)
    lean, plain = server.asked
    assert (lean.target, lean.body) == (plain.target, plain.body)
    sent, usual = (
        {name.lower(): value for name, value in asked.headers.items()} for asked in server.asked
    )
    assert usual.keys() - sent.keys() <= SIGNED_WITHOUT_SAYING
    assert sent.keys() <= usual.keys()
    for name in sent.keys() - {"authorization", "x-amz-date"}:
        assert sent[name] == usual[name], name
    for part in ("Credential=key/", "SignedHeaders=content-type;host;x-amz-date;x-amz-target"):
        assert part in sent["authorization"]
        assert part in usual["authorization"]


def test_a_connection_serves_one_request_after_another(server: WireServer, stock: bool) -> None:
    transport = transport_to(server.url, stock=stock)
    for _ in range(5):
        transport.call("ListTables", {})
    assert (len(server.asked), server.connections) == (5, 1)


def test_each_thread_has_a_connection_while_it_asks(server: WireServer, stock: bool) -> None:
    """And leaves it for whoever asks next: no answer goes to another's question."""
    threads, rounds = 6, 40
    server.respond = lambda asked: (b'{"Echo":%s}' % asked.body, {})
    transport = transport_to(server.url, stock=stock)
    wrong: list[bytes] = []

    def ask(number: int) -> None:
        for turn in range(rounds):
            body = b'{"Limit":%d}' % (number * rounds + turn)
            answer = transport.call("ListTables", {"Limit": number * rounds + turn})
            if answer != b'{"Echo":%s}' % body:
                wrong.append(answer)

    running = [threading.Thread(target=ask, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert wrong == []
    assert len(server.asked) == threads * rounds
    assert server.connections <= threads


def test_no_more_are_kept_than_allowed(server: WireServer) -> None:
    transport = transport_to(server.url, connections_max=1)
    barrier = threading.Barrier(3)
    server.respond = lambda asked: (barrier.wait(5), no_tables(asked))[1]
    running = [threading.Thread(target=transport.call, args=("ListTables", {})) for _ in range(3)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    server.respond = no_tables
    assert server.connections == 3
    for _ in range(3):
        transport.call("ListTables", {})
    assert server.connections == 3


def test_a_connection_that_is_to_be_closed_is(server: WireServer, stock: bool) -> None:
    server.respond = lambda _: (b"{}", {"Connection": "close"})
    transport = transport_to(server.url, stock=stock)
    for _ in range(3):
        assert transport.call("ListTables", {}) == b"{}"
    assert server.connections == 3


def test_one_that_the_server_closed_meanwhile_is_not_used(server: WireServer, stock: bool) -> None:
    """It says nothing of its end; the next request finds out before it is sent."""
    transport = transport_to(server.url, stock=stock)
    server.closes_silently = True
    for _ in range(3):
        assert transport.call("ListTables", {}) == b'{"TableNames":[]}'
        assert server.closed.wait(5)
        server.closed.clear()
    assert server.connections == 3


def secured() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    return context


@pytest.fixture
def tls_server() -> Iterator[WireServer]:
    with wire_server(no_tables, secured()) as running:
        yield running


def test_a_certificate_that_is_trusted(
    tls_server: WireServer, monkeypatch: pytest.MonkeyPatch, stock: bool
) -> None:
    """By the bundle that botocore is told of; connections are kept here too."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(TLS / "certificate.pem"))
    transport = transport_to(tls_server.url, stock=stock)
    for _ in range(3):
        assert transport.call("ListTables", {}) == b'{"TableNames":[]}'
    assert (len(tls_server.asked), tls_server.connections) == (3, 1)


def test_a_certificate_of_nobody_known_is_refused(tls_server: WireServer, stock: bool) -> None:
    """Before anything is sent."""
    with pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED") as refused:
        transport_to(tls_server.url, stock=stock).call("ListTables", {})
    assert refused.value.kind in ("unreachable", "lost")
    assert tls_server.asked == []


def test_a_certificate_of_another_name_is_refused(
    tls_server: WireServer, monkeypatch: pytest.MonkeyPatch, stock: bool
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(TLS / "certificate.pem"))
    elsewhere = tls_server.url.replace("localhost", "127.0.0.1")
    with pytest.raises(TransportError, match=r"CERTIFICATE_VERIFY_FAILED|doesn't match"):
        transport_to(elsewhere, stock=stock).call("ListTables", {})
    assert tls_server.asked == []


def test_a_proxy_is_honoured(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests go to it, by botocore's own path; but not to hosts that are named exceptions."""
    monkeypatch.setenv("http_proxy", server.url)
    transport_to("http://dynamodb.example").call("ListTables", {})
    assert server.asked[-1].target == "http://dynamodb.example/"
    monkeypatch.setenv("no_proxy", "dynamodb.invalid")
    with pytest.raises(TransportError) as refused:
        transport_to("http://dynamodb.invalid").call("ListTables", {})
    assert refused.value.kind == "unreachable"
    assert len(server.asked) == 1


def test_an_endpoint_with_a_path_takes_the_stock_path(server: WireServer) -> None:
    transport_to(f"{server.url}/gateway").call("ListTables", {})
    assert server.asked[-1].target.startswith("/gateway")


def test_a_text_that_no_body_can_carry_is_not_sent(server: WireServer, stock: bool) -> None:
    with pytest.raises(ServiceError, match="nothing was sent"):
        transport_to(server.url, stock=stock).call("PutItem", {"TableName": "\ud800"})
    assert server.asked == []


def test_an_answer_to_nobodys_question_is_read_by_nobody(
    tls_server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it came in one record of TLS with the end of the answer before."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(TLS / "certificate.pem"))
    body = b'{"TableNames":[]}'
    stray = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    tls_server.respond = lambda _: (body + stray, {"Content-Length": str(len(body))})
    transport = transport_to(tls_server.url)
    assert [transport.call("ListTables", {}) for _ in range(3)] == [body] * 3
