"""What `same` and `picture` promise: equal all the way down, and no more than that."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import Any

import msgspec
import pytest

from eventstore.testing.sameness import picture, same


class Plain:
    """Compares by identity, as classes do."""

    def __init__(self, value: Any) -> None:
        self.value = value


@dataclasses.dataclass(eq=False)
class Uncompared:
    value: Any


class Point(msgspec.Struct):
    x: Any
    y: Any = 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1),
        (math.nan, math.nan),
        ([math.nan], [math.nan]),
        (Plain([1]), Plain([1])),
        (Uncompared({1: Plain(2)}), Uncompared({1: Plain(2)})),
        (Point(Plain(1)), Point(Plain(1))),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({(1, 2): [3]}, {(1, 2): [3]}),
        ({1, 2}, {2, 1}),
        (dt.date(2013, 1, 1), dt.date(2013, 1, 1)),
        (bytearray(b"a"), bytearray(b"a")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_same(one: Any, other: Any):
    """Whether the class defines equality or not."""
    assert same(one, other)
    assert same(one, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1, "1"),
        ((1,), [1]),
        (Plain(1), Plain(2)),
        (Plain(1), Uncompared(1)),
        (Uncompared([1]), Uncompared([2])),
        (Point(1), Point(1, 2)),
        ({"a": 1}, {"a": 1, "b": 2}),
        (frozenset([1]), frozenset([2])),
        (Point, Plain),
        (dt.date(2013, 1, 1), dt.date(2013, 1, 2)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_not_same(one: Any, other: Any):
    """One difference anywhere is enough."""
    assert not same(one, other)


@pytest.mark.parametrize("value", [Plain([1]), Point([1]), Uncompared([1])])
def test_a_picture_stays_as_it_was(value: Any):
    """Later changes of the value are not in it."""
    before = picture(value)
    inside = value.x if isinstance(value, Point) else value.value
    inside.append(2)
    assert picture(value) != before
