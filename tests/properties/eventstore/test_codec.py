"""For any events: what the codec reads is what it wrote, and noise is never an event."""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import NewType

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from eventstore import ClaimedToken, Event, EventCodec, Metadata, StreamId, Token
from eventstore.errors import EventError, WrongTokenError
from eventstore.testing import Arguments

Sku = NewType("Sku", str)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Line(msgspec.Struct, frozen=True):
    sku: Sku
    price: Decimal
    colours: frozenset[Colour] = frozenset()


class Ordered(Event, tag="ordered"):
    lines: list[Line]
    at: dt.datetime
    by: uuid.UUID | None = None
    note: str = ""


class Measured(Event, tag="measured"):
    value: float
    counts: dict[Sku, int]
    raw: bytes
    took: dt.timedelta
    pair: tuple[int, bool] = (0, False)


class Closed(Event, tag="closed", version=4):
    pass


CODEC = EventCodec([Ordered, Measured, Closed])
events = st.lists(Arguments().of(Ordered | Measured | Closed), max_size=6)
tokens = Arguments().of(Token)


@given(events)
def test_events_come_back_as_they_went_in(written: list[Event]):
    """Every field type that events are made of."""
    assert CODEC.decode(CODEC.encode(written)) == written


@given(events)
def test_writing_again_gives_the_same_bytes(written: list[Event]):
    """A repeated append is recognised by the hash of its bytes."""
    data = CODEC.encode(written)
    assert CODEC.encode(CODEC.decode(data)) == data


@given(events, events)
def test_events_of_other_classes_are_left_out_by_a_reader_of_some(
    one: list[Event], other: list[Event]
):
    """And its own come through in their order."""
    some = EventCodec([Measured])
    written = one + other
    read = some.decode_known(CODEC.encode(written))
    assert read == [event for event in written if isinstance(event, Measured)]


@given(st.binary(max_size=60) | events.map(CODEC.encode).flatmap(lambda data: _damaged(data)))
def test_noise_is_refused_or_is_events(data: bytes):
    """Only by an error of ours: whoever catches it knows all that can happen."""
    with contextlib.suppress(EventError):
        assert all(isinstance(event, Event) for event in CODEC.decode(data))


@given(st.lists(events, min_size=1, max_size=4), st.data())
def test_a_page_reads_as_its_commits_do_one_by_one(commits: list[list[Event]], data: st.DataObject):
    """Also where one of them is damaged, cut short or grown: none borrows from its neighbour."""
    page = [CODEC.encode(written) for written in commits]
    if data.draw(st.booleans(), label="damaged"):
        place = data.draw(st.integers(0, len(page) - 1), label="which")
        grown = st.binary(min_size=1, max_size=3).map(lambda tail: page[place] + tail)
        page[place] = data.draw(_damaged(page[place]) | grown, label="bytes")
    wanted = _events_or_error(lambda: [event for one in page for event in CODEC.decode(one)])
    assert _events_or_error(lambda: CODEC.replay(page)) == wanted


def _events_or_error(read: Callable[[], list[Event]]) -> list[Event] | str:
    try:
        return read()
    except EventError as error:
        return str(error)


def _damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """The bytes with one of them changed, or cut short."""
    places = st.integers(0, len(data) - 1)
    changed = st.builds(
        lambda place, byte: data[:place] + bytes([byte]) + data[place + 1 :],
        places,
        st.integers(0, 255),
    )
    return changed | places.map(lambda place: data[:place])


@given(Arguments().of(Metadata))
def test_metadata_comes_back_as_it_went_in(metadata: Metadata):
    """Any of it."""
    assert Metadata.decode(metadata.encode()) == metadata


@given(tokens)
def test_tokens_come_back_from_their_text(token: Token):
    """Whatever the names of stream and tenant are."""
    assert ClaimedToken.decode(token.encode()).token == token


@given(st.text(max_size=40) | tokens.map(Token.encode).flatmap(lambda text: _cut(text)))
def test_text_is_a_token_or_refused(text: str):
    """And a token that is read out of it is its only text."""
    with contextlib.suppress(WrongTokenError):
        token = ClaimedToken.decode(text).token
        assert isinstance(token.stream, StreamId)
        assert min(token.commit, token.version) >= 0


def _cut(text: str) -> st.SearchStrategy[str]:
    return st.integers(0, len(text) - 1).map(lambda place: text[:place] + text[place + 1 :])
