"""Many writes go in parts where that is allowed: cut by number and size, and what a part means."""

from __future__ import annotations

from typing import Any

import pytest

from orm.driver import Fault, FaultyTransport, Transport, WireDriver
from orm.errors import RowExistsError
from orm.records import Connection, PartlyWrittenError, Repository
from tests.contract.records.blog import MODELS, Account, User
from tests.support.drivers import seen_by


def test_parts_are_cut_by_bytes_as_well(connection: Connection) -> None:
    users = connection.repository(User)
    with connection.transaction(chunked=True) as tx:
        for number in range(15):
            tx.create(User, id=str(number), name="x" * 390_000)
    rows = [users.find_or_fail(str(number)) for number in range(15)]
    with connection.transaction(chunked=True) as tx:
        for row in rows:
            row.name = "y" * 390_000
            tx.save(row)
    assert {row.name[0] for row in users.all()} == {"y"}
    with connection.transaction(chunked=True) as tx:
        for row in rows:
            tx.delete(row)
    assert list(users.all()) == []


def lossy(connection: Connection, transport: Transport, fault: Fault) -> Connection:
    """The same table, whose second transaction meets a fault."""
    sent = list[str]()

    def second(operation: str, _: dict[str, Any]) -> Fault | None:
        sent.extend([operation] * (operation == "TransactWriteItems"))
        return fault if len(sent) == 2 else None

    driver = WireDriver(FaultyTransport(transport, second))
    return seen_by(connection, driver, *MODELS)


def test_a_lost_answer_of_a_part_is_no_refusal(
    connection: Connection, transport: Transport
) -> None:
    """What may have been written must not be written again, so it is not said to be refused."""
    theirs = lossy(connection, transport, Fault.LOST)
    with (
        pytest.raises(PartlyWrittenError, match="the answer about 100 was lost") as caught,
        theirs.transaction(chunked=True) as tx,
    ):
        for number in range(250):
            tx.create(Account, id=str(number))
    error = caught.value
    assert "refused" not in str(error)
    assert (len(error.written), len(error.unsure), len(error.left)) == (100, 100, 50)
    assert "'100'" in error.unsure[0]
    assert "'200'" in error.left[0]
    assert "read one of those in unsure, from Account {'id': '100'} on" in str(error)
    accounts: Repository[Account] = connection.repository(Account)
    with pytest.raises(RowExistsError):
        accounts.create(id="199")
    assert accounts.find("200") is None


def test_a_refused_part_is_left_with_those_after_it(connection: Connection) -> None:
    connection.repository(Account).create(id="150")
    with pytest.raises(PartlyWrittenError) as caught, connection.transaction(chunked=True) as tx:
        for number in range(250):
            tx.create(Account, id=str(number))
    error = caught.value
    assert (error.done, error.count, error.unsure, len(error.left)) == (100, 250, (), 150)
    assert "mend what the cause says, then write those in left, from Account {'id': '100'}" in str(
        error
    )
