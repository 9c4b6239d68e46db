"""Time to live, and the tokens of transactions: what the clock does."""

from __future__ import annotations

from typing import Any

import pytest

from orm.driver.transport import ServiceError
from tests.unit.memory.conftest import START, Clock, Engine


@pytest.fixture
def expiring(engine: Engine) -> Engine:
    specification = {"AttributeName": "expires", "Enabled": True}
    engine("UpdateTimeToLive", TableName="table", TimeToLiveSpecification=specification)
    return engine


def at(seconds: float) -> dict[str, Any]:
    return {"expires": {"N": str(int(START + seconds))}}


def test_an_item_goes_when_its_time_has_passed(expiring: Engine, clock: Clock) -> None:
    expiring.put("a", **at(10))
    clock.pass_(seconds=10)
    assert expiring.get("a")
    clock.pass_(seconds=1)
    assert expiring.get("a") is None


def test_the_stream_says_that_the_service_removed_it(expiring: Engine, clock: Clock) -> None:
    expiring.put("a", **at(10))
    clock.pass_(seconds=11)
    expiring.transport.tick()
    (shard,) = expiring.shards()
    record = expiring.records(shard["ShardId"])[-1]
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"] == {
        "Type": "Service",
        "PrincipalId": "dynamodb.amazonaws.com",
    }
    assert record["dynamodb"]["OldImage"]["pk"] == {"S": "a"}


def test_a_prolonged_item_stays(expiring: Engine, clock: Clock) -> None:
    """Only the time that stands in the item counts, not one that stood there before."""
    expiring.put("a", **at(10))
    expiring.put("a", **at(1000))
    expiring.put("b", **at(10))
    expiring.put("b")
    clock.pass_(seconds=500)
    assert expiring.get("a")
    assert expiring.get("b")


def test_what_is_no_time_is_no_time(expiring: Engine, clock: Clock) -> None:
    """A string, or a time over five years ago, expires nothing."""
    expiring.put("text", expires={"S": "1"})
    expiring.put("ancient", expires={"N": "1000"})
    clock.pass_(hours=1)
    assert expiring.get("text")
    assert expiring.get("ancient")


def test_switching_it_on_takes_what_is_there(engine: Engine, clock: Clock) -> None:
    engine.put("a", **at(10))
    clock.pass_(seconds=11)
    assert engine.get("a")
    specification = {"AttributeName": "expires", "Enabled": True}
    engine("UpdateTimeToLive", TableName="table", TimeToLiveSpecification=specification)
    assert engine.get("a") is None


def transact(engine: Engine, pk: str, token: str = "token") -> Any:
    put = {"TableName": "table", "Item": {"pk": {"S": pk}, "sk": {"S": "1"}}}
    return engine("TransactWriteItems", TransactItems=[{"Put": put}], ClientRequestToken=token)


def test_a_token_is_remembered_for_ten_minutes(engine: Engine, clock: Clock) -> None:
    """Until then a repetition has no effect; afterwards it is a request like any other."""
    transact(engine, "a")
    engine.delete("a")
    clock.pass_(minutes=9, seconds=59)
    transact(engine, "a")
    assert engine.get("a") is None
    clock.pass_(seconds=1)
    transact(engine, "a")
    assert engine.get("a")


def test_a_token_of_another_request_is_refused(engine: Engine) -> None:
    transact(engine, "a")
    with pytest.raises(ServiceError) as caught:
        transact(engine, "b")
    assert caught.value.code == "IdempotentParameterMismatchException"
    assert engine.get("b") is None
