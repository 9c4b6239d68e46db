"""The gate of read models that one stream makes: `applied` stands in the row itself.

So does the stream that made it. A row's key follows from its stream alone: a handler that changes
it, or a second stream that `of()` gives the same key, would write over a stranger's row, and is
poison instead.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from eventstore.store import EventStore
from eventstore.stream import StreamId
from orm.codec import from_wire
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.errors import ConditionFailedError
from orm.expressions import equals, not_exists
from orm.models.actions import put_row
from orm.models.layout import layout_of
from orm.requests import GetItem, Item, Put, PutItem
from projections.delivery import Delivery
from projections.errors import ContendedError, ForeignRowError, ProjectionDefinitionError
from projections.gate import (
    RIVAL_ATTEMPTS_MAX,
    Applied,
    Folded,
    Places,
    Work,
    fold,
    is_refusal,
    poison,
    stops_the_worker,
)
from projections.layout import APPLIED, SOURCE, ProjectionLayout
from projections.projection import ReadModel, projection_of

ROWS_REMEMBERED: Final = 10_000
"""Rows kept in memory between batches; forgetting one costs a read."""


class _Place(msgspec.Struct, frozen=True):
    """A row as it is stored, and the commit it has seen; no row yet means 0."""

    row: ReadModel | None
    applied: int


class RowGate:
    """A `Gate` that writes each stream's row with one conditional put a batch.

    Args:
        model: the read model.
        store: where gaps are read.
        driver: the way to the read-model table.
        config: that table's names.
        rows_max: how many rows it keeps in memory between batches.
    """

    def __init__(
        self,
        model: type[ReadModel],
        store: EventStore,
        driver: Driver,
        config: SingleTableConfig,
        rows_max: int = ROWS_REMEMBERED,
    ) -> None:
        self.projection = projection_of(model)
        self._model, self._store = model, store
        self._driver, self._config = driver, config
        self._layout = ProjectionLayout(config)
        self._settled = Places()
        self._rows: OrderedDict[StreamId, _Place] = OrderedDict()
        self._rows_max = rows_max

    def apply(self, streams: Mapping[StreamId, Sequence[Delivery]]) -> Applied:
        """See `Gate.apply`."""
        result = Applied()
        for stream, deliveries in streams.items():
            work = Work(self.projection, self._store, stream, deliveries)
            if work.is_handled():
                self._apply_or_poison(stream, work, result)
                result.note_duplicates(work, self._reached(stream))
            else:
                self._pass_over(stream, work, result)
        return result

    def _pass_over(self, stream: StreamId, work: Work, result: Applied) -> None:
        result.counts["unhandled"] += len(work.delivered)
        if work.begins_after(self._reached(stream)):
            self._settled.settle(stream, work.last)

    def _reached(self, stream: StreamId) -> int:
        """The commit up to which everything is applied or not handled, as far as is known."""
        place = self._rows.get(stream)
        return max(self._settled.settled(stream), place.applied if place else 0)

    def _apply_or_poison(self, stream: StreamId, work: Work, result: Applied) -> None:
        try:
            self._apply_stream(stream, work, result)
        except Exception as error:  # `of` is the user's; the row or the stream may be unreadable
            if stops_the_worker(error):
                raise
            result.poisoned.append(work.poison(error, self._reached(stream)))

    def _apply_stream(self, stream: StreamId, work: Work, result: Applied) -> None:
        """Apply what is left in one write; commit by commit once a write was refused."""
        place, todo = self._todo(stream, work)
        one_by_one, rivals = False, 0
        while todo:
            part = todo[:1] if one_by_one else todo
            folded = self._fold(stream, place, part)
            try:
                self._write(stream, place, part, folded)
            except ConditionFailedError:
                rivals += 1
                if rivals == RIVAL_ATTEMPTS_MAX:
                    raise ContendedError(self.projection.id, stream, rivals) from None
                self._remember(stream, self._read(stream))
            except Exception as error:
                if not is_refusal(error):
                    raise
                if one_by_one:
                    result.poisoned.append(poison(self.projection, part[0], error))
                    return
                one_by_one = True
            else:
                result.note(work, part[: folded.done])
                if folded.done:
                    self._settled.settle(stream, part[folded.done - 1].number)
                if folded.poisoned:
                    result.poisoned.append(folded.poisoned)
                    return
            place, todo = self._todo(stream, work)

    def _todo(self, stream: StreamId, work: Work) -> tuple[_Place, list[Delivery]]:
        place = self._rows.get(stream) or self._assumed(work) or self._read(stream)
        return place, work.after(max(place.applied, self._settled.settled(stream)))

    def _assumed(self, work: Work) -> _Place | None:
        """A stream delivered from its first commit has no row yet, most likely; the put decides."""
        return _Place(None, 0) if work.begins_after(0) else None

    def _read(self, stream: StreamId) -> _Place:
        layout = layout_of(self._model, self._config, stream.tenant)
        found = self._driver.send(
            GetItem[Item](
                table_name=self._config.table,
                key=layout.key(layout.key_values(self._first_row(stream))),
                consistent_read=True,
            )
        )
        if found.item is None:
            return _Place(None, 0)
        self._check_source(stream, found.item)
        return _Place(layout.row(found.item), from_wire(found.item[APPLIED]))

    def _check_source(self, stream: StreamId, item: Item) -> None:
        """Refuse a row that this stream has not made; one that does not say is taken for its own.

        Raises:
            ForeignRowError: another stream made it, or no stream did.
        """
        if APPLIED not in item:
            raise self._foreign("at its key there is a row that no stream made")
        source, mine = item.get(SOURCE), self._layout.source(stream)
        if source not in (None, mine):
            raise self._foreign(f"at its key there is the row of {from_wire(source)}")

    def _foreign(self, detail: str) -> ForeignRowError:
        return ForeignRowError(self._model.__name__, detail)

    def _first_row(self, stream: StreamId) -> ReadModel:
        row = self._model.of(stream)
        if type(row) is not self._model:
            raise ProjectionDefinitionError(f"{self._model.__name__}.of returned {row!r}")
        return row

    def _fold(self, stream: StreamId, place: _Place, todo: Sequence[Delivery]) -> Folded[ReadModel]:
        handlers = self.projection.handlers
        layout = layout_of(self._model, self._config, stream.tenant)
        key = layout.key_values(self._first_row(stream))

        def start() -> ReadModel:
            return self._first_row(stream) if place.row is None else copy.deepcopy(place.row)

        def step(row: ReadModel, delivery: Delivery) -> None:
            recorded = delivery.events_for(self.projection)
            for event in recorded.events:
                handler = handlers.get(type(event))
                if handler is not None:
                    handler(row, event, recorded)
            if (moved := layout.key_values(row)) != key:
                raise self._foreign(f"its handlers changed its key from {key} to {moved}")

        return fold(self.projection, todo, start, step)

    def _write(
        self,
        stream: StreamId,
        place: _Place,
        todo: Sequence[Delivery],
        folded: Folded[ReadModel],
    ) -> None:
        done = todo[: folded.done]
        if not any(delivery.concerns(self.projection) for delivery in done):
            return
        number = done[-1].number
        put = self._put(stream, folded.state, place, number)
        self._driver.send(PutItem(**msgspec.structs.asdict(put)))
        self._remember(stream, _Place(folded.state, number))

    def _remember(self, stream: StreamId, place: _Place) -> None:
        self._rows[stream] = place
        self._rows.move_to_end(stream)
        if len(self._rows) > self._rows_max:
            self._rows.popitem(last=False)

    def _put(self, stream: StreamId, row: ReadModel, place: _Place, number: int) -> Put:
        """The write of a row that has now seen commit `number`."""
        unchanged = (
            not_exists(self._config.pk) if place.row is None else equals(APPLIED, place.applied)
        )
        return put_row(
            row,
            self._config,
            extra={APPLIED: {"N": str(number)}, SOURCE: self._layout.source(stream)},
            condition=unchanged,
            tenant=stream.tenant,
        )
