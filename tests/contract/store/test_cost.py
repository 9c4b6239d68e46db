"""What a command costs: requests by kind, exactly."""

from __future__ import annotations

import msgspec
import pytest

from eventstore import DynamoDBLog, EventStore, Rejected, Repository, Step
from orm.driver import MeteredDriver, RetryingDriver, Transport, WireDriver
from tests.conftest import fresh_config
from tests.support.meter import cost
from tests.support.tally import Tally


class Metered(msgspec.Struct):
    tallies: Repository[Tally]
    meter: MeteredDriver


@pytest.fixture(scope="module")
def opened() -> dict[int, Metered]:
    return {}


@pytest.fixture
def metered(transport: Transport, opened: dict[int, Metered]) -> Metered:
    if (found := opened.get(id(transport))) is not None:
        return found
    meter = MeteredDriver(WireDriver(transport))
    log = DynamoDBLog(RetryingDriver(meter), fresh_config())
    log.create()
    tallies = EventStore(log, [Tally]).of(Tally)
    return opened.setdefault(id(transport), Metered(tallies, meter))


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


def test_a_command_is_one_read_and_one_write(metered: Metered, name: str):
    with cost(metered.meter) as spent:
        metered.tallies.execute(name, Tally.add(1), command_id="c-1")
    assert spent.requests == {"Query": 1, "PutItem": 1}


def test_a_state_at_hand_saves_the_read(metered: Metered, name: str):
    """A thousand commands in a row on one result are a thousand requests."""
    at = metered.tallies.fresh(name)
    with cost(metered.meter) as spent:
        for n in range(10):
            at = metered.tallies.execute(name, Tally.add(1), command_id=str(n), at=at).loaded
    assert spent.requests == {"PutItem": 10}
    assert spent.capacity_units == {"PutItem": 11}  # the first commit has an index entry


def test_a_command_that_was_done_is_one_read(metered: Metered, name: str):
    metered.tallies.execute(name, Tally.add(1), command_id="c-1")
    with cost(metered.meter) as spent:
        metered.tallies.execute(name, Tally.add(1), command_id="c-1")
    assert spent.requests == {"Query": 1}


def test_a_rejection_is_one_read(metered: Metered, name: str):
    with cost(metered.meter) as spent, pytest.raises(Rejected):
        metered.tallies.execute(name, Tally.take(1))
    assert spent.requests == {"Query": 1}


def test_a_lost_race_is_one_refused_write_and_one_read_more(metered: Metered, name: str):
    stale = metered.tallies.fresh(name)
    metered.tallies.execute(name, Tally.add(1))
    with cost(metered.meter) as spent:
        assert metered.tallies.execute(name, Tally.add(1), at=stale).conflicts == 1
    assert spent.requests == {"PutItem": 2, "Query": 1}
    assert spent.failures == {"ConditionFailedError": 1}


def test_commands_together_are_one_write(metered: Metered, name: str):
    steps = [Step(metered.tallies, f"{name}-{n}", Tally.add(1)) for n in range(3)]
    with cost(metered.meter) as spent:
        metered.tallies.store.execute_together(*steps)
    assert spent.requests == {"Query": 3, "TransactWriteItems": 1}
