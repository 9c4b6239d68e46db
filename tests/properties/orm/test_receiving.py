"""Answers are read as `http.client` reads them, whatever they look like and however they come."""

from __future__ import annotations

import http.client
import io
import itertools
import time
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orm.driver.receiving import receive

Read = tuple[int, dict[str, str], bytes]

_USUAL = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nx-amz-crc32: 7\r\n\r\nabc"


class Wire(io.RawIOBase):
    """A socket that gives what is on it in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def recv(self, most: int) -> bytes:
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > most:
            self._pieces.insert(0, piece[most:])
        return piece[:most]

    def recv_into(self, into: Any) -> int:
        piece = self.recv(len(into))
        into[: len(piece)] = piece
        return len(piece)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        return self.recv_into(into)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)


def ours(pieces: list[bytes]) -> Read | type[Exception]:
    try:
        answer, _ = receive(cast(Any, Wire(pieces)), 60.0)
    except http.client.HTTPException as error:
        return type(error)
    return answer.status, dict(answer.headers), answer.body


def theirs(pieces: list[bytes]) -> Read | type[Exception]:
    response = http.client.HTTPResponse(cast(Any, Wire(pieces)), method="POST")
    try:
        response.begin()
        body = response.read()
    except http.client.HTTPException as error:
        return type(error)
    headers = {name.lower(): value.strip() for name, value in response.headers.items()}
    return response.status, headers, body


bodies = st.binary(max_size=40) | st.sampled_from([b"{}", b"\r\n\r\n", b"x" * 20_000])
statuses = st.sampled_from(
    b"""\
HTTP/1.1 200 OK
HTTP/1.1 400 Bad Request
HTTP/1.1 503
HTTP/1.0 200 OK
HTTP/1.1 204 No Content
HTTP/1.1 100 Continue
HTTP/1.1 2x0 OK
HTTP/1.1 2000 OK

<html>""".split(b"\n")
)
odd_lines = st.sampled_from(
    [
        b"Transfer-Encoding: chunked",
        b"Connection: close",
        b"connection: Keep-Alive",
        b" folded",
        b"Content-Length: 2",
        b"content-length : 2",
        b"Content-Length: -1",
        b"Content-Length:",
        b"X-Odd:",
        b"X-Odd: \t 1 \t",
        b"no colon",
        b"X: a\nY: b",
        b"X: a\rY: b",
        b"X-Twice: 1",
        b"X-Twice: 2",
        b"X-Latin: \xe9",
        b": nameless",
    ]
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Answers as DynamoDB sends them, and others that are somehow odd."""
    body = draw(bodies)
    length = len(body) + draw(st.sampled_from([0, 0, 0, 0, 1, -1]))
    lines = [b"Content-Length: %d" % length, b"x-amz-crc32: 2745614147", b"Server: Server"]
    lines += draw(st.lists(odd_lines, max_size=2))
    head = [draw(statuses), *draw(st.permutations(lines))]
    return draw(st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"])).join([*head, b"", body])


@given(answers(), st.lists(st.integers(0, 200), max_size=5))
@example(_USUAL, [])
@example(_USUAL, [10])
@example(_USUAL, [len(_USUAL) - 1])
@example(_USUAL[:-1], [])
@example(_USUAL[:20], [])
@example(b"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nabc", [])
@example(_USUAL.replace(b"200", b"2000"), [])
@example(b"", [])
def test_answers_are_read_as_by_the_standard_library(answer: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(answer), *(min(cut, len(answer)) for cut in cuts)})
    pieces = [answer[a:b] for a, b in itertools.pairwise(places)]
    assert ours(pieces) == theirs(pieces)


def serves_on(*pieces: bytes) -> bool:
    return receive(cast(Any, Wire([*pieces])), 60.0)[1]


def test_a_connection_serves_on_only_where_nothing_is_left_on_it() -> None:
    """More than was announced would be read as the next answer."""
    assert serves_on(_USUAL)
    assert not serves_on(_USUAL + b"HTTP/1.1 200 OK\r\n")
    assert not serves_on(_USUAL.replace(b"x-amz-crc32: 7", b"Connection: close"))


def test_nor_does_one_whose_answers_come_in_an_odd_form() -> None:
    """Chunked, or the head in two pieces: `http.client` reads ahead, and throws that away."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    assert serves_on(chunked)
    assert serves_on(_USUAL[:9], _USUAL[9:])
    assert not serves_on(chunked + b"HTTP/1.1 200 OK\r\n")
    assert not serves_on(_USUAL[:9], _USUAL[9:] + b"HTTP/1.1 200 OK\r\n")
    assert not serves_on(b"HTTP/1.1 204 No Content\r\n\r\n" + _USUAL)


class Drip(Wire):
    """A byte at a time, each soon enough."""

    def recv(self, most: int) -> bytes:
        time.sleep(0.01)
        return super().recv(min(most, 1))


@pytest.mark.parametrize(
    "answer", [_USUAL[:-3] + b"x" * 3, b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 999]
)
def test_an_answer_that_drips_is_given_up(answer: bytes) -> None:
    """However it is read; else a server that is sick holds its callers for ever."""
    slow = Drip([answer.replace(b"Length: 3", b"Length: 999") + b"x" * 999])
    with pytest.raises(TimeoutError):
        receive(cast(Any, slow), 0.2)
