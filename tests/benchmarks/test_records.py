"""What one operation of a record costs, to the request and the byte sent.

Counted at the replay server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from benchmarks import records
from benchmarks.goals import of_records
from benchmarks.records import IndexedReading, Records
from benchmarks.replay_server import Received, ReplayServer, replay_server
from benchmarks.rows import driver
from orm.codec import item_size_bytes
from orm.requests import PutItem


@pytest.fixture(scope="module")
def server() -> Iterator[ReplayServer]:
    with replay_server() as running:
        yield running


Cost = Callable[[Callable[[], object]], Received]


@pytest.fixture
def cost(server: ReplayServer) -> Cost:
    def counted(work: Callable[[], object]) -> Received:
        server.received()
        work()
        return server.received()

    return counted


@pytest.fixture
def ours(server: ReplayServer) -> Records:
    return Records(driver(server))


def test_a_create_is_one_put(ours: Records, cost: Cost) -> None:
    received = cost(ours.create)
    assert received.requests == {"PutItem": 1}
    assert received.body_bytes == 877


def test_a_save_is_one_update_of_what_changed(ours: Records, cost: Cost) -> None:
    record = ours.create()
    received = cost(lambda: ours.change(record))
    assert received.requests == {"UpdateItem": 1}
    assert received.body_bytes == 362


def test_a_save_moves_index_keys_in_the_same_update(ours: Records, cost: Cost) -> None:
    record = ours.create(IndexedReading)
    received = cost(lambda: ours.change(record))
    assert received.requests == {"UpdateItem": 1}
    assert received.body_bytes == 516
    assert "INDEXEDREADING#poor" in received.last_body


def test_a_save_of_nothing_is_no_request(ours: Records, cost: Cost) -> None:
    record = ours.create()
    assert cost(record.save).requests == {}


def test_a_find_is_one_get(ours: Records, cost: Cost) -> None:
    received = cost(ours.find)
    assert received.requests == {"GetItem": 1}
    assert received.body_bytes == 128


def test_a_query_of_two_thousand_is_one_page(ours: Records, cost: Cost) -> None:
    received = cost(ours.query)
    assert received.requests == {"Query": 1}
    assert received.body_bytes == 247


def test_a_found_record_is_saved_without_another_read(ours: Records, cost: Cost) -> None:
    assert cost(ours.find_and_change).requests == {"GetItem": 1, "UpdateItem": 1}


def test_all_peers_come_to_the_same_rows(server: ReplayServer) -> None:
    records.check(server)


@pytest.mark.parametrize("work", records.PEERS)
def test_every_peer_is_measured_and_does_the_same(server: ReplayServer, work: str) -> None:
    """The comparisons name what is measured, and each sends what its name says."""
    ways = records.variants(server)[work]
    assert {comparison.peer for comparison in of_records(work)} == ways.keys() - {records.OURS}
    sent = []
    for once in ways.values():
        server.received()
        once()
        sent.append(server.received().requests)
    assert all(requests == sent[0] for requests in sent)


def test_the_record_is_of_375_bytes(server: ReplayServer) -> None:
    (request,) = records.requests_of(server, Records.create)
    assert isinstance(request, PutItem)
    assert item_size_bytes(request.item) == 375
