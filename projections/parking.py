"""Parking: one poisoned event stops its own stream, for one projection, and nothing else.

The park record is durable before any checkpoint passes it. Later commits of a parked stream are not
delivered; they wait in the store, where a retry finds them. Whether a stream is parked is decided
by a consistent read whenever a worker would skip on the strength of it, so that a retry, which
removes the record and then replays once more, cannot leave a commit behind.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from eventstore.stream import StreamId
from orm.clock import Clock
from orm.codec import item_from_wire, item_to_wire
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.errors import ConditionFailedError
from orm.requests import DeleteItem, GetItem, Item, PutItem, Query
from projections.errors import HandlerError, NotParkedError
from projections.layout import ProjectionLayout
from projections.projection import Projection


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """Why a stream does not go on for a projection.

    Args:
        projection: `name@version`.
        category: of the stream.
        id: of the stream.
        tenant: of the stream.
        commit: the commit that could not be applied.
        tag: the event in it; empty where it could not even be read.
        error: what happened, in words.
        attempts: how often it was tried.
        parked_at: microseconds since 1970-01-01 UTC.
    """

    projection: str
    category: str
    id: str
    tenant: str | None = None
    commit: int
    tag: str
    error: str
    attempts: int
    parked_at: int

    @property
    def stream(self) -> StreamId:
        return StreamId(self.category, self.id, self.tenant)


class Parking:
    """The park records of one read-model table."""

    def __init__(self, driver: Driver, config: SingleTableConfig, clock: Clock) -> None:
        self._driver, self._config, self._clock = driver, config, clock
        self._layout = ProjectionLayout(config)

    def park(self, projection: Projection, error: HandlerError, attempts: int) -> Parked:
        """Record that a stream stops here; a record that is there stays as it is."""
        stream = error.stream
        parked = Parked(
            projection=projection.id,
            category=stream.category,
            id=stream.id,
            tenant=stream.tenant,
            commit=error.commit,
            tag=error.tag,
            error=error.detail[:2_000],
            attempts=attempts,
            parked_at=self._clock.now_micros(),
        )
        item = self._layout.parked(projection, stream) | item_to_wire(
            msgspec.structs.asdict(parked)
        )
        request = PutItem(
            table_name=self._config.table,
            item=item,
            condition_expression="attribute_not_exists(#pk)",
            expression_attribute_names={"#pk": self._config.pk},
        )
        try:
            self._driver.send(request)
        except ConditionFailedError:
            return self.find(projection, stream) or parked
        return parked

    def find(self, projection: Projection, stream: StreamId) -> Parked | None:
        """The record of a stream, read consistently; None where it is not parked."""
        found = self._driver.send(
            GetItem[Item](
                table_name=self._config.table,
                key=self._layout.parked(projection, stream),
                consistent_read=True,
            )
        )
        return None if found.item is None else _parked(found.item)

    def all(self, projection: Projection) -> Iterator[Parked]:
        """Every parked stream of a projection."""
        start: Item | None = None
        while True:
            page = self._driver.send(
                Query[Item](
                    table_name=self._config.table,
                    key_condition_expression="#pk = :pk",
                    expression_attribute_names={"#pk": self._config.pk},
                    expression_attribute_values={
                        ":pk": {"S": self._layout.parked_pk(projection.name, projection.version)}
                    },
                    consistent_read=True,
                    exclusive_start_key=start,
                )
            )
            yield from map(_parked, page.items)
            if (start := page.last_evaluated_key) is None:
                return

    def release(self, projection: Projection, stream: StreamId) -> None:
        """Let a stream go on.

        Raises:
            NotParkedError: it is not parked.
        """
        request = DeleteItem(
            table_name=self._config.table,
            key=self._layout.parked(projection, stream),
            condition_expression="attribute_exists(#pk)",
            expression_attribute_names={"#pk": self._config.pk},
        )
        try:
            self._driver.send(request)
        except ConditionFailedError as error:
            if error.applied is False:
                raise NotParkedError(projection.id, stream) from error


def _parked(item: Item) -> Parked:
    return msgspec.convert(item_from_wire(item), Parked)
