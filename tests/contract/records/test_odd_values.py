"""Odd values: equal ones of another type, empty ones, and keys of any text."""

from __future__ import annotations

import enum
from typing import Final

import pytest

from orm.errors import InvalidKeyError, OrmError, UnsupportedValueError
from orm.records import Connection, UniqueError
from orm.requests import PutItem
from orm.validation import InvalidRowError
from tests.contract.records.blog import User
from tests.contract.records.odd import Badge, Bag, City, Note, Ticket


class Hue(str, enum.Enum):  # noqa: UP042 - whose `str` is its name, as that of a StrEnum is not
    RED = "red"


ODD_IDS: Final = ["#", "!", "!UNIQUE#x", "$", "a#b", "\x00", "\n", " ", "e\u0301", "😀", "x" * 900]


def test_an_equal_value_of_another_type_is_no_change(own: Connection) -> None:
    """5 in a float attribute: what was saved is not dirty, and the next save is none."""
    made = Bag.using(own).create(price=5)
    assert not made.is_dirty()
    made.save()
    assert made.version == 1


def test_an_empty_set_is_a_value(own: Connection) -> None:
    """As a default, and where the last member was taken out."""
    bags = Bag.using(own)
    made = bags.create()
    assert bags.find_or_fail(made.id).words == set()
    made.update(words={"a"})
    made.words.clear()
    made.save()
    assert bags.find_or_fail(made.id).words == set()


@pytest.mark.parametrize("do", ["update", "delete"])
def test_a_row_from_before_an_index_can_be_changed(own: Connection, do: str) -> None:
    """It has a value that no key can carry, which is why it does not stand in the index."""
    config, cities = own.config, City.using(own)
    key = cities.layout.key({"id": "1"})
    item = {**key, config.entity: {"S": "City"}, "id": {"S": "1"}, "land": {"S": ""}}
    own.driver.send(PutItem(table_name=config.table, item=item))
    row = cities.find_or_fail("1")
    if do == "update":
        row.update(size=2)
        assert cities.find_or_fail("1").size == 2
    else:
        row.delete()
        assert cities.find("1") is None


def test_an_empty_value_in_a_key_names_its_attribute(connection: Connection) -> None:
    """So that it is known which of twelve was empty."""
    with pytest.raises(OrmError, match=r"town") as caught:
        User.using(connection).create(name="Ann", town="")
    assert isinstance(caught.value, InvalidKeyError | InvalidRowError)


@pytest.mark.parametrize("key", ODD_IDS, ids=lambda key: ascii(key[:12]))
def test_any_text_is_an_id(own: Connection, key: str) -> None:
    """It is found by it, changed and deleted, and no other is."""
    notes = Note.using(own)
    other = notes.create(id=key + "x")
    made = notes.create(id=key)
    assert notes.find(key) == made
    assert notes.find_many([key, key]) == [made, made]
    made.update(text="a")
    made.force_delete()
    assert notes.find(key) is None
    assert notes.find(key + "x") == other


def test_what_a_factory_makes_up_is_no_change(own: Connection) -> None:
    """A row from before the attribute is not dirty when it is loaded; what is set then is saved."""
    config, tickets = own.config, Ticket.using(own)
    key = tickets.layout.key({"id": "1"})
    item = {**key, config.entity: {"S": "Ticket"}, "id": {"S": "1"}}
    own.driver.send(PutItem(table_name=config.table, item=item))
    found = tickets.find_or_fail("1")
    assert not found.is_dirty()
    found.update(name="n")
    assert not found.is_dirty()
    found.update(number="7")
    assert tickets.find_or_fail("1").number == "7"


def test_a_row_from_before_a_unique_set_can_be_changed(own: Connection) -> None:
    """It has a value that no claim can be made of; a good one is claimed, a bad one refused."""
    config, badges = own.config, Badge.using(own)
    key = badges.layout.key({"id": "1"})
    item = {**key, config.entity: {"S": "Badge"}, "id": {"S": "1"}, "code": {"S": ""}}
    own.driver.send(PutItem(table_name=config.table, item=item))
    badges.find_or_fail("1").update(name="n", on=True)
    badges.find_or_fail("1").update(ttl=None, name="m")
    with pytest.raises(InvalidKeyError, match=r"Badge\.code"):
        badges.create(id="2", code="")
    badges.find_or_fail("1").update(code="a")
    with pytest.raises(UniqueError):
        badges.create(id="2", code="A")
    badges.find_or_fail("1").delete()
    badges.create(id="2", code="A")


def test_a_member_of_a_text_enumeration_is_the_text_that_it_holds(own: Connection) -> None:
    """In keys and claims as well, so the row is found by that text, and no other can have it."""
    notes, badges, cities = Note.using(own), Badge.using(own), City.using(own)
    made = notes.create(id=Hue.RED, text=Hue.RED)
    assert notes.find("red") == made == notes.find(Hue.RED)
    badges.create(id="1", code=Hue.RED)
    with pytest.raises(UniqueError):
        badges.create(id="2", code="red")
    cities.create(id="1", land=Hue.RED)
    assert [city.id for city in cities.query().where(land="red").get()] == ["1"]


def test_an_empty_set_is_refused_where_it_would_become_a_list(own: Connection) -> None:
    """An attribute of any type could not tell it from one."""
    bags = Bag.using(own)
    with pytest.raises(UnsupportedValueError, match=r"Bag\.thing"):
        bags.create(thing=set())
    assert bags.find_or_fail(bags.create(thing=[]).id).thing == []
