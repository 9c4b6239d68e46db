"""Batches go on until all is done or say what is not; transactions are checked before the call."""

from __future__ import annotations

from typing import Any

import pytest

from orm import SingleTableConfig, Table, put_row, row_item, row_key, transact, upsert
from orm.batch import Batches
from orm.clock import ManualClock
from orm.driver import RetryPolicy
from orm.errors import (
    ConditionFailedError,
    ConfigurationError,
    RepeatedItemError,
    RowExistsError,
    TransactionTooLargeError,
    UnprocessedError,
)
from orm.requests import (
    Action,
    BatchGetItem,
    BatchGot,
    BatchWriteItem,
    BatchWritten,
    Item,
    Transacted,
)
from tests.contract.orm.rows import User
from tests.unit.orm.fakes import ScriptedDriver

CONFIG = SingleTableConfig(table="table")
KEYS = [row_key(User, CONFIG, {"id": f"{n}"}) for n in range(130)]
ITEMS = [row_item(User(id=f"{n}"), CONFIG, {"blob": {"B": b"\x00"}}) for n in range(60)]


class Reluctant:
    """Carries out at most `portion` of each batch and leaves the rest."""

    def __init__(self, portion: int) -> None:
        self.portion = portion
        self.done: list[Item] = []

    def __call__(self, request: Any) -> Any:
        (work,) = request.request_items.values()
        if isinstance(request, BatchGetItem):
            keys = work["Keys"]
            rest = {"table": {"Keys": keys[self.portion :]}} if keys[self.portion :] else {}
            return BatchGot(
                consumed_capacity=[],
                responses={"table": keys[: self.portion]},
                unprocessed_keys=rest,  # type: ignore[arg-type]
            )
        assert isinstance(request, BatchWriteItem)
        self.done += work[: self.portion]
        rest = {"table": work[self.portion :]} if work[self.portion :] else {}
        return BatchWritten(consumed_capacity=[], unprocessed_items=rest)  # type: ignore[arg-type]


def batches(portion: int, attempts_max: int = 8) -> tuple[Batches, ScriptedDriver, ManualClock]:
    driver, clock = ScriptedDriver(Reluctant(portion)), ManualClock()
    return Batches(driver, CONFIG, RetryPolicy(attempts_max=attempts_max), clock), driver, clock


def sizes(driver: ScriptedDriver) -> list[int]:
    return [
        len(work["Keys"] if isinstance(work, dict) else work)
        for request in driver.requests
        for work in request.request_items.values()
    ]


def test_what_is_left_undone_is_asked_for_again_until_nothing_is() -> None:
    batch, driver, clock = batches(portion=40)
    assert list(batch.get(KEYS)) == KEYS
    assert sizes(driver) == [100, 60, 20, 30]
    assert clock.monotonic() > 0


def test_writes_left_undone_are_sent_again_as_they_were() -> None:
    batch, driver, _ = batches(portion=20)
    batch.write(puts=ITEMS[:30], deletes=KEYS[100:110])
    assert sizes(driver) == [25, 5, 15]
    assert driver.requests[1].request_items["table"][0]["PutRequest"]["Item"] == ITEMS[20]


def test_a_batch_that_never_ends_names_the_rest_the_chunks_not_begun_too() -> None:
    batch, driver, _ = batches(portion=0, attempts_max=3)
    with pytest.raises(UnprocessedError, match="60 left undone") as caught:
        batch.write(puts=ITEMS)
    assert [write["PutRequest"]["Item"] for write in caught.value.rest] == ITEMS
    assert sizes(driver) == [25, 25, 25]
    with pytest.raises(UnprocessedError) as caught:
        list(batch.get(KEYS))
    assert list(caught.value.rest) == KEYS


def test_no_keys_cost_no_call() -> None:
    batch, driver, _ = batches(portion=1)
    assert list(batch.get([])) == []
    batch.write()
    assert driver.requests == []


def put(id: str, name: str = "") -> Action:
    return Action(put=put_row(User(id=id, name=name), CONFIG))


def test_a_transaction_within_the_limits_is_sent_with_its_token() -> None:
    driver = ScriptedDriver(lambda request: Transacted(consumed_capacity=[]))
    transact(driver, [put(f"{n}") for n in range(100)], CONFIG, token="once")
    (request,) = driver.requests
    assert (len(request.transact_items), request.client_request_token) == (100, "once")


SILENT = ScriptedDriver(lambda request: pytest.fail("nothing should be sent"))


def test_a_transaction_over_a_limit_is_refused_before_the_call() -> None:
    with pytest.raises(TransactionTooLargeError, match="101 actions"):
        transact(SILENT, [put(f"{n}") for n in range(101)], CONFIG)
    with pytest.raises(TransactionTooLargeError, match="bytes, DynamoDB allows 4,194,304"):
        transact(SILENT, [put(f"{n}", "x" * 390_000) for n in range(11)], CONFIG)
    with pytest.raises(ConfigurationError, match="without actions"):
        transact(SILENT, [], CONFIG)


def test_two_actions_on_one_item_are_refused_before_the_call() -> None:
    update = Action(update=upsert(User, CONFIG, key={"id": "1"}, add={"logins": 1}))
    with pytest.raises(RepeatedItemError, match="actions 1 and 2"):
        transact(SILENT, [put("0"), put("1"), update], CONFIG)


def test_an_action_on_an_unknown_table_or_of_no_kind_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="action 0 is on table"):
        transact(SILENT, [put("0")], SingleTableConfig(table="other"))
    with pytest.raises(ConfigurationError, match="without put"):
        transact(SILENT, [Action()], CONFIG)


def refusing(occupant: Item | None, applied: bool | None) -> ScriptedDriver:
    """A driver that refuses with what is there: `occupant`, or else the item that it is sent."""

    def answer(request: Any) -> Any:
        found = request.item if occupant is None else occupant
        error = ConditionFailedError("PutItem", "table", "no", found)
        error.applied = applied
        raise error

    return ScriptedDriver(answer)


def test_a_create_whose_answer_was_lost_recognises_its_own_row() -> None:
    """The repeated put is refused by the row that its first attempt wrote."""
    Table(refusing(None, None), CONFIG).create(User(id="1", name="ours"))


@pytest.mark.parametrize("applied", [None, False])
def test_an_equal_row_of_a_rival_is_not_ones_own(applied: bool | None) -> None:
    """Two creators of one row never both hear that they made it, whatever answers were lost."""
    row = User(id="1", name="ours")
    with pytest.raises(RowExistsError) as caught:
        Table(refusing(row_item(row, CONFIG), applied), CONFIG).create(row)
    assert caught.value.applied is applied
