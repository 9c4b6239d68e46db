"""Guards: a `where` means what is stored, so it holds of values of every type."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any, Final

import pytest

from orm import create_table, delete_table
from orm.clock import SystemClock
from orm.definitions import PatternDefinition as Pattern
from orm.definitions.entity import IndexDefinition
from orm.driver import Driver
from orm.indexes.errors import GuardValueError
from orm.records import Attr, Cast, Connection, DynamoDBModel, UniqueError, attr, new_id
from tests.conftest import fresh_config

MOMENT: Final = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)
ID: Final = uuid.UUID(int=10)


class Tone(enum.Enum):
    DRY = "dry"


@dataclasses.dataclass(frozen=True)
class Money:
    pence: int


class Pence(Cast[Money, int]):
    """Money as whole pence."""

    stored = int

    def to_stored(self, value: Money) -> int:
        return value.pence

    def from_stored(self, stored: int) -> Money:
        return Money(stored)


RATE, PRICE, DAY, AT, OWNER, TONE = (
    {"rate": 0.1},
    {"price": 125},
    {"day": "2024-01-01"},
    {"at": "2024-01-01T13:00:00+01:00"},
    {"owner": str(ID)},
    {"tone": Tone.DRY},
)
WHERES: Final[list[dict[str, Any]]] = [RATE, PRICE, DAY, AT, OWNER, TONE]
SAID: Final[dict[str, Any]] = {
    "rate": Decimal("0.10"),
    "price": Money(125),
    "day": dt.date(2024, 1, 1),
    "at": MOMENT,
    "owner": ID,
    "tone": Tone.DRY,
}
NAMES: Final = [*SAID]


class Deal(
    DynamoDBModel,
    patterns=tuple(
        Pattern(name=f"by {next(iter(where))}", equal=("kind",), where=where)
        for where in WHERES[:5]
    ),
    indexes=tuple(
        IndexDefinition(
            name=f"one {next(iter(where))}", columns=("code",), unique=True, where=where
        )
        for where in WHERES
    ),
):
    """Has a code that is unique among those that are alike in something."""

    id: Attr[str] = attr(default_factory=new_id)
    kind: Attr[str] = attr(default="a")
    code: Attr[str] = attr(default="c")
    rate: Attr[Decimal | None] = attr(default=None)
    price: Attr[Annotated[Money, Pence()] | None] = attr(default=None)
    day: Attr[dt.date | None] = attr(default=None)
    at: Attr[dt.datetime | None] = attr(default=None)
    owner: Attr[uuid.UUID | None] = attr(default=None)
    tone: Attr[Tone | None] = attr(default=None)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_unique_where_a_value_is_so_is_unique(driver: Driver, name: str) -> None:
    """The guard holds when the row is new, when it is changed to that, and of no other value."""
    config = fresh_config()
    made = Connection(driver, config)
    made.register(Deal)
    create_table(driver, made.shape(), SystemClock())
    deals = Deal.using(made)
    first, other = deals.create({name: SAID[name]}), deals.create()
    with pytest.raises(UniqueError):
        deals.create({name: SAID[name]})
    with pytest.raises(UniqueError):
        other.update({name: SAID[name]})
    first.update({name: None})
    deals.find_or_fail(other.id).update({name: SAID[name]})
    if name != "tone":
        found = deals.query().where("kind", "a").where(name, SAID[name]).get()
        assert [row.id for row in found] == [other.id]
    delete_table(driver, config.table, SystemClock())


@pytest.mark.parametrize("where", [{"day": "soon"}, {"at": "2024-01-01"}, {"raw": "a"}])
def test_a_guard_that_can_never_hold_is_refused(driver: Driver, where: dict[str, Any]) -> None:
    made = Connection(driver, fresh_config())
    attributes = {"day": {"type": "date"}, "at": {"type": "datetime"}, "raw": {"type": "binary"}}
    pattern = {"equal": ["id"], "where": where}
    made.register({"name": "Odd", "attributes": attributes, "patterns": [pattern]})
    with pytest.raises(GuardValueError):
        made.repository("Odd")
