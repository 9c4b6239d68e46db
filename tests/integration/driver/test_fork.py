"""A process that forks after use: each child has connections of its own."""

from __future__ import annotations

import os

import pytest

from orm.clock import SystemClock
from orm.config import SingleTableConfig
from orm.driver import Transport, WireDriver
from orm.requests import GetItem, Item, PutItem
from orm.tables import TableShape, create_table
from tests.conftest import fresh_config

CHILDREN = 4
READS = 150


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_forked_children_read_their_own_answers(local_transport: Transport) -> None:
    """On a socket shared with its parent a child would read answers to others' questions."""
    config, driver = fresh_config(), WireDriver(local_transport)
    create_table(driver, TableShape(config=config), SystemClock())
    for number in range(CHILDREN):
        item = config.key(str(number), "x") | {"n": {"N": str(number)}}
        driver.send(PutItem(table_name=config.table, item=item))
    children = [fork_reader(driver, config, number) for number in range(CHILDREN)]
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * CHILDREN
    assert reads_right(driver, config, 0)


def fork_reader(driver: WireDriver, config: SingleTableConfig, number: int) -> int:
    pid = os.fork()
    if pid == 0:
        right = False
        try:
            right = all(reads_right(driver, config, number) for _ in range(READS))
        finally:
            os._exit(0 if right else 1)
    return pid


def reads_right(driver: WireDriver, config: SingleTableConfig, number: int) -> bool:
    request: GetItem[Item] = GetItem(
        table_name=config.table, key=config.key(str(number), "x"), consistent_read=True
    )
    return driver.send(request).item == request.key | {"n": {"N": str(number)}}
