"""EntityTransformer: what goes into an item comes out equal, and what DynamoDB would refuse or
change is refused before any call."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orm.codec import item_size_bytes
from orm.driver import MeteredDriver
from orm.errors import (
    ConfigurationError,
    ItemTooLargeError,
    UnreadableRowError,
    UnsupportedValueError,
)
from orm.records import (
    Attr,
    Connection,
    DynamoDBModel,
    EntityTransformer,
    ForeignRowError,
    attr,
)
from orm.requests import PutItem

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Size:
    width: int
    unit: str = "mm"


class Place(msgspec.Struct):
    town: str
    colour: Colour = Colour.RED
    size: Size | None = None


class Thing(DynamoDBModel):
    id: Attr[str]
    number: Attr[Decimal] = attr(default=Decimal(0))
    raw: Attr[bytes] = attr(default=b"")
    words: Attr[set[str]] = attr(default_factory=set)
    numbers: Attr[set[int]] = attr(default_factory=set)
    tree: Attr[dict[str, Any]] = attr(default_factory=dict)
    text: Attr[str] = attr(default="x")
    gone: Attr[str | None] = attr(default="something")
    when: Attr[dt.datetime] = attr(default=NOON)
    colour: Attr[Colour] = attr(default=Colour.RED)
    place: Attr[Place] = attr(default_factory=lambda: Place("Rome"))
    sizes: Attr[list[Size]] = attr(default_factory=list)


@pytest.fixture
def models() -> Sequence[type[DynamoDBModel]]:
    return (Thing,)


@pytest.fixture
def transform(connection: Connection) -> EntityTransformer:
    return EntityTransformer(connection)


def _maps(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)


digits = st.integers(1, 10**38 - 1)
decimals = st.builds(
    lambda value, exponent, sign: sign * Decimal(value).scaleb(exponent),
    digits,
    st.integers(-100, 80),
    st.sampled_from([1, -1]),
) | st.just(Decimal(0))
whole = st.integers(-(10**38) + 1, 10**38 - 1)  # of as many digits as DynamoDB keeps
scalars = st.none() | st.booleans() | st.text(max_size=5) | st.binary(max_size=5) | whole
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | _maps(inner), max_leaves=8
)


things = st.builds(
    Thing,
    id=st.text(min_size=1, max_size=8),
    number=decimals,
    raw=st.binary(max_size=9),
    words=st.sets(st.text(max_size=4), max_size=4),
    numbers=st.sets(st.integers(-(10**37), 10**37), max_size=4),
    tree=_maps(trees),
    text=st.text(max_size=9),
    gone=st.none() | st.text(max_size=3),
    when=st.datetimes(timezones=st.just(dt.UTC)),
    colour=st.sampled_from(Colour),
    place=st.builds(
        Place,
        town=st.text(max_size=4),
        colour=st.sampled_from(Colour),
        size=st.none() | st.builds(Size, st.integers(0, 99), st.text(max_size=2)),
    ),
    sizes=st.lists(st.builds(Size, st.integers(0, 99)), max_size=3),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(thing=things)
def test_what_goes_in_comes_out(
    connection: Connection, transform: EntityTransformer, meter: MeteredDriver, thing: Thing
) -> None:
    """Through the item, and through the engine."""
    item = transform.to_item(Thing, thing)
    assert transform.from_item(item) == thing
    meter.send(PutItem(table_name=connection.config.table, item=item))
    assert connection.repository(Thing).find(thing.id) == thing


def test_an_item_has_its_keys_and_its_entity(
    connection: Connection, transform: EntityTransformer
) -> None:
    config = connection.config
    item = transform.to_item("Thing", {"id": "123", "text": ""})
    assert item[config.entity] == {"S": "Thing"}
    assert item[config.sk]["S"].endswith(config.keys.join("THING", "123"))
    assert item["text"] == {"S": ""}
    assert transform.from_wire(item)["text"] == ""
    assert EntityTransformer.to_wire([1, None]) == {"L": [{"N": "1"}, {"NULL": True}]}


def test_none_and_absent_are_two_things(transform: EntityTransformer) -> None:
    """An attribute whose default is something else is stored as None; one that is absent has its
    default."""
    item = transform.to_item(Thing, Thing(id="1", gone=None))
    assert item["gone"] == {"NULL": True}
    del item["gone"]
    assert transform.from_item(item).gone == "something"


def test_what_comes_out_can_be_saved(connection: Connection, transform: EntityTransformer) -> None:
    thing = connection.repository(Thing).create(id="1", words={"a"}, numbers={1})
    again = transform.from_item(transform.to_item(Thing, thing))
    again.update(text="new")
    assert connection.repository(Thing).find_or_fail("1").text == "new"


def nested(levels: int) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for _ in range(levels):
        tree = {"in": tree}
    return tree


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"number": Decimal("NaN")}, "Thing.number"),
        ({"number": Decimal("1" * 39)}, "over 38 digits"),
        ({"number": Decimal("1e126")}, "Thing.number"),
        ({"tree": {"a": math.inf}}, "tree"),
        ({"tree": {"a": math.nan}}, "tree"),
        ({"tree": nested(32)}, "deeper than"),
        ({"text": "\ud800"}, "surrogate"),
        ({"tree": {1: 2}}, "tree"),
        ({"tree": {"a": object()}}, "no attribute type fits"),
        ({"when": dt.datetime(2026, 1, 1)}, "Thing.when"),
    ],
)
def test_what_dynamodb_would_refuse_is_refused_before_the_call(
    transform: EntityTransformer, meter: MeteredDriver, values: dict[str, Any], says: str
) -> None:
    before = meter.usage().requests
    with pytest.raises(UnsupportedValueError, match=says):
        transform.to_item(Thing, Thing(id="1", **values))
    assert meter.usage().requests == before


def test_an_item_that_is_too_large_is_refused_and_its_largest_attribute_named(
    transform: EntityTransformer,
) -> None:
    fits = transform.to_item(Thing, Thing(id="1", raw=bytes(395_000)))
    assert item_size_bytes(fits) < 409_600
    with pytest.raises(ItemTooLargeError, match="'raw' with"):
        transform.to_item(Thing, Thing(id="1", raw=bytes(410_000)))


def test_an_item_of_nobody_is_refused(transform: EntityTransformer, connection: Connection) -> None:
    with pytest.raises(UnreadableRowError, match="does not say which entity"):
        transform.from_item({"pk": {"S": "x"}})
    item = transform.to_item(Thing, Thing(id="1"))
    with pytest.raises(UnreadableRowError, match="Thing"):
        transform.from_item({**item, "number": {"S": "many"}})


def test_another_tenants_item_is_not_taken_for_its_own(connection: Connection) -> None:
    """Else a save of it would write that tenant's row."""
    theirs = EntityTransformer(connection.for_tenant("theirs")).to_item(Thing, {"id": "9"})
    with pytest.raises(ForeignRowError, match="another table or tenant"):
        EntityTransformer(connection.for_tenant("mine")).from_item(theirs)


def test_a_row_of_another_model_is_refused(connection: Connection) -> None:
    class Other(DynamoDBModel):
        id: Attr[str]

    with pytest.raises(ConfigurationError, match="was given a row of Other"):
        EntityTransformer(connection).to_item(Thing, Other(id="1"))
