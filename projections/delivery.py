"""Deliveries: commits on their way to projections, each read at most once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec

from eventstore.errors import EventError, EventFormatError, UnknownEventError
from eventstore.log import Commit
from eventstore.metadata import Metadata
from eventstore.store import EventStore, Recorded
from eventstore.stream import StreamId
from projections.errors import in_words
from projections.projection import Projection


class Delivery:
    """One commit, and its events once somebody asks for them."""

    def __init__(self, commit: Commit, store: EventStore) -> None:
        self.commit = commit
        self._store = store
        self._recorded: Recorded | None = None
        self._refusal: EventError | None = None

    @property
    def number(self) -> int:
        return self.commit.number

    def recorded(self) -> Recorded:
        """The commit with its events.

        Raises:
            EventError: an event cannot be read.
        """
        if self._refusal is not None:
            raise self._refusal
        if self._recorded is None:
            try:
                self._recorded = self._read()
            except EventError as error:
                self._refusal = error
                raise
        return self._recorded

    def _read(self) -> Recorded:
        with _refusing_what_is_unreadable():
            return self._store.recorded(self.commit)

    def concerns(self, projection: Projection) -> bool:
        """Whether the projection handles an event of this commit, or has to park over it."""
        try:
            handlers = projection.handlers
            return any(type(event) in handlers for event in self.recorded().events)
        except EventError:
            return True

    def events_for(self, projection: Projection) -> Recorded:
        """The commit with its events, unknown ones left out where the projection says so.

        Raises:
            EventError: an event cannot be read.
        """
        try:
            return self.recorded()
        except UnknownEventError:
            if not projection.ignores_unknown:
                raise
            return self._known_only()

    def _known_only(self) -> Recorded:
        commit = self.commit
        with _refusing_what_is_unreadable():
            return Recorded(
                commit.stream,
                commit.number,
                commit.first,
                tuple(self._store.codec.decode_known(commit.data)),
                Metadata.decode(commit.metadata),
                commit.recorded_at,
            )


@contextmanager
def _refusing_what_is_unreadable() -> Iterator[None]:
    """Reading runs an event's own `__post_init__`, which may raise anything: it is that stream's.

    Nothing is sent here, so none of it can be an outage.
    """
    try:
        yield
    except EventError:
        raise
    except msgspec.MsgspecError as error:
        raise EventFormatError("?", f"its metadata is unreadable: {error}") from error
    except Exception as error:
        raise EventFormatError("?", in_words(error)) from error


def by_stream(deliveries: Iterable[Delivery]) -> dict[StreamId, list[Delivery]]:
    """The deliveries of each stream, in their own order, doubles kept."""
    grouped: dict[StreamId, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        grouped[delivery.commit.stream].append(delivery)
    for found in grouped.values():
        found.sort(key=lambda delivery: delivery.number)
    return grouped
