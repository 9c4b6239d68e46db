"""The gate of projectors: effects and the markers of their source streams, in one transaction."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from eventstore.store import EventStore
from eventstore.stream import StreamId
from orm.batch import Batches
from orm.clock import Clock
from orm.config import SingleTableConfig
from orm.driver.protocol import Driver
from orm.driver.retry import RetryPolicy
from orm.errors import TransactionCanceledError
from orm.expressions import Placeholders, condition_fields, equals, not_exists
from orm.limits import TRANSACTION_ACTIONS_MAX
from orm.requests import Action, Put
from orm.transactions import transact
from projections.delivery import Delivery
from projections.effects import Effects
from projections.errors import ContendedError, EffectsError
from projections.gate import (
    RIVAL_ATTEMPTS_MAX,
    STREAMS_REMEMBERED,
    Applied,
    Folded,
    Places,
    Work,
    fold,
    is_refusal,
    poison,
    stops_the_worker,
)
from projections.layout import APPLIED, ProjectionLayout
from projections.projection import Projector, projection_of

_UNCHANGED: Final = "ConditionalCheckFailed"


class _Planned(msgspec.Struct):
    """One stream's share of a batch: its commits, and the effects of each."""

    stream: StreamId
    work: Work
    applied: int
    todo: list[Delivery]
    folded: Folded[list[Effects]]


class _Bundle(msgspec.Struct):
    """One transaction: effects, and per stream the marker's old and new value."""

    effects: Effects
    moves: dict[StreamId, tuple[int, int]] = {}

    def has_room(self, stream: StreamId, effects: Effects) -> bool:
        markers = len(self.moves) + (stream not in self.moves)
        fits = self.effects.rows_with(effects) + markers <= TRANSACTION_ACTIONS_MAX
        return fits and self.effects.can_join(effects)


class MarkerGate:
    """A `Gate` that joins the effects of many streams into as few transactions as fit.

    Args:
        projector: whose handlers make the effects.
        store: where gaps are read.
        driver: the way to the read-model table.
        config: that table's names.
        clock: waits where a batch read was left undone.
    """

    def __init__(
        self,
        projector: Projector,
        store: EventStore,
        driver: Driver,
        config: SingleTableConfig,
        clock: Clock,
    ) -> None:
        self.projection = projection_of(projector)
        self._projector, self._store = projector, store
        self._driver, self._config = driver, config
        self._layout = ProjectionLayout(config)
        self._batches = Batches(driver, config, RetryPolicy(), clock)
        self._settled = Places()
        self._applied: OrderedDict[StreamId, int] = OrderedDict()

    def apply(self, streams: Mapping[StreamId, Sequence[Delivery]]) -> Applied:
        """See `Gate.apply`."""
        result = Applied()
        works: dict[StreamId, Work] = {}
        for stream, deliveries in streams.items():
            work = Work(self.projection, self._store, stream, deliveries)
            if work.is_handled():
                works[stream] = work
            else:
                self._pass_over(stream, work, result)
        self._apply_works(works, result)
        for stream, work in works.items():
            result.note_duplicates(work, self._reached(stream))
        return result

    def _pass_over(self, stream: StreamId, work: Work, result: Applied) -> None:
        result.counts["unhandled"] += len(work.delivered)
        if work.begins_after(self._reached(stream)):
            self._settled.settle(stream, work.last)

    def _reached(self, stream: StreamId) -> int:
        """The commit up to which everything is applied or not handled, as far as is known."""
        return max(self._settled.settled(stream), self._applied.get(stream, 0))

    def _apply_works(self, works: dict[StreamId, Work], result: Applied) -> None:
        """Apply all streams together; commit by commit once a transaction was refused."""
        plans = self._plan(works)
        for _ in range(RIVAL_ATTEMPTS_MAX):
            try:
                lost = self._write(plans, result)
            except Exception as error:
                if not is_refusal(error):
                    raise
                for plan in plans:
                    self._one_by_one(plan.stream, plan.work, result)
                return
            for plan in plans:
                if plan.stream not in lost:
                    self._finish(plan, result)
            if not lost:
                return
            plans = self._plan({stream: works[stream] for stream in lost})
        raise ContendedError(self.projection.id, plans[0].stream, RIVAL_ATTEMPTS_MAX)

    def _one_by_one(self, stream: StreamId, work: Work, result: Applied) -> None:
        rivals = 0
        while rivals < RIVAL_ATTEMPTS_MAX:
            [plan] = self._plan({stream: work}, commits_max=1)
            if not plan.todo:
                self._finish(plan, result)
                return
            try:
                lost = self._write([plan], result)
            except Exception as error:
                if not is_refusal(error):
                    raise
                result.poisoned.append(poison(self.projection, plan.todo[0], error))
                return
            if lost:
                rivals += 1
                continue
            self._finish(plan, result)
            if plan.folded.poisoned:
                return
        raise ContendedError(self.projection.id, stream, rivals)

    def _finish(self, plan: _Planned, result: Applied) -> None:
        done = plan.todo[: plan.folded.done]
        if done:
            self._settled.settle(plan.stream, done[-1].number)
        result.note(plan.work, done)
        if plan.folded.poisoned:
            result.poisoned.append(plan.folded.poisoned)

    # --- what to write ---

    def _plan(
        self, works: Mapping[StreamId, Work], commits_max: int | None = None
    ) -> list[_Planned]:
        self._read_markers(works)
        plans = []
        for stream, work in works.items():
            applied, reached = self._applied.get(stream, 0), self._reached(stream)
            try:
                todo = work.after(reached)[:commits_max]
                folded = self._fold(stream, todo)
            except Exception as error:  # the stream cannot be read, or is no key for a row
                if stops_the_worker(error):
                    raise
                todo, folded = [], Folded([], 0, work.poison(error, reached))
            plans.append(_Planned(stream, work, applied, todo, folded))
        return plans

    def _read_markers(self, works: Mapping[StreamId, Work]) -> None:
        """Learn the markers that are not known and cannot be taken to be absent."""
        unknown = [
            stream
            for stream, work in works.items()
            if stream not in self._applied and not work.begins_after(0)
        ]
        if unknown:
            self._read_certainly(unknown)

    def _remember(self, stream: StreamId, applied: int) -> None:
        self._applied[stream] = applied
        self._applied.move_to_end(stream)
        if len(self._applied) > STREAMS_REMEMBERED:
            self._applied.popitem(last=False)

    def _fold(self, stream: StreamId, todo: Sequence[Delivery]) -> Folded[list[Effects]]:
        handlers = self.projection.handlers

        def step(made: list[Effects], delivery: Delivery) -> None:
            effects = Effects(self._config, stream.tenant)
            recorded = delivery.events_for(self.projection)
            for event in recorded.events:
                handler = handlers.get(type(event))
                if handler is not None:
                    handler(self._projector, event, effects, recorded)
            if len(effects) >= TRANSACTION_ACTIONS_MAX:
                raise EffectsError(
                    f"one commit writes {len(effects)} rows; with its marker a transaction takes "
                    f"{TRANSACTION_ACTIONS_MAX - 1}"
                )
            made.append(effects)

        made: Folded[list[Effects]] = fold(self.projection, todo, list, step)
        return made

    # --- writing ---

    def _write(self, plans: Sequence[_Planned], result: Applied) -> set[StreamId]:
        """Write every plan; return the streams whose marker a rival had moved."""
        lost: set[StreamId] = set()
        by_stream = {plan.stream: plan for plan in plans}
        for bundle in self._bundles(plans):
            # Where an earlier part of one of its streams did not go through, it cannot either.
            if lost.isdisjoint(bundle.moves) and self._send(bundle):
                for stream, (old, new) in bundle.moves.items():
                    todo = by_stream[stream].todo
                    written = [one for one in todo if old < one.number <= new]
                    result.note(by_stream[stream].work, written)
            else:
                lost |= bundle.moves.keys()
        return lost

    def _bundles(self, plans: Sequence[_Planned]) -> Iterator[_Bundle]:
        bundle = _Bundle(Effects(self._config))
        for plan in plans:
            before = plan.applied
            commits = zip(plan.todo[: plan.folded.done], plan.folded.state, strict=True)
            for delivery, effects in commits:
                if not delivery.concerns(self.projection):
                    continue
                if bundle.moves and not bundle.has_room(plan.stream, effects):
                    yield bundle
                    bundle = _Bundle(Effects(self._config))
                bundle.effects.join(effects.copy())
                first, _ = bundle.moves.get(plan.stream, (before, before))
                bundle.moves[plan.stream] = (first, delivery.number)
                before = delivery.number
        if bundle.moves:
            yield bundle

    def _send(self, bundle: _Bundle) -> bool:
        """Write one transaction; whether no rival had moved one of its markers."""
        markers = [
            Action(put=self._marker(stream, old, new))
            for stream, (old, new) in bundle.moves.items()
        ]
        try:
            transact(self._driver, [*markers, *bundle.effects.actions()], self._config)
        except TransactionCanceledError as refusal:
            if not any(reason.code == _UNCHANGED for reason in refusal.reasons[: len(markers)]):
                raise
            self._read_certainly(bundle.moves)
            return False
        for stream, (_, new) in bundle.moves.items():
            self._remember(stream, new)
        return True

    def _read_certainly(self, streams: Iterable[StreamId]) -> None:
        """Read markers, consistently, and remember them."""
        pk, sk = self._config.pk, self._config.sk
        keys = {stream: self._layout.marker(self.projection, stream) for stream in streams}
        found = {
            (item[pk]["S"], item[sk]["S"]): int(item[APPLIED]["N"])
            for item in self._batches.get(list(keys.values()), consistent=True)
        }
        for stream, key in keys.items():
            self._remember(stream, found.get((key[pk]["S"], key[sk]["S"]), 0))

    def _marker(self, stream: StreamId, old: int, new: int) -> Put:
        unchanged = equals(APPLIED, old) if old else not_exists(self._config.pk)
        return Put(
            table_name=self._config.table,
            item=self._layout.marker(self.projection, stream) | {APPLIED: {"N": str(new)}},
            **condition_fields(unchanged, Placeholders()),
        )
