"""Faults: every write of a record is done, and its answer lost; it is known for one's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from orm import SingleTableConfig
from orm.clock import ManualClock
from orm.driver import Driver, RetryingDriver, WireDriver
from orm.driver.faults import Fault, FaultyTransport
from orm.driver.transport import Transport
from orm.errors import RowExistsError
from orm.records import Connection, UniqueError
from tests.contract.records.blog import Account, Post, User
from tests.support.tables import table_of

WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
FAULTS = (Fault.LOST, Fault.TWICE, Fault.SERVER_ERROR_AFTER, Fault.EMPTY, Fault.NOT_SENT)


@contextmanager
def unlucky(
    transport: Transport, driver: Driver, config: SingleTableConfig, fault: Fault
) -> Iterator[tuple[Connection, list[object]]]:
    """A connection each of whose writes meets the fault once, and the writes that met it."""
    met: list[object] = []

    def plan(operation: str, params: object) -> Fault | None:
        if operation not in WRITES or params in met:
            return None
        met.append(params)
        return fault

    faulty = RetryingDriver(WireDriver(FaultyTransport(transport, plan)), clock=ManualClock())
    made = Connection(faulty, config)
    made.register(User, Post, Account)
    with table_of(made, driver):
        yield made, met


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_lost_answer_is_known_for_ones_own(
    transport: Transport, driver: Driver, config: SingleTableConfig, fault: Fault
) -> None:
    """Created, changed, moved into the bin and out of it, deleted: each once, with its claims."""
    with unlucky(transport, driver, config, fault) as (connection, met):
        accounts, posts = Account.using(connection), Post.using(connection)
        account = accounts.create(id="a", pence=1)
        account.update(pence=2).update(pence=3)
        assert (accounts.find_or_fail("a").pence, account.version) == (3, 3)
        post = posts.create(user_id="u", title="One", slug="one")
        post.update(slug="uno", status="open")
        assert posts.query().where(slug="uno").get() == [post]
        assert posts.query().where(slug="one").get() == []
        post.delete()
        post.restore()
        assert posts.query().where(user_id="u").get() == [post]
        post.force_delete()
        account.delete()
        posts.create(user_id="u", title="Two", slug="uno")
        assert accounts.find("a") is None
        assert len(met) == 10


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_anothers_is_not_taken_for_ones_own(
    transport: Transport, driver: Driver, config: SingleTableConfig, fault: Fault
) -> None:
    """An equal row and an equal claim of someone else are refused all the same."""
    with unlucky(transport, driver, config, fault) as (connection, _):
        users = User.using(connection)
        users.create(id="7", name="Ann", email="a@x.org")
        with pytest.raises(UniqueError):
            users.create(id="8", name="Ann", email="a@x.org")
        users.create(id="9", name="Ann")
        with pytest.raises(RowExistsError):
            users.create(id="9", name="Ann")
