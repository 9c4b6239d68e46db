"""Events to bytes and back: msgpack `[[tag, schema version, body], …]`, one array a commit.

Reading goes in one call of msgspec's C decoder over the union of all known events, tag and version
included; only when that fails does Python look for what was wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any, Literal

import msgspec

from eventstore.errors import (
    DefinitionError,
    EventError,
    EventFormatError,
    EventVersionError,
    UnknownEventError,
    UnwritableEventError,
)
from eventstore.event import Event, event_tag, event_version
from eventstore.ordering import in_order, may_hold_sets
from orm.decoding import msgpack_decoder


class RawEvent(msgspec.Struct, frozen=True, array_like=True):
    """An event as it is stored, without its class: for browsers and for errors."""

    tag: str
    version: int
    body: Any


class EventCodec:
    """Writes and reads the events of the classes it was given. Immutable; share it freely.

    Raises:
        DefinitionError: two classes with one tag, or a class without.
    """

    def __init__(self, events: Iterable[type[Event]]) -> None:
        self._by_tag: dict[str, type[Event]] = {}
        for cls in events:
            if self._by_tag.setdefault(event_tag(cls), cls) is not cls:
                other = self._by_tag[event_tag(cls)]
                raise DefinitionError(
                    f"tag {event_tag(cls)!r} names both {other.__qualname__} and {cls.__qualname__}"
                )
        self._heads = {cls: (tag, event_version(cls)) for tag, cls in self._by_tag.items()}
        self._encoder = msgspec.msgpack.Encoder()
        self._with_sets = frozenset(cls for cls in self._heads if may_hold_sets(cls))
        commit: Any = self._commit_type()
        self._decoder = msgpack_decoder(commit)
        self._page_decoder = msgpack_decoder(list[commit])

    def _commit_type(self) -> Any:
        wrappers = [_wrapper(tag, cls) for tag, cls in self._by_tag.items()]
        one: Any = reduce(or_, wrappers) if wrappers else None  # None: no event is one
        return list[one]

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The classes it knows."""
        return tuple(self._by_tag.values())

    def encode(self, events: Sequence[Event]) -> bytes:
        """The bytes of one commit's events.

        Raises:
            UnknownEventError: an event of a class that this codec was not given.
            UnwritableEventError: a field holds what msgpack cannot carry, or what its class could
                not be read with afterwards.
        """
        heads = self._heads
        try:
            data = self._encoder.encode(
                [(*heads[type(event)], event) for event in self._ordered(events)]
            )
            self._decoder.decode(data)  # what could not be read would spoil its stream for ever
        except KeyError as error:
            raise UnknownEventError(_name(error.args[0]), tuple(self._by_tag)) from error
        except _UNWRITABLE as error:
            tags = ", ".join(heads[type(event)][0] for event in events)
            raise UnwritableEventError(tags, f"cannot be written: {error}") from error
        return data

    def _ordered(self, events: Sequence[Event]) -> Sequence[Event]:
        if not self._with_sets or self._with_sets.isdisjoint(map(type, events)):
            return events
        encode = self._encoder.encode
        return [
            in_order(event, encode) if type(event) in self._with_sets else event for event in events
        ]

    def decode(self, data: bytes) -> list[Event]:
        """The events that `encode` made `data` of.

        Raises:
            UnknownEventError: a tag that this codec was not given.
            EventVersionError: a schema version that the class does not have.
            EventFormatError: a body that is not what its class says.
        """
        try:
            return [stored.body for stored in self._decoder.decode(data)]
        except _UNREADABLE as error:
            raise self._diagnosis(data, error) from error

    def replay(self, commits: Sequence[bytes]) -> list[Event]:
        """The events of many commits, one after another, in one call of the decoder.

        Errors are those of `decode`, for the first commit that has one.
        """
        try:
            read = self._page_decoder.decode(_array_of(commits))
        except _UNREADABLE:
            return [event for data in commits for event in self.decode(data)]
        return [stored.body for commit in read for stored in commit]

    def decode_known(self, data: bytes) -> list[Event]:
        """The same, events whose tag this codec was not given left out."""
        raws = [raw for raw in decode_raw(data) if raw.tag in self._by_tag]
        return self.decode(self._encoder.encode(raws))

    def _diagnosis(self, data: bytes, error: Exception) -> EventError:
        try:
            raws = decode_raw(data)
        except EventFormatError as unreadable:
            return unreadable
        for raw in raws:
            cls = self._by_tag.get(raw.tag)
            if cls is None:
                return UnknownEventError(raw.tag, tuple(self._by_tag))
            if raw.version != event_version(cls):
                return EventVersionError(raw.tag, raw.version, event_version(cls))
        return EventFormatError(", ".join(raw.tag for raw in raws), str(error))


def _wrapper(tag: str, cls: type[Event]) -> Any:
    return msgspec.defstruct(
        f"Stored{cls.__name__}",
        [("version", Literal[event_version(cls)]), ("body", cls)],
        tag=tag,
        array_like=True,
        frozen=True,
        gc=False,  # lives for one line and is in no cycle
    )


def _array_of(parts: Sequence[bytes]) -> bytes:
    """What `parts` encode, as one array: msgpack's array 32, with a count of four bytes."""
    return b"\xdd" + len(parts).to_bytes(4, "big") + b"".join(parts)


def _name(cls: type) -> str:
    return getattr(cls, "__event_tag__", None) or cls.__qualname__


def decode_raw(data: bytes) -> list[RawEvent]:
    """The events of a commit without their classes.

    Raises:
        EventFormatError: not what any codec writes.
    """
    try:
        return _RAW.decode(data)
    except _UNREADABLE as error:
        raise EventFormatError("?", f"unreadable: {error}") from error


_RAW = msgspec.msgpack.Decoder(list[RawEvent])
_UNWRITABLE = (TypeError, ValueError, OverflowError, UnicodeError, RecursionError)
"""`msgspec.ValidationError` among them, as a `ValueError`."""

_UNREADABLE = Exception  # msgspec's own errors, and whatever a class's __post_init__ may raise
"""What msgspec raises for bytes that are not what they should be."""
