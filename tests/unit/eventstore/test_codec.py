"""What `EventCodec` promises: events come back as they went in, or it is said what was wrong."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from eventstore import Event, EventCodec
from eventstore.codec import RawEvent, decode_raw
from eventstore.errors import (
    DefinitionError,
    EventFormatError,
    EventVersionError,
    UnknownEventError,
)


class Opened(Event, tag="opened"):
    owner: str
    tags: list[str] = []


class Closed(Event, tag="closed", version=2):
    pass


class Anything(Event, tag="anything"):
    value: Any = None


class Twin(Event, tag="opened"):
    pass


class Base(Event):
    pass


CODEC = EventCodec([Opened, Closed, Anything])


def stored(*events: tuple[Any, ...]) -> bytes:
    """A commit as another version of the code may have written it."""
    return msgspec.msgpack.encode(events)


def test_events_come_back_in_their_order():
    """Of different classes, in one commit."""
    events = [Opened("ann", ["a"]), Closed(), Opened("bob")]
    assert CODEC.decode(CODEC.encode(events)) == events


def test_what_is_stored_is_tag_version_and_body():
    """The layout that other programs, and this one in ten years, read."""
    assert msgspec.msgpack.decode(CODEC.encode([Opened("ann"), Closed()])) == [
        ["opened", 1, {"owner": "ann", "tags": []}],
        ["closed", 2, {}],
    ]


def test_a_field_that_was_added_with_a_default_reads_from_old_events():
    """Adding one needs no new version."""
    assert CODEC.decode(stored(("opened", 1, {"owner": "ann"}))) == [Opened("ann")]


def test_a_field_that_newer_code_wrote_is_passed_over():
    """Two versions of the code run side by side for a while."""
    assert CODEC.decode(stored(("opened", 1, {"owner": "a", "new": 1}))) == [Opened("a")]


def test_an_unknown_tag_is_named_with_those_that_are_known():
    """Also where it is not the first of its commit."""
    data = stored(("closed", 2, {}), ("moved", 1, {}))
    with pytest.raises(UnknownEventError, match="'moved'; this code knows opened, closed") as seen:
        CODEC.decode(data)
    assert (seen.value.tag, seen.value.known) == ("moved", ("opened", "closed", "anything"))


def test_an_unknown_version_is_named():
    """Newer code wrote it, or older code whose form is gone."""
    with pytest.raises(EventVersionError, match="schema version 1, this code has version 2"):
        CODEC.decode(stored(("closed", 1, {})))


@pytest.mark.parametrize("body", [{}, {"owner": 5}, {"owner": None}, [], None, "text"])
def test_a_body_of_another_form_is_refused(body: Any):
    """Never half read."""
    with pytest.raises(EventFormatError, match="'opened'"):
        CODEC.decode(stored(("opened", 1, body)))


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x90\x90", b"\x80", stored(("opened",)), b"\x01"])
def test_bytes_that_no_codec_wrote_are_refused(data: bytes):
    """Truncated, or something else altogether."""
    with pytest.raises(EventFormatError, match="unreadable"):
        CODEC.decode(data)
    with pytest.raises(EventFormatError, match="unreadable"):
        decode_raw(data)


def test_every_truncation_is_refused():
    """A damaged commit never reads as a shorter one."""
    data = CODEC.encode([Opened("ann", ["a", "b"]), Closed()])
    for length in range(len(data)):
        with pytest.raises(EventFormatError):
            CODEC.decode(data[:length])


def test_text_that_is_no_utf8_is_refused():
    """msgspec raises another error for it than for anything else."""
    data = CODEC.encode([Opened("ann")]).replace(b"ann", b"a\xffn")
    with pytest.raises(EventFormatError, match="unreadable"):
        CODEC.decode(data)


def test_bytes_nested_without_end_are_refused():
    """Not a crash. How deep Python goes into C depends on its version: 3.13 follows 10,000."""
    with pytest.raises(EventFormatError, match="unreadable"):
        CODEC.decode(b"\x91\x93\xa8anything\x01\x81\xa5value" + b"\x91" * 100_000 + b"\xc0")


def test_an_event_of_a_class_it_was_not_given_is_not_written():
    """By tag, or by class where there is none."""
    with pytest.raises(UnknownEventError, match="'opened'"):
        EventCodec([Closed]).encode([Opened("ann")])
    with pytest.raises(UnknownEventError, match="'Base'"):
        CODEC.encode([Base()])


def test_a_subclass_is_another_event():
    """It would be read back as its base."""

    class Reopened(Opened, tag="reopened"):
        pass

    with pytest.raises(UnknownEventError, match="'reopened'"):
        CODEC.encode([Reopened("ann")])


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, "\ud800", object(), {1, object()}])
def test_a_value_that_msgpack_cannot_carry_is_refused_with_its_tag(value: Any):
    """Before anything is sent."""
    with pytest.raises(EventFormatError, match="'closed, anything': cannot be written"):
        CODEC.encode([Closed(), Anything(value)])


def test_a_value_that_contains_itself_is_refused():
    """Not a crash."""
    value: list[Any] = []
    value.append(value)
    with pytest.raises(EventFormatError, match="cannot be written"):
        CODEC.encode([Anything(value)])


def test_two_classes_with_one_tag_are_refused():
    """Reading could not tell them apart."""
    with pytest.raises(DefinitionError, match="'opened' names both Opened and Twin"):
        EventCodec([Opened, Twin])


def test_a_class_without_a_tag_is_refused():
    """There is nothing to store it under."""
    with pytest.raises(DefinitionError, match="Base has no tag"):
        EventCodec([Base])


def test_one_class_given_twice_is_one():
    """Aggregates may share an event."""
    assert EventCodec([Opened, Opened]).events == (Opened,)


def test_a_codec_without_events_reads_none():
    """What it is not told of, it does not know."""
    empty = EventCodec([])
    assert empty.decode(empty.encode([])) == []
    with pytest.raises(UnknownEventError, match="'closed'; this code knows none"):
        empty.decode(stored(("closed", 2, {})))


def test_events_can_be_read_without_their_classes():
    """For browsers and for errors."""
    assert decode_raw(CODEC.encode([Opened("ann"), Closed()])) == [
        RawEvent("opened", 1, {"owner": "ann", "tags": []}),
        RawEvent("closed", 2, {}),
    ]


def test_unknown_events_are_left_out_when_asked():
    """A reader of some events passes over the others."""
    data = stored(("moved", 1, {}), ("closed", 2, {}), ("moved", 7, None))
    assert CODEC.decode_known(data) == [Closed()]
    with pytest.raises(EventVersionError):
        CODEC.decode_known(stored(("moved", 1, {}), ("closed", 1, {})))


def test_errors_say_what_to_do_next():
    """And that nothing was changed."""
    with pytest.raises(UnknownEventError) as caught:
        CODEC.decode(stored(("moved", 1, {})))
    assert caught.value.hint
    assert caught.value.applied is False
    assert not caught.value.retry
