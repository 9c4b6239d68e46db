"""The gate: every commit's effect exactly once, whatever order and however often it arrives.

A change stream keeps order per item only, repeats itself after a crash, and may run beside a second
worker or a repair scan. So a delivery is never believed to be the next one. Each gate keeps, per
source stream, the number of the last commit that was applied, and for a commit q

    q ≤ applied      skips it,
    q = applied + 1  applies it, conditional on `applied` being unchanged,
    q > applied + 1  reads the gap from the store, consistently, and applies all of it.

`applied` stands where the effect stands and is written with it: in the row itself where one stream
makes one row (`RowGate`, one conditional put), else in a marker beside the effects, in one
transaction (`MarkerGate`). Commits that a projection does not handle are settled without a write.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar

import msgspec

from eventstore.errors import EventError, StreamCorruptedError
from eventstore.event import event_tag
from eventstore.store import EventStore
from eventstore.stream import StreamId
from orm.errors import (
    DriverError,
    InvalidRequestError,
    KeyfoldError,
    TransactionCanceledError,
)
from projections.delivery import Delivery
from projections.errors import (
    ContendedError,
    HandlerError,
    ProjectionDefinitionError,
    in_words,
)
from projections.projection import Projection

S = TypeVar("S")

STREAMS_REMEMBERED: Final = 50_000
"""Streams whose place a gate remembers; forgetting one costs a read, never a mistake."""

ATTEMPTS_MAX: Final = 5
"""How often a failing handler is tried before its stream is parked."""

RIVAL_ATTEMPTS_MAX: Final = 20
"""How often a lost race for a row or marker is run again in one delivery."""


class Poisoned(msgspec.Struct, frozen=True):
    """A stream that cannot go on, and why."""

    error: HandlerError
    attempts: int


class Applied(msgspec.Struct):
    """What became of some deliveries.

    `counts` are commits by outcome: `applied`, `duplicate` (had been applied before), `unhandled`
    (nothing to do) and `gap-filled` (read from the store, not delivered).
    """

    counts: Counter[str] = msgspec.field(default_factory=Counter)
    poisoned: list[Poisoned] = []

    def note(self, work: Work, done: Sequence[Delivery]) -> None:
        """Count commits that were applied now; one that is noted twice counts once."""
        numbers = {delivery.number for delivery in done} - work.done
        work.done |= numbers
        self.counts["applied"] += len(numbers)
        self.counts["gap-filled"] += len(numbers - work.delivered)

    def note_duplicates(self, work: Work, reached: int) -> None:
        """Count deliveries up to commit `reached` that this work did not apply: others had."""
        self.counts["duplicate"] += sum(n <= reached for n in work.delivered - work.done)


class Gate(Protocol):
    """Applies deliveries of one projection."""

    projection: Projection

    def apply(self, streams: Mapping[StreamId, Sequence[Delivery]]) -> Applied:
        """Bring the read model up to the last delivery of each stream.

        Args:
            streams: deliveries by stream, in order; doubles, gaps and old ones are expected.

        Raises:
            DriverError: DynamoDB could not be reached; delivering again is safe.
            ContendedError: rivals kept winning; delivering again is safe.
        """
        ...


class Places:
    """How far each stream is settled, as far as this process knows: an LRU memory."""

    def __init__(self, size_max: int = STREAMS_REMEMBERED) -> None:
        self._settled: OrderedDict[StreamId, int] = OrderedDict()
        self._size_max = size_max

    def settled(self, stream: StreamId) -> int:
        """The commit up to which everything is applied or not handled; 0 where unknown."""
        return self._settled.get(stream, 0)

    def settle(self, stream: StreamId, number: int) -> None:
        """Everything up to `number` is applied or not handled. True for ever once true."""
        self._settled[stream] = max(number, self.settled(stream))
        self._settled.move_to_end(stream)
        if len(self._settled) > self._size_max:
            self._settled.popitem(last=False)


class Work:
    """What is to be applied of one stream: deliveries, and from the store what lies between."""

    def __init__(
        self,
        projection: Projection,
        store: EventStore,
        stream: StreamId,
        deliveries: Sequence[Delivery],
    ) -> None:
        self._projection, self._store, self._stream = projection, store, stream
        self._known = {delivery.number: delivery for delivery in deliveries}
        self.delivered = frozenset(self._known)
        self.done: set[int] = set()
        self.last = max(self.delivered)

    def is_handled(self) -> bool:
        """Whether any delivery concerns the projection."""
        return any(delivery.concerns(self._projection) for delivery in self._known.values())

    def begins_after(self, number: int) -> bool:
        """Whether the deliveries follow commit `number` without a gap."""
        return all(n in self._known for n in range(number + 1, self.last + 1))

    def after(self, number: int) -> list[Delivery]:
        """Every commit after `number` up to the last one delivered, gaps read from the store.

        Raises:
            StreamCorruptedError: a commit of the gap is not in the store.
        """
        wanted = range(number + 1, self.last + 1)
        missing = [n for n in wanted if n not in self._known]
        if missing:
            found = self._store.log.read(self._stream, after=missing[0] - 1, up_to=missing[-1])
            for commit in found:
                self._known.setdefault(commit.number, Delivery(commit, self._store))
            for n in missing:
                if n not in self._known:
                    raise StreamCorruptedError(self._stream, f"commit {n} is not in the store")
        return [self._known[n] for n in wanted]

    def poison(self, error: Exception, reached: int) -> Poisoned:
        """What stops the stream where not even its next commit could be tried."""
        number = min((n for n in self.delivered if n > reached), default=self.last)
        found = HandlerError(self._projection.id, self._stream, number, "", in_words(error))
        return Poisoned(found, 1)


class Folded(msgspec.Struct, Generic[S]):
    """What handlers made of some commits.

    Args:
        state: what the first `done` commits made.
        done: how many of the commits went through.
        poisoned: why the next one did not; None where all did.
    """

    state: S
    done: int
    poisoned: Poisoned | None = None


def fold(
    projection: Projection,
    todo: Sequence[Delivery],
    start: Callable[[], S],
    step: Callable[[S, Delivery], None],
) -> Folded[S]:
    """Run `step` over commits; one that fails each of five times ends the row before itself.

    Args:
        projection: whose handlers `step` runs.
        todo: the commits, in order.
        start: makes a state to begin with; called again for every new try.
        step: brings one commit into the state; may leave it half changed where it raises.
    """
    limit, failures, poisoned = len(todo), 0, None
    while True:
        state, position = start(), 0
        try:
            for position in range(limit):
                step(state, todo[position])
        except (DriverError, ContendedError):
            raise
        except Exception as error:  # a user's handler may raise anything
            failures += 1
            if failures < ATTEMPTS_MAX and not isinstance(error, EventError):
                continue
            poisoned = poison(projection, todo[position], error, failures)
            limit, failures = position, 0
        else:
            return Folded(state, limit, poisoned)


def poison(
    projection: Projection, delivery: Delivery, error: Exception, attempts: int = 1
) -> Poisoned:
    """What stops a stream: this error, on this commit, tried so often."""
    commit = delivery.commit
    if isinstance(error, EventError):
        tags = getattr(error, "tag", "")
    else:
        events = delivery.events_for(projection).events
        handled = (event for event in events if type(event) in projection.handlers)
        tags = ", ".join(dict.fromkeys(event_tag(type(event)) for event in handled))
    found = HandlerError(projection.id, commit.stream, commit.number, tags, in_words(error))
    return Poisoned(found, attempts)


def is_refusal(error: Exception) -> bool:
    """Whether what was to be written can never be: too large, not storable, refused as written.

    What no floor below raises on purpose is met while requests are built of what handlers made, so
    it is of one commit too.
    """
    if isinstance(error, TransactionCanceledError):
        return any(reason.code == "ValidationError" for reason in error.reasons)
    if isinstance(error, DriverError):
        return isinstance(error, InvalidRequestError)
    return not (isinstance(error, KeyfoldError) and error.retry)


def stops_the_worker(error: Exception) -> bool:
    """Whether an error is of DynamoDB or of the code as a whole, and not of one stream."""
    if isinstance(error, DriverError | ProjectionDefinitionError):
        return True
    return isinstance(error, KeyfoldError) and error.retry
