"""Placements: rows under a parent, at keys that are given, and spread over partitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orm import SingleTableConfig
from orm.driver import Driver
from orm.records import Connection
from tests.support.tables import table_of

ORDER = {
    "name": "Order",
    "attributes": {"note": {}},
    "hasMany": {"lines": {"model": "Line", "owned": True}},
}
LINE = {
    "name": "Line",
    "primaryKey": ["order_id", "number"],
    "attributes": {"orderId": {"required": True}, "number": {"type": "integer"}, "what": {}},
}
PAGE = {
    "name": "Page",
    "primaryKey": ["site", "path"],
    "attributes": {"site": {"required": True}, "path": {"required": True}, "hits": {"type": "int"}},
    "keys": {"pk": "SITE#{site}", "sk": "{path}"},
}
EVENT = {
    "name": "Event",
    "attributes": {"topic": {"required": True}, "at": {"type": "integer", "required": True}},
    "patterns": [{"name": "by topic", "equal": ["topic"], "sort": "at", "writesPerSecond": 1500}],
}
ODD = {
    "name": "Odd",
    "primaryKey": "from",
    "attributes": {"from": {}, "class": {}, "save": {}, "delete": {"unique": True}},
}


@pytest.fixture
def connection(driver: Driver, config: SingleTableConfig) -> Iterator[Connection]:
    made = Connection(driver, config)
    made.register(ORDER, LINE, PAGE, EVENT, ODD)
    with table_of(made):
        yield made


def repository(connection: Connection, name: str) -> Any:
    return connection.repository(name)


def test_rows_lie_under_their_parent(connection: Connection) -> None:
    """In the order of their numbers, read consistently, and changed and deleted there."""
    lines = repository(connection, "Line")
    assert connection.plan.entity("Line").key.under == "Order"
    repository(connection, "Order").create(id="o")
    for number in (10, 9, 2):
        lines.create(order_id="o", number=number, what=f"n{number}")
    lines.create(order_id="o2", number=1)
    asked = lines.query().where(order_id="o").consistent()
    assert [line.number for line in asked.order_by("number").get()] == [2, 9, 10]
    assert [line.number for line in asked.where("number", ">", 2).get()] == [9, 10]
    lines.find_or_fail("o", 9).update(what="changed")
    lines.find_or_fail("o", 10).delete()
    assert [line.what for line in asked.get()] == ["n2", "changed"]
    assert len(list(lines.all())) == 3


def test_given_keys_are_followed(connection: Connection) -> None:
    """Also where the sort key begins with an attribute."""
    pages = repository(connection, "Page")
    for path in ("/", "/a", "/a/b", "/b"):
        pages.create(site="s", path=path, hits=len(path))
    pages.create(site="t", path="/")
    asked = pages.query().where(site="s")
    assert [page.path for page in asked.get()] == ["/", "/a", "/a/b", "/b"]
    assert [page.path for page in asked.where_begins_with("path", "/a").get()] == ["/a", "/a/b"]
    assert [page.path for page in asked.where("path", "<=", "/a").get()] == ["/", "/a"]
    assert [page.path for page in asked.where("path", ">", "/a").get()] == ["/a/b", "/b"]
    assert pages.find_or_fail("s", "/a").hits == 2
    assert len(list(pages.all())) == 5


def test_spread_rows_are_merged_in_order(connection: Connection) -> None:
    """Over several partitions of the index; the limit counts rows, whichever they come from."""
    events = repository(connection, "Event")
    path = connection.plan.entity("Event").indexes[0]
    assert path.shards > 1
    for at in range(24):
        events.create(id=f"e{at}", topic="click", at=at * 7 % 24)
    asked = events.query().where(topic="click").order_by("at")
    assert [event.at for event in asked.get()] == list(range(24))
    assert [event.at for event in asked.limit(5).get()] == [0, 1, 2, 3, 4]
    latest = events.query().where(topic="click").order_by("at", "desc").where("at", ">=", 20)
    assert [event.at for event in latest.get()] == [23, 22, 21, 20]
    events.find_or_fail("e3").update(at=100)
    assert asked.count() == 24
    assert asked.where("at", ">", 23).pluck("id") == ["e3"]


def test_attributes_may_have_any_name(connection: Connection) -> None:
    """Words of Python and names of methods too: only the short names are hidden."""
    odd = repository(connection, "Odd")
    made = odd.create({"from": "x", "class": "c", "save": "s", "delete": "d"})
    assert odd.find_or_fail("x") == made
    assert odd.query().where(delete="d").first() == made
    setattr(made, "class", "k")
    odd.save(made)
    assert getattr(odd.find_or_fail("x"), "class") == "k"
    odd.delete(made)
    assert odd.find("x") is None
