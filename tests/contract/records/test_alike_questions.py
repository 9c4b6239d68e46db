"""Pages of questions that are said otherwise, of alternatives, and from one process to another."""

from __future__ import annotations

import datetime as dt
import enum
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from orm.definitions import PatternDefinition as Pattern
from orm.driver import MeteredDriver
from orm.records import (
    Attr,
    Connection,
    CursorError,
    Cursors,
    DynamoDBModel,
    RecordQuery,
    attr,
    has_many,
    new_id,
)
from orm.records.queries.clauses import Clause
from orm.requests import UpdateItem


class Grade(enum.Enum):
    HIGH = "high"
    LOW = "low"


class Guest(
    DynamoDBModel,
    patterns=(
        Pattern(name="by town", equal=("town",)),
        Pattern(name="by group", equal=("group",)),
        Pattern(name="by sum", equal=("sum",)),
        Pattern(name="by grade", equal=("grade",)),
        Pattern(name="by arrival", equal=("town",), sort="arrived"),
    ),
):
    id: Attr[str] = attr(default_factory=new_id)
    town: Attr[str] = attr(default="Rome")
    group: Attr[str] = attr(default="all")
    grade: Attr[Grade] = attr(default=Grade.HIGH)
    sum: Attr[Decimal] = attr(default=Decimal(1))
    arrived: Attr[dt.datetime] = attr(default=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    floor: Attr[int] = attr(default=1)
    born: Attr[dt.date] = attr(default=dt.date(2000, 1, 1))
    room: Attr[int | None] = attr(default=None)
    mail: Attr[str | None] = attr(default=None, unique=True, casefold=True)

    stays = has_many(lambda: Stay)


class Stay(DynamoDBModel):
    id: Attr[str] = attr(default_factory=new_id)
    guest_id: Attr[str]
    status: Attr[str] = attr(default="open")


MODELS = (Guest, Stay)
KEY = Cursors.new_key()
Guests = RecordQuery[Guest]


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    """The models in the table."""
    return MODELS


@pytest.fixture
def pages(connection: Connection, meter: MeteredDriver) -> Connection:
    """The same with keys for cursors."""
    made = Connection(
        meter,
        connection.config,
        tenant=connection.tenant,
        clock=connection.clock,
        cursor_keys=(KEY,),
    )
    made.register(*MODELS)
    return made


def asked(connection: Connection) -> Guests:
    return connection.repository(Guest).query()


# --- alternatives ---

ALTERNATIVES: dict[str, Callable[[Guests], Guests]] = {
    "the value of an enum": lambda rows: rows.where("grade", "!=", "high"),
    "none of the values of an enum": lambda rows: rows.where_not_in("grade", ["high"]),
    "a date as text": lambda rows: rows.where("born", "!=", "2000-01-01"),
    "a unique text in other letters": lambda rows: rows.where("mail", "!=", "A@X"),
    "none of a number and None": lambda rows: rows.where_not_in("room", [1, None]),
}


@pytest.mark.parametrize("said", list(ALTERNATIVES))
def test_pages_of_alternatives_have_what_the_whole_listing_has(
    pages: Connection, said: str
) -> None:
    guests = pages.repository(Guest)
    guests.create(id="1", mail="a@x")
    guests.create(id="2", grade=Grade.LOW, born=dt.date(2001, 1, 1), mail="b@x", room=1)
    listing = ALTERNATIVES[said](asked(pages).where(town="Rome")).or_where(group="all")
    found, cursor = list[str](), None
    while True:
        page = listing.paginate(1, cursor)
        found += [guest.id for guest in page.rows]
        if (cursor := page.next) is None:
            break
    assert sorted(found) == sorted(guest.id for guest in listing.get()) == ["1", "2"]


# --- one question, two questions ---


def test_rows_without_an_attribute_are_what_is_stored(pages: Connection) -> None:
    """A default is what a row is read with, not what it has: DynamoDB does not know it."""
    guests = pages.repository(Guest)
    guests.create(id="1")
    config, driver = pages.config, pages.driver
    item = guests.stored.item(guests.find_or_fail("1"))
    key = {name: item[name] for name in (config.pk, config.sk)}
    attribute = guests.layout.fields["floor"].attribute
    remove = f"REMOVE {attribute}"
    driver.send(UpdateItem(table_name=config.table, key=key, update_expression=remove))
    listing = asked(pages).where(town="Rome").where_not_null("floor").or_where(group="all")
    assert [guest.id for guest in listing.paginate(5).rows] == ["1"]


@pytest.mark.parametrize("operator", ["in", "not_in"])
def test_a_set_of_values_is_one_question(pages: Connection, operator: str) -> None:
    for number in range(3):
        pages.repository(Guest).create(id=str(number), room=number)
    rooms = frozenset({0, 1, 2, 9}) if operator == "in" else frozenset({7, 8, 9})
    here = asked(pages).where(town="Rome")
    one = here.filter(Clause("room", operator, tuple(sorted(rooms))))
    other = here.filter(Clause("room", operator, tuple(sorted(rooms, reverse=True))))
    assert len(other.paginate(5, one.paginate(1).next).rows) == 2


def test_a_cursor_is_good_for_no_other_demand_on_a_relation(pages: Connection) -> None:
    for _ in range(2):
        guest = pages.repository(Guest).create()
        guest.related(Guest.stays).create(status="open")
    here = asked(pages).where(town="Rome")
    page = here.where_has(Guest.stays, lambda stays: stays.filter(status="open")).paginate(1)
    other = here.where_has(Guest.stays, lambda stays: stays.filter(status="closed"))
    with pytest.raises(CursorError):
        other.paginate(1, page.next)


PLUS_TWO = dt.timezone(dt.timedelta(hours=2))
SAME: dict[str, tuple[Callable[[Guests], Guests], Callable[[Guests], Guests]]] = {
    "a number": (
        lambda rows: rows.where(sum=Decimal("1.0")),
        lambda rows: rows.where(sum=Decimal(1)),
    ),
    "an enum": (
        lambda rows: rows.where(grade=Grade.HIGH),
        lambda rows: rows.where(grade="high"),
    ),
    "an instant": (
        lambda rows: rows.where(town="Rome").where(
            Guest.arrived >= dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
        ),
        lambda rows: rows.where(town="Rome").where(
            Guest.arrived >= dt.datetime(2025, 1, 1, 2, tzinfo=PLUS_TWO)
        ),
    ),
}


@pytest.mark.parametrize("said", list(SAME))
def test_a_question_that_asks_the_same_goes_on_with_the_cursor(
    pages: Connection, said: str
) -> None:
    for _ in range(2):
        pages.repository(Guest).create()
    one, other = SAME[said]
    page = one(asked(pages)).paginate(1)
    assert len(other(asked(pages)).paginate(1, page.next).rows) == 1


PROCESS = """
    import sys

    from orm import SingleTableConfig
    from orm.definitions import PatternDefinition as Pattern
    from orm.driver import WireDriver
    from orm.memory import MemoryTransport
    from orm.records import Attr, Connection, DynamoDBModel, attr

    class Guest(DynamoDBModel, patterns=(Pattern(name="by town", equal=("town",)),)):
        id: Attr[str]
        town: Attr[str]

    key, cursor = sys.argv[1], sys.argv[2] or None
    connection = Connection(
        WireDriver(MemoryTransport()), SingleTableConfig(table="guests"), cursor_keys=(key,)
    )
    connection.register(Guest)
    connection.create_table()
    towns = {"Rome", "Oslo", "Bern", "Bonn", "Nice", "Lyon"}
    guests = connection.repository(Guest)
    for town in sorted(towns):
        guests.create(id=town, town=town)
    page = guests.query().where_in("town", towns).paginate(3, cursor)
    print(*[guest.id for guest in page.rows], page.next or "")
"""


def test_a_cursor_goes_on_in_another_process_though_values_were_a_set() -> None:
    first = _process(seed=1, cursor="").split()
    rest = _process(seed=2, cursor=first[3]).split()
    assert sorted(first[:3] + rest[:3]) == ["Bern", "Bonn", "Lyon", "Nice", "Oslo", "Rome"]


def _process(seed: int, cursor: str) -> str:
    environ = {**os.environ, "PYTHONHASHSEED": str(seed)}
    command = [sys.executable, "-c", textwrap.dedent(PROCESS), KEY, cursor]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-300:]
    return done.stdout
