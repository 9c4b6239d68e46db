"""The codec: what goes in comes back, or is refused before a call."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orm.codec import (
    alike_to_wire,
    check_item_size,
    encoder_of,
    from_wire,
    item_from_wire,
    item_size_bytes,
    item_to_wire,
    to_wire,
)
from orm.errors import ItemTooLargeError, UnsupportedValueError
from orm.limits import ITEM_BYTES_MAX
from orm.requests import Item
from tests.counts import count
from tests.properties.orm.strategies import characters, datetimes, numbers

often = settings(max_examples=count(200, 20_000))

texts = st.text(characters, max_size=8)
names = texts.filter(bool)
ints = st.integers(-(10**38) + 1, 10**38 - 1)
scalars = st.none() | st.booleans() | ints | numbers | texts | st.binary(max_size=8)
sets = st.one_of(
    *(st.sets(s, min_size=1, max_size=4) for s in (texts, ints | numbers, st.binary(max_size=4)))
)
values = st.recursive(
    scalars | sets,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=10,
)


@often
@given(values)
@example([[], {}, "", {"a": None}])
def test_a_value_comes_back_equal(value: object) -> None:
    assert from_wire(to_wire(value)) == value


@often
@given(st.dictionaries(texts.filter(bool), values, max_size=4))
def test_an_item_comes_back_equal_through_json(values: dict[str, Any]) -> None:
    """Through a body as DynamoDB sends it: binary as base64 text and back to bytes."""
    item = item_to_wire(values)
    body = msgspec.json.encode(item)
    read = msgspec.json.decode(body, type=Item)
    assert read == item
    assert item_from_wire(read) == values


members = st.sampled_from([texts, ints, st.booleans(), st.binary(max_size=4), st.floats()])
alike = members.flatmap(
    lambda one: (
        st.lists(one, max_size=3)
        | st.dictionaries(texts | st.just("\ud800") | st.just(""), one, max_size=3)
    )
)


@often
@given(alike)
@example({"é": 0.0, "a": -0.0})
@example(["\ud800"])
@example([1e16, 1e-5, 123456789012345.6])
def test_members_of_one_type_are_encoded_as_members_of_any(value: Any) -> None:
    """To the same wire value, or refused in the same words."""
    member = next(iter(value.values() if isinstance(value, dict) else value), "")
    encode = encoder_of(type(member))
    assert encode is not None
    assert said(lambda: alike_to_wire(value, encode, "a.b")) == said(lambda: to_wire(value, "a.b"))


def said(encode: Callable[[], object]) -> object:
    try:
        return encode()
    except UnsupportedValueError as error:
        return str(error)


class Colour(enum.Enum):
    RED = "red"


class Point(msgspec.Struct, tag="point", rename="camel"):
    at_x: float
    label: str | None = None


@dataclasses.dataclass
class Box:
    corner: Point
    seen: set[dt.date]
    where: dict[str, tuple[int, ...]]


points = st.builds(Point, at_x=st.floats(-1e100, 1e100).map(lambda x: x if abs(x) > 1e-100 else 0))
TYPED: dict[Any, st.SearchStrategy[Any]] = {
    float: st.floats(allow_nan=False, allow_infinity=False).filter(
        lambda x: not x or 1e-130 <= abs(x) < 1e126
    ),
    Decimal: numbers,
    dt.datetime: datetimes,
    dt.date: st.dates(),
    uuid.UUID: st.uuids(),
    Colour: st.just(Colour.RED),
    Point: points,
    Box: st.builds(
        Box,
        points,
        st.sets(st.dates(), min_size=1, max_size=3),
        st.dictionaries(texts.filter(bool), st.lists(ints, max_size=3).map(tuple), max_size=2),
    ),
    frozenset[uuid.UUID]: st.frozensets(st.uuids(), min_size=1, max_size=3),
}


@often
@given(st.data(), st.sampled_from(list(TYPED)))
def test_a_typed_value_comes_back_as_its_type(data: st.DataObject, kind: Any) -> None:
    value = data.draw(TYPED[kind])
    assert msgspec.convert(from_wire(to_wire(value)), kind) == value


DEEP: Any = "x"
for _ in range(31):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        ({"a": [math.nan]}, "value.a[0]", "finite"),
        (math.inf, "value", "finite"),
        (Decimal("sNaN"), "value", "finite"),
        (10**38 + 1, "value", "38 digits"),
        (Decimal("0." + "1" * 39), "value", "38 digits"),
        (Decimal("1E+126"), "value", "magnitude"),
        (5e-324, "value", "magnitude"),
        (set(), "value", "empty"),
        ({1, "a"}, "value", "only str"),
        ({True}, "value", "only str"),
        ({None}, "value", "only str"),
        ({0.1, Decimal("0.1")}, "value", "alike"),
        ("\ud800", "value", "lone surrogate"),
        ({"\udfff": 1}, "a key of value", "lone surrogate"),
        ({1: 2}, "value", "keys must be str"),
        ([{"": 2}], "value[0]", "not empty"),
        (dt.datetime(2013, 1, 1), "value", "time zone"),
        (object(), "value", "no attribute type"),
        ([DEEP], "value" + "[0]" * 31, "32 levels"),
    ],
)
def test_what_dynamodb_cannot_hold_is_refused_with_its_path(
    value: object, path: str, reason: str
) -> None:
    with pytest.raises(UnsupportedValueError, match=reason) as caught:
        to_wire(value)
    assert caught.value.path == path


def test_thirty_one_levels_below_the_item_are_taken() -> None:
    assert from_wire(to_wire(DEEP)) == DEEP


def test_a_size_is_counted_as_the_developer_guide_says() -> None:
    item = item_to_wire(
        {"é": "é", "n": 12345, "neg": -1, "b": b"123", "t": True, "z": None, "l": ["a", {"k": 1}]}
    )
    sizes = [2 + 2, 1 + 4, 3 + 3, 1 + 3, 1 + 1, 1 + 1, 1 + (3 + (1 + 1) + (1 + 3 + 1 + 1 + 2))]
    assert item_size_bytes(item) == sum(sizes)


@given(st.dictionaries(texts.filter(bool), values, max_size=4))
def test_json_is_never_shorter_than_what_is_counted(values: dict[str, Any]) -> None:
    """So what is short enough as JSON need not be measured."""
    item = item_to_wire(values)
    assert item_size_bytes(item) <= len(msgspec.json.encode(item))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_written_as_its_digits_or_refused(value: float) -> None:
    """Plain ones take a short cut, to the same text."""
    try:
        wire = to_wire(value)
    except UnsupportedValueError:
        assert not 1e-130 <= abs(value) <= 9.9e125
    else:
        assert float(wire["N"]) == value
        assert wire["N"] == ("0" if value == 0 else str(Decimal(repr(value))))


def test_an_item_over_the_limit_is_refused_by_its_fattest_attribute() -> None:
    item = item_to_wire({"a": "x" * 100, "blob": b"x" * (ITEM_BYTES_MAX - 105)})
    assert item_size_bytes(item) == ITEM_BYTES_MAX
    check_item_size(item, "row")
    item["a"] = {"S": "x" * 101}
    with pytest.raises(ItemTooLargeError, match=r"row takes 409,601 bytes.*'blob'"):
        check_item_size(item, "row")
