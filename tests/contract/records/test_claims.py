"""Claims: whatever handles of a row are written in whatever order, each claim is that of a row, and
each row has its claims."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import pytest

from orm.clock import ManualClock
from orm.errors import OrmError, RowExistsError, RowNotFoundError
from orm.records import Connection, StaleRowError, UniqueError
from orm.records.writes.claims import EXPIRES, OWNER
from orm.requests import Item, Scan
from tests.contract.records.conftest import NOON_MICROS
from tests.contract.records.odd import Badge, Page

NOON: Final = NOON_MICROS // 1_000_000
EXPECTED: Final = (UniqueError, RowNotFoundError, RowExistsError, StaleRowError)


class Rivalled:
    """A driver that lets a rival act before a write, as long as there is something to do."""

    def __init__(self, connection: Connection) -> None:
        self._inner = connection.driver
        self.acts: list[Callable[[], object]] = []

    def send(self, request: Any, /) -> Any:
        if self.acts and type(request).writes:
            self.acts.pop()()
        return self._inner.send(request)


def items(connection: Connection) -> list[Item]:
    scan: Scan[Item] = Scan(table_name=connection.config.table, consistent_read=True)
    return list(connection.driver.send(scan).items)


def claims(connection: Connection) -> dict[str, tuple[Any, Any]]:
    """Key of each claim → whose it is, and until when."""
    return {
        item[connection.config.pk]["S"]: (item[OWNER], item.get(EXPIRES))
        for item in items(connection)
        if OWNER in item
    }


def wanted(connection: Connection) -> dict[str, tuple[Any, Any]]:
    """The claims that the stored rows should have."""
    badges, config = Badge.using(connection), connection.config
    found: dict[str, tuple[Any, Any]] = {}
    for item in items(connection):
        if item.get(config.entity) == {"S": "Badge"}:
            values = badges.rows.plain(item)
            for unique in badges.claims.sets:
                key = badges.claims.key(unique, values)
                if key is not None:
                    owner = {"L": [item[config.pk], item[config.sk]]}
                    found[key[config.pk]["S"]] = owner, item.get("ttl")
    return found


def act(badges: Any, handles: list[Any], chance: random.Random) -> None:
    """Something that one of several writers may do to a row."""
    row = chance.choice(handles)
    with suppress(*EXPECTED):
        match chance.randrange(6):
            case 0:
                row.delete()
            case 1:
                badges.create(id=row.id, code=chance.choice("abc"), on=chance.random() < 0.5)
            case 2:
                row.refresh()
            case _:
                given = {
                    "code": chance.choice(["a", "A", "b", "c", None]),
                    "on": chance.random() < 0.5,
                    "ttl": chance.choice([None, NOON + 100, NOON + 200]),
                    "name": chance.choice("xyz"),
                }
                row.update({name: given[name] for name in chance.sample(sorted(given), 2)})


@pytest.mark.parametrize("seed", range(6))
def test_claims_are_those_of_the_rows_in_any_order_of_writes(own: Connection, seed: int) -> None:
    """Four handles of two rows, and before many a write another one of them is written."""
    chance = random.Random(seed)
    driver = Rivalled(own)
    rivalled = Connection(driver, own.config, clock=own.clock)
    rivalled.register(Badge)
    badges, theirs = Badge.using(rivalled), Badge.using(own)
    for key in "12":
        badges.create(id=key, code=f"first {key}")
    mine = [badges.find_or_fail(key) for key in "1212"]
    rivals = [theirs.find_or_fail(key) for key in "1212"]
    for step in range(40):
        if chance.random() < 0.7:
            driver.acts.append(lambda: act(theirs, rivals, chance))
        act(badges, mine, chance)
        driver.acts.clear()
        assert claims(own) == wanted(own), f"seed {seed}, step {step}"


@pytest.mark.parametrize("lets_go", [False, True])
def test_a_claim_that_was_lost_stays_the_others(
    own: Connection, hands: ManualClock, lets_go: bool
) -> None:
    """The row had expired, and another has its value, which may let go of it at the last moment."""
    badges, driver = Badge.using(own), Rivalled(own)
    rivalled = Connection(driver, own.config, clock=own.clock)
    rivalled.register(Badge)
    row = badges.create(id="1", code="a", ttl=NOON + 10)
    hands.sleep(20)
    other = badges.create(id="2", code="a", ttl=NOON + 500)
    driver.acts = [(lambda: badges.force_delete(other)) if lets_go else int, int]
    Badge.using(rivalled).force_delete(row)
    assert driver.acts == []
    assert claims(own) == wanted(own)
    assert len(claims(own)) == (0 if lets_go else 1)


def test_a_change_of_the_row_is_seen_before_a_taken_value(own: Connection) -> None:
    """The rival took this row out of those that claim, so the value that another has is no
    obstacle."""
    badges = Badge.using(own)
    badges.create(id="1", code="a")
    badges.create(id="2", code="b")
    mine = badges.find_or_fail("2")
    badges.find_or_fail("2").update(on=False)
    mine.update(code="a")
    assert claims(own) == wanted(own)
    assert badges.find_or_fail("2").code == "a"


def test_a_key_that_has_more_in_it_keeps_the_primary_key_unique(own: Connection) -> None:
    """The second row of one id is refused at any place, and the id is free once the row is gone."""
    pages = Page.using(own)
    first = pages.create(id="1", site="a")
    with pytest.raises(OrmError):
        pages.create(id="1", site="b")
    assert pages.find("1") == first
    first.delete()
    assert pages.create(id="1", site="b") == pages.find("1")
