"""What the service says beside yes: repeated where it is passing, told truly where it is not.

The "known sharp corner": after a lost answer the last word may be a plain refusal. The slot's
occupant decides what it means; only where nobody answers does the outcome stay unknown.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from eventstore import (
    ANY,
    NO_STREAM,
    DynamoDBLog,
    OutcomeUnknownError,
    StreamId,
    VersionConflictError,
)
from orm.clock import ManualClock
from orm.driver import (
    RetryingDriver,
    RetryPolicy,
    ServiceError,
    Transport,
    TransportError,
    WireDriver,
)
from orm.errors import DriverError, InvalidRequestError, ThrottledError, TransactionConflictError
from tests.conftest import fresh_config
from tests.support.logs import bodies, draft, fresh_stream, new_id

Call = Callable[[str, dict[str, Any]], bytes]
Step = Callable[[Call, str, dict[str, Any]], bytes]

PATIENT = RetryPolicy(attempts_max=4)


class Scripted:
    """A transport that does to its writes what a script says, one step each, and then no more."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.steps: list[Step] = []
        self.calls = 0

    def call(self, operation: str, params: dict[str, Any], /) -> bytes:
        """See `Transport.call`."""
        if operation not in ("PutItem", "TransactWriteItems"):
            return self._transport.call(operation, params)
        self.calls += 1
        step = self.steps.pop(0) if self.steps else through
        return step(self._transport.call, operation, params)


def through(call: Call, operation: str, params: dict[str, Any]) -> bytes:
    return call(operation, params)


def lost(call: Call, operation: str, params: dict[str, Any]) -> bytes:
    with contextlib.suppress(ServiceError):
        call(operation, params)
    raise TransportError("lost", "no answer")


def lost_on_the_way(_call: Call, _operation: str, _params: dict[str, Any]) -> bytes:
    raise TransportError("lost", "no answer")


def says(code: str, status: int = 400, fields: dict[str, Any] | None = None) -> Step:
    """The service answers with this error and does nothing."""

    def step(_call: Call, _operation: str, _params: dict[str, Any]) -> bytes:
        raise ServiceError(code, "scripted", status, fields)

    return step


def cancelled(*codes: str) -> Step:
    reasons = [{"Code": code} for code in codes]
    return says("TransactionCanceledException", fields={"CancellationReasons": reasons})


THROTTLED = says("ProvisionedThroughputExceededException")
BUSY = says("TransactionConflictException")
RUNNING = says("TransactionInProgressException")
FAILED = says("InternalServerError", 500)


@pytest.fixture
def scripted(transport: Transport) -> Scripted:
    return Scripted(transport)


@pytest.fixture(scope="module")
def tables() -> dict[int, DynamoDBLog]:
    return {}


@pytest.fixture
def sure(transport: Transport, tables: dict[int, DynamoDBLog]) -> DynamoDBLog:
    """The same table, reached without a script."""
    if id(transport) not in tables:
        log = DynamoDBLog(RetryingDriver(WireDriver(transport)), fresh_config())
        log.create()
        tables[id(transport)] = log
    return tables[id(transport)]


@pytest.fixture
def log(scripted: Scripted, sure: DynamoDBLog) -> DynamoDBLog:
    clock = ManualClock()
    driver = RetryingDriver(WireDriver(scripted), PATIENT, clock)
    return DynamoDBLog(driver, sure.layout.config, clock)


def pair() -> list[StreamId]:
    first = fresh_stream()
    return [first, StreamId(first.category, first.id + "x")]


@pytest.mark.parametrize(
    "step",
    [THROTTLED, BUSY, FAILED, lost, lost_on_the_way],
    ids=["throttled", "busy", "failed", "lost", "never arrived"],
)
def test_passing_trouble_is_repeated(
    scripted: Scripted, log: DynamoDBLog, sure: DynamoDBLog, stream: StreamId, step: Step
):
    """Never reported as a conflict, and the commit is there once."""
    scripted.steps = [step, step]
    log.append([draft(stream, NO_STREAM, b"once")], commit_id=new_id())
    assert bodies(sure, stream) == [b"once"]
    assert scripted.calls == 3


@pytest.mark.parametrize(
    "step",
    [
        RUNNING,
        cancelled("TransactionConflict", "None"),
        cancelled("None", "ThrottlingError"),
        lost,
        FAILED,
    ],
    ids=["in progress", "busy", "throttled", "lost", "failed"],
)
def test_passing_trouble_of_a_transaction_is_repeated(
    scripted: Scripted, log: DynamoDBLog, sure: DynamoDBLog, step: Step
):
    streams = pair()
    scripted.steps = [step, step]
    log.append([draft(s, NO_STREAM, b"once") for s in streams], commit_id=new_id())
    assert [bodies(sure, s) for s in streams] == [[b"once"]] * 2
    assert scripted.calls == 3


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([THROTTLED] * 4, ThrottledError),
        ([BUSY] * 4, TransactionConflictError),
        ([says("ValidationException")], InvalidRequestError),
    ],
    ids=["throttled", "busy", "invalid"],
)
def test_lasting_refusals_are_surely_not_written(
    scripted: Scripted,
    log: DynamoDBLog,
    sure: DynamoDBLog,
    stream: StreamId,
    steps: list[Step],
    error: type[DriverError],
):
    scripted.steps = list(steps)
    with pytest.raises(error) as refused:
        log.append([draft(stream, NO_STREAM)], commit_id=new_id())
    assert refused.value.applied is False
    assert refused.value.attempts == len(steps)
    assert bodies(sure, stream) == []


@pytest.mark.parametrize(
    ("steps", "there"),
    [
        ([FAILED] * 4, False),
        ([lost_on_the_way] * 4, False),
        ([lost, THROTTLED, THROTTLED, THROTTLED], True),
        ([lost_on_the_way, BUSY, BUSY, BUSY], False),
        ([lost, says("ValidationException")], True),
        ([lost, says("AccessDeniedException")], True),
    ],
    ids=[
        "failed",
        "never arrived",
        "throttled after",
        "busy after",
        "invalid after",
        "denied after",
    ],
)
def test_a_doubt_is_not_forgotten(
    scripted: Scripted,
    log: DynamoDBLog,
    sure: DynamoDBLog,
    stream: StreamId,
    steps: list[Step],
    there: bool,
):
    """A sure refusal of the last attempt says nothing of the first."""
    scripted.steps = list(steps)
    with pytest.raises(OutcomeUnknownError) as unknown:
        log.append([draft(stream, NO_STREAM, b"x")], commit_id=new_id())
    assert unknown.value.applied is None
    assert unknown.value.retry
    assert bodies(sure, stream) == ([b"x"] if there else [])


@pytest.mark.parametrize("first", [lost_on_the_way, FAILED], ids=["never arrived", "failed"])
def test_the_occupant_ends_the_doubt(
    scripted: Scripted, log: DynamoDBLog, sure: DynamoDBLog, stream: StreamId, first: Step
):
    """Another's commit in the slot: whatever became of the first send, it was not written, and
    never will be."""

    def rival_first(call: Call, operation: str, params: dict[str, Any]) -> bytes:
        sure.append([draft(stream, NO_STREAM, b"rival")], commit_id=new_id())
        return call(operation, params)

    scripted.steps = [first, rival_first]
    with pytest.raises(VersionConflictError) as conflict:
        log.append([draft(stream, NO_STREAM, b"mine")], commit_id=new_id())
    assert conflict.value.applied is False
    assert bodies(sure, stream) == [b"rival"]


def test_any_goes_on_behind_a_rival_after_a_doubt(
    scripted: Scripted, log: DynamoDBLog, sure: DynamoDBLog, stream: StreamId
):
    """The rival's commit proves that the lost send is void, so the next slot is free to take."""

    def rival_first(call: Call, operation: str, params: dict[str, Any]) -> bytes:
        sure.append([draft(stream, ANY, b"rival")], commit_id=new_id())
        return call(operation, params)

    scripted.steps = [lost_on_the_way, rival_first]
    [token] = log.append([draft(stream, ANY, b"mine")], commit_id=new_id())
    assert token.commit == 2
    assert bodies(sure, stream) == [b"rival", b"mine"]


def test_ours_beside_a_busy_item_is_ours(scripted: Scripted, log: DynamoDBLog, sure: DynamoDBLog):
    """A transaction is whole: where one slot holds our commit, so does the one that was busy."""
    streams = pair()
    drafts, commit_id = [draft(s, NO_STREAM, b"once") for s in streams], new_id()
    tokens = sure.append(drafts, commit_id=commit_id)

    def second_is_busy(call: Call, operation: str, params: dict[str, Any]) -> bytes:
        try:
            return call(operation, params)
        except ServiceError as refusal:
            refusal.fields["CancellationReasons"][1] = {"Code": "TransactionConflict"}
            raise

    scripted.steps = [second_is_busy]
    assert log.append(drafts, commit_id=commit_id) == tokens


def test_a_transaction_that_runs_on_is_unknown(
    scripted: Scripted, log: DynamoDBLog, sure: DynamoDBLog
):
    """It may yet be carried out; the receipts tell, one for each stream."""
    streams = pair()
    scripted.steps = [RUNNING] * 4
    with pytest.raises(OutcomeUnknownError) as unknown:
        log.append([draft(s, NO_STREAM) for s in streams], commit_id=new_id())
    assert [receipt.stream for receipt in unknown.value.receipts] == streams
    assert all(str(s) in str(unknown.value) for s in streams)
    assert [bodies(sure, s) for s in streams] == [[], []]
