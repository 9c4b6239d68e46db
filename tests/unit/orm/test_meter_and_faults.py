"""Counting calls, and calls that fail as planned."""

from __future__ import annotations

from typing import Any

import pytest

from orm.clock import ManualClock
from orm.driver import Fault, FaultyTransport, MeteredDriver, RetryingDriver, WireDriver
from orm.errors import (
    AnswerLostError,
    CorruptResponseError,
    DriverError,
    ServiceFaultError,
    ThrottledError,
    UnreachableError,
)
from orm.requests import CreateTable, GetItem, Item, PutItem
from tests.unit.orm.fakes import CAPACITY, ScriptedTransport

PUT = PutItem(table_name="table", item={"pk": {"S": "A"}})
GET: GetItem[Item] = GetItem(table_name="table", key={"pk": {"S": "A"}})


@pytest.mark.parametrize(
    ("fault", "sends", "kind"),
    [
        (Fault.NOT_SENT, 0, UnreachableError),
        (Fault.LOST, 1, AnswerLostError),
        (Fault.TRUNCATED, 1, CorruptResponseError),
        (Fault.EMPTY, 1, CorruptResponseError),
        (Fault.THROTTLED, 0, ThrottledError),
        (Fault.SERVER_ERROR, 0, ServiceFaultError),
        (Fault.SERVER_ERROR_AFTER, 1, ServiceFaultError),
        (Fault.TWICE, 2, None),
        (None, 1, None),
    ],
)
def test_a_fault_does_on_the_wire_what_its_table_says(
    fault: Fault | None, sends: int, kind: type[DriverError] | None
) -> None:
    transport = ScriptedTransport(CAPACITY, CAPACITY)
    driver = WireDriver(FaultyTransport(transport, lambda operation, params: fault))
    if kind is None:
        driver.send(PUT)
    else:
        with pytest.raises(kind) as caught:
            driver.send(PUT)
        assert caught.value.retry
        # a 5xx or a lost answer may have been applied; a refusal before the send never was
        assert caught.value.applied is (None if sends or kind is ServiceFaultError else False)
    assert len(transport.calls) == sends


def test_every_fault_is_in_the_table_above() -> None:
    """A new fault needs a row."""
    assert len(Fault) == 8


def test_a_plan_sees_each_call_and_chooses() -> None:
    seen: list[tuple[str, Any]] = []

    def plan(operation: str, params: dict[str, Any]) -> Fault | None:
        seen.append((operation, params.get("TableName")))
        return Fault.LOST if len(seen) == 1 else None

    transport = FaultyTransport(ScriptedTransport(CAPACITY, CAPACITY), plan)
    RetryingDriver(WireDriver(transport), clock=ManualClock()).send(PUT)
    assert seen == [("PutItem", "table")] * 2


def test_a_meter_counts_requests_units_and_failures() -> None:
    faults = iter([Fault.THROTTLED, None, None])
    transport = FaultyTransport(ScriptedTransport(CAPACITY, CAPACITY), lambda *_: next(faults))
    inner = MeteredDriver(WireDriver(transport))
    outer = MeteredDriver(RetryingDriver(inner, clock=ManualClock()))
    outer.send(PUT)
    outer.send(GET)
    assert inner.usage().requests == {"PutItem": 2, "GetItem": 1}
    assert inner.usage().failures == {"ThrottledError": 1}
    assert outer.usage().requests == {"PutItem": 1, "GetItem": 1}
    assert outer.usage().capacity_units == {"PutItem": 1.5, "GetItem": 1.5}
    assert not outer.usage().failures


def test_usage_is_a_copy_and_calls_without_capacity_count_as_requests() -> None:
    table = {"TableDescription": {"TableName": "table", "TableStatus": "ACTIVE"}}
    meter = MeteredDriver(WireDriver(ScriptedTransport(table, CAPACITY)))
    before = meter.usage()
    meter.send(CreateTable(table_name="table", key_schema=[], attribute_definitions=[]))
    assert before.requests == {}
    assert meter.usage().requests == {"CreateTable": 1}
    assert not meter.usage().capacity_units
