"""Attacks on pages, cursors and transactions: other spellings, other processes, repeated blocks."""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from orm.definitions import PatternDefinition as Pattern
from orm.driver import Fault, FaultyTransport, MeteredDriver, Transport, WireDriver
from orm.errors import OrmError, RowExistsError
from orm.records import (
    Attr,
    Connection,
    CursorError,
    Cursors,
    DynamoDBModel,
    PartlyWrittenError,
    RecordQuery,
    UniqueError,
    attr,
    has_many,
    new_id,
)


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
    born: Attr[dt.date] = attr(default=dt.date(2000, 1, 1))
    room: Attr[int | None] = attr(default=None)
    mail: Attr[str | None] = attr(default=None, unique=True, casefold=True)
    token: Attr[str | None] = attr(default=None, unique=True, hidden=True)
    notes: Attr[str] = attr(default="")

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
    return again(connection, meter)


def again(connection: Connection, driver: Any) -> Connection:
    """The same models in the same table by another driver."""
    made = Connection(
        driver,
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


# --- transactions ---


def test_a_transaction_is_not_sent_again_by_entering_it_again(connection: Connection) -> None:
    tx = connection.transaction()
    with tx:
        guest = tx.create(Guest)
    guest.delete()
    with pytest.raises(OrmError), tx:
        pass
    assert connection.repository(Guest).find(guest.id) is None


def test_a_row_that_was_created_and_deleted_in_one_transaction_is_not_there(
    connection: Connection,
) -> None:
    made = list[Guest]()
    with contextlib.suppress(OrmError), connection.transaction() as tx:  # refusing is as good
        made.append(tx.create(Guest))
        tx.delete(made[0])
    assert connection.repository(Guest).find(made[0].id) is None


def test_two_rows_swap_unique_values_in_one_transaction(connection: Connection) -> None:
    guests = connection.repository(Guest)
    ann, bob = guests.create(mail="ann@x"), guests.create(mail="bob@x")
    with connection.transaction() as tx:
        ann.mail, bob.mail = bob.mail, ann.mail
        tx.save(ann)
        tx.save(bob)
    assert guests.query().where(mail="bob@x").first() == ann
    assert guests.query().where(mail="ann@x").first() == bob


def test_a_unique_value_is_handed_on_in_one_transaction(connection: Connection) -> None:
    old = connection.repository(Guest).create(mail="ann@x")
    with connection.transaction() as tx:
        tx.force_delete(old)
        new = tx.create(Guest, mail="ann@x")
    assert asked(connection).where(mail="ann@x").first() == new


def test_two_rows_of_one_transaction_with_one_unique_value_are_told_so(
    connection: Connection,
) -> None:
    with pytest.raises(UniqueError), connection.transaction() as tx:
        tx.create(Guest, mail="ann@x")
        tx.create(Guest, mail="ANN@X")


def test_no_error_of_a_transaction_says_a_hidden_value(connection: Connection) -> None:
    with pytest.raises(OrmError) as caught, connection.transaction() as tx:
        tx.create(Guest, token="s3cret")
        tx.create(Guest, token="s3cret")
    assert "s3cret" not in str(caught.value)


def test_no_error_of_a_check_says_a_hidden_value(connection: Connection) -> None:
    guest = connection.repository(Guest).create(token="known")
    with pytest.raises(OrmError) as caught, connection.transaction() as tx:
        tx.check(guest, Guest.token == "s3cret")
    assert "s3cret" not in str(caught.value)


def test_a_check_of_a_row_that_is_not_stored_is_refused_in_words(connection: Connection) -> None:
    with pytest.raises(OrmError):
        connection.transaction().check(connection.repository(Guest).make())


def test_chunks_are_cut_by_bytes_as_well(connection: Connection) -> None:
    with connection.transaction(chunked=True) as tx:
        for number in range(15):
            tx.create(Guest, id=str(number), notes="x" * 390_000)
    assert sum(1 for _ in asked(connection).scan()) == 15


def test_a_lost_answer_of_a_chunk_is_no_refusal(
    connection: Connection, transport: Transport
) -> None:
    """What may have been written must not be written again, so it is not said to be refused."""
    sent = list[str]()

    def second_is_lost(operation: str, _: dict[str, Any]) -> Fault | None:
        sent.extend([operation] * (operation == "TransactWriteItems"))
        return Fault.LOST if len(sent) == 2 else None

    lossy = again(connection, WireDriver(FaultyTransport(transport, second_is_lost)))
    with pytest.raises(PartlyWrittenError) as caught, lossy.transaction(chunked=True) as tx:
        for number in range(102):
            tx.create(Guest, id=str(number))
    with pytest.raises(RowExistsError):
        connection.repository(Guest).create(id="101")
    assert "refused" not in str(caught.value)
    assert "from the 101th on" not in str(caught.value)
