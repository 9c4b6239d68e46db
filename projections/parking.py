"""Parking: one poisoned event stops its own stream, for one projection, and nothing else.

The park record is durable before any checkpoint passes it. Later commits of a parked stream are not
delivered; they wait in the store, where a retry finds them. Whether a stream is parked is decided
by a consistent read whenever a worker would skip on the strength of it.

A retry marks the record before it reads the store, and workers hold nothing back from then on:
what they skipped before is in what the retry reads, what comes later they bring to the gate
themselves. So nothing is left behind, however the two meet, and a retry that is killed leaves a
record that says that the stream is parked. What a worker cannot apply meanwhile replaces the
record, and the retry then finds that it is no longer its own to release.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from eventstore.stream import StreamId
from orm.clock import Clock
from orm.codec import item_from_wire, item_to_wire
from orm.config import SingleTableConfig
from orm.decoding import learn
from orm.driver.protocol import Driver
from orm.errors import ConditionFailedError
from orm.expressions import Condition, Placeholders, condition_fields, equals, exists, not_exists
from orm.requests import DeleteItem, GetItem, Item, PutItem, Query
from orm.update import UpdateExpression, single
from projections.errors import HandlerError, NotParkedError
from projections.layout import ProjectionLayout
from projections.projection import Projection

_TEXT_MAX: Final = 2_000


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
        retry: the name of the last retry that was begun and has not ended; None where there is
            none, and workers hold the stream back.
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
    retry: str | None = None

    @property
    def stream(self) -> StreamId:
        return StreamId(self.category, self.id, self.tenant)


learn(Parked)


class Parking:
    """The park records of one read-model table."""

    def __init__(self, driver: Driver, config: SingleTableConfig, clock: Clock) -> None:
        self._driver, self._config, self._clock = driver, config, clock
        self._layout = ProjectionLayout(config)
        keys = {config.pk, config.sk}  # which may be called `id`, as an attribute of a record is
        self._names = {
            field: f"!{field}" if field in keys else field for field in Parked.__struct_fields__
        }

    def park(self, projection: Projection, error: HandlerError, attempts: int) -> Parked:
        """Record that a stream stops here; a record that holds it already stays as it is.

        One that a retry has marked holds nothing back, and that retry may have read the store
        before this commit was there: it is replaced, so that the retry cannot release it. Each
        further pass follows a change by a retry.
        """
        parked = self._record(projection, error, attempts)
        held = self._put(projection, parked, not_exists(self._config.pk))
        while held is None or held.retry is not None:
            seen = not_exists(self._config.pk) if held is None else self._marked(held.retry)
            held = self._put(projection, parked, seen)
        return held

    def park_again(
        self, projection: Projection, error: HandlerError, attempts: int, retry: str
    ) -> Parked | None:
        """Record that a retry has failed, in place of what was there when it began.

        Returns:
            The record that holds the stream now; None where another retry has let it go on.
        """
        parked = self._record(projection, error, attempts)
        return self._put(projection, parked, self._marked(retry))

    def _marked(self, retry: str | None) -> Condition:
        """That this retry is the last that was begun."""
        return equals(self._names["retry"], retry)

    def _record(self, projection: Projection, error: HandlerError, attempts: int) -> Parked:
        stream = error.stream
        return Parked(
            projection=projection.id,
            category=stream.category,
            id=stream.id,
            tenant=stream.tenant,
            commit=error.commit,
            tag=_storable(error.tag),
            error=_storable(error.detail),
            attempts=attempts,
            parked_at=self._clock.now_micros(),
        )

    def _put(self, projection: Projection, parked: Parked, condition: Condition) -> Parked | None:
        """Write a record, if the condition holds; return the one that is there afterwards."""
        values = {
            self._names[field]: value for field, value in msgspec.structs.asdict(parked).items()
        }
        request = PutItem(
            table_name=self._config.table,
            item=self._layout.parked(projection, parked.stream) | item_to_wire(values),
            **condition_fields(condition, Placeholders()),
        )
        try:
            self._driver.send(request)
        except ConditionFailedError:
            return self.find(projection, parked.stream)
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
        return None if found.item is None else self._parked(found.item)

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
            yield from map(self._parked, page.items)
            if (start := page.last_evaluated_key) is None:
                return

    def begin_retry(self, projection: Projection, stream: StreamId, retry: str) -> Parked:
        """Mark the record, so that workers hold back nothing more; a rival retry is overruled.

        Raises:
            NotParkedError: it is not parked.
        """
        expression = UpdateExpression().set(self._names["retry"], retry)
        key = self._layout.parked(projection, stream)
        request = single(
            expression.action(self._config.table, key, exists(self._config.pk)),
            return_values="ALL_NEW",
        )
        try:
            found = self._driver.send(request).attributes
        except ConditionFailedError as refusal:
            raise NotParkedError(projection.id, stream) from refusal
        assert found is not None
        return self._parked(found)

    def release(self, projection: Projection, stream: StreamId, retry: str) -> Parked | None:
        """Let a stream go on, as this retry has applied everything.

        Returns:
            None; or the record that still holds the stream, as another retry has begun since or a
            worker has met what it could not apply.
        """
        request = DeleteItem(
            table_name=self._config.table,
            key=self._layout.parked(projection, stream),
            **condition_fields(self._marked(retry), Placeholders()),
        )
        try:
            self._driver.send(request)
        except ConditionFailedError:
            return self.find(projection, stream)
        return None

    def _parked(self, item: Item) -> Parked:
        found = item_from_wire(item)
        values = {field: found[name] for field, name in self._names.items() if name in found}
        return msgspec.convert(values, Parked)


def _storable(text: str) -> str:
    """Words that an item can hold: cut, and a lone surrogate spelled out."""
    return text[:_TEXT_MAX].encode("utf-8", "backslashreplace").decode()
