"""Values that stay as they were stored are no reason to refuse a change of another."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from orm import SingleTableConfig
from orm.clock import ManualClock
from orm.driver import MeteredDriver
from orm.records import Attr, Connection, DynamoDBModel, attr, new_id
from orm.validation import RULES, AwaitNeededError, Context, InvalidRowError, rule
from tests.support.meter import cost
from tests.support.tables import table_of

DAY = dt.timedelta(days=1)


class Host(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)


class Party(DynamoDBModel):
    """Lies in the future when it is planned, at a host's who is there."""

    id: Attr[str] = attr(default_factory=new_id)
    at: Attr[dt.datetime | None] = attr(default=None, rules="after:now")
    host_id: Attr[str | None] = attr(default=None, rules="exists:Host,id")
    guests: Attr[int] = attr(default=0)


class Guest(DynamoDBModel):
    """Known to somebody who has to be awaited."""

    id: Attr[str] = attr(default_factory=new_id)
    word: Attr[str] = attr(rules="known")
    note: Attr[str | None] = attr(default=None, rules="different:word")
    age: Attr[int] = attr(default=0, rules="max:99")


class Payment(DynamoDBModel):
    """Covered by a plan, as somebody says who has to be awaited."""

    id: Attr[str] = attr(default_factory=new_id)
    plan: Attr[str]
    pence: Attr[int] = attr(rules="covered:plan")
    note: Attr[str] = attr(default="")


@rule("covered")
async def covered(value: int, context: Context, plan: str) -> str | None:
    """Asks somebody else."""
    await asyncio.sleep(0)
    return None if value < 100 or context.other(plan) == "gold" else "is not covered"


@rule("known")
async def known(value: Any, context: Context) -> str | None:
    """Asks somebody else."""
    await asyncio.sleep(0)
    return None if value == "yes" else "is not known"


@pytest.fixture
def connection(
    meter: MeteredDriver, config: SingleTableConfig, tenant: str | None, hands: ManualClock
) -> Iterator[Connection]:
    made = Connection(meter, config, tenant=tenant, clock=hands, rules=RULES.plus(known, covered))
    made.register(Host, Party, Guest, Payment)
    with table_of(made):
        yield made


def noon(hands: ManualClock) -> dt.datetime:
    return dt.datetime.fromtimestamp(hands.now_micros() / 1e6, dt.UTC)


def test_a_moment_that_has_passed_since(connection: Connection, hands: ManualClock) -> None:
    parties = connection.repository(Party)
    party = parties.create(at=noon(hands) + DAY)
    hands.sleep(2 * DAY.total_seconds())
    party.update(guests=3)
    assert parties.find_or_fail(party.id).guests == 3
    with pytest.raises(InvalidRowError, match="must be after now"):
        party.update(at=noon(hands) - DAY / 2)


def test_a_row_pointed_at_that_is_gone_since(connection: Connection, meter: MeteredDriver) -> None:
    """It is not even asked for."""
    host = connection.repository(Host).create()
    party = connection.repository(Party).create(host_id=host.id)
    host.delete()
    with cost(meter) as spent:
        party.update(guests=3)
    assert spent.requests.total() == 1
    with pytest.raises(InvalidRowError, match="host_id"):
        party.update(host_id="nobody")


def test_a_rule_that_has_to_be_awaited(connection: Connection) -> None:
    """A plain save does, where what it judges is not changed."""
    guest = asyncio.run(connection.repository(Guest).create_async(word="yes"))
    guest.update(age=30)
    with pytest.raises(AwaitNeededError):
        guest.update(word="no")
    guest.refresh()
    with pytest.raises(InvalidRowError, match="is not known"):
        asyncio.run(guest.update_async(word="no"))


def test_an_awaited_rule_is_asked_where_what_it_names_changes(connection: Connection) -> None:
    """Though the value that it judges stays."""
    payments = connection.repository(Payment)
    payment = asyncio.run(payments.create_async(plan="gold", pence=500))
    payment.update(note="rent")
    with pytest.raises(InvalidRowError, match="is not covered"):
        asyncio.run(payment.update_async(plan="basic"))
    with pytest.raises(AwaitNeededError):
        payment.save()
    assert payments.find_or_fail(payment.id).plan == "gold"


def test_what_values_say_of_each_other_holds_all_the_same(connection: Connection) -> None:
    guest = asyncio.run(connection.repository(Guest).create_async(word="yes", note="no"))
    with pytest.raises(InvalidRowError, match="note"):
        guest.update(note="yes")
    guest.refresh()
    with pytest.raises(InvalidRowError, match="age"):
        guest.update(age=100)
