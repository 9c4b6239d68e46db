"""Scalars: strategies for single values within bounds."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from eventstore.testing.pools import pooled

ITEMS_MAX: Final = 5
"""How many more items than it must have a container is drawn with."""

_SMALL: Final = 10  # most integers are drawn within this distance of zero or of a bound
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_TEXT_LENGTH_MAX: Final = 20
_DECIMAL_MAX: Final = 10**9
_DAYS_MAX: Final = 10_000


class Bounds(msgspec.Struct, frozen=True):
    """What `msgspec.Meta`, or an object with the same attributes, allows."""

    ge: Any = None
    gt: Any = None
    le: Any = None
    lt: Any = None
    multiple_of: Any = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    tz: bool | None = None

    def within(self, metadata: Any) -> Bounds:
        """These bounds, narrowed by one more piece of metadata."""
        found = {name: getattr(metadata, name, None) for name in self.__struct_fields__}
        return msgspec.structs.replace(self, **{k: v for k, v in found.items() if v is not None})

    def sizes(self, spread: int = ITEMS_MAX) -> dict[str, Any]:
        """The least and greatest length, as strategies take them."""
        least = self.min_length or 0
        return {
            "min_size": least,
            "max_size": least + spread if self.max_length is None else self.max_length,
        }


def integers(bounds: Bounds) -> SearchStrategy[int]:
    """Mostly small, sometimes at a bound, sometimes anything that msgpack carries."""
    step = bounds.multiple_of or 1
    lowest, highest = _whole_bounds(bounds, _INT_MIN, _INT_MAX)
    low, high = math.ceil(lowest / step), math.floor(highest / step)
    if step == 1:
        low, high = lowest, highest  # true division would lose digits
    near = min(max(0, low), high)
    small = st.integers(max(low, near - _SMALL), min(high, near + _SMALL))
    choices = [small, small, st.sampled_from([low, high]), st.integers(low, high)]
    bounded = lowest > _INT_MIN or highest < _INT_MAX
    drawn = st.one_of(choices if bounded else [small, small, small, st.integers(low, high)])
    return drawn if step == 1 else drawn.map(lambda count: count * step)


def _whole_bounds(bounds: Bounds, lowest: int, highest: int) -> tuple[int, int]:
    low = [lowest]
    low += [] if bounds.ge is None else [math.ceil(bounds.ge)]
    low += [] if bounds.gt is None else [math.floor(bounds.gt) + 1]
    high = [highest]
    high += [] if bounds.le is None else [math.floor(bounds.le)]
    high += [] if bounds.lt is None else [math.ceil(bounds.lt) - 1]
    return max(low), min(high)


def _floats(bounds: Bounds) -> SearchStrategy[float]:
    """Finite ones; NaN and infinity come in only by an override."""
    if bounds.multiple_of is not None:
        step = bounds.multiple_of
        scaled = {n: v / step for n in ("ge", "gt", "le", "lt") if (v := getattr(bounds, n))}
        return integers(Bounds(**scaled)).map(lambda count: float(count * step))
    low, high = _edges(bounds)
    return st.floats(
        low,
        high,
        exclude_min=low is not None and low == bounds.gt,
        exclude_max=high is not None and high == bounds.lt,
        allow_nan=False,
        allow_infinity=False,
    )


def _decimals(bounds: Bounds) -> SearchStrategy[Decimal]:
    low, high = _edges(bounds)
    drawn = st.decimals(
        -_DECIMAL_MAX if low is None else low,
        _DECIMAL_MAX if high is None else high,
        allow_nan=False,
        allow_infinity=False,
        places=2,
    )
    return drawn.filter(lambda value: value not in (bounds.gt, bounds.lt))


def _edges(bounds: Bounds) -> tuple[Any, Any]:
    low = [edge for edge in (bounds.ge, bounds.gt) if edge is not None]
    high = [edge for edge in (bounds.le, bounds.lt) if edge is not None]
    return max(low, default=None), min(high, default=None)


def _text(bounds: Bounds) -> SearchStrategy[str]:
    return pooled((str, bounds), _fresh_text(bounds))


def _fresh_text(bounds: Bounds) -> SearchStrategy[str]:
    sizes = bounds.sizes(_TEXT_LENGTH_MAX)
    if bounds.pattern is None:
        return st.text(**sizes)
    found = st.from_regex(bounds.pattern)
    if bounds.min_length is None and bounds.max_length is None:
        return found
    return found.filter(lambda text: sizes["min_size"] <= len(text) <= sizes["max_size"])


def _datetimes(bounds: Bounds) -> SearchStrategy[dt.datetime]:
    """Aware and in UTC, unless `Meta(tz=False)` asks for naive ones."""
    return st.datetimes() if bounds.tz is False else st.datetimes(timezones=st.just(dt.UTC))


def _timedeltas(_: Bounds) -> SearchStrategy[dt.timedelta]:
    return st.timedeltas(dt.timedelta(-_DAYS_MAX), dt.timedelta(_DAYS_MAX))


SCALARS: Final[dict[Any, Callable[[Bounds], SearchStrategy[Any]]]] = {
    int: integers,
    float: _floats,
    Decimal: _decimals,
    str: _text,
    bytes: lambda bounds: st.binary(**bounds.sizes(_TEXT_LENGTH_MAX)),
    bool: lambda _: st.booleans(),
    None: lambda _: st.none(),
    type(None): lambda _: st.none(),
    dt.date: lambda _: st.dates(),
    dt.time: lambda _: st.times(),
    dt.datetime: _datetimes,
    dt.timedelta: _timedeltas,
    uuid.UUID: lambda _: pooled(uuid.UUID, st.uuids()),
}
