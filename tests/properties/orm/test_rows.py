"""A row that is saved comes back equal, whatever it holds and however the table is named."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from orm.config import SingleTableConfig
from orm.errors import UnreadableRowError
from orm.models import layout_of
from orm.models.layout import Layout
from orm.requests import Item
from tests.contract.orm.rows import BoardRow, Colour, Everything, Point
from tests.counts import count
from tests.properties.orm.strategies import characters, datetimes, numbers, parts

texts = st.text(characters, max_size=8)
ints = st.integers(-(10**30), 10**30)
floats = st.integers(-(10**6), 10**6).map(lambda n: n / 64)

CONFIGS = [
    SingleTableConfig(table="table"),
    SingleTableConfig(
        table="other",
        pk="hash",
        sk="range",
        entity="kind",
        index="by-{n}",
        index_pk="{n}h",
        index_sk="{n}r",
        prefix="v2.{prefix}",
        delimiter=" ",
    ),
]
configs = st.sampled_from(CONFIGS)
tenants = st.none() | parts

wire_values = st.none() | st.one_of(
    st.builds(lambda n: {"N": format(n, "f")}, numbers),
    st.builds(lambda text: {"S": text}, texts | datetimes.map(str) | st.uuids().map(str)),
    st.sampled_from([{"NULL": True}, {"BOOL": True}, {"L": []}, {"M": {}}, {"SS": ["a"]}]),
)
everything = st.builds(
    Everything,
    id=st.uuids(),
    rank=numbers,
    at=datetimes,
    text=texts,
    big=st.integers(0, 10**30),
    real=floats,
    blob=st.binary(max_size=6),
    yes=st.booleans(),
    colour=st.sampled_from(Colour),
    day=st.none() | st.dates(),
    point_list=st.lists(st.builds(Point, x=ints, y=floats), max_size=3),
    tags=st.sets(texts, max_size=3),
    amounts=st.frozensets(numbers, max_size=3),
    blobs=st.sets(st.binary(max_size=3), max_size=3),
    pair=st.tuples(ints, texts),
    free=st.dictionaries(
        texts.filter(bool), st.none() | ints | texts | st.lists(floats | texts), max_size=3
    ),
    count=ints,
)
boards = st.builds(
    BoardRow,
    airport=parts,
    day=st.dates(),
    scheduled=st.integers(0, 2400),
    flight=parts,
    carrier=st.none() | parts,
    tail=st.none() | parts,
    status=texts,
    delay=ints,
)


@settings(max_examples=count(150, 5_000))
@given(everything, configs, tenants)
def test_a_row_comes_back_equal(
    row: Everything, config: SingleTableConfig, tenant: str | None
) -> None:
    """A float in an untyped field comes back as the Decimal of its digits: the one exception."""
    layout = layout_of(Everything, config, tenant)
    body = msgspec.json.encode(layout.item(row, {"extra": {"B": b"\x00"}}))
    back = layout.row(msgspec.json.decode(body, type=Item))
    assert msgspec.structs.replace(back, free={}) == msgspec.structs.replace(row, free={})
    assert back.free.keys() == row.free.keys()


@settings(max_examples=count(150, 5_000))
@given(everything | boards, configs, st.data())
def test_both_ways_of_reading_agree(
    row: Everything | BoardRow, config: SingleTableConfig, data: st.DataObject
) -> None:
    """Straight from the wire or value by value: the same row, or neither, whatever the item is."""
    layout: Layout[Any] = layout_of(type(row), config)
    item = layout.item(row)
    for name in data.draw(st.sets(st.sampled_from(sorted(item)), max_size=2), label="changed"):
        value = data.draw(wire_values, label=name)
        item.pop(name) if value is None else item.update({name: value})
    body = msgspec.json.encode(item)
    try:
        wanted = layout.row(msgspec.json.decode(body, type=Item))
    except UnreadableRowError:
        wanted = None
    with contextlib.suppress(TypeError, ValueError):  # what it refuses is read the other way
        assert read_straight(layout, body) == wanted
    with contextlib.suppress(TypeError, ValueError, msgspec.ValidationError):
        assert layout.reader.of_item(msgspec.json.decode(body, type=Item)) == wanted


def read_straight(layout: Layout[Any], body: bytes) -> Any:
    return layout.reader.row(msgspec.json.Decoder(layout.reader.stored, strict=False).decode(body))


@settings(max_examples=count(150, 5_000))
@given(everything)
def test_a_row_is_written_as_its_fields_are(row: Everything) -> None:
    layout = layout_of(Everything, CONFIGS[0])
    item = layout.item(row)
    for name, field in layout.fields.items():
        assert item[field.attribute] == field.to_wire(getattr(row, name))


@settings(max_examples=count(150, 5_000))
@given(everything, everything, st.data())
def test_values_are_the_same_where_they_are_stored_alike(
    row: Everything, other: Everything, data: st.DataObject
) -> None:
    """Compared as they are or as they are stored: one answer."""
    fields = layout_of(Everything, CONFIGS[0]).fields
    for name, field in fields.items():
        value = getattr(row, name)
        against = copy.deepcopy(getattr(data.draw(st.sampled_from([row, other])), name))
        alike = field.to_wire(value) == field.to_wire(against)
        assert field.stores_alike(value, against) == alike


@settings(max_examples=count(150, 5_000))
@given(everything | boards, configs)
def test_what_was_written_is_read_straight(
    row: Everything | BoardRow, config: SingleTableConfig
) -> None:
    """The fast way is the way of every row that is as its model says."""
    layout: Layout[Any] = layout_of(type(row), config)
    item = layout.item(row)
    back = read_straight(layout, msgspec.json.encode(item))
    assert back == layout.reader.of_item(item) == layout.row(item)


@settings(max_examples=count(150, 5_000))
@given(boards, boards, configs)
def test_two_rows_share_a_key_only_if_their_key_fields_are_equal(
    one: BoardRow, other: BoardRow, config: SingleTableConfig
) -> None:
    layout = layout_of(BoardRow, config)
    keys = [layout.key(layout.key_values(row)) for row in (one, other)]
    assert (keys[0] == keys[1]) == (layout.key_values(one) == layout.key_values(other))


@settings(max_examples=count(150, 5_000))
@given(st.lists(boards, max_size=6), configs)
def test_rows_of_a_partition_sort_by_their_fields(
    rows: list[BoardRow], config: SingleTableConfig
) -> None:
    layout = layout_of(BoardRow, config)
    by_key = sorted(rows, key=lambda row: layout.item(row)[config.sk]["S"].encode())
    by_fields = sorted(rows, key=lambda row: (row.scheduled, row.flight))
    assert [(r.scheduled, r.flight) for r in by_key] == [(r.scheduled, r.flight) for r in by_fields]


@settings(max_examples=count(150, 5_000))
@given(st.lists(boards, max_size=6), configs)
def test_rows_of_an_index_sort_by_their_fields_too(
    rows: list[BoardRow], config: SingleTableConfig
) -> None:
    """Latest day first, then by time."""
    layout, (_, sk) = layout_of(BoardRow, config), config.index_keys(2)
    rows = [row for row in rows if row.tail is not None]
    by_key = sorted(rows, key=lambda row: layout.item(row)[sk]["S"].encode())
    by_fields = sorted(rows, key=lambda row: (-row.day.toordinal(), row.scheduled))
    assert [(r.day, r.scheduled) for r in by_key] == [(r.day, r.scheduled) for r in by_fields]


@given(boards, configs, tenants)
def test_a_row_stands_in_an_index_only_while_every_part_has_a_value(
    row: BoardRow, config: SingleTableConfig, tenant: str | None
) -> None:
    item = layout_of(BoardRow, config, tenant).item(row)
    for number, part in ((1, row.carrier), (2, row.tail)):
        there = [name in item for name in config.index_keys(number)]
        assert there == [part is not None] * 2


@given(boards, configs, parts)
def test_the_tenant_leads_every_partition_key(
    row: BoardRow, config: SingleTableConfig, tenant: str
) -> None:
    item = layout_of(BoardRow, config, tenant).item(row)
    names = [config.pk, config.index_keys(1)[0], config.index_keys(2)[0]]
    for name in names:
        if name in item:
            assert item[name]["S"].startswith(config.keys.prefix("T", tenant))


def test_a_moment_comes_back_in_utc() -> None:
    row = Everything(
        id=uuid.UUID(int=1), rank=Decimal("1.5"), text="", big=1, real=1, blob=b"",
        at=dt.datetime(2013, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-5))), yes=True,
        colour=Colour.RED, day=None, point_list=[], tags=set(), amounts=frozenset(), blobs=set(),
        pair=(1, ""), free={},
    )  # fmt: skip
    layout = layout_of(Everything, CONFIGS[0])
    assert layout.row(layout.item(row)) == row
