"""Order-preserving texts: sorted as text, the values are in order."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orm.errors import InvalidKeyError
from orm.keys import encode_part
from orm.sortable import descending, sortable
from tests.counts import count
from tests.properties.orm.strategies import datetimes, numbers, parts

often = settings(max_examples=count(300, 40_000))

ORDERED = {
    "int": st.integers(-(10**18), 9 * 10**18 - 1),
    "Decimal": numbers,
    "datetime": datetimes,
    "date": st.dates(),
    "str": parts,
    "bytes": st.binary(min_size=1, max_size=12),
    "bool": st.booleans(),
}
ordered_pairs = st.sampled_from(list(ORDERED.values())).flatmap(lambda s: st.tuples(s, s))


@often
@given(ordered_pairs)
@example((Decimal("-1E-130"), Decimal("-2E-130")))
@example((Decimal("-12"), Decimal("-123")))
@example((Decimal("9"), Decimal("10")))
@example((-1, 0))
@example((b"", b"\x00"))
def test_texts_sort_as_values_do(pair: tuple[Any, Any]) -> None:
    one, other = pair
    assert (sortable(one) < sortable(other)) == (one < other)
    assert (sortable(one) == sortable(other)) == (one == other)


@often
@given(ordered_pairs)
@example(("a", "ab"))
@example((b"\x00", b"\x00\x00"))
@example((Decimal("-12"), Decimal("-123")))
def test_descending_texts_sort_the_other_way(pair: tuple[Any, Any]) -> None:
    one, other = pair
    assert (descending(one) > descending(other)) == (one < other)
    assert (descending(one) == descending(other)) == (one == other)


@often
@given(ordered_pairs)
def test_order_survives_the_encoding_of_a_key(pair: tuple[Any, Any]) -> None:
    """An empty text is no part of a key; every other is."""
    one, other = pair
    encoded = [encode_part(text(v)) for text in (sortable, descending) for v in pair]
    assert (encoded[0].encode() < encoded[1].encode()) == (one < other)
    assert (encoded[2].encode() > encoded[3].encode()) == (one < other)


class Level(enum.Enum):
    LOW = 1
    HIGH = 20


def test_an_enum_sorts_as_its_values() -> None:
    assert sortable(Level.LOW) == sortable(1) < sortable(Level.HIGH)
    assert descending(Level.LOW) > descending(Level.HIGH)


def test_the_documented_forms() -> None:
    assert sortable(Decimal(42)) == "250242"
    assert sortable(Decimal("-42.5")) == "0497574~"
    assert sortable(5) == "1000000000000000005"
    moment = dt.datetime(2013, 1, 1, 5, 15, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    assert sortable(moment) == "2013-01-01T10:15:00.000000Z"


@pytest.mark.parametrize(
    "value",
    [None, 1.5, float("nan"), Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity"), [],
     dt.datetime(2013, 1, 1), 9 * 10**18, -(10**18) - 1, Decimal("1" * 39), dt.time(1)],
)  # fmt: skip
def test_a_value_without_a_place_in_the_order_is_refused(value: object) -> None:
    with pytest.raises(InvalidKeyError):
        sortable(value)
