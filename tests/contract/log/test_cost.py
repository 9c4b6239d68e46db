"""What each operation costs: requests, capacity units and bytes, exactly.

Transactions are asserted by AWS's rule (twice the units of each action) on the memory engine only:
DynamoDB Local reports less than AWS bills. A refused put is billed as a write by AWS, and its
answer carries no figure on any engine; what is asserted is that it is one request.
"""

from __future__ import annotations

import secrets

import msgspec
import pytest

from eventstore import (
    ANY,
    EXISTS,
    NO_STREAM,
    DynamoDBLog,
    StreamId,
    VersionConflictError,
    WrongTokenError,
)
from eventstore.token import Expected
from orm.clock import ManualClock
from orm.driver import MeteredDriver, RetryingDriver, Transport, WireDriver
from orm.errors import ItemTooLargeError
from tests.conftest import fresh_config
from tests.support.logs import draft, fresh_stream, new_id
from tests.support.meter import Weighed, cost


class Metered(msgspec.Struct):
    """A log whose every attempt is counted, transport bytes too."""

    log: DynamoDBLog
    meter: MeteredDriver
    weighed: Weighed


@pytest.fixture(scope="module")
def opened() -> dict[int, Metered]:
    return {}


@pytest.fixture
def metered(transport: Transport, opened: dict[int, Metered]) -> Metered:
    if (found := opened.get(id(transport))) is not None:
        return found
    weighed = Weighed(transport)
    meter = MeteredDriver(WireDriver(weighed))
    log = DynamoDBLog(RetryingDriver(meter), fresh_config(), ManualClock())
    log.create()
    return opened.setdefault(id(transport), Metered(log, meter, weighed))


def start(metered: Metered, stream: StreamId, commits: int = 1, size_bytes: int = 10) -> None:
    token = metered.log.head(stream)
    for _ in range(commits):
        data = secrets.token_bytes(size_bytes)
        [token] = metered.log.append([draft(stream, token, data)], commit_id=new_id())


def test_the_epoch_is_asked_for_once(transport: Transport, metered: Metered):
    """Its one GetItem is all that opening a store costs."""
    config = metered.log.layout.config
    meter = MeteredDriver(WireDriver(transport))
    log = DynamoDBLog(meter, config)
    assert meter.usage().requests == {}
    stream = fresh_stream()
    log.append([draft(stream, NO_STREAM)], commit_id=new_id())
    log.append([draft(stream, log.head(stream))], commit_id=new_id())
    assert meter.usage().requests == {"GetItem": 1, "PutItem": 2, "Query": 1}


def test_the_first_commit_costs_its_size_and_one_index_entry(metered: Metered, stream: StreamId):
    with cost(metered.meter) as spent:
        metered.log.append([draft(stream, NO_STREAM)], commit_id=new_id())
    assert spent.requests == {"PutItem": 1}
    assert spent.capacity_units == {"PutItem": 2}


@pytest.mark.parametrize(
    ("size_bytes", "units"), [(1, 1), (700, 1), (1_024, 2), (4_900, 5), (5_100, 6), (300_000, 294)]
)
def test_an_append_costs_one_unit_a_kilobyte(
    metered: Metered, stream: StreamId, size_bytes: int, units: int
):
    """The events' bytes and some 150 beside them, in whole kilobytes; one request."""
    start(metered, stream)
    token, data = metered.log.head(stream), secrets.token_bytes(size_bytes)
    with cost(metered.meter) as spent:
        metered.log.append([draft(stream, token, data)], commit_id=new_id())
    assert spent.requests == {"PutItem": 1}
    assert spent.capacity_units == {"PutItem": units}


def test_compression_saves_units(metered: Metered, stream: StreamId):
    """Ten like events of 500 bytes: one unit instead of five."""
    start(metered, stream)
    token = metered.log.head(stream)
    with cost(metered.meter) as spent:
        metered.log.append([draft(stream, token, b"like events " * 420)], commit_id=new_id())
    assert spent.capacity_units == {"PutItem": 1}


@pytest.mark.parametrize(
    ("expected", "requests"),
    [
        (NO_STREAM, {"PutItem": 1}),
        (ANY, {"Query": 1, "PutItem": 1}),
        (0, {"Query": 1, "PutItem": 1}),
    ],
    ids=str,
)
def test_only_what_names_no_place_costs_a_probe(
    metered: Metered, stream: StreamId, expected: Expected, requests: dict[str, int]
):
    with cost(metered.meter) as spent:
        metered.log.append([draft(stream, expected)], commit_id=new_id())
    assert spent.requests == requests


def test_a_refusal_is_one_request(metered: Metered, stream: StreamId):
    """It brings the occupant along: nothing is read to know whose it is."""
    start(metered, stream)
    with cost(metered.meter) as spent, pytest.raises(VersionConflictError):
        metered.log.append([draft(stream, NO_STREAM)], commit_id=new_id())
    assert spent.requests == {"PutItem": 1}
    assert spent.failures == {"ConditionFailedError": 1}


def test_a_repetition_is_one_request(metered: Metered, stream: StreamId):
    commit_id, drafts = new_id(), [draft(stream, NO_STREAM)]
    metered.log.append(drafts, commit_id=commit_id)
    with cost(metered.meter) as spent:
        metered.log.append(drafts, commit_id=commit_id)
    assert spent.requests == {"PutItem": 1}


def test_what_is_refused_here_costs_nothing(metered: Metered, stream: StreamId):
    """A commit over 400 KB and a token of another stream are never sent."""
    huge, elsewhere = secrets.token_bytes(410_000), metered.log.head(fresh_stream())
    with cost(metered.meter) as spent:
        with pytest.raises(ItemTooLargeError):
            metered.log.append([draft(stream, NO_STREAM, huge)], commit_id=new_id())
        with pytest.raises(WrongTokenError):
            metered.log.append([draft(stream, elsewhere)], commit_id=new_id())
    assert spent.requests == {}


def test_exists_on_nothing_is_one_probe(metered: Metered, stream: StreamId):
    with cost(metered.meter) as spent, pytest.raises(VersionConflictError):
        metered.log.append([draft(stream, EXISTS)], commit_id=new_id())
    assert spent.requests == {"Query": 1}


@pytest.mark.parametrize(
    ("commits", "size_bytes", "pages", "units"),
    [(1, 10, 1, 1), (40, 100, 1, 2), (7, 300_000, 2, 514)],
)
def test_a_load_costs_one_request_a_page(
    metered: Metered, stream: StreamId, commits: int, size_bytes: int, pages: int, units: int
):
    """A page is 1 MB; a unit 4 KB, strongly consistent."""
    start(metered, stream, commits, size_bytes)
    with cost(metered.meter) as spent:
        assert len(list(metered.log.read(stream))) == commits
    assert spent.requests == {"Query": pages}
    assert spent.capacity_units["Query"] == units


def test_a_load_of_nothing_is_one_request(metered: Metered, stream: StreamId):
    """AWS bills it as the smallest read, DynamoDB Local not at all."""
    with cost(metered.meter) as spent:
        assert list(metered.log.read(stream)) == []
    assert spent.requests == {"Query": 1}


def test_a_tail_costs_the_tail(metered: Metered, stream: StreamId):
    start(metered, stream, 6, 4_500)
    with cost(metered.meter) as spent:
        assert [c.number for c in metered.log.read(stream, after=4)] == [5, 6]
    assert spent.requests == {"Query": 1}
    assert spent.capacity_units == {"Query": 3}


def test_head_and_resolve_are_one_small_read(metered: Metered, stream: StreamId):
    start(metered, stream, 30)
    [receipt] = metered.log.receipts([draft(stream, ANY)], commit_id=new_id())
    for operation, question in (
        ("Query", lambda: metered.log.head(stream)),
        ("GetItem", lambda: metered.log.resolve(receipt)),
    ):
        with cost(metered.meter) as spent:
            question()
        assert spent.requests == {operation: 1}
        assert spent.capacity_units == {operation: 1}


def test_an_append_to_several_streams_is_one_request(metered: Metered):
    category = fresh_stream().category
    streams = [StreamId(category, str(n)) for n in range(5)]
    with cost(metered.meter) as spent:
        metered.log.append([draft(s, NO_STREAM) for s in streams], commit_id=new_id())
    assert spent.requests == {"TransactWriteItems": 1}


def test_a_transaction_costs_double(memory_transport: Transport):
    """AWS's rule: 2 units a kilobyte for each action, index entries too."""
    meter = MeteredDriver(WireDriver(memory_transport))
    log = DynamoDBLog(RetryingDriver(meter), fresh_config())
    log.create()
    category = fresh_stream().category
    a, b = StreamId(category, "a"), StreamId(category, "b")
    with cost(meter) as spent:
        tokens = log.append([draft(a, NO_STREAM), draft(b, NO_STREAM)], commit_id=new_id())
    assert spent.capacity_units == {"TransactWriteItems": 2 * (2 + 2)}
    big = secrets.token_bytes(2_500)
    with cost(meter) as spent:
        log.append([draft(a, tokens[0]), draft(b, tokens[1], big)], commit_id=new_id())
    assert spent.capacity_units == {"TransactWriteItems": 2 * (1 + 3)}


def test_listing_streams_costs_one_request_a_slice(metered: Metered):
    with cost(metered.meter) as spent:
        list(metered.log.streams(fresh_stream().category))
    assert spent.requests == {"Query": 4}


@pytest.mark.parametrize(("expected", "sent_bytes"), [(NO_STREAM, 552), ("token", 472)], ids=str)
def test_bytes_sent_by_an_append(metered: Metered, expected, sent_bytes: int):
    """All that goes out for ten bytes of events: names, numbers and ids are a half kilobyte."""
    stream = StreamId(f"BYTES{sent_bytes}", secrets.token_hex(4))
    if expected == "token":
        start(metered, stream)
        expected = metered.log.head(stream)
    metered.weighed.sent_bytes.clear()
    metered.log.append([draft(stream, expected, b"0123456789")], commit_id=new_id())
    assert metered.weighed.sent_bytes == [sent_bytes]


@pytest.mark.parametrize("events", [1, 100])
def test_bytes_sent_do_not_grow_with_the_number_of_events(metered: Metered, events: int):
    """A commit is one item: what stands beside the events is sent once."""
    stream = fresh_stream()
    data = b"x" * 700
    metered.weighed.sent_bytes.clear()
    metered.log.append([draft(stream, NO_STREAM, data, events)], commit_id=new_id())
    [sent] = metered.weighed.sent_bytes
    assert sent - len(data) * 4 / 3 < 650
