"""Cascades: a row that is deleted for good takes along what hangs on it, or is not deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from orm.driver import MeteredDriver
from orm.errors import ConfigurationError
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    RestrictedError,
    SoftDeletes,
    StaleRowError,
    UnsavedRowError,
    Versioned,
    attr,
    belongs_to,
    belongs_to_many,
    has_many,
    has_one,
    morph_many,
    morph_to,
    new_id,
)
from orm.requests import Scan


class House(DynamoDBModel, Versioned):
    id: Attr[str] = attr(default_factory=new_id)
    name: Attr[str] = attr(default="h")

    rooms = has_many(lambda: Room, on_delete="cascade")
    guests = has_many(lambda: Guest, on_delete="set_null")
    leases = has_many(lambda: Lease, on_delete="restrict")
    notes = morph_many(lambda: Note, "about", on_delete="cascade")
    owners = belongs_to_many(lambda: Guest, table="deeds")


class Room(DynamoDBModel, SoftDeletes):
    """Says of itself nothing: the house does. A lamp says it, its room does not."""

    id: Attr[str] = attr(default_factory=new_id)
    house_id: Attr[str]
    door: Attr[str] = attr(unique=True)

    house = belongs_to(House)
    notes = morph_many(lambda: Note, "about", on_delete="cascade")


class Lamp(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    room_id: Attr[str]

    room = belongs_to(Room, on_delete="cascade")


class Guest(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    house_id: Attr[str | None] = attr(default=None)
    friend_id: Attr[str | None] = attr(default=None)

    house = belongs_to(House, on_delete="set_null")
    passport = has_one(lambda: Passport, on_delete="cascade")
    friend = belongs_to(lambda: Guest, on_delete="cascade")
    houses = belongs_to_many(House, table="deeds", on_delete="restrict")


class Passport(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    guest_id: Attr[str]


class Lease(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    house_id: Attr[str]


class Note(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    about_type: Attr[str | None] = attr(default=None)
    about_id: Attr[str | None] = attr(default=None)

    about = morph_to()


MODELS = (House, Room, Lamp, Guest, Passport, Lease, Note)


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    return MODELS


@pytest.fixture
def house(connection: Connection) -> House:
    return connection.repository(House).create(id="h")


def left(connection: Connection) -> dict[str, set[str]]:
    """The ids of all rows that are there, in the bin or not."""
    found: dict[str, set[str]] = {}
    for model in MODELS:
        rows: Iterator[Any] = connection.repository(model).query().with_trashed().scan()
        found[model.__name__] = {row.id for row in rows}
    return {name: ids for name, ids in found.items() if ids}


def items(connection: Connection, meter: MeteredDriver) -> int:
    """How many items there are in the table, claims and edges among them."""
    scan: Scan[Any] = Scan(table_name=connection.config.table)
    return len(meter.send(scan).items)


def test_rows_go_with_the_row_that_they_hang_on(
    connection: Connection, house: House, meter: MeteredDriver
) -> None:
    """Down to the lamps, rooms in the bin and claims of doors among them."""
    other = connection.repository(House).create(id="other")
    for number in range(3):
        room = house.related("rooms").create(id=f"r{number}", door=f"{number}")
        connection.repository(Lamp).create(room_id=room.id)
        room.related("notes").create()
    room.delete()
    house.related("notes").create()
    kept = other.related("rooms").create(id="kept", door="9")
    connection.repository(Note).create(about_type="Guest", about_id="h")
    house.force_delete()
    assert left(connection).keys() == {"House", "Room", "Note"}
    assert left(connection)["House"] == {"other"}
    assert left(connection)["Room"] == {"kept"}
    assert len(left(connection)["Note"]) == 1
    assert items(connection, meter) == 4
    assert other.related("rooms").create(door="0").house_id == kept.house_id


def test_rows_are_emptied_of_the_row_that_they_named(connection: Connection, house: House) -> None:
    guest = house.related("guests").create(id="g")
    house.delete()
    assert connection.repository(House).find("h") is None
    assert guest.refresh().house_id is None
    assert left(connection) == {"Guest": {"g"}}


def test_a_row_that_others_need_stays(
    connection: Connection, house: House, meter: MeteredDriver
) -> None:
    house.related("rooms").create(id="r", door="1")
    lease = house.related("leases").create()
    before = left(connection)
    writes = Counter(meter.usage().requests)
    with pytest.raises(RestrictedError, match=r"House \{'id': 'h'\} has rows of Lease") as refused:
        house.force_delete()
    assert "House.leases restricts" in str(refused.value)
    assert left(connection) == before
    done = meter.usage().requests - writes
    assert not done.keys() & {"DeleteItem", "PutItem", "UpdateItem", "TransactWriteItems"}
    lease.delete()
    house.force_delete()
    assert left(connection) == {}


def test_edges_go_with_either_row_unless_restricted(
    connection: Connection, house: House, meter: MeteredDriver
) -> None:
    guests = connection.repository(Guest)
    first, second = guests.create(id="a"), guests.create(id="b")
    house.related("owners").attach(first, second)
    with pytest.raises(RestrictedError, match=r"Guest\.houses restricts"):
        first.delete()
    house.related("owners").detach(first)
    first.delete()
    house.delete()
    assert left(connection) == {"Guest": {"b"}}
    assert items(connection, meter) == 1


def test_circles_end(connection: Connection) -> None:
    guests = connection.repository(Guest)
    for number in range(4):
        guests.create(id=f"{number}", friend_id=f"{(number + 1) % 4}")
    guests.create(id="apart", friend_id="apart").related("passport").create(id="p")
    guests.find_or_fail("2").delete()
    assert left(connection) == {"Guest": {"apart"}, "Passport": {"p"}}
    guests.find_or_fail("apart").delete()
    assert left(connection) == {}


def test_few_rows_go_in_one_transaction(
    connection: Connection, house: House, meter: MeteredDriver
) -> None:
    for number in range(40):
        house.related("rooms").create(door=f"{number}")
    before = meter.usage().requests
    house.force_delete()
    done = meter.usage().requests - before
    assert done["TransactWriteItems"] == 1
    assert done["DeleteItem"] == 0
    assert left(connection) == {}


def test_a_stale_row_takes_nothing_along(connection: Connection, house: House) -> None:
    house.related("rooms").create(id="r", door="1")
    connection.repository(House).find_or_fail("h").update(name="new")
    with pytest.raises(StaleRowError):
        house.force_delete()
    assert left(connection) == {"House": {"h"}, "Room": {"r"}}


def test_many_rows_go_before_the_row_that_they_hang_on(
    connection: Connection, house: House, meter: MeteredDriver
) -> None:
    """More than a transaction takes: what hangs on the row goes first."""
    for number in range(60):
        room = house.related("rooms").create(door=f"{number}")
        connection.repository(Lamp).create(room_id=room.id)
    house.force_delete()
    assert left(connection) == {}
    assert items(connection, meter) == 0


def test_the_bin_takes_nothing_along(connection: Connection, house: House) -> None:
    room = house.related("rooms").create(id="r", door="1")
    lamp = connection.repository(Lamp).create(room_id=room.id)
    room.delete()
    assert left(connection) == {"House": {"h"}, "Room": {"r"}, "Lamp": {lamp.id}}
    room.force_delete()
    assert left(connection) == {"House": {"h"}}


def test_a_row_that_is_not_stored_takes_nothing_along(connection: Connection, house: House) -> None:
    for made in (
        connection.repository(House).make(id="h"),
        connection.repository(Room).make(house_id="h", door="1"),
    ):
        with pytest.raises(UnsavedRowError):
            made.delete()
    assert left(connection) == {"House": {"h"}}


def test_two_sides_that_say_different_things_are_refused(connection: Connection) -> None:
    class Shelf(DynamoDBModel):
        id: Attr[str]
        books = has_many(lambda: Book, on_delete="restrict")

    class Book(DynamoDBModel):
        id: Attr[str]
        shelf_id: Attr[str]
        shelf = belongs_to(Shelf, on_delete="cascade")

    other = Connection(connection.driver, connection.config)
    other.register(Shelf, Book)
    with pytest.raises(ConfigurationError, match=r"says (restrict|cascade)") as refused:
        _ = other.plan
    assert refused.value.hint == "declare on_delete on one side"
