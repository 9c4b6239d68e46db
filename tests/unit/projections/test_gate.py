"""The parts of the gates that send nothing: folding with five tries, places, and what a gap is."""

from __future__ import annotations

import pickle

import pytest

from eventstore import NO_STREAM, Event, EventStore, MemoryLog, StreamCorruptedError, StreamId
from orm.errors import (
    CancellationReason,
    ConfigurationError,
    InvalidRequestError,
    ItemTooLargeError,
    ThrottledError,
    TransactionCanceledError,
    UnprocessedError,
)
from projections import Effects, HandlerError, Projector, handles, projection_of
from projections.delivery import Delivery, by_stream
from projections.errors import (
    ContendedError,
    EffectsError,
    ForeignRowError,
    LeaseLostError,
    NotParkedError,
    ProjectionDefinitionError,
    in_words,
)
from projections.gate import ATTEMPTS_MAX, Folded, Places, Work, fold, is_refusal, stops_the_worker

STREAM = StreamId("TALLY", "a")


class Added(Event, tag="added"):
    amount: int


class Noted(Event, tag="noted"):
    pass


class Sums(Projector, source="TALLY"):
    @handles
    def added(self, event: Added, rows: Effects) -> None: ...


PROJECTION = projection_of(Sums())


@pytest.fixture
def store() -> EventStore:
    return EventStore(MemoryLog(), [Added, Noted])


def deliveries(store: EventStore, *amounts: int) -> list[Delivery]:
    token = NO_STREAM
    for amount in amounts:
        event = Added(amount) if amount else Noted()
        token = store.append(STREAM, [event], expected=token)  # type: ignore[assignment]
    return [Delivery(commit, store) for commit in store.log.read(STREAM)]


# --- folding ----------------------------------------------------------------------------------


def test_all_that_goes_well_is_folded_once(store: EventStore) -> None:
    seen: list[int] = []
    folded: Folded[list[int]] = fold(
        PROJECTION, deliveries(store, 1, 2, 3), list, lambda state, d: _keep(state, d, seen)
    )
    assert (folded.state, folded.done, folded.poisoned) == ([1, 2, 3], 3, None)
    assert seen == [1, 2, 3]


def _keep(state: list[int], delivery: Delivery, seen: list[int], bad: int = 0) -> None:
    state.append(delivery.number)
    seen.append(delivery.number)
    if delivery.number == bad:
        raise ValueError("no")


def test_a_failure_ends_the_row_before_itself_after_five_tries(store: EventStore) -> None:
    """What the failed tries left in the state is not in what comes back."""
    seen: list[int] = []
    folded: Folded[list[int]] = fold(
        PROJECTION, deliveries(store, 1, 2, 3), list, lambda s, d: _keep(s, d, seen, bad=2)
    )
    assert (folded.state, folded.done) == ([1], 1)
    assert folded.poisoned is not None
    assert (folded.poisoned.error.commit, folded.poisoned.attempts) == (2, ATTEMPTS_MAX)
    assert seen.count(2) == ATTEMPTS_MAX
    assert 3 not in seen


def test_a_failure_of_the_first_leaves_nothing_done(store: EventStore) -> None:
    folded: Folded[list[int]] = fold(
        PROJECTION, deliveries(store, 1), list, lambda s, d: _keep(s, d, [], bad=1)
    )
    assert (folded.state, folded.done) == ([], 0)


@pytest.mark.parametrize(
    "outage", [ThrottledError("PutItem", "rows", "slow down"), ContendedError("Sums@1", STREAM, 1)]
)
def test_an_outage_is_passed_on_at_once(store: EventStore, outage: Exception) -> None:
    def step(state: list[int], delivery: Delivery) -> None:
        raise outage

    with pytest.raises(type(outage)):
        fold(PROJECTION, deliveries(store, 1), list, step)


# --- places and work --------------------------------------------------------------------------


def test_places_never_go_back() -> None:
    places = Places()
    places.settle(STREAM, 5)
    places.settle(STREAM, 3)
    assert places.settled(STREAM) == 5
    assert places.settled(StreamId("TALLY", "b")) == 0


def test_the_place_that_was_used_longest_ago_is_forgotten() -> None:
    places = Places(size_max=2)
    one, two, three = (StreamId("TALLY", name) for name in "abc")
    places.settle(one, 1)
    places.settle(two, 2)
    places.settle(one, 3)
    places.settle(three, 4)
    assert [places.settled(stream) for stream in (one, two, three)] == [3, 0, 4]


def test_work_reads_only_what_is_missing(store: EventStore) -> None:
    found = deliveries(store, 1, 2, 3, 4, 5)
    work = Work(PROJECTION, store, STREAM, [found[4], found[2]])
    assert not work.begins_after(0)
    assert [one.number for one in work.after(1)] == [2, 3, 4, 5]
    assert work.delivered == {3, 5}
    assert work.after(5) == []


def test_work_is_handled_if_any_delivery_is(store: EventStore) -> None:
    found = deliveries(store, 0, 1, 0)
    assert not Work(PROJECTION, store, STREAM, [found[0], found[2]]).is_handled()
    assert Work(PROJECTION, store, STREAM, found).is_handled()


def test_a_gap_that_the_store_cannot_fill_is_corruption(store: EventStore) -> None:
    """A delivery of a stream of which the store knows less."""
    found = deliveries(store, 1, 2, 3)
    other = EventStore(MemoryLog(), [Added, Noted])
    deliveries(other, 1)
    work = Work(PROJECTION, other, STREAM, [found[2]])
    with pytest.raises(StreamCorruptedError, match="commit 2 is not in the store"):
        work.after(0)


def test_deliveries_are_sorted_by_stream_and_doubles_kept(store: EventStore) -> None:
    found = deliveries(store, 1, 2)
    grouped = by_stream([found[1], found[0], found[1]])
    assert [one.number for one in grouped[STREAM]] == [1, 2, 2]


# --- which failure is whose -------------------------------------------------------------------


def cancelled(*codes: str) -> TransactionCanceledError:
    reasons = tuple(CancellationReason(code) for code in codes)
    return TransactionCanceledError("TransactWriteItems", "rows", "cancelled", reasons)


@pytest.mark.parametrize(
    ("error", "refusal", "stops"),
    [
        (InvalidRequestError("PutItem", "rows", "no"), True, True),
        (ItemTooLargeError("a row", 500_000, 409_600, "text"), True, False),
        (EffectsError("too much"), True, False),
        (ConfigurationError("x", "y"), True, False),
        (cancelled("None", "ValidationError"), True, True),
        (cancelled("None", "TransactionConflict"), False, True),
        (cancelled("ThrottlingError"), False, True),
        (ThrottledError("PutItem", "rows", "slow down"), False, True),
        (UnprocessedError("BatchGetItem", "rows", []), False, True),
        (ContendedError("Sums@1", STREAM, 20), False, True),
        (StreamCorruptedError(STREAM, "a gap"), True, False),
        (ValueError("a bug"), True, False),
        (ProjectionDefinitionError("of is missing"), True, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_poison_and_outage_are_told_apart(error: Exception, refusal: bool, stops: bool) -> None:
    """A refusal is narrowed down to one commit; what stops the worker never parks a stream."""
    assert is_refusal(error) is refusal
    assert stops_the_worker(error) is stops


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            HandlerError("Sums@1", STREAM, 3, "added", "ValueError: no"),
            "Sums@1 failed on 'added' in commit 3 of TALLY#a: ValueError: no",
        ),
        (ContendedError("Sums@1", STREAM, 20), "20 attempts on TALLY#a"),
        (LeaseLostError("s", "me"), "shard s is no longer held by me"),
        (NotParkedError("Sums@1", STREAM), "TALLY#a is not parked for Sums@1"),
        (ForeignRowError("Row", "at its key is the row of TALLY#b"), "Row: at its key is the row"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_errors_tell_their_facts_and_pickle(error: Exception, text: str) -> None:
    assert text in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))


def test_an_error_without_a_text_is_still_told() -> None:
    """Its text is its author's code, and failing there must not stop the worker."""

    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    assert in_words(MuteError()) == "MuteError: its text cannot be made: RuntimeError"
    assert in_words(ValueError("no")) == "ValueError: no"
