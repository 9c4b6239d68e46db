"""Models that cannot work are refused where they are written, with the reason."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, NewType

import pytest

from orm import Desc, Index, Key, Model, SingleTableConfig, Table, row_item, row_key, upsert
from orm.driver import Driver
from orm.errors import (
    ConfigurationError,
    InvalidKeyError,
    ItemTooLargeError,
    KeyTooLargeError,
    UnsupportedValueError,
)
from orm.models import layout_of
from orm.models.model import ModelMeta
from orm.requests import Item
from orm.sortable import descending
from tests.contract.orm.rows import BoardRow, User
from tests.unit.orm.fakes import ScriptedDriver

CONFIG = SingleTableConfig(table="table")
DAY = dt.date(2013, 1, 1)
KEY: dict[str, Any] = {"airport": "EWR", "day": DAY, "scheduled": 515, "flight": "UA1"}
SilentDriver: Driver = ScriptedDriver(lambda request: pytest.fail("nothing should be sent"))

Name = NewType("Name", str)


class Odd(Model, prefix="ODD", key=Key("name", sort=(Desc("kind"),))):
    name: Name
    kind: Literal["a", "b"]


class OddKey(Model, key=Key("tags")):
    tags: list[str]


class MaybeKey(Model, key=Key("name")):
    name: str | None


class Clash(Model, key=Key("pk")):
    pk: str


class Total(Model, key=Key("id")):
    id: str
    must: int
    starts: int = 10


def test_a_board_row_has_the_keys_of_its_class_statement() -> None:
    item = row_item(BoardRow(**KEY, carrier="UA", tail="N1"), CONFIG)
    fields = set(BoardRow.__struct_fields__)
    assert {name: value["S"] for name, value in item.items() if name not in fields} == {
        "pk": "BOARD#EWR#2013-01-01",
        "sk": "BOARD#1000000000000000515#UA1",
        "_et": "BoardRow",
        "gsi1pk": "BOARD#UA#2013-01-01",
        "gsi1sk": "BOARD#UA1",
        "gsi2pk": "BOARD#N1",
        "gsi2sk": f"BOARD#{descending(DAY)}#1000000000000000515",
    }


def test_newtypes_and_literals_are_what_they_stand_for() -> None:
    row = Odd(name=Name("x"), kind="b")
    assert layout_of(Odd, CONFIG).row(row_item(row, CONFIG)) == row
    assert row_key(Odd, CONFIG, {"name": "x", "kind": "b"})["pk"] == {"S": "ODD#x"}


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ({"key": Key("nosuch")}, "names 'nosuch'"),
        ({"key": Key("a", "a")}, "names a field twice"),
        ({"key": Key()}, "needs at least one field"),
        ({"key": Index(1, "a")}, "takes a Key"),
        ({"key": Key("a"), "indexes": (Index(1, "b"), Index(1, "a"))}, "another number"),
        ({"key": Key("a"), "indexes": (Key("b"),)}, "takes Index values"),
        ({"key": Key("a"), "indexes": (Index(1, sort=("a",)),)}, "needs a field"),
        ({"prefix": "X"}, "mean nothing without key="),
    ],
)
def test_a_class_statement_that_cannot_work_is_refused(
    statement: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        ModelMeta("Wrong", (Model,), {"__annotations__": {"a": str, "b": str}}, **statement)


def test_indexes_are_numbered_from_one() -> None:
    with pytest.raises(ConfigurationError, match="from 1"):
        Index(0, "a")


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (OddKey, "type list cannot stand in a key"),
        (MaybeKey, "cannot be None"),
        (Clash, "pk names a key of the table"),
        (Model, "has no key"),
    ],
)
def test_a_model_that_does_not_fit_the_table_is_refused(model: type[Model], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason.replace("list", ".*")):
        layout_of(model, CONFIG)


def test_a_field_named_like_a_key_is_fine_where_the_key_has_another_name() -> None:
    config = SingleTableConfig(table="table", pk="hash")
    assert row_item(Clash(pk="1"), config)["pk"] == {"S": "1"}


class User2(Model, prefix="USER", key=Key("id")):
    id: str


def test_two_models_of_one_prefix_are_refused_in_one_table() -> None:
    table = Table(SilentDriver, CONFIG)
    table.query(User)
    with pytest.raises(ConfigurationError, match="prefix 'USER' of User"):
        table.query(User2)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ({}, "User.id is missing"),
        ({"id": None}, "User.id is missing"),
        ({"id": ""}, "is empty"),
        ({"id": 7}, "User.id takes str"),
        ({"id": "\ud800"}, "lone surrogate"),
        ({"id": "1", "name": "x"}, "is keyed by id"),
    ],
)
def test_a_key_that_identifies_no_row_is_refused_before_the_call(
    key: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidKeyError, match=reason):
        Table(SilentDriver, CONFIG).get(User, **key)


def test_a_row_over_a_limit_is_refused_before_the_call() -> None:
    table = Table(SilentDriver, CONFIG)
    with pytest.raises(KeyTooLargeError, match="'sk' takes 1,025 bytes"):
        table.put(User(id="x" * 1020))
    with pytest.raises(ItemTooLargeError, match=r"a row of User takes .* most of it is 'name'"):
        table.put(User(id="1", name="x" * 410_000))


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (User(id="1", name=7), "User.name"),  # type: ignore[arg-type]
        (User(id="1", name=None), "User.name"),  # type: ignore[arg-type]
        (User(id="1", logins=True), "User.logins"),
        (User(id="1", name="\ud800"), "User.name"),
    ],
)
def test_a_value_that_would_not_come_back_is_refused_by_its_field(row: User, path: str) -> None:
    with pytest.raises(UnsupportedValueError) as caught:
        Table(SilentDriver, CONFIG).put(row)
    assert caught.value.path == path


def test_extra_attributes_cannot_touch_the_models_own() -> None:
    extra: Item = {"name": {"S": "x"}}
    with pytest.raises(ConfigurationError, match="name belongs"):
        row_item(User(id="1"), CONFIG, extra)
    with pytest.raises(ConfigurationError, match="pk belongs"):
        upsert(User, CONFIG, key={"id": "1"}, extra={"pk": {"S": "x"}})
    with pytest.raises(ConfigurationError, match="_et belongs"):
        upsert(User, CONFIG, key={"id": "1"}, remove=["_et"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"set": {"carrier": "UA"}}, "tail: is part of index 2"),
        (
            {"set": {"tail": "N1"}, "set_if_absent": {"carrier": "UA"}},
            "carrier: is part of index 1",
        ),
        ({"set": {"flight": "UA2"}}, "flight: identifies the row"),
        ({"add": {"nosuch": 1}}, "nosuch: is no field"),
        ({"add": {"delay": 1}, "set": {"delay": 2}}, "changed twice"),
    ],
)
def test_an_upsert_that_would_leave_a_row_out_of_step_is_refused(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        upsert(BoardRow, CONFIG, key=KEY, **changes)


def test_an_upsert_that_would_make_an_incomplete_row_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must: has no default and is not given"):
        upsert(Total, CONFIG, key={"id": "1"})
    with pytest.raises(ConfigurationError, match="starts: starts at its default"):
        upsert(Total, CONFIG, key={"id": "1"}, add={"must": 1, "starts": 1})


def test_an_upsert_of_a_wrong_value_is_refused_by_its_field() -> None:
    with pytest.raises(UnsupportedValueError, match=r"User\.name"):
        upsert(User, CONFIG, key={"id": "1"}, set={"name": 7})
    with pytest.raises(UnsupportedValueError, match="only numbers"):
        upsert(User, CONFIG, key={"id": "1"}, add={"logins": "7"})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("index", "GSI"),
        ("index_pk", "gsipk"),
        ("index_sk", "gsisk"),
        ("prefix", "v2"),
        ("delimiter", "-"),
        ("sk", "pk"),
        ("entity", ""),
        ("index_sk", "gsi{n}pk"),
        ("pk", "!owner"),
        ("entity", "!expires"),
        ("sk", "y" * 256),
        ("delimiter", None),
        ("pk", 7),
        ("table", None),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(setting: str, value: Any) -> None:
    with pytest.raises(ConfigurationError):
        SingleTableConfig(**{"table": "table", setting: value})
