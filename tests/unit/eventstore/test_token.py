"""What tokens and receipts promise: text and back, and no text of another kind."""

from __future__ import annotations

import base64
import pickle

import msgspec
import pytest

from eventstore import ClaimedToken, Receipt, StreamId, Token
from eventstore.errors import WrongTokenError

TOKEN = Token(StreamId("ORDER", "42", "acme"), 3, 7, "a1b2c3")


def text_of(value: object) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(value)).decode().rstrip("=")


def test_a_token_reads_back_from_its_text():
    """For an ETag or a form field."""
    assert ClaimedToken.decode(TOKEN.encode()).token == TOKEN


def test_its_text_is_safe_in_a_header_and_in_an_address():
    """Nothing in it has to be escaped."""
    text = Token(StreamId("ORDER", "ÿ~?>" * 9), 1, 1, "e").encode()
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "no token",
        "ключ",
        TOKEN.encode()[:-1],
        TOKEN.encode()[1:],
        TOKEN.encode() + "A",
        TOKEN.encode() + "\n",
        TOKEN.encode()[:5] + "!" + TOKEN.encode()[5:],
        '"' + TOKEN.encode() + '"',
        text_of({}),
        text_of(["ORDER", "42"]),
        text_of({"stream": {"category": "A", "id": "b"}, "commit": "1", "version": 1, "epoch": ""}),
        text_of({"stream": {"category": "A", "id": "b"}, "commit": -1, "version": 1, "epoch": ""}),
        text_of({"stream": {"category": "A", "id": "b"}, "commit": 1, "version": -1, "epoch": ""}),
    ],
)
def test_text_that_no_token_makes_is_refused(text: str):
    """It comes from outside."""
    with pytest.raises(WrongTokenError) as caught:
        ClaimedToken.decode(text)
    assert caught.value.stream is None
    assert caught.value.applied is False


def test_a_receipt_knows_the_tokens_around_it():
    """The one it follows, and the one after it if it is carried out."""
    receipt = Receipt(TOKEN.stream, 3, 7, b"i" * 16, b"h" * 16, "a1b2c3", 2)
    assert receipt.token == TOKEN
    assert receipt.before == Token(TOKEN.stream, 2, 5, "a1b2c3")


def test_a_receipt_outlives_its_process():
    """It is what one asks with after a restart."""
    receipt = Receipt(TOKEN.stream, 3, 7, b"i" * 16, b"h" * 16, "a1b2c3", 2)
    assert pickle.loads(pickle.dumps(receipt)) == receipt
    assert msgspec.json.decode(msgspec.json.encode(receipt), type=Receipt) == receipt


def test_a_stream_says_its_name():
    """Its tenant first, where it has one."""
    assert str(StreamId("ORDER", "42")) == "ORDER#42"
    assert str(TOKEN.stream) == "acme/ORDER#42"
