"""The codec's limits are DynamoDB's own: what it lets through is taken, and comes back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orm import SingleTableConfig
from orm.codec import from_wire, item_size_bytes, to_wire
from orm.driver import Driver
from orm.errors import InvalidRequestError, UnsupportedValueError
from orm.limits import ITEM_BYTES_MAX
from orm.requests import AttributeValue, GetItem, Item, PutItem

DEEP: Any = "x"
for _ in range(31):
    DEEP = [DEEP]
DEEPER: AttributeValue = {"L": [to_wire(DEEP)]}


def stored(driver: Driver, config: SingleTableConfig, value: AttributeValue) -> AttributeValue:
    key = config.key("a", "a")
    driver.send(PutItem(table_name=config.table, item={**key, "v": value}))
    request: GetItem[Item] = GetItem(table_name=config.table, key=key, consistent_read=True)
    item = driver.send(request).item
    assert item is not None
    found: AttributeValue = item["v"]
    return found


@pytest.mark.parametrize(
    "value",
    [
        DEEP,
        Decimal("9." + "9" * 37 + "E+125"),
        Decimal("-1E-130"),
        10**38 - 1,
        1e22,
        0.1,
        -0.0,
        5.0,
        "",
        b"",
        [],
        {},
        None,
        {"a\x00": "\x00", "é": "😀"},
        {1, Decimal("1.5")},
        {b"", b"\xff"},
        {""},
    ],
    ids=repr,
)
def test_what_the_codec_takes_dynamodb_takes_and_gives_back(
    driver: Driver, made: SingleTableConfig, value: Any
) -> None:
    back = from_wire(stored(driver, made, to_wire(value)))
    assert back == (Decimal(repr(value)) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    "wire",
    [
        DEEPER,
        {"N": "1" * 39},
        {"N": "1E+126"},
        {"N": "1E-131"},
        {"N": "NaN"},
        {"SS": []},
        {"SS": ["a", "a"]},
        {"M": {"": {"S": "x"}}},
    ],
    ids=lambda wire: str(wire)[:20],
)
def test_what_the_codec_refuses_dynamodb_refuses(
    driver: Driver, made: SingleTableConfig, wire: AttributeValue
) -> None:
    with pytest.raises(InvalidRequestError):
        stored(driver, made, wire)


def test_the_limit_of_an_item_is_where_the_codec_puts_it(
    driver: Driver, made: SingleTableConfig
) -> None:
    item: Item = {**made.key("a", "a"), "n": {"N": "-12.5"}, "m": to_wire({"k": [1, None, b"x"]})}
    room = ITEM_BYTES_MAX - item_size_bytes(item) - len("fat")
    driver.send(PutItem(table_name=made.table, item={**item, "fat": {"S": "x" * room}}))
    with pytest.raises(InvalidRequestError):
        driver.send(PutItem(table_name=made.table, item={**item, "fat": {"S": "x" * (room + 1)}}))


def test_a_name_in_a_map_is_no_longer_than_an_attributes(
    driver: Driver, made: SingleTableConfig
) -> None:
    """Longer ones are refused before the call, by their bytes."""
    for longest in ("k" * 65_535, "é" * 32_767):
        wire = to_wire({longest: 1})
        assert stored(driver, made, wire) == wire
        with pytest.raises(UnsupportedValueError, match="65,535 bytes"):
            to_wire({f"{longest}é": 1})
