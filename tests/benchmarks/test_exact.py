"""What one operation costs, to the request, the capacity unit and the byte sent.

Counted at the replay server, whose answers are the engine's (`test_canned`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks import canned
from benchmarks.append import EVENT, PLACE, boto_put, check, sent_item
from benchmarks.orders import Order
from benchmarks.replay_server import RIVAL, Received, ReplayServer, replay_server
from benchmarks.stacks import transport
from eventstore import NO_STREAM, DynamoDBLog, EventStore, VersionConflictError
from orm.driver import MeteredDriver, RetryingDriver, WireDriver


@pytest.fixture(scope="module")
def server() -> Iterator[ReplayServer]:
    with replay_server() as running:
        yield running


class Metered:
    """A store, and what went out since it was made."""

    def __init__(self, server: ReplayServer) -> None:
        self._meter = MeteredDriver(WireDriver(transport(server)))
        log = DynamoDBLog(RetryingDriver(self._meter), canned.EVENT_TABLE, epoch=canned.EPOCH)
        self.store = EventStore(log, [Order])
        self._server = server
        server.received()

    def cost(self) -> tuple[dict[str, int], dict[str, float], Received]:
        """Requests and capacity units by operation, and what reached the server."""
        usage = self._meter.usage()
        return dict(usage.requests), dict(usage.capacity_units), self._server.received()


@pytest.fixture
def metered(server: ReplayServer) -> Metered:
    return Metered(server)


def test_append_is_one_put_of_one_unit(metered: Metered):
    metered.store.append(PLACE.stream, [EVENT], expected=PLACE)
    requests, spent, received = metered.cost()
    assert (requests, spent) == ({"PutItem": 1}, {"PutItem": 1.0})
    assert received.requests == {"PutItem": 1}
    assert received.body_bytes == 625


def test_the_first_commit_of_a_stream_pays_for_the_list_of_streams(metered: Metered):
    metered.store.append(PLACE.stream, [EVENT], expected=NO_STREAM)
    requests, spent, received = metered.cost()
    assert (requests, spent) == ({"PutItem": 1}, {"PutItem": 2.0})
    assert received.body_bytes == 695


def test_a_conflict_is_told_by_the_one_put(metered: Metered):
    """The refusal brings the occupant: no read follows."""
    with pytest.raises(VersionConflictError):
        metered.store.append(RIVAL, [EVENT], expected=NO_STREAM)
    requests, spent, received = metered.cost()
    assert (requests, spent) == ({"PutItem": 1}, {})
    assert received.requests == {"PutItem": 1}


def test_head_is_one_query_of_one_item(metered: Metered):
    metered.store.log.head(canned.stream(1_000, 1))
    requests, spent, received = metered.cost()
    assert (requests, spent) == ({"Query": 1}, {"Query": 1.0})
    assert received.body_bytes == 352


@pytest.mark.parametrize(("per_commit", "units"), [(1, 56.0), (10, 14.0)])
def test_a_load_of_a_thousand_is_one_query(metered: Metered, per_commit: int, units: float):
    """A unit for each 4 KB of what is stored, which ten events in a commit make less."""
    metered.store.of(Order).load(canned.stream(1_000, per_commit).id)
    requests, spent, received = metered.cost()
    assert (requests, spent) == ({"Query": 1}, {"Query": units})
    assert received.requests == {"Query": 1}
    assert received.body_bytes == 361 + len(str(per_commit))


def test_a_load_of_ten_thousand_is_a_query_a_page(metered: Metered):
    metered.store.of(Order).load(canned.stream(10_000, 1).id)
    requests, _, received = metered.cost()
    assert requests == received.requests == {"Query": 3}


def test_an_append_sends_what_boto3_sends_and_less(server: ReplayServer):
    """The same parameters, in fewer bytes of body and header."""
    check(server)
    parameters = sent_item(server)
    boto_put(server)(**parameters)
    theirs = server.received()
    Metered(server).store.append(PLACE.stream, [EVENT], expected=PLACE)
    ours = server.received()
    assert (ours.body_bytes, theirs.body_bytes) == (625, 660)
    assert ours.wire_bytes < theirs.wire_bytes
