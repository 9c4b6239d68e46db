"""What the wire can do to one request, over real sockets: nothing is ever read as empty, and what
is said of an append is true."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

import msgspec
import pytest

from eventstore import (
    NO_STREAM,
    DynamoDBLog,
    Outcome,
    OutcomeUnknownError,
    StreamId,
    VersionConflictError,
)
from orm.clock import ManualClock
from orm.config import SingleTableConfig
from orm.driver import Driver, RetryingDriver, RetryPolicy, Transport, WireDriver
from orm.errors import (
    AnswerLostError,
    CorruptResponseError,
    DriverError,
    ServiceFaultError,
    UnreachableError,
)
from tests.conftest import fresh_config
from tests.integration.log.conftest import Connect, connecting
from tests.support.logs import bodies, draft, fresh_stream, new_id
from tests.support.proxy import FaultProxy, Plan, Wire
from tests.support.region import Region

WRITES = frozenset({"PutItem", "TransactWriteItems"})
NOT_SENT_ON = frozenset({Wire.CLOSED, Wire.RESET, Wire.FAIL_BEFORE})
EXPECTED: dict[Wire, type[DriverError]] = {
    Wire.CLOSED: AnswerLostError,
    Wire.RESET: AnswerLostError,
    Wire.FAIL_BEFORE: ServiceFaultError,
    Wire.DROPPED: AnswerLostError,
    Wire.FAIL_AFTER: ServiceFaultError,
    Wire.TORN: CorruptResponseError,
    Wire.CUT: CorruptResponseError,
    Wire.CUT_BARE: CorruptResponseError,
    Wire.EMPTIED: CorruptResponseError,
    Wire.BLANK: CorruptResponseError,
    Wire.HTML: CorruptResponseError,
    Wire.FLIPPED: CorruptResponseError,
    Wire.MISCOUNTED: CorruptResponseError,
    Wire.DELAYED: AnswerLostError,
    Wire.LATE: AnswerLostError,
}
PATIENT = RetryPolicy(attempts_max=6, wait_first_seconds=0.01, wait_max_seconds=0.05)


class House(msgspec.Struct):
    """A table, a sure way to it, and a way through the proxy."""

    config: SingleTableConfig
    sure: DynamoDBLog
    proxy: FaultProxy
    transport: Transport

    def log(self, driver: Driver) -> DynamoDBLog:
        return DynamoDBLog(driver, self.config, epoch=self.sure.epoch)

    def once(self) -> DynamoDBLog:
        """A log that tries everything once."""
        return self.log(WireDriver(self.transport))

    def patient(self) -> DynamoDBLog:
        """A log that tries again, and lets no time pass."""
        return self.log(RetryingDriver(WireDriver(self.transport), PATIENT, ManualClock()))


@pytest.fixture(scope="module", params=[False, True], ids=["lean", "stock"])
def connect(request: pytest.FixtureRequest, region: Region) -> Connect:
    """As everywhere, on each path in turn."""
    return connecting(region, stock=request.param)


@pytest.fixture(scope="module")
def sure(local_transport: Transport) -> DynamoDBLog:
    log = DynamoDBLog(RetryingDriver(WireDriver(local_transport)), fresh_config())
    log.create()
    return log


@pytest.fixture
def house(sure: DynamoDBLog, proxy: FaultProxy, through: Transport) -> House:
    return House(sure.layout.config, sure, proxy, through)


def first(faults: int, fault: Wire, only: Callable[[str], bool] = lambda _: True) -> Plan:
    """The first `faults` requests go wrong, all others go through."""
    left = [fault] * faults

    def plan(operation: str, _body: bytes) -> Wire | None:
        return left.pop() if left and only(operation) else None

    return plan


@pytest.mark.parametrize("fault", EXPECTED, ids=lambda fault: fault.name)
def test_a_damaged_read_is_never_an_empty_stream(house: House, fault: Wire):
    """Each way of damage raises; asked again, the stream is whole."""
    stream = fresh_stream()
    house.sure.append([draft(stream, NO_STREAM, b"here")], commit_id=new_id())
    questions: list[Callable[[DynamoDBLog], object]] = [
        lambda log: bodies(log, stream),
        lambda log: log.head(stream).commit,
        lambda log: list(log.streams(stream.category)),
    ]
    for question in questions:
        house.proxy.plan = first(1, fault)
        with pytest.raises(EXPECTED[fault]) as error:
            question(house.once())
        assert error.value.retry
        assert question(house.patient()) == question(house.sure)


@pytest.mark.parametrize("fault", EXPECTED, ids=lambda fault: fault.name)
def test_an_append_without_an_answer_is_unknown_and_can_be_asked_for(house: House, fault: Wire):
    """One send, one fault: unknown, whatever happened; the receipt tells, also when it was late."""
    stream = fresh_stream()
    house.proxy.plan = first(1, fault)
    with pytest.raises(OutcomeUnknownError) as unknown:
        house.once().append([draft(stream, NO_STREAM, b"once")], commit_id=new_id())
    assert unknown.value.applied is None
    if fault is Wire.LATE:
        assert house.sure.resolve(unknown.value.receipt) is Outcome.UNKNOWN
    house.proxy.settle()
    there = fault not in NOT_SENT_ON
    expected = Outcome.COMMITTED if there else Outcome.UNKNOWN
    assert house.sure.resolve(unknown.value.receipt) is expected
    assert bodies(house.sure, stream) == ([b"once"] if there else [])


@pytest.mark.parametrize("fault", Wire, ids=lambda fault: fault.name)
@pytest.mark.parametrize("streams", [1, 2])
def test_a_patient_append_survives_each_fault(house: House, fault: Wire, streams: int):
    """Sent again, it finds itself: committed once, and reported so."""
    base = fresh_stream()
    targets = [StreamId(base.category, str(n)) for n in range(streams)]
    house.proxy.plan = first(2, fault, WRITES.__contains__)
    tokens = house.patient().append(
        [draft(s, NO_STREAM, b"once") for s in targets], commit_id=new_id()
    )
    house.proxy.settle()
    assert [token.commit for token in tokens] == [1] * streams
    assert [bodies(house.sure, s) for s in targets] == [[b"once"]] * streams
    assert house.proxy.faults[fault.value] >= 1


@pytest.mark.parametrize("fault", Wire, ids=lambda fault: fault.name)
def test_a_rival_is_a_conflict_whatever_the_wire_did_before(house: House, fault: Wire):
    """An earlier attempt's lost answer leaves no doubt once the slot shows whose it is: another's
    means not written, surely."""
    stream = fresh_stream()
    house.sure.append([draft(stream, NO_STREAM, b"rival")], commit_id=new_id())
    house.proxy.plan = first(2, fault)
    with pytest.raises(VersionConflictError) as conflict:
        house.patient().append([draft(stream, NO_STREAM, b"mine")], commit_id=new_id())
    assert conflict.value.applied is False
    house.proxy.settle()
    assert bodies(house.sure, stream) == [b"rival"]


@pytest.mark.parametrize("fault", Wire, ids=lambda fault: fault.name)
def test_a_patient_read_survives_each_fault(house: House, fault: Wire):
    stream = fresh_stream()
    house.sure.append([draft(stream, NO_STREAM, b"here")], commit_id=new_id())
    house.proxy.plan = first(2, fault)
    assert bodies(house.patient(), stream) == [b"here"]


def test_an_engine_that_never_answers_leaves_it_unknown(house: House):
    """The last word names stream, commit id and number of attempts, and what to do next."""
    stream, commit_id = fresh_stream(), new_id()
    house.proxy.plan = lambda _operation, _body: Wire.DROPPED
    with pytest.raises(OutcomeUnknownError) as unknown:
        house.patient().append([draft(stream, NO_STREAM)], commit_id=commit_id)
    text = str(unknown.value)
    assert str(stream) in text
    assert commit_id.hex() in text
    assert "6 attempts" in text
    assert "resolve" in unknown.value.hint
    assert house.sure.resolve(unknown.value.receipt) is Outcome.COMMITTED


def test_nobody_listening_is_surely_not_written(house: House, connect: Connect):
    """A refused connection is known to have changed nothing."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        dead = house.log(WireDriver(connect(f"http://127.0.0.1:{taken.getsockname()[1]}")))
        with pytest.raises(UnreachableError) as refused:
            dead.append([draft(fresh_stream(), NO_STREAM)], commit_id=new_id())
    assert refused.value.applied is False
    assert refused.value.retry
    assert "keyfold local start" in refused.value.hint


def test_a_page_lost_in_the_middle_is_no_end(house: House):
    """Of a stream of several pages the second is damaged: an error, not a shorter stream."""
    stream = fresh_stream()
    token = house.sure.head(stream)
    for _ in range(4):
        data = secrets.token_bytes(390_000)
        [token] = house.sure.append([draft(stream, token, data)], commit_id=new_id())
    seen = iter((None, Wire.EMPTIED))
    house.proxy.plan = lambda _operation, _body: next(seen, None)
    with pytest.raises(CorruptResponseError):
        list(house.once().read(stream))
    assert len(bodies(house.patient(), stream)) == 4
