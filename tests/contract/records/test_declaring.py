"""Declaring: what is declared wrongly is told on registering, with what to write instead."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orm import SingleTableConfig
from orm.definitions import IndexDefinition as Index
from orm.definitions import PatternDefinition as Pattern
from orm.driver import Driver
from orm.errors import (
    ConfigurationError,
    OrmError,
)
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    attr,
)
from orm.validation import InvalidRuleError
from tests.conftest import fresh_config
from tests.contract.records.blog import User
from tests.contract.records.odd import ODD, Member


def _used(connection: Connection, model: Any) -> None:
    connection.register(model)
    model.using(connection)


def test_what_to_type_next_stands_in_the_error(connection: Connection) -> None:
    """A traceback is all that there is at night."""
    with pytest.raises(ConfigurationError) as caught:
        User.using(connection).create(nme="Ann")
    assert "name" in str(caught.value)


def test_a_primary_key_that_is_no_attribute_is_named(
    driver: Driver, config: SingleTableConfig
) -> None:
    """Where the model is registered or first used, by model and attribute."""

    class Lost(DynamoDBModel, primary_key="nope"):
        id: Attr[str]

    with pytest.raises(OrmError, match="nope"):
        _used(Connection(driver, config), Lost)


def test_a_rule_that_does_not_exist_is_told_on_registering(
    driver: Driver, config: SingleTableConfig
) -> None:
    """Not by the first request that saves a row."""

    class Typo(DynamoDBModel):
        id: Attr[str]
        email: Attr[str] = attr(rules="emial")

    with pytest.raises(InvalidRuleError):
        Connection(driver, config).register(Typo)


class Base(DynamoDBModel, patterns=(Pattern(name="by land", equal=("land",)),)):
    id: Attr[str]
    land: Attr[str] = attr(default="it")


def test_a_subclass_has_what_its_base_declares(driver: Driver, config: SingleTableConfig) -> None:
    """Patterns, indexes and keys, too; one of the same name is its own."""

    class Heir(Base, patterns=(Pattern(name="by size", equal=("size",)),)):
        size: Attr[int] = attr(default=1)

    class Other(Base, patterns=(Pattern(name="by land", equal=("land",), sort="size"),)):
        size: Attr[int] = attr(default=1)

    made = Connection(driver, config)
    made.register(Heir, Other)
    assert {str(one.pattern) for one in made.plan.entity("Heir").answers} == {
        "by primary key (id)",
        "by land (land)",
        "by size (size)",
    }
    assert "by land (land; sort size)" in {
        str(one.pattern) for one in made.plan.entity("Other").answers
    }


def test_an_attribute_may_hide_a_method(own: Connection) -> None:
    """Methods that build on others do not meet it."""

    class Jar(DynamoDBModel):
        id: Attr[str]
        fill: Attr[int] = attr(default=0)  # type: ignore[assignment]
        save: Attr[int] = attr(default=0)  # type: ignore[assignment]

    own.register(Jar)
    jar = Jar.using(own).create(id="j")
    jar.update(fill=3, save=4)
    found = Jar.using(own).find_or_fail("j")
    assert (found.fill, found.save) == (3, 4)


def test_a_second_class_of_a_name_is_refused(driver: Driver, config: SingleTableConfig) -> None:
    """Where it is registered, also where it declares the same."""

    def thing() -> type[DynamoDBModel]:
        class Thing(DynamoDBModel):
            id: Attr[str]

        return Thing

    made, first = Connection(driver, config), thing()
    made.register(first, first)
    with pytest.raises(ConfigurationError, match="as another class"):
        made.register(thing())
    assert first.using(made).model is first


def test_first_uses_at_once_make_one_plan(driver: Driver, config: SingleTableConfig) -> None:
    """Of many threads each gets the same."""
    made, gate = Connection(driver, config), threading.Barrier(8)
    made.register(*ODD)

    def first(_: int) -> int:
        gate.wait()
        return id(made.plan)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(first, range(8)))) == 1


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"pattern": ()}, r"pattern=: is no keyword of a model; write patterns"),
        ({"table": "x"}, r"table=: is no keyword of a model; there are primary_key, patterns"),
        ({"patterns": ({"name": "x", "equal": ["land"]},)}, r"patterns=: holds .* PatternDef"),
        ({"indexes": (Pattern(name="x"),)}, r"indexes=: holds .*; write IndexDefinition\("),
    ],
)
def test_a_class_statement_that_cannot_be_meant_is_refused(
    keywords: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"Odd, {words}"):

        class Odd(DynamoDBModel, **keywords):
            id: Attr[str]


def test_a_text_is_no_list_of_attributes() -> None:
    """The comma is easily forgotten: ("status") is a text."""
    with pytest.raises(ConfigurationError, match=r"equal is 'status'.*; write equal=\('status',\)"):
        Pattern(name="by status", equal=("status"))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"write columns=\('status',\)"):
        Index(name="status", columns="status")  # type: ignore[arg-type]


def test_one_pattern_need_not_stand_in_a_list(driver: Driver, config: SingleTableConfig) -> None:
    """And one that asks for all rows gives no values."""

    class Log(DynamoDBModel, patterns=Pattern(name="all", sort="at")):
        id: Attr[str]
        at: Attr[int]

    made = Connection(driver, config)
    made.register(Log)
    assert made.plan.entity("Log").answer("all").pattern.equal == ()


@pytest.mark.parametrize("name", ["gsi1pk", "gsi7sk", "lsi2sk"])
def test_no_attribute_is_a_key_of_an_index(driver: Driver, name: str) -> None:
    """Not of one that its model does not stand in either: what it holds would be found there
    among the rows of others."""
    shop = Connection(driver, fresh_config())
    shop.register(Member, {"name": "Odd", "attributes": {name: {}}})
    with pytest.raises(ConfigurationError, match=f"{name} names a key of the table"):
        shop.repository("Odd").create({"id": "1", name: "MEMBER#on"})
