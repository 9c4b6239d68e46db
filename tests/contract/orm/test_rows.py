"""Rows: what is saved reloads equal, what is there is not overwritten unasked."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from orm import (
    Key,
    Model,
    SingleTableConfig,
    Table,
    delete_row,
    equals,
    not_exists,
    put_row,
    row_item,
    single,
    transact,
    upsert,
)
from orm.driver import Driver, MeteredDriver
from orm.errors import (
    ConditionFailedError,
    RepeatedItemError,
    RowExistsError,
    RowNotFoundError,
    TransactionCanceledError,
    UnreadableRowError,
)
from orm.requests import Action, GetItem, Item
from tests.contract.orm.rows import BoardRow, Colour, Everything, Global, Point, Reading, User

DAY = dt.date(2013, 1, 1)
EVERYTHING = Everything(
    id=uuid.UUID(int=7), rank=Decimal("-1.5E-20"), text="", big=10**37, real=0.1,
    at=dt.datetime(2013, 1, 1, 5, 15, 0, 123, tzinfo=dt.timezone(dt.timedelta(hours=-5))),
    blob=bytes(range(256)), yes=True, colour=Colour.BLUE, day=None, count=-3,
    point_list=[Point(1, 0.5), Point(2, 1e25)], tags={"a", "b"}, blobs={b"", b"\x00"},
    amounts=frozenset({Decimal("12345678901234567890123456789012345678"), Decimal("0.1")}),
    pair=(1, "x"), free={"a": [1, {"b": None}], "e": "", "blob": b"\x00", "s": {"x"}},
)  # fmt: skip
KEY = {"id": EVERYTHING.id, "rank": EVERYTHING.rank, "at": EVERYTHING.at}


def board(flight: str, scheduled: int = 515, **fields: Any) -> BoardRow:
    return BoardRow(airport="EWR", day=DAY, scheduled=scheduled, flight=flight, **fields)


def test_a_saved_row_reloads_equal(table: Table) -> None:
    """Every kind of value, key fields included, as the service itself gives it back."""
    table.put(EVERYTHING)
    assert table.consistent().get(Everything, **KEY) == EVERYTHING
    assert table.consistent().get_many(Everything, [KEY]) == [EVERYTHING]
    assert table.query(Everything).where(id=EVERYTHING.id).consistent().all() == [EVERYTHING]
    assert list(table.consistent().scan(Everything)) == [EVERYTHING]


def test_the_item_has_the_documents_form(driver: Driver, made: SingleTableConfig) -> None:
    Table(driver, made).put(User(id="123", name="John"))
    prefix = made.entity_prefix("USER")
    key = made.key(made.keys.join(prefix, "123"), made.keys.join(prefix, "123"))
    request: GetItem[Item] = GetItem(table_name=made.table, key=key, consistent_read=True)
    assert driver.send(request).item == {
        **key, made.entity: {"S": "User"}, "id": {"S": "123"}, "name": {"S": "John"},
        "logins": {"N": "0"}, "email": {"NULL": True},
    }  # fmt: skip


def test_an_absent_row_is_none_or_an_error(table: Table) -> None:
    assert table.consistent().get(User, id="1") is None
    with pytest.raises(RowNotFoundError, match="no User at id='1'"):
        table.consistent().get_or_fail(User, id="1")
    table.put(User(id="1"))
    assert table.consistent().get_or_fail(User, id="1") == User(id="1")


def test_create_refuses_a_row_that_is_there_and_changes_nothing(table: Table) -> None:
    table.create(User(id="1", name="first"))
    with pytest.raises(RowExistsError, match="User exists at id='1'; nothing was written"):
        table.create(User(id="1", name="second"))
    assert table.consistent().get_or_fail(User, id="1").name == "first"


def test_put_replaces_and_can_be_made_conditional(table: Table) -> None:
    table.put(User(id="1", name="first", email="a"))
    with pytest.raises(ConditionFailedError):
        table.put(User(id="1", name="x"), condition=equals("name", "other"))
    table.put(User(id="1", name="second"), condition=equals("name", "first"))
    assert table.consistent().get(User, id="1") == User(id="1", name="second")


def test_delete_takes_the_row_and_is_content_with_none(table: Table) -> None:
    table.put(User(id="1"))
    table.delete(User, id="1")
    table.delete(User, id="1")
    assert table.consistent().get(User, id="1") is None


def test_a_row_that_lost_a_part_leaves_the_index(table: Table) -> None:
    query = table.query(BoardRow).where(carrier="UA", day=DAY)
    table.put(board("UA1", carrier="UA"))
    assert query.count() == 1
    table.put(board("UA1"))
    assert query.count() == 0


def test_many_rows_are_read_in_the_order_of_their_keys(table: Table, meter: MeteredDriver) -> None:
    """230 keys, some twice, some absent: three calls."""
    table.put_many(Global(name=f"{n:03}", n=n) for n in range(205))
    asked = [{"name": f"{n:03}"} for n in reversed(range(230))]
    found = table.consistent().get_many(Global, [*asked, {"name": "007"}])
    assert [row.n for row in found] == [*reversed(range(205)), 7]
    assert meter.usage().requests == {"BatchWriteItem": 9, "BatchGetItem": 3}


def test_many_writes_on_one_key_are_refused_before_the_call(
    table: Table, meter: MeteredDriver
) -> None:
    with pytest.raises(RepeatedItemError, match="actions 0 and 1"):
        table.put_many([User(id="1"), User(id="1")])
    assert not meter.usage().requests


class NewerUser(Model, prefix="USER", key=Key("id")):
    id: str
    must: int


def test_a_row_that_is_not_what_its_model_says_is_an_error(
    driver: Driver, made: SingleTableConfig
) -> None:
    Table(driver, made).put(User(id="1"))
    with pytest.raises(UnreadableRowError, match="must"):
        Table(driver, made).get(NewerUser, id="1")


def test_tenants_and_versions_do_not_see_each_other(
    driver: Driver, made: SingleTableConfig
) -> None:
    later = msgspec.structs.replace(made, prefix="{prefix}.3")
    tables = [
        Table(driver, made),
        Table(driver, made, tenant="a"),
        Table(driver, made, tenant="b"),
        Table(driver, later, tenant="b"),
    ]
    for n, table in enumerate(tables):
        table.put(Global(name="x", n=n))
    for n, table in enumerate(tables):
        assert [row.n for row in table.consistent().scan(Global)] == [n]
        assert table.consistent().get_or_fail(Global, name="x").n == n


def test_an_upsert_makes_a_complete_row_and_changes_one_that_is_there(
    driver: Driver, made: SingleTableConfig
) -> None:
    table = Table(driver, made)
    key = {"airport": "EWR", "day": DAY, "scheduled": 515, "flight": "UA1"}

    def send(**changes: object) -> None:
        driver.send(single(upsert(BoardRow, made, key=key, **changes)))  # type: ignore[arg-type]

    send(add={"delay": 3}, set={"carrier": "UA", "tail": "N1"}, set_if_absent={"status": "first"})
    expected = board("UA1", carrier="UA", tail="N1", status="first", delay=3)
    assert table.consistent().get(BoardRow, **key) == expected
    assert table.query(BoardRow).where(carrier="UA", day=DAY).all() == [expected]

    send(add={"delay": 4}, set={"carrier": None, "tail": "N2"}, set_if_absent={"status": "later"})
    expected = board("UA1", carrier=None, tail="N2", status="first", delay=7)
    assert table.consistent().get(BoardRow, **key) == expected
    assert table.query(BoardRow).where(carrier="UA", day=DAY).all() == []
    assert table.query(BoardRow).where(tail="N2", day=DAY).all() == [expected]
    assert row_item(expected, made)[made.pk] == row_item(board("UA1"), made)[made.pk]


def test_an_upsert_carries_marks_of_its_own_and_a_condition(
    driver: Driver, made: SingleTableConfig
) -> None:
    """As a projector guards a row: apply event 1 once."""
    applied: Item = {"applied": {"N": "1"}}
    update = upsert(
        User, made, key={"id": "1"}, add={"logins": 1},
        extra=applied, condition=not_exists("applied"), return_item_on_failure=True,
    )  # fmt: skip
    driver.send(single(update))
    with pytest.raises(ConditionFailedError) as caught:
        driver.send(single(update))
    assert caught.value.item is not None
    assert caught.value.item["applied"] == {"N": "1"}
    assert Table(driver, made).get(User, id="1") == User(id="1", logins=1)
    driver.send(single(upsert(User, made, key={"id": "1"}, remove=["applied"])))
    driver.send(single(update))
    assert Table(driver, made).get(User, id="1") == User(id="1", logins=2)


def test_a_transaction_writes_all_or_nothing(driver: Driver, made: SingleTableConfig) -> None:
    table = Table(driver, made)
    table.put(User(id="gone"))

    def actions(name: str) -> list[Action]:
        return [
            Action(put=put_row(User(id="1", name=name), made, condition=not_exists(made.pk))),
            Action(update=upsert(User, made, key={"id": "2"}, add={"logins": 1})),
            Action(delete=delete_row(User, made, {"id": "gone"})),
        ]

    transact(driver, actions("first"), made, token=uuid.uuid4().hex)
    with pytest.raises(TransactionCanceledError) as caught:
        transact(driver, actions("second"), made)
    assert [reason.code for reason in caught.value.reasons] == [
        "ConditionalCheckFailed", "None", "None",
    ]  # fmt: skip
    rows = table.consistent().get_many(User, [{"id": i} for i in ("1", "2", "gone")])
    assert rows == [User(id="1", name="first"), User(id="2", logins=1)]


def test_text_from_outside_never_reaches_another_row(table: Table, made: SingleTableConfig) -> None:
    """Delimiters, escapes and framework marks in ids are just text."""
    names = ["a", f"a{made.delimiter}", f"a{made.delimiter}b", "a$S", "!EVENT", "a-b", "\x00"]
    for n, name in enumerate(names):
        table.put(User(id=name, logins=n))
    for n, name in enumerate(names):
        assert table.consistent().get_or_fail(User, id=name).logins == n
    assert len(list(table.consistent().scan(User))) == len(names)


def test_readings_sort_as_numbers(table: Table) -> None:
    values = [Decimal(text) for text in ("-1E+10", "-2.5", "-2.25", "0", "1E-5", "9", "10", "1E3")]
    table.put_many(Reading(sensor=-1, value=value) for value in reversed(values))
    found = table.query(Reading).where(sensor=-1).consistent().all()
    assert [row.value for row in found] == values
    between = table.query(Reading).where(sensor=-1).where_between("value", -2.25, 9)
    assert [row.value for row in between.consistent().all()] == values[2:6]
