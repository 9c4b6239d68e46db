"""Streams: their names, their list, and tenants apart."""

from __future__ import annotations

import pytest

from eventstore import ANY, NO_STREAM, Log, StreamId
from orm.errors import InvalidKeyError, KeyTooLargeError
from tests.support.logs import bodies, draft, fresh_stream, new_id, numbers

ODD_IDS = [
    "#",
    "a#b",
    "a b",
    "a b#c",
    "$",
    "$S",
    "$!",
    "!",
    "!EVENT#000000000001",
    "!STORE",
    "!STREAMS#X#0",
    "T#acme#LEDGER#1",
    "\x00",
    "\n",
    "~",
    "0",
    "né",
    "🦕",
    "\U0010ffff",
    "\ufeff",
    "e\u0301",
    "é",
    " ",
]


def put(log: Log, stream: StreamId, data: bytes) -> None:
    log.append([draft(stream, NO_STREAM, data)], commit_id=new_id())


def test_odd_ids_name_streams_of_their_own(log: Log):
    """Delimiters, escapes, lookalikes of framework keys: each id is itself and no other's."""
    category = fresh_stream().category
    streams = [StreamId(category, odd) for odd in ODD_IDS]
    for stream in streams:
        put(log, stream, ascii(stream.id).encode())
    for stream in streams:
        assert bodies(log, stream) == [ascii(stream.id).encode()]
        assert [c.stream for c in log.read(stream)] == [stream]
    assert sorted(s.id for s in log.streams(category)) == sorted(ODD_IDS)


def test_odd_categories_and_tenants_too(log: Log):
    id = fresh_stream().id
    odd = ["a#b", "!EVENT", "$T", "🦕", "!STREAMS"]
    streams = [StreamId(category, id, tenant) for category in odd for tenant in [None, *odd]]
    for stream in streams:
        put(log, stream, str(stream).encode())
    for stream in streams:
        assert bodies(log, stream) == [str(stream).encode()]
        assert id in [s.id for s in log.streams(stream.category, tenant=stream.tenant)]


def test_a_boundary_between_parts_cannot_be_shifted(log: Log):
    """`A` with id `B#C` is not `A#B` with id `C`."""
    unique = fresh_stream().id
    put(log, StreamId(unique, "B#C"), b"one")
    assert bodies(log, StreamId(f"{unique}#B", "C")) == []
    put(log, StreamId(f"{unique}#B", "C"), b"other")
    assert bodies(log, StreamId(unique, "B#C")) == [b"one"]


@pytest.mark.parametrize("bad", ["", "\ud800", "x\udfff"], ids=ascii)
@pytest.mark.parametrize("place", ["category", "id", "tenant"])
def test_what_no_key_can_carry_is_refused(log: Log, bad: str, place: str):
    """By every operation, before anything is sent, saying which part it was."""
    names = {"category": "LEDGER", "id": "1", "tenant": "acme"} | {place: bad}
    stream = StreamId(**names)
    operations = [
        lambda: put(log, stream, b"x"),
        lambda: list(log.read(stream)),
        lambda: log.head(stream),
        lambda: log.append([draft(stream, ANY)], commit_id=new_id()),
    ]
    for operation in operations:
        with pytest.raises(InvalidKeyError, match="nothing was sent") as refused:
            operation()
        assert refused.value.part == bad


def test_the_prefix_of_tenants_is_no_category(log: Log):
    with pytest.raises(InvalidKeyError, match="kept for tenants"):
        put(log, StreamId("T", "acme"), b"x")


@pytest.mark.parametrize("letter", ["x", "é", "🦕"])
def test_ids_up_to_two_kilobytes(log: Log, letter: str):
    """A partition key takes 2,048 bytes of UTF-8, and all of them can be used."""
    category = fresh_stream().category
    room = 2_048 - len(category) - 1
    fits = letter * (room // len(letter.encode()))
    stream = StreamId(category, fits + "x" * (room - len(fits.encode())))
    put(log, stream, b"long")
    assert bodies(log, stream) == [b"long"]
    assert list(log.streams(category)) == [stream]
    longer = StreamId(category, stream.id + "x")
    for operation in (lambda: put(log, longer, b"x"), lambda: log.head(longer)):
        with pytest.raises(KeyTooLargeError, match=r"2,049 bytes, DynamoDB allows 2,048"):
            operation()


def test_a_category_that_no_list_could_hold_is_refused(log: Log):
    """Its list of streams has a partition key too, and that is a little longer."""
    with pytest.raises(KeyTooLargeError, match="nothing was sent"):
        put(log, StreamId("x" * 2_045, "1"), b"x")


def test_a_category_lists_its_streams_once_each(log: Log):
    """Not once a commit, and no other category's."""
    first = fresh_stream()
    streams = {StreamId(first.category, f"{n}") for n in range(30)}
    for stream in streams:
        put(log, stream, b"1")
        log.append([draft(stream, ANY, b"2")], commit_id=new_id())
    put(log, StreamId(first.category + "X", "1"), b"another category")
    found = list(log.streams(first.category))
    assert len(found) == 30
    assert set(found) == streams


def test_a_category_without_streams_lists_none(log: Log):
    assert list(log.streams(fresh_stream().category)) == []


def test_tenants_are_apart(log: Log):
    """Same category, same id: three streams, in three lists."""
    base = fresh_stream()
    streams = [StreamId(base.category, base.id, tenant) for tenant in (None, "acme", "acme#1")]
    for stream in streams:
        put(log, stream, str(stream.tenant).encode())
    for stream in streams:
        assert bodies(log, stream) == [str(stream.tenant).encode()]
        assert list(log.streams(base.category, tenant=stream.tenant)) == [stream]
    assert numbers(log, StreamId(base.category, base.id, "other")) == []


def test_streams_of_one_transaction_are_listed(log: Log):
    first = fresh_stream()
    streams = {StreamId(first.category, f"{n}") for n in range(5)}
    log.append([draft(s, NO_STREAM) for s in streams], commit_id=new_id())
    assert set(log.streams(first.category)) == streams
